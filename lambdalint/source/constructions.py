"""Clients, connections and pools: what a constructor builds, as the rules on reuse see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple

if TYPE_CHECKING:
    from lambdalint.source.flow import Verdict
    from lambdalint.source.views import SiteView


class Construction(NamedTuple):
    """A constructor call that runs on each invocation.

    ``rule`` is the name of the rule that owns it where it stands in no loop; ``label`` names it in a message
    (``boto3 client for s3``); ``verdict`` holds the routes; ``repeats`` tells that every route builds the same
    again in each round of a loop.
    """

    rule: str
    label: str
    kind: str
    verdict: Verdict
    repeats: bool


def construction(site: SiteView) -> Construction | None:
    """What ``site`` builds again on each invocation; None where it is reused, exempt or cannot be judged."""
    spec: dict[str, Any] = table("clients")["constructors"][site.operation]
    if spec.get("local"):
        return None  # a local file or memory: cheap to open
    if "pooled" in spec and site.argument(spec["pooled"]) is not None and site.grants("pool"):
        return None  # it opens nothing, and the pool is judged where that is built
    verdict = site.verdict()
    if verdict.outcome != "fires":
        return None
    label = spec["label"]
    if spec.get("takes_service"):
        services = site.values(site.argument("service_name", 0))
        if len(services) == 1:
            label = f"{label} for {services[0]}"
    # One client for each of several constants is not the same client again.
    varies = site.grants("per-invocation") and any(map(site.varies, site.terms()))
    repeats = not varies and all(route.looped for route in verdict.routes)
    return Construction(spec["rule"], label, spec["kind"], verdict, repeats)
