"""Polling: the SDK's waiters, and loops that ask for a state and sleep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.arguments import Arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdalint.model import Location, Step
    from lambdalint.source.lower import Body, Call
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

SHORT_S = 10  # a waiter that is told to give up by then may poll

_WAITER = ".get_waiter().wait"
_ASKS = re.compile(r"^aws:.*[.#](describe|get|head|list|batch_get)_\w+$")
_DEFAULTS = ("Delay", "MaxAttempts")
_TABLE = frozenset({"the waiter table_exists", "wait_until_exists"})


class Poll(NamedTuple):
    """A call that polls: what it is, and the way there."""

    node: Node
    place: Location
    what: str
    chain: tuple[Step, ...]


def polls(view: FunctionView) -> tuple[Poll, ...]:
    """The calls of an entry point that wait for a state by asking for it again and again."""
    candidates = [node for node in view.region.nodes if _may_poll(view, node)]
    if not candidates:
        return ()
    if view.grants("custom-resource") and any(source.kind == "custom-resource" for source in view.sources()):
        return ()
    return tuple(poll for node in candidates for poll in _of_node(view, node))


def _may_poll(view: FunctionView, node: Node) -> bool:
    definition = view.flow.names.definition(node)
    tails = {call.tail for call in definition.calls} if definition is not None else set()
    if not view.grants("slept") and any(_ASKS.match(f"aws:x.{tail}") for tail in tails):
        return True
    return "wait" in tails or any(tail.startswith("wait_until_") for tail in tails)


def _of_node(view: FunctionView, node: Node) -> Iterator[Poll]:
    body = view.flow.body(node)
    for call in body.calls if body is not None else ():
        operations = (
            {value[1] for value in view.flow.callee(node, call.k) if value[0] == "ext"} if call.k >= 0 else set()
        )
        if not any(_waits(view, node, body, call, operation) for operation in sorted(operations)):
            continue
        for route in view.flow.verdict(view.region, node, call.context, ()).routes[:1]:
            place = view.place(node, call)
            yield Poll(node, place, _what(view, node, call), view.chain(route, node, place))


def _waits(view: FunctionView, node: Node, body: Body | None, call: Call, operation: str) -> bool:
    if operation.startswith("aws:") and (
        operation.endswith(_WAITER) or operation.rpartition(".")[2].startswith("wait_until_")
    ):
        if view.grants("made") and body is not None and _is_of_own_table(body, _what(view, node, call)):
            return False
        return not view.grants("short") or not _is_short(view, node, call)
    return (
        not view.grants("slept")
        and bool(_ASKS.match(operation))
        and body is not None
        and _sleeps(view, node, body, call)
    )


def _is_of_own_table(body: Body, what: str) -> bool:
    """Whether a call waits for a table that its definition makes, and does not delete first: that happens once."""
    tails = {other.tail for other in body.calls}
    return what in _TABLE and "create_table" in tails and "delete_table" not in tails


def _is_short(view: FunctionView, node: Node, call: Call) -> bool:
    """Whether a waiter gives up soon, or nobody can tell when."""
    values = Arguments(view.flow, view.region)
    given = values.given(call, "WaiterConfig")
    if given is None:
        return values.unpacked(call)
    for at, found in values.mappings(node, given):
        entries = {key[1]: values.constants(at, tuple(value)) for key, value in found[1] if key[0] == "const"}
        numbers = [entries.get(name, ()) for name in _DEFAULTS]
        if all(len(number) == 1 and type(number[0]) in (int, float) for number in numbers):
            return bool(numbers[0][0] * numbers[1][0] <= SHORT_S)
    return True


def _sleeps(view: FunctionView, node: Node, body: Body, call: Call) -> bool:
    """Whether a loop around a call sleeps."""
    loops = {frame[1] for frame in call.context if frame[0] == "loop"}
    sleeping = table("waits")["operations"]
    return any(
        loops & {frame[1] for frame in other.context if frame[0] == "loop"}
        and other.k >= 0
        and any(value[0] == "ext" and value[1] in sleeping for value in view.flow.callee(node, other.k))
        for other in body.calls
    )


def _what(view: FunctionView, node: Node, call: Call) -> str:
    """What polls, in a few words."""
    if call.tail != "wait":
        return call.tail
    maker = view.flow.call(node, call.func[1][1]) if call.func[0] == "attr" and call.func[1][0] == "call" else None
    names = view.flow.constants(view.region, node, maker.args[0][1]) if maker is not None and maker.args else ()
    return f"the waiter {names[0]}" if len(names) == 1 else "a waiter"
