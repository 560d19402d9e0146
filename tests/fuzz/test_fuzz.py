"""A short portion of what ``python -m tests.fuzz`` does for as long as one likes, and proofs that it can fail."""

from __future__ import annotations

import json
import sys

import pytest

from lambdalint import engine
from lambdalint.model import Confidence, Finding, Location, Severity
from tests.fuzz import __main__ as driver
from tests.fuzz.cases import HANDLER, KINDS, Case, case
from tests.fuzz.judge import faults
from tests.fuzz.variants import VARIANTS, Variant

SEED = 20261121
COUNT = 3 * len(KINDS)
GOOD = Case("good", {"src/app.py": HANDLER, "lib/other.py": b"x = 1\n"})


def test_whatever_comes(tmp_path):
    assert driver.run(3600, SEED, "", tmp_path, count=COUNT) == 0


@pytest.mark.parametrize("change", sorted(VARIANTS))
@pytest.mark.parametrize("number", [0, 1, 16])
def test_what_makes_no_difference(change, number):
    item = case(SEED, number)
    assert item.kind == "generated"
    assert faults(item._replace(change=change)) == []


def test_the_same_number_is_the_same_case():
    assert case(SEED, 7) == case(SEED, 7)
    assert case(SEED, 7) != case(SEED + 1, 7)


FINDING = Finding(
    "LL101", "client-in-handler", Severity.WARNING, Confidence.HIGH, "a message", Location("src/app.py", 1, 1)
)
BROKEN = {
    "neither analysed nor skipped": lambda report: report._replace(analysed=()),
    "is listed twice": lambda report: report._replace(analysed=report.analysed * 2),
    "beyond the file": lambda report: report._replace(
        findings=(FINDING._replace(location=Location("src/app.py", 99, 1)),)
    ),
    "no such file": lambda report: report._replace(
        findings=(FINDING._replace(location=Location("src/gone.py", 1, 1)),)
    ),
    "status 2": lambda report: report._replace(internal_errors=("rule x failed on y",)),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_faults_are_seen(fault, monkeypatch):
    assert faults(GOOD) == []
    check = engine.check
    monkeypatch.setattr(engine, "check", lambda *given, **options: BROKEN[fault](check(*given, **options)))
    assert any(fault in told for told in faults(GOOD))


def test_an_answer_that_changes_is_seen(monkeypatch):
    answers = iter(range(9))
    check = engine.check
    monkeypatch.setattr(
        engine, "check", lambda *given, **options: check(*given, **options)._replace(excluded=next(answers))
    )
    assert any("the run in another order differs" in told for told in faults(GOOD))


def test_a_difference_is_seen(monkeypatch):
    lost = Variant({"src/app.py": HANDLER.replace(b"client = boto3", b"client = other")})
    monkeypatch.setitem(VARIANTS, "appendix", lambda chance, files: lost)
    assert any("appendix loses src/app.py" in told for told in faults(GOOD._replace(change="appendix")))


@pytest.mark.parametrize(
    ("child", "fault"),
    [
        ("import os; print('start 0', flush=True); os.abort()", "the process ended with -6"),
        ("import time; print('start 0', flush=True); time.sleep(60)", "no end after 1 seconds"),
        ("print('start 0'); print('done 0 [\"a fault\"]')", "a fault"),
    ],
)
def test_the_end_of_a_process_is_a_fault_of_its_case(child, fault, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(driver, "PATIENCE", 1)
    monkeypatch.setattr(driver, "command", lambda *_: [sys.executable, "-c", child])
    assert driver.run(60, SEED, "", tmp_path, count=1) == 1
    (kept,) = tmp_path.iterdir()
    assert json.loads((kept / "case.json").read_text())["faults"] == [fault]
    assert f"--repeat {kept}" in capsys.readouterr().out
    assert driver.repeat(kept) == 0  # it was the child's fault, not that of the files
    item = case(SEED, 0)
    assert {path.relative_to(kept / "files").as_posix() for path in (kept / "files").rglob("*.py")} == {
        name for name in item.files if name.endswith(".py")
    }
