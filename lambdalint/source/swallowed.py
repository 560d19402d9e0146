"""Errors of single records that a handler ends and tells nobody of but a log.

Where handlers stand and what they hold is told by ``ast``, of definitions that spell ``except`` alone; what may fail
inside, by the Bodies (see `lambdalint.source.batches`).
"""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING, Any

from lambdalint.records import NamedTuple
from lambdalint.source.batches import NONE, POLLERS, Search
from lambdalint.source.events import text_of
from lambdalint.source.skeleton import SourceError, children, read, tail_of
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lambdalint.model import Location, Step
    from lambdalint.source.events import Source
    from lambdalint.source.lower import Body, Call
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

_BROAD = frozenset({"Exception", "BaseException"})
_TELLS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "print_exc", "pprint"}
)
_COLLECTS = frozenset({"append", "add", "extend", "insert"})
_RECORD = ("Records", "[]")


class Swallowed(NamedTuple):
    """A handler that ends the errors of a record: where it stands, what hands the record over, the way there."""

    node: Node
    place: Location
    source: Source
    label: str
    chain: tuple[Step, ...]


class _Quiet(NamedTuple):
    """A ``try`` whose handler only tells: the lines that it covers and the place of the ``except``."""

    first: int
    last: int
    span: tuple[int, int, int, int]


def swallowed(view: FunctionView) -> tuple[Swallowed, ...]:
    """The handlers that end what goes wrong with a record, so that its poller takes it for done."""
    tries = {node: found for node in view.region.nodes if (found := list(_quiet(view, node)))}
    if not tries:
        return ()
    sources = [item for item in view.sources() if item.kind in POLLERS and not item.chosen]
    if not sources or (view.grants("reported") and view.batch_loop() is not None):
        return ()
    return tuple(_Search(view, tries).run(sources[0]))


def _quiet(view: FunctionView, node: Node) -> Iterator[_Quiet]:
    if b"except" not in text_of(view.flow, node):
        return
    definition = view.flow.names.definition(node)
    for at in _trees(view, node[0]):
        if definition is None or not definition.line <= at.lineno <= definition.end_line or at.orelse:
            continue
        for handler in at.handlers:
            if not _is_broad(handler.type) and view.grants("narrow"):
                continue
            if all(map(_only_tells, handler.body)) or not view.grants("handled"):
                start = handler.lineno, handler.col_offset
                yield _Quiet(at.body[0].lineno, at.body[-1].end_lineno, (*start, start[0], start[1] + len("except")))


def _trees(view: FunctionView, path: str) -> list[Any]:
    """The ``try`` statements of a module."""
    known = view.shared("tries")
    if path not in known:
        found: list[Any] = []
        try:
            stack: list[Any] = [read(view.flow.program.source(path), path, view.flow.program.runtime)[0]]
        except (SourceError, Unreadable):
            stack = []
        while stack:
            at = stack.pop()
            if type(at) is ast.Try:
                found.append(at)
            stack += [child for child in children(at) if not isinstance(child, ast.expr)]
        known[path] = sorted(found, key=lambda item: (item.lineno, item.col_offset))
    tries: list[Any] = known[path]
    return tries


def _is_broad(kind: Any) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if type(kind) is ast.Tuple else [kind]
    return any(type(item) is ast.Name and item.id in _BROAD for item in kinds)


def _only_tells(statement: Any) -> bool:
    kind = type(statement)
    if kind in (ast.Pass, ast.Continue, ast.Import):
        return True
    if kind is ast.Return:
        return statement.value is None or (type(statement.value) is ast.Constant and statement.value.value is None)
    if kind is not ast.Expr:
        return False
    value = statement.value
    return type(value) is ast.Constant or (type(value) is ast.Call and tail_of(value.func) in _TELLS)


class _Search:
    def __init__(self, view: FunctionView, tries: dict[Node, list[_Quiet]]) -> None:
        self.view = view
        self.flow = view.flow
        self.tries = tries
        self.batches = Search(view)

    def run(self, source: Source) -> Iterator[Swallowed]:
        seen: set[Node] = set()
        for node in self.batches.carriers():
            body = self.flow.body(node)
            if body is None:
                continue
            rounds = [call for call in body.calls if self.batches.within(node, body, call.context) is not None]
            if rounds and node in self.tries:
                yield from self._of_round(source, node, body, rounds, self._is_loop(node, body))
            for target in self._helpers(node, rounds):
                inner = self.flow.body(target)
                if target in self.tries and target not in seen and inner is not None:
                    seen.add(target)
                    yield from self._of_round(source, target, inner, inner.calls, _has_no_loop)

    def _helpers(self, node: Node, rounds: list[Call]) -> Iterator[Node]:
        """What a record is handed to, and does all that is done with it."""
        for edge in self.flow.graph.edges(node):
            if self.flow.graph.hands(edge) == "record":
                yield edge.callee
            call = next((item for item in rounds if edge.call is not None and item.k == edge.call.k), None)
            if edge.kind != "call" or call is None or call.use != "discarded":
                continue
            if any(self._is_record(node, value) for _, value in call.args) and not any(
                other is not call and self._works(node, other) for other in rounds
            ):
                yield edge.callee

    def _is_record(self, node: Node, term: Any) -> bool:
        return _RECORD in self.batches.paths(node, term)

    def _is_loop(self, node: Node, body: Body) -> Callable[[Call], bool]:
        """Whether no loop stands between that over records and a call."""

        def of(call: Call) -> bool:
            within = self.batches.within(node, body, call.context)
            return within is not None and _loops(within) == 1

        return of

    def _of_round(
        self, source: Source, node: Node, body: Body, calls: Iterable[Call], fits: Callable[[Call], bool]
    ) -> Iterator[Swallowed]:
        """The handlers that end all that may go wrong with one record."""
        calls = list(calls)
        tries = self.tries[node]
        if self.view.grants("raised") and any(
            end.kind == "raise" and not any(_covers(item, end.line) for item in tries) for end in body.exits
        ):
            return
        if self.view.grants("collected") and any(call.tail in _COLLECTS for call in calls):
            return
        working = [call for call in calls if self._works(node, call)]
        outside = [call for call in working if not any(_covers(item, call.span[0]) for item in tries)]
        if outside and self.view.grants("part"):
            return
        for item in tries:
            inner = [other for other in tries if other is not item and _covers(item, other.first)]
            own = [call for call in working if not any(_covers(other, call.span[0]) for other in inner)]
            call = next((call for call in own if _covers(item, call.span[0]) and fits(call)), None)
            if call is None:
                continue
            place = self.view.span(node[0], item.span)
            verdict = self.flow.verdict(self.view.region, node, call.context, ())
            for route in verdict.routes[:1]:
                yield Swallowed(node, place, source, call.tail, self.view.chain(route, node, place))

    def _works(self, node: Node, call: Call) -> bool:
        """Whether a call may fail, and does more than parse, outside of handlers."""
        return (
            not any(frame[0] == "except" for frame in call.context)
            and self.batches.outcome(node, call, 0) != NONE
            and self.batches.reaches_out(node, call)
        )


def _covers(item: _Quiet, line: int) -> bool:
    return item.first <= line <= item.last


def _loops(context: Iterable[Any]) -> int:
    return sum(frame[0] == "loop" for frame in context)


def _has_no_loop(call: Call) -> bool:
    return not _loops(call.context)
