"""LL312: items that a batch operation does not take, by what our fixtures make of its answer."""

from botocore.stub import Stubber
from moto import mock_aws

FAILED = {"Id": "0", "SenderFault": False, "Code": "InternalError"}


def test_items_that_fail_are_lost_without_a_trace(load, invoke, monkeypatch):
    monkeypatch.setenv("QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/rows")
    module = load("discarded-partial-failure/bad/relay.py")
    left = {"rows": [{"DeleteRequest": {"Key": {"id": {"S": "one"}}}}]}
    with Stubber(module.relay.sqs) as sqs, Stubber(module.relay.table) as table:  # answers are checked by AWS's models
        sqs.add_response("send_message_batch", {"Successful": [], "Failed": [FAILED]})
        table.add_response("batch_write_item", {"UnprocessedItems": left})
        outcome = invoke(lambda event, _: module.forward(event["rows"]), {"rows": ["one"]})
        sqs.assert_no_pending_responses()
        table.assert_no_pending_responses()
    assert (outcome.error, outcome.answer) == ("", None)


def test_the_failure_is_seen(load, invoke, monkeypatch):
    with mock_aws():
        module = load("discarded-partial-failure/good/app.py")
        outcome = invoke(module.lambda_handler, {"row": {"id": "one"}})  # an event without a DetailType is refused
    assert outcome.error == "RuntimeError"
    assert "'FailedEntryCount': 1" in outcome.message
