"""Which resource a name, URL or ARN stands for, whether a template or the code says it.

Two names are of one resource where their keys are equal. A key is ``("ref", scope, name, attribute)`` for what a
template declares or takes as a parameter, ``("name", group, kind, text)`` for a name that no template declares; a
group is the templates that are deployed together.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambdalint.data import table
from lambdalint.model import ABSENT, Function, State, Value
from lambdalint.patterns import regex
from lambdalint.source.recursion import OWN_VARIABLE
from lambdalint.source.strings import OTHER, Piece, Pieces, joined
from lambdalint.templates.events import Linker
from lambdalint.templates.values import Either, Reference, Resource, Text, first, known, text

Key = tuple[str, ...]

_NESTING = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
_CONSUMERS = {"AWS::Kinesis::StreamConsumer": "StreamARN", "aws_kinesis_stream_consumer": "stream_arn"}
_SPELLINGS = regex(r"_(?:stream_)?(?:arn|url|id|name)$|(?<=[a-z0-9])(?:StreamArn|Arn|Url|URL|Name)$")
_DEAD_LETTERS = "dead_letter_queue"
_OPTIONS_LIMIT = 8
_DEPTH_LIMIT = 4  # stacks whose outputs are those of stacks in them


class Resources:
    """The resources of a project by their names."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.linker = Linker({}, {}, resources)
        self.kinds: Mapping[str, Any] = table("writes")["names"]
        self.declared = {(resource.scope, resource.name): resource for resource in resources}
        self._groups: dict[str, str] = {}
        for resource in resources:
            nested = text(first(resource.properties, _NESTING[resource.type])) if resource.type in _NESTING else None
            if nested:
                path = posixpath.normpath(posixpath.join(posixpath.dirname(resource.location.path), nested))
                one, other = sorted((self.group(resource.scope), self.group(path)))
                if one != other:  # a template may be nested twice
                    self._groups[other] = one
        self._named: dict[tuple[str, str, Pieces], set[tuple[str, str]]] = {}
        self.named: set[tuple[str, str]] = set()  # scope and name of those whose name the template sets
        for kind, row in self.kinds.items():
            types = frozenset(row["types"])
            for resource in resources:
                if resource.type in types:
                    self._note(kind, row, resource)

    def _note(self, kind: str, row: Mapping[str, Any], resource: Resource) -> None:
        for name in row["properties"]:
            for pieces in self.pieces(resource.properties.get(name, ABSENT)):
                if pieces and OTHER not in pieces:
                    place = (self.group(resource.scope), kind, pieces)
                    self._named.setdefault(place, set()).add((resource.scope, resource.name))
                    self.named.add((resource.scope, resource.name))

    def group(self, scope: str) -> str:
        """The templates that are deployed together with that of ``scope``: the scope that stands for them."""
        while scope in self._groups:
            scope = self._groups[scope]
        return scope

    def kind_of(self, value: Value) -> str | None:
        """The kind of resource that a value names; None where it cannot be told."""
        resource = self.linker.resource_of(value)
        found = (kind for kind, row in self.kinds.items() if resource is not None and resource.type in row["types"])
        return next(found, None) or self.linker.kind_of(value)

    def scope(self, function: Function) -> str:
        """The scope that a function is declared in; "" where no template declares it."""
        declared = function.declared
        return self.group(declared.scope or declared.location.path) if declared is not None else ""

    def key_of_function(self, function: Function) -> Key | None:
        """The key of a function as a resource; None where no template declares it."""
        declared = function.declared
        return ("ref", declared.scope or declared.location.path, declared.name, "") if declared is not None else None

    def key(self, kind: str, pieces: Pieces, group: str) -> Key | None:
        """The key of a resource of ``kind``; None where the pieces do not tell."""
        pieces = self._name(kind, pieces)
        if not pieces or OTHER in pieces or any(type(piece) is tuple and piece[0] != "ref" for piece in pieces):
            return None
        if len(pieces) == 1 and type(pieces[0]) is tuple:
            return self._referred(kind, pieces[0][1], group)
        named = self._named.get((group, kind, pieces), set())
        if len(named) == 1:
            return ("ref", *next(iter(named)), "")
        if named:
            return None
        return ("name", group, kind, "".join(_shown(piece) for piece in pieces))

    def _referred(self, kind: str, reference: Reference, group: str) -> Key | None:
        scope, name, attribute = reference
        bare = name.partition("[")[0]
        resource = self.declared.get((scope, name))
        if resource is None and (scope, f"{name}[0]") in self.declared:
            name = f"{name}[0]"
            resource = self.declared[scope, name]
        if resource is None and name != bare and (scope, bare) in self.declared:
            name = bare
            resource = self.declared[scope, name]
        if resource is not None and resource.type in _CONSUMERS:
            stream = self.pieces(resource.properties.get(_CONSUMERS[resource.type], ABSENT))
            return self.key(kind, stream[0], group) if len(stream) == 1 else None
        types = self.kinds[kind]["types"]
        if resource is not None and resource.type in types:
            # terraform-aws-modules/sqs makes the queue for what fails as well
            return ("ref", scope, name, _DEAD_LETTERS if attribute.startswith(_DEAD_LETTERS) else "")
        if resource is None and any(part in types for part in bare.split(".")):
            if any(at == scope and other.partition("[")[0] == bare for at, other in self.declared):
                return None  # one of several instances, and nobody knows which
            return ("ref", scope, name, "")
        # one module of a registry puts out several names of one resource: queue_arn and queue_url, JobsArn and JobsUrl
        return ("ref", scope, name, _SPELLINGS.sub("", attribute))

    def _name(self, kind: str, pieces: Pieces) -> Pieces:
        """The pieces of the bare name: what an ARN or URL has before and behind it cut off."""
        if len(pieces) == 1 and type(pieces[0]) is tuple and pieces[0][0] == "tail":
            pieces = (pieces[0][1],)  # arn.split(":")[-1], url.split("/")[-1]
        if not pieces or type(pieces[0]) is not str:
            return pieces
        if pieces[0].startswith("arn:"):
            pieces = _behind(pieces, ":", 5)
            lead = self.kinds[kind]["arn"]
            if pieces and type(pieces[0]) is str and lead and pieces[0].startswith(lead):
                pieces = joined((pieces[0][len(lead) :], *pieces[1:]))
            ends = {"dynamodb": "/", "s3": "/", "lambda": ":"}.get(kind)
            return _before(pieces, ends) if ends else pieces
        if pieces[0].startswith(("https://", "http://")):
            return _behind(pieces, "/", 4)
        return pieces

    def pieces(self, value: Value) -> list[Pieces]:
        """The alternatives of a template's value, with what nested stacks put out in its place; see `pieces_of`."""
        return pieces_of(value, self.linker)

    def resolved(self, pieces: Pieces, function: Function) -> list[Pieces]:
        """The alternatives of `Pieces` of the code with the function's environment filled in."""
        found: list[Pieces] = [()]
        for piece in pieces:
            if type(piece) is tuple and piece[0] == "env":
                options = list(self._variable(function, piece[1], piece[2]))
            elif type(piece) is tuple and piece[0] == "tail" and piece[1][0] == "env":
                options = [_tail(whole, piece[2]) for whole in self._variable(function, *piece[1][1:])]
            else:
                options = [(piece,)]
            found = [joined(start + end) for start in found for end in options][:_OPTIONS_LIMIT]
        return found

    def _variable(self, function: Function, name: str, default: str | None) -> Iterator[Pieces]:
        environment = function.value("environment")
        if name == OWN_VARIABLE:
            yield (("context", ("function_name",)),)
        elif name in function.variables:
            yield from self.pieces(function.variables[name])
        elif environment.unknown or function.declared is None or default is None:
            yield (OTHER,)
        else:
            yield (default,) if default else ()

    def label(self, key: Key) -> str:
        """The name that a person knows a resource by."""
        if key[0] == "name":
            return key[3]
        return f"{key[2]}.{key[3]}" if key[3] else key[2]


def _behind(pieces: Pieces, separator: str, count: int) -> Pieces:
    """What comes behind the separator of that number."""
    for position, piece in enumerate(pieces):
        if type(piece) is not str:
            continue
        parts = piece.split(separator)
        if len(parts) > count:
            return joined((separator.join(parts[count:]), *pieces[position + 1 :]))
        count -= len(parts) - 1
    return (OTHER,)


def _before(pieces: Pieces, separator: str) -> Pieces:
    """What comes before the first separator."""
    for position, piece in enumerate(pieces):
        if type(piece) is str and separator in piece:
            return joined((*pieces[:position], piece.partition(separator)[0]))
    return pieces


def pieces_of(value: Value, linker: Linker | None = None, depth: int = _DEPTH_LIMIT) -> list[Pieces]:
    """The alternatives of a template's value as `Pieces`, whose References are ``("ref", reference)``.

    Args:
        linker: finds the outputs of nested stacks; without it References to them stay.
    """
    found = value.value
    if isinstance(found, Reference):  # also a parameter or variable without a value
        output = linker.output(found) if linker is not None and depth else ABSENT
        return [(("ref", found),)] if output.state is State.ABSENT else pieces_of(output, linker, depth - 1)
    if isinstance(found, Either):
        return [pieces for option in found.options[:_OPTIONS_LIMIT] for pieces in pieces_of(option, linker, depth)]
    if not value.known:
        return [(OTHER,)]
    if isinstance(found, Text):
        return [joined(tuple(_part(part, linker, depth) for part in found.parts))]
    return [(found,) if found else ()] if isinstance(found, str) else [(OTHER,)]


def _part(part: str | Reference | Value, linker: Linker | None, depth: int) -> Piece:
    if isinstance(part, str):
        return part
    inner = pieces_of(part if isinstance(part, Value) else known(part), linker, depth)
    return inner[0][0] if len(inner) == 1 and len(inner[0]) == 1 else OTHER


def _tail(pieces: Pieces, separator: str) -> Pieces:
    """What comes behind the last separator; a resource that is referred to is known by its name."""
    for position in reversed(range(len(pieces))):
        piece = pieces[position]
        if type(piece) is str and separator and separator in piece:
            return joined((piece.rpartition(separator)[2], *pieces[position + 1 :]))
    return pieces if len(pieces) == 1 and type(pieces[0]) is tuple else (OTHER,)


def _shown(piece: Piece) -> str:
    if type(piece) is str:
        return piece
    reference = piece[1]
    return f"${{{reference.name}.{reference.attribute}}}" if reference.attribute else f"${{{reference.name}}}"
