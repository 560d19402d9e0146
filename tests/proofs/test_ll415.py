"""LL415: an object whose name has a space, announced as S3 announces it."""

from urllib.parse import quote_plus

import boto3
import moto
import pytest

NAME = "my report ü.txt"


@pytest.fixture
def bucket():
    with moto.mock_aws():
        s3 = boto3.client("s3")
        for name in ("inbox", "reports"):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="inbox", Key=NAME, Body=b"text")
        s3.put_object(Bucket="inbox", Key="plain.txt", Body=b"text")
        yield


def notification(key):
    return {"Records": [{"s3": {"bucket": {"name": "inbox"}, "object": {"key": quote_plus(key)}}}]}


def test_the_encoded_key_is_not_found(load, invoke, bucket):
    outcome = invoke(load("s3-key-not-unquoted/bad/lambda_function.py").lambda_handler, notification(NAME))
    assert outcome.error == "ClientError"
    assert outcome.message == "An error occurred (404) when calling the HeadObject operation: Not Found"


def test_a_plain_key_hides_the_mistake(load, invoke, bucket, monkeypatch):
    monkeypatch.setenv("ARCHIVE", "reports")
    assert (
        invoke(load("s3-key-not-unquoted/bad/lambda_function.py").lambda_handler, notification("plain.txt")).error == ""
    )


def test_the_decoded_key_is_found(load, invoke, bucket):
    outcome = invoke(load("s3-key-not-unquoted/good/lambda_function.py").lambda_handler, notification(NAME))
    assert outcome.answer == {"size": 4}
