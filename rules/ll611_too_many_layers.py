"""LL611: Function with more layers than Lambda takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView


class TooManyLayers(Rule):
    """Function with more layers than Lambda takes.

    A function has at most five layers. The deployment of one more is refused, with all else that it would have changed.

    Triggers:
        1. [serverless] More than five in a Serverless Framework file, by the function or by the provider for all.
        2. [terraform] More than five in a Terraform resource or module.

    Exemptions:
        1. [open] A layer that a variable may leave out is not counted.
        2. [cfn-lint] Templates of CloudFormation and SAM: cfn-lint checks them (E3032).

    Remedy:
        Put what is always used together into one layer, or into the function itself.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
        - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """

    code = "LL611"
    name = "too-many-layers"
    severity = Severity.ERROR
    tags = ("deployment", "templates")
    why = "Lambda refuses a function with more than five layers, and the deployment fails."
    remedy = "Put what is used together into one layer, or into the function itself."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for a function with too many layers."""
        if view.is_cloudformation and self.exempts("cfn-lint"):
            return
        count, limit = view.layers(certain=self.exempts("open"))
        if count > limit:
            yield self.finding(
                view.declared.layers.location or view.location,
                f"the function has {count} layers, and Lambda takes {limit}",
                function=view.name,
            )
