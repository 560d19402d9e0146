"""gitignore's language: single patterns, and whole files of them beside git itself."""

import os
import random
import subprocess

import pytest

from lambdalint.ignores import Patterns


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        (["a.py"], "a.py", True),
        (["a.py"], "d/a.py", True),
        (["a.py"], "ba.py", None),
        (["/a.py"], "d/a.py", None),
        (["d/a.py"], "d/a.py", True),
        (["d/a.py"], "e/d/a.py", None),
        (["build/"], "build/", True),
        (["build/"], "build", None),
        (["*.py[co]"], "d/x.pyc", True),
        (["*.py[co]"], "d/x.py", None),
        (["*.tar.gz"], "x.tar.gz", True),
        (["*.tar.gz"], "x.gz", None),
        (["*~"], "d/x~", True),
        (["d/*"], "d/e/x", None),
        (["d/**"], "d/e/x", True),
        (["d/**"], "d", None),
        (["**/e/x"], "e/x", True),
        (["d/**/x"], "d/x", True),
        (["[!a-c]"], "d", True),
        (["[^a-c]"], "a", None),
        (["[]-]x"], "]x", True),
        (["[z-a]"], "m", None),
        (["a["], "a[", None),
        (["\\#a"], "#a", True),
        (["\\!a"], "!a", True),
        (["a\\ "], "a ", True),
        (["a  \r"], "a", True),
        (["a\\"], "a\\", None),
        (["# a", "", "/", "!"], "a", None),
        (["a", "!a"], "a", False),
        (["!a", "a"], "a", True),
        (["*", "!*.py"], "x.py", False),
    ],
)
def test_verdict(lines, path, expected):
    assert Patterns(lines).verdict(path) is expected


def test_what_lies_in_a_directory_that_is_left_out_is_covered():
    patterns = Patterns(["v/", "!v/x.py"])
    assert patterns.verdict("v/x.py") is False
    assert patterns.covers("v/x.py")
    assert patterns.covers("d/v/e/y.py")
    assert not patterns.covers("v")
    assert not patterns.covers("d/w/y.py")


def test_patterns_of_many_wildcards_end():
    assert Patterns(["*a" * 60 + "b"]).verdict("a" * 250) is None
    assert Patterns(["**/a/" * 60 + "b"]).verdict("a/" * 1000 + "c") is None


ATOMS = ["a", "b", "ab", "*", "**", "?", "[ab]", "[!a]", "[^b]", "a*", "*b", "*.py", "*.p[yc]", "a.py", "b.pyc", ".a", "\\a", "\\*",
         "[a-c]b", "*.*", "a?b", "***", "x y", "a\\ ", "[]a]", "c*.a.py", "*.a.py", "*a*b*"]  # fmt: skip
NAMES = ["a", "b", "ab", "a.py", "b.pyc", ".a", "c.a.py", "x y", "a*", "aab", "acb", "*"]


def pattern(chance):
    text = "/".join(chance.choices(ATOMS, k=chance.choice([1, 1, 1, 2, 2, 3])))
    text = chance.choice(["", "", "", "!", "/", "#", "!/"]) + text
    return text + chance.choice(["", "", "", "/", "  ", "\r"])


def walked(root, patterns):
    found = []
    stack = [""]
    while stack:
        prefix = stack.pop()
        for entry in os.scandir(root / prefix):
            path = prefix + entry.name + ("/" if entry.is_dir() else "")
            if entry.name not in {".git", ".gitignore"} and not patterns.verdict(path):
                (stack if entry.is_dir() else found).append(path)
    return sorted(found)


@pytest.mark.parametrize("seed", range(8))
def test_files_of_patterns_mean_what_they_mean_to_git(tmp_path, seed):
    chance = random.Random(seed)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for _ in range(30):
        target = tmp_path.joinpath(*chance.choices(NAMES, k=chance.choice([1, 2, 2, 3, 4])))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        except OSError:
            continue  # a name that is a file already
    for _ in range(12):
        text = "\n".join(pattern(chance) for _ in range(chance.choice([1, 2, 3, 5])))
        (tmp_path / ".gitignore").write_bytes(text.encode())
        command = ["git", "ls-files", "-z", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        expected = sorted(set(done.stdout.split("\0")) - {"", ".gitignore"})
        assert walked(tmp_path, Patterns(text.split("\n"))) == expected, text
