"""LL404: what the runtime makes of answers that have no JSON, and of those that the rule leaves alone."""

import pytest


@pytest.mark.parametrize(
    ("module", "event", "kind"),
    [
        ("sets", {"kind": "tags", "tags": ["A"]}, "set"),
        ("sets", {"kind": "names", "orders": [{"name": "a"}]}, "set"),
        ("sets", {"kind": "ids", "orders": [{"id": 1}]}, "frozenset"),
        ("values", {"kind": "stamped", "id": 1}, "datetime"),
        ("values", {"kind": "listed", "orders": [1]}, "UUID"),
        ("values", {"kind": "wrapped"}, "date"),
        ("errors", {"orders": [{}]}, "KeyError"),
        ("generators", {"kind": "mapped", "ids": [1]}, "map"),
        ("generators", {"kind": "all", "orders": []}, "generator"),
        ("pages", {"pages": []}, "generator"),
    ],
)
def test_it_fails_after_the_work_is_done(load, invoke, module, event, kind):
    outcome = invoke(load(f"unserializable-return/bad/src/{module}.py").lambda_handler, event)
    assert outcome.error == "Runtime.MarshalError"
    assert outcome.message == f"Unable to marshal response: Object of type {kind} is not JSON serializable"


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        ({"kind": "sorted", "orders": [{"id": 2}, {"id": 1}]}, {"ids": [1, 2]}),
        ({"kind": "decimal"}, {"price": 9.5}),
        ({"kind": "bytes"}, {"raw": "text", "total": {"count": 1, "price": 2}}),
        ({"kind": "extended", "orders": [{"id": "a"}]}, {"ids": ["a", "{'id': 'a'}"]}),
        ({"kind": "other", "orders": [{}]}, {"ok": False, "reason": "'price'", "kind": "KeyError"}),
    ],
)
def test_what_the_rule_leaves_alone_arrives(load, invoke, event, answer):
    assert invoke(load("unserializable-return/good/src/plain.py").lambda_handler, event).answer == answer
