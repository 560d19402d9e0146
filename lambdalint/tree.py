"""Trees: where inputs are read from. Everything below works on Trees, never on paths.

A Tree lists and reads files by name relative to its root. The directory tree here reads regular
files only, below its root only, and never follows a link out of it.
"""

from __future__ import annotations

import os
import stat
from typing import Protocol


class Unreadable(Exception):
    """An input that cannot be read. ``str()`` is a short reason that may be shown to a person."""


class Tree(Protocol):
    """A set of files below one root."""

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of ``path`` (relative, forward slashes).

        Raises:
            Unreadable: not there, not a regular file, not readable, or longer than ``limit`` bytes.
        """
        ...

    def exists(self, path: str) -> bool:
        """Whether ``path`` is a regular file of this tree."""
        ...


def _without_link(directory: str, name: str) -> str:
    """The path of an entry of ``directory``, of which no part is a link; the target's if the entry is one."""
    path = os.path.join(directory, name)
    return os.path.realpath(path) if name in ("", ".", "..") or os.path.islink(path) else path


class DirectoryTree:
    """The files below a directory of this machine."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._directories = {"": self.root}  # as asked for → without links

    def _inside(self, path: str) -> str:
        directory, _, name = path.rpartition("/")
        real = _without_link(self._directory(directory), name)
        if real != self.root and not real.startswith(self.root.rstrip(os.sep) + os.sep):
            raise Unreadable("link that leads out of the project")
        return real

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
            real = _without_link(real, name)
        self._directories[path] = real
        return real

    def read(self, path: str, limit: int) -> bytes:
        """See `Tree.read`."""
        try:
            real = self._inside(path)
            # O_NONBLOCK: opening a FIFO must not wait for a writer. What was opened is asked what it is.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            if not stat.S_ISREG(os.stat(real).st_mode):
                raise Unreadable("not a regular file")
            handle = os.open(real, flags)
            try:
                info = os.fstat(handle)
                if not stat.S_ISREG(info.st_mode):
                    raise Unreadable("not a regular file")
                if info.st_size > limit:
                    raise Unreadable(f"larger than {limit:,} bytes")
                chunks = []
                left = limit + 1
                while left and (chunk := os.read(handle, min(left, 1 << 20))):
                    chunks.append(chunk)
                    left -= len(chunk)
            finally:
                os.close(handle)
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be opened") from error
        except ValueError as error:  # a name with a NUL
            raise Unreadable("name that no file system holds") from error
        data = b"".join(chunks)
        if len(data) > limit:
            raise Unreadable(f"larger than {limit:,} bytes")
        return data

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        try:
            return stat.S_ISREG(os.stat(self._inside(path)).st_mode)
        except (OSError, ValueError, Unreadable):
            return False
