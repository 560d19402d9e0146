"""LL607: Bytecode that the interpreter rejects, or none, so that it compiles at each cold start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding

LIMIT = 512 << 10  # bytes of source; to compile them takes about a tenth of a second of one whole CPU


class StaleBytecode(Rule):
    """Bytecode that the interpreter rejects, or none, so that it compiles at each cold start.

    A ``.pyc`` says of which source it is: by that file's time and size, or by its hash (PEP 552). pip writes the time,
    and SAM, Terraform and others then date everything in the archive 1980: the times never agree, Python reads the
    bytecode, rejects it and compiles the source. /var/task is read-only, so it does so at each cold start. Imports take
    more than twice as long that way (docs/bundles.md has a measurement), and the bytecode takes up room for nothing. So
    does that of another Python version.

    Triggers:
        1. [rejected] The runtime rejects the bytecode of what the entry point loads, of 512 KB of source and more.
        2. [absent] There is none of it: a note, for it may be meant: AWS advises against bytecode of other machines.

    Exemptions:
        1. [dated] The source has a date of its own, so that it may be the one that the bytecode names.
        2. [warm] SnapStart or provisioned concurrency initialises the function ahead of events.
        3. [small] Less than 512 KB of source are compiled.

    Remedy:
        Ship bytecode that no date decides, made with the function's own Python version: ``python3.13 -m compileall
        --invalidation-mode unchecked-hash -q -f DIR`` after the installation, or ``SOURCE_DATE_EPOCH=315532800 pip
        install``, which makes pip write hashes. Or leave bytecode out: it is of no use as it is.

    References:
        - https://peps.python.org/pep-0552/
        - https://github.com/aws/aws-lambda-builders/issues/924
        - https://github.com/serverless/serverless/issues/13889
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-pycache
    """

    code = "LL607"
    name = "stale-bytecode"
    severity = Severity.WARNING
    tags = ("performance", "bundle")
    why = "Each cold start compiles the source again, which takes longer than all the rest of the import."
    remedy = "Compile with --invalidation-mode unchecked-hash and the function's own Python version."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for what is compiled although there is bytecode, and one for what has none."""
        if bundle.is_warm and self.exempts("warm"):
            return
        for item in bundle.compiled(doubted=not self.exempts("dated")):
            if item.size < LIMIT and self.exempts("small"):
                continue
            part = f"all {item.total:,}" if item.modules == item.total else f"{item.modules:,} of the {item.total:,}"
            why = f"have bytecode that {bundle.runtime.name} rejects ({item.rejected})"
            yield self.finding(
                bundle.location,
                f"{part} modules that the entry point loads {why if item.rejected else 'have no bytecode'}: "
                f"{item.size:,} bytes of source are compiled at each cold start",
                function=bundle.name,
                severity=Severity.WARNING if item.rejected else Severity.INFO,
            )
