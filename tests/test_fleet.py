"""The unit of work for fleets: what executors can run, and reports put together."""

from __future__ import annotations

import ast
import pathlib
import pickle
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from lambdalint import output
from lambdalint.errors import UsageError
from lambdalint.fleet import analyse, merged
from lambdalint.model import Finding, Report
from lambdalint.output.view import View
from lambdalint.settings import Settings
from tests.generated import project
from tests.trees import MemoryTree

ROOT = pathlib.Path(__file__).parent.parent
EVERYTHING = Settings(select=("ALL",), as_of="2026-11-21", jobs=8)


@pytest.fixture
def targets(tmp_path: pathlib.Path) -> dict[str, str]:
    found = {}
    for name, seed in (("orders", 6), ("billing", 8), ("empty", -1)):
        folder = tmp_path / name
        folder.mkdir()
        for path, text in project(seed).items() if seed >= 0 else ():
            (folder / path).write_text(text, encoding="utf-8")
        (folder / ".git").mkdir()  # paths are relative to it
        found[name] = str(folder)
    return found


def test_processes_that_are_started_anew_give_the_same(
    targets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    here = {name: analyse(path, EVERYTHING) for name, path in targets.items()}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        running = {name: executor.submit(analyse, path, EVERYTHING) for name, path in targets.items()}
        gone = executor.submit(analyse, targets["empty"] + "/none", EVERYTHING)
        assert {name: future.result() for name, future in running.items()} == here
        assert isinstance(gone.exception(), UsageError)
    assert len(here["orders"].findings) > 5
    assert pickle.loads(pickle.dumps(here)) == here


def test_the_configuration_of_the_target_counts(targets: dict[str, str]) -> None:
    folder = pathlib.Path(targets["orders"])
    codes = {item.code for item in analyse(str(folder)).findings}
    assert codes > {"LL101"}
    (folder / "lambdalint.toml").write_text('ignore = ["LL101"]\n', encoding="utf-8")
    assert {item.code for item in analyse(str(folder)).findings} == codes - {"LL101"}
    assert "LL101" in {item.code for item in analyse(str(folder), Settings()).findings}


def places(finding: Finding) -> Iterator[str]:
    yield finding.location.path
    yield from (step.location.path for chain in finding.chains for step in chain)
    yield from (location.path for location, _ in finding.related)


def test_reports_are_put_together(targets: dict[str, str]) -> None:
    reports = {name: analyse(path, EVERYTHING) for name, path in targets.items()}
    reports["orders"] = reports["orders"]._replace(internal_errors=("rule x failed",))
    whole = merged(reports)
    apart = [(name, item) for name in sorted(reports) for item in reports[name].findings]
    assert [(item.code, item.message) for item in whole.findings] == [(item.code, item.message) for _, item in apart]
    for item, (name, own) in zip(whole.findings, apart, strict=True):
        assert list(places(item)) == [f"{name}/{path}" for path in places(own)]
    assert whole.analysed == tuple(f"{name}/{path}" for name in sorted(reports) for path in reports[name].analysed)
    assert {item.path for item in whole.functions} <= set(whole.analysed)
    declared = [item.declared_at.path for item in whole.functions if item.declared_at is not None]
    assert set(declared) == {"billing/template.yaml", "orders/template.yaml"}
    assert {path for path, _ in whole.starts} <= set(whole.analysed)
    assert all(run[0] in whole.functions for run in whole.starts.values())
    assert whole.internal_errors == ("orders: rule x failed",)
    assert whole.statistics.calls == sum(report.statistics.calls for report in reports.values())
    assert sum(whole.statistics.verdicts.values()) == sum(
        count for report in reports.values() for count in report.statistics.verdicts.values()
    )
    assert '"path": "orders/function0.py"' in output.render("json", whole, View(MemoryTree({})))
    assert merged({}) == Report()


def test_the_example_of_the_documentation_is_python() -> None:
    text = (ROOT / "docs" / "fleets.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    imported = [node for node in ast.walk(ast.parse(example)) if isinstance(node, ast.ImportFrom)]
    for node in imported:
        module = __import__(str(node.module), fromlist=["x"])
        assert all(hasattr(module, alias.name) for alias in node.names)
