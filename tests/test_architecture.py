"""The import law of docs/architecture.md, read from the source with ast: nothing is imported here."""

import ast
import pathlib
import sys
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "lambdalint"

# Which parts of the package each part may import (besides itself). A new module has to be given its place here.
FACTS = {"__init__", "records", "patterns", "model", "errors", "data", "toml"}
INPUTS = FACTS | {"tree", "settings"}
MAY_IMPORT = {
    "__init__": set(),
    "records": set(),
    "patterns": set(),
    "model": {"records"},
    "errors": set(),
    "data": set(),
    "toml": {"patterns"},
    "tree": FACTS,
    "settings": INPUTS,
    "discover": INPUTS | {"templates"},
    "templates": INPUTS,
    "diagnostics": FACTS,
    "source": INPUTS | {"diagnostics", "templates"},
    "bundle": INPUTS | {"source", "templates"},
    "functions": INPUTS | {"discover", "templates", "source"},
    "rule": FACTS | {"source", "bundle"},
    "rules": {"model", "rule"},
    "registry": INPUTS | {"rule", "rules", "diagnostics"},
    "cache": FACTS | {"tree"},
    "codec": set(),
    "parts": FACTS | {"tree", "codec", "judge", "components", "source"},
    "replay": INPUTS | {"bundle", "cache", "codec", "discover", "parts", "registry", "rules", "templates"},
    "baseline": INPUTS,
    "components": FACTS | {"source"},
    "judge": FACTS | {"tree", "discover", "source", "rule", "registry", "components"},
    "workers": {"records"},
    "tasks": FACTS | {"source", "judge", "workers"},
    "engine": INPUTS
    | {
        "tasks",
        "components",
        "judge",
        "parts",
        "discover",
        "templates",
        "source",
        "bundle",
        "functions",
        "rule",
        "registry",
        "diagnostics",
        "baseline",
    },
    "filters": INPUTS | {"discover"},
    "fleet": INPUTS | {"discover", "engine", "filters"},
    "bundles": INPUTS | {"bundle", "engine", "discover"},
    "vulns": INPUTS | {"bundle", "bundles", "engine", "discover", "source", "diagnostics", "registry"},
    "output": FACTS | {"tree", "registry", "bundle"},
    "cli": None,  # everything
    "__main__": {"cli"},
}

# What a rule may import from the standard library: nothing that parses, reads, runs or keeps time.
RULES_MAY_USE = {"__future__", "collections", "functools", "itertools", "math", "re", "typing"}
# A rule may name the types of what it is handed, where only the type checker reads it.
RULES_MAY_ANNOTATE_WITH = {
    "lambdalint.source.views",
    "lambdalint.source.modules",
    "lambdalint.source.declared",
    "lambdalint.bundle.unbuilt",
    "lambdalint.bundle.views",
}


class Import(NamedTuple):
    target: str
    line: int
    top_level: bool
    typing_only: bool


def files(folder):
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def module_name(path):
    """The name by which Python knows the file; the files of rules/ are lambdalint.rules.*."""
    if path.is_relative_to(PACKAGE):
        parts = path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return f"lambdalint.rules.{path.stem}"


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def imports(source, name="lambdalint.somewhere", *, is_package=False):
    """Every import of a module, at any depth; of ``from a import b`` both a and a.b."""
    found = []
    stack = [(node, True, False) for node in ast.parse(source).body]
    while stack:
        node, top_level, typing_only = stack.pop()
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, top_level, typing_only) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if is_package else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            found.append(Import(base, node.lineno, top_level, typing_only))
            found += [Import(f"{base}.{alias.name}", node.lineno, top_level, typing_only) for alias in node.names]
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        body = set(map(id, node.body)) if is_type_checking(node) else set()
        stack += [
            (child, top_level and not inside, typing_only or id(child) in body) for child in ast.iter_child_nodes(node)
        ]
    return sorted(found, key=lambda item: item.line)


def imports_of(path):
    return imports(path.read_text(encoding="utf-8"), module_name(path), is_package=path.name == "__init__.py")


def part(module):
    """The part of the package that a dotted name belongs to, None for other packages."""
    names = module.split(".")
    if names[0] != "lambdalint":
        return None
    return names[1] if len(names) > 1 else "__init__"


def imported_parts(path):
    known = set(MAY_IMPORT)
    for item in imports_of(path):
        target = part(item.target)
        # `from lambdalint import __version__` names the package's own attribute, not a module.
        if target is not None:
            yield item, target if target in known or item.target.count(".") != 1 else "__init__"


def is_third_party(module):
    top = module.split(".")[0]
    return top not in sys.stdlib_module_names and top != "lambdalint"


@pytest.mark.parametrize("path", files(PACKAGE), ids=module_name)
def test_package_keeps_the_import_law(path):
    own = part(module_name(path))
    assert own in MAY_IMPORT, f"say in MAY_IMPORT, and in docs/architecture.md, what {module_name(path)} may import"
    allowed = MAY_IMPORT[own]
    if allowed is None:
        return
    for item, target in imported_parts(path):
        assert target == own or target in allowed, f"{module_name(path)}:{item.line} imports {item.target}"


@pytest.mark.parametrize("path", files(ROOT / "rules"), ids=lambda path: path.stem)
def test_rules_import_the_model_and_the_rule_only(path):
    allowed = {"lambdalint.model", "lambdalint.rule"}
    for item in imports_of(path):
        within = {item.target, item.target.rpartition(".")[0]}
        if item.typing_only and within & RULES_MAY_ANNOTATE_WITH:
            continue
        ours = within & allowed
        theirs = item.target.split(".")[0] in RULES_MAY_USE
        assert ours or theirs, f"{path.name}:{item.line} imports {item.target}"


def test_one_door_to_libcst():
    users = {
        path.relative_to(ROOT).as_posix()
        for path in [*files(PACKAGE), *files(ROOT / "rules")]
        if any(item.target.split(".")[0] == "libcst" for item in imports_of(path))
    }
    assert users == {"lambdalint/source/parser.py"}


def test_third_party_packages_are_imported_where_they_are_needed():
    eager = {
        (path.relative_to(ROOT).as_posix(), item.target.split(".")[0])
        for path in files(PACKAGE)
        for item in imports_of(path)
        if item.top_level and not item.typing_only and is_third_party(item.target)
    }
    assert not eager


def test_only_the_command_line_exits():
    for path in files(PACKAGE):
        # a process that was forked off must not go on with what the first one was doing
        if path.name in {"cli.py", "__main__.py", "workers.py"}:
            continue
        calls = [
            ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)
        ]
        assert not {"sys.exit", "exit", "quit", "os._exit", "SystemExit"} & set(calls), path


def test_imports_are_read_at_any_depth():
    source = """\
import os.path
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from lambdalint.source.views import SiteView
def f():
    from . import model
    try:
        import libcst as cst
    except ImportError:
        from ..engine import run
"""
    assert imports(source, "lambdalint.templates.sam") == [
        Import("os.path", 1, top_level=True, typing_only=False),
        Import("typing", 2, top_level=True, typing_only=False),
        Import("typing.TYPE_CHECKING", 2, top_level=True, typing_only=False),
        Import("lambdalint.source.views", 4, top_level=True, typing_only=True),
        Import("lambdalint.source.views.SiteView", 4, top_level=True, typing_only=True),
        Import("lambdalint.templates", 6, top_level=False, typing_only=False),
        Import("lambdalint.templates.model", 6, top_level=False, typing_only=False),
        Import("libcst", 8, top_level=False, typing_only=False),
        Import("lambdalint.engine", 10, top_level=False, typing_only=False),
        Import("lambdalint.engine.run", 10, top_level=False, typing_only=False),
    ]
    assert (
        imports("from . import skeleton", "lambdalint.source", is_package=True)[-1].target
        == "lambdalint.source.skeleton"
    )


def test_the_law_has_no_cycle():
    order = []
    left = {name: allowed - {name} for name, allowed in MAY_IMPORT.items() if allowed is not None}
    while left:
        free = sorted(name for name, allowed in left.items() if not allowed & set(left))
        assert free, f"cycle among {sorted(left)}"
        order += free
        for name in free:
            del left[name]
    assert order.index("model") < order.index("source") < order.index("rule") < order.index("rules")
