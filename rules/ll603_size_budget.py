"""LL603: Bundle that takes more than the project's budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding

NAMED = 5  # distributions


class SizeBudget(Rule):
    """Bundle that takes more than the project's budget.

    Bundles grow by an update here and a dependency there, until a cold start takes seconds longer or a deployment is
    refused. A budget in the configuration makes the step that was one too many visible where it is made:

        [tool.lambdalint.budgets]
        unzipped = "60 MB"      # with all layers; MB as AWS has it, 1,048,576 bytes
        zipped = 15_000_000     # the function's own archive
        init-modules = 400      # modules of the bundle that are loaded before the first event
        growth = 10             # percent over the report that ``compare`` names

        [tool.lambdalint.budgets.functions.Reports]
        unzipped = "200 MB"     # what a function has of its own replaces what all have

    Growth is counted from a report that is kept, for instance the main branch's (``lambdalint bundle --output
    json:bundles.json``), and that ``compare = "bundles.json"`` or ``--compare bundles.json`` names.

    Triggers:
        1. [unzipped] Function and layers take more than ``unzipped`` when they are unpacked.
        2. [zipped] The function's archive is larger than ``zipped``.
        3. [init-modules] The entry point loads more modules of the bundle than ``init-modules``.
        4. [growth] Function and layers take more than ``growth`` percent more than in the report.

    Exemptions:
        1. [function] The function has a budget of its own, and keeps it.
        2. [directory] There is no archive yet, so that nobody knows what it will have.
        3. [new] The report has no function of that name.

    Remedy:
        See ``lambdalint bundle`` for what takes how much and ``--why NAME`` for the imports that load it; leave out
        what is not needed, import what few events need in the function that needs it, or raise the budget, on purpose.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html#function-code
    """

    code = "LL603"
    name = "size-budget"
    severity = Severity.ERROR
    tags = ("size", "performance", "bundle")
    why = "The project has decided that its functions take no more than that."
    remedy = (
        "Leave out what is not needed (lambdalint bundle tells what takes how much), or raise the budget on purpose."
    )
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each budget that is exceeded."""
        budget = bundle.budget if self.exempts("function") else bundle.common_budget
        if budget.unzipped is not None and bundle.unzipped > budget.unzipped:
            what = "function and layers" if bundle.layers else "the function"
            largest = ", ".join(f"{item.name} {item.unzipped:,}" for item in bundle.shares[:NAMED])
            text = f"{what} would unpack to {bundle.unzipped:,} bytes, {bundle.unzipped - budget.unzipped:,} more than"
            yield self._over(bundle, f"{text} the budget of {budget.unzipped:,}", f"the largest: {largest}")
        size = bundle.zipped if bundle.zipped is not None or self.exempts("directory") else bundle.unzipped
        if budget.zipped is not None and size is not None and size > budget.zipped:
            text = f"the archive has {size:,} bytes, {size - budget.zipped:,} more than the budget of {budget.zipped:,}"
            yield self._over(bundle, text)
        if budget.init_modules is not None:
            count = bundle.init_modules
            if count > budget.init_modules:
                text = f"the entry point loads {count:,} modules, {count - budget.init_modules:,} more than the budget"
                yield self._over(bundle, f"{text} of {budget.init_modules:,}")
        if budget.growth is not None and bundle.is_compared:
            yield from self._grown(bundle, budget.growth)

    def _grown(self, bundle: BundleView, most: int) -> Iterable[Finding]:
        growth = bundle.growth
        if growth is None:
            if not self.exempts("new"):
                yield self._over(bundle, f"the function is new, with {bundle.unzipped:,} bytes")
        elif 100 * growth.unzipped > most * growth.before.unzipped:
            what = "function and layers take" if bundle.layers else "the function takes"
            text = f"{what} {growth.unzipped:,} bytes more than the {growth.before.unzipped:,} of the kept report:"
            text += f" {100 * growth.share:.1f} %, with a budget of {most} %"
            largest = ", ".join(f"{item.name} {item.growth:+,}" for item in growth.changes[:NAMED] if item.growth > 0)
            yield self._over(bundle, text, f"the most: {largest}" if largest else "")

    def _over(self, bundle: BundleView, text: str, fact: str = "") -> Finding:
        return self.finding(bundle.location, text, function=bundle.name, facts=(fact,) if fact else ())
