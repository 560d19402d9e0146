"""Patterns of EventBridge rules, as a template writes them: what they ask for, and whether a value passes.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lambdalint.model import Value
from lambdalint.templates.values import items, known, text


def members(value: Any) -> Mapping[str, Value] | None:
    """A mapping of a pattern, written as data or as JSON; None where it cannot be read."""
    if not isinstance(value, Value) or not value.known:
        return None
    found: Mapping[str, Value]
    if isinstance(value.value, dict):
        found = value.value
        return found
    if isinstance(value.value, str) and value.value.lstrip().startswith("{"):
        import json  # only for the few rules with a pattern

        try:
            found = _valued(json.loads(value.value)).value
            return found
        except (ValueError, RecursionError):
            return None
    return None


def _valued(data: Any) -> Value:
    if isinstance(data, dict):
        return known({str(name): _valued(part) for name, part in data.items()})
    return known(tuple(_valued(part) for part in data)) if isinstance(data, list) else known(data)


def strings(value: Value | None) -> tuple[str, ...] | None:
    """The strings of a list in a pattern; None where any is something else."""
    if value is None:
        return None
    found = [text(part) for part in items(value)]
    return tuple(part for part in found if part is not None) if found and None not in found else None


def passes(wanted: Value, given: str) -> bool | None:
    """Whether a string passes a list of a pattern; None where that cannot be told."""
    answers = [_passes(part, given) for part in items(wanted)]
    return True if True in answers else None if None in answers or not answers else False


def _passes(wanted: Value, given: str) -> bool | None:
    plain = text(wanted)
    if plain is not None:
        return plain == given
    asked = members(wanted)
    if asked is None or len(asked) != 1:
        return None
    operator, operand = next(iter(asked.items()))
    told = text(operand)
    if operator == "anything-but":
        others = (told,) if told is not None else strings(operand)
        return given not in others if others is not None else None
    if told is None:
        return None
    if operator == "prefix":
        return given.startswith(told)
    if operator == "suffix":
        return given.endswith(told)
    if operator == "equals-ignore-case":
        return given.lower() == told.lower()
    if operator == "wildcard" and "\\" not in told:
        return re.fullmatch(".*".join(map(re.escape, told.split("*"))), given, re.DOTALL) is not None
    return None
