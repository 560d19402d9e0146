"""The call graph: which definitions a definition runs, and the per-invocation region of an entry point.

Edges are found from skeletons and names alone. A call that resolves to nothing of the project makes
no edge; a call that could not be resolved at all is counted.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable, Mapping

from lambdalint.data import table
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.model import Function
    from lambdalint.source.names import Names, Node, Value, Values
    from lambdalint.source.skeleton import CallRef, Def, Expr


ROUTES_LIMIT = 1_000  # endpoints of one application


class Entry(NamedTuple):
    """An entry point: its node and the deployed functions that it is the handler of."""

    node: Node
    functions: tuple[Function, ...]


class Edge(NamedTuple):
    """``caller`` runs ``callee``.

    ``call`` is the call that does, None where no call is written (decorator, property, route, callback of a decorator).
    ``offset`` is the number of parameters of the callee that are bound implicitly (1 for ``self``).
    ``kind`` is ``call construct callback enter property decorator route``. ``made`` is the class that a
    ``construct`` edge instantiates; ``runner`` the operation that a ``callback`` edge goes through.
    """

    caller: Node
    callee: Node
    kind: str
    call: CallRef | None = None
    offset: int = 0
    made: Node | None = None
    runner: str = ""


class Region(NamedTuple):
    """Everything that runs on each invocation of some entry points.

    ``nodes`` in the order in which they were reached (breadth first); ``incoming`` are the edges inside the region;
    ``roots`` the entry points; ``calls`` and ``resolved`` count the calls inside.
    """

    roots: frozenset[Node]
    nodes: tuple[Node, ...]
    incoming: Mapping[Node, tuple[Edge, ...]]
    calls: int
    resolved: int


@functools.cache
def _dispatching() -> Mapping[str, str]:
    """What is called to hand an event to an application object, with what makes such an object."""
    return {
        f"{constructor}()" if method == "__call__" else f"{constructor}().{method}": constructor
        for constructor, spec in table("calls")["dispatchers"].items()
        for method in (*spec.get("dispatch", ()), *spec.get("factory", ()))
    }


_COMPUTED = frozenset({"import_module", "__import__", "iter_modules", "walk_packages", "exec_module", "run_path"})


class CallGraph:
    """Edges by need, memoised by definition."""

    def __init__(self, names: Names) -> None:
        self.names = names
        calls = table("calls")
        self.runners: Mapping[str, Any] = calls["runners"]
        self.dispatchers: Mapping[str, Any] = calls["dispatchers"]
        self.wrappers: Mapping[str, Any] = calls["wrappers"]
        self.factories: Mapping[str, Any] = calls["decorator_factories"]
        self.injects = frozenset(("ext", operation) for operation in calls["injects"])
        self._dispatch = _dispatching()
        self._edges: dict[Node, tuple[Edge, ...]] = {}
        self._counts: dict[Node, tuple[int, int]] = {}
        self._unresolved: dict[Node, tuple[CallRef, ...]] = {}
        self._loaded: dict[Node, frozenset[str]] = {}
        self._open: dict[Node, bool] = {}
        self._sight: frozenset[str] = frozenset()
        self._next: dict[str, tuple[str, ...]] = {}
        self._taken: dict[str | None, list[str]] | None = None
        self._by_root: dict[tuple[frozenset[Node], str], frozenset[Node]] = {}
        self._classes: bool | None = None  # whether any module in sight has a class

    # -- edges of one definition

    def edges(self, node: Node) -> tuple[Edge, ...]:
        """The edges that leave a definition."""
        found = self._edges.get(node)
        if found is None:
            found = self._edges[node] = tuple(dict.fromkeys(self._find(node)))
        return found

    def _find(self, node: Node) -> list[Edge]:
        definition = self.names.definition(node)
        if definition is None:
            return []
        edges: list[Edge] = list(self._decorated(node, definition))
        if definition.decorators:
            edges += self._injected(node, definition)
        count = resolved = 0
        unresolved = []
        for call in definition.calls:
            values = self.names.resolve(node[0], node[1], call.callee)
            count += 1
            if values:
                resolved += 1
            else:
                unresolved.append(call)
            for value in values:
                edges += self._of_value(node, value, call)
            edges += self._routes(node, values, call)
            edges += self._arguments(node, values, call)
        if self._has_classes():  # else nothing is entered, and no property read, that runs anything of the project
            for bound in definition.bindings.values():
                for expr in bound:
                    if expr is not None and expr[0] == "w":
                        edges += self._entered(node, expr)
            for read in (*definition.reads, *(call.callee for call in definition.calls)):
                edges += self._properties(node, read)
        self._counts[node] = (count, resolved)
        self._unresolved[node] = tuple(unresolved)
        return edges

    def _has_classes(self) -> bool:
        if self._classes is None:
            self._classes = any(skeleton.classes for skeleton in self.names.program.loaded())
        return self._classes

    def _of_value(
        self, node: Node, value: Value, call: CallRef | None, kind: str = "call", runner: str = ""
    ) -> Iterable[Edge]:
        what = value[0]
        if what == "def":
            target = (value[1], value[2])
            yield Edge(node, target, kind, call, self.names.bound(target) if kind == "call" else 0, runner=runner)
        elif what == "bound":
            yield Edge(node, (value[1], value[2]), kind, call, 1, runner=runner)
        elif what == "partial":
            yield from self._of_value(node, value[1], call, "callback", runner or "functools.partial")
        elif what == "cls":
            yield from self._constructed(node, (value[1], value[2]), call)
        elif what in ("inst", "self"):
            for method in self.names.attribute(value, "__call__"):
                if method[0] == "bound":
                    yield Edge(node, (method[1], method[2]), kind, call, 1, runner=runner)

    def _constructed(self, node: Node, made: Node, call: CallRef | None) -> Iterable[Edge]:
        for name in ("__new__", "__init__", "__post_init__"):
            for owner in self.names.ancestors(made):
                class_ = self.names.class_of(owner)
                if class_ is not None and name in class_.attributes:
                    for bound in class_.attributes[name]:
                        if bound is not None and bound[0] == "f":
                            yield Edge(node, (owner[0], bound[1]), "construct", call, 1, made=made)
                    break
        for owner in self.names.ancestors(made):
            class_ = self.names.class_of(owner)
            for bounds in class_.attributes.values() if class_ is not None else ():
                for factory in filter(None, map(self.names.factory, bounds)):  # field(default_factory=…)
                    for value in self.names.resolve(owner[0], class_.parent if class_ is not None else "", factory):
                        if value[0] in ("def", "cls"):
                            yield from self._of_value(node, value, call, "construct")
        yield Edge(node, (made[0], f"{made[1]}.<new>"), "construct", call, 1, made=made)

    def _arguments(self, node: Node, values: Values, call: CallRef) -> Iterable[Edge]:
        """Callbacks: functions handed to a known runner, and lambdas handed to anything outside the project."""
        operations = [value[1] for value in values if value[0] == "ext"]
        for operation in operations:
            spec = self.runners.get(operation)
            if spec is None:
                continue
            for position in spec.get("positions", ()):
                if position < len(call.args):
                    yield from self._callbacks(node, call.args[position], call, operation)
            for word, value in call.keywords:
                if word in spec.get("keywords", ()):
                    yield from self._callbacks(node, value, call, operation)
            return
        if operations or not values:
            for value in (*call.args, *(value for _, value in call.keywords)):
                if value is not None and value[0] == "f":
                    yield from self._callbacks(node, value, call, operations[0] if operations else "?")

    def hands(self, edge: Edge) -> str:
        """What the runner hands to the callee of an edge, by the word of its table; "" where it goes through none."""
        return str(self.runners.get(edge.runner, {}).get("arguments", "")) if edge.kind == "callback" else ""

    def _callbacks(self, node: Node, expr: Expr, call: CallRef, runner: str) -> Iterable[Edge]:
        for value in self.names.resolve(node[0], node[1], expr):
            for given in self.names.item(value, None) if value[0] == "coll" else (value,):
                yield from self._of_value(node, given, call, "callback", runner)

    def _entered(self, node: Node, expr: Expr) -> Iterable[Edge]:
        for value in self.names.resolve(node[0], node[1], expr[1]):
            if value[0] in ("inst", "self"):
                for name in ("__enter__", "__exit__", "__aenter__", "__aexit__"):
                    for method in self.names.attribute(value, name):
                        if method[0] == "bound":
                            yield Edge(node, (method[1], method[2]), "enter", None, 1)

    def _properties(self, node: Node, expr: Expr) -> Iterable[Edge]:
        """Properties that evaluating ``expr`` runs."""
        stack = [expr]
        while stack:
            at = stack.pop()
            if at is None or at[0] in ("k", "n", "f", "m", "p"):
                continue
            if at[0] == "a":
                stack.append(at[1])
                for value in self.names.resolve(node[0], node[1], at[1]):
                    if value[0] in ("inst", "self"):
                        for method in self.names.property_of(value, at[2]):
                            yield Edge(node, method, "property", None, 1)
            elif at[0] == "c":
                stack.append(at[1])
                stack.extend(at[2])
                stack.extend(value for _, value in at[3])
            elif at[0] == "i":
                stack.extend(at[1:])
            elif at[0] in ("e", "w"):
                stack.append(at[1])
            elif at[0] in ("l", "o"):
                stack.extend(at[1])
            elif at[0] == "d":
                stack.extend(value for _, value in at[1])

    def _decorated(self, node: Node, definition: Def) -> Iterable[Edge]:
        """The wrappers that the project's own decorators put around a definition run with it."""
        for _, values in self.names.decorator_values(node):
            for value in values:
                if value[0] in ("def", "bound"):
                    target = (value[1], value[2])
                    if self.names.decorator_operations(target) & set(self.factories):
                        yield Edge(node, target, "decorator")
        for decorator in definition.decorators:
            if decorator is not None and decorator[0] == "c" and decorator[3]:
                yield from self._handed_to(node, definition.parent, decorator)
        for _, wrapper in self.wrapped(node, definition.parent, definition.decorators):
            owner = self.names.definition(wrapper)
            yield Edge(node, wrapper, "decorator", None, 1 if owner is not None and owner.owner else 0)

    def _handed_to(self, node: Node, scope: str, decorator: Expr) -> Iterable[Edge]:
        """What a runner calls that is a decorator: ``@batch_processor(record_handler=store, processor=processor)``."""
        for operation in self.names.resolve(node[0], scope, decorator[1]):
            words = self.runners.get(operation[1], {}).get("keywords", ()) if operation[0] == "ext" else ()
            for expr in [expr for word, expr in decorator[3] if word in words]:
                for value in self.names.resolve(node[0], scope, expr):
                    yield from self._of_value(node, value, None, "callback", operation[1])

    def wrapped(self, node: Node, scope: str, decorators: Iterable[Expr]) -> list[tuple[Node, Node]]:
        """What the project's own decorators put around a definition or class.

        Args:
            node: what is decorated.
            scope: the definition in whose body it stands.
            decorators: its decorators.

        Returns:
            Pairs of the definition that is handed ``node`` and the wrapper that runs in its stead.
        """
        found: list[tuple[Node, Node]] = []
        for decorator in decorators:
            called = decorator is not None and decorator[0] == "c"
            for value in self.names.resolve(node[0], scope, decorator):
                # a bare decorator is called with the function, a factory's product is
                if value[0] not in ("def", "bound", "cls", "inst") or (value[0] == "inst" and not called):
                    continue
                if value[0] in ("def", "bound") and self.names.decorator_operations((value[1], value[2])) & set(
                    self.factories
                ):
                    continue
                for wrapper in self.names.result(value, (("f", node[1]),), (), node[0], scope):
                    if wrapper[0] == "def":
                        target = (wrapper[1], wrapper[2])
                        # one that hands back what it is given gives all that it decorates
                        if target != node and not self._decorates(value, target):
                            found.append(((value[1], value[2]), target))
                    elif wrapper[0] == "inst":
                        found += [
                            ((value[1], value[2]), (method[1], method[2]))
                            for method in self.names.attribute(wrapper, "__call__")
                            if method[0] == "bound"
                        ]
        return found

    def _decorates(self, value: Value, node: Node) -> bool:
        definition = self.names.definition(node)
        return definition is not None and any(
            value in self.names.resolve(node[0], definition.parent, decorator) for decorator in definition.decorators
        )

    # -- applications: resolvers, routers, custom-resource helpers

    def _injected(self, node: Node, definition: Def) -> Iterable[Edge]:
        """What an application runs for the parameters of an endpoint, and for theirs: ``Depends(factory)``."""
        given = list(self._depends(node, definition))
        if not given or not any(
            operation.partition("()")[0] in self.dispatchers for operation in self.names.decorator_operations(node)
        ):
            return
        seen: set[Value] = set()
        while given:
            value = given.pop()
            if value in seen or len(seen) > ROUTES_LIMIT:
                continue
            seen.add(value)
            for edge in self._of_value(node, value, None, "route"):
                yield edge if edge.callee[1].endswith(".<new>") else edge._replace(kind="route")
                inner = self.names.definition(edge.callee)
                given += self._depends(edge.callee, inner) if inner is not None else ()

    def _depends(self, node: Node, definition: Def) -> Iterable[Value]:
        """What is called for the value of each parameter of a definition for which it says so."""
        for param in definition.params:
            hint = param.annotation
            annotated = hint is not None and hint[0] == "i" and hint[2] is not None and hint[2][0] == "l"
            for expr in (param.default, *(hint[2][1] if annotated else ())):
                if expr is None or expr[0] != "c":
                    continue
                if self.injects.isdisjoint(self.names.resolve(node[0], definition.parent, expr[1])):
                    continue
                called = (
                    expr[2][0] if expr[2] else dict(expr[3]).get("dependency", hint[2][1][0] if annotated else hint)
                )
                yield from self.names.resolve(node[0], definition.parent, called)

    def _routes(self, node: Node, values: Values, call: CallRef) -> Iterable[Edge]:
        for value in values:
            for operation in [value[1]] if value[0] == "ext" else [f"{name}()" for name in self.names.outside(value)]:
                yield from self._routes_of(node, operation, call)

    def _routes_of(self, node: Node, operation: str, call: CallRef) -> Iterable[Edge]:
        constructor = self._dispatch.get(operation)
        application: Expr = None
        if constructor is not None:
            method = operation[len(constructor) + 2 :]
            application = (
                call.callee[1] if method and call.callee is not None and call.callee[0] == "a" else call.callee
            )
        elif operation in self.wrappers:
            application = self._wrapped_application(self.wrappers[operation], call.args, call.keywords)
        elif operation.endswith("()") and self.wrappers.get(operation[:-2], {}).get("result") == "handler":
            at, made = node, call.callee  # Mangum(app)(event, context), also in two steps
            identity = self.names.identity(*node, made)
            skeleton = self.names.program.skeleton(identity[0]) if identity is not None else None
            if identity is not None and skeleton is not None and identity[1] in skeleton.bindings:
                at, made = (identity[0], ""), skeleton.bindings[identity[1]][-1][1]
            if made is not None and made[0] == "c":
                inner = self._wrapped_application(self.wrappers[operation[:-2]], made[2], made[3])
                for target in self.registered(*at, inner):
                    yield Edge(node, target, "route", call)
        for target in self.registered(*node, application) if application is not None else ():
            yield Edge(node, target, "route", call)

    @staticmethod
    def _wrapped_application(
        spec: Mapping[str, Any], args: tuple[Expr, ...], keywords: tuple[tuple[str, Expr], ...]
    ) -> Expr:
        return args[spec["position"]] if spec["position"] < len(args) else dict(keywords).get(spec["keyword"])

    def registered(self, path: str, scope: str, application: Expr) -> list[Node]:
        """The functions registered on an application object: by decorator, by call, through included routers."""
        start = self.names.identity(path, scope, application)
        if start is None:
            return []
        wanted = {start}
        grew = True
        while grew:  # routers included in routers
            grew = False
            for at, where, call in self._calls_of({"include_router", "register_blueprint", "mount", "merge"}):
                base = (
                    self.names.identity(at, where, call.callee[1])
                    if call.callee is not None and call.callee[0] == "a"
                    else None
                )
                if base in wanted:
                    for arg in (*call.args, *(value for _, value in call.keywords)):
                        inner = self.names.identity(at, where, arg) if arg is not None else None
                        if inner is not None and inner not in wanted:
                            wanted.add(inner)
                            grew = True
        specs = [spec for identity in wanted for spec in self._specs(identity)]
        registers = {name for spec in specs for name in spec.get("registers", ())}
        adds = {name: position for spec in specs for name, position in spec.get("adds", {}).items()}
        found: list[Node] = []
        for at, name in sorted(wanted) if registers else ():
            bindings = self.names.program.skeleton(at)
            for where, bound in bindings.bindings.get(name, ()) if bindings is not None else ():
                if bound is not None and bound[0] == "c":
                    found += self._routed(at, where, dict(bound[3]).get("routes"))
        for definition, node, target in self.names.decorated():
            if target[2] in registers and self.names.identity(node[0], definition.parent, target[1]) in wanted:
                found.append(node)
        for at, where, call in self._calls_of(set(adds)):
            if (
                call.callee is None
                or call.callee[0] != "a"
                or self.names.identity(at, where, call.callee[1]) not in wanted
            ):
                continue
            position = adds[call.tail]
            if position < len(call.args):
                for value in self.names.resolve(at, where, call.args[position]):
                    if value[0] in ("def", "bound"):
                        found.append((value[1], value[2]))
        return found

    def _specs(self, identity: tuple[str, str]) -> list[Mapping[str, Any]]:
        made = [
            operation
            for value in self.names.resolve(identity[0], "", ("n", identity[1]))
            for operation in ([value[1].removesuffix("()")] if value[0] == "ext" else self.names.outside(value))
        ]
        return [self.dispatchers[operation] for operation in made if operation in self.dispatchers]

    def _routed(self, path: str, scope: str, expr: Expr) -> list[Node]:
        """The endpoints in ``routes=[Route("/x", endpoint), Mount("/y", routes=[…])]``."""
        found: list[Node] = []
        stack = [(path, scope, expr)]
        while stack and len(found) <= ROUTES_LIMIT:
            at, where, value = stack.pop()
            if value is None or value[0] == "k":
                continue
            if value[0] == "c":
                keywords = dict(value[3])
                endpoint = keywords.get("endpoint", value[2][1] if len(value[2]) > 1 else None)
                found += [
                    (item[1], item[2])
                    for item in self.names.resolve(at, where, endpoint)
                    if item[0] in ("def", "bound")
                ]
                stack.append((at, where, keywords.get("routes")))
                continue
            if value[0] == "l":
                stack.extend((at, where, item) for item in reversed(value[1]))
                continue
            stack += [item[1:] for item in self.names.resolve(at, where, value) if item[0] == "coll"]
        return found

    def _calls_of(self, tails: set[str]) -> list[tuple[str, str, CallRef]]:
        index = self.names.index()
        return [found for tail in sorted(tails) for found in index.get(tail, ())]

    # -- regions

    def region(self, roots: Iterable[Node]) -> Region:
        """Everything that the entry points ``roots`` run."""
        roots = frozenset(entries := tuple(dict.fromkeys(roots)))
        incoming: dict[Node, list[Edge]] = {root: [] for root in entries}
        order: list[Node] = []
        queue = deque(entries)
        waiting: dict[Node, list[Edge]] = {}
        calls = resolved = 0
        while queue:
            node = queue.popleft()
            order.append(node)
            for edge in (*self.edges(node), *waiting.pop(node, ())):
                if edge.callee[0] != node[0] and not self.loading(roots, edge.callee[0]):
                    continue
                if edge.callee not in incoming:
                    around = self._made_by(edge)
                    if around is not None and around not in incoming:
                        waiting.setdefault(around, []).append(edge)
                        continue
                    incoming[edge.callee] = []
                    queue.append(edge.callee)
                incoming[edge.callee].append(edge)
            count, known = self._counts.get(node, (0, 0))
            calls += count
            resolved += known
        return Region(roots, tuple(order), {node: tuple(edges) for node, edges in incoming.items()}, calls, resolved)

    def loading(self, roots: frozenset[Node], path: str) -> frozenset[Node]:
        """Those of the entry points ``roots`` in whose process a module may be loaded.

        What functions share (``def retry(do): do()``, a registry, a base class) calls all that anybody hands to it, as
        far as names tell. What is in a module that an entry point does not import, nobody has handed over there.
        """
        found = self._by_root.get((roots, path))
        if found is None:
            found = self._by_root[roots, path] = frozenset(root for root in roots if self._loads(root, path))
        return found

    def _loads(self, root: Node, path: str) -> bool:
        if root not in self._loaded:
            self._loaded[root] = self._imported([root[0]])
        if path in self._loaded[root]:
            return True
        if root not in self._open:  # asked late, for most never need it
            self._loaded[root] = self._imported([root[0], *self._handing_on(root)])
            self._open[root] = any(map(self._imports_computed, self._loaded[root]))
        return self._open[root] or path in self._loaded[root]

    def _imported(self, paths: Iterable[str]) -> frozenset[str]:
        """The modules at ``paths`` with all that they import, directly or not, and the packages around them.

        Of those in sight: others are no caller of anything.
        """
        program = self.names.program
        if not self._sight:
            self._sight = frozenset(skeleton.path for skeleton in program.loaded())
        seen = set(paths)
        stack = list(seen)
        while stack:
            path = stack.pop()
            if path not in self._next:
                every = (*program.imports(path), *program.packages(path))
                self._next[path] = tuple(name for name in every if name in self._sight)
            new = [name for name in self._next[path] if name not in seen]
            seen.update(new)
            stack.extend(new)
        return frozenset(seen)

    def _handing_on(self, root: Node) -> list[str]:
        """The modules that bind an entry point of another one: a template may name it there."""
        if self._taken is None:
            self._taken = {}
            for skeleton in self.names.program.loaded():
                for bound in skeleton.bindings.values():
                    for where, expr in bound:
                        if expr is not None and not where and expr[0] in ("m", "a"):
                            self._taken.setdefault(expr[-1], []).append(skeleton.path)
        found = self._taken.get(root[1].partition(".")[0], ())
        return [path for path in found if root[0] in self.names.program.imports(path)]

    def _imports_computed(self, path: str) -> bool:
        """Whether a module may import what no import statement names, or cannot be read."""
        skeleton = self.names.program.skeleton(path)
        return skeleton is None or any(
            call.tail in _COMPUTED
            for calls in (skeleton.calls, *(definition.calls for definition in skeleton.defs.values()))
            for call in calls
        )

    def _made_by(self, edge: Edge) -> Node | None:
        """The definition that must run for the callee of a call to be there; None where it may be made at import.

        ``def retry(do): do()`` calls all functions that anybody hands to it, as far as names tell. One that is made
        inside a function which does not run is not among them.
        """
        callee = self.names.definition(edge.callee)
        if callee is None or not callee.parent or edge.kind != "call" or edge.caller == (edge.callee[0], callee.parent):
            return None
        around = (edge.callee[0], callee.parent)
        return None if any(not scope for _, scope, _, _ in self.names.callers(around)) else around

    def unresolved(self, node: Node) -> tuple[CallRef, ...]:
        """The calls of a definition that resolved to nothing."""
        self.edges(node)
        return self._unresolved.get(node, ())
