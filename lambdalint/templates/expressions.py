"""The value of a Terraform expression, as far as the configuration decides it.

Known values are str, int, float, bool, tuples and dicts of Values, References to resources and Texts that
hold some; ``null`` is Absent. What only a plan would know is Unknown with a reason, and keeps what it is
made of (so that a reference in it is still found).

Sources: the HCL native syntax specification, and the Terraform language's functions and references.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lambdalint.model import ABSENT, Location, State, Value
from lambdalint.patterns import as_bytes
from lambdalint.records import NamedTuple
from lambdalint.templates.documents import LIST, MAP, SCALAR, Malformed, Node, read_json, read_yaml
from lambdalint.templates.hcl import Expression, File, location, parse_template
from lambdalint.templates.values import (
    SIZE_LIMIT,
    OutsideProject,
    Reference,
    Sizes,
    Text,
    TooMuchWork,
    Undecided,
    inside,
    joined,
    known,
    plain,
    same,
    unknown,
)
from lambdalint.tree import Tree, Unreadable

ELEMENT_LIMIT = 2_000
NESTING_LIMIT = 120
FILE_LIMIT = 1_000_000
DIGIT_LIMIT = 30


class FileText(NamedTuple):
    """What ``file(path)`` gives; it is read only where a decoder asks for it."""

    path: str


Step = tuple[str, Value]  # ("attribute" | "index" | "splat", its name or key)


class Call(NamedTuple):
    """A call of a function of the language, with its arguments evaluated."""

    evaluator: Evaluator
    arguments: list[Value]
    place: Location


class Names(Protocol):
    """What an expression may refer to."""

    def look_up(self, root: str, steps: list[Step], place: Location) -> Value:
        """The value of a reference: ``root`` is its first name, ``steps`` what follows."""
        ...


class Evaluator:
    """Evaluates the expressions of one root module, within one budget."""

    def __init__(self, tree: Tree, directory: str, steps: int) -> None:
        """Args: directory: the root module's directory, from which relative paths count; steps: the budget."""
        self.tree = tree
        self.directory = directory
        self.left = steps
        self.depth = 0
        self.sizes = Sizes()
        self._readers: dict[str, Callable[[File, Any, Names, Location], Value]] = {
            "literal_value": self._literal,
            "template_expr": self._template,
            "collection_value": self._collection,
            "function_call": self._call,
            "conditional": self._conditional,
            "operation": self._operation,
            "for_expr": self._for,
        }

    def spend(self, steps: int = 1) -> None:
        """Counts work.

        Raises:
            TooMuchWork: the budget is used up.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork("evaluating it takes too many steps")

    def value(self, expression: Expression, names: Names) -> Value:
        """The value of an expression."""
        self.spend()
        if self.depth > NESTING_LIMIT:
            return unknown("nested or referring too deep", expression.location)
        self.depth += 1
        try:
            if isinstance(expression.node, Node):
                value = self._json(expression.file, expression.node, names)
            else:
                value = self._expression(expression.file, expression.node, names)
        finally:
            self.depth -= 1
        if isinstance(value.value, str):
            self.spend(len(value.value) // 100)  # memory counts as well
        elif self.sizes.of(value) > SIZE_LIMIT:
            return unknown("a value that expands beyond reason", expression.location)
        return value

    # ------------------------------------------------------------------ JSON form

    def _json(self, file: File, node: Node, names: Names) -> Value:
        place = location(file, node)
        if node.kind == LIST:
            return known(tuple(self.value(Expression(file, element), names) for element in node.value), place)
        if node.kind == MAP:
            members = {name: self.value(Expression(file, below), names) for name, (_, below) in node.value.items()}
            return known(members, place)
        if not node.quoted:
            if node.value in ("true", "false"):
                return known(node.value == "true", place)
            return ABSENT if node.value == "null" else _number(node.value, place)
        if "${" not in node.value and "%{" not in node.value:
            return known(node.value, place)
        expression = parse_template(node.value, file.path)
        if expression is None:
            return unknown("a template that cannot be read", place)
        return self.value(expression, names)._replace(location=place)

    # ------------------------------------------------------------------ syntax

    def _expression(self, file: File, node: Any, names: Names) -> Value:
        return self._sequence(file, node.children, names, location(file, node))

    def _sequence(self, file: File, children: list[Any], names: Names, place: Location) -> Value:
        """A primary expression and what is applied to it (attributes, indices, splats)."""
        children = [child for child in children if child.type != "comment"]
        if not children:
            return unknown("an expression that cannot be read", place)
        head, rest = children[0], children[1:]
        if head.type == "(":
            inner = rest[0] if rest else None
            if inner is None or len(rest) < 2:
                return unknown("an expression that cannot be read", place)
            value = self.value(Expression(file, inner), names)
            return self.applied(value, self._steps(file, rest[2:], names), place)
        if head.type == "expression":
            value = self.value(Expression(file, head), names)
            return self.applied(value, self._steps(file, rest, names), place)
        if head.type == "variable_expr":
            root = _text(head)
            return names.look_up(root, self._steps(file, rest, names), place)
        reader = self._readers.get(head.type)
        if reader is None:
            return unknown("an expression that cannot be read", place)
        value = reader(file, head, names, place)
        return self.applied(value, self._steps(file, rest, names), place) if rest else value

    def _steps(self, file: File, nodes: list[Any], names: Names) -> list[Step]:
        steps: list[Step] = []
        for node in nodes:
            self.spend()
            if node.type == "get_attr":
                steps.append(("attribute", known(_text(node.children[-1]))))
            elif node.type == "index":
                inner = node.children[0]
                if inner.type == "new_index" and len(inner.children) > 1:
                    steps.append(("index", self.value(Expression(file, inner.children[1]), names)))
                else:
                    digits = _text(inner).lstrip(".").strip()
                    steps.append(("index", known(int(digits)) if digits.isdecimal() else unknown("an index")))
            elif node.type == "splat":
                steps.append(("splat", ABSENT))
                steps.extend(self._steps(file, node.children[0].children[1:], names))
        return steps

    def applied(self, value: Value, steps: list[Step], place: Location) -> Value:
        """A value with attributes, indices and splats applied."""
        for position, (kind, key) in enumerate(steps):
            self.spend()
            if not value.known:
                return value if value.unknown else unknown("an attribute of null", place)
            found = value.value
            if isinstance(found, Reference):
                return known(extended(found, steps[position:]), place)
            if kind == "splat":
                elements = found if type(found) is tuple else (value,)
                rest = steps[position + 1 :]
                return known(tuple(self.applied(element, rest, place) for element in elements), place)
            if not key.known:
                return unknown(key.reason or "an index that is decided at deployment", place)
            if isinstance(found, dict):
                name = str(key.value)
                if name not in found:
                    return unknown(f"there is no {name[:80]}", place)
                value = found[name]
            elif type(found) is tuple:
                index = key.value if isinstance(key.value, int) else -1
                if isinstance(key.value, str) and key.value.isdecimal():
                    index = int(key.value)
                if not 0 <= index < len(found):
                    return unknown("an index beyond the list", place)
                value = found[index]
            else:
                return unknown("an attribute of something that has none", place)
        return value

    def _literal(self, file: File, node: Any, names: Names, place: Location) -> Value:
        inner = node.children[0] if node.children else node
        written = _text(inner)
        if inner.type == "string_lit":
            return known(unescaped(written[1:-1]), place)
        if inner.type == "bool_lit":
            return known(written == "true", place)
        if inner.type == "null_lit":
            return ABSENT
        return _number(written, place)

    def _template(self, file: File, node: Any, names: Names, place: Location) -> Value:
        template = node.children[0]
        quoted = template.type == "quoted_template"
        parts: list[Value] = []
        children = template.children
        if quoted:
            position = template.start_byte + 1
            end = template.end_byte - 1
        else:
            first_line = file.source.find(b"\n", template.start_byte)
            position = first_line + 1
            end = file.source.rfind(b"\n", 0, template.end_byte)
        undecided = False

        def literal(stop: int) -> None:
            if stop > position:
                raw = file.source[position:stop].decode("utf-8", "replace")
                parts.append(known(unescaped(raw) if quoted else raw.replace("$${", "${").replace("%%{", "%{"), place))

        for child in children:
            if child.type == "template_interpolation":
                literal(child.start_byte)
                inner = next((part for part in child.children if part.type == "expression"), None)
                if inner is not None:
                    parts.append(self.value(Expression(file, inner), names))
                position = child.end_byte
            elif child.type == "template_directive":
                literal(child.start_byte)
                undecided = True
                position = child.end_byte
        literal(end)
        if undecided:
            return unknown("a template directive decides the text", place, Text(()))
        if quoted and len(parts) == 1:
            return parts[0]._replace(location=place)  # "${x}" is x, whatever its type
        if not parts:
            return known("", place)
        return joined([_written(part) for part in parts], "", place)

    def _collection(self, file: File, node: Any, names: Names, place: Location) -> Value:
        inner = node.children[0]
        if inner.type == "tuple":
            elements = [child for child in inner.children if child.type == "expression"]
            self.spend(len(elements))
            return known(tuple(self.value(Expression(file, element), names) for element in elements), place)
        members: dict[str, Value] = {}
        undecided = ""
        for element in inner.children:
            if element.type != "object_elem":
                continue
            key_node = element.child_by_field_name("key")
            value_node = element.child_by_field_name("val")
            if key_node is None or value_node is None:
                continue
            key = self._key(file, key_node, names)
            value = self.value(Expression(file, value_node), names)
            if key.known and isinstance(key.value, (str, int)):
                members[str(key.value)] = value
            else:
                undecided = key.reason or "a key that is decided at deployment"
        if undecided:
            return unknown(undecided, place, members)
        return known(members, place)

    def _key(self, file: File, node: Any, names: Names) -> Value:
        if node.child_count == 1 and node.children[0].type == "variable_expr":
            return known(_text(node))
        return self.value(Expression(file, node), names)

    def _call(self, file: File, node: Any, names: Names, place: Location) -> Value:
        name = _text(node.children[0])
        arguments: list[Value] = []
        for child in node.children:
            if child.type != "function_arguments":
                continue
            for part in child.children:
                if part.type == "expression":
                    arguments.append(self.value(Expression(file, part), names))
                elif part.type == "ellipsis" and arguments:
                    last = arguments.pop()
                    if last.known and type(last.value) is tuple:
                        arguments.extend(last.value)
                    else:
                        arguments.append(unknown("arguments that are decided at deployment", place, last.value))
        self.spend(len(arguments))
        found = _FUNCTIONS.get(name)
        if found is None:
            return unknown(f"{name[:40]}() is decided at deployment", place, tuple(arguments))
        try:
            value = found(Call(self, arguments, place))
        except (IndexError, TypeError, ValueError, AttributeError, re.error):
            return unknown(f"{name}() with arguments that do not fit", place, tuple(arguments))
        return value if value.location else value._replace(location=place)

    def _conditional(self, file: File, node: Any, names: Names, place: Location) -> Value:
        parts = [child for child in node.children if child.type == "expression"]
        if len(parts) != 3:
            return unknown("a condition that cannot be read", place)
        condition = self.value(Expression(file, parts[0]), names)
        decided = truth(condition)
        if decided is not None:
            return self.value(Expression(file, parts[1] if decided else parts[2]), names)
        options = [self.value(Expression(file, part), names) for part in parts[1:]]
        if options[0].known and options[1].known and same(options[0], options[1]):
            return options[0]
        return unknown(f"depends on a condition: {condition.reason or 'decided at deployment'}", place, tuple(options))

    def _operation(self, file: File, node: Any, names: Names, place: Location) -> Value:
        inner = node.children[0]
        if inner.type == "unary_operation":
            value = self._sequence(file, inner.children[1:], names, place)
            operator = inner.children[0].type
            if operator == "!":
                decided = truth(value)
                return (
                    known(not decided, place) if decided is not None else unknown(value.reason or "not decided", place)
                )
            if value.known and isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
                return known(-value.value, place)
            return unknown(value.reason or "not a number", place)
        for position, child in enumerate(inner.children):
            if child.type in _OPERATORS:
                left = self._sequence(file, inner.children[:position], names, place)
                right = self._sequence(file, inner.children[position + 1 :], names, place)
                return _operated(child.type, left, right, place)
        return unknown("an operation that cannot be read", place)

    def _for(self, file: File, node: Any, names: Names, place: Location) -> Value:
        inner = node.children[0]
        intro = next((child for child in inner.children if child.type == "for_intro"), None)
        if intro is None:
            return unknown("a for expression that cannot be read", place)
        variables = [_text(child) for child in intro.children if child.type == "identifier"]
        source = next((child for child in intro.children if child.type == "expression"), None)
        bodies = [child for child in inner.children if child.type == "expression"]
        guard = next((child for child in inner.children if child.type == "for_cond"), None)
        condition = next((c for c in guard.children if c.type == "expression"), None) if guard is not None else None
        grouped = any(child.type == "ellipsis" for child in inner.children)
        if source is None or not variables or not bodies:
            return unknown("a for expression that cannot be read", place)
        collection = self.value(Expression(file, source), names)
        elements = pairs(collection)
        if elements is None:
            return unknown(collection.reason or "a for over what is decided at deployment", place, collection.value)
        if len(elements) > ELEMENT_LIMIT:
            return unknown(f"a for over more than {ELEMENT_LIMIT:,} elements", place)
        found: list[Value] = []
        members: dict[str, Value] = {}
        undecided = ""
        for key, element in elements:
            self.spend(2)
            bound = {variables[-1]: element}
            if len(variables) > 1:
                bound[variables[0]] = key
            scope = Bound(self, names, bound)
            if condition is not None:
                decided = truth(self.value(Expression(file, condition), scope))
                if decided is None:
                    undecided = "a for with a condition that is decided at deployment"
                    continue
                if not decided:
                    continue
            if inner.type == "for_tuple_expr":
                found.append(self.value(Expression(file, bodies[0]), scope))
            elif len(bodies) > 1:
                name = self.value(Expression(file, bodies[0]), scope)
                value = self.value(Expression(file, bodies[1]), scope)
                if name.known and isinstance(name.value, (str, int)):
                    members[str(name.value)] = known((value,), place) if grouped else value
                else:
                    undecided = name.reason or "a key that is decided at deployment"
        result: Any = tuple(found) if inner.type == "for_tuple_expr" else members
        return unknown(undecided, place, result) if undecided else known(result, place)


class Bound:
    """Names with the variables of a ``for`` or of a ``dynamic`` block in front."""

    def __init__(
        self, evaluator: Evaluator, outer: Names, bound: Mapping[str, Value], *, supposed: bool = False
    ) -> None:
        """Args: supposed: whether there is nothing to bind, unless a variable is set."""
        self.evaluator = evaluator
        self.outer = outer
        self.bound = bound
        self.supposed = supposed

    def look_up(self, root: str, steps: list[Step], place: Location) -> Value:
        """See `Names.look_up`."""
        if root in self.bound:
            value = self.evaluator.applied(self.bound[root], steps, place)
            return value if value.state is State.ABSENT else value._replace(location=place)
        return self.outer.look_up(root, steps, place)


def extended(reference: Reference, steps: list[Step]) -> Reference:
    """A reference with further attributes; indices of attributes (``arn[0]``) do not matter to what it names."""
    parts = [reference.attribute] if reference.attribute else []
    parts += [str(key.value) for kind, key in steps if kind == "attribute" and key.known]
    return reference._replace(attribute=".".join(parts))


def pairs(value: Value) -> list[tuple[Value, Value]] | None:
    """The elements of a Known collection with their keys, None for anything else."""
    if not value.known:
        return None
    if isinstance(value.value, dict):
        return [(known(name, element.location), element) for name, element in value.value.items()]
    if type(value.value) is tuple:
        return [(known(position), element) for position, element in enumerate(value.value)]
    return None


def truth(value: Value) -> bool | None:
    """The truth value of a Known bool (or of the strings that convert to one), None for anything else."""
    if value.known and isinstance(value.value, bool):
        return value.value
    if value.known and value.value in ("true", "false"):
        return bool(value.value == "true")
    return None


_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|\$\$\{|%%\{')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unescaped(written: str) -> str:
    """The inside of a quoted string with its escapes replaced."""
    if "\\" not in written and "$${" not in written and "%%{" not in written:
        return written

    def letter(match: re.Match[str]) -> str:
        if match[1]:
            return _LETTERS[match[1]]
        digits = match[2] or match[3]
        if digits:
            code = int(digits, 16)
            return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        return match[0][1:]

    return _ESCAPE.sub(letter, written)


def _text(node: Any) -> str:
    return bytes(node.text).decode("utf-8", "replace")


def _number(written: str, place: Location) -> Value:
    if len(written) > DIGIT_LIMIT:
        return unknown("a number with too many digits", place)
    try:
        return known(int(written), place)
    except ValueError:
        pass
    try:
        return known(float(written), place)
    except ValueError:
        return unknown("a number that cannot be read", place)


def _written(value: Value) -> Value:
    """A part of a template as the string that Terraform makes of it."""
    if value.known and isinstance(value.value, bool):
        return value._replace(value="true" if value.value else "false")
    return value


_OPERATORS = frozenset({"==", "!=", "&&", "||", "<", ">", "<=", ">=", "+", "-", "*", "/", "%"})


def _operated(operator: str, left: Value, right: Value, place: Location) -> Value:
    if operator in ("&&", "||"):
        decided = [truth(left), truth(right)]
        decisive = operator == "||"
        if decisive in decided:
            return known(decisive, place)
        if None in decided:
            return unknown(left.reason or right.reason or "not decided", place)
        return known(not decisive, place)
    if operator in ("==", "!="):
        equal = _equal(left, right)
        if equal is None:
            return unknown(left.reason or right.reason or "not decided", place)
        return known(equal == (operator == "=="), place)
    if not (left.known and right.known):
        return unknown(left.reason or right.reason or "not decided", place)
    a, b = left.value, right.value
    if not all(isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) < 1e15 for x in (a, b)):
        return unknown("not numbers", place)
    if operator in ("/", "%") and b == 0:
        return unknown("division by zero", place)
    results: dict[str, Callable[[], Any]] = {
        "<": lambda: a < b,
        ">": lambda: a > b,
        "<=": lambda: a <= b,
        ">=": lambda: a >= b,
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b,
        "%": lambda: a % b,
    }
    return known(results[operator](), place)


def _equal(left: Value, right: Value) -> bool | None:
    if left.unknown or right.unknown:
        return None
    if left.state is State.ABSENT or right.state is State.ABSENT:
        # Something that names a resource is not null, though its value is not known.
        return left.state is right.state
    if isinstance(left.value, (Reference, Text)) or isinstance(right.value, (Reference, Text)):
        return None
    return same(left, right)


# ---------------------------------------------------------------------- functions


def _all_known(arguments: list[Value]) -> Value | None:
    """The first argument that is not decided (null, a resource's attribute, Unknown), None if all are."""
    for argument in arguments:
        if not argument.known or isinstance(argument.value, (Reference, Text)):
            reason = argument.reason or ("null" if argument.state is State.ABSENT else "decided at deployment")
            return unknown(reason, None, argument.value)
    return None


def _strings(function: Callable[..., Any]) -> Callable[[Call], Value]:
    """A function of plain scalars."""

    def function_call(call: Call) -> Value:
        undecided = _all_known(call.arguments)
        if undecided is not None:
            return undecided._replace(value=tuple(call.arguments))
        return known(function(*[argument.value for argument in call.arguments]), call.place)

    return function_call


# Patterns come from what is analysed: one quantifier and no alternatives cannot take long.
_PLAIN_PATTERN = re.compile(r"[^()|*+?{}]*[*+?]?[^()|*+?{}]*")


def _replace(text: str, old: str, new: str) -> str:
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        if not _PLAIN_PATTERN.fullmatch(old) or len(text) > SIZE_LIMIT:
            raise ValueError("a pattern that may take long")
        return re.sub(old[1:-1], re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", new), text)
    if len(new) * (text.count(old) if old else len(text)) > SIZE_LIMIT:
        raise ValueError("a text that grows beyond reason")
    return str(text).replace(str(old), str(new))


def _merge(call: Call) -> Value:
    members: dict[str, Value] = {}
    undecided = ""
    for argument in call.arguments:
        if isinstance(argument.value, dict):
            call.evaluator.spend(len(argument.value))
            members.update(argument.value)
        if not argument.known:
            if argument.state is not State.ABSENT:
                undecided = undecided or argument.reason
        elif not isinstance(argument.value, dict):
            undecided = undecided or "a map that is decided at deployment"
    return unknown(undecided, call.place, members) if undecided else known(members, call.place)


def _concat(call: Call) -> Value:
    found: list[Value] = []
    undecided = ""
    for argument in call.arguments:
        if type(argument.value) is tuple:
            call.evaluator.spend(len(argument.value))
            found.extend(argument.value)
        if not argument.known or type(argument.value) is not tuple:
            undecided = undecided or argument.reason or "a list that is decided at deployment"
    return unknown(undecided, call.place, tuple(found)) if undecided else known(tuple(found), call.place)


def _flatten(call: Call) -> Value:
    found: list[Value] = []
    waiting = [call.arguments[0]]
    while waiting:
        call.evaluator.spend()
        value = waiting.pop()
        if value.known and type(value.value) is tuple:
            waiting.extend(reversed(value.value))
        elif value.unknown and value is call.arguments[0]:
            return value
        else:
            found.append(value)
    return known(tuple(found), call.place)


def _to_set(call: Call) -> Value:
    value = call.arguments[0]
    if not value.known or type(value.value) is not tuple:
        return value
    found: dict[str, Value] = {}
    for element in value.value:
        call.evaluator.spend()
        found.setdefault(repr(element.value), element)
    return known(tuple(found[key] for key in sorted(found)), call.place)


def _same_list(call: Call) -> Value:
    return call.arguments[0]


def _compact(call: Call) -> Value:
    value = call.arguments[0]
    if not value.known:
        return value
    return known(tuple(e for e in value.value if e.state is not State.ABSENT and e.value != ""), call.place)


def _keys(call: Call) -> Value:
    value = call.arguments[0]
    return known(tuple(known(name, call.place) for name in sorted(value.value)), call.place) if value.known else value


def _values(call: Call) -> Value:
    value = call.arguments[0]
    return known(tuple(value.value[name] for name in sorted(value.value)), call.place) if value.known else value


def _lookup(call: Call) -> Value:
    table, key = call.arguments[0], call.arguments[1]
    if not table.known or not isinstance(table.value, dict) or not key.known:
        return unknown(table.reason or key.reason or "lookup() in what is decided at deployment", call.place)
    if str(key.value) in table.value:
        found: Value = table.value[str(key.value)]
        return found
    return call.arguments[2] if len(call.arguments) > 2 else unknown(f"there is no {str(key.value)[:80]}", call.place)


def _element(call: Call) -> Value:
    elements, index = call.arguments[0], call.arguments[1]
    if not elements.known or type(elements.value) is not tuple or not index.known or not elements.value:
        return unknown(elements.reason or index.reason or "element() of what is decided at deployment", call.place)
    found: Value = elements.value[int(index.value) % len(elements.value)]
    return found


def _length(call: Call) -> Value:
    value = call.arguments[0]
    if not value.known or isinstance(value.value, (Reference, Text)):
        return unknown(value.reason or "length() of what is decided at deployment", call.place)
    return known(len(value.value), call.place)


def _coalesce(call: Call) -> Value:
    for argument in call.arguments:
        if argument.unknown:
            return argument
        if argument.state is not State.ABSENT and argument.value not in ("", ()):
            return argument
    return ABSENT


def _try(call: Call) -> Value:
    for argument in call.arguments[:-1]:
        if argument.known:
            return argument
        if argument.unknown and not argument.reason.startswith(("there is no", "an index beyond", "an attribute of")):
            return argument
    return call.arguments[-1]


def _can(call: Call) -> Value:
    return (
        known(True, call.place)
        if call.arguments[0].known
        else unknown(call.arguments[0].reason or "not decided", call.place)
    )


def _one(call: Call) -> Value:
    value = call.arguments[0]
    if not value.known or type(value.value) is not tuple:
        return value
    return value.value[0] if value.value else ABSENT


def _join(call: Call) -> Value:
    separator, elements = call.arguments[0], call.arguments[1]
    if not elements.known or type(elements.value) is not tuple or not isinstance(separator.value, str):
        return unknown(elements.reason or "join() of what is decided at deployment", call.place, elements.value)
    return joined([_written(element) for element in elements.value], separator.value, call.place)


def _split(call: Call) -> Value:
    undecided = _all_known(call.arguments)
    if undecided is not None:
        return undecided
    parts = str(call.arguments[1].value).split(str(call.arguments[0].value))
    return known(tuple(known(part, call.place) for part in parts), call.place)


def _format(call: Call) -> Value:
    pattern = call.arguments[0]
    if not isinstance(pattern.value, str) or not pattern.known:
        return unknown("format() of what is decided at deployment", call.place)
    pieces = re.split(r"(%%|%[-+ 0#]*\d*(?:\.\d+)?[sdvqf])", pattern.value)
    parts: list[Value] = []
    rest = iter(call.arguments[1:])
    for piece in pieces:
        if piece == "%%":
            parts.append(known("%", call.place))
        elif piece.startswith("%") and len(piece) > 1:
            argument = next(rest, unknown("format() with too few arguments", call.place))
            if argument.known and not isinstance(argument.value, (Reference, Text)) and len(piece) > 2:
                if len(piece) > 6:
                    raise ValueError("a width beyond reason")
                argument = argument._replace(value=piece.replace("v", "s") % argument.value)
            parts.append(_written(argument))
        elif piece:
            parts.append(known(piece, call.place))
    return joined(parts, "", call.place)


def _file(call: Call) -> Value:
    written = call.arguments[0].value if call.arguments[0].known else None
    if not isinstance(written, str):
        return unknown("a file whose name is decided at deployment", call.place)
    try:
        path = inside(call.evaluator.directory, written)
    except OutsideProject as reason:
        return unknown(str(reason), call.place)
    return unknown(f"the contents of {path}", call.place, FileText(path))


def _decoder(read: Callable[[bytes], Any]) -> Callable[[Call], Value]:
    """``jsondecode`` and ``yamldecode`` of a literal or of a file of the project."""

    def function_call(call: Call) -> Value:
        source = call.arguments[0].value
        try:
            if isinstance(source, FileText):
                path, data = source.path, call.evaluator.tree.read(source.path, FILE_LIMIT)
            elif call.arguments[0].known and isinstance(source, str):
                path, data = call.place.path, as_bytes(source)
            else:
                return unknown("data that is decided at deployment", call.place, source)
            root = read(data).root
        except (Malformed, Unreadable) as error:
            return unknown(f"data that cannot be read: {error}", call.place)
        if root is None:
            return ABSENT
        call.evaluator.spend(root.weight)
        return _decoded(root, path)

    return function_call


def _decoded(node: Node, path: str) -> Value:
    place = Location(path, node.line, node.column)
    if node.kind == LIST:
        return known(tuple(_decoded(element, path) for element in node.value), place)
    if node.kind == MAP:
        return known({name: _decoded(below, path) for name, (_, below) in node.value.items()}, place)
    if node.null:
        return ABSENT
    if node.kind == SCALAR and not node.quoted:
        if node.value in ("true", "false"):
            return known(node.value == "true", place)
        if re.fullmatch(r"-?\d{1,15}", node.value):
            return known(int(node.value), place)
    return known(node.value, place)


def _json_encode(call: Call) -> Value:
    import json  # only for the functions that encode

    try:
        return known(json.dumps(plain(call.arguments[0]), separators=(",", ":"), sort_keys=True), call.place)
    except Undecided as reason:
        return unknown(f"a text that names {reason}", call.place, call.arguments[0].value)


def _template_file(call: Call) -> Value:
    # What the text names is all that is asked of it, and that comes with the variables.
    return unknown("a template file", call.place, tuple(call.arguments[1:]))


def _zipmap(call: Call) -> Value:
    names, values = call.arguments
    undecided = _all_known([*call.arguments, *(names.value if names.known else ())])
    if undecided is not None:
        return undecided
    return known({str(n.value): v for n, v in zip(names.value, values.value, strict=True)}, call.place)


def _range(call: Call) -> Value:
    undecided = _all_known(call.arguments)
    if undecided is not None:
        return undecided
    numbers = range(*[int(argument.value) for argument in call.arguments])
    if len(numbers) > ELEMENT_LIMIT:
        return unknown(f"a range of more than {ELEMENT_LIMIT:,}", call.place)
    return known(tuple(known(number, call.place) for number in numbers), call.place)


def _contains(call: Call) -> Value:
    elements, wanted = call.arguments
    undecided = _all_known([elements, wanted, *(elements.value if elements.known else ())])
    if undecided is not None:
        return undecided
    return known(any(same(element, wanted) for element in elements.value), call.place)


def _setproduct(call: Call) -> Value:
    undecided = _all_known(call.arguments)
    if undecided is not None:
        return undecided
    found: list[tuple[Value, ...]] = [()]
    for argument in call.arguments:
        call.evaluator.spend(len(found) * len(argument.value))
        found = [(*row, element) for row in found for element in argument.value]
        if len(found) > ELEMENT_LIMIT:
            return unknown(f"a product of more than {ELEMENT_LIMIT:,}", call.place)
    return known(tuple(known(row, call.place) for row in found), call.place)


def _to_string(call: Call) -> Value:
    value = _written(call.arguments[0])
    if value.known and isinstance(value.value, (int, float)):
        return value._replace(value=str(value.value))
    return value


def _to_number(call: Call) -> Value:
    value = call.arguments[0]
    return _number(value.value, call.place) if value.known and isinstance(value.value, str) else value


def _sort(call: Call) -> Value:
    value = call.arguments[0]
    undecided = _all_known([value, *(value.value if value.known and type(value.value) is tuple else ())])
    if undecided is not None:
        return undecided
    return known(tuple(sorted(value.value, key=lambda element: str(element.value))), call.place)


def _reverse(call: Call) -> Value:
    return (
        call.arguments[0]._replace(value=call.arguments[0].value[::-1])
        if call.arguments[0].known
        else call.arguments[0]
    )


def _slice(call: Call) -> Value:
    undecided = _all_known(call.arguments)
    if undecided is not None:
        return undecided
    return known(call.arguments[0].value[call.arguments[1].value : call.arguments[2].value], call.place)


def _title(text: str) -> str:
    return re.sub(r"\b[a-z]", lambda match: match[0].upper(), text)


_FUNCTIONS: dict[str, Callable[[Call], Value]] = {
    "abspath": _same_list,
    "basename": _strings(posixpath.basename),
    "can": _can,
    "chomp": _strings(lambda text: text.rstrip("\r\n")),
    "coalesce": _coalesce,
    "coalescelist": _coalesce,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "dirname": _strings(lambda text: posixpath.dirname(text) or "."),
    "distinct": _to_set,
    "element": _element,
    "endswith": _strings(lambda text, end: text.endswith(end)),
    "file": _file,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    "jsondecode": _decoder(read_json),
    "jsonencode": _json_encode,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "lower": _strings(lambda text: text.lower()),
    "max": _strings(max),
    "merge": _merge,
    "min": _strings(min),
    "nonsensitive": _same_list,
    "one": _one,
    "pathexpand": _same_list,
    "range": _range,
    "replace": _strings(_replace),
    "reverse": _reverse,
    "sensitive": _same_list,
    "setproduct": _setproduct,
    "setunion": _concat,
    "slice": _slice,
    "sort": _sort,
    "split": _split,
    "startswith": _strings(lambda text, start: text.startswith(start)),
    "substr": _strings(lambda text, start, size: text[start:] if size < 0 else text[start : start + size]),
    "templatefile": _template_file,
    "title": _strings(_title),
    "tobool": _same_list,
    "tolist": _same_list,
    "tomap": _same_list,
    "tonumber": _to_number,
    "toset": _to_set,
    "tostring": _to_string,
    "trim": _strings(lambda text, letters: text.strip(letters)),
    "trimprefix": _strings(lambda text, prefix: text.removeprefix(prefix)),
    "trimspace": _strings(lambda text: text.strip()),
    "trimsuffix": _strings(lambda text, suffix: text.removesuffix(suffix)),
    "try": _try,
    "upper": _strings(lambda text: text.upper()),
    "values": _values,
    "yamldecode": _decoder(read_yaml),
    "yamlencode": _json_encode,
    "zipmap": _zipmap,
}
