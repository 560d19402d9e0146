"""Generated projects: functions that share code or do not, with scripts, tests and a template, from a seed."""

from __future__ import annotations

import random

STEPS = (
    'boto3.client("s3").list_buckets()',
    "requests.get(URL)",
    "time.sleep(60)",
    'TABLE.put_item(Item={"id": event["id"]})',
    'queue.send_message(QueueUrl=os.environ["NEXT"], MessageBody="x")',
    'SEEN.append(event["id"])',
    'boto3.client("lambda").invoke(FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"])',
    "client().list_buckets()",
    "Store(boto3.client).get()",
)
HEAD = """\
import os
import time
import boto3
import requests
URL = os.environ["URL"]
SEEN = []
TABLE = boto3.resource("dynamodb").Table("orders")
queue = boto3.client("sqs")
"""
TAIL = """\
def client():
    return boto3.client("s3")
class Store:
    def __init__(self, make):
        self.made = make("s3")
    def get(self):
        return self.made.list_buckets()
"""
FUNCTION = """\
  F%d:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: %s.handler
      Runtime: python3.13
      Timeout: %d
      Environment: {Variables: {URL: "https://example.com", NEXT: !Ref Queue%d}}
      Events: {Source: {Type: SQS, Properties: {Queue: !GetAtt Queue%d.Arn}}}
"""


def project(seed: int) -> dict[str, str]:
    """The files of a project, by path."""
    chance = random.Random(seed)
    files: dict[str, str] = {}
    shared = [f"shared{number}" for number in range(chance.randint(0, 4))]
    for number, name in enumerate(shared):
        others = chance.sample(shared[:number], min(number, chance.randint(0, 2)))
        files[f"{name}.py"] = _module(chance, others, "work", loops=chance.random() < 0.3)
    handlers = [f"function{number}" for number in range(chance.randint(2, 7))]
    for name in handlers:
        used = chance.sample(shared, min(len(shared), chance.randint(0, 2)))
        files[f"{name}.py"] = _module(chance, used, "handler", loops=chance.random() < 0.3)
    for number in range(chance.randint(0, 3)):  # scripts and tests, which import what they like
        name = chance.choice(["script%d", "test_%d"]) % number
        used = chance.sample([*shared, *handlers], min(len(handlers), chance.randint(0, 2)))
        lines = [f"{module}.{'work' if module in shared else 'handler'}({{'id': {number}}}, None)" for module in used]
        files[f"{name}.py"] = "".join(f"import {module}\n" for module in used) + "\n".join(lines) + "\n"
    if chance.random() < 0.7:
        queues = max(1, len(handlers) // 2)
        declared = ["Transform: AWS::Serverless-2016-10-31\nResources:\n"]
        declared += [f"  Queue{number}: {{Type: AWS::SQS::Queue}}\n" for number in range(queues)]
        for number, name in enumerate(handlers):
            timeout = chance.choice([3, 30, 900])
            declared.append(FUNCTION % (number, name, timeout, chance.randrange(queues), chance.randrange(queues)))
        files["template.yaml"] = "".join(declared)
    return files


def _module(chance: random.Random, used: list[str], name: str, *, loops: bool) -> str:
    calls = [f"{module}.work(event, context)" for module in used]
    steps = [*calls, *(chance.choice(STEPS) for _ in range(chance.randint(1, 4)))]
    chance.shuffle(steps)
    body = [f"    {step}\n" for step in steps]
    if loops:
        body = ['    for record in event["Records"]:\n', *(f"    {line}" for line in body)]
    imports = "".join(f"import {module}\n" for module in used)
    return f"{HEAD}{imports}{TAIL}def {name}(event, context):\n{''.join(body)}    return {{'id': 1}}\n"
