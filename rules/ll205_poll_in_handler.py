"""LL205: The function polls until something is done, and is billed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class PollInHandler(Rule):
    """The function polls until something is done, and is billed meanwhile.

    The SDK's waiters ask for a state, sleep, and ask again: ``instance_running`` up to 40 times every 15 seconds,
    ``table_exists`` up to 25 times every 20. Lambda bills all of that time, and a function that times out in it is run
    again from the start.

    A loop that asks and sleeps by itself is reported by sleep-in-handler.

    Triggers:
        1. [waiter] ``get_waiter(…).wait(…)``.
        2. [resource] ``wait_until_…`` of a resource.

    Exemptions:
        1. [short] ``WaiterConfig`` lets it wait for ten seconds at most, or cannot be told.
        2. [custom-resource] The function answers for a custom resource of CloudFormation, which has to wait.
        3. [made] The definition makes the table that it waits for, which happens once.
        4. [slept] sleep-in-handler reports the loop's own sleep.

    Remedy:
        Let a state of Step Functions wait and ask, let EventBridge tell when it is done, or use a durable function's
        ``context.wait_for_condition``.

    References:
        - https://docs.aws.amazon.com/boto3/latest/guide/clients.html#waiters
        - https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
        - https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
    """

    code = "LL205"
    name = "poll-in-handler"
    tags = ("cost",)
    why = "The time waited is billed, and counts against the function's timeout and concurrency."
    remedy = "Let Step Functions or a durable wait do the waiting, or an event tell when it is done."
    wants = Wanted(entry_points=True, words=("get_waiter", "wait_until_"))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each call that polls."""
        for poll in function.polls():
            yield self.finding(
                poll.place,
                f"{poll.what} polls, and the function is billed while it waits",
                function=poll.node[1],
                chains=(poll.chain,),
            )
