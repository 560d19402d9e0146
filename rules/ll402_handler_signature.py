"""LL402: Handler that cannot be called with an event and a context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class HandlerSignature(Rule):
    """Handler that cannot be called with an event and a context.

    The runtime calls the handler with exactly two positional arguments. A function that takes one, none, or needs a
    third deploys, and then each invocation fails with a TypeError before its first line runs.

    Triggers:
        1. [few] A function that takes fewer than two arguments by position.
        2. [many] A function that needs more than two.
        3. [keyword] A function that needs an argument by keyword.

    Exemptions:
        1. [decorated] A decorator other than Powertools' may call it in another way.
        2. [wrapper] A wrapper script may start the function (``AWS_LAMBDA_EXEC_WRAPPER``).

    Remedy:
        Take ``event`` and ``context``, and give every further parameter a default.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
    """

    code = "LL402"
    name = "handler-signature"
    severity = Severity.ERROR
    tags = ("correctness",)
    why = "Each invocation fails with a TypeError before the first line of the handler runs."
    remedy = "Take event and context, and give every further parameter a default."
    wants = Wanted(entry_points=True, in_template=True)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for an entry point that two positional arguments do not fit."""
        reason = function.misfit()
        if reason:
            yield self.finding(
                function.location,
                f"the runtime calls {function.name} with two arguments, event and context, and {reason}",
                function=function.name,
            )
