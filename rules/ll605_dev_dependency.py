"""LL605: Distribution in the bundle that only development uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class DevDependency(Rule):
    """Distribution in the bundle that only development uses.

    Test runners, linters, type stubs, build tools and the CDK are no part of what runs on Lambda. They come along where
    a virtual environment is zipped, or everything is installed from one list; some take more than all the rest
    (aws-cdk-lib unpacks to 221 MB, moto to 20), and each is one more thing that an audit has to look at.

    Triggers:
        1. [known] A distribution that is known for that.
        2. [declared] One that the project's own pyproject.toml or requirements-dev.txt has for development only.
        3. [requirement] Either is among the requirements that the build of a function installs.

    Exemptions:
        1. [imported] Code of the function imports it, also in a function, or a distribution that it uses requires it.
        2. [undecided] One that functions use now and then, where nobody can tell what the entry point imports.
        3. [explained] A comment says why it is required, or a compiled file that another one requires it.
        4. [companion] It comes along with another tool of development, or distributions look for it when they run.

    Remedy:
        Keep it in a development group (``[dependency-groups]``, requirements-dev.txt), and build from the others: ``pip
        install -r requirements.txt --target``, ``uv export --no-dev``, ``poetry export --without dev``.

    References:
        - https://packaging.python.org/en/latest/specifications/dependency-groups/
        - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html#function-code
    """

    code = "LL605"
    name = "dev-dependency"
    severity = Severity.WARNING
    tags = ("size", "bundle")
    why = "It makes the bundle larger and slower to deploy, and is never used there."
    remedy = "Keep it in a development group and build the bundle without that."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution, with those that only it requires."""
        for item in bundle.usage.development():
            yield self.finding(
                bundle.place(item.distribution.metadata_path),
                f"{item.distribution.title} is for development ({item.purpose}) and nothing in the function uses it: "
                f"{item.size:,} bytes{bundle.companions(item.others)}",
                function=bundle.name,
            )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each requirement that is for development."""
        for item in view.development():
            yield self.finding(
                view.place(item.pin),
                f"{view.title(item.pin)} is for development ({item.purpose}), nothing in the function uses it, and its "
                "build installs it",
                function=view.name,
            )
