"""Definitions and classes of the project that give back one object however often they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Call, Term
    from lambdalint.source.names import Node

WHOLE, OBJECT = "whole", "object"


class Singletons:
    """What is made once only by the project's own means: decorators that keep results, metaclasses, ``__new__``."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.names = flow.names
        self._memoized: dict[Node, bool] = {}
        self._classes: dict[Node, str] = {}

    def memoized(self, node: Node) -> bool:
        """Whether a decorator of the project keeps what the definition returns."""
        if node not in self._memoized:
            self._memoized[node] = False  # while it is asked for itself
            definition = self.names.definition(node)
            self._memoized[node] = definition is not None and any(
                self._keeps(wrapper, self._handed(decorator))
                for decorator, wrapper in self.flow.graph.wrapped(node, definition.parent, definition.decorators)
            )
        return self._memoized[node]

    def class_(self, node: Node) -> str:
        """Whether calls of a class give back one object.

        Returns:
            `WHOLE` where it is made and initialised once, `OBJECT` where each call initialises it again (``__new__``,
            or one ``__dict__`` that all objects share), "" where each call makes another.
        """
        if node not in self._classes:
            self._classes[node] = ""
            self._classes[node] = self._single(node)
        return self._classes[node]

    def _single(self, node: Node) -> str:
        class_ = self.names.class_of(node)
        if class_ is None:
            return ""
        decorators = self.flow.graph.wrapped(node, class_.parent, class_.decorators)
        if any(self._keeps(wrapper, self._handed(decorator)) for decorator, wrapper in decorators):
            return WHOLE
        ancestors = self.names.ancestors(node)
        for owner in ancestors:
            at = self.names.class_of(owner)
            for word, value in at.keywords if at is not None else ():
                if word == "metaclass":
                    for meta in self.names.resolve(owner[0], at.parent if at is not None else "", value):
                        if meta[0] == "cls" and self._method_keeps((meta[1], meta[2]), "__call__"):
                            return WHOLE
        return OBJECT if self._method_keeps(node, "__new__") or self._shares(node) else ""

    def _method_keeps(self, node: Node, name: str) -> bool:
        """Whether the method ``name`` of a class calls its namesake further up only once."""
        for owner in self.names.ancestors(node):
            class_ = self.names.class_of(owner)
            for bound in class_.attributes.get(name, ()) if class_ is not None else ():
                if bound is not None and bound[0] == "f":
                    return self._keeps((owner[0], bound[1]), name)
        return False

    def _shares(self, node: Node) -> bool:
        """Whether the objects of a class have their attributes in one dict: ``self.__dict__ = self._shared``."""
        for owner in self.names.ancestors(node):
            class_ = self.names.class_of(owner)
            if class_ is None:
                continue
            made = {bound[1] for bound in class_.attributes.get("__new__", ()) if bound is not None and bound[0] == "f"}
            made.update(where for where, _ in class_.instance.get("__dict__", ()))
            for where in sorted(made):
                body = self.flow.body((owner[0], where))
                if any(
                    store.target[0] == "attr"
                    and store.target[2] == "__dict__"
                    and store.value[0]
                    in ("name", "attr")  # a mutable default lasts as well, but where it is left out only
                    and self.flow.lasting((owner[0], where), store.value) == "yes"
                    for store in (body.stores if body is not None else ())
                ):
                    return True
        return False

    def _keeps(self, node: Node, made_by: str | Term) -> bool:
        """Whether all calls in ``node`` that make the object run once: of a method, of a decorator's parameter."""
        body = self.flow.body(node)
        if body is None:
            return False
        making = [call for call in body.calls if (call.tail if isinstance(made_by, str) else call.func) == made_by]
        return bool(making) and all(
            self.flow.guard(node, call.context) is not None or self._enclosed(node, call) for call in making
        )

    def _handed(self, decorator: Node) -> Term:
        """The parameter of a decorator that it is handed the decorated definition in."""
        definition = self.names.definition(decorator)
        return ("param", decorator[1], 1 if definition is not None and definition.owner else 0)

    def _enclosed(self, node: Node, call: Call) -> bool:
        """``if key not in kept: kept[key] = f()`` where ``kept`` is a collection of the definition around ``node``."""
        body = self.flow.body(node)
        definition = self.names.definition(node)
        if body is None or definition is None or not definition.parent:
            return False
        kept = [
            frame[2][1]
            for frame in call.context
            if frame[0] == "once" and frame[2][0] == "item" and frame[2][1][0] in ("dict", "list", "call")
        ]
        return any(store.target[0] == "item" and store.target[1] in kept for store in body.stores)
