"""What other resources say about functions and their events, for each reader: value and line."""

import pytest

from lambdalint.model import ABSENT, State
from lambdalint.templates.values import Reference

SAM = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Tracing: Active
Resources:
  Dead:
    Type: AWS::SQS::Queue
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Plain:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      Events:
        Jobs: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
        Plain: {Type: SQS, Properties: {Queue: !GetAtt Plain.Arn}}
        Dead: {Type: SQS, Properties: {Queue: !GetAtt Dead.Arn}}
        Other: {Type: SQS, Properties: {Queue: arn:aws:sqs:eu-west-1:123456789012:other}}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Tracing: PassThrough
  Config:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Reader
      Qualifier: $LATEST
      DestinationConfig:
        OnFailure:
          Destination: !GetAtt Dead.Arn
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Targets:
        - Arn: !GetAtt Worker.Arn
        - Arn: !Ref Worker.Alias
        - Arn: !Sub "${Reader.Arn}:$LATEST"
        - Arn: !Ref ReaderAlias
  ReaderAlias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Reader, FunctionVersion: !GetAtt ReaderVersion.Version, Name: stable}
  Draft:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Reader, FunctionVersion: $LATEST, Name: draft}
  ReaderVersion:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref Reader}
"""


@pytest.fixture
def sam(written):
    found = written({"template.yaml": SAM})
    assert found.problems == ()
    return {function.name: function for function in found.functions}


def line(value):
    return value.location.line if value.location else None


def redrives(function):
    found = [event.setting("redrive") for event in function.events.value if event.kind == "sqs"]
    return [(value.state.value, value.value, line(value)) for value in found]


def test_aliases_and_versions_of_stacks(sam, at):
    assert at(sam["Worker"].setting("aliases")) == (("live",), 17)
    assert at(sam["Worker"].setting("published")) == (True, 17)
    assert at(sam["Reader"].setting("aliases")) == (("stable",), 44)
    assert at(sam["Reader"].setting("published")) == (True, 44)


def test_where_failures_go_in_stacks(sam, at):
    assert at(sam["Worker"].setting("dead_letter")) == (Reference("template.yaml", "Dead", "Arn"), 18)
    assert sam["Worker"].setting("on_failure") == ABSENT
    assert at(sam["Reader"].setting("on_failure")) == (Reference("template.yaml", "Dead", "Arn"), 35)


def test_redrive_policies_of_stacks(sam):
    assert redrives(sam["Worker"]) == [
        ("known", True, 11),
        ("known", False, 12),
        ("known", False, 6),
        ("unknown", None, 23),
    ]
    dead = [event.setting("dead_letter") for event in sam["Worker"].events.value[:4]]
    assert [(value.value, line(value)) for value in dead] == [(None, None), (None, None), (True, 6), (None, None)]


def test_tracing_of_globals_and_of_the_function(sam, at):
    assert at(sam["Worker"].setting("tracing")) == ("Active", 4)
    assert at(sam["Reader"].setting("tracing")) == ("PassThrough", 27)


def test_qualifiers_of_events_in_stacks(sam):
    found = [(e.kind, e.setting("qualifier").value) for name in ("Worker", "Reader") for e in sam[name].events.value]
    assert found == [
        ("sqs", "live"),
        ("sqs", "live"),
        ("sqs", "live"),
        ("sqs", "live"),
        ("eventbridge", ""),
        ("eventbridge", "*"),
        ("eventbridge", "$LATEST"),
        ("eventbridge", "stable"),
    ]


@pytest.mark.parametrize(
    ("written_as", "qualifier"),
    [
        ("!GetAtt F.Arn", ""),
        ("!Ref Version", "*"),
        ("!Ref Latest", "$LATEST"),
        ("!Sub 'arn:aws:lambda:${AWS::Region}:1:function:${F}:blue'", "blue"),
        ("!Sub 'arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${F.Arn}/invocations'", ""),
        ("!Sub 'arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${F.Arn}:blue/invocations'", "blue"),
        ("arn:aws:lambda:eu-west-1:1:function:named", ""),
        ("arn:aws:lambda:eu-west-1:1:function:named:7", "7"),
    ],
)
def test_spellings_of_a_target(written, written_as, qualifier):
    template = f"""\
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {{FunctionName: named}}
  Version:
    Type: AWS::Lambda::Version
    Properties: {{FunctionName: !Ref F}}
  Latest:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref F, FunctionVersion: $LATEST, Name: next}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Targets:
        - Arn: {written_as}
"""
    (function,) = written({"stack.yaml": template}).functions
    (event,) = function.events.value
    assert event.setting("qualifier").value == qualifier
    assert event.setting("qualifier").location.line == 15


def test_an_alias_of_a_function_that_nobody_can_tell(written):
    template = """\
Parameters:
  Name: {Type: String}
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Handler: a.b}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Name, FunctionVersion: "1", Name: live}
  Config:
    Type: AWS::Lambda::EventInvokeConfig
    Properties: {FunctionName: !Ref Name, Qualifier: live}
"""
    (function,) = written({"stack.yaml": template}).functions
    for name, at_line in (("aliases", 7), ("published", 7), ("on_failure", 10)):
        value = function.setting(name)
        assert (name, value.state, line(value)) == (name, State.UNKNOWN, at_line)


def test_a_parent_that_is_open_leaves_its_settings_open(written):
    template = """\
Conditions:
  Traced: !Equals [!Ref AWS::Region, eu-west-1]
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties:
      TracingConfig: !If [Traced, {Mode: Active}, !Ref AWS::NoValue]
      DeadLetterConfig:
        TargetArn: !If [Traced, "arn:aws:sqs:eu-west-1:1:dead", !Ref AWS::NoValue]
"""
    (function,) = written({"stack.yaml": template}).functions
    assert (function.setting("tracing").state, line(function.setting("tracing"))) == (State.UNKNOWN, 7)
    assert (function.setting("dead_letter").state, line(function.setting("dead_letter"))) == (State.UNKNOWN, 9)
    assert function.setting("snap_start") == ABSENT


@pytest.mark.parametrize(
    ("head", "properties", "reason"),
    [
        (
            "Transform: [Company::Defaults, AWS::Serverless-2016-10-31]\n",
            "{Handler: a.b}",
            "macro Company::Defaults may",
        ),
        ("", "{Handler: a.b, Fn::Transform: {Name: AWS::Include}}", "Fn::Transform may set it"),
        ("", "!If [A, {Handler: a.b}, {Handler: c.d}]", "depends on condition A"),
        (
            "Globals:\n  Function:\n    Fn::Transform: {Name: AWS::Include}\n",
            "{Handler: a.b}",
            "Fn::Transform is decided at deployment",
        ),
    ],
)
def test_what_something_else_may_set_is_open(written, head, properties, reason):
    template = f"{head}Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {properties}\n"
    (function,) = written({"stack.yaml": template}).functions
    for value in (function.memory, function.timeout, function.setting("tracing"), function.setting("dead_letter")):
        assert value.state is State.UNKNOWN
        assert value.reason.startswith(reason)


TERRAFORM = """\
variable "arn" {
  default = null
}

resource "aws_sqs_queue" "dead" {}

resource "aws_sqs_queue" "jobs" {
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 3 })
}

resource "aws_sqs_queue" "apart" {}

resource "aws_sqs_queue_redrive_policy" "apart" {
  queue_url      = aws_sqs_queue.apart.id
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn })
}

resource "aws_sqs_queue" "open" {
  redrive_policy = var.arn
}

resource "aws_sqs_queue" "plain" {}

resource "aws_lambda_function" "worker" {
  publish = true
  role    = aws_iam_role.worker.arn

  tracing_config {
    mode = "Active"
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead.arn
  }
}

resource "aws_lambda_event_source_mapping" "jobs" {
  function_name    = aws_lambda_alias.live.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}

resource "aws_lambda_event_source_mapping" "apart" {
  function_name    = aws_lambda_function.worker.qualified_arn
  event_source_arn = aws_sqs_queue.apart.arn
}

resource "aws_lambda_event_source_mapping" "open" {
  function_name    = aws_lambda_function.worker.function_name
  event_source_arn = aws_sqs_queue.open.arn
}

resource "aws_lambda_event_source_mapping" "plain" {
  function_name    = aws_lambda_function.worker.arn
  event_source_arn = aws_sqs_queue.plain.arn
}

resource "aws_lambda_event_source_mapping" "stream" {
  function_name    = aws_lambda_function.worker.arn
  event_source_arn = aws_kinesis_stream.clicks.arn

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.dead.arn
    }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.worker.function_name
  function_version = aws_lambda_function.worker.version
}

resource "aws_lambda_function" "reader" {
  memory_size = var.arn

  dynamic "tracing_config" {
    for_each = var.arn == null ? [] : [var.arn]
    content {
      mode = "Active"
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "reader" {
  function_name = aws_lambda_function.reader.function_name

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead.arn
    }
  }
}

resource "aws_lambda_function_url" "reader" {
  function_name = aws_lambda_function.reader.function_name
  qualifier     = "blue"
}

module "public" {
  source                            = "terraform-aws-modules/lambda/aws"
  handler                           = "public.handler"
  tracing_mode                      = "Active"
  snap_start                        = true
  publish                           = true
  cloudwatch_logs_retention_in_days = 14
  dead_letter_target_arn            = aws_sqs_queue.dead.arn
  destination_on_failure            = aws_sqs_queue.dead.arn
  event_source_mapping = {
    clicks = {
      event_source_arn           = aws_kinesis_stream.clicks.arn
      destination_arn_on_failure = aws_sqs_queue.dead.arn
    }
    jobs = {
      event_source_arn = module.jobs.queue_arn
    }
  }
}

module "jobs" {
  source     = "terraform-aws-modules/sqs/aws"
  create_dlq = true
}

module "live" {
  source        = "terraform-aws-modules/lambda/aws//modules/alias"
  name          = "live"
  function_name = module.public.lambda_function_name
}
"""


@pytest.fixture
def terraform(written):
    found = written({"main.tf": TERRAFORM})
    assert found.problems == ()
    return {function.name: function for function in found.functions}


def test_settings_of_terraform(terraform, at):
    worker = terraform["aws_lambda_function.worker"]
    dead = Reference(".", "aws_sqs_queue.dead", "arn")
    assert at(worker.setting("role")) == (Reference(".", "aws_iam_role.worker", "arn"), 26)
    assert at(worker.setting("tracing")) == ("Active", 29)
    assert at(worker.setting("dead_letter")) == (dead, 33)
    assert at(worker.setting("publish")) == (True, 25)
    assert at(worker.setting("published")) == (True, 68)
    assert at(worker.setting("aliases")) == (("live",), 68)
    reader = terraform["aws_lambda_function.reader"]
    assert at(reader.setting("on_failure")) == (dead, 90)
    assert reader.setting("published") == ABSENT


def test_what_a_variable_leaves_null_is_told_from_what_is_not_written(terraform):
    reader = terraform["aws_lambda_function.reader"]
    assert (reader.memory.state, line(reader.memory)) == (State.ABSENT, 75)
    assert (reader.setting("tracing").state, line(reader.setting("tracing"))) == (State.ABSENT, 77)
    assert reader.timeout == ABSENT
    assert reader.setting("dead_letter") == ABSENT


def test_a_timeout_or_visibility_that_a_variable_leaves_null_is_no_default(written):
    template = """\
variable "seconds" { default = null }
resource "aws_sqs_queue" "jobs" { visibility_timeout_seconds = var.seconds }
resource "aws_lambda_function" "f" { timeout = var.seconds }
resource "aws_lambda_event_source_mapping" "jobs" {
  function_name    = aws_lambda_function.f.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}
"""
    (function,) = written({"main.tf": template}).functions
    assert not function.setting("lifetime_s").known
    assert not function.events.value[0].setting("visibility_s").known


def test_redrive_policies_of_terraform(terraform):
    worker = terraform["aws_lambda_function.worker"]
    assert redrives(worker) == [("known", True, 8), ("known", True, 13), ("unknown", None, 19), ("known", False, 22)]
    stream = next(event for event in worker.events.value if event.kind == "kinesis")
    assert stream.setting("on_failure").value == Reference(".", "aws_sqs_queue.dead", "arn")
    assert line(stream.setting("on_failure")) == 63


def test_qualifiers_of_events_in_terraform(terraform):
    found = [e.setting("qualifier").value for e in terraform["aws_lambda_function.worker"].events.value]
    assert found == ["live", "*", "", "", ""]
    (url,) = terraform["aws_lambda_function.reader"].events.value
    assert (url.kind, url.setting("qualifier").value, line(url.setting("qualifier"))) == ("function-url", "blue", 97)


def test_settings_of_the_public_module(terraform, at):
    public = terraform["module.public"]
    dead = Reference(".", "aws_sqs_queue.dead", "arn")
    assert at(public.setting("tracing")) == ("Active", 103)
    assert at(public.setting("snap_start")) == (True, 104)
    assert at(public.setting("log_retention")) == (14, 106)
    assert at(public.setting("dead_letter")) == (dead, 107)
    assert at(public.setting("on_failure")) == (dead, 108)
    assert at(public.setting("aliases")) == (("live",), 125)
    clicks, jobs = public.events.value
    assert (clicks.kind, at(clicks.setting("on_failure"))) == ("kinesis", (dead, 112))
    assert (jobs.kind, at(jobs.setting("redrive"))) == ("sqs", (True, 122))
    assert clicks.setting("qualifier").value == ""


SERVERLESS = """\
service: shop
plugins:
  - serverless-plugin-canary-deployments
provider:
  name: aws
  tracing:
    lambda: true
  logRetentionInDays: 30
  iam:
    role:
      statements:
        - Effect: Allow
          Action: s3:GetObject
          Resource: "*"
functions:
  plain:
    handler: a.b
    events:
      - sqs: {arn: !GetAtt Jobs.Arn}
      - sqs: {arn: !GetAtt Kept.Arn}
  set:
    handler: a.b
    role: Own
    tracing: PassThrough
    logRetentionInDays: 7
    snapStart: true
    onError: arn:aws:sns:eu-west-1:123456789012:dead
    destinations:
      onFailure: arn:aws:sqs:eu-west-1:123456789012:dead
    events:
      - schedule: rate(1 day)
      - stream:
          type: kinesis
          arn: arn:aws:kinesis:eu-west-1:123456789012:stream/clicks
          destinations: {onFailure: arn:aws:sqs:eu-west-1:123456789012:dead}
  extended:
    handler: a.b
resources:
  Resources:
    Jobs: {Type: AWS::SQS::Queue}
    Kept:
      Type: AWS::SQS::Queue
      Properties:
        RedrivePolicy: {deadLetterTargetArn: !GetAtt Jobs.Arn}
  extensions:
    ExtendedLambdaFunction:
      Properties: {DeadLetterConfig: {TargetArn: !GetAtt Jobs.Arn}}
"""


def test_settings_of_serverless(written, at):
    found = {function.name: function for function in written({"serverless.yml": SERVERLESS}).functions}
    plain, own, extended = found["plain"], found["set"], found["extended"]
    assert at(plain.setting("tracing")) == ("Active", 7)
    assert at(plain.setting("log_retention")) == ("30", 8)
    assert at(plain.setting("role")) == (Reference("serverless.yml", "IamRoleLambdaExecution"), 12)
    assert plain.setting("dead_letter") == ABSENT
    assert plain.setting("aliases").reason == "plugin serverless-plugin-canary-deployments may set it"
    assert redrives(plain) == [("known", False, 40), ("known", True, 44)]
    assert [event.setting("dead_letter").value for event in plain.events.value] == [True, None]
    assert [event.setting("qualifier").value for event in plain.events.value] == ["", ""]
    assert at(own.setting("role")) == (Reference("serverless.yml", "Own"), 23)
    assert at(own.setting("tracing")) == ("PassThrough", 24)
    assert at(own.setting("log_retention")) == ("7", 25)
    assert at(own.setting("snap_start")) == ("true", 26)
    assert at(own.setting("dead_letter"))[1] == 27
    assert at(own.setting("on_failure")) == ("arn:aws:sqs:eu-west-1:123456789012:dead", 29)
    assert [event.setting("qualifier").value for event in own.events.value] == ["snapstart", "snapstart"]
    assert at(own.events.value[1].setting("on_failure"))[1] == 35
    assert extended.setting("dead_letter").reason == "resources of the service change the function"
    assert at(extended.setting("tracing")) == ("Active", 7)


@pytest.mark.parametrize(
    ("provider", "own", "role"),
    [
        ("role: arn:aws:iam::123456789012:role/all", "", "arn:aws:iam::123456789012:role/all"),
        ("iam: {role: arn:aws:iam::123456789012:role/all}", "", "arn:aws:iam::123456789012:role/all"),
        ("iamRoleStatements: [{Effect: Allow}]", "", Reference("serverless.yml", "IamRoleLambdaExecution")),
        ("iamRoleStatements: [{Effect: Allow}]", "iamRoleStatements: []", None),
        ("iam: {role: {mode: perFunction, statements: [{Effect: Allow}]}}", "", None),
        ("iam: {role: {name: short}}", "", None),
        ("role: all", "role: !GetAtt Own.Arn", Reference("serverless.yml", "Own", "Arn")),
    ],
)
def test_roles_of_serverless(written, provider, own, role):
    template = f"service: s\nprovider:\n  name: aws\n  {provider}\nfunctions:\n  f:\n    handler: a.b\n    {own}\n"
    (function,) = written({"serverless.yml": template}).functions
    assert function.setting("role").value == role


def test_a_function_that_cannot_be_read_leaves_everything_open(written):
    template = "service: s\nprovider: {name: aws}\nfunctions:\n  f: ${ssm:/functions/f}\n"
    (function,) = written({"serverless.yml": template}).functions
    for value in (function.memory, function.timeout, function.setting("tracing"), function.setting("dead_letter")):
        assert value.state is State.UNKNOWN


def test_settings_of_chalice(written, at):
    config = '{"app_name": "shop",\n "xray": true,\n "stages": {"prod": {"log_retention_in_days": 90}}}'
    (function,) = written({".chalice/config.json": config}).functions
    assert at(function.setting("tracing")) == ("Active", 2)
    assert at(function.setting("log_retention")) == (90, 3)
    (plain,) = written({".chalice/config.json": '{"app_name": "shop"}'}).functions
    assert [plain.setting(name) for name in ("tracing", "log_retention", "role")] == [ABSENT] * 3


def test_what_exists_only_where_a_variable_is_set_is_supposed(written):
    template = """\
variable "mappings" { default = {} }
variable "url" { default = false }
resource "aws_sqs_queue" "jobs" {}
resource "aws_lambda_function" "f" {}
resource "aws_lambda_event_source_mapping" "each" {
  for_each         = var.mappings
  function_name    = aws_lambda_function.f.arn
  event_source_arn = each.value.arn
  dynamic "self_managed_event_source" {
    for_each = each.value.brokers
    content {}
  }
}
resource "aws_lambda_function_url" "f" {
  count         = var.url ? 1 : 0
  function_name = aws_lambda_function.f.arn
}
resource "aws_lambda_event_source_mapping" "jobs" {
  count            = 1
  function_name    = aws_lambda_function.f.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}
"""
    (function,) = written({"main.tf": template}).functions
    told = [(event.kind, event.location.line, event.setting("supposed").value) for event in function.events.value]
    assert told == [("kafka", 5, True), ("function-url", 14, True), ("sqs", 18, None)]


def test_an_empty_block_of_brokers_makes_no_kafka_of_a_queue(written):
    template = """\
variable "queue" {}
resource "aws_lambda_function" "f" {}
resource "aws_lambda_event_source_mapping" "jobs" {
  function_name    = aws_lambda_function.f.arn
  event_source_arn = var.queue
  dynamic "self_managed_event_source" {
    for_each = []
    content {}
  }
}
"""
    (function,) = written({"main.tf": template}).functions
    assert [event.kind for event in function.events.value] == ["sqs"]


SYNTHESISED = """\
{"Resources": {
  "Role": {"Type": "AWS::IAM::Role", "Metadata": {"aws:cdk:path": "S/F/ServiceRole/Resource"}},
  "F": {"Type": "AWS::Lambda::Function", "Properties": {
    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    "TracingConfig": {"Mode": "Active"},
    "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}},
    "LoggingConfig": {"LogGroup": {"Ref": "Log"}},
    "SnapStart": {"ApplyOn": "PublishedVersions"}
  }},
  "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 731}},
  "Dead": {"Type": "AWS::SQS::Queue"},
  "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
  "Alias": {"Type": "AWS::Lambda::Alias", "Properties": {
    "FunctionName": {"Ref": "F"}, "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]}, "Name": "live"
  }},
  "Invoke": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {
    "FunctionName": {"Ref": "F"}, "Qualifier": "$LATEST",
    "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}}
  }},
  "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
    "FunctionName": {"Ref": "Alias"}, "EventSourceArn": {"Fn::GetAtt": ["Dead", "Arn"]}
  }}
}}
"""


def test_settings_of_synthesised_stacks(written, at):
    path = "cdk.out/Stack.template.json"
    found = written({path: SYNTHESISED})
    (function,) = found.functions
    assert function.origin == "cdk"
    assert at(function.setting("role")) == (Reference(path, "Role", "Arn"), 4)
    assert at(function.setting("tracing")) == ("Active", 5)
    assert at(function.setting("dead_letter")) == (Reference(path, "Dead", "Arn"), 6)
    assert at(function.setting("log_group")) == (Reference(path, "Log"), 7)
    assert at(function.setting("snap_start")) == ("PublishedVersions", 8)
    assert at(function.setting("aliases")) == (("live",), 13)
    assert at(function.setting("on_failure")) == (Reference(path, "Dead", "Arn"), 18)
    (event,) = function.events.value
    assert at(event.setting("qualifier")) == ("live", 21)
    assert [event.setting("redrive").value, event.setting("dead_letter").value] == [False, True]
    assert (found.resources[0].type, found.resources[0].location.line) == ("AWS::IAM::Role", 2)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"ManagedPolicyArns": 5}),
        ("      Policies: []\n", {"ManagedPolicyArns": 5, "Policies": 6}),
        ("  Other:\n    Type: AWS::IAM::Policy\n", {"ManagedPolicyArns": 5, "Attached": 6}),
    ],
)
def test_what_is_kept_of_a_role(written, more, expected):
    template = (
        "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: ['arn:aws:iam::aws:policy/x']\n"
        f"{more}  F:\n    Type: AWS::Lambda::Function\n    Properties: {{Role: !GetAtt Role.Arn}}\n"
    )
    role = next(item for item in written({"stack.yaml": template}).resources if item.type == "AWS::IAM::Role")
    assert {name: line(value) for name, value in role.properties.items()} == expected


LOGGING = {
    "template.yaml": """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    LoggingConfig:
      LogFormat: JSON
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      LoggingConfig:
        ApplicationLogLevel: DEBUG
""",
    "main.tf": """\
resource "aws_lambda_function" "worker" {
  function_name = "worker"
  logging_config {
    log_format            = "JSON"
    application_log_level = "DEBUG"
  }
}
""",
    "module.tf": """\
module "worker" {
  source                        = "terraform-aws-modules/lambda/aws"
  logging_log_format            = "JSON"
  logging_application_log_level = "DEBUG"
}
""",
    "serverless.yml": """\
service: shop
provider:
  name: aws
  logs:
    lambda:
      logFormat: JSON
functions:
  worker:
    handler: worker.handler
    logs:
      applicationLogLevel: DEBUG
""",
}


@pytest.mark.parametrize(
    ("path", "log_format", "log_level"),
    [("template.yaml", 5, 11), ("main.tf", 4, 5), ("module.tf", 3, 4), ("serverless.yml", 6, 11)],
)
def test_log_format_and_level(written, at, path, log_format, log_level):
    (function,) = written({path: LOGGING[path]}).functions
    assert at(function.setting("log_format")) == ("JSON", log_format)
    assert at(function.setting("log_level")) == ("DEBUG", log_level)
