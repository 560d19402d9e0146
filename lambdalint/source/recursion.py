"""Self-invocation: whether an invoke names the function that it runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.records import NamedTuple
from lambdalint.source.flow import demands, holds
from lambdalint.source.reduction import ABSENT, UNKNOWN
from lambdalint.source.trace import Tracer

if TYPE_CHECKING:
    from lambdalint.model import Function, Value
    from lambdalint.source.callgraph import Region
    from lambdalint.source.flow import Flow, Route, Verdict
    from lambdalint.source.lower import Context, Term
    from lambdalint.source.names import Node
    from lambdalint.source.views import SiteView

OWN_NAMES = frozenset({"function_name", "invoked_function_arn"})
OWN_VARIABLE = "AWS_LAMBDA_FUNCTION_NAME"
_BOUNDS = ("", "time", "counter", "once")  # the gravest first


class Recursion(NamedTuple):
    """An invoke of the function itself.

    ``verdict`` holds the routes on which it is one, ``evidence`` says how that is known; ``bound`` is ``time`` or
    ``counter`` where a test of it stands before the invoke on all of them, ``once`` where the event that is handed over
    takes another way, else ""; ``functions`` are those of templates that invoke themselves.
    """

    verdict: Verdict
    evidence: str
    bound: str
    functions: tuple[Function, ...]


def recursion(site: SiteView, name: Term, verdict: Verdict) -> Recursion | None:
    """Judge one invoke for each function that reaches it: its environment and its callers decide what is invoked.

    Args:
        name: the Term of its ``FunctionName``.
        verdict: the ways that lead to it.
    """
    routes: list[Route] = []
    evidence: dict[str, None] = {}
    bounds: set[str] = set()
    functions: list[Function] = []
    for route in verdict.routes:
        region = site.region_of(route.root)
        leaves = _leaves(site, region, name)
        own = [(function, told) for function in site.deployed(route.root) if (told := _of(site, leaves, function))]
        if own:
            routes.append(route)
            evidence.update(dict.fromkeys(told for _, told in own))
            bounds.add("once" if _takes_another_way(site, region, route) else _bound(site, region, route))
            functions += [function for function, _ in own if function.declared is not None]
    if not routes:
        return None
    bound = next(bound for bound in _BOUNDS if bound in bounds)
    return Recursion(verdict._replace(routes=tuple(routes)), next(iter(evidence)), bound, tuple(functions))


def _leaves(site: SiteView, region: Region, name: Term) -> frozenset[tuple[Any, ...]]:
    leaves = Tracer(site.flow, region).trace(site.place, name)
    if not site.grants("other-function"):  # a name made from the function's own counts as that
        origins = site.flow.origins(region, site.place, name)
        leaves |= {("context", leaf[-1]) for leaf in origins if leaf[0] == "context"}
        leaves -= {("other",)}
    return leaves - {("const", None)}


def _of(site: SiteView, leaves: frozenset[tuple[Any, ...]], function: Function) -> str:
    """How what is invoked is known to be ``function`` itself; "" where it is not, or may be another one."""
    if function.declared is not None and _allows(function.declared.settings) and site.grants("allowed"):
        return ""
    told = [_own(leaf, function) for leaf in sorted(leaves, key=repr)]
    return told[0] or "" if told and None not in told else ""


def _allows(settings: Any) -> bool:
    value = settings.get("recursive_loop")
    return value is not None and value.known and value.value == "Allow"


def _own(leaf: tuple[Any, ...], function: Function) -> str | None:
    """How a leaf names the function itself, None if it does not."""
    if leaf[0] == "context":
        return f"the name is context.{leaf[1][0]}" if leaf[1] and leaf[1][0] in OWN_NAMES else None
    if leaf[0] == "env":
        if leaf[1] == OWN_VARIABLE:
            return f"the name is the variable {OWN_VARIABLE}"
        if leaf[1] in function.variables and _names(function.variables[leaf[1]], function):
            return f"the template sets {leaf[1]} to this function"
    if leaf[0] == "const" and _is_name(leaf[1], function):
        return f"'{leaf[1]}' is this function's name in the template"
    return None


def _names(value: Value, function: Function) -> bool:
    """Whether a template's value is the function: its name, its ARN, or a reference to it."""
    if value.known and isinstance(value.value, str):
        return _is_name(value.value, function)
    from lambdalint.templates.values import references

    declared = function.declared
    if declared is None:
        return False
    found = list(references(value))
    return (
        len(found) == 1
        and found[0].attribute in ("", "Arn", "arn", "function_name", "name", "invoke_arn")
        and (
            (found[0].scope == declared.location.path and found[0].name == declared.name)
            or (
                found[0].name == f"aws_lambda_function.{declared.name}"
                and declared.location.path.startswith(found[0].scope)
            )
        )
    )


def _is_name(name: Any, function: Function) -> bool:
    declared = function.declared
    if declared is None or not isinstance(name, str):
        return False
    set_name = declared.settings.get("function_name")
    own = set_name.value if set_name is not None and set_name.known and isinstance(set_name.value, str) else None
    return own is not None and (name == own or name.endswith(f":function:{own}"))


def _places(site: SiteView, route: Route) -> list[tuple[Node, Context]]:
    """The definitions on a route, each with what stands around its step."""
    return [(site.place, site.context), *((node, call.context) for node, call in site.flow.calls_on(route))]


def _bound(site: SiteView, region: Region, route: Route) -> str:
    """What a test before the invoke, here or in a caller, compares: the remaining time, or a counter of the event."""
    found = {
        _test(site.flow, region, at, frame[2])
        for at, frames in _places(site, route)
        for frame in frames
        if frame[0] == "if"
    }
    return "counter" if "counter" in found else "time" if "time" in found else ""


def _takes_another_way(site: SiteView, region: Region, route: Route) -> bool:
    """Whether a test of the event leads to the invoke that the event which is handed over fails."""
    given = site.argument("Payload")
    payload = _unwrapped(site, given) if given is not None else None
    if payload is None:
        return False
    return any(
        _fails(site, region, at, demand, payload)
        for at, frames in _places(site, route)
        for frame in frames
        if frame[0] == "if"
        for demand in demands(frame[2], frame[3])
    )


def _unwrapped(site: SiteView, term: Term) -> Term:
    """What is written as JSON and bytes."""
    while term[0] == "call":
        call = site.flow.call(site.place, term[1])
        if call is not None and call.tail == "encode" and call.func[0] == "attr":
            term = call.func[1]
        elif call is not None and call.tail in ("dumps", "bytes") and call.args:
            term = call.args[0][1]
        else:
            break
    return term


def _fails(site: SiteView, region: Region, at: Node, demand: tuple[Term, str, Any], payload: Term) -> bool:
    """Whether a payload, as an event, does not meet a demand; only what is certain counts."""
    term, how, value = demand
    if how == "any":
        return all(_fails(site, region, at, option, payload) for option in value)
    roots = site.flow.origins(region, at, term)
    keys = next(iter(roots))[-1] if len(roots) == 1 and next(iter(roots))[0] == "event" else None
    if how in ("has", "lacks"):
        entry = site.flow.reduction.entry(site.place, payload, str(value)) if keys == () else UNKNOWN
        return (entry == ABSENT) if how == "has" else entry[0] == "const"
    if keys is None or len(keys) != 1:
        return False
    entry = site.flow.reduction.entry(site.place, payload, keys[0])
    if entry == ABSENT:
        entry = ("const", None)
    return bool(entry[0] == "const" and not holds(entry[1], how, value))


def _test(flow: Flow, region: Region, node: Node, test: Term) -> str:
    if test[0] != "op":
        return ""
    if test[1] in ("<", "<=", ">", ">=", "compare"):
        for part in test[2]:
            roots = flow.origins(region, node, part)
            if any(root[0] == "context" and "get_remaining_time_in_millis" in root[-1] for root in roots) or _calls(
                flow, node, part
            ):
                return "time"
        if any(root[0] == "event" for part in test[2] for root in flow.origins(region, node, part)):
            return "counter"
    found = {_test(flow, region, node, part) for part in test[2] if type(part) is tuple}
    return "counter" if "counter" in found else "time" if "time" in found else ""


def _calls(flow: Flow, node: Node, term: Term) -> bool:
    if term[0] == "call":
        return any(
            value[0] == "ext" and value[1].endswith("get_remaining_time_in_millis")
            for value in flow.callee(node, term[1])
        )
    return term[0] == "op" and any(_calls(flow, node, part) for part in term[2])
