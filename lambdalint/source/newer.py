"""Newer syntax than the running interpreter's: read all the same.

A module is written for the runtime of its function, which may be newer than the interpreter that runs
the analysis. What is new is found by its tokens, each construct being unmistakable in them, and blanked
out at the same width: all else keeps its line and column, and the interpreter's own parser reads the
rest. Tokens and not libcst's tree: its native parser ends the process on deep nesting, its positions
cost 16 s for each megabyte, and neither is needed to find a keyword.
"""

from __future__ import annotations

import _ast as ast
import builtins
import re
from collections.abc import Iterator
from typing import Any

from lambdalint.records import NamedTuple
from lambdalint.source import syntax
from lambdalint.source.skeleton import PEP_758, SourceError, children, parse, utf8
from lambdalint.source.syntax import NEWEST, RUNNING, Construct, Version
from lambdalint.source.tokens import FIELD, FIELD_END, NEWLINE, STRING, Field, String, Token, Tokens, tokenize

Edit = tuple[int, int, bytes]  # what becomes of the bytes from … to …; no bytes: they become spaces

_KEYWORDS = frozenset(
    b"and as assert async await break class continue def del elif else except finally for from global if import in is"
    b" lambda nonlocal not or pass raise return try while with yield".split()
)
_BEFORE_758 = (3, 13)
_NEWER_BUILTINS = frozenset(["BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError"])  # than Python 3.10
_NO_NAMES = _KEYWORDS | {FIELD, FIELD_END}
_NOT_A_SUBJECT = frozenset([NEWLINE, *b". , = ; : ) ] }".split()])  # what follows a variable called "match"
_OPENERS = (b"(", b"[", b"{", FIELD)
_NOT_A_LINE_END = re.compile(rb"[^\r\n]")
_NAME = re.compile(rb"[A-Za-z_\x80-\xff]")


class Found(NamedTuple):
    """A construct in a source: where it starts (bytes), and what takes it away."""

    construct: Construct
    start: int
    edits: tuple[Edit, ...] = ()


class New(NamedTuple):
    """The constructs of a source, in its order. ``doubtful`` are the names of ``except X, name:``, with its offset."""

    found: list[Found]
    doubtful: list[tuple[str, int]]


class _Finder:
    def __init__(self, source: bytes, tokens: Tokens) -> None:
        self.source = source
        self.tokens = tokens.tokens
        self.partner = tokens.partner
        self.strings = tokens.strings
        self.found: list[Found] = []
        self.doubtful: list[tuple[str, int]] = []
        self.open: list[int] = []  # indexes of the open brackets
        self.stars: list[Token | None] = []  # for each: the star that begins its current element

    def run(self) -> New:
        handlers = {
            b"def": self.type_parameters, b"class": self.type_parameters, b"type": self.type_statement,
            b"except": self.except_, b"lazy": self.lazy, b"match": self.match, b"with": self.with_, b"for": self.for_,
            b"*": self.star, b"**": self.star, b"/": self.slash, b":=": self.walrus,
        }  # fmt: skip
        for index, token in enumerate(self.tokens):
            text = token.text
            handler = handlers.get(text)
            if handler is not None:
                handler(index, token)
            elif text in _OPENERS:
                self.open.append(index)
                self.stars.append(None)
            elif self.open:
                if self.partner[self.open[-1]] == index:
                    self.open.pop()
                    self.stars.pop()
                elif text in (b",", b":"):
                    self.stars[-1] = None
        for group in self.strings:
            self.group(group)
        return New(sorted(self.found, key=lambda item: item.start), self.doubtful)

    # -- questions about tokens

    def text(self, index: int) -> bytes:
        """The text of a token, the end of a line before the first and beyond the last."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else NEWLINE

    def is_name(self, index: int) -> bool:
        text = self.text(index)
        return _NAME.match(text) is not None and text not in _NO_NAMES

    def begins_statement(self, index: int) -> bool:
        before = self.text(index - 1)
        return before in (NEWLINE, b";") or (before == b":" and not self.open)

    def level(self, index: int, *ends: bytes) -> Iterator[int]:
        """The tokens from ``index`` to one of ``ends`` or the end of the line, without what is inside brackets."""
        while (text := self.text(index)) != NEWLINE and text not in ends:
            yield index
            index = self.partner.get(index, index) + 1

    def after(self, index: int, *ends: bytes) -> int:
        """Where `level` ends."""
        for inner in self.level(index, *ends):
            index = self.partner.get(inner, inner) + 1
        return index

    def add(self, construct: Construct, start: int, *edits: Edit) -> None:
        self.found.append(Found(construct, start, edits))

    # -- one method for each token that may begin a construct

    def walrus(self, index: int, token: Token) -> None:
        self.add(syntax.WALRUS, token.start)

    def slash(self, index: int, token: Token) -> None:
        if self.text(index - 1) == b"," and self.text(index + 1) in (b",", b")", b":"):
            self.add(syntax.POSITIONAL_ONLY, token.start)

    def with_(self, index: int, token: Token) -> None:
        opener = index + 1
        if self.text(opener) != b"(" or self.text(self.partner[opener] + 1) != b":":
            return
        if any(self.text(inner) == b"as" for inner in self.level(opener + 1, b")")):
            self.add(syntax.WITH_PARENTHESES, token.start)

    def match(self, index: int, token: Token) -> None:
        if self.begins_statement(index) and self.text(index + 1) not in _NOT_A_SUBJECT:
            end = self.after(index, b";", b":")
            if self.text(end) == b":" and self.text(end + 1) == NEWLINE:
                self.add(syntax.MATCH, token.start)

    def type_parameters(self, index: int, token: Token) -> None:
        opener = index + 2
        if not self.is_name(index + 1) or self.text(opener) != b"[":
            return
        closer = self.partner[opener]
        start, end = self.tokens[opener].start, self.tokens[closer].end
        # The brackets become the parentheses of what follows, so that what is blank between them may span lines.
        if self.text(closer + 1) == b"(":
            after = self.tokens[closer + 1]
            edits: list[Edit] = [(start, end, b""), (start, start + 1, b"("), (after.start, after.end, b"")]
        else:
            edits = [(start, end, b""), (start, start + 1, b"("), (end - 1, end, b")")]
        self.add(syntax.TYPE_PARAMETERS, start, *edits)
        self.defaults(opener)

    def type_statement(self, index: int, token: Token) -> None:
        opener = index + 2
        if not self.begins_statement(index) or not self.is_name(index + 1):
            return
        edits: list[Edit] = [(token.start, token.end, b"() =")]  # an assignment that binds the alias and nothing else
        equals = opener
        if self.text(opener) == b"[":
            equals = self.partner[opener] + 1
            start, end = self.tokens[opener].start, self.tokens[equals - 1].end
            edits.append((start, end, b""))
            if b"\n" in self.source[start:end] or b"\r" in self.source[start:end]:
                # Without brackets the line would end: a subscript instead.
                inside = self.tokens[opener + 1].start
                edits += [(start, start + 1, b"["), (inside, inside + 1, b"0"), (end - 1, end, b"]")]
        if self.text(equals) == b"=":
            self.add(syntax.TYPE_STATEMENT, token.start, *edits)
            if equals != opener:
                self.defaults(opener)

    def defaults(self, opener: int) -> None:
        for index in self.level(opener + 1, b"]"):
            if self.text(index) == b"=":
                start, end = self.tokens[index].start, self.tokens[self.after(index + 1, b",", b"]", b"=") - 1].end
                self.add(syntax.TYPE_DEFAULT, start, (start, end, b""))

    def except_(self, index: int, token: Token) -> None:
        first = index + 1
        grouped = self.text(first) == b"*"
        if grouped:
            star = self.tokens[first]
            self.add(syntax.EXCEPT_STAR, token.start, (star.start, star.end, b""))
            first += 1
        header = list(self.level(first, b":", b"except"))
        commas = [at for at in header if self.text(at) == b","]
        if not commas or any(self.text(at) == b"as" for at in header):
            return
        edits = []
        for at in commas:
            comma = self.tokens[at]
            edits.append((comma.start, comma.end, b"" if at == header[-1] else b"|"))
        self.add(syntax.EXCEPT_SEVERAL, token.start, *edits)
        if not grouped and len(commas) == 1 and header[-1] == commas[0] + 1 and self.is_name(header[-1]):
            self.doubtful.append((self.text(header[-1]).decode("utf-8", "replace"), token.start))

    def lazy(self, index: int, token: Token) -> None:
        if self.begins_statement(index) and self.text(index + 1) in (b"import", b"from"):
            end = token.end
            self.add(syntax.LAZY_IMPORT, token.start, (token.start, end, b"pass"), (end, end + 1, b";"))

    def star(self, index: int, token: Token) -> None:
        before = index - 1
        if self.open and (before == self.open[-1] or self.text(before) == b","):
            if token.text == b"*" and self.is_subscript(self.open[-1]):
                self.add(syntax.STAR_SUBSCRIPT, token.start, (token.start, token.end, b""))
            else:
                self.stars[-1] = token
        elif [self.text(index - 3), self.text(before)] == [b"*", b":"] and self.is_name(index - 2):
            self.add(syntax.STAR_ANNOTATION, token.start, (token.start, token.end, b""))

    def is_subscript(self, opener: int) -> bool:
        before = opener - 1
        if self.text(opener) != b"[":
            return False
        if not self.is_name(before):
            return self.text(before) in (STRING, b")", b"]", b"}")
        if self.text(before) in (b"match", b"case") and self.begins_statement(before):
            return False
        # not the type parameters of a definition or an alias
        return self.text(before - 1) not in (b"def", b"class", b"type")

    def for_(self, index: int, token: Token) -> None:
        star = self.stars[-1] if self.open else None
        if star is not None and (star.text == b"*" or self.text(self.open[-1]) == b"{"):
            self.add(syntax.STAR_COMPREHENSION, star.start, (star.start, star.end, b""))
            self.stars[-1] = None

    # -- strings

    def group(self, group: list[String]) -> None:
        """The constructs of string literals that are concatenated."""
        formatted = [string for string in group if string.formatted]
        fields = [field for string in formatted for field in _every(string.fields)]
        for field in fields:
            if field.debug:
                self.add(syntax.DEBUG, field.end)
        if any(self.is_free(string) for string in formatted):
            self.add(syntax.FREE_FSTRING, group[0].start, *_as_tuple(group, fields))
        for string in formatted:
            if string.template:
                letter = string.start + string.prefix.index(b"t")
                self.add(syntax.TEMPLATE_STRING, string.start, (letter, letter + 1, b"f"))

    def is_free(self, string: String) -> bool:
        """Whether only PEP 701 allows the fields of an f-string. Before it, a string ended first."""
        if any(string.quote in self.source[field.open : field.close] for field in string.fields):
            return True
        for field in _every(string.fields):
            expression = self.source[field.open : field.end]
            if field.comment or b"\\" in expression or any(inner.nested for inner in field.nested):
                return True
            if len(string.quote) == 1 and (b"\n" in expression or b"\r" in expression):
                return True
        return False


def _every(fields: list[Field]) -> Iterator[Field]:
    """The fields and those in their format specifications, in source order."""
    stack = fields[::-1]
    while stack:
        field = stack.pop()
        yield field
        stack += field.nested[::-1]


def _as_tuple(group: list[String], fields: list[Field]) -> list[Edit]:
    """Make a tuple of the expressions of f-strings: they stay where they are, calls and all."""
    start, end = group[0].start, group[-1].end
    edits: list[Edit] = []
    at = start
    for field in fields:
        edits.append((at, field.open + 1, b""))
        at = field.end
        if not field.comma:
            edits.append((at, at + 1, b","))
            at += 1
    return [*edits, (at, end, b""), (start, start + 1, b"("), (end - 1, end, b")")]


def find(source: bytes, above: Version, upto: Version) -> New | None:
    """What is newer than ``above`` and not newer than ``upto`` in a source in UTF-8; None where nothing is.

    Nothing is found either in what is not Python.
    """
    tokens = tokenize(source)
    if tokens is None:
        return None
    new = _Finder(source, tokens).run()
    found = [item for item in new.found if above < item.construct.version <= upto]
    return New(found, new.doubtful) if found else None


def blanked(source: bytes, found: list[Found]) -> bytes:
    """The source without these constructs, all else at the same line and column."""
    text = bytearray(source)
    for item in reversed(found):  # what is inside another construct goes first, for that one may blank it as a whole
        for start, end, new in item.edits:
            text[start:end] = new or _NOT_A_LINE_END.sub(b" ", text[start:end])
    return bytes(text)


def parse_newer(
    source: bytes, path: str, error: SourceError, runtime: Version | None = None
) -> tuple[ast.Module, bytes]:
    """The ``ast`` of a module that this interpreter refuses, if that is for its newer syntax only.

    Args:
        source: the bytes of the file.
        path: its name, for messages.
        error: why the interpreter refused it.
        runtime: the lowest Python that the module is meant for, None where that is not known.

    Returns:
        The tree, with the lines and columns of the source in UTF-8, and the text that it was read from.

    Raises:
        SourceError: ``error`` itself, or what else is wrong with the module.
    """
    try:
        source = utf8(source)
    except SourceError:
        raise error from None
    new = find(source, RUNNING, NEWEST) if syntax.hinted(source, RUNNING, NEWEST) else None
    if new is None:
        raise error
    text = blanked(source, new.found)
    tree = parse(text, path)
    if runtime is None or runtime < PEP_758:
        _refuse_python_2(source, tree, new.doubtful)
    return tree, text


def refuse_python_2(source: bytes, tree: ast.Module, runtime: Version | None) -> None:
    """Raise where an interpreter with PEP 758 has read the ``except X, name:`` of Python 2.

    Raises:
        SourceError: the name is nothing that the module could catch, and no runtime says that it is new syntax.
    """
    if runtime is not None and runtime >= PEP_758:
        return
    source = utf8(source)
    new = find(source, _BEFORE_758, PEP_758) if syntax.hinted(source, _BEFORE_758, PEP_758) else None
    if new is not None:
        _refuse_python_2(source, tree, new.doubtful)


def _refuse_python_2(source: bytes, tree: ast.Module, doubtful: list[tuple[str, int]]) -> None:
    """``except A, b:`` is new only where ``b`` is a builtin, or imported, defined or assigned by the module."""
    if not doubtful:
        return
    bound, star = _bound(tree)
    for name, offset in doubtful:
        builtin = isinstance(getattr(builtins, name, None), type) or name in _NEWER_BUILTINS
        if not (builtin or name in bound or (star and name[0].isupper())):
            line, column = syntax.place(source, offset)
            raise SourceError(f"`except …, {name}:` is Python 2, or needs Python 3.14", line, column, syntax=True)


def _bound(tree: ast.Module) -> tuple[set[str], bool]:
    """The names that may be exception classes, and whether there is a star import that may bring more."""
    names: set[str] = set()
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
        stack.extend(child for child in children(node) if isinstance(child, ast.stmt | ast.ExceptHandler))
    for statement in tree.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names, "*" in names
