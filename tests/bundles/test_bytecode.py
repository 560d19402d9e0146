"""Bytecode: what the target takes, what it certainly rejects, and what nobody can tell."""

import importlib.util
import py_compile
import sys

import pytest

from lambdalint.bundle.archive import Archive
from lambdalint.bundle.bytecode import Bytecode, version_of
from lambdalint.bundle.layers import TASK, Merged, Part
from lambdalint.bundle.targets import Runtime, runtime
from lambdalint.data import table
from lambdalint.tree import DirectoryTree
from tests.bundles.made import NO_DATE, archive
from tests.bundles.native import pyc

SOURCE = b"x = 1\n"
NUMBER = 3571  # of 3.13
THEN = 1_704_067_200  # 2024-01-01, the date of the members


def states(folder, *members, target="python3.13"):
    (folder / "a.zip").write_bytes(archive(*members))
    tree = DirectoryTree(str(folder))
    files = Merged(Part("a.zip", Archive(lambda: tree.open("a.zip")), TASK))
    found = Bytecode(files, runtime(target))
    return {item.path.removeprefix("/var/task/"): item.state for item in found.all()}


def state(folder, data, *, source=("m.py", SOURCE), name="__pycache__/m.cpython-313.pyc", target="python3.13"):
    return states(folder, source, (name, data), target=target)[name]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pyc(NUMBER, "unchecked"), "valid"),
        (pyc(NUMBER, "checked", digest=b"wrong"), "stale"),
        (pyc(NUMBER, time=THEN, size=len(SOURCE)), "open"),
        (pyc(NUMBER, time=THEN - 9999, size=len(SOURCE)), "open"),  # Lambda may give files any time
        (pyc(NUMBER, time=THEN, size=5), "stale"),
        (pyc(3531, "unchecked"), "foreign"),
        (pyc(1234, "unchecked"), "foreign"),
        (b"", "broken"),
        (b"not bytecode at all", "broken"),
        (b"\xf3\r\r\n\x09\0\0\0" + bytes(8), "broken"),
    ],
)
def test_states(tmp_path, data, expected):
    assert state(tmp_path, data) == expected


def test_dates_that_builders_put_in(tmp_path):
    fixed = ("m.py", SOURCE, 0o100644, NO_DATE)
    name = "__pycache__/m.cpython-313.pyc"
    assert states(tmp_path, fixed, (name, pyc(NUMBER, time=THEN, size=len(SOURCE)))) == {name: "stale"}
    assert states(tmp_path, fixed, (name, pyc(NUMBER, time=315_532_800, size=len(SOURCE)))) == {name: "open"}
    assert states(tmp_path, fixed, (name, pyc(NUMBER, "unchecked"))) == {name: "valid"}
    future = ("m.py", SOURCE, 0o100644, (2098 - 1980) << 9 | 33)
    assert states(tmp_path, future, (name, pyc(NUMBER, time=THEN, size=len(SOURCE)))) == {name: "stale"}


def test_bytecode_without_source(tmp_path):
    assert states(
        tmp_path, ("m.pyc", pyc(NUMBER)), ("n.pyc", pyc(3531)), ("__pycache__/o.cpython-313.pyc", pyc(NUMBER))
    ) == {
        "m.pyc": "valid",
        "n.pyc": "foreign",
        "__pycache__/o.cpython-313.pyc": "open",
    }


def test_what_the_target_looks_for(tmp_path):
    (tmp_path / "a.zip").write_bytes(
        archive(
            ("pkg/m.py", SOURCE), ("pkg/n.py", SOURCE), ("pkg/__pycache__/m.cpython-313.pyc", pyc(NUMBER, "unchecked"))
        )
    )
    tree = DirectoryTree(str(tmp_path))
    files = Merged(Part("a.zip", Archive(lambda: tree.open("a.zip")), TASK))
    found = Bytecode(files, runtime("python3.13"))
    assert found.of("/var/task/pkg/m.py").state == "valid"
    assert found.of("/var/task/pkg/m.py").source == "/var/task/pkg/m.py"
    assert found.of("/var/task/pkg/n.py") is None
    assert Bytecode(files, runtime("python3.12")).of("/var/task/pkg/m.py") is None
    assert {item.state for item in Bytecode(files, Runtime()).all()} == {"open"}


def test_numbers():
    assert version_of(int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")) == sys.version_info[:2]
    assert version_of(62211) is None
    assert version_of(3413) == (3, 8)
    name = "python{}.{}".format(*sys.version_info[:2])
    assert table("targets")["runtimes"][name]["pyc"] == int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")


@pytest.mark.parametrize("mode", list(py_compile.PycInvalidationMode))
def test_what_this_interpreter_writes(tmp_path, mode):
    """Bytecode of the running interpreter; that of a hash is compared with the source."""
    source, target = tmp_path / "m.py", tmp_path / "m.pyc"
    source.write_bytes(SOURCE)
    py_compile.compile(str(source), str(target), invalidation_mode=mode)
    tag = "cpython-{}{}".format(*sys.version_info[:2])
    found = state(
        tmp_path,
        target.read_bytes(),
        name=f"__pycache__/m.{tag}.pyc",
        target="python{}.{}".format(*sys.version_info[:2]),
    )
    assert found == ("open" if mode is py_compile.PycInvalidationMode.TIMESTAMP else "valid")
