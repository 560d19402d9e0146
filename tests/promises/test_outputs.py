"""Whatever names, texts and values hold, no output makes a terminal, a runner, a page or a parser act on them."""

import json
import os
import re
import urllib.parse
import zipfile

import pytest

from tests.processes import run

HOSTILE = (
    "\x1b[31m\x1b[2J\x1b]8;;http://evil\x1b\\x\x07\x9b31m\x00\u202e\u2066\u2028\u200b\ufeff\ud800\r\n::error file=x::y\n"
    "::set-output name=a::b\n##[group]x##vso[task.x]y <script>alert(1)</script> | ` ``` @all #1 [l](javascript:a) \"q' %0A \\"
    "${{ github.token }} {{ 7*7 }} $(id) {0.__class__} %n [red]r[/red] =cmd"
)
NAMED = HOSTILE.replace("\x00", "").replace("\ud800", "\udcff").replace("/", "_")  # what may be a file's name
VALUE = json.dumps(HOSTILE)  # as JSON, YAML, Terraform's JSON and Python (but for its surrogates) spell it

SOURCE = """\
import json, logging, os, random, time, uuid
import boto3, requests

TABLE = os.environ[VALUE]
STATE = {}
ddb = boto3.resource("dynamodb").Table(VALUE)


def handler(event, context):
    STATE[VALUE] = event[VALUE]
    STATE[event["id"]] = VALUE
    os.environ[VALUE] = VALUE
    for record in event["Records"]:
        boto3.client("s3").put_object(Bucket=VALUE, Key=VALUE + record[VALUE])
        boto3.client("sqs").send_message(QueueUrl=VALUE, MessageBody=VALUE)
        boto3.client(VALUE).invoke(FunctionName=VALUE)
    boto3.client("lambda", region_name=VALUE).invoke(FunctionName=VALUE, InvocationType="RequestResponse")
    requests.get(VALUE)
    requests.post("https://" + VALUE, headers={VALUE: VALUE})
    open("/var/" + VALUE, "w").write(VALUE)
    open(VALUE).read()
    logging.getLogger(VALUE).info(VALUE)
    ddb.put_item(Item={VALUE: str(uuid.uuid4())})
    time.sleep(100)
    return {"statusCode": 200, VALUE: {VALUE}}
""".replace("VALUE", VALUE)


def function(**properties):
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Handler": "app.handler", "Runtime": "python3.9", **properties},
    }


CLOUDFORMATION = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Description": HOSTILE,
    "Globals": {"Function": {"Environment": {"Variables": {HOSTILE: HOSTILE}}}},
    "Parameters": {HOSTILE: {"Type": "String", "Default": HOSTILE}},
    "Resources": {
        HOSTILE: function(FunctionName=HOSTILE, Timeout=900, Events={HOSTILE: {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Q", HOSTILE]}}}}),
        "Handler": function(Handler=HOSTILE),
        "Module": function(Handler=f"{HOSTILE}.handler"),
        "Attribute": function(Handler=f"app.{HOSTILE}"),
        "Runtime": function(Runtime=HOSTILE, Architectures=[HOSTILE], Layers=[HOSTILE], Role=HOSTILE, MemorySize=HOSTILE),
        "Code": function(CodeUri=HOSTILE),
        "Packed": function(CodeUri="app.zip", Layers=[{"Ref": "L"}], Events={"S": {"Type": "S3", "Properties": {"Bucket": {"Ref": "B"}, "Events": HOSTILE}}}),
        "Events": function(Events={"A": {"Type": HOSTILE, "Properties": {HOSTILE: HOSTILE}}, "B": {"Type": "Api", "Properties": {"Path": HOSTILE, "Method": HOSTILE}}}),
        "L": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layer.zip", "LayerName": HOSTILE}},
        "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": HOSTILE}},
        "Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": HOSTILE, "RedrivePolicy": {"deadLetterTargetArn": HOSTILE}}},
        "M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": HOSTILE}, "EventSourceArn": HOSTILE}},
        "R": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {HOSTILE: [HOSTILE]}, "Targets": [{"Arn": HOSTILE, "Id": HOSTILE}]}},
        "Wrong": {"Type": HOSTILE, "Properties": HOSTILE},
    },
}  # fmt: skip
SERVERLESS = {
    "service": HOSTILE,
    "provider": {"name": "aws", "runtime": "python3.9", "environment": {HOSTILE: HOSTILE}, "stage": HOSTILE},
    "custom": {HOSTILE: HOSTILE},
    "functions": {
        HOSTILE: {"handler": "app.handler", "events": [{"sqs": HOSTILE}, {"http": f"GET {HOSTILE}"}, {HOSTILE: HOSTILE}]},
        "a": {"handler": HOSTILE, "name": HOSTILE, "layers": [HOSTILE], "timeout": HOSTILE},
        "b": {"handler": "app.handler", "environment": {"X": "${self:custom." + HOSTILE + "}"}},
    },
}  # fmt: skip
TERRAFORM = {
    "resource": {
        "aws_lambda_function": {
            HOSTILE: {"function_name": HOSTILE, "handler": "app.handler", "runtime": HOSTILE, "filename": HOSTILE},
            "b": {"function_name": HOSTILE, "handler": HOSTILE, "runtime": "python3.9", "filename": "app.zip"},
        },
        "aws_sqs_queue": {"q": {"name": HOSTILE}},
    },
    "module": {HOSTILE: {"source": HOSTILE}, "m": {"source": f"git::https://{HOSTILE}"}},
    "variable": {HOSTILE: {"default": HOSTILE}},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project in which all that is free text is hostile."""
    top = tmp_path_factory.mktemp("hostile")
    (top / "app.py").write_text(SOURCE)
    for number, name in enumerate(
        [NAMED, *(re.findall(r"[^\w ]+[\w ]*", NAMED)), "a\udcff\udcfe", "::error::x", "b\n::error::x"]
    ):
        path = os.path.join(top, f"d{number}", f"{name[:60]}.py")
        os.mkdir(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                SOURCE
                if number < 2
                else "import boto3\n\n\ndef handler(event, context):\n    return boto3.client('s3')\n"
            )
    (top / "template.json").write_text(json.dumps(CLOUDFORMATION))
    (top / "serverless.yml").write_text(json.dumps(SERVERLESS))
    (top / "main.tf.json").write_text(json.dumps(TERRAFORM))
    (top / "requirements.txt").write_text(f"{NAMED}==1\n".encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    (top / "cut.yaml").write_text(f"AWSTemplateFormatVersion: 2010-09-09\nResources: {{{VALUE}: [\n")
    (top / "bad.py").write_text(f"import app\nx = {VALUE} {VALUE}\n")
    members = {
        f"{NAMED[:80]}/a.py": SOURCE, "app.py": SOURCE, f"{NAMED[:80]}.so": "\x7fELF", ".env": HOSTILE, f"{NAMED[:50]}.pem": "-----BEGIN PRIVATE KEY-----",
        f"{NAMED[:50]}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {NAMED[:50]}\nVersion: {NAMED[:50]}\n",
        "evil-1.0.dist-info/METADATA": f"Name: evil\nVersion: 1.0\nRequires-Dist: {NAMED[:50]}\n",
        "evil-1.0.dist-info/RECORD": f'"{NAMED[:50]}/a.py",sha256=x,1\n', "evil-1.0.dist-info/top_level.txt": NAMED, f"../{NAMED[:50]}.py": "x = 1\n",
        f"a\\{NAMED[:50]}.py": "x = 1\n",
    }  # fmt: skip
    for path in (top / "app.zip", top / "layer.zip"):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in members.items():
                archive.writestr(zipfile.ZipInfo(name.replace("\udcff", "\x80")), text.encode("utf-8", "surrogatepass"))
    return top


def assert_harmless(output, format_):
    """What is printed holds no character that acts, and no line that a runner takes for a command of somebody else."""
    text = output.decode("utf-8")
    controls = {character for character in text if character < " " or "\x7f" <= character < "\xa0"}
    assert controls <= {"\n", "\t"}
    assert not set("\u202e\u2066\u2028\u200b\ufeff") & set(text)
    lines = [line.strip() for line in text.split("\n")]
    assert not [
        line
        for line in lines
        if line.startswith("::") and not (format_ == "github" and re.match(r"::(error|warning|notice) ", line))
    ]
    if format_ not in (
        "json",
        "sarif",
        "dot",
        "mermaid",
    ):  # runners read what is printed, and nobody prints these there
        assert "##[" not in text
        assert "##vso[" not in text


WAYS = [
    *(("check", ["--select", "ALL"], name) for name in ("text", "concise", "json", "sarif", "github")),
    *(("functions", [], name) for name in ("text", "json")),
    *(("graph", [], name) for name in ("text", "mermaid", "dot")),
    *(("bundle", ["--all"], name) for name in ("text", "json")),
]


@pytest.mark.parametrize(
    ("command", "options", "format_"), WAYS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_hostile_values(project, command, options, format_):
    done = run(command, *options, "--no-cache", "--output", format_, cwd=project)
    assert done.returncode == (1 if command == "check" else 0), done.stderr.decode()[-2000:]
    assert b"internal error" not in done.stderr
    assert_harmless(done.stdout, format_)
    assert_harmless(done.stderr, "text")
    if format_ in ("json", "sarif"):
        document = json.loads(done.stdout)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # no lone surrogate
    if format_ == "json" and command == "check":
        assert document["errors"] == []
        assert {item["path"] for item in document["findings"]} >= {"app.py", "template.json", "serverless.yml"}
    if format_ == "sarif":
        for result in document["runs"][0]["results"]:
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[-._~/%A-Za-z0-9!$&'()*+,;=@:]+", uri)
            assert not urllib.parse.urlsplit(uri).scheme


@pytest.mark.parametrize("format_", ["text", "github", "sarif"])
def test_hostile_names_of_distributions(project, format_):
    """Nobody answers, and what could not be audited is told."""
    done = run("vulns", "--pypi-url", "http://127.0.0.1:9", "--output", format_, cwd=project)
    assert done.returncode == 2
    assert b"internal error" not in done.stderr
    assert b"evil" in done.stdout
    assert_harmless(done.stdout, format_)
    assert_harmless(done.stderr, "text")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", HOSTILE.replace("\x00", "")], ["check", "\x00"[:0] + "--select", HOSTILE[:9]], ["check", "--function", HOSTILE[:9]],  ["check", "--output", f"json:nowhere/{NAMED}"], ["check", "--baseline", NAMED],
        ["check", "--config", NAMED], ["check", f"--{NAMED}"], [NAMED], ["rule", NAMED], ["graph", "--output", NAMED],
        ["bundle", f"app.zip:{NAMED}"], ["bundle", "--why", NAMED], ["check", "--runtime", NAMED], ["check", "--as-of", NAMED],
    ],
)  # fmt: skip
def test_hostile_arguments(project, arguments):
    done = run(
        *(
            item.encode("utf-8", "surrogateescape" if "\ud800" not in item else "surrogatepass").decode(
                "utf-8", "surrogateescape"
            )
            for item in arguments
        ),
        cwd=project,
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"internal error" not in done.stderr
    assert done.stderr.count(b"lambdalint: error: ") == 1
    assert_harmless(done.stderr, "text")


def test_a_hostile_configuration(project, tmp_path):
    for key in ("select", "exclude", "functions", "templates", "output", "baseline", "budgets", NAMED[:20]):
        spelt = json.dumps(key, ensure_ascii=True) if "\x1b" in key else key
        (tmp_path / "pyproject.toml").write_text(
            f"[tool.lambdalint]\n{spelt} = {json.dumps(HOSTILE.replace(chr(0xD800), ''))}\n".replace("\\udcff", "")
        )
        done = run("check", cwd=tmp_path)
        assert done.returncode == 2
        assert b"internal error" not in done.stderr
        assert_harmless(done.stderr, "text")
        assert_harmless(run("config", "show", cwd=tmp_path).stderr, "text")
