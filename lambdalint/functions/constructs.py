"""Functions that programs of the AWS CDK construct, by the arguments that are written out.

Programs in TypeScript and JavaScript are read as if they were in Python (`lambdalint.functions.typescript`).

The program is not run. An argument counts if it is a constant, or a name that is bound to one once, or a path put
together from such and ``__file__``; anything else is Unknown. What triggers a function, and which variables it gets, a
program may add in any call: both hold what the module of the construct is seen to add (`wiring`), and stay Unknown.
Where the synthesised stacks are in the repository, they are read instead.

Sources: the AWS CDK API reference for Python (``aws_cdk.aws_lambda``, ``aws_cdk.aws_lambda_python_alpha``); the CDK
toolkit's documentation of ``cdk.json`` (the program runs in its directory, from which assets' paths count).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.discover import is_test
from lambdalint.functions import typescript
from lambdalint.functions.handlers import parse
from lambdalint.functions.wiring import Wiring, constant, place_of
from lambdalint.model import ABSENT, DeclaredFunction, Location, Value
from lambdalint.patterns import holds, regex
from lambdalint.records import NamedTuple
from lambdalint.source.program import join, parent
from lambdalint.source.skeleton import SourceError
from lambdalint.templates.images import handler_of
from lambdalint.templates.values import Installs, known, unknown
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.functions.handlers import Locator
    from lambdalint.source.names import Names
    from lambdalint.source.program import Program
    from lambdalint.source.skeleton import CallRef, Expr, Skeleton

    Operation = Callable[[str, Expr], str]  # what an expression of a scope names outside the project

HOPS = 6  # of names from an argument to what is written out
_RUNTIME = regex(r"aws_cdk\.aws_lambda\.Runtime\.([A-Z]+)_(\w+)$")
_ARCHITECTURES = {
    "aws_cdk.aws_lambda.Architecture.ARM_64": "arm64",
    "aws_cdk.aws_lambda.Architecture.X86_64": "x86_64",
}
_TRACING = {
    "aws_cdk.aws_lambda.Tracing.ACTIVE": "Active",
    "aws_cdk.aws_lambda.Tracing.PASS_THROUGH": "PassThrough",
    "aws_cdk.aws_lambda.Tracing.DISABLED": "Disabled",
}
_LOG_FORMATS = {"aws_cdk.aws_lambda.LoggingFormat.JSON": "JSON", "aws_cdk.aws_lambda.LoggingFormat.TEXT": "Text"}
_LOG_LEVELS = {
    f"aws_cdk.aws_lambda.ApplicationLogLevel.{name}": name
    for name in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
}
_LOGGING = (("log_format", "logging_format", _LOG_FORMATS), ("log_level", "application_log_level_v2", _LOG_LEVELS))
_SNAP_START = {"aws_cdk.aws_lambda.SnapStartConf.ON_PUBLISHED_VERSIONS": "PublishedVersions"}
# Settings that calls of the construct's methods, or other constructs, make as well.
_ELSEWHERE = (
    "aliases",
    "dead_letter",
    "log_group",
    "log_retention",
    "on_failure",
    "on_success",
    "published",
    "role",
    "snap_start",
)
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
_JOINING = frozenset({"os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"})
_PARENT = "os.path.dirname"
_SAME = frozenset({"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "str"})
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix"})
# What a PythonFunction installs by, the first first.
_LOCKS = ("Pipfile.lock", "poetry.lock", "uv.lock", "requirements.txt")
_READ = "fs.read_file_sync"
_DEFAULT = "what the program sets where it is given nothing else"
_COMPUTED = "the program computes it"


class _Path(NamedTuple):
    """A path: of the project if ``anchored`` (by ``__file__``), else relative to where the program runs."""

    anchored: bool
    text: str


class Constructs:
    """Finds the constructs of functions.

    Args:
        program, names, locator: of the run.
        applications: the directories of CDK programs in Python.
        synthesised: paths of synthesised templates; of their programs the constructs are not looked for.
    """

    def __init__(
        self,
        program: Program,
        names: Names,
        locator: Locator,
        applications: Sequence[str],
        synthesised: Sequence[str] = (),
    ) -> None:
        self.program = program
        self.names = names
        self.locator = locator
        self.applications = frozenset(applications)
        self.read_already = {_above(path) for path in synthesised if "cdk.out" in path.split("/")}
        self.kinds: dict[str, str] = dict(table("entry_points")["constructs"])

    def find(self, files: Sequence[str], programs: Sequence[str]) -> list[DeclaredFunction]:
        """The functions that programs in Python and in other languages construct, in the order of their places."""
        found: list[DeclaredFunction] = []
        for path in programs:
            found += self._foreign(path)
        for path in files if self.applications else ():
            application = self._application(path)
            if application is None or application in self.read_already or is_test(path):
                continue
            try:
                data = self.program.sources.get(path) or self.program.taken(path)
            except Unreadable:
                continue  # whoever reads it for what it holds tells that
            if not holds(data, b"aws_cdk") or not holds(data, b"Function"):
                self.program.spare(path, data)
                continue
            self.program.sources.setdefault(path, data)
            skeleton = self.program.skeleton(path)
            if skeleton is not None:
                found += self._constructed(skeleton, application)
        return sorted(found, key=lambda item: (item.location.path, item.location.line, item.location.column))

    def _application(self, path: str) -> str | None:
        """The innermost program's directory above a file."""
        directory = parent(path)
        while directory not in self.applications:
            if not directory:
                return None
            directory = parent(directory)
        return directory

    def _foreign(self, path: str) -> Iterator[DeclaredFunction]:
        """The functions in Python that a program in TypeScript or JavaScript constructs."""
        application = self._directory_of(path)
        if application in self.read_already:
            return
        try:
            source = typescript.read(path, self.program.tree.read(path, typescript.LIMIT))
        except Unreadable as error:
            self.program.failures[path] = error
            return
        except Exception as error:  # noqa: BLE001  the boundary: a defect of the reader costs the input, and is told
            self.program.failures[path] = SourceError(f"the reader failed on it ({type(error).__name__}: {error})")
            return
        skeleton, literals, taken = source
        operation = partial(typescript.operation, skeleton)
        made = self._made(skeleton, operation)
        used = {key for _, call, _ in made for key in taken[call.k]}
        made += [
            (item.scope, item.call, self.kinds[operation(item.scope, item.call.callee)])
            for item in literals
            if item.key not in used
        ]
        for item in self._read(skeleton, operation, made, application):
            if self._is_python(item):
                yield item

    def _directory_of(self, path: str) -> str:
        """Where a program that is not in Python runs: in the directory of the next ``cdk.json``, or of its package."""
        for name in ("cdk.json", "package.json"):
            directory = parent(path)
            while directory and not self.program.exists(join(directory, name)):
                directory = parent(directory)
            if directory or self.program.exists(name):
                return directory
        return ""

    def _is_python(self, item: DeclaredFunction) -> bool:
        """Whether a function is in Python, by its runtime or, where the program leaves that open, by what is there."""
        if item.runtime.known:
            return str(item.runtime.value).startswith("python")
        handler = parse(item.handler.value) if item.handler.known else None
        if handler is None:  # a helper that constructs any function
            return False
        if item.runtime.value is not None:
            return str(item.runtime.value).startswith("python")
        if item.code_root.known:
            root = "" if item.code_root.value == "." else str(item.code_root.value)
            found = self.locator.module(root, handler)
            if found.path is None and (item.package_type.known or "build_method" in item.settings):
                found = self.locator.search(handler, "", (), below=root)
            return found.path is not None
        # A module of any name, like index, is in many languages.
        telling = self.locator.words(handler.module.rpartition(".")[2])
        return bool(telling) and self.locator.search(handler, parent(item.location.path), (item.name,)).path is not None

    def _constructed(self, skeleton: Skeleton, application: str) -> Iterator[DeclaredFunction]:
        operation = partial(self.operation, skeleton.path)
        return self._read(skeleton, operation, self._made(skeleton, operation), application)

    def _made(self, skeleton: Skeleton, operation: Operation) -> list[tuple[str, CallRef, str]]:
        """The calls that construct functions, with their scopes and kinds."""
        calls = [("", call) for call in skeleton.calls]
        calls += [(name, call) for name, definition in skeleton.defs.items() for call in definition.calls]
        tails = {name.rpartition(".")[2] for name in self.kinds}
        aliased = {name for name in skeleton.bindings if name not in skeleton.defs}
        made = []
        for scope, call in calls:
            if call.tail in tails or call.tail in aliased:
                kind = self.kinds.get(operation(scope, call.callee))
                if kind is not None:
                    made.append((scope, call, kind))
        return made

    def _read(
        self, skeleton: Skeleton, operation: Operation, made: Sequence[tuple[str, CallRef, str]], application: str
    ) -> Iterator[DeclaredFunction]:
        if made:
            wiring = Wiring(skeleton, operation, [(scope, call) for scope, call, _ in made])
            for scope, call, kind in made:
                yield _Construct(self, skeleton, operation, scope, call, application, wiring).read(kind)

    def operation(self, path: str, scope: str, expr: Expr) -> str:
        """What an expression names outside the project, "" where it is something else or nobody can tell."""
        values = self.names.resolve(path, scope, expr)
        return str(values[0][1]) if len(values) == 1 and values[0][0] == "ext" else ""


class _Construct:
    """One call that constructs a function."""

    def __init__(
        self,
        of: Constructs,
        skeleton: Skeleton,
        operation: Operation,
        scope: str,
        call: CallRef,
        application: str,
        wiring: Wiring,
    ) -> None:
        self.of = of
        self.operation = operation
        self.wiring = wiring
        self.itself = place_of(scope, call)
        self.skeleton = skeleton
        self.path = skeleton.path
        self.scope = scope
        self.call = call
        self.application = application
        self.given: Mapping[str, Expr] = dict(call.keywords)
        self.place = Location(self.path, call.line, call.column + 1)

    def read(self, kind: str) -> DeclaredFunction:
        settings: dict[str, Value] = {}
        package_type = ABSENT
        if kind == "image":
            package_type = known("Image", self.place, "the construct is of an image")
            code_root, handler = self._image()
        elif kind == "entry":
            code_root = self._directory(self._argument("entry"))
            handler = self._entry_handler(settings)
            settings["build_method"] = known("python", self.place, "what is deployed is built from the directory")
            if code_root.known and "**" not in self.given:
                files = tuple(posixpath.normpath(posixpath.join(code_root.value, name)) for name in _LOCKS)
                settings["installs"] = known(Installs(files, open="bundling" in self.given), self.place)
        else:
            code_root = self._code(settings)
            handler = self._likely("handler", settings)
        name = self._text("function_name")
        if name.known:
            settings["function_name"] = name
        settings.update(dict.fromkeys(_ELSEWHERE, unknown("the program may set it in other calls", self.place)))
        tracing = self._one_of("tracing", _TRACING)
        if tracing != ABSENT:
            settings["tracing"] = tracing
        for setting, argument, members in _LOGGING:
            if (told := self._one_of(argument, members)) != ABSENT:
                settings[setting] = told
        snap_start = self._one_of("snap_start", _SNAP_START)
        if snap_start.known:
            settings["snap_start"] = snap_start
        durable = self._operation(self._argument("durable_config")[1]) if self._is_call("durable_config") else ""
        if durable == "aws_cdk.aws_lambda.DurableConfig":
            settings["durable"] = known(durable, self.place)
        return DeclaredFunction(
            name=self.wiring.names[self.itself],
            origin="cdk",
            location=self.place,
            handler=handler,
            code_root=code_root,
            runtime=self._runtime(),
            architecture=self._architecture(),
            memory=self._number("memory_size"),
            timeout=self._timeout(),
            package_type=package_type,
            layers=self._layers(),
            environment=unknown(
                "the program may add variables", self.place, self.wiring.variables.get(self.itself, {})
            ),
            events=unknown(
                "the program may add what triggers it", self.place, tuple(self.wiring.events.get(self.itself, ()))
            ),
            settings=settings,
        )

    # ------------------------------------------------------------------ arguments

    def _argument(self, name: str) -> Expr | Value:
        """What is written for an argument, names followed; a Value where that is nothing, or open."""
        if name in self.given:
            return self._followed(self.given[name])
        return (
            unknown(f"{name} may be among the arguments that are handed on", self.place)
            if "**" in self.given
            else ABSENT
        )

    def _followed(self, expr: Expr) -> Expr:
        """An expression, or what the name that it is was bound to, if that happens once."""
        for _ in range(HOPS):
            if expr is None or expr[0] != "n":
                break
            bound = self._bound(expr[1])
            if len(bound) != 1:
                return None
            expr = bound[0]
        return expr

    def _bound(self, name: str) -> tuple[Expr, ...]:
        scope = self.scope
        while scope:
            definition = self.skeleton.defs[scope]
            if name in definition.bindings:
                return definition.bindings[name]
            scope = definition.parent
        return tuple(expr for _, expr in self.skeleton.bindings.get(name, ()))

    def _known_or_open(self, name: str, value: Any, argument: Expr | Value) -> Value:
        if isinstance(argument, Value):
            return argument
        return unknown(f"{name}: {_COMPUTED}", self.place) if value is None else known(value, self.place)

    def _text(self, name: str) -> Value:
        argument = self._argument(name)
        return self._known_or_open(name, constant(argument, str), argument)

    def _likely(self, name: str, settings: dict[str, Value]) -> Value:
        """A text, which the program may replace by another that it does not write out."""
        argument = self._argument(name)
        if not isinstance(argument, Value) and argument is not None and argument[0] == "o":
            written = [text for option in argument[1] if (text := constant(self._followed(option), str)) is not None]
            if len(written) == 1:
                settings["build_method"] = known("default", self.place, _DEFAULT)
                return known(written[0], self.place)
        return self._text(name)

    def _number(self, name: str) -> Value:
        argument = self._argument(name)
        return self._known_or_open(name, constant(argument, int), argument)

    def _runtime(self) -> Value:
        """The runtime; an Unknown one has the value that it has where the program is given nothing else."""
        argument = self._argument("runtime")
        if isinstance(argument, Value) or argument is None:
            return self._known_or_open("runtime", None, argument)
        if argument[0] == "o":
            likely = [name for option in argument[1] if (name := self._runtime_of(self._followed(option))) is not None]
            return unknown(f"runtime: {_COMPUTED}", self.place, likely[0] if len(likely) == 1 else None)
        return self._known_or_open("runtime", self._runtime_of(argument), argument)

    def _runtime_of(self, argument: Expr) -> str | None:
        if argument is None:
            return None
        if argument[0] == "c" and self._operation(argument[1]) == "aws_cdk.aws_lambda.Runtime":
            written = constant(argument[2][0] if argument[2] else None, str)
            return str(written) if written is not None else None
        match = _RUNTIME.match(self._operation(argument))
        if match and match[1] == "PROVIDED":
            return f"provided.{match[2].lower()}"
        if match and match[1] != "FROM":
            return str(match[1].lower() + match[2].lower().replace("_", "."))
        return None

    def _architecture(self) -> Value:
        argument = self._argument("architecture")
        found = None if isinstance(argument, Value) else _ARCHITECTURES.get(self._operation(argument))
        return self._known_or_open("architecture", found, argument)

    def _one_of(self, name: str, members: Mapping[str, str]) -> Value:
        """An argument that is a member of an enumeration."""
        argument = self._argument(name)
        found = None if isinstance(argument, Value) else members.get(self._operation(argument))
        return self._known_or_open(name, found, argument)

    def _is_call(self, name: str) -> bool:
        argument = self._argument(name)
        return not isinstance(argument, Value) and argument is not None and argument[0] == "c"

    def _timeout(self) -> Value:
        argument = self._argument("timeout")
        found = None
        if not isinstance(argument, Value) and argument is not None and argument[0] == "c":
            package, _, unit = self._operation(argument[1]).rpartition(".Duration.")
            amount = constant(self._followed(argument[2][0]), int) if argument[2] else None
            if package in ("aws_cdk", "aws_cdk.core") and unit in _SECONDS and amount is not None:
                found = amount * _SECONDS[unit]
        return self._known_or_open("timeout", found, argument)

    def _layers(self) -> Value:
        argument = self._argument("layers")
        if argument == ABSENT and not self.wiring.layered:
            return ABSENT
        return unknown("layers are objects of the program", self.place)

    def _operation(self, expr: Expr) -> str:
        return self.operation(self.scope, expr)

    # ------------------------------------------------------------------ code

    def _entry_handler(self, settings: dict[str, Value]) -> Value:
        """The handler that ``index`` and ``handler`` of a PythonFunction name together."""
        parts = []
        for name, default in (("index", "index.py"), ("handler", "handler")):
            value = self._likely(name, settings)
            if value.unknown:
                return value
            parts.append(str(value.value) if value.known else default)
        return known(f"{parts[0].removesuffix('.py').replace('/', '.')}.{parts[1]}", self.place)

    def _code(self, settings: dict[str, Value]) -> Value:
        """Where the ``code`` of a Function is."""
        argument = self._argument("code")
        if isinstance(argument, Value):
            return unknown(argument.reason or "the construct names no code", self.place)
        options: Sequence[Expr] = argument[1] if argument is not None and argument[0] == "o" else (argument,)
        calls = [option for option in map(self._followed, options) if option is not None and option[0] == "c"]
        if len(calls) != 1:
            return unknown(f"code: {_COMPUTED}", self.place)
        if len(options) > 1:
            settings["build_method"] = known("default", self.place, _DEFAULT)
        argument = calls[0]
        package, _, operation = self._operation(argument[1]).partition("aws_cdk.aws_lambda.")
        keywords = dict(argument[3])
        if operation in ("Code.from_asset", "Code.asset", "AssetCode", "AssetCode.from_asset"):
            if "bundling" in keywords or "**" in keywords or len(argument[2]) > 1:  # options in TypeScript
                settings["build_method"] = known("bundling", self.place)
            return self._directory(self._followed(argument[2][0] if argument[2] else keywords.get("path")))
        if operation in ("Code.from_inline", "Code.inline", "InlineCode", "InlineCode.from_inline"):
            inline = self._followed(argument[2][0] if argument[2] else keywords.get("code"))
            if inline is not None and inline[0] == "c" and self._operation(inline[1]) == _READ and inline[2]:
                settings["packed_as"] = known("index.py", self.place)
                return self._directory(inline[2][0])
            written = constant(inline, str)
            told = unknown(f"inline code: {_COMPUTED}", self.place)
            settings["inline_code"] = told if written is None else known(written, self.place)
            return unknown("inline code in the program", self.place)
        if operation in ("", "Code.from_docker_build"):
            handed = {self._directory(item) for item in (*argument[2], *keywords.values()) if self._path(item)}
            roots = {root.value for root in handed if root.known and self.of.locator.holds_python(root.value)}
            if len(roots) == 1:
                settings["build_method"] = known("helper", self.place, "what is deployed is made from the directory")
                return known(roots.pop(), self.place)
        # Where an archive is fetched from somewhere, its name is often that of the directory it was made of.
        texts = [item for item in map(self._followed, argument[2]) if item is not None and item[0] in "ks"]
        archives = [name for item in texts if (name := str(item[-1]).rpartition("/")[2]).endswith(".zip")]
        reason = f"the code comes from {operation}" if operation and not package else f"code: {_COMPUTED}"
        return unknown(reason, self.place, archives[0] if len(archives) == 1 else None)

    def _image(self) -> tuple[Value, Value]:
        """Code root and handler of a DockerImageFunction."""
        argument = self._argument("code")
        handler = unknown("the image says the handler", self.place)
        if isinstance(argument, Value) or argument is None or argument[0] != "c":
            return unknown("the code is in an image", self.place), handler
        keywords = dict(argument[3])
        if not self._operation(argument[1]).endswith(".DockerImageCode.from_image_asset"):
            return unknown("the code is in an image", self.place), handler
        root = self._directory(self._followed(argument[2][0] if argument[2] else keywords.get("directory")))
        command = self._followed(keywords.get("cmd"))
        if command is not None and command[0] == "l" and command[1]:
            written = constant(self._followed(command[1][0]), str)
            return root, handler if written is None else known(written, self.place)
        file = constant(self._followed(keywords["file"]), str) if "file" in keywords else "Dockerfile"
        if root.known and "cmd" not in keywords and "**" not in keywords and file is not None:
            handler = handler_of(self.of.program.tree, posixpath.normpath(posixpath.join(root.value, file)))
        return root, handler

    def _directory(self, argument: Expr | Value) -> Value:
        """The path of the project that an asset's path means; Unknown where that is computed or not there."""
        if isinstance(argument, Value):
            return unknown(argument.reason or "the construct names no directory", self.place)
        path = self._path(argument)
        if path is None:
            return unknown(f"the code's place: {_COMPUTED}", self.place)
        if path.text.startswith("/"):
            return unknown(f"path {path.text[:200]} is absolute", self.place)
        for base in [""] if path.anchored else self._bases():
            candidate = posixpath.normpath(join(base, path.text))
            root = "" if candidate == "." else candidate
            if root.startswith(".."):
                continue
            if not root or self.of.locator.holds_python(root) or self.of.program.exists(root):
                return known(root or ".", self.place)
        return unknown(f"{path.text[:200]} is not in the repository", self.place)

    def _bases(self) -> list[str]:
        """Directories from which a path may count: the program's, and those between it and this file."""
        found = []
        directory = parent(self.path)
        while directory != self.application:
            found.append(directory)
            directory = parent(directory)
        return [self.application, *reversed(found)]

    def _path(self, expr: Expr, depth: int = HOPS) -> _Path | None:
        """The path that an expression makes, None where nobody can tell."""
        if expr == ("n", "__file__"):
            return _Path(anchored=True, text=self.path)
        expr = self._followed(expr)
        if expr is None or not depth:
            return None
        if (written := constant(expr, str)) is not None:
            return _Path(anchored=False, text=written)
        if expr[0] == "a" and expr[2] == "parent":
            return _up(self._path(expr[1], depth - 1), 1)
        if expr[0] == "i" and expr[1] is not None and expr[1][:1] == ("a",) and expr[1][2] == "parents":
            level = constant(expr[2], int)
            return _up(self._path(expr[1][1], depth - 1), level + 1) if level is not None else None
        if expr[0] != "c":
            return None
        operation = self._operation(expr[1])
        if operation == _PARENT and len(expr[2]) == 1:
            return _up(self._path(expr[2][0], depth - 1), 1)
        if operation in _SAME and len(expr[2]) == 1:
            return self._path(expr[2][0], depth - 1)
        if operation in _JOINING and expr[2]:
            return _joined([self._path(part, depth - 1) for part in expr[2]])
        if expr[1] is not None and expr[1][0] == "a":
            if expr[1][2] in _SAME_METHODS:
                return self._path(expr[1][1], depth - 1)
            if expr[1][2] == "joinpath":
                return _joined([self._path(part, depth - 1) for part in (expr[1][1], *expr[2])])
        return None


def _up(path: _Path | None, levels: int) -> _Path | None:
    if path is None:
        return None
    text = posixpath.normpath(posixpath.join(path.text, *[".."] * levels)) if path.text else ""
    return None if text.startswith("..") and path.anchored else path._replace(text="" if text == "." else text)


def _joined(parts: list[_Path | None]) -> _Path | None:
    found = parts[0]
    for part in parts[1:]:
        if found is None or part is None or part.anchored:
            return None
        found = found._replace(text=posixpath.join(found.text, part.text))
    return found


def _above(path: str) -> str:
    """The directory that holds the ``cdk.out`` of a path."""
    parts = path.split("/")
    return "/".join(parts[: parts.index("cdk.out")])
