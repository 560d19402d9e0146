"""LL402: what the runtime makes of handlers that take another number of arguments."""

import pytest


@pytest.mark.parametrize(
    ("module", "name", "says"),
    [
        ("few", "handler", "takes 1 positional argument but 2 were given"),
        ("few", "nightly", "takes 0 positional arguments but 2 were given"),
        ("many", "handler", "missing 1 required positional argument: 'table'"),
        ("keyword", "handler", "missing 1 required keyword-only argument: 'table'"),
    ],
)
def test_two_arguments_do_not_fit(load, invoke, module, name, says, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "aws_lambda_powertools", _Powertools())
    outcome = invoke(getattr(load(f"handler-signature/bad/src/{module}.py"), name), {"order": 7})
    assert outcome.error == "TypeError"
    assert says in outcome.message


@pytest.mark.parametrize("name", ["handler", "open_ended", "with_defaults", "from_object"])
def test_two_arguments_fit(load, invoke, name):
    outcome = invoke(getattr(load("handler-signature/good/src/plain.py"), name), {"order": 7})
    assert (outcome.error, outcome.answer["order"]) == ("", 7)


class _Powertools:
    """Stands in for the package, whose decorators this test does not look at."""

    class Logger:
        def inject_lambda_context(self, function):
            return function
