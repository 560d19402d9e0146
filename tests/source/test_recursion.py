"""Functions that hand work to themselves: whether what they hand over comes back to the same invoke."""

from __future__ import annotations

import pathlib

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings

CODE = """
import json
import boto3
client = boto3.client("lambda")
def lambda_handler(event, context):
    {test}
def start(event, context):
    client.invoke(FunctionName=context.function_name, InvocationType="Event", Payload={payload})
"""


@pytest.mark.parametrize(
    ("test", "payload", "severity"),
    [
        ("start(event, context)", "json.dumps({'go': 1})", "error"),
        ("return 1 if event.get('go') else start(event, context)", "json.dumps({'go': 1})", "info"),
        ("return 1 if event.get('go') else start(event, context)", "json.dumps({'went': 1})", "error"),
        ("return 1 if event.get('go') else start(event, context)", "json.dumps({'go': 0})", "error"),
        ("return 1 if event.get('go') else start(event, context)", "json.dumps({'go': event['go']})", "error"),
        ("return 1 if event.get('go') else start(event, context)", "json.dumps({**event, 'go': True})", "info"),
        ("return 1 if event.get('go') else start(event, context)", "json.dumps({'go': True, **event})", "error"),
        ("return 1 if event.get('go') else start(event, context)", "json.dumps(event)", "error"),
        ("return start(event, context) if event.get('body') else 1", "json.dumps({'go': 1})", "info"),
        ("return start(event, context) if 'body' in event else 1", "json.dumps({'go': 1})", "info"),
        ("return start(event, context) if event['mode'] == 'a' else 1", "b'{}'", "error"),
        (
            "return start(event, context) if event['mode'] == 'a' else 1",
            "bytes(json.dumps({'mode': 'b'}), 'utf-8')",
            "info",
        ),
        (
            "return 1 if 'go' in event and event['go'] == 'now' else start(event, context)",
            "json.dumps({'go': 'now'})",
            "info",
        ),
        (
            "return 1 if 'go' in event and event['go'] == 'now' else start(event, context)",
            "json.dumps({'go': 'off'})",
            "error",
        ),
    ],
)
def test_what_is_handed_over(tmp_path: pathlib.Path, test: str, payload: str, severity: str) -> None:
    (tmp_path / "app.py").write_text(CODE.format(test=test, payload=payload), encoding="utf-8")
    report = engine.check(
        discover.project(discover.locate([str(tmp_path)])), Settings(select=("recursive-invocation",))
    )
    assert report.internal_errors == ()
    assert [item.severity.label for item in report.findings] == [severity]
