"""SnapStart and durable executions, as each kind of template turns them on, with the line."""

import pytest

from lambdalint.model import Function

SAM = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    SnapStart:
      ApplyOn: {apply_on}
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: .
      DurableConfig:
        ExecutionTimeout: 3600
"""
CLOUDFORMATION = """\
Parameters:
  Durable: {{Type: Number, Default: 60}}
Conditions:
  East: !Equals [!Ref AWS::Region, us-east-1]
Resources:
  One:
    Type: AWS::Lambda::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      Code: .
      SnapStart: {{ApplyOn: {apply_on}}}
      DurableConfig: {{ExecutionTimeout: !Ref Durable}}
"""
CDK = """\
{{
  "Resources": {{
    "One": {{
      "Type": "AWS::Lambda::Function",
      "Metadata": {{"aws:cdk:path": "Stack/One"}},
      "Properties": {{
        "Handler": "app.handler",
        "Runtime": "python3.13",
        "SnapStart": {{"ApplyOn": "{apply_on}"}},
        "DurableConfig": {{"ExecutionTimeout": 60}}
      }}
    }}
  }}
}}
"""
SERVERLESS = """\
service: shop
provider:
  name: aws
  runtime: python3.13
functions:
  one:
    handler: app.handler
    snapStart: {apply_on}
"""
TERRAFORM = """\
resource "aws_lambda_function" "one" {{
  function_name = "one"
  filename      = "one.zip"
  handler       = "app.handler"
  runtime       = "python3.13"
  snap_start {{
    apply_on = "{apply_on}"
  }}
  durable_config {{
    execution_timeout = 60
  }}
}}
"""
MODULE = """\
module "one" {{
  source                           = "terraform-aws-modules/lambda/aws"
  function_name                    = "one"
  handler                          = "app.handler"
  runtime                          = "python3.13"
  source_path                      = "src"
  snap_start                       = {apply_on}
  durable_config_execution_timeout = 60
}}
"""
ON = [
    ("template.yaml", SAM, "PublishedVersions", 7, 15),
    ("template.yaml", CLOUDFORMATION, "PublishedVersions", 12, 13),
    ("cdk.out/Stack.template.json", CDK, "PublishedVersions", 9, 10),
    ("serverless.yml", SERVERLESS, "true", 8, None),
    ("main.tf", TERRAFORM, "PublishedVersions", 7, 10),
    ("main.tf", MODULE, "true", 7, 8),
]
OFF = [
    ("template.yaml", SAM, "None"),
    ("template.yaml", CLOUDFORMATION, "!If [East, PublishedVersions, None]"),
    ("cdk.out/Stack.template.json", CDK, "None"),
    ("serverless.yml", SERVERLESS, "false"),
    ("main.tf", TERRAFORM, "None"),
    ("main.tf", MODULE, "false"),
    ("main.tf", MODULE, "var.snap_start"),
]


def declared(written, path, text, apply_on):
    (found,) = written({path: text.format(apply_on=apply_on)}).functions
    return Function("one", "app.handler", found.origin, "a test", declared=found)


@pytest.mark.parametrize(("path", "text", "apply_on", "snap_start", "durable"), ON)
def test_on(written, path, text, apply_on, snap_start, durable):
    function = declared(written, path, text, apply_on)
    assert function.turned_on("snap_start").location.line == snap_start
    setting = function.turned_on("durable")
    assert (setting.location.line if setting else None) == durable


@pytest.mark.parametrize(("path", "text", "apply_on"), OFF)
def test_off_or_unknown(written, path, text, apply_on):
    assert declared(written, path, text, apply_on).turned_on("snap_start") is None


def test_what_no_template_declares_is_not_on():
    assert Function("one", "app.handler", "heuristic", "a test").turned_on("snap_start") is None
