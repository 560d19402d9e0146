"""The log group of a declared function, and for how long it keeps what is written to it.

A group counts that the template gives the function by name or reference, and one whose name is ``/aws/lambda/`` and the
function's own, of the templates that are deployed together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import ABSENT, State
from lambdalint.records import NamedTuple
from lambdalint.source.resources import pieces_of
from lambdalint.source.strings import OTHER, joined
from lambdalint.templates.serverless import logical_id
from lambdalint.templates.values import Reference, Text, at, known

if TYPE_CHECKING:
    from lambdalint.model import DeclaredFunction, Function, Location, Value
    from lambdalint.source.resources import Resources
    from lambdalint.source.strings import Piece, Pieces
    from lambdalint.templates.values import Resource

PREFIX = "/aws/lambda/"
# Types that are or make log groups, with their properties for name and retention.
_GROUPS = {
    "AWS::Logs::LogGroup": ("LogGroupName", "RetentionInDays"),
    "aws_cloudwatch_log_group": ("name", "retention_in_days"),
    "Custom::LogRetention": ("LogGroupName", "RetentionInDays"),
}
# Attributes by which a reference to a function gives its name.
_NAMES = frozenset({"", "function_name", "id", "lambda_function_name"})


class Kept(NamedTuple):
    """A log group that keeps its entries for ever: where that would be set, and whether the template declares it."""

    location: Location
    declared: bool


class LogGroups:
    """The log groups of a project."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.groups = [resource for resource in resources.declared.values() if resource.type in _GROUPS]
        self.names = {(item.scope, item.name): self._name(item) for item in self.groups}

    def _name(self, resource: Resource) -> list[Pieces]:
        value = at(resource.properties, _GROUPS[resource.type][0])
        return _pieces(value) if value.state is not State.ABSENT else []

    def kept(self, function: Function, declared: DeclaredFunction, *, certain: bool = True) -> Kept | None:
        """The group that keeps a function's log for ever; None where its time is set, or where nobody can tell.

        Args:
            certain: whether a group that may be the function's counts.
        """
        retention = declared.setting("log_retention")
        if declared.setting("logs_disabled") != ABSENT or not retention.unwritten:
            return None
        if declared.origin == "chalice":  # which makes no group
            return Kept(declared.location, declared=False)
        own = self._own(function, declared)
        if own is None and certain:
            return None
        if own:
            (group,) = own[:1]
            left = at(group.properties, _GROUPS[group.type][1])
            return Kept(group.location, declared=True) if left.unwritten else None
        made = declared.origin == "serverless" or declared.setting("log_group_exists").value is False
        return Kept(declared.location, declared=made)

    def _own(self, function: Function, declared: DeclaredFunction) -> list[Resource] | None:
        """The groups that a function writes to as far as templates declare them; None where nobody can tell."""
        together = self.resources.scope(function)
        named = declared.setting("log_group")
        if named.state is not State.ABSENT or not named.unwritten:
            return self._named(named, together)
        names = self._names(function, declared)
        found = []
        for group in self.groups:
            beside = self.resources.group(group.scope) == together
            if declared.origin == "serverless" and group.name == logical_id(declared.name) + "LogGroup" and beside:
                return [group]
            for pieces in self.names[group.scope, group.name]:
                if beside and pieces in names:
                    found.append(group)
                elif self._may_be(pieces, beside=beside):
                    return None
        return found

    def _named(self, value: Value, together: str) -> list[Resource] | None:
        """The group that a function is told to write to."""
        if isinstance(value.value, Reference):
            resource = self.resources.linker.resource_of(value)
            return [resource] if resource is not None and resource.type in _GROUPS else None
        (pieces,) = _pieces(value)[:1]
        found = [
            group
            for group in self.groups
            if self.resources.group(group.scope) == together and pieces in self.names[group.scope, group.name]
        ]
        return found if found and OTHER not in pieces else None

    def _names(self, function: Function, declared: DeclaredFunction) -> list[Pieces]:
        """The ways to write the name of a function's group."""
        key = self.resources.key_of_function(function)
        names: list[Pieces] = []
        if key is not None:
            names += [((("ref", Reference(key[1], key[2], attribute))),) for attribute in sorted(_NAMES)]
        given = declared.setting("function_name")
        if given.state is not State.ABSENT:
            names += [pieces for pieces in _pieces(given) if OTHER not in pieces]
        return [joined((PREFIX, *pieces)) for pieces in names]

    def _may_be(self, pieces: Pieces, *, beside: bool) -> bool:
        """Whether the name of a group may turn out at deployment to be that of a function's.

        Args:
            beside: whether the template is deployed together with that of the function.
        """
        first = pieces[0] if pieces else ""
        if type(first) is not str:
            return beside
        if not first.startswith(PREFIX) and (len(pieces) == 1 or not PREFIX.startswith(first)):
            return False
        return any(piece == OTHER or (type(piece) is tuple and self._is_open(piece)) for piece in pieces)

    def _is_open(self, piece: Piece) -> bool:
        """Whether a part of a name is a parameter or variable, which may hold the name of any function."""
        reference = piece[1]
        declared = (reference.scope, reference.name) in self.resources.declared
        return not declared and not reference.name.startswith("AWS::")


def _pieces(value: Value) -> list[Pieces]:
    """See `pieces_of`; of a text that is decided at deployment, what is literal is kept."""
    if value.unknown and isinstance(value.value, Text):
        parts = [known(part) if isinstance(part, (str, Reference)) else part for part in value.value.parts]
        alternatives = [pieces_of(part) for part in parts]
        return [joined(tuple(piece for each in alternatives for piece in (each[0] if len(each) == 1 else (OTHER,))))]
    return pieces_of(value)
