"""Effects that repeat when an event is delivered again: which calls they are and whether their arguments prevent it.

Which operations repeat, and by which parameter they can be told that they ran before, is data (``effects.toml``).
`lambdalint.source.guards` judges what stands before an effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdalint.data import table
from lambdalint.model import Location, Severity, Step
from lambdalint.source.flow import passed
from lambdalint.source.guards import Guards

if TYPE_CHECKING:
    from lambdalint.source.flow import Roots, Route
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node
    from lambdalint.source.skeleton import CallRef
    from lambdalint.source.views import FunctionView

Spec = Mapping[str, Any]

FRAGMENTS_LIMIT = 40
DEPTH_LIMIT = 8
FRESH_DEPTH = 24

_TIME = ("time.", "datetime.", "arrow.", "pendulum.", "django.")
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


class _Site(NamedTuple):
    reference: CallRef
    operation: str
    family: str  # aws, other, sql, http, within
    spec: Spec


class _Index:
    """The operations of the table, by name and by last name."""

    def __init__(self) -> None:
        effects = table("effects")
        self.classes: Mapping[str, Any] = effects["classes"]
        self.rank = {name: place for place, name in enumerate(self.classes)}
        self.specs: dict[str, tuple[str, Spec]] = {}
        for family in ("other", "sql", "http", "aws"):
            for operation, row in effects[family].items():
                spec = effects[family][row["as"]] if "as" in row else row
                if not spec.get("builds"):
                    self.specs[operation] = (family, spec)
        self.within: Mapping[str, Mapping[str, Spec]] = effects["within"]
        self.tails = {operation.rpartition(".")[2] for operation in self.specs}
        self.tails.update(method for methods in self.within.values() for method in methods)

    def find(self, operation: str) -> tuple[str, Spec] | None:
        found = self.specs.get(operation)
        if found is not None:
            return found
        for base, methods in self.within.items():
            tail = operation.rpartition(".")[2]
            if operation.startswith(base) and tail in methods:
                return "within", methods[tail]
        return None


_index: list[_Index] = []


def _table() -> _Index:
    if not _index:
        _index.append(_Index())
    return _index[0]


def effects(view: FunctionView) -> tuple[Effect, ...]:
    """The effects that an entry point reaches unguarded, the gravest first."""
    return _Search(view).run()


def has_candidates(view: FunctionView) -> bool:
    """Whether the entry point reaches any call that might be one, by names alone."""
    return any(True for node in view.region.nodes for _ in _sites(view, node))


def _sites(view: FunctionView, node: Node) -> tuple[_Site, ...]:
    known: dict[Node, tuple[_Site, ...]] = view.shared("effects")
    if node not in known:
        known[node] = tuple(_find(view, node))
    return known[node]


def _find(view: FunctionView, node: Node) -> Iterator[_Site]:
    names, index = view.flow.names, _table()
    definition = names.definition(node)
    skeleton = view.flow.program.skeleton(node[0])
    if definition is None or skeleton is None:
        return
    for reference in definition.calls:
        tail = reference.tail
        if tail in index.tails or tail == "" or tail in definition.bindings or tail in skeleton.bindings:
            for value in names.resolve(node[0], node[1], reference.callee):
                found = index.find(value[1]) if value[0] == "ext" else None
                if found is not None:
                    yield _Site(reference, value[1], *found)
                    break


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

    def run(self) -> tuple[Effect, ...]:
        index = _table()
        found: list[Effect] = []
        for node in self.region.nodes:
            for site in _sites(self.view, node):
                call = self.flow.call(node, site.reference.k)
                if call is None:
                    continue
                verdict = self.judge(node, call, site)
                if verdict is None:
                    continue
                route = self.guards.unguarded(node, call, record=verdict.kind == "fresh-record")
                if route is None or (verdict.kind == "post" and self._measures(node, route)):
                    continue
                class_ = index.classes[verdict.kind]
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
        found.sort(key=lambda item: (-item.severity, index.rank[item.kind]))
        return tuple(found)

    @staticmethod
    def _measures(node: Node, route: Route) -> bool:
        """Whether the way goes through a definition that, by its name, only measures."""
        return any(_MEASURES.search(qualname) for _, qualname in (node, *(edge.callee for edge in route.edges)))

    # -- what the arguments say

    def judge(self, node: Node, call: Call, site: _Site) -> _Verdict | None:
        """The class of an effect and why its arguments do not prevent it; None where they do or nobody can tell."""
        if site.family == "sql":
            return self._sql(node, self._given(call, site.spec.get("keyword"), site.spec["position"]), site.spec)
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
        if any(self._given(call, name) is not None for name in spec.get("as_message", ())):
            class_ = "message"
        return _Verdict(class_, detail)

    def _applies(self, node: Node, call: Call, spec: Spec) -> bool:
        for name, wanted in spec.get("only", {}).items():
            values = self._constants(node, self._given(call, name))
            if not values or not set(values) <= set(wanted):
                return False
        if spec.get("made") and not (call.args and self._is_made(node, call.args[0][1])):
            return False
        for name, refused in spec.get("unless", {}).items():
            term = self._given(call, name)
            if term is not None and (not (values := self._constants(node, term)) or set(values) & set(refused)):
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
        term = self._given(call, head, position)
        if term is None:
            return None if self._unpacked(call) else f"no {path.rpartition('/')[2]} is given"
        for key in rest:
            term = self._below(node, term, key)
            if term is None:
                return f"no {path.rpartition('/')[2]} is given"
        fresh = self._fresh(node, term)
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
        if self._given(call, "MessageGroupId") is None or self._given(call, "MessageDeduplicationId") is not None:
            return False
        body = self._given(call, "MessageBody") or self._given(call, "Message")
        return body is not None and not self._fresh(node, body)

    # -- databases

    def _write(self, node: Node, call: Call, spec: Spec, kind: str) -> _Verdict | None:
        conditional = spec.get("conditional")
        if conditional and self._given(call, conditional) is not None and self.view.grants("condition"):
            return None
        token = spec.get("token")
        given = token is not None and self._given(call, token) is not None
        if given and self.view.grants("token") and self._token(node, call, str(token)) is None:
            return None
        if kind == "sql":
            return self._sql(node, self._given(call, spec["sql"]), spec)
        if kind == "dynamodb-put":
            return self._put(node, call, self._given(call, "Item"))
        if kind == "dynamodb-update":
            return self._update(node, call)
        if kind == "dynamodb-batch":
            return self._first(
                self._put(at, call, item)
                for at, item in self._items(node, self._given(call, "RequestItems"), "PutRequest")
            )
        if kind == "dynamodb-transact":
            return self._first(
                self._put(at, call, item) for at, item in self._items(node, self._given(call, "TransactItems"), "Put")
            )
        document = self._given(call, "document", spec.get("position"))
        if kind == "mongo-insert":
            return self._insert(node, document)
        if kind == "mongo-update" and document is not None:
            repeating = set(table("effects")["mongo"]["repeating"])
            operators = {
                key[1] for at, found in self._mappings(node, document) for key, _ in found[1] if key[0] == "const"
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
        for at, found in self._mappings(node, item):
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
                if name in schema and (fresh := self._fresh(node, value)):
                    return name, fresh
            return None
        keyish = [(name, value) for name, value in pairs if _KEY.search(name)]
        for index, (name, value) in enumerate(keyish):
            fresh = self._fresh(node, value)
            # Without the table's schema the first attribute that looks like a key is one, a later one by its name only.
            if fresh and (index == 0 or _EXACT_KEY.search(name)):
                return name, fresh
        if not keyish:
            for name, value in pairs:
                if (fresh := self._fresh(node, value)) and not fresh.startswith(_TIME):
                    return name, fresh
        return None

    def _items(self, node: Node, term: Term | None, wrapper: str) -> Iterator[tuple[Node, Term]]:
        """The items of a batch or transaction, where they can be seen; those under a condition left out."""
        for inner in _subterms(term) if term is not None else ():
            if inner[0] != "dict":
                continue
            for key, value in inner[1]:
                if key == ("const", wrapper) and value[0] == "dict":
                    entries = {name[1]: entry for name, entry in value[1] if name[0] == "const"}
                    if "Item" in entries and not ("ConditionExpression" in entries and self.view.grants("condition")):
                        yield node, tuple(entries["Item"])

    def _update(self, node: Node, call: Call) -> _Verdict | None:
        key = self._given(call, "Key")
        if key is not None and self._fresh(node, key):
            return None  # a counter for each period, or a record that was stored just before
        expression = self._given(call, "UpdateExpression")
        text = self._text(node, expression) if expression is not None else ""
        operands = {match[1]: True for match in _ADDS.finditer(text)}
        operands.update({match[1]: False for match in _COUNTS.finditer(text)})
        values = self._given(call, "ExpressionAttributeValues")
        given = {key[1]: tuple(value) for key, value in values[1]} if values is not None and values[0] == "dict" else {}
        counting = [given.get(name) for name, added in operands.items() if not (added and _is_set(given.get(name)))]
        # An amount that depends on what is stored may well be the difference that is still missing.
        if counting and not any(value is not None and self._looked_up(node, value) for value in counting):
            return _Verdict("counter", "its expression adds to what is stored")
        if not self.view.grants("overwrite"):
            return _Verdict("counter", "")
        return None

    def _looked_up(self, node: Node, value: Term) -> bool:
        """Whether a value depends on what some service answered."""
        return any(root[0] == "result" for root in self._origins(node, value))

    def _insert(self, node: Node, document: Term | None) -> _Verdict | None:
        if document is None:
            return None
        for at, found in self._mappings(node, document):
            names = {key[1]: value for key, value in found[1] if key[0] == "const"}
            if len(names) < len(found[1]):
                continue
            if "_id" not in names:
                return _Verdict("fresh-record", "the document has no _id of its own")
            if fresh := self._fresh(at, tuple(names["_id"])):
                return _Verdict("fresh-record", f"its _id is new each time ({fresh})")
        return None

    def _sql(self, node: Node, statement: Term | None, spec: Spec) -> _Verdict | None:
        if statement is None:
            return None
        text = self._text(node, statement)
        if _INSERT.search(text) and not _UPSERT.search(text) and spec.get("dialect") != "cql":
            if self.view.grants("overwrite") and self._deletes_first(node):
                return None
            return _Verdict("fresh-record", "the INSERT has no conflict clause")
        if re.search(r"\bupdate\b", text, re.IGNORECASE) and _INCREMENT.search(text):
            return _Verdict("counter", "the UPDATE adds to what is stored")
        if not self.view.grants("overwrite") and _UPSERT.search(text):
            return _Verdict("fresh-record", "")
        return None

    def _deletes_first(self, node: Node) -> bool:
        """Whether the definition also deletes: it replaces what it stored before."""
        body = self.flow.body(node)
        return body is not None and any(
            _DELETE.search(self._text(node, value))
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
            term = self._given(request, spec["method_keyword"], spec["method_position"])
            if term is not None:
                values = self._constants(at, term)
                if len(values) != 1 or type(values[0]) is not str:
                    return None
                method = values[0].upper()
        if method is None and "body_position" in spec:
            body = self._given(request, spec["body_keyword"], spec["body_position"])
            method = "POST" if body is not None and body != ("const", None) else "GET"
        if method not in rules["repeating_methods"]:
            return None
        url = self._given(request, spec.get("url_keyword", "url"), spec["url"])
        if url is None and request is call and "request" in spec:
            return None
        text = self._text(at, url).lower() if url is not None else ""
        if any(part in text for part in rules["harmless"]):
            return None
        headers = self._given(request, "headers")
        if headers is not None and self.view.grants("token"):
            for where, found in self._mappings(at, headers):
                for key, value in found[1]:
                    if (
                        key[0] == "const"
                        and str(key[1]).lower() in rules["token_headers"]
                        and not self._fresh(where, tuple(value))
                    ):
                        return None
        class_ = next((kind for host, kind in table("effects")["http_hosts"].items() if host in text), None)
        if class_ is None:
            class_ = (
                "message" if url is not None and any(_PEOPLE.search(name) for name in self._spelt(at, url)) else "post"
            )
        return _Verdict(class_, f"a {method} is sent again as it is")

    # -- terms

    @staticmethod
    def _given(call: Call, name: str | None, position: int | None = None) -> Term | None:
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
    def _unpacked(call: Call) -> bool:
        """Whether arguments that cannot be seen are passed."""
        return any(
            name == "**" and not (value[0] == "dict" and all(key[0] == "const" for key, _ in value[1]))
            for name, value in call.args
        )

    def _origins(self, node: Node, term: Term) -> Roots:
        return self.flow.origins(self.region, node, term)

    def _fresh(self, node: Node, term: Term, depth: int = 0) -> str:
        """What surely makes a value new on each run (``uuid.uuid4``); "" where one of its alternatives is not."""
        if depth > FRESH_DEPTH:
            return ""
        kind = term[0]
        if kind == "call":
            return self._fresh_result(node, term[1], depth)
        if kind in ("attr", "item") and not self._is_object(node, term[1]):
            return self._fresh(node, term[1], depth + 1)
        if kind == "attr":
            return self._fresh_attribute(node, term, depth)
        if kind == "join" or (kind == "op" and term[1] in ("or", "join")):
            found = [self._fresh(node, part, depth + 1) for part in (term[1] if kind == "join" else term[2])]
            return found[0] if all(found) else ""
        if kind in ("op", "list"):
            parts = term[2] if kind == "op" else term[1]
            return self._strongest(self._fresh(node, part, depth + 1) for part in parts)
        if kind == "dict":
            return self._strongest(self._fresh(node, value, depth + 1) for _, value in term[1])
        if kind == "param":
            return self._strongest(self._fresh(at, given, depth + 1) for at, given in self._passed(node, term))
        return ""

    @staticmethod
    def _strongest(found: Iterable[str]) -> str:
        """A random value says more than a time."""
        return min((item for item in found if item), key=lambda item: item.startswith(_TIME), default="")

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
                returned += [self._fresh(target, end, depth + 1) for end in ends] or [""]
        if returned:
            return returned[0] if all(returned) else ""
        if any(value[0] != "ext" or value[1].startswith("aws:") for value in values):
            return ""
        receiver = [call.func[1]] if call.func[0] == "attr" else []
        if call.tail in ("get", "pop", "getattr", "setdefault"):  # what else is given is only the default
            return self._fresh(node, receiver[0], depth + 1) if receiver else ""
        return self._strongest(
            self._fresh(node, part, depth + 1) for part in (*receiver, *(value for _, value in call.args))
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
                    self._fresh((owner[0], where), store.value, depth + 1)
                    for store in stores
                    if store.target == ("attr", ("param", where, 0), term[2])
                ]
        return found[0] if found and all(found) else ""

    def _spelt(self, node: Node, term: Term) -> Iterator[str]:
        """The names in a value: of variables, attributes, keys and environment variables."""
        for inner in _subterms(term):
            if inner[0] in ("name", "const") and len(inner) == 2:
                yield str(inner[1])
            elif inner[0] == "attr":
                yield str(inner[2])
        for root in self._origins(node, term):
            if root[0] in ("env", "event"):
                yield str(root[-1])

    def _constants(self, node: Node, term: Term | None) -> tuple[Any, ...]:
        return () if term is None else self.flow.constants(self.region, node, term)

    def _text(self, node: Node, term: Term) -> str:
        """The constant parts of a text, in order, with ``{}`` for what is not constant."""
        constants = [value for value in self._constants(node, term) if type(value) is str]
        if constants:
            return " | ".join(constants)
        return self._fragments(node, term, 0)

    def _fragments(self, node: Node, term: Term, depth: int) -> str:
        if depth > DEPTH_LIMIT:
            return "{}"
        kind = term[0]
        if kind == "const":
            return str(term[1])
        if kind == "op" and term[1] in ("format", "Add", "+=", "Modulo"):
            parts = term[2][:1] if term[1] == "Modulo" else term[2]
            return "".join(self._fragments(node, part, depth + 1) for part in parts[:FRAGMENTS_LIMIT])
        if kind in ("join", "list") or (kind == "op" and term[1] in ("or", "comprehension", "stored")):
            parts = term[1] if kind in ("join", "list") else term[2]
            return " | ".join(self._fragments(node, part, depth + 1) for part in parts[:FRAGMENTS_LIMIT])
        if kind == "call":
            return self._made(node, term[1], depth)
        if kind == "param":
            return " | ".join(
                dict.fromkeys(self._fragments(at, given, depth + 1) for at, given in self._passed(node, term))
            )
        values = [value for value in self._constants(node, term) if type(value) is str]
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
            call = self.flow.call(edge.caller, edge.call.k) if edge.call is not None and edge.call.k >= 0 else None
            if call is None or definition is None or edge.kind not in ("call", "construct"):
                continue
            given = passed(call, definition, term[2], edge.offset)
            if given is not None:
                yield edge.caller, given

    def _mappings(self, node: Node, term: Term, depth: int = 0) -> Iterator[tuple[Node, Term]]:
        """The literal mappings that a value may be, each with the definition that its parts belong to."""
        if depth > DEPTH_LIMIT:
            return
        kind = term[0]
        if kind == "dict":
            yield node, term
        elif kind == "join":
            for part in term[1]:
                yield from self._mappings(node, part, depth + 1)
        elif kind == "op" and term[1] in ("stored", "or", "+="):
            yield from self._mappings(node, term[2][0], depth + 1)
        elif kind == "param":
            for at, given in self._passed(node, term):
                yield from self._mappings(at, given, depth + 1)
        elif kind == "elem":
            for inner in _subterms(term[1]):
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
                        yield from self._mappings(node, call.args[0][1], depth + 1)
                elif value[0] in ("def", "bound"):
                    target = (value[1], value[2])
                    body = self.flow.body(target)
                    for end in body.exits if body is not None else ():
                        if end.kind == "return":
                            yield from self._mappings(target, end.value, depth + 1)


def _is_set(value: Term | None) -> bool:
    """Whether a value is a set: adding it again changes nothing."""
    if value is None:
        return False
    if value[0] == "dict":
        return bool({key[1] for key, _ in value[1] if key[0] == "const"} & {"SS", "NS", "BS"})
    return bool(value[0] == "list")


def _subterms(term: Term) -> Iterator[Term]:
    """A term and all terms inside it."""
    stack: list[Any] = [term]
    while stack:
        at = stack.pop()
        if type(at) is not tuple:
            continue
        if at and type(at[0]) is str:
            yield at
        stack.extend(reversed(at))


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
