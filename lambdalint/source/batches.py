"""Loops over the records of a batch, and whether the function tells its poller which of them failed.

A poller (SQS, Kinesis, table streams) takes the whole batch for failed when the function raises, unless the function
answers with ``batchItemFailures``. A loop matters where something in it may fail and the function does more than
parse and log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import Location, Step
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.events import Source, event_paths, text_of, told
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.model import EventSource
    from lambdalint.source.callgraph import Edge
    from lambdalint.source.flow import Flow, Route
    from lambdalint.source.lower import Body, Call, Context, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

ANSWER = b"batchItemFailures"
REPORT = "ReportBatchItemFailures"
POLLERS = ("sqs", "kinesis", "dynamodb")
REACH_LIMIT = 400  # definitions that one loop is followed into
CALLS_LIMIT = 8  # calls deep that errors are followed

_RECORDS = frozenset({("Records",), ("records",)})
_BATCH = _RECORDS | {()}
_POWERTOOLS = "aws_lambda_powertools.utilities.batch."
_DELETES = frozenset(
    {
        "aws:sqs.delete_message",
        "aws:sqs.delete_message_batch",
        "aws:sqs#Message.delete",
        "aws:sqs#Queue.delete_messages",
    }
)
_COMMENT = regex(rb"#[^'\"\n]*$")
# Names of what only tells of a record, or deals with one that failed: where that fails, the record is not lost.
_TELLING = regex(
    r"(?:^|_)(?:dlq|dead|fail\w*|errors?)(?:_|$)|^_?(?:(?:send|write|emit|put)_)?(?:log|metric)s?(?:_|$)", re.IGNORECASE
)
# The code takes a batch of one record, and fails at once with any other.
_ONE = regex(
    rb"\bassert[ (]+len\([^\n)]*ecords[^\n)]*\) *== *1\b"
    rb"|\bif[ (]+len\([^\n)]*ecords[^\n)]*\) *(?:!=|>) *1\)? *:\s+raise\b"
)
_BATCH_DECORATOR = regex(r"batch|sqs|partial|record", re.IGNORECASE)

# What becomes of an error inside a call: there is none, or it is handled (sent on, stored, told), swallowed or raised.
NONE, HANDLED, SWALLOWED, RAISED = range(4)


class BatchLoop(NamedTuple):
    """A loop over records in which something may fail.

    ``source`` is the poller, with the mappings of templates that may hand over several records and take a batch as one;
    ``ordered`` tells that it hands records over in order, ``read`` that it reads an answer; ``place`` is the call (or
    raise) that may fail and ``label`` its name; ``swallowed`` tells that the error goes no further; ``chain`` leads
    from the entry point to the place.
    """

    source: Source
    ordered: bool
    read: bool
    place: Location
    label: str
    swallowed: bool
    chain: tuple[Step, ...]


def batch_loop(view: FunctionView) -> BatchLoop | None:
    """The first loop over records whose failures the poller is not told one by one; None where there is none."""
    return Search(view).run()


def _source(flow: Flow, path: str) -> bytes:
    try:
        return flow.program.source(path)
    except Unreadable:
        return b""


class _Failure(NamedTuple):
    node: Node
    place: Location
    label: str
    outcome: int
    context: Context


class Search:
    """The loops of one entry point."""

    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.region = view.region
        self.names = view.flow.names
        quiet: Mapping[str, Any] = table("calls")["quiet"]
        self.parsing = frozenset(quiet["parsing"])
        self.quiet = frozenset(quiet["operations"])
        self.observing = tuple(quiet["prefixes"])
        self.quiet_methods = frozenset(quiet["methods"])
        self._outcomes: dict[Node, int] = {}

    def run(self) -> BatchLoop | None:
        """See `batch_loop`; what costs little is asked first."""
        if self.view.grants("answer") and self.answers():
            return None
        if self.view.grants("deletes") and self._calls_any(_DELETES):
            return None
        if self.view.grants("log-only") and not any(self._works(node) for node in self.region.nodes):
            return None
        pollers = [item for item in self.view.sources() if item.kind in POLLERS and not item.chosen]
        source = next((found for item in pollers if (found := self._unsettled(item)) is not None), None)
        if source is None:
            return None
        carriers = self.carriers()
        if self.view.grants("single") and any(_ONE.search(text_of(self.flow, node)) for node in carriers):
            return None
        for node in carriers:
            for failure in self._failures(node):
                verdict = self.flow.verdict(self.region, node, failure.context, ())
                for route in verdict.routes[:1]:
                    return BatchLoop(
                        source,
                        source.kind != "sqs" or source.setting("fifo").value is True,
                        REPORT in (source.setting("response_types").value or ()),
                        failure.place,
                        failure.label,
                        failure.outcome == SWALLOWED or self._swallowed(node, failure.context, route),
                        self.view.chain(route, node, failure.place),
                    )
        return None

    # -- what settles it

    def _unsettled(self, source: Source) -> Source | None:
        """The source without the mappings that hand over single records or halve a failed batch; None if all do."""
        if not source.declared:
            return source
        left = tuple(event for event in source.declared if not self._settled(event))
        if not left:
            return None
        how = [told(event, function) for function in self.view.functions for event in function.events if event in left]
        return source._replace(declared=left, how="; ".join(dict.fromkeys(how)))

    def _settled(self, event: EventSource) -> bool:
        if self.view.grants("single") and event.setting("batch_size").value == 1:
            return True
        return self.view.grants("bisect") and event.setting("bisect").value is True

    def answers(self) -> bool:
        """Whether anything that may run answers with the failed records."""
        for decorator in self.names.decorator_operations(self.view.entry.node):
            if decorator not in self.names.transparent and _BATCH_DECORATOR.search(decorator.rpartition(".")[2]):
                return True  # a decorator from outside that may well be one for batches
        for node in self.region.nodes:
            if any(operation.startswith(_POWERTOOLS) for operation in self.names.decorator_operations(node)):
                return True
            if any(operation.startswith(_POWERTOOLS) for operation in self._operations(node)):
                return True
        unresolved = {call.tail for node in self.region.nodes for call in self.flow.graph.unresolved(node)}
        return any(self._spells_answer(path, unresolved) for path in sorted({node[0] for node in self.region.nodes}))

    def _spells_answer(self, path: str, unresolved: set[str]) -> bool:
        """Whether the answer is spelt in a module, other than in definitions that do not run and in comments."""
        source = _source(self.flow, path)
        if ANSWER not in source:
            return False
        lines = source.splitlines()
        skeleton = self.flow.program.skeleton(path)
        runs = {qualname for at, qualname in self.region.nodes if at == path}
        for definition in skeleton.defs.values() if skeleton is not None else ():
            inside = any(name == definition.qualname or name.startswith(f"{definition.qualname}.") for name in runs)
            if not inside and not definition.parent and definition.name not in unresolved:
                lines[definition.line - 1 : definition.end_line] = [b""] * (definition.end_line - definition.line + 1)
        return any(ANSWER in _COMMENT.sub(b"", line) for line in lines)

    def _operations(self, node: Node) -> Iterator[str]:
        for call in self.names.calls(node):
            for value in self.names.resolve(node[0], node[1], call.callee):
                if value[0] == "ext":
                    yield value[1]

    def _calls_any(self, operations: frozenset[str]) -> bool:
        return any(operation in operations for node in self.region.nodes for operation in self._operations(node))

    # -- where the batch goes

    def carriers(self) -> list[Node]:
        """The definitions that get the event or its records, the entry point first."""
        found = [self.view.entry.node]
        for node in found:
            if len(found) > REACH_LIMIT or self.flow.body(node) is None:
                continue
            found += dict.fromkeys(
                edge.callee
                for edge in self.flow.graph.edges(node)
                if edge.callee in self.region.incoming and edge.callee not in found and self._carries(node, edge)
            )
        return found

    def _carries(self, node: Node, edge: Edge) -> bool:
        call = self.flow.called(edge)
        if call is None:
            return edge.kind in ("property", "enter", "decorator")
        receiver = [call.func[1]] if call.func[0] == "attr" else []
        if receiver == [("param", node[1], 0)] and edge.offset == 1:
            return True  # a method of the same object, which may keep the event
        return any(self.paths(node, term) & _BATCH for term in (*receiver, *(value for _, value in call.args)))

    def paths(self, node: Node, term: Term) -> set[tuple[str, ...]]:
        """The parts of the event that a value comes from."""
        return event_paths(self.flow, self.region, node, term)

    def within(self, node: Node, body: Body, context: Context) -> Context | None:
        """The frames from a loop over records on; None where no loop around is one."""
        for index, frame in enumerate(context):
            if frame[0] == "loop":
                terms = [frame[2]] if frame[2] is not None else _taken(body, frame[1])
                if any(self.paths(node, term) & _RECORDS for term in terms):
                    return context[index:]
        return None

    # -- what fails in a loop

    def _failures(self, node: Node) -> Iterator[_Failure]:
        """What may fail in the loops of a definition over records."""
        body = self.flow.body(node)
        if body is None:
            return
        yield from self._mapped(node)
        inside = [
            (call, within) for call in body.calls if (within := self.within(node, body, call.context)) is not None
        ]
        ends = [(end, within) for end in body.exits if (within := self.within(node, body, end.context)) is not None]
        if any(end.kind == "return" and within[-1][0] == "loop" for end, within in ends):
            return  # the loop never goes on to the second record
        found = []
        for call, within in inside:
            outcome = self.outcome(node, call, 0)
            if outcome != NONE and not any(frame[0] == "except" for frame in within):
                outcome = self._after(node, body, within, outcome)
                found.append(
                    (outcome, _Failure(node, self.view.place(node, call), call.tail, outcome, call.context), call)
                )
        # The most telling of the worst: one that does more than parse, and that does something outside.
        worst = max(
            found,
            key=lambda item: (not self._parses(node, item[2]), item[0], self.reaches_out(node, item[2])),
            default=None,
        )
        if worst is not None:
            if worst[0] != HANDLED or not self.view.grants("handled"):
                yield worst[1]
            return
        for end, _ in ends:
            if end.kind == "raise":
                yield _Failure(node, Location(node[0], end.line), "raise", RAISED, end.context)
                return

    def _mapped(self, node: Node) -> Iterator[_Failure]:
        """``map(process, records)``, an executor's too."""
        for edge in self.flow.graph.edges(node):
            call = self.flow.called(edge)
            if call is None or self.flow.graph.hands(edge) != "elements":
                continue
            if any(self.paths(node, value) & _RECORDS for _, value in call.args):
                outcome = self._inside(edge.callee, 0)
                if outcome in (SWALLOWED, RAISED):
                    yield _Failure(node, self.view.place(node, call), edge.callee[1], outcome, call.context)

    def outcome(self, node: Node, call: Call, depth: int) -> int:
        """What becomes of an error inside a call."""
        if call.k < 0:
            return NONE
        values = self.flow.callee(node, call.k)
        if not values:
            return RAISED if call.tail not in self.quiet_methods else NONE
        worst = NONE
        for value in values:
            if value[0] == "ext" and (self._is_work(value[1]) or value[1] in self.parsing or call.tail in self.parsing):
                return RAISED
            if value[0] in ("def", "bound", "cls"):
                target = (value[1], f"{value[2]}.__init__" if value[0] == "cls" else value[2])
                worst = max(worst, self._inside(target, depth + 1))
        # Whoever looks at what such a call returns may well deal with the failure.
        dealt_with = call.use == "used" or (self.view.grants("handled") and _TELLING.search(call.tail))
        return HANDLED if worst == SWALLOWED and dealt_with else worst

    def _inside(self, node: Node, depth: int) -> int:
        """What becomes of errors inside a definition."""
        if node in self._outcomes or depth > CALLS_LIMIT:
            return self._outcomes.get(node, NONE)
        self._outcomes[node] = NONE  # a cycle adds nothing
        body = self.flow.body(node)
        worst = NONE
        if body is not None:
            for call in body.calls:
                outcome = self.outcome(node, call, depth)
                if outcome != NONE and not any(frame[0] == "except" for frame in call.context):
                    worst = max(worst, self._after(node, body, call.context, outcome))
            if worst == NONE and any(end.kind == "raise" for end in body.exits):
                worst = RAISED
        self._outcomes[node] = worst
        return worst

    def _after(self, node: Node, body: Body, context: Context, outcome: int) -> int:
        """What becomes of an error outside of the handlers around it."""
        if outcome != RAISED:
            return outcome
        for frame in reversed(context):
            if frame[0] == "try" and _catches(body, frame):
                return HANDLED if self._handles(node, body, frame[1]) else SWALLOWED
        return RAISED

    def _handles(self, node: Node, body: Body, uid: int) -> bool:
        """Whether the handler of any error does something about it: sends the record elsewhere, stores it."""
        return any(
            any(frame[:2] == ("except", uid) and _is_broad(frame[2]) for frame in call.context)
            and call.k >= 0
            and (
                self.reaches_out(node, call) if self.flow.callee(node, call.k) else call.tail not in self.quiet_methods
            )
            and not self._parses(node, call)
            for call in body.calls
        )

    def _swallowed(self, node: Node, context: Context, route: Route) -> bool:
        """Whether a handler around the loop, here or in a caller, ends the error."""
        places = ((at, call.context) for at, call in self.flow.calls_on(route))
        for at, frames in ((node, context), *places):
            body = self.flow.body(at)
            if body is not None and any(frame[0] == "try" and _catches(body, frame) for frame in frames):
                return True
        return False

    # -- what may fail at all

    def _parses(self, node: Node, call: Call) -> bool:
        values = self.flow.callee(node, call.k)
        if not values:
            return call.tail in self.parsing
        return all(value[0] == "ext" and (value[1] in self.parsing or call.tail in self.parsing) for value in values)

    def _is_work(self, operation: str) -> bool:
        """Whether something from outside does more than parse, compute and log."""
        flow = self.flow
        if operation in flow.pure or operation in flow.environment or operation in flow.random:
            return False
        if operation in flow.constructors or operation in self.quiet or operation.startswith(self.observing):
            return False
        made, _, method = operation.partition("()")
        tail = operation.rpartition(".")[2]
        if method and made in flow.pure and tail in flow.pure_methods:
            return False
        return tail not in self.quiet_methods or operation.startswith("aws:")

    def reaches_out(self, node: Node, call: Call) -> bool:
        """Whether a call is, or runs, one that does more than parse and log."""
        for value in self.flow.callee(node, call.k):
            if value[0] == "ext" and self._is_work(value[1]):
                return True
            if value[0] in ("def", "bound") and any(self._works(at) for at in self._reached((value[1], value[2]))):
                return True
        return False

    def _reached(self, start: Node) -> list[Node]:
        found = [start]
        for node in found:
            if len(found) > REACH_LIMIT:
                break
            found += dict.fromkeys(edge.callee for edge in self.flow.graph.edges(node) if edge.callee not in found)
        return found

    def _works(self, node: Node) -> bool:
        """Whether a definition does more than parse and log."""
        for call in self.names.calls(node):
            values = self.names.resolve(node[0], node[1], call.callee)
            if not values and call.tail not in self.quiet_methods and call.tail not in self.parsing:
                return True
            if any(value[0] == "ext" and self._is_work(value[1]) for value in values):
                return True
        return False


def _taken(body: Body, loop: int) -> list[Term]:
    """What a ``while`` loop takes its elements from: ``records.pop()``."""
    return [
        call.func[1]
        for call in body.calls
        if call.tail in ("pop", "popleft")
        and call.func[0] == "attr"
        and any(frame[:2] == ("loop", loop) for frame in call.context)
    ]


def _catches(body: Body, frame: tuple[Any, ...]) -> bool:
    """Whether a ``try`` catches everything and goes on."""
    if not any(_is_broad(types) and not leaves for types, leaves in frame[2]):
        return False
    return not any(end.kind == "raise" and _in_handler(end.context, frame[1]) for end in body.exits)


def _is_broad(types: Iterable[str]) -> bool:
    """Whether a handler is for any error."""
    return not types or not {"Exception", "BaseException"}.isdisjoint(types)


def _in_handler(context: Iterable[tuple[Any, ...]], uid: int) -> bool:
    return any(frame[:2] == ("except", uid) for frame in context)
