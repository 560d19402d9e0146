"""Files seen = analysed + skipped (with a reason) + excluded, in JSON and in the last line of the text."""

import json
import os
import random
import re
import socket
import zipfile

import pytest

from lambdalint import cli
from tests.hostile import GENERATOR, generated, group
from tests.processes import ROOT

LEFT_OUT = (".git", ".venv", "node_modules", "site-packages", "__pycache__", ".aws-sam", ".tox")
CONTENTS = (b"x = 1\n", b"def handler(event, context):\n    return {}\n", b"import boto3\ndef handler(event, context):\n    boto3.client('s3')\n",
            b"x = (\n", b"\xff\xfe", b"", b"x = " + b"(" * 500, b"# coding: rot13\n")  # fmt: skip


def checked(capsys, *arguments):
    """What JSON and the last lines of the text say of one run; the text may be that of the cache."""
    status = cli.main(["check", "--output", "json", *map(str, arguments)])
    report = json.loads(capsys.readouterr().out)
    assert cli.main(["check", *map(str, arguments)]) == status
    text = " ".join(capsys.readouterr().out.split())
    return report, text[text.rindex(" in ", 0, text.rindex(" analysed")) :]


def assert_invariant(report, summary):
    """The counts are those of the lists, no input has two outcomes, and each that is skipped has its reason."""
    skipped = [item["path"] for item in report["skipped"]]
    listed = [*report["analysed"], *skipped]
    assert len(listed) == len(set(listed))
    assert all(item["reason"].strip() for item in report["skipped"])
    assert report["summary"]["analysed"] == len(report["analysed"])
    assert report["summary"]["skipped"] == len(skipped)
    assert {level: report["summary"][f"{level}s"] for level in ("error", "warning", "info")} == {
        level: sum(item["severity"] == level for item in report["findings"]) for level in ("error", "warning", "info")
    }
    told = {label: int(number) for number, label in re.findall(r"(\d+) (?:files? )?(analysed|skipped)", summary)}
    assert told.get("analysed") == len(report["analysed"])
    assert told.get("skipped", 0) == len(skipped)
    # whatever was skipped is a finding as well, so that no format is silent about it
    assert {item["path"] for item in report["findings"] if item["code"] in ("LL001", "LL002")} >= set(skipped)


def tree(top, seed):
    """A directory of any shape; its Python files with what must become of them, and how many entries are excluded."""
    chance = random.Random(seed)
    expected: dict[str, set[str]] = {}
    excluded = 0
    directories = [""]
    for number in range(chance.randint(1, 12)):
        directories.append(os.path.join(chance.choice(directories), f"d{number}"))
        os.mkdir(top / directories[-1])
    for directory in directories:
        for number in range(chance.randint(0, 6)):
            name = os.path.join(
                directory,
                chance.choice(
                    (f"m{number}.py", f"é{number}.py", f"a b{number}.py", f"\udcff{number}.py", f"test_{number}.py")
                ),
            )
            kind = chance.choice(
                ("file", "file", "file", "file", "pipe", "socket", "dangling", "out", "loop", "directory", "again")
            )
            path = top / name
            if kind == "file":
                content = chance.choice(CONTENTS)
                path.write_bytes(content)
                expected[name] = {"analysed"} if content in CONTENTS[:3] or content == b"" else {"skipped"}
            elif kind == "pipe":
                os.mkfifo(path)
                expected[name] = {"skipped"}
            elif kind == "socket":
                with socket.socket(socket.AF_UNIX) as listener:
                    listener.bind(os.path.relpath(path))
                expected[name] = {"skipped"}
            elif kind in ("dangling", "out", "loop"):
                os.symlink(
                    {"dangling": "nowhere.py", "out": "/etc/hostname", "loop": os.path.basename(name)}[kind], path
                )
                expected[name] = {"skipped"}
            elif kind == "directory":
                path.mkdir()
            else:  # a link to a file of the project, which is read once, as itself
                target = next(
                    (
                        item
                        for item, outcome in expected.items()
                        if not os.path.islink(top / item) and outcome == {"analysed"}
                    ),
                    None,
                )
                if target is not None:
                    os.symlink(os.path.relpath(top / target, path.parent), path)
        if chance.random() < 0.4:
            (top / directory / chance.choice(LEFT_OUT)).mkdir()
            excluded += 1
        if chance.random() < 0.3:
            (top / directory / "ignored").mkdir()
            (top / directory / "ignored" / "never.py").write_bytes(b"x = (")
            (top / directory / "secret.py").write_bytes(b"x = (")
            (top / directory / ".gitignore").write_text("/ignored/\n/secret.py\n")
            excluded += 2
        if chance.random() < 0.3:
            with zipfile.ZipFile(top / directory / "code.zip", "w") as archive:
                archive.writestr("inner.py", "x = 1\n")
    return expected, excluded


@pytest.mark.parametrize("seed", range(30))
def test_any_tree(tmp_path, monkeypatch, capsys, seed):
    monkeypatch.chdir(tmp_path)
    expected, excluded = tree(tmp_path, seed)
    (tmp_path / "last.py").write_text("x = 1\n")
    expected["last.py"] = {"analysed"}
    report, summary = checked(capsys)
    assert_invariant(report, summary)
    analysed = {path for path in report["analysed"] if ".zip" not in path}
    skipped = {item["path"] for item in report["skipped"]}
    outcome = {name.encode("utf-8", "backslashreplace").decode(): outcome for name, outcome in expected.items()}
    assert {path: {"analysed"} for path in analysed} | {path: {"skipped"} for path in skipped} == outcome
    assert report["summary"]["excluded"] == excluded


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "fixtures").iterdir() if path.is_dir()))
def test_every_fixture(monkeypatch, capsys, name):
    monkeypatch.chdir(ROOT / "fixtures" / name)
    report, summary = checked(capsys, ".")
    assert_invariant(report, summary)
    below = f"fixtures/{name}/"
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "fixtures" / name).rglob("*.py")}
    left_out = {
        path for path in here if set(path.split("/")[:-1]) & {".aws-sam", "cdk.out", "site-packages", ".serverless"}
    }
    seen = {*report["analysed"], *(item["path"] for item in report["skipped"])}
    missing = {path for path in here - left_out - seen if path.startswith(below)}
    assert len(missing) <= report["summary"]["excluded"]
    if not report["summary"]["excluded"]:
        assert not missing


@pytest.mark.skipif(not GENERATOR, reason="LAMBDALINT_TORTURE does not name the generator")
@pytest.mark.parametrize("letter", "abcde")
def test_hostile_inputs(monkeypatch, capsys, letter):
    monkeypatch.chdir(os.path.join(generated()[0], "set"))
    assert_invariant(*checked(capsys, *group(letter)))
