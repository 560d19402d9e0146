"""The tables that the code rules read: shape, one name for each thing, and facts checked against their sources."""

import importlib
import importlib.util
import inspect
import itertools
import pathlib
import sys

import pytest

from lambdalint.data import table
from lambdalint.source.names import Names
from lambdalint.source.program import Program
from lambdalint.tree import DirectoryTree

ROOT = pathlib.Path(__file__).parent.parent

CLIENTS = table("clients")
CALLS = table("calls")
EFFECTS = table("effects")
HTTP = table("http")
SOURCES = table("sources")
WAITS = table("waits")
DURABLE = table("durable")
FRESH = table("fresh")
SNAPSTART = table("snapstart")

# Methods that boto3 or botocore add to clients by hand, so no service model has them.
ADDED_BY_HAND = {
    "aws:s3.upload_file",
    "aws:s3.upload_fileobj",
    "aws:rds.generate_db_auth_token",
    "aws:dsql.generate_db_connect_auth_token",
    "aws:dsql.generate_db_connect_admin_auth_token",
}
# Names of the standard library that only some Python versions have.
NOT_EVERYWHERE = {
    "asyncio.coroutine": "until 3.10",
    "os.getrandom": "Linux",
    "os.uname": "POSIX",
    "typing.override": "3.12",
    "uuid.uuid6": "3.14",
    "uuid.uuid7": "3.14",
    "uuid.uuid8": "3.14",
    "warnings.deprecated": "3.13",
}


def canonical(operation, limit=10):
    """What the aliases make of an operation: the longest prefix first, until none matches."""
    for _ in range(limit):
        prefixes = [
            prefix
            for prefix in CLIENTS["aliases"]
            if operation.startswith(prefix) and operation[len(prefix) : len(prefix) + 1] in ("", ".", "(")
        ]
        if not prefixes:
            return operation
        prefix = max(prefixes, key=len)
        operation = CLIENTS["aliases"][prefix] + operation[len(prefix) :]
    raise AssertionError(f"{operation}: the aliases go round in circles")


def operations():
    """Every operation string of every table, with the place it comes from."""
    yield from (("clients.constructors", name) for name in CLIENTS["constructors"])
    yield from (("clients.types", name) for name in CLIENTS["types"].values())
    for key in ("memo", "memo_instance", "transparent", "idempotent", "entry_point", "entry_point_hint", "injects"):
        yield from ((f"calls.{key}", name) for name in CALLS[key])
    for key in ("decorator_factories", "wrappers", "runners", "dispatchers"):
        yield from ((f"calls.{key}", name) for name in CALLS[key])
    yield from (("calls.inert.entry", name) for name in CALLS["inert"]["entry"])
    yield from (("calls.inert.registrars", name) for name in CALLS["inert"]["registrars"])
    for key, names in CALLS["values"].items():
        if key != "pure_methods":
            yield from ((f"calls.values.{key}", name) for name in names)
    for key in ("aws", "other", "within", "sql", "http"):
        yield from ((f"effects.{key}", name) for name in EFFECTS[key])
    yield from (("effects.natural", name) for name in EFFECTS["natural"]["operations"])
    yield from (("http", name) for name in HTTP["operations"])
    yield from (("waits", name) for name in [*WAITS["operations"], *WAITS["durable"]["operations"]])
    for key in ("decorators", "constants", "operations"):
        yield from ((f"sources.{key}", name) for name in SOURCES[key])
    yield from (("sources.context_types", name) for name in SOURCES["context_types"]["names"])
    yield from (("calls.hands", name) for name in CALLS["hands"])
    for key in ("operations", "steps", "children"):
        yield from ((f"durable.{key}", name) for name in DURABLE[key])
    for key, names in FRESH["kinds"].items():
        yield from ((f"fresh.{key}", name) for name in names)
    yield from (("snapstart.connecting", name) for name in SNAPSTART["connecting"])
    yield from (("snapstart.pools", name) for name in SNAPSTART["pools"])
    yield from (("snapstart.makers", name) for name in SNAPSTART["holding"]["makers"])
    yield from (("fresh.host", name) for name in FRESH["host"]["operations"])
    yield from (("fresh.generators", name) for names in FRESH["generators"].values() for name in names)


def test_what_is_another_value_each_time_is_fresh_to_the_data_flow():
    fresh = {name for names in FRESH["kinds"].values() for name in names}
    assert fresh <= set(CALLS["values"]["random"])


def test_what_connects_is_a_connection_that_can_be_kept():
    for name in (*SNAPSTART["connecting"], *SNAPSTART["pools"]):
        assert CLIENTS["constructors"][name]["rule"] == "connection-in-handler", name


def test_what_runs_a_function_durably_is_known_to_run_it():
    for key in ("steps", "children"):
        for name in DURABLE[key]:
            assert name in CALLS["runners"] or name in CALLS["transparent"], name
            assert name in CALLS["hands"] or name.endswith("wait_for_condition"), name


# aliases


@pytest.mark.parametrize(
    ("written", "operation"),
    [
        ("boto3.session.Session", "boto3.Session"),
        ("boto3.session.Session().client", "boto3.client"),
        ("boto3.DEFAULT_SESSION.resource", "boto3.resource"),
        ("botocore.session.get_session().create_client", "botocore.client"),
        ("aiobotocore.get_session().create_client", "aiobotocore.client"),
        ("requests.session().get", "requests.Session().get"),
        ("requests.sessions.Session", "requests.Session"),
        ("elasticsearch7.client.Elasticsearch().index", "elasticsearch.Elasticsearch().index"),
        ("psycopg2.connect().cursor().execute", "dbapi.connection().cursor().execute"),
        ("psycopg2.connect", "psycopg2.connect"),
        (
            "mysql.connector.pooling.MySQLConnectionPool().get_connection().cursor().execute",
            "dbapi.connection().cursor().execute",
        ),
        ("sqlmodel.create_engine().begin().execute", "sqlalchemy.Connection().execute"),
        ("redis.asyncio.client.Redis().pipeline().incr", "redis.Redis().incr"),
        ("valkey.StrictValkey", "valkey.Valkey"),
        ("lambdarest.lambda_handler.handle", "lambdarest.create_lambda_handler().handle"),
        ("requests.sessionsx", "requests.sessionsx"),
    ],
)
def test_aliases_lead_to_one_name(written, operation):
    assert canonical(written) == operation


def test_no_replacement_is_an_alias_itself():
    for prefix, replacement in CLIENTS["aliases"].items():
        assert canonical(replacement) == replacement, prefix


def test_every_operation_stands_under_its_canonical_name():
    assert [(where, name) for where, name in operations() if canonical(name) != name] == []


def test_every_alias_of_an_object_hides_no_constructor():
    for prefix in CLIENTS["aliases"]:
        assert prefix not in CLIENTS["constructors"]


def test_operation_strings_are_well_formed():
    for where, name in operations():
        assert name.strip() == name, where
        assert "(" not in name.replace("()", ""), (where, name)
        assert ".." not in name, (where, name)


@pytest.mark.parametrize("where", sorted({where for where, _ in operations()}))
def test_no_list_names_an_operation_twice(where):
    names = [name for place, name in operations() if place == where]
    if where != "clients.types":  # several annotations may mean one result
        assert sorted(names) == sorted(set(names))


PROGRAM = """
import boto3, psycopg2.pool, redis, requests, sqlalchemy, tenacity
from elasticsearch7 import Elasticsearch
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver
table = boto3.resource("dynamodb").Table("orders")
pool = psycopg2.pool.SimpleConnectionPool(1, 2)
def handler(event, context):
    table.put_item(Item={})
    with table.batch_writer() as batch:
        batch.put_item(Item={})
    boto3.resource("ec2").create_instances()
    boto3.resource("sqs").get_queue_by_name(QueueName="q").send_message()
    boto3.session.Session().client("s3").put_object()
    with pool.getconn().cursor() as cursor:
        cursor.execute("select 1")
    with sqlalchemy.create_engine("x").begin() as connection:
        connection.execute("select 1")
    redis.from_url("x").pipeline().incr("a")
    requests.session().get("u")
    Elasticsearch().index()
    tenacity.Retrying()(print)
    APIGatewayRestResolver()
"""


def test_the_analysis_names_operations_as_the_tables_do(tmp_path):
    (tmp_path / "app.py").write_text(PROGRAM)
    names = Names(Program(DirectoryTree(str(tmp_path)), ["app.py"]))
    calls = names.program.skeleton("app.py").defs["handler"].calls
    seen = {
        value[1] for call in calls for value in names.resolve("app.py", "handler", call.callee) if value[0] == "ext"
    }
    wanted = {
        *("aws:dynamodb#Table.put_item", "aws:dynamodb#Table.batch_writer().put_item", "aws:ec2#create_instances"),
        *("aws:sqs#Queue.send_message", "aws:s3.put_object", "boto3.client", "boto3.Session"),
        *("dbapi.connection().cursor().execute", "sqlalchemy.Connection().execute", "sqlalchemy.create_engine"),
        *("redis.Redis().incr", "requests.Session().get", "elasticsearch.Elasticsearch().index", "tenacity.Retrying()"),
        "aws_lambda_powertools.event_handler.APIGatewayRestResolver",
    }
    assert wanted <= seen
    assert wanted <= {name for _, name in operations()}


def standard_library():
    for where, name in operations():
        head = name.split("(")[0]
        if "." in head and head.split(".")[0] in sys.stdlib_module_names and head not in NOT_EVERYWHERE:
            yield pytest.param(head, id=f"{where}-{name}")


def found(path):
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise ImportError(path)


@pytest.mark.parametrize("path", list(standard_library()))
def test_standard_library_names_exist(path):
    found(path)


# clients


def test_constructor_rows_have_their_keys():
    keys = {"rule", "family", "kind", "label", "takes_service", "auth_args", "loop_bound", "local", "pooled"}
    for name, row in CLIENTS["constructors"].items():
        assert set(row) <= keys, name
        assert row["kind"] in {"client", "resource", "session", "connection", "pool", "engine"}, name
        assert row["label"], name
        if row["rule"] == "client-in-handler":
            assert row["family"] == "aws", name
        else:
            assert row["rule"] == "connection-in-handler", name
            assert row["family"] in {"database", "http", "cache", "search", "messaging"}, name
        assert bool(row.get("takes_service")) == (row["family"] == "aws" and row["kind"] != "session"), name
        for argument in row.get("auth_args", []):
            assert isinstance(argument, str | int), name


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("boto3.client", "takes_service", True),
        ("boto3.Session", "kind", "session"),
        ("aiohttp.ClientSession", "loop_bound", True),
        ("sqlite3.connect", "local", True),
        ("pymysql.connect", "auth_args", ["password", "passwd", 2]),
        ("requests_futures.sessions.FuturesSession", "family", "http"),
        ("opensearchpy.OpenSearch", "family", "search"),
    ],
)
def test_constructor(name, key, value):
    assert CLIENTS["constructors"][name][key] == value


@pytest.mark.parametrize(
    "name",
    ["http.client.HTTPSConnection", "mongoengine.connect", "slack_sdk.WebClient", "openai.OpenAI", "smtplib.SMTP"],
)
def test_what_is_left_out_of_the_constructors(name):
    assert name not in CLIENTS["constructors"]


# calls


def test_decorators_of_the_special_lists_are_transparent():
    transparent = set(CALLS["transparent"])
    for key in ("idempotent", "entry_point", "entry_point_hint"):
        assert set(CALLS[key]) <= transparent, key
    assert not set(CALLS["entry_point"]) & set(CALLS["entry_point_hint"])


def test_a_memo_is_not_transparent_and_either_of_the_process_or_of_the_instance():
    assert not (set(CALLS["memo"]) | set(CALLS["memo_instance"])) & set(CALLS["transparent"])
    assert not set(CALLS["memo"]) & set(CALLS["memo_instance"])


def test_a_value_has_one_nature():
    natures = ("pure", "environment", "secret", "token", "random")
    seen = {}
    for nature in natures:
        for name in CALLS["values"][nature]:
            assert seen.setdefault(name, nature) == nature
    assert seen["uuid.uuid4"] == "random"
    assert seen["uuid.uuid5"] == "pure"
    assert seen["os.environ.get"] == "environment"
    assert seen["aws:secretsmanager.get_secret_value"] == "secret"
    assert seen["aws:rds.generate_db_auth_token"] == "token"


def test_runner_rows():
    for name, row in CALLS["runners"].items():
        assert set(row) <= {"positions", "keywords", "arguments", "result"}, name
        assert row.get("positions") or row.get("keywords"), name
        assert row["arguments"] in {"rest", "elements", "args", "none", "record", "unknown"}, name
        assert row.get("result") in {None, "call", "callable", "elements"}, name


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("functools.partial", None),
        ("asyncio.to_thread", "func"),
        ("threading.Thread", "target"),
        ("threading.Timer", "function"),
        ("multiprocessing.Process", "target"),
        ("itertools.groupby", None),
    ],
)
def test_callable_stands_where_the_signature_has_it(name, parameter):
    row = CALLS["runners"][name]
    if parameter is not None:
        assert parameter in row.get("keywords", [parameter])
        assert list(inspect.signature(found(name)).parameters).index(parameter) == row["positions"][0]


def test_dispatcher_rows():
    keys = {
        "registers",
        "keywords",
        "adds",
        "dispatch",
        "factory",
        "include",
        "entry_points",
        "handler",
        "custom_resource",
    }
    for name, row in CALLS["dispatchers"].items():
        assert set(row) <= keys, name
        assert row["registers"], name
        assert all(isinstance(position, int) for position in row.get("adds", {}).values()), name
        if row.get("handler"):
            assert "dispatch" in row, name
    assert "poll_create" in CALLS["dispatchers"]["crhelper.CfnResource"]["registers"]
    assert "on_sqs_message" in CALLS["dispatchers"]["chalice.Chalice"]["entry_points"]


def test_wrapper_rows():
    for name, row in CALLS["wrappers"].items():
        assert row["result"] in {"handler", "dispatch", "object"}, name
        assert (row["result"] == "object") == ("method" in row), name


# waits and HTTP


@pytest.mark.parametrize("name", ["time.sleep", "asyncio.sleep"])
def test_sleep_takes_seconds_first(name):
    assert WAITS["operations"][name]["position"] == 0
    assert WAITS["operations"][name]["unit"] == 1


def test_http_rows():
    keys = {"library", "where", "parameter", "position", "default_s", "none"} | {
        f"session{suffix}" for suffix in ("", "_parameter", "_position", "_none", "_methods")
    }
    assert set(HTTP["operations"].values()) == set(HTTP["profiles"])
    for name, row in HTTP["profiles"].items():
        assert set(row) <= keys, name
        assert row["where"] in {"call", "constructor"}, name
        assert row["none"] in {"forever", "default"}, name
        if "session" in row:
            assert row["session"] in CLIENTS["constructors"], name
            assert "session_parameter" in row, name
    libraries = {row["library"] for row in HTTP["profiles"].values()}
    assert set(HTTP["process_default"]["libraries"]) < libraries


@pytest.mark.parametrize(
    ("operation", "default"),
    [
        ("requests.get", None),
        ("urllib3.PoolManager().request", None),
        ("urllib3.request", 3),
        ("httpx.get", 5),
        ("aiohttp.ClientSession().get", 300),
    ],
)
def test_default_timeout(operation, default):
    assert HTTP["profiles"][HTTP["operations"][operation]].get("default_s") == default


def test_timeout_positions_of_the_standard_library():
    def position(callable_):
        return list(inspect.signature(callable_).parameters).index("timeout")

    assert HTTP["profiles"]["urllib"]["position"] == position(found("urllib.request.urlopen"))
    assert HTTP["profiles"]["http.client"]["position"] == position(found("http.client.HTTPConnection"))


# sources


def test_source_kinds():
    kinds = SOURCES["kinds"]
    from lambdalint.model import EventSource

    declared = EventSource.__doc__.split("``")[3].split()
    assert {"sqs", "function-url", "unknown"} <= set(declared)
    assert set(declared) <= set(kinds)
    for key in ("proof", "hint", "decorators", "constants", "operations", "types", "record_types"):
        assert set(SOURCES[key].values()) <= set(kinds), key
    for path, values in SOURCES["values"].items():
        assert set(values.values()) <= set(kinds), path
    assert {kind for kind, row in kinds.items() if row.get("partial")} == {"sqs", "kinesis", "dynamodb", "kafka", "msk"}
    assert all(row["batch"] for row in kinds.values() if row.get("partial"))
    assert not set(SOURCES["proof"]) & set(SOURCES["hint"])


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Records/[]/body", "sqs"),
        ("Records/[]/kinesis", "kinesis"),
        ("Records/[]/dynamodb", "dynamodb"),
        ("Records/[]/Sns", "sns"),
        ("Records/[]/s3", "s3"),
        ("CodePipeline.job", "codepipeline"),
        ("awslogs", "cloudwatch-logs"),
    ],
)
def test_event_shape(path, kind):
    assert SOURCES["proof"][path] == kind


def test_synchronous_sources_are_not_delivered_twice():
    kinds = SOURCES["kinds"]
    assert [kinds[kind]["at_least_once"] for kind in ("sqs", "sns", "s3", "eventbridge", "async")] == [True] * 5
    assert [kinds[kind]["at_least_once"] for kind in ("api", "http", "alb", "cognito", "schedule")] == [False] * 5


# effects


def test_effect_rows():
    classes = EFFECTS["classes"]
    keys = {
        "repeats",
        "severity",
        "kind",
        "token",
        "autofill",
        "name",
        "conditional",
        "sql",
        "only",
        "unless",
        "as_message",
    }
    assert {row["severity"] for row in classes.values()} == {"warning", "info"}
    for name, row in EFFECTS["aws"].items():
        if "as" in row:
            assert set(row) == {"as"}, name
            assert row["as"] in EFFECTS["aws"], name
            continue
        assert set(row) <= keys, name
        assert row["repeats"] in classes, name
        assert row.get("autofill", True) is True, name
        assert "token" in row or "autofill" not in row, name
        assert (row.get("kind") == "sql") == ("sql" in row), name
    for name, row in EFFECTS["other"].items():
        assert set(row) <= {"repeats", "severity", "token", "key", "name", "position", "unless", "made"}, name
        assert row["repeats"] in classes, name
        assert "key" in row or "position" not in row, name
    for row in EFFECTS["within"]["pymongo.MongoClient()"].values():
        assert row["repeats"] in classes
    assert set(EFFECTS["http_hosts"].values()) <= set(classes)


def test_natural_operations_are_not_effects():
    assert not set(EFFECTS["natural"]["operations"]) & set(EFFECTS["aws"])


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "aws:ec2.run_instances",
            {"repeats": "instance", "unless": {"DryRun": [True]}, "token": "ClientToken", "autofill": True},
        ),
        ("aws:stepfunctions.start_execution", {"repeats": "job", "name": "name"}),
        ("aws:transcribe.start_transcription_job", {"repeats": "job", "name": "TranscriptionJobName"}),
        ("aws:sqs.send_message_batch", {"repeats": "relay", "token": "Entries/[]/MessageDeduplicationId"}),
        ("aws:sns.publish", {"repeats": "relay", "as_message": ["PhoneNumber"], "token": "MessageDeduplicationId"}),
        (
            "aws:lambda.invoke",
            {"repeats": "relay", "name": "DurableExecutionName", "only": {"InvocationType": ["Event"]}},
        ),
        ("aws:ses.send_email", {"repeats": "mail"}),
        (
            "aws:dynamodb.put_item",
            {"repeats": "fresh-record", "kind": "dynamodb-put", "conditional": "ConditionExpression"},
        ),
    ],
)
def test_effect(name, row):
    assert EFFECTS["aws"][name] == row


def test_severities_follow_the_catalogue():
    severe = {name for name, row in EFFECTS["classes"].items() if row["severity"] == "warning"}
    assert severe == {"money", "mail", "message", "job", "instance", "counter", "fresh-record"}


def test_http_effects_know_their_method():
    for name, row in EFFECTS["http"].items():
        assert row.get("method") in {None, "POST", "PATCH"}, name
        assert "method" in row or "method_position" in row or "body_position" in row, name
    request = list(inspect.signature(found("urllib.request.Request")).parameters)
    assert request.index("method") == EFFECTS["http"]["urllib.request.Request"]["method_position"]
    assert request.index("data") == EFFECTS["http"]["urllib.request.Request"]["body_position"]


# botocore: a development dependency


@pytest.fixture(scope="module")
def derive():
    pytest.importorskip("botocore")
    spec = importlib.util.spec_from_file_location("derive_effects", ROOT / "scripts" / "derive_effects.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def session(derive):
    return derive.botocore.session.get_session()


def test_tokens_are_what_the_service_models_say(derive, session):
    import botocore

    text = derive.EFFECTS.read_text(encoding="utf-8")
    filled, problems = derive.derived(session, text)
    assert problems == []
    if botocore.__version__ == EFFECTS["botocore"]:
        assert filled == text, "run python scripts/derive_effects.py"


def test_aws_operations_exist(derive, session):
    names = {name for _, name in operations() if name.startswith("aws:") and "#" not in name and "()" not in name}
    resource_methods = {name for name, row in EFFECTS["aws"].items() if "as" in row}
    missing = []
    for name in sorted(names - ADDED_BY_HAND - resource_methods):
        try:
            derive.operation_model(session, name)
        except LookupError as error:
            missing.append(str(error))
    assert missing == []
    assert len(names) > 250


def test_derivation_reports_what_does_not_exist(derive, session):
    text = 'botocore = "0"\n[aws]\n"aws:sqs.send_mesage" = { repeats = "relay" }\n"aws:sqs.send_message" = { repeats = "relay", name = "Nme" }\n'
    filled, problems = derive.derived(session, text)
    assert problems == ["aws:sqs.send_mesage: no such method", "aws:sqs.send_message: no parameter Nme"]
    assert 'name = "Nme", token = "MessageDeduplicationId" }' in filled
    assert 'botocore = "0"' not in filled


def test_nested_tokens_are_found(derive, session):
    assert derive.token_of(derive.operation_model(session, "aws:ec2.request_spot_fleet")) == (
        "SpotFleetRequestConfig/ClientToken",
        False,
    )
    assert derive.token_of(derive.operation_model(session, "aws:ecs.run_task")) == ("clientToken", True)
    assert derive.token_of(derive.operation_model(session, "aws:batch.submit_job")) is None


def test_removed_modules_are_those_that_a_later_standard_library_lacks():
    lists = {name: set(found) for name, found in table("stdlib")["modules"].items() if name != "all"}
    versions = sorted(tuple(map(int, name.split("."))) for name in lists)
    gone = {}
    for before, after in itertools.pairwise(versions):
        lost = lists["{}.{}".format(*before)] - lists["{}.{}".format(*after)]
        gone.update({name: list(after) for name in lost if not name.startswith("_")})
    listed = table("removed")["modules"]
    assert {name: since for name, since in listed.items() if since != [3, 0]} == gone
    every = set(table("stdlib")["modules"]["all"]).union(*lists.values())
    assert not every & {name for name, since in listed.items() if since == [3, 0]}
