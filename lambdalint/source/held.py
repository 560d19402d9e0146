"""What places hold when the first invocation begins: the results of calls that were made while modules were imported.

A place is held to keep the result of an operation where it is bound to it in any case, or to what is computed from it;
what cannot be told is not held. See `lambdalint.source.startup` for what runs, `lambdalint.source.places` for places.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from lambdalint.patterns import as_bytes
from lambdalint.records import NamedTuple
from lambdalint.source.order import Run, Use, flat
from lambdalint.source.places import Places
from lambdalint.source.skeleton import MODULE, children, simple
from lambdalint.source.startup import runs_first, span_of

if TYPE_CHECKING:
    from lambdalint.source.lower import Context, Store, Term
    from lambdalint.source.names import Node, Value
    from lambdalint.source.order import Span
    from lambdalint.source.places import Place
    from lambdalint.source.skeleton import Expr
    from lambdalint.source.startup import Startup, Way

DEPTH_LIMIT = 12  # functions whose results are looked into
NESTING_LIMIT = 100  # of an expression
_EQUAL = frozenset({("op", "is"), ("op", "==")})
_ARITHMETIC = frozenset({"format", "join", "Add", "Subtract", "Multiply", "Divide", "FloorDivide", "Modulo"})


class Made(NamedTuple):
    """A call of an operation: the definition (or `MODULE`) that makes it, its span and its arguments as Exprs."""

    operation: str
    node: Node
    span: Span
    arguments: dict[str | int, Expr]
    way: Way


class Held(NamedTuple):
    """What a place, called ``name`` by the code, holds."""

    place: Place
    name: str
    made: tuple[Made, ...]


class Read(NamedTuple):
    """A read of a place in a definition; ``shown`` tells that it is only logged, ``decides`` that it is only tested."""

    node: Node
    span: Span
    shown: bool
    decides: bool


class Holdings:
    """What places hold of the results of some operations.

    Args:
        startup: what runs before the first invocation.
        wanted: the operations.
        computed: whether what is computed from a result counts as well (arithmetic, formatting, pure functions).
        methods: those of a result whose own result counts as well.
    """

    def __init__(self, startup: Startup, wanted: Collection[str], *, computed: bool, methods: Collection[str]) -> None:
        self.startup = startup
        self.view = startup.view
        self.flow = startup.flow
        self.names = startup.names
        self.places = Places(startup.view)
        self.wanted = wanted
        self.computed = computed
        self.methods = methods
        self.values: dict[Place, list[tuple[str, str, Any]]] = {}  # (path, name, ast expression), None where uncertain
        self.stores: dict[Place, list[tuple[Node, Store]]] = {}
        self._held: dict[Place, tuple[Made, ...]] = {}
        self._active: set[Any] = set()
        self._nesting = 0
        self._collect()

    def _collect(self) -> None:
        for path in self.startup.modules:
            for bound in self.startup.module(path).bound:
                sure = bound.certain and path in self.startup.certain
                self.values.setdefault(bound.place, []).append((path, bound.name, bound.value if sure else None))
        for node in self.startup.ran:
            if self.places.stored(node):
                body = self.flow.body(node)
                for store in body.stores if body is not None else ():
                    place = self.place_of(node, store.target)
                    if place is not None:
                        self.stores.setdefault(place, []).append((node, store))

    def place_of(self, node: Node, term: Term) -> Place | None:
        """The place that a Term of a definition is."""
        expr = expr_of(self.names.definition(node), term)
        return self.places.of(*node, expr) if expr is not None else None

    # -- what is held

    def all(self) -> list[Held]:
        """All places that hold anything, in the order of places."""
        found = []
        for place in sorted({*self.values, *self.stores}):
            made = self.held(place)
            if made:
                found.append(Held(place, self._name(place), made))
        return found

    def _name(self, place: Place) -> str:
        if place in self.values:
            return self.values[place][0][1]
        return f"{place[2]}.{place[3]}" if place[0] == "attribute" else str(place[2])

    def held(self, place: Place) -> tuple[Made, ...]:
        """What a place holds; () where that is nothing wanted, or nobody can tell."""
        if place not in self._held:
            if place in self._active:
                return ()
            self._active.add(place)
            self._held[place] = self._find(place)
            self._active.discard(place)
        return self._held[place]

    def _find(self, place: Place) -> tuple[Made, ...]:
        stores = self.stores.get(place, ())
        if stores:  # a function that runs after the name was bound
            if not all(runs_first(store.context) and store.operator == "=" for _, store in stores):
                return ()
            node, store = stores[-1]
            return self.of_term(node, store.value)
        values = self.values.get(place, ())
        if not values or any(value is None for _, _, value in values):
            return ()
        path, _, value = values[-1]
        return self.of_expression(path, value)

    def of_expression(self, path: str, node: Any) -> tuple[Made, ...]:
        """What an ``ast`` expression at module level holds; nothing that is nested deeper than anybody writes."""
        if self._nesting > NESTING_LIMIT:
            return ()
        self._nesting += 1
        try:
            return self._of_expression(path, node)
        finally:
            self._nesting -= 1

    def _of_expression(self, path: str, node: Any) -> tuple[Made, ...]:
        kind = type(node)
        if kind is ast.Call:
            return self._called(path, node)
        if kind is ast.Name:
            place = self.places.of(path, "", ("n", node.id))
            return self.held(place) if place is not None else ()
        if kind is ast.Attribute:
            place = self.places.of(path, "", simple(node))
            return (self.held(place) if place is not None else ()) or self.of_expression(path, node.value)
        if kind in (ast.Subscript, ast.NamedExpr, ast.Await):
            return self.of_expression(path, node.value)
        if kind in (ast.List, ast.Tuple, ast.Set):
            return self._any(path, node.elts)
        if kind is ast.Dict:
            return self._any(path, node.values)
        if self.computed and kind is ast.BinOp:
            left, right = self.of_expression(path, node.left), self.of_expression(path, node.right)
            # the difference of two times says how long something took, and is no time itself
            return () if left and right and type(node.op) is ast.Sub else (*left, *right)
        if self.computed and kind in (ast.JoinedStr, ast.FormattedValue):
            return self._any(path, children(node))
        return ()

    def _any(self, path: str, nodes: Iterable[Any]) -> tuple[Made, ...]:
        return tuple(made for node in nodes for made in self.of_expression(path, node))

    def _called(self, path: str, node: Any) -> tuple[Made, ...]:
        values = self.names.resolve(path, "", simple(node.func))
        if len(values) == 1 and values[0][0] == "ext" and values[0][1] in self.wanted:
            keywords = [(word.arg or "**", simple(word.value)) for word in node.keywords]
            arguments = self._arguments(path, "", [simple(value) for value in node.args], keywords)
            way = self.startup.modules.get(path, ())
            return (Made(values[0][1], (path, MODULE), span_of(node), arguments, way),)
        if len(values) == 1 and values[0][0] in ("def", "bound"):
            way = self.startup.modules.get(path, ())
            made = self._returned(values[0])
            return tuple(item._replace(node=(path, MODULE), span=span_of(node), way=way) for item in made)
        if type(node.func) is ast.Attribute and node.func.attr in self.methods:
            held = self.of_expression(path, node.func.value)
            if held:
                return held
        if self.computed and values and all(value[0] == "ext" and value[1] in self.flow.pure for value in values):
            receiver = [node.func.value] if type(node.func) is ast.Attribute else []
            return self._any(path, [*receiver, *node.args, *(word.value for word in node.keywords)])
        return ()

    def _returned(self, value: Value) -> tuple[Made, ...]:
        """What the result of a function of the project holds."""
        node = (value[1], value[2])
        body = self.flow.body(node)
        ends = [end for end in body.exits if end.kind == "return"] if body is not None else []
        if node in self._active or len(self._active) > DEPTH_LIMIT or not ends:
            return ()
        self._active.add(node)
        try:
            found = [self.of_term(node, end.value) for end in ends]
        finally:
            self._active.discard(node)
        return found[-1] if all(found) else ()

    def of_term(self, node: Node, term: Term) -> tuple[Made, ...]:
        """What a Term of a definition that runs before the first invocation holds."""
        kind = term[0]
        if kind == "call":
            return self._called_in(node, term[1])
        if kind in ("name", "attr"):
            place = self.place_of(node, term)
            found = self.held(place) if place is not None else ()
            return found or (self.of_term(node, term[1]) if kind == "attr" else ())
        if kind in ("item", "enter"):
            return self.of_term(node, term[1])
        if kind == "list":
            return tuple(made for part in term[1] for made in self.of_term(node, part))
        if kind == "dict":
            return tuple(made for _, part in term[1] for made in self.of_term(node, part))
        if kind == "op" and self.computed and term[1] in _ARITHMETIC:
            parts = [self.of_term(node, part) for part in term[2]]
            return () if term[1] == "Subtract" and all(parts) else tuple(made for part in parts for made in part)
        return ()

    def _called_in(self, node: Node, k: int) -> tuple[Made, ...]:
        call = self.flow.call(node, k)
        if call is None:
            return ()
        values = self.flow.callee(node, k)
        if len(values) == 1 and values[0][0] == "ext" and values[0][1] in self.wanted:
            reference = self.flow.reference(node, k)
            args, keywords = (reference.args, reference.keywords) if reference is not None else ((), ())
            arguments = self._arguments(*node, args, keywords)
            return (Made(values[0][1], node, call.span, arguments, self.startup.ran.get(node, ())),)
        if len(values) == 1 and values[0][0] in ("def", "bound"):
            return self._returned(values[0])
        if call.func[0] == "attr" and call.tail in self.methods:
            held = self.of_term(node, call.func[1])
            if held:
                return held
        if self.computed and values and all(value[0] == "ext" and value[1] in self.flow.pure for value in values):
            parts = [*([call.func[1]] if call.func[0] == "attr" else []), *(value for _, value in call.args)]
            return tuple(made for part in parts for made in self.of_term(node, part))
        return ()

    def _arguments(
        self, path: str, scope: str, args: Iterable[Expr], keywords: Iterable[tuple[str, Expr]]
    ) -> dict[str | int, Expr]:
        """The arguments of a call by position and keyword; "**" among them where not all keywords are known."""
        found: dict[str | int, Expr] = dict(enumerate(args))
        for word, expr in keywords:
            values = self.names.resolve(path, scope, expr) if word == "**" else ()
            if len(values) == 1 and values[0][0] == "coll" and values[0][3][0] == "d":
                found.update({"**" if key is None else key: value for key, value in values[0][3][1]})
            else:
                found[word] = expr
        return found

    # -- who reads and stores

    def reads(self, places: Collection[Place], nodes: Iterable[Node]) -> list[Read]:
        """Where definitions read one of the places."""
        found = []
        for node in nodes:
            if not self._spells(node, places):
                continue
            for step in flat(self.places.orders.steps(node)):
                if type(step) is Use:
                    expr = step.expr
                elif type(step) is Run:
                    reference = self.flow.reference(node, step.k)
                    expr = reference.callee if reference is not None else None
                else:
                    continue
                if self._leads(expr, node, places):
                    found.append(Read(node, step.span, step.logged, step.decides))
        return found

    def _spells(self, node: Node, places: Collection[Place]) -> bool:
        definition = self.names.definition(node)
        if definition is None:
            return False
        lines = self.places.lines(node[0])[definition.line - 1 : definition.end_line]
        words = {as_bytes(self._word(place, node)) for place in places}
        return any(word and word in line for line in lines for word in words)

    def _word(self, place: Place, node: Node) -> str:
        if place[0] == "default":
            definition = self.names.definition(node) if place[1:3] == node else None
            return definition.params[place[3]].name if definition is not None else ""
        skeleton = self.flow.program.skeleton(node[0])
        for local, bounds in skeleton.bindings.items() if skeleton is not None else ():
            if any(bound is not None and bound[0] == "m" and bound[3] == place[-1] for _, bound in bounds):
                return local
        return str(place[-1])

    def _leads(self, expr: Expr, node: Node, places: Collection[Place]) -> bool:
        """Whether an Expr reads one of the places, or a part of it."""
        defaults = {self._word(place, node) for place in places if place[:3] == ("default", *node)}
        while expr is not None:
            if expr[0] == "n" and expr[1] in defaults:
                return True
            if expr[0] in ("n", "a") and self.places.of(*node, expr) in places:
                return True
            expr = expr[1] if expr[0] in ("a", "i") else None
        return False

    def rebinds(self, place: Place, nodes: Iterable[Node]) -> bool:
        """Whether a definition stores to a place otherwise than where there is nothing yet."""
        return any(place in self.places.stored(node) and not self._only_fills(place, node) for node in nodes)

    def _only_fills(self, place: Place, node: Node) -> bool:
        """Whether a definition stores to a place under a look at whether it is None or missing, and nothing else."""
        body = self.flow.body(node)
        if body is None:
            return False
        found = [store for store in body.stores if self.place_of(node, store.target) == place]
        return bool(found) and all(self._is_first(node, store.context, place) for store in found)

    def _is_first(self, node: Node, context: Context, place: Place) -> bool:
        for frame in context:
            if frame[0] != "if":
                continue
            test: Term = frame[2]
            unset = test[:2] == ("op", "not") or (test[:2] in _EQUAL and test[2][1] == ("const", None))
            if unset and self.place_of(node, test[2][0]) == place:
                return bool(frame[3])
        return False


def expr_of(definition: Any, term: Term) -> Expr:
    """The Expr of a Term that is a name with attributes; None for any other."""
    if term[0] == "name":
        return ("n", term[1])
    if term[0] == "param" and definition is not None and term[1] == definition.qualname:
        return ("n", definition.params[term[2]].name)
    if term[0] == "attr":
        base = expr_of(definition, term[1])
        return ("a", base, term[2]) if base is not None else None
    return None
