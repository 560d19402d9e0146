"""LL410: what is logged after the runtime's own set-up, by the code of awslambdaric that does it."""

import contextlib
import logging

import pytest
from awslambdaric import bootstrap


@contextlib.contextmanager
def runtime(monkeypatch, log_format="TEXT", level=None):
    """The root logger as the runtime leaves it before it imports a handler; gives what the service is sent."""
    lines = []
    sink = type("Sink", (), {"log": staticmethod(lambda text, frame_type=None: lines.append(text))})
    root = logging.getLogger()
    before = root.level
    with monkeypatch.context() as patch:
        patch.setattr(root, "handlers", [])
        patch.setattr(logging.Formatter, "converter", logging.Formatter.converter)
        patch.setattr(bootstrap, "_GLOBAL_AWS_REQUEST_ID", "7b7")
        root.setLevel(logging.WARNING)
        try:
            bootstrap._setup_logging(bootstrap.LogFormat.from_str(log_format), level, sink)
            yield lines
        finally:
            root.setLevel(before)


@pytest.mark.parametrize("name", ["lambda_handler", "verbose_handler"])
def test_what_is_below_a_warning_is_dropped(load, invoke, monkeypatch, name):
    with runtime(monkeypatch) as lines:
        module = load("logging-basicconfig-noop/bad/lambda_function.py")
        assert invoke(getattr(module, name), {"order": 7}).error == ""
    assert not any("order 7" in line for line in lines)


def test_the_format_is_not_used(load, invoke, monkeypatch):
    with runtime(monkeypatch) as lines:
        invoke(load("logging-basicconfig-noop/bad/lambda_function.py").lambda_handler, {"order": 7})
    (line,) = lines
    assert line.startswith("[WARNING]\t")
    assert line.endswith("\t7b7\tno shape for 7\n")


@pytest.mark.parametrize(("module", "level"), [("levels", "[INFO]"), ("forced", "INFO:root:"), ("handled", "DEBUG:")])
def test_the_good_ones_are_logged(load, invoke, monkeypatch, capfd, module, level):
    with runtime(monkeypatch) as lines:
        invoke(load(f"logging-basicconfig-noop/good/{module}.py").lambda_handler, {"order": 7})
    assert any(line.startswith(level) and "order 7" in line for line in (*lines, *capfd.readouterr().err.splitlines()))


def test_the_format_json_has_a_level(load, invoke, monkeypatch):
    with runtime(monkeypatch, "JSON", "INFO") as lines:
        invoke(load("logging-basicconfig-noop/good/structured/structured.py").lambda_handler, {"order": 7})
    assert any('"level": "INFO"' in line and "order 7" in line for line in lines)
