"""Calls are nominated by the last name of their callee, before anything is resolved: that must lose none."""

from __future__ import annotations

import pathlib

import pytest

from lambdalint import discover, engine, judge
from lambdalint.model import Report
from lambdalint.settings import Settings

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"


def findings(folder: pathlib.Path) -> Report:
    return engine.check(discover.project(discover.locate([str(folder)])), Settings(select=("ALL",), as_of="2026-11-21"))


# Those of artifacts are put together first; there nothing is nominated by the names of calls.
SOURCE = [path for path in FIXTURES.iterdir() if (path / "bad").is_dir() and not any(path.glob("bad/*/bundle.toml"))]


@pytest.mark.parametrize("name", sorted(path.name for path in SOURCE))
def test_resolving_every_call_finds_no_more(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nominated = findings(FIXTURES / name / "bad")
    monkeypatch.setattr(judge, "_may_rename", lambda *_: True)
    assert findings(FIXTURES / name / "bad").findings == nominated.findings
    assert nominated.findings
