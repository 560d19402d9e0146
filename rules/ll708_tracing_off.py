"""LL708: Function that is not traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView


class TracingOff(Rule):
    """Function that is not traced.

    Without active tracing Lambda records no trace of what is not traced upstream: where the time of a slow request
    went, between API, function and what it calls, is left to be guessed from logs.

    Off by default: whether traces are wanted is a matter of taste and money, and checkov (CKV_AWS_50) owns the check.

    Triggers:
        1. [unset] The template sets no tracing mode.
        2. [disabled] SAM's ``Tracing: Disabled``.

    Exemptions:
        1. [pass-through] ``PassThrough`` is a choice: what is traced upstream is traced here.
        2. [tracer] Another tracer's variables or wrapper are set.
        3. [edge] A function of CloudFront, where there is no X-Ray.
        4. [other-language] The function is not known to be Python.
        5. [generated] A function that the CDK adds by itself, for a custom resource.

    Remedy:
        Set tracing to ``Active`` for all functions, in SAM's ``Globals`` or the provider's settings.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """

    code = "LL708"
    name = "tracing-off"
    severity = Severity.INFO
    default = False
    tags = ("observability", "templates")
    why = "Nobody sees where the time of a slow invocation went."
    remedy = "Set tracing to Active for all functions."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for a function without tracing."""
        tracing = view.setting("tracing")
        off = tracing.unwritten or tracing.value == "Disabled"
        if not off and (tracing.value != "PassThrough" or self.exempts("pass-through")):
            return
        if (view.tracer() and self.exempts("tracer")) or (view.is_edge and self.exempts("edge")):
            return
        if self.exempts(view.foreign()):
            return
        yield self.finding(tracing.location or view.location, "the function is not traced", function=view.name)
