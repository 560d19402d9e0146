"""LL432: A step of a durable function calls a durable operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class DurableNestedOperation(Rule):
    """A step of a durable function calls a durable operation.

    A step is what the SDK records as a whole: its function gets a ``StepContext``, which can log and no more. A step,
    a wait or an invocation that it starts on the context of the handler around it is not part of any order that a
    replay could follow, for when the outer step is done, its function does not run again.

    Triggers:
        1. [step] In a lambda or function handed to ``context.step``.
        2. [decorated] In a function under ``@durable_step``.
        3. [called] In what a step calls.
        4. [submitter] In what ``wait_for_callback`` hands the callback to, which it runs as a step.
        5. [check] In the check of ``wait_for_condition``, which is one too.

    Exemptions:
        1. [child] In a function that runs in a child context, or as a branch of ``map`` and ``parallel``.

    Remedy:
        Group the operations in a child context (``context.run_in_child_context``), or call them one after the other
        in the handler.

    References:
        - https://docs.aws.amazon.com/durable-execution/patterns/best-practices/step-design/
        - https://docs.aws.amazon.com/durable-execution/sdk-reference/operations/step/
        - https://docs.aws.amazon.com/durable-execution/sdk-reference/operations/child-context/
    """

    code = "LL432"
    name = "durable-nested-operation"
    severity = Severity.ERROR
    tags = ("correctness", "durable")
    why = "A step is recorded as a whole: what it starts itself is in no order that a replay can follow."
    remedy = "Group the operations in a child context, or call them one after the other in the handler."
    wants = Wanted(entry_points=True, words=("aws_durable_execution_sdk_python",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each durable operation in a step."""
        for item in function.nested_operations():
            yield self.finding(
                item.place,
                f"a step calls the durable operation {item.label}",
                function=item.function,
                chains=(item.chain,),
            )
