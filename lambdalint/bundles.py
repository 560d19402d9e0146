"""The bundles of the command ``bundle``: those that it names itself, else those of templates."""

from __future__ import annotations

from lambdalint.bundle.inputs import Inputs
from lambdalint.bundle.views import BundleView, Shared
from lambdalint.errors import UsageError, nearest
from lambdalint.model import Function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lambdalint.discover import Project
    from lambdalint.settings import Settings


def bundles(project: Project, settings: Settings, **progress: Any) -> list[BundleView]:
    """The functions of a project as they are deployed. A directory is an artifact where no template in it says more.

    Raises:
        UsageError: an archive that cannot be read, nothing that is deployed as it stands, or no such function.
    """
    if project.artifacts and not project.templates and (settings.handler or not settings.runtime):
        inputs, found = _direct(project, settings)
    else:
        from lambdalint import engine  # which reads templates and code

        inputs, found = engine.bundles(project, settings, **progress)
        if not found and not project.artifacts and project.directories:
            inputs, found = _direct(project._replace(artifacts=project.directories), settings)
    for problem in inputs.problems.values():
        if problem.named:
            raise UsageError(f"{problem.path}: {problem.reason}")
    if not found:
        raise UsageError("nothing here is deployed as it stands; name a zip or a built directory, or build first")
    return _chosen(found, settings.function)


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
            raise UsageError(f"there is no function '{name}' that is deployed from here{nearest(name, known)}")
    return [item for item in found if item.name in names]
