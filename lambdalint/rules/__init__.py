"""The built-in rules: ``rules/`` at the top of the repository, this folder in a wheel."""

from __future__ import annotations

import os

_here = os.path.dirname(os.path.abspath(__file__))
_checkout = os.path.dirname(os.path.dirname(_here))

# A checkout keeps the rules at its top level. It is taken only if it provably is this package's own
# checkout, never because a folder called "rules" happens to lie beside site-packages.
if (
    not any(name.startswith("ll") and name.endswith(".py") for name in os.listdir(_here))
    and all(os.path.isfile(os.path.join(_checkout, name)) for name in ("pyproject.toml", ".pre-commit-hooks.yaml"))
    and os.path.samefile(os.path.join(_checkout, "lambdalint", "rules"), _here)
    and os.path.isdir(os.path.join(_checkout, "rules"))
):
    __path__.append(os.path.join(_checkout, "rules"))
