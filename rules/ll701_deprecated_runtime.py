"""LL701: Runtime that Lambda no longer supports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView


class DeprecatedRuntime(Rule):
    """Runtime that Lambda no longer supports.

    From the day on which a runtime is deprecated it gets no security updates, and its functions no support. Some time
    later AWS refuses to create functions that use it, then to change them: the deployment fails, also the one that is
    to mend something in a hurry. Functions that are deployed go on running.

    The days are data of this version of lambdalint; ``--as-of`` sets the day that counts as today, and the finding
    names it. A warning from the deprecation on, an error from the first block on.

    Off by default: cfn-lint (W2531, E2531, E2533) owns this check for CloudFormation and SAM templates, checkov
    (CKV_AWS_363) for these and Terraform.

    Triggers:
        1. [deprecated] The runtime is deprecated.
        2. [blocked] Functions that use it cannot be created, or not even be changed.

    Exemptions:
        1. [supported] The day lies ahead.
        2. [image] A container image, for which the runtime that the template's defaults name does not count.

    Remedy:
        Move to a runtime that is supported for some years more.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-support-policy
    """

    code = "LL701"
    name = "deprecated-runtime"
    severity = Severity.WARNING
    default = False
    tags = ("maintenance", "security", "templates")
    why = "A deprecated runtime gets no security updates, and at some point no deployment either."
    remedy = "Move the function to a supported runtime."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for a runtime whose support has ended."""
        life = view.lifecycle()
        if life is None or (view.is_image and self.exempts("image")):
            return
        if life.as_of < life.deprecated and self.exempts("supported"):
            return
        past = [f"deprecated since {life.deprecated}"]
        if life.block_create <= life.as_of:
            past.append(f"refused for new functions since {life.block_create}")
        if life.block_update <= life.as_of:
            past.append(f"refused for changes since {life.block_update}")
        coming = [day for day in (life.block_create, life.block_update) if day > life.as_of]
        yield self.finding(
            view.declared.runtime.location or view.location,
            f"{life.runtime} is {', '.join(past)} (as of {life.as_of})",
            function=view.name,
            severity=Severity.ERROR if len(past) > 1 else None,
            facts=(f"the next block is announced for {coming[0]}",) if coming else (),
        )
