"""Modules of the function's own that have the name of another one: what the runtime finds instead, and who suffers."""

from __future__ import annotations

from collections.abc import Iterator

from lambdalint.bundle.closure import BUNDLED, SOURCE_LIMIT, Step
from lambdalint.bundle.targets import loaded, provided, stdlib
from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.attributes import attributes
from lambdalint.source.imports import INIT
from lambdalint.source.skeleton import SourceError, skeleton
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.closure import Closure, Module
    from lambdalint.bundle.views import BundleView
    from lambdalint.source.imports import Import
    from lambdalint.source.skeleton import Skeleton

# What happens to a module of that name: it is taken for the other one, the other one is taken for it, one of either
# happens, or the directory of its name is out of reach.
TAKEN, IGNORED, EITHER, BESIDE = "taken", "ignored", "either", "beside"
_COMPUTING = frozenset({"globals", "setattr", "exec", "vars", "locals"})  # calls that may bind any name


class Shadow(NamedTuple):
    """A module of the function's own and the first import that gets the wrong one.

    ``path`` is its file, ``other`` says what it has the name of, ``asked`` is the name that is not there (of the module
    that is found), "" for none in particular; ``step`` is where it is asked for, ``chain`` how that is loaded.
    ``later`` tells that it is asked for in the body of a function, which need not run.
    """

    name: str
    kind: str
    path: str
    other: str
    asked: str
    step: Step
    chain: tuple[Step, ...]
    later: bool = False


def shadows(bundle: BundleView, closure: Closure) -> Iterator[Shadow]:
    """The modules of the function's own that have the name of others, where start-up asks for those."""
    for name, path in sorted(_own(bundle)):
        found = closure.find(name)
        if found is None:
            continue
        other = _other(bundle, name, path)
        if other:
            first = _sufferer(bundle, closure, found, name, path, other)
            if first is not None:
                yield first
    yield from _beside(bundle, closure)


def _own(bundle: BundleView) -> Iterator[tuple[str, str]]:
    """The top-level modules and packages in the function and its layers that are of no distribution."""
    for root in bundle.merged.search_path:
        names = bundle.merged.names(root)
        for item, directory in names.items():
            name = item if directory else item.removesuffix(".py")
            path = f"{root}/{item}/__init__.py" if directory else f"{root}/{item}"
            if not (directory or item.endswith(".py")) or path not in bundle.merged.files:
                continue
            if bundle.owner(path) is None or not bundle.grants("installed"):
                yield name, path


def _other(bundle: BundleView, name: str, path: str) -> str:
    """What else has that name, in words; "" for nothing."""
    version = bundle.runtime.version
    if name in stdlib(version) or name in table("entry_points")["builtin"]["modules"]:
        return "of Python's standard library"
    roots = bundle.merged.search_path
    later = roots[next((number for number, root in enumerate(roots) if path.startswith(f"{root}/")), 0) + 1 :]
    for root in later:
        for place in (f"{root}/{name}/__init__.py", f"{root}/{name}.py"):
            if place in bundle.merged.files and bundle.owner(place) is not bundle.owner(path):
                owner = bundle.owner(place)
                return f"of {owner.title}" if owner is not None else "in a layer"
    if name in provided(version):
        return "that the runtime brings"
    return ""


def _sufferer(bundle: BundleView, closure: Closure, found: Module, name: str, path: str, other: str) -> Shadow | None:
    """The first import that gets another module than it was written for."""
    state = loaded(name)
    if found.path != path and state != IGNORED:
        return None  # it is not the one that is found
    binds = Bindings(bundle, path)
    deferred: Shadow | None = None
    for importer in closure.loaded:
        module = closure.find(importer)
        if module is None or closure.is_guarded(importer):
            continue
        for asked, line, later in _asked(bundle, closure, module, name):
            bound = binds.has(asked)
            if bound is None and bundle.grants("dynamic"):
                return None
            step = Step(module.path, line, name)
            if state == IGNORED:
                # code of others means the standard library's; own code that asks for what is bound here does not
                if bound and bundle.is_own(module.path) and module.path != path:
                    return Shadow(name, IGNORED, path, other, asked, step, closure.chain(importer), later)
            elif not bound or not bundle.grants("bound"):
                kind = EITHER if state == EITHER else TAKEN
                shadow = Shadow(name, kind, path, other, asked, step, closure.chain(importer), later)
                if not later:
                    return shadow
                deferred = deferred or shadow
    return deferred


def _asked(bundle: BundleView, closure: Closure, module: Module, name: str) -> Iterator[tuple[str, int, bool]]:
    """What a module asks of another one: names that it imports from it, and attributes that it uses.

    Each with the line, and whether that is in the body of a function.
    """
    imported = closure.imports_of(module)
    whole = False
    for item in imported.found if imported is not None else ():
        if item.level or item.module.partition(".")[0] != name or item.when != INIT:
            continue
        if item.group and bundle.grants("guarded"):
            continue
        rest = item.module.partition(".")[2]
        if rest:
            yield rest.partition(".")[0], item.line, False
        elif item.attribute not in (None, "*"):
            yield str(item.attribute), item.line, False
        whole = whole or item.attribute is None
    if whole:
        try:
            source = bundle.merged.read(module.path, SOURCE_LIMIT)
            yield from attributes(source, module.path, name, bundle.runtime.version)
        except (SourceError, Unreadable):
            return


class Bindings:
    """The names of a module, and the modules of a package."""

    def __init__(self, bundle: BundleView, path: str) -> None:
        self.bundle = bundle
        self.path = path
        self.read = False
        self.skeleton: Skeleton | None = None

    def has(self, name: str) -> bool | None:
        """Whether it has a name, None where nobody can tell."""
        if name.startswith("__"):
            return True
        directory, _, file = self.path.rpartition("/")
        inside = self.bundle.merged.names(directory) if file == "__init__.py" else {}
        if name in inside or any(item.partition(".")[0] == name for item in inside):
            return True
        if not self.read:
            self.read = True
            try:
                source = self.bundle.merged.read(self.path, SOURCE_LIMIT)
                self.skeleton = skeleton(source, self.path, self.bundle.runtime.version)
            except (SourceError, Unreadable):
                pass
        found = self.skeleton
        if found is None:
            return None
        if name in found.bindings:
            return True
        calls = [*found.calls, *(call for definition in found.defs.values() for call in definition.calls)]
        if found.stars or found.newer_syntax or "__getattr__" in found.bindings:
            return None
        return None if any(call.tail in _COMPUTING for call in calls) else False


def _beside(bundle: BundleView, closure: Closure) -> Iterator[Shadow]:
    """Modules with a directory of the same name beside them, of which start-up asks for a module."""
    told = set()
    for importer in closure.loaded:
        module = closure.find(importer)
        imported = closure.imports_of(module) if module is not None else None
        if module is None or imported is None or closure.is_guarded(importer):
            continue
        for item in imported.found:
            if item.level or item.when != INIT or (item.group and bundle.grants("guarded")):
                continue
            found, asked = _hidden(bundle, closure, item)
            if found is None or found.path in told:
                continue
            told.add(found.path)
            directory = bundle.within(found.path).removesuffix(".py")
            step = Step(module.path, item.line, f"{found.name}.{asked}")
            yield Shadow(found.name, BESIDE, found.path, f"{directory}/", asked, step, closure.chain(importer))


def _hidden(bundle: BundleView, closure: Closure, item: Import) -> tuple[Module | None, str]:
    """The module that is in the way of what an import asks for, and what it asks for."""
    parts = item.module.split(".")
    for count in range(1, len(parts) + 1):
        found = closure.find(".".join(parts[:count]))
        if found is None or found.kind != BUNDLED or found.directories:
            continue
        asked = parts[count] if count < len(parts) else item.attribute
        directory = found.path.removesuffix(".py")
        if asked is None or not found.path.endswith(".py") or (bundle.owner(found.path) and bundle.grants("installed")):
            return None, ""
        inside = bundle.merged.names(directory)
        if f"{asked}.py" not in inside and not inside.get(asked):
            return None, ""
        bound = Bindings(bundle, found.path).has(asked) if count == len(parts) else False
        return (found, asked) if bound is False else (None, "")
    return None, ""
