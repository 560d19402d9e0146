"""What is passed to ``probe`` in small programs: reduced, as constants, as ranges, and on each route."""

from __future__ import annotations

import math

import pytest

from lambdalint.source.flow import Question
from lambdalint.source.reduction import ABSENT, constants, is_open
from lambdalint.source.waits import ANY, spans
from tests.source.programs import Analysis, analyse


def sites(found: Analysis):
    for node in found.region.nodes:
        definition = found.names.definition(node)
        for reference in definition.calls if definition is not None else ():
            if reference.tail == "probe":
                yield node, found.flow.call(node, reference.k)


def given(text, name="x", position=0):
    found = analyse(text)
    return [found.flow.reduction.argument(node, call, name, position) for node, call in sites(found)]


def values(text, name="x", position=0):
    terms = given(text, name, position)
    assert len(terms) == 1
    return constants(terms[0])


IN_HANDLER = {
    "a literal": ("", "probe(5)", (5,)),
    "by keyword": ("", "probe(x=5)", (5,)),
    "a local": ("", "n = 5\n    probe(n)", (5,)),
    "one of two": ("", "n = 5\n    if event:\n        n = 6\n    probe(n)", (5, 6)),
    "a module constant": ("N = 5", "probe(N)", (5,)),
    "a computed module constant": ("N = 60 * 5 - 1", "probe(N)", (299,)),
    "a module constant bound twice": ("N = 5\nN = 6", "probe(N)", (5, 6)),
    "a negative number": ("", "probe(-5)", (-5,)),
    "a conditional": ("", "probe(5 if event else None)", (5, None)),
    "the left of an or": ("N = None", "probe(N or 5)", (5,)),
    "an or whose left holds": ("N = 4", "probe(N or 5)", (4,)),
    "a class attribute": ("class C:\n    N = 5", "probe(C.N)", (5,)),
    "a dict literal": ("", "probe(**{'x': 5})", (5,)),
    "a local dict": ("", "d = {'y': 1}\n    d['x'] = 5\n    probe(**d)", (5,)),
    "a dict stored over": ("", "d = {'x': 1}\n    d['x'] = 5\n    probe(**d)", (5,)),
    "a dict on one branch": ("", "d = {'x': 1}\n    if event:\n        d['x'] = 5\n    probe(**d)", (5, 1)),
    "a module dict": ("D = {'x': 5}", "probe(**D)", (5,)),
    "a dict of a dict": ("D = {'x': 5}", "probe(**{**D, 'y': 1})", (5,)),
    "the later of two dicts": ("D = {'x': 5}", "probe(**{'x': 1, **D})", (5,)),
    "an updated dict": ("", "d = {'x': 1}\n    d.update({'x': 5})\n    probe(**d)", (5,)),
    "a copied dict": ("D = {'x': 5}", "d = D.copy()\n    probe(**d)", (5,)),
    "dict()": ("", "probe(**dict(x=5, y=6))", (5,)),
    "dict() of a dict": ("D = {'x': 1}", "probe(**dict(D, x=5))", (5,)),
    "a returned constant": ("def n():\n    return 5", "probe(n())", (5,)),
    "a returned argument": ("def n(a, b=5):\n    return b", "probe(n(1))", (5,)),
    "a returned dict": ("def d(n):\n    return {'x': n}", "probe(**d(5))", (5,)),
    "after a loop left by break": (
        "",
        "n = 1\n    for e in event:\n        if e:\n            n = 5\n            break\n    probe(n)",
        (5, 1),
    ),
}


@pytest.mark.parametrize("name", sorted(IN_HANDLER))
def test_constants(name):
    head, body, expected = IN_HANDLER[name]
    found = values(f"{head}\ndef handler(event, context):\n    {body}\n")
    assert found is not None
    assert (sorted(found[0], key=repr), found[1]) == (sorted(expected, key=repr), False)


UNKNOWN = {
    "the event": ("", "probe(event['x'])"),
    "a part of the event unpacked": ("", "probe(**event['options'])"),
    "unpacked positions": ("", "probe(*event['arguments'])"),
    "a rebound global": ("N = None\ndef later():\n    global N\n    N = 5", "probe(N)"),
    "a computed constant": ("import os\nN = 5\nif os.name:\n    N = int(os.name)", "probe(N)"),
    "a module dict that is stored into": ("D = {'y': 1}\ndef later():\n    D['x'] = 5", "probe(**D)"),
    "a module dict that is updated": ("D = {'y': 1}\nD.update(x=5)", "probe(**D)"),
    "a local dict that is updated by keyword": ("", "d = {}\n    d.update(x=5, y=6)\n    probe(**d)"),
    "an attribute set from outside": ("class C:\n    N = 5\ndef later(c):\n    c.N = 6", "probe(C.N)"),
    "an attribute of a class with foreign bases": ("import library\nclass C(library.Base):\n    N = 5", "probe(C.N)"),
    "what a generator yields": ("def n():\n    yield 5", "probe(n())"),
    "a name of nobody": ("", "probe(missing)"),
}


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_what_is_not_constant(name):
    head, body = UNKNOWN[name]
    assert values(f"{head}\ndef handler(event, context):\n    {body}\n") is None


def test_nothing_passed_is_absent():
    assert given("def handler(event, context):\n    probe(y=1)\n    probe(**{'y': 1})\n") == [ABSENT, ABSENT]


def test_attributes_of_objects():
    text = """
class Client:
    limit = 9
    def __init__(self, timeout=5, retries=None):
        self.timeout = timeout
        self.retries = retries
    def run(self):
        probe(self.timeout)
        probe(self.limit)
        probe(self.retries)
def handler(event, context):
    Client(retries=event["n"]).run()
"""
    assert [constants(term) for term in given(text)] == [((5,), False), ((9,), False), None]


def routes(text, wanted):
    """The entry points from which ``probe`` is given ``wanted``."""
    found = analyse(text)
    roots = set()
    for node, call in sites(found):

        def judge(term):
            return "open" if is_open(term) else "yes" if constants(term) == wanted else "other"

        question = Question(found.flow.reduction.argument(node, call, "x", 0), judge)
        verdict = found.flow.verdict(found.region, node, call.context, (), question)
        roots |= {route.root[0] for route in verdict.routes}
    return roots


CALLERS = """
# file: a.py
from helper import {names}
def handler(event, context):
    {a}
# file: b.py
from helper import {names}
def handler(event, context):
    {b}
# file: helper.py
{helper}
"""


POOL = """from concurrent.futures import ThreadPoolExecutor
def call(*given):
    with ThreadPoolExecutor() as pool:
        pool.submit(work, {})
def work(a, x=None):
    probe(x)"""


@pytest.mark.parametrize(
    ("helper", "a", "b", "wanted", "expected"),
    [
        ("def call(x=None):\n    probe(x)", "call()", "call(5)", ((None,), False), {"a.py"}),
        ("def call(x=None):\n    probe(x)", "call()", "call(x=5)", ((5,), False), {"b.py"}),
        ("def call(**options):\n    probe(**options)", "call(y=1)", "call(x=5)", ((), True), {"a.py"}),
        ("def call(**options):\n    probe(**options)", "call(y=1)", "call(**event)", ((), True), {"a.py"}),
        (
            "def call(**options):\n    options.setdefault('x', 5)\n    probe(**options)",
            "call()",
            "call()",
            ((), True),
            set(),
        ),
        ("def call(options):\n    probe(**options)", "call({'x': 5})", "call({'y': 1})", ((5,), False), {"a.py"}),
        ("def call(**options):\n    probe(**{'x': 1, **options})", "call()", "call(x=5)", ((5,), False), {"b.py"}),
        ("def call(**options):\n    probe(**{'x': 1, **options})", "call()", "call(x=5)", ((1,), False), {"a.py"}),
        ("def call(x=None):\n    inner(x)\ndef inner(x):\n    probe(x)", "call()", "call(5)", ((5,), False), {"b.py"}),
        (
            "def call(x=None):\n    def inner():\n        probe(x)\n    inner()",
            "call()",
            "call(5)",
            ((5,), False),
            {"b.py"},
        ),
        ("def call(x=None):\n    probe(x)", "call(*event)", "call(event['x'])", ((None,), False), set()),
        (
            POOL.format("1"),
            "call()",
            "pass",
            ((None,), False),
            {"a.py"},
        ),
        (
            POOL.format("1, x=5"),
            "call()",
            "pass",
            ((None,), False),
            set(),
        ),
        (
            "class C:\n    def __init__(self, x=None):\n        self.x = x\n        probe(x)\ndef call(**given):\n    return C(**given)",
            "call()",
            "call(x=5)",
            ((5,), False),
            {"b.py"},
        ),
    ],
)
def test_each_caller_is_judged_by_itself(helper, a, b, wanted, expected):
    assert routes(CALLERS.format(names="call", helper=helper, a=a, b=b).lstrip(), wanted) == expected


def test_a_recursive_function_ends():
    text = "def call(x, n):\n    probe(x)\n    if n:\n        call(x * 2, n - 1)\ndef handler(event, context):\n    call(1, event['n'])\n"
    assert routes(text, ((1,), False)) == {"app.py"}


RANGES = {
    "5": [(5, 5)],
    "2 * 30": [(60, 60)],
    "60 / 4 + 1": [(16, 16)],
    "N - 4": [(1, 1)],
    "2 ** 3": [(8, 8)],
    "2 ** event['n']": [(1, math.inf)],
    "min(10, 2 ** event['n'])": [(1, 10)],
    "max(event['n'], 3)": [(3, math.inf)],
    "random.uniform(1, 3)": [(1, 3)],
    "random.randint(5, 9) * 2": [(10, 18)],
    "0.5 * random.random()": [(0, 0.5)],
    "int('7')": [(7, 7)],
    "float(os.environ.get('WAIT', '2.5'))": [(2.5, 2.5)],
    "os.environ['WAIT']": [ANY],
    "event['n']": [ANY],
    "5 / event['n']": [ANY],
    "5 / 0": [ANY],
    "1 if event else 20": [(1, 1), (20, 20)],
    "event['n'] or 5": [ANY, (5, 5)],
    "'soon'": [ANY],
    "True": [ANY],
    "10 ** 400": [(1, math.inf)],
}


@pytest.mark.parametrize("expression", sorted(RANGES))
def test_ranges(expression):
    text = f"import os\nimport random\nN = 5\ndef handler(event, context):\n    probe({expression})\n"
    found = spans(given(text)[0])
    assert [tuple(round(bound, 9) if math.isfinite(bound) else bound for bound in span) for span in found] == RANGES[
        expression
    ]
