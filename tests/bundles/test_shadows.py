"""Modules with the name of another one: which is found, and who asks for the other."""

import textwrap

import pytest

from lambdalint.source.attributes import attributes
from tests.bundles.made import archive
from tests.bundles.test_check import check, folder  # noqa: F401 - a fixture

ARGUMENTS = ("--runtime", "python3.12", "--arch", "x86_64", "--handler", "app.handler")
HANDLER = "\n\ndef handler(event, context): ...\n"
DEMO = {"demo-1.0.dist-info/RECORD": "demo.py,,\n", "demo-1.0.dist-info/METADATA": "Name: demo\nVersion: 1.0\n"}


@pytest.fixture
def told(folder, capsys):  # noqa: F811
    """(path, severity) of the findings for a function."""

    def run(app, *arguments, layer=None, **files):
        made = {"app.py": textwrap.dedent(app) + HANDLER}
        made |= {name.replace("__", "/") + ".py": text for name, text in files.items()}
        made |= DEMO if "demo" in files else {}
        (folder / "function.zip").write_bytes(archive(*((name, text.encode()) for name, text in made.items())))
        if layer:
            (folder / "layer.zip").write_bytes(archive(*((name, text.encode()) for name, text in layer.items())))
            arguments = (*arguments, "--layer", "layer.zip")
        found = check(capsys, "function.zip", *ARGUMENTS, *arguments, select="LL509")[2]["findings"]
        return [(item["path"].removeprefix("function.zip/"), item["severity"]) for item in found]

    return run


def test_a_file_that_hides_a_module_of_the_standard_library(told):
    assert told("import secrets\nKEY = secrets.token_hex()", secrets="KEY = 1\n") == [("secrets.py", "error")]
    assert told("from secrets import token_hex", secrets="KEY = 1\n") == [("secrets.py", "error")]
    assert told("import secrets\nKEY = secrets.KEY", secrets="KEY = 1\n") == []
    assert told("import secrets", secrets="KEY = 1\n") == []
    assert told("import demo", demo="import secrets\nsecrets.choice([1])\n", secrets="KEY = 1\n")
    assert told("import demo", demo="def later():\n    import secrets\n", secrets="KEY = 1\n") == []
    later = "import secrets\n\n\ndef key():\n    return secrets.token_hex()\n"
    assert told("import demo", demo=later, secrets="KEY = 1\n") == [("secrets.py", "warning")]
    assert told("import html.parser", html="PAGE = ''\n") == [("html.py", "error")]
    assert told("", secrets="KEY = 1\n") == []


def test_what_the_runtime_may_have_loaded_before(told):
    assert told("from json import pretty", json="def pretty(): ...\n") == [("json.py", "warning")]
    assert told("from json import dumps", json="def pretty(): ...\n") == []  # it wants the library's
    assert told("import demo", demo="from json import pretty\n", json="def pretty(): ...\n") == []
    assert told("from time import pretty", time="def pretty(): ...\n") == [("time.py", "warning")]
    assert told("from queue import Queue", queue="LIMIT = 1\n") == [("queue.py", "warning")]


def test_a_module_that_imports_its_own_name(told, folder, capsys):  # noqa: F811
    code = b"import boto3\n\ns3 = boto3.client('s3')\n\n\ndef handler(event, context): ...\n"
    (folder / "function.zip").write_bytes(archive(("boto3.py", code)))
    arguments = ("--runtime", "python3.12", "--handler", "boto3.handler")
    assert check(capsys, "function.zip", *arguments, select="LL509")[1] == [("LL509", "function.zip/boto3.py", 1)]


def test_what_a_layer_brings(told):
    layer = {
        "python/requests/__init__.py": "def get(url): ...\n",
        "python/requests-2.32.3.dist-info/RECORD": "requests/__init__.py,,\n",
        "python/requests-2.32.3.dist-info/METADATA": "Name: requests\nVersion: 2.32.3\n",
    }
    code = "import requests\nANSWER = requests.get('/')"
    assert told(code, layer=layer) == []
    assert told(code, layer=layer, requests="TIMEOUT = 10\n") == [("requests.py", "error")]
    assert told(code, layer=layer, requests="def get(url): ...\n") == []


def test_a_file_beside_a_folder_of_its_name(told):
    assert told("import src.tables", src="", src__tables="") == [("src.py", "error")]
    assert told("from src import tables", src="", src__tables="") == [("src.py", "error")]
    assert told("from src import tables", src="tables = {}\n", src__tables="") == []
    assert told("from src import other", src="", src__tables="") == []
    assert told("import src", src="", src__tables="") == []
    assert told("try:\n    import src.tables\nexcept ImportError:\n    pass", src="", src__tables="") == []


def used(source, module="queue"):
    return [
        (use.name, use.line * (-1 if use.later else 1))
        for use in attributes(textwrap.dedent(source).encode(), "x.py", module, (3, 12))
    ]


def test_attributes_that_are_used():
    assert used("import queue\nq = queue.Queue()\nqueue.Empty\n") == [("Queue", 2), ("Empty", 3)]
    assert used("import queue as q\n\n\ndef f():\n    return q.Queue()\n") == [("Queue", -5)]  # later
    assert used("import other as queue\nqueue.Queue()\n") == []
    assert used("import queue\n\n\ndef f(queue):\n    queue.put(1)\n") == []  # a name for something else too
    assert used("import queue\ntry:\n    queue.SimpleQueue\nexcept AttributeError:\n    pass\n") == []
    assert used("import queue\nif hasattr(queue, 'x'):\n    queue.x\n") == []
    assert used("import queue\nqueue.patched = 1\n") == []
    assert used("import html.parser\nhtml.escape('')\n", "html") == [("escape", 2)]
