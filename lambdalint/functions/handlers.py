"""Handler strings → definitions: which file and which ``def`` or assignment the Lambda runtime would call.

The runtime takes what precedes the last dot as a module, with slashes as dots, imports it with the code
root in front of the path and takes the attribute (awslambdaric, ``bootstrap._get_handler``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lambdalint.data import table
from lambdalint.discover import is_test
from lambdalint.patterns import as_bytes, regex
from lambdalint.records import NamedTuple
from lambdalint.source.program import join, parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.source.names import Names, Node
    from lambdalint.source.program import Program
    from lambdalint.source.skeleton import Expr, Skeleton

HOPS = 12  # of imports and aliases from the handler to its definition
SEARCH_LIMIT = 200  # files of one module name that a search weighs

# Directories that hold deployment code for what lies beside them.
_INFRASTRUCTURE = regex(
    r"(?:infra|infrastructure|deploy|deployments?|terraform|tf|iac|cdk|cdk\.out|cloudformation|cfn|cf|sam|stacks?|templates?"
    r"|packaging|serverless|build|dist|ops|\.aws|\.chalice)(?:[-_](?:modules?|templates?|stacks?|code|config))?$",
    re.IGNORECASE,
)
_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Calls that can bind names of a module.
_BINDING = frozenset({"globals", "setattr", "exec", "vars", "locals"})
# The suffixes of modules in other languages that Lambda runs.
_FOREIGN_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx", ".rb")


class Handler(NamedTuple):
    """A handler string, taken apart: ``module`` dotted, ``attribute`` the name in it."""

    module: str
    attribute: str


class Target(NamedTuple):
    """What a handler leads to.

    ``path``, ``line`` and ``qualname`` as in `Function`; ``nodes`` are all (path, name) passed on the way,
    the definition included: none of them is a function of its own. ``problem`` says why there is no
    definition; ``unbound`` tells that the module which was asked for does not bind the name.
    """

    path: str | None = None
    line: int | None = None
    qualname: str | None = None
    nodes: frozenset[Node] = frozenset()
    problem: str = ""
    unbound: bool = False


class Module(NamedTuple):
    """The file of a handler's module, its code root and how it was found ("" for: where the template says).

    ``absent`` tells that the code root is here and holds modules, but not this one.
    """

    path: str | None = None
    code_root: str | None = None
    how: str = ""
    problem: str = ""
    absent: bool = False


def parse(text: str) -> Handler | None:
    """A handler string, None where the runtime could make nothing of it."""
    module, dot, attribute = text.strip().removeprefix("./").rpartition(".")
    parts = [part for part in module.replace("/", ".").split(".") if part]
    if not dot or not parts or not attribute.isidentifier() or not all(part.strip() for part in parts):
        return None
    return Handler(".".join(parts), attribute)


def home(directory: str) -> str:
    """The directory whose code the templates in ``directory`` may deploy: above any deployment directory."""
    parts = directory.split("/") if directory else []
    for index, part in enumerate(parts):
        if _INFRASTRUCTURE.match(part):
            return "/".join(parts[:index])
    return directory


class Locator:
    """Finds modules and definitions in one program."""

    def __init__(self, program: Program, names: Names, files: Sequence[str], archives: Sequence[str] = ()) -> None:
        self.program = program
        self.names = names
        self.files = files
        self.archives = archives
        self.noise = frozenset(table("entry_points")["names"]["noise"].split())
        self._by_stem: dict[str, list[str]] | None = None
        self._holding: set[str] = set()
        self._source_roots: set[str] = set()

    # -- modules

    def module(self, root: str, handler: Handler) -> Module:
        """The handler's module below a code root that is known."""
        if root.endswith(".py"):
            stem = root[:-3].rpartition("/")[2]
            if handler.module in (stem, f"{stem}.{stem}") and self.program.exists(root):
                return Module(root, parent(root))
            problem = f"{root} is not module {handler.module}"
            return Module(problem=problem, absent=stem != handler.module and self.program.exists(root))
        found = self.program.module(root, handler.module)
        if found and not found.endswith("/"):
            return Module(found, root)
        problem = f"no module {handler.module} in {root or 'the root directory'}"
        return Module(problem=problem, absent=self._is_source_root(root, handler.module))

    def other_language(self, root: str, handler: Handler) -> bool:
        """Whether the handler's module is there, but in another language."""
        stem = join(root, handler.module.replace(".", "/"))
        return any(self.program.exists(stem + suffix) for suffix in _FOREIGN_SUFFIXES)

    def _is_source_root(self, root: str, module: str) -> bool:
        """Whether modules that handlers could name lie in a directory, or in the package of it that one names."""
        if not self._source_roots:
            for path in self.files:
                directory = parent(path)
                self._source_roots.add(directory)
                if path.endswith("/__init__.py"):
                    self._source_roots.add(parent(directory))
        return root in self._source_roots or ("." in module and self.holds_python(join(root, module.partition(".")[0])))

    def holds_python(self, root: str) -> bool:
        """Whether any discovered Python file lies below a directory."""
        if not self._holding:
            self._index()
        return root in self._holding

    def search(self, handler: Handler, near: str, hints: Iterable[str], below: str | None = None) -> Module:
        """The only convincing file for a handler whose code root is elsewhere.

        Args:
            handler: what is looked for.
            near: the directory of the template.
            hints: names that the template gives to the function and its archive.
            below: look in this directory only; None for whatever the template may deploy.
        """
        if self._by_stem is None:
            self._index()
        assert self._by_stem is not None
        suffix = handler.module.replace(".", "/")
        everywhere = []
        for path in self._by_stem.get(suffix.rpartition("/")[2], ()):
            module = path[:-3].removesuffix("/__init__")
            if module == suffix or module.endswith(f"/{suffix}"):
                everywhere.append((path, module[: -len(suffix)].rstrip("/")))
        scope = home(near) if below is None else below
        found = [item for item in everywhere if not scope or item[0].startswith(f"{scope}/")]
        if not found and below is None and len(everywhere) == 1 and self.words(suffix.rpartition("/")[2]):
            packed = next((path for path in self.archives if path.startswith(f"{scope}/")), None)
            if packed is not None:
                return Module(problem=f"{packed} lies nearer to it than {everywhere[0][0]}, and may hold its code")
            found = everywhere  # far from the template, but no other file has that telling name
        if not found or len(found) > SEARCH_LIMIT:
            what = "no file of the project" if not found else "too many files of the project"
            return Module(problem=f"{what} is module {handler.module}")
        binding = [(path, root) for path, root in found if self.binds(path, handler.attribute)]
        if not binding:
            return Module(problem=f"no module {handler.module} of the project binds {handler.attribute}")
        told = [frozenset(self.words(hint)) for hint in hints]
        if len(binding) == 1:
            telling = self.words(suffix.rpartition("/")[2]) or self.words(handler.attribute)
            beside = bool(scope) or not near or binding[0][0].startswith(f"{near}/")
            # In a file called index anywhere in the project, any function may lie.
            if telling or beside or any(frozenset(self.words(binding[0][0])) & hint for hint in told):
                return Module(*binding[0], "the only module of that name here")
            return Module(problem=f"nothing tells that {binding[0][0]} is its module {handler.module}")
        chosen = self._best(binding, told)
        if chosen is None:
            chosen = _nearest(binding, near)
        if chosen is None:
            return Module(problem=f"{len(binding)} files of the project may be module {handler.module}")
        return Module(*chosen, "the module whose place agrees with the function's name")

    def _best(self, candidates: Sequence[tuple[str, str]], told: Sequence[frozenset[str]]) -> tuple[str, str] | None:
        """The candidate whose directories or name repeat the words of a hint, if one does so better than all others."""
        parts = {path: set(path.removesuffix(".py").split("/")) for path, _ in candidates}
        common_parts = set.intersection(*parts.values())
        scores = []
        for path, root in candidates:
            best = 0.0
            for part in parts[path] - common_parts:
                own = frozenset(self.words(part))
                for hint in told:
                    common = len(own & hint)
                    if common:
                        best = max(best, common / len(own | hint) + (1 if own == hint else 0))
            scores.append((best, path, root))
        scores.sort(reverse=True)
        if scores[0][0] > 0 and scores[0][0] > scores[1][0]:
            return scores[0][1], scores[0][2]
        return None

    def words(self, text: str) -> tuple[str, ...]:
        """The telling words of a name, in lower case."""
        found = (word.lower() for word in _WORD.findall(text))
        return tuple(word for word in found if word not in self.noise and len(word) > 1)

    def _index(self) -> None:
        self._by_stem = {}
        for path in self.files:
            directory = parent(path)
            while directory not in self._holding:
                self._holding.add(directory)
                directory = parent(directory)
            if not is_test(path):
                stem = path[:-3].removesuffix("/__init__").rpartition("/")[2]
                self._by_stem.setdefault(stem, []).append(path)

    # -- definitions

    def binds(self, path: str, attribute: str) -> bool:
        """Whether a module binds a name at its top level."""
        skeleton = self.program.skeleton(path)
        return skeleton is not None and (
            attribute in skeleton.bindings or bool(skeleton.stars and self._starred(skeleton, attribute))
        )

    def _starred(self, skeleton: Skeleton, attribute: str) -> str | None:
        for level, module in skeleton.stars:
            found = self.program.resolve(skeleton.path, level, module)
            if found and not found.endswith("/") and found != skeleton.path:
                target = self.program.skeleton(found)
                if target is not None and attribute in target.bindings:
                    return found
        return None

    def may_bind(self, path: str) -> bool:
        """Whether a module may bind names that nobody can list: by a star import, by a call, by ``__getattr__``."""
        skeleton = self.program.skeleton(path)
        if skeleton is None or skeleton.stars or skeleton.newer_syntax or "__getattr__" in skeleton.bindings:
            return True
        calls = [*skeleton.calls, *(call for definition in skeleton.defs.values() for call in definition.calls)]
        return any(call.tail in _BINDING for call in calls)

    def target(self, path: str, attribute: str) -> Target:
        """The definition behind a module's attribute, through imports, aliases and wrappers from outside."""
        asked = path
        nodes: set[Node] = set()
        for _ in range(HOPS):
            skeleton = self.program.skeleton(path)
            if skeleton is None:
                return Target(path, 1, None, frozenset(nodes), f"{path} cannot be parsed")
            nodes.add((path, attribute))
            bound = [expr for where, expr in skeleton.bindings.get(attribute, ()) if not where]
            if attribute not in skeleton.bindings:
                found = self._starred(skeleton, attribute)
                if found is None:
                    return Target(
                        None, None, None, frozenset(nodes), f"{path} binds no {attribute}", unbound=path == asked
                    )
                path = found
                continue
            expr = bound[-1] if bound else None
            following = self._next(path, expr) if expr is not None else None
            if following is None:
                return self._end(skeleton, attribute, expr, nodes)
            if following[0] == "def":
                nodes.add((following[1], following[2]))
                return self._definition(following[1], following[2], nodes)
            path, attribute = following[1], following[2]
        return Target(None, None, None, frozenset(nodes), f"the imports of {attribute} lead in a circle")

    def _next(self, path: str, expr: Expr) -> tuple[str, str, str] | None:
        """Where an expression leads: ("name", path, name), ("def", path, qualname) or None where it is the end."""
        kind = expr[0]
        if kind == "m":
            found = self.program.resolve(path, expr[1], expr[2])
            if found is None or expr[3] is None or found.endswith("/"):
                return None
            return ("name", found, expr[3])
        if kind == "n":
            return ("name", path, expr[1])
        if kind in ("f", "a"):
            found_defs = {value[1:3] for value in self.names.resolve(path, "", expr) if value[0] in ("def", "bound")}
            if len(found_defs) == 1:
                return ("def", *found_defs.pop())
            return None
        if kind == "c":
            inner = self.wrapped(path, expr)
            return ("def", *inner) if inner else None
        return None

    def wrapped(self, path: str, expr: Expr) -> Node | None:
        """The one function of the project that is handed to something from outside: ``wrapper(f)``."""
        callees = self.names.resolve(path, "", expr[1])
        if not callees or any(value[0] != "ext" for value in callees):
            return None
        return self.handed(path, expr)

    def handed(self, path: str, expr: Expr) -> Node | None:
        """The one module-level function of the project among the arguments of a call."""
        found = set()
        for argument in (*expr[2], *(value for _, value in expr[3])):
            if argument is None:
                continue
            if argument[0] == "c":
                inner = self.handed(path, argument)
                found.update([inner] if inner else [])
            for value in self.names.resolve(path, "", argument) if argument[0] in ("n", "a") else ():
                if value[0] == "def" and "." not in value[2]:
                    found.add((value[1], value[2]))
        return found.pop() if len(found) == 1 else None

    def _definition(self, path: str, qualname: str, nodes: set[Node]) -> Target:
        definition = self.names.definition((path, qualname))
        if definition is None:
            return Target(None, None, None, frozenset(nodes), f"{path} has no {qualname}")
        return Target(path, definition.line, qualname, frozenset(nodes))

    def _end(self, skeleton: Skeleton, attribute: str, expr: Expr, nodes: set[Node]) -> Target:
        """The binding itself: a class, an object, an import from elsewhere, a call of the project's own wrapper."""
        if expr is not None and expr[0] == "f" and expr[1] in skeleton.classes:
            return Target(skeleton.path, skeleton.classes[expr[1]].line, expr[1], frozenset(nodes))
        if expr is not None and expr[0] == "c":
            inner = self.handed(skeleton.path, expr)
            if inner:
                nodes.add(inner)
        return Target(skeleton.path, self.binding_line(skeleton, attribute), attribute, frozenset(nodes))

    def binding_line(self, skeleton: Skeleton, name: str) -> int:
        """The line of the last statement outside definitions that binds ``name``; skeletons do not keep it."""
        lines = [line for _, _, attribute, line, _ in skeleton.imports if attribute == name]
        inner = [(item.line, item.end_line) for item in skeleton.defs.values()]
        inner += [(item.line, item.end_line) for item in skeleton.classes.values()]
        pattern = re.compile(
            rb"^[ \t]*(?:[\w.]+[ \t]*=[ \t]*)*%b[ \t]*(?::[^=\n]*)?=(?!=)" % re.escape(as_bytes(name)), re.MULTILINE
        )
        source = self.program.source(skeleton.path)
        for match in pattern.finditer(source):
            line = source.count(b"\n", 0, match.start()) + 1
            if not any(first <= line <= last for first, last in inner):
                lines.append(line)
        return max(lines, default=1)


def _nearest(candidates: Sequence[tuple[str, str]], near: str) -> tuple[str, str] | None:
    """The only candidate in the directory of the template or directly below it, if there is just one."""
    inside = [item for item in candidates if item[1] == near]
    if len(inside) != 1:
        inside = [item for item in candidates if parent(item[1]) == near and item[1]]
    return inside[0] if len(inside) == 1 else None
