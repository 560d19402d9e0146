"""The work of a run in pieces that have nothing to do with one another: here one by one, or by several processes.

The outcome is the same however many there are. A piece on which a worker dies is cut into smaller ones, each with a
process of its own; what ends even that is given up, and told.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence

from lambdalint.judge import Outcome
from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import SourceError
from lambdalint.source.stack import on_large_stack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.workers import Lost

AUTO = 0  # jobs: as many as there are processors, where it pays
WORTH = 2.0  # seconds of work for which another process pays: it takes 0.1 CPU seconds, most for pages that it writes


class Task(NamedTuple):
    """A piece of work.

    ``path`` is the file that it is told by, ``seconds`` what it takes, roughly; ``entries`` are the entry points that
    are judged when it is done. ``work`` does it, ``parts`` are the smaller pieces that it consists of: none where it
    is the smallest.
    """

    path: str
    seconds: float
    entries: int
    work: Callable[[], Outcome]
    parts: Callable[[], Sequence[Task]]


def perform(tasks: Sequence[Task], jobs: int, told: Callable[[int], None]) -> list[Outcome]:
    """The outcomes of tasks, in their order.

    Args:
        tasks: what to do.
        jobs: how many processes to use at most, or `AUTO`.
        told: told how many more entry points are judged.
    """
    jobs = processes(tasks, jobs)
    gc.freeze()  # what is loaded stays: only what is made from now on is looked through, and processes share the rest
    try:
        return _shared_out(tasks, jobs, told) if jobs > 1 else on_large_stack(lambda: _one_by_one(tasks, told))
    finally:
        gc.unfreeze()


def processes(tasks: Sequence[Task], jobs: int) -> int:
    """How many processes to use for tasks; see `perform`."""
    if not hasattr(os, "fork"):
        return 1
    if jobs == AUTO:
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        jobs = min(processors, 1 + int(sum(task.seconds for task in tasks) / WORTH))
    return min(jobs, len(tasks))


class Failed(NamedTuple):
    """The answer to a task in which something was raised that nobody expected."""

    reason: str


def _tried(task: Task) -> Outcome | Failed:
    try:
        return task.work()
    except Exception as error:  # noqa: BLE001  the boundary: a defect costs the task, in whichever process it shows
        return Failed(f"its analysis failed ({described(error)})")


def described(error: Exception) -> str:
    """An exception that nobody expected, and where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{type(error).__name__}: {error}; {place}"


def _one_by_one(tasks: Sequence[Task], told: Callable[[int], None]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for task in tasks:
        answer = _tried(task)
        if isinstance(answer, Outcome):
            outcomes.append(answer)
            told(task.entries)
        else:
            outcomes += _one_by_one(task.parts(), told) or [_given_up(task, answer.reason)]
    return outcomes


def _shared_out(tasks: Sequence[Task], jobs: int, told: Callable[[int], None]) -> list[Outcome]:
    from lambdalint.workers import Lost, shared_out

    found: dict[int, Outcome] = {}
    lost: dict[int, str] = {}

    def answered(number: int, answer: Outcome | Failed | Lost) -> None:
        if isinstance(answer, Lost):
            lost[number] = f"the process that analysed it has died ({answer.reason})"
        elif isinstance(answer, Failed):
            lost[number] = answer.reason
        else:
            found[number] = answer
            told(tasks[number].entries)

    longest_first = sorted(range(len(tasks)), key=lambda number: -tasks[number].seconds)
    shared_out(lambda number: on_large_stack(lambda: _tried(tasks[number])), longest_first, jobs, answered)
    outcomes: list[Outcome] = []
    for number, task in enumerate(tasks):
        if number not in lost:
            outcomes.append(found[number])
        else:
            outcomes += _shared_out(task.parts(), jobs, told) or [_given_up(task, lost[number])]
    return outcomes


def _given_up(task: Task, reason: str) -> Outcome:
    return Outcome(
        errors=((f"process of {task.path}", f"{task.path}: {reason}"),), failures={task.path: SourceError(reason)}
    )
