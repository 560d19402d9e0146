"""Verdicts: does a site repeat on each invocation, or is it guarded, or decided by what the invocation brings?

The walk goes backwards from the site over states (definition, parameters that matter). An edge that
runs once only ends its state as Exempt, an argument that belongs to the invocation as well, what cannot
be told as Unknown; a route that reaches an entry point with none of these Fires, and is the evidence.
No parser is used here: only skeletons, names, the call graph and lowered Bodies.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.names import CONTEXT, EVENT, Node, Values
from lambdalint.source.skeleton import CallRef, Class, Def, Expr, SourceError, defect
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.source.callgraph import CallGraph, Edge, Region
    from lambdalint.source.lower import Body, Call, Context, Frame, Lowered, Term
    from lambdalint.source.program import Program
    from lambdalint.source.reduction import Reduction
    from lambdalint.source.singletons import Singletons

STATES_LIMIT = 4_000
ROOTS_DEPTH = 160
PATH_LIMIT = 6  # keys of an event path
ROOTS_LIMIT = 24  # of one value; beyond, paths are shortened until they coincide
CONSTANTS_LIMIT = 16
TERM_DEPTH = 40
HOPS_LIMIT = 3  # of calls to what a value is
_AFFIXES = frozenset({"startswith", "endswith"})
_EACH = frozenset({"elements", "record"})  # what runners that call a function again and again hand to it
_FILLING = frozenset({"append", "appendleft", "add", "insert", "extend", "update"})  # methods of collections

Param = tuple[str, str, int]  # (path, qualname, index)

# Roots: what a value is decided by. The empty set is a constant.
#
#     ("event", entry, keys)              a part of the event of an entry point; its keys, "[]" for any element
#     ("context", entry, keys)            a part of its context object
#     ("param", path, qualname, i, keys)  a part of a parameter, still to be asked of the callers
#     ("env", name)                       an environment variable ("" where its name is not constant)
#     ("fresh", operation)                a new value each time: random, time
#     ("token", operation)                something that expires
#     ("result", operation)               looked up at run time
#     ("unknown",)                        anything else
Root = tuple[Any, ...]
Roots = frozenset[Root]
CONSTANT: Roots = frozenset()
LEFT: Term = ("unknown", "left to the Body")  # a part of a call that is told without its Body
UNKNOWN_ROOT: Root = ("unknown",)
CHOSEN: Root = ("event", "", ())  # of what a part of the event chooses, be it among constants
PER_INVOCATION = frozenset({"event", "context", "fresh", "result"})


class Route(NamedTuple):
    """A way from an entry point to a site: the edges, from the entry point on. ``looped`` if any step is in a loop."""

    root: Node
    edges: tuple[Edge, ...]
    looped: bool


class Verdict(NamedTuple):
    """What the walk found. ``routes`` make the site fire; ``exempt`` and ``unknown`` are the reasons of the others."""

    routes: tuple[Route, ...]
    exempt: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """``fires``, ``exempt`` or ``unknown``."""
        return "fires" if self.routes else "unknown" if self.unknown else "exempt"


class Question(NamedTuple):
    """What must hold of a value on a route for the route to count.

    ``term`` is the value, reduced in the site's definition (see `Reduction`). ``judge`` is given it in terms of each
    definition on the way up and answers ``yes``, ``open`` (a caller still has a say), ``unknown`` or the tag of
    the exemption that it earns. With ``looped`` only routes through a loop count.
    """

    term: Term
    judge: Callable[[Term], str]
    looped: bool = False


class _State(NamedTuple):
    node: Node
    needs: Roots  # roots that are still parameters
    conditions: frozenset[tuple[Param, str, Any]]
    context: Context
    edges: tuple[Edge, ...]
    looped: bool
    asked: Term | None = None  # what a Question is still open on
    roots: frozenset[Node] | None = None  # the entry points that load all modules on the way; None for all


@functools.cache
def _values() -> Mapping[str, frozenset[str]]:
    """The operations that say where a value comes from, by kind."""
    found = {name: frozenset(operations) for name, operations in table("calls")["values"].items()}
    found["reading"] = found["pure_methods"] - {"split", "rsplit", "splitlines", "items", "keys", "values"}
    return found


class Flow:
    """Verdicts over one Program.

    Args:
        disabled: tags of exemptions that are switched off; only the tests of the exemptions do that.
    """

    def __init__(self, program: Program, graph: CallGraph, disabled: frozenset[str] = frozenset()) -> None:
        self.program = program
        self.graph = graph
        self.names = graph.names
        self.disabled = disabled
        values = _values()
        self.pure = values["pure"]
        self.pure_methods = values["pure_methods"]
        self.reading = values["reading"]
        self.environment = values["environment"]
        self.secret = values["secret"]
        self.token = values["token"]
        self.random = values["random"]
        self.found = values["found"]
        self.constructors: Mapping[str, Any] = table("clients")["constructors"]
        self.lowered: dict[tuple[str, tuple[int, int]], Lowered | None] = {}
        self.refused: dict[str, SourceError] = {}
        self.mismatches = 0
        self.outcomes: dict[str, int] = {}  # of all verdicts, for the statistics
        self._roots: dict[Any, Roots] = {}
        self.spelt: dict[tuple[Node, Any], bool] = {}
        self._handed: dict[tuple[frozenset[Node], Root], Roots] = {}
        self._active: set[Any] = set()
        self._provisional: dict[Any, Roots] = {}
        self._cut = False
        self._references: dict[Node, dict[int, CallRef]] = {}
        self._tops: dict[str, dict[tuple[int, int], list[Def]]] = {}  # the definitions of modules by statement
        self._reduction: Reduction | None = None
        self._singletons: Singletons | None = None

    @property
    def reduction(self) -> Reduction:
        """What values are, as far as that can be said; made when the first is asked for."""
        if self._reduction is None:
            from lambdalint.source.reduction import Reduction

            self._reduction = Reduction(self)
        return self._reduction

    @property
    def singletons(self) -> Singletons:
        """Which definitions and classes of the project give back one object; made when the first is asked for."""
        if self._singletons is None:
            from lambdalint.source.singletons import Singletons

            self._singletons = Singletons(self)
        return self._singletons

    # -- bodies

    def body(self, node: Node) -> Body | None:
        """The Body of a definition; None where it has none or the parser refused it."""
        definition = self.names.definition(node)
        if definition is None:
            return None
        lowered = self._lowered(node[0], definition)
        return lowered.bodies.get(node[1]) if lowered is not None else None

    def _lowered(self, path: str, definition: Def) -> Lowered | None:
        key = (path, definition.top)
        if key not in self.lowered:
            from lambdalint.source.lower import lower

            skeleton = self.program.skeleton(path)
            assert skeleton is not None
            named: list[Def | Class] = [*self._within(path, definition.top), *skeleton.classes.values()]
            qualnames = {(item.line, item.name): item.qualname for item in named if item.top == definition.top}
            found = None
            try:
                found = lower(self.program.source(path), path, definition.top, qualnames)
                self.mismatches += found.mismatches
            except SourceError as error:
                self.refused.setdefault(path, error)
            except Unreadable:
                pass  # it was read before; the program says so
            except Exception as error:  # noqa: BLE001  the boundary: a defect costs the definition, and is told
                self.refused.setdefault(path, defect(error))
            self.lowered[key] = found
        return self.lowered[key]

    def call(self, node: Node, k: int) -> Call | None:
        """The lowered call ``k`` of the top-level statement around ``node``."""
        definition = self.names.definition(node)
        if definition is None:
            return None
        lowered = self._lowered(node[0], definition)
        return lowered.calls.get(k) if lowered is not None else None

    def called(self, edge: Edge) -> Call | None:
        """The lowered call that an edge goes through; None where none is written, or no Body has it."""
        return self.call(edge.caller, edge.call.k) if edge.call is not None and edge.call.k >= 0 else None

    def calls_on(self, route: Route) -> Iterator[tuple[Node, Call]]:
        """The calls on a route, those that are written, each with the definition that makes it."""
        for edge in route.edges:
            call = self.called(edge)
            if call is not None:
                yield edge.caller, call

    def reference(self, node: Node, k: int) -> CallRef | None:
        """The skeleton's call ``k`` of the definition ``node``, or of one nested in it or around it."""
        known = self._references.get(node)
        if known is None:
            definition = self.names.definition(node)
            within = self._within(node[0], definition.top) if definition is not None else ()
            known = self._references[node] = {call.k: call for item in within for call in item.calls}
        return known.get(k)

    def _within(self, path: str, top: tuple[int, int]) -> Sequence[Def]:
        """The definitions in one top-level statement of a module."""
        found = self._tops.get(path)
        if found is None:
            skeleton = self.program.skeleton(path)
            found = self._tops[path] = {}
            for item in skeleton.defs.values() if skeleton is not None else ():
                found.setdefault(item.top, []).append(item)
        return found.get(top, ())

    def callee(self, node: Node, k: int) -> Values:
        """What call ``k`` around ``node`` calls."""
        call = self.reference(node, k)
        if call is None:
            return ()
        return self.names.resolve(node[0], self._scope_of(node, k), call.callee)

    def _scope_of(self, node: Node, k: int) -> str:
        """The definition that holds call ``k``: ``node`` itself, one nested in it, or one around it."""
        definition = self.names.definition(node)
        if definition is None or any(call.k == k for call in definition.calls):
            return node[1]
        for item in self._within(node[0], definition.top):
            if any(call.k == k for call in item.calls):
                return item.qualname
        return node[1]

    # -- roots: what a value is decided by

    def roots(self, node: Node, term: Term) -> Roots:
        """What decides a value, see `Root`; parameters are those of definitions around ``node``."""
        return self._once((node, term), lambda: self._root(node, term), len(self._active) <= ROOTS_DEPTH)

    def _once(self, key: Any, compute: Callable[[], Roots], allowed: bool = True) -> Roots:
        """A result by its key, computed once; a cycle adds nothing to what the rest of it is decided by.

        A result that a cycle or the depth limit cut short is only right where it was asked for from the outside; until
        then it stands in for itself, or the same cycle would be walked again from each of its members.
        """
        found = self._roots.get(key)
        if found is None:
            found = self._provisional.get(key)
            self._cut = self._cut or found is not None
        if found is not None:
            return found
        if key in self._active or not allowed:
            self._cut = True
            return CONSTANT
        outer_cut, self._cut = self._cut, False
        self._active.add(key)
        try:
            result = _widened(compute())
        finally:
            self._active.discard(key)
        outermost = not self._active
        (self._roots if outermost or not self._cut else self._provisional)[key] = result
        if outermost:
            self._provisional.clear()
        self._cut = (self._cut and not outermost) or outer_cut
        return result

    def _union(self, node: Node, terms: Iterable[Term]) -> Roots:
        result: Roots = CONSTANT
        for term in terms:
            result |= self.roots(node, term)
        return result

    def _root(self, node: Node, term: Term) -> Roots:
        kind = term[0]
        if kind in ("const", "func"):
            return CONSTANT
        if kind == "param":
            return self._parameter(node[0], term[1], term[2])
        if kind == "name":
            return self._global(node, term[1])
        if kind == "attr":
            return self._attribute(node, term)
        if kind == "item":
            paired = self._paired(node, term)
            if paired is not None:
                return self.roots(node, paired)
            if self._is_environment(node, term[1]):
                return frozenset({("env", term[2][1] if term[2][0] == "const" else "")})
            key = term[2][1] if term[2][0] == "const" and type(term[2][1]) is str else "[]"
            return _below(self.roots(node, term[1]), key) | self.roots(node, term[2])
        if kind == "elem":
            return _below(self.roots(node, term[1]), "[]")
        if kind == "enter":
            return self.roots(node, term[1])
        if kind == "call":
            return self._result(node, term[1])
        if kind in ("join", "list"):
            return self._union(node, term[1])
        if kind == "op":
            return self._union(node, term[2])
        if kind == "dict":
            return self._union(
                node, [part for pair in term[1] for part in pair if part[0] != "unknown" or part[1] != "**"]
            )
        return frozenset({UNKNOWN_ROOT})

    def _paired(self, node: Node, term: Term) -> Term | None:
        """The element that ``for i, x in enumerate(xs)`` and ``for x, y in zip(xs, ys)`` bind to one of their names."""
        base, key = term[1], term[2]
        if base[0] != "elem" or base[1][0] != "call" or key[0] != "const" or type(key[1]) is not int:
            return None
        call = self.call(node, base[1][1])
        if call is None or call.func not in (("name", "enumerate"), ("name", "zip")):
            return None
        position = key[1] if call.tail == "zip" else 0 if key[1] == 1 else -1
        given = [value for name, value in call.args if name == position]
        return ("elem", given[0]) if given else None

    def _parameter(self, path: str, qualname: str, index: int) -> Roots:
        entry = self.names.entry_params.get((path, qualname, index))
        if entry is not None:
            return frozenset({("event" if entry == EVENT else "context", (path, qualname), ())})
        definition = self.names.definition((path, qualname))
        if (
            definition is not None
            and index == 0
            and definition.owner
            and not definition.params[0].kind
            and "staticmethod" not in self.names.decorator_operations((path, qualname))
        ):
            return CONSTANT  # self or cls: its attributes are asked for one by one
        return frozenset({("param", path, qualname, index, ())})

    def _is_environment(self, node: Node, term: Term) -> bool:
        return term == ("attr", ("name", "os"), "environ") or (
            term[0] == "name"
            and any(value == ("ext", "os.environ") for value in self.names.name(node[0], node[1], term[1]))
        )

    def _global(self, node: Node, name: str) -> Roots:
        skeleton = self.program.skeleton(node[0])
        if skeleton is None:
            return frozenset({UNKNOWN_ROOT})
        definition = self.names.definition(node)
        at = definition
        while at is not None:  # a name of an enclosing definition, e.g. an import inside it
            if name in at.bindings and name not in at.outer_names:
                return CONSTANT
            at = self.names.definition((node[0], at.parent)) if at.parent else None
        bound = skeleton.bindings.get(name, ())
        if any(where for where, _ in bound):
            # Rebound while the program runs. What from, is only asked where all stores are visible here.
            return self._rebound(node[0], name, bound)
        return self._filled(node, ("n", name), ("name", name))

    def _filled(self, node: Node, place: Expr, term: Term) -> Roots:
        """What definitions store into a collection of the module, or into an attribute of what is bound in it."""
        result: Roots = CONSTANT
        owner = self.names.identity(node[0], node[1], ("n", place[1] if place[0] == "n" else place[1][1]))
        for path in sorted({node[0], owner[0]} if owner is not None else {node[0]}):
            skeleton = self.program.skeleton(path)
            stores = skeleton.item_stores if skeleton is not None else ()
            for where in sorted({where for where, base, _ in stores if where and base == place}):
                body = self.body((path, where))
                if body is None:
                    return frozenset({UNKNOWN_ROOT})
                for store in body.stores:
                    if store.target == term or store.target[:2] == ("item", term):
                        roots = self.roots((path, where), store.value)
                        result |= frozenset(UNKNOWN_ROOT if root[0] == "param" else root for root in roots)
        return result

    def _rebound(self, path: str, name: str, bound: Iterable[tuple[str, Any]]) -> Roots:
        result: Roots = CONSTANT
        for where in sorted({where for where, _ in bound if where}):
            body = self.body((path, where))
            if body is None:
                return frozenset({UNKNOWN_ROOT})
            for store in body.stores:
                if store.target == ("name", name):
                    roots = self.roots((path, where), store.value)
                    # what came in through a parameter of another call is that call's business
                    result |= frozenset(UNKNOWN_ROOT if root[0] == "param" else root for root in roots)
        return result

    def _attribute(self, node: Node, term: Term) -> Roots:
        base = term[1]
        if base[0] == "param" and self._is_receiver(node[0], base):
            definition = self.names.definition((node[0], base[1]))
            assert definition is not None
            return self._instance(node[0], definition.owner, term[2])
        if base[0] == "call":
            for value in self.callee(node, base[1]):
                if value[0] == "cls":  # an attribute of an object made here: decided by what it was made from
                    return self._instance(value[1], value[2], term[2]) | self._result(node, base[1])
        if base[0] == "name":
            for value in self.names.name(node[0], node[1], base[1]):
                if value[0] == "inst":
                    return self._instance(value[1], value[2], term[2])
                if value[0] == "mod" and not value[1].endswith("/"):
                    target = self.program.skeleton(value[1])
                    if target is not None and any(where for where, _ in target.bindings.get(term[2], ())):
                        return self._rebound(value[1], term[2], target.bindings[term[2]])
            return _below(self.roots(node, base), term[2]) | self._filled(node, ("a", ("n", base[1]), term[2]), term)
        return _below(self.roots(node, base), term[2])

    def _is_receiver(self, path: str, term: Term) -> bool:
        if term[0] != "param" or term[2] != 0:
            return False
        definition = self.names.definition((path, term[1]))
        return (
            definition is not None
            and bool(definition.owner)
            and "staticmethod" not in self.names.decorator_operations((path, term[1]))
        )

    def _instance(self, path: str, class_name: str, attribute: str) -> Roots:
        """What decides the attribute of an instance: all that its class stores into it."""
        return self._once(("attribute", path, class_name, attribute), lambda: self._stored(path, class_name, attribute))

    def _stored(self, path: str, class_name: str, attribute: str) -> Roots:
        result: Roots = CONSTANT
        known = False
        for owner in self.names.ancestors((path, class_name)):
            class_ = self.names.class_of(owner)
            if class_ is None:
                continue
            known = known or attribute in class_.attributes
            for method in (
                self.names.property_of(("inst", path, class_name), attribute) if attribute in class_.attributes else ()
            ):
                result |= self._returned(method)
            for where in sorted({where for where, _ in class_.instance.get(attribute, ())}):
                known = True
                body = self.body((owner[0], where))
                if body is None:
                    result |= {UNKNOWN_ROOT}
                    continue
                for store in body.stores:
                    if (
                        store.target[0] == "attr"
                        and store.target[2] == attribute
                        and store.target[1] == ("param", where, 0)
                    ):
                        result |= self.roots((owner[0], where), store.value)
        if not known or self._filled_elsewhere((path, class_name), attribute):
            result |= {UNKNOWN_ROOT}
        elif self.names.is_record((path, class_name)) and attribute in self.names.fields((path, class_name)):
            result |= self._field((path, class_name), attribute)
        # A parameter of the constructor is asked of whoever makes the object.
        return self._resolved_parameters(result)

    def _filled_elsewhere(self, class_: Node, name: str) -> bool:
        """Whether a base class from outside fills the field ``name``: of a table's model, of a parsed request."""
        bases = self.names.outside(("inst", *class_))
        if not bases or set(bases) & self.names.record_settings or "typing.NamedTuple" in bases:
            return False
        for owner in self.names.ancestors(class_):
            found = self.names.class_of(owner)
            for bound in found.attributes.get(name, ()) if found is not None else ():
                if bound is not None and (
                    bound[0] == "t" or (bound[0] == "c" and bound[1] is not None and _is_descriptor(bound[1][-1]))
                ):
                    return True
        return False

    def _field(self, record: Node, name: str) -> Roots:
        """What decides the field of a record: all that is handed to its constructor."""
        result: Roots = CONSTANT
        fields = self.names.fields(record)
        for path, scope, reference in self.names.constructions(record):
            if not scope:
                continue  # made while a module is imported: the same for all invocations
            call = self.call((path, scope), reference.k)
            if call is None:
                return frozenset({UNKNOWN_ROOT})
            for given, value in call.args:
                if given in (name, "*") or given == fields.index(name):
                    result |= self.roots((path, scope), value)
                elif given == "**":
                    result |= _below(self.roots((path, scope), value), name)
        return result

    def _resolved_parameters(self, roots: Roots) -> Roots:
        """Replace parameters by what all known callers pass."""
        result: Roots = CONSTANT
        for root in roots:
            if root[0] != "param":
                result |= {root}
                continue
            _, path, qualname, index, keys = root
            passed_on = self._once(("parameter", path, qualname, index), partial(self._from_callers, root))
            result |= _below(passed_on, *keys)
        return result

    def _from_callers(self, parameter: Root) -> Roots:
        _, path, qualname, index, _ = parameter
        definition = self.names.definition((path, qualname))
        callers = self.names.callers((path, qualname))
        if definition is None or not callers:
            return frozenset({UNKNOWN_ROOT})
        result: Roots = CONSTANT
        for at, scope, call, offset in callers:
            if scope:  # called while a module is imported, whatever it passes is the same for all invocations
                result |= self._resolved_parameters(self._passed((at, scope), call, definition, index, offset))
        return result

    def _passed(self, caller: Node, call: CallRef, definition: Def, index: int, offset: int) -> Roots:
        lowered = self.call(caller, call.k)
        if lowered is None:
            return frozenset({UNKNOWN_ROOT})
        term = passed(lowered, definition, index, offset)
        return CONSTANT if term is None else self.roots(caller, term)

    def _returned(self, node: Node) -> Roots:
        """What decides the result of a definition, in terms of its own parameters."""
        return self._once(("returned", node), lambda: self._exits(node))

    def _exits(self, node: Node) -> Roots:
        body = self.body(node)
        if body is None:
            return frozenset({UNKNOWN_ROOT})
        return self._union(node, [end.value for end in body.exits if end.kind in ("return", "yield")])

    def _result(self, node: Node, k: int) -> Roots:
        """What decides the result of call ``k``."""
        call = self.call(node, k)
        if call is None:
            return frozenset({UNKNOWN_ROOT})
        arguments = self._union(node, [value for _, value in call.args])
        receiver = self.roots(node, call.func[1]) if call.func[0] == "attr" else CONSTANT
        values = self.callee(node, k)
        if call.func[0] == "attr" and call.tail in ("get", "pop") and call.args and call.args[0][1][0] == "const":
            receiver = _below(receiver, call.args[0][1][1])  # event.get("key") is event["key"]
        elif call.func[0] == "attr" and call.tail in ("pop", "popleft") and not call.args:
            receiver = _below(receiver, "[]")
        if not values:
            if call.func[0] == "attr" and (receiver or call.tail in self.pure_methods):
                return receiver | arguments  # a method of something that is decided by what came before
            return frozenset({UNKNOWN_ROOT}) | receiver | arguments
        result: Roots = CONSTANT
        for value in values:
            kind = value[0]
            if kind == "ext":
                result |= self._external(value[1], receiver, arguments, call)
            elif kind in ("def", "bound"):
                target = (value[1], value[2])
                definition = self.names.definition(target)
                for root in self._returned(target):
                    if root[0] == "param" and definition is not None and root[1:3] == target:
                        term = passed(call, definition, root[3], 1 if kind == "bound" else 0)
                        result |= CONSTANT if term is None else _below(self.roots(node, term), *root[4])
                    elif root[0] == "param":
                        result |= self._resolved_parameters(frozenset({root}))
                    else:
                        result |= {root}
            else:
                result |= arguments
        return result

    def _external(self, operation: str, receiver: Roots, arguments: Roots, call: Call) -> Roots:
        if operation in self.environment or operation.startswith("os.environ"):
            name = call.args[0][1] if call.args else ("unknown", "")
            return frozenset({("env", name[1] if name[0] == "const" else "")})
        if operation.startswith((EVENT, CONTEXT)):
            return receiver | arguments
        if operation in self.token:
            return frozenset({("token", operation)})
        if operation in self.random:
            return frozenset({("fresh", operation)})
        if operation in self.found:
            return frozenset({("result", operation)})
        if operation in self.secret or operation in self.pure or operation in self.constructors:
            return receiver | arguments
        if operation.startswith("aws:"):
            if "()" in operation and call.tail in self.reading:
                return receiver | arguments  # of the response, or of a string in it
            _, _, resource = operation.partition("#")
            if resource and "." not in resource:
                return receiver | arguments  # a resource object, made from its name
            return frozenset({("result", operation)}) | arguments
        tail = operation.rpartition(".")[2]
        builtin = operation.partition(".")[0] in ("str", "list", "dict", "int", "float", "bytes", "function")
        if "()" in operation or "[]" in operation or builtin:
            base = operation.rpartition(".")[0].rstrip("()[]")
            return frozenset({("fresh", operation)}) if base in self.random else receiver | arguments
        if tail[:1].isupper():
            return receiver | arguments  # a class: what it holds is what it was given
        return receiver | arguments | {UNKNOWN_ROOT}

    def varies(self, node: Node, term: Any, depth: int = 0) -> bool:
        """Whether a value is another one in each round of the loop around it, also through what is called with it."""
        if type(term) is not tuple or depth > TERM_DEPTH:
            return False
        if term[:1] == ("elem",) or term[:2] == ("op", "+="):
            return True
        if len(term) == 2 and term[0] == "call" and type(term[1]) is int:
            call = self.call(node, term[1])
            return call is not None and any(
                self.varies(node, part, depth + 6) for part in (call.func, *(value for _, value in call.args))
            )
        return any(self.varies(node, part, depth + 1) for part in term)

    def chosen(self, region: Region, node: Node, term: Any, depth: int = 0) -> bool:
        """Whether the event chooses which of several values a value is, also through what is called with it."""
        definition = self.names.definition(node)
        lowered = self.lowered.get((node[0], definition.top)) if definition is not None else None
        if type(term) is not tuple or depth > TERM_DEPTH or lowered is None or not lowered.choices:
            return False
        if len(term) == 2 and term[0] == "call" and type(term[1]) is int:
            call = self.call(node, term[1])
            return call is not None and any(self.chosen(region, node, value, depth + 6) for _, value in call.args)
        if term[:1] == ("join",):
            for join, test in lowered.choices:
                if all(part in term[1] for part in join[1]) and any(
                    root[0] == "event" for root in self.origins(region, node, test)
                ):
                    return True
        return any(self.chosen(region, node, part, depth + 1) for part in term)

    # -- constants

    def constants(self, region: Region, node: Node, term: Term, depth: int = 0) -> tuple[Any, ...]:
        """The constants that a value may be, through parameters, attributes and results; () where a part is none."""
        found = self._constants(region, node, term, depth)
        return tuple(dict.fromkeys(found)) if found is not None and len(found) <= CONSTANTS_LIMIT else ()

    def _constants(self, region: Region, node: Node, term: Term, depth: int) -> list[Any] | None:
        if depth > 8:
            return None
        kind = term[0]
        if kind == "const":
            return [term[1]]
        if kind == "join":
            return self._all(self._constants(region, node, part, depth + 1) for part in term[1])
        if kind == "op" and term[1] == "or":  # ``given or default``
            return self._all(self._constants(region, node, part, depth + 1) for part in term[2])
        if kind == "op" and term[1] == "format":
            parts = [self._constants(region, node, part, depth + 1) for part in term[2]]
            if all(part is not None and len(part) == 1 for part in parts):
                return ["".join(str(part[0]) for part in parts if part)]
            return None
        if kind in ("name", "attr"):
            values = self._values(node, term)
            if values:
                return [value[1] for value in values] if all(value[0] == "const" for value in values) else None
        if kind == "param":
            return self._passed_constants(region, node, term, depth)
        if kind == "attr" and self._is_receiver(node[0], term[1]):
            definition = self.names.definition((node[0], term[1][1]))
            assert definition is not None
            values = tuple(self.names.attribute(("inst", node[0], definition.owner), term[2]))
            if values and all(value[0] == "const" for value in values):
                return [value[1] for value in values]
        return None

    @staticmethod
    def _all(parts: Iterable[list[Any] | None]) -> list[Any] | None:
        found: list[Any] = []
        for part in parts:
            if part is None:
                return None
            found += part
        return found

    def _values(self, node: Node, term: Term) -> Values:
        if term[0] == "name":
            skeleton = self.program.skeleton(node[0])
            if skeleton is None or any(where for where, _ in skeleton.bindings.get(term[1], ())):
                return ()
            return tuple(self.names.name(node[0], node[1], term[1]))
        if term[0] == "attr":
            return tuple(
                result for value in self._values(node, term[1]) for result in self.names.attribute(value, term[2])
            )
        return ()

    def _passed_constants(self, region: Region, node: Node, term: Term, depth: int) -> list[Any] | None:
        target = (node[0], term[1])
        definition = self.names.definition(target)
        if definition is None or target in region.roots:
            return None
        found: list[Any] = []
        for edge in region.incoming.get(target, ()):
            call = self.called(edge)
            if call is None or edge.kind not in ("call", "construct"):
                return None
            given = passed(call, definition, term[2], edge.offset)
            if given is None:
                param = definition.params[term[2]]
                if not param.has_default or param.default is None or param.default[0] != "k":
                    return None
                found.append(param.default[1])
                continue
            part = self._constants(region, edge.caller, given, depth + 1)
            if part is None:
                return None
            found += part
        return found or None

    def origins(self, region: Region, node: Node, term: Term) -> Roots:
        """The roots of a value with its parameters followed to the entry points of ``region``."""
        seen: set[Root] = set()
        level = self.roots(node, term)
        while level and len(seen) <= STATES_LIMIT:
            seen |= level
            level = CONSTANT.union(*(self._given(region, root) for root in level if root[0] == "param")) - seen
        return frozenset(root for root in seen if root[0] != "param")

    def _given(self, region: Region, root: Root) -> Roots:
        """What decides a part of a parameter where the definitions of ``region`` hand it over."""
        found = self._handed.get((region.roots, root))
        if found is None:
            if root[4]:
                found = _below(self._given(region, (*root[:4], ())), *root[4])
            else:
                found = self._handed_over(region, (root[1], root[2]), root[3])
            self._handed[region.roots, root] = found
        return found

    def _handed_over(self, region: Region, node: Node, index: int) -> Roots:
        definition = self.names.definition(node)
        edges = region.incoming.get(node, ())
        if definition is None or not edges:
            return frozenset({UNKNOWN_ROOT})
        found: Roots = CONSTANT
        for edge in edges:
            call = self.called(edge)
            given = self._argument(edge, call, definition, index)
            # what a callback is handed is an element of what the runner was given
            found |= _below(given, "[]") if edge.kind == "callback" else given
        return found

    # -- guards

    def outlives(self, node: Node, owner: Term, stores: Iterable[Term]) -> str | None:
        """Whether a cache outlives the invocation: ``yes``, ``self`` (as long as the instance does), or None.

        Args:
            stores: the targets that are stored to under the guard.
        """
        kind = owner[0]
        stored = list(stores)
        if kind in ("file", "globals"):
            return "yes"
        if kind == "any":
            results = [self.outlives(node, target, [target]) for target in stored]
            return "yes" if "yes" in results else "self" if "self" in results else None
        if kind == "renewed":  # as an expiry is with what expires
            return self.lasting(node, owner[1]) if owner[1] in stored else None
        if kind == "name":
            skeleton = self.program.skeleton(node[0])
            bound = skeleton.bindings.get(owner[1], ()) if skeleton is not None else ()
            if any(where for where, _ in bound) or self._is_filled(node, owner[1], stored):
                return "yes"
            return self._enclosed(node, owner[1])
        if kind == "item":
            base = owner[1]
            if not any(target[0] == "item" and target[1] == base for target in stored):
                return None
            return self.lasting(node, base)
        if kind == "attr":
            if any(target == owner or target[:2] == ("item", owner) for target in stored):
                return self.lasting(node, owner[1])
            if self._stored_on_class(node, owner, stored) or self._stored_in_shared(node, owner, stored):
                return "yes"
            return self.lasting(node, owner[1]) if self._stored_elsewhere(node, owner) else None
        return None

    def _is_filled(self, node: Node, name: str, stored: Iterable[Term]) -> bool:
        """Whether a module's collection is filled under the guard, or by any definition; or bound in ``globals()``."""
        for target in stored:
            if target[0] != "item":
                continue
            if target[1] == ("name", name):
                return True
            call = self.call(node, target[1][1]) if target[1][0] == "call" else None
            if target[2] == ("const", name) and call is not None and call.func == ("name", "globals"):
                return True
        skeleton = self.program.skeleton(node[0])
        return skeleton is not None and any(
            where and base == ("n", name) and name not in skeleton.defs[where].bindings
            for where, base, _ in (*skeleton.item_stores, *skeleton.appends)
            if where in skeleton.defs
        )

    def _stored_on_class(self, node: Node, owner: Term, stored: Iterable[Term]) -> bool:
        """``if not self.x: type(self).x = make()``, where nothing gives an object an ``x`` of its own."""
        if not self._is_receiver(node[0], owner[1]):
            return False
        definition = self.names.definition((node[0], owner[1][1]))
        assert definition is not None
        family = self.names.ancestors((node[0], definition.owner))
        if any((class_ := self.names.class_of(at)) is not None and owner[2] in class_.instance for at in family):
            return False
        for target in stored:
            if target[0] != "attr" or target[2] != owner[2]:
                continue
            base = target[1]
            if base == ("attr", owner[1], "__class__"):
                return True
            if base[0] == "name" and any(
                value[0] == "cls" and (value[1], value[2]) in family
                for value in self.names.name(node[0], node[1], base[1])
            ):
                return True
            call = self.call(node, base[1]) if base[0] == "call" else None
            if call is not None and call.func == ("name", "type"):
                return True
        return False

    def _stored_in_shared(self, node: Node, owner: Term, stored: Iterable[Term]) -> bool:
        """``if not self._shared: self.x = make()``, where ``_shared`` is what holds the attributes of all objects."""
        if not self._is_receiver(node[0], owner[1]) or not any(target[:2] == owner[:2] for target in stored):
            return False
        if self.lasting(node, owner) != "yes":
            return False
        definition = self.names.definition((node[0], owner[1][1]))
        assert definition is not None
        return bool(self.singletons.class_((node[0], definition.owner)))

    def _enclosed(self, node: Node, name: str) -> str | None:
        """A ``nonlocal`` of a definition that is itself run at import only (a decorator's closure)."""
        definition = self.names.definition(node)
        return "yes" if definition is not None and name in definition.outer_names and definition.parent else None

    def _stored_elsewhere(self, node: Node, owner: Term) -> bool:
        """``if not self.x: self.connect()``: a method other than the constructor and this one stores the attribute."""
        if not self._is_receiver(node[0], owner[1]):
            return False
        definition = self.names.definition((node[0], owner[1][1]))
        assert definition is not None
        for ancestor in self.names.ancestors((node[0], definition.owner)):
            class_ = self.names.class_of(ancestor)
            if class_ is not None and any(
                not where.endswith((".__init__", ".__post_init__")) and (ancestor[0], where) != node
                for where, _ in class_.instance.get(owner[2], ())
            ):
                return True
        return False

    def lasting(self, node: Node, base: Term) -> str | None:
        """Whether the object ``base`` outlives the invocation."""
        if base[0] == "name":
            definition = self.names.definition(node)
            if definition is not None and base[1] in definition.bindings and base[1] not in definition.outer_names:
                # a local import of a module or class
                return (
                    "yes"
                    if any(value[0] in ("mod", "cls") for value in self.names.name(node[0], node[1], base[1]))
                    else None
                )
            return "yes"
        if base[0] == "param":
            if self._is_receiver(node[0], base):
                definition = self.names.definition((node[0], base[1]))
                assert definition is not None
                operations = self.names.decorator_operations((node[0], base[1]))
                if "classmethod" in operations or definition.name in ("__new__", "__init_subclass__"):
                    return "yes"
                return "self"
            definition = self.names.definition((node[0], base[1]))
            if definition is not None and base[2] < len(definition.params) and definition.params[base[2]].has_default:
                return "yes"  # a mutable default is made once
            return None
        if base[0] == "attr":
            if base[2] == "__class__":
                return "yes"
            if self._is_receiver(node[0], base[1]):
                definition = self.names.definition((node[0], base[1][1]))
                assert definition is not None
                for ancestor in self.names.ancestors((node[0], definition.owner)):
                    class_ = self.names.class_of(ancestor)
                    if class_ is None:
                        continue
                    if base[2] in class_.instance:
                        return "self"
                    if base[2] in class_.attributes:
                        return "yes"
            return self.lasting(node, base[1])
        if base[0] == "item":
            return self.lasting(node, base[1])
        if base[0] == "call":
            call = self.call(node, base[1])
            if call is not None and call.func == ("name", "type"):
                return "yes"
            if call is not None and call.func == ("name", "globals"):
                return "yes"
        if base[0] == "func":
            return "yes"  # an attribute of a function or class
        return None

    def guard(self, node: Node, context: Context) -> str | None:
        """Whether the frames around a call let it run once only: ``yes``, ``self`` or None."""
        found = None
        for frame in context:
            if frame[0] != "once":
                continue
            answer = self.outlives(node, frame[2], self._stores_under(node, frame))
            if answer == "yes":
                return "yes"
            found = found or answer
        return found

    def _stores_under(self, node: Node, frame: Frame) -> list[Term]:
        body = self.body(node)
        if body is None:
            return []
        return [
            *(store.target for store in body.stores if any(outer[:2] == frame[:2] for outer in store.context)),
            # ``x = x or make()`` stores outside of the frame that its right side has
            *(store.target for store in body.stores if store.target == frame[2]),
            # ``kept.append(make())``
            *(
                ("item", call.func[1], None)
                for call in body.calls
                if call.tail in _FILLING
                and call.func[0] == "attr"
                and any(outer[:2] == frame[:2] for outer in call.context)
            ),
            *(self._bound_by_calls(node, body, frame) if frame[2][0] in ("renewed", "any") else ()),
        ]

    def _bound_by_calls(self, node: Node, body: Body, frame: Frame) -> Iterator[Term]:
        """The globals that definitions of the module bind which are called in a frame: ``except …: connect()``."""
        for call in body.calls:
            if call.k >= 0 and any(outer[:2] == frame[:2] for outer in call.context):
                for value in self.callee(node, call.k):
                    definition = self.names.definition((value[1], value[2])) if value[0] == "def" else None
                    if definition is not None and value[1] == node[0]:
                        yield from (("name", name) for name in sorted(definition.outer_names))

    # -- the walk

    def verdict(
        self, region: Region, node: Node, context: Context, terms: Iterable[Term], question: Question | None = None
    ) -> Verdict:
        """Judge a site.

        Args:
            region: the per-invocation region to judge it in.
            node: the definition that holds the site.
            context: the frames around the site.
            terms: the values that decide whether the site differs from one invocation to the next.
            question: what must hold on a route. With one, a site counts although it is guarded: what a call waits
                for is waited for, be it on the first invocation only.
        """
        routes: dict[Node, Route] = {}
        exempt: set[str] = set()
        unknown: set[str] = set()
        terms = tuple(terms)
        roots = self._union(node, terms)
        if question is None and any(self.chosen(region, node, term) for term in terms):
            roots |= {CHOSEN}
        first = self._state(node, roots, self._conditions(node, context, frozenset()), context, (), exempt, unknown)
        if first is not None and question is not None:
            first = self._answered(question, first, question.term, exempt, unknown)
        if first is not None and len(region.roots) > 1:
            first = first._replace(roots=self.graph.loading(region.roots, node[0]))
        queue = deque([first] if first is not None else [])
        seen: set[Any] = set()
        while queue:
            state = queue.popleft()
            # Of the frames only those that guard count: two calls of one caller may differ in nothing else.
            once = tuple(frame[:2] for frame in state.context if frame[0] == "once")
            looped = question is not None and state.looped
            key = (state.node, state.needs, state.conditions, state.asked, looped, once, state.roots)
            if key in seen or len(seen) > STATES_LIMIT:
                continue
            seen.add(key)
            memo = self._memo(state.node) if question is None else None
            guard = self.guard(state.node, state.context) if question is None else None
            if memo == "yes" and "memo" not in self.disabled:
                exempt.add("memo")
                continue
            if guard == "yes" and "guard" not in self.disabled:
                exempt.add("guard")
                continue
            if (guard == "self" and "guard" not in self.disabled) or (memo == "self" and "memo" not in self.disabled):
                owner = self._class_around(state.node)
                made = self._allocations(region, owner)
                if not made or (owner is not None and self.singletons.class_(owner)):
                    exempt.add("guard")
                    continue
                for edge in made:
                    self._follow(region, state, edge, queue, exempt, unknown)
                continue
            is_root = state.node in (region.roots if state.roots is None else state.roots)
            if is_root and not self._held_by_lambda(state):
                exempt.add("branch")
            elif is_root:
                if state.asked is not None:
                    unknown.add("value")
                elif question is None or state.looped or not question.looped:
                    routes.setdefault(state.node, Route(state.node, state.edges, state.looped))
            for edge in region.incoming.get(state.node, ()):
                self._follow(region, state, edge, queue, exempt, unknown, question)
        verdict = Verdict(
            tuple(route for _, route in sorted(routes.items())), tuple(sorted(exempt)), tuple(sorted(unknown))
        )
        self.outcomes[verdict.outcome] = self.outcomes.get(verdict.outcome, 0) + 1
        return verdict

    def _state(
        self,
        node: Node,
        roots: Roots,
        conditions: frozenset[tuple[Param, str, Any]] | None,
        context: Context,
        edges: tuple[Edge, ...],
        exempt: set[str],
        unknown: set[str],
        looped: bool = False,
    ) -> _State | None:
        if conditions is None:
            exempt.add("branch")
            return None
        kinds = {root[0] for root in roots}
        if kinds & PER_INVOCATION and "per-invocation" not in self.disabled:
            exempt.add("per-invocation")
            return None
        if "token" in kinds and "token" not in self.disabled:
            exempt.add("token")
            return None
        if "unknown" in kinds:
            unknown.add("argument")
            return None
        looped = looped or any(frame[0] == "loop" for frame in context)
        needs = frozenset((*root[:4], ()) for root in roots if root[0] == "param")
        return _State(node, needs, conditions, context, edges, looped)

    @staticmethod
    def _answered(question: Question, state: _State, asked: Term, exempt: set[str], unknown: set[str]) -> _State | None:
        """The state with what is still open of the question; None where its answer ends the walk."""
        answer = question.judge(asked)
        if answer in ("yes", "open"):
            return state._replace(asked=asked if answer == "open" else None)
        (unknown if answer == "unknown" else exempt).add("value" if answer == "unknown" else answer)
        return None

    def _follow(
        self,
        region: Region,
        state: _State,
        edge: Edge,
        queue: deque[_State],
        exempt: set[str],
        unknown: set[str],
        question: Question | None = None,
    ) -> None:
        """Step from a definition to one that runs it."""
        caller = edge.caller
        within = state.roots
        if within is not None and caller[0] != state.node[0]:
            within &= self.graph.loading(region.roots, caller[0])
            if not within:
                return
        if (
            edge.made is not None
            and question is None
            and "guard" not in self.disabled
            and self.singletons.class_(edge.made) == "whole"
        ):
            exempt.add("guard")
            return
        call = None
        if edge.call is not None and edge.call.k >= 0:
            asked = state.needs or state.conditions or state.asked is not None
            if asked or self._straight_use(caller, edge.call.k) is None:
                call = self.call(caller, edge.call.k)
                if call is None:
                    unknown.add("call")
                    return
        context = call.context if call is not None else ()
        callee = self.names.definition(edge.callee)
        roots: Roots = CONSTANT
        each = self.graph.hands(edge) in _EACH
        varied = False
        for need in state.needs:
            if need[1:3] != edge.callee or callee is None:
                if need[1:3] == caller:
                    roots |= {need}  # a variable of the definition around it
                else:
                    roots |= self._resolved_parameters(frozenset({need}))
                continue
            roots |= self._argument(edge, call, callee, need[3])
            if question is None and "per-invocation" not in self.disabled:
                given = passed(call, callee, need[3], edge.offset) if call is not None else None
                varied = varied or each or (given is not None and self.varies(caller, given))
                if given is not None and self.chosen(region, caller, given):
                    roots |= {CHOSEN}
        conditions: set[tuple[Param, str, Any]] = set()
        for condition in state.conditions:
            param, test, value = condition
            if param[:2] != edge.callee or callee is None or call is None or edge.kind not in ("call", "construct"):
                continue
            if test in ("has", "lacks"):
                if not self._passes_on(call, callee, param[2], test, value, caller, conditions):
                    exempt.add("branch")
                    return
                continue
            # Several conditions of which one has to hold stand together in one of the kind "any".
            carried = [self._carried(edge, call, callee, one) for one in (value if test == "any" else (condition,))]
            if True in carried:
                continue
            left = frozenset(one for one in carried if isinstance(one, tuple))
            if not left:
                exempt.add("branch")
                return
            conditions.add(((*caller, -1), "any", left) if len(left) > 1 else next(iter(left)))
        more = self._conditions(caller, context, frozenset(conditions))
        following = self._state(
            caller, roots, more, context, (edge, *state.edges), exempt, unknown, state.looped or each
        )
        if varied and following is not None:  # the loop makes another one in each of its rounds
            following = following._replace(looped=state.looped)
        if following is not None and question is not None and state.asked is not None:
            following = self._answered(
                question, following, self.reduction.through(edge, call, state.asked), exempt, unknown
            )
        if following is not None:
            queue.append(following if within is None else following._replace(roots=within))

    def site(self, node: Node, reference: CallRef) -> Call | None:
        """The call of a skeleton's as its Body has it, as far as that can be told without lowering.

        It is put together from the skeleton where nothing around it decides whether it runs. A callee or argument that
        is neither constant nor from outside of the definition is then `LEFT`. In a ``try`` or ``with`` it lacks their
        frames, and if it is awaited its use; both are told by a use of "".
        """
        from lambdalint.source.lower import Call

        definition = self.names.definition(node)
        if definition is not None and not definition.parent:
            use = self._straight_use(node, reference.k)
            if use is not None:
                given: list[tuple[int | str, Expr]] = [
                    ("*" if expr is None else index, expr)  # what a skeleton does not tell may be unpacked
                    for index, expr in enumerate(reference.args)
                ]
                args = tuple(
                    (name, _outer_term(expr, definition) or LEFT) for name, expr in (*given, *reference.keywords)
                )
                func = _outer_term(reference.callee, definition) or LEFT
                use = use if not reference.framed else ""
                return Call(reference.k, reference.tail, func, args, (), use, reference[5:9])
        return self.call(node, reference.k)

    def _straight_use(self, node: Node, k: int) -> str | None:
        """`CallRef.straight` of call ``k`` of a definition without a Body so far; None where there is one."""
        definition = self.names.definition(node)
        if definition is None or (node[0], definition.top) in self.lowered:
            return None
        return next((call.straight for call in definition.calls if call.k == k), None)

    def _carried(
        self, edge: Edge, call: Call, callee: Def, condition: tuple[Param, str, Any]
    ) -> bool | tuple[Param, str, Any]:
        """What a condition is where the call stands: whether it holds (or nobody knows), or one on the caller's own."""
        (_, _, index), test, value = condition
        term = passed(call, callee, index, edge.offset)
        if (
            term is not None
            and term[0] == "item"
            and index - edge.offset >= 2
            and self._is_all_of_entry(edge.caller, term[1])
        ):
            term = None  # an entry point that hands on *args and **kwargs has an event and a context to hand on
        if term is None:
            default = callee.params[index].default
            if not callee.params[index].has_default or default is None or default[0] != "k":
                return True
            term = ("const", default[1])
        if term[0] == "const":
            return holds(term[1], test, value)
        if term[0] == "param":
            return (edge.caller[0], term[1], term[2]), test, value
        if test == "equal" and value is None and self._is_never_none(edge.caller, term):
            return False
        return _holds_for_object(test) or not self._is_object(edge.caller, term)

    def _is_all_of_entry(self, node: Node, term: Term) -> bool:
        definition = self.names.definition(node)
        if term[0] != "param" or definition is None or definition.params[term[2]].kind not in ("*", "**"):
            return False
        return any((*node, index) in self.names.entry_params for index in range(len(definition.params)))

    def _held_by_lambda(self, state: _State) -> bool:
        """Whether the conditions hold when Lambda calls the entry point, with the event and the context and no more."""
        definition = self.names.definition(state.node)
        if definition is None or "branch" in self.disabled:
            return True

        def held(condition: tuple[Param, str, Any]) -> bool:
            param, test, value = condition
            if test == "any":
                return any(held(one) for one in value)
            if param[:2] != state.node or param in self.names.entry_params:
                return True
            passed_on = definition.params[param[2]]
            if passed_on.kind == "**":
                return test != "has"
            default = passed_on.default
            known = passed_on.has_default and default is not None and default[0] == "k"
            return not known or holds(default[1], test, value)

        return all(held(condition) for condition in state.conditions)

    def _argument(self, edge: Edge, call: Call | None, callee: Def, index: int) -> Roots:
        if edge.kind == "route":
            return frozenset({("event", edge.caller, ("[]",))})
        if edge.kind == "callback" and edge.call is None:
            return frozenset({("event", edge.caller, ())})  # of a decorator: it has but what the handler is given
        if call is None:
            # Nobody is seen passing it: a property, a context manager, a wrapper.
            return CONSTANT
        if edge.kind == "callback":
            roots = self._union(edge.caller, [value for _, value in call.args])
            return roots or (frozenset({UNKNOWN_ROOT}) if self.graph.hands(edge) == "unknown" else CONSTANT)
        term = passed(call, callee, index, edge.offset)
        return CONSTANT if term is None else self.roots(edge.caller, term)

    def _class_around(self, node: Node) -> Node | None:
        """The class whose method ``node`` is, or is nested in."""
        definition = self.names.definition(node)
        while definition is not None and not definition.owner and definition.parent:
            definition = self.names.definition((node[0], definition.parent))
        return (node[0], definition.owner) if definition is not None and definition.owner else None

    def _allocations(self, region: Region, owner: Node | None) -> list[Edge]:
        """The edges of the region that make an object of the class ``owner``."""
        made: list[Edge] = []
        for class_ in (owner, *self.names.subclasses(owner)) if owner is not None else ():
            made += region.incoming.get((class_[0], f"{class_[1]}.<new>"), ())
        return made

    def _memo(self, node: Node) -> str | None:
        operations = self.names.decorator_operations(node)
        if operations & self.names.memo_decorators:
            return "yes"
        if operations & self.names.memo_instance:
            return "self"
        if self.singletons.memoized(node):
            return "yes"
        definition = self.names.definition(node)
        if (
            definition is not None
            and definition.name == "__getattr__"
            and not definition.owner
            and not definition.parent
        ):
            return "yes"
        return None

    # -- branches that a route cannot take

    def _conditions(
        self, node: Node, context: Context, inherited: frozenset[tuple[Param, str, Any]]
    ) -> frozenset[tuple[Param, str, Any]] | None:
        """What must hold of parameters for the frames to be reached; None where it cannot hold at all."""
        found = set(inherited)
        for frame in context:
            if frame[0] == "if" and "branch" not in self.disabled:
                for demand in demands(frame[2], frame[3]):
                    term, test, value = demand
                    if (condition := self._on_parameter(node, *demand)) is not None:
                        found.add(condition)
                    elif test == "truthy" and (key := self._looked_up(node, term)) is not None:
                        found.add(((node[0], key[0][1], key[0][2]), "has", key[1]))
                    elif term[0] in ("const", "name") and not self._may_hold(node, term, test, value):
                        return None
                    elif test == "any":
                        options = frozenset(self._on_parameter(node, *one) for one in value)
                        if None not in options:
                            found.add(((*node, -1), "any", options))
        return frozenset(found)

    def _may_hold(self, node: Node, term: Term, test: str, value: Any) -> bool:
        """Whether a condition on a constant holds, or one on a name may: not on a switch that nothing turns."""
        if term[0] == "const":
            return holds(term[1], test, value)
        values = tuple(self.names.name(node[0], node[1], term[1]))
        switch = len(values) == 1 and values[0][0] == "const" and type(values[0][1]) is bool
        return not switch or holds(values[0][1], test, value)

    def _on_parameter(self, node: Node, term: Term, test: str, value: Any) -> tuple[Param, str, Any] | None:
        """What is demanded of a parameter itself: ``if mode == "x"``, ``if path.endswith(".yaml")``."""
        if term[0] == "call" and test in ("truthy", "falsy"):
            call = self.call(node, term[1])
            if call is None or call.tail not in _AFFIXES or call.func[0] != "attr" or len(call.args) != 1:
                return None
            affix = call.args[0][1]
            if affix[0] != "const" or type(affix[1]) is not str:
                return None
            term, test, value = call.func[1], call.tail if test == "truthy" else f"not {call.tail}", affix[1]
        return ((node[0], term[1], term[2]), test, value) if term[0] == "param" else None

    def _looked_up(self, node: Node, term: Term) -> tuple[Term, str] | None:
        """The parameter and the key of ``parameter[key]`` or ``parameter.get(key)``."""
        if term[0] == "item":
            base, key = term[1], term[2]
        else:
            call = self.call(node, term[1]) if term[0] == "call" else None
            if call is None or call.func[0] != "attr" or call.tail not in ("get", "pop") or not call.args:
                return None
            base, key = call.func[1], call.args[0][1]
        return (base, key[1]) if base[0] == "param" and key[0] == "const" and type(key[1]) is str else None

    @staticmethod
    def _passes_on(
        call: Call, callee: Def, index: int, test: str, key: str, caller: Node, conditions: set[tuple[Param, str, Any]]
    ) -> bool:
        """Whether a call may hand over (``has``) or leave out (``lacks``) the keyword ``key`` of a ``**`` parameter."""
        if callee.params[index].kind != "**":
            return True
        if any(name == key for name, _ in call.args):
            return test == "has"
        for name, value in call.args:
            if name == "**":
                if value[0] == "param" and sum(1 for other, _ in call.args if other == "**") == 1:
                    conditions.add(((caller[0], value[1], value[2]), test, key))
                return True
        return test == "lacks"

    def _is_never_none(self, node: Node, term: Term, depth: int = 0) -> bool:
        """Whether a value is certainly not None: an object, be it an empty one, or what always returns such."""
        kind = term[0]
        if kind in ("list", "dict") or (kind == "op" and term[1] in ("format", "Add", "Modulo")):
            return True
        if kind == "join":
            return all(self._is_never_none(node, part, depth) for part in term[1])
        if kind != "call" or depth > HOPS_LIMIT:
            return self._is_object(node, term)
        values = self.callee(node, term[1])
        return bool(values) and all(
            (value[0] == "ext" and value[1].rpartition(".")[2][:1].isupper())
            or value[0] == "cls"
            or (value[0] in ("def", "bound") and self._returns_something((value[1], value[2]), depth + 1))
            for value in values
        )

    def _returns_something(self, node: Node, depth: int) -> bool:
        """Whether a definition returns in any case, and never None."""
        body = self.body(node)
        definition = self.names.definition(node)
        if body is None or definition is None or definition.is_async or definition.yields:
            return False
        returned = [end for end in body.exits if end.kind == "return"]
        certain = any(all(frame[0] == "with" for frame in end.context) for end in returned)
        return certain and all(
            end.value != ("const", None) and (end.value[0] == "const" or self._is_never_none(node, end.value, depth))
            for end in returned
        )

    def _is_object(self, node: Node, term: Term) -> bool:
        """Whether a value is certainly an object that is neither None nor false: an instance, a client, a function."""
        kind = term[0]
        if kind == "func":
            return True
        if kind == "join":
            return all(self._is_object(node, part) for part in term[1])
        if kind == "op" and term[1] == "or":
            return self._is_object(node, term[2][-1])
        if kind == "call":
            values = self.callee(node, term[1])
            return bool(values) and all(
                value[1] in self.constructors
                if value[0] == "ext"
                else value[0] == "cls" and self._always_true((value[1], value[2]))
                for value in values
            )
        if kind == "name":
            values = tuple(self.names.name(node[0], node[1], term[1]))
        elif kind == "attr" and self._is_receiver(node[0], term[1]):
            definition = self.names.definition((node[0], term[1][1]))
            assert definition is not None
            values = tuple(self.names.attribute(("self", node[0], definition.owner), term[2]))
        else:
            return False
        return bool(values) and all(
            value[1].partition("(")[0] in self.constructors and value[1].endswith(")")
            if value[0] == "ext"
            else value[0] in ("def", "bound", "cls", "mod")
            or (value[0] == "inst" and self._always_true((value[1], value[2])))
            for value in values
        )

    def _always_true(self, node: Node) -> bool:
        """Whether objects of a class have no say in whether they are true."""
        classes = [self.names.class_of(owner) for owner in self.names.ancestors(node)]
        return not any(class_ is not None and {"__bool__", "__len__"} & class_.attributes.keys() for class_ in classes)


def _outer_term(expr: Expr, definition: Def) -> Term | None:
    """The Term of a callee or argument that nothing local is in; None for all else."""
    if expr is None:
        return None
    if expr[0] == "k":
        return ("const", expr[1])
    if expr[0] == "n":
        local = expr[1] in definition.bindings or expr[1] in definition.outer_names
        return None if local else ("name", expr[1])
    if expr[0] == "a" and (owner := _outer_term(expr[1], definition)) is not None:
        return ("attr", owner, expr[2])
    if expr[0] == "i" and (owner := _outer_term(expr[1], definition)) is not None:
        key = expr[2]
        return ("item", owner, ("const", key[1])) if key is not None and key[0] == "k" else None
    return None


def _is_descriptor(name: Any) -> bool:
    """Whether a class body's ``x = Name(…)`` declares a field rather than making a value."""
    return type(name) is str and (name[:1].isupper() or name == "mapped_column")


def _below(roots: Roots, *keys: Any) -> Roots:
    """The roots of a part: event and parameter roots are followed down, the others stay what they are."""
    if not keys or not roots:
        return roots
    path = tuple([key if type(key) is str else "[]" for key in keys])
    return frozenset(
        [
            (*root[:-1], (root[-1] + path)[:PATH_LIMIT]) if root[0] in ("event", "context", "param") else root
            for root in roots
        ]
    )


def _widened(roots: Roots) -> Roots:
    """The roots with their paths shortened where they are too many: code that walks a structure makes ever new ones."""
    length = PATH_LIMIT
    while len(roots) > ROOTS_LIMIT and length:
        length -= 1
        roots = frozenset(
            (*root[:-1], root[-1][:length]) if root[0] in ("event", "context", "param") else root for root in roots
        )
    return roots


def demands(test: Term, taken: bool) -> list[tuple[Term, str, Any]]:
    """What ``test`` being true (or false) demands of its parts, as far as it is simple."""
    if test[0] in ("param", "const", "item", "call", "name"):
        return [(test, "truthy" if taken else "falsy", None)]
    if test[0] != "op":
        return []
    operator, parts = test[1], test[2]
    if operator == "not":
        return demands(parts[0], not taken)
    if (operator == "and" and taken) or (operator == "or" and not taken):
        return [demand for part in parts for demand in demands(part, taken)]
    if operator in ("and", "or"):  # one of them has to hold
        options = [demands(part, taken) for part in parts]
        if all(len(option) == 1 for option in options):
            return [(("any-of",), "any", tuple(option[0] for option in options))]
        return []
    if operator in ("is", "is not", "==", "!=") and len(parts) == 2 and parts[1][0] == "const":
        equal = (operator in ("is", "==")) == taken
        return [(parts[0], "equal" if equal else "different", parts[1][1])]
    if operator in ("in", "not in") and len(parts) == 2 and parts[0][0] == "const" and parts[1][0] == "param":
        return [(parts[1], "has" if (operator == "in") == taken else "lacks", parts[0][1])]
    return []


def _holds_for_object(test: str) -> bool:
    """Whether a condition can hold of an object that is true and equal to no constant."""
    return test not in ("falsy", "equal")


def holds(actual: Any, test: str, value: Any) -> bool:
    """Whether a constant meets a demand of `demands` (of those that compare), or one on how it begins or ends."""
    if test == "truthy":
        return bool(actual)
    if test == "falsy":
        return not actual
    method = test.rpartition(" ")[2]
    if method in _AFFIXES:
        return type(actual) is not str or getattr(actual, method)(value) == (method == test)
    return bool(actual == value) == (test == "equal")


def passed(call: Call, definition: Def, index: int, offset: int) -> Term | None:
    """The Term that ``call`` passes for a parameter; None where it is left to the default."""
    param = definition.params[index]
    if param.kind == "*":
        rest = tuple(value for name, value in call.args if isinstance(name, int) and name >= index - offset)
        return ("list", rest)
    if param.kind == "**":
        names = {other.name for other in definition.params}
        return ("list", tuple(value for name, value in call.args if isinstance(name, str) and name not in names))
    for name, value in call.args:
        if name == param.name:
            return value
    position = index - offset
    for name, value in call.args:
        if param.kind == "" and name == position:
            return value
    for name, value in call.args:
        if name == "**" or (name == "*" and param.kind == ""):
            if value[0] == "dict":
                for key, inner in value[1]:
                    if key == ("const", param.name):
                        return tuple(inner)
                if all(key[0] == "const" for key, _ in value[1]):
                    continue
            return ("item", value, ("unknown", ""))
    return None
