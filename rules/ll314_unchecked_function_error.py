"""LL314: Answer of an invoked function that is used without looking whether the function failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class UncheckedFunctionError(Rule):
    """Answer of an invoked function that is used without looking whether the function failed.

    ``invoke`` raises nothing when the invoked function raises, times out or runs out of memory: ``StatusCode`` is 200
    all the same. ``FunctionError`` in the response tells, and the payload holds the error in place of the result. Code
    that does not look takes ``{"errorMessage": …}`` for an answer, and fails somewhere else or goes on with it.

    Triggers:
        1. [payload] The payload is read, and nothing looks for a failure.
        2. [status] Only ``StatusCode`` is looked at.

    Exemptions:
        1. [told] A module on the way knows ``FunctionError``, or the ``errorMessage`` of the payload.
        2. [asked] A condition asks whether what it expects is in the payload, by ``get`` or ``in``.
        3. [caught] An entry of the payload is taken, and the error of one that is missing is caught on the spot.
        4. [whole] The response is returned, stored or handed on as a whole.
        5. [asynchronous] The invocation is asynchronous or a dry run.
        6. [undecided] Its type cannot be told.

    Remedy:
        ``if "FunctionError" in response: raise …`` before the payload is used.

    References:
        - https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
    """

    code = "LL314"
    name = "unchecked-function-error"
    tags = ("reliability",)
    why = "invoke succeeds where the invoked function fails: its error is taken for its answer."
    remedy = 'Raise where "FunctionError" is in the response, before its payload is used.'
    wants = Wanted(operations=("aws:lambda.invoke",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an invoke whose answer is used unchecked."""
        verdict = site.ask("InvocationType", None, self._judge)
        if not verdict.routes:
            return
        used = site.unchecked_answer(verdict)
        if used:
            yield self.finding(
                site.location,
                f"{used} of the invoked function is used, and FunctionError is never looked at",
                function=site.function,
                chains=site.chains(verdict),
            )

    def _judge(self, values: tuple[Any, ...], missing: bool) -> str:
        found = {*values, *(("RequestResponse",) if missing else ())}
        if found == {"RequestResponse"}:
            return "yes"
        tag = "asynchronous" if found and found <= {"Event", "DryRun"} else "undecided"
        return tag if self.exempts(tag) else "yes"
