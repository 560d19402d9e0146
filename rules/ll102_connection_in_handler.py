"""LL102: Database, cache, HTTP or messaging connection built on each invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class ConnectionInHandler(Rule):
    """Database, cache, HTTP or messaging connection, pool or engine built on each invocation.

    A connection costs round trips for TCP, TLS and authentication before the first useful byte. Built
    inside the handler, it is paid for on each invocation, and under load the database runs out of
    connections, because each environment opens new ones faster than old ones are closed. Built at
    module level it is kept for as long as the execution environment lives.

    Which constructors count is data (``clients.toml``). Left out are what one request owns by design
    (an ORM session, a raw ``http.client`` connection) and SQLite.

    Triggers:
        1. [database] A connection, pool or engine of a database driver.
        2. [http] An HTTP session or pool (``requests.Session``, ``httpx.Client``, ``urllib3.PoolManager``,
           ``aiohttp.ClientSession``).
        3. [cache] A Redis, Valkey or Memcached client.
        4. [search] An OpenSearch or Elasticsearch client, a Kafka producer and their kin.
        5. [secret] Credentials read from a fixed secret are the same on each invocation.

    Exemptions:
        1. [guard] Built once only: behind a global, class attribute or module dict that is tested first.
        2. [memo] ``functools.lru_cache``, ``cache`` and their kin.
        3. [per-invocation] Built from what the invocation brings: the tenant's host, a header of the event.
        4. [token] A password that expires, such as an IAM database token.
        5. [pool] A client over a pool that is kept: it opens nothing.

    Remedy:
        Connect at module level or lazily behind a global; test the connection and reconnect where it is gone.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """

    code = "LL102"
    name = "connection-in-handler"
    tags = ("performance", "cold-start")
    why = "Each invocation pays for connecting again, and the server for one more connection."
    remedy = "Connect at module level, or once behind a global, and reconnect only where the connection is gone."
    wants = Wanted(tables=("clients.constructors",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for a connection that each invocation builds outside any loop."""
        built = site.construction()
        if built is not None and built.rule == self.name and not built.repeats:
            yield self.finding(
                site.location,
                f"{built.label} is opened on each invocation",
                function=site.function,
                chains=site.chains(built.verdict),
            )
