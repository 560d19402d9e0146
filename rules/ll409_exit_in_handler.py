"""LL409: Exit that ends the runtime in the middle of an invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class ExitInHandler(Rule):
    """Exit that ends the runtime in the middle of an invocation.

    ``sys.exit`` raises SystemExit, which the runtime does not catch: its process ends before it has answered. Whatever
    the status, 0 included, the invocation fails with ``Runtime.ExitError``, an asynchronous event or a batch is
    delivered again, and the next invocation starts cold.

    ``os._exit`` is not reported: who writes it means to end the process, in a forked child or to test a recovery.

    Triggers:
        1. [exit] ``sys.exit``, ``exit`` or ``quit`` in what an invocation runs.
        2. [raised] ``raise SystemExit(…)``, which is what they do.

    Exemptions:
        1. [caught] SystemExit is caught around the call, or in a caller.
        2. [tests] Test files.

    Remedy:
        Return early where the work is done, raise an exception where it failed.

    References:
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
        - https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    """

    code = "LL409"
    name = "exit-in-handler"
    severity = Severity.ERROR
    tags = ("reliability",)
    why = "The invocation fails whatever the status, is delivered again, and the next one starts cold."
    remedy = "Return where the work is done, raise an exception where it failed."
    wants = Wanted(operations=("sys.exit", "exit", "quit", "SystemExit"))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an exit that an invocation reaches and nothing catches."""
        verdict = site.verdict(())
        if verdict.routes and self.exempts("caught"):
            verdict = site.uncaught(verdict, "SystemExit", "BaseException")
        if verdict.routes:
            yield self.finding(
                site.location,
                f"{site.operation} ends the runtime: the invocation fails, whatever the status",
                function=site.function,
                chains=site.chains(verdict),
            )
