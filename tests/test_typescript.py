"""Functions in Python that CDK programs in TypeScript and JavaScript construct."""

import textwrap

import pytest

from lambdalint.functions import typescript
from lambdalint.model import State
from lambdalint.templates.values import Reference
from tests.test_constructs import PLAIN
from tests.trees import functions_of

HEAD = """\
import * as cdk from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sources from "aws-cdk-lib/aws-lambda-event-sources";
import { aws_lambda, aws_sqs as sqs, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from '@aws-cdk/aws-lambda';
import { PythonFunction } from '@aws-cdk/aws-lambda-python-alpha';
import { LambdaFunction as Target } from 'aws-cdk-lib/aws-events-targets';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { LambdaToS3 } from '@aws-solutions-constructs/aws-lambda-s3';
import path from 'path';
import { join, resolve } from 'node:path';
import fs = require('fs');
import { HANDLER as OTHER } from './names';

const HANDLER = 'orders.handler';
const ROOT = `${__dirname}/..`;

export class Shop extends Stack {
  private readonly queue = new sqs.Queue(this, 'Jobs');
  private orders: lambda.Function;

  constructor(scope: Construct, id: string, props?: Props) {
    super(scope, id, props);
"""
LINE = HEAD.count("\n") + 1
PYTHON = "runtime: lambda.Runtime.PYTHON_3_12"


def constructed(statements, more=None, *, where="infra/lib/shop.ts", head=HEAD):
    """The functions that statements in the constructor of a stack construct."""
    files = {
        "infra/cdk.json": '{"app": "npx ts-node bin/shop.ts"}',
        "src/orders.py": PLAIN,
        "infra/lib/fn/index.py": PLAIN,
        where: f"{head}{textwrap.indent(textwrap.dedent(statements), ' ' * 4)}\n  }}\n}}\n",
    }
    return [item for item in functions_of(files | (more or {})) if item.origin == "cdk"]


def one(statements, more=None, **options):
    (found,) = constructed(statements, more, **options)
    return found


SAMPLE = """\
this.orders = new lambda.Function(this, 'Orders', {
  runtime: lambda.Runtime.PYTHON_3_12,
  handler: 'orders.handler',
  code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'src')),
  architecture: lambda.Architecture.ARM_64,
  timeout: Duration.minutes(2),
  memorySize: 1_024,
  functionName: 'orders',
  tracing: lambda.Tracing.ACTIVE,
  environment: { REGION: 'eu', ...props.variables, STAGE: 'live', QUEUE_URL: this.queue.queueUrl },
});
"""


def test_the_arguments_of_a_function():
    function = one(SAMPLE)
    declared = function.declared
    assert (function.name, function.origin, function.handler) == ("Orders", "cdk", "orders.handler")
    assert (function.path, function.line, function.qualname) == ("src/orders.py", 1, "handler")
    assert function.reason == "CDK program infra/lib/shop.ts declares it"
    assert (declared.location.path, declared.location.line, declared.location.column) == ("infra/lib/shop.ts", LINE, 19)
    told = {name: getattr(declared, name) for name in ("code_root", "runtime", "architecture", "timeout", "memory")}
    assert {name: value.value for name, value in told.items()} == {
        "code_root": "src",
        "runtime": "python3.12",
        "architecture": "arm64",
        "timeout": 120,
        "memory": 1024,
    }
    assert {value.location.line for value in told.values()} == {LINE}
    assert declared.setting("function_name").value == "orders"
    assert declared.setting("tracing").value == "Active"


def test_variables_and_events_may_be_added_elsewhere():
    declared = one(SAMPLE).declared
    assert declared.environment.state is State.UNKNOWN
    assert {name: value.value for name, value in declared.environment.value.items()} == {
        "REGION": None,  # what is spread after it may replace it
        "STAGE": "live",
        "QUEUE_URL": Reference("infra/lib/shop.ts", "Jobs"),
    }
    assert (declared.events.state, declared.events.value) == (State.UNKNOWN, ())
    assert declared.setting("role").reason == "the program may set it in other calls"


REST = f"handler: 'orders.handler', code: lambda.Code.fromAsset(`${{__dirname}}/../../src`), {PYTHON} }}"
SPELLINGS = [
    f"new lambda.Function(this, 'F', {{ {REST});",
    f"const fn = new aws_lambda.Function(this, 'F', {{ {REST});",
    f"return new cdk.aws_lambda.SingletonFunction(this, 'F', {{ {REST});",
    f"names.forEach((name: string) => {{ new LambdaFunction(this, 'F', {{ {REST}); }});",
    f"const given = {{ {REST};\nnew lambda.Function(this, 'F', given);",
    f"const common = {{ {PYTHON}, code: Code.asset('../src') }};\nnew lambda.Function(this, 'F', {{ ...common, handler: HANDLER }} as P);",
    f"const handler = 'orders.handler';\nnew lambda.Function(this, 'F', {{ handler, code: Code.fromAsset('../src'), {PYTHON} }});",
    f"new lambda.Function(this, 'F', {{ handler: (HANDLER)!, code: new lambda.AssetCode('../src'), {PYTHON} }});",
    f"new lambda.Function(this, 'F', {{ 'handler': `${{'orders'}}.handler`, code: Code.fromAsset(ROOT + '/../src'), {PYTHON} }});",
    f"new PythonFunction(this, 'F', {{ entry: '../src', index: 'orders.py', {PYTHON} }});",
    f"new LambdaToS3(this, 'F', {{ lambdaFunctionProps: {{ {REST} }});",
    f"new Wrapped(this, 'F', {{ {REST});",
    "new lambda.DockerImageFunction(this, 'F', { code: lambda.DockerImageCode.fromImageAsset('../src', { cmd: [HANDLER] }) });",
    # The runtime is open, and the handler's file is in Python.
    "new lambda.Function(this, 'F', { handler: 'orders.handler', code: Code.fromAsset('../src'), runtime: props.runtime });",
    f"new lambda.Function(this, 'F', {{ handler: props.handler ?? 'orders.handler', code: Code.fromAsset('../src'), {PYTHON} }});",
    f"new lambda.Function(this, 'F', {{ handler: 'orders.handler', code: bundled(path.join(ROOT, '../src')), {PYTHON} }});",
]


@pytest.mark.parametrize("statements", SPELLINGS)
def test_spellings_of_one_function(statements):
    function = one(statements)
    assert (function.name, function.path, function.line) == ("F", "src/orders.py", 1)


PATHS = [
    "path.join(__dirname, 'fn')",
    "join(__dirname, 'fn')",
    "path.resolve(__dirname, 'fn')",
    "resolve(__dirname, '..', 'lib/fn')",
    "path.normalize(`${__dirname}/fn`)",
    "__dirname + '/fn'",
    "`${__dirname}/fn/`",
    "`${ROOT}/lib/fn`",
    "'lib/fn'",
    "'./lib/' + 'fn'",
    "path.join(process.cwd(), 'lib', 'fn')",
]


@pytest.mark.parametrize("written", PATHS)
def test_paths_of_assets(written):
    function = one(
        f"new lambda.Function(this, 'F', {{ handler: 'index.handler', code: Code.fromAsset({written}), {PYTHON} }});"
    )
    assert (function.path, function.declared.code_root.value) == ("infra/lib/fn/index.py", "infra/lib/fn")


def test_a_program_without_cdk_json_counts_from_its_package():
    call = f"new lambda.Function(this, 'F', {{ handler: 'index.handler', code: Code.fromAsset('fn'), {PYTHON} }});"
    files = {"tool/package.json": "{}", "tool/fn/index.py": PLAIN}
    assert one(call, files, where="tool/src/shop.ts").path == "tool/fn/index.py"


COMPUTED = [
    ("handler: props.handler, code: Code.fromAsset('../src')", "handler", "handler: the program computes it"),
    ("handler: OTHER, code: Code.fromAsset('../src')", "handler", "handler: the program computes it"),
    ("handler: 'a.b', code: Code.fromAsset(props.code)", "code_root", "the code's place: the program computes it"),
    ("handler: 'a.b', code: Code.fromAsset('nowhere')", "code_root", "nowhere is not in the repository"),
    ("handler: 'a.b', code: Code.fromBucket(b, 'k')", "code_root", "the code comes from Code.from_bucket"),
    ("handler: 'a.b', code: props.code", "code_root", "code: the program computes it"),
    ("handler: 'a.b', code: Code.fromInline('x = 1')", "code_root", "inline code in the program"),
    ("handler: 'a.b', timeout: Duration.seconds(props.seconds)", "timeout", "timeout: the program computes it"),
    ("handler: 'a.b', timeout: Duration.seconds(3), ...props.more", "timeout", "timeout: the program computes it"),
    ("handler: 'a.b', ...props.more", "memory", "memory_size may be among the arguments that are handed on"),
    ("handler: 'a.b', memorySize: big ? 256 : 512", "memory", "memory_size: the program computes it"),
    ("handler: 'a.b', layers: [layer]", "layers", "layers are objects of the program"),
]


@pytest.mark.parametrize(("arguments", "field", "reason"), COMPUTED)
def test_what_is_computed_is_unknown(arguments, field, reason):
    function = one(f"new lambda.Function(this, 'F', {{ {PYTHON}, {arguments} }});")
    value = getattr(function.declared, field)
    assert (value.state, value.reason, value.location.line) == (State.UNKNOWN, reason, LINE)
    assert (function.path, function.fault) == (None, "")


def test_what_may_be_replaced_by_what_is_spread_later_is_likely():
    call = f"new lambda.Function(this, 'F', {{ handler: 'orders.handel', code: Code.fromAsset('../src'), {PYTHON}, ...given }});"
    function = one(call)
    assert (function.handler, function.declared.code_root.value) == ("orders.handel", "src")
    assert "build_method" in function.declared.settings
    assert one(call.replace("handel", "handler")).path == "src/orders.py"


def test_a_runtime_that_may_be_replaced_tells_the_language():
    for runtime, count in (("PYTHON_3_12", 1), ("NODEJS_20_X", 0)):
        call = f"""\
        new lambda.Function(this, 'F', {{
          runtime: props.runtime ?? Runtime.{runtime}, handler: 'orders.handel', code: Code.fromAsset('../src') }});
        """
        found = constructed(call)
        assert [item.declared.runtime.state for item in found] == [State.UNKNOWN] * count
        assert [item.fault for item in found] == [""] * count


def test_a_name_that_is_bound_twice_is_computed():
    call = "let name = 'orders.handler';\nif (id) { name = 'other.handler'; }\n"
    call += f"new lambda.Function(this, 'F', {{ handler: name, code: Code.fromAsset('../src'), {PYTHON} }});"
    assert one(call).declared.handler.state is State.UNKNOWN


OTHERS = [
    # functions in other languages
    "new lambda.Function(this, 'F', { handler: 'orders.handler', code: Code.fromAsset('../src'), runtime: Runtime.NODEJS_20_X });",
    "new lambda.Function(this, 'F', { handler: 'orders.handler', code: Code.fromAsset('../src'), runtime: Runtime.PROVIDED_AL2023 });",
    "new NodejsFunction(this, 'F', { entry: 'src/orders.ts', handler: 'handler', runtime: Runtime.NODEJS_20_X });",
    # the runtime is open, and no such file is in Python
    "new lambda.Function(this, 'F', { handler: 'order.handler', code: Code.fromAsset('../src'), runtime: props.runtime });",
    "new lambda.Function(this, 'F', { handler: 'index.handler', code: props.code, runtime: props.runtime });",
    # no functions
    "new other.Function(this, 'F', { name: 'orders.handler' });",
    f"lambda.Function.fromFunctionArn(this, 'F', '{PYTHON}');",
    f"const route = {{ handler: 'orders.handler', {PYTHON} }};",
    "const action = { handler: 'orders.missing', code: 404 };",
]


@pytest.mark.parametrize("statements", OTHERS)
def test_other_constructs_are_left_out(statements):
    assert constructed(statements) == []


def test_synthesised_stacks_are_read_instead():
    stack = '{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "orders.handler"}}}}'
    found = constructed(SAMPLE, {"infra/cdk.out/Shop.template.json": stack})
    assert [item.declared_at.path for item in found] == ["infra/cdk.out/Shop.template.json"]


def test_javascript():
    head = """\
const lambda = require('aws-cdk-lib/aws-lambda');
const { Duration, Stack: Base } = require('aws-cdk-lib');
const path = require('path');

class Shop extends Base {
  constructor(scope, id, props) {
    super(scope, id, props);
"""
    call = """\
new lambda.Function(this, 'F', {
  runtime: lambda.Runtime.PYTHON_3_12,
  handler: 'orders.handler',
  code: lambda.Code.fromAsset(path.join(__dirname, '../../src')),
  timeout: Duration.seconds(5 * 60 + 1),
});
"""
    function = one(call, where="infra/lib/shop.js", head=head)
    assert (function.path, function.declared.timeout.value) == ("src/orders.py", 301)


def test_inline_code_that_is_read_from_a_file():
    call = f"""\
    new lambda.Function(this, 'F', {{
      handler: 'index.handler', {PYTHON}, code: Code.fromInline(fs.readFileSync('../src/orders.py', {{ encoding: 'utf-8' }})),
    }});
    """
    assert one(call).path == "src/orders.py"


def test_an_archive_of_a_bucket_is_named_like_what_it_was_made_of():
    call = f"""\
    new lambda.Function(this, 'F', {{
      handler: 'main.handler', {PYTHON}, code: getCode(bucket, props.version, 'billing.zip'),
    }});
    """
    files = {"infra/one/billing/main.py": PLAIN, "infra/one/mails/main.py": PLAIN}
    assert one(call, files).path == "infra/one/billing/main.py"


def test_a_handler_that_is_not_in_its_directory():
    for handler, fault in (("order.handler", "module"), ("orders.handel", "attribute"), ("orders", "malformed")):
        call = f"new lambda.Function(this, 'F', {{ handler: '{handler}', code: Code.fromAsset('../src'), {PYTHON} }});"
        function = one(call)
        assert (function.path, function.fault, function.excuse) == (None, fault, "")


@pytest.mark.parametrize("options", ["{ bundling: { image } }", "bundler.options(this)", "{ ...given }", "options"])
def test_what_is_bundled_may_hold_more(options):
    call = f"""\
    new lambda.Function(this, 'F', {{
      handler: 'made.handler', {PYTHON}, code: Code.fromAsset('../src', {options}) }});
    """
    function = one(call)
    assert (function.fault, function.excuse) == ("module", "build")


EVENTS = [
    (
        """\
        this.orders.addEventSource(
          new sources.SqsEventSource(this.queue, { batchSize: 5, reportBatchItemFailures: true }));
        """,
        ("sqs", "Jobs", 1, {"batch_size": 5, "response_types": ("ReportBatchItemFailures",), "fifo": False}),
    ),
    (
        "new lambda.EventSourceMapping(this, 'M', { target: this.orders, eventSourceArn: this.queue.queueArn });",
        ("sqs", "Jobs", 1, {"batch_size": 10, "fifo": False}),
    ),
    (
        """\
        const bucket = new s3.Bucket(this, 'Files');
        const to = new LambdaDestination(this.orders);
        bucket.addEventNotification(s3.EventType.OBJECT_CREATED_PUT, to, { prefix: 'in/' }, { suffix: '.csv' });
        """,
        ("s3", "Files", 3, {"events": ("s3:ObjectCreated:Put",), "prefix": "in/", "suffix": ".csv"}),
    ),
    (
        """\
        const bucket = new s3.Bucket(this, 'Files');
        this.orders.addEventSource(
          new sources.S3EventSource(bucket, { events: [s3.EventType.OBJECT_REMOVED], filters: [{ prefix: 'in/' }] }));
        """,
        ("s3", "Files", 2, {"events": ("s3:ObjectRemoved:*",), "prefix": "in/"}),
    ),
    (
        """\
        new cdk.aws_events.Rule(this, 'R', {
          eventPattern: { source: ['shop'], detailType: ['Paid'] }, targets: [new Target(this.orders)] });
        """,
        ("eventbridge", None, 1, {"pattern": {"source": ("shop",), "detail-type": ("Paid",)}}),
    ),
    (
        """\
        const rule = new cdk.aws_events.Rule(this, 'R', { schedule: cdk.aws_events.Schedule.rate(Duration.hours(1)) });
        rule.addTarget(new Target(this.orders));
        """,
        ("schedule", None, 2, {}),
    ),
]


def plain(value):
    found = value.value
    if isinstance(found, dict):
        return {name: plain(part) for name, part in found.items()}
    return tuple(getattr(part, "value", part) for part in found) if isinstance(found, tuple) else found


@pytest.mark.parametrize(("statements", "event"), EVENTS)
def test_what_is_wired_to_a_function(statements, event):
    events = one(SAMPLE + textwrap.dedent(statements)).declared.events
    assert events.state is State.UNKNOWN  # there may always be more
    (found,) = events.value
    kind, resource, line, settings = event
    assert (found.kind, found.location.path) == (kind, "infra/lib/shop.ts")
    assert found.location.line == LINE + SAMPLE.count("\n") + line - 1
    assert found.resource.value == (Reference("infra/lib/shop.ts", resource) if resource else None)
    assert {name: plain(value) for name, value in found.settings.items()} == settings


def test_other_functions_are_not_wired():
    more = f"const other = new lambda.Function(this, 'Other', {{ {REST});\n"
    found = constructed(SAMPLE + more + "other.addEventSource(new sources.SqsEventSource(this.queue));")
    assert {item.name: len(item.declared.events.value) for item in found} == {"Orders": 0, "Other": 1}


NAMES = [
    ("fromAsset", "from_asset"),
    ("memorySize", "memory_size"),
    ("eventSourceArn", "event_source_arn"),
    ("handler", "handler"),
    ("PYTHON_3_12", "PYTHON_3_12"),
    ("SqsEventSource", "SqsEventSource"),
    ("__dirname", "__dirname"),
]


@pytest.mark.parametrize(("written", "name"), NAMES)
def test_names_as_in_python(written, name):
    assert typescript.snake(written) == name


HOSTILE = [
    b"",
    b"\xff\xfe\0",
    b"new lambda.Function(this, 'F', {" * 2_000,
    b"const a = " + b"(" * 5_000 + b"1" + b")" * 5_000,
    b"const a = " + b"[" * 5_000,
    b"const a = " + b"1 + " * 20_000 + b"1;",
    b"const a = " + b"a ? b : " * 5_000 + b"c;",
    b"class A { b = class " * 2_000,
    b"const a = b; const b = a; new lambda.Function(this, a, { ...a, handler: `${a}`, code: a + b });",
    b"const a = { ...a, handler: a, code: a };",
    b"const a = `" + b"${a}" * 2_000 + b"`;",
    b"function f(" * 3_000,
    b"import {" * 2_000,
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_any_bytes_are_read(data):
    assert typescript.read("x.ts", data).skeleton.path == "x.ts"


def test_objects_that_double_are_not_written_out():
    lines = [b"const a0 = { k: 1 };"]
    lines += [
        b"const a%d = { ...a%d, l: { ...a%d }, r: { ...a%d } };" % (number, number - 1, number - 1, number - 1)
        for number in range(1, 60)
    ]
    skeleton = typescript.read("x.ts", b"\n".join(lines)).skeleton
    assert len(skeleton.bindings) == 60
    assert skeleton.bindings["a59"] == (("", None),)
    assert hash(tuple(skeleton.bindings.items()))


def test_texts_that_double_are_not_written_out():
    lines = [b"const a0 = 'xxxxxxxxxxxxxxxx';"]
    lines += [b"const a%d = `${a%d}${a%d}`;" % (number, number - 1, number - 1) for number in range(1, 60)]
    bindings = typescript.read("x.ts", b"\n".join(lines)).skeleton.bindings
    assert max(len(str(bound)) for bound in bindings.values()) < 100_000
