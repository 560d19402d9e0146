"""Which distributions a function uses: by its imports, by what those require, and by all that may load them otherwise.

That nothing uses one is said only where all of these are silent: the imports of the modules that are loaded, also those
in functions and those of code that another handler of the archive may run; requirements, of extras as well, since that
is how optional integrations are told; entry points, through which plug-ins are found; and the name of it in any text of
the function, in its environment or in the code of what it uses, for drivers and back-ends are chosen by names.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from lambdalint.bundle import groups
from lambdalint.bundle.closure import BUNDLED, SOURCE_LIMIT, Closure, Module, absolute
from lambdalint.bundle.distributions import Distribution, normalized
from lambdalint.bundle.layers import TASK
from lambdalint.bundle.mentions import TESTS, is_test
from lambdalint.bundle.requirements import parsed
from lambdalint.data import table
from lambdalint.patterns import as_bytes, regex
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.views import BundleView

OWN_LIMIT = 2_000  # modules of the function's own: more are distributions that have lost their metadata
TEXT_LIMIT = 1 << 20  # bytes of one text of the function
SHORT = 5  # letters of a word that says little by itself
SEARCH_LIMIT = 96 << 20  # bytes of code that are searched for names
_TEXTS = (".py", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".txt", ".env", ".sh", ".properties")
_EXTRA = regex(r"extra == [\"']([^\"']+)[\"']")
_MODULES = (".py", ".so")


class Unused(NamedTuple):
    """A distribution that nothing uses, with the others that only it requires, and the bytes of all.

    ``doubt`` says why something may use it all the same, "" where nothing is known to.
    """

    distribution: Distribution
    others: tuple[Distribution, ...]
    size: int
    doubt: str = ""


class Idle(NamedTuple):
    """A distribution of development: what it is for, with the others that only it requires, and the bytes of all."""

    distribution: Distribution
    purpose: str
    others: tuple[Distribution, ...]
    size: int


class Usage:
    """What one function uses of its bundle.

    Args:
        bundle: the function.
        closures: of all functions that are deployed from the same artifact.
        texts: what else may name a distribution, as the values of its environment.
        disabled: tags of exemptions that are not granted.
    """

    def __init__(
        self, bundle: BundleView, closures: Iterable[Closure], texts: Iterable[str], disabled: frozenset[str]
    ) -> None:
        self._bundle = bundle
        self._closures = tuple(closures)
        self._texts = tuple(texts)
        self._disabled = disabled
        self._merged = bundle.merged
        self._distributions = bundle.distributions
        self.opaque = ""  # why nobody can tell what the function's own code imports
        self.dynamic = ""  # a file of its own code that imports by computed names

    @functools.cached_property
    def files(self) -> frozenset[str]:
        """The files of the modules that are loaded or that an import of these names, whenever it happens."""
        found: set[str] = set()
        for closure in self._closures:
            modules = {module.path: module for name in closure.loaded if (module := closure.find(name)) is not None}
            modules.update((module.path, module) for module in self._own_modules() if module.path not in modules)
            found.update(modules)
            for path, module in modules.items():
                own = path.startswith(f"{TASK}/") and self._distributions.owner(path) is None
                found.update(self._named_by(closure, module, own=own))
        return frozenset(found)

    @functools.cached_property
    def imported(self) -> frozenset[Distribution]:
        """The distributions that an import names, whenever it happens."""
        owners = map(self._distributions.owner, self.files)
        return frozenset(owner for owner in owners if owner is not None)

    def _own_modules(self) -> Iterator[Module]:
        """The function's own modules, also those of other handlers in the same archive; no tests."""
        own = [path for path in self._own if path.endswith(".py")]
        if len(own) > OWN_LIMIT:
            self.opaque = own[0]
            return
        for path in own:
            if not is_test(path):
                *directories, name = path[len(TASK) + 1 :].split("/")
                package = name == "__init__.py"
                dotted = ".".join([*directories, *([] if package else [name.removesuffix(".py")])])
                yield Module(dotted, BUNDLED, path, (path.rpartition("/")[0],) if package else ())

    @functools.cached_property
    def _own(self) -> tuple[str, ...]:
        owners = self._distributions.owners
        return tuple(path for path in self._merged.files if path.startswith(f"{TASK}/") and path not in owners)

    def _named_by(self, closure: Closure, module: Module, *, own: bool) -> Iterator[str]:
        found = closure.imports_of(module)
        if found is None:
            if own and module.path:
                self.opaque = module.path
            return
        if own and found.dynamic:
            self.dynamic = self.dynamic or module.path
        for item in found.found:
            base = absolute(module, item)
            if not base:
                continue
            names = [base] if item.attribute in (None, "*") else [base, f"{base}.{item.attribute}"]
            for name in names:
                target = closure.find(name)
                if target is not None and target.path:
                    yield target.path

    def required(self, start: Iterable[Distribution], *, loosely: bool = True) -> frozenset[Distribution]:
        """Some distributions with all that they require.

        Args:
            start: those.
            loosely: whether requirements of any target and any extra count, but for extras of development.
        """
        requirements = self._requirements if loosely else self._strict
        found = set(start)
        queue = list(found) if "required" not in self._disabled else []
        while queue:
            for other in requirements.get(queue.pop(), ()):
                if other not in found:
                    found.add(other)
                    queue.append(other)
        return frozenset(found)

    @functools.cached_property
    def _requirements(self) -> Mapping[Distribution, tuple[Distribution, ...]]:
        named: dict[str, list[Distribution]] = {}
        for item in self._distributions.all:
            named.setdefault(item.key, []).append(item)
        found = {}
        idle = table("development")["groups"]["names"]
        for item in self._distributions.all:
            keys = set()
            for line in item.metadata.requires:
                requirement = parsed(line)
                extras = _EXTRA.findall(str(requirement.marker)) if requirement is not None else ()
                if requirement is not None and not (extras and all(extra in idle for extra in extras)):
                    keys.add(normalized(requirement.name))
            found[item] = tuple(other for key in sorted(keys) for other in named.get(key, ()))
        return found

    @functools.cached_property
    def _strict(self) -> Mapping[Distribution, tuple[Distribution, ...]]:
        """What is required on the target, for extras that are asked for."""
        seen = self._bundle.requirements.seen
        found: dict[Distribution, tuple[Distribution, ...]] = {}
        for item, requirement in self._bundle.requirements.all():
            other = seen.get(normalized(requirement.name))
            if other is not None:
                found[item] = (*found.get(item, ()), other)
        return found

    # -- what nothing uses

    def unused(self) -> Iterator[Unused]:
        """The distributions of the function's own artifact that nothing uses."""
        used = self.required(self.imported)
        if (
            not self._closures
            or self.opaque
            or any(path.endswith((".so", ".pyc")) and not _cached(path) for path in self._own)
        ):
            return
        left = [item for item in self._distributions.all if item not in used and self._is_here(item)]
        searched: frozenset[Distribution] = frozenset()
        while left:
            more = {item for item in left if self._is_special(item)}
            if not more:
                more, searched = self._mentioned(left, used - searched), used
            if not more:
                break
            used = self.required({*used, *more})
            left = [item for item in left if item not in used]
        sizes = self._sizes
        covered = frozenset(each for item in self.development() for each in (item.distribution, *item.others))
        if "development" in self._disabled:
            covered = frozenset()
        for item, others in self._roots([item for item in left if item not in covered], loosely=True):
            yield Unused(item, others, sum(sizes.get(each, 0) for each in (item, *others)), self._doubt())

    def _is_here(self, item: Distribution) -> bool:
        """Whether it is in the function's own artifact, and not in a layer, which serves other functions too."""
        return item.root == TASK or "layer" in self._disabled

    def _doubt(self) -> str:
        if self.dynamic:
            return f"{self._merged.shown(self.dynamic)} imports modules by names that it computes"
        if self._bundle.open_layers:
            return f"the layer {self._bundle.open_layers[0]} is not here and may import it"
        return ""

    @functools.cached_property
    def _sizes(self) -> Mapping[Distribution, int]:
        return {share.owner: share.unzipped for share in self._bundle.shares if share.owner is not None}

    def _roots(
        self, chosen: list[Distribution], *, loosely: bool
    ) -> Iterator[tuple[Distribution, tuple[Distribution, ...]]]:
        """Those that no other of some distributions requires, each with what only it and its own require."""
        left = set(chosen)
        wanted = {item: self.required([item], loosely=loosely) & left for item in chosen}
        above = {item: [other for other in chosen if other is not item and item in wanted[other]] for item in chosen}
        # of those that require each other the first one stands for all
        roots = [
            item
            for index, item in enumerate(chosen)
            if all(other in wanted[item] and chosen.index(other) > index for other in above[item])
        ]
        given: set[Distribution] = set()
        for item in roots:
            others = tuple(other for other in chosen if other in wanted[item] and other is not item)
            others = tuple(other for other in others if other not in given and other not in roots)
            given.update(others)
            yield item, others

    def _is_special(self, item: Distribution) -> bool:
        """Whether something else than an import may use it: the interpreter, a linker; or its files are not known."""
        files = self._distributions.files[item]
        found = {group for group, _, _ in item.entry_points if not group.endswith("_scripts")}
        if found and "plug-in" not in self._disabled:
            # a wrapper of the whole runtime, which observability has, loads what it finds
            loaded = table("development")["without_import"]["groups"]
            if self._bundle.is_wrapped or any(fnmatchcase(group, pattern) for group in found for pattern in loaded):
                return True
        return (
            ("interpreter" not in self._disabled and item.key in table("development")["without_import"]["names"])
            or (not any(path.endswith(_MODULES) for path in files) and "library" not in self._disabled)
            or not item.recorded
        )

    def _mentioned(self, left: list[Distribution], used: frozenset[Distribution]) -> set[Distribution]:
        """Those that the function's texts name, or the code of what it uses."""
        words = {word: item for item in left for word in self._words(item)}
        if not words:
            return set()
        found: set[Distribution] = set()
        if "name" not in self._disabled:
            by_word = {as_bytes(word.lower()): item for word, item in words.items()}
            loose = _either(rb"(?i)(?<![\w-])(?:%s)(?![\w-])", by_word)
            sources = [text.encode("utf-8", "replace") for text in self._texts]
            sources += [self._text(path, TEXT_LIMIT) for path in self._own if _is_text(path) and not is_test(path)]
            for source in sources:
                found.update(by_word[match[0].lower()] for match in loose.finditer(source))
        exact = {as_bytes(word): item for word, item in words.items()} if "integration" not in self._disabled else {}
        groups = {as_bytes(group): item for item in left for group in self._groups(item)}
        if found.issuperset(left) or not (exact or groups):
            return found
        strict = _either(rb"^[ \t]*(?:import|from)[ \t]+(%s)\b", exact), _either(rb"[\"'](%s)(?=[\"'.:])", exact)
        patterns = [*((pattern, exact) for pattern in strict if exact), (_either(rb"[\"'](%s)", groups), groups)]
        texts = (*exact, *groups)
        budget = SEARCH_LIMIT
        for item in self._distributions.all:
            for path in self._distributions.files[item] if item in used else ():
                if not path.endswith(".py"):
                    continue
                budget -= self._merged.files[path].entry.size
                if budget < 0:
                    return set(left)  # nobody looked at the rest
                source = self._text(path, SOURCE_LIMIT)
                if any(word in source for word in texts):  # most hold none, and the patterns take ten times as long
                    for pattern, items in patterns:
                        found.update(items[match[1]] for match in pattern.finditer(source))
        return found

    def _groups(self, item: Distribution) -> Iterator[str]:
        """How the names of the groups of its entry points begin, where plug-ins look for them."""
        for group in {group for group, _, _ in item.entry_points if not group.endswith("_scripts")}:
            first = group.replace("_", ".").partition(".")[0]
            if "plug-in" not in self._disabled:
                yield first if len(first) > SHORT else group

    def _words(self, item: Distribution) -> set[str]:
        """The names by which texts may ask for a distribution: its own, its modules, its scripts."""
        words = {item.name, item.key, item.key.replace("-", "_")}
        words.update(name for group, name, _ in item.entry_points if group.endswith("_scripts"))
        modules = [path[len(item.root) + 1 :] for path in self._distributions.files[item] if path.endswith(_MODULES)]
        packages = {path.rpartition("/")[0] for path in modules if path.rpartition("/")[2].startswith("__init__.")}
        for path in modules:
            parts = path.split("/")
            above = ("/".join(parts[:count]) for count in range(1, len(parts)))
            package = next((each for each in above if each in packages), None)
            if parts[0] != "bin" and (package is not None or "__pycache__" not in parts):
                words.add((package or "/".join([*parts[:-1], parts[-1].partition(".")[0]])).replace("/", "."))
        return {word for word in words if len(word) > 1 and word not in TESTS}

    def _text(self, path: str, limit: int) -> bytes:
        try:
            return self._merged.read(path, limit)
        except Unreadable:
            return b""

    # -- what only development uses

    def development(self) -> Iterator[Idle]:
        """The distributions that are for development only, and that nothing of the function imports or requires."""
        facts = table("development")
        declared = self._bundle.development_names
        chosen: dict[Distribution, str] = {}
        for item in self._distributions.all:
            purpose = groups.purpose(item.key) or declared.get(item.key, "")
            certain = (
                bool(self._closures)
                or "undecided" in self._disabled
                or (item.key not in facts["sometimes"]["names"] and item.key not in declared)
            )
            if purpose and certain:
                chosen[item] = purpose
        if not chosen:
            return
        others = [item for item in self._distributions.all if item not in chosen]
        kept: frozenset[Distribution] = frozenset()
        if self._closures and "imported" not in self._disabled:
            kept = self.required(self.imported, loosely=False)
        elif not self._closures:
            # whatever the function's texts name may be imported by an entry point that nobody knows
            kept = self.required({*others, *self._mentioned(list(chosen), frozenset())}, loosely=False)
        sizes = self._sizes
        left = [item for item in chosen if item not in kept]
        within = self.required(left, loosely=False) - kept
        outside = self.required((item for item in self._distributions.all if item not in within), loosely=False)
        below = [item for item in self._distributions.all if item in within and (item in left or item not in outside)]
        for item, rest in self._roots(below, loosely=False):
            if item in chosen:
                yield Idle(item, chosen[item], rest, sum(sizes.get(each, 0) for each in (item, *rest)))


def _either(pattern: bytes, words: Collection[bytes]) -> re.Pattern[bytes]:
    """The pattern with any of some words; none at all where there are no words."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    either = b"|".join(re.escape(word) for word in longest_first) or b"(?!)"
    return re.compile(pattern % either, re.MULTILINE)


def _is_text(path: str) -> bool:
    """Whether a file may be one that people write: scripts have no suffix."""
    name = path.rpartition("/")[2]
    return name.endswith(_TEXTS) or "." not in name


def _cached(path: str) -> bool:
    return path.rpartition("/")[0].endswith("/__pycache__")
