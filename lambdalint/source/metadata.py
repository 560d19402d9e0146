"""bytes → which distributions a module asks about when it is loaded, and fails without."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator, Mapping

from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import children, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Modules whose importers may ask.
PACKAGES = frozenset({"importlib", "importlib.metadata", "importlib_metadata", "pkg_resources"})
# What raises PackageNotFoundError or DistributionNotFound without metadata. Lists of entry points are empty then.
_QUESTIONS = ("distribution", "files", "metadata", "requires", "version")
_ASKING = frozenset(
    {
        *(f"{package}.{name}" for package in ("importlib.metadata", "importlib_metadata") for name in _QUESTIONS),
        "pkg_resources.get_distribution",
        "pkg_resources.require",
    }
)
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_UNDECIDED = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.IfExp, ast.BoolOp)
_GUARDING = (ast.Try, ast.With, ast.AsyncWith)
_OWN = frozenset({"__name__", "__package__"})


class Asked(NamedTuple):
    """A distribution that is asked about, by its name as it is written (pkg_resources takes requirements too)."""

    name: str
    line: int


def asked(
    source: bytes, path: str, module: str, version: tuple[int, int] | None, disabled: frozenset[str] = frozenset()
) -> tuple[Asked, ...]:
    """The distributions whose metadata a module asks for while it is loaded, whatever happens, with nothing around it.

    Args:
        module: its dotted name, for what asks about ``__name__``.
        disabled: tags of exemptions that are not granted: ``guarded``, ``undecided``, ``deferred``.

    Raises:
        SourceError: it cannot be parsed.
    """
    tree, _ = read(source, path, version)
    names = dict(_imported(tree))
    skipped: tuple[Any, ...] = ()
    for tag, kinds in (("deferred", _NESTED), ("undecided", _UNDECIDED), ("guarded", (*_GUARDING, *_try_star()))):
        if tag not in disabled:
            skipped += kinds
    found = []
    stack: list[Any] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, skipped):
            continue
        if type(node) is ast.Call and node.args and _resolved(node.func, names) in _ASKING:
            name = _name(node.args[0], module)
            if name:
                found.append(Asked(name, node.lineno))
        stack += reversed(list(children(node)))
    return tuple(found)


def _try_star() -> tuple[Any, ...]:
    return (ast.TryStar,) if hasattr(ast, "TryStar") else ()


def _imported(tree: Any) -> Iterator[tuple[str, str]]:
    """What names of a module stand for, wherever they are imported."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if type(node) is ast.Import:
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif type(node) is ast.ImportFrom and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        stack += children(node)


def _resolved(node: Any, names: Mapping[str, str]) -> str:
    parts: list[str] = []
    while type(node) is ast.Attribute:
        parts.append(node.attr)
        node = node.value
    if type(node) is not ast.Name:
        return ""
    return ".".join((names.get(node.id, ""), *reversed(parts)))


def _name(node: Any, module: str) -> str:
    if type(node) is ast.Constant and type(node.value) is str:
        return node.value
    return module if type(node) is ast.Name and node.id in _OWN and "." not in module else ""
