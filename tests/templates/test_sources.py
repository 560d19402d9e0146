"""What triggers a function: each type of resource that names one, in CloudFormation and in Terraform, with its line."""

import textwrap

import pytest

from lambdalint.templates.values import Reference

FUNCTION = "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Handler: a.b}}\n"
LINE = 3  # of the resource, behind those

CLOUDFORMATION = [
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref F, EventSourceArn: 'arn:aws:dynamodb:e:1:table/t/stream/x', StartingPosition: LATEST}",
     "dynamodb", {"starting_position": "LATEST"}),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Ref F, EventSourceArn: 'arn:aws:kinesis:e:1:stream/s', BatchSize: 9, ParallelizationFactor: 2}",
     "kinesis", {"batch_size": 9, "parallelization": 2}),
    ("AWS::Lambda::EventSourceMapping", "{FunctionName: !Sub '${F}:live', SelfManagedEventSource: {}, Topics: [t]}", "kafka", {"topics": ("t",)}),
    ("AWS::Lambda::Url", "{TargetFunctionArn: !GetAtt F.Arn, AuthType: NONE}", "function-url", {"auth": "NONE"}),
    ("AWS::Lambda::Permission", "{FunctionName: !Ref F, Principal: ses.amazonaws.com}", "ses", {}),
    ("AWS::S3::Bucket", "{NotificationConfiguration: {LambdaConfigurations: [{Event: 's3:ObjectCreated:*', Function: !GetAtt F.Arn}]}}",
     "s3", {"events": ("s3:ObjectCreated:*",)}),
    ("AWS::SNS::Subscription", "{TopicArn: 'arn:aws:sns:e:1:t', Protocol: lambda, Endpoint: !GetAtt F.Arn, FilterPolicyScope: MessageBody}",
     "sns", {"filter_scope": "MessageBody"}),
    ("AWS::SNS::Topic", "{Subscription: [{Protocol: lambda, Endpoint: !GetAtt F.Arn}]}", "sns", {}),
    ("AWS::Events::Rule", "{ScheduleExpression: rate(1 day), Targets: [{Id: a, Arn: !GetAtt F.Arn, Input: '{}'}]}",
     "schedule", {"schedule": "rate(1 day)", "input": "{}"}),
    ("AWS::Events::Rule", "{EventBusName: bus, EventPattern: {source: [x]}, Targets: [{Id: a, Arn: !GetAtt F.Arn}]}", "eventbridge", {"bus": "bus"}),
    ("AWS::Scheduler::Schedule", "{ScheduleExpression: rate(2 days), Target: {Arn: !GetAtt F.Arn}}", "schedule", {"schedule": "rate(2 days)"}),
    ("AWS::Pipes::Pipe", "{Source: 'arn:aws:sqs:e:1:q', Target: !GetAtt F.Arn}", "pipes", {"source_kind": "sqs"}),
    ("AWS::Pipes::Pipe", "{Source: 'arn:aws:kinesis:e:1:stream/s', Enrichment: !GetAtt F.Arn, Target: x}", "pipes", {"source_kind": "kinesis"}),
    ("AWS::ApiGateway::Method", "{RestApiId: x, HttpMethod: GET, Integration: {Type: AWS_PROXY, Uri: !Sub 'arn:x/${F.Arn}/invocations'}}",
     "api", {"method": "GET", "integration": "AWS_PROXY"}),
    ("AWS::ApiGateway::Authorizer", "{RestApiId: x, AuthorizerUri: !Sub 'arn:x/${F.Arn}/invocations'}", "authorizer", {}),
    ("AWS::ApiGatewayV2::Integration", "{ApiId: x, IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: '1.0'}", "http", {"payload_version": "1.0"}),
    ("AWS::ApiGatewayV2::Authorizer", "{ApiId: x, AuthorizerUri: !Sub 'arn:x/${F.Arn}/invocations'}", "authorizer", {}),
    ("AWS::ApiGatewayV2::Api", "{ProtocolType: HTTP, Target: !GetAtt F.Arn}", "http", {}),
    ("AWS::Serverless::HttpApi", "{DefinitionBody: {paths: {/x: {get: {uri: !Sub 'x/${F.Arn}/y'}}}}}", "http", {}),
    ("AWS::Serverless::GraphQLApi", "{DataSources: {Lambda: {D: {FunctionArn: !GetAtt F.Arn}}}}", "appsync", {}),
    ("AWS::Serverless::StateMachine", "{DefinitionSubstitutions: {A: !GetAtt F.Arn}}", "step-functions", {}),
    ("AWS::StepFunctions::StateMachine", "{DefinitionString: !Sub '{\"Resource\": \"${F.Arn}\"}'}", "step-functions", {}),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "{TargetType: lambda, Targets: [{Id: !GetAtt F.Arn}]}", "alb", {}),
    ("AWS::Logs::SubscriptionFilter", "{LogGroupName: /x, FilterPattern: ERROR, DestinationArn: !GetAtt F.Arn}", "cloudwatch-logs", {"filters": "ERROR"}),
    ("AWS::IoT::TopicRule", "{TopicRulePayload: {Actions: [{Lambda: {FunctionArn: !GetAtt F.Arn}}]}}", "iot", {}),
    ("AWS::SES::ReceiptRule", "{Rule: {Actions: [{LambdaAction: {FunctionArn: !GetAtt F.Arn}}]}}", "ses", {}),
    ("AWS::Config::ConfigRule", "{Source: {Owner: CUSTOM_LAMBDA, SourceIdentifier: !GetAtt F.Arn}}", "config", {}),
    ("AWS::CodeCommit::Repository", "{Triggers: [{Name: t, DestinationArn: !GetAtt F.Arn}]}", "codecommit", {}),
    ("AWS::AppSync::DataSource", "{LambdaConfig: {LambdaFunctionArn: !GetAtt F.Arn}}", "appsync", {}),
    ("AWS::SecretsManager::RotationSchedule", "{SecretId: s, RotationLambdaARN: !GetAtt F.Arn}", "secrets-rotation", {}),
    ("AWS::Cognito::UserPool", "{LambdaConfig: {PreSignUp: !GetAtt F.Arn}}", "cognito", {}),
    ("AWS::Bedrock::Agent", "{ActionGroups: [{ActionGroupExecutor: {Lambda: !GetAtt F.Arn}}]}", "bedrock", {}),
    ("AWS::KinesisFirehose::DeliveryStream",
     "{ExtendedS3DestinationConfiguration: {ProcessingConfiguration: {Processors: [{Parameters: [{ParameterValue: !GetAtt F.Arn}]}]}}}", "firehose", {}),
    ("AWS::CloudFront::Distribution", "{DistributionConfig: {DefaultCacheBehavior: {LambdaFunctionAssociations: [{LambdaFunctionARN: !Ref F}]}}}", "cloudfront", {}),
    ("AWS::CloudFormation::CustomResource", "{ServiceToken: !GetAtt F.Arn}", "custom-resource", {}),
    ("Custom::Thing", "{ServiceToken: !GetAtt F.Arn}", "custom-resource", {}),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "properties", "kind", "settings"), CLOUDFORMATION)
def test_resources_of_cloudformation(written, type_, properties, kind, settings):
    found = written({"stack.yaml": f"{FUNCTION}  R: {{Type: '{type_}', Properties: {properties}}}\n"})
    assert found.problems == ()
    (function,) = found.functions
    (event,) = function.events.value
    assert (event.kind, event.location.path, event.location.line) == (kind, "stack.yaml", LINE)
    assert {name: event.setting(name).value for name in settings} == settings


TERRAFORM = [
    ("aws_lambda_event_source_mapping", 'function_name = aws_lambda_function.f.arn\nevent_source_arn = "arn:aws:dynamodb:e:1:table/t/stream/x"\nbatch_size = 3',
     "dynamodb", {"batch_size": 3}),
    ("aws_lambda_event_source_mapping", 'function_name = aws_lambda_function.f.function_name\nevent_source_arn = "arn:aws:kinesis:e:1:stream/s"', "kinesis", {}),
    ("aws_lambda_permission", 'function_name = aws_lambda_function.f.function_name\nprincipal = "cognito-idp.amazonaws.com"', "cognito", {}),
    ("aws_lambda_function_url", 'function_name = aws_lambda_function.f.function_name\nauthorization_type = "NONE"', "function-url", {"auth": "NONE"}),
    ("aws_s3_bucket_notification", 'bucket = "b"\nlambda_function {\n  lambda_function_arn = aws_lambda_function.f.arn\n  events = ["s3:ObjectCreated:*"]\n  filter_prefix = "in/"\n}',
     "s3", {"prefix": "in/", "events": ("s3:ObjectCreated:*",)}),
    ("aws_sns_topic_subscription", 'topic_arn = "arn:aws:sns:e:1:t"\nprotocol = "lambda"\nendpoint = aws_lambda_function.f.arn', "sns", {}),
    ("aws_cloudwatch_event_target", 'rule = "r"\narn = aws_lambda_function.f.arn', "eventbridge", {}),
    ("aws_scheduler_schedule", 'schedule_expression = "rate(1 day)"\ntarget {\n  arn = aws_lambda_function.f.arn\n}', "schedule", {"schedule": "rate(1 day)"}),
    ("aws_pipes_pipe", 'source = "arn:aws:sqs:e:1:q"\ntarget = aws_lambda_function.f.arn', "pipes", {"source_kind": "sqs"}),
    ("aws_pipes_pipe", 'source = "arn:aws:sqs:e:1:q"\nenrichment = aws_lambda_function.f.arn\ntarget = "x"', "pipes", {}),
    ("aws_api_gateway_integration", 'rest_api_id = "x"\nhttp_method = "ANY"\ntype = "AWS_PROXY"\nuri = aws_lambda_function.f.invoke_arn', "api", {"method": "ANY", "integration": "AWS_PROXY"}),
    ("aws_api_gateway_rest_api", "body = jsonencode({ uri = aws_lambda_function.f.invoke_arn })", "api", {}),
    ("aws_api_gateway_authorizer", 'rest_api_id = "x"\nauthorizer_uri = aws_lambda_function.f.invoke_arn', "authorizer", {}),
    ("aws_apigatewayv2_integration", 'api_id = "x"\nintegration_uri = aws_lambda_function.f.invoke_arn\npayload_format_version = "2.0"', "http", {"payload_version": "2.0"}),
    ("aws_apigatewayv2_authorizer", 'api_id = "x"\nauthorizer_uri = aws_lambda_function.f.invoke_arn', "authorizer", {}),
    ("aws_apigatewayv2_api", 'protocol_type = "HTTP"\ntarget = aws_lambda_function.f.arn', "http", {}),
    ("aws_sfn_state_machine", "definition = jsonencode({ Resource = aws_lambda_function.f.arn })", "step-functions", {}),
    ("aws_lb_target_group_attachment", 'target_group_arn = "x"\ntarget_id = aws_lambda_function.f.arn', "alb", {}),
    ("aws_alb_target_group_attachment", 'target_group_arn = "x"\ntarget_id = aws_lambda_function.f.arn', "alb", {}),
    ("aws_cloudwatch_log_subscription_filter", 'log_group_name = "/x"\nfilter_pattern = "E"\ndestination_arn = aws_lambda_function.f.arn', "cloudwatch-logs", {"filters": "E"}),
    ("aws_cognito_user_pool", "lambda_config {\n  pre_sign_up = aws_lambda_function.f.arn\n}", "cognito", {}),
    ("aws_iot_topic_rule", "lambda {\n  function_arn = aws_lambda_function.f.arn\n}", "iot", {}),
    ("aws_ses_receipt_rule", "lambda_action {\n  function_arn = aws_lambda_function.f.arn\n}", "ses", {}),
    ("aws_config_config_rule", 'source {\n  owner = "CUSTOM_LAMBDA"\n  source_identifier = aws_lambda_function.f.arn\n}', "config", {}),
    ("aws_codecommit_trigger", 'repository_name = "r"\ntrigger {\n  destination_arn = aws_lambda_function.f.arn\n}', "codecommit", {}),
    ("aws_appsync_datasource", "lambda_config {\n  function_arn = aws_lambda_function.f.arn\n}", "appsync", {}),
    ("aws_secretsmanager_secret_rotation", 'secret_id = "s"\nrotation_lambda_arn = aws_lambda_function.f.arn', "secrets-rotation", {}),
    ("aws_bedrockagent_agent_action_group", "action_group_executor {\n  lambda = aws_lambda_function.f.arn\n}", "bedrock", {}),
    ("aws_kinesis_firehose_delivery_stream",
     'extended_s3_configuration {\n  processing_configuration {\n    processors {\n      parameters {\n        parameter_value = "${aws_lambda_function.f.arn}:$LATEST"\n      }\n    }\n  }\n}',
     "firehose", {}),
    ("aws_cloudfront_distribution", "default_cache_behavior {\n  lambda_function_association {\n    lambda_arn = aws_lambda_function.f.qualified_arn\n  }\n}", "cloudfront", {}),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "body", "kind", "settings"), TERRAFORM)
def test_resources_of_terraform(written, type_, body, kind, settings):
    function = 'resource "aws_lambda_function" "f" {\n  handler = "a.b"\n}\n'
    found = written({"main.tf": f'{function}resource "{type_}" "r" {{\n{textwrap.indent(body, "  ")}\n}}\n'})
    assert found.problems == ()
    (function,) = found.functions
    (event,) = function.events.value
    place = event.location
    assert (event.kind, place.path) == (kind, "main.tf")
    assert 4 <= place.line < 4 + body.count("\n") + 3
    assert {name: event.setting(name).value for name in settings} == settings


def test_rules_of_terraform_are_schedules_where_they_have_one(written, at):
    text = (
        'resource "aws_lambda_function" "f" {\n  for_each = toset(["a", "b"])\n  handler = "${each.key}.run"\n}\n'
        'resource "aws_cloudwatch_event_rule" "r" {\n  schedule_expression = "rate(1 day)"\n}\n'
        'resource "aws_cloudwatch_event_target" "t" {\n  rule = aws_cloudwatch_event_rule.r.name\n'
        '  arn  = aws_lambda_function.f["a"].arn\n}\n'
    )
    one, other = written({"main.tf": text}).functions
    assert (at(one.handler), at(other.handler)) == (("a.run", 3), ("b.run", 3))
    (event,) = one.events.value
    assert (event.kind, event.location.line, at(event.setting("schedule"))) == ("schedule", 8, ("rate(1 day)", 6))
    assert event.resource.value == Reference(".", "aws_cloudwatch_event_rule.r", "name")
    assert not other.events.value


PUBLIC = """\
resource "aws_sqs_queue" "jobs" {}
resource "aws_dynamodb_table" "orders" {}
resource "aws_cloudwatch_event_rule" "hourly" {
  schedule_expression = "rate(1 hour)"
}
resource "aws_cloudwatch_event_target" "hourly" {
  rule = aws_cloudwatch_event_rule.hourly.name
  arn  = module.worker.lambda_function_arn
}
module "worker" {
  source      = "terraform-aws-modules/lambda/aws"
  handler     = "app.handler"
  source_path = "src"
  event_source_mapping = {
    jobs = {
      event_source_arn = aws_sqs_queue.jobs.arn
      filter_criteria  = { pattern = "{}" }
      scaling_config   = { maximum_concurrency = 4 }
    }
    orders = {
      event_source_arn           = aws_dynamodb_table.orders.stream_arn
      starting_position          = "LATEST"
      destination_arn_on_failure = aws_sqs_queue.jobs.arn
      filter_criteria            = [{ pattern = "1" }, { pattern = "2" }]
    }
    unnamed = { event_source_arn = var.arn }
  }
  allowed_triggers = {
    jobs   = { principal = "sqs.amazonaws.com", source_arn = aws_sqs_queue.jobs.arn }
    orders = { service = "dynamodb", source_arn = aws_dynamodb_table.orders.stream_arn }
    hourly = { service = "events", source_arn = aws_cloudwatch_event_rule.hourly.arn }
    news   = { service = "sns", source_arn = var.topic }
  }
}
"""


def test_triggers_of_the_public_module(written, at):
    """Pollers need no permission, so that one is no trigger, and nor is one for a rule that is seen."""
    found = written({"main.tf": PUBLIC})
    assert found.problems == ()
    (function,) = found.functions
    events = function.events.value
    assert [(event.kind, event.location.line) for event in events] == [
        ("schedule", 6),
        ("sqs", 15),
        ("dynamodb", 20),
        ("sqs", 26),
        ("sns", 32),
    ]
    _, jobs, orders, unnamed, _ = events
    assert (at(jobs.setting("filters")), at(jobs.setting("concurrency"))) == ((("{}",), 17), (4, 18))
    assert (at(orders.setting("filters"))[0], orders.setting("on_failure").location.line) == (("1", "2"), 23)
    assert unnamed.setting("batch_size").value == 10


PERMITTED = """\
Parameters: {Name: {Type: String}}
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Handler: app.handler, Runtime: python3.13}}
  Box:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "photos-${Name}"
      NotificationConfiguration: {LambdaConfigurations: [{Event: "s3:ObjectCreated:*", Function: !GetAtt F.Arn}]}
  Hourly:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 hour), Targets: [{Id: f, Arn: !GetAtt F.Arn}]}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref F, Principal: %s, SourceArn: %s}
"""


@pytest.mark.parametrize(
    ("principal", "arn", "told"),
    [
        ("s3.amazonaws.com", '!Sub "arn:aws:s3:::photos-${Name}"', []),
        ("s3.amazonaws.com", '!Sub "arn:${AWS::Partition}:s3:::photos"', []),
        ("s3.amazonaws.com", '!Sub "arn:aws:s3:::${Name}"', ["s3"]),
        ("events.amazonaws.com", '!Sub "arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/x"', []),
        ("events.amazonaws.com", '!Sub "arn:aws:events:eu-west-1:1:rule/${Name}"', ["eventbridge"]),
    ],
)
def test_what_a_permission_adds_to_what_is_told(written, principal, arn, told):
    (function,) = written({"template.yaml": PERMITTED % (principal, arn)}).functions
    assert [event.kind for event in function.events.value] == ["s3", "schedule", *told]
