"""Every rule on its own fixture: each trigger and each exemption is a line marked with its tag.

``fixtures/<rule>/bad`` holds lines that end in ``# [tag]`` for each numbered trigger of the rule's docstring: exactly
these lines are reported. ``fixtures/<rule>/good`` holds such lines for each exemption: nothing is reported there, and
switching the exemption off makes exactly its lines fire. ``expected.txt`` is what a person sees of ``bad``
(``pytest --update`` writes it anew).
"""

from __future__ import annotations

import pathlib
import re

import pytest

from lambdalint import discover, engine, registry
from lambdalint.model import Finding, Report
from lambdalint.settings import Settings

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
AS_OF = "2026-11-21"  # the day that counts as today
RULES = {item.name: item for item in registry.entries()}
TAG = re.compile(r"#\s*((?:\[[\w-]+\]\s*)+)$")
BULLET = re.compile(r"^\s*\d+\. \[([\w-]+)\]", re.MULTILINE)


def analyse(folder: pathlib.Path, name: str, disabled: frozenset[str] = frozenset()) -> Report:
    found = discover.project(discover.locate([str(folder)]))
    report = engine.check(found, Settings(select=(name,), as_of=AS_OF), disabled=disabled)
    assert report.internal_errors == ()
    return report


def of_rule(report: Report, name: str) -> list[Finding]:
    return [item for item in report.findings if item.name == name]


def tagged(folder: pathlib.Path) -> dict[tuple[str, int], list[str]]:
    """(path relative to the checkout, line) → tags."""
    lines = {}
    for path in sorted(
        item for item in folder.rglob("*") if item.is_file() and item.suffix in (".py", ".yaml", ".yml", ".tf", ".json")
    ):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = TAG.search(line)
            if match:
                shown = path.relative_to(FIXTURES.parent).as_posix()
                lines[(shown, number)] = re.findall(r"\[([\w-]+)\]", match[1])
    return lines


def tags_of(name: str, section: str) -> list[str]:
    """The tags of the numbered bullets of a section of the rule's docstring."""
    doc = registry.about(RULES[name].code).doc
    match = re.search(rf"^{section}:\n((?:[ \t]+.*\n|\n)*)", doc + "\n", re.MULTILINE)
    return BULLET.findall(match[1]) if match else []


def places(findings: list[Finding]) -> set[tuple[str, int]]:
    return {(item.location.path, item.location.line) for item in findings}


def test_there_are_rules() -> None:
    assert len(RULES) >= 3


@pytest.mark.parametrize("name", sorted(RULES))
def test_bad_reports_exactly_its_marked_lines(name: str) -> None:
    folder = FIXTURES / name / "bad"
    marked = tagged(folder)
    assert places(of_rule(analyse(folder, name), name)) == set(marked)
    assert {tag for tags in marked.values() for tag in tags} == set(tags_of(name, "Triggers"))


@pytest.mark.parametrize("name", sorted(RULES))
def test_good_is_silent(name: str) -> None:
    folder = FIXTURES / name / "good"
    assert of_rule(analyse(folder, name), name) == []
    assert {tag for tags in tagged(folder).values() for tag in tags} == set(tags_of(name, "Exemptions"))


@pytest.mark.parametrize(
    ("name", "tag"), [(name, tag) for name in sorted(RULES) for tag in tags_of(name, "Exemptions")]
)
def test_exemption_is_what_keeps_its_lines_silent(name: str, tag: str) -> None:
    folder = FIXTURES / name / "good"
    marked = {place for place, tags in tagged(folder).items() if tag in tags}
    assert marked
    assert marked == places(of_rule(analyse(folder, name, frozenset({tag})), name))


@pytest.mark.parametrize("name", sorted(RULES))
def test_what_a_person_sees(name: str, request: pytest.FixtureRequest) -> None:
    found = of_rule(analyse(FIXTURES / name / "bad", name), name)
    lines = [
        f"{item.location.path}:{item.location.line}:{item.location.column}: {item.severity.label} {item.code} {item.message}"
        for item in found
    ]
    expected = FIXTURES / name / "expected.txt"
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--update"):
        expected.write_text(text, encoding="utf-8")
    assert expected.read_text(encoding="utf-8") == text
