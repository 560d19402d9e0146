"""Which of the two payload formats of HTTP endpoints an entry point reads, against the one that templates give it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import Location
from lambdalint.records import NamedTuple
from lambdalint.source.events import event_paths, spells, text_of

if TYPE_CHECKING:
    from lambdalint.model import EventSource
    from lambdalint.source.lower import Body, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView


class Misread(NamedTuple):
    """A key that the payload lacks: ``key`` as its path, where it is read, and the format that comes instead."""

    key: str
    location: Location
    node: Node
    version: str
    event: EventSource


def misread(view: FunctionView) -> Misread | None:
    """The first read of a key that only the other payload format has; None where the formats agree or none tells."""
    event = _endpoint(view)
    if event is None:
        return None
    version = str(event.setting("payload_version").value)
    keys = table("payloads")["keys"]
    own = keys[version]
    other = [key for name, found in keys.items() if name != version for key in found]
    spelt = re.compile("|".join(rf"['\"]{re.escape(key.rpartition('/')[2])}['\"]" for key in other).encode())
    nodes = [node for node in view.region.nodes if spells(view.flow, node, spelt)]
    if not nodes:
        return None
    own_spelt = re.compile("|".join(rf"['\"]{re.escape(key.rpartition('/')[2])}['\"]" for key in own).encode())
    if view.grants("both") and any(spells(view.flow, node, own_spelt) for node in view.region.nodes):
        return None
    for node in nodes:
        body = view.flow.body(node)
        if body is None:
            continue
        for path in _reads(view, node, body):
            key = "/".join(path)
            if key in other:
                return Misread(key, _place(view, node, path[-1]), node, version, event)
    return None


def _endpoint(view: FunctionView) -> EventSource | None:
    """An HTTP endpoint of an entry point whose payload format all of its HTTP endpoints share."""
    data = table("payloads")
    if any(function.declared is None or function.value("events").unknown for function in view.functions):
        return None
    endpoints = [event for event in view.events if event.kind in data["kinds"]]
    if view.grants("other-source") and any(event.kind in data["others"] for event in view.events):
        return None
    versions = {event.setting("payload_version").value for event in endpoints}
    known = all(event.setting("payload_version").known for event in endpoints)
    return endpoints[0] if known and len(versions) == 1 and versions <= set(data["keys"]) else None


def _reads(view: FunctionView, node: Node, body: Body) -> Iterator[tuple[str, ...]]:
    """The keys of the event that a definition reads in a way that needs them."""
    tested = {
        part[2][0][1]
        for test in body.tests
        for part in _parts(test)
        if part[0] == "op" and part[1] in ("in", "not in") and part[2][0][0] == "const"
    }
    for term in _terms(body):
        for part in _parts(term):
            if part[0] == "item" and part[2][0] == "const" and type(part[2][1]) is str:
                if view.grants("tested") and part[2][1] in tested:
                    continue
                for path in event_paths(view.flow, view.region, node, part[1]):
                    yield (*path, part[2][1])


def _terms(body: Body) -> Iterator[Term]:
    for call in body.calls:
        yield call.func
        yield from (value for _, value in call.args)
    yield from (store.value for store in body.stores)
    yield from (end.value for end in body.exits)
    yield from body.tests


def _parts(term: Any, depth: int = 0) -> Iterator[Term]:
    """A Term and all Terms in it."""
    if type(term) is not tuple or depth > 30:
        return
    if len(term) > 2 and type(term[0]) is str:
        yield term
    for part in term:
        yield from _parts(part, depth + 1)


def _place(view: FunctionView, node: Node, key: str) -> Location:
    """The first subscript in a definition that spells a key."""
    definition = view.flow.names.definition(node)
    first = definition.line if definition is not None else 1
    for offset, line in enumerate(text_of(view.flow, node).split(b"\n")):
        found = re.search(rf"\[\s*['\"]{re.escape(key)}['\"]".encode(), line)
        if found is not None:
            number = first + offset
            return view.span(node[0], (number, found.start(), number, found.end()))
    return Location(node[0], first)
