"""Syntax that is newer than the interpreter, or than the runtime of a function."""

import ast
import functools
import glob
import json
import os
import shutil
import subprocess
import sys

import pytest

from lambdalint import discover, engine
from lambdalint.discover import Project
from lambdalint.settings import Settings
from lambdalint.source import syntax
from lambdalint.source.lower import lower
from lambdalint.source.newer import blanked, find, refuse_python_2
from lambdalint.source.skeleton import SourceError, read, skeleton, statement_lines
from lambdalint.source.syntax import NEWEST, RUNNING, needed
from lambdalint.source.tokens import tokenize
from tests.trees import MemoryTree

PYENV = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
OLDEST = (3, 6)  # before all constructs

# One or more modules with nothing newer than the construct, and with it.
SAMPLES = {
    syntax.WALRUS: ["if (x := 1):\n    pass\n", "y = [x := 1, x]\n", "f(x := 1)\n"],
    syntax.POSITIONAL_ONLY: [
        "def f(a, /, b): pass\n",
        "def f(a, /): pass\n",
        "x = lambda a, /: a\n",
        "def f(a, b=1, /,\n c=2): pass\n",
    ],
    syntax.DEBUG: ['x = f"{a=}"\n', 'x = f"{a = !r}"\n', "x = f'''{a\n=:>{b}}'''\n"],
    syntax.WITH_PARENTHESES: [
        "with (open(a) as b):\n    pass\n",
        "with (\n    open(a) as b,\n    open(c),\n):\n    pass\n",
        "async def f():\n    async with (a as b): pass\n",
    ],
    syntax.MATCH: [
        "match x:\n    case 1: pass\n",
        "match x, y:\n    case [*a]: pass\n",
        "match (x):\n    case _: pass\n",
        "match [*x]:\n    case {'a': 1, **b} if b: pass\n",
        "if 1:\n    match -x:  # comment\n        case [1, *_]: pass\n",
    ],
    syntax.EXCEPT_STAR: ["try:\n    pass\nexcept* A:\n    pass\n", "try:\n    pass\nexcept *(A, B) as c:\n    pass\n"],
    syntax.STAR_SUBSCRIPT: [
        "x = a[*b]\n",
        "a[b, *c] = 1\n",
        "a()[*b]\n",
        "def f(x: tuple[int, *Ts]): pass\n",
        "a.b[0][\n    c,\n    *d,\n]\n",
    ],
    syntax.STAR_ANNOTATION: ["def f(*args: *Ts): pass\n", "def f(a, *args: *tuple[int]) -> None: pass\n"],
    syntax.TYPE_PARAMETERS: [
        "def f[T](x): pass\n",
        "class A[T: int, *Ts, **P](B): pass\n",
        "class A[T]: pass\n",
        "async def f[\n    T,  # comment\n](x): pass\n",
        "class A:\n    def f [T] (self): pass\n",
    ],
    syntax.TYPE_STATEMENT: [
        "type X = int\n",
        "type X[T] = list[T]\n",
        "if 1: type X = int; type Y = X\n",
        "type X[\n    T,\n] = list[T]\n",
    ],
    syntax.FREE_FSTRING: [
        'x = f"{a["b"]}"\n',
        "x = f'{a['b']!r:>{w}}'\n",
        'x = f"{"\\n".join(a)}"\n',
        'x = f"{\n    a\n}"\n',
        'x = f"""{\n    a  # comment\n}"""\n',
        'x = f"{f"{1}"}"\n',
        'x = f"text {a:{b["c"]}} text"\n',
        'x = f"say \\"{a["b"]}\\""\n',
        'x = rf"\\d{a["b"]}"\n',
        "x = F'{a}' 'b' f'{c['d']}'\n",
        'x = f"""{"""a"""}"""\n',
        'x = f"{a:{b:{c}}}"\n',
        'x = f"\\N{BULLET}{{{a["b"]}}}"\n',
    ],
    syntax.TYPE_DEFAULT: [
        "class A[T = int]: pass\n",
        "def f[T: str = dict[str, int], *Ts = *tuple[int]](x): pass\n",
        "type X[T = int] = list[T]\n",
    ],
    syntax.TEMPLATE_STRING: ['x = t"{a}"\n', "x = rT'{a!r:>{b}}' t'c'\n", 'x = t"""a"""\n', 'x = t"{a["b"]}"\n'],
    syntax.EXCEPT_SEVERAL: [
        "try:\n    pass\nexcept ValueError, KeyError:\n    pass\n",
        "try:\n    pass\nexcept A, B, C:\n    pass\n",
        "try:\n    pass\nexcept a.b(), c.d,:\n    pass\n",
        "try:\n    pass\nexcept* ValueError, KeyError:\n    pass\n",
    ],
    syntax.LAZY_IMPORT: ["lazy import json\n", "lazy from a.b import c as d; lazy import e\n"],
    syntax.STAR_COMPREHENSION: [
        "x = [*y for y in z]\n",
        "f(*y for y in z)\n",
        "x = {**y for y in z}\n",
        "x = {*y for y in z if y}\n",
        "async def f():\n    return [*y async for y in z]\n",
    ],
}
EVERY = [(construct, source) for construct, sources in SAMPLES.items() for source in sources]
WITHIN = {  # what else a sample cannot be without
    syntax.TYPE_DEFAULT: {syntax.TYPE_PARAMETERS, syntax.TYPE_STATEMENT},
    syntax.TEMPLATE_STRING: {syntax.FREE_FSTRING},
    syntax.EXCEPT_SEVERAL: {syntax.EXCEPT_STAR},
    syntax.MATCH: set(),
}

# Python 3.6, and nothing in it is one of the constructs.
OLD = [
    "match = 1\nmatch.x = match[0]\nmatch(x)\nprint(match, case)\nmatch: int = 2\n",
    "type = 1\ntype(x)\ntype.x = type[0]\nx = type\nlazy = 1\nlazy(x)\n",
    "def f(a, *args, b=1, **kwargs):\n    return [*a, *b], {**a, 'b': [c for c in d]}, f(*a, **b)\n",
    "x = [a * b for a in c]; y = (lambda *a: a); z = a[b * c]; w = a[1:2, ::3]\n",
    "with (a): pass\nwith (a), (b) as c: pass\nwith a as b, c as d: pass\nwith (yield): pass\n",
    "try:\n    pass\nexcept (A, B) as c:\n    pass\nexcept f(a, b):\n    pass\nexcept:\n    pass\n",
    "x = f'{a[\"b\"]} {c!r:>{d}} {{}} {e if f else g} {h != i}'\ny = rf'''{a['b']}\n{\nc}'''\n",
    'x = "f\'{a["; y = \'t"{\'; z = b"\\x00"; # f"{a["b"]}"\n',
    "x = f'{a:=5}' f\"{b:==>{c}}\"\n",
    "x = (a / b, c // d)\n",
    "x = (1)if a else 2\nfor x in[*a]:\n    pass\nx = not[*b]\n",
    "class A(B, metaclass=C):\n    x: 'type' = [1]\n    def type(self): pass\n",
    'x = f"{a!r}" "b" f"{c:%Y-%m-%d}"\n',
    "print(f\"{x:{'>'}{10}}\")\n",
]


def without(source, running=(3, 10)):
    """The source as an older Python is to read it."""
    new = find(source.encode(), running, NEWEST)
    assert new is not None
    return blanked(source.encode(), new.found).decode()


# -- the constructs


@functools.cache
def interpreters():
    """Version → executable of every CPython from 3.7 on that is here."""
    candidates = [sys.executable]
    candidates += [path for minor in range(7, 20) if (path := shutil.which(f"python3.{minor}"))]
    candidates += sorted(glob.glob(os.path.join(PYENV, "versions", "3.*", "bin", "python")))
    found = {}
    for path in candidates:
        asked = subprocess.run(
            [path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0 and (version := tuple(map(int, asked.stdout.split()))) >= (3, 7):
            found.setdefault(version, path)
    return found


COMPILER = """
import json, sys, warnings
warnings.simplefilter("ignore")
accepted = []
for source in json.load(sys.stdin):
    try:
        compile(source, "sample", "exec", 0x400, True)
        accepted.append(True)
    except SyntaxError:
        accepted.append(False)
print(json.dumps(accepted))
"""


def test_every_interpreter_here_agrees_with_the_table():
    sources = [source for _, source in EVERY]
    for version, path in interpreters().items():
        asked = subprocess.run(
            [path, "-c", COMPILER], input=json.dumps(sources), capture_output=True, text=True, check=True
        )
        wrong = [
            (version, construct.name, source, accepted)
            for (construct, source), accepted in zip(EVERY, json.loads(asked.stdout), strict=True)
            if accepted != (version >= construct.version)
        ]
        assert wrong == []


def test_every_construct_has_a_sample():
    assert set(SAMPLES) == set(syntax.CONSTRUCTS)


@pytest.mark.parametrize(("construct", "source"), EVERY)
def test_a_construct_is_found(construct, source):
    new = find(source.encode(), OLDEST, NEWEST)
    found = {item.construct for item in new.found}
    assert construct in found
    assert found - {construct} <= WITHIN.get(construct, set())
    assert needed(source.encode(), (3, construct.version[1] - 1), NEWEST).name == construct.name
    assert needed(source.encode(), construct.version, NEWEST) is None


@pytest.mark.parametrize("source", OLD)
def test_nothing_is_found_in_old_source(source):
    ast.parse(source)
    assert tokenize(source.encode()) is not None
    assert find(source.encode(), OLDEST, NEWEST) is None


@pytest.mark.parametrize("construct", syntax.CONSTRUCTS, ids=lambda item: item.name)
def test_each_sample_matches_a_pattern_of_its_construct(construct):
    for source in SAMPLES[construct]:
        before = (3, construct.version[1] - 1)
        assert syntax.hinted(source.encode(), before, construct.version), source


def test_where_a_construct_is():
    source = "x = 'é'\n\nclass A:\n    y = 'é'; match = 1; z = f'{match = }'\n"
    assert needed(source.encode(), OLDEST) == ((3, 8), "`=` in an f-string", 4, 38)
    latin = b"# coding: latin-1\nx = '\xe9'; y = (z := 1)\n"
    assert needed(latin, OLDEST) == ((3, 8), "an assignment expression (`:=`)", 2, 17)


def test_the_first_construct_that_the_runtime_lacks():
    source = b"x = f'{a = }'\nmatch x:\n    case 1: pass\ntype Y = int\n"
    assert [needed(source, (3, minor), NEWEST) and needed(source, (3, minor), NEWEST).line for minor in range(7, 13)] == [
        1, 2, 2, 4, 4, None,
    ]  # fmt: skip
    assert needed(source, (3, 7), (3, 7)) is None  # an interpreter of the runtime's version has read it


# -- what is left without them


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('x = f"abc{x["a"]!r:>{w}}"', 'x = (     x["a"],    w, )'),
        ('x = f"{a}{b["c"] = }" \'d\'', 'x = (  a, b["c"] ,      )'),
        ('x = "a" f"{b["c"],}"', 'x = (      b["c"], )'),
        ('f"{a["b"]}".join(c)', '(  a["b"],).join(c)'),
        ('x = f"{f"{f"{1}"}"}"', 'x = (  (  f"{1}",),)'),
        ('x = (f"a{b["c"]}"  # d\n  "e"\n  f"{g}")', 'x = ((   b["c"],      \n     \n     g,))'),
        ('f"""{\n a # c\n }\nd\n"""', "(    \n a # c\n ,\n \n  )"),
        ('x = t"{a!r:>{b}}"', 'x = f"{a!r:>{b}}"'),
        ('x = t"{a["b"]}"', 'x = (  a["b"],)'),
        ("def f[T: (int, str), *Ts](x): pass", "def f(                    x): pass"),
        ("class A[T = int](B): pass", "class A(         B): pass"),
        ("class A[T]: pass", "class A( ): pass"),
        ("def f[\n T,\n # a\n](\n x): pass", "def f(\n   \n    \n  \n x): pass"),
        ("type X[T] = list[T]", "() = X    = list[T]"),
        ("type X[\n T,\n] = list[T]", "() = X[\n 0 \n] = list[T]"),
        ("except A, B.c:", "except A| B.c:"),
        ("except *A, B,:", "except  A| B :"),
        ("lazy from a import b", "pass;from a import b"),
        ("[*a for a in b]; {**a for a in b}", "[ a for a in b]; {  a for a in b}"),
        ("a[*b]; a[b, *c] = 1", "a[ b]; a[b,  c] = 1"),
        ("def f(*a: *B): pass", "def f(*a:  B): pass"),
        ('def f[T: x[*y]](a=f"{b["c"]}", *d: *E): pass', 'def f(          a=(  b["c"],), *d:  E): pass'),
        ('x = "é" f"é{a["b"]}"', 'x = (         a["b"],)'),
    ],
)
def test_blanked(source, expected):
    assert without(source) == expected
    assert len(expected) == len(source.encode())


def test_only_what_the_interpreter_lacks_is_blanked():
    source = 'class A[T = int]:\n    x = t"{a["b"]}"\n'
    assert without(source, (3, 11)) == 'class A(       ):\n    x = (  a["b"],)\n'
    assert without(source, (3, 12)) == 'class A[T      ]:\n    x = f"{a["b"]}"\n'
    assert without(source, (3, 13)) == 'class A[T = int]:\n    x = f"{a["b"]}"\n'


@pytest.mark.parametrize(("construct", "source"), EVERY)
def test_the_rest_is_plain_python(construct, source):
    if construct.version > (3, 10):
        ast.parse(without(source), feature_version=(3, 10))


# -- reading


MODULE = """\
import boto3
lazy import json
from errors import Late, timeout
type Client[T] = boto3.client
# lambdalint: ignore[client-in-handler] -- test
class Handler[T = int](Base):
    def run[U](self, *args: *Ts):
        try:
            one(f"{two(a["b"])} é {three()!r:{four()}}", t"{five(x)}", ["é"] + [*six() for _ in seven()])
        except Late, timeout:
            eight(lambda: nine(f"{ten(f"{eleven()}")}"))
        return {**twelve() for _ in x}
"""


def test_newer_syntax_reads_as_the_same_module_at_the_same_places():
    found = skeleton(MODULE.encode(), "m.py")
    assert found.newer_syntax == (RUNNING < NEWEST)
    assert list(found.classes) == ["Handler"]
    assert found.classes["Handler"].bases == (("n", "Base"),)
    method = found.defs["Handler.run"]
    assert (method.line, method.column, method.end_line) == (7, 4, 12)
    assert [(param.name, param.kind) for param in method.params] == [("self", ""), ("args", "*")]
    lines = MODULE.encode().splitlines()  # columns count bytes
    assert [lines[call.line - 1][call.column : call.end_column].decode() for call in sorted(method.calls)] == [
        """one(f"{two(a["b"])} é {three()!r:{four()}}", t"{five(x)}", ["é"] + [*six() for _ in seven()])""",
        'two(a["b"])',
        "three()",
        "four()",
        "five(x)",
        "six()",
        "seven()",
        """eight(lambda: nine(f"{ten(f"{eleven()}")}"))""",
        "twelve()",
    ]
    (inner,) = [item for name, item in found.defs.items() if name.startswith("<lambda:run:")]
    assert [call.tail for call in sorted(inner.calls)] == ["nine", "ten", "eleven"]
    together = [call.tail for call in sorted((*method.calls, *inner.calls))]
    assert together[-4:] == ["nine", "ten", "eleven", "twelve"]
    assert found.imports == (
        (0, "boto3", None, 1, False),
        (0, "json", None, 2, False),
        (0, "errors", "Late", 3, False),
        (0, "errors", "timeout", 3, False),
    )
    assert found.bindings["Client"] == (("", ("a", ("n", "boto3"), "client")),)
    assert [(line, text) for line, _, text, _ in found.comments] == [
        (5, "# lambdalint: ignore[client-in-handler] -- test")
    ]
    assert statement_lines(MODULE.encode(), 9) == (9, 9)


def test_newer_syntax_is_lowered_with_every_call_paired():
    found = skeleton(MODULE.encode(), "m.py")
    top = found.defs["Handler.run"].top
    names = {(item.line, item.name): name for name, item in (*found.defs.items(), *found.classes.items())}
    lowered = lower(MODULE.encode(), "m.py", top, names)
    assert lowered.mismatches == 0
    references = {call.k: call for item in found.defs.values() for call in item.calls}
    assert {k: call.tail for k, call in lowered.calls.items()} == {k: call.tail for k, call in references.items()}
    assert {k: call.span[:2] for k, call in lowered.calls.items()} == {
        k: (call.line, call.column) for k, call in references.items()
    }
    frames = {call.tail: [frame[0] for frame in call.context] for call in lowered.calls.values()}
    assert frames["six"] == ["try", "loop"]
    assert frames["twelve"] == ["loop"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: b"# -*- coding: latin-1 -*-\n" + text.encode("latin-1"),
        lambda text: b"# coding=utf-8\n" + text.encode(),
    ],
    ids=["byte order mark", "CRLF", "CR", "Latin-1", "UTF-8"],
)
def test_newer_syntax_in_other_encodings_and_line_ends(change):
    source = change(MODULE)
    shift = source.startswith(b"#")
    found = skeleton(source, "m.py")
    (five,) = [call for call in found.defs["Handler.run"].calls if call.tail == "five"]
    line = MODULE.encode().splitlines()[8]
    assert (five.line, line[five.column : five.end_column]) == (9 + shift, b"five(x)")
    names = {(item.line, item.name): name for name, item in (*found.defs.items(), *found.classes.items())}
    assert lower(source, "m.py", found.defs["Handler.run"].top, names).mismatches == 0


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("def f(:\n    pass\n", 1, None),
        ("class A[T = int]: pass\nlazy import x\nx = = 1\n", 3, 5),  # the fault itself, not what is merely new
        ('x = t"{a}"\nif x\n    pass\n', 2, None),
        ('x = t"{a"\n', 1, None),
    ],
)
def test_what_no_python_reads(source, line, column):
    with pytest.raises(SourceError) as caught:
        read(source.encode(), "m.py")
    assert caught.value.syntax
    assert caught.value.line == line
    assert column is None or caught.value.column == column


PYTHON_2 = [
    'print "a"\n',
    "exec 'a'\n",
    "x = `1`\n",
    "x = 0777\n",
    "if a <> b: pass\n",
    "raise A, 'b'\n",
    "x = ur'a'\n",
    "try:\n    pass\nexcept IOError, e:\n    print(e)\n",
    "def f(error):\n    try:\n        pass\n    except (IOError, OSError), error:\n        pass\n",
    "try:\n    pass\nexcept a.b, exc: pass\n",
    "lazy = 1\ntry:\n    pass\nexcept ValueError, E:\n    pass\n",
    "for e in x:\n    pass\ntry:\n    pass\nexcept ValueError, e:\n    pass\n",
]


@pytest.mark.parametrize("source", PYTHON_2)
def test_python_2_is_refused(source):
    with pytest.raises(SourceError) as caught:
        read(source.encode(), "m.py")
    assert caught.value.syntax
    assert caught.value.line == source[: source.find("except") + 1].count("\n") + 1 if "except" in source else 1


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    pass\nexcept ValueError, KeyError:\n    pass\n",
        "from errors import timeout\ntry:\n    pass\nexcept ValueError, timeout:\n    pass\n",
        "import socket\ntry:\n    pass\nexcept ValueError, socket.timeout:\n    pass\n",
        "class late(Exception): pass\ndef f():\n    try:\n        pass\n    except ValueError, late: pass\n",
        "try:\n    pass\nexcept ValueError, ExceptionGroup:\n    pass\n",
        "errors: tuple = (A, B)\ntry:\n    pass\nexcept ValueError, errors:\n    pass\n",
        "errors = (A, B)\ntry:\n    pass\nexcept ValueError, errors:\n    pass\n",
        "from errors import *\ntry:\n    pass\nexcept ValueError, Late:\n    pass\n",
        "try:\n    pass\nexcept a, b, c:\n    pass\n",
        "try:\n    pass\nexcept* ValueError, e:\n    pass\n",
    ],
)
def test_several_types_without_parentheses_are_read(source):
    tree, text = read(source.encode(), "m.py")
    assert isinstance(tree.body[-1], ast.stmt)
    assert (text != source.encode()) == (RUNNING < (3, 14))


def test_python_2_is_refused_on_interpreters_that_read_it_as_new_syntax():
    source = "try:\n    pass\nexcept IOError, e:\n    print(e)\n"
    tree = ast.parse(without(source))
    refuse_python_2(source.encode(), tree, (3, 14))
    for runtime in (None, (3, 13)):
        with pytest.raises(SourceError, match="Python 2") as caught:
            refuse_python_2(source.encode(), tree, runtime)
        assert (caught.value.line, caught.value.column) == (3, 1)
    source = source.replace("e:", "OSError:").replace("(e)", "()")
    refuse_python_2(source.encode(), ast.parse(without(source)), None)


def test_a_runtime_that_has_the_syntax_settles_the_doubt():
    source = b"try:\n    pass\nexcept IOError, e:\n    print(e)\n"
    with pytest.raises(SourceError, match="Python 2"):
        read(source, "m.py", (3, 13))
    assert read(source, "m.py", (3, 14))[0].body


# -- f-strings whose positions older interpreters only estimate


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return g(f'{a(1)} {a(2)} {a(1)}', a(3))\n",
        "def f():\n    return f'{a(1):{a(2)}}' f'{a(1)}' + a(3)\n",
        'def f():\n    return f"""\n{a(1)}\n  {a(1)} {\na(2)}""" f"{a(1)}".format(a(4), f"{a(1)}")\n',
        "def f():\n    return f'{f\"{a(1)}{a(1)}\"}{(lambda: a(1))()}{(lambda: a(1))()}'\n",
        "def f():\n    return [f'{a(i)}{a(i)}{b.c(i)}' for i in a(x)]\n",
        "def f():\n    return f\"\"\"\t{b(f'''{a(1)}{\nx}''')}\"\"\", a(2)\n",
        "def f():\n    return c(f\"\"\"{f'''{a(1)}{\nx}'''}{b(a(2))}\"\"\")\n",
        "def f():\n    return f'{a(1) if a(2) else a(3)}', f'{(lambda: a(4))():{a(5)}}', f'{ {a(6): b, **c(d)} }'\n",
    ],
)
def test_calls_in_fstrings_are_numbered_by_field(source):
    found = skeleton(source.encode(), "m.py")
    names = {(item.line, item.name): name for name, item in found.defs.items()}
    lowered = lower(source.encode(), "m.py", (1, source.count("\n")), names)
    assert lowered.mismatches == 0
    references = {call.k: call for item in found.defs.values() for call in item.calls}
    assert len(references) == source.count("(") - source.count("f()") - source.count("{(lambda")
    assert lowered.calls.keys() == references.keys()
    for k, call in lowered.calls.items():
        constants = [value[1] for _, value in call.args if value[0] == "const"]
        assert constants == [value[1] for value in references[k].args if value is not None and value[0] == "k"]
    assert set(lowered.bodies) == {"", *found.defs}


# -- what a function's runtime refuses


HANDLER = "import helper\ndef handler(event, context):\n    return helper.go(event)\n"
PLAIN_HANDLER = "def handler(event, context):\n    return event\n"
MATCH = "def go(event):\n    match event:\n        case _: pass\n"


def template(*runtimes):
    functions = [
        f"  F{index}:\n    Type: AWS::Serverless::Function\n    Properties: {{Handler: {handler}, CodeUri: ., Runtime: {runtime}}}\n"
        for index, (handler, runtime) in enumerate(runtimes)
    ]
    return "Transform: AWS::Serverless-2016-10-31\nResources:\n" + "".join(functions)


def findings(files):
    python = tuple(sorted(path for path in files if path.endswith(".py")))
    templates = tuple(path for path in files if path == "template.yaml")
    report = engine.check(
        Project(MemoryTree(files), "/nowhere", python, templates), Settings(select=("LL001", "LL002"))
    )
    assert report.internal_errors == ()
    assert set(report.analysed) | {item.path for item in report.skipped} == set(files)
    return [
        (item.code, item.location.path, item.location.line, item.location.column, item.message, item.facts)
        for item in report.findings
    ]


def test_a_runtime_refuses_a_module_that_its_function_imports():
    files = {
        "template.yaml": template(("app.handler", "python3.9")),
        "app.py": HANDLER,
        "helper.py": MATCH,
        "other.py": MATCH,
    }
    assert findings(files) == [
        (
            "LL001",
            "helper.py",
            2,
            5,
            "python3.9 refuses this module: a `match` statement needs Python 3.10",
            ("function F0 runs on python3.9",),
        ),
    ]


@pytest.mark.parametrize(
    "runtime", ["python3.10", "python3.15", "python2.7", "nodejs20.x", "!Ref Runtime", "provided.al2023", "pythonX"]
)
def test_a_runtime_that_has_the_syntax_or_is_not_known(runtime):
    assert findings({"template.yaml": template(("app.handler", runtime)), "app.py": HANDLER, "helper.py": MATCH}) == []


def test_no_template_says_nothing():
    assert findings({"app.py": HANDLER, "helper.py": MATCH}) == []


@pytest.mark.parametrize(
    "imports",
    [
        "try:\n    import helper\nexcept Exception:\n    helper = None\n",
        "import sys\nif sys.version_info >= (3, 10):\n    import helper\nelse:\n    helper = None\n",
        "from sys import version_info\nif version_info[1] < 10:\n    helper = None\nelse:\n    import helper\n",
    ],
)
def test_an_import_that_the_module_can_do_without(imports):
    handler = f"{imports}def handler(event, context):\n    return helper.go(event)\n"
    assert (
        findings({"template.yaml": template(("app.handler", "python3.9")), "app.py": handler, "helper.py": MATCH}) == []
    )


def test_each_module_is_judged_for_the_oldest_runtime_that_loads_it():
    runtimes = template(("new.handler", "python3.12"), ("app.handler", "python3.9"), ("old.handler", "python3.8"))
    files = {
        "template.yaml": runtimes,
        "app.py": HANDLER,
        "helper.py": MATCH,
        "old.py": "import helper\nhandler = lambda event, context: helper.go(event)\n",
        "new.py": 'import helper\ndef handler[T](event: T, context):\n    return f"{event["a"]}"\n',
    }
    assert [(path, message, facts) for _, path, _, _, message, facts in findings(files)] == [
        (
            "helper.py",
            "python3.8 refuses this module: a `match` statement needs Python 3.10",
            ("function F2 runs on python3.8",),
        ),
    ]


def test_newer_than_the_interpreter_and_than_the_runtime():
    files = {"template.yaml": template(("app.handler", "python3.13")), "app.py": "lazy import json\n" + PLAIN_HANDLER}
    assert [item[:5] for item in findings(files)] == [
        ("LL001", "app.py", 1, 1, "python3.13 refuses this module: a lazy import needs Python 3.15"),
    ]
    assert findings({**files, "template.yaml": template(("app.handler", "python3.15"))}) == []
    assert findings({"app.py": files["app.py"]}) == []


def test_python_2_in_a_reached_module():
    source = "def go(event):\n    try:\n        pass\n    except IOError, e:\n        return e\n"
    files = {"template.yaml": template(("app.handler", "!Ref Runtime")), "app.py": HANDLER, "helper.py": source}
    ((code, path, line, column, message, _),) = findings(files)
    assert (code, path, line, column) == ("LL001", "helper.py", 4, 5)
    assert (
        message
        == f"Python {RUNNING[0]}.{RUNNING[1]} refuses this module: `except …, e:` is Python 2, or needs Python 3.14"
    )
    assert findings({**files, "template.yaml": template(("app.handler", "python3.14"))}) == []


def test_what_cannot_be_paired_is_somewhere_in_its_definition(tmp_path):
    # a lazy import is legal in a module only, and in a function its blanks are one statement too many
    head = "import boto3\n\ncache = {}\n\n\ndef handler(event, context):\n"
    source = head + "    lazy import json\n    cache[event['id']] = event\n"
    (tmp_path / "app.py").write_text(source)
    report = engine.check(discover.project(discover.locate([str(tmp_path)])), Settings(select=("ALL",)))
    assert all(1 <= item.location.line <= 8 for item in report.findings)
