"""Where code may write to what triggers functions, by names alone: most projects need no more to be told apart."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.events import spells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import CallRef
    from lambdalint.source.views import FunctionView


class Site(NamedTuple):
    """A call of a writing operation, by names alone."""

    node: Node
    reference: CallRef
    operation: str
    kind: str


def sites(flow: Flow, node: Node) -> Iterator[Site]:
    """The writes of a definition, by names alone: nothing is lowered."""
    operations: Mapping[str, Any] = table("writes")["operations"]
    definition = flow.names.definition(node)
    skeleton = flow.program.skeleton(node[0])
    if definition is None or skeleton is None:
        return
    for reference in definition.calls:
        tail = reference.tail
        if tail in _tails() or tail == "" or tail in definition.bindings or tail in skeleton.bindings:
            for value in flow.names.resolve(node[0], node[1], reference.callee):
                if value[0] == "ext" and value[1] in operations:
                    yield Site(node, reference, value[1], operations[value[1]]["kind"])
                    break


_TAILS: set[str] = set()


def _tails() -> set[str]:
    if not _TAILS:
        _TAILS.update(operation.rpartition(".")[2] for operation in table("writes")["operations"])
    return _TAILS


def has_candidates(view: FunctionView) -> bool:
    """Whether a function may be part of a loop, by names alone: it writes, and something is known to trigger it."""
    found: dict[Node, tuple[Site, ...]] = view.shared("writes")
    declared = any(function.declared is not None for function in view.functions)
    for node in view.region.nodes:
        if node not in found:
            found[node] = tuple(sites(view.flow, node))
        if any(declared or spells_sender(view.flow, view.region, site.kind) for site in found[node]):
            return True
    return False


def spells_sender(flow: Flow, region: Region, kind: str) -> bool:
    """Whether the code spells a way to the part of the event that names a sender of this kind, or its object's key."""
    paths: Iterable[str] = table("writes")["event"].get(kind, ())
    return any(
        all(any(spells(flow, node, _spelling(key)) for node in region.nodes) for key in path.split("/"))
        for path in paths
    )


@functools.cache
def _spelling(key: str) -> re.Pattern[bytes]:
    """What finds a key, as an attribute or as a string."""
    return re.compile(rb"""(?:\.\s*|['"])%s\b""" % re.escape(key.encode()))
