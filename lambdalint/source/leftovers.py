"""What one invocation leaves behind for the next: values of the event in places that outlive it.

A value is left behind where three things hold of its place, each judged over the calls from the entry point on: it may
still be there when the invocation ends, the next invocation may read the place before it stores to it anew, and the
value comes from the event. The first two are decided on Steps, so that libcst is only needed where both hold.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from lambdalint.records import NamedTuple
from lambdalint.source.carried import Walk
from lambdalint.source.flow import Question
from lambdalint.source.order import ITSELF
from lambdalint.source.places import WHOLE, Places, is_constant
from lambdalint.source.skeleton import SourceError

if TYPE_CHECKING:
    from lambdalint.model import Location, Step
    from lambdalint.source.carried import Read, Site
    from lambdalint.source.flow import Root
    from lambdalint.source.lower import Call, Context, Store, Term
    from lambdalint.source.names import Node
    from lambdalint.source.places import Place
    from lambdalint.source.views import FunctionView

PARTS_LIMIT = 40  # constant keys of one place
_OF_REQUEST = frozenset({"aws_request_id", "identity", "client_context"})  # attributes of the context


class Leftover(NamedTuple):
    """Something of the event that the next invocation sees.

    ``name`` is how the code calls the place, ``kind`` one of ``keeps`` (it is stored there), ``grows`` (added to what
    is there) and ``counts`` (parts of the event are counted). ``value`` is the part of the event, ``made`` tells that
    what is kept is not that itself but looked up or made with it. ``place`` is the statement, in the definition
    ``function``; ``reader`` is where the next invocation reads it. ``chains`` lead to the statement.
    """

    name: str
    kind: str
    value: str
    made: bool
    place: Location
    function: str
    reader: Location
    chains: tuple[tuple[Step, ...], ...]


def leftovers(view: FunctionView) -> tuple[Leftover, ...]:
    """What invocations of the entry point leave behind, one for each place."""
    places = Places(view)
    walks: dict[Place, Walk] = view.shared("leftovers").setdefault("walks", {})
    writers: dict[Place, list[Node]] = {}
    for node in view.region.nodes:
        for place in places.stored(node):
            writers.setdefault(place, []).append(node)
    found = []
    for place, nodes in sorted(writers.items()):
        try:
            leftover = _judged(view, places, place, nodes, walks)
        except (SourceError, RecursionError):
            walks.pop(place, None)  # it stopped half-way
            continue  # a definition beyond the limits: nothing can be said of what it stores to
        if leftover is not None:
            found.append(leftover)
    return tuple(found)


def _judged(
    view: FunctionView, places: Places, place: Place, writers: list[Node], walks: dict[Place, Walk]
) -> Leftover | None:
    if not places.lasts(place, writers) or places.stored_unseen(place):
        return None
    if place not in walks:
        walks[place] = Walk(view, places, place)
    parts = {part for node in writers for part in places.parts(place, node)}
    for part in sorted(parts, key=repr)[:PARTS_LIMIT]:
        summary = walks[place].outcome(view.entry.node, view.region, part)
        if summary.end is None or not summary.reads:
            continue
        for site in sorted(summary.end.kept, key=lambda item: (item.node, item.span)):
            leftover = _evidence(view, places, place, site, summary.reads)
            if leftover is not None:
                return leftover
    return None


def _evidence(view: FunctionView, places: Places, place: Place, site: Site, reads: frozenset[Read]) -> Leftover | None:
    """What a store leaves behind; None where that is nothing of the event, or nobody reads it who should not."""
    flow = view.flow
    deciding = [read for read in reads if read.decides or not view.grants("counted")]
    if site.constant and not deciding:
        return None
    terms = _stored_terms(view, site)
    context = terms[-1][1] if terms else ()
    every = {root for term, _ in terms for root in view.flow.origins(view.region, site.node, term)}
    if any(root[0] == "token" for root in every):
        return None  # a client with the credentials of an assumed role
    roots = {root for root in every if is_request(root)}
    if roots:
        kind = "grows" if site.operator not in ("", ITSELF) else "keeps"
        chosen = min(reads, key=lambda read: (read.node, read.span))
    elif site.operator and site.k < 0:
        if not deciding or not (roots := _counted(view, site)):
            return None
        kind = "counts"
        chosen = min(deciding, key=lambda read: (read.node, read.span))
    else:
        return None
    verdict = flow.verdict(view.region, site.node, context, (), Question(("const", None), lambda _: "yes"))
    if not verdict.routes:
        return None
    location = view.span(site.node[0], site.span)
    return Leftover(
        _name(places, place, site),
        kind,
        described(view, roots),
        kind != "counts" and any(root[0] in ("result", "unknown", "fresh") for root in every),
        location,
        site.node[1],
        view.span(chosen.node[0], chosen.span),
        tuple(view.chain(route, site.node, location) for route in verdict.routes),
    )


def _stored_terms(view: FunctionView, site: Site) -> list[tuple[Term, Context]]:
    """What is stored, with the frames around the store."""
    if site.k >= 0:
        call = view.flow.call(site.node, site.k)
        return [(value, call.context) for value in _added(view, site, call)] if call is not None else []
    stores = [store for store in _stores(view, site) if not _is_client(view, site.node, store.value)]
    if site.operator not in ("", ITSELF):  # without what was there
        return [(store.value[2][1], store.context) for store in stores if store.value[:2] == ("op", "+=")]
    return [(store.value, store.context) for store in stores]


def _stores(view: FunctionView, site: Site) -> list[Store]:
    body = view.flow.body(site.node)
    kind = {"n": "name", "a": "attr", "i": "item"}[site.target[0]]
    return [
        store
        for store in (body.stores if body is not None else ())
        if (store.line, store.column) == site.span[:2]
        and store.target[0] == kind
        and (kind == "item" or store.target[-1] == site.target[-1])
    ]


def _added(view: FunctionView, site: Site, call: Call) -> list[Term]:
    """What a call adds to a collection. What a dict is updated with counts only where its keys come from outside."""
    values = [value for _, value in call.args]
    if call.tail != "update":
        return values[1:] if call.tail == "insert" else values
    return [value for value in values if value[0] != "call" or not _is_own(view, site.node, value[1])]


def _is_own(view: FunctionView, node: Node, k: int) -> bool:
    return any(value[0] in ("def", "bound") for value in view.flow.callee(node, k))


def _is_client(view: FunctionView, node: Node, term: Term) -> bool:
    return term[0] == "call" and any(
        value[0] == "ext" and value[1] in view.flow.constructors for value in view.flow.callee(node, term[1])
    )


def is_request(root: Root) -> bool:
    """Whether a root differs from one invocation to the next because of who asks."""
    return root[0] == "event" or (root[0] == "context" and bool(root[2]) and root[2][0] in _OF_REQUEST)


def _counted(view: FunctionView, site: Site) -> set[Root]:
    """What a counter counts: the parts of the event that a loop around it, here or in a caller, goes over."""
    found: set[Root] = set()
    seen = {site.node}
    queue: deque[tuple[Node, Context]] = deque((site.node, store.context) for store in _stores(view, site))
    while queue:
        node, context = queue.popleft()
        for frame in context:
            if frame[0] == "loop" and frame[2] is not None:
                found |= {root for root in view.flow.origins(view.region, node, frame[2]) if root[0] == "event"}
        for edge in view.region.incoming.get(node, ()):
            call = view.flow.called(edge)
            if call is not None and edge.caller not in seen:
                seen.add(edge.caller)
                queue.append((edge.caller, call.context))
    return found


def _name(places: Places, place: Place, site: Site) -> str:
    if place[0] == "default":
        definition = places.names.definition((place[1], place[2]))
        assert definition is not None
        return f"the default of {definition.params[place[3]].name} in {place[2]}"
    name = f"{place[2]}.{place[3]}" if place[0] == "attribute" else str(place[2])
    part = places.part(place, site.node, site.target)
    key = part[0] if part is not None else WHOLE
    return f"{name}{_subscript(key[1])}" if is_constant(key) else name


def _subscript(key: object) -> str:
    return f'["{key}"]' if isinstance(key, str) else f"[{key!r}]"


def described(view: FunctionView, roots: set[Root]) -> str:
    """The part of the event that is told in a message: the shortest, as it is written."""
    root = min(roots, key=lambda item: (item[0] != "event", len(item[2]), item))
    definition = view.flow.names.definition(root[1])
    params = definition.params if definition is not None else ()
    index = int(definition is not None and bool(definition.owner)) + (root[0] == "context")
    name = params[index].name if index < len(params) else str(root[0])
    if root[0] == "context":
        return f"{name}.{root[2][0]}"
    return name + "".join("[...]" if key == "[]" else _subscript(key) for key in root[2][:2])
