"""Native files of a function that its runtime does not load, and libraries that they need and nobody knows of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lambdalint.bundle.binaries import tag_of
from lambdalint.bundle.layers import TASK
from lambdalint.bundle.linking import EXTENSIONS, GLIBC, LIBRARY, MACHINE, Fault
from lambdalint.model import Severity
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.closure import Closure, Missing, Step
    from lambdalint.bundle.distributions import Distribution
    from lambdalint.bundle.views import BundleView

# Whether start-up loads a file: for sure; in a way that no import shows; not; or nobody can tell.
LOADED, PART, IDLE, UNTOLD = "loaded", "part", "idle", "untold"
_SEVERITIES = {LOADED: Severity.ERROR, PART: Severity.WARNING, UNTOLD: Severity.WARNING, IDLE: Severity.INFO}


class Refused(NamedTuple):
    """A native file that is not loaded, for itself or for a library that it needs.

    ``name`` is the module that is imported, "" where nothing is known to import one; ``owner`` the distribution, and
    ``files`` how many files of it are refused for the same kind of reason. ``use`` is one of the constants above.
    """

    fault: Fault
    use: str
    name: str
    chain: tuple[Step, ...]
    owner: Distribution | None
    files: int = 1

    @property
    def severity(self) -> Severity:
        """How grave it is that a file of that use is not loaded."""
        return _SEVERITIES[self.use]


class Unresolved(NamedTuple):
    """A library that native files of start-up need: ``path`` is the first of them, ``files`` how many there are.

    ``absent`` tells that it is known not to be there, while no import shows that the file is loaded; else the file is
    loaded, and the library may be there.
    """

    library: str
    path: str
    absent: bool
    chain: tuple[Step, ...]
    files: int = 1


def refused(bundle: BundleView) -> Iterator[Refused]:
    """What is refused, each distribution once for each kind of reason: what start-up loads comes first."""
    found: dict[tuple[str, object], Refused] = {}
    told: set[str] = set()
    for item, fault, certain in _failing(bundle):
        told.update((item.found, fault.path))
        if certain:
            _add(bundle, found, Refused(fault, LOADED, item.name, item.chain, bundle.owner(fault.path)))
    linker, natives, closure = bundle.linker, bundle.natives, bundle.closure
    use = IDLE if closure is not None else UNTOLD
    inner = _inner(bundle, closure) if closure is not None else {}
    names: dict[str, list[str]] = {}
    for path in natives.paths:
        names.setdefault(path.rpartition("/")[2], []).append(path)
    for path in natives.paths:
        if path in told or not (path.endswith(EXTENSIONS) or not bundle.grants("data")):
            continue
        idle = linker.idle(path)
        if idle is None or (bundle.grants("sibling") and (linker.siblings(path) or _is_variant(bundle, path, names))):
            continue
        package = inner.get(path.rpartition("/")[2].partition(".")[0], "")
        if package and closure is not None:
            _add(bundle, found, Refused(idle, PART, package, closure.chain(package), bundle.owner(path)))
        else:
            _add(bundle, found, Refused(idle, use, "", (), bundle.owner(path)))
    return iter(found.values())


def _add(bundle: BundleView, found: dict[tuple[str, object], Refused], item: Refused) -> None:
    """Count a file to the one of its distribution, or folder, that is told of."""
    place: object = item.owner
    if place is None:
        root = next((root for root in bundle.merged.search_path if item.fault.path.startswith(f"{root}/")), TASK)
        place = item.fault.path[len(root) + 1 :].partition("/")[0]
    first = found.setdefault((item.fault.kind, place), item)
    if first is not item:
        found[item.fault.kind, place] = first._replace(files=first.files + 1)


def _inner(bundle: BundleView, closure: Closure) -> dict[str, str]:
    """Packages of start-up that put their own directory on the path, for an extension module of their name in it."""
    found = {}
    for name in closure.loaded:
        module = closure.find(name)
        last = name.rpartition(".")[2]
        if module is None or module.path not in closure.paths_changed or not module.directories:
            continue
        if any(other.startswith(f"{last}.") for other in bundle.merged.names(module.directories[0])):
            found[last] = name
    return found


def _failing(bundle: BundleView) -> Iterator[tuple[Missing, Fault, bool]]:
    """The native modules that start-up fails for, and whether that is certain."""
    closure = bundle.closure
    if closure is None or bundle.runtime.version is None:
        return
    certain = set(bundle.failing())
    for item in closure.missing:
        if item.reason == "foreign":
            fault = bundle.linker.tag_fault(item.found)
        elif item.reason == "native":
            module = closure.find(item.name)
            fault = bundle.linker.fault(module.path) if module is not None else None
        else:
            continue
        if fault is None:
            continue
        # what the importer finds first fails whatever layers bring
        first = item.reason == "native" and fault.kind in (MACHINE, GLIBC) and item.found.startswith(f"{TASK}/")
        yield item, fault, item in certain or (first and not bundle.moves_path)


def _is_variant(bundle: BundleView, path: str, names: dict[str, list[str]]) -> bool:
    """Whether its distribution brings a file of that name for the target too, in another directory."""
    owner = bundle.owner(path)
    others = (other for other in names[path.rpartition("/")[2]] if other != path and bundle.owner(other) is owner)
    return any(bundle.linker.idle(other) is None for other in others)


def unresolved(bundle: BundleView, closure: Closure) -> Iterable[Unresolved]:
    """The libraries that native files of start-up need and that are not known to be anywhere."""
    found: dict[str, Unresolved] = {}
    linker = bundle.linker
    packages = {}
    loaded = set()
    for name in closure.loaded:
        module = closure.find(name)
        if module is None or closure.is_guarded(name):
            continue
        packages.update(dict.fromkeys(module.directories, name))
        loaded.add(module.path)
        if module.path.endswith(".so"):
            for path, library in linker.unknown(module.path):
                first = found.setdefault(library, Unresolved(library, path, False, closure.chain(name), 0))
                found[library] = first._replace(files=first.files + 1)
    for path in bundle.natives.paths:
        if path in loaded or not path.endswith(".so"):
            continue
        package = _package(bundle, path, packages)
        fault = linker.fault(path) if package else None
        if fault is not None and fault.kind == LIBRARY:
            first = found.setdefault(fault.detail, Unresolved(fault.detail, path, True, closure.chain(package), 0))
            if tag_of(first.path) is None and tag_of(path) is not None:
                first = first._replace(path=path)  # a module rather than what it may load itself
            found[fault.detail] = first._replace(files=first.files + 1)
    return found.values()


def _package(bundle: BundleView, path: str, packages: dict[str, str]) -> str:
    """The package of start-up that a native file is a part of: that of its directory or, of data, the one above."""
    directory = path.rpartition("/")[0]
    while directory.count("/") > 2:
        if directory in packages:
            return packages[directory]
        if "__init__.py" in bundle.merged.names(directory):
            return ""
        directory = directory.rpartition("/")[0]
    return ""
