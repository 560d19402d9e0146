"""The Serverless Framework: each value with its file and line."""

import pytest

from lambdalint.model import ABSENT, Location, State
from lambdalint.templates.values import Reference

SCOPE = "serverless.yml"


def kinds(function):
    return [(event.kind, event.location.line) for event in function.events.value]


def test_a_function_with_what_the_provider_hands_down(functions, at):
    hello = functions("serverless")["hello"]
    assert hello.origin == "serverless"
    assert hello.location == Location(SCOPE, 32, 5, 32, 10)
    assert at(hello.handler) == ("src/hello.handler", 33)
    assert at(hello.code_root) == (".", 32)
    assert at(hello.runtime) == ("python3.12", 17)
    assert at(hello.architecture) == ("arm64", 20)
    assert at(hello.memory) == (256, 34)
    assert at(hello.timeout) == (10, 19)
    assert at(hello.settings["function_name"]) == ("shop-dev-hello", 32)


def test_defaults_of_the_framework_have_no_place(functions):
    memory = functions("serverless")["web"].memory
    assert (memory.state, memory.value, memory.location, memory.reason) == (
        State.KNOWN,
        1024,
        None,
        "default of the Serverless Framework",
    )


def test_environment_of_provider_and_function_is_merged(functions):
    variables = functions("serverless")["hello"].environment
    assert variables.state is State.KNOWN
    told = {name: (value.value, value.location.line) for name, value in variables.value.items() if value.known}
    assert told == {
        "STAGE": ("dev", 22),
        "TABLE": ("dev-items", 23),
        "QUEUE": (Reference(SCOPE, "Jobs"), 36),
        "REGION": (Reference("", "AWS::Region"), 37),
    }
    secret = variables.value["SECRET"]
    assert (secret.state, secret.reason, secret.location.line) == (
        State.UNKNOWN,
        "${ssm:/shop/secret} is decided at deployment",
        24,
    )


def test_events_of_all_forms(functions, at):
    hello = functions("serverless")["hello"]
    assert kinds(hello) == [
        ("http", 39),
        ("api", 40),
        ("sqs", 43),
        ("schedule", 49),
        ("s3", 50),
        ("dynamodb", 55),
        ("schedule", 59),
        ("websocket", 61),
        ("unknown", 62),
        ("eventbridge", 99),
    ]
    http, api, queue, hourly, bucket, stream, _, socket, other, rule = hello.events.value
    assert (at(http.setting("method")), at(http.setting("path"))) == (("GET", 39), ("/hello", 39))
    assert at(http.setting("payload_version")) == ("2.0", 39)
    assert at(api.setting("payload_version")) == ("1.0", 40)
    assert at(queue.resource) == (Reference(SCOPE, "Jobs", "Arn"), 44)
    assert at(queue.setting("batch_size")) == (10, 45)
    assert at(queue.setting("response_types")) == (("ReportBatchItemFailures",), 46)
    assert at(queue.setting("filters")) == (('{"body": {"kind": ["order"]}}',), 48)
    assert at(queue.setting("fifo")) == (False, 86)
    assert at(hourly.setting("schedule")) == ("rate(1 hour)", 49)
    assert at(bucket.resource) == ("uploads", 51)
    assert at(bucket.setting("events")) == (("s3:ObjectRemoved:*",), 52)
    assert at(bucket.setting("prefix")) == ("in/", 54)
    assert at(stream.resource) == (Reference(SCOPE, "Items", "StreamArn"), 57)
    assert at(socket.setting("route")) == ("$connect", 61)
    assert at(other.setting("type")) == ("somePluginEvent", 62)
    assert at(rule.resource) == (Reference(SCOPE, "Rule"), 94)


def test_functions_of_an_included_file_stand_there(functions, at):
    included = functions("serverless")["included"]
    assert included.location == Location("config/functions.yml", 1, 1, 1, 9)
    assert included.handler.location == Location("config/functions.yml", 2, 12, 2, 29)
    assert included.code_root.value == "."
    (topic,) = included.events.value
    assert (topic.kind, topic.location.line) == ("sns", 4)
    assert at(topic.resource) == ("arn:aws:sns:eu-west-1:123456789012:news", 4)


def test_a_function_whose_file_is_missing_is_still_one(functions):
    lost = functions("serverless")["lost"]
    assert (lost.location.path, lost.location.line) == ("config/functions.yml", 5)
    assert (lost.handler.state, lost.handler.reason) == (
        State.UNKNOWN,
        "${file(config/missing.yml)} is decided at deployment",
    )


def test_a_handler_that_a_plugin_supplies(functions, at):
    web = functions("serverless")["web"]
    assert at(web.handler) == ("wsgi_handler.handler", 64)
    assert at(web.settings["handler_supplied_by"]) == ("serverless-wsgi", 13)
    assert at(web.settings["wrapped_handler"]) == ("web.app", 10)
    assert kinds(web) == [("function-url", 65)]


def test_directories_of_single_functions(functions, at):
    found = functions("serverless")
    assert at(found["module"].code_root) == ("services/worker", 67)
    packed = found["packed"].code_root
    assert (packed.state, packed.reason, packed.location.line) == (
        State.UNKNOWN,
        "build/packed.zip is built before deployment",
        74,
    )


def test_an_image_that_the_service_builds(functions, at):
    boxed = functions("serverless")["boxed"]
    assert at(boxed.package_type) == ("Image", 81)
    assert at(boxed.code_root) == ("image", 28)
    assert at(boxed.handler) == ("boxed.handler", 82)


def test_other_runtimes_are_listed(functions, at):
    node = functions("serverless")["node"]
    assert at(node.runtime) == ("nodejs20.x", 77)
    assert (node.timeout.state, node.timeout.reason) == (
        State.UNKNOWN,
        "${env:TIMEOUT} is decided at deployment",
    )


def test_resources_are_noted(sample):
    resources = {resource.name: resource for resource in sample("serverless").resources}
    assert resources["Items"].origin == "serverless"
    assert resources["Items"].properties["TableName"].value == "dev-items"


@pytest.mark.parametrize("provider", ["google", "azure", "tencent", "{name: kubeless}", "{name: spotinst, runtime: x}"])
def test_other_clouds_are_known_by_their_directory(written, provider):
    text = f"service: x\nprovider: {provider}\nfunctions:\n  f: {{handler: main.run}}\n"
    found = written({"functions/serverless.yml": text})
    assert found.functions == ()
    assert found.problems == ()
    assert found.foreign_roots == ("functions",)


def test_a_provider_in_one_word(written):
    (function,) = written({"serverless.yml": "provider: aws\nfunctions:\n  f:\n    handler: a.b\n"}).functions
    assert function.handler.value == "a.b"
    assert function.runtime == ABSENT


def test_a_service_in_json(written, at):
    text = '{"service": "x", "provider": {"name": "aws",\n"runtime": "python3.12"},\n"functions": {"f": {"handler": "a.b"}}}'
    (function,) = written({"serverless.json": text}).functions
    assert at(function.handler) == ("a.b", 3)
    assert at(function.runtime) == ("python3.12", 2)


def test_a_service_under_another_name(written):
    text = "service: x\nprovider: {name: aws}\nfunctions:\n  f: {handler: a.b}\n"
    (function,) = written({"deploy/billing.yml": text}).functions
    assert function.origin == "serverless"


VARIABLES = [
    ("${self:custom.a}", "one"),
    ("x-${self:custom.a}-y", "x-one-y"),
    ("${self:custom.${self:custom.key}}", "one"),
    ("${opt:name, 'given'}", "given"),
    ('${opt:name, "given"}', "given"),
    ("${opt:name, self:custom.a}", "one"),
    ("${opt:name, ${self:custom.missing, 'deep'}}", "deep"),
    ("${self:custom.list.1}", "second"),
    ("${sls:stage}", "test"),
    ("${opt:stage}", "test"),
    ("${opt:stage, 'other'}", "test"),
    ("${file(data.yml):inner.value}", "from file"),
    ("${file(./data.json):value}", "from json"),
    ("${file(missing.yml):x, 'fallback'}", "fallback"),
    ("${param:known}", "parameter"),
    ("${AWS::Region}", Reference("", "AWS::Region")),
    ("!Sub '${self:custom.a}/${AWS::AccountId}'", "one/"),
    ("${NotAVariable}", "${NotAVariable}"),
]
STAGES = ["${opt:stage, 'dev'}", "${opt:stage,'dev'}", "${opt:stage, self:custom.default}", "${env:STAGE, 'dev'}"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("asked", ["${self:provider.stage}", "${sls:stage}", "${opt:stage, self:provider.stage}"])
def test_the_stage_that_the_provider_takes_from_the_command_line(written, stage, asked):
    text = (
        f"service: x\ncustom: {{default: dev}}\nprovider:\n  name: aws\n  stage: {stage}\n"
        f"functions:\n  f:\n    handler: a.b\n    environment: {{NAME: 'jobs-{asked}'}}\n"
    )
    (function,) = written({"serverless.yml": text}).functions
    assert function.environment.value["NAME"].value == "jobs-dev"


UNDECIDED = [
    ("${env:HOME}", "${env:HOME} is decided at deployment"),
    ("${opt:name}", "${opt:name} is decided at deployment"),
    ("${self:custom.missing}", "${self:custom.missing} is decided at deployment"),
    ("${file(../outside.yml)}", "path ../outside.yml leads out of the project"),
    ("${file(/etc/passwd)}", "path /etc/passwd is absolute"),
    ("${file(code.js):value}", "code.js is not data that can be read here"),
    ("${self:custom.round}", "variables that refer to each other without end"),
]
SERVICE = """\
service: x
provider: {name: aws, stage: test}
params: {default: {known: parameter}}
custom:
  a: one
  key: a
  list: [first, second]
  round: ${self:custom.trip}
  trip: ${self:custom.round}
functions:
  f:
    handler: a.b
    environment:
      V: """
DATA = {"data.yml": "inner: {value: from file}\n", "data.json": '{"value": "from json"}', "code.js": "x"}


@pytest.mark.parametrize(("expression", "value"), VARIABLES)
def test_variables_that_the_repository_decides(written, expression, value):
    (function,) = written({"serverless.yml": SERVICE + expression + "\n", **DATA}).functions
    found = function.environment.value["V"]
    assert found.state is State.KNOWN, found
    assert (found.value.parts[0] if type(found.value).__name__ == "Text" else found.value) == value
    assert found.location.line == 14


@pytest.mark.parametrize(("expression", "reason"), UNDECIDED)
def test_variables_that_are_decided_elsewhere(written, expression, reason):
    (function,) = written({"serverless.yml": SERVICE + expression + "\n", **DATA}).functions
    found = function.environment.value["V"]
    assert (found.state, found.reason) == (State.UNKNOWN, reason)


def test_an_environment_of_another_file(written, at):
    text = "service: x\nprovider: {name: aws, environment: '${file(env.yml)}'}\nfunctions: {f: {handler: a.b}}\n"
    (function,) = written({"serverless.yml": text, "env.yml": "A: 1\nB: 2\n"}).functions
    assert at(function.environment)[0] == {"A": ("1", 1), "B": ("2", 2)}
    assert function.environment.value["B"].location.path == "env.yml"


def test_functions_that_cannot_be_found_are_a_problem(written):
    text = "service: x\nprovider: aws\nfunctions: ${file(functions.js)}\n"
    found = written({"serverless.yml": text})
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        ("serverless.yml", "line 3: functions cannot be read: functions.js is not data that can be read here")
    ]


@pytest.mark.parametrize("name", ["serverless.js", "serverless.ts"])
def test_a_service_that_is_a_program_is_not_run(written, name):
    found = written({name: "module.exports = {}\n"})
    assert [problem.path for problem in found.problems] == [name]
    assert "which is not run" in found.problems[0].reason


def test_state_machines_of_the_plugin(written):
    text = (
        "service: x\nprovider: aws\nfunctions:\n  first-step: {handler: a.b}\n  second: {handler: c.d}\n"
        "stepFunctions:\n  stateMachines:\n    main:\n      definition:\n        States:\n"
        "          A: {Type: Task, Resource: !GetAtt [first-step, Arn]}\n"
        "          B: {Type: Task, Resource: !GetAtt SecondLambdaFunction.Arn}\n"
    )
    found = written({"serverless.yml": text})
    assert [kinds(function) for function in found.functions] == [[("step-functions", 8)], [("step-functions", 8)]]
    assert [(resource.name, resource.type) for resource in found.resources] == [
        ("MainStepFunctionsStateMachine", "AWS::StepFunctions::StateMachine")
    ]


def test_the_payload_format_of_http_apis_is_the_providers(written, at):
    text = (
        "service: shop\nprovider:\n  name: aws\n  runtime: python3.12\n  httpApi:\n    payload: '1.0'\n"
        "functions:\n  web:\n    handler: web.handler\n    events:\n      - httpApi: 'GET /'\n"
    )
    (web,) = written({"serverless.yml": text}).functions
    assert at(web.events.value[0].setting("payload_version")) == ("1.0", 6)


# Each kind of event as the framework's documentation writes it: kind, source, settings.
EVENTS = [
    ("http: GET orders", "api", None, {"method": "GET", "path": "orders", "payload_version": "1.0"}),
    ("httpApi: {path: /orders, method: post}", "http", None, {"method": "post", "payload_version": "2.0"}),
    ("httpApi: '*'", "http", None, {"method": "*"}),
    ("websocket: $connect", "websocket", None, {"route": "$connect"}),
    ("s3: photos", "s3", "photos", {"events": ("s3:ObjectCreated:*",)}),
    ("s3: {bucket: photos, event: s3:ObjectRemoved:*, rules: [{prefix: in/}, {suffix: .jpg}]}", "s3", "photos",
     {"events": ("s3:ObjectRemoved:*",), "prefix": "in/", "suffix": ".jpg"}),
    ("schedule: rate(1 hour)", "schedule", None, {"schedule": "rate(1 hour)"}),
    ("schedule: {rate: cron(0 12 * * ? *), enabled: false}", "schedule", None, {"enabled": False}),
    ("sns: news", "sns", "news", {}),
    ("sns: arn:aws:sns:eu-west-1:1:news", "sns", "arn:aws:sns:eu-west-1:1:news", {}),
    ("sqs: {arn: 'arn:aws:sqs:eu-west-1:1:jobs', batchSize: 5, maximumBatchingWindow: 9, functionResponseType: ReportBatchItemFailures}",
     "sqs", "arn:aws:sqs:eu-west-1:1:jobs", {"batch_size": 5, "batching_window": 9, "response_types": ("ReportBatchItemFailures",)}),
    ("stream: arn:aws:kinesis:eu-west-1:1:stream/clicks", "kinesis", "arn:aws:kinesis:eu-west-1:1:stream/clicks", {}),
    ("stream: {type: dynamodb, arn: x, startingPosition: LATEST, bisectBatchOnFunctionError: true, parallelizationFactor: 4}",
     "dynamodb", "x", {"starting_position": "LATEST", "bisect": True, "parallelization": 4}),
    ("msk: {arn: 'arn:aws:kafka:eu-west-1:1:cluster/c', topic: orders, batchSize: 7}", "msk", "arn:aws:kafka:eu-west-1:1:cluster/c",
     {"topics": ("orders",), "batch_size": 7}),
    ("kafka: {bootstrapServers: [b.example:9092], topic: orders}", "kafka", None, {"topics": ("orders",)}),
    ("activemq: {arn: 'arn:aws:mq:eu-west-1:1:broker:b', queue: q}", "mq", "arn:aws:mq:eu-west-1:1:broker:b", {"queues": ("q",)}),
    ("rabbitmq: {arn: 'arn:aws:mq:eu-west-1:1:broker:b', queue: q}", "mq", "arn:aws:mq:eu-west-1:1:broker:b", {"queues": ("q",)}),
    ("documentDb: {cluster: 'arn:aws:rds:eu-west-1:1:cluster:c', db: d}", "documentdb", "arn:aws:rds:eu-west-1:1:cluster:c", {}),
    ("alb: {listenerArn: listener, priority: 1, conditions: {path: /x}}", "alb", "listener", {}),
    ("eventBridge: {eventBus: bus, pattern: {source: [shop]}}", "eventbridge", "bus", {}),
    ("eventBridge: {schedule: rate(1 day)}", "schedule", None, {"schedule": "rate(1 day)"}),
    ("cloudwatchEvent: {event: {source: [aws.ec2]}}", "eventbridge", None, {}),
    ("cloudwatchLog: /aws/lambda/other", "cloudwatch-logs", "/aws/lambda/other", {}),
    ("cloudwatchLog: {logGroup: /x, filter: ERROR}", "cloudwatch-logs", "/x", {"filters": "ERROR"}),
    ("cognitoUserPool: {pool: people, trigger: PreSignUp}", "cognito", "people", {"events": ("PreSignUp",)}),
    ("iot: {sql: SELECT * FROM 'a/b'}", "iot", None, {"sql": "SELECT * FROM 'a/b'"}),
    ("iotFleetProvisioning: {templateName: t, provisioningRoleArn: r}", "iot", None, {}),
    ("alexaSkill: amzn1.ask.skill.x", "alexa", None, {}),
    ("alexaSmartHome: amzn1.ask.skill.x", "alexa", None, {}),
    ("cloudFront: {eventType: viewer-request, origin: s3://x}", "cloudfront", None, {}),
    ("something: new", "unknown", None, {"type": "something"}),
]  # fmt: skip


@pytest.mark.parametrize(("event", "kind", "source", "settings"), EVENTS)
def test_each_kind_of_event(written, event, kind, source, settings):
    text = f"service: x\nprovider: {{name: aws}}\nfunctions:\n  f:\n    handler: a.b\n    events:\n      - {event}\n"
    found = written({"serverless.yml": text})
    assert found.problems == ()
    (read,) = found.functions[0].events.value
    assert (read.kind, read.resource.value, read.location.line) == (kind, source, 7)
    assert {name: read.setting(name).value for name in settings} == settings


def test_packages_of_single_functions(written, at):
    text = (
        "service: x\nprovider: {name: aws, runtime: python3.13, memorySize: 256}\npackage: {individually: true}\n"
        "functions:\n  one:\n    handler: a.b\n    module: one\n  two:\n    handler: a.b\n"
        "    package: {artifact: two.zip}\n    memorySize: 512\n    layers: [{Ref: SharedLambdaLayer}]\n"
        "layers: {shared: {path: layer}}\n"
    )
    one, two = written({"serverless.yml": text, "two.zip": "x"}).functions
    assert at(one.code_root) == ("one", 7)
    assert at(two.code_root) == ("two.zip", 10)
    assert (at(one.memory), at(two.memory)) == ((256, 2), (512, 11))
    assert [layer.value.name for layer in two.layers.value] == ["SharedLambdaLayer"]
