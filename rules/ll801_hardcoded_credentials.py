"""LL801: AWS credentials that are written out in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.modules import ModuleView


class HardcodedCredentials(Rule):
    """AWS credentials that are written out in the code.

    Whoever may read the repository, or download the function's code, has what the key is allowed to do, from anywhere
    and until somebody revokes it. A function needs no such key: the runtime gives it short-lived credentials of its
    role, which the SDK finds by itself, and another account's come from ``sts:AssumeRole``.

    A string counts that is called a secret access key by a keyword, key or variable, and that has the form of one: 40
    characters without meaning. Neither the finding nor the source that is printed with it shows it.

    Triggers:
        1. [call] An argument of a client, resource or session.
        2. [unpacked] A dict of such arguments.
        3. [environment] A variable of the process's environment, or what stands in for one that is not set.
        4. [constant] A name of the module, an attribute or a default that is called so, or that is given to a call.

    Exemptions:
        1. [example] The keys of AWS's documentation.
        2. [dummy] What no secret access key looks like: what emulators (moto, LocalStack, MinIO) are content with.
        3. [local] Calls that name an endpoint on the developer's machine.
        4. [tests] Test files.

    Remedy:
        Revoke the key, take it out, and give the function's role what it needs. For another account assume a role of
        it; for a service that is not AWS keep its key in Secrets Manager.

    References:
        - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
        - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
    """

    code = "LL801"
    name = "hardcoded-credentials"
    severity = Severity.ERROR
    security = True
    tags = ("security",)
    why = "Whoever may read the code has the key, from anywhere and until somebody revokes it."
    remedy = "Revoke it, and give the function's role what it needs: the SDK finds the role's credentials by itself."
    wants = Wanted(modules=("secret", "SECRET", "Secret"))

    def check_module(self, view: ModuleView) -> Iterable[Finding]:
        """A finding for each secret access key."""
        for item in view.credentials():
            yield self.finding(
                item.location,
                "a secret access key of AWS is written out in the code",
                function=item.function,
                masked=True,
            )
