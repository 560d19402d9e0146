"""What an entry point returns to the runtime, as far as that is certain: what cannot become JSON, bodies of answers.

A value counts only where all that it may be is known: one that a function hands back changed in some cases, after a
look at its type, tells nothing. Whether anything is worth lowering is told by the skeleton's ``return`` expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.called import called
from lambdalint.source.events import text_of
from lambdalint.source.reduction import EXCEPTION, alternatives

if TYPE_CHECKING:
    from lambdalint.model import Location
    from lambdalint.source.lower import Exit, Term
    from lambdalint.source.names import Node, Values
    from lambdalint.source.skeleton import Expr
    from lambdalint.source.views import FunctionView

DEPTH_LIMIT = 12
STATUS = "statusCode"
BODY = "body"
HTTP = frozenset({"api", "http", "alb", "function-url"})

_TABLE = table("json")
_DISPLAYS = {"set": "a set", "generator": "a generator"}


class Returned(NamedTuple):
    """Something that is returned: where the ``return`` stands, what it is, and under which keys of the answer."""

    location: Location
    what: str
    keys: tuple[str, ...] = ()
    declared: bool = False


# -- what cannot become JSON


def unserializable(view: FunctionView) -> Iterator[Returned]:
    """What an entry point returns and the runtime cannot turn into JSON."""
    definition = called(view)
    if definition is None:
        return
    if definition.yields and not definition.is_async:
        yield Returned(view.location, "a generator")
        return
    if definition.is_async or _Hints(view, _MayBeUnfit(view)).returns(view.entry.node) != _YES:
        return
    for end in _exits(view):
        for part in alternatives(end.value):
            found = _misfit(view, view.flow.reduction.term(view.entry.node, part), ())
            if found is not None:
                yield Returned(_place(view, end), *found)
                break


def _misfit(
    view: FunctionView, term: Term, keys: tuple[str, ...], inner: bool = False
) -> tuple[str, tuple[str, ...]] | None:
    """What of a reduced value cannot become JSON and under which keys; ``inner`` where it was added to a collection."""
    parts = _settled(term)
    for part in parts:
        found = _unfit(part, inner=inner)
        if found:
            return found, keys
        for key, below, added in _below(part):
            if len(keys) < DEPTH_LIMIT:
                deeper = _misfit(view, below, (*keys, key) if key else keys, added)
                if deeper is not None:
                    return deeper
    return None


def _settled(term: Term) -> tuple[Term, ...]:
    """All that a value may be; () where any of several is not known."""
    parts = alternatives(term)
    return parts if len(parts) == 1 or all(map(_is_known, parts)) else ()


def _is_known(term: Term) -> bool:
    return term[0] == "const" or bool(_unfit(term) or _collection(term))


def _unfit(term: Term, *, inner: bool = False) -> str:
    if term == EXCEPTION:
        return "an exception"
    if term[0] == "const":
        return "a complex number" if type(term[1]) is complex else ""
    if term[0] == "made":
        return str(_TABLE["values"].get(term[1], "" if inner else _TABLE["iterables"].get(term[1], "")))
    if term[0] == "op" and term[1] == "stored":
        bases = [_unfit(part) for part in alternatives(term[2][0])]
        return bases[0] if all(bases) else ""
    return _DISPLAYS.get(term[1], "") if term[0] == "op" and not inner else ""


def _below(term: Term) -> Iterator[tuple[str, Term, bool]]:
    """(key, value, whether it may be what a collection was extended with) of what a value holds."""
    if term[0] == "dict":
        for key, value in term[1]:
            yield str(key[1]) if key[0] == "const" else "", value, False
    elif term[0] == "list":
        for value in term[1]:
            yield "", value, False
    elif term[0] == "op" and term[1] == "comprehension":
        yield "", term[2][0], False
    elif term[0] == "op" and term[1] == "dict-comprehension":
        yield "", term[2][1], False
    elif term[0] == "op" and term[1] == "stored" and term[2][0][0] in ("dict", "list", "op"):
        for index, value in enumerate(term[2]):
            yield "", value, index > 0


# -- bodies of answers to HTTP requests


def bodies(view: FunctionView) -> Iterator[Returned]:
    """The answers to HTTP requests whose body is no string."""
    definition = called(view)
    if definition is None or definition.is_async or definition.yields:
        return
    if _Hints(view, _may_be_collection, BODY).returns(view.entry.node) != _YES:
        return
    declared = _is_asked_by_http(view)
    if declared is None:
        return
    reduction = view.flow.reduction
    for end in _exits(view):
        for part in alternatives(end.value):
            body = _settled(reduction.entry(view.entry.node, part, BODY))
            what = next((found for found in map(_collection, body) if found), "")
            status = alternatives(reduction.entry(view.entry.node, part, STATUS))
            if what and any(one[0] in ("const", "op", "made") for one in status):
                yield Returned(_place(view, end), what, (BODY,), declared)
                break


def _collection(term: Term) -> str:
    """What a value is that is neither a string nor nothing, "" where it may be one."""
    if term[0] in ("dict", "list"):
        return f"a {term[0]}"
    if term[0] == "const" and type(term[1]) in (int, float, bool):
        return "a number" if type(term[1]) is not bool else "a boolean"
    if term[0] == "op":
        if term[1] == "stored":
            bases = [_collection(part) for part in alternatives(term[2][0])]
            return bases[0] if all(bases) else ""
        return {"comprehension": "a list", "dict-comprehension": "a dict"}.get(term[1], "")
    return f"a {term[1]}" if term[0] == "made" and term[1] in ("dict", "list") else ""


def _is_asked_by_http(view: FunctionView) -> bool | None:
    """Whether a template says that HTTP requests come in, False where the code alone does; None where they do not."""
    kinds = set()
    for event in view.events:
        integration = event.setting("integration")
        mapped = integration.unknown or (integration.known and "proxy" not in str(integration.value).lower())
        if event.kind == "api" and mapped and view.grants("mapped"):
            return None
        kinds.add(event.kind)
    if kinds & HTTP:
        return True
    if view.events and view.grants("other-source"):
        return None
    found = {source.kind for source in view.sources() if source.certain}
    return False if (found and found <= HTTP) or not view.grants("other-source") else None


# -- both


def _exits(view: FunctionView) -> list[Exit]:
    body = view.flow.body(view.entry.node)
    return [end for end in body.exits if end.kind == "return" and end.line] if body is not None else []


def _place(view: FunctionView, end: Exit) -> Location:
    path = view.entry.node[0]
    line = view.flow.program.source(path).splitlines()[end.line - 1]
    return view.span(path, (end.line, len(line) - len(line.lstrip()), end.line, len(line.rstrip())))


class _Hints:
    """Whether what a definition returns may hold what is looked for, by its skeleton: lowers nothing.

    Args:
        wanted: whether an Expr of a definition, with what it stands for where it is a call, is what is looked for.
        key: only what a returned dict has under this key is looked at, everything where it is "".
    """

    def __init__(self, view: FunctionView, wanted: Callable[[Node, Expr, Values], bool], key: str = "") -> None:
        self.names = view.flow.names
        self.program = view.flow.program
        self.wanted = wanted
        self.key = key
        self.seen: set[Any] = set()

    def returns(self, node: Node, *, part: bool = False) -> int:
        """`_YES`, `_GIVEN` (what callers hand over is returned) or `_NO`; ``part`` where the value itself is meant."""
        definition = self.names.definition(node)
        if definition is None or (node, part) in self.seen:
            return _NO
        self.seen.add((node, part))
        return max((self.expr(node, value, part=part) for value in definition.returns), default=_NO)

    def expr(self, node: Node, expr: Expr, *, part: bool) -> int:
        """The same of an expression of a definition."""
        if expr is None:
            return _NO
        kind = expr[0]
        part = part or not self.key
        values = self.names.resolve(*node, expr[1]) if kind == "c" else ()
        if part and self.wanted(node, expr, values):
            return _YES
        if kind == "p":
            return _GIVEN
        if kind == "d":
            inner = [value for key, value in expr[1] if part or key == self.key]
            return max((self.expr(node, value, part=True) for value in inner), default=_NO)
        if kind == "o" or (kind == "l" and part):
            return max((self.expr(node, value, part=part) for value in expr[1]), default=_NO)
        if kind == "n":
            return self.name(node, expr[1], part=part)
        return self.call(node, expr, values, part=part) if kind == "c" else _NO

    def name(self, node: Node, name: str, *, part: bool) -> int:
        """The same of a local name: what is bound to it, and what is put into it."""
        definition, skeleton = self.names.definition(node), self.program.skeleton(node[0])
        if definition is None or skeleton is None or (node, name, part) in self.seen:
            return _NO
        self.seen.add((node, name, part))
        stored = [
            value
            for scope, base, value in (*skeleton.item_stores, *skeleton.appends)
            if scope == node[1] and base == ("n", name)
        ]
        found = [self.expr(node, value, part=part) for value in definition.bindings.get(name, ())]
        return max((*found, *(self.expr(node, value, part=True) for value in stored)), default=_NO)

    def call(self, node: Node, expr: Expr, values: Values, *, part: bool) -> int:
        """The same of what a call of the project's own code gives back."""
        found = [self.returns((value[1], value[2]), part=part) for value in values if value[0] in ("def", "bound")]
        if _GIVEN in found and _YES not in found:
            return max(
                self.expr(node, value, part=True) for value in (*expr[2], *(one for _, one in expr[3]), ("k", ""))
            )
        return max(found, default=_NO)


_NO, _GIVEN, _YES = range(3)


def _may_be_collection(_: Node, expr: Expr, values: Values) -> bool:
    """Whether an expression may be something other than a string."""
    return (
        expr[0] in ("d", "l")
        or (expr[0] == "k" and type(expr[1]) in (int, float, bool))
        or any(value[0] == "ext" and value[1] in ("dict()", "list()", "dict", "list") for value in values)
    )


class _MayBeUnfit:
    """Whether an expression may be something that cannot become JSON."""

    def __init__(self, view: FunctionView) -> None:
        self.flow = view.flow
        self.made = {*_TABLE["values"], *_TABLE["iterables"]}
        self.caught: dict[Node, frozenset[str]] = {}  # the names of the exceptions that a definition catches

    def __call__(self, node: Node, expr: Expr, values: Values) -> bool:
        """The same, for `_Hints`."""
        if expr[0] == "l":
            return len(expr) > 2
        if expr[0] == "n":
            if node not in self.caught:
                found = _CAUGHT.findall(text_of(self.flow, node))
                self.caught[node] = frozenset(name.decode() for name in found)
            return expr[1] in self.caught[node]
        return any(value[0] == "ext" and value[1] in self.made for value in values)


_CAUGHT = regex(rb"\bexcept\b[^\n]*\bas[ \t]+(\w+)")
