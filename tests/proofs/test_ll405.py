"""LL405: what API Gateway is handed. Its part is not here; moto's is not its own, so only the answer is looked at.

The service's documentation says that a body which is no string is a malformed answer: that condition is what is shown.
"""

import json

import pytest


def test_the_body_is_a_dict(load, invoke):
    answer = invoke(load("proxy-body-not-string/bad/src/prices.py").handler, {"pathParameters": {"name": "tea"}}).answer
    assert answer["body"] == {"price": 3}


def test_the_body_is_a_list(load, invoke):
    event = {"requestContext": {"http": {"method": "GET"}}}
    answer = invoke(load("proxy-body-not-string/bad/alone/lambda_function.py").lambda_handler, event).answer
    assert answer["body"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("key", "accept", "body"), [("1", "*/*", {"rows": ["a", "b"]}), ("2", "*/*", {"message": "no such order"})]
)
def test_the_body_is_text(load, invoke, orders, key, accept, body):
    module = load("proxy-body-not-string/good/src/orders.py")
    answer = invoke(module.handler, {"queryStringParameters": {"id": key}, "headers": {"accept": accept}}).answer
    assert type(answer["body"]) is str
    assert json.loads(answer["body"]) == body


def test_the_handler_of_the_template(load, invoke, orders):
    module = load("proxy-body-not-string/bad/src/orders.py")
    assert invoke(module.handler, {}).answer["body"] == {"message": "id is missing"}


@pytest.fixture
def orders():
    import boto3
    import moto

    with moto.mock_aws():
        table = boto3.resource("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        table.put_item(Item={"id": "1", "rows": ["a", "b"]})
        yield
