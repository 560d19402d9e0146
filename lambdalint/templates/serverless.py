"""Configurations of the Serverless Framework (``serverless.yml`` and its JSON form).

Variables (``${self:…}``, ``${opt:…, default}``, ``${file(…):…}``, ``${sls:stage}`` …) are resolved as far as the
repository decides them; neither the environment of this process nor anything outside the tree is read, and
no program is run. ``resources`` holds CloudFormation, with the same variables in it.

Sources: Serverless Framework documentation, "Serverless.yml Reference", "Variables", "AWS Lambda Events"
and "AWS - Resources" (the logical ids of generated resources); serverless-python-requirements (``module``),
serverless-wsgi.
"""

from __future__ import annotations

import copy
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lambdalint.model import ABSENT, DeclaredFunction, EventSource, Location, State, Value
from lambdalint.records import NamedTuple
from lambdalint.templates.cloudformation import ROLE, TRACKED
from lambdalint.templates.documents import LIST, MAP, SCALAR, YAML_LIMIT, Malformed, Node, read_json, read_yaml
from lambdalint.templates.events import settings
from lambdalint.templates.images import handler_of
from lambdalint.templates.intrinsics import Bindings, Entry, Stack
from lambdalint.templates.values import (
    Found,
    Installs,
    OutsideProject,
    Reference,
    Resource,
    Undecided,
    as_boolean,
    as_integer,
    as_string,
    directory_of,
    environment,
    first,
    inside,
    items,
    joined,
    known,
    mapping,
    merged,
    plain,
    settings_at,
    text,
    unknown,
)
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.tree import Tree

VARIABLE_DEPTH = 20
MEMORY_DEFAULT = 1024
TIMEOUT_DEFAULT = 6
PACKED = ".serverless"  # where `serverless package` puts archives
BATCH_DEFAULT = 10  # of queues and streams

_VARIABLE = re.compile(
    r"\$\{\s*(?:self|opt|file|env|sls|param|ssm|s3|cf|aws|terraform|doppler|vault|git|strToBool|custom)[:.(]"
)
_SOURCE = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\(([^)]*)\))?(?:\.[A-Za-z0-9-]+)?:?(.*)", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")

# Settings of a function, and those that the provider sets for all functions.
_SETTINGS = {
    "function_name": "name",
    "role": "role",
    "reserved_concurrency": "reservedConcurrency",
    "provisioned_concurrency": "provisionedConcurrency",
    "dead_letter": "onError",
    "tracing": "tracing",
    "snap_start": "snapStart",
    "ephemeral_storage": "ephemeralStorageSize",
    "on_success": "destinations.onSuccess",
    "on_failure": "destinations.onFailure",
    "retries": "maximumRetryAttempts",
    "vpc": "vpc",
    "file_systems": "fileSystemConfig",
    "package_patterns": "package.patterns",
    "log_group": "logs.logGroup",
    "log_format": "logs.logFormat",
    "log_level": "logs.applicationLogLevel",
    "log_retention": "logRetentionInDays",
    "logs_disabled": "disableLogs",
}
_PROVIDER_SETTINGS = {
    "tracing": "tracing.lambda",
    "snap_start": "snapStart",
    "retries": "maximumRetryAttempts",
    "vpc": "vpc",
    "ephemeral_storage": "ephemeralStorageSize",
    "log_group": "logs.lambda.logGroup",
    "log_format": "logs.lambda.logFormat",
    "log_level": "logs.lambda.applicationLogLevel",
    "log_retention": "logRetentionInDays",
}
# The settings that plugins make, by words of their names.
_PLUGIN_SETTINGS = {
    "dead_letter": ("dead-letter", "deadletter", "dlq"),
    "on_failure": ("dead-letter", "deadletter", "dlq", "destination"),
    "tracing": ("tracing", "xray", "x-ray", "datadog", "lumigo", "epsagon", "newrelic"),
    "log_retention": ("retention", "log-group"),
    "aliases": ("alias", "canary"),
    "role": ("iam-role",),
}
# The lock files that serverless-python-requirements takes, the first first, by the option that keeps it from that.
_LOCKS = (("usePoetry", "poetry.lock"), ("usePipenv", "Pipfile.lock"))
_ROLE = "IamRoleLambdaExecution"  # the logical id of the role that the framework makes for all functions


def read_service(tree: Tree, path: str, root: Node, found: Found, keys: list[tuple[tuple[str, str], ...]]) -> None:
    """Adds the functions and resources of a service to ``found``, and the names of the functions to ``keys``.

    Raises:
        TooMuchWork: the budget is used up; what was found until then stays.
    """
    if root.kind != MAP:
        found.problem(path, f"line {root.line}: not a mapping")
        return
    service = Service(tree, path, root, found)
    provider = service.below(service, root, "provider")
    cloud = _provider_name(provider)
    if cloud is not None and cloud != "aws":
        found.foreign_roots.append(directory_of(path))
        return
    service.read_resources()
    if provider is not None:
        service.provider = mapping(provider[0].evaluate(provider[1]))
        service.read_role()
    for key, owner, node in service.functions():
        function = service.function(key, owner, node)
        found.functions.append(function)
        scope = service.scope
        keys.append(((scope, logical_id(function.name) + "LambdaFunction"), (scope, function.name)))


def _provider_name(provider: tuple[Service, Node] | None) -> str | None:
    if provider is None:
        return None
    owner, node = provider
    value = owner.evaluate(node.get("name") if node.kind == MAP else node)
    return text(value)


def logical_id(name: str) -> str:
    """The part of a logical id that the framework makes of a function's name."""
    return (name[:1].upper() + name[1:]).replace("-", "Dash").replace("_", "Underscore")


class Service(Stack):
    """One service, or a file that it includes: then with the service's own root for ``${self:…}``."""

    def __init__(self, tree: Tree, path: str, root: Node, found: Found) -> None:
        self.home = self
        super().__init__(path, Node(MAP, {}, 1, 1), found, scope=path)
        self.tree = tree
        self.root = root
        self.provider: Mapping[str, Value] = {}
        self.depth = 0
        self.substituting = False
        self.extended: set[str] = set()  # logical ids of functions that the resources change
        self.included: dict[str, tuple[Service, Node] | Value] = {}
        self.key_owner = self

    def spend(self, steps: int) -> None:
        """Counts work for the whole service."""
        if self is self.home:
            super().spend(steps)
        else:
            self.home.spend(steps)

    # ------------------------------------------------------------------ variables

    def evaluated(self, node: Node, bindings: Bindings) -> Value:
        """See `Stack.evaluated`; variables are resolved first."""
        if node.kind == SCALAR and "${" in node.value and not node.tag:
            place = self.location(node)
            found = self.resolved(node.value, place)
            value = found if isinstance(found, Value) else found[0].evaluate(found[1])
            # A plain value belongs where it is used; a mapping's parts stand where they stand.
            return (
                value
                if isinstance(value.value, dict) or value.state is State.ABSENT
                else value._replace(location=place)
            )
        if node.kind == SCALAR and node.tag == "!Sub" and _VARIABLE.search(node.value):
            # The framework replaces its variables before CloudFormation sees the string.
            place = self.location(node)
            self.home.substituting = True
            try:
                found = self.resolved(node.value, place)
            finally:
                self.home.substituting = False
            written = text(found) if isinstance(found, Value) else None
            if written is None:
                return found if isinstance(found, Value) else unknown("Fn::Sub of something other than a string", place)
            node = Node(SCALAR, written, node.line, node.column, node.end_column, "!Sub", node.quoted)
        return super().evaluated(node, bindings)

    def resolved(self, written: str, place: Location) -> tuple[Service, Node] | Value:
        """A string with its variables replaced: a Value, or the node that the whole string stands for."""
        parts: list[Value] = []
        position = 0
        while True:
            start = written.find("${", position)
            if start < 0:
                break
            end = _closing(written, start + 2)
            if end < 0:
                break
            if start > position:
                parts.append(known(written[position:start], place))
            found = self.variable(written[start + 2 : end], place)
            if start == 0 and end == len(written) - 1:
                return found
            parts.append(found if isinstance(found, Value) else found[0].evaluate(found[1]))
            position = end + 1
        if position < len(written):
            parts.append(known(written[position:], place))
        return joined(parts, "", place)

    def variable(self, expression: str, place: Location) -> tuple[Service, Node] | Value:
        """What ``${expression}`` stands for: the first of its alternatives that is set."""
        home = self.home
        self.spend(10)
        home.depth += 1
        try:
            if home.depth > VARIABLE_DEPTH:
                return unknown("variables that refer to each other without end", place)
            result: tuple[Service, Node] | Value = ABSENT
            for alternative in _alternatives(expression):
                result = self.alternative(alternative.strip(), place)
                if not isinstance(result, Value) or result.state is not State.ABSENT:
                    break
            if isinstance(result, Value) and result.state is State.ABSENT:
                return unknown(f"${{{expression.strip()[:80]}}} is decided at deployment", place)
            return result
        finally:
            home.depth -= 1

    def alternative(self, written: str, place: Location) -> tuple[Service, Node] | Value:
        """One alternative of a variable; Absent where it is not set."""
        home = self.home
        quoted = _QUOTED.fullmatch(written)
        if quoted:
            return known(quoted[1] if quoted[1] is not None else quoted[2], place)
        if "${" in written:
            inner = self.resolved(written, place)
            plain = text(inner) if isinstance(inner, Value) else None
            if plain is None or (written.startswith("${") and _closing(written, 2) == len(written) - 1):
                return inner
            written = plain
        if re.fullmatch(r"-?[0-9.]+|true|false", written):
            return known(written, place)
        if written in ("null", ""):
            return ABSENT
        if written.startswith("AWS::"):
            # A placeholder of CloudFormation, which the framework puts into Fn::Sub where there is none.
            return known(f"${{{written}}}" if home.substituting else Reference("", written), place)
        match = _SOURCE.fullmatch(written)
        if match is None or (":" not in written and "(" not in written):
            if re.fullmatch(r"[A-Za-z0-9.]+", written):
                return known(f"${{{written}}}", place)  # not the framework's, which leaves it alone
            return unknown(f"variable {written[:80]} is not known", place)
        source, argument, address = match[1], match[2], match[3].strip()
        if source == "self":
            return home.walk(home, home.root, address, place)
        if source == "file" and argument is not None:
            included = self.include(argument.strip().strip("'\""), place)
            if isinstance(included, Value):
                return included
            return home.walk(included[0], included[1], address, place) if address else included
        if source == "sls" and address == "stage":
            return self.stage(place)
        if source == "opt":
            return self.stage(place) if address == "stage" and home.below(home, home.root, "provider") else ABSENT
        if source == "param":
            return self.parameter(address, place)
        if source == "aws" and address == "region":
            region = home.provider_value("region")
            return region if region.known else ABSENT
        return ABSENT

    def provider_value(self, name: str) -> Value:
        """One value of ``provider``, read before the whole of it is evaluated."""
        provider = self.below(self, self.root, "provider")
        return provider[0].evaluate(provider[1].get(name)) if provider else ABSENT

    def stage(self, place: Location) -> Value:
        """The stage: that of the command line if given, which nobody knows here, else the provider's, else ``dev``.

        Absent where the provider's own asks for it (``stage: ${opt:stage, 'dev'}``).
        """
        home = self.home
        provider = home.below(home, home.root, "provider")
        node = provider[1].get("stage") if provider else None
        if provider is not None and node is not None and provider[0].memo.get(id(node)) == (node, None):
            return ABSENT
        value = home.provider_value("stage")
        if value.state is State.ABSENT:
            return known("dev", place, "default stage")
        return value

    def parameter(self, name: str, place: Location) -> tuple[Service, Node] | Value:
        """``${param:name}``: the stage's parameter, else that of ``default``."""
        home = self.home
        stage = text(self.stage(place))
        for section in (stage, "default"):
            for top in ("params", "stages"):
                address = f"{top}.{section}.{name}" if top == "params" else f"{top}.{section}.params.{name}"
                if section is not None:
                    found = home.walk(home, home.root, address, place)
                    if not isinstance(found, Value) or found.state is not State.ABSENT:
                        return found
        return ABSENT

    def below(self, owner: Service, node: Node, name: str) -> tuple[Service, Node] | None:
        """The node under a key, followed through variables; None where there is none or it is decided elsewhere."""
        found = owner.followed(node.get(name))
        return found if not isinstance(found, Value) else None

    def followed(self, node: Node | None) -> tuple[Service, Node] | Value:
        """A node, or what the variable that it consists of stands for."""
        if node is None:
            return ABSENT
        if node.kind == SCALAR and not node.tag and node.value.startswith("${"):
            found = self.resolved(node.value, self.location(node))
            if isinstance(found, Value) and found.known and found.value == node.value:
                return self, node
            return found
        return self, node

    def walk(self, owner: Service, node: Node, address: str, place: Location) -> tuple[Service, Node] | Value:
        """The node at a dotted address below another, Absent where there is none."""
        found: tuple[Service, Node] | Value = (owner, node)
        for step in address.split(".") if address else ():
            if isinstance(found, Value):
                break
            owner, node = found
            below = node.get(step)
            if below is None and node.kind == LIST and step.isdecimal() and int(step) < len(node.value):
                below = node.value[int(step)]
            found = owner.followed(below)
        return found

    def include(self, written: str, place: Location) -> tuple[Service, Node] | Value:
        """A file of the repository that the configuration names."""
        home = self.home
        try:
            path = inside(directory_of(home.path), written)
        except OutsideProject as reason:
            return unknown(str(reason), place)
        if path in home.included:
            return home.included[path]
        found: tuple[Service, Node] | Value
        if not path.endswith((".yml", ".yaml", ".json")):
            found = unknown(f"{path} is not data that can be read here", place)
        elif not self.tree.exists(path):
            # Often kept out of the repository (secrets); an alternative may stand in.
            return ABSENT
        else:
            found = self.load(path, place)
        home.included[path] = found
        return found

    def load(self, path: str, place: Location) -> tuple[Service, Node] | Value:
        """The root of a file that is there."""
        try:
            data = self.tree.read(path, YAML_LIMIT)
            document = read_json(data) if path.endswith(".json") else read_yaml(data)
        except (Malformed, Unreadable) as error:
            self.found.problem(path, str(error))
            return unknown(f"{path} cannot be read", place)
        for reason in document.problems:
            self.found.problem(path, reason)
        if document.root is None:
            return ABSENT
        service = copy.copy(self.home)
        service.path = path
        return service, document.root

    # ------------------------------------------------------------------ functions

    def functions(self) -> Iterator[tuple[Node, Service, Node]]:
        """The functions as written: key, and the node with the file that it stands in."""
        section = self.root.get("functions")
        found = self.followed(section)
        if isinstance(found, Value):
            if section is not None and not section.null:
                self.found.problem(self.path, f"line {section.line}: functions cannot be read: {found.reason}")
            return
        seen: set[str] = set()
        for owner, node in self._parts(*found):
            for key, below in node.value.values():
                if key.value in seen or below.null:
                    continue
                seen.add(key.value)
                self.key_owner = owner
                followed = owner.followed(below)
                # One that cannot be read is still a function, with nothing but its name known.
                yield key, *((owner, below) if isinstance(followed, Value) else followed)

    def _parts(self, owner: Service, node: Node) -> Iterator[tuple[Service, Node]]:
        """The mappings of a section that may be a list of mappings and included files."""
        if node.kind == MAP:
            yield owner, node
            return
        for element in node.value if node.kind == LIST else ():
            found = owner.followed(element)
            if isinstance(found, Value):
                self.found.problem(owner.path, f"line {element.line}: a part of a list cannot be read: {found.reason}")
            elif found[1].kind == MAP:
                yield found

    def function(self, key: Node, owner: Service, node: Node) -> DeclaredFunction:
        """One function, with what the provider hands down."""
        place = self.key_owner.location(key)
        written = owner.evaluate(node)
        own = mapping(written)
        provider = self.provider
        if not isinstance(written.value, dict) or not written.known:
            lost = unknown(written.reason or "the function is not a mapping", place)
            return DeclaredFunction(
                key.value,
                "serverless",
                place,
                handler=lost,
                code_root=lost,
                memory=lost,
                timeout=lost,
                environment=lost,
                events=lost,
                settings=dict.fromkeys((*_SETTINGS, *_PLUGIN_SETTINGS), lost),
            )

        def value(name: str) -> Value:
            return own.get(name) or provider.get(name) or ABSENT

        found = self._settings(key.value, own)
        if "function_name" not in found:
            found["function_name"] = self._default_name(key.value, place)
        handler = as_string(value("handler") if "handler" in own else ABSENT, "handler")
        package_type = ABSENT
        image = own.get("image", ABSENT)
        if image.state is not State.ABSENT:
            package_type = known("Image", image.location, "the function names an image")
            code_root, handler = self._image(image)
        else:
            code_root = self._code_root(own, place)
        supplied = self._supplied(text(handler), place)
        if supplied:
            found.update(supplied)
        found.update(self._archive(key.value, own, place))
        if package_type == ABSENT and code_root.known:
            found.update(self._installs(own, place))
        return DeclaredFunction(
            name=key.value,
            origin="serverless",
            location=place,
            handler=handler,
            code_root=code_root,
            runtime=as_string(value("runtime"), "runtime"),
            architecture=as_string(value("architecture"), "architecture"),
            memory=as_integer(value("memorySize"), "memorySize")
            if value("memorySize").state is not State.ABSENT
            else known(MEMORY_DEFAULT, None, "default of the Serverless Framework"),
            timeout=as_integer(value("timeout"), "timeout")
            if value("timeout").state is not State.ABSENT
            else known(TIMEOUT_DEFAULT, None, "default of the Serverless Framework"),
            package_type=package_type,
            layers=value("layers"),
            environment=environment(
                merged(environment(provider.get("environment", ABSENT)), own.get("environment", ABSENT))
            ),
            events=self._events(own),
            settings=found,
        )

    def _settings(self, name: str, own: Mapping[str, Value]) -> dict[str, Value]:
        """The settings of a function: its own, the provider's, and what plugins or extensions may make of them."""
        found = {**settings_at(self.provider, _PROVIDER_SETTINGS), **settings_at(own, _SETTINGS)}
        custom = self.below(self, self.root, "custom")
        if "log_retention" not in found and custom is not None:  # of serverless-plugin-log-retention
            found.update(
                settings_at(
                    {"days": custom[0].evaluate(custom[1].get("logRetentionInDays"))}, {"log_retention": "days"}
                )
            )
        if "tracing" in found:
            found["tracing"] = _tracing(found["tracing"])
        found.update(self._role(own))
        for setting, words in _PLUGIN_SETTINGS.items():
            plugin = next((each for each in self.plugins() if any(word in each for word in words)), None)
            if plugin is not None and setting not in found:
                found[setting] = unknown(f"plugin {plugin} may set it")
        if logical_id(name) + "LambdaFunction" in self.extended:
            elsewhere = unknown("resources of the service change the function")
            found = {**dict.fromkeys((*_SETTINGS, *_PLUGIN_SETTINGS), elsewhere), **found}
        return found

    def read_role(self) -> None:
        """Notes the role that the framework makes for all functions."""
        place = self._statements().location
        if place is not None:
            self.found.resources.append(Resource("serverless", self.scope, _ROLE, ROLE, place))

    def _statements(self) -> Value:
        """What the role that the framework makes allows; Absent where that is no more than to log."""
        found = first(self.provider, "iam.role.statements")
        return found if found.state is not State.ABSENT else self.provider.get("iamRoleStatements", ABSENT)

    def plugins(self) -> list[str]:
        """The names of the plugins that can be read."""
        written = self.evaluate(self.root.get("plugins"))
        return [name for each in items(mapping(written).get("modules", written)) if (name := text(each))]

    def _role(self, own: Mapping[str, Value]) -> dict[str, Value]:
        """The role: the function's own, the provider's, or the one that the framework makes for all functions."""
        mode = first(self.provider, "iam.role.mode")
        if any(name in own for name in ("iamRoleStatements", "iam")) or mode.state is not State.ABSENT:
            return {"role": own["role"]} if "role" in own else {}
        given = first(self.provider, "iam.role")
        statements = self._statements()
        role = own.get("role", ABSENT)
        if role.state is State.ABSENT and not isinstance(given.value, dict):
            role = given
        if role.state is State.ABSENT:
            role = self.provider.get("role", ABSENT)
        name = text(role)
        if name and ":" not in name:  # the logical id of a role among the resources
            role = role._replace(value=Reference(self.scope, name))
        elif role.state is State.ABSENT and statements.state is not State.ABSENT:
            role = known(Reference(self.scope, _ROLE), statements.location, "the role that the framework makes")
        return {"role": role} if role.state is not State.ABSENT else {}

    def _default_name(self, name: str, place: Location) -> Value:
        return joined([self._service(), known("-", place), self.stage(place), known(f"-{name}", place)], "", place)

    def _service(self) -> Value:
        """The service's name."""
        service = self.evaluate(self.root.get("service"))
        return service.value.get("name", ABSENT) if isinstance(service.value, dict) else service

    def _supplied(self, handler: str | None, place: Location) -> dict[str, Value]:
        """A handler that a plugin puts into the bundle, and what it runs instead."""
        if handler not in ("wsgi_handler.handler", "wsgi.handler"):
            return {}
        if "serverless-wsgi" not in self.plugins():
            return {}
        plugins = self.evaluate(self.root.get("plugins"))
        custom = self.below(self, self.root, "custom")
        wsgi = custom[0].below(custom[0], custom[1], "wsgi") if custom else None
        application = wsgi[0].evaluate(wsgi[1].get("app")) if wsgi else ABSENT
        return {
            "handler_supplied_by": known("serverless-wsgi", plugins.location or place),
            "wrapped_handler": as_string(application, "custom.wsgi.app"),
        }

    def _code_root(self, own: Mapping[str, Value], place: Location) -> Value:
        """The service's directory, unless the function has a package or module directory of its own."""
        root = known(directory_of(self.path), place, "the service's directory")
        artifact = first(own, "package.artifact")
        if artifact.state is State.ABSENT and "package" not in own:
            package = self.below(self, self.root, "package")
            artifact = package[0].evaluate(package[1].get("artifact")) if package else ABSENT
        if artifact.state is not State.ABSENT:
            return self._path(artifact, "artifact")
        module = own.get("module", ABSENT)
        return self._path(module, "module") if module.state is not State.ABSENT else root

    def _installs(self, own: Mapping[str, Value], place: Location) -> dict[str, Value]:
        """What serverless-python-requirements installs: by the service's files, or those of the function's module."""
        if "serverless-python-requirements" not in self.plugins() or "artifact" in mapping(own.get("package", ABSENT)):
            return {}
        custom = self.below(self, self.root, "custom")
        written = custom[0].below(custom[0], custom[1], "pythonRequirements") if custom else None
        given = written[0].evaluate(written[1]) if written else known({})
        package = self.below(self, self.root, "package")
        each = as_boolean(package[0].evaluate(package[1].get("individually")), "individually") if package else ABSENT
        name = given.value.get("fileName", known("requirements.txt")) if isinstance(given.value, dict) else ABSENT
        module = own.get("module", known(".")) if each.value is True else known(".")
        options = mapping(given)
        if given.unknown or each.unknown or not (text(name) and text(module)) or "layer" in options:
            return {}
        service = directory_of(self.path)
        used = [file for key, file in _LOCKS if as_boolean(options.get(key, known(True)), key).value is True]
        try:
            files = [inside(service, file) for file in used] if text(module) == "." else []
            files.append(inside(service, f"{text(module)}/{text(name)}"))
        except OutsideProject:
            return {}
        barred = tuple(inside(service, file) for file in ("Pipfile", "pyproject.toml", "uv.lock"))
        without = tuple(omitted for item in items(options.get("noDeploy", ABSENT)) if (omitted := text(item)))
        return {"installs": known(Installs(tuple(files), barred, without, open="vendor" in {**options, **own}), place)}

    def _archive(self, name: str, own: Mapping[str, Value], place: Location) -> dict[str, Value]:
        """The archive that ``serverless package`` makes: one for the service, unless each function gets its own."""
        package = self.below(self, self.root, "package")
        each = [first(own, "package.individually")]
        if package is not None:
            each.append(mapping(package[0].evaluate(package[1])).get("individually", ABSENT))
        stem = name if any(as_boolean(item, "individually").value is True for item in each) else text(self._service())
        if not stem or "/" in stem:
            return {}
        return {"archive": self._packed(stem, place)}

    def _packed(self, stem: str, place: Location) -> Value:
        path = posixpath.normpath(posixpath.join(directory_of(self.path), PACKED, f"{stem}.zip"))
        return known(path, place, "where the framework packs it")

    def _path(self, value: Value, what: str) -> Value:
        value = as_string(value, what)
        written = text(value)
        if written is None:
            return value
        if "://" in written:
            return unknown(f"the code is elsewhere, under {written[:200]}", value.location)
        try:
            path = inside(directory_of(self.path), written)
        except OutsideProject as reason:
            return unknown(str(reason), value.location)
        if what == "artifact" and not self.tree.exists(path):
            return unknown(f"{path} is built before deployment", value.location, path)
        return value._replace(value=path)

    def _image(self, image: Value) -> tuple[Value, Value]:
        """Code root and handler of an image, which may be one that ``provider.ecr.images`` builds."""
        place = image.location
        members = mapping(image)
        name = text(image) or text(members.get("name", ABSENT))
        command = items(members.get("command", ABSENT))
        built = first(self.provider, f"ecr.images.{name}") if name and "." not in name else ABSENT
        path = text(built) or text(mapping(built).get("path", ABSENT))
        root = self._path(known(path, built.location), "path") if path else unknown("the code is in an image", place)
        if command:
            return root, as_string(command[0], "command")
        if root.known:
            dockerfile = text(mapping(built).get("file", ABSENT)) or "Dockerfile"
            return root, handler_of(self.tree, posixpath.normpath(posixpath.join(root.value, dockerfile)))
        return root, unknown("the image says the handler", place)

    def _events(self, own: Mapping[str, Value]) -> Value:
        value = own.get("events", ABSENT)
        payload = first(self.provider, "httpApi.payload")
        limit = settings(self.provider, {"timeout_ms": "apiGateway.timeoutInMillis"})
        sources: list[EventSource] = []
        problem = ""
        place = value.location
        if value.unknown:
            problem = value.reason
        for element in items(value):
            source = event(element)
            if source is None:
                problem = problem or "an event cannot be read"
                continue
            if source.kind == "http" and payload.state is not State.ABSENT:
                source = source._replace(settings={**source.settings, "payload_version": payload})
            elif source.kind == "api" and limit:
                source = source._replace(settings={**limit, **source.settings})
            sources.append(source)
        url = own.get("url", ABSENT)
        if url.state is not State.ABSENT and text(url) not in ("false", "False"):
            place = place or url.location
            sources.append(
                EventSource("function-url", ABSENT, url.location, {"payload_version": known("2.0", url.location)})
            )
        if problem:
            return unknown(problem, place, tuple(sources))
        return known(tuple(sources), place) if sources else ABSENT

    # ------------------------------------------------------------------ resources

    def read_resources(self) -> None:
        """Notes the resources of ``resources``, the layers, and the state machines of serverless-step-functions."""
        layers = self.followed(self.root.get("layers"))
        self._generated(layers, "AWS::Lambda::LayerVersion", "LambdaLayer")
        steps = self.below(self, self.root, "stepFunctions")
        if steps is not None:
            machines = steps[0].followed(steps[1].get("stateMachines"))
            self._generated(machines, "AWS::StepFunctions::StateMachine", "StepFunctionsStateMachine")
        found = self.followed(self.root.get("resources"))
        if isinstance(found, Value):
            return
        for owner, node in self._parts(*found):
            extensions = owner.followed(node.get("extensions"))
            if not isinstance(extensions, Value) and extensions[1].kind == MAP:
                self.extended.update(extensions[1].value)
            section = owner.followed(node.get("Resources"))
            if isinstance(section, Value):
                continue
            for inner, members in self._parts(*section):
                for key, below in members.value.values():
                    self._resource(key, inner, inner.followed(below))

    def _generated(self, found: tuple[Service, Node] | Value, kind: str, suffix: str) -> None:
        """Resources that the framework makes of a section: their properties stay as the section spells them."""
        if isinstance(found, Value) or found[1].kind != MAP:
            return
        owner, node = found
        for key, below in node.value.values():
            properties = mapping(owner.evaluate(below))
            if kind.endswith("StateMachine"):
                properties = {"Definition": properties.get("definition", ABSENT)}
            name = logical_id(key.value) + suffix
            place = owner.location(key)
            if kind.endswith("LayerVersion") and "/" not in key.value:
                properties = {**properties, "archive": self._packed(key.value, place)}
            self.found.resources.append(Resource("serverless", self.scope, name, kind, place, properties))

    def _resource(self, key: Node, outer: Service, found: tuple[Service, Node] | Value) -> None:
        if isinstance(found, Value):
            return
        owner, node = found
        kind = node.get("Type")
        if kind is None or kind.kind != SCALAR or not kind.value.startswith((*TRACKED, ROLE)):
            return
        if kind.value == "AWS::Lambda::Function":
            self.extended.add(key.value)
        entry = Entry(key.value, kind.value, key, node)
        properties = mapping(owner.evaluate(node.get("Properties")))
        place = outer.location(key)
        self.found.resources.append(Resource("serverless", self.scope, entry.name, entry.type, place, properties))


def _tracing(value: Value) -> Value:
    """The mode of tracing as Lambda calls it; the framework also takes truth values."""
    switched = as_boolean(value, "tracing")
    return value._replace(value="Active" if switched.value else "PassThrough") if switched.known else value


def _closing(written: str, position: int) -> int:
    """The position of the brace that closes a variable, -1 if none does."""
    depth = 1
    while position < len(written):
        if written.startswith("${", position):
            depth += 1
            position += 1
        elif written[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1


def _alternatives(expression: str) -> list[str]:
    """The parts of a variable between commas outside quotes, brackets and inner variables."""
    parts = []
    depth = start = 0
    quote = ""
    for position, letter in enumerate(expression):
        if quote:
            if letter == quote:
                quote = ""
        elif letter in "'\"":
            quote = letter
        elif letter in "{(":
            depth += 1
        elif letter in "})":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(expression[start:position])
            start = position + 1
    parts.append(expression[start:])
    return parts


class _Shape(NamedTuple):
    """What a kind of event means: our kind, the keys of its source, its settings."""

    kind: str
    resource: tuple[str, ...] = ()
    names: Mapping[str, str] = {}


_POLLER = {
    "batch_size": "batchSize",
    "batching_window": "maximumBatchingWindow",
    "response_types": "functionResponseType",
    "filters": "filterPatterns",
    "enabled": "enabled",
    "concurrency": "maximumConcurrency",
}
_STREAM = {
    **_POLLER,
    "starting_position": "startingPosition",
    "bisect": "bisectBatchOnFunctionError",
    "retries": "maximumRetryAttempts",
    "parallelization": "parallelizationFactor",
    "on_failure": "destinations.onFailure",
}
_HTTP = {"path": "path", "method": "method"}

_EVENTS = {
    "http": _Shape(
        "api", (), {**_HTTP, "integration": "integration", "async": "async", "timeout_ms": "timeoutInMillis"}
    ),
    "httpApi": _Shape("http", (), _HTTP),
    "websocket": _Shape("websocket", (), {"route": "route"}),
    "s3": _Shape("s3", ("bucket",), {"events": "event"}),
    "schedule": _Shape("schedule", (), {"schedule": "rate", "input": "input", "enabled": "enabled"}),
    "sns": _Shape("sns", ("arn", "topicName"), {"filters": "filterPolicy"}),
    "sqs": _Shape("sqs", ("arn",), _POLLER),
    "stream": _Shape("unknown", ("arn",), _STREAM),
    "msk": _Shape("msk", ("arn",), {**_STREAM, "topics": "topic"}),
    "kafka": _Shape("kafka", (), {**_STREAM, "topics": "topic"}),
    "activemq": _Shape("mq", ("arn",), {**_POLLER, "queues": "queue"}),
    "rabbitmq": _Shape("mq", ("arn",), {**_POLLER, "queues": "queue"}),
    "documentDb": _Shape("documentdb", ("cluster",), _STREAM),
    "alb": _Shape("alb", ("listenerArn",), {"conditions": "conditions"}),
    "eventBridge": _Shape(
        "eventbridge", ("eventBus",), {"pattern": "pattern", "schedule": "schedule", "input": "input"}
    ),
    "cloudwatchEvent": _Shape("eventbridge", (), {"pattern": "event", "input": "input"}),
    "cloudwatchLog": _Shape("cloudwatch-logs", ("logGroup",), {"filters": "filter"}),
    "cognitoUserPool": _Shape("cognito", ("pool",), {"events": "trigger"}),
    "iot": _Shape("iot", (), {"sql": "sql"}),
    "iotFleetProvisioning": _Shape("iot"),
    "alexaSkill": _Shape("alexa"),
    "alexaSmartHome": _Shape("alexa"),
    "cloudFront": _Shape("cloudfront"),
}
# What a plain string stands for, where an event is not a mapping.
_SHORT = {
    "schedule": "rate",
    "s3": "bucket",
    "sns": "topicName",
    "sqs": "arn",
    "stream": "arn",
    "cloudwatchLog": "logGroup",
}


def event(value: Value) -> EventSource | None:
    """One element of ``events``; None if it is no event."""
    place = value.location
    name = text(value)
    properties: Mapping[str, Value] = {}
    if name is None:
        members = mapping(value)
        if not members:
            return None
        name, inner = next(iter(members.items()))
        properties = mapping(inner)
        if not properties and inner.state is not State.ABSENT:
            properties = _short_form(name, inner)
    shape = _EVENTS.get(name)
    if shape is None:
        return EventSource("unknown", ABSENT, place, {"type": known(name, place)})
    found = settings(properties, shape.names)
    source = next((properties[key] for key in shape.resource if key in properties), ABSENT)
    kind = shape.kind
    if name == "stream":
        kind = _stream_kind(properties, source)
    if name in ("sqs", "stream"):
        found.setdefault("batch_size", known(BATCH_DEFAULT, None, "default of the Serverless Framework"))
    if name in ("sqs", "stream", "msk", "kafka", "activemq", "rabbitmq", "documentDb") and "filters" in found:
        found["filters"] = _patterns(found["filters"])
    if name == "http":
        found["payload_version"] = known("1.0", place, "REST APIs have one format")
        if properties.get("async", ABSENT).state is State.ABSENT:
            found.setdefault("integration", known("AWS_PROXY", place, "default of http events"))
    elif name == "httpApi":
        found["payload_version"] = known("2.0", place, "default of httpApi events")
    elif name == "s3":
        found.setdefault("events", known(("s3:ObjectCreated:*",), place, "default of s3 events"))
        for rule in items(properties.get("rules", ABSENT)):
            for part in ("prefix", "suffix"):
                if part in mapping(rule):
                    found[part] = mapping(rule)[part]
    elif name == "eventBridge" and "schedule" in found and "pattern" not in found:
        kind = "schedule"
    return EventSource(kind, source, place, found)


def _patterns(value: Value) -> Value:
    """Filter patterns, which are written as data here, as the JSON text that Lambda gets."""
    if not value.known:
        return value
    import json  # only for the few services that filter

    try:
        return value._replace(value=tuple(json.dumps(plain(pattern), sort_keys=True) for pattern in items(value)))
    except Undecided as reason:
        return unknown(f"a filter pattern is decided at deployment: {reason}", value.location)


def _short_form(name: str, inner: Value) -> Mapping[str, Value]:
    written = text(inner)
    if name in ("http", "httpApi") and written:
        method, _, path = written.partition(" ")
        return {"method": known(method, inner.location), "path": known(path, inner.location)}
    if name == "websocket":
        return {"route": inner}
    if name in _SHORT:
        key = "arn" if name == "sns" and written and written.startswith("arn:") else _SHORT[name]
        return {key: inner}
    return {}


def _stream_kind(properties: Mapping[str, Value], source: Value) -> str:
    kind = text(properties.get("type", ABSENT))
    if kind in ("kinesis", "dynamodb"):
        return kind
    written = text(source) or ""
    if ":kinesis:" in written:
        return "kinesis"
    return "dynamodb" if ":dynamodb:" in written else "unknown"
