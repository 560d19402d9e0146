"""LL305: a message that fails and does not come again, by what our fixtures do with its error."""

import sys

import boto3
import pytest
from moto import mock_aws

from tests.proofs.poller import again, identifier, message

MIXED = {"Records": [message(1, '{"id": "1"}'), message(2, "no JSON"), message(3, '{"id": "3"}')]}
BROKEN = {"Records": [message(2, "no JSON")]}


class _Powertools:
    """Stands in for Powertools' batch utility: a record fails where its handler raises."""

    class EventType:
        SQS = "SQS"

    @staticmethod
    def BatchProcessor(event_type):  # noqa: N802
        return event_type

    @staticmethod
    def process_partial_response(event, record_handler, **_):
        failed = []
        for record in event["Records"]:
            view = type("Record", (), {"body": record["body"], "message_id": record["messageId"]})
            try:
                record_handler(view)
            except ValueError:
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}


@pytest.fixture(autouse=True)
def orders(monkeypatch):
    for name in ("aws_lambda_powertools", "aws_lambda_powertools.utilities", "aws_lambda_powertools.utilities.batch"):
        monkeypatch.setitem(sys.modules, name, _Powertools)
    for name, value in (("ORDERS", "orders"), ("STORED", "stored")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        monkeypatch.setenv("REFUSED", boto3.client("sqs").create_queue(QueueName="refused")["QueueUrl"])
        boto3.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield


@pytest.mark.parametrize(
    ("name", "event"), [("one_by_one", BROKEN), ("with_answer", MIXED), ("with_powertools", MIXED)]
)
def test_the_failed_message_is_lost(load, invoke, name, event):
    outcome = invoke(getattr(load("batch-swallowed-error/bad/orders.py"), name), event)
    assert outcome.error == ""
    assert again(event, *outcome[:2]) == []


@pytest.mark.parametrize("name", ["answered", "with_powertools"])
def test_the_failed_message_comes_again(load, invoke, name):
    outcome = invoke(getattr(load("batch-swallowed-error/good/orders.py"), name), MIXED)
    assert [identifier(record) for record in again(MIXED, *outcome[:2])] == ["message-2"]


def test_an_error_comes_again(load, invoke):
    outcome = invoke(load("batch-swallowed-error/good/orders.py").counted, BROKEN)
    assert outcome.error == "RuntimeError"
    assert again(BROKEN, *outcome[:2]) == BROKEN["Records"]


def test_the_failed_message_is_kept_elsewhere(load, invoke):
    module = load("batch-swallowed-error/good/orders.py")
    assert invoke(module.set_aside, BROKEN).error == ""
    queue = module.os.environ["REFUSED"]
    assert boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "no JSON"
