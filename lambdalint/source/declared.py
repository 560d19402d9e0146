"""What rules see of a function that a template declares, whether or not its code was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.settings import today

if TYPE_CHECKING:
    from lambdalint.model import DeclaredFunction, EventSource, Function, Location, Value
    from lambdalint.source.logs import Kept, LogGroups
    from lambdalint.source.resources import Resources
    from lambdalint.source.secrets import Secret
    from lambdalint.templates.values import Resource

_WORD = regex(r"[a-z]+")
# Roles of Terraform, unless they are only looked up.
_TERRAFORM_ROLE = regex(r"(?:^|(?<!data)\.)aws_iam_role\.[^.]+$")
# Logical ids of the CDK's singleton functions (a UUID and a hash) and of its providers of custom resources.
_GENERATED = regex(r"[0-9A-Fa-f]{40}$|CustomResourceProviderHandler[0-9A-F]{8}$")
_DEVELOPMENT = frozenset({"dev", "development", "sandbox", "local", "localstack"})

Key = tuple[str, str]


class Lifecycle(NamedTuple):
    """The days (``2026-10-31``) from which on a runtime is deprecated, and functions cannot be created or changed."""

    runtime: str
    deprecated: str
    block_create: str
    block_update: str
    as_of: str


class Shared(NamedTuple):
    """A role of several functions: its key, where it is given first, and the functions' names and places.

    ``basic`` tells that it allows no more than what every function needs.
    """

    role: Key
    basic: bool
    location: Location
    functions: tuple[tuple[Location, str], ...]


class Deployment:
    """What all views of one run share: every function and resource of its templates, and the day that is today."""

    def __init__(self, functions: Sequence[Function], resources: Sequence[Resource], as_of: str) -> None:
        self.functions = functions
        self.resources = resources
        self._as_of = as_of
        self._named: Resources | None = None
        self._groups: LogGroups | None = None
        self._roles: dict[Key, list[tuple[Location, str, Location]]] | None = None

    @property
    def log_groups(self) -> LogGroups:
        """The log groups of the templates; read when the first is asked for."""
        if self._groups is None:
            from lambdalint.source.logs import LogGroups

            self._groups = LogGroups(self.named)
        return self._groups

    @property
    def named(self) -> Resources:
        """The resources of the templates by their names; read when the first is asked for."""
        if self._named is None:
            from lambdalint.source.resources import Resources

            self._named = Resources(self.resources)
        return self._named

    @property
    def as_of(self) -> str:
        """The day that counts as today."""
        if not self._as_of:
            self._as_of = today()
        return self._as_of

    @property
    def roles(self) -> Mapping[Key, Sequence[tuple[Location, str, Location]]]:
        """The functions of each role by its key: place, name, where the role is given. The CDK's own do not count."""
        if self._roles is None:
            self._roles = {}
            for function in self.functions:
                declared = function.declared
                key = self.role_of(declared) if declared is not None else None
                if declared is None or key is None or _GENERATED.search(function.name):
                    continue
                given = declared.setting("role").location or declared.location
                self._roles.setdefault(key, []).append((declared.location, function.name, given))
        return self._roles

    def role_of(self, declared: DeclaredFunction) -> Key | None:
        """The key of a function's role: scope and name of one that the templates declare, or its name alone."""
        role = declared.setting("role")
        if isinstance(role.value, str):
            return ("", role.value)
        found = list(self.named.linker.references(role)) if role.known else []
        if len(found) != 1:
            return None
        scope, name, _ = found[0]
        resource = self.named.declared.get((scope, name))
        declares = resource is not None and resource.type == "AWS::IAM::Role"
        return (scope, name) if declares or _TERRAFORM_ROLE.search(name) else None


class DeclaredView:
    """One function with what its template says of it, and with what other resources of the templates add to that.

    ``name`` is the function's name in the template, ``location`` where it is declared.
    """

    def __init__(self, deployment: Deployment, function: Function, declared: DeclaredFunction) -> None:
        self._deployment = deployment
        self.function = function
        self.declared = declared
        self.name = function.name
        self.location: Location = declared.location

    @property
    def is_python(self) -> bool:
        """Whether it runs Python, as far as template and code tell."""
        runtime = self.declared.runtime
        if runtime.known:
            return str(runtime.value).startswith("python")
        return self.function.path is not None

    def foreign(self) -> str:
        """Why its settings are not the project's to choose, as a tag of an exemption; "" where they are.

        ``generated`` is what the CDK adds by itself to do its work, ``other-language`` what is not known to be Python.
        """
        if _GENERATED.search(self.name):
            return "generated"
        return "" if self.is_python else "other-language"

    @property
    def is_development(self) -> bool:
        """Whether the path of its template says that it is one for development."""
        return not _DEVELOPMENT.isdisjoint(_WORD.findall(self.location.path.lower()))

    @property
    def is_edge(self) -> bool:
        """Whether CloudFront runs it, where functions have few of the usual settings."""
        return any(event.kind == "cloudfront" for event in self.events)

    @property
    def is_image(self) -> bool:
        """Whether it is a container image."""
        return bool(self.declared.package_type.value == "Image")

    @property
    def is_cloudformation(self) -> bool:
        """Whether people write the template that CloudFormation reads, so that cfn-lint checks it."""
        return self.declared.origin in ("cloudformation", "sam")

    @property
    def events(self) -> tuple[EventSource, ...]:
        """The event sources that could be read, without those that exist only where a variable is set."""
        return tuple(event for event in self.function.events if "supposed" not in event.settings)

    def setting(self, name: str) -> Value:
        """One of its settings, Absent where the template has none."""
        return self.declared.setting(name)

    def label(self, event: EventSource) -> str:
        """What people call an event source."""
        return str(table("sources")["labels"].get(event.kind, event.kind))

    # Questions of rules:

    def layers(self, *, certain: bool = True) -> tuple[int, int]:
        """How many layers it has, and how many Lambda takes.

        Args:
            certain: whether those that a variable may leave out do not count.
        """
        written = self.declared.layers.value if self.declared.layers.known else ()
        counted = [layer for layer in written or () if layer.known or (layer.unknown and not certain)]
        return len(counted), table("quotas")["layers_max"]

    def lifecycle(self) -> Lifecycle | None:
        """Until when its runtime is supported; None where nobody can tell."""
        runtime = self.declared.runtime
        found = table("runtimes")["lifecycle"].get(runtime.value) if runtime.known else None
        return Lifecycle(runtime.value, **found, as_of=self._deployment.as_of) if found is not None else None

    def kept_log(self, *, certain: bool = True) -> Kept | None:
        """Where its log is kept for ever; None where a time is set, or where nobody can tell.

        Args:
            certain: whether a log group that may be the function's, and whose name only the deployment tells, counts.
        """
        return self._deployment.log_groups.kept(self.function, self.declared, certain=certain)

    def tracer(self) -> str:
        """A variable by which it is traced with something else than X-Ray, "" for none."""
        variables = self.declared.environment.value
        prefixes = tuple(table("environment")["tracers"]["prefixes"])
        names = sorted(variables) if isinstance(variables, dict) else []
        return next((name for name in names if name.startswith(prefixes)), "")

    def shared_role(self) -> Shared | None:
        """The role that it shares with other functions; None where it has its own, or where nobody can tell."""
        key = self._deployment.role_of(self.declared)
        users = sorted(self._deployment.roles.get(key, ())) if key is not None else []
        if key is None or len({place for place, _, _ in users}) < 2:
            return None
        return Shared(key, self._is_basic(key), users[0][2], tuple((place, name) for place, name, _ in users))

    def _is_basic(self, key: Key) -> bool:
        """Whether a role has managed policies only, all of which let a function run and nothing more."""
        role = self._deployment.named.declared.get(key)
        if role is None or role.properties.keys() != {"ManagedPolicyArns"}:
            return False
        policies = role.properties["ManagedPolicyArns"]
        names = [str(each.value).rpartition("/")[2] for each in policies.value] if policies.known else []
        return bool(names) and set(names) <= set(table("roles")["basic"])

    def asynchronous(self) -> tuple[EventSource, ...]:
        """The event sources whose events Lambda queues, retries and then drops."""
        kinds = table("sources")["kinds"]
        return tuple(event for event in self.events if kinds.get(event.kind, {}).get("asynchronous"))

    def secrets(self) -> Iterator[Secret]:
        """The variables that hold a secret."""
        from lambdalint.source.secrets import secrets

        return secrets(self)
