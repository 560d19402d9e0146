"""LL431: A durable function does something outside of its steps that has another outcome on each replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

MESSAGES = {
    "value": "{label} outside a step gives another value each time the function is replayed",
    "call": "{label} outside a step is called again each time the function is replayed",
}


class DurableNondeterminism(Rule):
    """A durable function does something outside of its steps that has another outcome on each replay.

    A durable function that waits is ended, and resumed later by running its handler from the top. What steps have
    returned is looked up in the checkpoints, but all that stands outside of steps runs again. An ID made there is
    another one after each wait, a look at the clock may take another branch, so that a step gets the recorded result
    of a different one, and a call of a service is made again: the mail is sent twice, the task is started twice.

    Looked at are durable handlers of the Python SDK, what they call outside of steps, and their child contexts. A time
    that decides nothing is a warning.

    Triggers:
        1. [id] A UUID or a random number.
        2. [time] The time of day, where it decides something, goes into a step or into the result.
        3. [sdk] A call of an AWS service.
        4. [http] An HTTP request, or another call that leaves the function.
        5. [child] The same in a function that runs in a child context, or as a branch of ``map`` and ``parallel``.

    Exemptions:
        1. [step] In a step, in what ``wait_for_callback`` hands the callback to, or in the check of
           ``wait_for_condition``.
        2. [last] No durable operation can come after it, so that the function is not resumed.
        3. [shown] The value is only logged, or goes into a metric.
        4. [secret] Secrets and parameters are read: a checkpoint is no place for them.
        5. [replaying] It is done only where ``context.is_replaying()`` says that this is no replay.
        6. [token] The service recognises the repetition: by a token or name made from the event or from what durable
           operations return, or by a condition.
        7. [guard] It is done once in the life of an execution environment.

    Remedy:
        Do it in a step (``context.step``), and go on with what the step returns.

    References:
        - https://docs.aws.amazon.com/durable-execution/patterns/best-practices/determinism/
        - https://docs.aws.amazon.com/durable-execution/patterns/best-practices/idempotency/
        - https://docs.aws.amazon.com/lambda/latest/dg/durable-best-practices.html
    """

    code = "LL431"
    name = "durable-nondeterminism"
    severity = Severity.ERROR
    tags = ("correctness", "durable")
    why = "The handler runs from its top whenever it is resumed, and only what steps returned is remembered."
    remedy = "Do it in a step, and go on with what the step returns."
    wants = Wanted(entry_points=True, words=("aws_durable_execution_sdk_python",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each call that a replay makes again."""
        for item in function.replayed():
            yield self.finding(
                item.place,
                MESSAGES[item.kind].format(label=item.label),
                function=item.function,
                chains=(item.chain,),
                severity=Severity.ERROR if item.grave else Severity.WARNING,
            )
