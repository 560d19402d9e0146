"""LL413: Environment variable that the code cannot do without and that the template does not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class UnsetEnvVar(Rule):
    """Environment variable that the code cannot do without and that the template does not set.

    ``os.environ["NAME"]`` raises a KeyError where the variable is not set. Read while a module is imported, it fails
    the cold start, and with it every invocation; read in the handler, each invocation that gets there.

    Reported is a read that runs in any case, in the modules that the entry point imports or in what it calls, where
    the template tells all variables of the function, those of ``Globals`` and of the provider included, and the one
    that is read is not among them.

    Triggers:
        1. [import] A read while a module is imported that the entry point's module needs.
        2. [called] A read in a function that is called in any case.

    Exemptions:
        1. [branch] The read is under a condition, behind an exit or in a function that is not always called.
        2. [caught] The error is caught.
        3. [set] The code sets the variable itself.
        4. [loader] The code sets variables from a file or from elsewhere (``load_dotenv``, ``os.environ.update``).
        5. [runtime] Lambda sets the variable.
        6. [unknown] The template sets variables that cannot be told, or is Chalice's ``config.json``.
        7. [variant] Another template declares the function with the variable.
        8. [wrapper] A wrapper script starts the function (``AWS_LAMBDA_EXEC_WRAPPER``).
        9. [image] The function is a container image, which may set variables.

    Remedy:
        Set the variable in the template, correct its name, or read it with ``os.environ.get`` and a default.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        - https://docs.python.org/3/library/os.html#os.environ
    """

    code = "LL413"
    name = "unset-env-var"
    severity = Severity.ERROR
    tags = ("correctness", "templates")
    why = "The read raises a KeyError: at import it fails every invocation."
    remedy = "Set the variable in the template, or read it with os.environ.get and a default."
    wants = Wanted(entry_points=True, in_template=True)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each variable that a template does not set."""
        for item in function.unset_variables():
            when = "at import" if item.at_import else "on each invocation"
            places = dict.fromkeys((place, one.name) for one in item.functions if (place := one.declared_at))
            yield self.finding(
                item.location,
                f"environment variable {item.name} is read {when}, and the template does not set it"
                + (f" (it sets {item.similar})" if item.similar else ""),
                function=item.node[1],
                chains=(item.chain,),
                related=tuple((place, f"{name} is declared without {item.name}") for place, name in places),
            )
