"""Which distributions are in a bundle and which files each owns.

RECORD tells first: only half of today's wheels have a top_level.txt. What no RECORD lists (bytecode compiled later,
metadata cut down to a name) is given to the distribution that owns the files around it. Metadata is read when a rule
asks for it, since its parser takes longer to import than a whole archive to list.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping

from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.layers import Merged

RECORD_LIMIT = 8 << 20  # bytes of one RECORD; those of the largest wheels have 2 MB
METADATA_LIMIT = 4 << 20  # bytes of one METADATA; most is the description
REQUIREMENTS_LIMIT = 2_000  # Requires-Dist lines of one distribution that are looked at
_SEPARATORS = regex(r"[-_.]+")


def normalized(name: str) -> str:
    """The name of a distribution as all its spellings have it (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


class Metadata(NamedTuple):
    """What METADATA says that decides anything. ``requires`` are the Requires-Dist lines as they stand there."""

    name: str = ""
    version: str = ""
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()


class Distribution:
    """One distribution: a ``.dist-info`` or ``.egg-info`` in a directory of the search path.

    ``name`` and ``version`` are those of the directory's name, ``path`` is the directory as the function sees it and
    ``root`` the one that it lies in. ``missing`` are the files that its RECORD lists and that are not there;
    ``recorded`` tells whether it has a RECORD that could be read. ``problem`` says what is wrong with its metadata, ""
    where nothing is.
    """

    def __init__(self, merged: Merged, path: str) -> None:
        self._merged = merged
        self.path = path
        self.root, _, directory = path.rpartition("/")
        stem = directory.rpartition(".")[0]
        name, _, rest = stem.partition("-")
        self.name = name
        self.version = rest.partition("-py")[0] if directory.endswith(".egg-info") else rest
        self.key = normalized(name)
        self.missing: tuple[str, ...] = ()
        self.recorded = False
        self.problem = "" if name else f"{directory} names no distribution"

    def __repr__(self) -> str:
        return f"<{self.name} {self.version}>"

    @property
    def title(self) -> str:
        """Name and version, as people write them."""
        return f"{self.name} {self.metadata.version or self.version}".strip()

    @property
    def metadata_path(self) -> str:
        """The file that `metadata` is read from."""
        return f"{self.path}/METADATA" if self.path.endswith(".dist-info") else f"{self.path}/PKG-INFO"

    def text(self, name: str, limit: int = METADATA_LIMIT) -> str:
        """One of its metadata files, "" where there is none."""
        return self._read(name, limit) or ""

    def _read(self, name: str, limit: int) -> str | None:
        path = f"{self.path}/{name}"
        if path not in self._merged.files:
            return None
        try:
            return self._merged.read(path, limit).decode("utf-8", "surrogateescape")
        except Unreadable as error:
            self.problem = self.problem or f"{name} cannot be read: {error}"
            return ""

    @functools.cached_property
    def metadata(self) -> Metadata:
        """What METADATA (of eggs: PKG-INFO) says; the fields of a missing or broken one are empty."""
        file = self.metadata_path.rpartition("/")[2]
        text = self._read(file, METADATA_LIMIT)
        if text is None and not self.problem:
            self.problem = f"{file} is missing"
        if not text:
            return Metadata()
        from email.parser import HeaderParser

        head = text.replace("\r\n", "\n").partition("\n\n")[0]
        # what is not UTF-8 would come back as objects that refuse to be text
        found = HeaderParser().parsestr(head.encode("utf-8", "replace").decode())
        if not self.problem and not (found.get("Name") and found.get("Version")):
            self.problem = f"{file} has no name or no version"
        return Metadata(
            name=found.get("Name", "").strip(),
            version=found.get("Version", "").strip(),
            requires=tuple(line.strip() for line in found.get_all("Requires-Dist", [])[:REQUIREMENTS_LIMIT]),
            requires_python=found.get("Requires-Python", "").strip(),
            extras=tuple(line.strip() for line in found.get_all("Provides-Extra", [])),
        )

    @functools.cached_property
    def tags(self) -> tuple[str, ...]:
        """The tags of WHEEL, as ``cp313-cp313-manylinux_2_17_x86_64``; () where it says nothing."""
        lines = (line.partition(":") for line in self.text("WHEEL", 1 << 16).splitlines())
        return tuple(value.strip() for key, _, value in lines if key.strip().lower() == "tag")

    @functools.cached_property
    def top_level(self) -> tuple[str, ...]:
        """The names of top_level.txt, () where there is none."""
        lines = (line.strip() for line in self.text("top_level.txt", 1 << 20).splitlines())
        return tuple(line for line in lines if line and "/" not in line)

    @functools.cached_property
    def entry_points(self) -> tuple[tuple[str, str, str], ...]:
        """(group, name, object reference) of entry_points.txt, which is a format of its own (PyPA, entry points)."""
        text = self.text("entry_points.txt", 1 << 20)
        if not text:
            return ()
        import configparser

        parser = configparser.RawConfigParser(delimiters=("=",), strict=False, interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep case
        try:
            parser.read_string(text)
        except configparser.Error:
            self.problem = self.problem or "entry_points.txt cannot be read"
            return ()
        return tuple((group, name, value.strip()) for group in parser.sections() for name, value in parser.items(group))


class Distributions:
    """All distributions of a merged view, and who owns which file."""

    def __init__(self, merged: Merged) -> None:
        self._merged = merged
        self.all: tuple[Distribution, ...] = tuple(_found(merged))
        self.owners: dict[str, Distribution] = {}
        for item in self.all:
            self._record(item)
        self._complete()

    def named(self, name: str) -> tuple[Distribution, ...]:
        """The distributions of a name, in any spelling; several where it is there more than once."""
        key = normalized(name)
        return tuple(item for item in self.all if item.key == key)

    @functools.cached_property
    def files(self) -> Mapping[Distribution, tuple[str, ...]]:
        """The files that each distribution owns."""
        owned: dict[Distribution, list[str]] = {item: [] for item in self.all}
        for path, owner in self.owners.items():
            owned[owner].append(path)
        return {owner: tuple(paths) for owner, paths in owned.items()}

    def owner(self, path: str) -> Distribution | None:
        """Whose file it is, None for the function's own code and for what has lost its metadata."""
        return self.owners.get(path)

    def _record(self, item: Distribution) -> None:
        """Take what RECORD lists."""
        files, owners, prefix, missing = self._merged.files, self.owners, f"{item.root}/", []
        text = item.text("RECORD", RECORD_LIMIT)
        item.recorded = bool(text)
        for name in _rows(text) if text else _installed_files(item):
            path = prefix + name
            if path not in files:
                path = _relocated(item.root, name)
                if path not in files:
                    missing.append(name)
                    continue
            owners[path] = item
        item.missing = tuple(name for name in missing if not name.endswith((".pyc", "/")) and ".." not in name)

    def _complete(self) -> None:
        """Give what no RECORD lists to the distribution around it: bytecode, and files of those without a RECORD."""
        owners, files = self.owners, self._merged.files
        roots = frozenset(self._merged.search_path)
        left = [path for path in files if path not in owners and path.rpartition("/")[0] not in roots]
        if not left and all(item.recorded for item in self.all):
            return
        sole: dict[str, Distribution | None] = {}  # directory → the one distribution with files in it
        for path, owner in owners.items():
            directory = path.rpartition("/")[0]
            if sole.setdefault(directory, owner) is not owner:
                sole[directory] = None
        for item in self.all:
            sole[item.path] = item
            if not item.recorded:
                for name in item.top_level or (item.name, item.name.replace("-", "_"), item.name.lower()):
                    directory = f"{item.root}/{name}"
                    if directory in self._merged.directories:
                        sole.setdefault(directory, item)
                    if f"{directory}.py" in files:
                        owners.setdefault(f"{directory}.py", item)
        for path in left:
            directory, _, name = path.rpartition("/")
            cached = directory.endswith("/__pycache__")
            near = owners.get(f"{directory[:-12]}/{name.partition('.')[0]}.py") if cached else None
            walked = []
            while near is None and directory and directory not in roots and directory not in sole:
                walked.append(directory)
                directory = directory.rpartition("/")[0]
            if near is None and directory not in roots:
                near = sole.get(directory)
            sole.update(dict.fromkeys(walked, near))
            if near is not None:
                owners[path] = near

    @functools.cached_property
    def unowned(self) -> Mapping[str, tuple[str, ...]]:
        """Files that no distribution owns, by the first name below their directory of the search path."""
        found: dict[str, list[str]] = {}
        places = (*self._merged.search_path, *(part.mount for part in self._merged.parts))
        roots = sorted({f"{root}/" for root in places}, key=len, reverse=True)
        for path in self._merged.files:
            if path in self.owners:
                continue
            root = next((root for root in roots if path.startswith(root)), "")
            found.setdefault(root + path[len(root) :].partition("/")[0], []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}


def _found(merged: Merged) -> Iterator[Distribution]:
    inside = [path for path in merged.files if "-info/" in path]
    for root in merged.search_path:
        start = len(root) + 1
        names = {path[start:].partition("/")[0] for path in inside if path.startswith(f"{root}/")}
        for name in sorted(names):
            if name.endswith((".dist-info", ".egg-info")):
                yield Distribution(merged, f"{root}/{name}")


def _rows(text: str) -> Iterable[str]:
    """The paths of a RECORD, or of a file that has one to a line."""
    if '"' not in text:
        return [line.partition(",")[0] for line in text.splitlines() if line]
    import csv

    csv.field_size_limit(RECORD_LIMIT)
    try:
        return [row[0] for row in csv.reader(text.splitlines()) if row]
    except csv.Error:
        return []


def _installed_files(item: Distribution) -> Iterable[str]:
    """The paths that an egg lists, relative to what they are installed in."""
    directory = item.path.rpartition("/")[2]
    for line in _rows(item.text("installed-files.txt")):
        yield line.removeprefix("../") if line.startswith("../") else f"{directory}/{line}"


def _relocated(root: str, name: str) -> str:
    """Where ``pip install --target`` puts what belongs outside of site-packages: ``../../bin/x`` in ``bin/x``."""
    while name.startswith("../"):
        name = name[3:]
    return f"{root}/{name}"
