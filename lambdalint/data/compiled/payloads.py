"""Generated from payloads.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs" (payload format versions '
           '1.0 and 2.0); Lambda developer guide, "Creating and managing Lambda function URLs" (2.0 only); API Gateway '
           'developer guide, "Input format of a Lambda function for proxy integration" (REST APIs: 1.0 only)',
 'as_of': '2026-11-21',
 'kinds': ['api', 'http', 'function-url'],
 'others': ['alb', 'websocket', 'authorizer', 'unknown', 'async', 'step-functions', 'appsync', 'bedrock'],
 'keys': {'1.0': ['httpMethod',
                  'path',
                  'resource',
                  'multiValueHeaders',
                  'multiValueQueryStringParameters',
                  'requestContext/httpMethod',
                  'requestContext/resourcePath',
                  'requestContext/path'],
          '2.0': ['rawPath',
                  'rawQueryString',
                  'routeKey',
                  'cookies',
                  'requestContext/http',
                  'requestContext/routeKey']}}
