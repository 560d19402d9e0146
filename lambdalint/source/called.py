"""How the runtime calls an entry point: the definition that it is handed, and what it hands over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.source.skeleton import Def
    from lambdalint.source.views import FunctionView

ARGUMENTS = 2  # the event and the context, by position

# Decorators that call what they decorate with the event and the context, and hand back what it returns.
_HANDING_ON = "aws_lambda_powertools."
_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"


def called(view: FunctionView) -> Def | None:
    """The definition that the runtime calls as it is; None where something may stand between, or nobody can tell."""
    names = view.flow.names
    path, qualname = view.entry.node
    definition = names.definition(view.entry.node)
    skeleton = names.program.skeleton(path)
    if definition is None or skeleton is None or definition.owner or definition.parent:
        return None
    if len(skeleton.bindings.get(qualname, ())) != 1:
        return None  # another binding of the name may be the one that is called
    if view.grants("decorated"):
        for _, values in names.decorator_values(view.entry.node):
            if not values or any(
                value[0] != "ext" or value[1] not in names.transparent or not value[1].startswith(_HANDING_ON)
                for value in values
            ):
                return None
    for function in view.functions:
        if (function.path, function.qualname) != view.entry.node or function.supplied:
            return None
        if view.grants("wrapper") and (_WRAPPER in function.variables or function.value("environment").unknown):
            return None
    return definition


def misfit(view: FunctionView) -> str:
    """Why an entry point cannot be called with an event and a context, "" where it can or nobody can tell."""
    definition = called(view)
    if definition is None:
        return ""
    positional = [param for param in definition.params if not param.kind]
    needed = [param for param in positional if not param.has_default]
    if len(needed) > ARGUMENTS:
        return f"it needs {len(needed)}"
    if len(positional) < ARGUMENTS and not any(param.kind == "*" for param in definition.params):
        return f"it takes {f'only {len(positional)}' if positional else 'none'}"
    demanded = [param.name for param in definition.params if param.kind == "k" and not param.has_default]
    return f"it also needs {', '.join(demanded)} by keyword" if demanded else ""


def gives_coroutine(view: FunctionView) -> bool:
    """Whether what the runtime is given back is a coroutine that nothing awaits."""
    definition = called(view)
    if definition is None or not definition.is_async:
        return False
    # Without a template somebody else may run it: nothing but its own line may name it.
    return (
        not view.grants("called")
        or all(function.declared is not None or function.origin == "configuration" for function in view.functions)
        or not _is_named(view, definition.name)
    )


def _is_named(view: FunctionView, name: str) -> bool:
    if view.flow.names.callers(view.entry.node):
        return True
    try:
        source = view.flow.program.source(view.entry.node[0])
    except Unreadable:
        return True
    return len(re.findall(rb"\b" + re.escape(name.encode()) + rb"\b", source)) != 1
