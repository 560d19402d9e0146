"""LL709: What is not published runs in production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView
    from lambdalint.source.views import SiteView

_LATEST = "$LATEST"


class LatestQualifier(Rule):
    """Trigger or invocation that goes to ``$LATEST``, past the alias of the function.

    ``$LATEST`` is what was uploaded last. Whoever is sent there gets new code at once, in the middle of a deployment:
    no gradual shift, no roll-back to the version before, no provisioned concurrency, for these belong to aliases.

    A function without aliases is no finding, for there is nothing else to invoke; nor is one whose aliases only the
    deployment tells.

    Off by default: many projects are content with one version.

    Triggers:
        1. [explicit] The trigger names ``$LATEST``.
        2. [past-alias] The trigger names the function alone, which has an alias.
        3. [invoke] The code invokes a function with the qualifier ``$LATEST``.

    Exemptions:
        1. [development] The template's path says that it is one for development.
        2. [undecided] A qualifier that is not known before the function runs.
        3. [permission] What a permission alone tells: who may invoke, not whom.
        4. [custom-resource] A custom resource, which CloudFormation invokes while it deploys.
        5. [other-language] The function is not known to be Python.
        6. [generated] A function that the CDK adds by itself, for a custom resource.

    Remedy:
        Publish versions, and let triggers and callers name an alias.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
    """

    code = "LL709"
    name = "latest-qualifier"
    severity = Severity.INFO
    default = False
    tags = ("deployment", "templates")
    why = "A deployment changes what runs at once and for everybody, and cannot be rolled back to the version before."
    remedy = "Name an alias in the trigger or call."
    wants = Wanted(operations=("aws:lambda.invoke",), declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for each trigger that passes the function's versions by."""
        if (view.is_development and self.exempts("development")) or self.exempts(view.foreign()):
            return
        aliases = view.setting("aliases")
        for event in view.events:
            if event.kind == "custom-resource" and self.exempts("custom-resource"):
                continue
            qualifier = event.setting("qualifier")
            if qualifier.unwritten and not self.exempts("permission"):
                qualifier = qualifier._replace(value="")
            elif not qualifier.known:
                continue
            past = qualifier.value == "" and aliases.known and aliases.value
            if qualifier.value != _LATEST and not past:
                continue
            beside = f", past its alias {aliases.value[0]}" if past else ""
            yield self.finding(
                event.location or view.location,
                f"{view.label(event)} invokes {_LATEST} of the function{beside}",
                function=view.name,
                related=((aliases.location, "the alias"),) if past and aliases.location is not None else (),
            )

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for an invocation with that qualifier."""
        for argument, judge in (("Qualifier", self._is_latest), ("FunctionName", self._ends_in_latest)):
            verdict = site.ask(argument, None, judge)
            if verdict.routes:
                message = f"the function is invoked as {_LATEST}"
                yield self.finding(site.location, message, function=site.function, chains=site.chains(verdict))
                return

    def _is_latest(self, values: tuple[Any, ...], missing: bool) -> str:
        if not values and not missing and not self.exempts("undecided"):
            return "yes"
        return "yes" if set(values) == {_LATEST} and not missing else "undecided"

    def _ends_in_latest(self, values: tuple[Any, ...], missing: bool) -> str:
        found = bool(values) and all(str(value).endswith(f":{_LATEST}") for value in values)
        return "yes" if found and not missing else "undecided"
