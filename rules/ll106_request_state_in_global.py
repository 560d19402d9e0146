"""LL106: Something of one event is kept where the next invocation reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

MESSAGES = {
    "keeps": "{name} keeps {a_value} {value}: the next invocation in the same environment sees it",
    "grows": "{name} grows by {values} {value}: the next invocation in the same environment sees them",
    "counts": "{name} counts parts of {value}, and the next invocation in the same environment counts on from there",
}


class RequestStateInGlobal(Rule):
    """Something of one event is kept where the next invocation reads it.

    Lambda runs one invocation after the other in the same execution environment, and what a module holds stays. A value
    of one request that is still there when the next one reads it gets into an answer that belongs to somebody else, or
    decides it. It shows only where environments are reused: not in tests, and not when there is little traffic.

    What is stored is reported only if it may still be there at the end of the invocation, and if the next one may read
    it before it stores to it.

    Triggers:
        1. [global] A module global that is stored to on some paths, and read on others as well.
        2. [collection] A list, dict or set of a module that only grows.
        3. [item] An item of a module's dict, under a constant key.
        4. [attribute] An attribute of a class, or of an object made at import.
        5. [default] A mutable default of a parameter.
        6. [counter] A global that counts parts of the event, is never reset, and decides something.

    Exemptions:
        1. [rebound] Each invocation stores to it before it reads it.
        2. [emptied] It is emptied before the invocation ends.
        3. [checked] It is stored only after a look at what is there: lazy clients, caches with an expiry, bounds.
        4. [keyed] A dict under a key of the event: a cache.
        5. [counted] A counter that nothing hangs on.
        6. [logged] It is read only to be logged.
        7. [own-object] An attribute of an object that each invocation makes.

    Remedy:
        Keep what belongs to one invocation in local variables and hand it down, or make a new object for each
        invocation. Where a global is wanted, store to it at the start of the handler, on every path.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    code = "LL106"
    name = "request-state-in-global"
    tags = ("correctness", "security")
    why = "The execution environment is reused, and what a module holds stays: one request's data gets into another's."
    remedy = "Hand it down in local variables, or store to it at the start of each invocation on every path."
    wants = Wanted(stores=True)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each place that hands something of one invocation to the next."""
        for left in function.leftovers():
            message = MESSAGES[left.kind].format(
                name=left.name,
                value=left.value,
                a_value="a value made with" if left.made else "a value from",
                values="values made with" if left.made else "values from",
            )
            yield self.finding(
                left.place,
                message,
                function=left.function,
                chains=left.chains,
                related=((left.reader, "read here before it is stored to anew"),),
            )
