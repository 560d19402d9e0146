"""Secret access keys of AWS that a module spells out: what is called one, and has the form of one.

A value is called a secret access key by the keyword, key, variable or parameter that it is given to, directly or by a
name that the module binds to it. No secret leaves this module, only where it stands.
"""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.secrets import is_random, stands_for_one
from lambdalint.source.skeleton import SourceError, children, read
from lambdalint.source.startup import span_of

if TYPE_CHECKING:
    from lambdalint.model import Location
    from lambdalint.source.modules import ModuleView

_HUMP = regex(r"(?<=[a-z0-9])(?=[A-Z])")
_CLASSES = ("[a-z]", "[A-Z]", "[0-9]")  # of which 40 random characters have all


class Credential(NamedTuple):
    """Where a secret access key stands, in which definition."""

    location: Location
    function: str


class _Use(NamedTuple):
    """Something that is called a secret: the name, the value, the call or display around them (None for neither)."""

    name: str
    value: Any
    around: Any


def credentials(view: ModuleView) -> Iterator[Credential]:
    """The secret access keys in a module, each once, in the order of their places."""
    rows = table("secrets")["credentials"]
    source = view.program.source(view.path)
    if view.grants("dummy") and not re.search(rb"""['"]%s['"]""" % rows["form"].encode(), source):
        return
    try:
        tree = read(source, view.path, view.program.runtime)[0]
    except SourceError:
        return
    found: set[tuple[int, int, int, int]] = set()
    module = _Module(tree)
    for use in module.uses:
        for value in module.literals(use.value):
            if _counts(view, module, use, value.value):
                found.add(span_of(value))
    for span in sorted(found):
        yield Credential(view.span(span), view.scope(span[0]))


def _counts(view: ModuleView, module: _Module, use: _Use, value: str) -> bool:
    """Whether a literal that is called a secret access key is one."""
    rows = table("secrets")["credentials"]
    name = _HUMP.sub("_", use.name).replace("-", "_").lower()
    if not name.endswith(tuple(rows["names"])) and not (module.has_key and name.endswith(tuple(rows["pairs"]))):
        return False
    example, local = module.beside(use.around)
    if example or any(word in value.lower() for word in rows["examples"]):
        return not view.grants("example")
    if view.grants("dummy") and not (_is_key(value) and not stands_for_one(value) and is_random(value)):
        return False
    return not (local and view.grants("local"))


def _is_key(value: str) -> bool:
    form = table("secrets")["credentials"]["form"]
    return re.fullmatch(form, value) is not None and all(re.search(letters, value) for letters in _CLASSES)


class _Module:
    """What is called something in a module, and what its names are bound to."""

    def __init__(self, tree: ast.Module) -> None:
        self.uses: list[_Use] = []
        self.bound: dict[str, list[Any]] = {}
        self._beside: dict[int, tuple[bool, bool]] = {}  # by identity of the nodes, which `uses` keeps
        key = re.compile(table("secrets")["values"]["AWS access key"])
        self.has_key = False
        for node in _walk(tree):
            if _is_text(node):
                self.has_key = self.has_key or key.fullmatch(node.value) is not None
            elif type(node) is ast.Call:
                self.call(node)
            elif type(node) is ast.Dict:
                for name, value in zip(node.keys, node.values, strict=True):
                    self.add(name, value, node)
            elif type(node) is ast.Assign:
                for target in node.targets:
                    self.assign(target, node.value)
            elif type(node) is ast.AnnAssign:
                self.assign(node.target, node.value)
            elif type(node) is ast.arguments:
                named = [*node.posonlyargs, *node.args]
                for arg, value in zip(named[len(named) - len(node.defaults) :], node.defaults, strict=True):
                    self.uses.append(_Use(arg.arg, value, None))
                for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                    self.uses.append(_Use(arg.arg, default, None))

    def call(self, node: ast.Call) -> None:
        for word in node.keywords:
            self.uses.append(_Use(word.arg or "", word.value, node))
        name = node.func.attr if type(node.func) is ast.Attribute else getattr(node.func, "id", "")
        if len(node.args) > 1 and name in table("secrets")["credentials"]["setters"]:
            self.add(node.args[0], node.args[1], node)

    def add(self, name: Any, value: Any, around: Any) -> None:
        if _is_text(name):
            self.uses.append(_Use(name.value, value, around))

    def assign(self, target: Any, value: Any) -> None:
        if type(target) is ast.Name:
            self.bound.setdefault(target.id, []).append(value)
            self.uses.append(_Use(target.id, value, None))
        elif type(target) is ast.Attribute:
            self.uses.append(_Use(target.attr, value, None))
        elif type(target) is ast.Subscript:
            self.add(target.slice, value, None)

    def beside(self, around: Any) -> tuple[bool, bool]:
        """Whether a call or display holds an example of AWS's documentation, and whether a URL of this machine."""
        if id(around) not in self._beside:
            rows = table("secrets")["credentials"]
            texts = [part.value.lower() for part in _walk(around) if _is_text(part)]
            urls = [text for text in texts if text.startswith(("http://", "https://"))]
            self._beside[id(around)] = (
                any(word in text for word in rows["examples"] for text in texts),
                any(word in url for word in rows["local"] for url in urls),
            )
        return self._beside[id(around)]

    def literals(self, value: Any) -> Iterator[Any]:
        """The literals that a value is: itself, or what its name is bound to anywhere in the module."""
        for node in self.bound.get(value.id, ()) if type(value) is ast.Name else (value,):
            if _is_text(node) and node.value:
                yield node


def _is_text(node: Any) -> bool:
    return type(node) is ast.Constant and type(node.value) is str


def _walk(root: Any) -> Iterator[Any]:
    stack = [root] if root is not None else []
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))
