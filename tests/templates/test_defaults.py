"""How long functions may run and what invokes them waits, in each dialect."""

from __future__ import annotations

import pytest

from lambdalint.model import State

SAM = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Limit: {Type: Number}
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: v1, DefinitionBody: {openapi: 3.0.1}}}
  Topic: {Type: AWS::SNS::Topic}
  Short: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 5}}
  Plain: {Type: AWS::SQS::Queue}
  Given: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Limit}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      Events:
        One:
          Type: %s
"""


def only(found, name):
    function = next(function for function in found.functions if function.name == name)
    return function, next(event for event in function.events.value if event.kind != "unknown")


def shown(value):
    return value.value if value.state is State.KNOWN else value.state


@pytest.mark.parametrize(
    ("event", "seconds"),
    [
        ("Api\n          Properties: {Path: /, Method: get}", 29),
        ("Api\n          Properties: {Path: /, Method: get, TimeoutInMillis: 5500}", 5.5),
        ("Api\n          Properties: {Path: /, Method: get, TimeoutInMillis: !Ref Limit}", State.UNKNOWN),
        ("Api\n          Properties: {Path: /, Method: get, RestApiId: !Ref Api}", State.ABSENT),
        ("Api\n          Properties: {Path: /, Method: get, ResponseTransferMode: STREAM}", State.ABSENT),
        ("HttpApi", 30),
        ("HttpApi\n          Properties: {TimeoutInMillis: 10000}", 10),
        ("Cognito\n          Properties: {UserPool: Users, Trigger: [PreSignUp, CustomMessage]}", 5),
        ("Cognito\n          Properties: {UserPool: Users, Trigger: CustomEmailSender}", State.ABSENT),
        ("Schedule\n          Properties: {Schedule: rate(1 day)}", State.ABSENT),
    ],
)
def test_answers_of_sam_events(written, event, seconds):
    function, source = only(written({"template.yaml": SAM % event}), "F")
    assert shown(function.settings["lifetime_s"]) == 3
    assert shown(source.setting("answer_s")) == seconds


@pytest.mark.parametrize(
    ("event", "hidden", "advised"),
    [
        ("SQS\n          Properties: {Queue: !GetAtt Short.Arn}", 5, 18),
        ("SQS\n          Properties: {Queue: !GetAtt Plain.Arn}", 30, 18),
        ("SQS\n          Properties: {Queue: !GetAtt Given.Arn}", State.UNKNOWN, 18),
        ("SQS\n          Properties: {Queue: !If [A, !GetAtt Short.Arn, !GetAtt Plain.Arn]}", State.UNKNOWN, 18),
        ("SQS\n          Properties: {Queue: !ImportValue queue}", State.UNKNOWN, 18),
        ("SNS\n          Properties: {Topic: !Ref Topic, SqsSubscription: true}", 30, 18),
    ],
)
def test_visibility_of_queues(written, event, hidden, advised):
    _, source = only(written({"template.yaml": SAM % event}), "F")
    assert (shown(source.setting("visibility_s")), shown(source.setting("advised_s"))) == (hidden, advised)


def test_methods_of_cloudformation(written):
    template = """
Resources:
  Api: {Type: AWS::ApiGateway::RestApi}
  F: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler, Runtime: python3.13, Code: src, Timeout: 40}}
  G: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler, Runtime: python3.13, Code: src}}
  Proxy:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, HttpMethod: GET, Integration: {Type: AWS_PROXY, Uri: !GetAtt F.Arn}}
  Template:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, HttpMethod: GET, Integration: {Type: AWS, Uri: !GetAtt G.Arn}}
"""
    found = written({"stack.yaml": template})
    function, proxy = only(found, "F")
    assert (shown(function.settings["lifetime_s"]), shown(proxy.setting("answer_s"))) == (40, 29)
    function, other = only(found, "G")
    assert (shown(function.settings["lifetime_s"]), shown(other.setting("answer_s"))) == (3, State.ABSENT)


def test_serverless(written):
    service = """
service: shop
provider:
  name: aws
  runtime: python3.13
  apiGateway: {timeoutInMillis: 45000}
functions:
  rest: {handler: app.a, events: [{http: GET /a}]}
  own: {handler: app.a, timeout: 20, events: [{http: {path: b, method: get, timeoutInMillis: 15000}}]}
  later: {handler: app.a, events: [{http: {path: c, method: get, async: true}}]}
  shaped: {handler: app.a, events: [{http: {path: d, method: get, integration: lambda}}]}
  fast: {handler: app.a, events: [{httpApi: GET /e}]}
"""
    found = written({"serverless.yml": service})
    answers = {function.name: shown(only(found, function.name)[1].setting("answer_s")) for function in found.functions}
    assert answers == {"rest": 45, "own": 15, "later": State.ABSENT, "shaped": State.ABSENT, "fast": 30}
    lives = {function.name: shown(function.settings["lifetime_s"]) for function in found.functions}
    assert lives == {"rest": 6, "own": 20, "later": 6, "shaped": 6, "fast": 6}


def test_terraform(written):
    text = """
resource "aws_sqs_queue" "jobs" { visibility_timeout_seconds = 45 }
resource "aws_lambda_function" "work" {
  function_name = "work"
  handler       = "app.handler"
  runtime       = "python3.13"
  filename      = "app.zip"
  timeout       = 60
}
resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn = aws_sqs_queue.jobs.arn
  function_name    = aws_lambda_function.work.arn
}
resource "aws_lambda_function" "web" {
  function_name = "web"
  handler       = "app.handler"
  runtime       = "python3.13"
  filename      = "app.zip"
}
resource "aws_api_gateway_integration" "web" {
  rest_api_id             = "abc"
  type                    = "AWS_PROXY"
  uri                     = aws_lambda_function.web.invoke_arn
  timeout_milliseconds    = 12000
}
"""
    found = written({"main.tf": text})
    function, queue = only(found, "aws_lambda_function.work")
    assert (shown(function.settings["lifetime_s"]), shown(queue.setting("visibility_s"))) == (60, 45)
    assert shown(queue.setting("advised_s")) == 360
    function, web = only(found, "aws_lambda_function.web")
    assert (shown(function.settings["lifetime_s"]), shown(web.setting("answer_s"))) == (3, 12)


def test_a_lifetime_that_cannot_be_told(written):
    template = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Seconds: {Type: Number}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler, Runtime: python3.13, Timeout: !Ref Seconds}}
  G:
    Type: AWS::Serverless::Function
    Properties: !If [Large, {Handler: app.handler, Timeout: 60}, {Handler: app.handler}]
"""
    found = written({"template.yaml": template})
    assert {function.name: function.settings["lifetime_s"].state for function in found.functions} == {
        "F": State.UNKNOWN,
        "G": State.UNKNOWN,
    }
