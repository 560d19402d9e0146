"""Which distributions a function uses: by its imports, by what those require, and by all that may load them otherwise.

That nothing uses one is said only where all of these are silent: the imports of the modules that are loaded, also those
in functions and those of code that another handler of the archive may run; requirements, of extras as well, since that
is how optional integrations are told; entry points, through which plug-ins are found; and the name of it in any text of
the function, in its environment or in the code of what it uses, for drivers and back-ends are chosen by names.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from lambdalint.bundle.closure import BUNDLED, SOURCE_LIMIT, Closure, Module, absolute
from lambdalint.bundle.distributions import Distribution, normalized
from lambdalint.bundle.layers import TASK
from lambdalint.bundle.requirements import parsed
from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.views import BundleView

OWN_LIMIT = 2_000  # modules of the function's own: more are distributions that have lost their metadata
TEXT_LIMIT = 1 << 20  # bytes of one text of the function
SEARCH_LIMIT = 96 << 20  # bytes of code that are searched for names
_TEXTS = (".py", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".txt", ".env", ".sh", ".properties")
_TESTS = frozenset({"tests", "test"})
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
    def imported(self) -> frozenset[Distribution]:
        """The distributions that an import names, whenever it happens."""
        found: set[Distribution] = set()
        for closure in self._closures:
            modules = {module.path: module for name in closure.loaded if (module := closure.find(name)) is not None}
            modules.update((module.path, module) for module in self._own_modules() if module.path not in modules)
            for path, module in modules.items():
                owner = self._distributions.owner(path)
                if owner is not None:
                    found.add(owner)
                found.update(self._named_by(closure, module, own=owner is None and path.startswith(f"{TASK}/")))
        return frozenset(found)

    def _own_modules(self) -> Iterator[Module]:
        """The function's own modules, also those of other handlers in the same archive; no tests."""
        own = [path for path in self._own if path.endswith(".py")]
        if len(own) > OWN_LIMIT:
            self.opaque = own[0]
            return
        for path in own:
            *directories, name = path[len(TASK) + 1 :].split("/")
            if _TESTS.isdisjoint(directories) and not name.startswith(("test_", "conftest.")):
                package = name == "__init__.py"
                dotted = ".".join([*directories, *([] if package else [name.removesuffix(".py")])])
                yield Module(dotted, BUNDLED, path, (path.rpartition("/")[0],) if package else ())

    @functools.cached_property
    def _own(self) -> tuple[str, ...]:
        owners = self._distributions.owners
        return tuple(path for path in self._merged.files if path.startswith(f"{TASK}/") and path not in owners)

    def _named_by(self, closure: Closure, module: Module, *, own: bool) -> Iterator[Distribution]:
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
                owner = self._distributions.owner(target.path) if target is not None and target.path else None
                if owner is not None:
                    yield owner

    def required(self, start: Iterable[Distribution]) -> frozenset[Distribution]:
        """Some distributions with all that they require, on any target and for any extra."""
        found = set(start)
        queue = list(found) if "required" not in self._disabled else []
        while queue:
            for other in self._requirements[queue.pop()]:
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
        for item in self._distributions.all:
            keys = {normalized(each.name) for line in item.metadata.requires if (each := parsed(line)) is not None}
            found[item] = tuple(other for key in sorted(keys) for other in named.get(key, ()))
        return found

    # -- what nothing uses

    def unused(self) -> Iterator[Unused]:
        """The distributions of the function's own artifact that nothing uses."""
        used = self.required(self.imported)
        if self.opaque or any(path.endswith((".so", ".pyc")) and not _cached(path) for path in self._own):
            return
        left = [item for item in self._distributions.all if item not in used and self._is_here(item)]
        while left:
            more = {item for item in left if self._is_special(item)} or self._mentioned(left, used)
            if not more:
                break
            used = self.required({*used, *more})
            left = [item for item in left if item not in used]
        sizes = self._sizes
        covered = frozenset(each for item in self.development() for each in (item.distribution, *item.others))
        if "development" in self._disabled:
            covered = frozenset()
        for item, others in self._roots([item for item in left if item not in covered]):
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

    def _roots(self, chosen: list[Distribution]) -> Iterator[tuple[Distribution, tuple[Distribution, ...]]]:
        """Those that no other of some distributions requires, each with what only it and its own require."""
        left = set(chosen)
        wanted = {item: self.required([item]) & left for item in chosen}
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
        """Whether something else than an import may use it: an entry point, the interpreter, a linker; or who knows."""
        facts = table("development")
        idle = facts["entry_points"]["idle"]
        groups = {group for group, _, _ in item.entry_points}
        if "plug-in" not in self._disabled and any(
            not any(fnmatchcase(group, name) for name in idle) for group in groups
        ):
            return True
        files = self._distributions.files[item]
        return (
            ("interpreter" not in self._disabled and item.key in facts["without_import"]["names"])
            or (not any(path.endswith(_MODULES) for path in files) and "library" not in self._disabled)
            or not item.recorded
        )

    def _mentioned(self, left: list[Distribution], used: frozenset[Distribution]) -> set[Distribution]:
        """Those that the function's texts name, or the code of what it uses."""
        words = {word: item for item in left for word in self._words(item)}
        if not words:
            return set()
        found: set[Distribution] = set()
        either = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
        if "name" not in self._disabled:
            loose = re.compile(rf"(?<![\w-])(?:{either})(?![\w-])".encode(), re.IGNORECASE)
            by_word = {word.lower().encode(): item for word, item in words.items()}
            sources = [text.encode("utf-8", "replace") for text in self._texts]
            sources += [self._text(path, TEXT_LIMIT) for path in self._own if path.endswith(_TEXTS)]
            for source in sources:
                found.update(by_word[match[0].lower()] for match in loose.finditer(source))
        if "integration" in self._disabled or found.issuperset(left):
            return found
        strict = re.compile(
            rf"""^[ \t]*(?:import|from)[ \t]+({either})\b|["']({either})(?=["'.:])""".encode(), re.MULTILINE
        )
        exact = {word.encode(): item for word, item in words.items()}
        budget = SEARCH_LIMIT
        for item in self._distributions.all:
            for path in self._distributions.files[item] if item in used else ():
                if not path.endswith(".py"):
                    continue
                budget -= self._merged.files[path].entry.size
                if budget < 0:
                    return set(left)  # nobody looked at the rest
                for match in strict.finditer(self._text(path, SOURCE_LIMIT)):
                    found.add(exact[match[1] or match[2]])
        return found

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
        return {word for word in words if len(word) > 1 and word not in _TESTS}

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
            purpose = next((what for what, names in facts["only"].items() if _matches(item.key, names)), "")
            if not purpose and item.key in declared:
                purpose = declared[item.key]
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
            kept = self.required(self.imported)
        elif not self._closures:
            kept = self.required(others)
        sizes = self._sizes
        left = [item for item in chosen if item not in kept]
        within = self.required(left) - kept
        outside = self.required(item for item in self._distributions.all if item not in within)
        below = [item for item in self._distributions.all if item in within and (item in left or item not in outside)]
        for item, rest in self._roots(below):
            if item in chosen:
                yield Idle(item, chosen[item], rest, sum(sizes.get(each, 0) for each in (item, *rest)))


def _matches(key: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(key, name) for name in names)


def _cached(path: str) -> bool:
    return path.rpartition("/")[0].endswith("/__pycache__")
