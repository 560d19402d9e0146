"""LL417: Metrics that are recorded and never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class MetricsNeverFlushed(Rule):
    """Metrics that are recorded and never written.

    Powertools' ``add_metric`` keeps a metric in memory. What is kept is written to the log, from which CloudWatch takes
    it, by ``@metrics.log_metrics`` around the handler or by ``metrics.flush_metrics()``. With neither, metrics of one
    environment pile up over its invocations until the hundredth, and are written then, with the time and the
    dimensions of that moment; those of an environment that ends before are lost.

    Reported is the first metric that an entry point records, where neither its modules nor those that they import name
    anything that writes them.

    Triggers:
        1. [recorded] ``add_metric`` of Powertools' Metrics.

    Exemptions:
        1. [flushed] The code names ``log_metrics`` or ``flush_metrics``.

    Remedy:
        Decorate the handler with ``@metrics.log_metrics``, or call ``metrics.flush_metrics()`` before it returns.

    References:
        - https://docs.aws.amazon.com/powertools/python/latest/core/metrics/#flushing-metrics
        - https://github.com/aws-powertools/powertools-lambda-python/blob/develop/aws_lambda_powertools/metrics/provider/cloudwatch_emf/cloudwatch.py
    """

    code = "LL417"
    name = "metrics-never-flushed"
    tags = ("observability",)
    why = "The metrics are written a hundred at a time, late, or never."
    remedy = "Decorate the handler with @metrics.log_metrics, or call metrics.flush_metrics()."
    wants = Wanted(entry_points=True, reaches=("metrics.recorded",), words=("add_metric",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for the first metric of an entry point that writes none."""
        item = function.unflushed_metrics()
        if item is not None:
            yield self.finding(
                item.place,
                f"{item.kind} keeps this metric in memory, and nothing flushes it",
                function=item.node[1],
                chains=(item.chain,),
            )
