"""Where modules lie in artifacts: folders around everything, and layers."""

import pytest

from lambdalint.bundle.layers import OPT, TASK, Part
from lambdalint.bundle.layout import misplaced, wrapping
from lambdalint.bundle.targets import runtime
from tests.bundles.memory import MemoryArtifact


def layer(*paths):
    return Part("layer.zip", MemoryArtifact(dict.fromkeys(paths, "")), OPT)


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["build/app.py", "build/lib/x.py"], "build"),
        (["build/app.py", "__MACOSX/._app.py", ".DS_Store"], "build"),
        (["build/app.py", "README.md"], ""),
        (["app.py"], ""),
        (["one/app.py", "two/app.py"], ""),
    ],
)
def test_the_folder_around_everything(paths, folder):
    assert wrapping(Part("f.zip", MemoryArtifact(dict.fromkeys(paths, "")), TASK)) == folder


SITE = "python/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("paths", "on", "expected"),
    [
        (["x.py"], "python3.12", ("root", ("x",))),
        (["x/__init__.py", "x-1.dist-info/METADATA"], "python3.12", ("root", ("x",))),
        (["python/x.py", "y.py"], "python3.12", None),
        (["bin/tool.py", "lib/libx.so", "extensions/agent", "data/x.py"], "python3.12", None),
        (["nodejs/node_modules/x/x.js"], "python3.12", None),
        ([f"{SITE}/x.py"], "python3.12", ("version", ("x",))),
        ([f"{SITE}/x.py"], "python3.11", None),
        ([f"{SITE}/x.py"], "", None),
        ([f"{SITE}/x.py", "python/y.py"], "python3.12", None),
        (["python/python/x.py"], "python3.12", ("nested", ("x",))),
        (["python/python/__init__.py", "python/python/x.py"], "python3.12", None),  # a package of that name
        (["python/python/x.py", "python/y.py"], "python3.12", None),
        (["python/python/data.json"], "python3.12", None),
    ],
)
def test_modules_of_a_layer_that_no_function_finds(paths, on, expected):
    found = misplaced(layer(*paths), runtime(on))
    assert (found and (found.kind, found.names)) == expected
