"""Which calls may be effects that repeat: by their names alone, which costs little and parses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple

if TYPE_CHECKING:
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import CallRef
    from lambdalint.source.views import FunctionView

Spec = Mapping[str, Any]


class Site(NamedTuple):
    """A call that may be an effect.

    ``family`` is the part of the table that its row (``spec``) is from: aws, other, sql, http, within.
    """

    reference: CallRef
    operation: str
    family: str
    spec: Spec


class Index:
    """The operations of the table, by name and by last name."""

    def __init__(self) -> None:
        effects = table("effects")
        self.classes: Mapping[str, Any] = effects["classes"]
        self.rank = {name: place for place, name in enumerate(self.classes)}
        self.specs: dict[str, tuple[str, Spec]] = {}
        for family in ("other", "sql", "http", "aws"):
            for operation, row in effects[family].items():
                spec = effects[family][row["as"]] if "as" in row else row
                if not spec.get("builds"):
                    self.specs[operation] = (family, spec)
        self.within: Mapping[str, Mapping[str, Spec]] = effects["within"]
        self.tails = {operation.rpartition(".")[2] for operation in self.specs}
        self.tails.update(method for methods in self.within.values() for method in methods)

    def find(self, operation: str) -> tuple[str, Spec] | None:
        """(family, row) of an operation; None where it is no effect."""
        found = self.specs.get(operation)
        if found is not None:
            return found
        for base, methods in self.within.items():
            tail = operation.rpartition(".")[2]
            if operation.startswith(base) and tail in methods:
                return "within", methods[tail]
        return None


_made: list[Index] = []


def index() -> Index:
    """The one Index."""
    if not _made:
        _made.append(Index())
    return _made[0]


# Puts overwrite by key, so they repeat only under a key that is made anew.
_PUTS = frozenset({"dynamodb-put", "dynamodb-batch", "dynamodb-transact"})


def has_candidates(view: FunctionView) -> bool:
    """Whether the entry point reaches any call that might be one, by names alone."""
    found = [site for node in view.region.nodes for site in sites(view, node)]
    if view.grants("condition"):
        found = [site for site in found if not _is_conditional(site)]
    if not found or not view.grants("overwrite"):
        return bool(found)
    return any(site.spec.get("kind") not in _PUTS for site in found) or _makes_anew(view)


def _is_conditional(site: Site) -> bool:
    conditional = site.spec.get("conditional")
    return conditional is not None and any(word == conditional for word, _ in site.reference.keywords)


def _makes_anew(view: FunctionView) -> bool:
    """Whether the entry point calls anything whose result is new each time."""
    flow = view.flow
    tails = {operation.rpartition(".")[2] for operation in flow.random}
    for node in view.region.nodes:
        definition = flow.names.definition(node)
        skeleton = flow.program.skeleton(node[0])
        for call in definition.calls if definition is not None else ():
            # what is called by a name of the module's own, or as a result, may be one under another name
            if call.tail in tails or call.tail == "" or (skeleton is not None and call.tail in skeleton.bindings):
                values = flow.names.resolve(node[0], node[1], call.callee)
                if any(value[0] == "ext" and value[1] in flow.random for value in values):
                    return True
    return False


def sites(view: FunctionView, node: Node) -> tuple[Site, ...]:
    """The calls of a definition that may be effects, by their names alone."""
    known: dict[Node, tuple[Site, ...]] = view.shared("effects")
    if node not in known:
        known[node] = tuple(_find(view, node))
    return known[node]


def _find(view: FunctionView, node: Node) -> Iterator[Site]:
    names, known = view.flow.names, index()
    definition = names.definition(node)
    skeleton = view.flow.program.skeleton(node[0])
    if definition is None or skeleton is None:
        return
    for reference in definition.calls:
        tail = reference.tail
        if tail in known.tails or tail == "" or tail in definition.bindings or tail in skeleton.bindings:
            for value in names.resolve(node[0], node[1], reference.callee):
                found = known.find(value[1]) if value[0] == "ext" else None
                if found is not None:
                    yield Site(reference, value[1], *found)
                    break
