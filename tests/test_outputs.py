"""What each format prints, to the byte."""

import json
import re

import pytest

from lambdalint.model import (
    ABSENT,
    Confidence,
    DeclaredFunction,
    EventSource,
    Finding,
    Function,
    Location,
    Report,
    Severity,
    Skipped,
    State,
    Step,
    Value,
)
from lambdalint.output import render, render_functions
from lambdalint.output.escape import block, safe, scalar
from lambdalint.output.view import View
from lambdalint.templates.values import Reference, Text
from tests import sample_report
from tests.sample_report import FILES, FINDING, REPORT
from tests.trees import MemoryTree

HOSTILE = "a\x1b[31m\x9b1m\u202e\u200b\ufeff\u2028\udcff\n::error::x ##[group] ##vso[task] \U000e0041"


@pytest.fixture(autouse=True)
def _rules(monkeypatch):
    sample_report.install(monkeypatch)


def view(files=FILES, **options):
    return View(MemoryTree(files), **options)


def finding(source, line, column, end_line=0, end_column=0, **changes):
    """A bare finding in a file a.py that holds ``source``, and its view."""
    made = Finding(
        "LL901",
        "sample-rule",
        Severity.ERROR,
        Confidence.HIGH,
        "Message",
        Location("a.py", line, column, end_line, end_column),
    )
    return Report(findings=(made._replace(**changes),)), view({"a.py": source})


TEXT = """\
src/app.py:6:16: warning sample-rule (LL901)
  The DynamoDB resource is built on every invocation of this function, whatever
  it is called with

      6 | return boto3.resource("dynamodb").Table(name)
        |        ^^^^^^^^^^^^^^^^^^^^^^^^^^

  reached   src/app.py:9   handler: SQS queue OrdersQueue, template.yaml:12
            src/app.py:10  Store.table
  because   Its only argument is the constant 'dynamodb'.
  see       template.yaml:12 where the function is declared
  help      Build it in Store.__init__ and keep one Store.

src/bad name.py:3:1: info unreadable-input (LL002)
  not analysed: invalid syntax (line 3)

unreadable-input (LL002)
  why       What was not analysed may hold mistakes that this report does not
            show.
  help      Mend the file, or exclude it (`exclude` in the configuration) if it
            is not deployed.

sample-rule (LL901)
  why       Building a resource takes 50 to 100 ms of every invocation, and
            leaves connections behind.
  help      Build it at module level, where it is built once for each execution
            environment.

2 findings (1 warning, 1 info) in 1 function, 2 files analysed, 1 skipped, 2
  suppressed, 1 in the baseline
"""


def test_text():
    assert render("text", REPORT, view()) == TEXT


def test_text_fits_forty_columns():
    lines = render("text", REPORT, view(width=40)).splitlines()
    assert (
        max(len(line) for line in lines if " | " not in line and "app.py:" not in line and "bad name" not in line) <= 40
    )


def test_colour_changes_no_character():
    coloured = render("text", REPORT, view(color=True))
    assert "\x1b[1;33mwarning\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == TEXT


def test_quiet_text_has_no_summary():
    assert render("text", REPORT, view(quiet=True)) == TEXT[: TEXT.index("2 findings (")]
    assert render("text", Report(), view(quiet=True)) == ""


def test_statistics_are_shown_when_asked_for():
    text = render("text", Report(statistics=REPORT.statistics), view(statistics=True))
    assert text == (
        "No findings in 0 functions, 0 files analysed\n"
        "  calls in regions: 40, resolved: 39 (97.5 %)\n"
        "  definitions lowered: 3, calls not paired: 0\n"
        "  fires: 1\n"
    )


def test_internal_errors_are_part_of_the_text():
    assert render("concise", Report(internal_errors=("rule x failed on a.py",)), view()) == (
        "No findings in 0 functions, 0 files analysed\ninternal error: rule x failed on a.py\n"
    )


def test_concise():
    assert render("concise", REPORT, view()) == (
        "src/app.py:6:16: warning sample-rule (LL901) The DynamoDB resource is built on every invocation of this function,"
        " whatever it is called with\n"
        "src/bad name.py:3:1: info unreadable-input (LL002) not analysed: invalid syntax (line 3)\n"
        "2 findings (1 warning, 1 info) in 1 function, 2 files analysed, 1 skipped, 2\n  suppressed, 1 in the baseline\n"
    )


@pytest.mark.parametrize(
    ("source", "place", "shown"),
    [
        ("\tx = f(\t1)\n", (1, 6, 1, 11), "      1 | x = f(    1)\n        |     ^^^^^^^^\n"),
        ("名前 = f(1)\n", (1, 6, 1, 10), "      1 | 名前 = f(1)\n        |        ^^^^\n"),
        ("e\u0301 = f(1)\n", (1, 6, 1, 10), "      1 | e\u0301 = f(1)\n        |     ^^^^\n"),
        ("x = '\x1b[2J' + f(1)\n", (1, 14, 1, 18), "      1 | x = '\\x1b[2J' + f(1)\n        |                 ^^^^\n"),
        ("a = f(\n    1,\n)\n", (1, 5, 3, 2), "      1 | a = f(\n        |     ^^\n"),
        ("a = 1\r\nb = f(1)\rc = 2\n", (2, 5, 2, 9), "      2 | b = f(1)\n        |     ^^^^\n"),
        ("a\x0cb = 1\nc = f(1)\n", (2, 5, 2, 9), "      2 | c = f(1)\n        |     ^^^^\n"),
        ("\ufeffc = f(1)\n", (1, 5, 1, 9), "      1 | c = f(1)\n        |     ^^^^\n"),
        ("c = f(1)\n", (1, 5, 0, 0), "      1 | c = f(1)\n        |     ^^^^\n"),
        ("c = f(1)\n", (1, 99, 1, 120), "      1 | c = f(1)\n        |         ^\n"),
    ],
)
def test_excerpt(source, place, shown):
    assert shown in render("text", *finding(source, *place))


def test_long_lines_are_cut_around_the_finding():
    source = "call(" + "a, " * 60 + "boto3.client('s3'), " + "b, " * 60 + ")\n"
    column = source.index("boto3") + 1
    text = render("text", *finding(source, 1, column, 1, column + 18))
    line, under = (row[10:] for row in text.splitlines()[3:5])
    assert len(line) <= 70
    assert line.startswith("... a, a, ")
    assert line.endswith("...")
    start = line.index("boto3.client('s3')")
    assert under == " " * start + "^" * 18


def test_no_excerpt_where_the_source_cannot_be_read():
    report, _ = finding("", 7, 3)
    assert render("text", report, view({})).startswith("a.py:7:3: error sample-rule (LL901)\n  Message\n\n")


def test_chains():
    first = (
        Step(Location("a.py", 1), "handler", "entry point"),
        Step(Location("a.py", 4), "handler", "calls helper"),
        Step(Location("lib/long_name.py", 12), "helper", "calls make"),
        Step(Location("a.py", 1, 7), "make", "here"),
    )
    others = tuple((Step(Location("b.py", number), f"other{number}"),) for number in range(1, 5))
    report, shown = finding("f()\n", 1, 1, chains=(first, *others, ()))
    assert (
        "  reached   a.py:1               handler: entry point\n"
        "            a.py:4               calls helper\n"
        "            lib/long_name.py:12  calls make\n"
        "  or        b.py:1  other1\n"
        "  or        b.py:2  other2\n"
        "  or        from 2 further entry points\n"
    ) in render("text", report, shown)


def test_a_long_path_of_a_chain_has_its_line_alone():
    steps = (
        Step(Location("d" * 50 + ".py", 1), "handler", "entry point"),
        Step(Location("b.py", 4), "handler", "calls g"),
    )
    report, shown = finding("f()\n", 1, 1, chains=(steps,))
    assert (
        f"  reached   {'d' * 50}.py:1\n              handler: entry point\n            b.py:4{' ' * 36}calls g\n"
    ) in render("text", report, shown)


def test_a_chain_that_is_the_finding_itself_is_shown():
    report, shown = finding("f()\n", 1, 1, chains=((Step(Location("a.py", 1), "handler", "entry point"),),))
    assert "  reached   a.py:1  handler: entry point\n" in render("text", report, shown)


def hostile_report():
    location = Location(HOSTILE, 1, 1, 1, 3)
    step = Step(location, HOSTILE, HOSTILE)
    made = Finding(
        "LL901", "sample-rule", Severity.WARNING, Confidence.HIGH, HOSTILE, location, HOSTILE, ((step, step),), (HOSTILE,), HOSTILE,
        ((location, HOSTILE),),
    )  # fmt: skip
    function = Function(HOSTILE, HOSTILE, "sam", HOSTILE, HOSTILE, 1, HOSTILE, None, None, HOSTILE)
    return Report((made,), (Skipped(HOSTILE, HOSTILE),), (function,), (HOSTILE,), internal_errors=(HOSTILE,))


@pytest.mark.parametrize("format_", ["text", "concise", "github", "json", "sarif"])
def test_nothing_from_the_project_acts_on_a_terminal_or_runner(format_):
    shown = view({HOSTILE: f"x = {HOSTILE}\n::add-mask::a\n"})
    outputs = [render(format_, hostile_report(), shown)]
    if format_ in ("text", "json"):
        outputs.append(render_functions(format_, hostile_report(), shown))
    for output in outputs:
        output.encode("utf-8")
        assert output.replace("\n", "").isprintable()
        for line in output.splitlines():
            # a command of our own is the only thing that may start a line so
            assert not line.lstrip().startswith("::") or format_ == "github"
            if format_ not in ("json", "sarif"):
                assert "##[" not in line
                assert "##vso[" not in line
    if format_ == "github":
        assert [line.split(" ")[0] for line in outputs[0].splitlines()] == ["::warning", "::error"]


def test_markup_is_never_read_from_data():
    name = "app[red].py"
    report = Report(findings=(FINDING._replace(location=Location(name, 1, 1, 1, 2), message="[/] [link=x]y"),))
    coloured = render("text", report, view({name: "[bold]x[/bold]\n"}, color=True))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain.startswith("app[red].py:1:1: warning")
    assert "  [/] [link=x]y\n" in plain
    assert "      1 | [bold]x[/bold]\n" in plain


def test_safe():
    assert safe("plain, naïve 日本語") == "plain, naïve 日本語"
    assert safe("a\tb\nc\x00\x7f\x85") == "a\\x09b\\x0ac\\x00\\x7f\\x85"
    assert safe("\u202e\u2066\u200b\ufeff\u2029") == "\\u202e\\u2066\\u200b\\ufeff\\u2029"
    assert safe("\udc80\U000e0001") == "\\udc80\\U000e0001"
    assert safe("##[error]x ##vso[y]") == "#\\x23[error]x #\\x23vso[y]"
    assert block("a\n  ::stop::x\n b::c") == "a\n  \\x3a:stop::x\n b::c"
    assert scalar("a\udcffb") == "a\\udcffb"


def test_json():
    document = json.loads(render("json", REPORT, view()))
    assert list(document) == ["schema", "findings", "analysed", "skipped", "errors", "summary"]
    assert document["schema"] == 1
    assert document["findings"][0] == {
        "code": "LL901",
        "name": "sample-rule",
        "severity": "warning",
        "confidence": "high",
        "message": FINDING.message,
        "path": "src/app.py",
        "line": 6,
        "column": 16,
        "end_line": 6,
        "end_column": 42,
        "function": "Store.table",
        "chain": [
            {
                "path": "src/app.py",
                "line": 9,
                "column": 1,
                "function": "handler",
                "note": "SQS queue OrdersQueue, template.yaml:12",
            },
            {"path": "src/app.py", "line": 10, "column": 12, "function": "Store.table", "note": None},
        ],
        "further_chains": [],
        "facts": ["Its only argument is the constant 'dynamodb'."],
        "remedy": "Build it in Store.__init__ and keep one Store.",
        "related": [{"path": "template.yaml", "line": 12, "column": 5, "message": "where the function is declared"}],
    }
    assert document["analysed"] == ["src/app.py", "template.yaml"]
    assert document["skipped"] == [{"path": "src/bad name.py", "reason": "invalid syntax (line 3)"}]
    assert document["summary"] == {
        "errors": 0, "warnings": 1, "infos": 1, "functions": 1, "analysed": 2, "skipped": 1, "excluded": 4, "suppressed": 2,
        "baselined": 1,
    }  # fmt: skip
    assert json.loads(render("json", REPORT, view(statistics=True)))["statistics"]["calls_resolved"] == 39


def test_json_of_functions():
    place = Location("template.yaml", 12, 3)
    events = (EventSource("sqs", Value(State.KNOWN, "Queue"), place, {"batch_size": Value(State.KNOWN, 10)}),)
    named = Text(("arn:aws:lambda:", Reference("", "AWS::Region"), ":1:layer:tools:3"))
    layers = (
        Value(State.KNOWN, Reference("t", "Shared"), Location("template.yaml", 14)),
        Value(State.KNOWN, named, Location("shared.yaml", 2)),
    )
    declared = DeclaredFunction(
        "Orders", "sam", place, runtime=Value(State.KNOWN, "python3.13", place), timeout=Value(State.UNKNOWN, reason="a parameter"),
        events=Value(State.KNOWN, events), layers=Value(State.KNOWN, layers), environment=Value(State.KNOWN, {"TABLE": ABSENT}),
    )  # fmt: skip
    function = Function("Orders", "app.handler", "sam", "declared", "src/app.py", 9, "handler", "src", declared)
    document = json.loads(render_functions("json", Report(functions=(function,)), view()))
    assert document["functions"] == [
        {
            "name": "Orders",
            "handler": "app.handler",
            "path": "src/app.py",
            "line": 9,
            "application": None,
            "qualname": "handler",
            "origin": "sam",
            "reason": "declared",
            "problem": None,
            "code_root": "src",
            "declared_at": {"path": "template.yaml", "line": 12, "column": 3},
            "runtime": {"state": "known", "value": "python3.13", "path": "template.yaml", "line": 12},
            "architecture": {"state": "absent"},
            "memory": {"state": "absent"},
            "timeout": {"state": "unknown", "value": None, "reason": "a parameter"},
            "events": {
                "state": "known",
                "value": [
                    {
                        "kind": "sqs",
                        "resource": {"state": "known", "value": "Queue"},
                        "path": "template.yaml",
                        "line": 12,
                        "column": 3,
                        "settings": {"batch_size": {"state": "known", "value": 10}},
                    }
                ],
            },
            "layers": {
                "state": "known",
                "value": [
                    {"state": "known", "value": ["t", "Shared", ""], "path": "template.yaml", "line": 14},
                    {
                        "state": "known",
                        "value": [["arn:aws:lambda:", ["", "AWS::Region", ""], ":1:layer:tools:3"]],
                        "path": "shared.yaml",
                        "line": 2,
                    },
                ],
            },
            "environment": {"state": "known", "value": {"TABLE": {"state": "absent"}}},
        }
    ]
    assert render_functions("text", Report(functions=(function,), analysed=("src/app.py",)), view()) == (
        "app.handler  src/app.py:9\n"
        "  origin    sam template.yaml:12 as Orders\n"
        "  reason    declared\n"
        "  runtime   python3.13 (line 12)\n"
        "  timeout   unknown: a parameter\n"
        "  event     sqs Queue (line 12)\n"
        "  layer     Shared (line 14)\n"
        "  layer     arn:aws:lambda:${AWS::Region}:1:layer:tools:3 (shared.yaml:2)\n"
        "\n"
        "1 function\n"
    )


def test_json_holds_only_what_json_knows():
    declared = DeclaredFunction("F", "sam", Location("t", 1), memory=Value(State.KNOWN, float("nan")))
    text = render_functions("json", Report(functions=(Function("F", "f", "sam", "r", declared=declared),)), view())
    assert json.loads(text, parse_constant=pytest.fail)["functions"][0]["memory"]["value"] == "nan"


def test_github():
    assert render("github", REPORT, view()) == (
        "::warning title=sample-rule (LL901),file=src/app.py,line=6,endLine=6,col=16,endColumn=41::The DynamoDB resource is built"
        " on every invocation of this function, whatever it is called with%0AIts only argument is the constant 'dynamodb'.%0ABuild"
        " it in Store.__init__ and keep one Store.\n"
        "::notice title=unreadable-input (LL002),file=src/bad name.py,line=3,endLine=3,col=1,endColumn=1::not analysed: invalid"
        " syntax (line 3)\n"
    )


def test_github_escapes_what_ends_a_property():
    report = Report(findings=(FINDING._replace(location=Location("a,line=1%:b.py", 1, 1, 2, 1), message="50% a:b,c"),))
    first = render("github", report, view()).splitlines()[0]
    assert first.startswith(
        "::warning title=sample-rule (LL901),file=a%2Cline=1%25%3Ab.py,line=1,endLine=2,col=1::50%25 a:b,c%0A"
    )


def test_github_puts_the_most_severe_first_and_says_what_it_hides():
    minor = [FINDING._replace(location=Location("a.py", number)) for number in range(1, 14)]
    worse = FINDING._replace(severity=Severity.ERROR, location=Location("z.py", 1))
    lines = render("github", Report(findings=(*minor, worse)), view()).splitlines()
    assert len(lines) == 15
    assert lines[0] == (
        "::notice title=lambdalint::GitHub shows 10 annotations of a kind; 3 further findings are in this step's log"
    )
    assert lines[1].startswith("::error title=sample-rule (LL901),file=z.py,")


def test_outputs_are_the_same_twice():
    for name in ("text", "concise", "json", "sarif", "github"):
        assert render(name, REPORT, view()) == render(name, REPORT, view())
