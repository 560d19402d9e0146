"""The calls that a definition makes whatever it is given, and once: nothing around them decides whether they run.

A way that leads through such a call, and along which no argument matters, is followed without a Body of the caller:
its ``ast`` is a tenth of the work. So is a site judged that has constants for arguments. Only plain statements are
looked at; what is not told here is what a Body tells.
"""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING, Any

from lambdalint.source.skeleton import Places, children, read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_SILENT = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass, ast.FunctionDef, ast.AsyncFunctionDef)
_USES: dict[type, str] = {ast.Expr: "discarded", ast.Return: "returned"}
# The fields in which an expression holds what is evaluated with it. Those of others are left to a Body.
_PARTS: dict[type, tuple[str, ...]] = {
    ast.Attribute: ("value",),
    ast.Await: ("value",),
    ast.BinOp: ("left", "right"),
    ast.Call: ("func", "args", "keywords"),
    ast.Dict: ("values",),
    ast.FormattedValue: ("value",),
    ast.JoinedStr: ("values",),
    ast.List: ("elts",),
    ast.Subscript: ("value",),
    ast.Tuple: ("elts",),
    ast.UnaryOp: ("operand",),
    ast.keyword: ("value",),
}


def straight(source: bytes, path: str, top: tuple[int, int]) -> Mapping[tuple[int, str], Mapping[int, str]]:
    """Such calls by their numbers, by line and name of each definition of one top-level statement.

    Each with the use that is made of it (see `lambdalint.source.lower.Call`), "" if it is awaited or in a ``try`` or
    ``with``, of which a Body tells more.

    Args:
        source: the bytes of the whole file.
        path: its name, for messages.
        top: first and last line of the statement, from 1.

    Raises:
        SourceError: it does not parse.
    """
    found = {}
    stack: list[Any] = [read_statement(source, path, top)]
    while stack:
        node = stack.pop()
        if type(node) in (ast.FunctionDef, ast.AsyncFunctionDef):
            reader = _Reader(top[0])
            reader.block(node.body)
            found[node.lineno, node.name] = reader.calls
        stack.extend(child for child in children(node) if not isinstance(child, ast.expr))
    return found


class _Reader:
    """Reads one definition up to where what follows may depend on something."""

    def __init__(self, line: int) -> None:
        self.places = Places(line)
        self.calls: dict[int, str] = {}
        self.depth = 0  # of statements that catch or close something

    def block(self, statements: list[Any]) -> bool:
        """Read statements; whether what follows them runs as straight."""
        return all(map(self.statement, statements))

    def statement(self, node: Any) -> bool:
        kind = type(node)
        if kind in (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return):
            self.expression(node.value, _USES.get(kind, "used"))
            return kind is not ast.Return
        if kind in (ast.With, ast.AsyncWith, ast.Try):
            self.depth += 1
            for item in node.items if kind is not ast.Try else ():
                self.expression(item.context_expr)
            follows = self.block(node.body)
            if kind is ast.Try:
                follows = follows and self.block(node.orelse) and self.block(node.finalbody)
            self.depth -= 1
            return follows
        if kind in (ast.For, ast.AsyncFor):
            self.expression(node.iter)
            return True
        if kind is ast.If:
            self.expression(node.test)
            return not _leaves(node)
        return kind in _SILENT or kind is ast.While

    def expression(self, root: Any, use: str = "used") -> None:
        stack = [root]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.JoinedStr:
                self.places.enter(node)
            elif kind is ast.Call:
                told = use if node is root else "used" if type(root) is not ast.Await else ""
                self.calls[self.places.call(node)] = told if not self.depth else ""
            for field in _PARTS.get(kind, ()):
                value = getattr(node, field)
                stack += value if type(value) is list else (value,)


def _leaves(statement: Any) -> bool:
    """Whether control may leave from within a statement, past what follows it."""
    stack = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, _LEAVING):
            return True
        if not isinstance(node, _DEFINITIONS):
            stack += children(node)
    return False
