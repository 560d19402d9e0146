"""Suppression comments: their grammar, what they silence, and what is wrong with them.

    # lambdalint: ignore[name-or-code, ...] -- reason          on a line of the finding's statement, or alone above it
    # lambdalint: file-ignore[name-or-code, ...] -- reason     anywhere in the file

Only comments that `lambdalint.source.skeleton` found are read here; no Python is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from lambdalint import diagnostics
from lambdalint.errors import nearest
from lambdalint.model import Finding, Location
from lambdalint.records import NamedTuple

# Up to the next directive of the same comment, so that a missing bracket does not swallow it.
_DIRECTIVE = re.compile(r"lambdalint:[ \t]*(?P<word>[\w-]*)[ \t]*(?:\[(?P<names>[^\]]*)\])?")
_REASON = re.compile(r"[ \t]*--[ \t]*(\S.*)")
SELECTORS_LIMIT = 100  # names in one comment


class Suppression(NamedTuple):
    """One directive of one comment.

    ``line``/``column``/``end_column`` are where it stands; ``names`` are the rules as they are
    spelt. ``target`` is the line it speaks for: its own, or the one below where it stands alone;
    0 for the whole file. ``problem`` says why it silences nothing, whatever it names.
    """

    line: int
    column: int
    end_column: int
    names: tuple[str, ...]
    target: int
    reason: str = ""
    problem: str = ""


class Applied(NamedTuple):
    """``kept`` are the findings that no comment silences, ``notes`` LL003 and LL004, ``suppressed`` a count."""

    kept: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    suppressed: int


def parse(comments: Iterable[tuple[int, int, str, bool]]) -> tuple[Suppression, ...]:
    """The directives of a file.

    Args:
        comments: line, column, text and whether it stands alone, of each comment that holds
            ``lambdalint:``; as in ``Skeleton.comments``.
    """
    every = sorted(comments)
    alone = {line for line, _, _, own_line in every if own_line}
    found = []
    for line, column, text, own_line in every:
        target = line
        while own_line and target in alone:  # comments that stand alone may be stacked
            target += 1
        for match in _DIRECTIVE.finditer(text):
            word, listed = match["word"], match["names"]
            names = tuple(dict.fromkeys(part.strip() for part in (listed or "").split(",") if part.strip()))
            problem = ""
            if word not in ("ignore", "file-ignore"):
                problem = f"'{word}' is no directive{nearest(word, ('ignore', 'file-ignore'))}"
            elif not names:
                problem = f"{word} names no rule: write {word}[rule-name]"
            elif len(names) > SELECTORS_LIMIT:
                problem = f"{word} names more than {SELECTORS_LIMIT} rules"
            reason = _REASON.match(text, match.end())
            found.append(
                Suppression(
                    line=line,
                    column=column + match.start(),
                    end_column=column + match.end(),
                    names=() if problem else names,
                    target=0 if word == "file-ignore" else target,
                    reason=reason[1].rstrip() if reason else "",
                    problem=problem,
                )
            )
    return tuple(found)


def apply(
    findings: Iterable[Finding],
    suppressions: Mapping[str, tuple[Suppression, ...]],
    span: Callable[[Location], tuple[int, int]] | None = None,
    *,
    known: Mapping[str, str],
    enabled: Callable[[str, str], bool],
) -> Applied:
    """Leave out the findings that comments silence, and report the comments that do nothing.

    Args:
        findings: all findings of the selected rules.
        suppressions: what `parse` made of each file, by path.
        span: the first and last line of the statement that holds a location; by default the
            location's own lines.
        known: name or code of every rule and diagnostic → code.
        enabled: whether a code is reported in a path. A comment for a rule that did not run there is
            not called unused.

    Returns:
        kept findings in their order; notes in the order of files and lines.
    """
    used: set[tuple[str, Suppression, str]] = set()
    every = tuple(findings)
    kept = _silenced(every, suppressions, span, known, used)
    unknown = [
        diagnostics.finding(diagnostics.UNKNOWN_RULE, _location(path, item), problem)
        for path, items in sorted(suppressions.items())
        if enabled(diagnostics.UNKNOWN_RULE.code, path)
        for item in items
        for problem in _problems(item, known)
    ]
    notes = _silenced(unknown, suppressions, span, known, used)
    made = len(every) + len(unknown)
    unused = _unused(suppressions, known, enabled, used, about_unused=False)
    notes += _silenced(unused, suppressions, span, known, used)
    made += len(unused)
    # Comments that name LL003 are judged last, since whether they do anything depends on the others, and
    # nothing silences what is said of them: it would be the comment itself.
    last = _unused(suppressions, known, enabled, used, about_unused=True)
    notes += tuple(last)
    made += len(last)
    return Applied(kept, tuple(sorted(notes, key=lambda item: item.location)), made - len(kept) - len(notes))


def _silenced(
    findings: Iterable[Finding],
    suppressions: Mapping[str, tuple[Suppression, ...]],
    span: Callable[[Location], tuple[int, int]] | None,
    known: Mapping[str, str],
    used: set[tuple[str, Suppression, str]],
) -> tuple[Finding, ...]:
    """The findings that stay; notes in ``used`` which comment silenced one, by path and name."""
    kept = []
    for finding in findings:
        path = finding.location.path
        first, last = finding.location.line, max(finding.location.end_line, finding.location.line)
        items = suppressions.get(path, ())
        if items and span is not None:
            start, end = span(finding.location)
            first, last = min(first, start), max(last, end)
        matching = [
            (path, item, name)
            for item in items
            if item.target == 0 or first <= item.target <= last
            for name in item.names
            if known.get(name) == finding.code
        ]
        used.update(matching)
        if not matching:
            kept.append(finding)
    return tuple(kept)


def _problems(item: Suppression, known: Mapping[str, str]) -> Iterable[str]:
    if item.problem:
        yield f"this comment silences nothing: {item.problem}"
    for name in item.names:
        if name not in known:
            yield f"there is no rule '{name}'{nearest(name, tuple(known))}"


def _unused(
    suppressions: Mapping[str, tuple[Suppression, ...]],
    known: Mapping[str, str],
    enabled: Callable[[str, str], bool],
    used: set[tuple[str, Suppression, str]],
    *,
    about_unused: bool,
) -> list[Finding]:
    code = diagnostics.UNUSED_SUPPRESSION.code
    return [
        diagnostics.finding(
            diagnostics.UNUSED_SUPPRESSION, _location(path, item), f"this comment silences no {name} {_where(item)}"
        )
        for path, items in sorted(suppressions.items())
        if enabled(code, path)
        for item in items
        for name in item.names
        if name in known
        and (known[name] == code) == about_unused
        and enabled(known[name], path)
        and (path, item, name) not in used
    ]


def _where(item: Suppression) -> str:
    if item.target == 0:
        return "in this file"
    return "on its line" if item.target == item.line else f"on line {item.target}"


def _location(path: str, item: Suppression) -> Location:
    return Location(path, item.line, item.column, item.line, item.end_column)
