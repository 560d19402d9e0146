"""What an entry point answers to its poller: the records that failed, and whether the poller can read that.

``{"batchItemFailures": [{"itemIdentifier": …}]}`` is compared by its very names, and each identifier with those of the
records that were handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Location
from lambdalint.records import NamedTuple
from lambdalint.source.arguments import Arguments, subterms
from lambdalint.source.events import event_paths, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdalint.source.lower import Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

KEY = "batchItemFailures"
ENTRY = "itemIdentifier"
DEPTH_LIMIT = 12

_RECORD = ("Records", "[]")
# What identifies a record: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html and its kin.
_IDENTIFIERS = {
    "sqs": (*_RECORD, "messageId"),
    "kinesis": (*_RECORD, "kinesis", "sequenceNumber"),
    "dynamodb": (*_RECORD, "dynamodb", "SequenceNumber"),
}
_MISSPELT = frozenset({"batchitemfailure", "batchitemfailures", "batchitemsfailure", "batchitemsfailures"})


class Misshapen(NamedTuple):
    """A part of an answer that the poller cannot read: ``kind`` is ``key``, ``entry`` or ``identifier``."""

    kind: str
    node: Node
    place: Location
    given: str
    wanted: str


def misshapen(view: FunctionView) -> tuple[Misshapen, ...]:
    """The parts of the answer that the poller cannot read, each once."""
    return tuple(dict.fromkeys(_Search(view).run()))


class _Search:
    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.values = Arguments(view.flow, view.region)

    def run(self) -> Iterator[Misshapen]:
        node = self.view.entry.node
        body = self.flow.body(node)
        for end in body.exits if body is not None else ():
            if end.kind != "return":
                continue
            for at, answer in self.values.mappings(node, end.value):
                yield from self._answer(at, answer)

    def _answer(self, node: Node, answer: Term) -> Iterator[Misshapen]:
        entries = {key[1]: tuple(value) for key, value in answer[1] if key[0] == "const" and type(key[1]) is str}
        if KEY in entries:
            for at, entry in self._elements(node, entries[KEY]):
                yield from self._entry(at, entry)
            return
        for key in entries:
            if key.lower().replace("_", "").replace("-", "") in _MISSPELT and self._is_read():
                yield Misshapen("key", node, self._place(node, answer), key, KEY)

    def _is_read(self) -> bool:
        """Whether a poller, and nobody else, is answered, with just that."""
        kinds = {source.kind for source in self.view.sources()}
        if self.view.grants("other") and not (kinds and kinds <= set(_IDENTIFIERS)):
            return False
        names = self.flow.names
        decorators = [
            value for _, values in names.decorator_values(self.view.entry.node) for value in values or (None,)
        ]
        return not self.view.grants("decorated") or all(
            value is not None and value[1] in names.transparent for value in decorators
        )

    def _elements(self, node: Node, term: Term, depth: int = 0) -> Iterator[tuple[Node, Term]]:
        """What a list holds, or may hold."""
        kind = term[0]
        if depth > DEPTH_LIMIT:
            return
        if kind == "join":
            for part in term[1]:
                yield from self._elements(node, part, depth + 1)
        elif kind == "list":
            for part in term[1]:
                yield node, part
        elif kind == "op" and term[1] in ("Add", "+=", "or"):
            for part in term[2]:
                yield from self._elements(node, part, depth + 1)
        elif kind == "op" and term[1] == "comprehension":
            yield node, term[2][0]
        elif kind == "op" and term[1] == "stored":
            yield from self._elements(node, term[2][0], depth + 1)
            for part in term[2][1:]:  # of append, insert or extend
                if part[0] in ("list", "op"):
                    yield from self._elements(node, part, depth + 1)
                else:
                    yield node, part
        elif kind == "call":
            for value in self.flow.callee(node, term[1]):
                if value[0] in ("def", "bound"):
                    target = (value[1], value[2])
                    body = self.flow.body(target)
                    for end in body.exits if body is not None else ():
                        if end.kind == "return":
                            yield from self._elements(target, end.value, depth + 1)

    def _entry(self, node: Node, entry: Term) -> Iterator[Misshapen]:
        """What is wrong with the entry of one record."""
        if entry[0] == "join":
            for part in entry[1]:
                yield from self._entry(node, part)
            return
        if entry[0] != "dict":
            paths = self._of_record(node, entry)
            if paths:
                yield Misshapen("entry", node, self._place(node, entry), paths, f'{{"{ENTRY}": …}}')
            return
        keys = [key[1] for key, _ in entry[1] if key[0] == "const"]
        if ENTRY not in keys:
            if len(keys) == len(entry[1]) or not self.view.grants("unknown"):
                said = ", ".join(map(str, keys)) or "nothing"
                yield Misshapen("entry", node, self._place(node, entry), said, ENTRY)
            return
        value = next(tuple(value) for key, value in entry[1] if key == ("const", ENTRY))
        kinds = {source.kind for source in self.view.sources()}
        right = _IDENTIFIERS.get(next(iter(kinds))) if len(kinds) == 1 else None
        if right is None:
            return
        given = self._of_record(node, value)
        if given and given not in (shown(right[:length]) for length in range(len(right) + 1)):
            yield Misshapen("identifier", node, self._place(node, entry), given, shown(right))

    def _of_record(self, node: Node, term: Term) -> str:
        """The one part of a record that a value is; "" where it may be another, or nobody can tell."""
        if term[0] not in ("item", "call", "elem", "attr") or not self._is_taken(node, term):
            return ""
        paths = event_paths(self.flow, self.view.region, node, term)
        if len(paths) != 1 or len(self.values.origins(node, term)) != 1:
            return ""
        path = paths.pop()
        while path and path[-1] == "[]":  # an element of a list that it was put into
            path = path[:-1]
        return shown(path) if path[:2] == _RECORD and len(path) > 2 else ""

    def _is_taken(self, node: Node, term: Term) -> bool:
        """Whether a value is only taken out of others, and not what a call makes of them."""
        calls = [self.flow.call(node, part[1]) for part in subterms(term) if part[0] == "call" and len(part) == 2]
        return all(call is not None and call.tail == "get" for call in calls)

    def _place(self, node: Node, term: Term) -> Location:
        """The call that stores it, else the return that gives it."""
        body = self.flow.body(node)
        if body is not None:
            for call in body.calls:
                if any(part == term for _, value in call.args for part in subterms(value)):
                    return self.view.place(node, call)
            for end in body.exits:
                if any(part == term for part in subterms(end.value)):
                    return Location(node[0], end.line)
        return self.view.location
