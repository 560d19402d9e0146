"""Generated from partial.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'service models of botocore 1.40; '
           'https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html and the pages of the other '
           'operations',
 'as_of': '2026-11-21',
 'operations': {'aws:events.put_events': {'tells': 'FailedEntryCount'},
                'aws:kinesis.put_records': {'tells': 'FailedRecordCount'},
                'aws:firehose.put_record_batch': {'tells': 'FailedPutCount'},
                'aws:sqs.send_message_batch': {'tells': 'Failed'},
                'aws:sqs#Queue.send_messages': {'tells': 'Failed'},
                'aws:sns.publish_batch': {'tells': 'Failed'},
                'aws:dynamodb.batch_write_item': {'tells': 'UnprocessedItems'},
                'aws:dynamodb#batch_write_item': {'tells': 'UnprocessedItems'}}}
