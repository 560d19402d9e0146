"""LL510: Module that asks about a distribution whose metadata is not in the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class StrippedMetadata(Rule):
    """Module that asks about a distribution whose metadata is not in the bundle.

    ``importlib.metadata.version("name")`` and ``pkg_resources.get_distribution("name")`` read the ``.dist-info``
    directory that is installed beside the package. Builds that delete these directories to save some bytes, or copy the
    packages alone, leave modules that raise ``PackageNotFoundError`` when they are loaded, so that the function fails
    before its handler runs.

    Reported is what certainly happens when the modules are loaded that the handler's module imports. A list of entry
    points that is empty for want of metadata raises nothing by itself, and is not judged.

    Triggers:
        1. [metadata] A module asks ``importlib.metadata`` or its back-port while it is loaded.
        2. [pkg-resources] It asks ``pkg_resources``.

    Exemptions:
        1. [guarded] A ``try`` or ``with`` is around it, or around an import that leads to it.
        2. [deferred] It is in the body of a function.
        3. [undecided] It is below a condition.
        4. [provided] The runtime brings the distribution, with its metadata.
        5. [elsewhere] Metadata of its name lies in another directory of the bundle, which the code may search.
        6. [layers] The function has layers that are not here and may bring it.

    Remedy:
        Keep the ``.dist-info`` directories: METADATA, RECORD and entry_points.txt take a few kilobytes.

    References:
        - https://docs.python.org/3/library/importlib.metadata.html
        - https://github.com/serverless/serverless-python-requirements/issues/441
    """

    code = "LL510"
    name = "stripped-metadata"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "The module raises PackageNotFoundError when it is loaded, and the function fails on every invocation."
    remedy = "Keep the .dist-info directory of the distribution in the bundle."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each question about a distribution without metadata."""
        for name, step, chain in bundle.unknown_distributions():
            yield self.finding(
                bundle.place(step.path, step.line),
                f"this asks for the metadata of {name}, which is neither in the bundle nor in its layers",
                function=bundle.name,
                chains=bundle.chains(chain),
            )
