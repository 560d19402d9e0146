"""LL209: Function that only hands its event on, which the service does by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class PassThroughHandler(Rule):
    """Function that only hands its event on, which the service does by itself.

    API Gateway puts messages into queues, items into tables and starts state machines without a function in between;
    an EventBridge rule and a schedule have such targets as well. The function costs a cold start, its duration and its
    upkeep, and is one more thing that fails.

    Reported is a handler that is one call of the SDK, with parts of the event as they came, and logs at most besides,
    where the template's event source can make that call.

    Off by default: mapping templates are a language of their own, and harder to test than Python.

    Triggers:
        1. [api] A REST or HTTP API that could call the service.
        2. [rule] A rule or schedule that could have the service as its target.

    Exemptions:
        1. [branch] It tests something, loops, or catches errors: it may validate, authorise or answer for failures.
        2. [changed] It changes or adds to what it hands on.

    Remedy:
        Let the API, rule or schedule call the service.

    References:
        - https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
        - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html
        - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
    """

    code = "LL209"
    name = "pass-through-handler"
    severity = Severity.INFO
    default = False
    tags = ("cost", "templates")
    why = "The function costs cold starts, duration and upkeep, and is one more thing that fails."
    remedy = "Let the event source call the service by itself."
    wants = Wanted(entry_points=True, in_template=True, reaches=("integrations.operations.*",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for a handler that is one call."""
        found = function.relay()
        if found is None:
            return
        place = found.event.location
        yield self.finding(
            found.location,
            f"the handler only hands its event on to {found.operation}: {found.how} does so without a function",
            function=function.name,
            related=((place, "invokes the function"),) if place is not None else (),
        )
