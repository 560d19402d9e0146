"""Waits: calls that do nothing but wait, and for how long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.flow import Question
from lambdalint.source.reduction import ABSENT, alternatives, is_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdalint.source.flow import Verdict
    from lambdalint.source.lower import Term
    from lambdalint.source.views import SiteView

LONG_S = 1.0  # a wait of so many seconds is worth a report wherever it stands
BRIEF_S = 0.05  # one below is none, even in a loop: it yields to other threads or tasks
COMBINATIONS_LIMIT = 64

Range = tuple[float, float]  # least and most, in seconds; infinite where unknown
ANY: Range = (-math.inf, math.inf)


class Wait(NamedTuple):
    """A wait to report.

    ``verdict`` holds the routes; ``least`` and ``most`` are seconds, infinite where unknown; ``repeated`` tells that
    the wait is in a loop, of its own function or of a caller.
    """

    verdict: Verdict
    least: float
    most: float
    repeated: bool


def wait(site: SiteView) -> Wait | None:
    """How long ``site`` waits; None where that is short, or not known and not repeated."""
    spec: dict[str, Any] = table("waits")["operations"][site.operation]
    term = site.given(spec.get("keyword", ""), spec["position"])
    ranges: list[Range] = []

    def judge(value: Term, *, repeated: bool) -> str:
        if is_open(value):
            return "open"
        found = spans(value)
        growing = repeated and len(found) > 1  # two passes through a loop do not tell how far a back-off goes
        if not growing and all(span[1] < (BRIEF_S if repeated else LONG_S) for span in found):
            if site.grants("short"):
                return "short"
        elif not repeated and not any(_long(span) for span in found):
            return "unknown"
        ranges.extend([ANY] if growing else found)
        return "yes"

    long = site.question(Question(term, lambda value: judge(value, repeated=False)))
    looped = site.question(Question(term, lambda value: judge(value, repeated=True), looped=True))
    known = {route.root for route in looped.routes}
    routes = sorted((*looped.routes, *(route for route in long.routes if route.root not in known)))
    if not routes:
        return None
    least = max(min((span[0] for span in ranges), default=0.0), 0.0)
    most = max((span[1] for span in ranges), default=math.inf)
    return Wait(long._replace(routes=tuple(routes)), least, most, bool(looped.routes))


def _long(span: Range) -> bool:
    least, most = max(span[0], 0.0), span[1]
    return least >= LONG_S or (math.isfinite(most) and (least + most) / 2 >= LONG_S)


def spans(term: Term) -> list[Range]:
    """The ranges that a closed Term may lie in, one for each alternative."""
    return [span for part in alternatives(term) for span in _spans(part)]


def _spans(term: Term) -> list[Range]:
    kind = term[0]
    if kind == "const":
        return [_number(term[1])]
    if kind == "op" and term[1] == "or" and len(term[2]) == 2:
        return [*(span for span in spans(term[2][0]) if span != (0.0, 0.0)), *spans(term[2][1])]
    if kind == "op" and term[1] in _ARITHMETIC and len(term[2]) == 2:
        return _combined([spans(part) for part in term[2]], _ARITHMETIC[term[1]])
    if kind == "made" and term[1] in _ENVIRONMENT:
        return spans(term[2][1][1]) if len(term[2]) == 2 else [ANY]  # what holds where nobody sets the variable
    if kind == "made":
        given = [value for _, value in term[2]]
        if ABSENT in given or any(type(name) is str for name, _ in term[2]):
            return [ANY]
        work = _FUNCTIONS.get((term[1], len(given))) or (_FUNCTIONS.get((term[1], -1)) if given else None)
        if work is not None:
            return _combined([spans(value) for value in given], work)
    return [ANY]


def _number(value: Any) -> Range:
    if type(value) is str:  # what ``int`` or ``float`` is given
        try:
            value = float(value)
        except ValueError:
            return ANY
    return (float(value), float(value)) if type(value) in (int, float) and abs(value) < 1e9 else ANY


def _combined(parts: list[list[Range]], work: Callable[..., Range]) -> list[Range]:
    combinations: list[tuple[Range, ...]] = [()]
    for part in parts:
        combinations = [(*done, span) for done in combinations for span in part]
        if len(combinations) > COMBINATIONS_LIMIT:
            return [ANY]
    found = []
    for given in combinations:
        try:
            least, most = work(*given)
        except (OverflowError, ZeroDivisionError, ValueError):
            return [ANY]
        found.append(ANY if math.isnan(least) or math.isnan(most) else (least, most))
    return found


def _corners(work: Callable[[float, float], float]) -> Callable[[Range, Range], Range]:
    """Of an operation that is monotonous in each operand."""

    def of(left: Range, right: Range) -> Range:
        values = [work(a, b) for a in left for b in right]
        return (min(values), max(values)) if not any(math.isnan(value) for value in values) else ANY

    return of


def _divided(left: Range, right: Range) -> Range:
    return ANY if right[0] <= 0 <= right[1] else _corners(lambda a, b: a / b)(left, right)


def _power(base: Range, exponent: Range) -> Range:
    if base[0] != base[1] or exponent[0] != exponent[1] or abs(exponent[0]) > 64 or abs(base[0]) > 1e6:
        # 2 ** n with n unknown is at least 2 ** 0, as attempts are counted from 0 or 1
        return (1.0, math.inf) if base[0] >= 1 else ANY
    value = base[0] ** exponent[0]
    return (value, value) if isinstance(value, float) else ANY


def _hull(*parts: Range) -> Range:
    return min(part[0] for part in parts), max(part[1] for part in parts)


def _least(*parts: Range) -> Range:
    return min(part[0] for part in parts), min(part[1] for part in parts)


def _most(*parts: Range) -> Range:
    return max(part[0] for part in parts), max(part[1] for part in parts)


def _same(part: Range, *_: Range) -> Range:
    return part


def _absolute(part: Range) -> Range:
    if part[0] >= 0:
        return part
    return (0.0, max(-part[0], part[1])) if part[1] > 0 else (-part[1], -part[0])


_ENVIRONMENT = frozenset(table("calls")["values"]["environment"])
_ARITHMETIC: dict[str, Callable[..., Range]] = {
    "Add": _corners(lambda a, b: a + b),
    "Subtract": _corners(lambda a, b: a - b),
    "Multiply": _corners(lambda a, b: 0.0 if 0.0 in (a, b) else a * b),
    "Divide": _divided,
    "Power": _power,
}
# (operation, number of arguments or -1 for any) -> the range of its result
_FUNCTIONS: dict[tuple[str, int], Callable[..., Range]] = {
    ("min", -1): _least,
    ("max", -1): _most,
    ("abs", 1): _absolute,
    ("int", 1): _same,
    ("float", 1): _same,
    ("round", -1): _same,
    ("math.ceil", 1): _same,
    ("math.floor", 1): _same,
    ("math.pow", 2): _power,
    ("pow", 2): _power,
    ("random.random", 0): lambda: (0.0, math.nextafter(1.0, 0.0)),
    ("random.uniform", 2): _hull,
    ("random.randint", 2): _hull,
    ("random.randrange", 2): _hull,
    ("random.triangular", 2): _hull,
}
