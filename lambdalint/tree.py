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


UNLIMITED = 1 << 62  # bytes
# O_NONBLOCK: opening a FIFO must not wait for a writer
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


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


class Seen:
    """What was asked of a tree and what it answered: all of it that the outcome of a run can depend on."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}  # what was read → digest of its content, "" where that changed meanwhile
        self.opened: dict[str, tuple[int, ...]] = {}  # what was read in parts → its state when it was opened first
        self.refused: dict[tuple[str, int], str] = {}  # path and limit → why it could not be read
        self.present: dict[str, bool] = {}  # whether what is there is a regular file
        self.absent: dict[str, set[str]] = {}  # directory → names that were asked for and are not in it
        self.listed: dict[str, str] = {}  # directories of which somebody saw all names → their digest
        self.endings: dict[tuple[str, tuple[str, ...]], str] = {}  # the same of the names that end so
        self.walked: dict[tuple[str, int], str] = {}  # those of which somebody saw all that is below, and the limit

    def add(self, other: Seen) -> None:
        """What another process has asked for besides."""
        for path, found in other.files.items():
            if self.files.setdefault(path, found) != found:
                self.files[path] = ""
        for path, before in other.opened.items():
            self.opened.setdefault(path, before)
        for directory, names in other.absent.items():
            self.absent.setdefault(directory, set()).update(names)
        self.refused.update(other.refused)
        self.present.update(other.present)
        self.listed.update(other.listed)
        self.endings.update(other.endings)
        self.walked.update(other.walked)


class DirectoryTree:
    """The files below a directory of this machine.

    ``seen`` is set by whoever wants to know what a run asks for. Archives that are mounted are no part of it: they are
    files themselves.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._below = self.root.rstrip(os.sep) + os.sep
        self._directories = {"": self.root}  # as asked for → without links
        self._names: dict[str, frozenset[str]] = {}  # what lies in a directory
        self._mounts: dict[str, Tree] = {}  # archives, which are read as directories of their name
        self.seen: Seen | None = None

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
        if self.seen is None:
            return self._opened(path)
        try:
            found = self._opened(path)
        except Unreadable as error:
            self.seen.refused[path, UNLIMITED] = str(error)
            raise
        self.seen.opened.setdefault(path, state(found[1]))
        return found

    def _opened(self, path: str) -> tuple[int, os.stat_result]:
        try:
            real, info = self._resolved(path)
            if not stat.S_ISREG(info.st_mode):
                raise Unreadable("not a regular file")
            handle = os.open(real, _FLAGS)  # what was opened is asked what it is
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
        if self.seen is None:
            return self._read(path, limit)
        try:
            data = self._read(path, limit)
        except Unreadable as error:
            self.seen.refused[path, limit] = str(error)
            raise
        now = digest(data)
        if self.seen.files.setdefault(path, now) != now:
            self.seen.files[path] = ""
        return data

    def _read(self, path: str, limit: int) -> bytes:
        handle, info = self._opened(path)
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

    def content(self, path: str) -> str:
        """The digest of a file's content as it was read, or is now: noted as read; "" where it cannot be."""
        assert self.seen is not None
        if path not in self.seen.files:
            try:
                self.seen.files[path] = self.digest(path)
            except Unreadable:
                return ""
        return self.seen.files[path]

    def digest(self, path: str) -> str:
        """The digest of a file's content, however long it is. The errors are those of `read`."""
        from hashlib import sha256

        handle, info = self._reopened(path)
        try:
            data = os.read(handle, min(info.st_size + 1, 1 << 20))
            found = sha256(data)
            while len(data) != info.st_size and (more := os.read(handle, 1 << 20)):
                found.update(more)
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be read") from error
        finally:
            os.close(handle)
        return found.hexdigest()

    def _reopened(self, path: str) -> tuple[int, os.stat_result]:
        """As `_opened`, in half the time where it is a regular file that nothing has been mounted over."""
        directory, _, name = path.rpartition("/")
        try:
            real = self._directory(directory)
            if name not in ("", ".", "..") and self._holds(real):
                handle = os.open(f"{real}{os.sep}{name}", _FLAGS | os.O_NOFOLLOW)
                info = os.fstat(handle)
                if stat.S_ISREG(info.st_mode):
                    return handle, info
                os.close(handle)
        except (AttributeError, OSError, ValueError):
            pass  # a link, a system without that flag, or nothing: the long way tells
        return self._opened(path)

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        if self._mounts and (found := self._mounted(path)) is not None:
            return found[0].exists(found[1])
        directory, _, name = path.rpartition("/")
        # most of what imports and handlers may mean is not there, and a directory is listed once
        if name not in self._listed(directory):
            if self.seen is not None:
                self.seen.absent.setdefault(directory, set()).add(name)
            return False
        try:
            regular = stat.S_ISREG(self._resolved(path)[1].st_mode)
        except (OSError, ValueError, Unreadable):
            regular = False
        if self.seen is not None:
            self.seen.present[path] = regular
        return regular

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
        found = self._listed(directory)
        if self.seen is not None:
            self.seen.listed[directory] = of_names(found)
        return found

    def ending(self, directory: str, endings: tuple[str, ...]) -> frozenset[str]:
        """See the function of that name."""
        if self._mounts and (mounted := self._mounted(f"{directory}/")) is not None:
            return ending(mounted[0], mounted[1].rstrip("/"), *endings)
        found = frozenset([name for name in self._listed(directory) if name.endswith(endings)])
        if self.seen is not None:
            self.seen.endings[directory, endings] = of_names(found)
        return found

    def mounted(self) -> list[str]:
        """The paths of which something else is read than directories."""
        return [prefix.rstrip("/") for prefix in self._mounts]

    def walk(self, directory: str, limit: int) -> list[tuple[str, int, int]]:
        """Path, size and mode of everything below a directory; the path of a directory ends with a slash.

        Links are not followed.

        Raises:
            Unreadable: a directory cannot be listed, or there is more than ``limit``.
        """
        try:
            found = self._walk(directory, limit)
        except Unreadable as error:
            if self.seen is not None:
                self.seen.walked[directory, limit] = str(error)
            raise
        if self.seen is not None:
            self.seen.walked[directory, limit] = digest(repr(found).encode())
        return found

    def _walk(self, directory: str, limit: int) -> list[tuple[str, int, int]]:
        top = os.path.join(self.root, directory)
        found: list[tuple[str, int, int]] = []
        stack = [""]
        while stack:
            prefix = stack.pop()
            try:
                with os.scandir(os.path.join(top, prefix)) as listed:
                    for item in listed:
                        info = item.stat(follow_symlinks=False)
                        below = stat.S_ISDIR(info.st_mode)
                        path = prefix + item.name + ("/" if below else "")
                        # no time: that of a file in a directory says when it was checked out
                        found.append((path, 0 if below else info.st_size, info.st_mode))
                        if below:
                            stack.append(path)
            except OSError as error:
                raise Unreadable(f"{prefix or 'the directory'} cannot be listed ({error.strerror})") from error
            if len(found) > limit:
                raise Unreadable(f"more than {limit:,} entries")
        return sorted(found)

    def _listed(self, directory: str) -> frozenset[str]:
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


def ending(tree: Tree, directory: str, *endings: str) -> frozenset[str]:
    """The names in a directory that end so. Who asks like this has not seen what else is in it."""
    if isinstance(tree, DirectoryTree):
        return tree.ending(directory, endings)
    return frozenset([name for name in tree.names(directory) if name.endswith(endings)])


def state(info: os.stat_result) -> tuple[int, ...]:
    """What changes with the content of a file."""
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino


def of_names(names: frozenset[str]) -> str:
    """The digest of what a directory holds."""
    return digest("\0".join(sorted(names)).encode("utf-8", "surrogateescape"))


def digest(data: bytes) -> str:
    """What tells one content from another."""
    from hashlib import sha256  # 3 ms, and only what keeps a cache needs it

    return sha256(data).hexdigest()


def _without_link(directory: str, name: str) -> tuple[str, os.stat_result | None]:
    """The path of an entry of ``directory``, of which no part is a link, and what it is.

    Where the entry is a link, it is the target's path, and what that is has not been asked.
    """
    path = os.path.join(directory, name)
    if name in ("", ".", ".."):
        return os.path.realpath(path), None
    info = os.lstat(path)
    return (os.path.realpath(path), None) if stat.S_ISLNK(info.st_mode) else (path, info)
