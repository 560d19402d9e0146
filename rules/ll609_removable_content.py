"""LL609: Tests, type stubs, sources and documents of distributions, which no function needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding

LEAST = 1 << 20  # bytes of one distribution


class RemovableContent(Rule):
    """Tests, type stubs, sources and documents of distributions, which no function needs.

    A third of pandas, an eighth of scipy and 40 % of statsmodels are their tests. Headers, sources of extension
    modules, type stubs and bytecode that the runtime rejects are of no use there either. What remains of a distribution
    has to keep its metadata: ``importlib.metadata`` asks for it, and taking it out saves next to nothing.

    Triggers:
        1. [content] More than 1 MB of one distribution is such content.

    Exemptions:
        1. [imported] Code of the function or of what it loads imports it: test helpers that others use.
        2. [kept] It is known to be needed in spite of its name: numpy's test modules, which scipy imports.
        3. [small] It is less than 1 MB of the distribution.

    Remedy:
        Delete it after the installation, with a test that imports the entry point from what is left. Never delete the
        ``.dist-info`` directories.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html#function-code
        - https://github.com/numpy/numpy/pull/28936
        - https://github.com/serverless/serverless-python-requirements/issues/441
    """

    code = "LL609"
    name = "removable-content"
    severity = Severity.INFO
    tags = ("size", "bundle")
    why = "It is uploaded, unpacked and counted towards the 250 MB, and never read."
    remedy = "Delete it after the installation, and import the entry point from what is left."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution with much of it, the largest first."""
        found = bundle.removable(kept=self.exempts("kept"), imported=self.exempts("imported"))
        rows = sorted(((sum(classes.values()), item, classes) for item, classes in found), key=lambda row: -row[0])
        for size, item, classes in rows:
            if size < LEAST and self.exempts("small"):
                continue
            parts = sorted(classes.items(), key=lambda pair: -pair[1])
            shown = ", ".join(f"{name} {taken:,}" for name, taken in parts)
            yield self.finding(
                bundle.place(item.metadata_path),
                f"{size:,} bytes of {item.title} are of no use to the function: {shown}",
                function=bundle.name,
            )
