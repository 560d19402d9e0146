"""Names, calls and verdicts on small programs.

Each program builds clients; every line that does is marked with what the analysis must say of it, and
a line that is not reached from an entry point with ``unreached``.
"""

from __future__ import annotations

import pytest

from tests.source.programs import analyse, judged, marked

PROGRAMS = {
    "import forms": """
import boto3
import boto3 as b
import boto3.session
from boto3 import client, resource as res
from boto3.session import Session as S
make = boto3.client
SESSION = boto3.Session()  # -> unreached

def handler(event, context):
    import boto3 as local
    boto3.client("s3")  # -> fires
    b.client("s3")  # -> fires
    client("s3")  # -> fires
    res("s3")  # -> fires
    S()  # -> fires
    make("s3")  # -> fires
    local.resource("s3")  # -> fires
    SESSION.client("s3")  # -> fires
    boto3.session.Session(region_name="x").client("s3")  # -> fires
""",
    "not at run time": """
import boto3
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from x import y
CLIENT = boto3.client("s3")  # -> unreached

class Holder:
    client = boto3.client("s3")  # -> unreached

def handler(event, context, s3=boto3.client("s3")):  # -> unreached
    return CLIENT

def nobody():
    boto3.client("s3")  # -> unreached

if __name__ == "__main__":
    boto3.client("s3")  # -> unreached
""",
    "how a text that is passed begins or ends": """
import boto3

def read(path):
    if path.endswith(".json"):
        boto3.client("s3")  # -> fires
    if path.endswith(".yaml") or path.endswith(".yml"):
        boto3.client("s3")  # -> exempt branch
    if not path.startswith("conf/"):
        boto3.client("s3")  # -> exempt branch
    if path.startswith("conf/") and not path.endswith(".ini"):
        boto3.client("s3")  # -> fires
    if path.endswith((".yaml", ".yml")) or path.endswith(".ini"):
        boto3.client("s3")  # -> fires

def load(path="orders.json"):
    if path.endswith(".yaml"):
        boto3.client("s3")  # -> exempt branch

def fetch(path=None):
    if path.endswith(".yaml"):
        boto3.client("s3")  # -> fires

def named(path):
    if path.endswith(".yaml"):
        boto3.client("s3")  # -> fires

def handler(event, context):
    read("conf/orders.json")
    load()
    fetch()
    named(event["path"])
""",
    "the else of a loop": """
import boto3

def handler(event, context):
    done = False
    for order in event["orders"]:
        if order["bad"]:
            break
    else:
        done = True
    if not done:
        boto3.client("sqs")  # -> fires
    left = True
    while event["pages"]:
        for page in event["pages"]:
            if page:
                continue
            break
        else:
            print(page)
    else:
        left = False
    if left:
        boto3.client("sns")  # -> exempt branch
    return event
""",
    "what an annotation says of what comes from outside": """
import boto3
import requests
from pydantic import parse_obj_as
from typing import Union

class Job:
    def step(self):
        raise NotImplementedError

class Copy(Job):
    def step(self):
        boto3.client("s3")  # -> fires

class Other:
    def step(self):
        boto3.client("sqs")  # -> unreached

class Found:
    def step(self):
        boto3.client("sns")  # -> fires

def handler(event, context):
    job: Job = parse_obj_as(Union[Copy], event)
    job.step()
    found: Other = Found()
    found.step()
    answer: requests.Response = requests.get("https://x")
    answer.step()
""",
    "collections that are filled and handed back": """
import boto3

class File:
    def read(self):
        boto3.client("s3")  # -> fires

    def drop(self):
        boto3.client("sqs")  # -> unreached

class Page:
    def read(self):
        boto3.client("sns")  # -> fires

class Lost:
    def read(self):
        boto3.client("sts")  # -> unreached

def files(rows):
    found = []
    for row in rows:
        found.append(File())
    return found

def pages(rows):
    found = {}
    for row in rows:
        found[row["id"]] = Page()
    names = {row["name"] for row in rows}
    names.add("all")
    return found if names else {}

def lost():
    found = []

    def other():
        found = []
        found.append(Lost())
        return found

    return found

def handler(event, context):
    for file in files(event["files"]):
        file.read()
    for page in pages(event["pages"]).values():
        page.read()
    for other in lost():
        other.read()
""",
    "functions in a table": """
import boto3

def put(event):
    boto3.client("s3")  # -> fires

def get(event):
    boto3.client("sqs")  # -> fires

def drop(event):
    boto3.client("sns")  # -> unreached

def handler(event, context):
    actions = dict(put=put, get=get)
    others = dict({"drop": drop}, **event)
    return actions[event["action"]](event)
""",
    "a switch of the module": """
import boto3
import settings

VERBOSE = False
delete = True
STARTED = False
TABLE = None
MODE = "fast"

def start():
    global STARTED
    STARTED = True

def handler(event, context):
    if VERBOSE:
        boto3.client("s3")  # -> exempt branch
    if VERBOSE is True:
        boto3.client("s3")  # -> exempt branch
    if not delete:
        boto3.client("s3")  # -> exempt branch
    if not VERBOSE and delete is True:
        boto3.client("s3")  # -> fires
    if VERBOSE or delete:
        boto3.client("s3")  # -> fires
    if STARTED:
        boto3.client("s3")  # -> fires
    if TABLE:
        boto3.client("s3")  # -> fires
    if MODE == "slow":
        boto3.client("s3")  # -> fires
    if settings.DEBUG:
        boto3.client("s3")  # -> fires
""",
    "what is passed and never None": """
import boto3
import logging

def stream(level=None):
    found = logging.StreamHandler()
    if level is not None:
        found.setLevel(level)
    return found

def maybe(level):
    if level:
        return logging.StreamHandler()

def first(sink=None):
    if sink is None:
        boto3.client("s3")  # -> exempt branch

def second(sink=None):
    if sink is None:
        boto3.client("s3")  # -> fires

def third(sink=None):
    if sink is None:
        boto3.client("s3")  # -> fires
    return sink

def handler(event, context):
    first(stream())
    first([])
    first(f"to {event}")
    second(maybe(event))
    third()
""",
    "modules": """
# file: app.py
from lib import tools
from lib.again import exported
import lib.deep.inner
from lib.deep import inner as alias

def handler(event, context):
    tools.make()
    exported()
    lib.deep.inner.go()
    alias.relative()
# file: lib/__init__.py
# file: lib/tools.py
import boto3
def make():
    boto3.client("s3")  # -> fires
# file: lib/again.py
from .origin import original as exported
# file: lib/origin.py
import boto3
def original():
    boto3.client("s3")  # -> fires
# file: lib/deep/__init__.py
# file: lib/deep/inner.py
import boto3
from ..other import up
def go():
    boto3.client("s3")  # -> fires
def relative():
    up()
# file: lib/other.py
import boto3
def up():
    boto3.client("s3")  # -> fires
""",
    "star import and alias": """
# file: app.py
from helpers import *
renamed = made
def handler(event, context):
    renamed()
# file: helpers.py
import boto3
def made():
    boto3.client("s3")  # -> fires
""",
    "star imports of a package, through one another": """
# file: app.py
import lib.search
from lib import deeper
def handler(event, context):
    lib.search.made()
    deeper()
# file: lib/__init__.py
from .search import *
from .loop import *
# file: lib/loop.py
from . import *
# file: lib/search/__init__.py
from .client import *
# file: lib/search/client.py
import boto3
from lib.loop import *
def made():
    boto3.client("s3")  # -> fires
def deeper():
    boto3.client("s3")  # -> fires
""",
    "layer root": """
# file: functions/orders/app.py
from shared_code import made
def handler(event, context):
    made()
# file: layers/common/python/shared_code.py
import boto3
def made():
    boto3.client("s3")  # -> fires
""",
    "a folder of a package's name": """
# file: fn/app.py
import requests
import boto3
def handler(event, context):
    requests.get("x")
    boto3.client("s3")  # -> fires
# file: requests/__init__.py
import boto3
def get(url):
    boto3.client("s3")  # -> unreached
""",
    "methods": """
import boto3
class Base:
    def run(self):
        self.step()
    def step(self):
        raise NotImplementedError
    def shared(self):
        boto3.client("s3")  # -> fires
class Child(Base):
    def __init__(self):
        self.client = boto3.client("s3")  # -> fires
    def step(self):
        boto3.client("s3")  # -> fires
    @property
    def lazy(self):
        return boto3.client("s3")  # -> fires
    @staticmethod
    def fixed():
        boto3.client("s3")  # -> fires
    @classmethod
    def built(cls):
        boto3.client("s3")  # -> fires
        return cls()
GLOBAL = Child()
def annotated(child: Child):
    child.lazy.put()
def factory() -> Child:
    return Child.built()
def handler(event, context):
    child = Child()
    child.run()
    GLOBAL.shared()
    annotated(child)
    factory().fixed()
""",
    "callbacks": """
import boto3
import functools
from concurrent.futures import ThreadPoolExecutor
import threading
def worker(item):
    boto3.client("s3")  # -> fires
def mapped(item):
    boto3.client("s3")  # -> fires
def part(a, b):
    boto3.client("s3")  # -> fires
def target():
    boto3.client("s3")  # -> fires
def passed():
    boto3.client("s3")  # -> fires
def unused():
    boto3.client("s3")  # -> unreached
def call(function):
    function()
def handler(event, context):
    with ThreadPoolExecutor() as pool:
        pool.submit(worker, 1)
        list(pool.map(mapped, [1]))
    functools.partial(part, 1)(2)
    threading.Thread(target=target).start()
    call(passed)
    print(unused)
    sorted([], key=lambda item: boto3.client("s3"))  # -> fires
""",
    "registries": """
import boto3
def one():
    boto3.client("s3")  # -> fires
def two():
    boto3.client("s3")  # -> fires
ACTIONS = {"one": one, "two": two}
PLUGINS = {}
def plugin(name):
    def register(function):
        PLUGINS[name] = function
        return function
    return register
@plugin("x")
def three():
    boto3.client("s3")  # -> fires
def handler(event, context):
    ACTIONS[event["action"]]()
    PLUGINS[event["plugin"]]()
""",
    "decorators": """
import boto3
import functools
def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        boto3.client("logs")  # -> fires
        return function(*args, **kwargs)
    return wrapper
def configured(level):
    def decorator(function):
        def inner(*args):
            boto3.client("logs")  # -> fires
            return function(*args)
        return inner
    return decorator
@logged
def helper():
    boto3.client("s3")  # -> fires
@configured(3)
def handler(event, context):
    helper()
""",
    "resolver": """
import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
app = APIGatewayRestResolver()
other = APIGatewayRestResolver()
@app.get("/x")
def route():
    boto3.client("s3")  # -> fires
@other.get("/x")
def elsewhere():
    boto3.client("s3")  # -> unreached
def handler(event, context):
    return app.resolve(event, context)
""",
    "what FastAPI injects": """
# file: app.py
import boto3
from typing import Annotated
from fastapi import Depends, FastAPI
from mangum import Mangum
from factories import Orders, kept, nested, plain, regional, yielded
app = FastAPI()
@app.get("/x")
def route(a=Depends(plain), b=Depends(yielded), c=Depends(kept), d: Orders = Depends(), e=Depends(dependency=regional)):
    return a
@app.get("/y")
def annotated(f: Annotated[object, Depends(nested)]):
    return f
def no_route(g=Depends(lambda: boto3.client("s3"))):  # -> unreached
    return g
def handler(event, context):
    no_route(1)
    return Mangum(app)(event, context)
# file: factories.py
import boto3
import functools
from fastapi import Depends
def plain():
    return boto3.resource("dynamodb").Table("orders")  # -> fires
def yielded():
    yield boto3.client("s3")  # -> fires
@functools.cache
def kept():
    return boto3.client("sqs")  # -> exempt memo
class Orders:
    def __init__(self):
        self.client = boto3.client("sns")  # -> fires
def regional(region: str = "eu-west-1"):
    return boto3.client("s3", region_name=region)  # -> exempt per-invocation
def inner():
    return boto3.client("kms")  # -> fires
def nested(client=Depends(inner)):
    return client
def nobody():
    return boto3.client("ses")  # -> unreached
""",
    "batch processor": """
import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
processor = BatchProcessor(event_type=EventType.SQS)
def record_handler(record):
    boto3.client("s3")  # -> fires
def handler(event, context):
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
""",
    "batch processor as a decorator": """
import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, batch_processor
processor = BatchProcessor(event_type=EventType.SQS)
class Store:
    def keep(self, record):
        boto3.client("sns")  # -> fires
store = Store()
def record_handler(record):
    boto3.client("s3")  # -> fires
    boto3.client("s3", region_name=record.message_attributes["region"])  # -> exempt per-invocation
def nobody(record):
    boto3.client("sqs")  # -> unreached
@batch_processor(record_handler=store.keep, processor=processor)
@batch_processor(record_handler=record_handler, processor=processor, other=nobody)
def handler(event, context):
    return processor.response()
""",
    "async and nested": """
import asyncio
import boto3
async def work():
    boto3.client("s3")  # -> fires
def handler(event, context):
    def inner():
        boto3.client("s3")  # -> fires
    def never():
        boto3.client("s3")  # -> unreached
    inner()
    asyncio.run(work())
""",
    "what comes from the event": """
import boto3
import os
def three(region):
    boto3.client("s3", region_name=region)  # -> exempt per-invocation
def two(region):
    three(region)
def constant_three(region):
    boto3.client("s3", region_name=region)  # -> fires
def constant_two(region):
    constant_three(region)
def both(region):
    boto3.client("s3", region_name=region)  # -> fires
def handler(event, context):
    region = event.get("region", "eu-west-1")
    two(region.lower())
    constant_two(os.environ["REGION"])
    both(event["region"])
    both(os.environ["REGION"])
    for region in boto3.client("ec2").describe_regions()["Regions"]:  # -> fires
        boto3.client("s3", region_name=region["RegionName"])  # -> exempt per-invocation
""",
    "chosen by the event": """
import boto3
import os
from botocore.config import Config
REGIONS = {"eu": "eu-west-1", "us": "us-east-1"}
def looked_up(event):
    boto3.client("s3", region_name=REGIONS[event["area"]])  # -> exempt per-invocation
def conditional(event):
    boto3.client("s3", region_name="eu-west-1" if event["area"] == "eu" else "us-east-1")  # -> exempt per-invocation
def branches(event):
    if event["area"] == "eu":
        region = "eu-west-1"
    elif "area" in event:
        region = "us-east-1"
    else:
        region = None
    boto3.client("s3", region_name=region)  # -> exempt per-invocation
def overridden(event):
    region = os.environ["REGION"]
    if event.get("eu"):
        region = "eu-west-1"
    boto3.client("s3", region_name=region)  # -> exempt per-invocation
def matched(event):
    match event["area"]:
        case "eu":
            region = "eu-west-1"
        case _:
            region = "us-east-1"
    boto3.client("s3", region_name=region)  # -> exempt per-invocation
def filled_in(event):
    options = {}
    if event.get("eu"):
        options["region_name"] = "eu-west-1"
    boto3.client("s3", **options)  # -> exempt per-invocation
def of_a_record(event):
    for record in event["Records"]:
        scope = record["scope"]
        boto3.client("s3", region_name="us-east-1" if scope == "global" else "eu-west-1")  # -> exempt per-invocation
def in_its_configuration(event):
    patience = 5 if event["urgent"] else 60
    boto3.client("s3", config=Config(read_timeout=patience))  # -> exempt per-invocation
def handed_over(area):
    boto3.client("s3", region_name=area)  # -> exempt per-invocation
def handed_the_choice(is_eu):
    boto3.client("s3", region_name="eu-west-1" if is_eu else "us-east-1")  # -> exempt per-invocation
def by_the_environment(event):
    boto3.client("s3", region_name="eu-west-1" if os.environ.get("EU") else "us-east-1")  # -> fires
def by_a_constant(is_eu):
    boto3.client("s3", region_name="eu-west-1" if is_eu else "us-east-1")  # -> fires
def another_is_chosen(event):
    bucket = "a" if event["area"] == "eu" else "b"
    boto3.client("s3", region_name="eu-west-1").list_objects(Bucket=bucket)  # -> fires
def in_both_branches(event):
    if event["area"] == "eu":
        boto3.client("s3", region_name="eu-west-1")  # -> fires
    else:
        boto3.client("s3", region_name="us-east-1")  # -> fires
def handler(event, context):
    looked_up(event), conditional(event), branches(event), overridden(event), matched(event), filled_in(event)
    of_a_record(event), in_its_configuration(event), by_the_environment(event), by_a_constant(True)
    another_is_chosen(event), in_both_branches(event), handed_the_choice(event["area"] == "eu")
    handed_over("eu-west-1" if event["area"] == "eu" else "us-east-1")
""",
    "collected at run time": """
import boto3
def regions():
    found = []
    for region in boto3.client("ec2").describe_regions()["Regions"]:  # -> fires
        found.append(region["RegionName"])
    return found
def handler(event, context):
    for region in regions():
        boto3.client("s3", region_name=region)  # -> exempt per-invocation
""",
    "attributes of objects": """
import boto3
class Job:
    def __init__(self, region, bucket):
        self.region = region
        self.bucket = bucket
    def run(self):
        boto3.client("s3", region_name=self.region)  # -> exempt per-invocation
    def fixed(self):
        boto3.client("s3", region_name=self.bucket)  # -> fires
def handler(event, context):
    job = Job(event["region"], "bucket")
    job.run()
    job.fixed()
""",
    "what the invocation stores where others read it": """
import boto3
import threading
from contextvars import ContextVar
CURRENT = ContextVar("current")
LOCAL = threading.local()
STATE = {}
FIXED = {}
class Request:
    region = None
    bucket = None
def current():
    boto3.client("s3", region_name=CURRENT.get())  # -> exempt per-invocation
def local():
    boto3.client("s3", region_name=LOCAL.region)  # -> exempt per-invocation
def state():
    boto3.client("s3", region_name=STATE["region"])  # -> exempt per-invocation
    boto3.client("s3", region_name=STATE.get("region"))  # -> exempt per-invocation
def attribute():
    boto3.client("s3", region_name=Request.region)  # -> exempt per-invocation
    boto3.client("s3", endpoint_url=Request.bucket)  # -> fires
def fixed():
    FIXED["region"] = "eu-west-1"
    boto3.client("s3", region_name=FIXED["region"])  # -> fires
def shadowed():
    STATE = {"region": "eu-west-1"}
    boto3.client("s3", region_name=STATE["region"])  # -> fires
def handler(event, context):
    CURRENT.set(event["region"])
    LOCAL.region = event["region"]
    STATE["region"] = event["region"]
    Request.region = event["region"]
    current(), local(), state(), attribute(), fixed(), shadowed()
""",
    "guards": """
import boto3
_a = None
_cache = {}
def a():
    global _a
    if _a is None:
        _a = boto3.client("s3")  # -> exempt guard
    return _a
def early():
    global _a
    if _a:
        return _a
    _a = boto3.client("s3")  # -> exempt guard
    return _a
def either():
    global _a
    _a = _a or boto3.client("s3")  # -> exempt guard
    return _a
def attempt():
    try:
        return _cache["x"]
    except KeyError:
        _cache["x"] = boto3.client("s3")  # -> exempt guard
        return _cache["x"]
def got(name):
    client = _cache.get(name)
    if client is None:
        client = boto3.client("s3")  # -> exempt guard
        _cache[name] = client
    return client
def on_function():
    if not hasattr(on_function, "client"):
        on_function.client = boto3.client("s3")  # -> exempt guard
    return on_function.client
def initialise():
    global _a
    _a = boto3.client("s3")  # -> exempt guard
def through():
    if not _a:
        initialise()
def local():
    client = None
    if client is None:
        client = boto3.client("s3")  # -> fires
    return client
def flag(verbose):
    if not DEBUG:
        boto3.client("s3")  # -> fires
DEBUG = False
def handler(event, context):
    a(), early(), either(), attempt(), got(event["name"]), on_function(), through(), local(), flag(True)
""",
    "guards by match": """
import boto3
_sqs = _sns = _s3 = None
_kept = {}
def sqs():
    global _sqs
    match _sqs:
        case None:
            _sqs = boto3.client("sqs")  # -> exempt guard
    return _sqs
def kept(name):
    match _kept.get(name):
        case None:
            _kept[name] = boto3.client(name)  # -> exempt guard
            return _kept[name]
        case client:
            return client
def early():
    global _sns
    match _sns:
        case None:
            pass
        case found:
            return found
    _sns = boto3.client("sns")  # -> exempt guard
    return _sns
def of_the_call():
    client = None
    match client:
        case None:
            client = boto3.client("s3")  # -> fires
    return client
def the_other_way_round():
    global _s3
    match _s3:
        case None:
            pass
        case _:
            _s3 = boto3.client("s3")  # -> fires
def handler(event, context):
    sqs(), kept("ses"), early(), of_the_call(), the_other_way_round()
""",
    "guards by NameError": """
import boto3
def tried():
    global _s3
    try:
        return _s3
    except NameError:
        _s3 = boto3.client("s3")  # -> exempt guard
        return _s3
def elsewhere():
    try:
        return _sqs
    except NameError:
        return connect()
def connect():
    global _sqs
    _sqs = boto3.client("sqs")  # -> exempt guard
    return _sqs
def of_the_call():
    try:
        return client
    except NameError:
        client = boto3.client("sns")  # -> fires
        return client
def handler(event, context):
    tried(), elsewhere(), of_the_call()
""",
    "attributes looked up in the object": """
import boto3
class Lasting:
    def a(self):
        if "_a" not in self.__dict__:
            self._a = boto3.client("s3")  # -> exempt guard
        return self._a
    def b(self):
        if "_b" not in vars(self):
            self._b = boto3.client("s3")  # -> exempt guard
        return self._b
    def c(self):
        if not "_c" in dir(self):
            self._c = boto3.client("s3")  # -> exempt guard
        return self._c
    def d(self):
        if "_d" not in self.__dict__:
            self.other = boto3.client("s3")  # -> fires
class PerCall:
    def a(self):
        if "_a" not in self.__dict__:
            self._a = boto3.client("s3")  # -> fires
LASTING = Lasting()
def handler(event, context):
    LASTING.a(), LASTING.b(), LASTING.c(), LASTING.d(), PerCall().a()
""",
    "objects that share their attributes": """
import boto3
class Tested:
    _shared_state = {}
    def __init__(self):
        self.__dict__ = self._shared_state
        if not hasattr(self, "client"):
            self.client = boto3.client("s3")  # -> exempt guard
    def later(self):
        if "later" not in self.__dict__:
            self.later = boto3.client("s3")  # -> exempt guard
class Empty:
    __shared_state = {}
    def __init__(self):
        self.__dict__ = self.__shared_state
        if self.__shared_state:
            return
        self.client = boto3.client("s3")  # -> exempt guard
class Flagged:
    __shared_state = {"ready": False}
    def __init__(self):
        self.__dict__ = self.__shared_state
        if not self.ready:
            self.client = boto3.client("s3")  # -> exempt guard
            self.ready = True
class Borg:
    _state = {}
    def __init__(self):
        self.__dict__ = Borg._state
class Heir(Borg):
    def __init__(self):
        super().__init__()
        if not hasattr(self, "client"):
            self.client = boto3.client("s3")  # -> exempt guard
class Made:
    _state = {}
    def __new__(cls):
        made = super().__new__(cls)
        made.__dict__ = cls._state
        return made
    def __init__(self):
        if not hasattr(self, "client"):
            self.client = boto3.client("s3")  # -> exempt guard
class Untested:
    _state = {}
    def __init__(self):
        self.__dict__ = self._state
        self.client = boto3.client("s3")  # -> fires
class OfItsOwn:
    def __init__(self):
        self.state = {}
        self.__dict__ = self.state
        if not hasattr(self, "client"):
            self.client = boto3.client("s3")  # -> fires
class Given:
    def __init__(self, values):
        self.__dict__ = values
        if not hasattr(self, "client"):
            self.client = boto3.client("s3")  # -> fires
def handler(event, context):
    Tested().later(), Empty(), Flagged(), Heir(), Made(), Untested(), OfItsOwn(), Given({})
""",
    "caching the result": """
import boto3
import os
_secret = None
def fetch():
    return boto3.client("secretsmanager").get_secret_value(SecretId="x")  # -> exempt guard
def secret():
    global _secret
    if not _secret:
        _secret = fetch()
    return _secret
def model():
    if not os.path.exists("/tmp/model"):
        boto3.client("s3").download_file("b", "k", "/tmp/model")  # -> exempt guard
def handler(event, context):
    secret()
    model()
""",
    "who owns the cache": """
import boto3
class PerCall:
    def __init__(self):
        self._client = None
    def client(self):
        if self._client is None:
            self._client = boto3.client("s3")  # -> fires
        return self._client
class Kept:
    def __init__(self):
        self._client = None
    def client(self):
        if self._client is None:
            self._client = boto3.client("s3")  # -> exempt guard
        return self._client
class Singleton:
    _instance = None
    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.client = boto3.client("s3")  # -> exempt guard
        return cls._instance
KEPT = Kept()
_lazy = None
class Lazily:
    def __init__(self):
        self.client = boto3.client("s3")  # -> exempt guard
def lazily():
    global _lazy
    if _lazy is None:
        _lazy = Lazily()
    return _lazy
def handler(event, context):
    PerCall().client()
    KEPT.client()
    Singleton()
    lazily().client
""",
    "memo": """
import boto3
from functools import cache, cached_property, lru_cache
@cache
def a():
    return boto3.client("s3")  # -> exempt memo
@lru_cache(maxsize=1)
def b():
    return boto3.client("s3")  # -> exempt memo
class Kept:
    @cached_property
    def client(self):
        return boto3.client("s3")  # -> exempt guard
class PerCall:
    @cached_property
    def client(self):
        return boto3.client("s3")  # -> fires
KEPT = Kept()
def handler(event, context):
    a(), b(), KEPT.client, PerCall().client
""",
    "branches of a factory": """
import boto3
def make(role=None):
    if role:
        credentials = boto3.client("sts").assume_role(RoleArn=role)["Credentials"]  # -> exempt branch
        return boto3.client("s3", aws_session_token=credentials["SessionToken"])  # -> exempt token
    return boto3.client("s3")  # -> fires
def handler(event, context):
    make()
""",
    "what only tests pass": """
import boto3
def load(password=None, config=None):
    if password is not None or config is not None:
        return boto3.client("kms")  # -> exempt branch
    return boto3.client("s3")  # -> fires
def inner(event, context, password=None, config=None):
    return load(password, config)
def handler(event, context=None, probe=None, *, check=False):
    if probe is not None:
        boto3.client("sqs")  # -> exempt branch
    if check or probe:
        boto3.client("sns")  # -> exempt branch
    if not probe:
        boto3.client("ssm")  # -> fires
    inner(event, context)
""",
    "everything handed on": """
import boto3
def inner(event, context=None, password=None, config=None):
    if password is not None or config is not None:
        boto3.client("kms")  # -> exempt branch
def handler(*args, **kwargs):
    return inner(*args, **kwargs)
""",
    "guarded at one call, not at the other": """
import boto3
_a = None
def make():
    return boto3.client("s3")  # -> fires
def handler(event, context):
    global _a
    if _a is None:
        _a = make()
    make()
""",
    "unknown stays silent": """
import boto3
import settings_library
def handler(event, context):
    boto3.client("s3", region_name=settings_library.load())  # -> unknown
""",
    "one site, judged on each chain": """
# file: app.py
import boto3
from helper import make
def handler(event, context):
    make(event["region"])
# file: other.py
from helper import make
def handler(event, context):
    make("eu-west-1")
# file: helper.py
import boto3
def make(region):
    boto3.client("s3", region_name=region)  # -> fires
""",
    "recursion ends": """
import boto3
def even(n):
    return odd(n - 1)
def odd(n):
    boto3.client("s3")  # -> fires
    return even(n - 1)
def handler(event, context):
    even(event["n"])
""",
    "metaclass singleton": """
import boto3
class Singleton(type):
    _instances = {}
    def __call__(cls, *args, **kwargs):
        if cls not in cls._instances:
            cls._instances[cls] = super().__call__(*args, **kwargs)
        return cls._instances[cls]
class S(metaclass=Singleton):
    def __init__(self):
        self.c = boto3.client("s3")  # -> exempt guard
def handler(event, context):
    S().c.put_object()
""",
    "singleton by decorator": """
import boto3
def singleton(cls):
    instances = {}
    def get(*args, **kwargs):
        if cls not in instances:
            instances[cls] = cls(*args, **kwargs)
        return instances[cls]
    return get
@singleton
class S:
    def __init__(self):
        self.c = boto3.client("s3")  # -> exempt guard
def handler(event, context):
    S().c.put_object()
""",
    "state of a singleton made by __new__": """
import boto3
class S:
    _instance = None
    c = None
    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance
    def __init__(self):
        if not self.c:
            self.c = boto3.client("s3")  # -> exempt guard
def handler(event, context):
    S().c.put_object()
""",
    "a singleton that is initialised again": """
import boto3
class S:
    _instance = None
    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance
    def __init__(self):
        self.c = boto3.client("s3")  # -> fires
def handler(event, context):
    S().c.put_object()
""",
    "decorators that keep results": """
import boto3
from functools import wraps
def memoize(f):
    cache = {}
    @wraps(f)
    def inner(*args):
        if args not in cache:
            cache[args] = f(*args)
        return cache[args]
    return inner
@memoize
def make(name):
    return boto3.client(name)  # -> exempt memo
def once(f):
    result = None
    def inner():
        nonlocal result
        if result is None:
            result = f()
        return result
    return inner
@once
def make2():
    return boto3.client("s3")  # -> exempt memo
def handler(event, context):
    make("s3")
    make2()
""",
    "branches on what ** brings": """
import boto3
def make(region, **kwargs):
    if "profile" in kwargs:
        return boto3.Session(profile_name=kwargs["profile"])  # -> exempt branch
    if kwargs.get("fips"):
        return boto3.Session()  # -> exempt branch
    if region == "x" and kwargs["more"]:
        return boto3.Session()  # -> exempt branch
    return boto3.client("ec2", region_name=region)  # -> fires
def handler(event, context):
    make("eu-west-1")
""",
    "branches on what is handed over": """
import boto3
DB = boto3.client("dynamodb")  # -> unreached
class Repo:
    def __init__(self, client=None):
        self.client = client or boto3.client("dynamodb")  # -> exempt branch
class Table:
    def __init__(self, repo=None):
        if repo is None:
            repo = boto3.resource("dynamodb")  # -> exempt branch
        self.repo = repo
class Other:
    def __init__(self, client=None):
        self.client = boto3.client("dynamodb") if client is None else client  # -> exempt branch
class Maybe:
    def __init__(self, client=None):
        self.client = client or boto3.client("dynamodb")  # -> fires
def handler(event, context):
    Repo(DB)
    Table(Repo(client=DB))
    Other(DB)
    Maybe(event.get("client"))
""",
    "fields of dataclasses": """
import boto3
from dataclasses import dataclass, field
from typing import Optional, Any

@dataclass(frozen=True)
class Role:
    session: Any
    region: str
    def client(self, name):
        return self.session.client(name, region_name=self.region)  # -> exempt per-invocation

@dataclass
class Config:
    region: str = "eu-west-1"
    def client(self, name):
        return boto3.client(name, region_name=self.region)  # -> fires

@dataclass
class Holder:
    s3: Any = field(default_factory=lambda: boto3.client("s3"))  # -> fires

def assumed(account):
    sts = boto3.client("sts")  # -> fires
    creds = sts.assume_role(RoleArn=account)["Credentials"]
    session = boto3.Session(aws_access_key_id=creds["AccessKeyId"])  # -> exempt token
    return Role(session=session, region="eu-west-1")

def handler(event, context):
    assumed("x").client("s3")
    Role(boto3.Session(), event["region"]).client("s3")  # -> fires
    Config().client("s3")
    Holder().s3.put_object()
""",
    "a field without a telling type": """
import boto3
from dataclasses import dataclass
@dataclass
class Role:
    session: object
    def client(self, name):
        return self.session.client(name)  # -> exempt token
def handler(event, context):
    sts = boto3.client("sts")  # -> fires
    creds = sts.assume_role(RoleArn="x")["Credentials"]
    Role(boto3.Session(aws_access_key_id=creds["AccessKeyId"])).client("s3")  # -> exempt token
""",
    "fields of named tuples": """
import boto3
from typing import NamedTuple
class Role(NamedTuple):
    region: str
    def client(self, name):
        return boto3.client(name, region_name=self.region)  # -> exempt per-invocation
def handler(event, context):
    Role(event["region"]).client("s3")
""",
    "settings models": """
import boto3
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    region: str = "x"
settings = Settings()
def handler(event, context):
    boto3.client("s3", region_name=settings.region)  # -> fires
    boto3.client("s3", region_name=Settings().region)  # -> fires
""",
    "fields filled elsewhere": """
import boto3
from pynamodb.models import Model
from pynamodb.attributes import UnicodeAttribute
from pydantic import BaseModel
class Asset(Model):
    region = UnicodeAttribute()
    def publish(self):
        boto3.client("sns", region_name=self.region)  # -> unknown
class Request(BaseModel):
    region: str
    def publish(self):
        boto3.client("sns", region_name=self.region)  # -> unknown
def handler(event, context):
    Asset.get("x").publish()
    Request.model_validate(event).publish()
""",
    "objects by an inherited class method": """
import boto3
from pynamodb.models import Model
class Asset(Model):
    class Meta:
        table_name = "x"
    def publish(self):
        boto3.client("sns")  # -> fires
    @classmethod
    def load(cls, key):
        return cls.get(key)
def handler(event, context):
    Asset.get("x").publish()
""",
    "many objects by an inherited class method": """
import boto3
from pynamodb.models import Model
class Asset(Model):
    def publish(self):
        boto3.client("sns")  # -> fires
def handler(event, context):
    for a in Asset.query("x"):
        a.publish()
""",
    "methods named at run time": """
import boto3
class Handler:
    def handle_a(self):
        boto3.client("sns")  # -> fires
    def handle_b(self):
        boto3.client("sqs")  # -> fires
    def other(self):
        boto3.client("s3")  # -> unreached
    def run(self, event):
        method = getattr(self, f"handle_{event['x']}")
        method()
def handler(event, context):
    Handler().run(event)
""",
    "methods named by concatenation": """
import boto3
class Handler:
    def handle_a(self):
        boto3.client("sns")  # -> fires
    def run(self, event):
        getattr(self, "handle_" + event["x"], None)()
def handler(event, context):
    Handler().run(event)
""",
    "functions named at run time": """
import boto3
def action_a(event):
    boto3.client("sns")  # -> fires
def handler(event, context):
    globals()[f"action_{event['x']}"](event)
""",
    "functions of this module named at run time": """
import boto3, sys
def action_a(event):
    boto3.client("sns")  # -> fires
def handler(event, context):
    getattr(sys.modules[__name__], "action_" + event["x"])(event)
""",
    "a list of functions that grows": """
import boto3
HANDLERS = []
def register(f):
    HANDLERS.append(f)
    return f
@register
def a(event):
    boto3.client("sns")  # -> fires
def handler(event, context):
    for h in HANDLERS:
        h(event)
""",
    "a registry of subclasses": """
import boto3
class Base:
    registry = {}
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.registry[cls.__name__] = cls
    def run(self):
        raise NotImplementedError
class A(Base):
    def run(self):
        boto3.client("sns")  # -> fires
def handler(event, context):
    Base.registry[event["x"]]().run()
""",
    "all subclasses": """
import boto3
class Base:
    def run(self):
        raise NotImplementedError
class A(Base):
    def run(self):
        boto3.client("sns")  # -> fires
def handler(event, context):
    for c in Base.__subclasses__():
        c().run()
""",
    "elements of comprehensions": """
import boto3
class A:
    def do(self, e):
        boto3.client("s3")  # -> fires
class B:
    def do(self, e):
        boto3.client("s3")  # -> fires
def handler(event, context):
    for h in [cls() for cls in (A, B)]:
        h.do(event)
""",
    "the next of a generator": """
import boto3
class A:
    def ok(self, e): return True
    def do(self, e):
        boto3.client("s3")  # -> fires
HANDLERS = [A()]
def handler(event, context):
    chosen = next((h for h in HANDLERS if h.ok(event)), None)
    chosen.do(event)
""",
    "a package that imports its own module": """
# file: app.py
import services
def handler(event, context):
    services.s3.upload()
# file: services/__init__.py
from services import s3
# file: services/s3.py
import boto3
def upload():
    boto3.client("s3")  # -> fires
""",
    "imports by name": """
# file: app.py
def handler(event, context):
    from pkg import deep
    deep.go()
    import importlib
    importlib.import_module("pkg.other").go()
# file: pkg/__init__.py
# file: pkg/deep.py
import boto3
def go():
    boto3.client("s3")  # -> fires
# file: pkg/other.py
import boto3
def go():
    boto3.client("s3")  # -> fires
""",
    "a distribution of the same repository": """
# file: functions/a/app.py
from my_lib.core import make
def handler(event, context):
    make()
# file: packages/my-lib/setup.py
# file: packages/my-lib/my_lib/__init__.py
# file: packages/my-lib/my_lib/core.py
import boto3
def make():
    boto3.client("s3")  # -> fires
""",
    "an application class of the project": """
import boto3
import chalice
class App(chalice.Chalice):
    pass
app = App("x")
@app.route("/x")
def x():
    boto3.client("s3")  # -> fires
def handler(event, context):
    return app(event, context)
""",
    "routes in a list": """
import boto3
from mangum import Mangum
from starlette.applications import Starlette
from starlette.routing import Route, Mount
def x(request):
    boto3.client("s3")  # -> fires
def y(request):
    boto3.client("s3")  # -> fires
routes = [Route("/x", x), Mount("/m", routes=[Route("/y", endpoint=y)])]
app = Starlette(debug=False, routes=routes)
asgi = Mangum(app)
def handler(event, context):
    return asgi(event, context)
""",
    "parts of a response": """
import boto3, json
from sqlalchemy import create_engine
SSM = boto3.client("ssm")  # -> unreached
def handler(event, context):
    response = SSM.get_parameter(Name="x")
    region = response.get("Parameter").get("Value").strip()
    boto3.client("s3", region_name=region)  # -> fires
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="x")  # -> fires
    boto3.client("s3", endpoint_url=json.loads(secret.get("SecretString"))["url"])  # -> fires
    table = boto3.client("dynamodb").get_item(TableName="x")  # -> fires
    boto3.client("s3", region_name=table.get("Item").get("region"))  # -> exempt per-invocation
    for one in response["Parameter"]["Value"].split(","):
        boto3.client("s3", region_name=one)  # -> exempt per-invocation
""",
    "all regions": """
import boto3
def handler(event, context):
    session = boto3.Session()  # -> fires
    for region in session.get_available_regions("ec2"):
        session.client("ec2", region_name=region)  # -> exempt per-invocation
""",
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_every_marked_line_is_judged_as_marked(name: str) -> None:
    text = PROGRAMS[name].lstrip("\n")
    expected = marked(text)
    assert expected
    found = judged(text)
    assert {place: found.get(place, "unreached") for place in {*expected, *found}} == expected


def test_one_spelling_for_each_operation() -> None:
    names = analyse("def handler(event, context):\n    pass\n").names
    assert names.canonical("boto3.session.Session") == "boto3.Session"
    assert names.canonical("boto3.Session().client") == "boto3.client"
    assert names.canonical("boto3.client(sqs).send_message") == "aws:sqs.send_message"
    assert names.canonical("aws:dynamodb#Table().put_item") == "aws:dynamodb#Table.put_item"
    assert names.canonical("aws:s3#meta.client") == "boto3.client(s3)"
    assert names.canonical("mypy_boto3_lambda.client.LambdaClient()") == "boto3.client(lambda)"


def test_what_is_called_for_each_element_is_in_a_loop() -> None:
    found = analyse(
        """
import boto3
from concurrent.futures import ThreadPoolExecutor
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, batch_processor, process_partial_response
processor = BatchProcessor(event_type=EventType.SQS)
def record(message):
    boto3.client("sqs")
def mapped(message):
    boto3.client("sns")
def pooled(message):
    boto3.client("ses")
def of_service(name):
    boto3.client(name)
def submitted(message):
    boto3.client("kms")
def by_key(message):
    boto3.client("s3")
def handed(message):
    boto3.client("s3")
@batch_processor(record_handler=handed, processor=processor)
def decorated(event, context):
    return processor.response()
def handler(event, context):
    list(map(mapped, event["Records"]))
    list(map(of_service, ["ssm", "sts"]))
    with ThreadPoolExecutor() as pool:
        pool.map(pooled, event["Records"])
        pool.submit(submitted, event)
    sorted(event["Records"], key=by_key)
    decorated(event, context)
    return process_partial_response(event=event, record_handler=record, processor=processor, context=context)
"""
    )
    looped = {}
    for node in found.region.nodes:
        for reference in found.names.calls(node):
            if reference.tail == "client":
                call = found.flow.call(node, reference.k)
                assert call is not None
                verdict = found.flow.verdict(found.region, node, call.context, [value for _, value in call.args])
                looped[node[1]] = [route.looped for route in verdict.routes]
    assert looped == {
        "record": [True],
        "mapped": [True],
        "pooled": [True],
        "of_service": [False],
        "submitted": [False],
        "by_key": [False],
        "handed": [True],
    }


def test_a_client_factory_takes_its_service_from_each_call() -> None:
    found = analyse(
        """
import boto3
_cache = {}
def client(name):
    if name not in _cache:
        _cache[name] = boto3.client(name)
    return _cache[name]
def handler(event, context):
    client("lambda").invoke()
    client(name="sqs").send_message()
    client(event["service"]).anything()
"""
    )
    definition = found.names.definition(("app.py", "handler"))
    assert definition is not None
    operations = {
        call.tail: found.names.resolve("app.py", "handler", call.callee)
        for call in definition.calls
        if call.tail != "client"
    }
    assert operations["invoke"] == (("ext", "aws:lambda.invoke"),)
    assert operations["send_message"] == (("ext", "aws:sqs.send_message"),)
    assert operations["anything"] == (("ext", "aws:?.anything"),)
