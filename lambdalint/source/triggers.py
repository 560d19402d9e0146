"""What triggers which function, by templates alone, and which functions may run one another.

`lambdalint.source.graph` adds what their code writes to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import ABSENT, WORDS, EventSource, Function, Location, State, Value
from lambdalint.records import NamedTuple
from lambdalint.source.event_patterns import members, strings
from lambdalint.source.hops import handed
from lambdalint.source.resources import Key, Resources
from lambdalint.templates.values import Resource, items, known, text

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Entry
    from lambdalint.source.names import Node
    from lambdalint.source.sites import Written

HOPS_LIMIT = 3  # resources that hand on to each other between two functions

# Kinds of sources of which the template does not say enough, and those that may carry an S3 notification inside.
_OPEN = frozenset({"pipes", "unknown"})
_CARRIERS = frozenset({"sns", "sqs", "eventbridge"})
RULES = frozenset({"AWS::Events::Rule", "aws_cloudwatch_event_rule"})


class Deployed(NamedTuple):
    """A function of a template (or one that only its code shows)."""

    node: Node
    function: Function
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


class Triggers:
    """What triggers the deployed functions, and what resources hand on to one another.

    Args:
        entries: the entry points with their deployed functions.
        resources: what the templates declare.
        disabled: tags of exemptions that are switched off.
    """

    def __init__(
        self, entries: Mapping[Node, Entry], resources: Sequence[Resource], disabled: frozenset[str] = frozenset()
    ) -> None:
        self.disabled = disabled
        self.resources = Resources(resources)
        self.deployed = [
            Deployed(node, function, self.resources.scope(function))
            for node, entry in sorted(entries.items())
            for function in entry.functions
        ]
        self.triggers = [trigger for number, _ in enumerate(self.deployed) for trigger in self._triggers(number)]
        self.hops = [hop for resource in resources for hop in self._hops(resource)]
        self._onward: dict[tuple[str, Key], tuple[list[Trigger], list[Hop]]] = {}
        self._spelt: dict[tuple[str, str], set[Key]] = {}  # by group and kind: what a name may mean
        for trigger in self.triggers:
            self._starts(trigger.kind, trigger.key)[0].append(trigger)
        for hop in self.hops:
            self._starts(hop.kind, hop.key)[1].append(hop)
        self._named: dict[tuple[int, str], set[Key]] = {}

    def _starts(self, kind: str, key: Key) -> tuple[list[Trigger], list[Hop]]:
        """What begins at a resource."""
        if (kind, key) not in self._onward:
            self._onward[kind, key] = ([], [])
            if key[0] == "name":
                self._spelt.setdefault((key[1], kind), set()).add(key)
            elif (key[1], key[2]) in self.resources.named:
                self._spelt.setdefault((self.resources.group(key[1]), kind), set()).add(key)
        return self._onward[kind, key]

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
                if hop.dead_letter and "dead-letter" not in self.disabled:
                    continue
                passed = passes(hop.event) if not hops or kind == "eventbridge" else self._comes(kind, hop.event)
                if passed and (hop.to_kind, hop.to_key) != (kind, key):
                    queue.append((hop.to_kind, hop.to_key, (*hops, hop)))

    def _comes(self, kind: str, event: EventSource) -> bool:
        """Whether a trigger takes whatever a resource hands on to one of that kind."""
        return _plain(event) and (kind != "s3" or self._may_set_off(("ObjectCreated:Put",), event, kind))

    def _any_resource(self, number: int, kind: str) -> list[Key]:
        """The resources that every write of a function counts as one to: the test of the exemption only."""
        if "other-resource" not in self.disabled or kind in ("lambda", "step-functions"):
            return []
        return [trigger.key for trigger in self.triggers if trigger.function == number and trigger.kind == kind]

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

    def _may_set_off(self, emits: Sequence[str], event: EventSource, kind: str) -> bool:
        """Whether what a write emits is what a trigger subscribes to."""
        enabled = event.setting("enabled")
        if enabled.unknown or enabled.value is False:
            return False
        any_type = "event-type" in self.disabled
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
            return any_type or passes_stream(emits, filters.value) != "no"
        return kind == "eventbridge" or unfiltered(filters)

    # -- which functions may run each other

    def rings(self, written: Mapping[Node, Written]) -> list[dict[int, frozenset[str]]]:
        """The functions that may run one another in a loop, or itself, each with the operations by which it may.

        Args:
            written: what each entry point may write, by names alone.
        """
        may_run: dict[int, dict[str, set[int]]] = {}
        for number, deployed in enumerate(self.deployed):
            own = written.get(deployed.node)
            operations = sorted(own.operations) if own is not None else ()
            may_run[number] = {name: self._may_run(number, name, own.senders) for name in operations if own is not None}
        part = _components({number: set().union(*found.values()) for number, found in may_run.items()})
        rings: dict[int, dict[int, frozenset[str]]] = {}
        for number, found in may_run.items():
            ring = part[number]
            on_it = frozenset(name for name, others in found.items() if any(part[other] == ring for other in others))
            if on_it:
                rings.setdefault(ring, {})[number] = on_it
        return list(rings.values())

    def _may_run(self, number: int, operation: str, senders: frozenset[str]) -> set[int]:
        """The functions that an operation of a function may run; see `Written` for ``senders``."""
        spec = table("writes")["operations"][operation]
        kind, emits = spec["kind"], spec["emits"]

        def passes(event: EventSource) -> bool:
            return self._may_set_off(emits, event, kind)

        found = {trigger.function for _, trigger in self._ways(kind, self._may_name(number, kind), passes)}
        if kind == "lambda":
            return {other for other in found if not self._same(number, other)}  # invoking oneself is another rule's
        if number not in found and kind in senders:
            told = [trigger for trigger in self.triggers if trigger.function == number and trigger.kind == kind]
            by_code = self._shown_by_code(number, kind, emits) and (kind != "s3" or "s3_key" in senders)
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

    def _same(self, number: int, other: int) -> bool:
        return self.deployed[number].function is self.deployed[other].function


def _plain(event: EventSource) -> bool:
    """Whether a trigger takes everything that comes."""
    settings = (event.setting(name) for name in ("filters", "prefix", "suffix"))
    return all(value.state is State.ABSENT for value in settings) and event.setting("enabled").value is not False


def _is_off(rule: Resource) -> bool:
    state = text(rule.properties.get("State") or rule.properties.get("state") or ABSENT)
    return rule.type in RULES and (state == "DISABLED" or rule.properties.get("is_enabled", ABSENT).value is False)


def unfiltered(filters: Value) -> bool:
    """Whether a trigger has no filters."""
    return filters.state is State.ABSENT or (filters.known and filters.value in ((), {}))


def passes_stream(emits: Iterable[str], filters: Iterable[Any]) -> str:
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
