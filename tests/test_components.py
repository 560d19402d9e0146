"""What is judged by itself: nothing that matters to it is elsewhere."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping

import pytest

from lambdalint import components, discover, engine
from lambdalint.components import Component
from lambdalint.model import Report
from lambdalint.settings import Settings
from lambdalint.source.callgraph import Entry
from lambdalint.source.names import Node
from lambdalint.source.program import Program
from tests.generated import project
from tests.trees import MemoryTree

EVERYTHING = Settings(select=("ALL",), as_of="2026-11-21")


def parts(files: dict[str, str], links: Iterable[tuple[str, str]] = ()) -> list[tuple[list[str], list[str]]]:
    """The entry points and the other modules of each component; entry points are all modules with ``handler``."""
    program = Program(MemoryTree(files), sorted(files))
    nodes = [(path, "handler") for path, text in sorted(files.items()) if "def handler" in text]
    for path in files:
        program.skeleton(path)
    found = components.components(program, {node: Entry(node, ()) for node in nodes}, links)
    assert [item.size for item in found] == [sum(len(files[path]) for path in item.modules) for item in found]
    return [
        ([path for path, _ in item.entries], [path for path in item.modules if (path, "handler") not in item.entries])
        for item in found
    ]


HANDLER = "def handler(event, context): pass\n"


def test_modules_that_imports_connect_belong_together() -> None:
    files = {
        "a.py": "import shared\n" + HANDLER,
        "b.py": "import other\n" + HANDLER,
        "c.py": "from deep.inner import x\n" + HANDLER,
        "d.py": HANDLER,
        "shared.py": "",
        "other.py": "import shared\n",
        "deep/__init__.py": "",
        "deep/inner.py": "x = 1\n",
        "script.py": "import d\nd.handler({}, None)\n",
        "alone.py": "",
    }
    assert parts(files) == [
        (["a.py", "b.py"], ["other.py", "shared.py"]),
        (["c.py"], ["deep/__init__.py", "deep/inner.py"]),
        (["d.py"], ["script.py"]),
    ]
    files["test_all.py"] = "import a, d\n"  # whoever calls two of them tells something about both
    assert [entries for entries, _ in parts(files)] == [["a.py", "b.py", "d.py"], ["c.py"]]
    assert [entries for entries, _ in parts(files, [("c.py", "d.py")])] == [["a.py", "b.py", "c.py", "d.py"]]


def test_functions_that_are_seen_together_bring_all_that_is_in_their_sight() -> None:
    files = {f"{name}.py": f"import of_{name}\n{HANDLER}" for name in "abcd"} | {f"of_{name}.py": "" for name in "abcd"}
    program = Program(MemoryTree(files), sorted(files))
    nodes = {name: (f"{name}.py", "handler") for name in "abcd"}
    for path in files:
        program.skeleton(path)
    found = components.components(program, {node: Entry(node, ()) for node in nodes.values()}, ())
    together = [{nodes["a"], nodes["c"]}, {nodes["d"]}, {nodes["c"]}]
    assert [item[:2] for item in components.joined(program, found, together)] == [
        ({nodes[name]: Entry(nodes[name], ()) for name in "ac"}, ("a.py", "c.py", "of_a.py", "of_c.py")),
        ({nodes["d"]: Entry(nodes["d"], ())}, ("d.py", "of_d.py")),
    ]


def check(folder: pathlib.Path) -> Report:
    report = engine.check(discover.project(discover.locate([str(folder)])), EVERYTHING)
    assert report.internal_errors == ()
    return report


def whole(program: Program, entries: Mapping[Node, Entry], links: Iterable[tuple[str, str]]) -> tuple[Component, ...]:
    """All entry points in one component."""
    modules = tuple(skeleton.path for skeleton in program.loaded())
    return (Component(dict(sorted(entries.items())), modules, 0),)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_judged_apart_is_judged_alike(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    for path, text in project(seed).items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    apart = check(tmp_path)
    monkeypatch.setattr(engine, "components", whole)
    assert check(tmp_path) == apart
    assert apart.findings
