"""The work of a run in several processes: the same bytes however many there are, and what the death of one costs."""

from __future__ import annotations

import faulthandler
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from lambdalint import discover, engine, tasks, workers
from lambdalint.judge import Judge, Outcome
from lambdalint.model import Report
from lambdalint.settings import Settings
from lambdalint.tasks import Task
from lambdalint.tree import DirectoryTree, Seen
from lambdalint.workers import Lost
from tests.generated import project
from tests.processes import running

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")

ROOT = pathlib.Path(__file__).parent.parent


def children() -> set[int]:
    """The processes that this one has started and that are still there."""
    found = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return {int(line.split()[0]) for line in found.stdout.splitlines() if "ps" not in line.split()[1]}


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Any:
    before = children()
    yield
    assert children() <= before


# -- workers


def segmentation_fault() -> None:
    faulthandler.disable()  # pytest's
    os.kill(os.getpid(), signal.SIGSEGV)


def share(work: Any, count: int, jobs: int) -> dict[int, Any]:
    answers: dict[int, Any] = {}
    workers.shared_out(work, range(count), jobs, answers.__setitem__)
    return answers


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_task_is_done_elsewhere(jobs: int) -> None:
    answers = share(lambda number: (number, os.getpid(), "x" * 300_000), 9, jobs)
    assert sorted(answers) == list(range(9))
    assert all(answer[0] == number and len(answer[2]) == 300_000 for number, answer in answers.items())
    pids = {answer[1] for answer in answers.values()}
    assert os.getpid() not in pids
    assert 1 <= len(pids) <= jobs


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda: os._exit(3), "exit status 3"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "killed by SIGKILL"),
        (segmentation_fault, "killed by SIGSEGV"),
        (lambda: sys.exit("never mind"), "exit status 1"),
        (lambda: 1 // 0, "exit status 1"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_death_costs_one_task(end: Any, reason: str, jobs: int, capfd: pytest.CaptureFixture[str]) -> None:
    def work(number: int) -> int:
        if number in (2, 5):
            end()
        return number

    answers = share(work, 8, jobs)
    assert answers == {number: Lost(reason) if number in (2, 5) else number for number in range(8)}
    assert capfd.readouterr() == ("", "")


def test_a_death_between_two_tasks_is_found_out_by_the_next() -> None:
    def work(number: int) -> int:
        if number == 0:
            pid = os.getpid()
            if os.fork() == 0:  # the process ends when it has answered
                time.sleep(0.5)
                os.kill(pid, signal.SIGKILL)
                os._exit(0)
        elif number == 1:
            time.sleep(60)
        return number

    answers = share(work, 3, 1)
    assert answers == {0: 0, 1: Lost("killed by SIGKILL"), 2: 2}


@pytest.mark.parametrize("granted", [0, 1])
def test_where_the_system_refuses_processes(monkeypatch: pytest.MonkeyPatch, granted: int) -> None:
    fork, calls = os.fork, []

    def refuse() -> int:
        calls.append(1)
        if len(calls) > granted:
            raise OSError(11, "Resource temporarily unavailable")
        return fork()

    monkeypatch.setattr(os, "fork", refuse)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    answers = share(lambda number: os.getpid(), 6, 4)
    assert len(answers) == 6
    assert (set(answers.values()) == {os.getpid()}) is (granted == 0)
    assert len(calls) == granted + 1  # it is not asked again and again
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_an_interrupt_leaves_nobody() -> None:
    def interrupt(_number: int, _answer: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workers.shared_out(lambda number: time.sleep(60) if number else 0, range(4), 3, interrupt)
    # that nobody is left, and that it did not take a minute, is seen when the test ends


# -- tasks


def task(name: str, seconds: float = 1.0, parts: tuple[Task, ...] = (), *, dies: bool = False) -> Task:
    def work() -> Outcome:
        if dies:
            os._exit(7)
        return Outcome(commented=(name,))

    return Task(name, seconds, 1, work, lambda: parts)


def test_what_a_process_dies_of_is_cut_into_parts() -> None:
    told: list[int] = []
    parts = (task("a"), task("b", dies=True), task("c"))
    outcomes = tasks.perform([task("first"), task("all", 9.0, parts, dies=True), task("last")], 2, told.append)
    reason = "the process that analysed it has died (exit status 7)"
    assert [item.commented for item in outcomes] == [("first",), ("a",), (), ("c",), ("last",)]
    assert [item.errors for item in outcomes if item.errors] == [(("process of b", f"b: {reason}"),)]
    assert [(path, str(error)) for item in outcomes for path, error in item.failures.items()] == [("b", reason)]
    assert told == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("seconds", "asked", "processors", "used"),
    [
        ([0.9, 0.9], 0, 8, 1),  # another process costs more than it saves
        ([0.9] * 5, 0, 8, 3),
        ([9.0] * 50, 0, 8, 8),
        ([9.0] * 50, 0, 1, 1),
        ([9.0] * 3, 0, 8, 3),
        ([0.01] * 50, 4, 1, 4),
        ([9.0] * 50, 1, 8, 1),
        ([], 4, 8, 0),
    ],
)
def test_how_many_processes_pay(
    monkeypatch: pytest.MonkeyPatch, seconds: list[float], asked: int, processors: int, used: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)), raising=False)
    assert tasks.processes([task("x", each) for each in seconds], asked) == used
    monkeypatch.delattr(os, "fork")
    assert tasks.processes([task("x", each) for each in seconds], asked) == 1


# -- runs


def check(folder: pathlib.Path, jobs: int, seen: Seen | None = None) -> Report:
    settings = Settings(select=("ALL",), as_of="2026-11-21", jobs=jobs)
    found = discover.project(discover.locate([str(folder)]))
    assert isinstance(found.tree, DirectoryTree)
    found.tree.seen = seen
    return engine.check(found, settings)


def written(folder: pathlib.Path, seed: int) -> pathlib.Path:
    files = project(seed)
    files |= {f"broken{number}.py": "def f(:\n" for number in range(3)}
    files["commented.py"] = "x = 1  # lambdalint: ignore[no-such-rule]\n"
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("seed", range(12))
def test_the_report_is_the_same_for_every_number_of_processes(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    written(tmp_path, seed)
    asked = Seen()
    alone = check(tmp_path, 1, asked)
    assert {item.code for item in alone.findings} > {"LL002", "LL004"}
    used: list[int] = []
    shared_out = workers.shared_out
    monkeypatch.setattr(
        workers, "shared_out", lambda work, order, jobs, told: used.append(jobs) or shared_out(work, order, jobs, told)
    )
    for jobs in (2, 3, 16):
        seen = Seen()
        assert check(tmp_path, jobs, seen) == alone
        assert vars(seen) == vars(asked)  # the cache depends on it
    assert used
    assert min(used) >= 2


def test_a_death_costs_the_entry_point_that_is_judged(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import shared\nimport boto3\ndef handler(event, context):\n    boto3.client('s3')\n    shared.work()\n"
    for name in "abcd":
        (tmp_path / f"{name}.py").write_text(code if name != "d" else code.replace("shared", "os"), encoding="utf-8")
    (tmp_path / "shared.py").write_text("def work(): pass\n", encoding="utf-8")
    alone = check(tmp_path, 1)
    judge = Judge.judge

    def deadly(self: Judge) -> Outcome:
        if ("b.py", "handler") in self.component.entries:
            segmentation_fault()
        return judge(self)

    monkeypatch.setattr(Judge, "judge", deadly)
    report = check(tmp_path, 2)
    reason = "the process that analysed it has died (killed by SIGSEGV)"
    assert report.internal_errors == (f"b.py: {reason}",)
    assert [(item.path, item.reason) for item in report.skipped] == [("b.py", reason)]
    assert "b.py" not in report.analysed
    rest = [item for item in report.findings if item.code != "LL002"]
    assert [item.location.path for item in report.findings if item.code == "LL002"] == ["b.py"]
    assert rest == [item for item in alone.findings if item.location.path != "b.py"]
    assert {item.location.path for item in rest} == {"a.py", "c.py", "d.py"}


def test_a_rule_that_fails_in_a_worker_is_named_once(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lambdalint.rules.ll101_client_in_handler import ClientInHandler

    for name in "abcd":
        (tmp_path / f"{name}.py").write_text("import boto3\ndef handler(event, context):\n    boto3.client('s3')\n")

    def fail(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(ClientInHandler, "check_site", fail)
    assert check(tmp_path, 1).internal_errors == ("rule client-in-handler (LL101) failed on a.py: ValueError: no",)
    assert check(tmp_path, 3) == check(tmp_path, 1)


# -- the command

DEADLY = """\
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background of a shell is given none
from lambdalint import cli, tasks
from lambdalint.judge import Judge
judge = Judge.judge
def hooked(self):
    if any(path == "%(path)s" for path, _ in self.component.entries):
        %(what)s
    return judge(self)
Judge.judge = hooked
sys.exit(cli.main(sys.argv[1:]))
"""


def command(folder: pathlib.Path, *arguments: str, path: str = "", what: str = "pass") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DEADLY % {"path": path, "what": what}, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_the_command_tells_a_death_and_exits_with_2(tmp_path: pathlib.Path) -> None:
    written(tmp_path, 3)
    run = command(tmp_path, "check", "--jobs", "2", "--no-cache", path="function0.py", what="os._exit(9)")
    out, err = run.communicate()
    told = "function0.py: the process that analysed it has died (exit status 9)"
    assert run.returncode == 2
    assert f"lambdalint: internal error: {told}; please report it\n" == err
    assert "function1.py" in out


def left(group: int) -> list[int]:
    """The processes of a group that are still there after ten seconds."""
    for _ in range(1_000):
        if not running(group):
            break
        time.sleep(0.01)  # one that was just forked off notes by itself that nobody asks any more
    return list(running(group))


def begun(folder: pathlib.Path, *, jobs: int, seconds: int) -> subprocess.Popen[str]:
    """A run of which one worker sleeps over a function."""
    written(folder, 3)
    flag = folder / "begun"
    what = f"open({str(flag)!r}, 'w').close(); time.sleep({seconds})"
    run = command(folder, "check", "--jobs", str(jobs), "--no-cache", path="function0.py", what=what)
    while not flag.exists():
        time.sleep(0.01)
    return run


def test_ctrl_c_ends_all_processes(tmp_path: pathlib.Path) -> None:
    run = begun(tmp_path, jobs=2, seconds=60)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    out, err = run.communicate()
    assert (run.returncode, out, err) == (130, "", "lambdalint: interrupted\n")
    assert left(run.pid) == []


def test_workers_end_when_the_first_process_is_killed(tmp_path: pathlib.Path) -> None:
    run = begun(tmp_path, jobs=3, seconds=1)
    run.kill()
    run.communicate()
    assert left(run.pid) == []


@pytest.mark.parametrize("jobs", ["auto", "1", "2", "64"])
def test_few_files_may_be_open(tmp_path: pathlib.Path, jobs: str) -> None:
    resource = pytest.importorskip("resource")
    written(tmp_path, 3)
    script = "import sys; from lambdalint import cli; sys.exit(cli.main(sys.argv[1:]))"

    def run(limit: int) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-c", script, "check", "--jobs", jobs, "--no-cache", "--output", "json"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
        )
        return done.returncode, done.stdout, done.stderr

    assert run(16) == run(64) == run(512)
    assert run(64)[0] == 1


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "65", "1.5", ""])
def test_numbers_of_processes_that_are_none(tmp_path: pathlib.Path, jobs: str) -> None:
    run = command(tmp_path, "check", f"--jobs={jobs}")
    out, err = run.communicate()
    assert (run.returncode, out) == (2, "")
    assert "auto or a number from 1 to 64" in err
