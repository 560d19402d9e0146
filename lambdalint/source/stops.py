"""What stops a loop: the tests that stand before a write, on the way from the entry point to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.flow import demands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow, Route
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.writes import Write

_GROWS = regex(r"(?i)\badd\b|\blist_append\b|[+-]")
_INSIDE_LIMIT = 100  # Terms that a collection is looked for in
# Look-ups by which code tells that it has seen an event before.
_LOOK_UPS = frozenset({"get_item", "query", "head_object", "get_object_tagging", "get_object_attributes"})


class Test(NamedTuple):
    """A condition of a definition, with the branch that is taken."""

    node: Node
    term: Term
    taken: bool


class Stops:
    """Judges writes by what stands before them.

    Args:
        cause: the write whose event starts the function; None where that is not known.
        shape: the kind of that event, "" for one that no source is told of; None where no template shows it.
    """

    def __init__(self, flow: Flow, region: Region, cause: Write | None, shape: str | None) -> None:
        self.flow = flow
        self.region = region
        self.cause = cause
        self.shape = shape

    def verdict(self, write: Write, route: Route) -> str:
        """Whether the event of ``cause`` leads to ``write``: ``yes``, ``checked`` (if the tests let it), ``no``.

        The items of a table are of several kinds, and functions on its stream are made for some of them: where they
        choose among records by more than the type of the change, nobody can tell, and the answer is ``no``.
        """
        places = list(self._places(write, route))
        tests = [Test(node, *frame[2:4]) for node, call in places for frame in call.context if frame[0] == "if"]
        if self.shape is not None and self._other_event(tests):
            return "no"
        filled = [test for node, call in places for test in self._filled_under(node, call)]
        about_event = [test for test in (*tests, *filled) if self._checks(test)]
        if self.shape != "dynamodb" or self.cause is None:
            return "checked" if about_event else "yes"
        answers = {self._of_change(test, self.cause.emits) for test in about_event}
        chosen = "item" in answers or any(self._selects(node, call) for node, call in places)
        if chosen and "item" not in self.flow.disabled:
            return "no"
        if "no" in answers and "event-type" not in self.flow.disabled:
            return "no"
        return "checked" if chosen or answers & {"no", "checked"} else "yes"

    def _places(self, write: Write, route: Route) -> Iterator[tuple[Node, Call]]:
        """A write with the calls on a route that lead to it."""
        yield write.site.node, write.call
        yield from self.flow.calls_on(route)

    def _filled_under(self, node: Node, call: Call) -> Iterator[Test]:
        """The tests under which a collection is filled that a call takes, or that the loop around it runs over."""
        body = self.flow.body(node)
        queue: list[Term] = [*_iterables(call), *(value for _, value in call.args)]
        filled = set()
        for position in range(_INSIDE_LIMIT):
            if position >= len(queue):
                break
            term = queue[position]
            if term[0] == "op" and term[1] == "stored":
                filled.add(term[2][-1])
            made = self.flow.call(node, term[1]) if term[0] == "call" else None
            if made is not None:
                queue += [made.func, *(value for _, value in made.args)]
            if term[0] == "op":
                queue += [part for part in term[2] if type(part) is tuple]
            elif term[0] in ("join", "list"):
                queue += term[1]
            elif term[0] == "dict":
                queue += [value for _, value in term[1]]
            elif term[0] in ("attr", "item", "elem", "enter"):
                queue.append(term[1])
        for other in body.calls if body is not None and filled else ():
            if any(value in filled for _, value in other.args):
                yield from (Test(node, *frame[2:4]) for frame in other.context if frame[0] == "if")

    def _checks(self, test: Test) -> bool:
        """Whether a test is one of the event, or of a look-up."""
        for root in self.flow.origins(self.region, test.node, test.term):
            if root[0] == "event" and len([key for key in root[-1] if key != "[]"]) > 1:
                return True
            if root[0] == "result" and root[1].rpartition(".")[2] in _LOOK_UPS:
                return True
        return False

    def _other_event(self, tests: Iterable[Test]) -> bool:
        """Whether a write is for the events of another source: ``if "httpMethod" in event``."""
        if "other-event" in self.flow.disabled:
            return False
        for test in tests:
            for term, how, value in demands(test.term, test.taken):
                for path in self._paths(test.node, term):
                    at = (*path, value) if how in ("has", "lacks") else path
                    kinds = _told_by(at, value if how == "equal" else None)
                    if how in ("has", "truthy", "equal") and kinds and self.shape not in kinds:
                        return True
                    if how in ("lacks", "falsy") and self.shape in kinds and len(at) == 1:
                        return True
        return False

    def _paths(self, node: Node, term: Term) -> list[tuple[str, ...]]:
        return [root[-1] for root in self.flow.origins(self.region, node, term) if root[0] == "event"]

    # -- streams of tables

    def _selects(self, node: Node, call: Call) -> bool:
        """Whether a call stands in a loop over a part of the records that was chosen before."""
        for iterable in _iterables(call):
            paths = self._paths(node, iterable)
            if paths and not (iterable[0] in ("item", "call", "param") and all(len(path) == 1 for path in paths)):
                return True
        return False

    def settles(self, write: Write) -> bool:
        """Whether the same is written again: a stream tells of items that change, and of no others."""
        if self.shape != "dynamodb" or write.kind != "dynamodb":
            return False
        for name, value in write.call.args:
            if name == "UpdateExpression" and (value[0] != "const" or _GROWS.search(str(value[1]))):
                return False
            if name == "Key" and value[0] == "dict" and all(_is_part(part) for _, part in value[1]):
                continue
            if any(root[0] != "env" for root in self.flow.origins(self.region, write.site.node, value)):
                return False
        return True

    def _of_change(self, test: Test, emits: Iterable[str]) -> str:
        """What a test says to changes of these types: ``yes``, ``checked``, ``no``; ``item`` if it is about more."""
        paths = self._paths(test.node, test.term)
        if any(path[-1:] != ("eventName",) for path in paths):
            return "item"
        wanted = _names(test.term, test.taken) if paths else None
        if wanted is None:
            return "checked"
        names, among = wanted
        passing = set(emits) & names if among else set(emits) - names
        return "yes" if passing == set(emits) else "checked" if passing else "no"


def _is_part(term: Term) -> bool:
    """Whether a Term is a part of something as it is: nothing computed, nothing put together."""
    while term[0] in ("item", "attr", "elem"):
        term = term[1]
    return term[0] in ("param", "const", "name")


def _iterables(call: Call) -> Iterator[Term]:
    """What the loops around a call run over."""
    return (frame[2] for frame in call.context if frame[0] == "loop" and frame[2] is not None)


def _names(test: Term, taken: bool) -> tuple[set[Any], bool] | None:
    """The constants that a test compares with, and whether the value has to be among them; None for other tests."""
    if test[0] != "op" or len(test[2]) != 2:
        return _names(test[2][0], not taken) if test[:2] == ("op", "not") else None
    operator, (_, given) = test[1], test[2]
    parts = given[1] if given[0] == "list" else (given,)
    if operator not in ("==", "!=", "in", "not in") or any(part[0] != "const" for part in parts):
        return None
    return {part[1] for part in parts}, (operator in ("==", "in")) == taken


def _told_by(path: tuple[str, ...], value: Any) -> frozenset[str]:
    """The kinds of sources whose events have something at a path, or that value there; none where nothing tells."""
    shapes = table("sources")
    keys = "/".join(path)
    if type(value) is str and value in shapes["values"].get(keys, {}):
        return frozenset({shapes["values"][keys][value]})
    return frozenset(
        kind
        for proof, kind in shapes["proof"].items()
        if proof == keys or proof.startswith(f"{keys}/") or keys.startswith(f"{proof}/")
    )
