"""Which findings of a finished analysis belong to the report that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import pairwise

from lambdalint.errors import UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.discover import Project
    from lambdalint.model import EventGraph, Finding, Function, Report
    from lambdalint.settings import Settings


def limited(report: Report, settings: Settings, project: Project) -> Report:
    """The report without what is below the wished severity and confidence, or outside the named files and functions.

    Raises:
        UsageError: ``--function`` names no function.
    """
    wanted = _wanted(report, settings.function) if settings.function else None
    entries = {(function.path, function.qualname) for function in wanted or ()}
    entries |= {start for start, run in report.starts.items() if any(function in (wanted or ()) for function in run)}
    artifacts = tuple(_artifacts(report, project)) if project.named else ()
    kept = tuple(
        found
        for item in report.findings
        if item.severity >= settings.min_severity
        and item.confidence >= settings.min_confidence
        and (project.reported(item.location.path) or item.location.path.startswith(artifacts))
        and (found := item if wanted is None else _of(item, wanted, entries)) is not None
    )
    return report if kept == report.findings else report._replace(findings=kept)


def of_functions(report: Report, settings: Settings) -> Report:
    """The report with the named functions only, and the part of the graph that they are in.

    Raises:
        UsageError: ``--function`` names no function.
    """
    if not settings.function:
        return report
    wanted = _wanted(report, settings.function)
    return report._replace(functions=wanted, graph=_around(report.graph, wanted))


def _around(graph: EventGraph, wanted: tuple[Function, ...]) -> EventGraph:
    """What triggers the functions and what they write to, what these resources hand on, and their loops."""
    places = {(item.declared.name if item.declared else item.handler, item.path) for item in wanted}
    places |= {(item.name, item.declared_at.path) for item in wanted if item.declared_at and item.path is None}
    own = {
        node.name
        for node in graph.nodes
        if node.kind == "lambda" and (node.label, node.location.path if node.location else None) in places
    }
    loops = tuple(loop for loop in graph.loops if own & set(loop))
    looped = {step for loop in loops for step in pairwise(loop)}
    edges = {edge for edge in graph.edges if own & {edge.source, edge.target} or (edge.source, edge.target) in looped}
    handed = [edge for edge in graph.edges if edge.kind in ("hands on", "redrives")]
    reached: set[str] = set()
    while len(reached) < len(reached := own | {name for edge in edges for name in (edge.source, edge.target)}):
        edges |= {edge for edge in handed if {edge.source, edge.target} & (reached - own)}
    return graph._replace(
        nodes=tuple(node for node in graph.nodes if node.name in reached),
        edges=tuple(edge for edge in graph.edges if edge in edges),
        loops=loops,
        unresolved=tuple(item for item in graph.unresolved if item[0] in own),
    )


def _artifacts(report: Report, project: Project) -> Iterator[str]:
    """The archives and directories that named templates deploy: whoever names a template means these, too."""
    for function in report.functions:
        declared = function.declared
        if declared is not None and declared.location.path in project.named and declared.code_root.known:
            yield f"{declared.code_root.value}/"


def _wanted(report: Report, names: tuple[str, ...]) -> tuple[Function, ...]:
    known = [name for item in report.functions for name in (item.name, item.handler, item.qualname or "") if name]
    for name in names:
        if name not in known:
            hint = nearest(name, known) or "; `lambdalint functions` lists them"
            raise UsageError(f"there is no function '{name}'{hint}")
    return tuple(item for item in report.functions if {item.name, item.handler, item.qualname} & set(names))


def _of(
    item: Finding, wanted: tuple[Function, ...], entries: AbstractSet[tuple[str | None, str | None]]
) -> Finding | None:
    """A finding with the chains from the functions alone; None where it is not of any of them.

    ``entries`` are the definitions that the functions run. A finding is of a function if it is reached from one of
    these or lies in it, lies at what a template says of the function, or tells of a place in the module of its handler.
    """
    chains = tuple(chain for chain in item.chains if chain and (chain[0].location.path, chain[0].function) in entries)
    if chains:
        return item if chains == item.chains else item._replace(chains=chains)
    place = item.location
    declared = {(at.path, name) for function in wanted if (at := function.declared_at) for name in _names(function)}
    lines = {(at.path, at.line) for function in wanted if (at := function.declared_at)}
    told = {other.path for other, _ in item.related} & {function.path for function in wanted}
    own = (place.path, item.function) in entries | declared or (place.path, place.line) in lines
    return item if own or told else None


def _names(function: Function) -> tuple[str, ...]:
    return (function.name, function.declared.name) if function.declared is not None else (function.name,)
