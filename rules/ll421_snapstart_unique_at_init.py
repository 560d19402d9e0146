"""LL421: Something that must be unique is made at import, and SnapStart gives it to every environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

MESSAGES = {
    "unique": "{name} is made by {label} at import: SnapStart gives all environments the same",
    "host": "{name} is read from {label} at import: SnapStart gives all environments the same",
    "time": "{name} is read from {label} at import: with SnapStart that is when the snapshot was taken",
    "generator": "{name} is seeded at import ({label}): SnapStart makes all environments draw the same numbers",
}


class SnapstartUniqueAtInit(Rule):
    """Something that must be unique is made at import, and SnapStart gives it to every environment.

    With SnapStart a function is initialised once, when a version is published, and each execution environment starts
    from a snapshot of its memory. An ID, a secret or the state of a generator of random numbers that a module makes at
    import is then the same in all of them, and the time is that of the snapshot, days or weeks ago.

    Looked at are functions for which a template turns SnapStart on: what the entry point's module and those that it
    imports bind at import in any case, and invocations read.

    Triggers:
        1. [id] A UUID, random number or secret in a name of a module; also where it is only a part of what is bound.
        2. [time] The time, other than to measure how long the import takes.
        3. [class] In an attribute of a class, or of an object that is made at import.
        4. [default] In the default of a parameter.
        5. [called] In a function that is called at import.
        6. [generator] A generator that is made or seeded at import, by anything but a number that is written down.
        7. [host] The name of the host, which is the same in all environments.

    Exemptions:
        1. [hook] An after-restore hook makes it anew (``snapshot_restore_py``).
        2. [rebound] An invocation makes it anew, and not only where there is none yet.
        3. [shown] A time or host name that is only logged.
        4. [literal] A seed that is written down: the numbers are meant to repeat.

    Remedy:
        Make it in the handler, or in a function under ``@register_after_restore``. For random numbers use ``secrets``
        or ``random.SystemRandom``, which keep no state.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
        - https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
        - https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    """

    code = "LL421"
    name = "snapstart-unique-at-init"
    severity = Severity.ERROR
    tags = ("correctness", "security", "snapstart")
    why = "All environments start from one snapshot of the initialised function: what it holds is in each of them."
    remedy = "Make it in the handler, or in a function under @register_after_restore."
    wants = Wanted(entry_points=True, settings=("snap_start",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each place that holds what should not be in a snapshot."""
        for item in function.kept_unique():
            yield self.finding(
                item.place,
                MESSAGES[item.kind].format(name=item.name, label=item.label),
                function=item.function,
                chains=(item.chain,),
                related=(
                    (item.reader, "read here on invocations"),
                    *((place, "SnapStart is turned on here") for place in function.turned_on("snap_start")),
                ),
            )
