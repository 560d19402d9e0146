"""Regular expressions that are compiled when they are first used.

Python keeps no compiled expressions between runs; compiling those of all modules took 9 of the 70 CPU milliseconds
of a run over one clean file, which uses few of them.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, AnyStr


def as_bytes(text: str) -> bytes:
    """``text`` as a source holds it.

    A lone surrogate, which UTF-8 cannot say and `str.encode` refuses, comes from the name of a file that is no UTF-8,
    or from an escape in a string or template; no source holds these bytes.
    """
    return text.encode("utf-8", "surrogatepass")


_FOUND = (-1).__lt__


def holds(data: bytes, *words: bytes) -> bool:
    """Whether bytes hold one of some words.

    As ``any(word in data for word in words)``, in half the time for a short source: CPython's ``in`` first takes what
    is looked for as a number, and makes the error that this is.
    """
    return any(map(_FOUND, map(data.find, words)))


class _Pattern:
    """Stands in for a `re.Pattern`; each method is looked up once."""

    def __init__(self, text: Any, flags: int) -> None:
        self._source = (text, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._source), name)
        setattr(self, name, found)
        return found


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The pattern of ``text``, as of `re.compile`. A mistake in ``text`` shows when it is first used."""
    return _Pattern(text, flags)  # type: ignore[return-value]  # it behaves as one
