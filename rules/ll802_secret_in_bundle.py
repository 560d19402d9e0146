"""LL802: Private key, password or credentials in what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import ArtifactView
    from lambdalint.model import Finding


class SecretInBundle(Rule):
    """Private key, password or credentials in what is deployed.

    Whoever may call ``lambda:GetFunction`` gets a link to the function's archive, and each account that a layer is
    shared with gets one to that layer's; archives also stay in buckets of deployments and among the artifacts of CI. A
    secret in them is known to all of these, and it is deployed again with each rollback after it was changed.

    What a file holds decides, and not its name. Neither the finding nor the source that is printed with it shows the
    secret. Keys in Python code are hardcoded-credentials'.

    Triggers:
        1. [variables] A ``.env`` file or ``.tfvars`` with a variable that is a password, token or key.
        2. [key] A private key, by itself or in a text, as in the JSON of a Google service account.
        3. [credentials] Credentials of AWS or of a registry: ``.aws/credentials``, ``.netrc``, ``.pypirc``, ``.npmrc``.
        4. [state] State of Terraform.
        5. [sealed] A key store that a password guards: a note.
        6. [owned] A private key that a distribution ships, usually for its tests: a note.

    Exemptions:
        1. [certificate] Certificates, and bundles of them, without a key.
        2. [placeholder] Values that are to be filled in, samples, and those of AWS's documentation.
        3. [about] A variable whose name is that of something about a secret.
        4. [name-of-secret] A value that names a secret, or means something to people.
        5. [unnamed] Neither a template nor the command line names the archive.

    Remedy:
        Take it out, and revoke it: it was deployed, stored and built into archives. Let the function read it from
        Secrets Manager or Parameter Store, and exclude such files where the bundle is made.

    References:
        - https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
        - https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
        - https://developer.hashicorp.com/terraform/language/state/sensitive-data
    """

    code = "LL802"
    name = "secret-in-bundle"
    severity = Severity.ERROR
    security = True
    tags = ("security", "bundle")
    why = "Everybody who may download the function's code has the secret."
    remedy = "Take it out, revoke it, and let the function read it from Secrets Manager or Parameter Store."
    wants = Wanted(artifacts=True)
    needs = frozenset({"bundle"})

    def check_artifact(self, artifact: ArtifactView) -> Iterable[Finding]:
        """A finding for each file or variable."""
        if artifact.role == "found" and self.exempts("unnamed"):
            return
        for item in artifact.leaks():
            if self.exempts(item.tag):
                continue
            what = f"{item.path}{f' of {item.owner}' if item.owner else ''}"
            yield self.finding(
                artifact.place(item.path, item.line),
                f"{what} is deployed and holds {item.kind}",
                severity=Severity.INFO if item.sealed or item.owner else Severity.ERROR,
                masked=True,
            )
