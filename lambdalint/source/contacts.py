"""What an entry point waits for on the network, and what it imports, told by names alone: nothing is lowered for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.model import Location
from lambdalint.records import NamedTuple

if TYPE_CHECKING:
    from lambdalint.source.views import FunctionView


class Contact(NamedTuple):
    """A call that waits for another machine: what it calls, and where."""

    operation: str
    location: Location


class Heavy(NamedTuple):
    """An import that takes long: the package, its milliseconds of one whole CPU, and where."""

    package: str
    milliseconds: int
    location: Location


def contact(view: FunctionView) -> Contact | None:
    """The first call of an HTTP server, database or cache, in the order of what the entry point reaches."""
    requests = table("http")["operations"]
    constructors = table("clients")["constructors"]
    for node in view.region.nodes:
        for call in view.flow.names.calls(node):
            for value in view.flow.names.resolve(node[0], node[1], call.callee):
                if value[0] != "ext":
                    continue
                made = constructors.get(value[1])
                if value[1] in requests or (made is not None and made["family"] not in ("aws", "http")):
                    location = view.span(node[0], (call.line, call.column, call.end_line, call.end_column))
                    return Contact(value[1].replace("()", ""), location)
    return None


def heavy(view: FunctionView) -> tuple[Heavy, ...]:
    """The packages that take long to import and that the entry point's module needs, each once, the slowest first."""
    program = view.flow.program
    costs = table("imports")["heavy_ms"]
    found: dict[str, Heavy] = {}
    paths = [view.entry.node[0]]
    seen = set(paths)
    while paths:
        path = paths.pop()
        skeleton = program.skeleton(path)
        if skeleton is None:
            continue
        spans = [(definition.line, definition.end_line) for definition in skeleton.defs.values()]
        for level, module, attribute, line, guarded in skeleton.imports:
            if (guarded or any(start <= line <= end for start, end in spans)) and view.grants("lazy"):
                continue  # it can do without, or imports it when it is needed
            package = module.partition(".")[0]
            if not level and package in costs and program.resolve(path, level, module) is None:
                found.setdefault(package, Heavy(package, costs[package], Location(path, line)))
            new = [name for name in program.executed(path, level, module, attribute) if name not in seen]
            seen.update(new)
            paths.extend(new)
    return tuple(sorted(found.values(), key=lambda item: (-item.milliseconds, item.package)))
