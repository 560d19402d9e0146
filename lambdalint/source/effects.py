"""Effects that repeat when an event is delivered again: which calls they are and whether their arguments prevent it.

Which operations repeat, and by which parameter they can be told that they ran before, is data (``effects.toml``).
`lambdalint.source.guards` judges what stands before an effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.model import Location, Severity, Step
from lambdalint.records import NamedTuple
from lambdalint.source.arguments import TIME, Arguments, subterms
from lambdalint.source.effect_sites import Site, Spec, index, sites
from lambdalint.source.guards import Guards
from lambdalint.source.keys import refuses

if TYPE_CHECKING:
    from lambdalint.source.flow import Route
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import FunctionView


_KEY = re.compile(
    r"^(?i:id|pk|sk|key|uuid|guid|(hash|range|sort|partition|primary)_?key)$|(_id|_uuid|_key)$|[a-z](Id|ID|Uuid|UUID|Key)$",
    re.ASCII,
)
_EXACT_KEY = re.compile(
    r"^(id|pk|sk|key|uuid|guid|(hash|range|sort|partition|primary)_?key)$", re.IGNORECASE | re.ASCII
)
# what an update expression adds: `x = x + :n`, `x = :n + x`, `list_append(x, :n)`, `ADD x :n`
_COUNTS = re.compile(
    r"(?:=\s*(?:if_not_exists\s*\([^)]*\)|[^\s,=+()]+)\s*[+-]\s*|=\s*(?=:\w+\s*\+\s*[\w#])|\blist_append\s*\([^,]*,\s*)"
    r"(:\w+|\{|\w+)",
    re.IGNORECASE,
)
_ADDS = re.compile(r"(?:\bADD\s+|,\s*)[^,\s=:]+\s+(:\w+|\{)", re.IGNORECASE)
_INSERT = re.compile(r"\binsert\s+into\b", re.IGNORECASE)
_UPSERT = re.compile(
    r"on\s+conflict|on\s+duplicate\s+key|not\s+exists|insert\s+(or\s+)?(ignore|replace)|replace\s+into|merge\s+into"
    r"|insert\s+into\s+[\"'`\w.#]*(tmp|temp|stag)|insert\s+into\s+#",
    re.IGNORECASE,
)
_INCREMENT = re.compile(
    r"\bset\b.*?([\w.\"`]+)\s*=\s*(?:coalesce\s*\(\s*)?\1\s*(?:,[^)]*\)\s*)?[+-]", re.IGNORECASE | re.DOTALL
)
_DELETE = re.compile(r"\b(delete\s+from|truncate)\b", re.IGNORECASE)
_MEASURES = re.compile(r"metric|telemetry|analytics|usage_?data|heartbeat", re.IGNORECASE)
_PEOPLE = re.compile(r"slack|teams|discord|pagerduty|opsgenie|telegram|chat_?webhook", re.IGNORECASE)


class Effect(NamedTuple):
    """An effect that happens again.

    ``kind`` is a class of ``effects.toml`` with its ``severity`` and ``why``; ``label`` names the operation
    (``sns.publish``); ``detail`` says what of its arguments fails to prevent it; ``chain`` leads to it.
    """

    kind: str
    severity: Severity
    why: str
    label: str
    detail: str
    place: Location
    function: str
    chain: tuple[Step, ...]


def effects(view: FunctionView) -> tuple[Effect, ...]:
    """The effects that an entry point reaches unguarded, the gravest first."""
    return _Search(view).run()


class _Verdict(NamedTuple):
    kind: str
    detail: str


class _Search:
    """The effects of one entry point."""

    def __init__(self, view: FunctionView) -> None:
        self.view = view
        self.flow = view.flow
        self.region = view.region
        self.guards = Guards(view)
        self.values = Arguments(view.flow, view.region)

    def run(self) -> tuple[Effect, ...]:
        known = index()
        found: list[Effect] = []
        for node in self.region.nodes:
            for site in sites(self.view, node):
                call = self.flow.call(node, site.reference.k)
                if call is None:
                    continue
                verdict = self.judge(node, call, site)
                if verdict is None:
                    continue
                route = self.guards.unguarded(node, call, record=verdict.kind == "fresh-record")
                if route is None or (verdict.kind == "post" and self._measures(node, route)):
                    continue
                class_ = known.classes[verdict.kind]
                place = self.view.place(node, call)
                severity = site.spec.get("severity", class_["severity"])
                found.append(
                    Effect(
                        verdict.kind,
                        Severity.WARNING if severity == "warning" else Severity.INFO,
                        class_["why"],
                        label(site.operation),
                        verdict.detail,
                        place,
                        node[1],
                        self.view.chain(route, node, place),
                    )
                )
        found.sort(key=lambda item: (-item.severity, known.rank[item.kind]))
        return tuple(found)

    @staticmethod
    def _measures(node: Node, route: Route) -> bool:
        """Whether the way goes through a definition that, by its name, only measures."""
        return any(_MEASURES.search(qualname) for _, qualname in (node, *(edge.callee for edge in route.edges)))

    # -- what the arguments say

    def judge(self, node: Node, call: Call, site: Site) -> _Verdict | None:
        """The class of an effect and why its arguments do not prevent it; None where they do or nobody can tell."""
        if site.family == "sql":
            return self._sql(node, self.values.given(call, site.spec.get("keyword"), site.spec["position"]), site.spec)
        if site.family == "http":
            return self._http(node, call, site.spec)
        spec = site.spec
        if not self._applies(node, call, spec):
            return None
        kind = spec.get("kind", "")
        if kind:
            return self._write(node, call, spec, kind)
        detail = ""
        for name in (spec.get("name"), spec.get("token"), spec.get("key")):
            if name is None:
                continue
            answer = self._token(node, call, name, spec.get("position") if name == spec.get("key") else None)
            if answer is None and self.view.grants("token"):
                return None
            if answer and (spec["repeats"] != "relay" or "new" in answer):  # few topics and queues take a token at all
                detail = detail or answer
        if self.view.grants("token") and self._deduplicated(node, call):
            return None
        class_ = spec["repeats"]
        if any(self.values.given(call, name) is not None for name in spec.get("as_message", ())):
            class_ = "message"
        return _Verdict(class_, detail)

    def _applies(self, node: Node, call: Call, spec: Spec) -> bool:
        for name, wanted in spec.get("only", {}).items():
            values = self.values.constants(node, self.values.given(call, name))
            if not values or not set(values) <= set(wanted):
                return False
        if spec.get("made") and not (call.args and self._is_made(node, call.args[0][1])):
            return False
        for name, refused in spec.get("unless", {}).items():
            term = self.values.given(call, name)
            if term is not None and (not (values := self.values.constants(node, term)) or set(values) & set(refused)):
                return False
        return True

    def _is_made(self, node: Node, term: Term) -> bool:
        """Whether a value is an object made here, or holds such."""
        if term[0] == "call":
            values = self.flow.callee(node, term[1])
            call = self.flow.call(node, term[1])
            return any(value[0] == "cls" for value in values) or (
                not any(value[0] in ("def", "bound") for value in values)
                and call is not None
                and call.tail[:1].isupper()
            )
        parts = term[1] if term[0] in ("join", "list") else term[2] if term[0] == "op" else ()
        return any(self._is_made(node, part) for part in parts)

    def _token(self, node: Node, call: Call, path: str, position: int | None = None) -> str | None:
        """Why a token, name or key does not prevent a repetition: absent, or new each time; None where it may."""
        head, *rest = path.split("/")
        term = self.values.given(call, head, position)
        if term is None:
            return None if self.values.unpacked(call) else f"no {path.rpartition('/')[2]} is given"
        for key in rest:
            term = self._below(node, term, key)
            if term is None:
                return f"no {path.rpartition('/')[2]} is given"
        fresh = self.values.fresh(node, term)
        return f"its {path.rpartition('/')[2]} is new each time ({fresh})" if fresh else None

    def _below(self, node: Node, term: Term, key: str) -> Term | None:
        """An entry of a literal mapping, or of the mappings in a literal list; the whole where that cannot be seen."""
        if term[0] == "dict":
            for name, value in term[1]:
                if name == ("const", key):
                    return tuple(value)
            return term if any(name[0] != "const" for name, _ in term[1]) else None
        if key == "[]":
            return tuple(term[1][0]) if term[0] == "list" and term[1] else term
        return term

    def _deduplicated(self, node: Node, call: Call) -> bool:
        """A FIFO queue or topic without a token takes the contents for one; told otherwise, it refuses the call."""
        if (
            self.values.given(call, "MessageGroupId") is None
            or self.values.given(call, "MessageDeduplicationId") is not None
        ):
            return False
        body = self.values.given(call, "MessageBody") or self.values.given(call, "Message")
        return body is not None and not self.values.fresh(node, body)

    # -- databases

    def _write(self, node: Node, call: Call, spec: Spec, kind: str) -> _Verdict | None:
        conditional = spec.get("conditional")
        if conditional and self.values.given(call, conditional) is not None and self.view.grants("condition"):
            return None
        token = spec.get("token")
        given = token is not None and self.values.given(call, token) is not None
        if given and self.view.grants("token") and self._token(node, call, str(token)) is None:
            return None
        if kind == "sql":
            return self._sql(node, self.values.given(call, spec["sql"]), spec)
        if kind == "dynamodb-put":
            return self._put(node, call, self.values.given(call, "Item"))
        if kind == "dynamodb-update":
            return self._update(node, call)
        if kind == "dynamodb-batch":
            return self._first(
                self._put(at, call, item)
                for at, item in self._items(node, self.values.given(call, "RequestItems"), "PutRequest")
            )
        if kind == "dynamodb-transact":
            return self._first(
                self._put(at, call, item)
                for at, item in self._items(node, self.values.given(call, "TransactItems"), "Put")
            )
        document = self.values.given(call, "document", spec.get("position"))
        if kind == "mongo-insert":
            return self._insert(node, document)
        if kind == "mongo-update" and document is not None:
            repeating = set(table("effects")["mongo"]["repeating"])
            operators = {
                key[1] for at, found in self.values.mappings(node, document) for key, _ in found[1] if key[0] == "const"
            }
            if operators & repeating:
                return _Verdict("counter", f"it updates with {min(operators & repeating)}")
        return None

    @staticmethod
    def _first(verdicts: Iterable[_Verdict | None]) -> _Verdict | None:
        return next((verdict for verdict in verdicts if verdict is not None), None)

    def _put(self, node: Node, call: Call, item: Term | None) -> _Verdict | None:
        """A put under a fresh key; one under a key of the event overwrites."""
        if item is None:
            return None
        for at, found in self.values.mappings(node, item):
            keys = self._fresh_key(at, found, self.view.table_keys(node, call))
            if keys is not None:
                return _Verdict("fresh-record", f"its key {keys[0]} is new each time ({keys[1]})")
        if not self.view.grants("overwrite"):
            return _Verdict("fresh-record", "")
        return None

    def _fresh_key(self, node: Node, item: Term, schema: tuple[str, ...]) -> tuple[str, str] | None:
        """(name, what makes it new) of a key attribute that is new each time."""
        pairs = [(key[1], tuple(value)) for key, value in item[1] if key[0] == "const" and type(key[1]) is str]
        if schema:
            for name, value in pairs:
                if name in schema and (fresh := self.values.fresh(node, value)):
                    return name, fresh
            return None
        keyish = [(name, value) for name, value in pairs if _KEY.search(name)]
        for place, (name, value) in enumerate(keyish):
            fresh = self.values.fresh(node, value)
            # Without the table's schema the first attribute that looks like a key is one, a later one by its name only.
            if fresh and (place == 0 or _EXACT_KEY.search(name)):
                return name, fresh
        if not keyish:
            for name, value in pairs:
                if (fresh := self.values.fresh(node, value)) and not fresh.startswith(TIME):
                    return name, fresh
        return None

    def _items(self, node: Node, term: Term | None, wrapper: str) -> Iterator[tuple[Node, Term]]:
        """The items of a batch or transaction, where they can be seen; those under a condition left out."""
        for inner in subterms(term) if term is not None else ():
            if inner[0] != "dict":
                continue
            for key, value in inner[1]:
                if key == ("const", wrapper) and value[0] == "dict":
                    entries = {name[1]: entry for name, entry in value[1] if name[0] == "const"}
                    if "Item" in entries and not ("ConditionExpression" in entries and self.view.grants("condition")):
                        yield node, tuple(entries["Item"])

    def _update(self, node: Node, call: Call) -> _Verdict | None:
        key = self.values.given(call, "Key")
        if key is not None and self.values.fresh(node, key):
            return None  # a counter for each period, or a record that was stored just before
        expression = self.values.given(call, "UpdateExpression")
        text = self.values.text(node, expression) if expression is not None else ""
        operands = {match[1]: True for match in _ADDS.finditer(text)}
        operands.update({match[1]: False for match in _COUNTS.finditer(text)})
        values = self.values.given(call, "ExpressionAttributeValues")
        given = {key[1]: tuple(value) for key, value in values[1]} if values is not None and values[0] == "dict" else {}
        counting = [given.get(name) for name, added in operands.items() if not (added and _is_set(given.get(name)))]
        # An amount that depends on what is stored may well be the difference that is still missing.
        if counting and not any(value is not None and self._looked_up(node, value) for value in counting):
            if "list_append" in text.lower():
                return _Verdict("fresh-record", "its expression appends to what is stored")
            return _Verdict("counter", "its expression adds to what is stored")
        if not self.view.grants("overwrite"):
            return _Verdict("counter", "")
        return None

    def _looked_up(self, node: Node, value: Term) -> bool:
        """Whether a value depends on what some service answered."""
        return any(root[0] == "result" for root in self.values.origins(node, value))

    def _insert(self, node: Node, document: Term | None) -> _Verdict | None:
        if document is None:
            return None
        for at, found in self.values.mappings(node, document):
            names = {key[1]: value for key, value in found[1] if key[0] == "const"}
            if len(names) < len(found[1]):
                continue
            if "_id" not in names:
                return _Verdict("fresh-record", "the document has no _id of its own")
            if fresh := self.values.fresh(at, tuple(names["_id"])):
                return _Verdict("fresh-record", f"its _id is new each time ({fresh})")
        return None

    def _sql(self, node: Node, statement: Term | None, spec: Spec) -> _Verdict | None:
        if statement is None:
            return None
        text = self.values.text(node, statement)
        if _INSERT.search(text) and not _UPSERT.search(text) and spec.get("dialect") != "cql":
            if self.view.grants("overwrite") and (self._deletes_first(node) or refuses(text, self._sources())):
                return None
            return _Verdict("fresh-record", "the INSERT has no conflict clause")
        if re.search(r"\bupdate\b", text, re.IGNORECASE) and _INCREMENT.search(text):
            return _Verdict("counter", "the UPDATE adds to what is stored")
        if not self.view.grants("overwrite") and _UPSERT.search(text):
            return _Verdict("fresh-record", "")
        return None

    def _sources(self) -> Iterator[str]:
        """The modules that the entry point runs."""
        for path in sorted({node[0] for node in self.view.region.nodes}):
            source = self.flow.program.source(path)
            if b"create table" in source.lower():
                yield source.decode("utf-8", "replace")

    def _deletes_first(self, node: Node) -> bool:
        """Whether the definition also deletes: it replaces what it stored before."""
        body = self.flow.body(node)
        return body is not None and any(
            _DELETE.search(self.values.text(node, value))
            for call in body.calls
            if call.tail.startswith("execute")
            for _, value in call.args[:1]
        )

    # -- HTTP

    def _http(self, node: Node, call: Call, spec: Spec) -> _Verdict | None:
        rules = table("effects")["http_rules"]
        at, request = node, call
        if "request" in spec and call.args and call.args[0][1][0] == "call":
            operations = {value[1] for value in self.flow.callee(node, call.args[0][1][1]) if value[0] == "ext"}
            if spec["request"] in operations:
                request = self.flow.call(node, call.args[0][1][1]) or call
                spec = table("effects")["http"][spec["request"]]
        method = spec.get("method")
        if method is None and "method_position" in spec:
            term = self.values.given(request, spec["method_keyword"], spec["method_position"])
            if term is not None:
                values = self.values.constants(at, term)
                if len(values) != 1 or type(values[0]) is not str:
                    return None
                method = values[0].upper()
        if method is None and "body_position" in spec:
            body = self.values.given(request, spec["body_keyword"], spec["body_position"])
            method = "POST" if body is not None and body != ("const", None) else "GET"
        if method not in rules["repeating_methods"]:
            return None
        url = self.values.given(request, spec.get("url_keyword", "url"), spec["url"])
        if url is None and request is call and "request" in spec:
            return None
        text = self.values.text(at, url).lower() if url is not None else ""
        if any(part in text for part in rules["harmless"]):
            return None
        headers = self.values.given(request, "headers")
        if headers is not None and self.view.grants("token"):
            for where, found in self.values.mappings(at, headers):
                for key, value in found[1]:
                    if (
                        key[0] == "const"
                        and str(key[1]).lower() in rules["token_headers"]
                        and not self.values.fresh(where, tuple(value))
                    ):
                        return None
        class_ = next((kind for host, kind in table("effects")["http_hosts"].items() if host in text), None)
        if class_ is None:
            class_ = (
                "message"
                if url is not None and any(_PEOPLE.search(name) for name in self.values.spelt(at, url))
                else "post"
            )
        return _Verdict(class_, f"a {method} is sent again as it is")


def _is_set(value: Term | None) -> bool:
    """Whether a value is a set: adding it again changes nothing."""
    if value is None:
        return False
    if value[0] == "dict":
        return bool({key[1] for key, _ in value[1] if key[0] == "const"} & {"SS", "NS", "BS"})
    return value[:2] == ("op", "set")


def label(operation: str) -> str:
    """An operation as a person writes it: ``sns.publish``, ``slack_sdk.WebClient.chat_postMessage``."""
    name = (
        operation.removeprefix("aws:")
        .removeprefix("dbapi.connection()")
        .replace("()", "")
        .replace("[]", "")
        .lstrip(".")
    )
    return name.partition("#")[2] or name
