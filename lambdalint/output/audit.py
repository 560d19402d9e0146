"""What ``vulns`` prints: the findings as those of ``check``, and in each format what is not audited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.bundle.vulnerabilities import brief, later
from lambdalint.output.escape import block, safe
from lambdalint.output.text import Painter, excerpt, finding, labelled, plural, rules, wrapped

if TYPE_CHECKING:
    from lambdalint.bundle.audit import Audit, Flaw, Unaudited
    from lambdalint.model import Finding, Location, Report
    from lambdalint.output.view import View

NAMED = 6  # distributions that the text names for one reason
NOTES = 200  # notifications of a SARIF log


def render(name: str, report: Report, audit: Audit, view: View) -> str:
    """The report in one format; ends with a newline unless it is empty."""
    made: str = _FORMATS[name](report, audit, view)
    return made


def sentence(audit: Audit) -> str:
    """How many versions are what."""
    counts = [f"{audit.vulnerable} vulnerable", f"{len(audit.clean)} clean"]
    accepted = audit.answered - audit.vulnerable - len(audit.clean)
    if accepted:
        counts.append(f"{accepted} accepted as of {audit.as_of}")
    if audit.unaudited:
        counts.append(f"{len(audit.unaudited)} not audited")
    return f"Audited with {audit.service.name}: {', '.join(counts)}"


def unaudited(audit: Audit) -> Iterator[tuple[str, list[Unaudited]]]:
    """What was not audited, by the reason, the most frequent first."""
    by: dict[str, list[Unaudited]] = {}
    for item in audit.unaudited:
        by.setdefault(item.reason, []).append(item)
    yield from sorted(by.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _title(item: Unaudited) -> str:
    """A distribution, and where it stands first."""
    name = f"{brief(item.name)} {brief(item.version)}".strip()
    where = f"{item.places[0].path}:{item.places[0].line}" if item.places else ""
    return f"{name} ({where})" if name and where else name or where


# Text


def _text(report: Report, audit: Audit, view: View) -> str:
    out = Painter(view.color)
    known = {
        (place.location, f"{flaw.name} {flaw.vulnerability.id}"): flaw for flaw in audit.flaws for place in flaw.places
    }
    groups: dict[tuple[str, str], list[tuple[Finding, Flaw]]] = {}
    others = []
    for item in report.findings:
        flaw = known.get((item.location, item.function))
        if flaw is None:
            others.append(item)
        else:
            groups.setdefault((flaw.name, flaw.version), []).append((item, flaw))
    for found in groups.values():
        _group(found, view, out)
    for item in others:
        finding(item, view, out)
    if report.findings:
        rules(report, view, out)
    _unknown(audit, view, out)
    _summary(report, audit, view, out)
    return out.text()


def _group(found: list[tuple[Finding, Flaw]], view: View, out: Painter) -> None:
    """The vulnerabilities of one version, with all of its places."""
    places = dict.fromkeys(item.location for item, _ in sorted(found, key=lambda pair: -pair[0].severity))
    first = next(item for item, _ in found if item.location == next(iter(places)))
    flaws = {flaw.vulnerability.id: (item, flaw) for item, flaw in reversed(found)}
    line, column, end_line, end_column = view.span(first.location)
    out.heading(first, line, column)
    _, flaw = found[0]
    number = len(flaws)
    count = "a known vulnerability" if number == 1 else f"{number} known vulnerabilities"
    out.write(block(f"\n  {safe(flaw.name)} {safe(flaw.version)} has {count}\n"))
    excerpt(first, (line, column, end_line, end_column), view, out)
    for name in sorted(flaws):
        item, flaw = flaws[name]
        out.write(f"  {safe(name)}", "bold")
        aliases = ", ".join(flaw.vulnerability.aliases)
        out.write(f"  {safe(aliases)}\n" if aliases else "\n")
        after = later(flaw.vulnerability.fixed, flaw.version)
        labelled("fixed in", ", ".join(after) if after else "no later version that is known", view, out)
        for fact in item.facts:
            labelled("", fact, view, out)
    requirers = sorted({name for place in flaw.places if place.location in places for name in place.via})
    if requirers:
        more = f" and {len(requirers) - NAMED} more" if len(requirers) > NAMED else ""
        labelled("needed by", ", ".join(requirers[:NAMED]) + more, view, out)
    for place in list(places)[1:]:
        labelled("also at", f"{place.path}:{place.line}", view, out)
    out.write("\n")


def _unknown(audit: Audit, view: View, out: Painter) -> None:
    if not audit.unaudited:
        return
    out.write("Not audited\n", "bold yellow")
    for reason, items in unaudited(audit):
        names = [_title(item) for item in items[:NAMED]]
        more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
        for row in wrapped(f"{len(items)}: {reason}", view.width, "    ", "  "):
            out.write(f"{row}\n")
        for row in wrapped(f"{', '.join(names)}{more}", view.width, "      "):
            out.write(f"{row}\n")
    out.write("\n")


def _summary(report: Report, audit: Audit, view: View, out: Painter) -> None:
    if view.quiet and not audit.unaudited:
        return
    text = sentence(audit) if audit.asked or audit.unaudited else "Nothing to audit"
    for number, label in ((report.suppressed, "suppressed"), (report.baselined, "in the baseline")):
        text += f", {plural(number, 'finding')} {label}" if number else ""
    for row in wrapped(text, view.width, "  ", ""):
        out.write(f"{row}\n", "bold")
    if audit.unaudited:
        told = "Nothing was audited" if not audit.answered else "The audit is incomplete"
        out.write(f"{told}: what is not audited may be vulnerable.\n", "bold red")


# The formats of programs


def _concise(report: Report, audit: Audit, view: View) -> str:
    out = Painter(view.color)
    for item in report.findings:
        line, column, _, _ = view.span(item.location)
        out.heading(item, line, column)
        remedy = f"; {safe(item.remedy)}" if item.remedy else ""
        out.write(block(f" {safe(item.message)}{remedy}\n"))
    for reason, items in unaudited(audit):
        for each in items:
            out.write(block(f"{safe(_title(each))}: not audited: {safe(reason)}\n"))
    _summary(report, audit, view, out)
    return out.text()


def _json(report: Report, audit: Audit, view: View) -> str:
    from lambdalint.output import json

    document = json.document(report, view)
    document["audit"] = {
        "service": audit.service.name,
        "url": audit.service.shown,
        "as_of": audit.as_of,
        "complete": not audit.unaudited,
        "asked": audit.asked,
        "vulnerable": [_flaw(flaw) for flaw in audit.flaws],
        "clean": [{"name": name, "version": version} for name, version in audit.clean],
        "not_audited": [
            {
                "name": item.name or None,
                "version": item.version or None,
                "reason": item.reason,
                "service_failed": item.failed,
                "places": [_place(place) for place in item.places],
            }
            for item in audit.unaudited
        ],
    }
    return json.dumps(document)


def _flaw(flaw: Flaw) -> dict[str, Any]:
    known, entry = flaw.vulnerability, flaw.accepted
    return {
        "name": flaw.name,
        "version": flaw.version,
        "id": known.id,
        "aliases": known.aliases,
        "fixed_versions": known.fixed,
        "summary": known.summary or None,
        "link": known.link or None,
        "places": [
            {**_place(place.location), "severity": place.severity.label, "required_by": place.via}
            for place in flaw.places
        ],
        "accepted": {**entry._asdict(), "until": entry.until or None, "expired": flaw.expired} if entry else None,
    }


def _place(location: Location) -> dict[str, Any]:
    return {"path": location.path, "line": location.line}


def _sarif(report: Report, audit: Audit, view: View) -> str:
    from lambdalint.output import sarif

    notes = [
        (
            ": ".join(part for part in ("not audited", f"{item.name} {item.version}".strip(), item.reason) if part),
            item.places,
        )
        for item in audit.unaudited
        if item.name or item.reason not in {skipped.reason for skipped in report.skipped}
    ]
    left = len(notes) - NOTES
    if left > 0:
        notes = [*notes[:NOTES], (f"not audited: {left} more", ())]
    return sarif.render(report, view, [*notes, (sentence(audit), ())], "lambdalint-vulns")


def _github(report: Report, audit: Audit, view: View) -> str:
    from lambdalint.output import github

    lines = [github.render(report, view)]
    for reason, items in unaudited(audit):
        names = ", ".join(map(_title, items[:NAMED])) + (
            f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
        )
        lines.append(github.message("warning", f"{len(items)} not audited: {reason}: {names}"))
    lines.append(github.message("notice", sentence(audit)))
    return "".join(lines)


_FORMATS = {"text": _text, "concise": _concise, "json": _json, "sarif": _sarif, "github": _github}
