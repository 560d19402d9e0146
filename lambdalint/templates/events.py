"""Which resource triggers which function: the links between resources, for every dialect.

A reader evaluates its resources; this module finds those whose properties name a function, directly or
through an alias or version, and turns each into an EventSource of that function. The kinds are those of
`lambdalint.model.EventSource`.

Sources: the resource references of CloudFormation and of the Terraform AWS provider; which services call
Lambda and with which principal: "Using Lambda with other services" of the Lambda developer guide.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from lambdalint.model import ABSENT, DeclaredFunction, EventSource, Location, State, Value
from lambdalint.records import NamedTuple
from lambdalint.templates.defaults import lifetime, sizes, waits
from lambdalint.templates.values import (
    Properties,
    Reference,
    Resource,
    Text,
    as_boolean,
    as_integer,
    at,
    first,
    items,
    known,
    mapping,
    pick,
    references,
    spelt,
    text,
    unknown,
)

_ARN = re.compile(r"arn:[^:]*:([a-z0-9-]+):[^:]*:[^:]*:(.*)", re.DOTALL)
_QUALIFIED_ARN = re.compile(r":function:[A-Za-z0-9_-]+(?::([A-Za-z0-9_$-]+))?")
_FUNCTION_IN_ARN = re.compile(r":function:([A-Za-z0-9_-]+)")

_SERVICES = {
    "sqs": "sqs",
    "sns": "sns",
    "s3": "s3",
    "kinesis": "kinesis",
    "dynamodb": "dynamodb",
    "kafka": "msk",
    "mq": "mq",
    "rds": "documentdb",
    "docdb": "documentdb",
    "events": "eventbridge",
    "logs": "cloudwatch-logs",
}

# What each type of resource is as a source, by the type's spelling in CloudFormation and Terraform.
_SOURCE_TYPES = {
    "AWS::SQS::Queue": "sqs",
    "AWS::SNS::Topic": "sns",
    "AWS::S3::Bucket": "s3",
    "AWS::Kinesis::Stream": "kinesis",
    "AWS::Kinesis::StreamConsumer": "kinesis",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::DynamoDB::GlobalTable": "dynamodb",
    "AWS::Serverless::SimpleTable": "dynamodb",
    "AWS::MSK::Cluster": "msk",
    "AWS::MSK::ServerlessCluster": "msk",
    "AWS::AmazonMQ::Broker": "mq",
    "AWS::DocDB::DBCluster": "documentdb",
    "AWS::Events::Rule": "eventbridge",
    "aws_sqs_queue": "sqs",
    "aws_sns_topic": "sns",
    "aws_s3_bucket": "s3",
    "aws_kinesis_stream": "kinesis",
    "aws_kinesis_stream_consumer": "kinesis",
    "aws_dynamodb_table": "dynamodb",
    "aws_msk_cluster": "msk",
    "aws_msk_serverless_cluster": "msk",
    "aws_mq_broker": "mq",
    "aws_docdb_cluster": "documentdb",
    "aws_cloudwatch_event_rule": "eventbridge",
}

PRINCIPALS = {
    "alexa-appkit.amazon.com": "alexa",
    "alexa-connectedhome.amazon.com": "alexa",
    "apigateway.amazonaws.com": "api",
    "appsync.amazonaws.com": "appsync",
    "bedrock.amazonaws.com": "bedrock",
    "codecommit.amazonaws.com": "codecommit",
    "cognito-idp.amazonaws.com": "cognito",
    "cognito-sync.amazonaws.com": "cognito",
    "config.amazonaws.com": "config",
    "edgelambda.amazonaws.com": "cloudfront",
    "elasticloadbalancing.amazonaws.com": "alb",
    "events.amazonaws.com": "eventbridge",
    "firehose.amazonaws.com": "firehose",
    "iot.amazonaws.com": "iot",
    "lex.amazonaws.com": "lex",
    "lexv2.amazonaws.com": "lex",
    "logs.amazonaws.com": "cloudwatch-logs",
    "s3.amazonaws.com": "s3",
    "scheduler.amazonaws.com": "schedule",
    "secretsmanager.amazonaws.com": "secrets-rotation",
    "ses.amazonaws.com": "ses",
    "sns.amazonaws.com": "sns",
    "states.amazonaws.com": "step-functions",
}

EVENT_LIMIT = 500  # of one function; real ones have some dozens at most
HTTP_KINDS = frozenset({"api", "http", "websocket", "function-url", "authorizer"})
_RULE_KINDS = frozenset({"eventbridge", "schedule"})


def strings(value: Value, what: str) -> Value:
    """A Known tuple of str from a list of strings (or a single one); Unknown where an element is undecided."""
    if not value.known:
        return value
    found = []
    for element in items(value):
        written = text(element)
        if written is None:
            return unknown(f"{what} is not a list of plain strings", value.location)
        found.append(written)
    return value._replace(value=tuple(found))


def settings(properties: Mapping[str, Value], names: Mapping[str, str]) -> dict[str, Value]:
    """The settings of an event source, by the property path of each; Absent ones are left out."""
    found: dict[str, Value] = {}
    for name, path in names.items():
        value = at(properties, path)
        if value.state is State.ABSENT:
            continue
        if name in ("batch_size", "batching_window", "concurrency", "parallelization", "timeout_ms"):
            value = as_integer(value, name)
        elif name in ("response_types", "events", "topics", "queues"):
            value = strings(value, name)
        elif name in ("bisect", "enabled"):
            value = as_boolean(value, name)
        found[name] = value
    return found


def filter_patterns(value: Value) -> Value:
    """A Known tuple of the patterns (JSON text) of a list of filters of a mapping; Unknown if one is undecided."""
    if not value.known:
        return value
    patterns = []
    for element in items(value):
        pattern = mapping(element).get("Pattern") or mapping(element).get("pattern") or ABSENT
        if pattern.state is State.ABSENT:
            continue
        if (written := text(pattern)) is None:
            return unknown("a filter pattern is not plain text", value.location)
        patterns.append(written)
    return value._replace(value=tuple(patterns))


def key_rules(value: Value) -> dict[str, Value]:
    """``prefix`` and ``suffix`` of S3 filter rules (``[{Name: prefix, Value: in/}, …]``)."""
    found: dict[str, Value] = {}
    for rule in items(value):
        name = text(mapping(rule).get("Name", ABSENT))
        if name and name.lower() in ("prefix", "suffix"):
            found[name.lower()] = mapping(rule).get("Value", ABSENT)
    return found


class Link(NamedTuple):
    """How one type of resource names the functions that it triggers.

    ``each`` is the path of the elements that hold one target each ("" for the resource itself),
    ``target`` the path of the function below such an element. ``resource`` is the path (below the
    resource) of what triggers, or "" where the resource is itself the trigger. ``names`` maps settings
    to paths below the element, ``outer`` to paths below the resource. ``kind`` may be decided by a
    function of the resource.
    """

    kind: str | Callable[[Linker, Resource], str]
    target: str
    each: str = ""
    resource: str | None = ""
    names: Mapping[str, str] = {}
    outer: Mapping[str, str] = {}


def _rule_kind(_linker: Linker, rule: Resource) -> str:
    scheduled = rule.properties.get("ScheduleExpression") or rule.properties.get("schedule_expression") or ABSENT
    return "schedule" if scheduled.state is not State.ABSENT and text(scheduled) != "" else "eventbridge"


def _target_kind(linker: Linker, target: Resource) -> str:
    """Of a Terraform event target: its rule is another resource."""
    rule = linker.resource_of(target.properties.get("rule", ABSENT))
    return _rule_kind(linker, rule) if rule else "eventbridge"


def _integration_kind(linker: Linker, integration: Resource) -> str:
    """Of an API Gateway v2 integration: its API says whether it speaks HTTP or WebSocket."""
    properties = integration.properties
    api = linker.resource_of(properties.get("ApiId") or properties.get("api_id") or ABSENT)
    if api:
        protocol = text(api.properties.get("ProtocolType") or api.properties.get("protocol_type") or ABSENT)
        return "websocket" if protocol == "WEBSOCKET" else "http"
    return "http"


_RULE = {"schedule": "ScheduleExpression", "pattern": "EventPattern", "bus": "EventBusName"}

LINKS: dict[str, tuple[Link, ...]] = {
    # CloudFormation
    "AWS::Events::Rule": (Link(_rule_kind, "Arn", "Targets[]", names={"input": "Input"}, outer=_RULE),),
    "AWS::Scheduler::Schedule": (
        Link("schedule", "Target.Arn", names={"input": "Target.Input"}, outer={"schedule": "ScheduleExpression"}),
    ),
    "AWS::S3::Bucket": (
        Link(
            "s3",
            "Function",
            "NotificationConfiguration.LambdaConfigurations[]",
            names={"events": "Event", "rules": "Filter.S3Key.Rules"},
        ),
    ),
    "AWS::SNS::Subscription": (
        Link(
            "sns",
            "Endpoint",
            resource="TopicArn",
            names={"filters": "FilterPolicy", "filter_scope": "FilterPolicyScope"},
        ),
    ),
    "AWS::SNS::Topic": (Link("sns", "Endpoint", "Subscription[]"),),
    "AWS::Logs::SubscriptionFilter": (
        Link("cloudwatch-logs", "DestinationArn", resource="LogGroupName", names={"filters": "FilterPattern"}),
    ),
    "AWS::Lambda::Url": (Link("function-url", "TargetFunctionArn", names={"auth": "AuthType"}),),
    "AWS::Lambda::EventInvokeConfig": (
        Link("async", "DestinationConfig.OnSuccess.Destination", resource="FunctionName"),
        Link("async", "DestinationConfig.OnFailure.Destination", resource="FunctionName"),
    ),
    "AWS::Serverless::Function": (
        Link("async", "EventInvokeConfig.DestinationConfig.OnSuccess.Destination"),
        Link("async", "EventInvokeConfig.DestinationConfig.OnFailure.Destination"),
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (Link("alb", "Id", "Targets[]"),),
    "AWS::ApiGateway::Method": (
        Link(
            "api",
            "Integration.Uri",
            resource="RestApiId",
            names={
                "method": "HttpMethod",
                "integration": "Integration.Type",
                "timeout_ms": "Integration.TimeoutInMillis",
                "transfer": "Integration.ResponseTransferMode",
            },
        ),
    ),
    "AWS::ApiGateway::RestApi": (Link("api", "Body"),),
    "AWS::ApiGateway::Authorizer": (Link("authorizer", "AuthorizerUri", resource="RestApiId"),),
    "AWS::ApiGatewayV2::Integration": (
        Link(
            _integration_kind,
            "IntegrationUri",
            resource="ApiId",
            names={"payload_version": "PayloadFormatVersion", "timeout_ms": "TimeoutInMillis"},
        ),
    ),
    "AWS::ApiGatewayV2::Api": (Link("http", "Body"), Link("http", "Target")),
    "AWS::ApiGatewayV2::Authorizer": (Link("authorizer", "AuthorizerUri", resource="ApiId"),),
    "AWS::Serverless::Api": (Link("api", "DefinitionBody"), Link("authorizer", "Auth.Authorizers")),
    "AWS::Serverless::HttpApi": (Link("http", "DefinitionBody"), Link("authorizer", "Auth.Authorizers")),
    "AWS::Serverless::WebSocketApi": (Link("websocket", "Routes"), Link("authorizer", "Auth")),
    "AWS::Serverless::GraphQLApi": (Link("appsync", "Auth"), Link("appsync", "DataSources")),
    "AWS::StepFunctions::StateMachine": (
        Link("step-functions", "DefinitionString"),
        Link("step-functions", "Definition"),
        Link("step-functions", "DefinitionSubstitutions"),
    ),
    "AWS::Serverless::StateMachine": (
        Link("step-functions", "Definition"),
        Link("step-functions", "DefinitionSubstitutions"),
    ),
    "AWS::Pipes::Pipe": (
        Link("pipes", "Target", resource="Source", outer={"filters": "SourceParameters.FilterCriteria.Filters"}),
        Link("pipes", "Enrichment", resource="Source"),
    ),
    "AWS::Cognito::UserPool": (Link("cognito", "LambdaConfig"),),
    "AWS::IoT::TopicRule": (Link("iot", "Lambda.FunctionArn", "TopicRulePayload.Actions[]"),),
    "AWS::SES::ReceiptRule": (Link("ses", "LambdaAction.FunctionArn", "Rule.Actions[]"),),
    "AWS::Config::ConfigRule": (Link("config", "Source.SourceIdentifier"),),
    "AWS::CodeCommit::Repository": (Link("codecommit", "DestinationArn", "Triggers[]"),),
    "AWS::AppSync::DataSource": (Link("appsync", "LambdaConfig.LambdaFunctionArn"),),
    "AWS::SecretsManager::RotationSchedule": (Link("secrets-rotation", "RotationLambdaARN", resource="SecretId"),),
    "AWS::Bedrock::Agent": (Link("bedrock", "ActionGroupExecutor.Lambda", "ActionGroups[]"),),
    "AWS::KinesisFirehose::DeliveryStream": (
        Link("firehose", "ExtendedS3DestinationConfiguration.ProcessingConfiguration"),
    ),
    "AWS::CloudFront::Distribution": (
        Link("cloudfront", "LambdaFunctionARN", "DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations[]"),
        Link("cloudfront", "LambdaFunctionAssociations", "DistributionConfig.CacheBehaviors[]"),
    ),
    "AWS::CloudFormation::CustomResource": (Link("custom-resource", "ServiceToken"),),
    # what the CDK makes of ``Bucket.add_event_notification``: the bucket's configuration, as the API of S3 takes it
    "Custom::S3BucketNotifications": (
        Link(
            "s3",
            "LambdaFunctionArn",
            "NotificationConfiguration.LambdaFunctionConfigurations[]",
            resource="BucketName",
            names={"events": "Events", "rules": "Filter.Key.FilterRules"},
        ),
        Link("custom-resource", "ServiceToken"),
    ),
    # Terraform
    "aws_cloudwatch_event_target": (
        Link(_target_kind, "arn", resource="rule", names={"input": "input", "bus": "event_bus_name"}),
    ),
    "aws_scheduler_schedule": (
        Link("schedule", "arn", "target[]", names={"input": "input"}, outer={"schedule": "schedule_expression"}),
    ),
    "aws_s3_bucket_notification": (
        Link(
            "s3",
            "lambda_function_arn",
            "lambda_function[]",
            resource="bucket",
            names={"events": "events", "prefix": "filter_prefix", "suffix": "filter_suffix"},
        ),
    ),
    "aws_sns_topic_subscription": (Link("sns", "endpoint", resource="topic_arn", names={"filters": "filter_policy"}),),
    "aws_cloudwatch_log_subscription_filter": (
        Link("cloudwatch-logs", "destination_arn", resource="log_group_name", names={"filters": "filter_pattern"}),
    ),
    "aws_lambda_function_url": (Link("function-url", "function_name", names={"auth": "authorization_type"}),),
    "aws_lambda_function_event_invoke_config": (
        Link("async", "destination", "destination_config[].on_success[]", resource="function_name"),
        Link("async", "destination", "destination_config[].on_failure[]", resource="function_name"),
    ),
    "aws_lb_target_group_attachment": (Link("alb", "target_id", resource="target_group_arn"),),
    "aws_alb_target_group_attachment": (Link("alb", "target_id", resource="target_group_arn"),),
    "aws_api_gateway_integration": (
        Link(
            "api",
            "uri",
            resource="rest_api_id",
            names={
                "method": "http_method",
                "integration": "type",
                "timeout_ms": "timeout_milliseconds",
                "transfer": "response_transfer_mode",
            },
        ),
    ),
    "aws_api_gateway_rest_api": (Link("api", "body"),),
    "aws_api_gateway_authorizer": (Link("authorizer", "authorizer_uri", resource="rest_api_id"),),
    "aws_apigatewayv2_integration": (
        Link(
            _integration_kind,
            "integration_uri",
            resource="api_id",
            names={"payload_version": "payload_format_version", "timeout_ms": "timeout_milliseconds"},
        ),
    ),
    "aws_apigatewayv2_api": (Link("http", "target"), Link("http", "body")),
    "aws_apigatewayv2_authorizer": (Link("authorizer", "authorizer_uri", resource="api_id"),),
    "aws_sfn_state_machine": (Link("step-functions", "definition"),),
    "aws_pipes_pipe": (
        Link("pipes", "target", resource="source"),
        Link("pipes", "enrichment", resource="source"),
    ),
    "aws_cognito_user_pool": (Link("cognito", "lambda_config"),),
    "aws_iot_topic_rule": (Link("iot", "function_arn", "lambda[]"),),
    "aws_ses_receipt_rule": (Link("ses", "function_arn", "lambda_action[]"),),
    "aws_config_config_rule": (Link("config", "source_identifier", "source[]"),),
    "aws_codecommit_trigger": (Link("codecommit", "destination_arn", "trigger[]", resource="repository_name"),),
    "aws_appsync_datasource": (Link("appsync", "function_arn", "lambda_config[]"),),
    "aws_secretsmanager_secret_rotation": (Link("secrets-rotation", "rotation_lambda_arn", resource="secret_id"),),
    "aws_bedrockagent_agent_action_group": (Link("bedrock", "lambda", "action_group_executor[]"),),
    "aws_kinesis_firehose_delivery_stream": (Link("firehose", "extended_s3_configuration"),),
    "aws_cloudfront_distribution": (
        Link("cloudfront", "lambda_function_association", "default_cache_behavior[]"),
        Link("cloudfront", "lambda_function_association", "ordered_cache_behavior[]"),
    ),
}

_MAPPING_TYPES = frozenset({"AWS::Lambda::EventSourceMapping", "aws_lambda_event_source_mapping"})
_PERMISSION_TYPES = frozenset({"AWS::Lambda::Permission", "aws_lambda_permission"})
# The properties that name what triggers functions, where they are not called Name.
_NAMES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "aws_s3_bucket": "bucket",
    "aws_sns_topic": "name",
    "aws_cloudwatch_event_rule": "name",
}
_CONNECTOR = "AWS::Serverless::Connector"
# What calls a function through a connector; queues and streams need an event source mapping besides.
_CONNECTED = {
    "AWS::ApiGateway::RestApi": "api",
    "AWS::ApiGatewayV2::Api": "http",
    "AWS::AppSync::DataSource": "appsync",
    "AWS::AppSync::GraphQLApi": "appsync",
    "AWS::Events::Rule": "eventbridge",
    "AWS::S3::Bucket": "s3",
    "AWS::SNS::Topic": "sns",
    "AWS::Serverless::Api": "api",
    "AWS::Serverless::HttpApi": "http",
    "AWS::Serverless::StateMachine": "step-functions",
    "AWS::StepFunctions::StateMachine": "step-functions",
}
_URL_TYPES = frozenset({"AWS::Lambda::Url", "aws_lambda_function_url"})
_SUBSCRIPTION_TYPES = frozenset({"AWS::SNS::Subscription", "aws_sns_topic_subscription"})
# Resources that stand for a function, and the property that names it.
_STAND_INS = {
    "AWS::Lambda::Alias": "FunctionName",
    "AWS::Lambda::Version": "FunctionName",
    "aws_lambda_alias": "function_name",
}
# Attributes of functions that name them with a version or alias, and without: CloudFormation's, SAM's, Terraform's
# and those of terraform-aws-modules/lambda.
_QUALIFIED = frozenset(
    {
        "Alias",
        "Version",
        "qualified_arn",
        "qualified_invoke_arn",
        "version",
        "lambda_function_qualified_arn",
        "lambda_function_qualified_invoke_arn",
        "lambda_function_version",
    }
)
_UNQUALIFIED = frozenset(
    {
        "",
        "Arn",
        "arn",
        "function_name",
        "id",
        "invoke_arn",
        "lambda_function_arn",
        "lambda_function_invoke_arn",
        "lambda_function_name",
    }
)
LATEST = "$LATEST"
# The aliases that the Serverless Framework makes, and for which settings.
_FRAMEWORK_ALIASES = {"provisioned": "provisioned_concurrency", "snapstart": "snap_start"}

_MAPPING_NAMES = {
    "batch_size": "BatchSize",
    "batching_window": "MaximumBatchingWindowInSeconds",
    "response_types": "FunctionResponseTypes",
    "starting_position": "StartingPosition",
    "bisect": "BisectBatchOnFunctionError",
    "retries": "MaximumRetryAttempts",
    "parallelization": "ParallelizationFactor",
    "on_failure": "DestinationConfig.OnFailure.Destination",
    "concurrency": "ScalingConfig.MaximumConcurrency",
    "topics": "Topics",
    "queues": "Queues",
    "enabled": "Enabled",
}
TERRAFORM_MAPPING_NAMES = {
    "batch_size": "batch_size",
    "batching_window": "maximum_batching_window_in_seconds",
    "response_types": "function_response_types",
    "starting_position": "starting_position",
    "bisect": "bisect_batch_on_function_error",
    "retries": "maximum_retry_attempts",
    "parallelization": "parallelization_factor",
    "concurrency": "scaling_config[].maximum_concurrency",
    "topics": "topics",
    "queues": "queues",
    "enabled": "enabled",
}


class Linker:
    """Resources and functions of a project by what References call them."""

    def __init__(
        self, functions: Mapping[tuple[str, str], int], names: Mapping[str, int], resources: Iterable[Resource]
    ) -> None:
        """Args: functions: position by (scope, name); names: position by deployed name, where that is known."""
        self.functions = functions
        self.names = names
        self.memo: dict[int, tuple[Value, list[int]]] = {}
        self.resources = {(resource.scope, resource.name): resource for resource in resources}
        self.bare: dict[tuple[str, str], list[int]] = {}
        for (scope, name), position in functions.items():
            self.bare.setdefault((scope, _without_index(name)), []).append(position)

    def references(self, value: Value, depth: int = 4) -> Iterator[Reference]:
        """The References in a value, through the outputs of nested stacks."""
        for reference in references(value):
            output = self.output(reference) if depth else ABSENT
            if output.state is not State.ABSENT:
                yield from self.references(output, depth - 1)
            else:
                yield reference

    def output(self, reference: Reference) -> Value:
        """What a Reference to an output of a nested stack stands for; Absent for every other."""
        stack = self.resources.get((reference.scope, reference.name))
        if stack is None or not reference.attribute.startswith("Outputs."):
            return ABSENT
        name = reference.attribute.partition(".")[2]
        written = text(stack.properties.get("TemplateURL") or stack.properties.get("Location") or ABSENT)
        if not written:
            return ABSENT
        path = posixpath.normpath(posixpath.join(posixpath.dirname(stack.location.path), written))
        outputs = self.resources.get((path, "Outputs"))
        return outputs.properties.get(name, ABSENT) if outputs else ABSENT

    def resource_of(self, value: Value) -> Resource | None:
        """The resource that a value refers to, None if there is none or it is not in the project."""
        for reference in self.references(value):
            key = (reference.scope, reference.name)
            found = self.resources.get(key)
            if found is None and reference.name.count("["):
                found = self.resources.get((reference.scope, _without_index(reference.name)))
            if found is None:
                found = self.resources.get((reference.scope, f"{reference.name}[0]"))
            if found:
                return found
        return None

    def targets(self, value: Value, depth: int = 4) -> list[int]:
        """The positions of the functions that a value names, each once, in order."""
        if id(value) not in self.memo:  # values are shared between resources, and texts in them may be long
            self.memo[id(value)] = (value, self._targets(value, depth))
        return self.memo[id(value)][1]

    def _targets(self, value: Value, depth: int) -> list[int]:
        found: dict[int, None] = {}
        for reference in self.references(value):
            key = (reference.scope, reference.name)
            if key in self.functions:
                found[self.functions[key]] = None
            elif key in self.bare:
                found.update(dict.fromkeys(self.bare[key]))
            elif depth and (resource := self.resources.get(key)) and resource.type in _STAND_INS:
                below = resource.properties.get(_STAND_INS[resource.type], ABSENT)
                found.update(dict.fromkeys(self.targets(below, depth - 1)))
        if not found:
            name = next(_written(value), "")
            if name in self.names:
                found[self.names[name]] = None
            for written in _texts(value):
                for match in _FUNCTION_IN_ARN.finditer(written):
                    if match[1] in self.names:
                        found[self.names[match[1]]] = None
        return list(found)

    def qualifier(self, value: Value, depth: int = 4) -> Value:
        """The alias or version of the function that a value names.

        Known "" where it names the function alone, which is ``$LATEST``; Known "*" for a version that only the
        deployment numbers; Absent where it names several functions, none, or is more than a name.
        """
        if not value.known or isinstance(value.value, dict) or type(value.value) is tuple:
            return ABSENT
        if isinstance(value.value, str):
            match = _QUALIFIED_ARN.search(value.value)
            return known(match[1] or "", value.location) if match else ABSENT
        behind = ""
        if isinstance(value.value, Text):
            parts = value.value.parts
            named = [n for n, part in enumerate(parts) if isinstance(part, Reference) and self._is_lambda(part)]
            if len(named) != 1:
                return ABSENT
            behind = "".join(part if isinstance(part, str) else "*" for part in parts[named[0] + 1 :])
            value = known(parts[named[0]], value.location)
        if behind.startswith(":"):
            return known(behind[1:].partition("/")[0], value.location)
        found = list(self.references(value))
        if len(found) != 1:
            return ABSENT
        (reference,) = found
        key = (reference.scope, reference.name)
        resource = self.resources.get(key)
        if resource is not None and resource.type in _STAND_INS and depth:
            return known(stand_in_name(resource), value.location)
        if key not in self.functions and key not in self.bare:
            return ABSENT
        if reference.attribute in _QUALIFIED:
            return known("*", value.location)
        return known("", value.location) if reference.attribute in _UNQUALIFIED else ABSENT

    def _is_lambda(self, reference: Reference) -> bool:
        """Whether a reference is to a function, or to an alias or version of one."""
        key = (reference.scope, reference.name)
        resource = self.resources.get(key)
        return key in self.functions or key in self.bare or (resource is not None and resource.type in _STAND_INS)

    def kind_of(self, value: Value) -> str | None:
        """The kind of source that an ARN or a reference stands for, None if it cannot be told."""
        resource = self.resource_of(value)
        if resource and (kind := _SOURCE_TYPES.get(resource.type)):
            return kind
        for reference in self.references(value):
            # Terraform: the address of a resource of another root still shows its type.
            for part in reference.name.split("."):
                if part in _SOURCE_TYPES:
                    return _SOURCE_TYPES[part]
        for written in _written(value):
            if match := _ARN.match(written):
                return _SERVICES.get(match[1])
        return None

    def fifo(self, value: Value) -> Value:
        """Whether a queue or topic is FIFO: Known, or Unknown where it is not in the project."""
        resource = self.resource_of(value)
        if resource:
            properties = resource.properties
            for name in ("FifoQueue", "FifoTopic", "fifo_queue", "fifo_topic"):
                if name in properties:
                    return as_boolean(properties[name], name)
            for name in ("QueueName", "TopicName", "name"):
                if (written := text(properties.get(name, ABSENT))) is not None:
                    return known(written.endswith(".fifo"), resource.location)
            return known(False, resource.location)
        written = text(value)
        if written and written.startswith("arn:"):
            return known(written.endswith(".fifo"), value.location)
        return unknown("the queue or topic is not in the templates", value.location)


def stand_in_name(resource: Resource) -> str:
    """The name of an alias; ``$LATEST`` for one of that version, "*" where only the deployment tells."""
    version = resource.properties.get("FunctionVersion") or resource.properties.get("function_version") or ABSENT
    if text(version) == LATEST:
        return LATEST
    return text(resource.properties.get("Name") or resource.properties.get("name") or ABSENT) or "*"


def _written(value: Value) -> Iterator[str]:
    """The literal texts of a value: a string, or the literal parts of a composed one."""
    if not value.known:
        return
    if isinstance(value.value, str):
        yield value.value
    elif isinstance(value.value, Text):
        joined = "".join(part if isinstance(part, str) else "*" for part in value.value.parts)
        yield joined


def _texts(value: Value) -> Iterator[str]:
    """All literal texts inside a value; in a mapping under FunctionName a plain name stands for the ARN."""
    stack = [value]
    while stack:
        part = stack.pop()
        yield from _written(part)
        found = part.value
        if isinstance(found, dict):
            name = text(found.get("FunctionName", ABSENT))
            if name:
                yield f":function:{name}"
            stack.extend(reversed(found.values()))
        elif type(found) is tuple:
            stack.extend(element for element in reversed(found) if isinstance(element, Value))


def _without_index(name: str) -> str:
    return re.sub(r"\[[^\]]*\]$", "", name)


def mapping_event(
    linker: Linker, properties: Mapping[str, Value], source: Value, location: Location, names: Mapping[str, str]
) -> EventSource:
    """The event source of a poller (an event source mapping, or the SAM events that become one)."""
    found = settings(properties, names)
    filters = at(properties, "FilterCriteria.Filters")
    if filters == ABSENT:
        filters = at(properties, "filter_criteria[].filter")
    if filters != ABSENT:
        found["filters"] = filter_patterns(filters)
    if "on_failure" not in found:
        terraform = at(properties, "destination_config[].on_failure[].destination_arn")
        if terraform != ABSENT:
            found["on_failure"] = terraform
    kind = linker.kind_of(source)
    if kind is None:
        kind = _poller_kind(properties, found)
    if kind == "sqs":
        found["fifo"] = linker.fifo(source)
    return EventSource(kind, source, location, found)


def _poller_kind(properties: Mapping[str, Value], found: Mapping[str, Value]) -> str:
    """The kind of a poller whose source is a parameter: which settings it takes tells most of them apart."""
    if _holds(properties, "SelfManagedEventSource", "self_managed_event_source"):
        return "kafka"
    if "topics" in found:
        return "msk"
    if "queues" in found:
        return "mq"
    if _holds(properties, "DocumentDBEventSourceConfig", "document_db_event_source_config"):
        return "documentdb"
    if "concurrency" in found:
        return "sqs"
    # Streams need a starting position and queues take none, but Kinesis and DynamoDB share all settings.
    return "unknown" if "starting_position" in found else "sqs"


def _holds(properties: Mapping[str, Value], *names: str) -> bool:
    """Whether one of some blocks is there: a dynamic one may be empty."""
    return any(name in properties and properties[name].value != () for name in names)


def linker_of(
    functions: list[DeclaredFunction], keys: list[tuple[tuple[str, str], ...]], resources: list[Resource]
) -> Linker:
    """The resources and functions of a project by their names.

    Args:
        functions: the declared functions.
        keys: for each, the scopes and names by which References know it.
        resources: all resources of the project.
    """
    names: dict[str, int] = {}
    ambiguous: set[str] = set()
    for position, function in enumerate(functions):
        name = text(function.settings.get("function_name", ABSENT))
        if name:
            if name in names:
                ambiguous.add(name)
            names[name] = position
    for name in ambiguous:
        del names[name]
    return Linker({key: position for position, known_as in enumerate(keys) for key in known_as}, names, resources)


def link(functions: list[DeclaredFunction], linker: Linker, resources: list[Resource]) -> list[DeclaredFunction]:
    """The functions with the event sources that other resources give them added to their own."""
    events: list[list[EventSource]] = [[] for _ in functions]
    for resource in resources:
        if resource.type in _MAPPING_TYPES:
            _link_mapping(linker, resource, events)
        elif resource.type not in _PERMISSION_TYPES and resource.type != _CONNECTOR:
            _link_resource(linker, resource, events)
    for position, function in enumerate(functions):
        events[position][:0] = [_completed(linker, event, function) for event in function.events.value or ()]
    for resource in resources:  # after all others: permissions and connectors only tell what nothing else told
        if resource.type in _PERMISSION_TYPES:
            _link_permission(linker, resource, events)
        elif resource.type == _CONNECTOR:
            _link_connector(linker, resource, events)
    linked = []
    for function, given in zip(functions, events, strict=True):
        lasts = lifetime(function)
        sources = [
            event._replace(settings={**event.settings, **sizes(event), **waits(linker, event, lasts)})
            for event in given
        ]
        own = function.events
        if len(sources) >= EVENT_LIMIT:
            own = unknown(f"more than {EVENT_LIMIT} events", own.location)
        if sources or own.unknown:
            place = own.location or (sources[0].location if sources else None)
            own = Value(State.UNKNOWN if own.unknown else State.KNOWN, tuple(sources), place, own.reason)
        kept = function.settings if lasts.state is State.ABSENT else {**function.settings, "lifetime_s": lasts}
        linked.append(function._replace(events=own, settings=kept))
    return linked


def _completed(linker: Linker, event: EventSource, function: DeclaredFunction) -> EventSource:
    """An event that the function itself names, with what its source's own resource says."""
    if function.origin == "sam":  # SAM directs all events to the alias that it makes
        alias = function.setting("auto_publish_alias")
        qualifier = alias if alias.state is not State.ABSENT else known("", event.location)
        event = event._replace(settings={**event.settings, "qualifier": qualifier})
    elif function.origin == "serverless":  # as the framework does for what needs versions
        made = [name for name, setting in _FRAMEWORK_ALIASES.items() if function.setting(setting) != ABSENT]
        qualifier = known(made[0] if made else "", event.location)
        event = event._replace(settings={**event.settings, "qualifier": qualifier})
    if event.kind == "unknown" and (kind := linker.kind_of(event.resource)):
        event = event._replace(kind=kind)
    if event.kind == "sqs" and "fifo" not in event.settings and event.resource.state is not State.ABSENT:
        event = event._replace(settings={**event.settings, "fifo": linker.fifo(event.resource)})
    return event


def _link_mapping(linker: Linker, resource: Resource, events: list[list[EventSource]]) -> None:
    properties = resource.properties
    terraform = resource.origin == "terraform"
    targets = linker.targets(properties.get("function_name" if terraform else "FunctionName", ABSENT))
    if not targets:
        return
    source = properties.get("event_source_arn" if terraform else "EventSourceArn", ABSENT)
    names = TERRAFORM_MAPPING_NAMES if terraform else _MAPPING_NAMES
    event = mapping_event(linker, properties, source, resource.location, names)
    target = properties.get("function_name" if terraform else "FunctionName", ABSENT)
    told = {**event.settings, **_supposed(resource)}
    event = event._replace(settings=_qualified(linker, resource, target, told))
    for position in targets:
        if len(events[position]) < EVENT_LIMIT:
            events[position].append(event)


def _link_resource(linker: Linker, resource: Resource, events: list[list[EventSource]]) -> None:
    links = LINKS.get(resource.type)
    if links is None:
        if not resource.type.startswith("Custom::"):
            return
        links = LINKS["AWS::CloudFormation::CustomResource"]
    if resource.type in _SUBSCRIPTION_TYPES:
        protocol = text(resource.properties.get("Protocol") or resource.properties.get("protocol") or ABSENT)
        if protocol is not None and protocol != "lambda":
            return
    for description in links:
        whole = (known(resource.properties, resource.location),)
        for element in pick(resource.properties, description.each) if description.each else whole:
            for part in items(element) if description.each else whole:
                inner = mapping(part)
                target = first(inner, description.target)
                if target.state is State.ABSENT:
                    continue
                positions = linker.targets(target)
                if not positions:
                    continue
                event = _event(linker, resource, description, inner, part.location or resource.location)
                for position in positions:
                    if len(events[position]) < EVENT_LIMIT and event not in events[position]:
                        events[position].append(event)


def _event(
    linker: Linker, resource: Resource, description: Link, inner: Mapping[str, Value], location: Location
) -> EventSource:
    found = {**settings(resource.properties, description.outer), **settings(inner, description.names)}
    if "rules" in found:
        found.update(key_rules(found.pop("rules")))
    kind = description.kind if isinstance(description.kind, str) else description.kind(linker, resource)
    found.update(_supposed(resource))
    itself = known(Reference(resource.scope, resource.name), resource.location)
    source = resource.properties.get(description.resource, ABSENT) if description.resource else itself
    if resource.type == "aws_cloudwatch_event_target" and (rule := linker.resource_of(source)):
        found.update(
            settings(
                rule.properties,
                {"schedule": "schedule_expression", "pattern": "event_pattern", "bus": "event_bus_name"},
            )
        )
    if kind == "pipes" and (piped := linker.kind_of(source)):
        found["source_kind"] = known(piped, source.location)
    return EventSource(kind, source, location, _qualified(linker, resource, first(inner, description.target), found))


def _supposed(resource: Resource) -> dict[str, Value]:
    """A setting that tells that a resource exists only where a variable is set."""
    properties = resource.properties
    found = isinstance(properties, Properties) and properties.supposed
    return {"supposed": known(True, resource.location)} if found else {}


def _qualified(linker: Linker, resource: Resource, target: Value, found: Mapping[str, Value]) -> Mapping[str, Value]:
    """The settings of an event with the alias or version of the function that it goes to, where that is told."""
    own = ABSENT
    if resource.type in _URL_TYPES:  # whose function is named without it
        own = at(resource.properties, "qualifier" if resource.origin == "terraform" else "Qualifier")
    qualifier = linker.qualifier(target) if own == ABSENT else own
    return found if qualifier.state is State.ABSENT else {**found, "qualifier": qualifier}


def _link_permission(linker: Linker, resource: Resource, events: list[list[EventSource]]) -> None:
    properties = resource.properties
    terraform = resource.origin == "terraform"
    principal = text(properties.get("principal" if terraform else "Principal", ABSENT))
    targets = linker.targets(properties.get("function_name" if terraform else "FunctionName", ABSENT))
    if not principal or not targets:
        return
    source = properties.get("source_arn" if terraform else "SourceArn", ABSENT)
    auth = properties.get("function_url_auth_type" if terraform else "FunctionUrlAuthType", ABSENT)
    kind = "function-url" if auth.state is not State.ABSENT else PRINCIPALS.get(principal)
    if kind is None and re.fullmatch(r"logs\.[a-z0-9-]+\.amazonaws\.com", principal):
        kind = "cloudwatch-logs"
    if kind is None:
        return  # an account, an organisation, everyone: no event source
    if kind == "eventbridge" and (rule := linker.resource_of(source)):
        kind = _rule_kind(linker, rule)
    if (
        kind == "api"
        and (api := linker.resource_of(source))
        and api.type in ("AWS::ApiGatewayV2::Api", "aws_apigatewayv2_api")
    ):
        kind = (
            "websocket"
            if text(first(api.properties, "protocol_type" if terraform else "ProtocolType")) == "WEBSOCKET"
            else "http"
        )
    for position in targets:
        if len(events[position]) < EVENT_LIMIT and not _told(linker, kind, source, events[position]):
            events[position].append(EventSource(kind, source, resource.location, _supposed(resource)))


def _link_connector(linker: Linker, resource: Resource, events: list[list[EventSource]]) -> None:
    source = resource.properties.get("Source", ABSENT)
    origin = linker.resource_of(source)
    kind = _CONNECTED.get(origin.type) if origin else None
    if origin is None or kind is None:
        return
    if kind == "eventbridge":
        kind = _rule_kind(linker, origin)
    elif kind == "http" and text(origin.properties.get("ProtocolType", ABSENT)) == "WEBSOCKET":
        kind = "websocket"
    itself = known(Reference(origin.scope, origin.name), source.location)
    for position in linker.targets(resource.properties.get("Destination", ABSENT)):
        if len(events[position]) < EVENT_LIMIT and not _told(linker, kind, itself, events[position]):
            events[position].append(EventSource(kind, itself, resource.location, {}))


def _is_named(resource: Resource | None, arn: Value) -> bool:
    """Whether an ARN is put together from the name that the template gives a resource.

    Buckets that notify functions are named so in permissions, for a reference would close a circle.
    """
    given = at(resource.properties, _NAMES.get(resource.type, "Name")) if resource is not None else ABSENT
    name = spelt(given) if given.state is not State.ABSENT else ""
    return bool(name) and "…" not in name and spelt(arn).endswith((f":{name}", f"/{name}"))


def _told(linker: Linker, kind: str, source: Value, events: list[EventSource]) -> bool:
    """Whether the events already hold what a permission would add."""
    named = {(name.scope, name.name) for name in references(source) if name.scope}  # those without are AWS's own
    for event in events:
        for alike in (HTTP_KINDS, _RULE_KINDS):
            if kind in alike and event.kind in alike and (alike is HTTP_KINDS or not named):
                return True
        if event.kind == kind and (
            not named
            or named & {(name.scope, name.name) for name in references(event.resource)}
            or event.resource == source
            or _is_named(linker.resource_of(event.resource), source)
        ):
            return True
    return False
