"""lambdalint in processes of its own, started as its console script starts it."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent
LAUNCHER = ROOT / "tests" / "launch.py"
UNWANTED = ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PYTHONPATH", "PYTHONUTF8", "PYTHONIOENCODING", "COLUMNS")


def environment(**changes):
    """The variables of a child: those of this process but for what changes the output; None removes one."""
    found = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    return {name: value for name, value in (found | changes).items() if value is not None}


def run(*arguments, cwd, python=(), variables=None, **options):
    """A finished child with its streams as bytes."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(
        [sys.executable, *python, LAUNCHER, *map(str, arguments)],
        cwd=cwd,
        env=environment(**(variables or {})),
        check=False,
        **options,
    )


# A process's peak memory starts with that of the process that made it: a bare interpreter is small, pytest is not.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
os.write(int(sys.argv[1]), str(usage.ru_maxrss).encode())
code = os.waitstatus_to_exitcode(status)
if code < 0:
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def measured(*command, **options):
    """Exit status, standard output and peak memory in MiB of a command; options are those of `subprocess.Popen`."""
    answer, told = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", MEASURE, str(told), *map(str, command)],
        stdout=subprocess.PIPE, pass_fds=(told,), **options,
    )  # fmt: skip
    os.close(told)
    with child, open(answer, "rb") as peak:
        output = child.stdout.read()
        used = int(peak.read() or 0) / 1024
    return child.returncode, output, used


def running(group):
    """The processes of a group that run; those that have ended may wait for somebody to ask how."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            state, _, of = pathlib.Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == group and state not in "ZX":
            found.append(int(name))
    return found
