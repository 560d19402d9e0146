"""What the decorators of Chalice say of the functions that they make: names, events and, by name, settings.

Chalice loads ``app.py`` where it deploys, so that an argument counts only where it is written out, or bound once in
its module: what the environment says there, nobody knows here.

Sources: Chalice 1.34, ``app.py`` (the decorators, their parameters and defaults; ``Rate`` and ``Cron``) and
``deploy/appgraph.py`` (the names of functions, and of those for WebSockets).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lambdalint.data import table
from lambdalint.model import ABSENT, DeclaredFunction, EventSource, Function, Location, State, Value
from lambdalint.templates.chalice import configured
from lambdalint.templates.values import ChaliceProject, known, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.source.names import Names
    from lambdalint.source.program import Program
    from lambdalint.source.skeleton import CallRef, Def, Expr, Skeleton

_COMPUTED = "the program computes it"
_STREAM = ("batch_size", "starting_position", "name", "maximum_batching_window_in_seconds")
# The parameters of each decorator, in order.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "lambda_function": ("name",),
    "schedule": ("expression", "name", "description"),
    "authorizer": ("ttl_seconds", "execution_role", "name", "header"),
    "on_s3_event": ("bucket", "events", "prefix", "suffix", "name"),
    "on_sns_message": ("topic", "name"),
    "on_sqs_message": (
        "queue",
        "batch_size",
        "name",
        "queue_arn",
        "maximum_batching_window_in_seconds",
        "maximum_concurrency",
    ),
    "on_cw_event": ("event_pattern", "name"),
    "on_kinesis_record": ("stream", *_STREAM),
    "on_dynamodb_record": ("stream_arn", *_STREAM),
    "on_ws_connect": ("name",),
    "on_ws_message": ("name",),
    "on_ws_disconnect": ("name",),
}
_SOURCES = ("bucket", "topic", "queue", "queue_arn", "stream", "stream_arn")
# Parameters that are settings of events, and what these are called.
_SETTINGS = {
    "events": "events",
    "prefix": "prefix",
    "suffix": "suffix",
    "batch_size": "batch_size",
    "starting_position": "starting_position",
    "maximum_batching_window_in_seconds": "batching_window",
    "maximum_concurrency": "concurrency",
    "expression": "schedule",
    "event_pattern": "pattern",
}
_STREAM_DEFAULTS = {"batch_size": 100, "starting_position": "LATEST"}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "on_s3_event": {"events": ("s3:ObjectCreated:*",)},
    "on_sqs_message": {"batch_size": 1},
    "on_kinesis_record": _STREAM_DEFAULTS,
    "on_dynamodb_record": _STREAM_DEFAULTS,
}
_DEFAULT = "default of Chalice"
# What config.json calls the functions for WebSockets, whatever they are called.
_CALLED = {
    "on_ws_connect": "websocket_connect",
    "on_ws_message": "websocket_message",
    "on_ws_disconnect": "websocket_disconnect",
}
_SCHEDULES = {
    "Rate": ("value", "unit"),
    "Cron": ("minutes", "hours", "day_of_month", "month", "day_of_week", "year"),
}
# Settings that Chalice has no words for, so that whoever needs them makes them elsewhere.
_ELSEWHERE = ("aliases", "dead_letter", "on_failure", "on_success", "published")
_CONFIGURED = ("role", "tracing", "log_retention", "reserved_concurrency", "lifetime_s")


def completed(
    functions: Sequence[Function], projects: Sequence[ChaliceProject], program: Program, names: Names
) -> list[Function]:
    """The functions, those that a decorator of Chalice makes with what it and the configuration say of them."""
    decorated = _Decorated(projects, program, names)
    return [
        decorated.completed(item) if item.origin == "chalice" and item.declared is None else item for item in functions
    ]


class _Decorated:
    def __init__(self, projects: Sequence[ChaliceProject], program: Program, names: Names) -> None:
        self.projects = {"" if item.directory == "." else item.directory: item for item in projects}
        self.program = program
        self.names = names
        self.kinds: Mapping[str, str] = table("sources")["decorators"]
        self._prefixes: dict[tuple[str, str] | None, set[str | None]] | None = None

    def completed(self, function: Function) -> Function:
        """A function with its declaration; as it is where no decorator makes it."""
        if function.path is None or function.qualname is None:
            return function
        skeleton = self.program.skeleton(function.path)
        definition = self.names.definition((function.path, function.qualname))
        if skeleton is None or definition is None:
            return function
        for decorator, values in self.names.decorator_values((function.path, function.qualname)):
            for value in values:
                operation = value[1] if value[0] == "ext" else ""
                if operation.startswith("chalice.") and operation.rpartition(".")[2] in _PARAMETERS:
                    declared = self._declared(function, skeleton, definition, decorator, operation)
                    return function._replace(name=declared.name, declared=declared)
        return function

    def _declared(
        self, function: Function, skeleton: Skeleton, definition: Def, decorator: Expr, operation: str
    ) -> DeclaredFunction:
        method = operation.rpartition(".")[2]
        call = _call_of(skeleton, definition, decorator)
        place = Location(skeleton.path, definition.line, definition.column + 1)
        if call is not None:
            place = Location(skeleton.path, call.line, call.column + 1)
        given = _Arguments(self, skeleton, _PARAMETERS[method], decorator, place)
        name = self._name(given, skeleton, definition, decorator, method)
        directory = self._directory(skeleton.path)
        settings = dict.fromkeys(_ELSEWHERE, unknown("Chalice leaves it to whoever deploys", place))
        if directory is None:
            absent = unknown("its .chalice/config.json is not here", place)
            declared = DeclaredFunction(
                name="",
                origin="chalice",
                location=place,
                handler=known(function.handler, place),
                default_root=function.code_root or "",
                runtime=absent,
                memory=absent,
                timeout=absent,
                layers=absent,
                environment=absent,
            )
            settings.update(dict.fromkeys(_CONFIGURED, absent))
        else:
            declared = configured(self.projects[directory], name)
            settings["lifetime_s"] = declared.timeout
            module = skeleton.path.removesuffix(".py").removesuffix("/__init__")[len(directory) :].strip("/")
            handler = f"{module.replace('/', '.')}.{definition.name}"
            declared = declared._replace(handler=known(handler, place, "Chalice imports it from there"))
        kind = self.kinds.get(operation)
        if kind is not None:
            source = EventSource(kind, given.source(), place, given.settings(kind, _DEFAULTS.get(method, {})))
            declared = declared._replace(events=known((source,), place))
        return declared._replace(
            name=name if name is not None else function.handler,
            location=place,
            settings={**settings, **declared.settings},
        )

    def _directory(self, path: str) -> str | None:
        """The directory of the project that a module belongs to, the innermost."""
        inside = [directory for directory in self.projects if not directory or path.startswith(f"{directory}/")]
        return max(inside, key=len, default=None)

    # -- names

    def _name(self, given: _Arguments, skeleton: Skeleton, definition: Def, decorator: Expr, method: str) -> str | None:
        """What Chalice and its configuration call a function; None where that is computed."""
        if method in _CALLED:
            return _CALLED[method]
        told = given.of("name")
        own = definition.name if told.state is State.ABSENT else told.value
        target = decorator[1] if decorator is not None and decorator[0] == "c" else decorator
        prefix = self._prefix(self.names.identity(skeleton.path, definition.parent, target[1])) if target else ""
        return f"{prefix}{own}" if prefix is not None and isinstance(own, str) else None

    def _prefix(self, application: tuple[str, str] | None) -> str | None:
        """What an application puts before the names of a blueprint's functions; None where nobody can tell."""
        if self._prefixes is None:
            self._prefixes = {}
            for path, scope, call in self._registrations():
                keywords = dict(call.keywords)
                blueprint = call.args[0] if call.args else keywords.get("blueprint")
                prefix = call.args[1] if len(call.args) > 1 else keywords.get("name_prefix", ("k", None))
                text = (prefix[1] or "") if prefix is not None and prefix[0] == "k" and "**" not in keywords else None
                whose = self.names.identity(path, scope, blueprint) if blueprint is not None else None
                self._prefixes.setdefault(whose, set()).add(text)
        found = self._prefixes.get(application, set()) or self._prefixes.get(None, set()) or {""}
        return next(iter(found)) if len(found) == 1 else None

    def _registrations(self) -> Iterator[tuple[str, str, CallRef]]:
        for skeleton in self.program.loaded():
            scopes = [("", skeleton.calls), *((scope, item.calls) for scope, item in skeleton.defs.items())]
            for scope, calls in scopes:
                for call in calls:
                    if call.tail == "register_blueprint":
                        yield skeleton.path, scope, call


class _Arguments:
    """What is written for the parameters of a decorator."""

    def __init__(
        self, of: _Decorated, skeleton: Skeleton, parameters: Sequence[str], decorator: Expr, place: Location
    ) -> None:
        args, keywords = decorator[2:4] if decorator is not None and decorator[0] == "c" else ((), ())
        self.of_names = of.names
        self.skeleton = skeleton
        self.place = place
        self.given: dict[str, Expr] = {**dict(zip(parameters, args, strict=False)), **dict(keywords)}
        self.open = "**" in self.given or None in args  # an argument that is unpacked is None

    def of(self, name: str) -> Value:
        """The value of a parameter; Absent where it is left out."""
        if name in self.given:
            return self._value(self.given[name])
        return self._unknown() if self.open else ABSENT

    def source(self) -> Value:
        """The name or ARN of what triggers the function."""
        found = (self.of(name) for name in _SOURCES if name in self.given)
        value = next(
            (item for item in found if item.state is not State.ABSENT), self._unknown() if self.open else ABSENT
        )
        return self._unknown() if value.known and not _is_plain(value.value) else value

    def settings(self, kind: str, defaults: Mapping[str, Any]) -> dict[str, Value]:
        """The settings of the event source."""
        found: dict[str, Value] = {}
        for parameter, setting in _SETTINGS.items():
            value = self.of(parameter) if parameter in self.given or parameter in defaults else ABSENT
            if value.state is State.ABSENT and parameter in defaults:
                value = known(defaults[parameter], None, _DEFAULT)
            if setting == "events" and value.known and value.reason != _DEFAULT:
                parts = [part.value for part in value.value] if type(value.value) is tuple else [None]
                value = value._replace(value=tuple(parts)) if all(map(_is_plain, parts)) else self._unknown()
            if value.state is not State.ABSENT:
                found[setting] = value
        if kind == "sqs":
            queue = self.source()
            found["fifo"] = known(queue.value.endswith(".fifo"), self.place) if queue.known else self._unknown()
        return found

    def _unknown(self) -> Value:
        return unknown(_COMPUTED, self.place)

    def _value(self, expr: Expr) -> Value:
        """A value that is written out: a constant, a list or dict of such, a schedule."""
        expr = self._followed(expr)
        if expr is None:
            return self._unknown()
        if expr[0] == "k":
            return known(expr[1], self.place) if expr[1] is not None else ABSENT
        if expr[0] == "l":
            return known(tuple(self._value(part) for part in expr[1]), self.place)
        if expr[0] == "d" and all(isinstance(key, str) for key, _ in expr[1]):
            return known({key: self._value(part) for key, part in expr[1]}, self.place)
        return self._schedule(expr) if expr[0] == "c" else self._unknown()

    def _followed(self, expr: Expr) -> Expr:
        """An expression, or what the name that it is was bound to, if the module does that once."""
        if expr is None or expr[0] != "n":
            return expr
        bound = self.skeleton.bindings.get(expr[1], ())
        return bound[0][1] if len(bound) == 1 and not bound[0][0] else None

    def _schedule(self, expr: Expr) -> Value:
        """What ``Rate`` and ``Cron`` become."""
        values = self.of_names.resolve(self.skeleton.path, "", expr[1])
        operation = values[0][1] if len(values) == 1 and values[0][0] == "ext" else ""
        kind = operation.rpartition(".")[2] if operation.startswith("chalice.") else ""
        if kind not in _SCHEDULES or None in expr[2]:
            return self._unknown()
        given = {**dict(zip(_SCHEDULES[kind], expr[2], strict=False)), **dict(expr[3])}
        parts = [self._part(given.get(name)) for name in _SCHEDULES[kind]]
        if None in parts:
            return self._unknown()
        if kind == "Cron":
            return known(f"cron({' '.join(map(str, parts))})", self.place)
        unit = str(parts[1]).lower()
        return known(f"rate({parts[0]} {unit[:-1] if parts[0] == '1' else unit})", self.place)

    def _part(self, expr: Expr) -> str | None:
        """A field of a schedule."""
        expr = self._followed(expr)
        if expr is not None and expr[0] == "a" and expr[2] in ("MINUTES", "HOURS", "DAYS"):
            return str(expr[2])
        written = expr[1] if expr is not None and expr[0] == "k" else None
        return str(written) if type(written) in (int, str) else None


def _is_plain(value: object) -> bool:
    """Whether a value is a text with nothing to fill in: Chalice hands ``${}`` on to Terraform, which does."""
    return isinstance(value, str) and "${" not in value


def _call_of(skeleton: Skeleton, definition: Def, decorator: Expr) -> CallRef | None:
    """The call that a decorator is: the last of those like it above the definition."""
    if decorator is None or decorator[0] != "c":
        return None
    alike = [
        call
        for call in skeleton.calls
        if call.line <= definition.line and ("c", call.callee, call.args, call.keywords) == decorator
    ]
    return max(alike, key=lambda call: (call.line, call.column), default=None)
