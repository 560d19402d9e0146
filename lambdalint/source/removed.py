"""Imports of modules that the standard library of a function's Python no longer has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.model import Location, Step
from lambdalint.records import NamedTuple
from lambdalint.source.program import join, parent
from lambdalint.source.skeleton import MODULE
from lambdalint.source.startup import startup
from lambdalint.tree import Unreadable, ending

if TYPE_CHECKING:
    from lambdalint.model import Function
    from lambdalint.source.startup import Import, Startup
    from lambdalint.source.views import FunctionView

REQUIREMENTS_LIMIT = 4 << 20  # bytes of a file of requirements

Version = tuple[int, int]


class Removed(NamedTuple):
    """An import that fails. ``since`` is the first Python without the module; ``function`` None where all lack it."""

    name: str
    since: Version
    function: Function | None
    place: Location
    scope: str
    chain: tuple[Step, ...]


def removed(view: FunctionView) -> Iterator[Removed]:
    """The imports that fail in a function's Python, of what importing its module or running it imports."""
    modules: Mapping[str, list[int]] = table("removed")["modules"]
    started = startup(view)
    running: dict[str, set[str]] = {}
    for node in view.region.nodes:
        running.setdefault(node[0], set()).add(node[1])
    for path in sorted(started.modules.keys() | running.keys()):
        for item in started.module(path).imports:
            name = item.module.partition(".")[0]
            if item.level or name not in modules:
                continue
            since = (modules[name][0], modules[name][1])
            lacking = _lacking(view, since)
            if not lacking or not _fails(view, started, path, item, running.get(path, set())):
                continue
            if view.grants("backport") and _has_backport(view, started, path, name):
                continue
            if view.grants("bundle") and _is_deployed(view, path):
                continue
            place = Location(path, item.line)
            way = started.modules.get(path, ())
            scope = item.scope or MODULE
            yield Removed(name, since, lacking[0], place, scope, (*way, Step(place, scope, "here")))


def _lacking(view: FunctionView, since: Version) -> list[Function | None]:
    """The functions whose runtime lacks a module since some Python; None for one of unknown runtime, if all lack it."""
    lowest = min(tuple(row["version"]) for row in table("targets")["runtimes"].values())
    found: list[Function | None] = []
    for function in view.functions:
        version = function.python
        if version is not None:
            found += [function] if version >= since else []
        elif since <= lowest and not function.value("runtime").known:
            found.append(None)
    return found


def _fails(view: FunctionView, started: Startup, path: str, item: Import, running: set[str]) -> bool:
    """Whether an import is carried out, in any case, and finds nothing in the project."""
    program = view.flow.program
    if item.scope:
        reached = item.scope in running or (path, item.scope) in started.nodes
    else:
        reached = path in started.certain or not view.grants("branch")
    if not reached or (not item.certain and view.grants("branch")):
        return False
    skeleton = program.skeleton(path)
    guarded = {entry[3] for entry in skeleton.imports if entry[4]} if skeleton is not None else set()
    if item.certain and item.line in guarded and view.grants("guarded"):
        return False
    return program.resolve(path, 0, item.module.partition(".")[0]) is None or not view.grants("own")


def _is_deployed(view: FunctionView, path: str) -> bool:
    """Whether a module lies in what is deployed, of which the bundle's rules know all imports."""
    program = view.flow.program
    root = program.code_roots.get(path)
    if root is None:
        return False
    in_archive = any(part.endswith(".zip") for part in path.lower().split("/")[:-1])
    return in_archive or bool(ending(program.tree, root, ".dist-info"))


def _has_backport(view: FunctionView, started: Startup, path: str, name: str) -> bool:
    """Whether something that the project installs or imports may put the module back."""
    if name == "distutils":
        shims = table("removed")["backports"]["shims"]
        for other in started.modules:
            skeleton = view.flow.program.skeleton(other)
            if skeleton is not None and any(entry[1].partition(".")[0] in shims for entry in skeleton.imports):
                return True
    memo: dict[str, bool] = view.shared("backports")
    directory = parent(path)
    while True:
        if directory not in memo:
            memo[directory] = _lists_backport(view, directory)
        if memo[directory] or not directory:
            return memo[directory]
        directory = parent(directory)


def _lists_backport(view: FunctionView, directory: str) -> bool:
    """Whether a file of a directory that lists what is installed names a distribution that brings modules back."""
    names = table("removed")["backports"]
    tree = view.flow.program.tree
    for file in (*names["files"], *names["build"]):
        path = join(directory, file)
        if not tree.exists(path):
            continue
        try:
            text = tree.read(path, REQUIREMENTS_LIMIT).decode("utf-8", "replace").lower()
        except Unreadable:
            continue
        words = {word.strip("\"',[](){}") for line in text.splitlines() for word in line.split()}
        prefixes = [name for name in names["prefixes"] if file in names["files"] or name not in names["shims"]]
        if any(word.startswith(prefix) for word in words for prefix in prefixes):
            return True
    return False
