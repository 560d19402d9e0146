"""LL202: The function writes to what triggers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Confidence, Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class RecursiveTrigger(Rule):
    """The function writes to what triggers it, or starts functions that come back to it.

    The write is an event, the event runs the function, and the function writes again: until somebody notices, the
    loop costs invocations, requests and storage without end. Lambda stops loops through queues, topics, buckets and
    direct invocations after about 16 rounds, and only where the SDK passes its trace header on; loops through streams
    and event buses it does not see at all.

    The trigger is the template's, with its event types and filters; what is written to is found through the
    environment, names, ARNs and URLs, and through the event itself. Behind a test of the event, or a look-up, the
    finding is a warning: the loop ends if the test is right. So it is where the writes run out by themselves, and
    where no template shows the trigger but the object that is written is the one that the event is about.

    The items of a table are of several kinds, and its stream tells of all: a function that chooses among them, by more
    than the type of the change, is made for some, and whether it writes these nobody can tell.

    Triggers:
        1. [bucket] An object in the bucket whose events trigger the function, within prefix and suffix.
        2. [event] The object that the event is about, written again.
        3. [queue] A message to the queue, topic or stream that triggers it.
        4. [table] A change of the table whose stream triggers it; a deletion is one.
        5. [bus] An event that the function's own rule matches.
        6. [checked] The same behind a test of the event.
        7. [cycle] A write that comes back through other functions, queues, topics …

    Exemptions:
        1. [other-resource] Another bucket, queue, topic, table or stream.
        2. [event-type] An operation whose event is not subscribed to.
        3. [filter] A key outside of the prefix or suffix of the trigger.
        4. [dead-letter] What comes back through a dead-letter queue only.
        5. [other-event] What only the events of another source lead to.
        6. [item] What a function on a table's stream writes for some of the items only.
        7. [allowed] The template says ``RecursiveLoop: Allow``.

    Remedy:
        Write to another bucket, queue or topic, or to a prefix that the trigger's filter leaves out.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
        - https://docs.aws.amazon.com/lambda/latest/operatorguide/recursive-runaway.html
    """

    code = "LL202"
    name = "recursive-trigger"
    severity = Severity.ERROR
    tags = ("cost", "correctness")
    why = "Each write runs the function again, which writes again: invocations and bills without end."
    remedy = "Write to another resource, or outside of the prefix that triggers the function."
    wants = Wanted(entry_points=True, reaches=("writes.operations",), loops=True)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each loop that begins with a write of this function."""
        for loop in function.loops():
            first = loop.parts[0]
            stop = " unless a test before it stops that" if loop.checked else ""
            if len(loop.parts) > 1:
                way = ", ".join(f"{part.name} by {part.operation} to {part.resource}" for part in loop.parts)
                message = f"functions run each other in a loop{stop}: {way}, and back to {first.name}"
            else:
                what = f"{loop.events} of which triggers" if loop.events else "which triggers"
                message = f"{first.operation} writes to {first.resource}, {what} this function again{stop}"
            ends = loop.checked or loop.ends or loop.by_code
            yield self.finding(
                loop.place,
                message,
                function=loop.function,
                severity=Severity.WARNING if ends else Severity.ERROR,
                confidence=Confidence.MEDIUM if loop.by_code else Confidence.HIGH,
                chains=(loop.chain,),
                facts=loop.evidence,
                related=tuple((part.place, f"{part.operation} to {part.resource}") for part in loop.parts[1:]),
            )
