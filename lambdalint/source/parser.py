"""libcst's parser, with nodes that only hold what it read. The only importer of libcst on the scan path.

``import libcst`` takes 0.2 CPU seconds, which is more than all the rest of a run over a small project: it makes two
hundred data classes that can check, edit and write themselves. Its parser is compiled and asks the module ``libcst``
for the class of each node that it makes. So while it works here, a module stands in whose classes hold fields and do
nothing. They have the names and fields of libcst's own: ``tests/source/test_parser.py`` compares the trees.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from lambdalint.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

# The fields of each class, in source order, that are or may hold a call, definition, lambda, statement or pattern.
FIELDS: dict[str, tuple[str, ...]] = {
    "AnnAssign": ("target", "annotation", "value"),
    "Annotation": ("annotation",),
    "Arg": ("value",),
    "AsName": ("name",),
    "Assert": ("test", "msg"),
    "Assign": ("targets", "value"),
    "AssignTarget": ("target",),
    "Attribute": ("value",),
    "AugAssign": ("target", "value"),
    "Await": ("expression",),
    "BinaryOperation": ("left", "right"),
    "BooleanOperation": ("left", "right"),
    "Break": (),
    "Call": ("func", "args"),
    "ClassDef": ("decorators", "bases", "keywords", "body"),
    "CompFor": ("target", "iter", "ifs", "inner_for_in"),
    "CompIf": ("test",),
    "Comparison": ("left", "comparisons"),
    "ComparisonTarget": ("comparator",),
    "ConcatenatedString": ("left", "right"),
    "Continue": (),
    "Decorator": ("decorator",),
    "Del": ("target",),
    "Dict": ("elements",),
    "DictComp": ("key", "value", "for_in"),
    "DictElement": ("key", "value"),
    "Element": ("value",),
    "Ellipsis": (),
    "Else": ("body",),
    "ExceptHandler": ("type", "body"),
    "ExceptStarHandler": ("type", "body"),
    "Expr": ("value",),
    "Finally": ("body",),
    "Float": (),
    "For": ("target", "iter", "body", "orelse"),
    "FormattedString": ("parts",),
    "FormattedStringExpression": ("expression", "format_spec"),
    "FormattedStringText": (),
    "From": ("item",),
    "FunctionDef": ("decorators", "params", "returns", "body"),
    "GeneratorExp": ("elt", "for_in"),
    "Global": (),
    "If": ("test", "body", "orelse"),
    "IfExp": ("body", "test", "orelse"),
    "Imaginary": (),
    "Import": (),
    "ImportAlias": (),
    "ImportFrom": (),
    "ImportStar": (),
    "IndentedBlock": ("body",),
    "Index": ("value",),
    "Integer": (),
    "Lambda": ("params", "body"),
    "LazyImport": (),
    "LazyImportFrom": (),
    "List": ("elements",),
    "ListComp": ("elt", "for_in"),
    "Match": ("subject", "cases"),
    "MatchAs": ("pattern", "name"),
    "MatchCase": ("pattern", "guard", "body"),
    "MatchClass": ("cls", "patterns", "kwds"),
    "MatchKeywordElement": ("key", "pattern"),
    "MatchList": ("patterns",),
    "MatchMapping": ("elements", "rest"),
    "MatchMappingElement": ("key", "pattern"),
    "MatchOr": ("patterns",),
    "MatchOrElement": ("pattern",),
    "MatchSequenceElement": ("value",),
    "MatchSingleton": ("value",),
    "MatchStar": ("name",),
    "MatchTuple": ("patterns",),
    "MatchValue": ("value",),
    "Module": ("body",),
    "Name": (),
    "NamedExpr": ("target", "value"),
    "Nonlocal": (),
    "Param": ("annotation", "default"),
    "ParamSlash": (),
    "ParamSpec": ("name",),
    "ParamStar": (),
    "Parameters": ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
    "Pass": (),
    "Raise": ("exc", "cause"),
    "Return": ("value",),
    "Set": ("elements",),
    "SetComp": ("elt", "for_in"),
    "SimpleStatementLine": ("body",),
    "SimpleStatementSuite": ("body",),
    "SimpleString": (),
    "Slice": ("lower", "upper", "step"),
    "StarredDictComp": ("value", "for_in"),
    "StarredDictElement": ("value",),
    "StarredElement": ("value",),
    "Subscript": ("value", "slice"),
    "SubscriptElement": ("slice",),
    "TemplatedString": ("parts",),
    "TemplatedStringExpression": ("expression", "format_spec"),
    "TemplatedStringText": (),
    "Try": ("body", "handlers", "orelse", "finalbody"),
    "TryStar": ("body", "handlers", "orelse", "finalbody"),
    "Tuple": ("elements",),
    "TypeAlias": ("name", "type_parameters", "value"),
    "TypeParam": ("param", "default"),
    "TypeParameters": ("params",),
    "TypeVar": ("name", "bound"),
    "TypeVarTuple": ("name",),
    "UnaryOperation": ("expression",),
    "While": ("test", "body", "orelse"),
    "With": ("items", "body"),
    "WithItem": ("item", "asname"),
    "Yield": ("value",),
}


# Kinds that hold no meaning: where one would be, there is None.
LAYOUT = frozenset(
    {"SimpleWhitespace", "ParenthesizedWhitespace", "TrailingWhitespace", "Newline", "EmptyLine", "Comment", "Comma"}
    | {"LeftParen", "RightParen", "LeftSquareBracket", "RightSquareBracket", "LeftCurlyBrace", "RightCurlyBrace"}
)


class Node(SimpleNamespace):
    """A node. The parser names no field that is not there; those that are asked for are None then.

    ``fields`` are those of `FIELDS`.
    """

    fields: tuple[str, ...] = ()
    asname: Any = None
    comparisons: Any = ()
    keyword: Any = None
    name: Any = None
    __eq__ = object.__eq__  # a node is itself, whatever it holds
    __hash__ = object.__hash__  # type: ignore[assignment]  # as of SimpleNamespace it would be None


class ParserSyntaxError(Exception):
    """What the parser refuses. ``raw_line`` counts from 1."""

    def __init__(self, message: str, *, raw_line: int, **_: Any) -> None:
        super().__init__(message)
        self.message = message
        self.raw_line = raw_line


def _nothing(**_: Any) -> None:
    """In place of the classes of `LAYOUT`: half of what the parser makes is thrown away at once."""


def _class(name: str) -> Callable[..., Node | None]:
    """The class of a name that the parser asks for."""
    if not name[:1].isupper():
        raise AttributeError(name)
    if name in LAYOUT:
        setattr(nodes, name, _nothing)
        return _nothing
    fields = FIELDS.get(name, ())
    made = type(name, (Node,), {"fields": fields, **dict.fromkeys(fields)})
    setattr(nodes, name, made)
    return made


nodes: Any = ModuleType("libcst")
nodes.__getattr__ = _class
nodes.ParserSyntaxError = ParserSyntaxError
_parse: Callable[..., Any] | None = None
_parsing = allocate_lock()


def parse(text: str) -> Any:
    """The module that is written in ``text``. One thread parses at a time.

    Raises:
        ParserSyntaxError: it does not parse.
        UsageError: libcst is not there, or not the one that this was written for.
    """
    global _parse  # noqa: PLW0603 - loaded with the first
    with _parsing:
        own = sys.modules.get("libcst")
        try:
            if _parse is None:
                _parse = _loaded()
            sys.modules["libcst"] = nodes
            return _parse(text, encoding="utf-8")
        finally:
            sys.modules.pop("libcst", None)
            if own is not None:
                sys.modules["libcst"] = own


def _loaded() -> Callable[..., Any]:
    """Libcst's parser: that of `TRIED`, or one that has been seen to make the trees that are expected of it."""
    from importlib.util import find_spec

    try:
        found = find_spec("libcst")
        places = nodes.__path__ = (found.submodule_search_locations or []) if found is not None else []
        sys.modules["libcst"] = nodes
        from libcst.native import parse_module  # type: ignore[import-not-found]  # compiled, without stubs
    except ImportError as error:
        raise UsageError(f"libcst cannot be imported ({error}): install lambdalint anew") from None
    del nodes.__path__  # a package costs the parser a call in Python for each node
    tried = any(os.path.exists(os.path.join(os.path.dirname(place), TRIED)) for place in places)
    try:
        same = tried or shape(parse_module(SAMPLE, encoding="utf-8")) == SHAPE
    except Exception:  # noqa: BLE001 - whatever another parser does
        same = False
    if not same:
        raise UsageError("the installed libcst makes other syntax trees than lambdalint reads: install libcst 1.9")
    return parse_module  # type: ignore[no-any-return]  # compiled, without stubs


TRIED = "libcst-1.9.0.dist-info"  # the tests compare its trees; to look at a sample takes 6 ms
# Each construct whose fields `lambdalint.source.lower` reads, and the checksum of what libcst 1.9 makes of them.
SAMPLE = """\
from a.b import c as d, e
@f(0)
class G(H, metaclass=I):
    async def g(self, j, /, k: l = 1, *m, n=2, **o) -> p:
        global q
        async with r(s) as (t, *u), v: w.x += y[0:1, z] @ -1.5
        for a in b:
            if c < d is not None: break
            elif not e and f or g: continue
            else: del h
        while i := j: raise K from l
        try: assert m, n
        except (O, P) as q: return await r(*s, t=u, **v)
        else: yield
        finally: yield from w
        x: y = lambda z=1: [a for b in c if d if e for f in g], {h: i, **j}, {k, *l}, (yield m), {**n}
        o = p = "q" f"r{s!r:>{t}}" if u else {v for w in x} | {y: z for y in a}
match b(1):
    case [1, *c] | {"d": E(f, g=0), **h} if i: pass
    case J() as k: pass
"""
SHAPE = 3274221934


def shape(tree: Any) -> int:
    """A checksum of the classes of a tree and of what they hold, other than white space, brackets and punctuation."""
    from zlib import crc32

    found: list[str] = []
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, Node):
            found.append(type(part).__name__)
            for name in sorted({*part.fields, *_TEXTS} & part.__dict__.keys()):
                found.append(name)
                stack.append(part.__dict__[name])
        elif isinstance(part, list | tuple):
            stack += part
        else:
            found.append(str(part))
    return crc32(" ".join(found).encode())


_TEXTS = ("asname", "attr", "keyword", "name", "names", "operator", "star", "value")
