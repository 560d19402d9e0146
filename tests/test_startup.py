"""Which modules a run imports. Start-up is most of a run over one file, and each import is a part of it."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from lambdalint import registry

ROOT = Path(__file__).parent.parent

CLEAN = """\
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    return table.get_item(Key={"id": event["id"]})
"""
FINDING = """\
import boto3


def handler(event, context):
    return boto3.client("s3").list_buckets()
"""
SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.13, Environment: {Variables: {TABLE: items}}}
"""
TERRAFORM = """\
resource "aws_lambda_function" "function" {
  handler = "app.handler"
  runtime = "python3.13"
  environment { variables = { TABLE = "items" } }
}
"""

CDK = """\
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";
new Function(stack, "F", { runtime: Runtime.PYTHON_3_13, handler: "app.handler", code: Code.fromAsset(".") });
"""

THIRD_PARTY = {
    "requests",
    "pip_requirements_parser",
    "libcst",
    "rich",
    "yaml",
    "tree_sitter",
    "tree_sitter_hcl",
    "tree_sitter_typescript",
    "pip_audit",
    "packaging",
    "pathspec",
    "tomli",
}
HEAVY = THIRD_PARTY | {
    "ast", "asyncio", "concurrent", "ctypes", "dataclasses", "datetime", "decimal", "difflib", "email", "fnmatch", "hashlib",
    "html", "http", "importlib.metadata", "inspect", "json", "logging", "multiprocessing", "pathlib", "random", "shutil",
    "socket", "sqlite3", "ssl", "string", "subprocess", "tempfile", "textwrap", "threading", "tokenize", "tomllib", "traceback", "typing",
    "urllib", "xml", "zipfile", "lambdalint.output.sarif",
}  # fmt: skip

# What a clean run loads of lambdalint itself, beside the tables by which rules nominate calls. Whoever has to add to it
# has made every run longer.
OWN = """
    lambdalint cli components data data.compiled diagnostics discover engine errors filters functions functions.candidates functions.declared
    functions.handlers judge model output output.escape output.text output.view patterns records registry rule rules rules.manifest
    settings source source.callgraph source.names source.program source.skeleton source.stack tasks templates
    templates.values tree
    data.compiled.calls data.compiled.entry_points data.compiled.packages
""".split()  # noqa: SIM905 - the list is read, and grows
REPLAY = """
    lambdalint cache cli codec data diagnostics discover errors filters model output output.escape output.text
    output.view patterns records registry replay rule rules rules.manifest settings templates templates.values tree
""".split()  # noqa: SIM905
VERSION = ["lambdalint", "cli", "errors", "model", "patterns", "records", "settings", "tree"]

PROGRAM = """\
import sys
before = set(sys.modules)
from lambdalint.cli import main
status = main(sys.argv[1:])
with open("modules", "w") as file:
    print(status, *(set(sys.modules) - before), file=file)
"""


def loaded(folder, *arguments, status=0, before="", stderr=subprocess.PIPE):
    """The modules that a command has imported when it ends."""
    subprocess.run(
        [sys.executable, "-c", before + PROGRAM, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=stderr,
        check=True,
    )
    found, *modules = (folder / "modules").read_text().split()
    assert found == str(status)
    return set(modules)


def own(modules):
    return {name.removeprefix("lambdalint.") for name in modules if name.split(".")[0] == "lambdalint"}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(CLEAN)
    return tmp_path


def test_a_clean_run(project):
    modules = loaded(project, "check", "app.py", "--no-cache")
    assert modules & HEAVY == set()
    wanted = [item.wants for item in registry.entries()]
    tables = {name.split(".")[0] for wants in wanted for name in (*wants.tables, *wants.reaches, *wants.imports)}
    assert own(modules) - {f"data.compiled.{name}" for name in tables} == set(OWN)


def test_a_run_that_an_earlier_one_has_done(project):
    (project / "template.yaml").write_text(SAM)
    (project / "found.py").write_text(FINDING)
    for number in range(8):
        (project / f"module{number}.py").write_text("")
    arguments = ("check", ".", "--cache-dir", str(project / "cache"))
    assert "yaml" in loaded(project, *arguments, status=1)
    modules = loaded(project, *arguments, status=1)
    assert modules & HEAVY == {"hashlib", "json", "typing"}  # a rule's page names its types
    assert own(modules) - {"rules.ll101_client_in_handler"} == set(REPLAY)


def test_what_is_ignored_by_the_usual_patterns(project):
    (project / ".gitignore").write_text("*.py[cod]\n__pycache__/\n.venv/\n*.egg-info\n!keep.txt\n")
    assert loaded(project, "check", ".", "--no-cache") & HEAVY == set()


def test_what_only_the_audit_needs(project):
    """`check` neither reads requirements nor could it ask anybody about them."""
    (project / "requirements.txt").write_text("urllib3==1.26.4\n")
    (project / ".gitignore").write_text("*.txt\n")
    modules = loaded(project, "check", ".", "--no-cache")
    assert modules & HEAVY == set()
    assert own(modules) & {"vulns", "bundle.pins", "bundle.audit", "bundle.vulnerabilities", "output.audit"} == set()


def test_an_audit_of_nothing_loads_nothing_that_asks(project):
    modules = loaded(project, "vulns")
    assert modules & {"pip_audit", "requests", "pip_api", "socket", "pip_requirements_parser"} == set()


def test_version(project):
    modules = loaded(project, "--version")
    assert modules & HEAVY <= {"textwrap"}  # argparse wraps with it
    assert own(modules) == set(VERSION)


@pytest.mark.parametrize("arguments", [["rule"], ["rule", "client-in-handler"], ["rule", "--all"], ["--help"]])
def test_documentation(project, arguments):
    modules = loaded(project, *arguments)
    assert modules & HEAVY <= {"textwrap", "typing"}  # rules are pages to read, and name their types
    assert not own(modules) & {"engine", "discover", "source.skeleton", "templates.values"}


@pytest.mark.parametrize(("service", "parsers"), [('"s3"', set()), ('"S3".lower()', {"libcst.native"})])
def test_a_finding_needs_the_parser_of_libcst_at_most_and_nothing_to_draw_with(project, service, parsers):
    (project / "app.py").write_text(FINDING.replace('"s3"', service))
    modules = loaded(project, "check", "app.py", "--no-cache", status=1)
    assert not modules & (THIRD_PARTY | {"ast", "dataclasses"})
    assert {name for name in modules if name.startswith("libcst")} == parsers
    assert {"rules.ll101_client_in_handler", "source.lower"} <= own(modules)
    assert not own(modules) & {"rules.ll301_missing_idempotency", "output.json", "output.sarif"}


@pytest.mark.parametrize(
    ("name", "text", "needed"),
    [
        ("template.yaml", SAM, {"yaml"}),
        ("main.tf", TERRAFORM, {"tree_sitter", "tree_sitter_hcl"}),
        ("stack.ts", CDK, {"tree_sitter", "tree_sitter_typescript"}),
        ("service.ts", 'import { handler } from "./aws-lamda";\n', set()),
    ],
)
def test_templates_bring_their_parser(project, name, text, needed):
    (project / "cdk.json").write_text('{"app": "npx ts-node stack.ts"}')
    (project / name).write_text(text)
    assert loaded(project, "check", ".", "--no-cache") & THIRD_PARTY == needed


def test_what_takes_longer_is_shown_on_a_terminal(project):
    leaps = "import itertools, time\ntime.monotonic = itertools.count(1, 2).__next__\n"  # two seconds from call to call
    assert "rich" not in loaded(project, "check", "app.py", "--no-cache", before=leaps)
    ours, theirs = pty.openpty()
    try:
        assert "rich" in loaded(project, "check", "app.py", "--no-cache", before=leaps, stderr=theirs)
    finally:
        os.close(theirs)
        os.close(ours)
