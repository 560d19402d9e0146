"""Code of functions in synthesised CDK output (``cdk.out``): from a stack's metadata and asset manifest to directories.

A construct's ``aws:asset:path`` metadata and the manifest ``<Stack>.assets.json`` both name the staged copy
(``asset.<hash>``) beside the template; older versions, and applications without staging, name the source
directory, absolute on the machine that synthesised.

Sources: aws-cdk ``cloud-assembly-schema`` (asset manifests) and ``cx-api`` (asset metadata keys).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lambdalint.model import ABSENT, Value
from lambdalint.templates.documents import JSON_LIMIT, SCALAR, Malformed, Node, read_json
from lambdalint.templates.values import OutsideProject, directory_of, first, inside, known, text, unknown
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.templates.intrinsics import Entry, Stack
    from lambdalint.tree import Tree


def is_synthesised(path: str, root: Node) -> bool:
    """Whether a template comes from ``cdk synth``: by its place, or by the metadata of its resources."""
    if "cdk.out" in path.split("/")[:-1]:
        return True
    section = root.get("Resources")
    if section is None or section.kind == SCALAR or not isinstance(section.value, dict):
        return False
    for _, node in list(section.value.values())[:20]:
        metadata = node.get("Metadata")
        if metadata is not None and metadata.get("aws:cdk:path") is not None:
            return True
    return False


class Assets:
    """The assets of one synthesised template."""

    def __init__(self, tree: Tree, stack: Stack) -> None:
        self.tree = tree
        self.stack = stack
        self.directory = directory_of(stack.path)
        self.manifest = self._manifest()

    def _manifest(self) -> Mapping[str, str]:
        """Staged paths by asset hash."""
        name = self.stack.path.removesuffix(".json").removesuffix(".template") + ".assets.json"
        if not self.tree.exists(name):
            return {}
        try:
            root = read_json(self.tree.read(name, JSON_LIMIT)).root
        except (Malformed, Unreadable) as error:
            self.stack.found.problem(name, str(error))
            return {}
        files = root.get("files") if root is not None else None
        found = {}
        for key, node in files.value.values() if files is not None and isinstance(files.value, dict) else ():
            source = node.get("source")
            path = source.get("path") if source is not None else None
            if path is not None and path.kind == SCALAR:
                found[key.value] = path.value
        return found

    def code_root(self, entry: Entry, properties: Mapping[str, Value]) -> Value | None:
        """Where the code of a function is, None where neither metadata nor manifest says so."""
        metadata = entry.node.get("Metadata")
        written: str | None = None
        place = self.stack.location(entry.key)
        if metadata is not None:
            node = metadata.get("aws:asset:path")
            about = metadata.get("aws:asset:property")
            if node is not None and node.kind == SCALAR and (about is None or about.value == "Code"):
                written, place = node.value, self.stack.location(node)
        if written is None:
            key = first(properties, "Code.S3Key")
            digest = (text(key) or "").removesuffix(".zip").rpartition("/")[2]
            written = self.manifest.get(digest)
            place = key.location or place
        if written is None:
            return None
        handler = text(properties.get("Handler", ABSENT)) or ""
        python = (text(properties.get("Runtime", ABSENT)) or "python").startswith("python")
        module = handler.rpartition(".")[0].replace(".", "/")
        for candidate in self._candidates(written):
            if not python or self.holds(candidate, module):
                return known(candidate, place, "asset of the synthesised stack")
        return unknown(f"asset {written[-120:]} is not in the repository", place)

    def _candidates(self, written: str) -> list[str]:
        """Paths of the project that an asset's path may mean, the likeliest first."""
        written = written.replace("\\", "/")
        if not written.startswith("/") and written[1:2] != ":":
            found = []
            # Relative to the template; before staging, to the application that holds cdk.out.
            for base in (self.directory, directory_of(self.directory)):
                try:
                    found.append(inside(base, written))
                except OutsideProject:
                    continue
            return found
        # Absolute on another machine: its tail may be a path of this project.
        parts = [part for part in written.split("/") if part not in ("", ".", "..")]
        return [posixpath.join(*parts[start:]) for start in range(1, len(parts))][-12:]

    def holds(self, root: str, module: str) -> bool:
        """Whether a directory of the project holds the handler's module; a file counts as itself."""
        if not module:
            return self.tree.exists(root)
        path = posixpath.normpath(posixpath.join(root, module))
        return (
            self.tree.exists(f"{path}.py")
            or self.tree.exists(f"{path}/__init__.py")
            or (root.endswith((".zip", ".jar")) and self.tree.exists(root))
        )
