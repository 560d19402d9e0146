"""LL704: Events, messages or records that are dropped when the function fails on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import EventSource, Finding
    from lambdalint.source.declared import DeclaredView

_STREAMS = ("kinesis", "dynamodb")


class MissingFailurePath(Rule):
    """Events, messages or records that are dropped when the function fails on them.

    An event of S3, SNS, EventBridge and their kind waits in Lambda's own queue. Where the function fails on it, Lambda
    tries twice more, and then drops it, unless a dead-letter queue or an on-failure destination takes it. A dead-letter
    queue of the rule or subscription takes only what could not be handed to Lambda at all.

    A message that a function fails on comes back to its queue again and again until it expires, unless a redrive policy
    moves it aside; meanwhile it takes the place of others. A record of a stream holds up its shard, by default until it
    expires, and is lost then or after the last attempt, unless an on-failure destination is told of it.

    Off by default: checkov (CKV_AWS_116) owns the check of dead-letter queues.

    Triggers:
        1. [asynchronous] Neither dead-letter queue nor on-failure destination, and a source that does not wait.
        2. [queue] A queue without redrive policy.
        3. [stream] A mapping of a stream without on-failure destination.

    Exemptions:
        1. [schedule] A schedule runs the function again anyway.
        2. [dead-letter] What the function gets is what failed elsewhere.
        3. [elsewhere] The queue is not in the templates.
        4. [disabled] The mapping is switched off.
        5. [other-language] The function is not known to be Python.
        6. [generated] A function that the CDK adds by itself, for a custom resource.

    Remedy:
        Name an on-failure destination for the function or the stream's mapping, and a redrive policy for the queue;
        watch what arrives there.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        - https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """

    code = "LL704"
    name = "missing-failure-path"
    default = False
    tags = ("reliability", "templates")
    why = "What the function fails on is lost, and nobody is told."
    remedy = "Name an on-failure destination or dead-letter queue, and a redrive policy for the queue."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """Findings for the function, for its queues and for its streams."""
        if self.exempts(view.foreign()):
            return
        kinds = dict.fromkeys(view.label(event) for event in view.asynchronous() if self._counts(event))
        taken = any(not view.setting(name).unwritten for name in ("dead_letter", "on_failure"))
        if kinds and not taken:
            yield self.finding(
                view.location,
                f"events of {' and '.join(kinds)} that the function fails on are dropped: it has neither a dead-letter"
                " queue nor an on-failure destination",
                function=view.name,
            )
        for event in view.events:
            if self._counts(event):
                yield from self._polled(view, event)

    def _counts(self, event: EventSource) -> bool:
        """Whether events of a source are worth keeping."""
        enabled = event.setting("enabled")
        off = (enabled.unknown or enabled.value is False) and self.exempts("disabled")
        handled = event.setting("dead_letter").known and self.exempts("dead-letter")
        return not (off or handled or (event.kind == "schedule" and self.exempts("schedule")))

    def _polled(self, view: DeclaredView, event: EventSource) -> Iterable[Finding]:
        """A finding for a queue or stream whose failed records go nowhere."""
        redrive, place = event.setting("redrive"), event.location or view.location
        if redrive.value is False or (redrive.unknown and not self.exempts("elsewhere")):
            yield self.finding(
                redrive.location or place,
                "the queue has no redrive policy: a message that fails comes again until it expires",
                function=view.name,
                related=((place, f"{view.name} takes its messages"),),
            )
        elif event.kind in _STREAMS and event.setting("on_failure").unwritten:
            yield self.finding(
                place,
                "the mapping has no on-failure destination: a record that fails holds up its shard and is lost",
                function=view.name,
            )
