"""Homes, disks, terminals, encodings, pipes, limits, interrupts and files that change: one sentence at worst, never a traceback."""

import ctypes
import json
import os
import pty
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time

import pytest

from lambdalint import cli, discover, engine
from tests.processes import LAUNCHER, ROOT, environment, run, running
from tests.promises import traps

CHECK = ("check", "--no-cache")
COMMANDS = (
    [*CHECK, "--select", "ALL"], [*CHECK, "--output", "json"], [*CHECK, "--output", "sarif"], [*CHECK, "--output", "github"],
    ["functions", "--no-cache"], ["graph", "--no-cache"], ["bundle", "--no-cache", "--all"], ["config", "show"], ["rule", "--all"],
)  # fmt: skip
NAMES = ("é.py", "日本\u202e.py", "\udcff\udcfe.py", "a\x1b[31m.py", "😀.py")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    top = traps.project(tmp_path_factory.mktemp("environment"))
    for name in NAMES:
        (top / name).write_text(traps.HANDLER)
    return top


@pytest.fixture(scope="module")
def usual(project):
    """What each command says where nothing is unusual."""
    return {tuple(command): run(*command, cwd=project) for command in COMMANDS}


def unprivileged():
    """In a child: root is not let through where mode bits forbid something."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; 24 is PR_CAPBSET_DROP
            libc.prctl(24, capability, 0, 0, 0)


HOMES = {
    "none": {"HOME": None, "XDG_CACHE_HOME": None},
    "nowhere": {"HOME": "/nonexistent", "XDG_CACHE_HOME": None},
    "empty": {"HOME": "", "XDG_CACHE_HOME": ""},
    "file": {"HOME": "{0}/file", "XDG_CACHE_HOME": "{0}/file"},
    "relative": {"HOME": "here", "XDG_CACHE_HOME": "there"},
    "read-only": {"HOME": "{0}/locked", "XDG_CACHE_HOME": "{0}/locked"},
    "link": {"HOME": "{0}/loop", "XDG_CACHE_HOME": "{0}/loop"},
    "device": {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/full"},
}


@pytest.mark.parametrize("home", HOMES)
def test_homes(project, usual, tmp_path, home):
    (tmp_path / "file").touch()
    (tmp_path / "locked").mkdir(mode=0o555)
    (tmp_path / "loop").symlink_to("loop")
    variables = {name: value and value.format(tmp_path) for name, value in HOMES[home].items()}
    variables["LAMBDALINT_CACHE_DIR"] = None
    before = sorted(path.name for path in project.iterdir())
    for _ in range(2):
        done = run("check", "--select", "ALL", cwd=project, variables=variables, preexec_fn=unprivileged)
        expected = usual[tuple(COMMANDS[0])]
        assert (done.returncode, done.stdout, done.stderr) == (expected.returncode, expected.stdout, b"")
    assert sorted(path.name for path in project.iterdir()) == before
    assert list((tmp_path / "locked").iterdir()) == []


# Disks


@pytest.mark.parametrize("command", COMMANDS[1::2], ids=" ".join)
def test_a_full_disk_behind_standard_output(project, command):
    with open("/dev/full", "wb") as full:
        done = run(*command, cwd=project, stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"lambdalint: error: standard output cannot be written (No space left on device)\n"


def test_outputs_that_cannot_be_written(project, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    for path, reason in (
        ("/dev/full", "No space left on device"),
        (tmp_path / "locked" / "out", "Permission denied"),
        (tmp_path / "none" / "out", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (tmp_path / ("n" * 300), "File name too long"),
    ):
        done = run(*CHECK, "--output", f"json:{path}", cwd=project, preexec_fn=unprivileged)
        assert done.returncode == 2, path
        assert reason in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
        assert done.stdout == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["locked"]


def test_a_disk_that_fills_up(project, tmp_path):
    """An old report stays as it was, and no part of a new one is left beside it."""
    script = (
        'mount -t tmpfs -o size=8k,nr_inodes=16 tmpfs "$1" && cd "$1" && echo old >out.json && shift && '
        '{ "$@"; echo "status $?"; cat out.json; ls -A; }'
    )
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", tmp_path]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no file system of a given size can be mounted here")
    done = subprocess.run(
        [*command, sys.executable, LAUNCHER, *CHECK, "--select", "ALL", "--output", f"json:{tmp_path}/out.json", project],
        check=True, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.stdout == "status 2\nold\nout.json\n"
    assert "No space left on device" in done.stderr


# Terminals, encodings, pipes


@pytest.mark.parametrize("columns", [0, 1, 39, 65535])
def test_terminals_of_any_width(project, columns):
    ours, theirs = pty.openpty()
    import fcntl
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, LAUNCHER, *CHECK, "--color", "never", "app.py"], cwd=project, stdin=theirs, stdout=theirs, stderr=theirs,
        env=environment(TERM="xterm", COLUMNS=str(columns)), start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    output = b""
    while True:
        try:
            output += os.read(ours, 65536)
        except OSError:  # the other side has gone
            break
    os.close(ours)
    assert process.wait() == 1
    assert b"Traceback" not in output
    assert b"client-in-handler" in output


ENCODINGS = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "utf-16": {"PYTHONIOENCODING": "utf-16"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX": {"LC_ALL": "POSIX", "LANG": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "none such": {"LC_ALL": "xx_YY.nonsense", "PYTHONUTF8": "0"},
    "strict": {"PYTHONIOENCODING": "ascii:strict"},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(project, usual, encoding):
    for command in (COMMANDS[0], COMMANDS[1], COMMANDS[5]):
        done = run(*command, cwd=project, variables=ENCODINGS[encoding])
        expected = usual[tuple(command)]
        assert (done.returncode, done.stderr) == (expected.returncode, b"")
        assert done.stdout
        if command[-1] == "json":  # in ASCII, whatever the encoding is
            text = done.stdout.decode("utf-16" if encoding == "utf-16" else "ascii")
            assert json.loads(text)["summary"] == json.loads(expected.stdout)["summary"]


@pytest.mark.parametrize(
    "variables",
    [
        {"TERM": "dumb"}, {"TERM": None}, {"TERM": ""}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "0"}, {"COLUMNS": "0"}, {"COLUMNS": "x"}, {"TZ": "nonsense"},
        {"PYTHONOPTIMIZE": "2"}, {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"}, {"PYTHONMALLOC": "malloc"}, {"PATH": None}, {"USER": None, "LOGNAME": None},
        {"TMPDIR": "/nonexistent"},  {"GITHUB_ACTIONS": "true"}, {"PYTHONUNBUFFERED": "1"},
    ],
    ids=str,
)  # fmt: skip
def test_variables_change_nothing(project, usual, variables):
    done = run(*COMMANDS[0], cwd=project, variables=variables)
    expected = usual[tuple(COMMANDS[0])]
    assert (done.returncode, done.stdout, done.stderr) == (expected.returncode, expected.stdout, b"")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_readers_that_go_away(project, command):
    done = subprocess.run(
        ["bash", "-c", '"$@" | head -1 >/dev/null; exit ${PIPESTATUS[0]}', "bash", sys.executable, LAUNCHER, *command],
        cwd=project, env=environment(), check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode in (0, 1, 141)
    assert done.stderr == b""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(project, usual, closed):
    for command in COMMANDS[::2]:
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", sys.executable, LAUNCHER, *command],
            cwd=project,
            env=environment(),
            check=False,
            capture_output=True,
        )
        expected = usual[tuple(command)]
        assert (done.returncode, done.stderr) == (expected.returncode, b"")
        assert done.stdout == (b"" if ">&-" in closed.replace("2>&-", "") else expected.stdout)


def test_no_standard_input_to_read(project):
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", sys.executable, LAUNCHER, *CHECK, "-", "--stdin-filename", "app.py"],
        cwd=project,
        env=environment(),
        check=False,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")


# Limits


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        (resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_NOFILE, 16), (resource.RLIMIT_STACK, 1 << 20), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_AS, 1 << 30),
    ],
)  # fmt: skip
def test_limits(project, usual, kind, amount):
    for command in (COMMANDS[0], COMMANDS[6]):
        done = run(*command, cwd=project, preexec_fn=lambda: resource.setrlimit(kind, (amount, amount)))
        expected = usual[tuple(command)]
        assert (done.returncode, done.stdout, done.stderr) == (expected.returncode, expected.stdout, b"")


def test_a_small_stack_over_the_fixtures():
    expected = run(*CHECK, "--select", "ALL", "--output", "json", "fixtures", cwd=ROOT)
    amount = 1 << 20
    done = run(
        *CHECK, "--select", "ALL", "--output", "json", "fixtures", cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (amount, amount)),
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, expected.stdout, expected.stderr)


# Interrupts


def asked_to_listen_later():
    """In a child: what the shell's background would have it ignore, but not before it says so.

    What Python says of an interrupt while it starts itself is not lambdalint's.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def test_ctrl_c_at_any_moment(tmp_path):
    """130, or what the run would have said; no traceback, no part of a file, no child.

    Before run() has begun, and when it has ended, the signal ends the interpreter by itself.
    """
    out = tmp_path / "out.json"
    start = "import signal, sys; sys.path[0] = {!r}; from lambdalint.__main__ import run; {}; sys.exit(run())"
    listen = "signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})"
    command = [
        sys.executable,
        "-c",
        start.format(str(ROOT), listen),
        *CHECK,
        "--jobs",
        "2",
        "--output",
        f"json:{out}",
        "fixtures/demo-orders",
        "fixtures/zip-layout",
    ]
    started = time.monotonic()
    whole = subprocess.run(command, cwd=ROOT, env=environment(), check=False, capture_output=True)
    took = time.monotonic() - started
    new = out.read_bytes()
    moments = random.Random(0)
    interrupted = 0
    for _ in range(12):
        out.write_bytes(b"old")
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=asked_to_listen_later,  # noqa: PLW1509  no threads
        )  # fmt: skip
        moment = moments.uniform(0, took)
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        output, told = process.communicate()
        if process.returncode == 130:
            assert (output, told) == (b"", b"lambdalint: interrupted\n")
            interrupted += 1
        elif process.returncode == -signal.SIGINT:
            assert b"cli.py" not in told
        else:
            assert (process.returncode, output, told) == (whole.returncode, whole.stdout, whole.stderr)
            took = moment  # at most: it had ended, or was about to
        assert out.read_bytes() in (b"old", new)
        assert os.listdir(tmp_path) == ["out.json"]
        # one that was just forked off, or has just answered, notes by itself that nobody asks any more
        for _ in range(200):
            if not running(process.pid):
                break
            time.sleep(0.05)
        assert not running(process.pid)
    assert interrupted


def test_ctrl_c_while_modules_are_loaded(tmp_path):
    (tmp_path / "argparse.py").write_text("raise KeyboardInterrupt\n")
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; from lambdalint.__main__ import run; sys.exit(run())"
    done = subprocess.run([sys.executable, "-c", script, "check"], cwd=tmp_path, check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"lambdalint: interrupted\n")


@pytest.mark.parametrize(
    ("names", "goes_on"),
    [
        (["<frozen importlib._bootstrap>"], True),
        (["<frozen importlib._bootstrap_external>", "module.py"], True),
        (["<frozen os>", "module.py"], False),
    ],
)
def test_ctrl_c_while_a_module_is_loaded(tmp_path, names, goes_on):
    """There Python may lose it, and keep the lock on imports for which all other threads then wait."""
    said = tmp_path / "said"
    code = f"import os; os.kill(os.getpid(), 2); [None for _ in range(10)]; open({str(said)!r}, 'w').write('on')"
    for name in reversed(names):  # code in files of these names, each run by the one before it
        code = f"exec(compile({code!r}, {name!r}, 'exec'))"
    script = f"""
import signal, time
from lambdalint.__main__ import interrupt
signal.signal(signal.SIGINT, interrupt)
try:
    {code}
    time.sleep(60)
except KeyboardInterrupt:
    raise SystemExit(3)
"""
    started = [sys.executable, "-c", script]
    done = subprocess.run(started, cwd=ROOT, env=environment(), check=False, capture_output=True)
    assert (done.returncode, said.exists(), done.stderr) == (3, goes_on, b"")


@pytest.mark.parametrize(
    ("before", "status"), [(signal.default_int_handler, -signal.SIGINT), (signal.SIG_IGN, 1)], ids=["usual", "ignored"]
)
def test_ctrl_c_while_the_interpreter_ends(tmp_path, before, status):
    """Nothing but the report is said; where the one who started it asked for no Ctrl-C there is none to the end."""
    (tmp_path / "app.py").write_text(traps.HANDLER)
    script = (
        "import atexit, os, runpy, signal; atexit.register(os.kill, os.getpid(), signal.SIGINT); runpy.run_path(%r)"
    )
    command = [sys.executable, "-c", script % str(LAUNCHER), *CHECK, "--output", "concise"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), check=False, capture_output=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, before),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (status, b"")
    assert done.stdout.startswith(b"app.py:")


@pytest.mark.parametrize("moment", ["write", "chmod", "replace"])
def test_ctrl_c_while_a_report_is_written(tmp_path, monkeypatch, capsys, moment):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(traps.HANDLER)
    (tmp_path / "out.json").write_bytes(b"old")

    def interrupt(*arguments):
        raise KeyboardInterrupt

    if moment == "write":
        monkeypatch.setattr(cli, "open", _Interrupting, raising=False)
    else:
        monkeypatch.setattr(os, moment, interrupt)
    assert cli.main([*CHECK, "--output", "json:out.json"]) == 130
    assert capsys.readouterr().err == "lambdalint: interrupted\n"
    assert (tmp_path / "out.json").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["app.py", "out.json"]


class _Interrupting:
    """A file of which half can be written."""

    def __init__(self, path, mode):
        self.file = open(path, mode)  # noqa: SIM115  it is closed below

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, data):
        self.file.write(data[: len(data) // 2])
        raise KeyboardInterrupt


# Directories and files that are not what they were


def test_a_working_directory_that_was_deleted(tmp_path, project, usual):
    gone = tmp_path / "gone"
    gone.mkdir()
    for arguments, status in (([], 2), (["."], 2), ([project], 1)):
        done = subprocess.run(
            ["sh", "-c", 'cd "$1" && rmdir "$1" && mkdir -p "$2" && shift 2 && "$@"', "sh", gone, gone, sys.executable, LAUNCHER, *CHECK, *arguments],
            env=environment(), check=False, capture_output=True,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        assert b"Traceback" not in done.stderr
        assert b"internal error" not in done.stderr


def report(capsys, *paths):
    cli.main([*CHECK, "--output", "json", *map(str, paths)])
    return json.loads(capsys.readouterr().out)


def test_a_path_in_several_spellings_is_analysed_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(traps.HANDLER)
    (tmp_path / "link").symlink_to("src")
    (tmp_path / "src" / "again.py").symlink_to("app.py")
    once = report(capsys, "src")
    assert once["analysed"] == ["src/app.py"]
    for paths in (
        ["src", "src"],
        ["src", "./src/"],
        ["src", "link"],
        ["link"],
        ["src/../src"],
        [tmp_path / "src"],
        ["src", "src/app.py", "src/again.py"],
        ["src//"],
    ):
        assert report(capsys, *paths) == once, paths


CHANGES = {
    "vanishes": lambda path: path.unlink(),
    "is a directory": lambda path: (path.unlink(), path.mkdir()),
    "is a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "leads out": lambda path: (path.unlink(), path.symlink_to("/etc/hostname")),
    "loops": lambda path: (path.unlink(), path.symlink_to(path.name)),
    "is empty": lambda path: path.write_bytes(b""),
    "is binary": lambda path: path.write_bytes(bytes(range(256))),
    "is large": lambda path: path.write_bytes(b"x" * (9 << 20)),
    "is other code": lambda path: path.write_text("x = 1\n"),
}


@pytest.mark.parametrize("name", ["app.py", "template.yaml", "app.zip", "helper.py", "layer.zip"])
@pytest.mark.parametrize("when", ["after the walk", "before the report"])
@pytest.mark.parametrize("change", CHANGES)
def test_an_input_that_changes_during_the_run(tmp_path, monkeypatch, capsys, name, when, change):
    """It is analysed as it was or as it is, or listed as skipped; the others are analysed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(traps.HANDLER)
    (tmp_path / "other.py").write_text(traps.HANDLER)
    (tmp_path / "helper.py").write_text("def helped(event):\n    return event\n")
    (tmp_path / "template.yaml").write_text(traps.SAM)
    for archive in ("app.zip", "layer.zip"):
        traps.pack(tmp_path / archive, {"app.py": traps.HANDLER, "python/m.py": "x = 1\n"})
    module, function = (discover, "project") if when == "after the walk" else (engine, "check")
    real = getattr(module, function)

    def changing(*arguments, **options):
        result = real(*arguments, **options)
        CHANGES[change](tmp_path / name)
        return result

    monkeypatch.setattr(module, function, changing)
    status = cli.main(
        [*CHECK, "--select", "ALL", "--output", "json", "--output", "text:out.txt", "--output", "sarif:out.sarif"]
    )
    captured = capsys.readouterr()
    assert status == 1
    assert captured.err == ""
    found = json.loads(captured.out)
    assert found["errors"] == []
    assert "other.py" in found["analysed"]
    listed = [*found["analysed"], *(item["path"] for item in found["skipped"])]
    assert name in listed
    assert len(listed) == len(set(listed))
