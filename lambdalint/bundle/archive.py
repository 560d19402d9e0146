"""Zip archives, read by their central directory. Nothing is ever extracted.

Python's zipfile takes what an archive says for granted: it accepts counts that lie, members that overlap, a second
archive in a comment, headers that contradict the directory, and it needs four times as long. What is read here is
checked first: every range lies inside the file and none overlaps another, each header agrees with the directory, and
what a member unpacks to is counted while it is unpacked. The format: APPNOTE.TXT 6.3.10 of PKWARE.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class

from lambdalint.bundle.entries import ENTRIES_LIMIT, Entry, read_at
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

STORED = 0
DEFLATED = 8
OTHER_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
VERSION_LIMIT = 63  # the highest version that APPNOTE knows a meaning of
ENCRYPTED = 1 << 0
STREAMED = 1 << 3  # sizes and checksum stand behind the data
UTF8 = 1 << 11
UNIX_SYSTEMS = (3, 19)  # the system that wrote the entry and its mode: Unix, macOS
DIRECTORY_ATTRIBUTE = 0x10  # of DOS
FILE_TYPES = 0o170000

RATIO_LIMIT = 200  # of a whole archive; Python code packs 3 to 5 times
RATIO_FLOOR = 100 << 20  # below that many bytes the ratio does not matter
WORK_LIMIT = 1 << 30  # bytes that are unpacked of one archive in one run
DIRECTORY_LIMIT = 64 << 20  # bytes of a central directory
COMMENT_LIMIT = 0xFFFF
CHUNK = 1 << 16  # bytes of compressed data that are read at a time
STORED_CHUNK = 1 << 20
LINK_LIMIT = 8  # links that are followed for one file
PATH_LIMIT = 4_096  # bytes of a link's target

_END = Struct("<4s4H2LH")
_LOCATOR = Struct("<4sLQL")
_END64 = Struct("<4sQ2H2L4Q")
_CENTRAL = Struct("<4s2B2B4H3L5H2L")
_LOCAL = Struct("<4s5H3L2H")
_FIELD = Struct("<2H")
_LONG = Struct("<Q")
_MAX32 = 0xFFFFFFFF
_MAX16 = 0xFFFF


class BadArchive(Unreadable):
    """A file that is no archive, or one that nobody should unpack. ``str()`` is the reason."""


class Oddity(NamedTuple):
    """Something in the structure of an archive on which unpackers disagree: ``kind``, the entry's path, a sentence."""

    kind: str
    path: str
    detail: str


class Archive:
    """One zip archive.

    Args:
        opener: gives a handle of the file, which is closed after use.

    Raises:
        BadArchive: it cannot be read, and why.
    """

    def __init__(self, opener: Callable[[], tuple[int, os.stat_result]]) -> None:
        self._open = opener
        self.oddities: list[Oddity] = []
        self._entries: list[Entry] = []
        self._directories: dict[str, frozenset[str]] | None = None
        self._stored_names: list[bytes] = []
        self._names: dict[str, Entry] | None = None
        self._links = False
        self._work = 0
        self._shift = 0  # bytes before the archive
        self._state: tuple[int, int] | None = None
        try:
            handle, info = opener()
            try:
                self.size = info.st_size
                self._state = (info.st_size, info.st_mtime_ns)
                self._read_directory(handle)
            finally:
                os.close(handle)
        except BadArchive:
            raise
        except Unreadable as error:
            raise BadArchive(str(error)) from None
        except OSError as error:
            raise BadArchive(error.strerror or "cannot be read") from None
        except (StructError, ValueError, OverflowError, MemoryError, IndexError) as error:
            # no such input is known; a reader of hostile bytes has one net all the same
            raise BadArchive(f"its structure cannot be read ({error.__class__.__name__})") from None

    # -- the directory

    def _read_directory(self, handle: int) -> None:
        count, start, length, end = self._find_directory(handle)
        if length > DIRECTORY_LIMIT or length // _CENTRAL.size > 4 * ENTRIES_LIMIT:
            raise BadArchive(f"more than {ENTRIES_LIMIT:,} entries")
        data = read_at(handle, start, length)
        if len(data) != length:
            raise BadArchive("cut off: its directory is incomplete")
        self._parse_directory(data, start)
        found = len(self._entries)
        if count != found % (1 << 16) and count != found:
            if end:
                raise BadArchive(f"its end announces {count:,} entries, its directory lists {found:,}")
            self._odd("count", "", f"its end announces {count:,} entries, its directory lists {found:,}")
        if not found:
            raise BadArchive("an archive without entries")

    def _find_directory(self, handle: int) -> tuple[int, int, int, bool]:
        """How many entries are announced, where the directory starts, its length, whether that is of ZIP64."""
        size = self.size
        if size == 0:
            raise BadArchive("empty file")
        tail_start = max(size - _END.size - COMMENT_LIMIT - _LOCATOR.size, 0)
        tail = read_at(handle, max(size - 4096, 0), 4096)
        at = _end_record(tail)
        if at < 0 and size > 4096:
            tail = read_at(handle, tail_start, size - tail_start)
            at = _end_record(tail)
        if at < 0:
            raise BadArchive("not a zip archive, or its end is missing")
        position = size - len(tail) + at
        _, disk, start_disk, _, count, length, offset, comment = _END.unpack_from(tail, at)
        behind = size - position - _END.size - comment
        if behind < 0:
            raise BadArchive("cut off: its end is incomplete")
        if behind:
            self._odd("appended", "", f"{behind:,} bytes follow the end of the archive")
        if disk or start_disk:
            raise BadArchive("part of an archive of several volumes")
        long = False
        if position >= _LOCATOR.size:
            locator = read_at(handle, position - _LOCATOR.size, _LOCATOR.size)
            if locator[:4] == b"PK\6\7":
                _, disk, where, disks = _LOCATOR.unpack(locator)
                if disk or disks > 1:
                    raise BadArchive("part of an archive of several volumes")
                record = read_at(handle, where, _END64.size) if where < size else b""
                if record[:4] != b"PK\6\6":
                    raise BadArchive("its ZIP64 end is not where its locator says")
                _, record_size, _, _, disk, start_disk, _, count, length, offset = _END64.unpack(record)
                if disk or start_disk:
                    raise BadArchive("part of an archive of several volumes")
                if where + record_size + 12 != position - _LOCATOR.size:
                    raise BadArchive("its ZIP64 end has another length than it says")
                position = where
                long = True
        start = position - length
        self._shift = start - offset
        if start < 0 or self._shift < 0:
            raise BadArchive("its directory is not where its end says")
        if self._shift:
            self._odd("prepended", "", f"{self._shift:,} bytes precede the archive")
        return count, start, length, long

    def _parse_directory(self, data: bytes, limit: int) -> None:
        """Read all entries. ``limit`` is where the data of the members ends."""
        unpack, header, entries, shift = _CENTRAL.unpack_from, _CENTRAL.size, self._entries, self._shift
        append, new = entries.append, tuple.__new__  # a named tuple's own maker takes three times as long
        times: dict[int, int] = {}
        sound: set[bytes] = set()  # extra fields that were looked at
        names = self._stored_names
        ranges: list[tuple[int, int]] = []
        at, end, last, ordered = 0, len(data), 0, True
        total = 0
        while at < end:
            if data[at : at + 4] != b"PK\1\2":
                raise BadArchive(f"its directory is broken after {len(entries):,} entries")
            if len(entries) >= ENTRIES_LIMIT:
                raise BadArchive(f"more than {ENTRIES_LIMIT:,} entries")
            # fmt: off
            (_, _, system, version, _, flags, method, time, date, crc, packed, size, n, m, k, disk, _, attributes,
             offset) = unpack(data, at)
            # fmt: on
            name = data[at + header : at + header + n]
            extra = data[at + header + n : at + header + n + m]
            at += header + n + m + k
            if at > end:
                raise BadArchive("its directory is cut off")
            names.append(name)
            path = self._decoded(name, flags)
            if m and (extra not in sound or _MAX32 in (size, packed, offset)):
                size, packed, offset = _long(extra, path, size, packed, offset)
                sound.add(extra)
            if disk not in (0, _MAX16) or version > VERSION_LIMIT:
                raise BadArchive(f"{path} needs version {version / 10} of the format, or another volume")
            if flags & ENCRYPTED:
                raise BadArchive(f"{path} is encrypted")
            if method not in (DEFLATED, STORED):
                self._method(method, path)
            elif method == STORED and packed != size:
                raise BadArchive(f"{path} is stored and has two sizes")
            offset += shift
            stop = offset + 30 + n + packed
            if stop > limit:
                raise BadArchive(f"{path} would lie beyond the end of the archive")
            ordered = ordered and offset >= last
            last = stop
            ranges.append((offset, stop))
            total += size
            stamp = date << 16 | time
            mtime = times.get(stamp)
            if mtime is None:
                mtime = times[stamp] = _seconds(date, time)
            mode = -1
            if system in UNIX_SYSTEMS:
                mode = attributes >> 16
                if mode & FILE_TYPES == 0o120000:
                    self._links = True
            if attributes & DIRECTORY_ATTRIBUTE and size == 0 and not path.endswith("/"):
                path += "/"
            append(new(Entry, (path, size, packed, mode, mtime, crc, offset, method, flags)))
        if not ordered:
            _check_overlaps(ranges)
        if total > RATIO_FLOOR and total > RATIO_LIMIT * self.size:
            raise BadArchive(f"it would unpack to {total:,} bytes, {total // self.size:,} times its size")

    def _decoded(self, name: bytes, flags: int) -> str:
        try:
            return name.decode()  # also without the flag: macOS and many tools leave it out
        except UnicodeDecodeError:
            shown = name.decode("cp437")
            if flags & UTF8:
                raise BadArchive(f"the name {shown[:60]} is not the UTF-8 that it claims to be") from None
            self._odd("encoding", shown, "a name that is not UTF-8, which systems decode differently")
            return shown

    def _method(self, method: int, path: str) -> None:
        known = OTHER_METHODS.get(method)
        if known is None:
            raise BadArchive(f"{path} is compressed by an unknown method ({method})")
        self._odd("method", path, f"compressed by {known}, which Lambda is not known to unpack")

    def _odd(self, kind: str, path: str, detail: str) -> None:
        self.oddities.append(Oddity(kind, path, detail))

    # -- the members

    def check_headers(self) -> None:
        """See that each member's own header says what the directory says: unpackers read one or the other.

        Raises:
            BadArchive: one does not.
        """
        handle = self._reopen()
        try:
            for entry, name in zip(self._entries, self._stored_names, strict=True):
                self._header(handle, entry, name)
        except Unreadable as error:
            raise BadArchive(str(error)) from None
        except OSError as error:
            raise BadArchive(error.strerror or "cannot be read") from None
        finally:
            os.close(handle)

    def _header(self, handle: int, entry: Entry, name: bytes | None = None) -> int:
        """Where the data of a member starts, if its header says the same as the directory."""
        data = read_at(handle, entry.offset, _LOCAL.size + len(name or b""))
        if len(data) < _LOCAL.size or data[:4] != b"PK\3\4":
            raise Unreadable(f"{entry.path} is not where the directory of its archive says")
        _, _, flags, method, _, _, crc, packed, size, n, m = _LOCAL.unpack_from(data)
        if name is not None and (n != len(name) or data[_LOCAL.size :] != name):
            raise Unreadable(f"{entry.path} has another name in its own header")
        if flags & ENCRYPTED or method != entry.method:
            raise Unreadable(f"{entry.path} has another compression in its own header")
        if not flags & STREAMED and (
            crc != entry.crc or size not in (entry.size, _MAX32) or packed not in (entry.packed, _MAX32)
        ):
            raise Unreadable(f"{entry.path} has another size or checksum in its own header")
        return entry.offset + _LOCAL.size + int(n) + int(m)

    def _reopen(self) -> int:
        handle, info = self._open()
        if (info.st_size, info.st_mtime_ns) != self._state:
            os.close(handle)
            raise Unreadable("its archive was changed meanwhile")
        return handle

    def entries(self) -> Sequence[Entry]:
        """See `Artifact.entries`."""
        return self._entries

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return self._find(path) is not None

    def names(self, directory: str) -> frozenset[str]:
        """See `Tree.names`."""
        if self._directories is None:
            found: dict[str, set[str]] = {}
            for entry in self._entries:
                path = entry.path.rstrip("/")
                while path:
                    above, _, name = path.rpartition("/")
                    names = found.setdefault(above, set())
                    if name in names:
                        break
                    names.add(name)
                    path = above
            self._directories = {above: frozenset(names) for above, names in found.items()}
        return self._directories.get(directory, frozenset())

    def read(self, path: str, limit: int) -> bytes:
        """See `Tree.read`. A member with another size or checksum than the directory says cannot be read."""
        entry = self._member(path)
        if entry.size > limit:
            raise Unreadable(f"larger than {limit:,} bytes")
        data = b"".join(self._unpacked(entry, entry.size))
        if zlib.crc32(data) != entry.crc:
            raise Unreadable("its checksum in the archive is wrong")
        return data

    def parts(self, path: str, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """See `Artifact.parts`. What precedes the last span is unpacked, and not kept."""
        entry = self._member(path)
        found = [bytearray() for _ in spans]
        end = min(max((offset + length for offset, length in spans), default=0), entry.size)
        at = 0
        for chunk in self._unpacked(entry, end):
            for (offset, length), part in zip(spans, found, strict=True):
                if at < offset + length and at + len(chunk) > offset:
                    part.extend(chunk[max(offset - at, 0) : offset + length - at])
            at += len(chunk)
        return [bytes(part) for part in found]

    def _member(self, path: str) -> Entry:
        entry = self._find(path)
        if entry is None:
            raise Unreadable("not a file of the archive")
        return entry

    def _find(self, path: str) -> Entry | None:
        """The regular file at ``path``, through links that stay in the archive; of several entries the last."""
        if self._names is None:
            self._names = {entry.path: entry for entry in self._entries}
        entry = self._names.get(path)
        if entry is None and self._links:
            path = self._followed(path)
            entry = self._names.get(path)
        for _ in range(LINK_LIMIT):
            if entry is None or entry.is_file:
                return entry
            if not entry.is_link:
                return None
            path = self._followed(self.target(entry))
            entry = self._names.get(path)
        return None

    def _followed(self, path: str) -> str:
        """``path`` with links among its directories replaced by what they lead to."""
        assert self._names is not None
        for _ in range(LINK_LIMIT):
            parts = path.split("/")
            for count in range(1, len(parts)):
                entry = self._names.get("/".join(parts[:count]))
                if entry is not None and entry.is_link:
                    path = "/".join((self.target(entry), *parts[count:]))
                    break
            else:
                return path
        return ""

    def target(self, entry: Entry) -> str:
        """Where in the archive a link leads, "" where it leads out of it."""
        if entry.size > PATH_LIMIT:
            return ""
        try:
            target = b"".join(self._unpacked(entry, entry.size)).decode("utf-8", "surrogateescape")
        except Unreadable:
            return ""
        parts = [] if target.startswith("/") else entry.path.split("/")[:-1]
        if target.startswith("/"):
            return ""
        for part in target.split("/"):
            if part == "..":
                if not parts:
                    return ""
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts)

    def _unpacked(self, entry: Entry, end: int) -> Iterator[bytes]:
        """The first ``end`` bytes of a member, in chunks; whoever asks for all gets all or an error."""
        if entry.method not in (STORED, DEFLATED):
            raise Unreadable(f"compressed by {OTHER_METHODS[entry.method]}, which Lambda is not known to unpack")
        self._work += end
        if self._work > WORK_LIMIT:
            raise Unreadable(f"more than {WORK_LIMIT:,} bytes were unpacked of its archive already")
        handle = self._reopen()
        try:
            start = self._header(handle, entry)
            yield from _stored(handle, start, end) if entry.method == STORED else _inflated(handle, start, entry, end)
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be read") from None
        except zlib.error:
            raise Unreadable("its compressed data is broken") from None
        finally:
            os.close(handle)


def _stored(handle: int, start: int, end: int) -> Iterator[bytes]:
    at = 0
    while at < end:
        data = read_at(handle, start + at, min(STORED_CHUNK, end - at))
        if not data:
            raise Unreadable("its data in the archive is cut off")
        at += len(data)
        yield data


def _inflated(handle: int, start: int, entry: Entry, end: int) -> Iterator[bytes]:
    packed = entry.packed or 0
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    given = read = 0
    while True:
        data = stream.unconsumed_tail
        if not data and not stream.eof:
            data = read_at(handle, start + read, min(CHUNK, packed - read))
            read += len(data)
            if not data:
                break
        # a byte more than the directory says shows that it lies
        found = stream.decompress(data, min(CHUNK * 16, entry.size - given + 1)) if not stream.eof else b""
        given += len(found)
        if given > entry.size:
            raise Unreadable(f"it unpacks to more than the {entry.size:,} bytes that the archive says")
        if found:
            yield found
        if stream.eof or (given >= end and end < entry.size):
            break
    if end == entry.size and (given != end or not stream.eof):
        raise Unreadable(f"it unpacks to {given:,} bytes, not to the {entry.size:,} that the archive says")


def _end_record(tail: bytes) -> int:
    """Where the last end record in the last bytes of a file starts, -1 where there is none."""
    at = len(tail) - _END.size
    if at >= 0 and tail[at : at + 4] == b"PK\5\6" and tail[-2:] == b"\0\0":
        return at
    return tail.rfind(b"PK\5\6", 0, max(at + 4, 0))


def _long(extra: bytes, path: str, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Size, packed size and offset of an entry, with those that its ZIP64 field holds."""
    at = 0
    while at < len(extra):
        if at + _FIELD.size > len(extra):
            # some writers pad with a few zeros, which all unpackers accept
            if extra[at:].strip(b"\0"):
                raise BadArchive(f"{path} has a broken extra field")
            break
        kind, length = _FIELD.unpack_from(extra, at)
        at += _FIELD.size
        if at + length > len(extra):
            raise BadArchive(f"{path} has an extra field that is longer than its record")
        if kind == 1:
            values = [_LONG.unpack_from(extra, where)[0] for where in range(at, at + length - 7, 8)]
            given = iter(values)
            size = next(given, size) if size == _MAX32 else size
            packed = next(given, packed) if packed == _MAX32 else packed
            offset = next(given, offset) if offset == _MAX32 else offset
        at += length
    return size, packed, offset


def _check_overlaps(ranges: list[tuple[int, int]]) -> None:
    """Raises: BadArchive: two members share bytes."""
    last = 0
    for start, end in sorted(ranges):
        if start < last:
            raise BadArchive("its members overlap, so that little data unpacks to much")
        last = end


def _seconds(date: int, time: int) -> int:
    """Seconds of a DOS date and time, taken for UTC; 0 for a date that is none."""
    year, month, day = 1980 + (date >> 9), date >> 5 & 15, date & 31
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return 0
    # days from the civil calendar, with years that start in March; time.mktime knows the local zone only
    year -= month <= 2
    era = year // 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    year_of_era = year - era * 400
    days = era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468
    return days * 86_400 + (time >> 11) * 3_600 + (time >> 5 & 63) * 60 + (time & 31) * 2
