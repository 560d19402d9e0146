"""LL305: Error of a record that is logged and forgotten, so that the record is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

_RECORDS = {"sqs": "an SQS message", "kinesis": "a Kinesis record", "dynamodb": "a table-stream record"}


class BatchSwallowedError(Rule):
    """Error of a record that is logged and forgotten, so that the record is lost.

    A poller of a queue or stream takes a record for done unless the function raises, or names it in
    ``batchItemFailures``. A handler that catches every error and only logs it does neither: the message is deleted, the
    stream passed on, and no dead-letter queue ever sees it. That holds for the function that Powertools' batch utility
    calls for each record, too: it learns of a failure by an exception.

    partial-batch-response reports loops in functions that do not answer ``batchItemFailures``. Reported here is the
    ``except`` where the function does, or where its mapping makes that unnecessary: a batch of one record, or one that
    is halved when it fails.

    Triggers:
        1. [loop] All work of a loop over records is in such a ``try``.
        2. [helper] It is in the function that is called for each record, whose result nobody looks at.
        3. [powertools] It is in the record handler of Powertools' batch utility.

    Exemptions:
        1. [handled] The handler does more than log: it sends, stores, counts or collects what failed.
        2. [narrow] Only expected kinds of exceptions are caught.
        3. [raised] Something is raised after all.
        4. [collected] The loop collects records.
        5. [part] Other work with the record is not in the ``try``.
        6. [reported] partial-batch-response reports the loop.

    Remedy:
        Let the error go on: raise it, or put the record into ``batchItemFailures``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        - https://docs.aws.amazon.com/powertools/python/latest/utilities/batch/
    """

    code = "LL305"
    name = "batch-swallowed-error"
    tags = ("reliability", "batches")
    why = "The record counts as done: it is neither delivered again nor kept in a dead-letter queue."
    remedy = "Raise the error, or name the record in batchItemFailures."
    wants = Wanted(entry_points=True, words=("ecords", "aws_lambda_powertools.utilities.batch"))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each handler that ends the errors of a record."""
        for item in function.swallowed_errors():
            yield self.finding(
                item.place,
                f"{_RECORDS[item.source.kind]} that fails is lost: the error is only logged",
                function=item.node[1],
                chains=(item.chain,),
                facts=(item.source.how, f"{item.label} may fail for one record"),
            )
