"""Entry points that nothing declares: by decorators and wrappers that only an entry point carries, else by evidence.

Most files are only looked at as bytes: a file without a function that might be one is never parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lambdalint.data import table
from lambdalint.discover import is_test
from lambdalint.functions.declared import source_root
from lambdalint.model import Function
from lambdalint.patterns import as_bytes, holds, regex
from lambdalint.records import NamedTuple
from lambdalint.source.program import Program, join, parent
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.functions.handlers import Locator
    from lambdalint.source.names import Names, Node, Values
    from lambdalint.source.skeleton import CallRef, Def, Expr, Param, Skeleton

ENOUGH = 6  # points of evidence that make a function with a telling name an entry point
ENOUGH_UNNAMED = 7  # ... and one whose name says nothing
# Of lines: a pattern that begins with the end of the line before is looked for at memory's speed, one that begins with
# ^ at each byte (a third of the time of this module).
ASSIGNED = regex(rb"\n(\w+)[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*([\w.]+)")
IMPORT = regex(rb"import(?<=\bimport)(?=[\s(\\])")
DEFINED = regex(rb"\n(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\((?:[\s*,]|#[^\n]*\n)*(\w+)([^)]{0,200})")
# Programs that describe a deployment (CDK, Pulumi, troposphere, boto3) name handlers in keyword arguments and dicts.
NAMED = regex(rb"""andler(?<=\b[hH]andler)["']?[ \t]*[=:][ \t]*["']([\w./-]{1,200})\.(\w+)["']""")
WORD = regex(rb"\w+")
CONTEXTUAL = regex(rb"ontext|ct?xt|,\s*\*?_|,\s*(?:c|unused\w*|not_used)\s*(?:[,:=]|$)")


class Evidence(NamedTuple):
    """Points and what they are for, in words that follow "it"."""

    points: int
    reasons: tuple[str, ...]


class Vocabulary:
    """The tables that tell entry points from other functions, made ready for matching."""

    def __init__(self) -> None:
        calls = table("calls")
        entries = table("entry_points")
        self.entry: frozenset[str] = frozenset(calls["entry_point"])
        self.hint: frozenset[str] = frozenset(calls["entry_point_hint"])
        self.transparent: frozenset[str] = frozenset(calls["transparent"])
        self.inert: frozenset[str] = frozenset(calls["inert"]["entry"])
        self.foreign_modules: tuple[str, ...] = (*calls["inert"]["modules"], *entries["body"]["other_imports"])
        self.factories: dict[str, Any] = {
            name: spec for name, spec in calls["decorator_factories"].items() if spec["entry_point"]
        }
        self.wrappers: dict[str, Any] = {
            name: spec for name, spec in calls["wrappers"].items() if spec["result"] == "handler"
        }
        dispatchers: dict[str, Any] = calls["dispatchers"]
        # An object that can only be a handler: calling it is all that it is for.
        self.callable_objects = frozenset(
            f"{name}()"
            for name, spec in dispatchers.items()
            if spec.get("handler") and spec.get("dispatch") == ["__call__"] and not spec.get("custom_resource")
        ) | frozenset(
            f"{name}()" for name, spec in dispatchers.items() if spec.get("handler") and "entry_points" in spec
        )
        self.own_functions = {
            f"{name}().{method}": name for name, spec in dispatchers.items() for method in spec.get("entry_points", ())
        }
        self.registering = frozenset(
            f"{name}().{method}" for name, spec in dispatchers.items() for method in spec.get("registers", ())
        )
        self.handler_methods = frozenset(
            f"{name}().{method}" for name, spec in dispatchers.items() for method in spec.get("factory", ())
        )
        origins = {
            *self.entry,
            *self.factories,
            *self.wrappers,
            *self.handler_methods,
            *self.own_functions,
            *self.callable_objects,
        }
        self.packages = frozenset(name.split(".", 1)[0].encode() for name in origins)

        names = entries["names"]
        self.strong = regex(names["strong"])
        self._strong: dict[str, bool] = {}
        self._eventlike: dict[bytes, bool] = {}
        self.good = regex(names["good"])
        self.never = regex(names["never"])
        self.event = regex(names["event"])
        self.event_weak = regex(names["event_weak"])
        self.context = regex(names["context"])
        self.context_weak = regex(names["context_weak"])
        self.strong_file = regex(names["strong_file"])
        self.file = regex(names["file"])
        self.other_platform = regex(rf"(?:^|[-_./]){names['other_platform']}(?:[-_./]|$)")
        self.directory = regex(names["directory"])
        self.automation = regex(names["automation"])
        annotations = entries["annotations"]
        self.context_types = frozenset(annotations["context"])
        self.neutral_types = frozenset(annotations["neutral"])
        self.event_types = regex(annotations["event"])
        self.other_contexts = frozenset(annotations["other_contexts"])
        body = entries["body"]
        self.uses_context = regex(body["context"].encode())
        self.event_keys = tuple(mark + key.encode() + mark for key in body["event"] for mark in (b"'", b'"'))
        self.uses_other = regex(body["other"].encode())

    def is_strong(self, name: str) -> bool:
        """Whether a name alone says "entry point". The same few names are asked about in every module."""
        found = self._strong.get(name)
        if found is None:
            found = self._strong[name] = self.strong.fullmatch(_bare(name)) is not None
        return found

    def is_eventlike(self, name: bytes) -> bool:
        """Whether a parameter, as the source has it, may be called that for the event."""
        found = self._eventlike.get(name)
        if found is None:
            bare = _bare(name.decode("utf-8", "replace"))
            found = self._eventlike[name] = bool(self.event.fullmatch(bare) or self.event_weak.fullmatch(bare))
        return found


def _stem(path: str) -> str:
    """The last name of the module at ``path``."""
    return path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]


def _imported(data: bytes) -> set[bytes]:
    """The words of what looks like an import statement, where that begins a line or follows a colon or semicolon."""
    found: list[bytes] = []
    if holds(data, b"\\\n", b"\\\r\n"):
        data = data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
    before, *others = IMPORT.split(data)
    for after in others:
        line = before.rpartition(b"\n")[2]
        if not line or line.isspace() or holds(line, b";", b":") or line.lstrip().startswith(b"from"):
            names = after.lstrip(b" \t")
            found += (line, names.partition(b")" if names[:1] == b"(" else b"\n")[0])
        before = after
    return {*WORD.findall(b" ".join(found))}


def _bare(name: str) -> str:
    return name.strip("_").lower()


class Candidates:
    """Looks for entry points in the files of a project.

    Args:
        program, names, locator: of the run.
        covered: (path, name) of definitions that are declared already.
        foreign: directories whose functions belong to another cloud, and
        native: directories in which templates declare Lambda functions; the deeper one decides.
        templates: the directories that hold a template.
    """

    def __init__(
        self,
        program: Program,
        names: Names,
        locator: Locator,
        covered: set[Node],
        *,
        foreign: Sequence[str] = (),
        native: Sequence[str] = (),
        templates: Iterable[str] = (),
    ) -> None:
        self.program = program
        self.names = names
        self.locator = locator
        self.covered = covered
        self.foreign = frozenset(foreign)
        self.native = frozenset(native)
        self.template_directories = frozenset(templates)
        self.words = Vocabulary()
        self.functions: list[Function] = []
        self._importers: dict[str, list[str]] = {}  # last name of a module → files that may hand an event to it
        self._split: tuple[str, list[bytes]] = ("", [])  # the lines of the module that is looked at
        self._named: dict[tuple[str, str], list[str]] = {}  # (last part of a module, attribute) → files that name it

    def find(self, files: Sequence[str]) -> list[Function]:
        """The entry points in ``files`` that are not declared, in order."""
        chosen: list[tuple[str, bytes]] = []
        passing: list[tuple[str, bytes, set[bytes]]] = []
        for path in files:
            if is_test(path) or self._is_foreign(path):
                continue
            data = self._read(path)
            if data is None or holds(data[:64], b"\0"):
                continue
            imported = _imported(data)
            if holds(data, b"vent", b"evt"):
                passing.append((path, data, imported))
            if holds(data, b"andler"):
                for match in NAMED.finditer(data):
                    module = match[1].decode("utf-8", "replace").replace("/", ".").rpartition(".")[2]
                    self._named.setdefault((module, match[2].decode("utf-8", "replace")), []).append(path)
            if not imported.isdisjoint(self.words.packages) or self._promising(data):
                chosen.append((path, data))
            else:
                self.program.spare(path, data)
        stems = {as_bytes(_stem(path)): _stem(path) for path, _ in chosen}
        for path, data, imported in passing if stems else ():
            for word in sorted(imported & stems.keys()):
                self._importers.setdefault(stems[word], []).append(path)
                self.program.sources.setdefault(path, data)
        weighed: list[tuple[Skeleton, Def, tuple[str, ...]]] = []
        for path, data in chosen:
            self.program.sources.setdefault(path, data)
            skeleton = self.program.skeleton(path)
            if skeleton is None:
                continue
            self._objects(skeleton)
            weighed += self._definitions(skeleton)
        for skeleton, definition, reasons in weighed:
            if not self._internal(skeleton, definition):
                reason = f"it {_listed(reasons)}"
                self._add(skeleton.path, definition.name, definition.line, definition.qualname, "heuristic", reason)
        return self.functions

    # -- files

    def _read(self, path: str) -> bytes | None:
        found = self.program.sources.get(path)
        if found is not None:
            return found
        try:
            return self.program.taken(path)
        except Unreadable as error:
            self.program.failures.setdefault(path, error)
            return None

    def _is_foreign(self, path: str) -> bool:
        if not self.foreign:
            return False
        directory = parent(path)
        while True:
            if directory in self.native:
                return False
            if directory in self.foreign:
                return True
            if not directory:
                return False
            directory = parent(directory)

    def _promising(self, data: bytes) -> bool:
        """Whether a file may define an entry point, by its bytes alone; what is cheap to tell comes first."""
        text = b"\n" + data
        for match in DEFINED.finditer(text):
            if self._strong(match[1]):
                return True
            if (self.words.is_eventlike(match[2]) and CONTEXTUAL.search(match[3])) or holds(match[3], b"LambdaContext"):
                return True
        return holds(data, b"andler") and any(
            self._strong(match[1]) and not match[2].startswith(b"logging.") for match in ASSIGNED.finditer(text)
        )

    def _strong(self, name: bytes) -> bool:
        return self.words.is_strong(name.decode("utf-8", "replace"))

    # -- objects: handler = Mangum(app), app = Chalice(…), handler = builder.lambda_handler()

    def _objects(self, skeleton: Skeleton) -> None:
        path = skeleton.path
        imported = {as_bytes(module.split(".", 1)[0]) for level, module, *_ in skeleton.imports if not level}
        known = not imported.isdisjoint(self.words.packages)
        for name, bindings in skeleton.bindings.items():
            at_top = [expr for where, expr in bindings if not where]
            expr = at_top[-1] if at_top else None
            if expr is None:
                continue
            strong = self.words.is_strong(name)
            if not (known or strong) or (path, name) in self.covered:
                continue
            made = self._made(path, expr) if known and expr[0] == "c" else None
            if made is None and strong:
                made = self._strongly_bound(path, name, expr)
            if made is None:
                continue
            origin, reason = made
            target = self.locator.target(path, name)
            if target.path is None or target.line is None or target.qualname is None:
                continue
            self.covered |= target.nodes
            self._add(target.path, name, target.line, target.qualname, origin, reason, module=path)

    def _made(self, path: str, expr: Expr) -> tuple[str, str] | None:
        """Origin and reason where a call of something known makes an entry point."""
        for value in self.names.resolve(path, "", expr[1]):
            if value[0] == "ext":
                operation = value[1]
                if operation in self.words.wrappers or operation in self.words.handler_methods:
                    return "decorator", f"{operation} makes a Lambda handler"
                if operation in self.words.entry and self.locator.handed(path, expr):
                    return "decorator", f"{operation} wraps a Lambda handler"
                if f"{operation}()" in self.words.callable_objects:
                    origin = "chalice" if operation.startswith("chalice.") else "decorator"
                    return origin, f"{operation} is a Lambda handler itself"
            elif value[0] == "def" and self._is_factory((value[1], value[2])):
                return "decorator", f"{value[2]} is a decorator of Lambda handlers"
        return None

    def _strongly_bound(self, path: str, name: str, expr: Expr) -> tuple[str, str] | None:
        """Origin and reason where a name that says "entry point" is bound to what can be called like one."""
        if expr[0] == "c":
            inner = self.locator.handed(path, expr)
            if inner is not None and self._called_like_one(inner, 0):
                return "heuristic", f"{name} is bound to a wrapped function of event and context"
        elif expr[0] != "a" and not (expr[0] == "f" and expr[1].startswith("<lambda")):
            return None  # a definition is weighed by itself, an alias or import leads to one
        for value in self.names.resolve(path, "", ("n", name)):
            if value[0] == "inst":
                for method in self.names.attribute(value, "__call__"):
                    if method[0] == "bound" and self._called_like_one((method[1], method[2]), 1):
                        return "heuristic", f"{name} is bound to an object that is called with event and context"
            offset = {"def": 0, "bound": 1}.get(value[0])
            if offset is not None and self._called_like_one((value[1], value[2]), offset):
                return "heuristic", f"{name} is bound to a function of event and context"
        return None

    def _called_like_one(self, node: Node, offset: int) -> bool:
        definition = self.names.definition(node)
        return definition is not None and self._parameters(node[0], definition, offset) is not None

    def _is_factory(self, node: Node) -> bool:
        return any(operation in self.words.factories for operation in self.names.decorator_operations(node))

    # -- definitions

    def _definitions(self, skeleton: Skeleton) -> list[tuple[Skeleton, Def, tuple[str, ...]]]:
        """Adds the decorated entry points of a module; returns those that evidence speaks for."""
        weighed = []
        for definition in skeleton.defs.values():
            if definition.owner or definition.parent or definition.name == "<lambda>":
                continue
            if (skeleton.path, definition.qualname) in self.covered or not self._is_bound(skeleton, definition):
                continue
            decorated = self._decorated(skeleton.path, definition)
            if decorated is not None:
                origin, reason = decorated
                if origin:
                    self._add(skeleton.path, definition.name, definition.line, definition.qualname, origin, reason)
                continue
            reasons = self._weigh(skeleton, definition)
            if reasons is not None:
                weighed.append((skeleton, definition, reasons))
        return weighed

    @staticmethod
    def _is_bound(skeleton: Skeleton, definition: Def) -> bool:
        """Whether the module's name still stands for this definition once the module is loaded."""
        bound = [expr for where, expr in skeleton.bindings.get(definition.name, ()) if not where]
        return bool(bound) and bound[-1] == ("f", definition.qualname)

    def _decorated(self, path: str, definition: Def) -> tuple[str, str] | None:
        """Origin and reason where the decorators decide, two empty strings where they tell it is no entry point."""
        hinted = ""
        for values in self._decorators(path, definition):
            for value in values:
                if value[0] == "def" and self._is_factory((value[1], value[2])):
                    return "decorator", f"{value[2]} decorates it, which is made for Lambda handlers"
                if value[0] != "ext":
                    continue
                operation = value[1]
                if operation in self.words.own_functions:
                    origin = "chalice" if operation.startswith("chalice.") else "decorator"
                    return origin, f"{operation} makes it a function of its own"
                if operation in self.words.registering or operation in self.words.inert:
                    return "", ""
                if operation in self.words.entry and _takes_two(definition.params):
                    return "decorator", f"{operation} decorates it"
                if operation in self.words.hint:
                    hinted = operation
        reason = ""
        if hinted and self._parameters(path, definition) is not None:
            reason = f"{hinted} decorates it, and it takes event and context"
        elif definition.decorators and (self.words.is_strong(definition.name) or self._names_lambda(definition)):
            wrapper = self._put_around(path, definition)
            reason = f"it is named {definition.name}, and {wrapper} takes event and context for it" if wrapper else ""
        skeleton = self.program.skeleton(path) if reason else None
        if skeleton is not None and not self._internal(skeleton, definition):
            return "decorator", reason
        return None

    def _put_around(self, path: str, definition: Def) -> str:
        """The function of the project that a decorator puts around it, if that one is called like an entry point."""
        for decorator, values in self.names.decorator_values((path, definition.qualname)):
            made = list(values)
            for _ in range(2 if decorator is not None and decorator[0] == "c" else 1):
                made = [inner for value in made if value[0] == "def" for inner in self.names.result(value, (), ())]
            for value in made:
                if value[0] == "def" and value[1:3] != (path, definition.qualname):
                    return value[2] if self._called_like_one((value[1], value[2]), 0) else ""
        return ""

    def _names_lambda(self, definition: Def) -> bool:
        """Whether a name speaks of Lambda, and of what is called from outside."""
        name = _bare(definition.name)
        return "lambda" in name and bool(self.words.strong.fullmatch(name) or self.words.good.fullmatch(name))

    def _parameters(self, path: str, definition: Def, offset: int = 0) -> Evidence | None:
        """What the parameters say; None where they are not those of an entry point."""
        params = definition.params[offset:]
        if not _takes_two(params):
            return None
        first = params[0]
        if first.kind == "*":
            name = _bare(definition.name)
            told = self.words.strong.fullmatch(name) and "lambda" in name
            return Evidence(3, (f"takes *{first.name}",)) if told else None
        second = params[1] if len(params) > 1 and params[1].kind in ("", "*") else None
        if second is None:
            return None
        points = 0
        name = _bare(first.name)
        points += 2 if self.words.event.fullmatch(name) else 1 if self.words.event_weak.fullmatch(name) else 0
        event_like = points > 0
        name = _bare(second.name)
        by_context = 2 if self.words.context.fullmatch(name) else 0
        if not by_context and (second.kind or self.words.context_weak.fullmatch(name)):
            by_context = 1
        typed = self._context_type(path, definition, second)
        if typed is None:
            return None
        if not self._event_type(path, definition, first):
            return None
        name = _bare(definition.name)
        telling = self.words.strong.fullmatch(name) or self.words.good.fullmatch(name)
        if not (event_like or (typed and telling)) or not (by_context or typed):
            return None
        if sum(1 for param in params[2:] if param.kind == ""):
            points -= 1
        return Evidence(points + by_context + typed, (f"takes ({first.name}, {second.name})",))

    def _event_type(self, path: str, definition: Def, param: Param) -> bool:
        """Whether the first parameter's annotation allows for an event: a general type, an event's or the project's."""
        kind = _type_name(param.annotation)
        if kind is None or kind in self.words.neutral_types or self.words.event_types.fullmatch(kind):
            return True
        if self._names_lambda(definition):
            return True
        return any(value[0] == "cls" for value in self._named_type(path, definition, param))

    def _named_type(self, path: str, definition: Def, param: Param) -> Values:
        annotation = param.annotation
        named = annotation is not None and annotation[0] in ("n", "a")
        return self.names.resolve(path, definition.parent, annotation) if named else ()

    def _context_type(self, path: str, definition: Def, param: Param) -> int | None:
        """Points for the annotation of the second parameter; None where it is another framework's context."""
        kind = _type_name(param.annotation)
        if kind is None or kind in self.words.neutral_types:
            return 0
        resolved = self._named_type(path, definition, param)
        for value in resolved:
            if value[0] == "ext" and value[1].split(".", 1)[0] in self.words.other_contexts:
                return None
        if kind not in self.words.context_types and not kind.endswith(("Context", "ContextProtocol")):
            return 0 if self._names_lambda(definition) else None  # it is called with a context, whatever it says
        certain = kind == "LambdaContext" or any(value[0] == "ext" and "lambda" in value[1] for value in resolved)
        return 3 if certain else 1

    def _weigh(self, skeleton: Skeleton, definition: Def) -> tuple[str, ...] | None:
        """Why an undeclared, undecorated function is an entry point, in words; None where the evidence is too thin."""
        name = _bare(definition.name)
        strong = self.words.is_strong(definition.name)
        if definition.name.startswith("_") or definition.yields or (not strong and self.words.never.fullmatch(name)):
            return None
        parameters = self._parameters(skeleton.path, definition)
        if parameters is None:
            return None
        points, reasons = parameters
        named = strong or bool(self.words.good.fullmatch(name))
        if named:
            points += 3 if strong else 2
            reasons = (f"is named {definition.name}", *reasons)
        if not strong and not self.words.event.fullmatch(_bare(definition.params[0].name)):
            points -= 1
        body = self._body(skeleton.path, definition)
        if self.words.uses_context.search(body) or holds(body, *self.words.event_keys):
            points += 2
            reasons = (*reasons, "uses them as Lambda's")
        if self.words.uses_other.search(body):
            points -= 3
        *directories, file = skeleton.path.removesuffix(".py").lower().split("/")
        if self.words.file.fullmatch(file) or any(self.words.directory.fullmatch(part) for part in directories):
            points += 2 if self.words.strong_file.fullmatch(file) else 1
            reasons = (*reasons, f"lies in {skeleton.path}")
        directory = parent(skeleton.path)
        if directory in self.template_directories or self.program.exists(join(directory, "requirements.txt")):
            points += 1
        imported = [module for level, module, *_ in skeleton.imports if not level]
        if any(module.startswith(self.words.foreign_modules) for module in imported) and not any(
            module.split(".")[0] in ("boto3", "botocore", "aws_lambda_powertools") for module in imported
        ):
            points -= 4
        if "lambda" not in name and self.words.other_platform.search(skeleton.path.lower()):
            points -= 4
        if any(self.words.automation.fullmatch(part) for part in directories) and not any(
            "lambda" in part for part in directories
        ):
            points -= 6
        if any(self._is_method_of_something(values) for values in self._decorators(skeleton.path, definition)):
            points -= 2
        enough = ENOUGH if named else ENOUGH_UNNAMED
        if points < enough:
            stem = _stem(skeleton.path)
            by = self._named_in(skeleton.path, stem, definition.name)
            if by:
                points += 3
                reasons = (*reasons, f"is named as a handler in {by}")
            elif not named and definition.name in (stem, directory.rpartition("/")[2]):
                points += 2
                reasons = (*reasons, "is named like its file or directory")
        return reasons if points >= enough else None

    def _named_in(self, path: str, stem: str, name: str) -> str:
        """The nearest program that names ``stem.name`` as a handler, if it lies in the same part of the project."""
        best = (0, "")
        for other in self._named.get((stem, name), ()):
            common = _common(path, other)
            if other != path and (common or "/" not in other or "/" not in path) and (common + 1, other) > best:
                best = (common + 1, other)
        return best[1]

    def _decorators(self, path: str, definition: Def) -> list[Values]:
        if not definition.decorators:
            return []
        return [values for _, values in self.names.decorator_values((path, definition.qualname))]

    def _is_method_of_something(self, values: Values) -> bool:
        """Whether a decorator is a method of an object from outside of which nothing is known: it likely registers."""
        return any(
            value[0] == "ext"
            and "()." in value[1]
            and value[1] not in self.words.transparent
            and value[1] not in self.words.hint
            for value in values
        )

    def _body(self, path: str, definition: Def) -> bytes:
        if self._split[0] != path:
            self._split = (path, self.program.source(path).splitlines())
        return b"\n".join(self._split[1][definition.line - 1 : definition.end_line])

    # -- calls

    def _internal(self, skeleton: Skeleton, definition: Def) -> bool:
        """Whether another function of the project calls this one with its own event: then it is no entry point.

        A function whose name alone does not say "entry point" is internal too if it is called with the context, or
        handed on as a value: to a batch processor, or in a table of actions.
        """
        path = skeleton.path
        stem = _stem(path)
        strong = self.words.is_strong(definition.name)
        for other in (path, *self._importers.get(stem, ())):
            user = self.program.skeleton(other)
            if user is None or (other != path and not self._imports(user, stem, path, definition.name)):
                continue
            if not strong and _hands_on(user, definition.name):
                return True
            for caller in user.defs.values():
                if other == path and caller.qualname == definition.qualname:
                    continue
                for call in caller.calls:
                    # Called with arguments of the caller's own making, it is being tried out.
                    passes = self._hands_over(caller, call, 1 if strong else 2)
                    if passes and self._leads_to(other, caller, call.callee, path, definition):
                        return True
        return False

    def _imports(self, skeleton: Skeleton, stem: str, path: str, name: str) -> bool:
        """Whether a module imports ``name`` from the module at ``path`` (last name ``stem``), or that module."""
        for level, module, attribute, _, _ in skeleton.imports:
            if stem == module.rpartition(".")[2]:
                if attribute in (name, None, "*") and self.program.resolve(skeleton.path, level, module) == path:
                    return True
            elif stem == attribute:
                inner = f"{module}.{attribute}" if module else attribute
                if self.program.resolve(skeleton.path, level, inner) == path:
                    return True
        return False

    @staticmethod
    def _hands_over(caller: Def, call: CallRef, count: int) -> bool:
        """Whether a call hands on one of the first ``count`` parameters of the function that calls, or an ``event``."""
        start = 1 if caller.owner else 0
        names = {param.name for param in caller.params[start : start + count]}
        if all(context is None or context[0] in ("n", "a") for context in call.args[1:2]):
            names.add("event")  # one of the caller's own making comes without a context, or with one made on the spot
        given = (*call.args[:count], *(value for _, value in call.keywords))
        return any(value is not None and value[0] == "n" and value[1] in names for value in given)

    def _leads_to(self, other: str, caller: Def, callee: Expr, path: str, definition: Def) -> bool:
        if callee is None or callee[0] not in ("n", "a"):
            return False
        if other == path and callee[0] == "n" and callee[1] != definition.name:
            return False
        return any(
            value[0] == "def" and value[1:3] == (path, definition.qualname)
            for value in self.names.resolve(other, caller.qualname, callee)
        )

    # -- results

    def _add(
        self, path: str, attribute: str, line: int, qualname: str, origin: str, reason: str, module: str = ""
    ) -> None:
        module = module or path
        root = source_root(self.program, module)
        self.program.code_roots.setdefault(module, root)
        handler = f"{module.removesuffix('.py').removesuffix('/__init__')}.{attribute}"
        self.covered.add((path, qualname))
        self.functions.append(
            Function(
                name=handler,
                handler=handler[len(root) :].lstrip("/"),
                origin=origin,
                reason=reason,
                path=path,
                line=line,
                qualname=qualname,
                code_root=root,
            )
        )


def _hands_on(skeleton: Skeleton, name: str) -> bool:
    """Whether a module puts the function ``name`` into a collection or hands it to a call."""
    top = {key: [expr for _, expr in found] for key, found in skeleton.bindings.items()}
    scopes = [(skeleton.calls, top), *((item.calls, item.bindings) for item in skeleton.defs.values())]
    for calls, bindings in scopes:
        for call in calls:
            if any(_mentions(arg, name) for arg in (*call.args, *(value for _, value in call.keywords))):
                return True
        for exprs in bindings.values():
            if any(expr is not None and expr[0] in ("d", "l") and _mentions(expr, name) for expr in exprs):
                return True
    return any(_mentions(value, name) for _, _, value in skeleton.item_stores)


def _mentions(expr: Expr, name: str) -> bool:
    """Whether a value is the function ``name``, or a collection that holds it."""
    if expr is None:
        return False
    if expr[0] == "n":
        return bool(expr[1] == name)
    if expr[0] == "d":
        return any(_mentions(value, name) for _, value in expr[1])
    if expr[0] == "l":
        return any(_mentions(value, name) for value in expr[1])
    return False


def _common(one: str, other: str) -> int:
    """How many leading directories two paths share."""
    count = 0
    for a, b in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count


def _takes_two(params: Sequence[Param]) -> bool:
    """Whether a function can be called with two positional arguments."""
    positional = [param for param in params if param.kind == ""]
    if any(param.kind == "k" and not param.has_default for param in params):
        return False
    needed = sum(1 for param in positional if not param.has_default)
    return needed <= 2 and (len(positional) >= 2 or any(param.kind == "*" for param in params))


def _type_name(annotation: Expr) -> str | None:
    """The last name of an annotation, of the outermost type; None where there is none that can be read."""
    if annotation is None:
        return None
    if annotation[0] in ("n", "a"):
        return str(annotation[-1])
    if annotation[0] == "i":
        return _type_name(annotation[1])
    if annotation[0] == "k":
        return str(annotation[1]).split("[")[0].rpartition(".")[2].strip() if annotation[1] is not None else "None"
    if annotation[0] == "o":
        named = [name for name in (_type_name(part) for part in annotation[1]) if name and name != "None"]
        return named[0] if named else None
    return None


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
