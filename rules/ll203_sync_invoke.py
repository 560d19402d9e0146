"""LL203: A function waits for another one that it invokes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class SyncInvoke(Rule):
    """A function waits for another one that it invokes.

    While the invoked function runs, the invoking one is billed for doing nothing, holds a unit of the
    account's concurrency and spends its own timeout; a slow or throttled callee makes both fail, and the
    SDK's retries run the callee again. ``RequestResponse`` is what the API does where nothing is said.

    An invocation of a durable execution (``context.invoke``) suspends the function and is not reported.

    Triggers:
        1. [default] ``invoke`` of the Lambda client without ``InvocationType``.
        2. [request-response] ``InvocationType="RequestResponse"``, also from a constant, a default or a dict.
        3. [caller] A caller asks a helper for it.

    Exemptions:
        1. [asynchronous] ``Event`` and ``DryRun`` do not wait for the function.
        2. [undecided] An invocation type that is not known before the function runs.
        3. [branch] A branch that no caller takes.
        4. [tests] Test files.

    Remedy:
        Invoke with ``InvocationType="Event"`` or through a queue where no answer is needed. Where one is, let
        Step Functions or a durable execution do the waiting, or make the callee a library.

    References:
        - https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        - https://docs.aws.amazon.com/lambda/latest/dg/concepts-event-driven-architectures.html
    """

    code = "LL203"
    name = "sync-invoke"
    tags = ("cost", "reliability")
    why = "Both functions are billed while one waits, and the caller fails with whatever makes the callee slow."
    remedy = "Invoke it as an Event or through a queue; let Step Functions or a durable execution wait for an answer."
    wants = Wanted(operations=("aws:lambda.invoke", "aws:lambda.invoke_with_response_stream"))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an invocation that waits on some route."""
        verdict = site.ask("InvocationType", None, self._judge)
        if not verdict.routes:
            return
        yield self.finding(
            site.location,
            f"{self._named(site)} is invoked synchronously and waited for",
            function=site.function,
            chains=site.chains(verdict),
        )

    @staticmethod
    def _named(site: SiteView) -> str:
        term = site.argument("FunctionName")
        names = site.values(term)
        if len(names) == 1 and type(names[0]) is str:
            return f"function '{names[0]}'"
        roots = site.roots(term) if term is not None else frozenset()
        variables = [root[1] for root in roots if root[0] == "env" and root[1]]
        return f"the function that {variables[0]} names" if len(roots) == len(variables) == 1 else "another function"

    def _judge(self, values: tuple[Any, ...], missing: bool) -> str:
        found = {*values, *(("RequestResponse",) if missing else ())}
        if found == {"RequestResponse"}:
            return "yes"
        tag = "asynchronous" if found and found <= {"Event", "DryRun"} else "undecided"
        return tag if self.exempts(tag) else "yes"
