"""For how long the log of a function is kept, and where that is written."""

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings

GROUP = "  Log:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: "


def told(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    report = engine.check(discover.project(discover.locate([str(folder)])), Settings(select=("LL711",)))
    assert report.internal_errors == ()
    return [(item.location.path, item.location.line) for item in report.findings if item.code == "LL711"]


def function(properties=""):
    head = "Parameters:\n  Name: {Type: String}\nResources:\n  Orders:\n    Type: AWS::Lambda::Function\n"
    return f"{head}    Properties:\n      Runtime: python3.13\n      Handler: app.handler\n{properties}"


@pytest.mark.parametrize(
    ("properties", "name", "line"),
    [
        ("", None, 4),
        ("", "!Sub /aws/lambda/${Orders}", 9),
        ("", "!Join ['/', ['/aws/lambda', !Ref Orders]]", 9),
        ("", "!Sub /aws/lambda/${Other}", 4),
        ("", "/shop/orders", 4),
        ("", "!Ref Name", None),
        ("", "!Sub /aws/lambda/${Name}", None),
        ("", "!Sub /shop/${Name}", 4),
        ("", "!Sub /aws/${Name}", None),
        ("      FunctionName: orders\n", "/aws/lambda/orders", 10),
        ("      FunctionName: orders\n", "/aws/lambda/order", 4),
        ("      FunctionName: !Ref Name\n", "!Sub /aws/lambda/${Name}", 10),
        ("      LoggingConfig: {LogGroup: !Ref Log}\n", "!Ref Name", 10),
        ("      LoggingConfig: {LogGroup: /shop/orders}\n", "/shop/orders", 10),
        ("      LoggingConfig: {LogGroup: /shop/orders}\n", "/shop/invoices", None),
        ("      LoggingConfig: {LogGroup: !Ref Name}\n", "/shop/invoices", None),
        ("      LoggingConfig: !If [A, {LogGroup: a}, {LogGroup: b}]\n", "/shop/invoices", None),
    ],
)
def test_groups_of_a_stack(tmp_path, properties, name, line):
    group = f"{GROUP}{name}\n" if name else ""
    other = "  Other:\n    Type: AWS::Lambda::Function\n    Properties: {Runtime: nodejs22.x, Handler: a.b}\n"
    found = told(tmp_path, {"stack.yaml": function(properties) + group + other})
    assert [number for _, number in found] == ([line] if line else [])
    if group:
        kept = told(tmp_path, {"stack.yaml": function(properties) + group + "      RetentionInDays: 7\n" + other})
        assert kept == ([("stack.yaml", 4)] if line == 4 else [])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("!Ref Name", 1),
        ("!Sub /aws/lambda/${Name}", 0),
        ("!Sub /aws/lambda/${AWS::StackName}", 1),
        ("/aws/lambda/x", 1),
    ],
)
def test_groups_of_another_stack(tmp_path, name, expected):
    other = f"Parameters:\n  Name: {{Type: String}}\nResources:\n{GROUP}{name}\n      RetentionInDays: 7\n"
    log = "  F:\n    Type: AWS::Lambda::Function\n    Properties: {Runtime: nodejs22.x, Handler: a.b}\n"
    found = told(tmp_path, {"stack.yaml": function(), "logs/stack.yaml": other + log})
    assert len(found) == expected


def test_a_retention_that_the_cdk_sets_by_a_custom_resource(tmp_path):
    retention = (
        "  Kept:\n    Type: Custom::LogRetention\n    Properties:\n      ServiceToken: arn:aws:lambda:x:1:function:y\n"
        '      LogGroupName: !Join ["", [/aws/lambda/, !Ref Orders]]\n'
    )
    assert told(tmp_path, {"stack.yaml": function() + retention + "      RetentionInDays: 7\n"}) == []
    assert told(tmp_path, {"stack.yaml": function() + retention}) == [("stack.yaml", 9)]


def test_groups_of_serverless(tmp_path):
    head = "service: s\nprovider: {name: aws, runtime: python3.13}\n"
    body = "functions:\n  get-all:\n    handler: app.handler\n"
    assert told(tmp_path, {"serverless.yml": head + body}) == [("serverless.yml", 4)]
    for more in ("disableLogs: true", "logRetentionInDays: 3", "logs: {logGroup: elsewhere}"):
        assert told(tmp_path, {"serverless.yml": f"{head}{body}    {more}\n"}) == []
    own = "resources:\n  Resources:\n    GetDashallLogGroup:\n      Type: AWS::Logs::LogGroup\n"
    assert told(tmp_path, {"serverless.yml": head + body + own}) == [("serverless.yml", 8)]
    kept = "      Properties: {RetentionInDays: 3}\n"
    assert told(tmp_path, {"serverless.yml": head + body + own + kept}) == []
    plugin = "plugins: [serverless-plugin-log-retention]\n"
    assert told(tmp_path, {"serverless.yml": head + plugin + body}) == []
