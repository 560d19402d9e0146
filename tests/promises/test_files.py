"""Reads below the given roots only, and writes what it was told to write."""

import os
import socket

import pytest

from tests.processes import run
from tests.promises import traps
from tests.promises.test_runs_nothing import assert_innocent, watched

SECRET = "SECRET_OF_ANOTHER_PROJECT"


@pytest.fixture
def project(tmp_path):
    """A project with every kind of way out of it; what is outside holds a secret in code, a template and a report."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text(
        f"# lambdalint: {SECRET}\nimport boto3\ndef handler(event, context):\n    boto3.client('{SECRET}')\n"
    )
    (outside / "template.yaml").write_text(traps.SAM.replace("Direct", SECRET))
    (outside / ".gitignore").write_text("*\n")
    top = traps.project(tmp_path)
    (top / ".git").mkdir()
    for name, target in (
        ("link.py", outside / "secret.py"),
        ("linked", outside),
        ("nested.yaml", outside / "template.yaml"),
        ("layer2.zip", "/dev/zero"),
        ("zero.py", "/dev/zero"),
        ("stdin.py", "/dev/stdin"),
        (".gitignore", outside / ".gitignore"),
        ("loop.py", "loop.py"),
    ):
        os.symlink(target, top / name)
    os.mkfifo(top / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(top / "socket.py"))
    (top / "nested.template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n"
        "  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../outside/template.yaml}}\n"
        "  A: {Type: AWS::Serverless::Function, Properties: {Handler: secret.handler, CodeUri: ../outside}}\n"
        "  B: {Type: AWS::Serverless::Function, Properties: {Handler: secret.handler, CodeUri: linked}}\n"
        "  L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: ../outside}}\n"
        "  I: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: ../outside/template.yaml}}}\n"
    )
    (top / "outside.tf").write_text(
        'module "m" { source = "../outside" }\nlocals { x = file("../outside/secret.py") }\n'
        'resource "aws_lambda_function" "o" {\n  handler = "secret.handler"\n  filename = "../outside/x.zip"\n}\n'
    )
    (top / "setup.py").write_text("from outside import secret\nfrom linked import secret\nfrom .. import outside\n")
    return top


COMMANDS = (
    [
        "check",
        "--select",
        "ALL",
        "--output",
        "json:{0}/out.json",
        "--output",
        "sarif:{0}/out.sarif",
        "--output",
        "text",
    ],
    ["functions", "--output", "json:{0}/out.json"],
    ["graph", "--output", "dot:{0}/out.dot"],
    ["bundle", "--all", "--output", "json:{0}/out.json"],
    ["baseline", "create", "--baseline", "{0}/base.json"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_reads_below_the_project_and_writes_what_it_was_told_to(project, tmp_path, command):
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    before = {path: path.lstat().st_mtime_ns for path in project.rglob("*")}
    asked = [item.format(outputs) for item in command]
    found = watched([[project, *asked, "--no-cache", "."]], project, tmp_path)
    assert found["statuses"] == [1 if command[0] == "check" else 0]
    assert_innocent(found, project, [f"{outputs}{os.sep}"])
    assert {path: path.lstat().st_mtime_ns for path in project.rglob("*")} == before
    wanted = {item.partition(":")[2] or item for item in asked if str(outputs) in item}
    assert {str(path) for path in outputs.iterdir()} == wanted
    for path in outputs.iterdir():
        assert SECRET not in path.read_text()


def test_the_cache_is_written_where_it_was_said_to_lie(project, tmp_path):
    cache = tmp_path / "cache"
    command = [project, "check", "--select", "ALL", "--cache-dir", cache, "."]
    found = watched([command, command], project, tmp_path)
    assert found["statuses"] == [1, 1]
    assert found["executed"] == found["forbidden"] == []
    assert found["changed"]
    below = (str(project), str(cache))
    assert [path for path in found["changed"] if not path.startswith(str(cache))] == []
    assert [path for path in found["read"] if not os.path.realpath(path).startswith(below)] == []
    assert len([path for path in cache.iterdir() if len(path.name) == 64]) == 1
    for path in cache.iterdir():
        assert SECRET.encode() not in path.read_bytes()


def test_nothing_of_what_is_outside_is_told(project):
    for command in (["check", "--select", "ALL"], ["functions"], ["graph"], ["bundle", "--all"]):
        done = run(*command, "--no-cache", "-vv", ".", cwd=project)
        assert done.returncode in (0, 1)
        assert done.stdout
        assert SECRET.encode() not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("baseline", "'../outside/base.json'"), ("baseline", "'/dev/zero'"), ("baseline", "'~/base.json'"),
        ("compare", "'../outside/report.json'"), ("compare", "'/etc/passwd'"), ("templates", "['../outside/template.yaml']"),
        ("templates", "['/outside/template.yaml']"), ("functions", "['../outside/secret.py:handler']"),
        ("functions", "['/outside/secret.py:handler']"), ("exclude", "['../**']"), ("exclude", "['~/*']"),
        ("output", "['json:out.json']"), ("output", "['text:/tmp/out']"), ("cache-dir", "'../cache'"), ("cache-dir", "'/tmp/cache'"),
        ("per-file-ignores", "{'../*' = ['ALL']}"), ("plugins", "['trap']"), ("rules", "'rules'"), ("color", "'always'"),
    ],
)  # fmt: skip
def test_the_configuration_of_a_repository_names_nothing_outside_of_it(project, key, value):
    (project / "pyproject.toml").write_text(f"[tool.lambdalint]\n{key} = {value}\n")
    done = run("check", "--no-cache", cwd=project)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"pyproject.toml:2: " in done.stderr
    assert f"'{key}'".encode() in done.stderr
