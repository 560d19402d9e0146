"""The event graph and the command that draws it, on small projects."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping

import pytest

from lambdalint import cli, discover, engine
from lambdalint.model import EventGraph, Report
from lambdalint.settings import Settings
from lambdalint.source.lower import Lowered, lower
from lambdalint.source.names import Node
from lambdalint.source.sites import Written
from lambdalint.source.triggers import Triggers

ROOT = pathlib.Path(__file__).resolve().parent.parent
BAD = ROOT / "fixtures" / "recursive-trigger" / "bad"

FUNCTION = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  News:
    Type: AWS::SNS::Topic
  Box:
    Type: AWS::S3::Bucket
  Table:
    Type: AWS::DynamoDB::Table
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: .
      Environment: {Variables: {NAME: %s}}
      Events:
        E: %s
"""
CODE = """\
import json, os
import boto3
def handler(event, context):
    %s
"""


def project(folder: pathlib.Path, **files: str) -> discover.Project:
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return discover.project(discover.locate([str(folder)]))


def findings(found: discover.Project) -> list[tuple[int, str, str]]:
    report = engine.check(found, Settings(select=("LL202",)))
    assert report.internal_errors == ()
    return [(item.location.line, item.severity.label, item.message) for item in report.findings]


def one(folder: pathlib.Path, name: str, event: str, code: str) -> list[tuple[int, str, str]]:
    return findings(project(folder, template_yaml=FUNCTION % (name, event), app_py=CODE % code))


def graph(found: discover.Project) -> EventGraph:
    return engine.draw(found, Settings()).graph


SQS = "{Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}"
SNS = "{Type: SNS, Properties: {Topic: !Ref News}}"
S3 = "{Type: S3, Properties: {Bucket: !Ref Box, Events: 's3:ObjectCreated:*'}}"
S3_IN = (
    "{Type: S3, Properties: {Bucket: !Ref Box, Events: 's3:ObjectCreated:Put', "
    "Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}, {Name: suffix, Value: .png}]}}}}"
)
STREAM = "{Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST%s}}"
SEND = 'boto3.client("sqs").send_message(QueueUrl=%s, MessageBody="x")'
PUT = 'boto3.client("s3").put_object(Bucket=%s, Key=%s)'
NAME = 'os.environ["NAME"]'
KEY = 'event["Records"][0]["s3"]["object"]["key"]'


@pytest.mark.parametrize(
    ("name", "event", "code"),
    [
        ("!Ref Jobs", SQS, SEND % NAME),
        ("!GetAtt Jobs.QueueUrl", SQS, SEND % 'os.getenv("NAME")'),
        ("!GetAtt Jobs.QueueName", SQS, SEND % f'boto3.client("sqs").get_queue_url(QueueName={NAME})["QueueUrl"]'),
        ("!Sub 'https://sqs.${AWS::Region}.amazonaws.com/1/${Jobs.QueueName}'", SQS, SEND % NAME),
        ("!GetAtt Jobs.Arn", SQS, SEND % f'{NAME}.split(":")[-1]'),
        ("x", SQS, SEND % 'event["Records"][0]["eventSourceARN"]'),
        ("!Ref News", SNS, f'boto3.client("sns").publish(TargetArn={NAME}, Message="x")'),
        ("!Ref News", SNS, f'boto3.resource("sns").Topic({NAME}).publish(Message="x")'),
        ("!Sub 'arn:aws:s3:::${Box}'", S3, PUT % (NAME, '"k"')),
        ("!Ref Box", S3_IN, PUT % (NAME, 'f"in/{KEY}.png"')),
        ("!Ref Box", S3_IN, PUT % (NAME, KEY)),
        ("!Ref Box", S3_IN, PUT % (NAME, '"in/%s.png" % event["name"]')),
        ("!Ref Box", S3_IN, PUT % (NAME, '"in/{}.png".format(event["name"])')),
        ("!Ref Box", S3_IN, PUT % (NAME, 'os.path.join("in", "a", event["name"] + ".png")')),
        ("!Ref Table", STREAM % "", f'boto3.resource("dynamodb").Table({NAME}).put_item(Item=context.aws_request_id)'),
        (
            "!Ref Table",
            STREAM % ", FilterCriteria: {Filters: [{Pattern: '{\"eventName\": [\"MODIFY\"]}'}]}",
            f'boto3.client("dynamodb").update_item(TableName={NAME}, UpdateExpression="ADD seen :one")',
        ),
        (
            "!Ref Table",
            STREAM % "",
            f'boto3.client("dynamodb").transact_write_items(TransactItems=[{{"Put": {{"TableName": {NAME}, "Item": event["id"]}}}}])',
        ),
    ],
)  # fmt: skip
def test_a_name_leads_to_the_resource_that_triggers(tmp_path: pathlib.Path, name: str, event: str, code: str) -> None:
    assert [(line, severity) for line, severity, _ in one(tmp_path, name, event, code)] == [(4, "error")]


@pytest.mark.parametrize(
    ("name", "event", "code"),
    [
        ("x", SQS, SEND % NAME),
        ("!Ref Box", SQS, PUT % (NAME, '"k"')),
        ("!Ref Jobs", SQS, SEND % 'os.environ["OTHER"]'),
        ("!Ref Jobs", SQS, SEND % f'{NAME} + "-next"'),
        ("!Sub '${Jobs.QueueName}-next'", SQS, SEND % NAME),
        ("!Ref Jobs", SQS, SEND % f'{NAME} if event else event["queue"]'),
        ("!Ref Box", S3_IN, PUT % (NAME, 'f"out/{KEY}"')),
        ("!Ref Box", S3_IN, PUT % (NAME, f'{KEY} + ".jpg"')),
        ("!Ref Box", S3_IN, PUT % (NAME, 'event["name"]')),
        ("!Ref Box", S3_IN, PUT % (NAME, f'{KEY}.replace("in/", "out/")')),
        ("!Ref Box", S3_IN, f'boto3.client("s3").copy_object(Bucket={NAME}, Key={KEY}, CopySource="x")'),
        ("!Ref Box", S3, f'boto3.client("s3").delete_object(Bucket={NAME}, Key="k")'),
        (
            "!Ref News",
            "{Type: SNS, Properties: {Topic: !Ref News, FilterPolicy: {kind: [new]}}}",
            f'boto3.client("sns").publish(TopicArn={NAME}, Message="x")',
        ),
        (
            "!Ref Table",
            STREAM % ", FilterCriteria: {Filters: [{Pattern: '{\"eventName\": [\"REMOVE\"]}'}]}",
            f'boto3.client("dynamodb").put_item(TableName={NAME}, Item={{}})',
        ),
        (
            "!Ref Table",
            STREAM % ", FilterCriteria: {Filters: [{Pattern: '{\"dynamodb\": {\"Keys\": {\"a\": [\"b\"]}}}'}]}",
            f'boto3.client("dynamodb").put_item(TableName={NAME}, Item={{}})',
        ),
        ("x", SQS, 'if "httpMethod" in event: ' + SEND % 'boto3.client("sqs").get_queue_url(QueueName="Jobs")["QueueUrl"]'),
    ],
)  # fmt: skip
def test_what_leads_elsewhere_or_cannot_be_told_is_silent(
    tmp_path: pathlib.Path, name: str, event: str, code: str
) -> None:
    assert one(tmp_path, name, event, code) == []


def test_the_object_of_the_event_without_a_template(tmp_path: pathlib.Path) -> None:
    own = 'part = event["Records"][0]["s3"]; ' + PUT % ('part["bucket"]["name"]', 'part["object"]["key"]')
    message = "s3.put_object writes to the bucket of the event, which triggers this function again"
    text = CODE.replace("def handler", "def lambda_handler")
    assert findings(project(tmp_path, app_py=text % own)) == [(4, "warning", message)]
    other = 'part = event["Records"][0]["s3"]; ' + PUT % ('part["bucket"]["name"]', '"small/" + part["object"]["key"]')
    assert findings(project(tmp_path, app_py=text % other)) == []


def test_terraform_variables_and_modules(tmp_path: pathlib.Path) -> None:
    main = """\
variable "topic" {}
variable "other" {}
resource "aws_lambda_function" "f" {
  function_name = "f"
  filename = "${path.module}/app.py"
  handler = "app.handler"
  runtime = "python3.13"
  environment { variables = { TOPIC = var.%s } }
}
resource "aws_sns_topic_subscription" "s" {
  topic_arn = var.topic
  protocol = "lambda"
  endpoint = aws_lambda_function.f.arn
}
"""
    code = CODE % 'boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message="x")'
    message = "sns.publish writes to topic var.topic, which triggers this function again"
    assert findings(project(tmp_path, main_tf=main % "topic", app_py=code)) == [(4, "error", message)]
    assert findings(project(tmp_path, main_tf=main % "other", app_py=code)) == []


MODULES = """\
module "jobs" {
  source = "terraform-aws-modules/sqs/aws"
}
module "other" {
  source = "example.com/queues"
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  filename      = "${path.module}/app.py"
  handler       = "app.handler"
  runtime       = "python3.13"
  environment { variables = { QUEUE_URL = %s } }
}
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn = %s
  function_name    = aws_lambda_function.f.arn
}
"""


@pytest.mark.parametrize(
    ("written", "triggers", "fires"),
    [
        ("module.jobs.queue_url", "module.jobs.queue_arn", True),
        ("module.jobs.dead_letter_queue_url", "module.jobs.queue_arn", False),
        ("module.jobs.dead_letter_queue_id", "module.jobs.dead_letter_queue_arn", True),
        ("module.other.jobs_url", "module.other.jobs_arn", True),
        ("module.other.jobs_url", "module.other.failures_arn", False),
    ],
)
def test_queues_of_registry_modules(tmp_path: pathlib.Path, written: str, triggers: str, fires: bool) -> None:
    code = CODE % (SEND % 'os.environ["QUEUE_URL"]')
    assert bool(findings(project(tmp_path, main_tf=MODULES % (written, triggers), app_py=code))) is fires


CALLED = {
    "live/main.tf": """\
resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}
resource "aws_cloudwatch_log_group" "worker" {
  name = "/aws/lambda/worker"
}
module "worker" {
  source = "../modules/worker"
  queue  = aws_sqs_queue.jobs.arn
}
""",
    "modules/worker/main.tf": """\
variable "queue" {}
module "function" {
  source               = "terraform-aws-modules/lambda/aws"
  function_name        = "worker"
  handler              = "app.handler"
  runtime              = "python3.13"
  source_path          = "${path.module}/src"
  event_source_mapping = { jobs = { event_source_arn = var.queue } }

  use_existing_cloudwatch_log_group = true
}
""",
    "modules/worker/src/app.py": CODE % (SEND % '"https://sqs.eu-west-1.amazonaws.com/1/jobs"'),
}


def test_names_are_those_of_the_root_that_calls_the_module(tmp_path: pathlib.Path) -> None:
    for name, text in CALLED.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    called = discover.project(discover.locate([str(tmp_path)]))
    message = "sqs.send_message writes to queue aws_sqs_queue.jobs, which triggers this function again"
    assert findings(called) == [(4, "error", message)]
    report = engine.check(called, Settings(select=("LL711",)))
    assert [(item.location.path, item.location.line) for item in report.findings] == [("live/main.tf", 4)]


TWO = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: ., Runtime: python3.13, Environment: {Variables: {BOX: !Ref Box}}}}
Resources:
  Box: {Type: AWS::S3::Bucket}
  Copy:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.copy
      Events:
        E:
          Type: S3
          Properties: {Bucket: !Ref Box, Events: "s3:ObjectCreated:*", Filter: {S3Key: {Rules: [%s]}}}
  Mark:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.mark
      Events:
        E:
          Type: S3
          Properties: {Bucket: !Ref Box, Events: "s3:ObjectCreated:*", Filter: {S3Key: {Rules: [%s]}}}
"""
COPY = """\
import os
import boto3
from urllib.parse import unquote_plus

S3 = boto3.client("s3")


def copy(event, context):
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    S3.put_object(Bucket=os.environ["BOX"], Key="copy/" + key)


def mark(event, context):
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    S3.put_object(Bucket=os.environ["BOX"], Key=key + ".mark")
"""


@pytest.mark.parametrize(
    ("copied", "marked", "loop"),
    [
        # the key of one function's event passes another's filter only where it had to pass the same to come in
        ("{Name: prefix, Value: c}", "{Name: prefix, Value: copy/}", True),
        ("{Name: prefix, Value: c}", "", False),
        ("{Name: suffix, Value: .mark}", "{Name: suffix, Value: .png.mark}", False),
        ("{Name: suffix, Value: .mark}", "{Name: suffix, Value: mark}", True),
    ],
)
def test_keys_that_are_handed_from_function_to_function(
    tmp_path: pathlib.Path, copied: str, marked: str, loop: bool
) -> None:
    found = findings(project(tmp_path, template_yaml=TWO % (copied, marked), app_py=COPY))
    assert [line for line, _, message in found if "each other" in message] == ([10] if loop else [])


RELAYED = """\
  Relay:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [shop], detail-type: [%s]}
      State: %s
      Targets: [{Id: jobs, Arn: !GetAtt Jobs.Arn}]
"""
PIPE = """\
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties: {Source: !GetAtt Table.StreamArn, Target: !GetAtt Jobs.Arn}
"""
MACHINE = """\
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: Go, States: {Go: {Type: Task, Resource: !GetAtt F.Arn, End: true}}}
      Events: {Paid: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}}}}
"""
DELIVERY = """\
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties: {ExtendedS3DestinationConfiguration: {BucketARN: !GetAtt Box.Arn}}
"""
TOPIC = """\
  Fan:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: sqs, Endpoint: !GetAtt Jobs.Arn}]}
"""
EVENTS = 'boto3.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "paid"}])'
STORE = 'boto3.resource("dynamodb").Table(%s).put_item(Item=event["id"])'
DELIVER = 'boto3.client("firehose").put_record(DeliveryStreamName=%s, Record=event)'
PUBLISH = 'boto3.client("sns").publish(TopicArn=%s, Message="x")'
API = "{Type: Api, Properties: {Path: /, Method: get}}"


@pytest.mark.parametrize(
    ("resource", "name", "event", "code", "way"),
    [
        (RELAYED % ("paid", "ENABLED"), "x", SQS, EVENTS, "event bus default and queue Jobs"),
        (RELAYED % ("sent", "ENABLED"), "x", SQS, EVENTS, ""),
        (RELAYED % ("paid", "DISABLED"), "x", SQS, EVENTS, ""),
        (PIPE, "!Ref Table", SQS, STORE % NAME, "table Table and queue Jobs"),
        (MACHINE, "x", API, EVENTS, "event bus default and state machine Machine"),
        (DELIVERY, "!Ref Delivery", S3, DELIVER % NAME,
         "delivery stream Delivery and bucket Box"),
        (DELIVERY, "!Ref Delivery", S3_IN, DELIVER % NAME, ""),
        (TOPIC, "!Ref Fan", SQS, PUBLISH % NAME, "topic Fan and queue Jobs"),
        (RELAYED.replace("!GetAtt Jobs.Arn", "arn:aws:logs:eu-west-1:1:log-group:all") % ("paid", "ENABLED"), "x", SQS, EVENTS, ""),
    ],
)  # fmt: skip
def test_what_resources_hand_on(
    tmp_path: pathlib.Path, resource: str, name: str, event: str, code: str, way: str
) -> None:
    template = FUNCTION % (name, event) + resource
    found = findings(project(tmp_path, template_yaml=template, app_py=CODE % code))
    assert [message.partition(" writes to ")[2].partition(", ")[0] for _, _, message in found] == ([way] if way else [])


PATTERN = "{source: [shop], detail-type: [%s]%s}"


@pytest.mark.parametrize(
    ("pattern", "entry", "fires"),
    [
        (PATTERN % ("paid", ""), '{"Source": "shop", "DetailType": "paid"}', True),
        (PATTERN % ("paid", ""), '{"Source": "shop", "DetailType": "sent"}', False),
        (PATTERN % ("paid", ""), '{"Source": "shop", "DetailType": event["type"]}', False),
        (PATTERN % ("paid", ""), '{"Source": "shop", "DetailType": "paid", "EventBusName": "other"}', False),
        (PATTERN % ("paid", ", detail: {id: [1]}"), '{"Source": "shop", "DetailType": "paid"}', False),
    ],
)
def test_events_on_a_bus_match_the_pattern(tmp_path: pathlib.Path, pattern: str, entry: str, fires: bool) -> None:
    event = f"{{Type: EventBridgeRule, Properties: {{Pattern: {pattern}}}}}"
    assert bool(one(tmp_path, "x", event, f'boto3.client("events").put_events(Entries=[{entry}])')) is fires


def test_buckets_that_tell_through_a_bus(tmp_path: pathlib.Path) -> None:
    event = (
        "{Type: EventBridgeRule, Properties: {Pattern: {source: [aws.s3], detail-type: [Object Created], "
        "detail: {bucket: {name: [!Ref Box]}, object: {key: [{prefix: in/}]}}}}}"
    )
    fires = one(tmp_path, "!Ref Box", event, PUT % (NAME, '"in/a"'))
    assert [(line, severity) for line, severity, _ in fires] == [(4, "error")]
    assert one(tmp_path, "!Ref Box", event, PUT % (NAME, '"out/a"')) == []


def test_names_of_two_stacks_are_two_resources(tmp_path: pathlib.Path) -> None:
    for name, queue in (("one", "!GetAtt Jobs.Arn"), ("two", "arn:aws:sqs:eu-west-1:1:jobs")):
        (tmp_path / name).mkdir()
        event = f"{{Type: SQS, Properties: {{Queue: {queue}}}}}"
        template = (FUNCTION % ("jobs", event)).replace("Jobs:\n", "Jobs:\n    Properties: {QueueName: jobs}\n", 1)
        project(tmp_path / name, template_yaml=template, app_py=CODE % (SEND % NAME))
    # each sends to a queue of its own stack, and in both the name leads to the queue that triggers
    found = engine.check(discover.project(discover.locate([str(tmp_path)])), Settings(select=("LL202",)))
    assert [item.location.path.rpartition("/")[0][-3:] for item in found.findings] == ["one", "two"]
    assert all("in a loop" not in item.message for item in found.findings)


NESTING = """\
Resources:
  One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}
  Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./inner.yaml}}
  Self: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: outer.yaml}}
  Inbox: {Type: AWS::SQS::Queue, Properties: {QueueName: inbox}}
  Back:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.back
      Runtime: python3.13
      CodeUri: .
      Environment: {Variables: {NAME: jobs}}
      Events: {E: {Type: SQS, Properties: {Queue: !GetAtt Inbox.Arn}}}
"""


def test_a_loop_through_nested_stacks(tmp_path: pathlib.Path) -> None:
    inner = (FUNCTION % ("inbox", SQS)).replace("Jobs:\n", "Jobs:\n    Properties: {QueueName: jobs}\n", 1)
    code = CODE % (SEND % NAME)
    both = code + code.replace("handler", "back").split("boto3\n", 1)[1]
    found = findings(project(tmp_path, outer_yaml=NESTING, inner_yaml=inner, app_py=both))
    way = "Back by sqs.send_message to queue Jobs, F by sqs.send_message to queue Inbox, and back to Back"
    assert [message for _, _, message in found] == [f"functions run each other in a loop: {way}"]


def test_a_template_allows_the_loop_of_several_functions(tmp_path: pathlib.Path) -> None:
    for file in BAD.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    template = (BAD / "template.yaml").read_text(encoding="utf-8")
    allowed = template.replace(
        "      Handler: cycle.second\n", "      Handler: cycle.second\n      RecursiveLoop: Allow\n"
    )
    assert any("First" in item[2] for item in findings(project(tmp_path, template_yaml=template)))
    assert not any("First" in item[2] for item in findings(project(tmp_path, template_yaml=allowed)))


FILLED = """\
import boto3
QUEUE = boto3.resource("sqs").get_queue_by_name(QueueName="jobs")
def handler(event, context):
    again = []
    for record in event["Records"]:
        if record["attributes"]["ApproximateReceiveCount"] %s "1":
            again.append(record["body"])
    for body in again:
        QUEUE.send_message(MessageBody=body)
"""


def test_what_is_collected_under_a_test_is_written_under_it(tmp_path: pathlib.Path) -> None:
    template = (FUNCTION % ("x", SQS)).replace("Jobs:\n", "Jobs:\n    Properties: {QueueName: jobs}\n", 1)
    checked = findings(project(tmp_path, template_yaml=template, app_py=FILLED % "=="))
    assert [(line, severity) for line, severity, _ in checked] == [(9, "warning")]
    plain = FILLED.replace('        if record["attributes"]["ApproximateReceiveCount"] %s "1":\n    ', "")
    every = findings(project(tmp_path, template_yaml=template, app_py=plain))
    assert [(line, severity) for line, severity, _ in every] == [(8, "error")]


ENTRIES = """\
import boto3
EVENTS = boto3.client("events")
def made(record, source):
    entry = {"Source": source, "Detail": record["body"]}
    entry["DetailType"] = "paid" if %s else "%s"
    return entry
def send(entries):
    for start in range(0, len(entries), 10):
        EVENTS.put_events(Entries=entries[start:start + 10])
def handler(event, context):
    entries = [made(record, "shop") for record in event["detail"]["records"]]
    send([entry for entry in entries if entry is not None])
"""


@pytest.mark.parametrize(("other", "fires"), [("paid", True), ("sent", False)])
def test_entries_of_a_bus_that_helpers_make(tmp_path: pathlib.Path, other: str, fires: bool) -> None:
    event = f"{{Type: EventBridgeRule, Properties: {{Pattern: {PATTERN % ('paid', '')}}}}}"
    code = ENTRIES % ('record["new"]', other)
    found = findings(project(tmp_path, template_yaml=FUNCTION % ("x", event), app_py=code))
    message = "events.put_events writes to event bus default, which triggers this function again"
    assert found == ([(9, "error", message)] if fires else [])


@pytest.mark.parametrize(
    ("wanted", "fires"),
    [
        ("[{prefix: sho}]", True),
        ("[{suffix: op}, other]", True),
        ("[{wildcard: 's*p'}]", True),
        ("[{equals-ignore-case: Shop}]", True),
        ("[{anything-but: [mail]}]", True),
        ("[{anything-but: shop}]", False),
        ("[{prefix: mail}]", False),
        ("[{exists: true}]", False),
    ],
)
def test_operators_of_patterns(tmp_path: pathlib.Path, wanted: str, fires: bool) -> None:
    event = f"{{Type: EventBridgeRule, Properties: {{Pattern: {{source: {wanted}}}}}}}"
    entries = '[{"Source": "shop", "DetailType": "paid"}]'
    code = f'boto3.client("events").put_events(Entries={entries})'
    assert bool(one(tmp_path, "x", event, code)) is fires


STREAMED = """\
import boto3, os
from helpers import of_kind
TABLE = boto3.resource("dynamodb").Table(os.environ["NAME"])
def handler(event, context):
%s
"""
HELPERS = """\
def of_kind(records, kind):
    return [record["dynamodb"]["NewImage"] for record in records if record["dynamodb"]["NewImage"]["kind"] == kind]
"""
GROW = 'TABLE.update_item(Key={"id": "all"}, UpdateExpression="ADD seen :one", ExpressionAttributeValues={":one": 1})'
FLAG = 'TABLE.update_item(Key={"id": record["dynamodb"]["Keys"]["id"]["S"]}, UpdateExpression="SET seen = :yes")'
NEW = 'TABLE.put_item(Item={"id": context.aws_request_id})'


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        (["for record in event['Records']:", f"    {GROW}"], "error"),
        (["for record in event.get('Records', []):", f"    {GROW}"], "error"),
        (["records = event['Records']", "for record in records:", f"    {NEW}"], "error"),
        ([GROW], "error"),
        (["for record in event['Records']:", f"    {FLAG}"], "warning"),  # the second time nothing changes
        (["for record in event['Records']:", "    if record['eventName'] == 'MODIFY':", f"        {GROW}"], "error"),
        (["for record in event['Records']:", "    if record['eventName'] in ('INSERT', 'REMOVE'):", f"        {GROW}"], ""),
        (["for record in event['Records']:", "    if record['eventName'] != 'REMOVE':", f"        {NEW}"], "error"),
        (["for record in event['Records']:", "    if record['eventName'] == 'INSERT':", f"        {NEW}"], "warning"),
        (["for record in event['Records']:", "    if not record['eventName'] == 'INSERT':", f"        {GROW}"], "error"),
        (["for record in event['Records']:", "    if record['dynamodb']['Keys']['sk'] == 'total':", "        continue",
          f"    {GROW}"], ""),
        (["for image in of_kind(event['Records'], 'order'):", f"    {GROW}"], ""),
        (["images = [record['dynamodb']['NewImage'] for record in event['Records'] if record['eventID'] != '1']",
          "for image in images:", f"    {GROW}"], ""),
    ],
)  # fmt: skip
def test_streams_of_tables(tmp_path: pathlib.Path, lines: list[str], severity: str) -> None:
    code = STREAMED % "\n".join(f"    {line}" for line in lines)
    template = FUNCTION % ("!Ref Table", STREAM % "")
    found = findings(project(tmp_path, template_yaml=template, app_py=code, helpers_py=HELPERS))
    assert [told for _, told, _ in found] == ([severity] if severity else [])


OUTER = """\
Resources:
  Data: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./data.yaml}}
  Work:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./work.yaml
      Parameters: {Jobs: !GetAtt Data.Outputs.Jobs, JobsArn: !GetAtt Data.Outputs.JobsArn}
"""
DATA = """\
Conditions: {Kept: !Equals [!Ref Keep, "yes"]}
Parameters: {Keep: {Type: String}}
Resources:
  JobsKept: {Type: AWS::SQS::Queue, Condition: Kept, DeletionPolicy: Retain}
  JobsNotKept: {Type: AWS::SQS::Queue}
Outputs:
  Jobs: {Value: !If [Kept, !Ref JobsKept, !Ref JobsNotKept]}
  JobsArn: {Value: !If [Kept, !GetAtt JobsKept.Arn, !GetAtt JobsNotKept.Arn]}
"""


def test_what_nested_stacks_put_out_under_a_condition(tmp_path: pathlib.Path) -> None:
    work = (FUNCTION % ("!Ref Jobs", "{Type: SQS, Properties: {Queue: !Ref JobsArn}}")).replace(
        "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n",
        "Parameters: {Jobs: {Type: String}, JobsArn: {Type: String}}\nResources:\n",
    )
    found = project(tmp_path, outer_yaml=OUTER, data_yaml=DATA, work_yaml=work, app_py=CODE % (SEND % NAME))
    assert len(findings(found)) == 1  # although it is one of two queues
    drawn = graph(found)
    assert sorted(node.label for node in drawn.nodes) == ["F", "JobsKept", "JobsNotKept"]
    assert sorted(edge.kind for edge in drawn.edges) == ["triggers", "triggers", "writes", "writes"]


SETTINGS = """\
import os
def get(name, default=None, required=False):
    value = os.environ.get(name, default)
    if required and not value:
        raise KeyError(name)
    return value
NEXT = "NEXT_URL"
JOBS = get("JOBS_URL")
class Config:
    def __init__(self, prefix):
        self.url = os.environ[prefix + "_URL"]
"""
USERS = """\
import os
import random
import boto3
import settings
SQS = boto3.client("sqs")
def url(name):
    return os.environ[f"{name.upper()}_URL"]
def send(queue):
    SQS.send_message(QueueUrl=queue, MessageBody="x")
def handler(event, context):
    send(%s)
"""


@pytest.mark.parametrize(
    ("given", "queues"),
    [
        ("settings.JOBS", ["Jobs"]),
        ("settings.get(settings.NEXT)", ["Next"]),
        ("settings.get('JOBS_URL', required=True)", ["Jobs"]),
        ("settings.get('MISSING', settings.JOBS)", ["Jobs"]),
        ("url('jobs')", ["Jobs"]),
        ("settings.Config('NEXT').url", ["Next"]),
        ("os.getenv(random.choice(['JOBS_URL', 'NEXT_URL']))", ["Jobs", "Next"]),
        ("os.environ['EMPTY']", []),
        ("url(event['name'])", []),
    ],
)
def test_variables_that_helpers_read(tmp_path: pathlib.Path, given: str, queues: list[str]) -> None:
    variables = "JOBS_URL: !Ref Jobs, NEXT_URL: !Ref Next, EMPTY: ''"
    template = (FUNCTION % ("x", API)).replace("{NAME: x}", f"{{{variables}}}") + "  Next: {Type: AWS::SQS::Queue}\n"
    drawn = graph(project(tmp_path, template_yaml=template, app_py=USERS % given, settings_py=SETTINGS))
    labels = {node.name: node.label for node in drawn.nodes}
    assert sorted(labels[edge.target] for edge in drawn.edges if edge.kind == "writes") == queues
    assert len(drawn.unresolved) == (not queues)


# -- the command


def drawn(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["graph", *arguments]) == 0
    return capsys.readouterr().out


def test_text_marks_what_is_on_a_loop(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    lines = drawn(capsys, str(BAD)).splitlines()
    base = "fixtures/recursive-trigger/bad"
    start = lines.index(f"First  {base}/cycle.py:9")
    assert lines[start : start + 4] == [
        f"First  {base}/cycle.py:9",
        f"  from  queue Inbox  (loop)  {base}/template.yaml:104",
        "  to    queue Stage: sqs.send_message  (loop)",
        f"        {base}/cycle.py:11",
    ]
    start = lines.index("topic Stages hands on to queue Inbox  (loop)")
    assert lines[start + 1] == f"        {base}/template.yaml:89"
    assert lines[-2:] == [
        "loop  First → queue Stage → Second → topic Stages → queue Inbox → First",
        "7 functions, 6 loops",
    ]


def test_only_the_write_on_the_loop_is_marked(tmp_path: pathlib.Path) -> None:
    code = PUT % (NAME, '"in/a.png"') + "; " + f'boto3.resource("s3").Object({NAME}, "out/b").put()'
    found = graph(project(tmp_path, template_yaml=FUNCTION % ("!Ref Box", S3_IN), app_py=CODE % code))
    assert {edge.label: edge.loop for edge in found.edges} == {
        "s3.put_object": True,
        "Object.put": False,
        "s3:ObjectCreated:Put prefix in/ suffix .png": True,
    }
    assert len(found.loops) == 1


def test_writes_that_lead_nowhere_are_told(tmp_path: pathlib.Path) -> None:
    found = graph(project(tmp_path, template_yaml=FUNCTION % ("x", SQS), app_py=CODE % (SEND % 'event["url"]')))
    assert [(operation, place.line) for _, operation, place in found.unresolved] == [
        ("sqs.send_message (event.url)", 4)
    ]
    assert found.loops == ()


def test_functions_whose_code_is_elsewhere_are_drawn(tmp_path: pathlib.Path) -> None:
    template = (FUNCTION % ("x", SQS)).replace("CodeUri: .", "CodeUri: s3://bucket/key.zip").replace("app.", "far.")
    found = graph(project(tmp_path, template_yaml=template))
    assert [(node.kind, node.label) for node in found.nodes] == [("lambda", "F"), ("sqs", "Jobs")]
    assert [(edge.source, edge.target, edge.kind) for edge in found.edges] == [("n2", "n1", "triggers")]


def test_mermaid(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    project(tmp_path, template_yaml=FUNCTION % ("!Ref Jobs", SQS), app_py=CODE % (SEND % NAME))
    assert drawn(capsys, str(tmp_path), "--output", "mermaid") == (
        "flowchart LR\n"
        '    n1["F"]\n'
        '    n2[["queue Jobs"]]\n'
        '    n1 ==>|"sqs.send_message"| n2\n'
        "    n2 ==> n1\n"
        "    linkStyle 0,1 stroke:#cc0000\n"
        "    classDef loop stroke:#cc0000,stroke-width:2px\n"
        "    class n1,n2 loop\n"
    )


def test_dot_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    project(tmp_path, template_yaml=FUNCTION % ("x", SQS), app_py=CODE % "pass")
    target = tmp_path / "graph.dot"
    assert drawn(capsys, str(tmp_path), "--output", f"dot:{target}") == ""
    assert target.read_text(encoding="utf-8") == (
        "digraph events {\n"
        "    rankdir=LR;\n"
        '    n1 [label="F", shape=box];\n'
        '    n2 [label="queue Jobs", shape=ellipse];\n'
        "    n2 -> n1;\n"
        "}\n"
    )


def test_names_of_the_project_cannot_leave_their_quotes(tmp_path: pathlib.Path) -> None:
    from lambdalint.output import render_graph
    from lambdalint.output.view import View

    schedule = '{Type: Schedule, Properties: {Schedule: "rate(\\"]; <b>\\\\ \\u202e)"}}'
    found = project(tmp_path, template_yaml=FUNCTION % ("x", schedule), app_py=CODE % "pass")
    report = Report(graph=graph(found))
    view = View(found.tree)
    assert 'n2("schedule rate(#34;#93;#59; #60;b#62;#92; #92;u202e)")' in render_graph("mermaid", report, view)
    assert r'n2 [label="schedule rate(\"]; <b>\\ \\u202e)", shape=ellipse];' in render_graph("dot", report, view)


def test_a_format_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["graph", str(BAD), "--output", "svg"]) == 2
    assert "text, mermaid, dot, not as svg" in capsys.readouterr().err


def test_nothing_to_draw(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    assert drawn(capsys, str(tmp_path)) == "0 functions, no loops\n"


@pytest.mark.parametrize("name", ["text", "mermaid", "dot"])
def test_the_drawing_does_not_depend_on_hashes(name: str) -> None:
    command = [sys.executable, "-m", "lambdalint", "graph", str(BAD), "--output", name]
    texts = {
        subprocess.run(
            command, check=True, capture_output=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


@pytest.mark.parametrize("code", ["pass", 'boto3.client("s3").get_object(Bucket="b", Key="k")'])
def test_a_project_that_writes_nothing_costs_no_graph(tmp_path: pathlib.Path, code: str) -> None:
    project(tmp_path, template_yaml=FUNCTION % ("x", S3), app_py=CODE % code)
    script = (
        "import sys; from lambdalint import cli; cli.main(['check', '.', '--select', 'LL202', '-q'])\n"
        "assert not {'libcst', 'lambdalint.source.graph', 'lambdalint.source.strings'} & set(sys.modules), sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=environment, capture_output=True)


FILTERED = "{Type: S3, Properties: {Bucket: !Ref Box, Events: 's3:ObjectRemoved:*'}}"


@pytest.mark.parametrize(
    ("name", "event", "code", "lowered"),
    [
        ("!Ref Jobs", SQS, SEND % NAME, True),
        ("!Ref Box", SQS, PUT % (NAME, '"k"'), False),  # another kind
        ("!GetAtt News.TopicName", SQS, SEND % NAME, False),  # another resource, and no name could be this one's
        ("!Ref Box", FILTERED, PUT % (NAME, '"k"'), False),  # another event
        ("x", S3_IN, PUT % ('event["bucket"]', '"k"'), False),
        ("x", S3_IN, PUT % ('event["Records"][0]["s3"]["bucket"]["name"]', '"k"'), True),
        ("!Ref F", "{Type: Api, Properties: {Path: /, Method: get}}", 'boto3.client("lambda").invoke(FunctionName="F")', False),
    ],
)  # fmt: skip
def test_only_what_may_close_a_loop_is_lowered(
    tmp_path: pathlib.Path, name: str, event: str, code: str, lowered: bool
) -> None:
    found = project(tmp_path, template_yaml=FUNCTION % (name, event), app_py=CODE % code)
    report = engine.check(found, Settings(select=("LL202",)))
    assert bool(report.statistics.bodies_lowered) is lowered


@pytest.mark.parametrize(
    ("code", "lowered"),
    [
        (PUT % ('os.environ["BUCKET"]', KEY), False),
        (PUT % ('event["Records"][0]["s3"]["bucket"]["name"]', '"latest"'), False),
        (PUT % ('event["Records"][0]["s3"]["bucket"]["name"]', KEY), True),
        (PUT % ("event.bucket_name", "event.object_key"), True),
    ],
)
def test_without_a_template_the_event_must_name_what_is_written(
    tmp_path: pathlib.Path, code: str, lowered: bool
) -> None:
    found = project(tmp_path, app_py=(CODE % code).replace("def handler", "def lambda_handler"))
    report = engine.check(found, Settings(select=("LL202",)))
    assert bool(report.statistics.bodies_lowered) is lowered
    assert len(report.findings) == lowered


def test_what_may_be_on_a_loop_is_lowered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slices = []

    def counted(source: bytes, path: str, top: tuple[int, int], qualnames: Mapping[tuple[int, str], str]) -> Lowered:
        slices.append((path, top))
        return lower(source, path, top, qualnames)

    monkeypatch.setattr("lambdalint.source.lower.lower", counted)
    found = discover.project(discover.locate([str(BAD.parent)]))
    report = engine.check(found, Settings(jobs=1))
    assert "LL202" in {finding.code for finding in report.findings}
    assert len(slices) == len(set(slices)) > 14
    # for loops alone it is all lowered for them
    assert engine.check(found, Settings(select=("LL202",))).findings == tuple(
        finding for finding in report.findings if finding.code == "LL202"
    )


@pytest.mark.parametrize("disabled", [(), ("other-resource", "event-type", "filter", "dead-letter")])
def test_looking_at_every_write_finds_no_more_loops(monkeypatch: pytest.MonkeyPatch, disabled: tuple[str, ...]) -> None:
    def every(self: Triggers, written: Mapping[Node, Written]) -> list[dict[int, frozenset[str]]]:
        return [{n: written[item.node].operations for n, item in enumerate(self.deployed) if item.node in written}]

    found = discover.project(discover.locate([str(BAD.parent)]))
    nominated = engine.check(found, Settings(select=("LL202",)), disabled=frozenset(disabled))
    monkeypatch.setattr(Triggers, "rings", every)
    assert engine.check(found, Settings(select=("LL202",)), disabled=frozenset(disabled)).findings == nominated.findings
    assert len(nominated.findings) >= 14


# -- of one function


def test_of_one_function_only_what_it_takes_part_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "fixtures" / "demo-loop" / "broken")
    assert drawn(capsys, "--function", "Album").splitlines()[-1] == "1 function, no loops"
    told = drawn(capsys, "--function", "Thumbnails")
    assert [line.split("  ")[0] for line in told.splitlines() if line[:1].isupper()] == ["Intake", "Thumbnails"]
    assert "queue ThumbnailQueue redrives to queue ThumbnailFailures" in told
    assert told.splitlines()[-1] == "2 functions, 1 loop"
    assert drawn(capsys, "--function", "Cleanup", "--quiet").splitlines()[0].startswith("Cleanup")


def test_a_name_that_is_no_function(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "fixtures" / "demo-loop" / "broken")
    for command in ("graph", "functions"):
        assert cli.main([command, "--function", "Albun"]) == 2
        assert "there is no function 'Albun'; did you mean 'Album'?" in capsys.readouterr().err


def test_the_list_of_one_function(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "fixtures" / "demo-loop" / "broken")
    assert cli.main(["functions", "--function", "Intake", "--function", "photos.album.lambda_handler"]) == 0
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if line.startswith("photos")] == [
        "photos.album.lambda_handler  fixtures/demo-loop/broken/src/photos/album.py:20",
        "photos.intake.lambda_handler  fixtures/demo-loop/broken/src/photos/intake.py:12",
    ]


CDK = """\
from aws_cdk import Stack, aws_lambda as lambda_, aws_lambda_event_sources as sources, aws_sqs as sqs
class Shop(Stack):
    def __init__(self, scope, name):
        jobs = sqs.Queue(self, "Jobs")
        other = sqs.Queue(self, "Other")
        fn = lambda_.Function(self, "F", handler="worker.handler", code=lambda_.Code.from_asset("."))
        fn.add_event_source(sources.SqsEventSource(jobs))
        fn.add_environment("NAME", %s.queue_url)
"""


@pytest.mark.parametrize(("queue", "loop"), [("jobs", ["error"]), ("other", [])])
def test_what_a_cdk_program_wires_makes_links(tmp_path, queue, loop):
    worker = CODE % "boto3.client('sqs').send_message(QueueUrl=os.environ['NAME'], MessageBody='again')"
    found = project(tmp_path, cdk_json='{"app": "python3 app.py"}', app_py=CDK % queue, worker_py=worker)
    assert [severity for _, severity, _ in findings(found)] == loop
