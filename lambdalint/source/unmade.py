"""Classes that nothing makes an object of: what they override runs for nobody.

The words of the modules in sight decide, not what they mean: a class counts as made wherever its name stands for
anything but its own definition, an import or the base of another class, be it in a comment. So only what nobody has a
name for is left out; and nothing is where classes may be had without their names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdalint.patterns import as_bytes, holds

if TYPE_CHECKING:
    from lambdalint.source.names import Names, Node
    from lambdalint.source.skeleton import CallRef, Class, Expr, Skeleton

# Bases from outside that neither note nor make their subclasses.
_INERT = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol"})
# Ways to a class without its name.
_NAMELESS = (
    *(b"__subclasses__", b"__import__", b"import_module", b"import_string", b"iter_modules", b"walk_packages"),
    *(b"exec_module", b"run_path", b"getmembers", b"entry_points", b"sys.modules", b"locate(", b"pickle"),
    *(b"globals(", b"locals(", b"vars(", b"eval(", b"exec(", b"yaml.load(", b"unsafe_load("),
)


class Unmade:
    """What is known of the classes of the loaded modules."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._found: dict[Node, bool] = {}
        self._nameless: bool | None = None

    def holds(self, node: Node) -> bool:
        """Whether nothing makes an object of a class, nor of one that derives from it."""
        if node not in self._found:
            self._found[node] = False  # while it is asked for itself
            family = [node, *self.names.subclasses(node)]
            self._found[node] = all(map(self._is_unnamed, family)) and not self._is_nameless()
        return self._found[node]

    def _is_unnamed(self, node: Node) -> bool:
        class_ = self.names.class_of(node)
        if class_ is None or not class_.name.isascii() or not all(map(self._is_inert, self.names.ancestors(node))):
            return False
        word = as_bytes(class_.name)
        return not any(
            self._is_named(skeleton, word, class_ if skeleton.path == node[0] else None)
            for skeleton in self.names.program.loaded()
        )

    def _is_inert(self, node: Node) -> bool:
        """Whether a class is only what its body says: nothing notes it or its subclasses when they are defined."""
        class_ = self.names.class_of(node)
        if class_ is None or class_.decorators or "__init_subclass__" in class_.attributes:
            return False
        metaclasses = [
            value
            for _, expr in class_.keywords
            for value in self.names.resolve(node[0], class_.parent, expr) or [("ext", "")]
        ]
        bases = self.names.bases(node)
        return (
            all(value == ("ext", "abc.ABCMeta") for value in metaclasses)
            and len(bases) >= len(class_.bases)
            and all(base[0] == "cls" or (base[0] == "ext" and base[1] in _INERT) for base in bases)
        )

    def _is_named(self, skeleton: Skeleton, word: bytes, class_: Class | None) -> bool:
        """Whether a module names a class other than to define, import or derive from it."""
        source = self.names.program.source(skeleton.path)
        if not holds(source, word):
            return False
        if class_ is not None:  # what stands in the class itself needs somebody outside who has it
            lines = source.splitlines(keepends=True)
            source = b"".join([*lines[: class_.line - 1], *lines[class_.end_line :]])
        if re.search(rb"\b%b\s+as\b" % word, source):
            return True
        name = word.decode()
        derived = sum(_last(base) == name for other in skeleton.classes.values() for base in other.bases)
        imported = sum(attribute == name for _, _, attribute, _, _ in skeleton.imports)
        exported = (skeleton.exports or ()).count(name)
        return len(re.findall(rb"\b%b\b" % word, source)) > derived + imported + exported

    def _is_nameless(self) -> bool:
        if self._nameless is None:
            self._nameless = any(
                holds(self.names.program.source(skeleton.path), *_NAMELESS) for skeleton in self.names.program.loaded()
            ) or any(map(self._may_be_of_module, self.names.index().get("getattr", ())))
        return self._nameless

    def _may_be_of_module(self, at: tuple[str, str, CallRef]) -> bool:
        """``getattr(module, name)`` with a name that is not written out."""
        path, scope, call = at
        if len(call.args) > 1 and call.args[1] is not None and call.args[1][0] == "k":
            return False
        values = self.names.resolve(path, scope, call.args[0]) if call.args else ()
        return not values or any(value[0] == "mod" for value in values)


def _last(base: Expr) -> str:
    """The last name of a base: ``Base`` of ``shapes.Base``."""
    return str(base[-1]) if base is not None and base[0] in ("n", "a") else ""
