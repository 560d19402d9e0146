"""Hostile inputs, each in a process of its own: outcome, exit code, ceilings, and what must never be seen.

The inputs are written by a generator that does not ship with the project. LAMBDALINT_TORTURE is the
path of that script; without it there is nothing to run. Its manifest says what is expected. The tables
below say where lambdalint does something else, and why. Every case is run twice, the second time
in another way, which must not change a byte.
"""

import ctypes
import functools
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import urllib.parse

import pytest

from lambdalint.bundle.archive import Archive
from lambdalint.bundle.hazards import hazards
from lambdalint.tree import DirectoryTree
from tests.hostile import GENERATOR, generated
from tests.processes import LAUNCHER, measured

GROUPS = os.environ.get("LAMBDALINT_TORTURE_GROUPS", "abcde")
COUNTS = {"a": 117, "b": 76, "c": 60, "d": 56, "e": 3}  # 312
FORMATS = ("text", "concise", "json", "sarif", "github")
SENTINEL = "sentinel_ok.py"

# Where the manifest's note allows more than its outcome. "skipped" includes the refusal to parse, with a reason.
ALSO_ALLOWED = {
    "huge-int": "parse-error",  # ast refuses more than 4,300 digits, libcst does not: either is fine
    "tstring": "parse-error",  # of an interpreter that does not know them
    "lazy-import": "parse-error",
    "pep758": "parse-error",  # without a target runtime, as Python 2's "except A, b:" of another case
    "many-lines": "analysed",
    "wide-list": "analysed",  # the budget is for libcst, which does not see it; ast reads it within the ceilings
    "symlink-loop": "analysed",
}
# What is read, and reported all the same. "analysed" does not mean that a deployment would run, or should hold all that.
ALSO_REPORTED = {
    "handler-odd": {"LL401"},  # most of its handlers are no handlers, and no file of the case holds the others
    "path-git-hook": {"LL608"},
    "quine-like": {"LL608"},  # archives in an archive
}
# Archives that unpack as they are meant: a hook of git is a file like any other.
HARMLESS = {"path-git-hook"}
# What the reader sees and no rule reports: Linux unpacks it as it is meant.
UNREPORTED = {"encoding", "portable", "unclean"}
DEEP = "deep-"  # "For 'skipped' cases 'analysed' is allowed too"

# What is wrong with a configuration is told in one sentence with the file, and where there is one the line and the key.
NOT_TOML = r"pyproject\.toml(:\d+)?: not valid TOML: \S"
NO_KEY = r"pyproject\.toml:\d+: unknown key '{}'"
NO_FILE = r"{}: the configuration cannot be read \({}\)"
NO_TABLE = r"pyproject\.toml: 'tool\.lambdalint' must be a table"
CONFIG_ERRORS = {
    "malformed": NOT_TOML,
    "malformed-other": NOT_TOML,
    "dup-key": NOT_TOML,
    "bom": NOT_TOML,
    "bad-utf8": r"pyproject\.toml:2: not UTF-8",
    "utf16": r"pyproject\.toml:1: not UTF-8",
    "cr-only": NOT_TOML,
    "nul": NOT_TOML,
    "huge-int": NOT_TOML,
    "deep-array": r"pyproject\.toml: nested too deeply",
    "deep-inline": r"pyproject\.toml: nested too deeply",
    # the manifest would have it analysed: the parser takes quadratic time, so what no configuration needs is refused
    "dotted-8k": r"pyproject\.toml: a key of more than 100 parts",
    "tool-not-table": r"pyproject\.toml: 'tool' must be a table",
    "ours-not-table": NO_TABLE,
    "ours-string": NO_TABLE,
    "type-expires": NOT_TOML,  # no day of February
    "typo-key": NO_KEY.format("selct") + "; did you mean 'select'",
    "typo-rule": r"pyproject\.toml: there is no rule 'LLL001'; did you mean 'LL001'",
    "typo-dash": NO_KEY.format("per_file_ignores") + "; did you mean 'per-file-ignores'",
    "unknown-table": NO_KEY.format("nonsense"),
    "extends-escape": NO_KEY.format("extends"),
    "extends-url": NO_KEY.format("extends"),
    "extends-loop": NO_KEY.format("extends"),
    "plugin": NO_KEY.format("plugins"),
    "paths-escape": r"pyproject\.toml:[2-5]: ",  # the first of several; tests/promises/test_outputs.py has each
    # the manifest would have it analysed: where the cache lies is not for the analysed repository to say
    "cache-in-repo": r"pyproject\.toml:2: .*'cache-dir'",
    # the manifest would have it analysed: more than eight wildcards in a name take exponential time
    "redos-glob": r"pyproject\.toml:2: 'exclude' takes at most 8 wildcards",
    "redos-regex": NO_KEY.format("ignore-pattern"),
    "bad-regex": NO_KEY.format("ignore-pattern"),
    "config-is-dir": NO_FILE.format(r"pyproject\.toml", "not a regular file"),
    "config-fifo": NO_FILE.format(r"pyproject\.toml", "not a regular file"),
    "config-zero": NO_FILE.format(r"lambdalint\.toml", "link that leads out of the project"),
    "baseline-bad": r"lambdalint-baseline\.json is no baseline",
    "baseline-deep": r"lambdalint-baseline\.json is no baseline",
}
# The manifest calls it an error: the more specific selector wins, and of equals the refusal.
NO_ERROR = {"select-and-ignore"}
# What reads a baseline is asked to.
TOLD = {
    "baseline-bad": ["--baseline", "lambdalint-baseline.json"],
    "baseline-deep": ["--baseline", "lambdalint-baseline.json"],
}
# What standard error says of a configuration that is taken.
SAID = {
    "two-configs": r"configuration lambdalint\.toml$",  # the manifest leaves open which one it is
    "exclude-all": r"nothing to analyse: no Python file or template below .* \(excluded: 1\)$",
}

# The two ways in which every case is run.
WAYS = (["--jobs", "1"], ["--jobs", "2"])
GIB = 1 << 30


def pytest_generate_tests(metafunc):
    if "case" not in metafunc.fixturenames:
        return
    cases = [case for case in generated()[1]["cases"] if case["group"] in GROUPS] if GENERATOR else []
    if "format_" in metafunc.fixturenames:
        cases = [case for case in cases if case["group"] == "e"]
    if "command" in metafunc.fixturenames:
        cases = [case for case in cases if case["group"] == "b"]
    metafunc.parametrize("case", cases, ids=lambda case: case["id"])


def limits(seconds, *, unprivileged):
    """What the child is held to; root loses the right to read what its mode bits forbid."""

    def apply():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (8 * GIB, 8 * GIB))
        if unprivileged and os.geteuid() == 0:
            libc = ctypes.CDLL(None, use_errno=True)
            for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; 24 is PR_CAPBSET_DROP
                if libc.prctl(24, capability, 0, 0, 0):
                    os._exit(99)

    return apply


def check(case, *arguments):
    """Run one check in the folder of a case: exit code, output (both streams), peak resident MiB."""
    return run(case, "check", os.path.relpath(case["target"], case["dir"]), *arguments)


def run(case, *arguments):
    """Run one command in the folder of a case."""
    folder = generated()[0]
    where = os.path.join(folder, "set", case["dir"])
    status, output, used = measured(
        sys.executable,
        LAUNCHER,
        *arguments,
        "--no-cache",
        cwd=where,
        env=os.environ | {"NO_COLOR": "1", "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        preexec_fn=limits(case["expect"]["max_s"], unprivileged="unreadable" in case["id"]),
    )
    return status, output.decode("utf-8", "surrogateescape"), used


def inputs(case):
    """The Python files of a case beside the sentinel, as bytes names: whatever they are on disk."""
    top = os.fsencode(os.path.join(generated()[0], "set", case["dir"]))
    found = []
    for folder, folders, names in os.walk(top):
        found += [os.path.relpath(os.path.join(folder, name), top) for name in names if name.endswith(b".py")]
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(folder, name))]
    return sorted(set(found) - {SENTINEL.encode()})


def outcomes(report, name):
    """What the report says of one file."""
    refusals = [
        finding for finding in report["findings"] if finding["path"] == name and finding["code"] in {"LL001", "LL002"}
    ]
    above = [parent.as_posix() for parent in pathlib.PurePosixPath(name).parents]  # a directory that cannot be listed
    skipped = [item for item in report["skipped"] if item["path"] in {name, *above}]
    assert all(item["reason"] for item in skipped)
    assert len(refusals) <= 1
    said = set()
    if name in report["analysed"]:
        said.add("analysed")
    if refusals:
        said.add("parse-error")
    if refusals or skipped:
        said.add("skipped")
    assert not {"analysed", "skipped"} <= said, f"{name} is both"
    return said


def assert_template(case, report):
    """A template is read without a word, or what is wrong with it is told with its place; the code is analysed anyway."""
    told = [finding for finding in report["findings"] if finding["code"] == "LL002"]
    outcome = case["expect"]["outcome"]
    if outcome == "analysed":
        assert not told
        assert not report["skipped"]
        expected = ALSO_REPORTED.get(case["id"].partition("-")[2], set())
        assert {finding["code"] for finding in report["findings"]} == expected
        return
    assert len(told) == 1 or (outcome == "finding" and told)
    assert {finding["path"] for finding in told} == {template(case)}
    if outcome != "skipped":  # a program is not looked into, so there is no line to name
        assert all(re.search(r": line [1-9]\d*: \S", finding["message"]) for finding in told)
    if outcome == "finding":
        assert {finding["code"] for finding in told} == {case["expect"]["rule"]}


def assert_archive(case, report):
    """An archive is read without a word, or what is wrong with it is told; the code beside it is analysed anyway."""
    archive = template(case)
    kind = case["id"].partition("-")[2]
    outcome = "analysed" if kind in HARMLESS else case["expect"]["outcome"]
    about = [item for item in report["findings"] if item["path"].partition("/")[0] == archive]
    refused = [item for item in about if item["code"] == "LL002"]
    assert (archive in report["analysed"]) == (not any(item["path"] == archive for item in refused))
    if outcome == "bad-archive":
        assert [item for item in about if item["code"] in ("LL002", "LL507")]
        assert all(re.fullmatch(r"not analysed: \S.*", item["message"], re.DOTALL) for item in refused)
    elif outcome == "analysed":
        assert archive in report["analysed"]
        assert {item["code"] for item in about if item["severity"] != "info"} == ALSO_REPORTED.get(kind, set())
    elif case["expect"]["rule"] not in {item["code"] for item in about}:
        tree = DirectoryTree(os.path.join(generated()[0], "set", case["dir"]))
        found = {item.kind for item in hazards(Archive(lambda: tree.open(archive)))}
        assert found
        assert found <= UNREPORTED


def template(case):
    """The one file of a case beside the sentinel."""
    (name,) = set(os.listdir(os.path.join(generated()[0], "set", case["dir"]))) - {SENTINEL}
    return name


def seen(case, output):
    """What must not be in the output and is. What must not be run would echo the canary, but one case has it in a
    file's name, and naming the file is right; so is showing the line of a template that is refused for it."""
    canary = generated()[1]["canary"]
    if any(canary.encode() in name for name in inputs(case)):
        return [text for text in case["expect"]["never"] if text != canary and text in output]
    if (
        case["group"] == "b"
        and canary.encode() in pathlib.Path(generated()[0], "set", case["dir"], template(case)).read_bytes()
    ):
        # naming a member is right
        output = re.sub(rf"[./\w]*/{canary}\.py", "", output)
    if case["group"] == "c":
        text = pathlib.Path(generated()[0], "set", case["dir"], template(case)).read_bytes().decode(errors="replace")
        for line in text.splitlines():
            output = output.replace(line.strip(), "") if canary in line else output
    return [text for text in case["expect"]["never"] if text in output]


def allowed(case):
    expected = {case["expect"]["outcome"]}
    kind = case["id"].partition("-")[2]
    if kind in ALSO_ALLOWED:
        expected.add(ALSO_ALLOWED[kind])
    if kind.startswith(DEEP) and expected == {"skipped"}:
        expected.add("analysed")
    return expected


pytestmark = pytest.mark.skipif(not GENERATOR, reason="LAMBDALINT_TORTURE does not name the generator")


def assert_configuration(case, code, output):
    """A configuration is taken, or refused in one sentence that names it."""
    kind = re.sub(r"^(type-.*)-\d+$", r"\1", case["id"].partition("-")[2])
    expected = CONFIG_ERRORS.get(kind)
    if expected is None and kind.startswith("type-"):
        expected = rf"pyproject\.toml:2: .*'{kind.removeprefix('type-')}'"
    refused = case["expect"]["outcome"] == "config-error" or kind in CONFIG_ERRORS
    assert refused == (expected is not None or kind in NO_ERROR)
    if expected is None:
        assert code != 2
        assert re.search(SAID.get(kind, ""), output, re.MULTILINE), output
        return
    assert code == 2
    *verbose, told = output.splitlines()
    assert all(line.startswith("lambdalint: ") for line in verbose)
    assert re.fullmatch(rf"lambdalint: error: .*{expected}.*", told), told


@functools.cache
def everything_written():
    """The paths below the generated set, before any run."""
    top = os.fsencode(os.path.join(generated()[0], "set"))
    return {os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names}


def test_every_case_is_run():
    _, manifest = generated()
    assert manifest["counts"] == COUNTS
    assert len({case["id"] for case in manifest["cases"]}) == sum(COUNTS.values()) == 312
    assert {case["group"] for case in manifest["cases"]} == set("abcde")
    # what a file system cannot hold is no input there
    assert all("unsupported" in item["reason"] or "Invalid" in item["reason"] for item in manifest["not_made"])
    kinds = {re.sub(r"^(type-.*)-\d+$", r"\1", case["id"].partition("-")[2]) for case in manifest["cases"]}
    for table in (ALSO_ALLOWED, ALSO_REPORTED, HARMLESS, CONFIG_ERRORS, NO_ERROR, TOLD, SAID):
        assert set(table) <= kinds


def test_hostile_input(case, tmp_path):
    everything_written()
    # what is wrong with an archive is told of those that count
    named = [template(case)] if case["group"] == "b" else []
    told = ["-v", *TOLD.get(case["id"].partition("-")[2], ())] if case["group"] == "d" else []
    seen_before = None
    for number, way in enumerate(WAYS):
        path = tmp_path / f"report{number}.json"
        code, output, peak = check(case, *named, *told, *way, "--output", "text", "--output", f"json:{path}")
        expect = case["expect"]
        assert code in expect["exit"], output[-2000:]
        assert peak <= expect["max_rss_mb"]
        assert not seen(case, output)
        if case["group"] == "d":
            assert_configuration(case, code, output)
        said = path.read_bytes() if path.exists() else b""
        if said:
            assert_report(case, json.loads(said))
        assert bool(said) == (code != 2)
        assert seen_before in (None, (code, output, said))
        seen_before = code, output, said
    created = everything_written.__wrapped__() - everything_written()
    assert not created


def assert_report(case, report):
    """Nothing is lost: each input has its outcome, and what lies beside it is analysed."""
    expect = case["expect"]
    if expect["others"]:
        assert outcomes(report, SENTINEL) == {"analysed"}
    names = inputs(case)
    if case["group"] == "a":
        for name in names:
            assert outcomes(report, name.decode()) & allowed(case), f"{name}: {outcomes(report, name.decode())}"
    if case["group"] == "b":
        assert_archive(case, report)
    if case["group"] == "c":
        assert_template(case, report)
    # Nothing is silently left out, and nothing is listed twice.
    listed = report["analysed"] + [item["path"] for item in report["skipped"]]
    assert len(listed) == len(set(listed))
    if "unreadable-dir" not in case["id"] and "exclude-all" not in case["id"]:
        on_disk = [name for name in listed if name.endswith(".py") and not name.startswith("layer.zip/")]
        assert len(on_disk) == len(names) + expect["others"]


@pytest.mark.parametrize("command", ["check", "bundle"])
def test_hostile_archive_as_a_function(case, command):
    """Every reader of what is in an archive has a look: layers, metadata, binaries, bytecode, imports."""
    told = ("--runtime", "python3.13", "--arch", "arm64", "--handler", "a.handler", "--output", "json")
    code, output, peak = run(case, command, template(case), *told, *(("--select", "ALL") if command == "check" else ()))
    assert code in (0, 1, 2)
    assert "internal error" not in output
    assert peak <= case["expect"]["max_rss_mb"]
    assert not seen(case, output)
    assert not list(pathlib.Path(generated()[0]).rglob(generated()[1]["canary"] + "*"))


@pytest.mark.parametrize("format_", FORMATS)
def test_names_do_not_attack_the_output(case, format_):
    code, output, _ = check(case, "--output", format_)
    assert code in case["expect"]["exit"], output[-2000:]
    assert not seen(case, output)
    controls = {character for character in output if character < " " or "\x7f" <= character < "\xa0"}
    assert controls <= {"\n", "\t"}
    assert not {"\u202e", "\u2066", "\u2028", "\u200b"} & set(output)
    if format_ == "github":
        assert all(
            line.startswith(("::error ", "::warning ", "::notice ")) for line in output.splitlines() if "::" in line
        )
    if format_ == "sarif":
        for result in json.loads(output)["runs"][0]["results"]:
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert set(uri) <= set(
                "-._~/%" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!$&'()*+,;=@:"
            )
            assert not urllib.parse.urlsplit(uri).scheme
