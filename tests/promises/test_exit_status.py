"""The exit status is an interface: 0 clean, 1 findings, 2 a mistake of usage, of the configuration, or of lambdalint, 130 Ctrl-C."""

import io
import sys

import pytest

from lambdalint import cli, engine
from tests.promises.traps import HANDLER, SAM, pack

CLEAN = "def handler(event, context):\n    return {}\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {
        "finding/app.py": HANDLER, "finding/helper.py": "def helped(event):\n    return event\n", "clean/app.py": CLEAN, "empty/notes.txt": "",
        "broken/app.py": "def handler(:\n", "broken/template.yaml": "Resources: [\n", "sam/template.yaml": SAM, "sam/app.py": HANDLER,
        "config/app.py": CLEAN, "config/lambdalint.toml": "selct = []\n", "good/lambdalint.toml": "fail-on = 'error'\n", "good/app.py": HANDLER,
        "info/app.py": CLEAN + "x = 1  # lambdalint: ignore[no-such-rule]\n", "baseline.json": "[]", "excluded/app.py": HANDLER,
        "excluded/lambdalint.toml": "exclude = ['*.py']\n", "docs.txt": "text",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    pack(tmp_path / "sam" / "app.zip", {"app.py": CLEAN})
    pack(tmp_path / "sam" / "layer.zip", {"python/m.py": "x = 1\n"})
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4" + bytes(50))
    return tmp_path


CALLS = [
    # 0: nothing at or above --fail-on
    (0, "check clean"), (0, "check finding --exit-zero"), (0, "check finding --fail-on error"), (0, "check finding --ignore ALL"),
    (0, "check finding --min-severity error"), (0, "check finding --select sleep-in-handler"), (0, "check empty"), (0, "check excluded"),
    (0, "check good"), (0, "check docs.txt"), (0, "functions clean"), (0, "functions finding"), (0, "functions empty"), (0, "graph sam"), (0, "bundle sam"),
    (0, "bundle sam/app.zip"), (0, "rule"), (0, "rule LL101"), (0, "rule --all"), (0, "config show clean"), (0, "--version"), (0, "--help"), (0, "check --help"),
    (0, "baseline create finding -q"), (0, "check finding --output json --exit-zero"), (0, "check bad.zip --exit-zero"),
    (0, "check broken --fail-on error --select sleep-in-handler --min-severity error"),
    # 1: findings
    (1, "check finding"), (1, "check finding -q"), (1, "check finding -vvv"), (1, "check finding --statistics"), (1, "check finding --fail-on info"),
    (1, "check finding --output json"), (1, "check finding --output sarif"), (1, "check finding --output github"), (1, "check finding --output concise"),
    (1, "check finding/app.py"), (1, "check clean finding"), (1, "check finding --error-on-empty"), (1, "check info"), (1, "check broken"),
    (1, "check good --fail-on warning"), (1, "check sam"), (1, "check"),
    # 2: usage
    (2, ""), (2, "frobnicate"), (2, "check nowhere"), (2, "check nowhere finding"), (2, "check --frobnicate"), (2, "check finding --select LL9999"),
    (2, "check finding --ignore nonsense"), (2, "check finding --fail-on fatal"), (2, "check finding --output xml"), (2, "check finding --output json:nowhere/x"),
    (2, "check finding --as-of tomorrow"), (2, "check finding --runtime python2.7"), (2, "check finding --arch vax"), (2, "check finding --handler app"),
    (2, "check finding --function nobody"), (2, "check finding --layer nowhere.zip"), (2, "check finding --per-file-ignores LL101"), (2, "check finding --color red"),
    (2, "check empty --error-on-empty"), (2, "check excluded --error-on-empty"), (2, "check - finding"), (2, "check -"), (2, "check finding --stdin-filename x.py"),
    (2, "rule LL9999"), (2, "graph sam --output svg"), (2, "functions clean --output sarif"), (2, "bundle sam --output sarif"), (0, "bundle clean"),
    (2, "baseline"), (2, "baseline forget"), (2, "baseline update finding"), (2, "config"), (2, "check finding --sel LL1"), (2, "check finding --compare nowhere.json"),
    # 2: configuration
    (2, "check config"), (2, "functions config"), (2, "check clean --config nowhere.toml"), (2, "check clean --config config/lambdalint.toml"),
    (2, "check finding --baseline nowhere.json"), (2, "check finding --baseline baseline.json"), (2, "check finding --baseline baseline.json --exit-zero"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "call"), CALLS, ids=[call or "nothing" for _, call in CALLS])
def test_exit_status(project, capsys, monkeypatch, status, call):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    arguments = call.split()
    if arguments and arguments[0] in ("check", "functions", "graph", "bundle") and "--help" not in arguments:
        arguments.append("--no-cache")
    assert cli.main(arguments) == status
    captured = capsys.readouterr()
    if status == 2 and "--error-on-empty" not in call:
        assert captured.err.startswith("lambdalint: error: ")
        assert captured.err.count("\n") == 1
        assert captured.out == ""
    else:
        assert "error: " not in captured.err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
        (ValueError("x"), 2),
        (MemoryError(), 2),
        (RecursionError(), 2),
    ],
)
@pytest.mark.parametrize("options", [[], ["--exit-zero"], ["--output", "sarif"], ["-q"]], ids=" ".join)
def test_exit_status_of_what_ends_a_run(project, capsys, monkeypatch, error, status, options):
    def fail(*arguments, **more):
        raise error

    monkeypatch.setattr(engine, "check", fail)
    assert cli.main(["check", "finding", "--no-cache", *options]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == (0 if status == 141 else 1)


def test_no_unknown_status():
    assert {status for status, _ in CALLS} | {cli.INTERRUPTED, cli.READER_GONE} == {0, 1, 2, 130, 141}
