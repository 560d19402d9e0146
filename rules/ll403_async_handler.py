"""LL403: Handler that is a coroutine function, which the runtime does not await."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class AsyncHandler(Rule):
    """Handler that is a coroutine function, which the runtime does not await.

    Python's runtime calls the handler and turns what it returns into JSON. An ``async def`` returns a coroutine: none
    of its lines run, and each invocation fails with ``Runtime.MarshalError``.

    Triggers:
        1. [async] A template, the configuration or the file's own shape makes an ``async def`` the handler.

    Exemptions:
        1. [decorated] A decorator other than Powertools' may run the coroutine.
        2. [wrapper] A wrapper script may start the function (``AWS_LAMBDA_EXEC_WRAPPER``).
        3. [called] No template names it, and the code calls it or hands it on.

    Remedy:
        Give the runtime a plain function that runs the coroutine, such as one of ``return asyncio.run(main(event))``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
    """

    code = "LL403"
    name = "async-handler"
    severity = Severity.ERROR
    tags = ("correctness",)
    why = "Nothing awaits the coroutine: no line of it runs, and each invocation fails."
    remedy = "Make the handler a plain function that runs the coroutine with asyncio.run."
    wants = Wanted(entry_points=True, words=("async def",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for an entry point whose coroutine nobody awaits."""
        if function.gives_coroutine:
            yield self.finding(
                function.location,
                f"the runtime does not await {function.name}: none of it runs, and each invocation fails",
                function=function.name,
            )
