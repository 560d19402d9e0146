"""Requirements before a build: which file a tool installs, which of its lines are the project's own, what is known."""

import pytest

from lambdalint import discover, engine
from lambdalint.bundle.mentions import Sources
from lambdalint.bundle.pins import File, Pin
from lambdalint.bundle.targets import Runtime
from lambdalint.bundle.wheels import misfits
from lambdalint.model import Location
from lambdalint.settings import Settings
from tests.trees import MemoryTree

RULES = ("LL511", "LL601", "LL604", "LL605", "LL606")
APP = "def handler(event, context):\n    return event\n"
SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.13
"""
SERVERLESS = """\
service: orders
plugins: [serverless-python-requirements]
provider: {name: aws, runtime: python3.13}
functions:
  orders: {handler: app.handler}
"""
TERRAFORM = """\
module "orders" {
  source        = "terraform-aws-modules/lambda/aws"
  function_name = "orders"
  handler       = "app.handler"
  runtime       = "python3.13"
  source_path   = "src"
}
"""
CDK = """\
from aws_cdk import Stack
from aws_cdk.aws_lambda import Runtime
from aws_cdk.aws_lambda_python_alpha import PythonFunction


class Orders(Stack):
    def __init__(self, scope, construct_id):
        super().__init__(scope, construct_id)
        PythonFunction(self, "Orders", entry="src", index="app.py", handler="handler", runtime=Runtime.PYTHON_3_13)
"""
CHALICE = """\
from chalice import Chalice

app = Chalice(app_name="orders")


@app.lambda_function()
def handler(event, context):
    return event
"""
POETRY = '[tool.poetry]\nname = "x"\n\n[tool.poetry.dependencies]\npython = "^3.12"\nrequests = "*"\n'


def found(tmp_path, files, select=RULES):
    """Code, path and line of each finding on requirements of a project."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = discover.project(discover.locate([str(tmp_path)]))
    report = engine.check(project, Settings(select=select))
    assert report.internal_errors == ()
    return [(item.code, item.location.path, item.location.line) for item in report.findings]


UNUSED = "requests==2.32.4\n"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"template.yaml": SAM, "src/app.py": APP, "src/requirements.txt": UNUSED}, "src/requirements.txt"),
        ({"serverless.yml": SERVERLESS, "app.py": APP, "requirements.txt": UNUSED}, "requirements.txt"),
        ({"main.tf": TERRAFORM, "src/app.py": APP, "src/requirements.txt": UNUSED}, "src/requirements.txt"),
        (
            {
                "stack.py": CDK,
                "cdk.json": '{"app": "python stack.py"}',
                "src/app.py": APP,
                "src/requirements.txt": UNUSED,
            },
            "src/requirements.txt",
        ),
        (
            {".chalice/config.json": '{"version": "2.0"}', "app.py": CHALICE, "requirements.txt": UNUSED},
            "requirements.txt",
        ),
    ],
    ids=["sam", "serverless", "terraform", "cdk", "chalice"],
)
def test_what_each_tool_installs(tmp_path, files, path):
    assert found(tmp_path, files) == [("LL606", path, 1)]


@pytest.mark.parametrize(
    "files",
    [
        # beside the template: sam build takes what lies in CodeUri
        {"template.yaml": SAM, "src/app.py": APP, "requirements.txt": UNUSED},
        {
            "template.yaml": SAM + "    Metadata: {BuildMethod: makefile}\n",
            "src/app.py": APP,
            "src/requirements.txt": UNUSED,
        },
        {"template.yaml": SAM + "    Metadata: {SkipBuild: True}\n", "src/app.py": APP, "src/requirements.txt": UNUSED},
        # somebody installs by hand what is deployed, and something else
        {
            "template.yaml": SAM,
            "src/app.py": APP,
            "src/requirements.txt": UNUSED,
            "deploy.sh": "pip install httpx -t src\naws cloudformation package --template-file template.yaml\n",
        },
        # no plugin that installs
        {
            "serverless.yml": SERVERLESS.replace("[serverless-python-requirements]", "[serverless-offline]"),
            "app.py": APP,
            "requirements.txt": UNUSED,
        },
        # what is installed becomes a layer
        {
            "serverless.yml": SERVERLESS + "custom: {pythonRequirements: {layer: true}}\n",
            "app.py": APP,
            "requirements.txt": UNUSED,
        },
        {
            "serverless.yml": SERVERLESS + "custom: {pythonRequirements: {noDeploy: [requests]}}\n",
            "app.py": APP,
            "requirements.txt": UNUSED,
        },
        {
            "serverless.yml": SERVERLESS + "custom: {pythonRequirements: {fileName: deployed.txt}}\n",
            "app.py": APP,
            "requirements.txt": UNUSED,
        },
        # Poetry resolves, and wrote no lock
        {"serverless.yml": SERVERLESS, "app.py": APP, "requirements.txt": UNUSED, "pyproject.toml": POETRY},
        {"serverless.yml": SERVERLESS, "app.py": APP, "requirements.txt": UNUSED, "Pipfile": "[packages]\n"},
        {
            "main.tf": TERRAFORM.replace('"src"', '[{ path = "src" }]'),
            "src/app.py": APP,
            "src/requirements.txt": UNUSED,
        },
        {"main.tf": TERRAFORM.replace('"src"', '["src", "lib"]'), "src/app.py": APP, "src/requirements.txt": UNUSED},
        # of the CDK program itself, and of its tests
        {
            "stack.py": CDK,
            "cdk.json": '{"app": "python stack.py"}',
            "src/app.py": APP,
            "requirements.txt": "aws-cdk-lib==2.200.0\nconstructs>=10\npytest\n",
        },
        {"app.py": APP, "requirements.txt": UNUSED},
        # it is built: what is in it is judged
        {"template.yaml": SAM, "src/app.py": APP, "src/requirements.txt": UNUSED, "src/a-1.dist-info/RECORD": ""},
        {"template.yaml": SAM, "src/app.py": APP, "src/requirements.txt": UNUSED + "-r ../gone.txt\n"},
        {"template.yaml": SAM, "src/app.py": APP, "src/requirements.txt": UNUSED + "./libs/orders\n"},
        {"template.yaml": SAM, "src/app.py": APP, "src/requirements.txt": 'requests; sys_platform == "win32"\n'},
        {"template.yaml": SAM, "src/app.py": "import requests.adapters\n" + APP, "src/requirements.txt": UNUSED},
        {
            "template.yaml": SAM,
            "src/app.py": APP,
            "src/lib/x.py": "def f():\n import requests\n",
            "src/requirements.txt": UNUSED,
        },
        {"template.yaml": SAM, "src/app.py": APP, "src/x.py": "not python", "src/requirements.txt": UNUSED + "yaml\n"},
    ],
)
def test_nothing_is_said(tmp_path, files):
    assert found(tmp_path, files) == []


def test_a_built_application_of_sam_is_not_asked_for_its_requirements(tmp_path):
    built = "pip install -t vendor httpx\nsam build\n"
    files = {"template.yaml": SAM, "src/app.py": APP, "src/requirements.txt": UNUSED, "Makefile": built}
    assert found(tmp_path, files) == [("LL606", "src/requirements.txt", 1)]  # what sam build does is left


def test_a_function_of_its_own_module(tmp_path):
    service = SERVERLESS.replace("handler: app.handler", "handler: app.handler, module: orders")
    service += "package: {individually: true}\n"
    files = {
        "serverless.yml": service,
        "orders/app.py": APP,
        "orders/requirements.txt": UNUSED,
        "requirements.txt": "pytest",
    }
    assert found(tmp_path, files) == [("LL606", "orders/requirements.txt", 1)]


POETRY_LOCK = """\
[[package]]
name = "certifi"
version = "2025.8.3"
groups = ["main"]

[[package]]
name = "pytest"
version = "8.4.2"
groups = ["dev"]

[[package]]
name = "boto3"
version = "1.40.4"
groups = ["main"]

[[package]]
name = "black"
version = "25.9.0"
groups = ["main"]

[metadata]
lock-version = "2.1"
"""


def test_of_a_lock_what_the_project_asks_for_is_told_where_it_does(tmp_path):
    files = {
        "serverless.yml": SERVERLESS,
        "app.py": APP,
        "poetry.lock": POETRY_LOCK,
        "pyproject.toml": POETRY.replace("requests", "boto3")
        + 'black = "*"\n\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
    }
    assert found(tmp_path, files) == [("LL604", "pyproject.toml", 6), ("LL605", "pyproject.toml", 7)]


COMPILED = """\
# This file was autogenerated by uv via the following command:
#    uv pip compile requirements.in
boto3==1.40.4
    # via aws-lambda-powertools
pytest==8.4.2
    # via -r requirements.in
coverage==7.10.6
    # via pytest-cov
black==25.9.0 \\
    --hash=sha256:aa
    # via
    #   -r requirements.in
    #   orders
"""


def test_of_a_compiled_file_only_what_was_asked_for(tmp_path):
    files = {"template.yaml": SAM, "src/app.py": APP, "src/requirements.txt": COMPILED}
    assert found(tmp_path, files) == [("LL605", "src/requirements.txt", 5), ("LL605", "src/requirements.txt", 9)]


def test_several_functions_of_one_file_are_one_finding(tmp_path):
    other = SAM.partition("Resources:\n")[2].replace("Orders", "Refunds").replace("python3.13", "python3.12")
    files = {"template.yaml": SAM + other, "src/app.py": APP, "src/requirements.txt": UNUSED + "pytest\n"}
    assert found(tmp_path, files) == [("LL605", "src/requirements.txt", 2)]  # what pytest requires is not known
    files["src/requirements.txt"] = UNUSED
    assert found(tmp_path, files) == [("LL606", "src/requirements.txt", 1)]


def test_the_code_of_a_layer_of_the_project_counts(tmp_path):
    layered = SAM + "      Layers: [!Ref Common]\n  Common:\n    Type: AWS::Serverless::LayerVersion\n"
    layered += "    Properties: {ContentUri: common/}\n"
    files = {"template.yaml": layered, "src/app.py": APP, "src/requirements.txt": UNUSED + "pyyaml\n"}
    files["common/python/shared.py"] = "import requests\n"
    assert found(tmp_path, files) == [("LL606", "src/requirements.txt", 2)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("torch", True),
        ("torch>=2", True),
        ("torch==1.1.0", False),  # before every wheel was that large
        ("torch<2", False),
        ("torch==2.8.0+cpu", False),
        ("torch @ https://example.com/torch-2.8.0-cp313-cp313-linux_x86_64.whl", False),
        ("tensorflow==2.20.0", True),
    ],
)
def test_what_is_too_large_in_every_release(tmp_path, line, told):
    files = {"template.yaml": SAM, "src/app.py": "import torch, tensorflow\n" + APP, "src/requirements.txt": line}
    assert found(tmp_path, files) == ([("LL601", "src/requirements.txt", 1)] if told else [])


def names(files, *words, tests=True):
    found = Sources(MemoryTree(files), [""]).of(words, tests=tests)
    return sorted(found.names), found.opaque


def test_what_source_mentions():
    assert names({"a.py": "import requests.adapters\n"}, "requests", "yaml") == (["requests"], "")
    assert names({"a.py": "from mypy_boto3_s3.type_defs import X\n"}, "mypy_boto3_", "mypy_boto3") == (
        ["mypy_boto3_"],
        "",
    )
    assert names({"a.py": "from . import requests\nfrom .requests import x\n"}, "requests") == ([], "")
    assert names({"a.py": '"""Handles requests."""\n# requests\n'}, "requests") == ([], "")
    assert names({"a.py": 'engine = "mysql+pymysql://x"\n'}, "pymysql", "sql") == (["pymysql"], "")
    assert names({"a.py": "def f():\n    import yaml\n", "b.json": '{"use": "Redis"}'}, "yaml", "redis") == (
        ["redis", "yaml"],
        "",
    )
    assert names({"requirements.txt": "yaml", "setup.cfg": "yaml", "README": "yaml"}, "yaml") == ([], "")
    assert names({"tests/test_a.py": "import yaml\n"}, "yaml", tests=False) == ([], "")
    assert names({"a.py": "import importlib\nimportlib.import_module(name)\n"}, "yaml") == ([], "a.py")
    assert names({"a.py": "import importlib\nimportlib.import_module('yaml')\n"}, "yaml") == (["yaml"], "")
    assert names({"a.py": "this is not python yaml"}, "yaml") == (["yaml"], "a.py")
    assert names({"a.so": ""}, "yaml") == ([], "a.so")


def wheels(names, version=(3, 13), architecture="x86_64"):
    """What is said of a package that has these wheels."""
    pin = Pin("x", Location("uv.lock", 1), "1", files=tuple(File(name) for name in names))
    name = "python{}.{}".format(*version)
    return [(item.kind, item.detail) for item in misfits([pin], Runtime(name, version, architecture))]


@pytest.mark.parametrize(
    ("names", "target", "told"),
    [
        (["x-1-py3-none-any.whl"], {}, []),
        (["x-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"], {}, []),
        (["x-1-cp39-abi3-manylinux_2_28_x86_64.whl"], {}, []),
        (["x-1-cp39-abi3-manylinux_2_28_x86_64.whl"], {"version": (3, 11)}, [("glibc", "2.28")]),
        (
            ["x-1-cp39-abi3-manylinux_2_36_x86_64.whl", "x-1-cp313-cp313-manylinux_2_38_x86_64.whl"],
            {},
            [("glibc", "2.36")],
        ),
        (["x-1-cp313-cp313-manylinux2014_x86_64.whl"], {"architecture": "arm64"}, [("machine", "x86_64")]),
        (
            ["x-1-cp313-cp313-win_amd64.whl", "x-1-cp313-cp313-macosx_11_0_arm64.whl"],
            {},
            [("machine", "Windows, macOS")],
        ),
        (["x-1-cp313-cp313-musllinux_1_2_x86_64.whl"], {}, [("machine", "Alpine Linux")]),
        (
            ["x-1-cp39-cp39-manylinux1_x86_64.whl", "x-1-cp310-cp310-manylinux1_x86_64.whl"],
            {},
            [("abi", "Python 3.9, Python 3.10")],
        ),
        (["x-1-cp39-cp39-win_amd64.whl"], {}, []),  # two things are wrong: it may be that nothing is meant for Lambda
        (["x-1-cp311-cp311-win_amd64.whl", "x-1.tar.gz"], {"version": (3, 11)}, []),
        (["something.whl"], {}, []),
        (["x-1-cp311-cp311-win_amd64.whl"], {"version": (3, 11), "architecture": ""}, []),
        ([""], {}, []),
    ],
)
def test_wheels_that_no_target_takes(names, target, told):
    assert wheels(names, **target) == told


UV_LOCK = """\
version = 1

[[package]]
name = "orders"
version = "1"
source = { virtual = "." }
dependencies = [
  { name = "colours" },
  { name = "pywin32", marker = "sys_platform == 'win32'" },
]

[[package]]
name = "colours"
version = "2"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "colorwin", marker = "os_name == 'nt'" }, { name = "native" }]
wheels = [{ url = "https://files.example.com/colours-2-py3-none-any.whl", hash = "sha256:00" }]

[[package]]
name = "native"
version = "3"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example.com/native-3-cp313-cp313-manylinux_2_40_x86_64.whl", hash = "sha256:00" }]

[[package]]
name = "pywin32"
version = "311"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example.com/pywin32-311-cp313-cp313-win_amd64.whl", hash = "sha256:00" }]

[[package]]
name = "colorwin"
version = "1"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example.com/colorwin-1-cp313-cp313-win_amd64.whl", hash = "sha256:00" }]
"""


def test_packages_for_other_systems_are_in_a_lock_too(tmp_path):
    template = SAM.replace("Properties:", "Metadata: {BuildMethod: python-uv}\n    Properties:")
    files = {"template.yaml": template, "src/app.py": "import colours\n" + APP, "src/uv.lock": UV_LOCK}
    files["src/pyproject.toml"] = (
        '[project]\nname = "orders"\ndependencies = ["colours", "pywin32; sys_platform == \'win32\'"]\n'
    )
    assert found(tmp_path, files, select=("LL502", "LL503", "LL504")) == [("LL504", "src/uv.lock", 20)]


IMPORTING = "import requests\n" + APP
MISSING = ("LL501",)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": "pyyaml\n"}, True),
        ({"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": ""}, True),
        ({"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": "requests\n"}, False),
        ({"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": "requests-oauthlib\n"}, False),
        (
            {"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": "requests; python_version < '3'\n"},
            False,
        ),
        ({"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": "pyyaml\n-e ./lib\n"}, False),
        ({"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": "pyyaml\n-r gone.txt\n"}, False),
        ({"template.yaml": SAM, "src/app.py": IMPORTING, "src/requirements.txt": "ledger\n"}, False),
        (
            {"template.yaml": SAM, "src/app.py": IMPORTING, "src/requests.py": "", "src/requirements.txt": "pyyaml\n"},
            False,
        ),
        ({"template.yaml": SAM, "src/app.py": "import boto3, json\n" + APP, "src/requirements.txt": "pyyaml\n"}, False),
        ({"template.yaml": SAM, "src/app.py": "import unheard_of\n" + APP, "src/requirements.txt": "pyyaml\n"}, False),
        (
            {
                "template.yaml": SAM,
                "src/app.py": APP,
                "src/x.py": "import requests\n",
                "src/requirements.txt": "pyyaml\n",
            },
            False,
        ),
        (
            {
                "template.yaml": SAM,
                "src/app.py": "try:\n    import requests\nexcept ImportError:\n    requests = None\n" + APP,
                "src/requirements.txt": "pyyaml\n",
            },
            False,
        ),
        (
            {
                "template.yaml": SAM,
                "src/app.py": "import sys\nsys.path.append('lib')\n" + IMPORTING,
                "src/requirements.txt": "pyyaml\n",
            },
            False,
        ),
        (
            {
                "template.yaml": SAM.replace("python3.13", "python3.14"),
                "src/app.py": "import aws_durable_execution_sdk_python\n" + APP,
                "src/requirements.txt": "boto3>=1.42\n",
            },
            False,  # the runtime has it
        ),
        (
            {
                "serverless.yml": SERVERLESS + "custom: {pythonRequirements: {vendor: ./vendored}}\n",
                "app.py": IMPORTING,
                "requirements.txt": "pyyaml\n",
            },
            False,
        ),
    ],
)
def test_what_is_certain_to_be_missing(tmp_path, files, told):
    path = "src/app.py" if "src/app.py" in files else "app.py"
    assert found(tmp_path, files, select=MISSING) == ([("LL501", path, 1)] if told else [])


def test_the_chain_to_a_missing_import(tmp_path):
    files = {"template.yaml": SAM, "src/app.py": "import lib.a\n" + APP, "src/lib/a.py": "\nimport requests\n"}
    assert found(tmp_path, {**files, "src/requirements.txt": "pyyaml\n"}, select=MISSING) == [
        ("LL501", "src/lib/a.py", 2)
    ]


def test_a_lock_tells_all_that_is_installed(tmp_path):
    template = SAM.replace("Properties:", "Metadata: {BuildMethod: python-uv}\n    Properties:")
    files = {"template.yaml": template, "src/app.py": "import requests, colours, yaml\n" + APP, "src/uv.lock": UV_LOCK}
    files["src/uv.lock"] += UV_LOCK[UV_LOCK.index('[[package]]\nname = "native"') :].replace("native", "yamllike")
    assert found(tmp_path, files, select=MISSING) == [("LL501", "src/app.py", 1)]  # requests; yamllike may have yaml
