"""LL408: Write to an environment variable that Lambda sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class ReservedEnvWrite(Rule):
    """Write to an environment variable that Lambda sets.

    Lambda sets the region, the credentials of the function's role and the names of the function when an environment
    starts, and not again. The environment of a process is there for all later invocations: a region that one request
    asked for is that of the next, and credentials of an assumed role take the place of the function's own until they
    expire and every call fails. The SDK reads them once for each session, boto3's own included, so that what a client
    gets depends on which came first.

    The configuration of a function cannot set these variables either; the list is AWS's.

    Triggers:
        1. [invocation] A write in what an invocation runs: ``os.environ[…] = …`` or ``os.environ.update``.
        2. [import] A write while the function is loaded.

    Exemptions:
        1. [branch] The write is under a condition that does not look at the event, such as one for runs elsewhere.
        2. [restored] The definition takes the write back.

    Remedy:
        Hand the value to what needs it: ``boto3.client("s3", region_name=region)``, ``boto3.Session(…)`` with the
        credentials of the assumed role. Variables such as ``AWS_PROFILE`` and ``AWS_MAX_ATTEMPTS`` are free.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    code = "LL408"
    name = "reserved-env-write"
    tags = ("correctness", "reliability")
    why = "The variable keeps the value for all later invocations of the environment."
    remedy = "Pass the region or the credentials to the client or session that needs them."
    wants = Wanted(
        entry_points=True,
        words=("_REGION", "AWS_ACCESS_KEY", "AWS_SE", "AWS_EXECUTION_ENV", "_X_AMZN", "_HANDLER", "LAMBDA_"),
    )

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each write that is made and stays."""
        for item in function.overwritten():
            yield self.finding(
                item.place,
                f"{item.name} is Lambda's to set: what is written stays for all later invocations",
                function=item.scope,
                chains=(item.chain,),
            )
