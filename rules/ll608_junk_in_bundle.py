"""LL608: Repository, environment, cache or archive in what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import ArtifactView
    from lambdalint.model import Finding


class JunkInBundle(Rule):
    """Repository, environment, cache or archive in what is deployed.

    Where a directory is zipped as it lies there, everything that tools keep beside the code goes along: the history of
    the repository with all that was ever deleted from it, a virtual environment for another system, node_modules,
    mypy's cache (38 MB in one report), the package of the last deployment. It counts towards the 250 MB, and some of
    it nobody wanted to publish.

    Triggers:
        1. [directory] A directory of such a tool; a note for less than 100 KB of caches and the like.
        2. [environment] A virtual environment under any name: it holds ``pyvenv.cfg``.
        3. [archive] An archive or wheel, which nothing on Lambda unpacks.

    Exemptions:
        1. [owned] It is part of a distribution.
        2. [other-runtime] It is for another runtime: beside ``python/`` in a layer, or where there is no Python.
        3. [used] An archive that the function's code names, or whose code unpacks archives.
        4. [unnamed] Neither a template nor the command line names the archive that it is in.

    Remedy:
        Exclude it where the bundle is made: build into an empty directory, ``zip -x``, Terraform's ``excludes``, the
        CDK's ``exclude``, Serverless' ``package.patterns``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
        - https://github.com/aws/aws-cdk/issues/22585
        - https://github.com/aws/aws-cdk/issues/23313
        - https://peps.python.org/pep-0405/
    """

    code = "LL608"
    name = "junk-in-bundle"
    severity = Severity.WARNING
    tags = ("size", "security", "bundle")
    why = "It makes the bundle larger for nothing, and may hold what nobody wanted to publish."
    remedy = "Exclude it where the bundle is made, or build into an empty directory."
    wants = Wanted(artifacts=True)
    needs = frozenset({"bundle"})

    def check_artifact(self, artifact: ArtifactView) -> Iterable[Finding]:
        """A finding for each directory or archive."""
        if artifact.role == "found" and self.exempts("unnamed"):
            return
        for item in artifact.junk():
            if not self.exempts(item.tag):
                files = f"{item.files:,} files, " if item.files > 1 else ""
                text = f"what is deployed holds {item.path} ({item.kind}): {files}{item.size:,} bytes"
                severity = Severity.INFO if item.slight else Severity.WARNING
                yield self.finding(artifact.place(item.first), text, severity=severity)
