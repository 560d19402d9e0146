import importlib.util
import pathlib
import subprocess
import sys

import pytest

from lambdalint.model import Severity
from lambdalint.rule import Rule

ROOT = pathlib.Path(__file__).parent.parent
SUMMARY = "Retries that all come at the same time"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scaffolder():
    return load(ROOT / "scripts" / "new_rule.py")


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "fixtures" / "taken-name").mkdir(parents=True)
    for name in ("ll301_missing_idempotency.py", "ll308_http_timeout.py", "ll402_handler_signature.py", "README.md"):
        (tmp_path / "rules" / name).touch()
    return tmp_path


@pytest.mark.parametrize(("group", "code"), [(1, "LL101"), (3, "LL309"), (4, "LL403")])
def test_next_code_follows_the_highest_and_fills_no_gap(scaffolder, checkout, group, code):
    assert scaffolder.next_code(checkout / "rules", group) == code


def test_full_group_is_refused(scaffolder, checkout):
    (checkout / "rules" / "ll399_last.py").touch()
    with pytest.raises(scaffolder.Refused, match="LL3 is full"):
        scaffolder.next_code(checkout / "rules", 3)


def test_written_rule_is_a_rule(scaffolder, checkout):
    written = scaffolder.scaffold(checkout, 3, "retry-without-jitter", SUMMARY)
    assert [path.relative_to(checkout).as_posix() for path in written] == [
        "rules/ll309_retry_without_jitter.py",
        "fixtures/retry-without-jitter/bad/app.py",
        "fixtures/retry-without-jitter/good/app.py",
        "fixtures/retry-without-jitter/expected.txt",
    ]
    rule = load(written[0]).RetryWithoutJitter
    assert issubclass(rule, Rule)
    assert (rule.code, rule.name, rule.severity) == ("LL309", "retry-without-jitter", Severity.WARNING)
    assert rule.__doc__.startswith(f"{SUMMARY}.\n")
    assert [line.strip() for line in rule.__doc__.splitlines() if line.endswith(":")] == [
        "Triggers:",
        "Exemptions:",
        "Remedy:",
        "References:",
    ]
    assert list(rule().check_site(None)) == []
    for tag, folder in (("[call]", "bad"), ("[guarded]", "good")):
        assert tag in rule.__doc__
        assert tag in (checkout / "fixtures" / "retry-without-jitter" / folder / "app.py").read_text()


def test_written_rule_passes_the_linters(scaffolder, checkout):
    rule = scaffolder.scaffold(checkout, 3, "retry-without-jitter", SUMMARY)[0]
    config = ("--config", str(ROOT / "pyproject.toml"))
    subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", *config, rule], check=True, cwd=checkout)
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--no-cache", "--check", *config, rule], check=True, cwd=checkout
    )


def test_code_may_be_given(scaffolder, checkout):
    rule = scaffolder.scaffold(checkout, 3, "unstable-idempotency-key", SUMMARY, "LL302")[0]
    assert rule.name == "ll302_unstable_idempotency_key.py"


@pytest.mark.parametrize(
    ("group", "name", "summary", "code", "message"),
    [
        (3, "Retry", SUMMARY, "", "lower-case words"),
        (3, "retry_jitter", SUMMARY, "", "lower-case words"),
        (3, "../../evil-name", SUMMARY, "", "lower-case words"),
        (3, "http-timeout", SUMMARY, "", "ll308_http_timeout.py is there already"),
        (3, "another-name", SUMMARY, "LL308", "ll308_http_timeout.py is there already"),
        (3, "another-name", SUMMARY, "LL401", "no code of group LL3"),
        (3, "taken-name", SUMMARY, "", "fixtures/taken-name is there already"),
        (3, "another-name", "x" * 100, "", "at most 100 characters"),
        (3, "another-name", 'a "quoted" word', "", "without quotes"),
    ],
)
def test_refusals_write_nothing(scaffolder, checkout, group, name, summary, code, message):
    before = sorted(checkout.rglob("*"))
    with pytest.raises(scaffolder.Refused, match=message):
        scaffolder.scaffold(checkout, group, name, summary, code)
    assert sorted(checkout.rglob("*")) == before


def test_command_line(scaffolder, checkout, monkeypatch, capsys):
    monkeypatch.setattr(scaffolder, "ROOT", checkout)
    assert scaffolder.main(["3", "retry-without-jitter", SUMMARY]) == 0
    assert "rules/ll309_retry_without_jitter.py\n" in capsys.readouterr().out
    assert scaffolder.main(["3", "retry-without-jitter", SUMMARY]) == 2
    assert "is there already" in capsys.readouterr().err
