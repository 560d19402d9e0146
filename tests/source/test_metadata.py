"""Which distributions a module asks about when it is loaded."""

import pytest

from lambdalint.source.metadata import asked


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import importlib.metadata\nv = importlib.metadata.version('x')", ["x"]),
        ("import importlib.metadata as m\nv = m.version('x')", ["x"]),
        ("from importlib import metadata\nv = metadata.metadata('x')['Name']", ["x"]),
        ("from importlib.metadata import version as v\nclass A:\n    b = v('x')", ["x"]),
        ("import importlib_metadata\nv = importlib_metadata.requires('x')", ["x"]),
        ("import pkg_resources\npkg_resources.require('x[y]>=1')", ["x[y]>=1"]),
        ("try:\n    from importlib.metadata import version\nexcept ImportError:\n    pass\nversion('x')", ["x"]),
        ("from importlib.metadata import version\nversion(__name__)", ["pack"]),
        ("from importlib.metadata import version\nversion(NAME)\nversion('')\nversion()", []),
        ("from importlib.metadata import entry_points\nentry_points(group='x')", []),
        ("from other.metadata import version\nversion('x')", []),
        ("def version(name): ...\nversion('x')", []),
        ("from importlib.metadata import version\ntry:\n    version('x')\nexcept Exception:\n    pass", []),
        ("from importlib.metadata import version\nwith quiet():\n    version('x')", []),
        ("from importlib.metadata import version\nif DEBUG:\n    version('x')", []),
        ("from importlib.metadata import version\na = DEBUG and version('x')", []),
        ("from importlib.metadata import version\na = lambda: version('x')", []),
        ("from importlib.metadata import version\na = [version(n) for n in ('x',)]", []),
    ],
)
def test_questions_about_distributions(source, expected):
    assert [item.name for item in asked(source.encode(), "pack.py", "pack", (3, 13))] == expected


def test_a_module_in_a_package_is_no_distribution():
    source = b"from importlib.metadata import version\nversion(__name__)"
    assert asked(source, "a/b.py", "a.b", (3, 13)) == ()
