"""LL302: Idempotency key that is new each time, so that it prevents nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class UnstableIdempotencyKey(Rule):
    """Idempotency key that is new each time, so that it prevents nothing.

    Queues, topics, streams, buckets and asynchronous invokes may deliver the same event twice. A client token, a
    deduplication id or an idempotency key lets the receiver tell a repetition from a new request, if both carry the
    same. One that is made of a random value, or of the time, is another one at each delivery: the job runs twice, the
    message is taken twice. The SDK does as much by itself, for the repetitions of one call.

    Triggers:
        1. [random] A token, deduplication id or key is random (``uuid4``, ``secrets``, ``random``).
        2. [time] It is made of the time.
        3. [header] An HTTP header for it (``Idempotency-Key``) is.
        4. [powertools] What ``@idempotent_function`` makes the key of is.

    Exemptions:
        1. [kept] The key is also stored, where the next delivery may look for it.
        2. [period] The time is cut to a day or hour.
        3. [own] A message that holds nothing of the event, such as a line of a log: that of another run is another.
        4. [synchronous] Nothing delivers the event again unasked.

    Remedy:
        Derive the key from the event: the message's id, the record's sequence number, the order's number. ``uuid5``
        makes a UUID of such a value.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
        - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
        - https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    """

    code = "LL302"
    name = "unstable-idempotency-key"
    tags = ("reliability", "idempotency")
    why = "A second delivery of the event has another key, so that its effect happens again."
    remedy = "Derive the key from the event, such as its message id or order number."
    wants = Wanted(
        entry_points=True,
        reaches=("effects.aws", "effects.other", "effects.http"),
        words=("eduplicationId", "lientToken", "equestToken", "dempoten"),
    )

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each key that is new at each delivery."""
        for key in function.unstable_keys():
            yield self.finding(
                key.place,
                f"{key.name} of {key.label} is new at each delivery ({key.fresh}): it prevents no repetition",
                function=key.node[1],
                chains=(key.chain,),
                facts=tuple(source.how for source in function.redeliveries()[:1]),
            )
