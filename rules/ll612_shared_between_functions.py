"""LL612: The same distributions in several functions of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding

LEAST = 5 << 20  # bytes that a layer would spare
NAMED = 5  # functions


class SharedBetweenFunctions(Rule):
    """The same distributions in several functions of a project.

    Each function uploads its own copy at each deployment, and each counts towards the storage of the account. A layer
    holds one copy for all of them. It changes nothing about the 250 MB, for layers count like the function itself, nor
    about cold starts; and it ties the functions to one version, to be deployed before they are.

    Only the same build counts, of the same version and for the same machine. What is in a layer is shared already, and
    so are functions that are packed into one archive.

    Triggers:
        1. [copies] Functions of one project hold copies of which a layer would spare 5 MB and more.

    Exemptions:
        1. [small] A layer would spare less than that.

    Remedy:
        Build a layer from what they share (``sam build`` makes one of a ``LayerVersion`` with ``BuildMethod``), and
        leave it out of the functions. Or keep the copies, for functions that are deployed on their own.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
        - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """

    code = "LL612"
    name = "shared-between-functions"
    severity = Severity.INFO
    tags = ("size", "bundle")
    why = "The same bytes are built, uploaded and stored for each function."
    remedy = "Put what they share into a layer, unless they have to be deployed on their own."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each set of functions that share much, at the first of them."""
        for functions, items in bundle.shared_with():
            spared = sum(item.spared for item in items)
            if spared < LEAST and self.exempts("small"):
                continue
            shown = ", ".join(functions[:NAMED]) + (f" and {len(functions) - NAMED} more" * (len(functions) > NAMED))
            names = ", ".join(f"{item.name} {item.version}" for item in items[:NAMED])
            more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
            yield self.finding(
                bundle.location,
                f"{shown} each hold {names}{more}: a layer would spare {spared:,} bytes of each upload",
                function=bundle.name,
            )
