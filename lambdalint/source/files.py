"""Files that a function writes: where Lambda's file system cannot be written to, or under one name each time.

Which calls write, and to what, is first asked of names and Exprs alone. A definition is only lowered where its call may
be one that is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.caught import uncaught
from lambdalint.source.environment import source_of
from lambdalint.source.flow import Question
from lambdalint.source.program import join, parent
from lambdalint.source.strings import Strings

if TYPE_CHECKING:
    from lambdalint.model import Location, Step
    from lambdalint.source.flow import Route, Verdict
    from lambdalint.source.lower import Call, Context, Term
    from lambdalint.source.names import Node, Values
    from lambdalint.source.skeleton import CallRef, Expr
    from lambdalint.source.views import FunctionView

TEMPORARY = "/tmp"  # noqa: S108 - of what is analysed
CODE = "/var/task"
_HOPS = 8  # of names and calls from a path to where it begins
_LEADING = frozenset({"join", "dirname", "abspath", "realpath", "normpath", "Path", "PurePath", "str", "fspath"})
_HERE = frozenset({"getcwd", "cwd"})
_SAME = frozenset({"resolve", "absolute", "parent", "joinpath", "with_name", "with_suffix", "as_posix"})

Row = Mapping[str, Any]


class Written(NamedTuple):
    """A call that writes to ``path``, as far as that is known; ``operation`` is how it is called."""

    operation: str
    path: str
    node: Node
    place: Location
    chain: tuple[Step, ...]


class _Site(NamedTuple):
    node: Node
    reference: CallRef
    row: Row


def outside(view: FunctionView) -> Iterator[Written]:
    """The writes of an entry point to where nothing can be written."""
    strings = Strings(view.flow, view.region, lambda _: False)
    errors = frozenset(table("files")["errors"]["names"])
    for site in _sites(view):
        begin = _begin(view, site.node, _expr(site))
        if begin and _is_writable(begin):
            continue
        call = view.flow.call(site.node, site.reference.k)
        path = _unwritable(view, strings, site, call) if call is not None else ""
        if call is None or not path:
            continue
        if view.grants("branch") and _is_elsewhere(view, site.node, call.context):
            continue
        verdict = view.flow.verdict(view.region, site.node, call.context, ())
        if verdict.routes and view.grants("caught"):
            verdict = uncaught(view.flow, call.context, verdict, errors)
        if view.grants("branch"):
            verdict = verdict._replace(routes=tuple(route for route in verdict.routes if not _leads_away(view, route)))
        yield from _written(view, site, call, path, verdict)


def fixed(view: FunctionView) -> Iterator[Written]:
    """The writes of an entry point to a file below ``/tmp`` that has the same name on each invocation."""
    strings = Strings(view.flow, view.region, lambda _: False)
    seen: set[str] = set()
    for site in _sites(view):
        begin = _begin(view, site.node, _expr(site))
        if (begin and not begin.startswith(TEMPORARY)) or "unless" in site.row or site.row.get("reads"):
            continue
        call = view.flow.call(site.node, site.reference.k)
        found = strings.term(site.node, _term(site, call)) if call is not None else frozenset()
        path = next(iter(found))[0] if len(found) == 1 and len(next(iter(found))) == 1 else ""
        if call is None or type(path) is not str or not path.startswith(TEMPORARY + "/") or path in seen:
            continue
        if view.grants("cached") and _calls(view, site.node, "looks"):
            continue
        if view.grants("removed") and any(_calls(view, node, "removes") for node in view.region.nodes):
            continue
        # What runs once only is a cache as well.
        question = None if view.grants("cached") else Question(("const", None), lambda _: "yes")
        verdict = view.flow.verdict(view.region, site.node, call.context, (), question)
        for item in _written(view, site, call, path, verdict):
            seen.add(path)
            yield item


def _written(view: FunctionView, site: _Site, call: Call, path: str, verdict: Verdict) -> Iterator[Written]:
    for route in verdict.routes[:1]:
        place = view.place(site.node, call)
        yield Written(site.reference.tail, path, site.node, place, view.chain(route, site.node, place))


# -- calls that write, by names alone


def _sites(view: FunctionView) -> Iterator[_Site]:
    written: Mapping[str, Row] = table("files")["written"]
    tails = {operation.rpartition(".")[2].rpartition("#")[2] for operation in written}
    for node in view.region.nodes:
        definition = view.flow.names.definition(node)
        if definition is None or view.is_test(node[0]):
            continue
        for reference in definition.calls:
            if reference.tail not in tails:
                continue
            row = _row(reference, view.flow.names.resolve(*node, reference.callee))
            if row is not None and _writes(reference, row):
                yield _Site(node, reference, row)


def _row(reference: CallRef, values: Values) -> Row | None:
    """What is known of an operation; a method of a path has a row whatever the path comes from."""
    data = table("files")
    method = f"pathlib.Path().{reference.tail}"
    named = reference.tail in data["methods"]["names"]
    if not values:
        return data["written"][method] if named or _opens_path(reference) else None
    operations = {value[1] if value[0] == "ext" else "" for value in values}
    operation = operations.pop() if len(operations) == 1 else ""
    if named or operation.startswith(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath")):
        operation = method if operation else ""
    found: Row | None = data["written"].get(operation)
    return found


def _opens_path(reference: CallRef) -> bool:
    """Whether a call is ``(folder / name).open("w")``: nothing but paths is divided and opened."""
    callee = reference.callee
    return reference.tail == "open" and callee is not None and callee[0] == "a" and callee[1] is None


def _writes(reference: CallRef, row: Row) -> bool:
    """Whether a call writes for sure, as far as its mode tells."""
    if row.get("unless") in dict(reference.keywords):
        return False
    if "mode" not in row:
        return True
    mode = _given(reference, row["mode"], "mode")
    return mode is not None and mode[0] == "k" and type(mode[1]) is str and bool(set("wax+") & set(mode[1]))


def _given(reference: CallRef, position: int, name: str) -> Expr:
    if len(reference.args) > position >= 0:
        return reference.args[position]
    return dict(reference.keywords).get(name)


def _expr(site: _Site) -> Expr:
    """The path of a call, as an Expr."""
    if site.row["path"] < 0:
        callee = site.reference.callee
        return callee[1] if callee is not None and callee[0] == "a" else None
    found = _given(site.reference, site.row["path"], site.row["name"])
    return ("k", site.row["default"]) if found is None and _is_absent(site) else found


def _is_absent(site: _Site) -> bool:
    """Whether the path is not passed, and has a default."""
    reference, row = site.reference, site.row
    passed = len(reference.args) > row["path"] or {row["name"], "**"} & dict(reference.keywords).keys()
    return "default" in row and not passed


def _begin(view: FunctionView, node: Node, expr: Expr) -> str:
    """How a path begins, as far as names and joins tell; "" where that is unknown."""
    path, scope = node
    skeleton = view.flow.program.skeleton(path)
    for _ in range(_HOPS):
        if expr is None or skeleton is None:
            return ""
        kind = expr[0]
        if kind in ("k", "s"):
            return expr[1] if type(expr[1]) is str else ""
        if kind == "n":
            if expr[1] == "__file__":
                return CODE
            definition = skeleton.defs.get(scope)
            bound = definition.bindings.get(expr[1], ()) if definition is not None else ()
            found = bound or tuple(value for _, value in skeleton.bindings.get(expr[1], ()))
            expr = found[0] if len(found) == 1 else None
        elif kind == "a" and expr[2] in _SAME:
            expr = expr[1]
        elif kind == "c" and expr[1] is not None:
            tail = expr[1][-1] if expr[1][0] in ("n", "a") else ""
            if tail in _HERE:
                return CODE
            if tail == "gettempdir":
                return TEMPORARY
            if tail in _LEADING and expr[2]:
                expr = expr[2][0]
            else:
                expr = expr[1][1] if expr[1][0] == "a" and tail in _SAME else None
        else:
            return ""
    return ""


# -- where a call writes


def _term(site: _Site, call: Call) -> Term:
    """The path of a call, as a Term."""
    position = site.row["path"]
    if position < 0:
        return call.func[1] if call.func[0] == "attr" else ("unknown", "")
    found = next((value for name, value in call.args if name in (position, site.row["name"])), None)
    if found is None:
        return ("const", site.row["default"]) if _is_absent(site) else ("unknown", "")
    return found


def _unwritable(view: FunctionView, strings: Strings, site: _Site, call: Call) -> str:
    """The path that a call writes to, where that can be written to on no way; else ""."""
    term = _term(site, call)
    if _opens_path(site.reference) and term[:2] != ("op", "Divide"):
        return ""
    if _is_beside_code(view, site.node, term):
        return CODE
    patterns = strings.term(site.node, term)
    found = sorted({pieces[0] for pieces in patterns if pieces and type(pieces[0]) is str})
    if not found or any(not pieces or type(pieces[0]) is not str or _is_writable(pieces[0]) for pieces in patterns):
        return ""
    if any(not begin.startswith(("/", "~")) for begin in found):
        if view.grants("chdir") and any(b"chdir" in source_of(view.flow, path) for path in view.modules()):
            return ""
        if site.row.get("reads") and view.grants("there") and any(_is_there(view, site.node, begin) for begin in found):
            return ""
    (shown, *more) = min(pieces for pieces in patterns if pieces[0] == found[0])
    return f"{shown}…" if more else str(shown)


def _is_writable(begin: str) -> bool:
    """Whether a path that begins so may be one that can be written to."""
    places = table("files")["places"]
    if begin.startswith("/"):
        return begin == "/" or any(begin == item or begin.startswith(item + "/") for item in places["writable"])
    return not begin or any(re.match(pattern, begin) for pattern in places["foreign"])


def _is_there(view: FunctionView, node: Node, path: str) -> bool:
    """Whether the project has a file of that name, beside the module or in the code root."""
    program = view.flow.program
    roots = {parent(node[0]), *(item.code_root for item in view.functions if item.code_root is not None)}
    return any(program.exists(join(root, path.removeprefix("./"))) for root in roots)


def _is_beside_code(view: FunctionView, node: Node, term: Term) -> bool:
    """Whether a path begins with the directory of the code: ``__file__``, ``os.getcwd()``."""
    for _ in range(_HOPS):
        kind = term[0]
        if kind == "name":
            return _begin(view, (node[0], ""), ("n", term[1])) == CODE
        if kind == "op" and term[1] in ("Divide", "Add", "format"):
            term = term[2][0]
        elif kind == "attr" and term[2] in _SAME:
            term = term[1]
        elif kind == "call":
            call = view.flow.call(node, term[1])
            if call is None:
                return False
            if call.tail in _HERE:
                return True
            if call.tail in _LEADING and call.args:
                term = call.args[0][1]
            elif call.tail in _SAME and call.func[0] == "attr":
                term = call.func[1]
            else:
                return False
        else:
            return False
    return False


# -- what makes it no matter


def _is_elsewhere(view: FunctionView, node: Node, context: Context) -> bool:
    """Whether a place is under a condition that the environment or constants decide: code for runs elsewhere."""
    for frame in context:
        if frame[0] in ("if", "once") and all(
            root[0] == "env" for root in view.flow.origins(view.region, node, frame[2])
        ):
            return True
        if frame[0] == "if" and _says_local(view, node, frame[2], frame[3]):
            return True
    return False


def _says_local(view: FunctionView, node: Node, test: Term, taken: bool) -> bool:
    """Whether a switch is on whose name says that the code runs locally: ``if event["local"]``, ``if is_local``."""
    words = frozenset(table("files")["local"]["words"])
    while test[:2] == ("op", "not"):
        test, taken = test[2][0], not taken
    name = ""
    if test[0] == "item" and test[2][0] == "const":
        name = str(test[2][1])
    elif test[0] in ("attr", "name"):
        name = test[-1]
    elif test[0] == "param":
        definition = view.flow.names.definition((node[0], test[1]))
        name = definition.params[test[2]].name if definition is not None else ""
    elif test[0] == "call":
        call = view.flow.call(node, test[1])
        key = call.args[0][1] if call is not None and call.tail == "get" and call.args else ("unknown", "")
        name = str(key[1]) if key[0] == "const" else ""
    return taken and not words.isdisjoint(re.split(r"[\W_]+", name.lower()))


def _leads_away(view: FunctionView, route: Route) -> bool:
    """Whether one of the calls on a way is made elsewhere only."""
    return any(_is_elsewhere(view, node, call.context) for node, call in view.flow.calls_on(route))


def _calls(view: FunctionView, node: Node, what: str) -> bool:
    definition = view.flow.names.definition(node)
    names = frozenset(table("files")[what]["names"])
    return definition is not None and any(call.tail in names for call in definition.calls)
