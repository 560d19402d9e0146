"""The AWS SDK in a bundle: a part of it that comes with the function, beside parts that the runtime brings.

What the runtime brings changes without notice, so that only the ranges tell which parts can go together for long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lambdalint.bundle.distributions import normalized
from lambdalint.bundle.requirements import Requirements, fits, holds, parsed, version_of
from lambdalint.data import table
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from lambdalint.bundle.distributions import Distribution
    from lambdalint.bundle.layers import Merged
    from lambdalint.bundle.targets import Runtime


class Split(NamedTuple):
    """A part of the SDK that is bundled and does not go with one of the runtime's.

    ``requirer`` and ``required`` are the two distributions, and ``bundled`` is which of them is in the bundle, ``path``
    a file of it. ``version`` is its version, "" where that is not known. ``requirement`` is the one that the version
    does not meet, "" where the two are released together and only fit for as long as both stay.
    """

    requirer: str
    required: str
    bundled: str
    path: str
    version: str
    requirement: str = ""


def parts(merged: Merged) -> dict[str, str]:
    """The distributions of the SDK whose modules are bundled, each with a file of it."""
    facts = table("targets")
    found: dict[str, str] = {}
    for name in facts["sdk"]["distributions"]:
        for module in facts["provided"][name]:
            for root in merged.search_path:
                for path in (f"{root}/{module}/__init__.py", f"{root}/{module}.py"):
                    if path in merged.files:
                        found.setdefault(name, path)
    return found


def splits(merged: Merged, requirements: Requirements, runtime: Runtime) -> Iterator[Split]:
    """The parts of the SDK that are bundled and do not go with what the runtime brings."""
    facts = table("targets")["sdk"]
    bundled = parts(merged)
    if not bundled:
        return
    for requirer, required in facts["pairs"]:
        if (requirer in bundled) is not (required in bundled):
            name = requirer if requirer in bundled else required
            yield Split(requirer, required, name, *_known(name, bundled, requirements.seen))
    for requirer, lines in facts["requires"].items():
        for line in lines if requirer not in bundled else ():
            requirement = parsed(line)
            if requirement is None or requirement.name not in bundled or not holds(requirement, runtime):
                continue
            path, version = _known(requirement.name, bundled, requirements.seen)
            if version and not fits(requirement, version):
                shown = f"{requirement.name}{requirement.specifier}"
                yield Split(requirer, requirement.name, requirement.name, path, version, shown)


def _known(name: str, bundled: Mapping[str, str], seen: Mapping[str, Distribution]) -> tuple[str, str]:
    """A file of a bundled part and its version."""
    item = seen.get(name)
    if item is None:
        return bundled[name], ""
    return bundled[name], version_of(item)


class Provided(NamedTuple):
    """The whole SDK in a bundle, although the runtime brings it.

    ``items`` are the distributions that could go: its parts but for those that others require. ``pinned`` is one that
    requires a version of it which the runtime need not have, None where there is none.
    """

    items: tuple[Distribution, ...]
    pinned: Distribution | None


def whole(requirements: Requirements, runtime: Runtime) -> Provided | None:
    """The SDK in a bundle, None where it is not there, or only a part of it."""
    facts = table("targets")["sdk"]
    seen = requirements.seen
    if not {name for pair in facts["pairs"] for name in pair} <= set(seen):
        return None
    pinned, wanted = None, set()
    for requirer, requirement in requirements.all():
        name = normalized(requirement.name)
        if requirer.key in facts["distributions"] or name not in facts["distributions"]:
            continue
        wanted.add(name)
        if name in facts["pairs"][0] and not _always_fits(requirement, name, runtime):
            pinned = pinned or requirer
    core = {name for pair in facts["pairs"] for name in pair}
    items = (seen[name] for name in facts["distributions"] if name in seen and (name in core or name not in wanted))
    return Provided(tuple(items), pinned)


def _always_fits(requirement: Requirement, name: str, runtime: Runtime) -> bool:
    """Whether a requirement is met by any version that a runtime may have: from the one that was seen on, of its major.

    A newer runtime brings no older SDK than an older one.
    """
    from packaging.version import Version

    found = [
        Version(fact[name])
        for other, fact in table("targets")["seen"].items()
        if other != "thin" and name in fact and _number(other) <= (runtime.version or (0, 0))
    ]
    if not found:
        return not requirement.specifier
    oldest = max(found)
    return all(fits(requirement, version) for version in (str(oldest), f"{oldest.major}.999999"))


def _number(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.removeprefix("python").split(".")))
