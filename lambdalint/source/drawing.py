"""The event graph as nodes and edges, for whoever draws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.model import EventGraph, EventSource, Function, GraphEdge, GraphNode, Location, State, Value
from lambdalint.source.event_patterns import members, strings
from lambdalint.source.graph import OWN, name_of
from lambdalint.source.triggers import RULES
from lambdalint.templates.values import Reference, spelt

if TYPE_CHECKING:
    from lambdalint.source.graph import Graph, Link, Target
    from lambdalint.source.resources import Key
    from lambdalint.source.triggers import Hop
    from lambdalint.source.writes import Write

_BY_CODE = "as the code shows"


def drawn(graph: Graph, functions: Iterable[Function]) -> EventGraph:
    """The whole graph with its loops, also of ``functions`` whose code is not here."""
    here = {id(deployed.function) for deployed in graph.deployed}
    elsewhere = [function for function in functions if id(function) not in here]
    drawing = _Drawing(graph, elsewhere)
    for number, _ in enumerate(graph.deployed):
        drawing.function(number)
    for number, function in enumerate(elsewhere, len(graph.deployed)):
        drawing.elsewhere(number, function)
    for hop in graph.hops:
        drawing.hop(hop)
    return drawing.graph()


class _Drawing:
    """Nodes and edges of an `EventGraph`, put together function by function."""

    def __init__(self, graph: Graph, elsewhere: Iterable[Function]) -> None:
        self.of = graph
        # a function with several routes is deployed several times, and is one node
        every = [*(deployed.function for deployed in graph.deployed), *elsewhere]
        first: dict[int, int] = {}
        self.names = [("function", first.setdefault(id(function), number)) for number, function in enumerate(every)]
        self.functions: dict[Key | None, Any] = {}
        for name, function in zip(self.names, every, strict=True):
            self.functions.setdefault(graph.resources.key_of_function(function), name)
        self.nodes: dict[Any, GraphNode] = {}
        self.edges: dict[tuple[Any, Any, str, str], Location | None] = {}
        self.unresolved: set[tuple[Any, str, Location]] = set()

    def function(self, number: int) -> None:
        deployed, name = self.of.deployed[number], self.names[number]
        node, function = deployed.node, deployed.function
        definition = self.of.flow.names.definition(node)
        place = Location(node[0], definition.line if definition is not None else 1)
        if self.names.count(name) > 1 and function.path is not None and function.line is not None:
            place = Location(function.path, function.line)
        self._node(name, "lambda", name_of(function), place)
        self._triggered(name, deployed.function, deployed.group)
        sites = self.of.sites(deployed)
        targets = self.of.targets(number, sites, certain=False)
        resolved_calls = {(target.write.site.node, target.write.site.reference.k) for target in targets}
        for target in targets:
            where = self.of.place(target.write)
            for resource in self._written(target):
                self._edge(name, resource, "writes", _done(target.write), where)
        for write in self.of.written(number, sites):
            if (write.site.node, write.site.reference.k) not in resolved_calls:
                self.unresolved.add((name, _unknown(write), self.of.place(write)))

    def elsewhere(self, number: int, function: Function) -> None:
        """A function whose code is elsewhere: what triggers it is known."""
        name = self.names[number]
        self._node(name, "lambda", name_of(function), function.declared_at, _problem(function))
        self._triggered(name, function, self.of.resources.scope(function))

    def _triggered(self, name: Any, function: Function, group: str) -> None:
        for event in function.events:
            found = [(self._resource(kind, key), seen) for kind, key, seen, _ in self.of.sources(event, group)]
            for source, seen in found or [(self._source(event), event)]:
                self._edge(source, name, "triggers", _asked(seen), event.location)

    def hop(self, hop: Hop) -> None:
        one, other = self._resource(hop.kind, hop.key), self._resource(hop.to_kind, hop.to_key)
        self._edge(one, other, "redrives" if hop.dead_letter else "hands on", _asked(hop.event), hop.location)

    def _written(self, target: Target) -> Iterator[Any]:
        kind = target.write.kind
        if target.key != OWN:
            yield self._resource(kind, target.key)
            return
        links = list(self.of.links(target))
        for link in links:
            if link.trigger is not None:
                yield self._resource(kind, link.trigger.key)
                return
        function = self.names[target.function]
        source = ("own", kind, function)
        self._node(source, kind, "of the event", None)
        if links:
            self._edge(source, function, "triggers", _BY_CODE, None)
        yield source

    def _resource(self, kind: str, key: Key) -> Any:
        if kind == "lambda" and key in self.functions:
            return self.functions[key]
        resource = self.of.resources.declared.get((key[1], key[2])) if key[0] == "ref" else None
        self._node((kind, key), kind, self.of.resources.label(key), resource.location if resource is not None else None)
        return (kind, key)

    def _source(self, event: EventSource) -> Any:
        """A source that no code writes to, or that is not told: an API, a schedule."""
        kind, shown = event.kind, _shown(event)
        rule = self.of.resources.linker.resource_of(event.resource) if kind == "eventbridge" else None
        kind = "rule" if rule is not None and rule.type in RULES else kind
        self._node(("source", kind, shown), kind, shown, None)
        return ("source", kind, shown)

    def _node(self, name: Any, kind: str, label: str, place: Location | None, problem: str = "") -> None:
        self.nodes.setdefault(name, GraphNode("", kind, label, place, problem))

    def _edge(self, source: Any, target: Any, kind: str, label: str, place: Location | None) -> None:
        self.edges.setdefault((source, target, kind, label), place)

    def _steps(self, link: Link) -> Iterator[tuple[Any, Any, str, str]]:
        """The edges that a link goes along."""
        at: Any = next(self._written(link.target))
        yield self.names[link.target.function], at, "writes", _done(link.target.write)
        for hop in link.hops:
            to = self._resource(hop.to_kind, hop.to_key)
            yield at, to, "redrives" if hop.dead_letter else "hands on", _asked(hop.event)
            at = to
        if at != self.names[link.to]:
            asked = _asked(link.trigger.event) if link.trigger is not None else _BY_CODE
            yield at, self.names[link.to], "triggers", asked

    def graph(self) -> EventGraph:
        looped: set[tuple[Any, Any, str, str]] = set()
        loops = []
        for _, _, links in self.of.found():
            steps = [step for link in links for step in self._steps(link)]
            looped.update(steps)
            loops.append([steps[0][0], *(step[1] for step in steps)])
        order = sorted(self.nodes, key=lambda name: (_rank(self.nodes[name]), repr(name)))
        names = {name: f"n{number}" for number, name in enumerate(order, 1)}
        edges = [
            GraphEdge(names[source], names[target], kind, label, place, (source, target, kind, label) in looped)
            for (source, target, kind, label), place in self.edges.items()
        ]
        ways = dict.fromkeys(tuple(names[step] for step in way) for way in loops)
        return EventGraph(
            tuple(self.nodes[name]._replace(name=names[name]) for name in order),
            tuple(sorted(edges, key=lambda edge: (int(edge.source[1:]), int(edge.target[1:]), edge.kind, edge.label))),
            tuple(ways),
            tuple(sorted((names[function], label, place) for function, label, place in self.unresolved)),
        )


def _spelt(value: Value) -> str:
    if isinstance(value.value, Reference):
        return value.value.name
    return spelt(value) if value.state is not State.ABSENT else ""


def _rank(node: GraphNode) -> tuple[Any, ...]:
    place = node.location
    return (node.kind != "lambda", (place.path, place.line) if place is not None else ("", 0), node.kind, node.label)


def _problem(function: Function) -> str:
    """Why the code of a function is not part of the graph."""
    runtime = function.value("runtime")
    other = runtime.known and not str(runtime.value).startswith("python")
    return function.problem or (f"{runtime.value} is no Python" if other else "its code was not found")


def _shown(event: EventSource) -> str:
    """What tells a source from others of its kind: a schedule, a method and path, a resource."""
    schedule, method, path = (event.setting(name) for name in ("schedule", "method", "path"))
    if schedule.known:
        return spelt(schedule)
    if path.known:
        return f"{spelt(method).upper()} {spelt(path)}" if method.known else spelt(path)
    return _spelt(event.resource)


def _done(write: Write) -> str:
    """A write in a few words: the operation, and for an event on a bus what rules ask for."""
    told = [
        ", ".join(sorted(pieces[0] for pieces in alternatives))
        for alternatives in (write.source, write.detail_type)
        if alternatives and all(len(pieces) == 1 and type(pieces[0]) is str for pieces in alternatives)
    ]
    return " ".join([write.label, *told])


def _unknown(write: Write) -> str:
    """A write of which nobody knows where it goes, with what the code has for the name if that is short."""
    shown = sorted({text for pieces in write.names if len(pieces) == 1 and (text := _piece(pieces[0]))})
    return f"{write.label} ({' or '.join(shown)})" if len(shown) == len(write.names) else write.label


def _piece(piece: Any) -> str:
    if type(piece) is tuple and piece[0] == "env":
        return f"${piece[1]}"
    if type(piece) is tuple and piece[0] == "event":
        return ".".join(("event", *piece[1])).replace(".[]", "[]")
    return ""


def _asked(event: EventSource) -> str:
    """What a trigger subscribes to, in a few words."""
    subscribed = event.setting("events")
    words = [", ".join(str(name) for name in subscribed.value)] if event.kind == "s3" and subscribed.known else []
    if event.kind == "eventbridge":
        pattern = members(event.setting("pattern")) or {}
        asked = (strings(pattern.get(name)) or () for name in ("source", "detail-type"))
        words = [", ".join(names) for names in asked if names]
        words += ["filtered"] if set(pattern) - {"source", "detail-type"} else []
    words += [f"{name} {told}" for name in ("prefix", "suffix") if (told := _spelt(event.setting(name)))]
    words += ["filtered"] if "filters" in event.settings else []
    return " ".join(words)
