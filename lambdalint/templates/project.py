"""All templates of one project: each file to its reader, then the events that link resources to functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from lambdalint.templates import is_program
from lambdalint.templates.chalice import read_chalice
from lambdalint.templates.cloudformation import is_stack, nested_templates, outputs_of, read_stack
from lambdalint.templates.documents import JSON_LIMIT, MAP, YAML_LIMIT, Document, Malformed, Node, read_json, read_yaml
from lambdalint.templates.events import link, linker_of
from lambdalint.templates.images import handler_of
from lambdalint.templates.intrinsics import Stack
from lambdalint.templates.joins import joined
from lambdalint.templates.values import Found, Templates, TooMuchWork, same, unknown
from lambdalint.tree import Tree, Unreadable

if TYPE_CHECKING:
    from lambdalint.model import DeclaredFunction, Location, Value

_NESTING = (b"AWS::CloudFormation::Stack", b"AWS::Serverless::Application")
_LAMBDA = (b"AWS::Lambda::Function", b"AWS::Serverless::Function")
_CONCERNED = (b"AWS::Lambda::", b"AWS::Serverless")
_JSON_STARTS = (b"{", b"[")


def read_project(tree: Tree, paths: Sequence[str]) -> Templates:
    """See `lambdalint.templates.read_templates`."""
    reader = _Project(tree)
    stacks, services, terraform = [], [], []
    for path in sorted(set(paths)):
        name = path.rpartition("/")[2].lower()
        if name.endswith((".tf", ".tf.json", ".tfvars", ".tfvars.json")):
            terraform.append(path)
        elif name in ("serverless.js", "serverless.cjs", "serverless.mjs", "serverless.ts"):
            reader.found.problem(path, "a service described by a program, which is not run; its functions are not read")
        elif is_program(path):
            continue  # what it constructs, `lambdalint.functions` reads
        elif name == "cdk.json":
            reader.found.applications.append(path.rpartition("/")[0])
        elif name.endswith(".assets.json"):
            continue  # read with the stack that it belongs to
        elif path.endswith(".chalice/config.json"):
            reader.guarded(path, partial(reader.chalice, path))
        elif name.startswith("serverless.") and not name.endswith((".template", ".cfn", ".cform")):
            services.append(path)
        else:
            stacks.append(path)
    reader.read_stacks(stacks)
    for path in services:
        reader.guarded(path, partial(reader.service, path))
    if terraform:
        from lambdalint.templates.terraform import read_terraform  # tree-sitter, which other projects do not need

        reader.guarded(terraform[0], partial(read_terraform, tree, terraform, reader.found, reader.keys))
    return reader.result()


class _Project:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.found = Found()
        # For each function, the (scope, name) pairs by which References know it.
        self.keys: list[tuple[tuple[str, str], ...]] = []
        self.arguments: dict[str, dict[str, Value]] = {}

    def guarded(self, path: str, work: Callable[[], None]) -> None:
        """Runs the reading of one input, whose faults must not cost the others."""
        try:
            work()
        except (Malformed, Unreadable, TooMuchWork) as error:
            self.found.problem(path, str(error))
        except RecursionError:
            self.found.problem(path, "nested too deeply")
        except Exception as error:  # noqa: BLE001  the boundary: a defect of a reader costs the input, and is told
            self.found.problem(path, f"the reader failed on it ({type(error).__name__}: {error})")
        # A reader that stopped half-way may have added functions whose keys it did not return.
        while len(self.keys) < len(self.found.functions):
            function = self.found.functions[len(self.keys)]
            self.keys.append(((function.location.path, function.name),))

    def document(self, path: str, data: bytes | None = None) -> tuple[Document, bytes]:
        """A YAML or JSON file, of which ``data`` is what has been read of it already.

        Raises:
            Malformed: not one.
            Unreadable: not there, or too large.
        """
        if data is None or len(data) > YAML_LIMIT:
            data = self.tree.read(path, JSON_LIMIT if path.endswith(".json") else YAML_LIMIT)
        if path.endswith(".json"):
            return read_json(data), data
        if data.lstrip()[:1] in _JSON_STARTS:
            # A template in JSON under another name; what is not quite JSON may still be YAML's flow style.
            try:
                return read_json(data), data
            except Malformed:
                return read_yaml(data), data
        return read_yaml(data), data

    def read_stacks(self, paths: Sequence[str]) -> None:
        """CloudFormation templates: those that nest others first, so that these know their parameters."""
        nesting: dict[str, tuple[Document, bytes]] = {}
        others: dict[str, bytes] = {}
        for path in paths:
            self.guarded(path, partial(self._load, path, nesting, others))
        children = set()
        for path, (document, _) in nesting.items():
            for child in self._children(path, document.root):
                children.add(child)
        order = [path for path in nesting if path not in children] + [path for path in nesting if path in children]
        done: set[str] = set()
        for path in order:
            self.guarded(path, partial(self._hand_down, path, nesting, done))
        failed = {problem.path for problem in self.found.problems}
        for path in paths:
            if path in nesting:
                self.guarded(path, partial(self.stack, path, *nesting[path]))
            elif path not in failed and (path in others or path in self.arguments):
                self.guarded(path, partial(self._read_stack, path, others.pop(path, None)))

    def _load(self, path: str, nesting: dict[str, tuple[Document, bytes]], others: dict[str, bytes]) -> None:
        """Reads a file; notes the document of a stack that nests others, and what else may be of concern."""
        data = self.tree.read(path, JSON_LIMIT)
        if any(mark in data for mark in _NESTING):
            document, data = self.document(path, data)
            if is_stack(document.root):
                nesting[path] = (document, data)
                return
        if _is_named(path) or _concerns(data):
            others[path] = data

    def _children(self, path: str, root: Node | None) -> list[str]:
        quiet = Found()
        try:
            return [child for child, _ in nested_templates(Stack(path, root, quiet))] if root is not None else []
        except TooMuchWork:
            return []

    def _hand_down(self, path: str, nesting: Mapping[str, tuple[Document, bytes]], done: set[str]) -> None:
        """Notes the parameters that a stack hands to the stacks that it nests, outer stacks first."""
        waiting = [path]
        while waiting:
            path = waiting.pop()
            if path in done or path not in nesting:
                continue
            done.add(path)
            root = nesting[path][0].root
            if root is None:
                continue
            stack = Stack(path, root, Found(), self.arguments.get(path))
            for child, handed in nested_templates(stack):
                taken = self.arguments.setdefault(child, {})
                for name, value in handed.items():
                    if name not in taken or same(taken[name], value):
                        taken[name] = value
                    else:
                        taken[name] = unknown(f"the stacks that nest this one differ in {name}", value.location)
                waiting.append(child)

    def _read_stack(self, path: str, data: bytes | None) -> None:
        document, data = self.document(path, data)
        if path.endswith((".yml", ".yaml")) and _is_service(document.root):
            self._service(path, document)
            return
        self.stack(path, document, data)

    def stack(self, path: str, document: Document, data: bytes) -> None:
        """One CloudFormation template."""
        root = document.root
        if root is None or not is_stack(root):
            if _is_named(path) and not _is_manifest(root):
                self._problems(path, document)
            return
        # A repeated key in a template without functions is no concern of ours.
        if any(mark in data for mark in _LAMBDA) or b"\0" in data[:4]:
            self._problems(path, document)
        stack = Stack(path, root, self.found, self.arguments.get(path))
        assets = origin = None
        from lambdalint.templates.cdk import Assets, is_synthesised

        if is_synthesised(path, root):
            assets = Assets(self.tree, stack).code_root
            origin = "cdk"
        dockerfile = partial(handler_of, self.tree)
        read_stack(stack, root, self.keys, code_root_of=assets, dockerfile=dockerfile, origin=origin)
        if path in self.arguments:
            self.found.resources.append(outputs_of(stack, root))

    def _problems(self, path: str, document: Document) -> None:
        for reason in document.problems:
            self.found.problem(path, reason)

    def service(self, path: str) -> None:
        """One configuration of the Serverless Framework."""
        document, _ = self.document(path)
        if document.root is not None and is_stack(document.root) and not _is_service(document.root):
            self.stack(path, document, b"".join(_LAMBDA))
            return
        self._service(path, document)

    def _service(self, path: str, document: Document) -> None:
        from lambdalint.templates.serverless import read_service

        self._problems(path, document)
        if document.root is not None:
            read_service(self.tree, path, document.root, self.found, self.keys)

    def chalice(self, path: str) -> None:
        """One Chalice configuration."""
        document, _ = self.document(path)
        self._problems(path, document)
        if document.root is not None:
            read_chalice(path, document.root, self.found)

    def result(self) -> Templates:
        """Everything found, linked and in order."""
        functions = [
            function._replace(scope=names[0][0])
            for function, names in zip(self.found.functions, self.keys, strict=True)
        ]
        try:
            linker = linker_of(functions, self.keys, self.found.resources)
            functions = joined(link(functions, linker, self.found.resources), linker, self.found.resources)
        except Exception as error:  # noqa: BLE001  as above: functions without events are better than none
            self.found.problem(".", f"linking the templates failed ({type(error).__name__}: {error})")
        functions = _distinct(functions)
        functions.sort(key=lambda function: (function.location.path, function.location.line, function.name))
        problems = sorted(self.found.problems, key=lambda problem: (problem.path, problem.reason))
        roots = tuple(sorted(set(self.found.foreign_roots)))
        applications = tuple(self.found.applications)
        chalice = tuple(self.found.chalice)
        return Templates(tuple(functions), tuple(problems), tuple(self.found.resources), roots, applications, chalice)


def _distinct(functions: Sequence[DeclaredFunction]) -> list[DeclaredFunction]:
    """Without repetitions: roots that call one Terraform module alike declare the same function."""
    found: list[DeclaredFunction] = []
    seen: dict[tuple[str, Location], list[DeclaredFunction]] = {}
    for function in functions:
        alike = seen.setdefault((function.name, function.location), [])
        anywhere = function._replace(scope="")
        if anywhere not in alike:
            alike.append(anywhere)
            found.append(function)
    return found


def _is_manifest(root: Node | None) -> bool:
    """Whether a document is one of Kubernetes, whose files often hold several and are called template.yaml too."""
    return root is not None and root.kind == MAP and None not in (root.get("apiVersion"), root.get("kind"))


def _concerns(data: bytes) -> bool:
    """Whether a template holds anything of Lambda's, or may be a service: others cost their parsing for nothing."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return any(mark in data for mark in _CONCERNED) or (b"provider:" in data and b"functions:" in data)


def _is_named(path: str) -> bool:
    """Whether a file is a CloudFormation template by its very name."""
    return path.rpartition("/")[2].lower() in ("template.yaml", "template.yml", "template.json")


def _is_service(root: Node | None) -> bool:
    """Whether a document configures the Serverless Framework: it has a provider and no ``Resources`` of its own."""
    return root is not None and root.get("provider") is not None and root.get("Resources") is None
