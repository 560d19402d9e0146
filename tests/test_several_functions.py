"""Several functions in one repository: each is judged by its own runtime, events, environment and code root."""

from __future__ import annotations

import json
import pathlib

import pytest

from lambdalint import cli

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Timeout: 5, Runtime: python3.13, CodeUri: src/}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 60}
  Singles:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 60}
  News:
    Type: AWS::SNS::Topic
"""
FUNCTION = """\
  %s:
    Type: AWS::Serverless::Function
    Properties:
      Handler: %s
"""
BATCH = "      Events: {E: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: 10}}}\n"
SINGLE = "      Events: {E: {Type: SQS, Properties: {Queue: !GetAtt Singles.Arn, BatchSize: 1}}}\n"
TOPIC = "      Events: {E: {Type: SNS, Properties: {Topic: !Ref News}}}\n"

# what two functions share
COMMON = """\
import time


def wait():
    time.sleep(3)
"""
CALLER = """\
import common


def handler(event, context):
    common.wait()
"""
WORKER = """\
import os


def handler(event, context):
    for record in event["Records"]:
        os.unlink(record["body"])
"""
SENDER = """\
import os

import boto3

SQS = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        SQS.send_message(QueueUrl=os.environ["NEXT"], MessageBody=record["body"])
"""
MATCH = """\
def kind(value):
    match value:
        case {"kind": found}:
            return found
    return ""
"""


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: pathlib.Path, template: str, files: dict[str, str]) -> None:
    for name, text in {"template.yaml": template, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main([*arguments, "--color", "never"]) in (0, 1)
    return capsys.readouterr().out


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict]:
    return json.loads(shown(capsys, "check", "--output", "json", *arguments))["findings"]


def starts(finding: dict) -> list[str]:
    return [chain[0]["path"] for chain in (finding["chain"], *finding["further_chains"])]


@pytest.fixture
def sharing(project: pathlib.Path) -> pathlib.Path:
    """Two functions that share a code root and a helper in it."""
    template = TEMPLATE + FUNCTION % ("First", "first.handler") + FUNCTION % ("Second", "second.handler")
    write(project, template, {"src/common.py": COMMON, "src/first.py": CALLER, "src/second.py": CALLER})
    return project


def test_text_gives_one_finding_with_both_chains(sharing: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "check", "--select", "LL204").splitlines()
    assert [line for line in lines if "(LL204)" in line] == [
        "src/common.py:5:5: warning sleep-in-handler (LL204)",
        "sleep-in-handler (LL204)",  # why it matters, once
    ]
    start = lines.index("  reached   src/first.py:4  handler: entry point")
    assert lines[start + 1 : start + 4] == [
        "            src/first.py:5  calls wait",
        "  or        src/second.py:4  handler: entry point",
        "            src/second.py:5  calls wait",
    ]


def test_json_gives_one_finding_with_both_chains(sharing: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (finding,) = checked(capsys, "--select", "LL204")
    assert (finding["path"], finding["line"], finding["function"]) == ("src/common.py", 5, "wait")
    assert starts(finding) == ["src/first.py", "src/second.py"]
    assert [step["note"] for step in finding["further_chains"][0]] == ["entry point", "calls wait", "here"]


def test_sarif_gives_one_result_with_both_flows(sharing: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = json.loads(shown(capsys, "check", "--select", "LL204", "--output", "sarif"))["runs"][0]["results"]
    flows = [flow["threadFlows"][0]["locations"] for flow in result["codeFlows"]]
    places = [[step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in flow] for flow in flows]
    assert places == [
        ["src/first.py", "src/first.py", "src/common.py"],
        ["src/second.py", "src/second.py", "src/common.py"],
    ]


def test_only_the_chains_of_the_function_that_is_asked_for(
    sharing: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (finding,) = checked(capsys, "--select", "LL204", "--function", "Second")
    assert starts(finding) == ["src/second.py"]


def test_findings_at_what_the_template_says_of_a_function(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answering = 'def handler(event, context):\n    return {"batchItemFailures": [{"itemIdentifier": "1"}]}\n'
    template = TEMPLATE + FUNCTION % ("Reader", "reader.handler") + BATCH + FUNCTION % ("Lost", "reader.handle")
    write(project, template, {"src/reader.py": answering})
    assert [(item["code"], item["line"]) for item in checked(capsys, "--function", "Reader")] == [("LL307", 17)]
    assert [(item["code"], item["line"]) for item in checked(capsys, "--function", "Lost")] == [("LL401", 21)]


def test_the_runtime_of_the_function_that_imports_a_module_decides(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = (
        TEMPLATE + FUNCTION % ("Old", "old.handler") + "      Runtime: python3.9\n" + FUNCTION % ("New", "new.handler")
    )
    caller = "import {0}\n\n\ndef handler(event, context):\n    return {0}.kind(event)\n"
    files = {"src/shared.py": MATCH, "src/fresh.py": MATCH, "src/old.py": caller.format("shared")}
    write(project, template, {**files, "src/new.py": "import fresh\n" + caller.format("shared")})
    (finding,) = checked(capsys)
    assert (finding["code"], finding["path"], finding["line"]) == ("LL001", "src/shared.py", 2)
    assert finding["message"] == "python3.9 refuses this module: a `match` statement needs Python 3.10"
    assert finding["facts"] == ["function Old runs on python3.9"]
    assert starts(finding) == ["src/old.py"]
    assert checked(capsys, "--function", "Old") == [finding]
    assert checked(capsys, "--function", "New") == []


def test_a_module_that_no_python_reads_is_told_of_the_functions_that_import_it(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = TEMPLATE + FUNCTION % ("Good", "good.handler") + FUNCTION % ("Broken", "broken.handler")
    handler = "def handler(event, context):\n    return {}\n"
    files = {"src/good.py": handler, "src/broken.py": "import helper\n" + handler, "src/helper.py": "def (:\n"}
    write(project, template, files)
    (finding,) = checked(capsys, "--function", "Broken")
    assert (finding["code"], finding["path"], starts(finding)) == ("LL001", "src/helper.py", ["src/broken.py"])
    assert checked(capsys, "--function", "Good") == []


def test_the_routes_of_an_application_are_of_the_function_that_runs_it(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    application = """\
from fastapi import FastAPI
from mangum import Mangum

import common

app = FastAPI()


@app.get("/orders")
def orders():
    common.wait()


handler = Mangum(app)
"""
    template = TEMPLATE + FUNCTION % ("Api", "api.handler") + FUNCTION % ("Second", "second.handler")
    write(project, template, {"src/common.py": COMMON, "src/api.py": application, "src/second.py": CALLER})
    (finding,) = checked(capsys, "--select", "LL204", "--function", "Api")
    assert (finding["path"], starts(finding)) == ("src/common.py", ["src/api.py"])


def test_the_events_of_the_function_that_runs_the_code_decide(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # the same code behind three handlers: batches of ten, single messages, and a topic
    template = (
        TEMPLATE
        + FUNCTION % ("Batch", "batch.handler") + BATCH
        + FUNCTION % ("Single", "single.handler") + SINGLE
        + FUNCTION % ("Topic", "topic.handler") + TOPIC
    )  # fmt: skip
    each = WORKER.replace("def handler(event, context)", "def each(event)")
    caller = "import common\n\n\ndef handler(event, context):\n    common.each(event)\n"
    handlers = {f"src/{name}.py": caller for name in ("batch", "single", "topic")}
    write(project, template, {"src/common.py": each, **handlers})
    (finding,) = checked(capsys, "--select", "LL304")
    assert (finding["path"], starts(finding)) == ("src/batch.py", ["src/batch.py"])
    assert "template.yaml:17 declares the event source of Batch" in finding["facts"][0]


def test_one_handler_of_two_functions_is_judged_for_both(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = TEMPLATE + FUNCTION % ("Single", "worker.handler") + SINGLE + FUNCTION % ("Batch", "worker.handler")
    write(project, template, {"src/worker.py": WORKER})
    assert checked(capsys, "--select", "LL304") == []
    write(project, template + BATCH, {})
    (finding,) = checked(capsys, "--select", "LL304")
    assert [fact for fact in finding["facts"] if "Single" in fact] == []
    assert "template.yaml:22 declares the event source of Batch" in finding["facts"][0]


def test_the_environment_of_the_function_that_runs_the_code_decides(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # both send to NEXT: for one it is its own queue
    variables = "      Environment: {Variables: {NEXT: !Ref Jobs}}\n"
    template = (
        TEMPLATE
        + FUNCTION % ("Again", "sender.handler") + variables + BATCH
        + FUNCTION % ("Onward", "sender.handler") + variables + SINGLE
        + FUNCTION % ("Unset", "sender.handler")
    )  # fmt: skip
    write(project, template, {"src/sender.py": SENDER})
    (loop,) = checked(capsys, "--select", "LL202")
    assert loop["facts"] == ["template.yaml:18 makes queue Jobs trigger Again"]
    (unset,) = checked(capsys, "--select", "LL413")
    assert [place["line"] for place in unset["related"]] == [25]


def test_modules_of_one_name_in_two_code_roots(project: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = TEMPLATE + "".join(
        FUNCTION % (name.title(), "app.handler") + f"      CodeUri: {name}/\n" for name in ("one", "two")
    )
    quick = "def wait():\n    return None\n"
    app = CALLER
    write(project, template, {"one/app.py": app, "two/app.py": app, "one/common.py": COMMON, "two/common.py": quick})
    (finding,) = checked(capsys, "--select", "LL204")
    assert (finding["path"], starts(finding)) == ("one/common.py", ["one/app.py"])


FAR = """\
      CodeUri: s3://bucket/far.zip
  Node:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.handler, Runtime: nodejs22.x}
  Image:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: "1.dkr.ecr.eu-west-1.amazonaws.com/app:1"}
"""


def test_functions_whose_code_is_elsewhere_are_listed_as_such(
    project: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = TEMPLATE + FUNCTION % ("Here", "first.handler") + FUNCTION % ("Far", "far.handler") + FAR
    write(project, template, {"src/common.py": COMMON, "src/first.py": CALLER})
    listed = json.loads(shown(capsys, "functions", "--output", "json"))["functions"]
    assert {item["name"]: (item["path"], item["problem"]) for item in listed} == {
        "Here": ("src/first.py", None),
        "Far": (None, "the code is in S3, under s3://bucket/far.zip, and no file of the project is module far"),
        "Node": (None, None),
        "Image": (None, "the image says the handler"),
    }
    lines = shown(capsys, "functions").splitlines()
    assert lines[lines.index("far.handler") + 3].startswith("  problem   the code is in S3, under s3://bucket/far.zip")
    assert "  runtime   nodejs22.x (line 24)" in lines
    drawn = shown(capsys, "graph").splitlines()
    assert drawn[drawn.index("Node  template.yaml:22") + 1] == "  but   nodejs22.x is no Python"
    assert drawn[drawn.index("Image  template.yaml:25") + 1] == "  but   the image says the handler"
    assert drawn[-1] == "4 functions, no loops"
    (finding,) = checked(capsys, "--select", "LL204")
    assert starts(finding) == ["src/first.py"]
