"""Text for people: the finding, its line, how it is reached, what decided it; why and what to do at the end."""

from __future__ import annotations

from collections.abc import Iterator

from lambdalint.model import State
from lambdalint.output.escape import block, escaped, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.model import Finding, Function, Location, Report, Step, Value
    from lambdalint.output.view import View

SEVERITY_STYLE = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_LABELS = {"architecture": "arch"}
LABEL = 10  # columns of the labels at the left
TAB = "    "
CHAINS = 3  # call chains of one finding that are shown in full
CUT = "..."
MASK = "********"  # stands for what must not be shown
CONTEXT = 16  # characters of a long line that are shown before the finding


class Painter:
    """Collects text in styles and gives it plain or coloured."""

    def __init__(self, color: bool) -> None:
        self.color = color
        self.spans: list[tuple[str, str]] = []

    def write(self, text: str, style: str = "") -> None:
        """Add text that is safe already; a runner takes no line of it for a command."""
        self.spans.append((block(text) if "::" in text else text, style))

    def heading(self, item: Finding, line: int, column: int) -> None:
        """Add ``path:line:column: severity name (CODE)``."""
        label = item.severity.label
        self.write(safe(item.location.path), "bold")
        self.write(f":{line}:{column}: ")
        self.write(label, SEVERITY_STYLE[label])
        self.write(f" {item.name} ({item.code})")

    def text(self) -> str:
        """All that was written."""
        plain = "".join(text for text, _ in self.spans)
        if not self.color or not plain:
            return plain
        import io

        from rich.console import Console  # 100 ms, so only for colours
        from rich.text import Text

        target = io.StringIO()
        console = Console(file=target, force_terminal=True, color_system="standard", markup=False, highlight=False,
                          emoji=False, legacy_windows=False, no_color=False)  # fmt: skip
        # Text objects: no markup of the data is ever read
        console.print(Text.assemble(*self.spans), soft_wrap=True, end="")
        return target.getvalue()


def render(report: Report, view: View) -> str:
    """The report on at most ``view.width`` columns, source lines and paths excepted where they are longer."""
    out = Painter(view.color)
    for item in report.findings:
        finding(item, view, out)
    if report.findings:
        rules(report, view, out)
    if not view.quiet:
        summary(report, view, out)
    return out.text()


def wrapped(text: str, width: int, indent: str, first: str | None = None) -> Iterator[str]:
    """``text``, made safe, in lines of at most ``width`` columns that start with ``indent`` (the first: ``first``).

    No line starts with ``::``, which a CI runner would take for a command.
    """
    line, room = indent if first is None else first, False
    for word in safe(text).split(" "):
        if room and (cells(line) + 1 + cells(word) > width and not word.startswith("::")):
            yield line
            line, room = indent + word, True
        else:
            line, room = f"{line} {word}" if room else line + word, True
    yield line


def cells(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    return len(text) if text.isascii() else sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    import unicodedata  # only where there is more than ASCII

    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def finding(item: Finding, view: View, out: Painter) -> None:
    """Add a finding with all that is known of it."""
    line, column, end_line, end_column = view.span(item.location)
    out.heading(item, line, column)
    out.write("\n")
    for row in wrapped(item.message, view.width, "  "):
        out.write(f"{row}\n")
    excerpt(item, (line, column, end_line, end_column), view, out)
    chains = [chain for chain in item.chains if chain]
    for number, chain in enumerate(chains[:CHAINS]):
        _chain(chain, "or" if number else "reached", item, view, out)
    if len(chains) > CHAINS:
        labelled("or", f"from {plural(len(chains) - CHAINS, 'further entry point')}", view, out)
    for fact in item.facts:
        labelled("because", fact, view, out)
    for place, message in item.related:
        labelled("see", f"{place.path}:{place.line} {message}", view, out)
    if item.remedy:
        labelled("help", item.remedy, view, out)
    out.write("\n")


def labelled(label: str, text: str, view: View, out: Painter) -> None:
    """Add text beside a label."""
    lines = wrapped(text, view.width, " " * (LABEL + 2), f"  {label:<{LABEL}}")
    first = next(lines)
    out.write(first[: LABEL + 2], "cyan")
    out.write(f"{first[LABEL + 2 :]}\n")
    for row in lines:
        out.write(f"{row}\n")


def excerpt(item: Finding, span: tuple[int, int, int, int], view: View, out: Painter) -> None:
    """The line of the finding without its indentation, and the finding underlined."""
    line, column, end_line, end_column = span
    source = view.line(item.location.path, line).rstrip()
    start = len(source) - len(source.lstrip())
    if not source:
        return
    # a character may take no column, two, or be shown as an escape: widths are those of what is shown
    shown = [TAB if char == "\t" else char if char.isprintable() else escaped(char) for char in source]
    first = min(max(column - 1, start), len(shown))
    if item.masked:
        shown[first:] = MASK
    last = max(min(end_column - 1 if end_line == line else len(shown), len(shown)), first)
    gutter = f"  {line:>5} | "
    room = max(view.width - len(gutter), 2 * CONTEXT)
    before, after = "", ""
    stop = len(shown)
    if cells("".join(shown[start:])) > room:
        if first - start > CONTEXT:
            before, start = CUT, first - CONTEXT
        left = room - len(before) - len(CUT)
        stop = start
        while cells("".join(shown[start : stop + 1])) <= left and stop < len(shown):
            stop += 1
        after = CUT if stop < len(shown) else ""
    indent = cells(before + "".join(shown[start:first]))
    underline = max(cells("".join(shown[first : min(last, stop)])), 1)
    out.write(f"\n{gutter}", "blue")
    out.write(f"{safe(before + ''.join(shown[start:stop]) + after)}\n")
    out.write(f"{' ' * (len(gutter) - 2)}| ", "blue")
    out.write(f"{' ' * indent}{'^' * underline}\n\n", SEVERITY_STYLE[item.severity.label])


def _chain(chain: tuple[Step, ...], label: str, item: Finding, view: View, out: Painter) -> None:
    """The way from an entry point: place, function (unless the line before names it) and what happens there."""
    last = chain[-1].location
    if len(chain) > 1 and (last.path, last.line) == (item.location.path, item.location.line):
        chain = chain[:-1]  # the excerpt shows it
    places = [f"{safe(step.location.path)}:{step.location.line}" for step in chain]
    width = min(max(map(cells, places)), view.width // 2)
    named: tuple[str, ...] = ()  # the functions that the line before is in and calls
    for place, step in zip(places, chain, strict=True):
        parts = [step.function] if step.function not in named or not step.note else []
        text = ": ".join([*parts, step.note] if step.note else parts)
        named = (step.function, step.note.rpartition(" ")[2])
        out.write(f"  {label:<{LABEL}}", "cyan")
        out.write(place)
        indent = " " * (LABEL + 4)
        if width < cells(place):  # a long path has its line alone
            rows = wrapped(text, view.width, indent)
            out.write("\n")
        else:
            column = LABEL + width + 4
            rows = wrapped(text, view.width, indent, " " * column)
            out.write(next(rows)[LABEL + 2 + cells(place) :] + "\n")
        for row in rows:
            out.write(f"{row}\n")
        label = ""


def rules(report: Report, view: View, out: Painter) -> None:
    """Why and what to do, once for each rule: at the end, where a long report stops on the screen."""
    from lambdalint import registry

    for code in sorted({item.code for item in report.findings}):
        about = registry.about(code)
        out.write(f"{about.name} ({about.code})\n", "bold")
        labelled("why", about.why, view, out)
        labelled("help", about.remedy, view, out)
        out.write("\n")


def summary(report: Report, view: View, out: Painter) -> None:
    """Add the last lines: how much was found in how much, and what else there is to know."""
    counts: dict[str, int] = {}
    for item in sorted(report.findings, key=lambda found: -found.severity):
        counts[item.severity.label] = counts.get(item.severity.label, 0) + 1
    total = len(report.findings)
    # "info" has no plural
    shares = (f"{number} info" if label == "info" else plural(number, label) for label, number in counts.items())
    text = f"{plural(total, 'finding')} ({', '.join(shares)})" if total else "No findings"
    text += f" in {plural(len(report.functions), 'function')}, {plural(len(report.analysed), 'file')} analysed"
    for number, label in (
        (len(report.skipped), "skipped"),
        (report.suppressed, "suppressed"),
        (report.baselined, "in the baseline"),
    ):
        text += f", {number} {label}" if number else ""
    for row in wrapped(text, view.width, "  ", ""):
        out.write(f"{row}\n", "bold")
    for error in report.internal_errors:
        for row in wrapped(f"internal error: {error}", view.width, "  ", ""):
            out.write(f"{row}\n", "bold red")
    if view.statistics:
        _statistics(report, out)


def _statistics(report: Report, out: Painter) -> None:
    found = report.statistics
    share = f" ({100 * found.calls_resolved / found.calls:.1f} %)" if found.calls else ""
    rows = [f"calls in regions: {found.calls}, resolved: {found.calls_resolved}{share}"]
    rows.append(f"definitions lowered: {found.bodies_lowered}, calls not paired: {found.pairing_mismatches}")
    rows += [f"{name}: {number}" for name, number in sorted(found.verdicts.items())]
    out.write("".join(f"  {safe(row)}\n" for row in rows))


def plural(number: int, word: str) -> str:
    """A number with its noun."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def render_functions(report: Report, view: View) -> str:
    """What is deployed, where, and why it is taken for an entry point."""
    out = Painter(view.color)
    for item in report.functions:
        _function(item, view, out)
    if not view.quiet:
        tail = f", {plural(len(report.skipped), 'file')} skipped" if report.skipped else ""
        out.write(f"{plural(len(report.functions), 'function')}{tail}\n", "bold")
    return out.text()


def _function(item: Function, view: View, out: Painter) -> None:
    out.write(safe(item.handler or item.name), "bold")
    if item.path is not None:
        out.write(f"  {safe(item.path)}:{item.line}")
    out.write("\n")
    declared = item.declared_at
    where = f" {declared.path}:{declared.line}" if declared else ""
    name = f" as {item.name}" if declared and item.name not in ("", item.handler) else ""
    labelled("origin", f"{item.origin}{where}{name}", view, out)
    labelled("reason", item.reason, view, out)
    if item.problem:
        labelled("problem", item.problem, view, out)
    for name, unit in (("runtime", ""), ("architecture", ""), ("memory", " MB"), ("timeout", " s")):
        value = item.value(name)
        if value.state is not State.ABSENT:
            told = f"{value.value}{unit}" if value.known else f"unknown: {value.reason}"
            labelled(_LABELS.get(name, name), told + _from(value, declared), view, out)
    events = item.value("events")
    for event in item.events:
        told = f"{event.kind} {_spelt(event.resource)}".rstrip()
        labelled("event", told + _at(event.location, declared), view, out)
    if events.unknown:
        labelled("event", f"perhaps others: {events.reason}{_from(events, declared)}", view, out)
    layers = item.value("layers")
    for layer in layers.value if layers.known and type(layers.value) is tuple else ():
        labelled("layer", (_spelt(layer) or "unknown") + _from(layer, declared), view, out)
    if layers.unknown:
        labelled("layer", f"unknown: {layers.reason}{_from(layers, declared)}", view, out)
    out.write("\n")


def _spelt(value: Value) -> str:
    """A value that may name resources, as a template would: ``Queue.Arn``, ``arn:aws:sqs:${AWS::Region}:…``."""
    found = value.value
    if hasattr(found, "parts"):
        return "".join(part if isinstance(part, str) else f"${{{getattr(part, 'name', '…')}}}" for part in found.parts)
    if hasattr(found, "name"):
        return f"{found.name}.{found.attribute}" if found.attribute else str(found.name)
    return found if isinstance(found, str) else ""


def _from(value: Value, declared: Location | None) -> str:
    """Where a value is set, or what it is the default of."""
    if value.location is None:
        return f" ({value.reason})" if value.known and value.reason else ""
    return _at(value.location, declared)


def _at(place: Location | None, declared: Location | None) -> str:
    """A place, by its line alone where it is in the file that declares the function."""
    if place is None:
        return ""
    near = declared is not None and place.path == declared.path
    return f" (line {place.line})" if near else f" ({place.path}:{place.line})"
