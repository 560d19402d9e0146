"""LL705: Function whose memory nobody chose, or too little for what it imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView
    from lambdalint.source.views import FunctionView

_DEFAULT = 128  # MB


class DefaultMemory(Rule):
    """Function whose memory nobody chose, or too little for what it imports.

    CPU and network come with memory: at 128 MB, which a function has where nothing is said, it gets about a fourteenth
    of a CPU. What is bound by CPU takes so much longer there that it often costs more than with 512 MB, and packages
    like numpy and pandas leave little of 128 MB once they are imported.

    Off by default: whether 128 MB are enough, only a measurement tells.

    Triggers:
        1. [unset] The template sets no memory.
        2. [heavy] It sets 128 MB, and a cold start imports packages that take long.

    Exemptions:
        1. [light] 128 MB, and nothing heavy is imported.
        2. [lazy] The heavy package is imported where it is needed only, or can be done without.
        3. [framework] A framework whose own default is more than 128 MB.
        4. [other-language] The function is not known to be Python.
        5. [generated] A function that the CDK adds by itself, for a custom resource.

    Remedy:
        Measure with AWS Lambda Power Tuning or Compute Optimizer, and write down what came of it.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
        - https://github.com/alexcasalboni/aws-lambda-power-tuning
    """

    code = "LL705"
    name = "default-memory"
    severity = Severity.INFO
    default = False
    tags = ("performance", "cost", "templates")
    why = "128 MB come with a fourteenth of a CPU: what waits for it takes longer and often costs more."
    remedy = "Measure with AWS Lambda Power Tuning, and set the memory that it advises."
    wants = Wanted(declared=True, entry_points=True, in_template=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for a function without memory."""
        memory = view.declared.memory
        by_framework = memory.known and memory.location is None
        is_default = by_framework and (memory.value <= _DEFAULT or not self.exempts("framework"))
        if not (memory.unwritten or is_default) or self.exempts(view.foreign()):
            return
        yield self.finding(
            view.location,
            f"the function has the default of {_DEFAULT} MB: the template sets no memory",
            function=view.name,
        )

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for a function with 128 MB that imports much."""
        small = [item for item in function.functions if item.value("memory").value == _DEFAULT]
        imported = function.heavy_imports() if small else ()
        for item in small if imported or not self.exempts("light") else ():
            where = item.value("memory").location
            if where is None:
                continue
            names = " and ".join(each.package for each in imported[:2]) or "nothing"
            yield self.finding(
                where,
                f"{_DEFAULT} MB are little for a function that imports {names} at each cold start",
                function=item.name,
                related=tuple((each.location, f"imports {each.package}") for each in imported),
            )
