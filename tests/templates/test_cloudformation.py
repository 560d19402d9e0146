"""CloudFormation templates, nested stacks and intrinsic functions: each value with its line."""

import pytest

from lambdalint.model import ABSENT, State
from lambdalint.templates.values import Reference, Templates

SCOPE = "stack.json"


def events(function):
    return [(event.kind, event.location.line) for event in function.events.value]


def test_a_function_of_a_template_in_json_with_tabs(functions, at):
    worker = functions("cloudformation")["Worker"]
    assert (worker.origin, worker.location.line, worker.location.column) == ("cloudformation", 3, 3)
    assert at(worker.handler) == ("worker.main", 7)
    assert at(worker.runtime) == ("python3.12", 8)
    assert at(worker.memory) == (256, 9)
    assert at(worker.timeout) == (20, 10)
    assert at(worker.code_root) == ("worker", 11)
    assert at(worker.environment) == ({"STREAM": (Reference(SCOPE, "Stream"), 12)}, 12)
    assert at(worker.settings["function_name"]) == ("worker", 6)


def test_events_come_from_the_resources_that_name_the_function(functions, at):
    worker = functions("cloudformation")["Worker"]
    assert events(worker) == [("kinesis", 33), ("s3", 48), ("sns", 70)]
    stream, bucket, topic = worker.events.value
    assert at(stream.resource) == (Reference(SCOPE, "Stream", "Arn"), 37)
    assert at(stream.setting("batch_size")) == (50, 39)
    assert at(bucket.resource) == (Reference(SCOPE, "Bucket"), 43)
    assert at(bucket.setting("events")) == (("s3:ObjectCreated:Put",), 49)
    assert at(bucket.setting("prefix")) == ("raw/", 51)
    assert at(topic.resource) == ("arn:aws:sns:eu-west-1:123456789012:news", 75)


def test_rules_by_schedule_and_by_pattern_and_a_bare_permission(functions, at):
    packed = functions("cloudformation")["Packed"]
    assert events(packed) == [("schedule", 82), ("eventbridge", 89), ("cloudwatch-logs", 92)]
    assert at(packed.events.value[0].setting("schedule")) == ("cron(0 1 * * ? *)", 81)


def test_code_in_s3_names_the_key(functions):
    root = functions("cloudformation")["Packed"].code_root
    assert root.state is State.UNKNOWN
    assert root.reason == "the code is in S3, under app/${AWS::Region}/packed.zip"
    assert root.location.line == 21


def test_inline_code_is_joined(functions, at):
    inline = functions("cloudformation")["Inline"]
    assert inline.code_root.reason == "inline code in the template"
    assert at(inline.settings["inline_code"])[0] == "def handler(event, context):\n    return 1"
    assert inline.events == ABSENT


def test_a_nested_stack_gets_the_parameters_of_the_stack_around_it(functions, at):
    job = functions("nested")["Job"]
    assert job.location.path == "child.yaml"
    assert at(job.handler) == ("jobs.run", 9)
    (event,) = job.events.value
    assert event.kind == "sqs"
    assert event.resource.value == Reference("parent.yaml", "Jobs", "Arn")
    assert at(event.setting("fifo")) == (False, 3)


def test_stacks_that_nest_one_differently_leave_it_open(written):
    parent = "Resources:\n  C:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: child.yaml\n"
    found = written(
        {
            "one.yaml": parent + "      Parameters: {Entry: a.b}\n",
            "two.yaml": parent + "      Parameters: {Entry: c.d}\n",
            "child.yaml": "Parameters: {Entry: {Type: String}}\nResources:\n  F:\n    Type: AWS::Lambda::Function\n"
            "    Properties: {Handler: !Ref Entry}\n",
        }
    )
    (function,) = found.functions
    assert (function.handler.state, function.handler.reason) == (
        State.UNKNOWN,
        "the stacks that nest this one differ in Entry",
    )


def test_stacks_that_nest_each_other_end(written):
    def stack(other):
        return (
            f"Resources:\n  C:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: {other}.yaml}}\n"
        )

    found = written({"a.yaml": stack("b"), "b.yaml": stack("a")})
    assert found.problems == ()
    assert [resource.name for resource in found.resources] == ["C", "Outputs", "C", "Outputs"]


HEAD = """\
Parameters:
  Name: {Type: String, Default: app}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
  Parts: {Type: Number, Default: 3.10}
  Open: {Type: String}
  Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}
Mappings:
  Map:
    eu: {name: app, other: one}
    us: {name: app, other: two}
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties:
      Handler: """

KNOWN = [
    ("!Ref Name", "app"),
    ("{Ref: Name}", "app"),
    ("!Ref Parts", "3.10"),
    ('!Sub "${Name}.x"', "app.x"),
    ("{'Fn::Sub': '${Name}.x'}", "app.x"),
    ("!Sub ['${A}.${Name}', {A: !Ref Name}]", "app.app"),
    ("!Join ['.', [!Ref Name, x]]", "app.x"),
    ("{'Fn::Join': ['', [a, {Ref: Name}]]}", "aapp"),
    ("!Join ['-', !Ref Names]", "a-b"),
    ("!Select [1, !Split ['/', 'a/b.c']]", "b.c"),
    ("!Select ['0', !Ref Names]", "a"),
    ("!FindInMap [Map, eu, name]", "app"),
    ("!FindInMap [Map, !Ref 'AWS::Region', name]", "app"),
    ("!If [C, a.b, a.b]", "a.b"),
    ("!Base64 x", "x"),
    ("no", "no"),
    ("0128", "0128"),
]
UNKNOWN = [
    ("!Ref Open", "parameter Open has no default"),
    ("!Ref Secret", "parameter Secret names a Systems Manager parameter"),
    ("!Sub '${Open}.x'", "parameter Open has no default"),
    ("!FindInMap [Map, !Ref 'AWS::Region', other]", "Fn::FindInMap with a key that the deployment decides"),
    ("!ImportValue x", "Fn::ImportValue is decided at deployment"),
    ("!GetAtt Q.Name", "Handler depends on Q.Name"),
    ("!Ref Q", "Handler depends on Q"),
    ("!If [C, a.b, c.d]", "depends on condition C"),
    ("!Nope x", "tag !Nope is not known"),
    ("{'Fn::Nope': x}", "Fn::Nope is not known"),
    ("!Select [5, [a]]", "Fn::Select of a list that the deployment decides"),
    ("!Select []", "Fn::Select without index and list"),
    ("!Ref [a]", "Ref of something other than a name"),
    ("!Sub {a: b}", "Fn::Sub of something other than a string"),
    ("!GetAtt {a: b}", "Fn::GetAtt of something other than names"),
    ("'{{resolve:ssm:x}}'", "a dynamic reference, resolved at deployment"),
    ("[a]", "Handler is not a string"),
]


@pytest.mark.parametrize(("expression", "value"), KNOWN)
def test_intrinsics_that_the_template_decides(written, expression, value):
    (function,) = written({"stack.yaml": HEAD + expression + "\n"}).functions
    assert function.handler.state is State.KNOWN, function.handler
    assert function.handler.value == value
    assert function.handler.location.line == 15


@pytest.mark.parametrize(("expression", "reason"), UNKNOWN)
def test_intrinsics_that_the_deployment_decides(written, expression, reason):
    (function,) = written({"stack.yaml": HEAD + expression + "\n"}).functions
    assert (function.handler.state, function.handler.reason) == (State.UNKNOWN, reason)
    assert function.handler.location.line == 15


@pytest.mark.parametrize("nothing", ["", "~", "null", "!Ref AWS::NoValue"])
def test_nothing_is_absent(written, nothing):
    (function,) = written({"stack.yaml": HEAD + nothing + "\n"}).functions
    assert function.handler == ABSENT


PATHS = [
    (".", "deploy"),
    ("./", "deploy"),
    ("src", "deploy/src"),
    ("../src/", "src"),
    ("..", "."),
    ("a\\b", "deploy/a/b"),
    ("build/x.zip", "deploy/build/x.zip"),
]
OUTSIDE = [
    ("../../src", "path ../../src leads out of the project", True),
    ("/etc", "path /etc is absolute", True),
    ("~/x", "path ~/x is absolute", True),
    ("C:\\x", "path C:/x is absolute", True),
    ("s3://bucket/key.zip", "the code is in S3, under s3://bucket/key.zip", False),
    ("https://example.invalid/x", "the code is in a URL, under https://example.invalid/x", False),
]


@pytest.mark.parametrize(("written_path", "root"), PATHS)
def test_paths_count_from_the_template(written, at, written_path, root):
    text = f"Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {{Code: '{written_path}'}}\n"
    (function,) = written({"deploy/stack.yaml": text}).functions
    assert at(function.code_root) == (root, 4)


@pytest.mark.parametrize(("written_path", "reason", "told"), OUTSIDE)
def test_paths_that_leave_the_project(written, written_path, reason, told):
    text = f"Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {{Code: '{written_path}'}}\n"
    found = written({"deploy/stack.yaml": text})
    (function,) = found.functions
    assert (function.code_root.state, function.code_root.reason) == (State.UNKNOWN, reason)
    assert [problem.reason for problem in found.problems] == ([f"line 4: {reason}"] if told else [])


def test_an_environment_of_which_a_part_is_made_at_deployment(written):
    text = (
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Environment:\n        Variables:\n"
        "          A: x\n          Fn::Transform: {Name: AWS::Include}\n"
    )
    (function,) = written({"stack.yaml": text}).functions
    assert function.environment.state is State.UNKNOWN
    assert list(function.environment.value) == ["A"]


LINKED = [
    ("AWS::Lambda::Url", "{TargetFunctionArn: !Ref F, AuthType: NONE}", "function-url"),
    ("AWS::Logs::SubscriptionFilter", "{DestinationArn: !GetAtt F.Arn, LogGroupName: x}", "cloudwatch-logs"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "{Targets: [{Id: !GetAtt F.Arn}]}", "alb"),
    ("AWS::ApiGateway::Method", "{Integration: {Uri: !Sub 'arn:x/${F.Arn}/invocations'}}", "api"),
    ("AWS::ApiGateway::Authorizer", "{AuthorizerUri: !Sub 'arn:x/${F.Arn}/invocations'}", "authorizer"),
    ("AWS::ApiGatewayV2::Integration", "{ApiId: !Ref A, IntegrationUri: !GetAtt F.Arn}", "http"),
    ("AWS::ApiGatewayV2::Integration", "{ApiId: !Ref W, IntegrationUri: !GetAtt F.Arn}", "websocket"),
    ("AWS::StepFunctions::StateMachine", '{DefinitionString: !Sub \'{"Resource": "${F.Arn}"}\'}', "step-functions"),
    ("AWS::StepFunctions::StateMachine", "{Definition: {States: {A: {Resource: 'x:function:f'}}}}", "step-functions"),
    ("AWS::Pipes::Pipe", "{Source: !GetAtt Q.Arn, Target: !GetAtt F.Arn}", "pipes"),
    ("AWS::Cognito::UserPool", "{LambdaConfig: {PreSignUp: !GetAtt F.Arn}}", "cognito"),
    ("AWS::IoT::TopicRule", "{TopicRulePayload: {Actions: [{Lambda: {FunctionArn: !GetAtt F.Arn}}]}}", "iot"),
    ("AWS::SES::ReceiptRule", "{Rule: {Actions: [{LambdaAction: {FunctionArn: !GetAtt F.Arn}}]}}", "ses"),
    ("AWS::Config::ConfigRule", "{Source: {SourceIdentifier: !GetAtt F.Arn}}", "config"),
    ("AWS::AppSync::DataSource", "{LambdaConfig: {LambdaFunctionArn: !GetAtt F.Arn}}", "appsync"),
    ("AWS::SecretsManager::RotationSchedule", "{RotationLambdaARN: !GetAtt F.Arn}", "secrets-rotation"),
    ("Custom::Thing", "{ServiceToken: !GetAtt F.Arn}", "custom-resource"),
    ("AWS::SNS::Topic", "{Subscription: [{Protocol: lambda, Endpoint: !GetAtt F.Arn}]}", "sns"),
    ("AWS::Lambda::Permission", "{FunctionName: !Ref F, Principal: apigateway.amazonaws.com}", "api"),
    ("AWS::Lambda::Permission", "{FunctionName: f, Principal: sns.amazonaws.com}", "sns"),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref F, EventSourceArn: !GetAtt Q.Arn}", "sqs"),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref F, EventSourceArn: 'arn:aws:kafka:a:1:cluster/x'}", "msk"),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref F, EventSourceArn: !Ref P, Queues: [q]}", "mq"),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref F, SelfManagedEventSource: {}, Topics: [t]}", "kafka"),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref F, EventSourceArn: !Ref P}", "sqs"),
    (
        "AWS::Lambda::EventSourceMapping",
        "{FunctionName: !Ref F, EventSourceArn: !Ref P, StartingPosition: LATEST}",
        "unknown",
    ),
]


@pytest.mark.parametrize(("kind", "properties", "event"), LINKED)
def test_what_each_type_of_resource_triggers(written, kind, properties, event):
    text = (
        "Parameters: {P: {Type: String}}\n"
        "Resources:\n"
        "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}\n"
        "  Q: {Type: AWS::SQS::Queue}\n"
        "  A: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}\n"
        "  W: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}\n"
        f"  X:\n    Type: {kind}\n    Properties: {properties}\n"
    )
    (function,) = written({"stack.yaml": text}).functions
    assert [found.kind for found in function.events.value] == [event]
    assert function.events.value[0].location.line in {7, 9}


UNLINKED = [
    ("AWS::SNS::Subscription", "{Protocol: sqs, Endpoint: !GetAtt F.Arn, TopicArn: x}"),
    ("AWS::Lambda::Permission", "{FunctionName: !Ref F, Principal: '123456789012'}"),
    ("AWS::Lambda::Permission", "{FunctionName: other, Principal: sns.amazonaws.com}"),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref Other, EventSourceArn: !GetAtt Q.Arn}"),
    ("AWS::IAM::Policy", "{PolicyDocument: !GetAtt F.Arn}"),
]


@pytest.mark.parametrize(("kind", "properties"), UNLINKED)
def test_what_triggers_nothing(written, kind, properties):
    text = (
        "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}\n"
        f"  X: {{Type: '{kind}', Properties: {properties}}}\n"
    )
    (function,) = written({"stack.yaml": text}).functions
    assert function.events == ABSENT


def test_an_output_of_a_nested_stack_leads_to_its_resource(written):
    found = written(
        {
            "main.yaml": "Resources:\n"
            "  Queues:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: stacks/queues.yaml}\n"
            "  F: {Type: AWS::Lambda::Function, Properties: {Handler: a.b}}\n"
            "  M:\n    Type: AWS::Lambda::EventSourceMapping\n"
            "    Properties: {FunctionName: !Ref F, EventSourceArn: !GetAtt Queues.Outputs.Jobs}\n",
            "stacks/queues.yaml": "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs.fifo}}\n"
            "Outputs:\n  Jobs: {Value: !GetAtt Q.Arn}\n",
        }
    )
    (function,) = found.functions
    (event,) = function.events.value
    assert event.kind == "sqs"
    assert event.setting("fifo").value is True


def test_templates_without_anything_of_lambdas_are_not_parsed(written):
    found = written({"network.yaml": "Resources:\n  V: {Type: AWS::EC2::VPC}\n  V: [\n"})
    assert found == Templates()
