"""Real bundles, as pip installs them for several Pythons and platforms: what is in them, and what imports say."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from lambdalint.bundle.binaries import tag_of
from lambdalint.bundle.closure import Closure
from lambdalint.bundle.distributions import Distributions
from lambdalint.bundle.entries import Folder
from lambdalint.bundle.layers import TASK, Merged, Part
from lambdalint.bundle.targets import runtime
from lambdalint.tree import DirectoryTree
from tests.bundles.build import Unavailable, installed

pytestmark = pytest.mark.network

PURE = ("requests==2.32.3", "urllib3==2.2.3", "idna==3.10", "certifi==2024.8.30", "charset-normalizer==3.4.0")
NATIVE = ("MarkupSafe==3.0.2", "Jinja2==3.1.4")
RUNNING = "{}.{}".format(*sys.version_info[:2])


def bundle(folder, requirements, code, *, version=RUNNING, platform="x86_64"):
    try:
        source = installed((*requirements, "--no-deps"), version, platform)
    except Unavailable as error:
        pytest.skip(str(error))
    shutil.copytree(source, folder / "bundle")
    (folder / "bundle" / "app.py").write_text(code)
    tree = Folder(DirectoryTree(str(folder)), "bundle")
    return Merged(Part("bundle", tree, TASK), (), tuple(map(int, version.split("."))))


@pytest.mark.parametrize(
    ("version", "platform", "machine", "tag"),
    [
        ("3.13", "x86_64", "x86_64", "cpython-313-x86_64-linux-gnu"),
        ("3.13", "arm64", "aarch64", "cpython-313-aarch64-linux-gnu"),
        ("3.10", "x86_64 of Amazon Linux 2", "x86_64", "cpython-310-x86_64-linux-gnu"),
        ("3.12", "musl x86_64", "x86_64", "cpython-312-x86_64-linux-musl"),
    ],
)
def test_extension_modules_of_wheels(tmp_path, version, platform, machine, tag):
    from lambdalint.bundle.binaries import Natives

    files = bundle(tmp_path, NATIVE, "import jinja2\n", version=version, platform=platform)
    ((path, found),) = Natives(files).all()
    assert path.startswith("/var/task/markupsafe/_speedups.")
    assert (found.kind, found.bits, found.machine, found.problem) == ("ELF", 64, machine, "")
    assert tag_of(path).text == tag
    needs_musl = any("musl" in name for name in found.needs)
    assert needs_musl == platform.startswith("musl")
    assert (found.glibc is None) == needs_musl


@pytest.mark.parametrize("platform", ["macOS arm64", "Windows x86_64"])
def test_wheels_of_other_systems(tmp_path, platform):
    from lambdalint.bundle.binaries import Natives

    files = bundle(tmp_path, NATIVE, "import markupsafe._speedups\n", version="3.13", platform=platform)
    kinds = {found.kind for _, found in Natives(files).all()}
    assert kinds == {"Mach-O" if platform.startswith("macOS") else "PE"}
    (missing,) = Closure(files, runtime("python3.13", "arm64"), "app").missing
    assert (missing.name, missing.reason) == ("markupsafe._speedups", "foreign")


def test_every_file_has_its_owner(tmp_path):
    found = Distributions(bundle(tmp_path, (*PURE, *NATIVE), ""))
    names = {item.name.lower(): item for item in found.all}
    assert set(names) == {"requests", "urllib3", "idna", "certifi", "charset_normalizer", "markupsafe", "jinja2"}
    assert set(found.unowned) == {"/var/task/app.py"}
    assert all(item.recorded and not item.missing and not item.problem for item in found.all)
    assert any(line.startswith("charset-normalizer") for line in names["requests"].metadata.requires)
    assert names["markupsafe"].tags
    assert all("py3-none-any" in item.tags for name, item in names.items() if name in ("requests", "idna", "jinja2"))


@pytest.mark.parametrize(
    ("requirements", "code"),
    [
        (PURE, "import requests\n"),
        (NATIVE, "from jinja2 import Environment\n"),
        (PURE[:2], "import requests\n"),  # without urllib3 the runtime's would count
        (PURE[:3], "import requests\n"),
        (NATIVE[1:], "import jinja2\n"),
        (NATIVE[:1], "import markupsafe\n"),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the bundles are for Linux")
def test_the_verdict_is_the_interpreter_s(tmp_path, requirements, code):
    """Our own bundle, imported by the running interpreter with nothing else on its path."""
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(os.uname().machine)
    if machine is None:
        pytest.skip(f"no bundles for {os.uname().machine}")
    files = bundle(tmp_path, requirements, code, platform=machine)
    found = Closure(files, runtime(f"python{RUNNING}", machine), "app")
    told = imported(tmp_path / "bundle")
    assert bool(found.missing) == bool(told["error"])
    if not told["error"]:
        named = {found.find(name).path.removeprefix("/var/task/") for name in found.loaded}
        assert {file for file in told["files"] if file.endswith(".py")} <= named  # native modules import by themselves
    else:
        assert found.missing[0].name in told["error"]


def imported(folder: pathlib.Path) -> dict:
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts"))
    try:
        from compare_bundles import PROBE
    finally:
        del sys.path[0]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROBE, str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])
