"""What holds where a template says nothing: how long a function may run, who waits for it, how much it is handed.

The numbers of the services are data (``timeouts.toml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.model import ABSENT, DeclaredFunction, EventSource, State, Value
from lambdalint.templates.values import as_integer, at, known, text, unknown

if TYPE_CHECKING:
    from lambdalint.templates.events import Linker

DEFAULT = "the default"  # the reason of a value that the template leaves to AWS
# Integrations by which API Gateway waits for the function whatever it answers; others may invoke it without waiting.
_PROXIES = frozenset({"aws_proxy", "lambda_proxy"})
_DEFINITIONS = {"DefinitionBody", "DefinitionUri"}
_QUEUES = {"AWS::SQS::Queue": "VisibilityTimeout", "aws_sqs_queue": "visibility_timeout_seconds"}


def lifetime(function: DeclaredFunction) -> Value:
    """How many seconds an invocation may last; Absent where neither the template nor its kind tells."""
    default = table("timeouts")["function"]["default_s"].get(function.origin)
    if function.timeout == ABSENT and default is not None:
        return known(default, None, DEFAULT)
    return function.timeout


def sizes(event: EventSource) -> dict[str, Value]:
    """``batch_size`` where the template leaves it to Lambda."""
    default = table("sources")["kinds"].get(event.kind, {}).get("batch_size")
    if default is None or event.setting("batch_size").state is not State.ABSENT:
        return {}
    return {"batch_size": known(default, None, DEFAULT)}


def waits(linker: Linker, event: EventSource, lasts: Value) -> dict[str, Value]:
    """How long an event source waits for a function, as far as it can be told.

    ``answer_s`` is how many seconds it waits for the answer, ``visibility_s`` for how many a queue hides a message that
    it handed over, and ``advised_s`` for how many it should.

    Args:
        lasts: how many seconds an invocation of the function may last.
    """
    rows = table("timeouts")
    if event.kind == "sqs":
        found = {"visibility_s": _visibility(linker, event, rows["queue"]["visibility_s"])}
        if lasts.known:
            found["advised_s"] = known(rows["queue"]["advised_factor"] * lasts.value)
        return found
    row = rows["answers"].get(event.kind)
    answer = _answer(linker, event, row) if row is not None else ABSENT
    return {"answer_s": answer} if answer.state is not State.ABSENT else {}


def _answer(linker: Linker, event: EventSource, row: Mapping[str, Any]) -> Value:
    if event.kind == "api":
        integration = text(event.setting("integration"))
        if integration is None or integration.lower().replace("-", "_") not in _PROXIES:
            return ABSENT
        api = linker.resource_of(event.resource)
        if api is not None and api.type == "AWS::Serverless::Api" and _DEFINITIONS & set(api.properties):
            return ABSENT  # its definition says how it is integrated
        mode = event.setting("transfer")
        if mode.state is not State.ABSENT and text(mode) != "BUFFERED":
            return ABSENT  # an answer that is streamed may take 15 minutes
    if "unless" in row:
        asked = event.setting("events")
        if not asked.known or set(asked.value) & set(row["unless"]):
            return ABSENT
    limit = event.setting("timeout_ms")
    if limit.unknown:
        return limit
    if limit.known:
        return limit._replace(value=limit.value / 1000)
    return known(row["seconds"], None, "the service's own")


def _visibility(linker: Linker, event: EventSource, default: int) -> Value:
    if "topic" in event.settings and event.resource.state is State.ABSENT:
        return known(default, event.location, "the default of SQS, for SAM makes the queue")
    references = list(linker.references(event.resource))
    queue = linker.resource_of(event.resource) if len(references) == 1 else None
    name = _QUEUES.get(queue.type) if queue is not None else None
    if queue is None or name is None:
        return unknown("the queue is not in the templates", event.location)
    written = at(queue.properties, name)
    if written == ABSENT:
        return known(default, queue.location, "the default of SQS")
    return as_integer(written, name)
