"""One component: regions → sites, functions and modules that rules want → what they say.

Nothing here knows a rule by name, and nothing is kept from one component to the next but the modules themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from operator import methodcaller

from lambdalint import registry
from lambdalint.data import table
from lambdalint.discover import is_test
from lambdalint.model import Finding, Location
from lambdalint.patterns import holds
from lambdalint.records import NamedTuple
from lambdalint.source.callgraph import CallGraph
from lambdalint.source.skeleton import CHANGES
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.components import Component
    from lambdalint.registry import Entry as RuleEntry
    from lambdalint.rule import Rule, Wanted
    from lambdalint.source.callgraph import Entry, Region
    from lambdalint.source.lower import Lowered
    from lambdalint.source.names import Names, Node
    from lambdalint.source.program import Program
    from lambdalint.source.sites import Written
    from lambdalint.source.skeleton import Expr, Skeleton, SourceError
    from lambdalint.source.views import Shared, Whole
    from lambdalint.tree import Seen


BODIES_LIMIT = 500  # slices that are kept for who judges loops of functions


class Outcome(NamedTuple):
    """What was found in one component: plain data, whoever judged it.

    ``sites`` and ``modules`` are findings on calls and modules, ``functions`` those on entry points, each with its own;
    ``errors`` are (code of a rule that failed, message). ``written`` is what entry points may write, where a
    rule asks for loops of functions; ``calls`` and ``resolved`` count the calls of the regions; ``lowered`` has the
    numbers of Bodies and of mismatches by slice, ``verdicts`` those by outcome; ``refused`` are the definitions beyond
    the parser's limits, one for each module, ``failures`` modules that were read for the first time, and could not be;
    ``commented`` are modules whose comments have yet to be read; ``seen`` is what another process asked of the tree;
    ``strayed`` tells that modules of no concern to the component were looked at.
    """

    sites: tuple[Finding, ...] = ()
    functions: tuple[tuple[Node, Finding], ...] = ()
    modules: tuple[Finding, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    written: Mapping[Node, Written] = {}
    calls: int = 0
    resolved: int = 0
    lowered: Mapping[Any, tuple[int, int]] = {}
    verdicts: Mapping[str, int] = {}
    refused: Mapping[str, SourceError] = {}
    failures: Mapping[str, SourceError | Unreadable] = {}
    commented: tuple[str, ...] = ()
    seen: Seen | None = None
    strayed: bool = False


class Chosen:
    """The rules of a run, by what nominates for them."""

    def __init__(self, rules: Iterable[RuleEntry]) -> None:
        rules = tuple(rules)
        self.operations: dict[str, list[RuleEntry]] = {}
        for item in rules:
            for operation in sorted(frozenset(item.wants.operations).union(*map(_entries, item.wants.tables))):
                self.operations.setdefault(operation, []).append(item)
        self.tails = frozenset(map(_tail, self.operations))
        views = [item for item in rules if item.wants.entry_points or item.wants.stores]
        self.functions = [(item, _reached(item.wants)) for item in views if not item.wants.loops]
        self.loops = [(item, _reached(item.wants)) for item in views if item.wants.loops]
        self.modules = [item for item in rules if item.wants.modules]


class Asker:
    """Asks rules. One that fails is not asked again by it; the others go on."""

    def __init__(self, disabled: frozenset[str] = frozenset()) -> None:
        self.disabled = disabled
        self.errors: list[tuple[str, str]] = []
        self._rules: dict[str, Rule | None] = {}

    def ask(self, item: RuleEntry, question: Callable[[Rule], Iterable[Finding]], path: str) -> Iterable[Finding]:
        """What a rule answers; ``path`` is what it is asked about."""
        found: list[Finding] = []
        try:
            if item.code not in self._rules:
                self._rules[item.code] = registry.load(item, self.disabled)
            rule = self._rules[item.code]
            if rule is not None:
                found.extend(_checked(finding, item.code) for finding in question(rule))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a rule's failure costs that rule, even an exit, and is reported
            self._rules[item.code] = None
            what = f"{error.__class__.__name__}: {error}"
            self.errors.append((item.code, f"rule {item.name} ({item.code}) failed on {path}: {what}"))
        return found


class _Known(NamedTuple):
    """An entry point with its region, the modules that this is of, and what the entry point returns."""

    node: Node
    region: Region
    modules: frozenset[str]
    returned: tuple[Expr, ...]


class Judge:
    """Asks rules about one component.

    Args:
        program: the modules; those of the component alone are in sight.
        names: resolution over them, which has forgotten what it knew of others.
        component: what to judge.
        chosen: whom to ask.
        own: the modules that may be reported on; others are followed only.
        whole: what is known of all functions.
        disabled: tags of exemptions that are not granted.
        bodies: what has been lowered of functions that may be on loops with others, so that it is done once.
        progress: told how many entry points are judged.
    """

    def __init__(
        self,
        program: Program,
        names: Names,
        component: Component,
        chosen: Chosen,
        own: frozenset[str],
        whole: Callable[[], Whole],
        disabled: frozenset[str],
        bodies: dict[tuple[str, tuple[int, int]], Lowered | None],
        progress: Callable[[str, int], None],
    ) -> None:
        self.program = program
        self.names = names
        self.component = component
        self.chosen = chosen
        self.own = own
        self.whole = whole
        self.disabled = disabled
        self.bodies = bodies
        self.progress = progress
        self.graph = CallGraph(names)
        self.asker = Asker(disabled)
        self.region = self.graph.region(component.entries)
        self._shared: Shared | None = None
        self._failed = frozenset(program.failures)
        self._regions: dict[Node, Region] = {}
        self._last: _Known | None = None
        self._importing: dict[tuple[str, ...], frozenset[str]] = {}
        self._spelt: dict[tuple[str, tuple[str, ...]], bool] = {}
        self._lines: dict[str, list[bytes]] = {}

    def judge(self) -> Outcome:
        """What all rules say, but those that ask for loops of functions, for which it says what is `written`."""
        sites, functions = tuple(self._sites()), tuple(self._functions(self.chosen.functions))
        modules = tuple(self._modules())
        written = dict(self._written())
        if self._shared is not None and any(item.operations for item in written.values()):
            self.bodies.update(islice(self._shared.flow.lowered.items(), max(BODIES_LIMIT - len(self.bodies), 0)))
        return self._outcome()._replace(
            sites=sites,
            functions=functions,
            modules=modules,
            written=written,
            calls=self.region.calls,
            resolved=self.region.resolved,
        )

    def loops(self) -> Outcome:
        """What the rules say that ask for loops of functions. The component has to hold all functions of each loop."""
        modules = frozenset(self.component.modules)
        self.shared.flow.lowered.update((key, item) for key, item in self.bodies.items() if key[0] in modules)
        functions = tuple(self._functions(self.chosen.loops))
        return self._outcome()._replace(functions=functions)

    def _outcome(self) -> Outcome:
        """The outcome without findings."""
        failures = {path: error for path, error in self.program.failures.items() if path not in self._failed}
        outcome = Outcome(errors=tuple(self.asker.errors), failures=failures, strayed=self.program.strayed)
        if self._shared is None:
            return outcome
        flow = self._shared.flow
        lowered = {key: (len(item.bodies), item.mismatches) for key, item in flow.lowered.items() if item is not None}
        return outcome._replace(lowered=lowered, verdicts=flow.outcomes, refused=flow.refused)

    def forget(self) -> None:
        """Cut open the cycles that all it has made is in, so that it is freed at once."""
        if self._shared is not None:
            vars(self._shared.flow).clear()
            vars(self._shared).clear()
        vars(self).clear()

    @property
    def shared(self) -> Shared:
        """What views have in common, with the data flow: most clean projects never need it."""
        if self._shared is None:
            from lambdalint.source.flow import Flow
            from lambdalint.source.views import Shared

            flow = Flow(self.program, self.graph, self.disabled)
            self._shared = Shared(flow, self.region, self.component.entries, self._locate, self.whole())
            self._shared.memo["regions"] = self._regions
        return self._shared

    # -- calls

    def _sites(self) -> Iterable[Finding]:
        """Nominate the wanted calls of the region by name, lower the definitions that hold them, ask the rules."""
        wanted, tails = self.chosen.operations, self.chosen.tails
        for node in self.region.nodes if wanted else ():
            definition = self.names.definition(node)
            if definition is None or self._is_test(node[0]) or node[0] not in self.own:
                continue
            skeleton = self.program.skeleton(node[0])
            for reference in definition.calls:
                if reference.tail not in tails and not _may_rename(reference.tail, skeleton, definition.bindings):
                    continue
                for value in self.names.resolve(node[0], node[1], reference.callee):
                    if value[0] != "ext" or value[1] not in wanted:
                        continue
                    from lambdalint.source.views import SiteView

                    self.progress("judging calls", 0)
                    call = self.shared.flow.site(node, reference)
                    if call is None:
                        continue
                    site = SiteView(self.shared, node, value[1], reference, call)
                    for item in wanted[value[1]]:
                        yield from self.asker.ask(item, methodcaller("check_site", site), node[0])
                    break

    def _is_test(self, path: str) -> bool:
        return is_test(path) and "tests" not in self.disabled

    # -- entry points

    def _functions(self, rules: Iterable[tuple[RuleEntry, frozenset[str]]]) -> Iterable[tuple[Node, Finding]]:
        """Ask rules about entry points."""
        for done, (node, entry) in enumerate(self.component.entries.items()):
            if is_test(node[0]):
                continue
            self.progress("judging functions", done)
            nominated = [item for item, tails in rules if self._concerns(item.wants, tails, entry)]
            if not nominated:
                continue
            from lambdalint.source.views import FunctionView

            view = FunctionView(self.shared, entry, self._region_of(node))
            for item in nominated:
                for finding in self.asker.ask(item, methodcaller("check_function", view), node[0]):
                    yield node, finding

    def _written(self) -> Iterable[tuple[Node, Written]]:
        """What entry points may write, where that may be a part of a loop that some rule asks for."""
        for node, entry in self.component.entries.items() if self.chosen.loops else ():
            if any(self._concerns(item.wants, tails, entry) for item, tails in self.chosen.loops):
                from lambdalint.source.sites import written

                shared = self.shared
                yield node, written(shared.flow, self._region_of(node), shared.memo.setdefault("writes", {}))

    def _region_of(self, node: Node) -> Region:
        """What one entry point alone runs."""
        if node not in self._regions:
            self._regions[node] = self.graph.region([node])
        return self._regions[node]

    def _known(self, node: Node) -> _Known:
        """What rules are nominated by, of an entry point. Each rule asks for that of the same one."""
        if self._last is None or self._last.node != node:
            region = self._region_of(node)
            definition = self.names.definition(node)
            returned = definition.returns if definition is not None else ()
            self._last = _Known(node, region, frozenset([at for at, _ in region.nodes]), returned)
        return self._last

    def _concerns(self, wants: Wanted, tails: frozenset[str], entry: Entry) -> bool:
        """Whether an entry point with its region is what a rule wants, as far as can be told without a view of it."""
        _, region, modules, returned = self._known(entry.node)
        if wants.stores and any(self._stores(node) for node in region.nodes):
            return True
        if wants.in_template and all(function.declared is None for function in entry.functions):
            return False
        if wants.settings and not any(item.turned_on(name) for item in entry.functions for name in wants.settings):
            return False
        if wants.answers and not any(_may_answer(value, wants.answers) for value in returned):
            return False
        if wants.words and not any(self._spells(path, wants.words) for path in modules):
            return False
        if wants.reaches and not any(self._calls(node, tails) for node in region.nodes):
            return False
        if wants.imports and not self._imports(wants.imports, modules):
            return False
        return wants.entry_points

    def _spells(self, path: str, words: tuple[str, ...]) -> bool:
        """Whether a module holds one of some words. It is asked for each of the entry points that run it."""
        found = self._spelt.get((path, words))
        if found is None:
            source = self.program.source(path)
            found = self._spelt[path, words] = holds(source, *_encoded(words))
        return found

    def _imports(self, tables: tuple[str, ...], modules: Iterable[str]) -> bool:
        """Whether one of some modules, or one that such a module imports, imports one of those in tables."""
        found = self._importing.get(tables)
        if found is None:
            wanted = _union(tables)
            found = self._importing[tables] = frozenset(
                item.path
                for item in self.program.loaded()
                if any(
                    not level and not guarded and name.partition(".")[0] in wanted
                    for level, name, _, _, guarded in item.imports
                )
            )
        return bool(found) and any(not found.isdisjoint(self.program.imported(path)) for path in modules)

    def _stores(self, node: Node) -> bool:
        """Whether a definition may store to what is not its own."""
        definition = self.names.definition(node)
        return definition is not None and (
            bool(definition.outer_names)
            or definition.stores_outside
            or any(call.tail in CHANGES for call in definition.calls)
        )

    def _calls(self, node: Node, tails: frozenset[str]) -> bool:
        """Whether a definition calls an operation with one of some last names."""
        definition = self.names.definition(node)
        skeleton = self.program.skeleton(node[0])
        if definition is None:
            return False
        for call in definition.calls:
            if call.tail in tails or _may_rename(call.tail, skeleton, definition.bindings):
                values = self.names.resolve(node[0], node[1], call.callee)
                if any(value[0] == "ext" and _tail(value[1]) in tails for value in values):
                    return True
        return False

    # -- modules

    def _modules(self) -> Iterable[Finding]:
        """Ask the rules about the modules that entry points need and that spell what they look for."""
        for path in self.component.modules if self.chosen.modules else ():
            skeleton = self.program.skeleton(path)
            if path not in self.own or skeleton is None or self._is_test(path):
                continue
            nominated = [item for item in self.chosen.modules if self._spells(path, item.wants.modules)]
            if not nominated:
                continue
            from lambdalint.source.modules import ModuleView

            view = ModuleView(self.program, skeleton, self._locate, self.disabled)
            for item in nominated:
                yield from self.asker.ask(item, methodcaller("check_module", view), path)

    # -- places

    def _locate(self, path: str, line: int, column: int, end_line: int, end_column: int) -> Location:
        """A Location from lines and the UTF-8 byte columns that ``ast`` gives."""
        return Location(
            path, line, self._column(path, line, column), end_line, self._column(path, end_line, end_column)
        )

    def _column(self, path: str, line: int, column: int) -> int:
        if path not in self._lines:
            try:
                self._lines[path] = self.program.source(path).splitlines()
            except Unreadable:
                self._lines[path] = []
        lines = self._lines[path]
        text = lines[line - 1] if 0 < line <= len(lines) else b""
        return len(text[:column].decode("utf-8", "replace")) + 1 if not text.isascii() else column + 1


def _reached(wants: Wanted) -> frozenset[str]:
    """The last names of the operations of which an entry point has to reach one."""
    return frozenset(_tail(entry) for name in wants.reaches for entry in _entries(name))


@functools.cache
def _entries(name: str) -> tuple[str, ...]:
    """The keys of a table of data, ``head.key``; ``head.key.*`` are those of all tables in that table."""
    head, *keys = name.split(".")
    found: Any = table(head)
    for key in keys:
        found = [entry for inner in found.values() for entry in inner] if key == "*" else found[key]
    return tuple(found)


@functools.cache
def _union(tables: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*map(_entries, tables))


@functools.cache
def _encoded(words: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words)


def _may_answer(returned: Expr, keys: tuple[str, ...]) -> bool:
    """Whether what is returned may be a dict with one of some keys whose value is not plainly a string."""
    if returned is None or returned[0] != "d":
        return returned is not None and returned[0] in ("n", "c", "o", "a", "i")
    values = [value for key, value in returned[1] if key in keys]
    return any(
        value is not None
        and not (value[0] == "k" and type(value[1]) is str)
        and not (value[0] == "c" and value[1] is not None and value[1][-1] in ("dumps", "str"))
        for value in values
    )


def _checked(finding: Any, code: str) -> Finding:
    """What a rule has given, if it is a finding of that rule."""
    if type(finding) is not Finding or finding.code != code:
        raise TypeError(f"{finding!r:.60} is no finding of it")
    return finding


def _tail(operation: str) -> str:
    return operation.rpartition(".")[2]


def _may_rename(tail: str, skeleton: Skeleton | None, bindings: Mapping[str, object]) -> bool:
    """Whether a bare name may be another spelling of an operation: an import ``as``, ``make = boto3.client``."""
    return tail == "" or tail in bindings or (skeleton is not None and tail in skeleton.bindings)
