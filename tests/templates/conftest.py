"""Readings of the samples, and of templates written in a test."""

import pathlib

import pytest

from lambdalint.model import State
from lambdalint.templates import is_template, read_templates
from lambdalint.tree import DirectoryTree
from tests.trees import MemoryTree

SAMPLES = pathlib.Path(__file__).parent / "samples"


@pytest.fixture
def written():
    """Reads templates given as a dict of path to text."""

    def read(files):
        tree = MemoryTree(files)
        return read_templates(tree, [path for path in files if is_template(path, tree.files[path])])

    return read


@pytest.fixture
def sample():
    """Reads a directory of samples."""

    def read(name):
        root = SAMPLES / name
        paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        templates = [path for path in paths if is_template(path, (root / path).read_bytes())]
        return read_templates(DirectoryTree(str(root)), templates)

    return read


@pytest.fixture
def functions(sample):
    """The functions of a directory of samples by name."""

    def read(name):
        found = sample(name)
        assert found.problems == ()
        return {function.name: function for function in found.functions}

    return read


@pytest.fixture
def at():
    """A Known value with the line on which it is set; lists and mappings with the lines of their parts."""

    def value_and_line(value):
        assert value.state is State.KNOWN, value
        return (plain(value), value.location.line if value.location else None)

    return value_and_line


def plain(value):
    found = value.value
    if isinstance(found, dict):
        return {name: (plain(part), part.location.line) for name, part in found.items()}
    if type(found) is tuple and found and hasattr(found[0], "state"):
        return [(plain(part), part.location.line) for part in found]
    return found
