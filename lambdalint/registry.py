"""Which rules there are and which are selected.

Rules are found by the names of their files; `lambdalint.rules.manifest`, which is generated, says
what each is called and wants, so that only the rules that a run needs are imported.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Iterable, Mapping

from lambdalint.diagnostics import DIAGNOSTICS, EVERY, VULNERABLE_DEPENDENCY, Diagnostic
from lambdalint.errors import UsageError, nearest
from lambdalint.records import NamedTuple
from lambdalint.rule import Rule, Wanted
from lambdalint.settings import COMMAND_LINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from lambdalint.model import Confidence, Finding, Severity
    from lambdalint.settings import Settings


NOTHING_WANTED = Wanted()


EXACT = 100  # weight of a selector that names one rule; a prefix weighs less the shorter it is


class Entry(NamedTuple):
    """What is known of a rule without importing it. ``module`` is the name inside `lambdalint.rules`."""

    module: str
    code: str
    name: str
    default: bool
    wants: Wanted
    needs: frozenset[str] = frozenset()


class About(NamedTuple):
    """What outputs and documentation show of a rule or diagnostic. ``doc`` is its docstring, dedented."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    default: bool
    security: bool
    tags: tuple[str, ...]
    since: str
    why: str
    remedy: str
    doc: str

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.doc.partition("\n")[0]


def modules() -> tuple[str, ...]:
    """The module names of all rules, sorted, by file name alone."""
    package = importlib.import_module("lambdalint.rules")
    names = {name for folder in package.__path__ for name in os.listdir(folder)}
    return tuple(sorted(name[:-3] for name in names if name.startswith("ll") and name.endswith(".py")))


_entries: dict[str, Entry] = {}


def entries() -> tuple[Entry, ...]:
    """All rules, by code, without importing those that the manifest knows."""
    if not _entries:
        known = _manifest()
        for module in modules():
            # a rule that is being written may not be in the manifest yet
            _entries[module] = known.get(module) or entry(module)
    return tuple(sorted(_entries.values(), key=lambda item: item.code))


def _manifest() -> Mapping[str, Entry]:
    try:
        manifest = importlib.import_module("lambdalint.rules.manifest")
    except ModuleNotFoundError:  # before it is generated for the first time
        return {}
    found = {}
    for module, code, name, default, wants, needs in manifest.RULES:
        found[module] = Entry(module, code, name, default, Wanted(*wants), frozenset(needs))
    return found


@functools.cache  # each component asks anew
def rule_class(module: str) -> type[Rule]:
    """The rule that a module of `lambdalint.rules` defines.

    Raises:
        TypeError: the module does not define exactly one rule.
    """
    loaded = importlib.import_module(f"lambdalint.rules.{module}")
    found = [
        item
        for item in vars(loaded).values()
        if isinstance(item, type) and issubclass(item, Rule) and item.__module__ == loaded.__name__
    ]
    if len(found) != 1:
        raise TypeError(f"{module}.py must define exactly one rule, not {len(found)}")
    return found[0]


def entry(module: str) -> Entry:
    """The entry of a rule, from the rule itself."""
    rule = rule_class(module)
    return Entry(module, rule.code, rule.name, rule.default, rule.wants, rule.needs)


def load(item: Entry, disabled: frozenset[str] = frozenset()) -> Rule:
    """An instance of the rule; see `Rule` for ``disabled``."""
    return rule_class(item.module)(disabled)


class Listed(NamedTuple):
    """What lists show of a rule or diagnostic."""

    code: str
    name: str
    default: bool


def listed() -> tuple[Listed, ...]:
    """All rules and diagnostics, by code."""
    found = [Listed(item.code, item.name, item.default) for item in entries()]
    found += [Listed(item.code, item.name, item.default) for item in EVERY]
    return tuple(sorted(found))


def names() -> Mapping[str, str]:
    """Every name and code, of rules and of diagnostics → code."""
    return {spelling: item.code for item in listed() for spelling in (item.name, item.code)}


def about(code: str) -> About:
    """What there is to show of the rule or diagnostic ``code``.

    Raises:
        KeyError: there is none.
    """
    source: Diagnostic | type[Rule]
    for source in EVERY:
        if source.code == code:
            return _about(source, source.doc)
    modules = {item.code: item.module for item in entries()}
    source = rule_class(modules[code])
    return _about(source, source.__doc__ or "")


def _about(source: Diagnostic | type[Rule], doc: str) -> About:
    return About(
        code=source.code,
        name=source.name,
        severity=source.severity,
        confidence=source.confidence,
        default=source.default,
        security=source.security,
        tags=source.tags,
        since=source.since,
        why=source.why,
        remedy=source.remedy,
        doc=dedent(doc),
    )


def dedent(doc: str) -> str:
    """A docstring without its indentation, as `inspect.cleandoc` has it (which takes long to import)."""
    first, *rest = doc.expandtabs().strip().split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    return "\n".join([first.strip(), *(line[margin:].rstrip() for line in rest)])


def resolve(selector: str) -> frozenset[str]:
    """The codes that a selector (code, prefix of a code, name, ``ALL``) stands for.

    Raises:
        UsageError: it stands for none.
    """
    known = names()
    if selector == "ALL":
        return frozenset(known.values())
    if selector in known:
        return frozenset({known[selector]})
    if selector.startswith("LL") and (found := {code for code in known.values() if code.startswith(selector)}):
        return frozenset(found)
    hint = nearest(selector, [*known, "ALL"]) or "; `lambdalint rule` lists them"
    raise UsageError(f"there is no rule '{selector}'{hint}")


class Selection:
    """Which rules report, and where."""

    def __init__(self, settings: Settings, *, audit: bool = False) -> None:
        """Args: audit: whether it is the run that reports vulnerabilities, and not one of rules.

        Raises: UsageError: a selector that names no rule.
        """
        # --select leaves the run's own diagnostics on: what was not analysed must never look clean
        own = frozenset(item.code for item in DIAGNOSTICS)
        asked = dict.fromkeys(own, 0)
        asked.update((item.code, 0) for item in entries() if item.default and not settings.select)
        refused: dict[str, int] = {}
        for key, weights in (("select", asked), ("extend_select", asked), ("ignore", refused)):
            for selector in getattr(settings, key):
                _weigh(weights, selector, _resolved(selector, settings, key))
        asked.pop(VULNERABLE_DEPENDENCY.code, None)
        if audit:  # whichever rules are to run; who ignores this one by its name means it
            asked[VULNERABLE_DEPENDENCY.code] = EXACT
        # the more specific selector wins: --select LL101 --ignore LL1 runs LL101
        self.codes = frozenset(code for code, weight in asked.items() if weight > refused.get(code, -1))
        self._ignores = tuple(
            (pattern, frozenset().union(*(_resolved(item, settings, "per_file_ignores") for item in selectors)))
            for pattern, selectors in settings.per_file_ignores
        )
        self._matchers: list[tuple[GitIgnoreSpec, frozenset[str]]] = []

    def rules(self) -> tuple[Entry, ...]:
        """The selected rules, by code."""
        return tuple(item for item in entries() if item.code in self.codes)

    def enabled(self, code: str, path: str) -> bool:
        """Whether ``code`` is reported in the file ``path`` (relative to the project's root)."""
        return code in self.codes and not any(code in codes for codes in self._ignored(path))

    def _ignored(self, path: str) -> Iterable[frozenset[str]]:
        if self._ignores and not self._matchers:
            import re

            from pathspec import GitIgnoreSpec  # only where the setting is used

            try:
                self._matchers = [(GitIgnoreSpec.from_lines([pattern]), codes) for pattern, codes in self._ignores]
            except (ValueError, re.error) as error:
                raise UsageError(f"per-file-ignores: {error}") from None
        return (codes for spec, codes in self._matchers if spec.match_file(path))


def _resolved(selector: str, settings: Settings, key: str) -> frozenset[str]:
    """What a selector of a setting stands for; where it stands for nothing, the message says where it comes from."""
    try:
        return resolve(selector)
    except UsageError as error:
        origin = settings.origins.get(key.replace("_", "-"), COMMAND_LINE)
        raise UsageError(str(error) if origin == COMMAND_LINE else f"{origin}: {error}") from None


def _weigh(weights: dict[str, int], selector: str, codes: frozenset[str]) -> None:
    """Note for each code how specific the most specific selector for it is."""
    for code in codes:
        if selector == "ALL":
            weight = 1
        elif selector != code and selector.startswith("LL"):
            weight = 1 + len(selector)
        else:
            weight = EXACT
        weights[code] = max(weights.get(code, 0), weight)


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of every output: by path, position, code and message."""
    return tuple(sorted(findings, key=lambda item: (item.location, item.code, item.message)))
