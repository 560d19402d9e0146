"""Tests by which a handler drops records, and the filters that say the same."""

import json

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings

SOURCES = {
    "dynamodb": "arn:aws:dynamodb:eu-west-1:1:table/t/stream/x",
    "sqs": "arn:aws:sqs:eu-west-1:1:q",
    "kinesis": "arn:aws:kinesis:eu-west-1:1:stream/s",
}


def told(folder, kind, code, mapping="", more=""):
    (folder / "app.py").write_text(code)
    (folder / "template.yaml").write_text(
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Handler: app.handler\n"
        f"      Runtime: python3.13\n      Code: .\n{more}"
        "  M:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n      FunctionName: !Ref F\n"
        f"      EventSourceArn: {SOURCES[kind]}\n{mapping}"
    )
    report = engine.check(discover.project(discover.locate([str(folder)])), Settings(select=("LL208",)))
    assert report.internal_errors == ()
    found = [item for item in report.findings if item.code == "LL208"]
    if not found:
        return None
    (finding,) = found
    criteria = json.loads(finding.message.partition("FilterCriteria ")[2])
    return finding.location.line, [json.loads(item["Pattern"]) for item in criteria["Filters"]]


def loop(test, *, before=""):
    lines = [f"        {line}\n" for line in before.split("\n") if line]
    return (
        "import base64\nimport json\nWANTED = ('INSERT', 'MODIFY')\nONE = 'INSERT'\n\n\ndef handler(event, context):\n"
        f"    for record in event['Records']:\n{''.join(lines)}        if {test}:\n            work(record)\n"
    )


PARSED = "body = json.loads(record['body'])"
CLICK = "click = json.loads(base64.b64decode(record['kinesis']['data']))"
TESTS = [
    ("dynamodb", "record['eventName'] == 'INSERT'", "", [{"eventName": ["INSERT"]}]),
    ("dynamodb", "'INSERT' == record['eventName']", "", [{"eventName": ["INSERT"]}]),
    ("dynamodb", "record['eventName'] == ONE", "", [{"eventName": ["INSERT"]}]),
    ("dynamodb", "record['eventName'] in WANTED", "", [{"eventName": ["INSERT", "MODIFY"]}]),
    ("dynamodb", "record.get('eventName') in {'INSERT'}", "", [{"eventName": ["INSERT"]}]),
    ("dynamodb", "record['eventName'] != 'REMOVE'", "", [{"eventName": [{"anything-but": ["REMOVE"]}]}]),
    ("dynamodb", "not record.get('eventName') == 'REMOVE'", "", [{"eventName": [{"anything-but": ["REMOVE"]}]}]),
    (
        "dynamodb",
        "record['eventName'] == 'INSERT' and record['dynamodb']['NewImage']['kind']['S'] == 'order'",
        "",
        [{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}}],
    ),
    (
        "dynamodb",
        "record['eventName'] == 'INSERT' or record['userIdentity']['principalId'] == 'dynamodb.amazonaws.com'",
        "",
        [{"eventName": ["INSERT"]}, {"userIdentity": {"principalId": ["dynamodb.amazonaws.com"]}}],
    ),
    (
        "dynamodb",
        "not (record['eventName'] == 'REMOVE' or image['kind']['S'] != 'order')",
        "image = record['dynamodb'].get('NewImage', {})",
        [{"eventName": [{"anything-but": ["REMOVE"]}], "dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}}],
    ),
    ("sqs", "body['kind'] == 'order'", PARSED, [{"body": {"kind": ["order"]}}]),
    ("sqs", "body.get('kind') == 'order'", PARSED, [{"body": {"kind": ["order"]}}]),
    ("sqs", "body['detail']['total'] >= 10", PARSED, [{"body": {"detail": {"total": [{"numeric": [">=", 10]}]}}}]),
    ("sqs", "not 10 < body['total']", PARSED, [{"body": {"total": [{"numeric": ["<=", 10]}]}}]),
    ("sqs", "body['urgent'] is True", PARSED, [{"body": {"urgent": [True]}}]),
    ("sqs", "record['body'] == 'ping'", "", [{"body": ["ping"]}]),
    (
        "sqs",
        "record['messageAttributes']['kind']['stringValue'].endswith('.csv')",
        "",
        [{"messageAttributes": {"kind": {"stringValue": [{"suffix": ".csv"}]}}}],
    ),
    ("kinesis", "click['page'].startswith('/shop')", CLICK, [{"data": {"page": [{"prefix": "/shop"}]}}]),
    ("kinesis", "record['kinesis']['partitionKey'] == '1'", "", [{"partitionKey": ["1"]}]),
]


@pytest.mark.parametrize(("kind", "test", "before", "patterns"), TESTS)
def test_tests_that_a_filter_says(tmp_path, kind, test, before, patterns):
    line, found = told(tmp_path, kind, loop(test, before=before))
    assert line == 9 + bool(before)
    assert found == patterns


@pytest.mark.parametrize(("kind", "test", "before", "patterns"), TESTS)
def test_records_that_are_gone_on_from(tmp_path, kind, test, before, patterns):
    code = loop(f"not ({test})", before=before).replace("            work(record)\n", "            continue\n")
    assert told(tmp_path, kind, code + "        work(record)\n")[1] == patterns


@pytest.mark.parametrize(
    ("kind", "test", "before"),
    [
        ("dynamodb", "record['dynamodb']['NewImage']['total']['N'] > 3", ""),
        ("dynamodb", "'NewImage' in record['dynamodb']", ""),
        ("dynamodb", "record['dynamodb']['NewImage']", ""),
        ("dynamodb", "record['eventName'].lower() == 'insert'", ""),
        ("dynamodb", "record['eventName'] == context.wanted", ""),
        ("dynamodb", "record['eventName'] == event['wanted']", ""),
        ("dynamodb", "record['eventName'] in 'INSERT MODIFY'", ""),
        ("dynamodb", "record['eventSource'] == 'aws:dynamodb'", ""),
        ("dynamodb", "image.get('kind', {}).get('S') != 'order'", "image = record['dynamodb']['NewImage']"),
        ("dynamodb", "image['kind']['S'] == 'order'", "image = plain(record['dynamodb']['NewImage'])"),
        ("sqs", "body.get('kind', 'order') == 'order'", PARSED),
        ("sqs", "body.get('kind') != 'order'", PARSED),
        ("sqs", "body['a'] == 1 and body['a'] == 2", PARSED),
        ("sqs", "len(body['items']) == 0", PARSED),
        ("sqs", "body['a'] == body['b']", PARSED),
        ("sqs", "allowed(body)", PARSED),
        ("sqs", "record['body']['kind'] == 'order'", ""),
        ("kinesis", "record['kinesis']['data'] == 'x'", ""),
        ("kinesis", "base64.b64decode(record['kinesis']['data']) == 'x'", ""),
    ],
)
def test_tests_that_no_filter_says(tmp_path, kind, test, before):
    assert told(tmp_path, kind, loop(test, before=before)) is None


INSERT = "record['eventName'] == 'INSERT'"


@pytest.mark.parametrize(
    "code",
    [
        "def handler(event, context):\n    for record in event.get('Records', []):\n        if {}:\n            work(record)\n",
        (
            "def handler(event, context):\n    records = event.get('Records') or []\n    print(len(records))\n"
            "    if not records:\n        return 0\n    for record in records:\n        if {}:\n"
            "            work(record)\n    return len(records)\n"
        ),
        (
            "def handler(event, context):\n    try:\n        for record in event['Records']:\n            print(record)\n"
            "            if {}:\n                work(record)\n            else:\n                print('not new')\n"
            "    except ValueError:\n        raise\n"
        ),
    ],
)
def test_loops_that_drop(tmp_path, code):
    assert told(tmp_path, "dynamodb", code.format(INSERT))[1] == [{"eventName": ["INSERT"]}]


@pytest.mark.parametrize(
    "code",
    [
        "def handler(event, context):\n    for record in event['Records']:\n        count(record)\n        if {}:\n            work(record)\n",
        "def handler(event, context):\n    for record in event['Records']:\n        if {}:\n            work(record)\n        done(record)\n",
        "def handler(event, context):\n    for record in event['Records']:\n        if {}:\n            work(record)\n        else:\n            drop(record)\n",
        "def handler(event, context):\n    for record in event['Records']:\n        if {}:\n            work(record)\n    store(event)\n",
        "def handler(event, context):\n    for record in event['Records']:\n        if {}:\n            work(record)\n    for record in event['Records']:\n        done(record)\n",
        "def handler(event, context):\n    for record in event['Records']:\n        if not {}:\n            return\n        work(record)\n",
        "def handler(event, context):\n    for record in event['Records']:\n        if not {}:\n            raise ValueError\n        work(record)\n",
        "def handler(event, context):\n    for record in event['Records']:\n        if {}:\n            print('new')\n",
        "def handler(event, context):\n    for record in event['items']:\n        if {}:\n            work(record)\n",
    ],
)
def test_loops_that_do_something_with_all(tmp_path, code):
    assert told(tmp_path, "dynamodb", code.format(INSERT)) is None


def test_filters_and_sources_that_may_be_others(tmp_path):
    code = loop(INSERT)
    assert told(tmp_path, "dynamodb", code) is not None
    filters = "      FilterCriteria: {Filters: [{Pattern: '{}'}]}\n"
    assert told(tmp_path, "dynamodb", code, mapping=filters) is None
    assert (
        told(tmp_path, "dynamodb", code, mapping="      FilterCriteria: !If [A, {Filters: []}, !Ref AWS::NoValue]\n")
        is None
    )
    topic = "  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      Subscription: [{Endpoint: !GetAtt F.Arn, Protocol: lambda}]\n"
    assert told(tmp_path, "dynamodb", code, more=topic) is None
