"""What durable handlers do again on a replay (``# replayed``) and which steps reach too far (``# nested``)."""

from __future__ import annotations

import pathlib
import re
import textwrap

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings

HEAD = """
import time
import uuid
import boto3
from aws_durable_execution_sdk_python import DurableContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import Duration

s3 = boto3.client("s3")
MINUTE = Duration.from_minutes(1)

@durable_execution
def handler(event, context):
"""
MARK = re.compile(r"# (replayed|nested)$")
CODES = {"LL431": "replayed", "LL432": "nested"}

BODIES = {
    "before a wait": """
        key = uuid.uuid4().hex  # replayed
        context.wait(MINUTE)
        return key
    """,
    "after the last operation": """
        context.wait(MINUTE)
        return uuid.uuid4().hex
    """,
    "between the rounds of a loop": """
        while True:
            found = context.step(lambda _: 1)
            s3.put_object(Bucket="b", Key=str(found))  # replayed
    """,
    "in a loop that ends before an operation": """
        for name in event["names"]:
            s3.put_object(Bucket="b", Key=name)
        return 1
    """,
    "on a branch that leaves": """
        if event.get("bad"):
            s3.put_object(Bucket="b", Key="bad")
            return None
        context.wait(MINUTE)
    """,
    "on a branch that raises to a handler that compensates": """
        try:
            if event.get("bad"):
                s3.put_object(Bucket="b", Key="bad")  # replayed
                raise ValueError
        except ValueError:
            context.step(lambda _: 1)
    """,
    "in a handler that is the last": """
        try:
            context.wait(MINUTE)
        except ValueError:
            s3.put_object(Bucket="b", Key="bad")
            raise
    """,
    "in a helper, before its return": """
        def store():
            return s3.put_object(Bucket="b", Key="k")  # replayed
        store()
        context.wait(MINUTE)
    """,
    "in a helper that is called last": """
        def store():
            return s3.put_object(Bucket="b", Key="k")
        context.wait(MINUTE)
        store()
    """,
    "a helper that waits": """
        def pause():
            context.wait(MINUTE)
        s3.put_object(Bucket="b", Key="k")  # replayed
        pause()
    """,
    "at the end of a child, whose result is recorded": """
        def child(ctx):
            ctx.wait(MINUTE)
            return uuid.uuid4().hex
        context.run_in_child_context(child)
        context.wait(MINUTE)
    """,
    "all that a branch does": """
        context.map(event["names"], lambda ctx, name, index, names: s3.get_object(Bucket="b", Key=name)["Body"])
        context.wait(MINUTE)
    """,
    "in a branch that goes on": """
        context.parallel([lambda ctx: ctx.step(lambda _: 1, name=uuid.uuid4().hex)])  # replayed
    """,
    "in a step of a branch": """
        context.parallel([lambda ctx: ctx.step(lambda _: uuid.uuid4().hex)])
        context.wait(MINUTE)
    """,
    "what nobody can tell": """
        event["runner"](lambda _: uuid.uuid4().hex)
        context.wait(MINUTE)
    """,
    "a duration that is only logged": """
        start = time.time()
        context.wait(MINUTE)
        context.logger.info("took %.1f", round(time.time() - start, 1))
        context.wait(MINUTE)
    """,
    "a duration that decides": """
        start = time.time()  # replayed
        context.wait(MINUTE)
        if time.time() - start > 60:  # replayed
            context.wait(MINUTE)
    """,
    "a time that a step closes over": """
        now = time.time()  # replayed
        context.step(lambda _: {"at": now})
    """,
    "a time that a helper returns": """
        def now():
            return time.time()  # replayed
        context.step(lambda _: 1, name=str(now()))
    """,
    "a time that a helper returns to be logged": """
        def now():
            return time.time()
        print(now())
        context.wait(MINUTE)
    """,
    "what calls no service": """
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
        pages = s3.get_paginator("list_objects_v2")
        context.wait(MINUTE)
        for page in pages.paginate(Bucket="b"):  # replayed
            context.step(lambda _: page["Contents"])
        return url
    """,
    "a function of another function": """
        def retried(work):
            return work()
        def ours():
            return s3.put_object(Bucket="b", Key="k")  # replayed
        def others():
            def theirs():
                return s3.get_object(Bucket="b", Key="k")
            return retried(theirs)
        retried(ours)
        context.wait(MINUTE)
    """,
    "a step in a step": """
        def outer(step):
            return context.step(lambda _: 1)  # nested
        context.step(outer)
    """,
    "a step that logs": """
        def outer(step):
            context.logger.info("x")
            step.logger.info("x")
        context.step(outer)
    """,
    "a child in a step is told once": """
        context.step(lambda _: context.run_in_child_context(lambda c: c.wait(MINUTE)))  # nested
    """,
}


def found(folder: pathlib.Path) -> set[tuple[int, str]]:
    report = engine.check(discover.project(discover.locate([str(folder)])), Settings(select=tuple(CODES)))
    assert report.internal_errors == ()
    return {(item.location.line, CODES[item.code]) for item in report.findings}


def marked(text: str) -> set[tuple[int, str]]:
    lines = enumerate(text.splitlines(), 1)
    return {(number, match[1]) for number, line in lines if (match := MARK.search(line))}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_what_is_told(name: str, tmp_path: pathlib.Path) -> None:
    text = HEAD + textwrap.indent(textwrap.dedent(BODIES[name]), "    ")
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    assert found(tmp_path) == marked(text)


PROGRAMS = {
    "a wrapped function": """
        import uuid
        from aws_durable_execution_sdk_python.execution import durable_execution

        def work(event, context):
            key = uuid.uuid4()  # replayed
            return context.invoke("other", {"key": str(key)})

        handler = durable_execution(work)
    """,
    "an annotation under a decorator of one's own": """
        import uuid
        from aws_durable_execution_sdk_python.context import DurableContext
        from middleware import ours

        @ours
        def handler(event, context: DurableContext):
            key = uuid.uuid4()  # replayed
            return context.invoke("other", {"key": str(key)})
    """,
    "a handler that is not durable": """
        import uuid
        from aws_durable_execution_sdk_python import durable_step

        @durable_step
        def unused(ctx):
            return 1

        def handler(event, context):
            return str(uuid.uuid4())
    """,
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_what_makes_a_handler_durable(name: str, tmp_path: pathlib.Path) -> None:
    text = textwrap.dedent(PROGRAMS[name])
    (tmp_path / "lambda_function.py").write_text(text, encoding="utf-8")
    template = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    template += "      Handler: lambda_function.handler\n      CodeUri: .\n      Runtime: python3.13\n"
    (tmp_path / "template.yaml").write_text(template, encoding="utf-8")
    assert found(tmp_path) == marked(text)
