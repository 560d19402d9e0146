"""LL311: what becomes of the records behind the first one, which the poller takes for done."""

import base64

import boto3
import pytest
from moto import mock_aws

from tests.proofs.poller import again, message

MESSAGES = {"Records": [message(number, f'{{"id": "{number}"}}') for number in (1, 2, 3)]}


@pytest.fixture(autouse=True)
def orders():
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        boto3.client("sns").create_topic(Name="changes")
        yield


def test_the_other_messages_are_lost(load, invoke):
    module = load("first-record-only/bad/src/orders.py")
    outcome = invoke(module.lambda_handler, MESSAGES)
    assert outcome.error == ""
    assert again(MESSAGES, *outcome[:2]) == []
    assert [item["id"] for item in module.table.scan()["Items"]] == ["1"]


def test_the_other_records_of_a_stream_are_lost(load, invoke):
    sent = [(str(number), base64.b64encode(data).decode()) for number, data in enumerate((b"one", b"two"))]
    clicks = {"Records": [{"kinesis": {"sequenceNumber": number, "data": data}} for number, data in sent]}
    outcome = invoke(load("first-record-only/bad/src/clicks.py").handler, clicks)
    assert outcome.answer == "one"
    assert again(clicks, *outcome[:2]) == []


def test_all_are_read_in_a_loop(load, invoke):
    outcome = invoke(load("first-record-only/good/src/looped.py").handler, MESSAGES)
    assert [order["id"] for _, order in outcome.answer] == ["1", "2", "3"]


def test_what_is_counted_comes_again(load, invoke):
    outcome = invoke(load("first-record-only/good/src/counted.py").handler, MESSAGES)
    assert outcome.error == "ValueError"
    assert again(MESSAGES, *outcome[:2]) == MESSAGES["Records"]
