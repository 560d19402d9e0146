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
from lambdalint.source.flow import demands
from lambdalint.source.resources import Key, Resources, pieces_of, resolved
from lambdalint.source.sites import Site, sites, spells_sender
from lambdalint.source.strings import OTHER, Pieces
from lambdalint.source.writes import Write, Writes
from lambdalint.templates.values import (
    Reference,
    Resource,
    first,
    items,
    known,
    mapping,
    pick,
    references,
    text,
)

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Entry, Region
    from lambdalint.source.flow import Flow, Route
    from lambdalint.source.lower import Context, Term
    from lambdalint.source.names import Node

HOPS_LIMIT = 3  # resources that hand on to each other between two functions
OWN: Key = ("own",)  # the very resource that the event came from

# Kinds of sources of which the template does not say enough, and those that may carry an S3 notification inside.
_OPEN = frozenset({"pipes", "unknown"})
_CARRIERS = frozenset({"sns", "sqs", "eventbridge"})
# Look-ups by which code tells that it has seen an event before.
_LOOK_UPS = frozenset({"get_item", "query", "head_object", "get_object_tagging", "get_object_attributes"})
_RULES = frozenset({"AWS::Events::Rule", "aws_cloudwatch_event_rule"})
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
    """A resource that hands on what it gets: a subscription, a notification, the redrive to a dead-letter queue."""

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
        self.hops = list(self._hops(resources))
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
            for pieces in pieces_of(event.resource):
                found = self.resources.key(kind, pieces, group)
                if found is not None:
                    yield kind, found, event, kind if event.kind == kind else ""

    def _rule(self, event: EventSource, group: str) -> Iterator[tuple[str, Key, EventSource, str]]:
        """A rule: on its bus, and for events of S3 on the buckets that its pattern names."""
        pattern = event.setting("pattern")
        members = _members(pattern)
        if members is None:
            return
        if "aws.s3" in (_strings(members.get("source")) or ()):
            yield from self._bucket_rule(event, members, group)
            return
        bus = event.setting("bus")
        if bus.state is State.ABSENT and event.resource.state is not State.ABSENT:
            rule = self.resources.linker.resource_of(event.resource)
            bus = event.resource if rule is None or rule.type not in _RULES else ABSENT
        named = pieces_of(bus) if bus.state is not State.ABSENT else [("default",)]
        for pieces in named:
            found = self.resources.key("eventbridge", pieces, group)
            if found is not None:
                yield "eventbridge", found, event, "eventbridge"

    def _bucket_rule(
        self, event: EventSource, members: Mapping[str, Any], group: str
    ) -> Iterator[tuple[str, Key, EventSource, str]]:
        detail = _members(members.get("detail")) or {}
        names = table("writes")["detail_types"]
        told = _strings(members["detail-type"]) if "detail-type" in members else tuple(names)
        settings = {"events": known(tuple(f"s3:{names[name]}*" for name in told or () if name in names))}
        asked = (_members(detail.get("object")) or {}).get("key")
        if asked is not None:
            part = (_members(items(asked)[0]) if len(items(asked)) == 1 else None) or {}
            told_ends = {name: part[name] for name in ("prefix", "suffix") if name in part}
            settings.update(told_ends if len(told_ends) == len(part) == 1 else {"prefix": Value(State.UNKNOWN)})
        if set(detail) - {"bucket", "object"} or told is None:
            settings["prefix"] = Value(State.UNKNOWN)
        for name in items((_members(detail.get("bucket")) or {}).get("name", ABSENT)):
            for pieces in pieces_of(name):
                found = self.resources.key("s3", pieces, group)
                if found is not None:
                    yield "s3", found, event._replace(kind="s3", settings=settings), "eventbridge"

    # -- resources that hand on

    def _hops(self, resources: Sequence[Resource]) -> Iterator[Hop]:
        for resource in resources:
            properties = resource.properties
            itself = known_reference(resource)
            if resource.type in ("AWS::SNS::Subscription", "aws_sns_topic_subscription"):
                if text(first(properties, "Protocol")) == "sqs" or text(first(properties, "protocol")) == "sqs":
                    filters = properties.get("FilterPolicy") or properties.get("filter_policy") or ABSENT
                    topic = properties.get("TopicArn") or properties.get("topic_arn") or ABSENT
                    queue = properties.get("Endpoint") or properties.get("endpoint") or ABSENT
                    settings = {"filters": filters} if filters.state is not State.ABSENT else {}
                    yield from self._hop(resource, "sns", topic, settings, "sqs", queue)
            elif resource.type == "AWS::S3::Bucket":
                for path, target, kind in (
                    ("NotificationConfiguration.QueueConfigurations[]", "Queue", "sqs"),
                    ("NotificationConfiguration.TopicConfigurations[]", "Topic", "sns"),
                ):
                    for part in pick(properties, path):
                        yield from self._notified(resource, itself, mapping(part), target, kind)
            elif resource.type == "aws_s3_bucket_notification":
                bucket = properties.get("bucket", ABSENT)
                for path, target, kind in (("queue[]", "queue_arn", "sqs"), ("topic[]", "topic_arn", "sns")):
                    for part in pick(properties, path):
                        yield from self._notified(resource, bucket, mapping(part), target, kind)
            elif resource.type in ("AWS::SQS::Queue", "aws_sqs_queue"):
                target_arn = first(properties, "RedrivePolicy.deadLetterTargetArn")
                if target_arn.state is State.ABSENT and "redrive_policy" in properties:
                    target_arn = _only_reference(properties["redrive_policy"])
                if target_arn.state is not State.ABSENT:
                    yield from self._hop(resource, "sqs", itself, {}, "sqs", target_arn, dead_letter=True)

    def _notified(
        self, resource: Resource, bucket: Value, part: Mapping[str, Value], target: str, kind: str
    ) -> Iterator[Hop]:
        from lambdalint.templates.events import key_rules, settings

        terraform = resource.origin == "terraform"
        names = {"events": "events", "prefix": "filter_prefix", "suffix": "filter_suffix"}
        found = settings(part, names if terraform else {"events": "Event"})
        found.update(key_rules(first(part, "Filter.S3Key.Rules")))
        yield from self._hop(resource, "s3", bucket, found, kind, part.get(target, ABSENT))

    def _hop(
        self,
        resource: Resource,
        kind: str,
        source: Value,
        settings: Mapping[str, Value],
        to_kind: str,
        target: Value,
        *,
        dead_letter: bool = False,
    ) -> Iterator[Hop]:
        group = self.resources.group(resource.scope)
        for start in pieces_of(source):
            for end in pieces_of(target):
                one, other = self.resources.key(kind, start, group), self.resources.key(to_kind, end, group)
                if one is not None and other is not None:
                    event = EventSource(kind, source, resource.location, settings)
                    yield Hop(kind, one, event, to_kind, other, dead_letter, resource.location)

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

    def targets(self, number: int, at: Iterable[Site]) -> tuple[Target, ...]:
        """What a function writes to at some of its sites, as far as that can be told."""
        deployed = self.deployed[number]
        found: dict[Target, None] = {}
        for write in self.written(number, at):
            named = [inner for pieces in sorted(write.names, key=repr) for inner in resolved(pieces, deployed.function)]
            keys = [
                inner for pieces in sorted(write.keys, key=repr) for inner in resolved(pieces, deployed.function)
            ] or [(OTHER,)]
            told = [
                OWN if _of_event(write.kind, pieces) else self.resources.key(write.kind, pieces, deployed.group)
                for pieces in named
            ]
            if None not in told:  # one that nobody knows may be the only one that is ever taken
                found.update(dict.fromkeys(Target(number, write, key, tuple(keys)) for key in told if key is not None))
        return tuple(found)

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
        """What resources trigger, each with the resources on the way; what is written has to pass the first filter."""
        queue: deque[tuple[str, Key, tuple[Hop, ...]]] = deque((kind, key, ()) for key in dict.fromkeys(keys))
        while queue:
            kind, key, hops = queue.popleft()
            triggers, onward = self._onward.get((kind, key), ((), ()))
            for trigger in triggers:
                if _plain(trigger.event) if hops else passes(trigger.event):
                    yield hops, trigger
            for hop in onward if len(hops) < HOPS_LIMIT else ():
                if hop.dead_letter and "dead-letter" not in self.flow.disabled:
                    continue
                if (hop.to_kind, hop.to_key) != (kind, key) and (_plain(hop.event) if hops else passes(hop.event)):
                    queue.append((hop.to_kind, hop.to_key, (*hops, hop)))

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
            answers = {self._key_passes(pieces, event) for pieces in target.keys}
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

    @staticmethod
    def _key_passes(pieces: Pieces, event: EventSource) -> str:
        """Whether a key passes prefix and suffix: ``yes``, ``no``, ``unknown``."""
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
                answers.add("yes" if _of_event("s3_key", (piece[1] if left else piece,)) else "unknown")
        return "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"

    @staticmethod
    def _matches_rule(write: Write, event: EventSource) -> bool:
        members = _members(event.setting("pattern"))
        if members is None or set(members) - {"source", "detail-type"}:
            return False
        for name, patterns in (("source", write.source), ("detail-type", write.detail_type)):
            if name not in members:
                continue
            wanted = _strings(members[name])
            if wanted is None or not patterns or not all(len(one) == 1 and one[0] in wanted for one in patterns):
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
            return found - {number}  # a function that invokes itself is another rule's
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
                for pieces in pieces_of(value):
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
                if not self._allowed(link.to) and not (link.to == number and target.write.kind == "lambda")
            ]
        for number, links in after.items():
            for link in links:
                if link.to == number and (loop := self._loop((link,))) is not None:
                    yield self.deployed[number].node, loop, (link,)
        told: set[frozenset[int]] = set()
        for number in sorted(after):
            cycle = _shortest(number, after)
            members = frozenset(link.target.function for link in cycle)
            if len(cycle) > 1 and members not in told and len({self.deployed[one].node for one in members}) > 1:
                told.add(members)
                if (loop := self._loop(cycle)) is not None:
                    yield self.deployed[number].node, loop, cycle

    def _allowed(self, number: int) -> bool:
        declared = self.deployed[number].function.declared
        value = declared.settings.get("recursive_loop", ABSENT) if declared is not None else ABSENT
        return value.value == "Allow" and "allowed" not in self.flow.disabled

    def _loop(self, links: tuple[Link, ...]) -> Loop | None:
        parts = []
        checked = False
        chains = []
        for before, link in zip((links[-1], *links[:-1]), links, strict=True):
            deployed = self.deployed[link.target.function]
            write = link.target.write
            verdict = self.flow.verdict(deployed.region, write.site.node, write.call.context, ())
            if not verdict.routes:
                return None
            place = self.place(write)
            chains.append(self.chain(verdict.routes[0], write.site.node, place))
            tests = list(self._tests(write, verdict.routes[0]))
            if before.trigger is not None and self._other_event(deployed.region, tests, before.trigger):
                return None
            checked = checked or any(self._checks(deployed.region, node, test) for node, test, _ in tests)
            parts.append(Part(name_of(deployed.function), write.label, self.shown(link), place))
        trigger = links[0].trigger
        return Loop(
            parts[0].place,
            links[0].target.write.site.node[1],
            chains[0],
            tuple(parts),
            _subscribed(trigger.event) if trigger is not None and not links[0].hops else "",
            tuple(self._evidence(link) for link in links),
            any(link.trigger is None for link in links),
            checked,
            all(link.target.write.ends for link in links),
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

    # -- what stops a loop

    def _tests(self, write: Write, route: Route) -> Iterator[tuple[Node, Term, bool]]:
        """The tests that stand before a write on a route, with the branch that is taken."""
        places: list[tuple[Node, Context]] = [(write.site.node, write.call.context)]
        for edge in route.edges:
            call = self.flow.call(edge.caller, edge.call.k) if edge.call is not None else None
            if call is not None:
                places.append((edge.caller, call.context))
        for node, context in places:
            for frame in context:
                if frame[0] == "if":
                    yield node, frame[2], frame[3]

    def _checks(self, region: Region, node: Node, test: Term) -> bool:
        """Whether a test is one of the event, or of a look-up."""
        for root in self.flow.origins(region, node, test):
            if root[0] == "event" and len([key for key in root[-1] if key != "[]"]) > 1:
                return True
            if root[0] == "result" and root[1].rpartition(".")[2] in _LOOK_UPS:
                return True
        return False

    def _other_event(self, region: Region, tests: Iterable[tuple[Node, Term, bool]], trigger: Trigger) -> bool:
        """Whether a write is for the events of another source than ``trigger``'s: ``if "httpMethod" in event``."""
        if "other-event" in self.flow.disabled:
            return False
        for node, test, taken in tests:
            for term, how, value in demands(test, taken):
                paths = [root[-1] for root in self.flow.origins(region, node, term) if root[0] == "event"]
                for path in paths:
                    at = (*path, value) if how in ("has", "lacks") else path
                    kinds = _told_by(at, value if how == "equal" else None)
                    if how in ("has", "truthy", "equal") and kinds and trigger.shape not in kinds:
                        return True
                    if how in ("lacks", "falsy") and trigger.shape in kinds and len(at) == 1:
                        return True
        return False


def _told_by(path: tuple[str, ...], value: Any) -> frozenset[str]:
    """The kinds of sources whose events have something at a path, or that value there; none where nothing tells."""
    shapes = table("sources")
    keys = "/".join(path)
    if type(value) is str and value in shapes["values"].get(keys, {}):
        return frozenset({shapes["values"][keys][value]})
    return frozenset(
        kind
        for proof, kind in shapes["proof"].items()
        if proof == keys or proof.startswith(f"{keys}/") or keys.startswith(f"{proof}/")
    )


def name_of(function: Function) -> str:
    """The name that the template gives a function, else its handler."""
    return function.declared.name if function.declared is not None else function.handler


def known_reference(resource: Resource) -> Value:
    """A Value that refers to a resource."""
    return known(Reference(resource.scope, resource.name), resource.location)


def _only_reference(value: Value) -> Value:
    found = list(references(value))
    return known(found[0]) if len(found) == 1 else ABSENT


def _plain(event: EventSource) -> bool:
    """Whether a trigger takes everything that comes."""
    settings = (event.setting(name) for name in ("filters", "prefix", "suffix"))
    return all(value.state is State.ABSENT for value in settings) and event.setting("enabled").value is not False


def _members(value: Any) -> Mapping[str, Value] | None:
    """A mapping of a pattern, written as data or as JSON; None where it cannot be read."""
    if not isinstance(value, Value) or not value.known:
        return None
    if isinstance(value.value, dict):
        return value.value
    if isinstance(value.value, str):
        import json  # only for the few rules with a pattern

        try:
            return _valued(json.loads(value.value)).value if value.value.startswith("{") else None
        except (ValueError, RecursionError):
            return None
    return None


def _valued(data: Any) -> Value:
    if isinstance(data, dict):
        return known({str(name): _valued(part) for name, part in data.items()})
    return known(tuple(_valued(part) for part in data)) if isinstance(data, list) else known(data)


def _strings(value: Value | None) -> tuple[str, ...] | None:
    """The strings of a list in a pattern; None where any is something else."""
    if value is None:
        return None
    found = [text(part) for part in items(value)]
    return tuple(part for part in found if part is not None) if found and None not in found else None


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
        members = _members(known(pattern)) or {}
        wanted = _strings(members.get("eventName")) if members else None
        if wanted is None:
            answers.add("unknown")
        elif not set(wanted) & set(emits):
            answers.add("no")
        else:
            # a put of what is there is a MODIFY, of what is not an INSERT: only both together are certain
            certain = set(members) == {"eventName"} and set(emits) <= set(wanted)
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
