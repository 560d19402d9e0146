"""Which native files the function's system loads, and why it refuses the others: as its dynamic loader decides.

The loader takes a file of its own format and machine only, looks for the libraries that it needs where RUNPATH and
LD_LIBRARY_PATH say and in the system, and wants each version of a symbol that is needed (ld.so(8)). Libraries of the
bundle that lie elsewhere may have been loaded before by the distribution that brings them, so they count as found.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Iterator, Mapping

from lambdalint.bundle.binaries import ELF, MACHO, PE, tag_of
from lambdalint.bundle.layers import OPT, TASK
from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.binaries import Native, Natives
    from lambdalint.bundle.layers import Merged
    from lambdalint.bundle.targets import Runtime

MACHINE, ABI, GLIBC, LIBRARY = "machine", "abi", "glibc", "library"
# LD_LIBRARY_PATH of the runtimes, as far as a bundle reaches there (aws-lambda-base-images, Dockerfile).
_DIRECTORIES = (TASK, f"{TASK}/lib", f"{OPT}/lib")
_MUSL = ("libc.musl-", "ld-musl-")
_SYSTEMS = {MACHO: "macOS", PE: "Windows"}
EXTENSIONS = (".so", ".pyd")  # what importers may be meant to load


class Fault(NamedTuple):
    """Why a file is not loaded.

    ``kind`` is one of the constants above: another machine or format, another Python, a newer C library, a library
    that is not there. ``path`` is the file at fault, which the one that was asked about may need; ``detail`` says what
    it is or needs: ``aarch64``, ``cpython-311``, ``2.28``, ``libGL.so.1``.
    """

    kind: str
    path: str
    detail: str


class Linker:
    """The dynamic loader of a runtime, for the files of a merged view."""

    def __init__(self, merged: Merged, natives: Natives, runtime: Runtime, disabled: frozenset[str]) -> None:
        self._merged = merged
        self._natives = natives
        self._runtime = runtime
        self._disabled = disabled
        self._faults: dict[str, Fault | None] = {}
        self._facts = table("targets")["sonames"]

    def fault(self, path: str) -> Fault | None:
        """What keeps a file, or a library that it needs, from being loaded; None where nothing is known to."""
        if path not in self._faults:
            self._faults[path] = None  # for libraries that need each other
            self._faults[path] = self._judged(path)
        return self._faults[path]

    def _judged(self, path: str) -> Fault | None:
        native = self.native(path)
        if native is None:
            return None
        found = self.own_fault(path, native)
        if found is not None:
            return found
        for name in native.needs:
            place = self._found(path, native, name)
            if place:
                inner = self.fault(place)
                if inner is not None:
                    return inner
            elif place is None and self._is_absent(name):
                return Fault(LIBRARY, path, name)
        return None

    def own_fault(self, path: str, native: Native) -> Fault | None:
        """What in a file itself keeps it from being loaded, whatever else is there."""
        if native.kind != ELF:
            return Fault(MACHINE, path, _SYSTEMS[native.kind])
        machine, glibc = self._runtime.machine, self._runtime.glibc
        if machine is not None and native.machine and native.machine != machine:
            return Fault(MACHINE, path, native.machine)
        if any(name.startswith(_MUSL) for name in native.needs):
            return Fault(LIBRARY, path, next(name for name in native.needs if name.startswith(_MUSL)))
        if glibc is not None and native.glibc is not None and native.glibc > glibc:
            return Fault(GLIBC, path, ".".join(map(str, native.glibc)))
        return None

    def tag_fault(self, path: str) -> Fault | None:
        """Why an extension module that is for another target, by its name, is not imported."""
        native, tag = self.native(path), tag_of(path)
        found = self.own_fault(path, native) if native is not None else None
        if found is not None and found.kind != GLIBC:
            return found
        if tag is not None and tag.python is not None:
            if (tag.python, tag.abi) != (self._runtime.version, ""):
                return Fault(ABI, path, tag.text)
            if tag.platform.endswith("-musl"):
                return Fault(LIBRARY, path, "musl")
            return Fault(MACHINE, path, tag.platform)
        if path.endswith(".pyd"):
            return Fault(MACHINE, path, _SYSTEMS[PE])
        return Fault(ABI, path, tag.text) if tag is not None and tag.text != "abi3" else None

    def unknown(self, path: str) -> Iterator[tuple[str, str]]:
        """(file, library) of what a file and its libraries need and nobody knows to be there."""
        stack, seen = [path], {path}
        while stack:
            path = stack.pop()
            native = self.native(path)
            if native is None or native.kind != ELF:
                continue
            for name in native.needs:
                place = self._found(path, native, name)
                if place is None and not self._is_perhaps(name):
                    yield path, name
                elif place and place not in seen:
                    seen.add(place)
                    stack.append(place)

    def native(self, path: str) -> Native | None:
        """What a file is; None where it is no native one, or cannot be read."""
        try:
            return self._natives.native(path)
        except Unreadable:
            return None

    def _found(self, path: str, native: Native | None, name: str) -> str | None:
        """Where the loader finds a library: a file of the bundle, "" for one that is taken for granted, else None."""
        if name in self._facts["always"]:
            return ""
        home = path.rpartition("/")[0]
        runpath = native.runpath if native is not None else ()
        for tag, directories in (("runpath", runpath), ("lib", _DIRECTORIES)):
            for directory in directories:
                where = directory.replace("${ORIGIN}", home).replace("$ORIGIN", home)
                place = posixpath.normpath(f"{where}/{name}")
                if place in self._merged.files:
                    return place if tag not in self._disabled else None
        return "" if name in self._names and "bundled" not in self._disabled else None

    @functools.cached_property
    def _names(self) -> Mapping[str, str]:
        """The libraries of the bundle by their names, wherever they lie."""
        return {path.rpartition("/")[2]: path for path in self._merged.files if ".so" in path}

    def _is_absent(self, name: str) -> bool:
        return name.startswith(_MUSL) or name in self._facts["absent"]

    def _is_perhaps(self, name: str) -> bool:
        """Whether a library may be in the runtime, by thin facts."""
        system = self._facts["perhaps"].get(self._runtime.system)
        if system is None or name in system:
            return True
        version = self._runtime.version
        return version is None or name.startswith("libpython{}.{}".format(*version))

    def siblings(self, path: str) -> bool:
        """Whether another file stands beside an extension module that the runtime imports in its place."""
        directory, _, name = path.rpartition("/")
        stem = name.partition(".")[0]
        names = self._merged.names(directory)
        for suffix in self._runtime.suffixes:
            other = f"{stem}{suffix}"
            if other != name and names.get(other) is False and not self._refused(f"{directory}/{other}"):
                return True
        return False

    def _refused(self, path: str) -> bool:
        native = self.native(path)
        return native is not None and self.own_fault(path, native) is not None

    def idle(self, path: str) -> Fault | None:
        """What keeps a file that nothing is known to load from being loaded."""
        native = self.native(path)
        if native is None:
            return None
        found = self.own_fault(path, native)
        tag = tag_of(path)
        version = self._runtime.version
        if found is None and tag is not None and version is not None and tag.python is not None:
            found = Fault(ABI, path, tag.text) if (tag.python, tag.abi) != (version, "") else None
        return found
