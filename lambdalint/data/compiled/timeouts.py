"""Generated from timeouts.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html, '
           'https://aws.github.io/chalice/topics/configfile.html, '
           'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html, '
           'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html, '
           'https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html, '
           'https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html, '
           'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, '
           'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html, '
           'https://docs.aws.amazon.com/boto3/latest/guide/retries.html, '
           'https://aws.amazon.com/blogs/developer/updated-default-retry-behavior-for-aws-sdks-and-tools/, botocore '
           '1.44 (config, endpoint, retries)',
 'as_of': '2026-11-21',
 'function': {'default_s': {'sam': 3, 'cloudformation': 3, 'cdk': 3, 'terraform': 3, 'chalice': 60}},
 'answers': {'api': {'seconds': 29},
             'http': {'seconds': 30},
             'cognito': {'seconds': 5, 'unless': ['CustomEmailSender', 'CustomSMSSender']},
             'firehose': {'seconds': 300}},
 'queue': {'visibility_s': 30, 'advised_factor': 6},
 'sdk': {'read_timeout_s': 60, 'attempts': 3}}
