"""What the command ``bundle`` tells, as plain data: of each bundle, of what several share, of what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lambdalint.bundle.weight import Share, loaded, own, removable
from lambdalint.errors import UsageError, nearest
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdalint.bundle.growth import Growth, Kept
    from lambdalint.bundle.sharing import Common
    from lambdalint.bundle.views import BundleView
    from lambdalint.bundle.weight import Loaded
    from lambdalint.model import Step


class Row(NamedTuple):
    """One line of the table: a share of the bundle, and what the entry point loads of it."""

    share: Share
    loaded: Loaded | None


class Described(NamedTuple):
    """One bundle. ``modules`` is None where its entry point or runtime is not known, so that nothing was followed.

    ``declared`` tells whether a template declares it, which then gives it its name. ``own`` are the names at the top
    of what no distribution owns, with their bytes. ``missing`` are the modules that fail to import; ``dynamic`` counts
    the modules that import by computed names. ``why`` has None for what is not in it. ``growth`` is None where there
    is nothing to compare with. ``problem`` says why the handler cannot be loaded, "" where nothing is known of that.
    """

    name: str
    declared: bool
    handler: str
    runtime: str
    architecture: str
    artifact: str
    layers: tuple[str, ...]
    open_layers: tuple[str, ...]
    unzipped: int
    zipped: int | None
    limit: int
    upload_limit: int
    rows: tuple[Row, ...]
    own: tuple[tuple[str, int], ...] = ()
    modules: int | None = None
    loaded: int = 0
    missing: tuple[str, ...] = ()
    dynamic: int = 0
    removable: Mapping[str, int] = {}
    why: tuple[tuple[str, tuple[Step, ...] | None], ...] = ()
    growth: Growth | None = None
    problem: str = ""

    @property
    def idle(self) -> tuple[Share, ...]:
        """The distributions of which nothing is imported when the function starts; none where that is not known."""
        if self.modules is None:
            return ()
        return tuple(row.share for row in self.rows if row.loaded is None and row.share.owner is not None)


class Told(NamedTuple):
    """All bundles. ``since`` is the report that they were compared with, and ``gone`` what only that has."""

    bundles: tuple[Described, ...]
    common: tuple[Common, ...] = ()
    since: str = ""
    gone: tuple[str, ...] = ()


def told(bundles: Sequence[BundleView], why: Sequence[str] = (), kept: Sequence[Kept] = (), since: str = "") -> Told:
    """What there is to tell of some bundles.

    Args:
        bundles: the functions with their layers.
        why: distributions and modules of which to tell the imports that lead there.
        kept: the bundles of an earlier report, to compare with, and ``since``, its path.

    Raises:
        UsageError: one of ``why`` is in none of the bundles, or their entry points are not known.
    """
    items = tuple(_described(bundle, why, kept if since else None) for bundle in bundles)
    if why and all(item.modules is None for item in items):
        needed = "--why needs the entry point and the runtime: --handler and --runtime, or a template"
        raise UsageError(next((item.problem for item in items if item.problem), needed))
    for name in why:
        if all(steps is None for item in items for told_, steps in item.why if told_ == name):
            known = sorted({item.name for bundle in bundles for item in bundle.distributions.all})
            where = bundles[0].name if len(bundles) == 1 else "any of the functions"
            raise UsageError(f"there is no distribution or module '{name}' in {where}{nearest(name, known)}")
    names = {item.name for item in items}
    gone = tuple(sorted({item.name for item in kept} - names))
    if len(items) == 1:
        return Told(items, (), since, gone)
    from lambdalint.bundle.sharing import common

    return Told(items, common(bundles), since, gone)


def _described(bundle: BundleView, why: Iterable[str], kept: Sequence[Kept] | None) -> Described:
    limits = bundle.quotas
    closure = bundle.closure if bundle.runtime.version is not None else None
    problem = ""
    if bundle.start and bundle.closure is None:
        problem = f"there is no module {bundle.start} in it, which the handler {bundle.function.handler} names"
    found = loaded(bundle) if closure is not None else {}
    rows = tuple(Row(item, found.get((item.owner, item.part))) for item in bundle.shares)
    declared = bundle.function.declared
    return Described(
        name=bundle.name,
        declared=declared is not None and declared.origin != "arguments",
        handler=bundle.function.handler,
        runtime=bundle.runtime.name,
        architecture=bundle.runtime.architecture,
        artifact=bundle.artifact.path or ".",
        layers=tuple(part.path for part in bundle.layers),
        open_layers=bundle.open_layers,
        unzipped=bundle.unzipped,
        zipped=bundle.zipped,
        limit=limits["unzipped_total"],
        upload_limit=limits["zip_direct_upload"],
        rows=rows,
        own=own(bundle),
        modules=len(closure.loaded) if closure is not None else None,
        loaded=sum(item.size for item in found.values()),
        missing=tuple(item.name for item in bundle.failing()),
        dynamic=len(closure.dynamic) if closure is not None else 0,
        removable=removable(bundle) if closure is not None else {},
        why=tuple((name, _why(bundle, name)) for name in why),
        growth=_growth(bundle, kept) if kept is not None else None,
        problem=problem,
    )


def _growth(bundle: BundleView, kept: Sequence[Kept]) -> Growth | None:
    from lambdalint.bundle.growth import grown

    return grown(bundle, kept)


def _why(bundle: BundleView, name: str) -> tuple[Step, ...] | None:
    """The imports that lead to a distribution or module; () where none do at the start, None where it is not there."""
    closure = bundle.closure
    if closure is None:
        return None
    if name in closure.loaded or name in closure.outside:
        return bundle.chain(closure.chain(name))
    distributions = bundle.distributions.named(name)
    if not distributions and closure.find(name) is None:
        return None
    for module in closure.loaded:
        found = closure.find(module)
        if found is not None and bundle.owner(found.path) in distributions:
            return bundle.chain(closure.chain(module))
    return ()
