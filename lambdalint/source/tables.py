"""Which DynamoDB table a call writes to, and that table's key attributes where a template declares it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lambdalint.model import ABSENT, Function, Value
from lambdalint.records import NamedTuple
from lambdalint.templates.values import Resource, first, mapping, pick, references, text

if TYPE_CHECKING:
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Call
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import Expr

DEPTH_LIMIT = 12
_TYPES = frozenset(
    {"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable", "aws_dynamodb_table"}
)
_ENVIRONMENT = frozenset({"os.environ.get", "os.getenv", "os.environ.__getitem__"})


class Written(NamedTuple):
    """A table as the code names it: by a constant (``kind`` "const") or by an environment variable ("env")."""

    kind: str
    name: str


def table_keys(
    flow: Flow, functions: Iterable[Function], resources: Sequence[Resource], node: Node, call: Call
) -> tuple[str, ...]:
    """The key attributes of the table that a call writes to; () where no template tells."""
    tables = [resource for resource in resources if resource.type in _TYPES]
    written = _written(flow, node, call) if tables else None
    if written is None:
        return ()
    if written.kind == "const":
        return _keys(_by_name(tables, written.name))
    for function in functions:
        environment = function.value("environment").value
        value = environment.get(written.name, ABSENT) if isinstance(environment, dict) else ABSENT
        keys = _keys(_of_value(tables, value))
        if keys:
            return keys
    return ()


def _by_name(tables: Iterable[Resource], name: str) -> Resource | None:
    return next(
        (
            table
            for table in tables
            if text(first(table.properties, "TableName")) == name or text(first(table.properties, "name")) == name
        ),
        None,
    )


def _of_value(tables: Sequence[Resource], value: Value) -> Resource | None:
    named = {(table.scope, table.name): table for table in tables}
    for reference in references(value):
        bare = reference.name.partition("[")[0]
        for name in (reference.name, bare, f"{bare}[0]"):
            if (reference.scope, name) in named:
                return named[(reference.scope, name)]
    written = text(value)
    return _by_name(tables, written) if written else None


def _keys(table: Resource | None) -> tuple[str, ...]:
    if table is None:
        return ()
    if table.type == "AWS::Serverless::SimpleTable":
        return (text(first(table.properties, "PrimaryKey.Name")) or "id",)
    found = [text(mapping(entry).get("AttributeName", ABSENT)) for entry in pick(table.properties, "KeySchema[]")]
    found += [text(first(table.properties, name)) for name in ("hash_key", "range_key")]
    return tuple(name for name in found if name)


# -- what the code writes


def _written(flow: Flow, node: Node, call: Call) -> Written | None:
    reference = flow.reference(node, call.k)
    if reference is None:
        return None
    for word, value in reference.keywords:
        if word == "TableName":
            return _follow(flow, node[0], node[1], value, 0)
    callee = reference.callee
    return _follow(flow, node[0], node[1], callee[1], 0) if callee is not None and callee[0] == "a" else None


def _follow(flow: Flow, path: str, scope: str, expr: Expr, depth: int) -> Written | None:
    """The name behind an expression for a table, or behind one for its name."""
    if expr is None or depth > DEPTH_LIMIT:
        return None
    kind = expr[0]
    if kind == "k":
        return Written("const", expr[1]) if type(expr[1]) is str else None
    if kind == "i" and expr[2] is not None and expr[2][0] == "k" and type(expr[2][1]) is str:
        if ("ext", "os.environ") in flow.names.resolve(path, scope, expr[1]):
            return Written("env", expr[2][1])
        return None
    if kind == "c":
        return _called(flow, path, scope, expr, depth)
    if kind == "w":
        return _follow(flow, path, scope, expr[1], depth + 1)
    if kind == "o":
        return next((found for part in expr[1] if (found := _follow(flow, path, scope, part, depth + 1))), None)
    for at, where, bound in _bindings(flow, path, scope, expr):
        if bound != expr and (found := _follow(flow, at, where, bound, depth + 1)):
            return found
    return None


def _called(flow: Flow, path: str, scope: str, expr: Expr, depth: int) -> Written | None:
    callee, args, keywords = expr[1], expr[2], expr[3]
    if callee is not None and callee[0] == "a" and callee[2] == "batch_writer":
        return _follow(flow, path, scope, callee[1], depth + 1)
    for value in flow.names.resolve(path, scope, callee):
        given = args[0] if args else dict(keywords).get("name")
        if value[0] == "ext" and value[1] in _ENVIRONMENT:
            return Written("env", given[1]) if given is not None and given[0] == "k" and type(given[1]) is str else None
        if value[0] == "ext" and value[1].endswith("#Table"):
            return _follow(flow, path, scope, given, depth + 1)
        if value[0] in ("def", "bound"):
            definition = flow.names.definition((value[1], value[2]))
            for returned in definition.returns if definition is not None else ():
                if found := _follow(flow, value[1], value[2], returned, depth + 1):
                    return found
    return None


def _bindings(flow: Flow, path: str, scope: str, expr: Expr) -> Iterable[tuple[str, str, Expr]]:
    """What is bound to a name or attribute, with the path and scope that it is to be read in."""
    names = flow.names
    if expr[0] == "n":
        definition = names.definition((path, scope)) if scope else None
        while definition is not None:
            if expr[1] in definition.bindings and expr[1] not in definition.outer_names:
                for bound in definition.bindings[expr[1]]:
                    yield path, definition.qualname, bound
                return
            definition = names.definition((path, definition.parent)) if definition.parent else None
    if expr[0] == "a":
        for value in names.resolve(path, scope, expr[1]):
            if value[0] in ("inst", "self", "cls"):
                for owner in names.ancestors((value[1], value[2])):
                    class_ = names.class_of(owner)
                    for bound in class_.attributes.get(expr[2], ()) if class_ is not None else ():
                        yield owner[0], "", bound
                    for where, bound in class_.instance.get(expr[2], ()) if class_ is not None else ():
                        yield owner[0], where, bound
    made = names.identity(path, scope, expr)
    skeleton = flow.program.skeleton(made[0]) if made is not None else None
    if made is not None and skeleton is not None:
        for where, bound in skeleton.bindings.get(made[1], ()):
            yield made[0], where, bound
