"""YAML and JSON as nodes with positions, within bounds that hold for any input.

YAML comes from PyYAML's *events*, not from its ``compose``: libyaml's event parser keeps its states
on the heap, whereas its composer recurses in C and dies by SIGSEGV on deep nesting. So the fast parser
is safe here, and the depth limit stops it before its cost grows with the square of the depth (measured:
2.8 MB of templates take 0.3 s as C events, 7 s with the pure parser). Where PyYAML was built without
libyaml, its pure parser gives the same events.

JSON is scanned here, with the standard library's string scanner: YAML parsers refuse tabs, surrogate
escapes and keys above 1,024 characters, and ``json.loads`` gives no positions.

Scalars stay strings (``3.10``, ``no``, ``2012-10-17`` and ``0128`` keep their spelling). Aliases share
their node, so every node carries the number of nodes that a walk over it would visit (``weight``), and a
document that would expand beyond the budget is refused whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lambdalint.records import NamedTuple

YAML_LIMIT = 1_000_000
JSON_LIMIT = 10_000_000
NODE_LIMIT = 200_000
# JSON has no aliases: its nodes are bounded by its bytes, and large cdk.out templates are legitimate.
JSON_NODE_LIMIT = 1_000_000
DEPTH_LIMIT = 100
# Each %TAG line is compared with all earlier ones by libyaml (60,000 of them take 6 s); nobody writes more than two.
TAG_DIRECTIVE_LIMIT = 100
DIGIT_LIMIT = 400
# A repeated resource or section hides what stood first; deeper down, the last value counting is the whole story.
REPEATED_KEY_DEPTH = 2
PROBLEM_LIMIT = 20

MAP = "map"
LIST = "list"
SCALAR = "scalar"

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_STANDARD = "tag:yaml.org,2002:"
_DATE = re.compile(r"\d{4}-(\d\d)-(\d\d)$")
_TAGGED = {
    "str": re.compile(""),
    "null": re.compile(r"(?:~|null|Null|NULL|)$"),
    "bool": re.compile(r"(?i:yes|no|true|false|on|off)$"),
    "int": re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*)$"),
    "float": re.compile(
        r"[-+]?(?:[0-9][0-9_]*)?\.?[0-9_]*(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
    "timestamp": re.compile(r"\d{4}-\d\d?-\d\d?(?:$|[Tt ])"),
    "binary": re.compile(r"[A-Za-z0-9+/=\s]*$"),
}


class Malformed(Exception):
    """A document that cannot be read. ``str()`` is a reason that opens with the line where there is one."""


class Node:
    """One node of a document.

    ``kind`` is MAP (``value``: dict of key text to (key node, value node), in order, merges resolved),
    LIST (``value``: list of nodes) or SCALAR (``value``: str). ``tag`` is a local tag such as ``!Ref``, or
    "". ``quoted`` tells ``"no"`` from ``no``. ``line`` and ``column`` are 1-based; ``end_column`` is 0
    where the node does not end on the line on which it begins. ``weight`` counts the nodes below it, with
    aliases written out.
    """

    __slots__ = ("column", "end_column", "kind", "line", "quoted", "tag", "value", "weight")

    def __init__(
        self, kind: str, value: Any, line: int, column: int, end_column: int = 0, tag: str = "", quoted: bool = False
    ) -> None:
        self.kind = kind
        self.value = value
        self.line = line
        self.column = column
        self.end_column = end_column
        self.tag = tag
        self.quoted = quoted
        self.weight = 1

    def get(self, key: str) -> Node | None:
        """The value under ``key`` of a mapping; None where there is none, or where this is no mapping."""
        if self.kind == MAP and (found := self.value.get(key)):
            value: Node = found[1]
            return value
        return None

    @property
    def null(self) -> bool:
        """Whether this is an empty value (``~``, ``null`` or nothing at all)."""
        return self.kind == SCALAR and self.value in _NULLS and not self.quoted and not self.tag


class Document(NamedTuple):
    """A document that was read. ``root`` is None for an empty one; ``problems`` are reasons with lines."""

    root: Node | None
    problems: tuple[str, ...] = ()


def read_yaml(data: bytes) -> Document:
    """The first document of a YAML stream.

    Raises:
        Malformed: not YAML, or beyond a limit.
    """
    import yaml  # heavy, and most runs over one file need no template

    if data.count(b"%TAG") > TAG_DIRECTIVE_LIMIT:
        raise Malformed(f"more than {TAG_DIRECTIVE_LIMIT} %TAG directives")
    text = decoded(data)
    try:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        return _Composer(yaml).compose(iter(loader.get_event, None))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "not YAML"
        # Where a text without a last line end ends too soon, libyaml names the line after it.
        last = text.count("\n") + text.count("\r") - text.count("\r\n")
        raise Malformed(f"line {min(mark.line, last) + 1}: {reason}" if mark else reason) from None
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", None) or "not YAML"
        # Of characters that YAML does not have, libyaml tells no line.
        found = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        raise Malformed(f"line {line}: {reason}") from None


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8 or, with a byte order mark, UTF-16; without the mark.

    Raises:
        Malformed: neither.
    """
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if utf16:
            raise Malformed("not UTF-16") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise Malformed(f"line {line}: not UTF-8") from None


class _Composer:
    """Builds nodes from YAML events, without recursion."""

    def __init__(self, yaml: Any) -> None:
        self.problems: list[str] = []
        self.anchors: dict[str, Node | None] = {}
        self.kinds = {yaml.MappingStartEvent: MAP, yaml.SequenceStartEvent: LIST}
        self.scalar_event = yaml.ScalarEvent
        self.end_events = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        self.alias_event = yaml.AliasEvent
        self.document_event = yaml.DocumentStartEvent

    def problem(self, line: int, reason: str) -> None:
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(f"line {line}: {reason}")

    def compose(self, events: Iterable[Any]) -> Document:
        root: Node | None = None
        # One entry for each open collection: the node, its children so far, its anchor.
        stack: list[tuple[Node, list[Node], str | None]] = []
        count = documents = 0
        for event in events:
            kind = type(event)
            node: Node | None
            if kind is self.scalar_event:
                count += 1
                node = self.scalar(event)
                if event.anchor:
                    self.anchors[event.anchor] = node
            elif kind in self.kinds:
                count += 1
                mark = event.start_mark
                if len(stack) >= DEPTH_LIMIT:
                    raise Malformed(f"line {mark.line + 1}: nested deeper than {DEPTH_LIMIT} levels")
                tag = self.local_tag(event.tag, mark.line + 1, None) if event.tag else ""
                if event.anchor:
                    self.anchors[event.anchor] = None  # open: an alias to it would be a cycle
                stack.append((Node(self.kinds[kind], None, mark.line + 1, mark.column + 1, 0, tag), [], event.anchor))
                continue
            elif kind in self.end_events:
                node, children, anchor = stack.pop()
                self.close(node, children, len(stack))
                if anchor:
                    self.anchors[anchor] = node
            elif kind is self.alias_event:
                count += 1
                line = event.start_mark.line + 1
                if event.anchor not in self.anchors:
                    raise Malformed(f"line {line}: alias *{event.anchor} without an anchor")
                node = self.anchors[event.anchor]
                if node is None:
                    raise Malformed(f"line {line}: alias *{event.anchor} inside its own anchor")
            elif kind is self.document_event:
                documents += 1
                if documents > 1:
                    self.problem(event.start_mark.line + 1, "a second document in one file; only the first is read")
                    break
                continue
            else:
                continue
            if count > NODE_LIMIT:
                raise Malformed(f"line {event.start_mark.line + 1}: more than {NODE_LIMIT:,} nodes")
            if stack:
                stack[-1][1].append(node)
            else:
                root = node
        return Document(root, tuple(self.problems))

    def scalar(self, event: Any) -> Node:
        start, end = event.start_mark, event.end_mark
        line = start.line
        value = event.value
        tag = event.tag or ""
        if tag:
            tag = self.local_tag(tag, line + 1, value)
        elif value and value[0] in "=0123456789" and not event.style:
            self.judge(line + 1, value)
        end_column = end.column + 1 if end.line == line else 0
        return Node(SCALAR, value, line + 1, start.column + 1, end_column, tag, bool(event.style))

    def judge(self, line: int, value: str) -> None:
        """Notes a plain value that deployment tools refuse."""
        if value == "=":
            self.problem(line, "a bare = is not a value that deployment tools load")
        elif (date := _DATE.match(value)) and not _is_date(date):
            self.problem(line, f"{value} is not a date, and deployment tools refuse it unquoted")
        elif len(value) > DIGIT_LIMIT and value.isdecimal():
            self.problem(line, f"a number of {len(value):,} digits")

    def local_tag(self, tag: str, line: int, text: str | None) -> str:
        """A local tag (``!Ref``) as it is; a standard one is checked against the value and dropped."""
        if not tag.startswith(_STANDARD):
            return "" if tag == "!" else tag
        name = tag[len(_STANDARD) :]
        if text is None:
            if name not in ("map", "seq", "omap", "set", "pairs"):
                self.problem(line, f"tag !!{name} is not data")
        elif name not in _TAGGED:
            self.problem(line, f"tag !!{name} is not data")
        elif not _TAGGED[name].match(text) or (name in ("int", "float") and not text):
            self.problem(line, f"{text[:40]!r} is not a !!{name}")
        return ""

    def close(self, node: Node, children: list[Node], depth: int) -> None:
        if node.kind == LIST:
            node.value = children
            node.weight += sum([child.weight for child in children])
        else:
            node.value = self.mapping(node, children, depth)
        if node.weight > NODE_LIMIT:
            raise Malformed(f"line {node.line}: aliases expand to more than {NODE_LIMIT:,} nodes")

    def mapping(self, node: Node, children: list[Node], depth: int) -> dict[str, tuple[Node, Node]]:
        own: dict[str, tuple[Node, Node]] = {}
        merged: dict[str, tuple[Node, Node]] = {}
        node.weight += sum([child.weight for child in children])
        for key, value in zip(children[::2], children[1::2], strict=True):
            if key.kind != SCALAR:
                self.problem(key.line, "a list or mapping as a key")
                continue
            name = key.value
            if name == "<<" and not key.quoted:
                self.merge(merged, value)
                continue
            if key.tag:
                self.problem(key.line, f"tag {key.tag} on a key")
            if name in own and depth < REPEATED_KEY_DEPTH:
                first = own[name][0].line
                self.problem(key.line, f"key {name[:80]!r} again (first at line {first}); the last one counts")
            own[name] = (key, value)
        if not merged:
            return own
        for name, pair in merged.items():
            own.setdefault(name, pair)
        return own

    def merge(self, merged: dict[str, tuple[Node, Node]], value: Node) -> None:
        """What ``<<`` names: a mapping or a list of mappings, of which the first to name a key wins."""
        for source in value.value if value.kind == LIST else [value]:
            if source.kind != MAP:
                self.problem(value.line, "<< names something other than a mapping")
                continue
            for name, pair in source.value.items():
                merged.setdefault(name, pair)


def _is_date(match: re.Match[str]) -> bool:
    month, day = int(match[1]), int(match[2])
    return 1 <= month <= 12 and 1 <= day <= 31


_SPACE = re.compile(r"[ \t\n\r]*")
_WORD = re.compile(r"true|false|null|NaN|-?Infinity|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def read_json(data: bytes) -> Document:
    """A JSON document, in the same nodes as YAML. A repeated key is a problem, and its last value counts.

    Raises:
        Malformed: not JSON, or beyond a limit.
    """
    text = decoded(data)
    try:
        return _scan_json(text)
    except _At as error:
        line = text.count("\n", 0, error.position) + 1
        raise Malformed(f"line {line}: {error}") from None


class _At(Exception):
    """A fault at a character offset."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def _scan_json(text: str) -> Document:
    from json import JSONDecodeError
    from json.decoder import scanstring  # type: ignore[attr-defined]  # documented as the hook for decoders, untyped

    problems: list[str] = []
    stack: list[tuple[Node, list[Any]]] = []
    pending: Node | None = None  # a key that waits for its value
    position, line, line_start = 0, 1, 0
    count = 0
    root: Node | None = None
    expect = "value"  # value, first (a value or the end of an empty collection), key, next (a comma or the end)

    def string(at: int) -> tuple[str, int]:
        try:
            found: tuple[str, int] = scanstring(text, at + 1, True)
            return found
        except JSONDecodeError as error:
            raise _At(error.pos, error.msg.lower()) from None

    while True:
        end = _SPACE.match(text, position).end()  # type: ignore[union-attr]  # it matches the empty string too
        if end > position and (breaks := text.count("\n", position, end)):
            line += breaks
            line_start = text.rfind("\n", position, end) + 1
        position = end
        if position >= len(text):
            raise _At(position, "the document ends too early" if count else "empty")
        letter = text[position]
        node: Node | None = None
        top = stack[-1][0] if stack else None
        if top is not None and top.kind == MAP and (expect == "key" or (expect == "first" and letter != "}")):
            if letter != '"':
                raise _At(position, "a key in double quotes is missing")
            column = position - line_start + 1
            name, end = string(position)
            pending = Node(SCALAR, name, line, column, end - line_start + 1, "", True)
            position = _SPACE.match(text, end).end()  # type: ignore[union-attr]
            if breaks := text.count("\n", end, position):
                line += breaks
                line_start = text.rfind("\n", end, position) + 1
            if text[position : position + 1] != ":":
                raise _At(position, "a colon is missing")
            position += 1
            expect = "value"
            continue
        if (
            letter in "]}"
            and expect in ("first", "next")
            and top is not None
            and letter == ("}" if top.kind == MAP else "]")
        ):
            node, children = stack.pop()
            _close_json(node, children, len(stack), problems)
            position += 1
        elif expect == "next":
            if letter != ",":
                raise _At(position, "a comma is missing")
            position += 1
            expect = "key" if top is not None and top.kind == MAP else "value"
            continue
        elif letter in "[{":
            if len(stack) >= DEPTH_LIMIT:
                raise _At(position, f"nested deeper than {DEPTH_LIMIT} levels")
            opened = Node(MAP if letter == "{" else LIST, None, line, position - line_start + 1)
            if pending is not None and stack:
                stack[-1][1].append((pending, opened))
                pending = None
            elif stack:
                stack[-1][1].append(opened)
            stack.append((opened, []))
            count += 1
            position += 1
            expect = "first"
            continue
        else:
            column = position - line_start + 1
            if letter == '"':
                value, position = string(position)
                node = Node(SCALAR, value, line, column, position - line_start + 1, "", True)
            elif word := _WORD.match(text, position):
                position = word.end()
                if position - word.start() > DIGIT_LIMIT:
                    raise _At(word.start(), f"a number of {position - word.start():,} characters")
                node = Node(SCALAR, word[0], line, column, position - line_start + 1)
            else:
                raise _At(position, "a value is missing")
            count += 1
            if pending is not None and stack:
                stack[-1][1].append((pending, node))
                pending = None
            elif stack:
                stack[-1][1].append(node)
        if count > JSON_NODE_LIMIT:
            raise _At(position, f"more than {JSON_NODE_LIMIT:,} nodes")
        if not stack:
            root = node
            break
        expect = "next"
    rest = _SPACE.match(text, position).end()  # type: ignore[union-attr]
    if rest < len(text):
        problems.append(f"line {text.count(chr(10), 0, rest) + 1}: more text after the end of the document")
    return Document(root, tuple(problems[:PROBLEM_LIMIT]))


def _close_json(node: Node, children: list[Any], depth: int, problems: list[str]) -> None:
    if node.kind == LIST:
        node.value = children
        node.weight += sum([child.weight for child in children])
        return
    pairs: dict[str, tuple[Node, Node]] = {}
    for key, value in children:
        if key.value in pairs and depth < REPEATED_KEY_DEPTH and len(problems) < PROBLEM_LIMIT:
            first = pairs[key.value][0].line
            problems.append(
                f"line {key.line}: key {key.value[:80]!r} again (first at line {first}); the last one counts"
            )
        pairs[key.value] = (key, value)
        node.weight += 1 + value.weight
    node.value = pairs
