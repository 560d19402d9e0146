"""Records, beside `collections.namedtuple`, whose behaviour they promise."""

import pickle
from collections import namedtuple

import pytest

from lambdalint.records import NamedTuple


class Place(NamedTuple):
    """Where something is."""

    path: str
    line: int
    column: int = 1
    notes: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Path and line."""
        return f"{self.path}:{self.line}"

    @classmethod
    def first(cls, path: str) -> "Place":
        """The first line of a file."""
        return cls(path, 1)


Known = namedtuple("Place", ["path", "line", "column", "notes"], defaults=[1, ()])  # noqa: PYI024 - what it is compared with


def test_fields_defaults_and_methods():
    place = Place("a.py", line=3)
    assert place == ("a.py", 3, 1, ()) == Known("a.py", 3)
    assert (place.path, place.line, place.column, place.notes) == tuple(place)
    assert (place.told, Place.first("b.py")) == ("a.py:3", Place("b.py", 1))
    assert hash(place) == hash(Known("a.py", 3))
    assert repr(place) == repr(Known("a.py", 3)) == "Place(path='a.py', line=3, column=1, notes=())"
    assert place < Place("a.py", 4)
    assert isinstance(place, tuple)
    assert Place.__doc__ == "Where something is."
    assert (Place.__name__, Place.__qualname__, Place.__module__) == ("Place", "Place", __name__)


@pytest.mark.parametrize("name", ["_fields", "_field_defaults", "__match_args__", "__slots__"])
def test_what_is_known_of_the_class(name):
    assert getattr(Place, name) == getattr(Known, name)


@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("a",), {}), (("a", 1, 2, (), 5), {}), (("a", 1), {"path": "b"}), (("a", 1), {"other": 1})],
)
def test_arguments_that_do_not_fit(given, named):
    with pytest.raises(TypeError) as expected:
        Known(*given, **named)
    with pytest.raises(TypeError) as raised:
        Place(*given, **named)
    assert str(raised.value) == str(expected.value)


def test_changed_and_taken_apart():
    place = Place("a.py", 3)
    assert place._replace(line=4, notes=("x",)) == Place("a.py", 4, 1, ("x",))
    assert type(place._replace()) is Place
    assert place._asdict() == {"path": "a.py", "line": 3, "column": 1, "notes": ()}
    assert Place._make(["b.py", 1, 2, ()]) == Place("b.py", 1, 2)
    match place:
        case Place(path, line):
            assert (path, line) == ("a.py", 3)
    with pytest.raises(TypeError, match="Got unexpected field names: \\['lines'\\]"):
        place._replace(lines=4)
    with pytest.raises(TypeError, match="Expected 4 arguments, got 1"):
        Place._make(["b.py"])
    with pytest.raises(AttributeError):
        place.line = 5
    with pytest.raises(AttributeError):
        place.other = 5


def test_pickled_and_copied():
    place = Place("a.py", 3, notes=("x",))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(place, protocol))
        assert (again, type(again)) == (place, Place)
