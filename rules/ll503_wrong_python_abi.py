"""LL503: Extension module that was built for another version of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class WrongPythonAbi(Rule):
    """Extension module that was built for another version of Python.

    The name of an extension module says what it was built for: ``_x.cpython-311-x86_64-linux-gnu.so`` exists for Python
    3.11 only, and Python 3.12 does not even look at it. After the runtime of a function was raised without a new
    installation, its imports fail with ``No module named '_cffi_backend'`` although the file is there. Modules
    with ``abi3`` in their names, or no tag, are taken by every version.

    An error is a module that start-up imports with nothing to catch the failure. Where the handler is not known it is
    a warning, and information where nothing at start-up loads the file.

    Triggers:
        1. [version] A module that is imported is there for another version of Python only.
        2. [flags] It is for a free-threaded or a debug build, or for another interpreter.
        3. [idle] Nothing at start-up imports it, or something catches the failure.
        4. [requirement] A lock by which a function will be built lists wheels for other Pythons only.

    Exemptions:
        1. [sibling] The same module for the function's Python, or for any, is beside it.
        2. [layers] A layer that is not here may bring the right one.
        3. [source] The lock lists a source, too, from which it may be built.

    Remedy:
        Install the distribution for the function's Python: ``pip install --python-version 3.13 --only-binary=:all:
        --platform manylinux2014_x86_64 --target …``, and empty the directory of the build before.

    References:
        - https://peps.python.org/pep-3149/
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-native-libraries
        - https://github.com/pyca/cryptography/issues/10654
        - https://github.com/psycopg/psycopg2/issues/721
    """

    code = "LL503"
    name = "wrong-python-abi"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = 'The interpreter does not look at it: what imports it fails, on every invocation, with "No module named".'
    remedy = "Install the distribution for the function's Python: pip install --python-version … --only-binary=:all:."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution with such files."""
        for item in bundle.refused("abi"):
            other = bundle.built_for(item.fault)
            yield self.finding(
                bundle.place(item.fault.path),
                f"{bundle.subject(item)} is for {other}: {bundle.runtime.name} does not import it",
                severity=item.severity,
                function=bundle.name,
                chains=bundle.chains(item.chain),
                facts=bundle.mending(item),
            )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each package of a lock that cannot be installed."""
        for item in view.misfits("abi"):
            yield self.finding(
                view.place(item.pin),
                f"{view.title(item.pin)} has wheels for {item.detail} only and no source: none for {view.runtime.name}",
                function=view.name,
            )
