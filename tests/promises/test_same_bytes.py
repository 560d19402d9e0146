"""The same bytes whatever the hash seed, the order of arguments and entries, the directory, locale, jobs and cache."""

import hashlib
import itertools
import os
import shutil

import pytest

from tests.processes import ROOT, run
from tests.promises import traps

FORMATS = ("text", "concise", "json", "sarif", "github")
# Real fixtures of each kind of rule: calls, templates, events, loops of events.
FIXTURES = (
    "client-in-handler",
    "sleep-in-handler",
    "recursive-trigger",
    "missing-idempotency",
    "mutable-global",
    "handler-not-found",
)
LOCALES = (
    {"LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
    {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "TZ": "America/Anchorage"},
)


def write(top, backwards):
    """The same project as another, its entries made in another order."""
    sources = [(ROOT / "fixtures" / name / kind, top / name / kind) for name in FIXTURES for kind in ("bad", "good")]
    for source, target in sorted(sources, reverse=backwards):
        for path in sorted(source.rglob("*"), reverse=backwards):
            if path.is_file():
                (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / path.relative_to(source))
    traps.project(top, note="/tmp/none")
    for name in sorted(("é.py", "日本.py", "z z.py", "ﬁ.py"), reverse=backwards):
        (top / name).write_text(traps.HANDLER)
    (top / ".git").mkdir()
    return top


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """The project twice, at places whose paths differ in length, depth and order."""
    return [
        write(tmp_path_factory.mktemp("a") / "p", False),
        write(tmp_path_factory.mktemp("zzzz") / "deep" / "er" / "another", True),
    ]


def ways():
    """24 ways of one run: every combination of seed, order, directory and locale, with the jobs and the cache of each."""
    combinations = list(itertools.product(("0", "1", "random"), (False, True), (0, 1), (0, 1)))
    assert len(combinations) == 24
    for number, (seed, backwards, copy, locale) in enumerate(combinations):
        jobs = ["--jobs", ("1", "2", "8")[number % 3]]
        yield (
            seed,
            backwards,
            copy,
            locale,
            jobs,
            ("none", "cold", "warm")[(number // 3) % 3],
        )


def digest(where, top):
    """What all outputs are, none of which may name the directory of the project."""
    found = hashlib.sha256()
    for path in sorted(where.iterdir()):
        data = path.read_bytes()
        assert data
        assert os.fsencode(top) not in data
        found.update(path.name.encode() + b"\0" + data)
    return found.hexdigest()


@pytest.mark.parametrize("command", ["check", "functions", "graph", "bundle"])
def test_one_digest(copies, tmp_path, command):
    formats = {
        "check": FORMATS,
        "functions": ("text", "json"),
        "graph": ("text", "mermaid", "dot"),
        "bundle": ("text", "json"),
    }[command]
    digests = {}
    cache = tmp_path / "cache"
    for number, (seed, backwards, copy, locale, jobs, cached) in enumerate(
        ways() if command == "check" else list(ways())[::5]
    ):
        top, where = copies[copy], tmp_path / str(number)
        where.mkdir()
        inner = top / "project"
        paths = (
            sorted((path for path in top.iterdir() if path.name != ".git"), reverse=backwards)
            if command != "bundle"
            else [top]
        )
        started_in = (top, inner, tmp_path)[number % 3]
        options = [*(["--select", "ALL"] if command == "check" else []), *(jobs if command == "check" else [])]
        if command == "check" and cached != "none":
            options += ["--cache-dir", cache if cached == "warm" else where.with_suffix(".cache")]
        else:
            options += ["--no-cache"]
        for name in formats:
            options += ["--output", f"{name}:{where / name}"]
        done = run(command, *options, *paths, cwd=started_in, variables={"PYTHONHASHSEED": seed, **LOCALES[locale]})
        assert done.returncode == (1 if command == "check" else 0), done.stderr.decode()
        assert done.stdout == b""
        digests[digest(where, top)] = number
    assert len(digests) == 1, digests
