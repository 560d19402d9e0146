"""LL613: What the entry point imports before it can take the first event, where that is much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding

MUCH = 2.0  # times what boto3 takes
NAMED = 3  # distributions


class ImportCost(Rule):
    """What the entry point imports before it can take the first event, where that is much.

    A cold start imports the handler's module and all that this imports, which since August 2025 is billed like the rest
    of the invocation. It takes time by the modules that are loaded and hardly by megabytes: openai with 9.7 MB takes
    five times as long as numpy with 53. At 512 MB of memory a function has a third of a CPU, and waits three times as
    long as a laptop does.

    The finding says how much is loaded against what boto3 takes, which distributions load most and by which import, and
    which imports of the handler's module only some events need. Budgets are size-budget's.

    Triggers:
        1. [much] The entry point loads more than twice what boto3 comes to.

    Exemptions:
        1. [warm] SnapStart or provisioned concurrency initialises the function ahead of events.
        2. [little] It is less than that.

    Remedy:
        Import in the function that needs it what few events need; import ``boto3`` clients and not whole toolkits; take
        lighter distributions. ``python -X importtime -c "import app"`` measures, ``lambdalint bundle --why NAME`` shows
        who imports what.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#cold-start-latency
        - https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
        - https://docs.python.org/3/using/cmdline.html#cmdoption-X
    """

    code = "LL613"
    name = "import-cost"
    severity = Severity.INFO
    tags = ("performance", "bundle")
    why = "Each cold start waits for it, and is billed for it."
    remedy = "Import where it is used what few events need, and take lighter distributions."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for an entry point that imports much."""
        if bundle.is_warm and self.exempts("warm"):
            return
        cost = bundle.import_cost()
        if cost is None or (cost.relative < MUCH and self.exempts("little")):
            return
        dearest = [part for part in cost.parts if part.owner is not None][:NAMED]
        text = f"the entry point loads {cost.modules:,} modules with {cost.size:,} bytes before the first event"
        facts = [
            f"{part.owner.title}: {part.modules:,} modules, by {bundle.asked_for(part.chain)}"
            for part in dearest
            if part.owner is not None
        ]
        facts += [
            f"only some events need {item.found.module} (line {item.found.line}, used by "
            f"{', '.join(item.found.functions)}): {item.modules:,} modules that could wait"
            for item in bundle.deferrable()[:NAMED]
        ]
        yield self.finding(
            bundle.entry_place,
            f"{text}, about {cost.relative:.1f} times what boto3 takes",
            function=bundle.name,
            chains=bundle.chains(dearest[0].chain if dearest else ()),
            facts=tuple(facts),
        )
