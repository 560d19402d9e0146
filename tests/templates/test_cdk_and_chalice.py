"""Synthesised CDK output and Chalice configurations."""

import json

import pytest

from lambdalint.model import Location, State


def stack(metadata, code):
    return json.dumps(
        {
            "Resources": {
                "Fn9270CBC0": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {"Code": code, "Handler": "app.handler", "Runtime": "python3.12"},
                    "Metadata": {"aws:cdk:path": "Shop/Fn/Resource", **metadata},
                }
            }
        },
        indent=1,
    )


S3 = {"S3Bucket": {"Fn::Sub": "cdk-${AWS::AccountId}"}, "S3Key": "0a1b.zip"}
MANIFEST = json.dumps({"version": "36.0.0", "files": {"0a1b": {"source": {"path": "asset.0a1b", "packaging": "zip"}}}})
STAGED = "cdk.out/asset.0a1b/app.py"


def test_the_staged_copy_that_the_metadata_names(written):
    metadata = {"aws:asset:path": "asset.0a1b", "aws:asset:property": "Code"}
    (function,) = written({"cdk.out/Shop.template.json": stack(metadata, S3), STAGED: "x"}).functions
    assert (function.origin, function.location.line) == ("cdk", 3)
    assert function.code_root.value == "cdk.out/asset.0a1b"
    assert function.code_root.location == Location("cdk.out/Shop.template.json", 17, 23, 17, 35)


def test_the_staged_copy_that_the_manifest_names(written):
    files = {"cdk.out/Shop.template.json": stack({}, S3), "cdk.out/Shop.assets.json": MANIFEST, STAGED: "x"}
    found = written(files)
    assert found.problems == ()
    assert found.functions[0].code_root.value == "cdk.out/asset.0a1b"


@pytest.mark.parametrize("path", ["/home/someone/work/shop/src/fn", "C:\\work\\shop\\src\\fn", "src/fn"])
def test_the_source_directory_of_another_machine(written, path):
    metadata = {"aws:asset:path": path, "aws:asset:property": "Code"}
    (function,) = written({"cdk.out/Shop.template.json": stack(metadata, S3), "src/fn/app.py": "x"}).functions
    assert function.code_root.value == "src/fn"


def test_notifications_of_buckets(written):
    """The CDK configures them by a function of its own, so that they are no property of the bucket."""
    told = {"Events": ["s3:ObjectCreated:*"], "LambdaFunctionArn": {"Fn::GetAtt": ["Fn9270CBC0", "Arn"]}}
    told["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]}}
    template = json.loads(stack({}, S3))
    template["Resources"]["Box"] = {"Type": "AWS::S3::Bucket"}
    template["Resources"]["BoxNotifications"] = {
        "Type": "Custom::S3BucketNotifications",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["BucketNotificationsHandler", "Arn"]},
            "BucketName": {"Ref": "Box"},
            "NotificationConfiguration": {"LambdaFunctionConfigurations": [told]},
        },
    }
    (function,) = written({"cdk.out/Shop.template.json": json.dumps(template)}).functions
    (event,) = function.events.value
    assert (event.kind, event.resource.value.name) == ("s3", "Box")
    assert {name: event.setting(name).value for name in ("events", "prefix", "suffix")} == {
        "events": ("s3:ObjectCreated:*",),
        "prefix": "in/",
        "suffix": ".csv",
    }


def test_an_asset_that_is_not_in_the_repository(written):
    metadata = {"aws:asset:path": "asset.0a1b", "aws:asset:property": "Code"}
    (function,) = written({"cdk.out/Shop.template.json": stack(metadata, S3)}).functions
    assert (function.code_root.state, function.code_root.reason) == (
        State.UNKNOWN,
        "asset asset.0a1b is not in the repository",
    )


def test_a_manifest_that_cannot_be_read(written):
    files = {"cdk.out/Shop.template.json": stack({}, S3), "cdk.out/Shop.assets.json": MANIFEST[:-2]}
    found = written(files)
    assert [problem.path for problem in found.problems] == ["cdk.out/Shop.assets.json"]
    assert found.functions[0].code_root.reason == "the code is in S3, under 0a1b.zip"


def test_a_chalice_configuration(functions, at):
    shop = functions("chalice")["shop"]
    assert (shop.origin, shop.location) == ("chalice", Location(".chalice/config.json", 3, 15, 3, 21))
    assert shop.handler.value == "app.app"
    assert shop.code_root.value == "."
    assert at(shop.timeout) == (60, 4)
    assert (shop.memory.state, shop.memory.reason) == (State.UNKNOWN, "lambda_memory_size differs between stages")
    assert (shop.environment.state, shop.environment.reason) == (
        State.UNKNOWN,
        "the variables differ between stages",
    )
    assert sorted(shop.environment.value) == ["DSN", "LEVEL"]
    assert shop.events.state is State.UNKNOWN


def test_a_chalice_project_below_the_root(written, at):
    (function,) = written(
        {"api/.chalice/config.json": '{"app_name": "x", "environment_variables": {"A": "1"}}'}
    ).functions
    assert function.code_root.value == "api"
    assert at(function.environment)[0] == {"A": ("1", 1)}
