"""LL303: Idempotent function that does not know when its invocation ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class IdempotencyContextNotRegistered(Rule):
    """Idempotent function that does not know when its invocation ends.

    Powertools' ``@idempotent_function`` stores that a key is at work before it calls the function. Where the invocation
    times out, that record stays: each retry finds it and raises ``IdempotencyAlreadyInProgressError``, until the record
    expires, by default after an hour. With the context registered, the record says when the invocation must have
    ended, and a retry after that runs. ``@idempotent`` on the entry point registers it by itself.

    Reported is a function so decorated that an entry point calls, where nothing that it runs registers the context.

    Triggers:
        1. [function] A function with ``@idempotent_function``.

    Exemptions:
        1. [registered] Something calls ``register_lambda_context``, or gives ``lambda_context`` to the configuration.
        2. [entry] The entry point has ``@idempotent``.

    Remedy:
        Call ``config.register_lambda_context(context)`` first in the handler, with the ``IdempotencyConfig`` that
        the decorator is given.

    References:
        - https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
        - https://github.com/aws-powertools/powertools-lambda-python/blob/develop/aws_lambda_powertools/utilities/idempotency/persistence/base.py
    """

    code = "LL303"
    name = "idempotency-context-not-registered"
    tags = ("reliability", "idempotency")
    why = "After a timeout each retry is refused, until the record of the first attempt expires."
    remedy = "Call register_lambda_context(context) of the IdempotencyConfig at the start of the handler."
    wants = Wanted(entry_points=True, words=("idempotent_function",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each idempotent function of an entry point that registers no context."""
        for item in function.unregistered():
            yield self.finding(
                item.place,
                f"after a timeout, retries of {item.node[1]} are refused: no Lambda context is registered",
                function=item.node[1],
                chains=(item.chain,),
            )
