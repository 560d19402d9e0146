"""LL401: Template names a handler that the runtime cannot load from the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding
    from lambdalint.source.declared import DeclaredView


class HandlerNotFound(Rule):
    """Template names a handler that the runtime cannot load from the code.

    The runtime takes what precedes the last dot of the handler as a module, imports it from the code root and takes
    the attribute. Where there is no such module or attribute, the deployment succeeds and each invocation fails with
    ``Runtime.ImportModuleError``, ``Runtime.HandlerNotFound`` or ``Runtime.MalformedHandlerName``.

    Reported, at the template's line, is only what is certain: the code root is a directory, file or archive of this
    project that holds Python modules, and the template says that the function runs Python. Code that is elsewhere or
    put together by a build is not judged, nor is an archive that Terraform is told to leave alone once it is there
    (``ignore_changes``), since something else deploys the code.

    Triggers:
        1. [module] The code root holds no such module.
        2. [attribute] The module binds no such name.
        3. [malformed] The handler is not a module and a function, joined by a dot.
        4. [builtin] The module has the name of one that is built into the interpreter, which the runtime refuses.

    Exemptions:
        1. [layer] The function has layers, which may bring the module.
        2. [wrapper] A wrapper script starts the function (``AWS_LAMBDA_EXEC_WRAPPER``).
        3. [build] The template says how the code root is built, or that the function is an image.
        4. [dynamic] The module binds names by a star import, ``__getattr__``, ``globals()`` and the like.
        5. [placeholder] The handler is to be filled in: ``{{…}}``.

    Remedy:
        Write the path of the module from the code root, with dots or slashes, a dot, and the function's name.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html#naming
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
    """

    code = "LL401"
    name = "handler-not-found"
    severity = Severity.ERROR
    tags = ("correctness", "templates")
    why = "The function deploys and then fails on every invocation, before any of its code runs."
    remedy = "Name the module by its path from the code root, then a dot and the function."
    wants = Wanted(declared=True, bundles=True)

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """A finding for a handler that the runtime would refuse."""
        function = view.function
        if not function.fault or (function.excuse and self.exempts(function.excuse)):
            return
        reason = {
            "builtin": f"{function.handler.split('.')[0]} is built into Python",
            "malformed": "it is not a module and a function, joined by a dot",
        }.get(function.fault, function.problem)
        yield self.finding(
            view.declared.handler.location or view.location,
            f"handler {function.handler} of {function.name} cannot be loaded: {reason}",
            function=function.name,
        )

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for a handler that is not in the archive, or in what a tool has built, that a template names."""
        problem, excuse = bundle.handler_fault()
        if not problem or (excuse and self.exempts(excuse)):
            return
        declared = bundle.function.declared
        yield self.finding(
            (declared.handler.location if declared is not None else None) or bundle.location,
            f"handler {bundle.function.handler} of {bundle.name} cannot be loaded: {problem}",
            function=bundle.name,
        )
