"""Which findings of a finished analysis belong to the report that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.errors import UsageError, nearest

if TYPE_CHECKING:
    from lambdalint.discover import Project
    from lambdalint.model import Finding, Function, Report
    from lambdalint.settings import Settings


def limited(report: Report, settings: Settings, project: Project) -> Report:
    """The report without what is below the wished severity and confidence, or outside the named files and functions.

    Raises:
        UsageError: ``--function`` names no function.
    """
    wanted = _wanted(report, settings.function) if settings.function else None
    kept = tuple(
        item
        for item in report.findings
        if item.severity >= settings.min_severity
        and item.confidence >= settings.min_confidence
        and project.reported(item.location.path)
        and (wanted is None or _concerns(item, wanted))
    )
    return report if kept == report.findings else report._replace(findings=kept)


def _wanted(report: Report, names: tuple[str, ...]) -> tuple[Function, ...]:
    known = [name for item in report.functions for name in (item.name, item.handler, item.qualname or "") if name]
    for name in names:
        if name not in known:
            hint = nearest(name, known) or "; `lambdalint functions` lists them"
            raise UsageError(f"there is no function '{name}'{hint}")
    return tuple(item for item in report.functions if {item.name, item.handler, item.qualname} & set(names))


def _concerns(item: Finding, wanted: tuple[Function, ...]) -> bool:
    """Whether a finding is reached from one of the functions, or lies in its entry point or its declaration."""
    places = {(chain[0].location.path, chain[0].function) for chain in item.chains if chain}
    places.add((item.location.path, item.function))
    declared = [function.declared_at for function in wanted if function.declared_at]
    return any((function.path, function.qualname) in places for function in wanted) or any(
        item.location.path == place.path and item.location.line == place.line for place in declared
    )
