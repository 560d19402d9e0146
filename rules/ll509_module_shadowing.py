"""LL509: Own module with the name of another one that start-up asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class ModuleShadowing(Rule):
    """Own module with the name of another one that start-up asks for.

    ``/var/task`` comes before the layers, before Python's standard library and before what the runtime brings. So a
    file ``secrets.py`` or ``boto3.py`` at the top of the function is what everybody gets who imports that name, the
    bundled distributions included, and they do not find in it what they look for. It is the other way round for what
    the runtime has loaded before the function, like ``json`` and ``logging``: there the own file is never looked at.

    It is a warning where the own file is not looked at, where only some versions of the runtime have loaded theirs
    before, and where what is missing is asked for in the body of a function, which need not run.

    Triggers:
        1. [library] A name that a module imports, or uses, is not in the own module that it gets for it.
        2. [self] A module imports what it has the name of, and gets itself.
        3. [ignored] A name is imported from an own module, but the runtime has loaded the other one before.
        4. [beside] A module of a folder is imported, and beside the folder is a file of its name, which is found first.

    Exemptions:
        1. [bound] The own module binds what is asked of it.
        2. [dynamic] It may bind names that nobody can list: by a star import, ``__getattr__`` and the like.
        3. [guarded] Something catches the failure.
        4. [installed] It is of a distribution that is there for this purpose, like backports.

    Remedy:
        Give the module another name, or move it into a package of the function.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
        - https://github.com/jkehler/awslambda-psycopg2/issues/52
        - https://github.com/aws/aws-sam-cli/issues/1106
    """

    code = "LL509"
    name = "module-shadowing"
    severity = Severity.ERROR
    tags = ("correctness", "bundle")
    why = "Whoever imports the name gets another module than it was written for, and fails when it uses it."
    remedy = "Give the module another name, or move it into a package of the function."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each own module that is in the way, or out of reach."""
        for item in bundle.shadows():
            file = bundle.within(item.path)
            where = f"{bundle.within(item.step.path)}:{item.step.line}"
            text = {
                "taken": f"{file} hides the {item.name} {item.other}: {where} asks it for {item.asked}",
                "either": f"{file} may hide the {item.name} {item.other}: {where} asks it for {item.asked}",
                "ignored": f"{file} is not looked at, the runtime has loaded the {item.name} {item.other} before: "
                f"{where} asks it for {item.asked}",
                "beside": f"{file} hides the folder {item.other}: {where} imports {item.step.imported}",
            }[item.kind]
            yield self.finding(
                bundle.place(item.path),
                text,
                severity=Severity.WARNING if item.later or item.kind in ("ignored", "either") else Severity.ERROR,
                function=bundle.name,
                chains=bundle.chains((*item.chain, item.step)),
            )
