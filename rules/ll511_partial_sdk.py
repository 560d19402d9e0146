"""LL511: Part of the AWS SDK that does not go with the rest of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class PartialSdk(Rule):
    """Part of the AWS SDK that does not go with the rest of it.

    boto3, botocore and s3transfer are released together, and each requires the others within a narrow range. What the
    bundle or a layer brings comes before the runtime's copy, each distribution by itself: a bundled botocore is
    used by the boto3 of the runtime, which AWS updates without notice. So a part that works today fails one day at the
    import, or at the first call, without any deployment.

    Parts that are both in the bundle and that exclude each other are an error. What rests on the versions of the
    runtime is a warning.

    Triggers:
        1. [clash] Two bundled parts, one of which is outside the range that the other requires.
        2. [split] One of boto3, botocore and s3transfer is bundled, and another comes from the runtime.
        3. [urllib3] A bundled urllib3 that the botocore of the runtime excludes, whatever its release.

    Exemptions:
        1. [unused] The function does not import the part that requires the other, like one that uses aiobotocore alone.
        2. [layers] A layer that is not here may bring the other part.
        3. [unknown] One of the requirements is not known, and may require the other part.

    Remedy:
        Bundle all of it (boto3 with everything that pip installs for it) or nothing of it. With Python 3.8 and 3.9,
        pin ``urllib3<1.27`` where requests or another distribution brings it.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-dependencies
        - https://github.com/boto/boto3/blob/develop/setup.cfg
        - https://github.com/boto/botocore/blob/develop/setup.cfg
        - https://github.com/boto/botocore/issues/3082
        - https://github.com/aws/aws-lambda-base-images/issues/118
    """

    code = "LL511"
    name = "partial-sdk"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "Parts of the SDK that do not belong together fail when they are imported, or at the first call."
    remedy = "Bundle the whole SDK in versions that pip resolved together, or nothing of it."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each pair of bundled parts that clash, and for each bundled part beside the runtime's."""
        for item in bundle.unmet():
            if item.found is None or not (bundle.is_sdk(item.requirer.key) and bundle.is_sdk(item.found.key)):
                continue
            yield self.finding(
                bundle.place(item.requirer.metadata_path, item.line),
                f"{item.requirer.title} requires {item.requirement}, and {item.found.title} is bundled",
                function=bundle.name,
            )
        told = set()
        for part in bundle.sdk_splits():
            if part.bundled in told or not (bundle.uses(part.requirer) or not self.exempts("unused")):
                continue
            if bundle.open_layers and self.exempts("layers"):
                continue
            told.add(part.bundled)
            other = part.required if part.bundled == part.requirer else part.requirer
            title = f"{part.bundled} {part.version}".strip()
            if part.requirement:
                text = f"{title} is bundled, and the {other} of {bundle.runtime.name} requires {part.requirement}"
            else:
                text = f"{title} is bundled without {other}: that of the runtime need not fit it, or not for long"
            version, day = bundle.seen(other)
            yield self.finding(
                bundle.place(part.path),
                text,
                function=bundle.name,
                facts=(f"{bundle.runtime.name} was seen with {other} {version} on {day}",) if version else (),
                severity=Severity.WARNING,
            )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each part that will be installed without the others."""
        for part in view.parts():
            title = view.title(part.pin)
            if part.requirement:
                text = f"{title} is installed, and the {part.other} of {view.runtime.name} requires {part.requirement}"
            else:
                text = (
                    f"{title} is installed without {part.other}: that of the runtime need not fit it, or not for long"
                )
            yield self.finding(view.place(part.pin), text, function=view.name, severity=Severity.WARNING)
