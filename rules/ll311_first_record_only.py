"""LL311: Batch consumer that handles one record and loses the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

_RECORDS = {"sqs": "SQS messages", "kinesis": "Kinesis records", "dynamodb": "table-stream records"}


class FirstRecordOnly(Rule):
    """Batch consumer that handles one record and loses the others.

    Queues and streams hand records over in batches, by default up to 10 messages of a queue and 100 records of a
    stream. A function that reads ``event["Records"][0]`` alone works while there is little traffic; under load the
    other records of each batch count as done and are lost.

    Reported is the read, where a template's event source mapping may hand over more than one record and nothing that
    the function runs loops over the records, counts them or hands them on.

    Triggers:
        1. [sqs] The first message of a queue's batch.
        2. [stream] The first or last record of a stream's batch.

    Exemptions:
        1. [single] The batch size is 1, or cannot be told.
        2. [length] The number of records is looked at.
        3. [logged] The record is only logged.

    Remedy:
        Loop over ``event["Records"]``, or set ``BatchSize`` to 1 where the function must not see more.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
        - https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
        - https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """

    code = "LL311"
    name = "first-record-only"
    severity = Severity.ERROR
    tags = ("reliability", "batches", "templates")
    why = "The other records of the batch count as done and are lost."
    remedy = "Loop over all records of the event, or set the batch size to 1."
    wants = Wanted(entry_points=True, in_template=True)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for an entry point that reads one record of a batch."""
        read = function.first_record()
        if read is None:
            return
        poller = read.poller
        size = poller.event.setting("batch_size")
        most = f"up to {size.value}" if size.known else "several"
        yield self.finding(
            read.location,
            f"one record is read where {most} {_RECORDS[poller.event.kind]} come in a batch: the others are lost",
            function=read.node[1],
            chains=(read.chain,),
            facts=(f"{poller.location.path}:{poller.location.line} declares the event source",),
            related=((poller.location, "hands over batches"),),
        )
