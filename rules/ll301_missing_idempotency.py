"""LL301: Effect that is repeated when the event is delivered again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Confidence, Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

_RELATED = 5  # further effects that a finding names
_SOURCES = {
    "sqs": "SQS",
    "sns": "SNS",
    "s3": "S3",
    "kinesis": "Kinesis",
    "dynamodb": "the table's stream",
    "eventbridge": "EventBridge",
    "cloudwatch-logs": "CloudWatch Logs",
    "ses": "SES",
    "iot": "AWS IoT",
    "kafka": "Kafka",
    "msk": "Kafka",
    "mq": "the broker",
    "documentdb": "DocumentDB",
    "async": "Lambda's retry",
    "config": "AWS Config",
    "codecommit": "CodeCommit",
}


class MissingIdempotency(Rule):
    """Effect that is repeated when the event is delivered again.

    Queues, topics, streams, buckets and event buses deliver at least once, and Lambda retries asynchronous
    invocations twice and failed batches until they expire. What the function did before it failed, or before the
    second copy came, is done again: the mail is sent twice, the job runs twice, the counter counts twice.

    Which operations repeat, and by which parameter each can be told that it ran before, is data (``effects.toml``).
    A write that sets or overwrites by a key of the event does not repeat. One finding for each entry point names
    the gravest effect; it is a warning for money, mail, messages to people, jobs, instances, counters and new
    records, and a note for what passes the event on.

    Triggers:
        1. [mail] Mail, and messages to people.
        2. [job] An execution or job without a name or token of the event.
        3. [instance] A resource created without a token of the event.
        4. [counter] An update that adds to what is stored.
        5. [fresh-key] A record stored under a key that is new each time.
        6. [insert] An SQL INSERT without a conflict clause.
        7. [post] An HTTP POST.
        8. [relay] The event is passed on to a topic, queue, bus or stream.

    Exemptions:
        1. [idempotent] Powertools' ``@idempotent`` or ``@idempotent_function`` on the way.
        2. [condition] A conditional write, by itself or before the effect.
        3. [token] A token, name or deduplication id that is not new each time.
        4. [overwrite] A write that sets or overwrites by key, an INSERT that the table's key refuses the second time.
        5. [look-up] A look-up with something of the event decides whether the effect runs.
        6. [error-path] What only a handler of exceptions does.
        7. [synchronous] An API, a schedule, a custom resource, a workflow step: nobody delivers again unasked.

    Remedy:
        Make the effect refuse a repetition: a conditional write, or a client token, execution name or deduplication id
        derived from the message or object; else keep what was done, for instance with Powertools' idempotency utility.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
        - https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
    """

    code = "LL301"
    name = "missing-idempotency"
    tags = ("reliability", "idempotency")
    why = "The event can be delivered more than once, and each delivery does it again."
    remedy = "Derive a token, name or key from the event, write conditionally, or use Powertools' idempotency utility."
    wants = Wanted(
        entry_points=True,
        reaches=("effects.aws", "effects.other", "effects.sql", "effects.http", "effects.within.*"),
    )

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for an entry point with an at-least-once source that reaches unguarded effects."""
        effects = function.effects()
        sources = function.redeliveries() if effects else ()
        if not sources:
            return
        first, source = effects[0], sources[0]
        detail = f"; {first.detail}" if first.detail else ""
        yield self.finding(
            function.location,
            f"{first.label} is repeated when {_sender(source.kind, source.name)} delivers an event again: {first.why}",
            function=function.name,
            severity=first.severity,
            confidence=Confidence.HIGH if source.certain and first.severity is Severity.WARNING else Confidence.MEDIUM,
            chains=(first.chain,),
            facts=(*(source.how for source in sources), f"{first.label}: {first.why}{detail}"),
            related=tuple((effect.place, f"{effect.label}: {effect.why}") for effect in effects[:_RELATED]),
        )


def _sender(kind: str, name: str) -> str:
    if not name:
        return _SOURCES.get(kind, kind)
    return f"the stream of {name}" if kind == "dynamodb" else name
