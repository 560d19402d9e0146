"""TOML of files that anyone may have written, within a limit that keeps its parsers quick."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from lambdalint.patterns import regex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A key of so many parts: TOML parsers take quadratic time. So would this for a long word, but for the look behind.
_DOTTED = regex(r"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){100}", 256)  # 256: re.ASCII


class Dotted(ValueError):
    """A document with a key that is beyond the limit."""

    def __init__(self) -> None:
        super().__init__("a key of more than 100 parts")


def loads(text: str) -> Mapping[str, Any]:
    """What a document says.

    Raises:
        Dotted: it has a key of too many parts.
        ValueError, RecursionError: it is not valid, or nested too deeply.
    """
    if sys.version_info >= (3, 11):
        import tomllib  # 20 ms
    else:
        import tomli as tomllib
    if _DOTTED.search(text):
        raise Dotted
    return tomllib.loads(text)
