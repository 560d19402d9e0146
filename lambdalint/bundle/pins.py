"""What a project pins: the requirements of its requirements files and lock files, each with its line.

    found = pins.read(tree, "src/requirements.txt")          # by the file's name; `KINDS` says which are known
    found.pins        # a Pin for each requirement or locked package, in the order of the file
    found.problem     # why the file, or a part of it, could not be read; "" where it could
    found.included    # the files that it includes, which are read with it: pins of theirs have their paths

`is_pinned_file` tells by its name whether a file is one of these, `below` which of them lie in a directory. Nothing is
resolved, built or asked for: what is not written in the file is not known. Names are normalized (PEP 503). What parses
(``packaging``, pip-requirements-parser, TOML, JSON) is imported when a file is read.

A Pin says (see its fields): ``version`` where it is exact, and ``specifier`` as written in files of requirements;
``extras``, ``marker``; ``origin`` where it comes from no index (``editable git url path project``); ``registry``, the
index that a lock names; ``files`` that a lock lists, with names, hashes and sizes; ``groups`` that it belongs to: ""
for what is always installed, names of dependency groups and extras otherwise, () where the file does not tell;
``requires``, the locked packages that it requires in turn (uv, Poetry, pylock); ``elsewhere`` where its marker, or
those on all ways to it in a lock of uv, hold on no runtime of Lambda. `for_development` says whether all of its
groups are known to be of development.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence

from lambdalint import toml
from lambdalint.bundle.distributions import normalized
from lambdalint.bundle.requirements import possible
from lambdalint.data import table
from lambdalint.model import Location
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable, ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.tree import Tree

LIMIT = 16 << 20  # bytes of one file; the lock of a large workspace has 3 MB
TEXT_LIMIT = 2 << 20  # bytes of one file of requirements
INCLUDED_LIMIT = 50  # files that one file of requirements includes, and those in turn
GROUPED_LIMIT = 5_000_000  # groups of a project, times packages of its lock; large workspaces have 100 and 2,000
MAIN = ""  # the group of what is always installed

KINDS = {"uv.lock": "uv", "poetry.lock": "poetry", "Pipfile.lock": "pipenv"}
_PYLOCK = regex(r"pylock(\.[^.]+)?\.toml$")
_REQUIREMENTS = regex(r"(^|[-_.])requirements?([-_.].*)?\.txt$", 2)  # 2: re.IGNORECASE
_NAME = regex(r"(?<![\w.\"'-])name[ \t]*=[ \t]*[\"']([^\"']*)[\"']")
_CONDITION = regex(r"[\"']([^\"']+)[\"'] in (?:dependency_groups|extras)\b")


class File(NamedTuple):
    """A file that a lock lists for a package. ``name`` and ``hash`` are "", ``size`` is None where it is not told."""

    name: str
    hash: str = ""
    size: int | None = None


class Required(NamedTuple):
    """A package that another one requires, as a lock says it. ``version`` is "" where the lock has one only."""

    name: str
    version: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""


class Pin(NamedTuple):
    """One requirement of a file; see the module. ``name`` is "" where only what is at the other end can tell it.

    ``constraint`` is where a file of constraints says the version that the requirement leaves open.
    """

    name: str
    location: Location
    version: str = ""
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    origin: str = ""
    registry: str = ""
    groups: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    requires: tuple[Required, ...] = ()
    elsewhere: bool = False
    constraint: Location | None = None


class Pinned(NamedTuple):
    """What one file pins. ``kind`` is ``requirements uv poetry pipenv pylock``."""

    path: str
    kind: str
    pins: tuple[Pin, ...] = ()
    problem: str = ""
    included: tuple[str, ...] = ()


def kind(path: str) -> str:
    """Which kind of file a path names, "" for none that is known here. Files of requirements are known by ``.txt``."""
    name = posixpath.basename(path)
    if name in KINDS:
        return KINDS[name]
    if _PYLOCK.match(name):
        return "pylock"
    return "requirements" if is_pinned_file(path) else ""


def is_pinned_file(path: str) -> bool:
    """Whether the name of a file says that it is one of these."""
    directory, _, name = path.rpartition("/")
    if name.endswith(".txt"):
        return bool(_REQUIREMENTS.search(name)) or directory.rpartition("/")[2] == "requirements"
    return name in KINDS or bool(_PYLOCK.match(name))


def below(tree: Tree, directory: str) -> tuple[str, ...]:
    """The files of requirements and locks that lie in a directory itself, sorted."""
    prefix = f"{directory}/" if directory else ""
    names = ending(tree, directory, ".txt", ".toml", *KINDS)
    return tuple(sorted(prefix + name for name in names if is_pinned_file(prefix + name)))


def for_development(pin: Pin) -> bool:
    """Whether a pin is of groups that are known to be of development, all of them, or of a file for development."""
    known = table("development")["groups"]
    path = pin.location.path
    if any(path == name or path.endswith(f"/{name}") for name in known["files"]):
        return True
    return bool(pin.groups) and set(pin.groups) <= set(known["names"])


def read(tree: Tree, path: str) -> Pinned:
    """What a file pins. It is read as a file of requirements where its name says nothing else."""
    what = kind(path) or "requirements"
    try:
        if what == "requirements":
            return _Requirements(tree, path).found()
        data = tree.read(path, LIMIT)
        document = _json(data) if what == "pipenv" else toml.loads(data.decode("utf-8"))
        lines = data.decode("utf-8", "replace").splitlines()
        pins = tuple(_LOCKS[what](document, path, lines))
    except Unreadable as error:
        return Pinned(path, what, problem=str(error))
    except RecursionError:
        return Pinned(path, what, problem="nested too deeply")
    except ImportError:  # it is this installation that is broken
        raise
    except Exception as error:  # noqa: BLE001  parsers of hostile input may raise anything
        reason = str(error).partition("\n")[0] or type(error).__name__
        return Pinned(path, what, problem=f"cannot be read: {reason}")
    return Pinned(path, what, pins)


# Files of requirements.


class _Requirements:
    """One file of requirements with what it includes."""

    def __init__(self, tree: Tree, path: str) -> None:
        self._tree = tree
        self._path = path
        self._pins: list[Pin] = []
        self._constraints: dict[str, Pin] = {}
        self._problems: list[str] = []
        self._read: dict[tuple[str, bool], None] = {}

    def found(self) -> Pinned:
        self._file(self._path, constraint=False)
        pins = [self._constrained(item) for item in self._pins]
        included = tuple(dict.fromkeys(path for path, _ in self._read if path != self._path))
        return Pinned(self._path, "requirements", tuple(pins), "; ".join(self._problems), included)

    def _file(self, path: str, *, constraint: bool) -> None:
        from lambdalint.bundle import requirements_txt

        if (path, constraint) in self._read:
            return
        self._read[path, constraint] = None
        if len(self._read) > INCLUDED_LIMIT:
            raise ValueError(f"it includes more than {INCLUDED_LIMIT} files")
        text = requirements_txt.decoded(self._tree.read(path, TEXT_LIMIT))
        for item in requirements_txt.parsed(text):
            if isinstance(item, requirements_txt.Included):
                self._include(path, item, constraint=constraint)
            elif isinstance(item, requirements_txt.Broken):
                self._problems.append(f"{self._place(path, item.line)}: {item.reason}")
            else:
                pin = _asked(item, path)
                if constraint:
                    self._constraints.setdefault(pin.name, pin)
                else:
                    self._pins.append(pin)

    def _include(self, path: str, item: Any, *, constraint: bool) -> None:
        if "://" in item.path:
            self._problems.append(f"{self._place(path, item.line)}: {item.path} is not here")
            return
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), item.path))
        reason = "outside of the project" if target.startswith(("../", "/")) else ""
        try:
            if not reason:
                self._file(target, constraint=constraint or item.constraint)
        except (Unreadable, ValueError) as error:
            reason = str(error)
        if reason:
            self._problems.append(f"{self._place(path, item.line)}: {item.path}: {reason}")

    def _place(self, path: str, line: int) -> str:
        return f"line {line}" if path == self._path else f"{path}:{line}"

    def _constrained(self, pin: Pin) -> Pin:
        """A requirement without a version, with that of the constraint of its name."""
        found = self._constraints.get(pin.name)
        if pin.version or pin.origin or found is None or not found.version or found.marker:
            return pin
        return pin._replace(version=found.version, constraint=found.location)


def _asked(item: Any, path: str) -> Pin:
    return Pin(
        name=normalized(item.name),
        location=Location(path, item.line),
        version=exact(item.specifier),
        specifier=item.specifier,
        extras=item.extras,
        marker=item.marker,
        origin=item.origin,
        groups=(MAIN,),
        files=tuple(File("", value) for value in item.hashes),
        elsewhere=not possible(item.marker),
    )


def exact(specifier: str) -> str:
    """The version that a specifier pins, "" where it allows several."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        found = list(SpecifierSet(specifier))
    except InvalidSpecifier:
        return ""
    for item in found:
        if item.operator in ("==", "===") and not item.version.endswith(".*"):
            return item.version
    return ""


# Lock files.


def _uv(document: Any, path: str, lines: Sequence[str]) -> Iterator[Pin]:
    packages = _listed(document, "package")
    places = _places(lines, "[[package]]", packages)
    groups, here = _reached(packages), _reached(packages, possible)
    for number, (item, line) in enumerate(zip(packages, places, strict=True)):
        source = _table(item.get("source"))
        origin = next((_UV_ORIGINS[key] for key in source if key in _UV_ORIGINS), "")
        marker = " or ".join(f"({each})" for each in _strings(item.get("resolution-markers")))
        yield Pin(
            name=normalized(_text(item.get("name"))),
            location=Location(path, line),
            version=_text(item.get("version")) if not origin else "",
            marker=marker,
            origin=origin,
            registry=_text(source.get("registry")),
            groups=groups[number],
            files=tuple(map(_file, _files(item))),
            requires=tuple(_required(each) for each in _dependencies(item)),
            elsewhere=bool(groups[number] and not here[number]) or not possible(marker),
        )


_UV_ORIGINS = {
    "editable": "project", "virtual": "project", "directory": "path", "path": "path", "git": "git", "url": "url",
}  # fmt: skip


def _files(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    sdist = _table(item.get("sdist"))
    return [*([sdist] if sdist else []), *_tables(item.get("wheels"))]


def _file(item: Mapping[str, Any]) -> File:
    """A file of uv.lock, poetry.lock or a pylock."""
    where = _text(item.get("name")) or _text(item.get("file")) or _text(item.get("url")) or _text(item.get("path"))
    size = item.get("size")
    told = _text(item.get("hash")) or next(
        (f"{name}:{value}" for name, value in sorted(_table(item.get("hashes")).items())), ""
    )
    return File(_file_name(where), told, size if type(size) is int else None)


def _file_name(where: str) -> str:
    """The last part of a path or URL, which may have a fragment."""
    from urllib.parse import unquote

    return unquote(where.partition("#")[0].partition("?")[0].rpartition("/")[2])


def _dependencies(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a package of uv.lock requires, with what its extras do."""
    found = list(_tables(item.get("dependencies")))
    for each in _table(item.get("optional-dependencies")).values():
        found += _tables(each)
    return found


def _required(item: Mapping[str, Any]) -> Required:
    return Required(
        normalized(_text(item.get("name"))),
        _text(item.get("version")),
        tuple(_strings(item.get("extra"))),
        _text(item.get("marker")),
    )


def _reached(
    packages: Sequence[Mapping[str, Any]], counts: Callable[[str], bool] | None = None
) -> list[tuple[str, ...]]:
    """By which groups of the project each package of uv.lock is reached, by requirements whose marker counts."""
    offered: dict[tuple[str, str, str], list[int]] = {}  # by name, version ("": any) and extra ("": none)
    for number, item in enumerate(packages):
        name = normalized(_text(item.get("name")))
        for version in {"", _text(item.get("version"))}:
            for extra in {"", *_table(item.get("optional-dependencies"))}:
                offered.setdefault((name, version, extra), []).append(number)
    found: list[set[str]] = [set() for _ in packages]
    told: set[str] = set()
    for item in packages:
        source = _table(item.get("source"))
        if "editable" not in source and "virtual" not in source:
            continue
        starts = {MAIN: _tables(item.get("dependencies"))}
        for key in ("optional-dependencies", "dev-dependencies", "dependency-groups"):
            for group, each in _table(item.get(key)).items():
                starts[group] = [*starts.get(group, []), *_tables(each)]
        told.update(starts)
        if len(told) * len(packages) > GROUPED_LIMIT:
            raise ValueError(f"{len(told):,} groups for {len(packages):,} packages")
        for group, wanted in starts.items():
            _spread(group, wanted, packages, offered, found, counts)
    return [tuple(sorted(each)) for each in found]


def _spread(
    group: str,
    wanted: Sequence[Mapping[str, Any]],
    packages: Sequence[Mapping[str, Any]],
    offered: Mapping[tuple[str, str, str], Sequence[int]],
    found: list[set[str]],
    counts: Callable[[str], bool] | None,
) -> None:
    """Note a group for what it wants and for all that this requires."""
    stack = list(wanted)
    asked: set[tuple[str, str, str]] = set()
    read: set[tuple[int, str]] = set()
    while stack:
        item = stack.pop()
        if counts is not None and not counts(_text(item.get("marker"))):
            continue
        name, version = normalized(_text(item.get("name"))), _text(item.get("version"))
        for extra in ("", *_strings(item.get("extra"))):
            if (name, version, extra) in asked:
                continue
            asked.add((name, version, extra))
            for number in offered.get((name, version, extra), ()):
                found[number].add(group)
                if (number, extra) not in read:
                    read.add((number, extra))
                    package = packages[number]
                    optional = _table(package.get("optional-dependencies"))
                    stack += _tables(optional.get(extra) if extra else package.get("dependencies"))


def _poetry(document: Any, path: str, lines: Sequence[str]) -> Iterator[Pin]:
    packages = _listed(document, "package")
    hashed = _table(_table(document.get("metadata")).get("files"))  # until lock version 2
    for item, line in zip(packages, _places(lines, "[[package]]", packages), strict=True):
        source = _table(item.get("source"))
        kind_ = _text(source.get("type"))
        origin = {"git": "git", "url": "url", "directory": "path", "file": "path"}.get(kind_, "")
        if kind_ == "directory" and item.get("develop") is True:
            origin = "editable"
        name = _text(item.get("name"))
        markers = item.get("markers")
        marker = _text(markers) or " or ".join(f"({each})" for each in _table(markers).values())
        category = _text(item.get("category"))  # until lock version 2
        groups = tuple(_strings(item.get("groups"))) or ((category,) if category else ())
        yield Pin(
            name=normalized(name),
            location=Location(path, line),
            version=_text(item.get("version")) if not origin else "",
            marker=marker,
            origin=origin,
            registry=_text(source.get("url")) if not origin else "",
            groups=tuple(MAIN if each in ("main", "default") else each for each in groups),
            files=tuple(map(_file, _tables(item.get("files")) or _tables(hashed.get(name)))),
            requires=tuple(_poetry_required(item)),
            elsewhere=not possible(marker),
        )


def _poetry_required(item: Mapping[str, Any]) -> Iterator[Required]:
    for name, value in _table(item.get("dependencies")).items():
        for each in value if isinstance(value, list) else [value]:
            details = _table(each)
            yield Required(
                normalized(name), extras=tuple(_strings(details.get("extras"))), marker=_text(details.get("markers"))
            )


def _pipenv(document: Any, path: str, lines: Sequence[str]) -> Iterator[Pin]:
    places: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith('"'):
            places.setdefault(line.lstrip()[1:].partition('"')[0], []).append(number)
    for section, packages in document.items():
        if section.startswith("_"):
            continue
        if not isinstance(packages, dict):
            raise TypeError(f"'{section}' is no table of packages")
        start = next(iter(places.get(section, ())), 1)
        for name, value in packages.items():
            item = _table(value)
            origin = next((_PIPENV_ORIGINS[key] for key in item if key in _PIPENV_ORIGINS), "")
            specifier = _text(item.get("version"))
            yield Pin(
                name=normalized(name),
                location=Location(path, next((line for line in places.get(name, ()) if line > start), 1)),
                version=exact(specifier) if not origin else "",
                specifier=specifier,
                extras=tuple(_strings(item.get("extras"))),
                marker=_text(item.get("markers")),
                elsewhere=not possible(_text(item.get("markers"))),
                origin="editable" if item.get("editable") is True else origin,
                registry=_text(item.get("index")),
                groups=({"default": MAIN, "develop": "dev"}.get(section, section),),
                files=tuple(File("", each) for each in _strings(item.get("hashes"))),
            )


_PIPENV_ORIGINS = {"git": "git", "hg": "git", "svn": "git", "bzr": "git", "path": "path", "file": "url"}


def _pylock(document: Any, path: str, lines: Sequence[str]) -> Iterator[Pin]:
    packages = _listed(document, "packages")
    for item, line in zip(packages, _places(lines, "[[packages]]", packages), strict=True):
        directory = _table(item.get("directory"))
        origin = next((_PYLOCK_ORIGINS[key] for key in item if key in _PYLOCK_ORIGINS), "")
        marker = _text(item.get("marker"))
        yield Pin(
            name=normalized(_text(item.get("name"))),
            location=Location(path, line),
            version=_text(item.get("version")) if not origin else "",
            marker=marker,
            origin="editable" if directory.get("editable") is True else origin,
            registry=_text(item.get("index")),
            groups=tuple(dict.fromkeys(_CONDITION.findall(marker))) or (MAIN,),
            files=tuple(map(_file, _files(item))),
            requires=tuple(_required(each) for each in _tables(item.get("dependencies"))),
            elsewhere=not possible(marker),
        )


_PYLOCK_ORIGINS = {"vcs": "git", "directory": "path", "archive": "url"}
_LOCKS = {"uv": _uv, "poetry": _poetry, "pipenv": _pipenv, "pylock": _pylock}


def _places(lines: Sequence[str], header: str, packages: Sequence[Mapping[str, Any]]) -> list[int]:
    """The line of the name of each package of a lock in TOML, 1 where it cannot be told."""
    headers = [number for number, line in enumerate(lines) if line.strip() == header]
    if headers and len(headers) == len(packages):
        ends = [*headers[1:], len(lines)]
        return [
            next((number for number in range(start, end) if _NAME.match(lines[number].lstrip())), start) + 1
            for start, end in zip(headers, ends, strict=True)
        ]
    named: dict[str, list[int]] = {}  # written in another way: by names, in their order
    for number, line in enumerate(lines, 1):
        if (found := _NAME.search(line)) is not None:
            named.setdefault(found[1], []).append(number)
    return [next(iter(named.get(_text(item.get("name")), ())), 1) for item in packages]


# What a document of unknown origin holds, or what stands for it.


def _json(data: bytes) -> Mapping[str, Any]:
    import json

    document = json.loads(data, object_pairs_hook=_once)
    if not isinstance(document, dict):
        raise TypeError("no object")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, none of whose members another one of the same name hides: merges leave such behind."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"'{name}' stands there twice")
        found[name] = value
    return found


def _listed(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The packages of a lock. Whatever else stands in their place is not taken for none: it would look clean."""
    value = document.get(key, None if document else [])
    found = _tables(value)
    if not isinstance(value, list) or len(found) < len(value):
        raise TypeError(f"'{key}' is no list of packages")
    return found


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
