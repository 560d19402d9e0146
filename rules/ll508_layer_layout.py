"""LL508: Layer whose modules lie where no function looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class LayerLayout(Rule):
    """Layer whose modules lie where no function looks for them.

    Layers are unpacked below ``/opt``, and of that a Python function searches ``/opt/python`` and
    ``/opt/python/lib/python3.X/site-packages`` of its own version. What lies elsewhere is there as a file and cannot be
    imported. The layer can be published and attached all the same.

    It is an error where the function imports one of these modules and has it from nowhere else, and a warning where
    nothing tells that it does.

    Triggers:
        1. [root] Distributions or modules lie at the top of the layer, which has no ``python/``.
        2. [nested] They lie in ``python/python/``.
        3. [version] They lie in ``python/lib/python3.X/site-packages`` of another Python only.

    Exemptions:
        1. [path] The function sets PYTHONPATH, changes ``sys.path``, or is started by a wrapper script.
        2. [data] Modules at the top without any distribution, of which the function imports none: they may be files
           that it opens, or of an extension.

    Remedy:
        Install into ``python/`` (``pip install --target python``) and zip that folder itself.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
        - https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
        - https://github.com/aws/aws-dynamodb-encryption-python/issues/132
        - https://github.com/aws/aws-sam-cli/issues/2443
    """

    code = "LL508"
    name = "layer-layout"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "The function cannot import what the layer is there for."
    remedy = "Put the packages into a folder python at the top of the layer."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each layer whose modules are of no use to the function."""
        for item in bundle.misplaced():
            if bundle.moves_path and self.exempts("path"):
                continue
            wanted = bundle.lacks(item.names)
            if not wanted and not item.installed and item.kind == "root" and self.exempts("data"):
                continue
            where = {
                "root": "lie at its top, and only python/ is searched",
                "nested": "lie in python/python/, and python/ is searched",
                "version": f"are for Python {item.version}, and the function runs on {bundle.runtime.name}",
            }[item.kind]
            shown = ", ".join((wanted or item.names)[:3]) + (", …" if len(wanted or item.names) > 3 else "")
            yield self.finding(
                bundle.layer_place(item.part, item.path),
                f"the modules of this layer ({shown}) {where}",
                facts=(f"function {bundle.name} imports {wanted[0]}",) if wanted else (),
                severity=Severity.ERROR if wanted else Severity.WARNING,
            )
