"""Work that is shared out to processes which are forked off: they know all that is loaded, and only answers are sent.

Each task in turn goes to whoever is idle, so the order of tasks is all that decides, and answers are kept by task: who
did what and when makes no difference. A worker that dies takes one task with it. Nothing is shared out where the
system cannot fork (Windows), and as much as can be where it refuses to.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lambdalint.records import NamedTuple

if TYPE_CHECKING:
    from typing import BinaryIO, NoReturn

NUMBER = 4  # bytes by which a task is named


class Lost(NamedTuple):
    """The answer to a task whose worker died, with how."""

    reason: str


class _Worker:
    def __init__(self, pid: int, requests: int, answers: BinaryIO) -> None:
        self.pid = pid
        self.requests = requests
        self.answers = answers
        self.task = -1
        self.gone = False

    def give(self, task: int) -> None:
        """Have it do a task."""
        self.task = task
        try:
            os.write(self.requests, task.to_bytes(NUMBER, "big"))
        except BrokenPipeError:
            return  # it is dead, which its answer tells

    def answer(self) -> Any:
        """What it says to its task."""
        try:
            # it was made by this very program, a moment ago
            return pickle.load(self.answers)  # noqa: S301
        except (EOFError, pickle.UnpicklingError):
            return Lost(self.end())

    def end(self, *, kill: bool = False) -> str:
        """Wait until it is gone; says how it went."""
        if self.gone:
            return ""
        self.gone = True
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.requests)
        self.answers.close()
        try:
            code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:  # somebody else has asked for it
            return "nobody knows how"
        names = {-number: number.name for number in signal.Signals}
        return f"killed by {names.get(code, f'signal {-code}')}" if code < 0 else f"exit status {code}"


def shared_out(work: Callable[[int], Any], tasks: Iterable[int], jobs: int, told: Callable[[int, Any], None]) -> None:
    """Do tasks in forked processes.

    Args:
        work: does the task of a number, and gives an answer that can be pickled.
        tasks: their numbers, in the order in which they are begun.
        jobs: how many processes to use at most.
        told: told each task with its answer, or `Lost`, as they come.
    """
    waiting = deque(tasks)
    workers: list[_Worker] = []
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                worker = _started(work, workers)
                if worker is None:
                    jobs = len(workers)
                    break
                workers.append(worker)
                worker.give(waiting.popleft())
            if not workers:  # the system gives none: all is done here
                task = waiting.popleft()
                told(task, work(task))
                continue
            ready = select.select([item.answers for item in workers], (), ())[0]
            for worker in [item for item in workers if item.answers in ready]:
                done, answer = worker.task, worker.answer()
                if waiting and type(answer) is not Lost:
                    worker.give(waiting.popleft())
                else:
                    worker.end()
                    workers.remove(worker)
                told(done, answer)
    finally:
        for worker in workers:
            worker.end(kill=True)


def _started(work: Callable[[int], Any], others: Sequence[_Worker]) -> _Worker | None:
    """A new worker; None where the system gives no more."""
    ends: list[int] = []
    # Ctrl-C reaches all processes of a terminal: it is the first one's to say what becomes of the others
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        ends += os.pipe()
        ends += os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other threads: they hold nothing that is needed there
            pid = os.fork()
        if pid == 0:
            for other in others:
                os.close(other.requests)
                os.close(other.answers.fileno())
            os.close(ends[1])
            os.close(ends[2])
            _serve(work, ends[0], ends[3])
    except OSError:
        for end in ends:
            os.close(end)
        return None
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.close(ends[0])
    os.close(ends[3])
    return _Worker(pid, ends[1], os.fdopen(ends[2], "rb"))


def _serve(work: Callable[[int], Any], requests: int, answers: int) -> NoReturn:
    """Do what is asked for until nobody asks any more. Whatever happens, nothing of the first process goes on here."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with os.fdopen(answers, "wb") as out:
            while task := os.read(requests, NUMBER):
                pickle.dump(work(int.from_bytes(task, "big")), out, pickle.HIGHEST_PROTOCOL)
                out.flush()
        status = 0
    finally:
        os._exit(status)
