"""SARIF: valid against the schema, what GitHub asks for, and the published line hashes."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdalint import registry
from lambdalint.model import Location, Report, Severity, Step
from lambdalint.output import docs, render, sarif
from lambdalint.output.fingerprint import line_hashes
from lambdalint.output.sarif import uri
from lambdalint.output.view import View
from tests import sample_report
from tests.sample_report import FILES, FINDING, REPORT, OffRule, SampleRule
from tests.test_outputs import hostile_report
from tests.trees import MemoryTree

SCHEMA = json.loads((pathlib.Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_bytes())
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


@pytest.fixture(autouse=True)
def _rules(monkeypatch):
    sample_report.install(monkeypatch)


def log(report=REPORT, files=FILES):
    document = json.loads(render("sarif", report, View(MemoryTree(files))))
    assert [f"{error.instance_path}: {error.message}" for error in VALIDATOR.iter_errors(document)] == []
    return document


def run(report=REPORT, files=FILES):
    return log(report, files)["runs"][0]


def test_the_schema_finds_mistakes():
    document = log()
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    document["runs"][0]["tool"]["driver"]["informationUri"] = "not a uri"
    places = [error.instance_path for error in VALIDATOR.iter_errors(document)]
    assert ["runs", 0, "tool", "driver", "informationUri"] in places
    assert ["runs", 0, "results", 0, "locations", 0, "physicalLocation", "region", "startLine"] in places


def test_an_empty_report_is_a_run_without_results():
    document = run(Report())
    assert document["results"] == []
    assert document["tool"]["driver"]["rules"] == []
    assert document["invocations"] == [{"executionSuccessful": True}]
    assert document["automationDetails"] == {"id": "lambdalint/"}
    assert document["columnKind"] == "unicodeCodePoints"


def test_result():
    result = run()["results"][0]
    assert result["ruleId"] == "LL901"
    assert run()["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "LL901"
    assert result["level"] == "warning"
    assert result["message"]["text"] == (
        "The DynamoDB resource is built on every invocation of this function, whatever it is called with. "
        "Its only argument is the constant 'dynamodb'. Build it in Store.__init__ and keep one Store."
    )
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "src/app.py"},
                "region": {"startLine": 6, "startColumn": 16, "endLine": 6, "endColumn": 42},
            },
            "logicalLocations": [{"fullyQualifiedName": "Store.table", "kind": "function"}],
        }
    ]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps] == [9, 10]
    assert [step["location"]["message"]["text"] for step in steps] == [
        "handler: SQS queue OrdersQueue, template.yaml:12",
        "Store.table",
    ]
    assert result["relatedLocations"][0]["message"]["text"] == "where the function is declared"
    assert result["partialFingerprints"] == {"primaryLocationLineHash": line_hashes(FILES["src/app.py"], [6])[6]}


def test_each_chain_is_a_code_flow():
    other = (Step(Location("src/app.py", 1), "other"),)
    result = run(Report(findings=(FINDING._replace(chains=(*FINDING.chains, other)),)))["results"][0]
    assert len(result["codeFlows"]) == 2


def test_skipped_inputs_and_internal_errors_are_notifications():
    invocation = run(REPORT._replace(internal_errors=("rule x failed on a.py",)))["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"] == [
        {
            "level": "note",
            "message": {"text": "not analysed: invalid syntax (line 3)"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/bad%20name.py"}}}],
        },
        {"level": "error", "message": {"text": "rule x failed on a.py"}},
    ]


def test_rule_metadata():
    rules = run()["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["LL002", "LL901"]
    rule = rules[1]
    assert rule["name"] == "sample-rule"
    assert rule["shortDescription"]["text"] == "A resource that is built on every invocation."
    assert rule["fullDescription"]["text"] == (
        "A resource that is built on every invocation. Lambda keeps the module between invocations, "
        "so what is built at module level is built once."
    )
    assert rule["defaultConfiguration"] == {"level": "warning"}
    assert rule["properties"] == {
        "precision": "very-high",
        "problem.severity": "warning",
        "tags": ["aws-lambda", "performance"],
    }
    assert "1. [plain] a call in the handler." in rule["help"]["text"]
    assert "\n## Triggers\n\n1. [plain] a call in the handler.\n" in rule["help"]["markdown"]
    assert rule["help"]["markdown"].count(SampleRule.why) == 1
    assert "helpUri" not in rule


def test_a_security_rule_has_a_security_severity_instead_of_a_problem_severity():
    found = FINDING._replace(code=OffRule.code, name=OffRule.name, severity=Severity.ERROR)
    rule = run(Report(findings=(found,)))["tool"]["driver"]["rules"][0]
    assert rule["properties"] == {"precision": "high", "security-severity": "8.0", "tags": ["aws-lambda", "security"]}


def test_help_uris_where_the_project_has_an_address(monkeypatch):
    monkeypatch.setattr(docs, "HOMEPAGE", "https://example.com/x")
    driver = run()["tool"]["driver"]
    assert driver["informationUri"] == "https://example.com/x"
    assert driver["rules"][1]["helpUri"] == "https://example.com/x/blob/main/docs/rules/sample-rule.md"


def test_every_rule_keeps_the_limits_of_github(monkeypatch):
    monkeypatch.undo()  # the real rules
    listed = registry.listed()
    assert len(listed) >= 4
    found = tuple(FINDING._replace(code=item.code, name=item.name) for item in listed)
    for rule in run(Report(findings=found))["tool"]["driver"]["rules"]:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert len(rule["name"]) <= 255
        assert len(rule["properties"]["tags"]) <= 10
        assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}
        assert ("problem.severity" in rule["properties"]) != ("security-severity" in rule["properties"])


def test_long_descriptions_are_cut(monkeypatch):
    monkeypatch.setattr(SampleRule, "__doc__", "S" * 2000)
    rule = run()["tool"]["driver"]["rules"][1]
    assert rule["shortDescription"]["text"] == "S" * 1021 + "..."


def test_a_log_holds_no_more_than_github_takes(monkeypatch):
    monkeypatch.setattr(sarif, "RESULT_LIMIT", 2)
    found = [
        FINDING._replace(severity=severity, location=Location("src/app.py", line))
        for line, severity in ((1, Severity.WARNING), (2, Severity.INFO), (3, Severity.ERROR))
    ]
    document = run(Report(findings=tuple(found)))
    lines = [item["locations"][0]["physicalLocation"]["region"]["startLine"] for item in document["results"]]
    assert lines == [1, 3]
    assert document["invocations"] == [
        {
            "executionSuccessful": True,
            "toolExecutionNotifications": [
                {"level": "warning", "message": {"text": "1 findings are left out: a log holds 2"}}
            ],
        }
    ]


def test_levels():
    for severity, level in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note")):
        assert run(Report(findings=(FINDING._replace(severity=severity),)))["results"][0]["level"] == level


def test_messages_hold_no_links_or_placeholders():
    result = run(Report(findings=(FINDING._replace(message="see [x](1) and {0} \\ end.", facts=(), remedy=""),)))[
        "results"
    ][0]
    assert result["message"]["text"] == "see \\[x\\](1) and {{0}} \\\\ end."


def test_hostile_names_keep_the_log_valid():
    document = run(hostile_report(), {})
    place = document["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place.isascii()
    assert place.startswith("a%1B%5B31m%C2%9B1m%E2%80%AE")


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("src/app.py", "src/app.py"),
        ("a b#c?d%20e.py", "a%20b%23c%3Fd%2520e.py"),
        ("a:b:c.py", "a%3Ab%3Ac.py"),
        ("a\\b.py", "a%5Cb.py"),
        ("日本.py", "%E6%97%A5%E6%9C%AC.py"),
        ("a\udcff\udcfeb.py", "a%FF%FEb.py"),
        ("${{ github.token }}.py", "%24%7B%7B%20github.token%20%7D%7D.py"),
    ],
)
def test_uri(path, encoded):
    assert uri(path) == encoded


@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_uris_are_relative_and_reversible(segments):
    path = "/".join(segments)
    parts = urlsplit(uri(path))
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote_to_bytes(parts.path).decode() == path


# Of github/codeql-action, src/fingerprints.test.ts.
@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
    ],
)
def test_line_hashes_equal_the_published_vectors(text, hashes):
    assert line_hashes(text, range(1, 9)) == dict(enumerate(hashes, 1))


def rolling(text):
    """The published description, character by character: the oracle for the windowed form."""
    factor, mask, block = 37, (1 << 64) - 1, 100
    window, numbers, found, counts = [0] * block, [0] * block, [], {}
    first, value, index, line, start, after_cr = pow(factor, block, 1 << 64), 0, 0, 0, True, False

    def out():
        counts[value] = counts.get(value, 0) + 1
        found.append((numbers[index], f"{value:x}:{counts[value]}"))
        numbers[index] = 0

    def push(unit):
        nonlocal value, index
        value = (value * factor + unit - first * window[index]) & mask
        window[index] = unit
        index = (index + 1) % block

    units = text.encode("utf-16-le", "surrogatepass")
    for unit in [*(units[at] | units[at + 1] << 8 for at in range(0, len(units), 2)), 65535]:
        if unit in (32, 9) or (after_cr and unit == 10):
            after_cr = False
            continue
        after_cr = unit == 13
        unit = 10 if after_cr else unit  # noqa: PLW2901
        if numbers[index]:
            out()
        if start:
            start, line = False, line + 1
            numbers[index] = line
        start = unit == 10
        push(unit)
    for _ in range(block):
        if numbers[index]:
            out()
        push(0)
    return dict(found)


@given(st.text(st.sampled_from("ab \t\n\r日\U0001f600"), max_size=300))
def test_line_hashes_equal_the_rolling_form(text):
    assert line_hashes(text, range(1, 400)) == rolling(text)


def test_line_hashes_count_repetitions():
    text = "one line, again and again..\n" * 10
    found = line_hashes(text, range(1, 12))
    assert [found[line].partition(":")[2] for line in range(1, 12)] == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "1",
        "1",
        "1",
        "1",
        "1",
    ]
    assert found == rolling(text)
    assert line_hashes(text, [4]) == {4: found[4]}


@pytest.fixture(scope="session")
def multitool(request):
    """The native binary of Microsoft's validator: SARIF_MULTITOOL, or what npm installs."""
    named = os.environ.get("SARIF_MULTITOOL")
    if named:
        return named
    npm = shutil.which("npm")
    if npm is None or sys.platform != "linux":
        pytest.skip("sarif-multitool: no npm, and SARIF_MULTITOOL names no binary")
    folder = request.config.cache.mkdir("sarif-multitool")
    binary = folder / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    if not binary.exists():
        command = [npm, "install", "--prefix", str(folder), "--no-save", "@microsoft/sarif-multitool-linux@5.7.0"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("sarif-multitool: npm did not answer in time")
        if done.returncode or not binary.exists():
            pytest.skip(f"sarif-multitool: npm cannot install it: {done.stderr[-200:]}")
    binary.chmod(0o755)
    return str(binary)


def complaints(multitool, folder, document):
    source, target = folder / "log.sarif", folder / "out.sarif"
    source.write_text(json.dumps(document), encoding="utf-8")
    command = [
        multitool,
        "validate",
        str(source),
        "--rule-kind",
        "Sarif;Ghas",
        "--output",
        str(target),
        "--log",
        "ForceOverwrite",
    ]
    # the exit status is 0 even where it finds errors
    subprocess.run(
        command,
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        check=True,
        timeout=120,
    )
    results = json.loads(target.read_text(encoding="utf-8-sig"))["runs"][0].get("results", [])
    return sorted({(item["ruleId"], item.get("level", "warning")) for item in results} - {("SARIF2006", "warning")})


@pytest.mark.network
def test_github_rules_of_the_multitool(multitool, tmp_path, monkeypatch):
    monkeypatch.setattr(docs, "HOMEPAGE", "https://example.com/x")
    document = log(REPORT._replace(findings=(*REPORT.findings, *hostile_report().findings)))
    assert [found for found in complaints(multitool, tmp_path, document) if found[1] == "error"] == []
    document["runs"][0]["results"][0]["locations"] = []
    assert any(level == "error" for _, level in complaints(multitool, tmp_path, document))
