"""Generated from logging.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'https://docs.python.org/3/library/logging.html#logging.basicConfig; '
           'https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/46e4c6a1/awslambdaric/bootstrap.py '
           "(_setup_logging runs before the handler's module is imported); "
           'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html (with the format '
           'JSON the level is INFO where none is set)',
 'as_of': '2026-11-21',
 'configuring': {'logging.basicConfig': 'logging.basicConfig'},
 'high': {'names': ['WARNING', 'WARN', 'ERROR', 'CRITICAL', 'FATAL'], 'number': 30},
 'low': {'methods': ['info', 'debug', 'log']},
 'handled': {'words': ['\\.handlers(?:\\.(?:clear|append|remove|pop|insert|extend)\\b|(?![\\w.]|\\s+import))',
                       '\\bremoveHandler\\b',
                       '\\bhasHandlers\\b',
                       '\\breload\\s*\\(\\s*logging',
                       '\\b(?:dict|file)Config\\s*\\(',
                       '\\bloguru\\b',
                       '\\bstructlog\\b']}}
