"""LL604: AWS SDK in the bundle, which the runtime brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class RuntimeProvidedDependency(Rule):
    """AWS SDK in the bundle, which the runtime brings along.

    Python runtimes come with boto3 and what it needs. AWS's advice has two sides. For bundling it: the version of the
    runtime changes without notice and is months behind, so that what was tested may not be what runs, and new
    services and parameters are unknown to it. Against: some 20 MB, at each upload and towards the limit.

    A project that has decided says so: ``sdk = "runtime"`` in the configuration makes each bundled SDK a warning,
    ``sdk = "bundled"`` keeps this rule silent, and without either it is a note. A part of the SDK beside the
    runtime's other parts is wrong in both cases: see partial-sdk.

    Triggers:
        1. [policy] boto3 is bundled, and the project's policy is the runtime's.
        2. [undecided] boto3 is bundled, and the project has no policy.
        3. [requirement] boto3 is among the requirements that the build of a function installs: with either policy.

    Exemptions:
        1. [bundled] The policy is to bundle it.
        2. [pinned] Another distribution requires versions that the runtime need not have, as aiobotocore does.
        3. [other] The runtime is no managed Python.
        4. [explained] A comment says why it is required, or a compiled file that another distribution requires it.

    Remedy:
        With ``sdk = "runtime"``: keep boto3 among the development dependencies, and out of what is deployed. Otherwise
        set ``sdk = "bundled"``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-dependencies
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
    """

    code = "LL604"
    name = "runtime-provided-dependency"
    severity = Severity.WARNING
    tags = ("size", "bundle")
    why = "It is uploaded and unpacked again, although the function would find the runtime's."
    remedy = 'Leave it out, or say sdk = "bundled" in the configuration.'
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for a function whose bundle holds the SDK."""
        if bundle.sdk == "bundled" and self.exempts("bundled"):
            return
        found = bundle.whole_sdk(managed=self.exempts("other"))
        if found is None or (found.pinned is not None and self.exempts("pinned")):
            return
        names = ", ".join(item.title for item in found.items)
        text = f"{names} are bundled: {bundle.takes(found.items):,} bytes"
        if bundle.sdk == "runtime":
            text += ", though the project's policy is the runtime's SDK"
        else:
            text += ' of what the runtime has, too, in a version that AWS chooses; sdk = "runtime" or "bundled" decides'
        yield self.finding(
            bundle.place(found.items[0].metadata_path),
            text,
            function=bundle.name,
            severity=Severity.WARNING if bundle.sdk == "runtime" else Severity.INFO,
        )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for a function whose build installs the SDK."""
        if view.sdk == "bundled" and self.exempts("bundled"):
            return
        found = view.whole_sdk()
        if found is None or (view.pinning() and self.exempts("pinned")):
            return
        text = f"{view.title(found)} is installed into the function"
        if view.sdk == "runtime":
            text += ", though the project's policy is the runtime's SDK"
        else:
            text += ': the runtime has it, too, in a version that AWS chooses; sdk = "runtime" or "bundled" decides'
        yield self.finding(
            view.place(found),
            text,
            function=view.name,
            severity=Severity.WARNING if view.sdk == "runtime" else Severity.INFO,
        )
