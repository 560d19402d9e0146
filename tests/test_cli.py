"""The command line: options, exit status, outputs, and what a person is told when something is wrong."""

import io
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

from lambdalint import __version__, cli, engine, registry
from lambdalint.diagnostics import unreadable
from lambdalint.model import Function, Location, Report, Severity, Skipped, Statistics
from tests import sample_report
from tests.sample_report import FINDING, REPORT

ROOT = pathlib.Path(__file__).parent.parent
CLEAN = "def handler(event, context):\n    return {}\n"
FUNCTIONS = (
    Function("Orders", "app.handler", "sam", "declared", "src/app.py", 9, "handler"),
    Function("Mail", "mail.send", "sam", "declared", "src/mail.py", 1, "send"),
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project as the working directory, with rules and an engine made up for the test."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    sample_report.install(monkeypatch)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(sample_report.SOURCE)
    return tmp_path


@pytest.fixture
def report(project, monkeypatch):
    """What the engine will say, for a test to change: calls are noted in ``calls``."""
    calls = []

    class Answer:
        value = REPORT

    def check(project, settings, **options):
        registry.Selection(settings)
        calls.append((project, settings, options))
        if isinstance(Answer.value, BaseException):
            raise Answer.value
        return Answer.value

    Answer.calls = calls
    monkeypatch.setattr(engine, "check", check)
    monkeypatch.setattr(engine, "find_functions", check)
    return Answer


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def subprocess_run(*arguments, cwd, code=None, stdin=b"", **environment):
    done = subprocess.run(
        [sys.executable, "-m", "lambdalint", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        input=stdin,
        capture_output=True,
        check=False,
    )
    if code is not None:
        assert done.returncode == code, done.stderr.decode()
    return done


# Exit status


def with_severity(severity):
    return Report(findings=(FINDING._replace(severity=severity),))


@pytest.mark.parametrize("format_", ["text", "concise", "json", "sarif", "github"])
@pytest.mark.parametrize(
    ("value", "options", "status"),
    [
        (Report(), [], 0),
        (with_severity(Severity.INFO), [], 0),
        (with_severity(Severity.WARNING), [], 1),
        (with_severity(Severity.ERROR), [], 1),
        (with_severity(Severity.INFO), ["--fail-on", "info"], 1),
        (with_severity(Severity.WARNING), ["--fail-on", "error"], 0),
        (with_severity(Severity.ERROR), ["--fail-on", "error"], 1),
        (with_severity(Severity.ERROR), ["--exit-zero"], 0),
        (with_severity(Severity.WARNING), ["--min-severity", "error"], 0),
        (with_severity(Severity.WARNING), ["--min-confidence", "high"], 1),
        (Report(internal_errors=("rule x failed on a.py",)), [], 2),
        (Report(internal_errors=("rule x failed on a.py",)), ["--exit-zero"], 2),
    ],
)
def test_exit_status_is_the_same_for_every_format(report, capsys, format_, value, options, status):
    report.value = value
    assert run("check", "--output", format_, *options) == status


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], "invalid choice: 'chek'"),
        ([], "the following arguments are required: COMMAND; see `lambdalint --help`"),
        (["check", "--selct", "LL1"], "unrecognized arguments: --selct; see `lambdalint check --help`"),
        (["check", "--sel", "LL1"], "unrecognized arguments: --sel; see"),
        (["check", "--select"], "argument --select: expected one argument; see `lambdalint check --help`"),
        (["check", "nope"], "there is no file or directory 'nope'; check the path"),
        (["check", "src", "nope.py"], "there is no file or directory 'nope.py'; check the path"),
        (["check", "a\x1b[31m.py"], "there is no file or directory 'a\\x1b[31m.py'; check the path"),
        (["check", "--select", "LL777"], "there is no rule 'LL777'"),
        (["check", "--ignore", "sample-rul"], "there is no rule 'sample-rul'; did you mean 'sample-rule'?"),
        (["check", "--output", "htm"], "--output takes one of text, concise, json, sarif, github"),
        (["check", "--fail-on", "never"], "--fail-on takes one of info, warning, error"),
        (["check", "--baseline", "gone.json"], "gone.json cannot be read (No such file or directory); make one with"),
        (["check", "--config", "gone.toml"], "there is no configuration file gone.toml; check --config"),
        (["check", "--function", "Order"], "there is no function 'Order'; did you mean 'Orders'?"),
        (["check", "-"], "'-' stands alone and needs --stdin-filename PATH"),
        (["check", "--stdin-filename", "a.py"], "--stdin-filename needs '-' as the path"),
        (
            ["check", "--output", "json:gone/x.json"],
            "gone/x.json cannot be written (No such file or directory); check the path",
        ),
        (["check", "--output", "json:src"], "src cannot be written (Is a directory); check the path"),
        (
            ["check", "--output", "json:/dev/full"],
            "/dev/full cannot be written (No space left on device); check the path",
        ),
        (["functions", "--output", "sarif"], "functions can be printed as text or json, not as sarif"),
        (["rule", "LL777"], "there is no rule 'LL777'; `lambdalint rule` lists them\n"),
        (["baseline"], "the following arguments are required: ACTION"),
        (["baseline", "update"], "lambdalint-baseline.json cannot be read (No such file or directory)"),
        (["config"], "the following arguments are required: ACTION"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_2(report, capsys, arguments, message):
    report.value = Report(functions=FUNCTIONS)
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lambdalint: error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_a_mistake_in_the_configuration(report, capsys, project):
    (project / "pyproject.toml").write_text("[tool.lambdalint]\nselct = []\n")
    assert run("check") == 2
    assert (
        capsys.readouterr().err == "lambdalint: error: pyproject.toml:2: unknown key 'selct'; did you mean 'select'?\n"
    )
    (project / "pyproject.toml").write_text("[tool.lambdalint]\nselect = ['sample-rul']\n")
    assert run("check") == 2
    assert (
        capsys.readouterr().err
        == "lambdalint: error: pyproject.toml: there is no rule 'sample-rul'; did you mean 'sample-rule'?\n"
    )


def test_nothing_to_analyse(report, capsys, tmp_path):
    report.value = Report()
    (tmp_path / "empty").mkdir()
    assert run("check", "empty") == 0
    assert capsys.readouterr().err == (
        f"lambdalint: nothing to analyse: no Python file or template below {tmp_path / 'empty'}\n"
    )
    assert run("check", "--exclude", "src/", "--error-on-empty") == 2
    assert capsys.readouterr().err == (
        f"lambdalint: nothing to analyse: no Python file or template below {tmp_path} (excluded: 1)\n"
    )
    assert run("check", "empty", "--error-on-empty") == 2
    assert run("check", "empty", "--error-on-empty", "--quiet") == 2
    assert run("check", "--error-on-empty") == 0


def test_an_unexpected_exception_is_one_sentence(report, capsys):
    report.value = RuntimeError("boom\n::error::x")
    assert run("check") == 2
    assert capsys.readouterr().err == (
        "lambdalint: internal error: RuntimeError: boom\\x0a::error::x; please report it (-vv shows where it happened)\n"
    )
    assert run("check", "-vv") == 2
    assert "\nTraceback (most recent call last):\n" in capsys.readouterr().err


def test_interrupt(report, capsys):
    report.value = KeyboardInterrupt()
    assert run("check") == 130
    assert capsys.readouterr().err == "lambdalint: interrupted\n"


def test_version_and_help(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"lambdalint {__version__}\n"
    assert run("--help") == 0
    assert "check" in capsys.readouterr().out
    assert run("check", "--help") == 0
    text = capsys.readouterr().out
    for option in (
        "--select",
        "--per-file-ignores",
        "--fail-on",
        "--output",
        "--baseline",
        "--no-cache",
        "--stdin-filename",
    ):
        assert option in text


# What reaches the engine


def test_options_reach_the_settings(report):
    run(
        "check", "src", "--select", "LL9, sample-rule", "--select", "LL003", "--ignore", "LL902", "--extend-select", "off-rule",
        "--exclude", "a,b", "--per-file-ignores", "x:LL901", "--min-severity", "info", "--no-cache",
        "--function", "Orders", "--statistics", "--color", "never",
    )  # fmt: skip
    project, settings, options = report.calls[0]
    assert settings.select == ("LL9", "sample-rule", "LL003")
    assert settings.exclude == ("a", "b")
    assert settings.per_file_ignores == (("x", ("LL901",)),)
    assert (settings.cache, settings.function) == (False, ("Orders",))
    assert project.python == ("src/app.py",)
    assert options == {}  # nobody watches


def test_the_configuration_reaches_the_settings(report, project):
    (project / "lambdalint.toml").write_text("ignore = ['LL901']\nexclude = ['src/']\n")
    run("check")
    given, settings, _ = report.calls[0]
    assert settings.ignore == ("LL901",)
    assert given.python == ()
    assert given.excluded == 1


def test_standard_input(project, monkeypatch, report):
    report.value = Report()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x = 2\n")))
    assert run("check", "-", "--stdin-filename", "src/app.py") == 0
    given = report.calls[0][0]
    assert given.tree.read("src/app.py", 100) == b"x = 2\n"
    assert given.only == ("src/app.py",)


# What the report is limited to


def shown(capsys):
    return [item["path"] for item in json.loads(capsys.readouterr().out)["findings"]]


def test_a_file_limits_the_report(report, capsys, project):
    other = FINDING._replace(location=Location("src/mail.py", 1))
    report.value = Report(findings=(FINDING, other))
    (project / "src" / "mail.py").write_text("")
    assert run("check", "--output", "json", "src/mail.py") == 1
    assert shown(capsys) == ["src/mail.py"]
    assert run("check", "--output", "json", "src") == 1
    assert shown(capsys) == ["src/app.py", "src/mail.py"]


def test_a_function_limits_the_report(report, capsys):
    in_mail = FINDING._replace(location=Location("src/mail.py", 1), function="send", chains=())
    elsewhere = FINDING._replace(location=Location("src/other.py", 1), function="f", chains=())
    report.value = Report(
        findings=(FINDING, in_mail, elsewhere, unreadable(Skipped("src/x.py", "r"))), functions=FUNCTIONS
    )
    for name, paths in (
        ("Orders", ["src/app.py"]),
        ("app.handler", ["src/app.py"]),
        ("send", ["src/mail.py"]),
    ):
        assert run("check", "--output", "json", "--function", name) == 1
        assert shown(capsys) == paths
    assert run("check", "--output", "json", "--function", "Orders", "--function", "Mail") == 1
    assert shown(capsys) == ["src/app.py", "src/mail.py"]


# Outputs


def test_several_outputs(report, capsys, project):
    assert run("check", "--output", "sarif:out.sarif", "--output", "concise", "--output", "json:out:1.json") == 1
    assert capsys.readouterr().out.startswith("src/app.py:6:16: warning sample-rule (LL901) The DynamoDB")
    assert json.loads((project / "out.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((project / "out:1.json").read_text())["schema"] == 1
    assert sorted(os.listdir(project)) == ["out.sarif", "out:1.json", "src"]


def test_files_are_replaced_as_a_whole_and_keep_their_mode(report, project):
    target = project / "out.json"
    target.write_text("old")
    target.chmod(0o640)
    (project / "link.json").symlink_to("out.json")
    assert run("check", "--output", "json:link.json", "--exit-zero") == 0
    assert json.loads(target.read_text())["schema"] == 1
    assert target.stat().st_mode & 0o777 == 0o640
    assert (project / "link.json").is_symlink()
    assert run("check", "--output", "json:new.json", "--exit-zero") == 0
    mask = os.umask(0)
    os.umask(mask)
    assert (project / "new.json").stat().st_mode & 0o777 == 0o666 & ~mask


def test_functions(report, capsys, project):
    report.value = Report(functions=FUNCTIONS)
    assert run("functions") == 0
    assert capsys.readouterr().out.startswith(
        "app.handler  src/app.py:9\n  origin    sam\n  reason    declared\n\nmail.send"
    )
    assert run("functions", "--output", "json:f.json", "--output", "json") == 0
    text = (project / "f.json").read_text()
    assert capsys.readouterr().out == text
    assert [item["line"] for item in json.loads(text)["functions"]] == [9, 1]


def test_formats_of_the_configuration_are_meant_for_check(report, capsys, project):
    (project / "lambdalint.toml").write_text("output = ['sarif']\n")
    report.value = Report(functions=FUNCTIONS)
    assert run("functions") == 0
    assert capsys.readouterr().out.startswith("app.handler")
    assert run("check") == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("environment", "options", "colored"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "0"}, [], False),
        ({"FORCE_COLOR": ""}, [], False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False),
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, [], True),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, [], True),
        ({"FORCE_COLOR": "1"}, ["--output", "concise"], True),
        ({"FORCE_COLOR": "1"}, ["--output", "json"], False),
        ({"FORCE_COLOR": "1"}, ["--output", "github"], False),
    ],
)
def test_colour(report, capsys, monkeypatch, environment, options, colored):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    run("check", *options)
    assert ("\x1b[" in capsys.readouterr().out) is colored


def test_no_colour_in_files(report, project):
    run("check", "--color", "always", "--output", "text:out.txt")
    assert "\x1b" not in (project / "out.txt").read_text()


def test_quiet(report, capsys):
    report.value = Report()
    assert run("check", "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_verbose_says_what_was_taken_for_the_project(report, capsys, project):
    (project / "lambdalint.toml").write_text("exclude = ['gen/']\n")
    (project / "gen").mkdir()
    run("check", "-v", "--exit-zero")
    assert capsys.readouterr().err == (
        f"lambdalint: root {project}, configuration lambdalint.toml\n"
        "lambdalint: 1 Python files, 0 possible templates, 1 entries excluded, 0 skipped\n"
    )


def test_statistics(report, capsys):
    report.value = Report(statistics=Statistics(10, 9))
    run("check", "--statistics")
    assert "calls in regions: 10, resolved: 9 (90.0 %)" in capsys.readouterr().out
    run("check")
    assert "resolved" not in capsys.readouterr().out


# Rules, baseline, configuration


def test_rule(report, capsys):
    assert run("rule") == 0
    assert capsys.readouterr().out == (
        "LL001  syntax-error\nLL002  unreadable-input\nLL003  unused-suppression\nLL004  unknown-rule\n"
        "LL804  vulnerable-dependency\nLL901  sample-rule\nLL902  off-rule  (off by default)\n"
    )
    assert run("rule", "sample-rule") == 0
    by_name = capsys.readouterr().out
    assert by_name.startswith("sample-rule (LL901)\n===")
    assert run("rule", "LL901", "sample-rule") == 0
    assert capsys.readouterr().out == by_name
    assert run("rule", "--all") == 0
    assert re.findall(r"\((LL\d+)\)\n=", capsys.readouterr().out) == [
        "LL001",
        "LL002",
        "LL003",
        "LL004",
        "LL804",
        "LL901",
        "LL902",
    ]


def test_baseline(report, capsys, project):
    assert run("baseline", "create") == 0
    told = capsys.readouterr().err.splitlines()
    path = project / "lambdalint-baseline.json"
    assert told == [
        f"lambdalint: {path} accepts 2 findings",
        'lambdalint: to use it, set baseline = "lambdalint-baseline.json" in the configuration or pass --baseline',
    ]
    assert run("check", "--baseline", path, "--output", "json") == 0
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert (summary["warnings"], summary["baselined"]) == (0, 2)

    text = path.read_text()
    assert run("baseline", "create") == 2
    assert capsys.readouterr().err == (
        f"lambdalint: error: {path} is there already; `lambdalint baseline update` shrinks it, --overwrite replaces it\n"
    )
    assert path.read_text() == text

    report.value = Report(findings=(FINDING, FINDING._replace(function="new")))
    assert run("check", "--baseline", path) == 1
    captured = capsys.readouterr()
    assert captured.err == (
        "lambdalint: 1 entry of the baseline accepts more than is found; `lambdalint baseline update` removes that\n"
    )
    assert run("baseline", "update") == 0
    assert f"lambdalint: {path} accepts 1 of 2 findings\n" in capsys.readouterr().err
    assert run("baseline", "create", "--overwrite", "-q") == 0
    assert [row["function"] for row in json.loads(path.read_text())["findings"]] == ["Store.table", "new"]


def test_no_baseline_is_written_after_an_internal_error(report, project, capsys):
    report.value = REPORT._replace(internal_errors=("rule x failed",))
    assert run("baseline", "create") == 2
    assert not (project / "lambdalint-baseline.json").exists()


def test_a_baseline_of_the_configuration(report, project, capsys):
    assert run("baseline", "create") == 0
    (project / "pyproject.toml").write_text('[tool.lambdalint]\nbaseline = "lambdalint-baseline.json"\n')
    assert run("check") == 0
    assert "2 in the baseline" in " ".join(capsys.readouterr().out.split())


def test_config_show(project, capsys):
    (project / "pyproject.toml").write_text(
        "[tool.lambdalint]\nselect = ['LL9']\nfail-on = 'error'\n[tool.lambdalint.per-file-ignores]\n\"a\\u001b*\" = ['LL901']\n"
    )
    assert run("config", "show", "--ignore", "LL902") == 0
    rows = capsys.readouterr().out.splitlines()
    assert 'select = ["LL9"]  (pyproject.toml)' in rows
    assert 'ignore = ["LL902"]  (command line)' in rows
    assert 'fail-on = "error"  (pyproject.toml)' in rows
    assert 'per-file-ignores = {"a\\u001b*": ["LL901"]}  (pyproject.toml)' in rows
    assert 'min-severity = "info"  (default)' in rows


# Terminals, pipes and start-up, in processes of their own


@pytest.fixture
def clean(tmp_path):
    (tmp_path / "app.py").write_text(CLEAN)
    return tmp_path


def test_a_clean_file(clean):
    done = subprocess_run("check", "app.py", "--no-cache", cwd=clean, code=0)
    assert done.stdout == b"No findings in 1 function, 1 file analysed\n"
    assert done.stderr == b""


def test_a_reader_that_goes_away(clean):
    # enough to fill the pipe's buffer
    process = subprocess.Popen(
        [sys.executable, "-m", "lambdalint", "rule", *["--all"]], cwd=clean, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 141
    assert error == b""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(clean, closed):
    command = f'"{sys.executable}" -m lambdalint check app.py --no-cache {closed}'
    done = subprocess.run(
        ["sh", "-c", command], cwd=clean, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk(clean):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lambdalint", "check", "app.py", "--no-cache"], cwd=clean, env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"lambdalint: error: standard output cannot be written (No space left on device)\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_encodings(clean, encoding):
    name = "日本\u202e.py"
    os.mkfifo(clean / name)
    done = subprocess_run("check", "--no-cache", cwd=clean, code=0, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    expected = {"utf-8": "日本\\u202e.py:1:"}.get(encoding, "\\u65e5\\u672c\\u202e.py:1:")
    assert done.stdout.decode(encoding).startswith(expected)


def test_the_working_directory_is_not_imported_from(clean):
    for name in ("json", "yaml", "lambdalint", "argparse", "re"):
        (clean / f"{name}.py").write_text("raise SystemExit('imported')\n")
    script = "import sys; sys.path.remove(''); sys.path.insert(0, sys.argv.pop(1)); from lambdalint.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), "check", "--no-cache"], cwd=clean, capture_output=True, check=False
    )
    assert b"imported" not in done.stdout + done.stderr
    assert done.returncode == 0


def terminal(command, cwd, until=None, **environment):
    """What a command writes to a terminal of 60 columns (both streams), and its exit status."""
    ours, theirs = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    process = subprocess.Popen(
        command, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"} | environment,
    )  # fmt: skip
    os.close(theirs)
    output = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # the other side has gone
            break
        if not chunk:
            break
        output += chunk
        if until is not None and until in output:
            process.send_signal(signal.SIGINT)
            until = None
    os.close(ours)
    return output.replace(b"\r\n", b"\n").decode(), process.wait()


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background of a shell is given none
from lambdalint import cli, engine
from lambdalint.model import Report

if sys.argv[2:] == ["at once"]:  # however long the machine takes
    time.monotonic = lambda: 0.0

def check(project, settings, progress):
    for number in range(int(sys.argv[1])):
        progress("following calls", number, 1000)
        time.sleep(0.05)
    return Report()

engine.check = check
sys.exit(cli.main(["check", "app.py"]))
"""


def test_colours_and_width_of_a_terminal(clean):
    os.mkfifo(clean / "bad.py")
    command = [sys.executable, "-m", "lambdalint", "check", "--no-cache"]
    text, status = terminal(command, clean, NO_COLOR="", FORCE_COLOR="")
    assert status == 0
    assert "\x1b[1mbad.py\x1b[0m:1:" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 60
    assert terminal(command, clean, NO_COLOR="1")[0] == plain
    assert terminal(command, clean, TERM="dumb", NO_COLOR="", FORCE_COLOR="")[0] == plain


def test_progress_is_shown_only_after_a_second(clean):
    text, status = terminal([sys.executable, "-c", SLOW, "40"], clean, NO_COLOR="1")
    assert status == 0
    assert re.search(r"following calls \d+/1,000", text)
    text, status = terminal([sys.executable, "-c", SLOW, "2", "at once"], clean, NO_COLOR="1")
    assert status == 0
    assert text == "No findings in 0 functions, 0 files analysed\n"


def test_interrupt_of_a_process(clean):
    started = time.monotonic()
    text, status = terminal([sys.executable, "-c", SLOW, "1000"], clean, until=b"following calls", NO_COLOR="1")
    assert status == 130
    assert text.endswith("lambdalint: interrupted\n")
    assert "Traceback" not in text
    assert time.monotonic() - started < 40  # it did not run to its end


def test_warnings_of_what_is_parsed_are_not_printed(tmp_path):
    (tmp_path / "app.py").write_text("import boto3\n\ndef handler(event, context):\n    return boto3, '\\d'\n")
    (tmp_path / "other.py").write_text("NAME = '\\d'\n")
    for command in ("check", "functions"):
        run = subprocess.run(
            [sys.executable, "-W", "always", "-m", "lambdalint", command, str(tmp_path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Warning" not in run.stdout + run.stderr
