"""Files of requirements as pip reads them: what they ask for, and which further files they include.

pip-requirements-parser is pip's own code for that. It reads from files of the system and follows what they include
wherever that is, so it is handed lines here, one requirement at a time, within limits that keep its expressions quick.
"""

from __future__ import annotations

from collections.abc import Iterator

from lambdalint.bundle.distributions import normalized
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINES = 50_000  # of one file
CONTINUED = 2_000  # lines of one requirement; each hash is one
LINE_LIMIT = 4_000  # characters before the options of a requirement
OPTIONS_LIMIT = 400_000  # characters of its options, hashes above all
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# What no requirement by itself has: an option, a continued line, a path, an address, a variable, an archive's name.
_MORE = regex(r"(?m)^[^#\n]*(?:[\\/@$]|(?:^|[ \t])-|\.(?:zip|whl|tar|tgz|gz|bz2|xz|egg)\b)")
_COMMENT = regex(r"(?:^|[ \t])#.*$")


class Asked(NamedTuple):
    """One requirement. ``name`` is as written, "" where only what is at the other end can tell it.

    ``origin`` says where it comes from if not from an index: ``editable``, ``git`` (any version control), ``url`` or
    ``path``.
    """

    line: int
    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    hashes: tuple[str, ...] = ()
    origin: str = ""


class Included(NamedTuple):
    """A file that one of requirements includes, relative to that one's directory."""

    line: int
    path: str
    constraint: bool


class Broken(NamedTuple):
    """A line that cannot be read."""

    line: int
    reason: str


def decoded(data: bytes) -> str:
    """The text of a file of requirements; PowerShell writes them as UTF-16."""
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8-sig")
    return data.decode(encoding, "replace")


def comments(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Line, column, text and whether it stands alone, of each comment that speaks to lambdalint."""
    for number, line in enumerate(text.splitlines(), 1):
        before, mark, words = line.partition("#")
        if "lambdalint:" in words and (not before or before[-1].isspace()):
            yield number, len(before) + 1, mark + words, not before.strip()


def continued(text: str) -> dict[int, int]:
    """The lines that continue a requirement, each with the line that it begins on."""
    found: dict[int, int] = {}
    start, goes_on = 0, False
    for number, line in enumerate(text.splitlines(), 1):
        if goes_on:
            found[number] = start
        else:
            start = number
        goes_on = line.rstrip().endswith("\\") and not line.lstrip().startswith("#")
    return found


def parsed(text: str) -> Iterator[Asked | Included | Broken]:
    """What the lines of a file of requirements say, in their order. Options that name no requirement are left out.

    Raises:
        ValueError: more lines, or longer ones, than any such file has.
    """
    plain = _plain(text)
    if plain is not None:
        yield from plain
        return
    import pip_requirements_parser as pip  # type: ignore[import-untyped]  # it has no annotations

    parse = pip.get_line_parser()
    for number, line in _logical(text, pip):
        requirement, options = pip.break_args_options(line)
        if len(requirement) > LINE_LIMIT or len(options) > OPTIONS_LIMIT:
            raise ValueError(f"line {number}: longer than any requirement")
        where = pip.RequirementLine(line=line, line_number=number, filename="")
        try:
            try:
                found = parse(line)
            except pip.OptionParsingError:
                if not requirement.strip():
                    raise
                found = parse(
                    requirement
                )  # an option that is newer than the parser changes nothing of what is asked for
            text_, values, arguments = found
            whole = pip.ParsedLine(where, text_, values, is_constraint=False, arguments=arguments)
            for item in pip.handle_line(whole):
                if isinstance(item, pip.ParsedRequirement):
                    yield _asked(number, pip.build_req_from_parsedreq(item))
                elif isinstance(item, pip.OptionLine):
                    yield from _included(number, item.options)
        except Exception as error:  # noqa: BLE001  pip's code for hostile input may raise anything
            reason = str(error).strip().partition("\n")[0].removeprefix("pip_requirements_parser: error: ")
            reason = reason.replace(" ?", "?").replace(": : ", ": ") or type(error).__name__
            yield Broken(number, reason)


def _plain(text: str) -> list[Asked] | None:
    """The requirements of a file that holds nothing else, as most do; None for what pip's own code has to read.

    It takes twice as long to import as what reads one requirement, and a hundred times as long for each line.
    """
    lines = text.splitlines()
    if len(lines) > LINES or _MORE.search(text):
        return None
    from packaging.requirements import InvalidRequirement, Requirement

    found = []
    for number, line in enumerate(lines, 1):
        written = _COMMENT.sub("", line).strip()
        if len(written) > LINE_LIMIT:
            return None
        try:
            item = Requirement(written) if written else None
        except (InvalidRequirement, RecursionError):
            return None
        if item is not None:
            marker = str(item.marker) if item.marker is not None else ""
            extras = tuple(sorted(map(normalized, item.extras)))
            found.append(Asked(number, item.name, str(item.specifier), extras, marker))
    return found


def _logical(text: str, pip: Any) -> Iterator[tuple[int, str]]:
    """The lines that hold a requirement or option, with what they are continued by, and the number of the first."""
    lines = text.splitlines()
    if len(lines) > LINES:
        raise ValueError(f"more than {LINES:,} lines")
    run = 0
    for number, line in enumerate(lines, 1):
        if len(line) > OPTIONS_LIMIT:
            raise ValueError(f"line {number}: longer than any requirement")
        run = run + 1 if line.endswith("\\") else 0
        if run > CONTINUED:
            raise ValueError(f"line {number}: continued for more than {CONTINUED:,} lines")
    # blanks in a row are one blank: the expression that finds comments takes quadratic time for them
    spaced = "\n".join(" ".join(line.split()) if len(line) < OPTIONS_LIMIT else "" for line in lines)
    for item in pip.preprocess(spaced):
        if not isinstance(item, pip.CommentLine):
            yield item.line_number, item.line


def _asked(number: int, found: Any) -> Asked:
    requirement, link = found.req, found.link
    origin = ""
    if found.is_editable:
        origin = "editable"
    elif link is not None:
        scheme = link.scheme
        origin = "git" if link.is_vcs else "url" if scheme and scheme != "file" and len(scheme) > 1 else "path"
    return Asked(
        line=number,
        name=requirement.name if requirement is not None else "",
        specifier=str(requirement.specifier) if requirement is not None and not origin else "",
        extras=tuple(sorted(found.extras)),
        marker=str(found.marker) if found.marker is not None else "",
        hashes=tuple(found.hash_options),
        origin=origin,
    )


def _included(number: int, options: Any) -> Iterator[Included]:
    for key in ("requirements", "constraints"):
        for path in options.get(key) or ():
            yield Included(number, path, key == "constraints")
