"""Projects of Lambda functions that nobody wrote: any statement in any other, with the words that rules look for.

The programs need no sense. They are of the syntax of Python 3.10, so every file has to be analysed; what newer Pythons
have is in ``NEWER``, which an older interpreter may refuse. Names of locals are ``local_1``, ``local_2`` …, so that they
can be told from all others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from textwrap import indent

SERVICES = (
    "s3",
    "sqs",
    "sns",
    "dynamodb",
    "lambda",
    "ses",
    "events",
    "stepfunctions",
    "kinesis",
    "ssm",
    "secretsmanager",
)
CALLS = (
    "{client}.put_object(Bucket={e}, Key={e}, Body={e})",
    "{client}.send_message(QueueUrl={e}, MessageBody={e})",
    "{client}.send_message_batch(QueueUrl={e}, Entries=[{e}])",
    "{client}.publish(TopicArn={e}, Message={e})",
    "{client}.put_item(TableName={e}, Item={{'id': {e}}})",
    "{client}.update_item(TableName={e}, Key={e}, UpdateExpression='ADD hits :one')",
    "{client}.invoke(FunctionName={e}, InvocationType='Event', Payload={e})",
    "{client}.invoke(FunctionName={e}, Payload=json.dumps({e}))['Payload'].read()",
    "{client}.start_execution(stateMachineArn={e}, input={e})",
    "{client}.put_events(Entries=[{{'Detail': {e}}}])",
    "{client}.send_email(Source={e}, Destination={e}, Message={e})",
    "{client}.get_paginator('list_objects_v2').paginate(Bucket={e})",
    "{client}.upload_file('/tmp/' + str({e}), {e}, {e})",
    "{client}.get_object(Bucket={e}, Key={e}['s3']['object']['key'])",
    "boto3.client({service!r})",
    "boto3.resource('dynamodb').Table({e}).put_item(Item={e})",
    "boto3.Session().client({service!r}, region_name={e})",
    "boto3.client({service!r}, config=Config(retries={{'max_attempts': {n}}}, read_timeout={n}))",
    "requests.get({e})",
    "requests.post({e}, json={e}, timeout={n})",
    "requests.Session().request('PUT', {e}, timeout=({n}, {n}))",
    "urllib.request.urlopen({e})",
    "time.sleep({e})",
    "time.time()",
    "uuid.uuid4()",
    "random.random()",
    "os.environ['TABLE']",
    "os.environ.get('QUEUE', {e})",
    "os.getenv({e})",
    "logging.info('%s', {e})",
    "logging.basicConfig(level={e})",
    "logging.getLogger().setLevel(logging.INFO)",
    "json.loads({e})",
    "json.dumps({e}, default=str)",
    "open('/tmp/fixed', 'w').write({e})",
    "open({e}).read()",
    "tempfile.mkdtemp()",
    "threading.Thread(target={e}, args=({e},)).start()",
    "multiprocessing.Pool({n})",
    "subprocess.run([{e}], check=False)",
    "sys.exit({n})",
    "os._exit({n})",
    "asyncio.run({e})",
    "psycopg2.connect({e})",
    "context.get_remaining_time_in_millis()",
    "stripe.Charge.create(amount={n}, idempotency_key={e})",
    "hashlib.md5(str({e}).encode()).hexdigest()",
    "CACHE.append({e})",
    "CACHE.update({{{e}: {e}}})",
)
EXPRESSIONS = (
    "event", "context", "event['Records']", "event.get('body')", "event['Records'][0]['body']", "None", "True", "''", "'a'",
    "b'a'", "0", "-1", "1.5", "10 ** 9", "3j", "...", "__name__", "self", "TABLE", "client", "CACHE", "datetime.now()",
    "'Ünïcödé \\N{BULLET}'", "r'\\d+'", "'''a\n\nb'''", "\"it's\"",
)  # fmt: skip
COMPOUND = (
    "({e})", "[{e}, {e}]", "({e}, *{e})", "({e},)", "{{{e}: {e}, **{e}}}", "{{{e}, {e}}}", "{e}[{e}]", "{e}[{e}:{e}]",
    "{e}[::{e}, ...]", "{e}.value", "{e}.items()", "{e}({e})", "{e}(*{e}, key={e}, **{e})", "not {e}", "-{e}", "~{e}",
    "({e} + {e})", "({e} / 'name')", "({e} | {e})", "({e} % {e})", "({e} ** {e})", "({e} @ {e})", "({e} and {e})",
    "({e} or {e})", "({e} if {e} else {e})", "({e} is None)", "({e} < {e} <= {e})", "({e} not in {e})",
    "(lambda: {e})", "(lambda a, *b, c={e}, **d: {e})", "[{e} for {l} in {e}]", "[{e} for {l}, *_ in {e} if {e} for i in {e}]",
    "{{{e}: {e} for {l} in {e}}}", "{{{e} for {l} in {e}}}", "({e} for {l} in {e})", "({l} := {e})",
    "f'{{{l}}}-{{{l}!r:>{{{l}}}}}'", 'f"{{{l}.name=}} {{{{}}}}"', "'a' 'b' f'{{{l}}}'", "'{{}}'.format({e})", "'%s' % ({e},)",
    "str({e})", "len({e})", "sorted({e}, key=lambda a: {e})", "map({e}, {e})", "dict(a={e})", "getattr({e}, {e})",
    "({e}\n    + {e})", "{f}({e})", "{f}({e}, {e})", "{class_}({e}).run({e})", "helpers.{f}({e})", "type({e})()",
)  # fmt: skip
# The blocks that a statement holds are {b}. {e} is an expression, {l} a local name, {n} a number.
STATEMENTS = (
    "{l} = {e}",
    "{l} = {l} = {e}",
    "{l}, *{l} = {e}",
    "[{l}, ({l}, {l})] = {e}",
    "{l}: dict[str, int] = {e}",
    "{l}: 'list[int] | None'",
    "{l} += {e}",
    "{l}.value = {e}",
    "{l}[{e}] = {e}",
    "CACHE[{e}] = {e}",
    "self.value = {e}",
    "del {l}[{e}], {l}.value",
    "{c}",
    "{l} = {c}",
    "return {e}",
    "return {c}",
    "return {{'statusCode': {n}, 'body': {e}, 'batchItemFailures': [{e}]}}",
    "yield {e}",
    "{l} = yield",
    "raise",
    "raise ValueError({e}) from {e}",
    "raise SystemExit",
    "assert {e}, {e}",
    "pass",
    "{e}",
    "import json as {l}",
    "from os import path, environ as {l}",
    "global CACHE, COUNT\nCOUNT = {e}",
    "if {e}:\n{b}",
    "if {e}:\n{b}\nelif {e}:\n{b}\nelse:\n{b}",
    "if CACHE is None:\n{b}",
    "if 'Records' in event: {l} = {e}",
    "for {l} in {e}:\n{b}",
    "for {l}, ({l}, *_) in {e}:\n{b}\nelse:\n{b}",
    "for {l} in event['Records']:\n{b}",
    "for {l} in range({n}):\n    if {e}: break\n    if {e}: continue\n{b}",
    "while {e}:\n{b}",
    "while True:\n{b}\n    break\nelse:\n{b}",
    "try:\n{b}\nexcept ValueError as {l}:\n{b}",
    "try:\n{b}\nexcept (KeyError, ClientError):\n{b}\nelse:\n{b}\nfinally:\n{b}",
    "try:\n{b}\nexcept:\n{b}",
    "try:\n    import fast\nexcept ImportError:\n    fast = None",
    "with {e} as {l}, open({e}):\n{b}",
    "with ({e} as {l}, {e} as ({l}, {l})):\n{b}",
    "with ThreadPoolExecutor() as {l}:\n{b}",
    "match {e}:\n    case {{'a': [{l}, *_], **rest}} if {e}:\n{bb}\n    case str() | 1 | None as {l}:\n{bb}\n    case (-1, 'a', {l}):\n{bb}\n    case _:\n{bb}",
    "def {g}(a, /, b={e}, *c, d: int = {e}, **e) -> str:\n{b}",
    "async def {g}(a):\n    await {e}\n    async with {e} as {l}:\n{bb}\n    async for {l} in {e}:\n{bb}",
    "class {h}(Base, metaclass=type):\n    value = {e}\n    def run(self, a):\n{bb}\n    @property\n    def client(self):\n{bb}",
    "@decorator({e})\ndef {g}():\n{b}",
    "if TYPE_CHECKING:\n{b}",
    "if sys.version_info >= (3, 11):\n{b}",
    "# a comment\n{l} = {e}  # another, with 'quotes'",
    "{l} = {e}; {l} = {e}",
    "{l} = \\\n    {e}",
    "'''A docstring\n    of two lines.'''",
)
NEWER = (
    "def new[T: int = str, *Ts, **P](a: T, *b: *Ts) -> T:\n    return boto3.client('s3')",
    "class New[T](Base):\n    def run(self):\n        return boto3.client('s3')",
    "type Alias[T] = list[T] | boto3.client('s3')",
    "try:\n    boto3.client('s3')\nexcept* ValueError as e:\n    pass",
    "try:\n    boto3.client('s3')\nexcept ValueError, KeyError:\n    pass",
    "x = f'{boto3.client('s3')} {'\\n'.join(event)} {f'{f'{1}'}'}'",
    "x = f'''{\n    boto3.client('s3')  # a comment\n}'''",
    "x = t'{boto3.client('s3')!r:>{10}}'",
    "x = event[*context]",
    "x = [*y for y in event]",
    "lazy import json",
)
MODULE = """\
import asyncio, json, logging, multiprocessing, os, random, subprocess, sys, tempfile, threading, time, urllib.request, uuid
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
import requests
from botocore.config import Config

"""
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
"""
FUNCTION = """\
  Function{number}:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {code}
      Handler: {handler}
      Runtime: python3.{minor}
      Timeout: {timeout}
      Architectures: [{architecture}]
      Environment: {{Variables: {{TABLE: orders}}}}
      Events: {{Source: {event}}}
"""
EVENTS = (
    "{Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 10}}",
    "{Type: Api, Properties: {Path: /, Method: get}}",
    "{Type: Schedule, Properties: {Schedule: rate(1 minute)}}",
    "{Type: S3, Properties: {Bucket: !Ref Bucket, Events: 's3:ObjectCreated:*'}}",
    "{Type: SNS, Properties: {Topic: !Ref Topic}}",
    "{Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST}}",
)


class Writer:
    """Writes one module."""

    def __init__(self, chance: random.Random, others: list[str], *, newer: bool = False) -> None:
        self.chance = chance
        self.others = others
        self.newer = newer
        self.budget = chance.choice((10, 40, 120, 300))  # statements and expressions that are still to come
        self.names = 0
        self.functions = [f"function_{number}" for number in range(4)]

    def expression(self, depth: int = 0) -> str:
        chance = self.chance
        self.budget -= 1
        kind = chance.random()
        if depth > 4 or self.budget < 0 or kind < 0.45:
            return chance.choice(EXPRESSIONS)
        if kind < 0.6:
            return self.local()
        return self.filled(chance.choice(COMPOUND if kind < 0.9 else CALLS), depth + 1)

    def local(self) -> str:
        return f"local_{self.chance.randrange(8)}"

    def filled(self, template: str, depth: int) -> str:
        """A template with something for each of its holes."""
        made: dict[str, Callable[[], str]] = {
            "e": lambda: self.expression(depth),
            "l": self.local,
            "n": lambda: self.chance.choice(("0", "1", "10", "900", "1.5")),
            "c": lambda: self.filled(self.chance.choice(CALLS), depth + 1),
            "f": lambda: self.chance.choice(self.functions),
            "g": lambda: self.chance.choice(self.functions),
            "h": lambda: f"Class{self.chance.randrange(3)}",
            "class_": lambda: f"Class{self.chance.randrange(3)}",
            "client": lambda: self.chance.choice(("client", "CLIENT", "self.client", self.local())),
            "service!r": lambda: repr(self.chance.choice(SERVICES)),
            "b": lambda: self.block(depth + 1, 1),
            "bb": lambda: self.block(depth + 1, 2),
        }
        out = []
        rest = template
        while rest:
            at = min((where for where in (rest.find("{"), rest.find("}")) if where >= 0), default=len(rest))
            out.append(rest[:at])
            rest = rest[at:]
            if rest[:2] in ("{{", "}}"):
                out.append(rest[0])
                rest = rest[2:]
            elif rest:
                hole, _, rest = rest[1:].partition("}")
                out.append(made[hole]())
        return "".join(out)

    def block(self, depth: int, levels: int = 0) -> str:
        """Statements, indented by so many levels."""
        count = self.chance.choice((1, 1, 2, 3, 6)) if self.budget > 0 else 1
        lines = "\n".join(self.statement(depth) for _ in range(count))
        return indent(lines, "    " * levels)

    def statement(self, depth: int) -> str:
        self.budget -= 1
        if depth > 5 or self.budget < 0:
            return self.filled(self.chance.choice(STATEMENTS[:12]), 4)
        if self.newer and self.chance.random() < 0.1:
            return self.chance.choice(NEWER)
        return self.filled(self.chance.choice(STATEMENTS), depth)

    def module(self, handlers: int) -> str:
        """A module with so many handlers."""
        chance = self.chance
        out = [MODULE]
        imports = (
            "import {0}",
            "from {0} import *",
            "from {0} import function_0",
            "import {0} as helpers",
            "from . import {0}",
        )
        out += [chance.choice(imports).format(other) for other in self.others]
        out += ["CLIENT = boto3.client('s3')", "CACHE = {}", "COUNT = 0"]
        parts = [
            f"def {name}({self.parameters()}):\n{self.block(1, 1)}" for name in self.functions if chance.random() < 0.7
        ]
        parts += [self.block(0) for _ in range(chance.randrange(3))]
        parts += [f"def handler_{number}(event, context):\n{self.block(1, 1)}" for number in range(handlers)]
        chance.shuffle(parts)
        text = "\n".join([*out, *parts]) + "\n"
        return text if self.newer or _valid(text) else self.repaired([*out, *parts])

    def repaired(self, parts: list[str]) -> str:
        """The module without the parts that Python refuses: ``return`` outside of a function, two names alike …"""
        kept: list[str] = []
        for part in parts:
            if _valid("\n".join([*kept, part]) + "\n"):
                kept.append(part)
        return "\n".join(kept) + "\n"

    def parameters(self) -> str:
        return self.chance.choice(("", "a", "event", "event, context", "client", "a, b=None", "*a, **b", "self, event"))


def _valid(text: str) -> bool:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "generated", "exec", 0x400)
    except SyntaxError:
        return False
    return True


def program(chance: random.Random, *, newer: bool = False) -> dict[str, bytes]:
    """A project: modules that import one another, a template that names the handlers of some, and a test."""
    files: dict[str, bytes] = {}
    code = chance.choice(("src", "functions/orders", "app"))
    names = [f"module_{number}" for number in range(chance.choice((1, 2, 2, 3, 5)))]
    template = TEMPLATE
    for number, name in enumerate(names):
        others = [other for other in names if chance.random() < 0.4]  # itself among them
        handlers = chance.choice((0, 1, 1, 2)) if number else 1
        files[f"{code}/{name}.py"] = Writer(chance, others, newer=newer).module(handlers).encode()
        for index in range(handlers):
            template += FUNCTION.format(
                number=f"{number}{index}", code=code, handler=f"{name}.handler_{index}", minor=chance.randrange(9, 15),
                timeout=chance.choice((3, 30, 900)), architecture=chance.choice(("x86_64", "arm64")),
                event=chance.choice(EVENTS),
            )  # fmt: skip
    if chance.random() < 0.7:
        files["template.yaml"] = template.encode()
    if chance.random() < 0.2:
        files[f"{code}/__init__.py"] = b""
    return files
