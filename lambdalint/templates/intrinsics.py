"""Values of CloudFormation templates: parameters, mappings and intrinsic functions, evaluated in nodes.

Short and long forms are evaluated as far as parameters' defaults and mappings decide them; conditions
stay open. A value that names a resource is Known with a Reference, or with a Text that holds some.

Source: the CloudFormation template reference (intrinsic functions, pseudo parameters, ``Fn::ForEach``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from lambdalint.model import ABSENT, Location, State, Value
from lambdalint.records import NamedTuple
from lambdalint.templates.documents import LIST, MAP, SCALAR, Node
from lambdalint.templates.values import (
    SIZE_LIMIT,
    Either,
    Found,
    Reference,
    Sizes,
    TooMuchWork,
    as_integer,
    items,
    joined,
    known,
    mapping,
    same,
    text,
    unknown,
)

STEP_LIMIT = 500_000  # about two seconds
EXPANSION_LIMIT = 1_000
LOOP_DEPTH = 5

# The loop variables of Fn::ForEach around a node; None where their values are decided at deployment.
Bindings = Mapping[str, str | None]
_NONE: Bindings = {}

_INTRINSICS = frozenset(
    {
        "Condition",
        "Fn::And",
        "Fn::Base64",
        "Fn::Cidr",
        "Fn::Equals",
        "Fn::FindInMap",
        "Fn::ForEach",
        "Fn::GetAZs",
        "Fn::GetAtt",
        "Fn::GetStackOutput",
        "Fn::If",
        "Fn::ImportValue",
        "Fn::Join",
        "Fn::Length",
        "Fn::Not",
        "Fn::Or",
        "Fn::Select",
        "Fn::Split",
        "Fn::Sub",
        "Fn::ToJsonString",
        "Fn::Transform",
        "Ref",
    }
)
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")
_PSEUDO_LITERALS = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}


class Entry(NamedTuple):
    """One resource as written. ``bindings`` are the loop variables of ``Fn::ForEach`` around it."""

    name: str
    type: str
    key: Node
    node: Node
    bindings: Bindings = _NONE


class Stack:
    """One template: its parameters, mappings, resources and the evaluation of its values."""

    def __init__(
        self, path: str, root: Node, found: Found, arguments: Mapping[str, Value] | None = None, scope: str = ""
    ) -> None:
        """Reads nothing yet but the names of the resources.

        Args:
            path: the file that the nodes come from.
            root: the node that holds ``Resources``, ``Parameters`` and so on.
            found: takes the problems.
            arguments: what a stack of the same repository hands to the parameters of this one.
            scope: the scope of References; the path by default.
        """
        self.path = path
        self.scope = scope or path
        self.found = found
        self.arguments = arguments or {}
        self.parameters = _section(root, "Parameters")
        self.mappings = root.get("Mappings")
        self.resources: dict[str, Entry] = {}
        self.left = STEP_LIMIT
        self.expansions = EXPANSION_LIMIT
        # By identity of the node, which is kept alive with its value; None while it is worked out.
        self.memo: dict[int, tuple[Node, Value | None]] = {}
        self.sizes = Sizes()
        transform = root.get("Transform")
        self.sam = transform is not None and "AWS::Serverless-2016-10-31" in _scalars(transform)
        # Transforms of somebody's own may change whatever is written.
        self.macros = [name for name in _scalars(transform) if not name.startswith("AWS::")] if transform else []
        for key, node, bindings in self.expanded(_section(root, "Resources"), {}):
            kind = node.get("Type")
            if kind is None or kind.kind != SCALAR:
                continue  # whether a template is valid is its own linter's concern
            self.resources[key.value] = Entry(key.value, kind.value, key, node, bindings)

    def expanded(
        self, section: Mapping[str, tuple[Node, Node]], bindings: Bindings, depth: int = 0
    ) -> Iterator[tuple[Node, Node, Bindings]]:
        """The entries of a section, those of ``Fn::ForEach`` loops once for each element.

        A loop whose elements are decided at deployment, or are too many, gives its entries once, with its
        variable undecided.
        """
        for key, node in section.values():
            if not key.value.startswith("Fn::ForEach"):
                yield _renamed(key, bindings) if bindings else key, node, bindings
                continue
            parts = node.value if node.kind == LIST else []
            if len(parts) != 3 or parts[0].kind != SCALAR or parts[2].kind != MAP or depth > LOOP_DEPTH:
                self.found.problem(self.path, f"line {key.line}: Fn::ForEach that cannot be read")
                continue
            values: list[str | None] = [None]
            if parts[1].kind != LIST or len(parts[1].value) * len(parts[2].value) <= self.expansions:
                decided = [text(element) for element in items(self.evaluate(parts[1], bindings))]
                if decided and None not in decided and len(decided) * len(parts[2].value) <= self.expansions:
                    values = [*decided]
            self.expansions -= len(values) * len(parts[2].value)
            for value in values:
                self.spend(1)
                yield from self.expanded(parts[2].value, {**bindings, parts[0].value: value}, depth + 1)

    def spend(self, steps: int) -> None:
        """Counts work.

        Raises:
            TooMuchWork: the budget is used up.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork("evaluating it takes too many steps")

    def location(self, node: Node) -> Location:
        """Where a node stands."""
        if node.end_column:
            return Location(self.path, node.line, node.column, node.line, node.end_column)
        return Location(self.path, node.line, node.column)

    def evaluate(self, node: Node | None, bindings: Bindings = _NONE) -> Value:
        """What a node says. Absent for None, ``null`` and ``AWS::NoValue``."""
        if node is None or node.null:
            return ABSENT
        plain = node.kind == SCALAR and not node.tag and "$" not in node.value  # costs less than to remember it
        if not bindings and not plain:
            # Nodes are shared between functions through Globals and aliases.
            found = self.memo.get(id(node))
            if found is None:
                self.memo[id(node)] = (node, None)
                value = self.checked(self.evaluated(node, bindings))
                self.memo[id(node)] = (node, value)
                return value
            return found[1] or unknown("a value that refers to itself", self.location(node))
        return self.checked(self.evaluated(node, bindings))

    def checked(self, value: Value) -> Value:
        """The value, unless it is larger than anything a template means."""
        if isinstance(value.value, str):
            self.spend(len(value.value) // 100)  # memory counts as well
        elif self.sizes.of(value) > SIZE_LIMIT:
            return unknown("a value that expands beyond reason", value.location)
        return value

    def evaluated(self, node: Node, bindings: Bindings) -> Value:
        """What a node says, worked out anew."""
        self.spend(1)
        place = self.location(node)
        if node.tag:
            name = node.tag.removeprefix("!")
            name = name if name in ("Ref", "Condition") else f"Fn::{name}"
            if name not in _INTRINSICS:
                return unknown(f"tag {node.tag[:40]} is not known", place)
            return self.intrinsic(name, node, place, bindings)
        if node.kind == SCALAR:
            value = _substituted(node.value, bindings) if bindings else node.value
            if bindings and (loop := _undecided(value, bindings)):
                return unknown(f"depends on the loop variable {loop}", place)
            if "{{resolve:" in value:
                return unknown("a dynamic reference, resolved at deployment", place)
            return known(value, place)
        if node.kind == LIST:
            elements = [self.evaluate(element, bindings) for element in node.value]
            return known(tuple(e for e in elements if e.state is not State.ABSENT), place)
        if len(node.value) == 1:
            (name,) = node.value
            if name == "Ref" or name.startswith("Fn::"):
                key, below = node.value[name]
                if name not in _INTRINSICS:
                    return unknown(f"{name[:40]} is not known", place)
                return self.intrinsic(name, below, Location(self.path, key.line, key.column), bindings)
        members = {}
        for name, (_, below) in node.value.items():
            value = self.evaluate(below, bindings)
            if value.state is not State.ABSENT or below.null:
                members[_substituted(name, bindings) if bindings else name] = value
        return known(members, place)

    def intrinsic(self, name: str, node: Node, place: Location, bindings: Bindings) -> Value:
        """The value of an intrinsic function, ``node`` holding its argument."""
        if name == "Ref":
            if node.kind != SCALAR:
                return unknown("Ref of something other than a name", place)
            if node.value in bindings:  # a loop variable, which needs no braces here
                looped = bindings[node.value]
                return (
                    unknown(f"depends on the loop variable {node.value}", place)
                    if looped is None
                    else known(looped, place)
                )
            return self.reference(_substituted(node.value, bindings), place)
        if name == "Fn::GetAtt":
            return self.attribute(node, place, bindings)
        if name == "Fn::Sub":
            return self.substitution(node, place, bindings)
        method = _FUNCTIONS.get(name)
        if method is None:
            return unknown(f"{name} is decided at deployment", place)
        if name in _UNARY:
            return method(self, [_untagged(node)], place, bindings)
        if node.kind != LIST:
            return unknown(f"{name} without a list", place)
        return method(self, node.value, place, bindings)

    def reference(self, name: str, place: Location) -> Value:
        """What ``Ref`` gives."""
        if name == "AWS::NoValue":
            return ABSENT
        if name in _PSEUDO_LITERALS:
            return known(_PSEUDO_LITERALS[name], place, f"usual value of {name}")
        if name.startswith("AWS::"):
            return known(Reference("", name), place)
        if name in self.parameters:
            if name in self.arguments:
                return self.arguments[name]._replace(location=place)
            default = self.parameters[name][1].get("Default")
            if default is None or default.kind != SCALAR:
                reason = f"parameter {name} has no default"
                return unknown(reason, place, Reference(self.scope, name))
            kind = self.parameters[name][1].get("Type")
            kind_name = kind.value if kind is not None and kind.kind == SCALAR else "String"
            reason = f"default of parameter {name}"
            if kind_name.startswith("AWS::SSM::"):
                return unknown(
                    f"parameter {name} names a Systems Manager parameter", place, Reference(self.scope, name)
                )
            if "List" in kind_name:
                parts = [known(part.strip(), place) for part in default.value.split(",")]
                self.spend(len(parts))
                return known(tuple(parts), place, reason)
            return known(default.value, place, reason)
        # SAM gives functions further names: ${Function.Alias}, ${Function.Version}.
        base, _, attribute = name.partition(".")
        return known(Reference(self.scope, base, attribute), place)

    def attribute(self, node: Node, place: Location, bindings: Bindings) -> Value:
        """What ``Fn::GetAtt`` gives, for its list and its dotted form."""
        if node.kind == SCALAR:
            name, _, attribute = _substituted(node.value, bindings).partition(".")
            return known(Reference(self.scope, name, attribute), place)
        parts = [text(self.evaluate(part, bindings)) for part in node.value] if node.kind == LIST else []
        if len(parts) < 2 or parts[0] is None:
            return unknown("Fn::GetAtt of something other than names", place)
        attribute = ".".join(part or "*" for part in parts[1:])
        return known(Reference(self.scope, parts[0], attribute), place)

    def substitution(self, node: Node, place: Location, bindings: Bindings) -> Value:
        """What ``Fn::Sub`` gives: a string with ``${Name}``, and in its list form a mapping of further names."""
        names: Mapping[str, Value] = {}
        if node.kind == LIST and node.value:
            if len(node.value) > 1:
                names = mapping(self.evaluate(node.value[1], bindings))
            node = node.value[0]
        if node.kind != SCALAR:
            return unknown("Fn::Sub of something other than a string", place)
        pattern = _substituted(node.value, bindings)
        if "{{resolve:" in pattern:
            return unknown("a dynamic reference, resolved at deployment", place)
        parts: list[Value] = []
        position = 0
        for match in _PLACEHOLDER.finditer(pattern):
            self.spend(1)
            if match.start() > position:
                parts.append(known(pattern[position : match.start()].replace("${!", "${"), place))
            name = match[1].strip()
            if name in names:
                parts.append(names[name])
            elif name in bindings:
                parts.append(unknown(f"depends on the loop variable {name}", place))
            elif "." in name and name not in self.parameters:
                resource, _, attribute = name.partition(".")
                parts.append(known(Reference(self.scope, resource, attribute), place))
            else:
                parts.append(self.reference(name, place))
            position = match.end()
        if position < len(pattern):
            parts.append(known(pattern[position:].replace("${!", "${"), place))
        return joined(parts, "", place)

    def join(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::Join``."""
        if len(arguments) != 2:
            return unknown("Fn::Join without separator and list", place)
        separator = text(self.evaluate(arguments[0], bindings))
        parts = self.evaluate(arguments[1], bindings)
        if separator is None and arguments[0].kind == SCALAR and not arguments[0].tag:
            separator = arguments[0].value
        if separator is None or not parts.known or type(parts.value) is not tuple:
            return unknown("Fn::Join of a list that the deployment decides", place, parts.value)
        return joined(list(parts.value), separator, place)

    def select(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::Select``."""
        if len(arguments) != 2:
            return unknown("Fn::Select without index and list", place)
        index = as_integer(self.evaluate(arguments[0], bindings), "index")
        elements = self.evaluate(arguments[1], bindings)
        if index.known and elements.known and type(elements.value) is tuple and 0 <= index.value < len(elements.value):
            chosen: Value = elements.value[index.value]
            return chosen._replace(location=place)
        return unknown("Fn::Select of a list that the deployment decides", place)

    def split(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::Split``."""
        if len(arguments) != 2:
            return unknown("Fn::Split without separator and string", place)
        separator = text(self.evaluate(arguments[0], bindings))
        whole = text(self.evaluate(arguments[1], bindings))
        if not separator or whole is None:
            return unknown("Fn::Split of a string that the deployment decides", place)
        self.spend(whole.count(separator))
        return known(tuple(known(part, place) for part in whole.split(separator)), place)

    def find_in_map(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::FindInMap``."""
        keys = [text(self.evaluate(argument, bindings)) for argument in arguments[:3]]
        node = self.mappings
        for key in keys:
            if key is None:
                node = None
            elif node is not None:
                node = node.get(key)
        if len(keys) == 3 and node is not None:
            value = self.evaluate(node, bindings)
            return value._replace(location=place, reason=value.reason or f"mapping {keys[0]}")
        if len(keys) == 3 and keys[0] is not None and keys[2] is not None and self.mappings is not None:
            # The middle key is often the region or a stage: where all rows agree, it does not matter.
            rows = self.mappings.get(keys[0])
            values = []
            for _, row in rows.value.values() if rows is not None and rows.kind == MAP else ():
                self.spend(1)
                values.append(self.evaluate(row.get(keys[2]), bindings))
            if values and keys[1] is None and len({repr(value.value) for value in values}) == 1 and values[0].known:
                return values[0]._replace(location=place, reason=f"every row of mapping {keys[0]}")
        return unknown("Fn::FindInMap with a key that the deployment decides", place)

    def condition(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::If``: Unknown, and either of both, unless both say the same."""
        if len(arguments) != 3:
            return unknown("Fn::If without condition and two values", place)
        name = arguments[0].value if arguments[0].kind == SCALAR else "?"
        options = tuple(self.evaluate(argument, bindings) for argument in arguments[1:])
        if options[0].known and options[1].known and same(options[0], options[1]):
            return options[0]
        return unknown(f"depends on condition {name[:80]}", place, Either(options))

    def pass_through(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::Base64``: the text, for who reads it."""
        return self.evaluate(arguments[0], bindings)

    def json_text(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::ToJsonString``: Unknown, with what it is made of."""
        # Which resources the text names is all that is asked of it.
        return unknown("Fn::ToJsonString is not written out", place, self.evaluate(arguments[0], bindings).value)

    def length(self, arguments: list[Node], place: Location, bindings: Bindings) -> Value:
        """``Fn::Length``."""
        value = self.evaluate(arguments[0], bindings)
        if value.known and type(value.value) is tuple:
            return known(str(len(value.value)), place)
        return unknown("Fn::Length of a list that the deployment decides", place)


# Their argument is any value; the others take lists.
_UNARY = frozenset({"Fn::Base64", "Fn::ToJsonString", "Fn::Length"})
_FUNCTIONS: dict[str, Callable[[Stack, list[Node], Location, Bindings], Value]] = {
    "Fn::Join": Stack.join,
    "Fn::Select": Stack.select,
    "Fn::Split": Stack.split,
    "Fn::FindInMap": Stack.find_in_map,
    "Fn::If": Stack.condition,
    "Fn::Base64": Stack.pass_through,
    "Fn::ToJsonString": Stack.json_text,
    "Fn::Length": Stack.length,
}


def _substituted(written: str, bindings: Bindings) -> str:
    """Text with the loop variables of ``Fn::ForEach`` (``${Name}``, ``&{Name}``) replaced where they are decided."""
    if bindings and "{" in written:
        for name, value in bindings.items():
            if value is not None:
                written = written.replace(f"${{{name}}}", value).replace(f"&{{{name}}}", value)
    return written


def _undecided(written: str, bindings: Bindings) -> str:
    """A loop variable that stays in a text, "" if none does."""
    return next((name for name in bindings if f"${{{name}}}" in written or f"&{{{name}}}" in written), "")


def _untagged(node: Node) -> Node:
    """The argument of a short form, which carries the function as its tag."""
    return Node(node.kind, node.value, node.line, node.column, node.end_column, "", node.quoted) if node.tag else node


def _renamed(key: Node, bindings: Bindings) -> Node:
    return Node(SCALAR, _substituted(key.value, bindings), key.line, key.column, key.end_column, "", key.quoted)


def _section(root: Node, name: str) -> Mapping[str, tuple[Node, Node]]:
    section = root.get(name)
    return section.value if section is not None and section.kind == MAP else {}


def _scalars(node: Node) -> list[str]:
    nodes = node.value if node.kind == LIST else [node]
    return [element.value for element in nodes if element.kind == SCALAR]
