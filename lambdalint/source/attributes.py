"""bytes → which attributes of an imported module another module uses."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import children, read, tail_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Use(NamedTuple):
    """A use of an attribute: ``module.name``; ``later`` tells that it is in the body of a function."""

    name: str
    line: int
    later: bool


def attributes(source: bytes, path: str, module: str, version: tuple[int, int] | None) -> Iterator[Use]:
    """The attributes that are read of a module which is imported by its absolute name, where nothing catches a failure.

    Names that the code binds to anything else as well do not count.

    Raises:
        SourceError: it cannot be parsed.
    """
    tree, _ = read(source, path, version)
    names: set[str] = set()
    bound: set[str] = set()
    uses: list[tuple[str, Use]] = []
    stack: list[tuple[Any, bool, bool]] = [(tree, False, False)]
    while stack:
        node, guarded, later = stack.pop()
        kind = type(node)
        if kind is ast.Import:
            for alias in node.names:
                top = alias.name.partition(".")[0]
                own = alias.name == module or (top == module and not alias.asname)
                (names if own else bound).add(alias.asname or top)
        elif kind is ast.ImportFrom:
            bound.update(alias.asname or alias.name for alias in node.names)
        elif kind is ast.Name and type(node.ctx) is not ast.Load:
            bound.add(node.id)
        elif kind is ast.arg:
            bound.add(node.arg)
        elif kind is ast.Attribute and type(node.value) is ast.Name and type(node.ctx) is ast.Load and not guarded:
            uses.append((node.value.id, Use(node.attr, node.lineno, later)))
        elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
            bound.add(node.name)
        later = later or kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        if kind is ast.Try:
            stack += [(item, True, later) for item in node.body]
            stack += [(item, guarded, later) for item in (*node.handlers, *node.orelse, *node.finalbody)]
        else:
            asks = kind is ast.If and type(node.test) is ast.Call and tail_of(node.test.func) == "hasattr"
            stack += [(item, guarded or asks, later) for item in children(node)]
    for name, use in sorted(uses, key=lambda item: item[1].line):
        if name in names and name not in bound:
            yield use
