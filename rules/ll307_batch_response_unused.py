"""LL307: Answer that names the failed records of a batch, to a poller that does not read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class BatchResponseUnused(Rule):
    """Answer that names the failed records of a batch, to a poller that does not read it.

    A function that returns ``batchItemFailures`` catches the errors of single records, so that only these come again.
    The poller reads that answer only where the event source mapping says ``ReportBatchItemFailures``; else every answer
    is a success, and the records that failed are deleted or passed over.

    Reported, at the event source of the template, is a mapping of a queue or stream without it, whose function answers
    with failed records, itself or through Powertools' batch utility. The reverse does no harm and is a note: the
    mapping reads the answer, but all that the function returns is None or a mapping without failed records, so that a
    failure makes the whole batch come again.

    Triggers:
        1. [answer] The function builds ``batchItemFailures``.
        2. [powertools] It answers through Powertools' batch utility.
        3. [unanswered] The mapping reads an answer that the function never gives.

    Exemptions:
        1. [empty] The list of failures that it answers is always empty.
        2. [unknown] The template's response types cannot be told.
        3. [loop] partial-batch-response reports the loop that lacks the answer.
        4. [decorated] A decorator of the function may give the answer.

    Remedy:
        Add ``ReportBatchItemFailures`` to the ``FunctionResponseTypes`` of the event source mapping, or take it away
        where the function has nothing to say.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """

    code = "LL307"
    name = "batch-response-unused"
    severity = Severity.ERROR
    tags = ("reliability", "batches", "templates")
    why = "Records that failed count as done: messages are deleted, stream records passed over."
    remedy = "Add ReportBatchItemFailures to FunctionResponseTypes of the event source mapping."
    wants = Wanted(entry_points=True, in_template=True)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each event source mapping that does not read the answer, or waits for one that never comes."""
        for poller in function.ignored_answers():
            yield self.finding(
                poller.location,
                f"the records that {poller.function.name} answers as failed are lost:"
                " the event source mapping lacks ReportBatchItemFailures",
                function=poller.function.name,
                related=((function.location, "answers batchItemFailures"),),
            )
        for poller in function.unanswered():
            yield self.finding(
                poller.location,
                f"ReportBatchItemFailures has no effect: {poller.function.name} never answers batchItemFailures",
                function=poller.function.name,
                severity=Severity.INFO,
                remedy="Answer which records failed, or take ReportBatchItemFailures away.",
                related=((function.location, "answers without batchItemFailures"),),
            )
