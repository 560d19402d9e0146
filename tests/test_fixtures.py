"""Every rule on its own fixture: each trigger and each exemption is a line marked with its tag.

``fixtures/<rule>/bad`` holds lines that end in ``# [tag]`` for each numbered trigger of the rule's docstring: exactly
these lines are reported. ``fixtures/<rule>/good`` holds such lines for each exemption: nothing is reported there, and
switching the exemption off makes exactly its lines fire. ``expected.txt`` is what a person sees of ``bad``
(``pytest --update`` writes it anew). A folder with a ``bundle.toml`` is a bundle, which is built first: see
`tests.bundles.recipes` for where its lines are.
"""

from __future__ import annotations

import pathlib
import re
import tempfile

import pytest

from lambdalint import discover, engine, registry
from lambdalint.model import Finding, Report
from lambdalint.settings import Settings
from tests.bundles.recipes import recipes

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
AS_OF = "2026-11-21"  # the day that counts as today
RULES = {item.name: item for item in registry.entries()}
TAG = re.compile(r"#\s*((?:\[[\w-]+\]\s*)+)$")
BULLET = re.compile(r"^\s*\d+\. \[([\w-]+)\]", re.MULTILINE)


def analyse(
    folder: pathlib.Path, name: str, disabled: frozenset[str] = frozenset()
) -> list[tuple[tuple[str, int], Finding]]:
    """The findings of the rule in a folder, each with its place in the fixture."""
    bundles = recipes(folder, FIXTURES.parent)
    if not bundles:
        found = discover.project(discover.locate([str(folder)]))
        report = check(found, Settings(select=(name,), as_of=AS_OF), disabled)
        return [((item.location.path, item.location.line), item) for item in of_rule(report, name)]
    every = []
    with tempfile.TemporaryDirectory(prefix="lambdalint-") as target:
        for bundle in bundles:
            found, settings = bundle.project(pathlib.Path(target))
            report = check(found, settings._replace(select=(name,), as_of=AS_OF), disabled)
            every += [(bundle.place(*item.location[:2]), item) for item in of_rule(report, name)]
    return every


def check(found: discover.Project, settings: Settings, disabled: frozenset[str]) -> Report:
    report = engine.check(found, settings, disabled=disabled)
    assert report.internal_errors == ()
    return report


def of_rule(report: Report, name: str) -> list[Finding]:
    return [item for item in report.findings if item.name == name]


def tagged(folder: pathlib.Path) -> dict[tuple[str, int], list[str]]:
    """(path relative to the checkout, line) → tags."""
    lines = {}
    for path in sorted(
        item
        for item in folder.rglob("*")
        if item.is_file() and item.suffix in (".py", ".yaml", ".yml", ".tf", ".json", ".toml", ".txt")
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


def places(findings: list[tuple[tuple[str, int], Finding]]) -> set[tuple[str, int]]:
    return {place for place, _ in findings}


def test_there_are_rules() -> None:
    assert len(RULES) >= 3


@pytest.mark.parametrize("name", sorted(RULES))
def test_bad_reports_exactly_its_marked_lines(name: str) -> None:
    folder = FIXTURES / name / "bad"
    marked = tagged(folder)
    assert places(analyse(folder, name)) == set(marked)
    assert {tag for tags in marked.values() for tag in tags} == set(tags_of(name, "Triggers"))


@pytest.mark.parametrize("name", sorted(RULES))
def test_good_is_silent(name: str) -> None:
    folder = FIXTURES / name / "good"
    assert analyse(folder, name) == []
    assert {tag for tags in tagged(folder).values() for tag in tags} == set(tags_of(name, "Exemptions"))


@pytest.mark.parametrize(
    ("name", "tag"), [(name, tag) for name in sorted(RULES) for tag in tags_of(name, "Exemptions")]
)
def test_exemption_is_what_keeps_its_lines_silent(name: str, tag: str) -> None:
    folder = FIXTURES / name / "good"
    marked = {place for place, tags in tagged(folder).items() if tag in tags}
    assert marked
    assert marked == places(analyse(folder, name, frozenset({tag})))


@pytest.mark.parametrize("name", sorted(RULES))
def test_what_a_person_sees(name: str, request: pytest.FixtureRequest) -> None:
    lines = [
        f"{item.location.path}:{item.location.line}:{item.location.column}: {item.severity.label} {item.code} {item.message}"
        for _, item in analyse(FIXTURES / name / "bad", name)
    ]
    expected = FIXTURES / name / "expected.txt"
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--update"):
        expected.write_text(text, encoding="utf-8")
    assert expected.read_text(encoding="utf-8") == text
