"""LL312: Batch operation whose failed items nobody looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class DiscardedPartialFailure(Rule):
    """Batch operation whose failed items nobody looks at.

    ``put_events``, ``put_records``, ``send_message_batch``, ``batch_write_item`` and their kin raise nothing when only
    some of the items fail, for a throttled shard, an entry that is too large, a denied access. They answer with
    status 200 and name what failed: ``FailedEntryCount``, ``FailedRecordCount``, ``Failed``, ``UnprocessedItems``. The
    SDK retries the call as a whole, never those items. Where the answer is thrown away, they are lost without a trace;
    one entry alone is no different.

    ``with table.batch_writer()`` sends unprocessed items again by itself and is not reported.

    Triggers:
        1. [discarded] The result of the operation is not used at all.

    Exemptions:
        1. [kept] The result is assigned, returned or passed on.
        2. [tests] Test files.

    Remedy:
        Read the answer's list of failures, and send those items again or raise.

    References:
        - https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
        - https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
        - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
        - https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
    """

    code = "LL312"
    name = "discarded-partial-failure"
    tags = ("reliability", "batches")
    why = "The operation succeeds although items failed; they are lost, and nothing says so."
    remedy = "Read which items failed in the answer, and send those again or raise."
    wants = Wanted(tables=("partial.operations",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an operation whose answer is thrown away."""
        if site.result_use != "discarded" and self.exempts("kept"):
            return
        verdict = site.verdict(())
        if not verdict.routes:
            return
        operation = site.operation.rpartition(".")[2].rpartition("#")[2]
        yield self.finding(
            site.location,
            f"items that {operation} could not take are lost: {site.row('partial.operations')['tells']} is never read",
            function=site.function,
            chains=site.chains(verdict),
        )
