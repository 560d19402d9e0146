"""LL104: Async client that is kept across invocations, while each of them runs an event loop of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class LoopBoundAsyncClient(Rule):
    """Async client that is kept across invocations, while each of them runs an event loop of its own.

    ``asyncio.run`` makes a loop and closes it when the coroutine ends. The connections that a client keeps belong to
    the loop under which they were opened: the next invocation in the same environment finds them, and fails with
    ``RuntimeError: Event loop is closed`` or ``attached to a different loop``. It shows only where environments are
    reused: not in tests, and not on the first request after a deployment.

    Triggers:
        1. [client] A client, session or pool in a name of a module.
        2. [object] The same in an object that is made at import.
        3. [lazy] One that is made on the first invocation and kept.
        4. [remembered] One that a function makes and remembers (``lru_cache``).

    Exemptions:
        1. [persistent] The loop is kept as well: made at import, or taken from ``asyncio.get_event_loop``.
        2. [closed] The invocation closes the client, or what the client keeps.
        3. [rebound] Each invocation makes a new one, or looks whether the loop is another.
        4. [unpooled] The client is told what it may keep: a class of pool, limits, a connector.
        5. [fallback] A loop of its own only where the kept one could not be had.
        6. [tests] Test files.

    Remedy:
        Keep the loop: ``loop = asyncio.new_event_loop()`` at module level and ``loop.run_until_complete(main(event))``
        in the handler. Or make the client in the coroutine, with ``async with``.

    References:
        - https://docs.python.org/3/library/asyncio-runner.html#asyncio.run
        - https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops
        - https://github.com/encode/httpx/discussions/3163
        - https://github.com/mongodb/motor/pull/187
    """

    code = "LL104"
    name = "loop-bound-async-client"
    severity = Severity.ERROR
    tags = ("reliability", "correctness")
    why = "The connections belong to the loop of an earlier invocation, which is closed: what uses them fails."
    remedy = "Keep the loop at module level and call loop.run_until_complete, or make the client in the coroutine."
    wants = Wanted(tables=("loops.runs",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for each client that a coroutine on a new loop finds from an earlier one."""
        for client in site.loop_bound():
            yield self.finding(
                client.place,
                f"the {client.label} in {client.name} belongs to the loop of one invocation, and the next runs another",
                function=client.function,
                chains=(client.chain,),
                related=((client.reader, "used here"), (site.location, "each invocation runs a new loop here")),
            )
