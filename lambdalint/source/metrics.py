"""Metrics that a function records and that nothing flushes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.environment import source_of

if TYPE_CHECKING:
    from lambdalint.model import Location, Step
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView


class Unflushed(NamedTuple):
    """The first call that records a metric: of which kind of object, where, and the way there."""

    kind: str
    node: Node
    place: Location
    chain: tuple[Step, ...]


def unflushed(view: FunctionView) -> Unflushed | None:
    """The first metric that an entry point records; None where it records none, or something flushes them."""
    recorded = table("metrics")["recorded"]
    if view.grants("flushed") and _is_flushed(view):
        return None
    tails = {operation.rpartition(".")[2] for operation in recorded}
    names = view.flow.names
    for node in view.region.nodes:
        for reference in names.calls(node):
            if reference.tail not in tails:
                continue
            values = names.resolve(*node, reference.callee)
            kind = recorded.get(values[0][1], "") if len(values) == 1 and values[0][0] == "ext" else ""
            call = view.flow.call(node, reference.k) if kind else None
            if call is None:
                continue
            for route in view.flow.verdict(view.region, node, call.context, ()).routes[:1]:
                place = view.place(node, call)
                return Unflushed(kind, node, place, view.chain(route, node, place))
    return None


def _is_flushed(view: FunctionView) -> bool:
    """Whether what runs for the entry point names anything that flushes: a decorator, a call, a function handed on."""
    words = [name.encode() for name in table("metrics")["flushed"]["names"]]
    return any(word in source_of(view.flow, path) for path in view.modules() for word in words)
