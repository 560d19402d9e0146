"""Calls that are told to wait, with all of their attempts, for longer than the function has.

What a function has is its own time-out or, where whoever invokes it gives up earlier, that. Only what the code sets is
looked at: the SDK's own 60 s are longer than most functions live, and AWS answers in a fraction of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.records import NamedTuple
from lambdalint.source.http import lasting
from lambdalint.source.makers import makers
from lambdalint.source.reduction import ABSENT, alternatives
from lambdalint.source.sdk import CLIENTS, CONFIG, Bounds, config_bounds
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.model import Function, Location, Step
    from lambdalint.source.callgraph import Entry
    from lambdalint.source.flow import Flow
    from lambdalint.source.makers import Maker
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import CallRef
    from lambdalint.source.views import Shared, SiteView

SPELT = b"read_timeout"
CLOSE_S = 1  # so much longer is no matter


class Limit(NamedTuple):
    """How many seconds a function has. ``kind`` is that of the source that gives up before it ends, "" if none does."""

    seconds: float
    kind: str
    function: Function
    place: Location | None

    @property
    def told(self) -> str:
        """The function, and where the template says so."""
        where = f", {self.place.path}:{self.place.line}" if self.place is not None else ""
        return f"{self.function.name}{where}"


class Budget(NamedTuple):
    """A call, or a client with its calls, that may go on for ``seconds``, in ``attempts`` attempts.

    ``limits`` are those of the functions that have less, the shortest first; ``place`` is where it is told, inside of
    ``scope``; ``chains`` lead from the entry points to the call.
    """

    label: str
    seconds: float
    attempts: int
    place: Location
    scope: str
    limits: tuple[Limit, ...]
    chains: tuple[tuple[Step, ...], ...]


def limit(function: Function, *, alone: bool) -> Limit | None:
    """How long a function has; None where nobody can tell.

    Args:
        alone: whether a source that gives up counts only where the function has no other (always, but for its test).
    """
    lasts = function.lifetime_s
    found = Limit(lasts.value, "", function, lasts.location or function.declared_at) if lasts.known else None
    waiting = [event for event in function.events if event.setting("answer_s").known]
    others = function.value("events").unknown or len(waiting) < len(function.events)
    if waiting and not (others and alone):
        last = max(waiting, key=lambda event: float(event.setting("answer_s").value))
        seconds = float(last.setting("answer_s").value)
        if found is None or seconds < found.seconds:
            found = Limit(seconds, last.kind, function, last.location or function.declared_at)
    return found


def _limits(functions: tuple[Function, ...], disabled: frozenset[str]) -> list[Limit]:
    found = (limit(function, alone="other-source" not in disabled) for function in functions)
    return [item for item in found if item is not None]


def _most(item: Limit, disabled: frozenset[str]) -> float:
    return item.seconds + (CLOSE_S if "close" not in disabled else 0)


# -- HTTP


def of_call(site: SiteView) -> tuple[Budget, ...]:
    """An HTTP call that is told to wait for too long; () where it is not, or nobody can tell."""
    disabled = site.flow.disabled
    known: dict[Node, list[Limit]] = {}

    def shortest(root: Node) -> float | None:
        known[root] = _limits(site.deployed(root), disabled)
        return min((_most(item, disabled) for item in known[root]), default=None)

    told = lasting(site, shortest)
    if told is None:
        return ()
    roots = dict.fromkeys(route.root for route in told.verdict.routes)
    limits = [item for root in roots for item in known[root] if told.seconds > _most(item, disabled)]
    limits.sort(key=lambda item: (item.seconds, item.function.name))
    label = site.operation.replace("()", "")
    return (Budget(label, told.seconds, 1, site.location, site.function, tuple(limits), site.chains(told.verdict)),)


# -- the SDK


def of_clients(shared: Shared) -> tuple[Budget, ...]:
    """The configurations of SDK clients that are told to wait for too long, for all entry points that use them."""
    return _Clients(shared).run()


class _Use(NamedTuple):
    entry: Entry
    node: Node
    call: CallRef


class _Clients:
    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.flow: Flow = shared.flow
        self.names = shared.flow.names
        self.disabled = shared.flow.disabled
        self._spelling: dict[str, bool] = {}
        self._told: dict[Maker, list[tuple[Location, str, Bounds]]] = {}

    def run(self) -> tuple[Budget, ...]:
        """See `of_clients`: what costs little is asked first."""
        uses: dict[tuple[Location, str, Bounds], dict[Node, _Use]] = {}
        for root, entry in sorted(self.shared.entries.items()):
            if not _limits(entry.functions, self.disabled) or not self._spells(root[0]):
                continue
            for node in self.shared.region_of(root).nodes:
                for call, told in self._calls(node):
                    uses.setdefault(told, {}).setdefault(root, _Use(entry, node, call))
        found = (self._budget(*told, tuple(users.values())) for told, users in uses.items())
        return tuple(sorted(budget for budget in found if budget is not None))

    def _spells(self, path: str) -> bool:
        """Whether a module that is loaded says how long a client waits."""
        return "defaults" in self.disabled or any(map(self._spells_itself, self.flow.program.imported(path)))

    def _spells_itself(self, path: str) -> bool:
        if path not in self._spelling:
            try:
                self._spelling[path] = SPELT in self.flow.program.source(path)
            except Unreadable:
                self._spelling[path] = False
        return self._spelling[path]

    def _calls(self, node: Node) -> list[tuple[CallRef, tuple[Location, str, Bounds]]]:
        """The calls of clients in a definition, each with what the client is told."""
        definition = self.names.definition(node)
        found = []
        for call in definition.calls if definition is not None else ():
            if call.callee is None or call.callee[0] != "a":
                continue
            values = self.names.resolve(node[0], node[1], call.callee)
            if any(value[0] == "ext" and value[1].startswith("aws:") and "()" not in value[1] for value in values):
                found += [(call, told) for told in self._of_client((*node, call.callee[1]))]
        return found

    def _of_client(self, client: Maker) -> list[tuple[Location, str, Bounds]]:
        """(where, scope, bounds) of each configuration of the clients that an expression may stand for."""
        if client not in self._told:
            self._told[client] = []
            for path, scope, made in makers(self.flow, client, CLIENTS) or ():
                given = dict(made[3])
                start = (path, scope, given["config"]) if "config" in given else None
                configs = (makers(self.flow, start, frozenset({CONFIG})) or ()) if start is not None else ()
                plain = config_bounds(ABSENT)
                if plain is not None and not configs and "defaults" in self.disabled:
                    self._add(client, (path, scope, made), plain)
                for config in configs:
                    for part in alternatives(self.flow.reduction.expr(*config)):
                        told = config_bounds(part) if part != ABSENT else None
                        if told is not None and (told.written or "defaults" in self.disabled):
                            self._add(client, config, told)
        return self._told[client]

    def _add(self, client: Maker, made: Maker, told: Bounds) -> None:
        path, scope, expr = made
        skeleton = self.flow.program.skeleton(path)
        definition = self.names.definition((path, scope)) if scope else None
        calls = definition.calls if definition is not None else skeleton.calls if skeleton is not None else ()
        for call in calls:
            if (call.callee, call.args, call.keywords) == expr[1:]:
                where = self.shared.locate(path, call.line, call.column, call.end_line, call.end_column)
                self._told[client].append((where, scope or "<module>", told))
                return

    def _budget(self, place: Location, scope: str, told: Bounds, users: tuple[_Use, ...]) -> Budget | None:
        limits: list[Limit] = []
        chains: list[tuple[Step, ...]] = []
        spent: list[tuple[float, int]] = []
        for user in users:
            short = []
            for item in _limits(user.entry.functions, self.disabled):
                attempts = told.least_attempts(item.function)
                if told.read_s * attempts > _most(item, self.disabled):
                    short.append(item)
                    spent.append((told.read_s * attempts, attempts))
            chain = self._chain(user) if short else None
            if chain is not None:
                limits += short
                chains.append(chain)
        if not limits:
            return None
        seconds, attempts = min(spent)
        limits.sort(key=lambda item: (item.seconds, item.function.name))
        return Budget("the SDK", seconds, attempts, place, scope, tuple(limits), tuple(chains))

    def _chain(self, user: _Use) -> tuple[Step, ...] | None:
        """The way from the entry point to the call; None where no way leads there unguarded."""
        node, call = user.node, user.call
        lowered = self.flow.call(node, call.k)
        if lowered is None:
            return None
        verdict = self.flow.verdict(self.shared.region_of(user.entry.node), node, lowered.context, ())
        where = self.shared.locate(node[0], call.line, call.column, call.end_line, call.end_column)
        return self.shared.chain(verdict.routes[0], node, where) if verdict.routes else None
