"""The event graph: what triggers which function, what its code writes to, and what that triggers again.

Built once for a run. Triggers are read from templates; what code writes to is resolved through the environment that
the template gives a function, through names, ARNs and URLs, and through the event itself. A link from one function to
another needs an operation that emits what the trigger subscribes to, and passes its filters; what nobody can tell
makes no link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import (
    ABSENT,
    EventGraph,
    EventSource,
    Function,
    Location,
    State,
    Step,
    Value,
)
from lambdalint.records import NamedTuple
from lambdalint.source.event_patterns import members, passes, strings
from lambdalint.source.hops import handed
from lambdalint.source.recursion import OWN_NAMES
from lambdalint.source.resources import Key, Resources
from lambdalint.source.sites import Site, sites, spells_sender
from lambdalint.source.stops import Stops
from lambdalint.source.strings import OTHER, Pieces
from lambdalint.source.writes import Write, Writes
from lambdalint.templates.values import (
    Resource,
    items,
    known,
    text,
)

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Entry, Region
    from lambdalint.source.flow import Flow, Route
    from lambdalint.source.names import Node

HOPS_LIMIT = 3  # resources that hand on to each other between two functions
OWN: Key = ("own",)  # the very resource that the event came from

# Kinds of sources of which the template does not say enough, and those that may carry an S3 notification inside.
_OPEN = frozenset({"pipes", "unknown"})
_CARRIERS = frozenset({"sns", "sqs", "eventbridge"})
RULES = frozenset({"AWS::Events::Rule", "aws_cloudwatch_event_rule"})
_OWN_NAMES = frozenset(("context", (name,)) for name in OWN_NAMES)
WORDS = {
    "s3": "bucket",
    "sqs": "queue",
    "sns": "topic",
    "dynamodb": "table",
    "kinesis": "stream",
    "firehose": "delivery stream",
    "eventbridge": "event bus",
    "step-functions": "state machine",
    "lambda": "function",
}


class Deployed(NamedTuple):
    """A function of a template (or one that only its code shows) with what it runs."""

    node: Node
    function: Function
    region: Region
    group: str


class Trigger(NamedTuple):
    """What triggers the deployed function of that number.

    ``kind`` and ``event`` are as the written resource sees them; ``shape`` is the kind of the event that comes.
    """

    function: int
    kind: str
    key: Key
    event: EventSource
    shape: str


class Hop(NamedTuple):
    """A resource that hands on what it gets.

    ``kind``, ``key`` and ``event`` are as the written resource sees them, ``to_kind`` and ``to_key`` the other one.
    """

    kind: str
    key: Key
    event: EventSource
    to_kind: str
    to_key: Key
    dead_letter: bool
    location: Location


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


class Graph:
    """The event graph of one run.

    Args:
        entries: the entry points with their deployed functions.
        resources: what the templates declare.
        locate: a Location from a path and a span, see `Shared`.
        chain: the steps of a route to a place, see `Shared`.
        known: the writes of definitions by names alone, as far as they were asked for before.
    """

    def __init__(
        self,
        flow: Flow,
        entries: Mapping[Node, Entry],
        resources: Sequence[Resource],
        locate: Callable[[str, int, int, int, int], Location],
        chain: Callable[[Route, Node, Location], tuple[Step, ...]],
        known: dict[Node, tuple[Site, ...]],
    ) -> None:
        self.flow = flow
        self.locate = locate
        self.chain = chain
        self.resources = Resources(resources)
        self.deployed: list[Deployed] = []
        for node, entry in sorted(entries.items()):
            region = flow.graph.region([node])
            for function in entry.functions:
                self.deployed.append(Deployed(node, function, region, self.resources.scope(function)))
        self.triggers = [trigger for number, _ in enumerate(self.deployed) for trigger in self._triggers(number)]
        self.hops = [hop for resource in resources for hop in self._hops(resource)]
        self._onward: dict[tuple[str, Key], tuple[list[Trigger], list[Hop]]] = {}
        self._spelt: dict[tuple[str, str], set[Key]] = {}  # by group and kind: what a name may mean
        for trigger in self.triggers:
            self._starts(trigger.kind, trigger.key)[0].append(trigger)
        for hop in self.hops:
            self._starts(hop.kind, hop.key)[1].append(hop)
        self._sites = known
        self._writes: dict[Node, Writes] = {}
        self._named: dict[tuple[int, str], set[Key]] = {}
        self._found: list[tuple[Node, Loop, tuple[Link, ...]]] | None = None

    def _starts(self, kind: str, key: Key) -> tuple[list[Trigger], list[Hop]]:
        """What begins at a resource."""
        if (kind, key) not in self._onward:
            self._onward[kind, key] = ([], [])
            if key[0] == "name":
                self._spelt.setdefault((key[1], kind), set()).add(key)
            elif (key[1], key[2]) in self.resources.named:
                self._spelt.setdefault((self.resources.group(key[1]), kind), set()).add(key)
        return self._onward[kind, key]

    # -- what triggers functions

    def _triggers(self, number: int) -> Iterator[Trigger]:
        deployed = self.deployed[number]
        key = self.resources.key_of_function(deployed.function)
        if key is not None:
            yield Trigger(number, "lambda", key, EventSource("lambda"), "")
        for event in deployed.function.events:
            for kind, found, seen, shape in self.sources(event, deployed.group):
                yield Trigger(number, kind, found, seen, shape)

    def sources(self, event: EventSource, group: str) -> Iterator[tuple[str, Key, EventSource, str]]:
        """The resources whose writes may be such an event, as `Trigger` has them."""
        kind = event.kind
        if kind == "pipes":
            kind = str(event.setting("source_kind").value or "")
        if kind == "eventbridge":
            yield from self._rule(event, group)
        elif kind in WORDS and kind != "lambda":
            for pieces in self.resources.pieces(event.resource):
                found = self.resources.key(kind, pieces, group)
                if found is not None:
                    yield kind, found, event, kind if event.kind == kind else ""

    def _rule(self, event: EventSource, group: str) -> Iterator[tuple[str, Key, EventSource, str]]:
        """A rule: on its bus, and for events of S3 on the buckets that its pattern names."""
        pattern = members(event.setting("pattern"))
        rule = self.resources.linker.resource_of(event.resource)
        if pattern is None or (rule is not None and _is_off(rule)):
            return
        if "aws.s3" in (strings(pattern.get("source")) or ()):
            yield from self._bucket_rule(event, pattern, group)
            return
        bus = event.setting("bus")
        if bus.state is State.ABSENT and event.resource.state is not State.ABSENT:
            bus = event.resource if rule is None or rule.type not in RULES else ABSENT
        named = self.resources.pieces(bus) if bus.state is not State.ABSENT else [("default",)]
        for pieces in named:
            found = self.resources.key("eventbridge", pieces, group)
            if found is not None:
                yield "eventbridge", found, event, "eventbridge"

    def _bucket_rule(
        self, event: EventSource, pattern: Mapping[str, Value], group: str
    ) -> Iterator[tuple[str, Key, EventSource, str]]:
        detail = members(pattern.get("detail")) or {}
        names = table("writes")["detail_types"]
        told = strings(pattern["detail-type"]) if "detail-type" in pattern else tuple(names)
        settings = {"events": known(tuple(f"s3:{names[name]}*" for name in told or () if name in names))}
        asked = (members(detail.get("object")) or {}).get("key")
        if asked is not None:
            part = (members(items(asked)[0]) if len(items(asked)) == 1 else None) or {}
            told_ends = {name: part[name] for name in ("prefix", "suffix") if name in part}
            settings.update(told_ends if len(told_ends) == len(part) == 1 else {"prefix": Value(State.UNKNOWN)})
        if set(detail) - {"bucket", "object"} or told is None:
            settings["prefix"] = Value(State.UNKNOWN)
        for name in items((members(detail.get("bucket")) or {}).get("name", ABSENT)):
            for pieces in self.resources.pieces(name):
                found = self.resources.key("s3", pieces, group)
                if found is not None:
                    yield "s3", found, event._replace(kind="s3", settings=settings), "eventbridge"

    def _hops(self, resource: Resource) -> Iterator[Hop]:
        """What a resource hands on, or lets others hand on."""
        group = self.resources.group(resource.scope)
        for item in handed(self.resources.linker, resource):
            to_kind = item.to_kind or self.resources.kind_of(item.target)
            if to_kind not in WORDS or to_kind == "lambda":
                continue  # a log group, an API …; what runs functions is a trigger
            event = EventSource(item.kind, item.source, resource.location, item.settings)
            ends = {self.resources.key(to_kind, pieces, group) for pieces in self.resources.pieces(item.target)}
            for kind, key, seen, _ in self.sources(event, group):
                for end in sorted(end for end in ends if end is not None):
                    yield Hop(kind, key, seen, to_kind, end, item.dead_letter, resource.location)

    # -- what functions write to

    def sites(self, deployed: Deployed) -> tuple[Site, ...]:
        """The writes of a function, by names alone."""
        found: list[Site] = []
        for node in deployed.region.nodes:
            if node not in self._sites:
                self._sites[node] = tuple(sites(self.flow, node))
            found += self._sites[node]
        return tuple(found)

    def written(self, number: int, found: Iterable[Site]) -> Iterator[Write]:
        """The writes of a function at some of its sites, with the names that the code gives; lowers what it has to."""
        deployed = self.deployed[number]
        if deployed.node not in self._writes:
            self._writes[deployed.node] = Writes(self.flow, deployed.region)
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

    def _ways(
        self, kind: str, keys: Iterable[Key], passes: Callable[[EventSource], bool]
    ) -> Iterator[tuple[tuple[Hop, ...], Trigger]]:
        """What resources trigger, each with the resources on the way; what is written has to pass the first filter.

        What comes on later is another event, which no filter may look at; an event on a bus stays the same.
        """
        queue: deque[tuple[str, Key, tuple[Hop, ...]]] = deque((kind, key, ()) for key in dict.fromkeys(keys))
        while queue:
            kind, key, hops = queue.popleft()
            triggers, onward = self._onward.get((kind, key), ((), ()))
            for trigger in triggers:
                if passes(trigger.event) if not hops or kind == "eventbridge" else self._comes(kind, trigger.event):
                    yield hops, trigger
            for hop in onward if len(hops) < HOPS_LIMIT else ():
                if hop.dead_letter and "dead-letter" not in self.flow.disabled:
                    continue
                passed = passes(hop.event) if not hops or kind == "eventbridge" else self._comes(kind, hop.event)
                if passed and (hop.to_kind, hop.to_key) != (kind, key):
                    queue.append((hop.to_kind, hop.to_key, (*hops, hop)))

    def _comes(self, kind: str, event: EventSource) -> bool:
        """Whether a trigger takes whatever a resource hands on to one of that kind."""
        return _plain(event) and (kind != "s3" or self._may_set_off(("ObjectCreated:Put",), event, kind))

    def _any_resource(self, number: int, kind: str) -> list[Key]:
        """The resources that every write of a function counts as one to: the test of the exemption only."""
        if "other-resource" not in self.flow.disabled or kind in ("lambda", "step-functions"):
            return []
        return [trigger.key for trigger in self.triggers if trigger.function == number and trigger.kind == kind]

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

    def _shown_by_code(self, number: int, kind: str, emits: Iterable[str]) -> bool:
        """Whether a write to what the event came from may be all that shows what triggers the function."""
        told = [trigger for trigger in self.triggers if trigger.function == number and trigger.kind == kind]
        if any(trigger.kind != "s3" or trigger.event.setting("events").known for trigger in told):
            return False
        function = self.deployed[number].function
        open_kinds = {kind, *_OPEN, *(_CARRIERS if kind == "s3" else ())}
        if function.events and not {event.kind for event in function.events} & open_kinds:
            return False
        return kind != "s3" or any(event.startswith("ObjectCreated") for event in emits)

    def _sets_off(self, target: Target, event: EventSource, kind: str) -> bool:
        """Whether what is written passes the event types and filters of a trigger."""
        if not self._may_set_off(target.write.emits, event, kind):
            return False
        if kind == "s3":
            answers = {self._key_passes(pieces, event, target.function) for pieces in target.keys}
            return "yes" in answers or (answers == {"no"} and "filter" in self.flow.disabled)
        if kind == "eventbridge":
            return self._matches_rule(target.write, event)
        filters = event.setting("filters")
        if kind == "dynamodb" and filters.known:
            answer = _passes_stream(target.write.emits, filters.value)
            return answer == "yes" or (answer == "no" and "event-type" in self.flow.disabled)
        return _unfiltered(filters)

    def _may_set_off(self, emits: Sequence[str], event: EventSource, kind: str) -> bool:
        """Whether what a write emits is what a trigger subscribes to."""
        enabled = event.setting("enabled")
        if enabled.unknown or enabled.value is False:
            return False
        any_type = "event-type" in self.flow.disabled
        if kind == "s3":
            subscribed = event.setting("events")
            if not subscribed.known:
                return False
            asked = [str(name).removeprefix("s3:") for name in subscribed.value]
            whole = {one for one in asked if not one.endswith("*")}
            begun = tuple(one[:-1] for one in asked if one.endswith("*"))
            return any_type or any(name in whole or name.startswith(begun) for name in emits)
        filters = event.setting("filters")
        if kind == "dynamodb" and filters.known:
            return any_type or _passes_stream(emits, filters.value) != "no"
        return kind == "eventbridge" or _unfiltered(filters)

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

    def _nominated(self) -> dict[int, list[Site]]:
        """The writes of each function that may be on a loop, as far as names and templates tell: nothing is lowered."""
        may_run: dict[int, dict[str, set[int]]] = {}
        for number, deployed in enumerate(self.deployed):
            operations = {site.operation for site in self.sites(deployed)}
            may_run[number] = {operation: self._may_run(number, operation) for operation in operations}
        part = _components({number: set().union(*found.values()) for number, found in may_run.items()})
        found = {}
        for number, deployed in enumerate(self.deployed):
            on_loop = {
                operation
                for operation, others in may_run[number].items()
                if any(part[other] == part[number] for other in others)
            }
            if on_loop:
                found[number] = [site for site in self.sites(deployed) if site.operation in on_loop]
        return found

    def _may_run(self, number: int, operation: str) -> set[int]:
        """The functions that an operation of a function may run."""
        spec = table("writes")["operations"][operation]
        kind, emits = spec["kind"], spec["emits"]

        def passes(event: EventSource) -> bool:
            return self._may_set_off(emits, event, kind)

        found = {trigger.function for _, trigger in self._ways(kind, self._may_name(number, kind), passes)}
        if kind == "lambda":
            return {other for other in found if not self._same(number, other)}  # invoking oneself is another rule's
        region = self.deployed[number].region
        if number not in found and spells_sender(self.flow, region, kind):
            told = [trigger for trigger in self.triggers if trigger.function == number and trigger.kind == kind]
            by_code = self._shown_by_code(number, kind, emits) and (
                kind != "s3" or spells_sender(self.flow, region, "s3_key")
            )
            if by_code or any(passes(trigger.event) for trigger in told):
                found.add(number)
        return found

    def _may_name(self, number: int, kind: str) -> set[Key]:
        """The resources of a kind that a function may name: those with names, and those that its environment has."""
        if (number, kind) not in self._named:
            deployed = self.deployed[number]
            found = self._spelt.get((deployed.group, kind), set()) | set(self._any_resource(number, kind))
            for value in deployed.function.variables.values():
                for pieces in self.resources.pieces(value):
                    for part in (pieces, *((piece,) for piece in pieces)):
                        key = self.resources.key(kind, part, deployed.group)
                        if key is not None and (kind, key) in self._onward:
                            found.add(key)
            self._named[number, kind] = found
        return self._named[number, kind]

    def _find(self) -> Iterator[tuple[Node, Loop, tuple[Link, ...]]]:
        after: dict[int, list[Link]] = {}
        for number, nominated in self._nominated().items():
            if self._allowed(number):
                continue
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

    def _same(self, number: int, other: int) -> bool:
        return self.deployed[number].function is self.deployed[other].function

    def _allowed(self, number: int) -> bool:
        declared = self.deployed[number].function.declared
        value = declared.settings.get("recursive_loop", ABSENT) if declared is not None else ABSENT
        return value.value == "Allow" and "allowed" not in self.flow.disabled

    def _loop(self, links: tuple[Link, ...]) -> Loop | None:
        parts = []
        verdicts = set()
        ends = []
        chains = []
        for before, link in zip((links[-1], *links[:-1]), links, strict=True):
            deployed = self.deployed[link.target.function]
            write = link.target.write
            routes = self.flow.verdict(deployed.region, write.site.node, write.call.context, ()).routes
            if not routes:
                return None
            place = self.place(write)
            chains.append(self.chain(routes[0], write.site.node, place))
            direct = before.trigger is not None and not before.hops
            stops = Stops(
                self.flow,
                deployed.region,
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


def _plain(event: EventSource) -> bool:
    """Whether a trigger takes everything that comes."""
    settings = (event.setting(name) for name in ("filters", "prefix", "suffix"))
    return all(value.state is State.ABSENT for value in settings) and event.setting("enabled").value is not False


def _is_off(rule: Resource) -> bool:
    state = text(rule.properties.get("State") or rule.properties.get("state") or ABSENT)
    return rule.type in RULES and (state == "DISABLED" or rule.properties.get("is_enabled", ABSENT).value is False)


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


def _unfiltered(filters: Value) -> bool:
    return filters.state is State.ABSENT or (filters.known and filters.value in ((), {}))


def _passes_stream(emits: Iterable[str], filters: Iterable[Any]) -> str:
    """Whether a change of a table passes the filters of its stream: ``yes``, ``no``, ``unknown``."""
    answers = set()
    for pattern in filters:
        asked = members(known(pattern)) or {}
        wanted = strings(asked.get("eventName"))
        if wanted is None:
            answers.add("unknown")
        elif not set(wanted) & set(emits):
            answers.add("no")
        else:
            # a put of what is there is a MODIFY, of what is not an INSERT: only both together are certain
            certain = set(asked) == {"eventName"} and set(emits) <= set(wanted)
            answers.add("yes" if certain else "unknown")
    return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"


def _subscribed(event: EventSource) -> str:
    subscribed = event.setting("events")
    return ", ".join(str(name) for name in subscribed.value) if event.kind == "s3" and subscribed.known else ""


def _components(after: Mapping[int, Iterable[int]]) -> dict[int, int]:
    """For each node of a graph one that stands for all that it reaches and that reach it: Tarjan's algorithm."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    part: dict[int, int] = {}
    open_: list[int] = []
    for root in after:
        work = [(root, iter(after[root]))] if root not in index else []
        while work:
            node, others = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                open_.append(node)
            for other in others:
                if other not in index:
                    work.append((other, iter(after[other])))
                    break
                if other not in part:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    while node not in part:
                        part[open_.pop()] = node
    return part


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
