"""What in an artifact unpackers refuse, disagree on or write elsewhere: names, duplicates, links, permissions.

The kinds of `Oddity`: ``escape`` (a path or link that leads out of the artifact), ``absolute``, ``backslash``,
``unclean`` (an empty name, ``.`` or ``//`` in a path), ``nul``, ``long``, ``duplicate``, ``clash`` (a file where other
entries need a directory), ``special`` (a device, FIFO or socket), ``mode`` (closed to all but the owner, who is not the
user that functions run as), ``setuid``, and ``portable``: fine on Linux, but other systems refuse the name or take two
of them for one. Those of the structure come from the archive itself: ``prepended``, ``appended``, ``count``,
``encoding``, ``method``.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence

from lambdalint.bundle.archive import Archive, Oddity
from lambdalint.patterns import regex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.entries import Artifact, Entry

PATH_LIMIT, NAME_LIMIT = 4_095, 255  # bytes of a path and of each name in it, on Linux
# What most artifacts have no name of, so that one look at each does.
_ODD = regex(
    r"""(?ix) [\\\0:] | ^$ | ^[/~] | // | (?:^|/)\.{1,2}(?:/|$) | [. ](?:/|$) | [^/]{64} | ^.{1024}
    | (?:^|/)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.[^/]*)?(?:/|$)""",
)
_DRIVE = regex(r"[A-Za-z]:[\\/]")
_RESERVED = regex(r"(?i)(?:^|/)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.[^/]*)?(?:/|$)|[. ](?:/|$)|[:<>|?*\"]|^~")


def hazards(artifact: Artifact) -> list[Oddity]:
    """What is odd about an artifact, sorted by what and where."""
    entries = artifact.entries()
    found = list(artifact.oddities) if isinstance(artifact, Archive) else []
    for entry in entries:
        if _ODD.search(entry.path):
            found += _names(entry)
    found += _pairs(entries)
    found += _modes(entries)
    if isinstance(artifact, Archive):
        found += _links(artifact, entries)
    return sorted(found)


def _names(entry: Entry) -> Iterator[Oddity]:
    path = entry.path
    parts = path.rstrip("/").split("/")
    if "\0" in path:
        yield Oddity("nul", path, "a name with a NUL, where some unpackers cut it")
    elif _DRIVE.match(path):
        yield Oddity("absolute", path, "a path of Windows with a drive")
    elif "\\" in path:
        yield Oddity("backslash", path, "a backslash, which on Linux is part of the file's name and no separator")
    elif path.startswith("/"):
        yield Oddity("absolute", path, "an absolute path")
    elif ".." in parts:
        yield Oddity("escape", path, "a path with .., which leads out of the archive or is refused")
    elif not all(parts) or "." in parts:
        yield Oddity("unclean", path, "an empty part or . in the path, which unpackers treat differently")
    elif len(path.encode("utf-8", "replace")) > PATH_LIMIT:
        yield Oddity("long", path, f"a path of more than {PATH_LIMIT:,} bytes, which Linux refuses")
    elif any(len(part.encode("utf-8", "replace")) > NAME_LIMIT for part in parts):
        yield Oddity("long", path, f"a name of more than {NAME_LIMIT} bytes, which Linux refuses")
    elif _RESERVED.search(path):
        yield Oddity("portable", path, "a name that Windows or a shell takes for something else")


def _pairs(entries: Sequence[Entry]) -> Iterator[Oddity]:
    """Entries that are in each other's way."""
    names: set[str] = set()
    files: set[str] = set()
    for entry in entries:
        if len(entry.path) > PATH_LIMIT:
            continue  # refused anyway, and a name of thousands of directories is long to take apart
        if entry.path in names and not entry.is_directory:
            yield Oddity("duplicate", entry.path, "stored twice; which of the two counts depends on the unpacker")
        names.add(entry.path)
        if not entry.is_directory:
            files.add(entry.path)
    folded: dict[str, str] = {}
    checked: set[str] = set()
    for name in names:
        directory = name.rstrip("/").rpartition("/")[0]
        while directory and directory not in checked:
            checked.add(directory)
            if directory in files:
                yield Oddity("clash", directory, f"a file, but {name} needs a directory of that name")
            directory = directory.rpartition("/")[0]
        key = _folded(name)
        other = folded.setdefault(key, name)
        if other != name:
            first, second = sorted((other, name))
            yield Oddity("portable", second, f"differs from {first} by case or accents only")
    if any(f"{name}/" in names for name in files):
        for name in sorted(files):
            if f"{name}/" in names and name not in checked:
                yield Oddity("clash", name, "both a file and a directory")


def _folded(name: str) -> str:
    if name.isascii():
        return name.rstrip("/").lower()
    import unicodedata  # only where a name is not ASCII

    return unicodedata.normalize("NFC", name).rstrip("/").casefold()


def _modes(entries: Sequence[Entry]) -> Iterator[Oddity]:
    # a few modes are shared by all
    for mode in sorted({entry.mode for entry in entries if entry.mode != -1}):
        kind = stat.S_IFMT(mode)
        link = kind == stat.S_IFLNK
        named = {entry.path for entry in entries if entry.mode == mode}
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
            yield from (Oddity("special", path, "neither file nor directory nor link") for path in named)
            continue
        if mode & (stat.S_ISUID | stat.S_ISGID) and kind != stat.S_IFDIR:
            yield from (Oddity("setuid", path, f"runs as its owner (mode {mode & 0o7777:04o})") for path in named)
        for path in () if link else named:
            wanted = 0o005 if path.endswith("/") else 0o004
            if mode & wanted != wanted:
                done = "enter" if path.endswith("/") else "read"
                text = f"mode {mode & 0o7777:04o}: the user that functions run as may not {done} it"
                yield Oddity("mode", path, text)


def _links(artifact: Archive, entries: Sequence[Entry]) -> Iterator[Oddity]:
    links = {entry.path for entry in entries if entry.is_link}
    if not links:
        return
    for entry in entries:
        if entry.path in links and not artifact.target(entry):
            yield Oddity("escape", entry.path, "a link that leads out of the archive")
        parts = entry.path[:PATH_LIMIT].split("/")
        above = next((p for n in range(1, len(parts)) if (p := "/".join(parts[:n])) in links), "")
        if above:
            yield Oddity("escape", entry.path, f"lies below {above}, which is a link")
