"""What a definition reads, stores, deletes and calls, in the order in which it does: ``ast`` → Steps.

A skeleton says that something is stored, a Body what; neither says whether it was read before. Steps do, with
branches, loops, handlers and early exits kept apart. They are made by need, for the few definitions that touch what
outlives an invocation.

Names, attributes and items are Exprs of the skeleton: ``("n", name)``, ``("a", base, attribute)`` and
``("i", base, key)``, whose key is ``("k", value)`` or None. Nested definitions are not part of what holds them.
"""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING, Any

from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import Places, children, read_statement, tail_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdalint.source.names import Node
    from lambdalint.source.program import Program
    from lambdalint.source.skeleton import Def, Expr

Span = tuple[int, int, int, int]  # first line, column, last line, column behind the end; columns in UTF-8 bytes from 0
Tests = tuple[Any, ...]  # what decides whether a step is reached: Exprs, and numbers of calls
Steps = tuple[Any, ...]  # of the classes below


class Use(NamedTuple):
    """``expr`` is read: to decide something (``decides``), only to be logged, or to be stored into one of ``into``.

    ``handed`` is the number of the call that it is an argument of, -1 where it is none.
    """

    expr: Expr
    span: Span
    decides: bool
    logged: bool
    into: tuple[Expr, ...]
    handed: int


class Put(NamedTuple):
    """``target`` is stored to. ``span`` is that of the statement; ``constant`` tells that what is stored names nothing.

    ``operator`` is "" for a plain assignment, the operator's name for an augmented one, and `ITSELF` where what is
    stored is made from what was there.
    """

    target: Expr
    operator: str
    span: Span
    tests: Tests
    constant: bool


class Drop(NamedTuple):
    """``target`` is deleted."""

    target: Expr


class Run(NamedTuple):
    """Call ``k`` of the top-level statement runs. The other fields are those of `Use`, for its receiver."""

    k: int
    span: Span
    decides: bool
    logged: bool
    into: tuple[Expr, ...]
    tests: Tests


class Branch(NamedTuple):
    """``if``; ``test`` is the text of its condition."""

    test: bytes
    yes: Steps
    no: Steps


class Either(NamedTuple):
    """One of several, or none."""

    ways: tuple[Steps, ...]


class Loop(NamedTuple):
    """A loop. ``endless`` ends only by ``break``; ``empties`` is what is empty once it has ended."""

    body: Steps
    orelse: Steps
    endless: bool
    empties: Expr


class Attempt(NamedTuple):
    """``try``."""

    body: Steps
    handlers: tuple[Steps, ...]
    orelse: Steps
    final: Steps


class Within(NamedTuple):
    """``with``: the managers are entered, the body runs, they are left. Calls that make managers are in ``calls``."""

    managers: tuple[Expr, ...]
    calls: tuple[int, ...]
    body: Steps


class Leave(NamedTuple):
    """``return``, ``raise``, ``break`` or ``continue``."""

    how: str


LOGS = frozenset({"print", "pprint", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
ITSELF = "itself"
_LOOKUP_ERRORS = frozenset({"KeyError", "NameError", "AttributeError", "LookupError", "IndexError"})
_LEAVES = {"Return": "return", "Raise": "raise", "Break": "break", "Continue": "continue"}


class Orders:
    """The Steps of definitions; the top-level statement around one is parsed once more when it is asked for."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._statements: dict[tuple[str, tuple[int, int]], dict[tuple[int, str], Any]] = {}
        self._steps: dict[Node, Steps] = {}

    def steps(self, node: Node) -> Steps:
        """The Steps of a definition; none for a lambda, whose parts count as run where it is written."""
        if node not in self._steps:
            skeleton = self.program.skeleton(node[0])
            definition = skeleton.defs.get(node[1]) if skeleton is not None else None
            found = self._around(node[0], definition) if definition is not None else None
            if definition is None or found is None:
                self._steps[node] = ()
            else:
                writer = _Writer(Places(definition.top[0]), self.program.source(node[0]))
                self._steps[node] = writer.definition(found)
        return self._steps[node]

    def _around(self, path: str, definition: Def) -> Any:
        """The ``ast`` of a definition; None where it is no function."""
        key = (path, definition.top)
        if key not in self._statements:
            found: dict[tuple[int, str], Any] = {}
            stack: list[Any] = [read_statement(self.program.source(path), path, definition.top)]
            while stack:
                at = stack.pop()
                if type(at) in (ast.FunctionDef, ast.AsyncFunctionDef):
                    found[at.lineno, at.name] = at
                stack.extend(child for child in children(at) if not isinstance(child, ast.expr))
            self._statements[key] = found
        return self._statements[key].get((definition.line, definition.name))


class _Writer:
    def __init__(self, places: Places, source: bytes) -> None:
        self.places = places
        self.lines = source.splitlines()
        self.outer: set[str] = set()
        self.tests: Tests = ()
        self.told: Tests = ()  # the tests that held at the end of the last block

    def definition(self, node: Any) -> Steps:
        stack = list(node.body)
        while stack:
            at = stack.pop()
            if type(at) in (ast.Global, ast.Nonlocal):
                self.outer.update(at.names)
            elif type(at) not in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
                stack.extend(child for child in children(at) if not isinstance(child, ast.expr))
        return self.block(node.body)

    # -- statements

    def block(self, statements: Iterable[Any]) -> Steps:
        before = self.tests
        out: list[Any] = []
        for statement in statements:
            self.statement(statement, out)
            if out and type(out[-1]) is Leave:
                break
        self.told, self.tests = self.tests, before
        return tuple(out)

    def statement(self, node: Any, out: list[Any]) -> None:
        kind = type(node).__name__
        if kind == "Expr":
            self.value(node.value, out)
        elif kind in ("Assign", "AnnAssign", "AugAssign"):
            self.assign(node, out)
        elif kind == "If":
            self.if_(node, out)
        elif kind in ("For", "AsyncFor"):
            self.value(node.iter, out)
            inner: list[Any] = []
            self.put(node.target, "", _span(node.target), inner)
            out.append(Loop((*inner, *self.block(node.body)), self.block(node.orelse), False, None))
        elif kind == "While":
            inner = []
            self.value(node.test, inner, decides=True)
            before = self.tests
            self.tests = (*before, *_asked(inner))
            body = (*inner, *self.block(node.body))
            self.tests = before
            endless = type(node.test) is ast.Constant and bool(node.test.value)
            out.append(Loop(body, self.block(node.orelse), endless, _full_while(node.test)))
        elif kind in ("With", "AsyncWith"):
            self.with_(node, out)
        elif kind in ("Try", "TryStar"):
            self.try_(node, out)
        elif kind == "Match":
            self.value(node.subject, out, decides=True)
            out.append(Either(tuple(self.block(case.body) for case in node.cases)))
        elif kind in _LEAVES:
            for child in children(node):
                self.value(child, out)
            out.append(Leave(_LEAVES[kind]))
        elif kind == "Delete":
            out.extend(Drop(found) for target in node.targets if (found := chain(_unsliced(target))) is not None)
        elif kind == "Assert":
            self.value(node.test, out, decides=True)

    def assign(self, node: Any, out: list[Any]) -> None:
        targets = node.targets if type(node) is ast.Assign else [node.target]
        if node.value is None:
            return
        kept = [target for target in targets if type(target) is not ast.Name or target.id in self.outer]
        into = tuple(found for target in kept if (found := chain(target)) is not None)
        before = self.tests
        first: list[Any] = []  # ``x = x or make()``: whether something new is stored hangs on what is there
        value = node.value
        if type(value) is ast.BoolOp:
            for operand in value.values[:-1]:
                self.value(operand, first)
        elif type(value) is ast.IfExp:
            self.value(value.test, first)
        self.value(value, out, into=into)
        self.tests = (*before, *_asked(first))
        operator = type(node.op).__name__ if type(node) is ast.AugAssign else ITSELF if _holds(value, into) else ""
        constant = _is_constant(value)
        for target in targets:
            self.put(target, operator, _span(node), out, constant=constant)
        self.tests = before

    def put(self, target: Any, operator: str, span: Span, out: list[Any], *, constant: bool = False) -> None:
        sliced, target = target, _unsliced(target)
        kind = type(target)
        if kind in (ast.Tuple, ast.List):
            for element in target.elts:
                self.put(element, operator, span, out, constant=constant)
        elif kind is ast.Starred:
            self.put(target.value, operator, span, out, constant=constant)
        elif kind is ast.Name:
            if target.id in self.outer or sliced is not target:
                out.append(Put(("n", target.id), operator, span, self.tests, constant))
        elif kind in (ast.Attribute, ast.Subscript):
            found = chain(target)
            if kind is ast.Subscript:
                self.value(target.slice, out)
            if found is not None:
                out.append(Put(found, operator, span, self.tests, constant))
            else:
                self.value(target.value, out)

    def try_(self, node: Any, out: list[Any]) -> None:
        before = self.tests
        body, told = self.block(node.body), self.told
        handlers = tuple(self.handler(handler, body) for handler in node.handlers)
        self.tests = told
        orelse, told = self.block(node.orelse), self.told
        self.tests = before
        out.append(Attempt(body, handlers, orelse, self.block(node.finalbody)))
        if all(_leaves(handler) for handler in handlers):  # what follows is only reached with the body at its end
            self.tests = told

    def handler(self, node: Any, body: Steps) -> Steps:
        before = self.tests
        if _LOOKUP_ERRORS & _names(node.type):  # ``except KeyError``: what was not there
            self.tests = (*before, *_asked(list(body)))
        found = self.block(node.body)
        self.tests = before
        return found

    def if_(self, node: Any, out: list[Any]) -> None:
        test: list[Any] = []
        self.value(node.test, test, decides=True)
        out.extend(test)
        before = self.tests
        self.tests = (*before, *_asked(test))
        yes, no = self.block(node.body), self.block(node.orelse)
        if not (_leaves(yes) or _leaves(no)):  # else what follows is only reached with the one answer
            self.tests = before
        out.append(Branch(self.text(node.test), yes, no))

    def with_(self, node: Any, out: list[Any]) -> None:
        managers, calls = [], []
        for item in node.items:
            made: list[Any] = []
            self.value(item.context_expr, made)
            out.extend(made)
            if item.optional_vars is not None:
                self.put(item.optional_vars, "", _span(item.optional_vars), out)
            if type(item.context_expr) is ast.Call:
                calls.append(self.places.call(item.context_expr))
            elif (found := chain(item.context_expr)) is not None:
                managers.append(found)
        out.append(Within(tuple(managers), tuple(calls), self.block(node.body)))
        self.tests = self.told

    def text(self, node: Any) -> bytes:
        """A condition as it is written, without the space around and between its lines."""
        first, column, last, end = _span(node)
        if first == last:
            return self.lines[first - 1][column:end]
        parts = [self.lines[first - 1][column:], *self.lines[first : last - 1], self.lines[last - 1][:end]]
        return b" ".join(part.strip() for part in parts)

    # -- expressions

    def value(
        self,
        node: Any,
        out: list[Any],
        *,
        decides: bool = False,
        logged: bool = False,
        into: tuple[Expr, ...] = (),
        handed: int = -1,
    ) -> None:
        kind = type(node)
        if kind in (ast.Name, ast.Attribute, ast.Subscript):
            found = chain(node)
            self.keys(node, out, logged)
            if found is not None:
                out.append(Use(found, _span(node), decides, logged, into, handed))
            else:
                base = node.value
                while type(base) in (ast.Attribute, ast.Subscript):
                    base = base.value
                self.value(base, out, decides=decides, logged=logged, into=into)
        elif kind is ast.Call:
            self.call(node, out, decides=decides, logged=logged, into=into)
        elif kind is ast.NamedExpr:
            self.value(node.value, out, decides=decides, logged=logged, into=into)
            self.put(node.target, "", _span(node), out)
        elif kind is ast.Compare:
            for part in (node.left, *node.comparators):
                self.value(part, out, decides=True, logged=logged, into=into)
        elif kind is ast.BoolOp:
            for operand in node.values:
                self.value(operand, out, decides=decides or operand is not node.values[-1], logged=logged, into=into)
        elif kind is ast.IfExp:
            self.value(node.test, out, decides=True, logged=logged, into=into)
            for part in (node.body, node.orelse):
                self.value(part, out, decides=decides, logged=logged, into=into)
        elif kind in (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp):
            for loop in node.generators:
                self.value(loop.iter, out, logged=logged, into=into)
                for condition in loop.ifs:
                    self.value(condition, out, decides=True, logged=logged, into=into)
            for part in (node.key, node.value) if kind is ast.DictComp else (node.elt,):
                self.value(part, out, logged=logged, into=into)
        elif kind is ast.Lambda:
            self.value(node.body, out, logged=logged, into=into)
        else:
            if kind is ast.JoinedStr:
                self.places.enter(node)
            for child in children(node):
                if isinstance(child, ast.expr):
                    self.value(child, out, decides=decides, logged=logged, into=into)

    def keys(self, node: Any, out: list[Any], logged: bool) -> None:
        """The keys that a chain of attributes and items is looked up with."""
        while type(node) in (ast.Attribute, ast.Subscript):
            if type(node) is ast.Subscript and type(node.slice) is not ast.Constant:
                self.value(node.slice, out, logged=logged)
            node = node.value

    def call(self, node: Any, out: list[Any], *, decides: bool, logged: bool, into: tuple[Expr, ...]) -> None:
        func = node.func
        if type(func) is ast.Attribute and chain(func.value) is None:
            self.value(func.value, out, decides=decides, logged=logged, into=into)
        elif type(func) is ast.Attribute:
            self.keys(func.value, out, logged)
        elif type(func) is not ast.Name:
            self.value(func, out, decides=decides, logged=logged, into=into)
        k = self.places.call(node)
        inner = logged or tail_of(func) in LOGS
        for arg in (*node.args, *(word.value for word in node.keywords)):
            self.value(arg, out, decides=decides, logged=inner, into=into, handed=k)
        out.append(Run(k, _span(node), decides, logged, into, self.tests))


def chain(node: Any) -> Expr:
    """The Expr of a name with attributes and items; None for anything else."""
    parts: list[Any] = []
    while True:
        kind = type(node)
        if kind is ast.Name:
            found: Expr = ("n", node.id)
            for part in reversed(parts):
                found = ("a", found, part) if type(part) is str else ("i", found, part[0])
            return found
        if kind is ast.Attribute:
            parts.append(node.attr)
        elif kind is ast.Subscript:
            key = node.slice
            parts.append((("k", key.value) if type(key) is ast.Constant else None,))
        else:
            return None
        node = node.value


def _unsliced(target: Any) -> Any:
    """The collection that ``x[:]`` is all of."""
    whole = type(target) is ast.Subscript and type(target.slice) is ast.Slice
    return target.value if whole and target.slice.lower is None and target.slice.upper is None else target


def _names(types: Any) -> set[str]:
    return {tail_of(node) for node in (types.elts if type(types) is ast.Tuple else [types])}


def _is_constant(value: Any) -> bool:
    stack = [value]
    while stack:
        node = stack.pop()
        if type(node) is ast.Name:
            return False
        stack.extend(children(node))
    return True


def _holds(value: Any, targets: tuple[Expr, ...]) -> bool:
    """Whether an expression reads one of the targets."""
    stack = [value] if targets else []
    while stack:
        node = stack.pop()
        if type(node) in (ast.Name, ast.Attribute, ast.Subscript) and chain(node) in targets:
            return True
        stack.extend(children(node))
    return False


def _span(node: Any) -> Span:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _asked(steps: list[Any]) -> Tests:
    return tuple(step.expr if type(step) is Use else step.k for step in steps if type(step) in (Use, Run))


def _leaves(steps: Steps) -> bool:
    """Whether control never goes past."""
    last = steps[-1] if steps else None
    return type(last) is Leave or (type(last) is Branch and _leaves(last.yes) and _leaves(last.no))


def _full_while(test: Any) -> Expr:
    """The collection that a ``while`` loop runs as long as there is something in."""
    if type(test) is ast.Compare and type(test.ops[0]) in (ast.Gt, ast.NotEq):
        test = test.left
    if type(test) is ast.Call and tail_of(test.func) == "len" and len(test.args) == 1:
        test = test.args[0]
    return chain(test)


def flat(steps: Steps) -> Iterator[Any]:
    """The steps with all that are inside of them, in the order in which they are written."""
    stack = list(reversed(steps))
    while stack:
        step = stack.pop()
        yield step
        stack.extend(inner for block in reversed(blocks(step)) for inner in reversed(block))


def blocks(step: Any) -> tuple[Steps, ...]:
    """The blocks of steps inside of a step."""
    kind = type(step)
    if kind is Branch:
        return step.yes, step.no
    if kind is Either:
        return tuple(step.ways)
    if kind is Loop:
        return step.body, step.orelse
    if kind is Attempt:
        return (step.body, *step.handlers, step.orelse, step.final)
    return (step.body,) if kind is Within else ()


def rebuilt(step: Any, inner: tuple[Steps, ...]) -> Any:
    """The step with other blocks inside, as many as it has."""
    kind = type(step)
    if kind is Branch:
        return step._replace(yes=inner[0], no=inner[1])
    if kind is Either:
        return Either(inner)
    if kind is Loop:
        return step._replace(body=inner[0], orelse=inner[1])
    if kind is Attempt:
        return Attempt(inner[0], inner[1:-2], inner[-2], inner[-1])
    return step._replace(body=inner[0])
