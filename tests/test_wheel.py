"""What is shipped: the sdist, the wheel built from it, and the wheel at work in an environment of its own."""

import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile

import pytest

from lambdalint import __version__

ROOT = pathlib.Path(__file__).parent.parent
NOT_COPIED = re.compile(r"\.git|\.venv.*|\.\w+_cache|\.hypothesis|build|dist")
STRAYS = {
    "rules/__pycache__/ll998_stray.cpython-312.pyc": b"stray",
    "rules/ll998_stray.pyc": b"stray",
    "lambdalint/__pycache__/stray.cpython-312.pyc": b"stray",
    ".venv/lib/stray.py": b"stray",
}


def junk(folder, names):
    """What a working copy may hold at its top that no clone has."""
    return [name for name in names if pathlib.Path(folder) == ROOT and NOT_COPIED.fullmatch(name)]


def run(*command, cwd, code=0, **environment):
    # PYTHONPATH would put the checkout in front of what is installed.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tracked(folder):
    """The files of a folder that are under version control; where there is no repository, all of them."""
    if (ROOT / ".git").exists():
        return set(run("git", "ls-files", "-z", folder, cwd=ROOT).split("\0")) - {""}
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.suffix != ".pyc" and path.is_file()
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The names in the sdist, and the wheel that was built from that sdist alone."""
    checkout = tmp_path_factory.mktemp("source") / "lambdalint"
    shutil.copytree(ROOT, checkout, ignore=junk)
    for name, content in STRAYS.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes(content)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", out, checkout, cwd=out)
    (sdist,) = out.glob("*.tar.gz")
    assert sdist.name == f"lambdalint-{__version__}.tar.gz"
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
        if sys.version_info >= (3, 12):
            archive.extractall(unpacked, filter="data")
        else:
            archive.extractall(unpacked)
    run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        out,
        unpacked / f"lambdalint-{__version__}",
        cwd=out,
    )
    (wheel,) = out.glob("*.whl")
    return names, wheel


@pytest.fixture(scope="module")
def bare(built, tmp_path_factory):
    """The interpreter of an environment that holds the wheel and its dependencies, and knows no checkout.

    The dependencies are those of the running environment, seen through a path file that comes after
    the wheel: nothing is fetched. Path files inside that folder (an editable install) are not read.
    """
    where = tmp_path_factory.mktemp("bare")
    venv.create(where, with_pip=True)
    python = where / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", built[1], cwd=where)
    site = pathlib.Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=where).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python, site


@pytest.fixture
def project(tmp_path):
    """A folder elsewhere that holds a small function with one mistake."""
    (tmp_path / "app.py").write_text(
        "import boto3\n\n\ndef lambda_handler(event, context):\n    return boto3.client('s3').list_buckets()\n"
    )
    return tmp_path


def test_sdist_holds_what_is_needed_to_build_and_test(built):
    names, _ = built
    expected = {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        ".pre-commit-hooks.yaml",
        "tests/test_wheel.py",
    }
    assert expected <= names
    assert tracked("rules") <= names
    assert not {name for name in names if name.endswith(".pyc") or "__pycache__" in name or name.startswith(".venv")}


def test_wheel_holds_exactly_the_tracked_rules_and_the_package(built):
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    rules = {name.removeprefix("lambdalint/") for name in names if name.startswith("lambdalint/rules/")}
    package = {name.removeprefix("lambdalint/") for name in tracked("lambdalint/rules")}
    assert rules == tracked("rules") | package, "an untracked rule? git add it"
    assert not {name for name in package if "/ll" in name}
    assert {name for name in rules if re.fullmatch(r"rules/ll\d{3}_\w+\.py", name)}
    assert names == tracked("lambdalint") | {f"lambdalint/{name}" for name in rules}


def test_wheel_describes_itself(built):
    with zipfile.ZipFile(built[1]) as wheel:
        folder = f"lambdalint-{__version__}.dist-info"
        metadata = importlib.metadata.PathDistribution(zipfile.Path(wheel, f"{folder}/")).metadata
        assert (
            wheel.read(f"{folder}/entry_points.txt").decode()
            == "[console_scripts]\nlambdalint = lambdalint.__main__:run\n"
        )
        assert wheel.read(f"{folder}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "Apache-2.0"
    required = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    names = {re.split(r"[^\w-]", line, maxsplit=1)[0].lower() for line in required}
    assert names == {
        "libcst",
        "pip-audit",
        "pip-requirements-parser",
        "packaging",
        "rich",
        "tomli",
        "pyyaml",
        "tree-sitter",
        "tree-sitter-hcl",
        "tree-sitter-typescript",
        "pathspec",
    }
    assert [line for line in required if ";" in line] == [line for line in required if line.startswith("tomli")]


def test_installed_wheel_runs_from_elsewhere(bare, project):
    python, site = bare
    assert run(python, "-m", "lambdalint", "--version", cwd=project) == f"lambdalint {__version__}\n"
    assert run(python.parent / "lambdalint", "--version", cwd=project) == f"lambdalint {__version__}\n"
    where = run(python, "-c", "import lambdalint.rules; print(*lambdalint.rules.__path__, sep='\\n')", cwd=project)
    assert where.splitlines() == [str(site / "lambdalint" / "rules")]
    report = json.loads(
        run(python, "-m", "lambdalint", "check", ".", "--output", "json", "--no-cache", cwd=project, code=1)
    )
    found = [(finding["code"], finding["path"], finding["line"]) for finding in report["findings"]]
    assert found == [("LL101", "app.py", 5)]


def test_installed_wheel_knows_every_rule(bare, project):
    python, _ = bare
    listed = run(python, "-m", "lambdalint", "rule", cwd=project)
    for name in tracked("rules"):
        if code := re.match(r"rules/(ll\d{3})_", name):
            assert code[1].upper() in listed


def test_tests_and_fixtures_are_not_importable(bare, project):
    python, _ = bare
    for name in ("rules", "fixtures", "tests", "scripts"):
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is not None)"
        run(python, "-c", code, cwd=project)


def test_stray_rules_folder_beside_the_package_is_not_loaded(bare, project):
    python, site = bare
    marker = project / "loaded"
    (site / "rules").mkdir()
    try:
        stray = f"open({str(marker)!r}, 'w').close()\nraise SystemExit('stray rule ran')\n"
        for name in ("ll101_client_in_handler.py", "ll999_stray.py", "__init__.py"):
            (site / "rules" / name).write_text(stray)
        (site / "pyproject.toml").write_text('[project]\nname = "lambdalint"\n')
        (site / ".pre-commit-hooks.yaml").write_text("- id: lambdalint\n")
        listed = run(python, "-m", "lambdalint", "rule", cwd=project)
        assert "LL101" in listed
        assert "LL999" not in listed
        run(python, "-m", "lambdalint", "check", ".", "--select", "ALL", "--no-cache", cwd=project, code=1)
    finally:
        shutil.rmtree(site / "rules")
        (site / "pyproject.toml").unlink()
        (site / ".pre-commit-hooks.yaml").unlink()
    assert not marker.exists()


def test_rules_folder_of_an_analysed_project_is_not_loaded(bare, project):
    python, _ = bare
    (project / "rules").mkdir()
    (project / "rules" / "ll999_stray.py").write_text("raise SystemExit('stray rule ran')\n")
    (project / "pyproject.toml").write_text('[project]\nname = "theirs"\n')
    (project / ".pre-commit-hooks.yaml").write_text("- id: theirs\n")
    report = json.loads(
        run(
            python,
            "-m",
            "lambdalint",
            "check",
            ".",
            "--select",
            "ALL",
            "--output",
            "json",
            "--no-cache",
            cwd=project,
            code=1,
        )
    )
    assert {finding["code"] for finding in report["findings"]} == {"LL101"}


def test_checkout_loads_its_own_rules():
    code = "import lambdalint.rules as r; print(*r.__path__, sep='\\n')"
    assert run(sys.executable, "-c", code, cwd=ROOT).splitlines() == [
        str(ROOT / "lambdalint" / "rules"),
        str(ROOT / "rules"),
    ]
