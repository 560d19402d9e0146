"""Small programs in memory, and what the analysis says of each client that they build."""

from __future__ import annotations

import re
from typing import NamedTuple

from lambdalint.source.callgraph import CallGraph, Region
from lambdalint.source.flow import Flow
from lambdalint.source.names import CONTEXT, EVENT, Names, Node
from lambdalint.source.program import Program
from tests.trees import MemoryTree

FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
OUTCOME = re.compile(r"#\s*-> (\w[\w -]*)$")


class Analysis(NamedTuple):
    """A program with its region; the entry points are all functions called ``handler``."""

    files: dict[str, str]
    program: Program
    names: Names
    graph: CallGraph
    region: Region
    flow: Flow


def files_of(text: str) -> dict[str, str]:
    """``# file: name`` lines part the text into files; without any it is app.py."""
    parts = FILE.split(text)
    files = dict(zip(parts[1::2], parts[2::2], strict=True))
    if parts[0].strip():
        files["app.py"] = parts[0]
    return files


def analyse(text: str, entry: str = "handler") -> Analysis:
    files = files_of(text)
    program = Program(MemoryTree(files), sorted(files))
    names = Names(program)
    graph = CallGraph(names)
    roots: list[Node] = []
    for path in sorted(files):
        skeleton = program.skeleton(path)
        assert skeleton is not None, program.failures
        for definition in skeleton.defs.values():
            if definition.name == entry and not definition.parent and not definition.owner:
                roots.append((path, definition.qualname))
                names.entry_params[(path, definition.qualname, 0)] = EVENT
                names.entry_params[(path, definition.qualname, 1)] = CONTEXT
    names.forget()
    region = graph.region(roots)
    return Analysis(files, program, names, graph, region, Flow(program, graph))


def judged(text: str) -> dict[tuple[str, int], str]:
    """(path, line) → outcome of every ``boto3.client``/``boto3.resource``/``boto3.Session`` call in the region."""
    found = analyse(text)
    outcomes = {}
    for node in found.region.nodes:
        definition = found.names.definition(node)
        for reference in definition.calls if definition is not None else ():
            operations = {
                value[1] for value in found.names.resolve(node[0], node[1], reference.callee) if value[0] == "ext"
            }
            if not operations & {"boto3.client", "boto3.resource", "boto3.Session"}:
                continue
            call = found.flow.call(node, reference.k)
            assert call is not None
            receiver = [call.func[1]] if call.func[0] == "attr" else []
            verdict = found.flow.verdict(
                found.region, node, call.context, [*receiver, *(value for _, value in call.args)]
            )
            reasons = verdict.exempt if verdict.outcome == "exempt" else ()
            outcomes[(node[0], reference.line)] = " ".join([verdict.outcome, *reasons])
    return outcomes


def marked(text: str) -> dict[tuple[str, int], str]:
    """(path, line) → the outcome that the line is marked with."""
    return {
        (path, number): match[1]
        for path, content in files_of(text).items()
        for number, line in enumerate(content.splitlines(), 1)
        if (match := OUTCOME.search(line))
    }
