"""What a CDK program in Python wires to the functions that it constructs: event sources and variables.

A construct is known by the one place that binds it, a name or an attribute of ``self``, in the module of the function.
What other modules wire, what helpers of the program do and what is computed is left out, so that what is found is
never said to be all.

Sources: see ``lambdalint/data/cdk.toml``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.functions.typescript import snake
from lambdalint.model import ABSENT, EventSource, Location, Value
from lambdalint.templates.defaults import sizes
from lambdalint.templates.values import Reference, known, unknown

if TYPE_CHECKING:
    from lambdalint.source.skeleton import CallRef, Expr, Skeleton

HOPS = 6  # of names from what is used to what is written out
_COMPUTED = "the program computes it"
_RULE = "aws_cdk.aws_events.Rule"
_PATTERN = "aws_cdk.aws_events.EventPattern"
_MAPPING = "aws_cdk.aws_lambda.EventSourceMapping"
# Calls that make a target of a function, by what they are handed to.
_STORED = "aws_cdk.aws_s3_notifications.LambdaDestination"
_FILTER = "aws_cdk.aws_s3.NotificationKeyFilter"
_SUBSCRIBED = "aws_cdk.aws_sns_subscriptions.LambdaSubscription"
_TARGET = "aws_cdk.aws_events_targets.LambdaFunction"
# Settings of event source mappings, and what they are called elsewhere.
_CONSTANTS = {
    "batch_size": "batch_size",
    "bisect_batch_on_error": "bisect",
    "enabled": "enabled",
    "retry_attempts": "retries",
}
_OPEN = {"filters": "filters", "on_failure": "on_failure", "max_batching_window": "batching_window"}
_ORDERED = ("queue_name", "content_based_deduplication", "deduplication_scope", "fifo_throughput_limit")
_OTHER_ANSWERS = frozenset({"integration_options", "**"})  # by which a REST API may map answers
_NARROWING = frozenset({"filter_policy", "filter_policy_with_message_body", "**"})

Place = tuple[str, Any]  # the scope that makes a construct, and the Expr of the call that makes it


class Wiring:
    """What one module does with the functions that it constructs.

    ``events`` and ``variables`` are by the functions' places.

    Args:
        operation: what an Expr of a scope names outside the project, "" for anything else.
        functions: the calls that construct functions, with their scopes.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        operation: Callable[[str, Expr], str],
        functions: Sequence[tuple[str, CallRef]],
    ) -> None:
        self.skeleton = skeleton
        self.operation = operation
        self.rows = table("cdk")
        self.events: dict[Place, list[EventSource]] = {}
        self.variables: dict[Place, dict[str, Value]] = {}
        self.names = {place_of(scope, call): self.name(*place_of(scope, call)) for scope, call in functions}
        self._called = Counter(self.names.values())
        self._resources: dict[Place, str] = {}
        self._numbers: Counter[str] = Counter()
        calls = [("", call) for call in skeleton.calls]
        calls += [(scope, call) for scope, definition in skeleton.defs.items() for call in definition.calls]
        calls.sort(key=lambda item: (item[1].line, item[1].column))
        self.layered = any(call.tail == "add_layers" for _, call in calls)
        self._narrowed = any(call.tail == "add_event_pattern" for _, call in calls)
        methods = {
            "add_environment": self._environment,
            "add_event_source": self._source_added,
            "add_event_source_mapping": self._mapping_added,
            "add_event_notification": self._notified,
            "add_object_created_notification": self._notified,
            "add_object_removed_notification": self._notified,
            "add_subscription": self._subscribed,
            "add_target": self._targeted,
            "add_function_url": self._url,
        }
        tails = {name.rpartition(".")[2] for name in (*self.rows["wrappers"], _RULE, _MAPPING)}
        for scope, call in calls:
            if place_of(scope, call) in self.names:
                self._constructed(scope, call)
            elif call.tail in methods and call.callee is not None and call.callee[0] == "a":
                methods[call.tail](scope, call)
            elif call.tail in tails:
                self._wrapped(scope, call)

    # -- what names stand for

    def followed(self, scope: str, expr: Expr) -> Place:
        """An Expr, or what the name or attribute of ``self`` that it is was bound to, if that happens once."""
        for _ in range(HOPS):
            bound: Sequence[Place] = ()
            if expr is not None and expr[0] == "n":
                bound = self._bound(scope, expr[1])
            elif expr is not None and expr[0] == "a" and expr[1] is not None and expr[1][0] == "n":
                bound = self._kept(scope, expr[1][1], expr[2])
            if len(bound) != 1:
                break
            scope, expr = bound[0]
        return scope, expr

    def _bound(self, scope: str, name: str) -> Sequence[Place]:
        while scope:
            definition = self.skeleton.defs[scope]
            if name in definition.bindings:
                return [(scope, expr) for expr in definition.bindings[name]]
            scope = definition.parent
        return self.skeleton.bindings.get(name, ())

    def _kept(self, scope: str, name: str, attribute: str) -> Sequence[Place]:
        definition = self.skeleton.defs.get(scope)
        if definition is None or not definition.owner or not definition.params or definition.params[0].name != name:
            return ()
        return self.skeleton.classes[definition.owner].instance.get(attribute, ())

    def made(self, scope: str, expr: Expr) -> tuple[str, Place, Mapping[str, Expr]] | None:
        """The operation, the place and the keywords of the call that an Expr stands for; None for anything else."""
        place = self.followed(scope, expr)
        if place[1] is None or place[1][0] != "c":
            return None
        return self.operation(place[0], place[1][1]), place, dict(place[1][3])

    def _record(self, written: Place, operation: str) -> tuple[str, Mapping[str, Expr]] | None:
        """The scope and the fields of a record: of the call that makes it, or of an object, as TypeScript has it."""
        scope, expr = self.followed(*written)
        if expr is not None and expr[0] == "d":
            return scope, {snake(key) if isinstance(key, str) else "**": value for key, value in expr[1]}
        found = self.made(scope, expr)
        return (found[1][0], found[2]) if found is not None and found[0] == operation else None

    def function(self, scope: str, expr: Expr) -> Place | None:
        """The function that an Expr stands for."""
        place = self.followed(scope, expr)
        return place if place in self.names else None

    def name(self, scope: str, call: Expr) -> str:
        """The id of a construct; a part that is computed as ``*``, and the construct itself where nothing is told."""
        written = self.followed(scope, call[2][1] if len(call[2]) > 1 else dict(call[3]).get("id"))[1]
        if written is not None and written[0] == "s":
            return f"{written[1]}*{written[2]}"
        return constant(written, str) or str(call[1][-1])

    def reference(self, scope: str, expr: Expr) -> Value:
        """A construct that is handed over, or an attribute that names one, as a Value that refers to it."""
        scope, expr = self.followed(scope, expr)
        if expr is not None and expr[0] == "a" and expr[2] in self.rows["naming"]["attributes"]:
            expr = expr[1]
        found = self.made(scope, expr)
        if found is None:
            return unknown(_COMPUTED)
        operation, place, _ = found
        if place in self.names:
            name = self.names[place]
            if self._called[name] > 1:
                return unknown(f"several functions are called {name}")
        elif operation in self.rows["resources"]:
            name = self._resources.get(place) or self._own_name(place)
        else:
            return unknown(_COMPUTED)
        return known(Reference(self.skeleton.path, name))

    def _own_name(self, place: Place) -> str:
        """The id of a resource, with a number where several of the module have it."""
        name = self.name(*place)
        self._numbers[name] += 1
        number = self._numbers[name]
        self._resources[place] = name if number == 1 else f"{name} ({number})"
        return self._resources[place]

    def _place(self, call: CallRef) -> Location:
        return Location(self.skeleton.path, call.line, call.column + 1)

    def _constant(self, scope: str, expr: Expr) -> Value:
        """A constant that is written out."""
        written = self.followed(scope, expr)[1]
        return known(written[1]) if written is not None and written[0] == "k" else unknown(_COMPUTED)

    def _elements(self, scope: str, expr: Expr) -> Iterator[Place]:
        """The elements of a list that is written out."""
        scope, expr = self.followed(scope, expr)
        if expr is not None and expr[0] == "l":
            yield from ((scope, element) for element in expr[1])

    # -- calls

    def _constructed(self, scope: str, call: CallRef) -> None:
        """A function, with what its own arguments say."""
        place, keywords = place_of(scope, call), dict(call.keywords)
        for source in self._elements(scope, keywords.get("events")):
            self._source(call, place, source)
        at, given = self.followed(scope, keywords.get("environment"))
        for key, expr in given[1] if given is not None and given[0] == "d" else ():
            self._variable(call, place, key, (at, expr))

    def _environment(self, scope: str, call: CallRef) -> None:
        function = self.function(scope, call.callee[1])
        if function is not None:
            key = constant(self.followed(scope, _given(call, "key", 0))[1], str)
            self._variable(call, function, key, (scope, _given(call, "value", 1)))

    def _variable(self, call: CallRef, function: Place, key: Any, written: Place) -> None:
        if not isinstance(key, str):
            return
        found = self._constant(*written)
        if not found.known:
            found = self.reference(*written)
        elif not isinstance(found.value, str):
            found = unknown(_COMPUTED)
        variables = self.variables.setdefault(function, {})
        if key in variables and variables[key].value != found.value:
            found = unknown("the program sets it several times")
        variables[key] = found._replace(location=self._place(call))

    def _add(
        self, function: Place, kind: str, call: CallRef, settings: Mapping[str, Value], resource: Value = ABSENT
    ) -> None:
        event = EventSource(kind, resource, self._place(call), settings)
        events = self.events.setdefault(function, [])
        if event not in events:
            events.append(event._replace(settings={**settings, **sizes(event)}))

    def _wrapped(self, scope: str, call: CallRef) -> None:
        """A call that takes a function and makes something of it that invokes it."""
        operation, keywords = self.operation(scope, call.callee), dict(call.keywords)
        row = self.rows["wrappers"].get(operation)
        if row is not None:
            function = self.function(scope, _given(call, row["keyword"], row.get("position")))
            if function is not None:
                proxy = self._constant(scope, keywords.get("proxy", ("k", True))).value is True
                mapped = row["kind"] == "api" and not (proxy and _OTHER_ANSWERS.isdisjoint(keywords))
                self._add(function, row["kind"], call, {"integration": unknown(_COMPUTED)} if mapped else {})
        elif operation == _RULE:
            for target in self._elements(scope, keywords.get("targets")):
                self._target(call, place_of(scope, call), target)
        elif operation == _MAPPING:
            self._mapping(scope, call, self.function(scope, keywords.get("target")))

    def _url(self, scope: str, call: CallRef) -> None:
        function = self.function(scope, call.callee[1])
        if function is not None:
            self._add(function, "function-url", call, {})

    # -- event source mappings

    def _source_added(self, scope: str, call: CallRef) -> None:
        function = self.function(scope, call.callee[1])
        if function is not None:
            self._source(call, function, (scope, _given(call, "source", 0)))

    def _source(self, call: CallRef, function: Place, written: Place) -> None:
        found = self.made(*written)
        row = self.rows["sources"].get(found[0]) if found is not None else None
        if found is None or row is None:
            return
        _, (scope, expr), keywords = found
        given = expr[2][0] if expr[2] else keywords.get(row["resource"])
        if row["kind"] == "s3":
            types = [self._type(*part) for part in self._elements(scope, keywords.get("events"))]
            filters = list(self._elements(scope, keywords.get("filters")))
            whole = "**" not in keywords and (bool(filters) or "filters" not in keywords)
            settings = self._stored(types, filters, whole=whole)
        elif row["kind"] == "sns":
            settings = {"filters": unknown(_COMPUTED)} if not _NARROWING.isdisjoint(keywords) else {}
        else:
            settings = self._mapped(scope, keywords)
            if row["kind"] == "sqs":
                settings["fifo"] = self._fifo(scope, given)
        self._add(function, row["kind"], call, settings, self.reference(scope, given))

    def _mapping_added(self, scope: str, call: CallRef) -> None:
        self._mapping(scope, call, self.function(scope, call.callee[1]))

    def _mapping(self, scope: str, call: CallRef, function: Place | None) -> None:
        """A mapping that names its source by an ARN."""
        keywords = dict(call.keywords)
        at, arn = self.followed(scope, keywords.get("event_source_arn"))
        source = self.made(at, arn[1]) if arn is not None and arn[0] == "a" else None
        kind = self.rows["resources"].get(source[0]) if source is not None else None
        if function is None or kind not in ("sqs", "kinesis", "dynamodb"):
            return
        settings = self._mapped(scope, keywords)
        if kind == "sqs":
            settings["fifo"] = self._fifo(at, arn[1])
        self._add(function, kind, call, settings, self.reference(at, arn))

    def _mapped(self, scope: str, keywords: Mapping[str, Expr]) -> dict[str, Value]:
        """The settings of an event source mapping."""
        if "**" in keywords:
            names = (*_CONSTANTS.values(), *_OPEN.values(), "response_types")
            return dict.fromkeys(names, unknown(_COMPUTED))
        found = {setting: unknown(_COMPUTED) for name, setting in _OPEN.items() if name in keywords}
        for name, setting in _CONSTANTS.items():
            if name in keywords:
                found[setting] = self._constant(scope, keywords[name])
        if "report_batch_item_failures" in keywords:
            reports = self._constant(scope, keywords["report_batch_item_failures"])
            if reports.value is True:
                found["response_types"] = known(("ReportBatchItemFailures",))
            elif reports.unknown:
                found["response_types"] = reports
        return found

    def _fifo(self, scope: str, queue: Expr) -> Value:
        found = self.made(scope, queue)
        if found is None or found[0] not in self.rows["resources"] or "**" in found[2]:
            return unknown(_COMPUTED)
        if "fifo" in found[2]:
            return self._constant(found[1][0], found[2]["fifo"])
        return unknown(_COMPUTED) if any(name in found[2] for name in _ORDERED) else known(False)

    # -- buckets, topics, rules

    def _target_of(self, scope: str, expr: Expr, operation: str) -> Place | None:
        """The function in a call that makes a target of it."""
        found = self.made(scope, expr)
        if found is None or found[0] != operation:
            return None
        _, (at, (_, _, args, _)), keywords = found
        return self.function(at, args[0] if args else keywords.get("fn", keywords.get("handler")))

    def _notified(self, scope: str, call: CallRef) -> None:
        """A notification of a bucket."""
        args, keywords = list(call.args), dict(call.keywords)
        if call.tail == "add_event_notification":
            types = [self._type(scope, args.pop(0) if args else keywords.get("event"))]
        else:
            types = ["s3:ObjectCreated:*" if "created" in call.tail else "s3:ObjectRemoved:*"]
        function = self._target_of(scope, args.pop(0) if args else keywords.get("dest"), _STORED)
        if function is not None:
            whole = keywords.keys() <= {"event", "dest"}
            settings = self._stored(types, [(scope, arg) for arg in args], whole=whole)
            self._add(function, "s3", call, settings, self.reference(scope, call.callee[1]))

    def _type(self, scope: str, expr: Expr) -> str | None:
        package, _, member = self.operation(*self.followed(scope, expr)).rpartition(".")
        found = self.rows["types"].get(package, {}).get(member)
        return str(found) if found is not None else None

    def _stored(self, types: Sequence[str | None], filters: Sequence[Place], *, whole: bool) -> dict[str, Value]:
        """The settings of a bucket's notification; ``whole`` tells that there are no other filters."""
        found = {"events": known(tuple(types)) if types and None not in types else unknown(_COMPUTED)}
        for written in filters:
            made = self._record(written, _FILTER)
            if made is None or not made[1].keys() <= {"prefix", "suffix"}:
                whole = False
                continue
            found.update({name: self._constant(made[0], value) for name, value in made[1].items()})
        return found if whole else {**found, "prefix": unknown(_COMPUTED)}

    def _subscribed(self, scope: str, call: CallRef) -> None:
        """A subscription of a topic."""
        given = _given(call, "topic_subscription", 0)
        function, found = self._target_of(scope, given, _SUBSCRIBED), self.made(scope, given)
        if function is not None and found is not None:
            settings = {"filters": unknown(_COMPUTED)} if not _NARROWING.isdisjoint(found[2]) else {}
            self._add(function, "sns", call, settings, self.reference(scope, call.callee[1]))

    def _targeted(self, scope: str, call: CallRef) -> None:
        """A target that a rule is given later."""
        rule = self.made(scope, call.callee[1])
        if rule is not None and rule[0] == _RULE:
            self._target(call, rule[1], (scope, _given(call, "target", 0)))

    def _target(self, call: CallRef, rule: Place, target: Place) -> None:
        function = self._target_of(*target, _TARGET)
        scope, keywords = rule[0], dict(rule[1][3])
        if function is None:
            return
        settings = {"enabled": self._constant(scope, keywords["enabled"])} if "enabled" in keywords else {}
        if "schedule" in keywords and "event_pattern" not in keywords and "**" not in keywords and not self._narrowed:
            self._add(function, "schedule", call, settings)
        elif "event_pattern" in keywords:
            settings["pattern"] = self._pattern(scope, keywords["event_pattern"])
            if "event_bus" in keywords or "**" in keywords:
                settings["bus"] = self.reference(scope, keywords.get("event_bus"))
            self._add(function, "eventbridge", call, settings)

    def _pattern(self, scope: str, expr: Expr) -> Value:
        found = self._record((scope, expr), _PATTERN)
        if found is None or self._narrowed:
            return unknown(_COMPUTED)
        pattern: dict[str, Value] = {}
        for name, value in found[1].items():
            parts = [self._constant(*part) for part in self._elements(found[0], value)]
            plain = parts and all(part.known for part in parts) and name in ("source", "detail_type")
            pattern[name.replace("_", "-")] = known(tuple(parts)) if plain else unknown(_COMPUTED)
        return known(pattern)


def place_of(scope: str, call: CallRef) -> Place:
    """The place of the construct that a call makes."""
    return scope, ("c", call.callee, call.args, call.keywords)


def constant(expr: Any, kind: type) -> Any:
    """The constant of a kind that an expression is, else None."""
    if isinstance(expr, tuple) and len(expr) == 2 and expr[0] == "k" and type(expr[1]) is kind:
        return expr[1]
    return None


def _given(call: CallRef, keyword: str, position: int | None) -> Expr:
    """An argument by its name or position; None where it is not there."""
    if position is not None and len(call.args) > position:
        return call.args[position]
    return dict(call.keywords).get(keyword)
