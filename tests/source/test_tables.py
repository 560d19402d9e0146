"""Which table a call writes to, and its keys by a template."""

from __future__ import annotations

import pytest

from lambdalint.model import DeclaredFunction, Function, Location, State, Value
from lambdalint.source.tables import table_keys
from lambdalint.templates.values import Reference, Resource
from tests.source.programs import analyse

PLACE = Location("template.yaml", 1)


def known(value: object) -> Value:
    return Value(State.KNOWN, value, PLACE)


def table(name: str, *keys: str) -> Resource:
    schema = tuple(known({"AttributeName": known(key)}) for key in keys)
    properties = {"KeySchema": known(schema), "TableName": known(f"the-{name.lower()}")}
    return Resource("cloudformation", "template.yaml", name, "AWS::DynamoDB::Table", PLACE, properties)


RESOURCES = (
    table("Orders", "pk", "sk"),
    table("Log", "device", "at"),
    Resource("sam", "template.yaml", "Simple", "AWS::Serverless::SimpleTable", PLACE, {}),
    Resource("terraform", ".", "aws_dynamodb_table.seen", "aws_dynamodb_table", PLACE, {"hash_key": known("message")}),
)
ENVIRONMENT = {
    "ORDERS": known(Reference("template.yaml", "Orders")),
    "LOG": known("the-log"),
    "SIMPLE": known(Reference("template.yaml", "Simple")),
    "SEEN": known(Reference(".", "aws_dynamodb_table.seen", "name")),
    "OTHER": known(Reference("template.yaml", "Nowhere")),
}


def keys(text: str) -> tuple[str, ...]:
    found = analyse(
        "import os\nimport boto3\nddb = boto3.client('dynamodb')\nres = boto3.resource('dynamodb')\n" + text
    )
    template = DeclaredFunction("F", "sam", PLACE, environment=known(ENVIRONMENT))
    function = Function("F", "app.handler", "sam", "declared", declared=template)
    for node in found.region.nodes:
        body = found.flow.body(node)
        for call in body.calls if body is not None else ():
            if call.tail == "put_item":
                return table_keys(found.flow, (function,), RESOURCES, node, call)
    raise AssertionError("no put_item")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def handler(e, c):\n    res.Table(os.environ['ORDERS']).put_item(Item={})", ("pk", "sk")),
        ("def handler(e, c):\n    res.Table(os.getenv('SIMPLE')).put_item(Item={})", ("id",)),
        ("t = res.Table(os.environ.get('SEEN'))\ndef handler(e, c):\n    t.put_item(Item={})", ("message",)),
        ("NAME = os.environ['LOG']\ndef handler(e, c):\n    ddb.put_item(TableName=NAME, Item={})", ("device", "at")),
        ("def handler(e, c):\n    ddb.put_item(TableName='the-orders', Item={})", ("pk", "sk")),
        ("def handler(e, c):\n    ddb.put_item(TableName='elsewhere', Item={})", ()),
        ("def handler(e, c):\n    res.Table(os.environ['OTHER']).put_item(Item={})", ()),
        ("def handler(e, c):\n    res.Table(e['table']).put_item(Item={})", ()),
        (
            "def t():\n    return res.Table(os.environ['LOG'])\ndef handler(e, c):\n    t().put_item(Item={})",
            ("device", "at"),
        ),
        (
            "t = res.Table(os.environ['LOG'])\ndef handler(e, c):\n    with t.batch_writer() as b:\n        b.put_item(Item={})",
            ("device", "at"),
        ),
        (
            (
                "class S:\n    def __init__(self):\n        self.t = res.Table(os.environ['ORDERS'])\n"
                "    def go(self):\n        self.t.put_item(Item={})\ndef handler(e, c):\n    S().go()"
            ),
            ("pk", "sk"),
        ),
    ],
)
def test_keys(text: str, expected: tuple[str, ...]) -> None:
    assert keys(text) == expected
