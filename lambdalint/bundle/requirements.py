"""What distributions require of each other, on the function's runtime: what is unmet, twice there, or split.

Names, versions, ranges and markers are read by ``packaging``. A marker counts where it holds whatever is not known: on
each patch release, and on each machine and Python where the runtime does not say. What cannot be read counts as met.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lambdalint.bundle.distributions import normalized
from lambdalint.bundle.targets import Runtime
from lambdalint.data import table
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from lambdalint.bundle.distributions import Distribution, Distributions

EXTRAS_LIMIT = 20  # rounds in which extras may ask for further extras
PATCHES = ("0", "99")  # the first patch release of a Python, and one that is later than any


class Unmet(NamedTuple):
    """A requirement that is not met. ``line`` is where METADATA has it.

    ``found`` is the distribution that the function sees in its place, None where there is none.
    """

    requirer: Distribution
    line: int
    requirement: str
    found: Distribution | None


class Twice(NamedTuple):
    """A distribution that is there in several versions: the copy that the function sees, or the first, and another."""

    seen: Distribution
    other: Distribution


def version_of(item: Distribution) -> str:
    """The version of a distribution, as METADATA or else the name of its directory has it."""
    return item.metadata.version or item.version


class Requirements:
    """The requirements of all distributions of a bundle.

    Args:
        distributions: those of function and layers.
        runtime: what decides markers.
        disabled: tags of exemptions that are not granted: ``extra`` (what only an extra requires that nobody asks for)
            and ``target`` (what other Pythons and systems require).
    """

    def __init__(self, distributions: Distributions, runtime: Runtime, disabled: frozenset[str] = frozenset()) -> None:
        self._all = distributions.all
        self._environments = tuple(_environments(runtime))
        self._disabled = disabled

    @functools.cached_property
    def seen(self) -> Mapping[str, Distribution]:
        """The distribution of each name that the function sees, left out where nobody can tell which one that is."""
        found: dict[str, Distribution] = {}
        unclear = set()
        for item in self._all:
            first = found.setdefault(item.key, item)
            if first.root == item.root and version_of(first) != version_of(item):
                unclear.add(item.key)  # one was installed over the other
        return {key: item for key, item in found.items() if key not in unclear}

    def twice(self) -> Iterator[Twice]:
        """The distributions that are there more than once, with each further copy."""
        first: dict[str, Distribution] = {}
        for item in self._all:
            if first.setdefault(item.key, item) is not item:
                yield Twice(first[item.key], item)

    def unmet(self) -> Iterator[Unmet]:
        """The requirements of what the function sees that are not met, absent ones with no ``found``."""
        for item in self.seen.values():
            for raw, requirement in self._required(item):
                key = normalized(requirement.name)
                found = self.seen.get(key)
                if found is None:
                    if not any(other.key == key for other in self._all):
                        yield Unmet(item, _line(item, raw), _shown(requirement), None)
                elif not fits(requirement, version_of(found)):
                    yield Unmet(item, _line(item, raw), _shown(requirement), found)

    def all(self) -> Iterator[tuple[Distribution, Requirement]]:
        """Every requirement that counts on the target, with whose it is."""
        return ((item, requirement) for item in self.seen.values() for _, requirement in self._required(item))

    def _required(self, item: Distribution) -> Iterator[tuple[str, Requirement]]:
        """What it requires on the target, with the lines of METADATA."""
        for raw, requirement in self._parsed(item):
            if self._applies(requirement, self._extras.get(item.key, frozenset())):
                yield raw, requirement

    @functools.cached_property
    def _extras(self) -> Mapping[str, frozenset[str]]:
        """The extras of each distribution that another one asks for."""
        found: dict[str, frozenset[str]] = {}
        for _ in range(EXTRAS_LIMIT):
            before = dict(found)
            for item in self.seen.values():
                for _, requirement in self._parsed(item):
                    if requirement.extras and self._applies(requirement, before.get(item.key, frozenset())):
                        key = normalized(requirement.name)
                        found[key] = found.get(key, frozenset()) | requirement.extras
            if found == before:
                break
        return found

    def _parsed(self, item: Distribution) -> Sequence[tuple[str, Requirement]]:
        if item not in self._read:
            self._read[item] = [
                (raw, requirement) for raw in item.metadata.requires if (requirement := parsed(raw)) is not None
            ]
        return self._read[item]

    @functools.cached_property
    def _read(self) -> dict[Distribution, list[tuple[str, Requirement]]]:
        return {}

    def _applies(self, requirement: Requirement, extras: Iterable[str]) -> bool:
        if requirement.marker is None:
            return True
        return any(
            all(_holds(requirement, {**environment, "extra": extra}) for environment in self._environments)
            for extra in ("", *sorted(extras))
        ) or self._would(requirement)

    def _would(self, requirement: Requirement) -> bool:
        """Whether it applies because an exemption is not granted."""
        tag = "extra" if "extra" in str(requirement.marker) else "target"
        return tag in self._disabled


def parsed(text: str) -> Requirement | None:
    """A requirement, None where it cannot be read."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def fits(requirement: Requirement, version: str) -> bool:
    """Whether a version is in the range of a requirement; one that cannot be read is, and so is any of a URL."""
    from packaging.version import InvalidVersion, Version

    try:
        return requirement.url is not None or requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def holds(requirement: Requirement, runtime: Runtime) -> bool:
    """Whether a requirement counts on a runtime, without extras."""
    return requirement.marker is None or all(
        _holds(requirement, {**environment, "extra": ""}) for environment in _environments(runtime)
    )


@functools.lru_cache(maxsize=10_000)
def possible(marker: str) -> bool:
    """Whether a marker may hold on a runtime of Lambda; one that asks for more than the runtime may, and an odd one."""
    if not marker or "extra" in marker or "dependency_groups" in marker:
        return True
    from packaging.markers import Marker

    try:
        read = Marker(marker)
        return any(read.evaluate(environment) for environment in _environments(Runtime()))
    except Exception:  # noqa: BLE001  packaging raises what it likes for what is no marker
        return True


def _holds(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

    try:
        return requirement.marker is None or requirement.marker.evaluate(dict(environment))
    except (UndefinedComparison, UndefinedEnvironmentName):
        return False


def _environments(runtime: Runtime) -> Iterator[dict[str, str]]:
    """What markers ask of a runtime, in all the ways that are possible."""
    facts = table("targets")
    versions = [runtime.version] if runtime.version else [item["version"] for item in facts["runtimes"].values()]
    machines = [runtime.machine] if runtime.machine else [item["machine"] for item in facts["architectures"].values()]
    for (major, minor), patch, machine in itertools.product(versions, PATCHES, machines):
        full = f"{major}.{minor}.{patch}"
        yield {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": full,
            "python_version": f"{major}.{minor}",
            "sys_platform": "linux",
        }


def _line(item: Distribution, raw: str) -> int:
    """The line of METADATA that holds a requirement."""
    lines = item.text(item.metadata_path.rpartition("/")[2]).splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.endswith(f": {raw}")), 1)


def _shown(requirement: Requirement) -> str:
    """A requirement without its marker and extras."""
    return f"{requirement.name}{requirement.specifier}"
