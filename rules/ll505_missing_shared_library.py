"""LL505: Native file that needs a shared library which is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class MissingSharedLibrary(Rule):
    """Native file that needs a shared library which is not there.

    Wheels bring the libraries that they need, except those that are part of every usual Linux. The runtime's system has
    few of them, and what is compiled on another machine is linked with that machine's. Then the import fails with
    ``libpq.so.5: cannot open shared object file``. Wheels for Alpine (musllinux) need musl, which Amazon Linux
    does not have.

    An error are modules that start-up imports and that need a library which functions were seen to lack. What else is
    neither in the bundle nor among the libraries of the system, as far as they are known, is a warning.

    Triggers:
        1. [absent] A module that is imported needs a library that the runtime is known not to have.
        2. [musl] It was built for Alpine.
        3. [unknown] It needs a library that neither the bundle nor the system is known to have.
        4. [part] A native file of a package that is imported needs a library that the runtime is known not to have.

    Exemptions:
        1. [runpath] The library is where the file says (RUNPATH, with ``$ORIGIN``).
        2. [lib] It is in the function's directory or its ``lib``, or in ``lib`` of a layer.
        3. [bundled] It is elsewhere in the bundle: what brings it may load it first.
        4. [guarded] Something catches the failure.
        5. [layers] A layer that is not here may bring it.
        6. [environment] The template says where libraries are (``LD_LIBRARY_PATH``), or may.
        7. [image] The function is a container image, which brings its own system.

    Remedy:
        Install a wheel that brings the library (psycopg2-binary, opencv-python-headless), or put it into ``lib`` of the
        function or of a layer.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
        - https://peps.python.org/pep-0599/#the-manylinux2014-policy
        - https://github.com/psycopg/psycopg2/issues/1011
        - https://github.com/lambci/docker-lambda/issues/318
        - https://github.com/pyca/cryptography/issues/5845
    """

    code = "LL505"
    name = "missing-shared-library"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = 'What imports it fails, on every invocation, with "cannot open shared object file".'
    remedy = "Install a wheel that brings the library, or put it into lib/ of the function or of a layer."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution with such files, and for each library that is not known."""
        if bundle.is_image and self.exempts("image"):
            return
        told = set()
        for item in bundle.refused("library"):
            if item.use == "idle":
                continue
            told.add(item.fault.detail)
            yield self.finding(
                bundle.place(item.fault.path),
                f"{bundle.subject(item)} {bundle.lacking(item.fault.detail)}",
                severity=Severity.ERROR if item.use == "loaded" else Severity.WARNING,
                function=bundle.name,
                chains=bundle.chains(item.chain),
                facts=bundle.mending(item),
            )
        for library in bundle.unresolved():
            if library.library in told:
                continue
            more = f" and {library.files - 1:,} more files" if library.files > 1 else ""
            yield self.finding(
                bundle.place(library.path),
                f"{bundle.within(library.path)}{more} {bundle.lacking(library.library)}",
                severity=Severity.WARNING,
                function=bundle.name,
                chains=bundle.chains(library.chain),
                facts=bundle.known_ways(library.library),
            )
