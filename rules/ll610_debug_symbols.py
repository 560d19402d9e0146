"""LL610: Debug symbols in native files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding

LEAST = 1 << 20  # bytes of one distribution


class DebugSymbols(Rule):
    """Debug symbols in native files.

    Symbol tables and debug sections are read by debuggers and linkers, never when a module is loaded. Most wheels come
    without them; 105 of the 122 MB of spacy are such, and 35 of pyarrow's 171.

    Triggers:
        1. [symbols] Native files of a distribution, or of the function itself, hold more than 1 MB of them.

    Exemptions:
        1. [patched] auditwheel has changed the file's search path or put it into ``NAME.libs``: ``strip`` is known to
           break such files ("ELF load command address/offset not properly aligned").
        2. [small] It is less than 1 MB of the distribution.

    Remedy:
        ``strip --strip-unneeded FILE`` on Linux, of the same machine, before zipping; then import the module from the
        result. Build own extensions with ``-s`` or without ``-g``.

    References:
        - https://man7.org/linux/man-pages/man1/strip.1.html
        - https://github.com/numpy/numpy/issues/20101
        - https://github.com/pyinstaller/pyinstaller/issues/9463
    """

    code = "LL610"
    name = "debug-symbols"
    severity = Severity.INFO
    tags = ("size", "bundle")
    why = "They are uploaded, unpacked and counted towards the 250 MB, and nothing loads them."
    remedy = "Strip the files before zipping, and import the modules from the result."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution with many of them, the largest first."""
        rows = sorted(bundle.debug(patched=not self.exempts("patched")), key=lambda row: -row[2])
        for owner, path, size in rows:
            if size < LEAST and self.exempts("small"):
                continue
            yield self.finding(
                bundle.place(path),
                f"native files of {owner.title if owner is not None else 'the function itself'} hold {size:,} bytes of "
                f"debug symbols, this one the most",
                function=bundle.name,
            )
