"""The bundles of the command ``bundle``: those that it names itself, else those of templates."""

from __future__ import annotations

from lambdalint.bundle.inputs import Inputs
from lambdalint.bundle.views import BundleView, Shared
from lambdalint.discover import BUILT
from lambdalint.errors import UsageError, nearest
from lambdalint.model import Function
from lambdalint.tree import ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lambdalint.discover import Project
    from lambdalint.settings import Settings
    from lambdalint.tree import Tree

NAMED = 5  # functions that a message lists
_BUILD = "build first (sam build, serverless package, cdk synth, terraform plan), or name a zip or a built directory"


def bundles(project: Project, settings: Settings, *, named: bool = True, **progress: Any) -> list[BundleView]:
    """The functions of a project as they are deployed. A directory is an artifact where no template in it says more.

    Args:
        project: the inputs.
        settings: of the run.
        named: whether they were named; the working directory alone is an artifact where distributions are in it.
        progress: see `engine.bundles`.

    Raises:
        UsageError: an archive that cannot be read, nothing that is deployed as it stands, or no such function.
    """
    declared: list[Function] = []
    if project.artifacts and not project.templates and (settings.handler or not settings.runtime):
        inputs, found = _direct(project, settings)
    else:
        from lambdalint import engine  # which reads templates and code

        inputs, found, functions = engine.bundles(project, settings, **progress)
        found = [item for item in _newest(found) if _asked(item, project)]
        declared = [item for item in functions if item.declared_at and _lies_below(item.declared_at.path, project)]
        built = [path for path in project.directories if named or _holds_distributions(project.tree, path)]
        if not found and not declared and not project.artifacts and built:
            inputs, found = _direct(project._replace(artifacts=tuple(built)), settings)
    for problem in inputs.problems.values():
        if problem.named:
            raise UsageError(f"{problem.path}: {problem.reason}")
    if not found and declared:
        functions_ = "1 function" if len(declared) == 1 else f"{len(declared)} functions"
        raise UsageError(f"of {functions_} of the templates nothing is here as it is deployed; {_BUILD}")
    if not found:
        raise UsageError("nothing here is deployed as it stands; name a zip or a built directory, or build first")
    return _chosen(found, settings.function)


def _holds_distributions(tree: Tree, path: str) -> bool:
    return bool(ending(tree, path, ".dist-info"))


def _asked(bundle: BundleView, project: Project) -> bool:
    """Whether what was named is the bundle or declares it; the templates above that are read as well."""
    places = {bundle.location.path, bundle.artifact.path}
    places |= {path for path in project.templates if built(path) == bundle.location.path}
    return any(_lies_below(path, project) for path in places)


def built(template: str) -> str:
    """The template that ``sam build`` makes of another."""
    return f"{template.rpartition('/')[0]}/{BUILT}/build/template.yaml".lstrip("/")


def _lies_below(path: str, project: Project) -> bool:
    """Whether a path was named, or lies in a directory that was."""
    return path in project.named or any(not part or f"{path}/".startswith(f"{part}/") for part in project.directories)


def _newest(found: Sequence[BundleView]) -> list[BundleView]:
    """The bundles without those of a template of which ``sam build`` has made another, with the same functions."""
    places = {(item.name, item.location.path) for item in found}
    return [item for item in found if (item.name, built(item.location.path)) not in places]


def _direct(project: Project, settings: Settings) -> tuple[Inputs, list[BundleView]]:
    """The named artifacts, without a look at any code."""
    sizes = not (settings.handler and settings.runtime)
    inputs = Inputs(project.tree, project.artifacts, project.layers, sizes=sizes)
    return inputs, list(inputs.bundles(_told(inputs, settings), (), Shared(settings=settings)))


def _told(inputs: Inputs, settings: Settings) -> list[Function]:
    """The named artifacts as functions."""
    reason = "the command line names it"
    return [
        Function(item.name, settings.handler, item.origin, reason, declared=item) for item in inputs.declared(settings)
    ]


def _chosen(found: Sequence[BundleView], names: Sequence[str]) -> list[BundleView]:
    if not names:
        return list(found)
    known = [item.name for item in found]
    for name in names:
        if name not in known:
            rest = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
            hint = nearest(name, known) or f"; there are {', '.join(known[:NAMED])}{rest}"
            raise UsageError(f"there is no function '{name}' that is deployed from here{hint}")
    return [item for item in found if item.name in names]
