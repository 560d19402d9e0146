"""Functions that Chalice's decorators make: their events by what is written out, their settings by ``config.json``."""

import json
import textwrap

import pytest

from lambdalint.model import ABSENT, Location, State, Value
from tests.trees import functions_of

HEAD = """\
import os
from chalice import Blueprint, Chalice, Cron, Rate
app = Chalice(app_name="shop")
QUEUE = "jobs"
"""
LINE = HEAD.count("\n") + 1
CONFIG = ".chalice/config.json"
PLAIN = {"version": "2.0", "app_name": "shop"}


def run(files):
    """The functions of decorators by their handlers."""
    found = functions_of(files)
    assert {function.origin for function in found} == {"chalice"}
    return {function.handler: function for function in found}


def decorated(decorator, *, config=PLAIN, head=HEAD):
    """The function of one decorator."""
    files = {"app.py": f"{head}@{decorator}\ndef work(event):\n    return 1\n"}
    return run(files | ({} if config is None else {CONFIG: json.dumps(config, indent=1)}))["app.work"]


def told(value):
    """The value of a Known, with those in it."""
    assert value.known, value
    found = value.value
    if isinstance(found, dict):
        return {key: told(part) for key, part in found.items()}
    return tuple(told(part) if isinstance(part, Value) else part for part in found) if type(found) is tuple else found


def written(event):
    """Resource and settings of an event, and the reasons of what is Unknown."""
    values = {"resource": event.resource, **event.settings}
    return {name: told(value) if value.known else value.reason for name, value in values.items() if value != ABSENT}


QUEUE = {"resource": "jobs", "batch_size": 1, "fifo": False}
STREAM = {"batch_size": 100, "starting_position": "LATEST"}
OPEN = "the program computes it"


@pytest.mark.parametrize(
    ("decorator", "kind", "said"),
    [
        ('app.on_sqs_message(queue="jobs")', "sqs", QUEUE),
        ("app.on_sqs_message(QUEUE, 10)", "sqs", QUEUE | {"batch_size": 10}),
        (
            'app.on_sqs_message(queue_arn="arn:aws:sqs:eu-west-1:1:jobs.fifo", maximum_batching_window_in_seconds=30)',
            "sqs",
            {"resource": "arn:aws:sqs:eu-west-1:1:jobs.fifo", "batch_size": 1, "batching_window": 30, "fifo": True},
        ),
        ("app.on_sqs_message(queue=QUEUE, maximum_concurrency=5)", "sqs", QUEUE | {"concurrency": 5}),
        ('app.on_sqs_message(queue=os.environ["QUEUE"])', "sqs", QUEUE | {"resource": OPEN, "fifo": OPEN}),
        ('app.on_sqs_message(queue="${aws_sqs_queue.jobs.name}")', "sqs", QUEUE | {"resource": OPEN, "fifo": OPEN}),
        ("app.on_sqs_message(queue=QUEUE, batch_size=size())", "sqs", QUEUE | {"batch_size": OPEN}),
        ("app.on_sns_message(topic='news')", "sns", {"resource": "news"}),
        ("app.on_sns_message('news')", "sns", {"resource": "news"}),
        ("app.on_s3_event(bucket='box')", "s3", {"resource": "box", "events": ("s3:ObjectCreated:*",)}),
        (
            "app.on_s3_event('box', ['s3:ObjectRemoved:*', 's3:ObjectCreated:Put'], prefix='in/', suffix='.csv')",
            "s3",
            {
                "resource": "box",
                "events": ("s3:ObjectRemoved:*", "s3:ObjectCreated:Put"),
                "prefix": "in/",
                "suffix": ".csv",
            },
        ),
        ("app.on_s3_event(bucket='box', events=[one()])", "s3", {"resource": "box", "events": OPEN}),
        ("app.on_s3_event(bucket='box', events=None)", "s3", {"resource": "box", "events": ("s3:ObjectCreated:*",)}),
        ("app.on_kinesis_record(stream='clicks')", "kinesis", {"resource": "clicks", **STREAM}),
        (
            "app.on_kinesis_record('clicks', 500, 'TRIM_HORIZON')",
            "kinesis",
            {"resource": "clicks", "batch_size": 500, "starting_position": "TRIM_HORIZON"},
        ),
        (
            "app.on_dynamodb_record(stream_arn='arn:aws:dynamodb:eu-west-1:1:table/t/stream/x', batch_size=3)",
            "dynamodb",
            {"resource": "arn:aws:dynamodb:eu-west-1:1:table/t/stream/x", **STREAM, "batch_size": 3},
        ),
        (
            "app.on_cw_event({'source': ['aws.ec2'], 'detail': {'state': ['running']}})",
            "eventbridge",
            {"pattern": {"source": ("aws.ec2",), "detail": {"state": ("running",)}}},
        ),
        ("app.on_cw_event(PATTERN)", "eventbridge", {"pattern": OPEN}),
        ("app.schedule('rate(1 hour)')", "schedule", {"schedule": "rate(1 hour)"}),
        ("app.schedule(Rate(1, unit=Rate.HOURS))", "schedule", {"schedule": "rate(1 hour)"}),
        ("app.schedule(Rate(5, Rate.MINUTES))", "schedule", {"schedule": "rate(5 minutes)"}),
        ("app.schedule(Rate(every, Rate.MINUTES))", "schedule", {"schedule": OPEN}),
        ("app.schedule(Cron(0, 10, '*', '*', '?', '*'))", "schedule", {"schedule": "cron(0 10 * * ? *)"}),
        ("app.authorizer(ttl_seconds=30)", "authorizer", {}),
        ("app.on_ws_connect()", "websocket", {}),
        ("app.on_ws_message()", "websocket", {}),
        ("app.on_ws_disconnect()", "websocket", {}),
    ],
)
def test_events(decorator, kind, said):
    declared = decorated(decorator).declared
    (event,) = declared.events.value
    assert (event.kind, written(event)) == (kind, said)
    assert declared.events.known
    assert event.location == declared.events.location == Location("app.py", LINE, 2)


def test_defaults_are_told_from_what_is_written():
    (event,) = decorated("app.on_kinesis_record('clicks', starting_position='LATEST')").events
    size, position = event.setting("batch_size"), event.setting("starting_position")
    assert (size.location, size.reason) == (None, "default of Chalice")
    assert position.location == Location("app.py", LINE, 2)


def test_arguments_that_are_unpacked_may_say_anything():
    (event,) = decorated("app.on_sqs_message(**options)").events
    assert written(event) == {"resource": OPEN, "batch_size": OPEN, "fifo": OPEN}


def test_a_function_that_nothing_triggers():
    assert decorated("app.lambda_function()").declared.events == ABSENT


def test_a_name_that_is_bound_twice_is_computed():
    (event,) = decorated("app.on_sqs_message(queue=QUEUE)", head=HEAD + 'if os.name:\n    QUEUE = "other"\n').events
    assert event.resource.reason == OPEN


def test_where_a_function_is():
    function = decorated("app.lambda_function(name='nightly')")
    assert (function.name, function.path, function.line, function.qualname) == ("nightly", "app.py", LINE + 1, "work")
    assert function.declared.location == Location("app.py", LINE, 2)
    assert (function.declared.handler.value, function.declared.code_root.value) == ("app.work", ".")
    assert function.declared.scope == CONFIG


# -- settings


def test_defaults():
    declared = decorated("app.lambda_function()").declared
    assert (declared.timeout, declared.memory) == (
        Value(State.KNOWN, 60, None, "default of Chalice"),
        Value(State.KNOWN, 128, None, "default of Chalice"),
    )
    assert declared.setting("lifetime_s") == declared.timeout
    assert (declared.runtime.state, declared.runtime.reason, declared.runtime.location.line) == (
        State.UNKNOWN,
        "Chalice takes the version of the Python that deploys",
        3,
    )
    assert (declared.layers, declared.environment, declared.setting("tracing")) == (ABSENT, ABSENT, ABSENT)
    assert declared.setting("on_failure").unknown


LEVELS = """\
{
  "app_name": "shop",
  "lambda_timeout": 10,
  "environment_variables": {"A": "top", "B": "top"},
  "xray": true,
  "lambda_functions": {
    "work": {"lambda_timeout": 20, "lambda_memory_size": 256, "environment_variables": {"C": "never"}}
  },
  "stages": {
    "dev": {
      "lambda_memory_size": 512,
      "environment_variables": {"A": "dev"},
      "lambda_functions": {
        "work": {
          "lambda_timeout": null,
          "layers": ["arn:aws:lambda:eu-west-1:1:layer:tools:1"],
          "environment_variables": {"D": "own"}
        },
        "other": {
          "lambda_memory_size": 1024
        },
        "api_handler": {
          "lambda_timeout": 29
        }
      }
    }
  }
}
"""


def levels(name):
    files = {CONFIG: LEVELS, "app.py": f"{HEAD}@app.lambda_function({name})\ndef work(event, context): pass\n"}
    return run(files)["app.work"].declared


def line_of(value):
    return told(value), value.location.line


def test_a_setting_is_looked_up_in_the_function_of_the_stage_the_stage_the_function_and_the_top():
    declared = levels("")
    assert line_of(declared.timeout) == (20, 7)
    assert line_of(declared.memory) == (512, 11)
    assert line_of(declared.layers) == (("arn:aws:lambda:eu-west-1:1:layer:tools:1",), 16)
    assert line_of(declared.setting("tracing")) == ("Active", 5)
    assert declared.environment.known
    assert {name: line_of(value) for name, value in declared.environment.value.items()} == {
        "A": ("dev", 12),
        "B": ("top", 4),
        "D": ("own", 17),
    }


def test_settings_go_by_the_name_that_the_decorator_gives():
    declared = levels("name='other'")
    assert (line_of(declared.memory), line_of(declared.timeout)) == ((1024, 20), (10, 3))
    assert sorted(declared.environment.value) == ["A", "B"]


def test_a_name_that_is_computed_has_the_settings_on_which_all_functions_agree():
    declared = levels("name=os.environ['NAME']")
    assert declared.name == "app.work"
    assert declared.memory.reason == "lambda_memory_size differs between stages or functions"
    assert declared.timeout.reason == "lambda_timeout differs between stages or functions"
    assert line_of(declared.setting("tracing")) == ("Active", 5)
    assert declared.environment.reason == "the variables differ between stages or functions"


def test_the_function_of_the_routes_is_called_api_handler():
    assert line_of(run({CONFIG: LEVELS, "app.py": HEAD})["app.app"].declared.timeout) == (29, 23)


@pytest.mark.parametrize(
    ("stages", "reason"),
    [
        ({"dev": {"lambda_timeout": 5}, "prod": {"lambda_timeout": 9}}, "lambda_timeout differs between stages"),
        ({"dev": {"lambda_timeout": 5}, "prod": {}}, "lambda_timeout differs between stages"),
        ({"dev": {"lambda_functions": {"work": {"lambda_timeout": 9}}}, "prod": {"lambda_timeout": 9}}, ""),
    ],
)
def test_stages_that_differ(stages, reason):
    timeout = decorated("app.lambda_function()", config=PLAIN | {"stages": stages}).declared.timeout
    assert (timeout.reason, timeout.known, timeout.location.path) == (reason, not reason, CONFIG)
    if reason:
        assert {option.value for option in timeout.value.options} == {5, 60 if not stages["prod"] else 9}


def test_variables_that_stages_set_differently():
    stages = {stage: {"environment_variables": {"QUEUE": stage, "LEVEL": "INFO"}} for stage in ("dev", "prod")}
    environment = decorated("app.lambda_function()", config=PLAIN | {"stages": stages}).declared.environment
    assert environment.known
    assert told(environment.value["LEVEL"]) == "INFO"
    assert environment.value["QUEUE"].reason == "QUEUE differs between stages"
    assert [told(option) for option in environment.value["QUEUE"].value.options] == ["dev", "prod"]


def test_a_layer_of_the_requirements():
    layers = decorated("app.lambda_function()", config=PLAIN | {"automatic_layer": True}).declared.layers
    assert (layers.reason, layers.location.line) == ("Chalice may make a layer of the requirements", 4)


def test_without_its_configuration_the_settings_are_unknown():
    declared = decorated("app.on_sqs_message('jobs')", config=None).declared
    values = [declared.timeout, declared.memory, declared.environment, declared.runtime, declared.layers]
    values += [declared.setting(name) for name in ("tracing", "log_retention", "lifetime_s")]
    assert {(value.state, value.reason) for value in values} == {
        (State.UNKNOWN, "its .chalice/config.json is not here")
    }
    assert declared.events.known


def test_the_innermost_project_counts():
    work = "@app.schedule('rate(1 day)')\ndef work(event): pass\n"
    config = json.dumps(PLAIN | {"lambda_timeout": 7})
    found = run({CONFIG: json.dumps(PLAIN), f"api/{CONFIG}": config, "api/app.py": HEAD + work})
    declared = found["app.work"].declared
    assert (told(declared.timeout), declared.code_root.value, declared.scope) == (7, "api", f"api/{CONFIG}")


# -- blueprints, WebSockets


def blueprint(registered, config=PLAIN):
    jobs = """\
        from chalice import Blueprint
        jobs = Blueprint(__name__)

        @jobs.on_sqs_message(queue="jobs", batch_size=10)
        def work(event): pass
    """
    files = {
        CONFIG: json.dumps(config),
        "app.py": f"{HEAD}from chalicelib.jobs import jobs\n{registered}\n",
        "chalicelib/__init__.py": "",
        "chalicelib/jobs.py": textwrap.dedent(jobs),
    }
    return run(files)["chalicelib/jobs.work"]


@pytest.mark.parametrize(
    ("registered", "name"),
    [
        ("app.register_blueprint(jobs)", "work"),
        ("app.register_blueprint(jobs, name_prefix='slow_')", "slow_work"),
        ("app.register_blueprint(jobs, 'slow_', '/jobs')", "slow_work"),
        ("app.register_blueprint(blueprint=jobs, name_prefix=None)", "work"),
        ("app.register_blueprint(other, name_prefix='slow_')\napp.register_blueprint(jobs)", "work"),
        ("for each in load():\n    app.register_blueprint(each)", "work"),
    ],
)
def test_functions_of_blueprints(registered, name):
    function = blueprint(registered, PLAIN | {"lambda_functions": {name: {"lambda_timeout": 5}}})
    assert function.name == function.declared.name == name
    assert told(function.declared.timeout) == 5
    assert function.declared.handler.value == "chalicelib.jobs.work"
    (event,) = function.events
    assert (event.resource.value, event.setting("batch_size").value) == ("jobs", 10)
    assert event.location == Location("chalicelib/jobs.py", 4, 2)


@pytest.mark.parametrize("prefix", ["os.environ['PREFIX']", "'a_')\napp.register_blueprint(jobs, name_prefix='b_'"])
def test_a_prefix_that_nobody_can_tell(prefix):
    config = PLAIN | {"lambda_functions": {"slow_work": {"lambda_timeout": 5}}}
    declared = blueprint(f"app.register_blueprint(jobs, name_prefix={prefix})", config).declared
    assert declared.timeout.reason == "lambda_timeout differs between stages or functions"
    assert declared.events.known


@pytest.mark.parametrize("method", ["connect", "message", "disconnect"])
def test_functions_for_websockets_have_names_of_their_own(method):
    config = PLAIN | {"lambda_functions": {f"websocket_{method}": {"lambda_timeout": 5}}}
    function = decorated(f"app.on_ws_{method}(name='mine')", config=config)
    assert (function.name, told(function.declared.timeout)) == (f"websocket_{method}", 5)
