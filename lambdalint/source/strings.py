"""What strings are, piece by piece: the names of resources and the keys of objects that code puts together.

A value is a set of alternatives, each a tuple of pieces, of which the string is the concatenation:

    "text"                       a literal part
    ("env", name, default)       an environment variable; default is a str where the code has one, else None
    ("event", keys)              a part of the event, unchanged; "[]" is any element; attributes count as keys
    ("context", keys)            a part of the context object
    ("head", piece, separator)   what that piece is before a separator, ("tail", …) behind it; "" for an unknown one
    ("param", path, qualname, n) a parameter of a definition that is looked at by itself
    ("upper", piece)             ("lower", piece)   such a parameter in upper or lower case
    ("variable", names, default) an environment variable whose name is made of such parameters
    ("made", operation, args)    an object that an operation made, with what it was given: (name, alternatives);
                                 the name is "" for the object whose method it is
    ("other",)                   anything else

A parameter is what the callers inside the region pass, so two entry points may give one site two names; in the result
of a call it is what that call passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lambdalint.patterns import regex
from lambdalint.source.flow import passed
from lambdalint.source.names import EVENT, Node

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.skeleton import Def, Expr

Piece = Any  # str or one of the tuples above
Pieces = tuple[Piece, ...]
Patterns = frozenset[Pieces]

DEPTH_LIMIT = 40
STEPS_LIMIT = 20_000  # of one region; beyond, everything is unknown
ALTERNATIVES_LIMIT = 16
DISPLAYS_LIMIT = 100  # places that are looked at for the mappings or elements that one Term may be
OTHER: Piece = ("other",)
UNKNOWN: Patterns = frozenset({(OTHER,)})
NOTHING: Patterns = frozenset()

_SAME = frozenset(
    {"strip", "lstrip", "rstrip", "decode", "encode", "copy", "items", "values", "expanduser", "absolute", "as_posix"}
)
_CASES = ("upper", "lower")
_CUTS = frozenset({"split", "rsplit", "partition", "rpartition", "splitlines"})
_TRANSPARENT = frozenset(
    {"str", "json.loads", "urllib.parse.unquote_plus", "urllib.parse.unquote", "copy.copy", "copy.deepcopy", "list",
     "iter", "next", "reversed", "sorted", "enumerate", "contextlib.closing", "simplejson.loads", "ujson.loads",
     "os.fspath", "os.path.expanduser"}
)  # fmt: skip
_JOINING = frozenset({"os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"})
_CHOICES = frozenset({"random.choice", "secrets.choice"})
_DISPLAYS = frozenset({"dict", "op", "join"})
_HOLE = regex(r"\{\{|\}\}|\{([^{}]*)\}")
_PERCENT = regex(r"%(?:%|\((\w+)\)[sdr]|[sdr])")


class Strings:
    """The strings of one region.

    Args:
        follow: the operations whose results are kept as ``("made", …)``.
    """

    def __init__(self, flow: Flow, region: Region, follow: Callable[[str], bool]) -> None:
        self.flow = flow
        self.names = flow.names
        self.region = region
        self.follow = follow
        self._active: set[Any] = set()
        self._memo: dict[Any, Patterns] = {}
        self._listing: set[tuple[Node, Term]] = set()
        self._short = False
        self._steps = 0

    def _once(self, key: Any, work: Callable[[], Patterns]) -> Patterns:
        """A result by its key; what a cycle or a limit cut short is kept where it was asked for from outside only."""
        found = self._memo.get(key)
        if found is not None:
            return found
        self._steps += 1
        if key in self._active:
            self._short = True
            return NOTHING  # what a loop or recursion adds to itself
        if len(self._active) > DEPTH_LIMIT or self._steps > STEPS_LIMIT:
            self._short = True
            return UNKNOWN
        outer, self._short = self._short, False
        self._active.add(key)
        try:
            result = work()
        finally:
            self._active.discard(key)
        if len(result) > ALTERNATIVES_LIMIT:
            result = UNKNOWN
        if not self._short or not self._active:
            self._memo[key] = result
        self._short = (self._short and bool(self._active)) or outer
        return result

    # -- Terms

    def term(self, node: Node, term: Term) -> Patterns:
        """The alternatives of a Term of the definition ``node``; none for None."""
        return self._closed(self._open(node, term))

    def entry(self, node: Node, term: Term, key: str) -> Patterns:
        """The entry ``key`` of a Term, ``[]`` for any element."""
        return self._closed(self._open_entry(node, term, key))

    def _open(self, node: Node, term: Term) -> Patterns:
        """The alternatives of a Term in terms of the parameters around it."""
        return self._once(("term", node, term), lambda: self._term(node, term))

    def _all(self, node: Node, terms: Iterable[Term]) -> Patterns:
        return frozenset(found for part in terms for found in self._open(node, part))

    def _term(self, node: Node, term: Term) -> Patterns:
        kind = term[0]
        if kind == "const":
            return _constant(term[1])
        if kind == "join":
            return self._all(node, term[1])
        if kind == "op":
            return self._operation(node, term[1], term[2])
        if kind == "item":
            return self._item(node, term)
        if kind == "elem":
            return self._open_entry(node, term[1], "[]")
        if kind == "enter":
            return self._open(node, term[1])
        if kind == "param":
            return self._parameter(node, term)
        if kind == "attr":
            return self._attribute(node, term)
        if kind == "call":
            return self._call(node, term[1])
        if kind == "name":
            return self._name(node[0], node[1], term[1])
        return UNKNOWN

    def _operation(self, node: Node, operator: str, parts: tuple[Term, ...]) -> Patterns:
        if operator in ("or", "join"):
            return self._all(node, parts)
        if operator in ("format", "Add"):
            return concatenated([self._open(node, part) for part in parts])
        if operator == "Divide":  # of paths: what numbers come to is no string
            return _path([self._open(node, part) for part in parts])
        if operator == "Modulo" and parts[0][0] == "const" and type(parts[0][1]) is str:
            return self._percent(node, parts[0][1], parts[1])
        return self._open(node, parts[0]) if operator == "stored" else UNKNOWN

    def _percent(self, node: Node, text: str, given: Term) -> Patterns:
        values = list(given[1]) if given[0] == "list" else [given]
        found: list[Patterns] = []
        end = 0
        for match in _PERCENT.finditer(text):
            found.append(_constant(text[end : match.start()]))
            end = match.end()
            if match[0] == "%%":
                found.append(_constant("%"))
            else:
                found.append(self._open(node, values.pop(0)) if values and match[1] is None else UNKNOWN)
        return concatenated([*found, _constant(text[end:])])

    def _item(self, node: Node, term: Term) -> Patterns:
        key = term[2][1] if term[2][0] == "const" else None
        if self._is_environment(node, term[1]):
            return _variable(self._open(node, term[2]), [])
        if type(key) is str:
            return self._open_entry(node, term[1], key)
        if term[1][0] == "call":
            call = self.flow.call(node, term[1][1])
            if call is not None and call.func[0] == "attr" and call.tail in _CUTS:
                separator = call.args[0][1][1] if call.args and call.args[0][1][0] == "const" else ""
                whole = self._open(node, call.func[1])
                return _cut(whole, "head" if key == 0 else "tail" if key == -1 else "", str(separator))
            if call is not None and call.tail == "splitext" and call.args:
                return _cut(self._open(node, call.args[0][1]), "head" if key == 0 else "", ".")
        if term[1][0] == "list" and type(key) is int and 0 <= key < len(term[1][1]):
            return self._open(node, term[1][1][key])
        return self._open_entry(node, term[1], "[]")

    def _is_environment(self, node: Node, term: Term) -> bool:
        if term[0] == "name":
            return ("ext", "os.environ") in tuple(self.names.name(node[0], node[1], term[1]))
        if term[0] == "attr" and term[2] == "environ" and term[1][0] == "name":
            return ("ext", "os") in tuple(self.names.name(node[0], node[1], term[1][1]))
        return False

    def _open_entry(self, node: Node, term: Term, key: str) -> Patterns:
        return self._once(("entry", node, term, key), lambda: self._entry(node, term, key))

    def _entry(self, node: Node, term: Term, key: str) -> Patterns:
        kind = term[0]
        if kind == "dict" and key != "[]":
            values = [value for name, value in term[1] if name == ("const", key)]
            return self._open(node, values[-1]) if values else UNKNOWN
        if kind == "list" and key == "[]":
            return self._all(node, term[1])
        if kind == "join" or (kind == "op" and term[1] in ("or", "join")):
            return frozenset(found for part in term[-1] for found in self._open_entry(node, part, key))
        if kind == "op" and term[1] == "stored":
            parts = term[2]
            if len(parts) == 3 and parts[1] == ("const", key):
                return self._open(node, parts[2])
            return self._open_entry(node, parts[0], key)
        if kind in ("param", "call"):
            found = self._stands_for(node, term)
            if found and all(part[0] in _DISPLAYS for _, part in found):
                return frozenset(pieces for at, part in found for pieces in self._open_entry(at, part, key))
        return below(self._closed(self._open(node, term)), key)

    # -- mappings and lists as they are written

    def displays(self, node: Node, term: Term) -> list[tuple[Node, Term]]:
        """The mappings that a Term may be, each with the definition that writes it; what else it may be is left out."""
        found: dict[tuple[Node, Term], None] = {}
        queue = [(node, term)]
        seen = set(queue)
        while queue and len(seen) < DISPLAYS_LIMIT:
            at, part = queue.pop()
            if part[0] == "dict" or (part[0] == "op" and part[1] == "stored" and len(part[2]) == 3):
                found[at, part] = None
                continue
            new = [place for place in self._stands_for(at, part) if place not in seen]
            seen.update(new)
            queue += new[::-1]
        return list(found)

    def elements(self, node: Node, term: Term) -> list[tuple[Node, Term]]:
        """The elements of a list as the code writes them, each with the definition that does."""
        key = (node, term)
        self._steps += 1
        if key in self._listing or len(self._listing) > DEPTH_LIMIT or self._steps > STEPS_LIMIT:
            return []  # what a recursive function adds to itself
        self._listing.add(key)
        try:
            return self._elements(node, term)
        finally:
            self._listing.discard(key)

    def _elements(self, node: Node, term: Term) -> list[tuple[Node, Term]]:
        found: dict[tuple[Node, Term], None] = {}
        queue = [(node, term)]
        seen = set(queue)
        while queue and len(seen) < DISPLAYS_LIMIT:
            at, part = queue.pop()
            operator = part[1] if part[0] == "op" else ""
            if part[0] == "list":
                found.update(dict.fromkeys((at, element) for element in part[1]))
                continue
            if operator == "comprehension":
                found[at, part[2][0]] = None
                continue
            new: list[tuple[Node, Term]]
            if operator in ("+=", "Add"):
                new = [(at, inner) for inner in part[2]]
            elif operator == "stored" and len(part[2]) == 2:
                new = [(at, part[2][0])]
                if _is_list(part[2][1]):
                    new.append((at, part[2][1]))  # extend
                else:
                    found[at, part[2][1]] = None
            else:
                new = self._stands_for(at, part)
            new = [place for place in new if place not in seen]
            seen.update(new)
            queue += new[::-1]
        return list(found)

    def _stands_for(self, node: Node, term: Term) -> list[tuple[Node, Term]]:
        """What a Term is in other words: one of several, an element, what callers pass, what a call returns."""
        if term[0] == "join" or (term[0] == "op" and term[1] in ("or", "join")):
            return [(node, part) for part in term[-1]]
        if term[0] == "elem" or (term[0] == "item" and term[2][0] == "const" and type(term[2][1]) is int):
            return self.elements(node, term[1])
        if term[0] == "param":
            return [place for place in self._given(node, term) if place is not None]
        if term[0] != "call":
            return []
        call = self.flow.call(node, term[1])
        found: list[tuple[Node, Term]] = []
        for value in self.flow.callee(node, term[1]) if call is not None else ():
            if value[0] in ("def", "bound"):
                target = (value[1], value[2])
                body = self.flow.body(target)
                ends = [end for end in body.exits if end.kind in ("return", "yield")] if body is not None else []
                found += [
                    (target, end.value if end.kind == "return" else ("list", (end.value,)))
                    for end in ends
                    if end.value != ("const", None)
                ]
            elif value[0] == "ext" and value[1] in _TRANSPARENT and call is not None and call.args:
                found.append((node, call.args[0][1]))
        return found

    def _given(self, node: Node, term: Term) -> list[tuple[Node, Term] | None]:
        """What the callers pass for a parameter; None for one of which nobody can tell."""
        target = (node[0], term[1])
        definition = self.names.definition(target)
        found: list[tuple[Node, Term] | None] = []
        if (*target, term[2]) in self.names.entry_params and target in self.region.roots:
            return []
        for edge in self.region.incoming.get(target, ()) if definition is not None else ():
            call = self.flow.called(edge)
            given = None
            if call is not None and definition is not None and edge.kind in ("call", "construct"):
                given = passed(call, definition, term[2], edge.offset)
            found.append((edge.caller, given) if given is not None else None)
        return found

    # -- parameters: what a definition makes of them is kept open, and filled in where it is called

    def _parameter(self, node: Node, term: Term) -> Patterns:
        target = (node[0], term[1])
        entry = self.names.entry_params.get((*target, term[2]))
        if entry is not None and target in self.region.roots:
            return frozenset({(("event" if entry == EVENT else "context", ()),)})
        return frozenset({(("param", *target, term[2]),)})

    def _closed(self, patterns: Patterns) -> Patterns:
        """The alternatives with each parameter replaced by what the callers inside the region pass."""
        return self._filled(patterns, lambda piece: self._once(piece, lambda: self._from_callers(piece)))

    def _filled(self, patterns: Patterns, lookup: Callable[[Piece], Patterns]) -> Patterns:
        found: set[Pieces] = set()
        for pieces in patterns:
            parts = [self._fill(piece, lookup) for piece in pieces]
            if not any(_is_open(piece) for piece in pieces):
                found.add(pieces)
            elif all(parts):  # else it is None
                found |= concatenated(parts)
        return frozenset(found) if len(found) <= ALTERNATIVES_LIMIT else UNKNOWN

    def _fill(self, piece: Piece, lookup: Callable[[Piece], Patterns]) -> Patterns:
        if not _is_open(piece):
            return frozenset({(piece,)})
        if piece[0] == "param":
            return lookup(piece)
        if piece[0] in ("head", "tail"):
            return _cut(self._fill(piece[1], lookup), piece[0], piece[2])
        if piece[0] in _CASES:
            return _cased(self._fill(piece[1], lookup), piece[0])
        if piece[0] == "variable":
            return frozenset({_named_variable(pieces, piece[2]) for pieces in self._filled(piece[1], lookup)})
        given = tuple((name, self._filled(value, lookup)) for name, value in piece[2])
        return frozenset({(("made", piece[1], given),)})

    def _from_callers(self, piece: Piece) -> Patterns:
        target, index = (piece[1], piece[2]), piece[3]
        definition = self.names.definition(target)
        edges = self.region.incoming.get(target, ())
        if definition is None or not edges:
            return UNKNOWN
        found: set[Pieces] = set()
        for edge in edges:
            call = self.flow.called(edge)
            if call is None:
                return UNKNOWN
            if edge.kind == "callback":  # an element of what the runner is given
                given = [value for _, value in call.args if value[0] != "func"]
                found |= {part for value in given for part in self.entry(edge.caller, value, "[]") if part != (OTHER,)}
            elif edge.kind in ("call", "construct"):
                found |= self._closed(self._passed(edge.caller, call, target, definition, index, edge.offset))
            else:
                return UNKNOWN
        return frozenset(found) or UNKNOWN

    def _passed(self, caller: Node, call: Call, target: Node, definition: Def, index: int, offset: int) -> Patterns:
        """What a call passes for a parameter."""
        given = passed(call, definition, index, offset)
        if given is not None:
            return self._open(caller, given)
        param = definition.params[index]
        return self.expr(target[0], definition.parent, param.default) if param.has_default else UNKNOWN

    def _result(self, node: Node, call: Call, value: Any) -> Patterns:
        """What a call of a definition returns."""
        target = (value[1], value[2])
        definition = self.names.definition(target)
        offset = 1 if value[0] == "bound" else 0

        def lookup(piece: Piece) -> Patterns:
            if (piece[1], piece[2]) != target or definition is None or piece[3] < offset:
                return frozenset({(piece,)})
            return self._passed(node, call, target, definition, piece[3], offset)

        return self._filled(self._returned(target), lookup)

    def _result_of(self, path: str, scope: str, expr: Expr, value: Any) -> Patterns:
        """What a call returns that is made while a module is imported."""
        target = (value[1], value[2])
        definition = self.names.definition(target)
        offset = 1 if value[0] == "bound" else 0

        def lookup(piece: Piece) -> Patterns:
            if (piece[1], piece[2]) != target or definition is None or piece[3] < offset or expr is None:
                return frozenset({(piece,)})
            param = definition.params[piece[3]]
            position = piece[3] - offset
            for word, given in expr[3]:
                if word == param.name:
                    return self.expr(path, scope, given)
            if param.kind == "" and position < len(expr[2]):
                return self.expr(path, scope, expr[2][position])
            return self.expr(target[0], definition.parent, param.default) if param.has_default else UNKNOWN

        return self._filled(self._returned(target), lookup)

    def _attribute(self, node: Node, term: Term) -> Patterns:
        for value in self._receivers(node, term[1]):
            if value[0] in ("inst", "self", "cls"):
                return self._of_class((value[1], value[2]), term[2])
            if value[0] == "mod" and not value[1].endswith("/"):
                return self._name(value[1], "", term[2])
        return below(self._closed(self._open(node, term[1])), term[2])

    def _receivers(self, node: Node, term: Term) -> Iterable[Any]:
        if term[0] == "name":
            return tuple(self.names.name(node[0], node[1], term[1]))
        if term[0] == "param":
            return tuple(self.names.parameter(node[0], term[1], term[2]))
        if term[0] == "call":
            call = self.flow.reference(node, term[1])
            if call is not None:
                return tuple(
                    found
                    for value in self.flow.callee(node, term[1])
                    for found in self.names.result(value, call.args, call.keywords, *node)
                )
        if term[0] == "attr":
            return tuple(
                found for value in self._receivers(node, term[1]) for found in self.names.attribute(value, term[2])
            )
        return ()

    def _of_class(self, owner: Node, attribute: str) -> Patterns:
        """What the methods of a class store into an attribute, what its body binds it to, what its property returns."""
        found: set[Pieces] = set()
        for method in self.names.property_of(("inst", *owner), attribute):
            found |= self._returned(method)
        for ancestor in self.names.ancestors(owner):
            class_ = self.names.class_of(ancestor)
            if class_ is None:
                continue
            for where in sorted({where for where, _ in class_.instance.get(attribute, ())}):
                body = self.flow.body((ancestor[0], where))
                for store in body.stores if body is not None else ():
                    if store.target == ("attr", ("param", where, 0), attribute):
                        found |= self._open((ancestor[0], where), store.value)
            if not found:
                for bound in class_.attributes.get(attribute, ()):
                    found |= self.expr(ancestor[0], class_.parent, bound)
        return frozenset(found) or UNKNOWN

    # -- calls

    def _returned(self, node: Node) -> Patterns:
        return self._once(("returned", node), lambda: self._exits(node))

    def _exits(self, node: Node) -> Patterns:
        body = self.flow.body(node)
        if body is None:
            return UNKNOWN
        ends = [end.value for end in body.exits if end.kind in ("return", "yield")]
        return self._all(node, ends)

    def _call(self, node: Node, k: int) -> Patterns:
        call = self.flow.call(node, k)
        if call is None:
            return UNKNOWN
        found: set[Pieces] = set()
        values = self.flow.callee(node, k)
        for value in values:
            if value[0] in ("def", "bound"):
                found |= self._result(node, call, value)
            elif value[0] == "ext":
                found |= self._external(node, call, value[1])
            else:
                return UNKNOWN
        return frozenset(found) if values else self._method(node, call)

    def _external(self, node: Node, call: Call, operation: str) -> Patterns:
        first = call.args[0][1] if call.args else None
        if operation in self.flow.environment:
            named = self._open(node, first) if first is not None else UNKNOWN
            return _variable(named, [self._open(node, value) for _, value in call.args[1:]])
        if self.follow(operation):
            given = [(str(name), self._open(node, value)) for name, value in call.args]
            if call.func[0] == "attr":
                given.append(("", self._open(node, call.func[1])))
            return frozenset({(("made", operation, tuple(given)),)})
        if operation in _TRANSPARENT and first is not None:
            return self._open(node, first)
        if operation in _CHOICES and first is not None:
            return self._open_entry(node, first, "[]")
        if operation == "tempfile.gettempdir":
            return _constant("/tmp")  # noqa: S108 - of what is analysed
        if operation in _JOINING:
            return _path([self._open(node, value) for _, value in call.args])
        if operation in ("os.path.basename", "posixpath.basename", "ntpath.basename") and first is not None:
            return _cut(self._open(node, first), "tail", "/")
        if operation in ("os.path.dirname", "posixpath.dirname") and first is not None:
            return _cut(self._open(node, first), "head", "/")
        return self._method(node, call)

    def _method(self, node: Node, call: Call) -> Patterns:
        """A method of a string or of a part of the event."""
        if call.func[0] != "attr":
            return UNKNOWN
        receiver, first = call.func[1], call.args[0][1] if call.args else None
        if call.tail in _CASES:
            return _cased(self._open(node, receiver), call.tail)
        if call.tail in _SAME:
            return self._open(node, receiver)
        if call.tail == "joinpath":
            return _path([self._open(node, part) for part in (receiver, *(value for _, value in call.args))])
        if call.tail in ("get", "pop") and first is not None and first[0] == "const" and type(first[1]) is str:
            rest = [self._open(node, value) for _, value in call.args[1:]]
            return frozenset(self._open_entry(node, receiver, first[1]).union(*rest))
        if call.tail == "format" and receiver[0] == "const" and type(receiver[1]) is str:
            return self._formatted(node, receiver[1], call)
        if call.tail == "join" and receiver[0] == "const" and first is not None and first[0] == "list":
            parts: list[Patterns] = []
            for value in first[1]:
                parts += [_constant(receiver[1]), self._open(node, value)] if parts else [self._open(node, value)]
            return concatenated(parts)
        return UNKNOWN

    def _formatted(self, node: Node, text: str, call: Call) -> Patterns:
        given = dict(call.args)
        found: list[Patterns] = []
        end = position = 0
        for match in _HOLE.finditer(text):
            found.append(_constant(text[end : match.start()]))
            end = match.end()
            if match[1] is None:
                found.append(_constant(match[0][0]))
                continue
            name: int | str = match[1].partition(":")[0].partition("!")[0]
            if name == "":
                name, position = position, position + 1
            elif str(name).isdecimal():
                name = int(name)
            found.append(self._open(node, given[name]) if name in given and ":" not in match[1] else UNKNOWN)
        return concatenated([*found, _constant(text[end:])])

    # -- names of modules and Exprs

    def _name(self, path: str, scope: str, name: str) -> Patterns:
        return self._once(("name", path, scope, name), lambda: self._named(path, scope, name))

    def _named(self, path: str, scope: str, name: str) -> Patterns:
        skeleton = self.flow.program.skeleton(path)
        if skeleton is None:
            return UNKNOWN
        at = scope
        while at:
            definition = skeleton.defs.get(at)
            if definition is None:
                break
            if name in definition.bindings and name not in definition.outer_names:
                return frozenset(found for bound in definition.bindings[name] for found in self.expr(path, at, bound))
            at = definition.parent
        found: set[Pieces] = set()
        for where, bound in skeleton.bindings.get(name, ()):
            if not where:
                found |= self.expr(path, "", bound)
        for where in sorted({where for where, _ in skeleton.bindings.get(name, ()) if where}):
            body = self.flow.body((path, where))
            for store in body.stores if body is not None else ():
                if store.target == ("name", name):
                    found |= self._open((path, where), store.value)
        return frozenset(found) or UNKNOWN

    def expr(self, path: str, scope: str, expr: Expr) -> Patterns:
        """The alternatives of an Expr of the definition ``scope`` ("" for module level)."""
        if expr is None:
            return UNKNOWN
        return self._once(("expr", path, scope, expr), lambda: self._expr(path, scope, expr))

    def _expr(self, path: str, scope: str, expr: Expr) -> Patterns:
        kind = expr[0]
        if kind == "k":
            return _constant(expr[1])
        if kind == "n":
            return self._name(path, scope, expr[1])
        if kind == "o":
            return frozenset(found for part in expr[1] for found in self.expr(path, scope, part))
        if kind == "s":
            return concatenated([_constant(expr[1]), UNKNOWN, _constant(expr[2])])
        if kind == "w":
            return self.expr(path, scope, expr[1])
        if kind == "m":
            found = self.flow.program.resolve(path, expr[1], expr[2])
            inside = found is not None and expr[3] is not None and not found.endswith("/")
            return self._name(found, "", expr[3]) if inside and found is not None else UNKNOWN
        if kind == "a":
            return self._member(path, scope, expr)
        if kind == "i" and ("ext", "os.environ") in tuple(self.names.resolve(path, scope, expr[1])):
            return _variable(self.expr(path, scope, expr[2]), [])
        if kind == "i" and expr[2] is not None and expr[2][0] == "k" and type(expr[2][1]) is str:
            return below(self._closed(self.expr(path, scope, expr[1])), expr[2][1])
        if kind == "c":
            return self._called(path, scope, expr)
        return UNKNOWN

    def _member(self, path: str, scope: str, expr: Expr) -> Patterns:
        for value in self.names.resolve(path, scope, expr[1]):
            if value[0] == "mod" and not value[1].endswith("/"):
                return self._name(value[1], "", expr[2])
            if value[0] in ("inst", "self", "cls"):
                return self._of_class((value[1], value[2]), expr[2])
        return below(self._closed(self.expr(path, scope, expr[1])), expr[2])

    def _called(self, path: str, scope: str, expr: Expr) -> Patterns:
        args, keywords = expr[2], expr[3]
        if expr[1] is not None and expr[1][0] == "a" and expr[1][2] == "joinpath":
            return _path([self.expr(path, scope, part) for part in (expr[1][1], *args)])
        found: set[Pieces] = set()
        for value in self.names.resolve(path, scope, expr[1]):
            if value[0] in ("def", "bound"):
                found |= self._result_of(path, scope, expr, value)
            elif value[0] != "ext":
                return UNKNOWN
            elif value[1] in self.flow.environment:
                named = self.expr(path, scope, args[0]) if args else UNKNOWN
                rest = [*args[1:], *(given for _, given in keywords)]
                found |= _variable(named, [self.expr(path, scope, part) for part in rest])
            elif self.follow(value[1]):
                given = [(str(index), self.expr(path, scope, part)) for index, part in enumerate(args)]
                given += [(word, self.expr(path, scope, part)) for word, part in keywords]
                if expr[1][0] == "a":
                    given.append(("", self.expr(path, scope, expr[1][1])))
                found.add((("made", value[1], tuple(given)),))
            elif value[1] in _TRANSPARENT and args:
                found |= self.expr(path, scope, args[0])
            elif value[1] in _JOINING and args:
                found |= _path([self.expr(path, scope, part) for part in args])
            else:
                return UNKNOWN
        return frozenset(found) or UNKNOWN


def _is_open(piece: Piece) -> bool:
    """Whether a piece is, or is made of, a parameter."""
    if type(piece) is not tuple or piece == OTHER:
        return False
    if piece[0] in ("head", "tail", *_CASES):
        return _is_open(piece[1])
    if piece[0] == "variable":
        return True
    if piece[0] == "made":
        return any(_is_open(inner) for _, value in piece[2] for pieces in value for inner in pieces)
    return bool(piece[0] == "param")


def _variable(named: Patterns, defaults: list[Patterns]) -> Patterns:
    """The environment variable of a name, with the defaults that the code has for it."""
    every = [pieces for part in defaults for pieces in part]
    plain = ["".join(pieces) for pieces in every if all(type(piece) is str for piece in pieces)]
    others = {pieces for pieces in every if any(type(piece) is not str for piece in pieces)}
    return frozenset({*(_named_variable(pieces, min(plain, default=None)) for pieces in named), *others})


def _named_variable(pieces: Pieces, default: str | None) -> Pieces:
    if all(type(piece) is str for piece in pieces):
        return (("env", "".join(pieces), default),)
    if all(type(piece) is str or _is_open(piece) for piece in pieces):
        return (("variable", frozenset({pieces}), default),)
    return (OTHER,)


def _cased(whole: Patterns, how: str) -> Patterns:
    """The alternatives in upper or lower case; parts of the event and the like stay as they are."""
    return frozenset(tuple(_in_case(piece, how) for piece in pieces) for pieces in whole)


def _in_case(piece: Piece, how: str) -> Piece:
    if type(piece) is str:
        return getattr(piece, how)()
    return (how, piece) if _is_open(piece) else piece


def _is_list(term: Term) -> bool:
    """Whether a Term is written as a list."""
    return term[0] == "list" or (term[0] == "op" and term[1] in ("comprehension", "+=", "Add"))


def _constant(value: Any) -> Patterns:
    if value is None or type(value) is bool:
        return NOTHING
    return frozenset({(str(value),) if value != "" else ()}) if type(value) in (str, int) else UNKNOWN


def _cut(whole: Patterns, end: str, separator: str) -> Patterns:
    """What a string is taken apart to: its head, its tail, or something in between."""
    found: set[Pieces] = set()
    for pieces in whole:
        outer = pieces[:1] if end == "head" else pieces[-1:] if end == "tail" else ()
        if not outer or type(outer[0]) is str or outer[0] == OTHER:
            found.add((OTHER,))
        else:
            piece = (end, outer[0], separator)
            rest = (OTHER,) if len(pieces) > 1 else ()
            found.add((piece, *rest) if end == "head" else (*rest, piece))
    return frozenset(found)


def concatenated(parts: list[Patterns]) -> Patterns:
    """Every concatenation of one alternative of each part."""
    found: list[Pieces] = [()]
    for part in parts:
        found = [joined(start + end) for start in found for end in part or UNKNOWN]
        if len(found) > ALTERNATIVES_LIMIT:
            return UNKNOWN
    return frozenset(found)


def _path(parts: list[Patterns]) -> Patterns:
    """The parts of a path, joined."""
    return concatenated([part for each in parts for part in (_constant("/"), each)][1:])


def joined(pieces: Pieces) -> Pieces:
    """The pieces with literal neighbours put together."""
    found: list[Piece] = []
    for piece in pieces:
        if type(piece) is str and found and type(found[-1]) is str:
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return tuple(found)


def below(whole: Patterns, key: str) -> Patterns:
    """The entry, element or attribute ``key`` of each alternative: a part of the event, or of an object made."""
    found: set[Pieces] = set()
    for pieces in whole:
        piece = pieces[0] if len(pieces) == 1 else OTHER
        if type(piece) is tuple and piece[0] in ("event", "context") and len(piece[1]) < DEPTH_LIMIT:
            found.add(((piece[0], (*piece[1], key)),))
        elif type(piece) is tuple and piece[0] == "made":
            found.add((("made", piece[1], (*piece[2], (".", frozenset({(key,)})))),))
        else:
            found.add((OTHER,))
    return frozenset(found)
