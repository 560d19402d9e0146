"""Generated from roles.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'AWS managed policy reference (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/), the '
           "policies' JSON",
 'as_of': '2026-11-21',
 'basic': ['AWSLambdaBasicExecutionRole',
           'AWSLambdaVPCAccessExecutionRole',
           'AWSXRayDaemonWriteAccess',
           'AWSXrayWriteOnlyAccess',
           'CloudWatchLambdaInsightsExecutionRolePolicy']}
