"""Calls that write to what may trigger functions, with the names that the code gives to what they write to.

Which operations write, and to what, is data (``writes.toml``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.arguments import Arguments
from lambdalint.source.strings import UNKNOWN, Patterns, Pieces, Strings, joined

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.sites import Site

DEPTH_LIMIT = 12
EXPANSION_LIMIT = 16
_INSIDE_LIMIT = 200  # Terms of one argument that entries are looked for in


class Write(NamedTuple):
    """One write of a region.

    ``names`` are the alternatives for the resource's name, URL or ARN, ``keys`` those for the object's key (S3).
    ``emits`` are the events of the service that it causes, () where the service knows no types; ``ends`` tells that
    repeating it comes to an end by itself. ``source`` and ``detail_type`` are those of an entry of a bus.
    """

    site: Site
    call: Call
    names: Patterns
    keys: Patterns
    emits: tuple[str, ...]
    ends: bool
    source: Patterns = UNKNOWN
    detail_type: Patterns = UNKNOWN

    @property
    def kind(self) -> str:
        """The kind of event source that it may set off."""
        return self.site.kind

    @property
    def label(self) -> str:
        """The operation as a person writes it: ``s3.put_object``, ``Table.put_item``."""
        operation = self.site.operation.replace("batch_writer().", "")
        service, _, method = operation.removeprefix("aws:").partition("#")
        return method or service


class Writes:
    """The writes of a region, each worked out when it is asked for."""

    def __init__(self, flow: Flow, region: Region) -> None:
        self.flow = flow
        rows = table("writes")
        self.operations: Mapping[str, Any] = rows["operations"]
        self.objects: Mapping[str, Any] = rows["objects"]
        self.results: Mapping[str, Any] = rows["results"]
        self.attributes: Mapping[str, Any] = rows["attributes"]
        self.strings = Strings(flow, region, lambda operation: operation in self.objects or operation in self.results)
        self._known: dict[Site, tuple[Write, ...]] = {}

    def at(self, site: Site) -> tuple[Write, ...]:
        """The write that a call is; one for each entry that it puts on a bus."""
        if site not in self._known:
            self._known[site] = tuple(self._find(site))
        return self._known[site]

    def _find(self, site: Site) -> Iterator[Write]:
        call = self.flow.call(site.node, site.reference.k)
        if call is None:
            return
        spec = self.operations[site.operation]
        write = Write(site, call, UNKNOWN, UNKNOWN, tuple(spec["emits"]), bool(spec.get("ends")))
        if "key" in spec:
            write = write._replace(keys=self._given(site.node, call, spec["key"], spec.get("key_position")))
        if spec.get("contents") == "entries":
            yield from self._entries(write, Arguments.given(call, "Entries", None))
            return
        if spec.get("of"):
            made = self.strings.term(site.node, call.func[1]) if call.func[0] == "attr" else UNKNOWN
            yield write._replace(
                names=self._expanded(made, "name"), keys=write.keys if "key" in spec else self._expanded(made, "key")
            )
            return
        if "contents" in spec:
            yield from self._tables(write, spec, Arguments.given(call, spec["resource"][0], None))
            return
        for name in spec["resource"]:
            if Arguments.given(call, name, spec.get("position")) is not None:
                yield write._replace(names=self._given(site.node, call, name, spec.get("position")))
                return

    def _given(self, node: Node, call: Call, name: str, position: int | None) -> Patterns:
        term = Arguments.given(call, name, position)
        return self._expanded(self.strings.term(node, term), "name") if term is not None else UNKNOWN

    # -- what the contents name

    def _tables(self, write: Write, spec: Mapping[str, Any], term: Term | None) -> Iterator[Write]:
        node = write.site.node
        for inner in _dicts(term) if term is not None else ():
            for key, value in inner[1]:
                if spec["contents"] == "keys" and key[0] != "const":
                    yield write._replace(names=self._expanded(self.strings.term(node, key), "name"))
                elif spec["contents"] == "keys" and key[1] not in ("PutRequest", "DeleteRequest", "Item", "Key"):
                    yield write._replace(names=frozenset({(key[1],)}))
                    return
                elif spec["contents"] == "tables" and key == ("const", "TableName"):
                    yield write._replace(names=self._expanded(self.strings.term(node, value), "name"))
            if spec["contents"] == "keys":
                return

    def _entries(self, write: Write, term: Term | None) -> Iterator[Write]:
        strings = self.strings
        found = strings.elements(write.site.node, term) if term is not None else []
        for node, element in found:
            bus = _entry(strings, node, element, "EventBusName", frozenset({("default",)}))
            yield write._replace(
                names=self._expanded(bus, "name"),
                source=_entry(strings, node, element, "Source", UNKNOWN),
                detail_type=_entry(strings, node, element, "DetailType", UNKNOWN),
            )
        if not found:
            yield write

    # -- objects that stand for names

    def _expanded(self, whole: Patterns, what: str, depth: int = 0) -> Patterns:
        """The alternatives with each object replaced by the name (or key) that it was made with."""
        found: set[Pieces] = set()
        for pieces in whole:
            alternatives: list[Pieces] = [()]
            for piece in pieces:
                if type(piece) is tuple and piece[0] == "made":
                    inner = self._object(piece[1], piece[2], what if len(pieces) == 1 else "name", depth)
                else:
                    inner = frozenset({(piece,)})
                alternatives = [joined(start + end) for start in alternatives for end in inner][:EXPANSION_LIMIT]
            found.update(alternatives)
        return frozenset(found)

    def _object(self, operation: str, given: tuple[tuple[str, Patterns], ...], what: str, depth: int) -> Patterns:
        if depth > DEPTH_LIMIT:
            return UNKNOWN
        arguments: dict[str, Patterns] = {}
        for name, value in given:
            if name != ".":
                arguments.setdefault(name, value)
        read = [next(iter(value))[0] for name, value in given if name == "."]
        if operation in self.results:
            spec = self.results[operation]
            named = arguments.get(spec["name"], UNKNOWN) if read == [spec["entry"]] else UNKNOWN
            return self._expanded(named, "name", depth + 1)
        spec = self.objects[operation]
        read = [part for part in read if part not in self.attributes["same"]]
        if read:
            asked = [part for part in ("name", "key") if read[-1] in self.attributes[part]]
            if len(read) > 1 or not asked:
                return UNKNOWN
            what = asked[0]
        if what == "key":
            if "key" not in spec:
                return UNKNOWN
            value = arguments.get(spec["key"], arguments.get(str(spec.get("key_position", "-")), UNKNOWN))
            return self._expanded(value, "name", depth + 1)
        if spec.get("inner"):
            return self._expanded(arguments.get("", UNKNOWN), "name", depth + 1)
        return self._expanded(arguments.get(spec["name"], arguments.get("0", UNKNOWN)), "name", depth + 1)


def _entry(strings: Strings, node: Node, term: Term, key: str, absent: Patterns) -> Patterns:
    """The entry ``key`` of a mapping, ``absent`` where it has none."""
    found = strings.displays(node, term)
    alternatives = (strings.entry(at, part, key) if _has(part, key) else absent for at, part in found)
    return frozenset().union(*alternatives) if found else UNKNOWN


def _has(term: Term, key: str) -> bool:
    """Whether a mapping may have an entry: one of another name, and none whose name is unknown, is none."""
    if term[0] == "dict":
        return any(name == ("const", key) or name[0] != "const" for name, _ in term[1])
    if term[0] == "op" and term[1] == "stored" and len(term[2]) == 3 and term[2][1][0] == "const":
        return term[2][1][1] == key or _has(term[2][0], key)
    return True


def _dicts(term: Term) -> Iterator[Term]:
    """The mappings written inside a Term, outermost first."""
    queue: list[Term] = [term]
    for position in range(_INSIDE_LIMIT):
        if position >= len(queue):
            return
        part = queue[position]
        if part[0] == "dict":
            yield part
            queue += [tuple(value) for _, value in part[1]]
        elif part[0] in ("list", "join"):
            queue += part[1]
        elif part[0] == "op":
            queue += [inner for inner in part[2] if type(inner) is tuple]
