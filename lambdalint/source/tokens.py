"""bytes → tokens of Python in any version's syntax, whatever interpreter runs this.

The standard tokenizer reads f-strings as its own version defines them; this one always reads them as
PEP 701 does, with the tokens of their replacement fields, and template strings likewise. That is a
superset: an f-string of an older Python means the same under both. Only what finding newer syntax needs is kept: no
indentation, no comments, no values. Time is linear in the source and nothing here recurses.
"""

from __future__ import annotations

import re

from lambdalint.records import NamedTuple

STRING = b'"'  # the text of a token that stands for a string; names, numbers and operators have their own
NUMBER = b"0"
NEWLINE = b"\n"  # the end of a logical line
NESTING_LIMIT = 400  # of brackets and f-strings; Python refuses more than 200 and 150
FIELD = b"f{"  # the braces of a replacement field
FIELD_END = b"f}"

_TOKEN = re.compile(
    rb"""
      (?P<space>(?:[ \t\f]|\\\r\n|\\[\r\n])+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<newline>\r\n|\r|\n)
    | (?P<string>(?P<prefix>[bBuU]|[bB][rR]|[rR][bBfFtT]?|[fFtT][rR]?)?(?P<quote>'''|\"\"\"|'|\"))
    | (?P<name>[A-Za-z_\x80-\xff][0-9A-Za-z_\x80-\xff]*)
    | (?P<number>0[xX][0-9a-fA-F_]+|0[bBoO][0-7_]+|\.?[0-9](?:[eE][+-]?(?=[0-9])|[0-9_.])*[jJlL]?)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<operator>\*\*=?|//=?|<<=?|>>=?|->|\.\.\.|[-+*/%&|^@<>=!:]=|[^\s])
    """,
    re.VERBOSE,
)
_PLAIN_END = {
    b"'": re.compile(rb"[^'\\\r\n]*(?:\\(?:\r\n|[\s\S])[^'\\\r\n]*)*'"),
    b'"': re.compile(rb'[^"\\\r\n]*(?:\\(?:\r\n|[\s\S])[^"\\\r\n]*)*"'),
    b"'''": re.compile(rb"[^'\\]*(?:(?:\\[\s\S]|'(?!''))[^'\\]*)*'''"),
    b'"""': re.compile(rb'[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"""'),
}
_TEXT = re.compile(rb"[^\\{}'\"\r\n]+")
_PAIRS = {b"(": b")", b"[": b"]", b"{": b"}"}


class Token(NamedTuple):
    """A token: its text (of a string only `STRING`) and where it starts and ends, in bytes."""

    text: bytes
    start: int
    end: int


class Field:
    """A replacement field ``{expression = !r:spec}``.

    ``open`` and ``close`` are the offsets of its braces; ``end`` is where its expression ends (at ``=``,
    ``!``, ``:`` or ``}``); ``comma`` tells that the expression ends in a comma, ``debug`` that an ``=`` follows it;
    ``nested`` are the fields inside its format specification.
    """

    __slots__ = ("close", "comma", "comment", "debug", "end", "in_spec", "nested", "open", "string")

    def __init__(self, string: String, start: int) -> None:
        self.string = string
        self.open = start
        self.close = 0
        self.end = 0
        self.comma = False
        self.comment = False
        self.debug = False
        self.in_spec = False
        self.nested: list[Field] = []


class String:
    """A string literal, from its prefix to behind its closing quotes. Only f- and t-strings have ``fields``."""

    __slots__ = ("end", "fields", "formatted", "group", "prefix", "quote", "start")

    def __init__(self, start: int, prefix: bytes, quote: bytes) -> None:
        self.start = start
        self.end = 0
        self.prefix = prefix.lower()
        self.quote = quote
        self.formatted = b"f" in self.prefix or b"t" in self.prefix
        self.fields: list[Field] = []
        self.group: list[String] = []

    @property
    def template(self) -> bool:
        """Whether it is a template string (``t"…"``)."""
        return b"t" in self.prefix


class Tokens(NamedTuple):
    """All tokens of a module.

    ``partner`` maps the index of an opening bracket to that of its closing one (fields included);
    ``strings`` are the string literals, those that Python concatenates in one list.
    """

    tokens: list[Token]
    partner: dict[int, int]
    strings: list[list[String]]


class _Reader:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.at = 0
        self.tokens: list[Token] = []
        self.partner: dict[int, int] = {}
        self.strings: list[list[String]] = []
        self.group: list[String] | None = None  # of the string that the last token ended
        # What is open: an f-string (its text is being read), a field, or the index of a bracket.
        self.open: list[String | tuple[Field, int] | int] = []

    def read(self) -> Tokens | None:
        size = len(self.source)
        while self.at < size and len(self.open) < NESTING_LIMIT:
            top = self.open[-1] if self.open else None
            if type(top) is String:
                done = self.text(top, None)
            elif type(top) is tuple and top[0].in_spec:
                done = self.text(top[0].string, top[0])
            else:
                done = self.token(top[0] if type(top) is tuple else None)
            if not done:
                return None
        return None if self.open else Tokens(self.tokens, self.partner, self.strings)

    def emit(self, text: bytes, end: int) -> None:
        self.tokens.append(Token(text, self.at, end))
        self.group = None
        self.at = end

    def token(self, field: Field | None) -> bool:
        """Read one token of code; ``field`` is the replacement field that it stands directly in."""
        found = _TOKEN.match(self.source, self.at)
        if found is None:
            return False
        kind, end = found.lastgroup, found.end()
        if kind == "space":
            self.at = end
        elif kind == "name":
            self.emit(found[0], end)
        elif kind == "operator":
            return self.operator(found[0], end, field)
        elif kind == "open":
            self.open.append(len(self.tokens))
            self.emit(found[0], end)
        elif kind == "close":
            return self.close(found[0], end, field)
        elif kind == "newline":
            if self.open:
                self.at = end
            else:
                self.emit(NEWLINE, end)
        elif kind == "string":
            return self.string(found["prefix"] or b"", found["quote"], end)
        elif kind == "number":
            self.emit(NUMBER, end)
        else:
            for item in self.open:
                if type(item) is tuple:
                    item[0].comment = True
            self.at = end
        return True

    def operator(self, text: bytes, end: int, field: Field | None) -> bool:
        if field is None:
            self.emit(text, end)
        elif text[:1] == b":":  # a format specification, even where it begins with ``=``
            self.expression_ends(field)
            field.in_spec = True
            self.at += 1
        elif text == b"!":
            self.expression_ends(field)
            self.emit(text, end)
        else:
            self.emit(text, end)
        return True

    def expression_ends(self, field: Field) -> None:
        if field.end:  # at the conversion already
            return
        field.end = self.at
        last = self.tokens[-1]
        if last.text == b"=":
            field.end, field.debug = last.start, True
            last = self.tokens[-2]
        field.comma = last.text == b","

    def close(self, text: bytes, end: int, field: Field | None) -> bool:
        if field is not None:
            return text == b"}" and self.close_field(field)
        if not self.open:
            return False
        opener = self.open.pop()
        assert type(opener) is int
        self.partner[opener] = len(self.tokens)
        self.emit(text, end)
        return _PAIRS[self.tokens[opener].text] == text

    def close_field(self, field: Field) -> bool:
        self.expression_ends(field)
        field.close = self.at
        top = self.open.pop()
        assert type(top) is tuple
        self.partner[top[1]] = len(self.tokens)
        self.emit(FIELD_END, self.at + 1)
        return True

    def string(self, prefix: bytes, quote: bytes, end: int) -> bool:
        string = String(self.at, prefix, quote)
        if self.group is None:
            self.strings.append([])
        string.group = self.strings[-1] if self.group is None else self.group
        string.group.append(string)
        if string.formatted:
            self.open.append(string)
            self.at = end
            return True
        body = _PLAIN_END[quote].match(self.source, end)
        return body is not None and self.end_string(string, body.end())

    def end_string(self, string: String, end: int) -> bool:
        string.end = end
        self.emit(STRING, end)
        self.group = string.group
        return True

    def text(self, string: String, field: Field | None) -> bool:
        """Read the literal text of an f-string, or of the format specification of ``field``, up to what ends it."""
        source = self.source
        found = _TEXT.match(source, self.at)
        if found is not None:
            self.at = found.end()
        char = source[self.at : self.at + 1]
        following = source[self.at + 1 : self.at + 2]
        if char == b"\\":
            if following in b"{}":
                self.at += 1  # the brace is one all the same
            elif b"r" not in string.prefix and source.startswith(b"N{", self.at + 1):
                name_end = source.find(b"}", self.at)
                if name_end < 0:
                    return False
                self.at = name_end + 1
            else:
                self.at += 3 if source.startswith(b"\r\n", self.at + 1) else 2
        elif char == string.quote[:1]:
            if not source.startswith(string.quote, self.at):
                self.at += 1
            elif field is not None:
                return False
            else:
                self.open.pop()
                return self.end_string(string, self.at + len(string.quote))
        elif char in (b"\r", b"\n"):
            if len(string.quote) == 1:
                return False
            self.at += 1
        elif char == b"{":
            if following == b"{" and field is None:
                self.at += 2
            else:
                inner = Field(string, self.at)
                (string.fields if field is None else field.nested).append(inner)
                self.open.append((inner, len(self.tokens)))
                self.emit(FIELD, self.at + 1)
        elif char == b"}":
            if field is not None:
                return self.close_field(field)
            if following != b"}":
                return False
            self.at += 2
        else:  # the other kind of quote, or the end of the source
            self.at += 1
        return True


def tokenize(source: bytes) -> Tokens | None:
    """The tokens of a module in UTF-8, or None where brackets or strings do not close."""
    return _Reader(source).read()
