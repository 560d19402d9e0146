"""LL207: Function that is invoked asynchronously for each of many elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class AsyncInvokeFanout(Rule):
    """Function that is invoked asynchronously for each of many elements.

    Each ``invoke`` is a request of its own, and as many copies of the invoked function run at once as there are
    elements, up to the limit of the account, which others then lack. What fails is tried twice more and dropped. A
    queue in between takes ten messages in a request, sets how many are handled at once, and moves aside what keeps
    failing.

    Reported is an invocation with ``InvocationType="Event"`` and a payload, in a loop over what the invocation brings:
    records, items that were looked up.

    Off by default: for some dozens of elements it is the simplest thing that works.

    Triggers:
        1. [record] One invocation for each record of the event, or for each item that was looked up.
        2. [helper] The loop calls a helper that invokes.

    Exemptions:
        1. [destination] The template gives the invoked function a dead-letter queue or on-failure destination.
        2. [fixed] A loop over constants or over what a variable of the environment lists.
        3. [undecided] An invocation type that is not known before the function runs.
        4. [payload] Nothing of the element is handed on.
        5. [tenant] A tenant is named, which no queue can do.

    Remedy:
        Send the elements to a queue, ten in a request, and let it invoke the function; or let a Map state of Step
        Functions do it.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
        - https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """

    code = "LL207"
    name = "async-invoke-fanout"
    severity = Severity.INFO
    default = False
    tags = ("cost", "reliability")
    why = "Nothing limits how many copies run at once, and what fails three times is dropped."
    remedy = "Send the elements to a queue that invokes the function, or let a Map state of Step Functions do it."
    wants = Wanted(operations=("aws:lambda.invoke",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an asynchronous invocation on a route through a loop."""
        if site.argument("Payload") is None and not site.has_unpacked and self.exempts("payload"):
            return
        if site.argument("TenantId") is not None and self.exempts("tenant"):
            return
        found = site.fanout(site.ask("InvocationType", None, self._judge, looped=True))
        if found is None:
            return
        names = [callee.name for callee in found.callees]
        what = f"{names[0]} is" if len(names) == 1 else "a function is"
        places = [(place, callee.name) for callee in found.callees if (place := callee.declared_at) is not None]
        yield self.finding(
            site.location,
            f"{what} invoked asynchronously for each element of a loop: nothing limits or keeps them in between",
            function=site.function,
            chains=site.chains(found.verdict),
            related=tuple((place, f"{name} has neither dead-letter queue nor destination") for place, name in places),
        )

    def _judge(self, values: tuple[Any, ...], missing: bool) -> str:
        if set(values) == {"Event"} and not missing:
            return "yes"
        return "undecided" if values or missing or self.exempts("undecided") else "yes"
