"""Which variables of a declared function hold a secret that is written out in the template.

A value counts that has the form of a token of some service, whatever the variable is called, and one without meaning
under a name that says password, token and the like. What only names a secret, stands for one, or comes from elsewhere
does not. No secret leaves this module, only where it stands.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdalint.model import Location, Value
    from lambdalint.source.declared import DeclaredView

_NAME_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A password in a URL, up to what may stand for one.
_URL = regex(r"[a-z][a-z0-9+.-]*://[^/\s:@]+:([^/\s@]+)@[^/\s]+", re.IGNORECASE)
_WORDLIKE = regex(r"(?:[a-z]+|[A-Z]?[a-z]+|[A-Z]+|v?\d{1,4})(?:[-_./:@ ](?:[a-z]+|[A-Z]?[a-z]+|[A-Z]+|v?\d{1,4}))*")
_CAMEL = regex(r"(?:[A-Z]?[a-z]{2,})(?:[A-Z][a-z]+)*\d{0,3}")
_BY_NAME = "by the variable's name"
SHORT = 8  # characters; shorter ones are too easily something else
BITS = 2.8  # Shannon's, for each character: passwords that people make up have some 3, tokens 4 and more


class Secret(NamedTuple):
    """A variable that holds a secret: its name, what it is, where it stands, and what speaks against it (a tag)."""

    name: str
    kind: str
    location: Location
    tag: str = ""


def secrets(view: DeclaredView) -> Iterator[Secret]:
    """The variables of a function that hold, or seem to hold, a secret."""
    variables = view.declared.environment.value
    for name, value in variables.items() if isinstance(variables, dict) else ():
        if not value.known or not isinstance(value.value, str) or not value.value.strip():
            continue
        found = judged(name, value.value.strip())
        if found is not None:
            kind, tag = found
            yield Secret(name, kind, value.location or view.location, "parameter" if _is_given(value) else tag)


def _is_given(value: Value) -> bool:
    """Whether a value is only what a parameter or variable has unless the deployment gives it another."""
    return value.reason.startswith("default of ")


def judged(name: str, value: str) -> tuple[str, str] | None:
    """What kind of secret a value is and what speaks against it; None if it is none."""
    kinds = table("secrets")["values"]
    for kind, pattern in kinds.items():
        if re.fullmatch(pattern, value, re.DOTALL):
            return kind, "placeholder" if stands_for_one(value) else ""
    url = _URL.match(value)
    if url is not None:
        return "password in a URL", "placeholder" if stands_for_one(url[1]) or not is_random(url[1]) else ""
    words = [word.lower() for word in _NAME_WORD.findall(name)]
    names = table("secrets")["names"]
    pairs = {f"{one} {two}" for one, two in pairwise(words)}
    if not (set(words) & set(names["words"]) or pairs & set(names["pairs"])) or set(words) & set(names["public"]):
        return None
    if (
        len(value) < SHORT
        or any(letter.isspace() for letter in value)
        or value.startswith(("arn:", "http://", "https://"))
    ):
        return None
    if stands_for_one(value):
        return _BY_NAME, "placeholder"
    if not is_random(value):
        return _BY_NAME, "name-of-secret"
    return _BY_NAME, "about" if words[-1] in names["about"] else ""


def stands_for_one(value: str) -> bool:
    """Whether a value is a placeholder, to be filled in by whoever deploys or by a tool."""
    lowered = value.lower()
    marked = value.startswith(("<", "{", "[", "$", "%", "__", "@@")) or "${" in value or "{{" in value
    return marked or len(set(lowered)) < 5 or any(word in lowered for word in table("secrets")["placeholders"]["words"])


def is_random(value: str) -> bool:
    """Whether a value means nothing: it is not put together of words and numbers, and its characters vary."""
    if len(value) < SHORT or all(
        _WORDLIKE.fullmatch(part) or _CAMEL.fullmatch(part) for part in value.strip("/").split("/")
    ):
        return False
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    classes = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return bits >= BITS and classes >= 2
