"""LL206: Invocation through an operation that AWS has deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class DeprecatedInvokeAsync(Rule):
    """Invocation through an operation that AWS has deprecated.

    ``InvokeAsync`` is the API of 2014. AWS's reference calls it deprecated and refers to ``Invoke``; it takes neither a
    qualifier nor a client context, so it always runs ``$LATEST``, and its answer has no request id to look for.

    Triggers:
        1. [call] ``invoke_async`` of the Lambda client.

    Exemptions:
        1. [tests] Test files.

    Remedy:
        ``invoke(FunctionName=…, InvocationType="Event", Payload=…)``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html
    """

    code = "LL206"
    name = "deprecated-invoke-async"
    severity = Severity.ERROR
    tags = ("reliability",)
    why = "The operation is deprecated, and always runs $LATEST."
    remedy = 'Call invoke with InvocationType="Event".'
    wants = Wanted(operations=("aws:lambda.invoke_async",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for each call that an entry point reaches."""
        verdict = site.verdict(())
        if verdict.routes:
            yield self.finding(
                site.location,
                "invoke_async is deprecated and always runs $LATEST",
                function=site.function,
                chains=site.chains(verdict),
            )
