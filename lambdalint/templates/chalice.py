"""Chalice projects: ``.chalice/config.json`` says how the functions of ``app.py`` are deployed.

Which further functions and which events there are, the decorators in ``app.py`` say; a template reader
does not parse Python.

Source: Chalice documentation, "Configuration File" (stage values override those at the top).
"""

from __future__ import annotations

from collections.abc import Mapping

from lambdalint.model import ABSENT, DeclaredFunction, Location, State, Value
from lambdalint.templates.documents import MAP, SCALAR, Node
from lambdalint.templates.intrinsics import Stack
from lambdalint.templates.values import Found, as_boolean, as_integer, as_string, directory_of, known, mapping, unknown


def read_chalice(path: str, root: Node, found: Found) -> None:
    """Adds the function of a Chalice configuration to ``found``."""
    project = directory_of(directory_of(path))
    if root.kind != MAP:
        found.problem(path, "line 1: not a mapping")
        return
    reader = Stack(path, root, found)
    name = root.get("app_name")
    place = reader.location(name) if name is not None else Location(path, 1)
    stages = mapping(reader.evaluate(root.get("stages")))
    found_settings = {
        "role": as_string(_staged(reader, root, stages, "iam_role_arn"), "iam_role_arn"),
        "tracing": _tracing(_staged(reader, root, stages, "xray")),
        "log_retention": as_integer(_staged(reader, root, stages, "log_retention_in_days"), "log_retention_in_days"),
        "reserved_concurrency": _staged(reader, root, stages, "reserved_concurrency"),
    }
    found.functions.append(
        DeclaredFunction(
            name=name.value if name is not None and name.kind == SCALAR else "app",
            origin="chalice",
            location=place,
            handler=known("app.app", place, "Chalice deploys the object app of app.py"),
            code_root=known(project, place, "the project of .chalice"),
            runtime=unknown("Chalice takes the version of the Python that deploys", place),
            architecture=ABSENT,
            memory=as_integer(_staged(reader, root, stages, "lambda_memory_size"), "lambda_memory_size"),
            timeout=as_integer(_staged(reader, root, stages, "lambda_timeout"), "lambda_timeout"),
            layers=_staged(reader, root, stages, "layers"),
            environment=_environment(reader, root, stages),
            events=unknown("the decorators in app.py say the events", place, ()),
            settings={name: value for name, value in found_settings.items() if value.state is not State.ABSENT},
        )
    )


def _tracing(value: Value) -> Value:
    """The mode of tracing as Lambda calls it."""
    switched = as_boolean(value, "xray")
    return value._replace(value="Active" if switched.value else "PassThrough") if switched.known else switched


def _staged(reader: Stack, root: Node, stages: Mapping[str, Value], name: str) -> Value:
    """A value at the top of the configuration, unless stages differ from it."""
    top = reader.evaluate(root.get(name))
    values = [mapping(stage).get(name, top) for stage in stages.values()]
    if not values:
        return top
    if any(value.value != values[0].value or value.state is not values[0].state for value in values):
        return unknown(f"{name} differs between stages", values[0].location or values[-1].location)
    return values[0]


def _environment(reader: Stack, root: Node, stages: Mapping[str, Value]) -> Value:
    """The variables of all stages: Known if each stage sets the same names."""
    top = reader.evaluate(root.get("environment_variables"))
    if not stages:
        return top
    sets = [
        {**mapping(top), **mapping(mapping(stage).get("environment_variables", ABSENT))} for stage in stages.values()
    ]
    names = {name: value for members in sets for name, value in members.items()}
    place = top.location or next(iter(stages.values())).location
    if any(members.keys() != names.keys() for members in sets):
        return unknown("the variables differ between stages", place, names)
    if not names and top.state is State.ABSENT:
        return ABSENT
    return known(names, place)
