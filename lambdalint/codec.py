"""Records ↔ what JSON can hold, by the annotations of their fields.

What is read back may come from anyone who can write where a cache lies: it becomes records of the kinds that the
annotations name, with fields of the types that they name, or a `Mismatch`. Nothing else is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Step = Callable[[Any], Any]
    Coder = tuple[Step, Step]  # to plain data, and back


class Mismatch(Exception):
    """A value that is not of the type that it should be."""


class Codec:
    """Writes and reads records of some classes.

    Args:
        classes: those that annotations may name: named tuples and enumerations.
    """

    def __init__(self, classes: Mapping[str, type]) -> None:
        self.classes = classes
        self._coders: dict[str, Coder] = {}
        for plain in (str, int, bool):
            self._coders[plain.__name__] = (_exactly(plain), _exactly(plain))
        self._coders["Any"] = (self._write_any, self._read_any)

    def write(self, annotation: str, value: Any) -> Any:
        """``value``, which is of the type ``annotation``, as plain data. Raises: Mismatch."""
        return self._coder(annotation)[0](value)

    def read(self, annotation: str, data: Any) -> Any:
        """The value of the type ``annotation`` that `write` made ``data`` of. Raises: Mismatch."""
        return self._coder(annotation)[1](data)

    def _coder(self, annotation: str) -> Coder:
        if annotation not in self._coders:
            self._coders[annotation] = self._made(annotation)
        return self._coders[annotation]

    def _made(self, annotation: str) -> Coder:
        options = _split(annotation, "|")
        if len(options) > 1:
            rest = [item for item in options if item != "None"]
            return _optional(self._coder(rest[0])) if len(rest) == 1 else self._coder("Any")
        name, _, inside = annotation.partition("[")
        arguments = _split(inside[:-1], ",")
        if name == "tuple" and arguments[-1] == "...":
            return _sequence(self._coder(arguments[0]))
        if name == "tuple":
            return _fixed(tuple, [self._coder(item) for item in arguments], tuple)
        if name == "Mapping":
            return _mapping(*(self._coder(item) for item in arguments))
        return self._record(self.classes[name])

    def _record(self, made: Any) -> Coder:
        if issubclass(made, Enum):
            values = {member.value: member for member in made}
            return (lambda value: value.value), lambda data: _of(values, data)
        coders: list[Coder] = []

        # a record may hold others of its kind, so what its fields are is asked when the first one is met
        def fields() -> list[Coder]:
            if not coders:
                coders.extend(self._coder(made.__annotations__[field]) for field in made._fields)
            return coders

        return _fixed(made, fields, made._make)

    # -- what an annotation leaves open: plain values as they are, others with the name of their type

    def _write_any(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (str, int, bool, float):
            return value
        if kind is tuple:
            return {"tuple": [self._write_any(item) for item in value]}
        if isinstance(value, dict):  # also those that know more than what they hold, which is lost
            return {"dict": [[self._write_any(key), self._write_any(item)] for key, item in value.items()]}
        if self.classes.get(kind.__name__) is kind:
            return {kind.__name__: self._coder(kind.__name__)[0](value)}
        raise Mismatch(f"a {kind.__name__}")

    def _read_any(self, data: Any) -> Any:
        if type(data) is not dict:
            if data is None or type(data) in (str, int, bool, float):
                return data
            raise Mismatch("no plain value")
        if len(data) != 1:
            raise Mismatch("no value with its type")
        ((name, inside),) = data.items()
        if name == "tuple":
            return tuple([self._read_any(item) for item in _a_list(inside)])
        if name == "dict":
            pairs = [_a_list(pair, 2) for pair in _a_list(inside)]
            return {_a_key(self._read_any(key)): self._read_any(item) for key, item in pairs}
        if name not in self.classes:
            raise Mismatch(f"no type {name}")
        return self._coder(name)[1](inside)


def _exactly(kind: type) -> Step:
    def step(value: Any) -> Any:
        if type(value) is not kind:
            raise Mismatch(f"a {type(value).__name__} for a {kind.__name__}")
        return value

    return step


def _optional(inner: Coder) -> Coder:
    write, read = inner
    return (
        lambda value: None if value is None else write(value),
        lambda data: None if data is None else read(data),
    )


def _sequence(inner: Coder) -> Coder:
    write, read = inner
    return (
        lambda value: [write(item) for item in _a(tuple, value)],
        lambda data: tuple([read(item) for item in _a_list(data)]),
    )


def _fixed(kind: type, coders: Callable[[], list[Coder]] | list[Coder], make: Step) -> Coder:
    """Tuples with a type for each place."""

    def each() -> list[Coder]:
        return coders if isinstance(coders, list) else coders()

    def write(value: Any) -> Any:
        return [coder[0](item) for coder, item in zip(each(), _a(kind, value), strict=True)]

    def read(data: Any) -> Any:
        found = each()
        return make([coder[1](item) for coder, item in zip(found, _a_list(data, len(found)), strict=True)])

    return write, read


def _mapping(key: Coder, item: Coder) -> Coder:
    return (
        lambda value: [[key[0](name), item[0](inner)] for name, inner in value.items()],
        lambda data: {key[1](name): item[1](inner) for name, inner in (_a_list(pair, 2) for pair in _a_list(data))},
    )


def _a(kind: type, value: Any) -> Any:
    """``value``, which must be of a type and not of one derived from it: that would be lost."""
    if type(value) is not kind:
        raise Mismatch(f"a {type(value).__name__} for a {kind.__name__}")
    return value


def _a_list(data: Any, length: int | None = None) -> list[Any]:
    if type(data) is not list or (length is not None and len(data) != length):
        raise Mismatch("no list, or one of another length")
    return data


def _a_key(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        raise Mismatch("a key that is none") from None
    return value


def _of(values: Mapping[Any, Any], data: Any) -> Any:
    if type(data) not in (str, int) or data not in values:
        raise Mismatch("no member of its enumeration")
    return values[data]


def _split(text: str, separator: str) -> list[str]:
    """The parts of an annotation between separators that are in no brackets."""
    parts = [""]
    depth = 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == separator and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
