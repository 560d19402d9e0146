"""Threads, timers, tasks and processes that are started and that nothing waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.arguments import subterms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdalint.model import Location, Step
    from lambdalint.source.lower import Body, Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView


class Unjoined(NamedTuple):
    """A call that starts something: what (``a thread``), and the way there."""

    node: Node
    place: Location
    what: str
    chain: tuple[Step, ...]


def unjoined(view: FunctionView) -> Iterator[Unjoined]:
    """What an entry point starts and neither waits for nor hands to anything that could."""
    rules = table("background")
    started, waits = rules["started"], frozenset(rules["waits"]["methods"])
    tails = {operation.rpartition(".")[2] for operation in started}
    for node in view.region.nodes:
        definition = view.flow.names.definition(node)
        if definition is None or not any(call.tail in tails for call in definition.calls):
            continue
        if view.grants("waited") and any(call.tail in waits and not _is_text(call.callee) for call in definition.calls):
            continue
        body = view.flow.body(node)
        for call in body.calls if body is not None else ():
            what = _starts(view, node, call)
            if not what or body is None or (view.grants("kept") and _is_kept(body, call)):
                continue
            if view.grants("with") and any(frame[0] == "with" for frame in call.context):
                continue
            for route in view.flow.verdict(view.region, node, call.context, ()).routes[:1]:
                place = view.place(node, call)
                yield Unjoined(node, place, what, view.chain(route, node, place))


def _is_text(callee: object) -> bool:
    """Whether a callee is a method of a literal: ``", ".join``."""
    return type(callee) is tuple and callee[0] == "a" and callee[1] is not None and callee[1][0] == "k"


def _starts(view: FunctionView, node: Node, call: Call) -> str:
    if call.k < 0:
        return ""
    values = view.flow.callee(node, call.k)
    started = table("background")["started"]
    if len(values) != 1:
        return ""
    (value,) = values
    return str(started.get(value[1], "")) if value[0] == "ext" else ""


def _is_kept(body: Body, call: Call) -> bool:
    """Whether what is started is used otherwise than to start it."""
    made: Term = call.func[1] if call.tail == "start" and call.func[0] == "attr" else ("call", call.k)
    if made[0] != "call":
        return True  # of an attribute, a parameter, a list …
    if made == ("call", call.k) and call.use == "discarded":
        return False
    terms = [end.value for end in body.exits]
    terms += [term for store in body.stores for term in (store.target, store.value)]
    for other in body.calls:
        terms += [value for _, value in other.args]
        if other.k != call.k and other.func[:2] != ("attr", made):
            terms.append(other.func)
        terms += [frame[2] for frame in other.context if frame[0] in ("loop", "with") and frame[2] is not None]
    return any(part == made for term in (*terms, *body.tests) for part in subterms(term)) or (
        made == ("call", call.k) and call.use == "returned"
    )
