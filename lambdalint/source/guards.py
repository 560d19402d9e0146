"""What stands before an effect and keeps it from happening twice.

The walk goes backwards from the effect to the entry point; on each definition of the way it asks for an idempotent
decorator, a branch that a look-up decides, a conditional write before it. A way with none of these is the evidence.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.source.events import RECORDS, at_least_once, comes_as_records, kinds_tested
from lambdalint.source.flow import Route

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdalint.source.callgraph import Edge
    from lambdalint.source.lower import Call, Context, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

REACH_LIMIT = 60
_CONDITIONAL = frozenset({"put_item", "update_item", "transact_write_items", "transact_write"})
_CLAIMS = frozenset({"setnx"})
_WRITES = frozenset(
    {"put_item", "update_item", "delete_item", "execute", "executemany", "commit", "save", "update_one"}
)
_NOTES = re.compile(r"^(update|mark|set|save|store|record|complete|finish|delete|remove|increment)_", re.IGNORECASE)
# A function so called, asked before the effect, is the project's own guard.
_SAYS_SO = regex(
    r"idempot|de_?dup|duplicate|already|was_?(sent|processed|handled|seen)|is_?(processed|handled|seen|new)|"
    r"has_?(been|run|processed|seen)|acquire_?lock|try_?lock|claim|_?lock$|exists$",
    re.IGNORECASE,
)


class Guards:
    """Guards of one entry point."""

    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.region = view.region
        self.names = view.flow.names
        lookups = table("effects")["lookups"]
        self.lookups = frozenset(lookups["operations"])
        self.lookup_methods = frozenset(lookups["methods"])
        self.idempotent = frozenset(table("calls")["idempotent"])

    def unguarded(self, node: Node, call: Call, *, record: bool) -> Route | None:
        """A way from the entry point to a call that no guard stands on; None where there is none.

        Args:
            record: whether the call stores something; then a look-up that finds what it asks for guards as well.
        """
        if not self.flow.verdict(self.region, node, call.context, ()).routes:
            return None  # a branch that nobody takes, or done once for each environment
        queue: deque[tuple[Node, Call | None, tuple[Edge, ...]]] = deque([(node, call, ())])
        seen: set[Node] = set()
        while queue:
            at, here, edges = queue.popleft()
            if self._guarded(at, here, record=record):
                continue
            if at == self.view.entry.node:
                return Route(at, edges, False)
            if at in seen:
                continue
            seen.add(at)
            for edge in self.region.incoming.get(at, ()):
                queue.append((edge.caller, self.flow.called(edge), (edge, *edges)))
        return None

    def _guarded(self, node: Node, call: Call | None, *, record: bool) -> bool:
        if self.view.grants("idempotent") and any(
            operation in self.idempotent or "idempot" in operation.lower() for operation in self._decorators(node)
        ):
            return True
        if call is None:
            return False
        if self.view.grants("error-path") and any(
            frame[0] == "except" and not self._looked_up_in_try(node, frame[1]) for frame in call.context
        ):
            return True
        if self.view.grants("synchronous") and any(
            frame[0] == "if" and self._of_other_source(node, frame[2], taken=frame[3]) for frame in call.context
        ):
            return True
        # What is noted after the effect is what the look-up before it asks for, even where it has to find something.
        record = record or self._notes_after(node, call)
        if self.view.grants("look-up") and self._looked_up(node, call.context, record=record):
            return True
        return self.view.grants("condition") and self._claimed(node, call)

    def _decorators(self, node: Node) -> Iterable[str]:
        for decorator, values in self.names.decorator_values(node):
            for value in values:
                yield value[1] if value[0] == "ext" else str(value[2]) if value[0] in ("def", "bound", "cls") else ""
            target = decorator[1] if decorator is not None and decorator[0] == "c" else decorator
            if target is not None and target[0] in ("n", "a") and not values:
                yield str(target[-1])

    # -- branches for other sources

    def _of_other_source(self, node: Node, test: Term, *, taken: bool) -> bool:
        """Whether a branch is for events that nobody delivers again, or not for those that somebody does."""
        if test[0] == "op":
            operator, parts = test[1], test[2]
            if operator == "not":
                return self._of_other_source(node, parts[0], taken=not taken)
            if operator in ("and", "or"):
                # All parts of a true ``and`` hold, all of a false ``or`` fail; else nobody knows which.
                return (operator == "and") == taken and any(
                    self._of_other_source(node, part, taken=taken) for part in parts
                )
            if operator in ("!=", "not in"):
                taken = not taken
            if len(parts) == 2 and operator in ("is", "==", "is not", "!=") and parts[1] == ("const", None):
                taken = not taken
        kinds = kinds_tested(self.flow, self.region, node, test, failed=not taken)
        if not kinds:
            return False
        if taken:
            return RECORDS not in kinds and not any(at_least_once(kind) for kind in kinds)
        again = {source.kind for source in self.view.sources() if at_least_once(source.kind)}
        return again <= kinds or (RECORDS in kinds and all(comes_as_records(kind) for kind in again))

    # -- look-ups

    def _looked_up(self, node: Node, context: Context, *, record: bool) -> bool:
        for frame in context:
            if frame[0] == "if" and self._decides(node, frame[2], taken=frame[3], record=record):
                return True
            if frame[0] == "except" and self._looked_up_in_try(node, frame[1]):
                return True
        return False

    def _looked_up_in_try(self, node: Node, uid: int) -> bool:
        """``try: head_object(…) except ClientError: effect``."""
        body = self.flow.body(node)
        return body is not None and any(
            self._is_lookup(node, call)
            for call in body.calls
            if any(frame[0] == "try" and frame[1] == uid for frame in call.context)
        )

    def _decides(self, node: Node, test: Term, *, taken: bool, record: bool) -> bool:
        """Whether a test asks a look-up, other than for something that the effect needs to be there."""
        if test[0] == "op" and test[1] in ("and", "or"):
            return any(self._decides(node, part, taken=taken, record=record) for part in test[2])
        if test[0] == "op" and test[1] == "not":
            return self._decides(node, test[2][0], taken=not taken, record=record)
        calls = list(self._calls(node, test))
        if not any(self._is_lookup(node, call) for call in calls):
            return False
        return record or not self._needs_it(test, taken)

    def _notes_after(self, node: Node, call: Call) -> bool:
        """Whether the definition notes something after a call: ``mark_sent(order)``, a write to a table."""
        body = self.flow.body(node)
        return body is not None and any(
            other.span[:2] > call.span[2:] and (other.tail in _WRITES or _NOTES.search(other.tail))
            for other in body.calls
        )

    @staticmethod
    def _needs_it(test: Term, taken: bool) -> bool:
        """Whether the effect runs where something was found, and just because it was."""
        if test[0] != "op":
            return taken
        operator, parts = test[1], test[2]
        if operator in ("in", "not in"):
            return bool(parts[0][0] == "const" and (operator == "in") == taken)
        if len(parts) == 2 and parts[1] in (("const", None), ("const", 0), ("const", False)):
            found = {"is not": True, "!=": True, ">": True, "is": False, "==": False}.get(operator)
            return found is not None and found == taken
        return False

    def _calls(self, node: Node, term: Any, depth: int = 0) -> Iterator[Call]:
        """The calls that a value comes from."""
        if type(term) is not tuple or depth > 40:
            return
        if len(term) == 2 and term[0] == "call" and type(term[1]) is int:
            call = self.flow.call(node, term[1])
            if call is not None:
                yield call
                yield from self._calls(node, call.func, depth + 8)
                for _, value in call.args:
                    yield from self._calls(node, value, depth + 8)
            return
        for part in term:
            yield from self._calls(node, part, depth + 1)

    def _is_lookup(self, node: Node, call: Call) -> bool:
        """Whether a call asks, with something of the event, whether something is stored."""
        if call.k < 0:
            return False
        values = self.flow.callee(node, call.k)
        if _SAYS_SO.search(call.tail):
            return not values or any(value[0] != "ext" or "." not in value[1] for value in values)
        for value in values:
            if value[0] == "ext" and (value[1] in self.lookups or value[1].rpartition(".")[2] in self.lookup_methods):
                return self._from_event(node, call) or value[1].rpartition(".")[2] in self.lookup_methods
            if value[0] in ("def", "bound") and self._from_event(node, call) and self._asks((value[1], value[2])):
                return True
        return not values and call.tail in self.lookup_methods

    def _asks(self, start: Node) -> bool:
        """Whether a definition, or one that it runs, looks something up or claims it."""
        for node in self._reached(start):
            for reference in self.names.calls(node):
                if reference.tail in self.lookup_methods or self._is_claim(
                    reference.tail, {word for word, _ in reference.keywords}
                ):
                    return True
                if any(
                    value[0] == "ext" and value[1] in self.lookups
                    for value in self.names.resolve(node[0], node[1], reference.callee)
                ):
                    return True
        return False

    def _from_event(self, node: Node, call: Call) -> bool:
        terms = [value for _, value in call.args]
        if call.func[0] == "attr":
            terms.append(call.func[1])
        return any(
            root[0] in ("event", "result") for term in terms for root in self.flow.origins(self.region, node, term)
        )

    # -- claims: a conditional write, a lock

    def _claimed(self, node: Node, call: Call) -> bool:
        """Whether something before the call in its definition claims the event, so that a second one is refused."""
        body = self.flow.body(node)
        for other in body.calls if body is not None else ():
            if other.span[:2] >= call.span[:2] or other.k < 0:
                continue
            if self._is_claim(other.tail, {name for name, _ in other.args if type(name) is str}):
                return True
            for value in self.flow.callee(node, other.k):
                if value[0] in ("def", "bound") and self._claims((value[1], value[2])):
                    return True
        return False

    def _claims(self, start: Node) -> bool:
        for node in self._reached(start):
            for reference in self.names.calls(node):
                if self._is_claim(reference.tail, {word for word, _ in reference.keywords}):
                    return True
        return False

    @staticmethod
    def _is_claim(tail: str, keywords: set[str]) -> bool:
        if tail in _CONDITIONAL:
            return "ConditionExpression" in keywords
        return (
            tail in _CLAIMS
            or (tail == "set" and "nx" in keywords)
            or (tail == "put_object" and "IfNoneMatch" in keywords)
        )

    def _reached(self, start: Node) -> list[Node]:
        found = [start]
        for node in found:
            if len(found) > REACH_LIMIT:
                break
            found += [edge.callee for edge in self.flow.graph.edges(node) if edge.callee not in found]
        return found
