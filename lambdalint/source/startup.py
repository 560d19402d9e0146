"""What runs before the first invocation: the modules that an entry point imports, and what they call meanwhile.

There are two answers. What *may* run is all at module level, with all that it calls: what is not among it has not
happened. What runs *in any case* is not under a condition, in a loop or behind an error: it has happened. The second
needs the Bodies of what modules call, the first the ``ast`` of modules and skeletons only.
"""

from __future__ import annotations

import _ast as ast
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.model import Location, Step
from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import MODULE, SourceError, children, read, simple
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Edge
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Context
    from lambdalint.source.names import Node, Value
    from lambdalint.source.places import Place
    from lambdalint.source.skeleton import Class, Def
    from lambdalint.source.views import FunctionView

REACH_LIMIT = 2_000  # modules, and definitions, of one entry point
_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Span = tuple[int, int, int, int]
Way = tuple[Step, ...]


class Import(NamedTuple):
    """An import statement; ``scope`` is the definition that holds it, "" for the module.

    ``certain`` tells that it is under no condition there.
    """

    level: int
    module: str
    attribute: str | None
    line: int
    scope: str
    certain: bool


class Bound(NamedTuple):
    """``place``, which the code calls ``name``, is bound to an ``ast`` expression while its module is imported."""

    place: Place
    name: str
    value: Any
    span: Span
    certain: bool


class Module(NamedTuple):
    """What importing one module does. ``calls`` are those at module level that are made in any case."""

    imports: tuple[Import, ...]
    bound: tuple[Bound, ...]
    calls: tuple[Any, ...]


_EMPTY = Module((), (), ())


def startup(view: FunctionView) -> Startup:
    """What runs before the first invocation of an entry point."""
    memo = view.shared("startup")
    path = view.entry.node[0]
    if path not in memo:
        memo[path] = Startup(view, path)
    found: Startup = memo[path]
    return found


def span_of(node: Any) -> Span:
    """The span of an ``ast`` node."""
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


class Startup:
    """What runs when the module at ``path`` is imported as that of a handler.

    ``modules`` are those that may be imported, each with the steps that lead to it, ``certain`` those that are in any
    case; ``nodes`` are the definitions that may run.
    """

    def __init__(self, view: FunctionView, path: str) -> None:
        self.view = view
        self.flow: Flow = view.flow
        self.names = view.flow.names
        self.program = view.flow.program
        self._read: dict[str, Module] = view.shared("startup-modules")
        self.modules: dict[str, Way] = {}
        self.certain: set[str] = set()
        self.nodes: set[Node] = set()
        self._ran: dict[Node, Way] | None = None
        self._follow(path)

    def module(self, path: str) -> Module:
        """What importing the module at ``path`` does."""
        if path not in self._read:
            try:
                tree = read(self.program.source(path), path, self.program.runtime)[0]
                self._read[path] = _Reader(self.flow, path).module(tree)
            except (SourceError, Unreadable):
                self._read[path] = _EMPTY
        return self._read[path]

    # -- what may run

    def _follow(self, root: str) -> None:
        definition = self.names.definition(self.view.entry.node)
        start = Step(
            Location(root, definition.line if definition is not None else 1), self.view.entry.node[1], "entry point"
        )
        queue: deque[tuple[str, Way, bool]] = deque(
            (path, (start,), True) for path in (root, *self.program.packages(root))
        )
        while queue and len(self.modules) < REACH_LIMIT:
            path, way, certain = queue.popleft()
            if path in self.certain or (path in self.modules and not certain):
                continue
            first = path not in self.modules
            if first or certain:
                self.modules[path] = way
            self.certain.update([path] if certain else [])
            scopes = {"", *(self._may_run(path) if first else ())}
            for item in self.module(path).imports:
                if item.scope not in scopes:
                    continue
                step = Step(Location(path, item.line), item.scope or MODULE, "imports {}")
                for target in self.program.executed(path, item.level, item.module, item.attribute):
                    following = (*way, step._replace(note=f"imports {target}"))
                    queue.append((target, following, certain and item.certain and not item.scope))

    def _may_run(self, path: str) -> set[str]:
        """Adds the definitions that importing a module may run; returns those of the module itself."""
        skeleton = self.program.skeleton(path)
        if skeleton is None:
            return set()
        values = [value for call in skeleton.calls for value in self.names.resolve(path, "", call.callee)]
        decorated: list[Def | Class] = [*skeleton.defs.values(), *skeleton.classes.values()]
        for item in decorated:
            if not item.parent:
                values += [value for one in item.decorators for value in self.names.resolve(path, "", one)]
        roots = [node for value in values for node in self._run_by(value)]
        self.nodes.update(self.flow.graph.region(roots).nodes)
        return {node[1] for node in self.nodes if node[0] == path}

    def _run_by(self, value: Value) -> Iterator[Node]:
        """The definitions that calling a Value runs."""
        if value[0] in ("def", "bound"):
            yield value[1], value[2]
        elif value[0] == "cls":
            for name in ("__new__", "__init__", "__post_init__"):
                for owner in self.names.ancestors((value[1], value[2])):
                    class_ = self.names.class_of(owner)
                    found = class_.attributes.get(name, ()) if class_ is not None else ()
                    yield from ((owner[0], bound[1]) for bound in found if bound is not None and bound[0] == "f")
                    if found:
                        break

    def may_call(self, tails: Iterable[str]) -> bool:
        """Whether a call with one of these last names may be made before the first invocation."""
        wanted = set(tails)
        for path in self.modules:
            skeleton = self.program.skeleton(path)
            if skeleton is not None and any(call.tail in wanted for call in skeleton.calls):
                return True
        definitions = (self.names.definition(node) for node in self.nodes)
        return any(call.tail in wanted for item in definitions if item is not None for call in item.calls)

    # -- what runs in any case

    @property
    def ran(self) -> dict[Node, Way]:
        """The definitions that run in any case, each with the steps that lead to it."""
        if self._ran is None:
            self._ran = {}
            queue: deque[tuple[Node, Way]] = deque()
            for path in sorted(self.certain):
                for call in self.module(path).calls:
                    values = self.names.resolve(path, "", simple(call.func))
                    for node in self._run_by(values[0]) if len(values) == 1 else ():
                        where = self.view.span(path, span_of(call))
                        queue.append((node, (*self.modules[path], Step(where, MODULE, f"calls {node[1]}"))))
            while queue and len(self._ran) < REACH_LIMIT:
                node, way = queue.popleft()
                if node in self._ran:
                    continue
                self._ran[node] = way
                queue.extend(self._next(node, way))
        return self._ran

    def _next(self, node: Node, way: Way) -> Iterator[tuple[Node, Way]]:
        edges: dict[int, list[Edge]] = {}
        for edge in self.flow.graph.edges(node):
            if edge.kind in ("call", "construct") and edge.call is not None and edge.call.k >= 0:
                edges.setdefault(edge.call.k, []).append(edge)
        for k, found in edges.items():
            call = self.flow.call(node, k)
            if call is None or not runs_first(call.context) or len(self.flow.callee(node, k)) != 1:
                continue
            for edge in found:
                where = self.view.span(node[0], call.span)
                yield edge.callee, (*way, Step(where, node[1], f"calls {edge.callee[1]}"))


def runs_first(context: Context) -> bool:
    """Whether what is in these frames runs the first time: under no condition but that nothing is there yet."""
    for index, frame in enumerate(context):
        if frame[0] in ("except", "loop"):
            return False
        if frame[0] == "if":
            after = context[index + 1] if index + 1 < len(context) else frame
            if after[0] != "once" or after[2][0] == "renewed":
                return False
    return True


class _Reader:
    """The ``ast`` of one module → `Module`."""

    def __init__(self, flow: Flow, path: str) -> None:
        self.path = path
        skeleton = flow.program.skeleton(path)
        named: list[Def | Class] = []
        if skeleton is not None:
            named = [*skeleton.defs.values(), *skeleton.classes.values()]
        self.qualnames = {(item.line, item.name): item.qualname for item in named}
        self.imports: list[Import] = []
        self.bound: list[Bound] = []
        self.calls: list[Any] = []

    def module(self, tree: ast.Module) -> Module:
        """All of a module."""
        self.block(tree.body, "", certain=True)
        return Module(tuple(self.imports), tuple(self.bound), tuple(self.calls))

    def block(self, statements: Iterable[Any], class_: str, *, certain: bool) -> None:
        for statement in statements:
            self.statement(statement, class_, certain=certain)

    def statement(self, node: Any, class_: str, *, certain: bool) -> None:
        kind = type(node)
        name = kind.__name__
        if kind in (ast.Import, ast.ImportFrom):
            self.imported(node, "", certain=certain)
        elif kind in (ast.FunctionDef, ast.AsyncFunctionDef):
            self.function(node, certain=certain)
        elif kind is ast.ClassDef:
            for part in (*node.decorator_list, *node.bases, *(word.value for word in node.keywords)):
                self.expression(part, certain=certain)
            self.block(node.body, self.qualnames.get((node.lineno, node.name), node.name), certain=certain)
        elif kind is ast.Assign:
            self.expression(node.value, certain=certain)
            for target in node.targets:
                self.bind(target, node.value, class_, certain=certain)
        elif kind is ast.AnnAssign:
            if node.value is not None:
                self.expression(node.value, certain=certain)
                self.bind(node.target, node.value, class_, certain=certain)
        elif kind is ast.AugAssign:
            self.expression(node.value, certain=certain)
            self.bind(node.target, node.value, class_, certain=False)
        elif kind is ast.If:
            self.expression(node.test, certain=certain)
            never = is_never(node.test)
            if not never:
                self.block(node.body, class_, certain=False)
            self.block(node.orelse, class_, certain=certain and never)
        elif kind in (ast.For, ast.AsyncFor, ast.While):
            self.expression(node.test if kind is ast.While else node.iter, certain=certain)
            self.block((*node.body, *node.orelse), class_, certain=False)
        elif kind in (ast.With, ast.AsyncWith):
            for item in node.items:
                self.expression(item.context_expr, certain=certain)
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, item.context_expr, class_, certain=False)
            self.block(node.body, class_, certain=certain)
        elif name in ("Try", "TryStar"):
            self.block(node.body, class_, certain=certain)
            count = len(self.bound)
            for handler in node.handlers:
                self.block(handler.body, class_, certain=False)
            del self.bound[count:]  # what is bound where the body fails says nothing of where it does not
            self.block((*node.orelse, *node.finalbody), class_, certain=certain)
        elif name == "Match":
            self.expression(node.subject, certain=certain)
            for case in node.cases:
                self.block(case.body, class_, certain=False)
        else:
            for child in children(node):
                self.expression(child, certain=certain)

    def function(self, node: Any, *, certain: bool) -> None:
        qualname = self.qualnames.get((node.lineno, node.name), node.name)
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        first = len(positional) - len(arguments.defaults)
        given = [(first + index, value) for index, value in enumerate(arguments.defaults)]
        after = len(positional) + (arguments.vararg is not None)
        given += [(after + index, value) for index, value in enumerate(arguments.kw_defaults) if value is not None]
        listed = [*positional, *([arguments.vararg] if arguments.vararg else []), *arguments.kwonlyargs]
        for index, value in given:
            self.expression(value, certain=certain)
            name = f"the default of {listed[index].arg} in {node.name}"
            self.bound.append(Bound(("default", self.path, qualname, index), name, value, span_of(value), certain))
        for part in node.decorator_list:
            self.expression(part, certain=certain)
        stack: list[tuple[Any, str, bool]] = [(child, qualname, True) for child in node.body]
        while stack:  # imports inside of it: they are carried out when it runs
            at, scope, straight = stack.pop()
            if type(at) in (ast.Import, ast.ImportFrom):
                self.imported(at, scope, certain=straight)
            elif type(at) in (ast.FunctionDef, ast.AsyncFunctionDef):
                scope = self.qualnames.get((at.lineno, at.name), at.name)
                straight = True
            elif type(at) not in (ast.With, ast.AsyncWith) and type(at).__name__ not in ("Try", "TryStar"):
                straight = False
            stack.extend((child, scope, straight) for child in children(at))

    def imported(self, node: Any, scope: str, *, certain: bool) -> None:
        if type(node) is ast.Import:
            names = [(0, alias.name, None) for alias in node.names]
        else:
            names = [(node.level, node.module or "", alias.name) for alias in node.names]
        self.imports += [Import(*name, node.lineno, scope, certain) for name in names]

    def bind(self, target: Any, value: Any, class_: str, *, certain: bool) -> None:
        if type(target) is ast.Name:
            place: Place = ("attribute", self.path, class_, target.id) if class_ else ("global", self.path, target.id)
            name = f"{class_}.{target.id}" if class_ else target.id
            self.bound.append(Bound(place, name, value, span_of(target), certain))
        elif type(target) in (ast.Tuple, ast.List):
            paired = type(value) in (ast.Tuple, ast.List) and len(value.elts) == len(target.elts)
            for index, element in enumerate(target.elts):
                self.bind(element, value.elts[index] if paired else value, class_, certain=certain and paired)

    def expression(self, root: Any, *, certain: bool) -> None:
        """Notes the calls of an expression that are made in any case."""
        stack = [(root, certain)]
        while stack:
            node, sure = stack.pop()
            kind = type(node)
            if kind in _BLOCKS or kind in (ast.Name, ast.Constant):
                continue
            if kind is ast.Call and sure:
                self.calls.append(node)
            if kind is ast.BoolOp:
                stack += [(node.values[0], sure), *((value, False) for value in node.values[1:])]
            elif kind is ast.IfExp:
                stack += [(node.test, sure), (node.body, False), (node.orelse, False)]
            elif kind in (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp):
                stack += [(child, False) for child in children(node)]
            else:
                stack += [(child, sure) for child in children(node)]


def is_never(test: Any) -> bool:
    """Whether a condition does not hold on Lambda: ``__name__ == "__main__"``, ``TYPE_CHECKING``."""
    if type(test) is ast.Compare:
        return type(test.left) is ast.Name and test.left.id == "__name__"
    return (test.id if type(test) is ast.Name else test.attr if type(test) is ast.Attribute else "") == "TYPE_CHECKING"
