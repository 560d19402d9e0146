"""Writes to environment variables that Lambda sets: the region, the credentials and the names of the function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.model import Location, Step
from lambdalint.records import NamedTuple
from lambdalint.source.environment import constant_of, is_environment, item_stores, source_of
from lambdalint.source.events import text_of
from lambdalint.source.skeleton import MODULE, simple
from lambdalint.source.startup import span_of, startup

if TYPE_CHECKING:
    from lambdalint.source.lower import Context
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import CallRef
    from lambdalint.source.views import FunctionView

# What a write looks like, in any spelling; of most modules nothing else has to be looked at.
_WRITES = re.compile(rb"\[[^\]\n]+\]\s*=[^=]|\.update\s*\(")
_PUTS_BACK = re.compile(rb"\bfinally\b|\bdel\s+(?:os\.)?environ|environ\.(?:pop|clear)\b")


class Overwritten(NamedTuple):
    """A write to ``name``, at import (`MODULE`) or in the definition ``scope``."""

    name: str
    place: Location
    scope: str
    chain: tuple[Step, ...]


class _Write(NamedTuple):
    """A write in a definition, or in a module if ``scope`` is ""; ``straight`` where it is under no condition."""

    name: str
    scope: str
    span: tuple[int, int, int, int]
    k: int
    straight: bool


def overwritten(view: FunctionView) -> Iterator[Overwritten]:
    """The writes to reserved variables that an entry point makes, at import or on invocations."""
    memo: dict[str, tuple[_Write, ...]] = view.shared("overwritten")
    nodes: dict[str, list[str]] = {}
    for node in view.region.nodes:
        nodes.setdefault(node[0], []).append(node[1])
    for path in view.modules():
        if path not in memo:
            memo[path] = tuple(_writes(view, path)) if not view.is_test(path) else ()
        for write in memo[path]:
            place = view.span(path, write.span)
            if not write.scope:
                started = startup(view)
                if path in started.certain and (write.straight or not view.grants("branch")):
                    here = Step(place, MODULE, "here")
                    yield Overwritten(write.name, place, MODULE, (*started.modules[path], here))
            elif write.scope in nodes.get(path, ()):
                chain = _reached(view, (path, write.scope), write, place)
                if chain:
                    yield Overwritten(write.name, place, write.scope, chain)


def _writes(view: FunctionView, path: str) -> Iterator[_Write]:
    source = source_of(view.flow, path)
    names = frozenset(table("environment")["provided"]["reserved"])
    skeleton = view.flow.program.skeleton(path)
    if skeleton is None or b"environ" not in source or not _WRITES.search(source):
        return
    if not any(name.encode() in source for name in names):
        return
    for scope, target, straight in item_stores(view.flow, path):
        if is_environment(view.flow, path, scope, target.value):
            name = constant_of(view.flow, path, scope, simple(target.slice))
            if name in names:
                yield _Write(str(name), scope, span_of(target), -1, straight)
    scopes = [("", skeleton.calls), *((item.qualname, item.calls) for item in skeleton.defs.values())]
    for scope, calls in scopes:
        for call in calls:
            for name in _named(view, path, scope, call):
                if name in names:
                    yield _Write(name, scope, (call.line, call.column, call.end_line, call.end_column), call.k, True)


def _named(view: FunctionView, path: str, scope: str, call: CallRef) -> list[str]:
    """The variables that a call writes to."""
    if call.tail != "update" or view.flow.names.resolve(path, scope, call.callee) != (("ext", "os.environ.update"),):
        return []
    given = [name for name, _ in call.keywords]
    if call.args and call.args[0] is not None and call.args[0][0] == "d":
        given += [key for key, _ in call.args[0][1] if type(key) is str]
    return given


def _reached(view: FunctionView, node: Node, write: _Write, place: Location) -> tuple[Step, ...]:
    """The way to a write that invocations make and leave behind; () where there is none."""
    body = view.flow.body(node)
    if body is None or (view.grants("restored") and _PUTS_BACK.search(text_of(view.flow, node))):
        return ()
    if write.k >= 0:
        contexts = [call.context for call in body.calls if call.k == write.k]
    else:
        contexts = [item.context for item in body.stores if (item.line, item.column) == write.span[:2]]
    for context in contexts:
        if view.grants("branch") and _is_conditional(view, node, context):
            continue
        for route in view.flow.verdict(view.region, node, context, ()).routes[:1]:
            return view.chain(route, node, place)
    return ()


def _is_conditional(view: FunctionView, node: Node, context: Context) -> bool:
    """Whether a place is under a condition that is not on the event: code for one environment among several."""
    for frame in context:
        if frame[0] in ("if", "once"):
            roots = view.flow.origins(view.region, node, frame[2])
            if not any(root[0] == "event" for root in roots):
                return True
    return False
