"""What small programs leave behind for the next invocation: exactly the statements marked with ``# left``."""

from __future__ import annotations

import re

import pytest

from lambdalint.model import Location
from lambdalint.source.callgraph import Entry
from lambdalint.source.views import FunctionView, Shared
from tests.source.programs import analyse, files_of

MARK = re.compile(r"# left$")


def view_of(text: str, disabled: frozenset[str] = frozenset()) -> FunctionView:
    found = analyse(text)
    (root,) = found.region.roots
    entry = Entry(root, ())
    found.flow.disabled = disabled
    return FunctionView(Shared(found.flow, found.region, {root: entry}, Location), entry, found.region)


def left(text: str) -> set[tuple[str, int]]:
    return {(item.place.path, item.place.line) for item in view_of(text).leftovers()}


def marked(text: str) -> set[tuple[str, int]]:
    return {
        (path, number)
        for path, content in files_of(text).items()
        for number, line in enumerate(content.splitlines(), 1)
        if MARK.search(line)
    }


HEAD = """
STATE = "none"
ITEMS = []
TABLE = {}
"""
# The body of ``handler``, with STATE, ITEMS and TABLE at module level.
BODIES = {
    "stored on each path": """
        global STATE
        STATE = event["a"]
        return STATE
    """,
    "stored on one path": """
        global STATE
        if "a" in event:
            STATE = event["a"]  # left
        return STATE
    """,
    "stored on both branches": """
        global STATE
        if "a" in event:
            STATE = event["a"]
        else:
            STATE = event["b"]
        return STATE
    """,
    "read before it is stored": """
        global STATE
        previous = STATE
        STATE = event["a"]  # left
        return previous
    """,
    "never read": """
        global STATE
        if "a" in event:
            STATE = event["a"]
        return None
    """,
    "read on the same condition only": """
        global STATE
        if "a" in event:
            STATE = event["a"]
        if event.get("b"):
            return None
        if "a" in event:
            return STATE
        return None
    """,
    "read on another condition": """
        global STATE
        if "a" in event:
            STATE = event["a"]  # left
        if "b" in event:
            return STATE
        return None
    """,
    "the path without it returns": """
        global STATE
        if "a" not in event:
            return None
        STATE = event["a"]
        return STATE
    """,
    "the path without it raises": """
        global STATE
        if "a" in event:
            STATE = event["a"]
        else:
            raise ValueError
        return STATE
    """,
    "a constant": """
        global STATE
        if "a" in event:
            STATE = "a"
        return STATE
    """,
    "an environment variable": """
        global STATE
        import os
        if "a" in event:
            STATE = os.environ["A"]
        return STATE
    """,
    "the name of the function": """
        global STATE
        if "a" in event:
            STATE = context.function_name
        return STATE
    """,
    "the id of the request": """
        global STATE
        if "a" in event:
            STATE = context.aws_request_id  # left
        return STATE
    """,
    "a handler that goes on": """
        global STATE
        try:
            STATE = event["a"]
        except KeyError:
            pass
        return STATE
    """,
    "given back in the end": """
        global STATE
        STATE2 = STATE
        if "a" in event:
            STATE = event["a"]
        result = STATE
        STATE = "none"
        return result
    """,
    "given back in finally": """
        global STATE
        try:
            if "a" in event:
                STATE = event["a"]
            return STATE
        finally:
            STATE = "none"
    """,
    "not given back when it returns early": """
        global STATE
        if "a" in event:
            STATE = event["a"]  # left
        if "b" in event:
            return STATE
        STATE = "none"
        return None
    """,
    "stored in each round of a loop": """
        global STATE
        for record in event["Records"]:
            STATE = record["a"]
            print(len(STATE))
        return STATE
    """,
    "stored in some rounds of a loop": """
        global STATE
        for record in event["Records"]:
            if "a" in record:
                STATE = record["a"]  # left
        return STATE
    """,
    "stored before a break": """
        global STATE
        while True:
            STATE = event["a"]
            if STATE:
                break
        return STATE
    """,
    "matched": """
        global STATE
        match event["kind"]:
            case "a":
                STATE = event["a"]  # left
        return STATE
    """,
    "unpacked": """
        global STATE
        if "a" in event:
            STATE, rest = event["a"]  # left
        return STATE
    """,
    "a lazy value": """
        global STATE
        if STATE is None:
            STATE = event["a"]
        return STATE
    """,
    "a lazy value by early return": """
        global STATE
        if STATE:
            return STATE
        STATE = event["a"]
        return STATE
    """,
    "another when it changes": """
        global STATE
        tenant = event["tenant"]
        if tenant != STATE:
            STATE = tenant
        return STATE
    """,
    "a lazy value behind a local": """
        global STATE
        known = STATE
        if not known:
            STATE = event["a"]
        return STATE
    """,
    "only logged": """
        global STATE
        import logging
        logging.warning("before: %s", STATE)
        if "a" in event:
            STATE = event["a"]
        return None
    """,
    "a list that grows": """
        for record in event["Records"]:
            ITEMS.append(record["a"])  # left
        return ITEMS
    """,
    "a list that is extended": """
        global ITEMS
        ITEMS += event["a"]  # left
        return ITEMS
    """,
    "a list made from itself": """
        global ITEMS
        ITEMS = ITEMS + event["a"]  # left
        return ITEMS
    """,
    "a list that nobody reads": """
        ITEMS.append(event["a"])
        return None
    """,
    "a list that is made anew": """
        global ITEMS
        ITEMS = []
        ITEMS.append(event["a"])
        return ITEMS
    """,
    "a list that is cleared first": """
        ITEMS.clear()
        ITEMS.append(event["a"])
        return ITEMS
    """,
    "a list that is cleared by slice": """
        ITEMS[:] = []
        ITEMS.append(event["a"])
        return ITEMS
    """,
    "a list whose elements are deleted": """
        del ITEMS[:]
        ITEMS.append(event["a"])
        return ITEMS
    """,
    "a list that is cleared last": """
        ITEMS.append(event["a"])
        size = len(ITEMS)
        ITEMS.clear()
        return size
    """,
    "a list that is worked off": """
        ITEMS.append(event["a"])
        while ITEMS:
            print(ITEMS.pop())
        return None
    """,
    "a list that is cleared when it is full": """
        ITEMS.append(event["a"])  # left
        if len(ITEMS) > 10:
            ITEMS.clear()
        return len(ITEMS)
    """,
    "a list of what was seen": """
        if event["id"] in ITEMS:
            return None
        ITEMS.append(event["id"])
        return ITEMS
    """,
    "a list under another name": """
        items = ITEMS
        items.append(event["a"])  # left
        return items
    """,
    "a copy": """
        items = list(ITEMS)
        items.append(event["a"])
        return items
    """,
    "an item that is always stored": """
        TABLE["a"] = event["a"]
        return TABLE
    """,
    "an item that is stored at times": """
        if "a" in event:
            TABLE["a"] = event["a"]  # left
        return TABLE
    """,
    "an item that another is read beside": """
        if "a" in event:
            TABLE["a"] = event["a"]
        return TABLE["b"]
    """,
    "an item that is looked up": """
        if "a" in event:
            TABLE["a"] = event["a"]  # left
        return TABLE.get("a")
    """,
    "an item that is taken out": """
        if "a" in event:
            TABLE["a"] = event["a"]
        return TABLE.pop("a", None)
    """,
    "an item under a key of the event": """
        TABLE[event["id"]] = event["a"]
        return TABLE
    """,
    "items that are updated by name": """
        TABLE.update({"a": event["a"]})
        TABLE.update(b=event["b"])
        return TABLE
    """,
    "items that the event names": """
        TABLE.update(event["settings"])  # left
        return TABLE
    """,
    "an item of an item": """
        TABLE["list"] = []
        TABLE["list"].append(event["a"])
        return TABLE
    """,
    "an item of an item that stays": """
        TABLE["list"].append(event["a"])  # left
        return TABLE
    """,
    "an object that is no collection": """
        STATE.append(event["a"])
        return STATE
    """,
    "a local of that name": """
        ITEMS = []
        ITEMS.append(event["a"])
        return ITEMS
    """,
    "a counter that decides": """
        global COUNT
        for record in event["Records"]:
            COUNT += 1  # left
        if COUNT > 10:
            return COUNT
        return None
    """,
    "a counter of invocations": """
        global COUNT
        COUNT += 1
        if COUNT > 10:
            return COUNT
        return None
    """,
    "a counter that is told": """
        global COUNT
        for record in event["Records"]:
            COUNT += 1
        return COUNT
    """,
    "a counter that is reset": """
        global COUNT
        COUNT = 0
        for record in event["Records"]:
            COUNT += 1
        if COUNT > 10:
            return COUNT
        return None
    """,
    "a maximum": """
        global COUNT
        COUNT = max(COUNT, event["n"])  # left
        return COUNT
    """,
    "a sum": """
        global COUNT
        for record in event["Records"]:
            COUNT += record["amount"]  # left
        return COUNT
    """,
}


@pytest.mark.parametrize("name", BODIES)
def test_body(name: str) -> None:
    text = HEAD + "COUNT = 0\n\n\ndef handler(event, context):" + BODIES[name].replace("\n    ", "\n")
    assert left(text) == marked(text)


PROGRAMS = {
    "stored by a helper before it is read by another": """
USER = None

def handler(event, context):
    begin(event)
    return reply()

def begin(event):
    global USER
    USER = event["user"]

def reply():
    return {"user": USER}
""",
    "stored by a helper after it is read by another": """
USER = None

def handler(event, context):
    answer = reply()
    begin(event)
    return answer

def begin(event):
    global USER
    USER = event["user"]  # left

def reply():
    return {"user": USER}
""",
    "stored by a helper that is called at times": """
USER = None

def handler(event, context):
    if "user" in event:
        begin(event["user"])
    return {"user": USER}

def begin(user):
    global USER
    USER = user  # left
""",
    "a helper that is called once it was looked": """
USER = None

def handler(event, context):
    if USER is None:
        begin(event["user"])
    return {"user": USER}

def begin(user):
    global USER
    USER = user
""",
    "a helper that is called when what is there has expired": """
import time
TOKEN = None
EXPIRES = 0

def handler(event, context):
    if expired():
        fetch(event)
    return {"token": TOKEN}

def expired():
    return time.time() > EXPIRES

def fetch(event):
    global TOKEN, EXPIRES
    TOKEN = event["token"]
    EXPIRES = time.time() + 60
""",
    "a helper that empties what it is handed": """
ITEMS = []

def handler(event, context):
    empty(ITEMS)
    ITEMS.append(event["a"])
    return ITEMS

def empty(things):
    things.clear()
""",
    "two that call each other": """
DEPTH = []

def handler(event, context):
    walk(event["tree"])
    return DEPTH

def walk(tree):
    DEPTH.append(tree["name"])  # left
    for child in tree["children"]:
        again(child)

def again(tree):
    walk(tree)
""",
    "of another module": """
import state

def handler(event, context):
    if "user" in event:
        state.USER = event["user"]  # left
    return state.reply()
# file: state.py
USER = None

def reply():
    return {"user": USER}
""",
    "of another module, by its name": """
from state import ITEMS as things

def handler(event, context):
    things.append(event["user"])  # left
    return list(things)
# file: state.py
ITEMS = []
""",
    "reset by a decorator": """
import functools
ITEMS = []

def clean(function):
    @functools.wraps(function)
    def wrapper(event, context):
        ITEMS.clear()
        return function(event, context)
    return wrapper

@clean
def handler(event, context):
    ITEMS.append(event["a"])
    return ITEMS
""",
    "stored by a decorator": """
USER = None

def begin(function):
    def wrapper(event, context):
        global USER
        USER = event["user"]
        return function(event, context)
    return wrapper

@begin
def handler(event, context):
    return {"user": USER}
""",
    "read by a decorator before": """
USER = None

def tell(function):
    def wrapper(event, context):
        return USER, function(event, context)
    return wrapper

@tell
def handler(event, context):
    global USER
    USER = event["user"]  # left
    return None
""",
    "read by a decorator afterwards": """
USER = None

def tell(function):
    def wrapper(event, context):
        answer = function(event, context)
        return USER, answer
    return wrapper

@tell
def handler(event, context):
    global USER
    USER = event["user"]
    return None
""",
    "reset by the outer of two decorators": """
import functools
ITEMS = []

def clean(function):
    @functools.wraps(function)
    def outer(event, context):
        try:
            return function(event, context)
        finally:
            ITEMS.clear()
    return outer

def note(function):
    @functools.wraps(function)
    def inner(event, context):
        ITEMS.append(event["a"])
        return function(event, context)
    return inner

@clean
@note
def handler(event, context):
    return len(ITEMS)
""",
    "reset by a context manager": """
ITEMS = []

class Clean:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        ITEMS.clear()

def handler(event, context):
    with Clean():
        ITEMS.append(event["a"])
        return len(ITEMS)
""",
    "reset by a generator": """
import contextlib
ITEMS = []

@contextlib.contextmanager
def clean():
    yield
    ITEMS.clear()

def handler(event, context):
    with clean():
        ITEMS.append(event["a"])
        return len(ITEMS)
""",
    "a variable of the enclosing function": """
def handler(event, context):
    seen = []
    count = 0

    def note(record):
        nonlocal count
        count = record["n"]
        seen.append(record)

    for record in event["Records"]:
        note(record)
    return seen, count
""",
    "an attribute of an object that the module makes": """
class Session:
    def __init__(self):
        self.user = None

    def begin(self, event):
        if "user" in event:
            self.user = event["user"]  # left

    def reply(self):
        return {"user": self.user}

SESSION = Session()

def handler(event, context):
    SESSION.begin(event)
    return SESSION.reply()
""",
    "an attribute that is set from outside": """
class Session:
    user = None

SESSION = Session()

def handler(event, context):
    if "user" in event:
        SESSION.user = event["user"]  # left
    return {"user": SESSION.user}
""",
    "an attribute of an object that the handler makes": """
class Session:
    user = None

    def begin(self, event):
        if "user" in event:
            self.user = event["user"]

def handler(event, context):
    session = Session()
    session.begin(event)
    return {"user": session.user}
""",
    "an attribute that the handler sets in an object of its own": """
class Session:
    user = None

def handler(event, context):
    session = Session()
    if "user" in event:
        session.user = event["user"]
    return {"user": session.user}
""",
    "a list of the class": """
class Session:
    users = []

    def begin(self, event):
        self.users.append(event["user"])  # left

def handler(event, context):
    session = Session()
    session.begin(event)
    return {"users": session.users}
""",
    "a list that each object makes": """
class Session:
    users = []

    def __init__(self):
        self.users = []

    def begin(self, event):
        self.users.append(event["user"])

def handler(event, context):
    session = Session()
    session.begin(event)
    return {"users": session.users}
""",
    "a list of a model": """
from pydantic import BaseModel

class Session(BaseModel):
    users: list = []

    def begin(self, event):
        self.users.append(event["user"])

def handler(event, context):
    session = Session()
    session.begin(event)
    return {"users": session.users}
""",
    "an attribute of the class": """
class Session:
    user = None

def handler(event, context):
    if "user" in event:
        Session.user = event["user"]  # left
    return {"user": Session.user}
""",
    "a class that each invocation makes": """
def handler(event, context):
    class Session:
        users = []

    Session.users.append(event["user"])
    return Session.users
""",
    "a default that is shared": """
def handler(event, context):
    return collect(event["a"])

def collect(item, found=[]):
    found.append(item)  # left
    return found
""",
    "a default that is never used": """
def handler(event, context):
    return collect(event["a"], [])

def collect(item, found=[]):
    found.append(item)
    return found
""",
    "a default that is made anew": """
def handler(event, context):
    return collect(event["a"])

def collect(item, found=None):
    found = found or []
    found.append(item)
    return found
""",
    "a logger that carries the request": """
import structlog
log = structlog.get_logger()

def handler(event, context):
    global log
    log = log.bind(request=context.aws_request_id)
    log.info("begun")
""",
    "keys of Powertools": """
from aws_lambda_powertools import Logger, Metrics
logger = Logger()
metrics = Metrics()

def handler(event, context):
    logger.append_keys(order=event["order"])
    metrics.add_dimension(name="tenant", value=event["tenant"])
    logger.info("begun")
""",
    "a context variable": """
import contextvars
USER = contextvars.ContextVar("user")

def handler(event, context):
    USER.set(event["user"])
    return {"user": USER.get()}
""",
    "a client of an assumed role": """
import boto3
sts = boto3.client("sts")
ec2 = None

def handler(event, context):
    global ec2
    if "account" in event:
        ec2 = session(event["account"]).client("ec2")
    return ec2.describe_vpcs()

def session(account):
    found = sts.assume_role(RoleArn=account, RoleSessionName="x")["Credentials"]
    return boto3.Session(aws_session_token=found["SessionToken"])
""",
    "a method that a subclass fills in": """
class Base:
    def __init__(self):
        self.body = None

    def __call__(self, event):
        self.parse(event)
        return self.body

    def parse(self, event):
        pass

class Orders(Base):
    def parse(self, event):
        self.body = event["body"]

ORDERS = Orders()

def handler(event, context):
    return ORDERS(event)
""",
    "a reset that is found by name": """
ITEMS = []

def reset():
    ITEMS.clear()

def handler(event, context):
    unknown().reset()
    ITEMS.append(event["a"])
    return ITEMS

def unknown():
    return ~1
""",
    "routes of an application": """
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
app = APIGatewayRestResolver()
TODOS = []

@app.post("/todos")
def add():
    TODOS.append(app.current_event.json_body)
    return {}

@app.get("/todos")
def listed():
    return TODOS

def handler(event, context):
    return app.resolve(event, context)
""",
    "a middleware of an application": """
from chalice import Chalice
app = Chalice(app_name="x")
USER = None

@app.middleware("http")
def begin(event, get_response):
    global USER
    USER = event["user"]
    return get_response(event)

@app.route("/")
def index():
    return {"user": USER}

def handler(event, context):
    return app(event, context)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    assert left(PROGRAMS[name]) == marked(PROGRAMS[name])
