"""LL706: Function that waits for the network and whose timeout nobody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding, Value
    from lambdalint.source.views import FunctionView

_SHORT_S = 10


class DefaultTimeout(Rule):
    """Function that waits for the network and whose timeout nobody chose.

    Where the template sets no timeout, Lambda ends the function after 3 s, the Serverless Framework's 6 s. One cold
    start, or one server that takes its time, and the invocation is cut off in the middle of its work, with nothing but
    "Task timed out" in its log.

    Reported, at the function in the template, is one that calls an HTTP server or connects to a database or cache.

    Off by default: many functions never take 3 s.

    Triggers:
        1. [unset] The template sets no timeout.
        2. [serverless] The Serverless Framework sets 6 s.

    Exemptions:
        1. [quiet] Nothing that it runs waits for the network, AWS's own services apart.

    Remedy:
        Set a timeout somewhat above the slowest invocation that is still right, and shorter ones for its requests.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    """

    code = "LL706"
    name = "default-timeout"
    severity = Severity.INFO
    default = False
    tags = ("reliability", "templates")
    why = "A slow answer ends the invocation in the middle of its work."
    remedy = "Set a timeout above the slowest invocation that is still right."
    wants = Wanted(entry_points=True, in_template=True, reaches=("http.operations", "clients.constructors"))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each declaration of a function without timeout."""
        found = [item for item in function.functions if self._is_short(item.lifetime_s)]
        contact = function.contact() if found else None
        if contact is None and self.exempts("quiet"):
            return
        for item in found:
            waits = f"waits for {contact.operation}" if contact is not None else "waits for something"
            place = item.declared_at
            if place is not None:
                yield self.finding(
                    place,
                    f"the function {waits} and has the default timeout of {item.lifetime_s.value} s",
                    function=item.name,
                    related=((contact.location, "waits for another machine"),) if contact is not None else (),
                )

    @staticmethod
    def _is_short(lasts: Value) -> bool:
        """Whether a time is somebody else's default, and soon over: Chalice's of 60 s is not."""
        return bool(lasts.known and lasts.location is None and lasts.value < _SHORT_S)
