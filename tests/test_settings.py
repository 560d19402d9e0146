"""Configuration files and options → Settings; every mistake is one sentence that says where."""

import os
import sys

import pytest

from lambdalint.errors import UsageError, nearest
from lambdalint.model import Confidence, Severity
from lambdalint.settings import FILE_KEYS, OPTIONS, Accepted, Budget, Settings, load, shown


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(root, text, name="pyproject.toml", start=".", given=None):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(str(root / start), str(root), given or {})


def refused(root, text, name="pyproject.toml", given=None):
    with pytest.raises(UsageError) as caught:
        read(root, text, name, given=given)
    message = str(caught.value)
    assert "\n" not in message
    return message


def section(text):
    return f"[tool.lambdalint]\n{text}\n"


def test_defaults(root):
    assert load(str(root), str(root), {}) == Settings()
    assert Settings().fail_on is Severity.WARNING
    assert {option.field for option in OPTIONS} == set(Settings._fields) - {"origins"}


def test_every_key_of_a_file(root):
    text = section("""
select = ["LL1", "sync-invoke"]
ignore = ["LL103"]
extend-select = ["ALL"]
exclude = ["vendored/", "*_pb2.py", "/top.py"]
functions = ["src/app.py:run", "worker.main"]
templates = ["deploy/stack.yml"]
min-severity = "warning"
min-confidence = "medium"
fail-on = "error"
exit-zero = true
error-on-empty = true
output = ["concise", "github"]
baseline = "lambdalint-baseline.json"
statistics = true
as-of = 2026-11-21
cache = false
sdk = "runtime"
compare = "bundles.json"
[tool.lambdalint.per-file-ignores]
"tools/*" = ["http-timeout"]
[tool.lambdalint.budgets]
unzipped = "50 MB"
init-modules = 300
[tool.lambdalint.budgets.functions.Orders]
zipped = 1_000_000
init-modules = 500
growth = 10
[tool.lambdalint.vulns]
ignore = [{id = "CVE-2024-1", reason = "not reached", until = 2027-01-31}, {id = "PYSEC-1", reason = "tests only"}]
""")
    found = read(root, text)
    assert found == Settings(
        select=("LL1", "sync-invoke"),
        ignore=("LL103",),
        extend_select=("ALL",),
        exclude=("vendored/", "*_pb2.py", "/top.py"),
        functions=("src/app.py:run", "worker.main"),
        templates=("deploy/stack.yml",),
        min_severity=Severity.WARNING,
        min_confidence=Confidence.MEDIUM,
        fail_on=Severity.ERROR,
        exit_zero=True,
        error_on_empty=True,
        output=("concise", "github"),
        baseline=str(root / "lambdalint-baseline.json"),
        statistics=True,
        as_of="2026-11-21",
        cache=False,
        sdk="runtime",
        compare=str(root / "bundles.json"),
        budgets=(("", Budget(52_428_800, None, 300)), ("Orders", Budget(None, 1_000_000, 500, 10))),
        per_file_ignores=(("tools/*", ("http-timeout",)),),
        vulns=(Accepted("CVE-2024-1", "not reached", "2027-01-31"), Accepted("PYSEC-1", "tests only")),
        origins=dict.fromkeys(FILE_KEYS, "pyproject.toml"),
    )


def test_budgets_of_a_function_replace_those_of_all(root):
    found = read(
        root,
        section("""budgets = { unzipped = 100, init-modules = 300, functions = { Orders = { unzipped = "2 KB" } } }"""),
    )
    assert found.budget("Invoices") == Budget(100, None, 300)
    assert found.budget("Orders") == Budget(2048, None, 300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("budgets = 5", "takes a table of budgets"),
        ("budgets = { unziped = 5 }", "not 'unziped'; did you mean 'unzipped'?"),
        ("budgets = { unzipped = '5 MiB' }", "takes sizes in bytes"),
        ("budgets = { zipped = -1 }", "takes sizes in bytes"),
        ("budgets = { init-modules = '5' }", "takes whole numbers"),
        ("budgets = { growth = true }", "takes whole numbers"),
        ("budgets = { functions = { Orders = 5 } }", "takes a table for each function"),
        ("sdk = 'both'", "takes runtime or bundled"),
    ],
)
def test_malformed_budgets(root, text, expected):
    assert expected in refused(root, section(text))


def test_the_command_line_wins(root):
    given = {
        "select": ("LL3",),
        "fail-on": "info",
        "per-file-ignores": ("a:LL1,LL2", "a:LL3"),
    }
    found = read(root, section("select = ['LL1']\nignore = ['LL2']"), given=given)
    assert (found.select, found.ignore, found.fail_on) == (("LL3",), ("LL2",), Severity.INFO)
    assert found.per_file_ignores == (("a", ("LL1", "LL2", "LL3")),)
    assert found.origins["select"] == "command line"
    assert found.origins["ignore"] == "pyproject.toml"
    assert ("select", ("LL3",), "command line") in shown(found)
    assert ("exclude", (), "default") in shown(found)


def test_the_nearest_file_with_a_section_counts_alone(root):
    read(root, section("select = ['LL1']\nignore = ['LL2']"))
    read(root, section("select = ['LL3']"), "a/pyproject.toml")
    read(root, "[project]\nname = 'x'\n", "a/b/pyproject.toml")
    (root / "a/b/c").mkdir()
    (root / "a/b/c/app.py").write_text("")
    for start in ("a", "a/b", "a/b/c", "a/b/c/app.py"):
        found = load(str(root / start), str(root), {})
        assert (found.select, found.ignore) == (("LL3",), ())
        assert found.origins == {"select": "a/pyproject.toml"}
    assert load(str(root), str(root), {}).select == ("LL1",)


def test_own_file_comes_before_pyproject(root):
    read(root, section("select = ['LL1']"))
    read(root, "select = ['LL2']\n", ".lambdalint.toml")
    assert load(str(root), str(root), {}).select == ("LL2",)
    read(root, "select = ['LL3']\n", "lambdalint.toml")
    assert load(str(root), str(root), {}).select == ("LL3",)


def test_the_search_ends_at_the_root(root):
    read(root, section("select = ['LL1']"))
    (root / "inner").mkdir()
    assert load(str(root / "inner"), str(root / "inner"), {}).select == ()


def test_a_named_file_replaces_the_search(root):
    read(root, section("select = ['LL1']"))
    read(root, "select = ['LL2']\n", "other.toml")
    assert load(str(root), str(root), {}, "other.toml").select == ("LL2",)
    with pytest.raises(UsageError, match=r"there is no configuration file gone\.toml; check --config"):
        load(str(root), str(root), {}, "gone.toml")
    read(root, "[project]\n", "sub/pyproject.toml")
    with pytest.raises(UsageError, match=r"sub/pyproject\.toml has no \[tool\.lambdalint\] section"):
        load(str(root), str(root), {}, "sub/pyproject.toml")


def test_patterns_and_paths_of_a_file_are_relative_to_it(root):
    text = """
exclude = ["gen/", "/only/here.py", "sub/x.py", "!gen/keep.py"]
per-file-ignores = { "*_tool.py" = ["LL1"] }
templates = ["stack.yml", "../shared/stack.yml"]
functions = ["app.py:run", "app.run"]
baseline = "accepted.json"
"""
    found = read(root, text, "services/a/lambdalint.toml", "services/a")
    assert found.exclude == (
        "/services/a/**/gen/",
        "/services/a/only/here.py",
        "/services/a/sub/x.py",
        "!/services/a/gen/keep.py",
    )
    assert found.per_file_ignores == (("/services/a/**/*_tool.py", ("LL1",)),)
    assert found.templates == ("services/a/stack.yml", "services/shared/stack.yml")
    assert found.functions == ("services/a/app.py:run", "app.run")
    assert found.baseline == str(root / "services/a/accepted.json")


def test_patterns_and_paths_of_the_command_line_are_relative_to_the_working_directory(root, monkeypatch):
    (root / "a").mkdir()
    monkeypatch.chdir(root / "a")
    found = load(str(root), str(root), {"exclude": ("gen/",), "baseline": "b.json"})
    assert found.exclude == ("/a/**/gen/",)
    assert found.baseline == str(root / "a" / "b.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "pyproject.toml:2: unknown key 'selct'; did you mean 'select'?"),
        (
            "\nper_file_ignores = {}",
            "pyproject.toml:3: unknown key 'per_file_ignores'; did you mean 'per-file-ignores'?",
        ),
        ("[tool.lambdalint.nonsense]\nx = 1", "pyproject.toml:2: unknown key 'nonsense'; remove it"),
        ("plugins = ['evil']", "pyproject.toml:2: unknown key 'plugins'; remove it"),
        ("color = 'never'", "pyproject.toml:2: 'color' can be set on the command line only; remove it"),
        ("select = 'LL1'", "pyproject.toml:2: 'select' takes a list of strings; correct it or remove it"),
        ("select = [1]", "pyproject.toml:2: 'select' takes a list of strings; correct it or remove it"),
        ("select = [['LL1']]", "pyproject.toml:2: 'select' takes a list of strings; correct it or remove it"),
        ("exclude = 3", "pyproject.toml:2: 'exclude' takes a list of strings; correct it or remove it"),
        (
            "per-file-ignores = ['a']",
            "pyproject.toml:2: 'per-file-ignores' takes a table of patterns, each with a list of rules;",
        ),
        (
            "[tool.lambdalint.per-file-ignores]\na = 'LL1'",
            "pyproject.toml:2: 'per-file-ignores' takes a list of strings;",
        ),
        ("fail-on = 'bad'", "pyproject.toml:2: 'fail-on' takes one of info, warning, error;"),
        ("min-confidence = 1", "pyproject.toml:2: 'min-confidence' takes one of low, medium, high;"),
        ("as-of = 'soon'", "pyproject.toml:2: 'as-of' takes a date, as in 2026-11-21;"),
        ("as-of = 2026-11-21T10:00:00", "pyproject.toml:2: 'as-of' takes a date, as in 2026-11-21;"),
        ("exit-zero = 'false'", "pyproject.toml:2: 'exit-zero' takes true or false;"),
        ("output = ['html']", "pyproject.toml:2: 'output' takes formats only (text, concise, json, sarif, github);"),
        ("output = ['json:/etc/x']", "pyproject.toml:2: 'output' takes formats only"),
        ("exclude = ['../**']", "pyproject.toml:2: 'exclude' takes patterns below the project's root, not '../**';"),
        ("exclude = ['~/x']", "pyproject.toml:2: 'exclude' takes patterns below the project's root, not '~/x';"),
        (
            "exclude = ['" + "*a" * 60 + "*b']",
            "pyproject.toml:2: 'exclude' takes at most 8 wildcards between two slashes;",
        ),
        (
            "baseline = '/dev/zero'",
            "pyproject.toml:2: 'baseline' takes paths below the project's root, not '/dev/zero';",
        ),
        (
            "baseline = '../x.json'",
            "pyproject.toml:2: 'baseline' takes paths below the project's root, not '../x.json';",
        ),
        ("baseline = ''", "pyproject.toml:2: 'baseline' takes a path;"),
        ("templates = ['a/../../b.yml']", "pyproject.toml:2: 'templates' takes paths below the project's root, not"),
        (
            "functions = ['../x.py:f']",
            "pyproject.toml:2: 'functions' takes paths below the project's root, not '../x.py';",
        ),
        ("select = []\nselect = []", "pyproject.toml:3: not valid TOML: Cannot overwrite a value"),
        ("select = [[" + "[" * 5000, "pyproject.toml: nested too deeply; no setting needs that"),
        (".".join(["a"] * 8000) + " = 1", "pyproject.toml: a key of more than 100 parts; shorten it"),
        ("select = " + "9" * 5000, "pyproject.toml: not valid TOML: "),
        ("x = '\0'", "pyproject.toml:2: not valid TOML: "),
    ],
)
def test_mistakes(root, text, message):
    assert refused(root, section(text)).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[tool.lambdalint\n", "pyproject.toml:1: not valid TOML: "),
        (b"[tool.other\n[tool.lambdalint]\n", "pyproject.toml:1: not valid TOML: "),
        (b"tool = 'x'\n", "pyproject.toml: 'tool' must be a table"),
        (
            b"[[tool.lambdalint]]\nselect = []\n",
            "pyproject.toml: 'tool.lambdalint' must be a table, written [tool.lambdalint]",
        ),
        (
            b"[tool]\nlambdalint = 'strict'\n",
            "pyproject.toml: 'tool.lambdalint' must be a table, written [tool.lambdalint]",
        ),
        (b"\xef\xbb\xbf[tool.lambdalint]\n", "pyproject.toml:1: not valid TOML: "),
        (b'[tool.lambdalint]\nx = "\xff"\n', "pyproject.toml:2: not UTF-8, which TOML must be"),
        ("[tool.lambdalint]\n".encode("utf-16"), "pyproject.toml:1: not UTF-8, which TOML must be"),
        (b"[tool.lambdalint]\rselect = []\r", "pyproject.toml:1: not valid TOML: "),
        (b"#" * 300_000, "pyproject.toml: the configuration cannot be read (larger than 262,144 bytes)"),
    ],
)
def test_malformed_files(root, data, message):
    assert refused(root, data).startswith(message)


@pytest.mark.parametrize("name", ["pyproject.toml", "lambdalint.toml"])
def test_what_is_no_file_is_refused(root, name):
    (root / name).mkdir()
    with pytest.raises(UsageError, match="the configuration cannot be read"):
        load(str(root), str(root), {})
    (root / name).rmdir()
    os.mkfifo(root / name)
    with pytest.raises(UsageError, match="not a regular file"):
        load(str(root), str(root), {})
    (root / name).unlink()
    (root / name).symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="link that leads out of the project"):
        load(str(root), str(root), {})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fail-on": "high"}, "--fail-on takes one of info, warning, error"),
        (
            {"output": ("html",)},
            "--output takes one of text, concise, json, sarif, github, each with an optional :PATH",
        ),
        ({"per-file-ignores": ("a",)}, "--per-file-ignores takes PATTERN:RULES"),
        ({"as-of": "2026-02-30"}, "--as-of takes a date, as in 2026-11-21"),
        ({"color": "maybe"}, "--color takes one of auto, always, never"),
    ],
)
def test_mistakes_on_the_command_line(root, given, message):
    with pytest.raises(UsageError) as caught:
        load(str(root), str(root), given)
    assert str(caught.value) == message


def test_a_file_without_a_section_of_ours_is_not_parsed(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "tomllib", None)
    monkeypatch.setitem(sys.modules, "tomli", None)
    assert read(root, "[project]\nname = 'x'\n[tool.other]\nx = 1\n[broken") == Settings()


def test_nearest():
    assert nearest("selct", ("select", "ignore")) == "; did you mean 'select'?"
    assert nearest("zzz", ("select", "ignore")) == ""
