"""What rules see of what is deployed: one artifact, or one function with its layers."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lambdalint.bundle.layers import TASK, Merged, Part
from lambdalint.data import table
from lambdalint.model import ABSENT, Location, State
from lambdalint.model import Step as ChainStep
from lambdalint.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.bundle.archive import Oddity
    from lambdalint.bundle.binaries import Natives
    from lambdalint.bundle.bytecode import Bytecode, Compiled
    from lambdalint.bundle.closure import Closure, Missing, Step
    from lambdalint.bundle.cost import Cost, Deferred
    from lambdalint.bundle.distributions import Distribution, Distributions
    from lambdalint.bundle.entries import Artifact, Entry
    from lambdalint.bundle.growth import Growth, Kept
    from lambdalint.bundle.junk import Junk
    from lambdalint.bundle.layout import Misplaced
    from lambdalint.bundle.leaks import Leak
    from lambdalint.bundle.linking import Fault, Linker
    from lambdalint.bundle.refused import Refused, Unresolved
    from lambdalint.bundle.requirements import Requirements, Twice, Unmet
    from lambdalint.bundle.sdk import Provided, Split
    from lambdalint.bundle.shadows import Shadow
    from lambdalint.bundle.sharing import Common
    from lambdalint.bundle.targets import Runtime
    from lambdalint.bundle.usage import Usage
    from lambdalint.bundle.weight import Share
    from lambdalint.model import Function
    from lambdalint.settings import Budget
    from lambdalint.tree import DirectoryTree

_MODULES = (".py", ".so")
_METADATA = (".dist-info", ".egg-info", ".egg")
# Variables of a function that change where modules are looked for.
_MOVING = frozenset({"PYTHONPATH", "AWS_LAMBDA_EXEC_WRAPPER"})
# Those that change where libraries are.
_LINKING = frozenset({"LD_LIBRARY_PATH", "LD_PRELOAD", "AWS_LAMBDA_EXEC_WRAPPER"})


class ArtifactView:
    """One archive or directory that is deployed, once for all functions that use it.

    ``path`` is where it is in the project; ``role`` is ``function``, ``layer``, or ``found`` for an archive that
    nothing names and that holds what Lambda would run.
    """

    def __init__(self, path: str, artifact: Artifact, role: str, disabled: frozenset[str] = frozenset()) -> None:
        self.path = path
        self.artifact = artifact
        self.role = role
        self.disabled = disabled
        self.location = Location(path, 1)

    @property
    def entries(self) -> Sequence[Entry]:
        """Everything in it."""
        return self.artifact.entries()

    @property
    def is_archive(self) -> bool:
        """Whether it is an archive, and no directory."""
        return self.path.endswith(".zip")

    def place(self, path: str, line: int = 1) -> Location:
        """Where one of its files is."""
        return Location(f"{self.path}/{path}" if self.path else path, line)

    # Questions of rules:

    def is_copied(self, path: str) -> bool:
        """Whether all entries of a name have the same content."""
        return len({(entry.size, entry.crc) for entry in self.entries if entry.path == path}) == 1

    def holds_modules(self, path: str) -> bool:
        """Whether an entry is a module, or a directory with one in it."""
        if not path.endswith("/"):
            return path.endswith(_MODULES)
        return any(entry.path.startswith(path) and entry.path.endswith(_MODULES) for entry in self.entries)

    def leaks(self) -> Iterator[Leak]:
        """The secrets in it."""
        from lambdalint.bundle.leaks import leaks

        return leaks(self.path, self.artifact, self.role)

    def junk(self) -> Iterator[Junk]:
        """What in it belongs to the tools of development."""
        from lambdalint.bundle.junk import junk

        return junk(self.path, self.artifact, self.role)

    @functools.cached_property
    def hazards(self) -> tuple[Oddity, ...]:
        """What unpackers refuse or disagree on; see `lambdalint.bundle.hazards` for the kinds."""
        from lambdalint.bundle.hazards import hazards

        return tuple(hazards(self.artifact))


class Shared:
    """What the views of one run work out once: several functions may be one archive."""

    def __init__(
        self, disabled: frozenset[str] = frozenset(), settings: Settings | None = None, kept: Sequence[Kept] = ()
    ) -> None:
        self.disabled = disabled
        self.settings = settings or Settings()
        self.bundles: tuple[BundleView, ...] = ()  # all of the run
        self.tree: DirectoryTree | None = None  # of the project
        self.kept = tuple(kept)
        self.memo: dict[Any, Any] = {}

    def grants(self, tag: str) -> bool:
        """Whether the exemption ``tag`` is in force."""
        return tag not in self.disabled


class BundleView:
    """One function as it is deployed: its artifact and its layers.

    ``runtime`` is what it runs on, as far as that is known. ``start`` is the module of its handler, "" where that is
    not known. ``open_layers`` are layers that are not here, in the words of the template: what they bring is unknown.
    """

    def __init__(
        self,
        shared: Shared,
        function: Function,
        artifact: Part,
        layers: Sequence[Part],
        runtime: Runtime,
        start: str,
        open_layers: Sequence[str] = (),
    ) -> None:
        self._shared = shared
        self.function = function
        self.name = function.name
        self.artifact = artifact
        self.layers = tuple(layers)
        self.runtime = runtime
        self.start = start
        self.open_layers = tuple(open_layers)
        self._key = (artifact.path, tuple(part.path for part in layers), runtime.version)

    # -- places

    @property
    def location(self) -> Location:
        """Where the bundle as a whole is told of: its declaration, else its archive."""
        return self.function.declared_at or Location(self.artifact.path or ".", 1)

    def place(self, path: str, line: int = 1) -> Location:
        """Where a file (as the function sees it: ``/var/task/app.py``) is in the project."""
        return Location(self.merged.shown(path), line)

    def chain(self, steps: Sequence[Step]) -> tuple[ChainStep, ...]:
        """The imports of a chain as evidence of a finding: each with its place, and the module that it is in."""
        return tuple(
            ChainStep(self.place(step.path, step.line), _module(step.path), f"imports {step.imported}")
            for step in steps
        )

    def chains(self, steps: Sequence[Step], least: int = 1) -> tuple[tuple[ChainStep, ...], ...]:
        """The evidence that one chain is: none where it has fewer steps than ``least``, and would tell nothing."""
        return (self.chain(steps),) if len(steps) >= least else ()

    def grants(self, tag: str) -> bool:
        """Whether the exemption ``tag`` is in force."""
        return self._shared.grants(tag)

    # -- what is in it

    @property
    def merged(self) -> Merged:
        """All files, by the paths that the function sees."""
        found: Merged | None = self._shared.memo.get(("merged", self._key))
        if found is None:
            found = Merged(self.artifact, self.layers, self.runtime.version)
            self._shared.memo["merged", self._key] = found
        return found

    @property
    def distributions(self) -> Distributions:
        """The distributions in it, and who owns which file."""
        found: Distributions | None = self._shared.memo.get(("distributions", self._key))
        if found is None:
            from lambdalint.bundle.distributions import Distributions

            found = self._shared.memo["distributions", self._key] = Distributions(self.merged)
        return found

    @property
    def closure(self) -> Closure | None:
        """What its entry point imports; None where that is not known, or no module of the bundle."""
        if not self.start:
            return None
        key = ("closure", self._key, self.runtime, self.start)
        if key not in self._shared.memo:
            from lambdalint.bundle.closure import Closure

            disabled, known = self._shared.disabled, self._shared.memo.setdefault("imports", {})
            closure = Closure(self.merged, self.runtime, self.start, disabled, self.linker, self.left_out, known)
            self._shared.memo[key] = closure if closure.loaded else None
        found: Closure | None = self._shared.memo[key]
        return found

    @property
    def natives(self) -> Natives:
        """The native files in it, by what they hold."""
        found: Natives | None = self._shared.memo.get(("natives", self._key))
        if found is None:
            from lambdalint.bundle.binaries import Natives

            found = self._shared.memo["natives", self._key] = Natives(self.merged)
        return found

    @property
    def linker(self) -> Linker:
        """Which of them its system loads."""
        key = ("linker", self._key, self.runtime)
        found: Linker | None = self._shared.memo.get(key)
        if found is None:
            from lambdalint.bundle.linking import Linker

            found = Linker(self.merged, self.natives, self.runtime, self._shared.disabled)
            self._shared.memo[key] = found
        return found

    @property
    def bytecode(self) -> Bytecode:
        """The bytecode in it, and what the runtime makes of each."""
        key = ("bytecode", self._key, self.runtime)
        found: Bytecode | None = self._shared.memo.get(key)
        if found is None:
            from lambdalint.bundle.bytecode import Bytecode

            found = self._shared.memo[key] = Bytecode(self.merged, self.runtime)
        return found

    @property
    def requirements(self) -> Requirements:
        """What its distributions require of each other."""
        key = ("requirements", self._key, self.runtime)
        if key not in self._shared.memo:
            from lambdalint.bundle.requirements import Requirements

            self._shared.memo[key] = Requirements(self.distributions, self.runtime, self._shared.disabled)
        found: Requirements = self._shared.memo[key]
        return found

    def is_own(self, path: str) -> bool:
        """Whether a file is the function's own code, and of no distribution."""
        return path.startswith(f"{TASK}/") and self.distributions.owner(path) is None

    @property
    def usage(self) -> Usage:
        """Which of its distributions it uses."""
        # all functions of the artifact have the same answer, where they are known
        key = ("usage", self._key, self.runtime, "" if self._shared.bundles else self.start)
        found: Usage | None = self._shared.memo.get(key)
        if found is None:
            from lambdalint.bundle.usage import Usage

            same = [self, *(item for item in self._shared.bundles if item.artifact.path == self.artifact.path)]
            known = self.runtime.version is not None and all(item.closure is not None for item in same)
            closures = [item.closure for item in same if item.closure is not None] if known else []
            values = [value.value for item in same for value in item.function.variables.values()]
            texts = [value for value in values if isinstance(value, str)] + [item.function.handler for item in same]
            found = self._shared.memo[key] = Usage(self, closures, texts, self._shared.disabled)
        return found

    @property
    def development_names(self) -> Mapping[str, str]:
        """The distributions that the project declares for development only, each with where it does."""
        tree, places = self._shared.tree, [self.location.path, self.artifact.path]
        if tree is None:
            return {}
        from lambdalint.bundle.groups import development

        return development(tree, places)

    # What the project wants of it:

    @property
    def sdk(self) -> str:
        """Where the AWS SDK is to come from: ``runtime``, ``bundled``, "" where nobody says."""
        return self._shared.settings.sdk

    @property
    def budget(self) -> Budget:
        """What it may take."""
        return self._shared.settings.budget(self.name)

    @functools.cached_property
    def growth(self) -> Growth | None:
        """What has changed since the report that it is compared with; None where that has no such function."""
        from lambdalint.bundle.growth import grown

        return grown(self, self._shared.kept)

    @property
    def is_compared(self) -> bool:
        """Whether there is a report to compare with."""
        return bool(self._shared.kept)

    @property
    def common_budget(self) -> Budget:
        """What any function of the project may take."""
        return self._shared.settings.budget("")

    # Questions of rules:

    @property
    def is_image(self) -> bool:
        """Whether the template deploys it as a container image."""
        declared = self.function.declared
        return declared is not None and bool(declared.package_type.value == "Image")

    @functools.cached_property
    def unzipped(self) -> int:
        """The bytes that function and layers take when they are unpacked, as Lambda counts them."""
        return sum(entry.size for part in (self.artifact, *self.layers) for entry in part.artifact.entries())

    @property
    def is_archived(self) -> bool:
        """Whether the function is an archive, and no directory."""
        return self.artifact.path.endswith(".zip")

    @property
    def zipped(self) -> int | None:
        """The bytes of the function's own archive, None where it is a directory."""
        return getattr(self.artifact.artifact, "size", None)

    def uploads(self, *, packaged: bool = False) -> Iterator[tuple[Part, int, bool]]:
        """The archives that no bucket of S3 takes, with their bytes, and whether that is certain.

        SAM, CloudFormation, the CDK and Serverless store what they deploy; Terraform puts a file into the request that
        creates the function or layer unless it is told a key. How a named archive is uploaded nobody says.

        Args:
            packaged: whether to count what a tool stores, too.
        """
        declared = self.function.declared
        if declared is None or (declared.origin not in ("terraform", "arguments") and not packaged):
            return
        for part in (self.artifact, *self.layers):
            size = getattr(part.artifact, "size", None)
            stored = declared.setting("stored") if part is self.artifact else ABSENT
            told = declared.origin != "arguments"
            sent = stored.state is State.ABSENT or (stored.known and stored.value is False) or not self.grants("s3")
            if size is not None and (sent or not told):
                yield part, size, told

    @property
    def quotas(self) -> dict[str, int]:
        """What Lambda allows, see the data of that name."""
        return dict(table("quotas"))

    @property
    def init_modules(self) -> int:
        """How many of its modules the entry point loads, 0 where that is not known."""
        closure = self.closure
        return len(closure.loaded) if closure is not None and self.runtime.version is not None else 0

    @functools.cached_property
    def shares(self) -> tuple[Share, ...]:
        """What each distribution takes, the largest first."""
        from lambdalint.bundle.weight import shares

        return shares(self)

    def missing(self) -> tuple[Missing, ...]:
        """The modules that it imports when it starts and that are certain not to be there.

        Those of which there is a file that the runtime cannot load are `refused`.
        """
        return tuple(item for item in self.failing() if item.reason not in ("foreign", "native"))

    def failing(self) -> tuple[Missing, ...]:
        """The imports of its start-up that are certain to fail, whatever for."""
        closure = self.closure
        if closure is None or self.runtime.version is None:
            return ()
        if (self.open_layers and self.grants("layers")) or (self._declares_path and self.grants("search-path")):
            return ()
        found = []
        for item in closure.missing:
            if not item.chain:
                continue  # the handler's own module
            holder = item.chain[-1].path
            if self.grants("search-path") and (
                self.moves_path or any(self._together(path, holder) for path in closure.paths_changed)
            ):
                continue
            found.append(item)
        return tuple(found)

    def refused(self, kind: str) -> tuple[Refused, ...]:
        """The native modules that its runtime cannot load; see `lambdalint.bundle.refused` for what is told of each.

        Args:
            kind: ``machine``, ``abi``, ``glibc`` or ``library``: what they are refused for.
        """
        found: tuple[Refused, ...] | None = self._shared.memo.get(("refused", self._key, self.runtime, self.start))
        if found is None:
            from lambdalint.bundle.refused import refused

            found = tuple(refused(self))
            self._shared.memo["refused", self._key, self.runtime, self.start] = found
        placed = kind == "library" and self._declares(_LINKING) and self.grants("environment")
        return tuple(
            item for item in found if item.fault.kind == kind and not (placed and "musl" not in item.fault.detail)
        )

    def unresolved(self) -> tuple[Unresolved, ...]:
        """The libraries that native files of its start-up need and that are not known to be anywhere."""
        closure = self.closure
        if closure is None or (self.open_layers and self.grants("layers")):
            return ()
        if self._declares(_LINKING) and self.grants("environment"):
            return ()
        from lambdalint.bundle.refused import unresolved

        return tuple(unresolved(self, closure))

    def subject(self, item: Refused) -> str:
        """The refused file as messages name it, and how many of its distribution are refused like it."""
        owner = item.owner.title if item.owner is not None else ""
        more = f" (and {item.files - 1:,} more of {owner or 'its folder'})" if item.files > 1 else ""
        closure = self.closure
        module = closure.find(item.name) if closure is not None and item.name else None
        inner = module is not None and module.path.endswith(".so") and module.path != item.fault.path
        needed = f", which {item.name} needs," if inner else ""
        return f"{self.within(item.fault.path)}{more or (f' of {owner}' if owner else '')}{needed}"

    def within(self, path: str) -> str:
        """A file by its path in the function or layer."""
        return self.merged.files[path].entry.path

    def built_for(self, fault: Fault) -> str:
        """What a file was built for, in words."""
        from lambdalint.bundle.binaries import tag_of

        tag = tag_of(fault.path)
        if fault.kind == "abi" and tag is not None and tag.python is not None:
            kind = {"t": "free-threaded ", "d": "debug builds of "}.get(tag.abi, "")
            return f"{kind}Python {tag.python[0]}.{tag.python[1]}"
        architectures = table("targets")["architectures"].items()
        return next((name for name, item in architectures if item["machine"] == fault.detail), fault.detail)

    def lacking(self, library: str) -> str:
        """What is said of a file that needs a library."""
        if "musl" in library:
            return "was built for Alpine Linux: it needs musl, which Amazon Linux does not have"
        on = self.runtime.name or "the runtime"
        if library in table("targets")["sonames"]["absent"]:
            return f"needs {library}, which neither the bundle nor {on} has"
        return f"needs {library}, which is not in the bundle and not known to be in {on}"

    def known_ways(self, library: str) -> tuple[str, ...]:
        """What people did who lacked a library."""
        found = table("targets")["sonames"]["absent"].get(library)
        return (f"what helps: {found['instead']} ({found['thread']})",) if found else ()

    def mending(self, item: Refused) -> tuple[str, ...]:
        """What would put a refused file right."""
        ways = self.known_ways(item.fault.detail)
        facts = table("targets")["systems"].get(self.runtime.system)
        owner, version = item.owner, self.runtime.version
        if ways or owner is None or facts is None or self.runtime.machine is None or version is None:
            return ways
        platforms = " ".join(f"--platform {name}_{self.runtime.machine}" for name in facts["platforms"])
        python = "--python-version {}.{}".format(*version)
        # a version that runs on an old system is another version
        name = f"{owner.name}=={owner.version}" if owner.version and item.fault.kind != "glibc" else owner.name
        return (f"pip install {platforms} {python} --only-binary=:all: --upgrade --target … {name}",)

    def shadows(self) -> tuple[Shadow, ...]:
        """The modules of its own that have the name of others which start-up asks for."""
        closure = self.closure
        if closure is None or self.runtime.version is None or self.moves_path:
            return ()
        from lambdalint.bundle.shadows import shadows

        return tuple(shadows(self, closure))

    def left_out(self, name: str) -> tuple[Distribution, str] | None:
        """The distribution whose RECORD lists a module that is not there, and the module's file.

        Of a package without a file of its own, it is one of the files in it.
        """
        stem = name.replace(".", "/")
        for item in self.distributions.all:
            for path in item.missing:
                if not path.startswith(stem) or not path.endswith(_MODULES):
                    continue
                rest = path[len(stem) :]
                if rest in (".py", "/__init__.py") or rest[:1] == "/" or (rest[:1] == "." and "/" not in rest):
                    return item, path
        return None

    def unknown_distributions(self) -> Iterator[tuple[str, Step, tuple[Step, ...]]]:
        """The distributions that modules ask about when they are loaded, and that have no metadata.

        Each with the place where a module asks, and the imports that lead to that module.
        """
        closure = self.closure
        if closure is None or (self.open_layers and self.grants("layers")) or self._declares_path:
            return
        from lambdalint.bundle.closure import SOURCE_LIMIT, Step
        from lambdalint.bundle.distributions import normalized
        from lambdalint.bundle.requirements import parsed
        from lambdalint.bundle.targets import provided
        from lambdalint.source.metadata import PACKAGES, asked

        known = {item.key for item in self.distributions.all}
        if self.grants("provided"):
            known.update(map(normalized, provided(self.runtime.version).values()))
        if self.grants("elsewhere"):
            names = (path.rpartition("/")[2] for path in self.merged.directories)
            known.update(normalized(name.partition("-")[0]) for name in names if name.endswith(_METADATA))
        for name in closure.loaded:
            module = closure.find(name)
            found = closure.imports_of(module) if module is not None else None
            if module is None or found is None or closure.is_guarded(name):
                continue
            if PACKAGES.isdisjoint(item.module for item in found.found):
                continue
            if any(self.is_own(path) and _top(path) != _top(module.path) for path in closure.paths_changed):
                continue  # a package that has lost its metadata counts as the function's own
            source = self.merged.read(module.path, SOURCE_LIMIT)
            for item in asked(source, module.path, name, self.runtime.version, self._shared.disabled):
                requirement = parsed(item.name)
                if requirement is not None and normalized(requirement.name) not in known:
                    yield requirement.name, Step(module.path, item.line, requirement.name), closure.chain(name)

    def _together(self, one: str, other: str) -> bool:
        """Whether two files are of one distribution."""
        owner = self.distributions.owner(one)
        return owner is not None and owner is self.distributions.owner(other)

    def wrapped(self) -> str:
        """The folder that all of the function lies in, with its handler's module; "" where there is none."""
        from lambdalint.bundle.layout import module_at, wrapping

        folder = wrapping(self.artifact) if self.start else ""
        inside = self.start.removeprefix(f"{folder}.")
        return folder if folder and module_at(self.merged, f"{TASK}/{folder}", inside, self.runtime) else ""

    def handler_fault(self) -> tuple[str, str]:
        """(what keeps the runtime from finding the handler, what may put that right), both "" where nothing does."""
        function, declared = self.function, self.function.declared
        if declared is None or declared.origin == "arguments" or function.fault or function.supplied:
            return "", ""
        module, _, name = function.handler.rpartition(".")
        if not module or function.handler in table("entry_points")["delegating"] or not declared.runtime.known:
            return "", ""
        if not self.finds_handler:
            if self.wrapped() or any(
                path.startswith(f"{TASK}/{self.start.replace('.', '/')}.") for path in self.merged.files
            ):
                return "", ""  # other rules say so
            excuse = "wrapper" if self._declares_path else "layer" if self.open_layers else ""
            return f"no module {self.start} in {self.artifact.path or 'the artifact'}", excuse
        from lambdalint.bundle.shadows import Bindings

        found = self.closure.find(self.start) if self.closure is not None else None
        bound = Bindings(self, found.path).has(name) if found is not None and found.path.endswith(".py") else True
        if found is None or bound:
            return "", ""
        return f"{self.merged.shown(found.path)} binds no {name}", "dynamic" if bound is None else ""

    @property
    def finds_handler(self) -> bool:
        """Whether the handler's module is where the runtime looks for it."""
        from lambdalint.bundle.layout import module_at

        return any(module_at(self.merged, root, self.start, self.runtime) for root in self.merged.search_path)

    def misplaced(self) -> tuple[Misplaced, ...]:
        """What its layers hold in places that are not searched."""
        from lambdalint.bundle.layout import misplaced

        return tuple(item for part in self.layers if (item := misplaced(part, self.runtime)) is not None)

    def lacks(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of some top-level modules that its start-up is certain not to find."""
        missing = {item.name for item in self.missing()}
        return tuple(name for name in names if name in missing)

    def layer_place(self, part: Part, path: str) -> Location:
        """Where a file of a layer is, also one that the function does not see."""
        return Location(f"{part.path}/{path}" if part.path else path, 1)

    @property
    def moves_path(self) -> bool:
        """Whether it says itself where modules are: by PYTHONPATH, by a wrapper script, or in the code of its own."""
        if self._declares_path:
            return True
        closure = self.closure
        return closure is not None and any(self.is_own(path) for path in closure.paths_changed)

    @property
    def _declares_path(self) -> bool:
        """Whether the template's environment may say where modules are."""
        return self._declares(_MOVING)

    @property
    def is_wrapped(self) -> bool:
        """Whether its environment may put a wrapper around the runtime."""
        return self._declares(frozenset({"AWS_LAMBDA_EXEC_WRAPPER"}))

    def _declares(self, names: frozenset[str]) -> bool:
        """Whether the template's environment may set one of these variables."""
        declared = self.function.declared
        if declared is None or declared.origin == "arguments":
            return False
        variables = declared.environment.value if isinstance(declared.environment.value, dict) else {}
        return declared.environment.unknown or not names.isdisjoint(variables)

    def shared_with(self) -> Iterator[tuple[tuple[str, ...], tuple[Common, ...]]]:
        """The sets of functions of which it is the first and which hold the same distributions, with these."""
        if "common" not in self._shared.memo:
            from lambdalint.bundle.sharing import common

            self._shared.memo["common"] = common(self._shared.bundles)
        sets: dict[tuple[str, ...], list[Common]] = {}
        for item in self._shared.memo["common"]:
            sets.setdefault(item.functions, []).append(item)
        for functions, items in sets.items():
            first = next(bundle for bundle in self._shared.bundles if bundle.name in functions)
            if first is self:
                yield functions, tuple(items)

    def import_cost(self) -> Cost | None:
        """What the import of its entry point costs; None where nobody knows what that imports."""
        from lambdalint.bundle.cost import cost

        return cost(self)

    def asked_for(self, chain: Sequence[Step]) -> str:
        """The import of the function's own code that a chain begins with, and the last one, as a person reads them."""
        if not chain:
            return "the handler itself"
        own, last = self.requested(chain), chain[-1]
        where = f"{self.merged.shown(own.path)}:{own.line}"
        return f"{where}, which imports {own.imported}" + (f", and that {last.imported}" if last != own else "")

    @property
    def entry_place(self) -> Location:
        """The file of its handler's module; the bundle as a whole where that is not known."""
        found = self.closure.find(self.start) if self.closure is not None else None
        return self.place(found.path) if found is not None and found.path else self.location

    def deferrable(self) -> tuple[Deferred, ...]:
        """The imports of its handler's module that only some events need, what loads most first."""
        from lambdalint.bundle.cost import deferred

        return deferred(self)

    def native_alone(self, machine: str) -> str:
        """A native file that only other machines run, with none of its name for this one; "" where there is none."""
        names: dict[str, set[str]] = {}
        for path, native in self.natives.all():
            if native.kind != "ELF":
                continue
            directory, _, name = path.rpartition("/")
            names.setdefault(f"{directory}/{name.partition('.')[0]}", set()).update(native.machine.split("+"))
        return next((stem for stem, machines in names.items() if machine not in machines), "")

    @property
    def is_warm(self) -> bool:
        """Whether it is initialised ahead of events: SnapStart, or provisioned concurrency."""
        return any(self.function.turned_on(name) is not None for name in ("snap_start", "provisioned_concurrency"))

    def compiled(self, *, doubted: bool = False) -> tuple[Compiled, ...]:
        """What the interpreter compiles at each cold start.

        Args:
            doubted: whether bytecode counts as rejected of which nobody knows.
        """
        closure = self.closure
        if closure is None or self.runtime.version is None:
            return ()
        modules = [module for name in closure.loaded if (module := closure.find(name)) is not None]
        sources = [module.path for module in modules if module.path.endswith(".py")]
        return self.bytecode.compiled(sources, doubted=doubted)

    def removable(
        self, *, kept: bool = True, imported: bool = True
    ) -> Iterator[tuple[Distribution, Mapping[str, int]]]:
        """The bytes of each distribution that it does without, by class.

        Args:
            kept: whether what is known to be needed is left out.
            imported: whether what is imported is.
        """
        from lambdalint.bundle.weight import idle

        refused = {*(() if kept else ("kept",)), *(() if imported else ("imported",))}
        yield from idle(self, frozenset(refused)).items()

    def debug(self, *, patched: bool = False) -> Iterator[tuple[Distribution | None, str, int]]:
        """The bytes of native files that only debuggers read: whose they are, the largest file, and how many.

        Args:
            patched: whether those count, too, which stripping may break.
        """
        found: dict[Distribution | None, list[tuple[int, str]]] = {}
        for path, native in self.natives.all():
            moved = ".libs/" in path or any(".libs" in directory for directory in native.runpath)
            if native.debug and (patched or not moved):
                found.setdefault(self.distributions.owner(path), []).append((native.debug, path))
        for owner, files in found.items():
            yield owner, max(files)[1], sum(size for size, _ in files)

    def unmet(self) -> tuple[Unmet, ...]:
        """The requirements of its distributions that nothing meets.

        Those between a distribution in a layer and another are left out where a layer is not here and may bring
        either.
        """
        certain = not self.open_layers or not self.grants("layers")
        return tuple(
            item
            for item in self.requirements.unmet()
            if certain or (item.found is not None and item.requirer.root == TASK and item.found.root == TASK)
        )

    def twice(self) -> tuple[Twice, ...]:
        """The distributions that are there more than once, with each further copy."""
        return tuple(self.requirements.twice())

    def sdk_splits(self) -> tuple[Split, ...]:
        """The parts of the AWS SDK that are bundled and do not go with those of the runtime."""
        from lambdalint.bundle.sdk import splits

        return tuple(splits(self.merged, self.requirements, self.runtime))

    def whole_sdk(self, *, managed: bool = True) -> Provided | None:
        """The AWS SDK where all of it is in the bundle of a function whose runtime brings it, too.

        Args:
            managed: whether only managed runtimes of Python count.
        """
        from lambdalint.bundle.sdk import whole

        return whole(self.requirements, self.runtime) if self.runtime.version is not None or not managed else None

    def companions(self, others: Sequence[Distribution], limit: int = 5) -> str:
        """The distributions that only an idle one requires, as its message goes on; "" where there are none."""
        names = [item.name for item in others]
        more = len(names) - limit
        if more > 1:
            listed = f"{', '.join(names[:limit])} and {more} more"
        else:
            listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        return f" with {listed}, which only it requires" if names else ""

    def takes(self, items: Iterable[Distribution]) -> int:
        """The bytes that some distributions take when they are unpacked."""
        chosen = set(items)
        return sum(share.unzipped for share in self.shares if share.owner in chosen)

    def is_sdk(self, name: str) -> bool:
        """Whether a distribution is a part of the AWS SDK."""
        return name in table("targets")["sdk"]["distributions"]

    def seen(self, name: str) -> tuple[str, str]:
        """The version of a distribution that its runtime was seen to bring, and the day; "" for none."""
        facts = table("targets")["seen"].get(self.runtime.name, {})
        return (facts[name], str(facts["day"])) if name in facts else ("", "")

    def uses(self, module: str) -> bool:
        """Whether its start-up imports a top-level module, or a function of its own code does."""
        closure = self.closure
        if closure is None:
            return False
        if module in closure.loaded or module in closure.outside:
            return True
        return any(
            item.level == 0 and item.module.partition(".")[0] == module
            for name in closure.loaded
            if (found := closure.find(name)) is not None and self.is_own(found.path)
            for item in getattr(closure.imports_of(found), "found", ())
        )

    def requested(self, chain: Sequence[Step]) -> Step:
        """The last import of a chain that is in the function's own code; the first where none is."""
        own = [step for step in chain if self.is_own(step.path)]
        return own[-1] if own else chain[0]

    def owner(self, path: str) -> Distribution | None:
        """The distribution of a file."""
        return self.distributions.owner(path)


def _top(path: str) -> str:
    """The top-level module or package of a file in the function or in a layer's ``python``."""
    return path.removeprefix("/opt/python/").removeprefix(f"{TASK}/").partition("/")[0]


def _module(path: str) -> str:
    """The dotted name of a file below one of the directories of the search path."""
    for prefix in (f"{TASK}/", "/opt/python/"):
        path = path.removeprefix(prefix)
    return path.rpartition("site-packages/")[2].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
