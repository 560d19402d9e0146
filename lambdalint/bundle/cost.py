"""What the import of an entry point costs, worked out from the files: an order, not a time.

Imports take time by the module (to find, read and execute it) and by what it defines, hardly by megabytes: openai takes
five times as long as numpy, and has a fifth of its size. How well the order agrees with what interpreters measure is
told in docs/bundles.md, by scripts/compare_import_cost.py.
"""

from __future__ import annotations

from lambdalint.data import table
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.closure import Step
    from lambdalint.bundle.distributions import Distribution
    from lambdalint.bundle.views import BundleView
    from lambdalint.source.paths import Deferrable


class Part(NamedTuple):
    """What one distribution (None: the function's own code) adds: modules, bytes, units, and how it is reached."""

    owner: Distribution | None
    modules: int
    size: int
    units: float
    chain: tuple[Step, ...]


class Deferred(NamedTuple):
    """An import of the handler's module that could be deferred, and how many modules it is the first to ask for."""

    found: Deferrable
    path: str
    modules: int


class Cost(NamedTuple):
    """What an entry point costs. ``units`` order bundles, ``relative`` is 1 for what boto3 takes."""

    modules: int
    size: int
    units: float
    relative: float
    parts: tuple[Part, ...]


def cost(bundle: BundleView) -> Cost | None:
    """What the import of the entry point costs, the dearest part first; None where its closure is not known."""
    closure = bundle.closure
    if closure is None or bundle.runtime.version is None:
        return None
    facts = table("imports")["units"]
    files, owners = bundle.merged.files, bundle.distributions.owners
    parts: dict[Distribution | None, Part] = {}
    for name in closure.loaded:
        module = closure.find(name)
        file = files.get(module.path) if module is not None else None
        if module is None or file is None:
            continue
        owner = owners.get(module.path)
        old = parts.get(owner)
        if old is None:
            old = Part(owner, 0, 0, 0.0, closure.chain(name))
        units = facts["module"] + file.entry.size / 1000 * facts["native_kb" if module.path.endswith(".so") else "kb"]
        parts[owner] = old._replace(modules=old.modules + 1, size=old.size + file.entry.size, units=old.units + units)
    standard = facts["standard"] * len(closure.outside)
    modules, size = sum(part.modules for part in parts.values()), sum(part.size for part in parts.values())
    total = sum(part.units for part in parts.values()) + standard
    ordered = sorted(parts.values(), key=lambda part: (-part.units, part.owner.name if part.owner else ""))
    return Cost(modules, size, total, total / facts["boto3"], tuple(ordered))


def deferred(bundle: BundleView) -> tuple[Deferred, ...]:
    """The imports of the handler's module that only some events need, with what each is the first to load."""
    from lambdalint.bundle.closure import SOURCE_LIMIT
    from lambdalint.source.paths import deferrable
    from lambdalint.tree import Unreadable

    closure = bundle.closure
    start = closure.find(bundle.start) if closure is not None else None
    if closure is None or start is None or not start.path.endswith(".py"):
        return ()
    try:
        source = bundle.merged.read(start.path, SOURCE_LIMIT)
    except Unreadable:
        return ()
    name = bundle.function.handler.rpartition(".")[2]
    firsts: dict[int, int] = {}  # line of the handler's module → modules that its import is the first to ask for
    for loaded in closure.loaded:
        chain = closure.chain(loaded)
        if chain:
            firsts[chain[0].line] = firsts.get(chain[0].line, 0) + 1
    found = deferrable(source, start.path, name, bundle.runtime.version)
    rows = [Deferred(item, start.path, firsts.get(item.line, 0)) for item in found]
    return tuple(sorted((row for row in rows if row.modules), key=lambda row: -row.modules))
