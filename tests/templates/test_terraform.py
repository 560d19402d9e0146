"""Terraform: each value with its file and line."""

import json

import pytest

from lambdalint.model import ABSENT, Location, State
from lambdalint.templates.values import Reference


def kinds(function):
    return [(event.kind, event.location.line) for event in function.events.value]


def test_one_function_for_each_element(functions, at):
    found = functions("terraform")
    mail = found['aws_lambda_function.worker["send-mail"]']
    assert mail.origin == "terraform"
    assert mail.location == Location("main.tf", 19, 1)
    assert at(mail.handler) == ("send_mail.handler", 23)
    assert at(mail.code_root) == ("src/send_mail", 15)
    assert at(mail.runtime) == ("python3.12", 24)
    assert at(mail.timeout) == (60, 25)
    assert at(mail.memory) == (256, 26)
    assert at(mail.architecture) == ("arm64", 27)
    assert at(mail.settings["function_name"]) == ("shop-send-mail", 21)
    assert at(mail.settings["role"]) == (Reference(".", "aws_iam_role.worker", "arn"), 28)
    resize = found['aws_lambda_function.worker["resize-image"]']
    assert at(resize.handler) == ("resize_image.handler", 23)
    assert at(resize.code_root) == ("src/resize_image", 15)


def test_an_environment_that_is_merged(functions, at):
    variables = functions("terraform")['aws_lambda_function.worker["send-mail"]'].environment
    assert at(variables) == (
        {
            "LEVEL": ("INFO", 3),
            "QUEUE_URL": (Reference(".", "aws_sqs_queue.jobs", "url"), 32),
            "BUCKET": (Reference(".", "aws_s3_bucket.data", "bucket"), 33),
        },
        31,
    )


def test_events_of_other_resources(functions, at):
    found = functions("terraform")
    (queue,) = found['aws_lambda_function.worker["send-mail"]'].events.value
    assert (queue.kind, queue.location.line) == ("sqs", 47)
    assert at(queue.resource) == (Reference(".", "aws_sqs_queue.jobs", "arn"), 48)
    assert at(queue.setting("batch_size")) == (5, 50)
    assert at(queue.setting("response_types")) == (("ReportBatchItemFailures",), 51)
    assert at(queue.setting("filters")) == (('{"body": {}}',), 53)
    assert at(queue.setting("fifo")) == (True, 40)
    (bucket,) = found['aws_lambda_function.worker["resize-image"]'].events.value
    assert (bucket.kind, bucket.location.line) == ("s3", 61)
    assert at(bucket.resource) == (Reference(".", "aws_s3_bucket.data", "id"), 60)
    assert at(bucket.setting("events")) == (("s3:ObjectCreated:*",), 63)
    assert at(bucket.setting("prefix")) == ("in/", 64)


def test_modules_are_evaluated_once_for_each_call(functions, at):
    found = functions("terraform")
    one = found["module.one.aws_lambda_function.this"]
    assert one.location == Location("modules/worker/main.tf", 11, 1)
    assert at(one.handler) == ("one.handler", 14)
    assert at(one.code_root) == ("src/one", 7)
    assert (one.environment.state, one.environment.reason) == (State.UNKNOWN, "variable extra has no default")
    assert list(one.environment.value) == ["NAME"]
    two = found['module.many["two"].aws_lambda_function.this']
    assert at(two.handler) == ("two.handler", 14)
    assert at(two.code_root) == ("src/two", 7)
    assert at(two.environment) == ({"NAME": ("two", 20)}, 20)


def test_a_target_that_goes_through_an_output(functions, at):
    one = functions("terraform")["module.one.aws_lambda_function.this"]
    assert kinds(one) == [("schedule", 147)]
    assert at(one.events.value[0].setting("schedule")) == ("rate(1 day)", 144)


def test_the_public_module(functions, at):
    public = functions("terraform")["module.public"]
    assert public.location == Location("main.tf", 89, 1)
    assert at(public.handler) == ("public.handler", 93)
    assert at(public.runtime) == ("python3.13", 94)
    assert at(public.code_root) == ("src/public", 96)
    assert at(public.environment) == ({"A": ("1", 98)}, 98)
    assert kinds(public) == [("sqs", 100), ("api", 106)]
    assert at(public.events.value[0].setting("batch_size")) == (1, 102)
    assert at(public.events.value[0].setting("fifo")) == (True, 40)


def test_packages_that_are_built_or_elsewhere(functions):
    found = functions("terraform")
    built = found["aws_lambda_function.built"].code_root
    assert (built.state, built.reason, built.location.line) == (
        State.UNKNOWN,
        "dist/built.zip is built before deployment",
        112,
    )
    elsewhere = found["aws_lambda_function.elsewhere"].code_root
    assert (elsewhere.state, elsewhere.reason, elsewhere.location.line) == (
        State.UNKNOWN,
        "the code is in S3, under elsewhere/1.zip",
        138,
    )


def test_an_object_that_the_configuration_uploads(functions, at):
    found = functions("terraform")
    assert at(found["aws_lambda_function.stored[0]"].code_root) == ("src/send_mail", 15)
    assert at(found["aws_lambda_function.stored[1]"].settings["function_name"]) == ("stored-1", 128)


def test_an_environment_of_a_variable_is_unknown(functions):
    built = functions("terraform")["aws_lambda_function.built"]
    assert (built.environment.state, built.environment.location.line) == (State.UNKNOWN, 116)


FUNCTION = 'resource "aws_lambda_function" "f" {{\n  handler = {}\n}}\n'

DECIDED = [
    ('"a.b"', "a.b"),
    ('"${local.name}.h"', "app.h"),
    ('"${var.name}.h"', "app.h"),
    ("local.table[local.name].handler", "app.handler"),
    ('local.table["app"]["handler"]', "app.handler"),
    ("local.list[0]", "first"),
    ("local.list.1", "second"),
    ("element(local.list, 3)", "second"),
    ('join(".", local.list)', "first.second"),
    ('join("-", [for s in local.list : upper(s) if s != "first"])', "SECOND"),
    ('{ for k, v in local.table : v.handler => k }["app.handler"]', "app"),
    ('format("%s.%s", local.name, "h")', "app.h"),
    ('format("%03d", 7)', "007"),
    ('replace("a-b", "-", "_")', "a_b"),
    ('replace("a1b2", "/[0-9]/", "x")', "axbx"),
    ('lower("ABC")', "abc"),
    ('title("hello world")', "Hello World"),
    ('trimsuffix("a.py", ".py")', "a"),
    ('basename("x/y/z.py")', "z.py"),
    ('split("/", "a/b")[1]', "b"),
    ('lookup(local.table, "none", { handler = "default" }).handler', "default"),
    ('try(local.table.none.handler, "fallback")', "fallback"),
    ('coalesce(null, "", "third")', "third"),
    ('merge({ a = "1" }, { a = "2" }).a', "2"),
    ('length(local.list) == 2 ? "two" : "other"', "two"),
    ('local.flag ? "yes" : "no"', "yes"),
    ('!local.flag || var.name == "app" ? "yes" : "no"', "yes"),
    ("keys({ z = 1, y = 2 })[0]", "y"),
    ('values({ z = "last", y = "first" })[0]', "first"),
    ('concat(local.list, ["x"])[2]', "x"),
    ('flatten([["a"], [["b"]]])[1]', "b"),
    ('toset(["b", "a", "b"])[0]', "a"),
    ('contains(local.list, "first") ? "in" : "out"', "in"),
    ('zipmap(["k"], ["v"]).k', "v"),
    ('one(["only"])', "only"),
    ('jsondecode("{\\"k\\": \\"v\\"}").k', "v"),
    ('jsondecode(file("data.json")).k', "from file"),
    ('yamldecode(file("${path.module}/data.yml")).k', "from yaml"),
    ("tostring(3 * 4 + 1)", "13"),
    ('"${path.module}/x"', "./x"),
    ('substr("abcdef", 1, 3)', "bcd"),
    ('setproduct(["a"], ["b", "c"])[1][1]', "c"),
    ('range(3)[2] == 2 ? "ok" : "no"', "ok"),
    ("var.json.handler", "object"),
    ("<<-EOT\n    text\n  EOT", "    text"),
    ('"a\\tb\\u00e9$${x}"', "a\tbé${x}"),
    ("var.set", "from tfvars"),
]
OPEN = [
    ("var.open", "variable open has no default"),
    ("var.undeclared", "variable undeclared is not declared"),
    ('"${var.open}.h"', "variable open has no default"),
    ("aws_s3_bucket.b.id", "handler depends on aws_s3_bucket.b.id"),
    ("data.aws_region.x.name", "handler depends on data.aws_region.x.name"),
    ("local.round", "local.round refers to itself"),
    ("local.missing", "local missing is not declared"),
    ("local.list[9]", "an index beyond the list"),
    ("local.table.nothing", "there is no nothing"),
    ("each.value", "each.value is decided at deployment"),
    ("terraform.workspace", "terraform.workspace is decided at deployment"),
    ("timestamp()", "timestamp() is decided at deployment"),
    ('file("secret.txt")', "the contents of secret.txt"),
    ('file("/etc/passwd")', "path /etc/passwd is absolute"),
    ('templatefile("../../x", {})', "a template file"),
    ('"%{ if true }a%{ endif }"', "a template directive decides the text"),
    ('var.open ? "a" : "b"', "depends on a condition: variable open has no default"),
    ('replace("aaaa", "/(a+)+$/", "x")', "replace() with arguments that do not fit"),
    ("[1]", "handler is not a string"),
    ("1 / 0", "division by zero"),
]
CONTEXT = """
variable "name" { default = "app" }
variable "open" {}
variable "set" {}
variable "json" { default = { handler = "object" } }
locals {
  name  = var.name
  list  = ["first", "second"]
  table = { app = { handler = "app.handler" } }
  flag  = true
  round = local.trip
  trip  = local.round
}
"""
FILES = {
    "context.tf": CONTEXT,
    "data.json": '{"k": "from file"}',
    "data.yml": "k: from yaml\n",
    "terraform.tfvars": 'set = "from tfvars"\n',
}


@pytest.mark.parametrize(("expression", "value"), DECIDED)
def test_expressions_that_the_configuration_decides(written, expression, value):
    (function,) = written({"main.tf": FUNCTION.format(expression), **FILES}).functions
    assert function.handler.state is State.KNOWN, function.handler
    assert function.handler.value == value


@pytest.mark.parametrize(("expression", "reason"), OPEN)
def test_expressions_that_the_deployment_decides(written, expression, reason):
    (function,) = written({"main.tf": FUNCTION.format(expression), **FILES}).functions
    assert (function.handler.state, function.handler.reason) == (State.UNKNOWN, reason)
    assert function.handler.location.path in {"main.tf", "context.tf"}


def test_null_is_absent(written):
    (function,) = written({"main.tf": FUNCTION.format("null")}).functions
    assert function.handler == ABSENT


COUNTS = [
    ("count = 0", []),
    ("count = var.off ? 1 : 0", ["aws_lambda_function.f"]),
    ("count = var.open", ["aws_lambda_function.f"]),
    ("count = 2", ["aws_lambda_function.f[0]", "aws_lambda_function.f[1]"]),
    ("for_each = var.open", ["aws_lambda_function.f"]),
    ("for_each = { a = 1 }", ['aws_lambda_function.f["a"]']),
    ('for_each = toset(["b", "a"])', ['aws_lambda_function.f["a"]', 'aws_lambda_function.f["b"]']),
    ('for_each = { for n in ["x", "y"] : n => upper(n) if n != "y" }', ['aws_lambda_function.f["x"]']),
]


@pytest.mark.parametrize(("repetition", "names"), COUNTS)
def test_instances(written, repetition, names):
    text = f'variable "off" {{ default = false }}\nvariable "open" {{}}\nresource "aws_lambda_function" "f" {{\n  {repetition}\n}}\n'
    assert [function.name for function in written({"main.tf": text}).functions] == names


def test_a_configuration_in_json(written, at):
    text = json.dumps(
        {
            "locals": {"name": "app"},
            "resource": {
                "aws_lambda_function": {
                    "f": {
                        "handler": "${local.name}.handler",
                        "runtime": "python3.12",
                        "memory_size": 256,
                        "environment": {"variables": {"QUEUE": "${aws_sqs_queue.q.url}"}},
                    }
                },
                "aws_lambda_event_source_mapping": {
                    "m": [
                        {"function_name": "${aws_lambda_function.f.arn}", "event_source_arn": "${aws_sqs_queue.q.arn}"}
                    ]
                },
            },
        },
        indent=1,
    )
    (function,) = written({"main.tf.json": text}).functions
    assert (function.name, function.location.line) == ("aws_lambda_function.f", 7)
    assert at(function.handler) == ("app.handler", 8)
    assert at(function.memory) == (256, 10)
    assert function.environment.value["QUEUE"].value == Reference(".", "aws_sqs_queue.q", "url")
    assert kinds(function) == [("sqs", 19)]


def test_columns_count_code_points(written):
    (function,) = written({"main.tf": 'resource "aws_lambda_function" "f" { /* é€😀 */ handler = "a.b" }\n'}).functions
    assert function.handler.location == Location("main.tf", 1, 58, 1, 63)


def test_a_module_that_nothing_calls_is_a_root(written):
    found = written(
        {"modules/a/main.tf": FUNCTION.format('"a.b"'), "main.tf": 'module "x" { source = "./modules/b" }\n'}
    )
    assert [(function.name, function.location.path) for function in found.functions] == [
        ("aws_lambda_function.f", "modules/a/main.tf")
    ]


def test_two_roots_that_call_a_module_alike_declare_it_once(written):
    call = 'module "m" {\n  source = "../m"\n}\n'
    found = written({"dev/main.tf": call, "prod/main.tf": call, "m/main.tf": FUNCTION.format('"a.b"')})
    assert len(found.functions) == 1


def test_modules_that_call_each_other_end(written):
    files = {
        "a/main.tf": 'module "b" {\n  source = "../b"\n}\n' + FUNCTION.format('"a.b"'),
        "b/main.tf": 'module "a" {\n  source = "../a"\n}\n',
    }
    found = written(files)
    assert "aws_lambda_function.f" in {function.name for function in found.functions}
    assert {problem.reason for problem in found.problems} == {"line 1: modules that call each other"}


def test_a_module_outside_the_project_is_a_problem(written):
    found = written({"main.tf": 'module "m" {\n  source = "../../lambda_function"\n}\n' + FUNCTION.format('"a.b"')})
    assert [problem.reason for problem in found.problems] == [
        "line 1: path ../../lambda_function leads out of the project"
    ]


def test_an_archive_of_single_contents(written, at):
    text = (
        'data "archive_file" "a" {\n  type = "zip"\n  output_path = "a.zip"\n  source {\n'
        '    filename = "app.py"\n    content  = file("${path.module}/src/app.py")\n  }\n}\n'
        'resource "aws_lambda_function" "f" {\n  filename = data.archive_file.a.output_path\n  handler = "app.h"\n}\n'
    )
    (function,) = written({"main.tf": text}).functions
    assert at(function.code_root) == ("src", 10)


def test_an_archive_whose_code_is_written_in_the_configuration(written, at):
    text = (
        'data "archive_file" "a" {\n  type = "zip"\n  output_path = "a.zip"\n  source {\n'
        '    filename = "app.py"\n    content  = <<-EOT\n      def h(event, context):\n        return 1\n    EOT\n  }\n}\n'
        'resource "aws_lambda_function" "f" {\n  filename = data.archive_file.a.output_path\n  handler = "app.h"\n}\n'
    )
    (function,) = written({"main.tf": text}).functions
    assert function.code_root.reason == "inline code in the configuration"
    assert "def h(event, context):" in function.settings["inline_code"].value
    assert at(function.settings["inline_file"]) == ("app.py", 5)


def test_a_file_name_that_is_an_archives_output(written, at):
    text = (
        'data "archive_file" "a" {\n  type = "zip"\n  source_file = "src/app.py"\n  output_path = "${path.module}/b/a.zip"\n}\n'
        'resource "aws_lambda_function" "f" {\n  filename = "b/a.zip"\n  handler = "app.h"\n}\n'
    )
    (function,) = written({"main.tf": text}).functions
    assert at(function.code_root) == ("src/app.py", 3)


def test_a_package_that_is_in_the_repository(written, at):
    text = 'resource "aws_lambda_function" "f" {\n  filename = "${path.module}/f.zip"\n}\n'
    (function,) = written({"deploy/main.tf": text, "deploy/f.zip": b"PK"}).functions
    assert at(function.code_root) == ("deploy/f.zip", 2)


def test_images(written):
    text = 'resource "aws_lambda_function" "f" {\n  package_type = "Image"\n  image_uri = var.x\n}\n'
    (function,) = written({"main.tf": text}).functions
    assert function.package_type.value == "Image"
    assert (function.handler.state, function.code_root.reason) == (State.UNKNOWN, "the code is in an image")


def test_a_layer_of_the_public_module_is_no_function(written):
    text = 'module "layer" {\n  source = "terraform-aws-modules/lambda/aws"\n  create_layer = true\n}\n'
    assert written({"main.tf": text}).functions == ()


LINKED = [
    (
        'resource "aws_lambda_function_url" "x" {\n function_name = aws_lambda_function.f.function_name\n}',
        "function-url",
    ),
    ('resource "aws_lambda_permission" "x" {\n function_name = "f"\n principal = "sns.amazonaws.com"\n}', "sns"),
    ('resource "aws_api_gateway_integration" "x" {\n uri = aws_lambda_function.f.invoke_arn\n}', "api"),
    (
        (
            'resource "aws_apigatewayv2_api" "a" { protocol_type = "WEBSOCKET" }\n'
            'resource "aws_apigatewayv2_integration" "x" {\n api_id = aws_apigatewayv2_api.a.id\n'
            " integration_uri = aws_lambda_function.f.invoke_arn\n}"
        ),
        "websocket",
    ),
    (
        (
            'resource "aws_sns_topic_subscription" "x" {\n protocol = "lambda"\n endpoint = aws_lambda_alias.a.arn\n}\n'
            'resource "aws_lambda_alias" "a" {\n function_name = aws_lambda_function.f.function_name\n}'
        ),
        "sns",
    ),
    (
        'resource "aws_sfn_state_machine" "x" {\n definition = jsonencode({ a = aws_lambda_function.f.arn })\n}',
        "step-functions",
    ),
    (
        'resource "aws_sfn_state_machine" "x" {\n definition = templatefile("x.json", { f = aws_lambda_function.f.arn })\n}',
        "step-functions",
    ),
    ('resource "aws_scheduler_schedule" "x" {\n target {\n arn = aws_lambda_function.f.arn\n }\n}', "schedule"),
    ('resource "aws_lb_target_group_attachment" "x" {\n target_id = aws_lambda_function.f.arn\n}', "alb"),
    (
        'resource "aws_cloudwatch_log_subscription_filter" "x" {\n destination_arn = aws_lambda_function.f.arn\n}',
        "cloudwatch-logs",
    ),
    (
        (
            'resource "aws_lambda_event_source_mapping" "x" {\n function_name = aws_lambda_function.f.arn\n'
            ' event_source_arn = aws_dynamodb_table.t.stream_arn\n starting_position = "LATEST"\n}'
        ),
        "dynamodb",
    ),
    (
        (
            'module "q" {\n source = "terraform-aws-modules/sqs/aws"\n}\n'
            'resource "aws_lambda_event_source_mapping" "x" {\n function_name = aws_lambda_function.f.arn\n'
            " event_source_arn = module.q.queue_arn\n}"
        ),
        "sqs",
    ),
    (
        (
            'module "n" {\n source = "terraform-aws-modules/s3-bucket/aws//modules/notification"\n'
            " lambda_notifications = { a = { function_arn = aws_lambda_function.f.arn } }\n}"
        ),
        "s3",
    ),
    (
        (
            'module "e" {\n source = "terraform-aws-modules/eventbridge/aws"\n'
            ' rules = { r = { schedule_expression = "rate(1 day)" } }\n'
            ' targets = { r = [{ name = "f", arn = aws_lambda_function.f.arn }] }\n}'
        ),
        "schedule",
    ),
]


@pytest.mark.parametrize(("resource", "event"), LINKED)
def test_what_each_type_of_resource_triggers(written, resource, event):
    text = 'resource "aws_lambda_function" "f" {\n  function_name = "f"\n}\n' + resource + "\n"
    (function,) = written({"main.tf": text}).functions
    assert [found.kind for found in function.events.value] == [event]


def test_a_module_called_by_the_address_of_its_repository(written):
    source = "git::https://example.invalid/org/infra.git//modules/m?ref=v1"
    files = {
        "live/main.tf": f'module "m" {{\n  source = "{source}"\n  name   = "app"\n}}\n',
        "modules/m/main.tf": 'variable "name" {}\n' + FUNCTION.format('"${var.name}.h"'),
    }
    (function,) = written(files).functions
    assert (function.name, function.handler.value) == ("module.m.aws_lambda_function.f", "app.h")
    elsewhere = {**files, "live/main.tf": files["live/main.tf"].replace("modules/m", "other/m")}
    (function,) = written(elsewhere).functions
    assert function.handler.state is State.UNKNOWN


COPY = """\
variable "create_function" { default = true }
variable "handler" { default = "" }
variable "source_path" { default = null }
variable "local_existing_package" { default = null }
variable "store_on_s3" { default = false }
data "external" "archive_prepare" { program = ["python", "package.py"] }
resource "aws_lambda_function" "this" {
  count    = var.create_function ? 1 : 0
  handler  = var.handler
  filename = data.external.archive_prepare[0].result.filename
}
"""


def test_a_copy_of_the_public_module(written, at):
    found = written(
        {
            "modules/lambda/main.tf": COPY,
            "main.tf": 'module "worker" {\n  source = "./modules/lambda"\n  handler = "worker.run"\n'
            '  source_path = "${path.module}/src"\n}\n'
            'module "layer" {\n  source = "./modules/lambda"\n  create_function = false\n}\n',
        }
    )
    (function,) = found.functions
    assert (function.name, function.location) == ("module.worker", Location("main.tf", 1, 1))
    assert at(function.handler) == ("worker.run", 3)
    assert at(function.code_root) == ("src", 4)


def test_a_package_that_a_program_of_the_module_makes(written, at):
    found = written(
        {
            "modules/fn/main.tf": 'variable "handler" {}\nvariable "source_path" {}\n'
            'data "external" "archive" {\n  count   = 1\n  program = ["python", "hash.py"]\n'
            "  query   = { source_path = var.source_path, handler = var.handler }\n}\n"
            'data "external" "built" {\n  program = ["python", "built.py"]\n'
            '  query   = { filename = lookup(data.external.archive[0].result, "filename") }\n}\n'
            'resource "aws_lambda_function" "fn" {\n  handler  = var.handler\n  runtime  = "python3.13"\n'
            "  filename = data.external.built.result.filename\n}\n",
            "main.tf": 'module "one" {\n  source = "./modules/fn"\n  handler = "one.run"\n  source_path = "${path.module}/src/one"\n}\n'
            'module "two" {\n  source = "./modules/fn"\n  handler = "two.run"\n  source_path = "src/two.py"\n}\n'
            'module "gone" {\n  source = "./modules/fn"\n  handler = "gone.run"\n  source_path = "src/gone"\n}\n',
            "src/one/one.py": "",
            "src/two.py": "",
        }
    )
    roots = {function.handler.value: function.code_root for function in found.functions}
    assert at(roots["one.run"]) == ("src/one", 6)
    assert at(roots["two.run"]) == ("src", 6)
    assert roots["gone.run"].state is State.UNKNOWN


RENAMED = """\
data "archive_file" "package" {
  count       = var.many
  type        = "zip"
  output_path = "package.zip"
  source {
    content  = file("${path.module}/scripts/create-user.py")
    filename = "lambda_function.py"
  }
}
resource "aws_lambda_function" "fn" {
  handler  = "lambda_function.run"
  filename = data.archive_file.package[0].output_path
}
"""


def test_a_file_that_is_packed_under_another_name(written, at):
    (function,) = written({"main.tf": RENAMED, "scripts/create-user.py": ""}).functions
    assert at(function.code_root) == ("scripts/create-user.py", 6)
    assert at(function.settings["packed_as"]) == ("lambda_function.py", 7)


SPREAD = {
    "main.tf": """\
module "worker" {
  source  = "./worker"
  subnets = module.network.subnets
}
module "other" {
  source = "./other"
}
""",
    "network/main.tf": 'resource "aws_subnet" "a" {}\n',
    "network/outputs.tf": 'output "subnets" {\n  value = ["a", "b"]\n}\n',
    "calls.tf": 'module "network" {\n  source = "./network"\n}\n',
    "other/main.tf": 'resource "aws_vpc" "a" {\n',
    "worker/main.tf": """\
resource "aws_lambda_function" "worker" {
  handler       = local.handler
  timeout       = var.timeout
  function_name = join("-", var.subnets)
}
""",
    "worker/variables.tf": 'variable "timeout" {\n  default = 20\n}\nvariable "subnets" {}\n',
    "worker/locals.tf": 'locals {\n  handler = "app.handler"\n}\n',
    "worker/roles.tf": 'resource "aws_iam_role" "a" {\n',
}


def test_files_that_hold_nothing_of_concern_are_read_for_names_alone(written, at):
    found = written(SPREAD)
    (function,) = found.functions
    assert at(function.handler) == ("app.handler", 2)
    assert at(function.timeout) == (20, 3)
    assert at(function.setting("function_name")) == ("a-b", 4)
    # two files are no HCL: nobody asks for what they hold
    assert found.problems == ()


def test_a_file_that_is_no_hcl_is_told_where_its_names_are_asked_for(written):
    broken = 'variable "timeout" {\n  default = 20\n'
    found = written({**SPREAD, "worker/variables.tf": broken})
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        ("worker/variables.tf", "line 3: not HCL from here on")
    ]


def test_an_overriding_file_counts_before_any_name_is_asked_for(written, at):
    files = {**SPREAD, "worker/main.tf": SPREAD["worker/main.tf"] + 'locals {\n  handler = "app.main"\n}\n'}
    other = 'locals {\n  handler = "app.other"\n}\n'
    (function,) = written({**files, "worker/more_override.tf": other}).functions
    assert at(function.handler) == ("app.other", 2)


OPTIONAL = {
    "main.tf": """\
variable "other" {
  default = null
}
module "none" {
  source = "./worker"
  queue  = null
}
module "perhaps" {
  source = "./worker"
  queue  = var.other
}
module "default" {
  source = "./worker"
}
module "one" {
  source = "./worker"
  queue  = "arn:aws:sqs:eu-west-1:123456789012:jobs"
}
""",
    "worker/main.tf": """\
variable "queue" {
  default = null
}
resource "aws_lambda_function" "worker" {
  handler = "app.handler"
}
resource "aws_lambda_event_source_mapping" "jobs" {
  count            = var.queue == null ? 0 : 1
  event_source_arn = var.queue
  function_name    = aws_lambda_function.worker.arn
}
""",
}


def test_what_the_call_of_a_module_leaves_out_is_not_supposed(written):
    found = {function.name: function.events.value for function in written(OPTIONAL).functions}
    assert {
        name.split(".")[1]: [sorted(event.settings.keys() & {"supposed"}) for event in events or ()]
        for name, events in found.items()
    } == {
        "none": [],
        "perhaps": [["supposed"]],
        "default": [["supposed"]],
        "one": [[]],
    }
