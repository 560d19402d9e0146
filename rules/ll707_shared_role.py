"""LL707: One role for several functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView


class SharedRole(Rule):
    """One role for several functions.

    Each function may do what any of them needs. Whoever gets one to do something else, by its input or a package that
    it uses, has the rights of all, and nobody dares to take a right away again.

    Reported, where the role is given, is a role that the templates declare for two functions or more.

    Off by default: whether functions are apart enough to need roles of their own is a matter of judgement.

    Triggers:
        1. [role] Several functions name one role.
        2. [serverless] The Serverless Framework makes one role for all functions, of the provider's statements.

    Exemptions:
        1. [by-name] A role that is named by ARN or parameter, or looked up: nobody can tell what it is.
        2. [basic] A role that the template lets do no more than log, trace and reach the network.
        3. [other-language] The function is not known to be Python.

    Remedy:
        Give each function a role of its own; with SAM, list its ``Policies`` instead of a ``Role``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
        - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
    """

    code = "LL707"
    name = "shared-role"
    severity = Severity.INFO
    default = False
    security = True
    tags = ("security", "templates")
    why = "Each function has the rights of all of them."
    remedy = "Give each function a role of its own, with what it needs."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for a role that others use as well; all of them find the same."""
        shared = view.shared_role()
        if shared is None or self.exempts(view.foreign()) or (not shared.role[0] and self.exempts("by-name")):
            return
        if shared.basic and self.exempts("basic"):
            return
        yield self.finding(
            shared.location,
            f"{len(shared.functions)} functions have one role: each may do what any of them needs",
            function=shared.functions[0][1],
            related=tuple((place, f"{name} has it") for place, name in shared.functions[:10]),
        )
