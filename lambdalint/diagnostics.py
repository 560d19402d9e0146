"""What no rule reports: the run itself (LL0) and the audit of ``vulns``, in one table, with the metadata of rules."""

from __future__ import annotations

from lambdalint.model import Confidence, Finding, Location, Severity, Skipped
from lambdalint.records import NamedTuple


class Diagnostic(NamedTuple):
    """The metadata of one diagnostic; the fields mean what they mean for a `Rule`."""

    code: str
    name: str
    severity: Severity
    doc: str
    why: str
    remedy: str
    confidence: Confidence = Confidence.HIGH
    default: bool = True
    security: bool = False
    tags: tuple[str, ...] = ()
    since: str = "0.1.0"


SYNTAX_ERROR = Diagnostic(
    "LL001",
    "syntax-error",
    Severity.ERROR,
    doc="""Source that an entry point reaches and that the function's runtime cannot compile.

    Lambda reports ``Runtime.UserCodeSyntaxError`` and every invocation fails. The message names the
    Python version that refuses the source. A file that does not parse and that no entry point reaches
    is ``unreadable-input`` instead.
    """,
    why="The runtime compiles the module when it loads the function; every invocation fails.",
    remedy="Correct the syntax, or raise the function's runtime to a Python that has it.",
)
UNREADABLE_INPUT = Diagnostic(
    "LL002",
    "unreadable-input",
    Severity.INFO,
    doc="""An input that was not analysed, with the reason.

    Nothing is left out in silence: a file that cannot be read, decoded or parsed, that is no regular
    file, or that is larger or more deeply nested than the limits allow is listed here. It is a warning
    for a path that was named on the command line, a template or an artifact, else information.
    """,
    why="What was not analysed may hold mistakes that this report does not show.",
    remedy="Mend the file, or exclude it (`exclude` in the configuration) if it is not deployed.",
)
UNUSED_SUPPRESSION = Diagnostic(
    "LL003",
    "unused-suppression",
    Severity.INFO,
    doc="""A suppression comment that silences nothing.

    The cause has gone, or the comment is not where the finding is: on a line of the finding's statement
    or alone on the line above it. Only rules that ran are judged.
    """,
    why="A suppression that outlives its cause hides the next mistake on that line.",
    remedy="Remove the comment, or the rule's name from it.",
)
UNKNOWN_RULE = Diagnostic(
    "LL004",
    "unknown-rule",
    Severity.WARNING,
    doc="""A suppression comment that names no rule.

    It silences nothing. Write ``# lambdalint: ignore[rule-name] -- reason``, or
    ``# lambdalint: file-ignore[rule-name] -- reason`` for a whole file; several names are separated by
    commas, and codes do as well as names.
    """,
    why="A misspelt suppression silences nothing, and may look as if a finding had been accepted.",
    remedy="Correct the name; `lambdalint rule --all` lists them.",
)
VULNERABLE_DEPENDENCY = Diagnostic(
    "LL804",
    "vulnerable-dependency",
    Severity.ERROR,
    doc="""A known vulnerability of a distribution that is deployed, or pinned to be.

    ``lambdalint vulns`` reports it, and no other command: it asks PyPI or OSV, through pip-audit, for each distribution
    in the bundles and for each exact version in requirements.txt, uv.lock, poetry.lock, Pipfile.lock and pylock.toml.
    Nothing of the project is resolved, built or installed for that.

    In a bundle it is an error, at the METADATA of the distribution. What is pinned is a warning at its line, and
    information where only development has it: a group that says so, or a file of requirements for tests.

    Silence means that the service was asked and knows nothing. What could not be asked is listed as not audited, with
    the reason, and fails a run with ``--strict``: a version that is not pinned, a package from version control, one
    that the index does not know (a mirror seldom serves what PyPI knows about vulnerabilities), a service that does not
    answer. OSV cannot say that it does not know a package: to it, what nobody has reported is clean. Advisories that
    were withdrawn are not reported, nor requirements whose marker holds on no runtime of Lambda.

    Remedy:
        Upgrade to a version that is named as fixed, and build anew. Accept what does not concern the function with its
        reason, for a time:

            [[tool.lambdalint.vulns.ignore]]
            id = "CVE-2024-35195"
            reason = "no session of ours turns verification off"
            until = 2027-01-31

    References:
        - https://github.com/pypa/pip-audit
        - https://google.github.io/osv.dev/api/
        - https://docs.pypi.org/api/json/#known-vulnerabilities
    """,
    why="Whoever reaches the function may use what is public about it.",
    remedy="Upgrade to a fixed version and build anew, or accept it in `vulns.ignore` with a reason and an end.",
    security=True,
    tags=("bundle", "dependencies"),
)
DIAGNOSTICS = (SYNTAX_ERROR, UNREADABLE_INPUT, UNUSED_SUPPRESSION, UNKNOWN_RULE)
EVERY = (*DIAGNOSTICS, VULNERABLE_DEPENDENCY)  # the last one is no part of any `check`


def finding(
    diagnostic: Diagnostic,
    location: Location,
    message: str,
    *,
    severity: Severity | None = None,
    function: str = "<module>",
    remedy: str = "",
) -> Finding:
    """A finding of ``diagnostic``; the severity defaults to its own."""
    return Finding(
        code=diagnostic.code,
        name=diagnostic.name,
        severity=diagnostic.severity if severity is None else severity,
        confidence=diagnostic.confidence,
        message=message,
        location=location,
        function=function,
        remedy=remedy,
    )


def unreadable(skipped: Skipped, *, line: int = 1, template: bool = False, partly: bool = False) -> Finding:
    """The LL002 finding for one input.

    Args:
        line: where the trouble is.
        template: whether it is a template or an artifact.
        partly: whether the rest of it was read.
    """
    severity = Severity.WARNING if skipped.named or template else Severity.INFO
    message = f"{'read in part' if partly else 'not analysed'}: {skipped.reason}"
    return finding(UNREADABLE_INPUT, Location(skipped.path, line), message, severity=severity)
