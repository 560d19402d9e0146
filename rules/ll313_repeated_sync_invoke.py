"""LL313: Synchronous invoke that the SDK repeats while the function is still at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding, Function
    from lambdalint.source.views import SiteView


class RepeatedSyncInvoke(Rule):
    """Synchronous invoke that the SDK repeats while the function is still at work.

    A client of boto3 waits 60 s for an answer unless its configuration says otherwise. When they are over, it takes
    the call for failed and makes it again, three times or more in all, and each time the function is run anew while
    the invocations before go on: what it does is done several times, all of them are billed, and in the end the caller
    gets an error.

    Reported is the invoke, where the template says that the invoked function may run for longer than the client waits,
    and that the invoking one is still there when the time is over.

    Triggers:
        1. [default] A client without a configuration of its own.
        2. [short] A client whose ``read_timeout`` is shorter than the function's timeout.

    Exemptions:
        1. [waits] The client waits for as long as the function may run.
        2. [no-retry] The client makes one attempt only, by its configuration or by ``AWS_MAX_ATTEMPTS``.
        3. [caller] The invoking function ends before the client gives up.
        4. [asynchronous] ``Event`` and ``DryRun`` do not wait for the function.
        5. [tests] Test files.

    Remedy:
        ``Config(read_timeout=…, retries={"total_max_attempts": 1})`` with a time above the invoked function's timeout;
        or invoke it as an Event, or let Step Functions wait for it.

    References:
        - https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        - https://repost.aws/knowledge-center/lambda-function-retry-timeout-sdk
        - https://docs.aws.amazon.com/boto3/latest/guide/retries.html
    """

    code = "LL313"
    name = "repeated-sync-invoke"
    tags = ("correctness", "cost", "templates")
    why = "The function runs again while its first invocation goes on, and what it does is done several times."
    remedy = (
        "Give the client a read_timeout above the invoked function's timeout and one attempt, or do not wait for it."
    )
    wants = Wanted(operations=("aws:lambda.invoke",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an invoke that may be repeated on some route."""
        repeat = site.repeat(site.ask("InvocationType", None, self._judge))
        if repeat is None:
            return
        names = " and ".join(function.name for function in repeat.callees)
        longest = max(function.lifetime_s.value for function in repeat.callees)
        yield self.finding(
            site.location,
            f"the SDK invokes {names} again after {repeat.read_s:g} s, and {names} may run for {longest} s",
            function=site.function,
            chains=site.chains(repeat.verdict),
            facts=tuple(_lasts(function) for function in (*repeat.callees, *repeat.callers)),
        )

    def _judge(self, values: tuple[Any, ...], missing: bool) -> str:
        found = {*values, *(("RequestResponse",) if missing else ())}
        if found == {"RequestResponse"}:
            return "yes"
        if not found or not found <= {"Event", "DryRun"}:
            return "unknown"
        return "asynchronous" if self.exempts("asynchronous") else "yes"


def _lasts(function: Function) -> str:
    place = function.lifetime_s.location or function.declared_at
    where = f"{place.path}:{place.line} lets" if place is not None else "the template lets"
    return f"{where} {function.name} run for {function.lifetime_s.value} s"
