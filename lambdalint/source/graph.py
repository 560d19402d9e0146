"""The event graph: what triggers which function, what its code writes to, and what that triggers again.

Built once for a run. Triggers are read from templates; what code writes to is resolved through the environment that
the template gives a function, through names, ARNs and URLs, and through the event itself. A link from one function to
another needs an operation that emits what the trigger subscribes to, and passes its filters; what nobody can tell
makes no link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.model import ABSENT, WORDS, EventGraph, EventSource, Function, Location, State, Step, Value
from lambdalint.records import NamedTuple
from lambdalint.source.event_patterns import members, passes
from lambdalint.source.recursion import OWN_NAMES
from lambdalint.source.sites import Site, sites_of, written
from lambdalint.source.stops import Stops
from lambdalint.source.strings import OTHER, Pieces
from lambdalint.source.triggers import Deployed, Hop, Trigger, Triggers, passes_stream, unfiltered
from lambdalint.source.writes import Write, Writes
from lambdalint.templates.values import Resource, text

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Entry, Region
    from lambdalint.source.flow import Flow, Route
    from lambdalint.source.names import Node
    from lambdalint.source.resources import Key

OWN: Key = ("own",)  # the very resource that the event came from
_OWN_NAMES = frozenset(("context", (name,)) for name in OWN_NAMES)


class Target(NamedTuple):
    """What a write of a function goes to: a resource, or ``OWN``."""

    function: int
    write: Write
    key: Key
    keys: tuple[Pieces, ...]


class Link(NamedTuple):
    """A write that runs a function. ``trigger`` is None where only the code shows that it does."""

    target: Target
    trigger: Trigger | None
    hops: tuple[Hop, ...]
    to: int


class Part(NamedTuple):
    """One function of a loop: its ``name``, and what it writes to by which operation, where."""

    name: str
    operation: str
    resource: str
    place: Location


class Loop(NamedTuple):
    """Functions that run each other, or one that runs itself, from the write in its first part on.

    ``events`` is what the trigger of the next function subscribes to, as far as the template says that; ``evidence``
    says what shows the trigger; ``by_code`` that no template does. ``checked`` tells that a test of the event, or a
    look-up, stands before a write; ``ends`` that the writes run out.
    """

    place: Location
    function: str
    chain: tuple[Step, ...]
    parts: tuple[Part, ...]
    events: str
    evidence: tuple[str, ...]
    by_code: bool
    checked: bool
    ends: bool


class Graph(Triggers):
    """The event graph of some entry points.

    Args:
        entries: the entry points with their deployed functions.
        resources: what the templates declare.
        locate: a Location from a path and a span, see `Shared`.
        chain: the steps of a route to a place, see `Shared`.
        region_of: what one entry point alone runs, see `Shared`.
        known: the writes of definitions by names alone, as far as they were asked for before.
    """

    def __init__(
        self,
        flow: Flow,
        entries: Mapping[Node, Entry],
        resources: Sequence[Resource],
        locate: Callable[[str, int, int, int, int], Location],
        chain: Callable[[Route, Node, Location], tuple[Step, ...]],
        region_of: Callable[[Node], Region],
        known: dict[Node, tuple[Site, ...]],
    ) -> None:
        super().__init__(entries, resources, flow.disabled)
        self.flow = flow
        self.locate = locate
        self.chain = chain
        self.regions = {node: region_of(node) for node in sorted(entries)}
        self._sites = known
        self._writes: dict[Node, Writes] = {}
        self._found: list[tuple[Node, Loop, tuple[Link, ...]]] | None = None

    # -- what functions write to

    def sites(self, deployed: Deployed) -> tuple[Site, ...]:
        """The writes of a function, by names alone."""
        return tuple(sites_of(self.flow, self.regions[deployed.node], self._sites))

    def written(self, number: int, found: Iterable[Site]) -> Iterator[Write]:
        """The writes of a function at some of its sites, with the names that the code gives; lowers what it has to."""
        deployed = self.deployed[number]
        if deployed.node not in self._writes:
            self._writes[deployed.node] = Writes(self.flow, self.regions[deployed.node])
        for site in found:
            yield from self._writes[deployed.node].at(site)

    def place(self, write: Write) -> Location:
        """Where a write is."""
        return self.locate(write.site.node[0], *write.call.span)

    def targets(self, number: int, at: Iterable[Site], *, certain: bool = True) -> tuple[Target, ...]:
        """What a function writes to at some of its sites.

        Args:
            certain: leave out writes that may go to something that nobody knows: it may be all that is ever taken.
        """
        deployed = self.deployed[number]
        found: dict[Target, None] = {}
        for write in self.written(number, at):
            keys = self._resolved(write.keys, deployed) or [(OTHER,)]
            names = [pieces for pieces in self._resolved(write.names, deployed) if pieces]  # an empty one is none
            told = [self._target(write.kind, pieces, deployed) for pieces in names]
            if not certain or None not in told:
                found.update(dict.fromkeys(Target(number, write, key, tuple(keys)) for key in told if key is not None))
        return tuple(found)

    def _resolved(self, patterns: Iterable[Pieces], deployed: Deployed) -> list[Pieces]:
        alternatives = sorted(patterns, key=repr)
        return [found for pieces in alternatives for found in self.resources.resolved(pieces, deployed.function)]

    def _target(self, kind: str, pieces: Pieces, deployed: Deployed) -> Key | None:
        if _of_event(kind, pieces):
            return OWN
        if kind == "lambda" and len(pieces) == 1 and pieces[0] in _OWN_NAMES:
            return self.resources.key_of_function(deployed.function)
        return self.resources.key(kind, pieces, deployed.group)

    # -- links

    def links(self, target: Target) -> Iterator[Link]:
        """The functions that a write runs."""
        if target.key == OWN:
            yield from self._own(target)
            return
        kind = target.write.kind
        keys = [target.key, *self._any_resource(target.function, kind)]
        for hops, trigger in self._ways(kind, keys, lambda event: self._sets_off(target, event, kind)):
            yield Link(target, trigger, hops, trigger.function)

    def _own(self, target: Target) -> Iterator[Link]:
        kind = target.write.kind
        number = target.function
        told = [trigger for trigger in self.triggers if trigger.function == number and trigger.kind == kind]
        for trigger in told:
            if self._sets_off(target, trigger.event, kind):
                yield Link(target, trigger, (), number)
                return
        if not self._shown_by_code(number, kind, target.write.emits):
            return
        if kind == "s3" and not all(_of_event("s3_key", pieces) for pieces in target.keys):
            return  # another key may be outside of a filter that nobody sees
        yield Link(target, None, (), number)

    def _sets_off(self, target: Target, event: EventSource, kind: str) -> bool:
        """Whether what is written passes the event types and filters of a trigger."""
        if not self._may_set_off(target.write.emits, event, kind):
            return False
        if kind == "s3":
            answers = {self._key_passes(pieces, event, target.function) for pieces in target.keys}
            return "yes" in answers or (answers == {"no"} and "filter" in self.disabled)
        if kind == "eventbridge":
            return self._matches_rule(target.write, event)
        filters = event.setting("filters")
        if kind == "dynamodb" and filters.known:
            answer = passes_stream(target.write.emits, filters.value)
            return answer == "yes" or (answer == "no" and "event-type" in self.disabled)
        return unfiltered(filters)

    def _key_passes(self, pieces: Pieces, event: EventSource, number: int) -> str:
        """Whether a key that a function writes passes prefix and suffix: ``yes``, ``no``, ``unknown``."""
        answers = set()
        for name, piece, side, cut in (
            ("prefix", pieces[0] if pieces else "", str.startswith, "head"),
            ("suffix", pieces[-1] if pieces else "", str.endswith, "tail"),
        ):
            setting = event.setting(name)
            wanted = text(setting)
            if setting.state is State.ABSENT or wanted == "":
                answers.add("yes")
            elif wanted is None:
                answers.add("unknown")
            elif type(piece) is str:
                longer = len(pieces) > 1 and side(wanted, piece)
                answers.add("yes" if side(piece, wanted) else "unknown" if longer else "no")
            else:
                # a part of the key that the cut left as it was is the key, as far as the filter looks
                left = piece[0] == cut and piece[2] and piece[2] not in wanted
                come = _of_event("s3_key", (piece[1] if left else piece,))
                answers.add("yes" if come and self._has_passed(number, event, name) else "unknown")
        return "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"

    def _has_passed(self, number: int, event: EventSource, name: str) -> bool:
        """Whether the key that a function is given passes the prefix or suffix of a trigger, its own or another's."""
        own = [trigger.event for trigger in self.triggers if trigger.function == number and trigger.kind == "s3"]
        if event in own:
            return True
        fits = str.startswith if name == "prefix" else str.endswith
        wanted = text(event.setting(name)) or ""
        return bool(own) and all(fits(text(one.setting(name)) or "", wanted) for one in own)

    @staticmethod
    def _matches_rule(write: Write, event: EventSource) -> bool:
        pattern = members(event.setting("pattern"))
        if pattern is None or set(pattern) - {"source", "detail-type"}:
            return False
        for name, alternatives in (("source", write.source), ("detail-type", write.detail_type)):
            if name in pattern and not (alternatives and all(_is_passed(pattern[name], one) for one in alternatives)):
                return False
        return True

    # -- loops

    def loops(self, node: Node) -> tuple[Loop, ...]:
        """The loops whose first write is below the entry point ``node``."""
        return tuple(loop for at, loop, _ in self.found() if at == node)

    def found(self) -> list[tuple[Node, Loop, tuple[Link, ...]]]:
        """All loops, with the entry point that each begins in and its links."""
        if self._found is None:
            self._found = list(self._find())
        return self._found

    def _find(self) -> Iterator[tuple[Node, Loop, tuple[Link, ...]]]:
        after: dict[int, list[Link]] = {}
        by_names = {node: written(self.flow, region, self._sites) for node, region in self.regions.items()}
        may_loop = {number: operations for ring in self.rings(by_names) for number, operations in ring.items()}
        for number, operations in sorted(may_loop.items()):
            if self._allowed(number):
                continue
            nominated = [site for site in self.sites(self.deployed[number]) if site.operation in operations]
            after[number] = [
                link
                for target in self.targets(number, nominated)
                for link in self.links(target)
                if not self._allowed(link.to) and not (target.write.kind == "lambda" and self._same(number, link.to))
            ]
        for number, links in after.items():
            told_at = set()
            for link in links:
                if link.to == number and link.target.write.site not in told_at:
                    loop = self._loop((link,))
                    if loop is not None:
                        told_at.add(link.target.write.site)
                        yield self.deployed[number].node, loop, (link,)
        told: set[frozenset[int]] = set()
        for number in sorted(after):
            cycle = _shortest(number, after)
            on_it = frozenset(link.target.function for link in cycle)
            if len(cycle) > 1 and on_it not in told and len({self.deployed[one].node for one in on_it}) > 1:
                told.add(on_it)
                if (loop := self._loop(cycle)) is not None:
                    yield self.deployed[number].node, loop, cycle

    def _allowed(self, number: int) -> bool:
        declared = self.deployed[number].function.declared
        value = declared.settings.get("recursive_loop", ABSENT) if declared is not None else ABSENT
        return value.value == "Allow" and "allowed" not in self.disabled

    def _loop(self, links: tuple[Link, ...]) -> Loop | None:
        parts = []
        verdicts = set()
        ends = []
        chains = []
        for before, link in zip((links[-1], *links[:-1]), links, strict=True):
            deployed = self.deployed[link.target.function]
            region = self.regions[deployed.node]
            write = link.target.write
            routes = self.flow.verdict(region, write.site.node, write.call.context, ()).routes
            if not routes:
                return None
            place = self.place(write)
            chains.append(self.chain(routes[0], write.site.node, place))
            direct = before.trigger is not None and not before.hops
            stops = Stops(
                self.flow,
                region,
                before.target.write if direct else None,
                before.trigger.shape if before.trigger is not None else None,
            )
            verdicts.add(stops.verdict(write, routes[0]))
            ends.append(write.ends or stops.settles(write))
            parts.append(Part(name_of(deployed.function), write.label, self.shown(link), place))
        if "no" in verdicts:
            return None
        trigger = links[0].trigger
        return Loop(
            parts[0].place,
            links[0].target.write.site.node[1],
            chains[0],
            tuple(parts),
            _subscribed(trigger.event) if trigger is not None and not links[0].hops else "",
            tuple(self._evidence(link) for link in links),
            any(link.trigger is None for link in links),
            "checked" in verdicts,
            all(ends),
        )

    def shown(self, link: Link) -> str:
        """What a link goes through: ``queue Jobs``, ``topic News and queue Inbox``."""
        write = link.target.write
        key = link.trigger.key if link.target.key == OWN and link.trigger is not None else link.target.key
        written = self._name(write.kind, key) if key != OWN else f"the {WORDS[write.kind]} of the event"
        return " and ".join([written, *(self._name(hop.to_kind, hop.to_key) for hop in link.hops)])

    def _name(self, kind: str, key: Key) -> str:
        return f"{WORDS[kind]} {self.resources.label(key)}"

    def _evidence(self, link: Link) -> str:
        if link.trigger is None:
            return "the event that the code reads names it"
        place = link.trigger.event.location or self.deployed[link.to].function.declared_at
        where = f"{place.path}:{place.line}" if place is not None else "the template"
        how = "the event names it, and " if link.target.key == OWN else ""
        via = link.hops[-1] if link.hops else None
        kind, key = (via.to_kind, via.to_key) if via is not None else (link.trigger.kind, link.trigger.key)
        return f"{how}{where} makes {self._name(kind, key)} trigger {name_of(self.deployed[link.to].function)}"

    def drawn(self, functions: Iterable[Function]) -> EventGraph:
        """The whole graph with its loops, also of ``functions`` whose code is not here."""
        from lambdalint.source.drawing import drawn

        return drawn(self, functions)


def name_of(function: Function) -> str:
    """The name that the template gives a function, else its handler."""
    return function.declared.name if function.declared is not None else function.handler


def _is_passed(wanted: Value, pieces: Pieces) -> bool:
    """Whether what code writes is sure to pass a list of a pattern."""
    return len(pieces) == 1 and type(pieces[0]) is str and passes(wanted, pieces[0]) is True


def _of_event(kind: str, pieces: Pieces) -> bool:
    """Whether pieces are, unchanged, the part of the event that names what sent it."""
    if len(pieces) != 1 or type(pieces[0]) is not tuple:
        return False
    piece = pieces[0][1] if pieces[0][0] == "tail" and kind not in ("s3", "s3_key") else pieces[0]
    if type(piece) is not tuple or piece[0] != "event":
        return False
    return any(piece[1][-len(keys) :] == keys for keys in _event_paths(kind))


def _event_paths(kind: str) -> Iterable[tuple[str, ...]]:
    return (tuple(path.split("/")) for path in table("writes")["event"].get(kind, ()))


def _subscribed(event: EventSource) -> str:
    subscribed = event.setting("events")
    return ", ".join(str(name) for name in subscribed.value) if event.kind == "s3" and subscribed.known else ""


def _shortest(start: int, after: Mapping[int, Sequence[Link]]) -> tuple[Link, ...]:
    """The shortest way from a function back to itself through others; () where there is none."""
    queue: deque[tuple[Link, ...]] = deque((link,) for link in after[start] if link.to != start)
    seen: set[int] = set()
    while queue:
        way = queue.popleft()
        at = way[-1].to
        if at == start:
            return way
        if at in seen:
            continue
        seen.add(at)
        queue.extend((*way, link) for link in after.get(at, ()) if link.to not in seen)
    return ()
