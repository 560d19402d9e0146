"""LL403: what the runtime makes of a coroutine."""

import pytest


@pytest.mark.parametrize(
    ("path", "name"), [("src/orders.py", "handler"), ("lone/lambda_function.py", "lambda_handler")]
)
def test_nothing_awaits_the_coroutine(load, invoke, path, name):
    handler = getattr(load(f"async-handler/bad/{path}"), name)
    with pytest.warns(RuntimeWarning, match="never awaited"):
        outcome = invoke(handler, {"order": 7, "items": []})
    assert outcome.error == "Runtime.MarshalError"
    assert "Object of type coroutine is not JSON serializable" in outcome.message


def test_a_plain_function_that_runs_it(load, invoke):
    handler = load("async-handler/good/src/orders.py").handler
    assert invoke(handler, {"items": [{"price": 3, "count": 2}]}).answer == {"total": 6}


def test_a_decorator_that_runs_it(load, invoke):
    assert invoke(load("async-handler/good/src/decorated.py").handler, {"order": 7}).answer == {"order": 7}
