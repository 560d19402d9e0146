"""Which artifacts a run has: archives and directories that were named, those of templates, archives that were found."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from lambdalint.bundle import ARCHIVE, is_artifact
from lambdalint.bundle.archive import Archive
from lambdalint.bundle.entries import Artifact, Folder
from lambdalint.bundle.layers import OPT, TASK, Merged, Part
from lambdalint.bundle.targets import Runtime, runtime
from lambdalint.bundle.views import ArtifactView, BundleView, Shared
from lambdalint.data import table
from lambdalint.model import ABSENT, DeclaredFunction, Function, Location, Skipped, Value
from lambdalint.templates.values import (
    OutsideProject,
    Reference,
    Resource,
    Undecided,
    inside,
    known,
    plain,
    references,
    text,
    unknown,
)
from lambdalint.tree import DirectoryTree, Tree, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.settings import Settings

_LEFT_OUT = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages", ".git", "tests", "venv", ".venv"})
_ARCHIVES = (".zip", ".whl", ".egg")
_CODE = frozenset(
    {"all", "filename", "source_code_hash", "s3_key", "s3_object_version"}
)  # arguments that say what is deployed
UNTOLD = "the command line does not say"
# Where a layer's resource names its content, by the type of the resource.
_CONTENT = {
    "AWS::Serverless::LayerVersion": ("ContentUri",),
    "AWS::Lambda::LayerVersion": ("Content", "path", "package"),
    "aws_lambda_layer_version": ("filename",),
}
LAYERS = frozenset(_CONTENT)


class _Untold(dict[str, Value]):
    """Settings of a function of which nothing is known but what the command line says."""

    def get(self, key: str, default: Any = None) -> Any:
        return unknown(UNTOLD)


def base(tree: Tree) -> DirectoryTree | None:
    """The directory tree below another that changes some of its files."""
    while not isinstance(tree, DirectoryTree):
        inner = getattr(tree, "tree", None)
        if inner is None:
            return None
        tree = inner
    return tree


class Inputs:
    """The artifacts of one run. Archives are mounted in the project's tree, so that their files have paths.

    Args:
        tree: the project's.
        named: archives and directories of the command line, with ``--layer`` apart.
        layers: those of ``--layer``.
        found: archives that lie in the project.
        sizes: whether only their directories matter, and not what contradicts them.
    """

    def __init__(
        self,
        tree: Tree,
        named: Sequence[str] = (),
        layers: Sequence[str] = (),
        found: Sequence[str] = (),
        *,
        sizes: bool = False,
    ) -> None:
        self._tree = base(tree)
        self._sizes = sizes
        self.named = tuple(named)
        self.layers = tuple(layers)
        self.found = tuple(path for path in found if path not in {*named, *layers})
        self.problems: dict[str, Skipped] = {}
        self._artifacts: dict[str, Artifact | None] = {}
        for path in (*self.named, *self.layers):
            self.artifact(path)

    def artifact(self, path: str, *, named: bool = True) -> Artifact | None:
        """The artifact at a path of the project; None where it cannot be read, and `problems` then says why."""
        if path not in self._artifacts:
            self._artifacts[path] = self._opened(path, named=named)
        return self._artifacts[path]

    def _opened(self, path: str, *, named: bool) -> Artifact | None:
        tree = self._tree
        if tree is None:
            return None
        try:
            if not path.endswith(ARCHIVE):
                folder = Folder(tree, path)
                folder.entries()
                return folder
            archive = Archive(lambda: tree.open(path))
            if not self._sizes:
                archive.check_headers()
            self._note_archives(path, archive)
        except Unreadable as error:
            self.problems[path] = Skipped(path, str(error), named)
            return None
        except Exception as error:  # noqa: BLE001  the boundary: a defect of the reader costs the input, and is told
            self.problems[path] = Skipped(path, f"the reader failed on it ({type(error).__name__}: {error})", named)
            return None
        tree.mount(path, archive)
        return archive

    def _note_archives(self, path: str, archive: Archive) -> None:
        """List what is in an archive and is one itself: nothing that Lambda does unpacks it."""
        inner = [entry.path for entry in archive.entries() if entry.path.endswith(_ARCHIVES)]
        if inner:
            others = f"; {len(inner) - 1:,} more beside it" if len(inner) > 1 else ""
            first = f"{path}/{inner[0]}"
            self.problems[first] = Skipped(first, f"an archive in an archive, which is not looked into{others}")

    def deployed(self) -> list[str]:
        """The archives that nobody named and that look like what Lambda runs."""
        found = []
        for path in self.found:
            artifact = self.artifact(path, named=False)
            if artifact is not None and _looks_deployed(artifact):
                found.append(path)
        return found

    def opened(self) -> list[str]:
        """The archives that could be read."""
        return sorted(path for path, found in self._artifacts.items() if isinstance(found, Archive))

    # -- code

    def python(self, path: str) -> list[str]:
        """The Python files of an artifact that are nobody's distribution, as paths of the project."""
        artifact = self.artifact(path)
        if artifact is None:
            return []
        from lambdalint.bundle.distributions import Distributions

        found = []
        merged = Merged(Part(path, artifact, mount(artifact)))
        installed = frozenset(table("packages")["installed"])
        for top, files in Distributions(merged).unowned.items():
            name = top.rpartition("/")[2].removesuffix(".py")
            if name not in installed:
                found += [merged.files[file].entry for file in files]
        prefix = f"{path}/" if path else ""
        return sorted(
            prefix + entry.path
            for entry in found
            if entry.path.endswith(".py") and entry.is_file and not _LEFT_OUT & set(entry.path.split("/")[:-1])
        )

    # -- functions

    def declared(self, settings: Settings) -> Iterator[DeclaredFunction]:
        """The named artifacts as functions, with what the command line says of them."""
        for path in self.named:
            if self.artifact(path) is None:
                continue
            place = Location(path or ".", 1)
            open_ = unknown(UNTOLD)
            yield DeclaredFunction(
                name=posixpath.basename(path).removesuffix(ARCHIVE),
                origin="arguments",
                location=place,
                handler=known(settings.handler, place) if settings.handler else open_,
                code_root=known(path, place),
                runtime=known(settings.runtime, place) if settings.runtime else open_,
                architecture=known(settings.arch, place) if settings.arch else open_,
                memory=open_,
                timeout=open_,
                package_type=known("Zip", place),
                layers=known(tuple(known(item, place) for item in self.layers), place),
                environment=open_._replace(value={}),
                events=open_._replace(value=()),
                settings=_Untold(),
            )

    def completed(self, functions: Sequence[Function]) -> tuple[Function, ...]:
        """The functions, with what the command line says of those that were found in a named artifact.

        Where it says the entry point, there is no other in that artifact; what stands for the artifact itself is left
        out where an entry point was found in it.
        """
        told = {item.declared.code_root.value: item for item in functions if item.declared and _is_told(item)}
        inside: dict[str, list[Function]] = {path: [] for path in told}
        others: list[Function] = []
        for function in functions:
            path = function.path if function.declared is None else None
            home = next((root for root in told if path and path.startswith(f"{root}/" if root else "")), None)
            if home is not None:
                inside[home].append(function)
            elif not _is_told(function):
                others.append(function)
        for root, item in told.items():
            if item.handler or not inside[root]:
                others.append(item)
            else:
                others += [found._replace(declared=item.declared, code_root=root) for found in inside[root]]
        return tuple(others)

    # -- what rules see

    def bundles(
        self, functions: Iterable[Function], resources: Sequence[Resource], shared: Shared
    ) -> Iterator[BundleView]:
        """The functions that are deployed from an artifact which is here."""
        shared.tree = self._tree
        for function in functions:
            declared = function.declared
            if declared is None or not declared.code_root.known or not isinstance(declared.code_root.value, str):
                continue
            if not (text(declared.runtime) or "python").startswith("python") or _is_stand_in(declared):
                continue
            path = normal(declared.code_root.value)
            if declared.origin != "arguments" and not (self._tree is not None and is_artifact(self._tree, path)):
                continue
            artifact = self.artifact(path)
            if artifact is None:
                continue
            start = start_of(function, path)
            at = mount(artifact) if declared.origin == "arguments" and not start else TASK
            layers, open_ = self._layers(declared, resources)
            yield BundleView(
                shared,
                function,
                Part(path, artifact, at),
                [Part(item, tree, OPT) for item, tree in layers],
                runtime_of(declared),
                start,
                open_,
            )

    def _layers(
        self, declared: DeclaredFunction, resources: Sequence[Resource]
    ) -> tuple[list[tuple[str, Artifact]], list[str]]:
        """The layers that are here, and a name for each that is not."""
        value = declared.layers
        found: list[tuple[str, Artifact]] = []
        open_: list[str] = []
        if value.unknown:
            open_.append(value.reason or "layers")
        for item in value.value if value.known and type(value.value) is tuple else ():
            path = text(item) if declared.origin == "arguments" else content_of(item, resources)
            tree = None
            if path is not None and (declared.origin == "arguments" or self._is_layer(path)):
                tree = self.artifact(path)
            if path is not None and tree is not None:
                found.append((path, tree))
            else:
                open_.append(text(item) or path or _described(item))
        return found, open_

    def _is_layer(self, path: str) -> bool:
        """Whether the content of a layer is here as it is deployed: no build turns source into ``python/``."""
        tree = self._tree
        return tree is not None and (is_artifact(tree, path) or "python" in tree.names(path))

    def views(self, bundles: Sequence[BundleView], disabled: frozenset[str]) -> Iterator[ArtifactView]:
        """The artifacts of bundles, each once, and the archives that were found and look like one."""
        roles: dict[str, str] = {}
        for bundle in bundles:
            roles[bundle.artifact.path] = "function"
            for layer in bundle.layers:
                roles.setdefault(layer.path, "layer")
        for path in self.deployed():
            roles.setdefault(path, "found")
        for path, role in sorted(roles.items()):
            artifact = self.artifact(path)
            if artifact is not None:
                yield ArtifactView(path, artifact, role, disabled)


class Packed:
    """The archives that deployment tools have made of functions and layers, in place of the source that templates name.

    Args:
        tree: the project's.
        below: the directories whose archives count where the template that asks for them is above; None for all.
    """

    def __init__(self, tree: Tree, below: Sequence[str] | None = None) -> None:
        self._tree = tree
        self._below = below

    def function(self, function: Function) -> Function:
        """A function with its archive as its code, where that is here."""
        declared = function.declared
        if declared is None or not self._is_here(declared.setting("archive"), declared.location):
            return function
        return function._replace(declared=declared._replace(code_root=declared.setting("archive")))

    def layer(self, resource: Resource) -> Resource:
        """A layer's resource with its archive as its content."""
        archive = resource.properties.get("archive", ABSENT)
        if resource.type not in _CONTENT or not self._is_here(archive, resource.location):
            return resource
        path = posixpath.relpath(archive.value, posixpath.dirname(resource.location.path) or ".")
        content = dict.fromkeys(_CONTENT[resource.type], known(path, resource.location))
        return resource._replace(properties={**resource.properties, **content})

    def _is_here(self, archive: Value, place: Location) -> bool:
        path = text(archive)
        if path is None or not self._tree.exists(path):
            return False
        return self._below is None or any(
            path.startswith(f"{directory}/") and directory and not place.path.startswith(f"{directory}/")
            for directory in self._below
        )


def start_of(function: Function, path: str) -> str:
    """The module of a handler, as the runtime imports it from the code root ``path``."""
    declared = function.declared
    handler = text(declared.handler) if declared is not None else None
    if handler and "." in handler:
        return handler.rpartition(".")[0].replace("/", ".").strip(".")
    prefix = f"{path}/" if path else ""
    if function.path is not None and function.path.startswith(prefix) and function.path.endswith(".py"):
        return function.path[len(prefix) : -3].removesuffix("/__init__").replace("/", ".")
    return ""


def _is_stand_in(declared: DeclaredFunction) -> bool:
    """Whether Terraform is told to leave the code alone: something else deploys it, and the archive is a stand-in."""
    ignored = declared.setting("ignored")
    names = ignored.value if type(ignored.value) is tuple else (ignored,)
    found = {item.value for item in names}
    return True in found or not _CODE.isdisjoint(name for name in found if isinstance(name, str))


def _is_told(function: Function) -> bool:
    return function.declared is not None and function.declared.origin == "arguments"


def mount(artifact: Artifact) -> str:
    """Where a function would see an artifact that is given without a handler: a layer has its modules in ``python``."""
    tops = {entry.path.partition("/")[0] for entry in artifact.entries()}
    return OPT if "python" in tops and not any(top.endswith((".py", ".dist-info")) for top in tops) else TASK


def _looks_deployed(artifact: Artifact) -> bool:
    """Whether an archive that nothing names holds what Lambda would run: Python modules, or nothing at all to tell."""
    files = [entry.path for entry in artifact.entries() if entry.path and not entry.is_directory]
    return not files or any(path.endswith((".py", ".so")) for path in files)


def runtime_of(declared: DeclaredFunction) -> Runtime:
    """What a function runs on."""
    architecture = text(declared.architecture) or ""
    if not architecture and declared.architecture.state.value == "absent":
        architecture = "x86_64"  # Lambda's default
    return runtime(text(declared.runtime) or "", architecture)


def content_of(layer: Value, resources: Sequence[Resource]) -> str | None:
    """The path of a layer's content, by the resource that a template's value names."""
    named = {(item.scope, item.name): item for item in resources if item.type in _CONTENT}
    for reference in references(layer):
        resource = named.get((reference.scope, reference.name))
        if resource is None:
            continue
        for key in _CONTENT[resource.type]:
            try:
                path = plain(resource.properties[key]) if key in resource.properties else None
            except Undecided:
                continue
            if isinstance(path, str):
                try:
                    return normal(inside(posixpath.dirname(resource.location.path) or ".", path))
                except OutsideProject:
                    return None
    return None


def _described(value: Value) -> str:
    found = value.value
    if isinstance(found, Reference):
        return found.name
    return next((item.name for item in references(value)), value.reason or "a layer")


def normal(path: str) -> str:
    """A path of the project without what is redundant; "" for its root."""
    path = posixpath.normpath(path.strip("/")) if path.strip("/") else ""
    return "" if path == "." else path
