"""What resources hand on to one another, as templates say it: subscriptions, notifications, rules, pipes, redrives."""

from __future__ import annotations

from lambdalint.model import ABSENT, State, Value
from lambdalint.records import NamedTuple
from lambdalint.templates.events import Linker, filter_patterns, key_rules, settings
from lambdalint.templates.values import Reference, Resource, first, items, known, mapping, pick, references, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SUBSCRIBERS = {"sqs": "sqs", "firehose": "firehose"}  # protocols of topics
_NOTIFIED = {
    "AWS::S3::Bucket": (
        ("NotificationConfiguration.QueueConfigurations[]", "Queue", "sqs"),
        ("NotificationConfiguration.TopicConfigurations[]", "Topic", "sns"),
    ),
    "Custom::S3BucketNotifications": (  # of the CDK, see `LINKS`
        ("NotificationConfiguration.QueueConfigurations[]", "QueueArn", "sqs"),
        ("NotificationConfiguration.TopicConfigurations[]", "TopicArn", "sns"),
    ),
    "aws_s3_bucket_notification": (("queue[]", "queue_arn", "sqs"), ("topic[]", "topic_arn", "sns")),
}
_BUCKETS = {"Custom::S3BucketNotifications": "BucketName", "aws_s3_bucket_notification": "bucket"}
_RULE = {"pattern": "EventPattern", "bus": "EventBusName"}
_TERRAFORM_RULE = {"pattern": "event_pattern", "bus": "event_bus_name"}
_SAM_RULES = frozenset({"EventBridgeRule", "CloudWatchEvent"})
_FIREHOSE_BUCKETS = (
    "ExtendedS3DestinationConfiguration.BucketARN",
    "S3DestinationConfiguration.BucketARN",
    "extended_s3_configuration[].bucket_arn",
)
_FIREHOSE_STREAMS = (
    "KinesisStreamSourceConfiguration.KinesisStreamARN",
    "kinesis_source_configuration[].kinesis_stream_arn",
)


class Handed(NamedTuple):
    """What one resource hands on to another.

    ``kind`` and ``source`` are those of the event that is handed on, ``settings`` its types and filters, as of an
    `EventSource`; ``to_kind`` is "" for whatever the target is.
    """

    kind: str
    source: Value
    settings: Mapping[str, Value]
    target: Value
    to_kind: str = ""
    dead_letter: bool = False


def handed(linker: Linker, resource: Resource) -> Iterator[Handed]:
    """What a resource says to be handed on, by itself or between others."""
    properties = resource.properties
    itself = known(Reference(resource.scope, resource.name), resource.location)
    type_ = resource.type
    if type_ in ("AWS::SNS::Subscription", "aws_sns_topic_subscription"):
        topic = properties.get("TopicArn") or properties.get("topic_arn") or ABSENT
        yield from _subscribed(topic, properties)
    elif type_ == "AWS::SNS::Topic":
        for part in items(properties.get("Subscription", ABSENT)):
            yield from _subscribed(itself, mapping(part))
    elif type_ in _NOTIFIED:
        bucket = properties.get(_BUCKETS[type_], ABSENT) if type_ in _BUCKETS else itself
        for path, target, kind in _NOTIFIED[type_]:
            for part in pick(properties, path):
                yield _notified(bucket, mapping(part), target, kind)
    elif type_ in ("AWS::SQS::Queue", "aws_sqs_queue", "aws_sqs_queue_redrive_policy"):
        queue = properties.get("queue_url", itself) if type_.endswith("_policy") else itself
        yield from _redriven(queue, properties)
    elif type_ == "AWS::Events::Rule":
        for part in items(properties.get("Targets", ABSENT)):
            yield Handed("eventbridge", itself, settings(properties, _RULE), mapping(part).get("Arn", ABSENT))
    elif type_ == "aws_cloudwatch_event_target":
        rule = linker.resource_of(properties.get("rule", ABSENT))
        if rule is not None:
            source = known(Reference(rule.scope, rule.name), rule.location)
            told = settings(rule.properties, _TERRAFORM_RULE)
            yield Handed("eventbridge", source, told, properties.get("arn", ABSENT))
    elif type_ in ("AWS::Pipes::Pipe", "aws_pipes_pipe"):
        yield from _piped(linker, properties)
    elif type_ == "AWS::Serverless::StateMachine":
        for part in mapping(properties.get("Events", ABSENT)).values():
            event = mapping(part)
            if text(event.get("Type", ABSENT)) in _SAM_RULES:
                told = settings(mapping(event.get("Properties", ABSENT)), {"pattern": "Pattern", "bus": "EventBusName"})
                yield Handed("eventbridge", ABSENT, told, itself, "step-functions")
    elif type_ in ("AWS::KinesisFirehose::DeliveryStream", "aws_kinesis_firehose_delivery_stream"):
        for path in _FIREHOSE_BUCKETS:
            yield Handed("firehose", itself, {}, first(properties, path), "s3")
        for path in _FIREHOSE_STREAMS:
            yield Handed("kinesis", first(properties, path), {}, itself, "firehose")


def _subscribed(topic: Value, properties: Mapping[str, Value]) -> Iterator[Handed]:
    protocol = text(properties.get("Protocol") or properties.get("protocol") or ABSENT)
    if protocol in _SUBSCRIBERS:
        endpoint = properties.get("Endpoint") or properties.get("endpoint") or ABSENT
        filters = properties.get("FilterPolicy") or properties.get("filter_policy") or ABSENT
        told = {"filters": filters} if filters.state is not State.ABSENT else {}
        yield Handed("sns", topic, told, endpoint, _SUBSCRIBERS[protocol])


def _notified(bucket: Value, part: Mapping[str, Value], target: str, kind: str) -> Handed:
    told = settings(part, {"events": "Event", "prefix": "filter_prefix", "suffix": "filter_suffix"})
    told.update(settings(part, {"events": "events" if "events" in part else "Events"}))
    for path in ("Filter.S3Key.Rules", "Filter.Key.FilterRules"):
        told.update(key_rules(first(part, path)))
    return Handed("s3", bucket, told, part.get(target, ABSENT), kind)


def _redriven(queue: Value, properties: Mapping[str, Value]) -> Iterator[Handed]:
    target = first(properties, "RedrivePolicy.deadLetterTargetArn")
    if target.state is State.ABSENT:
        found = list(references(properties.get("redrive_policy", ABSENT)))
        target = known(found[0]) if len(found) == 1 else ABSENT
    if target.state is not State.ABSENT:
        yield Handed("sqs", queue, {}, target, "sqs", dead_letter=True)


def _piped(linker: Linker, properties: Mapping[str, Value]) -> Iterator[Handed]:
    source = properties.get("Source") or properties.get("source") or ABSENT
    kind = linker.kind_of(source)
    filters = first(properties, "SourceParameters.FilterCriteria.Filters")
    if filters.state is State.ABSENT:
        filters = first(properties, "source_parameters[].filter_criteria[].filter")
    told = {"filters": filter_patterns(filters)} if filters.state is not State.ABSENT else {}
    if kind is not None:
        yield Handed(kind, source, told, properties.get("Target") or properties.get("target") or ABSENT)
