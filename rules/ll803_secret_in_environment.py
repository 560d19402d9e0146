"""LL803: Secret that is written out in a template's variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView


class SecretInEnvironment(Rule):
    """Secret that is written out in a template's variables.

    What stands in a template stands in the history of the repository, in the stack and in the console: everybody who
    may read one of them has the password or token, and nobody can change it without a deployment.

    A value counts that has the form of some service's token, or that means nothing to people under a name that says
    password, token, secret or key. Neither the finding nor the source that is printed with it shows the value.

    Off by default: cfn-lint (W2501, W1011) and checkov (CKV_AWS_45, CKV_SECRET) own the check for most templates.

    Triggers:
        1. [form] The value has the form of a token, key or webhook, whatever the variable is called.
        2. [url] A URL with a password in it.
        3. [name] The name says that it is a secret, and the value means nothing.

    Exemptions:
        1. [about] The name is that of something about a secret: its name, ARN, path, lifetime.
        2. [name-of-secret] The value is put together of words and numbers: it names a secret, or is none.
        3. [placeholder] The value is to be filled in, or AWS's documentation's.
        4. [parameter] The default of a parameter or variable.

    Remedy:
        Revoke it. Keep the new one in Secrets Manager or as a SecureString of Parameter Store, and let the function
        read it; or refer to it by ``{{resolve:secretsmanager:…}}``, which puts it into the variables at deployment.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-encryption
        - https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """

    code = "LL803"
    name = "secret-in-environment"
    severity = Severity.ERROR
    default = False
    security = True
    tags = ("security", "templates")
    why = "Everybody who may read the repository or the stack has the secret."
    remedy = "Revoke it, keep the new one in Secrets Manager or Parameter Store, and let the function read it there."
    wants = Wanted(declared=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for each variable that holds a secret."""
        for secret in view.secrets():
            if not self.exempts(secret.tag):
                yield self.finding(
                    secret.location,
                    f"variable {secret.name} is set to a secret that the template spells out: {secret.kind}",
                    function=view.name,
                    masked=True,
                )
