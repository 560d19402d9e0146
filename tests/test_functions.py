"""Entry points: where handler strings lead, what decorators say, and what evidence is enough."""

import textwrap

import pytest

from lambdalint.discover import Project
from lambdalint.functions import find_functions
from lambdalint.functions.handlers import home, parse
from lambdalint.model import ABSENT, DeclaredFunction, Location, State, Value
from lambdalint.settings import Settings
from lambdalint.source.names import Names
from lambdalint.source.program import Program
from lambdalint.templates.values import Reference, Templates, Text
from tests.trees import MemoryTree

PLAIN = "def handler(event, context):\n    return 1\n"


class CountingTree(MemoryTree):
    """A tree of indented texts, which counts what is read."""

    def __init__(self, files):
        super().__init__({path: textwrap.dedent(text) for path, text in files.items()})
        self.reads = []

    def read(self, path, limit):
        data = super().read(path, limit)
        self.reads.append(path)
        return data


class Run:
    """One search, with what it left behind."""

    def __init__(self, files, *declared, foreign=(), configured=(), templates=()):
        self.tree = CountingTree(files)
        python = tuple(sorted(path for path in files if path.endswith(".py") and not path.startswith("cdk.out/")))
        archives = tuple(sorted(path for path in files if path.endswith(".zip")))
        project = Project(self.tree, "/nowhere", python, tuple(templates), archives=archives)
        self.program = Program(self.tree, python)
        self.functions = find_functions(
            project,
            self.program,
            Names(self.program),
            Templates(functions=declared, foreign_roots=tuple(foreign)),
            Settings(functions=tuple(configured)),
        )

    @property
    def places(self):
        return [(function.path, function.line, function.qualname) for function in self.functions]

    @property
    def found(self):
        return [(function.origin, function.path, function.qualname) for function in self.functions]

    @property
    def one(self):
        assert len(self.functions) == 1, self.functions
        return self.functions[0]


def known(value):
    return Value(State.KNOWN, value)


def declare(handler, root=None, *, name="Fn", origin="sam", template="template.yaml", line=1, **fields):
    place = {"code_root": known(root)} if isinstance(root, str) else {"code_root": root or ABSENT}
    settings = {
        key: value if isinstance(value, Value) else known(value) for key, value in fields.pop("settings", {}).items()
    }
    values = {key: value if isinstance(value, Value) else known(value) for key, value in fields.items()}
    directory = template.rpartition("/")[0] or "."
    return DeclaredFunction(
        name,
        origin,
        Location(template, line),
        known(handler),
        default_root=directory,
        settings=settings,
        **place,
        **values,
    )


def elsewhere(value=None, reason="the code is in S3"):
    return Value(State.UNKNOWN, value, None, reason)


# -- handler strings


@pytest.mark.parametrize(
    ("text", "module", "attribute"),
    [
        ("app.handler", "app", "handler"),
        ("a.b.c", "a.b", "c"),
        ("a/b.c", "a.b", "c"),
        ("a/b.c.d", "a.b.c", "d"),
        ("./src/app.main", "src.app", "main"),
        ("lambda-handler.main", "lambda-handler", "main"),
    ],
)
def test_handler_strings_are_split_at_the_last_dot(text, module, attribute):
    assert parse(text) == (module, attribute)


@pytest.mark.parametrize("text", ["handler", "", ".", ".handler", "app.", "app.1x", "app.a-b", "a b"])
def test_strings_that_are_no_handlers(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("", ""),
        ("service", "service"),
        ("deployment", ""),
        ("service/infra", "service"),
        ("terraform-modules/lambda", ""),
        ("lambda-sqs-terraform", "lambda-sqs-terraform"),
        ("a/cdk/cdk.out", "a"),
    ],
)
def test_templates_in_deployment_directories_deploy_what_lies_beside(directory, expected):
    assert home(directory) == expected


# -- templates: modules


def test_a_handler_is_found_below_its_code_root():
    run = Run({"src/app.py": "import os\n\n" + PLAIN}, declare("app.handler", "src", name="Api"))
    function = run.one
    assert run.places == [("src/app.py", 3, "handler")]
    assert (function.name, function.handler, function.origin, function.code_root) == (
        "Api",
        "app.handler",
        "sam",
        "src",
    )
    assert function.reason == "SAM template template.yaml declares it"
    assert function.problem == ""
    assert function.declared.name == "Api"
    assert run.program.code_roots == {"src/app.py": "src"}


def test_the_default_root_counts_where_the_template_names_none():
    run = Run({"service/todos/create.py": "def create(event, context): pass\n"},
              declare("todos/create.create", origin="serverless", template="service/serverless.yml"))  # fmt: skip
    assert run.places == [("service/todos/create.py", 1, "create")]
    assert run.one.code_root == "service"


def test_packages_and_the_root_directory():
    run = Run(
        {"pkg/__init__.py": PLAIN, "app/main.py": PLAIN},
        declare("pkg.handler", "."),
        declare("app.main.handler", "", line=2),
    )
    assert run.places == [("app/main.py", 1, "handler"), ("pkg/__init__.py", 1, "handler")]


def test_a_code_root_that_is_one_file():
    run = Run({"src/scan.py": PLAIN}, declare("scan.handler", "src/scan.py", origin="terraform"))
    assert run.places == [("src/scan.py", 1, "handler")]
    assert run.one.code_root == "src"


def test_one_definition_deployed_twice_gives_two_functions():
    run = Run({"app.py": PLAIN}, declare("app.handler", "", name="B"), declare("app.handler", "", name="A", line=9))
    assert [(function.name, function.declared.location.line) for function in run.functions] == [("A", 9), ("B", 1)]
    assert set(run.places) == {("app.py", 1, "handler")}


def test_a_missing_module_is_a_problem():
    run = Run({"src/app.py": "x = 1\n"}, declare("main.handler", "src"))
    assert run.places == [(None, None, None)]
    assert run.one.problem == "no module main in src"
    assert run.one.code_root is None


def test_a_missing_attribute_is_a_problem():
    run = Run({"src/app.py": "x = 1\n"}, declare("app.handler", "src"))
    assert run.one.path is None
    assert run.one.problem == "src/app.py binds no handler"


def test_a_module_that_does_not_parse_keeps_its_path():
    run = Run({"src/app.py": "def handler(event, context:\n"}, declare("app.handler", "src"))
    assert run.places == [("src/app.py", 1, None)]
    assert run.one.problem == "src/app.py cannot be parsed"


def test_other_runtimes_are_listed_without_a_place_or_a_problem():
    run = Run({"src/app.py": PLAIN}, declare("index.handler", "src", runtime="nodejs20.x"))
    assert (run.functions[-1].path, run.functions[-1].problem, run.functions[-1].handler) == (None, "", "index.handler")


@pytest.mark.parametrize("suffix", [".js", ".mjs", ".ts"])
def test_a_module_in_another_language_says_the_runtime(suffix):
    run = Run({f"src/app{suffix}": "", "src/x.py": ""}, declare("app.handler", "src"))
    assert (run.one.path, run.one.problem) == (None, "")


def test_dotnet_handlers_and_scripts():
    run = Run(
        {}, declare("Asm::Type::Method", "src"), declare("run.sh", "src", line=2), declare("nonsense", "src", line=3)
    )
    assert [function.problem for function in run.functions] == [
        "",
        "run.sh is a script, which a wrapper of the runtime starts",
        "nonsense is not a handler: module and function, joined by a dot",
    ]


def test_an_unknown_handler_keeps_its_reason():
    item = declare("x.y", "src")._replace(handler=Value(State.UNKNOWN, reason="parameter H has no default"))
    assert Run({}, item).one.problem == "parameter H has no default"


def test_inline_code_has_no_place():
    run = Run({"index.py": "x = 1\n"}, declare("index.handler", elsewhere(), settings={"inline_code": "def handler…"}))
    assert (run.one.path, run.one.problem) == (None, "inline code in the template")


def test_inline_code_under_another_module_stands_in_for_the_project_s():
    run = Run({"scan.py": PLAIN}, declare("scan.handler", elsewhere(), origin="cloudformation",
                                          template="deploy/stack.yaml", settings={"inline_code": "pass"}))  # fmt: skip
    assert run.places == [("scan.py", 1, "handler")]


def test_handlers_from_layers_lead_to_the_handler_in_their_variable():
    variables = {"DD_LAMBDA_HANDLER": known("app.handler")}
    run = Run({"src/app.py": PLAIN}, declare("datadog_lambda.handler.handler", "src", environment=variables))
    assert run.places == [("src/app.py", 1, "handler")]
    assert run.one.handler == "datadog_lambda.handler.handler"
    assert run.one.reason.endswith("; its handler datadog_lambda.handler.handler calls app.handler")


def test_handlers_from_layers_without_the_variable():
    run = Run({"src/app.py": "x = 1\n"}, declare("newrelic_lambda_wrapper.handler", "src"))
    assert run.one.problem == "newrelic_lambda_wrapper.handler comes with a layer, and no variable names what it calls"


def test_a_plug_in_s_handler_leads_to_the_application():
    run = Run({"app.py": "from flask import Flask\napp = Flask(__name__)\n"},
              declare("wsgi_handler.handler", "", origin="serverless", settings={"wrapped_handler": "app.app"}))  # fmt: skip
    assert run.places == [("app.py", 2, "app")]


# -- templates: code that is put together elsewhere


def test_the_only_module_of_a_telling_name_is_found():
    files = {"source/core/functions/assign_number.py": PLAIN, "source/core/functions/other.py": PLAIN}
    run = Run(
        files, declare("assign_number.handler", elsewhere(), template="deployment/stack.json", origin="cloudformation")
    )
    declared = [function for function in run.functions if function.declared]
    assert [(f.path, f.code_root) for f in declared] == [
        ("source/core/functions/assign_number.py", "source/core/functions")
    ]
    assert declared[0].reason.endswith(
        "; the code is put together elsewhere, and this is the only module of that name here"
    )


@pytest.mark.parametrize("template", ["v1/stack.json", "v3/deployment/stack.json"])
def test_an_archive_beside_the_template_is_nearer_than_a_module_far_away(template):
    files = {"v2/source/provision.py": PLAIN, "v1/functions.zip": "", "v3/functions.zip": ""}
    run = Run(files, declare("provision.handler", elsewhere(), template=template, origin="cloudformation"))
    (declared,) = [function for function in run.functions if function.declared]
    near = f"{template[:2]}/functions.zip"
    assert declared.path is None
    assert declared.problem == (
        f"the code is in S3, and {near} lies nearer to it than v2/source/provision.py, and may hold its code"
    )
    run = Run(files, declare("provision.handler", elsewhere(), template="v4/stack.json", origin="cloudformation"))
    assert [function.path for function in run.functions if function.declared] == ["v2/source/provision.py"]


def test_the_function_s_name_decides_between_modules_of_one_name():
    files = {f"functions/{name}/lambda_function.py": PLAIN for name in ("ingest", "notify", "report")}
    run = Run(files, declare("lambda_function.handler", elsewhere(), name="NotifyFunction", template="infra/main.yaml"))
    assert [function.path for function in run.functions if function.declared] == ["functions/notify/lambda_function.py"]


def test_the_archive_s_name_decides_too():
    files = {f"functions/{name}/app.py": PLAIN for name in ("ingest", "notify")}
    key = Text(("builds/", Reference("t", "Version"), "/ingest.zip"))
    run = Run(files, declare("app.handler", elsewhere(key), name="Fn1", template="infra/main.yaml"))
    assert [function.path for function in run.functions if function.declared] == ["functions/ingest/app.py"]


def test_modules_that_cannot_be_told_apart_are_a_problem():
    files = {f"functions/{name}/app.py": PLAIN for name in ("ingest", "notify")}
    run = Run(files, declare("app.handler", elsewhere(), name="Worker", template="infra/main.yaml"))
    declared = [function for function in run.functions if function.declared]
    assert [(f.path, f.problem) for f in declared] == [
        (None, "the code is in S3, and 2 files of the project may be module app")
    ]


def test_code_of_another_sample_is_not_taken():
    run = Run(
        {"other-sample/src/index.py": PLAIN},
        declare("index.handler", elsewhere(), template="this-sample/template.yaml"),
    )
    declared = [function for function in run.functions if function.declared]
    assert [(f.path, f.problem) for f in declared] == [
        (None, "the code is in S3, and no file of the project is module index")
    ]


def test_a_file_of_a_common_name_far_from_the_template_is_not_taken():
    run = Run({"forwarder/index.py": PLAIN}, declare("index.handler", elsewhere(), name="Vendor", template="a/infra/main.tf"),
              declare("index.handler", elsewhere(), name="Vendor2", template="infra/main.tf"))  # fmt: skip
    assert [function.path for function in run.functions if function.declared] == [None, None]


def test_modules_that_do_not_bind_the_handler_are_no_candidates():
    files = {"functions/a/app.py": "x = 1\n", "functions/b/app.py": PLAIN}
    run = Run(files, declare("app.handler", elsewhere(), name="B", template="functions/main.yaml"))
    assert [function.path for function in run.functions if function.declared] == ["functions/b/app.py"]


def test_a_build_directory_without_python_is_elsewhere():
    run = Run(
        {"service/src/worker.py": PLAIN}, declare("worker.handler", "service/build", template="service/template.yaml")
    )
    assert run.places == [("service/src/worker.py", 1, "handler")]


def test_a_build_directory_beside_the_template_s():
    run = Run(
        {"tools/svc/pkg/handler.py": PLAIN},
        declare("handler.handler", "tools/svc/stage", template="tools/svc/cfn/api.yml"),
    )
    assert run.places == [("tools/svc/pkg/handler.py", 1, "handler")]


def test_an_archive_of_the_project_is_searched_for_its_source():
    run = Run(
        {"worker.py": PLAIN}, declare("worker.handler", "dist/worker.zip", origin="terraform", template="main.tf")
    )
    assert run.places == [("worker.py", 1, "handler")]
    missing = Run({"other.py": "x = 1\n"}, declare("worker.handler", "dist/worker.zip", origin="terraform"))
    assert missing.one.problem == "the code is in dist/worker.zip, and no file of the project is module worker"


@pytest.mark.parametrize("root", ["packages/notify.zip", elsewhere("packages/notify.zip", "it is built")])
def test_the_directory_beside_an_archive_is_its_source(root):
    files = {f"packages/{name}/app.py": PLAIN for name in ("ingest", "notify")}
    run = Run(files, declare("app.handler", root, origin="terraform", template="modules/lambda/main.tf"))
    (function,) = [function for function in run.functions if function.declared]
    assert (function.path, function.code_root) == ("packages/notify/app.py", "packages/notify")
    assert function.reason.endswith("this is the directory beside its archive")


def test_an_image_copies_from_below_its_context():
    run = Run({"svc/src/app.py": PLAIN, "app.py": PLAIN}, declare("app.handler", "svc", package_type="Image"))
    assert ("svc/src/app.py", 1, "handler") in run.places
    assert [function.code_root for function in run.functions if function.declared] == ["svc/src"]


def test_a_staged_copy_leads_to_its_source():
    files = {"lambda/index.py": PLAIN, "cdk.out/asset.1f/index.py": PLAIN, "cdk.out/asset.2f/index.py": PLAIN + "\n"}
    run = Run(files, declare("index.handler", "cdk.out/asset.1f", origin="cdk", template="cdk.out/S.template.json"),
              declare("index.handler", "cdk.out/asset.2f", origin="cdk", template="cdk.out/S.template.json", line=5))  # fmt: skip
    assert run.places == [("cdk.out/asset.2f/index.py", 1, "handler"), ("lambda/index.py", 1, "handler")]


# -- templates: definitions


def target(text, attribute="handler", **others):
    run = Run({"app.py": text, **others}, declare(f"app.{attribute}", ""))
    assert len(run.functions) == 1, run.functions  # nothing behind the handler is found again by evidence
    return run.places[0]


def test_an_alias_leads_to_the_definition():
    assert target("def lambda_handler(event, context): pass\n\nhandler = lambda_handler\n") == (
        "app.py",
        1,
        "lambda_handler",
    )


def test_an_import_leads_to_the_definition():
    text = "from lib.core import run as handler\n"
    others = {
        "lib/__init__.py": "",
        "lib/core.py": "from .deep import run\n",
        "lib/deep.py": "\n\ndef run(event, context): pass\n",
    }
    assert target(text, **others) == ("lib/deep.py", 3, "run")


def test_a_star_import_leads_to_the_definition():
    assert target("from impl import *\n", **{"impl.py": PLAIN}) == ("impl.py", 1, "handler")


def test_an_import_from_outside_is_the_place():
    assert target("import os\nfrom vendor_layer import handler\n") == ("app.py", 2, "handler")


def test_a_wrapper_from_outside_leads_to_what_it_wraps():
    text = """\
        from datadog_lambda.wrapper import datadog_lambda_wrapper
        def forward(event, context): pass
        handler = datadog_lambda_wrapper(forward)
    """
    assert target(text) == ("app.py", 2, "forward")


def test_a_wrapper_of_the_project_is_the_place_since_its_code_runs_too():
    text = """\
        def middleware(inner):
            def wrapper(event, context):
                return inner(event, context)
            return wrapper

        def main_handler(event, context): pass

        handler = middleware(main_handler)
    """
    assert target(text) == ("app.py", 8, "handler")


def test_an_adapter_object_is_the_place():
    text = """\
        from fastapi import FastAPI
        from mangum import Mangum
        app = FastAPI()
        handler = Mangum(app)
    """
    assert target(text) == ("app.py", 4, "handler")


def test_a_bound_method_leads_to_the_method():
    text = """\
        class Worker:
            def handle(self, event, context): pass

        worker = Worker()
        handler = worker.handle
    """
    assert target(text) == ("app.py", 2, "Worker.handle")


def test_an_assignment_inside_try_and_with_annotation():
    assert target("import x\ntry:\n    handler: object = x.make()\nexcept Exception:\n    raise\n") == (
        "app.py",
        3,
        "handler",
    )


def test_imports_in_a_circle_end():
    run = Run({"app.py": "from b import handler\n", "b.py": "from app import handler\n"}, declare("app.handler", ""))
    assert run.one.problem == "the imports of handler lead in a circle"


def test_the_last_of_two_definitions_counts():
    assert target("def handler(event, context): pass\n\n\ndef handler(event, context): return 2\n")[1] == 4


# -- configuration


def test_the_configuration_names_a_file_or_a_module():
    files = {"a/b.py": "def go(x, y): pass\n", "src/pkg/c.py": "def run(x, y): pass\n"}
    run = Run(files, configured=["a/b.py:go", "pkg.c.run"])
    assert run.found == [("configuration", "a/b.py", "go"), ("configuration", "src/pkg/c.py", "run")]
    assert [function.reason for function in run.functions] == ["the configuration names it"] * 2


def test_the_configuration_s_mistakes_are_told():
    run = Run({"a.py": "x = 1\n"}, configured=["gone.py:go", "a.py:go", "word"])
    assert sorted(function.problem for function in run.functions) == [
        "a.py binds no go",
        "there is no file gone.py",
        "word is not a handler: module and function, joined by a dot",
    ]


def test_the_configuration_adds_nothing_to_what_a_template_names():
    run = Run({"app.py": PLAIN}, declare("app.handler", ""), configured=["app.py:handler"])
    assert run.found == [("sam", "app.py", "handler")]


# -- decorators and wrappers


@pytest.mark.parametrize(
    "decorator",
    [
        "from aws_lambda_powertools import Logger\nlogger = Logger()\n@logger.inject_lambda_context(log_event=True)",
        "from aws_lambda_powertools import Tracer as T\ntracer = T()\n@tracer.capture_lambda_handler",
        "from aws_lambda_powertools.utilities.data_classes import event_source, SQSEvent\n@event_source(data_class=SQSEvent)",
        "from aws_durable_execution_sdk_python import durable_execution\n@durable_execution",
    ],
)
def test_decorators_of_entry_points(decorator):
    run = Run({"jobs/anything.py": f"{decorator}\ndef consume(payload, _): pass\n"})
    assert run.found == [("decorator", "jobs/anything.py", "consume")]
    assert run.one.reason.endswith("decorates it")
    assert (run.one.name, run.one.handler, run.one.code_root) == ("jobs/anything.consume", "anything.consume", "jobs")


def test_decorators_on_other_functions_say_nothing():
    text = """\
        from aws_lambda_powertools import Tracer
        tracer = Tracer()

        class Service:
            @tracer.capture_lambda_handler
            def run(self, event, context): pass

        @tracer.capture_method
        def step(order, prices): pass
    """
    assert Run({"app.py": text}).functions == ()


def test_a_decorator_of_the_project_that_is_made_for_handlers():
    files = {
        "mw.py": """\
            from aws_lambda_powertools.middleware_factory import lambda_handler_decorator

            @lambda_handler_decorator
            def audited(handler, event, context):
                return handler(event, context)
        """,
        "app.py": """\
            from mw import audited

            @audited
            def consume(event, context): pass
        """,
    }
    run = Run(files)
    assert run.found == [("decorator", "app.py", "consume")]
    assert run.one.reason == "audited decorates it, which is made for Lambda handlers"


WRAPPERS = """\
    from functools import wraps

    def api(origins=(), *, strict=False):
        def inner(function):
            @wraps(function)
            def wrapper(event, context):
                return function(event["queryStringParameters"])
            return wrapper
        return inner

    def answered(function):
        async def inner(event, context):
            return {"result": await function(**event)}
        return inner

    def checked(function):
        def inner(request):
            return function(request)
        return inner
"""


@pytest.mark.parametrize(
    ("text", "wrapper"),
    [
        ("@api(origins=['x'])\n@checked\ndef lambda_handler(request): pass\n", "api.inner.wrapper"),
        ("@answered\nasync def lambda_handler(\n    *,\n    source,\n): pass\n", "answered.inner"),
    ],
)
def test_a_wrapper_of_the_project_takes_event_and_context_for_it(text, wrapper):
    run = Run({"mw.py": WRAPPERS, "fn/app.py": f"from mw import *\n\n{text}"})
    assert [(origin, path) for origin, path, _ in run.found] == [("decorator", "fn/app.py")]
    assert run.one.reason == f"it is named {run.one.qualname}, and {wrapper} takes event and context for it"


@pytest.mark.parametrize(
    "text",
    [
        "@checked\n@api()\ndef lambda_handler(request): pass\n",
        "@api()\ndef search(request): pass\n",
        "@api()\ndef handler(request): pass\n\ndef lambda_handler(event, context): return handler(event, context)\n",
    ],
)
def test_wrappers_of_the_project_that_tell_of_no_entry_point(text):
    run = Run({"mw.py": WRAPPERS, "fn/app.py": f"from mw import *\n\n{text}"})
    assert "decorator" not in [origin for origin, _, _ in run.found]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("from mangum import Mangum\nfrom x import app\n\nhandler = Mangum(app)\n", 4),
        (
            "from ask_sdk_core.skill_builder import SkillBuilder\nsb = SkillBuilder()\nhandler = sb.lambda_handler()\n",
            3,
        ),
        ("from flask_lambda import FlaskLambda\nhandler = FlaskLambda(__name__)\n", 2),
    ],
)
def test_objects_that_are_handlers(text, line):
    run = Run({"app.py": text})
    assert run.found == [("decorator", "app.py", "handler")]
    assert run.one.line == line


def test_chalice_applications_and_their_functions():
    text = """\
        from chalice import Chalice
        app = Chalice(app_name="x")

        @app.route("/")
        def index(): return {}

        @app.route("/lambda")
        def handler(event, context): return {}

        @app.schedule("rate(1 hour)")
        def hourly(event): pass
    """
    run = Run({"app.py": text})
    assert run.found == [("chalice", "app.py", "app"), ("chalice", "app.py", "hourly")]
    declared = Run({"app.py": text}, declare("app.app", "", origin="chalice", template=".chalice/config.json"))
    assert declared.found == [("chalice", "app.py", "app"), ("chalice", "app.py", "hourly")]
    assert declared.functions[0].declared is not None


def test_domovoi_functions():
    text = """\
        import domovoi
        app = domovoi.Domovoi(configure_logs=False)

        @app.sqs_queue_subscriber("queue")
        def consume(event, context): pass

        @app.scheduled_function("rate(1 minute)")
        def tick(event, context): pass
    """
    found = Run({"app.py": text}).found
    assert ("decorator", "app.py", "consume") in found
    assert ("decorator", "app.py", "tick") in found


def test_what_a_template_names_is_not_found_again():
    text = """\
        from aws_lambda_powertools import Logger
        logger = Logger()
        @logger.inject_lambda_context
        def handler(event, context): pass
    """
    assert Run({"app.py": text}, declare("app.handler", "")).found == [("sam", "app.py", "handler")]


# -- evidence: what is an entry point


@pytest.mark.parametrize(
    "signature",
    [
        "lambda_handler(event, context)",
        "handler(event, _)",
        "lambda_handler(event, _context)",
        "handler(_event, _context)",
        "lambda_handler(evt, ctx)",
        "main(event, context)",
        "sqs_handler(event, context)",
        "processOrderHandler(event, context)",
        "lambda_handler(event, context=None)",
        "handler(event: dict, context: 'LambdaContext') -> dict",
        "lambda_handler(event, context, retries=3)",
        "lambda_handler(*args)",
        "lambda_handler(sqs_event, lambda_context)",
        "on_event(event, context)",
        "lambda_handler(event: JsonObject, _context: bytes)",
        "lambda_handler(event: int, context)",
        "orders_lambda_handler(event: any, context: bytes)",
        "handler(event: any, context: any)",
        "sqs_handler(  # noqa: C901\n    event, context)",
    ],
)
def test_functions_that_look_like_entry_points(signature):
    run = Run({"src/handlers/work.py": f"def {signature}:\n    return event\n"})
    assert run.found == [("heuristic", "src/handlers/work.py", signature.partition("(")[0])]


def test_a_typed_context_is_worth_a_name():
    text = """\
        from aws_lambda_powertools.utilities.typing import LambdaContext
        from models import Order
        def handler(order: Order, ctx: LambdaContext): pass
    """
    assert Run({"fn/app.py": text, "fn/models.py": "class Order: pass\n"}).found == [
        ("heuristic", "fn/app.py", "handler")
    ]


def test_a_function_named_like_its_file():
    text = "def ship_orders(event, context):\n    for record in event['Records']: print(record)\n"
    run = Run({"assets/lambda/ship_orders.py": text})
    assert run.found == [("heuristic", "assets/lambda/ship_orders.py", "ship_orders")]
    assert Run({"assets/lambda/other.py": text.replace("Records", "x")}).functions == ()


def test_a_handler_that_a_deployment_program_names():
    stack = """\
        from aws_cdk import aws_lambda
        def build(scope):
            aws_lambda.Function(scope, "F", handler="cleanup.purge", code=aws_lambda.Code.from_asset("fns"))
    """
    function = "def purge(event, context):\n    return 1\n"
    run = Run({"shop/stack.py": stack, "shop/fns/cleanup.py": function})
    assert run.found == [("heuristic", "shop/fns/cleanup.py", "purge")]
    assert run.one.reason == "it takes (event, context) and is named as a handler in shop/stack.py"
    assert Run({"shop/fns/cleanup.py": function}).functions == ()
    assert Run({"other/stack.py": stack, "shop/fns/cleanup.py": function}).functions == ()


def test_the_reason_lists_the_evidence():
    run = Run({"lambda_function.py": "def lambda_handler(event, context):\n    return {'statusCode': 200}\n"})
    assert run.one.reason == (
        "it is named lambda_handler, takes (event, context), uses them as Lambda's and lies in lambda_function.py"
    )
    assert run.one.name == "lambda_function.lambda_handler"


@pytest.mark.parametrize(
    ("text", "line", "qualname"),
    [
        ("class W:\n    def __call__(self, event, context): pass\n\nlambda_handler = W()\n", 4, "lambda_handler"),
        ("class W:\n    def run(self, event, context): pass\n\nw = W()\nlambda_handler = w.run\n", 2, "W.run"),
        ("from x import call\nhandler = lambda event, context: call(event)\n", 2, "<lambda:<module>:2:0>"),
        ("import x\ndef go(event, context): pass\n\nlambda_handler = x.wrap()(go)\n", 2, "go"),
        ("def mw(f): return f\n\ndef go(event, context): pass\n\nlambda_handler = mw(go)\n", 5, "lambda_handler"),
    ],
)
def test_a_handler_bound_by_assignment(text, line, qualname):
    run = Run({"app.py": text})
    assert [(function.origin, function.line, function.qualname) for function in run.functions] == [
        ("heuristic", line, qualname)
    ]
    assert run.one.handler in ("app.lambda_handler", "app.handler")


def test_packages_give_the_code_root():
    run = Run({"app/__init__.py": "", "app/jobs/__init__.py": "", "app/jobs/main.py": PLAIN})
    assert (run.one.code_root, run.one.handler) == ("", "app.jobs.main.handler".replace(".", "/", 2))
    assert run.program.code_roots == {"app/jobs/main.py": ""}


# -- evidence: what is none


@pytest.mark.parametrize(
    "text",
    [
        "def signal_handler(signum, frame): pass\n",
        "def error_handler(app, exc): pass\n",
        "def error_handler(event, context): pass\n",
        "def handler(update, context): pass\n",
        "def exception_handler(exc, context): pass\n",
        "def handler(event): pass\n",
        "def handler(event, context, bucket): pass\n",
        "def handler(event, *, context): pass\n",
        "def sns_handler(event, metadata): pass\n",
        "def main(): pass\n",
        "def _handle(event, context): pass\n",
        "def render(event, context): pass\n",
        "def handle(data, context): pass\n",
        "class A:\n    def handler(self, event, context): pass\n",
        "def make():\n    def handler(event, context): pass\n    return handler\n",
        "if __name__ == '__main__':\n    def handler(event, context): pass\n",
        "import logging\nhandler = logging.StreamHandler()\n",
        "import logging\nfrom x import Y\nhandler = Y(logging.INFO)\n",
        "def _strip(self, text): pass\nhandler = _strip\n",
        "import x\nhandler = x.handler\n",
        "import click\ndef handler(event, context: click.Context): pass\n",
        "import click\ndef lambda_handler(event, context: click.Context): pass\n",
        "def handler(event, context: bytes): pass\n",
        "from telegram.ext import ContextTypes\ndef handler(event, context: ContextTypes.DEFAULT_TYPE): pass\n",
        "def handler(event: int, context): pass\n",
        "def run(event, context):\n    context.bot.send(event)\n",
        "import functions_framework\n@functions_framework.cloud_event\ndef handler(event, context): pass\n",
        "from google.cloud import pubsub_v1\ndef handler(event, context): pass\n",
        "from crhelper import CfnResource\nhelper = CfnResource()\n@helper.create\ndef handler(event, context): pass\n",
        "handler = None\ndef handler(event, context): pass\nhandler = None\n",
        "def main(event, context):\n    yield event\n",
    ],
)
def test_functions_that_only_look_like_entry_points(text):
    assert Run({"src/callbacks.py": text}).functions == ()


@pytest.mark.parametrize("path", ["tests/app.py", "src/tests/unit/app.py", "test_app.py", "app_test.py", "conftest.py"])
def test_tests_hold_no_entry_points(path):
    assert Run({path: PLAIN}).functions == ()


def test_scripts_of_systems_manager_take_the_same_parameters():
    script = "def script_handler(events, context):\n    return events['requestContext']\n"
    files = {"runbooks/scripts/a.py": PLAIN, "ssm_documents/b.py": script, "runbooks/lambda/app.py": PLAIN}
    assert Run(files).places == [("runbooks/lambda/app.py", 1, "handler")]
    assert Run(files, declare("a.handler", "runbooks/scripts")).places[0] == ("runbooks/lambda/app.py", 1, "handler")
    assert len(Run(files, declare("a.handler", "runbooks/scripts")).places) == 2


def test_a_template_may_name_a_function_in_tests():
    assert Run({"tests/fn/app.py": PLAIN}, declare("app.handler", "tests/fn")).places == [
        ("tests/fn/app.py", 1, "handler")
    ]


def test_directories_of_other_clouds():
    files = {
        "gcloud-fn/handler.py": PLAIN,
        "kube/handler.py": PLAIN,
        "kube/aws/handler.py": PLAIN,
        "aws/handler.py": PLAIN,
    }
    run = Run(files, declare("handler.handler", "kube/aws", template="kube/aws/template.yaml"), foreign=["kube"])
    assert [function.path for function in run.functions] == ["aws/handler.py", "kube/aws/handler.py"]


def test_a_whole_project_of_another_cloud():
    assert Run({"handler.py": PLAIN, "src/handler.py": PLAIN}, foreign=["."]).functions == ()


def test_helpers_that_get_the_event_of_another_function():
    text = """\
        def sqs_handler(event, context): pass

        def sns_handler(event, context): pass

        def lambda_handler(event, context):
            if "Records" in event:
                return sqs_handler(event, context)
            return sns_handler(event=event, context=context)
    """
    assert Run({"app.py": text}).found == [("heuristic", "app.py", "lambda_handler")]


def test_helpers_of_another_module():
    files = {
        "app.py": """\
            from steps import parsing
            from steps.other import main_handler as run
            def lambda_handler(event, context):
                parsing.handler(event, context)
                return run(event, context)
        """,
        "steps/parsing.py": PLAIN,
        "steps/other.py": "def main_handler(event, context): pass\n",
        "steps/third.py": PLAIN,
    }
    assert [function.path for function in Run(files).functions] == ["app.py", "steps/third.py"]


def test_trying_a_handler_out_does_not_make_it_internal():
    files = {
        "app.py": "def lambda_handler(event, context):\n    return 1\n",
        "local.py": "from app import lambda_handler\n\ndef run(event_file):\n    lambda_handler({'a': 1}, None)\n",
    }
    assert Run(files).found == [("heuristic", "app.py", "lambda_handler")]


def test_an_event_of_the_callers_own_making_comes_without_a_context():
    files = {
        "app.py": "def lambda_handler(event, context):\n    return 1\n\ndef lambda_handler_local(event, context): pass\n",
        "test.py": "import app, made\n\ndef upload():\n    event = made.event()\n    app.lambda_handler(event, None)\n",
    }
    assert Run(files).found == [("heuristic", "app.py", "lambda_handler")]


@pytest.mark.parametrize("context", ["{}", "None", "Context()"])
def test_an_event_that_comes_with_a_context_made_on_the_spot_is_the_callers_own(context):
    text = (
        "def run(event, _context):\n    return event\n\ndef trial():\n    event = load()\n    print(run(event, {}))\n"
    )
    assert Run({"harvest/handler.py": text.format(context)}).found == [("heuristic", "harvest/handler.py", "run")]


def test_functions_that_are_handed_on_are_no_entry_points():
    text = """\
        from aws_lambda_powertools.utilities.batch import process_partial_response
        def record_handler(record, lambda_context): pass
        def create_handler(event, context): return event["ResourceProperties"]
        def delete_handler(event, context): return event["ResourceProperties"]
        ACTIONS = {"Create": create_handler, "Delete": delete_handler}

        def lambda_handler(event, context):
            process_partial_response(event, record_handler=record_handler)
            return ACTIONS[event["RequestType"]](event, context)
    """
    assert Run({"src/handler.py": text}).found == [("heuristic", "src/handler.py", "lambda_handler")]


# -- the whole


def test_files_without_a_candidate_are_not_parsed():
    files = {
        "app.py": PLAIN,
        "events.py": "def on_click(event): pass\n\ndef handle_error(error, context): pass\n",
        "plain.py": "import logging\nhandler = logging.StreamHandler()\n",
        "broken.py": "def (:\n",
        "helper.py": "def process(event, rows): pass\n",
    }
    run = Run(files)
    assert run.found == [("heuristic", "app.py", "handler")]
    assert list(run.program.skeletons) == ["app.py"]


def test_each_file_is_read_once():
    run = Run({"app.py": PLAIN, "b.py": "x = 1\n", "c.py": "from app import handler\nprint('event')\n"})
    assert sorted(run.tree.reads) == ["app.py", "b.py", "c.py"]


@pytest.mark.parametrize(
    "imported",
    [
        "import mangum",
        "import json, mangum",
        "import json; import mangum",
        "import json; from mangum import Mangum",
        "from mangum import Mangum",
        "from mangum import(Mangum)",
        "from mangum import (\n    Mangum,\n)",
        "from mangum \\\n    import Mangum",
        "try: import mangum\nexcept ImportError: raise",
        "if True:\n\tfrom\tmangum\timport\tMangum",
        "import mangum  # the adapter",
        "import\\\n    mangum",
    ],
)
def test_packages_of_entry_points_however_they_are_imported(imported):
    made = "Mangum" if "Mangum" in imported else "mangum.Mangum"
    run = Run({"app.py": f"{imported}\nfrom x import app\napi = {made}(app)\n"})
    assert run.found == [("decorator", "app.py", "api")]


def test_a_source_that_is_no_candidate_is_read_once():
    run = Run({"a.py": "import b\n" + PLAIN, "b.py": "x = 1\n"})
    assert run.program.taken("b.py") == b"x = 1\n"
    assert sorted(run.tree.reads) == ["a.py", "b.py"]
    assert run.program.source("b.py") == b"x = 1\n"
    assert sorted(run.tree.reads) == ["a.py", "b.py", "b.py"]


def test_only_so_much_is_kept_of_what_is_no_candidate(monkeypatch):
    monkeypatch.setattr("lambdalint.source.program.SPARE_LIMIT", 7)
    run = Run({"a.py": "x = 1\n", "b.py": "y = 2\n", "c.py": ""})
    assert [run.program.taken(path) for path in ("a.py", "b.py", "c.py")] == [b"x = 1\n", b"y = 2\n", b""]
    assert run.tree.reads == ["a.py", "b.py", "c.py", "b.py"]


def test_the_order_does_not_depend_on_the_input():
    files = {"b.py": PLAIN, "a.py": "def main(event, context): pass\n\ndef handler(event, context): pass\n"}
    items = [
        declare("b.handler", "", name="Z"),
        declare("b.handler", "", name="A"),
        declare("x.y", elsewhere(), name="M"),
    ]
    one, other = Run(files, *items), Run(files, *reversed(items))
    assert one.functions == other.functions
    assert [(function.path, function.name) for function in one.functions] == [
        ("a.py", "a.main"),
        ("a.py", "a.handler"),
        ("b.py", "A"),
        ("b.py", "Z"),
        (None, "M"),
    ]


def test_unreadable_and_binary_files_are_left_to_others():
    run = Run(
        {
            "app.py": PLAIN,
            "big.py": "# event\n" + "x = 1\n" * 200_000,
            "nul.py": "\0def handler(event, context): pass\n",
        }
    )
    assert run.found == [("heuristic", "app.py", "handler")]
    assert list(run.program.failures) == ["big.py"]


def test_nothing_at_all():
    assert Run({}).functions == ()


def test_a_file_that_is_packed_under_another_name():
    files = {"scripts/create-user.py": "def run(event, context):\n    return 1\n"}
    settings = {"packed_as": "lambda_function.py"}
    run = Run(files, declare("lambda_function.run", "scripts/create-user.py", origin="terraform", settings=settings))
    assert run.places == [("scripts/create-user.py", 1, "run")]
    settings = {"packed_as": "other.py"}
    run = Run(files, declare("lambda_function.run", "scripts/create-user.py", origin="terraform", settings=settings))
    assert [function.path for function in run.functions if function.origin == "terraform"] == [None]
