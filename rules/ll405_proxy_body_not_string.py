"""LL405: Answer to an HTTP request whose body is not a string."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class ProxyBodyNotString(Rule):
    """Answer to an HTTP request whose body is not a string.

    API Gateway's proxy integration and load balancers take the ``body`` of the answer as a string. With a dict or
    a list there the invocation succeeds and the client gets a 502 or 500: "Malformed Lambda proxy response".

    An error where a template says that HTTP requests come in, a warning where only what the code reads of its event
    does.

    Triggers:
        1. [dict] The body is a dict, a list or a number, put there by the handler.
        2. [helper] A function of the project makes the answer of what it is given.

    Exemptions:
        1. [other-source] Something else than HTTP invokes the function, or nothing tells what does.
        2. [mapped] The REST API maps the answer itself: its integration is no proxy.
        3. [decorated] A decorator other than Powertools' may change what is returned.
        4. [wrapper] A wrapper script may start the function (``AWS_LAMBDA_EXEC_WRAPPER``).

    Remedy:
        ``"body": json.dumps(…)``.

    References:
        - https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
        - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
        - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
        - https://repost.aws/knowledge-center/malformed-502-api-gateway
    """

    code = "LL405"
    name = "proxy-body-not-string"
    severity = Severity.ERROR
    tags = ("correctness",)
    why = "The client gets a 502 or 500 although the function has done its work."
    remedy = 'Turn the body into a string: "body": json.dumps(...).'
    wants = Wanted(entry_points=True, words=("statusCode",), answers=("body",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each return statement whose body is no string."""
        for item in function.odd_bodies():
            yield self.finding(
                item.location,
                f"the body of the answer is {item.what}, and has to be a string",
                function=function.name,
                severity=Severity.ERROR if item.declared else Severity.WARNING,
            )
