"""LL101: AWS SDK client, resource or session built on each invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class ClientInHandler(Rule):
    """AWS SDK client, resource or session built on each invocation.

    The execution environment is reused: what a module builds at import serves all later invocations,
    and during the init phase the function has more CPU. A client built inside the handler loads
    service models, resolves credentials and opens a new TLS connection each time, which commonly costs
    tens to hundreds of milliseconds of billed time.

    Judged is what an entry point reaches, through helpers, methods, callbacks and other modules.
    Inside a loop it is client-in-loop that reports.

    Triggers:
        1. [client] boto3, botocore, aioboto3 or aiobotocore client in the handler or in what it calls.
        2. [resource] The same for a resource.
        3. [session] The same for a session.
        4. [environment] The region or name comes from the environment: it is the same on each invocation.
        5. [per-object] A cache on an object that is itself made on each invocation keeps nothing.

    Exemptions:
        1. [guard] Built once only: ``if client is None`` around a global, class attribute or module dict,
           also where the object that keeps it outlives the invocation.
        2. [memo] ``functools.lru_cache``, ``cache`` and their kin.
        3. [per-invocation] Built from what the invocation brings or from what is looked up at run time: a
           region or endpoint of the event, one of several that the event chooses, each account found.
        4. [token] Built from credentials that expire, such as those of an assumed role.
        5. [branch] A branch that no caller takes.
        6. [tests] Test files.

    Remedy:
        Build it at module level, or lazily behind a global or ``functools.lru_cache``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    code = "LL101"
    name = "client-in-handler"
    tags = ("performance", "cold-start")
    why = "It is built again on each invocation; at module level it is built once and its connections are reused."
    remedy = "Build it at module level, or once behind a global or functools.lru_cache."
    wants = Wanted(tables=("clients.constructors",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for a client that each invocation builds outside any loop."""
        built = site.construction()
        if built is not None and built.rule == self.name and not built.repeats:
            yield self.finding(
                site.location,
                f"{built.label} is built on each invocation",
                function=site.function,
                chains=site.chains(built.verdict),
            )
