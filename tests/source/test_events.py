"""What invokes an entry point, told from small programs."""

from __future__ import annotations

import pytest

from lambdalint.model import ABSENT, DeclaredFunction, EventSource, Function, Location, State, Value
from lambdalint.source import events
from lambdalint.templates.values import Reference
from tests.source.programs import analyse


def kinds(text: str, functions: tuple[Function, ...] = ()) -> set[str]:
    found = analyse(text)
    entry = ("app.py", "handler")
    region = found.graph.region([entry])
    return {source.kind for source in events.sources(found.flow, region, entry, functions)}


def known(value: object) -> Value:
    return Value(State.KNOWN, value)


def declared(*sources: EventSource) -> Function:
    location = Location("template.yaml", 3)
    template = DeclaredFunction("F", "sam", location, events=Value(State.KNOWN, sources, location))
    return Function("F", "app.handler", "sam", "declared", declared=template)


READ = """
import base64
import json

def handler(event, context):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return [record['body'] for record in event['Records']]", {"sqs"}),
        ("return event['Records'][0]['Sns']['Message']", {"sns"}),
        ("return [r['s3']['object']['key'] for r in event.get('Records', [])]", {"s3"}),
        ("return json.loads(event['Records'][0]['body'])['Records'][0]['s3']['bucket']", {"sqs"}),
        ("return [base64.b64decode(r['kinesis']['data']) for r in event['Records']]", {"kinesis"}),
        ("return event['Records'][0]['dynamodb']['NewImage']", {"dynamodb"}),
        ("return event['detail-type'], event['detail']['x']", {"eventbridge"}),
        ("return event['detail']['x']", {"eventbridge"}),
        ("return json.loads(event['awslogs']['data'])", {"cloudwatch-logs"}),
        ("return event['httpMethod'], event['body']", {"api"}),
        ("return event['RequestType'], event['ResourceProperties']", {"custom-resource"}),
        ("return event['source']", set()),
        ("return event['name']", set()),
        ("return 's3' in event['Records'][0]", {"s3"}),
        ("return event['Records'][0]['eventSource'] == 'aws:kinesis'", {"kinesis"}),
        ("return event['Records'][0]['eventSource'] in ('aws:sqs', 'x')", {"sqs"}),
        ("return event['detail-type'] == 'Scheduled Event'", {"schedule"}),
        ("return {'body': 'Records'}", set()),
    ],
)
def test_shape(body: str, expected: set[str]) -> None:
    assert kinds(READ.format(body=body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return [record['body'] for record in event['Records']]", {"sqs"}),
        ("return event['name']", set()),
    ],
)
def test_a_source_that_exists_only_where_a_variable_is_set(body: str, expected: set[str]) -> None:
    event = EventSource("sqs", Value(), Location("main.tf", 1), {"supposed": known(True), "batch_size": known(5)})
    functions = (declared(event),)
    assert kinds(READ.format(body=body), functions) == expected
    found = analyse(READ.format(body=body))
    entry = ("app.py", "handler")
    told = events.sources(found.flow, found.graph.region([entry]), entry, functions)
    assert [source.declared for source in told] == [(event,)] * len(expected)


def test_shape_read_by_a_helper_of_another_module() -> None:
    assert kinds(
        """
# file: app.py
from parts import Consumer

def handler(event, context):
    Consumer(event).run()
# file: parts.py
class Consumer:
    def __init__(self, event):
        self.event = event

    def run(self):
        for record in self.event["Records"]:
            self.one(record)

    def one(self, record):
        print(record["messageAttributes"])
"""
    ) == {"sqs"}


def test_event_of_another_entry_point_does_not_count() -> None:
    assert (
        kinds(
            """
# file: app.py
from shared import Log

def handler(event, context):
    Log(event["name"]).write()
# file: other.py
from shared import Log

def handler(event, context):
    Log(event["Records"][0]["body"]).write()
# file: shared.py
class Log:
    def __init__(self, text):
        self.text = text

    def write(self):
        print(self.text)
"""
        )
        == set()
    )


def test_helper_that_describes_any_event_proves_nothing() -> None:
    assert (
        kinds(
            """
def summary(event):
    if "httpMethod" in event:
        return event["httpMethod"]
    return event["Records"][0]["messageId"]

def handler(event, context):
    print(summary(event))
"""
        )
        == set()
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            """
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
@event_source(data_class=SQSEvent)
def handler(event, context):
    return event.records
""",
            {"sqs"},
        ),
        (
            """
from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent
def handler(event: KinesisStreamEvent, context):
    return event.records
""",
            {"kinesis"},
        ),
        (
            """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
def one(record):
    return record
def handler(event, context):
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)
""",
            {"dynamodb"},
        ),
        (
            """
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
app = APIGatewayRestResolver()
def handler(event, context):
    return app.resolve(event, context)
""",
            {"api"},
        ),
        (
            """
from models import SQSEvent
def handler(event: SQSEvent, context):
    return event
""",
            set(),
        ),
    ],
)
def test_class(lines: str, expected: set[str]) -> None:
    assert kinds(lines) == expected


def test_templates_come_first_and_hints_only_where_nothing_else_is() -> None:
    topic = declared(EventSource("sns", settings={}))
    text = READ.format(body="return event['detail']")
    assert kinds(text, (topic,)) == {"sns"}
    assert kinds(text, (declared(EventSource("unknown")),)) == {"eventbridge"}
    found = analyse(text)
    region = found.graph.region([("app.py", "handler")])
    (source,) = events.sources(found.flow, region, ("app.py", "handler"), (topic,))
    assert (source.certain, source.how) == (True, "template.yaml:3 declares the event source of F")
    (source,) = events.sources(found.flow, region, ("app.py", "handler"), ())
    assert (source.certain, source.how) == (False, "the code reads detail of the event")


QUEUE = Value(State.KNOWN, Reference("template.yaml", "Jobs", "Arn"))
ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (EventSource("sqs"), ""),
        (EventSource("sqs", QUEUE, settings={"batch_size": known(10)}), ": queue Jobs, up to 10 in a batch"),
        (EventSource("sqs", QUEUE, settings={"batch_size": known(1)}), ": queue Jobs, one record at a time"),
        (
            EventSource(
                "kinesis",
                known(ARN),
                settings={"response_types": known(("ReportBatchItemFailures",)), "filters": Value(State.UNKNOWN)},
            ),
            ": stream clicks, ReportBatchItemFailures, filtered",
        ),
        (
            EventSource("dynamodb", known("arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026"), settings={}),
            ": table orders",
        ),
        (EventSource("s3", known(Reference("", "AWS::NoValue"))), ""),
        (EventSource("sqs", known(Reference(".", "module.jobs.aws_sqs_queue.this[0]", "arn"))), ": queue this"),
        (EventSource("sqs", settings={"enabled": known(False)}), ": not enabled"),
    ],
)
def test_what_a_template_says_of_a_source(event: EventSource, expected: str) -> None:
    assert events.told(event, declared(event)) == f"template.yaml:3 declares the event source of F{expected}"


def test_several_event_sources_of_one_kind() -> None:
    sources = (
        EventSource("sqs", QUEUE, Location("template.yaml", 9), {"batch_size": known(10)}),
        EventSource(
            "sqs", known("arn:aws:sqs:eu-west-1:1:Mails"), Location("template.yaml", 12), {"batch_size": known(5)}
        ),
        EventSource("sns", known("arn:aws:sns:eu-west-1:1:News"), Location("template.yaml", 15)),
    )
    found = analyse(READ.format(body="return 1"))
    region = found.graph.region([("app.py", "handler")])
    queues, topic = events.sources(found.flow, region, ("app.py", "handler"), (declared(*sources),))
    assert queues.how == (
        "template.yaml:9 declares the event source of F: queue Jobs, up to 10 in a batch;"
        " template.yaml:12 declares the event source of F: queue Mails, up to 5 in a batch"
    )
    assert (queues.name, queues.setting("batch_size").state, queues.declared) == ("", State.UNKNOWN, sources[:2])
    assert (topic.name, topic.setting("batch_size")) == ("topic News", ABSENT)


def test_what_kinds_mean() -> None:
    assert events.at_least_once("sqs")
    assert not events.at_least_once("schedule")
    assert not events.at_least_once("no such kind")
    assert events.comes_as_records("ses")
    assert not events.comes_as_records("eventbridge")


TESTS = """
def handler(event, context):
    if {test}:
        print(1)
"""


@pytest.mark.parametrize(
    ("test", "held", "failed"),
    [
        ("'Records' in event", {"records"}, {"records"}),
        ("event.get('Records')", {"records"}, {"records"}),
        ("event.get('httpMethod') == 'POST'", {"api"}, set()),
        ("'RequestType' in event", {"custom-resource"}, {"custom-resource"}),
        ("event['Records'][0]['eventSource'] == 'aws:sqs'", {"sqs"}, {"sqs"}),
        ("'x' in event['Records'][0]['body']", {"sqs"}, set()),
        ("len(event['Records'][0]['body']) > 3", set(), set()),
        ("event['name']", set(), set()),
    ],
)
def test_what_a_test_tells(test: str, held: set[str], failed: set[str]) -> None:
    found = analyse(TESTS.format(test=test))
    node = ("app.py", "handler")
    body = found.flow.body(node)
    assert body is not None
    (term,) = body.tests
    assert events.kinds_tested(found.flow, found.region, node, term, failed=False) == held
    assert events.kinds_tested(found.flow, found.region, node, term, failed=True) == failed
