"""Functions: what is deployed, from templates, configuration, decorators and evidence, in this order of trust."""

from __future__ import annotations

from lambdalint.source.program import parent
from lambdalint.templates import is_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.discover import Project
    from lambdalint.model import DeclaredFunction, Function
    from lambdalint.settings import Settings
    from lambdalint.source.names import Names
    from lambdalint.source.program import Program
    from lambdalint.templates.values import Templates


def find_functions(
    project: Project, program: Program, names: Names, templates: Templates, settings: Settings
) -> tuple[Function, ...]:
    """The deployed functions of a project.

    A definition that several declarations name gives one Function for each; one that a template or the
    configuration names is not found again by its decorators or by evidence. The code roots of the handlers'
    modules are set in ``program.code_roots``.

    Args:
        project: what was discovered; test files never hold an entry point unless a template says so.
        program: its modules. Only files that may hold an entry point are read into it.
        names: resolution over ``program``.
        templates: what was read from the project's templates.
        settings: of the run; ``functions`` adds entry points.

    Returns:
        Functions in the order of path, line and name; those without a definition in the project come last.
    """
    from lambdalint.functions.candidates import Candidates
    from lambdalint.functions.declared import Declared
    from lambdalint.functions.handlers import Locator

    locator = Locator(program, names, project.python, project.archives)
    declared = Declared(program, locator)
    constructed: list[DeclaredFunction] = []
    programs = [path for path in project.templates if is_program(path)]
    if templates.applications or programs:
        from lambdalint.functions.constructs import Constructs

        synthesised = [item.location.path for item in templates.functions if item.origin == "cdk"]
        found_in = Constructs(program, names, locator, templates.applications, synthesised)
        constructed = found_in.find(project.python, programs)
    declared.templates([*templates.functions, *constructed])
    declared.configuration(settings.functions)
    found = Candidates(
        program,
        names,
        locator,
        declared.nodes,
        foreign=[_directory(root) for root in templates.foreign_roots],
        native=[parent(item.location.path) for item in templates.functions],
        templates=[parent(path) for path in project.templates if not (path.endswith("cdk.json") or is_program(path))],
    ).find(project.python)
    if any(item.origin == "chalice" for item in found):
        from lambdalint.functions.chalice import completed

        found = completed(found, templates.chalice, program, names)
    return tuple(sorted([*declared.functions, *found], key=_order))


def _directory(path: str) -> str:
    path = path.strip("/")
    return "" if path == "." else path


def _order(function: Function) -> tuple[bool, str, int, str, tuple[str, int]]:
    place = function.declared_at
    return (
        function.path is None,
        function.path or "",
        function.line or 0,
        function.name,
        (place.path, place.line) if place else ("", 0),
    )
