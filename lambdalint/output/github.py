"""Workflow commands that GitHub Actions turns into annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.output.escape import safe

if TYPE_CHECKING:
    from lambdalint.model import Finding, Report
    from lambdalint.output.view import View

KIND = {"error": "error", "warning": "warning", "info": "notice"}
SHOWN = 10  # annotations of one kind that GitHub shows for a step; the rest is in the log only


def render(report: Report, view: View) -> str:
    """One command for each finding, the most severe first, and a notice where GitHub will not show all."""
    ordered = sorted(report.findings, key=lambda item: -item.severity)  # stable: then by place
    lines = [_command(item, view) for item in ordered]
    hidden = sum(max(sum(item.severity.label == label for item in ordered) - SHOWN, 0) for label in KIND)
    if hidden:
        text = f"GitHub shows {SHOWN} annotations of a kind; {hidden} further findings are in this step's log"
        lines.insert(0, message("notice", text))
    lines += [message("error", f"internal error: {error}") for error in report.internal_errors]
    return "".join(lines)


def message(kind: str, text: str) -> str:
    """A command without a place: ``error``, ``warning`` or ``notice``."""
    return f"::{kind} title=lambdalint::{_data(safe(text))}\n"


def _command(item: Finding, view: View) -> str:
    line, column, end_line, end_column = view.span(item.location)
    properties = {
        "title": f"{item.name} ({item.code})",
        "file": safe(item.location.path),
        "line": str(line),
        "endLine": str(end_line),
        "col": str(column),
        # the column of the last character, and only where it is on the same line: GitHub refuses it otherwise
        **({"endColumn": str(end_column - 1)} if end_line == line else {}),
    }
    text = "\n".join(safe(part) for part in (item.message, *item.facts, item.remedy) if part)
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{KIND[item.severity.label]} {told}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
