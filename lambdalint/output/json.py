"""JSON for programs: versioned, additive, stable to the byte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.model import EventSource, Finding, Function, Location, Report, Severity, State, Step, Value
from lambdalint.output.escape import scalar

if TYPE_CHECKING:
    from lambdalint.output.view import View

SCHEMA = 1


def render(report: Report, view: View) -> str:
    """The findings, what was skipped, and a summary."""
    return dumps(document(report, view))


def document(report: Report, view: View) -> dict[str, Any]:
    """What `render` writes."""
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "findings": [_finding(item, view) for item in report.findings],
        "analysed": list(report.analysed),
        "skipped": [{"path": item.path, "reason": item.reason} for item in report.skipped],
        "errors": list(report.internal_errors),
        "summary": {
            **{f"{level.label}s" if level else "infos": _count(report, level) for level in reversed(Severity)},
            "functions": len(report.functions),
            "analysed": len(report.analysed),
            "skipped": len(report.skipped),
            "excluded": report.excluded,
            "suppressed": report.suppressed,
            "baselined": report.baselined,
        },
    }
    if view.statistics:
        found["statistics"] = {**report.statistics._asdict(), "verdicts": dict(report.statistics.verdicts)}
    return found


def render_functions(report: Report, view: View) -> str:  # noqa: ARG001  the signature of every format
    """The deployed functions; ``path`` and ``line`` are the Python definition of the entry point."""
    return dumps(
        {
            "schema": SCHEMA,
            "functions": [_function(item) for item in report.functions],
            "skipped": [{"path": item.path, "reason": item.reason} for item in report.skipped],
            "errors": list(report.internal_errors),
        }
    )


def dumps(value: Any) -> str:
    """JSON in ASCII with two spaces of indentation; keys keep their order."""
    return json.dumps(_clean(value), indent=2, allow_nan=False) + "\n"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return {scalar(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124  NaN
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return scalar(str(value))


def _count(report: Report, level: Severity) -> int:
    return sum(item.severity == level for item in report.findings)


def _finding(item: Finding, view: View) -> dict[str, Any]:
    line, column, end_line, end_column = view.span(item.location)
    chains = [[_step(step) for step in chain] for chain in item.chains]
    return {
        "code": item.code,
        "name": item.name,
        "severity": item.severity.label,
        "confidence": item.confidence.label,
        "message": item.message,
        "path": item.location.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "function": item.function,
        "chain": chains[0] if chains else [],
        "further_chains": chains[1:],
        "facts": item.facts,
        "remedy": item.remedy or None,
        "related": [{**_place(place), "message": message} for place, message in item.related],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "path": step.location.path,
        "line": step.location.line,
        "column": step.location.column,
        "function": step.function,
        "note": step.note or None,
    }


def _place(location: Location) -> dict[str, Any]:
    return {"path": location.path, "line": location.line, "column": location.column}


def _function(item: Function) -> dict[str, Any]:
    declared = item.declared_at
    place = {"path": item.path, "line": item.line}
    nowhere = {"path": None, "line": None}  # a handler that is made at packaging time is defined nowhere
    return {
        "name": item.name,
        "handler": item.handler,
        **(nowhere if item.supplied else place),
        "application": place if item.supplied and item.path else None,
        "qualname": item.qualname,
        "origin": item.origin,
        "reason": item.reason,
        "problem": item.problem or None,
        "code_root": item.code_root,
        "declared_at": _place(declared) if declared else None,
        **{name: _value(item.value(name)) for name in ("runtime", "architecture", "memory", "timeout")},
        "events": _value(item.value("events")),
        "layers": _value(item.value("layers")),
        "environment": _value(item.value("environment")),
    }


def _value(value: Value) -> dict[str, Any]:
    """A value with its state; ``value`` is also there for what an unknown one is known to hold at least."""
    found: dict[str, Any] = {"state": value.state.value}
    if value.state is not State.ABSENT:
        found["value"] = _plain(value.value)
    if value.reason:
        found["reason"] = value.reason
    if value.location:
        found.update(path=value.location.path, line=value.location.line)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return _value(value)
    if isinstance(value, EventSource):
        return {
            "kind": value.kind,
            "resource": _value(value.resource),
            **(_place(value.location) if value.location else {}),
            "settings": {name: _value(item) for name, item in value.settings.items()},
        }
    if isinstance(value, Location):
        return _place(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in (sorted(value, key=str) if isinstance(value, (set, frozenset)) else value)]
    return value
