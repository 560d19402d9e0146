"""The event graph as nodes and edges, for whoever draws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.model import EventGraph, EventSource, Function, GraphEdge, GraphNode, Location, State
from lambdalint.source.graph import OWN, WORDS, name_of
from lambdalint.templates.values import spelt

if TYPE_CHECKING:
    from lambdalint.source.graph import Graph, Hop, Link, Target
    from lambdalint.source.resources import Key

_BY_CODE = "as the code shows"


def drawn(graph: Graph, functions: Iterable[Function]) -> EventGraph:
    """The whole graph with its loops, also of ``functions`` whose code is not here."""
    here = {id(deployed.function) for deployed in graph.deployed}
    elsewhere = [function for function in functions if id(function) not in here]
    drawing = _Drawing(graph, elsewhere)
    for number, _ in enumerate(graph.deployed):
        drawing.function(number)
    for number, function in enumerate(elsewhere):
        drawing.elsewhere(number, function)
    for hop in graph.hops:
        drawing.hop(hop)
    return drawing.graph()


class _Drawing:
    """Nodes and edges of an `EventGraph`, put together function by function."""

    def __init__(self, graph: Graph, elsewhere: Iterable[Function]) -> None:
        self.of = graph
        self.functions: dict[Key | None, tuple[str, int]] = {}
        for number, deployed in enumerate(graph.deployed):
            self.functions.setdefault(graph.resources.key_of_function(deployed.function), ("function", number))
        for number, function in enumerate(elsewhere):
            self.functions.setdefault(graph.resources.key_of_function(function), ("elsewhere", number))
        self.nodes: dict[Any, GraphNode] = {}
        self.edges: dict[tuple[Any, Any, str, str], Location | None] = {}
        self.unresolved: set[tuple[Any, str, Location]] = set()

    def function(self, number: int) -> None:
        deployed = self.of.deployed[number]
        definition = self.of.flow.names.definition(deployed.node)
        place = Location(deployed.node[0], definition.line if definition is not None else 1)
        name = ("function", number)
        self._node(name, "lambda", name_of(deployed.function), place)
        self._triggered(name, deployed.function, deployed.group)
        sites = self.of.sites(deployed)
        targets = self.of.targets(number, sites)
        resolved_calls = {(target.write.site.node, target.write.site.reference.k) for target in targets}
        for target in targets:
            where = self.of.place(target.write)
            for resource in self._written(target):
                self._edge(name, resource, "writes", target.write.label, where)
        for write in self.of.written(number, sites):
            if (write.site.node, write.site.reference.k) not in resolved_calls:
                self.unresolved.add((name, write.label, self.of.place(write)))

    def elsewhere(self, number: int, function: Function) -> None:
        """A function whose code is elsewhere: what triggers it is known."""
        name = ("elsewhere", number)
        self._node(name, "lambda", name_of(function), function.declared_at, function.problem)
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
        source = ("own", kind, target.function)
        self._node(source, kind, f"{WORDS[kind]} of the event", None)
        if links:
            self._edge(source, ("function", target.function), "triggers", _BY_CODE, None)
        yield source

    def _resource(self, kind: str, key: Key) -> Any:
        if kind == "lambda" and key in self.functions:
            return self.functions[key]
        resource = self.of.resources.declared.get((key[1], key[2])) if key[0] == "ref" else None
        self._node((kind, key), kind, self.of.resources.label(key), resource.location if resource is not None else None)
        return (kind, key)

    def _source(self, event: EventSource) -> Any:
        """A source that no code writes to, or that is not told: an API, a schedule."""
        shown = _shown(event)
        self._node(("source", event.kind, shown), event.kind, shown, None)
        return ("source", event.kind, shown)

    def _node(self, name: Any, kind: str, label: str, place: Location | None, problem: str = "") -> None:
        self.nodes.setdefault(name, GraphNode("", kind, label, place, problem))

    def _edge(self, source: Any, target: Any, kind: str, label: str, place: Location | None) -> None:
        self.edges.setdefault((source, target, kind, label), place)

    def _steps(self, link: Link) -> Iterator[tuple[Any, Any, str, str]]:
        """The edges that a link goes along."""
        at: Any = next(self._written(link.target))
        yield ("function", link.target.function), at, "writes", link.target.write.label
        for hop in link.hops:
            to = self._resource(hop.to_kind, hop.to_key)
            yield at, to, "redrives" if hop.dead_letter else "hands on", _asked(hop.event)
            at = to
        if at != ("function", link.to):
            asked = _asked(link.trigger.event) if link.trigger is not None else _BY_CODE
            yield at, ("function", link.to), "triggers", asked

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


def _rank(node: GraphNode) -> tuple[Any, ...]:
    place = node.location
    return (node.kind != "lambda", (place.path, place.line) if place is not None else ("", 0), node.kind, node.label)


def _shown(event: EventSource) -> str:
    """What tells a source from others of its kind: a schedule, a method and path, a resource."""
    schedule, method, path = (event.setting(name) for name in ("schedule", "method", "path"))
    if schedule.known:
        return spelt(schedule)
    if path.known:
        return f"{spelt(method).upper()} {spelt(path)}" if method.known else spelt(path)
    return spelt(event.resource) if event.resource.state is not State.ABSENT else ""


def _asked(event: EventSource) -> str:
    """What a trigger subscribes to, in a few words."""
    subscribed = event.setting("events")
    words = [", ".join(str(name) for name in subscribed.value)] if event.kind == "s3" and subscribed.known else []
    words += [f"{name} {spelt(event.setting(name))}" for name in ("prefix", "suffix") if name in event.settings]
    words += ["filtered"] if "filters" in event.settings else []
    return " ".join(words)
