"""LL502: Native file that was built for another processor or operating system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class WrongArchitecture(Rule):
    """Native file that was built for another processor or operating system.

    ``pip install`` takes wheels for the machine that it runs on: those of a Mac, of Windows, or of an x86_64 build
    server do not load in a function on arm64, nor the other way round. What the function then says misleads:
    ``No module named 'pydantic_core._pydantic_core'``, ``invalid ELF header``, ``cannot import name … from partially
    initialized module``. What a file is for is read from the file, not from the wheel's tags.

    An error is a module that start-up imports with nothing to catch the failure, or a library that such a module needs.
    Where the handler is not known it is a warning, and information where nothing at start-up loads the file.

    Triggers:
        1. [machine] A module that is imported was built for another processor.
        2. [system] It was built for macOS or Windows.
        3. [library] A library that it needs was.
        4. [idle] Nothing at start-up imports it, or something catches the failure.
        5. [requirement] A lock by which a function will be built lists wheels for other processors or systems only.

    Exemptions:
        1. [sibling] The same module, or file, for the right target is in the distribution as well.
        2. [data] It is a program or a library that Python does not import, like the .exe files of setuptools.
        3. [layers] Its name keeps the runtime from looking at it, and a layer that is not here may bring the right one.
        4. [source] The lock lists a source, too, from which it may be built.

    Remedy:
        Install the distribution for the function's architecture: ``pip install --platform manylinux2014_aarch64
        --only-binary=:all: --target …`` (or ``_x86_64``), or build in the runtime's image (``sam build
        --use-container``).

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-native-libraries
        - https://github.com/aws-powertools/powertools-lambda-python/issues/6771
        - https://github.com/pydantic/pydantic/issues/6557
    """

    code = "LL502"
    name = "wrong-architecture"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "The runtime cannot load it: what imports it fails, on every invocation, often with a misleading message."
    remedy = "Install the distribution for the function's architecture: pip install --platform … --only-binary=:all:."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each distribution with such files."""
        for item in bundle.refused("machine"):
            known = bundle.runtime.architecture
            target = f"{bundle.runtime.name} on {known}" if known else f"{bundle.runtime.name or 'Lambda'} on Linux"
            yield self.finding(
                bundle.place(item.fault.path),
                f"{bundle.subject(item)} was built for {bundle.built_for(item.fault)}: {target} cannot load it",
                severity=item.severity,
                function=bundle.name,
                chains=bundle.chains(item.chain),
                facts=bundle.mending(item),
            )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each package of a lock that cannot be installed."""
        for item in view.misfits("machine"):
            yield self.finding(
                view.place(item.pin),
                f"{view.title(item.pin)} has wheels for {item.detail} only and no source: "
                f"{view.runtime.name} runs on {view.runtime.architecture}",
                function=view.name,
            )
