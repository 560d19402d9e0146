"""LL412: Work that is started in the background, and frozen when the handler returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class ThreadOutlivesInvocation(Rule):
    """Work that is started in the background, and frozen when the handler returns.

    Lambda answers as soon as the handler returns, and freezes the environment with all threads and processes in it.
    What they had not done goes on with the next invocation, minutes later and on its time, or never. A task of
    ``asyncio`` that nothing awaits is cancelled when ``asyncio.run`` returns.

    Triggers:
        1. [thread] A thread or timer is started and never joined.
        2. [process] A process is, and never waited for.
        3. [submit] Something is submitted to an executor, and its future is thrown away.
        4. [task] An ``asyncio`` task is made, and thrown away.

    Exemptions:
        1. [waited] The definition joins, waits, cancels, shuts down or asks for a result.
        2. [kept] What is started is stored, returned or handed on.
        3. [with] A ``with`` statement around it waits.

    Remedy:
        Join the thread, ask the future for its result, await the task; or hand the work to a queue or another function.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        - https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task
    """

    code = "LL412"
    name = "thread-outlives-invocation"
    tags = ("reliability",)
    why = "The environment is frozen when the handler returns: the work is late, or never done."
    remedy = "Wait for it before the handler returns, or hand it to a queue."
    wants = Wanted(
        entry_points=True,
        reaches=("background.started",),
        words=("Thread", "thread", "Timer", "Popen", "Process", "asyncio"),
    )

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each start of what nothing waits for."""
        for item in function.unjoined():
            yield self.finding(
                item.place,
                f"{item.what} is started and nothing waits for it: it may not be done when the handler returns",
                function=item.node[1],
                chains=(item.chain,),
            )
