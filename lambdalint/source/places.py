"""Places where a value outlives the invocation, and which expressions lead to them.

A place is a name of a module, an attribute of a class or of an object that is made at import, or a mutable default. It
has parts: the item under one constant key of a dict is a part of its own, because a reply whose ``body`` is always
stored before it is returned leaks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.source.order import Orders, Put, Run, Use, flat
from lambdalint.source.skeleton import CHANGES, GROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdalint.source.callgraph import Edge
    from lambdalint.source.names import Node, Values
    from lambdalint.source.order import Tests
    from lambdalint.source.skeleton import CallRef, Def, Expr
    from lambdalint.source.views import FunctionView

#     ("global", path, name)               a name of a module
#     ("attribute", path, class, name)     an attribute of a class, or of an object of it
#     ("default", path, qualname, index)   a mutable default of a parameter
Place = tuple[Any, ...]
WHOLE: Any = ("whole",)  # the part that is all of a place
LOST: Any = ("lost",)  # a part under a key that is not constant

_COLLECTIONS = frozenset(
    {"list()", "dict()", "set()", "collections.defaultdict()", "collections.OrderedDict()", "collections.deque()"}
    | {"collections.Counter()", "queue.Queue()", "queue.SimpleQueue()"}
)
_PLAIN_BASES = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol"})
_EXTERNAL_BASES = {("ext", base) for base in _PLAIN_BASES} | {("ext", f"{base}[]") for base in _PLAIN_BASES}


def has_candidates(view: FunctionView) -> bool:
    """Whether anything that the entry point runs stores to what outlives the invocation, by the skeletons alone."""
    places = Places(view)
    return any(places.stored(node) for node in view.region.nodes)


class Places:
    """Which Exprs lead to which places. What does not depend on the entry point is worked out once for all of them."""

    def __init__(self, view: FunctionView) -> None:
        memo = view.shared("leftovers")
        self.view = view
        self.flow = view.flow
        self.names = view.flow.names
        self.program = view.flow.program
        self.region = view.region
        self._stored: dict[Node, tuple[Place, ...]] = memo.setdefault("stored", {})
        self._found: dict[tuple[str, str, Expr], Place | None] = memo.setdefault("found", {})
        self._by_scope: dict[str, dict[str, list[Expr]]] = memo.setdefault("by scope", {})
        self._lines: dict[str, list[bytes]] = memo.setdefault("lines", {})
        self.orders: Orders = memo.setdefault("orders", Orders(self.program))

    def lines(self, path: str) -> list[bytes]:
        """The lines of a module."""
        if path not in self._lines:
            self._lines[path] = self.program.source(path).splitlines()
        return self._lines[path]

    def stored(self, node: Node) -> tuple[Place, ...]:
        """The places that a definition stores to, by its skeleton."""
        if node not in self._stored:
            definition = self.names.definition(node)
            found = dict.fromkeys(self._stores(node, definition)) if definition is not None else {}
            self._stored[node] = tuple(sorted(place for place in found if place is not None))
        return self._stored[node]

    def _stores(self, node: Node, definition: Def) -> Iterator[Place | None]:
        path, scope = node
        skeleton = self.program.skeleton(path)
        assert skeleton is not None
        for name in definition.outer_names:
            if any(where == scope for where, _ in skeleton.bindings.get(name, ())):
                yield self.of(path, scope, ("n", name))
        if definition.stores_outside:
            if path not in self._by_scope:
                by_scope = self._by_scope[path] = {}
                for where, base, _ in skeleton.item_stores:
                    by_scope.setdefault(where, []).append(base)
            for base in self._by_scope[path].get(scope, ()):
                yield self.around(path, scope, base)
        for call in definition.calls:
            if call.tail in CHANGES and call.callee is not None and call.callee[0] == "a":
                yield self.around(path, scope, call.callee[1])

    def around(self, path: str, scope: str, expr: Expr) -> Place | None:
        """The place that ``expr`` is, or is an item of."""
        while expr is not None:
            found = self.of(path, scope, expr)
            if found is not None or expr[0] != "i":
                return found
            expr = expr[1]
        return None

    def of(self, path: str, scope: str, expr: Expr) -> Place | None:
        """The place that ``expr`` is."""
        key = (path, scope, expr)
        if key not in self._found:
            self._found[key] = None
            if expr[0] == "n":
                self._found[key] = self._named(path, scope, expr[1])
            elif expr[0] == "a" and expr[1] is not None:
                self._found[key] = self._global(self.names.identity(path, scope, expr)) or self._attribute(
                    self.names.resolve(path, scope, expr[1]), expr[2]
                )
        return self._found[key]

    def _named(self, path: str, scope: str, name: str) -> Place | None:
        definition = self.names.definition((path, scope))
        at = definition
        while at is not None:
            if name in at.bindings and name not in at.outer_names:
                if at is not definition:
                    return None  # a variable of a definition around it
                bound = at.bindings[name]
                if len(bound) == 1 and bound[0] is not None and bound[0][0] == "p":
                    return self._default(path, at, bound[0][1])
                break
            at = self.names.definition((path, at.parent)) if at.parent else None
        return self._global(self.names.identity(path, scope, ("n", name)))

    def _global(self, found: tuple[str, str] | None) -> Place | None:
        skeleton = self.program.skeleton(found[0]) if found is not None else None
        if found is None or skeleton is None:
            return None
        bound = [expr for where, expr in skeleton.bindings.get(found[1], ()) if not where]
        kinds = {expr[0] if expr is not None else "" for expr in bound}
        if kinds & {"f", "m"} or not kinds - {"t"}:  # a bare annotation binds nothing
            return None
        return ("global", *found)

    def _default(self, path: str, definition: Def, index: int) -> Place | None:
        default = definition.params[index].default
        if default is None:
            return None
        mutable = default[0] in ("d", "l") or (
            default[0] == "c" and _is_collection(self.names.resolve(path, definition.parent, default))
        )
        return ("default", path, definition.qualname, index) if mutable else None

    def _attribute(self, values: Values, name: str) -> Place | None:
        owners = {value[1:3] for value in values if value[0] in ("inst", "self", "cls")}
        if len(owners) != 1 or any(value[0] not in ("inst", "self", "cls") for value in values):
            return None
        (owner,) = owners
        declaring = owner
        for node in self.names.ancestors(owner):
            class_ = self.names.class_of(node)
            if class_ is None:
                continue
            if any(bound is not None and bound[0] == "f" for bound in class_.attributes.get(name, ())):
                return None  # a method, or a property
            if name in class_.attributes or name in class_.instance:
                declaring = node
        return ("attribute", *declaring, name)

    # -- what is known of a place

    def lasts(self, place: Place, writers: Iterable[Node]) -> bool:
        """Whether what the definitions ``writers`` store there outlives the invocation."""
        if place[0] == "default":
            node = (place[1], place[2])
            edges = self.region.incoming.get(node, ())
            return node in self.region.roots or any(self._leaves_out(edge, place) for edge in edges)
        if place[0] == "attribute":
            return self._attribute_lasts(place, writers)
        return True

    def stored_unseen(self, place: Place) -> bool:
        """Whether a call that nobody could resolve may be one of a definition that stores to the place."""
        skeleton = self.program.skeleton(place[1])
        names = {
            definition.name
            for definition in (skeleton.defs.values() if skeleton is not None else ())
            if (place[1], definition.qualname) not in self.region.incoming
            and place in self.stored((place[1], definition.qualname))
        }
        return bool(names) and any(
            call.tail in names for node in self.region.nodes for call in self.flow.graph.unresolved(node)
        )

    def _leaves_out(self, edge: Edge, place: Place) -> bool:
        """Whether a call leaves the parameter to its default."""
        call = edge.call
        definition = self.names.definition(edge.callee)
        if call is None or definition is None or edge.kind not in ("call", "construct"):
            return False
        words = {word for word, _ in call.keywords}
        position = place[3] - edge.offset
        given = position < len(call.args) or any(arg is None for arg in call.args)
        return not given and not words & {"**", definition.params[place[3]].name}

    def _attribute_lasts(self, place: Place, writers: Iterable[Node]) -> bool:
        owner, name = (place[1], place[2]), place[3]
        family = [owner, *self.names.subclasses(owner)]
        made_once = self._made_once(family) or not self.view.grants("own-object")
        classes = {node: class_ for node in family if (class_ := self.names.class_of(node)) is not None}
        declared = any(name in class_.attributes for class_ in classes.values())
        if not made_once and not declared:
            return False
        for node in {*family, *(base for member in family for base in self.names.ancestors(member))}:
            class_ = self.names.class_of(node)
            if class_ is None or class_.parent or class_.decorators:
                return False  # a class made per call, or one that a decorator makes something else of
            if any(value[0] != "cls" and value not in _EXTERNAL_BASES for value in self.names.bases(node)):
                return False
        methods = {(node[0], where) for node, class_ in classes.items() for where, _ in class_.instance.get(name, ())}
        on_class = {"classmethod" in self.names.decorator_operations(method) for method in methods}
        for node in writers:
            for step in flat(self.orders.steps(node)):
                if type(step) is Put and step.target[0] == "a" and self.of(*node, step.target) == place:
                    on_class.update(value[0] == "cls" for value in self.names.resolve(*node, step.target[1]))
        if declared and False not in on_class:
            return True  # of the class itself: nothing stores one into an object
        return made_once and True not in on_class

    def _made_once(self, family: list[Node]) -> bool:
        """Whether objects of the classes are made while modules are imported, and none on an invocation."""
        if any((node[0], f"{node[1]}.<new>") in self.region.incoming for node in family):
            return False
        made = {("cls", *node) for node in family}
        tails = {node[1].rpartition(".")[2] for node in family}
        return any(
            made.intersection(self.names.resolve(path, "", call.callee))
            for tail in sorted(tails)
            for path, scope, call in self.names.index().get(tail, ())
            if not scope
        )

    def is_collection(self, place: Place) -> bool:
        """Whether what is there is a list, dict, set or queue."""
        if place[0] == "default":
            return True
        if place[0] == "global":
            return _is_collection(self.names.resolve(place[1], "", ("n", place[2])))
        return _is_collection(tuple(self.names.attribute(("inst", place[1], place[2]), place[3])))

    def parts(self, place: Place, node: Node) -> set[Any]:
        """The parts of a place that a definition stores to."""
        found = set()
        for step in flat(self.orders.steps(node)):
            if type(step) is Put:
                part = self.part(place, node, step.target)
                if part is not None:
                    found.add(part[0])
            elif type(step) is Run:
                found.update(part for part, _, _ in self.changes(place, node, step))
        return found

    def part(self, place: Place, node: Node, expr: Expr) -> tuple[Any, bool] | None:
        """The part that ``expr`` is or belongs to, and whether it is exactly that; None where it is elsewhere."""
        below = None
        at = expr
        while at is not None:
            if self.of(*node, at) == place:
                if below is None:
                    return WHOLE, True
                if below[0] == "a":
                    return WHOLE, False
                return (below[2] if is_constant(below[2]) else LOST), below is expr
            below = at
            at = at[1] if at[0] in ("a", "i") else None
        return None

    def changes(self, place: Place, node: Node, step: Run) -> list[tuple[Any, bool, bool]]:
        """The parts that a method call changes: (part, whether it is new from then on, whether it may grow)."""
        call = self.flow.reference(node, step.k)
        if call is None or call.callee is None or call.callee[0] != "a" or call.callee[1] is None:
            return []
        found = self.part(place, node, call.callee[1])
        if found is None:
            return []
        part, exact = found
        if call.tail == "clear":
            return [(part, True, False)] if exact else []
        if call.tail == "pop" and part == WHOLE and exact and call.args and is_constant(call.args[0]):
            return [(call.args[0], True, False)]
        if call.tail not in GROWS:
            return []
        if call.tail == "update" and part == WHOLE and exact and (keys := _literal_keys(call)) is not None:
            return [(key, key != LOST, True) for key in keys]
        return [(part, False, True)]

    def mentions(self, place: Place, node: Node, tests: Tests, callees: Iterable[Node] = ()) -> bool:
        """Whether a condition looks at the place, or at one that is stored to together with it.

        Args:
            place: what is stored to under the conditions.
            node: the definition that they are in.
            tests: the conditions.
            callees: the definitions called under the conditions that do the storing; by default ``node`` does itself.
        """
        if not tests:
            return False
        wanted = {place, *(other for callee in callees for other in self.stored(callee))}
        for step in () if callees else flat(self.orders.steps(node)):
            if type(step) is Put and step.tests == tests and (other := self.around(*node, step.target)) is not None:
                wanted.add(other)
        exprs: list[Expr] = []
        for test in tests:
            if type(test) is not int:
                exprs.append(test)
                continue
            call = self.flow.reference(node, test)
            if call is None:
                continue
            exprs += [call.callee, *call.args, *(value for _, value in call.keywords)]
            for value in self.flow.callee(node, test):
                if value[0] in ("def", "bound") and self._looks(wanted, (value[1], value[2])):
                    return True
        return self._leads(wanted, node, exprs)

    def _looks(self, wanted: set[Place], node: Node) -> bool:
        for step in flat(self.orders.steps(node)):
            if type(step) is Use:
                expr = step.expr
            elif type(step) is Run and (call := self.flow.reference(node, step.k)) is not None:
                expr = call.callee
            else:
                continue
            if self._leads(wanted, node, [expr], follow=False):
                return True
        return False

    def _leads(self, wanted: set[Place], node: Node, exprs: list[Expr], *, follow: bool = True) -> bool:
        definition = self.names.definition(node)
        seen: set[Expr] = set()
        stack = list(exprs)
        while stack:
            expr = stack.pop()
            if expr is None or expr in seen:
                continue
            seen.add(expr)
            if expr[0] in ("n", "a") and self.of(*node, expr) in wanted:
                return True
            if expr[0] == "n":
                if follow and definition is not None and expr[1] not in definition.outer_names:
                    stack.extend(definition.bindings.get(expr[1], ()))
            else:
                stack.extend(_within(expr))
        return False


def _within(expr: Expr) -> list[Expr]:
    """The Exprs that an Expr is made of."""
    if expr[0] == "c":
        return [expr[1], *expr[2], *(value for _, value in expr[3])]
    if expr[0] == "d":
        return [value for _, value in expr[1]]
    if expr[0] in ("l", "o"):
        return list(expr[1])
    return [expr[1], expr[2]] if expr[0] == "i" else [expr[1]] if expr[0] in ("a", "e", "w") else []


def _is_collection(values: Values) -> bool:
    return any(value[0] == "coll" or (value[0] == "ext" and value[1] in _COLLECTIONS) for value in values)


def is_constant(expr: Expr) -> bool:
    """Whether an Expr is a literal."""
    return expr is not None and expr[0] == "k"


def _literal_keys(call: CallRef) -> list[Expr] | None:
    """The keys that ``update`` stores to, where they are written down."""
    keys: list[Expr] = [("k", word) for word, _ in call.keywords]
    if ("k", "**") in keys or len(call.args) > 1:
        return None
    for arg in call.args:
        if arg is None or arg[0] != "d":
            return None
        keys += [LOST if name is None else ("k", name) for name, _ in arg[1]]
    return keys
