"""Records that an entry point drops by its first test, and the filter of the event source that would not deliver them.

Only what is plain is judged: one loop over the records in the handler itself, a test of parts of the record against
constants, and a branch that does nothing but go on with the next record. The test is read with ``ast``; values bound
before it in the loop are followed.
"""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING, Any

from lambdalint.records import NamedTuple
from lambdalint.source.polled import pollers
from lambdalint.source.skeleton import SourceError, children, read
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lambdalint.model import Location
    from lambdalint.source.polled import Poller
    from lambdalint.source.views import FunctionView

FILTERS_LIMIT = 5  # filters of one event source mapping, each an alternative
VALUES_LIMIT = 20

_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "print"})
# Steps of a path that are no keys.
_JSON = ("json",)
_BASE64 = ("base64",)
_ALWAYS = frozenset({"eventName", "eventSource", "messageId", "eventID"})  # keys that every record has
_COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}

Path = tuple[str, ...]
Pattern = dict[Path, list[Any]]


class Dropped(NamedTuple):
    """A test that drops records: where it stands, the event source, and the criteria that say the same (JSON)."""

    location: Location
    poller: Poller
    criteria: str


class _Undecided(Exception):
    """A test that no filter says."""


def dropped(view: FunctionView) -> Dropped | None:
    """The first test of an entry point's loop over its records, where a filter can say it; None where none can."""
    every = [event for function in view.functions for event in function.events if "supposed" not in event.settings]
    found = [item for item in pollers(view) if item.event in every]
    if not view.grants("no-mapping"):
        found = found or list(_others(view))
    kinds = {item.event.kind for item in found}
    if len(kinds) != 1 or any(event.kind in ("s3", "sns", "ses") for event in every if event.kind not in kinds):
        return None
    if view.grants("filtered") and any(not item.event.setting("filters").unwritten for item in found):
        return None
    definition = view.flow.names.definition(view.entry.node)
    tree = _tree(view)
    if definition is None or tree is None or not definition.params:
        return None
    handler = next((node for node in _definitions(tree) if node.lineno == definition.line), None)
    if handler is None or handler.name != definition.name:
        return None
    test = _Handler(view, tree, handler, kinds.pop()).test()
    if test is None:
        return None
    node, criteria = test
    span = (node.lineno, node.col_offset, node.test.end_lineno, node.test.end_col_offset)
    return Dropped(view.span(view.entry.node[0], span), found[0], criteria)


def _others(view: FunctionView) -> Iterator[Poller]:
    """What the exemption of sources without mapping leaves out."""
    from lambdalint.source.polled import Poller

    for function in view.functions:
        for event in function.events:
            if event.kind in ("s3", "sns") and event.location is not None:
                yield Poller(function, event, event.location)


def _tree(view: FunctionView) -> Any:
    path, program = view.entry.node[0], view.flow.program
    try:
        return read(program.source(path), path, program.runtime)[0]
    except (SourceError, Unreadable):
        return None


def _definitions(tree: Any) -> Iterator[Any]:
    stack = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif isinstance(node, (ast.ClassDef, ast.If, ast.Try)):
            stack.extend(node.body)


class _Handler:
    """One handler: its loop over the records and the first test in it."""

    def __init__(self, view: FunctionView, tree: Any, handler: Any, kind: str) -> None:
        self.view = view
        self.tree = tree
        self.handler = handler
        self.kind = kind
        self.event = (handler.args.posonlyargs + handler.args.args)[0].arg
        self.bound: dict[str, Any] = {}
        self.record = ""

    def test(self) -> tuple[Any, str] | None:
        """The statement that drops records, and the criteria; None where there is none, or no filter says it."""
        loops = [loop for loop in self._loops(self.handler.body) if self._is_records(loop.iter)]
        if len(loops) != 1 or not isinstance(loops[0].target, ast.Name) or loops[0].orelse:
            return None
        loop = loops[0]
        if self._used_elsewhere(loop):
            return None
        self.record = loop.target.id
        for position, statement in enumerate(loop.body):
            if isinstance(statement, ast.Assign) and self._binds(statement):
                continue
            if not isinstance(statement, ast.If):
                if _is_log(statement):
                    continue
                return None  # it does something with every record
            rest = loop.body[position + 1 :]
            kept = self._kept(statement, rest)
            if kept is None:
                return None
            try:
                return statement, self._criteria(statement.test, positive=kept)
            except _Undecided:
                return None
        return None

    def _loops(self, statements: Sequence[Any]) -> Iterator[Any]:
        """The loops that run in any case, with what is bound before them noted."""
        for statement in statements:
            if isinstance(statement, ast.For):
                yield statement
            elif isinstance(statement, (ast.Try, ast.With)):
                yield from self._loops(statement.body)
            elif isinstance(statement, ast.Assign):
                self._binds(statement)

    def _binds(self, statement: Any) -> bool:
        """Whether an assignment only gives a name to a part of what came in; the name is noted."""
        (target,) = statement.targets[:1]
        if len(statement.targets) != 1 or not isinstance(target, ast.Name) or not self._is_plain(statement.value):
            return False
        self.bound[target.id] = statement.value
        return True

    def _is_plain(self, node: Any) -> bool:
        """Whether an expression only takes something out of a value, or decodes it."""
        if isinstance(node, (ast.Name, ast.Constant)):
            return True
        if isinstance(node, ast.Subscript):
            return self._is_plain(node.value) and self._is_plain(node.slice)
        if isinstance(node, ast.Attribute):
            return self._is_plain(node.value)
        if isinstance(node, ast.Call) and not node.keywords:
            names = ("get", "decode", "loads", "b64decode", "lower", "upper", "strip", "split", "str", "int", "float")
            return _tail(node.func) in names and all(self._is_plain(part) for part in (node.func, *node.args))
        if isinstance(node, ast.BoolOp):
            return all(self._is_plain(part) for part in node.values)
        return isinstance(node, (ast.Dict, ast.List)) and not children(node)

    def _is_records(self, node: Any) -> bool:
        """Whether an expression is the list of records of the event."""
        for _ in range(4):
            if isinstance(node, ast.Name) and node.id in self.bound:
                node = self.bound[node.id]
            elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):  # event.get("Records") or []
                node = node.values[0]
        if (
            isinstance(node, ast.Call)
            and _tail(node.func) == "get"
            and isinstance(node.func, ast.Attribute)
            and node.args
        ):
            owner, key = node.func.value, node.args[0]
        elif isinstance(node, ast.Subscript):
            owner, key = node.value, node.slice
        else:
            return False
        return isinstance(owner, ast.Name) and owner.id == self.event and getattr(key, "value", None) == "Records"

    def _used_elsewhere(self, loop: Any) -> bool:
        """Whether more than the loop looks at the event or its records, logs apart."""
        names = {self.event} | {name for name in self.bound if self._is_records(self.bound[name])}
        stack: list[Any] = list(self.handler.body)
        while stack:
            node = stack.pop()
            if node is loop:
                stack.extend(node.body)
                continue
            if _is_log(node) or (isinstance(node, ast.Call) and _tail(node.func) == "len"):
                continue
            if isinstance(node, ast.Assign) and self._is_records(node.value):
                continue
            if isinstance(node, ast.If) and isinstance(node.test, ast.UnaryOp) and self._is_records(node.test.operand):
                stack.extend([*node.body, *node.orelse])  # nothing to do without records
                continue
            if isinstance(node, ast.Name) and node.id in names:
                return True
            stack.extend(children(node))
        return False

    def _kept(self, statement: Any, rest: Sequence[Any]) -> bool | None:
        """Whether records are kept for which the test holds; None where neither branch drops them."""
        if statement.body and isinstance(statement.body[-1], ast.Continue) and not statement.orelse and rest:
            return False if self._only_logs(statement.body[:-1]) else None
        if rest and not all(_is_log(item) for item in rest):
            return None
        return True if self._only_logs(statement.orelse) and not self._only_logs(statement.body) else None

    def _only_logs(self, statements: Sequence[Any]) -> bool:
        """Whether a branch does nothing that anybody would miss."""
        if not self.view.grants("counted"):
            return True
        return all(isinstance(item, (ast.Continue, ast.Pass)) or _is_log(item) for item in statements)

    # -- what a filter says

    def _criteria(self, test: Any, *, positive: bool) -> str:
        import json  # only for those who drop records

        patterns = self._patterns(test, positive)
        if not patterns or len(patterns) > FILTERS_LIMIT:
            raise _Undecided
        filters = [{"Pattern": json.dumps(_nested(pattern), sort_keys=True)} for pattern in patterns]
        return json.dumps({"Filters": filters})

    def _patterns(self, test: Any, positive: bool) -> list[Pattern]:
        """The alternatives of which one holds where the test does (or does not)."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._patterns(test.operand, not positive)
        if isinstance(test, ast.BoolOp):
            parts = [self._patterns(part, positive) for part in test.values]
            if isinstance(test.op, ast.And) is not positive:
                return [pattern for part in parts for pattern in part]
            found: list[Pattern] = [{}]
            for part in parts:
                found = [_both(one, other) for one in found for other in part]
                if len(found) > FILTERS_LIMIT:
                    raise _Undecided
            return found
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return [self._compared(test.left, test.ops[0], test.comparators[0], positive)]
        if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and positive and len(test.args) == 1:
            operator = {"startswith": "prefix", "endswith": "suffix"}.get(test.func.attr)
            (end,) = self._constants(test.args[0])[:1]
            if operator is not None and isinstance(end, str):
                path, _ = self._path(test.func.value)
                return [{path: [{operator: end}]}]
        raise _Undecided

    def _compared(self, left: Any, operator: Any, right: Any, positive: bool) -> Pattern:
        kind = type(operator)
        if kind in _COMPARED:
            sign = _COMPARED[kind]
            if isinstance(left, ast.Constant):
                left, right, sign = right, left, _SWAPPED[sign]
            (number,) = self._constants(right)[:1]
            path, _ = self._path(left)
            if type(number) not in (int, float) or self.kind == "dynamodb":  # whose numbers are texts
                raise _Undecided
            return {path: [{"numeric": [sign if positive else _NEGATED[sign], number]}]}
        if kind in (ast.Eq, ast.NotEq, ast.Is, ast.IsNot):
            if isinstance(left, ast.Constant):
                left, right = right, left
            values = self._constants(right)
            equal = kind in (ast.Eq, ast.Is)
            if isinstance(right, (ast.Tuple, ast.List, ast.Set)) or len(values) != 1:
                raise _Undecided
        elif kind in (ast.In, ast.NotIn):
            values = self._constants(right)
            equal = kind is ast.In
            if isinstance(right, ast.Constant):  # a part of a text
                raise _Undecided
        else:
            raise _Undecided
        path, certain = self._path(left)
        if equal is positive:
            return {path: list(values)}
        # a filter with anything-but wants the key to be there
        if not certain or not all(isinstance(value, str) for value in values):
            raise _Undecided
        return {path: [{"anything-but": list(values)}]}

    def _constants(self, node: Any) -> tuple[Any, ...]:
        """The constants that a value or collection is made of."""
        if isinstance(node, ast.Name):
            bound = [
                statement.value
                for statement in self.tree.body
                if isinstance(statement, ast.Assign)
                for target in statement.targets
                if isinstance(target, ast.Name) and target.id == node.id
            ]
            if len(bound) != 1 or node.id in self.bound or isinstance(bound[0], ast.Name):
                raise _Undecided
            return self._constants(bound[0])
        if isinstance(node, ast.Call) and _tail(node.func) in ("frozenset", "set", "tuple") and len(node.args) == 1:
            node = node.args[0]
        parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
        values = tuple(part.value for part in parts if isinstance(part, ast.Constant))
        if len(values) != len(parts) or not values or len(values) > VALUES_LIMIT:
            raise _Undecided
        if not all(value is None or type(value) in (str, int, bool) for value in values):
            raise _Undecided
        return values

    def _path(self, node: Any) -> tuple[Path, bool]:
        """The keys of a filter for a part of the record, and whether the part is there in any case."""
        steps, certain = self._steps(node)
        keys = [step for step in steps if type(step) is str]
        decodings = [(place, step) for place, step in enumerate(steps) if type(step) is not str]
        if not keys or keys[0] in ("eventSource", "EventSource", "eventSourceARN"):
            raise _Undecided  # by the mapping, all records are of one source
        certain = certain or tuple(keys) in {(name,) for name in _ALWAYS}
        if self.kind == "kinesis" and keys[0] == "kinesis":
            keys = keys[1:]
            told = decodings == [(2, _BASE64), (3, _JSON)] if keys[:1] == ["data"] else not decodings
            if not told or not keys or (keys[0] == "data" and len(keys) < 2):
                raise _Undecided
        elif self.kind == "sqs" and keys[0] == "body":
            if (
                decodings not in ([], [(1, _JSON)])
                or (decodings and len(keys) < 2)
                or (not decodings and len(keys) > 1)
            ):
                raise _Undecided
        elif decodings or (self.kind == "dynamodb" and keys[0] == "dynamodb" and len(keys) < 3):
            raise _Undecided
        return tuple(keys), certain

    def _steps(self, node: Any, depth: int = 0) -> tuple[list[Any], bool]:
        """Keys and decodings from the record to a part of it, and whether the code could not do without it."""
        if depth > 20:
            raise _Undecided
        if isinstance(node, ast.Name):
            if node.id == self.record:
                return [], True
            if node.id in self.bound:
                return self._steps(self.bound[node.id], depth + 1)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is str:
            steps, certain = self._steps(node.value, depth + 1)
            return [*steps, node.slice.value], certain
        elif isinstance(node, ast.Call):
            tail = _tail(node.func)
            if isinstance(node.func, ast.Attribute):
                owner = node.func.value
                key = getattr(node.args[0], "value", None) if node.args else None
                if tail == "get" and type(key) is str:
                    if len(node.args) > 1 and not self._is_nothing(node.args[1]):
                        raise _Undecided
                    steps, _ = self._steps(owner, depth + 1)
                    return [*steps, key], False
                if tail == "decode":
                    return self._steps(owner, depth + 1)
            decoding = {"loads": _JSON, "b64decode": _BASE64}.get(tail)
            if decoding is not None and len(node.args) == 1:
                steps, certain = self._steps(node.args[0], depth + 1)
                return [*steps, decoding], certain
        raise _Undecided

    @staticmethod
    def _is_nothing(node: Any) -> bool:
        """Whether a default is nothing that a test could be looking for."""
        return (isinstance(node, ast.Dict) and not node.keys) or (isinstance(node, ast.Constant) and not node.value)


def _tail(node: Any) -> str:
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def _is_log(statement: Any) -> bool:
    """Whether a statement only logs."""
    value: Any = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(value, ast.Constant):
        return True  # a docstring or comment
    return isinstance(value, ast.Call) and _tail(value.func) in _LOGGING


def _both(one: Pattern, other: Pattern) -> Pattern:
    """The pattern that asks for both."""
    if one.keys() & other.keys():
        raise _Undecided
    return {**one, **other}


def _nested(pattern: Mapping[Path, list[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, values in pattern.items():
        inner = found
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise _Undecided
        if path[-1] in inner:
            raise _Undecided
        inner[path[-1]] = values
    return found
