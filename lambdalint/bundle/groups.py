"""The distributions that a project declares for development: groups of pyproject.toml, files of requirements."""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from lambdalint import toml
from lambdalint.bundle.distributions import normalized
from lambdalint.bundle.requirements import parsed
from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.tree import DirectoryTree, Tree

LIMIT = 1 << 20  # bytes of one declaration
_CONDITIONS = frozenset({"markers", "platform", "python", "optional"})
_FIRST = regex(
    r"[ \t]*(?:dependencies[ \t]*=[ \t]*\[[ \t]*)?[\"']?([A-Za-z0-9][\w.-]*)[\"']?[ \t]*(?:[=<>~!;\[@,\"']|$)"
)


def development(tree: DirectoryTree, places: Iterable[str]) -> Mapping[str, str]:
    """The names (normalized) that are declared for development and nothing else, each with where that is said.

    Args:
        tree: the project's.
        places: files in whose directories, and in those above, declarations are looked for.
    """
    directories: list[str] = []
    for place in places:
        directory = posixpath.dirname(place)
        while directory not in directories:
            directories.append(directory)
            directory = posixpath.dirname(directory)
    found: dict[str, str] = {}
    main: set[str] = set()
    for directory in directories:
        path = posixpath.join(directory, "pyproject.toml")
        if tree.exists(path):
            data = _toml(tree, path)
            main.update(_names(_main(data)))
            for group, lines in _groups(data):
                found.update((name, f"{group} of {path}") for name in _names(lines) if name not in found)
        for name in table("development")["groups"]["files"]:
            path = posixpath.join(directory, name)
            if tree.exists(path):
                found.update((each, path) for each in _listed(tree, path) if each not in found)
        path = posixpath.join(directory, "requirements.txt")
        if tree.exists(path):
            main.update(_listed(tree, path))
    return {name: where for name, where in found.items() if name not in main}


def main(tree: Tree, directory: str, *, pipenv: bool = False) -> frozenset[str]:
    """The names (normalized) that the declaration in a directory asks for outside of all groups.

    Args:
        pipenv: whether to read Pipfile instead of pyproject.toml.
    """
    data = _toml(tree, posixpath.join(directory, "Pipfile" if pipenv else "pyproject.toml"))
    if pipenv:
        return frozenset(normalized(name) for name in _at(data, "packages"))
    poetry = (normalized(name) for name in _at(data, "tool", "poetry", "dependencies") if name != "python")
    return frozenset({*_names(_list(_at(data, "project").get("dependencies"))), *poetry})


def always(tree: Tree, directory: str) -> frozenset[str]:
    """The names (normalized) that a project of Poetry asks for whatever it is installed on."""
    data = _toml(tree, posixpath.join(directory, "pyproject.toml"))
    lines = (
        line for line in _list(_at(data, "project").get("dependencies")) if isinstance(line, str) and ";" not in line
    )
    poetry = _at(data, "tool", "poetry", "dependencies").items()
    plain = (normalized(name) for name, value in poetry if _is_plain(value) and name != "python")
    return frozenset({*_names(lines), *plain})


def _is_plain(value: Any) -> bool:
    """Whether a dependency of Poetry has no conditions."""
    return isinstance(value, str) or (isinstance(value, dict) and _CONDITIONS.isdisjoint(value))


def idle(tree: Tree, directory: str) -> Mapping[str, str]:
    """The names that the pyproject.toml of a directory has in groups of development only, each with where."""
    path = posixpath.join(directory, "pyproject.toml")
    data = _toml(tree, path)
    deployed = set(_names(_main(data)))
    found: dict[str, str] = {}
    for group, lines in _groups(data):
        found.update((name, f"{group} of {path}") for name in _names(lines) if name not in deployed | set(found))
    return found


@functools.cache
def purpose(name: str) -> str:
    """What a distribution (its name normalized) is for that only development uses; "" for any other."""
    exact, patterns = _purposes()
    return exact.get(name) or next((what for pattern, what in patterns if fnmatchcase(name, pattern)), "")


@functools.cache
def _purposes() -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    """The names, and the shell patterns, of what only development uses, each with what that is for."""
    every = [(name, what) for what, names in table("development")["only"].items() for name in names]
    return dict(every), tuple(item for item in every if "*" in item[0])


def names_first(line: str) -> str:
    """The name (normalized) that a line of a declaration begins with, as a key or in quotes; "" for none."""
    found = _FIRST.match(line)
    return normalized(found[1]) if found else ""


def _names(lines: Iterable[Any]) -> Iterator[str]:
    for line in lines:
        requirement = parsed(line) if isinstance(line, str) and line else None
        if requirement is not None:
            yield normalized(requirement.name)


def _listed(tree: Tree, path: str) -> Iterator[str]:
    """The names in a file of requirements."""
    return _names(line.partition(" #")[0].partition(" --")[0].strip() for line in _text(tree, path).splitlines())


def _main(data: Mapping[str, Any]) -> Iterator[Any]:
    yield from _list(_at(data, "project", "dependencies"))
    yield from _at(data, "tool", "poetry", "dependencies")
    for name, lines in _at(data, "project", "optional-dependencies").items():
        if name not in _idle():
            yield from _list(lines)


def _groups(data: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The groups that are not deployed, with their lines."""
    for keys in (("project", "optional-dependencies"), ("dependency-groups",), ("tool", "pdm", "dev-dependencies")):
        for name, lines in _at(data, *keys).items():
            if name in _idle():
                yield f"group {name}", list(_list(lines))
    for name, group in _at(data, "tool", "poetry", "group").items():
        if name in _idle() and isinstance(group, dict):
            yield f"group {name}", list(_at(group, "dependencies"))
    yield "group dev", list(_at(data, "tool", "poetry", "dev-dependencies"))
    yield "group dev", list(_list(_at(data, "tool", "uv").get("dev-dependencies")))


@functools.cache
def _idle() -> frozenset[str]:
    return frozenset(table("development")["groups"]["names"])


def _at(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The table at a path of keys; empty where there is none. Of a list, its members are the keys."""
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, list):
        return {line: None for line in found if isinstance(line, str)}
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, dict)) else ()


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.read(path, LIMIT).decode("utf-8", "replace")
    except Unreadable:
        return ""


def _toml(tree: Tree, path: str) -> Mapping[str, Any]:
    try:
        return toml.loads(_text(tree, path))
    except (ValueError, RecursionError):
        return {}
