"""Real bundles, broken in the ways that people met, and mended: each rule says what is wrong with the one and is silent
on the other.

The threads are those of the rules' references: wheels of another machine, system or Python, builds for Alpine, wheels
for newer systems, what builds delete, archives and layers that were put together in a wrong way.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import pytest

from lambdalint import cli
from tests.bundles.build import Unavailable, installed
from tests.bundles.native import elf

pytestmark = pytest.mark.network

HANDLER = "\n\ndef handler(event, context):\n    return None\n"


class Bundle(NamedTuple):
    """What pip installs, and what it runs on. ``change`` is done to the directory afterwards."""

    requirements: tuple[str, ...]
    code: str
    built: str = "3.12"
    platform: str = "x86_64"
    runtime: str = "python3.12"
    architecture: str = "x86_64"
    change: Callable[[pathlib.Path], object] | None = None
    layer: bool = False  # whether the distributions are a layer of their own
    prefix: str = "python"  # where in the layer


def case(name, code, broken, mended, path, *words, severity="error"):
    return pytest.param(code, broken, mended, path, words, severity, id=f"{code}-{name}")


def without(*patterns):
    """Delete files and directories."""

    def change(folder):
        for pattern in patterns:
            found = list(folder.glob(pattern))
            assert found
            for path in found:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def with_file(name, text):
    return lambda folder: (folder / name).write_text(text)


def closed(name):
    def change(folder):
        data = (folder / name).read_bytes()
        (folder / name).unlink()  # it may be the cache's own
        (folder / name).write_bytes(data)
        os.chmod(folder / name, 0o600)

    return change


def put_odbc(folder):
    """unixODBC's library, as far as a linter looks at it."""
    (folder / "lib").mkdir()
    (folder / "lib" / "libodbc.so.2").write_bytes(elf(needs=("libc.so.6",)))


def inside(name):
    """Everything one directory deeper, as an archive of the folder has it."""

    def change(folder):
        inner = folder.parent / "moved"
        folder.rename(inner)
        folder.mkdir()
        inner.rename(folder / name)

    return change


PYDANTIC = Bundle(("pydantic==2.9.2",), "from pydantic import BaseModel")
CRYPTOGRAPHY = Bundle(("cryptography==44.0.0",), "from cryptography.fernet import Fernet")
OLD_CRYPTOGRAPHY = Bundle(("cryptography==44.0.0", "cffi==1.17.1"), CRYPTOGRAPHY.code, "3.11", runtime="python3.11")
PSYCOPG2 = Bundle(("psycopg2-binary==2.9.10",), "import psycopg2")
LXML = Bundle(("lxml==5.3.0",), "from lxml import etree")
NUMPY = Bundle(("numpy==2.1.3",), "import numpy")
CV = Bundle(("opencv-python-headless==4.10.0.84", "numpy==2.1.3"), "import cv2")
ODBC = Bundle(("pyodbc==5.2.0",), "import pyodbc")
REQUESTS = Bundle(("requests==2.32.3",), "import requests")
BOTO = Bundle(("boto3==1.35.0",), "import boto3")
INVOKE = Bundle(("invoke",), "import invoke")
JWT = Bundle(("pyjwt==2.9.0",), "import jwt")

CASES = [
    # pydantic#6557 and #6990, powertools-lambda-python#6771
    case(
        "x86_64-on-arm64", "LL502", PYDANTIC._replace(architecture="arm64"),
        PYDANTIC._replace(platform="arm64", architecture="arm64"),
        "pydantic_core/_pydantic_core.cpython-312-x86_64-linux-gnu.so", "x86_64", "python3.12 on arm64",
        "--platform manylinux2014_aarch64", "pydantic_core==2.23.4",
    ),
    case(
        "arm64-on-x86_64", "LL502", PSYCOPG2._replace(platform="arm64"), PSYCOPG2,
        "psycopg2/_psycopg.cpython-312-aarch64-linux-gnu.so", "built for arm64", "python3.12 on x86_64",
    ),
    # portforward#29, cryptography#6372
    case(
        "macOS", "LL502", CRYPTOGRAPHY._replace(platform="macOS arm64", architecture="arm64"),
        CRYPTOGRAPHY._replace(platform="arm64", architecture="arm64"),
        "cryptography/hazmat/bindings/_rust.abi3.so", "built for macOS",
    ),
    case(
        "Windows", "LL502", LXML._replace(platform="Windows x86_64"), LXML, "lxml/etree.cp312-win_amd64.pyd",
        "built for Windows", "--platform manylinux2014_x86_64",
    ),
    # psycopg2#721, cffi#50
    case(
        "after-the-runtime-was-raised", "LL503", PSYCOPG2._replace(built="3.9"), PSYCOPG2,
        "psycopg2/_psycopg.cpython-39-x86_64-linux-gnu.so", "Python 3.9", "python3.12", "--python-version 3.12",
    ),
    case(
        "numpy-of-3.11", "LL503", NUMPY._replace(built="3.11"), NUMPY,
        "numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so", "Python 3.11",
    ),
    # cryptography#6390, fastembed#314
    case(
        "cryptography-on-3.11", "LL504",
        OLD_CRYPTOGRAPHY._replace(requirements=("cryptography==44.0.0", "cffi==1.17.1"), platform="x86_64"),
        OLD_CRYPTOGRAPHY._replace(platform="x86_64 of Amazon Linux 2"),
        "cryptography/hazmat/bindings/_rust.abi3.so", "python3.11 has 2.26", "--platform manylinux2014_x86_64",
    ),
    case(
        "onnxruntime-on-3.10", "LL504",
        Bundle(("onnxruntime==1.20.1", "numpy==1.26.4"), "import onnxruntime", "3.10", runtime="python3.10"),
        Bundle(("onnxruntime==1.20.1", "numpy==1.26.4"), "import onnxruntime"),
        "onnxruntime/capi/onnxruntime_pybind11_state.cpython-310-x86_64-linux-gnu.so", "needs glibc 2.27",
    ),
    # cryptography#5845, terraform-aws-lambda#668
    case(
        "Alpine", "LL505", CRYPTOGRAPHY._replace(platform="musl x86_64"), CRYPTOGRAPHY,
        "cryptography/hazmat/bindings/_rust.abi3.so", "Alpine", "musl",
    ),
    # docker-lambda#318
    case(
        "opencv", "LL505", CV._replace(requirements=("opencv-python==4.10.0.84", "numpy==2.1.3")), CV,
        "cv2/", "neither the bundle nor python3.12 has", "opencv-python-headless", severity="warning",
    ),
    # pyodbc#654
    case(
        "pyodbc", "LL505", ODBC, ODBC._replace(change=put_odbc),
        "pyodbc.cpython-312-x86_64-linux-gnu.so", "libodbc.so.2", "unixODBC",
    ),
    case("left-out", "LL501", REQUESTS._replace(change=without("idna*")), REQUESTS, "app.py", "requests imports idna"),
    case(
        "removed-from-python", "LL501", Bundle(("pyyaml==6.0.2",), "import cgi, yaml", "3.13", runtime="python3.13"),
        Bundle(("pyyaml==6.0.2", "legacy-cgi==2.6.2"), "import cgi, yaml", "3.13", runtime="python3.13"),
        "app.py", "Python 3.13 no longer has it",
    ),
    # serverless#1872
    case(
        "modes", "LL506", REQUESTS._replace(change=closed("requests/api.py")), REQUESTS, "requests/api.py", "0600",
    ),
    case("folder", "LL507", REQUESTS._replace(change=inside("package")), REQUESTS, "", "lies in the folder package"),
    # aws-dynamodb-encryption-python#132
    case(
        "no-prefix", "LL508", REQUESTS._replace(layer=True, prefix=""), REQUESTS._replace(layer=True), "", "python/",
    ),
    case(
        "other-python", "LL508", REQUESTS._replace(layer=True, prefix="python/lib/python3.9/site-packages"),
        REQUESTS._replace(layer=True, prefix="python/lib/python3.12/site-packages"), "", "3.9",
    ),
    # awslambda-psycopg2#52, s4-clarity-lib#26
    case(
        "hmac",
        "LL509",
        JWT._replace(change=with_file("hmac.py", "KEY_NAME = 'signing-key'\n")),
        JWT._replace(change=with_file("keys.py", "KEY_NAME = 'signing-key'\n")),
        "hmac.py",
        "jwt/algorithms.py",
        severity="warning",
    ),
    # s4-clarity-lib#26
    case(
        "hashlib",
        "LL509",
        JWT._replace(change=with_file("hashlib.py", "def digest(data): ...\n")),
        JWT._replace(change=with_file("digests.py", "def digest(data): ...\n")),
        "hashlib.py",
        "jwt/algorithms.py",
    ),
    # serverless-python-requirements#441
    case(
        "slim", "LL510", INVOKE._replace(change=without("*.dist-info")), INVOKE, "", "",
    ),
    # base-images#118, botocore#3082
    case(
        "half-an-sdk", "LL511", BOTO._replace(change=without("boto3", "boto3-*")), BOTO, "botocore", "without boto3",
        severity="warning",
    ),
    case(
        "clash", "LL511", Bundle(("boto3==1.35.0", "botocore==1.34.0", "--no-deps"), BOTO.code), BOTO, "boto3-1.35.0",
        "botocore",
    ),
    case(
        "clash", "LL512", Bundle(("requests==2.32.3", "urllib3==1.20", "idna==3.10", "certifi", "--no-deps"), REQUESTS.code),
        REQUESTS, "requests-2.32.3", "urllib3", severity="warning",
    ),
    # imperva/aws-lambda-layer PR#3
    case(
        "tests-of-numpy", "LL513",
        Bundle(("numpy==2.2.6",), "import numpy.testing", change=without("numpy/_core/tests")),
        Bundle(("numpy==2.2.6",), "import numpy.testing"), "app.py", "numpy/_core/tests/",
    ),
]  # fmt: skip


def linked(source: str, target: str) -> None:
    """A file of the cache without a copy of its bytes, where the file system can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def make(bundle: Bundle, folder: pathlib.Path, *, zipped: bool) -> list[str]:
    """The arguments that check a bundle, which is made in a folder."""
    try:
        source = installed(bundle.requirements, bundle.built, bundle.platform)
    except Unavailable as reason:
        pytest.skip(str(reason))
    function = folder / "function"
    shutil.copytree(source, folder / "installed", copy_function=linked)
    installed_ = folder / "installed"
    code = bundle.code + HANDLER
    arguments = ["--runtime", bundle.runtime, "--arch", bundle.architecture, "--handler", "app.handler"]
    if bundle.layer:
        packed(installed_, folder / "layer.zip", bundle.prefix)
        function.mkdir()
        arguments += ["--layer", str(folder / "layer.zip")]
    else:
        installed_.rename(function)
    (function / "app.py").write_text(code)
    if bundle.change is not None:
        bundle.change(function)
    if not zipped:
        return [str(function), *arguments]
    packed(function, folder / "function.zip")
    return [str(folder / "function.zip"), *arguments]


def packed(folder: pathlib.Path, target: pathlib.Path, prefix: str = "") -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, os.path.join(prefix, path.relative_to(folder)))


def found(arguments, rule, capsys):
    cli.main(["check", *arguments, "--select", rule, "--output", "json", "--no-cache"])
    report = json.loads(capsys.readouterr().out)
    assert not report.get("errors")
    return [item for item in report["findings"] if item["severity"] != "info"]


# What decides about these is the bundle alone, and not the system that it is on.
IMPORTED = ("LL501", "LL502", "LL503", "LL509", "LL510", "LL513")


def runs_here(bundle):
    """Whether this interpreter is what a bundle is for."""
    here = sys.platform.startswith("linux") and os.uname().machine == bundle.architecture
    return here and not bundle.layer and bundle.runtime == "python{}.{}".format(*sys.version_info[:2])


def loads(folder):
    """Whether the entry point of our own bundle can be imported, with nothing else on the path."""
    code = "import sys; sys.path[:] = [sys.argv[1], *(p for p in sys.path if 'site-packages' not in p)]; import app"
    command = [sys.executable, "-I", "-S", "-B", "-c", code, str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("rule", "broken", "mended", "path", "words", "severity"), CASES)
def test_what_people_met(rule, broken, mended, path, words, severity, tmp_path, capsys):
    (tmp_path / "broken").mkdir()
    (tmp_path / "mended").mkdir()
    zipped = rule in ("LL506", "LL507", "LL508")  # what happens when archives are made
    told = found(make(broken, tmp_path / "broken", zipped=zipped), rule, capsys)
    matching = [item for item in told if path in item["path"]]
    assert [item["severity"] for item in matching[:1]] == [severity], told
    text = json.dumps(matching, ensure_ascii=False)
    assert [word for word in words if word not in text] == []
    assert found(make(mended, tmp_path / "mended", zipped=zipped), rule, capsys) == []
    for name, bundle in (("broken", broken), ("mended", mended)):
        if rule in IMPORTED and runs_here(bundle):
            assert loads(tmp_path / name / "function") is (name == "mended" or severity != "error")
