"""Report → text of one format. Each format is a module of its own, imported when it is asked for."""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.audit import Audit
    from lambdalint.bundle.report import Told
    from lambdalint.model import Report
    from lambdalint.output.view import View


def render(name: str, report: Report, view: View) -> str:
    """What ``check`` prints in the format ``name``; ends with a newline unless it is empty."""
    module = importlib.import_module(f"lambdalint.output.{name}")
    text: str = module.render(report, view)
    return text


def render_audit(name: str, told: tuple[Report, Audit], view: View) -> str:
    """What ``vulns`` prints in the format ``name``, which is one of those of ``check``."""
    from lambdalint.output import audit

    return audit.render(name, *told, view)


def render_functions(name: str, report: Report, view: View) -> str:
    """What ``functions`` prints in the format ``name`` (text or json)."""
    module = importlib.import_module(f"lambdalint.output.{name}")
    text: str = module.render_functions(report, view)
    return text


def render_bundles(name: str, told: Told, view: View) -> str:
    """What ``bundle`` prints in the format ``name`` (text or json)."""
    from lambdalint.output import bundle

    return bundle.render_bundles(name, told, view)


def render_bundles_whole(name: str, told: Told, view: View) -> str:
    """The same with every distribution."""
    from lambdalint.output import bundle

    return bundle.render_bundles(name, told, view, whole=True)


def render_graph(name: str, report: Report, view: View) -> str:
    """What ``graph`` prints in the format ``name`` (text, mermaid or dot)."""
    module = importlib.import_module("lambdalint.output.graph")
    text: str = getattr(module, name)(report, view)
    return text
