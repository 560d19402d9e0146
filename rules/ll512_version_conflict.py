"""LL512: Distributions in versions that exclude each other, or the same one twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class VersionConflict(Rule):
    """Distributions in versions that exclude each other, or the same one twice.

    pip sees to it that what it installs at once fits together. Function and layers are installed apart, and so is
    what a build adds later, or over what is there: then a distribution meets another one in a version that its
    METADATA excludes. It may work, and it may fail at the import or much later.

    Where a distribution is there twice, the function's copy hides that of a layer, and a layer's that of an
    earlier one, file by file where they lie in the same directory. The parts of the AWS SDK among each other are left
    to partial-sdk.

    Triggers:
        1. [range] A distribution is there in a version outside of the range that another one requires.
        2. [twice] The same distribution is there in two versions.

    Exemptions:
        1. [absent] It is not there at all: missing-dependency says whether something imports it.
        2. [extra] Only an extra requires it, and nobody asks for that.
        3. [target] Only other Pythons or systems require it.
        4. [layers] One of the two is in a layer, and another layer that is not here may bring its own copy.
        5. [same] Both copies are of the same version.

    Remedy:
        Install function and layers from one resolution (a lock file, or ``pip install -c constraints.txt`` for each),
        into empty directories.

    References:
        - https://packaging.python.org/en/latest/specifications/dependency-specifiers/
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
        - https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
    """

    code = "LL512"
    name = "version-conflict"
    severity = Severity.WARNING
    tags = ("correctness", "bundle")
    why = "What one distribution relies on may be missing from the version of the other that the function gets."
    remedy = "Install function and layers from one resolution."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each requirement that is not met, and for each further copy in another version."""
        for item in bundle.unmet():
            if item.found is None:
                if self.exempts("absent"):
                    continue
                text = "which is not there"
            elif bundle.is_sdk(item.requirer.key) and bundle.is_sdk(item.found.key):
                continue
            else:
                text = f"and the function gets {item.found.title}"
            yield self.finding(
                bundle.place(item.requirer.metadata_path, item.line),
                f"{item.requirer.title} requires {item.requirement}, {text}",
                function=bundle.name,
            )
        for seen, other in bundle.twice():
            if seen.title == other.title and self.exempts("same"):
                continue
            if seen.root == other.root:
                text = f"{seen.title} and {other.title} are in the same directory: the files of one replace the other's"
            else:
                text = f"{other.title} is hidden by {seen.title}, which comes first on the function's path"
            yield self.finding(
                bundle.place(other.metadata_path),
                text,
                function=bundle.name,
                related=((bundle.place(seen.metadata_path), f"{seen.title} is here"),),
            )
