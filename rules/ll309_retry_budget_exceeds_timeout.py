"""LL309: Calls that may go on for longer than the function lives, or than its caller waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView, SiteView

_GIVES_UP = {
    "": "the function ends",
    "api": "a REST API gives up",
    "http": "an HTTP API gives up",
    "cognito": "a user pool gives up",
    "firehose": "a delivery stream gives up",
}


class RetryBudgetExceedsTimeout(Rule):
    """Calls that may go on for longer than the function lives, or than its caller waits.

    A time-out is there so that the code can deal with a server that does not answer. Where it is longer than what is
    left to the function, Lambda ends the invocation first: no handler of the code runs, nothing is logged but the
    time-out, and all of the time is billed. A client of the SDK waits anew in each of its attempts, three at least
    unless it is told otherwise.

    Compared are time-outs that the code sets, times the attempts of a client of the SDK, with the timeout of the
    function in its template and with what the API that invokes it waits.

    Triggers:
        1. [attempts] The ``read_timeout`` of a client's ``Config``, times its attempts.
        2. [call] The time-out of an HTTP call, or of the session or pool that it goes through.
        3. [source] Either, where the API gives up before the function ends.

    Exemptions:
        1. [close] The limit is passed by a second at most.
        2. [defaults] A client that is not told how long to wait: AWS answers long before the SDK's 60 s are over.
        3. [other-source] The function has another source, which does not wait or waits for longer.
        4. [tests] Test files.

    Remedy:
        Give the call a time-out that fits into the function's, with all attempts:
        ``Config(read_timeout=5, retries={"total_max_attempts": 2})``; or give the function more time.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
        - https://docs.aws.amazon.com/boto3/latest/guide/retries.html
        - https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    """

    code = "LL309"
    name = "retry-budget-exceeds-timeout"
    severity = Severity.INFO
    tags = ("reliability", "cost", "templates")
    why = "Lambda ends the invocation, or its caller gives up, before the code can deal with what does not answer."
    remedy = "Give the call a time-out that fits into the function's, with all of its attempts."
    wants = Wanted(tables=("http.operations",), entry_points=True, in_template=True)

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an HTTP call that is told to wait for too long."""
        return self._findings(site)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each configuration of SDK clients that lets calls go on for too long."""
        return self._findings(function)

    def _findings(self, view: SiteView | FunctionView) -> Iterable[Finding]:
        for budget in view.budgets():
            least = budget.limits[0]
            each = budget.seconds / budget.attempts
            how = f" ({budget.attempts} attempts of {each:g} s)" if budget.attempts > 1 else ""
            facts = {f"{_GIVES_UP[item.kind]} after {item.seconds:g} s: {item.told}": None for item in budget.limits}
            yield self.finding(
                budget.place,
                f"{budget.label} may wait for {budget.seconds:g} s{how},"
                f" and {_GIVES_UP[least.kind]} after {least.seconds:g} s",
                function=budget.scope,
                chains=budget.chains,
                facts=tuple(facts),
            )
