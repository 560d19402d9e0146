"""One run: inputs → functions → regions → sites and functions that rules want → findings → report.

Nothing here knows a rule by name. An exception inside a rule or on one input costs that rule or that
input, is named in the report, and the rest goes on.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter, methodcaller

from lambdalint import diagnostics, registry
from lambdalint.components import Component, components, joined
from lambdalint.discover import Project, is_test
from lambdalint.errors import UsageError
from lambdalint.judge import Asker, Chosen, Judge, Outcome
from lambdalint.model import EventGraph, Finding, Function, Location, Report, Skipped, Statistics, Step
from lambdalint.patterns import holds
from lambdalint.source.program import Program
from lambdalint.source.skeleton import SourceError, defect, refuse_unparsable
from lambdalint.source.stack import on_large_stack
from lambdalint.tasks import Task, described, perform
from lambdalint.tree import DirectoryTree, Seen, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.growth import Kept
    from lambdalint.bundle.inputs import Inputs
    from lambdalint.bundle.views import BundleView
    from lambdalint.parts import Parts
    from lambdalint.registry import Entry as RuleEntry
    from lambdalint.settings import Settings
    from lambdalint.source.callgraph import Entry
    from lambdalint.source.lower import Lowered
    from lambdalint.source.names import Names, Node
    from lambdalint.source.skeleton import Skeleton
    from lambdalint.source.views import Whole
    from lambdalint.templates.values import Templates

Progress = Callable[[str, int, int], None]

SUPPRESSION = b"lambdalint:"
PLUGINS_LIMIT = 200  # modules of one package that are taken for plug-ins when it imports by computed names
PARSED = 200  # modules that are looked through in one task
# CPU seconds that it takes to judge a byte of source, and to look through a module: they tell when processes pay
JUDGED_S = 2e-6
PARSED_S = 5e-4
RECURSION_LIMIT = 6_000  # names resolve through at most 60 levels of some ten frames; the rest is head room


def _no_progress(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def find_functions(project: Project, settings: Settings, progress: Progress = _no_progress) -> Report:
    """The deployed functions of a project, without any rule."""
    with _analysing():
        run = _Run(project, settings, progress)
        run.find()
        return Report(functions=run.functions, skipped=run.skipped(), excluded=project.excluded)


def draw(project: Project, settings: Settings, progress: Progress = _no_progress) -> Report:
    """The event graph of a project, without any rule."""
    with _analysing():
        run = _Run(project, settings, progress)
        run.find()
        run.reach()
        progress("following what is written", 0, 1)
        graph = on_large_stack(run.drawn)
        return Report(functions=run.functions, skipped=run.skipped(), excluded=project.excluded, graph=graph)


def bundles(
    project: Project, settings: Settings, progress: Progress = _no_progress
) -> tuple[Inputs, list[BundleView], tuple[Function, ...]]:
    """The artifacts of a project, the functions that are deployed from them, and all functions."""
    from lambdalint.bundle.inputs import Inputs, Packed
    from lambdalint.bundle.views import Shared as Deployed

    with _analysing():
        run = _Run(project, settings, progress)
        run.find()
        inputs = run.inputs or Inputs(project.tree)
        resources = run.templates.resources if run.templates else ()
        packed = Packed(project.tree)
        resources = tuple(map(packed.layer, resources))
        made = map(packed.function, run.functions)
        shared = Deployed(settings=settings)
        shared.bundles = tuple(inputs.bundles(made, resources, shared))
        return inputs, list(shared.bundles), run.functions


def check(
    project: Project,
    settings: Settings,
    progress: Progress = _no_progress,
    *,
    disabled: frozenset[str] = frozenset(),
    parts: Parts | None = None,
) -> Report:
    """Analyse a project with the selected rules.

    Args:
        project: the inputs.
        settings: of the run.
        progress: told the stage, what is done and the total.
        disabled: tags of exemptions that are not granted; the tests of the exemptions set it, nobody else.
        parts: knows what an earlier run has found in components, and takes what this one finds.
    """
    with _analysing():
        run = _Run(project, settings, progress, disabled)
        run.parts = parts
        if settings.compare:
            from lambdalint.bundle import growth

            run.kept = growth.read(settings.compare)
        run.find()
        run.rules()
        return run.report()


class _analysing:  # noqa: N801 - a context manager, used like a function
    """Room for deep recursion, and silence where Python warns of what it parses: invalid escapes and the like."""

    def __enter__(self) -> None:
        self.limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self.limit, RECURSION_LIMIT))
        self.warnings = warnings.catch_warnings()
        self.warnings.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, *error: object) -> None:
        self.warnings.__exit__(None, None, None)
        sys.setrecursionlimit(self.limit)


class _Run:
    def __init__(
        self, project: Project, settings: Settings, progress: Progress, disabled: frozenset[str] = frozenset()
    ) -> None:
        from lambdalint.source.callgraph import CallGraph
        from lambdalint.source.names import Names

        self.project = project
        self.settings = settings
        self.progress = progress
        self.disabled = disabled
        self.inputs: Inputs | None = None
        self.kept: tuple[Kept, ...] = ()  # the bundles of an earlier report
        self.built: frozenset[Location] = frozenset()  # the functions whose artifacts are here
        self.archived: tuple[str, ...] = ()  # modules in archives that nobody named: they are read, and not judged
        if project.artifacts or project.archives:
            self._open()
        self.program = Program(self.project.tree, self.project.python)
        self.names: Names = Names(self.program)
        self.graph = CallGraph(self.names)
        self._own = frozenset(self.project.python)  # what is excluded, or installed beside it, is followed, not judged
        self.selection = registry.Selection(settings)
        self._chosen = Chosen(())
        self._plugged: list[tuple[str, str]] = []  # modules, each with one that it imports by a computed name
        self._whole: Whole | None = None
        self.parts: Parts | None = None
        self._bodies: dict[tuple[str, tuple[int, int]], Lowered | None] = {}
        self._process = os.getpid()
        self._done = 0  # entry points that are judged
        self.templates: Templates | None = None
        self.functions: tuple[Function, ...] = ()
        self.entries: dict[Node, Entry] = {}
        self.findings: list[Finding] = []
        self.errors: list[str] = []
        self.statistics = Statistics()
        self.unparsable: list[Finding] = []
        self.reached: set[str] = set()

    def _open(self) -> None:
        """Open the archives; the modules of those that were named are analysed like those of directories."""
        from lambdalint.bundle.inputs import Inputs

        project = self.project
        self.inputs = Inputs(project.tree, project.artifacts, project.layers, project.archives)
        python = {path for artifact in project.artifacts for path in self.inputs.python(artifact)}
        self.project = project._replace(python=tuple(sorted(python.union(project.python))))
        self.archived = tuple(path for archive in self.inputs.deployed() for path in self.inputs.python(archive))

    # -- functions

    def find(self) -> None:
        """Read the templates and find the functions and their entry points."""
        from lambdalint import functions
        from lambdalint.source.callgraph import Entry
        from lambdalint.source.names import CONTEXT, EVENT
        from lambdalint.templates import read_templates

        self.progress("reading templates", 0, 1)
        self.templates = read_templates(self.project.tree, self.project.templates)
        if self.inputs is not None:
            told = tuple(self.inputs.declared(self.settings))
            self.templates = self.templates._replace(functions=(*self.templates.functions, *told))
        known = [version for item in self.templates.functions if (version := item.python) is not None]
        self.program.runtime = min(known, default=None)
        self.progress("finding functions", 0, 1)
        self.functions = functions.find_functions(self.project, self.program, self.names, self.templates, self.settings)
        if self.inputs is not None:
            self.functions = self.inputs.completed(self.functions)
        grouped: dict[Node, list[Function]] = {}
        routes: set[Node] = set()
        for function in self.functions:
            if function.path is None or function.qualname is None:
                continue
            for node, is_route in self._roots(function.path, function.qualname):
                grouped.setdefault(node, []).append(function)
                if is_route:
                    routes.add(node)
        for node, found in sorted(grouped.items()):
            self.entries[node] = Entry(node, tuple(found))
            definition = self.names.definition(node)
            if definition is None:
                continue
            offset = 1 if definition.owner else 0
            for index, what in ((offset, EVENT), (offset + 1, CONTEXT)):
                if index < len(definition.params):
                    self.names.entry_params[(node[0], node[1], index)] = self.names.handed(node, index) or what
            # An application takes what it hands to a route from the request, be it the third parameter or the tenth.
            for index in range(offset + 2, len(definition.params) if node in routes else 0):
                self.names.entry_params[(node[0], node[1], index)] = self.names.handed(node, index) or EVENT

    def _roots(self, path: str, qualname: str) -> Iterable[tuple[Node, bool]]:
        """The definitions that a handler runs: itself, or what the assignment that binds it makes.

        Yields:
            Each with whether it is registered on an application, which then calls it.
        """
        skeleton = self.program.skeleton(path)
        if skeleton is None:
            return
        if qualname in skeleton.defs:
            yield (path, qualname), False
            return
        for value in self.names.resolve(path, "", ("n", qualname)):
            if value[0] in ("def", "bound"):
                yield (value[1], value[2]), False
            elif value[0] == "inst":
                for method in self.names.attribute(value, "__call__"):
                    if method[0] == "bound":
                        yield (method[1], method[2]), False
        for where, bound in skeleton.bindings.get(qualname, ()):
            if where or bound is None:
                continue
            # handler = Mangum(app), handler = middleware(inner), handler = app: what is registered on the application
            applications = [bound, *bound[2], *(value for _, value in bound[3])] if bound[0] == "c" else [bound]
            if bound[0] == "c" and bound[1] is not None and bound[1][0] == "a":
                applications.append(bound[1][1])
            for application in (*applications, ("n", qualname)):
                if application is None:
                    continue
                yield from ((node, True) for node in self.graph.registered(path, "", application))
                for value in self.names.resolve(path, "", application):
                    if value[0] == "def" and bound[0] == "c":
                        yield (value[1], value[2]), False

    # -- rules

    def rules(self) -> None:
        """Run the selected rules over all entry points, component by component."""
        self.reach()
        chosen = [item for item in self.selection.rules() if item.wants != registry.NOTHING_WANTED]
        self._chosen = Chosen(chosen)
        found = components(self.program, self.entries, self._plugged)
        rest = [path for path in (*self.project.python, *self.archived) if path not in self.program.skeletons]
        needed = {path for component in found for path in component.modules}
        # candidates without an entry point, tests of others: a third of all that is loaded, and of no more use
        self.program.drop(
            [item.path for item in self.program.loaded() if item.path not in needed and not item.comments]
        )
        outcomes = self._known(found, rest) if self.parts is not None else self._performed(self._tasks(found, rest))
        outcomes += self._performed([self._judging(ring, Judge.loops) for ring in self._rings(found, outcomes)])
        self._gather(outcomes)
        for asked, about in (
            (self._declared, "what templates declare"),
            (self._bundles, "what is deployed"),
            (self._requirements, "what will be installed"),
        ):
            try:
                asked(chosen)
            except UsageError:
                raise
            except Exception as error:  # noqa: BLE001  the boundary: a defect costs what is judged, and is told
                self.errors.append(f"judging {about} failed ({described(error)})")

    def _tasks(self, found: Iterable[Component], rest: Sequence[str]) -> list[Task]:
        """To judge components, and to look whether the other modules can be parsed."""
        tasks = [self._judging(component, Judge.judge) for component in found]
        return tasks + [self._parsing(rest[start : start + PARSED]) for start in range(0, len(rest), PARSED)]

    def _known(self, found: Sequence[Component], rest: Sequence[str]) -> list[Outcome]:
        """The outcomes of these, where only what an earlier run does not tell is done."""
        parts = self.parts
        assert parts is not None
        parts.begin(
            (
                self.whole().functions,
                self.whole().resources,
                sorted(self.names.entry_params.items()),
                sorted(self.program.code_roots.items()),
                self.program.runtime,
                self._plugged,
            )
        )
        rest = parts.unparsed(rest)
        keys = [parts.key(component) for component in found]
        outcomes = [parts.known(key) for key in keys]
        missing = [number for number, outcome in enumerate(outcomes) if outcome is None]
        tasks = self._tasks([found[number] for number in missing], rest)
        made = self._performed(tasks)
        if len(made) == len(tasks):  # else one was cut into pieces, for something failed
            for number, outcome in zip(missing, made, strict=False):
                parts.keep(keys[number], outcome)
                outcomes[number] = outcome
            made = made[len(missing) :]
            failed = {path for outcome in made for path in (*outcome.failures, *outcome.commented)}
            parts.parses(path for path in rest if path not in failed)
        return [outcome for outcome in outcomes if outcome is not None] + made

    def _performed(self, tasks: Sequence[Task]) -> list[Outcome]:
        self._done = 0

        def told(entries: int) -> None:
            self._done += entries
            self.progress("judging functions", self._done, len(self.entries))

        outcomes = perform(tasks, self.settings.jobs, told)
        tree = self.project.tree
        for outcome in outcomes:
            if isinstance(tree, DirectoryTree) and tree.seen is not None and outcome.seen is not None:
                tree.seen.add(outcome.seen)
        self.program.limit(None)
        self.names.forget()
        return outcomes

    def _judging(self, component: Component, question: Callable[[Judge], Outcome]) -> Task:
        """The task to ask a `Judge` of a component, in parts of each of its entry points by itself."""
        entries = component.entries
        return Task(
            next(iter(entries))[0],
            component.size * JUDGED_S,
            len(entries),
            lambda: self._observed(lambda: self._asked(component, question)),
            lambda: [
                self._judging(component._replace(entries={node: entry}), question)
                for node, entry in (entries.items() if len(entries) > 1 else ())
            ],
        )

    def _asked(self, component: Component, question: Callable[[Judge], Outcome]) -> Outcome:
        judge = self._judge(component)
        try:
            return question(judge)
        finally:
            judge.forget()

    def _observed(self, work: Callable[[], Outcome]) -> Outcome:
        """The outcome of a task, with what another process than the first one has asked of the tree for it."""
        tree = self.project.tree
        if not isinstance(tree, DirectoryTree) or tree.seen is None or os.getpid() == self._process:
            return work()
        tree.seen = seen = Seen()
        return work()._replace(seen=seen)

    def _parsing(self, paths: Sequence[str]) -> Task:
        """The task to look whether modules can be parsed."""
        return Task(
            paths[0],
            len(paths) * PARSED_S,
            0,
            lambda: self._observed(lambda: self._parsed(paths)),
            lambda: [self._parsing([path]) for path in paths if len(paths) > 1],
        )

    def _judge(self, component: Component) -> Judge:
        """A judge of one component, which alone is in sight from now on."""
        self.program.limit(component.modules)
        self.names.forget()
        return Judge(
            self.program,
            self.names,
            component,
            self._chosen,
            self._own,
            self.whole,
            self.disabled,
            self._bodies,
            lambda stage, more: self.progress(stage, self._done + more, len(self.entries)),
        )

    def whole(self) -> Whole:
        """What is known of all functions."""
        if self._whole is None:
            from lambdalint.source.views import Whole

            resources = self.templates.resources if self.templates else ()
            # without their lines, which every edit moves
            functions = tuple([item._replace(line=None) for item in self.functions])
            self._whole = Whole(functions, resources, self.entries, is_test)
        return self._whole

    def _rings(self, found: Iterable[Component], outcomes: Iterable[Outcome]) -> Iterable[Component]:
        """The entry points that may be on loops of functions, with all that is in sight of any on the same loop."""
        written = {node: item for outcome in outcomes for node, item in outcome.written.items()}
        if not any(item.operations for item in written.values()):
            return ()
        from lambdalint.source.triggers import Triggers

        triggers = Triggers(self.entries, self.templates.resources if self.templates else (), self.disabled)
        rings = triggers.rings(written)
        return joined(self.program, found, [{triggers.deployed[number].node for number in ring} for ring in rings])

    def _gather(self, outcomes: Iterable[Outcome]) -> None:
        """Put together what the components gave, in the order that entry points and modules have."""
        outcomes = list(outcomes)
        self.findings += [finding for outcome in outcomes for finding in outcome.sites]
        functions = [item for outcome in outcomes for item in outcome.functions]
        self.findings += [finding for _, finding in sorted(functions, key=itemgetter(0))]
        self.findings += [finding for outcome in outcomes for finding in outcome.modules]
        errors = [error for outcome in outcomes for error in outcome.errors]
        self.errors += [message for _, message in sorted(dict(reversed(errors)).items())]
        lowered: dict[object, tuple[int, int]] = {}
        verdicts: dict[str, int] = {}
        for outcome in outcomes:
            lowered.update(outcome.lowered)
            self.program.failures.update(outcome.failures)
            for path in outcome.commented:
                self.program.skeleton(path)
            for name, count in outcome.verdicts.items():
                verdicts[name] = verdicts.get(name, 0) + count
        refused = {path: error for outcome in reversed(outcomes) for path, error in outcome.refused.items()}
        for path, error in sorted(refused.items()):
            reason = f"a definition is beyond the parser's limits: {error.reason}"
            self.unparsable.append(diagnostics.unreadable(Skipped(path, reason), line=error.line or 1))
        self.statistics = Statistics(
            calls=sum(outcome.calls for outcome in outcomes),
            calls_resolved=sum(outcome.resolved for outcome in outcomes),
            bodies_lowered=sum(bodies for bodies, _ in lowered.values()),
            pairing_mismatches=sum(mismatches for _, mismatches in lowered.values()),
            verdicts=dict(sorted(verdicts.items())),
        )

    def reach(self) -> None:
        """Read what the entry points import, and look names up anew with all of it in sight."""
        self.progress("following calls", 0, 1)
        self._load_imports()
        self.names.forget()

    def drawn(self) -> EventGraph:
        """The event graph of all functions."""
        everything = Component(self.entries, tuple(skeleton.path for skeleton in self.program.loaded()), 0)
        return self._judge(everything).shared.graph.drawn(self.functions)

    def _load_imports(self) -> None:
        """Read every module that the entry points import, directly or not, so that all callers are visible."""
        queue = deque(sorted({node[0] for node in self.entries}))
        while queue:
            path = queue.popleft()
            if path in self.reached:
                continue
            self.reached.add(path)
            skeleton = self.program.skeleton(path)
            if skeleton is None:
                continue
            plugins = self._plugins(skeleton)
            self._plugged += [(path, plugin) for plugin in plugins]
            queue.extend(plugins)
            queue.extend(self.program.imports(path))

    def _plugins(self, skeleton: Skeleton) -> Iterable[str]:
        """The modules below a package that imports by computed names: they are its plug-ins."""
        every = [*skeleton.calls, *(call for definition in skeleton.defs.values() for call in definition.calls)]
        computed = any(
            call.tail in ("import_module", "__import__", "iter_modules", "walk_packages")
            and not (call.args and call.args[0] is not None and call.args[0][0] == "k")
            for call in every
        )
        directory = skeleton.path.rpartition("/")[0]
        if not computed or not directory or not self.program.exists(f"{directory}/__init__.py"):
            return ()
        found = [path for path in self.project.python if path.startswith(f"{directory}/") and not is_test(path)]
        return found if len(found) <= PLUGINS_LIMIT else ()

    def _declared(self, chosen: list[RuleEntry]) -> None:
        """Ask the rules about what templates declare."""
        interested = [item for item in chosen if item.wants.declared]
        if not interested or self.templates is None or all(item.declared is None for item in self.functions):
            return
        from lambdalint.source.declared import DeclaredView, Deployment

        asker = Asker(self.disabled)
        deployment = Deployment(self.functions, self.templates.resources, self.settings.as_of)
        for function in self.functions:
            if function.declared is None or is_test(function.declared.location.path):
                continue
            view = DeclaredView(deployment, function, function.declared)
            for item in interested:
                self.findings += asker.ask(item, methodcaller("check_declared", view), view.location.path)
        self.errors += [message for _, message in asker.errors]

    def _bundles(self, chosen: list[RuleEntry]) -> None:
        """Ask the rules about what is deployed: each function with its layers, each artifact by itself."""
        interested = [item for item in chosen if item.wants.bundles or item.wants.artifacts]
        if not interested or not (self.inputs or self._names_artifact()):
            return
        from lambdalint.bundle.inputs import Inputs, Packed
        from lambdalint.bundle.views import Shared as Deployed

        self.inputs = self.inputs or Inputs(self.project.tree)
        # what tools have packed may be of last week: it is judged where its directory was named
        packed = Packed(self.project.tree, self.project.directories)
        resources = tuple(map(packed.layer, self.templates.resources if self.templates else ()))
        functions = map(packed.function, self.functions)
        asker = Asker(self.disabled)
        shared = Deployed(self.disabled, self.settings, self.kept)
        shared.bundles = bundles = tuple(self.inputs.bundles(functions, resources, shared))
        self.built = frozenset(bundle.location for bundle in bundles)
        for done, bundle in enumerate(bundles):
            self.progress("judging bundles", done, len(bundles))
            for item in interested:
                if item.wants.bundles:
                    self.findings += asker.ask(item, methodcaller("check_bundle", bundle), bundle.artifact.path)
        for artifact in self.inputs.views(bundles, self.disabled):
            for item in interested:
                if item.wants.artifacts:
                    self.findings += asker.ask(item, methodcaller("check_artifact", artifact), artifact.path)
        self.errors += [message for _, message in asker.errors]

    def _requirements(self, chosen: list[RuleEntry]) -> None:
        """Ask the rules about what will be installed for functions that are not built."""
        interested = [item for item in chosen if item.wants.requirements]
        functions = [item for item in self.functions if self._is_unbuilt(item)] if interested else []
        if not functions:
            return
        from lambdalint.bundle.unbuilt import unbuilt
        from lambdalint.bundle.views import Shared as Deployed

        asker = Asker(self.disabled)
        resources = self.templates.resources if self.templates else ()
        shared = Deployed(self.disabled, self.settings)
        for view in unbuilt(functions, resources, self.project.tree, shared):
            self.progress("judging requirements", 0, 1)
            for item in interested:
                self.findings += asker.ask(item, methodcaller("check_requirements", view), view.path)
        self.errors += [message for _, message in asker.errors]

    def _is_unbuilt(self, function: Function) -> bool:
        """Whether a tool installs something by a file of requirements that is here, and has not been seen to have."""
        declared = function.declared
        if declared is None or not declared.setting("installs").known:
            return False
        if is_test(declared.location.path) and "tests" not in self.disabled:
            return False
        if declared.location in self.built:
            return False
        names = self.project.tree.names
        places = (path.rpartition("/") for path in declared.setting("installs").value.files)
        return any(name in names(directory) for directory, _, name in places)

    def _names_artifact(self) -> bool:
        """Whether a template names something that is deployed as it stands."""
        tree = self.project.tree
        values = [item.declared.code_root.value for item in self.functions if item.declared is not None]
        roots = {value for value in values if isinstance(value, str)}
        if not roots:
            return False
        from lambdalint.bundle import is_artifact

        return isinstance(tree, DirectoryTree) and any(is_artifact(tree, root) for root in roots)

    # -- the report

    def _parsed(self, paths: Iterable[str]) -> Outcome:
        """What is wrong with modules that nothing needs: one that cannot be parsed is never passed over."""
        failures: dict[str, SourceError | Unreadable] = {}
        commented = []
        for path in paths:
            try:
                source = self.program.taken(path)
                if holds(source, SUPPRESSION):
                    commented.append(path)  # its comments are judged, whether or not anything is found in it
                else:
                    refuse_unparsable(source, path, self.program.runtime)
            except (SourceError, Unreadable) as error:
                failures[path] = error
            except Exception as error:  # noqa: BLE001  the boundary: a defect of the reader costs the input, and is told
                failures[path] = defect(error)
        return Outcome(failures=failures, commented=tuple(commented))

    def skipped(self) -> tuple[Skipped, ...]:
        """All inputs that were not analysed."""
        found = {item.path: item for item in self.project.skipped}
        for path, error in sorted(self.program.failures.items()):
            where = f" (line {error.line})" if isinstance(error, SourceError) and error.line else ""
            found.setdefault(path, Skipped(path, f"{error}{where}"))
        if self.inputs is not None:
            found.update(self.inputs.problems)
        partly = self._partly_read()
        for item in self.templates.problems if self.templates is not None else ():
            if item.path not in partly:
                found.setdefault(item.path, item)
        return tuple(item for _, item in sorted(found.items()))

    def _partly_read(self) -> set[str] | frozenset[str]:
        """The templates that gave something although a part of them could not be read."""
        if self.templates is None or not self.templates.problems:
            return frozenset()
        places = {item.location.path for item in self.templates.functions}
        places |= {item.location.path for item in self.templates.resources}
        return places & frozenset(item.path for item in self.templates.problems)

    def _inputs(self) -> Iterable[Finding]:
        problems = self.templates.problems if self.templates is not None else ()
        templates = {item.path for item in problems}
        partly = self._partly_read()
        for item in problems:
            if item.path in partly:
                yield diagnostics.unreadable(item, line=_line_of(item.reason), template=True, partly=True)
        for item in self.skipped():
            error = self.program.failures.get(item.path)
            if isinstance(error, SourceError) and error.syntax and item.path in self.reached:
                location = Location(item.path, max(error.line, 1), max(error.column, 1))
                version = f"{sys.version_info[0]}.{sys.version_info[1]}"
                yield diagnostics.finding(
                    diagnostics.SYNTAX_ERROR, location, f"Python {version} refuses this module: {error.reason}"
                )._replace(chains=self._chains_to(location, self.entries))
                continue
            line = error.line if isinstance(error, SourceError) and error.line else _line_of(item.reason)
            yield diagnostics.unreadable(item, line=line, template=item.path in templates)
        yield from self.unparsable
        yield from self._refused()

    def _refused(self) -> Iterable[Finding]:
        """The modules with syntax that the runtime of a function which imports them does not have."""
        starts: dict[tuple[str, tuple[int, int]], list[tuple[Node, Function]]] = {}
        for node, entry in self.entries.items():
            for function in entry.functions:
                version = function.python
                if version is not None:
                    starts.setdefault((node[0], version), []).append((node, function))
        if not starts:
            return
        from lambdalint.source.syntax import refused

        for item in refused(
            self.program, sorted(starts), lambda skeleton: self.program.imports(skeleton.path, guarded=False)
        ):
            runtime = "python{}.{}".format(*item.runtime)
            name, (major, minor) = item.needed.name, item.needed.version
            location = Location(item.path, item.needed.line, item.needed.column)
            message = f"{runtime} refuses this module: {name} needs Python {major}.{minor}"
            fact = f"function {starts[item.start, item.runtime][0][1].name} runs on {runtime}"
            older = [each for (_, version), each in starts.items() if version < item.needed.version]
            chains = self._chains_to(location, [node for each in older for node, _ in each], guarded=False)
            yield diagnostics.finding(diagnostics.SYNTAX_ERROR, location, message)._replace(
                facts=(fact,), chains=chains
            )

    def _chains_to(
        self, location: Location, nodes: Iterable[Node], *, guarded: bool = True
    ) -> tuple[tuple[Step, ...], ...]:
        """A chain for each of the entry points ``nodes`` whose module imports that of ``location``.

        Args:
            guarded: whether imports count that a module can do without.
        """
        importers: dict[str, list[str]] = {}
        for path in sorted(self.reached):
            for imported in self.program.imports(path, guarded=guarded):
                importers.setdefault(imported, []).append(path)
        found: set[str] = set()
        queue = [location.path]
        while queue:
            path = queue.pop()
            if path not in found:
                found.add(path)
                queue.extend(importers.get(path, ()))
        chains = []
        for node in sorted({node for node in nodes if node[0] in found}):
            definition = self.names.definition(node)
            start = Location(node[0], definition.line if definition is not None else 1)
            chains.append((Step(start, node[1], "entry point"), Step(location, "<module>", "here")))
        return tuple(chains)

    def report(self) -> Report:
        """The findings, sorted, merged and with suppressions applied."""
        every = [
            item
            for item in (*_merged(self.findings), *self._inputs())
            if self.selection.enabled(item.code, item.location.path)
        ]
        suppressed = 0
        commented = [skeleton for skeleton in self.program.loaded() if skeleton.comments]
        if commented:
            from lambdalint.source import suppressions

            comments = {item.path: found for item in commented if (found := suppressions.parse(item.comments))}
            applied = suppressions.apply(
                every, comments, self._statement, known=registry.names(), enabled=self.selection.enabled
            )
            every = [*applied.kept, *applied.notes]
            suppressed = applied.suppressed
        skipped = self.skipped()
        left_out = {item.path for item in skipped}
        return Report(
            findings=tuple(sorted(every, key=_order)),
            skipped=skipped,
            functions=self.functions,
            starts={node: entry.functions for node, entry in self.entries.items()},
            analysed=tuple(path for path in self._analysed() if path not in left_out),
            excluded=self.project.excluded,
            suppressed=suppressed,
            internal_errors=tuple(self.errors),
            statistics=self.statistics,
        )

    def _analysed(self) -> Iterable[str]:
        archives = self.inputs.opened() if self.inputs is not None else ()
        return (*self.project.python, *self.project.templates, *archives, *self.archived)

    def _statement(self, location: Location) -> tuple[int, int]:
        from lambdalint.source.skeleton import statement_lines

        try:
            return statement_lines(self.program.source(location.path), location.line)
        except (SourceError, Unreadable):
            return location.line, location.line


def _line_of(reason: str) -> int:
    """The line that a reason begins with (``line 12: …``), else 1."""
    number = reason[5:].partition(":")[0] if reason.startswith("line ") else ""
    return int(number) if number.isdecimal() else 1


def _order(finding: Finding) -> tuple[object, ...]:
    return (finding.location, finding.code, finding.message)


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each place and rule; the chains of several entry points are put together."""
    found: dict[tuple[object, ...], Finding] = {}
    for item in findings:
        key = (item.code, item.location, item.message, item.severity)
        old = found.get(key)
        if old is None:
            found[key] = item
        else:
            chains = tuple(dict.fromkeys((*old.chains, *item.chains)))
            facts = tuple(dict.fromkeys((*old.facts, *item.facts)))
            found[key] = old._replace(chains=chains, facts=facts)
    return list(found.values())
