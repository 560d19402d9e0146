"""What rules see of a function that a template declares, whether or not its code was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple

if TYPE_CHECKING:
    from lambdalint.model import DeclaredFunction, EventSource, Function, Location, Value
    from lambdalint.source.logs import Kept, LogGroups
    from lambdalint.templates.values import Resource

_WORD = regex(r"[a-z]+")
# Logical ids of the CDK's singleton functions (a UUID and a hash) and of its providers of custom resources.
_GENERATED = regex(r"[0-9A-Fa-f]{40}$|CustomResourceProviderHandler[0-9A-F]{8}$")
_DEVELOPMENT = frozenset({"dev", "development", "sandbox", "local", "localstack"})


class Lifecycle(NamedTuple):
    """The days (``2026-10-31``) from which on a runtime is deprecated, and functions cannot be created or changed."""

    runtime: str
    deprecated: str
    block_create: str
    block_update: str
    as_of: str


class Deployment:
    """What all views of one run share: every function and resource of its templates, and the day that is today."""

    def __init__(self, functions: Sequence[Function], resources: Sequence[Resource], as_of: str) -> None:
        self.functions = functions
        self.resources = resources
        self._as_of = as_of
        self._groups: LogGroups | None = None

    @property
    def log_groups(self) -> LogGroups:
        """The log groups of the templates; read when the first is asked for."""
        if self._groups is None:
            from lambdalint.source.logs import LogGroups
            from lambdalint.source.resources import Resources

            self._groups = LogGroups(Resources(self.resources))
        return self._groups

    @property
    def as_of(self) -> str:
        """The day that counts as today."""
        if not self._as_of:
            import time

            self._as_of = time.strftime("%Y-%m-%d", time.gmtime())
        return self._as_of


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
    def events(self) -> tuple[EventSource, ...]:
        """The event sources that could be read, without those that exist only where a variable is set."""
        return tuple(event for event in self.function.events if "supposed" not in event.settings)

    def setting(self, name: str) -> Value:
        """One of its settings, Absent where the template has none."""
        return self.declared.setting(name)

    # Questions of rules:

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
