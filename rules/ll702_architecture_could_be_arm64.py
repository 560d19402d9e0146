"""LL702: Function for x86_64 of which nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class ArchitectureCouldBeArm64(Rule):
    """Function for x86_64 of which nothing is.

    A millisecond on arm64 (Graviton2) costs 20 % less than on x86_64, for what is seldom slower. What keeps a Python
    function on x86_64 is what is compiled: here nothing is, or it is there for both machines.

    Off by default: it is advice, and whether the function is as fast only a measurement tells.

    Triggers:
        1. [pure] The function is for x86_64, by the template or because that says nothing, and holds no native file.
        2. [both] Each of its native files for x86_64 has one for aarch64 beside it.

    Exemptions:
        1. [native] There is a native file for x86_64 alone.
        2. [layers] A layer is not here, and may hold one.
        3. [unknown] Nobody says for which architecture it is.

    Remedy:
        Set ``Architectures: [arm64]``, build on or for arm64, and measure.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
        - https://aws.amazon.com/lambda/pricing/
    """

    code = "LL702"
    name = "architecture-could-be-arm64"
    severity = Severity.INFO
    default = False
    tags = ("cost", "bundle")
    why = "The same work costs a fifth more on x86_64."
    remedy = "Set the architecture to arm64, and measure."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for a function that nothing keeps on x86_64."""
        architecture = bundle.runtime.architecture or ("" if self.exempts("unknown") else "x86_64")
        if architecture != "x86_64" or bundle.is_image or (bundle.open_layers and self.exempts("layers")):
            return
        if bundle.native_alone("aarch64") and self.exempts("native"):
            return
        what = "its native files are there for aarch64, too" if bundle.natives.paths else "it holds no native file"
        yield self.finding(bundle.location, f"the function is for x86_64, and {what}", function=bundle.name)
