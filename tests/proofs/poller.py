"""What pollers of queues and streams do with an answer, as AWS documents it; there is no public code of theirs."""

from __future__ import annotations

from typing import Any


def message(number: int, body: str) -> dict[str, Any]:
    """A message of a queue, as a function is handed it."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders",
        "awsRegion": "eu-west-1",
    }


def identifier(record: dict[str, Any]) -> str:
    """What a poller knows a record by."""
    if "messageId" in record:
        return str(record["messageId"])
    return str(record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["dynamodb"]["SequenceNumber"])


def again(event: dict[str, Any], answer: Any, error: str = "", *, reads: bool = True) -> list[dict[str, Any]]:
    """The records that are handed over again; all others are deleted or passed over.

    Args:
        reads: the mapping sets ReportBatchItemFailures.
    """
    records: list[dict[str, Any]] = event["Records"]
    if error:
        return records
    failures = (answer.get("batchItemFailures") if reads and isinstance(answer, dict) else None) or []
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures]
    known = [identifier(record) for record in records]
    if any(name not in known for name in named):
        return records  # an answer that it cannot read is a failure of the whole batch
    if named and "messageId" not in records[0]:
        return records[min(known.index(name) for name in named) :]  # a stream goes on from the first failure
    return [record for record in records if identifier(record) in named]
