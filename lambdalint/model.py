"""The plain frozen data that every stage hands to the next.

Everything here is a ``NamedTuple``: immutable, hashable, picklable and cheap to import (a run over
one clean file is mostly start-up, and a dataclass costs several times as much to create).

Units: lines and columns are 1-based, columns count Unicode code points, paths are relative to the
project's root with forward slashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum

from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Severity(IntEnum):
    """How bad a finding is for whoever runs the function."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        """The lower-case name, as configuration and every output format spell it."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the analysis is that the finding is right."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        """The lower-case name, as configuration and every output format spell it."""
        return self.name.lower()


class Location(NamedTuple):
    """A span of one file. ``end_column`` is the column after the last character."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0


class Step(NamedTuple):
    """One step of a call chain, from the entry point (first) to the site (last)."""

    location: Location
    function: str
    note: str = ""


class Finding(NamedTuple):
    """One thing to report, with its evidence.

    ``function`` is the dotted name of the definition that holds the location (``<module>`` outside
    any); ``chains`` holds one call chain for each entry point that reaches it; ``facts`` are short
    sentences on what decided the finding; ``remedy`` says what to do here, where the rule's general
    remedy is not enough. ``masked`` keeps outputs from showing what stands at the location.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    function: str = "<module>"
    chains: tuple[tuple[Step, ...], ...] = ()
    facts: tuple[str, ...] = ()
    remedy: str = ""
    related: tuple[tuple[Location, str], ...] = ()
    masked: bool = False


class State(Enum):
    """What is known of a value that a template may set."""

    KNOWN = "known"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Value(NamedTuple):
    """A value of a template: Known with ``value``, Absent (not set), or Unknown (set, undecidable).

    ``reason`` says why a value is Unknown; ``location`` is where it is set.
    """

    state: State = State.ABSENT
    value: Any = None
    location: Location | None = None
    reason: str = ""

    @property
    def known(self) -> bool:
        """Whether ``value`` may be relied on."""
        return self.state is State.KNOWN

    @property
    def unknown(self) -> bool:
        """Whether the template sets it to something that cannot be decided."""
        return self.state is State.UNKNOWN

    @property
    def unwritten(self) -> bool:
        """Whether the template leaves it out; not so where it is written and a variable's default makes it null."""
        return self.state is State.ABSENT and self.location is None


ABSENT = Value()


class EventSource(NamedTuple):
    """What triggers a function.

    ``kind`` is one of ``sqs sns s3 kinesis dynamodb eventbridge schedule api http function-url alb
    websocket cloudwatch-logs iot cognito msk kafka mq documentdb ses config codecommit
    custom-resource step-functions async authorizer appsync alexa lex bedrock cloudfront firehose pipes
    secrets-rotation unknown``. ``resource`` names the queue, bucket, topic …
    (a Value). ``settings`` holds what else the template says (``batch_size``,
    ``response_types``, ``filters``, ``prefix``, ``suffix``, ``events``, ``fifo``,
    ``payload_version``, ``qualifier``), each a Value; see `lambdalint.templates.defaults` for ``answer_s``,
    ``visibility_s`` and ``advised_s``, `lambdalint.templates.joins` for ``redrive`` and ``dead_letter``.
    ``supposed`` is set where it exists only if a variable is set.
    """

    kind: str
    resource: Value = ABSENT
    location: Location | None = None
    settings: Mapping[str, Value] = {}

    def setting(self, name: str) -> Value:
        """The named setting, Absent where the template has none."""
        return self.settings.get(name, ABSENT)


class DeclaredFunction(NamedTuple):
    """A function as one template declares it, before its handler is looked for in the code.

    ``code_root`` is Known with a path relative to the project's root (a directory, archive or
    single file), Absent where the template leaves it to the tool's default (then ``default_root``
    is set), Unknown where the code is elsewhere. ``environment`` is Known with a mapping of names
    to Values when the *names* are fully known, else Unknown (its ``value`` still maps the names
    that could be read). ``events`` is Known with a tuple of EventSource, Unknown if some may be
    missing (its ``value`` still holds the ones that could be read). ``scope`` is that of the References
    to it: the template or, of Terraform, the directory of the root module, wherever the function is
    written; "" where no template declares it.
    """

    name: str
    origin: str
    location: Location
    handler: Value = ABSENT
    code_root: Value = ABSENT
    default_root: str = ""
    runtime: Value = ABSENT
    architecture: Value = ABSENT
    memory: Value = ABSENT
    timeout: Value = ABSENT
    package_type: Value = ABSENT
    layers: Value = ABSENT
    environment: Value = ABSENT
    events: Value = ABSENT
    settings: Mapping[str, Value] = {}
    scope: str = ""

    @property
    def python(self) -> tuple[int, int] | None:
        """The version of Python 3 that its runtime is, None where it is unknown or another."""
        name = str(self.runtime.value) if self.runtime.known else ""
        major, _, minor = name.removeprefix("python").partition(".")
        return (3, int(minor)) if major == "3" and minor.isdecimal() and minor.isascii() else None

    def setting(self, name: str) -> Value:
        """The named setting, Absent where the template has none."""
        return self.settings.get(name, ABSENT)


class Function(NamedTuple):
    """A deployed function: where its entry point is, what it runs on, and how we know.

    ``path``/``line``/``qualname`` locate the Python definition of the entry point (the ``def``, or
    the assignment that binds it); None where the code is elsewhere or is not Python. ``origin`` is
    ``sam cloudformation serverless terraform cdk chalice configuration decorator heuristic``.
    ``reason`` says in one sentence why this is an entry point. ``problem`` says why a declared
    handler could not be found. ``supplied`` tells that a plug-in makes the handler at packaging time, and
    that the location is the application object which that handler runs.

    ``fault`` is set where the runtime would fail to load the handler from the code that is here:
    ``malformed`` (no module and function), ``builtin`` (the module's name is one of the interpreter's own),
    ``module`` (the code root holds no such module) or ``attribute`` (the module binds no such name).
    ``excuse`` names what may put it right all the same: ``layer wrapper build placeholder dynamic``.
    """

    name: str
    handler: str
    origin: str
    reason: str
    path: str | None = None
    line: int | None = None
    qualname: str | None = None
    code_root: str | None = None
    declared: DeclaredFunction | None = None
    problem: str = ""
    supplied: bool = False
    fault: str = ""
    excuse: str = ""

    @property
    def declared_at(self) -> Location | None:
        """The place in the template, None where no template declares the function."""
        return self.declared.location if self.declared else None

    def value(self, field: str) -> Value:
        """The declared value of ``runtime``, ``timeout`` …; Absent where no template says so."""
        found = getattr(self.declared, field, ABSENT) if self.declared else ABSENT
        return found if isinstance(found, Value) else ABSENT

    @property
    def python(self) -> tuple[int, int] | None:
        """The version of Python 3 that a template's runtime is, None where it is unknown or another."""
        return self.declared.python if self.declared else None

    def turned_on(self, setting: str) -> Value | None:
        """The setting where a template is known to turn it on (``snap_start``, ``durable`` …), else None."""
        found = self.declared.setting(setting) if self.declared else ABSENT
        return found if found.known and found.value and str(found.value).lower() not in ("none", "false") else None

    @property
    def lifetime_s(self) -> Value:
        """How many seconds an invocation may last, defaults included; Absent where no template tells."""
        return self.declared.settings.get("lifetime_s", ABSENT) if self.declared else ABSENT

    @property
    def events(self) -> tuple[EventSource, ...]:
        """The event sources that could be read from the template."""
        return tuple(self.value("events").value or ())

    @property
    def variables(self) -> Mapping[str, Value]:
        """The environment variables that the template is seen to set."""
        found = self.value("environment").value
        return found if isinstance(found, dict) else {}


class Skipped(NamedTuple):
    """An input that was not analysed, and why. ``named`` is set where the user named the path."""

    path: str
    reason: str
    named: bool = False


class Statistics(NamedTuple):
    """Counts over one run, printed with ``--statistics``. Calls are those inside regions."""

    calls: int = 0
    calls_resolved: int = 0
    bodies_lowered: int = 0
    pairing_mismatches: int = 0
    verdicts: Mapping[str, int] = {}


class GraphNode(NamedTuple):
    """A function, a resource or another source of events. ``name`` is unique in its graph, ``label`` what people read.

    ``kind`` is ``lambda`` for functions, else a kind of `EventSource`; ``problem`` says why the code of a function
    is not part of the graph.
    """

    name: str
    kind: str
    label: str
    location: Location | None = None
    problem: str = ""


class GraphEdge(NamedTuple):
    """One step of events, from one node's name to another's.

    ``kind`` is ``triggers`` (to a function), ``writes`` (from a function), ``hands on`` or ``redrives`` (between
    resources); ``label`` says what: event types and filters, operations. ``loop`` tells that it is part of one.
    """

    source: str
    target: str
    kind: str
    label: str = ""
    location: Location | None = None
    loop: bool = False


# What people call the resources that functions read from and write to, by kind.
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


class EventGraph(NamedTuple):
    """What triggers what, sorted. ``loops`` hold the names of the nodes on each loop, from a function back to it.

    ``unresolved`` are the writes of which nobody can tell where they go: function (its name), operation, place.
    """

    nodes: tuple[GraphNode, ...] = ()
    edges: tuple[GraphEdge, ...] = ()
    loops: tuple[tuple[str, ...], ...] = ()
    unresolved: tuple[tuple[str, str, Location], ...] = ()


class Report(NamedTuple):
    """The outcome of one run over one project.

    ``graph`` is filled where it was asked for. ``starts`` holds, for each definition (path and qualname) that call
    chains start from, the functions that run it: an application that is a handler stands for all of its routes.
    Every input below the given paths is either in ``analysed`` or in ``skipped`` or was excluded
    (``excluded`` counts those). ``internal_errors`` holds one sentence for each rule or stage that
    failed; any makes the exit code 2.
    """

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    functions: tuple[Function, ...] = ()
    starts: Mapping[tuple[str, str], tuple[Function, ...]] = {}
    analysed: tuple[str, ...] = ()
    excluded: int = 0
    suppressed: int = 0
    baselined: int = 0
    internal_errors: tuple[str, ...] = ()
    statistics: Statistics = Statistics()
    graph: EventGraph = EventGraph()
