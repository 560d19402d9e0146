"""Work on a large stack, so that parsers have the same room on every platform and in every thread."""

from __future__ import annotations

import _thread  # the module threading takes a millisecond to import
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Result = TypeVar("Result")

BYTES = 256 << 20  # virtual; libcst's parser needs about 20 KB for each level of nesting

_large: set[int] = set()  # the threads that have such a stack
_starting = _thread.allocate_lock()


def on_large_stack(work: Callable[[], Result]) -> Result:
    """What ``work`` returns or raises.

    It is done on a thread with a stack of `BYTES`: this one if that has it, or if the system refuses to start another.
    """
    if _thread.get_ident() in _large:
        return work()
    answer: list[Result] = []
    raised: list[BaseException] = []
    done = _thread.allocate_lock()

    def run() -> None:
        own = _thread.get_ident()
        _large.add(own)
        try:
            answer.append(work())
        except BaseException as error:  # noqa: BLE001  handed to the thread that waits
            raised.append(error)
        finally:
            _large.discard(own)
            done.release()

    done.acquire()
    if not _started(run):
        return work()
    with done:  # Ctrl-C ends the wait
        if raised:
            raise raised[0]
        return answer[0]


def _started(run: Callable[[], None]) -> bool:
    """Whether a thread with a large stack runs something; a limit on memory may forbid it."""
    with _starting:
        try:
            before = _thread.stack_size(BYTES)
            try:
                _thread.start_new_thread(run, ())
            finally:
                _thread.stack_size(before)
        except (RuntimeError, ValueError, MemoryError):
            return False
    return True
