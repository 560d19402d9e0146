"""Artifacts: what is deployed, as a list of entries. An archive, or a directory that will be one."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from lambdalint.records import NamedTuple
from lambdalint.tree import DirectoryTree, Tree, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object

ENTRIES_LIMIT = 50_000  # of one artifact; real ones rarely have more than 20,000


class Entry(NamedTuple):
    """One entry of an artifact. ``path`` is relative, with forward slashes; that of a directory ends with one.

    ``packed`` is what it takes in the archive and ``crc`` its checksum, both None where there is no archive.
    ``mode`` is a ``st_mode`` (type and permissions), -1 where the archive was written by a system without them.
    ``mtime`` is in seconds; archives keep local time, which counts as UTC here, and a directory has 0: what it holds is
    as old as its checkout. The last three are the archive's own.
    """

    path: str
    size: int
    packed: int | None
    mode: int
    mtime: int
    crc: int | None
    offset: int = 0
    method: int = 0
    flags: int = 0

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.path.endswith("/")

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode != -1 and stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return not self.path.endswith("/") and (self.mode == -1 or stat.S_IFMT(self.mode) in (0, stat.S_IFREG))


class Artifact(Tree, Protocol):
    """A tree that tells all that is in it."""

    def entries(self) -> Sequence[Entry]:
        """Everything in it, in the order in which it is stored, or sorted.

        Raises:
            Unreadable: it cannot be listed, or holds more than ENTRIES_LIMIT.
        """

    def parts(self, path: str, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """Some (offset, length) of the file ``path``, in their order; shorter where the file ends.

        Raises:
            Unreadable: as `Tree.read`.
        """


def read_at(handle: int, offset: int, length: int) -> bytes:
    """``length`` bytes of an open file from ``offset`` on; fewer where it ends.

    Raises:
        OSError: it cannot be read.
    """
    data = _pread(handle, length, offset)
    while len(data) < length and (more := _pread(handle, length - len(data), offset + len(data))):
        data += more
    return data


def _seek_and_read(handle: int, length: int, offset: int) -> bytes:
    os.lseek(handle, offset, os.SEEK_SET)
    return os.read(handle, length)


_pread = getattr(os, "pread", _seek_and_read)  # Windows has none


class Folder:
    """A directory of a tree as an artifact: what an archive made of it would hold. Links are not followed."""

    def __init__(self, tree: DirectoryTree, path: str) -> None:
        self._tree = tree
        self._prefix = f"{path}/" if path else ""
        self._entries: tuple[Entry, ...] | None = None

    def read(self, path: str, limit: int) -> bytes:
        """See `Tree.read`."""
        return self._tree.read(self._prefix + path, limit)

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return self._tree.exists(self._prefix + path)

    def names(self, directory: str) -> frozenset[str]:
        """See `Tree.names`."""
        return self._tree.names((self._prefix + directory).rstrip("/"))

    def parts(self, path: str, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """See `Artifact.parts`."""
        handle, info = self._tree.open(self._prefix + path)
        try:
            return [read_at(handle, offset, min(length, max(info.st_size - offset, 0))) for offset, length in spans]
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be read") from error
        finally:
            os.close(handle)

    def entries(self) -> Sequence[Entry]:
        """See `Artifact.entries`."""
        if self._entries is None:
            walked = self._tree.walk(self._prefix.rstrip("/"), ENTRIES_LIMIT)
            self._entries = tuple(Entry(path, size, None, mode, 0, None) for path, size, mode in walked)
        return self._entries
