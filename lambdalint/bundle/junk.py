"""What lies in an artifact and belongs to the tools of development: repositories, environments, caches, archives."""

from __future__ import annotations

from collections.abc import Container, Iterator

from lambdalint.bundle.distributions import Distributions
from lambdalint.bundle.layers import OPT, TASK, Merged, Part
from lambdalint.data import table
from lambdalint.patterns import as_bytes
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.entries import Artifact

ENVIRONMENT = "pyvenv.cfg"  # in the directory of every virtual environment (PEP 405)
TEXT_LIMIT = 1 << 20
SLIGHT = 100 << 10  # bytes
_ARCHIVING = (b"zipfile", b"zipimport", b"tarfile", b"unpack_archive", b".zip'", b'.zip"', b"unzip")


class Junk(NamedTuple):
    """Such content: ``path`` is its directory or file, ``first`` a file of it, ``tag`` an exemption, "" for none.

    ``slight`` tells that it is little of what harms nobody.
    """

    path: str
    kind: str
    first: str
    files: int
    size: int
    tag: str = ""
    slight: bool = False


def junk(path: str, artifact: Artifact, role: str) -> Iterator[Junk]:
    """The junk in an artifact, by directories and archives, the largest first."""
    facts = table("content")["junk"]
    kinds = {name: kind for kind, names in facts["directories"].items() for name in names}
    archives = tuple(facts["archives"])
    part = Part(path, artifact, OPT if role == "layer" else TASK)
    merged = Merged(part)
    environments = {name[: -len(ENVIRONMENT) - 1] for name in merged.files if name.endswith(f"/{ENVIRONMENT}")}
    found: dict[str, list[str]] = {}
    what: dict[str, str] = {}
    for name in merged.files:
        parts = name.split("/")
        for count in range(3, len(parts)):
            directory = "/".join(parts[:count])
            if parts[count - 1] in kinds or directory in environments:
                found.setdefault(directory, []).append(name)
                what[directory] = kinds.get(parts[count - 1], "a virtual environment")
                break
        else:
            if name.endswith(archives):
                found[name] = [name]
                what[name] = "an archive"
    if not found:
        return
    owners = Distributions(merged).owners
    rows = []
    for name, files in found.items():
        size = sum(merged.files[file].entry.size for file in files)
        tag = "owned" if all(file in owners for file in files) else ""
        if not tag and ((role == "layer" and not name.startswith(f"{OPT}/python/")) or _is_of_node(name, merged)):
            tag = "other-runtime"
        if not tag and what[name] == "an archive" and _is_used(name, merged, owners):
            tag = "used"
        first = merged.files[min(files)].entry.path
        slight = size < SLIGHT and what[name] in facts["harmless"]
        rows.append(Junk(name.removeprefix(f"{part.mount}/"), what[name], first, len(files), size, tag, slight))
    yield from sorted(rows, key=lambda row: (-row.size, row.path))


def _is_of_node(directory: str, merged: Merged) -> bool:
    """Whether it is node_modules of what runs on Node.js: of a layer, or where there is no Python."""
    if not directory.endswith("/node_modules"):
        return False
    return "/nodejs/" in directory or not any(
        path.endswith(".py") and "/node_modules/" not in path for path in merged.files
    )


def _is_used(archive: str, merged: Merged, owners: Container[str]) -> bool:
    """Whether the function's own code names an archive, or deals with archives at all."""
    words = (as_bytes(archive.rpartition("/")[2]), *_ARCHIVING)
    for path in merged.files:
        if path.endswith(".py") and path not in owners:
            try:
                source = merged.read(path, TEXT_LIMIT)
            except Unreadable:
                return True
            if any(word in source for word in words):
                return True
    return False
