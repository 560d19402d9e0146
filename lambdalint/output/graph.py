"""The event graph as text, as a Mermaid flowchart and as a Graphviz digraph.

Sources: https://mermaid.js.org/syntax/flowchart.html, https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import WORDS
from lambdalint.output.escape import safe
from lambdalint.output.text import Painter, cells, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdalint.model import EventGraph, GraphEdge, GraphNode, Location, Report
    from lambdalint.output.view import View

_SHAPES = {"lambda": ('["', '"]'), "sqs": ('[["', '"]]'), "s3": ('[("', '")]'), "dynamodb": ('[("', '")]')}
_DOT_SHAPES = {"lambda": "box", "s3": "cylinder", "dynamodb": "cylinder"}
_COLOR = "#cc0000"  # of loops; Graphviz knows no short form
LOOP = "  (loop)"
INDENT = 8  # columns before what continues a line


def text(report: Report, view: View) -> str:
    """Function by function: what triggers it, what it writes to; then what hands on, and the loops."""
    graph = report.graph
    nodes = {node.name: node for node in graph.nodes}
    out = Painter(view.color)
    for node in graph.nodes:
        if node.kind == "lambda":
            _function(node, graph, nodes, view, out)
    handed = [edge for edge in graph.edges if edge.kind in ("hands on", "redrives")]
    for edge in handed:
        told = f"{_named(nodes[edge.source])} {edge.kind} to {_named(nodes[edge.target])}{_about(edge.label)}"
        _line("", told, edge.location, view, out, loop=edge.loop)
    out.write("\n" if handed else "")
    for way in graph.loops:
        first, *rest = wrapped(" → ".join(_named(nodes[name]) for name in way), view.width, " " * 6, "loop  ")
        out.write(first[:6], "bold red")
        out.write("\n".join([first[6:], *rest, ""]))
    if not view.quiet:
        functions = sum(node.kind == "lambda" for node in graph.nodes)
        count = f"{functions} {'function' if functions == 1 else 'functions'}"
        loops = f"{len(graph.loops) or 'no'} {'loop' if len(graph.loops) == 1 else 'loops'}"
        out.write(f"{count}, {loops}\n", "bold")
    return out.text()


def _function(node: GraphNode, graph: EventGraph, nodes: Mapping[str, GraphNode], view: View, out: Painter) -> None:
    out.write(safe(node.label), "bold")
    _end(safe(node.label), node.location, view, out)
    if node.problem:
        first, *rest = wrapped(node.problem, view.width, " " * INDENT, "  but   ")
        out.write(first[:INDENT], "cyan")
        out.write("\n".join([first[INDENT:], *rest, ""]))
    incoming = [edge for edge in graph.edges if edge.target == node.name]
    for edge in sorted(incoming, key=lambda edge: edge.kind != "triggers"):
        told = f"{_named(nodes[edge.source])}{_about(edge.label)}"
        _line("  from  ", told, edge.location, view, out, loop=edge.loop)
    for edge in graph.edges:
        if edge.source == node.name:
            told = f"{_named(nodes[edge.target])}{_about(edge.label)}"
            _line("  to    ", told, edge.location, view, out, loop=edge.loop)
    for function, operation, place in graph.unresolved:
        if function == node.name:
            _line("  to    ", f"what is not known: {operation}", place, view, out)
    out.write("\n")


def _line(label: str, told: str, place: Location | None, view: View, out: Painter, *, loop: bool = False) -> None:
    rows = list(wrapped(told, view.width, " " * INDENT, label))
    out.write(label, "cyan")
    out.write("\n".join(rows)[len(label) :])
    out.write(LOOP if loop else "", "red")
    _end(f"{rows[-1]}{LOOP if loop else ''}", place, view, out)


def _end(before: str, place: Location | None, view: View, out: Painter) -> None:
    """The place that ends a line, on one of its own where it does not fit."""
    if place is not None:
        told = f"{safe(place.path)}:{place.line}"
        out.write(f"  {told}" if cells(before) + 2 + cells(told) <= view.width else f"\n{' ' * INDENT}{told}")
    out.write("\n")


def _named(node: GraphNode) -> str:
    """What people call a node; not yet safe to print."""
    if node.kind == "lambda":
        return node.label
    word = WORDS.get(node.kind, node.kind)
    return f"{word} {node.label}" if node.label else word


def _about(label: str) -> str:
    return f": {label}" if label else ""


def mermaid(report: Report, _view: View) -> str:
    """A flowchart; what is on a loop is drawn thick and red, a function whose code is not here dashed."""
    graph = report.graph
    lines = ["flowchart LR"]
    for node in graph.nodes:
        start, end = _SHAPES.get(node.kind, ('("', '")'))
        lines.append(f"    {node.name}{start}{_mermaid(_named(node))}{end}")
    for edge in graph.edges:
        arrow = "==>" if edge.loop else "-.->" if edge.kind == "redrives" else "-->"
        label = f'|"{_mermaid(_label(edge))}"|' if _label(edge) else ""
        lines.append(f"    {edge.source} {arrow}{label} {edge.target}")
    lines += [f"    style {node.name} stroke-dasharray:4" for node in graph.nodes if node.problem]
    looped = [str(number) for number, edge in enumerate(graph.edges) if edge.loop]
    if looped:
        lines.append(f"    linkStyle {','.join(looped)} stroke:{_COLOR}")
        lines.append(f"    classDef loop stroke:{_COLOR},stroke-width:2px")
        lines.append(f"    class {','.join(_on_loops(graph))} loop")
    return "\n".join(lines) + "\n"


def _mermaid(label: str) -> str:
    """A label between double quotes; whatever Mermaid or HTML acts on becomes an entity code."""
    return "".join(char if char.isalnum() or char in " ._-:/*,()=" else f"#{ord(char)};" for char in safe(label))


def dot(report: Report, _view: View) -> str:
    """A digraph; what is on a loop is drawn red, a function whose code is not here dashed."""
    graph = report.graph
    on_loops = set(_on_loops(graph))
    lines = ["digraph events {", "    rankdir=LR;"]
    for node in graph.nodes:
        color = f', color="{_COLOR}"' if node.name in on_loops else ""
        shape = _DOT_SHAPES.get(node.kind, "ellipse")
        style = ", style=dashed" if node.problem else ""
        lines.append(f'    {node.name} [label="{_dot(_named(node))}", shape={shape}{style}{color}];')
    for edge in graph.edges:
        label = _label(edge)
        told = [f'label="{_dot(label)}"'] if label else []
        told += [f'color="{_COLOR}"', "penwidth=2"] if edge.loop else []
        told += ["style=dashed"] if edge.kind == "redrives" else []
        attributes = f" [{', '.join(told)}]" if told else ""
        lines.append(f"    {edge.source} -> {edge.target}{attributes};")
    return "\n".join([*lines, "}"]) + "\n"


def _dot(label: str) -> str:
    return safe(label).replace("\\", "\\\\").replace('"', '\\"')


def _label(edge: GraphEdge) -> str:
    return edge.label or ("redrive" if edge.kind == "redrives" else "")


def _on_loops(graph: EventGraph) -> list[str]:
    names = {name for way in graph.loops for name in way}
    return [node.name for node in graph.nodes if node.name in names]
