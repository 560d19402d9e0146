"""Which packages of a lock have no file for the target: wheels for other systems and Pythons only, and no source.

A lock lists all files that may be installed. What it says by their names, nobody has to look into the files for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from packaging.tags import Tag

    from lambdalint.bundle.pins import Pin
    from lambdalint.bundle.targets import Runtime

WHEEL = ".whl"
_LEAST = 5  # manylinux1 is glibc 2.5
_LAST = 99  # later than any
_OLD = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}


class Misfit(NamedTuple):
    """A package with no file for the target: what it is for (``glibc``, ``machine`` or ``abi``), and what there is."""

    pin: Pin
    kind: str
    detail: str


def misfits(items: Iterable[Pin], runtime: Runtime) -> Iterator[Misfit]:
    """The packages that cannot be installed for a runtime of which version, machine and system are known."""
    if runtime.version is None or runtime.machine is None or runtime.glibc is None:
        return
    for pin in items:
        names = [item.name for item in pin.files]
        if names and all(name.endswith(WHEEL) for name in names):
            offered = _tags(tuple(names))
            found = _judged(offered, runtime.version, runtime.machine, runtime.glibc[1]) if offered else None
            if found is not None:
                yield Misfit(pin, *found)


@functools.cache
def _tags(names: tuple[str, ...]) -> frozenset[Tag]:
    """The tags of all wheels; none where one of the names cannot be read."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    found: set[Tag] = set()
    for name in names:
        try:
            found |= parse_wheel_filename(name)[3]
        except InvalidWheelFilename:
            return frozenset()
    return frozenset(found)


def _judged(offered: frozenset[Tag], version: tuple[int, int], machine: str, glibc: int) -> tuple[str, str] | None:
    """Why none of the tags fits a target; None where one does, or more than one thing is wrong."""
    if offered & _supported(version, machine, glibc):
        return None
    later = offered & _supported(version, machine, _LAST)
    if later:
        return "glibc", f"2.{min(_glibc(tag.platform) for tag in later)}"
    own = {(tag.interpreter, tag.abi) for tag in _supported(version, machine, glibc)}
    platforms = {tag.platform for tag in offered if (tag.interpreter, tag.abi) in own}
    if platforms:
        return "machine", ", ".join(sorted({_system(platform) for platform in platforms}))
    here = {tag.platform for tag in _supported(version, machine, glibc)}
    others = {tag.interpreter for tag in offered if tag.platform in here}
    if others:
        return "abi", ", ".join(map(_python, sorted(others, key=_order)))
    return None


@functools.cache
def _supported(version: tuple[int, int], machine: str, glibc: int) -> frozenset[Tag]:
    """The tags of all wheels that a target takes."""
    from packaging.tags import compatible_tags, cpython_tags

    platforms = [f"linux_{machine}"]
    for minor in range(glibc, _LEAST - 1, -1):
        platforms.append(f"manylinux_2_{minor}_{machine}")
        if minor in _OLD:
            platforms.append(f"{_OLD[minor]}_{machine}")
    name = "cp{}{}".format(*version)
    return frozenset({*cpython_tags(version, [name], platforms), *compatible_tags(version, name, platforms)})


def _glibc(platform: str) -> int:
    """The minor version of the C library that a platform asks for."""
    for minor, old in _OLD.items():
        if platform.startswith(f"{old}_"):
            return minor
    return int(platform.split("_")[2]) if platform.startswith("manylinux_2_") else _LEAST


def _system(platform: str) -> str:
    """A platform as people call it."""
    if platform.startswith("macosx"):
        return "macOS"
    if platform.startswith("win"):
        return "Windows"
    if platform.startswith("musllinux"):
        return "Alpine Linux"
    machine = next(
        (name for name in ("x86_64", "aarch64", "i686", "armv7l", "ppc64le", "s390x") if name in platform), ""
    )
    return {"aarch64": "arm64"}.get(machine, machine or platform)


def _order(interpreter: str) -> tuple[str, int]:
    name = interpreter.rstrip("0123456789")
    return name, int(interpreter[len(name) + 1 :] or 0)


def _python(interpreter: str) -> str:
    """An interpreter as people call it, ``Python 3.12`` for ``cp312``."""
    name, minor = _order(interpreter)
    return f"Python {interpreter[len(name)]}.{minor}" if name in ("cp", "py") else interpreter
