"""LL201: The function invokes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class RecursiveInvocation(Rule):
    """The function invokes itself.

    A function that calls itself without a bound that holds in every case runs until something outside
    stops it. Lambda's own loop detection stops a chain of about 16 invocations only where the SDK passes
    the trace header on; a payload that never reaches its end costs money until then, and an error retried
    by the asynchronous queue starts the chain again.

    Reported is the invoke, where the name that it is given is the function's own for some function that reaches
    it. Behind a test of the remaining time it is a continuation and a warning; behind a counter from the event that
    is compared first, and where the event that is handed over takes another way, it is information.

    Triggers:
        1. [context] The name or ARN of the context object, also picked apart, kept or handed on.
        2. [environment] ``AWS_LAMBDA_FUNCTION_NAME``.
        3. [template] A variable or name that the template resolves to this function.
        4. [continuation] The same behind a test of ``get_remaining_time_in_millis``.
        5. [bounded] The same behind a comparison of a counter from the event.
        6. [once] The same behind a test of the event that the payload fails.

    Exemptions:
        1. [other-function] The name of another function, also one made from its own name.
        2. [dry-run] ``InvocationType="DryRun"``.
        3. [allowed] The template says ``RecursiveLoop: Allow``.

    Remedy:
        Hand the rest of the work to a queue or a Step Functions state machine, or loop inside one invocation.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
        - https://docs.aws.amazon.com/lambda/latest/operatorguide/recursive-runaway.html
    """

    code = "LL201"
    name = "recursive-invocation"
    severity = Severity.ERROR
    tags = ("cost", "correctness")
    why = "A chain of invocations that never meets its end runs, and is billed, until something outside stops it."
    remedy = "Queue the rest of the work, use a Step Functions state machine, or loop inside one invocation."
    wants = Wanted(
        operations=("aws:lambda.invoke", "aws:lambda.invoke_async", "aws:lambda.invoke_with_response_stream")
    )

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an invoke of the function's own name."""
        if self.exempts("dry-run") and site.values(site.argument("InvocationType")) == ("DryRun",):
            return
        recursion = site.recursion()
        if recursion is None:
            return
        severity, bound = {
            "": (Severity.ERROR, ""),
            "time": (Severity.WARNING, " while time remains"),
            "counter": (Severity.INFO, " up to a bound that the event carries"),
            "once": (Severity.INFO, " once"),
        }[recursion.bound]
        yield self.finding(
            site.location,
            f"the function invokes itself{bound}: {recursion.evidence}",
            function=site.function,
            chains=site.chains(recursion.verdict),
            severity=severity,
            facts=tuple(
                f"{place.path}:{place.line} declares {function.name}"
                for function in recursion.functions
                if (place := function.declared_at) is not None
            ),
        )
