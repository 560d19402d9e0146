"""What a function sees: its own artifact as ``/var/task``, its layers as ``/opt``, in the order of the runtime's path.

The order, as a running function prints ``sys.path``: /var/task, /opt/python/lib/python3.X/site-packages, /opt/python,
then what the runtime brings (https://docs.aws.amazon.com/lambda/latest/dg/python-package.html, "Runtime search path";
"Working with layers for Python Lambda functions" for the two directories of layers). Layers are unpacked one after the
other, so that a file of a later one replaces that of an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.entries import Artifact, Entry

TASK = "/var/task"
OPT = "/opt"
PATH_LIMIT = 4_096  # characters; Linux cannot unpack what has a longer path


class Part(NamedTuple):
    """An artifact of a bundle. ``path`` is where it is in the project, ``mount`` where the function sees it."""

    path: str
    artifact: Artifact
    mount: str


class File(NamedTuple):
    """A file that the function sees: the part that it comes from, and its entry there."""

    part: Part
    entry: Entry


class Merged:
    """The files of a function and its layers by the paths that the function sees, ``/var/task/app.py``.

    Args:
        function: the function's artifact; None where only layers are looked at.
        layers: the artifacts of its layers, in their order.
        version: of the runtime's Python, None where it is not known.
    """

    def __init__(
        self, function: Part | None, layers: Sequence[Part] = (), version: tuple[int, int] | None = None
    ) -> None:
        self.parts = (*((function,) if function else ()), *layers)
        self.version = version
        self._files: dict[str, File] | None = None
        self._listed: dict[str, dict[str, bool]] | None = None

    @property
    def files(self) -> Mapping[str, File]:
        """Every file and link, in the order of the parts and their entries; none that would lie elsewhere."""
        if self._files is None:
            found: dict[str, File] = {}
            for part in self.parts:
                prefix = f"{part.mount}/"
                for entry in part.artifact.entries():
                    if entry.path.endswith("/") or len(entry.path) >= PATH_LIMIT:
                        continue
                    if entry.path[:1] != "/" and (".." not in entry.path or ".." not in entry.path.split("/")):
                        found[prefix + entry.path] = File(part, entry)
            self._files = found
        return self._files

    @property
    def search_path(self) -> tuple[str, ...]:
        """Where modules are looked for before the runtime's own, and ``.pth`` files count in the second."""
        if self.version is None:
            sites = sorted(path for path in self.directories if _is_site(path))
        else:
            sites = ["{}/python/lib/python{}.{}/site-packages".format(OPT, *self.version)]
        return (TASK, *sites, f"{OPT}/python")

    @property
    def directories(self) -> Mapping[str, Mapping[str, bool]]:
        """What lies directly in each directory: name → whether it is a directory itself."""
        if self._listed is None:
            listed: dict[str, dict[str, bool]] = {}
            for path in self.files:
                directory, _, name = path.rpartition("/")
                _directory(listed, directory)[name] = False
            self._listed = listed
        return self._listed

    def names(self, directory: str) -> Mapping[str, bool]:
        """What lies directly in a directory: name → whether it is a directory itself; nothing where there is none."""
        return self.directories.get(directory, {})

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a file.

        Raises:
            Unreadable: as `Tree.read`.
        """
        part, entry = self._file(path)
        return part.artifact.read(entry.path, limit)

    def spans(self, path: str, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """Some (offset, length) of a file; see `Artifact.parts`."""
        part, entry = self._file(path)
        return part.artifact.parts(entry.path, spans)

    def _file(self, path: str) -> File:
        found = self.files.get(path)
        if found is None:
            raise Unreadable("not there")
        return found

    def shown(self, path: str) -> str:
        """Where a file is in the project: ``function.zip/app.py``."""
        found = self.files.get(path)
        if found is None:
            return path
        return f"{found.part.path}/{found.entry.path}" if found.part.path else found.entry.path

    def below(self, directory: str) -> Iterable[str]:
        """The files below a directory."""
        prefix = f"{directory}/"
        return (path for path in self.files if path.startswith(prefix))


def _directory(listed: dict[str, dict[str, bool]], path: str) -> dict[str, bool]:
    """The names in a directory, which is entered with those above it."""
    if path not in listed:
        new = []
        above = path
        while above and above not in listed:
            new.append(above)
            listed[above] = {}
            above = above.rpartition("/")[0]
        for item in new:
            above, _, name = item.rpartition("/")
            if above:
                listed[above][name] = True
    return listed[path]


def _is_site(path: str) -> bool:
    return path.startswith(f"{OPT}/python/lib/python3.") and path.endswith("/site-packages") and path.count("/") == 5
