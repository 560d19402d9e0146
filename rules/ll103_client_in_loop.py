"""LL103: The same client or connection built again in each round of a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class ClientInLoop(Rule):
    """The same client or connection built again in each round of a loop.

    What client-in-handler and connection-in-handler cost once for each invocation is paid here for each
    element: a batch of ten messages builds ten clients.

    Triggers:
        1. [loop] A client or connection in a loop, with arguments that are the same in each round.
        2. [comprehension] The same in a comprehension.
        3. [called] The loop is in a caller, as far up as the entry point, or in what calls a function for each element:
           Powertools' batch processing, ``map``, a pool.

    Exemptions:
        1. [guard] Built once only: behind a global, class attribute or module dict that is tested first.
        2. [memo] ``functools.lru_cache``, ``cache`` and their kin.
        3. [per-invocation] The arguments differ from round to round, or with the invocation.

    Remedy:
        Build it before the loop; better still at module level.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """

    code = "LL103"
    name = "client-in-loop"
    tags = ("performance",)
    why = "It is built again for each element, although nothing about it changes."
    remedy = "Build it once before the loop, or at module level."
    wants = Wanted(tables=("clients.constructors",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for what every route builds inside a loop."""
        built = site.construction()
        if built is not None and built.repeats:
            yield self.finding(
                site.location,
                f"{built.label} is built again in each round of a loop",
                function=site.function,
                chains=site.chains(built.verdict),
            )
