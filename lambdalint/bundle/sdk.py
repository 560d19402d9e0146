"""The AWS SDK in a bundle: a part of it that comes with the function, beside parts that the runtime brings.

What the runtime brings changes without notice, so that only the ranges tell which parts can go together for long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lambdalint.bundle.requirements import Requirements, fits, holds, parsed, version_of
from lambdalint.data import table
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
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
