"""bytes → Skeleton of a CDK program in TypeScript or JavaScript, as the same program would read in Python.

The CDK is one library in all languages: jsii derives the modules, names and arguments for Python from those for
TypeScript. So what a program constructs is told in Python's names here (``aws-cdk-lib/aws-lambda`` as
``aws_cdk.aws_lambda``, ``Code.fromAsset`` as ``Code.from_asset``, an object in the last place as keywords), and whoever
knows what the constructs mean reads both. Only what that takes is there: scopes, bindings, classes, calls.

Sources: jsii specification, "Python" (how names are mapped); Node.js documentation of ``path`` and ``__dirname``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import FOLD_LIMIT, CallRef, Class, Def, Param, Skeleton

if TYPE_CHECKING:
    from lambdalint.source.skeleton import Expr

SUFFIXES = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")
LIMIT = 512_000  # bytes of one program; error recovery of the parser is its most expensive part
DEPTH_LIMIT = 60  # of nested expressions; deeper ones are None
HOPS = 8  # of names from a text to what is written out
SIZE_LIMIT = 10_000  # parts of one expression
TEXT_LIMIT = 4_000  # characters of a text that others are made of
FUNCTION = ("m", 0, "aws_cdk.aws_lambda", "Function")
PYTHON_FUNCTION = ("m", 0, "aws_cdk.aws_lambda_python_alpha", "PythonFunction")
_FILTER = ("m", 0, "aws_cdk.aws_s3", "NotificationKeyFilter")
_DIRECTORY = ("c", ("m", 0, "os.path", "dirname"), (("n", "__file__"),), ())
_JOIN = ("m", 0, "os.path", "join")
_MODULES = {"path": "os.path", "node:path": "os.path", "aws-cdk-lib": "aws_cdk", "@aws-cdk": "aws_cdk"}
_CALLED = {
    "os.path.resolve": "os.path.join",
    "os.path.posix.join": "os.path.join",
    "os.path.posix.resolve": "os.path.join",
    "os.path.normalize": "os.path.normpath",
}
# What takes any number of filters: objects are arguments there, and no keywords.
_FILTERED = frozenset({"add_event_notification", "add_object_created_notification", "add_object_removed_notification"})
_HUMP = regex(r"(?<=[a-z0-9])([A-Z])")
_WORDS = regex(r"[a-z]\w*[A-Z]\w*$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "v": "\v"}
_FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
_TYPES = frozenset({"comment", "interface_declaration", "type_alias_declaration", "type_annotation", "type_arguments"})
_CLASSES = frozenset({"class", "class_declaration", "abstract_class_declaration"})
_WRAPPED = frozenset(
    {"as_expression", "satisfies_expression", "non_null_expression", "parenthesized_expression", "await_expression"}
)
_NEW = frozenset({"new_expression", "call_expression"})
_BRANCHES = ("consequence", "alternative")
# Where the names are in what binds them, and what stands beside them.
_BOUND = {
    "required_parameter": "pattern",
    "optional_parameter": "pattern",
    "assignment_pattern": "left",
    "pair_pattern": "value",
}
_UNBOUND = frozenset({"type_annotation", "accessibility_modifier", "property_identifier"})
_NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern"})


class Literal(NamedTuple):
    """An object that holds the arguments of a function, wherever it stands; ``call`` is as if it constructed one.

    ``key`` tells literals apart.
    """

    key: int
    scope: str
    call: CallRef


class Source(NamedTuple):
    """A program: ``literals`` are its objects that look like arguments of functions.

    ``taken`` maps the ``k`` of a call to the keys of the literals that are its keywords.
    """

    skeleton: Skeleton
    literals: Sequence[Literal]
    taken: Mapping[int, frozenset[int]]


def read(path: str, data: bytes) -> Source:
    """The program in a file. What is not TypeScript is left out, as far as the parser sees a way around it."""
    import tree_sitter  # heavy, and only for such programs
    import tree_sitter_typescript

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_typescript.language_typescript()))
    return _Reader(path, parser.parse(data).root_node).read()


def operation(skeleton: Skeleton, scope: str, expr: Expr) -> str:
    """What an expression names outside the project, "" where it is something else or nobody can tell."""
    tail = ""
    for _ in range(HOPS):
        if expr is None:
            return ""
        if expr[0] == "m":
            found = f"{expr[2]}.{expr[3]}{tail}" if expr[3] is not None else f"{expr[2]}{tail}"
            return _CALLED.get(found, found)
        if expr[0] == "a":
            tail = f".{expr[2]}{tail}"
            expr = expr[1]
        elif expr[0] == "n":
            scope, bound = _bound(skeleton, scope, expr[1])
            if len(bound) != 1:
                return ""
            expr = bound[0]
        else:
            return ""
    return ""


def _bound(skeleton: Skeleton, scope: str, name: str) -> tuple[str, Sequence[Expr]]:
    while scope:
        definition = skeleton.defs[scope]
        if name in definition.bindings:
            return scope, definition.bindings[name]
        scope = definition.parent
    return "", [expr for _, expr in skeleton.bindings.get(name, ())]


class _Place(NamedTuple):
    """A syntax node, and the scope in which its names count."""

    scope: str
    node: Any


class _Scope(NamedTuple):
    """A function, or the module (whose name is ""); ``bindings`` are Places, or Exprs."""

    name: str
    parent: str
    owner: str
    node: Any
    bindings: dict[str, list[Any]]


class _Reader:
    def __init__(self, path: str, root: Any) -> None:
        self.path = path
        self.root = root
        self.scopes: dict[str, _Scope] = {"": _Scope("", "", "", root, {})}
        self.classes: dict[str, Any] = {}
        self.kept: dict[str, dict[str, list[tuple[str, Any]]]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.objects: list[tuple[str, Any]] = []
        self.assigned: list[tuple[str, Any, Any]] = []
        self.made: dict[int, Expr] = {}
        self.sizes: dict[int, tuple[int, Expr]] = {}  # by identity of the Expr, which is kept alive
        self.texts: dict[int, list[Any] | None] = {}
        self.unpacked: dict[int, tuple[dict[Any, Expr], frozenset[int]]] = {}
        self.keywords_of: dict[int, frozenset[int]] = {}

    def read(self) -> Source:
        self._collect()
        for scope, left, right in self.assigned:
            self._assign(scope, left, right)
        # Names first: what follows them asks for texts that are bound once.
        bindings = {
            name: {
                bound: tuple(self._expr(*item) if isinstance(item, _Place) else item for item in items)
                for bound, items in scope.bindings.items()
            }
            for name, scope in self.scopes.items()
        }
        calls: dict[str, list[CallRef]] = {}
        taken = {}
        for number, (name, node) in enumerate(self.calls):
            call = self._call(name, node, number)
            if call is not None:
                calls.setdefault(name, []).append(call)
                taken[number] = self.keywords_of.get(node.id, frozenset())
        literals = [literal for name, node in self.objects if (literal := self._literal(name, node)) is not None]
        defs = {
            name: _definition(scope, bindings[name], tuple(calls.get(name, ())))
            for name, scope in self.scopes.items()
            if name
        }
        classes = {
            name: _class(
                name,
                node,
                {
                    attribute: tuple((where, self._expr(where, item)) for where, item in items)
                    for attribute, items in self.kept[name].items()
                },
            )
            for name, node in self.classes.items()
        }
        skeleton = Skeleton(
            path=self.path,
            defs=defs,
            classes=classes,
            bindings={name: tuple(("", expr) for expr in items) for name, items in bindings[""].items()},
            item_stores=(),
            appends=(),
            stars=(),
            imports=(),
            calls=tuple(calls.get("", ())),
            exports=None,
            comments=(),
            statements=(),
            main_lines=(),
            newer_syntax=False,
        )
        return Source(skeleton, literals, taken)

    # -- what there is

    def _collect(self) -> None:
        """Scopes, declarations, calls and objects, in the order of the source."""
        stack = [(self.root, "", "")]  # node, scope, class whose ``this`` counts
        while stack:
            node, scope, owner = stack.pop()
            kind = node.type
            if kind in _FUNCTIONS:
                scope, owner = self._function(node, scope, owner)
            elif kind in _CLASSES:
                owner = self._class(node, scope)
                scope = self._open(f"{owner}.<fields>", scope, owner, node)
            elif kind == "import_statement":
                self._import(scope, node)
                continue
            elif kind in _TYPES:
                continue
            elif kind == "variable_declarator":
                self._declare(scope, node.child_by_field_name("name"), node.child_by_field_name("value"))
            elif kind == "public_field_definition":
                name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
                if owner and name is not None and value is not None:
                    self.kept[owner].setdefault(snake(_text(name)), []).append((scope, value))
            elif kind == "assignment_expression":
                self.assigned.append((scope, node.child_by_field_name("left"), node.child_by_field_name("right")))
            elif kind in ("augmented_assignment_expression", "for_in_statement"):
                self.assigned.append((scope, node.child_by_field_name("left"), None))
            elif kind in _NEW:
                self.calls.append((scope, node))
            elif kind == "object":
                self.objects.append((scope, node))
            stack += [(child, scope, owner) for child in reversed(node.named_children)]

    def _open(self, name: str, parent: str, owner: str, node: Any) -> str:
        base, number = name, 1
        while name in self.scopes:
            number += 1
            name = f"{base}#{number}"
        self.scopes[name] = _Scope(name, parent, owner, node, {})
        return name

    def _function(self, node: Any, scope: str, owner: str) -> tuple[str, str]:
        name = node.child_by_field_name("name")
        told = _text(name) if name is not None else f"<{node.start_point.row + 1}>"
        if node.type == "function_declaration" and name is not None:
            self.scopes[scope].bindings.setdefault(told, []).append(None)
        if node.type not in ("arrow_function", "method_definition"):
            owner = ""
        inner = self._open(f"{scope}.{told}" if scope else told, scope, owner, node)
        parameters = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        for found in _names(parameters):
            self.scopes[inner].bindings.setdefault(found, []).append(None)
        return inner, owner

    def _class(self, node: Any, scope: str) -> str:
        name = node.child_by_field_name("name")
        told = _text(name) if name is not None else f"<class {node.start_point.row + 1}>"
        base, number = f"{scope}.{told}" if scope else told, 1
        owner = base
        while owner in self.classes:
            number += 1
            owner = f"{base}#{number}"
        self.classes[owner] = node
        self.kept[owner] = {}
        if name is not None:
            self.scopes[scope].bindings.setdefault(told, []).append(None)
        return owner

    def _import(self, scope: str, node: Any) -> None:
        source = node.child_by_field_name("source")
        bindings = self.scopes[scope].bindings
        for clause in node.named_children:
            if clause.type == "import_require_clause":
                required = clause.child_by_field_name("source")
                for child in clause.named_children:
                    if child.type == "identifier":
                        bindings.setdefault(_text(child), []).append(_module(_string(required)))
            elif clause.type == "import_clause" and source is not None:
                module = _module(_string(source))
                for child in clause.named_children:
                    if child.type == "identifier":  # the default export: of path, say, the module itself
                        bindings.setdefault(_text(child), []).append(module)
                    elif child.type == "namespace_import":
                        bindings.setdefault(_text(child.named_children[0]), []).append(module)
                    elif child.type == "named_imports":
                        for item in child.named_children:
                            name = item.child_by_field_name("name")
                            alias = item.child_by_field_name("alias") or name
                            if name is not None:
                                bindings.setdefault(_text(alias), []).append(_member(module, _text(name)))

    def _declare(self, scope: str, name: Any, value: Any) -> None:
        bindings = self.scopes[scope].bindings
        if name is None:
            return
        if name.type == "identifier":
            found = bindings.setdefault(_text(name), [])
            if value is not None:
                module = _required(value)
                found.append(module if module is not None else _Place(scope, value))
        elif name.type == "object_pattern":
            module = _required(value) if value is not None else None
            for child in name.named_children:
                key = child.child_by_field_name("key") if child.type == "pair_pattern" else child
                inner = child.child_by_field_name("value") if child.type == "pair_pattern" else child
                if key is not None and inner is not None and inner.type in _NAMES:
                    bindings.setdefault(_text(inner), []).append(_member(module, _text(key)))
                else:
                    for found_name in _names(child):
                        bindings.setdefault(found_name, []).append(None)
        else:
            for found_name in _names(name):
                bindings.setdefault(found_name, []).append(None)

    def _assign(self, scope: str, left: Any, right: Any) -> None:
        """What an assignment binds; nothing known where it takes things apart or computes with the old value."""
        if left is None:
            return
        if left.type == "member_expression":
            base, name = left.child_by_field_name("object"), left.child_by_field_name("property")
            owner = self.scopes[scope].owner
            if base is not None and base.type == "this" and owner and name is not None and right is not None:
                self.kept[owner].setdefault(snake(_text(name)), []).append((scope, right))
            return
        if left.type == "identifier":
            self._holder(scope, _text(left)).append(_Place(scope, right) if right is not None else None)
        else:
            for name in _names(left):
                self._holder(scope, name).append(None)

    def _holder(self, scope: str, name: str) -> list[Any]:
        """The bindings of a name in the scope that declares it; none where it is global."""
        while scope and name not in self.scopes[scope].bindings:
            scope = self.scopes[scope].parent
        return self.scopes[scope].bindings.get(name, [])

    # -- expressions

    def _expr(self, scope: str, node: Any, depth: int = DEPTH_LIMIT) -> Expr:
        if node is None or not depth:
            return None
        if node.id not in self.made:
            found = self._convert(scope, node, depth - 1)
            self.made[node.id] = found if self._size(found) <= SIZE_LIMIT else None
        return self.made[node.id]

    def _size(self, expr: Expr) -> int:
        """The number of parts of an Expr when written out: what is spread in many places is shared."""
        if not isinstance(expr, tuple):
            return 1
        if id(expr) not in self.sizes:
            self.sizes[id(expr)] = (1 + sum(map(self._size, expr)), expr)
        return self.sizes[id(expr)][0]

    def _convert(self, scope: str, node: Any, depth: int) -> Expr:
        node = _bare(node)
        kind = node.type
        if kind == "binary_expression" and _operator(node) in ("??", "||"):
            return ("o", tuple(self._expr(scope, node.child_by_field_name(name), depth) for name in ("left", "right")))
        if kind in ("string", "template_string", "binary_expression", "number"):
            return self._computed(scope, node, depth)
        if kind == "identifier":
            return _DIRECTORY if _text(node) == "__dirname" else ("n", _text(node))
        if kind == "this":
            return ("n", "this")
        if kind in ("true", "false"):
            return ("k", kind == "true")
        if kind in ("null", "undefined"):
            return ("k", None)
        if kind == "member_expression":
            name = node.child_by_field_name("property")
            base = self._expr(scope, node.child_by_field_name("object"), depth)
            return ("a", base, snake(_text(name))) if base is not None and name is not None else None
        if kind in _NEW:
            return self._called(scope, node, depth)
        if kind == "object":
            entries, _ = self._entries(scope, node, depth)
            return ("d", tuple(entries.items()))
        if kind == "array":
            return ("l", tuple(self._expr(scope, child, depth) for child in _children(node)))
        if kind == "ternary_expression":
            return ("o", tuple(self._expr(scope, node.child_by_field_name(name), depth) for name in _BRANCHES))
        return None

    def _called(self, scope: str, node: Any, depth: int) -> Expr:
        """A call, the entries of an object in the last place as its keywords."""
        callee = node.child_by_field_name("constructor") or node.child_by_field_name("function")
        if callee is not None and _text(node) == "process.cwd()":
            return ("k", "")
        target = self._expr(scope, callee, depth)
        arguments = node.child_by_field_name("arguments")
        given = _children(arguments) if arguments is not None and arguments.type == "arguments" else []
        keywords: dict[str, Expr] = {}
        tail = target[-1] if target is not None and target[0] in "na" else ""
        if given and tail not in _FILTERED:
            last = self._object(scope, given[-1])
            if last is not None:
                given = given[:-1]
                entries, used = self._entries(*last, depth)
                self.keywords_of[node.id] = used
                keywords = {snake(key) if isinstance(key, str) else "**": value for key, value in entries.items()}
            elif len(given) > 1 and _bare(given[-1]).type == "identifier" and _bare(given[0]).type != "string":
                keywords = {"**": None}  # an object, perhaps, that may hold anything
        args = tuple(
            self._filter(scope, item, depth)
            if tail in _FILTERED and item.type == "object"
            else self._expr(scope, item, depth)
            for item in given
        )
        return ("c", target, args, tuple(keywords.items()))

    def _filter(self, scope: str, node: Any, depth: int) -> Expr:
        entries, _ = self._entries(scope, node, depth)
        return ("c", _FILTER, (), tuple((str(key), value) for key, value in entries.items()))

    def _object(self, scope: str, node: Any) -> tuple[str, Any] | None:
        """The object that an expression is, or that the name which it is was bound to, if that happens once."""
        for _ in range(HOPS):
            node = _bare(node)
            if node.type == "object":
                return scope, node
            if node.type != "identifier":
                return None
            bound = self._holder(scope, _text(node))
            if len(bound) != 1 or not isinstance(bound[0], _Place):
                return None
            scope, node = bound[0]
        return None

    def _entries(self, scope: str, node: Any, depth: int) -> tuple[dict[Any, Expr], frozenset[int]]:
        """The entries of an object, and the keys of the objects that are part of it by being spread.

        What is spread and unknown is under None, and may replace what stands before it.
        """
        if node.id not in self.unpacked:
            self.unpacked[node.id] = ({None: None}, frozenset())  # for itself, if it is spread in itself
            self.unpacked[node.id] = self._unpack(scope, node, depth)
        return self.unpacked[node.id]

    def _unpack(self, scope: str, node: Any, depth: int) -> tuple[dict[Any, Expr], frozenset[int]]:
        found: dict[Any, Expr] = {}
        used = {node.id}
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and key.type in ("property_identifier", "string", "number"):
                    name = _string(key) if key.type == "string" else _text(key)
                    found.pop(name, None)
                    found[name] = self._expr(scope, value, depth)
            elif child.type == "shorthand_property_identifier":
                found[_text(child)] = ("n", _text(child))
            elif child.type == "spread_element" and depth > 0:
                inner = self._object(scope, child.named_children[0]) if child.named_children else None
                entries: dict[Any, Expr] = {None: None}
                if inner is not None:
                    entries, more = self._entries(*inner, depth - 1)
                    used |= more
                if None in entries:
                    found = {key: ("o", (value, None)) for key, value in found.items()}
                found.update(entries)
        return found, frozenset(used)

    # -- texts and numbers

    def _computed(self, scope: str, node: Any, depth: int) -> Expr:
        """A text, a number, or a path that is put together."""
        parts = self._parts(scope, node, HOPS)
        if not parts or parts == [(scope, node)]:
            return None
        if len(parts) == 1 and isinstance(parts[0], int | float):
            return ("k", parts[0])
        texts = [str(part) if isinstance(part, int | float) else part for part in parts]
        if all(isinstance(part, str) for part in texts):
            return ("k", "".join(texts))
        first, rest = texts[0], texts[1:]
        if not isinstance(first, str) and all(isinstance(part, str) for part in rest):
            below = "".join(rest)
            if below.startswith("/"):
                return ("c", _JOIN, (self._expr(first.scope, first.node, depth), ("k", below.lstrip("/"))), ())
            if not below:
                return self._expr(first.scope, first.node, depth)
        return ("s", first if isinstance(first, str) else "", texts[-1] if isinstance(texts[-1], str) else "")

    def _parts(self, scope: str, node: Any, hops: int) -> list[Any] | None:
        """The parts of a text: str, numbers, and Places of what is not written out; None for what is no text."""
        node = _bare(node)
        if not hops:
            return [_Place(scope, node)]
        if node.type == "string":
            return [_string(node)]
        if node.type == "number":
            value = _number(_text(node))
            return [value] if value is not None else None
        if node.type == "template_string":
            return _merged(
                part
                for child in node.named_children
                for part in (
                    self._parts(scope, child.named_children[0], hops - 1) or [_Place(scope, child)]
                    if child.type == "template_substitution" and child.named_children
                    else [_piece(child)]
                )
            )
        if node.type == "binary_expression":
            return self._binary(scope, node, hops)
        if node.type == "identifier" and _text(node) != "__dirname":
            bound = self._holder(scope, _text(node))
            if len(bound) == 1 and isinstance(bound[0], _Place):
                key = bound[0].node.id
                if key not in self.texts:
                    self.texts[key] = None  # for itself, if it is made of itself
                    self.texts[key] = self._parts(*bound[0], hops - 1)
                found = self.texts[key]
                if found is not None and all(isinstance(part, str | int | float) for part in found):
                    return found if sum(len(str(part)) for part in found) < TEXT_LIMIT else None
        return [_Place(scope, node)]

    def _binary(self, scope: str, node: Any, hops: int) -> list[Any] | None:
        sign = _operator(node)
        left = self._parts(scope, node.child_by_field_name("left"), hops - 1)
        right = self._parts(scope, node.child_by_field_name("right"), hops - 1)
        if sign not in ("+", "-", "*") or left is None or right is None:
            return None
        one, other = left[0], right[0]
        if len(left) == len(right) == 1 and isinstance(one, int | float) and isinstance(other, int | float):
            if max(abs(one), abs(other)) > FOLD_LIMIT:
                return None
            return [one + other if sign == "+" else one - other if sign == "-" else one * other]
        return _merged([*left, *right]) if sign == "+" else None

    # -- calls and arguments

    def _call(self, scope: str, node: Any, number: int) -> CallRef | None:
        expr = self._expr(scope, node)
        if expr is None or expr[0] != "c" or expr[1] is None:
            return None
        return _reference(expr, node, number)

    def _literal(self, scope: str, node: Any) -> Literal | None:
        """An object with a function's handler and code, whatever it is handed to."""
        entries, _ = self._entries(scope, node, DEPTH_LIMIT)
        kind = None
        if "handler" in entries and "code" in entries:
            kind = FUNCTION
        elif "entry" in entries and "runtime" in entries and "handler" in entries:
            kind = PYTHON_FUNCTION
        if kind is None:
            return None
        keywords = tuple((snake(key) if isinstance(key, str) else "**", value) for key, value in entries.items())
        around = node.parent
        while around is not None and around.type not in _NEW and around.type not in _FUNCTIONS:
            around = around.parent
        args: tuple[Expr, ...] = ()
        if around is not None and around.type == "new_expression":
            outer = self._expr(scope, around)
            args = outer[2][:2] if outer is not None and outer[0] == "c" else ()
        return Literal(node.id, scope, _reference(("c", kind, args, keywords), node, -1))


def snake(name: str) -> str:
    """A name as jsii spells it for Python: ``fromAsset`` as ``from_asset``; classes and constants as they are."""
    return _HUMP.sub(r"_\1", name).lower() if _WORDS.match(name) else name


def _text(node: Any) -> str:
    return bytes(node.text).decode("utf-8", "replace")


def _string(node: Any) -> str:
    """What a string literal holds."""
    return "".join(_piece(child) for child in node.named_children)


def _piece(node: Any) -> str:
    written = _text(node)
    if node.type != "escape_sequence":
        return written
    return _ESCAPES.get(written[1:], written[1:] if len(written) == 2 else "\ufffd")


def _number(written: str) -> int | float | None:
    try:
        return int(written.replace("_", ""), 0)
    except ValueError:
        pass
    try:
        return float(written.replace("_", ""))
    except ValueError:
        return None


def _merged(parts: Iterable[Any]) -> list[Any]:
    """Parts of a text, those that are written out and stand beside one another as one."""
    found: list[Any] = [""]
    for part in parts:
        if isinstance(part, _Place):
            found.append(part)
        elif isinstance(found[-1], str):
            found[-1] += str(part)
        else:
            found.append(str(part))
    return found if found[0] != "" or len(found) == 1 else found[1:]


def _operator(node: Any) -> str:
    sign = node.child_by_field_name("operator")
    return _text(sign) if sign is not None else ""


def _children(node: Any) -> list[Any]:
    return [child for child in node.named_children if child.type != "comment"]


def _bare(node: Any) -> Any:
    """An expression without parentheses and without what tells its type."""
    while node.type in _WRAPPED and (inner := _children(node)):
        node = inner[0]
    return node


def _names(node: Any) -> Iterator[str]:
    """The names that parameters or a pattern bind."""
    stack = [node] if node is not None else []
    while stack:
        node = stack.pop()
        if node.type in _NAMES:
            yield _text(node)
            continue
        inner = node.child_by_field_name(_BOUND[node.type]) if node.type in _BOUND else None
        stack += [inner] if inner is not None else [item for item in node.named_children if item.type not in _UNBOUND]


def _module(name: str) -> Expr:
    """A module of Node.js by Python's name; None for one of the project."""
    if name.startswith("."):
        return None
    for prefix, told in _MODULES.items():
        if name == prefix or name.startswith(f"{prefix}/"):
            name = told + name[len(prefix) :]
            break
    return ("m", 0, name.removeprefix("@").replace("/", ".").replace("-", "_"), None)


def _member(module: Expr, name: str) -> Expr:
    return None if module is None else ("m", 0, module[2], name)


def _required(node: Any) -> Expr:
    """The module that ``require`` is asked for."""
    node = _bare(node)
    callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if node.type != "call_expression" or callee is None or arguments is None or _text(callee) != "require":
        return None
    given = _children(arguments)
    return _module(_string(given[0])) if len(given) == 1 and given[0].type == "string" else None


def _reference(expr: Expr, node: Any, number: int) -> CallRef:
    tail = expr[1][-1] if expr[1][0] in "amn" and isinstance(expr[1][-1], str) else ""
    start, end = node.start_point, node.end_point
    _, callee, args, keywords = expr
    return CallRef(number, callee, args, keywords, tail, start.row + 1, start.column, end.row + 1, end.column)


def _definition(scope: _Scope, bindings: Mapping[str, tuple[Expr, ...]], calls: tuple[CallRef, ...]) -> Def:
    start, end = scope.node.start_point, scope.node.end_point
    return Def(
        qualname=scope.name,
        name=scope.name.rpartition(".")[2],
        line=start.row + 1,
        column=start.column,
        end_line=end.row + 1,
        is_async=False,
        owner=scope.owner,
        parent=scope.parent,
        top=(start.row + 1, end.row + 1),
        decorators=(),
        params=(Param("this", "", None, None, has_default=False),) if scope.owner else (),
        calls=calls,
        reads=(),
        bindings=bindings,
        outer_names=frozenset(),
        returns=(),
        return_annotation=None,
        yields=False,
        stores_outside=False,
        promises={},
    )


def _class(name: str, node: Any, instance: Mapping[str, tuple[tuple[str, Expr], ...]]) -> Class:
    line, end_line = node.start_point.row + 1, node.end_point.row + 1
    return Class(
        qualname=name,
        name=name.rpartition(".")[2],
        line=line,
        end_line=end_line,
        parent="",
        bases=(),
        decorators=(),
        keywords=(),
        attributes={},
        instance=instance,
        top=(line, end_line),
    )
