"""LL305: a message that fails and does not come again, by what our fixtures do with its error."""

import boto3
import pytest
from moto import mock_aws

from tests.proofs.poller import again, identifier, message

MIXED = {"Records": [message(1, '{"id": "1"}'), message(2, "no JSON"), message(3, '{"id": "3"}')]}
BROKEN = {"Records": [message(2, "no JSON")]}


@pytest.fixture(autouse=True)
def orders(monkeypatch):
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
