"""Clients that belong to an event loop and are kept for longer than it: each invocation runs a loop of its own.

A client is kept in a place that is bound while modules are imported, in one that is filled where it is empty, or as the
result of a function that remembers it. It is used where the coroutine that an invocation runs reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdalint.data import table
from lambdalint.source.events import text_of
from lambdalint.source.held import Holdings, expr_of
from lambdalint.source.snapstart import derived
from lambdalint.source.startup import startup

if TYPE_CHECKING:
    from lambdalint.model import Location, Step
    from lambdalint.source.lower import Term
    from lambdalint.source.names import Node
    from lambdalint.source.places import Place
    from lambdalint.source.skeleton import CallRef, Expr
    from lambdalint.source.views import FunctionView, SiteView


class Kept(NamedTuple):
    """A client that outlives its loop: what the code calls it, what it is, where it is made, and where it is used."""

    name: str
    label: str
    place: Location
    function: str
    reader: Location
    chain: tuple[Step, ...]


def kept(site: SiteView) -> Iterator[Kept]:
    """The clients that a call which runs a coroutine on a loop of its own finds from an earlier loop."""
    verdict = site.verdict(())
    fallback = any(frame[0] == "except" for frame in site.context) and site.grants("fallback")
    if not verdict.routes or fallback or not _is_fresh(site):
        return
    roots = list(_coroutines(site))
    view = site.function_view(verdict.routes[0].root)
    nodes = [node for node in view.flow.graph.region(roots).nodes if node in view.region.incoming] if roots else []
    chain = site.chains(verdict)[0]
    for item in _Kept(view, nodes).all():
        yield item._replace(chain=chain)


def _is_fresh(site: SiteView) -> bool:
    """Whether the loop is one that this invocation makes."""
    if "receiver" not in site.row("loops.runs") or not site.grants("persistent"):
        return True
    receiver = site.receiver
    while receiver[0] == "enter":
        receiver = receiver[1]
    return bool(receiver[0] == "call")


def _coroutines(site: SiteView) -> Iterator[Node]:
    """The definitions that the coroutine runs."""
    given = site.argument(site.row("loops.runs")["keyword"], 0)
    values = site.flow.callee(site.place, given[1]) if given is not None and given[0] == "call" else ()
    yield from ((value[1], value[2]) for value in values if value[0] in ("def", "bound"))
    yield from site.handed_on()


class _Kept:
    """The clients that some definitions, which one loop runs, find from another.

    Args:
        view: of the entry point.
        nodes: the definitions.
    """

    def __init__(self, view: FunctionView, nodes: list[Node]) -> None:
        self.view = view
        self.nodes = nodes
        self.flow = view.flow
        self.names = view.flow.names
        free = table("loops")["free"]["operations"]
        self.rows = {
            name: row
            for name, row in table("clients")["constructors"].items()
            if row.get("loop_bound") and not row.get("local") and name not in free
        }
        self.ends = frozenset(table("loops")["ends"]["methods"])

    def all(self) -> Iterator[Kept]:
        """Those of modules, then those that are made when they are first needed."""
        spelt = [name for name, meant in table("clients")["aliases"].items() if meant in self.rows]
        tails = {operation.rpartition(".")[2] for operation in (*self.rows, *spelt)}
        started = startup(self.view)
        if self.nodes and (started.may_call(tails) or any(call.tail in tails for _, call in self._calls())):
            methods = table("snapstart")["holding"]["methods"]
            self.holdings = Holdings(started, self.rows, computed=False, methods=methods)
            yield from self._imported()
            yield from self._filled()

    def _calls(self) -> Iterator[tuple[Node, CallRef]]:
        for node in self.nodes:
            for call in self.names.calls(node):
                yield node, call

    # -- made while modules are imported

    def _imported(self) -> Iterator[Kept]:
        for held in self.holdings.all():
            made = held.made[0]
            if self._is_unpooled(made.arguments) or self._is_rebound(self.text(made.node), "words"):
                continue
            places = derived(self.holdings, held.place)
            found = self._used(places)
            if found is not None and not any(self.holdings.rebinds(place, self.nodes) for place in places):
                label = self.rows[made.operation]["label"]
                yield Kept(held.name, label, self.view.span(made.node[0], made.span), made.node[1], found, ())

    def _used(self, places: set[Place]) -> Location | None:
        """Where one of the places is used; None where it is not, or where what is there is closed again."""
        reads = [read for read in self.holdings.reads(places, self.nodes) if not read.decides]
        if not reads or (self.view.grants("closed") and self._is_closed(places)):
            return None
        return self.view.span(reads[0].node[0], reads[0].span)

    def _is_closed(self, places: set[Place]) -> bool:
        """Whether what runs on invocations closes the client, by a method or at the end of a block."""
        for node in self.view.region.nodes:
            definition = self.names.definition(node)
            for call in definition.calls if definition is not None else ():
                receiver = call.callee[1] if call.callee is not None and call.callee[0] == "a" else None
                if call.tail in self.ends and self._leads(node, receiver, places):
                    return True
            for bound in definition.bindings.values() if definition is not None else ():
                if any(expr is not None and expr[0] == "w" and self._leads(node, expr[1], places) for expr in bound):
                    return True
        return any(self._enters(node, places) for node in self.nodes)

    def _enters(self, node: Node, places: set[Place]) -> bool:
        """Whether a block is entered by the client itself."""
        body = self.flow.body(node) if b"async with" in self.text(node) else None
        for call in body.calls if body is not None else ():
            for frame in call.context:
                expr = expr_of(self.names.definition(node), frame[2]) if frame[0] == "with" else None
                if expr is not None and self._leads(node, expr, places):
                    return True
        return False

    def text(self, node: Node) -> bytes:
        """The source of the module of a definition."""
        return self.flow.program.source(node[0])

    def _leads(self, node: Node, expr: Expr, places: set[Place]) -> bool:
        return expr is not None and expr[0] in ("n", "a") and self.holdings.places.of(*node, expr) in places

    # -- made when first needed

    def _filled(self) -> Iterator[Kept]:
        """Clients that are stored where there is none yet, and those that a function remembers."""
        for node, call in self._calls():
            operation = self._operation(node, call)
            body = self.flow.body(node) if operation else None
            if body is None or self._is_rebound(text_of(self.flow, node), "asked"):
                continue
            if self._is_unpooled({**dict(enumerate(call.args)), **dict(call.keywords)}):
                continue
            span = self.view.span(node[0], (call.line, call.column, call.end_line, call.end_column))
            label = self.rows[operation]["label"]
            if self.names.decorator_operations(node) & self.names.memo_decorators:
                ended = any(other.tail in self.ends for _, other in self._calls())
                if not (ended and self.view.grants("closed")):
                    yield Kept(f"what {node[1]} returns", label, span, node[1], span, ())
                continue
            for place, name in self._stores(node, body, call.k):
                found = self._used({place})
                if found is not None:
                    yield Kept(name, label, span, node[1], found, ())
                    break

    def _operation(self, node: Node, call: CallRef) -> str:
        values = self.names.resolve(*node, call.callee)
        found = values[0][1] if len(values) == 1 and values[0][0] == "ext" else ""
        return found if found in self.rows else ""

    def _stores(self, node: Node, body: Any, k: int) -> Iterator[tuple[Place, str]]:
        """The places that keep the result of a call, filled only where they are empty."""
        for store in body.stores:
            once = any(frame[0] == "once" for frame in store.context) or not self.view.grants("rebound")
            if not once or not _holds(store.value, k):
                continue
            expr = expr_of(self.names.definition(node), store.target)
            place = self.holdings.places.of(*node, expr) if expr is not None else None
            if place is not None and self.holdings.places.lasts(place, [node]):
                yield place, f"{place[2]}.{place[3]}" if place[0] == "attribute" else str(place[2])

    # -- what speaks against it

    def _is_unpooled(self, arguments: Mapping[str | int, Expr]) -> bool:
        rows = table("loops")["unpooled"]
        urls = [expr[1] for expr in (arguments.get(0), arguments.get("url")) if expr is not None and expr[0] == "k"]
        named = any(str(url).startswith(tuple(rows["schemes"])) for url in urls)
        return self.view.grants("unpooled") and (named or any(word in arguments for word in rows["keywords"]))

    def _is_rebound(self, text: bytes, words: str) -> bool:
        """Whether what makes a client looks after the loop that it is for."""
        rows = table("loops")["ends"][words]
        return self.view.grants("rebound") and any(word.encode() in text for word in rows)


def _holds(term: Term, k: int) -> bool:
    """Whether a value is the result of a call, as it is or entered."""
    if term[0] == "join":
        return any(_holds(part, k) for part in term[1])
    return term == ("call", k) or (term[0] == "enter" and _holds(term[1], k))
