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


class Written(NamedTuple):
    """What an entry point may write, by names alone: by which operations, and whose senders its code spells.

    ``senders`` are the kinds of what it writes to of which the code spells a way to the part of the event that names
    the sender, and ``s3_key``; see `spells_sender`.
    """

    operations: frozenset[str]
    senders: frozenset[str]


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


def sites_of(flow: Flow, region: Region, known: dict[Node, tuple[Site, ...]]) -> Iterator[Site]:
    """The writes of a region, by names alone; those of each definition are kept in ``known``."""
    for node in region.nodes:
        if node not in known:
            known[node] = tuple(sites(flow, node))
        yield from known[node]


def written(flow: Flow, region: Region, known: dict[Node, tuple[Site, ...]]) -> Written:
    """What an entry point with that region may write."""
    found = list(sites_of(flow, region, known))
    kinds = {site.kind for site in found}
    asked = sorted(kinds | {"s3_key"} if "s3" in kinds else kinds)
    senders = frozenset(kind for kind in asked if spells_sender(flow, region, kind))
    return Written(frozenset(site.operation for site in found), senders)


def has_candidates(view: FunctionView) -> bool:
    """Whether a function may be part of a loop, by names alone: it writes, and something is known to trigger it."""
    declared = any(function.declared is not None for function in view.functions)
    return any(
        declared or spells_sender(view.flow, view.region, site.kind)
        for site in sites_of(view.flow, view.region, view.shared("writes"))
    )


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
    word = re.escape(key.encode())
    return re.compile(rb"""%s(?<=[.'"]%s)\b""" % (word, word))  # it begins with the word: found at memory's speed
