"""libcst's parser, with nodes that only hold what it read. The only importer of libcst on the scan path.

``import libcst`` takes 0.2 CPU seconds, which is more than all the rest of a run over a small project: it makes two
hundred data classes that can check, edit and write themselves. Its parser is compiled and asks the module ``libcst``
for the class of each node that it makes. So while it works here, a module stands in whose classes hold fields and do
nothing. They have the names and fields of libcst's own: ``tests/source/test_parser.py`` compares the trees.
"""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

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
    __hash__ = object.__hash__  # type: ignore[assignment]


class ParserSyntaxError(Exception):
    """What the parser refuses. ``raw_line`` counts from 1."""

    def __init__(self, message: str, *, raw_line: int, **_: Any) -> None:
        super().__init__(message)
        self.message = message
        self.raw_line = raw_line


def _class(name: str) -> type[Node]:
    """The class of a name that the parser asks for."""
    if name.startswith("_"):
        raise AttributeError(name)
    fields = FIELDS.get(name, ())
    made = type(name, (Node,), {"fields": fields, **dict.fromkeys(fields)})
    setattr(nodes, name, made)
    return made


nodes: Any = ModuleType("libcst")
nodes.__getattr__ = _class
nodes.ParserSyntaxError = ParserSyntaxError
_parse: Callable[..., Any] | None = None


def parse(text: str) -> Any:
    """The module that is written in ``text``.

    Raises:
        ParserSyntaxError: it does not parse.
    """
    global _parse  # noqa: PLW0603 - loaded with the first
    own = sys.modules.get("libcst")
    if _parse is None:
        from importlib.util import find_spec

        found = find_spec("libcst")
        assert found is not None
        nodes.__path__ = found.submodule_search_locations
    sys.modules["libcst"] = nodes
    try:
        if _parse is None:
            from libcst.native import parse_module  # type: ignore[import-not-found]

            _parse = parse_module
            del nodes.__path__
        return _parse(text, encoding="utf-8")
    finally:
        if own is None:
            del sys.modules["libcst"]
        else:
            sys.modules["libcst"] = own
