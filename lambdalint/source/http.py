"""HTTP calls: what bounds the time that one waits, and where nothing does.

A time-out can be given with the call, on the session or pool that it goes through, by a transport adapter or a
subclass of the session, or for the whole process. What the libraries do when nothing is given is data
(``http.toml``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.flow import Question
from lambdalint.source.makers import makers
from lambdalint.source.reduction import ABSENT, alternatives, is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdalint.model import Function
    from lambdalint.source.flow import Flow, Route, Verdict
    from lambdalint.source.lower import Term
    from lambdalint.source.makers import Maker
    from lambdalint.source.names import Node, Values
    from lambdalint.source.skeleton import Expr
    from lambdalint.source.views import SiteView

PATIENT_S = 60  # a default of at least so many seconds is compared with the function's time-out; shorter ones serve


class Patience(NamedTuple):
    """Why a call may wait for longer than the function lives.

    ``verdict`` holds the routes; ``label`` names the call; ``reason`` is ``missing`` (no time-out is given), ``none``
    (an explicit None, or a time-out object without a limit) or ``default`` (the library's own, ``default_s`` seconds,
    is longer than ``timeout_s``, the shortest time-out of the functions).
    """

    verdict: Verdict
    label: str
    reason: str
    default_s: float = 0
    timeout_s: float = 0


class Lasting(NamedTuple):
    """The routes on which a call is told to wait for longer than its function has, and the least that it is told."""

    verdict: Verdict
    seconds: float


def lasting(site: SiteView, limit: Callable[[Node], float | None]) -> Lasting | None:
    """Where ``site`` is told to wait for longer than the limit of an entry point; None where it is not.

    Args:
        limit: how many seconds there are below an entry point, None where nobody can tell.
    """
    return _Call(site).lasting(limit)


def patience(site: SiteView) -> Patience | None:
    """Why nothing bounds the wait of ``site``; None where something does, or where it cannot be told."""
    return _Call(site).judge()


class _Call:
    def __init__(self, site: SiteView) -> None:
        data = table("http")
        self.site = site
        self.flow: Flow = site.flow
        self.names = self.flow.names
        self.profile: Mapping[str, Any] = data["profiles"][data["operations"][site.operation]]
        self.process: Mapping[str, Any] = data["process_default"]
        self.reasons: set[str] = set()

    def judge(self) -> Patience | None:
        profile = self.profile
        name = profile.get("parameter")
        term = self.site.given(name, profile.get("position")) if name else ABSENT
        verdict = self.site.question(Question(term, self._answer))
        tags = {route.root[0]: self._process_wide(route.root[0]) for route in verdict.routes}
        routes = tuple(route for route in verdict.routes if not tags[route.root[0]])
        verdict = verdict._replace(routes=routes)
        if not routes:
            return None
        label = self.site.operation.replace("()", "")
        if "none" in self.reasons:
            return Patience(verdict, label, "none")
        default = profile.get("default_s")
        if default is None or (default < PATIENT_S and not self.site.grants("library")):
            return Patience(verdict, label, "missing")
        # Only what a template says is compared: where none does, the function may be given its 15 minutes.
        bounded = {route: limit for route in routes if (limit := self._limit(route.root)) and limit < default}
        if not bounded:
            return None
        verdict = verdict._replace(routes=tuple(bounded))
        return Patience(verdict, label, "default", default, min(bounded.values()))

    def lasting(self, limit: Callable[[Node], float | None]) -> Lasting | None:
        """See `lasting`."""
        told: list[float] = []
        limits = {route.root: limit(route.root) for route in self._waiting(0, told).routes}
        told.clear()
        routes: dict[Node, Route] = {}
        verdict = None
        for most in sorted({seconds for seconds in limits.values() if seconds is not None}):
            verdict = self._waiting(most, told)
            routes.update((route.root, route) for route in verdict.routes if limits.get(route.root) == most)
        if verdict is None or not routes:
            return None
        return Lasting(verdict._replace(routes=tuple(routes[root] for root in sorted(routes))), min(told))

    def _waiting(self, most: float, told: list[float]) -> Verdict:
        """The routes on which the call is told to wait for longer than ``most``; what it is told is noted."""
        name = self.profile.get("parameter")
        term = self.site.given(name, self.profile.get("position")) if name else ABSENT

        def answer(value: Term) -> str:
            if is_open(value):
                return "open"
            found = [self._seconds(part) for part in alternatives(value)]
            known = [seconds for seconds in found if seconds is not None]
            if len(known) < len(found) or min(known) <= most:
                return "undecided"
            told.append(min(known))
            return "yes"

        return self.site.question(Question(term, answer))

    def _seconds(self, term: Term) -> float | None:
        """How many seconds a value lets the call wait, at least; None where that cannot be told."""
        if term == ABSENT:
            made = self._makers(self.profile["session"]) if "session" in self.profile else None
            told = [self._seconds(self._keyword(*maker)) for maker in made or () if self._keyword(*maker) != ABSENT]
            known = [seconds for seconds in told if seconds is not None]
            return min(known) if known and len(known) == len(made or ()) else None
        if term[0] == "const":
            return float(term[1]) if type(term[1]) in (int, float) else None
        if term[0] == "list" and len(term[1]) == 2:  # requests: (connect, read)
            return self._seconds(term[1][1]) if term[1][1] != ABSENT else None
        if term[0] == "made" and term[1] in table("http")["timeouts"]:
            given = dict(term[2])
            read = given.get("read", given.get("total", given.get(0, ABSENT) if len(given) == 1 else ABSENT))
            return self._seconds(read) if read != ABSENT else None
        return None

    def _limit(self, root: tuple[str, str]) -> float:
        """The shortest time-out, in seconds, that templates give the functions of an entry point; 0 where none does."""
        functions: tuple[Function, ...] = self.site.deployed(root)
        given = [function.value("timeout").value for function in functions if function.value("timeout").known]
        return min((value for value in given if type(value) in (int, float)), default=0)

    # -- the time-out of the call

    def _answer(self, term: Term) -> str:
        if is_open(term):
            return "open"
        answers = {self._bound(part, self.profile["none"]) for part in alternatives(term)}
        if "missing" in answers:
            answers = (answers - {"missing"}) | {self._without()}
        if answers <= {"missing", "none"}:
            self.reasons |= answers
            return "yes"
        tag = answers.pop() if len(answers) == 1 else "undecided"
        return tag if self.site.grants(tag) else "yes"

    def _bound(self, term: Term, none: str) -> str:
        """What a closed value of a time-out means: ``missing``, ``none``, or a tag that exempts."""
        kind = term[0]
        if term == ABSENT:
            return "missing"
        if kind == "const":
            return "timeout" if term[1] is not None else "none" if none == "forever" else "missing"
        if kind == "list":  # requests: (connect, read)
            parts = [self._bound(part, none) for part in term[1]]
            return "none" if "none" in parts else "undecided" if "undecided" in parts else "timeout"
        if kind == "made":
            unlimited = table("http")["timeouts"].get(term[1])
            if unlimited is None:  # a number, or an object of some class; a function might as well return None
                number = term[1] in ("int", "float", "min", "max", "round", "abs")
                return "timeout" if number or term[1].rpartition(".")[2][:1].isupper() else "undecided"
            if any(name in ("*", "**") for name, _ in term[2]):
                return "undecided"
            limits = [value for name, value in term[2] if type(name) is int or name in unlimited]
            return "none" if all(self._bound(value, "forever") == "none" for value in limits) else "timeout"
        return "undecided"

    def _without(self) -> str:
        """What holds where the call gives no time-out: its session's, or the library's."""
        profile = self.profile
        if profile["library"] == "requests" and self._overrides():
            return "adapter"
        if "default_s" in profile and profile["default_s"] < PATIENT_S and "session" not in profile:
            return "library"
        operation = profile.get("session")
        if operation is None:
            return "missing"
        found = self._makers(operation)
        if found is None:
            return "undecided"
        answers = set()
        for path, scope, made in found:
            value = self._keyword(path, scope, made)
            answers.add(self._bound(value, profile.get("session_none", profile["none"])))
        if answers == {"missing"} and profile.get("default_s", PATIENT_S) < PATIENT_S:
            return "library"
        if answers == {"missing", "none"} and "default_s" not in profile:
            return "missing"
        if len(answers) > 1:
            return "undecided"
        return "session" if answers == {"timeout"} else answers.pop()

    def _keyword(self, path: str, scope: str, made: Expr) -> Term:
        profile = self.profile
        name, position = profile["session_parameter"], profile.get("session_position")
        for word, value in made[3]:
            if word == name:
                return self.flow.reduction.expr(path, scope, value)
        if position is not None and position < len(made[2]):
            return self.flow.reduction.expr(path, scope, made[2][position])
        return ("unknown", "") if any(word == "**" for word, _ in made[3]) or None in made[2] else ABSENT

    # -- the session

    def _base(self) -> Expr:
        callee = self.site.callee
        return callee[1] if callee is not None and callee[0] == "a" else None

    def _overrides(self) -> bool:
        """Whether the session is of a class of the project that has its own ``request`` or ``send``."""
        values = self.names.resolve(*self.site.place, self._base())
        return any(self._has(value, ("request", "send")) for value in values)

    def _has(self, value: Any, methods: tuple[str, ...]) -> bool:
        if value[0] not in ("inst", "self", "cls"):
            return False
        classes = [self.names.class_of(node) for node in self.names.ancestors((value[1], value[2]))]
        return any(class_ is not None and any(name in class_.attributes for name in methods) for class_ in classes)

    def _makers(self, operation: str) -> list[Maker] | None:
        """The calls of ``operation`` that make the object whose method the site calls; None where any is not seen."""
        return makers(self.flow, (*self.site.place, self._base()), frozenset({operation}))

    # -- what holds for the whole process

    def _process_wide(self, entry: str) -> str:
        """The tag of what bounds the call wherever the module ``entry`` is loaded, "" where nothing does."""
        library = self.profile["library"]
        if library in self.process["libraries"] and self.site.grants("process") and self._sets_default(entry):
            return "process"
        if library == "requests" and self.site.grants("adapter") and (self._mounts(entry) or self._patches(entry)):
            return "adapter"
        return ""

    def _sets_default(self, entry: str) -> bool:
        loaded = self.flow.program.imported(entry)
        operation = self.process["operation"]
        return any(
            at in loaded
            and call.args[:1] != (("k", None),)
            and ("ext", operation) in self.names.resolve(at, scope, call.callee)
            for at, scope, call in self.names.index().get(operation.rpartition(".")[2], ())
        )

    def _mounts(self, entry: str) -> bool:
        """Whether a session of requests is given a transport adapter that may set a time-out of its own."""
        if "mount" not in self.profile.get("session_methods", ()):
            return False
        loaded = self.flow.program.imported(entry)
        for at, scope, call in self.names.index().get("mount", ()):
            if at not in loaded or len(call.args) < 2:
                continue
            adapters = self.names.resolve(at, scope, call.args[1])
            if all(self._keeps(value) for value in adapters) and adapters:
                continue
            if self._of_requests(self.names.resolve(at, scope, call.callee)) and self._through(
                (at, scope, call.callee[1])
            ):
                return True
        return False

    def _of_requests(self, values: Values) -> bool:
        return any(value[0] == "ext" and value[1].startswith("requests") for value in values)

    def _keeps(self, value: Any) -> bool:
        """Whether an adapter leaves the time-out to the call: requests' own, or one with its ``send``."""
        if value == ("ext", "requests.adapters.HTTPAdapter()"):
            return True
        if value[0] != "inst" or self._has(value, ("send",)):
            return False
        bases = [base for node in self.names.ancestors((value[1], value[2])) for base in self.names.bases(node)]
        return all(base[0] == "cls" or base == ("ext", "requests.adapters.HTTPAdapter") for base in bases)

    def _patches(self, entry: str) -> bool:
        """Whether a function or method is replaced: ``session.request = partial(session.request, timeout=5)``."""
        loaded = self.flow.program.imported(entry)
        method = self.site.operation.rpartition(".")[2]
        for name in sorted({"request", "send", method}):
            for path, scope, target in self.flow.reduction.stores(name):
                if target[0] != "a" or path not in loaded:
                    continue
                values = self.names.resolve(path, scope, target[1])
                if not values and name != method:
                    return True
                if self._of_requests(values) and (
                    not all(value[1].endswith("()") for value in values) or self._through((path, scope, target[1]))
                ):
                    return True
        return False

    def _through(self, session: Maker) -> bool:
        """Whether the call may go through this very session. What gets by without one makes one of its own."""
        constructor, called, _ = self.site.operation.rpartition("()")
        if not called:
            return False
        own = self._makers(constructor)
        others = makers(self.flow, session, frozenset({constructor}))
        if own is None or others is None:
            return True
        # Calls that are written alike are told apart by their Exprs: one object for each place in the source.
        return any(one[2] is other[2] for one in own for other in others)
