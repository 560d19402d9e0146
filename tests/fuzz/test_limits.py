"""Source of any depth: analysed, or left out with a reason, and the same on a large and a small stack."""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys
import threading

import pytest

from tests.fuzz.shapes import SHAPES, depths

resource = pytest.importorskip("resource")

ROOT = pathlib.Path(__file__).parent.parent.parent
MAIN = {"8 MiB": 8 << 20, "1 MiB": 1 << 20}
SMALL, DEEP, FAR = 8, (98, 1001), 100_000
# Of these nothing is Python from the first level on, or is only in a newer one.
NO_PYTHON = {"brackets-left-open", "brackets-closed"}
NEWER = {"formatted", "format-specification"}
# However much there is of these, it is one token, or white space.
FLAT = {"text", "name", "spaces"}
PATIENCE = 300  # seconds without a word after which a child hangs


# Where analysing ends: the last depth, and the reason for the next.
LIMITS = (
    ("minus", 216, "nested more than 220 levels deep"),
    ("attributes", 216, "nested more than 220 levels deep"),
    ("elif", 216, "nested more than 220 levels deep"),
    ("if", 98, "too many levels of indentation"),
    ("lists", 200, "too many nested parentheses"),
    ("and", 999, "an expression of more than 1,000 operands"),
    ("compare", 1000, "an expression of more than 1,000 operands"),
    ("strings", 2999, "parser error"),
    ("pattern-groups", 9, "patterns that nest too deeply"),
    ("dotted-import", 5000, "a dotted name of more than 10,000 characters"),
)


class Child:
    """A process that analyses shapes on a stack of some size. The answer to the one that ends it says so."""

    def __init__(self, stack: int, wanted: list[str]) -> None:
        def small() -> None:
            resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))

        self.wanted = wanted
        self.answers: dict[str, str] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.limits", *wanted],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            preexec_fn=small,  # noqa: PLW1509 - no thread runs when a child is started
        )

    def finish(self) -> None:
        """Read what it says. A line that does not come within `PATIENCE` is a hang, and the process is ended."""
        assert self.process.stdout is not None
        named = (item.partition(":") for item in self.wanted)
        said = [f"{shape} {depth}" for shape, _, depths in named for depth in depths.split(",")]
        ended = ""
        for name in said:
            timer = threading.Timer(PATIENCE, self.process.kill)
            timer.start()
            line = self.process.stdout.readline()
            timer.cancel()
            if not line.endswith("\n"):
                ended = name
                break
            assert line.startswith(f"{name} ")
            self.answers[name] = line[len(name) + 1 :].strip()
        _, error = self.process.communicate()
        if ended:
            self.answers[ended] = f"ended the process: {self.process.returncode} {error[-500:]}"


@functools.cache
def answers() -> dict[str, dict[str, str]]:
    """What became of each shape, by the size of the stack."""
    wanted = [f"{shape}:{depth}" for shape in SHAPES for depth in depths(shape, (SMALL, *DEEP))]
    # what is that long takes time, and is far beyond either stack
    far = [f"{shape}:{FAR}" for shape in ("parentheses", "and", "attributes", "lambdas", "elif", *sorted(FLAT))]
    edges = [f"{shape}:{depth},{depth + 1}" for shape, depth, _ in LIMITS]
    children = {name: Child(size, wanted + far + edges) for name, size in MAIN.items()}
    for child in children.values():
        child.finish()
    return {name: child.answers for name, child in children.items()}


@pytest.fixture(scope="module")
def told():
    return answers()


@pytest.mark.parametrize("stack", MAIN)
def test_no_shape_ends_the_process(told, stack):
    assert [
        (name, text) for name, text in told[stack].items() if not text.startswith(("analysed", "not analysed: "))
    ] == []
    assert {name.partition(" ")[0] for name in told[stack]} == set(SHAPES)


def test_the_size_of_the_stack_decides_nothing(told):
    one, other = told.values()
    assert one == other


@pytest.mark.parametrize("shape", SHAPES)
def test_a_little_is_analysed_and_no_end_is_not(told, shape):
    found = told["1 MiB"]
    if shape not in NO_PYTHON | NEWER:
        assert found[f"{shape} {SMALL}"] == "analysed"
    if shape in NO_PYTHON:
        assert found[f"{shape} {DEEP[0]}"].startswith("not analysed: ")
    if f"{shape} {FAR}" in found:
        assert (found[f"{shape} {FAR}"] == "analysed") == (shape in FLAT)


@pytest.mark.parametrize(("shape", "depth", "reason"), LIMITS)
def test_limits(told, shape, depth, reason):
    assert told["1 MiB"][f"{shape} {depth}"] == "analysed"
    assert reason in told["1 MiB"][f"{shape} {depth + 1}"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the parser of Python itself needs more before 3.12")
def test_in_a_thread_of_half_a_mebibyte():
    wanted = [
        f"{shape}:{depth}"
        for shape in ("lambdas", "attributes", "elif", "lists", "plus", "if")
        for depth in depths(shape, DEEP)
    ]
    child = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.limits", str(512 << 10), *wanted],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=True,
    )
    found = dict(
        line.rsplit(" ", 1) if line.endswith(" analysed") else line.split(" not ", 1)
        for line in child.stdout.splitlines()
    )
    assert {f"{name} {text}" for name, text in found.items()}.issubset(
        {f"{name} {text.removeprefix('not ')}" for name, text in answers()["8 MiB"].items()}
    )
    assert len(found) == len(wanted)
