"""LL210: Metric that is sent through CloudWatch's API on each invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class MetricApiCall(Rule):
    """Metric that is sent through CloudWatch's API on each invocation.

    ``put_metric_data`` is a request that the invocation waits and pays for; it is throttled for the account as a whole,
    and fails the function when it is. A line of log in the embedded metric format (EMF) becomes the same metric with no
    request at all.

    Triggers:
        1. [call] ``put_metric_data`` of a CloudWatch client, or of a metric of its resource.

    Exemptions:
        1. [tests] Test files.

    Remedy:
        Log the metric in the embedded metric format, by hand, with Powertools' Metrics or with aws-embedded-metrics.

    References:
        - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
        - https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
    """

    code = "LL210"
    name = "metric-api-call"
    severity = Severity.INFO
    tags = ("cost", "performance")
    why = "The invocation waits for a request that is throttled for the whole account; a line of log would do."
    remedy = "Log the metric in the embedded metric format (Powertools' Metrics, aws-embedded-metrics)."
    wants = Wanted(operations=("aws:cloudwatch.put_metric_data", "aws:cloudwatch#Metric.put_data"))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for each call that an entry point reaches."""
        verdict = site.verdict(())
        if verdict.routes:
            yield self.finding(
                site.location,
                "a metric is sent by a request that the invocation waits for",
                function=site.function,
                chains=site.chains(verdict),
            )
