"""The handler of a container image, from its Dockerfile.

Source: Dockerfile reference (the last CMD counts; in its JSON form the first element is the handler for AWS
base images), Lambda developer guide, "Create a Lambda function using a container image".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdalint.model import Location, Value
from lambdalint.templates.documents import Malformed, decoded
from lambdalint.templates.values import known, unknown
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.tree import Tree

DOCKERFILE_LIMIT = 256_000
_COMMAND = re.compile(r"^[ \t]*CMD[ \t]+(.*)$", re.MULTILINE | re.IGNORECASE)
_FIRST = re.compile(r'\[\s*"([^"\\]+)"')
_HANDLER = re.compile(r"[A-Za-z0-9_./-]+\.[A-Za-z_][A-Za-z0-9_]*$")


def handler_of(tree: Tree, path: str) -> Value:
    """The handler that a Dockerfile's CMD names, at its line there; Unknown with the reason otherwise."""
    try:
        written = decoded(tree.read(path, DOCKERFILE_LIMIT))
    except (Malformed, Unreadable) as error:
        return unknown(f"the image says the handler, and {path} cannot be read: {error}")
    found = None
    for found in _COMMAND.finditer(written):  # noqa: B007  # the last one counts
        pass
    if found is None:
        return unknown(f"{path} has no CMD", Location(path, 1))
    line = written.count("\n", 0, found.start(1)) + 1
    column = found.start(1) - written.rfind("\n", 0, found.start(1))
    match = _FIRST.match(found[1])
    if match is None or not _HANDLER.match(match[1]):
        return unknown(f"CMD of {path} names no handler", Location(path, line, column))
    column += match.start(1)
    return known(match[1], Location(path, line, column, line, column + len(match[1])), "CMD of the Dockerfile")
