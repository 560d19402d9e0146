"""LL414: Import of a module that the function's Python no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class RemovedStdlibModule(Rule):
    """Import of a module that the function's Python no longer has.

    Python 3.12 took away ``distutils``, ``imp``, ``asyncore`` and others, Python 3.13 ``cgi``, ``pipes``, ``imghdr``,
    ``telnetlib`` and more. A function that imports one while it is loaded fails on every invocation with
    ``Runtime.ImportModuleError``, from the day on which its runtime is raised.

    The function's runtime is that of its template. Where no template tells it, only modules are reported that no
    Python of Lambda has.

    Setuptools brings ``distutils`` along, and puts it in place by a ``.pth`` file, which Python does not read in
    ``/var/task`` or ``/opt/python``: it has to be imported first.

    Triggers:
        1. [import] An import while the function is loaded.
        2. [called] An import in a function that an invocation runs.
        3. [python2] A module of Python 2, whatever the runtime.

    Exemptions:
        1. [guarded] ImportError is caught.
        2. [branch] The import is under a condition, such as one on the version of Python.
        3. [own] The project has a module of that name.
        4. [backport] The project installs something that brings the module back, or imports setuptools.
        5. [bundle] What is deployed is here, with all that is installed in it: missing-dependency judges that.

    Remedy:
        Use what replaces it, as the page below lists for each module, or keep the import behind ``except ImportError``.

    References:
        - https://docs.python.org/3/whatsnew/3.12.html#removed
        - https://peps.python.org/pep-0594/
        - https://setuptools.pypa.io/en/latest/deprecated/distutils-legacy.html
    """

    code = "LL414"
    name = "removed-stdlib-module"
    severity = Severity.ERROR
    tags = ("correctness", "templates")
    why = "The import raises ModuleNotFoundError: at load it fails every invocation."
    remedy = "Use what replaces the module, or import it behind except ImportError."
    wants = Wanted(entry_points=True, imports=("removed.modules",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each import that fails."""
        for item in function.removed_modules():
            version = "{}.{}".format(*item.since)
            if item.function is None:
                text, facts = f"no Python 3 has the module {item.name}", []
            else:
                runtime = "python{}.{}".format(*(item.function.python or item.since))
                text = f"{runtime} has no module {item.name}: Python {version} took it away"
                declared = item.function.declared_at
                facts = [f"{declared.path}:{declared.line} declares {item.function.name}"] if declared else []
            yield self.finding(item.place, text, function=item.scope, chains=(item.chain,), facts=tuple(facts))
