"""The language of ``.gitignore``: which entries of a directory tree are left out.

As git does it, an entry is judged by its own name and path, and what lies in a directory that is left out is not
asked for: `Patterns.verdict` for a walk from the top, `Patterns.covers` for a path by itself. Nearly all patterns in
use are names, paths or ``*.ext``, which are looked up; what the others need is imported for them alone.

Source: https://git-scm.com/docs/gitignore. POSIX classes (``[[:alpha:]]``) and escapes in classes are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = frozenset("*?[\\")


class _Pattern:
    """One line: a name or path that was looked up, with an ``ending`` or, for each part of it, a glob."""

    __slots__ = ("anchored", "directories", "ending", "globs", "kept", "number")

    def __init__(
        self, number: int, ending: str, *, kept: bool, directories: bool, anchored: bool, globs: Sequence[str] = ()
    ) -> None:
        self.number = number
        self.ending = ending
        self.kept = kept
        self.directories = directories
        self.anchored = anchored
        self.globs = globs

    def matches(self, path: str, name: str) -> bool:
        if not self.globs:
            return name.endswith(self.ending)
        return _match(self.globs, path.split("/") if self.anchored else [name])


class Patterns:
    """The patterns of one file. Paths are relative to its directory."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._exact: dict[str, list[_Pattern]] = {}  # by name or, with a slash before it, by path
        self._endings: dict[str, list[_Pattern]] = {}  # by what follows the last dot of the name
        self._others: list[tuple[str, _Pattern]] = []  # with what all that they match holds
        for number, line in enumerate(lines):
            self._add(number, line)

    def __bool__(self) -> bool:
        return bool(self._exact or self._endings or self._others)

    def _add(self, number: int, line: str) -> None:
        text = _stripped(line)
        if not text or text.startswith("#"):
            return
        kept = text.startswith("!")
        text = text[kept:]
        directories = text.endswith("/")
        text = text[:-1] if directories else text
        anchored = "/" in text
        text = text.removeprefix("/")

        def made(ending: str = "", globs: Sequence[str] = ()) -> _Pattern:
            return _Pattern(number, ending, kept=kept, directories=directories, anchored=anchored, globs=globs)

        if _SPECIAL.isdisjoint(text):
            self._exact.setdefault(f"/{text}" if anchored else text, []).append(made())
        elif text.startswith("*.") and not anchored and (endings := _spelt(text[1:])):
            for ending in endings:
                self._endings.setdefault(ending.rpartition(".")[2], []).append(made(ending))
        else:
            globs = [_shell(part) for part in text.split("/")]
            if all(globs):
                self._others.append((_literal(text), made(globs=globs)))

    def verdict(self, path: str) -> bool | None:
        """Whether an entry is left out, None where no pattern says; the path of a directory ends with a slash."""
        directory = path.endswith("/")
        path = path[:-1] if directory else path
        name = path.rpartition("/")[2]
        last: _Pattern | None = None
        for pattern in (
            *self._exact.get(name, ()),
            *self._exact.get(f"/{path}", ()),
            *self._endings.get(name.rpartition(".")[2], ()),
            *[pattern for text, pattern in self._others if text in path],
        ):
            if (
                (last is None or pattern.number > last.number)
                and (directory or not pattern.directories)
                and pattern.matches(path, name)
            ):
                last = pattern
        return None if last is None else not last.kept

    def covers(self, path: str) -> bool:
        """Whether an entry is left out, by itself or with a directory above it."""
        position = path.find("/")
        while 0 <= position < len(path) - 1:
            if self.verdict(path[: position + 1]):
                return True
            position = path.find("/", position + 1)
        return bool(self.verdict(path))


def _stripped(line: str) -> str:
    """A line without the spaces at its end, of which a backslash keeps one."""
    line = line.removesuffix("\r")
    text = line.rstrip(" ")
    backslashes = len(text) - len(text.rstrip("\\"))
    return text + " " if backslashes % 2 and len(text) < len(line) else text


def _spelt(text: str) -> list[str]:
    """The texts that a glob without wildcards stands for: of ``.py[co]`` ``.pyc`` and ``.pyo``; none for any other."""
    head, opening, rest = text.partition("[")
    if not opening:
        return [text] if _SPECIAL.isdisjoint(text) else []
    letters, closing, tail = rest.partition("]")
    plain = closing and letters.isalnum() and _SPECIAL.isdisjoint(head + tail)
    return [head + letter + tail for letter in letters] if plain else []


def _literal(text: str) -> str:
    """The longest text that everything matched by a glob holds."""
    return max(re.split(r"[*?\\/]", text.partition("[")[0]), key=len)


def _shell(glob: str) -> str:
    """One part of a pattern in the language of `fnmatch`; nothing where it is not read, or git finds it broken."""
    found = []
    position = 0
    while position < len(glob):
        letter = glob[position]
        position += 1
        if letter == "[":
            negated = glob[position : position + 1] in ("!", "^")
            position += negated
            end = glob.find("]", position + 1)  # a bracket in the first place is a member
            members = glob[position:end]
            if end < 0 or "\\" in members or "[:" in members:
                return ""
            letter = f"[{'!' if negated else ''}{members}]"
            position = end + 1
        elif letter == "\\":
            letter = glob[position : position + 1]
            position += 1
            if not letter:
                return ""
            letter = f"[{letter}]" if letter in _SPECIAL else letter
        found.append(letter)
    return "".join(found)


def _match(globs: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the parts of a pattern match those of a path; ``**`` stands for any number of parts, at the end for one.

    A later ``**`` can do all that an earlier one could, so only the last is ever gone back to.
    """
    from fnmatch import fnmatchcase

    glob = name = again = 0
    after: int | None = None  # the part behind the last **, to which the parts from ``again`` on are compared
    while name < len(names):
        if glob < len(globs) and globs[glob].startswith("**") and not globs[glob].strip("*"):
            glob += 1
            after, again = glob, name
        elif glob < len(globs) and fnmatchcase(names[name], globs[glob]):
            glob += 1
            name += 1
        elif after is not None:
            again += 1
            glob, name = after, again
        else:
            return False
    return glob == len(globs)
