"""Functions that CDK programs in Python construct: each argument that is written out, and none that is computed."""

import textwrap

import pytest

from lambdalint.model import ABSENT, State, Value
from lambdalint.templates.values import Reference
from tests.trees import functions_of

APP = '{\n  "app": "python3 app.py"\n}\n'
PLAIN = "def handler(event, context):\n    return 1\n"
HEAD = """\
import os
from pathlib import Path
import aws_cdk as cdk
import aws_cdk.aws_lambda as awslambda
from aws_cdk import Duration, Stack, aws_lambda as lambda_, aws_lambda_python_alpha as python
from aws_cdk.aws_lambda import Code, DockerImageCode, DockerImageFunction, Function, Runtime

HERE = os.path.dirname(__file__)
HANDLER = "orders.handler"


class Shop(Stack):
    def __init__(self, scope, construct_id, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
"""
LINE = HEAD.count("\n") + 1


def constructed(call, more=None, *, where="infra/shop.py", head=HEAD):
    """The functions that one statement in a stack constructs."""
    files = {
        "cdk.json": APP,
        "src/orders.py": PLAIN,
        "infra/fn/index.py": PLAIN,
        where: head + textwrap.indent(call, " " * 8),
    }
    return functions_of(files | (more or {}))


def one(call, more=None, **options):
    (found,) = [function for function in constructed(call, more, **options) if function.origin == "cdk"]
    return found


SAMPLE = """\
Function(
    self,
    "Orders",
    handler="orders.handler",
    code=Code.from_asset("src"),
    runtime=Runtime.PYTHON_3_12,
    architecture=lambda_.Architecture.ARM_64,
    timeout=Duration.minutes(2),
    memory_size=512,
    function_name="orders",
    environment={"TABLE": table.table_name, "STAGE": "live"},
)
"""


def test_the_arguments_of_a_function():
    function = one(SAMPLE)
    declared = function.declared
    assert (function.name, function.origin, function.handler) == ("Orders", "cdk", "orders.handler")
    assert (function.path, function.line, function.qualname) == ("src/orders.py", 1, "handler")
    assert function.reason == "CDK program infra/shop.py declares it"
    assert (declared.location.path, declared.location.line, declared.location.column) == ("infra/shop.py", LINE, 9)
    told = {name: getattr(declared, name) for name in ("code_root", "runtime", "architecture", "timeout", "memory")}
    assert {name: value.value for name, value in told.items()} == {
        "code_root": "src",
        "runtime": "python3.12",
        "architecture": "arm64",
        "timeout": 120,
        "memory": 512,
    }
    assert {value.location.line for value in told.values()} == {LINE}
    assert declared.settings["function_name"].value == "orders"


@pytest.mark.parametrize(
    ("written", "state", "mode"),
    [
        ("tracing=lambda_.Tracing.ACTIVE", State.KNOWN, "Active"),
        ("tracing=lambda_.Tracing.DISABLED", State.KNOWN, "Disabled"),
        ("tracing=modes[0]", State.UNKNOWN, None),
        ("**more", State.UNKNOWN, None),
        ("memory_size=128", State.ABSENT, None),
    ],
)
def test_tracing(written, state, mode):
    call = f'Function(self, "F", handler="orders.handler", code=Code.from_asset("src"), {written})'
    found = one(call).declared.setting("tracing")
    assert (found.state, found.value) == (state, mode)


@pytest.mark.parametrize(
    ("written", "setting", "on"),
    [
        ("snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS", "snap_start", True),
        ("snap_start=modes[0]", "snap_start", False),
        ("memory_size=128", "snap_start", False),
        ("durable_config=lambda_.DurableConfig(execution_timeout=hour)", "durable", True),
        ("durable_config=config", "durable", False),
    ],
)
def test_snapstart_and_durable_executions(written, setting, on):
    call = f'Function(self, "F", handler="orders.handler", code=Code.from_asset("src"), {written})'
    assert (one(call).turned_on(setting) is not None) == on


def test_settings_that_other_calls_may_make_are_unknown():
    found = one(SAMPLE).declared
    for name in (
        "dead_letter",
        "on_failure",
        "role",
        "log_group",
        "log_retention",
        "aliases",
        "published",
        "snap_start",
    ):
        assert found.setting(name).reason == "the program may set it in other calls"


def test_variables_and_events_may_be_added_elsewhere():
    declared = one(SAMPLE).declared
    assert (declared.environment.state, declared.environment.reason) == (State.UNKNOWN, "the program may add variables")
    assert {name: value.value for name, value in declared.environment.value.items()} == {"TABLE": None, "STAGE": "live"}
    assert (declared.events.state, declared.events.value) == (State.UNKNOWN, ())
    assert declared.layers == ABSENT


REST = 'handler=HANDLER, code=Code.from_asset("src"), runtime=Runtime.PYTHON_3_12)'
SPELLINGS = [
    f'Function(self, "F", {REST}',
    f'lambda_.Function(self, "F", {REST}',
    f'awslambda.Function(self, "F", {REST}',
    f'cdk.aws_lambda.Function(self, id="F", {REST}',
    f'self.function = lambda_.SingletonFunction(self, "F", {REST}',
    f'given = dict(a=1)\nFunction(self, "F", {REST}',
    'code = Code.from_asset(path="src")\nFunction(self, "F", handler=HANDLER, code=code)',
    f'for name in names:\n    Function(self, "F", {REST}',
    'Function(self, "F", handler="orders.handler", code=Code.from_asset("./src/"))',
    'Function(self, "F", handler="orders.handler", code=lambda_.AssetCode("src"))',
    'Function(self, "F", handler="orders.handler", code=lambda_.Code.asset("src"))',
    'Function(self, "F", handler="src.orders.handler", code=Code.from_asset("."))',
    'python.PythonFunction(self, "F", entry="src", index="orders.py", runtime=Runtime.PYTHON_3_12)',
    'python.PythonFunction(self, "F", entry=os.path.join(HERE, "..", "src"), index="orders.py", handler="handler")',
    'DockerImageFunction(self, "F", code=DockerImageCode.from_image_asset("src", cmd=["orders.handler"]))',
]


@pytest.mark.parametrize("call", SPELLINGS)
def test_spellings_of_one_function(call):
    function = one(call)
    assert (function.name, function.path, function.line) == ("F", "src/orders.py", 1)


PATHS = [
    'os.path.join(os.path.dirname(__file__), "fn")',
    'os.path.join(HERE, "fn")',
    'os.path.abspath(os.path.join(HERE, "fn"))',
    'str(Path(__file__).parent.joinpath("fn"))',
    'Path(__file__).resolve().parents[0].joinpath("fn").as_posix()',
    'str(Path(__file__).parent.parent.joinpath("infra", "fn"))',
    '"infra/fn"',
    '"fn"',  # of a program that is started in infra
]


@pytest.mark.parametrize("path", PATHS)
def test_paths_of_assets(path):
    function = one(f'Function(self, "F", handler="index.handler", code=Code.from_asset({path}))')
    assert (function.path, function.declared.code_root.value) == ("infra/fn/index.py", "infra/fn")


COMPUTED = [
    ("handler=given, code=Code.from_asset('src')", "handler", "handler: the program computes it"),
    ("handler=scope.handler, code=Code.from_asset('src')", "handler", "handler: the program computes it"),
    ("**kwargs", "handler", "handler may be among the arguments that are handed on"),
    ("handler='a.b', code=Code.from_asset(given)", "code_root", "the code's place: the program computes it"),
    ("handler='a.b', code=Code.from_asset('nowhere')", "code_root", "nowhere is not in the repository"),
    ("handler='a.b', code=Code.from_asset('../..')", "code_root", "../.. is not in the repository"),
    ("handler='a.b', code=Code.from_asset('/srv/src')", "code_root", "path /srv/src is absolute"),
    ("handler='a.b', code=Code.from_bucket(b, 'k')", "code_root", "the code comes from Code.from_bucket"),
    ("handler='a.b', code=build()", "code_root", "code: the program computes it"),
    ("handler='a.b', code=Code.from_inline('x = 1')", "code_root", "inline code in the program"),
    ("handler='a.b', runtime=given", "runtime", "runtime: the program computes it"),
    ("handler='a.b', timeout=Duration.seconds(given)", "timeout", "timeout: the program computes it"),
    ("handler='a.b', memory_size=2 * given", "memory", "memory_size: the program computes it"),
    ("handler='a.b', layers=[given]", "layers", "layers are objects of the program"),
]


@pytest.mark.parametrize(("arguments", "field", "reason"), COMPUTED)
def test_what_is_computed_is_unknown(arguments, field, reason):
    found = constructed(f'given = scope.node.try_get_context("x")\nFunction(self, "F", {arguments})')
    (function,) = [item for item in found if item.origin == "cdk"]
    value = getattr(function.declared, field)
    assert (value.state, value.reason, value.location.line) == (State.UNKNOWN, reason, LINE + 1)
    assert function.path is None
    assert function.fault == ""


def test_a_name_that_is_bound_twice_is_computed():
    call = 'name = "orders.handler"\nif scope:\n    name = "other.handler"\n'
    call += 'Function(self, "F", handler=name, code=Code.from_asset("src"))'
    assert one(call).declared.handler.state is State.UNKNOWN


def test_parameters_of_a_helper_are_computed():
    head = HEAD.replace(
        "**kwargs):", "**kwargs):\n        self.add('Orders', 'orders.handler')\n\n    def add(self, name, handler):"
    )
    function = one('Function(self, name, handler=handler, code=Code.from_asset("src"))', head=head)
    assert (function.name, function.path) == ("Function", None)


RUNTIMES = [
    ("Runtime.PYTHON_3_9", "python3.9"),
    ('Runtime("python3.13")', "python3.13"),
    ("Runtime.NODEJS_20_X", "nodejs20.x"),
    ("Runtime.PROVIDED_AL2023", "provided.al2023"),
]


@pytest.mark.parametrize(("written", "runtime"), RUNTIMES)
def test_runtimes(written, runtime):
    call = f'Function(self, "F", handler="orders.handler", code=Code.from_asset("src"), runtime={written})'
    assert one(call).declared.runtime.value == runtime


def test_a_handler_that_is_not_in_its_directory():
    for handler, fault in (("order.handler", "module"), ("orders.handel", "attribute"), ("orders", "malformed")):
        call = f'Function(self, "F", handler="{handler}", code=Code.from_asset("src"), runtime=Runtime.PYTHON_3_12)'
        function = one(call)
        assert (function.path, function.fault, function.excuse) == (None, fault, "")


def test_what_is_bundled_may_hold_more():
    function = one(
        'Function(self, "F", handler="made.handler", runtime=Runtime.PYTHON_3_12,'
        ' code=Code.from_asset("src", bundling=given))'
    )
    assert (function.fault, function.excuse) == ("module", "build")


def test_the_dockerfile_of_an_image():
    call = 'DockerImageFunction(self, "F", code=DockerImageCode.from_image_asset("src"))'
    function = one(call, {"src/Dockerfile": 'FROM x\nCMD ["orders.handler"]\n'})
    assert (function.path, function.declared.handler.location.line) == ("src/orders.py", 2)


NO_PROGRAMS = [
    {
        "cdk.json": '{"app": "npx ts-node bin/shop.ts"}'
    },  # Python beside a program in another language constructs nothing
    {"cdk.json": '{"output": "python"}'},
    {"cdk.json": "", "other/cdk.json": APP},
]


@pytest.mark.parametrize("files", NO_PROGRAMS)
def test_constructs_count_only_in_programs(files):
    assert [item for item in constructed(SAMPLE, files) if item.origin == "cdk"] == []


def test_tests_of_a_program_construct_nothing():
    assert [item for item in constructed(SAMPLE, where="tests/test_shop.py") if item.origin == "cdk"] == []


def test_synthesised_stacks_are_read_instead():
    stack = '{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "orders.handler"}}}}'
    found = [item for item in constructed(SAMPLE, {"cdk.out/Shop.template.json": stack}) if item.origin == "cdk"]
    assert [item.declared_at.path for item in found] == ["cdk.out/Shop.template.json"]


def test_the_innermost_program_counts():
    call = 'Function(self, "F", handler="index.handler", code=Code.from_asset("fn"))'
    function = one(call, {"infra/cdk.json": APP, "fn/index.py": PLAIN})
    assert function.path == "infra/fn/index.py"


def test_other_functions_are_no_constructs():
    head = HEAD.replace("import os\n", "import os\nfrom shop_lib import Function as Other\n")
    call = 'Other(self, "F", handler="orders.handler", code=Code.from_asset("src"))\n'
    call += 'Function.from_function_arn(self, "F", "arn")\nself.Function(self, "F", handler="orders.handler")'
    assert [item for item in constructed(call, head=head) if item.origin == "cdk"] == []


# -- what is wired to a function

WIRING = """\
from aws_cdk import (
    aws_apigateway as api, aws_apigatewayv2_integrations as http, aws_dynamodb as dynamodb, aws_events as events,
    aws_events_targets as targets, aws_kinesis as kinesis, aws_lambda_destinations as outcomes, aws_lambda_event_sources
    as sources, aws_s3 as s3, aws_s3_notifications as s3n, aws_sns as sns, aws_sns_subscriptions as subs, aws_sqs as sqs
)
from aws_cdk import aws_stepfunctions_tasks as tasks
"""
WIRED_HEAD = HEAD.replace("import os\n", WIRING + "import os\n")
FUNCTION = 'Function(self, "Orders", handler="orders.handler", code=Code.from_asset("src"))'


def wired(statements, head=WIRED_HEAD):
    """The one function that statements construct as ``fn``, with the number of their first line."""
    call = f"fn = {FUNCTION}\n{textwrap.dedent(statements)}"
    return one(call, head=head).declared, head.count("\n") + 2


def plain(value):
    if value.unknown:
        return "?"
    found = value.value
    if isinstance(found, Reference):
        return f"{found.scope}:{found.name}"
    if isinstance(found, dict):
        return {name: plain(part) for name, part in found.items()}
    return tuple(plain(part) if isinstance(part, Value) else part for part in found) if type(found) is tuple else found


def told(statements, **options):
    """Kind, resource, line (of the statements) and settings of each event source."""
    declared, first = wired(statements, **options)
    assert declared.events.state is State.UNKNOWN  # there may always be more
    return [
        (
            event.kind,
            plain(event.resource),
            event.location.line - first + 1,
            {name: plain(value) for name, value in event.settings.items()},
        )
        for event in declared.events.value
    ]


AT = "infra/shop.py:"
EVENTS = [
    (
        """\
        queue = sqs.Queue(self, "Jobs")
        fn.add_event_source(sources.SqsEventSource(queue, batch_size=5, report_batch_item_failures=True))
        """,
        ("sqs", AT + "Jobs", 2, {"batch_size": 5, "response_types": ("ReportBatchItemFailures",), "fifo": False}),
    ),
    (
        """\
        self.queue = sqs.Queue(self, "Jobs", fifo=True)
        source = sources.SqsEventSource(queue=self.queue, report_batch_item_failures=False)
        fn.add_event_source(source)
        """,
        ("sqs", AT + "Jobs", 3, {"batch_size": 10, "fifo": True}),
    ),
    (
        """\
        queue = sqs.Queue(self, "Jobs", queue_name=name)
        fn.add_event_source_mapping("M", event_source_arn=queue.queue_arn, batch_size=size)
        """,
        ("sqs", AT + "Jobs", 2, {"batch_size": "?", "fifo": "?"}),
    ),
    (
        "fn.add_event_source(sources.SqsEventSource(sqs.Queue.from_queue_arn(self, 'Q', arn), **more))",
        (
            "sqs",
            "?",
            1,
            dict.fromkeys(
                (
                    "batch_size",
                    "bisect",
                    "enabled",
                    "retries",
                    "filters",
                    "on_failure",
                    "batching_window",
                    "response_types",
                    "fifo",
                ),
                "?",
            ),
        ),
    ),
    (
        """\
        table = dynamodb.Table(self, f"{name}-orders")
        fn.add_event_source(
            sources.DynamoEventSource(table, bisect_batch_on_error=True, retry_attempts=3, filters=[one])
        )
        """,
        ("dynamodb", AT + "*-orders", 2, {"filters": "?", "bisect": True, "retries": 3, "batch_size": 100}),
    ),
    (
        """\
        stream = kinesis.Stream(self, "Clicks")
        lambda_.EventSourceMapping(self, "M", target=fn, event_source_arn=stream.stream_arn, enabled=False)
        """,
        ("kinesis", AT + "Clicks", 2, {"enabled": False, "batch_size": 100}),
    ),
    (
        """\
        bucket = s3.Bucket(self, "Files")
        bucket.add_event_notification(
            s3.EventType.OBJECT_CREATED_PUT, s3n.LambdaDestination(fn), s3.NotificationKeyFilter(prefix="in/", suffix=end)
        )
        """,
        ("s3", AT + "Files", 2, {"events": ("s3:ObjectCreated:Put",), "prefix": "in/", "suffix": "?"}),
    ),
    (
        """\
        bucket = s3.Bucket(self, "Files")
        bucket.add_object_removed_notification(s3n.LambdaDestination(fn))
        """,
        ("s3", AT + "Files", 2, {"events": ("s3:ObjectRemoved:*",)}),
    ),
    (
        "files.add_event_notification(s3.EventType.of(name), s3n.LambdaDestination(fn), rest)",
        ("s3", "?", 1, {"events": "?", "prefix": "?"}),
    ),
    (
        """\
        bucket = s3.Bucket(self, "Files")
        only = [s3.NotificationKeyFilter(suffix=".csv")]
        fn.add_event_source(sources.S3EventSource(bucket, events=[s3.EventType.OBJECT_CREATED], filters=only))
        """,
        ("s3", AT + "Files", 3, {"events": ("s3:ObjectCreated:*",), "suffix": ".csv"}),
    ),
    (
        """\
        bucket = s3.Bucket(self, "Files")
        fn.add_event_source(sources.S3EventSource(bucket, events=[s3.EventType.OBJECT_CREATED], filters=only))
        """,
        ("s3", AT + "Files", 2, {"events": ("s3:ObjectCreated:*",), "prefix": "?"}),
    ),
    (
        """\
        topic = sns.Topic(self, "News")
        topic.add_subscription(subs.LambdaSubscription(fn))
        """,
        ("sns", AT + "News", 2, {}),
    ),
    (
        """\
        topic = sns.Topic(self, "News")
        topic.add_subscription(subs.LambdaSubscription(fn, filter_policy={"kind": kinds}))
        """,
        ("sns", AT + "News", 2, {"filters": "?"}),
    ),
    (
        """\
        topic = sns.Topic(self, "News")
        fn.add_event_source(sources.SnsEventSource(topic))
        """,
        ("sns", AT + "News", 2, {}),
    ),
    (
        """\
        rule = events.Rule(self, "Nightly", schedule=events.Schedule.expression("rate(1 day)"))
        rule.add_target(targets.LambdaFunction(fn))
        """,
        ("schedule", None, 2, {}),
    ),
    (
        """\
        bus = events.EventBus(self, "Bus")
        given = events.EventPattern(source=["shop"], detail_type=["order", "refund"], detail={"state": ["open"]})
        events.Rule(self, "R", event_bus=bus, event_pattern=given, targets=[targets.LambdaFunction(handler=fn)])
        """,
        (
            "eventbridge",
            None,
            3,
            {
                "pattern": {"source": ("shop",), "detail-type": ("order", "refund"), "detail": "?"},
                "bus": AT + "Bus",
            },
        ),
    ),
    (
        """\
        rule = events.Rule(self, "R", event_pattern=events.EventPattern(source=["shop"]), enabled=False)
        rule.add_event_pattern(detail={"state": ["open"]})
        rule.add_target(targets.LambdaFunction(fn))
        """,
        ("eventbridge", None, 3, {"enabled": False, "pattern": "?"}),
    ),
    ('api.LambdaRestApi(self, "Api", handler=fn)', ("api", None, 1, {})),
    ("orders.add_method('GET', api.LambdaIntegration(fn, proxy=True))", ("api", None, 1, {})),
    ("orders.add_method('GET', api.LambdaIntegration(fn, proxy=False))", ("api", None, 1, {"integration": "?"})),
    ("http.HttpLambdaIntegration('Orders', fn)", ("http", None, 1, {})),
    ("tasks.LambdaInvoke(self, 'Step', lambda_function=fn)", ("step-functions", None, 1, {})),
    ("outcomes.LambdaDestination(fn)", ("async", None, 1, {})),
    ("fn.add_function_url()", ("function-url", None, 1, {})),
]


@pytest.mark.parametrize(("statements", "event"), EVENTS)
def test_wired_events(statements, event):
    assert told(statements) == [event]


def test_events_among_the_arguments_of_a_function():
    call = 'queue = sqs.Queue(self, "Jobs")\n' + FUNCTION[:-1] + ", events=[sources.SqsEventSource(queue)])"
    (event,) = one(call, head=WIRED_HEAD).declared.events.value
    assert (event.kind, event.resource.value.name, event.location.line) == ("sqs", "Jobs", WIRED_HEAD.count("\n") + 2)


NOT_WIRED = [
    "other.add_event_source(sources.SqsEventSource(sqs.Queue(self, 'Jobs')))",
    "fn.add_event_source(make_source())",
    "fn.add_event_source(sources.SqsDlq(queue))",
    "fn.add_event_source_mapping('M', event_source_arn=arn)",
    "topic.add_subscription(subs.SqsSubscription(queue))",
    "rule.add_target(targets.LambdaFunction(fn))",  # of which nobody knows whether it is a schedule
    "events.Rule(self, 'R', targets=[targets.LambdaFunction(fn)], **more)",
    "events.Rule(self, 'R', schedule=hourly, targets=[targets.LambdaFunction(fn)], **more)",
    "fn = other\nfn.add_event_source(sources.SqsEventSource(sqs.Queue(self, 'Jobs')))",  # bound twice
    "self.fn.add_event_source(sources.SqsEventSource(sqs.Queue(self, 'Jobs')))",
]


@pytest.mark.parametrize("statements", NOT_WIRED)
def test_what_cannot_be_told_is_not_wired(statements):
    assert told(statements) == []


def test_attributes_of_a_stack_are_known_in_its_other_methods():
    head = WIRED_HEAD.replace(
        "**kwargs):",
        "**kwargs):\n        self.queue = sqs.Queue(self, 'Jobs')\n        self.fn = "
        + FUNCTION
        + "\n\n    def wire(self):",
    ).replace("        super().__init__(scope, construct_id, **kwargs)\n", "")
    (function,) = [
        item
        for item in constructed("self.fn.add_event_source(sources.SqsEventSource(self.queue))", head=head)
        if item.origin == "cdk"
    ]
    (event,) = function.events
    assert (event.kind, event.resource.value, event.location.line) == (
        "sqs",
        Reference("infra/shop.py", "Jobs"),
        head.count("\n") + 1,
    )


def test_each_function_has_its_own_events_and_resources():
    call = f"""\
for name in names:
    first = {FUNCTION}
    first.add_event_source(sources.SqsEventSource(sqs.Queue(self, "Jobs")))
second = {FUNCTION.replace('"Orders"', '"Other"')}
second.add_event_source(sources.SqsEventSource(sqs.Queue(second, "Jobs")))
"""
    found = [item for item in constructed(call, head=WIRED_HEAD) if item.origin == "cdk"]
    assert {item.name: [event.resource.value.name for event in item.events] for item in found} == {
        "Orders": ["Jobs"],
        "Other": ["Jobs (2)"],
    }


VARIABLES = [
    ('fn.add_environment("STAGE", "live")', {"STAGE": "live"}),
    ('fn.add_environment(key="STAGE", value=stage)', {"STAGE": "?"}),
    ('table = dynamodb.Table(self, "T")\nfn.add_environment("TABLE", table.table_name)', {"TABLE": AT + "T"}),
    ('arn = sns.Topic(self, "T").topic_arn\nfn.add_environment("TOPIC", arn)', {"TOPIC": AT + "T"}),
    ('fn.add_environment("SITE", s3.Bucket(self, "B").bucket_website_url)', {"SITE": "?"}),
    ('fn.add_environment("MYSELF", fn.function_name)', {"MYSELF": AT + "Orders"}),
    ('fn.add_environment("SIZE", 3)', {"SIZE": "?"}),
    ('fn.add_environment("A", "1")\nfn.add_environment("A", "2")', {"A": "?"}),
    ('fn.add_environment(name, "1")', {}),
    ('other.add_environment("A", "1")', {}),
]


@pytest.mark.parametrize(("statements", "variables"), VARIABLES)
def test_wired_variables(statements, variables):
    declared, first = wired(statements)
    assert declared.environment.state is State.UNKNOWN
    assert {name: plain(value) for name, value in declared.environment.value.items()} == variables
    last = first + statements.count("\n")
    assert {value.location.line for value in declared.environment.value.values()} == ({last} if variables else set())


def test_a_name_that_two_functions_have_refers_to_neither():
    call = f'fn = {FUNCTION}\nfn.add_environment("NEXT", fn.function_name)\nPair(self, {FUNCTION.replace("self", "other")})'
    found = [item for item in constructed(call, head=WIRED_HEAD) if item.origin == "cdk"]
    assert [item.name for item in found] == ["Orders", "Orders"]
    assert [{name: plain(value) for name, value in item.variables.items()} for item in found] == [{"NEXT": "?"}, {}]


def test_log_format_and_level():
    found = one(
        'Function(self, "Orders", handler="orders.handler", runtime=Runtime.PYTHON_3_13, code=Code.from_asset("src"),\n'
        "    logging_format=lambda_.LoggingFormat.JSON,\n"
        "    application_log_level_v2=lambda_.ApplicationLogLevel.DEBUG)\n"
    ).declared
    assert found.setting("log_format").value == "JSON"
    assert found.setting("log_level").value == "DEBUG"
