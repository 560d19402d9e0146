"""Durable functions: what runs again on each replay, and what only a step runs.

The handler of a durable function runs from its top whenever it is resumed; what its steps returned is then looked up
instead of done again. So all that it runs is one of two: part of a step, or of what is *replayed*, to which functions
in child contexts belong as well.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.callgraph import Region
from lambdalint.source.effect_sites import index as effects
from lambdalint.source.flow import Route
from lambdalint.source.order import LOGS, Attempt, Branch, Leave, Loop, Orders, Run, blocks

if TYPE_CHECKING:
    from lambdalint.model import Location, Step
    from lambdalint.source.callgraph import Edge
    from lambdalint.source.lower import Body, Call, Context
    from lambdalint.source.names import Node
    from lambdalint.source.order import Steps
    from lambdalint.source.skeleton import CallRef
    from lambdalint.source.views import FunctionView

STEP, CHILD = "step", "child"
USES_LIMIT = 400  # calls that one value is followed through
# Methods that show a value and nothing else, besides those that log.
_SHOWS = LOGS | {"add_metric", "put_metric", "append_keys", "put_annotation", "put_metadata"}


class Replayed(NamedTuple):
    """A call that does something else, or something again, when the function is replayed.

    ``kind`` is ``value`` (another value each time) or ``call`` (it leaves the function); ``label`` names the operation;
    ``grave`` tells that more than a point in time is another one, or that the time decides something.
    """

    kind: str
    label: str
    grave: bool
    place: Location
    function: str
    chain: tuple[Step, ...]


class Candidate(NamedTuple):
    """A call that may be `Replayed`: of which definition, and which operation it is."""

    node: Node
    reference: CallRef
    operation: str
    kind: str
    label: str


class Nested(NamedTuple):
    """A durable operation that a step calls; ``label`` names it, ``body`` the function that the step runs."""

    label: str
    body: str
    place: Location
    function: str
    chain: tuple[Step, ...]


def is_durable(view: FunctionView) -> bool:
    """Whether the entry point is handed a durable context."""
    names, node = view.flow.names, view.entry.node
    definition = names.definition(node)
    parameters = range(len(definition.params)) if definition is not None else ()
    context = f"{table('durable')['package']}.DurableContext()"
    return any(names.entry_params.get((*node, index)) == context for index in parameters)


def nested(view: FunctionView) -> Iterator[Nested]:
    """The durable operations that steps of the function call."""
    if is_durable(view):
        yield from _Execution(view).nested()


def replayed(view: FunctionView) -> Iterator[Replayed]:
    """The calls that a replay of the function makes again, with another outcome."""
    if is_durable(view):
        execution = _Execution(view)
        candidates = [item for node in execution.region.nodes for item in execution.candidates(node)]
        if candidates:
            yield from _Judge(execution).run(candidates)


class _Execution:
    """The definitions that a durable function runs, parted into steps and what is replayed."""

    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.names = view.flow.names
        data = table("durable")
        self.operations = frozenset(data["operations"])
        self.steps = frozenset(data["steps"])
        self.children = frozenset(data["children"])
        self.local = frozenset(data["local"])
        self.makers = frozenset(data["makers"])
        kinds = table("fresh")["kinds"]
        self.fresh = frozenset(name for names in kinds.values() for name in names)
        self.times = frozenset(kinds["time"])
        self.calls = frozenset(table("http")["operations"])
        self.bodies: dict[Node, tuple[Edge, ...]] = {}  # what steps run, with the way there
        self.child_bodies: set[Node] = set()
        self.region = self._replayed()

    def kind(self, edge: Edge) -> str:
        """``step`` or ``child`` where that is how an edge runs its callee, "?" where nobody knows, else ""."""
        if edge.kind == "callback":
            if edge.runner in self.steps:
                return STEP
            if edge.runner in self.children:
                return CHILD
            if edge.runner not in self.flow.graph.runners:
                return "?"
        decorators = self.names.decorator_operations(edge.callee)
        return STEP if decorators & self.steps else CHILD if decorators & self.children else ""

    def _replayed(self) -> Region:
        root = self.view.entry.node
        ways: dict[Node, tuple[Edge, ...]] = {root: ()}
        incoming: dict[Node, list[Edge]] = {root: []}
        queue = deque([root])
        order = []
        while queue:
            node = queue.popleft()
            order.append(node)
            for edge in self.flow.graph.edges(node):
                kind = self.kind(edge)
                way = (*ways[node], edge)
                if kind == STEP and self.view.grants("step"):
                    self.bodies.setdefault(edge.callee, way)
                    continue
                if kind == "?" or edge.callee not in self.view.region.incoming:
                    continue
                if kind == CHILD:
                    self.child_bodies.add(edge.callee)
                    if not self.view.grants("child"):
                        self.bodies.setdefault(edge.callee, way)
                if edge.callee not in incoming:
                    incoming[edge.callee] = []
                    ways[edge.callee] = way
                    queue.append(edge.callee)
                incoming[edge.callee].append(edge)
        edges = {node: tuple(found) for node, found in incoming.items()}
        return Region(frozenset({root}), tuple(order), edges, 0, 0)

    def operation(self, node: Node, reference: CallRef) -> str:
        """The durable operation that a call of the definition is, "" where it is none."""
        for value in self.names.resolve(*node, reference.callee):
            if value[0] == "ext" and value[1] in self.operations:
                return str(value[1])
        return ""

    def nested(self) -> Iterator[Nested]:
        """Durable operations in what steps run and in what that calls, the nearest first."""
        seen: set[Node] = set()
        queue = deque((body, body, way) for body, way in self.bodies.items())
        while queue:
            node, body, way = queue.popleft()
            if node in seen:
                continue
            seen.add(node)
            for reference in self.names.calls(node):
                found = self.operation(node, reference)
                if found:
                    place = self._place(node, reference)
                    chain = self.view.chain(Route(self.view.entry.node, way, looped=False), node, place)
                    yield Nested(found.rpartition(".")[2], body[1], place, node[1], chain)
            for edge in self.flow.graph.edges(node):
                if edge.runner not in self.operations and edge.callee in self.view.region.incoming:
                    queue.append((edge.callee, body, (*way, edge)))

    def candidates(self, node: Node) -> Iterator[Candidate]:
        """The calls of a definition that a replay does not make alike, by their names alone."""
        for reference in self.names.calls(node):
            for value in self.names.resolve(*node, reference.callee):
                label = self._unsteady(value[1]) if value[0] == "ext" else ""
                if label:
                    kind = "value" if value[1] in self.fresh else "call"
                    yield Candidate(node, reference, value[1], kind, label)
                    break

    def _unsteady(self, operation: str) -> str:
        """How an operation is called that is no pure function of its arguments, "" for any other."""
        if operation in self.fresh:
            return operation
        if operation in self.flow.secret and self.view.grants("secret"):
            return ""
        if operation.startswith("aws:"):
            service, _, method = operation[4:].partition(".")
            maker, _, last = method.rpartition(".")
            if not last or last in self.local or maker.startswith(("exceptions", "meta")):
                return ""
            if "()" in maker and maker not in self.makers:
                return ""  # of a response
            return f"{service.partition('#')[0]}.{last}".removeprefix("?.")
        known = operation in self.calls or effects().find(operation) is not None
        return operation.replace("()", "") if known else ""

    def _place(self, node: Node, reference: CallRef) -> Location:
        span = reference.line, reference.column, reference.end_line, reference.end_column
        return self.view.span(node[0], span)


class _Judge:
    """Which of the candidates matter: something durable may follow them, and their value is put to use."""

    def __init__(self, execution: _Execution) -> None:
        self.execution = execution
        self.view = execution.view
        self.flow = execution.flow
        self.names = execution.names
        self.region = execution.region
        if self.view.spells(b"is_replaying") and self.view.grants("replaying"):
            self.region = self._without_asking()
        self.orders = Orders(self.flow.program)
        self.operating = self._operating()
        self._followed: dict[Node, dict[int, bool]] = {}
        self._ends: dict[Node, bool] = {}

    def run(self, candidates: list[Candidate]) -> Iterator[Replayed]:
        """Those that matter."""
        for item in candidates:
            node, k = item.node, item.reference.k
            if not self.is_followed(node, k) and self.view.grants("last"):
                continue
            call = self.flow.call(node, k)
            if call is None:
                continue
            if item.kind == "value" and self.view.grants("shown") and self.is_only_shown(node, k):
                continue
            if item.kind == "call" and self.view.grants("token") and self.is_recognised(item, call):
                continue
            grave = item.operation not in self.execution.times or self.decides(node, k)
            verdict = self.flow.verdict(self.region, node, call.context, ())
            for route in () if self._asks(node, call.context) else verdict.routes:
                place = self.view.place(node, call)
                yield Replayed(item.kind, item.label, grave, place, node[1], self.view.chain(route, node, place))

    # -- whether it runs again

    def _operating(self) -> set[Node]:
        """The definitions that call a durable operation, themselves or through others."""
        found = {node for node in self.region.nodes if self._operates(node)}
        queue = deque(found)
        while queue:
            for edge in self.region.incoming[queue.popleft()]:
                if edge.caller not in found:
                    found.add(edge.caller)
                    queue.append(edge.caller)
        return found

    def _operates(self, node: Node) -> bool:
        definition = self.names.definition(node)
        return definition is not None and any(self.execution.operation(node, call) for call in definition.calls)

    def is_followed(self, node: Node, k: int) -> bool:
        """Whether something durable may come after call ``k``: only then ``k`` is replayed."""
        if node not in self._followed:
            self._followed[node] = {}
            definition = self.names.definition(node)
            if definition is not None and definition.name == "<lambda>":
                self._followed[node] = {call.k: self._in_lambda(node, call) for call in definition.calls}
            else:
                self._block(self.orders.steps(node), node, self._end(node), raised=False)
        return self._followed[node].get(k, False)

    def _in_lambda(self, node: Node, call: CallRef) -> bool:
        """Whether something durable may come after a call of a lambda: a call behind it or around it."""
        definition = self.names.definition(node)
        end = (call.end_line, call.end_column)
        later = [
            other.k
            for other in (definition.calls if definition is not None else ())
            if other is not call and (other.end_line, other.end_column) >= end
        ]
        return self._end(node) or any(self._is_durable(node, k) for k in later)

    def _end(self, node: Node) -> bool:
        """Whether something durable may come after a definition is done."""
        if node not in self._ends:
            self._ends[node] = False
            if node not in self.execution.child_bodies:  # its result is recorded, and it is not run again
                self._ends[node] = any(
                    edge.call is not None and self.is_followed(edge.caller, edge.call.k)
                    for edge in self.region.incoming.get(node, ())
                )
        return self._ends[node]

    def _block(self, steps: Steps, node: Node, after: bool, raised: bool) -> bool:
        """Notes for each call what may follow it; returns whether something durable may come from the first step on.

        Args:
            steps: the steps.
            node: the definition that they are of.
            after: whether something durable may come after the last of them.
            raised: whether it may where one of them raises.
        """
        for step in reversed(steps):
            after = self._step(step, node, after, raised)
        return after

    def _step(self, step: Any, node: Node, after: bool, raised: bool) -> bool:
        kind = type(step)
        if kind is Run:
            followed = self._followed[node]
            followed[step.k] = followed.get(step.k, False) or after
            return after or self._is_durable(node, step.k)
        if kind is Leave:
            return self._end(node) if step.how == "return" else raised if step.how == "raise" else after
        if kind is Loop:
            again = after or self._block(step.body, node, after, raised)
            return self._block(step.body, node, again, raised) or self._block(step.orelse, node, after, raised)
        if kind is Attempt:
            end = self._block(step.final, node, after, raised)
            caught = [self._block(handler, node, end, raised) for handler in step.handlers]
            inner = any(caught) or (raised and not caught)
            return self._block(step.body, node, self._block(step.orelse, node, end, raised) or inner, inner)
        inside = [self._block(block, node, after, raised) for block in blocks(step)]
        return any(inside) or (after and kind is not Branch)

    def _is_durable(self, node: Node, k: int) -> bool:
        values = self.flow.callee(node, k)
        if any(value[0] == "ext" and value[1] in self.execution.operations for value in values):
            return True
        return any((value[1], value[2]) in self.operating for value in values if value[0] in ("def", "bound"))

    # -- whether it matters

    def is_recognised(self, item: Candidate, call: Call) -> bool:
        """Whether the service tells a repetition by a token, a name or a condition that a replay does not change."""
        found = effects().find(item.operation)
        spec = found[1] if found is not None else {}
        given = dict(call.args)
        if spec.get("conditional") in given:
            return True
        for name in (spec.get("token"), spec.get("name")):
            roots = self.flow.origins(self.region, item.node, given[name]) if name in given else frozenset()
            if roots and all(root[0] in ("event", "context", "env") for root in roots):
                return True
        return False

    def is_only_shown(self, node: Node, k: int) -> bool:
        """Whether the result of call ``k`` goes nowhere but into logs and metrics."""
        seen: set[tuple[Node, int]] = set()
        stack = [(node, k)]
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            following = self._uses(*at) if len(seen) < USES_LIMIT else None
            if following is None:
                return False
            stack.extend(following)
        return True

    def decides(self, node: Node, k: int) -> bool:
        """Whether a condition hangs on the result of call ``k``."""
        seen: set[tuple[Node, int]] = set()
        stack = [(node, k)]
        while stack and len(seen) < USES_LIMIT:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            for place, body in self._bodies(at[0]):
                if any(_mentions(test, at[1]) for test in body.tests):
                    return True
                following = [call for call in body.calls if _mentions((call.args, call.func), at[1])]
                stack.extend((place, call.k) for call in following if self._computes(place, call))
                if any(_mentions(end.value, at[1]) for end in body.exits):
                    callers = self.region.incoming.get(place, ())
                    stack.extend((edge.caller, edge.call.k) for edge in callers if edge.call is not None)
        return False

    def _uses(self, node: Node, k: int) -> list[tuple[Node, int]] | None:
        """The calls whose results hold the result of call ``k``; None where that is put to any other use."""
        found = []
        for place, body in self._bodies(node):
            if any(_mentions(test, k) for test in body.tests) or any(
                _mentions(store.value, k) for store in body.stores
            ):
                return None
            for call in body.calls:
                if not any(_mentions(value, k) for _, value in call.args) and not _mentions(call.func, k):
                    continue
                if call.tail in _SHOWS:
                    continue
                if not self._computes(place, call):
                    return None
                found.append((place, call.k))
            if any(_mentions(end.value, k) for end in body.exits):
                callers = self.region.incoming.get(place, ())
                if not callers or any(edge.kind != "call" or edge.call is None for edge in callers):
                    return None
                found += [(edge.caller, edge.call.k) for edge in callers if edge.call is not None]
        return found

    def _bodies(self, node: Node) -> Iterator[tuple[Node, Body]]:
        """The Bodies of the top-level statement around a definition, in which its calls are numbered."""
        definition = self.names.definition(node)
        skeleton = self.flow.program.skeleton(node[0])
        for item in skeleton.defs.values() if skeleton is not None and definition is not None else ():
            if definition is not None and item.top == definition.top:
                body = self.flow.body((node[0], item.qualname))
                if body is not None:
                    yield (node[0], item.qualname), body

    def _computes(self, node: Node, call: Call) -> bool:
        """Whether a call makes something of its arguments and has no other effect."""
        if call.tail in self.flow.pure_methods:
            return True
        values = self.flow.callee(node, call.k)
        return bool(values) and all(value[0] == "ext" and value[1] in self.flow.pure for value in values)

    def _without_asking(self) -> Region:
        """The region without the calls that are made only where this is, or is not, a replay."""
        incoming = {}
        for node, edges in self.region.incoming.items():
            kept = []
            for edge in edges:
                call = self.flow.called(edge)
                if call is None or not self._asks(edge.caller, call.context):
                    kept.append(edge)
            incoming[node] = tuple(kept)
        return self.region._replace(incoming=incoming)

    def _asks(self, node: Node, context: Context) -> bool:
        """Whether a condition around a call looks at whether this is a replay."""
        body = self.flow.body(node) if self.view.grants("replaying") else None
        asked = [call.k for call in body.calls if call.tail == "is_replaying"] if body is not None else []
        return any(frame[0] == "if" and _mentions(frame[2], k) for frame in context for k in asked)


def _mentions(term: Any, k: int) -> bool:
    """Whether a Term holds the result of call ``k``."""
    return type(term) is tuple and (term == ("call", k) or any(_mentions(part, k) for part in term))
