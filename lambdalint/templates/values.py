"""What the readers hand on besides functions, and the small operations on Values that they share."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from lambdalint.model import ABSENT, DeclaredFunction, Location, Skipped, State, Value
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Reference(NamedTuple):
    """A resource, parameter or pseudo parameter that a value names and only the deployment decides.

    ``scope`` is where the name counts (the path of the template; for Terraform the directory of the root
    module; "" for pseudo parameters), ``name`` the logical id or address, ``attribute`` what is asked of
    it (``Arn``; "" for the thing itself).
    """

    scope: str
    name: str
    attribute: str = ""


class Text(NamedTuple):
    """A string of which some parts are References (or Values, where a part is undecidable)."""

    parts: tuple[str | Reference | Value, ...]


class Either(NamedTuple):
    """What an Unknown value may be: the branches of a condition that stays open."""

    options: tuple[Value, ...]


class Resource(NamedTuple):
    """One resource that a template declares, functions included.

    ``type`` is spelt as the template spells it (``AWS::SQS::Queue``, ``aws_sqs_queue``); ``scope`` and
    ``name`` are those of the References to it. What a nested stack outputs is a resource of type and name
    ``Outputs``. ``properties`` maps the template's own spelling to Values whose known values are str (numbers
    and truth values of YAML and JSON too), tuples of Values, dicts of Values, `Reference` or `Text`;
    Terraform adds int, float, bool.
    """

    origin: str
    scope: str
    name: str
    type: str
    location: Location
    properties: Mapping[str, Value] = {}


class Installs(NamedTuple):
    """What a tool installs into a function when it builds it, as the setting ``installs`` has it.

    ``files`` are files of requirements and locks, by their paths in the project: the tool takes the first that is
    there. ``barred`` are files beside which it may not take one of requirements. ``without`` are distributions that it
    leaves out, as they are written, ``open`` tells that more may be installed.
    """

    files: tuple[str, ...]
    barred: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    open: bool = False


class ChaliceProject(NamedTuple):
    """A Chalice project: its directory, where it is configured, what holds for all stages and what for each.

    There is always a stage; both map the names of ``.chalice/config.json``.
    """

    directory: str
    location: Location
    top: Mapping[str, Value] = {}
    stages: tuple[Mapping[str, Value], ...] = ({},)


class Templates(NamedTuple):
    """Everything that the templates of a project say.

    ``foreign_roots`` are directories whose functions belong to another cloud. Each function whose code is
    not in the repository has an Unknown ``code_root`` with the reason. ``applications`` are the directories of
    CDK programs in Python ("" for the root), whose constructs only a reader of Python can tell; ``chalice`` are the
    projects whose decorators only such a one can.
    """

    functions: tuple[DeclaredFunction, ...] = ()
    problems: tuple[Skipped, ...] = ()
    resources: tuple[Resource, ...] = ()
    foreign_roots: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    chalice: tuple[ChaliceProject, ...] = ()


class TooMuchWork(Exception):
    """A template whose evaluation goes beyond the budget."""


class Sizes:
    """How large values are when written out.

    Values share their parts, as locals and variables do, so a few lines can describe a value that nobody
    could walk. Whoever composes values asks here, and refuses those beyond SIZE_LIMIT.
    """

    def __init__(self) -> None:
        # By identity of the container, which is kept alive with its size.
        self.known: dict[int, tuple[Any, int]] = {}

    def of(self, value: Value) -> int:
        """The number of parts of a value; a string counts its length in thousands of characters."""
        found = value.value
        if isinstance(found, str):
            return 1 + len(found) // 1000
        if not isinstance(found, (tuple, dict)) or isinstance(found, Reference):
            return 1
        if id(found) in self.known:
            return self.known[id(found)][1]
        total = 1
        if isinstance(found, dict):
            parts: Any = found.values()
        elif isinstance(found, Text):
            parts = found.parts
        elif isinstance(found, Either):
            parts = found.options
        else:
            parts = found
        for part in parts:
            inner = part.value if isinstance(part, Value) else part
            if isinstance(inner, str):
                total += 1 + len(inner) // 1000
            else:
                total += self.of(part) if isinstance(part, Value) else 1
        self.known[id(found)] = (found, total)
        return total


SIZE_LIMIT = 100_000
TEXT_LIMIT = 1_000_000


class Found:
    """What one reader has found so far."""

    def __init__(self) -> None:
        self.functions: list[DeclaredFunction] = []
        self.problems: list[Skipped] = []
        self.resources: list[Resource] = []
        self.foreign_roots: list[str] = []
        self.applications: list[str] = []
        self.chalice: list[ChaliceProject] = []

    def problem(self, path: str, reason: str) -> None:
        """Notes an input, or a part of one, that could not be read."""
        skipped = Skipped(path, reason)
        if skipped not in self.problems:
            self.problems.append(skipped)


def known(value: Any, location: Location | None = None, reason: str = "") -> Value:
    """A Known value; ``reason`` says where it comes from, if not from its location (a default, say)."""
    return Value(State.KNOWN, value, location, reason)


def unknown(reason: str, location: Location | None = None, value: Any = None) -> Value:
    """An Unknown value."""
    return Value(State.UNKNOWN, value, location, reason)


def text(value: Value) -> str | None:
    """The string of a Known string, else None."""
    return value.value if value.known and isinstance(value.value, str) else None


def mapping(value: Value) -> Mapping[str, Value]:
    """The mapping of a Known mapping, else an empty one."""
    return value.value if value.known and isinstance(value.value, dict) else {}


def items(value: Value) -> tuple[Value, ...]:
    """The elements of a Known list; a Known single value counts as a list of one."""
    if not value.known:
        return ()
    return value.value if type(value.value) is tuple else (value,)


def as_string(value: Value, what: str) -> Value:
    """``value`` if Absent, Unknown or a Known string; else Unknown: it depends on the deployment, or is no string."""
    if not value.known or isinstance(value.value, str):
        return value
    if isinstance(value.value, (Reference, Text)):
        return unknown(f"{what} depends on {described(value)}", value.location, value.value)
    if isinstance(value.value, (int, float)):
        return value._replace(value=str(value.value))
    return unknown(f"{what} is not a string", value.location)


def as_integer(value: Value, what: str) -> Value:
    """A Known int from a Known number or numeric string; Unknown for anything else that is set."""
    if not value.known:
        return value
    found = value.value
    if isinstance(found, bool):
        return unknown(f"{what} is not a number", value.location)
    if isinstance(found, int):
        return value
    if isinstance(found, float):
        return (
            value._replace(value=int(found)) if found.is_integer() else unknown(f"{what} is not whole", value.location)
        )
    if isinstance(found, str):
        digits = found.strip()
        if digits.lstrip("+-").isdecimal() and len(digits) <= 18:
            return value._replace(value=int(digits))
        return unknown(f"{what} is not a number that Lambda takes", value.location)
    if isinstance(found, (Reference, Text)):
        return unknown(f"{what} depends on {described(value)}", value.location, found)
    return unknown(f"{what} is not a number", value.location)


def as_boolean(value: Value, what: str) -> Value:
    """A Known bool from a truth value as YAML, JSON or HCL spell it; Unknown for anything else that is set."""
    if not value.known or isinstance(value.value, bool):
        return value
    if isinstance(value.value, str) and value.value.lower() in ("true", "yes", "on"):
        return value._replace(value=True)
    if isinstance(value.value, str) and value.value.lower() in ("false", "no", "off"):
        return value._replace(value=False)
    return unknown(f"{what} is not a truth value", value.location)


class Undecided(Exception):
    """A value of which a part is not Known. ``str()`` is the reason."""


def plain(value: Value) -> Any:
    """A Known value as dicts, lists and scalars all the way down.

    Raises:
        Undecided: a part is Unknown or names a resource.
    """
    found = value.value
    if not value.known or isinstance(found, (Reference, Text)):
        raise Undecided(described(value))
    if type(found) is tuple:
        return [plain(element) for element in found]
    if isinstance(found, dict):
        return {name: plain(element) for name, element in found.items() if element.state is not State.ABSENT}
    return found


def described(value: Value) -> str:
    """What a value names, in a few words, for a reason that a person reads."""
    for reference in references(value):
        return f"{reference.name}.{reference.attribute}" if reference.attribute else reference.name
    return value.reason or "the deployment"


def references(value: Value) -> Iterator[Reference]:
    """Every Reference in a value, in order, with those of open conditions."""
    stack: list[Any] = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, Reference):
            yield part
        elif isinstance(part, Value):
            stack.append(part.value)
        elif isinstance(part, Text):
            stack.extend(reversed(part.parts))
        elif isinstance(part, Either):
            stack.extend(reversed(part.options))
        elif type(part) is tuple:
            stack.extend(reversed(part))
        elif isinstance(part, dict):
            stack.extend(reversed(part.values()))


def pick(properties: Mapping[str, Value], path: str) -> Iterator[Value]:
    """The values at a dotted path; ``[]`` after a name goes through a list (``Targets[].Arn``)."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    value = properties.get(name, ABSENT)
    for found in items(value) if head.endswith("[]") else (value,):
        if not rest:
            if found.state is not State.ABSENT:
                yield found
        else:
            yield from pick(mapping(found), rest)


def first(properties: Mapping[str, Value], path: str) -> Value:
    """The first value at a path of `pick`, Absent if none."""
    return next(pick(properties, path), ABSENT)


class Properties(dict[str, Value]):
    """Properties of a block of Terraform.

    ``null`` holds where those are written that come out as null, or as no block at all, with the defaults of the
    variables: they are not among the members, but whoever sets the variable sets them. ``supposed`` tells that the
    whole block exists only where a variable is set, and with undecided values.
    """

    def __init__(self, *, supposed: bool = False) -> None:
        super().__init__()
        self.null: dict[str, Location] = {}
        self.supposed = supposed


def at(properties: Mapping[str, Value], path: str) -> Value:
    """The value at a path of `pick`: Unknown where a part of the way is, Absent with a location where one is null."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    null = properties.null.get(name) if isinstance(properties, Properties) else None
    if null is not None:
        return Value(State.ABSENT, None, null, "null unless a variable is set")
    value = properties.get(name, ABSENT)
    if not value.known or (not rest and head == name):
        return value
    for part in items(value) if head != name else (value,):
        found = at(mapping(part), rest) if rest and part.known else part
        if found != ABSENT:
            return found
    return ABSENT


def settings_at(properties: Mapping[str, Value], paths: Mapping[str, str]) -> dict[str, Value]:
    """The settings of a function by the path of each, see `at`; those that are not written are left out."""
    found = {name: at(properties, path) for name, path in paths.items()}
    return {name: value for name, value in found.items() if value != ABSENT}


def directory_of(path: str) -> str:
    """The directory of a file of the tree; "." for the root."""
    return posixpath.dirname(path) or "."


class OutsideProject(Exception):
    """A path that leaves the project. ``str()`` is a reason."""


def inside(base: str, path: str) -> str:
    """``path`` as seen from the directory ``base`` of the project, relative to the project's root.

    Raises:
        OutsideProject: an absolute path, or one with too many ``..``.
    """
    path = path.replace("\\", "/")
    if path.startswith(("/", "~")) or path[1:2] == ":":
        raise OutsideProject(f"path {path[:200]} is absolute")
    joined = posixpath.normpath(posixpath.join(base, path))
    if joined == ".." or joined.startswith("../"):
        raise OutsideProject(f"path {path[:200]} leads out of the project")
    return joined


def same(one: Value, other: Value) -> bool:
    """Whether two Known values say the same, wherever they stand."""
    a, b = one.value, other.value
    if type(a) is tuple and type(b) is tuple:
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return one.state is other.state and type(a) is type(b) and bool(a == b)


def joined(parts: list[Value], separator: str, place: Location) -> Value:
    """Values joined to one string: Known str, Known Text where references take part, Unknown otherwise."""
    found: list[str | Reference | Value] = []
    run: list[str] = []  # literal pieces since the last reference
    undecided = ""
    length = 0

    def flush() -> None:
        if run:
            found.append("".join(run))
            run.clear()

    for position, part in enumerate(parts):
        if position and separator:
            run.append(separator)
            length += len(separator)
        value = part.value
        pieces: tuple[Any, ...]
        if not part.known:
            undecided = undecided or part.reason or "a part is not set"
            pieces = (part,)
        elif isinstance(value, (str, int, float)):
            pieces = (str(value),)
        elif isinstance(value, Text):
            pieces = value.parts
        elif isinstance(value, Reference):
            pieces = (value,)
        else:
            undecided = undecided or "a part is not a string"
            pieces = (part,)
        for piece in pieces:
            if isinstance(piece, str):
                run.append(piece)
                length += len(piece)
            else:
                flush()
                found.append(piece)
                length += 1
        if length > TEXT_LIMIT:
            return unknown(f"a text of more than {TEXT_LIMIT:,} characters", place)
    flush()
    if undecided:
        return unknown(undecided, place, Text(tuple(found)))
    if not found:
        return known("", place)
    if len(found) == 1 and not isinstance(found[0], Value):
        return known(found[0], place)
    return known(Text(tuple(found)), place)


def spelt(value: Value) -> str:
    """A value for a reason: the text, with what is decided at deployment as ``${name}``."""
    found = value.value
    if isinstance(found, str):
        return found[:200]
    if isinstance(found, Reference):
        return f"${{{found.name}}}"
    if isinstance(found, Text):
        parts = []
        for part in found.parts:
            if isinstance(part, str):
                parts.append(part)
            else:
                inner = part.value if isinstance(part, Value) else part
                parts.append(f"${{{inner.name}}}" if isinstance(inner, Reference) else "${…}")
        return "".join(parts)[:200]
    return "a name that the deployment decides"


def environment(value: Value, below: str | None = None) -> Value:
    """The environment: Known with a dict of names to Values, Absent, or Unknown where names may be missing."""
    if below is not None:
        if not value.known:
            return value
        value = mapping(value).get(below, ABSENT)
    if not value.known:
        return value
    if not isinstance(value.value, dict):
        return unknown("the environment is not a mapping", value.location)
    if any(name.startswith("Fn::") for name in value.value):
        names = {name: part for name, part in value.value.items() if not name.startswith("Fn::")}
        return unknown("a part of the environment is made at deployment", value.location, names)
    return value


def merged(below: Value, above: Value) -> Value:
    """A global value with a resource's own over it, as SAM merges them."""
    if above.state is State.ABSENT:
        return below
    if below.known and above.known:
        if isinstance(below.value, dict) and isinstance(above.value, dict):
            both = dict(below.value)
            for name, value in above.value.items():
                both[name] = merged(both.get(name, ABSENT), value)
            return above._replace(value=both)
        if type(below.value) is tuple and type(above.value) is tuple:
            return above._replace(value=below.value + above.value)
    return above
