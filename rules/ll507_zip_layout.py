"""LL507: Archive whose files do not come to lie where the runtime looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import ArtifactView, BundleView
    from lambdalint.model import Finding

# Kinds of `lambdalint.bundle.hazards` that are certain to be wrong on Linux, and those that unpackers disagree on.
WRONG = ("absolute", "backslash", "clash", "duplicate", "escape", "long", "nul")
AMBIGUOUS = ("appended", "count", "method", "prepended", "special")


class ZipLayout(Rule):
    """Archive whose files do not come to lie where the runtime looks for them.

    Lambda unpacks the archive below ``/var/task`` and imports the handler's module from there. An archive of a folder,
    and not of what is in it, puts everything one directory too deep, and the function fails with
    ``Runtime.ImportModuleError``. Names with a backslash, absolute names and names with ``..`` are other files
    than they look on the system that made them; of two entries of the same name, the unpacker decides which counts.

    Archives on which unpackers disagree, and compression that Lambda is not known to unpack, are warnings.

    Triggers:
        1. [folder] Everything lies in one folder, and the handler's module is found there only.
        2. [name] A name has a backslash, is absolute, leads out of the archive, or is longer than Linux allows.
        3. [twice] Two entries with different content have the same name, or a file lies where others need a directory.
        4. [ambiguous] The archive has bytes before its beginning or behind its end.
        5. [method] A file is compressed by another method than deflate.

    Exemptions:
        1. [named] The handler names the folder.
        2. [path] PYTHONPATH, or a wrapper script, may name the folder.
        3. [layers] A layer that is not here may bring the handler's module.
        4. [same] The entries of the same name have the same content.
        5. [link] It is a symbolic link, which Lambda keeps, and may lead to a layer or to /tmp.
        6. [unnamed] Neither a template nor the command line names the archive.

    Remedy:
        Make the archive inside of the folder (``cd build && zip -r ../function.zip .``), on Linux or with a tool that
        writes forward slashes.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-create-no-dependencies
        - https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
    """

    code = "LL507"
    name = "zip-layout"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "The runtime does not find the module, or finds another file than was meant."
    remedy = "Zip what is in the folder and not the folder, with forward slashes and each name once."
    wants = Wanted(bundles=True, artifacts=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for a function that lies in a folder of its archive."""
        folder = bundle.wrapped()
        if not folder or not bundle.is_archived:
            return
        if bundle.finds_handler and self.exempts("named"):
            return
        if bundle.moves_path and self.exempts("path"):
            return
        if bundle.open_layers and self.exempts("layers"):
            return
        text = f"everything in {bundle.artifact.path} lies in the folder {folder}: no module {bundle.start} at its top"
        yield self.finding(bundle.location, text, function=bundle.name)

    def check_artifact(self, artifact: ArtifactView) -> Iterable[Finding]:
        """A finding for each entry that unpackers put elsewhere, and for an archive that they disagree on."""
        if not artifact.is_archive or (artifact.role == "found" and self.exempts("unnamed")):
            return
        links = {entry.path for entry in artifact.entries if entry.is_link}
        for kind, path, detail in artifact.hazards:
            if kind not in WRONG and kind not in AMBIGUOUS:
                continue
            if kind == "escape" and path in links and self.exempts("link"):
                continue
            if kind == "duplicate" and artifact.is_copied(path) and self.exempts("same"):
                continue
            yield self.finding(
                artifact.place(path) if path else artifact.location,
                f"{path}: {detail}" if path else detail,
                severity=Severity.ERROR if kind in WRONG else Severity.WARNING,
            )
