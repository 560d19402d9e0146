"""What a function runs on: interpreter, machine, system, and what the runtime brings. The facts are data."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from lambdalint.data import table
from lambdalint.records import NamedTuple


class Runtime(NamedTuple):
    """A managed Python runtime on one architecture; each part is None or "" where it is not known.

    ``name`` is as templates spell it (``python3.13``), ``architecture`` too (``arm64``); ``machine`` is the
    kernel's name for it.
    """

    name: str = ""
    version: tuple[int, int] | None = None
    architecture: str = ""

    @property
    def machine(self) -> str | None:
        """``x86_64`` or ``aarch64``."""
        found = table("targets")["architectures"].get(self.architecture)
        return found["machine"] if found else None

    @property
    def platform(self) -> str | None:
        """The end of its extension modules' tags, ``x86_64-linux-gnu``."""
        found = table("targets")["architectures"].get(self.architecture)
        return found["platform"] if found else None

    @property
    def system(self) -> str:
        """``AL2`` or ``AL2023``, "" where it is not known."""
        found = table("targets")["runtimes"].get(self.name)
        return found["os"] if found else ""

    @property
    def glibc(self) -> tuple[int, ...] | None:
        """The version of the C library."""
        found = table("targets")["systems"].get(self.system)
        return tuple(map(int, found["glibc"].split("."))) if found else None

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The ends of the files that it imports as modules, in the order in which it tries them."""
        if self.version is None:
            return (".abi3.so", ".so", ".py", ".pyc")
        tag = "cpython-{}{}".format(*self.version)
        platforms = [self.platform] if self.platform else [f"{name}-linux-gnu" for name in ("x86_64", "aarch64")]
        return (*(f".{tag}-{platform}.so" for platform in platforms), ".abi3.so", ".so", ".py", ".pyc")


def runtime(name: str, architecture: str = "") -> Runtime:
    """The runtime of that name; one that is none of the managed Python runtimes has no version."""
    found = table("targets")["runtimes"].get(name)
    version = (found["version"][0], found["version"][1]) if found else None
    return Runtime(name, version, architecture)


@functools.cache
def stdlib(version: tuple[int, int] | None) -> frozenset[str]:
    """The top-level modules of the standard library; of any version where it is not known."""
    modules = table("stdlib")["modules"]
    versions = [name for name in modules if name != "all"] if version is None else ["{}.{}".format(*version)]
    return frozenset(modules["all"]).union(*(modules.get(name, ()) for name in versions))


@functools.cache
def elsewhere() -> frozenset[str]:
    """Modules of the standard library that other systems have."""
    return frozenset(table("stdlib")["elsewhere"])


@functools.cache
def removed(version: tuple[int, int]) -> frozenset[str]:
    """Modules of the standard library that an earlier Python had and this one has no longer."""
    modules = table("stdlib")["modules"]
    earlier = [name for name in modules if name != "all" and tuple(map(int, name.split("."))) < version]
    return frozenset().union(*(modules[name] for name in earlier)) - stdlib(version)


def loaded(name: str) -> str:
    """What becomes of a module of the function with that name, where the runtime may have loaded its own before.

    ``ignored``: the runtime has; ``either``: some versions of it have; "" where none has.
    """
    facts = table("targets")["loaded"]
    if name in facts["always"] or name in table("entry_points")["builtin"]["modules"]:
        return "ignored"
    return "either" if name in facts["sometimes"] else ""


@functools.cache
def provided(version: tuple[int, int] | None) -> Mapping[str, str]:
    """Top-level module → distribution, of what the runtime brings beside the standard library."""
    facts = table("targets")
    found = {module: name for name, modules in facts["provided"].items() for module in modules}
    for name, fact in facts["provided_until"].items():
        if version is None or version <= (fact["version"][0], fact["version"][1]):
            found.update(dict.fromkeys(fact["modules"], name))
    for name, fact in facts["provided_from"].items():
        if version is None or version >= (fact["version"][0], fact["version"][1]):
            found.update(dict.fromkeys(fact["modules"], name))
    return found
