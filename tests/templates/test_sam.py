"""AWS SAM templates: each value with its line."""

import pytest

from lambdalint.model import ABSENT, Location, State
from lambdalint.templates.values import Either, Reference, Text

SCOPE = "template.yaml"


def kinds(function):
    return [(event.kind, event.location.line) for event in function.events.value]


def test_a_function_with_globals(functions, at):
    orders = functions("sam")["Orders"]
    assert orders.origin == "sam"
    assert orders.location == Location(SCOPE, 44, 3, 44, 9)
    assert at(orders.handler) == ("orders.handler", 48)
    assert at(orders.code_root) == ("src/orders", 47)
    assert at(orders.runtime) == ("python3.13", 18)
    assert at(orders.architecture) == ("arm64", 20)
    assert at(orders.memory) == (512, 49)
    assert at(orders.timeout) == (30, 50)
    assert orders.package_type == ABSENT
    powertools = "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:1"
    assert at(orders.layers)[0] == [(Reference(SCOPE, "Shared"), 21), (powertools, 52)]


def test_environment_of_globals_and_function_is_merged(functions):
    variables = functions("sam")["Orders"].environment
    assert variables.state is State.KNOWN
    assert list(variables.value) == ["LOG_LEVEL", "TABLE", "QUEUE_URL", "TOPIC"]
    lines = {name: value.location.line for name, value in variables.value.items()}
    assert lines == {"LOG_LEVEL": 55, "TABLE": 25, "QUEUE_URL": 56, "TOPIC": 57}
    assert variables.value["LOG_LEVEL"].value == "DEBUG"
    assert variables.value["TABLE"].value == Reference(SCOPE, "Table")
    topic = variables.value["TOPIC"]
    assert topic.state is State.UNKNOWN
    assert topic.reason == "parameter Stage has no default"
    assert topic.value.parts[:3] == ("arn:aws:sns:", Reference("", "AWS::Region"), ":1:")


def test_events_with_their_settings(functions, at):
    orders = functions("sam")["Orders"]
    assert kinds(orders) == [("sqs", 60), ("s3", 69), ("schedule", 81)]
    queue, bucket, nightly = orders.events.value
    assert at(queue.resource) == (Reference(SCOPE, "Queue", "Arn"), 62)
    assert at(queue.setting("batch_size")) == (5, 63)
    assert at(queue.setting("response_types")) == (("ReportBatchItemFailures",), 64)
    assert at(queue.setting("filters")) == (('{"body": {"kind": ["order"]}}',), 67)
    assert at(queue.setting("fifo")) == (True, 39)
    assert at(bucket.resource) == (Reference(SCOPE, "Uploads"), 71)
    assert at(bucket.setting("events")) == (("s3:ObjectCreated:*",), 72)
    assert at(bucket.setting("prefix")) == ("in/", 77)
    assert at(bucket.setting("suffix")) == (".csv", 79)
    assert at(nightly.setting("schedule")) == ("rate(1 day)", 83)
    assert nightly.setting("prefix") == ABSENT


def test_apis_and_their_payload_versions(functions, at):
    api = functions("sam")["Api"]
    assert kinds(api) == [("http", 91), ("http", 94), ("api", 97), ("function-url", 100)]
    versions = [at(event.setting("payload_version")) for event in api.events.value]
    assert versions == [("2.0", 91), ("1.0", 95), ("1.0", 97), ("2.0", 100)]
    assert at(api.events.value[0].setting("path")) == ("/orders", 92)


def test_code_without_uri_is_left_to_the_directory_of_the_template(functions):
    api = functions("sam")["Api"]
    assert api.code_root == ABSENT
    assert api.default_root == "."


def test_code_that_is_elsewhere(functions):
    root = functions("sam")["Elsewhere"].code_root
    assert (root.state, root.reason, root.location.line) == (
        State.UNKNOWN,
        "the code is in S3, under app/1.zip",
        108,
    )


def test_inline_code(functions, at):
    inline = functions("sam")["Inline"]
    assert (inline.code_root.state, inline.code_root.reason) == (State.UNKNOWN, "inline code in the template")
    assert at(inline.settings["inline_code"]) == ("def handler(event, context):\n    return 1\n", 114)


def test_the_handler_of_an_image_is_the_last_command_of_its_dockerfile(functions, at):
    image = functions("sam")["Image"]
    assert at(image.package_type) == ("Image", 125)
    assert at(image.code_root) == ("image", 122)
    assert image.handler.value == "app.lambda_handler"
    assert image.handler.location == Location("image/Dockerfile", 4, 8, 4, 26)


def test_conditions_stay_open_unless_both_branches_agree(functions, at):
    conditional = functions("sam")["Conditional"]
    handler = conditional.handler
    assert (handler.state, handler.reason, handler.location.line) == (
        State.UNKNOWN,
        "depends on condition Old",
        130,
    )
    assert isinstance(handler.value, Either)
    assert [option.value for option in handler.value.options] == ["old.handler", "new.handler"]
    assert at(conditional.code_root) == ("src", 132)


def test_a_parameter_without_default_is_unknown(functions):
    runtime = functions("sam")["Conditional"].runtime
    assert (runtime.state, runtime.reason, runtime.location.line) == (
        State.UNKNOWN,
        "parameter Stage has no default",
        131,
    )


def test_no_value_keeps_what_globals_say(functions, at):
    assert at(functions("sam")["Conditional"].layers)[0] == [(Reference(SCOPE, "Shared"), 21)]


def test_a_topic_through_a_queue_delivers_queue_records(functions, at):
    fanned = functions("sam")["Fanned"]
    assert kinds(fanned) == [("sqs", 142), ("dynamodb", 150), ("eventbridge", 156), ("schedule", 164)]
    queue, stream, rule, clock = fanned.events.value
    assert at(queue.resource) == (Reference(SCOPE, "Queue", "Arn"), 147)
    assert at(queue.setting("topic")) == (Reference(SCOPE, "Topic"), 144)
    assert at(queue.setting("batch_size")) == (3, 146)
    assert at(stream.setting("bisect")) == (True, 154)
    assert at(rule.setting("pattern")) == ({"source": ([("shop", 159)], 159)}, 159)
    assert at(clock.setting("schedule")) == ("rate(5 minutes)", 167)


def test_a_queue_that_sam_makes_for_a_topic(written, at):
    text = (
        "Resources:\n  T: {Type: AWS::SNS::Topic}\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        "      Handler: a.b\n      Events:\n        E:\n          Type: SNS\n          Properties:\n"
        "            Topic: !Ref T\n            SqsSubscription: true\n            FilterPolicy: {kind: [order]}\n"
    )
    (function,) = written({SCOPE: text}).functions
    (event,) = function.events.value
    assert (event.kind, event.resource) == ("sqs", ABSENT)
    assert at(event.setting("topic")) == (Reference(SCOPE, "T"), 11)
    assert at(event.setting("batch_size")) == (10, 12)
    assert event.setting("filters") == ABSENT
    assert at(event.setting("topic_filters")) == ({"kind": ([("order", 13)], 13)}, 13)


def test_resources_are_noted_for_the_event_graph(sample):
    resources = {resource.name: resource for resource in sample("sam").resources}
    queue = resources["Queue"]
    assert (queue.origin, queue.scope, queue.type, queue.location.line) == (
        "cloudformation",
        SCOPE,
        "AWS::SQS::Queue",
        36,
    )
    assert queue.properties["FifoQueue"].value == "true"
    assert resources["Orders"].properties["Timeout"].value == "30"


def test_globals_without_a_function_do_no_harm(written):
    found = written({SCOPE: "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {Timeout: 3}}\n"})
    assert found.functions == ()
    assert found.problems == ()


def test_loops_are_written_out_where_their_elements_are_literal(written):
    found = written(
        {
            SCOPE: "Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions]\n"
            "Resources:\n"
            "  Fn::ForEach::All:\n"
            "    - Name\n"
            "    - [alpha, beta]\n"
            "    - Run${Name}:\n"
            "        Type: AWS::Serverless::Function\n"
            "        Properties: {Handler: !Sub '${Name}.handler', CodeUri: !Ref Name}\n"
        }
    )
    assert [(f.name, f.handler.value, f.code_root.value, f.location.line) for f in found.functions] == [
        ("Runalpha", "alpha.handler", "alpha", 6),
        ("Runbeta", "beta.handler", "beta", 6),
    ]


def test_a_loop_that_the_deployment_decides_gives_one_function(written):
    (function,) = written(
        {
            SCOPE: "Parameters: {Names: {Type: CommaDelimitedList}}\n"
            "Resources:\n"
            "  Fn::ForEach::All:\n"
            "    - Name\n"
            "    - !Ref Names\n"
            "    - Run${Name}:\n"
            "        Type: AWS::Serverless::Function\n"
            "        Properties: {Handler: '${Name}.handler', CodeUri: !Ref Name}\n"
        }
    ).functions
    assert function.name == "Run${Name}"
    assert (function.handler.state, function.handler.reason) == (State.UNKNOWN, "depends on the loop variable Name")
    assert (function.code_root.state, function.code_root.reason) == (State.UNKNOWN, function.handler.reason)


def test_a_text_of_literals_and_references(written):
    (function,) = written(
        {
            SCOPE: "Resources:\n"
            "  F:\n"
            "    Type: AWS::Serverless::Function\n"
            "    Properties:\n"
            "      Handler: a.b\n"
            "      Environment: {Variables: {PATTERN: !Sub 'arn:${AWS::Partition}:s3:::${Bucket}/${!literal}'}}\n"
        }
    ).functions
    value = function.environment.value["PATTERN"].value
    assert value == Text(("arn:aws:s3:::", Reference(SCOPE, "Bucket"), "/${literal}"))


def test_globals_that_a_function_ignores(written):
    (one, other) = written(
        {
            SCOPE: "Globals: {Function: {Runtime: python3.12, Timeout: 9}}\n"
            "Resources:\n"
            "  A: {Type: AWS::Serverless::Function, IgnoreGlobals: '*'}\n"
            "  B: {Type: AWS::Serverless::Function, IgnoreGlobals: [Runtime]}\n"
        }
    ).functions
    assert (one.runtime, one.timeout) == (ABSENT, ABSENT)
    assert (other.runtime, other.timeout.value) == (ABSENT, 9)


CONNECTORS = [
    (
        "  C:\n    Type: AWS::Serverless::Connector\n    Properties: {Source: {Id: T}, Destination: {Id: F}, Permissions: [Write]}\n"
        "  T: {Type: AWS::SNS::Topic}\n"
    ),
    (
        "  T:\n    Type: AWS::SNS::Topic\n    Connectors:\n"
        "      ToF:\n        Properties: {Destination: [{Id: F}], Permissions: [Write]}\n"
    ),
]


@pytest.mark.parametrize("connector", CONNECTORS)
def test_connectors(written, connector):
    text = "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}\n" + connector
    (function,) = written({SCOPE: text}).functions
    (event,) = function.events.value
    assert (event.kind, event.resource.value) == ("sns", Reference(SCOPE, "T"))
    assert event.location.line in {3, 6}


def test_a_connector_tells_nothing_new_of_an_event(written):
    text = (
        "Resources:\n  T: {Type: AWS::SNS::Topic}\n  F:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Handler: a.b, Events: {E: {Type: SNS, Properties: {Topic: !Ref T}}}}\n"
        "  C:\n    Type: AWS::Serverless::Connector\n    Properties: {Source: {Id: T}, Destination: {Id: F}}\n"
    )
    (function,) = written({SCOPE: text}).functions
    assert kinds(function) == [("sns", 5)]


def test_a_websocket_api(written):
    text = (
        "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}\n"
        "  W:\n    Type: AWS::Serverless::WebSocketApi\n    Properties: {Routes: {$connect: {FunctionArn: !GetAtt F.Arn}}}\n"
    )
    (function,) = written({SCOPE: text}).functions
    assert kinds(function) == [("websocket", 3)]
