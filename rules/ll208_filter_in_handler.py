"""LL208: Records that the function is invoked for, only to drop them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class FilterInHandler(Rule):
    """Records that the function is invoked for, only to drop them.

    A filter of the event source mapping looks at each record before the function is invoked: what does not match costs
    nothing. A function that drops records by its first test is started, and billed, for each of them.

    Reported is such a test in the handler's loop over the records of a queue or stream, where a filter says the same;
    the finding holds the ``FilterCriteria``. A filter discards a message of a queue for good, as the function does that
    returns without an error.

    Off by default: where little is dropped there is little to gain, and a test in code is easier to change.

    Triggers:
        1. [stream] Changes of a table of another kind than the one that is wanted are dropped.
        2. [queue] Messages whose body says something else are dropped.
        3. [data] Records of a Kinesis stream whose data say something else are dropped.

    Exemptions:
        1. [filtered] The mapping has filters already, or may have.
        2. [no-mapping] S3 and SNS invoke the function themselves; their filters are others.
        3. [counted] What is dropped is counted, stored or answered for.

    Remedy:
        Give the event source mapping the filter criteria, and leave out the test.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """

    code = "LL208"
    name = "filter-in-handler"
    severity = Severity.INFO
    default = False
    tags = ("cost", "templates")
    why = "The function is started, and billed, for records that it drops."
    remedy = "Give the event source mapping these FilterCriteria, and leave out the test."
    wants = Wanted(entry_points=True, in_template=True, words=("Records",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for a handler that drops records by its first test."""
        found = function.dropped()
        if found is None:
            return
        yield self.finding(
            found.location,
            f"records are dropped that a filter of the event source would keep away: FilterCriteria {found.criteria}",
            function=function.name,
            related=((found.poller.location, "hands over the records"),),
        )
