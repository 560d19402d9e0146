"""Accepted findings: a file that is made once and only ever shrinks.

An entry is keyed on path, rule and scope and holds how many findings of that kind are accepted;
line numbers are not part of it, so that moving code neither hides nor shows anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.errors import UsageError
from lambdalint.records import NamedTuple
from lambdalint.tree import DirectoryTree, Unreadable

if TYPE_CHECKING:
    from lambdalint.model import Finding

SCHEMA = 1
FILE_NAME = "lambdalint-baseline.json"
LIMIT = 32 << 20  # bytes

Baseline = Mapping["Key", int]


class Key(NamedTuple):
    """What the findings of one entry have in common."""

    path: str
    rule: str
    function: str


class Applied(NamedTuple):
    """``kept`` are the findings that the baseline does not accept, ``stale`` the entries that accept too many."""

    kept: tuple[Finding, ...]
    accepted: int
    stale: tuple[tuple[Key, int], ...]


def counted(findings: Iterable[Finding]) -> dict[Key, int]:
    """The baseline that accepts exactly ``findings``."""
    counts: dict[Key, int] = {}
    for item in findings:
        key = _key(item)
        counts[key] = counts.get(key, 0) + 1
    return counts


def apply(findings: Iterable[Finding], baseline: Baseline) -> Applied:
    """Leave out what the baseline accepts.

    Where there are more findings of a kind than it accepts, the last ones in the file are kept, and
    say that any of them may be the new one. ``stale`` pairs each entry with how many too many it accepts.
    """
    groups: dict[Key, list[Finding]] = {}
    every = tuple(findings)
    for item in every:
        groups.setdefault(_key(item), []).append(item)
    dropped: set[Finding] = set()
    changed: dict[Finding, Finding] = {}
    for key, group in groups.items():
        accepted = baseline.get(key, 0)
        dropped.update(group[:accepted])
        if 0 < accepted < len(group):
            fact = (
                f"The baseline accepts {accepted} of {len(group)} such findings here; any of them may be the new one."
            )
            changed.update((item, item._replace(facts=(*item.facts, fact))) for item in group[accepted:])
    stale = [(key, count - len(groups.get(key, ()))) for key, count in baseline.items()]
    return Applied(
        tuple(changed.get(item, item) for item in every if item not in dropped),
        sum(min(count, len(groups.get(key, ()))) for key, count in baseline.items()),
        tuple(sorted((key, excess) for key, excess in stale if excess > 0)),
    )


def shrunk(baseline: Baseline, findings: Iterable[Finding]) -> dict[Key, int]:
    """The baseline without what is no longer found; nothing is added."""
    now = counted(findings)
    left = {key: min(count, now.get(key, 0)) for key, count in baseline.items()}
    return {key: count for key, count in left.items() if count}


def dumps(baseline: Baseline) -> str:
    """The text of a baseline file: one line for each entry, sorted, so that merges stay readable."""
    rows = [
        json.dumps({"path": key.path, "rule": key.rule, "function": key.function, "count": count})
        for key, count in sorted(baseline.items())
    ]
    findings = "[\n    " + ",\n    ".join(rows) + "\n  ]" if rows else "[]"
    return f'{{\n  "schema": {SCHEMA},\n  "findings": {findings}\n}}\n'


def read(path: str) -> Baseline:
    """The baseline in the file ``path``.

    Raises:
        UsageError: it cannot be read or is no baseline.
    """
    directory, name = os.path.split(os.path.realpath(path))
    try:
        document = json.loads(DirectoryTree(directory).read(name, LIMIT))
        return _parsed(document)
    except Unreadable as error:
        reason = f"cannot be read ({error})"
    except RecursionError:
        reason = "is no baseline (nested too deeply)"
    except (TypeError, ValueError) as error:
        reason = f"is no baseline ({error})"
    raise UsageError(f"{path} {reason}; make one with `lambdalint baseline create`")


def _parsed(document: Any) -> Baseline:
    rows = document.get("findings") if isinstance(document, dict) and document.get("schema") == SCHEMA else None
    if not isinstance(rows, list):
        raise TypeError(f'not an object with "schema": {SCHEMA} and a list of "findings"')
    found: dict[Key, int] = {}
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in Key._fields):
            raise TypeError("an entry without path, rule and function")
        count = row.get("count")
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise ValueError("an entry without a count of at least 1")
        key = Key(row["path"], row["rule"], row["function"])
        found[key] = found.get(key, 0) + count
    return found


def _key(item: Finding) -> Key:
    return Key(item.location.path, item.name, item.function)
