"""`NamedTuple`, which behaves as that of `typing` and is made in a tenth of its time.

A run over one clean file makes some fifty of these classes, one with findings a hundred. That of `typing` compiles the
annotation of each field when they are strings, and `collections.namedtuple` a function for each class: that took 5 of
the 45 CPU milliseconds of a run over one file. Here classes with as many fields share what was compiled.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 - what type checkers know, handed on
else:
    try:
        from _collections import _tuplegetter as _field
    except ImportError:  # not CPython: as the module collections has it
        from operator import itemgetter

        def _field(index: int, doc: str) -> property:
            return property(itemgetter(index), doc=doc)

    _GLOBALS = {"_new": tuple.__new__}

    class _Tuple(tuple):
        """What all records can do; see `collections.namedtuple`."""

        __slots__ = ()
        _fields: tuple[str, ...] = ()

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Any:
            found = tuple.__new__(cls, values)
            if len(found) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(found)}")
            return found

        def _replace(self, /, **values: Any) -> Any:
            found = self._make(map(values.pop, self._fields, self))
            if values:
                raise TypeError(f"Got unexpected field names: {list(values)!r}")
            return found

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            inner = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({inner})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    _compiled: dict[int, CodeType] = {}  # the code of ``__new__`` for so many fields, by other names

    def _constructor(count: int) -> CodeType:
        if count not in _compiled:
            names = ", ".join(f"_{index}" for index in range(count))
            made = eval(f"lambda _cls, {names}: _new(_cls, ({names},))", _GLOBALS)  # noqa: S307  nothing but numbers is in it
            _compiled[count] = made.__code__
        return _compiled[count]

    _Function = type(_constructor)

    class _Maker(type):
        """Turns a class statement into a tuple with fields, defaults and methods."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body.pop(field) for field in fields if field in body}
            code = _constructor(len(fields)).replace(co_name="__new__", co_varnames=("_cls", *fields))
            body["__new__"] = made = _Function(code, _GLOBALS, "__new__", tuple(defaults.values()))
            made.__qualname__ = f"{name}.__new__"
            body.update(_fields=fields, _field_defaults=defaults, __match_args__=fields, __slots__=())
            for index, field in enumerate(fields):
                body[field] = _field(index, f"Alias for field number {index}")
            return type(name, (_Tuple,), body)

    class NamedTuple(metaclass=_Maker):
        """The base of records: annotated fields, those with a default last, and methods."""
