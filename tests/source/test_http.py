"""Small projects: the lines marked with ``# -> fires`` are those that http-timeout reports."""

from __future__ import annotations

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings
from tests.source.programs import files_of

TEMPLATE = """
# file: template.yaml
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {{Handler: app.handler, Runtime: python3.13, CodeUri: ., Timeout: {timeout}}}
"""

PROGRAMS = {
    "attributes of an object made on each invocation": """
import requests, urllib3
class Api:
    limit = 10
    def __init__(self, timeout=None):
        self.timeout = timeout
        self.pool = urllib3.PoolManager(timeout=timeout)
        self.bounded = urllib3.PoolManager(timeout=self.limit)
        self.session = requests.Session()
        self.session.headers.update({"a": "b"})
    def run(self):
        requests.get("u", timeout=self.limit)
        requests.get("u", timeout=self.timeout)  # -> fires
        self.pool.request("GET", "u")  # -> fires
        self.bounded.request("GET", "u")
        self.session.get("u")  # -> fires
def handler(event, context):
    Api().run()
""",
    "pools from factories and globals": """
import urllib3
_pool = None
def pool():
    global _pool
    if _pool is None:
        _pool = urllib3.PoolManager(num_pools=2)
    return _pool
def bounded(seconds=3):
    return urllib3.PoolManager(timeout=urllib3.Timeout(connect=seconds))
def either(event):
    return pool() if event else bounded()
def handler(event, context):
    pool().request("GET", "u")  # -> fires
    bounded().request("GET", "u")
    either(event).request("GET", "u")
    urllib3.PoolManager(**event).request("GET", "u")
    urllib3.PoolManager(timeout=urllib3.Timeout()).request("GET", "u")  # -> fires
""",
    "guarded and memoised calls wait all the same": """
import functools, requests
keys = None
def handler(event, context):
    global keys
    if keys is None:
        keys = requests.get("u").json()  # -> fires
    return cached()
@functools.cache
def cached():
    return requests.get("u")  # -> fires
""",
    "names of requests": """
import requests
import requests as r
from requests import get, Session
from requests import api
def handler(event, context):
    r.get("u")  # -> fires
    get("u")  # -> fires
    api.post("u")  # -> fires
    Session().get("u")  # -> fires
    requests.session().request("GET", "u")  # -> fires
    requests.Session().request("GET", "u", None, None, None, None, None, None, 5)
""",
    "adapters that leave the timeout to the call": """
import requests
from requests.adapters import HTTPAdapter
class TlsAdapter(HTTPAdapter):
    def init_poolmanager(self, *args, **kwargs):
        return super().init_poolmanager(*args, **kwargs)
def handler(event, context):
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=3))
    session.mount("http://", TlsAdapter())
    session.get("u")  # -> fires
""",
    "adapters of others": """
import requests
from timeout_library import TimeoutAdapter
def handler(event, context):
    session = requests.Session()
    session.mount("https://", TimeoutAdapter())
    session.get("u")
    requests.get("u")  # -> fires
""",
    "a method that is replaced": """
import functools, requests
def handler(event, context):
    session = requests.Session()
    session.request = functools.partial(session.request, timeout=5)
    session.get("u")
""",
    "a method of one session is replaced": """
import functools, requests
from timeout_library import TimeoutAdapter
BOUND = requests.Session()
BOUND.request = functools.partial(BOUND.request, timeout=5)
PLAIN = requests.Session()
ALIAS = NAMED_TWICE = requests.Session()
NAMED_TWICE.send = functools.partial(NAMED_TWICE.send, timeout=5)
HANDED_OVER = requests.Session()
MOUNTED = requests.Session()
MOUNTED.mount("https://", TimeoutAdapter())
def bind(session):
    session.request = functools.partial(session.request, timeout=5)
    return session
def made():
    session = requests.Session()
    session.request = functools.partial(session.request, timeout=5)
    return session
bind(HANDED_OVER)
class Api:
    def __init__(self):
        self.bound = requests.Session()
        self.bound.request = functools.partial(self.bound.request, timeout=5)
        self.plain = requests.Session()
    def call(self):
        self.bound.get("u")
        self.plain.get("u")  # -> fires
def handler(event, context):
    BOUND.get("u")
    ALIAS.get("u")
    HANDED_OVER.get("u")
    MOUNTED.get("u")
    made().get("u")
    event["sessions"][0].get("u")
    PLAIN.get("u")  # -> fires
    requests.Session().get("u")  # -> fires
    requests.get("u")  # -> fires
    Api().call()
""",
    "a method of all sessions is replaced": """
import functools, requests
requests.Session.request = functools.partialmethod(requests.Session.request, timeout=5)
SESSION = requests.Session()
def handler(event, context):
    SESSION.get("u")
    requests.get("u")
""",
    "the default of sockets is not that of requests": """
# file: app.py
import requests, setup
from urllib.request import urlopen
def handler(event, context):
    urlopen("u")
    requests.get("u")  # -> fires
# file: setup.py
import socket
socket.setdefaulttimeout(5)
""",
    "only what an entry point reaches": """
import requests
CONFIG = requests.get("u").json()
def handler(event, context):
    return CONFIG
def nobody():
    requests.get("u")
if __name__ == "__main__":
    requests.get("u")
""",
    "aiohttp without a template": """
import aiohttp
async def fetch():
    async with aiohttp.ClientSession() as session:
        await session.get("u")
        await session.get("u", timeout=None)  # -> fires
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as endless:
        await endless.get("u")  # -> fires
def handler(event, context):
    fetch()
""",
}


def reported(tmp_path, text):
    for name, content in files_of(text.lstrip("\n")).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    report = engine.check(discover.project(discover.locate([str(tmp_path)])), Settings(select=("http-timeout",)))
    assert report.internal_errors == ()
    return {(item.location.path, item.location.line) for item in report.findings if item.name == "http-timeout"}


def marked(text):
    return {
        (name, number)
        for name, content in files_of(text.lstrip("\n")).items()
        for number, line in enumerate(content.splitlines(), 1)
        if line.endswith("# -> fires")
    }


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_exactly_the_marked_lines_are_reported(name, tmp_path):
    assert reported(tmp_path, PROGRAMS[name]) == marked(PROGRAMS[name])


AIOHTTP = """
# file: app.py
import aiohttp
async def handler(event, context):
    async with aiohttp.ClientSession() as session:
        await session.get("u")
"""


@pytest.mark.parametrize(("timeout", "fires"), [(30, True), (300, False), (900, False), ("!Ref Seconds", False)])
def test_a_default_is_compared_with_what_the_template_says(timeout, fires, tmp_path):
    text = AIOHTTP.lstrip("\n") + TEMPLATE.format(timeout=timeout).lstrip("\n")
    assert bool(reported(tmp_path, text)) is fires
