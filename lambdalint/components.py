"""Parts of a project that have nothing to do with one another: each is judged by itself, and forgotten then.

What a definition means is decided by what its module imports, and by what imports that: callers, subclasses, scripts
and tests. So modules that imports connect, in whichever direction, belong together, and no others do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.source.callgraph import Entry
    from lambdalint.source.names import Node
    from lambdalint.source.program import Program


class Component(NamedTuple):
    """Entry points with all loaded modules that may matter to them, both sorted; ``size`` is that of their source."""

    entries: Mapping[Node, Entry]
    modules: tuple[str, ...]
    size: int


class _Groups:
    """Disjoint sets of names."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The name that stands for the set of ``name``."""
        parents = self._parents
        while parents.setdefault(name, name) != name:
            parents[name] = name = parents[parents[name]]
        return name

    def join(self, one: str, other: str) -> None:
        """Make one set of those of two names."""
        self._parents[self.of(one)] = self.of(other)


def components(
    program: Program, entries: Mapping[Node, Entry], links: Iterable[tuple[str, str]]
) -> tuple[Component, ...]:
    """The components of what is loaded that hold entry points, in the order of their first ones.

    Args:
        program: with all modules loaded that entry points import.
        entries: the entry points.
        links: pairs of modules that belong together although no import says so.
    """
    groups = _Groups()
    loaded = [skeleton.path for skeleton in program.loaded()]
    for path in loaded:
        for imported in program.imports(path):
            groups.join(imported, path)
    for one, other in links:
        groups.join(one, other)
    modules: dict[str, list[str]] = {}
    for path in loaded:
        modules.setdefault(groups.of(path), []).append(path)
    found: dict[str, dict[Node, Entry]] = {}
    for node, entry in sorted(entries.items()):
        found.setdefault(groups.of(node[0]), {})[node] = entry
    return tuple(_component(program, own, modules[name]) for name, own in found.items())


def _component(program: Program, entries: Mapping[Node, Entry], modules: Iterable[str]) -> Component:
    modules = tuple(sorted(modules))
    return Component(entries, modules, sum(program.size(path) for path in modules))


def joined(program: Program, known: Iterable[Component], together: Iterable[Iterable[Node]]) -> tuple[Component, ...]:
    """Components for entry points that have to be seen together, made of those that they are in by themselves.

    Args:
        program: their modules.
        known: what there is.
        together: sets of entry points; those that share one make one component.
    """
    home = {node: component for component in known for node in component.entries}
    groups = _Groups()
    names: dict[str, Node] = {}
    for nodes in together:
        spelt = ["\0".join(node) for node in nodes]
        names.update(zip(spelt, nodes, strict=True))
        for name in spelt:
            groups.join(name, spelt[0])
    found: dict[str, list[Node]] = {}
    for name, node in sorted(names.items(), key=lambda item: item[1]):
        found.setdefault(groups.of(name), []).append(node)
    return tuple(
        _component(
            program,
            {node: home[node].entries[node] for node in nodes},
            {path for node in nodes for path in home[node].modules},
        )
        for nodes in found.values()
    )
