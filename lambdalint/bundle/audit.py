"""What there is to ask about vulnerabilities, where it stands, and what the answers come to.

Distributions of artifacts are asked for by the version in their METADATA, requirements and locked packages by the
version that they pin. Each name and version is asked once and told at each place.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from lambdalint.bundle.distributions import Distributions, normalized
from lambdalint.bundle.inputs import mount
from lambdalint.bundle.layers import OPT, Merged, Part
from lambdalint.bundle.requirements import version_of
from lambdalint.data import table
from lambdalint.model import Location, Severity
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.distributions import Distribution
    from lambdalint.bundle.pins import Pin
    from lambdalint.bundle.views import ArtifactView
    from lambdalint.bundle.vulnerabilities import Answer, Service, Vulnerability
    from lambdalint.settings import Accepted

_ORIGINS = {
    "editable": "installed from a directory, as editable",
    "git": "from version control, not from an index",
    "url": "from a URL, not from an index",
    "path": "from a path, not from an index",
}
SOURCE_LIMIT = 64 * 1024  # bytes of a direct_url.json
OWN = "project"  # the origin of the project itself, which is no dependency


class Place(NamedTuple):
    """A distribution where it stands. ``severity`` is what a vulnerability of it is worth there.

    ``version`` is "" and ``reason`` says why where it cannot be asked for. ``via`` are the packages of the same lock
    that require it.
    """

    name: str
    version: str
    location: Location
    severity: Severity = Severity.WARNING
    reason: str = ""
    via: tuple[str, ...] = ()


class Flaw(NamedTuple):
    """A known vulnerability of a version, with the places of that. ``accepted`` is what the configuration says of it.

    ``expired`` is set where it no longer says so.
    """

    name: str
    version: str
    vulnerability: Vulnerability
    places: tuple[Place, ...]
    accepted: Accepted | None = None
    expired: bool = False

    @property
    def silenced(self) -> bool:
        """Whether it is accepted today."""
        return self.accepted is not None and not self.expired


class Unaudited(NamedTuple):
    """What is not known to be clean, and why; ``failed`` and ``unknown`` as in `Answer`."""

    name: str
    version: str
    reason: str
    places: tuple[Location, ...] = ()
    failed: bool = False
    unknown: bool = False


class Audit(NamedTuple):
    """The outcome. ``clean`` are names and versions without a known vulnerability, ``asked`` counts what was asked for.

    ``unused`` are entries of ``vulns.ignore`` that no answer has the id of.
    """

    service: Service
    as_of: str
    flaws: tuple[Flaw, ...] = ()
    clean: tuple[tuple[str, str], ...] = ()
    unaudited: tuple[Unaudited, ...] = ()
    asked: int = 0
    unused: tuple[Accepted, ...] = ()

    @property
    def vulnerable(self) -> int:
        """How many versions have a vulnerability that is not accepted."""
        return len({(flaw.name, flaw.version) for flaw in self.flaws if not flaw.silenced})

    @property
    def certain(self) -> bool:
        """Whether the service knew all that it was asked for: another time it will say the same."""
        return not any(item.failed or item.unknown for item in self.unaudited)

    @property
    def unknown(self) -> bool:
        """Whether the service knew none of the versions that it was asked for."""
        return bool(self.asked) and sum(item.unknown for item in self.unaudited) == self.asked

    @property
    def answered(self) -> int:
        """How many versions the service said something about."""
        return len(self.clean) + len({(flaw.name, flaw.version) for flaw in self.flaws})


def bundled(view: ArtifactView) -> Iterator[Place]:
    """The distributions of an artifact."""
    at = OPT if view.role == "layer" else mount(view.artifact)
    merged = Merged(Part(view.path, view.artifact, at))
    found = Distributions(merged)
    for item in found.all:
        version = version_of(item)
        name = normalized(item.metadata.name or item.name)
        place = Location(*_place(merged, item))
        reason = _source(item) if name and version else f"its metadata has no {'version' if name else 'name'}"
        yield Place(name, version if not reason else "", place, Severity.ERROR, reason)
    installed = frozenset(table("packages")["installed"])
    for top, files in found.unowned.items():
        name = posixpath.basename(top).removesuffix(".py")
        if name in installed and any(file.endswith((".py", ".pyc", ".so")) for file in files):
            reason = "in the bundle without metadata that says its version"
            yield Place(normalized(name), "", Location(merged.shown(files[0]), 1), Severity.ERROR, reason)


def _source(item: Distribution) -> str:
    """Why it is not what an index has under its name and version, "" where it may be (PEP 610).

    A wheel that was installed from a file may well be from an index.
    """
    text = item.text("direct_url.json", SOURCE_LIMIT)
    if not text:
        return ""
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    told = found if isinstance(found, dict) else {}
    return _ORIGINS["git"] if "vcs_info" in told else _ORIGINS["path"] if "dir_info" in told else ""


def _place(merged: Merged, item: Distribution) -> tuple[str, int]:
    """The line of its metadata that says the version, or a file of its metadata."""
    if item.metadata_path in merged.files:
        lines = item.text(posixpath.basename(item.metadata_path)).splitlines()
        line = next((number for number, text in enumerate(lines, 1) if text.startswith("Version:")), 1)
        return merged.shown(item.metadata_path), line
    inside = (path for path in merged.files if path.startswith(f"{item.path}/"))
    return merged.shown(next(inside)), 1


def pinned(pins: Iterable[Pin], is_test: Callable[[str], bool]) -> Iterator[Place]:
    """The pins of requirements files and locks that a function on Lambda may be built with.

    Args:
        pins: of all files.
        is_test: whether a path is one of tests.
    """
    from lambdalint.bundle.pins import for_development

    every = dict.fromkeys(pins)  # a file may be read by itself, and once more where another one includes it
    versions = {(pin.name, pin.location) for pin in every if pin.version}
    told = set()
    requirers: dict[tuple[str, str], set[str]] = {}
    for pin in every:
        for item in pin.requires:
            requirers.setdefault((pin.location.path, item.name), set()).add(pin.name)
    via = {key: tuple(sorted(names)) for key, names in requirers.items()}
    for pin in every:
        at = (pin.name, pin.location)
        # what the file itself leaves open, constraints of the other one may say
        if pin.elsewhere or pin.origin == OWN or (not pin.version and at in versions) or (*at, pin.version) in told:
            continue
        told.add((*at, pin.version))
        reason = _ORIGINS.get(pin.origin, "")
        if not reason and not pin.version:
            reason = "not pinned to a version"
        development = for_development(pin) or is_test(pin.location.path)
        severity = Severity.INFO if development else Severity.WARNING
        version = pin.version if not reason else ""
        yield Place(pin.name, version, pin.location, severity, reason, via.get((pin.location.path, pin.name), ()))


def judged(
    places: Sequence[Place],
    answers: Mapping[tuple[str, str], Answer],
    accepted: Sequence[Accepted],
    service: Service,
    as_of: str,
) -> Audit:
    """What the answers come to."""
    by: dict[tuple[str, str], list[Place]] = {}
    without: dict[tuple[str, str], list[Place]] = {}
    for place in sorted(places):
        if place.reason:
            without.setdefault((place.name, place.reason), []).append(place)
        else:
            by.setdefault((place.name, place.version), []).append(place)
    flaws: list[Flaw] = []
    clean = []
    unaudited = [
        Unaudited(name, "", reason, tuple(item.location for item in found)) for (name, reason), found in without.items()
    ]
    for (name, version), found in sorted(by.items()):
        answer = answers[name, version]
        if answer.reason:
            locations = tuple(item.location for item in found)
            unaudited.append(Unaudited(name, version, answer.reason, locations, answer.failed, answer.unknown))
        elif not answer.vulnerabilities:
            clean.append((name, version))
        for vulnerability in answer.vulnerabilities:
            entry = _entry(vulnerability, accepted, as_of)
            expired = entry is not None and _over(entry, as_of)
            flaws.append(Flaw(name, version, vulnerability, tuple(found), entry, expired))
    used = {flaw.accepted for flaw in flaws}
    unused = tuple(item for item in accepted if item not in used)
    return Audit(service, as_of, tuple(flaws), tuple(clean), tuple(sorted(unaudited)), len(by), unused)


def _entry(vulnerability: Vulnerability, accepted: Sequence[Accepted], as_of: str) -> Accepted | None:
    """The entry of the configuration that names a vulnerability; one that still holds before others."""
    names = {name.lower() for name in (vulnerability.id, *vulnerability.aliases)}
    found = [item for item in accepted if item.id.lower() in names]
    return next((item for item in found if not _over(item, as_of)), found[0] if found else None)


def _over(item: Accepted, as_of: str) -> bool:
    return bool(item.until) and item.until < as_of
