"""A rule that fails costs that rule, an input on which a reader fails costs that input; both are named, the rest goes on."""

import importlib
import json

import pytest

from lambdalint import cli, registry
from lambdalint.bundle import archive
from lambdalint.model import Location
from lambdalint.rule import Rule
from lambdalint.source import flow, lower, program
from tests.promises.traps import HANDLER, SAM, pack

FAILING = "client-in-handler"  # LL101, which has something to say about `HANDLER`
OTHER = "sleep-in-handler"
SLEEPS = "import time\n\n\ndef handler(event, context):\n    time.sleep(300)\n    return {}\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """One function with a finding of each of the two rules, one with a layer, and an archive."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(HANDLER)
    (tmp_path / "helper.py").write_text("def helped(event):\n    return event\n")
    (tmp_path / "slow.py").write_text(SLEEPS)
    (tmp_path / "template.yaml").write_text(SAM)
    pack(tmp_path / "app.zip", {"app.py": HANDLER, "helper.py": "def helped(event):\n    return event\n"})
    pack(tmp_path / "layer.zip", {"python/helper.py": "def helped(event):\n    return event\n"})
    return tmp_path


def report(capsys, *options):
    """Exit status, what JSON says, standard error."""
    status = cli.main(["check", "--no-cache", "--output", "json", *options])
    captured = capsys.readouterr()
    return status, json.loads(captured.out), captured.err


def found(document):
    return {(item["path"], item["name"]) for item in document["findings"]}


class Failing(Rule):
    code, name, why, remedy = "LL101", FAILING, "why", "remedy"


def raises(error):
    def check(self, view):
        raise error

    return check


def yields(*items):
    def check(self, view):
        return iter(items)

    return check


def stops_half_way(self, view):
    yield self.finding(Location("app.py", 1), "before it failed")
    raise ValueError("half way")


def exits(self, view):
    import sys

    sys.exit(0)


def overflows(self, view):
    return overflows(self, view)


def of_another_rule(self, view):
    return [self.finding(Location("app.py", 1), "x")._replace(code="LL102")]


WAYS = {
    "exception": (raises(ValueError("broken")), "ValueError: broken"),
    "assertion": (raises(AssertionError()), "AssertionError"),
    "stop": (raises(StopIteration()), "StopIteration"),
    "system": (raises(OSError(5, "Input/output error")), "OSError"),
    "memory": (raises(MemoryError()), "MemoryError"),
    "generator": (raises(GeneratorExit()), "GeneratorExit"),
    "half way": (stops_half_way, "ValueError: half way"),
    "exit": (exits, "SystemExit: 0"),
    "overflow": (overflows, "RecursionError"),
    "none": (yields(None), "TypeError: None is no finding"),
    "number": (lambda self, view: 3, "TypeError"),
    "nothing": (lambda self, view: None, "TypeError"),
    "text": (lambda self, view: "app.py:1: broken", "TypeError: 'a' is no finding"),
    "tuple": (yields(("LL101", FAILING)), "TypeError: ('LL101', "),
    "another": (of_another_rule, "TypeError: Finding(code='LL102'"),
}


@pytest.mark.parametrize(
    "hook", ["check_site", "check_function", "check_module", "check_declared", "check_bundle", "check_artifact"]
)
@pytest.mark.parametrize("way", WAYS)
def test_a_rule_that_fails_costs_that_rule(project, capsys, monkeypatch, way, hook):
    check, message = WAYS[way]
    broken = type("Broken", (Failing,), {hook: check})
    wants = {
        "check_site": {"operations": ("boto3.client",)},
        "check_function": {"entry_points": True},
        "check_module": {"modules": ("boto3",)},
        "check_declared": {"declared": True},
        "check_bundle": {"bundles": True},
        "check_artifact": {"artifacts": True},
    }[hook]
    entries = [
        item._replace(wants=type(item.wants)(**wants)) if item.name == FAILING else item for item in registry.entries()
    ]
    load = registry.load
    monkeypatch.setattr(registry, "entries", lambda: tuple(entries))
    monkeypatch.setattr(
        registry, "load", lambda item, *rest: broken(*rest) if item.name == FAILING else load(item, *rest)
    )
    status, document, told = report(capsys, "--select", f"{FAILING},{OTHER}")
    assert status == 2
    (error,) = document["errors"]
    assert error.startswith(f"rule {FAILING} (LL101) failed on ")
    assert message in error
    assert told == f"lambdalint: internal error: {error}; please report it\n"
    assert ("slow.py", OTHER) in found(document)
    assert {name for _, name in found(document)} <= {FAILING, OTHER}
    assert [item["message"] for item in document["findings"] if item["name"] == FAILING] == (
        ["before it failed"] if way == "half way" else []
    )


@pytest.mark.parametrize(
    "error", [SyntaxError("no rule"), ImportError("no module"), SystemExit(0), TypeError("no rule")]
)
def test_a_rule_that_cannot_be_loaded_costs_that_rule(project, capsys, monkeypatch, error):
    load = registry.load

    def fail(item, *rest):
        if item.name == FAILING:
            raise error
        return load(item, *rest)

    monkeypatch.setattr(registry, "load", fail)
    status, document, _ = report(capsys, "--select", f"{FAILING},{OTHER}")
    assert status == 2
    assert len(document["errors"]) == 1
    assert found(document) == {("slow.py", OTHER)}


def test_ctrl_c_in_a_rule_ends_the_run(project, capsys, monkeypatch):
    broken = type("Broken", (Failing,), {"check_site": raises(KeyboardInterrupt())})
    load = registry.load
    monkeypatch.setattr(
        registry, "load", lambda item, *rest: broken(*rest) if item.name == FAILING else load(item, *rest)
    )
    assert cli.main(["check", "--no-cache"]) == 130
    assert capsys.readouterr() == ("", "lambdalint: interrupted\n")


@pytest.mark.parametrize("format_", ["text", "concise", "json", "sarif", "github"])
def test_every_format_names_the_rule_that_failed(project, capsys, monkeypatch, format_):
    broken = type("Broken", (Failing,), {"check_site": raises(ValueError("a\n::error::x\x1b[31m"))})
    load = registry.load
    monkeypatch.setattr(
        registry, "load", lambda item, *rest: broken(*rest) if item.name == FAILING else load(item, *rest)
    )
    assert cli.main(["check", "--no-cache", "--output", format_]) == 2
    out, told = capsys.readouterr()
    assert "LL101" in out
    for text in (out, told):
        assert "\n::error::x" not in text
        assert "\x1b" not in text


def only(function, name, error):
    """The function, which fails on one input."""

    def stand_in(*arguments):
        if any(isinstance(item, str) and item == name for item in arguments):
            raise error
        return function(*arguments)

    return stand_in


@pytest.mark.parametrize(
    "error", [ValueError("broken"), KeyError("x"), RecursionError(), AssertionError(), MemoryError()]
)
def test_a_module_on_which_the_reader_fails_costs_that_module(project, capsys, monkeypatch, error):
    monkeypatch.setattr(program, "skeleton", only(program.skeleton, "app.py", error))
    status, document, _ = report(capsys, "--select", f"{FAILING},{OTHER}", "--min-severity", "warning")
    assert status == 1
    (skipped,) = document["skipped"]
    assert skipped["path"] == "app.py"
    assert type(error).__name__ in skipped["reason"]
    assert "slow.py" in document["analysed"]
    assert "app.py" not in document["analysed"]
    assert ("slow.py", OTHER) in found(document)


class PanicException(BaseException):
    """As the native parser raises it: no Exception."""


@pytest.mark.parametrize(
    "error", [ValueError("broken"), AssertionError(), PanicException("unwrap on None"), MemoryError()]
)
def test_a_definition_on_which_the_parser_fails_costs_that_definition(project, capsys, monkeypatch, error):
    (project / "app.py").write_text(HANDLER.replace('client("s3")', 'client("s3", **{"region_name": "eu-west-1"})'))

    def fail(text):
        if "list_buckets" in text:
            raise error
        return parse(text)

    parse = lower.parse
    monkeypatch.setattr(lower, "parse", fail)
    status, document, _ = report(capsys, "--select", f"{FAILING},{OTHER}")
    assert status == 1
    assert ("slow.py", OTHER) in found(document)
    assert ("app.py", "unreadable-input") in found(document)
    assert ("app.py", FAILING) not in found(document)


def test_an_archive_on_which_the_reader_fails_costs_that_archive(project, capsys, monkeypatch):
    def fail(self):
        raise KeyError("broken")

    monkeypatch.setattr(archive.Archive, "entries", fail)
    status, document, _ = report(capsys, "--select", f"{FAILING},{OTHER}")
    assert status == 1
    assert {item["path"] for item in document["skipped"]} == {"app.zip", "layer.zip"}
    assert ("slow.py", OTHER) in found(document)


@pytest.mark.parametrize(
    "error", [ValueError("broken"), KeyError("x"), RecursionError(), MemoryError(), AssertionError()]
)
def test_an_entry_point_on_which_the_analysis_fails_costs_that_entry_point(project, capsys, monkeypatch, error):
    """Wherever it fails outside of rules, and however many processes there are: with the same bytes."""
    site = flow.Flow.site

    def fail(self, node, reference):
        if node[0] == "app.py":
            raise error
        return site(self, node, reference)

    monkeypatch.setattr(flow.Flow, "site", fail)
    (project / "other.py").write_text(
        "from slow import handler as nap\n\n\ndef handler(event, context):\n    return nap(event, context)\n"
    )
    found_by_jobs = []
    for jobs in ("1", "2"):
        status, document, told = report(capsys, "--select", f"{FAILING},{OTHER}", "--jobs", jobs)
        assert status == 2
        (said,) = document["errors"]
        assert said.startswith(f"app.py: its analysis failed ({type(error).__name__}: ")
        assert said in told
        assert ("slow.py", OTHER) in found(document)
        assert ("app.py", FAILING) not in found(document)
        assert [item["path"] for item in document["skipped"]] == ["app.py"]
        assert "slow.py" in document["analysed"]
        found_by_jobs.append((document, told))
    assert found_by_jobs[0] == found_by_jobs[1]


@pytest.mark.parametrize(
    ("module", "name", "about"),
    [
        ("lambdalint.source.declared", "DeclaredView", "what templates declare"),
        ("lambdalint.bundle.inputs", "Packed", "what is deployed"),
    ],
)
def test_a_stage_that_fails_costs_that_stage(project, capsys, monkeypatch, module, name, about):
    def fail(*arguments):
        raise KeyError("broken")

    monkeypatch.setattr(importlib.import_module(module), name, fail)
    status, document, _ = report(capsys)
    assert status == 2
    (said,) = document["errors"]
    assert said.startswith(f"judging {about} failed (KeyError: 'broken'; test_failures.py:")
    assert {("slow.py", OTHER), ("app.py", FAILING)} <= found(document)
