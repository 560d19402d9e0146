"""Chalice projects: ``.chalice/config.json`` says how the functions of ``app.py`` are deployed.

Which further functions and which events there are, the decorators in ``app.py`` say; a template reader
does not parse Python, so that `lambdalint.functions.chalice` asks here for the settings of each.

Sources: Chalice documentation, "Configuration File"; Chalice 1.34, ``config.py`` (a value is looked up in the function
of a stage, the stage, the function and the top, null counts as not set; variables are merged, but those of functions at
the top are not read) and ``constants.py`` (defaults).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence

from lambdalint.data import table
from lambdalint.model import ABSENT, DeclaredFunction, Location, State, Value
from lambdalint.templates.documents import MAP, SCALAR, Node
from lambdalint.templates.intrinsics import Stack
from lambdalint.templates.values import (
    ChaliceProject,
    Either,
    Found,
    Installs,
    as_boolean,
    as_integer,
    as_string,
    directory_of,
    known,
    mapping,
    same,
    unknown,
)

MEMORY_DEFAULT = 128
_API = "api_handler"  # what config.json calls the function of the routes
_DEFAULT = "default of Chalice"
_OVERRIDES = "lambda_functions"


def read_chalice(path: str, root: Node, found: Found) -> None:
    """Adds the project of a Chalice configuration to ``found``, and the function of its routes."""
    if root.kind != MAP:
        found.problem(path, "line 1: not a mapping")
        return
    reader = Stack(path, root, found)
    name = root.get("app_name")
    place = reader.location(name) if name is not None else Location(path, 1)
    top = mapping(reader.evaluate(root))
    stages = tuple(mapping(stage) for stage in mapping(top.get("stages", ABSENT)).values())
    project = ChaliceProject(directory_of(directory_of(path)), place, top, stages or ({},))
    found.chalice.append(project)
    found.functions.append(
        configured(project, _API)._replace(
            name=name.value if name is not None and name.kind == SCALAR else "app",
            handler=known("app.app", place, "Chalice deploys the object app of app.py"),
            events=unknown("the decorators in app.py say the events", place, ()),
        )
    )


def configured(project: ChaliceProject, name: str | None) -> DeclaredFunction:
    """What the configuration says of the function that it calls ``name``, None for a name that nobody can tell."""
    reader = _Settings(project, name)
    found_settings = {
        "role": reader.of("iam_role_arn", as_string),
        "tracing": reader.of("xray", _tracing),
        "log_retention": reader.of("log_retention_in_days", as_integer),
        "reserved_concurrency": reader.of("reserved_concurrency"),
    }
    files = (posixpath.normpath(posixpath.join(project.directory, "requirements.txt")),)
    found_settings["installs"] = known(Installs(files), project.location)
    lasts = known(table("timeouts")["function"]["default_s"]["chalice"], None, _DEFAULT)
    return DeclaredFunction(
        name=name or "",
        origin="chalice",
        location=project.location,
        code_root=known(project.directory, project.location, "the project of .chalice"),
        runtime=unknown("Chalice takes the version of the Python that deploys", project.location),
        memory=reader.of("lambda_memory_size", as_integer, known(MEMORY_DEFAULT, None, _DEFAULT)),
        timeout=reader.of("lambda_timeout", as_integer, lasts),
        layers=reader.layers(),
        environment=reader.environment(),
        settings={setting: value for setting, value in found_settings.items() if value.state is not State.ABSENT},
        scope=project.location.path,
    )


def _tracing(value: Value, what: str) -> Value:
    """The mode of tracing as Lambda calls it."""
    switched = as_boolean(value, what)
    return switched._replace(value="Active" if switched.value else "PassThrough") if switched.known else switched


def _as_it_is(value: Value, _: str) -> Value:
    return value


class _Settings:
    """The settings of one function: of each stage, and of each name that it may have."""

    def __init__(self, project: ChaliceProject, name: str | None) -> None:
        self.project = project
        self.what = "stages" if name is not None else "stages or functions"
        every = {
            key: None for level in (project.top, *project.stages) for key in mapping(level.get(_OVERRIDES, ABSENT))
        }
        self.names: Sequence[str] = (name,) if name is not None else ("", *(other for other in every if other != _API))

    def _levels(self) -> Iterator[tuple[Mapping[str, Value], ...]]:
        """Where a setting is looked for, the first first: of each stage and name."""
        top = self.project.top
        for stage in self.project.stages:
            for name in self.names:
                yield _override(stage, name), stage, _override(top, name), top

    def of(self, key: str, read: Callable[[Value, str], Value] = _as_it_is, default: Value = ABSENT) -> Value:
        """A setting; Unknown where stages differ in it."""
        values = []
        for levels in self._levels():
            given = (level[key] for level in levels if key in level and level[key].state is not State.ABSENT)
            value = next(given, None)
            values.append(read(value, key) if value is not None else default)
        return self._agreed(key, values)

    def _agreed(self, what: str, values: Sequence[Value]) -> Value:
        if all(same(value, values[0]) for value in values):
            return values[0]
        place = next((value.location for value in values if value.location is not None), None)
        options = Either(tuple(values)) if all(value.known for value in values) else None
        return unknown(f"{what} differs between {self.what}", place, options)

    def layers(self) -> Value:
        """The layers, with the one that Chalice makes of the requirements."""
        automatic = self.of("automatic_layer", as_boolean)
        if automatic.unknown or automatic.value is True:
            return unknown("Chalice may make a layer of the requirements", automatic.location)
        return self.of("layers")

    def environment(self) -> Value:
        """The variables of all stages: Known if each stage sets the same names."""
        key = "environment_variables"
        place = None
        sets: list[dict[str, Value]] = []
        for own, stage, _, top in self._levels():
            members: dict[str, Value] = {}
            for level in (top, stage, own):
                given = level.get(key, ABSENT)
                members.update(mapping(given))
                place = place or given.location
            sets.append(members)
        names = {
            name: self._agreed(name, [members[name] for members in sets if name in members])
            for name in {name: None for members in sets for name in members}
        }
        if any(members.keys() != names.keys() for members in sets):
            return unknown(f"the variables differ between {self.what}", place, names)
        return known(names, place) if place is not None else ABSENT


def _override(level: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    return mapping(mapping(level.get(_OVERRIDES, ABSENT)).get(name, ABSENT))
