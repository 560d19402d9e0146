"""What other resources say about a function and its event sources: aliases, versions, and where failures go.

`joined` adds to the settings of functions

    aliases     Known with the names of its aliases; those of ``$LATEST`` do not count
    published   Known True where the template publishes versions of it
    on_failure  where its asynchronous invocations go that failed, if another resource says so

and to those of events

    dead_letter  Known True where the queue or topic takes what fails elsewhere
    redrive      of queues, Known True or False: whether it hands on what fails again and again

What nothing says stays Absent; where a resource says it of a function that nobody can tell, it is Unknown for all
functions beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lambdalint.model import ABSENT, DeclaredFunction, EventSource, Location, State, Value
from lambdalint.templates.events import LATEST, Linker, stand_in_name
from lambdalint.templates.values import Resource, at, known, pick, text, unknown

_ALIASES = {"AWS::Lambda::Alias": "FunctionName", "aws_lambda_alias": "function_name"}
_VERSIONS = {"AWS::Lambda::Version": "FunctionName"}
# Where each says which function it is about and where failures go; both destinations at the latter make it known.
_INVOKE_CONFIGS = {
    "AWS::Lambda::EventInvokeConfig": ("FunctionName", "DestinationConfig.OnFailure.Destination"),
    "aws_lambda_function_event_invoke_config": (
        "function_name",
        "destination_config[].on_failure[].destination",
    ),
}
_QUEUES = {"AWS::SQS::Queue": "RedrivePolicy", "aws_sqs_queue": "redrive_policy"}
_REDRIVES = {"AWS::SQS::Queue": "RedrivePolicy.deadLetterTargetArn", "aws_sqs_queue": "redrive_policy"}
_QUEUE_REDRIVE = "aws_sqs_queue_redrive_policy"
_ALLOWS = ("RedriveAllowPolicy", "redrive_allow_policy")
# Where resources name the queues that take what fails.
_DEAD_LETTERS = {
    **_REDRIVES,
    _QUEUE_REDRIVE: "redrive_policy",
    "AWS::SNS::Subscription": "RedrivePolicy",
    "aws_sns_topic_subscription": "redrive_policy",
    "AWS::Events::Rule": "Targets[].DeadLetterConfig.Arn",
    "aws_cloudwatch_event_target": "dead_letter_config[].arn",
    "AWS::Scheduler::Schedule": "Target.DeadLetterConfig.Arn",
    "aws_scheduler_schedule": "target[].dead_letter_config[].arn",
    **{kind: path for kind, (_, path) in _INVOKE_CONFIGS.items()},
}
_NAMED_DEAD_LETTER = re.compile(r"dlq|dead.?letter|redrive", re.IGNORECASE)


def joined(functions: list[DeclaredFunction], linker: Linker, resources: list[Resource]) -> list[DeclaredFunction]:
    """The functions with what other resources say about them and their event sources."""
    joins = _Joins(functions, linker, resources)
    return [joins.complete(position, function) for position, function in enumerate(functions)]


class _Joins:
    def __init__(self, functions: list[DeclaredFunction], linker: Linker, resources: list[Resource]) -> None:
        self.linker = linker
        self.scopes: dict[int, set[str]] = {}
        for (scope, _), position in linker.functions.items():
            self.scopes.setdefault(position, set()).add(scope)
        self.aliases: dict[int, list[tuple[str, Location]]] = {}
        self.versions: dict[int, Location] = {}
        self.failures: dict[int, Value] = {}
        self.lost: dict[tuple[str, str], Value] = {}  # (setting, scope) where a resource says it of nobody knows whom
        self.redriven: dict[tuple[str, str], Value] = {}
        for resource in resources:
            self._note(resource)
        self.dead_letters = {
            (queue.scope, queue.name)
            for value in self._failed(functions, resources)
            if (queue := linker.resource_of(value))
        }

    def _note(self, resource: Resource) -> None:
        if resource.type in _ALIASES:
            name = stand_in_name(resource)
            for position in self._about(resource, _ALIASES[resource.type], "aliases"):
                if name != LATEST:
                    self.aliases.setdefault(position, []).append((name, resource.location))
        elif resource.type in _VERSIONS:
            self.versions.update(
                dict.fromkeys(self._about(resource, _VERSIONS[resource.type], "published"), resource.location)
            )
        elif resource.type in _INVOKE_CONFIGS:
            function, path = _INVOKE_CONFIGS[resource.type]
            for position in self._about(resource, function, "on_failure"):
                self.failures.setdefault(position, at(resource.properties, path))
        elif resource.type == _QUEUE_REDRIVE:
            queue = self.linker.resource_of(resource.properties.get("queue_url", ABSENT))
            if queue is not None:
                self.redriven[queue.scope, queue.name] = known(True, resource.location)
            else:
                self.lost["redrive", resource.scope] = unknown("a redrive policy of some queue", resource.location)

    def _about(self, resource: Resource, name: str, setting: str) -> list[int]:
        """The positions of the functions that a resource is about."""
        positions = self.linker.targets(resource.properties.get(name, ABSENT))
        if not positions:
            self.lost[setting, resource.scope] = unknown(f"{resource.name} is about some function", resource.location)
        return positions

    def _failed(self, functions: list[DeclaredFunction], resources: list[Resource]) -> Iterator[Value]:
        """All values that say where goes what fails."""
        for resource in resources:
            if resource.type in _DEAD_LETTERS:
                yield from pick(resource.properties, _DEAD_LETTERS[resource.type])
        for function in functions:
            yield function.setting("dead_letter")
            yield function.setting("on_failure")
            for event in function.events.value or ():
                yield event.setting("on_failure")

    def complete(self, position: int, function: DeclaredFunction) -> DeclaredFunction:
        """One function with all that is said about it."""
        said = {
            "aliases": self._aliases(position, function),
            "published": self._published(position, function),
            "on_failure": self._failure(position, function),
        }
        settings = {**function.settings, **{name: value for name, value in said.items() if value != ABSENT}}
        events = function.events
        if events.value:
            completed = tuple(self._event(event) for event in events.value)
            events = events._replace(value=completed)
        return function._replace(settings=settings, events=events)

    def _lost(self, setting: str, position: int) -> Value:
        """Unknown where a resource beside the function says it of nobody knows whom."""
        found = (self.lost.get((setting, scope)) for scope in sorted(self.scopes.get(position, ())))
        return next((value for value in found if value is not None), ABSENT)

    def _aliases(self, position: int, function: DeclaredFunction) -> Value:
        own = function.setting("auto_publish_alias")
        if own.unknown:
            return own
        named = [(name, own.location)] if own.known and (name := text(own)) else []
        named += self.aliases.get(position, [])
        if named:
            return known(tuple(name for name, _ in named), named[0][1])
        given = function.setting("aliases")
        return given if given != ABSENT else self._lost("aliases", position)

    def _published(self, position: int, function: DeclaredFunction) -> Value:
        for value in (self._aliases(position, function), function.setting("auto_publish_alias")):
            if value.state is not State.ABSENT:
                return known(True, value.location) if value.known else value
        if position in self.versions:
            return known(True, self.versions[position])
        own = function.setting("publish")
        if own.unknown or own.value in (True, "true"):
            return own._replace(value=True) if own.known else own
        return self._lost("published", position)

    def _failure(self, position: int, function: DeclaredFunction) -> Value:
        own = function.setting("on_failure")
        if own != ABSENT:
            return own
        return self.failures.get(position, self._lost("on_failure", position))

    def _event(self, event: EventSource) -> EventSource:
        if event.kind not in ("sqs", "sns") or event.resource.state is State.ABSENT:
            return event
        queue = self.linker.resource_of(event.resource)
        found = {"redrive": self._redrive(queue, event)} if event.kind == "sqs" else {}
        if queue is not None and self._is_dead_letter(queue):
            found["dead_letter"] = known(True, queue.location)
        return event._replace(settings={**event.settings, **found})

    def _redrive(self, queue: Resource | None, event: EventSource) -> Value:
        if queue is None or queue.type not in _QUEUES:
            return unknown("the queue is not in the templates", event.resource.location)
        if (queue.scope, queue.name) in self.redriven:
            return self.redriven[queue.scope, queue.name]
        policy = at(queue.properties, _QUEUES[queue.type])
        if isinstance(policy.value, dict) and "deadLetterTargetArn" in policy.value:
            return known(True, policy.location)  # also in a JSON text that names a queue
        made = queue.properties.get("create_dlq", ABSENT)  # of terraform-aws-modules/sqs
        for value in (policy, made):
            if value.unknown or (value.state is State.ABSENT and value.location is not None):
                return unknown(value.reason, value.location)
        if (policy.known and policy.value not in ("", {})) or made.value in (True, "true"):
            return known(True, policy.location or made.location)
        lost = self.lost.get(("redrive", queue.scope))
        return known(False, queue.location) if lost is None else lost

    def _is_dead_letter(self, queue: Resource) -> bool:
        if (queue.scope, queue.name) in self.dead_letters or any(name in queue.properties for name in _ALLOWS):
            return True
        names = (
            queue.name,
            *(text(queue.properties.get(name, ABSENT)) or "" for name in ("QueueName", "TopicName", "name")),
        )
        return any(_NAMED_DEAD_LETTER.search(name) for name in names)
