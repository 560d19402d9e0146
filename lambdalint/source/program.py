"""The modules of a project: which file an import names, and each file's skeleton, read once on demand."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from lambdalint.data import table
from lambdalint.model import Skipped
from lambdalint.source.skeleton import Skeleton, SourceError, defect, skeleton
from lambdalint.tree import Tree, Unreadable, ending

SPARE_LIMIT = 4 << 20  # bytes of sources that are kept although nobody may ask for them
SOURCE_LIMIT = 1 << 20  # bytes of one source file; ``ast`` needs about 100 bytes of memory for each
# Directories that often hold a source root beside the functions that import from it.
SHARED_ROOTS = ("python", "src", "lib", "app", "shared", "common", "layer", "layers", "lambda", "lambdas", "functions")
METADATA = ("setup.py", "pyproject.toml", "setup.cfg")  # of a distribution: what lies beside them can be installed


def parent(path: str) -> str:
    """The directory of ``path``, "" at the top."""
    return path.rpartition("/")[0]


def join(directory: str, name: str) -> str:
    """``directory/name``, or ``name`` at the top."""
    return f"{directory}/{name}" if directory else name


class Program:
    """All modules that can be reached, by path.

    Args:
        tree: where files are read.
        files: the Python files that were discovered; imports may lead to further files of the tree.
    """

    def __init__(self, tree: Tree, files: Sequence[str]) -> None:
        self.tree = tree
        self.files = frozenset(files)
        self.skeletons: dict[str, Skeleton | None] = {}
        self.failures: dict[str, SourceError | Unreadable] = {}
        self.sources: dict[str, bytes] = {}
        self._spare: dict[str, bytes] = {}  # sources that have been looked at and are no module so far
        self._spare_size = 0
        self.code_roots: dict[str, str] = {}
        self.runtime: tuple[int, int] | None = None  # the lowest Python that a template names
        self.installed = frozenset(table("packages")["installed"])
        self._exists: dict[str, bool] = {}
        self._roots: dict[tuple[str, str | None], list[str]] = {}
        self._installed: dict[str, bool] = {}
        self._imports: dict[tuple[str, int, str], str | None] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._directories: set[str] | None = None
        self._by_name: dict[str, list[str]] | None = None
        self._in_sight: tuple[str, ...] | None = None
        self._sight: frozenset[str] | None = None
        self.strayed = False  # whether anything out of sight was looked at since the last `limit`
        self._late: list[str] = []  # what was read since the last `limit`

    # -- files

    def source(self, path: str) -> bytes:
        """The bytes of a source file.

        Raises:
            Unreadable: it cannot be read.
        """
        if self._sight is not None and path not in self._sight:
            self.strayed = True
        found = self.sources.get(path)
        if found is None:
            found = self.sources[path] = self.taken(path)
        return found

    def spare(self, path: str, source: bytes) -> None:
        """Keep the bytes of a file for who asks for them next, where there is room."""
        if self._spare_size + len(source) <= SPARE_LIMIT:
            self._spare[path] = source
            self._spare_size += len(source)

    def taken(self, path: str) -> bytes:
        """The bytes of a file that is not kept. The errors are those of `source`."""
        found = self._spare.pop(path, None)
        if found is None:
            return self.tree.read(path, SOURCE_LIMIT)
        self._spare_size -= len(found)
        return found

    def size(self, path: str) -> int:
        """The bytes of a source file that was read."""
        return len(self.sources.get(path, b""))

    def skeleton(self, path: str) -> Skeleton | None:
        """The skeleton of a file; None where there is none, and `failures` then says why."""
        if self._sight is not None and path not in self._sight:
            self.strayed = True
        if path not in self.skeletons:
            found = None
            try:
                found = skeleton(self.source(path), path, self.runtime)
            except (SourceError, Unreadable) as error:
                self.failures[path] = error
            except Exception as error:  # noqa: BLE001  the boundary: a defect of the reader costs the input, and is told
                self.failures[path] = defect(error)
            self.skeletons[path] = found
            if self._in_sight is not None:
                self._late.append(path)
        return self.skeletons[path]

    def loaded(self) -> Iterable[Skeleton]:
        """The skeletons read so far, in the order of their paths; see `limit`."""
        paths = sorted(self.skeletons) if self._in_sight is None else self._in_sight
        return [found for path in paths if (found := self.skeletons[path]) is not None]

    def limit(self, paths: Sequence[str] | None) -> None:
        """Have only these modules, sorted, count as `loaded` from now on; None for all.

        What has been read since the last time is forgotten: it was never in sight, and by chance there for others.
        """
        self.drop(self._late)
        self._late.clear()
        self._in_sight = None if paths is None else tuple(paths)
        self._sight = None if paths is None else frozenset(paths)
        self.strayed = False

    def drop(self, paths: Iterable[str]) -> None:
        """Forget modules that nobody will ask for again; they are read anew if somebody does."""
        for path in paths:
            self.skeletons.pop(path, None)
            self.sources.pop(path, None)

    def exists(self, path: str) -> bool:
        """Whether ``path`` is a file of the project."""
        found = self._exists.get(path)
        if found is None:
            found = self._exists[path] = path in self.files or self.tree.exists(path)
        return found

    def _is_directory(self, path: str) -> bool:
        if self._directories is None:
            self._directories = set()
            for name in self.files:
                directory = parent(name)
                while directory and directory not in self._directories:
                    self._directories.add(directory)
                    directory = parent(directory)
        return path in self._directories

    # -- what imports name

    def module(self, base: str, dotted: str) -> str | None:
        """The file (or namespace directory, with a trailing slash) of module ``dotted`` below directory ``base``."""
        relative = dotted.replace(".", "/")
        stem = join(base, relative) if relative else base
        if stem:
            package = join(stem, "__init__.py")
            if self.exists(package):
                return package
            if relative and self.exists(stem + ".py"):
                return stem + ".py"
            if self._is_directory(stem):
                return stem + "/"
        return None

    def below(self, directory: str) -> list[str]:
        """The modules directly below a package, without the package itself."""
        prefix = f"{directory}/" if directory else ""
        return sorted(
            path
            for path in self.files
            if path.startswith(prefix)
            and "/" not in path[len(prefix) :].removesuffix("/__init__.py")
            and path != f"{prefix}__init__.py"
        )

    def resolve(self, path: str, level: int, dotted: str) -> str | None:
        """What ``import dotted`` (``level`` leading dots) names in the module at ``path``.

        Returns:
            A file of the project, a namespace directory (trailing slash), or None where it is not of the project.
        """
        key = (parent(path), level, dotted)
        if key not in self._imports:
            self._imports[key] = self._relative(path, level, dotted) if level else self._absolute(path, dotted)
        return self._imports[key]

    def _relative(self, path: str, level: int, dotted: str) -> str | None:
        base = parent(path)
        for _ in range(level - 1):
            if not base:
                return None
            base = parent(base)
        return self.module(base, dotted)

    def roots(self, path: str) -> list[str]:
        """The directories that may be on the path of the module at ``path``, the likeliest first.

        A directory with an ``__init__.py`` is a package, which is rarely a source root itself: those come last.
        """
        code_root = self.code_roots.get(path)
        found = self._roots.get((parent(path), code_root))
        if found is not None:
            return found
        plain: list[str] = []
        packages: list[str] = []
        directory = parent(path)
        while True:
            (packages if self.exists(join(directory, "__init__.py")) else plain).append(directory)
            if not directory:
                break
            directory = parent(directory)
        self._roots[parent(path), code_root] = found = [*plain, *packages]
        if code_root is not None and code_root in found:
            found.remove(code_root)
            found.insert(0, code_root)
        return found

    def _absolute(self, path: str, dotted: str) -> str | None:
        head = dotted.split(".", 1)[0]
        outside = head in sys.stdlib_module_names or head in self.installed
        namespace = None
        own = {parent(path), self.code_roots.get(path)}
        shadowing = len(own.intersection(self.roots(path)))  # roots that are still to come in which it would count
        for root in self.roots(path):
            if outside and not shadowing:
                return None
            shadowing -= root in own
            found = self.module(root, dotted)
            if found is None:
                continue
            if not found.endswith("/"):
                if found not in self.files and (outside or self._holds_distributions(root)):
                    return None  # pip has put it there: it is what its name says, and no code of the project
                # A file of the name of a well-known package counts only where it would shadow that package.
                if not outside or root in own:
                    return found
            elif namespace is None and not outside:
                namespace = found
        if outside:
            return None
        return self._shared(path, dotted) or namespace

    def _holds_distributions(self, root: str) -> bool:
        """Whether distributions are installed in a directory, as in a bundle."""
        found = self._installed.get(root)
        if found is None:
            found = self._installed[root] = bool(ending(self.tree, root, ".dist-info", ".egg-info"))
        return found

    def _shared(self, path: str, dotted: str) -> str | None:
        """A module of a source root beside the function, the only such: of a layer, ``src/``, a distribution."""
        if self._by_name is None:
            self._by_name = {}
            for name in sorted(self.files):
                parts = name.split("/")
                for index, part in enumerate(parts[:-1]):
                    if part in SHARED_ROOTS or "layer" in part.lower():
                        top = parts[index + 1]
                        top = top.removesuffix(".py")
                        root = "/".join(parts[: index + 1])
                        roots = self._by_name.setdefault(top, [])
                        if root not in roots:
                            roots.append(root)
                if parts[-1] == "__init__.py" and len(parts) > 1:  # a package beside the metadata of a distribution
                    root = "/".join(parts[:-2])
                    roots = self._by_name.setdefault(parts[-2], [])
                    if root not in roots and any(self.exists(join(root, file)) for file in METADATA):
                        roots.append(root)
        candidates = [
            found
            for root in self._by_name.get(dotted.split(".", 1)[0], ())
            if (found := self.module(root, dotted)) and not found.endswith("/")
        ]
        if not candidates:
            return None
        # The root that shares the longest path with the importing module; a tie between two is undecidable.
        ranked = sorted(((_common(path, found), found) for found in set(candidates)), reverse=True)
        if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
            return None
        return ranked[0][1]

    def imports(self, path: str, *, guarded: bool = True) -> list[str]:
        """The files of the project that a module imports itself, with the packages that hold them.

        Args:
            path: the module.
            guarded: whether to include those that it can do without.
        """
        found = self.skeleton(path)
        targets: dict[str, None] = {}
        for level, module, attribute, _, guard in found.imports if found is not None else ():
            if guarded or not guard:
                targets.update(dict.fromkeys(self.executed(path, level, module, attribute)))
        return list(targets)

    def executed(self, path: str, level: int, module: str, attribute: str | None) -> list[str]:
        """The files of the project that one import of the module at ``path`` executes (see `Skeleton`)."""
        target = self.resolve(path, level, module)
        if target is None:
            return []
        named = [target]
        if attribute is not None and target.endswith(("/", "__init__.py")):
            inner = self.module(parent(target), attribute)
            named += [inner] if inner is not None else []
        if attribute is None:  # import a.b.c runs a and a.b as well
            parts = module.split(".")
            outer = (self.resolve(path, level, ".".join(parts[:count])) for count in range(1, len(parts)))
            named += [item for item in outer if item is not None]
        files = [name for item in named for name in (item, join(parent(item), "__init__.py"))]
        return [name for name in dict.fromkeys(files) if not name.endswith("/") and self.exists(name)]

    def imported(self, path: str) -> frozenset[str]:
        """The module at ``path`` and all modules of the project that it imports, directly or not."""
        if path not in self._closures:
            seen = {path}
            stack = [path]
            while stack:
                new = [name for name in self.imports(stack.pop()) if name not in seen]
                seen.update(new)
                stack.extend(new)
            self._closures[path] = frozenset(seen)
        return self._closures[path]

    def packages(self, path: str) -> Iterable[str]:
        """The packages around a module, up to its code root: they are imported with it."""
        root = self.code_roots.get(path, "")
        directory = parent(path)
        while directory and directory != root:
            package = join(directory, "__init__.py")
            if self.exists(package):
                yield package
            directory = parent(directory)

    def problems(self) -> list[Skipped]:
        """The files that were asked for and could not be read."""
        return [Skipped(path, str(error)) for path, error in sorted(self.failures.items())]


def _common(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count
