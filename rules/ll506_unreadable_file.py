"""LL506: Modules that the user which functions run as may not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import ArtifactView
    from lambdalint.model import Finding

NAMED = 3  # files in the message


class UnreadableFile(Rule):
    """Modules that the user which functions run as may not read.

    Lambda unpacks an archive with the permissions that it holds, and runs functions as another user than the files'
    owner. A module without the read permission for others, or in a directory without that of entering it, is not there
    for the interpreter: the function fails with ``PermissionError`` or, more often, "No module named".

    A umask of 077 makes such files, and so does ``ZipFile.writestr`` with a plain name, which writes mode 0600.

    Triggers:
        1. [module] A module is not readable for others.
        2. [directory] A directory that holds modules is closed to others.

    Exemptions:
        1. [data] The file is no module, nor does the directory hold one: whether anything reads it is not known.
        2. [built] It is a directory that a build has made: what packages it decides about permissions.
        3. [unnamed] Neither a template nor the command line names the archive.

    Remedy:
        ``chmod -R a+rX`` before zipping; with ``zipfile``, give ``writestr`` a ``ZipInfo`` whose ``external_attr`` is
        ``0o644 << 16``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html#troubleshooting-deployment-denied
        - https://github.com/serverless/serverless/issues/1872
        - https://docs.python.org/3/library/zipfile.html#zipfile.ZipFile.writestr
    """

    code = "LL506"
    name = "unreadable-file"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "The import fails as if the module was not there, on every invocation."
    remedy = "Make files readable for all (0644) and directories open to all (0755) before zipping."
    wants = Wanted(artifacts=True)
    needs = frozenset({"bundle"})

    def check_artifact(self, artifact: ArtifactView) -> Iterable[Finding]:
        """One finding for the closed modules of an archive, and one for its closed directories."""
        if (not artifact.is_archive and self.exempts("built")) or (
            artifact.role == "found" and self.exempts("unnamed")
        ):
            return
        closed = [item for item in artifact.hazards if item.kind == "mode"]
        if self.exempts("data"):
            closed = [item for item in closed if artifact.holds_modules(item.path)]
        for what, chosen in (
            ("file", [item for item in closed if not item.path.endswith("/")]),
            ("directory", [item for item in closed if item.path.endswith("/")]),
        ):
            if not chosen:
                continue
            first = chosen[0]
            shown = ", ".join(item.path for item in chosen[1 : 1 + NAMED])
            more = f" ({len(chosen) - 1} more: {shown}{', …' if len(chosen) > 1 + NAMED else ''})" if shown else ""
            yield self.finding(artifact.place(first.path), f"{what} {first.path} has {first.detail}{more}")
