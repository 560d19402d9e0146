"""Trees: where inputs are read from. Everything below works on Trees, never on paths.

A Tree lists and reads files by name relative to its root. The directory tree here reads regular
files only, below its root only, and never follows a link out of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class Unreadable(Exception):
    """An input that cannot be read. ``str()`` is a short reason that may be shown to a person."""


class Tree(Protocol):
    """A set of files below one root."""

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of ``path`` (relative, forward slashes).

        Raises:
            Unreadable: not there, not a regular file, not readable, or longer than ``limit`` bytes.
        """

    def exists(self, path: str) -> bool:
        """Whether ``path`` is a regular file of this tree."""

    def names(self, directory: str) -> frozenset[str]:
        """The names in a directory, "" for the root; none where it is missing or outside."""


class DirectoryTree:
    """The files below a directory of this machine."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._below = self.root.rstrip(os.sep) + os.sep
        self._directories = {"": self.root}  # as asked for → without links
        self._names: dict[str, frozenset[str]] = {}  # what lies in a directory
        self._mounts: dict[str, Tree] = {}  # archives, which are read as directories of their name

    def mount(self, path: str, tree: Tree) -> None:
        """Have everything below ``path`` read from ``tree``."""
        self._mounts[f"{path}/"] = tree

    def _mounted(self, path: str) -> tuple[Tree, str] | None:
        for prefix, tree in self._mounts.items():
            if path.startswith(prefix):
                return tree, path[len(prefix) :]
        return None

    def open(self, path: str) -> tuple[int, os.stat_result]:
        """A handle of a regular file, which the caller closes, and what it is. The errors are those of `read`."""
        try:
            real, info = self._resolved(path)
            # O_NONBLOCK: opening a FIFO must not wait for a writer. What was opened is asked what it is.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            if not stat.S_ISREG(info.st_mode):
                raise Unreadable("not a regular file")
            handle = os.open(real, flags)
            info = os.fstat(handle)
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be opened") from error
        except ValueError as error:  # a name with a NUL
            raise Unreadable("name that no file system holds") from error
        if not stat.S_ISREG(info.st_mode):
            os.close(handle)
            raise Unreadable("not a regular file")
        return handle, info

    def read(self, path: str, limit: int) -> bytes:
        """See `Tree.read`."""
        if self._mounts and (found := self._mounted(path)) is not None:
            return found[0].read(found[1], limit)
        handle, info = self.open(path)
        try:
            if info.st_size > limit:
                raise Unreadable(f"larger than {limit:,} bytes")
            data = os.read(handle, info.st_size + 1)
            while len(data) != info.st_size and len(data) <= limit and (more := os.read(handle, 1 << 20)):
                data += more  # it came in parts, or has no size (/proc)
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be read") from error
        finally:
            os.close(handle)
        if len(data) > limit:
            raise Unreadable(f"larger than {limit:,} bytes")
        return data

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        if self._mounts and (found := self._mounted(path)) is not None:
            return found[0].exists(found[1])
        directory, _, name = path.rpartition("/")
        try:
            # most of what imports and handlers may mean is not there, and a directory is listed once
            return name in self.names(directory) and stat.S_ISREG(self._resolved(path)[1].st_mode)
        except (OSError, ValueError, Unreadable):
            return False

    def _resolved(self, path: str) -> tuple[str, os.stat_result]:
        """A path without links, and what lies there."""
        directory, _, name = path.rpartition("/")
        real, info = _without_link(self._directory(directory), name)
        if not self._holds(real):
            raise Unreadable("link that leads out of the project")
        return real, info or os.stat(real)

    def _holds(self, real: str) -> bool:
        return real == self.root or real.startswith(self._below)

    def names(self, directory: str) -> frozenset[str]:
        """See `Tree.names`."""
        if self._mounts and (mounted := self._mounted(f"{directory}/")) is not None:
            return mounted[0].names(mounted[1].rstrip("/"))
        found = self._names.get(directory)
        if found is None:
            found = frozenset()
            above, _, name = directory.rpartition("/")
            beside = self._names.get(above)
            if beside is None or name in beside or name in ("", ".", ".."):
                try:
                    real = self._directory(directory)
                    found = frozenset(os.listdir(real) if self._holds(real) else ())
                except OSError:  # no directory, or none that may be listed: Python imports nothing from it either
                    pass
            self._names[directory] = found
        return found

    def listed(self, directory: str, names: Iterable[str]) -> None:
        """Take what lies in a directory that is no link, from who has listed it."""
        self._names[directory] = frozenset(names)

    def _directory(self, path: str) -> str:
        """The directory ``path`` without links. A realpath would ask for each directory above it, for every file."""
        if path in self._directories:
            return self._directories[path]
        names = []
        above = path
        while above not in self._directories:
            above, _, name = above.rpartition("/")
            names.append(name)
        real = self._directories[above]
        for name in reversed(names):
            real = _without_link(real, name)[0]
        self._directories[path] = real
        return real


def _without_link(directory: str, name: str) -> tuple[str, os.stat_result | None]:
    """The path of an entry of ``directory``, of which no part is a link, and what it is.

    Where the entry is a link, it is the target's path, and what that is has not been asked.
    """
    path = os.path.join(directory, name)
    if name in ("", ".", ".."):
        return os.path.realpath(path), None
    info = os.lstat(path)
    return (os.path.realpath(path), None) if stat.S_ISLNK(info.st_mode) else (path, info)
