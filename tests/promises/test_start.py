"""A start that nothing in the working directory can change."""

import subprocess
import sys

import pytest

from tests.processes import ROOT, environment, run
from tests.promises import traps


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return traps.project(tmp_path_factory.mktemp("traps"))


ARGUMENTS = ("check", "--no-cache", "--select", "ALL", ".")


def test_names_of_modules_in_the_working_directory_mean_nothing(project):
    plain = run(*ARGUMENTS, cwd=project)
    assert plain.returncode == 1
    assert plain.stderr == b""
    assert b"client-in-handler" in plain.stdout
    for options in (["-I"], ["-s", "-E"], *([["-P"]] if sys.version_info >= (3, 11) else [])):
        other = run(*ARGUMENTS, cwd=project, python=options)
        assert (other.returncode, other.stdout, other.stderr) == (1, plain.stdout, b"")
    assert not (project.parent / traps.NOTE).exists()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="-P is of Python 3.11; SECURITY.md says so")
def test_as_a_module_with_a_safe_path(project):
    """``python -m lambdalint`` puts the working directory first, which only ``-P`` prevents: SECURITY.md says so."""
    plain = run(*ARGUMENTS, cwd=project)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lambdalint", *ARGUMENTS], cwd=project, env=environment(PYTHONPATH=str(ROOT)),
        check=False, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, plain.stdout, b"")
    assert not (project.parent / traps.NOTE).exists()


def test_rules_of_the_analysed_repository_are_no_rules(project):
    """A folder called rules, beside a pyproject.toml and .pre-commit-hooks.yaml as in lambdalint's checkout."""
    done = run("rule", cwd=project)
    assert done.returncode == 0
    assert b"LL101" in done.stdout
    assert b"LL999" not in done.stdout
