"""LL710: SnapStart that no invocation uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView

_LATEST = ("", "$LATEST")


class SnapStartWithoutVersion(Rule):
    """SnapStart that no invocation uses.

    Snapshots are taken of published versions. What invokes ``$LATEST``, that is the function without a version or
    alias, starts without a snapshot: the setting looks as if it worked, and each cold start takes as long as ever.

    Reported, at the setting, is a function with SnapStart that a trigger of the template invokes unqualified.

    Off by default: cfn-lint (W2530) owns the check that a version exists, for CloudFormation and SAM.

    Triggers:
        1. [unpublished] Nothing in the template publishes a version.
        2. [past-alias] A version is published, and the trigger passes it by.

    Exemptions:
        1. [alias] The triggers name an alias or version, as they do with SAM's ``AutoPublishAlias``.
        2. [no-trigger] The template shows nothing that invokes the function.
        3. [off] SnapStart is switched off.
        4. [other-language] The function is not known to be Python.

    Remedy:
        Publish a version (SAM's ``AutoPublishAlias``, Terraform's ``publish``), and let the trigger name an alias.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    """

    code = "LL710"
    name = "snapstart-without-version"
    severity = Severity.ERROR
    default = False
    tags = ("performance", "templates")
    why = "Invocations of $LATEST never start from a snapshot."
    remedy = "Publish a version behind an alias, and let the trigger name the alias."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for SnapStart that a trigger passes by."""
        setting = view.setting("snap_start")
        if not view.is_python and self.exempts("other-language"):
            return
        if not setting.known or (view.function.turned_on("snap_start") is None and self.exempts("off")):
            return
        told = [event for event in view.events if event.setting("qualifier").known]
        past = [event for event in told if event.setting("qualifier").value in _LATEST or not self.exempts("alias")]
        if not past and (told or self.exempts("no-trigger")):
            return
        published = view.setting("published")
        if published.unwritten:
            reason = "no version of it is published"
        elif published.known:
            reason = "what invokes it passes its versions by"
        else:
            return
        yield self.finding(
            setting.location or view.location,
            f"SnapStart has no effect: {reason}",
            function=view.name,
            related=tuple(
                (place, f"{view.label(event)} invokes $LATEST") for event in past if (place := event.location)
            ),
        )
