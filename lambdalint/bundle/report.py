"""What the command ``bundle`` tells of one bundle, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lambdalint.bundle.weight import Share, loaded, removable
from lambdalint.errors import UsageError, nearest
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdalint.bundle.views import BundleView
    from lambdalint.bundle.weight import Loaded
    from lambdalint.model import Step


class Row(NamedTuple):
    """One line of the table: a share of the bundle, and what the entry point loads of it."""

    share: Share
    loaded: Loaded | None


class Described(NamedTuple):
    """One bundle. ``modules`` is None where its entry point or runtime is not known, so that nothing was followed.

    ``missing`` are the modules that fail to import; ``dynamic`` counts the modules that import by computed names.
    """

    name: str
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
    modules: int | None = None
    loaded: int = 0
    missing: tuple[str, ...] = ()
    dynamic: int = 0
    removable: Mapping[str, int] = {}
    why: tuple[tuple[str, tuple[Step, ...]], ...] = ()


def described(bundle: BundleView, why: Sequence[str] = ()) -> Described:
    """What there is to tell of a bundle.

    Args:
        bundle: the function with its layers.
        why: distributions and modules of which to tell the imports that lead there.

    Raises:
        UsageError: one of them is not in the bundle.
    """
    limits = bundle.quotas
    follows = bundle.closure is not None and bundle.runtime.version is not None
    found = loaded(bundle) if follows else {}
    rows = tuple(Row(item, found.get((item.owner, item.part))) for item in bundle.shares)
    closure = bundle.closure if follows else None
    return Described(
        name=bundle.name,
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
        modules=len(closure.loaded) if closure is not None else None,
        loaded=sum(item.size for item in found.values()),
        missing=tuple(item.name for item in bundle.missing()),
        dynamic=len(closure.dynamic) if closure is not None else 0,
        removable=removable(bundle) if follows else {},
        why=tuple((name, _why(bundle, name)) for name in why),
    )


def _why(bundle: BundleView, name: str) -> tuple[Step, ...]:
    """The imports that lead to a distribution or module; () where nothing does when the function starts."""
    closure = bundle.closure
    if closure is None or bundle.runtime.version is None:
        raise UsageError("--why needs the entry point and the runtime: --handler and --runtime, or a template")
    if name in closure.loaded or name in closure.outside:
        return bundle.chain(closure.chain(name))
    distributions = bundle.distributions.named(name)
    if not distributions and closure.find(name) is None:
        known: Iterable[str] = [item.name for item in bundle.distributions.all]
        raise UsageError(f"there is no distribution or module '{name}' in {bundle.name}{nearest(name, [*known])}")
    for module in closure.loaded:
        found = closure.find(module)
        if found is not None and bundle.owner(found.path) in distributions:
            return bundle.chain(closure.chain(module))
    return ()
