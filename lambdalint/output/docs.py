"""The documentation of rules: for ``lambdalint rule``, SARIF and the pages under ``docs/``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdalint.registry import About

CODE = "        "  # how code in a section is indented
HOMEPAGE = ""  # the project's public address; while there is none, outputs name none


def page(about: About) -> str:
    """Where the documentation of a rule is on the web; empty while the project has no public address."""
    return f"{HOMEPAGE}/blob/main/docs/rules/{about.name}.md" if HOMEPAGE else ""


def markdown(about: About, *, title: bool = True) -> str:
    """The documentation of a rule as Markdown: sections of the docstring become headings."""
    lines = [f"# {about.name} ({about.code})", ""] if title else []
    lines += [f"*{fact_line(about)}*", "", about.summary, ""]
    lines += _body(about.doc.split("\n")[1:])
    lines += ["", "## Why", "", about.why]
    lines += [] if _tells_remedy(about) else ["", "## Remedy", "", about.remedy]
    return "\n".join(lines).replace("\n\n\n", "\n\n").strip() + "\n"


def _body(doc: list[str]) -> list[str]:
    lines = []
    for line in doc:
        if line and not line.startswith(" ") and line.endswith(":") and line[:-1].isalpha():
            lines += ["", f"## {line[:-1]}", ""]
        else:
            # the content of a section is indented in a docstring, which would be code in Markdown
            lines.append(line.removeprefix("    "))
    return lines


def plain(about: About, width: int = 80) -> str:
    """The documentation of a rule as text of at most ``width`` columns for a terminal."""
    title = f"{about.name} ({about.code})"
    lines = [title, "=" * len(title), *_reflowed([fact_line(about), "", *about.doc.strip().split("\n"), ""], width)]
    lines += _reflowed(["Why:", f"    {about.why}", ""], width)
    lines += [] if _tells_remedy(about) else _reflowed(["Remedy:", f"    {about.remedy}", ""], width)
    lines += [page(about)]
    return "\n".join(lines).strip() + "\n"


def _reflowed(lines: list[str], width: int) -> list[str]:
    """Paragraphs and bullets, wrapped anew; whatever has another indentation is a paragraph of its own.

    What is indented once more after an empty line is code, each line of which stays one.
    """
    from lambdalint.output.text import wrapped

    paragraphs: list[tuple[str, str, str]] = []  # how the first line starts, how the others do, text
    code = False
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        code = len(indent) >= len(CODE) and (code or not paragraphs or not paragraphs[-1][2])
        bullet = re.match(r"(?:\d+\.|-) ", line.lstrip())
        if code:
            paragraphs.append((indent, indent, line.lstrip()))
        elif bullet:
            hanging = indent + " " * bullet.end()
            paragraphs.append((indent + bullet[0], hanging, line[len(hanging) :]))
        elif line and paragraphs and paragraphs[-1][2] and indent == paragraphs[-1][1]:
            first, hanging, text = paragraphs[-1]
            paragraphs[-1] = (first, hanging, f"{text} {line.lstrip()}")
        else:
            paragraphs.append((indent, indent, line.lstrip()))
    return [row for first, hanging, text in paragraphs for row in wrapped(text, width, hanging, first)]


def _tells_remedy(about: About) -> bool:
    """Whether the docstring has a section of its own on what to do."""
    return "Remedy:" in about.doc.split("\n")


def fact_line(about: About) -> str:
    """Severity, confidence, whether it is on by default, and since when."""
    default = "on by default" if about.default else "off by default"
    tags = f", {', '.join(about.tags)}" if about.tags else ""
    return f"{about.severity.label}, {about.confidence.label} confidence, {default}{tags}, since {about.since}"
