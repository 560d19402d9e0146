"""The line hash by which GitHub code scanning recognises a result when lines move.

The algorithm is that of github/codeql-action, ``src/fingerprints.ts``, restated: of each line the first
100 UTF-16 code units that are neither space nor tab, counted on over line ends (each one LF) and past
the end of the file (65535, then zeros), as a polynomial in 37 modulo 2**64; then a colon and how
often that text has come up in the file so far.
"""

from __future__ import annotations

from collections.abc import Iterable

WINDOW = 100  # UTF-16 code units
END = 65535


def line_hashes(text: str, wanted: Iterable[int]) -> dict[int, str]:
    """The hash of each wanted line.

    Args:
        text: the whole file, with its line ends and, if it has one, its byte order mark.
        wanted: line numbers from 1; those that the file does not have are left out.

    Returns:
        line number → hash such as ``271789c17abda88f:1``.
    """
    lines = set(wanted)
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    data = kept.encode("utf-16-le", "surrogatepass")
    units = [low | high << 8 for low, high in zip(data[::2], data[1::2], strict=True)]
    units += [END, *[0] * WINDOW]
    seen: dict[tuple[int, ...], int] = {}
    found = {}
    start = 0
    last = max(lines, default=0)
    for number in range(1, kept.count("\n") + 2):
        if number > last:
            break
        window = tuple(units[start : start + WINDOW])
        seen[window] = seen.get(window, 0) + 1
        if number in lines:
            found[number] = f"{_polynomial(window):x}:{seen[window]}"
        if number <= kept.count("\n"):
            start = units.index(10, start) + 1
    return found


def _polynomial(window: tuple[int, ...]) -> int:
    value = 0
    for unit in window:
        value = (value * 37 + unit) & 0xFFFFFFFFFFFFFFFF
    return value
