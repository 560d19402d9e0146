"""Loops over the records of a batch, on small programs."""

from __future__ import annotations

import pytest

from lambdalint.model import DeclaredFunction, EventSource, Function, Location, State, Value
from lambdalint.source.batches import BatchLoop
from lambdalint.source.callgraph import Entry
from lambdalint.source.views import FunctionView, Shared
from tests.source.programs import analyse

HEAD = """
import json
import logging
import boto3
import requests
logger = logging.getLogger()
table = boto3.resource("dynamodb").Table("orders")
sqs = boto3.client("sqs")
"""


def loop(text: str, *sources: EventSource) -> BatchLoop | None:
    found = analyse(HEAD + text)
    template = DeclaredFunction("F", "sam", Location("t.yaml", 1), events=Value(State.KNOWN, sources))
    function = Function("F", "app.handler", "sam", "declared", declared=template)
    entry = Entry(("app.py", "handler"), (function,))

    def locate(path: str, line: int, column: int, end_line: int, end_column: int) -> Location:
        return Location(path, line, column + 1, end_line, end_column + 1)

    shared = Shared(found.flow, found.region, {entry.node: entry}, locate)
    return FunctionView(shared, entry, found.graph.region([entry.node])).batch_loop()


def outcome(found: BatchLoop | None) -> str:
    return "" if found is None else f"{found.label} {'swallowed' if found.swallowed else 'raised'}"


def of(lines: str) -> str:
    inner = "\n".join(f"    {line}" for line in lines.strip("\n").splitlines())
    return outcome(
        loop(
            f"def store(record):\n    table.put_item(Item=json.loads(record['body']))\n\ndef handler(event, context):\n{inner}\n"
        )
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("for record in event['Records']:\n    store(record)", "store raised"),
        ("for record in event.get('Records', []):\n    store(record)", "store raised"),
        ("for i, record in enumerate(event['Records']):\n    store(record)", "store raised"),
        ("for i in range(len(event['Records'])):\n    store(event['Records'][i])", "store raised"),
        ("[store(record) for record in event['Records']]", "store raised"),
        ("list(map(store, event['Records']))", "store raised"),
        ("while event['Records']:\n    store(event['Records'].pop())", "store raised"),
        ("bodies = [json.loads(r['body']) for r in event['Records']]\nrequests.put('u', json=bodies)", "loads raised"),
        (
            "for record in event['Records']:\n    print(record['body'])\n    table.delete_item(Key={})",
            "delete_item raised",
        ),
        (
            "for record in event['Records']:\n    try:\n        store(record)\n    except Exception as e:\n        logger.error(e)",
            "store swallowed",
        ),
        (
            "for record in event['Records']:\n    try:\n        store(record)\n    except KeyError as e:\n        logger.error(e)",
            "store raised",
        ),
        (
            (
                "for record in event['Records']:\n    try:\n        store(record)\n    except Exception as e:\n"
                "        logger.error(e)\n        raise"
            ),
            "store raised",
        ),
        (
            "try:\n    for record in event['Records']:\n        store(record)\nexcept Exception as e:\n    logger.error(e)",
            "store swallowed",
        ),
        (
            (
                "for record in event['Records']:\n    try:\n        store(record)\n    except Exception as e:\n"
                "        sqs.send_message(QueueUrl='q', MessageBody=record['body'])"
            ),
            "",
        ),
        ("for record in event['Records']:\n    print(json.loads(record['body']))", ""),
        ("for record in event['Records']:\n    store(record)\n    return 1", ""),
        ("store(event['Records'][0])", ""),
        ("for key in json.loads(event['Records'][0]['body']):\n    table.delete_item(Key=key)", ""),
        ("for record in event['Records']:\n    store(record)\nreturn {'batchItemFailures': []}", ""),
        ("for record in event['Records']:\n    store(record)\n# batchItemFailures: to be done", "store raised"),
    ],
)
def test_handler(lines: str, expected: str) -> None:
    assert of(lines) == expected


def test_answer_of_another_handler_of_the_module_does_not_count() -> None:
    assert (
        outcome(
            loop(
                """
def other(event, context):
    return {"batchItemFailures": []}

def handler(event, context):
    for record in event["Records"]:
        table.put_item(Item=json.loads(record["body"]))
"""
            )
        )
        == "put_item raised"
    )


def test_error_that_a_helper_swallows() -> None:
    text = """
def store(record):
    try:
        table.put_item(Item=json.loads(record["body"]))
    except Exception:
        logger.exception("lost")

def handler(event, context):
    for record in event["Records"]:
        {line}
"""
    assert outcome(loop(text.format(line="store(record)"))) == "store swallowed"
    # whoever looks at the result may well deal with the failure
    assert loop(text.format(line="print(store(record))")) is None


def known(value: object) -> Value:
    return Value(State.KNOWN, value)


LOOP = """
def handler(event, context):
    for record in event["Records"]:
        table.delete_item(Key={"id": record["body"]})
"""


@pytest.mark.parametrize(
    ("settings", "reported", "ordered"),
    [
        ({}, True, False),
        ({"batch_size": known(10)}, True, False),
        ({"batch_size": known(1)}, False, False),
        ({"batch_size": Value(State.UNKNOWN)}, True, False),
        ({"fifo": known(True)}, True, True),
        ({"bisect": known(True)}, False, False),
    ],
)
def test_what_the_mapping_says(settings: dict[str, Value], reported: bool, ordered: bool) -> None:
    found = loop(LOOP, EventSource("sqs", settings=settings))
    assert (found is not None) == reported
    assert found is None or found.ordered == ordered


QUIET = """
def {name}(record):
    try:
        sqs.send_message(QueueUrl="q", MessageBody=record["body"])
    except Exception:
        logger.exception("not sent")

def handler(event, context):
    for record in event["Records"]:
        print(record["messageId"])
        {name}(record)
"""


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("forward", True),
        ("report", True),
        ("login", True),
        ("process_logs", True),
        ("send_to_dlq", False),
        ("_on_failure", False),
        ("send_log_to_stream", False),
        ("put_metrics", False),
    ],
)
def test_what_only_tells_of_a_record_loses_none(name: str, lost: bool) -> None:
    assert outcome(loop(QUIET.format(name=name))) == (f"{name} swallowed" if lost else "")


def test_kind_that_the_code_chooses_is_no_proof() -> None:
    assert (
        loop(
            """
def handler(event, context):
    for record in event["Records"]:
        if "body" in record:
            table.delete_item(Key={"id": record["body"]})
"""
        )
        is None
    )
