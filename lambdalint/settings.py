"""Configuration files and command-line options → frozen Settings.

One table, `OPTIONS`, holds every setting: it checks the files, builds the command line's options and
is what ``config show`` prints. A setting comes from the command line, else from the nearest file with
a section of ours, else it has its default; files are never merged.

What a repository's configuration may not do: name code to load, name a path outside the project's
root, or choose where to write.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

from lambdalint.errors import UsageError, nearest
from lambdalint.model import Confidence, Severity
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.tree import DirectoryTree, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILE_NAMES = ("lambdalint.toml", ".lambdalint.toml", "pyproject.toml")
FORMATS = ("text", "concise", "json", "sarif", "github")
FUNCTION_FORMATS = ("text", "json")  # of the command `functions`
GRAPH_FORMATS = ("text", "mermaid", "dot")  # of the command `graph`
FILE_LIMIT = 256 * 1024  # bytes; TOML parsers are quadratic in places
STAR_LIMIT = 8  # wildcards in one segment of a pattern; each multiplies the time of a failing match
JOBS_LIMIT = 64  # processes; each has four ends of pipes
NEWLINE = b"\n"
DEFAULT = "default"
COMMAND_LINE = "command line"

# TOML of another tool is parsed only if it can hold a section of ours ("tool" as a plain key would clash with it),
# or if it is in no encoding that TOML allows, which only the parser may say.
_OURS = regex(rb"lambdalint|^[ \t]*[\"']?tool[\"']?[ \t]*=|\x00", re.MULTILINE)
_RUNTIME = regex(r"python3\.\d{1,2}$")
_SIZE = regex(r"(\d+) ?(KB|MB)$")
_UNITS = {"KB": 1 << 10, "MB": 1 << 20}


class Budget(NamedTuple):
    """What the bundle of a function may take; each is None where there is no such budget.

    ``unzipped`` (with its layers) and ``zipped`` are bytes, ``init_modules`` the modules that its entry point loads
    from the bundle, ``growth`` the percentage by which it may exceed a baseline.
    """

    unzipped: int | None = None
    zipped: int | None = None
    init_modules: int | None = None
    growth: int | None = None


class Accepted(NamedTuple):
    """A vulnerability that the project accepts, by its id or an alias, with the reason, and the last day of that."""

    id: str
    reason: str
    until: str = ""


class Settings(NamedTuple):
    """What one run was asked to do. Patterns and paths are relative to the project's root.

    ``select``/``ignore``/``extend_select`` hold selectors (code, prefix of a code, name, ``ALL``);
    ``per_file_ignores`` pairs of gitignore pattern and selectors; ``functions`` handler strings
    (``path/to/file.py:name`` or ``module.attribute``); ``function`` names the functions that the
    report is limited to; ``runtime``, ``arch``, ``handler`` and ``layer`` say what a template would of the artifacts
    that were given; ``as_of`` is the day (``2026-11-21``) that counts as today, empty for the clock's; ``sdk`` is
    where the AWS SDK is to come from, ``runtime`` or ``bundled``; ``compare`` is the absolute path of a report of the
    command ``bundle``, which budgets of growth refer to; ``budgets`` is what bundles may take, by the name of
    a function and "" for all, see `budget`; ``vulns`` are the vulnerabilities that are accepted; ``jobs`` is how many
    processes share the work, 0 for as many as pay; ``origins`` tells where each value that is not a default comes from.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    function: tuple[str, ...] = ()
    runtime: str = ""
    arch: str = ""
    handler: str = ""
    layer: tuple[str, ...] = ()
    min_severity: Severity = Severity.INFO
    min_confidence: Confidence = Confidence.LOW
    fail_on: Severity = Severity.WARNING
    exit_zero: bool = False
    error_on_empty: bool = False
    output: tuple[str, ...] = ()
    baseline: str = ""
    statistics: bool = False
    as_of: str = ""
    cache: bool = True
    cache_dir: str = ""
    jobs: int = 0
    color: str = "auto"
    sdk: str = ""
    compare: str = ""
    budgets: tuple[tuple[str, Budget], ...] = ()
    vulns: tuple[Accepted, ...] = ()
    origins: Mapping[str, str] = {}

    def budget(self, function: str) -> Budget:
        """What a function may take: its own budgets, and those of all functions for what it has none of."""
        found = dict(self.budgets)
        own = found.get(function, Budget())._asdict()
        return found.get("", Budget())._replace(**{key: value for key, value in own.items() if value is not None})


class Option(NamedTuple):
    """One setting: how it is spelt, read and explained.

    ``kind`` names the reader in `READERS`; ``flags`` are the command line's spellings (empty: file
    only); ``in_file`` tells whether a configuration file may set it.
    """

    key: str
    kind: str
    help: str
    flags: tuple[str, ...] = ()
    metavar: str = ""
    in_file: bool = True

    @property
    def field(self) -> str:
        """The name of the field of `Settings`."""
        return self.key.replace("-", "_")


OPTIONS: tuple[Option, ...] = (
    Option("select", "selectors", "rules to run instead of the default set: codes, prefixes (LL1), names, ALL",
           ("--select",), "RULES"),
    Option("ignore", "selectors", "rules not to report", ("--ignore",), "RULES"),
    Option("extend-select", "selectors", "rules to run beside the selected ones", ("--extend-select",), "RULES"),
    Option("per-file-ignores", "ignores", "rules not to report in files that match a pattern (repeatable)",
           ("--per-file-ignores",), "PATTERN:RULES"),
    Option("exclude", "patterns", "files and directories to leave out, as gitignore patterns",
           ("--exclude",), "PATTERNS"),
    Option("functions", "handlers", "entry points that nothing declares: path/to/file.py:name or module.attribute"),
    Option("templates", "paths", "template files to read beside those found by their names"),
    Option("function", "names", "report only what concerns this function (repeatable)", ("--function",), "NAME",
           in_file=False),
    Option("runtime", "runtime", "what the archives and directories run on that are given as deployed: python3.13",
           ("--runtime",), "NAME", in_file=False),
    Option("arch", "architecture", "their architecture: x86_64 or arm64", ("--arch",), "NAME", in_file=False),
    Option("handler", "handler", "their entry point, as in app.handler; directories are then taken as deployed, too",
           ("--handler",), "NAME", in_file=False),
    Option("layer", "names", "archive or directory of a layer that they have (repeatable, in their order)",
           ("--layer",), "PATH", in_file=False),
    Option("min-severity", "severity", "report nothing below this severity", ("--min-severity",), "LEVEL"),
    Option("min-confidence", "confidence", "report nothing below this confidence", ("--min-confidence",), "LEVEL"),
    Option("fail-on", "severity", "exit with 1 if a finding is at least this severe (default: warning)",
           ("--fail-on",), "LEVEL"),
    Option("exit-zero", "flag", "exit with 0 whatever is found", ("--exit-zero",)),
    Option("error-on-empty", "flag", "exit with 2 if there is nothing to analyse", ("--error-on-empty",)),
    Option("output", "outputs", "text, concise, json, sarif or github, to standard output or PATH (repeatable)",
           ("--output",), "FORMAT[:PATH]"),
    Option("baseline", "path", "accept the findings that this file lists", ("--baseline",), "FILE"),
    Option("statistics", "flag", "print how much of the code could be followed", ("--statistics",)),
    Option("as-of", "date", "the day that counts as today, for what depends on it (default: today)",
           ("--as-of",), "DATE"),
    Option("sdk", "sdk", "where functions are to have the AWS SDK from: runtime or bundled"),
    Option("budgets", "budgets", "what a bundle may take: unzipped, zipped, init-modules, growth; and functions.NAME"),
    Option("compare", "path", "the report of `lambdalint bundle --output json:FILE` that bundles are compared with",
           ("--compare",), "FILE"),
    Option("vulns", "vulns", "ignore: vulnerabilities that are accepted, each with id, reason and until"),
    Option("cache", "flag", "neither read nor write the cache", ("--no-cache",)),
    Option("cache-dir", "path", "where the cache lies (default: LAMBDALINT_CACHE_DIR, else the user's cache directory)",
           ("--cache-dir",), "DIR", in_file=False),
    Option("jobs", "jobs", "processes that share the work: a number, or auto for as many as pay (default)",
           ("--jobs",), "N", in_file=False),
    Option("color", "color", "auto, always or never", ("--color",), "WHEN", in_file=False),
)  # fmt: skip
BY_KEY = {option.key: option for option in OPTIONS}
FILE_KEYS = tuple(option.key for option in OPTIONS if option.in_file)


class _Expected(Exception):
    """A value of the wrong kind; ``str()`` says what was expected."""


# Readers: a value of a file, or a string of the command line (a tuple of them for lists) → the field's value.


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and item for item in value):
        raise _Expected("a list of strings")
    return tuple(value)


def _ignores(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if isinstance(value, tuple):  # of the command line
        pairs: dict[str, tuple[str, ...]] = {}
        for item in value:
            pattern, colon, rules = item.rpartition(":")
            if not colon or not pattern or not rules:
                raise _Expected("PATTERN:RULES")
            pairs[pattern] = pairs.get(pattern, ()) + tuple(split(rules))
        value = pairs
    if not isinstance(value, dict):
        raise _Expected("a table of patterns, each with a list of rules")
    return tuple((pattern, _strings(rules)) for (pattern,), rules in ((_patterns([key]), value[key]) for key in value))


def _patterns(value: Any) -> tuple[str, ...]:
    for pattern in _strings(value):
        if pattern.startswith("~") or ".." in pattern.split("/"):
            raise _Expected(f"patterns below the project's root, not '{pattern}'")
        if any(segment.replace("**", "*").count("*") > STAR_LIMIT for segment in pattern.split("/")):
            raise _Expected(f"at most {STAR_LIMIT} wildcards between two slashes")
    return _strings(value)


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise _Expected("a path")
    return value


def _date(value: Any) -> str:
    import datetime  # only where the setting is used

    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()  # TOML has dates
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise _Expected("a date, as in 2026-11-21") from None


def _runtime(value: Any) -> str:
    if not isinstance(value, str) or not _RUNTIME.match(value):
        raise _Expected("a runtime of Python, as in python3.13")
    from lambdalint.data import table

    known = list(table("targets")["runtimes"])
    if value not in known:
        raise _Expected(f"one of the runtimes that are known here, {known[0]} to {known[-1]}, and {value} is none")
    return value


def _architecture(value: Any) -> str:
    if value not in ("x86_64", "arm64"):
        raise _Expected("x86_64 or arm64")
    return str(value)


def _entry_point(value: Any) -> str:
    if not isinstance(value, str) or "." not in value or any(character.isspace() for character in value):
        raise _Expected("a module and a function, as in app.handler")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Expected("true or false")
    return value


def _level(levels: type[Severity | Confidence]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        found = [level for level in levels if level.label == value]
        if not found:
            raise _Expected("one of " + ", ".join(level.label for level in levels))
        return found[0]

    return read


def _outputs(value: Any) -> tuple[str, ...]:
    for item in _strings(value):
        if item.partition(":")[0] not in FORMATS:
            raise _Expected("one of " + ", ".join(FORMATS) + ", each with an optional :PATH")
    return _strings(value)


def _formats(value: Any) -> tuple[str, ...]:
    """Of a file: formats alone, since where to write is for whoever runs the program to say."""
    for item in _strings(value):
        if item not in FORMATS:
            raise _Expected("formats only (" + ", ".join(FORMATS) + "); say where to write on the command line")
    return _strings(value)


def _color(value: Any) -> str:
    if value not in ("auto", "always", "never"):
        raise _Expected("one of auto, always, never")
    return str(value)


def _jobs(value: Any) -> int:
    if value == "auto":
        return 0
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or not 0 < int(value) <= JOBS_LIMIT:
        raise _Expected(f"auto or a number from 1 to {JOBS_LIMIT}")
    return int(value)


def _sdk(value: Any) -> str:
    if value not in ("runtime", "bundled"):
        raise _Expected("runtime or bundled")
    return str(value)


def _budgets(value: Any) -> tuple[tuple[str, Budget], ...]:
    if not isinstance(value, dict):
        raise _Expected("a table of budgets")
    functions = value.get("functions", {})
    if not isinstance(functions, dict) or not all(isinstance(item, dict) for item in functions.values()):
        raise _Expected("a table for each function in budgets.functions")
    own = {key: item for key, item in value.items() if key != "functions"}
    return tuple((name, _budget(item)) for name, item in [*([("", own)] if own else []), *functions.items()])


def _budget(value: Mapping[str, Any]) -> Budget:
    known = [key.replace("_", "-") for key in Budget._fields]
    for key in value:
        if key not in known:
            raise _Expected(f"{', '.join(known)} and functions, not '{key}'{nearest(key, known)}")
    return Budget(
        _size(value.get("unzipped")), _size(value.get("zipped")), _count(value.get("init-modules")),
        _count(value.get("growth")),
    )  # fmt: skip


def _count(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise _Expected("whole numbers for init-modules and growth (in percent)")


def _size(value: Any) -> int | None:
    found = _SIZE.match(value) if isinstance(value, str) else None
    if found is not None:
        return int(found[1]) * _UNITS[found[2]]
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise _Expected("sizes in bytes, or as in '50 MB', which is 52,428,800 bytes as with AWS")


def _vulns(value: Any) -> tuple[Accepted, ...]:
    known = ("ignore",)
    if not isinstance(value, dict):
        raise _Expected("a table with a list 'ignore'")
    for key in value:
        if key not in known:
            raise _Expected(f"{known[0]}, not '{key}'{nearest(key, known)}")
    listed = value.get("ignore", [])
    if not isinstance(listed, list):
        raise _Expected("a list of tables in vulns.ignore, each with id and reason")
    return tuple(map(_accepted, listed))


def _accepted(value: Any) -> Accepted:
    if not isinstance(value, dict):
        raise _Expected("a list of tables in vulns.ignore, each with id and reason")
    for key in value:
        if key not in Accepted._fields:
            raise _Expected(
                f"{', '.join(Accepted._fields)} in vulns.ignore, not '{key}'{nearest(key, Accepted._fields)}"
            )
    for key in ("id", "reason"):
        if not isinstance(value.get(key), str) or not value[key].strip():
            raise _Expected(
                f"vulns.ignore with an {key} for each" if key == "id" else "vulns.ignore with a reason for each"
            )
    return Accepted(value["id"].strip(), value["reason"].strip(), _date(value["until"]) if "until" in value else "")


READERS: Mapping[str, Callable[[Any], Any]] = {
    "selectors": _strings,
    "names": _strings,
    "handlers": _strings,
    "patterns": _patterns,
    "ignores": _ignores,
    "paths": _strings,
    "path": _path,
    "date": _date,
    "flag": _flag,
    "runtime": _runtime,
    "architecture": _architecture,
    "handler": _entry_point,
    "severity": _level(Severity),
    "confidence": _level(Confidence),
    "outputs": _outputs,
    "color": _color,
    "jobs": _jobs,
    "sdk": _sdk,
    "budgets": _budgets,
    "vulns": _vulns,
}
LISTS = frozenset({"selectors", "names", "handlers", "patterns", "ignores", "paths", "outputs"})


def split(text: str) -> list[str]:
    """The parts of a comma-separated list of the command line, without blanks."""
    return [part for part in (part.strip() for part in text.split(",")) if part]


class _File(NamedTuple):
    path: str  # absolute
    shown: str  # as messages name it
    data: bytes
    section: Mapping[str, Any]


def load(start: str, root: str, given: Mapping[str, Any], config: str = "") -> Settings:
    """The settings of one run.

    Args:
        start: the absolute path of the first input, from whose directory upwards files are looked for.
        root: the absolute root of the project, where the search ends.
        given: what the command line sets, by key: strings, or tuples of strings for lists.
        config: a configuration file that the user named, instead of the nearest one.

    Raises:
        UsageError: an unreadable or malformed file, an unknown key, a value of a wrong type or a
            path that a repository's configuration may not name.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    file = _named(config) if config else _nearest(start, root)
    if file is not None:
        for key, value in file.section.items():
            values[BY_KEY[key].field] = _from_file(key, value, file, root)
            origins[key] = file.shown
    for key, value in given.items():
        try:
            values[BY_KEY[key].field] = _from_command_line(key, value, root)
        except _Expected as error:
            raise UsageError(f"{BY_KEY[key].flags[0]} takes {error}") from None
        origins[key] = COMMAND_LINE
    return Settings(**values, origins=origins)


def _from_command_line(key: str, value: Any, root: str) -> Any:
    option = BY_KEY[key]
    read = READERS[option.kind](value)
    if option.kind == "path":
        return os.path.abspath(read)
    if option.kind in ("patterns", "ignores"):
        return _rebase(read, _relative(os.getcwd(), root))
    return read


def _from_file(key: str, value: Any, file: _File, root: str) -> Any:
    option = BY_KEY[key]
    base = _relative(os.path.dirname(file.path), root)
    try:
        read: Any = (_formats if option.kind == "outputs" else READERS[option.kind])(value)
        if option.kind == "paths":
            return tuple(_inside(item, base) for item in read)
        if option.kind == "handlers":
            return tuple(_handler(item, base) for item in read)
        if option.kind == "path":
            return os.path.join(root, _inside(read, base))
    except _Expected as error:
        raise UsageError(f"{_place(file, key)}: '{key}' takes {error}; correct it or remove it") from None
    return _rebase(read, base) if option.kind in ("patterns", "ignores") else read


def _inside(path: str, base: str) -> str:
    """``path``, which is relative to ``base``, relative to the root."""
    joined = os.path.normpath(os.path.join(base, path)).replace(os.sep, "/")
    if os.path.isabs(path) or path.startswith("~") or joined.split("/")[0] == "..":
        raise _Expected(f"paths below the project's root, not '{path}'")
    return joined


def _handler(text: str, base: str) -> str:
    """A handler string whose file, if it names one, is relative to ``base``, relative to the root."""
    path, colon, name = text.rpartition(":")
    return f"{_inside(path, base)}:{name}" if colon else text


def _relative(directory: str, root: str) -> str:
    """``directory`` relative to ``root`` with forward slashes; empty for the root and for what is outside of it."""
    base = root.rstrip(os.sep) + os.sep
    real = os.path.realpath(directory) + os.sep
    return real[len(base) :].strip(os.sep).replace(os.sep, "/") if real.startswith(base) else ""


def _rebase(patterns: tuple[Any, ...], base: str) -> tuple[Any, ...]:
    """Patterns that are relative to ``base``, as patterns that are relative to the root."""
    if not base:
        return patterns
    return tuple(
        (_moved(item[0], base), item[1]) if isinstance(item, tuple) else _moved(item, base) for item in patterns
    )


def _moved(pattern: str, base: str) -> str:
    negation, rest = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    # gitignore: a slash at the start or in the middle ties a pattern to its directory
    middle = "/" if "/" in rest.rstrip("/") else "/**/"
    return f"{negation}/{base}{middle}{rest.lstrip('/')}"


def _shown(path: str, root: str) -> str:
    """How messages name a configuration file: relative to the project's root if it lies below."""
    base = root.rstrip(os.sep) + os.sep
    return path[len(base) :].replace(os.sep, "/") if path.startswith(base) else path


def _place(file: _File, key: str) -> str:
    """``file:line`` of a key's first assignment or table header."""
    found = re.search(rb"^[ \t\[\w.\"'-]*\b" + re.escape(key.encode()) + rb"\b", file.data, re.MULTILINE)
    return f"{file.shown}:{file.data.count(NEWLINE, 0, found.end()) + 1}" if found else file.shown


def _nearest(start: str, root: str) -> _File | None:
    """The nearest file with a section of ours, from the directory of ``start`` up to ``root``."""
    directory = os.path.realpath(start if os.path.isdir(start) else os.path.dirname(start))
    while True:
        for name in FILE_NAMES:
            path = os.path.join(directory, name)
            if os.path.lexists(path) and (file := _read(path, root)) is not None:
                return file
        parent = os.path.dirname(directory)
        if directory in (root, parent) or not directory.startswith(root):
            return None
        directory = parent


def _named(config: str) -> _File:
    path = os.path.realpath(config)
    if not os.path.exists(path):
        raise UsageError(f"there is no configuration file {config}; check --config")
    file = _read(path, os.path.dirname(path))
    if file is None:
        raise UsageError(f"{config} has no [tool.lambdalint] section; add it, or name another file")
    return file


def _read(path: str, root: str) -> _File | None:
    """The file at ``path``, somewhere below ``root``; None if it has no section of ours."""
    name = _shown(path, root)
    try:
        data = DirectoryTree(root).read(name, FILE_LIMIT)
    except Unreadable as error:
        raise UsageError(
            f"{name}: the configuration cannot be read ({error}); correct it or name one by --config"
        ) from None
    section: Any
    if os.path.basename(path) != "pyproject.toml":
        section = _toml(data, name)
    elif not _OURS.search(data):
        return None
    else:
        tool = _toml(data, name).get("tool", {})
        if not isinstance(tool, dict):
            raise UsageError(f"{name}: 'tool' must be a table")
        if "lambdalint" not in tool:
            return None
        section = tool["lambdalint"]
        if not isinstance(section, dict):
            raise UsageError(f"{name}: 'tool.lambdalint' must be a table, written [tool.lambdalint]")
    file = _File(path, name, data, section)
    for key in section:
        if key not in FILE_KEYS:
            raise UsageError(f"{_place(file, key)}: {_unknown(key)}")
    return file


def _unknown(key: str) -> str:
    if key in BY_KEY:
        return f"'{key}' can be set on the command line only; remove it"
    return f"unknown key '{key}'{nearest(key.replace('_', '-'), FILE_KEYS) or '; remove it'}"


def _toml(data: bytes, name: str) -> Mapping[str, Any]:
    from lambdalint import toml  # only when a file has a section of ours

    try:
        return toml.loads(data.decode("utf-8"))
    except toml.Dotted as error:
        raise UsageError(f"{name}: {error}; shorten it") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}:{data.count(NEWLINE, 0, error.start) + 1}: not UTF-8, which TOML must be") from None
    except RecursionError:
        raise UsageError(f"{name}: nested too deeply; no setting needs that") from None
    except Exception as error:  # noqa: BLE001  a parser of hostile input may raise anything
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        place = f"{name}:{found[1]}" if found else name
        reason = re.sub(r" ?\(at [^)]*\)|[:;].*", "", str(error)) or type(error).__name__
        raise UsageError(f"{place}: not valid TOML: {reason}") from None


def today() -> str:
    """The day of the clock (UTC), ``2026-11-21``: what counts as today where nobody says ``--as-of``."""
    import time

    return time.strftime("%Y-%m-%d", time.gmtime())


def shown(settings: Settings) -> list[tuple[str, Any, str]]:
    """Key, value and origin of every setting, for ``config show``."""
    origins = settings.origins
    return [(item.key, getattr(settings, item.field), origins.get(item.key, DEFAULT)) for item in OPTIONS]
