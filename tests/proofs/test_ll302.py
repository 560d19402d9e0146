"""LL302: what a second delivery of the same message does, by the keys of our fixtures."""

import json
import sys
import types

import boto3
import pytest
from moto import mock_aws

from tests.proofs.poller import message

EVENT = {"Records": [message(1, json.dumps({"id": "7"}))]}


@pytest.fixture
def effects(monkeypatch):
    """The tasks and posts that were asked for: what they were, with the key that they had."""
    seen = []

    def post(url, headers=None, **_):
        seen.append((url, (headers or {}).get("Idempotency-Key", "")))
        return types.SimpleNamespace(json=dict)

    with mock_aws():
        monkeypatch.setitem(sys.modules, "requests", types.SimpleNamespace(post=post))  # moto patches the real one
        for table in ("jobs", "once"):
            boto3.client("dynamodb").create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        url = boto3.client("sqs").create_queue(QueueName="next.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        monkeypatch.setenv("NEXT", url)
        monkeypatch.setenv("JOBS", "jobs")
        yield seen


def _count():
    url = boto3.client("sqs").get_queue_url(QueueName="next.fifo")["QueueUrl"]
    return len(boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()))


def _twice(module, invoke, seen):
    def run_task(**given):
        seen.append(("task", given["clientToken"]))

    module.ecs = types.SimpleNamespace(run_task=run_task)
    for _ in range(2):
        assert invoke(module.lambda_handler, EVENT).error == ""


@pytest.mark.filterwarnings("ignore:Couldn't determine the remaining time left")
def test_everything_happens_twice(load, invoke, effects):
    _twice(load("unstable-idempotency-key/bad/lambda_function.py"), invoke, effects)
    assert _count() == 2
    assert len(set(effects)) == len(effects) - 1  # the charge is posted twice, the others with new keys
    assert [what for what, _ in effects].count("https://pay.example.com/charges") == 2


def test_the_message_is_sent_once(load, invoke, effects):
    _twice(load("unstable-idempotency-key/good/lambda_function.py"), invoke, effects)
    assert _count() == 1
    assert len({token for _, token in effects if token.startswith("daily-")}) == 1
