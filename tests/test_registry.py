"""Which rules there are, what selects them, and their generated manifest and documentation."""

import subprocess
import sys
from pathlib import Path

import pytest

from lambdalint import registry
from lambdalint.errors import UsageError
from lambdalint.output import docs
from lambdalint.settings import Settings
from tests import sample_report

ROOT = Path(__file__).parent.parent
OWN = {"LL001", "LL002", "LL003", "LL004"}


@pytest.fixture
def _two_rules(monkeypatch):
    sample_report.install(monkeypatch)


def selected(**settings):
    return set(registry.Selection(Settings(**settings)).codes) - OWN


@pytest.mark.usefixtures("_two_rules")
@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, {"LL901"}),
        ({"select": ("ALL",)}, {"LL901", "LL902"}),
        ({"select": ("LL9",)}, {"LL901", "LL902"}),
        ({"select": ("off-rule",)}, {"LL902"}),
        ({"select": ("LL902",)}, {"LL902"}),
        ({"extend_select": ("LL902",)}, {"LL901", "LL902"}),
        ({"ignore": ("sample-rule",)}, set()),
        ({"ignore": ("LL9",)}, set()),
        ({"ignore": ("ALL",)}, set()),
        ({"select": ("LL9",), "ignore": ("LL901",)}, {"LL902"}),
        ({"select": ("LL901",), "ignore": ("LL9",)}, {"LL901"}),
        ({"select": ("sample-rule",), "ignore": ("LL901",)}, set()),
        ({"select": ("LL001",)}, set()),
    ],
)
def test_selection(settings, codes):
    assert selected(**settings) == codes
    assert {item.code for item in registry.Selection(Settings(**settings)).rules()} == codes


@pytest.mark.usefixtures("_two_rules")
def test_the_diagnostics_stay_unless_they_are_ignored():
    assert registry.Selection(Settings(select=("LL901",))).codes == {"LL901", *OWN}
    assert registry.Selection(Settings(ignore=("LL003",))).codes == {"LL901", *OWN - {"LL003"}}


@pytest.mark.usefixtures("_two_rules")
@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("LL9x", "there is no rule 'LL9x'"),
        ("sample-rules", "there is no rule 'sample-rules'; did you mean 'sample-rule'?"),
        ("LL00l", "there is no rule 'LL00l'; did you mean 'LL00"),
        ("all", "there is no rule 'all'"),
        ("L", "there is no rule 'L'; `lambdalint rule` lists them"),
    ],
)
@pytest.mark.parametrize("key", ["select", "ignore", "extend_select"])
def test_unknown_rules_are_refused(key, selector, message):
    with pytest.raises(UsageError) as caught:
        registry.Selection(Settings(**{key: (selector,)}))
    assert str(caught.value).startswith(message)


@pytest.mark.usefixtures("_two_rules")
def test_per_file_ignores():
    pairs = (("tools/*.py", ("LL9",)), ("/a.py", ("LL003", "sample-rule")))
    selection = registry.Selection(Settings(per_file_ignores=pairs))
    assert selection.enabled("LL901", "x/tools/a.py")
    assert not selection.enabled("LL901", "tools/a.py")
    assert selection.enabled("LL003", "tools/a.py")
    assert not selection.enabled("LL003", "a.py")
    assert selection.enabled("LL901", "b/a.py")
    assert not selection.enabled("LL902", "b/a.py")
    with pytest.raises(UsageError, match="there is no rule 'x'"):
        registry.Selection(Settings(per_file_ignores=(("a", ("x",)),)))


def test_per_file_ignores_that_are_no_pattern():
    selection = registry.Selection(Settings(per_file_ignores=(("a\\", ("LL001",)),)))
    with pytest.raises(UsageError, match=r"per-file-ignores: .*'a"):
        selection.enabled("LL001", "a")


@pytest.mark.usefixtures("_two_rules")
def test_about():
    about = registry.about("LL901")
    assert about.summary == "A resource that is built on every invocation."
    assert (about.name, about.default, about.security, about.tags) == ("sample-rule", True, False, ("performance",))
    assert registry.about("LL003").name == "unused-suppression"
    assert registry.names()["off-rule"] == "LL902"
    with pytest.raises(KeyError):
        registry.about("LL999")


@pytest.mark.usefixtures("_two_rules")
def test_documentation_as_text():
    assert docs.plain(registry.about("LL901")) == (
        "sample-rule (LL901)\n"
        "===================\n"
        "warning, high confidence, on by default, performance, since 0.1.0\n"
        "\n"
        "A resource that is built on every invocation.\n"
        "\n"
        "Lambda keeps the module between invocations, so what is built at module level is\n"
        "built once.\n"
        "\n"
        "Triggers:\n"
        "    1. [plain] a call in the handler.\n"
        "\n"
        "Remedy:\n"
        "    Build it at module level.\n"
        "\n"
        "Why:\n"
        "    Building a resource takes 50 to 100 ms of every invocation, and leaves\n"
        "    connections behind.\n"
    )
    assert docs.plain(registry.about("LL902")).endswith(
        "Why:\n    The next request sees it.\n\nRemedy:\n    Keep it in the event.\n"
    )


def test_code_in_the_documentation_keeps_its_lines():
    assert (
        "    does not concern the function with its reason, for a time:\n"
        "\n"
        "        [[tool.lambdalint.vulns.ignore]]\n"
        '        id = "CVE-2024-35195"\n'
        '        reason = "no session of ours turns verification off"\n'
        "        until = 2027-01-31\n"
        "\n"
        "References:\n"
    ) in docs.plain(registry.about("LL804"))


@pytest.mark.usefixtures("_two_rules")
def test_documentation_as_markdown():
    assert docs.markdown(registry.about("LL901")) == (
        "# sample-rule (LL901)\n\n"
        "*warning, high confidence, on by default, performance, since 0.1.0*\n\n"
        "A resource that is built on every invocation.\n\n"
        "Lambda keeps the module between invocations, so what is built at module level is built once.\n\n"
        "## Triggers\n\n"
        "1. [plain] a call in the handler.\n\n"
        "## Remedy\n\n"
        "Build it at module level.\n\n"
        "## Why\n\n"
        "Building a resource takes 50 to 100 ms of every invocation, and leaves connections behind.\n"
    )


# The real rules


def test_codes_and_names_are_unique_and_follow_the_file():
    for item in registry.entries():
        assert item.module == f"{item.code.lower()}_{item.name.replace('-', '_')}"
    spellings = [spelling for item in registry.listed() for spelling in (item.code, item.name)]
    assert len(spellings) == len(set(spellings))


def test_the_manifest_says_what_the_rules_say():
    known = registry._manifest()
    assert sorted(known) == sorted(registry.modules())
    for module, item in known.items():
        assert item == registry.entry(module)


def test_a_rule_that_the_manifest_does_not_know_is_found(monkeypatch):
    monkeypatch.setattr(registry, "_entries", {})
    monkeypatch.setattr(registry, "_manifest", dict)
    assert [item.module for item in registry.entries()] == sorted(registry.modules())


def test_lists_import_no_rule():
    code = (
        "import sys; from lambdalint import registry; from lambdalint.settings import Settings; registry.Selection(Settings());"
        "print([name for name in sys.modules if name.startswith('lambdalint.rules.ll')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("script", ["generate_manifest", "generate_docs"])
def test_generated_files_are_current(script):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / f"{script}.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_module_must_define_one_rule(monkeypatch):
    monkeypatch.setitem(sys.modules, "lambdalint.rules.ll999_none", type(sys)("lambdalint.rules.ll999_none"))
    with pytest.raises(TypeError, match=r"ll999_none\.py must define exactly one rule, not 0"):
        registry.rule_class("ll999_none")
