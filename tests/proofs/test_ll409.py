"""LL409: an exit leaves the runtime's own code before it has told the service anything."""

import pytest


@pytest.mark.parametrize(
    ("event", "status"), [({}, 0), ({"orders": [{}]}, 1)], ids=["status 0", "in a function, not caught as Exception"]
)
def test_the_runtime_ends(load, invoke, event, status):
    handler = load("exit-in-handler/bad/lambda_function.py").lambda_handler
    with pytest.raises(SystemExit) as end:
        invoke(handler, event)
    assert end.value.code == status


@pytest.mark.parametrize("event", [{}, {"orders": [{"id": 1}]}, {"orders": [{}]}])
def test_what_is_caught_or_returned_is_answered(load, invoke, event):
    outcome = invoke(load("exit-in-handler/good/lambda_function.py").lambda_handler, event)
    assert outcome.answer == {"orders": len(event.get("orders", []))}
