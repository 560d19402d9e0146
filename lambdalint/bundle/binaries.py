"""Native files, by what they hold and not by their names: for which machine, what they need, what could be stripped.

An own reader of ELF: packaging's knows no version needs and is private; pyelftools (public domain, pure Python) knows
all of it, but takes 130 ms to import, wants the whole file in memory, and is no judge of hostile offsets and counts.
Everything is read by offset and length, bounded by the file's size, and what does not fit is a problem with a reason.
The format: System V ABI, gABI 4.1, chapters 4 and 5; symbol versions: LSB Core 5.0, chapter 10.7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class

from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.layers import Merged

ELF, MACHO, PE = "ELF", "Mach-O", "PE"
MACHINES = {62: "x86_64", 183: "aarch64", 3: "i386", 40: "arm", 243: "riscv64", 21: "ppc64", 22: "s390x"}
MACHO_MACHINES = {7: "i386", 0x01000007: "x86_64", 12: "arm", 0x0100000C: "aarch64"}
PE_MACHINES = {0x14C: "i386", 0x8664: "x86_64", 0xAA64: "aarch64"}

HEAD = 4096  # bytes that are read first: the header, and most program headers
# Then what holds most tables, at both ends: an archive unpacks all that precedes a span, so once is best.
START, TAIL = 512 << 10, 256 << 10
SECTIONS_LIMIT = 4_096
SEGMENTS_LIMIT = 512
ENTRIES_LIMIT = 65_536  # of a dynamic section
NAMES_LIMIT = 8 << 20  # bytes of a table of names
VERSIONS_SPAN = 16 << 10  # bytes of the table of versions, whose length nothing tells; 1 KB is usual
NEEDS_LIMIT = 4_096  # versions, and libraries, that one file needs
_MACHO = {b"\xfe\xed\xfa\xce": ">", b"\xfe\xed\xfa\xcf": ">", b"\xce\xfa\xed\xfe": "<", b"\xcf\xfa\xed\xfe": "<"}
_FAT = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
# x.cpython-312-x86_64-linux-gnu.so, x.abi3.so, x.cp312-win_amd64.pyd
_TAGGED = regex(r"\.(?P<tag>(?:cpython-\d+\w*|pypy\d+-pp\d+)(?:-[\w.-]+)?|abi3|cp\d+\w*(?:-\w+)?)\.(?:so|pyd|dylib)$")
_CPYTHON = regex(r"cpython-(\d)(\d+)(\w*)(?:-(.+))?$")
_VERSION = regex(r"GLIBC_(\d+(?:\.\d+)*)$")


class Native(NamedTuple):
    """One native file.

    ``machine`` is the kernel's name of its machine (``x86_64``, ``aarch64``), a number where nobody knows one, "" where
    it cannot be read; universal files of macOS have several, with a plus between. ``needs`` are the libraries that it
    is linked with (DT_NEEDED), ``runpath`` the directories where it looks for them first (RUNPATH, else RPATH;
    ``$ORIGIN`` is its own). ``versions`` are (library, version) of the symbols that it needs, as ``("libc.so.6",
    "GLIBC_2.17")``. ``debug`` are the bytes of debug sections and of the symbol table, which nothing loads. ``soname``
    is the name that others know it by. ``problem`` says what cannot be read of it.
    """

    kind: str
    bits: int = 0
    machine: str = ""
    soname: str = ""
    needs: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    debug: int = 0
    is_library: bool = False
    problem: str = ""

    @property
    def glibc(self) -> tuple[int, ...] | None:
        """The version of the C library that it needs, None where it needs none."""
        found = [tuple(map(int, match[1].split("."))) for _, name in self.versions if (match := _VERSION.match(name))]
        return max(found, default=None)


def kind_of(head: bytes) -> str:
    """``ELF``, ``Mach-O``, ``PE`` or nothing, by the first bytes of a file (64 are enough)."""
    magic = head[:4]
    if magic == b"\x7fELF":
        return ELF
    if magic in _MACHO:
        return MACHO
    if magic in _FAT:
        # Java classes begin the same way; theirs is a version from 45 on where the other has a count of machines
        return MACHO if len(head) >= 8 and int.from_bytes(head[4:8], "big") < 40 else ""
    if magic[:2] == b"MZ" and len(head) >= 64:
        return PE
    return ""


class Tag(NamedTuple):
    """What the name of an extension module says. ``python`` is None for any version; ``platform`` may be ""."""

    text: str
    python: tuple[int, int] | None = None
    abi: str = ""  # what stands behind the version: "t" for free-threaded, "d" for debug builds
    platform: str = ""


def tag_of(name: str) -> Tag | None:
    """The tag in the name of an extension module, None where it has none (then any interpreter tries to load it)."""
    found = _TAGGED.search(name)
    if found is None:
        return None
    text = found["tag"]
    python = _CPYTHON.match(text)
    if python is None:
        return Tag(text)
    return Tag(text, (int(python[1]), int(python[2])), python[3], python[4] or "")


Read = Callable[[Sequence[tuple[int, int]]], list[bytes]]


def read_native(read: Read, size: int) -> Native | None:
    """A native file, None for any other.

    Args:
        read: gives the bytes of some (offset, length).
        size: of the file.
    """
    head = read([(0, min(HEAD, size))])[0]
    kind = kind_of(head)
    try:
        if kind == ELF:
            return _Elf(read, size, head).native()
        if kind == MACHO:
            return _macho(head)
        if kind == PE:
            return _pe(read, head, size)
    except (StructError, IndexError, ValueError, OverflowError) as error:
        return Native(kind, problem=str(error) or "its structure cannot be read")
    return None


class _Elf:
    """Reads one ELF file in three steps: its header; where the tables are; what they name."""

    def __init__(self, read: Read, size: int, head: bytes) -> None:
        self.read, self.size, self.head = read, size, head
        self.pieces: list[tuple[int, bytes]] = [(0, head)]
        if len(head) < 20 or head[4] not in (1, 2) or head[5] not in (1, 2):
            raise ValueError("its header is broken")
        self.wide = head[4] == 2
        self.order = "<" if head[5] == 1 else ">"
        self.word = self.order + ("Q" if self.wide else "L")

    def unpack(self, form: str, data: bytes, at: int = 0) -> tuple[int, ...]:
        return Struct(self.order + form).unpack_from(data, at)

    def span(self, offset: int, length: int, limit: int) -> tuple[int, int]:
        if offset > self.size or length > self.size - offset:
            raise ValueError("a table of it lies beyond its end")
        if length > limit:
            raise ValueError("a table of it is larger than the limits allow")
        return offset, length

    def bytes_of(self, *spans: tuple[int, int]) -> list[bytes]:
        """Some (offset, length), from what was read already where that holds them."""
        lacking = [span for span in spans if self.held(span) is None]
        if lacking:
            self.pieces += zip((offset for offset, _ in lacking), self.read(lacking), strict=True)
        found = [self.held(span) for span in spans]
        if None in found:
            raise ValueError("it is cut off")
        return [part for part in found if part is not None]

    def held(self, span: tuple[int, int]) -> bytes | None:
        offset, length = span
        for start, data in self.pieces:
            if start <= offset and offset + length <= start + len(data):
                return data[offset - start : offset - start + length]
        return None

    def native(self) -> Native:
        form = "2HL3QL6H" if self.wide else "2HL3LL6H"
        kind, machine, _, _, segments, sections, _, _, segment, count, section, number, names = self.unpack(
            form, self.head, 16
        )
        found = Native(
            ELF,
            64 if self.wide else 32,
            MACHINES.get(machine, str(machine)),
            is_library=kind == 3,  # ET_DYN
        )
        try:
            return self.tables(found, segments, segment * count, sections, section, number, names)
        except (StructError, ValueError, IndexError) as error:
            return found._replace(problem=str(error) or "its structure cannot be read")

    def tables(
        self, found: Native, segments: int, length: int, sections: int, section: int, number: int, names: int
    ) -> Native:
        size = 56 if self.wide else 32
        if length > SEGMENTS_LIMIT * size:
            raise ValueError("it has more segments than the limits allow")
        loads, dynamic = [], (0, 0)
        headers = self.bytes_of(self.span(segments, length, 1 << 20))[0] if length else b""
        for at in range(0, len(headers) - size + 1, size):
            if self.wide:
                kind, _, offset, address, _, filled = self.unpack("2L4Q", headers, at)
            else:
                kind, offset, address, _, filled = self.unpack("5L", headers, at)
            if kind == 1:  # PT_LOAD
                loads.append((address, offset, filled))
            elif kind == 2:  # PT_DYNAMIC
                dynamic = (offset, filled)
        tail = max(self.size - TAIL, 0)
        wanted = [self.span(*dynamic, ENTRIES_LIMIT * 16), (0, min(START, self.size)), (tail, self.size - tail)]
        entry = 64 if self.wide else 40
        if section == entry and 0 < number <= SECTIONS_LIMIT and sections:
            wanted.append(self.span(sections, number * entry, 1 << 20))
        parts = self.bytes_of(*wanted)
        debug = self.debug(parts[3], entry, names) if len(parts) > 3 else 0
        return self.linked(found, parts[0], loads)._replace(debug=debug)

    def debug(self, headers: bytes, entry: int, names: int) -> int:
        """The bytes of sections that only debuggers and linkers read."""
        form = "2L4Q2L2Q" if self.wide else "10L"
        listed = [self.unpack(form, headers, at) for at in range(0, len(headers) - entry + 1, entry)]
        if not names < len(listed):
            return 0
        texts = self.bytes_of(self.span(listed[names][4], listed[names][5], NAMES_LIMIT))[0]
        total = 0
        symbols = [row for row in listed if row[1] == 2]  # SHT_SYMTAB, with the table of its names
        linked = {row[6] for row in symbols}
        for index, row in enumerate(listed):
            name = _text(texts, row[0])
            if row[1] != 8 and (row[1] == 2 or index in linked or name.startswith((".debug", ".zdebug"))):
                total += row[5]
        return min(total, self.size)

    def linked(self, found: Native, dynamic: bytes, loads: list[tuple[int, int, int]]) -> Native:
        step = 16 if self.wide else 8
        values: dict[int, list[int]] = {}
        for at in range(0, len(dynamic) - step + 1, step):
            key, value = self.unpack("2Q" if self.wide else "2L", dynamic, at)
            if key == 0:
                break
            values.setdefault(key, []).append(value)

        def one(key: int) -> int:
            return values.get(key, [0])[0]

        if not one(5):  # DT_STRTAB
            return found
        names = self.span(_offset(one(5), loads), one(10), NAMES_LIMIT)  # DT_STRSZ
        wanted = [names]
        needs = one(0x6FFFFFFE)  # DT_VERNEED, and how many: DT_VERNEEDNUM
        if needs:
            start = _offset(needs, loads)
            wanted.append(self.span(start, min(self.size - start, VERSIONS_SPAN), VERSIONS_SPAN))
        parts = self.bytes_of(*wanted)
        texts = parts[0]
        libraries = tuple(_text(texts, value) for value in values.get(1, ())[:NEEDS_LIMIT])  # DT_NEEDED
        path = _text(texts, one(29) or one(15)) if one(29) or one(15) else ""  # DT_RUNPATH, DT_RPATH
        versions = self.versions(parts[1], texts, one(0x6FFFFFFF)) if needs else ()
        return found._replace(
            soname=_text(texts, one(14)) if one(14) else "",
            needs=libraries,
            runpath=tuple(part for part in path.split(":") if part),
            versions=tuple(versions),
        )

    def versions(self, table: bytes, texts: bytes, number: int) -> Iterator[tuple[str, str]]:
        at, left = 0, NEEDS_LIMIT
        for _ in range(min(number, NEEDS_LIMIT)):
            _, count, file, inner, following = self.unpack("2H3L", table, at)
            library, where = _text(texts, file), at + inner
            for _ in range(count):
                left -= 1
                if left < 0:
                    raise ValueError("it needs more versions than the limits allow")
                _, _, _, name, then = self.unpack("L2H2L", table, where)
                yield library, _text(texts, name)
                if not then:
                    break
                where += then
            if not following:
                break
            at += following


def _offset(address: int, loads: list[tuple[int, int, int]]) -> int:
    """Where in the file what is loaded to an address lies."""
    for start, offset, filled in loads:
        if start <= address < start + filled:
            return address - start + offset
    raise ValueError("a table of it lies in no segment")


def _text(table: bytes, at: int) -> str:
    """The name at an offset of a table of names."""
    end = table.find(b"\0", at)
    if at >= len(table) or end < 0:
        raise ValueError("a name of it lies beyond their table")
    return table[at:end].decode("utf-8", "replace")


def _macho(head: bytes) -> Native:
    if head[:4] in _FAT:
        count = int.from_bytes(head[4:8], "big")
        step = 32 if head[:4] == _FAT[1] else 20
        found = [int.from_bytes(head[8 + step * index : 12 + step * index], "big") for index in range(count)]
        return Native(MACHO, 64, "+".join(sorted(MACHO_MACHINES.get(number, str(number)) for number in found)))
    order = _MACHO[head[:4]]
    (machine,) = Struct(f"{order}L").unpack_from(head, 4)
    bits = 64 if head[:4] in (b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe") else 32
    return Native(MACHO, bits, MACHO_MACHINES.get(machine, str(machine)))


def _pe(read: Read, head: bytes, size: int) -> Native | None:
    (start,) = Struct("<L").unpack_from(head, 60)
    data = head[start : start + 6] if start + 6 <= len(head) else read([(start, 6)])[0] if start < size else b""
    if data[:4] != b"PE\0\0" or len(data) < 6:
        return None  # a DOS program, or text that begins like one
    machine = int.from_bytes(data[4:6], "little")
    return Native(PE, 32 if machine == 0x14C else 64, PE_MACHINES.get(machine, str(machine)))


# Names that need no look at what they hold: text, and data that other readers know.
_OTHER = frozenset(
    {
        "c", "cc", "cfg", "cpp", "css", "csv", "gz", "h", "hpp", "html", "ini", "js", "json", "map", "md", "npy", "npz",
        "pem", "pxd", "py", "pyc", "pyi", "pyx", "rst", "toml", "txt", "typed", "xml", "yaml", "yml",
    }
)  # fmt: skip
SNIFFED = 64


class Natives:
    """The native files of a merged view, by the path that the function sees."""

    def __init__(self, merged: Merged) -> None:
        self._merged = merged
        self._known: dict[str, Native | None] = {}
        self._paths: tuple[str, ...] | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that begin like a native one."""
        if self._paths is None:
            self._paths = tuple(
                path for path, file in self._merged.files.items() if self._sniffed(path, file.entry.size)
            )
        return self._paths

    def _sniffed(self, path: str, size: int) -> bool:
        name = path.rpartition("/")[2]
        if size < SNIFFED or name.rpartition(".")[2].lower() in _OTHER:
            return False
        if not self._merged.files[path].entry.is_file:  # a link, or a device of that name
            return False
        try:
            return bool(kind_of(self._merged.spans(path, [(0, SNIFFED)])[0]))
        except Unreadable:  # its data in the archive are broken: what it would be is not known
            return False

    def native(self, path: str) -> Native | None:
        """What a file is; None where it is no native one, or cannot be read."""
        if path not in self._known:
            size = self._merged.files[path].entry.size
            try:
                found = read_native(lambda spans: self._merged.spans(path, spans), size)
            except Unreadable:
                found = None
            self._known[path] = found
        return self._known[path]

    def all(self) -> Iterator[tuple[str, Native]]:
        """Every native file."""
        for path in self.paths:
            found = self.native(path)
            if found is not None:
                yield path, found
