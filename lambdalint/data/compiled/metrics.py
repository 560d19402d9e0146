"""Generated from metrics.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'aws-lambda-powertools 3.37, metrics/base.py, metrics/provider/cloudwatch_emf/cloudwatch.py and '
           'provider/datadog/datadog.py: add_metric keeps the metric and flushes only at its hundredth of the batch; '
           'log_metrics and flush_metrics write what is kept '
           '(https://docs.aws.amazon.com/powertools/python/latest/core/metrics/)',
 'as_of': '2026-11-21',
 'recorded': {'aws_lambda_powertools.Metrics().add_metric': 'Metrics',
              'aws_lambda_powertools.metrics.Metrics().add_metric': 'Metrics',
              'aws_lambda_powertools.metrics.metrics.Metrics().add_metric': 'Metrics',
              'aws_lambda_powertools.metrics.EphemeralMetrics().add_metric': 'EphemeralMetrics',
              'aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch.AmazonCloudWatchEMFProvider().add_metric': 'AmazonCloudWatchEMFProvider',
              'aws_lambda_powertools.metrics.provider.datadog.DatadogMetrics().add_metric': 'DatadogMetrics',
              'aws_lambda_powertools.metrics.provider.datadog.DatadogProvider().add_metric': 'DatadogProvider'},
 'flushed': {'names': ['log_metrics', 'flush_metrics', 'serialize_metric_set']}}
