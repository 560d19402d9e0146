"""The trees that `lambdalint.source.parser` makes, beside libcst's own."""

import inspect
import subprocess
import sys

import libcst
import pytest

from lambdalint.source import parser

SOURCE = '''\
from __future__ import annotations
import a.b as c, d
from .e import *
from f import (g as h, i)

@decorator(1)
class Thing(Base, metaclass=Meta):
    field: int = 3
    bare: str

    async def method[T: int = str, *Ts, **P](self, one, /, two=2, *args, three, four=4, **kwargs) -> int | None:
        """A docstring."""
        global x
        nonlocal y; z = 1
        async with open(one) as (f, g), lock:
            await call(*args, key=two, **kwargs)
        async for i, (j, *k) in range(3):
            if i < 1 <= 2 is not None: break
            elif j not in k: continue
            else: pass
        else:
            pass
        while not done(): del a[0], b.c
        try:
            raise Error("x") from error
        except (A, B) as e:
            assert e, "no"
        except C: pass
        except: raise
        else: a += -1
        finally: b @= ~c ** 2 // 3 % 4 << 5 >> 6 & 7 ^ 8
        return (lambda q, *, w=1: q)(1)

def generator():
    got = yield
    yield from g
    yield {1, *two}, {**d, "k": 0x1F, 1.5: 2j}, [x for y in z if y if x for x in y], {a: b for a in b}
    yield {x for x in y}, (i async for i in j), ..., a[1:2, ::3, b], (n := 5), "a" "b" f"c{d!r:>{e}}{f=}", rb"g"
    x = y = yes if test() else no or (maybe and not (never,))

type Alias[T] = list[T]

match subject(1):
    case [1, *rest] | (2, _) if guard(): pass
    case {"k": Point(x=0, y=1), **others} as whole: pass
    case -1 | "s" | None | a.b: pass
    case []: pass
    case _: pass

try: pass
except* Group: pass
'''


def tree(node):
    """A node as its class and what lower.py may read of it: ``(name, {field: …})``, without what is not there."""
    if isinstance(node, (libcst.CSTNode, parser.Node)):
        name = type(node).__name__
        found = {field: tree(getattr(node, field, None)) for field in (*parser.FIELDS.get(name, ()), *SCALARS)}
        return name, {field: value for field, value in found.items() if value not in (None, "", [])}
    if isinstance(node, (list, tuple)):
        return [tree(item) for item in node]
    return None if isinstance(node, libcst.MaybeSentinel) else node


SCALARS = ("value", "attr", "keyword", "star", "operator", "name", "names", "asname", "comparator", "start")


@pytest.mark.parametrize("source", [SOURCE, parser.SAMPLE])
def test_the_trees_are_those_of_libcst(source):
    assert tree(parser.parse(source)) == tree(libcst.parse_module(source))


def test_the_sample_tells_a_parser_that_leaves_something_out():
    made = parser.parse(parser.SAMPLE)
    assert parser.shape(made) == parser.SHAPE
    stack = [made]
    seen = set()
    while stack:  # each field of each class, renamed once
        node = stack.pop()
        if isinstance(node, parser.Node):
            for field in {*node.fields} & vars(node).keys():
                held = vars(node).pop(field)
                if (type(node).__name__, field) not in seen and held not in ([], ()):
                    assert parser.shape(made) != parser.SHAPE, (type(node).__name__, field)
                    seen.add((type(node).__name__, field))
                setattr(node, field, held)
                stack.append(held)
        elif isinstance(node, (list, tuple)):
            stack += node
    assert len(seen) > 100


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("parser.TRIED = 'no'; parser.SHAPE += 1", "makes other syntax trees"),
        ("sys.modules['libcst.native'] = None", "cannot be imported"),
        (
            "import types; parser.TRIED = 'no'; sys.modules['libcst.native'] = types.SimpleNamespace(parse_module=len)",
            "makes other syntax trees",
        ),
        ("importlib.util.find_spec = lambda name: None", "cannot be imported"),
    ],
)
def test_another_libcst_is_told_in_a_sentence(code, message):
    code = (
        "import importlib.util, sys\nfrom lambdalint.errors import UsageError\nfrom lambdalint.source import parser\n"
        f"{code}\n"
        "try:\n    parser.parse('a = 1\\n')\nexcept UsageError as error:\n    print(error)\n"
        "assert 'libcst' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert message in done.stdout


def test_a_libcst_that_was_not_tried_may_make_the_same_trees():
    code = (
        "from lambdalint.source import parser\nparser.TRIED, asked = 'no', []\n"
        "shape = parser.shape\nparser.shape = lambda tree: asked.append(tree) or shape(tree)\n"
        "assert parser.parse('a = 1\\n').body\nassert len(asked) == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_share_one_parser():
    """Whoever lowers at the same time, libcst's parser sees one text after the other, and libcst stays what it is."""
    code = (
        "import sys, threading\nfrom lambdalint.source.lower import lower\n"
        "source = b'def f(a):\\n' + b'    if a: g(a, h(1))\\n' * 50\n"
        "def work():\n    for _ in range(20): found.append(len(lower(source, 'm.py', (1, 51), {(1, 'f'): 'f'}).calls))\n"
        "found = []\nthreads = [threading.Thread(target=work) for _ in range(8)]\n"
        "for thread in threads: thread.start()\nfor thread in threads: thread.join()\n"
        "assert found == [100] * 160, found\nassert 'libcst' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_class_with_something_to_walk_over_has_its_fields():
    dull = (libcst.BaseParenthesizableWhitespace, libcst.BaseUnaryOp, libcst.BaseBinaryOp, libcst.BaseBooleanOp)
    dull = (*dull, libcst.BaseAugOp, libcst.BaseCompOp)
    for name, kind in vars(libcst).items():
        if not inspect.isclass(kind) or not issubclass(kind, libcst.CSTNode) or inspect.isabstract(kind):
            continue
        if issubclass(kind, dull) or not issubclass(kind, WALKED):
            continue
        assert name in parser.FIELDS, name
        assert set(parser.FIELDS[name]) <= kind.__dataclass_fields__.keys(), name


WALKED = (
    libcst.BaseExpression,
    libcst.BaseSmallStatement,
    libcst.BaseCompoundStatement,
    libcst.BaseSuite,
    libcst.BaseElement,
    libcst.BaseDictElement,
    libcst.BaseSlice,
    libcst.MatchPattern,
)


def test_what_does_not_parse_is_told_with_its_line():
    with pytest.raises(parser.ParserSyntaxError) as caught:
        parser.parse("a = 1\nb = = 2\n")
    assert caught.value.raw_line == 2


def test_libcst_itself_is_left_as_it_was():
    assert sys.modules["libcst"] is libcst
    parser.parse("a = 1\n")
    assert sys.modules["libcst"] is libcst
    code = (
        "import sys; from lambdalint.source import parser; parser.parse('a = 1\\n'); assert 'libcst' not in sys.modules\n"
        "import libcst; assert type(libcst.parse_module('a = 1\\n')) is libcst.Module\n"
        "assert type(parser.parse('a = 1\\n')) is not libcst.Module"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
