"""LL417: what Powertools writes of the metrics of an invocation, and when."""

import json

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.constants import MAX_METRICS

EVENT = {"orders": [{"items": [1, 2]}]}


@pytest.fixture(autouse=True)
def unshared(monkeypatch):
    """Metrics keep what is recorded in their class, which all tests share."""
    from aws_lambda_powertools.metrics import Metrics

    for name in ("_metrics", "_dimensions", "_metadata", "_default_dimensions"):
        monkeypatch.setattr(Metrics, name, {})


def _written(capsys):
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [entry for entry in lines if "_aws" in entry]


def test_nothing_is_written_until_the_hundredth(load, invoke, capsys):
    handler = load("metrics-never-flushed/bad/app.py").lambda_handler
    for _ in range(MAX_METRICS - 1):
        assert invoke(handler, EVENT).answer == {"orders": 1}
    assert _written(capsys) == []
    invoke(handler, EVENT)
    entry = _written(capsys)[0]
    assert entry["Items"] == [2] * MAX_METRICS


@pytest.mark.parametrize(
    ("module", "event", "name", "value"),
    [("app", EVENT, "Orders", [1]), ("flushed", {"order": 7}, "Returns", [1])],
)
def test_each_invocation_writes_its_own(load, invoke, capsys, module, event, name, value):
    handler = load(f"metrics-never-flushed/good/{module}.py").lambda_handler
    for _ in range(2):
        assert invoke(handler, event).error == ""
    assert [entry[name] for entry in _written(capsys)] == [value, value]
