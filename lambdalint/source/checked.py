"""What becomes of the answer of a call: which of its entries are read, and whether it goes on as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.caught import catches
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdalint.source.flow import Verdict
    from lambdalint.source.lower import Body, Call, Term
    from lambdalint.source.views import SiteView

DEPTH_LIMIT = 30
_SHOWS = frozenset({"print", "str", "repr", "json.dumps", "type", "bool", "len", "isinstance"})
# What an invoked function answers in place of its result when it fails, besides FunctionError of the response.
_TOLD = (b"FunctionError", b"errorMessage", b"errorType", b"stackTrace", b"X-Amz-Function-Error")


class Answer(NamedTuple):
    """The entries of an answer that the definition reads, and whether it hands the whole on."""

    entries: frozenset[str]
    whole: bool


def unchecked(site: SiteView, verdict: Verdict) -> str:
    """The entry of an invoke's answer that is gone by although it does not tell a failure; "" if there is none."""
    if site.result_use != "used":
        return ""
    body = site.flow.body(site.place)
    if body is None or (site.grants("told") and _tells(site, verdict)):
        return ""
    answer = _answer(site, body)
    if (answer.whole and site.grants("whole")) or (
        site.grants("asked") and any(_asks(site, term) for term in body.tests)
    ):
        return ""
    if site.grants("caught") and _is_caught(site, body):
        return ""
    return next((name for name in ("Payload", "StatusCode") if name in answer.entries), "")


def _tells(site: SiteView, verdict: Verdict) -> bool:
    """Whether a module on the way spells what tells a failure."""
    paths = {site.place[0], *(edge.caller[0] for route in verdict.routes for edge in route.edges)}
    for path in sorted(paths):
        try:
            source = site.flow.program.source(path)
        except Unreadable:
            return True
        if any(word in source for word in _TOLD):
            return True
    return False


def _asks(site: SiteView, term: Any, depth: int = 0) -> bool:
    """Whether a condition asks if something is in the payload, which in that of a failed function is not."""
    if type(term) is not tuple or depth > DEPTH_LIMIT:
        return False
    if len(term) == 3 and term[0] == "op" and term[1] in ("in", "not in") and _is_payload(site, term[2][-1]):
        return True
    if len(term) == 2 and term[0] == "call":
        call = site.flow.call(site.place, term[1])
        return call is not None and call.tail == "get" and call.func[0] == "attr" and _is_payload(site, call.func[1])
    return any(_asks(site, part, depth + 1) for part in term)


def _is_caught(site: SiteView, body: Body) -> bool:
    """Whether entries of the payload are taken, and a handler goes on from the error of one that is missing."""
    taken = [call.context for call in body.calls for _, value in call.args if _takes(site, value)]
    taken += [store.context for store in body.stores if _takes(site, store.value)]
    taken += [end.context for end in body.exits if _takes(site, end.value)]
    kinds = frozenset({"KeyError", "LookupError", "Exception"})
    return bool(taken) and all(catches(context, kinds) for context in taken)


def _takes(site: SiteView, term: Any, depth: int = 0) -> bool:
    """Whether a Term holds an entry of the payload."""
    if type(term) is not tuple or depth > DEPTH_LIMIT:
        return False
    if len(term) == 3 and term[0] == "item" and term[2][0] == "const" and _is_payload(site, term[1]):
        return True
    return any(_takes(site, part, depth + 1) for part in term)


def _is_payload(site: SiteView, term: Any, depth: int = 0) -> bool:
    """Whether a Term is the payload of the answer, or made of it."""
    if type(term) is not tuple or depth > DEPTH_LIMIT or site.is_result(term):
        return False
    if len(term) == 3 and term[0] == "item" and site.is_result(term[1]):
        return bool(term[2] == ("const", "Payload"))
    call = site.flow.call(site.place, term[1]) if len(term) == 2 and term[0] == "call" else None
    parts = (call.func, *(value for _, value in call.args)) if call is not None else term
    return any(_is_payload(site, part, depth + 1) for part in parts)


def _answer(site: SiteView, body: Body) -> Answer:
    entries: set[str] = set()
    whole = False
    for call in body.calls:
        if call.func[0] == "attr" and call.tail == "get" and site.is_result(call.func[1]):
            name = call.args[0][1] if call.args else ("unknown", "")
            if name[0] == "const":
                entries.add(str(name[1]))
            else:
                whole = True
            continue
        shows = _shows(site, call)
        for value in (call.func, *(value for _, value in call.args)):
            whole |= _read(site, value, entries) and not shows
    terms = [end.value for end in body.exits]
    terms += [store.value for store in body.stores]
    for term in (*terms, *_looped(body)):
        whole |= _read(site, term, entries)
    for term in body.tests:
        _read(site, term, entries)
    return Answer(frozenset(entries), whole)


def _looped(body: Body) -> Iterator[Term]:
    for call in body.calls:
        for frame in call.context:
            if frame[0] in ("loop", "with") and frame[2] is not None:
                yield frame[2]


def _shows(site: SiteView, call: Call) -> bool:
    """Whether a call only logs what it is given, or makes a text of it."""
    quiet = table("calls")["quiet"]
    values = site.flow.callee(site.place, call.k) if call.k >= 0 else ()
    if not values:
        return call.tail in quiet["methods"]
    return all(
        value[0] == "ext" and (value[1] in _SHOWS or value[1].startswith(tuple(quiet["prefixes"]))) for value in values
    )


def _read(site: SiteView, term: Any, entries: set[str], depth: int = 0) -> bool:
    """Collects the entries of the answer that a Term reads; tells whether it holds the answer as a whole."""
    if type(term) is not tuple or depth > DEPTH_LIMIT:
        return depth > DEPTH_LIMIT
    if site.is_result(term):
        return True
    if len(term) == 3 and term[0] == "item" and site.is_result(term[1]):
        if term[2][0] != "const":
            return True
        entries.add(str(term[2][1]))
        return False
    if len(term) == 3 and term[0] == "attr" and site.is_result(term[1]):
        return bool(term[2] != "get")
    whole = False
    for part in term:
        whole |= _read(site, part, entries, depth + 1)
    return whole
