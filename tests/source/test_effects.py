"""What of a handler's effects repeats, and what keeps it from repeating, on small programs."""

from __future__ import annotations

import re

import pytest

from lambdalint.model import Location
from lambdalint.source.callgraph import Entry
from lambdalint.source.effects import Effect, label
from lambdalint.source.views import FunctionView, Shared
from tests.source.programs import analyse

HEAD = """
import datetime
import json
import os
import random
import time
import uuid
import boto3
import psycopg2
import pymongo
import redis
import requests
import sqlalchemy
import stripe
import urllib3
from opensearchpy import OpenSearch
from sqlalchemy.orm import Session
batch = boto3.client("batch")
cache = redis.Redis()
db = psycopg2.connect("")
ddb = boto3.client("dynamodb")
fn = boto3.client("lambda")
http = urllib3.PoolManager()
mongo = pymongo.MongoClient()
search = OpenSearch()
ses = boto3.client("ses")
sfn = boto3.client("stepfunctions")
sns = boto3.client("sns")
sqs = boto3.client("sqs")
table = boto3.resource("dynamodb").Table("orders")
"""


def effects(text: str) -> tuple[Effect, ...]:
    found = analyse(HEAD + text)
    entry = Entry(("app.py", "handler"), ())
    region = found.graph.region([entry.node])

    def locate(path: str, line: int, column: int, end_line: int, end_column: int) -> Location:
        return Location(path, line, column + 1, end_line, end_column + 1)

    shared = Shared(found.flow, region, {entry.node: entry}, locate)
    return FunctionView(shared, entry, region).effects()


def of(lines: str) -> str:
    """The kinds of the effects of a handler with these lines, which has ``record`` and ``body`` of a queue."""
    inner = "\n".join(f"        {line}" for line in lines.strip("\n").splitlines())
    text = (
        "def handler(event, context):\n    for record in event['Records']:\n        body = json.loads(record['body'])\n"
    )
    return " ".join(effect.kind for effect in effects(text + inner + "\n"))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # keys
        ("table.put_item(Item={'id': str(uuid.uuid4()), 'body': body})", "fresh-record"),
        ("table.put_item(Item={'id': body['id'], 'trace_id': str(uuid.uuid4())})", ""),
        ("table.put_item(Item={'pk': body['id'], 'sk': f'E#{time.time()}'})", "fresh-record"),
        ("table.put_item(Item={'name': body['id'], 'at': time.time()})", ""),
        ("table.put_item(Item={'name': body['id'], 'nonce': uuid.uuid4().hex})", "fresh-record"),
        ("table.put_item(Item={'id': body.get('id', str(uuid.uuid4()))})", ""),
        ("table.put_item(Item={'id': body.get('id') or str(uuid.uuid4())})", ""),
        ("table.put_item(Item=body)", ""),
        ("ddb.put_item(TableName='t', Item={'id': {'S': uuid.uuid4().hex}})", "fresh-record"),
        ("item = {'id': str(uuid.uuid4())}\nitem['body'] = body\ntable.put_item(Item=item)", "fresh-record"),
        ("table.put_item(Item=json.loads(json.dumps({'id': str(uuid.uuid4())})))", "fresh-record"),
        ("table.put_item(Item={'id': str(uuid.uuid4())}, ConditionExpression='attribute_not_exists(id)')", ""),
        ("with table.batch_writer() as writer:\n    writer.put_item(Item={'id': str(uuid.uuid4())})", "fresh-record"),
        (
            "ddb.batch_write_item(RequestItems={'t': [{'PutRequest': {'Item': {'id': {'S': uuid.uuid4().hex}}}}]})",
            "fresh-record",
        ),
        ("ddb.batch_write_item(RequestItems={'t': [{'PutRequest': {'Item': {'id': {'S': body['id']}}}}]})", ""),
        (
            (
                "ddb.transact_write_items(ClientRequestToken=record['messageId'],"
                " TransactItems=[{'Put': {'TableName': 't', 'Item': {'id': {'S': uuid.uuid4().hex}}}}])"
            ),
            "",
        ),
        # counters
        ("table.update_item(Key={'id': body['id']}, UpdateExpression='ADD n :n')", "counter"),
        ("table.update_item(Key={'id': body['id']}, UpdateExpression='SET n = if_not_exists(n, :z) + :n')", "counter"),
        ("table.update_item(Key={'id': body['id']}, UpdateExpression='SET l = list_append(l, :n)')", "fresh-record"),
        ("table.update_item(Key={'id': body['id']}, UpdateExpression='SET n = :n')", ""),
        (
            (
                "table.update_item(Key={'id': body['id']}, UpdateExpression='ADD tags :t',"
                " ExpressionAttributeValues={':t': {'a', 'b'}})"
            ),
            "",
        ),
        ("table.update_item(Key={'id': f'{time.time()}'}, UpdateExpression='ADD n :n')", ""),
        (
            (
                "old = table.get_item(Key={'id': body['id']})['Item']\n"
                "table.update_item(Key={'id': body['id']}, UpdateExpression='ADD n :n',"
                " ExpressionAttributeValues={':n': body['n'] - old['n']})"
            ),
            "",
        ),
        ("cache.incr('n')", "counter"),
        ("mongo.shop.orders.update_one({'_id': body['id']}, {'$inc': {'n': 1}})", "counter"),
        ("mongo.shop.orders.update_one({'_id': body['id']}, {'$set': {'n': 1}})", ""),
        ("mongo['shop']['orders'].insert_one({'body': record['body']})", "fresh-record"),
        ("mongo.shop.orders.insert_one({'_id': record['messageId']})", ""),
        # SQL
        ("db.cursor().execute('INSERT INTO o (a) VALUES (%s)', (body['a'],))", "fresh-record"),
        ("db.cursor().execute(f'insert into {body[0]} (a) values (1)')", "fresh-record"),
        ("db.cursor().execute('INSERT INTO o (a) VALUES (%s) ON CONFLICT DO NOTHING', (1,))", ""),
        ("db.cursor().execute('UPDATE o SET n = n + 1 WHERE id = %s', (body['id'],))", "counter"),
        ("db.cursor().execute('UPDATE o SET n = %s WHERE id = %s', (1, body['id']))", ""),
        ("db.cursor().execute('SELECT 1')", ""),
        ("sqlalchemy.create_engine('').connect().execute(sqlalchemy.text('INSERT INTO o VALUES (1)'))", "fresh-record"),
        # jobs, money, documents
        ("sfn.start_execution(stateMachineArn='m')", "job"),
        ("sfn.start_execution(stateMachineArn='m', name=record['messageId'])", ""),
        ("sfn.start_execution(stateMachineArn='m', name=f'{body[0]}-{uuid.uuid4()}')", "job"),
        ("sfn.start_execution(**body)", ""),
        ("batch.submit_job(jobName='j', jobQueue='q', jobDefinition='d')", "job"),
        ("stripe.Charge.create(amount=1, idempotency_key=record['messageId'])", ""),
        ("stripe.Charge.create(amount=1)", "money"),
        ("search.index(index='i', body=body)", "fresh-record"),
        ("search.index(index='i', body=body, id=record['messageId'])", ""),
        ("search.index('i', body, record['messageId'])", ""),
        # relays
        ("sns.publish(TopicArn='t', Message='m')", "relay"),
        ("sns.publish(PhoneNumber='1', Message='m')", "message"),
        ("sqs.send_message(QueueUrl='q', MessageBody='b', MessageGroupId='g')", ""),
        ("sqs.send_message(QueueUrl='q', MessageBody=f'{uuid.uuid4()}', MessageGroupId='g')", "relay"),
        ("fn.invoke(FunctionName='f', InvocationType='Event')", "relay"),
        ("fn.invoke(FunctionName='f')", ""),
        ("fn.invoke(FunctionName='f', InvocationType=body['t'])", ""),
        # HTTP
        ("requests.post(os.environ['URL'], json=body)", "post"),
        ("requests.post('https://hooks.slack.com/services/x', json=body)", "message"),
        ("requests.post(os.environ['TEAMS_WEBHOOK'], json=body)", "message"),
        ("requests.post('https://x.example/oauth/token', data={})", ""),
        ("requests.get(os.environ['URL'])", ""),
        ("requests.put(os.environ['URL'], json=body)", ""),
        ("http.request('POST', os.environ['URL'], body=record['body'])", "post"),
        ("http.request(body['method'], os.environ['URL'])", ""),
        ("requests.post(os.environ['URL'], json=body, headers={'Idempotency-Key': record['messageId']})", ""),
        ("requests.post(os.environ['URL'], json=body, headers={'Idempotency-Key': str(uuid.uuid4())})", "post"),
        # guards
        ("if table.get_item(Key={'id': body['id']}).get('Item'):\n    continue\nses.send_email(Source='s')", ""),
        ("if table.get_item(Key={'id': body['id']}).get('Item'):\n    ses.send_email(Source='s')", "mail"),
        ("if table.get_item(Key={'id': 'settings'})['Item']['on']:\n    ses.send_email(Source='s')", "mail"),
        ("if not cache.set(record['messageId'], 1, nx=True):\n    continue\nses.send_email(Source='s')", ""),
        ("if already_sent(record['messageId']):\n    continue\nses.send_email(Source='s')", ""),
        ("if body['urgent']:\n    ses.send_email(Source='s')", "mail"),
        ("if 'httpMethod' in event:\n    ses.send_email(Source='s')", ""),
        ("try:\n    table.delete_item(Key=body)\nexcept Exception:\n    ses.send_email(Source='s')", ""),
    ],
)
def test_handler(lines: str, expected: str) -> None:
    assert of(lines) == expected


def test_gravest_first_with_the_way_to_it() -> None:
    found = effects(
        """
def handler(event, context):
    for record in event["Records"]:
        tell(record["body"])
        sqs.send_message(QueueUrl="q", MessageBody=record["body"])

def tell(text):
    ses.send_email(Source=text)
"""
    )
    assert [effect.kind for effect in found] == ["mail", "relay"]
    assert [(step.function, step.note) for step in found[0].chain] == [
        ("handler", "entry point"),
        ("handler", "calls tell"),
        ("tell", "here"),
    ]
    assert found[0].label == "ses.send_email"


def test_a_way_that_nobody_guards_is_found_beside_one_that_somebody_does() -> None:
    text = """
from aws_lambda_powertools.utilities.idempotency import idempotent_function

def send(mail):
    ses.send_email(Source=mail)

@idempotent_function(data_keyword_argument="mail")
def once(mail):
    send(mail)

def handler(event, context):
    for record in event["Records"]:
        once(mail=record["body"])
        {more}
"""
    assert effects(text.format(more="pass")) == ()
    (found,) = effects(text.format(more="send(record['body'])"))
    assert [step.note for step in found.chain] == ["entry point", "calls send", "here"]


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("sfn.start_execution(stateMachineArn='m')", "no name is given"),
        ("sfn.start_execution(stateMachineArn='m', name=str(uuid.uuid4()))", r"its name is new .* \(uuid.uuid4\)"),
        ("table.put_item(Item={'id': f'{body}-{random.random()}'})", r"its key id is new .* \(random.random\)"),
        ("db.cursor().execute('INSERT INTO o VALUES (1)')", "the INSERT has no conflict clause"),
        ("sns.publish(TopicArn='t', Message='m')", ""),
    ],
)
def test_detail(line: str, detail: str) -> None:
    text = f"def handler(event, context):\n    body = event['Records'][0]['body']\n    {line}\n    print(body)\n"
    (found,) = effects(text)
    assert re.fullmatch(detail, found.detail)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("event['detail-type']", 1),
        ("event['Records'][0]['s3']", 1),
        ("event['httpMethod']", 0),
        ("event['RequestType']", 0),
        ("event['name']", 0),
    ],
)
def test_only_what_is_delivered_again(source: str, expected: int) -> None:
    found = effects(f"def handler(event, context):\n    ses.send_email(Source='s', Body={source})\n")
    assert len(found) == expected


def test_labels() -> None:
    assert label("aws:sns.publish") == "sns.publish"
    assert label("aws:dynamodb#Table.put_item") == "Table.put_item"
    assert label("slack_sdk.WebClient().chat_postMessage") == "slack_sdk.WebClient.chat_postMessage"
    assert label("dbapi.connection().cursor().execute") == "cursor.execute"
