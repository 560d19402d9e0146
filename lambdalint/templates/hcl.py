"""Terraform files as bodies of attributes and blocks: HCL by tree-sitter, and HCL's JSON form.

Expressions stay syntax nodes until something asks for their value.

Sources: the HCL native syntax specification, "JSON Configuration Syntax" of the Terraform documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lambdalint.model import Location
from lambdalint.patterns import as_bytes
from lambdalint.records import NamedTuple
from lambdalint.templates.documents import LIST, MAP, SCALAR, Malformed, Node, decoded, read_json

# The grammar's error recovery costs up to 6 µs a byte (a run of quotes): 3 s for the largest file taken.
HCL_LIMIT = 512_000
DEPTH_LIMIT = 100

_BRACKET = re.compile(rb"[\[\]{}()]")
# Blocks whose labels are keys of nested objects in the JSON form, with the number of labels.
_LABELS = {"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "provider": 1, "ephemeral": 2}
_NESTED = frozenset({"locals", "terraform"})


class File(NamedTuple):
    """A file that expressions come from."""

    path: str
    source: bytes


class Expression(NamedTuple):
    """An expression: ``node`` is a tree-sitter node, or a `documents.Node` of the JSON form."""

    file: File
    node: Any

    @property
    def location(self) -> Location:
        """Where it stands."""
        return location(self.file, self.node)


class Attribute(NamedTuple):
    """``name = expression``; ``name`` is the node of the name."""

    expression: Expression
    name: Any

    @property
    def key(self) -> Location:
        """Where the name stands."""
        return location(self.expression.file, self.name)


class Block:
    """A block with its labels.

    Most blocks of a file are of no concern: what one holds is looked at when somebody asks for it.
    """

    __slots__ = ("_body", "_file", "_node", "labels", "type")

    def __init__(self, type_: str, labels: tuple[str, ...], file: File, node: Any, body: Any) -> None:
        """Args: node: that of its type; body: the node of what it holds, None where that is nothing."""
        self.type = type_
        self.labels = labels
        self._file = file
        self._node = node
        self._body: Body | Any = body

    @property
    def location(self) -> Location:
        """Where its type stands."""
        place = location(self._file, self._node)
        return place if isinstance(self._node, Node) else place._replace(end_line=0, end_column=0)

    @property
    def body(self) -> Body:
        """What it holds."""
        if not isinstance(self._body, Body):
            found = Body()
            if isinstance(self._body, Node):
                found = _json_body(self._file, self._body)
            elif self._body is not None:
                _fill(found, self._file, self._body)
            self._body = found
        return self._body


class Body:
    """What a file or block holds. Of attributes with one name the last counts."""

    __slots__ = ("attributes", "blocks")

    def __init__(self) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []

    def blocks_of(self, kind: str) -> Iterator[Block]:
        """The blocks of one type, in order."""
        for block in self.blocks:
            if block.type == kind:
                yield block


def location(file: File, node: Any) -> Location:
    """The place of a syntax node; columns count code points, as everywhere."""
    if isinstance(node, Node):
        end = node.end_column
        return Location(file.path, node.line, node.column, node.line if end else 0, end)
    start, end_point = node.start_point, node.end_point
    column = _column(file.source, node.start_byte, start.column)
    if end_point.row != start.row:
        return Location(file.path, start.row + 1, column)
    return Location(
        file.path, start.row + 1, column, start.row + 1, _column(file.source, node.end_byte, end_point.column)
    )


def written(expression: Expression) -> bytes:
    """An expression as it is written; in the JSON form, the texts in it."""
    node = expression.node
    if not isinstance(node, Node):
        return bytes(expression.file.source[node.start_byte : node.end_byte])
    if node.kind == SCALAR:
        return as_bytes(str(node.value))
    inner = node.value if node.kind == LIST else [below for _, below in node.value.values()]
    return b" ".join(written(Expression(expression.file, element)) for element in inner)


def _column(source: bytes, position: int, column: int) -> int:
    before = source[position - column : position]
    return column + 1 if before.isascii() else len(before.decode("utf-8", "replace")) + 1


def check_depth(data: bytes) -> None:
    """Refuses brackets nested deeper than any configuration needs, before a parser sees them.

    Raises:
        Malformed: nested too deep.
    """
    if sum(map(data.count, (b"[", b"{", b"("))) <= DEPTH_LIMIT:
        return
    depth = 0
    for match in _BRACKET.finditer(data):
        if match[0] in b"[{(":
            depth += 1
            if depth > DEPTH_LIMIT:
                line = data.count(b"\n", 0, match.start()) + 1
                raise Malformed(f"line {line}: nested deeper than {DEPTH_LIMIT} levels")
        elif depth:
            depth -= 1


def parse(path: str, data: bytes) -> tuple[Body, str]:
    """A Terraform file, and the reason why a part of it could not be read ("" if all could).

    Raises:
        Malformed: not text, not JSON where it should be, or nested too deep.
    """
    check_depth(data)
    if path.endswith(".json"):
        document = read_json(data)
        if document.root is None or document.root.kind != MAP:
            raise Malformed("line 1: not an object")
        return _json_body(File(path, data), document.root, top=True), "; ".join(document.problems[:1])
    source = decoded(data).encode()
    import tree_sitter  # heavy, and only for Terraform
    import tree_sitter_hcl

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
    root = parser.parse(source).root_node
    file = File(path, source)
    problem = f"line {_first_error(root)}: not HCL from here on" if root.has_error else ""
    body = Body()
    for child in root.children:
        if child.type == "body":
            _fill(body, file, child)
        elif child.type == "object":  # a variable file that holds one object
            continue
    return body, problem


def parse_template(text: str, path: str) -> Expression | None:
    """The expression that a string of the JSON form stands for (it is a template); None if it is not HCL."""
    import tree_sitter
    import tree_sitter_hcl

    source = b'x = "' + _quoted(text).encode("utf-8", "replace") + b'"\n'
    try:
        check_depth(source)
    except Malformed:
        return None
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
    root = parser.parse(source).root_node
    if root.has_error:
        return None
    body = Body()
    file = File(path, source)
    for child in root.children:
        if child.type == "body":
            _fill(body, file, child)
    found = body.attributes.get("x")
    return found.expression if found else None


def _quoted(text: str) -> str:
    """Text as the inside of a quoted template; what is inside ``${…}`` stays as it is."""
    parts = []
    depth = 0
    position = 0
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            parts.append("${")
            position += 2
            continue
        letter = text[position]
        if depth:
            depth += (letter == "{") - (letter == "}")
            parts.append(letter)
        else:
            parts.append({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter, letter))
        position += 1
    return "".join(parts)


def _first_error(root: Any) -> int:
    """The line of the first fault of a tree."""
    node = root
    while True:
        for child in node.children:
            if child.is_error or child.is_missing:
                return int(child.start_point.row) + 1
            if child.has_error:
                node = child
                break
        else:
            return int(node.start_point.row) + 1


def _fill(body: Body, file: File, node: Any) -> None:
    """Adds what a body node holds."""
    for child in node.children:
        if child.type == "attribute":
            name = child.child(0)
            value = child.child(child.child_count - 1)
            if name is not None and value is not None and value.type == "expression":
                body.attributes[_text(name)] = Attribute(Expression(file, value), name)
        elif child.type == "block":
            kind = ""
            labels = []
            inner = None
            for part in child.children:
                if part.type == "identifier":
                    if kind:
                        labels.append(_text(part))
                    else:
                        kind = _text(part)
                elif part.type == "string_lit":
                    labels.append(_text(part)[1:-1])
                elif part.type == "body":
                    inner = part
            body.blocks.append(Block(kind, tuple(labels), file, child, inner))


def _text(node: Any) -> str:
    return bytes(node.text).decode("utf-8", "replace")


def _json_body(file: File, node: Node, top: bool = False) -> Body:
    body = Body()
    for name, (key, value) in node.value.items():
        if name == "//":
            continue
        if top and (name in _LABELS or name in _NESTED):
            for labels, below, place in _labelled(value, _LABELS.get(name, 0), (), key):
                body.blocks.append(Block(name, labels, file, place, below))
            continue
        body.attributes[name] = Attribute(Expression(file, value), key)
    return body


def _labelled(
    node: Node, count: int, labels: tuple[str, ...], place: Node
) -> Iterator[tuple[tuple[str, ...], Node, Node]]:
    """The objects below ``count`` levels of labels, with the last key; each level may be a list of objects."""
    if node.kind == LIST:
        for element in node.value:
            yield from _labelled(element, count, labels, place)
    elif node.kind == SCALAR:
        return
    elif len(labels) == count:
        yield labels, node, place
    else:
        for name, (key, below) in node.value.items():
            yield from _labelled(below, count, (*labels, name), key)
