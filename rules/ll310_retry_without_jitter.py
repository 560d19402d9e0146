"""LL310: Retries of all environments that come at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class RetryWithoutJitter(Rule):
    """Retries of all environments that come at the same time.

    Lambda runs many environments side by side. When what they call is overloaded, they all fail in the same moment;
    with a pause that is the same for all, constant or doubled each time, they all come back in the same moment and
    overload it again. A random part in the pause spreads them.

    Reported is a sleep in a handler of errors inside a loop. Off by default: a loop that waits until something is ready
    looks the same, and where one environment at a time runs, there is nobody to come back with.

    Triggers:
        1. [constant] The pause is the same in each round.
        2. [exponential] It grows from round to round.

    Exemptions:
        1. [jitter] Something random is in it.
        2. [unknown] It comes from an answer, the event, or cannot be told.
        3. [pause] The sleep is not between retries after an error.
        4. [tests] Test files.

    Remedy:
        Leave retrying to the SDK (``Config(retries=…)``), tenacity or backoff, or sleep for
        ``random.uniform(0, min(limit, base * 2**attempt))``.

    References:
        - https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        - https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """

    code = "LL310"
    name = "retry-without-jitter"
    severity = Severity.INFO
    default = False
    tags = ("reliability",)
    why = "What was overloaded is overloaded again by retries that all come at once."
    remedy = "Let the SDK or a library retry, or make a part of the pause random."
    wants = Wanted(tables=("waits.operations",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for a pause between retries that is the same for all."""
        verdict = site.verdict(()) if site.in_lockstep() else None
        if verdict is not None and verdict.routes:
            yield self.finding(
                site.location,
                "the pause between retries has no jitter: environments that fail together retry together",
                function=site.function,
                chains=site.chains(verdict),
            )
