"""What a bundle weighs: on disk, in its archives, and in what the entry point loads; by distribution, by class."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from lambdalint.bundle import ARCHIVE
from lambdalint.data import table
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.distributions import Distribution
    from lambdalint.bundle.views import BundleView

OWN = "own code"


class Share(NamedTuple):
    """What one distribution takes of a part, or the rest of that part (``version`` is then "").

    ``part`` is the path of the artifact that holds it. ``zipped`` is None where the part is no archive.
    """

    name: str
    version: str
    part: str
    unzipped: int
    zipped: int | None
    files: int
    owner: Distribution | None = None


class Loaded(NamedTuple):
    """What the entry point loads of a share: modules and their bytes.

    ``place``, ``line`` and ``imported`` are the import of the function's own code that leads there first, and
    ``importer`` is the distribution whose import it is that comes right before; all empty for the entry point's own.
    """

    modules: int = 0
    size: int = 0
    place: str = ""
    line: int = 0
    imported: str = ""
    importer: str = ""


def shares(bundle: BundleView) -> tuple[Share, ...]:
    """Every distribution with what it takes, and the rest of each part; the largest first. Each file counts once."""
    owners = bundle.distributions.owners
    sizes: dict[tuple[Distribution | None, str], list[int]] = {}
    for path, (part, entry) in bundle.merged.files.items():
        key = (owners.get(path), part.path)
        found = sizes.get(key)
        if found is None:
            found = sizes[key] = [0, 0, 0]
        found[0] += entry.size
        found[1] += entry.packed or 0
        found[2] += 1
    rows = []
    for (owner, path), (unzipped, zipped, count) in sizes.items():
        name, version = (owner.name, owner.version) if owner is not None else (OWN, "")
        rows.append(Share(name, version, path, unzipped, zipped if path.endswith(ARCHIVE) else None, count, owner))
    return tuple(sorted(rows, key=lambda item: (-item.unzipped, item.name, item.part)))


def own(bundle: BundleView) -> tuple[tuple[str, int], ...]:
    """What no distribution owns, by the name at the top of its artifact, with bytes; the largest first."""
    files = bundle.merged.files
    sizes: dict[str, int] = {}
    for top, paths in bundle.distributions.unowned.items():
        name = top
        for part in bundle.merged.parts:
            name = name.removeprefix(f"{part.mount}/")
        sizes[name] = sizes.get(name, 0) + sum(files[path].entry.size for path in paths)
    return tuple(sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])))


def loaded(bundle: BundleView) -> Mapping[tuple[Distribution | None, str], Loaded]:
    """What the entry point loads, by distribution and part; nothing where it is not known."""
    closure = bundle.closure
    if closure is None:
        return {}
    files, owners = bundle.merged.files, bundle.distributions.owners
    found: dict[tuple[Distribution | None, str], Loaded] = {}
    for name in closure.loaded:
        module = closure.find(name)
        file = files.get(module.path) if module is not None else None
        if module is None or file is None:
            continue
        key = (owners.get(module.path), file.part.path)
        if key not in found:
            chain = closure.chain(name)
            found[key] = Loaded()
            if chain:
                step, before = bundle.requested(chain), bundle.owner(chain[-1].path)
                place = bundle.merged.shown(step.path)
                importer = before.name if before is not None else ""
                found[key] = Loaded(0, 0, place, step.line, step.imported, importer)
        old = found[key]
        found[key] = old._replace(modules=old.modules + 1, size=old.size + file.entry.size)
    return found


@functools.cache
def _content() -> tuple[Mapping[str, str], Mapping[str, str], tuple[str, ...]]:
    facts = table("content")
    suffixes = {suffix: name for name, ends in facts["suffixes"].items() for suffix in ends}
    directories = {directory: name for name, found in facts["directories"].items() for directory in found}
    return suffixes, directories, tuple(facts["kept"]["paths"])


@functools.cache
def content(path: str, *, kept: bool = True) -> tuple[str, str]:
    """The class of a distribution's file (its path below site-packages) that a function does without, else "".

    With it comes the directory that makes it so, "" where the file's own name does. ``kept`` tells whether what is
    known to be imported is left out.
    """
    suffixes, directories, paths = _content()
    if (kept and path.startswith(paths)) or ".dist-info/" in path or ".egg-info/" in path:
        return "", ""
    *above, name = path.split("/")
    for suffix, found in suffixes.items():
        if name.endswith(suffix):
            return found, ""
    for count, part in enumerate(above[1:], 2):
        if part in directories:
            return directories[part], "/".join(above[:count])
    return "", ""


def idle(bundle: BundleView, disabled: frozenset[str] = frozenset()) -> Mapping[Distribution, Mapping[str, int]]:
    """Bytes of each distribution that a function does without, by class; what it imports at any time is none of it.

    ``disabled`` are tags of exemptions that are not granted: ``kept`` (what is known to be imported) and ``imported``.
    """
    from lambdalint.bundle.bytecode import FOREIGN, STALE

    files, owners = bundle.merged.files, bundle.distributions.owners
    used: frozenset[str] = frozenset()
    if "imported" not in disabled:
        used = bundle.usage.files
    needed = {  # directories of tests that something imports from
        f"{owner.root}/{directory}"
        for path in used
        if (owner := owners.get(path)) is not None
        and (directory := content(path[len(owner.root) + 1 :], kept=False)[1])
    }
    found: dict[Distribution, dict[str, int]] = {}
    for path, owner in owners.items():
        if path.endswith(".pyc"):
            state = bundle.bytecode.pyc(path).state
            name = {FOREIGN: "bytecode of another Python", STALE: "stale bytecode"}.get(state, "")
        else:
            name, directory = content(path[len(owner.root) + 1 :], kept="kept" not in disabled)
            if path in used or f"{owner.root}/{directory}" in needed:
                continue
        if name:
            classes = found.setdefault(owner, {})
            classes[name] = classes.get(name, 0) + files[path].entry.size
    return found


def removable(bundle: BundleView) -> Mapping[str, int]:
    """Bytes of distributions that a function does without, by class."""
    found: dict[str, int] = {}
    for classes in idle(bundle).values():
        for name, size in classes.items():
            found[name] = found.get(name, 0) + size
    owners = bundle.distributions.owners
    debug = sum(native.debug for path, native in bundle.natives.all() if path in owners)
    if debug:
        found["debug symbols"] = debug
    return dict(sorted(found.items()))
