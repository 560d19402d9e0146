"""Bundles as recipes: folders with a bundle.toml, from which archives are made in a temporary directory.

    <bundle>/bundle.toml     what the command line, or a template beside it, says; members that no repository can hold
    <bundle>/function/…      the files of the function
    <bundle>/<layer>/…       the files of a layer, one folder for each name in ``layers``
    <bundle>/template.yaml   optional: then the project is checked, and the template names function.zip or function/
    <bundle>/pyproject.toml  optional, beside a template

Where bundle.toml says ``kind = "source"``, nothing is made: the folder is checked as it is, with ``sdk``.

bundle.toml: ``runtime``, ``architecture``, ``handler``, ``layers`` (names of folders); ``kind = "directory"`` where the
function is no archive; ``sdk``, ``budgets`` and ``compare`` as configurations have them; and ``[[files]]``, each with
``path`` (below function/, or layer:path) and one of ``text``, ``hex``, ``size`` (that many zeros, which take no room on
disk), ``link``, ``native`` (a native file: ``kind``, ``machine``, ``needs``, ``runpath``, ``glibc``,
``debug``); ``mode`` as
"0644", ``date`` as "1980-01-01",
``method = "bzip2"``. ``before`` is what precedes the function's archive.

A finding at an archive itself belongs to the first line of bundle.toml, one at a file to its line, and one at a member
of ``[[files]]`` to the line of its ``path``. That is where the tags stand.
"""

from __future__ import annotations

import bz2
import os
import pathlib
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lambdalint import discover
from lambdalint.settings import READERS, Settings
from tests.bundles.made import FILE, LINK, NO_DATE
from tests.bundles.native import AARCH64, X86_64, elf, macho, pe

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPE = "bundle.toml"
DATE = (2024 - 1980) << 9 | 1 << 5 | 1


class File(NamedTuple):
    """One member to make; ``source`` is (path of the fixture, line) that stands for it."""

    name: str
    data: bytes
    size: int  # of zeros, where there is no data
    mode: int
    date: int
    source: tuple[str, int]
    method: str = "deflate"


class Recipe:
    """One bundle of a fixture."""

    def __init__(self, folder: pathlib.Path, base: pathlib.Path) -> None:
        self.folder = folder
        self.base = base  # what the paths of places are relative to
        self.text = (folder / RECIPE).read_text(encoding="utf-8")
        self.facts: dict[str, Any] = tomllib.loads(self.text)
        self.name = folder.name
        self.layers = self.facts.get("layers", [])
        self.template = next((item for item in ("template.yaml", "main.tf") if (folder / item).exists()), None)

    def shown(self, path: pathlib.Path) -> str:
        return path.relative_to(self.base).as_posix()

    def files(self, part: str) -> Iterator[File]:
        """The members of ``function`` or of a layer."""
        top = self.folder / part
        for path in sorted(item for item in top.rglob("*") if item.is_file() and "__pycache__" not in item.parts):
            name = path.relative_to(top).as_posix()
            yield File(name, path.read_bytes(), 0, FILE, DATE, (self.shown(path), 1))
        for fact in self.facts.get("files", ()):
            where, _, name = fact["path"].rpartition(":")
            if (where or "function") != part:
                continue
            line = next(
                number
                for number, text in enumerate(self.text.splitlines(), 1)
                if text.startswith((f'path = "{fact["path"]}"', f"path = '{fact['path']}'"))
            )
            data = fact.get("text", fact.get("link", "")).encode() or bytes.fromhex(fact.get("hex", ""))
            data = native_file(**fact["native"]) if "native" in fact else data
            mode = LINK if "link" in fact else FILE
            if "mode" in fact:
                mode = mode & 0o170000 | int(fact["mode"], 8)
            date = NO_DATE if fact.get("date") == "1980-01-01" else DATE
            source = (self.shown(self.folder / RECIPE), line)
            yield File(name, data, fact.get("size", 0), mode, date, source, fact.get("method", "deflate"))

    @property
    def is_source(self) -> bool:
        """Whether it is a project that nobody has built."""
        return bool(self.facts.get("kind") == "source")

    @property
    def configured(self) -> Settings:
        """The settings that a configuration of the project would say."""
        found = {key: READERS[key](self.facts[key]) for key in ("sdk", "budgets") if key in self.facts}
        compare = str(self.folder / self.facts["compare"]) if "compare" in self.facts else ""
        return Settings(**found, compare=compare)

    def build(self, target: pathlib.Path) -> tuple[list[str], Settings]:
        """Make the artifacts below ``target``: what to check, and how."""
        if self.is_source:
            return [str(self.folder)], self.configured
        where = target / self.name
        where.mkdir()
        name = "function" if self.template else self.name
        paths = {}
        for part in ("function", *self.layers):
            shown = name if part == "function" else part
            if self.facts.get("kind") == "directory" and part == "function":
                paths[part] = where / shown
                write_directory(paths[part], self.files(part))
            else:
                paths[part] = where / f"{shown}.zip"
                before = self.facts.get("before", "") if part == "function" else ""
                write_archive(paths[part], self.files(part), before.encode())
        if self.template:
            for item in (self.template, "pyproject.toml"):
                if (self.folder / item).exists():
                    (where / item).write_bytes((self.folder / item).read_bytes())
            return [str(where)], self.configured
        settings = self.configured._replace(
            runtime=self.facts.get("runtime", ""),
            arch=self.facts.get("architecture", ""),
            handler=self.facts.get("handler", ""),
            layer=tuple(str(paths[layer]) for layer in self.layers),
        )
        return [str(paths["function"])], settings

    def project(self, target: pathlib.Path) -> tuple[discover.Project, Settings]:
        """The project of the artifacts that `build` makes."""
        paths, settings = self.build(target)
        given = discover.locate(paths, settings.layer)
        return discover.project(given, deployed=bool(settings.handler)), settings

    def place(self, path: str, line: int) -> tuple[str, int]:
        """Where in the fixture a finding at a place of the project belongs."""
        if self.is_source:
            return path, line
        for part in ("function", *self.layers):
            for top in (f"{part}.zip", part, f"{self.name}.zip" if part == "function" else "", self.name):
                if path in (top, "."):
                    return self.shown(self.folder / RECIPE), 1
                if top and path.startswith(f"{top}/"):
                    member = path[len(top) + 1 :]
                    for file in self.files(part):
                        if file.name == member:
                            return file.source[0], line if not file.source[0].endswith(RECIPE) else file.source[1]
        return self.shown(self.folder / path), line


def native_file(
    kind: str = "ELF",
    machine: str = "x86_64",
    needs: Sequence[str] = (),
    runpath: str = "",
    glibc: str = "",
    debug: int = 0,
) -> bytes:
    """A native file; ``glibc`` is the version that it needs, ``debug`` how many bytes of debug sections it has."""
    if kind != "ELF":
        return {"Mach-O": macho, "PE": pe}[kind]()
    versions = [("libc.so.6", f"GLIBC_{glibc}")] if glibc else []
    number = {"x86_64": X86_64, "aarch64": AARCH64}[machine]
    return elf(number, needs=needs, versions=versions, runpath=runpath, debug=debug)


def recipes(folder: pathlib.Path, base: pathlib.Path) -> list[Recipe]:
    """The bundles of a folder of fixtures."""
    return [Recipe(item.parent, base) for item in sorted(folder.glob(f"*/{RECIPE}"))]


def write_directory(top: pathlib.Path, files: Iterator[File]) -> None:
    for file in files:
        path = top / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as target:
            target.write(file.data)
            if file.size:
                target.truncate(file.size)  # a hole: it takes no room
        os.chmod(path, file.mode & 0o7777)


def write_archive(path: pathlib.Path, files: Iterator[File], before: bytes = b"") -> None:
    """An archive in which zeros are stored as holes of the file. Its offsets do not count what is ``before`` it."""
    listed = b""
    count = 0
    with open(path, "wb") as target:
        target.write(before)
        for file in files:
            name = file.name.encode()
            size = file.size or len(file.data)
            stream = zlib.compressobj(9, zlib.DEFLATED, -15)
            data = b"" if file.size else stream.compress(file.data) + stream.flush()
            method, packed = (0, size) if file.size else (8, len(data))
            if file.method == "bzip2":
                data = bz2.compress(file.data)
                method, packed = 12, len(data)
            crc = zeros(size) if file.size else zlib.crc32(file.data)
            offset = target.tell() - len(before)
            fields = struct.pack("<5H3L", 20, 0, method, 0, file.date, crc, packed, size)
            target.write(b"PK\3\4" + fields + struct.pack("<2H", len(name), 0) + name + data)
            if file.size:
                target.seek(size, os.SEEK_CUR)
            listed += b"PK\1\2" + bytes([20, 3]) + fields
            listed += struct.pack("<5H2L", len(name), 0, 0, 0, 0, file.mode << 16, offset) + name
            count += 1
        offset = target.tell() - len(before)
        target.write(listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listed), offset, 0))


def zeros(size: int) -> int:
    """The checksum of that many zeros."""
    block = bytes(1 << 20)
    crc = 0
    for _ in range(size >> 20):
        crc = zlib.crc32(block, crc)
    return zlib.crc32(bytes(size & 0xFFFFF), crc)
