"""Whether the table that an INSERT names refuses a row that it has: by a key that the code itself creates it with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lambdalint.patterns import regex

_NAME = r"[\"'`\[]?([\w.]+)[\"'`\]]?"
_INTO = regex(rf"\binsert\s+into\s+{_NAME}\s*\(([^()]*)\)", re.IGNORECASE)
_CREATE = regex(rf"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?{_NAME}\s*\(((?:[^()]|\([^()]*\))*)\)", re.IGNORECASE)
_TOGETHER = regex(r"\b(?:primary\s+key|unique(?:\s+(?:key|index))?(?:\s+\w+)?)\s*\(([^()]*)\)", re.IGNORECASE)
_ALONE = regex(r"(?:^|,)\s*[\"'`\[]?(\w+)[^,]*?\b(?:primary\s+key|unique)\b(?!\s*\()", re.IGNORECASE)
_COLUMN = regex(r"\w+")


def refuses(statement: str, sources: Iterable[str]) -> bool:
    """Whether a table has a key all of whose columns the statement sets, as one of the sources creates it."""
    into = _INTO.search(statement)
    if into is None:
        return False
    given = set(map(str.lower, _COLUMN.findall(into[2])))
    return any(
        key <= given
        for source in sources
        for created in _CREATE.finditer(source)
        if created[1].lower() == into[1].lower()
        for key in _keys(created[2])
    )


def _keys(columns: str) -> Iterator[set[str]]:
    """The columns of each key among the definitions of a table."""
    for found in _TOGETHER.finditer(columns):
        yield set(map(str.lower, _COLUMN.findall(found[1])))
    for found in _ALONE.finditer(columns):
        yield {found[1].lower()}
