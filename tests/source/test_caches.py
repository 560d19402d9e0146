"""Which caches grow with the events: what is kept, under which keys, and what bounds it."""

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings


def found(folder, text):
    (folder / "app.py").write_text(text, encoding="utf-8")
    report = engine.check(discover.project(discover.locate([str(folder)])), Settings(select=("LL105",)))
    assert report.internal_errors == ()
    return [(item.location.line, item.message.partition(",")[0]) for item in report.findings]


CACHED = """\
import functools, cachetools, os, json
from functools import cache, lru_cache
from cachetools import cached, LRUCache
names = {{"a": "orders"}}

{decorator}
def load(key, other=None):
    return key

def lambda_handler(event, context):
    return load({argument})
"""
DEF = 7


@pytest.mark.parametrize(
    ("decorator", "unbounded"),
    [
        ("@cache", True),
        ("@functools.cache", True),
        ("@lru_cache(None)", True),
        ("@functools.lru_cache(maxsize=None, typed=True)", True),
        ("@cached({})", True),
        ("@cached(cache=dict())", True),
        ("@lru_cache", False),
        ("@lru_cache()", False),
        ("@lru_cache(maxsize=LIMIT)", False),
        ("@cached(LRUCache(100))", False),
        ("@cached(cache=kept)", False),
        ("@timed", False),
    ],
)
def test_decorators(tmp_path, decorator, unbounded):
    text = CACHED.format(decorator=decorator, argument="event['id']")
    assert found(tmp_path, text) == ([(DEF, 'load keeps an entry for every event["id"]')] if unbounded else [])


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        ("event['id']", 'event["id"]'),
        ("json.loads(event['body'])['user']", 'event["body"]["user"]'),
        ("event['Records'][0]['s3']['object']['key']", 'event["Records"][...]'),
        ("f\"/{event['path']}\"", 'event["path"]'),
        ("key=event['id']", 'event["id"]'),
        ("'orders', event['id']", 'event["id"]'),
        ("context.aws_request_id", "context.aws_request_id"),
        ("os.environ['STAGE']", ""),
        ("'orders'", ""),
        ("context.function_name", ""),
        ("event['awsRegion']", ""),
        ("event['queueArn']", ""),
        ("event['Records'][0]['s3']['bucket']['name']", ""),
        ("names[event['id']]", ""),
        ("len(event['items']) > 3", ""),
        ("fetch(event['id'])", ""),
    ],
)
def test_keys(tmp_path, argument, key):
    text = CACHED.format(decorator="@cache", argument=argument)
    assert found(tmp_path, text) == ([(DEF, f"load keeps an entry for every {key}")] if key else [])


def test_values_that_the_code_compares_are_few(tmp_path):
    text = CACHED.format(decorator="@cache", argument="event['plan']")
    assert found(tmp_path, text) == [(DEF, 'load keeps an entry for every event["plan"]')]
    text = text.replace(
        "    return load(", "    if event['plan'] not in ('free', 'team'):\n        return None\n    return load("
    )
    assert found(tmp_path, text) == []


DICT = """\
import time
{made}

def lambda_handler(event, context):
    {stores}
    return {name}
"""


@pytest.mark.parametrize(
    ("made", "stores", "grows"),
    [
        ("seen = {}", "seen[event['id']] = True", True),
        ("seen = {}", "if event['id'] not in seen: seen[event['id']] = event", True),
        ("seen = dict()", "seen[event['id']] = True", True),
        ("seen = {}", "seen[event['id']] = time.time()", False),
        ("seen = {}", "seen['last'] = event['id']", False),
        ("seen = {}", "seen.clear(); seen[event['id']] = True", False),
        ("seen = {}", "seen[event['id']] = True; seen.pop(event['id'])", False),
        ("seen = {}", "seen[event['id']] = True; del seen[event['id']]", False),
        ("seen = {}", "seen[event['id']] = True if len(seen) < 9 else None", False),
        ("seen = limited(100)", "seen[event['id']] = True", False),
        ("seen = {}", "seen = {}; seen[event['id']] = True", False),
    ],
)
def test_dicts(tmp_path, made, stores, grows):
    text = DICT.format(made=made, stores=stores, name="seen")
    assert found(tmp_path, text) == ([(5, 'seen keeps an entry for every event["id"]')] if grows else [])
