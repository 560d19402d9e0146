"""One line for each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.output.escape import safe
from lambdalint.output.text import Painter, summary

if TYPE_CHECKING:
    from lambdalint.model import Report
    from lambdalint.output.view import View


def render(report: Report, view: View) -> str:
    """``path:line:column: severity name (CODE) message``, then the summary."""
    out = Painter(view.color)
    for item in report.findings:
        line, column, _, _ = view.span(item.location)
        out.heading(item, line, column)
        out.write(f" {safe(item.message)}\n")
    if not view.quiet:
        summary(report, view, out)
    return out.text()
