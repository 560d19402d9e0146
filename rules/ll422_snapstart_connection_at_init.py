"""LL422: A connection that is opened at import is gone when SnapStart restores the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class SnapstartConnectionAtInit(Rule):
    """A connection that is opened at import is gone when SnapStart restores the snapshot.

    With SnapStart a function is initialised once, when a version is published. The environments that start from the
    snapshot, at any later time and on other machines, hold the object of a connection of which the server knows
    nothing any more: the first query of each fails, or hangs until a timeout.

    Looked at are functions for which a template turns SnapStart on, and connections that are opened at import in any
    case, kept, and used by invocations. Clients that connect when they are first used are no matter; which those are
    is data (``snapstart.toml``).

    Triggers:
        1. [connection] A connection or pool of a database driver in a name of a module.
        2. [object] The same in an object that is made at import.
        3. [called] In a function that is called at import, also where invocations connect only if there is none yet.
        4. [pool] An engine that connects when it is first used, and is used at import.

    Exemptions:
        1. [hook] A hook deals with it: closes it before the snapshot, or connects anew after it is restored.
        2. [rebound] An invocation connects anew where the connection fails, and not only where there is none.
        3. [checked] It is looked at whether the connection is there (``ping``, ``pool_pre_ping``), or none is pooled.
        4. [closed] It is closed at import as well.
        5. [lazy] Clients that connect when they are first used.
        6. [sdk] Clients of the AWS SDK, which connect again by themselves.

    Remedy:
        Connect in the handler, once, or in a function under ``@register_after_restore``; or let the pool look
        whether a connection is still there before it hands it out (``pool_pre_ping=True``).

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html
        - https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
        - https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic
    """

    code = "LL422"
    name = "snapstart-connection-at-init"
    tags = ("correctness", "snapstart")
    why = "Environments start from a snapshot in which the connection is open, and there is none: what uses it fails."
    remedy = "Connect in the handler, once, or in a function under @register_after_restore."
    wants = Wanted(entry_points=True, settings=("snap_start",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each connection that a snapshot holds."""
        for item in function.kept_connections():
            yield self.finding(
                item.place,
                f"the {item.label} in {item.name} is connected at import: restored from a snapshot, it is not any more",
                function=item.function,
                chains=(item.chain,),
                related=(
                    (item.reader, "used here on invocations"),
                    *((place, "SnapStart is turned on here") for place in function.turned_on("snap_start")),
                ),
            )
