"""Archives made by hand: members with any name, mode and date, and archives that no tool writes."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

FILE = 0o100644
LINK = 0o120777
DOS_DATE = (2024 - 1980) << 9 | 1 << 5 | 1  # 2024-01-01
NO_DATE = 1 << 5 | 1  # 1980-01-01, what many tools write


class Member(NamedTuple):
    """One entry. What is not None in the second half is a lie of the header or of the directory."""

    name: str | bytes
    data: bytes = b""
    mode: int = FILE
    date: int = DOS_DATE
    method: int = 8
    flags: int = 0
    system: int = 3
    extra: bytes = b""
    header: dict | None = None
    directory: dict | None = None


HEADER = ("version", "flags", "method", "time", "date", "crc", "packed", "size")


def deflated(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def archive(*members: Member | tuple, prefix=b"", suffix=b"", comment=b"", end=None) -> bytes:
    """The bytes of an archive. ``end`` overrides fields of its end record."""
    body, listed = bytearray(prefix), b""
    count = 0
    for given in members:
        member = given if isinstance(given, Member) else Member(*given)
        name = member.name.encode() if isinstance(member.name, str) else member.name
        packed = deflated(member.data) if member.method == 8 else member.data
        offset = len(body) - len(prefix)
        fields = {
            "version": 20, "flags": member.flags, "method": member.method, "time": 0, "date": member.date,
            "crc": zlib.crc32(member.data), "packed": len(packed), "size": len(member.data), "name": name,
            "offset": offset, "attributes": member.mode << 16, "system": member.system,
        }  # fmt: skip
        local = fields | (member.header or {})
        central = fields | (member.directory or {})
        body += b"PK\3\4" + struct.pack("<5H3L", *(local[key] for key in HEADER))
        body += struct.pack("<2H", len(local["name"]), 0) + local["name"] + packed
        listed += struct.pack("<4s2B", b"PK\1\2", 20, central["system"])
        listed += struct.pack("<5H3L", *(central[key] for key in HEADER))
        listed += struct.pack(
            "<5H2L", len(central["name"]), len(member.extra), 0, 0, 0, central["attributes"], central["offset"]
        )
        listed += central["name"] + member.extra
        count += 1
    fields = {"disk": 0, "count": count, "length": len(listed), "offset": len(body) - len(prefix)} | (end or {})
    record = struct.pack(
        "<4s4H2LH",
        b"PK\5\6",
        fields["disk"],
        0,
        count,
        fields["count"],
        fields["length"],
        fields["offset"],
        len(comment),
    )
    return bytes(body) + listed + record + comment + suffix
