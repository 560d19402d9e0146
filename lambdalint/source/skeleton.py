"""bytes → Skeleton: what one module defines, binds, imports and calls, by syntax alone.

A skeleton is cheap (one ``ast`` parse and one walk) and holds no tree: plain tuples only. It is
what names, the call graph and entry points are decided on. Meaning that needs more (arguments,
guards, loops) comes from `lambdalint.source.lower`, for the definitions that matter.

Expressions are kept as small tuples, ``Expr``; whatever has no form below is ``None``:

    ("n", name)                        a name
    ("a", base, attribute)             base.attribute
    ("c", callee, args, keywords)      a call; args is a tuple of Expr, keywords of (name, Expr)
    ("k", value)                       a constant: str, int, float, bool, None
    ("i", base, key)                   base[key]
    ("d", ((key, Expr), …))            a dict display with constant keys
    ("l", (Expr, …))                   a list or tuple display; ("l", (Expr, …), True) a set or generator
    ("o", (Expr, …))                   one of several (conditional expression, ``a or b``)
    ("e", iterable)                    an element of an iterable (loop variable)
    ("w", manager)                     what a with statement binds
    ("f", qualname)                    a function, lambda or class defined here
    ("m", level, module, attribute)    an import; attribute is None for a module
    ("p", index)                       the parameter of that index of the definition that binds it
    ("t", annotation)                  what a bare annotation (``x: Kind``) promises
    ("s", prefix, suffix)              a computed string of which only the ends are known
"""

from __future__ import annotations

import _ast as ast
import functools
import sys
from collections.abc import Callable, Mapping

from lambdalint.patterns import holds, regex
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Expr = Any  # a nested tuple of the forms above, or None; mypy cannot express recursion through Any-sized tuples
else:
    Expr = object

PARSE_ONLY_AST = (
    0x400  # ast.PyCF_ONLY_AST, without importing the ast module (it costs as much as the interpreter's start)
)
FOLD_LIMIT = 1e9  # of numbers that are computed with
DEPTH_LIMIT = 40  # of nested Exprs; deeper ones are None
MODULE = "<module>"
# Methods that add to what they are called on, and those that change it.
GROWS = frozenset({"append", "appendleft", "add", "extend", "extendleft", "insert", "update", "put", "put_nowait"})
CHANGES = GROWS | {"clear"}
PEP_758 = (3, 14)  # the Python that has ``except A, B:``, which in Python 2 means ``except A as B:``


class SourceError(Exception):
    """Source that cannot be analysed. ``line`` is 0 where unknown; ``syntax`` tells a syntax error from a limit."""

    def __init__(self, reason: str, line: int = 0, column: int = 0, *, syntax: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.syntax = syntax


def defect(error: Exception) -> SourceError:
    """What an exception that nobody expected means for the input on which it was raised."""
    return SourceError(f"the reader failed on it ({type(error).__name__}: {error})")


class CallRef(NamedTuple):
    """One call. ``k`` numbers the calls of a top-level statement in the order in which callees end, with gaps.

    ``line``/``column`` are the start of the whole call, ``end_line``/``end_column`` its end: lines from 1,
    columns in UTF-8 bytes from 0, as ``ast`` counts.

    ``straight`` tells that the definition makes the call whatever it is given, and once: nothing around it decides
    whether it runs. It is the use that is made of the result (see `lambdalint.source.lower.Call`), "" for a call that
    is awaited, and None where the call may not be straight. It is ``framed`` in a ``try`` or ``with`` statement, of
    which a Body tells more.
    """

    k: int
    callee: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    tail: str
    line: int
    column: int
    end_line: int
    end_column: int
    straight: str | None = None
    framed: bool = False


class Param(NamedTuple):
    """A parameter. ``kind`` is ``""`` (positional), ``"k"`` (keyword-only), ``"*"`` or ``"**"``."""

    name: str
    kind: str
    annotation: Expr
    default: Expr
    has_default: bool


class Def(NamedTuple):
    """A function, method or lambda.

    ``owner`` is the class whose body holds it, ``parent`` the definition whose body holds it (or the
    one that holds the class), both "" where there is none. ``top`` is the line span of the
    module-level statement around it, or of the method of a module-level class. ``bindings`` maps local names to what
    is bound to them, ``promises`` the annotations of those that are bound with one; ``reads`` are the attributes that
    it reads (a property among them runs), without those that are called.
    """

    qualname: str
    name: str
    line: int
    column: int
    end_line: int
    is_async: bool
    owner: str
    parent: str
    top: tuple[int, int]
    decorators: tuple[Expr, ...]
    params: tuple[Param, ...]
    calls: tuple[CallRef, ...]
    reads: tuple[Expr, ...]
    bindings: Mapping[str, tuple[Expr, ...]]
    outer_names: frozenset[str]
    returns: tuple[Expr, ...]
    return_annotation: Expr
    yields: bool
    stores_outside: bool
    promises: Mapping[str, Expr]


class Class(NamedTuple):
    """A class. ``attributes`` are bound in its body, ``instance`` by its methods through ``self``.

    The entries of ``instance`` are (qualname of the method, Expr).
    """

    qualname: str
    name: str
    line: int
    end_line: int
    parent: str
    bases: tuple[Expr, ...]
    decorators: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    attributes: Mapping[str, tuple[Expr, ...]]
    instance: Mapping[str, tuple[tuple[str, Expr], ...]]
    top: tuple[int, int]


class Skeleton(NamedTuple):
    """One module.

    ``bindings`` maps module-level names to (qualname of the definition that binds, or "", Expr);
    ``item_stores`` are (scope, base, value) of ``base[…] = value`` anywhere in the module, ``appends`` those of
    ``base.append(value)`` and its like;
    ``imports`` lists every import statement's target as (level, module, attribute or None, line, guarded): guarded
    are those that the module can do without, under ``except ImportError`` or a test of the Python version;
    ``calls`` are those of module level and class bodies, which run at import;
    ``comments`` are (line, column, text, alone) of comments that hold ``lambdalint:``;
    ``statements`` are the first and last line of every module-level statement.
    """

    path: str
    defs: Mapping[str, Def]
    classes: Mapping[str, Class]
    bindings: Mapping[str, tuple[tuple[str, Expr], ...]]
    item_stores: tuple[tuple[str, Expr, Expr], ...]
    appends: tuple[tuple[str, Expr, Expr], ...]
    stars: tuple[tuple[int, str], ...]
    imports: tuple[tuple[int, str, str | None, int, bool], ...]
    calls: tuple[CallRef, ...]
    exports: tuple[str, ...] | None
    comments: tuple[tuple[int, int, str, bool], ...]
    statements: tuple[tuple[int, int], ...]
    main_lines: tuple[tuple[int, int], ...]
    newer_syntax: bool


def parse(source: bytes, path: str) -> ast.Module:
    """The ``ast`` of a module.

    Python's warnings of invalid escapes and the like are the caller's to silence, once for all sources.

    Raises:
        SourceError: it does not parse, or only beyond the parser's limits.
    """
    _refuse_endless(source)
    encoding_of(source)
    try:
        tree = compile(source, path, "exec", PARSE_ONLY_AST, True)
    except SyntaxError as error:
        raise SourceError(error.msg or "invalid syntax", error.lineno or 0, error.offset or 0, syntax=True) from None
    except (UnicodeError, LookupError) as error:
        raise SourceError(f"cannot be decoded ({error.__class__.__name__})", syntax=True) from None
    except ValueError as error:
        raise SourceError(str(error).split("\n")[0][:100], syntax=True) from None
    except (RecursionError, MemoryError, OverflowError):
        raise SourceError("nested too deeply to parse") from None
    assert isinstance(tree, ast.Module)
    return tree


def _refuse_endless(source: bytes) -> None:
    """Raise for a dotted name without end.

    In an import, CPython's parser makes a string of each name above it: 200 KB of ``import a.a.a…`` take 10 GB.
    """
    if len(source) > NAME_LIMIT:
        for found in _DOTTED.finditer(source):
            if found.end() - found.start() > NAME_LIMIT:
                line = source.count(b"\n", 0, found.start()) + 1
                raise SourceError(f"a dotted name of more than {NAME_LIMIT:,} characters", line)


NAME_LIMIT = 10_000  # bytes from the first to the last dot
_DOTTED = regex(rb"\.(?:[\s\\]*[\w\x80-\xff]+[\s\\]*\.)+")


def utf8(source: bytes) -> bytes:
    """A source in UTF-8 without a byte order mark. One in another encoding loses the comment that says so.

    Raises:
        SourceError: it is not in the encoding that it names.
    """
    encoding = encoding_of(source)
    if encoding == "utf-8":
        return source[3:] if source.startswith(b"\xef\xbb\xbf") else source
    import re

    return re.sub(r"coding([:=])", r"c-ding\1", source.decode(encoding), count=1).encode()


@functools.lru_cache(maxsize=32)  # of the modules at hand: one is asked for each of its definitions
def lines_of(source: bytes) -> tuple[bytes, ...]:
    """The lines of a source, as ``ast`` counts them, in UTF-8. The errors are those of `utf8`."""
    return tuple(utf8(source).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))


CLASS = b"class _:\n"


def cut(source: bytes, lines: tuple[int, int]) -> bytes:
    """The lines of a source from the first to the last one, in UTF-8; a method comes in a class of no meaning.

    The errors are those of `utf8`.
    """
    text = b"\n".join(lines_of(source)[lines[0] - 1 : lines[1]]) + b"\n"
    return CLASS + text if text[:1] in (b" ", b"\t") else text


# Encodings that people write source in, as codecs name them. Others (utf-7, unicode_escape, rot13 …) can hide code.
_ENCODINGS = ("ascii", "cp125", "iso8859", "shift_jis", "euc_", "gb", "big5", "koi8", "utf-8")


def encoding_of(source: bytes) -> str:
    """The encoding of a source, ``utf-8`` where it declares none.

    Raises:
        SourceError: it is not in the encoding that it names, or that is none in which source is written.
    """
    if not holds(source[:400], b"coding"):
        if source.isascii():
            return "utf-8"
        encoding = "utf-8"
    else:
        import codecs
        import io
        import tokenize

        try:
            declared = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        except SyntaxError as error:
            raise SourceError(f"cannot be decoded: {error.msg}", syntax=True) from None
        encoding = codecs.lookup(declared).name.removesuffix("-sig")  # utf8, latin1, L1 … are names of the same
        encoding = "utf-8" if encoding == "ascii" else encoding
        if not encoding.startswith(_ENCODINGS):
            raise SourceError(f"the declared encoding {declared} is none that source is written in", syntax=True)
    try:
        source.decode(encoding)
    except (LookupError, UnicodeError) as error:
        raise SourceError(f"is not {encoding} ({error.__class__.__name__})", syntax=True) from None
    return encoding


def read(source: bytes, path: str, runtime: tuple[int, int] | None = None) -> tuple[ast.Module, bytes]:
    """The ``ast`` of a module in any Python's syntax, and the text that it was read from.

    Where this interpreter refuses the source for syntax that a newer one has, the text is the source with
    that blanked out (in UTF-8), each of the rest at its line and column; else it is the source itself.

    Args:
        source: the bytes of the file.
        path: its name, for messages.
        runtime: the lowest Python that it is meant for, None where that is not known.

    Raises:
        SourceError: the source cannot be parsed, by this interpreter nor as newer syntax.
    """
    try:
        tree = parse(source, path)
    except SourceError as error:
        if not error.syntax:
            raise
        from lambdalint.source.newer import parse_newer  # only for source that this interpreter refuses

        return parse_newer(source, path, error, runtime)
    if sys.version_info >= (3, 14) and b"except" in source:
        from lambdalint.source.newer import refuse_python_2

        refuse_python_2(source, tree, runtime)
    return tree, source


@functools.lru_cache(maxsize=8)  # rules that look closer at a definition do so one after the other
def read_statement(source: bytes, path: str, lines: tuple[int, int]) -> ast.Module:
    """The ``ast`` of one top-level statement of a module that `read` takes, each node at its place in the file.

    A method stands in a class of its own there, as `cut` has it.

    Args:
        source: the bytes of the file.
        path: its name, for messages.
        lines: the first and last line of the statement, from 1.
    """
    text = cut(source, lines)
    return read(b"\n" * (lines[0] - 1 - text.startswith(CLASS)) + text, path, PEP_758)[0]


def refuse_unparsable(source: bytes, path: str, runtime: tuple[int, int] | None = None) -> None:
    """Raise what `read` would.

    Nearly all sources parse, and that is told by a symbol table, in three quarters of the time: it is made from the
    parser's tree without turning that into objects of ``ast``. It refuses a little more, so `read` has the last word.
    """
    from _symtable import symtable  # type: ignore[import-not-found]  # the module symtable takes 4 ms to import

    if sys.version_info < (3, 14) or b"except" not in source:
        _refuse_endless(source)
        encoding_of(source)
        try:
            symtable(source, path, "exec")
        except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError, OverflowError):
            pass
        else:
            return
    read(source, path, runtime)


def simple(node: Any, lambdas: _Lambdas | None = None, depth: int = 0) -> Expr:
    """The Expr of an ``ast`` expression; ``lambdas`` knows the qualnames of those in it."""
    if depth > DEPTH_LIMIT:
        return None
    kind = type(node)
    if kind is ast.Name:
        return ("n", node.id)
    if kind is ast.Attribute:
        return ("a", simple(node.value, lambdas, depth + 1), node.attr)
    if kind is ast.Call:
        args, keywords = _arguments(node, lambdas, depth + 1)
        return ("c", simple(node.func, lambdas, depth + 1), args, keywords)
    if kind is ast.Constant:
        return ("k", node.value) if node.value is None or type(node.value) in (str, int, float, bool) else None
    if kind is ast.Subscript:
        return ("i", simple(node.value, lambdas, depth + 1), simple(node.slice, lambdas, depth + 1))
    if kind is ast.Await:
        return simple(node.value, lambdas, depth + 1)
    if kind is ast.NamedExpr:
        return simple(node.value, lambdas, depth + 1)
    if kind is ast.Lambda:
        return ("f", lambdas[id(node)]) if lambdas is not None else None
    if kind is ast.Dict:
        pairs = []
        for key, value in zip(node.keys, node.values, strict=True):
            if type(key) is ast.Constant:
                pairs.append((key.value, simple(value, lambdas, depth + 1)))
            else:
                pairs.append((None, simple(value, lambdas, depth + 1)))
        return ("d", tuple(pairs))
    if kind is ast.ListComp:
        return ("l", (simple(node.elt, lambdas, depth + 1),))
    if kind is ast.SetComp or kind is ast.GeneratorExp:
        return ("l", (simple(node.elt, lambdas, depth + 1),), True)
    if kind is ast.DictComp:
        return ("d", ((None, simple(node.value, lambdas, depth + 1)),))
    if kind is ast.JoinedStr and node.values:
        first, last = node.values[0], node.values[-1]
        return _string(_text(first), _text(last))
    if kind in (ast.List, ast.Tuple):
        return ("l", tuple(simple(item, lambdas, depth + 1) for item in node.elts))
    if kind is ast.Set:
        return ("l", tuple(simple(item, lambdas, depth + 1) for item in node.elts), True)
    if kind is ast.BoolOp:
        return ("o", tuple(simple(item, lambdas, depth + 1) for item in node.values))
    if kind is ast.IfExp:
        return ("o", (simple(node.body, lambdas, depth + 1), simple(node.orelse, lambdas, depth + 1)))
    if kind is ast.BinOp and type(node.op) is ast.BitOr:  # X | None in annotations
        return ("o", (simple(node.left, lambdas, depth + 1), simple(node.right, lambdas, depth + 1)))
    if kind is ast.BinOp and type(node.op) in _ARITHMETIC and type(node.right) in (ast.Constant, ast.BinOp):
        folded = _folded(node.op, simple(node.left, lambdas, depth + 1), simple(node.right, lambdas, depth + 1))
        if folded is not None:
            return folded
    if kind is ast.BinOp and type(node.op) is ast.Add:
        left, right = _text(node.left), _text(node.right)
        return _string(left, right) if left or right else None
    if kind is ast.BinOp and type(node.op) is ast.Div and (_text(node.right) or type(node.right) is ast.JoinedStr):
        # Only a path is divided by a string, which is its joinpath().
        given = (simple(node.right, lambdas, depth + 1),)
        return ("c", ("a", simple(node.left, lambdas, depth + 1), "joinpath"), given, ())
    if kind is ast.BinOp and type(node.op) is ast.Mod:
        return _string(_text(node.left).partition("%")[0], "")
    return None


def _text(node: Any) -> str:
    """The string that a literal is, "" for anything else."""
    return str(node.value) if type(node) is ast.Constant and type(node.value) is str else ""


def _string(prefix: str, suffix: str) -> Expr:
    return ("s", prefix, suffix) if prefix or suffix else None


def _folded(operator: Any, left: Expr, right: Expr) -> Expr:
    """``60 * 5`` of two numbers; None for anything else."""
    constants = [part[1] for part in (left, right) if part is not None and part[0] == "k"]
    numbers = [value for value in constants if type(value) in (int, float)]
    work = _ARITHMETIC.get(type(operator))
    if len(numbers) < 2 or work is None or max(map(abs, numbers)) > FOLD_LIMIT:
        return None
    return ("k", work(*numbers))


_ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}


def _arguments(
    node: Any, lambdas: _Lambdas | None, depth: int
) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
    args = tuple(None if type(arg) is ast.Starred else simple(arg, lambdas, depth) for arg in node.args)
    keywords = tuple((word.arg or "**", simple(word.value, lambdas, depth)) for word in node.keywords)
    return args, keywords


def tail_of(callee: Any) -> str:
    """The last name of a callee (``a.b.c`` → ``c``), "" where it has none; the same for both parsers' nodes."""
    kind = type(callee)
    if kind is ast.Name:
        return str(callee.id)
    if kind is ast.Attribute:
        return str(callee.attr)
    return ""


# Fields that hold no node, or only one that says no more than the class around it (contexts, operators).
_BARE_FIELDS = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "module", "level", "asname", "kind", "type_comment"})
_fields: dict[type, tuple[str, ...]] = {}  # the other ones, by class


def children(node: Any) -> list[Any]:
    """The child nodes of an ``ast`` node, without contexts and operators."""
    kind = type(node)
    fields = _fields.get(kind)
    if fields is None:
        fields = _fields[kind] = tuple(field for field in node._fields if field not in _BARE_FIELDS)
    found: list[Any] = []
    for field in fields:
        value = getattr(node, field, None)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


class Places:
    """Numbers calls by where their callees end, and lambdas by where they start; the later, the higher.

    Positions inside an f-string are estimates before Python 3.12, so what is in one stands where the f-string starts,
    in the order of the syntax. An f-string has to be entered before what is in it is asked for.

    Args:
        line: the first line of the top-level statement, from which lines are counted.
    """

    def __init__(self, line: int) -> None:
        self.line = line
        self.formatted: dict[int, int] = {}  # id(node in an f-string) → its place

    def enter(self, string: Any) -> None:
        """Take an f-string, with those in it."""
        if id(string) not in self.formatted:
            start = self._at(string.lineno, string.col_offset)
            for index, inner in enumerate(_formatted(string), 1):
                self.formatted[id(inner)] = start + index

    def call(self, node: Any) -> int:
        """The number of a call. Two callees never end at one place: ``(f)()`` is one callee, ``f()()`` ends later."""
        return self.formatted.get(id(node)) or self._at(node.func.end_lineno, node.func.end_col_offset)

    def lambda_(self, node: Any) -> int:
        """The number of a lambda."""
        return self.formatted.get(id(node)) or self._at(node.lineno, node.col_offset)

    def _at(self, line: int, column: int) -> int:
        return (line - self.line) << 40 | column << 20  # a source has less than 1 << 20 bytes


class _Lambdas(dict[int, str]):
    """id(lambda) → qualname, for those below a top-level statement. They are looked for when one is asked for."""

    def __init__(self, statement: Any, line: int) -> None:
        super().__init__()
        self.statement = statement
        self.line = line

    def __missing__(self, key: int) -> str:
        places = Places(self.line)
        found = []
        stack = [self.statement]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.JoinedStr:
                places.enter(node)
            elif kind is ast.Lambda:
                found.append(node)
            stack += children(node)
        definition = type(self.statement) in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        prefix = self.statement.name if definition else MODULE
        for index, node in enumerate(sorted(found, key=places.lambda_)):
            self[id(node)] = f"<lambda:{prefix}:{self.line}:{index}>"
        return dict.__getitem__(self, key)


def _formatted(string: Any) -> list[Any]:
    """The calls, lambdas and f-strings in an f-string in source order, a call right behind its callee."""
    found = []
    stack: list[tuple[Any, bool]] = [(part, False) for part in children(string)[::-1]]
    while stack:
        node, done = stack.pop()
        kind = type(node)
        if done:
            found.append(node)
        elif kind is ast.Call:
            stack.extend((part, False) for part in (*node.keywords[::-1], *node.args[::-1]))
            stack += [(node, True), (node.func, False)]
        elif kind is ast.IfExp:
            stack += [(node.orelse, False), (node.test, False), (node.body, False)]
        elif kind is ast.Dict:
            pairs = zip(node.keys, node.values, strict=True)
            stack.extend((part, False) for part in [part for pair in pairs for part in pair if part is not None][::-1])
        else:
            if kind is ast.Lambda or kind is ast.JoinedStr:
                found.append(node)
            stack.extend((part, False) for part in children(node)[::-1])
    return found


class _Scope:
    """A definition (or the module) while it is being read."""

    __slots__ = (
        "bindings",
        "calls",
        "class_",
        "framed",
        "leaves",
        "outer",
        "params",
        "promises",
        "qualname",
        "reads",
        "returns",
        "stores_outside",
        "straight",
        "yields",
    )

    def __init__(self, qualname: str, class_: str = "") -> None:
        self.qualname = qualname
        self.class_ = class_  # the class whose body is being read
        self.bindings: dict[str, list[Expr]] = {}
        self.promises: dict[str, Expr] = {}
        self.calls: list[CallRef] = []
        self.reads: dict[Expr, None] = {}
        self.outer: set[str] = set()
        self.params: dict[str, int] = {}
        self.returns: list[Expr] = []
        self.yields = False
        self.stores_outside = False
        self.straight = False  # whether what is read next runs whatever the definition is given, and once
        self.framed = 0  # statements around it that catch or close something
        self.leaves = 0  # statements so far by which control leaves for elsewhere


_GROWING = frozenset({"append", "appendleft", "add", "insert"})


class _Reader:
    """Reads one module. Statements nest at most 100 deep (the tokenizer's limit); expressions are on a stack."""

    def __init__(self) -> None:
        self.defs: dict[str, Def] = {}
        self.classes: dict[str, Class] = {}
        self.module = _Scope("")
        self.module_bindings: dict[str, list[tuple[str, Expr]]] = {}
        self.item_stores: list[tuple[str, Expr, Expr]] = []
        self.appends: list[tuple[str, Expr, Expr]] = []
        self.stars: list[tuple[int, str]] = []
        self.imports: list[tuple[int, str, str | None, int, bool]] = []
        self.instance: dict[str, dict[str, list[tuple[str, Expr]]]] = {}
        self.exports: tuple[str, ...] | None = None
        self.main_lines: list[tuple[int, int]] = []
        self.places = Places(0)
        self.lambdas: _Lambdas | None = None
        self.top = (0, 0)
        self.used: dict[str, int] = {}
        self.guard = 0

    # -- statements

    def read(self, tree: ast.Module) -> None:
        for statement in tree.body:
            self.topmost(statement, self.module)

    def topmost(self, statement: Any, scope: _Scope) -> None:
        """Read a statement of the module, or a method: each is lowered by itself, and counts its calls and lambdas."""
        around = self.top, self.places, self.lambdas
        self.top = (_first_line(statement), statement.end_lineno or statement.lineno)
        self.places = Places(self.top[0])
        self.lambdas = _Lambdas(statement, self.top[0])
        self.statement(statement, scope)
        self.top, self.places, self.lambdas = around

    def block(self, statements: list[Any], scope: _Scope) -> None:
        for statement in statements:
            self.statement(statement, scope)

    def apart(self, statements: list[Any], scope: _Scope) -> None:
        """Read statements of which it depends on something whether they run, or how often."""
        straight, scope.straight = scope.straight, False
        self.block(statements, scope)
        scope.straight = straight

    def statement(self, node: Any, scope: _Scope) -> None:
        kind = type(node)
        if kind is ast.Expr:
            self.expression(node.value, scope, "discarded")
        elif kind is ast.Assign:
            value = simple(node.value, self.lambdas)
            for target in node.targets:
                self.bind(target, value, scope)
            self.expression(node.value, scope, "used")
        elif kind in (ast.FunctionDef, ast.AsyncFunctionDef):
            self.function(node, scope)
        elif kind is ast.ClassDef:
            self.class_(node, scope)
            scope.straight = False
        elif kind is ast.Return:
            if node.value is not None:
                scope.returns.append(simple(node.value, self.lambdas))
                self.expression(node.value, scope, "returned")
            scope.straight = False
            scope.leaves += 1
        elif kind is ast.If:
            leaves = scope.leaves
            self.if_(node, scope)
            scope.straight = scope.straight and scope.leaves == leaves
        elif kind in (ast.For, ast.AsyncFor):
            self.bind(node.target, ("e", simple(node.iter, self.lambdas)), scope)
            self.expression(node.iter, scope, "used")
            self.apart(node.body, scope)
            self.apart(node.orelse, scope)
        elif kind is ast.While:
            self.expression(node.test, scope)
            self.apart(node.body, scope)
            self.apart(node.orelse, scope)
        elif kind in (ast.With, ast.AsyncWith):
            scope.framed += 1
            for item in node.items:
                self.expression(item.context_expr, scope, "used")
                entered = ("w", simple(item.context_expr, self.lambdas))
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, entered, scope)
                else:
                    self.bind_name("<with>", entered, scope)  # it is entered all the same
            self.block(node.body, scope)
            scope.framed -= 1
        elif kind is ast.Try or kind.__name__ == "TryStar":
            guarded = any(_catches_import_error(handler.type) for handler in node.handlers)
            scope.framed += 1
            self.guard += guarded
            self.block(node.body, scope)
            self.guard -= guarded
            for handler in node.handlers:
                if handler.type is not None:
                    self.expression(handler.type, scope)
                if handler.name:
                    self.bind_name(handler.name, None, scope)
                self.guard += guarded
                self.apart(handler.body, scope)
                self.guard -= guarded
            self.block(node.orelse, scope)
            self.block(node.finalbody, scope)
            scope.framed -= 1
        elif kind is ast.Import:
            for alias in node.names:
                self.imports.append((0, alias.name, None, node.lineno, bool(self.guard)))
                if alias.asname:
                    self.bind_name(alias.asname, ("m", 0, alias.name, None), scope)
                else:
                    head = alias.name.split(".", 1)[0]
                    self.bind_name(head, ("m", 0, head, None), scope)
        elif kind is ast.ImportFrom:
            for alias in node.names:
                self.imports.append((node.level, node.module or "", alias.name, node.lineno, bool(self.guard)))
                if alias.name == "*":
                    self.stars.append((node.level, node.module or ""))
                else:
                    self.bind_name(alias.asname or alias.name, ("m", node.level, node.module or "", alias.name), scope)
        elif kind is ast.AugAssign:
            self.bind(node.target, None, scope)
            self.expression(node.value, scope, "used")
            if type(node.target) is not ast.Name:
                self.expression(node.target, scope)
        elif kind is ast.AnnAssign:
            annotation = simple(node.annotation, self.lambdas)
            value = simple(node.value, self.lambdas) if node.value is not None else None
            # An annotated name is what is assigned to it; a bare annotation says of which class it is.
            self.bind(node.target, value if value is not None else ("t", annotation), scope)
            if scope.class_ and value is not None and (value == ("k", None) or value[0] == "c"):
                self.bind(node.target, ("t", annotation), scope)  # a field: others may give it its value
            if node.value is not None:
                if type(node.target) is ast.Name:
                    scope.promises[node.target.id] = annotation
                self.expression(node.value, scope, "used")
        elif kind in (ast.Global, ast.Nonlocal):
            scope.outer.update(node.names)
            scope.stores_outside = True
        elif kind.__name__ == "Match":
            scope.straight = False
            self.expression(node.subject, scope)
            for case in node.cases:
                for pattern in children(case.pattern):
                    self.captures(pattern, scope)
                self.captures(case.pattern, scope)
                if case.guard is not None:
                    self.expression(case.guard, scope)
                self.block(case.body, scope)
        elif kind.__name__ == "TypeAlias":
            self.bind(node.name, simple(node.value, self.lambdas), scope)
        elif kind is not ast.Pass:  # Raise, Assert, Delete, Break, Continue: only their expressions matter
            for child in children(node):
                self.expression(child, scope)
            scope.straight = False
            scope.leaves += kind in (ast.Raise, ast.Break, ast.Continue)

    def captures(self, pattern: Any, scope: _Scope) -> None:
        stack = [pattern]
        while stack:
            node = stack.pop()
            name = getattr(node, "name", None)
            if isinstance(name, str):
                self.bind_name(name, None, scope)
            stack.extend(children(node))

    def if_(self, node: Any, scope: _Scope) -> None:
        test = node.test
        if _is_main_test(test):
            self.main_lines.append((node.lineno, node.end_lineno))
            if scope is self.module:  # runs from the command line only: nothing in it is deployed
                self.block(node.orelse, scope)
                return
        if _is_type_checking(test):
            # Names bound here serve annotations, so they are bound; nothing in here runs.
            for inner in node.body:
                if type(inner) in (ast.Import, ast.ImportFrom):
                    count = len(self.imports)
                    self.statement(inner, scope)
                    del self.imports[count:]
            self.apart(node.orelse, scope)
            return
        self.expression(test, scope, "used")
        versions = _asks_version(test)  # what is imported below is not imported everywhere
        self.guard += versions
        self.apart(node.body, scope)
        self.apart(node.orelse, scope)
        self.guard -= versions

    def function(self, node: Any, scope: _Scope) -> None:
        qualname = self.unique(_join(scope, node.name))
        bound: Expr = ("f", qualname)
        self.bind_name(node.name, bound, scope)
        for decorator in node.decorator_list:
            self.expression(decorator, scope)
        self.definition(node, qualname, node.name, scope, node.decorator_list)

    def definition(self, node: Any, qualname: str, name: str, scope: _Scope, decorators: list[Any]) -> None:
        inner = _Scope(qualname)
        params = []
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: list[Any] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
        listed = [(arg, "", default) for arg, default in zip(positional, defaults, strict=True)]
        if arguments.vararg:
            listed.append((arguments.vararg, "*", None))
        listed += [
            (arg, "k", default) for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        if arguments.kwarg:
            listed.append((arguments.kwarg, "**", None))
        for index, (arg, kind, default) in enumerate(listed):
            inner.params[arg.arg] = index
            inner.bindings[arg.arg] = [("p", index)]
            annotation = simple(arg.annotation, self.lambdas) if arg.annotation is not None else None
            given = simple(default, self.lambdas) if default is not None else None
            params.append(Param(arg.arg, kind, annotation, given, default is not None))
            if default is not None:
                self.expression(default, scope)
        if type(node) is ast.Lambda:
            inner.returns.append(simple(node.body, self.lambdas))
            self.expression(node.body, inner)
        else:
            inner.straight = True
            self.block(node.body, inner)
        self.defs[qualname] = Def(
            qualname=qualname,
            name=name,
            line=node.lineno,
            column=node.col_offset,
            end_line=node.end_lineno,
            is_async=type(node) is ast.AsyncFunctionDef,
            owner=scope.class_,
            parent=scope.qualname,
            top=self.top,
            decorators=tuple(simple(decorator, self.lambdas) for decorator in decorators),
            params=tuple(params),
            calls=tuple(inner.calls),
            reads=tuple(inner.reads),
            bindings={key: tuple(values) for key, values in inner.bindings.items()},
            outer_names=frozenset(inner.outer),
            returns=tuple(inner.returns),
            return_annotation=simple(node.returns) if getattr(node, "returns", None) is not None else None,
            yields=inner.yields,
            stores_outside=inner.stores_outside,
            promises=inner.promises,
        )

    def class_(self, node: Any, scope: _Scope) -> None:
        qualname = self.unique(_join(scope, node.name))
        self.bind_name(node.name, ("f", qualname), scope)
        for child in [*node.decorator_list, *node.bases, *[word.value for word in node.keywords]]:
            self.expression(child, scope)
        inner = _Scope(scope.qualname, qualname)
        inner.calls = scope.calls  # a class body runs where the class statement stands
        self.instance[qualname] = {}
        for statement in node.body:
            method = scope is self.module and type(statement) in (ast.FunctionDef, ast.AsyncFunctionDef)
            (self.topmost if method else self.statement)(statement, inner)
        self.classes[qualname] = Class(
            qualname=qualname,
            name=node.name,
            line=node.lineno,
            end_line=node.end_lineno,
            parent=scope.qualname,
            bases=tuple(simple(base) for base in node.bases),
            decorators=tuple(simple(decorator, self.lambdas) for decorator in node.decorator_list),
            keywords=tuple((word.arg or "**", simple(word.value)) for word in node.keywords),
            attributes={key: tuple(values) for key, values in inner.bindings.items()},
            instance={key: tuple(values) for key, values in self.instance[qualname].items()},
            top=self.top,
        )

    def unique(self, qualname: str) -> str:
        """A name defined twice gets ``#2`` the second time: both definitions are kept."""
        count = self.used[qualname] = self.used.get(qualname, 0) + 1
        return qualname if count == 1 else f"{qualname}#{count}"

    # -- bindings

    def bind_name(self, name: str, value: Expr, scope: _Scope) -> None:
        if scope is self.module:
            self.module_bindings.setdefault(name, []).append(("", value))
            if name == "__all__" and value is not None and value[0] == "l":
                self.exports = tuple(
                    item[1] for item in value[1] if item is not None and item[0] == "k" and type(item[1]) is str
                )
        elif name in scope.outer:
            # global (or nonlocal, which then does no harm: the module rarely has the name too)
            self.module_bindings.setdefault(name, []).append((scope.qualname, value))
        else:
            scope.bindings.setdefault(name, []).append(value)

    def bind(self, target: Any, value: Expr, scope: _Scope) -> None:
        kind = type(target)
        if kind is ast.Name:
            self.bind_name(target.id, value, scope)
        elif kind in (ast.Tuple, ast.List):
            items = value[1] if value is not None and value[0] == "l" and len(value[1]) == len(target.elts) else None
            for index, element in enumerate(target.elts):
                part = items[index] if items is not None else ("i", value, ("k", index)) if value is not None else None
                self.bind(element, part, scope)
        elif kind is ast.Starred:
            self.bind(target.value, None, scope)
        elif kind is ast.Attribute:
            scope.stores_outside = True
            base = target.value
            method = self.owner_of(scope)
            if method and type(base) is ast.Name:
                class_, self_name = method
                if base.id == self_name:
                    self.instance[class_].setdefault(target.attr, []).append((scope.qualname, value))
            self.item_stores.append((scope.qualname, ("a", simple(base, self.lambdas), target.attr), value))
        elif kind is ast.Subscript:
            scope.stores_outside = True
            self.item_stores.append((scope.qualname, simple(target.value, self.lambdas), value))
            self.expression(target.value, scope)
            self.expression(target.slice, scope)

    def owner_of(self, scope: _Scope) -> tuple[str, str] | None:
        """(class, name of its first parameter) where ``scope`` is a method that is being read."""
        class_ = scope.qualname.rpartition(".")[0]
        if class_ in self.instance and scope.params:
            return class_, next(iter(scope.params))
        return None

    # -- expressions

    def expression(self, root: Any, scope: _Scope, use: str = "") -> None:
        """Read an expression; ``use`` is what is made of its value where it is evaluated with its statement."""
        apart = not (use and scope.straight)
        stack = [root]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.Name or kind is ast.Constant:
                continue
            if node is None:  # the end of a part that need not be evaluated
                apart = False
                continue
            if kind is ast.Call:
                args, keywords = _arguments(node, self.lambdas, 1)
                straight = None
                if not apart:
                    straight = use if node is root else "used" if type(root) is not ast.Await else ""
                scope.calls.append(
                    CallRef(
                        k=self.places.call(node),
                        callee=simple(node.func, self.lambdas),
                        args=args,
                        keywords=keywords,
                        tail=tail_of(node.func),
                        line=node.lineno,
                        column=node.col_offset,
                        end_line=node.end_lineno,
                        end_column=node.end_col_offset,
                        straight=straight,
                        framed=scope.framed > 0,
                    )
                )
                if type(node.func) is ast.Attribute and node.func.attr in _GROWING and args and args[-1] is not None:
                    self.appends.append((scope.qualname, simple(node.func.value, self.lambdas), args[-1]))
                stack += [word.value for word in node.keywords]
                stack += node.args
                stack.append(node.func.value if type(node.func) is ast.Attribute else node.func)
                continue
            if kind is ast.Attribute:
                scope.reads[simple(node, self.lambdas)] = None
                while type(node) is ast.Attribute:
                    node = node.value
                stack.append(node)
                continue
            if kind is ast.Lambda:
                assert self.lambdas is not None
                self.definition(node, self.lambdas[id(node)], "<lambda>", scope, [])
                continue
            if kind is ast.JoinedStr:
                self.places.enter(node)
            elif kind is ast.NamedExpr:
                self.bind(node.target, simple(node.value, self.lambdas), scope)
            elif kind is ast.comprehension:
                self.bind(node.target, ("e", simple(node.iter, self.lambdas)), scope)
            elif kind in (ast.Yield, ast.YieldFrom):
                scope.yields = True
                if node.value is not None:
                    scope.returns.append(
                        ("l", (simple(node.value, self.lambdas),))
                        if kind is ast.Yield
                        else simple(node.value, self.lambdas)
                    )
            if not apart and kind not in _PARTS:
                apart = True
                stack.append(None)
            stack.extend(children(node))


# Expressions that evaluate all of their parts, besides calls and attributes.
_PARTS = frozenset(
    {ast.Await, ast.BinOp, ast.Dict, ast.FormattedValue, ast.JoinedStr, ast.List, ast.Subscript, ast.Tuple, ast.UnaryOp}
)


def _join(scope: _Scope, name: str) -> str:
    prefix = scope.class_ or scope.qualname
    return f"{prefix}.{name}" if prefix else name


def _first_line(statement: Any) -> int:
    decorators = getattr(statement, "decorator_list", None)
    return min([statement.lineno, *[node.lineno for node in decorators]]) if decorators else int(statement.lineno)


def _is_main_test(test: Any) -> bool:
    if type(test) is not ast.Compare or len(test.comparators) != 1:
        return False
    sides = (test.left, test.comparators[0])
    return any(type(side) is ast.Name and side.id == "__name__" for side in sides) and any(
        type(side) is ast.Constant and side.value == "__main__" for side in sides
    )


def _is_type_checking(test: Any) -> bool:
    return (type(test) is ast.Name and test.id == "TYPE_CHECKING") or (
        type(test) is ast.Attribute and test.attr == "TYPE_CHECKING"
    )


def _asks_version(test: Any) -> bool:
    """Whether a condition compares ``sys.version_info``."""
    if type(test) is not ast.Compare:
        return False
    left = test.left.value if type(test.left) is ast.Subscript else test.left
    return (left.attr if type(left) is ast.Attribute else left.id if type(left) is ast.Name else "") == "version_info"


def _catches_import_error(kind: Any) -> bool:
    if kind is None:
        return True
    names = list(kind.elts) if type(kind) is ast.Tuple else [kind]
    while type(names[0]) is ast.BinOp:  # how newer.py has ``except A, B:`` read
        names[:1] = [names[0].left, names[0].right]
    return any(
        type(name) is ast.Name and name.id in ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
        for name in names
    )


def _comments(source: bytes) -> tuple[tuple[int, int, str, bool], ...]:
    if not holds(source, b"lambdalint:"):
        return ()
    import io
    import tokenize  # only for the few files that hold a suppression: tokenizing costs as much as parsing

    found = []
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.COMMENT and "lambdalint:" in token.string:
                line, column = token.start
                found.append((line, column + 1, token.string, not token.line[:column].strip()))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        pass  # what was found before the place that does not tokenize still counts
    return tuple(found)


def skeleton(source: bytes, path: str, runtime: tuple[int, int] | None = None) -> Skeleton:
    """The skeleton of one module. The arguments and errors are those of `read`."""
    tree, text = read(source, path, runtime)
    reader = _Reader()
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(max(limit, 5000))  # statements nest 100 deep, each level takes a few frames
        reader.read(tree)
    except RecursionError:
        raise SourceError("nested too deeply to analyse") from None
    finally:
        sys.setrecursionlimit(limit)
    return Skeleton(
        path=path,
        defs=reader.defs,
        classes=reader.classes,
        bindings={key: tuple(values) for key, values in reader.module_bindings.items()},
        item_stores=tuple(reader.item_stores),
        appends=tuple(reader.appends),
        stars=tuple(reader.stars),
        imports=tuple(reader.imports),
        calls=tuple(reader.module.calls),
        exports=reader.exports,
        comments=_comments(text),
        statements=tuple((_first_line(node), node.end_lineno or node.lineno) for node in tree.body),
        main_lines=tuple(reader.main_lines),
        newer_syntax=text is not source,
    )


def statement_lines(source: bytes, line: int) -> tuple[int, int]:
    """The first and last line of the innermost simple statement, or head of a compound one, around ``line``.

    Raises:
        SourceError: the source does not parse.
    """
    best = (line, line)
    stack: list[Any] = [read(source, "")[0]]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            if not _first_line(node) <= line <= (node.end_lineno or line):
                continue
            body = getattr(node, "body", None)
            best = (_first_line(node), node.end_lineno or line)
            if body:
                best = (best[0], max(best[0], min(child.lineno for child in body) - 1))
        stack.extend(children(node))
    return best
