"""One top-level statement → Bodies: the meaning that the skeleton lacks.

libcst's parser reads the slice of source on a thread with a large stack, behind a gate (its native parser ends
the process on deep nesting); an abstract interpretation in source order turns the tree into plain
tuples and the tree is dropped. Positions come from an ``ast`` of the same slice: calls are paired by
the order in which callees end, statements by their order; a mismatch makes the call unpaired.

Terms:

    ("const", value)            a literal
    ("name", name)              a name that is not local: of an enclosing module, or a builtin
    ("param", qualname, index)  a parameter
    ("attr", term, name)        ("item", term, key)        ("elem", term)   an element of an iterable
    ("enter", term)             what a with statement binds
    ("call", k)                 the result of call k of the same top-level statement
    ("join", terms)             one of several
    ("op", operator, terms)     computed from all of them (arithmetic, formatting, comparison …)
    ("list", terms)             ("dict", ((key, term), …))         a set is ("op", "set", terms)
    ("func", qualname)          a lambda or nested definition
    ("unknown", reason)

Context frames, outermost first; each has an id that is unique in the statement:

    ("loop", id, iterable or None)      ("if", id, test, branch taken)
    ("once", id, owner)                 runs only while ``owner`` is unset
    ("once", id, ("renewed", owner))    runs only now and then, if it stores ``owner`` anew
    ("try", id, handlers)               ("except", id, types)         ("with", id, manager)

``handlers`` is a tuple of (types, leaves) with the dotted names of the caught types (() = all) and
whether the handler always raises.
"""

from __future__ import annotations

import _ast as ast
import sys
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from lambdalint.records import NamedTuple
from lambdalint.source.parser import ParserSyntaxError, nodes, parse
from lambdalint.source.skeleton import (
    CLASS,
    PARSE_ONLY_AST,
    Places,
    SourceError,
    children,
    cut,
    read_statement,
    tail_of,
)
from lambdalint.source.stack import on_large_stack

Term = tuple[Any, ...]
Frame = tuple[Any, ...]
Context = tuple[Frame, ...]

SLICE_LIMIT = 200_000  # bytes: libcst needs about 60 bytes of memory and 2 µs for each
NODES_LIMIT = 40_000  # ast nodes of a slice; a flat list of 200,000 numbers takes libcst 47 s
NESTING_LIMIT = 220  # ast levels; ``ast`` itself refuses more than 200 brackets
CHAIN_LIMIT = 1_000  # operands of one and/or, comparison or string: flat in ast, nested in libcst
# What libcst's parser tries for the patterns of a slice: four ways for each bracket in another, 0.4 s for so many.
PATTERN_LIMIT = 4**9
TERM_DEPTH = 24
JOIN_WIDTH = 12

UNKNOWN: Term = ("unknown", "")


class Call(NamedTuple):
    """One call: its callee and arguments as Terms, and what surrounds it.

    ``args`` holds (name, Term); the name is the index for a positional argument, ``"*"`` and ``"**"`` for
    unpacked ones. ``use`` is ``discarded``, ``returned`` or ``used``.
    """

    k: int
    tail: str
    func: Term
    args: tuple[tuple[int | str, Term], ...]
    context: Context
    use: str
    span: tuple[int, int, int, int]


class Store(NamedTuple):
    """An assignment to what is no local name. ``operator`` is ``=``, ``+=`` …; ``line`` counts from 1 in the file."""

    target: Term
    value: Term
    operator: str
    context: Context
    line: int
    column: int
    end_line: int
    end_column: int


class Exit(NamedTuple):
    """A return (or yield) with its value, or a raise (``kind``)."""

    kind: str
    value: Term
    context: Context
    line: int


class Body(NamedTuple):
    """What one definition does when it runs. ``tests`` are the conditions of its ``if`` and ``while`` statements."""

    qualname: str
    calls: tuple[Call, ...]
    stores: tuple[Store, ...]
    exits: tuple[Exit, ...]
    tests: tuple[Term, ...]


class Lowered(NamedTuple):
    """One top-level statement: its Bodies by qualname, and all of its calls by number.

    ``choices`` are joins with the test that decides which of their parts it is.
    """

    bodies: Mapping[str, Body]
    calls: Mapping[int, Call]
    choices: tuple[tuple[Term, Term], ...]
    mismatches: int


def lower(source: bytes, path: str, top: tuple[int, int], qualnames: Mapping[tuple[int, str], str]) -> Lowered:
    """Lower one top-level statement.

    Args:
        source: the bytes of the whole file (in UTF-8; others are decoded by their cookie).
        path: its name, for messages.
        top: first and last line of the statement, from 1.
        qualnames: (line of the ``def``, name) → qualname, as the skeleton has them.

    Raises:
        SourceError: the statement is beyond the limits of the parser, or does not parse.
    """
    text = cut(source, top)
    if len(text) > SLICE_LIMIT:
        raise SourceError(f"a definition of more than {SLICE_LIMIT:,} bytes")
    syntax = _survey(text, read_statement(source, path, top), top[0])
    return _guarded(lambda: _lower(text, syntax, top, qualnames))


class _Syntax(NamedTuple):
    """What positions are taken from: the ``ast`` nodes of a slice, each list in the order of libcst's."""

    first: Any
    calls: list[tuple[int, Any]]  # with their numbers
    lambdas: list[Any]
    definitions: list[Any]
    simple: list[Any]


def _survey(text: bytes, tree: ast.Module, first: int) -> _Syntax:
    """One walk over the ``ast`` of a slice: what is in it, and whether libcst's parser can take it.

    Args:
        text: the slice.
        tree: its ``ast``.
        first: its first line.

    Raises:
        SourceError: it is beyond the limits.
    """
    if max(text.count(b'"'), text.count(b"'")) > 20 * CHAIN_LIMIT:
        raise SourceError("a definition with too many string literals")
    places = Places(first)
    calls: list[Any] = []
    lambdas: list[Any] = []
    definitions: list[Any] = []
    simple: list[Any] = []
    matches: list[Any] = []
    count = 0
    level: list[Any] = [tree]
    for _ in range(NESTING_LIMIT):
        below: list[Any] = []
        for node in level:
            kind = type(node)
            if kind is ast.Name or kind is ast.Constant:  # half of all nodes
                continue
            if kind is ast.BoolOp or kind is ast.JoinedStr or kind is ast.Compare:
                width = len(node.comparators if kind is ast.Compare else node.values)
                if width > CHAIN_LIMIT:
                    raise SourceError(f"an expression of more than {CHAIN_LIMIT:,} operands", node.lineno)
            if kind is ast.Call:
                calls.append(node)
            elif kind is ast.Lambda:
                lambdas.append(node)
            elif kind is ast.JoinedStr:
                places.enter(node)
            elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef or kind is ast.ClassDef:
                definitions.append(node)
            elif kind in _SIMPLE:
                simple.append(node)
            elif kind is ast.Match:
                matches.append(node)
            below += children(node)
        count += len(below)
        if count > NODES_LIMIT:
            raise SourceError(f"a definition of more than {NODES_LIMIT:,} syntax nodes")
        level = below
    if level:
        raise SourceError(f"nested more than {NESTING_LIMIT} levels deep", getattr(level[0], "lineno", 0))
    if matches and _patterns(text) > PATTERN_LIMIT:
        raise SourceError("patterns that nest too deeply", matches[0].lineno)
    first_statement: Any = tree.body[0]
    return _Syntax(
        first_statement.body[0] if text.startswith(CLASS) else first_statement,
        sorted(((places.call(node), node) for node in calls), key=_number),
        sorted(lambdas, key=places.lambda_),
        sorted(definitions, key=_start),
        sorted(simple, key=_start),
    )


def _patterns(text: bytes) -> int:
    """How often libcst's parser tries to read the patterns of a slice. A group in parentheses is no node of ``ast``."""
    from lambdalint.source.tokens import NEWLINE, tokenize

    tokens = tokenize(text)
    if tokens is None:
        return PATTERN_LIMIT + 1
    found = depth = deepest = 0
    inside = False
    before = NEWLINE
    for token in tokens.tokens:
        if token.text == b"case" and before == NEWLINE:
            inside, depth, deepest = True, 0, 0
        elif inside and token.text in (b"(", b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif inside and token.text in (b")", b"]", b"}"):
            depth -= 1
        elif inside and not depth and token.text in (b":", b"if"):
            inside = False
            found += 4**deepest
        before = token.text
    return found


_SIMPLE = frozenset(kind for kind in ast.stmt.__subclasses__() if not {"body", "cases"} & set(kind._fields))


def _guarded(work: Callable[[], Lowered]) -> Lowered:
    """What ``work`` with libcst's parser returns; what that does on trees that are too deep is a `SourceError`."""
    old_limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(max(old_limit, 20_000))
        return on_large_stack(work)
    except (RecursionError, MemoryError):
        raise SourceError("nested too deeply to analyse") from None
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  PanicException of its native part
        raise SourceError(f"the parser failed on it ({type(error).__name__})") from None
    finally:
        sys.setrecursionlimit(old_limit)


def _lower(text: bytes, syntax: _Syntax, top: tuple[int, int], qualnames: Mapping[tuple[int, str], str]) -> Lowered:
    try:
        module = parse(text.decode())
    except ParserSyntaxError as error:
        line = top[0] + error.raw_line - 1 - text.startswith(CLASS)
        raise SourceError(error.message.split("\n")[0][:100], line) from None
    except (SyntaxError, LookupError, UnicodeError, ValueError) as error:
        raise SourceError(f"cannot be parsed ({error.__class__.__name__})", top[0]) from None
    return _Lowering(module, syntax, top[0], qualnames).run()


_SMALL_STATEMENTS = frozenset(
    {"AnnAssign", "Assert", "Assign", "AugAssign", "Break", "Continue", "Del", "Expr", "Global", "Import", "ImportFrom"}
    | {"LazyImport", "LazyImportFrom", "Nonlocal", "Pass", "Raise", "Return", "TypeAlias"}
)


class _State:
    """A definition while it is being interpreted."""

    __slots__ = ("calls", "every", "exits", "outer", "parent", "pending", "qualname", "stores", "tests")

    def __init__(self, qualname: str, parent: _State | None) -> None:
        self.qualname = qualname
        self.parent = parent
        self.outer: set[str] = set()
        self.every: dict[str, list[Term]] = {}  # all that was ever bound to a local name, for closures
        self.calls: dict[int, Call] = {}
        self.stores: dict[Any, Store] = {}
        self.exits: dict[Any, Exit] = {}
        self.tests: list[Term] = []
        self.pending: list[tuple[Any, str]] = []


Env = dict[str, Term]
_CLOCKS = frozenset({"monotonic", "now", "perf_counter", "time", "today", "utcnow"})
_MUTATORS = frozenset({"append", "appendleft", "add", "extend", "insert", "update"})


class _Lowering:
    def __init__(self, module: Any, syntax: _Syntax, first_line: int, qualnames: Mapping[tuple[int, str], str]) -> None:
        self.cst = nodes
        self.module = module
        self.syntax = syntax
        self.first_line = first_line
        self.qualnames = qualnames
        self.bodies: dict[str, Body] = {}
        self.calls: dict[int, Call] = {}
        self.choices: list[tuple[Term, Term]] = []
        self.mismatches = 0
        self.frame_ids = 0
        self.number: dict[int, int] = {}  # id(libcst Call) → k
        self.spans: dict[int, tuple[int, int, int, int]] = {}
        self.somewhere = (first_line, 0, first_line, 0)  # of what cannot be paired
        self.where: dict[int, tuple[int, int, int, int]] = {}  # id(libcst statement) → span
        self.names: dict[int, str] = {}  # id(libcst FunctionDef, ClassDef or Lambda) → qualname
        self.depths: dict[int, tuple[int, Term]] = {}  # id(term) → how many tuples it nests, and what keeps its id
        self.jumps: list[list[Env]] = []  # for each loop around, what was bound at its break and continue statements
        self.broken = False  # whether the loop around has a break statement

    # -- pairing with ast

    def run(self) -> Lowered:
        self._pair()
        root = _State("", None)
        env: Env = {}
        self.block(self.module.body, env, (), root)
        self._finish(root)
        return Lowered(self.bodies, self.calls, tuple(self.choices), self.mismatches)

    def _pair(self) -> None:
        first, calls, lambdas, definitions, simple = self.syntax
        cst_calls, cst_definitions, cst_lambdas, cst_simple = self._walk()
        for index, call in enumerate(cst_calls):
            k, node = calls[index] if len(calls) == len(cst_calls) else (0, None)
            tail = self._tail(call.func)
            if node is None or tail_of(node.func) != tail:
                self.mismatches += 1
                self.number[id(call)] = -1 - index
                continue
            self.number[id(call)] = k
            self.spans[k] = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        if len(simple) == len(cst_simple):
            for node, statement in zip(simple, cst_simple, strict=True):
                self.where[id(statement)] = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        if len(definitions) == len(cst_definitions):
            for node, definition in zip(definitions, cst_definitions, strict=True):
                qualname = self.qualnames.get((node.lineno, node.name))
                self.names[id(definition)] = qualname or f"{node.name}:{node.lineno}"
        prefix = (
            getattr(first, "name", "<module>")
            if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            else "<module>"
        )
        if len(lambdas) == len(cst_lambdas):
            for index, lambda_ in enumerate(cst_lambdas):
                self.names[id(lambda_)] = f"<lambda:{prefix}:{self.first_line}:{index}>"

    def _walk(self) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """The calls (by where callees end), definitions, lambdas and simple statements of the tree in source order."""
        cst = self.cst
        calls: list[Any] = []
        definitions: list[Any] = []
        lambdas: list[Any] = []
        simple: list[Any] = []
        found = {cst.FunctionDef: definitions, cst.ClassDef: definitions, cst.Lambda: lambdas}
        found.update(dict.fromkeys((getattr(cst, name) for name in _SMALL_STATEMENTS), simple))
        call = cst.Call
        stack: list[Any] = [self.module]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is call:
                stack += node.args[::-1]
                stack.append((node,))
                stack.append(node.func)
            elif kind is tuple:  # a call whose callee has been walked over
                calls.append(node[0])
            else:
                if kind in found:
                    found[kind].append(node)
                if node.fields:
                    stack += self._children(node)[::-1]
        return calls, definitions, lambdas, simple

    def _children(self, node: Any) -> list[Any]:
        found: list[Any] = []
        for field in node.fields:
            value = getattr(node, field)
            if type(value) is tuple:
                found += value
            elif value is not None:
                found.append(value)
        return found

    def _tail(self, func: Any) -> str:
        cst = self.cst
        if type(func) is cst.Name:
            return str(func.value)
        if type(func) is cst.Attribute:
            return str(func.attr.value)
        return ""

    # -- statements: each returns whether control never goes past it

    def _finish(self, state: _State) -> None:
        while state.pending:
            node, qualname = state.pending.pop(0)
            self._definition(node, qualname, state)
        self.bodies[state.qualname] = Body(
            state.qualname,
            tuple(call for _, call in sorted(state.calls.items())),
            tuple(state.stores.values()),
            tuple(state.exits.values()),
            tuple(dict.fromkeys(state.tests)),
        )
        self.calls.update(state.calls)

    def _definition(self, node: Any, qualname: str, parent: _State) -> None:
        cst = self.cst
        state = _State(qualname, parent)
        env: Env = {}
        params = node.params
        listed = [*params.posonly_params, *params.params]
        if type(params.star_arg) is cst.Param:
            listed.append(params.star_arg)
        listed += params.kwonly_params
        if params.star_kwarg is not None:
            listed.append(params.star_kwarg)
        for index, param in enumerate(listed):
            env[param.name.value] = ("param", qualname, index)
            state.every[param.name.value] = [env[param.name.value]]
        if type(node) is cst.Lambda:
            value = self.value(node.body, env, (), state, "returned")
            state.exits[0] = Exit("return", value, (), 0)
        else:
            self.block(node.body.body, env, (), state)
        self._finish(state)

    def frame(self) -> int:
        self.frame_ids += 1
        return self.frame_ids

    def block(self, statements: Any, env: Env, context: Context, state: _State) -> bool:
        for statement in statements:
            compound = _COMPOUND.get(type(statement).__name__)
            if compound is not None:
                left, context = compound(self, statement, env, context, state)
                if left:
                    return True
                continue
            # a line of small statements; the suite of ``if x: y`` holds them without one
            for small in getattr(statement, "body", None) or (statement,):
                handler = _SMALL.get(type(small).__name__)
                if handler is not None and handler(self, small, env, context, state):
                    return True
        return False

    def suite(self, body: Any, env: Env, context: Context, state: _State) -> bool:
        return self.block(body.body, env, context, state)

    # compound statements: each also returns the context of what follows in the block

    def for_(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        iterable = self.value(node.iter, env, context, state)
        inner = (*context, ("loop", self.frame(), iterable))
        self.loop(
            node, env, inner, state, lambda: self.assign(node.target, ("elem", iterable), env, inner, state, node)
        )
        return False, context

    def while_(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        inner = (*context, ("loop", self.frame(), None))

        def head() -> Context:
            test = self.value(node.test, env, inner, state)
            state.tests.append(test)
            unset = self.unset(test, negated=False, state=state)
            return (*inner, *(("once", self.frame(), owner) for owner in unset))

        self.loop(node, env, inner, state, head)
        return False, context

    def with_(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        inner = context
        for item in node.items:
            manager = self.value(item.item, env, inner, state)
            inner = (*inner, ("with", self.frame(), manager))
            if item.asname is not None:
                self.assign(item.asname.name, ("enter", manager), env, inner, state, node)
        return self.suite(node.body, env, inner, state), context

    def loop(self, node: Any, env: Env, context: Context, state: _State, head: Callable[[], Context | None]) -> None:
        """Two passes, so that what one round leaves behind is seen by the next."""
        outer, self.broken = self.broken, False
        self.round(node, env, context, state, head)
        if len(self.jumps) < 3:  # what is deeper is passed through often enough with the loops around it
            self.round(node, env, context, state, head)
        broken, self.broken = self.broken, outer
        if node.orelse is not None:
            before = dict(env)
            self.suite(node.orelse.body, env, context[:-1], state)
            if broken:  # ``else`` is passed over then
                _merge(env, before)

    def round(self, node: Any, env: Env, context: Context, state: _State, head: Callable[[], Context | None]) -> None:
        """One pass through a loop; what was bound before it, or before a break or continue, is seen after it too."""
        before = dict(env)
        self.jumps.append([])
        self.suite(node.body, env, head() or context, state)
        for left in (*self.jumps.pop(), before):
            _merge(env, left)

    def if_(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        exits = len(state.exits)
        test = self.value(node.test, env, context, state)
        state.tests.append(test)
        uid = self.frame()
        unset = self.unset(test, negated=False, state=state)
        set_ = self.unset(test, negated=True, state=state)
        positive: Context = (*context, ("if", uid, test, True), *(("once", self.frame(), owner) for owner in unset))
        negative: Context = (*context, ("if", uid, test, False), *(("once", self.frame(), owner) for owner in set_))
        other = dict(env)
        left = self.suite(node.body, env, positive, state)
        other_left = False
        if node.orelse is not None:
            if type(node.orelse) is self.cst.If:
                other_left, _ = self.if_(node.orelse, other, negative, state)
            else:
                other_left = self.suite(node.orelse.body, other, negative, state)
        if left and other_left:
            return True, context
        if left:
            env.clear()
            env.update(other)
            # ``if x: return x`` — what follows runs only where the test failed.
            return False, negative
        if not other_left:
            self.choices += [(join, test) for join in _merge(env, other)]
            return False, self.after(context, exits, state)
        return False, positive

    def unset(self, test: Term, *, negated: bool, state: _State) -> list[Term]:
        """The owners that are unset where ``test`` holds (where it fails, if ``negated``)."""
        if test[0] == "op":
            operator, parts = test[1], test[2]
            if operator == "not":
                return self.unset(parts[0], negated=not negated, state=state)
            if operator in ("and", "or"):
                return [owner for part in parts for owner in self.unset(part, negated=negated, state=state)]
            if operator in (("is not", "!=") if negated else ("is", "==")):
                return self.owners(parts[0], state) if self.is_blank(parts[-1], parts[0], state) else []
            if (operator == "not in" and not negated) or (operator == "in" and negated):
                if parts[0][0] == "const" and self.is_globals(parts[1], state):
                    return [("name", parts[0][1])]
                if parts[0][0] == "const" and (object_ := self.namespace(parts[1], state)) is not None:
                    return [("attr", object_, parts[0][1])]
                return [("item", parts[1], parts[0])]
            if operator in (">", ">=", "<", "<="):  # ``time.time() > expires``
                return self.expiring(test, state)
            return []
        if negated and test[0] == "call" and (call := state.calls.get(test[1])) is not None:
            # ``if not is_alive(connection)``
            return [*self.owners(test, state), *(("renewed", term) for term in _kept(call))]
        return self.owners(test, state) if negated else []

    def is_globals(self, term: Term, state: _State) -> bool:
        """Whether a value is what ``globals()`` returns."""
        call = state.calls.get(term[1]) if term[0] == "call" else None
        return call is not None and call.func == ("name", "globals")

    @staticmethod
    def namespace(term: Term, state: _State) -> Term | None:
        """The object whose attributes ``term`` holds: ``x.__dict__``, ``vars(x)``, ``dir(x)``."""
        if term[0] == "attr" and term[2] == "__dict__":
            return tuple(term[1])
        call = state.calls.get(term[1]) if term[0] == "call" else None
        if call is not None and call.func in (("name", "vars"), ("name", "dir")) and len(call.args) == 1:
            return call.args[0][1]
        return None

    @staticmethod
    def is_blank(value: Term, compared: Term, state: _State) -> bool:
        """Whether a variable holds ``value`` until it is set; of a length, whether it is that of nothing."""
        if value[0] != "const":
            return value in (("list", ()), ("dict", ()))
        if value[1] is None or value[1] is False or value[1] == "":
            return True
        call = state.calls.get(compared[1]) if compared[0] == "call" else None
        return value == ("const", 0) and call is not None and call.func == ("name", "len")

    @staticmethod
    def expiring(test: Term, state: _State) -> list[Term]:
        """Where a time is kept that the clock is compared with: ``if time.time() > expires``."""
        kept: list[Term] = []
        clock = False
        stack = [test]
        while stack:
            term = stack.pop()
            if term[0] == "call" and (call := state.calls.get(term[1])) is not None:
                clock = clock or call.tail in _CLOCKS
                # ``kept.get(name, {}).get("until", 0)``
                if call.tail == "get" and call.func[0] == "attr" and call.args:
                    stack.append(("item", call.func[1], call.args[0][1]))
            elif term[0] == "op":
                stack.extend(term[2])
            elif term[0] in ("name", "attr", "item"):
                kept.append(("renewed", term))
                if term[0] == "item":
                    stack.append(term[1])
        return kept if clock else []

    def owners(self, term: Term, state: _State) -> list[Term]:
        """Where a tested value is kept: itself, or the cache that a look-up read."""
        if term[0] in ("name", "attr", "item"):
            return [term]
        if term[0] == "join":
            return [owner for part in term[1] for owner in self.owners(part, state)]
        if term[0] == "call":
            call = state.calls.get(term[1]) or self.calls.get(term[1])
            if call is None:
                return []
            positional = [value for name, value in call.args if isinstance(name, int)]
            if call.func[0] == "attr" and call.tail == "get" and positional:
                if positional[0][0] == "const" and self.is_globals(call.func[1], state):
                    return [("name", positional[0][1])]
                return [("item", call.func[1], positional[0])]
            if call.func == ("name", "len") and positional:
                return self.owners(positional[0], state)
            if call.tail in ("hasattr", "getattr") and len(positional) > 1 and positional[1][0] == "const":
                return [("attr", positional[0], positional[1][1])]
            if call.tail in ("exists", "isfile", "is_file", "isdir", "is_dir"):
                return [("file", positional[0] if positional else call.func[1] if call.func[0] == "attr" else UNKNOWN)]
            if call.func[0] == "attr":  # ``if not connection.is_connected()``
                return self.owners(call.func[1], state)
            if call.func == ("name", "globals"):
                return [("globals",)]
        return []

    def try_(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        before = dict(env)
        uid = self.frame()
        exits, calls = len(state.exits), len(state.calls)
        handlers = tuple(
            (self.types(handler.type), _always_raises(self.cst, handler.body)) for handler in node.handlers
        )
        left = self.suite(node.body, env, (*context, ("try", uid, handlers)), state)
        used = self.used(calls, state)
        if node.orelse is not None and not left:
            left = self.suite(node.orelse.body, env, context, state)
        tried = dict(env)
        ends = [(left, env)]
        for handler, (types, _) in zip(node.handlers, handlers, strict=True):
            inner_env = dict(before)
            _merge(inner_env, tried)
            if handler.name is not None and type(handler.name.name) is self.cst.Name:
                self.bind(handler.name.name.value, ("unknown", "exception"), inner_env, context, state, node)
            inner: Context = (*context, ("except", uid, types))
            inner = (*inner, *(("once", self.frame(), ("renewed", owner)) for owner in used))
            if set(types) & {"NameError", "KeyError", "AttributeError", "UnboundLocalError", "FileNotFoundError"}:
                inner = (*inner, ("once", self.frame(), ("any",)))
            ends.append((self.suite(handler.body, inner_env, inner, state), inner_env))
        open_ends = [end for gone, end in ends if not gone]
        if open_ends:
            joined = dict(open_ends[0])
            for end in open_ends[1:]:
                _merge(joined, end)
            env.clear()
            env.update(joined)
        final = node.finalbody is not None and self.suite(node.finalbody.body, env, context, state)
        return final or not open_ends, self.after(context, exits, state)

    @staticmethod
    def used(since: int, state: _State) -> dict[Term, None]:
        """What the calls ``since`` so many are made on or with: ``connection.ping()``, ``is_alive(connection)``."""
        calls = islice(state.calls.values(), since, None)
        return dict.fromkeys(term for call in calls for term in _kept(call))

    def after(self, context: Context, since: int, state: _State) -> Context:
        """The frames around what follows a statement that may have returned what is kept: it renews that."""
        exits = islice(state.exits.values(), since, None)
        kept = dict.fromkeys(end.value for end in exits if end.kind == "return" and _may_be_kept(end.value))
        return (*context, *(("once", self.frame(), ("renewed", owner)) for owner in kept))

    def types(self, node: Any) -> tuple[str, ...]:
        cst = self.cst
        if node is None:
            return ()
        if type(node) is cst.Tuple:
            return tuple(name for element in node.elements for name in self.types(element.value))
        if type(node) is cst.Name:
            return (str(node.value),)
        if type(node) is cst.Attribute:
            return (str(node.attr.value),)
        return ("?",)

    def match(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        cst = self.cst
        subject = self.value(node.subject, env, context, state)
        before = dict(env)
        exits = len(state.exits)
        ends = []
        exhaustive = False
        for case in node.cases:
            inner = dict(before)
            stack = [case.pattern]
            while stack:
                part = stack.pop()
                if type(part) in (cst.MatchAs, cst.MatchStar) and part.name is not None:
                    bound = subject if part is case.pattern and part.pattern is None else ("item", subject, UNKNOWN)
                    self.bind(part.name.value, bound, inner, context, state, node)
                stack += self._children(part)
            if case.guard is not None:
                self.value(case.guard, inner, context, state)
            elif type(case.pattern) is cst.MatchAs and case.pattern.pattern is None:
                exhaustive = True
            branch: Context = (*context, ("if", self.frame(), ("op", "match", (subject,)), True))
            if type(case.pattern) is cst.MatchSingleton:  # ``case None:``
                test = ("op", "is", (subject, self.value(case.pattern.value, inner, context, state)))
                unset = self.unset(test, negated=False, state=state)
                branch = (*branch, *(("once", self.frame(), owner) for owner in unset))
            ends.append((self.suite(case.body, inner, branch, state), inner))
        open_ends = [end for gone, end in ends if not gone]
        for end in open_ends:
            self.choices += [(join, subject) for join in _merge(env, end)]
        return exhaustive and not open_ends, self.after(context, exits, state)

    def function(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        for decorator in node.decorators:
            self.value(decorator.decorator, env, context, state)
        for param in [*node.params.posonly_params, *node.params.params, *node.params.kwonly_params]:
            if param.default is not None:
                self.value(param.default, env, context, state)
        qualname = self.names.get(id(node), node.name.value)
        self.bind(node.name.value, ("func", qualname), env, context, state, node)
        if (node, qualname) not in state.pending:
            state.pending.append((node, qualname))
        return False, context

    def class_(self, node: Any, env: Env, context: Context, state: _State) -> tuple[bool, Context]:
        for decorator in node.decorators:
            self.value(decorator.decorator, env, context, state)
        for arg in [*node.bases, *node.keywords]:
            self.value(arg.value, env, context, state)
        inner = dict(env)
        self.suite(node.body, inner, context, state)
        for name in list(inner):  # class attributes are no variables of the methods
            if name not in env:
                state.every.pop(name, None)
        self.bind(node.name.value, ("func", self.names.get(id(node), node.name.value)), env, context, state, node)
        return False, context

    # small statements

    def expr(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        self.value(node.value, env, context, state, "discarded")
        return False

    def assignment(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        value = self.value(node.value, env, context, state)
        for target in node.targets:
            self.assign(target.target, value, env, context, state, node)
        return False

    def annotated(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        if node.value is not None:
            self.assign(node.target, self.value(node.value, env, context, state), env, context, state, node)
        return False

    def augmented(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        old = self.value(node.target, env, context, state)
        value = self.value(node.value, env, context, state)
        operator = type(node.operator).__name__
        self.assign(node.target, ("op", "+=", (old, value)), env, context, state, node, operator=operator)
        return False

    def return_(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        value = self.value(node.value, env, context, state, "returned") if node.value is not None else ("const", None)
        state.exits[id(node)] = Exit("return", _joined(state.exits, node, value), context, self.line(node))
        return True

    def raise_(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        value = self.value(node.exc, env, context, state) if node.exc is not None else ("const", None)
        state.exits[id(node)] = Exit("raise", value, context, self.line(node))
        return True

    def outer(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        state.outer.update(item.name.value for item in node.names)
        return False

    def assert_(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        self.value(node.test, env, context, state)
        if node.msg is not None:
            self.value(node.msg, env, context, state)
        return False

    def delete(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        self.value(node.target, env, context, state)
        return False

    def import_(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        for name in _imported_names(self.cst, node):
            env.pop(name, None)  # the names layer knows what it is
        return False

    def jump(self, node: Any, env: Env, context: Context, state: _State) -> bool:
        if self.jumps:
            self.jumps[-1].append(dict(env))
            self.broken = self.broken or type(node) is self.cst.Break
        return True

    def line(self, node: Any) -> int:
        return self.where.get(id(node), self.somewhere)[0]

    # -- binding

    def assign(
        self, target: Any, value: Term, env: Env, context: Context, state: _State, statement: Any, operator: str = "="
    ) -> None:
        cst = self.cst
        if type(target) is cst.Name:
            self.bind(target.value, value, env, context, state, statement, operator)
        elif type(target) in (cst.Tuple, cst.List):
            for index, element in enumerate(target.elements):
                if type(element) is cst.StarredElement:
                    part: Term = ("elem", value)
                elif value[0] == "list" and len(value[1]) == len(target.elements):
                    part = value[1][index]
                else:
                    part = ("item", value, ("const", index))
                self.assign(element.value, part, env, context, state, statement)
        elif type(target) is cst.Attribute:
            base = self.value(target.value, env, context, state)
            self.store(("attr", base, target.attr.value), value, operator, context, state, statement)
        elif type(target) is cst.Subscript:
            base = self.value(target.value, env, context, state)
            key = self.key(target, env, context, state)
            self.store(("item", base, key), value, operator, context, state, statement)
            if type(target.value) is cst.Name and target.value.value in env:
                name = target.value.value
                if base[0] == "dict" and key[0] == "const":
                    kept = tuple(pair for pair in base[1] if pair[0] != key)
                    self.rebind(name, ("dict", (*kept, (key, value))), env, state)
                else:
                    self.rebind(name, ("op", "stored", (base, key, value)), env, state)

    def bind(
        self, name: str, value: Term, env: Env, context: Context, state: _State, statement: Any, operator: str = "="
    ) -> None:
        value = self.pruned(value)
        env[name] = value
        if name in state.outer:
            self.store(("name", name), value, operator, context, state, statement)
        elif value not in state.every.setdefault(name, []):
            state.every[name].append(value)

    def rebind(self, name: str, value: Term, env: Env, state: _State) -> None:
        """A local collection was changed in place."""
        env[name] = value = self.pruned(value)
        if value not in state.every.setdefault(name, []):
            state.every[name].append(value)

    def store(self, target: Term, value: Term, operator: str, context: Context, state: _State, statement: Any) -> None:
        span = self.where.get(id(statement), self.somewhere)
        state.stores[(id(statement), target)] = Store(target, self.pruned(value), operator, context, *span)

    def lookup(self, name: str, env: Env, state: _State) -> Term:
        found = env.get(name)
        if found is not None:
            return found
        at = state.parent
        while at is not None and name not in state.outer:
            if at.every.get(name):
                return _join(at.every[name])
            at = at.parent
        return ("name", name)

    def pruned(self, term: Term) -> Term:
        """A term, unless it nests too deeply."""
        return ("unknown", "too deep") if self._depth(term) > TERM_DEPTH else term

    def _depth(self, term: Term) -> int:
        """How many tuples a term nests. It is made of parts of which most have been asked about."""
        known = self.depths.get(id(term))
        if known is not None:
            return known[0]
        deepest = 0
        for part in term:
            if type(part) is tuple and (depth := self._depth(part)) > deepest:
                deepest = depth
        self.depths[id(term)] = deepest + 1, term
        return deepest + 1

    # -- expressions

    def value(self, node: Any, env: Env, context: Context, state: _State, use: str = "used") -> Term:
        """The Term of an expression; its calls are recorded on the way, in source order."""
        handler = _HANDLERS.get(type(node).__name__)
        if handler is not None:
            return handler(self, node, env, context, state, use)
        terms = tuple(
            self.value(child, env, context, state)
            for child in self._children(node)
            if type(child).__name__ in _HANDLERS
        )
        return ("op", type(node).__name__, terms)

    def _name(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        if node.value in ("None", "True", "False"):
            return ("const", {"None": None, "True": True, "False": False}[node.value])
        return self.lookup(node.value, env, state)

    def _string(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        value = node.value
        if value[0] in "'\"" and "\\" not in value:  # most strings; evaluating one compiles it
            quotes = 3 if value[:3] in ("'''", '"""') else 1
            return ("const", value[quotes:-quotes])
        return self._literal(node, env, context, state, use)

    def _literal(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        try:
            return ("const", compile(node.value, "", "eval", PARSE_ONLY_AST, True).body.value)
        except Exception:  # noqa: BLE001 - a literal that Python would refuse
            return UNKNOWN

    def _concatenated(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        parts = [self.value(node.left, env, context, state), self.value(node.right, env, context, state)]
        if all(part[0] == "const" and type(part[1]) is str for part in parts):
            return ("const", "".join(part[1] for part in parts))
        return ("op", "format", tuple(parts))

    def _formatted(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        cst = self.cst
        parts = []
        for part in node.parts:
            if type(part) in (cst.FormattedStringText, cst.TemplatedStringText):
                parts.append(("const", part.value))
            else:
                parts.append(self.value(part.expression, env, context, state))
                parts += [
                    self.value(spec.expression, env, context, state)
                    for spec in part.format_spec or ()
                    if type(spec) not in (cst.FormattedStringText, cst.TemplatedStringText)
                ]
        return self.pruned(("op", "format", tuple(parts)))

    def _attribute(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        return self.pruned(("attr", self.value(node.value, env, context, state), node.attr.value))

    def key(self, node: Any, env: Env, context: Context, state: _State) -> Term:
        keys = []
        for element in node.slice:
            if type(element.slice) is self.cst.Index:
                keys.append(self.value(element.slice.value, env, context, state))
            else:
                parts = (element.slice.lower, element.slice.upper, element.slice.step)
                keys.append(
                    ("op", "slice", tuple(self.value(part, env, context, state) for part in parts if part is not None))
                )
        return keys[0] if len(keys) == 1 else ("list", tuple(keys))

    def _subscript(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        base = self.value(node.value, env, context, state)
        key = self.key(node, env, context, state)
        if key[0] == "op" and key[1] == "slice":
            return base  # a part of a sequence is like the sequence
        if base[0] == "dict" and key[0] == "const":
            for name, value in base[1]:
                if name == key:
                    return tuple(value)
        if base[0] == "list" and key[0] == "const" and type(key[1]) is int and -len(base[1]) <= key[1] < len(base[1]):
            return tuple(base[1][key[1]])
        return self.pruned(("item", base, key))

    def _call(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        cst = self.cst
        func = self.value(node.func, env, context, state)
        inner = context
        if func[0] == "attr" and func[2] == "setdefault" and node.args:
            inner = (*context, ("once", self.frame(), ("item", func[1], UNKNOWN)))
        args: list[tuple[int | str, Term]] = []
        position = 0
        for arg in node.args:
            value = self.value(arg.value, env, inner, state)
            if arg.star:
                args.append((arg.star, value))
                position += arg.star == "*"
            elif arg.keyword is not None:
                args.append((arg.keyword.value, value))
            else:
                args.append((position, value))
                position += 1
        k = self.number.get(id(node), -1_000_000)
        if func[0] == "attr" and func[2] == "setdefault" and len(args) > 1:
            span = self.spans.get(k, self.somewhere)
            state.stores[("setdefault", k)] = Store(("item", func[1], args[0][1]), args[1][1], "=", inner, *span)
        old = state.calls.get(k)
        if old is not None:  # a second pass through a loop body: both rounds' values
            func = _join([old.func, func])
            args = [
                (name, _join([before[1], value]) if before[0] == name else value)
                for (name, value), before in zip(args, old.args, strict=False)
            ]
            context = old.context
        if type(node.func) is cst.Attribute and node.func.attr.value in _MUTATORS and args:
            owner = node.func.value
            if type(owner) is cst.Name and owner.value in env:  # a local list or dict grows
                self.rebind(
                    owner.value, ("op", "stored", (env[owner.value], *(value for _, value in args))), env, state
                )
        state.calls[k] = Call(
            k, self._tail(node.func), func, tuple(args), context, use, self.spans.get(k, self.somewhere)
        )
        return ("call", k)

    def _tuple(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        values: list[Term] = []
        for element in node.elements:
            value = self.value(element.value, env, context, state)
            if type(element) is self.cst.StarredElement:
                return self.pruned(
                    (
                        "op",
                        "list",
                        (
                            *values,
                            value,
                            *(self.value(rest.value, env, context, state) for rest in node.elements[len(values) + 1 :]),
                        ),
                    )
                )
            values.append(value)
        return self.pruned(("list", tuple(values)))

    def _set(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        return self.pruned(("op", "set", tuple(self.value(item.value, env, context, state) for item in node.elements)))

    def _dict(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        pairs: list[tuple[Term, Term]] = []
        for element in node.elements:
            if type(element) is self.cst.StarredDictElement:
                inner = self.value(element.value, env, context, state)
                if inner[0] == "dict":
                    pairs.extend(inner[1])
                else:
                    pairs.append((("unknown", "**"), inner))
            else:
                key = self.value(element.key, env, context, state)
                pairs.append((key, self.value(element.value, env, context, state)))
        return self.pruned(("dict", tuple(pairs)))

    def _comprehension(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        inner = dict(env)
        at = node.for_in
        while at is not None:
            iterable = self.value(at.iter, inner, context, state)
            context = (*context, ("loop", self.frame(), iterable))
            self._comprehension_target(at.target, ("elem", iterable), inner)
            for condition in at.ifs:
                self.value(condition.test, inner, context, state)
            at = at.inner_for_in
        if type(node) is self.cst.DictComp:
            key = self.value(node.key, inner, context, state)
            return self.pruned(("op", "dict-comprehension", (key, self.value(node.value, inner, context, state))))
        element = node.value if type(node) is self.cst.StarredDictComp else node.elt
        made = _COMPREHENSIONS.get(type(node).__name__, "comprehension")
        return self.pruned(("op", made, (self.value(element, inner, context, state),)))

    def _comprehension_target(self, target: Any, value: Term, env: Env) -> None:
        cst = self.cst
        if type(target) is cst.Name:
            env[target.value] = self.pruned(value)
        elif type(target) in (cst.Tuple, cst.List):
            for index, element in enumerate(target.elements):
                self._comprehension_target(element.value, ("item", value, ("const", index)), env)

    def _lambda(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        qualname = self.names.get(id(node), "<lambda>")
        if (node, qualname) not in state.pending:
            state.pending.append((node, qualname))
        return ("func", qualname)

    def _binary(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        left = self.value(node.left, env, context, state)
        right = self.value(node.right, env, context, state)
        if (
            type(node.operator) is self.cst.Add
            and left[0] == right[0] == "const"
            and type(left[1]) is type(right[1]) is str
        ):
            return ("const", left[1] + right[1])
        return self.pruned(("op", type(node.operator).__name__, (left, right)))

    def _boolean(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        left = self.value(node.left, env, context, state)
        is_or = type(node.operator) is self.cst.Or
        inner: Context = (*context, ("if", self.frame(), left, not is_or))
        if is_or:  # ``x or make()``: the right side runs only while the left is unset
            inner = (*inner, *(("once", self.frame(), owner) for owner in self.owners(left, state)))
        right = self.value(node.right, env, inner, state)
        return self.pruned(("op", "or" if is_or else "and", (left, right)))

    def _comparison(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        cst = self.cst
        left = self.value(node.left, env, context, state)
        terms = [left]
        names = {
            cst.Is: "is",
            cst.IsNot: "is not",
            cst.Equal: "==",
            cst.NotEqual: "!=",
            cst.In: "in",
            cst.NotIn: "not in",
            cst.LessThan: "<",
            cst.LessThanEqual: "<=",
            cst.GreaterThan: ">",
            cst.GreaterThanEqual: ">=",
        }
        operator = "compare"
        for target in node.comparisons:
            operator = names.get(type(target.operator), "compare") if len(node.comparisons) == 1 else "compare"
            other = self.value(target.comparator, env, context, state)
            # What is compared with a set display is compared with its elements, as with a list's.
            terms.append(("list", other[2]) if type(target.comparator) is cst.Set else other)
        return self.pruned(("op", operator, tuple(terms)))

    def _unary(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        inner = self.value(node.expression, env, context, state)
        if type(node.operator) is self.cst.Not:
            return ("op", "not", (inner,))
        if type(node.operator) is self.cst.Minus and inner[0] == "const" and type(inner[1]) in (int, float):
            return ("const", -inner[1])
        return ("op", type(node.operator).__name__, (inner,))

    def _conditional(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        test = self.value(node.test, env, context, state)
        uid = self.frame()
        unset = self.unset(test, negated=False, state=state)
        set_ = self.unset(test, negated=True, state=state)
        yes: Context = (*context, ("if", uid, test, True), *(("once", self.frame(), owner) for owner in unset))
        no: Context = (*context, ("if", uid, test, False), *(("once", self.frame(), owner) for owner in set_))
        value = _join([self.value(node.body, env, yes, state, use), self.value(node.orelse, env, no, state, use)])
        if value[0] == "join":
            self.choices.append((value, test))
        return value

    def _await(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        return self.value(node.expression, env, context, state, use)

    def _yield(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        if node.value is not None:
            inner = node.value.item if type(node.value) is self.cst.From else node.value
            value = self.value(inner, env, context, state)
            state.exits[id(node)] = Exit("yield", ("list", (value,)), context, 0)
        return ("unknown", "sent")

    def _named(self, node: Any, env: Env, context: Context, state: _State, use: str) -> Term:
        value = self.value(node.value, env, context, state)
        self.assign(node.target, value, env, context, state, node)
        return value


_COMPREHENSIONS = {"SetComp": "set", "GeneratorExp": "generator"}
_COMPOUND: dict[str, Callable[..., tuple[bool, Context]]] = {
    "If": _Lowering.if_,
    "FunctionDef": _Lowering.function,
    "ClassDef": _Lowering.class_,
    "For": _Lowering.for_,
    "While": _Lowering.while_,
    "With": _Lowering.with_,
    "Try": _Lowering.try_,
    "TryStar": _Lowering.try_,
    "Match": _Lowering.match,
}
_SMALL: dict[str, Callable[..., bool]] = {
    "Expr": _Lowering.expr,
    "Assign": _Lowering.assignment,
    "AnnAssign": _Lowering.annotated,
    "AugAssign": _Lowering.augmented,
    "Return": _Lowering.return_,
    "Raise": _Lowering.raise_,
    "Global": _Lowering.outer,
    "Nonlocal": _Lowering.outer,
    "Assert": _Lowering.assert_,
    "Del": _Lowering.delete,
    "Import": _Lowering.import_,
    "ImportFrom": _Lowering.import_,
    "Break": _Lowering.jump,
    "Continue": _Lowering.jump,
}
_HANDLERS: dict[str, Callable[..., Term]] = {
    "Name": _Lowering._name,
    "SimpleString": _Lowering._string,
    "Integer": _Lowering._literal,
    "Float": _Lowering._literal,
    "ConcatenatedString": _Lowering._concatenated,
    "FormattedString": _Lowering._formatted,
    "TemplatedString": _Lowering._formatted,
    "Attribute": _Lowering._attribute,
    "Subscript": _Lowering._subscript,
    "Call": _Lowering._call,
    "Tuple": _Lowering._tuple,
    "List": _Lowering._tuple,
    "Set": _Lowering._set,
    "Dict": _Lowering._dict,
    "ListComp": _Lowering._comprehension,
    "SetComp": _Lowering._comprehension,
    "GeneratorExp": _Lowering._comprehension,
    "DictComp": _Lowering._comprehension,
    "StarredDictComp": _Lowering._comprehension,
    "Lambda": _Lowering._lambda,
    "BinaryOperation": _Lowering._binary,
    "BooleanOperation": _Lowering._boolean,
    "Comparison": _Lowering._comparison,
    "UnaryOperation": _Lowering._unary,
    "IfExp": _Lowering._conditional,
    "Await": _Lowering._await,
    "Yield": _Lowering._yield,
    "NamedExpr": _Lowering._named,
}


def _start(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _number(item: tuple[int, Any]) -> int:
    return item[0]


def _imported_names(cst: Any, node: Any) -> list[str]:
    if type(node.names) is cst.ImportStar:
        return []
    names = []
    for alias in node.names:
        if alias.asname is not None:
            names.append(alias.asname.name.value)
        else:
            at = alias.name
            while type(at) is cst.Attribute:
                at = at.value
            names.append(at.value)
    return names


def _always_raises(cst: Any, body: Any) -> bool:
    last: Any = body.body[-1] if body.body else None
    if type(last) is cst.SimpleStatementLine:
        last = last.body[-1] if last.body else None
    return type(last) is cst.Raise


def _joined(exits: Mapping[Any, Exit], node: Any, value: Term) -> Term:
    old = exits.get(id(node))
    return _join([old.value, value]) if old is not None else value


def _merge(env: Env, other: Env) -> list[Term]:
    """Join what two paths left behind; a name bound on one of them only keeps that value.

    Returns:
        The joins that were made.
    """
    made = []
    for name, value in other.items():
        mine = env.get(name)
        if mine is None:
            env[name] = value
        elif mine != value:
            env[name] = joined = _join([mine, value])
            if joined[0] == "join":
                made.append(joined)
    return made


def _join(terms: list[Term]) -> Term:
    flat: list[Term] = []
    for term in terms:
        for part in term[1] if term[0] == "join" else (term,):
            if part not in flat:
                flat.append(part)
    if len(flat) == 1:
        return flat[0]
    if len(flat) > JOIN_WIDTH:
        return ("op", "join", (*tuple(flat[:JOIN_WIDTH]), UNKNOWN))
    return ("join", tuple(flat))


def _kept(call: Call) -> list[Term]:
    """What a call is made on or with that may be kept outside of the definition."""
    terms = [call.func[1]] if call.func[0] == "attr" else []
    terms += [value for _, value in call.args]
    return [term for term in terms if _may_be_kept(term)]


def _may_be_kept(term: Term) -> bool:
    """Whether a value is a global, an attribute, or an element of one of these."""
    return term[0] in ("name", "attr") or (term[0] == "item" and term[1][0] in ("name", "attr"))
