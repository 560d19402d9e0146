"""Reduction: a value in terms of constants and of what the caller passes.

`Flow.roots` tells what a value is decided by; this tells what it *is*, as far as that can be said at all, so
that "no timeout on any route" and "invoked synchronously by this caller" can be proven. What is not one of
these forms is unknown, and an unknown value proves nothing:

    ("const", value)                 ("absent",)         an argument or entry that is not there
    ("param", qualname, index)       ("entry", param, name)   an entry of a mapping that is a parameter
    ("else", term, term)             the second where the first turns out to be absent
    ("join", terms)                  one of several
    ("op", operator, terms)          computed from them
    ("list", terms)                  ("dict", ((key, term), …))
    ("made", operation, ((name, term), …))   the result of something from outside the project
    ("unknown", reason)              the reason is "event", "exception" (one that was caught) or ""

Parameters are those of the definition that the value was asked for in, or of one around it; `through` replaces
them by what one edge of the call graph passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.source.names import argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambdalint.source.callgraph import Edge
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node, Values
    from lambdalint.source.skeleton import CallRef, Def, Expr

DEPTH_LIMIT = 40
TERM_DEPTH = 30
CALLERS_LIMIT = 40  # calls of one definition that a value is looked for in
RESULTS_LIMIT = 8  # definitions that one call may run
ABSENT: Term = ("absent",)
UNKNOWN: Term = ("unknown", "")
EXCEPTION: Term = ("unknown", "exception")  # what an except clause binds
_OUTSIDE = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol"})


class Reduction:
    """Reduces Terms of lowered Bodies and Exprs of skeletons over one Flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.names = flow.names
        self.program = flow.program
        self._active: set[Any] = set()
        self._memo: dict[Any, Term] = {}
        self._stores: dict[str, list[tuple[str, str, Expr]]] | None = None

    # -- Terms

    def term(self, node: Node, term: Term) -> Term:
        """A Term of the definition ``node``, reduced."""
        return self._once(("term", node, term), lambda: self._term(node, term))

    def entry(self, node: Node, term: Term, name: str) -> Term:
        """The entry ``name`` of a Term that is a mapping, reduced; ``("absent",)`` where it has none."""
        return self._once(("entry", node, term, name), lambda: self._entry(node, term, name))

    def argument(self, node: Node, call: Call, name: str, position: int | None = None) -> Term:
        """What a call passes as keyword ``name`` or at ``position``, also inside ``*`` and ``**``, reduced."""
        for given, value in call.args:
            if given == name or (position is not None and given == position):
                return self.term(node, value)
        if position is not None and any(given == "*" for given, _ in call.args):
            return UNKNOWN
        return self._unpacked(node, call, name, ABSENT)

    def _unpacked(self, node: Node, call: Call, name: str, otherwise: Term) -> Term:
        found = otherwise
        for given, value in call.args:
            if given == "**":
                found = _else(self.entry(node, value, name), found)
        return found

    def _once(self, key: Any, work: Callable[[], Term]) -> Term:
        found = self._memo.get(key)
        if found is not None:
            return found
        if key in self._active or len(self._active) > DEPTH_LIMIT:
            return UNKNOWN
        self._active.add(key)
        try:
            result = work()
        finally:
            self._active.discard(key)
        if not self._active:
            self._memo[key] = result
        return result

    def _term(self, node: Node, term: Term) -> Term:
        kind = term[0]
        if kind == "const":
            return term
        if kind == "param":
            return self._parameter(node, term)
        if kind == "name":
            return self.expr(node[0], node[1], ("n", term[1]))
        if kind == "attr":
            return self._attribute(node, term)
        if kind == "item":
            if term[2][0] == "const" and type(term[2][1]) is str:
                found = self.entry(node, term[1], term[2][1])
                return UNKNOWN if _mentions(found, "absent") else found
            return UNKNOWN
        if kind == "call":
            return self._result(node, term[1], None)
        if kind == "join":
            return join(self.term(node, part) for part in term[1])
        if kind == "list":
            return ("list", tuple(self.term(node, part) for part in term[1]))
        if kind == "dict":
            return ("dict", tuple((key, self.term(node, part)) for key, part in term[1]))
        if kind == "op":
            return ("op", term[1], tuple(self.term(node, part) for part in term[2]))
        return term if term == EXCEPTION else UNKNOWN

    def _parameter(self, node: Node, term: Term) -> Term:
        target = (node[0], term[1])
        if (*target, term[2]) in self.names.entry_params:
            return ("unknown", "event")
        definition = self.names.definition(target)
        return term if definition is not None and definition.params[term[2]].kind in ("", "k") else UNKNOWN

    def _attribute(self, node: Node, term: Term) -> Term:
        base = term[1]
        if base[0] == "param" and base[2] == 0:
            for value in self.names.parameter(node[0], base[1], 0):
                if value[0] in ("self", "cls"):
                    return self._of_class((value[1], value[2]), term[2])
        dotted = _dotted(term)
        return self.expr(node[0], node[1], dotted) if dotted is not None else UNKNOWN

    def _entry(self, node: Node, term: Term, name: str) -> Term:
        kind = term[0]
        if kind == "dict":
            found: Term = ABSENT
            for key, value in term[1]:
                if key == ("unknown", "**"):
                    found = _else(self.entry(node, value, name), found)
                elif key[0] != "const":
                    return UNKNOWN
                elif key[1] == name:
                    found = self.term(node, value)
            return found
        if kind == "param":
            definition = self.names.definition((node[0], term[1]))
            if definition is None or definition.params[term[2]].kind == "*" or self._changed(node, term, name):
                return UNKNOWN
            return UNKNOWN if (node[0], term[1], term[2]) in self.names.entry_params else ("entry", term, name)
        if kind == "join":
            return join(self.entry(node, part, name) for part in term[1])
        if kind == "op" and term[1] == "stored":
            return self._stored(node, term[2], name)
        if kind == "call":
            return self._result(node, term[1], name)
        if kind in ("name", "attr") and not self._grows(term[-1]):
            return _of_display(self.term(node, term), name)
        return UNKNOWN

    def _stored(self, node: Node, parts: tuple[Term, ...], name: str) -> Term:
        """An entry of a dict that was stored into: by key, or from other mappings with ``update``."""
        base, rest = parts[0], parts[1:]
        if len(rest) == 2 and rest[0][0] == "const" and type(rest[0][1]) is str:
            return self.term(node, rest[1]) if rest[0][1] == name else self.entry(node, base, name)
        found = self.entry(node, base, name)
        for part in rest:
            found = _else(self.entry(node, part, name), found)
        return found

    def _changed(self, node: Node, term: Term, name: str) -> bool:
        """Whether ``setdefault`` (which binds nothing) may put the entry into a mapping."""
        body = self.flow.body(node)
        return body is None or any(
            store.target[:2] == ("item", term) and (store.target[2][0] != "const" or store.target[2][1] == name)
            for store in body.stores
        )

    def _grows(self, name: str) -> bool:
        """Whether anything of the project stores into a collection of that name, or may."""
        changed = (
            call.callee[1]
            for tail in ("update", "setdefault")
            for _, _, call in self.names.index().get(tail, ())
            if call.callee is not None and call.callee[0] == "a"
        )
        return bool(self.stores(name)) or any(
            base is not None and base[0] in ("n", "a") and base[-1] == name for base in changed
        )

    def stores(self, name: str) -> list[tuple[str, str, Expr]]:
        """The stores to ``….name`` and ``….name[key]`` in all loaded modules: (path, scope, what is stored to)."""
        if self._stores is None:
            self._stores = {}
            for skeleton in self.program.loaded():
                for scope, base, _ in skeleton.item_stores:
                    if base is not None and base[0] in ("n", "a"):
                        self._stores.setdefault(base[-1], []).append((skeleton.path, scope, base))
        return self._stores.get(name, [])

    # -- results of calls

    def _result(self, node: Node, k: int, name: str | None) -> Term:
        """What call ``k`` returns; the entry ``name`` of that, where a name is given."""
        call = self.flow.call(node, k)
        values = self.flow.callee(node, k)
        if call is None or not values or len(values) > RESULTS_LIMIT:
            return UNKNOWN
        if call.tail in ("copy", "deepcopy") and name is not None:
            if call.func[0] == "attr" and not call.args:
                return self.entry(node, call.func[1], name)
            if call.args:
                return self.entry(node, call.args[0][1], name)
        return join(self._of_callee(node, call, value, name) for value in values)

    def _of_callee(self, node: Node, call: Call, value: Any, name: str | None) -> Term:
        if value[0] == "ext":
            if name is None:
                return ("made", value[1], tuple((given, self.term(node, part)) for given, part in call.args))
            if value[1] == "dict":
                start: Term = ABSENT
                for given, part in call.args:
                    start = self.entry(node, part, name) if given == 0 else UNKNOWN if type(given) is int else start
                return _else(self.argument(node, call, name), start)
            return UNKNOWN
        if value[0] not in ("def", "bound"):
            return UNKNOWN
        target = (value[1], value[2])
        definition = self.names.definition(target)
        body = self.flow.body(target)
        if definition is None or body is None or definition.yields:
            return UNKNOWN
        ends = [end.value for end in body.exits if end.kind == "return"]
        found = join(self.term(target, end) if name is None else self.entry(target, end, name) for end in ends)
        offset = 1 if value[0] == "bound" else 0
        return self._replaced(found, target, definition, node, call, offset) if ends else UNKNOWN

    # -- from a definition to its caller

    def through(self, edge: Edge, call: Call | None, term: Term) -> Term:
        """``term``, reduced in the callee of ``edge``, in terms of the caller; ``call`` is the edge's, lowered."""
        definition = self.names.definition(edge.callee)
        if definition is None:
            return UNKNOWN
        found = self._replaced(term, edge.callee, definition, edge.caller, self._as_called(edge, call), edge.offset)
        return found if _shallow(found, TERM_DEPTH) else UNKNOWN  # a recursive function adds to it in each round

    def _as_called(self, edge: Edge, call: Call | None) -> Call | None:
        """The call as the callee sees it: what a runner is given for it, moved to the front."""
        if call is None or edge.kind in ("call", "construct"):
            return call
        spec = self.flow.graph.runners.get(edge.runner, {})
        positions = spec.get("positions", ())
        how = spec.get("arguments")
        if edge.kind != "callback" or how not in ("rest", "elements", "none") or len(positions) != 1:
            return None
        moved: list[tuple[int | str, Term]] = []
        for given, value in call.args:
            if given == "*":
                return None
            if type(given) is int and given > positions[0] and how != "none":
                moved.append((given - positions[0] - 1, value if how == "rest" else ("elem", value)))
            elif type(given) is str and how == "rest":
                moved.append((given, value))
        return call._replace(args=tuple(moved))

    def _replaced(
        self, term: Term, callee: Node, definition: Def, caller: Node, call: Call | None, offset: int
    ) -> Term:
        kind = term[0]
        if kind in ("param", "entry"):
            param = term if kind == "param" else term[1]
            if param[1] != callee[1]:
                return term if param[1] == caller[1] and callee[0] == caller[0] else UNKNOWN
            if call is None or param[2] < offset:
                return UNKNOWN
            if kind == "param":
                return self._given(caller, call, definition, callee, param[2], offset)
            return self._given_entry(caller, call, definition, callee, param[2], offset, term[2])

        def inner(part: Term) -> Term:
            return self._replaced(part, callee, definition, caller, call, offset)

        if kind == "join":
            return join(inner(part) for part in term[1])
        if kind == "else":
            return _else(inner(term[1]), inner(term[2]))
        if kind == "list":
            return ("list", tuple(inner(part) for part in term[1]))
        if kind == "dict":
            return ("dict", tuple((key, inner(part)) for key, part in term[1]))
        if kind == "op":
            return ("op", term[1], tuple(inner(part) for part in term[2]))
        if kind == "made":
            return ("made", term[1], tuple((given, inner(part)) for given, part in term[2]))
        return term if kind in ("const", "absent", "unknown") else UNKNOWN

    def _given(self, caller: Node, call: Call, definition: Def, callee: Node, index: int, offset: int) -> Term:
        param = definition.params[index]
        for given, value in call.args:
            if given == param.name or (param.kind == "" and given == index - offset):
                return self.term(caller, value)
        if param.kind == "" and any(given == "*" for given, _ in call.args):
            return UNKNOWN
        default = self.expr(callee[0], definition.parent, param.default) if param.has_default else UNKNOWN
        return self._unpacked(caller, call, param.name, default)

    def _given_entry(
        self, caller: Node, call: Call, definition: Def, callee: Node, index: int, offset: int, name: str
    ) -> Term:
        param = definition.params[index]
        if param.kind == "**":
            if all(other.name != name for other in definition.params):
                for given, value in call.args:
                    if given == name:
                        return self.term(caller, value)
            return self._unpacked(caller, call, name, ABSENT)
        for given, value in call.args:
            if given == param.name or (param.kind == "" and given == index - offset):
                return self.entry(caller, value, name)
        return UNKNOWN

    # -- Exprs of skeletons: module constants, class attributes, defaults

    def expr(self, path: str, scope: str, expr: Expr) -> Term:
        """An Expr of the definition ``scope`` ("" for module level), reduced; parameters by all of their callers."""
        if expr is None:
            return UNKNOWN
        return self._once(("expr", path, scope, expr), lambda: self._expr(path, scope, expr))

    def _expr(self, path: str, scope: str, expr: Expr) -> Term:
        kind = expr[0]
        if kind == "k":
            return ("const", expr[1])
        if kind == "n":
            return self._name(path, scope, expr[1])
        if kind == "m":
            found = self.program.resolve(path, expr[1], expr[2])
            inside = found is not None and expr[3] is not None and not found.endswith("/")
            return self._name(found, "", expr[3]) if inside and found is not None else UNKNOWN
        if kind == "a":
            return self._member(self.names.resolve(path, scope, expr[1]), expr[2])
        if kind == "o":
            return join(self.expr(path, scope, part) for part in expr[1])
        if kind == "l":
            return ("list", tuple(self.expr(path, scope, part) for part in expr[1]))
        if kind == "d":
            pairs = (((("const", key) if key is not None else UNKNOWN), part) for key, part in expr[1])
            return ("dict", tuple((key, self.expr(path, scope, part)) for key, part in pairs))
        if kind == "p":
            return self._by_callers(path, scope, expr[1])
        if kind == "c":
            return self._made(path, scope, expr)
        return UNKNOWN

    def _made(self, path: str, scope: str, expr: Expr) -> Term:
        values = self.names.resolve(path, scope, expr[1])
        if len(values) != 1 or values[0][0] != "ext":
            return UNKNOWN
        given = [(index, self.expr(path, scope, part)) for index, part in enumerate(expr[2])]
        return ("made", values[0][1], (*given, *((word, self.expr(path, scope, part)) for word, part in expr[3])))

    def _name(self, path: str, scope: str, name: str) -> Term:
        skeleton = self.program.skeleton(path)
        if skeleton is None:
            return UNKNOWN
        at = scope
        while at:
            definition = skeleton.defs.get(at)
            if definition is None:
                break
            if name in definition.bindings and name not in definition.outer_names:
                return join(self.expr(path, at, bound) for bound in definition.bindings[name])
            at = definition.parent
        bindings = skeleton.bindings.get(name, ())
        if not bindings or any(where for where, _ in bindings):
            return UNKNOWN
        return join(self.expr(path, "", bound) for _, bound in bindings)

    def _member(self, values: Values, name: str) -> Term:
        if not values:
            return UNKNOWN
        found = []
        for value in values:
            if value[0] == "mod" and not value[1].endswith("/"):
                found.append(self._name(value[1], "", name))
            elif value[0] in ("cls", "inst", "self"):
                found.append(self._of_class((value[1], value[2]), name))
            else:
                return UNKNOWN
        return join(found)

    def _of_class(self, owner: Node, attribute: str) -> Term:
        """All that the class, its bases and its subclasses bind an attribute to."""
        family = self.names.ancestors(owner)
        found = []
        for node in (*family, *self.names.subclasses(owner)):
            class_ = self.names.class_of(node)
            if class_ is None:
                return UNKNOWN
            found += [self.expr(node[0], class_.parent, bound) for bound in class_.attributes.get(attribute, ())]
            found += [self.expr(node[0], where, bound) for where, bound in class_.instance.get(attribute, ())]
        bases = [base for node in family for base in self.names.bases(node)]
        outside = any(base[0] == "ext" and base[1] not in _OUTSIDE for base in bases)
        if not found or outside or self._set_elsewhere(owner, attribute):
            return UNKNOWN
        return join(found)

    def _set_elsewhere(self, owner: Node, attribute: str) -> bool:
        """Whether an attribute of this name is stored from outside the methods of the class's family."""
        family = {*self.names.ancestors(owner), *self.names.subclasses(owner)}
        return any(
            base[0] == "a" and (path, scope.rpartition(".")[0]) not in family
            for path, scope, base in self.stores(attribute)
        )

    def _by_callers(self, path: str, scope: str, index: int) -> Term:
        definition = self.names.definition((path, scope))
        if definition is None or (path, scope, index) in self.names.entry_params:
            return UNKNOWN
        param = definition.params[index]
        callers = self.names.callers((path, scope))
        if not callers or len(callers) > CALLERS_LIMIT or param.kind not in ("", "k"):
            return UNKNOWN
        return join(self._from(at, where, call, path, definition, index, offset) for at, where, call, offset in callers)

    def _from(self, at: str, where: str, call: CallRef, path: str, definition: Def, index: int, offset: int) -> Term:
        param = definition.params[index]
        given = argument(definition, index, call, offset)
        if given is not None:
            return self.expr(at, where, given)
        named = any(word in (param.name, "**") for word, _ in call.keywords)
        if named or 0 <= index - offset < len(call.args) or (param.kind == "" and None in call.args):
            return UNKNOWN  # passed, in a form that is not read, or perhaps unpacked
        return self.expr(path, definition.parent, param.default) if param.has_default else UNKNOWN


def join(terms: Iterable[Term]) -> Term:
    """One of several."""
    flat: dict[Term, None] = {}
    for term in terms:
        flat.update(dict.fromkeys(term[1] if term[0] == "join" else (term,)))
    found = tuple(flat)
    return found[0] if len(found) == 1 else ("join", found) if found else UNKNOWN


def _else(first: Term, second: Term) -> Term:
    """``second`` where ``first`` is absent."""
    if first == ABSENT:
        return second
    if first[0] == "join":
        return join(_else(part, second) for part in first[1])
    return ("else", first, second) if _mentions(first, "absent") or is_open(first) else first


def _of_display(term: Term, name: str) -> Term:
    """An entry of a reduced dict."""
    if term[0] != "dict" or any(key[0] != "const" for key, _ in term[1]):
        return UNKNOWN
    for key, value in reversed(term[1]):
        if key[1] == name:
            return tuple(value)
    return ABSENT


def _mentions(term: Any, kind: str) -> bool:
    return type(term) is tuple and (term[:1] == (kind,) or any(_mentions(part, kind) for part in term))


def _shallow(term: Any, levels: int) -> bool:
    return levels > 0 and all(_shallow(part, levels - 1) for part in term if type(part) is tuple)


def is_open(term: Term) -> bool:
    """Whether a caller still has a say in it."""
    return _mentions(term, "param") or _mentions(term, "entry")


def constants(term: Term) -> tuple[tuple[Any, ...], bool] | None:
    """The constants that a closed Term may be and whether it may be absent; None where any of it is not constant."""
    found: list[Any] = []
    absent = False
    for part in alternatives(term):
        if part == ABSENT:
            absent = True
        elif part[0] == "const":
            found.append(part[1])
        elif part[0] == "op" and part[1] == "or" and len(part[2]) == 2:
            sides = [constants(side) for side in part[2]]
            if sides[0] is None or sides[1] is None or sides[0][1] or sides[1][1]:
                return None
            left = sides[0][0]
            found += [value for value in left if value]
            if not all(left):
                found += sides[1][0]
        else:
            return None
    return tuple(found), absent


def alternatives(term: Term) -> tuple[Term, ...]:
    """The Terms of a join; of anything else itself."""
    return tuple(term[1]) if term[0] == "join" else (term,)


def _dotted(term: Term) -> Expr:
    """The Expr of a Term like ``settings.http.TIMEOUT``; None where it is anything else."""
    if term[0] == "name":
        return ("n", term[1])
    base = _dotted(term[1]) if term[0] == "attr" else None
    return ("a", base, term[2]) if base is not None else None
