"""LL601: Function and layers that are larger than Lambda unpacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding

NEAR = 0.8  # of the limit
NAMED = 5  # distributions


class UnzippedOverLimit(Rule):
    """Function and layers that are larger than Lambda unpacks.

    A function and all of its layers may take 262,144,000 bytes together when they are unpacked. The upload of a larger
    one is refused ("Unzipped size must be smaller than 262144000 bytes", or with layers the number that they leave).
    From 80 % on it is a warning: the next update of a dependency may be the one that cannot be deployed.

    Triggers:
        1. [over] Function and layers take more than the limit.
        2. [near] They take more than 80 % of it.
        3. [requirement] A function that is not built yet requires a distribution of which each release alone is larger.

    Exemptions:
        1. [image] The function is a container image, which may have 10 GB.
        2. [index] The distribution comes from another index than PyPI, where smaller builds of it may be.

    Remedy:
        Leave out what the function does not import, and what it imports without need of it (``lambdalint bundle`` lists
        what takes how much); share code by smaller functions; or deploy a container image.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        - https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
    """

    code = "LL601"
    name = "unzipped-over-limit"
    severity = Severity.ERROR
    tags = ("size", "bundle")
    why = "Lambda refuses to create or update the function: the deployment fails."
    remedy = "Remove what the function does not need, or deploy a container image."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for a function that is over the limit or near it."""
        limit = bundle.quotas["unzipped_total"]
        size = bundle.unzipped
        if size <= NEAR * limit or (bundle.is_image and self.exempts("image")):
            return
        what = "function and layers" if bundle.layers else "the function"
        if size > limit:
            text = f"{what} would unpack to {size:,} bytes, {size - limit:,} more than the {limit:,} that Lambda takes"
        else:
            share = 100 * size // limit
            text = f"{what} would unpack to {size:,} bytes, {share} % of the {limit:,} that Lambda takes: "
            text += f"{limit - size:,} remain"
        largest = ", ".join(f"{item.name} {item.version} {item.unzipped:,}" for item in bundle.shares[:NAMED])
        yield self.finding(
            bundle.location,
            text,
            function=bundle.name,
            facts=(f"the largest: {' '.join(largest.split())}",),
            severity=Severity.ERROR if size > limit else Severity.WARNING,
        )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each requirement that does not fit by itself."""
        limit = view.quotas["unzipped_total"]
        for pin, size in view.too_large():
            yield self.finding(
                view.place(pin),
                f"{view.title(pin)} takes more than {size:,} bytes by itself, and Lambda {limit:,} in all",
                function=view.name,
            )
