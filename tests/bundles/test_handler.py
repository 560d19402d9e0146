"""handler-not-found for what templates name: archives, and what builders have made."""

import json

import pytest

from lambdalint import cli
from tests.bundles.made import archive

APP = b"def handler(event, context): ...\n"
SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {place}
      Handler: {handler}
      Runtime: {runtime}
      {more}
"""
TERRAFORM = """\
resource "aws_lambda_function" "orders" {{
  function_name = "orders"
  filename      = "${{path.module}}/function.zip"
  handler       = "{handler}"
  runtime       = "python3.13"
  {more}
}}
"""


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """The messages of handler-not-found for a project, each with its line."""
    monkeypatch.chdir(tmp_path)

    def run(files, template, name="template.yaml"):
        if files:
            (tmp_path / "function.zip").write_bytes(archive(*files.items()))
        (tmp_path / name).write_text(template)
        cli.main(["check", ".", "--select", "LL401", "--output", "json", "--no-cache"])
        report = json.loads(capsys.readouterr().out)
        return [(item["line"], item["message"].partition(": ")[2]) for item in report["findings"]]

    return run


def sam(handler="app.handler", place="function.zip", runtime="python3.13", more=""):
    return SAM.format(handler=handler, place=place, runtime=runtime, more=more)


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        ("app.handler", None),
        ("./app.handler", None),
        ("pkg/api.handler", None),
        ("pkg.api.handler", None),
        ("pkg.handler", None),
        ("main.handler", "no module main in function.zip"),
        ("pkg/main.handler", "no module pkg.main in function.zip"),
        ("app.main", "function.zip/app.py binds no main"),
        ("pkg.main", "function.zip/pkg/__init__.py binds no main"),
        ("star.main", None),
        ("native.handler", None),
    ],
)
def test_handlers_of_a_named_archive(told, handler, problem):
    files = {
        "app.py": APP,
        "pkg/__init__.py": b"from .api import handler\n",
        "pkg/api.py": APP,
        "star.py": b"from installed import *\n",
        "native.cpython-312-x86_64-linux-gnu.so": b"",  # for another Python, which another rule says
    }
    expected = [] if problem is None else [(7, problem)]
    assert told(files, sam(handler)) == expected


def test_what_may_put_it_right(told):
    files = {"app.py": APP}
    assert told(files, sam("main.handler")) == [(7, "no module main in function.zip")]
    layer = "Layers: [arn:aws:lambda:eu-west-1:123456789012:layer:shared:1]"
    assert told(files, sam("main.handler", more=layer)) == []
    assert told(files, sam("app.main", more=layer)) == [(7, "function.zip/app.py binds no main")]
    for variable in ("PYTHONPATH", "AWS_LAMBDA_EXEC_WRAPPER"):
        assert told(files, sam("main.handler", more=f"Environment: {{Variables: {{{variable}: /opt/x}}}}")) == []
    assert told(files, sam("main.handler", runtime="nodejs22.x")) == []
    assert told(files, sam("datadog_lambda.handler.handler")) == []


def test_a_layer_that_is_here_may_bring_the_handler(told, tmp_path):
    layer = (
        "Layers: [!Ref Shared]\n  Shared:\n    Type: AWS::Serverless::LayerVersion\n    Properties: {ContentUri: l.zip}"
    )
    (tmp_path / "l.zip").write_bytes(archive(("python/main.py", APP)))
    assert told({"app.py": APP}, sam("main.handler", more=layer)) == []
    assert told({"app.py": APP}, sam("other.handler", more=layer)) == [(7, "no module other in function.zip")]


def test_a_folder_around_everything_is_told_once(told):
    assert told({"build/app.py": APP}, sam("app.handler")) == []  # zip-layout says so


@pytest.mark.parametrize(
    ("more", "judged"),
    [
        ("", True),
        ("lifecycle {\n    ignore_changes = [tags]\n  }", True),
        ("lifecycle {\n    ignore_changes = [filename, tags]\n  }", False),
        ("lifecycle {\n    ignore_changes = [source_code_hash]\n  }", False),
        ("lifecycle {\n    ignore_changes = all\n  }", False),
    ],
)
def test_terraform_may_leave_the_code_to_something_else(told, more, judged):
    found = told({"dummy.py": b""}, TERRAFORM.format(handler="app.handler", more=more), "main.tf")
    assert found == ([(4, "no module app in function.zip")] if judged else [])


@pytest.mark.parametrize("place", [".aws-sam/build/Orders", "cdk.out/asset.0a1b2c"])
def test_what_builders_have_made(told, tmp_path, place):
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "app.py").write_bytes(APP)
    assert told({}, sam("app.handler", place=place)) == []
    assert told({}, sam("main.handler", place=place)) == [(7, f"no module main in {place}")]
