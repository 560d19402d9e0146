"""Where results of earlier runs lie: files with names of hexadecimal digits, in the user's cache directory.

A cache helps or does nothing: what cannot be read is not there, what cannot be written is left out. What is in it may
be of anyone (a CI service restores it), so it is bytes with their digest in front, and whoever reads them believes no
more than that they are what somebody wrote.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.tree import digest

ENTRY_LIMIT = 64 << 20  # bytes of one entry
LIMIT = 256 << 20  # bytes of all entries
LEFT = LIMIT * 3 // 4  # bytes to which the oldest entries are dropped then
HOUR = 3_600  # seconds after which a file that nobody has finished is left over
VARIABLE = "LAMBDALINT_CACHE_DIR"
_ENTRY = regex(r"[0-9a-f]{64}(?:\.[0-9a-f]{16}\.tmp)?$")
_BESIDE = {
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# A cache of lambdalint: https://bford.info/cachedir/\n",
    ".gitignore": b"*\n",
}


class Cleaned(NamedTuple):
    """What was removed: files with their bytes, and whether anything is left."""

    files: int
    size: int
    left: bool


def directory(chosen: str = "") -> str:
    """Where the cache lies: where it was said to, else where caches lie on this system; "" where nobody knows.

    Args:
        chosen: by ``--cache-dir``.
    """
    if chosen or os.environ.get(VARIABLE):
        return os.path.abspath(chosen or os.environ[VARIABLE])
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):  # such a one has to be ignored, says the XDG specification
            base = os.path.join(home, ".cache")
    return os.path.join(base, "lambdalint") if os.path.isabs(base) else ""


class Cache:
    """Entries by name; a name is a digest."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problem = ""  # why the last entry was not written

    def get(self, name: str) -> bytes | None:
        """What was put there, None where nothing was or where it has been changed since."""
        path = os.path.join(self.path, name)
        try:
            # neither links nor what would make us wait
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
            try:
                info = os.fstat(handle)
                if not stat.S_ISREG(info.st_mode) or info.st_size > ENTRY_LIMIT:
                    return None
                data = os.read(handle, info.st_size + 1)
            finally:
                os.close(handle)
        except (OSError, ValueError):
            return None
        told, _, content = data.partition(b"\n")
        if told != digest(content).encode():
            return None
        with suppress(OSError):  # a cache that may only be read is one, too
            os.utime(path)  # what is used stays
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep something. A reader sees the old content or the new one."""
        self.problem = ""
        if len(content) > ENTRY_LIMIT // 2:
            self.problem = f"larger than {ENTRY_LIMIT // 2:,} bytes"
            return
        temporary = os.path.join(self.path, f"{name}.{os.urandom(8).hex()}.tmp")
        try:
            self._make()
            _write(temporary, digest(content).encode() + b"\n" + content)
            os.replace(temporary, os.path.join(self.path, name))
            self._drop()
        except (OSError, ValueError) as error:
            self.problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
            _remove(temporary)

    def _make(self) -> None:
        if os.path.isdir(self.path):
            return
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        for name, content in _BESIDE.items():
            _write(os.path.join(self.path, name), content)

    def _drop(self) -> None:
        """Remove the entries that were not used for longest where all are too many, and what was never finished."""
        found = []
        with os.scandir(self.path) as listed:
            for item in listed:
                if _ENTRY.match(item.name) and item.is_file(follow_symlinks=False):
                    info = item.stat(follow_symlinks=False)
                    found.append((info.st_mtime, info.st_size, item.path))
        newest = max((used for used, _, _ in found), default=0)
        for used, _, path in found:
            if path.endswith(".tmp") and used < newest - HOUR:
                _remove(path)
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found) if total > LIMIT else ():
            if total <= LEFT:
                break
            _remove(path)
            total -= size

    def clean(self) -> Cleaned:
        """Remove the cache. What is not of it stays.

        Raises:
            OSError: something cannot be removed.
        """
        files = size = 0
        try:
            with os.scandir(self.path) as listed:
                found = [item for item in listed if _ENTRY.match(item.name) or item.name in _BESIDE]
        except (FileNotFoundError, NotADirectoryError):
            return Cleaned(0, 0, left=False)
        for item in found:
            if item.is_file(follow_symlinks=False):
                files += item.name not in _BESIDE
                size += item.stat(follow_symlinks=False).st_size
                os.unlink(item.path)
        try:
            os.rmdir(self.path)
        except OSError:
            return Cleaned(files, size, left=True)
        return Cleaned(files, size, left=False)


def _write(path: str, data: bytes) -> None:
    """Write a new file that only its owner reads."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
    finally:
        os.close(handle)


def _remove(path: str) -> None:
    with suppress(OSError, ValueError):  # another process was faster, or it is not ours
        os.unlink(path)
