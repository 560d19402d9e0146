"""SARIF 2.1.0 with all that GitHub code scanning reads.

What GitHub requires, uses and ignores: github/docs, ``sarif-support-for-code-scanning.md`` and
``sarif-limits.md`` (read 2026-11).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lambdalint import __version__, registry
from lambdalint.model import Confidence, Finding, Location, Report, Severity, Step
from lambdalint.output import docs
from lambdalint.output.escape import safe
from lambdalint.output.fingerprint import line_hashes
from lambdalint.output.json import dumps

if TYPE_CHECKING:
    from lambdalint.output.view import View
    from lambdalint.registry import About

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
TEXT_LIMIT = 1024  # characters of a description that GitHub takes
TAG_LIMIT = 10  # tags that GitHub shows
RESULT_LIMIT = 25_000  # results of one run; GitHub refuses a log with more
FLOW_LIMIT = 100  # call chains of one result; GitHub keeps 10,000 locations in all
_MESSAGE = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})
LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
PRECISION = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "medium"}
SECURITY = {Severity.ERROR: "8.0", Severity.WARNING: "5.5", Severity.INFO: "3.0"}


def render(
    report: Report,
    view: View,
    unknown: Iterable[tuple[str, tuple[Location, ...]]] = (),
    category: str = "lambdalint",
) -> str:
    """One run with the rules that found something, the results, and what was skipped.

    ``unknown`` are further sentences on what is not known, with their places. An upload to GitHub closes the alerts of
    earlier ones with the same ``category`` that it does not have.
    """
    left_out = len(report.findings) - RESULT_LIMIT
    if left_out > 0:
        report = report._replace(findings=_worst(report.findings))
    rules = [registry.about(code) for code in sorted({item.code for item in report.findings})]
    index = {about.code: number for number, about in enumerate(rules)}
    hashes = _hashes(report, view)
    run = {
        "tool": {
            "driver": {
                "name": "lambdalint",
                "semanticVersion": __version__,
                **({"informationUri": docs.HOMEPAGE} if docs.HOMEPAGE else {}),
                "rules": [_rule(about) for about in rules],
            }
        },
        # the category of an upload is what comes before the last slash
        "automationDetails": {"id": f"{category}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, left_out, unknown)],
        "results": [_result(item, index, hashes, view) for item in report.findings],
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _worst(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The most severe findings, as many as a log may hold, in their order."""
    worst = sorted(range(len(findings)), key=lambda index: -findings[index].severity)[:RESULT_LIMIT]
    return tuple(findings[index] for index in sorted(worst))


def uri(path: str) -> str:
    """A path, relative to the root of the repository, as a relative URI reference.

    Everything but unreserved characters is percent-encoded, a colon too: in the first segment it
    would make a scheme. Bytes that are not UTF-8 keep their value.
    """
    return quote(os.fsencode(path), safe="/")


def _rule(about: About) -> dict[str, Any]:
    properties: dict[str, Any] = {"precision": PRECISION[about.confidence]}
    if about.security:
        # this, and only this, makes it a security alert
        properties["security-severity"] = SECURITY[about.severity]
    else:
        properties["problem.severity"] = PROBLEM[about.severity]
    tags = ["aws-lambda", *(["security"] if about.security else []), *about.tags]
    properties["tags"] = list(dict.fromkeys(tags))[:TAG_LIMIT]
    paragraph = " ".join(about.doc.partition("\n\n")[2].partition("\n\n")[0].split())
    return {
        "id": about.code,
        "name": about.name,
        "shortDescription": {"text": _cut(about.summary)},
        "fullDescription": {"text": _cut(f"{about.summary} {paragraph}".strip())},
        "help": {"text": docs.plain(about), "markdown": docs.markdown(about, title=False)},
        **({"helpUri": docs.page(about)} if docs.page(about) else {}),
        "defaultConfiguration": {"level": LEVEL[about.severity]},
        "properties": properties,
    }


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[: TEXT_LIMIT - 3].rstrip()}..."


def _result(item: Finding, index: dict[str, int], hashes: dict[tuple[str, int], str], view: View) -> dict[str, Any]:
    line = view.span(item.location)[0]
    related = [
        {**_location(place, view), "id": number, "message": {"text": _message(text)}}
        for number, (place, text) in enumerate(item.related, 1)
    ]
    parts = [item.message, *item.facts, item.remedy]
    result: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": index[item.code],
        "level": LEVEL[item.severity],
        "message": {"text": " ".join(_sentence(_message(part)) for part in parts if part)},
        "locations": [{**_location(item.location, view), **_logical(item)}],
    }
    if related:
        result["relatedLocations"] = related
    if item.chains:
        result["codeFlows"] = [_flow(chain, view) for chain in item.chains[:FLOW_LIMIT]]
    fingerprint = hashes.get((item.location.path, line))
    if fingerprint:
        result["partialFingerprints"] = {"primaryLocationLineHash": fingerprint}
    return result


def _logical(item: Finding) -> dict[str, Any]:
    if item.function == "<module>" or " " in item.function:  # a distribution and its vulnerability
        return {}
    return {"logicalLocations": [{"fullyQualifiedName": safe(item.function), "kind": "function"}]}


def _message(text: str) -> str:
    """Text in which nothing is taken for a link or a placeholder, as SARIF §3.11 reads messages."""
    return safe(text).translate(_MESSAGE)


def _sentence(text: str) -> str:
    """Text that ends like a sentence: GitHub shows the first one where space is short."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _location(location: Location, view: View) -> dict[str, Any]:
    line, column, end_line, end_column = view.span(location)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(location.path)},
            "region": {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column},
        }
    }


def _flow(chain: tuple[Step, ...], view: View) -> dict[str, Any]:
    locations = []
    for step in chain:
        text = f"{step.function}: {step.note}" if step.note else step.function
        locations.append({"location": {**_location(step.location, view), "message": {"text": _message(text)}}})
    return {"threadFlows": [{"locations": locations}]}


def _hashes(report: Report, view: View) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for item in report.findings:
        wanted.setdefault(item.location.path, set()).add(view.span(item.location)[0])
    found = {}
    for path, lines in wanted.items():
        for line, value in line_hashes(view.text(path), lines).items():
            found[path, line] = value
    return found


def _invocation(report: Report, left_out: int, unknown: Iterable[tuple[str, tuple[Location, ...]]]) -> dict[str, Any]:
    notes: list[dict[str, Any]] = [
        {
            "level": "warning" if item.named else "note",
            "message": {"text": _message(f"not analysed: {item.reason}")},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(item.path)}}}],
        }
        for item in report.skipped
    ]
    notes += [
        {
            "level": "warning",
            "message": {"text": _message(text)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri(place.path)},
                        "region": {"startLine": max(place.line, 1)},
                    }
                }
                for place in places
            ],
        }
        for text, places in unknown
    ]
    notes += [{"level": "error", "message": {"text": _message(error)}} for error in report.internal_errors]
    if left_out > 0:
        told = f"{left_out} findings are left out: a log holds {RESULT_LIMIT}"
        notes.append({"level": "warning", "message": {"text": told}})
    found: dict[str, Any] = {"executionSuccessful": not report.internal_errors}
    if notes:
        found["toolExecutionNotifications"] = notes
    return found
