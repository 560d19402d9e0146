"""LL303: what Powertools does with a retry after an invocation that timed out."""

import json

import boto3
import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from moto import mock_aws

from tests.proofs.poller import message

EVENT = {"Records": [message(1, json.dumps({"id": "7"}))]}


class Context:
    """Of an invocation that has no time left."""

    aws_request_id = "7b7"

    def get_remaining_time_in_millis(self):
        return 0


class TimedOut(BaseException):
    """The end of an environment: no handler of the code runs."""


@pytest.fixture(autouse=True)
def once():
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="once",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield


def _retry(module, monkeypatch):
    """The retry of an invocation that times out in the middle of its work."""
    shipped = []

    def ship(order):
        shipped.append(order["id"])
        if len(shipped) == 1:
            raise TimedOut

    monkeypatch.setattr(module, "ship", ship)
    with pytest.raises(TimedOut):
        module.lambda_handler(EVENT, Context())
    module.lambda_handler(EVENT, Context())
    return shipped


@pytest.mark.filterwarnings("ignore:Couldn't determine the remaining time left")
def test_the_retry_is_refused(load, monkeypatch):
    with pytest.raises(IdempotencyAlreadyInProgressError):
        _retry(load("idempotency-context-not-registered/bad/lambda_function.py"), monkeypatch)


def test_the_retry_runs(load, monkeypatch):
    module = load("idempotency-context-not-registered/good/registered/lambda_function.py")
    assert _retry(module, monkeypatch) == ["7", "7"]
