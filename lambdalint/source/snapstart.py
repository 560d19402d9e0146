"""SnapStart: what a snapshot of the initialised function keeps although it should not, and the hooks that mend it.

Lambda initialises a version once, takes a snapshot of its memory, and starts each environment from that. So what was
unique when a module was imported is in all of them, and what was connected is connected in none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import Step
from lambdalint.records import NamedTuple
from lambdalint.source.held import Holdings
from lambdalint.source.skeleton import MODULE, simple
from lambdalint.source.startup import span_of, startup
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.model import Location
    from lambdalint.source.held import Held, Made, Read
    from lambdalint.source.names import Node
    from lambdalint.source.places import Place
    from lambdalint.source.skeleton import CallRef, Expr
    from lambdalint.source.startup import Startup
    from lambdalint.source.views import FunctionView

SETTING = "snap_start"
LIBRARY = b"snapshot_restore_py"
_DYNAMIC = (b"import_module", b"__import__", b"iter_modules", b"walk_packages")  # imports that nobody can list


class Kept(NamedTuple):
    """What a snapshot keeps: ``name`` is how the code calls it, ``kind`` what it is, ``label`` how it was made.

    ``kind`` is ``unique``, ``time``, ``host``, ``generator`` or ``connection``; ``reader`` is where it is used.
    """

    name: str
    kind: str
    label: str
    place: Location
    function: str
    chain: tuple[Step, ...]
    reader: Location


class Ignored(NamedTuple):
    """A hook that Lambda does not run: ``name`` is its function, ``late`` tells that it is registered, but too late."""

    name: str
    when: str
    late: bool
    place: Location
    function: str


# -- hooks


class Hook(NamedTuple):
    """A registration of a hook: in which definition (or `MODULE`), when it is to run, what it is, and where."""

    scope: Node
    when: str
    target: Expr
    span: tuple[int, int, int, int]


def _registrations(view: FunctionView, path: str) -> tuple[Hook, ...]:
    """The hooks that a module registers, wherever in it."""
    memo = view.shared("snapstart-hooks")
    if path not in memo:
        memo[path] = tuple(_find_registrations(view, path))
    found: tuple[Hook, ...] = memo[path]
    return found


def _find_registrations(view: FunctionView, path: str) -> Iterator[Hook]:
    try:
        if LIBRARY not in view.flow.program.source(path):
            return
    except Unreadable:
        return
    names = view.flow.names
    skeleton = view.flow.program.skeleton(path)
    hooks: Mapping[str, str] = table("snapstart")["hooks"]
    for scope, calls in _calls(skeleton):
        for call in calls:
            for when, operation in hooks.items():
                if ("ext", operation) in names.resolve(path, scope, call.callee) and call.args:
                    span = call.line, call.column, call.end_line, call.end_column
                    yield Hook((path, scope or MODULE), when, call.args[0], span)
    for item in skeleton.defs.values() if skeleton is not None else ():
        for decorator in item.decorators:
            for when, operation in hooks.items():
                if ("ext", operation) in names.resolve(path, item.parent, decorator):
                    span = item.line, item.column, item.line, item.column
                    yield Hook((path, item.parent or MODULE), when, ("f", item.qualname), span)


def _calls(skeleton: Any) -> Iterator[tuple[str, tuple[CallRef, ...]]]:
    if skeleton is not None:
        yield "", skeleton.calls
        yield from ((item.qualname, item.calls) for item in skeleton.defs.values())


class _Hooks:
    """What the hooks of one entry point touch."""

    def __init__(self, view: FunctionView, started: Startup) -> None:
        self.view = view
        names, graph = view.flow.names, view.flow.graph
        self.nodes: set[Node] = set()
        self.targets: list[tuple[Node, Expr]] = []
        self.unknown = False
        for path in started.modules:
            for hook in _registrations(view, path):
                if hook.scope[1] != MODULE and hook.scope not in started.nodes:
                    continue
                scope = "" if hook.scope[1] == MODULE else hook.scope[1]
                values = names.resolve(path, scope, hook.target)
                roots = [(value[1], value[2]) for value in values if value[0] in ("def", "bound")]
                self.nodes.update(graph.region(roots).nodes)
                self.targets.append(((path, scope), hook.target))
                # what a method of an object from outside does is told by its object alone
                self.unknown = self.unknown or not (values and (roots or hook.target[0] == "a"))

    def touch(self, holdings: Holdings, places: Iterable[Place]) -> bool:
        """Whether a hook stores to one of the places, uses it, or is a method of it."""
        places = set(places)
        if any(place in places for node in self.nodes for place in holdings.places.stored(node)):
            return True
        if holdings.reads(places, self.nodes):
            return True
        for node, target in self.targets:
            if target is not None and target[0] == "a" and holdings.places.of(*node, target[1]) in places:
                return True
        return False

    def call(self, operations: Iterable[str]) -> bool:
        """Whether a hook calls one of the operations, or is one."""
        names = self.view.flow.names
        wanted = {("ext", operation) for operation in operations}
        calls = [(node, call.callee) for node in self.nodes for call in _definition_calls(self.view, node)]
        return any(wanted & set(names.resolve(*node, expr)) for node, expr in (*calls, *self.targets))


def _definition_calls(view: FunctionView, node: Node) -> tuple[CallRef, ...]:
    definition = view.flow.names.definition(node)
    return definition.calls if definition is not None else ()


# -- what must be unique


def unique(view: FunctionView) -> Iterator[Kept]:
    """What must differ between environments, or from one moment to the next, and is made before the snapshot."""
    fresh = table("fresh")
    kinds = {name: "time" if kind == "time" else "unique" for kind, names in fresh["kinds"].items() for name in names}
    kinds.update(dict.fromkeys(fresh["host"]["operations"], "host"))
    kinds.update(dict.fromkeys(fresh["generators"]["made"], "generator"))
    seeds = fresh["generators"]["seeded"]
    started = startup(view)
    if not started.may_call(operation.rpartition(".")[2] for operation in (*kinds, *seeds)):
        return
    hooks = _Hooks(view, started)
    if hooks.unknown and view.grants("hook"):
        return
    holdings = Holdings(started, kinds, computed=True, methods=view.flow.pure_methods)
    for held in holdings.all():
        made = next((item for item in held.made if not (_repeats(kinds, item) and view.grants("literal"))), None)
        reads = _reads(holdings, [held.place]) if made is not None else []
        if made is None or not reads:
            continue
        kind = kinds[made.operation]
        if kind in ("time", "host") and view.grants("shown") and all(read.shown for read in reads):
            continue
        if not _is_mended(holdings, hooks, [held.place]):
            yield _kept(view, held.name, kind, made.operation, made, reads)
    yield from _seeded(view, started, hooks, seeds)


def _repeats(kinds: Mapping[str, str], made: Made) -> bool:
    """Whether a generator is made to draw the same numbers each time: from a seed that is written down."""
    seed = made.arguments.get(0, made.arguments.get("seed"))
    return kinds[made.operation] == "generator" and _is_literal(seed)


def _is_literal(expr: Expr) -> bool:
    return expr is not None and expr[0] == "k" and expr[1] is not None


def _seeded(view: FunctionView, started: Startup, hooks: _Hooks, seeds: list[str]) -> Iterator[Kept]:
    """The generator of a module that is seeded before the snapshot and drawn from on invocations."""
    names = view.flow.names
    for operation in seeds:
        module = operation.rpartition(".")[0]
        for path in sorted(started.certain):
            for call in started.module(path).calls:
                if ("ext", operation) not in names.resolve(path, "", simple(call.func)):
                    continue
                if call.args and _is_literal(simple(call.args[0])) and view.grants("literal"):
                    continue
                draws = [
                    (node, reference)
                    for node in view.region.nodes
                    for reference in _definition_calls(view, node)
                    if any(
                        value[0] == "ext" and value[1].rpartition(".")[0] == module
                        for value in names.resolve(*node, reference.callee)
                    )
                ]
                again = any(("ext", operation) in names.resolve(*node, item.callee) for node, item in draws)
                if not draws or (again and view.grants("rebound")) or (view.grants("hook") and hooks.call([operation])):
                    continue
                place = view.span(path, span_of(call))
                node, first = draws[0]
                reader = view.span(node[0], (first.line, first.column, first.end_line, first.end_column))
                chain = (*started.modules[path], Step(place, MODULE, "here"))
                yield Kept(module, "generator", operation, place, MODULE, chain, reader)


# -- what must be connected


def connections(view: FunctionView) -> Iterator[Kept]:
    """Connections that are opened before the snapshot and used after it."""
    data = table("snapstart")
    constructors: Mapping[str, Any] = table("clients")["constructors"]
    connecting: dict[str, Any] = dict(data["connecting"])
    for operation, spec in constructors.items():
        tag = "sdk" if spec["rule"] == "client-in-handler" else "lazy"
        if not view.grants(tag) and not spec.get("local"):
            connecting.setdefault(operation, {})
    started = startup(view)
    wanted = {**connecting, **data["pools"]}
    if not started.may_call(operation.rpartition(".")[2] for operation in wanted):
        return
    hooks = _Hooks(view, started)
    if hooks.unknown and view.grants("hook"):
        return
    holdings = Holdings(started, wanted, computed=False, methods=data["holding"]["methods"])
    for held in holdings.all():
        made = held.made[0]
        spec = wanted[made.operation]
        if _has(made.arguments, spec.get("unless", {})) and view.grants("checked"):
            continue
        place = view.span(made.node[0], made.span)
        if made.operation not in connecting:
            opened = _opened(view, holdings, held, spec)
            if opened is None:
                continue
            place = opened
        places = derived(holdings, held.place)
        reads = _reads(holdings, places)
        if not reads or _is_closed(holdings, places) or _is_mended(holdings, hooks, places):
            continue
        if view.grants("checked") and _is_checked(holdings, places):
            continue
        kept = _kept(view, held.name, "connection", constructors[made.operation]["label"], made, reads)
        chain = (*kept.chain[:-1], Step(place, made.node[1], "here"))
        yield kept._replace(place=place, chain=chain)


def _has(arguments: Mapping[str | int, Expr], unless: Mapping[str, list[Any]]) -> bool:
    """Whether a call has arguments with which it opens no connection, or checks it, or whose contents nobody knows."""
    if "**" in arguments and unless:
        return True
    for name, values in unless.items():
        key = int(name) if name.isdecimal() else name
        if key not in arguments:
            continue
        expr = arguments[key]
        if not values or expr is None or expr[0] != "k" or expr[1] in values:
            return True
    return False


def _opened(view: FunctionView, holdings: Holdings, held: Held, spec: Mapping[str, Any]) -> Location | None:
    """Where a pool is used before the snapshot, so that it keeps a connection; None where it is not."""
    started = holdings.startup
    for path in sorted(started.certain):
        for call in started.module(path).calls:
            callee = simple(call.func)
            tail = callee[-1] if callee is not None and callee[0] in ("n", "a") else ""
            given = [callee[1]] if callee is not None and callee[0] == "a" and tail in spec["methods"] else []
            if tail in spec["given"]:
                given += [simple(value) for value in (*call.args, *(word.value for word in call.keywords))]
            if any(expr is not None and holdings.places.of(path, "", expr) == held.place for expr in given):
                return view.span(path, span_of(call))
    return None


def derived(holdings: Holdings, place: Place) -> set[Place]:
    """The place with those that are bound, while modules are imported, to what holds it: cursors, sessions, objects."""
    found = {place}
    grew = True
    while grew:
        grew = False
        for other, values in holdings.values.items():
            if other not in found and any(
                value is not None and _holds(holdings, path, simple(value), found) for path, _, value in values
            ):
                found.add(other)
                grew = True
    return found


def _holds(holdings: Holdings, path: str, expr: Expr, places: set[Place]) -> bool:
    if expr is None:
        return False
    if expr[0] in ("n", "a") and holdings.places.of(path, "", expr) in places:
        return True
    if expr[0] != "c" or expr[1] is None:
        return False
    data = table("snapstart")["holding"]
    if expr[1][0] == "a" and expr[1][2] in data["methods"] and _holds(holdings, path, expr[1][1], places):
        return True
    made = any(
        value[0] == "cls" or (value[0] == "ext" and (value[1] in data["makers"] or _is_class(value[1])))
        for value in holdings.names.resolve(path, "", expr[1])
    )
    given = [*expr[2], *(value for _, value in expr[3])]
    return made and any(_holds(holdings, path, value, places) for value in given)


def _is_class(operation: str) -> bool:
    return operation.rpartition(".")[2][:1].isupper()


def _is_closed(holdings: Holdings, places: set[Place]) -> bool:
    """Whether what is opened before the snapshot is closed before it as well."""
    closing = table("snapstart")["checks"]["closing"]
    started = holdings.startup
    if not holdings.view.grants("closed"):
        return False
    for path in started.modules:
        skeleton = started.program.skeleton(path)
        for call in skeleton.calls if skeleton is not None else ():
            receiver = call.callee[1] if call.callee is not None and call.callee[0] == "a" else None
            if call.tail in closing and receiver is not None and holdings.places.of(path, "", receiver) in places:
                return True
    return False


def _is_checked(holdings: Holdings, places: set[Place]) -> bool:
    """Whether an invocation looks at whether the connection is still there."""
    checks = table("snapstart")["checks"]["names"]
    view = holdings.view
    return any(
        call.tail in checks
        and call.callee is not None
        and call.callee[0] == "a"
        and call.callee[1] is not None
        and holdings.places.of(*node, call.callee[1]) in places
        for node in view.region.nodes
        for call in _definition_calls(view, node)
    )


# -- what both have in common


def _reads(holdings: Holdings, places: Iterable[Place]) -> list[Read]:
    """Where invocations read what was made before the snapshot."""
    places = set(places)
    nodes = holdings.view.region.nodes
    for place in places:
        if place[0] == "default" and not holdings.places.lasts(place, ()):
            return []
    return holdings.reads(places, nodes)


def _is_mended(holdings: Holdings, hooks: _Hooks, places: Iterable[Place]) -> bool:
    """Whether a hook, or each invocation, makes it anew."""
    view = holdings.view
    places = list(places)
    if view.grants("hook") and hooks.touch(holdings, places):
        return True
    return view.grants("rebound") and any(holdings.rebinds(place, view.region.nodes) for place in places)


def _kept(view: FunctionView, name: str, kind: str, label: str, made: Made, reads: list[Read]) -> Kept:
    place = view.span(made.node[0], made.span)
    reader = next((read for read in reads if not read.decides), reads[0])
    chain = (*made.way, Step(place, made.node[1], "here"))
    return Kept(name, kind, label, place, made.node[1], chain, view.span(reader.node[0], reader.span))


# -- hooks that are not run


def ignored_hooks(view: FunctionView) -> Iterator[Ignored]:
    """Hooks in the function's code that nothing registers, or only what runs after the snapshot."""
    program = view.flow.program
    started = startup(view)
    if any(word in program.source(path) for path in started.modules for word in _DYNAMIC) and view.grants("dynamic"):
        return
    loaded: set[str] = set()
    for node in view.entry_points():
        loaded.update((*program.imported(node[0]), *program.packages(node[0])))
    for path in sorted(_own_files(view)):
        for hook in _registrations(view, path):
            if hook.scope[1] != MODULE:
                late = hook.scope in view.region.incoming
                ignored = late and hook.scope not in started.nodes
            else:
                late = _is_local(view, started, path)
                ignored = path not in started.modules and (late or path not in loaded)
            if ignored:
                yield Ignored(_target_name(hook), hook.when, late, view.span(path, hook.span), hook.scope[1])


def _own_files(view: FunctionView) -> set[str]:
    """The modules of the project that lie in the code root of the function."""
    found: set[str] = set()
    for function in view.functions:
        root = function.code_root
        if root is not None and function.turned_on(SETTING) is not None:
            prefix = f"{root}/" if root else ""
            found.update(path for path in view.flow.program.files if path.startswith(prefix) and not view.is_test(path))
    return found


def _is_local(view: FunctionView, started: Startup, path: str) -> bool:
    """Whether a module is imported by a function that runs on invocations, and by nothing before."""
    program = view.flow.program
    return any(
        bool(item.scope)
        and (module, item.scope) in view.region.incoming
        and path in program.executed(module, item.level, item.module, item.attribute)
        for module in started.modules
        for item in started.module(module).imports
    )


def _target_name(hook: Hook) -> str:
    target = hook.target
    return str(target[-1]) if target is not None and target[0] in ("n", "a", "f") else "a function"
