"""Retries that the code spells out: a loop, an error that is caught, a sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.data import table

if TYPE_CHECKING:
    from lambdalint.source.lower import Term
    from lambdalint.source.views import SiteView

_LISTED = frozenset({"env"})  # what may decide a pause that is the same for all


def in_lockstep(site: SiteView) -> bool:
    """Whether a sleep between retries is the same for all that retry, be it constant or longer each time."""
    spec = table("waits")["operations"][site.operation]
    term = site.argument(spec.get("keyword", ""), spec["position"])
    if term is None or not (_is_retry(site) or not site.grants("pause")):
        return False
    roots = site.roots(term)
    if any(root[0] == "fresh" for root in roots):
        return not site.grants("jitter")
    return all(root[0] in _LISTED for root in roots) or not site.grants("unknown")


def _is_retry(site: SiteView) -> bool:
    """Whether a sleep stands in a handler of errors inside a loop that counts, or goes on until something holds."""
    kinds = [frame[0] for frame in site.context]
    if "except" not in kinds:
        return False
    loops = [frame[2] for frame in site.context[: len(kinds) - kinds[::-1].index("except")] if frame[0] == "loop"]
    return bool(loops) and (loops[-1] is None or _counts(site, loops[-1]))


def _counts(site: SiteView, over: Term) -> bool:
    """Whether a loop goes over numbers, and not over what there is to do."""
    call = site.flow.call(site.place, over[1]) if over[0] == "call" else None
    return call is not None and call.tail in ("range", "count", "repeat")
