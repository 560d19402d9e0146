"""Bytes → other bytes: what disks, editors, merges and attackers make of a file."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_TOKEN = re.compile(rb"\w+|[ \t]+|\r?\n|[^\w\s]")
PYTHON = (
    b"async ", b"await ", b"lambda: ", b"yield ", b"return ", b"global CACHE\n", b"import ", b"from . import *\n", b":=", b"**",
    b"*", b"->", b"...", b"@", b"\\\n", b'"""', b"'''", b"f'{", b"}'", b'f"""{', b"rb'", b"(", b")", b"[", b"]", b"{", b"}",
    b": ", b",", b";", b"#", b"# lambdalint: ignore[", b"# lambdalint: ignore[client-in-handler]\n", b"# coding: latin-1\n",
    b"# -*- coding: utf-7 -*-\n", b"if True:\n    ", b"else:\n", b"except* E:\n", b"match x:\n case ", b"class A:\n ", b"\t",
    b"        ", b"\x0c", b"\r", b"\x00", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xff", b"\xed\xa0\x80", b"9" * 5000,
    b"0o777", b"1_0__0", b"9**9**9**9", b"'a' * 10**12", b"print 'x'\n", b"type X = ", b"lazy import ", b"t'{x}'", b"boto3.client('s3')",
)  # fmt: skip
DATA = (
    b"!Ref ", b"!Sub ", b"!GetAtt ", b"!If [", b"Fn::ForEach::", b"Fn::Transform", b"&a ", b"*a", b"<<: ", b"- ", b": ", b"? ", b"|\n",
    b">-\n", b"---\n", b"...\n", b"%TAG ! x\n", b"!!python/object:os.system ", b"!!int ", b"${AWS::Region}", b"${self:custom.x}",
    b"${self:}", b"${file(./x.yml):y}", b"${opt:stage, 'dev'}", b"${env:HOME}", b"${", b"}", b"%{ if true }", b"{{resolve:ssm:x}}",
    b"each.value", b"for_each = ", b"count = ", b"[for x in y : x if x]", b'dynamic "x" {\n', b"<<EOT\n", b"EOT\n", b"local.a",
    b"module.m.x", b"jsonencode(", b"templatefile(", b"null", b"~", b"true", b"NaN", b"1e999", b"-1", b"9" * 5000, b"2024-99-99",
    b'"', b"'", b"[", b"]", b"{", b"}", b",", b"=", b"\\u0000", b"\\ud800", b"\t", b"\r", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"\xff\xfe", b"//", b"/*", b"*/", b"`", b"=> ", b"...props", b"Code.fromAsset(", b"async () => {",
)  # fmt: skip


def _place(chance: random.Random, data: bytes) -> int:
    return chance.randrange(len(data) + 1)


def _span(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = _place(chance, data)
    return start, min(len(data), start + chance.choice((1, 2, 4, 16, 64, 500)))


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def flip(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data or b"\n")
    for _time in range(chance.choice((1, 1, 2, 8))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def delete(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[end:]


def repeat(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:end] + data[start:end] * chance.choice((1, 2, 20, 300)) + data[end:]


def truncate(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: _place(chance, data)]


def behead(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[_place(chance, data) :]


def noise(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return data[:at] + chance.randbytes(chance.choice((1, 2, 8, 100))) + data[at:]


def drop_line(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def double_line(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return b"".join(lines)


def swap_lines(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def indent_line(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    lines = _lines(data)
    at = chance.randrange(len(lines))
    lines[at] = chance.choice((b"    " + lines[at], b"\t" + lines[at], b" " + lines[at], lines[at].lstrip(b" ")))
    return b"".join(lines)


def _tokenwise(change: Callable[[random.Random, list[bytes]], None]) -> Callable[..., bytes]:
    def changed(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
        tokens = _TOKEN.findall(data) or [b""]
        change(chance, tokens)
        return b"".join(tokens)

    return changed


def _swap(chance: random.Random, tokens: list[bytes]) -> None:
    one, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _drop(chance: random.Random, tokens: list[bytes]) -> None:
    del tokens[chance.randrange(len(tokens))]


def _copy(chance: random.Random, tokens: list[bytes]) -> None:
    tokens[chance.randrange(len(tokens))] = chance.choice(tokens)


def _bracket(chance: random.Random, tokens: list[bytes]) -> None:
    at = chance.randrange(len(tokens))
    opener, closer = chance.choice(
        ((b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"f(", b")"), (b"not ", b""), (b"-", b""))
    )
    depth = chance.choice((1, 3, 30, 150, 250, 3000))
    tokens[at] = opener * depth + tokens[at] + closer * depth


def splice(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The head of one file and the tail of another."""
    other = chance.choice(others) if others else b""
    if chance.random() < 0.5:
        return data[: _place(chance, data)] + other[_place(chance, other) :]
    lines, more = _lines(data), _lines(other)
    at = chance.randrange(len(lines))
    start = chance.randrange(len(more))
    lines[at:at] = more[start : start + chance.choice((1, 3, 20))]
    return b"".join(lines)


def words(vocabulary: Sequence[bytes]) -> Callable[..., bytes]:
    """Puts in what means something to the reader of such files."""

    def changed(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
        tokens = _TOKEN.findall(data) or [b""]
        for _time in range(chance.choice((1, 1, 3))):
            at = chance.randrange(len(tokens))
            word = chance.choice(vocabulary)
            tokens[at : at + chance.randrange(2)] = [word]
        return b"".join(tokens)

    return changed


ANY = (flip, delete, repeat, truncate, behead, noise, splice)
TEXT = (
    *ANY, drop_line, double_line, swap_lines, indent_line, _tokenwise(_swap), _tokenwise(_swap), _tokenwise(_drop), _tokenwise(_copy),
    _tokenwise(_bracket), splice,
)  # fmt: skip
SIZE_LIMIT = 300_000


def mutated(chance: random.Random, data: bytes, others: Sequence[bytes], name: str) -> bytes:
    """``data`` after one to four changes of the kind that fits a file of this name."""
    if name.endswith(".py"):
        changes: Sequence[Callable[..., bytes]] = (*TEXT, words(PYTHON), words(PYTHON), words(PYTHON))
    elif name.endswith((".zip", ".so", ".pyc", ".whl")):
        changes = ANY
    else:
        changes = (*TEXT, words(DATA), words(DATA), words(DATA))
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(changes)(chance, data, others)[:SIZE_LIMIT]
    return data
