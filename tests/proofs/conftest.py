"""Running our own fixtures as Lambda would: the runtime's own code around a handler, with a made-up environment.

Only files of ``fixtures/`` are ever imported here.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import pathlib
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

FIXTURES = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_LAMBDA_FUNCTION_NAME": "orders",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/21/[$LATEST]0123456789abcdef",
}


class Outcome(NamedTuple):
    """What the service is told of an invocation: the answer, or the kind of the error with its message."""

    answer: Any = None
    error: str = ""
    message: str = ""


class _Service:
    """The client of the runtime API, as far as one invocation needs it."""

    def __init__(self) -> None:
        from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

        self.marshaller = LambdaMarshaller()
        self.outcome = Outcome()

    def post_invocation_result(self, invoke_id: str, result: Any, content_type: str, *more: Any) -> None:
        self.outcome = Outcome(json.loads(result) if content_type == "application/json" else result)

    def post_invocation_error(self, invoke_id: str, error: str, *more: Any) -> None:
        told = json.loads(error)
        self.outcome = Outcome(None, told["errorType"], told["errorMessage"])


class _NoLog:
    def log_error(self, lines: list[str]) -> None:
        pass


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that Lambda sets."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], types.ModuleType]]:
    """Imports ``<rule>/<bad or good>/…/module.py`` anew, with its directory as the code root."""
    before = set(sys.modules)

    def imported(path: str) -> types.ModuleType:
        file = FIXTURES / path
        monkeypatch.syspath_prepend(str(file.parent))
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, file.stem, module)
        spec.loader.exec_module(module)
        return module

    yield imported
    for name in set(sys.modules) - before:
        origin = getattr(sys.modules[name], "__file__", None) or ""
        if origin.startswith(str(FIXTURES)):
            del sys.modules[name]


def _parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.fixture
def invoke() -> Callable[..., Outcome]:
    """Runs one invocation in ``awslambdaric``, as the managed runtimes do."""
    from awslambdaric import bootstrap

    def invoked(handler: Any, event: Any) -> Outcome:
        service = _Service()
        given = {
            "lambda_runtime_client": service,
            "request_handler": handler,
            "invoke_id": "7b7",
            "event_body": json.dumps(event),
            "content_type": "application/json",
            "invoked_function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
            "epoch_deadline_time_in_ms": 4102444800000,
            "log_sink": _NoLog(),
        }
        # Its parameters differ from version to version; what is not given here is None there as well.
        bootstrap.handle_event_request(
            **{name: given.get(name) for name in _parameters(bootstrap.handle_event_request)}
        )
        return service.outcome

    return invoked
