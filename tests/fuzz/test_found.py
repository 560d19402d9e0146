"""What the generators found, each as the smallest input that shows it."""

from __future__ import annotations

import json

import pytest

from lambdalint import cli
from lambdalint.discover import _spec
from lambdalint.source import lower
from lambdalint.source.skeleton import SourceError, parse, refuse_unparsable, skeleton
from lambdalint.templates.documents import Malformed, read_yaml
from tests.bundles.made import Member, archive
from tests.bundles.native import AARCH64, X86_64, elf
from tests.fuzz.cases import HANDLER

APP = b"def handler(event, context):\n    return None\n"


def test_a_path_of_many_parts_is_read_once():
    """Each part was read twice, those below it four times, and so on: thirty took minutes."""
    ((_, value),) = skeleton(b"x = a" + b" / 'b'" * 60, "a.py").bindings["x"]
    for _ in range(40):  # as deep as expressions are kept
        assert value[2] == (("k", "b"),)
        value = value[1][1]
    assert value[2] == (None,)


def test_loops_in_loops_are_passed_through_eight_times_at_most(monkeypatch):
    """Each of three passes could be at any depth: ninety loops took half a minute."""
    passes = []
    round_ = lower._Lowering.round
    monkeypatch.setattr(lower._Lowering, "round", lambda *given: passes.append(1) or round_(*given))
    source = (
        b"def f(a):\n" + b"".join(b" " * (depth + 1) + b"for x in a:\n" for depth in range(20)) + b" " * 21 + b"a(x)\n"
    )
    lowered = lower.lower(source, "a.py", (1, 22), {(1, "f"): "f"})
    assert len(passes) == 2 + 4 + 8 * 18
    (call,) = lowered.bodies["f"].calls
    assert len(call.context) == 20


@pytest.mark.parametrize("brackets", ["()", "[]"])
def test_patterns_in_patterns(brackets):
    """libcst's parser tries each bracket anew for each around it: thirty would take days."""
    opener, closer = brackets.encode().partition(brackets[1:].encode())[:2]

    def source(depth):
        return b"def f(a):\n match a:\n  case " + opener * depth + b"x" + closer * depth + b": pass\n"

    assert "f" in lower.lower(source(9), "a.py", (1, 3), {(1, "f"): "f"}).bodies
    with pytest.raises(SourceError, match="patterns that nest too deeply"):
        lower.lower(source(10), "a.py", (1, 3), {(1, "f"): "f"})
    # brackets beside patterns are none of theirs
    beside = (
        b"def f(a):\n match ((((((((((a)))))))))):\n  case x if ((((((((((x)))))))))): return ((((((((((x))))))))))\n"
    )
    assert "f" in lower.lower(beside, "a.py", (1, 3), {(1, "f"): "f"}).bodies


@pytest.mark.parametrize(
    "name", [b"import %s\n", b"import b, %s as c\n", b"from %s import b\n", b"from . \\\n . %s import b\n"]
)
@pytest.mark.parametrize("dot", [b".", b" . ", b".\\\n", b".\\\r\n\t"])
def test_an_import_without_end(name, dot):
    """CPython's parser keeps each name above a dotted one: 200 KB took 10 GB."""
    source = b"x = 1\n" + name % (b"a" + (dot + b"aaa") * 2600)
    for read in (parse, refuse_unparsable):
        with pytest.raises(SourceError, match=r"a dotted name of more than 10,000 characters") as caught:
            read(source, "a.py")
        assert not caught.value.syntax


def test_much_that_is_imported_and_told_of():
    many = b"from a.b.c import d\n" * 1000 + b"# " + b"Imported from a place. See e.g. there. " * 2000
    assert len(skeleton(many, "a.py").imports) == 1000
    refuse_unparsable(many, "a.py")


def checked(folder, capsys, *members, code=APP):
    """The report on an archive as a function."""
    path = folder / "function.zip"
    path.write_bytes(archive(("app.py", code), *members))
    told = ("--handler", "app.handler", "--runtime", "python3.12", "--arch", "x86_64", "--no-cache")
    assert cli.main(["bundle", str(path), *told]) == 0
    capsys.readouterr()
    assert cli.main(["check", str(path), *told, "--select", "ALL", "--output", "json"]) in (0, 1)
    report = json.loads(capsys.readouterr().out)
    assert report["errors"] == []
    return report


def test_a_bundle_that_imports_a_name_longer_than_any_path(tmp_path, capsys):
    long = b"import a" + b".a" * 1000 + b"\n" + APP
    assert "LL501" not in {
        item["code"] for item in checked(tmp_path, capsys, ("a/__init__.py", b""), code=long)["findings"]
    }
    short = b"import a" + b".a" * 300 + b"\n" + APP
    assert "LL501" in {
        item["code"] for item in checked(tmp_path, capsys, ("a/__init__.py", b""), code=short)["findings"]
    }


@pytest.mark.parametrize("mode", [0o040755, 0o010644, 0o020644])
def test_a_native_file_that_is_none(mode, tmp_path, capsys):
    """Directories have a slash at the end of their names, which this one has not."""
    native = Member("native.cpython-312-x86_64-linux-gnu.so", elf(AARCH64), mode=mode)
    assert "LL502" not in {item["code"] for item in checked(tmp_path, capsys, native)["findings"]}
    assert "LL502" in {item["code"] for item in checked(tmp_path, capsys, native._replace(mode=0o100755))["findings"]}


def test_a_native_file_whose_data_is_broken(tmp_path, capsys):
    data = elf(X86_64) + bytes(range(256)) * 40
    path = tmp_path / "function.zip"
    whole = archive(("app.py", APP), ("native.so", data))
    at = whole.index(b"native.so") + len(b"native.so")
    path.write_bytes(whole[:at] + b"\xff" * 30 + whole[at + 30 :])
    told = ("--handler", "app.handler", "--runtime", "python3.12", "--arch", "x86_64", "--no-cache")
    assert cli.main(["bundle", str(path), *told]) == 0
    capsys.readouterr()
    assert cli.main(["check", str(path), *told, "--select", "ALL", "--output", "json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["errors"] == []


@pytest.mark.parametrize("text", ["a: {b: [c", "a: {b: [c\n", "x: 1\r\na: {b: [c", "x: 1\ra: {b: [c"])
def test_what_ends_too_soon_ends_on_a_line_of_the_file(text):
    with pytest.raises(Malformed) as caught:
        read_yaml(text.encode())
    lines = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert str(caught.value).startswith(f"line {lines}: ")


def test_ignore_patterns_that_are_none(tmp_path, capsys):
    assert not _spec(("[b-a]",)).match_file("a")
    assert _spec(("[b-a]", "*.log")).match_file("x.log")
    assert _spec(("[[a]",)).match_file("a")  # without a warning, which the tests take for an error
    (tmp_path / "app.py").write_bytes(HANDLER)
    assert cli.main(["check", str(tmp_path), "--per-file-ignores", "[b-a]:ALL", "--no-cache"]) == 2
    assert "error: per-file-ignores: " in capsys.readouterr().err
