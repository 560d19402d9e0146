"""bytes → what a module imports, when, and whether it can do without: by syntax, for one target.

A skeleton lists imports for names and calls; what is deployed asks more of each: whether it happens when the module is
loaded or when a function runs, what a test of the version or platform decides on the target, and what an ``except
ImportError`` falls back on. Expressions hardly matter for that, so this takes little more than the parser does.
"""

from __future__ import annotations

import _ast as ast
import builtins
from collections.abc import Iterable, Mapping

from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.skeleton import SourceError, children, parse, read, tail_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INIT = "init"  # when the module is loaded
MAYBE = "maybe"  # then too, if something holds that nobody can tell
LATER = "later"  # in the body of a function
# A line that may import; then the start of one that begins a statement of the module.
_IMPORT = regex(rb"[ \t]*(?:import|from)\b|.*(?:import_module|__import__|[;:][ \t]*(?:import|from)\b)")
_STATEMENT = regex(rb"\n(?=[A-Za-z_@])(?!(?:else|elif|except|finally|case)\b)")
NAME_LIMIT = 1_000  # characters of a module's name, for all above it are looked for, too; longer ones are left out
DEPTH_LIMIT = 100  # of nested statements, as the tokenizer has it


class Target(NamedTuple):
    """What runs the code. ``version`` is None where it is not known, and so is ``machine`` (``x86_64``, ``aarch64``).

    ``disabled`` are tags of exemptions that are not granted, for the tests: ``guarded`` (what catches the failure of an
    import), ``typing`` (what only type checkers execute), ``target`` (what the version or platform decides),
    ``undecided`` (other conditions), ``deferred`` (bodies of functions).
    """

    version: tuple[int, int] | None = None
    machine: str | None = None
    disabled: frozenset[str] = frozenset()


class Import(NamedTuple):
    """One import. ``when`` is one of the constants above.

    ``group`` numbers the ``try`` that would catch its failure, 0 where none would. ``after`` is that of the ``try`` on
    whose outcome it depends: positive where it happens only if an import of that group failed, negative where only if
    none did, 0 where it depends on none. ``scope`` is the function that holds it, "" outside of any.
    """

    level: int
    module: str
    attribute: str | None
    line: int
    when: str
    group: int = 0
    after: int = 0
    scope: str = ""


class Imports(NamedTuple):
    """What one module imports, in the order of its statements.

    ``lazy`` maps names that a module-level ``__getattr__`` provides to (level, module) where the code tells, and is
    None where there is no such function; ``dynamic`` are the lines of imports by computed names, with when they happen;
    ``changes_path`` tells that it touches ``sys.path``, ``extends`` that its package continues in other directories,
    ``makes_modules`` that it may put modules in place which are no files.
    """

    found: tuple[Import, ...]
    lazy: Mapping[str, tuple[int, str]] | None = None
    dynamic: tuple[tuple[int, str], ...] = ()
    changes_path: bool = False
    extends: bool = False
    makes_modules: bool = False


def imports(source: bytes, path: str, target: Target) -> Imports:
    """The imports of one module.

    Raises:
        SourceError: it cannot be parsed.
    """
    tree, text = _parsed(source, path, target)
    reader = _Reader(target, calls=b"import_module" in text or b"__import__" in text)
    reader.block(tree.body, INIT, 0, 0, "", 0)
    provides = reader.provides or b"sys.modules[__name__]" in text
    lazy = {**reader.strings, **reader.typing} if provides else None
    return Imports(
        tuple([item for item in reader.found if len(item.module) <= NAME_LIMIT]),
        lazy,
        tuple(reader.dynamic),
        b"sys.path" in text,
        b"extend_path" in text or b"declare_namespace" in text,
        b"sys.modules" in text or b"meta_path" in text,
    )


def _parsed(source: bytes, path: str, target: Target) -> tuple[ast.Module, bytes]:
    """The syntax tree of a module as far as it can matter, and all of its text.

    Four fifths of the time are the parser's, and after their last import modules have no more to say: of the 16 MB that
    boto3, pandas and openai load, 7 are not parsed that way.
    """
    end = 0 if b"__getattr__" in source or b"sys.modules" in source else _end_of_imports(source)
    if end:
        try:
            return parse(source[:end], path), source
        except SourceError:
            pass  # the cut went through a string or a statement, or the syntax is newer
    return read(source, path, target.version)


def _end_of_imports(source: bytes) -> int:
    """Where the statement of the module that holds its last import ends, as far as lines tell; 0 for the end."""
    at = len(source)
    while (at := source.rfind(b"import", 0, at)) >= 0:
        line = source.rfind(b"\n", 0, at) + 1
        if _IMPORT.match(source, line):
            break
        at = line
    following = _STATEMENT.search(source, max(at, 0))
    return following.start() + 1 if following is not None else 0


class _Reader:
    def __init__(self, target: Target, *, calls: bool) -> None:
        self.target = target
        self.calls = calls  # whether calls may import
        self.found: list[Import] = []
        self.dynamic: list[tuple[int, str]] = []
        self.typing: dict[str, tuple[int, str]] = {}
        self.strings: dict[str, tuple[int, str]] = {}
        self.provides = False
        self.groups = 0
        self.facts: dict[str, bool] = {}  # module-level names of conditions
        self.names: dict[str, list[str]] = {}  # names of tuples of strings, and variables of loops over them

    def block(self, body: Iterable[Any], when: str, group: int, after: int, scope: str, depth: int) -> None:
        if depth > DEPTH_LIMIT:
            return
        for node in body:
            self.statement(node, when, group, after, scope, depth)

    def statement(self, node: Any, when: str, group: int, after: int, scope: str, depth: int) -> None:
        kind = type(node)
        if kind is ast.Import:
            for alias in node.names:
                self.found.append(Import(0, alias.name, None, node.lineno, when, group, after, scope))
        elif kind is ast.ImportFrom:
            for alias in node.names:
                self.found.append(
                    Import(node.level, node.module or "", alias.name, node.lineno, when, group, after, scope)
                )
        elif kind is ast.If:
            self.if_(node, when, group, after, scope, depth)
        elif kind is ast.Try or kind.__name__ == "TryStar":
            self.try_(node, when, group, after, scope, depth)
        elif kind in (ast.FunctionDef, ast.AsyncFunctionDef):
            self.provides = self.provides or (node.name == "__getattr__" and not scope)
            inner = f"{scope}.{node.name}" if scope else node.name
            self.expressions([*node.decorator_list, node.args], when, group, after, scope)
            # what catches a failure here does not catch one when the function runs
            later = LATER if "deferred" not in self.target.disabled else INIT
            self.block(node.body, later, 0, 0, inner, depth + 1)
        elif kind is ast.ClassDef:
            self.expressions([*node.decorator_list, *node.bases], when, group, after, scope)
            self.block(node.body, when, group, after, f"{scope}.{node.name}" if scope else "", depth + 1)
        elif kind in (ast.With, ast.AsyncWith):
            self.expressions([item.context_expr for item in node.items], when, group, after, scope)
            if any(_suppresses(item.context_expr) for item in node.items):
                group = self.group() or group
            self.block(node.body, when, group, after, scope, depth + 1)
        elif kind in (ast.For, ast.AsyncFor, ast.While):
            self.expressions([node.test if kind is ast.While else node.iter], when, group, after, scope)
            certain = kind is ast.For and self.loop(node)
            self.block(node.body, when if certain else self.maybe(when), group, after, scope, depth + 1)
            self.block(node.orelse, self.maybe(when), group, after, scope, depth + 1)
        elif kind.__name__ == "Match":
            for case in node.cases:
                self.block(case.body, self.maybe(when), group, after, scope, depth + 1)
        else:
            if kind in (ast.Assign, ast.AnnAssign) and when == INIT and not scope:
                self.assign(node)
            self.expressions([node], when, group, after, scope)

    def assign(self, node: Any) -> None:
        """Note names that stand for a condition, and tables of what a ``__getattr__`` provides."""
        if node.value is None:
            return
        if type(node.value) is ast.Dict:
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                self.provided(key, value)
        verdict = self.holds(node.value)
        texts = _texts(node.value) if type(node.value) in (ast.Tuple, ast.List) else []
        for item in node.targets if type(node) is ast.Assign else [node.target]:
            if type(item) is ast.Name:
                self.names[item.id] = texts
                if verdict is None:
                    self.facts.pop(item.id, None)
                else:
                    self.facts[item.id] = verdict

    def provided(self, key: Any, value: Any) -> None:
        """``"Name": ".module"``, ``"Name": ("package", ".module")`` and ``".module": ["Name", …]``."""
        if type(key) is not ast.Constant or type(key.value) is not str:
            return
        texts = _texts(value)
        if type(value) is ast.List:
            for name in texts:
                self.strings.setdefault(name, _module(key.value))
        elif texts:
            self.strings.setdefault(key.value, _module(texts[-1]))

    def loop(self, node: Any) -> bool:
        """Note what the variable of a loop over strings is; whether the loop is executed for sure."""
        if type(node.target) is not ast.Name:
            return False
        texts = self.names.get(node.iter.id, []) if type(node.iter) is ast.Name else _texts(node.iter)
        self.names[node.target.id] = texts
        return bool(texts)

    def if_(self, node: Any, when: str, group: int, after: int, scope: str, depth: int) -> None:
        typing = _is_type_checking(node.test)
        for inner in node.body if typing else ():
            if type(inner) is ast.ImportFrom:
                for alias in inner.names:
                    self.typing[alias.asname or alias.name] = (inner.level, inner.module or "")
        self.expressions([node.test], when, group, after, scope)
        verdict = self.holds(node.test)
        taken = verdict is True or (verdict is False and ("typing" if typing else "target") in self.target.disabled)
        if taken or verdict is None:
            self.block(node.body, when if taken else self.maybe(when), group, after, scope, depth + 1)
        if verdict is not True:
            self.block(node.orelse, when if verdict is False else self.maybe(when), group, after, scope, depth + 1)

    def maybe(self, when: str) -> str:
        """``when`` below a condition that nobody can tell."""
        return MAYBE if when == INIT and "undecided" not in self.target.disabled else when

    def group(self) -> int:
        """The number of a try statement, 0 for none."""
        if "guarded" in self.target.disabled:
            return 0
        self.groups += 1
        return self.groups

    def try_(self, node: Any, when: str, group: int, after: int, scope: str, depth: int) -> None:
        catching = [handler for handler in node.handlers if _catches(handler.type)]
        number = 0
        if catching and not _ends(catching[0].body):
            number = self.group()
        if number and after:
            # it hangs on two outcomes; one of them decides only whether it may happen
            self.block(node.body, self.maybe(when), number, 0, scope, depth + 1)
        else:
            self.block(node.body, when, number or group, after, scope, depth + 1)
        asked = node.body[0].value if len(node.body) == 1 and type(node.body[0]) is ast.Expr else None
        unbound = type(asked) is ast.Name and not hasattr(builtins, asked.id)  # set, what Python 2.3 had in a module
        for handler in node.handlers:
            if unbound and handler.type is not None and tail_of(handler.type) == "NameError":
                # the way to ask whether a name is bound, which then is not
                self.block(handler.body, when, group, after, scope, depth + 1)
            elif number and handler is catching[0]:
                self.block(handler.body, when if not after else self.maybe(when), group, number, scope, depth + 1)
            else:
                self.block(handler.body, self.maybe(when), group, after, scope, depth + 1)
        if number:
            self.block(node.orelse, when if not after else self.maybe(when), group, -number, scope, depth + 1)
        else:
            self.block(node.orelse, when, group, after, scope, depth + 1)
        self.block(node.finalbody, when, group, after, scope, depth + 1)

    # -- calls

    def expressions(self, nodes: Iterable[Any], when: str, group: int, after: int, scope: str) -> None:
        if not self.calls:
            return
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if type(node) is ast.Call and tail_of(node.func) in ("import_module", "__import__"):
                self.call(node, when, group, after, scope)
            elif type(node) is ast.Lambda:
                when = LATER
            stack += children(node)

    def call(self, node: Any, when: str, group: int, after: int, scope: str) -> None:
        first = node.args[0] if node.args else None
        texts = self.names.get(first.id, []) if type(first) is ast.Name else _texts(first)
        if not any(texts):
            self.dynamic.append((node.lineno, when))
        for text in filter(None, texts):
            level, name = _module(text)
            self.found.append(Import(level, name, None, node.lineno, when, group, after, scope))

    # -- conditions

    def holds(self, test: Any) -> bool | None:
        """Whether a condition holds on the target, None where nobody can tell."""
        kind = type(test)
        if kind is ast.Constant:
            return bool(test.value)
        if kind is ast.UnaryOp and type(test.op) is ast.Not:
            verdict = self.holds(test.operand)
            return None if verdict is None else not verdict
        if kind is ast.BoolOp:
            verdicts = [self.holds(value) for value in test.values]
            decisive = type(test.op) is ast.Or
            if decisive in verdicts:
                return decisive
            return None if None in verdicts else not decisive
        if kind is ast.Name or kind is ast.Attribute:
            name = tail_of(test)
            if name in {"TYPE_CHECKING", "PY2"}:
                return False
            if name == "PY3":
                return True
            return self.facts.get(name) if kind is ast.Name else None
        if kind is ast.Call and type(test.func) is ast.Attribute and test.func.attr == "startswith" and test.args:
            left, texts = self.known(test.func.value), _texts(test.args[0])
            return left.startswith(tuple(texts)) if isinstance(left, str) and texts else None
        if kind is ast.Compare and len(test.ops) == 1:
            return self.compared(test.left, type(test.ops[0]), test.comparators[0])
        return None

    def compared(self, left: Any, operator: type, right: Any) -> bool | None:
        one, other = self.known(left), _literal(right)
        if one is None and other is None:
            one, other = self.known(right), _literal(left)
            operator = _MIRRORED.get(operator, operator)
        if one is None or other is None:
            return None
        if isinstance(one, tuple):
            if type(other) is not tuple or not all(type(item) in (int, str) for item in other):
                return None
            digits = tuple(item for item in other if type(item) is int)
            if operator in (ast.Eq, ast.NotEq):
                count = min(len(digits), len(one))
                if len(digits) > len(one):
                    return None
                one, digits = one[:count], digits[:count]
            elif len(digits) > 2:
                # (3, 9, 1): the target's patch release is not known, but it is a late one
                one = (*one, 99)
            other = digits
        if operator in (ast.In, ast.NotIn):
            return (one in other) is (operator is ast.In) if type(other) is tuple else None
        work = _COMPARISONS.get(operator)
        if work is None or type(one) is not type(other):
            return None
        return bool(work(one, other))

    def known(self, node: Any) -> Any:
        """What an expression about the interpreter or the system is on the target; None for anything else."""
        version = self.target.version
        kind = type(node)
        if kind is ast.Subscript and _dotted(node.value) in ("sys.version_info", "version_info") and version:
            index = node.slice
            if type(index) is ast.Constant and type(index.value) is int and index.value in (0, 1):
                return version[index.value]
            if type(index) is ast.Slice and index.lower is None and type(index.upper) is ast.Constant:
                return {"1": version[:1], "2": version}.get(str(index.upper.value))
            return None
        name = _dotted(node.func) + "()" if kind is ast.Call and not node.args else _dotted(node)
        if name in ("sys.version_info", "version_info"):
            return version
        if name in ("sys.version_info.major", "sys.version_info.minor"):
            return version and version[name.endswith("minor")]
        if name in ("platform.machine()", "machine()"):
            return self.target.machine
        return _FACTS.get(name)


_FACTS = {
    "sys.platform": "linux",
    "os.name": "posix",
    "platform.system()": "Linux",
    "platform.python_implementation()": "CPython",
    "sys.implementation.name": "cpython",
    "__name__": "",  # no module is __main__
}
_COMPARISONS: dict[type, Any] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_MIRRORED: dict[type, type] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}


def _is_type_checking(test: Any) -> bool:
    return type(test) in (ast.Name, ast.Attribute) and tail_of(test) == "TYPE_CHECKING"


def _dotted(node: Any) -> str:
    if type(node) is ast.Name:
        return str(node.id)
    if type(node) is ast.Attribute:
        base = _dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def _literal(node: Any) -> Any:
    """A constant, or a tuple of constants; None for anything else."""
    if type(node) is ast.Constant:
        return node.value
    if type(node) in (ast.Tuple, ast.List, ast.Set):
        found = tuple(item.value for item in node.elts if type(item) is ast.Constant)
        return found if len(found) == len(node.elts) else None
    return None


def _texts(node: Any) -> list[str]:
    """The strings of a constant or of a tuple or list that holds some."""
    items = node.elts if type(node) in (ast.Tuple, ast.List) else [node]
    return [item.value for item in items if type(item) is ast.Constant and type(item.value) is str]


def _module(text: str) -> tuple[int, str]:
    """(level, name) of ``..name``."""
    name = text.lstrip(".")
    return len(text) - len(name), name


def _suppresses(node: Any) -> bool:
    return type(node) is ast.Call and tail_of(node.func) == "suppress" and any(_catches(item) for item in node.args)


_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def _catches(kind: Any) -> bool:
    """Whether a handler of this type catches a failed import."""
    if kind is None:
        return True
    return any(tail_of(item) in _CAUGHT for item in (kind.elts if type(kind) is ast.Tuple else [kind]))


def _ends(body: list[Any]) -> bool:
    """Whether a handler goes on to fail: it raises or exits whatever happens."""
    for node in body:
        if type(node) is ast.Raise:
            return True
        if type(node) is ast.Expr and type(node.value) is ast.Call and _dotted(node.value.func) in _EXITS:
            return True
    return False


_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit"})
