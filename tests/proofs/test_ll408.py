"""LL408: what a second invocation of an environment finds of the first one's writes."""

import os

import boto3
import pytest
from moto import mock_aws


@pytest.fixture(autouse=True)
def aws(monkeypatch):
    for name in ("STAGE", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"):  # which our fixtures write, too
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        yield


def test_the_region_of_one_request_is_that_of_the_next(load, invoke):
    handler = load("reserved-env-write/bad/lambda_function.py").lambda_handler
    assert invoke(handler, {}).answer[1] == "eu-west-1"
    assert invoke(handler, {"region": "ap-south-1"}).answer[1] == "ap-south-1"
    assert invoke(handler, {}).answer[1] == "ap-south-1"


def test_an_assumed_role_takes_the_place_of_the_functions_own(load, invoke):
    handler = load("reserved-env-write/bad/lambda_function.py").role_handler
    before = os.environ["AWS_ACCESS_KEY_ID"]
    assert ":assumed-role/reader/" in invoke(handler, {}).answer
    assert os.environ["AWS_ACCESS_KEY_ID"] != before
    assert ":assumed-role/reader/" in boto3.Session().client("sts").get_caller_identity()["Arn"]


def test_a_region_that_is_handed_on_is_gone(load, invoke):
    handler = load("reserved-env-write/good/lambda_function.py").lambda_handler
    assert [invoke(handler, event).answer for event in ({}, {"region": "ap-south-1"}, {})] == [
        "eu-west-1",
        "ap-south-1",
        "eu-west-1",
    ]


def test_a_write_that_is_taken_back_is_gone(load, invoke):
    module = load("reserved-env-write/good/lambda_function.py")
    assert invoke(module.careful_handler, {"region": "ap-south-1"}).answer == "ap-south-1"
    assert invoke(module.lambda_handler, {}).answer == "eu-west-1"
    assert boto3.Session().region_name == "eu-west-1"
