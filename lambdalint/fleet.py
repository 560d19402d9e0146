"""Many repositories and artifacts: the unit of work for whoever runs work, and reports put together.

`analyse` is a function of a module, and what it takes and gives can be pickled: any ``concurrent.futures.Executor`` of
processes runs it, on this machine (``ProcessPoolExecutor``) or on many (Dask, Ray). See docs/fleets.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdalint import discover, engine, filters
from lambdalint.model import Function, Location, Report, Skipped, Statistics
from lambdalint.settings import Settings, load


def analyse(target: str, settings: Settings | None = None) -> Report:
    """What `lambdalint check` finds in one directory, file or archive. In one process: the executor has the others.

    Args:
        target: its path. Paths in the report are relative to its git root, else to the working directory.
        settings: those of the run; None for what the configuration of the target itself says.

    Raises:
        UsageError: there is no such path, or its configuration is none.
    """
    given = discover.locate([target])
    asked = (load(given.start, given.root, {}) if settings is None else settings)._replace(jobs=1)
    project = discover.project(given, asked.exclude, asked.templates, deployed=bool(asked.handler))
    return filters.limited(engine.check(project, asked), asked, project)


def merged(reports: Mapping[str, Report]) -> Report:
    """One report of several, with the name of each before its paths; sentences (facts, errors) stay as they are.

    The graphs of events are left out: what they name is unique in one project only.
    """
    moved = [_below(report._replace(graph=Report().graph), name) for name, report in sorted(reports.items())]
    total = Statistics()
    for item in (report.statistics for report in moved):
        verdicts = {**total.verdicts}
        for name, count in item.verdicts.items():
            verdicts[name] = verdicts.get(name, 0) + count
        total = Statistics(
            total.calls + item.calls,
            total.calls_resolved + item.calls_resolved,
            total.bodies_lowered + item.bodies_lowered,
            total.pairing_mismatches + item.pairing_mismatches,
            dict(sorted(verdicts.items())),
        )
    return Report(
        findings=tuple(item for report in moved for item in report.findings),
        skipped=tuple(item for report in moved for item in report.skipped),
        functions=tuple(item for report in moved for item in report.functions),
        starts={start: run for report in moved for start, run in report.starts.items()},
        analysed=tuple(path for report in moved for path in report.analysed),
        excluded=sum(report.excluded for report in moved),
        suppressed=sum(report.suppressed for report in moved),
        baselined=sum(report.baselined for report in moved),
        internal_errors=tuple(
            f"{name}: {error}" for name, report in sorted(reports.items()) for error in report.internal_errors
        ),
        statistics=total,
    )


def _below(report: Report, name: str) -> Report:
    """A report as it would be if its project lay in a directory of that name."""
    known: dict[int, Any] = {}  # functions stand in it several times, as the same object

    def move(value: Any) -> Any:
        if id(value) in known:
            return known[id(value)]
        if isinstance(value, tuple):
            parts = [move(part) for part in value]
            made: Any = type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
            if isinstance(made, Location | Skipped | Function) and made.path is not None:
                made = made._replace(path=f"{name}/{made.path}")
            known[id(value)] = made
            return made
        return {key: move(part) for key, part in value.items()} if isinstance(value, dict) else value

    found: Report = move(report)
    return found._replace(
        analysed=tuple(f"{name}/{path}" for path in report.analysed),
        starts={(f"{name}/{path}", qualname): run for (path, qualname), run in found.starts.items()},
    )
