"""Handlers that do nothing but hand parts of their event on to one call of the AWS SDK.

Conservative: one definition without tests, loops and exception handlers, every argument a constant, a variable of the
environment or a part of the event as it came. What else it calls only logs, reads JSON or writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.events import event_paths

if TYPE_CHECKING:
    from lambdalint.model import EventSource, Location
    from lambdalint.source.lower import Body, Call, Term
    from lambdalint.source.views import FunctionView

_LOGGED = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_AWS = "aws:"
DEPTH_LIMIT = 24


class Relay(NamedTuple):
    """A handler that is one call: of which operation, where, for which event source, and what does without it."""

    operation: str
    location: Location
    event: EventSource
    how: str


def relay(view: FunctionView) -> Relay | None:
    """What an entry point hands on; None where it does more than that, or where nothing else would do it."""
    events = [event for event in view.events if "supposed" not in event.settings]
    kinds = {event.kind for event in events}
    told = all(not function.value("events").unknown for function in view.functions)
    if len(kinds) != 1 or not told or len(view.region.nodes) != 1:
        return None
    kind = next(iter(kinds))
    rows = table("integrations")
    if kind not in rows["operations"] or not _is_plainly_decorated(view, rows["beside"]["logging"]):
        return None
    body = view.flow.body(view.entry.node)
    call = _Handler(view, body).only_call() if body is not None else None
    if call is None:
        return None
    operation = call[0]
    if operation not in rows["operations"][kind]:
        return None
    return Relay(operation.removeprefix(_AWS), view.place(view.entry.node, call[1]), events[0], rows["how"][kind])


def _is_plainly_decorated(view: FunctionView, logging: list[str]) -> bool:
    """Whether no decorator of an entry point does anything but log, trace and measure."""
    definition = view.flow.names.definition(view.entry.node)
    operations = view.flow.names.decorator_operations(view.entry.node)
    return definition is not None and (
        not definition.decorators
        or (len(operations) >= len(definition.decorators) and all(o.startswith(tuple(logging)) for o in operations))
    )


class _Handler:
    def __init__(self, view: FunctionView, body: Body) -> None:
        self.view = view
        self.node = view.entry.node
        self.flow = view.flow
        self.body = body
        self.beside = table("integrations")["beside"]
        self.logging = tuple(self.beside["logging"])

    def only_call(self) -> tuple[str, Call] | None:
        """The one call of the SDK, if the rest of the handler adds nothing to it."""
        if (self.body.tests and self.view.grants("branch")) or self.body.stores:
            return None
        found: list[tuple[str, Call]] = []
        for call in self.body.calls:
            operation = self._operation(call)
            if operation.startswith(_AWS):
                found.append((operation, call))
            elif not self._is_beside(call, operation):
                return None
            if call.context and self.view.grants("branch"):
                return None
        if len(found) != 1:
            return None
        operation, call = found[0]
        values = [value for name, value in call.args if name not in ("*", "**")]
        if len(values) != len(call.args) or not all(self._is_plain(value) for value in values):
            return None
        if not any(event_paths(self.flow, self.view.region, self.node, value) for value in values):
            return None
        answers = [
            end.value for end in self.body.exits if end.kind != "return" or not self._is_plain(end.value, call.k)
        ]
        return None if answers else (operation, call)

    def _operation(self, call: Call) -> str:
        """What a call calls, "" where nobody can tell."""
        values = self.flow.callee(self.node, call.k) if call.k >= 0 else ()
        return str(values[0][1]) if len(values) == 1 and values[0][0] == "ext" else ""

    def _is_beside(self, call: Call, operation: str) -> bool:
        """Whether a call adds nothing: it logs, reads JSON or writes it, or takes a part of the event."""
        if operation in self.beside["operations"] or operation.startswith(self.logging):
            return True
        if call.func[0] != "attr":
            return False
        if call.tail in self.beside["methods"]:
            return self._is_plain(call.func[1])
        return not operation and call.tail in _LOGGED

    def _is_plain(self, term: Term, own: int = -1, depth: int = 0) -> bool:
        """Whether a value is handed on as it came, or is constant.

        Args:
            own: the call whose result may be answered.
        """
        if depth > DEPTH_LIMIT:
            return False
        kind = term[0]
        if kind in ("const", "name", "param"):
            return True
        if kind in ("attr", "item", "elem"):
            return self._is_plain(term[1], own, depth + 1) and (kind != "item" or term[2][0] == "const")
        if kind == "list":
            return all(self._is_plain(part, own, depth + 1) for part in term[1])
        if kind == "dict":
            return all(self._is_plain(part, own, depth + 1) for pair in term[1] for part in pair)
        if kind == "call":
            return term[1] == own or self._is_result(term[1], own, depth)
        return (
            not self.view.grants("changed")
            and kind == "op"
            and all(self._is_plain(part, own, depth + 1) for part in term[2])
        )

    def _is_result(self, k: int, own: int, depth: int) -> bool:
        call: Any = self.flow.call(self.node, k)
        if call is None or not self._is_beside(call, self._operation(call)):
            return False
        return all(self._is_plain(value, own, depth + 1) for _, value in call.args)
