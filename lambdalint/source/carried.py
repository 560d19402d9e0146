"""Whether one invocation reads what the last one left at a place, and what it leaves there itself.

The Steps of an entry point and of all that it calls are followed with a state: whether the part of the place may still
be what the last invocation left, and which stores of this one may be there. A definition is summed up once for all of
its callers; cycles are followed until nothing changes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from lambdalint.patterns import as_bytes
from lambdalint.records import NamedTuple
from lambdalint.source.order import (
    LOGS,
    Attempt,
    Branch,
    Drop,
    Either,
    Leave,
    Loop,
    Put,
    Run,
    Use,
    Within,
    blocks,
    rebuilt,
)
from lambdalint.source.places import LOST, WHOLE, is_constant
from lambdalint.source.skeleton import CHANGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.source.callgraph import Edge, Region
    from lambdalint.source.names import Node
    from lambdalint.source.order import Span, Steps, Tests
    from lambdalint.source.places import Place, Places
    from lambdalint.source.skeleton import CallRef, Expr
    from lambdalint.source.views import FunctionView

ROUNDS_LIMIT = 30
_TAKES_OUT = frozenset({"get", "pop", "setdefault", "__getitem__"})
# Methods that register what runs around the routes of an application.
_AROUND = frozenset(
    {"middleware", "use", "before_request", "after_request", "before_app_request", "after_app_request"}
    | {"teardown_request", "teardown_appcontext", "url_value_preprocessor", "context_processor", "hook"}
    | {"global_request_interceptor", "global_response_interceptor"}
)


class Site(NamedTuple):
    """A store to a place: the statement, or the call that changes what is there."""

    node: Node
    span: Span
    target: Expr
    operator: str
    k: int = -1
    constant: bool = False


class Read(NamedTuple):
    """A read of what the last invocation left; ``decides`` tells that something hangs on it."""

    node: Node
    span: Span
    decides: bool


class State(NamedTuple):
    """What holds between two steps.

    ``old`` tells that the part may still be what the last invocation left, ``through`` that it may be what it was when
    the definition was called, ``kept`` which stores since then it may be from; under the conditions in ``fresh`` it has
    been stored to.
    """

    old: bool = True
    through: bool = True
    kept: frozenset[Site] = frozenset()
    fresh: frozenset[bytes] = frozenset()


class Summary(NamedTuple):
    """What a call of a definition does to a part.

    ``end`` is the state after it, given that it began with the old one, None where it never returns; ``reads`` are
    the reads of the old one.
    """

    end: State | None = None
    reads: frozenset[Read] = frozenset()


class Walk:
    """The Steps of the entry points and of all that they call, as far as they have to do with one place.

    What a call of a definition does hangs on what that calls and not on the entry point, so it is worked out once for
    all of them: where a hundred handlers run the same library, that is most of the work.
    """

    def __init__(self, view: FunctionView, places: Places, place: Place) -> None:
        self.view = view
        self.flow = view.flow
        self.names = view.flow.names
        self.places = places
        self.place = place
        self.part: Any = WHOLE
        self.collection = places.is_collection(place)
        self._spelt: dict[str, list[bytes]] = {}
        self.known: set[Node] = set()
        self.relevant: set[Node] = set()  # the definitions that may touch the place, and those that run them
        self.settled: dict[Any, dict[Node, Summary]] = {}  # by part
        self.summaries: dict[Node, Summary] = {}
        self.asked: set[Node] = set()  # whose summaries the one that is being made depends on
        self.reads: set[Read] = set()
        self.ends: list[State | None] = []
        self.loops: list[tuple[list[State], list[State]]] = []
        self.inside: dict[Node, tuple[Node, ...]] = {}  # what wrappers are being run for: those inside
        self._clearing: dict[tuple[Node, int], bool] = {}
        self._trees: dict[Node, Steps] = {}
        self._edges: dict[tuple[Node, int], list[Edge]] = {}

    def outcome(self, entry: Node, region: Region, part: Any) -> Summary:
        """What an invocation of the entry point does to a part of the place."""
        self._extend(region)
        self.part = part
        settled = self.settled.setdefault(part, {})
        order = [node for node in reversed(region.nodes) if node in self.relevant and node not in settled]
        self.summaries = {**settled, **dict.fromkeys(order, Summary())}
        dependents: dict[Node, set[Node]] = {}
        due = set(order)  # those whose summary may come out different from last time
        for _ in range(ROUNDS_LIMIT):
            for node in order:
                if node in due:
                    due.discard(node)
                    self.asked = set()
                    new = self._summary(node)
                    for other in self.asked:
                        dependents.setdefault(other, set()).add(node)
                    if new != self.summaries[node]:
                        self.summaries[node] = new
                        due |= dependents.get(node, set())
            if not due:
                settled.update(self.summaries)
                return self.summaries.get(entry, Summary())
        return Summary()  # it does not settle: nothing can be said

    # -- what has to do with the place

    def _extend(self, region: Region) -> None:
        """Take in the definitions of a region that no region before it had; what they run is all in it as well."""
        new = [node for node in region.nodes if node not in self.known]
        self.known.update(new)
        queue = deque(node for node in new if self._may_touch(node) or self._runs_relevant(node))
        found = set(queue)
        while queue:
            for edge in region.incoming.get(queue.popleft(), ()):
                if edge.caller not in found:
                    found.add(edge.caller)
                    queue.append(edge.caller)
        self.relevant |= found
        for node in found:
            for edge in self.flow.graph.edges(node):
                if edge.call is not None and edge.call.k >= 0:
                    self._edges.setdefault((node, edge.call.k), []).append(edge)

    def _runs_relevant(self, node: Node) -> bool:
        return any(edge.callee in self.relevant for edge in self.flow.graph.edges(node))

    def _may_touch(self, node: Node) -> bool:
        if self.place[0] == "default":
            return bool(node == self.place[1:3])
        definition = self.names.definition(node)
        spellings = self._spellings(node[0])
        if definition is None or not spellings:
            return False
        text = self.places.lines(node[0])[definition.line - 1 : definition.end_line]
        return any(spelling in line for line in text for spelling in spellings)

    def _spellings(self, path: str) -> list[bytes]:
        """How a module may spell the last name of the place; [] where it does not at all."""
        if path not in self._spelt:
            name = self.place[-1]
            found = {name} if as_bytes(name) in self.flow.program.source(path) else set()
            skeleton = self.flow.program.skeleton(path) if found else None
            for local, bounds in skeleton.bindings.items() if skeleton is not None else ():
                if any(bound is not None and bound[0] == "m" and bound[3] == name for _, bound in bounds):
                    found.add(local)  # from state import ITEMS as items
            self._spelt[path] = sorted(as_bytes(spelling) for spelling in found)
        return self._spelt[path]

    def _tree(self, node: Node) -> Steps:
        """The Steps of a definition without those that the place has no part in."""
        if node not in self._trees:
            self._trees[node] = self._pruned(self.places.orders.steps(node), node)
        return self._trees[node]

    def _pruned(self, steps: Steps, node: Node) -> Steps:
        kept = []
        for step in steps:
            inner = blocks(step)
            if inner:
                step = rebuilt(step, tuple(self._pruned(block, node) for block in inner))  # noqa: PLW2901
            if any(blocks(step)) or self._concerns(step, node):
                kept.append(step)
        return tuple(kept)

    def _concerns(self, step: Any, node: Node) -> bool:
        kind = type(step)
        if kind is Leave:
            return True
        if kind is Use:
            return self.places.part(self.place, node, step.expr) is not None
        if kind in (Put, Drop):
            return self.places.part(self.place, node, step.target) is not None
        if kind is Run:
            if any(edge.callee in self.relevant for edge in self._edges.get((node, step.k), ())):
                return True
            call = self.flow.reference(node, step.k)
            if call is None or call.callee is None or self._clears(step.k, node):
                return call is not None
            return call.callee[0] == "a" and self.places.part(self.place, node, call.callee[1]) is not None
        if kind is Within:
            entered, left = self._managers(step, node)
            return any(method in self.relevant for method in (*entered, *left))
        return False

    # -- definitions

    def _summary(self, node: Node) -> Summary:
        self.reads = set()
        end = self._definition(node, State())
        return Summary(end._replace(fresh=frozenset()) if end is not None else None, frozenset(self.reads))

    def _definition(self, node: Node, state: State) -> State | None:
        edges = self.flow.graph.edges(node)
        wrappers = [edge.callee for edge in edges if edge.kind == "decorator" and edge.callee in self.relevant]
        return self._wrapped(node, tuple(wrappers), state)

    def _wrapped(self, node: Node, wrappers: tuple[Node, ...], state: State) -> State | None:
        """Run a definition inside of what its decorators put around it, the outermost first."""
        if not wrappers:
            return self._body(node, state)
        wrapper = wrappers[0]
        calls = any(edge.callee == node for edge in self.flow.graph.edges(wrapper))
        before, self.inside[node] = self.inside.get(node), wrappers[1:]
        end = self._body(wrapper, state)
        if not calls and end is not None:  # nobody sees where it runs it: what it does counts before and after
            end = self._wrapped(node, wrappers[1:], end)
            end = self._body(wrapper, end) if end is not None else None
        if before is None:
            del self.inside[node]
        else:
            self.inside[node] = before
        return end

    def _body(self, node: Node, state: State) -> State | None:
        outer, self.ends = self.ends, []
        loops, self.loops = self.loops, []
        begun: State | None = state
        for edge in self.flow.graph.edges(node):
            if edge.kind == "property":
                begun = _joined(begun, self._called(edge.callee, begun))
        if begun is not None:
            self.ends.append(self._block(self._tree(node), node, begun))
        end = _joined(*self.ends)
        self.ends, self.loops = outer, loops
        return end

    def _called(self, node: Node, state: State | None, checked: bool = False) -> State | None:
        """The state after a call of ``node``; ``checked`` tells that a condition looked at the place first."""
        if state is None or node not in self.summaries:
            return state
        wrappers = self.inside.pop(node, None)
        if wrappers is not None:  # a wrapper calls what it stands around
            end = self._wrapped(node, wrappers, state)
            self.inside[node] = wrappers
            return end
        self.asked.add(node)
        summary = self.summaries[node]
        if state.old:
            self.reads |= summary.reads
        end = summary.end
        if end is None:
            return None
        kept = frozenset() if checked and self.view.grants("checked") else end.kept
        before = state.kept if end.through else frozenset()
        return State(state.old and end.old, state.through and end.through, before | kept, state.fresh)

    # -- steps

    def _block(self, steps: Steps, node: Node, state: State, passed: list[State] | None = None) -> State | None:
        """The state after the steps, None where control does not go past; ``passed`` gets those between them."""
        for step in steps:
            after = self._steps[type(step)](self, step, node, state)
            if after is None:
                return None
            state = after
            if passed is not None:
                passed.append(state)
        return state

    def _use(self, step: Use, node: Node, state: State) -> State:
        found = self.places.part(self.place, node, step.expr)
        if found is not None and not (found == (WHOLE, True) and step.handed >= 0 and self._clears(step.handed, node)):
            self._read(found[0], step, node, state)
        return state

    def _read(self, part: Any, step: Use | Run, node: Node, state: State) -> None:
        """Something reads ``part`` of the place."""
        if not state.old or (step.logged and self.view.grants("logged")):
            return
        if part not in (WHOLE, LOST, self.part) and self.part not in (WHOLE, LOST):
            return  # another item
        if any(self.places.part(self.place, node, target) is not None for target in step.into):
            return  # to compute what is stored there
        self.reads.add(Read(node, step.span, step.decides))

    def _put(self, step: Put, node: Node, state: State) -> State:
        found = self.places.part(self.place, node, step.target)
        if found is None:
            return state
        part, exact = found
        anew = exact and not step.operator
        site = None
        if step.operator or not step.constant:  # a constant comes from no event; added to what was there it may count
            site = Site(node, step.span, step.target, step.operator, -1, step.constant)
        if part == WHOLE:
            return self._stored(site, step.tests, state, anew) if exact and (self.part == WHOLE or anew) else state
        if part != self.part or not self.collection:
            return state
        if part == LOST and self.view.grants("keyed"):
            return state
        return self._stored(site, step.tests, state, anew and part != LOST)

    def _stored(self, site: Site | None, tests: Tests, state: State, anew: bool) -> State:
        if anew:
            state = self._renewed(state)
        if site is None:
            return state
        checked = self.places.mentions(self.place, site.node, tests) and self.view.grants("checked")
        return state if checked else state._replace(kept=state.kept | {site})

    def _renewed(self, state: State) -> State:
        """Nothing of what was there is left."""
        if self.view.grants("rebound"):
            state = state._replace(old=False)
        return state._replace(kept=frozenset(), through=False) if self.view.grants("emptied") else state

    def _drop(self, step: Drop, node: Node, state: State) -> State:
        found = self.places.part(self.place, node, step.target)
        return self._renewed(state) if found is not None and found[1] and found[0] in (WHOLE, self.part) else state

    def _run(self, step: Run, node: Node, state: State) -> State | None:
        call = self.flow.reference(node, step.k)
        after: State | None = state
        if call is not None and call.callee is not None and call.callee[0] == "a":
            after = self._method(step, call, node, state)
        edges = self._edges.get((node, step.k), [])
        if not edges:
            return after
        own = next((edge.callee for edge in edges if edge.callee in self.inside), None)
        if own is not None:
            return self._called(own, after)
        if self._clears(step.k, node):
            after = self._renewed(state)
        callees = [edge.callee for edge in edges]
        asked = [callee for callee in callees if callee in self.summaries]
        self.asked.update(asked)
        ends = [self.summaries[callee].end for callee in asked]
        stores = any(end is not None and end.kept for end in ends)
        checked = stores and self.places.mentions(self.place, node, step.tests, callees)
        made = [edge.callee for edge in edges if edge.kind == "construct"]
        for callee in made:  # __new__, __init__ and __post_init__ run one after the other
            after = self._called(callee, after, checked)
        around = [edge.callee for edge in edges if edge.kind == "route" and self._is_around(edge.callee)]
        for callee in around:
            after = self._called(callee, after)
        others = [edge for edge in edges if edge.kind != "construct" and edge.callee not in around]
        if others:
            ways = [self._called(edge.callee, after, checked) for edge in others]
            if any(edge.kind not in ("call", "route") for edge in others):
                ways.append(after)  # a callback may run or not
            after = _joined(*ways)
            if after is not None and all(edge.kind == "call" for edge in others):
                # Which method of a family it is depends on the object: one that stores anew is taken for the one.
                reached = [way for way in ways if way is not None]
                after = after._replace(old=all(way.old for way in reached), through=all(way.through for way in reached))
        for callee in around:
            after = self._called(callee, after)
        return after

    def _is_around(self, node: Node) -> bool:
        """Whether a function that is registered on an application runs around its routes, or may do so."""
        definition = self.names.definition(node)
        methods = [
            target[2]
            for decorator in (definition.decorators if definition is not None else ())
            if (target := decorator[1] if decorator is not None and decorator[0] == "c" else decorator) is not None
            and target[0] == "a"
        ]
        return not methods or any(method in _AROUND for method in methods)

    def _clears(self, k: int, node: Node) -> bool:
        """Whether a call hands the place to a definition that empties it."""
        if (node, k) not in self._clearing:
            self._clearing[node, k] = self._finds_clear(k, node)
        return self._clearing[node, k]

    def _finds_clear(self, k: int, node: Node) -> bool:
        call = self.flow.reference(node, k)
        for edge in self._edges.get((node, k), ()) if call is not None else ():
            definition = self.names.definition(edge.callee)
            if call is None or definition is None or edge.kind != "call":
                continue
            cleared = {inner.callee[1] for inner in definition.calls if inner.tail == "clear" and inner.callee}
            for index, param in enumerate(definition.params):
                given = [arg for at, arg in enumerate(call.args) if at == index - edge.offset]
                given += [arg for word, arg in call.keywords if word == param.name]
                whole = [arg for arg in given if arg and self.places.part(self.place, node, arg) == (WHOLE, True)]
                if whole and ("n", param.name) in cleared:
                    return True
        return False

    def _method(self, step: Run, call: CallRef, node: Node, state: State) -> State:
        """A method call of what is at the place."""
        changes = self.places.changes(self.place, node, step)
        if changes:
            for part, anew, grows in changes:
                if part not in (WHOLE, self.part) or (part == WHOLE != self.part and not anew):
                    continue
                if not grows:
                    state = self._renewed(state)
                elif self.collection and not (part == LOST and self.view.grants("keyed")):
                    site = Site(node, step.span, call.callee[1], call.tail, step.k)
                    state = self._stored(site, step.tests, state, anew)
            if not any(call.tail == "pop" for _ in changes):
                return state
        found = self.places.part(self.place, node, call.callee[1])
        if found is None or call.tail in CHANGES:
            return state
        part, exact = found
        if part == WHOLE and exact and call.tail in _TAKES_OUT and call.args:
            part = call.args[0] if is_constant(call.args[0]) else LOST
        if call.tail != "setdefault" and not (call.tail in LOGS and self.view.grants("logged")):
            self._read(part, step, node, state)
        return state

    def _branch(self, step: Branch, node: Node, state: State) -> State | None:
        begun = state._replace(old=False) if step.test in state.fresh and self.view.grants("rebound") else state
        yes = self._block(step.yes, node, begun)
        no = self._block(step.no, node, state)
        end = _joined(yes, no)
        if end is not None and end.old and yes is not None and not yes.old:
            end = end._replace(fresh=end.fresh | {step.test})
        return end

    def _either(self, step: Either, node: Node, state: State) -> State | None:
        return _joined(state, *(self._block(way, node, state) for way in step.ways))

    def _loop(self, step: Loop, node: Node, state: State) -> State | None:
        """A loop runs at least once: a batch is never empty."""
        begun: State = state
        after: State | None = None
        broken: list[State] = []
        for _ in range(2):  # what one round leaves behind is seen by the next
            goes_on: list[State] = []
            self.loops.append((broken, goes_on))
            after = _joined(self._block(step.body, node, begun), *goes_on)
            self.loops.pop()
            begun = _joined(state, after) or state
        if step.endless:
            return _joined(*broken)
        if after is None and not broken:
            after = state  # it always leaves: control comes past only where there is nothing to loop over
        if after is not None:
            empty = self.places.part(self.place, node, step.empties) if step.empties is not None else None
            if empty in ((WHOLE, True), (self.part, True)):
                after = self._renewed(after)
            after = self._block(step.orelse, node, after)
        return _joined(after, *broken)

    def _attempt(self, step: Attempt, node: Node, state: State) -> State | None:
        outer, self.ends = self.ends, []
        passed = [state]
        end = self._block(step.body, node, state, passed)
        if end is not None:
            end = self._block(step.orelse, node, end)
        # A handler counts as reached with what the body had stored: failures on the way there are not judged.
        old = all(between.old for between in passed)
        kept = frozenset[Site]().union(*(between.kept for between in passed))
        failed = State(old, all(between.through for between in passed), kept, state.fresh)
        end = _joined(end, *(self._block(handler, node, failed) for handler in step.handlers))
        returned, self.ends = self.ends, outer
        for early in returned:
            self.ends.append(self._block(step.final, node, early) if early is not None else None)
        if end is None:
            return None
        return self._block(step.final, node, end)

    def _within(self, step: Within, node: Node, state: State) -> State | None:
        entered, leaving = self._managers(step, node)
        after: State | None = state
        for method in entered:
            after = self._called(method, after)
        outer, self.ends = self.ends, []
        end = self._block(step.body, node, after) if after is not None else None
        returned, self.ends = self.ends, outer
        for early in returned:
            self.ends.append(self._left(leaving, early))
        return self._left(leaving, end)

    def _managers(self, step: Within, node: Node) -> tuple[list[Node], list[Node]]:
        """The definitions that run when the managers are entered, and when they are left."""
        managers = [value for expr in step.managers for value in self.names.resolve(*node, expr)]
        again = []
        for k in step.calls:
            for value in self.flow.callee(node, k):
                if value[0] == "cls":
                    managers.append(("inst", value[1], value[2]))
                elif value[0] in ("def", "bound"):  # a generator: what follows its yield runs when it is left
                    again.append((value[1], value[2]))
        entered = self._special(managers, ("__enter__", "__aenter__"))
        return entered, [*self._special(managers, ("__exit__", "__aexit__")), *again]

    def _left(self, methods: list[Node], state: State | None) -> State | None:
        for method in methods:
            state = self._called(method, state)
        return state

    def _special(self, values: Iterable[Any], named: tuple[str, ...]) -> list[Node]:
        return [
            (method[1], method[2])
            for value in values
            if value[0] in ("inst", "self")
            for name in named
            for method in self.names.attribute(value, name)
            if method[0] == "bound"
        ]

    def _leave(self, step: Leave, node: Node, state: State) -> None:
        if step.how == "return":
            self.ends.append(state)
        elif step.how in ("break", "continue") and self.loops:
            self.loops[-1][step.how == "continue"].append(state)

    _steps: ClassVar[dict[Any, Any]] = {
        Use: _use,
        Put: _put,
        Drop: _drop,
        Run: _run,
        Branch: _branch,
        Either: _either,
        Loop: _loop,
        Attempt: _attempt,
        Within: _within,
        Leave: _leave,
    }


def _joined(*states: State | None) -> State | None:
    """What holds where several ways meet."""
    reached = [state for state in states if state is not None]
    if not reached:
        return None
    return State(
        any(state.old for state in reached),
        any(state.through for state in reached),
        frozenset[Site]().union(*(state.kept for state in reached)),
        frozenset[bytes].intersection(*(state.fresh for state in reached)),
    )
