"""LL513: Module of a bundled distribution that has been taken out of it and is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class MissingFile(Rule):
    """Module of a bundled distribution that has been taken out of it and is imported.

    To make bundles smaller, builds delete what looks like tests, documentation or parts for other systems. Some
    distributions import such modules when they are loaded: numpy does so with some of its tests. RECORD lists what
    was installed, so that it shows what is gone; the imports, followed from the handler's module, show what is needed.
    The function then fails before its handler runs, with ``Runtime.ImportModuleError``.

    Triggers:
        1. [module] A module is imported that a RECORD lists and that is not there.
        2. [package] All of the distribution is gone but its metadata.

    Exemptions:
        1. [guarded] An ``except ImportError``, or ``contextlib.suppress``, catches the failure.
        2. [deferred] It is imported in the body of a function.
        3. [layers] The function has layers that are not here and may bring it.

    Remedy:
        Exclude the module from what the build deletes, and install the distribution anew.

    References:
        - https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
        - https://github.com/serverless/serverless-python-requirements/issues/524
    """

    code = "LL513"
    name = "missing-file"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "The function fails when it is loaded, on every invocation, before its handler runs."
    remedy = "Keep the module: let the build delete less of this distribution."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each missing module that a RECORD lists, at the import of the function's own code."""
        for item in bundle.missing():
            found = bundle.left_out(item.name)
            if found is None:
                continue
            distribution, path = found
            first = bundle.requested(item.chain)
            yield self.finding(
                bundle.place(first.path, first.line),
                f"{item.name} is imported, and {path} of {distribution.title} has been taken out of the bundle",
                function=bundle.name,
                chains=bundle.chains(item.chain, least=2),
                facts=(f"{len(distribution.missing):,} files that its RECORD lists are not there",),
            )
