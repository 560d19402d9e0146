"""LL407: File in /tmp that has the same name on each invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class TmpFixedName(Rule):
    """File in /tmp that has the same name on each invocation.

    ``/tmp`` is there for all invocations of an environment. A file that one leaves is found by the next: where that one
    fails before it writes its own, or writes less, it goes on with what belongs to another request, and the space
    stays taken. On Lambda Managed Instances several invocations run at a time in processes that share ``/tmp``, and
    write to one file at once.

    Triggers:
        1. [fixed] A file below ``/tmp`` with a name that is known, written by an invocation and left there.

    Exemptions:
        1. [cached] The definition looks whether the file is there: it is kept on purpose.
        2. [removed] The function removes files.

    Remedy:
        ``tempfile.NamedTemporaryFile`` or ``tempfile.TemporaryDirectory``, or ``context.aws_request_id`` in the name.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-python-runtime.html
    """

    code = "LL407"
    name = "tmp-fixed-name"
    severity = Severity.INFO
    default = False
    tags = ("reliability",)
    why = "The next invocation finds the file; on Managed Instances several write to it at once."
    remedy = "Use tempfile, or the request's id in the name."
    wants = Wanted(entry_points=True, words=("/tmp", "gettempdir"))  # noqa: S108 - of what is analysed

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each such file."""
        shared = function.turned_on("capacity_provider")
        for item in function.fixed_names():
            yield self.finding(
                item.place,
                f"{item.path} has the same name on each invocation"
                + (", and several run at once" if shared else ", and is left for the next"),
                function=item.node[1],
                chains=(item.chain,),
                severity=Severity.WARNING if shared else None,
                related=tuple((place, "Managed Instances are declared") for place in shared),
            )
