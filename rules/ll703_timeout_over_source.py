"""LL703: Function that may run for longer than what invokes it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import EventSource, Finding
    from lambdalint.source.declared import DeclaredView

_WAITING = {
    "api": "a REST API waits",
    "http": "an HTTP API waits",
    "cognito": "a user pool waits",
    "firehose": "a delivery stream waits",
}
_CLOSE_S = 1


class TimeoutOverSource(Rule):
    """Function that may run for longer than what invokes it waits.

    API Gateway answers 504 when its limit is over, 29 s for a REST API unless the template sets another one and 30 s
    for an HTTP API. The function runs on, is billed, and does what its client was told had failed. A user pool waits
    5 s and calls again.

    A queue hides a message that it handed over. Shows it the message again while the function is still at work, the
    message is handled twice; Lambda therefore refuses an event source mapping where the queue's visibility timeout is
    shorter than the function's timeout. Its guide advises six times that, so that messages of a throttled function do
    not run out of attempts; what is below that is a note.

    Compared are the numbers of the template, and the services' own where it sets none. Of several sources the one that
    waits longest counts. An integration that may invoke the function without waiting, and one that streams the answer,
    have no limit.

    Triggers:
        1. [api] An API, a user pool or a delivery stream that gives up earlier.
        2. [queue] A queue that shows a message again earlier.
        3. [advised] A queue that hides a message for less than what is advised.

    Exemptions:
        1. [close] The limit is passed by a second at most: 30 s under a REST API.
        2. [other-source] Another source may need the time, or not all sources can be told.
        3. [cfn-lint] An event source mapping of plain CloudFormation, where cfn-lint reports it (E3505).
        4. [other-language] The function is not known to be Python.

    Remedy:
        Give the function a timeout below what its caller waits, and start what takes longer without waiting for it;
        give the queue a visibility timeout of six times the function's timeout.

    References:
        - https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        - https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
    """

    code = "LL703"
    name = "timeout-over-source"
    tags = ("reliability", "cost", "templates")
    why = "The caller gives up, or the queue hands the message to another invocation, while the function is at work."
    remedy = (
        "Set the function's timeout below what its caller waits, and the queue's visibility timeout to six times it."
    )
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """Findings for the source that waits longest, and for each queue."""
        lasts = view.setting("lifetime_s")
        if not lasts.known or not (view.is_python or not self.exempts("other-language")):
            return
        waiting = [event for event in view.events if event.setting("answer_s").known]
        others = view.declared.events.unknown or len(waiting) < len(view.events)
        if waiting and not (others and self.exempts("other-source")):
            yield from self._answered(view, max(waiting, key=lambda event: event.setting("answer_s").value))
        for event in view.events:
            if event.setting("visibility_s").known:
                yield from self._queued(view, event)

    def _answered(self, view: DeclaredView, event: EventSource) -> Iterable[Finding]:
        lasts, limit = view.setting("lifetime_s"), event.setting("answer_s")
        over = lasts.value - limit.value
        place = lasts.location or view.location
        if over <= 0 or (over <= _CLOSE_S and self.exempts("close")):
            return
        yield self.finding(
            place,
            f"the function may run for {lasts.value} s, and {_WAITING[event.kind]} for {limit.value:g} s only",
            function=view.name,
            facts=(_fact(view, event, "invokes"),),
        )

    def _queued(self, view: DeclaredView, event: EventSource) -> Iterable[Finding]:
        lasts, hidden, advised = view.setting("lifetime_s"), event.setting("visibility_s"), event.setting("advised_s")
        place = event.location or view.location
        message = f"the queue hides a message for {hidden.value} s, less than the {advised.value} s that are advised"
        severity = Severity.INFO
        if hidden.value < lasts.value:
            if view.declared.origin == "cloudformation" and self.exempts("cfn-lint"):
                return
            message = (
                f"the queue shows a message again after {hidden.value} s, while the function may run for"
                f" {lasts.value} s"
            )
            severity = Severity.WARNING
        elif hidden.value >= advised.value:
            return
        related = (
            (lasts.location, f"the function may run for {lasts.value} s"),
            (hidden.location, f"the queue hides a message for {hidden.value} s"),
        )
        yield self.finding(
            place,
            message,
            function=view.name,
            severity=severity,
            facts=(_fact(view, event, "hands messages to"),),
            related=tuple((at, text) for at, text in related if at is not None),
        )


def _fact(view: DeclaredView, event: EventSource, what: str) -> str:
    place = event.location or view.location
    return f"{place.path}:{place.line} {what} {view.name}"
