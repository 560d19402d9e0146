"""Caches that live as long as the execution environment, keep one entry for each key of the events, and drop none.

A key counts where it is made of the event alone: what is looked up by it, and what takes few values, does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdalint.data import table
from lambdalint.patterns import as_bytes
from lambdalint.source.events import compared_with
from lambdalint.source.flow import Question
from lambdalint.source.held import expr_of
from lambdalint.source.leftovers import described, is_request
from lambdalint.source.places import Places

if TYPE_CHECKING:
    from lambdalint.model import Location, Step
    from lambdalint.source.flow import Root, Route
    from lambdalint.source.lower import Context, Term
    from lambdalint.source.names import Node
    from lambdalint.source.places import Place
    from lambdalint.source.skeleton import Expr
    from lambdalint.source.views import FunctionView

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not", "not"})
_PLAIN = frozenset({"env", "event", "context"})
_CLOCKS = frozenset({"time", "monotonic", "time_ns", "now", "utcnow", "today", "timestamp"})
# What bounds or empties a dict of that name, wherever it stands.
_BOUNDS = rb"\b%s\s*\.\s*(?:pop|popitem|clear|move_to_end)\b|\bdel\s+%s\b|\blen\(\s*%s\b"
_REBOUND = {
    "global": rb"^[ \t]+(?:\w+\.)?%s\s*(?::[^=\n]+)?=[^=]",
    "attribute": rb"^[ \t]+\w+\.%s\s*(?::[^=\n]+)?=[^=]",
}


class Cache(NamedTuple):
    """A cache without a bound: what it is called, the part of the event that is its key, and what adds to it, where.

    ``reader`` is the place of the call or store in the definition ``function``, ``chain`` the way there; ``place`` is
    where the finding stands: the function that is cached, or the store.
    """

    name: str
    key: str
    place: Location
    reader: Location
    function: str
    chain: tuple[Step, ...]


def caches(view: FunctionView) -> Iterator[Cache]:
    """The caches without a bound that an entry point fills, each once."""
    for node in view.region.nodes:
        if is_unbounded(view, node):
            found = _filled(view, node)
            if found is not None:
                yield found
    yield from _dicts(view)


# -- functions whose results are kept


def is_unbounded(view: FunctionView, node: Node) -> bool:
    """Whether all results of a definition are kept, by its decorators."""
    rows = table("caches")["decorators"]
    for decorator, values in view.flow.names.decorator_values(node):
        for value in values:
            row = rows.get(value[1]) if value[0] == "ext" else None
            if row is not None and (not view.grants("bounded") or not _is_bounded(row, decorator)):
                return True
    return False


def _is_bounded(row: dict[str, Any], decorator: Expr) -> bool:
    if "keyword" not in row:
        return False
    if decorator[0] != "c":
        return True  # without arguments: the default
    given = decorator[2][0] if decorator[2] else dict(decorator[3]).get(row["keyword"], ("k", row.get("default")))
    if row.get("dict"):
        return given is None or not (given[0] == "d" or given[:2] == ("c", ("n", "dict")))
    return bool(given != ("k", None))


def _filled(view: FunctionView, node: Node) -> Cache | None:
    """A call that adds to the cache of a definition for each value of the event."""
    definition = view.flow.names.definition(node)
    for edge in view.region.incoming.get(node, ()):
        if edge.kind != "call" or edge.call is None or edge.call.k < 0 or not (edge.call.args or edge.call.keywords):
            continue
        call = view.flow.call(edge.caller, edge.call.k)
        if definition is None or call is None or _is_set_up(view, edge.caller, ("call", call.k)):
            continue
        given = [value for _, value in call.args]
        roots = _key(view, edge.caller, given)
        route = _route(view, edge.caller, call.context) if roots else None
        if route is not None:
            reader = view.place(edge.caller, call)
            place = view.span(node[0], (definition.line, definition.column, definition.line, definition.column))
            chain = view.chain(route, edge.caller, reader)
            return Cache(node[1], described(view, roots), place, reader, node[1], chain)
    return None


# -- dicts


def _dicts(view: FunctionView) -> Iterator[Cache]:
    """The dicts of modules that get an item for each value of the event."""
    places = Places(view)
    writers: dict[Place, list[Node]] = {}
    for node in view.region.nodes:
        for stored in places.stored(node):
            writers.setdefault(stored, []).append(node)
    growing = {stored for stored, nodes in writers.items() if _grows(view, places, stored, nodes)}
    done: set[Place] = set()
    for node in view.region.nodes:
        wanted = growing.intersection(places.stored(node)) - done
        body = view.flow.body(node) if wanted else None
        for store in body.stores if body is not None else ():
            target = store.target
            if target[0] != "item" or store.operator != "=":
                continue
            expr = expr_of(view.flow.names.definition(node), target[1])
            place = places.of(*node, expr) if expr is not None else None
            if place is None or place not in wanted or place in done:
                continue
            if view.grants("expiring") and _is_timed(view, node, store.value):
                done.add(place)
                continue
            if _is_set_up(view, node, store.value):
                continue
            roots = _key(view, node, [target[2]])
            route = _route(view, node, store.context) if roots else None
            if route is not None:
                done.add(place)
                reader = view.span(node[0], (store.line, store.column, store.end_line, store.end_column))
                name = f"{place[2]}.{place[3]}" if place[0] == "attribute" else str(place[2])
                yield Cache(name, described(view, roots), reader, reader, node[1], view.chain(route, node, reader))


def _grows(view: FunctionView, places: Places, place: Place, writers: list[Node]) -> bool:
    """Whether a place is a plain dict that lasts and that nothing bounds or empties."""
    if place[0] == "default":
        return False
    names = view.flow.names
    if place[0] == "global":
        values = names.resolve(place[1], "", ("n", place[2]))
    else:
        values = tuple(names.attribute(("inst", place[1], place[2]), place[3]))
    if len(values) != 1 or not ((values[0][0] == "coll" and values[0][3][0] == "d") or values[0] == ("ext", "dict()")):
        return False
    if not places.lasts(place, writers):
        return False
    word = re.escape(as_bytes(str(place[-1])))
    pattern = re.compile(b"|".join((_BOUNDS % (word, word, word), _REBOUND[place[0]] % word)), re.MULTILINE)
    paths = {place[1], *(node[0] for node in view.region.nodes)}
    return not (view.grants("bounded") and any(pattern.search(view.flow.program.source(path)) for path in paths))


def _is_timed(view: FunctionView, node: Node, value: Term) -> bool:
    """Whether what is kept holds a time, by which it may expire."""
    stack: list[Any] = [value]
    while stack:
        part = stack.pop()
        if type(part) is not tuple or not part:
            continue
        if part[0] == "call" and len(part) == 2:
            call = view.flow.call(node, part[1])
            if call is not None and call.tail in _CLOCKS:
                return True
        stack.extend(part)
    return False


# -- keys


def _key(view: FunctionView, node: Node, terms: Iterable[Term]) -> set[Root]:
    """The parts of the event that some values are made of; empty where that is nothing, or not all, or few values."""
    found: set[Root] = set()
    for term in terms:
        if _is_chosen(view, node, term):
            continue
        roots = view.flow.origins(view.region, node, term)
        if any(root[0] not in _PLAIN for root in roots) and view.grants("looked-up"):
            return set()
        found |= {root for root in roots if is_request(root)}
    if view.grants("few"):
        known = compared_with(view.flow, view.region) if found else frozenset()
        found = {root for root in found if not _is_few(root) and root[-1] not in known}
    return found


def _is_chosen(view: FunctionView, node: Node, term: Term) -> bool:
    """Whether a value is one of those that the code lists: the outcome of a test, an item of what it holds."""
    if not view.grants("few"):
        return False
    if term[0] == "op":
        return term[1] in _COMPARISONS
    return term[0] == "item" and not any(root[0] in ("event", "param") for root in view.flow.roots(node, term[1]))


def _is_few(root: Root) -> bool:
    rows = table("caches")["few"]
    path = [key for key in root[2] if key != "[]"]
    return root[0] == "event" and bool(path) and (path[-1] in rows["keys"] or path[-1].endswith(tuple(rows["ends"])))


def _is_set_up(view: FunctionView, node: Node, value: Term) -> bool:
    """Whether what is kept describes something that was set up beforehand: as many keys as there are of that."""
    if not view.grants("few"):
        return False
    rows = table("caches")["few"]["results"]
    return any(root[0] == "result" and root[1] in rows for root in view.flow.roots(node, value))


def _route(view: FunctionView, node: Node, context: Context) -> Route | None:
    """A way from the entry point."""
    verdict = view.flow.verdict(view.region, node, context, (), Question(("const", None), lambda _: "yes"))
    return verdict.routes[0] if verdict.routes else None
