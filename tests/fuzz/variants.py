"""Changes to a project that must make no difference to its findings, but to where they are."""

from __future__ import annotations

import ast
import contextlib
import io
import random
import re
import tokenize
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Variant(NamedTuple):
    """The changed files, for each path the new number of each line, and the new names in messages."""

    files: dict[str, bytes]
    lines: Mapping[str, Mapping[int, int]] = {}
    names: tuple[str, str] = ("", "")
    columns: bool = True  # whether columns stay


def _tokens(source: bytes) -> list[tokenize.TokenInfo] | None:
    """The tokens of a file; None where it is nothing to be changed with care."""
    if b"\r" in source or b"\x0c" in source or b"lambdalint:" in source or b"coding" in source[:200] or not source:
        return None
    try:
        return list(tokenize.tokenize(io.BytesIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return None


def comments(chance: random.Random, files: dict[str, bytes]) -> Variant:
    """Comments and blank lines before statements."""
    changed = dict(files)
    moved = {}
    for path, source in files.items():
        tokens = _tokens(source) if path.endswith(".py") else None
        if tokens is None:
            continue
        starts = {1}
        ended = True
        for token in tokens:
            if token.type == tokenize.NEWLINE:
                ended = True
            elif ended and token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
                starts.add(token.start[0])
                ended = False
        out: list[bytes] = []
        numbers = moved[path] = {}
        for number, line in enumerate(source.split(b"\n"), 1):
            if number in starts and chance.random() < 0.3:
                out += chance.choice(([b""], [b"# a comment"], [b"", b"        # of two lines: 'x", b"# {[("]))
            out.append(line)
            numbers[number] = len(out)
        changed[path] = b"\n".join(out)
    return Variant(changed, moved)


def carriage_returns(_: random.Random, files: dict[str, bytes]) -> Variant:
    """The line ends of Windows."""
    return Variant(
        {
            path: data.replace(b"\n", b"\r\n")
            if path.endswith(".py") and b"\r" not in data and b"\x0c" not in data
            else data
            for path, data in files.items()
        }
    )


def byte_order_mark(_: random.Random, files: dict[str, bytes]) -> Variant:
    """The mark that editors of Windows leave."""
    plain = [path for path, data in files.items() if path.endswith(".py") and _tokens(data) is not None]
    return Variant(
        {
            path: b"\xef\xbb\xbf" + data if path in plain and data[:1] != b"\xef" else data
            for path, data in files.items()
        }
    )


def tabs(_: random.Random, files: dict[str, bytes]) -> Variant:
    """Tabs in place of four spaces."""
    changed = dict(files)
    for path, source in files.items():
        tokens = _tokens(source) if path.endswith(".py") else None
        if tokens is None or b"\t" in source:
            continue
        inside = {
            number
            for token in tokens
            if token.start[0] != token.end[0] and token.type not in (tokenize.NEWLINE, tokenize.NL)
            for number in range(token.start[0] + 1, token.end[0] + 1)
        }
        if any(token.type == tokenize.INDENT and len(token.string) % 4 for token in tokens):
            continue
        if hasattr(tokenize, "FSTRING_START"):  # whose tokens are the parts of a string
            opened = 0
            for token in tokens:
                opened += (token.type == tokenize.FSTRING_START) - (token.type == tokenize.FSTRING_END)
                if opened:
                    inside.update((token.end[0], token.end[0] + 1))
        lines = source.split(b"\n")
        for number, line in enumerate(lines, 1):
            width = (len(line) - len(line.lstrip(b" "))) // 4
            if number not in inside:
                lines[number - 1] = b"\t" * width + line[4 * width :]
        text = b"\n".join(lines)
        with contextlib.suppress(SyntaxError, ValueError):  # a comment may stand at a depth that is none
            if ast.dump(ast.parse(text)) == ast.dump(ast.parse(source)):
                changed[path] = text
    return Variant(changed, columns=False)


def renamed(_: random.Random, files: dict[str, bytes]) -> Variant:
    """Locals of generated programs under other names."""
    return Variant(
        {
            path: re.sub(rb"\blocal_(?=\d\b)", b"other_", data) if path.endswith(".py") else data
            for path, data in files.items()
        },
        names=("local_", "other_"),
    )


def stranger(_: random.Random, files: dict[str, bytes]) -> Variant:
    """Another module that has nothing to do with the rest."""
    text = b"import math\n\n\ndef area(radius):\n    return math.pi * radius**2\n"
    return Variant({**files, "zz_geometry_of_another_team/shapes_of_theirs.py": text})


def appendix(_: random.Random, files: dict[str, bytes]) -> Variant:
    """A definition at the end of each module that nobody uses."""
    text = b"\n\ndef zz_area_of_a_circle(radius):\n    return 3 * radius**2\n"
    plain = [
        path
        for path, data in files.items()
        if path.endswith(".py") and _tokens(data) is not None and data.endswith(b"\n")
    ]
    return Variant({path: data + text if path in plain else data for path, data in files.items()})


VARIANTS: Mapping[str, Callable[[random.Random, dict[str, bytes]], Variant]] = {
    function.__name__: function
    for function in (comments, carriage_returns, byte_order_mark, tabs, renamed, stranger, appendix)
}
