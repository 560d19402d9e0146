"""What the source of a function mentions: modules that it imports, names in its strings and in the files beside it.

This is asked before anything is installed, and of a few names: a file in which none of them is written is not parsed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator

from lambdalint.records import NamedTuple
from lambdalint.source.imports import Target, imports
from lambdalint.source.skeleton import SourceError, children, parse
from lambdalint.tree import Tree, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILES_LIMIT = 5_000  # below one directory: more are no function's own
SOURCE_LIMIT = 4 << 20  # bytes of one module
TEXT_LIMIT = 1 << 20  # bytes of one other file
_TEXTS = (
    ".json",
    ".yaml",
    ".yml",
    ".ini",
    ".cfg",
    ".conf",
    ".txt",
    ".env",
    ".sh",
    ".properties",
    ".sql",
    ".html",
    ".j2",
)
# What says how a project is developed, or what it installs, and nothing of what runs.
_ASIDE = re.compile(
    r"(?:.*requirements?.*\.txt|constraints.*\.txt|setup\.cfg|tox\.ini|pytest\.ini|mypy\.ini|\.pre-commit-config\.yaml|"
    r"template\.ya?ml|samconfig\.\w+|serverless\.ya?ml|package(?:-lock)?\.json|.*licen[sc]e.*\.txt|readme.*)",
    re.IGNORECASE,
)
TESTS = frozenset({"tests", "test"})  # directories of them
_LEFT_OUT = frozenset({"node_modules", "venv", "__pycache__", "site-packages", "cdk.out"})
# A line that can be nothing but an import, unless it is a part of a string.
_PLAINLY = re.compile(rb"(?m)^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)")
_DYNAMIC = (b"import_module", b"__import__")


class Mentions(NamedTuple):
    """Which of some names the source uses. ``opaque`` is a file that may use any, as nobody can tell; "" for none."""

    names: frozenset[str]
    opaque: str = ""


class Sources:
    """The source of functions: all that lies in their directories.

    Args:
        tree: the project's.
        directories: those, "" for the project's own.
    """

    def __init__(self, tree: Tree, directories: Iterable[str]) -> None:
        self._tree = tree
        self._directories = sorted(set(directories))
        self._read: dict[str, bytes] = {}
        self._listed: list[str] | None = None

    def files(self) -> list[str] | None:
        """The files in the directories, None where there are more than any function has."""
        if self._listed is None:
            self._listed = []
            for path in self._walk():
                self._listed.append(path)
                if len(self._listed) > FILES_LIMIT:
                    break
        return self._listed if len(self._listed) <= FILES_LIMIT else None

    def _walk(self) -> Iterator[str]:
        seen: set[str] = set()
        stack = list(reversed(self._directories))
        while stack:
            directory = stack.pop()
            if directory in seen:
                continue
            seen.add(directory)
            for name in sorted(self._tree.names(directory)):
                path = f"{directory}/{name}" if directory else name
                if name in _LEFT_OUT or name.endswith((".dist-info", ".egg-info")):
                    continue
                if self._tree.exists(path):
                    yield path
                elif not name.startswith("."):
                    stack.append(path)

    def of(self, names: Collection[str], *, tests: bool, strings: bool = True) -> Mentions:
        """Which of some names of modules and distributions the source imports or holds in a string or text.

        Args:
            names: of modules, as they are imported, and others; one that ends with "_" is how modules begin.
            tests: whether the tests beside the code count.
            strings: whether strings and texts count.
        """
        paths = self.files()
        if paths is None:
            return Mentions(frozenset(), self._directories[0] or ".")
        left = set(names)
        found: set[str] = set()
        opaque = ""
        for path in paths:
            if not tests and self._is_test(path):
                continue
            name = posixpath.basename(path)
            if path.endswith(".py"):
                source = self._source(path, SOURCE_LIMIT)
                if source is None:
                    opaque = opaque or path
                    continue
                written = _written(source, left)
                found |= written & {name.decode() for name in _PLAINLY.findall(source)}
                written -= found
                if written or any(word in source for word in _DYNAMIC):
                    try:
                        mentioned, dynamic = _mentioned(source, path, written, strings=strings)
                    except SourceError:
                        mentioned, dynamic = written, True
                    opaque = opaque or (path if dynamic else "")
                    found |= mentioned
            elif path.endswith((".so", ".pyc", ".pyd")) and "__pycache__" not in path:
                opaque = opaque or path
            elif strings and (name.endswith(_TEXTS) or "." not in name) and not _ASIDE.fullmatch(name):
                text = self._source(path, TEXT_LIMIT) or b""
                if written := _written(text, left):
                    words = text.decode("utf-8", "replace")
                    found |= {each for each in written if mentions(words, each)}
            left -= found
        return Mentions(frozenset(found), opaque)

    def plainly(self) -> frozenset[str]:
        """The top-level modules that lines of the source import."""
        found: set[bytes] = set()
        for path in self.files() or ():
            if path.endswith(".py"):
                found.update(_PLAINLY.findall(self._source(path, SOURCE_LIMIT) or b""))
        return frozenset(name.decode() for name in found)

    def _is_test(self, path: str) -> bool:
        """Whether a file is one of tests, by its name or a directory within the function's."""
        root = max((each for each in self._directories if not each or path.startswith(f"{each}/")), key=len, default="")
        return is_test(path[len(root) :])

    def _source(self, path: str, limit: int) -> bytes | None:
        if path not in self._read:
            try:
                self._read[path] = self._tree.read(path, limit)
            except Unreadable:
                return None
        return self._read[path]


def _written(text: bytes, names: Iterable[str]) -> set[str]:
    """The names that a text may mention."""
    lower = text.lower()
    return {each for each in names if each.lower().encode() in lower}


def mentions(text: str, name: str) -> bool:
    """Whether a text has a name as a word of its own, however its letters are written."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def is_test(path: str) -> bool:
    """Whether a file is one of tests, by its name or directory."""
    *directories, name = path.split("/")
    return not TESTS.isdisjoint(directories) or name.startswith(("test_", "conftest."))


def _mentioned(source: bytes, path: str, names: Collection[str], *, strings: bool) -> tuple[set[str], bool]:
    """The names that a module imports or has in its strings, and whether it imports by names that it computes."""
    # what only type checkers or other systems execute is a use, too
    found = imports(source, path, Target(disabled=frozenset({"typing", "target"})))
    used: set[str] = set()
    for item in found.found:
        if item.level == 0:
            whole = f"{item.module}.{item.attribute}" if item.attribute else item.module
            used.update(name for name in names if f"{whole}.".startswith(f"{name}." if name[-1:] != "_" else name))
    left = [name for name in names if name not in used]
    if left and strings:
        texts = "\n".join(_strings(parse(source, path)))
        used.update(name for name in left if mentions(texts, name))
    return used, bool(found.dynamic)


def _strings(tree: Any) -> Iterator[str]:
    """The strings of a module, without those that stand by themselves, as documentation does."""
    stack = [tree]
    while stack:
        node = stack.pop()
        kind = type(node).__name__
        if kind == "Constant":
            if type(node.value) is str:
                yield node.value
        elif kind != "Expr" or type(node.value).__name__ != "Constant":
            stack += children(node)
