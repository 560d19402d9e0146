"""Imports of a module that only some of the ways through its handler need: they could be where they are used.

By names alone: a name that an import binds, that nothing of the module's own level uses, and that is used in functions
of which the handler calls none in any case.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterable, Iterator

from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import SourceError, children, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Deferrable(NamedTuple):
    """An import that could be deferred: its line, what it imports, and the functions that use it."""

    line: int
    module: str
    functions: tuple[str, ...]


def deferrable(source: bytes, path: str, handler: str, version: tuple[int, int] | None) -> tuple[Deferrable, ...]:
    """The imports of a module that only some ways through ``handler`` need, in their order."""
    try:
        tree, _ = read(source, path, version)
    except SourceError:
        return ()
    bound: dict[str, tuple[int, str]] = {}
    functions: dict[str, Any] = {}
    used: dict[str, set[str]] = {}  # function → the names that it uses
    outside: set[str] = set()  # names that are used when the module is loaded
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update(_bound(node))
        elif isinstance(node, _FUNCTIONS):
            functions[node.name] = node
            outside |= _names([*node.decorator_list, node.args, *([node.returns] if node.returns else [])])
            used[node.name] = _names(node.body)
        elif isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, _FUNCTIONS)]
            outside |= _names([*node.decorator_list, *node.bases, *node.keywords])
            outside |= _names(item for item in node.body if item not in methods)
            outside |= _names(each for item in methods for each in (*item.decorator_list, item.args))
            used[node.name] = _names(each for item in methods for each in item.body)
        else:
            outside |= _names([node])
    if handler not in functions:
        return ()
    always = _always(handler, functions)
    lines: dict[tuple[int, str], list[str]] = {}
    for name, place in bound.items():
        users = [function for function, names in used.items() if name in names]
        # one name that is needed keeps the whole statement
        lines.setdefault(place, []).extend(
            users if users and name not in outside and always.isdisjoint(users) else [""]
        )
    return tuple(
        Deferrable(line, module, tuple(sorted(set(users))))
        for (line, module), users in lines.items()
        if "" not in users
    )


def _bound(node: Any) -> Iterator[tuple[str, tuple[int, str]]]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.asname or alias.name.partition(".")[0], (node.lineno, alias.name)
        elif not node.level and node.module != "__future__" and alias.name != "*":
            yield alias.asname or alias.name, (node.lineno, node.module)


def _names(nodes: Iterable[Any]) -> set[str]:
    """All names that some syntax uses."""
    found = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if type(node) is ast.Name:
            found.add(node.id)
        elif type(node) is ast.Constant and type(node.value) is str and node.value.isidentifier():
            found.add(node.value)  # an annotation, or a member of __all__
        stack += children(node)
    return found


def _always(handler: str, functions: dict[str, Any]) -> set[str]:
    """The functions that run in any case when the handler does."""
    found: set[str] = set()
    queue = [handler]
    while queue:
        name = queue.pop()
        if name in found or name not in functions:
            continue
        found.add(name)
        stack = list(functions[name].body)
        while stack:
            node = stack.pop()
            if isinstance(node, (ast.If, ast.IfExp, ast.While)):
                stack.append(node.test)
            elif isinstance(node, (ast.For, ast.AsyncFor)):
                stack += [node.iter, *node.body]
            elif isinstance(node, ast.Try):
                stack += [*node.body, *node.finalbody]
            elif isinstance(node, ast.BoolOp):
                stack.append(node.values[0])
            elif not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)) and type(node).__name__ != "Match":
                if type(node) is ast.Name:
                    queue.append(node.id)
                stack += children(node)
    return found
