"""LL501: Import that neither the bundle nor its layers nor the runtime provide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class MissingDependency(Rule):
    """Import that neither the bundle nor its layers nor the runtime provide.

    The imports are followed from the handler's module as the interpreter executes them: packages before their
    modules, ``except ImportError`` where one fails, tests of the Python version and of the platform as they come out on
    the function's runtime. Where one leads nowhere and nothing on the way catches it, the function fails before its
    handler runs, with ``Runtime.ImportModuleError``, and so does each invocation.

    Judged is what is deployed: an archive or directory that is named, that a template names, or that SAM or the CDK has
    built. Modules of the target's standard library and the packages that the runtime brings count as provided.

    Triggers:
        1. [missing] The function's own code imports a module that is nowhere.
        2. [transitive] A bundled distribution imports one that is nowhere: its own dependency was left out.
        3. [removed] The module was in the standard library of earlier Pythons, and nothing bundled stands in for it.
        4. [requirement] The source of a function that is not built yet imports what its requirements do not bring. It
           is known what each of them is and requires.

    Exemptions:
        1. [guarded] An ``except ImportError``, or ``contextlib.suppress``, catches the failure.
        2. [typing] The import is under ``if TYPE_CHECKING``.
        3. [target] A test of version or platform keeps the runtime from it.
        4. [undecided] Whether it is executed depends on what nobody can tell.
        5. [deferred] It is in the body of a function.
        6. [layers] The function has layers that are not here and may bring it.
        7. [search-path] The code changes ``sys.path``, or the template sets ``PYTHONPATH``: it may come from elsewhere.
        8. [unknown] One of the requirements is not known, and may bring it.

    Remedy:
        Install the distribution into the bundle or a layer (``pip install --target``, with ``--platform`` and
        ``--only-binary`` for the function's architecture), or guard the import if the function does without.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-dependencies
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
    """

    code = "LL501"
    name = "missing-dependency"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "The function fails when it is loaded, on every invocation, before its handler runs."
    remedy = "Put the distribution into the bundle or a layer, or guard the import."
    wants = Wanted(bundles=True, requirements=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each module that is certain to be missing, at the import of the function's own code."""
        for item in bundle.missing():
            if bundle.left_out(item.name):
                continue  # it was taken away: another rule says so
            last = item.chain[-1]
            first = bundle.requested(item.chain)
            version = "{}.{}".format(*bundle.runtime.version) if bundle.runtime.version else ""
            reason = {
                "removed": f"Python {version} no longer has it, and nothing in the bundle stands in for it",
                "elsewhere": "it is part of Python on other systems only",
                "submodule": f"{item.name.rpartition('.')[0]} is in the bundle, but has no such module",
            }.get(item.reason, "it is in neither the bundle nor its layers nor the runtime")
            owner = bundle.owner(last.path)
            who = f"{owner.name} imports {item.name}" if owner is not None else f"import of {item.name} fails"
            yield self.finding(
                bundle.place(first.path, first.line),
                f"{who}: {reason}",
                chains=bundle.chains(item.chain, least=2),
                facts=(f"function {bundle.name} runs on {bundle.runtime.name}",),
            )

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """A finding for each import of a distribution that will not be installed."""
        for item in view.missing():
            yield self.finding(
                item.location,
                f"import of {item.module} fails: {view.file}, by which it is built, has no {item.distribution}",
                function=item.function,
                chains=item.chains,
            )
