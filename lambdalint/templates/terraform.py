"""Terraform configurations: ``aws_lambda_function``, the public Lambda module, and what triggers them.

A directory is a module. One that no other directory of the repository calls is a root module and is
evaluated once, with the defaults of its variables and its automatic variable files; the modules that it
calls by a local path are evaluated once for each call, with the call's arguments. Nothing is planned,
fetched or run.

Sources: the Terraform language documentation (modules, ``for_each``, ``count``, ``dynamic``, variable files);
the documentation of the AWS and archive providers; terraform-aws-modules/lambda (inputs of the module).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from lambdalint.model import ABSENT, DeclaredFunction, EventSource, Location, State, Value
from lambdalint.patterns import as_bytes
from lambdalint.templates.documents import Malformed
from lambdalint.templates.expressions import Bound, Evaluator, FileText, Names, Step, extended, pairs
from lambdalint.templates.hcl import HCL_LIMIT, Block, Body, check_depth, parse, written
from lambdalint.templates.values import (
    Found,
    Installs,
    OutsideProject,
    Properties,
    Reference,
    Resource,
    TooMuchWork,
    as_integer,
    as_string,
    at,
    described,
    directory_of,
    environment,
    first,
    inside,
    items,
    known,
    mapping,
    references,
    settings_at,
    spelt,
    text,
    unknown,
)
from lambdalint.tree import Tree, Unreadable

INSTANCE_LIMIT = 300
CALL_DEPTH = 12
STEP_LIMIT = 200_000  # of one root module: about a second; the heaviest seen takes 37,000
TOTAL_STEPS = 1_000_000  # of all: many small roots may call one large module

_LAMBDA = re.compile(rb"aws_lambda_function\b|/lambda/aws\b|terraform-aws-lambda\b")
_LOCAL_CALL = re.compile(rb'"?source"?\s*[=:]\s*"(\.\.?(?:/[^"]*)?)"')
# A module of a repository, with the directory in it: "git::https://example.com/infra.git//modules/worker?ref=v1".
_REMOTE_CALL = re.compile(rb'"?source"?\s*[=:]\s*"[^"\n]*?[^:"]//([^"?\n]+)')
_PUBLIC_LAMBDA = re.compile(r"(?:^|/)(?:terraform-aws-modules/lambda/aws|terraform-aws-lambda(?:\.git)?)(?:\?|$)")
_PUBLIC_VARIABLES = frozenset({"source_path", "local_existing_package", "create_function", "handler"})
# Public modules that stand for one resource: the type that their arguments and outputs look like.
_PUBLIC_RESOURCES = {
    "terraform-aws-modules/sqs/aws": "aws_sqs_queue",
    "terraform-aws-modules/sns/aws": "aws_sns_topic",
    "terraform-aws-modules/s3-bucket/aws": "aws_s3_bucket",
    "terraform-aws-modules/dynamodb-table/aws": "aws_dynamodb_table",
    "terraform-aws-modules/step-functions/aws": "aws_sfn_state_machine",
    "terraform-aws-modules/lambda/aws//modules/alias": "aws_lambda_alias",
}
# The resources of which something is asked: functions, what triggers them, and what their code may name.
_TRACKED_TYPES = (
    r"aws_(?:lambda_(?:alias|event_source_mapping|function(?:_event_invoke_config|_url)?|layer_version|permission)|"
    r"sqs_queue(?:_redrive_policy)?|sns_topic(?:_subscription)?|s3_bucket(?:_notification|_object)?|s3_object|"
    r"dynamodb_table|kinesis_(?:stream(?:_consumer)?|firehose_delivery_stream)|cloudwatch_event_(?:bus|rule|target)|"
    r"scheduler_schedule|pipes_pipe|sfn_state_machine|api_gateway_(?:authorizer|integration|rest_api)|"
    r"apigatewayv2_(?:api|authorizer|integration)|cloudwatch_log_(?:group|subscription_filter)|"
    r"a?lb_target_group_attachment|cognito_user_pool|iot_topic_rule|ses_receipt_rule|config_config_rule|"
    r"codecommit_trigger|appsync_datasource|secretsmanager_secret_rotation|bedrockagent_agent_action_group|"
    r"msk_(?:serverless_)?cluster|mq_broker|docdb_cluster|cloudfront_distribution)"
)
_TRACKED = re.compile(_TRACKED_TYPES + "$")
# What makes a file one that has to be read: such resources, archives and what packs them, modules of the registry that
# are known, and modules whose place is not written out.
_TELLING = re.compile(
    rf'"(?:{_TRACKED_TYPES}|archive_file|external)"|\bterraform-aws-|\bsource"?\s*[=:]\s*[^"\s]'.encode()
)

_SETTINGS = {
    "function_name": "function_name",
    "stored": "s3_key",
    "role": "role",
    "reserved_concurrency": "reserved_concurrent_executions",
    "dead_letter": "dead_letter_config[].target_arn",
    "tracing": "tracing_config[].mode",
    "snap_start": "snap_start[].apply_on",
    "ephemeral_storage": "ephemeral_storage[].size",
    "log_group": "logging_config[].log_group",
    "log_format": "logging_config[].log_format",
    "log_level": "logging_config[].application_log_level",
    "file_systems": "file_system_config[]",
    "vpc": "vpc_config[]",
    "recursive_loop": "recursive_loop",
    "durable": "durable_config[].execution_timeout",
    "publish": "publish",
    "ignored": "lifecycle[].ignore_changes",
}
_MODULE_SETTINGS = {
    "function_name": "function_name",
    "stored": "store_on_s3",
    "role": "lambda_role",
    "reserved_concurrency": "reserved_concurrent_executions",
    "dead_letter": "dead_letter_target_arn",
    "tracing": "tracing_mode",
    "ephemeral_storage": "ephemeral_storage_size",
    "log_group": "logging_log_group",
    "log_format": "logging_log_format",
    "log_level": "logging_application_log_level",
    "log_retention": "cloudwatch_logs_retention_in_days",
    "log_group_exists": "use_existing_cloudwatch_log_group",
    "on_failure": "destination_on_failure",
    "on_success": "destination_on_success",
    "snap_start": "snap_start",
    "durable": "durable_config_execution_timeout",
    "publish": "publish",
    "ignored": "ignore_source_code_hash",
}


class _Words:
    """Names that stand for themselves."""

    def look_up(self, root: str, steps: list[Step], place: Location) -> Value:
        """See `Names.look_up`."""
        return known(root, place)


_WORDS = _Words()

_VARIABLE = re.compile(rb"\bvar\.([A-Za-z_][\w-]*)")
_NAME = re.compile(rb"\b(?!true\b|false\b|null\b)[A-Za-z_]\w*\b(?=\.|\[|\()")

Keys = list[tuple[tuple[str, str], ...]]


def read_terraform(tree: Tree, paths: Sequence[str], found: Found, keys: Keys) -> None:
    """Adds the functions and resources of all configurations to ``found``, and the functions' names to ``keys``.

    Args:
        tree: where the files are read from.
        paths: all ``*.tf``, ``*.tf.json`` and variable files of the project.
        found: takes what is found.
        keys: takes, for each function added, the scopes and names by which References know it.
    """
    project = _Project(tree, paths, found)
    left = TOTAL_STEPS
    for directory in project.roots():
        root = _Root(project, directory, min(left, STEP_LIMIT))
        try:
            root.read(found, keys)
        except TooMuchWork as error:
            found.problem(project.files[directory][0], str(error))
            del found.functions[len(keys) :]
        project.modules.pop(directory, None)  # no other root calls it, and syntax trees are large
        left -= min(left, STEP_LIMIT) - max(root.evaluator.left, 0)


class _Project:
    """The directories that hold configurations, which of them call which, and their modules once parsed."""

    def __init__(self, tree: Tree, paths: Sequence[str], found: Found) -> None:
        self.tree = tree
        self.found = found
        self.files: dict[str, list[str]] = {}
        self.variable_files: dict[str, list[str]] = {}
        self.sources: dict[str, bytes] = {}
        self.calls: dict[str, set[str]] = {}
        self.modules: dict[str, _Module] = {}
        self._calling: dict[str, set[str]] = {}  # by file
        self._telling: set[str] = set()
        direct: set[str] = set()
        for path in paths:
            directory = directory_of(path)
            name = posixpath.basename(path)
            if name.endswith((".tfvars", ".tfvars.json")):
                if name.startswith("terraform.tfvars") or ".auto.tfvars" in name:
                    self.variable_files.setdefault(directory, []).append(path)
                continue
            self.files.setdefault(directory, []).append(path)
            self.calls.setdefault(directory, set())
            try:
                data = tree.read(path, HCL_LIMIT)
                check_depth(data)
            except (Malformed, Unreadable) as error:
                found.problem(path, str(error))
                continue
            self.sources[path] = data
            if b"lambda" in data and _LAMBDA.search(data):
                direct.add(directory)
            # An overriding file replaces parts of others, and is read before anything is looked up.
            if _TELLING.search(data) or name.removesuffix(".json").removesuffix(".tf").endswith("override"):
                self._telling.add(path)
            self._calling[path] = self._called(path, directory, data)
            self.calls[directory] |= self._calling[path] - {directory}
        self.relevant = self._relevant(direct)
        callers = _turned(self.calls)
        self.telling = _closure({directory_of(path) for path in self._telling}, callers)

    def _called(self, path: str, directory: str, data: bytes) -> set[str]:
        """The directories that the modules of a file are in, as far as they are written out."""
        if b"module" not in data:
            return set()
        found = {posixpath.normpath(match[1].decode("utf-8", "replace")) for match in _REMOTE_CALL.finditer(data)}
        for match in _LOCAL_CALL.finditer(data):
            try:
                found.add(inside(directory, match[1].decode("utf-8", "replace")))
            except OutsideProject:
                self._telling.add(path)  # that the call leads out of the project is told where it is read
        return found

    def tells(self, path: str) -> bool:
        """Whether a file holds, or calls a module that holds, what something is asked of."""
        return path in self._telling or not self._calling[path].isdisjoint(self.telling)

    def _relevant(self, direct: set[str]) -> set[str]:
        """The directories from which calls lead to a function, or which are called from such."""
        upwards = _closure(direct, _turned(self.calls))
        return _closure(upwards, self.calls)

    def roots(self) -> list[str]:
        """The root modules from which functions are declared, in order."""
        reached: set[str] = set()
        for directory, called in self.calls.items():
            if directory in self.relevant:
                reached |= {name for name in called if name in self.files}
        tops = [
            directory for directory in sorted(self.files) if directory in self.relevant and directory not in reached
        ]
        # Directories that only call each other in a ring still declare something.
        covered = _closure(set(tops), self.calls)
        rings = [d for d in sorted(self.files) if d in self.relevant and d not in covered]
        return tops + rings

    def module(self, directory: str) -> _Module | None:
        """The module in a directory, None if there is none."""
        if directory not in self.files:
            return None
        if directory not in self.modules:
            self.modules[directory] = _Module(directory, self)
        return self.modules[directory]


def _turned(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The edges in the other direction."""
    found: dict[str, set[str]] = {}
    for start, ends in edges.items():
        for end in ends:
            found.setdefault(end, set()).add(start)
    return found


def _closure(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    found = set(start)
    waiting = list(start)
    while waiting:
        for name in edges.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


class _Module:
    """The blocks of the files of one directory.

    Files that hold nothing of which something is asked are read when a name is looked up that others do not hold.
    """

    def __init__(self, directory: str, project: _Project) -> None:
        self.directory = directory
        self.project = project
        self.variables: dict[str, Block] = {}
        self.outputs: dict[str, Block] = {}
        self.locals: dict[str, tuple[Body, str]] = {}
        self.resources: dict[tuple[str, str], Block] = {}
        self.data: dict[tuple[str, str], Block] = {}
        self.modules: dict[str, Block] = {}
        paths = [path for path in project.files[directory] if path in project.sources]
        self._unread = [path for path in paths if not project.tells(path)]
        for path in paths:
            if project.tells(path):
                self._read(path)

    def variable(self, name: str) -> Block | None:
        """The block of a variable."""
        if name not in self.variables:
            self._seek(name, b"variable")
        return self.variables.get(name)

    def output(self, name: str) -> Block | None:
        """The block of an output."""
        if name not in self.outputs:
            self._seek(name, b"output")
        return self.outputs.get(name)

    def local(self, name: str) -> tuple[Body, str] | None:
        """Where a local value is given."""
        if name not in self.locals:
            self._seek(name, b"locals")
        return self.locals.get(name)

    def call(self, name: str) -> Block | None:
        """The block that calls a module."""
        if name not in self.modules:
            self._seek(name, b"module")
        return self.modules.get(name)

    def _seek(self, name: str, kind: bytes) -> None:
        sources = self.project.sources
        for path in [path for path in self._unread if kind in sources[path] and as_bytes(name) in sources[path]]:
            self._unread.remove(path)
            self._read(path)

    def _read(self, path: str) -> None:
        found = self.project.found
        try:
            body, problem = parse(path, self.project.sources[path])
        except Malformed as error:
            found.problem(path, str(error))
            return
        if problem:
            found.problem(path, problem)
        for block in body.blocks:
            self._add(block)

    def is_public_lambda(self) -> bool:
        """Whether this is a copy of terraform-aws-modules/lambda, whose package a program of its own makes."""
        return ("external", "archive_prepare") in self.data and all(map(self.variable, sorted(_PUBLIC_VARIABLES)))

    def _add(self, block: Block) -> None:
        labels = block.labels
        if block.type == "locals":
            for name in block.body.attributes:
                self.locals[name] = (block.body, name)
        elif block.type == "variable" and labels:
            self.variables[labels[0]] = block
        elif block.type == "output" and labels:
            self.outputs[labels[0]] = block
        elif block.type == "module" and labels:
            self.modules[labels[0]] = block
        elif block.type == "resource" and len(labels) == 2:
            self.resources[labels[0], labels[1]] = block
        elif block.type == "data" and len(labels) == 2:
            self.data[labels[0], labels[1]] = block


class _Root:
    """One evaluation of a root module with all modules that it calls."""

    def __init__(self, project: _Project, directory: str, steps: int) -> None:
        self.project = project
        self.directory = directory
        self.evaluator = Evaluator(project.tree, directory, steps)
        self.instances = 0
        self.archives: dict[str, Mapping[str, Value]] = {}
        self.objects: dict[str, Mapping[str, Value]] = {}
        self.programs: dict[str, Value] = {}  # what programs of data sources are asked
        self.outputs: dict[str, Mapping[str, Value]] = {}  # archives by the path that they are written to
        self.keys: dict[str, Mapping[str, Value]] = {}  # objects by their key in S3
        self.resources: list[Resource] = []
        self.declared: list[tuple[DeclaredFunction, tuple[tuple[str, str], ...]]] = []
        self.public: list[tuple[str, Mapping[str, Value], Location]] = []

    def read(self, found: Found, keys: Keys) -> None:
        module = self.project.module(self.directory)
        if module is None:
            return
        instance = _Instance(self, module, "", self._variables(), ())
        instance.read()
        self.outputs = {
            posixpath.normpath(path): archive
            for archive in self.archives.values()
            if (path := text(archive.get("output_path", ABSENT)))
        }
        self.keys = {key: obj for obj in self.objects.values() if (key := text(obj.get("key", ABSENT)))}
        for index, resource in enumerate(self.resources):
            if resource.type == "aws_lambda_function":
                self._function(resource)
            elif resource.type == "aws_lambda_layer_version" and (made := self._archive(resource.properties)):
                self.resources[index] = resource._replace(properties={**resource.properties, **made})
        for name, arguments, place in self.public:
            self._public_function(name, arguments, place)
        found.resources.extend(self.resources)
        for function, names in self.declared:
            found.functions.append(function)
            keys.append(names)

    def _variables(self) -> dict[str, Value]:
        """Values of the automatic variable files of the root module."""
        values: dict[str, Value] = {}
        names = _NoNames()
        paths = self.project.variable_files.get(self.directory, [])
        for path in sorted(paths, key=lambda path: (".auto." in path, path)):  # later ones win
            try:
                body, problem = parse(path, self.project.tree.read(path, HCL_LIMIT))
            except (Malformed, Unreadable) as error:
                self.project.found.problem(path, str(error))
                continue
            if problem:
                self.project.found.problem(path, problem)
            for name, attribute in body.attributes.items():
                values[name] = self.evaluator.value(attribute.expression, names)
        return values

    # ------------------------------------------------------------------ functions

    def _function(self, resource: Resource) -> None:
        properties = resource.properties
        handler = as_string(properties.get("handler", ABSENT), "handler")
        package_type = as_string(properties.get("package_type", ABSENT), "package_type")
        image = properties.get("image_uri", ABSENT)
        if text(package_type) == "Image" or image.state is not State.ABSENT:
            command = items(first(properties, "image_config[].command"))
            place = image.location or resource.location
            handler = as_string(command[0], "command") if command else unknown("the image says the handler", place)
            code_root = unknown("the code is in an image", place)
            if package_type.state is State.ABSENT:
                package_type = known("Image", place, "the function names an image")
        else:
            code_root = self._code_root(properties, resource.location)
        function = DeclaredFunction(
            name=resource.name,
            origin="terraform",
            location=resource.location,
            handler=handler,
            code_root=code_root,
            runtime=as_string(properties.get("runtime", ABSENT), "runtime"),
            architecture=_architecture(properties),
            memory=as_integer(at(properties, "memory_size"), "memory_size"),
            timeout=as_integer(at(properties, "timeout"), "timeout"),
            package_type=package_type,
            layers=properties.get("layers", ABSENT),
            environment=_variables_of(properties),
            events=ABSENT,
            settings=settings_at(properties, _SETTINGS) | self._archive(properties),
        )
        inline = self._inline(properties) if code_root.unknown else {}
        renamed = self._renamed(inline, handler)
        if renamed is not None:
            told = {**function.settings, "packed_as": inline["filename"]}
            function = function._replace(code_root=renamed, settings=told)
        if text(inline.get("content", ABSENT)) is not None:
            told = {"inline_code": inline["content"], "inline_file": inline.get("filename", ABSENT)}
            function = function._replace(settings={**function.settings, **told})
        self.declared.append((function, ((resource.scope, resource.name),)))

    def _code_root(self, properties: Mapping[str, Value], place: Location) -> Value:
        filename = properties.get("filename", ABSENT)
        key = properties.get("s3_key", ABSENT)
        if filename.state is not State.ABSENT:
            root = self._packed(filename)
        elif key.state is not State.ABSENT:
            root = self._stored(key)
        else:
            root = unknown("neither filename nor s3_key nor image_uri", place)
        if root.unknown:
            # The hash often names the archive where the file name does not.
            hashed = properties.get("source_code_hash", ABSENT)
            for reference in references(hashed):
                if reference.name in self.archives:
                    return self._archived(self.archives[reference.name], hashed.location or place)
            return self._programmed(filename, properties.get("handler", ABSENT)) or root
        return root

    def _packed(self, value: Value) -> Value:
        """The source of a package: the archive that Terraform makes of it, or the file itself."""
        place = value.location
        for reference in references(value):
            archive = self._archive_of(reference)
            if archive is not None:
                return self._archived(archive, place)
            obj = self.objects.get(reference.name)
            if obj is not None and "source" in obj:
                return self._packed(obj["source"])
        written = text(value)
        if written is None:
            reason = described(value) if value.known else value.reason
            return unknown(f"the package is decided at deployment: {reason}", place, value.value)
        try:
            path = inside(self.directory, written)
        except OutsideProject as reason:
            return unknown(str(reason), place)
        archive = self.outputs.get(posixpath.normpath(written))
        if archive is not None:
            return self._archived(archive, place)
        if self.project.tree.exists(path):
            return value._replace(value=path)
        return unknown(f"{path} is built before deployment", place, path)

    def _archive(self, properties: Mapping[str, Value]) -> dict[str, Value]:
        """The archive that Terraform writes for a function before it uploads that."""
        filename = properties.get("filename", ABSENT)
        written = text(filename)
        found = self.outputs.get(posixpath.normpath(written)) if written else None
        for reference in references(filename):
            found = found or self._archive_of(reference)
        path = text(found.get("output_path", ABSENT)) if found is not None else None
        if path is None:
            return {}
        try:
            return {"archive": known(inside(self.directory, path), filename.location, "what archive_file writes")}
        except OutsideProject:
            return {}

    def _archive_of(self, reference: Reference) -> Mapping[str, Value] | None:
        found = self.archives.get(reference.name)
        if found is None and not reference.name.endswith("]"):
            found = self.archives.get(f"{reference.name}[0]")
        elif found is None:  # of a number that the deployment decides there is one, without an index
            found = self.archives.get(reference.name.rpartition("[")[0])
        return found

    def _stored(self, key: Value) -> Value:
        """The source of a package in S3: an object that the configuration uploads, or elsewhere."""
        for reference in references(key):
            obj = self.objects.get(reference.name)
            if obj is not None and "source" in obj:
                return self._packed(obj["source"])
        obj = self.keys.get(text(key) or "")
        if obj is not None and "source" in obj:
            return self._packed(obj["source"])
        return unknown(f"the code is in S3, under {spelt(key)}", key.location, key.value)

    def _archived(self, archive: Mapping[str, Value], place: Location | None) -> Value:
        """What an ``archive_file`` packs: a directory, a file, or several."""
        for name in ("source_dir", "source_file"):
            value = archive.get(name, ABSENT)
            if value.state is not State.ABSENT:
                return self._path(value)
        parts = [mapping(part) for part in items(archive.get("source", ABSENT))]
        if len(parts) == 1 and text(parts[0].get("content", ABSENT)) is not None:
            return unknown("inline code in the configuration", parts[0]["content"].location or place)
        roots = {self._content_root(part) for part in parts}
        if len(roots) == 1 and (root := roots.pop()) is not None:
            return known(root, place, "the files that the archive is put together of")
        return unknown("the archive is put together of single contents", place)

    def _content_root(self, part: Mapping[str, Value]) -> str | None:
        """The directory from which ``content = file(…)`` comes to lie in an archive as its ``filename`` says."""
        content = part.get("content", ABSENT).value
        name = text(part.get("filename", ABSENT))
        if not isinstance(content, FileText) or not name:
            return None
        path, name = f"/{content.path}", "/" + posixpath.normpath(name)
        return path[: -len(name)].lstrip("/") or "." if path.endswith(name) else None

    def _inline(self, properties: Mapping[str, Value]) -> Mapping[str, Value]:
        """The single file of an archive whose content is written in the configuration, with its ``filename``."""
        for name in ("filename", "source_code_hash"):
            for reference in references(properties.get(name, ABSENT)):
                archive = self._archive_of(reference)
                parts = items(archive.get("source", ABSENT)) if archive is not None else ()
                if len(parts) == 1:
                    return mapping(parts[0])
        return {}

    def _renamed(self, part: Mapping[str, Value], handler: Value) -> Value | None:
        """The one file of an archive, where it lies in it under the name that the handler asks for."""
        content = part.get("content", ABSENT)
        name = text(part.get("filename", ABSENT)) or ""
        if not isinstance(content.value, FileText) or not content.value.path.endswith(".py"):
            return None
        asked = (text(handler) or "").rpartition(".")[0]
        return known(content.value.path, content.location) if asked and name == f"{asked}.py" else None

    def _programmed(self, value: Value, handler: Value) -> Value | None:
        """The source of a package that a program makes: what the module's programs are asked that holds the handler."""
        module = (text(handler) or "").rpartition(".")[0].replace(".", "/")
        asked = [reference.name for reference in references(value)]
        prefixes = {name.partition("data.external.")[0] for name in asked if "data.external." in name}
        found: dict[str, Value] = {}
        for address, query in self.programs.items():
            if address.partition("data.external.")[0] not in prefixes or not module:
                continue
            for part in mapping(query).values():
                try:
                    path = inside(self.directory, text(part) or "")
                except OutsideProject:
                    continue
                if self.project.tree.exists(posixpath.join(path, f"{module}.py")):
                    found[path] = part
                elif path.endswith(f"/{module}.py") and self.project.tree.exists(path):
                    found[path.removesuffix(f"/{module}.py")] = part
        if len(found) != 1:
            return None
        ((root, part),) = found.items()
        return known(root, part.location, "what the program that packs it is given")

    def _path(self, value: Value) -> Value:
        written = text(value)
        if written is None:
            reason = described(value) if value.known else value.reason
            return unknown(f"the code's place is decided at deployment: {reason}", value.location, value.value)
        try:
            return value._replace(value=inside(self.directory, written))
        except OutsideProject as reason:
            return unknown(str(reason), value.location)

    def _public_function(self, name: str, arguments: Mapping[str, Value], place: Location) -> None:
        """A call of terraform-aws-modules/lambda, unless it only makes a layer or an alias."""
        for switch, off in (("create", False), ("create_function", False), ("create_layer", True)):
            value = arguments.get(switch, ABSENT)
            if value.known and value.value is off:
                return
        handler = as_string(arguments.get("handler", ABSENT), "handler")
        package_type = as_string(arguments.get("package_type", ABSENT), "package_type")
        image = arguments.get("image_uri", ABSENT)
        if text(package_type) == "Image" or image.state is not State.ABSENT:
            code_root = unknown("the code is in an image", image.location or place)
            command = items(arguments.get("image_config_command", ABSENT))
            handler = as_string(command[0], "command") if command else unknown("the image says the handler", place)
        else:
            code_root = self._public_code(arguments, place)
        function = DeclaredFunction(
            name=name,
            origin="terraform",
            location=place,
            handler=handler,
            code_root=code_root,
            runtime=as_string(arguments.get("runtime", ABSENT), "runtime"),
            architecture=_architecture(arguments),
            memory=as_integer(at(arguments, "memory_size"), "memory_size"),
            timeout=as_integer(at(arguments, "timeout"), "timeout"),
            package_type=package_type,
            layers=arguments.get("layers", ABSENT),
            environment=environment(arguments.get("environment_variables", ABSENT)),
            events=self._public_events(name, arguments),
            settings={
                "log_group_exists": known(False, None, "the module makes the log group"),
                **settings_at(arguments, _MODULE_SETTINGS),
                **(self._installs(arguments, code_root) if code_root.known else {}),
            },
        )
        self.declared.append((function, ((self.directory, name),)))

    def _public_code(self, arguments: Mapping[str, Value], place: Location) -> Value:
        source = arguments.get("source_path", ABSENT)
        existing = arguments.get("local_existing_package", ABSENT)
        if source.state is not State.ABSENT:
            for part in items(source):
                inner = mapping(part).get("path", ABSENT) if isinstance(part.value, dict) else part
                if inner.state is not State.ABSENT:
                    return self._path(inner)
            return unknown(source.reason or "source_path names no path", source.location, source.value)
        if existing.state is not State.ABSENT:
            return self._packed(existing)
        stored = arguments.get("s3_existing_package", ABSENT)
        if stored.state is not State.ABSENT:
            key = mapping(stored).get("key", stored)
            return self._stored(key)
        return unknown("the module is given no source_path", place)

    def _installs(self, arguments: Mapping[str, Value], code_root: Value) -> dict[str, Value]:
        """What terraform-aws-modules/lambda installs: what lies in a directory that it is given, or what it is told."""
        source = arguments.get("source_path", ABSENT)
        parts = items(source) or (source,)
        if not source.known or len(parts) != 1 or not isinstance(code_root.value, str):
            return {}
        told = mapping(parts[0])
        chosen: tuple[str, ...] = ("uv.lock", "requirements.txt", "poetry.lock")
        barred: tuple[str, ...] = ("pyproject.toml",)
        if isinstance(parts[0].value, dict):
            if any(name in told for name in ("commands", "uv_install", "poetry_install")):
                return {}
            wanted = told.get("pip_requirements", ABSENT)
            if wanted.value is not True and not text(wanted):
                return {}
            if text(wanted):
                own = self._path(wanted)
                return {"installs": known(Installs((own.value,)), wanted.location)} if own.known else {}
            chosen, barred = ("requirements.txt",), ()
        files = tuple(posixpath.normpath(posixpath.join(code_root.value, each)) for each in chosen)
        barred = tuple(posixpath.normpath(posixpath.join(code_root.value, each)) for each in barred)
        return {"installs": known(Installs(files, barred), source.location)}

    def _public_events(self, name: str, arguments: Mapping[str, Value]) -> Value:
        """The events that a public module's arguments alone tell; what it makes resources of is told by those."""
        function = known(Reference(self.directory, name, "lambda_function_name"))
        mappings = arguments.get("event_source_mapping", ABSENT)
        for key, each in pairs(mappings) or ():
            members = {"function_name": function, **_mapping_blocks(mapping(each))}
            self._made(name, "aws_lambda_event_source_mapping", key, each, members)
        triggers = arguments.get("allowed_triggers", ABSENT)
        for key, each in pairs(triggers) or ():
            members = {**mapping(each), "function_name": function}
            service = text(members.get("service", ABSENT))
            if service and "principal" not in members:
                members["principal"] = known(f"{service}.amazonaws.com", each.location)
            self._made(name, "aws_lambda_permission", key, each, members)
        url = arguments.get("create_lambda_function_url", ABSENT)
        sources = (EventSource("function-url", ABSENT, url.location, {}),) if url.known and url.value is True else ()
        undecided = next((value for value in (mappings, triggers) if value.unknown), None)
        if undecided is not None:
            return unknown(undecided.reason, undecided.location, sources)
        return known(sources, sources[0].location) if sources else ABSENT

    def _made(self, module: str, kind: str, key: Value, each: Value, members: Mapping[str, Value]) -> None:
        """Adds a resource that a public module makes of an element of an argument."""
        index = _index(str(key.value)) if key.known else ""
        place = each.location or key.location or Location(self.directory, 1)
        address = f"{module}.{kind}.this{index}"
        self.resources.append(Resource("terraform", self.directory, address, kind, place, members))


def _mapping_blocks(members: Mapping[str, Value]) -> dict[str, Value]:
    """An event source mapping of the public module, which takes values for what are blocks of the resource."""
    found = dict(members)
    if "filter_criteria" in found:
        given = found["filter_criteria"]
        patterns = given._replace(value=(given,)) if isinstance(given.value, dict) else given
        found["filter_criteria"] = given._replace(value=(known({"filter": patterns}),)) if given.known else given
    if "scaling_config" in found:
        found["scaling_config"] = known((found["scaling_config"],))
    if "destination_arn_on_failure" in found:
        failed = known({"destination_arn": found.pop("destination_arn_on_failure")})
        found["destination_config"] = known((known({"on_failure": known((failed,))}),))
    return found


def _architecture(properties: Mapping[str, Value]) -> Value:
    value = properties.get("architectures", ABSENT)
    if not value.known:
        return value
    names = items(value)
    return as_string(names[0], "architectures") if len(names) == 1 else unknown("not one architecture", value.location)


def _variables_of(properties: Mapping[str, Value]) -> Value:
    blocks = properties.get("environment", ABSENT)
    if not blocks.known:
        return blocks
    return environment(first(properties, "environment[].variables"))


class _NoNames:
    """The names of a variable file: there are none."""

    def look_up(self, root: str, steps: list[Step], place: Location) -> Value:
        return unknown("a variable file holds no references", place)


class _Instance:
    """One module with the arguments of one call."""

    def __init__(
        self, root: _Root, module: _Module, prefix: str, arguments: Mapping[str, Value], callers: tuple[str, ...]
    ) -> None:
        """Args: prefix: the address of the call with a dot behind it; callers: directories of the calling modules."""
        self.root = root
        self.module = module
        self.prefix = prefix
        self.arguments = arguments
        self.callers = callers
        self.memo: dict[tuple[str, str], Value] = {}
        self.open: set[tuple[str, str]] = set()
        self.children: dict[str, list[tuple[str, _Instance | None]]] = {}

    # ------------------------------------------------------------------ names

    def look_up(self, root: str, steps: list[Step], place: Location) -> Value:
        """See `Names.look_up`."""
        names = [str(key.value) if kind == "attribute" else "" for kind, key in steps]
        evaluator = self.root.evaluator
        if root in ("var", "local") and names and names[0]:
            value = self._named(root, names[0], place)
            value = evaluator.applied(value, steps[1:], place) if len(steps) > 1 else value
            return value if value.state is State.ABSENT else value._replace(location=place)
        if root == "path":
            # Relative paths count from the root module's directory, where Terraform runs.
            if names[:1] == ["module"]:
                return known(posixpath.relpath(self.module.directory, self.root.directory), place)
            return known(".", place)
        if root == "module" and names and names[0]:
            return self._output(names[0], steps[1:], place)
        if root in ("each", "count", "self", "terraform"):
            return unknown(f"{root}.{names[0] if names else ''} is decided at deployment", place)
        if root == "data" and len(names) > 1:
            return self._resource(f"data.{names[0]}.{names[1]}", steps[2:], place)
        if names and names[0]:
            return self._resource(f"{root}.{names[0]}", steps[1:], place)
        return unknown(f"{root[:80]} is not known here", place)

    def _resource(self, address: str, steps: list[Step], place: Location) -> Value:
        name = self.prefix + address
        if steps and steps[0][0] == "index":
            key = steps[0][1]
            if key.known:
                name += _index(key.value)
            steps = steps[1:]
        elif steps and steps[0][0] == "splat":
            reference = extended(Reference(self.root.directory, name), steps[1:])
            return known((known(reference, place),), place)
        return known(extended(Reference(self.root.directory, name), steps), place)

    def _named(self, kind: str, name: str, place: Location) -> Value:
        key = (kind, name)
        if key in self.memo:
            return self.memo[key]
        if key in self.open:
            return unknown(f"{kind}.{name} refers to itself", place)
        self.open.add(key)
        try:
            value = self._variable(name, place) if kind == "var" else self._local(name, place)
        finally:
            self.open.discard(key)
        self.memo[key] = value
        return value

    def _variable(self, name: str, place: Location) -> Value:
        if name in self.arguments:
            argument = self.arguments[name]
            if argument.state is not State.ABSENT:
                return argument
        block = self.module.variable(name)
        if block is None:
            return unknown(f"variable {name} is not declared", place)
        default = block.body.attributes.get("default")
        if default is None:
            # what it is remains open, but two values that take it are the same
            reference = Reference(self.root.directory, f"{self.prefix}var.{name}")
            if not self.callers and not self.prefix:
                return unknown(f"variable {name} has no default", place, reference)
            return unknown(f"variable {name} is not given", place, reference)
        value = self.root.evaluator.value(default.expression, self)
        return value._replace(reason=f"default of variable {name}") if value.known and not value.reason else value

    def _local(self, name: str, place: Location) -> Value:
        found = self.module.local(name)
        if found is None:
            return unknown(f"local {name} is not declared", place)
        body, attribute = found
        return self.root.evaluator.value(body.attributes[attribute].expression, self)

    def _output(self, name: str, steps: list[Step], place: Location) -> Value:
        """``module.name.output``, from the called module where it is in the repository."""
        index = ""
        rest = steps
        if rest and rest[0][0] in ("index", "splat"):
            index = _index(rest[0][1].value) if rest[0][0] == "index" and rest[0][1].known else "*"
            rest = rest[1:]
        address = f"{self.prefix}module.{name}"
        if not rest or rest[0][0] != "attribute":
            return unknown(f"module {name} as a whole", place)
        output = str(rest[0][1].value)
        instances = self._called(name)
        chosen = [child for suffix, child in instances if suffix == index or (index in ("", "*") and child)]
        if chosen and chosen[0] is not None and (len(chosen) == 1 or index == "*"):
            key = ("output", f"{name}{index}.{output}")
            if key in self.open:
                return unknown(f"module.{name}.{output} refers to itself", place)
            self.open.add(key)
            try:
                block = chosen[0].module.output(output)
                if block is None or "value" not in block.body.attributes:
                    return unknown(f"module {name} has no output {output}", place)
                value = self.root.evaluator.value(block.body.attributes["value"].expression, chosen[0])
            finally:
                self.open.discard(key)
            return self.root.evaluator.applied(value, rest[1:], place)
        return known(extended(Reference(self.root.directory, address + index.replace("*", "")), rest), place)

    # ------------------------------------------------------------------ blocks

    def read(self) -> None:
        """Evaluates the resources of the module and of those that it calls."""
        for (kind, name), block in list(self.module.data.items()):
            if kind not in ("archive_file", "external"):
                continue
            for suffix, names in self._instances(block):
                properties = self.evaluated(block.body, names)
                address = f"{self.prefix}data.{kind}.{name}{suffix}"
                if kind == "external":
                    self.root.programs[address] = properties.get("query", ABSENT)
                else:
                    self.root.archives[address] = properties
        for (kind, name), block in list(self.module.resources.items()):
            archive = kind == "archive_file"
            if not archive and (not _TRACKED.match(kind) or self._is_ruled_out(kind, block)):
                continue
            for suffix, names in self._instances(block):
                properties = self.evaluated(block.body, names)
                address = f"{self.prefix}{kind}.{name}{suffix}"
                if archive:
                    self.root.archives[address] = properties
                    continue
                if kind in ("aws_s3_object", "aws_s3_bucket_object"):
                    self.root.objects[address] = properties
                    continue
                self.root.resources.append(
                    Resource("terraform", self.root.directory, address, kind, block.location, properties)
                )
        for name in [name for name, block in self.module.modules.items() if self._tells(block)]:
            for _, child in self._called(name):
                if child is not None:
                    child.read()

    def _is_ruled_out(self, kind: str, block: Block) -> bool:
        """Whether the call of the module itself says that there is none of a resource: ``queue = null``.

        What only a default leaves out is supposed to be wanted somewhere, and so are functions, for their code is here.
        """
        attributes = block.body.attributes
        attribute = attributes.get("count") or attributes.get("for_each")
        if attribute is None or kind == "aws_lambda_function" or not isinstance(self.arguments, _Lazy):
            return False
        asked = set(_VARIABLE.findall(written(attribute.expression)))
        if not asked or not all(self.arguments.is_written_out(name.decode()) for name in asked):
            return False
        value = self.root.evaluator.value(attribute.expression, self)
        return value.known and (value.value == 0 or pairs(value) == [])

    def _tells(self, block: Block) -> bool:
        """Whether something may be asked of what a call makes: of modules of the project most make other things."""
        source = block.body.attributes.get("source")
        written = self.root.evaluator.value(source.expression, self) if source is not None else ABSENT
        try:
            directory = self._directory(text(written) or "")
        except OutsideProject:
            return True
        return directory not in self.root.project.files or directory in self.root.project.telling

    def _called(self, name: str) -> list[tuple[str, _Instance | None]]:
        """The instances that a module call makes, None for those whose source is not in the repository."""
        if name not in self.children:
            block = self.module.call(name)
            # Set first: an argument may refer to another output of the call.
            self.children[name] = []
            if block is not None:
                self.children[name] = [
                    (suffix, self._call(block, name, suffix, names)) for suffix, names in self._instances(block)
                ]
        return self.children[name]

    def _directory(self, source: str) -> str:
        """The directory that a module is in, if it is in the project.

        Raises:
            OutsideProject: it is elsewhere on the machine.
        """
        if source.startswith("."):
            return inside(self.module.directory, source)
        # A module of this very repository is often called by the repository's address.
        match = _REMOTE_CALL.match(as_bytes(f'source = "{source}"'))
        return posixpath.normpath(match[1].decode("utf-8", "surrogatepass")) if match else ""

    def _call(self, block: Block, name: str, suffix: str, names: Names) -> _Instance | None:
        arguments = _Lazy(self, block, names)
        source = text(arguments.get("source", ABSENT)) or ""
        address = f"{self.prefix}module.{name}{suffix}"
        root = self.root
        try:
            directory = self._directory(source)
        except OutsideProject as reason:
            root.project.found.problem(block.location.path, f"line {block.location.line}: {reason}")
            return None
        if directory not in root.project.files and not source.startswith("."):
            self._public(source, address, arguments, block.location)
            return None
        if directory in (*self.callers, self.module.directory) or len(self.callers) >= CALL_DEPTH:
            root.project.found.problem(block.location.path, f"line {block.location.line}: modules that call each other")
            return None
        module = root.project.module(directory)
        if module is None:
            return None
        if module.is_public_lambda():
            self._public("terraform-aws-modules/lambda/aws", address, arguments, block.location)
            return None
        self._count(block)
        return _Instance(root, module, address + ".", arguments, (*self.callers, self.module.directory))

    def _public(self, source: str, address: str, arguments: _Lazy, place: Location) -> None:
        """A module of the public registry that is known to stand for a function or a resource."""
        base = source.partition("?")[0].removeprefix("registry.terraform.io/")
        if _PUBLIC_LAMBDA.search(source):
            self.root.public.append((address, arguments.all(), place))
        elif base in _PUBLIC_RESOURCES:
            kind = _PUBLIC_RESOURCES[base]
            self.root.resources.append(
                Resource("terraform", self.root.directory, address, kind, place, arguments.all())
            )
        elif base == "terraform-aws-modules/s3-bucket/aws//modules/notification":
            members = dict(arguments.all())
            targets = []
            for _, each in pairs(members.pop("lambda_notifications", ABSENT)) or ():
                inner = dict(mapping(each))
                if "function_arn" in inner:
                    inner["lambda_function_arn"] = inner.pop("function_arn")
                targets.append(known(inner, each.location))
            members["lambda_function"] = known(tuple(targets), place)
            self.root.resources.append(
                Resource("terraform", self.root.directory, address, "aws_s3_bucket_notification", place, members)
            )
        elif base == "terraform-aws-modules/eventbridge/aws":
            self._public_rules(address, arguments, place)

    def _public_rules(self, address: str, arguments: _Lazy, place: Location) -> None:
        """The rules and targets of terraform-aws-modules/eventbridge, as the resources that it makes of them."""
        scope = self.root.directory
        for name, rule in mapping(arguments.get("rules", ABSENT)).items():
            rule_address = f"{address}.aws_cloudwatch_event_rule.{name}"
            where = rule.location or place
            self.root.resources.append(
                Resource("terraform", scope, rule_address, "aws_cloudwatch_event_rule", where, mapping(rule))
            )
        for name, targets in mapping(arguments.get("targets", ABSENT)).items():
            for position, target in enumerate(items(targets)):
                reference = known(Reference(scope, f"{address}.aws_cloudwatch_event_rule.{name}"), target.location)
                members = {**mapping(target), "rule": reference}
                target_address = f"{address}.aws_cloudwatch_event_target.{name}[{position}]"
                where = target.location or place
                self.root.resources.append(
                    Resource("terraform", scope, target_address, "aws_cloudwatch_event_target", where, members)
                )

    def _count(self, block: Block) -> None:
        self.root.instances += 1
        if self.root.instances > INSTANCE_LIMIT * 10:
            raise TooMuchWork(f"more than {INSTANCE_LIMIT * 10:,} instances of modules and resources")

    def _instances(self, block: Block) -> Iterator[tuple[str, Names]]:
        """The instances that ``for_each`` or ``count`` make of a block: address suffix and names.

        A number or collection that is not decided gives one instance with undecided keys, and so does one
        that a variable's default makes empty: the code is meant to be deployed somewhere.
        """
        attributes = block.body.attributes
        evaluator = self.root.evaluator
        if "for_each" in attributes:
            collection = evaluator.value(attributes["for_each"].expression, self)
            elements = pairs(collection)
            if not elements or len(elements) > INSTANCE_LIMIT:
                reason = collection.reason or "for_each is decided at deployment"
                nothing = elements is not None and not elements
                yield "", self._each(unknown(reason), unknown(reason), supposed=nothing)
                return
            for key, element in elements:
                each = element if type(collection.value) is tuple else key  # a set's elements are their own keys
                name = each.value if each.known and isinstance(each.value, (str, int)) else None
                self._count(block)
                yield _index(str(name)) if name is not None else "", self._each(each, element)
        elif "count" in attributes:
            count = as_integer(evaluator.value(attributes["count"].expression, self), "count")
            if count.known and count.value == 0 and _is_literal(attributes["count"].expression.node):
                return
            if not count.known or not 0 < count.value <= INSTANCE_LIMIT:
                index = known(0) if count.known else unknown(count.reason or "count is decided at deployment")
                nothing = count.known and count.value == 0
                yield "", Bound(evaluator, self, {"count": known({"index": index})}, supposed=nothing)
                return
            for number in range(count.value):
                self._count(block)
                yield f"[{number}]", Bound(evaluator, self, {"count": known({"index": known(number)})})
        else:
            self._count(block)
            yield "", self

    def _each(self, key: Value, value: Value, *, supposed: bool = False) -> Names:
        return Bound(self.root.evaluator, self, {"each": known({"key": key, "value": value})}, supposed=supposed)

    def evaluated(self, body: Body, names: Names) -> Properties:
        """The properties of a block: attributes by name, nested blocks as tuples of mappings."""
        evaluator = self.root.evaluator
        properties = Properties(supposed=isinstance(names, Bound) and names.supposed)
        for name, attribute in body.attributes.items():
            value = evaluator.value(attribute.expression, names)
            if value.state is not State.ABSENT:
                properties[name] = value
            elif not _is_literal(attribute.expression.node):
                properties.null[name] = attribute.key
        nested: dict[str, list[Value]] = {}
        for block in body.blocks:
            if block.type == "dynamic" and block.labels:
                nested.setdefault(block.labels[0], []).extend(self._dynamic(block, names))
            else:
                # what lifecycle ignores are names of arguments, and no references
                inner = known(
                    self.evaluated(block.body, _WORDS if block.type == "lifecycle" else names), block.location
                )
                nested.setdefault(block.type, []).append(inner)
        for name, blocks in nested.items():
            properties[name] = known(tuple(blocks), blocks[0].location if blocks else None)
            if not blocks:
                properties.null[name] = next(block.location for block in body.blocks if name in block.labels[:1])
        return properties

    def _dynamic(self, block: Block, names: Names) -> Iterator[Value]:
        """The blocks that a ``dynamic`` block makes; one with undecided values where their number is not decided."""
        evaluator = self.root.evaluator
        content = next(block.body.blocks_of("content"), None)
        attribute = block.body.attributes.get("for_each")
        if content is None or attribute is None:
            return
        iterator = block.body.attributes.get("iterator")
        name = block.labels[0]
        if iterator is not None and not hasattr(iterator.expression.node, "kind"):
            name = bytes(iterator.expression.node.text).decode("utf-8", "replace")
        collection = evaluator.value(attribute.expression, names)
        elements = pairs(collection)
        if elements is None or len(elements) > INSTANCE_LIMIT:
            reason = collection.reason or "for_each is decided at deployment"
            elements = [(unknown(reason), unknown(reason))]
        for key, element in elements:
            bound = Bound(evaluator, names, {name: known({"key": key, "value": element})})
            yield known(self.evaluated(content.body, bound), content.location)


class _Lazy(Mapping[str, Value]):
    """The arguments of a module call, each evaluated when the module asks for it."""

    def __init__(self, caller: _Instance, block: Block, names: Names) -> None:
        self.caller = caller
        self.block = block
        self.names = names
        self.memo: dict[str, Value] = {}
        self.open: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        if name not in self.memo:
            attribute = self.block.body.attributes[name]
            if name in self.open:
                return unknown(f"argument {name} refers to itself", attribute.key)
            self.open.add(name)
            try:
                self.memo[name] = self.caller.root.evaluator.value(attribute.expression, self.names)
            finally:
                self.open.discard(name)
        return self.memo[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.block.body.attributes)

    def __len__(self) -> int:
        return len(self.block.body.attributes)

    def is_written_out(self, name: str) -> bool:
        """Whether an argument is given, and nothing in it is a name."""
        attribute = self.block.body.attributes.get(name)
        return attribute is not None and not _NAME.search(written(attribute.expression))

    def all(self) -> dict[str, Value]:
        """All arguments, with those that are blocks."""
        return self.caller.evaluated(self.block.body, self.names)


def _index(key: object) -> str:
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'


def _is_literal(node: object) -> bool:
    if getattr(node, "null", False):  # in JSON
        return True
    return getattr(node, "child_count", 0) == 1 and getattr(node, "children")[0].type == "literal_value"  # noqa: B009
