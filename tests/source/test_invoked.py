"""Functions that code invokes, by what each kind of template calls them: which of them may run for too long."""

from __future__ import annotations

import pathlib

import pytest

from lambdalint import discover, engine
from lambdalint.model import Finding
from lambdalint.settings import Settings
from tests.source.programs import files_of

CODE = """
# file: app.py
import os
import boto3
client = boto3.client("lambda")
def start(event, context):
    client.invoke(FunctionName={name})
def report(event, context):
    return event
"""

SERVERLESS = """
# file: serverless.yml
service: shop
provider:
  name: aws
  runtime: python3.13
  timeout: 900
functions:
  start:
    handler: app.start
    environment:
      REPORT: ${{self:service}}-${{sls:stage}}-nightly_report
      REPORT_ARN: !GetAtt NightlyUnderscorereportLambdaFunction.Arn
  nightly_report:
    handler: app.report
    timeout: {timeout}
"""

TERRAFORM = """
# file: main.tf
resource "aws_lambda_function" "start" {{
  function_name = "start"
  handler       = "app.start"
  runtime       = "python3.13"
  filename      = "app.zip"
  timeout       = 900
  environment {{
    variables = {{
      REPORT     = aws_lambda_function.report.function_name
      REPORT_ARN = aws_lambda_function.report.arn
    }}
  }}
}}
resource "aws_lambda_function" "report" {{
  function_name = "shop-dev-nightly_report"
  handler       = "app.report"
  runtime       = "python3.13"
  filename      = "app.zip"
  timeout       = {timeout}
}}
"""


def check(folder: pathlib.Path, text: str) -> list[Finding]:
    for name, content in files_of(text.replace("\n#", "#", 1)).items():
        (folder / name).write_text(content, encoding="utf-8")
    report = engine.check(discover.project(discover.locate([str(folder)])), Settings(select=("repeated-sync-invoke",)))
    assert report.internal_errors == ()
    return [item for item in report.findings if item.name == "repeated-sync-invoke"]


@pytest.mark.parametrize("template", [SERVERLESS, TERRAFORM], ids=["serverless", "terraform"])
@pytest.mark.parametrize(
    "name",
    [
        'os.environ["REPORT"]',
        'os.environ["REPORT_ARN"]',
        '"shop-dev-nightly_report"',
        '"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-nightly_report"',
        '"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-nightly_report:live"',
    ],
)
def test_names_of_the_invoked_function(tmp_path: pathlib.Path, template: str, name: str) -> None:
    (finding,) = check(tmp_path, CODE.format(name=name) + template.format(timeout=300).lstrip("\n"))
    assert (finding.location.path, finding.location.line) == ("app.py", 5)
    assert finding.message.startswith("the SDK invokes ")
    assert finding.message.endswith("nightly_report may run for 300 s") or finding.message.endswith(
        ".report may run for 300 s"
    )


@pytest.mark.parametrize("template", [SERVERLESS, TERRAFORM], ids=["serverless", "terraform"])
@pytest.mark.parametrize(
    ("name", "timeout"),
    [
        ('os.environ["REPORT"]', 60),
        ('os.environ["OTHER"]', 300),
        ('os.environ.get("REPORT", event["name"]) if event else event["name"]', 300),
        ('"report"', 300),
    ],
)
def test_what_is_short_or_unknown_is_silent(tmp_path: pathlib.Path, template: str, name: str, timeout: int) -> None:
    assert check(tmp_path, CODE.format(name=name) + template.format(timeout=timeout).lstrip("\n")) == []


SLOW = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Slow:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: slow, Handler: index.handler, Runtime: nodejs22.x, Timeout: 120}
"""


def test_a_name_that_two_functions_of_other_templates_have_is_nobody_s(tmp_path: pathlib.Path) -> None:
    text = CODE.format(name='"slow"') + SERVERLESS.format(timeout=3).lstrip("\n")
    (tmp_path / "one.yaml").write_text(SLOW, encoding="utf-8")
    assert [finding.message for finding in check(tmp_path, text)] == [
        "the SDK invokes Slow again after 60 s, and Slow may run for 120 s"
    ]
    (tmp_path / "other.yaml").write_text(SLOW, encoding="utf-8")
    assert check(tmp_path, text) == []
