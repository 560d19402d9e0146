"""What an entry point does with the batches that templates say it is handed: its answer, the records that it reads.

Pollers hand over records of queues and streams in batches; an event source mapping of a template says how large they
may be and whether the answer is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.events import event_paths, text_of
from lambdalint.source.reduction import ABSENT
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.model import EventSource, Function, Location, Step
    from lambdalint.source.lower import Body, Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

POLLERS = ("sqs", "kinesis", "dynamodb")
REPORT = "ReportBatchItemFailures"
ANSWER = b"batchItemFailures"

_BATCH = "aws_lambda_powertools.utilities.batch."
_PARTIAL = ("process_partial_response", "async_process_partial_response", "response")
_QUOTED = rb"""['"]batchItemFailures['"]"""
# What gives an answer (a key with its value, an item that is set or added to), and one that never names a record.
_ANSWERED = re.compile(_QUOTED + rb"\s*(?::|\]\s*=(?!=)|\]\s*\.\s*(?:append|extend|insert))")
_EMPTY = re.compile(_QUOTED + rb"\s*:\s*\[\s*\]")
_COMMENT = re.compile(rb"^\s*#.*$|#[^'\"\n]*$", re.MULTILINE)
_FIRST = re.compile(rb"\[\s*-?\d\s*\]")
_RECORDS = frozenset({("Records",), ("records",)})

# What looks at a value as a whole, and not at its elements.
_SHOWING = frozenset({"json.dumps", "str", "repr", "type", "isinstance", "bool"})
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


class Poller(NamedTuple):
    """An event source mapping: the function that a template gives it, the source, and where that is written."""

    function: Function
    event: EventSource
    location: Location


class FirstRecord(NamedTuple):
    """A read of one record of a batch: where, the mapping that hands it over and the way from the entry point."""

    poller: Poller
    location: Location
    node: Node
    chain: tuple[Step, ...]


def pollers(view: FunctionView) -> Iterator[Poller]:
    """The pollers of an entry point, by template."""
    for function in view.functions:
        for event in function.events:
            place = event.location or function.declared_at
            if event.kind in POLLERS and place is not None:
                yield Poller(function, event, place)


# -- the answer


def ignored_answers(view: FunctionView) -> tuple[Poller, ...]:
    """The mappings that do not read which records failed, although the function answers that."""
    found = [item for item in pollers(view) if _reads_answer(view, item.event) is False]
    return tuple(found) if found and _answers(view) else ()


def unanswered(view: FunctionView) -> tuple[Poller, ...]:
    """The mappings that read which records failed, although nothing that the function returns can say that."""
    found = [item for item in pollers(view) if _reads_answer(view, item.event)]
    if not found or not _returns_no_answer(view) or (view.grants("loop") and view.batch_loop() is not None):
        return ()
    return tuple(found)


def _reads_answer(view: FunctionView, event: EventSource) -> bool | None:
    """Whether a mapping reads the answer, None where nobody can tell."""
    types = event.setting("response_types")
    if types.unknown:
        return None if view.grants("unknown") else False
    return types.known and REPORT in (types.value if isinstance(types.value, list | tuple) else (types.value,))


def _answers(view: FunctionView) -> bool:
    """Whether something that runs answers which records failed."""
    for node in view.region.nodes:
        for call in view.flow.names.calls(node):
            if call.tail in _PARTIAL and any(
                value[0] == "ext" and value[1].startswith(_BATCH)
                for value in view.flow.names.resolve(node[0], node[1], call.callee)
            ):
                return True
    texts = [_COMMENT.sub(b"", text_of(view.flow, node)) for node in view.region.nodes]
    written = [match for text in texts for match in _ANSWERED.finditer(text)]
    return len(written) > (sum(len(_EMPTY.findall(text)) for text in texts) if view.grants("empty") else 0)


def _returns_no_answer(view: FunctionView) -> bool:
    """Whether all that the entry point returns is None, or a mapping without failed records."""
    node = view.entry.node
    names = view.flow.names
    definition, body = names.definition(node), view.flow.body(node)
    if definition is None or body is None or definition.yields:
        return False
    decorators = [value for _, values in names.decorator_values(node) for value in values or (None,)]
    if view.grants("decorated") and any(value is None or value[1] not in names.transparent for value in decorators):
        return False
    if any((item.path, item.qualname) != node for item in view.functions):
        return False  # what is deployed wraps it
    return all(_has_no_answer(view, node, end.value) for end in body.exits if end.kind == "return")


def _has_no_answer(view: FunctionView, node: Node, value: Term) -> bool:
    if value[0] == "join":
        return all(_has_no_answer(view, node, part) for part in value[1])
    return value == ("const", None) or view.flow.reduction.entry(node, value, ANSWER.decode()) == ABSENT


# -- one record of many


def first_record(view: FunctionView) -> FirstRecord | None:
    """A read of one record of a batch of which the others are never looked at; None where there is none."""
    found = [item for item in pollers(view) if not _is_single(view, item.event)]
    if not found or not any(_spells_first(view, node) for node in view.region.nodes):
        return None
    return _Search(view).run(found[0])


def _is_single(view: FunctionView, event: EventSource) -> bool:
    """Whether a mapping hands over single records, or may do so."""
    size = event.setting("batch_size")
    return view.grants("single") and (size.unknown or (size.known and size.value in (1, "1")))


def _spells_first(view: FunctionView, node: Node) -> bool:
    return bool(_FIRST.search(text_of(view.flow, node)))


class _Search:
    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.prefixes = tuple(table("calls")["quiet"]["prefixes"])

    def run(self, poller: Poller) -> FirstRecord | None:
        """The first read of one record, unless anything looks at the whole batch."""
        found = None
        for node, body in self.view.bodies():
            if b"ecords" not in self._source(node[0]):
                continue
            for call in body.calls:
                if found is not None or (self.view.grants("logged") and self._logs(node, call)):
                    continue
                if any(frame[0] == "loop" for frame in call.context):
                    continue  # the next round may read the next one
                if any(self._is_first(node, term) for term in (call.func, *_values(call))):
                    verdict = self.flow.verdict(self.view.region, node, call.context, ())
                    for route in verdict.routes[:1]:
                        place = self.view.place(node, call)
                        found = FirstRecord(poller, place, node, self.view.chain(route, node, place))
            if self._sees_all(node, body):
                return None
        return found

    def _source(self, path: str) -> bytes:
        try:
            return self.flow.program.source(path)
        except Unreadable:
            return b""

    def _is_first(self, node: Node, term: Any) -> bool:
        """Whether a value is made of one record of the batch: ``event["Records"][0]``."""
        return any(part[0] == "item" and _is_index(part[2]) and self._is_batch(node, part[1]) for part in _parts(term))

    def _is_batch(self, node: Node, term: Term) -> bool:
        return bool(event_paths(self.flow, self.view.region, node, term) & _RECORDS)

    def _sees_all(self, node: Node, body: Body) -> bool:
        """Whether a definition looks at all records, counts them or hands them on."""
        for call in body.calls:
            counts = call.tail == "len"
            if counts and not self.view.grants("length"):
                continue
            handed = [value for value in _values(call) if self._is_batch(node, value)]
            if handed and not self._shows(node, call):
                return True
            if not counts and self._may_read(node, call):
                return True
        frames = [frame for call in body.calls for frame in call.context if frame[0] == "loop" and frame[2] is not None]
        frames += [frame for end in body.exits for frame in end.context if frame[0] == "loop" and frame[2] is not None]
        frames += [frame for store in body.stores for frame in store.context if frame[0] == "loop" and frame[2]]
        return any(self._is_batch(node, frame[2]) for frame in frames)

    def _may_read(self, node: Node, call: Call) -> bool:
        """Whether something from outside, or unknown, is handed the event and may well look at all records."""
        values = self.flow.callee(node, call.k) if call.k >= 0 else ()
        if any(value[0] != "ext" for value in values) or self._shows(node, call):
            return False
        return any(() in event_paths(self.flow, self.view.region, node, value) for value in _values(call))

    def _shows(self, node: Node, call: Call) -> bool:
        values = self.flow.callee(node, call.k) if call.k >= 0 else ()
        return self._logs(node, call) or any(value[0] == "ext" and value[1] in _SHOWING for value in values)

    def _logs(self, node: Node, call: Call) -> bool:
        values = self.flow.callee(node, call.k) if call.k >= 0 else ()
        return (not values and call.tail in _LOGGING) or any(
            value[0] == "ext" and (value[1] == "print" or value[1].startswith(self.prefixes)) for value in values
        )


def _values(call: Call) -> list[Term]:
    return [value for _, value in call.args]


def _is_index(key: Term) -> bool:
    """Whether a key is one number, negative ones included."""
    if key[0] == "op":
        return len(key[2]) == 1 and _is_index(key[2][0])
    return bool(key[0] == "const" and type(key[1]) is int)


def _parts(term: Any, depth: int = 0) -> Iterator[Term]:
    """A Term and all Terms in it."""
    if type(term) is not tuple or depth > 30:
        return
    if term and type(term[0]) is str:
        yield term
    for part in term:
        yield from _parts(part, depth + 1)
