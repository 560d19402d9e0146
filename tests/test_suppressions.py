"""The grammar of suppression comments, what they silence, and what is said of those that do nothing."""

import pytest

from lambdalint.model import Confidence, Finding, Location, Severity
from lambdalint.source.suppressions import Suppression, apply, parse

KNOWN = {
    "client-in-handler": "LL101", "LL101": "LL101", "sync-invoke": "LL203", "LL203": "LL203",
    "unused-suppression": "LL003", "LL003": "LL003", "unknown-rule": "LL004", "LL004": "LL004",
}  # fmt: skip


def comments(source):
    """The comments that the skeleton would give; good enough for sources without a # in a string."""
    found = []
    for number, line in enumerate(source.split("\n"), 1):
        before, mark, after = line.partition("#")
        if mark and "lambdalint:" in after:
            found.append((number, len(before) + 1, mark + after, not before.strip()))
    return found


def finding(line, end_line=0, code="LL101", path="a.py"):
    name = next(name for name, value in KNOWN.items() if value == code)
    return Finding(
        code, name, Severity.WARNING, Confidence.HIGH, "m", Location(path, line, 1, end_line, 9 if end_line else 0)
    )


def run(source, *findings, span=None, enabled=lambda code, path: True):
    return apply(findings, {"a.py": parse(comments(source))}, span, known=KNOWN, enabled=enabled)


def told(applied):
    return [(item.code, item.location.line, item.message) for item in applied.notes]


def test_parse():
    text = "# noqa: X  # lambdalint: ignore[client-in-handler, LL203,] -- once a day; see 4"
    assert parse([(3, 10, text, False)]) == (
        Suppression(3, 23, 68, ("client-in-handler", "LL203"), 3, "once a day; see 4"),
    )


def test_a_reason_may_be_left_out_and_names_may_repeat():
    found = parse([(1, 1, "#lambdalint:file-ignore[LL101,LL101]", True)])
    assert found == (Suppression(1, 2, 37, ("LL101",), 0, ""),)


def test_two_directives_in_one_comment():
    found = parse([(1, 1, "# lambdalint: ignore[LL101] -- x lambdalint: file-ignore[LL203]", True)])
    assert [(item.names, item.target) for item in found] == [(("LL101",), 2), (("LL203",), 0)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# lambdalint: ignore", "ignore names no rule: write ignore[rule-name]"),
        ("# lambdalint: ignore[]", "ignore names no rule: write ignore[rule-name]"),
        ("# lambdalint: ignore[ , ]", "ignore names no rule: write ignore[rule-name]"),
        ("# lambdalint: ignore LL101", "ignore names no rule: write ignore[rule-name]"),
        ("# lambdalint: ignore[LL101", "ignore names no rule: write ignore[rule-name]"),
        ("# lambdalint: ignroe[LL101]", "'ignroe' is no directive; did you mean 'ignore'?"),
        ("# lambdalint: skip-file", "'skip-file' is no directive"),
        ("# lambdalint:", "'' is no directive"),
        (
            "# lambdalint: ignore[" + ",".join(f"LL{number}" for number in range(200)) + "]",
            "ignore names more than 100 rules",
        ),
    ],
)
def test_malformed_comments_silence_nothing_and_are_reported(text, problem):
    applied = run(f"f()  {text}", finding(1))
    assert applied.kept == (finding(1),)
    assert applied.suppressed == 0
    assert told(applied) == [("LL004", 1, f"this comment silences nothing: {problem}")]
    assert applied.notes[0].severity is Severity.WARNING


@pytest.mark.parametrize(
    "source",
    [
        "f()  # lambdalint: ignore[client-in-handler] -- why",
        "f()  # lambdalint: ignore[LL101]",
        "f()  # noqa # lambdalint: ignore[LL203, LL101]",
        "x\ny\nz # lambdalint: file-ignore[LL101]",
    ],
)
def test_a_comment_silences_its_line_or_its_file(source):
    applied = run(source, finding(1), enabled=lambda code, path: code == "LL101")
    assert (applied.kept, applied.notes, applied.suppressed) == ((), (), 1)


def test_a_comment_alone_on_its_line_speaks_for_the_line_below():
    source = "# lambdalint: ignore[LL101]\nf()\n"
    assert run(source, finding(2)).kept == ()
    assert run(source, finding(1), finding(3)).kept == (finding(1), finding(3))


def test_comments_alone_can_be_stacked():
    source = "# lambdalint: ignore[LL101] -- a\n# lambdalint: ignore[LL203] -- b\nf()\n"
    applied = run(source, finding(3), finding(3, code="LL203"))
    assert (applied.kept, applied.notes, applied.suppressed) == ((), (), 2)


def test_a_comment_at_the_end_of_a_line_does_not_speak_for_the_next():
    applied = run("x = 1  # lambdalint: ignore[LL101]\nf()\n", finding(2))
    assert applied.kept == (finding(2),)
    assert told(applied) == [("LL003", 1, "this comment silences no LL101 on its line")]


@pytest.mark.parametrize("line", [4, 5, 6])
def test_any_line_of_the_finding_will_do(line):
    rows = ["", "", "", "f(", "  1,", ")", ""]
    rows[line - 1] += "  # lambdalint: ignore[LL101]"
    assert run("\n".join(rows), finding(4, 6)).kept == ()


@pytest.mark.parametrize(("line", "kept"), [(2, 1), (3, 0), (4, 0), (7, 0), (8, 1)])
def test_any_line_of_the_statement_will_do(line, kept):
    rows = ["x"] * 9
    rows[line - 1] += "  # lambdalint: ignore[LL101]"
    assert len(run("\n".join(rows), finding(5), span=lambda location: (3, 7)).kept) == kept


def test_a_comment_above_the_statement_will_do():
    assert run("x\n# lambdalint: ignore[LL101]\nx = f(\n  g())", finding(4), span=lambda location: (3, 4)).kept == ()


def test_a_comment_silences_the_named_rules_only():
    applied = run("f()  # lambdalint: ignore[sync-invoke]", finding(1))
    assert applied.kept == (finding(1),)
    assert told(applied) == [("LL003", 1, "this comment silences no sync-invoke on its line")]


def test_unused_names_are_reported_one_by_one():
    applied = run("# lambdalint: file-ignore[LL101, LL203]\nf()\n", finding(2))
    assert told(applied) == [("LL003", 1, "this comment silences no LL203 in this file")]
    assert applied.notes[0].location == Location("a.py", 1, 3, 1, 40)


def test_a_comment_for_a_rule_that_did_not_run_is_not_unused():
    applied = run("f()  # lambdalint: ignore[LL203]", enabled=lambda code, path: code != "LL203")
    assert applied.notes == ()


def test_unknown_rules_are_reported_with_the_nearest_name():
    applied = run("f()  # lambdalint: ignore[client-in-handlers, zzz]", finding(1))
    assert applied.kept == (finding(1),)
    assert told(applied) == [
        ("LL004", 1, "there is no rule 'client-in-handlers'; did you mean 'client-in-handler'?"),
        ("LL004", 1, "there is no rule 'zzz'"),
    ]


def test_the_notes_can_be_silenced_too():
    applied = run("f()  # lambdalint: ignore[zzz, unknown-rule]")
    assert (applied.notes, applied.suppressed) == ((), 1)
    applied = run("f()  # lambdalint: ignore[LL101, unused-suppression]")
    assert (applied.notes, applied.suppressed) == ((), 1)
    applied = run("f()  # lambdalint: ignore[LL101, LL003]", finding(1))
    assert told(applied) == [("LL003", 1, "this comment silences no LL003 on its line")]


def test_notes_follow_the_selection():
    source = "f()  # lambdalint: ignore[LL101, zzz]"
    assert told(run(source, enabled=lambda code, path: code == "LL004")) == [("LL004", 1, "there is no rule 'zzz'")]
    assert [item.code for item in run(source, enabled=lambda code, path: code != "LL004").notes] == ["LL003"]


def test_other_files_are_left_alone():
    other = finding(1, path="b.py")
    assert run("f()  # lambdalint: file-ignore[LL101]", other).kept == (other,)


def test_order_is_kept_and_notes_are_sorted():
    suppressions = {path: parse(comments("\n\nf()  # lambdalint: ignore[zzz, LL101]")) for path in ("b.py", "a.py")}
    findings = (finding(9), finding(1), finding(5, path="b.py"))
    applied = apply(findings, suppressions, known=KNOWN, enabled=lambda code, path: True)
    assert applied.kept == findings
    assert [(item.location.path, item.code) for item in applied.notes] == [
        ("a.py", "LL004"), ("a.py", "LL003"), ("b.py", "LL004"), ("b.py", "LL003"),
    ]  # fmt: skip
