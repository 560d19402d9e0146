"""A run that would find what an earlier one has found is not done again.

With each report, all that it depends on is kept: this program, what was asked, what discovery found, and each answer
of the tree, also that something is not there. Where all of it is as it was, the report is read back and goes the way
of any other. Files count by their content and by their path below the root, so that a fresh checkout finds what another
one has left. Nothing is decided from time stamps: reading and digesting 5,900 files takes a tenth of a second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial

from lambdalint import model, registry
from lambdalint.cache import Cache
from lambdalint.cache import directory as cache_directory
from lambdalint.codec import Codec, Mismatch
from lambdalint.model import DeclaredFunction, Function, Report
from lambdalint.settings import Settings, today
from lambdalint.tree import DirectoryTree, Seen, Unreadable, digest, of_names, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.discover import Project
    from lambdalint.parts import Parts

SCHEMA = 2
# What decides which part of a report is shown, and how. No analysis gets to see it.
SHOWN = (
    "function", "min_severity", "min_confidence", "fail_on", "exit_zero", "error_on_empty", "output", "baseline",
    "statistics", "cache", "cache_dir", "color",
)  # fmt: skip
# The packages that read what is analysed, as their metadata are called.
_PARSERS = ("libcst-", "pyyaml-", "tree_sitter", "pathspec-", "packaging-", "tomli-", "pip_requirements_parser-")

Say = Callable[[str], None]
Run = Callable[["Project", Settings, "Parts | None"], Report]


def report(command: str, project: Project, settings: Settings, run: Run, say: Say) -> Report:
    """What ``run`` gives for a project, or has given before.

    Args:
        command: which of several runs it is.
        project: the inputs.
        settings: of the run; ``run`` gets them without what is of no concern to it.
        run: analyses the project; it is handed what an earlier run has found in parts of it, where there are any.
        say: told what the cache did.
    """
    excluded = project.excluded
    project = project._replace(only=None, named=(), excluded=0)  # as with what is shown
    asked = settings._replace(**{name: Settings._field_defaults[name] for name in SHOWN})
    tree = project.tree
    # what is given as an archive has just been built, and what is compared with lies anywhere
    if not isinstance(tree, DirectoryTree) or project.artifacts or settings.compare:
        return run(project, asked, None)._replace(excluded=excluded)
    path = cache_directory(settings.cache_dir)
    if not path:
        say("no cache: nobody says where the home directory is")
        return run(project, asked, None)._replace(excluded=excluded)
    cache = Cache(path)
    try:
        name = _key(command, project, asked)
    except OSError as error:
        say(f"no cache: this program cannot be read ({error.strerror})")
        return run(project, asked, None)._replace(excluded=excluded)
    document, unchanged = _entry(cache.get(name), tree)
    found = _kept(document, tree) if unchanged else None
    if found is not None:
        say("nothing has changed since a run whose report is in the cache")
        return found._replace(excluded=excluded)
    seen = Seen()
    parts = _parts(document, tree, seen) if command == "check" else None
    tree.seen = seen
    try:
        made = run(project, asked, parts)
    finally:
        tree.seen = None
    if parts is not None and parts.reused:
        say(f"{parts.reused} of the components are as they were in an earlier run")
    if not made.internal_errors and _complete(tree, seen):
        content = _packed(command, made, tree, seen, parts)
        if content:
            cache.put(name, content)
            if cache.problem:
                say(f"the cache in {path} cannot be written ({cache.problem})")
    return made._replace(excluded=excluded)


# -- what a run depends on


def _key(command: str, project: Project, settings: Settings) -> str:
    """What is asked of what: the name of the entry."""
    inputs = [getattr(project, field) for field in project._fields if field not in ("tree", "root")]
    told = settings._replace(origins={}, jobs=0)  # as many as there are, the report is the same
    parts = (SCHEMA, _program(), sys.version, sys.platform, command, tuple(told), inputs)
    return digest(repr(parts).encode("utf-8", "surrogatepass"))


def _program() -> str:
    """The digest of this program, its rules included, and the versions of the parsers that it uses."""
    from lambdalint import rules

    here = os.path.dirname(os.path.abspath(__file__))
    contents = []
    for folder in (here, *rules.__path__):
        for path in _sources(folder):
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            try:
                contents.append(os.read(handle, os.fstat(handle).st_size))
            finally:
                os.close(handle)
    versions = {
        name
        for folder in sys.path
        if folder.endswith("-packages") and os.path.isdir(folder)
        for name in os.listdir(folder)
        if name.lower().startswith(_PARSERS) and name.endswith((".dist-info", ".egg-info"))
    }
    return digest(b"\0".join([*contents, *(name.encode() for name in sorted(versions))]))


def _sources(folder: str) -> list[str]:
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".py"):
            found.append(path)
        elif name != "__pycache__" and os.path.isdir(path):
            found += _sources(path)
    return found


def _complete(tree: DirectoryTree, seen: Seen) -> bool:
    """Whether all is known that was seen; fills in the digests of what was read in parts."""
    for path, before in seen.opened.items():
        try:
            found = tree.digest(path)
            handle, now = tree.open(path)
        except Unreadable:
            return False
        os.close(handle)
        if state(now) != before or seen.files.setdefault(path, found) != found:
            return False
    return "" not in seen.files.values()


def _changed(tree: DirectoryTree, document: Any) -> list[str] | None:
    """The Python modules of which the content is another one; None where anything else has changed, too."""
    seen = document["seen"]
    if document["day"] not in ("", today()) or not (
        all(not names.intersection(tree.names(directory)) for directory, names in _sets(seen["absent"]))
        and all(tree.exists(path) == regular for path, regular in seen["present"].items())
        and all(of_names(tree.names(directory)) == found for directory, found in seen["listed"].items())
        and all(of_names(tree.ending(path, tuple(endings))) == found for path, endings, found in seen["endings"])
        and all(_refusal(tree, path, limit) == reason for path, limit, reason in seen["refused"])
        and all(_walked(tree, path, limit) == found for path, limit, found in seen["walked"])
    ):
        return None
    changed = []
    for path, found in seen["files"].items():
        now = _digest(tree, path)
        if now != found:
            if now is None or not _is_module(path):
                return None
            changed.append(path)
    return changed


def _is_module(path: str) -> bool:
    return path.endswith(".py")


def _sets(absent: dict[str, list[str]]) -> Iterator[tuple[str, set[str]]]:
    return ((directory, set(names)) for directory, names in absent.items())


def _digest(tree: DirectoryTree, path: str) -> str | None:
    try:
        return tree.digest(path)
    except Unreadable:
        return None


def _refusal(tree: DirectoryTree, path: str, limit: int) -> str | None:
    """Why a file cannot be read; None where it can be."""
    try:
        tree.read(path, limit)
    except Unreadable as error:
        return str(error)
    return None


def _walked(tree: DirectoryTree, path: str, limit: int) -> str:
    try:
        return digest(repr(tree.walk(path, limit)).encode())
    except Unreadable as error:
        return str(error)


# -- what is kept


def _packed(command: str, made: Report, tree: DirectoryTree, seen: Seen, parts: Parts | None) -> bytes:
    """The report with what it depends on; nothing where it holds what cannot be written down."""
    import json

    places = {id(function): number for number, function in enumerate(made.functions)}
    functions = tuple(_told(function, command) for function in made.functions)
    try:
        starts = [[*start, [places[id(item)] for item in run]] for start, run in made.starts.items()]
        document = {
            # what depends on today asks what a template declares
            "day": today() if any(item.declared is not None for item in functions) else "",
            "seen": {
                "files": seen.files,
                "refused": [[*asked, reason] for asked, reason in seen.refused.items()],
                "present": {path: regular for path, regular in seen.present.items() if path not in seen.files},
                "absent": {directory: sorted(names) for directory, names in _absent(tree, seen).items()},
                "listed": seen.listed,
                "endings": [[*asked, found] for asked, found in seen.endings.items()],
                "walked": [[*asked, found] for asked, found in seen.walked.items()],
            },
            "mounted": tree.mounted(),
            "starts": starts,
            "parts": parts.document() if parts is not None else None,
            "report": _codec().write("Report", made._replace(functions=functions, starts={})),
        }
    except (KeyError, Mismatch, RecursionError):
        return b""
    return json.dumps(document, separators=(",", ":")).encode()


def _absent(tree: DirectoryTree, seen: Seen) -> dict[str, set[str]]:
    """What is not there. Of a directory that is not, this is the name that its parent does not hold."""
    found: dict[str, set[str]] = {}
    for directory, names in seen.absent.items():
        place, missing = directory, names
        while place and not tree.names(place):
            place, _, name = place.rpartition("/")
            missing = {name}
        if place != directory and not missing.isdisjoint(tree.names(place)):
            place, missing = directory, names  # it is there, and is empty or no directory
        found.setdefault(place, set()).update(missing)
    return found


def _told(function: Function, command: str) -> Function:
    """A function with what outputs tell of it."""
    declared = function.declared
    if command == "find_functions":
        return function._replace(declared=declared and declared._replace(settings={}))
    if declared is not None:
        declared = DeclaredFunction(declared.name, "", declared.location, code_root=declared.code_root)
    return Function(
        function.name, function.handler, "", "", function.path, qualname=function.qualname, declared=declared
    )


def _entry(content: bytes | None, tree: DirectoryTree) -> tuple[Any, bool]:
    """What an entry of the cache holds, and whether all is as it was; None where more than modules has changed."""
    if content is None:
        return None, False
    import json

    try:
        document = json.loads(content)
        changed = _changed(tree, document)
    except Exception:  # noqa: BLE001  somebody else has written it, and anything may be in it
        return None, False
    return (document, not changed) if changed is not None else (None, False)


def _parts(document: Any, tree: DirectoryTree, seen: Seen) -> Parts:
    """What is in an entry for the parts of a project; nothing where it is None.

    What led to it, but for the content of modules, has then been ``seen`` for this run, too.
    """
    from lambdalint.parts import Parts

    try:
        known, kept = _read_seen(document["seen"]), document["parts"]
        found = Parts(tree, _codec(), registry.names(), kept)
    except Exception:  # noqa: BLE001  there is none, or somebody else has written it, and anything may be in it
        return Parts(tree, _codec(), registry.names())
    seen.add(known)
    return found


def _read_seen(asked: Any) -> Seen:
    """What a document says was seen, without the contents of modules."""
    found = Seen()
    found.files = {path: content for path, content in asked["files"].items() if not _is_module(path)}
    found.refused = {(path, limit): reason for path, limit, reason in asked["refused"]}
    found.present = asked["present"]
    found.absent = dict(_sets(asked["absent"]))
    found.listed = asked["listed"]
    found.endings = {(path, tuple(endings)): names for path, endings, names in asked["endings"]}
    found.walked = {(path, limit): listing for path, limit, listing in asked["walked"]}
    return found


def _kept(document: Any, tree: DirectoryTree) -> Report | None:
    """The report in an entry of the cache since which nothing has changed, None where it is none."""
    try:
        found: Report = _codec().read("Report", document["report"])
        known = registry.names()
        if any(known.get(name) != item.code for item in found.findings for name in (item.code, item.name)):
            return None
        starts = {
            (str(path), str(name)): tuple([found.functions[number] for number in numbers])
            for path, name, numbers in document["starts"]
        }
        if document["mounted"]:
            _mount(tree, document["mounted"])
        return found._replace(starts=starts)
    except Exception:  # noqa: BLE001  somebody else has written it, and anything may be in it
        return None


def _mount(tree: DirectoryTree, paths: list[str]) -> None:
    """Open the archives again: outputs show what is in them."""
    from lambdalint.bundle.archive import Archive

    for path in paths:
        tree.mount(path, Archive(partial(tree.open, path)))


def _codec() -> Codec:
    from lambdalint.templates import values

    return Codec(
        {
            name: item
            for module in (model, values)
            for name, item in vars(module).items()
            if isinstance(item, type) and (hasattr(item, "_fields") or hasattr(item, "__members__"))
        }
    )
