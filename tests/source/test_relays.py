"""Handlers that only hand their event on, and those that do more."""

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings

HEAD = "import json\nimport os\nimport boto3\nsqs = boto3.client('sqs')\nTABLE = boto3.resource('dynamodb').Table('t')\n\n\n"


def told(folder, code, event="{Type: Api, Properties: {Path: /, Method: post}}"):
    (folder / "app.py").write_text(HEAD + code)
    (folder / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        f"      Handler: app.handler\n      Runtime: python3.13\n      CodeUri: .\n      Events: {{E: {event}}}\n"
    )
    report = engine.check(discover.project(discover.locate([str(folder)])), Settings(select=("LL209",)))
    assert report.internal_errors == ()
    return [item.location.line for item in report.findings if item.code == "LL209"]


SEND = "sqs.send_message(QueueUrl=os.environ['Q'], MessageBody=event['body'])"


@pytest.mark.parametrize(
    "body",
    [
        SEND,
        f"return {SEND}",
        f"print(event)\n    {SEND}\n    return {{'statusCode': 200}}",
        "sqs.send_message(QueueUrl='https://q', MessageBody=json.dumps(event))",
        "sqs.send_message(QueueUrl='https://q', MessageBody=json.dumps({'id': event['pathParameters']['id'], 'a': 1}))",
        "sqs.send_message(QueueUrl=os.getenv('Q'), MessageBody=event.get('body'))",
        "item = json.loads(event['body'])\n    TABLE.put_item(Item={'id': item.get('id')})",
        "found = TABLE.get_item(Key={'id': event['id']})\n    return {'body': json.dumps(found['Item'])}",
    ],
)
def test_one_call(tmp_path, body):
    assert len(told(tmp_path, f"def handler(event, context):\n    {body}\n")) == 1


@pytest.mark.parametrize(
    "body",
    [
        f"if event['body']:\n        {SEND}",
        f"try:\n        {SEND}\n    except ValueError:\n        return 1",
        f"for _ in range(3):\n        {SEND}",
        f"{SEND}\n    {SEND}",
        f"check(event)\n    {SEND}",
        f"event['seen'] = 1\n    {SEND}",
        "sqs.send_message(QueueUrl='https://q', MessageBody='ping')",
        "sqs.send_message(QueueUrl='https://q', MessageBody=f\"o:{event['id']}\")",
        "sqs.send_message(QueueUrl='https://q', MessageBody=event['body'].strip())",
        "sqs.send_message(QueueUrl='https://q', MessageBody=event['body'] or '{}')",
        "sqs.send_message(QueueUrl='https://q', **event)",
        "sqs.send_message(QueueUrl='https://q', MessageBody=json.dumps([r['id'] for r in event['items']]))",
        "sqs.delete_message(QueueUrl='https://q', ReceiptHandle=event['body'])",
        "return {'body': sqs.send_message(QueueUrl='https://q', MessageBody=event['body'])['MessageId'].upper()}",
    ],
)
def test_more_than_one_call(tmp_path, body):
    assert told(tmp_path, f"def handler(event, context):\n    {body}\n") == []


def test_decorators_and_helpers(tmp_path):
    logged = "from aws_lambda_powertools import Logger\nlogger = Logger()\n@logger.inject_lambda_context\n"
    guarded = "from guard import authorised\n@authorised\n"
    code = f"def handler(event, context):\n    {SEND}\n"
    assert told(tmp_path, logged + code) == [HEAD.count("\n") + 5]
    assert told(tmp_path, guarded + code) == []
    assert told(tmp_path, f"def send(event):\n    {SEND}\ndef handler(event, context):\n    send(event)\n") == []


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("{Type: HttpApi}", 1),
        ("{Type: Schedule, Properties: {Schedule: rate(1 day)}}", 1),
        ("{Type: SQS, Properties: {Queue: 'arn:aws:sqs:x:1:q'}}", 0),
        ("{Type: S3, Properties: {Bucket: b, Events: x}}", 0),
        ("{Type: HttpApi}, G: {Type: S3, Properties: {Bucket: b, Events: x}}", 0),
        ("{Type: HttpApi}, G: !Ref More", 0),
    ],
)
def test_sources_that_could_call_the_service(tmp_path, event, expected):
    assert len(told(tmp_path, f"def handler(event, context):\n    {SEND}\n", event)) == expected


def test_an_http_api_calls_no_tables(tmp_path):
    code = "def handler(event, context):\n    TABLE.put_item(Item={'id': event['body']})\n"
    assert told(tmp_path, code, "{Type: HttpApi}") == []
    assert len(told(tmp_path, code)) == 1
