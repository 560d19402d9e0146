"""Bytecode beside the source: which of it the target's interpreter takes, which it reads and rejects at each start.

A ``.pyc`` names the interpreter that it is for and either the time and size of its source or the hash of it (PEP 552).
What the interpreter rejects it compiles again, and ``/var/task`` is read-only, so nothing keeps the result. Nothing is
ever unmarshalled here: the first 16 bytes say all.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from time import gmtime

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.layers import Merged
    from lambdalint.bundle.targets import Runtime

# Kinds: how the bytecode says which source it is of.
TIMESTAMP, CHECKED, UNCHECKED = "timestamp", "checked hash", "unchecked hash"
# States.
VALID = "valid"  # the interpreter takes it
STALE = "stale"  # it certainly rejects it: another size, another hash, or a time that no file of Lambda has
FOREIGN = "foreign"  # of another version of Python
OPEN = "open"  # it depends on the time that the file will have
BROKEN = "broken"

_HEADER = Struct("<4L")
_CACHED = regex(r"^(?P<name>.+)\.(?P<tag>[\w-]+)(?:\.opt-(?P<level>\w+))?\.pyc$")
SOURCE_LIMIT = 4 << 20
# What builders write into archives in place of a date: SAM, terraform, and Serverless by an underflow.
FIXED_YEARS = (1980, 2098, 2107)


class Pyc(NamedTuple):
    """One ``.pyc``. ``source`` is the file that it is of, "" where it stands alone or that file is missing.

    ``version`` is the Python that it is for, None where the number of its header is nobody's.
    """

    path: str
    source: str
    state: str
    kind: str = ""
    version: tuple[int, int] | None = None
    reason: str = ""


class Compiled(NamedTuple):
    """What the interpreter compiles when the entry point is loaded, for ``rejected`` tells why: ``modules``, ``size``.

    ``rejected`` is the reason why it takes none of the bytecode that is there (the most frequent one), "" where there
    is none. ``total`` counts the modules that are loaded, whatever there is of them.
    """

    rejected: str
    modules: int
    size: int
    total: int


@functools.cache
def _ranges() -> Mapping[tuple[int, int], tuple[int, int]]:
    found = table("targets")["bytecode"]
    return {_version(name): (numbers[0], numbers[1]) for name, numbers in found.items()}


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def version_of(number: int) -> tuple[int, int] | None:
    """The Python that writes a number into its bytecode."""
    return next((version for version, (first, last) in _ranges().items() if first <= number <= last), None)


class Bytecode:
    """The bytecode of a merged view, for one runtime."""

    def __init__(self, merged: Merged, runtime: Runtime) -> None:
        self._merged = merged
        self._runtime = runtime
        self._known: dict[str, Pyc] = {}

    @functools.cached_property
    def paths(self) -> tuple[str, ...]:
        """All files that are bytecode by their name."""
        return tuple(path for path in self._merged.files if path.endswith(".pyc"))

    def all(self) -> Iterator[Pyc]:
        """All bytecode."""
        return (self.pyc(path) for path in self.paths)

    def of(self, source: str) -> Pyc | None:
        """The bytecode that the target looks for when it imports a source file; None where there is none."""
        if self._runtime.version is None:
            return None
        directory, _, name = source.rpartition("/")
        tag = "cpython-{}{}".format(*self._runtime.version)
        path = f"{directory}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc"
        return self.pyc(path) if path in self._merged.files else None

    def pyc(self, path: str) -> Pyc:
        """What one file is."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _source(self, path: str) -> str:
        directory, _, name = path.rpartition("/")
        if not directory.endswith("/__pycache__"):
            return ""
        found = _CACHED.match(name)
        source = f"{directory[:-12]}/{found['name']}.py" if found is not None else ""
        return source if source in self._merged.files else ""

    def _read(self, path: str) -> Pyc:
        source = self._source(path)
        try:
            head = self._merged.spans(path, [(0, 16)])[0]
        except Unreadable as error:
            return Pyc(path, source, BROKEN, reason=str(error))
        if len(head) < 16 or head[2:4] != b"\r\n":
            return Pyc(path, source, BROKEN, reason="it has no header of bytecode")
        magic, flags, one, other = _HEADER.unpack(head)
        version = version_of(magic & 0xFFFF)
        kind = {0: TIMESTAMP, 1: UNCHECKED, 3: CHECKED}.get(flags, "")
        found = Pyc(path, source, OPEN, kind, version)
        if not kind:
            return found._replace(state=BROKEN, reason=f"flags {flags:#x}")
        if self._runtime.version is None:
            return found
        if version != self._runtime.version:
            shown = "{}.{}".format(*version) if version else f"a Python with number {magic & 0xFFFF}"
            return found._replace(state=FOREIGN, reason=f"of {shown}")
        if not path.rpartition("/")[0].endswith("/__pycache__") or kind == UNCHECKED:
            return found._replace(state=VALID)  # the first is a module by itself, with no source to compare
        if not source:
            return found  # nothing is ever asked for it
        if kind == CHECKED:
            return self._hashed(found, magic, head[8:16])
        return self._dated(found, one, other)

    def _hashed(self, found: Pyc, magic: int, digest: bytes) -> Pyc:
        import _imp  # the hash is SipHash with the number as the key, which no public function takes

        try:
            same = _imp.source_hash(magic, self._merged.read(found.source, SOURCE_LIMIT)) == digest
        except Unreadable:
            return found
        return found._replace(state=VALID) if same else found._replace(state=STALE, reason="of other source")

    def _dated(self, found: Pyc, time: int, size: int) -> Pyc:
        entry = self._merged.files[found.source].entry
        if entry.size & 0xFFFFFFFF != size:
            return found._replace(state=STALE, reason=f"of source with {size:,} bytes, not {entry.size:,}")
        year = gmtime(entry.mtime).tm_year
        if entry.packed is not None and year in FIXED_YEARS and abs(time - entry.mtime) > 2 * 86_400:
            return found._replace(state=STALE, reason=f"its source is dated {year} in the archive")
        return found

    def compiled(self, sources: Iterable[str], *, doubted: bool = False) -> tuple[Compiled, ...]:
        """What of some source files is compiled each time: where bytecode is rejected, and where there is none.

        Args:
            sources: the files of the modules that are loaded.
            doubted: whether bytecode counts as rejected where the time of its source decides, which is not known.
        """
        reasons: dict[str, list[str]] = {"rejected": [], "": []}
        sizes = dict.fromkeys(reasons, 0)
        total = 0
        for source in sources:
            total += 1
            found = self.of(source)
            if found is None:
                others = self._others(source)
                kind, reason = ("rejected", others[0].reason) if others else ("", "")
            elif found.state in (STALE, FOREIGN, BROKEN) or (doubted and found.state == OPEN):
                kind, reason = "rejected", found.reason or "its source has another time"
            else:
                continue
            reasons[kind].append(reason)
            sizes[kind] += self._merged.files[source].entry.size
        return tuple(
            Compiled(max(sorted(set(found)), key=found.count), len(found), sizes[kind], total)
            for kind, found in reasons.items()
            if found
        )

    def _others(self, source: str) -> tuple[Pyc, ...]:
        """The bytecode of a source file for other versions."""
        directory, _, name = source.rpartition("/")
        stem = f"{name.removesuffix('.py')}."
        names = self._merged.names(f"{directory}/__pycache__")
        found = (self.pyc(f"{directory}/__pycache__/{item}") for item in sorted(names) if item.startswith(stem))
        return tuple(item for item in found if item.state == FOREIGN)
