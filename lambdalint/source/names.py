"""Names: what an expression of a skeleton stands for.

`Names.resolve` turns an Expr in a scope into Values:

    ("def", path, qualname)            a function of the project
    ("cls", path, qualname)            a class of the project
    ("inst", path, qualname)           an instance of that class
    ("self", path, qualname)           the same, seen from a method: subclasses may override
    ("bound", path, qualname, owner)   a method bound to a Value
    ("mod", path)                      a module of the project (or namespace directory)
    ("ext", operation)                 anything from outside, named by its operation string
    ("partial", value)                 functools.partial of a Value
    ("coll", path, scope, Expr)        a literal list, tuple or dict
    ("const", value)                   a constant

Operation strings: a dotted path; ``()`` after what is called (with the service for AWS SDK
constructors: ``boto3.client(sqs)``), ``[]`` after what is subscripted or iterated. A method of an AWS
client is ``aws:sqs.send_message``, of a resource object ``aws:sqs#Queue.send_message``.

Everything is by need and memoised. Nothing is ever matched by a bare method name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.source.skeleton import CallRef, Class, Def, Expr, Skeleton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.source.program import Program

Value = tuple["Any", ...]
Values = tuple[Value, ...]
Node = tuple[str, str]  # (path, qualname) of a definition

DEPTH_LIMIT = 60
VALUES_LIMIT = 64
CALLERS_LIMIT = 300
OPERATION_LIMIT = 160
FACTORY_MADE = "@"
EVENT, CONTEXT = "<event>", "<context>"

_SDK = {
    "boto3.client",
    "boto3.resource",
    "aioboto3.client",
    "aioboto3.resource",
    "aiobotocore.client",
    "botocore.client",
}
_UNNAMED_SERVICE = {("ext", f"{constructor}()") for constructor in _SDK}  # built for a service that is not told
_STUB = regex(r"^(?:types_aiobotocore|types_boto3|mypy_boto3)_(\w+)\.(?:(?:client|service_resource)\.)?(\w+)\(\)$")
_CLIENT = regex(r"^(?:boto3|aioboto3|aiobotocore|botocore)\.client\(([\w-]*)\)$")
_RESOURCE = regex(r"^(?:boto3|aioboto3)\.resource\(([\w-]*)\)$")


class Names:
    """Resolution over one Program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.aliases: dict[str, str] = dict(table("clients")["aliases"])
        calls = table("calls")
        self.transparent = frozenset(calls["transparent"])
        self.memo_decorators = frozenset(calls["memo"])
        self.memo_instance = frozenset(calls["memo_instance"])
        self.properties = frozenset({"property", "abc.abstractproperty"}) | {
            name for name in self.memo_instance if "property" in name.lower()
        }
        clients = table("clients")
        self.types: dict[str, str] = dict(clients["types"])
        self.stub_services: dict[str, str] = dict(clients["stubs"]["services"])
        self.record_decorators = frozenset(calls["records"]["decorators"])
        self.record_bases = frozenset(calls["records"]["bases"])
        self.record_settings = frozenset(calls["records"]["environment"])
        self.hands: dict[str, Any] = dict(calls["hands"])
        self.handed_over = {("ext", value) for row in self.hands.values() for value in row["values"] if value}
        self.entry_params: dict[tuple[str, str, int], str] = {}
        self._memo: dict[tuple[str, str, Expr], Values] = {}
        self._provisional: dict[tuple[str, str, Expr], Values] = {}
        self._active: set[tuple[str, str, Expr]] = set()
        self._cut = False
        self._depth = 0
        self._canonical: dict[str, str] = {}
        self._tails: dict[str, list[tuple[str, str, CallRef]]] | None = None
        self._decorated: list[tuple[Def, Node, Expr]] | None = None
        self._subclasses: dict[Node, list[Node]] | None = None
        self._records: dict[Node, bool] = {}
        self._constructions: dict[Node, list[tuple[str, str, CallRef]]] = {}
        self._handing: dict[str, list[tuple[str, CallRef]]] = {}
        self._additions: dict[str, dict[tuple[str, str], list[Expr]]] = {}

    # -- the entrance

    def resolve(self, path: str, scope: str, expr: Expr) -> Values:
        """What ``expr`` stands for in the definition ``scope`` ("" = module level) of ``path``; () where unknown."""
        if expr is None:
            return ()
        key = (path, scope, expr)
        found = self._memo.get(key)
        if found is None:
            found = self._provisional.get(key)
            self._cut = self._cut or found is not None
        if found is not None:
            return found
        if key in self._active or self._depth > DEPTH_LIMIT:
            self._cut = True
            return ()
        outer_cut, self._cut = self._cut, False
        self._active.add(key)
        self._depth += 1
        try:
            values = tuple(dict.fromkeys(self._resolve(path, scope, expr)))[:VALUES_LIMIT]
        finally:
            self._depth -= 1
            self._active.discard(key)
        # A result that a cycle or the depth limit cut short is only right where it was asked for from the outside;
        # until then it stands in for itself, or the same cycle would be walked again from each of its members.
        if not self._cut or self._depth == 0:
            self._memo[key] = values
        else:
            self._provisional[key] = values
        if self._depth == 0:
            self._provisional.clear()
        self._cut = self._cut or outer_cut
        return values

    def forget(self) -> None:
        """Drop what was resolved: more modules were loaded, or entry points became known."""
        self._memo.clear()
        self._tails = None
        self._decorated = None
        self._subclasses = None
        self._records.clear()
        self._constructions.clear()

    def _resolve(self, path: str, scope: str, expr: Expr) -> Iterable[Value]:
        kind = expr[0]
        if kind == "n":
            return self.name(path, scope, expr[1])
        if kind == "a":
            return self._each(self.resolve(path, scope, expr[1]), lambda value: self.attribute(value, expr[2]))
        if kind == "c":
            return self._call(path, scope, expr)
        if kind == "k":
            return (("const", expr[1]),)
        if kind in ("d", "l"):
            return (("coll", path, scope, expr),)
        if kind == "o":
            return [value for part in expr[1] for value in self.resolve(path, scope, part)]
        if kind == "i":
            stored = self._stored(path, scope, expr[1])
            key = expr[2][1] if expr[2] is not None and expr[2][0] == "k" else None
            if expr[2] == ("n", "__name__") and self.resolve(path, scope, expr[1]) == (("ext", "sys.modules"),):
                return (("mod", path),)
            if expr[1] is not None and expr[1][:2] == ("c", ("n", "globals")):
                names = self._named(("mod", path), expr[2], path, scope)
                return [value for name in names for value in self._module_attribute(path, name)]
            return [*self._each(self.resolve(path, scope, expr[1]), lambda value: self.item(value, key)), *stored]
        if kind == "e":
            return [
                *self._each(self.resolve(path, scope, expr[1]), lambda value: self.item(value, None, iterating=True)),
                *self._stored(path, scope, expr[1]),
            ]
        if kind == "w":
            return self._each(self.resolve(path, scope, expr[1]), self._entered)
        if kind == "f":
            return (self._definition(path, expr[1]),)
        if kind == "m":
            return self._imported(path, expr[1], expr[2], expr[3])
        if kind == "p":
            return self.parameter(path, scope, expr[1])
        if kind == "t":
            return [
                ("self", *value[1:]) if value[0] == "inst" else value for value in self._annotated(path, scope, expr[1])
            ]
        return ()

    @staticmethod
    def _each(values: Values, of: Any) -> list[Value]:
        return [result for value in values for result in of(value)]

    def _definition(self, path: str, qualname: str) -> Value:
        skeleton = self.program.skeleton(path)
        return (
            ("cls", path, qualname)
            if skeleton is not None and qualname in skeleton.classes
            else ("def", path, qualname)
        )

    # -- names

    def name(self, path: str, scope: str, name: str) -> Iterable[Value]:
        """What ``name`` is in ``scope``: local, of an enclosing definition, of the module, else a builtin."""
        skeleton = self.program.skeleton(path)
        if skeleton is None:
            return ()
        at = scope
        while at:
            definition = skeleton.defs.get(at)
            if definition is None:
                break
            if name in definition.bindings and name not in definition.outer_names:
                found = [value for bound in definition.bindings[name] for value in self.resolve(path, at, bound)]
                if any(value[0] == "coll" for value in found):
                    found = [self._filled(value, skeleton, at, name) for value in found]
                if name in definition.promises and all(value[0] == "ext" for value in found):
                    promised = self.resolve(path, at, ("t", definition.promises[name]))
                    if any(value[0] == "self" for value in promised):  # something from outside made one of ours
                        return promised
                return found
            at = definition.parent
        return self._module_name(skeleton, name)

    def _filled(self, value: Value, skeleton: Skeleton, scope: str, name: str) -> Value:
        """A collection with what its definition puts into it under that name: whoever gets it does not see the name."""
        if value[:3] != ("coll", skeleton.path, scope) or value[3][0] not in ("l", "d"):
            return value
        if skeleton.path not in self._additions:
            additions = self._additions[skeleton.path] = {}
            for where, target, item in (*skeleton.item_stores, *skeleton.appends):
                if where and target is not None and target[0] == "n" and item is not None:
                    additions.setdefault((where, target[1]), []).append(item)
        kind, elements, *rest = value[3]
        added = self._additions[skeleton.path].get((scope, name), ())
        more = [item if kind == "l" else (None, item) for item in dict.fromkeys(added)]
        return (*value[:3], (kind, (*elements, *more), *rest)) if more else value

    def _module_name(self, skeleton: Skeleton, name: str) -> list[Value]:
        found = self._module_names(skeleton, name, frozenset())
        return [("ext", name)] if found is None else found

    def _module_names(self, skeleton: Skeleton, name: str, seen: frozenset[str]) -> list[Value] | None:
        """What a module binds to ``name``, by itself or by a star import; None where it does not."""
        if name in skeleton.bindings:
            return [
                value for where, bound in skeleton.bindings[name] for value in self.resolve(skeleton.path, where, bound)
            ]
        seen |= {skeleton.path}
        for level, module in skeleton.stars:
            found = self.program.resolve(skeleton.path, level, module)
            if found is None or found.endswith("/") or found in seen:
                continue
            target = self.program.skeleton(found)
            values = None if target is None else self._module_names(target, name, seen)
            if values is not None:
                return values
        return None

    def _imported(self, path: str, level: int, module: str, attribute: str | None) -> Iterable[Value]:
        found = self.program.resolve(path, level, module)
        if found is None:
            if level:
                return ()
            return (("ext", self.canonical(f"{module}.{attribute}" if attribute else module)),)
        if attribute is None:
            return (("mod", found),)
        return self._module_attribute(found, attribute)

    def _module_attribute(self, path: str, attribute: str) -> Iterable[Value]:
        if not path.endswith("/"):
            skeleton = self.program.skeleton(path)
            if skeleton is None:
                return ()
            found = self._module_names(skeleton, attribute, frozenset())
            if found:
                return found
        directory = path.rstrip("/") if path.endswith("/") else path.rpartition("/")[0]
        if path.endswith(("/", "__init__.py")):
            module = self.program.module(directory, attribute)
            if module is not None:
                return (("mod", module),)
        return ()

    # -- attributes and items

    def attribute(self, value: Value, name: str) -> Iterable[Value]:
        """What ``value.name`` is."""
        kind = value[0]
        if kind == "ext":
            return self._external(f"{value[1]}.{name}")
        if kind == "mod":
            return self._module_attribute(value[1], name)
        if kind in ("inst", "self"):
            return self._instance_attribute(value, name)
        if kind == "cls":
            return self._class_attribute(value, name, value)
        if kind == "coll":
            return (("ext", f"{'dict' if value[3][0] == 'd' else 'list'}.{name}"),)
        if kind == "const":
            return (("ext", f"{type(value[1]).__name__}.{name}"),)
        if kind in ("def", "bound", "partial"):
            return (("ext", f"function.{name}"),)
        return ()

    def _external(self, operation: str) -> Iterable[Value]:
        return (("ext", self.canonical(operation)),) if len(operation) <= OPERATION_LIMIT else ()

    def canonical(self, operation: str) -> str:
        """The one spelling of an operation: aliases resolved, methods of AWS clients named by service."""
        found = self._canonical.get(operation)
        if found is None:
            found = self._canonical[operation] = self._spelling(self._replaced(operation))
        return found

    def _replaced(self, operation: str) -> str:
        """The operation with the longest alias that begins it replaced, until none does."""
        for _ in range(8):
            end = len(operation)
            while end > 0 and operation[:end] not in self.aliases:
                end = max(operation.rfind(".", 0, end), 0)
            if not end:
                return operation
            operation = self.aliases[operation[:end]] + operation[end:]
        return operation

    def _spelling(self, operation: str) -> str:
        head, _, method = operation.rpartition(".")
        if head.endswith(")"):
            client = _CLIENT.match(head)
            if client:
                return f"aws:{client[1] or '?'}.{method}"
            resource = _RESOURCE.match(head)
            if resource:
                return f"boto3.client({resource[1]})" if method == "client" else f"aws:{resource[1] or '?'}#{method}"
        if operation.startswith("aws:") and operation.endswith("#meta.client"):
            return f"boto3.client({operation[4:-12]})"
        if operation.endswith("()") and operation.startswith(("mypy_boto3_", "types_")):
            stub = _STUB.match(operation)
            if stub:
                service = self.stub_services.get(stub[1], stub[1].replace("_", "-"))
                if stub[2].endswith("Client"):
                    return f"boto3.client({service})"
                return (
                    f"boto3.resource({service})"
                    if stub[2].endswith("ServiceResource")
                    else f"aws:{service}#{stub[2]}()"
                )
        if operation.endswith("()") and operation[:-2] in self.types:
            return self.types[operation[:-2]]
        return operation

    def class_of(self, node: Node) -> Class | None:
        """The class of that name."""
        skeleton = self.program.skeleton(node[0])
        return skeleton.classes.get(node[1]) if skeleton is not None else None

    def definition(self, node: Node) -> Def | None:
        """The definition of that name."""
        skeleton = self.program.skeleton(node[0])
        return skeleton.defs.get(node[1]) if skeleton is not None else None

    def calls(self, node: Node) -> tuple[CallRef, ...]:
        """The calls of the definition of that name."""
        definition = self.definition(node)
        return definition.calls if definition is not None else ()

    def bases(self, node: Node) -> list[Value]:
        """The Values of a class's bases, in order."""
        class_ = self.class_of(node)
        if class_ is None:
            return []
        return [value for base in class_.bases for value in self.resolve(node[0], class_.parent, _unsubscripted(base))]

    def ancestors(self, node: Node) -> list[Node]:
        """The class and its bases in the project, depth first, each once (the MRO wherever no diamond is drawn)."""
        found: list[Node] = []
        stack = [node]
        while stack:
            at = stack.pop()
            if at in found or len(found) > 50:
                continue
            found.append(at)
            stack.extend((value[1], value[2]) for value in reversed(self.bases(at)) if value[0] == "cls")
        return found

    def subclasses(self, node: Node) -> list[Node]:
        """All classes among the loaded modules that derive from the class."""
        if self._subclasses is None:
            self._subclasses = {}
            for skeleton in self.program.loaded():
                for qualname in skeleton.classes:
                    for value in self.bases((skeleton.path, qualname)):
                        if value[0] == "cls":
                            self._subclasses.setdefault((value[1], value[2]), []).append((skeleton.path, qualname))
        found: list[Node] = []
        stack = [node]
        while stack:
            for child in self._subclasses.get(stack.pop(), ()):
                if child not in found:
                    found.append(child)
                    stack.append(child)
        return found

    def _instance_attribute(self, value: Value, name: str) -> list[Value]:
        owner = (value[1], value[2])
        if name == "__class__":
            return [("cls", *owner)]
        results: list[Value] = []
        families = [self.ancestors(owner)]
        if value[0] == "self":
            families += [[child] for child in self.subclasses(owner)]
        abstract = True
        for family in families:
            for node in family:
                class_ = self.class_of(node)
                if class_ is None:
                    continue
                if name in class_.attributes:
                    for bound in class_.attributes[name]:
                        results += self._class_member(node, bound, value, name)
                    results += self._given(owner, name, class_.attributes[name])
                    if family is families[0] and not self._is_abstract(node, class_, name):
                        abstract = False
                if name in class_.instance:
                    abstract = False
                    for where, bound in class_.instance[name]:
                        results += self.resolve(node[0], where, bound)
                if name in class_.attributes or name in class_.instance:
                    break
            if family is families[0] and not abstract and not (value[0] == "self" and results):
                break
        if not results:
            results = [
                external
                for node in families[0]
                for base in self.bases(node)
                if base[0] == "ext" and base[1] not in ("object", "abc.ABC")
                for external in self._external(f"{base[1]}().{name}")
            ]
        return results

    def _given(self, owner: Node, name: str, bound: tuple[Expr, ...]) -> list[Value]:
        """What the calls that make objects of a class give the field ``name``, where its annotation does not say it."""
        if not any(expr is not None and expr[0] == "t" for expr in bound) or not self.is_record(owner):
            return []
        for expr in bound:
            if (
                expr is not None
                and expr[0] == "t"
                and any(value[1] != "typing.Any()" for value in self.resolve(owner[0], "", expr))
            ):
                return []
        results: list[Value] = []
        for path, scope, call in self.constructions(owner):
            given = dict(call.keywords).get(name)
            fields = self.fields(owner)
            index = fields.index(name) if name in fields else len(call.args)
            if given is None and index < len(call.args):
                given = call.args[index]
            results += self.resolve(path, scope, given)
        return results

    def outside(self, value: Value) -> list[str]:
        """The classes from outside that an instance of a class of the project derives from."""
        if value[0] not in ("inst", "self"):
            return []
        return [
            base[1]
            for owner in self.ancestors((value[1], value[2]))
            for base in self.bases(owner)
            if base[0] == "ext" and base[1] not in ("object", "abc.ABC")
        ]

    def is_record(self, node: Node) -> bool:
        """Whether the constructor of a class is made from its fields: dataclasses, named tuples, models."""
        found = self._records.get(node)
        if found is None:
            found = self._records[node] = self._is_record(node)
        return found

    def _is_record(self, node: Node) -> bool:
        for owner in self.ancestors(node):
            class_ = self.class_of(owner)
            if class_ is None or "__init__" in class_.attributes:
                return False
            for decorator in class_.decorators:
                target = decorator[1] if decorator is not None and decorator[0] == "c" else decorator
                if any(
                    value[0] == "ext" and value[1] in self.record_decorators
                    for value in self.resolve(owner[0], class_.parent, target)
                ):
                    return True
            if any(base[0] == "ext" and base[1] in self.record_bases for base in self.bases(owner)):
                return True
        return False

    def fields(self, node: Node) -> list[str]:
        """The fields of a record in the order in which its constructor takes them."""
        found: dict[str, None] = {}
        for owner in reversed(self.ancestors(node)):
            class_ = self.class_of(owner)
            for name, bound in class_.attributes.items() if class_ is not None else ():
                if any(expr is None or expr[0] != "f" or expr[1].startswith("<lambda") for expr in bound):
                    found[name] = None
        return list(found)

    def constructions(self, node: Node) -> list[tuple[str, str, CallRef]]:
        """The calls among the loaded modules that make an object of a class, or of one derived from it."""
        if node in self._constructions:
            return self._constructions[node]
        family = {node, *self.subclasses(node)}
        tails = {class_.name for item in family if (class_ := self.class_of(item)) is not None}
        found = []
        for name in sorted({*tails, "cls"}):
            for path, scope, call in self.index().get(name, ()):
                if any(
                    value[0] == "cls" and (value[1], value[2]) in family
                    for value in self.resolve(path, scope, call.callee)
                ):
                    found.append((path, scope, call))
        self._constructions[node] = found
        return found

    def _is_abstract(self, node: Node, class_: Class, name: str) -> bool:
        for bound in class_.attributes[name]:
            if bound is not None and bound[0] == "f":
                definition = self.definition((node[0], bound[1]))
                if definition is not None and any(
                    decorator is not None and decorator[-1] == "abstractmethod" for decorator in definition.decorators
                ):
                    return True
        return False

    def _class_member(self, node: Node, bound: Expr, receiver: Value, name: str) -> Iterable[Value]:
        class_ = self.class_of(node)
        assert class_ is not None
        if bound is not None and bound[0] == "f":
            method = self.definition((node[0], bound[1]))
            if method is not None:
                kinds = {
                    value[1]
                    for decorator in method.decorators
                    for value in self.resolve(node[0], method.parent, decorator)
                    if value[0] == "ext"
                }
                if "staticmethod" in kinds:
                    return (("def", node[0], bound[1]),)
                if receiver[0] != "cls" and kinds & self.properties:
                    return self.result(("bound", node[0], bound[1], receiver), (), ())
                if "classmethod" in kinds:
                    return (("bound", node[0], bound[1], ("cls", receiver[1], receiver[2])),)
                if receiver[0] == "cls":
                    return (("def", node[0], bound[1]),)
                return (("bound", node[0], bound[1], receiver),)
            return (self._definition(node[0], bound[1]),)
        factory = self.factory(bound)
        if factory is not None:
            return self._each(
                self.resolve(node[0], class_.parent, factory),
                lambda made: self.result(made, (), (), node[0], class_.parent),
            )
        # A class body sees its own names before the module's.
        if bound is not None and bound[0] == "n" and bound[1] != name and bound[1] in class_.attributes:
            return [
                value
                for inner in class_.attributes[bound[1]]
                for value in self._class_member(node, inner, receiver, bound[1])
            ]
        return self.resolve(node[0], class_.parent, bound)

    @staticmethod
    def factory(bound: Expr) -> Expr:
        """What makes the value of a field that is bound to ``field(default_factory=…)``; None for anything else."""
        if (
            bound is None
            or bound[0] != "c"
            or bound[1] is None
            or bound[1][-1] not in ("field", "Field", "ib", "attrib", "Factory")
        ):
            return None
        return next((value for word, value in bound[3] if word in ("default_factory", "factory")), None)

    def _class_attribute(self, value: Value, name: str, receiver: Value) -> list[Value]:
        results: list[Value] = []
        for node in self.ancestors((value[1], value[2])):
            class_ = self.class_of(node)
            if class_ is None:
                continue
            if name in class_.attributes:
                for bound in class_.attributes[name]:
                    results += self._class_member(node, bound, receiver, name)
            skeleton = self.program.skeleton(node[0])
            if skeleton is not None:  # Class.name = … from anywhere in its module
                for scope, base, bound in skeleton.item_stores:
                    if (
                        base is not None
                        and base[0] == "a"
                        and base[2] == name
                        and base[1] in (("n", class_.name), ("n", "cls"))
                    ):
                        results += self.resolve(node[0], scope, bound)
            if results:
                break
        if not results:
            results = [
                external
                for node in self.ancestors((value[1], value[2]))
                for base in self.bases(node)
                if base[0] == "ext" and base[1] not in ("object", "abc.ABC")
                for external in self._external(f"{base[1]}.{name}")
            ]
        return results

    def property_of(self, value: Value, name: str) -> list[Node]:
        """The property methods that reading ``value.name`` runs."""
        found = []
        for node in self.ancestors((value[1], value[2])):
            class_ = self.class_of(node)
            if class_ is not None and name in class_.attributes:
                for bound in class_.attributes[name]:
                    if bound is not None and bound[0] == "f":
                        method = (node[0], bound[1])
                        if self.decorator_operations(method) & self.properties:
                            found.append(method)
                break
        return found

    def item(self, value: Value, key: Any, *, iterating: bool = False) -> Iterable[Value]:
        """What ``value[key]`` is; key None where it is not a constant; ``iterating`` gives an element instead."""
        kind = value[0]
        if kind == "cls" and iterating:
            return (value,)  # one of the classes that __subclasses__() lists
        if kind == "ext":
            return self._external(value[1] if value[1].endswith("[][][]") else f"{value[1]}[]")
        if kind == "coll":
            path, scope, literal = value[1], value[2], value[3]
            if literal[0] == "d":
                if iterating:
                    return [("const", name) for name, _ in literal[1] if name is not None]
                exact = [inner for name, inner in literal[1] if key is not None and name == key]
                chosen = exact or [inner for _, inner in literal[1]]
                return [result for inner in chosen for result in self.resolve(path, scope, inner)]
            if type(key) is int and not iterating and -len(literal[1]) <= key < len(literal[1]):
                return self.resolve(path, scope, literal[1][key])
            return [result for inner in literal[1] for result in self.resolve(path, scope, inner)]
        if kind in ("inst", "self"):
            methods = tuple(self._instance_attribute(value, "__iter__" if iterating else "__getitem__"))
            if iterating and all(method[0] == "ext" for method in methods):
                return (value,)  # several of them, as Model.query() makes
            return self._each(methods, lambda method: self.result(method, (), ()))
        if kind == "const":
            return (("ext", "str[]"),) if type(value[1]) is str else ()
        return ()

    def _stored(self, path: str, scope: str, base: Expr) -> list[Value]:
        """What was stored into the collection ``base`` by ``base[…] = value`` in the module that owns it."""
        if base is None or base[0] not in ("n", "a"):
            return []
        tail = base[-1]
        owners = {path}
        binder = ""
        if base[0] == "n":
            identity = self.identity(path, scope, base)
            if identity is not None:
                owners, tail = {identity[0]}, identity[1]
            elif (found := self.program.skeleton(path)) is not None:
                binder = self._binder(found, scope, tail)
        else:
            owners |= {
                value[1] for value in self.resolve(path, scope, base[1]) if value[0] in ("cls", "inst", "self", "mod")
            }
        results: list[Value] = []
        for owner in sorted(owners):
            skeleton = self.program.skeleton(owner) if not owner.endswith("/") else None
            if skeleton is None:
                continue
            for where, target, value in (*skeleton.item_stores, *skeleton.appends):
                if target is None or target[0] != base[0] or target[-1] != tail or value is None:
                    continue
                if base[0] == "n" and self._binder(skeleton, where, tail) != (binder if owner == path else ""):
                    continue  # another variable of that name
                results += self.resolve(owner, where, value)
        return results

    @staticmethod
    def _binder(skeleton: Skeleton, scope: str, name: str) -> str:
        """The definition whose variable ``name`` is in ``scope``; "" for the module's."""
        at = scope
        while at:
            definition = skeleton.defs.get(at)
            if definition is None:
                break
            if name in definition.bindings and name not in definition.outer_names:
                return at
            at = definition.parent
        return ""

    def identity(self, path: str, scope: str, expr: Expr) -> tuple[str, str] | None:
        """The (path, name) of the module-level binding that ``expr`` leads to, through imports; None for others."""
        for _ in range(12):
            skeleton = self.program.skeleton(path)
            if skeleton is None or expr is None:
                return None
            if expr[0] == "n":
                at, name = scope, expr[1]
                bound: tuple[Expr, ...] | None = None
                while at:
                    definition = skeleton.defs.get(at)
                    if definition is None:
                        break
                    if name in definition.bindings and name not in definition.outer_names:
                        bound = definition.bindings[name]
                        break
                    at = definition.parent
                if bound is None and name in skeleton.bindings:
                    outer = [inner for _, inner in skeleton.bindings[name]]
                    if len(outer) != 1 or outer[0] is None or outer[0][0] not in ("m", "n", "a") or _of_call(outer[0]):
                        return path, name
                    bound = (outer[0],)
                    at = ""
                if bound is None or len(bound) != 1 or bound[0] is None:
                    return None
                expr, scope = bound[0], at
            elif expr[0] == "m":
                found = self.program.resolve(path, expr[1], expr[2])
                if found is None or expr[3] is None or found.endswith("/"):
                    return None
                path, scope, expr = found, "", ("n", expr[3])
            elif expr[0] == "a":
                modules = [value[1] for value in self.resolve(path, scope, expr[1]) if value[0] == "mod"]
                if len(modules) != 1 or modules[0].endswith("/"):
                    return None
                path, scope, expr = modules[0], "", ("n", expr[2])
            else:
                return None
        return None

    # -- calls

    def _call(self, path: str, scope: str, expr: Expr) -> list[Value]:
        callee, args, keywords = expr[1], expr[2], expr[3]
        results: list[Value] = []
        values = self.resolve(path, scope, callee)
        if callee is not None and callee[0] == "a" and callee[2] in ("get", "pop", "setdefault", "values", "items"):
            # Look-ups in literal registries: TABLE.get(key), and loops over TABLE.values().
            for value in self.resolve(path, scope, callee[1]):
                if value[0] == "coll" and value[3][0] == "d":
                    if callee[2] in ("get", "pop", "setdefault"):
                        key = args[0][1] if args and args[0] is not None and args[0][0] == "k" else None
                        results += self.item(value, key)
                    elif callee[2] == "values":
                        results.append(("coll", value[1], value[2], ("l", tuple(inner for _, inner in value[3][1]))))
                    else:
                        pairs = tuple(("l", (("k", name), inner)) for name, inner in value[3][1])
                        results.append(("coll", value[1], value[2], ("l", pairs)))
            if callee[2] in ("get", "pop") and not results:
                results += self._stored(path, scope, callee[1])
            if results:
                if callee[2] in ("get", "pop") and len(args) > 1:
                    results += self.resolve(path, scope, args[1])
                return results
        for value in values:
            results += self.result(value, args, keywords, path, scope)
        if callee is not None and callee[0] == "a":
            # What a class inherits from outside, called on the class itself, often makes an instance: Model.get(key).
            for value in self.resolve(path, scope, callee[1]):
                if value[0] == "cls" and callee[2] == "__subclasses__":
                    results += [("cls", *child) for child in self.subclasses((value[1], value[2]))]
                elif (
                    value[0] == "cls"
                    and values
                    and all(made[0] == "ext" for made in values)
                    and not callee[2].startswith("_")
                ):
                    results.append(("inst", value[1], value[2]))
        return results

    def result(
        self,
        value: Value,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str, Expr], ...],
        path: str = "",
        scope: str = "",
    ) -> Iterable[Value]:
        """What calling ``value`` gives; ``args`` and ``keywords`` are Exprs of ``scope`` in ``path``."""
        kind = value[0]
        if kind == "ext":
            return self._external_result(value[1], args, keywords, path, scope)
        if kind == "cls":
            return (("inst", value[1], value[2]),)
        if kind in ("def", "bound"):
            node = (value[1], value[2])
            returned = self._returned(node, value[3] if kind == "bound" else None)
            if any(found in _UNNAMED_SERVICE for found in returned):
                service = self._service_passed(node, int(kind == "bound"), args, keywords, path, scope)
                if service:
                    return [
                        ("ext", f"{found[1][:-1]}{service})") if found in _UNNAMED_SERVICE else found
                        for found in returned
                    ]
            return returned
        if kind == "partial":
            return self.result(value[1], (), (), path, scope)
        if kind in ("inst", "self"):
            return self._each(
                tuple(self._instance_attribute(value, "__call__")),
                lambda method: self.result(method, args, keywords, path, scope),
            )
        return ()

    def _external_result(
        self, operation: str, args: tuple[Expr, ...], keywords: tuple[tuple[str, Expr], ...], path: str, scope: str
    ) -> Iterable[Value]:
        if operation in _SDK:
            named = args[0] if args else next((value for word, value in keywords if word == "service_name"), None)
            services = {
                value[1] for value in self.resolve(path, scope, named) if value[0] == "const" and type(value[1]) is str
            }
            return self._external(f"{operation}({services.pop() if len(services) == 1 else ''})")
        if operation == "dict" and keywords and not args and all(name.isidentifier() for name, _ in keywords):
            return [("coll", path, scope, ("d", keywords))]
        if operation == "functools.partial" and args:
            return [("partial", value) for value in self.resolve(path, scope, args[0])]
        if operation == "getattr" and len(args) >= 2:
            found = [
                inner
                for value in self.resolve(path, scope, args[0])
                for name in self._named(value, args[1], path, scope)
                for inner in self.attribute(value, name)
            ]
            return [*found, *(self.resolve(path, scope, args[2]) if len(args) > 2 else ())]
        if operation in ("importlib.import_module", "__import__") and args:
            return self._imported_by_name(args[0], path, scope)
        if operation == "super":
            definition = self.definition((path, scope))
            while definition is not None and not definition.owner and definition.parent:
                definition = self.definition((path, definition.parent))
            if definition is not None and definition.owner:
                return [
                    ("inst", base[1], base[2]) if base[0] == "cls" else ("ext", f"{base[1]}()")
                    for base in self.bases((path, definition.owner))
                    if base[0] in ("cls", "ext")
                ]
            return ()
        if operation == "type" and len(args) == 1:
            return [
                ("cls", value[1], value[2])
                for value in self.resolve(path, scope, args[0])
                if value[0] in ("inst", "self")
            ]
        if operation in ("typing.cast", "cast") and len(args) == 2:
            return self._annotated(path, scope, args[0]) or self.resolve(path, scope, args[1])
        if operation in ("list", "tuple", "set", "sorted", "reversed", "iter", "enumerate", "next") and args:
            values = self.resolve(path, scope, args[0])
            literal = [value for value in values if value[0] == "coll"]
            if literal and operation != "enumerate":
                return (
                    self._each(tuple(literal), lambda value: self.item(value, None, iterating=True))
                    if operation == "next"
                    else literal
                )
        if operation in self.transparent and len(args) == 1:
            inner = [
                value for value in self.resolve(path, scope, args[0]) if value[0] in ("def", "bound", "cls", "partial")
            ]
            if inner:
                return inner
        if operation.endswith("()()()"):
            return ()
        return self._external(self.canonical(f"{operation}()"))

    def _named(self, value: Value, name: Expr, path: str, scope: str) -> list[str]:
        """The attributes of ``value`` that a string may name: its constants, or all that agree with its known ends."""
        if name is None:
            return []
        if name[0] != "s":
            exact = [
                found[1] for found in self.resolve(path, scope, name) if found[0] == "const" and type(found[1]) is str
            ]
            if exact or name[0] != "n":
                return exact
        patterns = [expr for expr in self._bound(path, scope, name) if expr is not None and expr[0] == "s"]
        if not patterns:
            return []
        candidates: dict[str, None] = {}
        if value[0] == "mod" and not value[1].endswith("/"):
            skeleton = self.program.skeleton(value[1])
            candidates.update(dict.fromkeys(skeleton.bindings if skeleton is not None else ()))
        elif value[0] in ("inst", "self", "cls"):
            family = [
                *self.ancestors((value[1], value[2])),
                *(self.subclasses((value[1], value[2])) if value[0] == "self" else ()),
            ]
            for owner in family:
                class_ = self.class_of(owner)
                candidates.update(dict.fromkeys(class_.attributes if class_ is not None else ()))
        return [item for item in candidates if any(_agrees(item, pattern) for pattern in patterns)]

    def _bound(self, path: str, scope: str, expr: Expr) -> tuple[Expr, ...]:
        """What is bound to a local name; the expression itself where it is none."""
        definition = self.definition((path, scope))
        if expr[0] == "n" and definition is not None:
            return definition.bindings.get(expr[1], ())
        return (expr,)

    def _imported_by_name(self, name: Expr, path: str, scope: str) -> list[Value]:
        """The modules that a string may name."""
        found: list[Value] = []
        for value in self.resolve(path, scope, name):
            if value[0] == "const" and type(value[1]) is str:
                module = value[1].lstrip(".")
                target = self.program.resolve(path, len(value[1]) - len(module), module)
                found += [("mod", target)] if target is not None else []
        for pattern in self._bound(path, scope, name) if name is not None else ():
            if (
                pattern is not None
                and pattern[0] == "s"
                and pattern[1].rstrip(".").replace(".", "").isidentifier()
                and pattern[1].endswith(".")
            ):
                package = pattern[1].strip(".")
                target = self.program.resolve(path, len(pattern[1]) - len(pattern[1].lstrip(".")), package)
                if target is not None and target.endswith(("/", "/__init__.py")):
                    found += [("mod", module) for module in self.program.below(target.rpartition("/")[0])]
        return found

    def _returned(self, node: Node, receiver: Value | None) -> list[Value]:
        definition = self.definition(node)
        if definition is None:
            return []
        annotated = self._annotated(node[0], definition.parent, definition.return_annotation)
        concrete = [value for value in annotated if value[0] == "inst" and not self.subclasses((value[1], value[2]))]
        if concrete and not definition.yields:
            return concrete
        results: list[Value] = []
        for returned in definition.returns:
            # a method that returns self is called on a known instance
            results += [
                receiver if value[0] == "self" and receiver is not None else value
                for value in self.resolve(node[0], node[1], returned)
            ]
        return results or [value for value in annotated if value[0] in ("inst", "ext")]

    def _service_passed(
        self,
        node: Node,
        offset: int,
        args: tuple[Expr, ...],
        keywords: tuple[tuple[str, Expr], ...],
        path: str,
        scope: str,
    ) -> str:
        """The service that a call of a factory (``def client(name): return boto3.client(name)``) names, else ""."""
        definition = self.definition(node)
        if definition is None:
            return ""
        for call in definition.calls:
            named = call.args[0] if call.args else dict(call.keywords).get("service_name")
            if (
                named is None
                or named[0] != "n"
                or ("p",) not in {bound[:1] for bound in definition.bindings.get(named[1], ()) if bound}
            ):
                continue
            if not any(value[0] == "ext" and value[1] in _SDK for value in self.resolve(*node, call.callee)):
                continue
            index = next(i for i, param in enumerate(definition.params) if param.name == named[1])
            given = argument(definition, index, CallRef(-1, None, args, keywords, "", 0, 0, 0, 0), offset)
            services = {
                value[1] for value in self.resolve(path, scope, given) if value[0] == "const" and type(value[1]) is str
            }
            if len(services) == 1:
                return str(services.pop())
        return ""

    def _entered(self, value: Value) -> Iterable[Value]:
        """What ``with value as x`` binds: what the project's ``__enter__`` returns, else the manager itself."""
        if value[0] in ("inst", "self"):
            for name in ("__enter__", "__aenter__"):
                methods = [method for method in self._instance_attribute(value, name) if method[0] == "bound"]
                if methods:
                    return self._each(tuple(methods), lambda method: self.result(method, (), ())) or (value,)
            return (value,)
        if value[0] == "coll":  # a generator made a context manager
            return self.item(value, None, iterating=True)
        return (value,)

    def _annotated(self, path: str, scope: str, annotation: Expr) -> list[Value]:
        """Instances of the classes that an annotation names."""
        if annotation is None:
            return []
        if annotation[0] == "k" and type(annotation[1]) is str:
            dotted = re.fullmatch(r"[A-Za-z_][\w.]*", annotation[1])
            if not dotted:
                return []
            head, *rest = annotation[1].split(".")
            annotation = ("n", head)
            for part in rest:
                annotation = ("a", annotation, part)
        if annotation[0] == "i":
            outer = {value[1] for value in self.resolve(path, scope, annotation[1]) if value[0] == "ext"}
            if outer & {"typing.Optional", "typing.Annotated", "typing.Final", "typing.ClassVar"}:
                inner = annotation[2]
                return self._annotated(
                    path, scope, inner[1][0] if inner is not None and inner[0] == "l" and inner[1] else inner
                )
            return []
        if annotation[0] == "o":
            return [value for part in annotation[1] for value in self._annotated(path, scope, part)]
        results: list[Value] = []
        for value in self.resolve(path, scope, annotation):
            if value[0] == "cls":
                results.append(("inst", value[1], value[2]))
            elif (
                value[0] == "ext"
                and "." in value[1]
                and not value[1].startswith(("typing.", "collections.", "builtins."))
            ):
                results += self._external(self.canonical(f"{value[1]}()"))
        return results

    # -- parameters

    def parameter(self, path: str, scope: str, index: int) -> list[Value]:
        """What the parameter ``index`` of ``scope`` may be: by annotation, by callers' arguments, by default."""
        entry = self.entry_params.get((path, scope, index))
        if entry is not None:
            return [("ext", entry)]
        definition = self.definition((path, scope))
        if definition is None or index >= len(definition.params):
            return []
        param = definition.params[index]
        if index == 0 and definition.owner and not param.kind:
            kinds = {
                value[1]
                for decorator in definition.decorators
                for value in self.resolve(path, definition.parent, decorator)
                if value[0] == "ext"
            }
            if "staticmethod" not in kinds:
                if definition.name == "__init_subclass__":
                    return [("cls", *child) for child in self.subclasses((path, definition.owner))]
                is_class = "classmethod" in kinds or definition.name == "__new__"
                return [("cls" if is_class else "self", path, definition.owner)]
        annotated = [
            ("self", value[1], value[2]) if value[0] == "inst" else value
            for value in self._annotated(path, definition.parent, param.annotation)
        ]
        if annotated:
            return annotated
        handed = self.handed((path, scope), index)
        if handed:
            return [("ext", handed)]
        results: list[Value] = []
        if param.kind in ("", "k"):
            results += self._from_callers((path, scope), definition, index)
        if param.has_default:
            results += self.resolve(path, definition.parent, param.default)
        return [value for value in results if value != ("const", None)] or results

    def handed(self, node: Node, index: int) -> str:
        """The operation whose result a known decorator or runner hands to a definition as a parameter, else ""."""
        definition = self.definition(node)
        if definition is None:
            return ""
        annotation = definition.params[index].annotation if index < len(definition.params) else None
        for value in self._annotated(node[0], definition.parent, annotation):
            if value in self.handed_over:
                return str(value[1])
        for operation in (*sorted(self.decorator_operations(node)), *self._runners(node, definition)):
            values = self.hands.get(operation, {}).get("values", ())
            if index < len(values) and values[index]:
                return str(values[index])
        return ""

    def _runners(self, node: Node, definition: Def) -> Iterable[str]:
        """The operations of the table that are given the definition in the module that holds it."""
        skeleton = self.program.skeleton(node[0])
        if skeleton is None:
            return
        if node[0] not in self._handing:
            tails = {name.rpartition(".")[2] for name in self.hands}
            calls = [("", call) for call in skeleton.calls]
            calls += [(item.qualname, call) for item in skeleton.defs.values() for call in item.calls]
            self._handing[node[0]] = [(scope, call) for scope, call in calls if call.tail in tails]
        for scope, call in self._handing[node[0]]:
            given = [*call.args, *(value for _, value in call.keywords)]
            if any(_names(value, definition) for value in given):
                yield from (value[1] for value in self.resolve(node[0], scope, call.callee) if value[0] == "ext")

    def index(self) -> dict[str, list[tuple[str, str, CallRef]]]:
        """All calls of the loaded modules by the last name of their callee; decorators count as calls."""
        if self._tails is None:
            tails: dict[str, list[tuple[str, str, CallRef]]] = {}
            for skeleton in self.program.loaded():
                for call in skeleton.calls:
                    tails.setdefault(call.tail, []).append((skeleton.path, "", call))
                for definition in skeleton.defs.values():
                    for call in definition.calls:
                        tails.setdefault(call.tail, []).append((skeleton.path, definition.qualname, call))
                decorated: list[Def | Class] = [*skeleton.defs.values(), *skeleton.classes.values()]
                for item in decorated:
                    for decorator in item.decorators:
                        if decorator is None:
                            continue
                        # what a decorator factory makes has no name of its own where it is called
                        tail = decorator[-1] if decorator[0] in ("n", "a") else FACTORY_MADE
                        if decorator[0] in ("n", "a", "c"):
                            call = CallRef(-1, decorator, (("f", item.qualname),), (), tail, item.line, 0, item.line, 0)
                            tails.setdefault(tail, []).append((skeleton.path, item.parent, call))
            self._tails = tails
        return self._tails

    def decorated(self) -> list[tuple[Def, Node, Expr]]:
        """The definitions of the loaded modules by decorators that are attributes, called or not, with these."""
        if self._decorated is None:
            self._decorated = [
                (definition, (skeleton.path, definition.qualname), target)
                for skeleton in self.program.loaded()
                for definition in skeleton.defs.values()
                for decorator in definition.decorators
                if (target := decorator[1] if decorator is not None and decorator[0] == "c" else decorator) is not None
                and target[0] == "a"
            ]
        return self._decorated

    def callers(self, node: Node) -> list[tuple[str, str, CallRef, int]]:
        """The calls of a definition in the loaded modules: (path, scope, call, index of the first given parameter)."""
        definition = self.definition(node)
        if definition is None:
            return []
        tail = definition.name
        if tail in ("__init__", "__new__", "__post_init__"):
            class_ = self.class_of((node[0], definition.owner))
            if class_ is None:
                return []
            names = {
                class_.name,
                *[child[1].rpartition(".")[2] for child in self.subclasses((node[0], definition.owner))],
                "__init__",
            }
        else:
            names = {tail, FACTORY_MADE} if definition.parent else {tail}
        found = []
        for name in sorted(names):
            candidates = self.index().get(name, [])
            if len(candidates) > CALLERS_LIMIT:
                continue
            for path, scope, call in candidates:
                for value in self.resolve(path, scope, call.callee):
                    offset = self._calls_node(value, node, definition)
                    if offset is not None:
                        found.append((path, scope, call, offset))
                        break
        return found

    def bound(self, node: Node) -> int:
        """How many parameters a call of a definition leaves to what decorates it (besides ``self``)."""
        definition = self.definition(node)
        if definition is None or not definition.decorators:
            return 0
        return max((self.hands.get(name, {}).get("bound", 0) for name in self.decorator_operations(node)), default=0)

    def _calls_node(self, value: Value, node: Node, definition: Def) -> int | None:
        if value[0] == "def" and (value[1], value[2]) == node:
            return self.bound(node)
        if value[0] == "bound" and (value[1], value[2]) == node:
            return 1
        if value[0] == "cls" and definition.name in ("__init__", "__new__") and definition.owner:
            for ancestor in self.ancestors((value[1], value[2])):
                class_ = self.class_of(ancestor)
                if class_ is not None and definition.name in class_.attributes:
                    return 1 if ancestor == (node[0], definition.owner) else None
        return None

    def _from_callers(self, node: Node, definition: Def, index: int) -> list[Value]:
        results: list[Value] = []
        for path, scope, call, offset in self.callers(node):
            given = argument(definition, index, call, offset)
            results += self.resolve(path, scope, given)
        return results

    # -- decorators

    def decorator_values(self, node: Node) -> list[tuple[Expr, Values]]:
        """For each decorator of a definition: the Expr and what it stands for (a decorator factory's own value)."""
        definition = self.definition(node)
        if definition is None:
            return []
        found = []
        for decorator in definition.decorators:
            target = decorator[1] if decorator is not None and decorator[0] == "c" else decorator
            found.append((decorator, self.resolve(node[0], definition.parent, target)))
        return found

    def decorator_operations(self, node: Node) -> frozenset[str]:
        """The operations of the external decorators of a definition."""
        return frozenset(value[1] for _, values in self.decorator_values(node) for value in values if value[0] == "ext")


def argument(definition: Def, index: int, call: CallRef, offset: int) -> Expr:
    """The Expr that a call passes for the parameter ``index``; None where it cannot be told."""
    param = definition.params[index]
    for word, value in call.keywords:
        if word == param.name:
            return value
    if param.kind == "":
        position = index - offset
        if 0 <= position < len(call.args):
            return call.args[position]
    return None


def _agrees(name: str, pattern: Expr) -> bool:
    return name.startswith(pattern[1]) and name.endswith(pattern[2]) and len(name) > len(pattern[1]) + len(pattern[2])


def _names(expr: Expr, definition: Def) -> bool:
    """Whether an argument is a definition, or a list with it, as far as its name tells."""
    if expr is None:
        return False
    if expr[0] == "l":
        return any(_names(item, definition) for item in expr[1])
    return expr in (("f", definition.qualname), ("n", definition.name))


def _of_call(expr: Expr) -> bool:
    """Whether an Expr is an attribute of what a call returned, which no other name stands for."""
    while expr is not None and expr[0] == "a":
        expr = expr[1]
    return expr is not None and expr[0] == "c"


def _unsubscripted(base: Expr) -> Expr:
    return base[1] if base is not None and base[0] == "i" else base
