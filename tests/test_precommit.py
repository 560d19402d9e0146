"""The hooks of .pre-commit-hooks.yaml, at work in a small repository: pre-commit installs this checkout as it would a release."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Handler: orders.run, CodeUri: src/, Runtime: python3.13}
"""
# `run` is an entry point only because the template says so. There is a mistake in its module and one in another.
ORDERS = "import time\n\nimport helper\n\n\ndef run(event, context):\n    time.sleep(5)\n    return helper.buckets()\n"
HELPER = "import boto3\n\n\ndef buckets():\n    return boto3.client('s3').list_buckets()\n"


def run(*command, cwd, code=0, **environment):
    # git tells its hooks where its repository is; these tests may themselves run in a hook.
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "PRE_COMMIT"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | {"NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def commit_all(repository):
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    run("git", "add", "--all", cwd=repository)
    run("git", *who, "commit", "--quiet", "--no-verify", "--message", "all", cwd=repository)


@pytest.fixture(scope="module")
def hook_repository(tmp_path_factory):
    """This checkout, with what is not committed yet, as a repository that pre-commit can clone."""
    repository = tmp_path_factory.mktemp("hooks") / "lambdalint"
    for name in ("lambdalint", "rules"):
        shutil.copytree(ROOT / name, repository / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, repository / name)
    run("git", "init", "--quiet", cwd=repository)
    commit_all(repository)
    return repository


@pytest.fixture
def project(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "src" / "orders.py").write_text(ORDERS)
    (tmp_path / "src" / "helper.py").write_text(HELPER)
    (tmp_path / "notes.md").write_text("none\n")
    run("git", "init", "--quiet", cwd=tmp_path)
    commit_all(tmp_path)
    return tmp_path


@pytest.mark.network
def test_hooks_analyse_the_whole_project_and_file_names_only_filter(project, hook_repository):
    # One call runs both hooks, because each call installs anew. Only orders.py is named, as if only it were committed.
    command = ("pre_commit", "try-repo", "--color", "never", "--verbose", hook_repository, "--files", "src/orders.py")
    output = run(sys.executable, "-m", *command, cwd=project, code=1)
    reports = dict(re.findall(r"^- hook id: ([\w-]+)\n(.*?)(?=^- hook id: |\Z)", output, re.DOTALL | re.MULTILINE))
    assert set(reports) == set(HOOKS) - {"lambdalint-vulns"}  # it is for a later stage
    found = {
        hook: set(re.findall(r"^(src/\w+\.py:\d+):\d+: .*(LL\d{3})", text, re.MULTILINE))
        for hook, text in reports.items()
    }
    # Without the template nobody knows that run() is an entry point, and without it that helper.py runs per invocation.
    in_orders = {("src/orders.py:7", "LL204")}
    assert found == {"lambdalint": in_orders | {("src/helper.py:5", "LL101")}, "lambdalint-files": in_orders}


@pytest.mark.network
def test_the_hook_for_vulnerabilities_runs_before_a_push_only(project, hook_repository):
    """With nothing to ask about it needs no service, and says so."""
    command = (
        "pre_commit",
        "try-repo",
        "--color",
        "never",
        "--verbose",
        hook_repository,
        "lambdalint-vulns",
        "--all-files",
    )
    (project / "requirements.txt").write_text("boto3\n")
    commit_all(project)
    assert "No hook with id" in run(sys.executable, "-m", *command, cwd=project, code=1)
    output = run(sys.executable, "-m", *command, "--hook-stage", "pre-push", cwd=project, code=1)
    assert "- exit code: 2" in output
    assert "lambdalint: error: nothing was audited, 1 of 1 since: not pinned to a version" in output


@pytest.mark.parametrize(
    ("path", "triggers"),
    [
        ("requirements.txt", True),
        ("src/requirements-prod.txt", True),
        ("dev-requirements.txt", True),
        ("requirements/base.txt", True),
        ("uv.lock", True),
        ("src/poetry.lock", True),
        ("Pipfile.lock", True),
        ("pylock.toml", True),
        ("pylock.prod.toml", True),
        ("build/function.zip", True),
        ("requirements.in", False),
        ("app.py", False),
        ("template.yaml", False),
        ("Cargo.lock", False),
        ("notes.txt", False),
    ],
)
def test_trigger_of_the_audit(path, triggers):
    assert bool(re.search(HOOKS["lambdalint-vulns"]["files"], path)) is triggers


@pytest.mark.parametrize("hook", ["lambdalint", "lambdalint-files"])
@pytest.mark.parametrize(
    ("path", "triggers"),
    [
        ("app.py", True),
        ("src/orders/app.py", True),
        ("template.yaml", True),
        ("infra/template.yml", True),
        ("stack.template", True),
        ("cdk.out/Stack.template.json", True),
        ("serverless.yml", True),
        ("main.tf", True),
        ("prod.tfvars", True),
        ("main.tf.json", True),
        ("pyproject.toml", True),
        ("lambdalint.toml", True),
        ("requirements.txt", True),
        ("src/requirements-dev.txt", True),
        ("requirements.in", True),
        ("poetry.lock", True),
        ("uv.lock", True),
        ("Pipfile", True),
        ("Pipfile.lock", True),
        ("README.md", False),
        ("notes.txt", False),
        ("app.pyc", False),
        ("py", False),
        ("logo.svg", False),
        ("src/app.js", False),
    ],
)
def test_trigger(hook, path, triggers):
    assert bool(re.search(HOOKS[hook]["files"], path)) is triggers


def test_hooks_say_how_they_are_run():
    assert list(HOOKS) == ["lambdalint", "lambdalint-files", "lambdalint-vulns"]
    assert all(hook["language"] == "python" and hook["require_serial"] for hook in HOOKS.values())
    assert HOOKS["lambdalint"]["pass_filenames"] is False
    assert HOOKS["lambdalint-files"]["pass_filenames"] is True
    assert HOOKS["lambdalint-vulns"]["pass_filenames"] is False
    assert HOOKS["lambdalint-vulns"]["stages"] == ["pre-push", "manual"]


def test_manifest_is_valid_to_pre_commit():
    run(sys.executable, "-m", "pre_commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml", cwd=ROOT)
