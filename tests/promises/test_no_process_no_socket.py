"""No process and no socket, whatever the environment holds, asked of the system: strace, and a run without a network."""

import functools
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.hostile import GENERATOR, generated, group
from tests.processes import LAUNCHER, environment, run
from tests.promises import traps

CALLS = "execve,execveat,fork,vfork,clone,clone3,socket,socketpair,connect,bind,sendto,ptrace"
STRACE = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-e", "signal=none", "-o"]
ISOLATED = ["unshare", "--user", "--map-root-user", "--net"]
# What programs take for the wish to go online, or for the right to.
ONLINE = {
    "GITHUB_TOKEN": "ghp_0123456789", "GH_TOKEN": "ghp_0123456789", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI", "AWS_PROFILE": "default", "AWS_DEFAULT_REGION": "eu-central-1", "CI": "true",
    "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "LAMBDALINT_ONLINE": "1", "SENTRY_DSN": "http://k@127.0.0.1:9/1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
}  # fmt: skip
COMMANDS = (
    ["check", "--select", "ALL", "--output", "text", "--output", "sarif:out.sarif"],
    ["functions"],
    ["graph"],
    ["bundle", "--all"],
    ["config", "show"],
    ["baseline", "create", "--overwrite"],
)


@functools.cache
def works(*command):
    """Whether a program of the system is here and may do its work."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0


def calls(trace):
    """System calls that started something or talked to somebody; a thread is no process."""
    lines = [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines()]
    return [line for line in lines if "CLONE_THREAD" not in line and not line.startswith("<... ")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return traps.project(tmp_path_factory.mktemp("traps"))


needs_strace = pytest.mark.skipif(
    not works(*STRACE, os.devnull), reason="strace may trace nothing here: test_runs_nothing.py alone keeps watch"
)


@needs_strace
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_process_and_no_socket(project, tmp_path, command):
    trace = tmp_path / "trace"
    done = subprocess.run(
        [*STRACE, trace, sys.executable, LAUNCHER, *command, "--no-cache", "."] if command[0] != "config"
        else [*STRACE, trace, sys.executable, LAUNCHER, *command, "."],
        cwd=project, env=environment(**ONLINE), check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode == (1 if command[0] == "check" else 0), done.stderr
    (start,) = calls(trace)
    assert re.match(rf'execve\("{re.escape(sys.executable)}", ', start)
    assert not (project.parent / traps.NOTE).exists()


@needs_strace
@pytest.mark.skipif(not GENERATOR, reason="LAMBDALINT_TORTURE does not name the generator")
@pytest.mark.parametrize(("letter", "jobs"), [("a", "1"), ("a", "2"), ("b", "2"), ("c", "2"), ("e", "2")])
def test_no_process_and_no_socket_over_hostile_inputs(tmp_path, letter, jobs):
    """With several jobs the process divides itself, and still starts no other program and talks to nobody."""
    trace = tmp_path / "trace"
    done = subprocess.run(
        [*STRACE, trace, sys.executable, LAUNCHER, "check", "--select", "ALL", "--no-cache", "--jobs", jobs, *group(letter)],
        cwd=os.path.join(generated()[0], "set"), env=environment(**ONLINE), check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode in (0, 1)
    divided = [line for line in calls(trace) if re.match(r"(clone3?|v?fork)\(", line)]
    assert len(calls(trace)) - len(divided) == 1
    assert len(divided) == (0 if jobs == "1" else 2)


@needs_strace
def test_strace_sees(tmp_path):
    program = "import socket, subprocess; socket.socket().close(); subprocess.run(['true'])"
    subprocess.run([*STRACE, tmp_path / "trace", sys.executable, "-c", program], check=True)
    assert {line.partition("(")[0] for line in calls(tmp_path / "trace")} >= {"execve", "socket"}


@pytest.mark.skipif(not works(*ISOLATED), reason="no user namespaces here")
@pytest.mark.parametrize("command", COMMANDS[:4], ids=lambda command: command[0])
def test_without_a_network_it_says_the_same(project, command):
    arguments = [*command, "--no-cache", "."]
    there = run(*arguments, cwd=project, variables=ONLINE)
    alone = subprocess.run(
        [*ISOLATED, sys.executable, LAUNCHER, *arguments],
        cwd=project,
        env=environment(),
        check=False,
        capture_output=True,
    )
    assert there.stdout
    assert (there.returncode, there.stdout, there.stderr) == (alone.returncode, alone.stdout, alone.stderr)
