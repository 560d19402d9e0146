"""Bundles as tables for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lambdalint.output.escape import safe
from lambdalint.output.text import wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.bundle.report import Described, Row
    from lambdalint.output.view import View

SCHEMA = 1
NUMBER = 11  # columns of a number of bytes
ROWS = 25  # of one table, unless more is asked for
CUT = "…"


def render_bundles(name: str, bundles: Sequence[Described], view: View, *, whole: bool = False) -> str:
    """The bundles in the format ``name``: ``text`` or ``json``."""
    if name == "json":
        from lambdalint.output.json import dumps

        return dumps({"schema": SCHEMA, "bundles": [_document(item) for item in bundles]})
    return "\n".join(_text(item, view, whole=whole) for item in bundles)


def _text(item: Described, view: View, *, whole: bool) -> str:
    lines = [_head(item)]
    if item.why:
        for name, steps in item.why:
            lines += _why(name, steps)
        return "".join(f"{line}\n" for line in lines)
    lines += ["", *_table(item, view, whole=whole), ""]
    for text in _totals(item):
        lines += wrapped(text, view.width, "    ", "  ")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _head(item: Described) -> str:
    told = [text for text in (item.runtime, item.architecture, item.handler) if text]
    return safe(f"{item.artifact}{': ' if told else ''}{', '.join(told)}")


def _table(item: Described, view: View, *, whole: bool) -> Iterable[str]:
    follows = item.modules is not None
    several = len({row.share.part for row in item.rows}) > 1
    shown = item.rows if whole or len(item.rows) <= ROWS + 1 else item.rows[:ROWS]
    rest = item.rows[len(shown) :]
    names = [_name(row, several=several) for row in shown]
    others = f"{len(rest)} smaller ones" if rest else ""
    fixed = 2 + NUMBER + 1 + NUMBER + 1 + 7 + (8 if follows else 0) + 2
    width = max(12, min(max(map(len, [*names, others])), view.width - fixed - (12 if follows else 0)))
    head = f"  {'distribution':<{width}} {'unzipped':>{NUMBER}} {'zipped':>{NUMBER}} {'share':>6}"
    yield head + (f" {'modules':>7}  imported by" if follows else "")
    for row, name in zip(shown, names, strict=True):
        yield _line(item, row, name, width, view.width)
    if rest:
        sizes = sum(row.share.unzipped for row in rest)
        yield _columns(others, width, sizes, _zipped(rest), item.unzipped)
    total = _columns("in all", width, item.unzipped, _zipped(item.rows), item.unzipped)
    yield total + (f" {item.modules:>7,}" if item.modules is not None else "")


def _zipped(rows: Sequence[Row]) -> int | None:
    known = [row.share.zipped for row in rows if row.share.zipped is not None]
    return sum(known) if known else None


def _name(row: Row, *, several: bool) -> str:
    part = f" ({row.share.part})" if several else ""
    return safe(f"{row.share.name} {row.share.version}".strip() + part)


def _columns(name: str, width: int, unzipped: int, zipped: int | None, total: int) -> str:
    shown = name if len(name) <= width else name[: width - 1] + CUT
    packed = f"{zipped:,}" if zipped is not None else ""
    share = f"{100 * unzipped / total:.1f} %" if total else ""
    return f"  {shown:<{width}} {unzipped:>{NUMBER},} {packed:>{NUMBER}} {share:>6}"


def _line(item: Described, row: Row, name: str, width: int, columns: int) -> str:
    line = _columns(name, width, row.share.unzipped, row.share.zipped, item.unzipped)
    if item.modules is None:
        return line
    if row.loaded is None:
        return f"{line} {'-':>7}"
    line += f" {row.loaded.modules:>7,}  "
    place = row.loaded.importer
    if row.loaded.place and not place:
        place = f"{row.loaded.place.removeprefix(item.artifact + '/')}:{row.loaded.line}"
    place = safe(place)
    room = columns - len(line)
    return line + (place if len(place) <= room else CUT + place[1 - room :] if room > 4 else "")


def _totals(item: Described) -> Iterable[str]:
    what = "function and layers" if item.layers else "function"
    share = 100 * item.unzipped / item.limit
    left = item.limit - item.unzipped
    remains = f"{left:,} remain" if left >= 0 else f"{-left:,} too many"
    yield f"{what} unzipped {item.unzipped:,} of {item.limit:,} bytes ({share:.0f} %): {remains}"
    if item.zipped is not None:
        over = item.zipped > item.upload_limit
        verdict = "only through S3" if over else "may be uploaded directly"
        yield f"archive {item.zipped:,} of {item.upload_limit:,} bytes: {verdict}"
    for layer in item.open_layers:
        yield f"not here, and not counted: layer {layer}"
    if item.modules is None:
        yield "what is imported: needs --runtime and --handler, or a template that says them"
        return
    yield f"{item.modules:,} modules of the bundle are loaded at start-up, {item.loaded:,} bytes"
    if item.dynamic:
        yield f"more may be loaded: {item.dynamic} of them import{'s' if item.dynamic == 1 else ''} by computed names"
    for name in item.missing:
        yield f"import fails: {name}"
    if item.removable:
        yield f"could go: {', '.join(f'{name} {size:,}' for name, size in _largest(item.removable))}"


def _largest(sizes: Any) -> list[tuple[str, int]]:
    return sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0]))


def _why(name: str, steps: Any) -> Iterable[str]:
    if not steps:
        yield safe(f"  {name}: nothing imports it when the function starts")
        return
    yield safe(f"  {name} is imported:")
    for step in steps:
        yield safe(f"    {step.location.path}:{step.location.line}  {step.note}")


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
        "loaded": None
        if item.modules is None
        else {"modules": item.modules, "bytes": item.loaded, "dynamic": item.dynamic, "missing": list(item.missing)},
        "removable": dict(item.removable),
        "why": [{"name": name, "chain": [_step(step) for step in steps]} for name, steps in item.why],
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
