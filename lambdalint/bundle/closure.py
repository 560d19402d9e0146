"""The import closure: which modules a function loads, from its entry point, and which imports lead nowhere.

The imports of each module are followed as the interpreter would execute them, in their order, with packages before
their modules; what a failure means is decided by the ``try`` around it, on each chain by itself. Nothing is executed:
each module is read and parsed once in a run, when the first import reaches it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterable

from lambdalint.bundle.targets import Runtime, elsewhere, provided, removed, stdlib
from lambdalint.data import table
from lambdalint.patterns import as_bytes
from lambdalint.records import NamedTuple
from lambdalint.source.imports import INIT, LATER, Import, Imports, Target, imports
from lambdalint.source.skeleton import SourceError
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.bundle.layers import Merged
    from lambdalint.bundle.linking import Linker

SOURCE_LIMIT = 4 << 20  # bytes of one module; generated ones of SDKs have 1 to 2 MB
MODULES_LIMIT = 20_000
BYTECODE = (".pyc", ".so")
_EXTENSIONS = (".so", ".pyd", ".dylib")
# What a module that it finds is: a file of the bundle, or brought by the runtime.
BUNDLED, NAMESPACE, STANDARD, PROVIDED = "bundled", "namespace", "stdlib", "provided"


class Module(NamedTuple):
    """A module. ``path`` is its file as the function sees it, "" where it is not of the bundle.

    ``directories`` are where its own modules are looked for, () where it is no package. ``foreign`` is a file of its
    name that the target cannot import (another Python or machine), with no other beside it.
    """

    name: str
    kind: str
    path: str = ""
    directories: tuple[str, ...] = ()


class Step(NamedTuple):
    """One import on a chain: the module that holds it (its file as the function sees it), the line, what it imports."""

    path: str
    line: int
    imported: str


class Missing(NamedTuple):
    """An import that fails. ``name`` is the module that is not there, ``chain`` the imports from the entry point to it.

    ``reason`` is ``absent``, ``removed`` (the target's standard library no longer has it), ``elsewhere`` (only other
    systems' has it), ``foreign`` (there is a file of its name for another Python or machine, ``found``), ``native``
    (its file, or a library that this needs, cannot be loaded: ``found``) or ``submodule`` (of a package that is there).
    """

    name: str
    reason: str
    chain: tuple[Step, ...]
    found: str = ""


class _State:
    """A module while and after it is loaded; ``guarded`` tells that something catches its failure."""

    __slots__ = ("guarded", "missing", "module")

    def __init__(self, module: Module, *, guarded: bool) -> None:
        self.module = module
        self.guarded = guarded
        self.missing: dict[str, Missing] = {}  # what makes it fail, by name


class _Wish(NamedTuple):
    """A module that a loader asks for, and the place of the import; it is sent what makes that fail."""

    name: str
    path: str
    line: int
    guarded: bool


class Closure:
    """The modules that are loaded by ``start``, the entry point's module.

    ``loaded`` maps each module of the bundle that is loaded at start-up to the import that leads to it first (None for
    the entry point); ``outside`` those of the runtime. ``missing`` are the failures that reach the entry point.
    ``unreadable`` maps files to the reason why nobody can tell what they import, ``dynamic`` those that import by
    computed names to the line; ``paths_changed`` are the files that change ``sys.path``.

    Args:
        merged: the files of function and layers.
        runtime: what decides conditions, and brings modules.
        start: the dotted name of the entry point's module.
        disabled: tags of exemptions that are not granted; the tests of the exemptions set it.
        linker: tells which native files can be loaded; None for all.
        recorded: tells which modules that are not there belong to a distribution that is.
        known: what modules import, which other closures of the run have found out.
    """

    def __init__(
        self,
        merged: Merged,
        runtime: Runtime,
        start: str,
        disabled: frozenset[str] = frozenset(),
        linker: Linker | None = None,
        recorded: Callable[[str], object] | None = None,
        known: dict[Any, Imports | str] | None = None,
    ) -> None:
        self._merged = merged
        self._recorded = recorded
        self._known = {} if known is None else known
        self._linker = linker
        self._runtime = runtime
        self._target = Target(runtime.version, runtime.machine, disabled)
        self.start = start
        self.loaded: dict[str, Step | None] = {}
        self.outside: dict[str, Step] = {}
        self.unreadable: dict[str, str] = {}
        self.dynamic: dict[str, int] = {}
        self.paths_changed: set[str] = set()
        self.missing: tuple[Missing, ...] = ()
        self._modules: dict[str, Module | None] = {}
        self._imports: dict[str, Imports | None] = {}
        self._native: dict[str, dict[str, str]] = {}
        self._states: dict[str, _State] = {}
        self._holders: dict[str, str] = {}  # file → the module that it is
        self._run()

    # -- loading, as the interpreter does

    def _run(self) -> None:
        self.missing = tuple(self._load(_Wish(self.start, "", 0, guarded=False)).values())

    def _load(self, wish: _Wish) -> dict[str, Missing]:
        """Load a module and what it needs. A stack of loaders instead of recursion: chains may be thousands long."""
        stack = [self._loader(wish)]
        answer: dict[str, Missing] | None = None  # what made the last one fail; None for a loader that begins
        while stack:
            try:
                wish = next(stack[-1]) if answer is None else stack[-1].send(answer)
                stack.append(self._loader(wish))
                answer = None
            except StopIteration as end:
                stack.pop()
                answer = end.value
        return answer or {}

    def _loader(self, wish: _Wish) -> Generator[_Wish, dict[str, Missing], dict[str, Missing]]:
        """Load one module, packages that hold it first. Gives what makes that fail, by name."""
        name = wish.name
        via = Step(wish.path, wish.line, name) if wish.path else None
        above = name.rpartition(".")[0]
        if above:
            failed = yield wish._replace(name=above)
            if failed:
                return failed
        module = self.find(name)
        if module is None:
            return self._failure(name, via)
        if module.kind in (STANDARD, PROVIDED):
            if via is not None:
                self.outside.setdefault(name, via)
            return {}
        if self._linker is not None and module.path.endswith(".so") and name not in self._states:
            fault = self._linker.fault(module.path)
            if fault is not None:
                return {name: Missing(name, "native", self._via(via), fault.path)}
        state = self._states.get(name)
        if state is not None and not (state.missing and state.guarded and not wish.guarded):
            return state.missing  # of one that is being loaded too: cycles succeed
        if state is None:
            if len(self._states) >= MODULES_LIMIT:
                return {}
            state = self._states[name] = _State(module, guarded=wish.guarded)
            self.loaded[name] = via
            self._holders.setdefault(module.path, name)
        state.guarded = wish.guarded
        found = self.imports_of(module)
        if found is None:
            return {}
        for place, when in found.dynamic:
            if when != LATER:
                self.dynamic.setdefault(module.path, place)
        groups: set[int] = set()  # the try statements of which an import has failed
        for item in found.found:
            if item.when != INIT or item.group in groups or (item.after > 0 and item.after not in groups):
                continue
            if -item.after in groups:
                continue
            guarded = wish.guarded or item.group > 0
            for wanted in self._names(module, item, found):
                failed = yield _Wish(wanted, module.path, item.line, guarded=guarded)
                if failed:
                    if item.group:
                        groups.add(item.group)
                    else:
                        state.missing.update({key: value for key, value in failed.items() if key not in state.missing})
                    break
            if state.missing and wish.guarded:
                break  # what follows is not executed; where nothing catches the failure, the others are looked for
        return state.missing

    def _names(self, module: Module, item: Import, own: Imports) -> Iterable[str]:
        """The modules that an import loads, in their order."""
        base = absolute(module, item)
        if base is None:
            return
        if base and base != module.name:
            yield base
        if item.attribute is None or item.attribute == "*" or not base:
            return
        package = self.find(base)
        if package is None or not package.directories:
            return
        inner = f"{base}.{item.attribute}"
        if inner == module.name:
            return
        if self.find(inner) is not None or self._is_meant(package, item.attribute):
            yield inner
            return
        other = own if package == module else self.imports_of(package)
        if other is not None and other.lazy is not None and item.attribute in other.lazy:
            level, name = other.lazy[item.attribute]
            provider = absolute(package, Import(level, name, None, 0, INIT))
            for candidate in (provider, f"{base}.{name}" if name else None, f"{provider}.{item.attribute}"):
                if candidate and self.find(candidate) is not None and candidate != base:
                    yield candidate
                    return

    def _failure(self, name: str, via: Step | None) -> dict[str, Missing]:
        """Why a module is not there, {} where it may be there all the same."""
        above, _, last = name.rpartition(".")
        directories = self._merged.search_path
        if above:
            package = self.find(above)
            if package is None or package.kind in (STANDARD, PROVIDED) or not package.directories:
                return {}
            directories = package.directories
        foreign = self._foreign(directories, last)
        if above and package is not None:
            other = self.imports_of(package)
            if other is None or other.extends:
                return {}  # nobody can tell what it holds
            certain = foreign or (self._recorded is not None and self._recorded(name))
            if other.makes_modules and not certain:
                return {}
        reason, found = "submodule" if above else "absent", ""
        version = self._runtime.version
        if foreign:
            reason, found = "foreign", foreign
        elif not above and name in elsewhere():
            reason = "elsewhere"
        elif not above and version is not None and name in removed(version):
            reason = "removed"
        return {name: Missing(name, reason, self._via(via), found)}

    def _via(self, step: Step | None) -> tuple[Step, ...]:
        """The imports that lead from the entry point to an import, and that."""
        return (*self.chain(self._holders.get(step.path, "")), step) if step is not None else ()

    def chain(self, name: str) -> tuple[Step, ...]:
        """The imports that lead from the entry point to a module that is loaded; () for the entry point itself."""
        steps: list[Step] = []
        seen = set()
        while name and name not in seen:
            seen.add(name)
            step = self.loaded.get(name) or self.outside.get(name)
            if step is None:
                break
            steps.append(step)
            name = self._holders.get(step.path, "")
        return tuple(reversed(steps))

    def is_guarded(self, name: str) -> bool:
        """Whether something catches the failure of a module that is loaded."""
        state = self._states.get(name)
        return state is not None and state.guarded

    # -- modules

    def imports_of(self, module: Module) -> Imports | None:
        """What a module imports; None where nobody can tell."""
        if module.kind == NAMESPACE:
            return _NOTHING
        if module.path not in self._imports:
            found = None if module.path.endswith(BYTECODE) else self._read(module.path)
            if isinstance(found, str):
                self.unreadable[module.path] = found
                found = None
            self._imports[module.path] = found
            if found is not None and found.changes_path:
                self.paths_changed.add(module.path)
        return self._imports[module.path]

    def _read(self, path: str) -> Imports | str:
        """What a file imports, or why nobody can tell: worked out once for all functions that hold the same one."""
        known, (part, entry) = self._known, self._merged.files[path]
        place = (self._target, part.path, entry.path)
        found = known.get(place)
        if found is None:
            import hashlib

            try:
                source = self._merged.read(path, SOURCE_LIMIT)
                content = (self._target, hashlib.blake2b(source, digest_size=16).digest())
                found = known.get(content) or imports(source, path, self._target)
                known[content] = found
            except (SourceError, Unreadable) as error:
                found = str(error)
            known[place] = found
        return found

    def find(self, name: str) -> Module | None:
        """The module of that dotted name, None where the function has none."""
        if name in self._modules:
            return self._modules[name]
        above, _, last = name.rpartition(".")
        found = None
        if not above:
            found = self._top(name)
        else:
            package = self.find(above)
            if package is not None and package.kind in (STANDARD, PROVIDED):
                found = Module(name, package.kind)
            elif package is not None:
                found = self._within(package.directories, name, last)
        self._modules[name] = found
        return found

    def _top(self, name: str) -> Module | None:
        version = self._runtime.version
        if name in _builtin():
            return Module(name, STANDARD)  # the path is not even looked at
        found = self._within(self._merged.search_path, name, name)
        if found is not None and found.kind != NAMESPACE:
            return found
        if name in stdlib(version):
            return Module(name, STANDARD)
        if name in provided(version):
            return Module(name, PROVIDED)
        if found is None:
            shims = table("targets")["shims"].get(name, ())
            if any(self._within(self._merged.search_path, shim, shim) is not None for shim in shims):
                return Module(name, PROVIDED)
        if found is None and self.paths_changed:
            # one of the directories of the bundle that the code may have put on the path
            directories = sorted(path for path, names in self._merged.directories.items() if name in names)
            directories += sorted(path for path, names in self._merged.directories.items() if f"{name}.py" in names)
            found = self._within(directories, name, name)
        return found

    def _within(self, directories: Iterable[str], name: str, last: str) -> Module | None:
        """The module ``last`` of some directories, as the interpreter looks for it."""
        merged, suffixes = self._merged, self._runtime.suffixes
        portions = []
        for directory in directories:
            names = merged.names(directory)
            if names.get(last):
                inner = f"{directory}/{last}"
                inside = merged.names(inner)
                for suffix in suffixes:
                    if inside.get(f"__init__{suffix}") is False:
                        found = Module(name, BUNDLED, f"{inner}/__init__{suffix}", (inner,))
                        return self._extended(found, directories, last)
                portions.append(inner)
            for suffix in suffixes:
                if names.get(f"{last}{suffix}") is False:
                    return Module(name, BUNDLED, f"{directory}/{last}{suffix}")
        return Module(name, NAMESPACE, "", tuple(portions)) if portions else None

    def _extended(self, module: Module, directories: Iterable[str], last: str) -> Module:
        """A package with the other directories of its name where it says so itself (pkgutil.extend_path)."""
        others = tuple(f"{directory}/{last}" for directory in directories if self._merged.names(directory).get(last))
        if len(others) > 1:
            found = self.imports_of(module)
            if found is not None and found.extends:
                return module._replace(directories=others)
        return module

    def _is_meant(self, package: Module, name: str) -> bool:
        """Whether a name that is imported from a package must be a module of it, of which only a foreign file is there.

        The package itself may bind the name where its code mentions it.
        """
        if not self._foreign(package.directories, name):
            return False
        if not package.path:
            return True
        try:
            source = self._merged.read(package.path, SOURCE_LIMIT)
        except Unreadable:
            return False
        return as_bytes(name) not in source

    def _foreign(self, directories: Iterable[str], last: str) -> str:
        """A file of that name for another Python or another machine."""
        for directory in directories:
            found = self._extensions(directory).get(last) or self._extensions(f"{directory}/{last}").get("__init__")
            if found:
                return found
        return ""

    def _extensions(self, directory: str) -> dict[str, str]:
        """The extension modules in a directory, whatever they are for: name → the first file of it."""
        if directory not in self._native:
            names = sorted((name for name in self._merged.names(directory) if name.endswith(_EXTENSIONS)), reverse=True)
            self._native[directory] = {name.partition(".")[0]: f"{directory}/{name}" for name in names}
        return self._native[directory]


_NOTHING = Imports(())


@functools.cache
def _builtin() -> frozenset[str]:
    return frozenset(table("entry_points")["builtin"]["modules"])


def absolute(module: Module, item: Import) -> str | None:
    """The dotted name of what an import of ``module`` names first; None where it leads out of the package."""
    if not item.level:
        return item.module
    package = module.name if module.directories else module.name.rpartition(".")[0]
    parts = package.split(".") if package else []
    keep = len(parts) - (item.level - 1)
    if keep < 1:
        return None
    return ".".join([*parts[:keep], *([item.module] if item.module else [])])
