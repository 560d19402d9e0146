"""Which Python has what syntax, and which Python a module therefore needs.

A module whose syntax is newer than a function's runtime cannot be loaded there. That is looked for in
two steps: patterns over the bytes of the source rule nearly all modules out, and the few others are
tokenized by `lambdalint.source.newer`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import PEP_758, SourceError, utf8

if TYPE_CHECKING:
    from lambdalint.source.program import Program
    from lambdalint.source.skeleton import Skeleton

Version = tuple[int, int]

NEWEST: Version = (3, 15)
RUNNING: Version = sys.version_info[:2]


class Construct(NamedTuple):
    """A piece of syntax: the first Python that has it, its name, and patterns of which every source with it has one.

    The patterns begin with plain text where they can, for which ``re`` looks at the speed of memory.
    """

    version: Version
    name: str
    hints: tuple[bytes, ...]


def _fstring_hints() -> tuple[bytes, ...]:
    """F-strings with a field that is more than plain text without the string's own quote, a backslash or a comment.

    Each byte is read in one way only and all repeats are bounded, so that no source takes long.
    """
    plain = rb"\{\{|\{[^{}Q\r\n\\#]{1,300}\}"
    one = rb"(?!QQ)(?:[^Q\r\n\\{]|\\[\s\S]|%s){0,2000}(?!%s)\{" % (plain, plain)
    plain = rb"\{\{|\{(?:(?!QQQ)[^{}\\#]){1,300}\}"
    three = rb"QQ(?:(?!QQQ)[^\\{]|\\[\s\S]|%s){0,4000}(?!%s)\{" % (plain, plain)
    return tuple(
        prefix + quote + (b"(?:%s|%s)" % (one, three)).replace(b"Q", quote)
        for prefix in (b"f", b"F", b"fr", b"fR", b"Fr", b"FR")
        for quote in (b"'", b'"')
    )


# Read off CPython's grammar as of 3.15; the tests try each on every interpreter that is there.
WALRUS = Construct((3, 8), "an assignment expression (`:=`)", (rb":=",))
POSITIONAL_ONLY = Construct((3, 8), "positional-only parameters (`/`)", (rb",\s*/\s*[,):]",))
DEBUG = Construct((3, 8), "`=` in an f-string", (rb"=\s*[!:}]",))
WITH_PARENTHESES = Construct((3, 9), "parenthesized context managers", (rb"with\s*\(", rb"with[ \t]*\\\s*\("))
MATCH = Construct((3, 10), "a `match` statement", (rb"case\b[^\r\n]{0,500}:",))
EXCEPT_STAR = Construct((3, 11), "`except*`", (rb"except\s*\*",))
STAR_SUBSCRIPT = Construct((3, 11), "unpacking in a subscript", (rb"[\w\])}'\"]\s*\[(?:[^\[\]]{0,300},)?\s*\*",))
STAR_ANNOTATION = Construct((3, 11), "an unpacked annotation (`*args: *Ts`)", (rb"\*\s*\w+\s*:\s*\*",))
TYPE_PARAMETERS = Construct((3, 12), "type parameters", (rb"def\s+\w+\s*\[", rb"class\s+\w+\s*\[", rb"type\s+\w+\s*\["))
TYPE_STATEMENT = Construct((3, 12), "a `type` statement", (rb"type[ \t\\]\s*\w+\s*[\[=]",))
FREE_FSTRING = Construct(
    (3, 12), "an f-string with its own quotes, a backslash, a comment or a line break in braces", _fstring_hints()
)
TYPE_DEFAULT = Construct((3, 13), "a default of a type parameter", TYPE_PARAMETERS.hints)
TEMPLATE_STRING = Construct((3, 14), 'a template string (`t"…"`)', (rb"(?<![\w'\"])(?:[tT][rR]?|[rR][tT])['\"]",))
EXCEPT_SEVERAL = Construct(PEP_758, "`except` with several types and no parentheses", (rb"except\b[^\r\n:]{0,500},",))
LAZY_IMPORT = Construct((3, 15), "a lazy import", (rb"lazy[ \t\\]\s*(?:import|from)\b",))
STAR_COMPREHENSION = Construct((3, 15), "unpacking in a comprehension", (rb"[\[({]\s*\*[\s\S]{1,200}?\bfor\b",))
CONSTRUCTS = (
    WALRUS, POSITIONAL_ONLY, DEBUG, WITH_PARENTHESES, MATCH, EXCEPT_STAR, STAR_SUBSCRIPT, STAR_ANNOTATION,
    TYPE_PARAMETERS, TYPE_STATEMENT, FREE_FSTRING, TYPE_DEFAULT, TEMPLATE_STRING, EXCEPT_SEVERAL, LAZY_IMPORT,
    STAR_COMPREHENSION,
)  # fmt: skip


class Refused(NamedTuple):
    """A module that the runtime of a function refuses; ``start`` is the module of the function's entry point."""

    path: str
    start: str
    runtime: Version
    needed: Needed


class Needed(NamedTuple):
    """The first construct that a Python does not have. ``line`` counts from 1, ``column`` from 1 in characters."""

    version: Version
    name: str
    line: int
    column: int


@cache
def _hints(above: Version, upto: Version) -> tuple[re.Pattern[bytes], ...]:
    hints = [hint for item in CONSTRUCTS if above < item.version <= upto for hint in item.hints]
    return tuple(re.compile(hint) for hint in dict.fromkeys(hints))


def hinted(source: bytes, above: Version, upto: Version) -> bool:
    """Whether a source may have a construct newer than ``above`` and not newer than ``upto``."""
    return any(hint.search(source) for hint in _hints(above, upto))


def needed(source: bytes, runtime: Version, upto: Version = RUNNING) -> Needed | None:
    """The first construct of a valid module that Python ``runtime`` does not have.

    Args:
        source: the bytes of the file, which some Python compiles.
        runtime: the Python that is to compile it, at least 3.6.
        upto: a Python that is known to compile it; nothing newer is looked for.
    """
    if upto <= runtime:
        return None
    try:
        source = utf8(source)
    except SourceError:  # the parser is less strict about bytes in comments
        return None
    if not hinted(source, runtime, upto):
        return None
    from lambdalint.source.newer import find  # its patterns take a while to compile

    new = find(source, runtime, upto)
    if new is None:
        return None
    first = new.found[0]
    return Needed(first.construct.version, first.construct.name, *place(source, first.start))


def refused(
    program: Program, starts: Iterable[tuple[str, Version]], imported: Callable[[Skeleton], Iterable[str]]
) -> Iterator[Refused]:
    """The modules that some function imports and its runtime cannot compile, each for the oldest such runtime.

    Args:
        program: all modules.
        starts: the module of an entry point, and the Python that runs it.
        imported: which modules another imports, come what may.
    """
    seen: set[str] = set()
    for start, runtime in sorted(starts, key=lambda item: (item[1], item[0])):
        queue = [start]
        while queue:
            path = queue.pop()
            skeleton = program.skeleton(path) if path not in seen else None
            seen.add(path)
            if skeleton is None:
                continue
            found = needed(program.source(path), runtime, NEWEST if skeleton.newer_syntax else RUNNING)
            if found is not None:
                yield Refused(path, start, runtime, found)
            queue.extend(imported(skeleton))


def place(source: bytes, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a byte offset."""
    lines = re.split(rb"\r\n|\r|\n", source[:offset])
    return len(lines), len(lines[-1].decode("utf-8", "replace")) + 1
