"""Code that several functions share: each is judged for its own events, environment and time-out."""

from __future__ import annotations

import pathlib

import pytest

from lambdalint import discover, engine
from lambdalint.model import Finding
from lambdalint.settings import Settings
from tests.source.programs import files_of

SHARED = """
# file: one.py
from shared import work
def handler(event, context):
    work(event, context)
# file: other.py
from shared import work
def handler(event, context):
    work(event, context)
# file: template.yaml
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Fifo: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  One:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: one
      Handler: one.handler
      Runtime: python3.13
      Timeout: %(one_timeout)s
      Environment: {Variables: {NEXT: %(one_next)s%(one_variables)s}}
      RecursiveLoop: %(one_loop)s
      Events: {Source: %(one)s}
  Other:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: other
      Handler: %(other_handler)s.handler
      Runtime: python3.13
      Timeout: %(other_timeout)s
      Environment: {Variables: {NEXT: %(other_next)s}}
      Events: {Source: %(other)s}
# file: shared.py
"""
PLAIN = {
    "one": "{Type: Schedule, Properties: {Schedule: rate(1 day)}}",
    "other": "{Type: Schedule, Properties: {Schedule: rate(1 day)}}",
    "one_next": "queue",
    "other_next": "queue",
    "one_timeout": "30",
    "other_timeout": "30",
    "one_loop": "Terminate",
    "one_variables": "",
    "other_handler": "other",
}
QUEUE = "{Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}"
SINGLE = "{Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 1}}"
FIFO = (
    "{Type: SQS, Properties: {Queue: !GetAtt Fifo.Arn, BatchSize: 4, FunctionResponseTypes: [ReportBatchItemFailures]}}"
)
API = "{Type: HttpApi}"


@pytest.fixture
def check(tmp_path: pathlib.Path):
    def run(rule: str, code: str, **settings: str) -> list[Finding]:
        for name, content in files_of(SHARED.lstrip("\n") % (PLAIN | settings) + code.lstrip("\n")).items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        report = engine.check(discover.project(discover.locate([str(tmp_path)])), Settings(select=(rule,)))
        assert report.internal_errors == ()
        return [item for item in report.findings if item.name == rule]

    return run


def starts(finding: Finding) -> list[str]:
    return [chain[0].location.path for chain in finding.chains]


LOOP = """
import boto3
table = boto3.resource("dynamodb").Table("orders")
def work(event, context):
    for record in event["Records"]:
        table.put_item(Item={"id": record["messageId"]})
"""


def test_a_loop_is_judged_for_the_mapping_of_each_function(check) -> None:
    assert [item.location.path for item in check("partial-batch-response", LOOP, one=SINGLE, other=QUEUE)] == [
        "other.py"
    ]
    first, second = check("partial-batch-response", LOOP, one=QUEUE, other=FIFO)
    assert (first.location.path, second.location.path) == ("one.py", "other.py")
    assert first.message == (
        "one failure makes a batch of up to 10 SQS messages come again: batchItemFailures is not returned"
    )
    assert first.facts[0] == ("template.yaml:14 declares the event source of One: queue Queue, up to 10 in a batch")
    assert first.remedy.endswith("; set ReportBatchItemFailures on the mapping.")
    assert "up to 4 SQS messages" in second.message
    assert second.remedy.startswith("Stop at the first record that fails")
    assert second.remedy.endswith("so that the order is kept.")
    assert second.facts[-1] == "ReportBatchItemFailures is set, and the function answers without batchItemFailures"


def test_two_mappings_of_one_handler(check) -> None:
    def of_one(**settings: str) -> list[Finding]:
        found = check("partial-batch-response", LOOP, other_handler="one", **settings)
        return [item for item in found if item.location.path == "one.py"]  # nothing deploys the handler of other.py

    (finding,) = of_one(one=SINGLE, other=QUEUE)
    assert finding.facts[0] == "template.yaml:23 declares the event source of Other: queue Queue, up to 10 in a batch"
    (finding,) = of_one(one=FIFO, other=QUEUE)
    assert "all SQS messages of the batch" in finding.message  # up to 4, or up to 10
    assert finding.facts[0] == (
        "template.yaml:14 declares the event source of One: queue Fifo, up to 4 in a batch, ReportBatchItemFailures;"
        " template.yaml:23 declares the event source of Other: queue Queue, up to 10 in a batch"
    )
    assert of_one(one=SINGLE, other=SINGLE) == []


MAIL = """
import boto3
ses = boto3.client("ses")
def work(event, context):
    ses.send_email(Source="a@b.example", Destination={"ToAddresses": [event["to"]]}, Message={})
"""


def test_an_effect_is_judged_for_the_sources_of_each_function(check) -> None:
    assert check("missing-idempotency", MAIL, one=API, other=API) == []
    (finding,) = check("missing-idempotency", MAIL, one=API, other=QUEUE)
    assert finding.location.path == "other.py"
    assert finding.message == (
        "ses.send_email is repeated when queue Queue delivers an event again: the mail is sent again"
    )
    assert finding.facts[0] == "template.yaml:23 declares the event source of Other: queue Queue, up to 10 in a batch"


CHAIN = """
import os
import boto3
client = boto3.client("lambda")
def work(event, context):
    client.invoke(FunctionName=os.environ["NEXT"], InvocationType="Event")
"""


def test_an_invoke_is_judged_for_the_environment_of_each_function(check) -> None:
    assert check("recursive-invocation", CHAIN, one_next="other", other_next="one") == []
    (finding,) = check("recursive-invocation", CHAIN, one_next="other", other_next="other")
    assert (starts(finding), finding.facts) == (["other.py"], ("template.yaml:15 declares Other",))
    (finding,) = check("recursive-invocation", CHAIN, one_next="one", other_next="other")
    assert (finding.location.path, starts(finding)) == ("shared.py", ["one.py", "other.py"])
    (finding,) = check("recursive-invocation", CHAIN, one_next="one", other_next="other", one_loop="Allow")
    assert starts(finding) == ["other.py"]
    assert check("recursive-invocation", CHAIN, one_next="one", other_next="two", one_loop="Allow") == []


NAMED = """
import boto3
client = boto3.client("lambda")
def work(event, context):
    again(context.function_name if event else None)
def again(name):
    client.invoke(FunctionName=name, InvocationType="Event")
# file: other.py
from shared import again
def handler(event, context):
    if event["depth"] < 3:
        again({other})
"""


def test_an_invoke_is_judged_for_the_way_that_leads_to_it(check) -> None:
    (finding,) = check("recursive-invocation", NAMED.replace("{other}", '"worker"'))
    assert (starts(finding), finding.severity.label) == (["one.py"], "error")
    (finding,) = check("recursive-invocation", NAMED.replace("{other}", "context.function_name"))
    assert (starts(finding), finding.severity.label) == (["one.py", "other.py"], "error")


GET = """
import requests
def work(event, context):
    requests.get("https://example.com")
"""


def test_one_call_is_one_finding_with_the_chains_of_all_functions(check) -> None:
    (finding,) = check("http-timeout", GET)
    assert (finding.location.path, starts(finding)) == ("shared.py", ["one.py", "other.py"])


WAITING = """
import boto3
client = boto3.client("lambda")
def work(event, context):
    client.invoke(FunctionName="slow")
# file: slow.yaml
Transform: AWS::Serverless-2016-10-31
Resources:
  Slow:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: slow, Handler: index.handler, Runtime: nodejs22.x, Timeout: 120}
"""


def test_an_invoke_is_repeated_for_those_that_live_to_see_it(check) -> None:
    assert check("repeated-sync-invoke", WAITING) == []
    (finding,) = check("repeated-sync-invoke", WAITING, other_timeout="300")
    assert (finding.location.path, starts(finding)) == ("shared.py", ["other.py"])
    assert finding.message == "the SDK invokes Slow again after 60 s, and Slow may run for 120 s"
    assert finding.facts == (
        "slow.yaml:5 lets Slow run for 120 s",
        "template.yaml:21 lets Other run for 300 s",
    )
    (finding,) = check("repeated-sync-invoke", WAITING, one_timeout="61", other_timeout="300")
    assert starts(finding) == ["one.py", "other.py"]


CLIENT = """
import boto3
from botocore.config import Config
s3 = boto3.client("s3", config=Config(read_timeout=20))
def work(event, context):
    s3.head_object(Bucket="b", Key="k")
    s3.head_object(Bucket="b", Key="other")
"""


def test_a_client_is_judged_for_the_time_of_each_function(check) -> None:
    assert check("retry-budget-exceeds-timeout", CLIENT, one_timeout="60", other_timeout="900") == []
    (finding,) = check("retry-budget-exceeds-timeout", CLIENT, one_timeout="58", other_timeout="900")
    assert (finding.location.path, finding.location.line, starts(finding)) == ("shared.py", 3, ["one.py"])
    assert finding.message == "the SDK may wait for 60 s (3 attempts of 20 s), and the function ends after 58 s"
    (finding,) = check("retry-budget-exceeds-timeout", CLIENT, one_timeout="50", other_timeout="40")
    assert starts(finding) == ["one.py", "other.py"]
    assert finding.facts == (
        "the function ends after 40 s: Other, template.yaml:21",
        "the function ends after 50 s: One, template.yaml:11",
    )
    assert finding.message.endswith("the function ends after 40 s")


def test_attempts_may_be_set_for_one_function(check) -> None:
    once = check("retry-budget-exceeds-timeout", CLIENT.replace("=20", "=20, retries={'max_attempts': 0}"))
    assert once == []
    (finding,) = check("retry-budget-exceeds-timeout", CLIENT, one_variables=", AWS_MAX_ATTEMPTS: 1")
    assert starts(finding) == ["other.py"]


FETCH = """
import requests
def work(event, context):
    requests.get("https://example.com", timeout=45)
"""


def test_a_call_is_judged_for_the_time_of_each_function(check) -> None:
    (finding,) = check("retry-budget-exceeds-timeout", FETCH, other_timeout="60")
    assert (finding.location.path, starts(finding)) == ("shared.py", ["one.py"])
    assert finding.facts == ("the function ends after 30 s: One, template.yaml:11",)
    (finding,) = check("retry-budget-exceeds-timeout", FETCH, one_timeout="60", other_timeout="60", other=API)
    assert (finding.message, starts(finding)) == (
        "requests.get may wait for 45 s, and an HTTP API gives up after 30 s",
        ["other.py"],
    )
    (finding,) = check("retry-budget-exceeds-timeout", FETCH, other=API)
    assert starts(finding) == ["one.py", "other.py"]
    assert check("retry-budget-exceeds-timeout", FETCH, one_timeout="60", other_timeout="60") == []


# One function hands its work to what both share: a helper that takes a function, a registry, a base class.
HANDED = """
def work(event, context):
    return again(lambda: 0)
def again(do, *given):
    return do(*given)
class Router:
    def __init__(self):
        self._routes = {}
    def route(self, path):
        def keep(function):
            self._routes[path] = function
            return function
        return keep
    def dispatch(self, event):
        return self._routes[event["path"]](event)
class Job:
    def run(self, event):
        self.step(event)
    def step(self, event):
        pass
# file: one.py
import shared
router = shared.Router()
@router.route("/one")
def one(event):
    return 1
def pure(event):
    return 2
def handler(event, context):
    shared.again(pure, event)
    router.dispatch(event)
    shared.Job().run(event)
    shared.work(event, context)
# file: other.py
import boto3
import shared
ses = boto3.client("ses")
router = shared.Router()
def mail(event):
    ses.send_email(Source="a@b.example", Destination={"ToAddresses": [event["to"]]}, Message={})
@router.route("/other")
def other(event):
    mail(event)
class Mail(shared.Job):
    def step(self, event):
        mail(event)
def handler(event, context):
    %(call)s
"""


@pytest.mark.parametrize(
    "call",
    ["shared.again(mail, event)", "router.dispatch(event)", "Mail().run(event)", "shared.again(lambda: mail(event))"],
)
def test_what_one_function_hands_over_the_other_does_not_run(check, call: str) -> None:
    (finding,) = check("missing-idempotency", HANDED % {"call": call}, one=QUEUE, other=QUEUE)
    assert (finding.location.path, starts(finding)) == ("other.py", ["other.py"])


def test_what_may_be_imported_by_a_computed_name_may_be_handed_over(check) -> None:
    code = HANDED % {"call": "shared.again(mail, event)"}
    code = code.replace("import shared\nrouter", "import shared, importlib\nrouter", 1).replace(
        "    shared.again(pure, event)",
        '    importlib.import_module(event["plugin"])\n    shared.again(pure, event)',
        1,
    )
    found = check("missing-idempotency", code, one=QUEUE, other=QUEUE)
    assert [item.location.path for item in found] == ["one.py", "other.py"]


def test_a_module_that_hands_on_the_entry_point_loads_what_it_imports(check) -> None:
    code = HANDED % {"call": "shared.again(mail, event)"}
    code += "\n# file: main.py\nimport other\nfrom one import handler\n"
    found = check("missing-idempotency", code, other_handler="main", one=QUEUE, other=QUEUE)
    assert "one.py" in [item.location.path for item in found]
    code = code.replace("import other\n", "")
    found = check("missing-idempotency", code, other_handler="main", one=QUEUE, other=QUEUE)
    assert "one.py" not in [item.location.path for item in found]
