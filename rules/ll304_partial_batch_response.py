"""LL304: Batch consumer that fails or loses the whole batch for one record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

_RECORDS = {"sqs": "SQS messages", "kinesis": "Kinesis records", "dynamodb": "table-stream records"}


class PartialBatchResponse(Rule):
    """Batch consumer that fails or loses the whole batch for one record.

    Lambda polls queues and streams and hands the records over in batches. When the function raises, the poller
    takes the whole batch for failed: records that were done are handed over again, and a single bad one drags
    its neighbours into the dead-letter queue. When the function swallows the error, the record counts as done and
    is lost. With ``ReportBatchItemFailures`` the function answers which records failed, and only these come again.

    Judged is a loop over records that a template, or what the code reads of them, proves to come from SQS,
    Kinesis or a table stream, here or in what the entry point calls, with something in it that may fail.

    Triggers:
        1. [sqs] Messages of a queue in a loop with a call that may fail.
        2. [stream] Records of a Kinesis or DynamoDB stream.
        3. [helper] The loop is in a helper that is handed the event or its records.
        4. [runner] ``map``, or an executor's, over the records.
        5. [swallowed] Every error is caught and only logged.

    Exemptions:
        1. [answer] Something that runs answers ``batchItemFailures``, Powertools' batch utility included.
        2. [single] The mapping's batch size is 1, or the code fails with any other.
        3. [bisect] The mapping halves a failed batch.
        4. [deletes] The function deletes the messages that it has done.
        5. [handled] Failures are caught and sent or stored elsewhere, one by one.
        6. [log-only] The function only parses and logs.

    Remedy:
        Collect the ``messageId`` (SQS) or ``sequenceNumber`` (streams) of what failed, return it as
        ``{"batchItemFailures": [{"itemIdentifier": …}]}`` and set ``FunctionResponseTypes`` to
        ``ReportBatchItemFailures``; Powertools' ``process_partial_response`` does the first part. On FIFO queues and
        streams stop at the first failure and report it with all that follow.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
        - https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """

    code = "LL304"
    name = "partial-batch-response"
    tags = ("reliability", "batches")
    why = "One record that fails makes the whole batch come again, or is lost."
    remedy = "Return batchItemFailures with the records that failed, and set ReportBatchItemFailures on the mapping."
    wants = Wanted(entry_points=True, words=("ecords",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for an entry point that loops over records and does not tell which of them failed."""
        loop = function.batch_loop()
        if loop is None:
            return
        records = _RECORDS[loop.source.kind]
        size = loop.source.setting("batch_size")
        batch = f"a batch of up to {size.value} {records}" if size.known else f"all {records} of the batch"
        if loop.swallowed:
            message = f"{records} that fail are lost: errors are swallowed and batchItemFailures is not returned"
        else:
            message = f"one failure makes {batch} come again: batchItemFailures is not returned"
        facts = [loop.source.how, f"{loop.label} may fail for one record"]
        remedy = _ORDERED if loop.ordered else _ANSWER
        if loop.read:
            facts.append("ReportBatchItemFailures is set, and the function answers without batchItemFailures")
        else:
            remedy += "; set ReportBatchItemFailures on the mapping"
        yield self.finding(
            function.location,
            message,
            function=function.name,
            chains=(loop.chain,),
            facts=tuple(facts),
            remedy=f"{remedy}.",
            related=((loop.place, "may fail for one record"),),
        )


_ANSWER = "Return batchItemFailures with the records that failed"
_ORDERED = "Stop at the first record that fails and return it in batchItemFailures, so that the order is kept"
