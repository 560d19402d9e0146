"""LL105: Cache that keeps an entry for every value of the events, and drops none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class UnboundedCache(Rule):
    """Cache that keeps an entry for every value of the events, and drops none.

    An execution environment serves one event after the other for hours, and what a module holds stays. A cache with a
    key out of the event grows with each value that has not come before, until the environment is out of memory: then
    the invocation that happens to be running is killed, and its event fails or comes again. What is cached is never
    read anew, either, for as long as the environment lives.

    Triggers:
        1. [cache] ``functools.cache`` on a function that is called with a part of the event.
        2. [lru-cache] ``lru_cache(maxsize=None)``, and its like of other packages.
        3. [dict] A dict of a module, or of a class, under a key out of the event.

    Exemptions:
        1. [bounded] A cache with a size or a time to live; a dict that is looked at for its size, or emptied.
        2. [expiring] What is kept with the time at which it was stored.
        3. [few] Keys that take few values: regions, accounts, types, names of resources, what the code compares or
           lists; answers about what was set up beforehand, such as a schema or a role.
        4. [looked-up] What is looked up first: nobody knows how many there are.

    Remedy:
        Give the cache a size (``lru_cache(maxsize=128)``), or a size and a time to live (``cachetools.TTLCache``,
        Powertools' parameters for what comes from AWS).

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        - https://docs.python.org/3/library/functools.html#functools.lru_cache
    """

    code = "LL105"
    name = "unbounded-cache"
    tags = ("reliability", "cost")
    why = "The environment serves events for hours, and each new value adds an entry, until it is out of memory."
    remedy = "Give the cache a size: lru_cache(maxsize=…), or cachetools.TTLCache for what changes."
    wants = Wanted(entry_points=True, stores=True, words=("cache",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each cache that grows by the events of the function."""
        for cache in function.caches():
            yield self.finding(
                cache.place,
                f"{cache.name} keeps an entry for every {cache.key}, and drops none as long as the environment lives",
                function=cache.function,
                chains=(cache.chain,),
                related=((cache.reader, "filled here"),) if cache.reader != cache.place else (),
            )
