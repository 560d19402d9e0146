"""Idempotency that does not hold: keys that are new on each run, records of attempts that nobody knows the end of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdalint.model import Location
from lambdalint.records import NamedTuple
from lambdalint.source.arguments import TIME, Arguments, subterms
from lambdalint.source.effect_sites import sites
from lambdalint.source.effects import label
from lambdalint.source.events import text_of
from lambdalint.source.flow import passed
from lambdalint.source.guards import Guards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdalint.model import Step
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

_POWERTOOLS = "aws_lambda_powertools.utilities.idempotency."
_FUNCTION = f"{_POWERTOOLS}idempotent_function"
_ENTRY = f"{_POWERTOOLS}idempotent"
_KEYWORD = "data_keyword_argument"
_MESSAGE = "MessageDeduplicationId"
_HEADER = re.compile(r"idempoten|^paypal-request-id$|^x-line-retry-key$|client-token", re.IGNORECASE)
_HEADERS = re.compile(rb"idempoten|paypal-request-id|x-line-retry-key|client-token", re.IGNORECASE)
# What makes a time the same for a while.
_ROUNDING = frozenset({"strftime", "date", "today", "replace", "toordinal", "isocalendar"})
_KEEPING = (
    *("aws:dynamodb", "aws:s3", "aws:ssm", "aws:secretsmanager"),
    *("redis.", "pymongo.", "dbapi.", "psycopg", "pymysql"),
)


class Unstable(NamedTuple):
    """A key: the call that is given it, the name of the call and of the key, and what makes it new."""

    node: Node
    place: Location
    label: str
    name: str
    fresh: str
    chain: tuple[Step, ...]


def unstable(view: FunctionView) -> tuple[Unstable, ...]:
    """The keys of calls that are new each time the same event is delivered."""
    candidates = list(_candidates(view))
    if not candidates or not view.redeliveries():
        return ()
    return tuple(_Search(view).run(candidates))


class Unregistered(NamedTuple):
    """A function whose attempts are recorded without their end, with the way to it."""

    node: Node
    place: Location
    chain: tuple[Step, ...]


def unregistered(view: FunctionView) -> Iterator[Unregistered]:
    """The idempotent functions that an entry point calls without anything that registers the Lambda context."""
    names = view.flow.names
    if view.grants("registered") and (view.spells(b"register_lambda_context") or view.spells(b"lambda_context=")):
        return
    if view.grants("entry") and _ENTRY in names.decorator_operations(view.entry.node):
        return
    for node in view.region.nodes:
        definition = names.definition(node)
        if definition is None or node == view.entry.node or _FUNCTION not in names.decorator_operations(node):
            continue
        for route in view.flow.verdict(view.region, node, (), ()).routes[:1]:
            place = Location(node[0], definition.line)
            yield Unregistered(node, place, view.chain(route, node, place))


class _Candidate(NamedTuple):
    """A call that is given a key, as far as names tell: ``path`` leads to the key in its arguments."""

    node: Node
    k: int
    label: str
    path: str


def _candidates(view: FunctionView) -> Iterator[_Candidate]:
    for node in view.region.nodes:
        text = b""
        for site in sites(view, node):
            path = site.spec.get("token", "") if site.family != "http" else "headers"
            if not path:
                continue
            text = text or text_of(view.flow, node)
            if path.rpartition("/")[2].encode() in text and (path != "headers" or _HEADERS.search(text)):
                yield _Candidate(node, site.reference.k, label(site.operation), path)
        for edge in view.flow.graph.edges(node):
            if edge.kind == "call" and edge.call is not None and edge.call.k >= 0:
                name = _keyword(view, edge.callee)
                if name:
                    yield _Candidate(node, edge.call.k, edge.callee[1], f"={name}")


def _keyword(view: FunctionView, node: Node) -> str:
    """The parameter that Powertools makes a function's key of."""
    if _FUNCTION not in view.flow.names.decorator_operations(node):
        return ""
    definition = view.flow.names.definition(node)
    for decorator in definition.decorators if definition is not None else ():
        if decorator is not None and decorator[0] == "c":
            for word, value in decorator[3]:
                if word == _KEYWORD and value is not None and value[0] == "k" and type(value[1]) is str:
                    return str(value[1])
    return ""


class _Search:
    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.values = Arguments(view.flow, view.region)
        self.guards = Guards(view)

    def run(self, candidates: list[_Candidate]) -> Iterator[Unstable]:
        for item in candidates:
            call = self.flow.call(item.node, item.k)
            if call is None:
                continue
            for name, term in self._keys(item, call):
                fresh = self.values.fresh(item.node, term)
                if not fresh or (self.view.grants("period") and self._is_rounded(item.node, term, fresh)):
                    continue
                if self.view.grants("kept") and self._is_kept(item.node, call, term):
                    continue
                if name == _MESSAGE and self.view.grants("own") and not self._is_of_event(item.node, call):
                    continue
                route = self.guards.unguarded(item.node, call, record=False)
                if route is not None:
                    place = self.view.place(item.node, call)
                    chain = self.view.chain(route, item.node, place)
                    yield Unstable(item.node, place, item.label, name, fresh, chain)
                    break

    def _keys(self, item: _Candidate, call: Call) -> Iterator[tuple[str, Term]]:
        """The keys that a call is given, by name."""
        if item.path.startswith("="):
            yield from self._passed(item, call)
            return
        head, *rest = item.path.split("/")
        term = self.values.given(call, head)
        if term is None:
            return
        if item.path == "headers":
            for _, found in self.values.mappings(item.node, term):
                for key, value in found[1]:
                    if key[0] == "const" and _HEADER.search(str(key[1])):
                        yield str(key[1]), tuple(value)
        elif not rest:
            yield head, term
        else:
            for inner in subterms(term):
                for key, value in inner[1] if inner[0] == "dict" else ():
                    if key == ("const", rest[-1]):
                        yield rest[-1], tuple(value)

    def _passed(self, item: _Candidate, call: Call) -> Iterator[tuple[str, Term]]:
        name = item.path[1:]
        for edge in self.flow.graph.edges(item.node):
            definition = self.flow.names.definition(edge.callee)
            if edge.call is None or edge.call.k != item.k or definition is None or edge.callee[1] != item.label:
                continue
            for index, param in enumerate(definition.params):
                given = passed(call, definition, index, edge.offset) if param.name == name else None
                if given is not None:
                    yield name, given

    def _is_of_event(self, node: Node, call: Call) -> bool:
        """Whether anything that a call is given comes out of the event."""
        return any(root[0] == "event" for _, value in call.args for root in self.values.origins(node, value))

    def _is_rounded(self, node: Node, term: Term, fresh: str) -> bool:
        """Whether a time is cut to a day, an hour … so that a delivery soon after has the same."""
        if not fresh.startswith(TIME):
            return False
        for part in subterms(term):
            if part[0] == "op" and part[1] in ("FloorDivide", "Modulo"):
                return True
            if not fresh.startswith("time.") and (part[0] in ("item", "attr") or part[:2] == ("op", "format")):
                return True  # the day of a datetime, or so
            call = self.flow.call(node, part[1]) if part[0] == "call" and len(part) == 2 else None
            if call is not None and (call.tail in _ROUNDING or call.tail == "format"):
                return True
        return False

    def _is_kept(self, node: Node, call: Call, term: Term) -> bool:
        """Whether something is told the same key, and may find it again: a table, a bucket."""
        body = self.flow.body(node)
        parts = {part for part in subterms(term) if part[0] == "call"}
        for other in body.calls if body is not None else ():
            if (
                other.k == call.k
                or other.k < 0
                or not parts & {part for _, value in other.args for part in subterms(value)}
            ):
                continue
            if any(value[0] == "ext" and value[1].startswith(_KEEPING) for value in self.flow.callee(node, other.k)):
                return True
        return False
