"""What rules see of a function that a template declares, whether or not its code was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lambdalint.data import table
from lambdalint.records import NamedTuple

if TYPE_CHECKING:
    from lambdalint.model import DeclaredFunction, EventSource, Function, Location, Value
    from lambdalint.templates.values import Resource


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

    @property
    def is_image(self) -> bool:
        """Whether it is a container image."""
        return bool(self.declared.package_type.value == "Image")

    @property
    def events(self) -> tuple[EventSource, ...]:
        """The event sources that could be read."""
        return self.function.events

    def setting(self, name: str) -> Value:
        """One of its settings, Absent where the template has none."""
        return self.declared.setting(name)

    # Questions of rules:

    def lifecycle(self) -> Lifecycle | None:
        """Until when its runtime is supported; None where nobody can tell."""
        runtime = self.declared.runtime
        found = table("runtimes")["lifecycle"].get(runtime.value) if runtime.known else None
        return Lifecycle(runtime.value, **found, as_of=self._deployment.as_of) if found is not None else None
