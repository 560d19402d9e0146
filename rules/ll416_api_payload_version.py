"""LL416: Key of the event that the endpoint's payload format does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

_KINDS = {"api": "a REST API", "http": "an HTTP API", "function-url": "a function URL"}


class ApiPayloadVersion(Rule):
    """Key of the event that the endpoint's payload format does not have.

    REST APIs, and HTTP APIs with payload format 1.0, hand over ``httpMethod`` and ``path``; function URLs, and HTTP
    APIs with format 2.0 (the default of most tools), hand over ``requestContext.http`` and ``rawPath`` instead. Reading
    a key of the other format raises a KeyError, and the client gets a 500 or 502.

    Reported is a subscript of the event by a key that only the other format has, where the template tells the format
    of all endpoints of the function and nothing that the function runs knows the keys of the right one.

    Triggers:
        1. [old-key] A key of format 1.0 under a function URL or an HTTP API with format 2.0.
        2. [new-key] A key of format 2.0 under a REST API or an HTTP API with format 1.0.

    Exemptions:
        1. [both] Keys of the right format are read as well.
        2. [tested] The function tests whether the key is there.
        3. [other-source] The function has another source whose events look alike.

    Remedy:
        Read the keys of the format that the template sets, or set ``PayloadFormatVersion`` to the one that is read.

    References:
        - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
        - https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """

    code = "LL416"
    name = "api-payload-version"
    tags = ("correctness", "templates")
    why = "The key is not in the event: a KeyError, which the client sees as a 500 or 502."
    remedy = "Read the keys of the payload format that the template sets, or set PayloadFormatVersion to the one read."
    wants = Wanted(entry_points=True, in_template=True)

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for the first key that the payload does not have."""
        found = function.misread()
        if found is None:
            return
        place = found.event.location
        key = found.key.replace("/", ".")
        yield self.finding(
            found.location,
            f"the event has no {key}: it comes from {_KINDS[found.event.kind]} with payload format {found.version}",
            function=found.node[1],
            facts=(f"{place.path}:{place.line} declares the endpoint",) if place is not None else (),
        )
