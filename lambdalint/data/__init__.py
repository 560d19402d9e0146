"""Facts that change, as data with source and as-of date.

The truth is ``lambdalint/data/*.toml``; ``scripts/compile_data.py`` writes each as a literal into
``lambdalint/data/compiled/<name>.py``, because reading the TOML files at each start would cost more
than the rest of a run over one file. A test compares the two.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@functools.cache
def table(name: str) -> Mapping[str, Any]:
    """The contents of ``lambdalint/data/<name>.toml`` as plain dicts, lists and scalars (dates as ISO strings)."""
    module = importlib.import_module(f"lambdalint.data.compiled.{name}")
    found: Mapping[str, Any] = module.TABLE
    return found
