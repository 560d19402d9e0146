"""Fill in what botocore's service models say about the AWS rows of ``lambdalint/data/effects.toml``.

``python scripts/derive_effects.py`` writes ``token`` and ``autofill`` of each row and botocore's version;
``--check`` only says what would change (exit status 1); ``--candidates`` lists operations of the same
services that look like effects and are in no list. It needs botocore, a development dependency.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import botocore  # type: ignore[import-untyped]
import botocore.session  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.model import ListShape, OperationModel, Shape, StructureShape  # type: ignore[import-untyped]

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EFFECTS = pathlib.Path(__file__).resolve().parent.parent / "lambdalint" / "data" / "effects.toml"

ROW = re.compile(r'^"(?P<operation>aws:[^"]+)" = (?P<row>\{.*\})$', re.MULTILINE)
VERSION = re.compile(r'^botocore = ".*"$', re.MULTILINE)

# Members that services without the idempotencyToken trait use for the same purpose.
TOKEN_NAME = re.compile(
    r"^(client_?(request_?)?token|idempotency_?(token|key)|unique_?request_?token|message_?deduplication_?id"
    r"|caller_?reference|amzn_?client_?token)$",
    re.IGNORECASE,
)
EFFECT_VERB = re.compile(
    r"^(send|publish|submit|start|run|invoke|execute|initiate|purchase|post|put_(record|event)|batch_put)_?"
)


class Token(NamedTuple):
    """The request parameter that makes a repetition harmless; ``autofill``: botocore fills it with a random value."""

    path: str
    autofill: bool


def operation_model(session: botocore.session.Session, operation: str) -> OperationModel:
    """The model of ``aws:service.method``.

    Raises:
        LookupError: botocore has no such service or method.
    """
    service, _, method = operation.removeprefix("aws:").rpartition(".")
    if service not in session.get_available_services():
        raise LookupError(f"{operation}: no such service")
    model = session.get_service_model(service)
    for name in model.operation_names:
        if xform_name(name) == method:
            return model.operation_model(name)
    raise LookupError(f"{operation}: no such method")


def members(shape: Shape | None) -> Iterator[tuple[str, Shape]]:
    """The members of a request, then those one level below as ``structure/member`` and ``list/[]/member``."""
    own = dict(shape.members) if isinstance(shape, StructureShape) else {}
    yield from own.items()
    for name, member in own.items():
        path, below = (f"{name}/[]", member.member) if isinstance(member, ListShape) else (name, member)
        if isinstance(below, StructureShape):
            for inner, inner_member in below.members.items():
                yield f"{path}/{inner}", inner_member


def token_of(model: OperationModel) -> Token | None:
    """The token of an operation: the member with the trait, else the first that is called like one."""
    named = None
    for path, member in members(model.input_shape):
        if member.metadata.get("idempotencyToken"):
            return Token(path, autofill=True)
        if named is None and TOKEN_NAME.match(path.rpartition("/")[2]):
            named = Token(path, autofill=False)
    return named


def parameters_of(row: Mapping[str, Any]) -> set[str]:
    """The request parameters that a curated row names."""
    named = {row[key] for key in ("name", "conditional", "sql") if key in row}
    for key in ("only", "unless"):
        named |= set(row.get(key, {}))
    return named | set(row.get("as_message", ()))


def inline(value: Any) -> str:
    """A value of a row as TOML; tables inline."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return json.dumps(value)


def derived(session: botocore.session.Session, text: str) -> tuple[str, list[str]]:
    """The text of effects.toml with the derived keys filled in, and what is wrong with its rows."""
    problems: list[str] = []

    def fill(match: re.Match[str]) -> str:
        operation = match["operation"]
        row = {key: item for key, item in rows[operation].items() if key not in ("token", "autofill")}
        if "#" in operation or "as" in row:
            return match[0]
        try:
            model = operation_model(session, operation)
        except LookupError as error:
            problems.append(str(error))
            return match[0]
        known = {path for path, _ in members(model.input_shape)}
        problems.extend(f"{operation}: no parameter {name}" for name in sorted(parameters_of(row) - known))
        token = token_of(model)
        if token is not None:
            row["token"] = token.path
            if token.autofill:
                row["autofill"] = True
        return f'"{operation}" = {inline(row)}'

    rows = tomllib.loads(text)["aws"]
    text = ROW.sub(fill, text)
    return VERSION.sub(f'botocore = "{botocore.__version__}"', text), problems


def candidates(session: botocore.session.Session, table: Mapping[str, Any]) -> Iterator[str]:
    """Operations of the services in the table that look like effects and stand in neither list."""
    listed = set(table["aws"]) | set(table["natural"]["operations"])
    services = {operation.removeprefix("aws:").rpartition(".")[0] for operation in table["aws"] if "#" not in operation}
    for service in sorted(services):
        model = session.get_service_model(service)
        for name in model.operation_names:
            operation = f"aws:{service}.{xform_name(name)}"
            token = token_of(model.operation_model(name))
            if operation not in listed and (token or EFFECT_VERB.match(xform_name(name))):
                yield f"{operation}  {token.path if token else ''}".rstrip()


def main() -> int:
    """See the module's docstring."""
    session = botocore.session.get_session()
    text = EFFECTS.read_text(encoding="utf-8")
    if "--candidates" in sys.argv:
        print("\n".join(candidates(session, tomllib.loads(text))))
        return 0
    filled, problems = derived(session, text)
    for problem in problems:
        print(problem, file=sys.stderr)
    if "--check" not in sys.argv:
        EFFECTS.write_text(filled, encoding="utf-8")
    elif filled != text:
        print("effects.toml: derived keys are stale", file=sys.stderr)
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
