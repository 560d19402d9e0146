"""Which ways to a call have something around them that catches what the call raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdalint.source.flow import Flow, Route, Verdict
    from lambdalint.source.lower import Context


def uncaught(flow: Flow, context: Context, verdict: Verdict, kinds: frozenset[str]) -> Verdict:
    """The verdict on a place with the routes on which nothing catches one of the exceptions ``kinds`` and goes on."""
    if catches(context, kinds):
        return verdict._replace(routes=())
    return verdict._replace(routes=tuple(route for route in verdict.routes if not _is_caught(flow, route, kinds)))


def _is_caught(flow: Flow, route: Route, kinds: frozenset[str]) -> bool:
    return any(catches(call.context, kinds) for _, call in flow.calls_on(route))


def catches(context: Context, kinds: frozenset[str]) -> bool:
    """Whether a ``try`` around a place has a handler for one of the exceptions that does not raise again."""
    return any(
        frame[0] == "try" and any(not leaves and (not types or kinds & set(types)) for types, leaves in frame[2])
        for frame in context
    )
