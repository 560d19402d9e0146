"""Native files made by hand: enough of ELF, Mach-O, PE and bytecode for what a bundle linter reads of them."""

from __future__ import annotations

import struct

X86_64, AARCH64 = 62, 183


def elf(
    machine=X86_64, needs=(), versions=(), runpath="", rpath="", soname="", debug=0, symbols=0, wide=True, order="<"
) -> bytes:
    """A shared object. ``versions`` are (library, version) that it needs; ``debug`` and ``symbols`` sizes of sections."""
    names = bytearray(b"\0")

    def name(text):
        at = names.find(text.encode() + b"\0")
        if at < 0 or (at and names[at - 1]):
            at = len(names)
            names.extend(text.encode() + b"\0")
        return at

    word = "Q" if wide else "L"
    dynamic = [(1, name(item)) for item in needs]
    if soname:
        dynamic.append((14, name(soname)))
    if runpath:
        dynamic.append((29, name(runpath)))
    if rpath:
        dynamic.append((15, name(rpath)))
    libraries = {}
    for library, version in versions:
        libraries.setdefault(library, []).append(version)
    table = b""
    for number, (library, wanted) in enumerate(libraries.items(), 1):
        inner = b""
        for index, version in enumerate(wanted, 1):
            inner += struct.pack(f"{order}L2H2L", 0, 0, 2, name(version), 16 if index < len(wanted) else 0)
        following = 16 + len(inner) if number < len(libraries) else 0
        table += struct.pack(f"{order}2H3L", 1, len(wanted), name(library), 16, following) + inner
    head, segment = (64, 56) if wide else (52, 32)
    base = 0x10000
    strings_at = head + 2 * segment
    table_at = strings_at + len(names)
    dynamic_at = table_at + len(table)
    dynamic += [(5, base + strings_at), (10, len(names))]
    if table:
        dynamic += [(0x6FFFFFFE, base + table_at), (0x6FFFFFFF, len(libraries))]
    entries = b"".join(struct.pack(f"{order}2{word}", *item) for item in [*dynamic, (0, 0)])
    body = bytes(names) + table + entries
    loaded = strings_at + len(body)
    sections, texts = [], b"\0.debug_info\0.symtab\0.strtab\0.shstrtab\0"

    def section(title, kind, data, link=0):
        nonlocal body
        at = texts.index(b"\0" + title.encode() + b"\0") + 1
        sections.append((at, kind, 0, 0, strings_at + len(body), len(data), link, 0, 1, 0))
        body += data

    sections.append((0,) * 10)
    if debug:
        section(".debug_info", 1, bytes(debug))
    if symbols:
        section(".symtab", 2, bytes(symbols), link=len(sections) + 1)
        section(".strtab", 3, b"\0name\0")
    section(".shstrtab", 3, texts)
    form = "2L4Q2L2Q" if wide else "10L"
    sections_at = strings_at + len(body)
    body += b"".join(struct.pack(order + form, *item) for item in sections)
    identity = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    header = identity + struct.pack(
        f"{order}2HL3{word}L6H", 3, machine, 1, 0, head, sections_at, 0, head, segment, 2, 64 if wide else 40,
        len(sections), len(sections) - 1,
    )  # fmt: skip
    if wide:
        load = struct.pack(f"{order}2L6Q", 1, 5, 0, base, base, loaded, loaded, 4096)
        moved = struct.pack(f"{order}2L6Q", 2, 6, dynamic_at, base + dynamic_at, 0, len(entries), len(entries), 8)
    else:
        load = struct.pack(f"{order}8L", 1, 0, base, base, loaded, loaded, 5, 4096)
        moved = struct.pack(f"{order}8L", 2, dynamic_at, base + dynamic_at, 0, len(entries), len(entries), 6, 4)
    return header + load + moved + body


def macho(machine=0x0100000C) -> bytes:
    return b"\xcf\xfa\xed\xfe" + struct.pack("<L", machine) + bytes(120)


def universal(*machines) -> bytes:
    rows = b"".join(struct.pack(">5L", machine, 0, 4096, 100, 12) for machine in machines)
    return b"\xca\xfe\xba\xbe" + struct.pack(">L", len(machines)) + rows + bytes(64)


def pe(machine=0x8664) -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<L", 128) + bytes(64) + b"PE\0\0" + struct.pack("<H", machine) + bytes(64)


def pyc(number, kind="timestamp", time=0, size=0, digest=b"") -> bytes:
    """Bytecode of ``number``: header, and something that nobody may unmarshal."""
    flags = {"timestamp": 0, "unchecked": 1, "checked": 3}[kind]
    rest = struct.pack("<2L", time, size) if kind == "timestamp" else digest.ljust(8, b"\0")
    return struct.pack("<H", number) + b"\r\n" + struct.pack("<L", flags) + rest + b"\xa9\xff\xff\xff\x7f"
