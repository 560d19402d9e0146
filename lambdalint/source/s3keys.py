"""Keys of S3 notifications, which arrive URL-encoded, and the calls that look for an object by them as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.events import event_paths, text_of
from lambdalint.source.lower import UNKNOWN
from lambdalint.source.trace import Tracer

if TYPE_CHECKING:
    from lambdalint.model import Location, Step
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView

PATH = ("Records", "[]", "s3", "object", "key")
PLAIN = ("detail", "object", "key")  # EventBridge encodes nothing


class EncodedKey(NamedTuple):
    """A call that is handed a key as it came: what it calls, where, and the way from the entry point."""

    operation: str
    location: Location
    node: Node
    chain: tuple[Step, ...]


def encoded_keys(view: FunctionView) -> Iterator[EncodedKey]:
    """The calls that look for an object by the key of a notification, unchanged."""
    if not view.spells(b"'object'") and not view.spells(b'"object"'):
        return
    written = _named_services()
    if view.grants("service") and any(written.search(text_of(view.flow, node)) for node in view.region.nodes):
        return
    operations = table("s3keys")["operations"]
    if not view.grants("written"):
        operations = {**operations, **table("s3keys")["written"]}
    tails = {operation.rpartition(".")[2].rpartition("#")[2] for operation in operations}
    names = view.flow.names
    for node in view.region.nodes:
        for reference in names.calls(node):
            if reference.tail not in tails:
                continue
            known = {value[1] for value in names.resolve(*node, reference.callee) if value[0] == "ext"}
            operation = min(known & operations.keys(), default="")
            call = view.flow.call(node, reference.k) if operation else None
            key = _key(call, **operations[operation]) if call is not None else None
            if call is None or key is None or not _is_encoded(view, node, key):
                continue
            for route in view.flow.verdict(view.region, node, call.context, ()).routes[:1]:
                place = view.place(node, call)
                name = operation.rpartition(".")[2].rpartition("#")[2]
                yield EncodedKey(name, place, node, view.chain(route, node, place))


def _named_services() -> re.Pattern[bytes]:
    return re.compile("|".join(table("s3keys")["services"]["words"]).encode(), re.IGNORECASE)


def _key(call: Call, parameter: str, position: int) -> Term | None:
    given = next((value for name, value in call.args if name in (parameter, position)), None)
    if given is None or parameter != "CopySource":
        return given
    found = [value for name, value in given[1] if name == ("const", "Key")] if given[0] == "dict" else []
    return tuple(found[0]) if found else UNKNOWN


def _is_encoded(view: FunctionView, node: Node, key: Term) -> bool:
    """Whether a value is the key of a notification, or a part of it, with nothing done to it."""
    leaves = Tracer(view.flow, view.region).trace(node, key)
    if leaves != {("event", (PATH[-1],))} and view.grants("decoded"):
        return False
    found = event_paths(view.flow, view.region, node, key)
    return found == {PATH} or (found == {PLAIN} and not view.grants("elsewhere"))
