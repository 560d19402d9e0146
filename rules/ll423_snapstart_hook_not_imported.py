"""LL423: A hook of SnapStart that is registered after the snapshot, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

WHEN = {"after": "after-restore", "before": "before-snapshot"}


class SnapstartHookNotImported(Rule):
    """A hook of SnapStart that is registered after the snapshot, or not at all.

    Hooks are registered by the calls and decorators of ``snapshot_restore_py``, while modules are imported. One in a
    module that the handler's module does not import is not there when the snapshot is taken, and Lambda does not run
    it: no connection is renewed, no ID made anew, and nothing says so. The same goes for one in a module that is only
    imported inside the handler, for then the snapshot has long been taken.

    Looked at is the code of functions for which a template turns SnapStart on.

    Triggers:
        1. [unimported] No entry point imports the module that registers the hook.
        2. [late] The module is imported, or the hook registered, in what runs on invocations only.

    Exemptions:
        1. [dynamic] Modules are imported by computed names.

    Remedy:
        Import the module at the top of the handler's module.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
        - https://github.com/aws/snapshot-restore-py#importing-modules
    """

    code = "LL423"
    name = "snapstart-hook-not-imported"
    severity = Severity.ERROR
    tags = ("correctness", "snapstart")
    why = "Lambda runs the hooks that are registered when it takes the snapshot, and ignores all others."
    remedy = "Import the module at the top of the handler's module."
    wants = Wanted(entry_points=True, settings=("snap_start",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each hook that is not registered in time."""
        for item in function.ignored_hooks():
            reason = (
                "is registered only when an invocation gets there, after the snapshot"
                if item.late
                else "is in a module that no function imports"
            )
            yield self.finding(
                item.place,
                f"the {WHEN[item.when]} hook {item.name} {reason}: Lambda does not run it",
                function=item.function,
                related=tuple((place, "SnapStart is turned on here") for place in function.turned_on("snap_start")),
            )
