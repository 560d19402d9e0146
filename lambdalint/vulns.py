"""The command ``vulns``: what is deployed and what is pinned, asked for known vulnerabilities, as findings (LL804)."""

from __future__ import annotations

from lambdalint import diagnostics, registry
from lambdalint.bundle import audit as auditing
from lambdalint.bundle import pins, requirements_txt, vulnerabilities
from lambdalint.bundle.vulnerabilities import later
from lambdalint.bundles import built
from lambdalint.diagnostics import UNKNOWN_RULE, UNUSED_SUPPRESSION, VULNERABLE_DEPENDENCY
from lambdalint.discover import is_test
from lambdalint.model import Finding, Location, Report, Skipped
from lambdalint.settings import FILE_LIMIT, today
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from lambdalint.bundle.audit import Audit, Flaw, Place
    from lambdalint.bundle.inputs import Inputs
    from lambdalint.bundle.views import ArtifactView, BundleView
    from lambdalint.bundle.vulnerabilities import Service
    from lambdalint.discover import Project
    from lambdalint.settings import Settings

    Progress = Callable[[str, int, int], None]

_COMMENTED = frozenset({VULNERABLE_DEPENDENCY.code, UNUSED_SUPPRESSION.code, UNKNOWN_RULE.code})


def run(
    project: Project, settings: Settings, service: Service, progress: Progress | None = None
) -> tuple[Report, Audit]:
    """Audit a project: the artifacts in it and what it pins.

    Args:
        project: the inputs, with their pins.
        settings: of the run.
        service: whom to ask.
        progress: told the stage, what is done and the total.
    """
    stages = {"progress": progress} if progress is not None else {}
    found = _Found(project)
    found.pins(_files(project))
    if project.directories or not all(map(_may_pin, project.named)):
        found.artifacts(settings, stages)
    found.others()
    asked = sorted({(item.name, item.version) for item in found.places if not item.reason})
    as_of = settings.as_of or today()
    answers = vulnerabilities.ask(asked, service, progress)
    result = auditing.judged(found.places, answers, settings.vulns, service, as_of)
    certain = result.certain and not found.skipped
    if project.only is not None or not certain:
        result = result._replace(unused=())  # it may be meant for what was not asked for
    selection = registry.Selection(settings, audit=True)
    findings = [
        item for item in _findings(result, project, settings) if selection.enabled(item.code, item.location.path)
    ]
    findings += [
        diagnostics.unreadable(item, partly=item.path in found.partly)
        for item in found.skipped.values()
        if selection.enabled(diagnostics.UNREADABLE_INPUT.code, item.path)
    ]
    kept, suppressed = _commented(findings, found, selection, judge_unused=certain)
    return (
        Report(
            findings=registry.ranked(kept),
            skipped=tuple(item for path, item in sorted(found.skipped.items()) if path not in found.partly),
            functions=found.functions,
            analysed=tuple(sorted(found.read)),
            excluded=project.excluded,
            suppressed=suppressed,
        ),
        result._replace(unaudited=(*result.unaudited, *found.unaudited())),
    )


def _may_pin(path: str) -> bool:
    return pins.is_pinned_file(path) or path.endswith(".txt")


def _files(project: Project) -> list[str]:
    """The files that pin something: those that are named, whatever they are called, and those of directories."""
    listed = {path for path in project.pins if pins.is_pinned_file(path) and project.reported(path)}
    return sorted(listed.union(path for path in project.named if _may_pin(path)))


class _Found:
    """What there is to audit."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.places: list[Place] = []
        self.skipped: dict[str, Skipped] = {}
        self.partly: set[str] = set()
        self.read: set[str] = set()
        self.texts: set[str] = set()  # files of requirements, in which comments count
        self.functions: tuple[Any, ...] = ()

    def pins(self, paths: Iterable[str]) -> None:
        """Take what files pin."""
        every: list[pins.Pin] = []
        for path in paths:
            found = pins.read(self.project.tree, path)
            every += found.pins
            if found.problem:
                self.skipped[path] = Skipped(path, found.problem, path in self.project.named)
            if found.pins or not found.problem:
                self.read.add(path)
                self.partly.update({path} if found.problem else ())
                if found.kind == "requirements":
                    self.texts.update((path, *found.included))
        self.places += auditing.pinned(every, is_test)

    def artifacts(self, settings: Settings, stages: dict[str, Any]) -> None:
        """Take the distributions of what is deployed."""
        from lambdalint import engine

        inputs, bundles, self.functions = engine.bundles(self.project, settings, **stages)
        project = self.project
        # a template stands for what its functions are made of, and for what `sam build` makes of it
        templates = {place for path in project.named for place in (path, built(path))}
        named = {
            part.path
            for bundle in bundles
            if bundle.location.path in templates
            for part in (bundle.artifact, *bundle.layers)
        }
        for view in self._views(inputs, bundles):
            if view.path in named or project.reported(view.path) or project.reported(f"{view.path}/"):
                self.places += auditing.bundled(view)
                self.read.add(view.path or ".")
        problems = inputs.problems.items()
        self.skipped.update(item for item in problems if item[1].named or project.reported(item[0]))

    def others(self) -> None:
        """What was named and says nothing of versions, so that nobody takes it for clean."""
        project = self.project
        others = {*self.read, *self.skipped, *project.python, *project.templates, *project.layers}
        for path in project.named:
            if path not in others and not _may_pin(path):
                name = path.rpartition("/")[2]
                ranges = name in ("pyproject.toml", "Pipfile") or name.endswith(".in")
                reason = "it holds ranges, no versions; name its lock" if ranges else "no file that says versions"
                self.skipped[path] = Skipped(path, reason, named=True)

    def _views(self, inputs: Inputs, bundles: list[BundleView]) -> Iterator[ArtifactView]:
        from lambdalint.bundle.views import ArtifactView

        seen = set()
        for view in inputs.views(bundles, frozenset()):
            seen.add(view.path)
            yield view
        tree = self.project.tree
        for path in self.project.directories:  # of packages that are installed there, and nothing says for what
            inner = f"{path}/python" if path else "python"
            here = [name for place in (path, inner) for name in tree.names(place)]
            if path not in seen and any(name.endswith((".dist-info", ".egg-info")) for name in here):
                artifact = inputs.artifact(path)
                if artifact is not None:
                    yield ArtifactView(path, artifact, "found")

    def unaudited(self) -> Iterator[auditing.Unaudited]:
        """The files that could not be read, or not as a whole."""
        for path, item in sorted(self.skipped.items()):
            yield auditing.Unaudited("", "", item.reason, (Location(path, 1),))


def _findings(result: Audit, project: Project, settings: Settings) -> Iterator[Finding]:
    for flaw in result.flaws:
        if not flaw.silenced:
            for place in flaw.places:
                yield _finding(flaw, place)
    origin = settings.origins.get("vulns", "")
    for entry in result.unused:
        message = f"vulns.ignore names {entry.id}, which nothing here has"
        yield diagnostics.finding(UNUSED_SUPPRESSION, _entry_place(project, origin, entry.id), message,
                                  remedy="remove the entry")  # fmt: skip


def _finding(flaw: Flaw, place: Place) -> Finding:
    known = flaw.vulnerability
    aliases = f" ({', '.join(known.aliases)})" if known.aliases else ""
    after = later(known.fixed, flaw.version)
    facts = [item for item in (known.summary, known.link) if item]
    if flaw.expired and flaw.accepted is not None:
        facts.append(f"the configuration accepted it until {flaw.accepted.until}: {flaw.accepted.reason}")
    return diagnostics.finding(
        VULNERABLE_DEPENDENCY,
        place.location,
        f"{flaw.name} {flaw.version} has a known vulnerability, {known.id}{aliases}",
        severity=place.severity,
        # what an entry of a baseline accepts is this vulnerability, wherever in the file and in whichever version
        function=f"{flaw.name} {known.id}",
        remedy=f"fixed in {', '.join(after)}" if after else "no later version is known to be fixed",
    )._replace(facts=tuple(facts))


def _entry_place(project: Project, origin: str, name: str) -> Location:
    """The line of the configuration that an entry stands on."""
    try:
        lines = project.tree.read(origin, FILE_LIMIT).decode("utf-8", "replace").splitlines()
    except Unreadable:
        lines = []
    return Location(origin, next((number for number, line in enumerate(lines, 1) if name in line), 1))


def _commented(
    findings: list[Finding], found: _Found, selection: registry.Selection, *, judge_unused: bool
) -> tuple[list[Finding], int]:
    """The findings that no comment in a file of requirements silences, with what is wrong with these comments."""
    from lambdalint.source import suppressions

    comments = {}
    for path in sorted(found.texts):
        try:
            data = found.project.tree.read(path, pins.TEXT_LIMIT)
        except Unreadable:
            continue
        text = requirements_txt.decoded(data)
        if directives := suppressions.parse(requirements_txt.comments(text)):
            starts = requirements_txt.continued(text)  # a line that goes on has no room for a comment but at its end
            comments[path] = tuple(item._replace(target=starts.get(item.target, item.target)) for item in directives)

    def enabled(code: str, path: str) -> bool:
        ran = code in _COMMENTED and (judge_unused or code != VULNERABLE_DEPENDENCY.code)
        return ran and selection.enabled(code, path)

    if not comments:
        return findings, 0
    applied = suppressions.apply(findings, comments, known=registry.names(), enabled=enabled)
    return [*applied.kept, *applied.notes], applied.suppressed
