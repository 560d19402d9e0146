"""LL306: Answer about failed records that the poller cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class BatchResponseShape(Rule):
    """Answer about failed records that the poller cannot read.

    A poller with ``ReportBatchItemFailures`` reads ``{"batchItemFailures": [{"itemIdentifier": …}]}`` by these very
    names. An answer without ``batchItemFailures`` says that all records are done: the failed ones are lost. An entry
    without ``itemIdentifier``, or with one that is no record's, makes the whole batch fail, done records included. A
    message of a queue is identified by its ``messageId``, a record of a stream by its sequence number.

    Triggers:
        1. [key] ``batchItemFailures`` is misspelt.
        2. [entry] What is listed has no ``itemIdentifier``.
        3. [sqs] A message is named by its receipt handle or contents.
        4. [stream] A record of a stream is named by its event id or partition key.

    Exemptions:
        1. [unknown] The names of an entry are computed.
        2. [decorated] A decorator may make the answer of what is returned.
        3. [other] Nothing tells that a queue or stream, and only that, is answered.

    Remedy:
        Answer ``{"itemIdentifier": record["messageId"]}`` for each message that failed, and the record's
        ``["kinesis"]["sequenceNumber"]`` or ``["dynamodb"]["SequenceNumber"]`` for streams.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """

    code = "LL306"
    name = "batch-response-shape"
    severity = Severity.ERROR
    tags = ("reliability", "batches")
    why = "The poller cannot tell which records failed: they are lost, or the whole batch comes again."
    remedy = 'Answer {"batchItemFailures": [{"itemIdentifier": …}]} with message ids or sequence numbers.'
    wants = Wanted(entry_points=True, words=("temFailure", "temsFailure", "temfailure", "tem_failure"))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each part of the answer that the poller cannot read."""
        for part in function.misshapen_answers():
            if part.kind == "key":
                message = f"the failed records are lost: the poller reads {part.wanted}, not {part.given}"
            elif part.kind == "entry":
                message = f"the whole batch comes again: an entry is to hold {part.wanted}, not {part.given}"
            else:
                message = f"the whole batch comes again: a record is identified by {part.wanted}, not {part.given}"
            yield self.finding(part.place, message, function=part.node[1])
