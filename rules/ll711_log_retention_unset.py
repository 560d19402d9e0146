"""LL711: Log that is kept, and paid for, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView


class LogRetentionUnset(Rule):
    """Log that is kept, and paid for, for ever.

    Where no template declares the log group of a function, Lambda makes ``/aws/lambda/<name>`` at the first invocation,
    and CloudWatch keeps what is written to it until somebody deletes it. Storage is billed by the month, and what
    the log holds of customers is kept along.

    The group is looked for by name and by reference in all templates that are deployed together; ``LoggingConfig``
    comes first. Where the name of a group is decided at deployment, so that it may be the function's, nothing is
    reported.

    Off by default: cfn-lint (I3013) and checkov (CKV_AWS_66, CKV_AWS_338) own the check of groups that are declared.

    Triggers:
        1. [undeclared] No template declares the function's log group.
        2. [unset] The log group has no retention.

    Exemptions:
        1. [elsewhere] A log group that may be the function's is named at deployment, or is not in the templates.
        2. [edge] A function of CloudFront, which writes to groups of many regions.
        3. [other-language] The function is not known to be Python.
        4. [generated] A function that the CDK adds by itself, for a custom resource.

    Remedy:
        Declare the log group with ``RetentionInDays``, or set the framework's setting of that name.

    References:
        - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
        - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """

    code = "LL711"
    name = "log-retention-unset"
    severity = Severity.INFO
    default = False
    tags = ("cost", "privacy", "templates")
    why = "What is logged is kept and billed until somebody deletes it."
    remedy = "Declare the log group with a retention, or set logRetentionInDays where the framework makes it."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for a log group without retention."""
        if (view.is_edge and self.exempts("edge")) or self.exempts(view.foreign()):
            return
        kept = view.kept_log(certain=self.exempts("elsewhere"))
        if kept is None:
            return
        what = "has no retention" if kept.declared else "is not declared, so that Lambda makes it without retention"
        yield self.finding(kept.location, f"the function's log group {what}", function=view.name)
