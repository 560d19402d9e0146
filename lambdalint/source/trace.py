"""Traces: where a value comes from, unchanged.

`Flow.roots` tells what a value is decided by, through any computation. A trace is stricter: it follows a
value through assignments, parameters, attributes, dict items, returns and the picking apart of strings,
and gives up (``("other",)``) where something new is made of it. So a name put together from
``context.function_name`` and a suffix is not the name of this function.

Leaves: ``("const", value)``, ``("env", name)``, ``("event", keys)``, ``("context", keys)``, ``("other",)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.source.flow import passed
from lambdalint.source.names import EVENT, Node, Value, Values

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Call, Term

DEPTH_LIMIT = 24
OTHER = frozenset({("other",)})
Leaves = frozenset[tuple[Any, ...]]

# Methods that pick a string apart, or spell the same string another way.
_SAME = frozenset(
    {"split", "rsplit", "partition", "rpartition", "strip", "lstrip", "rstrip", "decode", "encode", "splitlines"}
)


class Tracer:
    """Traces values of one region."""

    def __init__(self, flow: Flow, region: Region) -> None:
        self.flow = flow
        self.names = flow.names
        self.region = region
        self._active: set[Any] = set()

    def trace(self, node: Node, term: Term, key: str | None = None) -> Leaves:
        """The leaves of a value; of its item ``key``, if given."""
        state = (node, term, key)
        if state in self._active or len(self._active) > DEPTH_LIMIT:
            return frozenset()
        self._active.add(state)
        try:
            return self._trace(node, term, key)
        finally:
            self._active.discard(state)

    def _all(self, node: Node, terms: tuple[Term, ...], key: str | None) -> Leaves:
        return frozenset(leaf for term in terms for leaf in self.trace(node, term, key))

    def _trace(self, node: Node, term: Term, key: str | None) -> Leaves:
        kind = term[0]
        if kind == "const":
            return frozenset({term}) if key is None else frozenset()
        if kind == "join" or (kind == "op" and term[1] in ("or", "join")):
            return self._all(node, term[-1], key)
        if kind == "dict" and key is not None:
            return self._all(node, tuple(value for name, value in term[1] if name == ("const", key)), None) or OTHER
        if kind == "op" and term[1] == "stored":
            return self.trace(node, term[2][0], key)
        if kind == "op" and term[1] == "format" and key is None:
            return self._formatted(node, term[2])
        if kind in ("elem", "enter"):
            return self.trace(node, term[1], key)
        if kind == "item":
            if term[2][0] == "const" and type(term[2][1]) is str and key is None:
                return self.trace(node, term[1], term[2][1])
            return self.trace(node, term[1], key)
        if kind == "param":
            return self._parameter(node, term, key)
        if kind == "attr":
            return self._attribute(node, term, key)
        if kind == "call":
            return self._result(node, term[1], key)
        if kind == "name":
            return self._name(node, term, key)
        return OTHER

    def _formatted(self, node: Node, parts: tuple[Term, ...]) -> Leaves:
        """``f"arn:aws:lambda:{region}:{account}:function:{name}"`` names what ``name`` names."""
        parts = tuple(part for part in parts if part != ("const", ""))
        if len(parts) == 1:
            return self.trace(node, parts[0])
        if len(parts) > 1 and parts[-2][0] == "const" and str(parts[-2][1]).endswith("function:"):
            return self.trace(node, parts[-1])
        return OTHER

    def _parameter(self, node: Node, term: Term, key: str | None) -> Leaves:
        target = (node[0], term[1])
        entry = self.names.entry_params.get((*target, term[2]))
        if entry is not None:
            return frozenset({("event" if entry == EVENT else "context", () if key is None else (key,))})
        definition = self.names.definition(target)
        if definition is None:
            return OTHER
        found: set[Any] = set()
        edges = self.region.incoming.get(target, ())
        for edge in edges:
            call = self.flow.called(edge)
            if call is None or edge.kind not in ("call", "construct"):
                return OTHER
            given = passed(call, definition, term[2], edge.offset)
            if given is not None:
                found |= self.trace(edge.caller, given, key)
            elif definition.params[term[2]].has_default:
                default = definition.params[term[2]].default
                found |= {("const", default[1])} if default is not None and default[0] == "k" else OTHER
        return frozenset(found) if edges else OTHER

    def _attribute(self, node: Node, term: Term, key: str | None) -> Leaves:
        found: set[Any] = set()
        if key is not None and ("ext", "os.environ") in self.types(node, term):
            return frozenset({("env", key)})
        for value in self.types(node, term[1]):
            if value[0] in ("inst", "self"):
                found |= self._of_class(value, term[2], key)
        if not found and term[1][0] in ("param", "attr"):  # a part of the event or the context, however it came here
            below = (term[2],) if key is None else (term[2], key)
            found = {
                (leaf[0], (*leaf[1], *below)) if leaf[0] in ("event", "context") else ("other",)
                for leaf in self.trace(node, term[1])
            }
        return frozenset(found) or OTHER

    def _of_class(self, value: Value, attribute: str, key: str | None) -> Leaves:
        """What the methods of a class store into an attribute, or what its property returns."""
        found: set[Any] = set()
        for method in self.names.property_of(value, attribute):
            found |= self._returned(method, key)
        for owner in self.names.ancestors((value[1], value[2])):
            class_ = self.names.class_of(owner)
            for where in (
                sorted({where for where, _ in class_.instance.get(attribute, ())}) if class_ is not None else ()
            ):
                body = self.flow.body((owner[0], where))
                for store in body.stores if body is not None else ():
                    if store.target == ("attr", ("param", where, 0), attribute):
                        found |= self.trace((owner[0], where), store.value, key)
        return frozenset(found)

    def _returned(self, node: Node, key: str | None, call: tuple[Node, Call, int] | None = None) -> Leaves:
        body = self.flow.body(node)
        definition = self.names.definition(node)
        if body is None or definition is None:
            return OTHER
        found: set[Any] = set()
        for end in body.exits:
            if end.kind != "return":
                continue
            if call is not None and end.value[0] == "param" and end.value[1] == node[1]:
                given = passed(call[1], definition, end.value[2], call[2])
                found |= self.trace(call[0], given, key) if given is not None else OTHER
            else:
                found |= self.trace(node, end.value, key)
        return frozenset(found) or OTHER

    def _result(self, node: Node, k: int, key: str | None) -> Leaves:
        call = self.flow.call(node, k)
        if call is None:
            return OTHER
        first = call.args[0][1] if call.args else None
        found: set[Any] = set()
        for value in self.flow.callee(node, k):
            if value[0] in ("def", "bound"):
                found |= self._returned((value[1], value[2]), key, (node, call, int(value[0] == "bound")))
            elif value[0] == "ext" and value[1] in self.flow.environment:
                name = first[1] if first is not None and first[0] == "const" else ""
                found |= {("env", name)}
                if len(call.args) > 1:  # os.environ.get(name, default)
                    found |= self.trace(node, call.args[1][1])
            elif value[0] == "ext" and value[1] == "str" and first is not None:
                found |= self.trace(node, first, key)
            elif (
                call.func[0] == "attr"
                and call.tail == "get"
                and first is not None
                and first[0] == "const"
                and key is None
            ):
                found |= self.trace(node, call.func[1], str(first[1]))
            elif call.func[0] == "attr" and call.tail in _SAME:
                found |= self.trace(node, call.func[1], key)
            else:
                return OTHER
        if not found and call.func[0] == "attr" and call.tail in _SAME:
            return self.trace(node, call.func[1], key)
        return frozenset(found) or OTHER

    def _name(self, node: Node, term: Term, key: str | None) -> Leaves:
        values = tuple(self.names.name(node[0], node[1], term[1]))
        if values == (("ext", "os.environ"),) and key is not None:
            return frozenset({("env", key)})
        if key is None and values and all(value[0] == "const" for value in values):
            return frozenset(values)
        skeleton = self.flow.program.skeleton(node[0])
        bound = skeleton.bindings.get(term[1], ()) if skeleton is not None else ()
        if key is None and len(bound) == 1 and not bound[0][0]:
            name = environment_name(self.names.resolve(node[0], "", bound[0][1]), bound[0][1])
            if name is not None:
                return frozenset({("env", name)})
        return OTHER

    def types(self, node: Node, term: Term) -> Values:
        """The Values of a Term, as far as names can tell."""
        kind = term[0]
        if kind == "name":
            return tuple(self.names.name(node[0], node[1], term[1]))
        if kind == "param":
            return tuple(self.names.parameter(node[0], term[1], term[2]))
        if kind == "attr":
            return tuple(found for value in self.types(node, term[1]) for found in self.names.attribute(value, term[2]))
        if kind == "call":
            call = self.flow.reference(node, term[1])
            if call is None:
                return ()
            return tuple(
                found
                for value in self.flow.callee(node, term[1])
                for found in self.names.result(value, call.args, call.keywords, *node)
            )
        if kind in ("join", "list"):
            return tuple(found for part in term[1] for found in self.types(node, part))
        if kind in ("item", "elem"):
            return tuple(found for value in self.types(node, term[1]) for found in self.names.item(value, None))
        if kind == "enter":
            return self.types(node, term[1])
        return ()


def environment_name(values: Values, expr: Any) -> str | None:
    """The variable that a module-level ``NAME = os.environ["X"]`` (or ``os.getenv("X")``) reads."""
    operations = {value[1] for value in values if value[0] == "ext"}
    if not expr or not operations & {"os.environ[]", "os.environ.get()", "os.getenv()"}:
        return None
    key = expr[2] if expr[0] == "i" else expr[2][0] if expr[0] == "c" and expr[2] else None
    return str(key[1]) if key is not None and key[0] == "k" and type(key[1]) is str else None
