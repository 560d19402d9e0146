"""Accepted findings: by path, rule, scope and count, never by line."""

import json
import os

import pytest

from lambdalint.baseline import Key, apply, counted, dumps, read, shrunk
from lambdalint.errors import UsageError
from lambdalint.model import Confidence, Finding, Location, Severity


def finding(line, function="handler", path="a.py", name="client-in-handler"):
    return Finding("LL101", name, Severity.WARNING, Confidence.HIGH, f"m{line}", Location(path, line), function)


BASE = counted([finding(3), finding(9), finding(4, "other"), finding(1, path="b.py")])


def test_counted():
    assert {
        Key("a.py", "client-in-handler", "handler"): 2,
        Key("a.py", "client-in-handler", "other"): 1,
        Key("b.py", "client-in-handler", "handler"): 1,
    } == BASE


def test_moving_lines_changes_nothing():
    moved = [finding(103), finding(109), finding(7, "other"), finding(2, path="b.py")]
    assert apply(moved, BASE) == ((), 4, ())


def test_a_further_finding_of_the_same_kind_is_reported():
    applied = apply([finding(3), finding(5), finding(9)], {Key("a.py", "client-in-handler", "handler"): 2})
    assert [item.location.line for item in applied.kept] == [9]
    assert applied.kept[0].facts == ("The baseline accepts 2 of 3 such findings here; any of them may be the new one.",)
    assert applied.accepted == 2


@pytest.mark.parametrize("other", [finding(3, "new"), finding(3, path="c.py"), finding(3, name="sync-invoke")])
def test_another_scope_path_or_rule_is_reported(other):
    applied = apply([other], BASE)
    assert applied.kept == (other,)
    assert applied.accepted == 0


def test_stale_entries_are_told_with_their_excess():
    applied = apply([finding(3), finding(1, path="b.py")], BASE)
    assert applied.kept == ()
    assert applied.stale == (
        (Key("a.py", "client-in-handler", "handler"), 1),
        (Key("a.py", "client-in-handler", "other"), 1),
    )


def test_update_only_removes():
    now = [finding(3), finding(8, "brand_new"), finding(1, path="b.py"), finding(2, path="b.py")]
    assert shrunk(BASE, now) == {
        Key("a.py", "client-in-handler", "handler"): 1,
        Key("b.py", "client-in-handler", "handler"): 1,
    }


def test_file_is_sorted_and_comes_back(tmp_path):
    text = dumps(dict(reversed(list(BASE.items()))))
    assert text == (
        '{\n  "schema": 1,\n  "findings": [\n'
        '    {"path": "a.py", "rule": "client-in-handler", "function": "handler", "count": 2},\n'
        '    {"path": "a.py", "rule": "client-in-handler", "function": "other", "count": 1},\n'
        '    {"path": "b.py", "rule": "client-in-handler", "function": "handler", "count": 1}\n'
        "  ]\n}\n"
    )
    path = tmp_path / "baseline.json"
    path.write_text(text)
    assert read(str(path)) == BASE
    path.write_text(dumps({}))
    assert json.loads(path.read_text()) == {"schema": 1, "findings": []}
    assert read(str(path)) == {}


def test_names_that_are_not_utf8_come_back(tmp_path):
    made = {Key("a\udcff.py", "r", "f"): 1}
    path = tmp_path / "baseline.json"
    path.write_text(dumps(made))
    assert read(str(path)) == made


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no baseline (Expecting value"),
        ("[]", 'is no baseline (not an object with "schema": 1 and a list of "findings")'),
        ('{"schema": 2, "findings": []}', 'not an object with "schema": 1'),
        ('{"schema": 1, "findings": {}}', 'not an object with "schema": 1'),
        ('{"schema": 1, "findings": [3]}', "an entry without path, rule and function"),
        (
            '{"schema": 1, "findings": [{"path": "a", "rule": [], "function": "f", "count": 1}]}',
            "an entry without path",
        ),
        ('{"schema": 1, "findings": [{"path": "a", "rule": "r", "function": "f"}]}', "an entry without a count"),
        (
            '{"schema": 1, "findings": [{"path": "a", "rule": "r", "function": "f", "count": 0}]}',
            "a count of at least 1",
        ),
        (
            '{"schema": 1, "findings": [{"path": "a", "rule": "r", "function": "f", "count": true}]}',
            "a count of at least 1",
        ),
        ("[" * 100_000, "is no baseline (nested too deeply)"),
        ("9" * 5000, "is no baseline ("),
        ("\xff", "is no baseline ("),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, text, reason):
    path = tmp_path / "baseline.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as caught:
        read(str(path))
    assert reason in str(caught.value)
    assert str(caught.value).endswith("; make one with `lambdalint baseline create`")


def test_what_cannot_be_read_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for name, reason in (("gone", "No such file"), ("fifo", "not a regular file"), (".", "not a regular file")):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            read(str(tmp_path / name))
        assert reason in str(caught.value)
