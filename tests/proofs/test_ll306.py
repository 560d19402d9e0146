"""LL306: what comes again of a batch, by the answers of our fixtures."""

import base64
import json
import sys
import types

import boto3
import pytest
from moto import mock_aws

from tests.proofs.poller import again, identifier, message

ORDERS = {"Records": [message(1, '{"id": "1"}'), message(2, "no JSON"), message(3, '{"id": "3"}')]}


@pytest.fixture(autouse=True)
def orders(monkeypatch):
    monkeypatch.setenv("ORDERS", "orders")
    with mock_aws():
        table = boto3.resource("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield table


@pytest.mark.parametrize("name", ["by_receipt", "bare_ids", "another_name"])
def test_done_messages_come_again(load, invoke, orders, name):
    outcome = invoke(getattr(load("batch-response-shape/bad/orders.py"), name), ORDERS)
    assert {item["id"] for item in orders.scan()["Items"]} == {"1", "3"}
    assert [identifier(record) for record in again(ORDERS, *outcome[:2])] == ["message-1", "message-2", "message-3"]


def test_the_failed_message_is_lost(load, invoke, orders):
    outcome = invoke(load("batch-response-shape/bad/orders.py").misspelt, ORDERS)
    assert again(ORDERS, *outcome[:2]) == []


def test_the_failed_message_comes_again(load, invoke, orders, monkeypatch):
    monkeypatch.setitem(sys.modules, "partial", types.SimpleNamespace(answered=lambda function: function))
    outcome = invoke(load("batch-response-shape/good/orders.py").handler, ORDERS)
    assert [identifier(record) for record in again(ORDERS, *outcome[:2])] == ["message-2"]


@pytest.mark.parametrize(("folder", "first"), [("bad", "1"), ("good", "2")])
def test_where_a_stream_goes_on(load, invoke, folder, first, monkeypatch):
    module = load(f"batch-response-shape/{folder}/clicks.py")
    data = [base64.b64encode(text).decode() for text in (b"{}", b"\xff", b"{}")]  # the second is no text
    event = {
        "Records": [
            {"eventID": f"shardId-0:{number}", "kinesis": {"sequenceNumber": str(number), "data": text}}
            for number, text in enumerate(data, 1)
        ]
    }
    outcome = invoke(module.handler, json.loads(json.dumps(event)))
    assert identifier(again(event, *outcome[:2])[0]) == first
