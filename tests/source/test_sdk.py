"""What clients of the SDK do about a call that is not answered, told from small programs."""

from __future__ import annotations

import pytest

from lambdalint.data import table
from lambdalint.model import DeclaredFunction, Function, Location, State, Value
from lambdalint.source.sdk import Bounds, bounds
from tests.source.programs import analyse

HEAD = """
import os
import boto3
from boto3 import client as make
from botocore.config import Config
from botocore.client import Config as Other
WAIT = 7
SHARED = Config(read_timeout=WAIT)
OPTIONS = {"read_timeout": 5}
"""
PLAIN = Bounds(60.0)


def of(text: str) -> tuple[Bounds, ...]:
    found = analyse(HEAD + text)
    definition = found.names.definition(("app.py", "handler"))
    assert definition is not None
    (call,) = [call for call in definition.calls if call.tail == "invoke"]
    return bounds(found.flow, ("app.py", "handler", call.callee[1]))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'lambda'", (PLAIN,)),
        ("'lambda', 'eu-west-1'", (PLAIN,)),
        ("'lambda', config=None", (PLAIN,)),
        ("'lambda', config=SHARED", (Bounds(7.0, None, True),)),
        ("'lambda', config=Other(read_timeout=2.5)", (Bounds(2.5, None, True),)),
        ("'lambda', config=Config(connect_timeout=2)", (PLAIN,)),
        ("'lambda', config=Config(retries={'max_attempts': 0})", (Bounds(60.0, 1),)),
        ("'lambda', config=Config(retries={'max_attempts': 4, 'mode': 'standard'})", (Bounds(60.0, 5),)),
        ("'lambda', config=Config(retries={'total_max_attempts': 2, 'max_attempts': 9})", (Bounds(60.0, 2),)),
        ("'lambda', config=Config(retries={'mode': 'adaptive'})", (PLAIN,)),
        ("'lambda', config=Config(retries=None)", (PLAIN,)),
        ("'lambda', config=Config(retries={'max_attempts': int(os.environ['N'])})", (Bounds(60.0, 1),)),
        ("'lambda', config=Config(retries=load())", (Bounds(60.0, 1),)),
        ("'lambda', config=Config(read_timeout=int(os.environ['N']))", ()),
        ("'lambda', config=Config(**OPTIONS)", ()),
        ("'lambda', config=Config(read_timeout=3).merge(SHARED)", ()),
        ("'lambda', config=load()", ()),
        ("'lambda', **OPTIONS", ()),
    ],
)
def test_configuration(arguments: str, expected: tuple[Bounds, ...]) -> None:
    assert of(f"CLIENT = make({arguments})\ndef handler(event, context):\n    CLIENT.invoke()\n") == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("boto3.Session().client('lambda', config=SHARED).invoke()", (Bounds(7.0, None, True),)),
        ("c = boto3.client('lambda')\n    c.invoke()", (PLAIN,)),
        (
            "(boto3.client('lambda') if event else boto3.client('lambda', config=SHARED)).invoke()",
            (PLAIN, Bounds(7.0, None, True)),
        ),
        ("event['client'].invoke()", ()),
        ("(boto3.client('lambda') if event else event['client']).invoke()", ()),
    ],
)
def test_ways_to_a_client(lines: str, expected: tuple[Bounds, ...]) -> None:
    assert of(f"def handler(event, context):\n    {lines}\n") == expected


@pytest.mark.parametrize(
    ("given", "variables", "expected"),
    [
        (PLAIN, Value(), 3),
        (PLAIN, Value(State.KNOWN, {"TABLE": Value(State.UNKNOWN)}), 3),
        (PLAIN, Value(State.KNOWN, {"AWS_MAX_ATTEMPTS": Value(State.KNOWN, "1")}), 1),
        (PLAIN, Value(State.KNOWN, {"AWS_MAX_ATTEMPTS": Value(State.KNOWN, 6)}), 6),
        (PLAIN, Value(State.KNOWN, {"AWS_MAX_ATTEMPTS": Value(State.UNKNOWN)}), 1),
        (PLAIN, Value(State.UNKNOWN), 1),
        (Bounds(60.0, 4), Value(State.KNOWN, {"AWS_MAX_ATTEMPTS": Value(State.KNOWN, "1")}), 4),
    ],
)
def test_attempts_of_a_function(given: Bounds, variables: Value, expected: int) -> None:
    declared = DeclaredFunction("F", "sam", Location("template.yaml", 1), environment=variables)
    assert given.least_attempts(Function("F", "app.handler", "sam", "", declared=declared)) == expected


def test_the_data_is_what_botocore_does() -> None:
    pytest.importorskip("botocore")
    import botocore.config
    import botocore.endpoint
    import botocore.retries.standard

    sdk = table("timeouts")["sdk"]
    assert botocore.endpoint.DEFAULT_TIMEOUT == botocore.config.Config().read_timeout == sdk["read_timeout_s"]
    assert sdk["attempts"] == botocore.retries.standard.DEFAULT_MAX_ATTEMPTS
