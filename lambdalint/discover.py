"""Paths on the command line → Project: which files are analysed, which are skipped and why.

Directories are walked; a file limits what is reported, while the project around it is analysed
whole. Ignored files are left out as git does it (``.gitignore`` files of every level), vendored
trees and virtual environments are left out by default. Links to directories are not followed, links
to files are read once, under the path of the file itself.
"""

from __future__ import annotations

import functools
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence

from lambdalint.data import table
from lambdalint.errors import UsageError
from lambdalint.model import Skipped
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.tree import DirectoryTree, Tree, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from pathspec import GitIgnoreSpec

BUILT = ".aws-sam"  # what `sam build` makes: copies of the code, with a template that names them
PACKED = ".serverless"  # what `serverless package` makes: archives, and templates of CloudFormation
EXCLUDED_DIRECTORIES = frozenset(
    {
        ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "site-packages", "dist-packages", "node_modules",
        "__pycache__", "__pypackages__", ".eggs", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
        BUILT, PACKED, ".terraform",
    }
)  # fmt: skip
SYNTHESISED = "cdk.out"  # its Python is a copy of what is analysed already; its templates are the deployed truth
CONFIGURATION = ("lambdalint.toml", ".lambdalint.toml", "pyproject.toml")
ARCHIVE = ".zip"
LOCKS = frozenset({"uv.lock", "poetry.lock", "Pipfile.lock"})
APPLICATION = "cdk.json"  # in the directory of a CDK program; a library of constructs has the CDK in its package.json
PACKAGE = "package.json"
PROGRAM_LIMIT = 512_000  # bytes; what is larger is put together by a build
DATA_SUFFIXES = (".yaml", ".yml", ".json", ".template", ".cfn", ".cform")  # templates only by what they hold
HEAD = 64 * 1024  # bytes of a data file that tell whether it is a template
IGNORE_LIMIT = 1 << 20  # bytes of one .gitignore
RECORD_LIMIT = 8 << 20  # bytes of one RECORD
_SPECIAL = frozenset("*?[\\/")
STAR_LIMIT = 8  # a pattern with more wildcards in one segment can take exponential time; it is left out
# Files that belong to a project and that no analysis reads: naming one (a pre-commit hook does) is no mistake.
_PROJECT_FILE = regex(r"\.(toml|txt|in|lock|cfg|ini|json|ya?ml|template|md|rst|tf|tfvars|sh)$|^(Pip|Make|Docker)file")


class Project(NamedTuple):
    """The inputs of one run. All paths are relative to ``root``, with forward slashes, sorted.

    ``root`` is absolute: the git root, else the working directory, else the parent of what was
    given; ``tree`` reads everything below it, also what is not listed here. ``python`` and
    ``templates`` are what to analyse. ``excluded`` counts the entries left out by ignore files,
    configuration or default, a directory as one. ``only`` are the files and (with a slash at the
    end) directories that the report is limited to, None where it is not.
    ``artifacts`` are the archives, and directories that are taken for such, which were named; ``layers`` those that
    were named as layers; ``archives`` lie in the project and nobody named them; ``named`` are all files
    that were, ``directories`` all directories. ``pins`` are the files of requirements and lock files, which may lie
    anywhere in what was given.
    """

    tree: Tree
    root: str
    python: tuple[str, ...]
    templates: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    excluded: int = 0
    only: tuple[str, ...] | None = None
    artifacts: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()

    def reported(self, path: str) -> bool:
        """Whether findings in ``path`` belong to the report."""
        return self.only is None or any(
            path.startswith(item) if item.endswith("/") else path == item for item in self.only
        )


class Given(NamedTuple):
    """The paths of the command line, absolute, and the project's root."""

    root: str
    directories: tuple[str, ...]
    files: tuple[str, ...]
    layers: tuple[str, ...] = ()

    @property
    def start(self) -> str:
        """The first path, from which the configuration is looked for."""
        return (self.directories + self.files)[0]


def is_test(path: str) -> bool:
    """Whether a path (relative, forward slashes) names test code, in which rules do not report."""
    *directories, name = path.split("/")
    return (
        "tests" in directories
        or name == "conftest.py"
        or (name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py")))
    )


def locate(paths: Iterable[str], layers: Sequence[str] = ()) -> Given:
    """The project that ``paths`` (of the command line; none: the working directory) belong to.

    Args:
        paths: what to analyse.
        layers: artifacts of layers.

    Raises:
        UsageError: a path that does not exist.
    """
    directories: dict[str, None] = {}
    files: dict[str, None] = {}
    for path in paths or (".",):
        try:
            real = os.path.realpath(path)
            if os.path.isdir(real):
                directories[real] = None
            else:
                os.lstat(path)
                # a link is judged by the walk, which needs its own name and not its target's
                parent, name = os.path.split(os.path.abspath(path))
                files[os.path.join(os.path.realpath(parent), name)] = None
        except (OSError, ValueError):
            raise UsageError(f"there is no file or directory '{path}'; check the path") from None
    below = tuple(os.path.realpath(path) for path in layers)
    for path, real in zip(layers, below, strict=True):
        if not os.path.exists(real):
            raise UsageError(f"there is no layer '{path}'; check the path")
    every = (*directories, *files)
    first = every[0] if directories else os.path.dirname(every[0])
    root = _git_root(first) or _working_directory()
    if root is None or not all(_holds(root, path) for path in (*every, *below)):
        root = os.path.commonpath([*directories, *map(os.path.dirname, (*files, *below))])
    return Given(root, tuple(directories), tuple(files), below)


def _git_root(directory: str) -> str | None:
    while True:
        if os.path.lexists(os.path.join(directory, ".git")):
            return directory
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def _working_directory() -> str | None:
    try:
        return os.path.realpath(os.getcwd())
    except OSError:  # it was deleted
        return None


def _holds(root: str, path: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def project(
    given: Given,
    exclude: tuple[str, ...] = (),
    templates: tuple[str, ...] = (),
    *,
    deployed: bool = False,
    built: bool = False,
    pins: bool = False,
) -> Project:
    """Walk what was given.

    Args:
        given: from `locate`.
        exclude: gitignore patterns relative to the root, from configuration and command line.
        templates: further template files, relative to the root, from the configuration.
        deployed: whether directories that were given are artifacts, as they will be deployed.
        built: whether to take what `sam build` has made of the templates, too.
        pins: whether to say which files of requirements and lock files there are.

    Raises:
        UsageError: a configured template that does not exist.
    """
    tree = DirectoryTree(given.root)
    walk = _Walk(tree, exclude)
    # an archive says all that there is to know of it; what lies around it may be anything
    files = [path for path in given.files if not path.endswith(ARCHIVE)]
    bases = dict.fromkeys([*given.directories, *(_surroundings(path, given.root) for path in files)])
    for base in bases:
        if not any(other != base and _holds(other, base) for other in bases):
            walk.directory(_relative(base, given.root))
    for base in given.directories:
        walk.ancestors(_relative(base, given.root))
    walk.programs()
    named = tuple(_relative(path, given.root) for path in given.files)
    for path in named:
        walk.named(path)
    for path in templates:
        if not tree.exists(path):
            raise UsageError(f"the configured template '{path}' does not exist; correct 'templates'")
        walk.templates.add(path)
    walk.links()
    if built:
        walk.templates.update(_built(walk.templates, tree))
    # What was named is reported, and the templates above it, which say how it is deployed.
    parts = [_relative(path, given.root) for path in given.directories]
    asked = {*(f"{part}/" if part else "" for part in parts), *(walk.canonical.get(path, path) for path in named)}
    layers = tuple(_relative(path, given.root) for path in given.layers)
    asked.update(layers)
    asked.update(f"{path}/" for path in (*walk.artifacts, *layers))
    asked.update(parts if deployed else ())
    only = None if "" in asked else tuple(sorted(asked | (walk.templates if given.directories else set())))
    walk.artifacts.update(parts if deployed else ())
    return Project(
        tree=tree,
        root=given.root,
        python=tuple(sorted(walk.python)),
        templates=tuple(sorted(walk.templates)),
        skipped=tuple(sorted(walk.skipped.values())),
        excluded=walk.excluded,
        only=only,
        artifacts=tuple(sorted(walk.artifacts)),
        layers=layers,
        archives=tuple(sorted(walk.archives - walk.artifacts)),
        named=tuple(path for path in named if not walk.exclude.verdict(path)),
        directories=tuple(parts),
        pins=walk.pinned() if pins else (),
    )


def _built(templates: Iterable[str], tree: Tree) -> set[str]:
    """The templates that `sam build` has made of others."""
    directories = {path.rpartition("/")[0] for path in templates}
    made = {f"{directory}/{BUILT}/build/template.yaml".lstrip("/") for directory in directories}
    return {path for path in made if tree.exists(path)}


def _surroundings(path: str, root: str) -> str:
    """The directory that is analysed with a single file: the git root, else the nearest one with a configuration."""
    directory = os.path.dirname(path)
    if os.path.lexists(os.path.join(root, ".git")):
        return root
    nearest = directory
    while _holds(root, nearest):
        if any(os.path.lexists(os.path.join(nearest, name)) for name in CONFIGURATION):
            return nearest
        if nearest == root:
            break
        nearest = os.path.dirname(nearest)
    return directory


def _relative(path: str, root: str) -> str:
    return path[len(root) :].strip(os.sep).replace(os.sep, "/")


class _Ignore:
    """The patterns of one ignore file, relative to the directory ``base`` (empty or with a slash at the end).

    pathspec decides, and takes as long to import as the rest of a run over one file. It gets only the patterns that
    may match: those of which a literal part is in the path, as a name of its own where no wildcard is beside it.
    """

    specs: ClassVar[dict[tuple[str, ...], GitIgnoreSpec]] = {}
    read: ClassVar[dict[tuple[str, ...], tuple[dict[str, list[int]], list[tuple[str, int]]]]] = {}

    def __init__(self, base: str, lines: tuple[str, ...]) -> None:
        self.base = base
        self.lines = lines
        if lines not in self.read:  # repositories of many projects hold the same file many times
            self.read[lines] = _indexed(lines)
        self.names, self.literals = self.read[lines]

    def __bool__(self) -> bool:
        return bool(self.names or self.literals)

    def verdict(self, path: str) -> bool | None:
        """Whether ``path`` (of the root; a directory ends with a slash) is ignored; None where no pattern says."""
        path = path[len(self.base) :]
        whole = f"/{path}/"
        found = [number for literal, number in self.literals if literal in whole]
        for part in path.split("/"):
            found += self.names.get(part, ())
        if not found:
            return None
        lines = tuple([self.lines[number] for number in sorted(set(found))])
        if path.endswith("/"):
            path, lines = path[:-1], _of_directories(lines)
        if lines not in self.specs:
            self.specs[lines] = _spec(lines)
        return self.specs[lines].check_file(path).include


def _of_directories(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The patterns for a directory that is asked for like a file: what pathspec knows is files, below directories."""
    return tuple([line.rstrip().rstrip("/") if line.rstrip().endswith("/") else line for line in lines])


def _spec(lines: tuple[str, ...]) -> GitIgnoreSpec:
    import warnings

    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sets such as ``[[a]``, which another version of re may read otherwise
            return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):  # git lets what is no pattern (``[b-a]``, a backslash at its end) match nothing
        if len(lines) == 1:
            return GitIgnoreSpec.from_lines(())
        return GitIgnoreSpec([pattern for line in lines for pattern in _spec((line,)).patterns])


def _indexed(lines: tuple[str, ...]) -> tuple[dict[str, list[int]], list[tuple[str, int]]]:
    """The numbers of patterns: by the name that each asks for, and with a text between slashes that the path holds."""
    names: dict[str, list[int]] = {}
    literals: list[tuple[str, int]] = []
    for number, line in enumerate(lines):
        text = line.rstrip().removeprefix("!").strip("/")
        if text and not line.startswith("#") and _bounded(line):
            if _SPECIAL.isdisjoint(text):
                names.setdefault(text, []).append(number)
            else:
                literals += [(_literal(spelt), number) for spelt in _spelt(text)]
    return names, literals


def _bounded(line: str) -> bool:
    return not any(segment.replace("**", "*").count("*") > STAR_LIMIT for segment in line.split("/"))


def _spelt(text: str) -> list[str]:
    """A pattern with its first set of letters written out: most ignore files have ``*.py[cod]``, and no such file."""
    head, _, rest = text.partition("[")
    letters, closing, tail = rest.partition("]")
    plain = closing and letters.isalnum() and "\\" not in head
    return [head + letter + tail for letter in letters] if plain else [text]


def _literal(text: str) -> str:
    """The longest text in each path that a gitignore pattern matches, with a slash before and after all names."""
    return max(re.split(r"[*?\\]", f"/{text}/".partition("[")[0]), key=len)


@functools.cache
def _is_template() -> Callable[[str, bytes], bool]:
    """`lambdalint.templates.is_template`, once there is a file that is not Python."""
    from lambdalint.templates import is_template

    return is_template


@functools.cache
def _is_program() -> Callable[[str], bool]:
    from lambdalint.templates import is_program

    return is_program


def _kind(path: str) -> str:
    """``python``, ``archive``, ``template``, ``data`` (a template if it holds one), ``program`` (likewise) or nothing.

    ``pins`` is what may be a file of requirements or a lock file. By the name alone.
    """
    name = path.rpartition("/")[2]
    # of these the directory matters
    return _kind_of(path if name == "config.json" or name.endswith(".txt") else name)


@functools.cache
def _kind_of(name: str) -> str:
    if name.endswith(".py"):
        return "python"
    if name.endswith(ARCHIVE):
        return "archive"
    if name.endswith(".txt"):
        return "pins" if "requirement" in name.lower() else ""
    if name in LOCKS or (name.startswith("pylock.") and name.endswith(".toml")):
        return "pins"
    if _is_template()(name, b""):
        return "template"
    if name.lower().endswith(DATA_SUFFIXES):
        return "data"
    return "program" if _is_program()(name) else ""


class _Walk:
    """Collects the inputs below directories."""

    def __init__(self, tree: DirectoryTree, exclude: tuple[str, ...]) -> None:
        self.tree = tree
        self.root = tree.root
        self.exclude = _Ignore("", exclude)
        self.python: set[str] = set()
        self.templates: set[str] = set()
        self.archives: set[str] = set()
        self.artifacts: set[str] = set()
        self.pins: dict[str, tuple[_Ignore, ...]] = {}  # with the ignore files that nobody has asked yet
        self.skipped: dict[str, Skipped] = {}
        self.excluded = 0
        self.linked: dict[str, bool] = {}
        self.canonical: dict[str, str] = {}
        self.ignores: dict[str, tuple[_Ignore, ...]] = {}
        self.candidates: dict[str, tuple[_Ignore, ...]] = {}
        self.marks: dict[str, tuple[bool, bool]] = {}  # which of APPLICATION and PACKAGE directories hold
        self.applications: dict[str, bool] = {}

    def directory(self, start: str) -> None:
        """Walk the directory ``start`` (relative to the root, empty for the root itself)."""
        # an explicit stack, for trees of any depth; a link is never followed, so there are no cycles
        stack: list[tuple[str, tuple[_Ignore, ...], bool]] = [(f"{start}/" if start else "", self._above(start), False)]
        while stack:
            prefix, ignores, synthesised = stack.pop()
            try:
                with os.scandir(os.path.join(self.root, prefix)) as entries:
                    # names that are not UTF-8 come as surrogates, which sort like anything else
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._skip(prefix.rstrip("/"), error.strerror or "directory cannot be read")
                continue
            names = frozenset([entry.name for entry in listed])
            self.tree.listed(prefix.rstrip("/"), names)
            self.marks[prefix.rstrip("/")] = (APPLICATION in names, PACKAGE in names)
            if "pyvenv.cfg" in names and prefix:
                self.excluded += 1
                continue
            if (".gitignore" in names or not prefix) and not synthesised:
                ignores = (*ignores, *self._ignore_file(prefix))
            installed = self._installed(prefix, names)
            for entry in listed:
                name = entry.name
                path = prefix + name
                if entry.is_dir(follow_symlinks=False):
                    if name == SYNTHESISED:
                        stack.append((f"{path}/", (), True))
                    elif (
                        name in EXCLUDED_DIRECTORIES
                        or name in installed
                        or (synthesised and name.startswith("asset."))
                        or self._ignored(f"{path}/", ignores)
                    ):
                        self.excluded += 1
                    else:
                        stack.append((f"{path}/", ignores, synthesised))
                elif (kind := _kind(path)) == "program":
                    if not synthesised and name not in installed and entry.is_file(follow_symlinks=False):
                        self.candidates[path] = ignores
                elif kind == "pins":
                    if not synthesised and name not in installed and entry.is_file(follow_symlinks=False):
                        self.pins[path] = ignores
                elif kind:
                    code = kind in ("python", "archive")
                    if name in installed or (synthesised and code) or self._ignored(path, ignores):
                        self.excluded += kind not in ("data", "archive")
                    elif entry.is_symlink():
                        self.linked[path] = False
                    elif entry.is_file(follow_symlinks=False):
                        self._add(path, kind)
                    elif kind != "data":
                        self._skip(path, "not a regular file")

    def _add(self, path: str, kind: str, *, named: bool = False) -> None:
        """Take a regular file; a data file only if it is a template."""
        if kind == "python":
            self.python.add(path)
        elif kind == "archive":
            if named:
                self.artifacts.add(path)
            elif not is_test(path):
                self.archives.add(path)
        elif PACKED in path.split("/") and not named:
            return  # made of the service's own template, which says the same
        elif kind == "template" or (kind == "data" and self._holds_template(path, named=named)):
            self.templates.add(path)

    def _holds_template(self, path: str, *, named: bool) -> bool:
        try:
            # O_NONBLOCK: what was a file a moment ago may be a FIFO now
            handle = os.open(os.path.join(self.root, path), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            try:
                head = os.read(handle, HEAD)
            finally:
                os.close(handle)
        except OSError as error:
            self._skip(path, error.strerror or "cannot be read", named=named)
            return False
        return _is_template()(path, head)

    def programs(self) -> None:
        """Take the CDK programs, which are few among the files of their languages: only beside Python they matter."""
        for path, ignores in self.candidates.items() if self.python else ():
            stem, _, suffix = path.rpartition(".")
            if (
                self._in_application(path.rpartition("/")[0])
                and _is_program()(path)
                and self._bytes(path) <= PROGRAM_LIMIT
                and not (suffix.endswith("js") and f"{stem}.{suffix[:-2]}ts" in self.candidates)  # the compiler's
                and not self._ignored(path, ignores)
            ):
                self._add(path, "data")

    def _bytes(self, path: str) -> int:
        try:
            return os.stat(os.path.join(self.root, path)).st_size
        except OSError:  # it was a file a moment ago, and whoever reads it tells that
            return 0

    def _in_application(self, directory: str) -> bool:
        """Whether a directory belongs to a CDK program, or to a package that uses the CDK."""
        if directory not in self.applications:
            prefix = f"{directory}/" if directory else ""
            if directory not in self.marks:  # above what was given
                self.marks[directory] = (self.tree.exists(prefix + APPLICATION), self.tree.exists(prefix + PACKAGE))
            found, package = self.marks[directory]
            if package and not found:
                try:
                    found = b"aws-cdk" in self.tree.read(prefix + PACKAGE, IGNORE_LIMIT)
                except Unreadable:
                    found = False
            self.applications[directory] = found or (
                bool(directory) and self._in_application(directory.rpartition("/")[0])
            )
        return self.applications[directory]

    def ancestors(self, start: str) -> None:
        """Take the templates that lie directly in the directories above ``start``."""
        while start and start.rpartition("/")[2] != BUILT:  # above that is the source of what was built
            start = start.rpartition("/")[0]
            prefix = f"{start}/" if start else ""
            ignores = (*self._above(start), *self._ignore_file(prefix))
            try:
                with os.scandir(os.path.join(self.root, prefix)) as entries:
                    for entry in entries:
                        path = prefix + entry.name
                        kind = _kind(path)
                        regular = entry.is_file(follow_symlinks=False)
                        if regular and kind in ("template", "data") and not self._ignored(path, ignores):
                            self._add(path, kind)
            except OSError:
                continue  # it was not asked for

    def named(self, path: str) -> None:
        """Take one file that the user named, unless the configuration excludes it: hooks name what was changed."""
        full = os.path.join(self.root, path)
        kind = _kind(path)
        if self.exclude.verdict(path):
            return  # the walk of its directory has counted it
        if os.path.islink(full):
            self.linked[path] = True
        elif not stat.S_ISREG(os.lstat(full).st_mode):
            self._skip(path, "not a regular file", named=True)
        elif kind == "pins":
            self.pins[path] = ()
        elif kind and (kind != "program" or path in self.templates):
            self._add(path, kind, named=True)
        elif not _PROJECT_FILE.search(path.rpartition("/")[2]):
            self._skip(path, "neither Python source nor a template", named=True)

    def pinned(self) -> tuple[str, ...]:
        """The files that may be of requirements, or locks, and that are not ignored."""
        return tuple(sorted(path for path, ignores in self.pins.items() if not self._ignored(path, ignores)))

    def links(self) -> None:
        """Read each link to a file once, under the path of the file itself."""
        for path, named in sorted(self.linked.items()):
            real = os.path.realpath(os.path.join(self.root, path))
            kind = _kind(path)
            try:
                mode = os.stat(os.path.join(self.root, path)).st_mode
            except OSError as error:
                if kind not in ("data", "archive") or named:
                    self._skip(path, f"link that leads nowhere ({error.strerror})", named=named)
                continue
            if stat.S_ISDIR(mode) or (kind in ("data", "archive") and not named and not _holds(self.root, real)):
                continue
            if not _holds(self.root, real):
                self._skip(path, "link that leads out of the project", named=named)
            elif not stat.S_ISREG(mode):
                self._skip(path, "not a regular file", named=named)
            else:
                self.canonical[path] = _relative(real, self.root)
                self._add(self.canonical[path], kind, named=named)

    def _skip(self, path: str, reason: str, *, named: bool = False) -> None:
        if path not in self.skipped or named:
            self.skipped[path] = Skipped(path or ".", reason, named)

    def _ignored(self, path: str, ignores: tuple[_Ignore, ...]) -> bool:
        if self.exclude and self.exclude.verdict(path):
            return True
        for ignore in reversed(ignores):  # the deepest file that says anything decides
            verdict = ignore.verdict(path)
            if verdict is not None:
                return verdict
        return False

    def _above(self, start: str) -> tuple[_Ignore, ...]:
        """The ignore files above the directory ``start``; none if they ignore ``start`` itself, which was asked for."""
        if not start:
            return ()
        found: tuple[_Ignore, ...] = ()
        parts = start.split("/")
        for depth in range(len(parts)):
            prefix = "".join(f"{part}/" for part in parts[:depth])
            found = (*found, *self._ignore_file(prefix))
            if any(ignore.verdict(f"{prefix}{parts[depth]}/") for ignore in found):
                return ()
        return found

    def _ignore_file(self, prefix: str) -> tuple[_Ignore, ...]:
        if prefix not in self.ignores:
            lines: list[str] = []
            for name in (".gitignore",) if prefix else (".git/info/exclude", ".gitignore"):
                try:
                    data = self.tree.read(prefix + name, IGNORE_LIMIT)
                except Unreadable:
                    continue
                lines += data.decode("utf-8", "surrogateescape").splitlines()
            ignore = _Ignore(prefix, tuple(lines))
            self.ignores[prefix] = (ignore,) if ignore else ()
        return self.ignores[prefix]

    def _installed(self, prefix: str, names: frozenset[str]) -> frozenset[str]:
        """The entries of a directory that installed distributions own (``pip install --target``)."""
        found: set[str] = set()
        for name in names:
            if name.endswith(".dist-info"):
                found.add(name)
                found.update(self._owned(f"{prefix}{name}/"))
                # where neither file is there, the distribution's own name is the best guess
                found.add(name.partition("-")[0].lower())
        if found:  # packages are installed here: a well-known one that has lost its metadata was installed as well
            found.update(table("packages")["installed"])
        return frozenset(found & names)

    def _owned(self, prefix: str) -> Iterator[str]:
        for name in ("RECORD", "top_level.txt"):
            try:
                text = self.tree.read(prefix + name, RECORD_LIMIT).decode("utf-8", "surrogateescape")
            except Unreadable:
                continue
            for line in text.splitlines():
                top = line.split(",")[0].split("/")[0].strip().strip('"')
                yield from (top, f"{top}.py") if name == "top_level.txt" else (top,)


class _Overlay:
    """A tree in which one file has other bytes than on the disk."""

    def __init__(self, tree: Tree, path: str, content: bytes) -> None:
        self.tree = tree
        self.path = path
        self.content = content

    def read(self, path: str, limit: int) -> bytes:
        """See `Tree.read`."""
        if path != self.path:
            return self.tree.read(path, limit)
        if len(self.content) > limit:
            raise Unreadable(f"larger than {limit:,} bytes")
        return self.content

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return path == self.path or self.tree.exists(path)

    def names(self, directory: str) -> frozenset[str]:
        """See `Tree.names`."""
        above, _, name = self.path.rpartition("/")
        return self.tree.names(directory) | ({name} if directory == above else frozenset())


def overlay(found: Project, name: str, content: bytes) -> Project:
    """The project in which the file ``name`` (of the command line) holds ``content``; the report is limited to it.

    Raises:
        UsageError: the file would lie outside the project.
    """
    parent, last = os.path.split(os.path.abspath(name))
    full = os.path.join(os.path.realpath(parent), last)
    kind = _kind(_relative(full, found.root))
    if not _holds(found.root, full) or not kind:
        raise UsageError(f"'{name}' must name a Python file or a template inside {found.root}")
    path = _relative(full, found.root)
    return found._replace(
        tree=_Overlay(found.tree, path, content),
        python=tuple(sorted({*found.python, path})) if kind == "python" else found.python,
        templates=tuple(sorted({*found.templates, path})) if kind != "python" else found.templates,
        skipped=tuple(item for item in found.skipped if item.path != path),
        only=(path,),
    )
