"""Which async clients are found by an invocation on another event loop than their own."""

import textwrap

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings

HEAD = """\
import asyncio
import anyio
import httpx
import motor.motor_asyncio, psycopg_pool
from sqlalchemy.ext.asyncio import create_async_engine
import redis.asyncio as redis

client = httpx.AsyncClient()
"""


def lines(folder, text):
    (folder / "app.py").write_text(text, encoding="utf-8")
    report = engine.check(discover.project(discover.locate([str(folder)])), Settings(select=("LL104",)))
    assert report.internal_errors == ()
    return [(item.location.line, item.related[0][0].line) for item in report.findings]


def handler(body, coroutine="    return await client.get(event['url'])"):
    body = textwrap.indent(textwrap.dedent(body), "    ")
    return f"{HEAD}\n\nasync def main(event):\n{coroutine}\n\n\ndef lambda_handler(event, context):\n{body}\n"


MADE, USED = 8, 12
FRESH = [
    "return asyncio.run(main(event))",
    "return asyncio.run(main(event), debug=True)",
    "coroutine = main(event)\nreturn asyncio.run(coroutine)",
    "return asyncio.run(main=main(event))",
    "return anyio.run(main, event)",
    "with asyncio.Runner() as runner:\n    return runner.run(main(event))",
    "loop = asyncio.new_event_loop()\nreturn loop.run_until_complete(main(event))",
    "for url in event['urls']:\n    asyncio.run(main({'url': url}))",
]


@pytest.mark.parametrize("body", FRESH)
def test_loops_that_an_invocation_makes(tmp_path, body):
    assert lines(tmp_path, handler(body)) == [(MADE, USED)]


@pytest.mark.parametrize(
    "body",
    [
        "return asyncio.get_event_loop().run_until_complete(main(event))",
        "return main(event)",
        "return asyncio.run(given(event))",
        "try:\n    return run(main(event))\nexcept RuntimeError:\n    return asyncio.run(main(event))",
    ],
)
def test_loops_that_are_kept_or_unknown(tmp_path, body):
    assert lines(tmp_path, handler(body)) == []


@pytest.mark.parametrize(
    "coroutine",
    [
        "    return event",
        "    try:\n        return await client.get(event['url'])\n    finally:\n        await client.aclose()",
        "    async with client:\n        return await client.get(event['url'])",
        "    async with client as session:\n        return await session.get(event['url'])",
        "    client = httpx.AsyncClient()\n    return await client.get(event['url'])",
        "    if client is None:\n        return None",
    ],
)
def test_clients_that_are_not_used_or_closed(tmp_path, coroutine):
    assert lines(tmp_path, handler("return asyncio.run(main(event))", coroutine)) == []


CLIENTS = [
    ("redis.Redis(host='cache')", True),
    ("redis.Redis.from_url('redis://cache')", True),
    ("redis.Redis(connection_pool=pool)", False),
    ("motor.motor_asyncio.AsyncIOMotorClient('mongodb://db')", True),
    ("httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))", False),
    ("httpx.AsyncClient(**settings)", False),
    ("httpx.Client()", False),
    ("create_async_engine('postgresql+asyncpg://db')", True),
    ("create_async_engine('sqlite+aiosqlite:///tmp/db')", False),
    ("psycopg_pool.AsyncConnectionPool('dbname=shop')", False),
    ("make()", False),
]


@pytest.mark.parametrize(("made", "bound"), CLIENTS)
def test_clients(tmp_path, made, bound):
    text = handler("return asyncio.run(main(event))").replace("httpx.AsyncClient()", made)
    assert lines(tmp_path, text) == ([(MADE, USED)] if bound else [])


def test_a_client_that_is_given_its_loop(tmp_path):
    text = handler("return asyncio.run(main(event))").replace(
        "client = httpx.AsyncClient()",
        "client = motor.motor_asyncio.AsyncIOMotorClient('mongodb://db'); client.get_io_loop = asyncio.get_running_loop",
    )
    assert lines(tmp_path, text) == []


LAZY = """\
import asyncio
import asyncpg

class Store:
    def __init__(self):
        self.pool = None

    async def get(self):
        {guard}self.pool = await asyncpg.create_pool('postgres://db')
        return await self.pool.fetch('select 1')

store = Store()

def lambda_handler(event, context):
    return asyncio.run({made}.get())
"""


@pytest.mark.parametrize(
    ("guard", "made", "found"),
    [
        ("if self.pool is None: ", "store", [9]),
        ("", "store", []),
        ("if self.pool is None: ", "Store()", []),
        ("if self.pool is None or self.loop is not asyncio.get_running_loop(): ", "store", []),
    ],
)
def test_clients_that_are_made_when_first_needed(tmp_path, guard, made, found):
    shown = [line for line, _ in lines(tmp_path, LAZY.format(guard=guard, made=made))]
    assert shown == found
