"""LL411: Process pool, queue or lock, which needs shared memory that Lambda does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView

_CATCHING = frozenset({"OSError", "IOError", "EnvironmentError", "FileNotFoundError", "NotImplementedError"})
_BROAD = frozenset({"Exception", "BaseException"})


class MultiprocessingPrimitive(Rule):
    """Process pool, queue or lock, which needs shared memory that Lambda does not have.

    Locks, queues and pools of ``multiprocessing`` and ``ProcessPoolExecutor`` are made of the system's semaphores,
    which Linux keeps in ``/dev/shm``. Lambda's environment has none: to make one raises ``OSError: [Errno 38] Function
    not implemented``. ``Process`` with ``Pipe`` works, and so do threads.

    That is AWS's own account of its environment; no test of lambdalint can show it elsewhere.

    Triggers:
        1. [pool] A pool of processes, of ``multiprocessing`` or ``concurrent.futures``.
        2. [primitive] A queue, lock, semaphore, condition, event, barrier or locked value of ``multiprocessing``.

    Exemptions:
        1. [caught] The error is caught, so that the code may go on without.
        2. [unlocked] A value or array with ``lock=False``.

    Remedy:
        Use a ``ThreadPoolExecutor`` for calls that wait; for work that computes, ``Process`` and ``Pipe``.

    References:
        - https://aws.amazon.com/blogs/compute/parallel-processing-in-python-with-aws-lambda/
        - https://github.com/python/cpython/blob/main/Lib/multiprocessing/synchronize.py
    """

    code = "LL411"
    name = "multiprocessing-primitive"
    tags = ("correctness",)
    why = "Lambda has no /dev/shm: making it raises OSError."
    remedy = "Use threads, or Process with Pipe."
    wants = Wanted(tables=("background.semaphores",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for each of them that is made."""
        row = site.row("background.semaphores")
        unlocked = "lock" in row and site.values(site.argument(row["lock"])) == (False,)
        if (unlocked and self.exempts("unlocked")) or (self._is_caught(site) and self.exempts("caught")):
            return
        verdict = site.verdict(())
        if verdict.routes:
            yield self.finding(
                site.location,
                f"{row['name']} needs /dev/shm, which Lambda does not have: making it raises OSError",
                function=site.function,
                chains=site.chains(verdict),
            )

    @staticmethod
    def _is_caught(site: SiteView) -> bool:
        handlers = [types for frame in site.context if frame[0] == "try" for types, _ in frame[2]]
        return any(not types or (_CATCHING | _BROAD) & set(types) for types in handlers)
