"""What templates and the configuration declare → Functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lambdalint.data import table
from lambdalint.functions.handlers import Handler, Locator, Module, Target, parse
from lambdalint.model import DeclaredFunction, Function, Value
from lambdalint.source.program import Program, join, parent
from lambdalint.templates import is_program
from lambdalint.templates.values import Text
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.source.names import Node

_KINDS = {
    "sam": "SAM template",
    "cloudformation": "CloudFormation template",
    "serverless": "Serverless Framework service",
    "terraform": "Terraform module",
    "cdk": "synthesised CDK stack",
    "chalice": "Chalice project",
}
ARCHIVES = (".zip", ".jar", ".whl", ".tar.gz")


class Declared:
    """Resolves declarations. `functions` are the results, `nodes` all definitions and names that they cover."""

    def __init__(self, program: Program, locator: Locator) -> None:
        self.program = program
        self.locator = locator
        self.delegating: dict[str, str] = dict(table("entry_points")["delegating"])
        self.builtin = frozenset(table("entry_points")["builtin"]["modules"])
        self.functions: list[Function] = []
        self.nodes: set[Node] = set()

    # -- templates

    def templates(self, declared: Iterable[DeclaredFunction]) -> None:
        """Add the functions that templates declare."""
        # All modules come first: what they import depends on their code roots.
        pending = []
        for item in declared:
            handler, module = self._module(item)
            if module.path is not None and module.code_root is not None:
                self.program.code_roots.setdefault(module.path, module.code_root)
            pending.append((item, handler, module))
        for item, handler, module in pending:
            target = Target(problem=module.problem)
            if module.path is not None and handler is not None:
                target = self.locator.target(module.path, handler.attribute)
            self._add(item, handler, module, target)

    def _add(self, item: DeclaredFunction, handler: Handler | None, module: Module, target: Target) -> None:
        self.nodes |= target.nodes
        if target.path is not None and module.code_root is not None:
            self.program.code_roots.setdefault(target.path, module.code_root)
        written = _text(item.handler)
        place = item.location.path
        kind = "CDK program" if place.endswith(".py") or is_program(place) else _KINDS.get(item.origin, item.origin)
        reason = f"{kind} {item.location.path} declares it"
        if item.origin == "arguments":
            reason = "the command line names it"
        if (
            handler is not None
            and written is not None
            and f"{handler.module}.{handler.attribute}" != written.replace("/", ".")
        ):
            reason += f"; its handler {written} calls {handler.module}.{handler.attribute}"
        if module.how:
            reason += f"; the code is put together elsewhere, and this is {module.how}"
        self.functions.append(
            Function(
                name=item.name,
                handler=written or "",
                origin=item.origin,
                reason=reason,
                path=target.path,
                line=target.line,
                qualname=target.qualname,
                code_root=module.code_root,
                declared=item,
                problem=target.problem,
                supplied="wrapped_handler" in item.settings,
                fault=(fault := self._fault(item, handler, module, target)),
                excuse=self._excuse(item, fault, module.path) if fault else "",
            )
        )

    # -- what the runtime would refuse

    def _fault(self, item: DeclaredFunction, handler: Handler | None, module: Module, target: Target) -> str:
        """Why the runtime would fail to load the handler, "" where it would not or where nobody can tell."""
        runtime = _text(item.runtime)
        written = _text(item.handler)
        if runtime is None or not runtime.startswith("python") or not written or written in self.delegating:
            return ""
        if "inline_code" in item.settings or "wrapped_handler" in item.settings:
            return ""
        if handler is None:
            # A script is what the wrapper of a layer starts.
            known = not item.code_root.unknown and not written.endswith(".sh") and "::" not in written
            return "malformed" if known and parse(written) is None else ""
        if handler.module.split(".")[0] in self.builtin:
            return "builtin"
        if module.absent:
            return "module"
        return "attribute" if target.unbound and not module.how else ""

    def _excuse(self, item: DeclaredFunction, fault: str, path: str | None) -> str:
        """What may put a fault right that the template and the code show."""
        variables = item.environment.value if isinstance(item.environment.value, dict) else {}
        layers = bool(item.layers.value) or item.layers.unknown
        if "{{" in item.location.path or "{{" in (_text(item.handler) or ""):
            return "placeholder"
        if "AWS_LAMBDA_EXEC_WRAPPER" in variables or (layers and item.environment.unknown):
            return "wrapper"
        if fault == "attribute":
            return "dynamic" if path is not None and self.locator.may_bind(path) else ""
        if fault == "builtin":
            return ""
        if layers:
            return "layer"
        image = item.package_type.unknown or _text(item.package_type) == "Image"
        return "build" if image or "build_method" in item.settings else ""

    def _module(self, item: DeclaredFunction) -> tuple[Handler | None, Module]:
        runtime = _text(item.runtime)
        if runtime is not None and not runtime.startswith("python"):
            return None, Module()
        written = self._delegated(item)
        if "inline_code" in item.settings and (written is None or not _is_stand_in(item, written)):
            return None, Module(problem="inline code in the template")
        if written is None:
            return None, Module(problem=item.handler.reason or "the template names no handler")
        if "::" in written:  # .NET or Java, where the template leaves the runtime to the image
            return None, Module()
        if written in self.delegating:
            return None, Module(problem=f"{written} comes with a layer, and no variable names what it calls")
        if written.endswith(".sh"):
            return None, Module(problem=f"{written} is a script, which a wrapper of the runtime starts")
        handler = parse(written)
        if handler is None:
            return None, Module(problem=f"{written} is not a handler: module and function, joined by a dot")
        found = self._place(item, handler)
        if found.path is None and runtime is None:
            root = item.code_root.value if item.code_root.known else item.default_root
            if isinstance(root, str) and self.locator.other_language(_normal(root), handler):
                return None, Module()
        return handler, found

    def _delegated(self, item: DeclaredFunction) -> str | None:
        """The handler that really runs: what a handler from a layer or a plug-in looks up, else the declared one."""
        if "wrapped_handler" in item.settings:
            return _text(item.settings["wrapped_handler"])
        written = _text(item.handler)
        if written is None:
            return None
        variable = self.delegating.get(written)
        if variable is None:
            return written
        variables = item.environment.value if isinstance(item.environment.value, dict) else {}
        return _text(variables.get(variable, Value())) or written

    def _packed(self, archive: object, handler: Handler) -> Module:
        """The module in the directory that lies beside an archive and has its name."""
        if not isinstance(archive, str) or not archive.endswith(ARCHIVES):
            return Module()
        found = self.locator.module(archive.rpartition(".")[0].removesuffix(".tar"), handler)
        return found._replace(how="the directory beside its archive") if found.path is not None else Module()

    def _place(self, item: DeclaredFunction, handler: Handler) -> Module:
        """The module of a handler: at the declared code root or, where a build makes that, where its source must be."""
        near = parent(item.location.path)
        if item.code_root.known and isinstance(item.code_root.value, str):
            root = _normal(item.code_root.value)
        elif item.code_root.unknown:
            found = self._packed(item.code_root.value, handler)
            if found.path is None:
                found = self.locator.search(handler, near, self._hints(item))
            return found if found.path is not None else _elsewhere(item.code_root.reason, found)
        else:
            root = _normal(item.default_root)
        if root.endswith(ARCHIVES) and item.origin != "arguments":
            found = self._packed(root, handler)
            if found.path is None:
                found = self.locator.search(handler, near, self._hints(item, root))
            return found if found.path is not None else _elsewhere(f"the code is in {root}", found)
        if root.endswith(".py") and _text(item.settings.get("packed_as", Value())) == f"{handler.module}.py":
            handler = handler._replace(module=root.removesuffix(".py").rpartition("/")[2])
        found = self.locator.module(root, handler)
        if found.path is not None:
            return self._original(found) if "cdk.out" in root.split("/") else found
        if root and not root.endswith(".py") and not self.locator.holds_python(root):
            elsewhere = self.locator.search(handler, near, self._hints(item, root))
            return elsewhere if elsewhere.path is not None else found
        if _text(item.package_type) == "Image" or "build_method" in item.settings:
            inside = self.locator.search(handler, near, self._hints(item), below=root)
            return inside if inside.path is not None else found
        return found

    def _original(self, staged: Module) -> Module:
        """The source that a file staged by the CDK is a copy of; the copy where there is none."""
        assert staged.path is not None
        assert staged.code_root is not None
        inner = staged.path[len(staged.code_root) :]
        content = self._bytes(staged.path)
        application = staged.path.split("/cdk.out/")[0] if "/cdk.out/" in staged.path else ""
        scope = f"{application}/" if application else ""
        same = [
            path
            for path in self.locator.files
            if path.endswith(inner) and path.startswith(scope) and path != staged.path and self._bytes(path) == content
        ]
        if len(same) != 1:
            return staged
        return Module(same[0], same[0][: -len(inner)].rstrip("/"))

    def _bytes(self, path: str) -> bytes | None:
        try:
            return self.program.source(path)
        except Unreadable:
            return None

    @staticmethod
    def _hints(item: DeclaredFunction, root: str = "") -> Sequence[str]:
        hints = [item.name, _text(item.settings.get("function_name", Value())) or ""]
        for place in (root, item.code_root.value, item.code_root.reason):
            written = (
                "".join(part for part in place.parts if isinstance(part, str)) if isinstance(place, Text) else place
            )
            if isinstance(written, str):
                hints.append(written.rstrip("/").rpartition("/")[2].split(".")[0])
        return [hint for hint in hints if hint]

    # -- configuration

    def configuration(self, entries: Sequence[str]) -> None:
        """Add the functions that the configuration names: ``path/to/file.py:name`` or ``module.attribute``."""
        for entry in entries:
            module, handler = self._configured(entry)
            target = Target(problem=module.problem)
            if module.path is not None and handler is not None:
                if module.code_root is not None:
                    self.program.code_roots.setdefault(module.path, module.code_root)
                target = self.locator.target(module.path, handler.attribute)
            if target.path is not None and target.qualname is not None and (target.path, target.qualname) in self.nodes:
                continue
            self.nodes |= target.nodes
            self.functions.append(
                Function(
                    name=entry,
                    handler=entry,
                    origin="configuration",
                    reason="the configuration names it",
                    path=target.path,
                    line=target.line,
                    qualname=target.qualname,
                    code_root=module.code_root,
                    problem=target.problem,
                )
            )

    def _configured(self, entry: str) -> tuple[Module, Handler | None]:
        path, colon, name = entry.rpartition(":")
        if colon:
            path = _normal(path)
            if not self.program.exists(path):
                return Module(problem=f"there is no file {path}"), None
            return Module(path, source_root(self.program, path)), Handler(path, name)
        handler = parse(entry)
        if handler is None:
            return Module(problem=f"{entry} is not a handler: module and function, joined by a dot"), None
        found = self.locator.module("", handler)
        return (found if found.path is not None else self.locator.search(handler, "", ())), handler


def source_root(program: Program, path: str) -> str:
    """The directory that must be on the path for a file to be imported: the nearest that is no package."""
    directory = parent(path)
    while directory and program.exists(join(directory, "__init__.py")):
        directory = parent(directory)
    return directory


def _elsewhere(reason: str, searched: Module) -> Module:
    return Module(problem=f"{reason}, and {searched.problem}" if reason else searched.problem)


def _is_stand_in(item: DeclaredFunction, written: str) -> bool:
    """Whether inline code only stands in for what is deployed later.

    CloudFormation puts inline code into a file named index, so that another module's handler cannot be in it.
    """
    return item.origin in ("cloudformation", "sam", "cdk") and not written.startswith("index.")


def _normal(path: str) -> str:
    path = path.strip("/").removeprefix("./")
    return "" if path == "." else path


def _text(value: Value) -> str | None:
    return value.value if value.known and isinstance(value.value, str) else None
