"""No value of an environment variable is ever printed."""

import json
import os

import pytest

from tests.processes import ROOT, run
from tests.promises import traps

# The five kinds of variables that pipelines hold credentials in, each with a value that occurs nowhere else.
MARKERS = {
    "AWS_SECRET_ACCESS_KEY": "marker-one-5f1d", "AWS_SESSION_TOKEN": "marker-two-7b2e", "GITHUB_TOKEN": "ghp_marker3c0ffee",
    "DATABASE_URL": "postgres://user:marker-four-9a@host/db", "TF_VAR_password": "marker-five-d1ce",
}  # fmt: skip
VALUES = [value.encode() for value in MARKERS.values()] + [b"marker-four-9a"]

SERVERLESS = """\
service: s
provider: {name: aws, runtime: python3.13, environment: {A: "${env:AWS_SECRET_ACCESS_KEY}", B: "${env:DATABASE_URL, 'x'}"}}
custom: {t: "${env:GITHUB_TOKEN}", s: "${self:custom.t}"}
functions:
  f: {handler: "${env:AWS_SESSION_TOKEN}.handler", name: "${self:custom.s}"}
  g: {handler: app.handler, environment: {C: "${env:TF_VAR_password}", D: $GITHUB_TOKEN, E: "%GITHUB_TOKEN%"}}
"""
TERRAFORM = """\
variable "password" { type = string }
resource "aws_lambda_function" "f" {
  function_name = var.password
  handler       = "${var.password}.handler"
  runtime       = "python3.13"
  filename      = "$GITHUB_TOKEN/app.zip"
  environment { variables = { PASSWORD = var.password, HOME = pathexpand("~") } }
}
"""
SOURCE = """\
import os
import boto3

SECRET = os.environ["AWS_SECRET_ACCESS_KEY"]
TABLE = os.getenv("DATABASE_URL")


def handler(event, context):
    print(os.environ["GITHUB_TOKEN"], SECRET, f"{os.environ['TF_VAR_password']}")
    return boto3.client("s3", aws_secret_access_key=SECRET, aws_session_token=os.environ["AWS_SESSION_TOKEN"]).put_object(Bucket=TABLE, Key=SECRET)
"""
COMMANDS = (
    *(["check", "--select", "ALL", "--no-cache", "--output", name] for name in ("text", "concise", "json", "sarif", "github")),
    ["check", "--statistics", "--no-cache", "$GITHUB_TOKEN"], ["check", "--no-cache", "--baseline", "$DATABASE_URL"], ["functions", "--no-cache", "--output", "json"],
    ["functions", "--no-cache"], ["graph", "--no-cache", "--output", "dot"], ["bundle", "--no-cache", "--all"], ["bundle", "--no-cache", "--output", "json"], ["config", "show"],
    ["rule", "$GITHUB_TOKEN"], ["rule", "--all"], ["baseline", "create", "--no-cache", "--overwrite"], ["--version"], ["check", "--frobnicate"],
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    top = traps.project(tmp_path_factory.mktemp("secrets"))
    (top / "app.py").write_text(SOURCE)
    (top / "serverless.yml").write_text(SERVERLESS)
    (top / "main.tf").write_text(TERRAFORM)
    (top / ".env").write_text("GITHUB_TOKEN=$GITHUB_TOKEN\n")
    return top


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_value_is_printed(project, command):
    done = run(*command, *(() if command[0] in ("--version", "rule") else ("-vvv",)), cwd=project, variables=MARKERS)
    said = done.stdout + done.stderr
    assert said
    assert not [value for value in VALUES if value in said]


def test_no_value_is_written(project, tmp_path):
    outputs = [option for name in ("text", "json", "sarif") for option in ("--output", f"{name}:{tmp_path}/{name}")]
    run(
        "check",
        "--select",
        "ALL",
        "-vvv",
        *outputs,
        cwd=project,
        variables={**MARKERS, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    run("baseline", "create", "--baseline", tmp_path / "baseline", cwd=project, variables=MARKERS)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in written} >= {"text", "json", "sarif", "baseline"}
    for path in written:
        data = path.read_bytes()
        assert not [value for value in VALUES if value in data], path


def test_no_value_is_part_of_a_traceback(project):
    """What -vv shows of a defect are lines of lambdalint, without the values in them."""
    script = (
        f"import os, sys; sys.path[0] = {str(ROOT)!r}; from lambdalint import cli, engine\n"
        "def check(*arguments, **options):\n    token = os.environ['GITHUB_TOKEN']\n    raise ValueError('broken')\n"
        "engine.check = check; sys.exit(cli.main(['check', '--no-cache', '-vvv']))"
    )
    path = project.parent / "script.py"
    path.write_text(script)
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, path], cwd=project, env=os.environ | MARKERS, check=False, capture_output=True
    )
    assert done.returncode == 2
    assert b"Traceback (most recent call last)" in done.stderr
    assert b"ValueError: broken" in done.stderr
    assert not [value for value in VALUES if value in done.stderr]


def test_names_of_variables_are_told(project):
    """The test looks in the right place: what templates and code say about the variables is printed."""
    told = json.loads(run("functions", "--no-cache", "--output", "json", cwd=project, variables=MARKERS).stdout)
    assert "GITHUB_TOKEN" in json.dumps(told)
