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


class DirectoryTree:
    """The files below a directory of this machine."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._directories: dict[str, str] = {}  # as asked for → without links; one realpath takes a call for each part

    def _inside(self, path: str) -> str:
        directory, _, name = path.rpartition("/")
        parent = self._directories.get(directory)
        if parent is None:
            parent = self._directories[directory] = os.path.realpath(os.path.join(self.root, *directory.split("/")))
        real = os.path.join(parent, name)
        if name in ("", ".", "..") or os.path.islink(real):
            real = os.path.realpath(real)
        if real != self.root and not real.startswith(self.root.rstrip(os.sep) + os.sep):
            raise Unreadable("link that leads out of the project")
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
