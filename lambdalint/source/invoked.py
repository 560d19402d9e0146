"""Which functions of the templates the code invokes, and what that means for both sides.

A synchronous invoke that the SDK repeats: the invoked function may run for longer than the client waits for it. An
asynchronous one for each of many elements: nothing between the two holds back or takes up what fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.records import NamedTuple
from lambdalint.source.resources import Resources
from lambdalint.source.sdk import Bounds, bounds
from lambdalint.source.strings import Strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdalint.model import Function
    from lambdalint.source.flow import Route, Verdict
    from lambdalint.source.lower import Term
    from lambdalint.source.views import SiteView
    from lambdalint.templates.values import Resource


class Repeat(NamedTuple):
    """An invoke that runs again while the first one is still at work.

    ``verdict`` holds the routes on which it is one; ``callees`` are the functions that may run for longer than
    ``read_s`` seconds, which the client waits, and ``callers`` those that live to see it.
    """

    verdict: Verdict
    callers: tuple[Function, ...]
    callees: tuple[Function, ...]
    read_s: float


class Fanout(NamedTuple):
    """An asynchronous invoke for each of several elements.

    ``verdict`` holds the routes on which it is one, ``callees`` the invoked functions as far as templates declare them:
    the failures of none of them go anywhere.
    """

    verdict: Verdict
    callees: tuple[Function, ...]


class Deployed:
    """The functions of all templates, by what code and templates call them."""

    def __init__(self, functions: Sequence[Function], resources: Sequence[Resource]) -> None:
        self.resources = Resources(resources)
        self._by_name: dict[str, list[Function]] = {}
        self._by_reference: dict[tuple[str, str], list[Function]] = {}
        for function in functions:
            key = self.resources.key_of_function(function)
            if function.declared is None or key is None:
                continue
            self._by_reference.setdefault((key[1], key[2]), []).append(function)
            if function.origin == "serverless":
                from lambdalint.templates.serverless import logical_id

                self._by_reference.setdefault((key[1], f"{logical_id(key[2])}LambdaFunction"), []).append(function)
            name = function.declared.setting("function_name")
            if name.known and isinstance(name.value, str):
                self._by_name.setdefault(name.value, []).append(function)

    def find(self, pieces: Any, caller: Function) -> Function | None:
        """The function that the pieces of a name stand for in the code of ``caller``; None where nobody can tell."""
        key = self.resources.key("lambda", pieces, self.resources.scope(caller))
        if key is None:
            return None
        found = self._by_reference.get((key[1], key[2])) if key[0] == "ref" else self._by_name.get(key[3])
        return found[0] if found is not None and len(found) == 1 else None


def repeat(site: SiteView, name: Term, verdict: Verdict) -> Repeat | None:
    """Judge one synchronous invoke for each function that reaches it.

    Args:
        name: the Term of its ``FunctionName``.
        verdict: the ways on which the invoke is synchronous.
    """
    callee = site.callee
    clients = bounds(site.flow, (*site.place, callee[1])) if callee is not None and callee[0] == "a" else ()
    if not clients:
        return None
    read_s = max(client.read_s for client in clients)
    routes: list[Route] = []
    callers: list[Function] = []
    callees: dict[str, Function] = {}
    for route in verdict.routes:
        names = Strings(site.flow, site.region_of(route.root), _nothing).term(site.place, name)
        for caller in site.deployed(route.root):
            if not _outlives(site, caller, clients, read_s):
                continue
            declared = site.declared
            alternatives = (pieces for part in names for pieces in declared.resources.resolved(part, caller))
            found = [declared.find(pieces, caller) for pieces in alternatives]
            long = [other for other in found if other is not None and _is_longer(site, other, read_s)]
            if long and len(long) == len(found):  # one that nobody knows may be the only one that is ever invoked
                callers.append(caller)
                callees.update((other.name, other) for other in long)
                if route not in routes:
                    routes.append(route)
    if not routes:
        return None
    told = tuple(callees[key] for key in sorted(callees))
    return Repeat(verdict._replace(routes=tuple(routes)), tuple(callers), told, read_s)


def _nothing(_operation: str) -> bool:
    return False


def _outlives(site: SiteView, caller: Function, clients: Sequence[Bounds], read_s: float) -> bool:
    """Whether a function is still there when its client gives up waiting, and whether that asks again."""
    if site.grants("no-retry") and min(client.least_attempts(caller) for client in clients) < 2:
        return False
    lasts = caller.lifetime_s
    return lasts.known and (lasts.value > read_s or not site.grants("caller"))


def _is_longer(site: SiteView, callee: Function, read_s: float) -> bool:
    lasts = callee.lifetime_s
    return lasts.known and (lasts.value > read_s or not site.grants("waits"))


def fanout(site: SiteView, name: Term, verdict: Verdict) -> Fanout | None:
    """Judge one asynchronous invoke for each function that reaches it; None where it is no fan-out.

    Args:
        name: the Term of its ``FunctionName``.
        verdict: the ways on which the invoke is asynchronous and in a loop.
    """
    declared = site.declared
    routes: list[Route] = []
    callees: dict[str, Function] = {}
    for route in verdict.routes:
        if not _per_element(site, route):
            continue
        names = Strings(site.flow, site.region_of(route.root), _nothing).term(site.place, name)
        for caller in site.deployed(route.root):
            alternatives = (pieces for part in names for pieces in declared.resources.resolved(part, caller))
            found = [declared.find(pieces, caller) for pieces in alternatives]
            told = [other for other in found if other is not None]
            if any(_keeps_failures(other) for other in told) and site.grants("destination"):
                continue
            callees.update((other.name, other) for other in told)
            if route not in routes:
                routes.append(route)
    if not routes:
        return None
    return Fanout(verdict._replace(routes=tuple(routes)), tuple(callees[key] for key in sorted(callees)))


def _per_element(site: SiteView, route: Route) -> bool:
    """Whether a loop on a route, at the site or around a call on the way, goes over what only the invocation brings."""
    around = [(site.place, site.context), *((node, call.context) for node, call in site.flow.calls_on(route))]
    loops = [(node, frame[2]) for node, frames in around for frame in frames if frame[0] == "loop"]
    if not loops:
        return True  # what runs it for each element is no loop: ``map``, an executor
    region = site.region_of(route.root)
    fixed = {"env"} if site.grants("fixed") else set()
    return any(
        over is not None and ({root[0] for root in site.flow.origins(region, node, over)} - fixed or not fixed)
        for node, over in loops
    )


def _keeps_failures(function: Function) -> bool:
    """Whether a template says, or may say, where a function's asynchronous invocations go that fail."""
    declared = function.declared
    return declared is not None and any(not declared.setting(name).unwritten for name in ("dead_letter", "on_failure"))
