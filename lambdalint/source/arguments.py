"""What is said by the arguments of a call: constants, texts, mappings, and what is new on each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.source.flow import passed

if TYPE_CHECKING:
    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow, Roots
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node

FRAGMENTS_LIMIT = 40  # of one text
TEXT_STEPS = 400
DEPTH_LIMIT = 8
FRESH_DEPTH = 24
TIME = ("time.", "datetime.", "arrow.", "pendulum.", "django.")


# Operators of what holds all of its operands.
_OF_PARTS = ("or", "comprehension", "set", "generator", "stored")


class Arguments:
    """Values of one region, with its parameters followed to what callers pass."""

    def __init__(self, flow: Flow, region: Region) -> None:
        self.flow = flow
        self.region = region
        self._fresh: dict[tuple[Node, Term], str] = {}
        self._steps = 0

    @staticmethod
    def given(call: Call, name: str | None, position: int | None = None) -> Term | None:
        """The Term passed as keyword ``name`` (also inside a literal ``**{…}``) or at ``position``."""
        for given, value in call.args:
            if given == name or (position is not None and given == position):
                return value
        for given, value in call.args:
            if given == "**" and value[0] == "dict":
                for key, inner in value[1]:
                    if key == ("const", name):
                        return tuple(inner)
        return None

    @staticmethod
    def unpacked(call: Call) -> bool:
        """Whether arguments that cannot be seen are passed."""
        return any(
            name == "**" and not (value[0] == "dict" and all(key[0] == "const" for key, _ in value[1]))
            for name, value in call.args
        )

    def origins(self, node: Node, term: Term) -> Roots:
        """What decides a value, see `Flow.origins`."""
        return self.flow.origins(self.region, node, term)

    def fresh(self, node: Node, term: Term, depth: int = 0) -> str:
        """What surely makes a value new on each run (``uuid.uuid4``); "" where one of its alternatives is not."""
        key = (node, term)
        if key not in self._fresh:
            if depth > FRESH_DEPTH:
                return ""
            self._fresh[key] = ""  # of a cycle
            self._fresh[key] = self._find_fresh(node, term, depth)
        return self._fresh[key]

    def _find_fresh(self, node: Node, term: Term, depth: int) -> str:
        kind = term[0]
        if kind == "call":
            return self._fresh_result(node, term[1], depth)
        if kind in ("attr", "item") and not self._is_object(node, term[1]):
            return self.fresh(node, term[1], depth + 1)
        if kind == "attr":
            return self._fresh_attribute(node, term, depth)
        if kind == "join" or (kind == "op" and term[1] in ("or", "join")):
            found = [self.fresh(node, part, depth + 1) for part in (term[1] if kind == "join" else term[2])]
            return found[0] if all(found) else ""
        if kind in ("op", "list"):
            parts = term[2] if kind == "op" else term[1]
            return self._strongest(self.fresh(node, part, depth + 1) for part in parts)
        if kind == "dict":
            return self._strongest(self.fresh(node, value, depth + 1) for _, value in term[1])
        if kind == "param":
            return self._strongest(self.fresh(at, given, depth + 1) for at, given in self._passed(node, term))
        return ""

    @staticmethod
    def _strongest(found: Iterable[str]) -> str:
        """A random value says more than a time."""
        return min((item for item in found if item), key=lambda item: item.startswith(TIME), default="")

    def _fresh_result(self, node: Node, k: int, depth: int) -> str:
        call = self.flow.call(node, k)
        if call is None:
            return ""
        values = self.flow.callee(node, k)
        returned: list[str] = []
        for value in values:
            if value[0] == "ext" and value[1] in self.flow.random:
                return str(value[1])
            if value[0] in ("def", "bound"):
                target = (value[1], value[2])
                body = self.flow.body(target)
                ends = [end.value for end in body.exits if end.kind == "return"] if body is not None else []
                returned += [self.fresh(target, end, depth + 1) for end in ends] or [""]
        if returned:
            return returned[0] if all(returned) else ""
        if any(value[0] != "ext" or value[1].startswith("aws:") for value in values):
            return ""
        receiver = [call.func[1]] if call.func[0] == "attr" else []
        if call.tail in ("get", "pop", "getattr", "setdefault"):  # what else is given is only the default
            return self.fresh(node, receiver[0], depth + 1) if receiver else ""
        return self._strongest(
            self.fresh(node, part, depth + 1) for part in (*receiver, *(value for _, value in call.args))
        )

    def _is_object(self, node: Node, base: Term) -> bool:
        """Whether a value is an instance of a class of the project, whose attributes are asked for one by one."""
        return base[0] == "param" or (
            base[0] == "call" and any(value[0] == "cls" for value in self.flow.callee(node, base[1]))
        )

    def _fresh_attribute(self, node: Node, term: Term, depth: int) -> str:
        """``self.id``, where every store to it is fresh."""
        definition = self.flow.names.definition((node[0], str(term[1][1]))) if term[1][0] == "param" else None
        if definition is None or not definition.owner or term[1][2] != 0:
            return ""
        found = []
        for owner in self.flow.names.ancestors((node[0], definition.owner)):
            class_ = self.flow.names.class_of(owner)
            for where in sorted({where for where, _ in class_.instance.get(term[2], ())} if class_ is not None else ()):
                body = self.flow.body((owner[0], where))
                stores = body.stores if body is not None else ()
                found += [
                    self.fresh((owner[0], where), store.value, depth + 1)
                    for store in stores
                    if store.target == ("attr", ("param", where, 0), term[2])
                ]
        return found[0] if found and all(found) else ""

    def spelt(self, node: Node, term: Term) -> Iterator[str]:
        """The names in a value: of variables, attributes, keys and environment variables."""
        for inner in subterms(term):
            if inner[0] in ("name", "const") and len(inner) == 2:
                yield str(inner[1])
            elif inner[0] == "attr":
                yield str(inner[2])
        for root in self.origins(node, term):
            if root[0] in ("env", "event"):
                yield str(root[-1])

    def constants(self, node: Node, term: Term | None) -> tuple[Any, ...]:
        """The constants that a value may be, () where any of it is not constant."""
        return () if term is None else self.flow.constants(self.region, node, term)

    def text(self, node: Node, term: Term) -> str:
        """The constant parts of a text, in order, with ``{}`` for what is not constant."""
        constants = [value for value in self.constants(node, term) if type(value) is str]
        if constants:
            return " | ".join(constants)
        self._steps = 0
        return self._fragments(node, term, 0)

    def _fragments(self, node: Node, term: Term, depth: int) -> str:
        self._steps += 1
        if depth > DEPTH_LIMIT or self._steps > TEXT_STEPS:
            return "{}"
        kind = term[0]
        if kind == "const":
            return str(term[1])
        if kind == "op" and term[1] in ("format", "Add", "+=", "Modulo"):
            parts = term[2][:1] if term[1] == "Modulo" else term[2]
            return "".join(self._fragments(node, part, depth + 1) for part in parts[:FRAGMENTS_LIMIT])
        if kind in ("join", "list") or (kind == "op" and term[1] in _OF_PARTS):
            parts = term[1] if kind in ("join", "list") else term[2]
            return " | ".join(self._fragments(node, part, depth + 1) for part in parts[:FRAGMENTS_LIMIT])
        if kind == "call":
            return self._made(node, term[1], depth)
        if kind == "param":
            return " | ".join(
                dict.fromkeys(self._fragments(at, given, depth + 1) for at, given in self._passed(node, term))
            )
        values = [value for value in self.constants(node, term) if type(value) is str]
        return " | ".join(values) if values else "{}"

    def _made(self, node: Node, k: int, depth: int) -> str:
        """The text that a call makes: wrapped, formatted, joined, or built by a function of the project."""
        call = self.flow.call(node, k)
        if call is None:
            return "{}"
        rules = table("effects")["sql_text"]
        for value in self.flow.callee(node, k):
            if (
                value[0] == "ext"
                and (value[1] in rules["wrappers"] or value[1].rpartition(".")[2] == "dedent")
                and call.args
            ):
                return self._fragments(node, call.args[0][1], depth + 1)
            if value[0] == "ext" and any(value[1].startswith(name) for name in rules["upserts"]):
                return "on conflict"
            if value[0] == "ext" and any(value[1].startswith(f"{name}()") for name in rules["inserts"]):
                return "insert into"
            if value[0] in ("def", "bound"):
                body = self.flow.body((value[1], value[2]))
                ends = [end.value for end in body.exits if end.kind == "return"] if body is not None else []
                return " | ".join(self._fragments((value[1], value[2]), end, depth + 1) for end in ends[:4]) or "{}"
        if call.func[0] == "attr" and call.tail in ("format", "strip", "replace", "join", "lower", "upper"):
            inner = [call.func[1], *(value for _, value in call.args)] if call.tail == "join" else [call.func[1]]
            return " ".join(self._fragments(node, part, depth + 1) for part in inner)
        return "{}"

    def _passed(self, node: Node, term: Term) -> Iterator[tuple[Node, Term]]:
        """What callers pass for a parameter."""
        target = (node[0], term[1])
        definition = self.flow.names.definition(target)
        for edge in self.region.incoming.get(target, ()):
            call = self.flow.called(edge)
            if call is None or definition is None or edge.kind not in ("call", "construct"):
                continue
            given = passed(call, definition, term[2], edge.offset)
            if given is not None:
                yield edge.caller, given

    def mappings(self, node: Node, term: Term, depth: int = 0) -> Iterator[tuple[Node, Term]]:
        """The literal mappings that a value may be, each with the definition that its parts belong to."""
        if depth > DEPTH_LIMIT:
            return
        kind = term[0]
        if kind == "dict":
            yield node, term
        elif kind == "join":
            for part in term[1]:
                yield from self.mappings(node, part, depth + 1)
        elif kind == "op" and term[1] in ("stored", "or", "+="):
            yield from self.mappings(node, term[2][0], depth + 1)
        elif kind == "param":
            for at, given in self._passed(node, term):
                yield from self.mappings(at, given, depth + 1)
        elif kind == "elem":
            for inner in subterms(term[1]):
                if inner[0] == "dict" and term[1][0] in ("list", "op"):
                    yield node, inner
        elif kind == "call":
            call = self.flow.call(node, term[1])
            for value in self.flow.callee(node, term[1]) if call is not None else ():
                if value[0] == "ext" and value[1] == "dict" and call is not None:
                    yield (
                        node,
                        ("dict", tuple((("const", name), given) for name, given in call.args if type(name) is str)),
                    )
                elif (
                    value[0] == "ext"
                    and value[1] in ("json.loads", "json.dumps", "copy.copy", "copy.deepcopy")
                    and call is not None
                ):
                    if call.args:
                        yield from self.mappings(node, call.args[0][1], depth + 1)
                elif value[0] in ("def", "bound"):
                    target = (value[1], value[2])
                    body = self.flow.body(target)
                    for end in body.exits if body is not None else ():
                        if end.kind == "return":
                            yield from self.mappings(target, end.value, depth + 1)


def subterms(term: Term) -> Iterator[Term]:
    """A term and all terms inside it."""
    stack: list[Any] = [term]
    while stack:
        at = stack.pop()
        if type(at) is not tuple:
            continue
        if at and type(at[0]) is str:
            yield at
        stack.extend(reversed(at))
