"""Environment variables that the code cannot do without and that a template does not set.

What runs in any case is walked: the modules that the entry point's module imports, the calls that they make while they
are imported, and what the entry point calls. A read under a condition or behind an exit, and one whose error is caught,
is not of that kind. Which read of ``os.environ`` stands where is told by ``ast``, of modules that spell it alone.
"""

from __future__ import annotations

import _ast as ast
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import Location, Step
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import MODULE, SourceError, children, read, simple, tail_of
from lambdalint.source.startup import is_never
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.model import Function
    from lambdalint.source.flow import Flow
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

REACH_LIMIT = 2_000  # modules and definitions that one entry point is followed into
EVERY = "*"  # the name of variables that nobody can list

_CATCHING = frozenset({"KeyError", "LookupError", "Exception", "BaseException"})
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

Span = tuple[int, int, int, int]


class Unset(NamedTuple):
    """A variable that is read and not set.

    ``at_import`` tells that the read fails the cold start; ``node`` is the definition (or `MODULE`) that reads it;
    ``functions`` are those whose templates do not set it; ``chain`` leads from the entry point to the read;
    ``similar`` is a variable that they do set and whose name is nearly the same, "" if there is none.
    """

    name: str
    location: Location
    node: Node
    at_import: bool
    functions: tuple[Function, ...]
    chain: tuple[Step, ...]
    similar: str = ""


class _Scope(NamedTuple):
    """What a definition, or a module while it is imported, does in any case.

    ``reads`` are the names and spans of variables; ``calls`` the spans of calls; ``imports`` as in a skeleton.
    """

    reads: tuple[tuple[str, Span], ...]
    calls: frozenset[Span]
    imports: tuple[tuple[int, str, str | None, int], ...]


_NOTHING = _Scope((), frozenset(), ())


def unset(view: FunctionView) -> Iterator[Unset]:
    """The variables that an entry point reads in any case and that templates of it, known in full, do not set."""
    known = [function for function in view.functions if _is_known(view, function)]
    flow = view.flow
    if not known or not any(b"environ" in source_of(flow, path) for path in view.modules()):
        return
    provided = table("environment")["provided"]
    given = frozenset(provided["reserved"] + provided["unreserved"] + provided["other"])
    spelt = _spelt(view)
    if spelt is not None:
        left = spelt - given if view.grants("runtime") else spelt
        if all(left <= function.variables.keys() for function in known):
            return
    changed = _changed(view)
    if EVERY in changed:
        return
    seen = set()
    for name, node, span, chain, at_import in _Walk(view).reads():
        if name in changed or (name in given and view.grants("runtime")):
            continue
        setting = {item.declared_at.path for item in view.functions if item.declared_at and name in item.variables}
        if view.grants("variant") and setting:
            # what another template declares without it is an older or a smaller variant, unless that one sets it too
            functions = [item for item in known if item.declared_at and item.declared_at.path in setting]
        else:
            functions = known
        lacking = tuple(item for item in functions if name not in item.variables)
        if lacking and (name, node) not in seen:
            seen.add((name, node))
            location = view.span(node[0], span)
            here = Step(location, node[1], "here")
            yield Unset(name, location, node, at_import, lacking, (*chain, here), _similar(name, lacking))


_USES = regex(rb"""import environ\b(?!\s+as)|\benviron\b(?:\[\s*(["'])(\w+)\1\s*\]|\.get\()?""")


def _spelt(view: FunctionView) -> frozenset[str] | None:
    """The names by which an entry point may read ``os.environ``, as its modules spell them.

    None where one of them does anything else with it than to read it by a name that stands there.
    """
    memo: dict[str, frozenset[str] | None] = view.shared("environment-names")
    found: set[str] = set()
    for path in dict.fromkeys((*view.modules(), *view.flow.program.packages(view.entry.node[0]))):
        if path not in memo:
            matches = list(_USES.finditer(source_of(view.flow, path)))
            names = frozenset(match[2].decode() for match in matches if match[2])
            memo[path] = None if any(match[0] == b"environ" for match in matches) else names
        spelt = memo[path]
        if spelt is None:
            return None
        found |= spelt
    return frozenset(found)


def _similar(name: str, functions: Iterable[Function]) -> str:
    import difflib  # only where there is something to report

    known = sorted({variable for function in functions for variable in function.variables})
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.85)), "")


def _is_known(view: FunctionView, function: Function) -> bool:
    """Whether a template tells all variables of a function."""
    declared = function.declared
    if declared is None:
        return False
    if view.grants("unknown") and (declared.environment.unknown or declared.origin == "chalice"):
        return False  # Chalice's config.json is completed by whoever makes the resources
    if view.grants("image") and (declared.package_type.unknown or declared.package_type.value == "Image"):
        return False
    return "AWS_LAMBDA_EXEC_WRAPPER" not in function.variables or not view.grants("wrapper")


def source_of(flow: Flow, path: str) -> bytes:
    """The bytes of a module, none where it cannot be read."""
    try:
        return flow.program.source(path)
    except Unreadable:
        return b""


# -- variables that the code sets itself


def _changed(view: FunctionView) -> frozenset[str]:
    """The variables that the modules of an entry point set; `EVERY` among them where nobody can list them."""
    memo = view.shared("environment-changes")
    found: set[str] = set()
    for path in view.modules():
        if path not in memo:
            memo[path] = frozenset(_changes(view.flow, path))
        found |= memo[path]
    return frozenset(item for item in found if view.grants("loader" if item == EVERY else "set"))


def _changes(flow: Flow, path: str) -> Iterator[str]:
    skeleton = flow.program.skeleton(path)
    source = source_of(flow, path)
    if skeleton is None or not (b"environ" in source or b"env" in source):
        return
    setting = table("environment")["setting"]
    operations = frozenset(setting["operations"])
    methods = frozenset(setting["methods"])
    scopes = [("", skeleton.calls), *((item.qualname, item.calls) for item in skeleton.defs.values())]
    for scope, calls in scopes:
        for call in calls:
            if call.tail not in methods and call.tail not in _SETTERS:
                continue
            for value in flow.names.resolve(path, scope, call.callee):
                if value[0] != "ext":
                    continue
                if value[1] in operations or value[1] in {f"os.environ.{method}" for method in methods}:
                    yield EVERY
                elif value[1] in ("os.environ.setdefault", "os.putenv"):
                    yield constant_of(flow, path, scope, call.args[0] if call.args else None) or EVERY
    if b"environ" in source:
        for scope, target, _ in item_stores(flow, path):
            if is_environment(flow, path, scope, target.value):
                yield constant_of(flow, path, scope, simple(target.slice)) or EVERY


_SETTERS = frozenset({"setdefault", "putenv"}) | {
    operation.rpartition(".")[2] for operation in table("environment")["setting"]["operations"]
}


def item_stores(flow: Flow, path: str) -> Iterator[tuple[str, Any, bool]]:
    """The subscripts of a module that are assigned to: the definition, the subscript, whether under no condition."""
    tree = _tree(flow, path)
    stack: list[tuple[str, Any, bool]] = [("", tree, True)] if tree is not None else []
    names = _qualnames(flow, path)
    while stack:
        scope, node, straight = stack.pop()
        kind = type(node)
        if kind in (ast.FunctionDef, ast.AsyncFunctionDef):
            scope, straight = names.get((node.lineno, node.name), scope), True
        if kind is ast.If and is_never(node.test):
            stack.extend((scope, child, straight) for child in node.orelse)
            continue
        if kind is ast.Subscript and type(node.ctx) is ast.Store:
            yield scope, node, straight
        straight = straight and kind not in (ast.If, ast.While, ast.For) and kind.__name__ != "Match"
        stack.extend((scope, child, straight) for child in children(node))


def _tree(flow: Flow, path: str) -> Any:
    try:
        return read(flow.program.source(path), path, flow.program.runtime)[0]
    except (SourceError, Unreadable):
        return None


def _qualnames(flow: Flow, path: str) -> Mapping[tuple[int, str], str]:
    skeleton = flow.program.skeleton(path)
    return {(item.line, item.name): item.qualname for item in skeleton.defs.values()} if skeleton is not None else {}


def is_environment(flow: Flow, path: str, scope: str, node: Any) -> bool:
    """Whether an ``ast`` expression is ``os.environ``."""
    return flow.names.resolve(path, scope, simple(node)) == (("ext", "os.environ"),)


def constant_of(flow: Flow, path: str, scope: str, expr: Any) -> str | None:
    """The one string that an Expr is, None where it may be another."""
    values = flow.names.resolve(path, scope, expr)
    return values[0][1] if len(values) == 1 and values[0][0] == "const" and type(values[0][1]) is str else None


# -- what runs in any case


class _Walk:
    """What an entry point runs in any case, breadth first: its imports, then itself."""

    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.scopes: dict[Any, Any] = view.shared("environment-scopes")

    def reads(self) -> Iterator[tuple[str, Node, Span, tuple[Step, ...], bool]]:
        """(variable, where, span, steps on the way, whether that is at import), the shortest way first."""
        root = self.view.entry.node
        definition = self.flow.names.definition(root)
        start = Step(Location(root[0], definition.line if definition is not None else 1), root[1], "entry point")
        queue: deque[tuple[Node, tuple[Step, ...], bool]] = deque()
        for path in (root[0], *self.flow.program.packages(root[0])):
            queue.append(((path, MODULE), (start,), True))
        queue.append((root, (start,), False))
        seen: set[Node] = {item[0] for item in queue}
        while queue and len(seen) < REACH_LIMIT:
            node, chain, at_import = queue.popleft()
            scope = self.scope(node)
            for name, span in scope.reads:
                yield name, node, span, chain, at_import
            for following, step in (*self._imported(node, scope), *self._run(node, scope)):
                if following not in seen:
                    seen.add(following)
                    queue.append((following, (*chain, step), at_import))

    def _imported(self, node: Node, scope: _Scope) -> Iterator[tuple[Node, Step]]:
        for level, module, attribute, line in scope.imports:
            for path in self.flow.program.executed(node[0], level, module, attribute):
                yield (path, MODULE), Step(Location(node[0], line), node[1], f"imports {path}")

    def _run(self, node: Node, scope: _Scope) -> Iterator[tuple[Node, Step]]:
        """The definitions that a definition, or a module at import, calls in any case."""
        names = self.flow.names
        if node[1] == MODULE:
            skeleton = self.flow.program.skeleton(node[0])
            for call in skeleton.calls if skeleton is not None else ():
                span = (call.line, call.column, call.end_line, call.end_column)
                values = names.resolve(node[0], "", call.callee) if span in scope.calls else ()
                if len(values) == 1 and values[0][0] in ("def", "bound"):
                    yield (values[0][1], values[0][2]), self._step(node, span, values[0][2])
                elif len(values) == 1 and values[0][0] == "cls":
                    for target in self._initialisers((values[0][1], values[0][2])):
                        yield target, self._step(node, span, target[1])
            return
        for edge in self.flow.graph.edges(node):
            if edge.kind not in ("call", "construct", "callback", "route", "decorator"):
                continue
            if edge.call is None:
                yield edge.callee, Step(Location(node[0], 1), node[1], f"runs {edge.callee[1]}")
                continue
            span = (edge.call.line, edge.call.column, edge.call.end_line, edge.call.end_column)
            # One of several that a call may run does not run in any case.
            alone = edge.kind in ("callback", "route") or len(names.resolve(*node, edge.call.callee)) == 1
            if span in scope.calls and alone:
                yield edge.callee, self._step(node, span, edge.callee[1])

    def _initialisers(self, made: Node) -> Iterator[Node]:
        for owner in self.flow.names.ancestors(made):
            class_ = self.flow.names.class_of(owner)
            for bound in class_.attributes.get("__init__", ()) if class_ is not None else ():
                if bound is not None and bound[0] == "f":
                    yield owner[0], bound[1]
                    return

    def _step(self, node: Node, span: Span, callee: str) -> Step:
        return Step(self.view.span(node[0], span), node[1], f"calls {callee}")

    def scope(self, node: Node) -> _Scope:
        """What a definition or module does in any case."""
        path = node[0]
        if (path, None) not in self.scopes:
            self.scopes[path, None] = True
            tree = _tree(self.flow, path)
            if tree is not None:
                disabled = frozenset(tag for tag in ("branch", "caught") if not self.view.grants(tag))
                reader = _Reader(self.flow, path, disabled)
                self.scopes.update({(path, name): scope for name, scope in reader.module(tree).items()})
        found: _Scope = self.scopes.get(node, _NOTHING)
        return found


class _Builder:
    """A `_Scope` while it is read."""

    def __init__(self, qualname: str) -> None:
        self.qualname = qualname  # "" for the module
        self.reads: list[tuple[str, Span]] = []
        self.calls: set[Span] = set()
        self.imports: list[tuple[int, str, str | None, int]] = []


class _Reader:
    """One module → what it and its definitions do in any case; ``open_`` is whether a part of it runs in any case."""

    def __init__(self, flow: Flow, path: str, disabled: frozenset[str]) -> None:
        self.flow = flow
        self.path = path
        self.disabled = disabled
        self.names = _qualnames(flow, path)
        self.done: dict[str, _Scope] = {}

    def module(self, tree: ast.Module) -> Mapping[str, _Scope]:
        """By qualified name; the module's own is `MODULE`."""
        builder = _Builder("")
        self.block(tree.body, builder, open_=True)
        self.finish(builder, MODULE)
        return self.done

    def finish(self, builder: _Builder, name: str) -> None:
        self.done[name] = _Scope(tuple(builder.reads), frozenset(builder.calls), tuple(builder.imports))

    def block(self, statements: Iterable[Any], scope: _Builder, *, open_: bool) -> None:
        for statement in statements:
            self.statement(statement, scope, open_=open_)
            if "branch" not in self.disabled and _may_leave(statement):
                open_ = False

    def statement(self, node: Any, scope: _Builder, *, open_: bool) -> None:
        kind = type(node)
        branch = open_ and "branch" in self.disabled
        if kind in (ast.FunctionDef, ast.AsyncFunctionDef):
            for part in (*node.decorator_list, *node.args.defaults, *(item for item in node.args.kw_defaults if item)):
                self.expression(part, scope, open_=open_)
            inner = _Builder(self.names.get((node.lineno, node.name), node.name))
            self.block(node.body, inner, open_=True)
            self.finish(inner, inner.qualname)
        elif kind is ast.ClassDef:
            for part in (*node.decorator_list, *node.bases, *(word.value for word in node.keywords)):
                self.expression(part, scope, open_=open_)
            self.block(node.body, scope, open_=open_)
        elif kind is ast.If:
            self.expression(node.test, scope, open_=open_)
            if not is_never(node.test):
                self.block(node.body, scope, open_=branch)
            self.block(node.orelse, scope, open_=branch)
        elif kind in (ast.For, ast.AsyncFor):
            self.expression(node.iter, scope, open_=open_)
            self.block(node.body, scope, open_=open_)
            self.block(node.orelse, scope, open_=branch)
        elif kind is ast.While:
            self.expression(node.test, scope, open_=open_)
            endless = type(node.test) is ast.Constant and bool(node.test.value)
            self.block(node.body, scope, open_=open_ if endless else branch)
            self.block(node.orelse, scope, open_=branch)
        elif kind in (ast.With, ast.AsyncWith):
            for item in node.items:
                self.expression(item.context_expr, scope, open_=open_)
            caught = "caught" not in self.disabled and any(_suppresses(item.context_expr) for item in node.items)
            self.block(node.body, scope, open_=open_ and not caught)
        elif kind.__name__ in ("Try", "TryStar"):
            caught = "caught" not in self.disabled and any(_catches(handler) for handler in node.handlers)
            self.block(node.body, scope, open_=open_ and not caught)
            for handler in node.handlers:
                self.block(handler.body, scope, open_=branch)
            self.block(node.orelse, scope, open_=open_ and not caught)
            self.block(node.finalbody, scope, open_=open_)
        elif kind.__name__ == "Match":
            self.expression(node.subject, scope, open_=open_)
            for case in node.cases:
                self.block(case.body, scope, open_=branch)
        elif kind is ast.Import:
            scope.imports += [(0, name.name, None, node.lineno) for name in node.names if open_]
        elif kind is ast.ImportFrom:
            scope.imports += [(node.level, node.module or "", name.name, node.lineno) for name in node.names if open_]
        else:
            for child in children(node):
                self.expression(child, scope, open_=open_)

    def expression(self, node: Any, scope: _Builder, *, open_: bool) -> None:
        kind = type(node)
        branch = open_ and "branch" in self.disabled
        if kind in _BLOCKS or kind in (ast.Name, ast.Constant):
            return
        if kind is ast.BoolOp:
            self.expression(node.values[0], scope, open_=open_)
            for value in node.values[1:]:
                self.expression(value, scope, open_=branch)
            return
        if kind is ast.IfExp:
            self.expression(node.test, scope, open_=open_)
            self.expression(node.body, scope, open_=branch)
            self.expression(node.orelse, scope, open_=branch)
            return
        if kind in (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp):
            self.expression(node.generators[0].iter, scope, open_=open_)
            for child in children(node):
                self.expression(child, scope, open_=branch)
            return
        if open_ and kind is ast.Call:
            scope.calls.add((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
        if open_ and kind is ast.Subscript and type(node.ctx) is ast.Load:
            self.subscript(node, scope)
        for child in children(node):
            self.expression(child, scope, open_=open_)

    def subscript(self, node: Any, scope: _Builder) -> None:
        if not is_environment(self.flow, self.path, scope.qualname, node.value):
            return
        name = constant_of(self.flow, self.path, scope.qualname, simple(node.slice))
        if name:
            scope.reads.append((name, (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)))


def _may_leave(statement: Any) -> bool:
    """Whether a statement may end the block that it stands in: it holds a return, raise, break, continue or exit."""
    kind = type(statement)
    if kind in _BLOCKS:
        return False
    if kind.__name__ in ("Try", "TryStar"):  # what its handlers do happens in the case of an error only
        return any(_may_leave(child) for child in (*statement.body, *statement.orelse, *statement.finalbody))
    looped = kind in (ast.For, ast.AsyncFor, ast.While)
    stack: list[tuple[Any, bool]] = [(statement, looped)]
    while stack:
        node, inside = stack.pop()
        if type(node) in _BLOCKS:
            continue
        if isinstance(node, _LEAVING) and not (inside and type(node) in (ast.Break, ast.Continue)):
            return True
        if type(node) is ast.Call and tail_of(node.func) in ("exit", "_exit", "quit", "abort"):
            return True
        inner = inside or type(node) in (ast.For, ast.AsyncFor, ast.While)
        stack.extend((child, inner) for child in children(node))
    return False


def _suppresses(manager: Any) -> bool:
    return type(manager) is ast.Call and tail_of(manager.func) == "suppress"


def _catches(handler: Any) -> bool:
    """Whether a handler catches a KeyError and goes on."""
    if handler.body and type(handler.body[-1]) is ast.Raise:
        return False
    kinds = handler.type.elts if type(handler.type) is ast.Tuple else [handler.type]
    return any(kind is None or tail_of(kind) in _CATCHING for kind in kinds)
