"""Source that nests or goes on: one shape for each way in which Python can, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping

# Each is a block of statements for the body of a function.
Shape = Callable[[int], str]


def _around(opener: str, middle: str, closer: str) -> Shape:
    return lambda depth: f"x = {opener * depth}{middle}{closer * depth}\n"


def _chain(first: str, more: str) -> Shape:
    return lambda depth: f"x = {first}{more * depth}\n"


def _blocks(head: str) -> Shape:
    """Statements, each in the block of the one before."""
    return lambda depth: "".join(" " * level + head + "\n" for level in range(depth)) + " " * depth + "pass\n"


def _blocks_and(head: str, tail: str) -> Shape:
    """Blocks that end with another one."""
    return lambda depth: _blocks(head)(depth) + "".join(" " * level + tail + "\n" for level in reversed(range(depth)))


def _formatted(depth: int) -> str:
    """f-strings in one another, which needs Python 3.12."""
    return "x = " + "f'{" * depth + "1" + "}'" * depth + "\n"


def _subscripts(depth: int) -> str:
    return f"x = {'event[' * depth}0{']' * depth}\n"


def _targets(depth: int) -> str:
    return f"{'(' * depth}x{',)' * depth} = event\n"


def _decorators(depth: int) -> str:
    return "@str\n" * depth + "def inner():\n pass\n"


def _cases(depth: int) -> str:
    return "match event:\n" + "".join(f" case {number}:\n  pass\n" for number in range(depth))


def _pattern(opener: str, closer: str) -> Shape:
    return lambda depth: f"match event:\n case {opener * depth}x{closer * depth}:\n  pass\n"


def _pattern_or(depth: int) -> str:
    return f"match event:\n case {'1 | ' * depth}2:\n  pass\n"


def _with_items(depth: int) -> str:
    return f"with {', '.join(['open(event)'] * max(depth, 1))}:\n pass\n"


def _handlers(depth: int) -> str:
    return "try:\n pass\n" + "except ValueError:\n pass\n" * max(depth, 1)


def _elif(depth: int) -> str:
    return "if event:\n pass\n" + "elif event:\n pass\n" * depth


def _parameters(depth: int) -> str:
    return f"def inner({', '.join(f'a{number}' for number in range(depth))}):\n pass\n"


def _comprehension(depth: int) -> str:
    return f"x = [1{' for y in event' * max(depth, 1)}]\n"


def _conditions(depth: int) -> str:
    return f"x = [1 for y in event{' if y' * depth}]\n"


def _long_call(depth: int) -> str:
    return f"print({'event, ' * depth})\n"


SHAPES: Mapping[str, Shape] = {
    # one inside the other
    "parentheses": _around("(", "1", ")"),
    "lists": _around("[", "1", "]"),
    "tuples": _around("(", "1", ",)"),
    "sets": _around("{", "1", "}"),
    "dicts": _around("{1: ", "1", "}"),
    "calls": _around("str(", "event", ")"),
    "calls-by-keyword": _around("dict(a=", "event", ")"),
    "calls-unpacked": _around("str(*", "event", ")"),
    "subscripts": _subscripts,
    "comprehensions": _around("[", "1", " for y in event]"),
    "generators": _around("(", "1", " for y in event)"),
    "awaits": lambda depth: (
        f"async def inner():\n x = {'await ' * min(depth, 1)}{'(await ' * depth}event{')' * depth}\n"
    ),
    "walrus": _around("(y := ", "1", ")"),
    "lambdas": lambda depth: f"x = {'lambda: ' * depth}1\n",
    "lambda-defaults": lambda depth: f"x = {'lambda a=' * depth}1{': a' * depth}\n",
    "conditional": lambda depth: f"x = {'1 if event else ' * depth}2\n",
    "conditional-in-conditional": _around("(1 if ", "event", " else 2)"),
    "not": lambda depth: f"x = {'not ' * depth}event\n",
    "minus": lambda depth: f"x = {'-' * depth}1\n",
    "invert": lambda depth: f"x = {'~' * depth}1\n",
    "powers": lambda depth: f"x = {'1 ** ' * depth}1\n",
    "formatted": _formatted,
    "format-specification": lambda depth: f"x = f'{'{event:' * depth}{'}' * depth}'\n",
    "targets": _targets,
    "starred-targets": lambda depth: f"{'[*' * depth}x{']' * depth} = event\n",
    "annotations": lambda depth: f"x: {'list[' * depth}int{']' * depth} = event\n",
    "pattern-lists": _pattern("[", "]"),
    "pattern-tuples": _pattern("(", ",)"),
    "pattern-groups": _pattern("(", ")"),
    "pattern-mappings": _pattern("{1: ", "}"),
    "pattern-classes": _pattern("str(", ")"),
    "pattern-keywords": _pattern("dict(a=", ")"),
    "subject": lambda depth: f"match {'(' * depth}event{')' * depth}:\n case 1:\n  pass\n",
    "with-parentheses": lambda depth: f"with {'(' * depth}open(event){')' * depth}:\n pass\n",
    "except-parentheses": lambda depth: f"try:\n pass\nexcept {'(' * depth}ValueError{')' * depth}:\n pass\n",
    "loop-target": lambda depth: f"for {'(' * depth}x{',)' * depth} in event:\n pass\n",
    "delete": lambda depth: f"del {'[' * depth}x{']' * depth}\n",
    "dict-keys": _around("{", "1", ": 1}"),
    "yields": lambda depth: f"def inner():\n x = {'(yield ' * depth}1{')' * depth}\n",
    "slice-bounds": _around("event[:", "0", "]"),
    "if": _blocks("if event:"),
    "for": _blocks("for x in event:"),
    "while": _blocks("while event:"),
    "with": _blocks("with open(event):"),
    "try": _blocks_and("try:", "finally: pass"),
    "else": _blocks_and("if event:", "else: pass"),
    "def": _blocks("def inner():"),
    "class": _blocks("class Inner:"),
    "match": lambda depth: (
        "".join(" " * (2 * level) + "match event:\n" + " " * (2 * level + 1) + "case 1:\n" for level in range(depth))
        + " " * (2 * depth)
        + "pass\n"
    ),
    # one after the other
    "attributes": _chain("event", ".a"),
    "calls-of-calls": _chain("event", "()"),
    "methods": _chain("event", ".a()"),
    "items": _chain("event", "[0]"),
    "and": _chain("event", " and event"),
    "or": _chain("event", " or event"),
    "plus": _chain("1", " + 1"),
    "plus-text": _chain("'a'", " + 'a'"),
    "percent": _chain("event", " % event"),
    "divide": _chain("event", " / 'a'"),
    "times": _chain("2", " * 2"),
    "bar": _chain("event", " | event"),
    "compare": _chain("1", " < 1"),
    "in": _chain("event", " in event"),
    "strings": _chain("'a'", " 'a'"),
    "bytes": _chain("b'a'", " b'a'"),
    "formatted-strings": _chain("f'{event}'", " f'{event}'"),
    "fields": lambda depth: f"x = f'{'{event}' * depth}'\n",
    "assignments": lambda depth: f"{'x = ' * (depth + 1)}1\n",
    "augmented": lambda depth: "x = 0\n" + "x += 1\n" * depth,
    "list": lambda depth: f"x = [{'1, ' * depth}]\n",
    "tuple": lambda depth: f"x = {'1, ' * (depth + 1)}\n",
    "dict": lambda depth: f"x = {{{'1: event, ' * depth}}}\n",
    "arguments": _long_call,
    "keywords": lambda depth: f"print({''.join(f'a{number}=1, ' for number in range(depth))})\n",
    "parameters": _parameters,
    "comprehension-fors": _comprehension,
    "comprehension-ifs": _conditions,
    "elif": _elif,
    "handlers": _handlers,
    "with-items": _with_items,
    "decorators": _decorators,
    "cases": _cases,
    "alternatives": _pattern_or,
    "lines": lambda depth: "x = 1\n" * depth,
    "statements": lambda depth: f"x = 1{'; x = 1' * depth}\n",
    "calls-in-lines": lambda depth: "print(event)\n" * depth,
    "globals": lambda depth: f"global a{''.join(f', a{number}' for number in range(depth))}\n",
    "imports": lambda depth: f"from os import path{', path' * depth}\n",
    "dotted-import": lambda depth: f"import a{'.a' * depth}\n",
    "deletes": lambda depth: f"del x{', x' * depth}\n",
    "slices": lambda depth: f"x = event[0{', 1:2' * depth}]\n",
    "text": lambda depth: f"x = '{'a' * depth}'\n",
    "digits": lambda depth: f"x = 1{'0' * depth}\n",
    "name": lambda depth: f"{'x' * (depth + 1)} = 1\n",
    "continued": lambda depth: "x = " + "1 + \\\n" * depth + " 1\n",
    "comments": lambda depth: "# nothing\n" * depth,
    "blank": lambda depth: "\n" * depth,
    "brackets-left-open": lambda depth: "x = " + "(" * depth + "\n",
    "brackets-closed": lambda depth: "x = " + ")" * depth + "\n",
    "quotes": lambda depth: "x = " + "'" * depth + "\n",
    "spaces": lambda depth: f"x = {' ' * depth}1\n",
}


BLOCKS = frozenset({"if", "for", "while", "with", "try", "else", "def", "class", "match"})
BLOCK_LIMIT = 2_000  # beyond, the indentation alone is larger than any file that is read


def depths(shape: str, wanted: tuple[int, ...]) -> list[int]:
    """The depths of those wanted that can be written down."""
    return sorted({min(depth, BLOCK_LIMIT) if shape in BLOCKS else depth for depth in wanted})


def module(shape: str, depth: int) -> str:
    """A module whose handler makes a client, which a rule reports, and then does what the shape is.

    What stands before the client may leave the handler, so that more than its ``ast`` is needed to judge it.
    """
    body = SHAPES[shape](depth)
    return (
        HEAD + "".join(f" {line}\n" if line else "\n" for line in body.split("\n")) + " return client.list_buckets()\n"
    )


HEAD = """\
import boto3


def handler(event, context):
 if not event:
  return None
 client = boto3.client('s3')
"""
