"""Bundles as tables for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lambdalint.output.escape import safe
from lambdalint.output.text import Painter, cells, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.bundle.growth import Change, Growth, Measure
    from lambdalint.bundle.report import Described, Row, Told
    from lambdalint.bundle.sharing import Common
    from lambdalint.output.view import View

SCHEMA = 1
NUMBER = 11  # columns of a number of bytes
SHARE = 8  # columns of a percentage
COUNT = 7  # columns of a number of modules
NAME = 12  # columns of a name at least
PLACE = 12  # columns of what comes last in a line at least
PROSE = 100  # columns of the sentences at most
ROWS = 25  # of one table, unless more is asked for
NAMED = 5  # of the things that a sentence lists
CUT = "…"


def render_bundles(name: str, told: Told, view: View, *, whole: bool = False) -> str:
    """The bundles in the format ``name``: ``text`` or ``json``."""
    if name == "json":
        from lambdalint.output.json import dumps

        return dumps(
            {
                "schema": SCHEMA,
                "bundles": [_document(item) for item in told.bundles],
                "shared": [_shared(item) for item in told.common],
                "compared": {"with": told.since, "gone": list(told.gone)} if told.since else None,
            }
        )
    return _Text(view, whole=whole).render(told)


class _Text:
    """Draws tables that are as wide as the view."""

    def __init__(self, view: View, *, whole: bool) -> None:
        self.width = view.width
        self.whole = whole
        self.out = Painter(view.color)

    def render(self, told: Told) -> str:
        if told.bundles and told.bundles[0].why:
            for item in told.bundles:
                self.why(item, several=len(told.bundles) > 1)
            return self.out.text()
        if len(told.bundles) > 1:
            self.overview(told)
        if len(told.bundles) == 1 or self.whole:
            for number, item in enumerate(told.bundles):
                if number or len(told.bundles) > 1:
                    self.line()
                self.bundle(item)
        for item in told.bundles if told.since else ():
            self.growth(item, told)
        if told.gone:
            self.prose(f"in {told.since} and not here: {', '.join(told.gone)}")
        return self.out.text()

    # -- lines

    def line(self, text: str = "", style: str = "") -> None:
        self.out.write(text.rstrip(), style if text.strip() else "")
        self.out.write("\n")

    def prose(self, text: str, style: str = "") -> None:
        for line in wrapped(text, min(self.width, PROSE), "    ", "  "):
            self.line(line, style)

    def row(self, name: str, width: int, columns: str, style: str = "") -> None:
        """One row of a table; a name that its column cannot hold has the line before to itself."""
        if cells(name) > width:
            self.line(f"  {name}", style)
            name = ""
        self.line(f"  {_filled(name, width)}{columns}", style)

    def listed(self, items: Sequence[str]) -> str:
        """Some of the items of a list in a sentence, or all."""
        shown = items if self.whole or len(items) <= NAMED + 1 else items[:NAMED]
        rest = len(items) - len(shown)
        return ", ".join(shown) + (f" and {rest} more" if rest else "")

    def names(self, names: Iterable[str], fixed: int, last: int = 0) -> int:
        """The columns for names, where the other columns take ``fixed`` and what comes last wants ``last``."""
        widest = max((cells(name) for name in names), default=0)
        return max(NAME, min(widest, self.width - fixed - last))

    # -- one bundle

    def bundle(self, item: Described) -> None:
        for line in wrapped(_head(item), self.width, "  ", ""):
            self.line(line, "bold")
        self.line()
        self.table(item)
        self.line()
        for text, style in self.totals(item):
            self.prose(text, style)

    def table(self, item: Described) -> None:
        follows = item.modules is not None
        shown = item.rows if self.whole or len(item.rows) <= ROWS + 1 else item.rows[:ROWS]
        rest = item.rows[len(shown) :]
        others = f"{len(rest)} smaller ones" if rest else ""
        names = [_name(row, item) for row in shown]
        fixed = 2 + 2 * (1 + NUMBER) + SHARE + (1 + COUNT + 2 if follows else 0)
        width = self.names([*names, others], fixed, PLACE if follows else 0)
        head = f"  {'distribution':<{width}} {'unzipped':>{NUMBER}} {'zipped':>{NUMBER}}{'share':>{SHARE}}"
        self.line(head + (f" {'modules':>{COUNT}}  imported by" if follows else ""), "bold")
        for row, name in zip(shown, names, strict=True):
            sizes = _sizes(row.share.unzipped, row.share.zipped, item.unzipped)
            room = self.width - 2 - width - len(sizes)
            self.row(name, width, sizes + (_use(row, item, room) if follows else ""))
        if rest:
            self.row(others, width, _sizes(sum(row.share.unzipped for row in rest), _zipped(rest), item.unzipped))
        sizes = _sizes(item.unzipped, _zipped(item.rows), item.unzipped)
        self.row("in all", width, sizes + (f" {item.modules:>{COUNT},}" if item.modules is not None else ""), "bold")

    def totals(self, item: Described) -> Iterator[tuple[str, str]]:
        """The sentences below a table, each with its style."""
        what = "function and layers" if item.layers else "function"
        share = 100 * item.unzipped / item.limit
        left = item.limit - item.unzipped
        remains = f"{left:,} remain" if left >= 0 else f"{-left:,} too many"
        style = "bold red" if left < 0 else ""
        yield f"{what} unzipped {item.unzipped:,} of {item.limit:,} bytes ({share:.0f} %): {remains}", style
        if item.zipped is not None:
            over = item.zipped > item.upload_limit
            verdict = "only through S3" if over else "may be uploaded directly"
            yield f"archive {item.zipped:,} of {item.upload_limit:,} bytes: {verdict}", ""
        for layer in item.open_layers:
            yield f"not here, and not counted: layer {layer}", ""
        if len(item.own) > 1:
            yield f"own code: {self.listed([f'{name} {size:,}' for name, size in item.own])}", ""
        if item.problem:
            yield item.problem, "bold red"
            return
        if item.modules is None:
            yield "what is imported: needs --runtime and --handler, or a template that says them", ""
            return
        modules = "1 module of the bundle is" if item.modules == 1 else f"{item.modules:,} modules of the bundle are"
        yield f"{modules} loaded at start-up, {item.loaded:,} bytes", ""
        if item.dynamic:
            verb = "imports" if item.dynamic == 1 else "import"
            yield f"more may be loaded: {item.dynamic} of them {verb} by computed names", ""
        if item.idle:
            size = sum(share.unzipped for share in item.idle)
            yield f"not imported at start-up, {size:,} bytes: {self.listed([share.name for share in item.idle])}", ""
        for name in item.missing:
            yield f"import fails: {name}", "bold red"
        if item.removable:
            classes = sorted(item.removable.items(), key=lambda pair: (-pair[1], pair[0]))
            yield f"could go: {', '.join(f'{name} {size:,}' for name, size in classes)}", ""

    def why(self, item: Described, *, several: bool) -> None:
        """The imports that lead to what was asked for; of several bundles only those that have it."""
        known = [(name, steps) for name, steps in item.why if steps is not None]
        if several and not known:
            return
        for line in wrapped(_head(item), self.width, "  ", ""):
            self.line(line, "bold")
        for name, steps in known:
            if not steps:
                self.line(safe(f"  {name}: nothing imports it when the function starts"))
                continue
            self.line(safe(f"  {name} is imported:"))
            for step in steps:
                self.line(safe(f"    {step.location.path}:{step.location.line}  {step.note}"))

    # -- several bundles

    def overview(self, told: Told) -> None:
        """All functions side by side, and what they share."""
        several = len({item.name for item in told.bundles}) < len(told.bundles)
        names = [safe(f"{item.name} ({item.artifact})" if several else item.name) for item in told.bundles]
        fixed = 2 + 3 * (1 + NUMBER) + SHARE + 1 + COUNT + (1 + NUMBER if told.since else 0)
        width = self.names([*names, "function"], fixed)
        head = f"  {'function':<{width}} {'unzipped':>{NUMBER}}{'limit':>{SHARE}} {'zipped':>{NUMBER}}"
        head += f" {'modules':>{COUNT}} {'loaded':>{NUMBER}}" + (f" {'growth':>{NUMBER}}" if told.since else "")
        self.line(head, "bold")
        rows = zip(told.bundles, names, strict=True)
        for item, name in sorted(rows, key=lambda row: (-row[0].unzipped, row[1])):
            used = ("", "") if item.modules is None else (f"{item.modules:,}", f"{item.loaded:,}")
            columns = f" {item.unzipped:>{NUMBER},}{_share(item.unzipped, item.limit)} {_number(item.zipped)}"
            columns += f" {used[0]:>{COUNT}} {used[1]:>{NUMBER}}"
            if told.since:
                change = _signed(item.growth.unzipped) if item.growth is not None else "new"
                columns += f" {change:>{NUMBER}}"
            wrong = item.unzipped > item.limit or item.missing or item.problem
            self.row(name, width, columns, "bold red" if wrong else "")
        self.line()
        limits = told.bundles[0]
        self.prose(f"limit: {limits.limit:,} bytes for a function and its layers unzipped")
        over = [item.name for item in told.bundles if item.zipped is not None and item.zipped > limits.upload_limit]
        if over:
            self.prose(f"only through S3, for more than {limits.upload_limit:,} bytes zipped: {self.listed(over)}")
        for item in told.bundles:
            if item.problem:
                self.prose(f"{item.name}: {item.problem}", "bold red")
            if item.missing:
                self.prose(f"import fails in {item.name}: {self.listed(item.missing)}", "bold red")
        if told.common:
            self.line()
            self.shared(told.common)
        if not self.whole:
            self.line()
            self.prose("--function NAME prints the table of one, --all those of all")

    def shared(self, rows: Sequence[Common]) -> None:
        """The distributions that several artifacts hold."""
        shown = rows if self.whole or len(rows) <= ROWS + 1 else rows[:ROWS]
        names = [safe(f"{item.name} {item.version}".strip()) for item in shown]
        fixed = 2 + 2 * (1 + NUMBER) + 1 + COUNT + 2
        width = self.names([*names, "in several functions"], fixed, PLACE)
        head = f"  {'in several functions':<{width}} {'unzipped':>{NUMBER}} {'zipped':>{NUMBER}} {'copies':>{COUNT}}"
        self.line(f"{head}  functions", "bold")
        for item, name in zip(shown, names, strict=True):
            columns = f" {item.unzipped:>{NUMBER},} {_number(item.zipped)} {len(item.artifacts):>{COUNT}}  "
            room = self.width - 2 - width - len(columns)
            self.row(name, width, columns + _cut(safe(", ".join(item.functions)), room))
        if len(shown) < len(rows):
            self.prose(f"and {len(rows) - len(shown)} more")
        spared = sum(item.spared for item in rows)
        self.line()
        zipped = "" if any(item.zipped is None for item in rows) else " zipped"
        self.prose(f"as layers: {spared:,} bytes{zipped} less to upload; the limit counts layers, too")

    # -- what has changed

    def growth(self, item: Described, told: Told) -> None:
        growth = item.growth
        self.line()
        if growth is None:
            self.prose(f"{item.name} is not in {told.since}")
            return
        if not growth.changes and not growth.unzipped:
            self.prose(f"{item.name} has not changed since {told.since}")
            return
        rows = [(_change(change), change) for change in growth.changes]
        shown = rows if self.whole or len(rows) <= ROWS + 1 else _ends(rows)
        title = f"{item.name} since {told.since}"
        fixed = 2 + 4 * (1 + NUMBER)
        width = self.names([*(name for name, _ in shown), title], fixed)
        head = f" {'before':>{NUMBER}} {'now':>{NUMBER}} {'growth':>{NUMBER}} {'zipped':>{NUMBER}}"
        self.row(safe(title), width, head, "bold")
        for name, change in shown:
            before, after = (part.unzipped if part is not None else None for part in (change.before, change.after))
            self.row(name, width, _moved(before, after, change.growth, change.zipped))
        if len(shown) < len(rows):
            self.prose(f"and {len(rows) - len(shown)} more")
        before_, after_ = growth.before, growth.after
        packed = None if before_.zipped is None or after_.zipped is None else after_.zipped - before_.zipped
        self.row("in all", width, _moved(before_.unzipped, after_.unzipped, growth.unzipped, packed), "bold")
        if before_.modules is not None and after_.modules is not None:
            self.prose(f"modules at start-up: {before_.modules:,} before, {after_.modules:,} now")


def _head(item: Described) -> str:
    told = ", ".join(text for text in (item.runtime, item.architecture, item.handler) if text)
    name = f"{item.name} ({item.artifact})" if item.declared else item.artifact
    return f"{name}: {told}" if told else name


def _name(row: Row, item: Described) -> str:
    """A distribution, with the layer that it is in."""
    part = f" ({row.share.part.rpartition('/')[2]})" if row.share.part not in (item.artifact, "") else ""
    return safe(f"{row.share.name} {row.share.version}".strip() + part)


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def _cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` columns, cut at its end."""
    if cells(text) <= width:
        return text
    while cells(text) > width - 1:
        text = text[:-1]
    return text + CUT


def _number(number: int | None) -> str:
    return f"{number:>{NUMBER},}" if number is not None else " " * NUMBER


def _signed(number: int) -> str:
    return f"{number:+,}" if number else "0"


def _zipped(rows: Iterable[Row]) -> int | None:
    known = [row.share.zipped for row in rows if row.share.zipped is not None]
    return sum(known) if known else None


def _sizes(unzipped: int, zipped: int | None, total: int) -> str:
    return f" {unzipped:>{NUMBER},} {_number(zipped)}{_share(unzipped, total)}"


def _share(part: int, whole: int) -> str:
    share = f"{100 * part / whole:.1f} %" if whole else ""
    return f"{share:>{SHARE}}"


def _use(row: Row, item: Described, room: int) -> str:
    """What is loaded of a share, and by whom, in ``room`` columns."""
    if row.loaded is None:
        return f" {'-':>{COUNT}}"
    text = f" {row.loaded.modules:>{COUNT},}  "
    place = row.loaded.importer
    if row.loaded.place and not place:
        place = f"{row.loaded.place.removeprefix(item.artifact + '/')}:{row.loaded.line}"
        place = safe(place)
        room -= len(text)
        return text + (place if len(place) <= room else CUT + place[1 - room :])  # the end of a path says more
    return text + _cut(safe(place), room - len(text))


def _change(change: Change) -> str:
    """A distribution with its version, or with both."""
    old, new = change.before, change.after
    versions = [part.version if part is not None else None for part in (old, new)]
    if versions[0] is None or versions[1] is None:
        return safe(f"{'+' if old is None else '-'} {change.name} {versions[0] or versions[1] or ''}".rstrip())
    if versions[0] == versions[1]:
        return safe(f"{change.name} {versions[1]}".rstrip())
    return safe(f"{change.name} {versions[0]} -> {versions[1]}")


def _moved(before: int | None, after: int | None, growth: int, zipped: int | None) -> str:
    packed = f" {_signed(zipped):>{NUMBER}}" if zipped is not None else ""
    return f" {_number(before)} {_number(after)} {_signed(growth):>{NUMBER}}{packed}"


def _ends(rows: list[tuple[str, Change]]) -> list[tuple[str, Change]]:
    """The rows with the largest changes, those that shrink at the end."""
    largest = sorted(range(len(rows)), key=lambda number: -abs(rows[number][1].growth))[:ROWS]
    return [rows[number] for number in sorted(largest)]


# -- JSON; docs/bundles.md says what each key means


def _document(item: Described) -> dict[str, Any]:
    return {
        "name": item.name,
        "handler": item.handler or None,
        "runtime": item.runtime or None,
        "architecture": item.architecture or None,
        "artifact": item.artifact,
        "layers": list(item.layers),
        "layers_elsewhere": list(item.open_layers),
        "unzipped": item.unzipped,
        "zipped": item.zipped,
        "limits": {"unzipped": item.limit, "direct_upload": item.upload_limit},
        "remaining": item.limit - item.unzipped,
        "distributions": [_row(row) for row in item.rows],
        "own": [{"name": name, "unzipped": size} for name, size in item.own],
        "loaded": None
        if item.modules is None
        else {"modules": item.modules, "bytes": item.loaded, "dynamic": item.dynamic, "missing": list(item.missing)},
        "problem": item.problem or None,
        "removable": dict(item.removable),
        "why": [
            {"name": name, "chain": None if steps is None else [_step(step) for step in steps]}
            for name, steps in item.why
        ],
        "growth": _growth(item.growth) if item.growth is not None else None,
    }


def _row(row: Row) -> dict[str, Any]:
    share, loaded = row.share, row.loaded
    return {
        "name": share.name if share.owner is not None else None,
        "version": share.version or None,
        "part": share.part,
        "unzipped": share.unzipped,
        "zipped": share.zipped,
        "files": share.files,
        "modules": loaded.modules if loaded is not None else 0,
        "loaded": loaded.size if loaded is not None else 0,
        "imported_by": (loaded.importer or None) if loaded is not None else None,
        "requested_by": {"path": loaded.place, "line": loaded.line, "module": loaded.imported}
        if loaded is not None and loaded.place
        else None,
    }


def _step(step: Any) -> dict[str, Any]:
    return {"path": step.location.path, "line": step.location.line, "note": step.note}


def _shared(item: Common) -> dict[str, Any]:
    return {
        "name": item.name,
        "version": item.version or None,
        "unzipped": item.unzipped,
        "zipped": item.zipped,
        "functions": list(item.functions),
        "artifacts": list(item.artifacts),
        "spared": item.spared,
    }


def _growth(item: Growth) -> dict[str, Any]:
    return {
        "before": _measure(item.before, versions=False),
        "unzipped": item.unzipped,
        "share": round(item.share, 6),
        "distributions": [
            {
                "name": change.name,
                "before": _measure(change.before),
                "after": _measure(change.after),
                "unzipped": change.growth,
                "zipped": change.zipped,
            }
            for change in item.changes
        ],
    }


def _measure(item: Measure | None, *, versions: bool = True) -> dict[str, Any] | None:
    if item is None:
        return None
    version = {"version": item.version or None} if versions else {}
    return {**version, "unzipped": item.unzipped, "zipped": item.zipped, "modules": item.modules}
