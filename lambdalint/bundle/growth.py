"""How a bundle has changed since a report of the command ``bundle`` was kept (``--output json:PATH``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lambdalint.bundle.weight import OWN
from lambdalint.errors import UsageError
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.bundle.views import BundleView

SCHEMA = 1  # of the documents that `read` takes
LIMIT = 64 << 20  # bytes of one


class Measure(NamedTuple):
    """What a bundle, or a distribution in it, takes. None where a report does not tell."""

    version: str = ""
    unzipped: int = 0
    zipped: int | None = None
    modules: int | None = None


class Kept(NamedTuple):
    """A bundle as a kept report has it; ``shares`` by the name of the distribution, `OWN` for the rest."""

    name: str
    artifact: str
    whole: Measure
    shares: Mapping[str, Measure]


class Change(NamedTuple):
    """A distribution of another size or version; ``before`` is None for a new one, ``after`` for one that is gone."""

    name: str
    before: Measure | None
    after: Measure | None

    @property
    def growth(self) -> int:
        """The unzipped bytes that it takes more."""
        return (self.after.unzipped if self.after else 0) - (self.before.unzipped if self.before else 0)

    @property
    def zipped(self) -> int | None:
        """The zipped bytes that it takes more, None where one of the two is not known."""
        sizes = [0 if item is None else item.zipped for item in (self.before, self.after)]
        return None if sizes[0] is None or sizes[1] is None else sizes[1] - sizes[0]


class Growth(NamedTuple):
    """A bundle before and now; ``changes`` are those of its distributions, the largest growth first."""

    before: Measure
    after: Measure
    changes: tuple[Change, ...]

    @property
    def unzipped(self) -> int:
        """The unzipped bytes that the bundle takes more."""
        return self.after.unzipped - self.before.unzipped

    @property
    def share(self) -> float:
        """`unzipped` in parts of what it took before, 0.1 for a tenth more."""
        return self.unzipped / self.before.unzipped if self.before.unzipped else 0.0


def read(path: str) -> tuple[Kept, ...]:
    """The bundles of a kept report.

    Raises:
        UsageError: it cannot be read, or is no such report.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(f"the kept report {path} cannot be read ({error.strerror})") from None
    import json

    try:
        document: Any = json.loads(data.decode("utf-8")) if len(data) <= LIMIT else {}
        return tuple(_kept(item) for item in {SCHEMA: document["bundles"]}[document["schema"]])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        told = "write one with `lambdalint bundle --output json:FILE`"
        raise UsageError(f"{path} is no report of the command bundle; {told}") from None


def _kept(item: Any) -> Kept:
    loaded = item["loaded"]
    modules = None if loaded is None else int(loaded["modules"])
    shares: dict[str, Measure] = {}
    for row in item["distributions"]:
        name = OWN if row["name"] is None else str(row["name"])
        one = Measure(
            str(row["version"] or ""),
            int(row["unzipped"]),
            None if row["zipped"] is None else int(row["zipped"]),
            None if loaded is None else int(row["modules"]),
        )
        shares[name] = _sum(shares.get(name), one)
    whole = Measure("", int(item["unzipped"]), None if item["zipped"] is None else int(item["zipped"]), modules)
    return Kept(str(item["name"]), str(item["artifact"]), whole, shares)


def _sum(one: Measure | None, other: Measure) -> Measure:
    """Two measures of one distribution, which may be in a function and in its layer."""
    if one is None:
        return other
    return Measure(
        ", ".join(sorted({one.version, other.version} - {""})),
        one.unzipped + other.unzipped,
        None if one.zipped is None or other.zipped is None else one.zipped + other.zipped,
        None if one.modules is None or other.modules is None else one.modules + other.modules,
    )


def measured(bundle: BundleView) -> Kept:
    """A bundle as a report of now would have it."""
    from lambdalint.bundle.weight import loaded

    closure = bundle.closure if bundle.runtime.version is not None else None
    found = loaded(bundle) if closure is not None else {}
    shares: dict[str, Measure] = {}
    for row in bundle.shares:
        used = found.get((row.owner, row.part))
        modules = None if closure is None else used.modules if used is not None else 0
        shares[row.name] = _sum(shares.get(row.name), Measure(row.version, row.unzipped, row.zipped, modules))
    modules = None if closure is None else len(closure.loaded)
    whole = Measure("", bundle.unzipped, bundle.zipped, modules)
    return Kept(bundle.name, bundle.artifact.path or ".", whole, shares)


def grown(bundle: BundleView, kept: Iterable[Kept]) -> Growth | None:
    """What has changed since a kept report; None where that has no such bundle."""
    now = measured(bundle)
    same = [item for item in kept if item.name == now.name]
    if len(same) > 1:  # functions of several templates
        same = [item for item in same if item.artifact == now.artifact]
    if len(same) != 1:
        return None
    before = same[0]
    changes = []
    for name in sorted({*before.shares, *now.shares}):
        old, new = before.shares.get(name), now.shares.get(name)
        if old is None or new is None or old[:3] != new[:3]:
            changes.append(Change(name, old, new))
    changes.sort(key=lambda item: (-item.growth, item.name))
    return Growth(before.whole, now.whole, tuple(changes))
