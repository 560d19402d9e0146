"""Which calls make an object: a client, a session, a pool, followed back from where its method is called.

Only skeletons are looked at, so nothing is lowered. An object that any way leads to unseen is not known at all.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from lambdalint.source.names import argument

if TYPE_CHECKING:
    from lambdalint.source.flow import Flow
    from lambdalint.source.names import Values

MAKERS_LIMIT = 20

Maker = tuple[str, str, Any]  # (path, scope, Expr): an expression, read in a definition ("" for the module)


def makers(flow: Flow, start: Maker, operations: frozenset[str]) -> list[Maker] | None:
    """The calls of ``operations`` that make what an expression stands for; None where it may be made otherwise."""
    return _Search(flow, operations).run(start)


class _Search:
    def __init__(self, flow: Flow, operations: frozenset[str]) -> None:
        self.flow = flow
        self.names = flow.names
        self.operations = operations
        self.found: list[Maker] = []

    def run(self, start: Maker) -> list[Maker] | None:
        seen: set[Any] = set()
        queue: deque[Maker] = deque([start])
        while queue:
            at = queue.popleft()
            if at in seen:
                continue
            seen.add(at)
            more = self._step(at)
            if more is None or len(seen) > MAKERS_LIMIT:
                return None
            queue.extend(more)
        return self.found or None

    def _step(self, at: Maker) -> list[Maker] | None:
        path, scope, expr = at
        kind = expr[0] if expr is not None else ""
        if kind == "k" and expr[1] is None:
            return []  # ``pool = None`` until it is first needed
        if kind == "o":
            return [(path, scope, part) for part in expr[1]]
        if kind == "w":
            return [(path, scope, expr[1])]
        if kind == "n":
            return self._bindings(path, scope, expr[1])
        if kind == "m":
            module = self.flow.program.resolve(path, expr[1], expr[2])
            inside = module is not None and expr[3] is not None and not module.endswith("/")
            return [(module, "", ("n", expr[3]))] if inside and module is not None else None
        if kind == "a":
            return self._members(self.names.resolve(path, scope, expr[1]), expr[2])
        if kind == "p":
            return self._passed(path, scope, expr[1])
        if kind == "c":
            return self._called(at)
        return None

    def _bindings(self, path: str, scope: str, name: str) -> list[Maker] | None:
        skeleton = self.flow.program.skeleton(path)
        if skeleton is None:
            return None
        while scope:
            definition = skeleton.defs.get(scope)
            if definition is None:
                break
            if name in definition.bindings and name not in definition.outer_names:
                return [(path, scope, bound) for bound in definition.bindings[name]]
            scope = definition.parent
        return [(path, where, bound) for where, bound in skeleton.bindings.get(name, ())] or None

    def _members(self, values: Values, name: str) -> list[Maker] | None:
        found: list[Maker] = []
        for value in values:
            if value[0] == "mod" and not value[1].endswith("/"):
                found.append((value[1], "", ("n", name)))
            elif value[0] in ("inst", "self", "cls"):
                for node in (*self.names.ancestors((value[1], value[2])), *self.names.subclasses((value[1], value[2]))):
                    class_ = self.names.class_of(node)
                    if class_ is not None:
                        found += [(node[0], class_.parent, bound) for bound in class_.attributes.get(name, ())]
                        found += [(node[0], where, bound) for where, bound in class_.instance.get(name, ())]
            else:
                return None
        return found or None

    def _passed(self, path: str, scope: str, index: int) -> list[Maker] | None:
        definition = self.names.definition((path, scope))
        callers = self.names.callers((path, scope))
        if definition is None or not callers:
            return None
        found: list[Maker] = []
        for at, where, call, offset in callers:
            given = argument(definition, index, call, offset)
            param = definition.params[index]
            if given is None and not param.has_default:
                return None
            found.append((at, where, given) if given is not None else (path, definition.parent, param.default))
        return found

    def _called(self, at: Maker) -> list[Maker] | None:
        path, scope, expr = at
        more: list[Maker] = []
        for value in self.names.resolve(path, scope, expr[1]):
            if value[0] == "ext" and value[1] in self.operations:
                self.found.append(at)
            elif value[0] in ("def", "bound"):
                definition = self.names.definition((value[1], value[2]))
                if definition is None:
                    return None
                more += [(value[1], value[2], returned) for returned in definition.returns]
            else:
                return None
        return more
