"""What a rule is: metadata, a docstring that is its documentation, and one check method.

A rule asks for what it wants to see (`Wanted`) and gets views that the engine has prepared; it
parses nothing, reads no file and prints nothing. Which view it gets depends on the method that it
defines: `check_site` (a call of a wanted operation inside a per-invocation region),
`check_function` (a deployed function with everything reachable from it), `check_module` (a module that functions
need) or `check_declared` (a function as a template declares it, whether or not its code was found).
"""

from __future__ import annotations

from collections.abc import Iterable

from lambdalint.model import Confidence, Finding, Location, Severity, Step
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from lambdalint.bundle.unbuilt import RequirementsView
    from lambdalint.bundle.views import ArtifactView, BundleView
    from lambdalint.source.declared import DeclaredView
    from lambdalint.source.modules import ModuleView
    from lambdalint.source.views import FunctionView, SiteView


class Wanted(NamedTuple):
    """What nominates a definition for a rule.

    ``tables`` are names of operation tables of ``lambdalint/data`` whose keys are operations;
    ``operations`` are further operations (``aws:lambda.invoke``, ``time.sleep``); ``stores`` asks for
    entry points that run definitions which write to names that outlive the invocation; ``entry_points`` asks
    for all entry points; ``declared`` asks for every function that a template declares, also those
    whose code was not found. ``modules`` asks for every module that entry points run or import, whoever they are, in
    which one of these words is. ``bundles`` asks for each function whose artifact is here, with its layers,
    ``artifacts`` for each archive or directory that is deployed, by itself, ``requirements`` for each file of
    requirements or lock by which a tool will build functions that are not built yet.

    What follows narrows down ``entry_points``, each by itself, so that a view is made only where it may matter:
    ``reaches`` are operation tables, of which the entry point must reach an operation, as far as the last name of a
    call tells (``table.*`` stands for all tables in a table); ``imports`` are tables of modules, one of which must be
    imported, by what it runs or by what that imports, and not as what the code can do without; ``words`` must be, one
    of them, in a module that it runs; ``in_template`` asks for a template that declares it, ``settings`` for one that
    turns one of these on; ``answers`` asks for one that may return a dict with one of these keys whose value is not
    plainly a string; ``loops`` asks for one that may run itself again by what it writes, through others or not.
    """

    operations: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    stores: bool = False
    entry_points: bool = False
    declared: bool = False
    reaches: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    in_template: bool = False
    settings: tuple[str, ...] = ()
    bundles: bool = False
    artifacts: bool = False
    answers: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    requirements: bool = False
    loops: bool = False


class Rule:
    """Base of all rules. One subclass per file of ``rules/``, named ``llNNN_rule_name.py``.

    The subclass's docstring is the documentation: a one-line summary (at most 100 characters), what
    happens on Lambda, then the sections ``Triggers:`` and ``Exemptions:`` with numbered bullets, each
    opened by its tag in brackets (``1. [guard] …``); every tag has a line marked with it in
    ``fixtures/<name>/bad`` (triggers) or ``fixtures/<name>/good`` (exemptions). Then ``Remedy:`` and
    ``References:``.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity] = Severity.WARNING
    confidence: ClassVar[Confidence] = Confidence.HIGH
    default: ClassVar[bool] = True
    security: ClassVar[bool] = False
    tags: ClassVar[tuple[str, ...]] = ()
    since: ClassVar[str] = "0.1.0"
    why: ClassVar[str]
    remedy: ClassVar[str]
    wants: ClassVar[Wanted] = Wanted()
    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, disabled: frozenset[str] = frozenset()) -> None:
        """Args: disabled: tags of exemptions to ignore; only the tests of the exemptions set it."""
        self.disabled = disabled

    def exempts(self, tag: str) -> bool:
        """Whether the exemption ``tag`` is in force; not so "", which is none."""
        return bool(tag) and tag not in self.disabled

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """Findings for one call of a wanted operation."""
        return ()

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """Findings for one deployed function."""
        return ()

    def check_module(self, view: ModuleView) -> Iterable[Finding]:
        """Findings for one module that entry points run or import."""
        return ()

    def check_declared(self, view: DeclaredView) -> Iterable[Finding]:
        """Findings for one function that a template declares."""
        return ()

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """Findings for one function as it is deployed, with its layers."""
        return ()

    def check_artifact(self, artifact: ArtifactView) -> Iterable[Finding]:
        """Findings for one archive or directory that is deployed."""
        return ()

    def check_requirements(self, view: RequirementsView) -> Iterable[Finding]:
        """Findings for the requirements of functions that are not built yet."""
        return ()

    def finding(
        self,
        location: Location,
        message: str,
        *,
        function: str = "<module>",
        chains: tuple[tuple[Step, ...], ...] = (),
        facts: tuple[str, ...] = (),
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        remedy: str = "",
        related: tuple[tuple[Location, str], ...] = (),
        masked: bool = False,
    ) -> Finding:
        """A finding of this rule; severity and confidence default to the rule's own."""
        return Finding(
            code=self.code,
            name=self.name,
            severity=self.severity if severity is None else severity,
            confidence=self.confidence if confidence is None else confidence,
            message=message,
            location=location,
            function=function,
            chains=chains,
            facts=facts,
            remedy=remedy,
            related=related,
            masked=masked,
        )
