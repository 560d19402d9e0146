"""LL304: what one failing message does to the others of its batch, with an answer about it and without."""

import json

import boto3
import pytest
from moto import mock_aws

from tests.proofs.poller import again, identifier, message

EVENT = {"Records": [message(1, '{"id": "1"}'), message(2, "no JSON"), message(3, '{"id": "3"}')]}


@pytest.fixture(autouse=True)
def orders(monkeypatch):
    monkeypatch.setenv("TABLE", "orders")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield


def _deliveries(module, name, invoke):
    """What is stored while the event, and then what is left of it, is delivered; and what is left after that."""
    stored = []
    events = module.table.meta.client.meta.events
    events.register("before-parameter-build.dynamodb.PutItem", lambda params, **_: stored.append(params["Item"]["id"]))
    event = EVENT
    for _ in range(2):
        outcome = invoke(getattr(module, name), event)
        event = {"Records": again(event, *outcome[:2])}
    return stored, [identifier(record) for record in event["Records"]]


def test_the_others_are_stored_again_or_never(load, invoke):
    module = load("partial-batch-response/bad/app.py")
    assert _deliveries(module, "queue_handler", invoke) == (["1", "1"], ["message-1", "message-2", "message-3"])


def test_nothing_is_stored_where_all_is_read_first(load, invoke):
    module = load("partial-batch-response/bad/app.py")
    assert _deliveries(module, "parsed_first_handler", invoke) == ([], ["message-1", "message-2", "message-3"])


def test_the_failed_message_alone_comes_again(load, invoke):
    module = load("partial-batch-response/good/app.py")
    assert _deliveries(module, "telling_handler", invoke) == (["1", "3"], ["message-2"])


def test_powertools_answers_the_same(load, invoke):
    module = load("partial-batch-response/good/app.py")
    assert _deliveries(module, "powertools_handler", invoke) == (["1", "3"], ["message-2"])


def test_a_stream_is_stuck_at_the_failure(load, invoke):
    records = [
        {"eventName": name, "dynamodb": {"SequenceNumber": str(number), "Keys": json.loads(keys)}}
        for number, (name, keys) in enumerate([("INSERT", '{"id": "1"}'), ("INSERT", '{"nothing": 1}')])
    ]
    outcome = invoke(load("partial-batch-response/bad/app.py").table_stream_handler, {"Records": records})
    assert outcome.error == "ClientError"
    assert again({"Records": records}, *outcome[:2]) == records
