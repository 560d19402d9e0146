"""YAML and JSON as nodes: positions, spelling, repeated keys, and the bounds that hold for any input."""

import contextlib
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdalint.templates.documents import Malformed, read_json, read_yaml


def plain(node):
    if node.kind == "map":
        return {name: plain(value) for name, (_, value) in node.value.items()}
    if node.kind == "list":
        return [plain(value) for value in node.value]
    return node.value


def test_positions_are_of_the_first_character_and_one_based():
    root = read_yaml(b"a:\n  b: [x, 'y z']\n").root
    listed = root.get("a").get("b")
    assert (listed.line, listed.column) == (2, 6)
    assert [(node.line, node.column, node.end_column) for node in listed.value] == [(2, 7, 8), (2, 10, 15)]


def test_columns_count_code_points():
    node = read_yaml("é😀: x\n".encode()).root.get("é😀")
    assert (node.column, node.end_column) == (5, 6)


@pytest.mark.parametrize("written", ["3.10", "no", "on", "1:30", "0128", "2012-10-17", "1e3", ".nan", "0x1f", "1_000"])
def test_scalars_keep_their_spelling(written):
    assert plain(read_yaml(f"a: {written}\n".encode()).root) == {"a": written}


def test_quotes_tell_a_string_from_nothing():
    root = read_yaml(b"a: ~\nb: '~'\nc:\nd: ''\n").root
    assert [root.get(name).null for name in "abcd"] == [True, False, True, False]


def test_merge_keys_give_way_to_own_keys_and_earlier_merges():
    root = read_yaml(b"a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n").root
    assert plain(root.get("c")) == {"x": "3", "y": "1", "z": "2"}


def test_utf16_and_a_byte_order_mark():
    assert plain(read_yaml("a: é\n".encode("utf-16")).root) == {"a": "é"}
    assert plain(read_yaml(b"\xef\xbb\xbfa: b\n").root) == {"a": "b"}
    assert plain(read_json(b'\xef\xbb\xbf{"a": 1}').root) == {"a": "1"}


def test_a_repeated_section_is_a_problem_and_the_last_counts():
    document = read_yaml(b"Resources:\n  F: {a: 1}\n  G: x\n  F: {b: 2}\n")
    assert document.problems == ("line 4: key 'F' again (first at line 2); the last one counts",)
    assert plain(document.root) == {"Resources": {"F": {"b": "2"}, "G": "x"}}
    assert read_json(b'{"a": 1,\n"a": 2}').problems == ("line 2: key 'a' again (first at line 1); the last one counts",)


PROBLEMS = [
    ("a: 1\n---\nb: 2\n", "line 2: a second document in one file; only the first is read"),
    ("? [x]\n: y\n", "line 1: a list or mapping as a key"),
    ("a: !!python/name:os.system\n", "line 1: tag !!python/name:os.system is not data"),
    ("a: !!int x\n", "line 1: 'x' is not a !!int"),
    ("a:\n  !Ref b: c\n", "line 2: tag !Ref on a key"),
    ("a: 2024-99-99\n", "line 1: 2024-99-99 is not a date, and deployment tools refuse it unquoted"),
    ("a: =\n", "line 1: a bare = is not a value that deployment tools load"),
    ("a: " + "9" * 5000 + "\n", "line 1: a number of 5,000 digits"),
    ("a:\n  <<: x\n", "line 2: << names something other than a mapping"),
]


@pytest.mark.parametrize(("text", "problem"), PROBLEMS)
def test_problems_that_leave_the_rest_readable(text, problem):
    assert read_yaml(text.encode()).problems == (problem,)


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
MERGES = "a0: &a0 {k: 1}\n" + "".join(f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))
REFUSED = [
    ("[" * 400 + "]" * 400, "line 1: nested deeper than 100 levels"),
    ("".join(" " * i + "a:\n" for i in range(200)), "line 101: nested deeper than 100 levels"),
    (LAUGHS, "line 6: aliases expand to more than 200,000 nodes"),
    (MERGES, "line 13: aliases expand to more than 200,000 nodes"),
    ("a: &a [*a]\n", "line 1: alias *a inside its own anchor"),
    ("a: *b\n", "line 1: alias *b without an anchor"),
    ("[" + "x," * 250_000 + "]", "line 1: more than 200,000 nodes"),
    ("%TAG !a! x\n" * 200 + "--- a\n", "more than 100 %TAG directives"),
    ("a: [b\n", "line 2: did not find expected ',' or ']'"),
    ("a: \x00\n", "line 1: control characters are not allowed"),
    ("a: é\nb: c\nd: \x01\n", "line 3: control characters are not allowed"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_documents_that_are_refused(text, reason):
    with pytest.raises(Malformed) as caught:
        read_yaml(text.encode())
    assert str(caught.value) == reason


@pytest.mark.parametrize("data", [b"a\xff: b", b"\xff\xfea"])
def test_bytes_that_are_not_text(data):
    with pytest.raises(Malformed, match="not UTF"):
        read_yaml(data)


JSON_REFUSED = [
    ('{"a": ', "line 1: the document ends too early"),
    ('{"a"\n 1}', "line 2: a colon is missing"),
    ('{"a": 1\n "b": 2}', "line 2: a comma is missing"),
    ("{'a': 1}", "line 1: a key in double quotes is missing"),
    ('{"a": 1,}', "line 1: a key in double quotes is missing"),
    ("[1,]", "line 1: a value is missing"),
    ('["a\nb"]', "line 1: invalid control character at"),
    ('["a', "line 1: unterminated string starting at"),
    ('["\\x"]', "line 1: invalid \\escape"),
    ("[" * 200, "line 1: nested deeper than 100 levels"),
    ("9" * 5000, "line 1: a number of 5,000 characters"),
    ("", "line 1: empty"),
]


@pytest.mark.parametrize(("text", "reason"), JSON_REFUSED)
def test_json_that_is_refused(text, reason):
    with pytest.raises(Malformed) as caught:
        read_json(text.encode())
    assert str(caught.value) == reason


def test_positions_in_json():
    root = read_json(b'{\n\t"a": {"b": [1,\n\t\ttrue]},\n "c": "\xc3\xa9", "d": null}').root
    assert (root.get("a").line, root.get("a").column) == (2, 7)
    assert [(node.value, node.line, node.column) for node in root.get("a").get("b").value] == [
        ("1", 2, 14),
        ("true", 3, 3),
    ]
    key, value = root.value["d"]
    assert (key.line, key.column, value.line, value.column) == (4, 12, 4, 17)
    assert value.null


def spelt(value):
    """What a reading of ``json.dumps(value)`` holds: scalars as they are spelt."""
    if isinstance(value, dict):
        return {name: spelt(part) for name, part in value.items()}
    if isinstance(value, list):
        return [spelt(part) for part in value]
    return value if isinstance(value, str) else json.dumps(value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_json_reads_as_the_standard_library_reads_it(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert plain(read_json(text.encode("utf-8", "surrogatepass")).root) == spelt(json.loads(text))


@given(st.text(alphabet="{}[],:\"'\\ \n\tabu019-", max_size=60))
def test_json_refuses_what_the_standard_library_refuses(text):
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        refused = True
    else:
        refused = False
    try:
        ours = bool(read_json(text.encode()).problems)
    except Malformed:
        ours = True
    assert ours == refused or not refused


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#,. \n\t~=<", max_size=80))
def test_any_text_is_read_or_refused_as_yaml(text):
    with contextlib.suppress(Malformed):
        assert read_yaml(text.encode()).problems is not None


def test_nothing_is_read_by_recursion():
    deep = "[" * 99 + "]" * 99
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(120)
    try:
        assert read_json(deep.encode()).root.weight == 99
    finally:
        sys.setrecursionlimit(limit)
