"""LL606: Distribution in the bundle that nothing in the function uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Confidence, Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class UnusedDependency(Rule):
    """Distribution in the bundle that nothing in the function uses.

    What no import reaches costs its bytes at each upload, counts towards the 250 MB, and has to be updated when a
    vulnerability becomes known, for nothing. It stays behind when the code that used it goes.

    Triggers:
        1. [unused] No module of the function imports it, at the start or later, and nothing that it uses requires it.
        2. [dynamic] So it is, but the function's own code imports modules by names that it computes: a note.
        3. [requirement] Nothing in the source names one of the requirements that the build installs. It is known what
           each of them is and requires.

    Exemptions:
        1. [required] A distribution that is used requires it, for an extra or on another system as well.
        2. [plug-in] It declares entry points, and something that is used, or a wrapper of the runtime, looks for these.
        3. [name] A text of the function or its environment names it: a driver of SQLAlchemy, a setting, a command.
        4. [integration] Code of a distribution that is used imports it if it is there.
        5. [interpreter] Python or the runtime uses it by itself: tzdata.
        6. [library] It holds no modules: libraries and data are found in other ways.
        7. [layer] It is in a layer, which other functions may share.
        8. [development] It is for development: see dev-dependency.
        9. [listed] Another one of the requirements is known to require it, or to use it if it is there.
        10. [unseen] Others use it without any mention (parsers, drivers, time zones), or it is pinned for them.
        11. [unknown] One of the requirements is not known, and may require it.
        12. [layers] The function has layers that are not here, and that may use it.
        13. [computed] The code imports modules by names that it computes, and it is only required so far.
        14. [explained] A comment says why it is required, or a compiled file that another one requires it.
        15. [sdk] It is a part of the AWS SDK: see runtime-provided-dependency.

    Remedy:
        Take it out of the requirements of the function; ``lambdalint bundle --why NAME`` shows the imports that lead to
        a distribution, where there are any.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html#function-code
        - https://packaging.python.org/en/latest/specifications/entry-points/
    """

    code = "LL606"
    name = "unused-dependency"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    tags = ("size", "bundle")
    why = "It makes the bundle larger and slower to deploy, and wants updates, for nothing."
    remedy = "Take it out of what the function requires."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution that nothing uses, with those that only it requires."""
        for item in bundle.usage.unused():
            yield self.finding(
                bundle.place(item.distribution.metadata_path),
                f"nothing in the function imports or requires {item.distribution.title}: {item.size:,} bytes"
                f"{bundle.companions(item.others)}{item.doubt and f'; {item.doubt}'}",
                function=bundle.name,
                severity=Severity.INFO if item.doubt else Severity.WARNING,
            )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each requirement that nothing uses."""
        for item in view.unused():
            yield self.finding(
                view.place(item),
                f"nothing in the function's source uses {view.title(item)}, and its build installs it",
                function=view.name,
            )
