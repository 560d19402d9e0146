"""What invokes an entry point: told by templates, by what the code reads from the event, by classes and decorators.

The shapes of events, the classes of their parts and what each kind of source means are data (``sources.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import ABSENT, EventSource, Function, State, Value
from lambdalint.patterns import holds
from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import SourceError, lines_of
from lambdalint.templates.values import Reference
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Body, Term
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import Expr

Path = tuple[str, ...]

_PATTERN: list[re.Pattern[bytes]] = []
_WORDS: list[frozenset[str]] = []
_AGAIN: list[tuple[tuple[bytes, ...], ...]] = []
_POWERTOOLS = "aws_lambda_powertools.utilities."
_SYNCHRONOUS_HTTP = frozenset({"api", "http", "alb", "websocket", "function-url"})
_EVENT_CLASSES = ("data_class", "model", "envelope", "event_type")


class Source(NamedTuple):
    """One kind of source of an entry point.

    ``kind`` is one of ``sources.toml``; ``how`` says what tells it (a template, what is read); ``certain`` is
    False where only a hint does; ``declared`` are the event sources of that kind in templates, () where none says so;
    ``chosen`` tells that the code itself tests for that kind, so that it takes others as well (a helper that
    several functions share often does).
    """

    kind: str
    how: str
    certain: bool
    declared: tuple[EventSource, ...] = ()
    chosen: bool = False

    @property
    def name(self) -> str:
        """What a template calls the queue, bucket … : ``queue Jobs``; "" where none does, or there are several."""
        names = {named(event) for event in self.declared}
        return names.pop() if len(names) == 1 else ""

    def setting(self, name: str) -> Value:
        """A setting of the event sources of templates, where they agree on it; else Unknown."""
        found = [event.setting(name) for event in self.declared]
        if found and any((value.state, value.value) != (found[0].state, found[0].value) for value in found):
            return Value(State.UNKNOWN, reason="event sources differ in it")
        return found[0] if found else ABSENT


class Reads(NamedTuple):
    """What a region reads of its event.

    ``paths`` are key paths (``("Records", "[]", "body")``), ``tested`` those whose presence the code tests;
    ``compared`` maps a path to the constants that it is compared with.
    """

    paths: frozenset[Path]
    tested: frozenset[Path]
    compared: Mapping[Path, frozenset[str]]


def sources(flow: Flow, region: Region, entry: Node, functions: Iterable[Function]) -> tuple[Source, ...]:
    """The sources of an entry point; () where nothing tells them.

    Args:
        region: what the entry point reaches, of this entry point alone.
        functions: the deployed functions that it is the handler of.
    """
    found: dict[str, Source] = {}
    declared: dict[str, list[tuple[Function, EventSource]]] = {}
    supposed: dict[str, list[tuple[Function, EventSource]]] = {}
    for function in functions:
        for event in function.events:
            if event.kind != "unknown":
                named = supposed if "supposed" in event.settings else declared
                named.setdefault(event.kind, []).append((function, event))
    for kind, events in declared.items():
        found[kind] = _declared(kind, events)
    for kind, how in (*_by_class(flow, region, entry), *_by_operation(flow, region)):
        found.setdefault(kind, Source(kind, how, True))
    every = reads(flow, region)
    if declared:  # a module that several functions use reads the events of all of them
        every = {node: read for node, read in every.items() if node[0] == entry[0]}
    proofs: list[tuple[bool, str, Path]] = []
    for node, read in list(every.items()):
        proven = list(_by_shape(read))
        kinds = {kind for kind, _, _ in proven}
        if node != entry and len(kinds) > 1 and kinds & _SYNCHRONOUS_HTTP:
            del every[
                node
            ]  # a helper that knows a request from a batch describes whatever event it is given, for a log
        else:
            proofs += [(chosen, kind, path) for kind, path, chosen in proven]
    for chosen, kind, path in sorted(proofs, key=lambda item: item[0]):
        found.setdefault(kind, Source(kind, f"the code reads {shown(path)} of the event", True, chosen=chosen))
    if not found:
        for read in every.values():
            for kind, path in _by_hint(read):
                found.setdefault(kind, Source(kind, f"the code reads {shown(path)} of the event", False))
    # What exists only where a variable is set is a source if the code shows it.
    for kind, events in supposed.items():
        if kind in found:
            found[kind] = _declared(kind, [*declared.get(kind, ()), *events])
    return tuple(found.values())


def _declared(kind: str, events: Sequence[tuple[Function, EventSource]]) -> Source:
    how = "; ".join(dict.fromkeys(told(event, function) for function, event in events))
    return Source(kind, how, True, tuple(event for _, event in events))


def may_come_again(flow: Flow, region: Region, entry: Node, functions: Iterable[Function]) -> bool:
    """Whether any source may deliver its event again, as far as templates, names and spelling tell; lowers nothing."""
    kinds = [event.kind for function in functions for event in function.events if "supposed" not in event.settings]
    if any(map(at_least_once, kinds)):
        return True
    if any(at_least_once(kind) for kind, _ in (*_by_class(flow, region, entry), *_by_operation(flow, region))):
        return True
    modules = [flow.program.source(path) for path in {node[0] for node in region.nodes}]
    spelt: dict[bytes, bool] = {}

    def spells_(key: bytes) -> bool:
        if key not in spelt:
            forms = (b'"%s"' % key, b"'%s'" % key, b".%s" % key)  # models of events have keys as attributes
            spelt[key] = any(holds(module, *forms) for module in modules)
        return spelt[key]

    return any(all(map(spells_, keys)) for keys in _again())


def _again() -> tuple[tuple[bytes, ...], ...]:
    """The keys of each path that tells a source which may deliver again, and the value that it is compared with."""
    if not _AGAIN:
        shapes = table("sources")
        told = [(place, kind) for name in ("proof", "hint") for place, kind in shapes[name].items()]
        told += [(f"{place}/{value}", kind) for place, rows in shapes["values"].items() for value, kind in rows.items()]
        keys = (place.replace("[]/", "").encode().split(b"/") for place, kind in told if at_least_once(kind))
        _AGAIN.append(tuple(dict.fromkeys(map(tuple, keys))))
    return _AGAIN[0]


def compared_with(flow: Flow, region: Region) -> frozenset[Path]:
    """The parts of the event that a region compares with constants, or looks for in a list of them."""
    found: set[Path] = set()
    for node in region.nodes:
        body = flow.body(node)
        for test in body.tests if body is not None else ():
            for at, (_, is_key) in _tests(test):
                if not is_key:
                    found |= event_paths(flow, region, node, at)
    return frozenset(found)


def shown(path: Path) -> str:
    """A key path as a person writes it: ``Records[].body``."""
    return "".join(key if key == "[]" else f".{key}" for key in path).lstrip(".")


_RESOURCES = {
    "sqs": "queue",
    "sns": "topic",
    "s3": "bucket",
    "kinesis": "stream",
    "dynamodb": "table",
    "cloudwatch-logs": "log group",
}


def named(event: EventSource) -> str:
    """What a template calls the queue, bucket … of an event source: ``queue Jobs``; "" where it does not tell."""
    word = _RESOURCES.get(event.kind)
    written = event.resource.value
    if word is None or not event.resource.known:
        return ""
    if isinstance(written, Reference):
        return f"{word} {written.name.partition('[')[0].rpartition('.')[2]}" if written.scope else ""
    if not isinstance(written, str):
        return ""
    if written.startswith("arn:"):
        written = written.split(":", 5)[-1].removeprefix("table/").removeprefix("stream/").partition("/")[0]
    return f"{word} {written}" if written else ""


def told(event: EventSource, function: Function) -> str:
    """What a template says of an event source, in a few words."""
    place = event.location or function.declared_at
    where = f"{place.path}:{place.line} declares" if place is not None else "the template declares"
    size, types, filters = event.setting("batch_size"), event.setting("response_types"), event.setting("filters")
    said = [named(event)]
    if size.known:
        said.append(f"up to {size.value} in a batch" if size.value != 1 else "one record at a time")
    if types.known and types.value:
        said.append(" ".join(types.value))
    if filters.state is not State.ABSENT:
        said.append("filtered")
    if event.setting("enabled").value is False:
        said.append("not enabled")
    detail = ", ".join(part for part in said if part)
    return f"{where} the event source of {function.name}" + (f": {detail}" if detail else "")


# -- what the code reads


def reads(flow: Flow, region: Region) -> dict[Node, Reads]:
    """What each definition of a region reads of the event, through parameters and results."""
    found = {}
    spelt = _spelt()
    for node in region.nodes:
        # Only what spells a telling key can add a path that tells something; the others need not be lowered.
        body = flow.body(node) if spells(flow, node, spelt) else None
        if body is not None:
            found[node] = _reads(flow, region, node, body)
    return found


def _reads(flow: Flow, region: Region, node: Node, body: Body) -> Reads:
    paths: set[Path] = set()
    tested: set[Path] = set()
    compared: dict[Path, set[str]] = {}
    words = _words()
    silent = {call.k for call in body.calls if not any(_spelt_in(value, words, ()) for _, value in call.args)}
    for term in dict.fromkeys(_terms(body)):
        if not _spelt_in(term, words, silent):
            continue  # the last key of a path that tells something stands where it is read
        paths |= event_paths(flow, region, node, term)
        for at, (value, is_key) in _tests(term):
            for path in event_paths(flow, region, node, at):
                if is_key:
                    tested.add((*path, value))
                else:
                    compared.setdefault(path, set()).add(value)
    return Reads(
        frozenset(paths | tested), frozenset(tested), {path: frozenset(values) for path, values in compared.items()}
    )


def text_of(flow: Flow, node: Node) -> bytes:
    """The lines of a definition."""
    definition = flow.names.definition(node)
    if definition is None:
        return b""
    try:
        lines = lines_of(flow.program.source(node[0]))
    except (SourceError, Unreadable):
        return b""
    return b"\n".join(lines[definition.line - 1 : definition.end_line])


def spells(flow: Flow, node: Node, pattern: re.Pattern[bytes]) -> bool:
    """Whether a definition spells what a pattern finds. It is asked for each of the entry points that run it."""
    key = (node, pattern.pattern)
    found = flow.spelt.get(key)
    if found is None:
        found = flow.spelt[key] = _holds(flow, node[0], pattern) and pattern.search(text_of(flow, node)) is not None
    return found


def _holds(flow: Flow, path: str, pattern: re.Pattern[bytes]) -> bool:
    """Whether a module spells what a pattern finds: few do, and the others need not be cut into definitions."""
    key = ((path, ""), pattern.pattern)
    found = flow.spelt.get(key)
    if found is None:
        try:
            found = pattern.search(flow.program.source(path)) is not None
        except Unreadable:
            found = False
        flow.spelt[key] = found
    return found


def _spelt() -> re.Pattern[bytes]:
    """What a definition must spell for its reads to tell a source: the last key of a proof or hint, or a value."""
    if not _PATTERN:
        words = b"|".join(re.escape(word.encode()) for word in sorted(_words()))
        _PATTERN.append(re.compile(rb"""['"](?:%s)['"]""" % words))
    return _PATTERN[0]


def _words() -> frozenset[str]:
    """The last keys of what proves, hints at or chooses a kind of source."""
    if not _WORDS:
        shapes = table("sources")
        _WORDS.append(
            frozenset(place.rpartition("/")[2] for name in ("proof", "hint", "values") for place in shapes[name])
        )
    return _WORDS[0]


def _spelt_in(term: Term, words: Container[str], silent: Container[int]) -> bool:
    """Whether a term spells one of some words, or is the result of a call that is not among those which spell none."""
    stack: list[Any] = [term]
    while stack:
        at = stack.pop()
        if type(at) is str:
            if at in words:
                return True
        elif type(at) is tuple:
            if at and at[0] == "call" and at[1] not in silent:
                return True
            stack += at
    return False


def event_paths(flow: Flow, region: Region, node: Node, term: Term) -> set[Path]:
    """The parts of the event that a value comes from."""
    return {root[-1] for root in flow.origins(region, node, term) if root[0] == "event" and root[1] in region.roots}


def _terms(body: Body) -> Iterable[Term]:
    for call in body.calls:
        yield call.func
        for _, value in call.args:
            yield value
        for frame in call.context:
            if frame[0] in ("loop", "with") and frame[2] is not None:
                yield frame[2]
    for store in body.stores:
        yield store.target
        yield store.value
    for end in body.exits:
        yield end.value
    yield from body.tests


def _tests(term: Term) -> Iterable[tuple[Term, tuple[str, bool]]]:
    """(what is tested, (constant, whether it is a key)) of the ``in`` and ``==`` inside a test."""
    if term[0] != "op":
        return
    operator, parts = term[1], term[2]
    if operator in ("in", "not in") and len(parts) == 2:
        if parts[0][0] == "const" and type(parts[0][1]) is str:
            yield parts[1], (parts[0][1], True)
        elif parts[1][0] == "list":
            for part in parts[1][1]:
                if part[0] == "const" and type(part[1]) is str:
                    yield parts[0], (part[1], False)
    elif operator in ("==", "!=") and len(parts) == 2:
        for one, other in (parts, parts[::-1]):
            if one[0] == "const" and type(one[1]) is str:
                yield other, (one[1], False)
    for part in parts:
        yield from _tests(part)


def _by_shape(read: Reads) -> Iterable[tuple[str, Path, bool]]:
    """(kind, what proves it, whether the code tests for it)."""
    table_ = table("sources")
    told = set()
    begun = {path[:length] for path in read.paths for length in range(1, len(path) + 1)}
    for place, values in table_["values"].items():
        keys = tuple(place.split("/"))
        for value in sorted(read.compared.get(keys, ())):
            if value in values:
                told.add(keys)
                yield values[value], keys, True
    for proof, kind in table_["proof"].items():
        keys = tuple(proof.split("/"))
        # what a key is compared with tells more than that it is there
        if keys not in told and keys in begun:
            yield kind, keys, any(len(path) > 1 and path == keys[: len(path)] for path in read.tested)


def _by_hint(read: Reads) -> Iterable[tuple[str, Path]]:
    for hint, kind in table("sources")["hint"].items():
        keys = tuple(hint.split("/"))
        if any(path[: len(keys)] == keys for path in read.paths):
            yield kind, keys


RECORDS = "records"  # of `kinds_tested`: any of the kinds that come as Records


def kinds_tested(flow: Flow, region: Region, node: Node, test: Term, *, failed: bool) -> frozenset[str]:
    """The kinds of sources that a test tells from others: by a key that it asks for, or by what it compares.

    Args:
        failed: whether the test failed: then only what asks for the presence of something tells anything.
    """
    paths = {path for term in _accesses(flow, node, test) for path in event_paths(flow, region, node, term)}
    if failed:
        paths &= {("Records",)}
    compared: dict[Path, set[str]] = {}
    for at, (value, is_key) in _tests(test):
        for path in event_paths(flow, region, node, at) if _is_access(flow, node, at) else ():
            if is_key:
                paths.add((*path, value))
            else:
                compared.setdefault(path, set()).add(value)
    read = Reads(frozenset(paths), frozenset(), {path: frozenset(values) for path, values in compared.items()})
    found = [(kind, keys) for kind, keys, _ in _by_shape(read)] + list(_by_hint(read))
    kinds = {kind for kind, keys in found if not failed or keys in paths or keys in compared}
    if not kinds and ("Records",) in paths:
        kinds.add(RECORDS)
    return frozenset(kinds)


def _accesses(flow: Flow, node: Node, test: Term) -> Iterable[Term]:
    """The parts of a test that only take something out of a value."""
    if _is_access(flow, node, test):
        yield test
    elif test[0] == "op":
        for part in test[2]:
            yield from _accesses(flow, node, part)


def _is_access(flow: Flow, node: Node, term: Term) -> bool:
    while term[0] in ("attr", "item", "elem", "call"):
        if term[0] == "call":
            call = flow.call(node, term[1])
            if call is None or call.tail not in ("get", "lower", "upper") or call.func[0] != "attr":
                return False
            term = call.func[1]
        else:
            term = term[1]
    return bool(term[0] == "param" or (term[0] == "op" and term[1] == "or" and _is_access(flow, node, term[2][0])))


# -- classes, decorators, objects


def _by_class(flow: Flow, region: Region, entry: Node) -> Iterable[tuple[str, str]]:
    names = flow.names
    table_ = table("sources")
    decorators: Mapping[str, str] = table_["decorators"]
    for operation in sorted(names.decorator_operations(entry)):
        kind = decorators.get(operation)
        if kind is not None:
            yield kind, f"the decorator {operation.rpartition('.')[2]} says so"
    for node in region.nodes:
        definition = names.definition(node)
        if definition is None:
            continue
        for param in definition.params:
            if param.annotation is not None:
                yield from _classes(flow, node[0], definition.parent, param.annotation)
        for decorator in definition.decorators:
            if decorator is not None and decorator[0] == "c":
                for argument in (
                    *decorator[2],
                    *(value for word, value in decorator[3] if word in (*_EVENT_CLASSES, "processor")),
                ):
                    yield from _classes(flow, node[0], definition.parent, argument)
        for call in definition.calls:
            if not call.tail[:1].isupper() and not any(
                word in _EVENT_CLASSES or word == "processor" for word, _ in call.keywords
            ):
                continue
            for value in names.resolve(node[0], node[1], call.callee):
                if value[0] != "ext":
                    continue
                yield from _class(value[1])
                if value[1].startswith(_POWERTOOLS):
                    for argument in (*call.args, *(given for _, given in call.keywords)):
                        yield from _classes(flow, node[0], node[1], argument)


def _classes(flow: Flow, path: str, scope: str, expr: Expr) -> Iterable[tuple[str, str]]:
    """The kinds that a class, an instance made at module level or an annotation stands for."""
    if expr is None:
        return
    for value in flow.names.resolve(path, scope, expr):
        if value[0] == "ext":
            yield from _class(value[1])
    made = flow.names.identity(path, scope, expr)
    if made is None:
        return
    skeleton = flow.program.skeleton(made[0])
    for where, bound in skeleton.bindings.get(made[1], ()) if skeleton is not None else ():
        if bound is not None and bound[0] == "c":
            for argument in (*bound[2], *(given for _, given in bound[3])):
                for value in flow.names.resolve(made[0], where, argument):
                    if value[0] == "ext":
                        yield from _class(value[1])


def _class(operation: str) -> Iterable[tuple[str, str]]:
    table_ = table("sources")
    operation = operation.removesuffix("()")
    kind = table_["constants"].get(operation)
    name = operation.rpartition(".")[2]
    if kind is None and operation.startswith(tuple(table_["type_modules"]["prefixes"])):
        kind = table_["types"].get(name) or table_["record_types"].get(name)
    if kind is not None:
        yield kind, f"the code names {name}"


def _by_operation(flow: Flow, region: Region) -> Iterable[tuple[str, str]]:
    operations: Mapping[str, str] = table("sources")["operations"]
    for node in region.nodes:
        for call in flow.names.calls(node):
            for value in flow.names.resolve(node[0], node[1], call.callee):
                if value[0] != "ext":
                    continue
                kind = operations.get(value[1].partition("()")[0])
                if kind is not None:
                    yield kind, f"the code uses {value[1].partition('()')[0].rpartition('.')[2]}"


# -- what kinds mean


def at_least_once(kind: str) -> bool:
    """Whether the service or Lambda may hand over the same event again without being asked to."""
    return bool(table("sources")["kinds"].get(kind, {}).get("at_least_once"))


def comes_as_records(kind: str) -> bool:
    """Whether the events of a kind hold ``Records``."""
    return any(place.startswith("Records/") and of == kind for place, of in table("sources")["proof"].items())
