"""LL504: Native file that needs a newer C library than the runtime has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class GlibcTooNew(Rule):
    """Native file that needs a newer C library than the runtime has.

    python3.8 to python3.11 run on Amazon Linux 2 with glibc 2.26, later runtimes on Amazon Linux 2023 with 2.34. A file
    that uses a symbol of a later version is refused: ``version `GLIBC_2.28' not found``. Many wheels of today
    need 2.27 or 2.28, and what is compiled on a newer Linux needs that system's version. What a file needs is read from
    the file: the tag of its wheel is an upper bound only.

    An error is a module that start-up imports with nothing to catch the failure, or a library that such a module needs.
    Where the handler is not known it is a warning, and information where nothing at start-up loads the file.

    Triggers:
        1. [module] A module that is imported needs a newer C library.
        2. [library] A library that it needs does.
        3. [idle] Nothing at start-up imports it, or something catches the failure.
        4. [requirement] A lock by which a function will be built lists wheels for newer systems only.

    Exemptions:
        1. [sibling] The same module in a build for older systems is in the distribution as well.
        2. [data] It is a program or a library that Python does not import.
        3. [source] The lock lists a source, too, from which it may be built.

    Remedy:
        For runtimes up to python3.11, install wheels for old systems (``pip install --platform manylinux2014_x86_64
        --only-binary=:all: --target …``), in an older version of the distribution if the latest has none; or go to a
        later runtime. What you compile yourself, compile in the runtime's image.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
        - https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
        - https://github.com/pyca/cryptography/issues/6390
        - https://github.com/qdrant/fastembed/issues/314
    """

    code = "LL504"
    name = "glibc-too-new"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = 'The system refuses it: what imports it fails, on every invocation, with "version `GLIBC_…\' not found".'
    remedy = "Install wheels for the runtime's system (manylinux2014 up to python3.11), or use a later runtime."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution with such files."""
        for item in bundle.refused("glibc"):
            has = ".".join(map(str, bundle.runtime.glibc or ()))
            yield self.finding(
                bundle.place(item.fault.path),
                f"{bundle.subject(item)} needs glibc {item.fault.detail}: {bundle.runtime.name} has {has}",
                severity=item.severity,
                function=bundle.name,
                chains=bundle.chains(item.chain),
                facts=bundle.mending(item),
            )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each package of a lock that cannot be installed."""
        has = ".".join(map(str, view.runtime.glibc or ()))
        for item in view.misfits("glibc"):
            yield self.finding(
                view.place(item.pin),
                f"all wheels of {view.title(item.pin)} need glibc {item.detail} and it has no source: "
                f"{view.runtime.name} has {has}",
                function=view.name,
            )
