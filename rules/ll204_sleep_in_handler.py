"""LL204: The function sleeps while it is billed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class SleepInHandler(Rule):
    """The function sleeps while it is billed.

    Lambda bills for the time between the start and the end of an invocation, whether the function computes or
    sleeps, and the environment serves nobody else meanwhile. A sleep in a loop, to poll or to back off, can
    also eat up the function's timeout, after which the whole event is delivered again.

    A wait of a durable execution (``context.wait``) suspends the function and is not reported.

    Triggers:
        1. [second] A sleep of a second or more; the time may be computed, or come from a constant or a caller.
        2. [loop] A sleep in a loop, of its own function or of a caller: polling, pacing, backing off.
        3. [async] The same with ``asyncio.sleep`` and its kin.

    Exemptions:
        1. [short] Less than a second outside of loops, less than 0.05 s in one.
        2. [branch] A branch that no caller takes.
        3. [tests] Test files.

    Remedy:
        Let Step Functions, a delayed queue message or a durable wait do the waiting; let the SDK do the retrying
        (botocore's ``Config(retries=...)``), or fail and let the event source deliver again.

    References:
        - https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
        - https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
    """

    code = "LL204"
    name = "sleep-in-handler"
    tags = ("cost",)
    why = "The time slept is billed, and counts against the function's timeout and concurrency."
    remedy = "Let Step Functions, a delayed message or a durable wait do the waiting, and the SDK the retrying."
    wants = Wanted(tables=("waits.operations",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for a sleep that is long, or repeated."""
        wait = site.wait()
        if wait is None:
            return
        if math.isfinite(wait.most):
            length = f" {'up to ' if wait.least < wait.most else ''}{wait.most:g} s"
        else:
            length = "" if wait.repeated else " for a second or more"
        yield self.finding(
            site.location,
            f"the function sleeps{length}{' in a loop' if wait.repeated else ''}",
            function=site.function,
            chains=site.chains(wait.verdict),
        )
