"""Calls of ``logging.basicConfig`` that do nothing, because the runtime has given the root logger a handler before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import Location, Step
from lambdalint.records import NamedTuple
from lambdalint.source.environment import source_of
from lambdalint.source.skeleton import MODULE
from lambdalint.source.startup import span_of, startup

if TYPE_CHECKING:
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import CallRef, Expr
    from lambdalint.source.views import FunctionView

OPERATION = "logging.basicConfig"
_SHAPING = frozenset({"format", "datefmt", "style", "handlers", "stream", "filename", "filemode", "encoding"})
_LOGGER = "logging.getLogger"

Keywords = tuple[tuple[str, "Expr"], ...]


class Ineffective(NamedTuple):
    """A call that does nothing. ``lost`` is what it asks for: ``level`` or ``format``."""

    lost: str
    place: Location
    scope: str
    chain: tuple[Step, ...]


def ineffective(view: FunctionView) -> Iterator[Ineffective]:
    """The calls of ``basicConfig`` for an entry point whose absence of effect is felt."""
    if (view.grants("template") and _in_template(view)) or _is_set(view):
        return  # before what runs at import is followed, which takes longer
    found = [*_at_import(view), *_in_definitions(view)]
    if not found:
        return
    quiet = view.grants("quiet") and not _logs_low(view)
    yield from (item for item in found if item.lost != "level" or not quiet)


def _at_import(view: FunctionView) -> Iterator[Ineffective]:
    """The calls that are made in any case while modules are imported."""
    started = startup(view)
    for path, way in sorted(started.modules.items()):
        if b"basicConfig" not in source_of(view.flow, path) or view.is_test(path):
            continue
        certain = {span_of(call) for call in started.module(path).calls} if path in started.certain else set()
        skeleton = view.flow.program.skeleton(path)
        for reference in skeleton.calls if skeleton is not None else ():
            if not _configures(view, (path, ""), reference):
                continue
            span = (reference.line, reference.column, reference.end_line, reference.end_column)
            lost = _lost(view, (path, ""), reference.keywords)
            if lost and (span in certain or not view.grants("guarded")):
                place = view.span(path, span)
                yield Ineffective(lost, place, MODULE, (*way, Step(place, MODULE, "here")))


def _in_definitions(view: FunctionView) -> Iterator[Ineffective]:
    """The calls that definitions make in any case, on invocations or while modules are imported."""
    started = startup(view)
    for node in (*view.region.nodes, *sorted(started.nodes - set(view.region.nodes))):
        for reference in view.flow.names.calls(node):
            lost = _lost(view, node, reference.keywords) if _configures(view, node, reference) else ""
            call = view.flow.call(node, reference.k) if lost else None
            if call is None:
                continue
            if view.grants("guarded") and any(frame[0] in ("if", "once", "except") for frame in call.context):
                continue
            place = view.place(node, call)
            chain = (*started.ran[node], Step(place, node[1], "here")) if node in started.ran else ()
            for route in view.flow.verdict(view.region, node, call.context, ()).routes[:1] if not chain else ():
                chain = view.chain(route, node, place)
            if chain:
                yield Ineffective(lost, place, node[1], chain)


def _configures(view: FunctionView, node: Node, reference: CallRef) -> bool:
    return view.flow.names.resolve(node[0], node[1], reference.callee) == (("ext", OPERATION),)


def _lost(view: FunctionView, node: Node, keywords: Keywords) -> str:
    """What a call asks for and does not get; "" where that is nothing, or it is forced."""
    given = dict(keywords)
    if "**" in given or ("force" in given and given["force"] != ("k", False) and view.grants("force")):
        return ""
    if "level" in given and (_is_low(view, node, given["level"]) or not view.grants("default")):
        return "level"
    return "format" if _SHAPING & given.keys() else "" if view.grants("default") else "level"


def _is_low(view: FunctionView, node: Node, level: Expr) -> bool:
    """Whether a level lets more through than the root logger does by itself; a computed one may."""
    high = table("logging")["high"]
    if level is not None and level[0] == "a" and level[2] in high["names"]:
        return False
    for value in view.flow.names.resolve(node[0], node[1], level):
        if value[0] == "const" and (value[1] in high["names"] or value[1] == high["number"]):
            return False
        if value[0] == "const" and type(value[1]) is int and value[1] > high["number"]:
            return False
        if value[0] == "ext" and value[1].rpartition(".")[2] in high["names"]:
            return False
    return True


def _is_set(view: FunctionView) -> bool:
    """Whether the code sets levels, or the handlers of the root logger, in another way as well."""
    handled = re.compile("|".join(table("logging")["handled"]["words"]).encode())
    for path in view.modules():
        source = source_of(view.flow, path)
        if view.grants("handlers") and handled.search(source):
            return True
        if b"setLevel" not in source or not view.grants("set"):
            continue
        skeleton = view.flow.program.skeleton(path)
        scopes: list[tuple[str, Any]] = [("", skeleton.calls)] if skeleton is not None else []
        scopes += [(item.qualname, item.calls) for item in skeleton.defs.values()] if skeleton is not None else []
        for scope, calls in scopes:
            for call in calls:
                if call.tail != "setLevel" or call.callee is None or call.callee[0] != "a":
                    continue
                args = (*call.args, *(value for _, value in call.keywords))
                if args and _is_low(view, (path, scope), args[0]) and not _is_others(view, path, scope, call.callee[1]):
                    return True
    return False


def _is_others(view: FunctionView, path: str, scope: str, logger: Expr) -> bool:
    """Whether a logger is told by a literal name: that of a library."""
    if logger is not None and logger[0] == "n":
        skeleton = view.flow.program.skeleton(path)
        definition = skeleton.defs.get(scope) if skeleton is not None else None
        bound: list[Expr] = list(definition.bindings.get(logger[1], ())) if definition is not None else []
        if not bound and skeleton is not None:
            bound = [expr for _, expr in skeleton.bindings.get(logger[1], ())]
        logger = bound[0] if len(bound) == 1 else None
    if logger is None or logger[0] != "c" or not logger[2]:
        return False
    made = view.flow.names.resolve(path, scope, logger[1])
    return made == (("ext", _LOGGER),) and logger[2][0] is not None and logger[2][0][0] == "k"


def _in_template(view: FunctionView) -> bool:
    """Whether templates set a level for the root logger: by itself, or by the format JSON, whose level is INFO."""
    declared = [function.declared for function in view.functions if function.declared is not None]
    return any(
        not item.setting("log_level").unwritten
        or (not item.setting("log_format").unwritten and str(item.setting("log_format").value).lower() != "text")
        for item in declared
    )


def _logs_low(view: FunctionView) -> bool:
    """Whether anything that the entry point runs logs below a warning."""
    methods = frozenset(table("logging")["low"]["methods"])
    definitions = [view.flow.names.definition(node) for node in view.region.nodes]
    calls = [call for item in definitions if item is not None for call in item.calls]
    for path in startup(view).modules:
        skeleton = view.flow.program.skeleton(path)
        calls += skeleton.calls if skeleton is not None else ()
    return any(call.tail in methods for call in calls)
