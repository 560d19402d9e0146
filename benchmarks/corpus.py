"""Corpora for the benchmarks, from a seed: projects of Lambda functions, deep and wide call graphs, archives.

A project has the shape of four public repositories of AWS samples (886 Python files, 45,000 lines): a fifth of the
files is empty, a third holds a handler, a quarter tests; half of the handlers use the SDK, and in somewhat more than a
quarter there is something to report, of which half is not in the handler itself. The directories are many and small.
"""

from __future__ import annotations

import os
import random
import zipfile
from collections.abc import Callable
from string import Template
from textwrap import indent

WORDS = """
    account alert album basket booking comment customer device driver image invoice message order parcel payment price
    product profile reading report review route seat sensor session shipment stock supplier ticket track user video
""".split()  # noqa: SIM905 - as it reads best
VERBS = (
    "archive",
    "check",
    "collect",
    "convert",
    "load",
    "merge",
    "publish",
    "rank",
    "render",
    "resolve",
    "split",
    "store",
)
SDK_CLIENTS = ("cloudwatch", "events", "s3", "secretsmanager", "sns", "sqs", "ssm", "stepfunctions")
LAYOUTS = (
    "src/{}/app",
    "functions/{}/lambda_function",
    "{}/index",
    "handlers/{}",
    "src/lambdas/{}/handler",
)
# In a hundred functions. Where the client is made is where it is found: in the handler, its module, or a shared one.
FLAWS = {"client": 11, "helper": 5, "shared": 4, "sleep": 4, "timeout": 2, "write": 2, "": 72}

# Statements about which nothing is to be said. $a is a name that is bound, $b one that is new, $w a word.
STATEMENTS = """\
$b = $a.get("$w") or {}

$b = [entry for entry in $a if entry != "$w"]
$b = {"$w": $b, "first": $b[:1]}

logger.info("%s ${w}s for %s", $a, STAGE)

# without a $w there is nothing to be done, and whoever asked should know about it
if not $a:
    return {
        "statusCode": 404,
        "headers": {"Content-Type": "text/plain"},
        "body": "no $w",
    }

$b = {
    "id": $a["id"] if "id" in $a else "none",
    "$w": $a,
    "kind": "$w",
    "stage": STAGE,
    "limit": 100,
}

total = 0
for entry in $a:
    if entry == "$w":
        total += 2
    elif entry:
        total += 1
$b = {"total": total}

try:
    $b = json.loads($a["$w"])
except (KeyError, TypeError, ValueError) as error:
    logger.warning("the $w cannot be read: %s", error)
    $b = {}

# the $w may have been renamed since
$b = {key: value for key, value in $a.items() if key != "$w"}

if "${w}s" in $a:
    $b = $a["${w}s"]
else:
    $b = $a

$b = {
    "columns": [
        "$w",
        "created",
        "changed",
        "owner",
    ],
    "rows": sorted($a),
}
""".split("\n\n")  # noqa: SIM905 - as it reads best

HEAD = """\
\"""$doc\"""

import json
import logging
import os
$imports
logger = logging.getLogger(__name__)
STAGE = os.environ.get("STAGE", "dev")
"""
TABLE = 'table = boto3.resource("dynamodb").Table(os.environ["TABLE"])\n'
HELPER = """

def read_$w(key):
    client = boto3.client("$service")
    logger.info("reading %s", key)
    return client, key
"""
# What a handler does first, by its flaw.
FIRST = {
    "client": 'client = boto3.client("$service")\nlogger.info("%s", client)\n',
    "helper": 'client, key = read_$w("settings")\n',
    "shared": 'found = find(event["id"])\nlogger.info("found %s", found)\n',
    "sleep": "time.sleep(5)\n",
    "timeout": 'requests.post("https://example.com/$w", json=event)\n',
    "write": """\
for record in event["Records"]:
    content = json.loads(record["body"])
    table.put_item(Item={"id": str(uuid.uuid4()), "content": content})
""",
    "": 'logger.debug("%s", event)\n',
}
READ = 'item = table.get_item(Key={"id": event["id"]}).get("Item")\nlogger.info("%s", item)\n'
STORE = """

class Store:
    \"""A table.\"""

    def __init__(self, name):
        self.table = boto3.resource("dynamodb").Table(name)

    def get(self, key):
        return self.table.get_item(Key={"id": key}).get("Item")


def find(key):
    return Store(os.environ["TABLE"]).get(key)
"""
PROGRAM = """

if __name__ == "__main__":
    print(json.dumps({"stage": STAGE}))
"""
TEST = """

def test_${w}_$number(invoke):
    event = {
        "id": "$number",
        "httpMethod": "GET",
        "headers": {"Accept": "application/json", "Host": "example.com"},
        "pathParameters": {"$w": "1"},
        "isBase64Encoded": False,
        "body": '{"$w": $number}',
    }
    answer = invoke("$name", event)
    assert answer["statusCode"] == 200
    assert "$w" in answer["body"]
"""

SAM = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage:
    Type: String
    Default: dev
Globals:
  Function:
    Runtime: python3.13
    Timeout: 30
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub 'items-$${Stage}'
"""
SAM_FUNCTION = """\
  ${logical}Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 180
  ${logical}Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: $folder/
      Handler: $file.handler
      MemorySize: 512
      Environment:
        Variables:
          TABLE: !Ref Table
          STAGE: !Ref Stage
      Policies:
        - Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:PutItem]
              Resource: !GetAtt Table.Arn
      Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt ${logical}Queue.Arn
            BatchSize: 1
"""
SERVERLESS = """\
service: example
provider:
  name: aws
  runtime: python3.13
  stage: $${opt:stage, 'dev'}
  environment:
    TABLE: items-$${self:provider.stage}
    STAGE: $${self:provider.stage}
functions:
"""
SERVERLESS_FUNCTION = """\
  $name:
    handler: $folder/$file.handler
    events:
      - httpApi: GET /$name
"""
TERRAFORM = """\
variable "stage" {
  default = "dev"
}

resource "aws_iam_role" "role" {
  name = "role-$${var.stage}"
}
"""
TERRAFORM_FUNCTION = """
data "archive_file" "$name" {
  type        = "zip"
  source_dir  = "$${path.module}/../$folder"
  output_path = "$name.zip"
}

resource "aws_lambda_function" "$name" {
  function_name = "$name-$${var.stage}"
  filename      = data.archive_file.$name.output_path
  handler       = "$file.handler"
  runtime       = "python3.13"
  role          = aws_iam_role.role.arn
  environment {
    variables = {
      TABLE = "items"
      STAGE = var.stage
    }
  }
}
"""
TEMPLATES = {
    "template.yaml": (SAM, SAM_FUNCTION),
    "serverless.yml": (SERVERLESS, SERVERLESS_FUNCTION),
    "infra/main.tf": (TERRAFORM, TERRAFORM_FUNCTION),
}


def filled(text: str, **values: object) -> str:
    """A text with its $names filled in."""
    return Template(text).substitute(values)


class Project:
    """Writes services below a folder until a number of Python files is reached.

    Args:
        folder: where.
        files: the number of Python files.
        seed: of all that is left to chance.
        lines: the middle number of lines of a file.
        templates: whether each service has a template and files of other kinds.
    """

    def __init__(self, folder: str, files: int, *, seed: int, lines: int = 51, templates: bool = True) -> None:
        self.folder = folder
        self.files = files
        self.random = random.Random(seed)
        self.scale = lines / 51
        self.templates = templates
        self.written = 0

    def write(self) -> None:
        """Write everything."""
        number = 0
        while self.written < self.files:
            self._service(f"area-{number % 12:02}/{self._word()}-service-{number:03}")
            number += 1

    def _service(self, home: str) -> None:
        """Some functions with what they share, their tests and a template."""
        chance = self.random
        layout = chance.choice(LAYOUTS)
        flaws = {}
        for _ in range(chance.choice((1, 1, 2, 3, 4))):
            name = f"{chance.choice(VERBS)}_{self._word()}"
            flaws[name] = chance.choices(tuple(FLAWS), tuple(FLAWS.values()))[0]
        shares = "shared" in flaws.values() or chance.random() < 0.3
        for name, flaw in flaws.items():
            module = layout.format(name)
            self._python(f"{home}/{module}.py", self._handler(name, flaw, shares=shares))
            if chance.random() < 0.5:
                self._python(f"{home}/{os.path.dirname(module)}/__init__.py", "")
        if shares:
            common = f"{home}/{layout.partition('{')[0]}common"
            self._python(f"{common}/__init__.py", "")
            head = filled(HEAD, doc="What all functions need.", imports="\nimport boto3\n")
            self._python(f"{common}/store.py", head + STORE + self._functions(60))
        if chance.random() < 0.7:
            self._python(f"{home}/tests/__init__.py", "")
            for name in flaws:
                self._python(f"{home}/tests/test_{name}.py", self._tests(name))
        if chance.random() < 0.35:
            head = filled(HEAD, doc="A program for the desk, no Lambda function.", imports="")
            self._python(f"{home}/tools/{chance.choice(VERBS)}.py", head + self._functions(90) + PROGRAM)
        if self.templates:
            self._others(home, {name: layout.format(name) for name in flaws})

    def _python(self, path: str, text: str) -> None:
        full = os.path.join(self.folder, path)
        if self.written < self.files and not os.path.exists(full):
            self.written += 1
            save(full, text)

    def _word(self) -> str:
        return self.random.choice(WORDS)

    def _size(self, middle: float) -> int:
        """A number of lines: most are small, few are very large."""
        return int(min(max(self.random.lognormvariate(0, 0.9) * middle * self.scale, 3), 800))

    def _body(self, start: str, lines: int) -> str:
        """Statements that compute something from the name ``start`` and return it, indented."""
        bound = [start]
        parts = []
        while lines > 0:
            text = self.random.choice(STATEMENTS).rstrip()
            new = f"{self._word()}_{len(bound)}"
            parts.append(filled(text, a=self.random.choice(bound[-3:]), b=new, w=self._word()))
            lines -= text.count("\n") + 1
            if "$b" in text:
                bound.append(new)
        parts.append(f'return {{"statusCode": 200, "body": json.dumps({bound[-1]}, default=str)}}\n')
        return indent("\n".join(parts), "    ")

    def _functions(self, middle: float) -> str:
        """Functions that nobody calls."""
        lines = self._size(middle)
        text = ""
        while text.count("\n") < lines:
            text += f"\n\ndef {self.random.choice(VERBS)}_{text.count('def ')}(content):\n"
            text += self._body("content", self._size(22))
        return text

    def _handler(self, name: str, flaw: str, *, shares: bool) -> str:
        """A module with a handler, of which ``flaw`` says what is wrong with it."""
        words = {"w": self._word(), "service": self.random.choice(SDK_CLIENTS)}
        sdk = flaw in ("client", "helper", "write") or self.random.random() < 0.45
        imports = {"sleep": "import time\n", "write": "import uuid\n"}.get(flaw, "")
        imports += "\nimport boto3\n" if sdk else ""
        imports += "\nimport requests\n" if flaw == "timeout" else ""
        imports += "\nfrom common.store import find\n" if shares else ""
        text = filled(HEAD, doc=f"Lambda function that has to {name.replace('_', ' ')}s.", imports=imports)
        reads = sdk and flaw not in ("client", "write")
        text += TABLE if reads or flaw == "write" else ""
        text += filled(HELPER, **words) if flaw == "helper" else ""
        for number in range(self.random.choice((0, 0, 0, 1, 1, 2, 3))):
            text += f"\n\ndef {self.random.choice(VERBS)}_{number}(content):\n" + self._body("content", self._size(7))
        first = filled(FIRST[flaw], **words) + (READ if reads else "")
        return text + "\n\ndef handler(event, context):\n" + indent(first, "    ") + self._body("event", self._size(16))

    def _tests(self, name: str) -> str:
        count = max(self._size(60) // TEST.count("\n"), 1)
        return "".join(filled(TEST, w=self._word(), number=number, name=name) for number in range(count)).lstrip()

    def _others(self, home: str, modules: dict[str, str]) -> None:
        """A template, and files that are no concern of lambdalint's."""
        path, (text, function) = self.random.choice(tuple(TEMPLATES.items()))
        text = filled(text)
        for name, module in modules.items():
            folder, _, file = module.rpartition("/")
            logical = name.title().replace("_", "")
            text += filled(function, name=name, logical=logical, folder=folder, file=file)
        for extra, content in {
            path: text,
            "README.md": f"# {home}\n" + "\nWhat it does, and for whom.\n" * 10,
            "package.json": '{"name": "service", "private": true, "dependencies": {}}\n',
            **{f"events/{name}.json": '{"id": "1", "body": "{}"}\n' for name in modules},
            **{f"web/{name}.ts": "export const handler = async () => ({ statusCode: 200 });\n" for name in modules},
        }.items():
            save(os.path.join(self.folder, home, extra), content)


def one_file(folder: str) -> None:
    """A clean handler with a client that is made once."""
    head = filled(HEAD, doc="Reads an item.", imports="\nimport boto3\n")
    answer = '    return {"statusCode": 200, "body": json.dumps(item)}\n'
    text = f"{head}{TABLE}\n\ndef handler(event, context):\n{indent(READ, '    ')}{answer}"
    save(os.path.join(folder, "app.py"), text)


def chain(folder: str, depth: int) -> None:
    """A handler from which a client is ``depth`` calls away, twenty functions in a module."""
    start = "from part_0 import step_0\n\n\ndef handler(event, context):\n    return step_0()\n"
    save(os.path.join(folder, "app.py"), start)
    for first in range(0, depth, 20):
        last = first + 20 >= depth
        text = "import boto3\n" if last else f"from part_{first // 20 + 1} import step_{first + 20}\n"
        for step in range(first, min(first + 20, depth)):
            call = f"step_{step + 1}()" if step + 1 < depth else 'boto3.client("s3")'
            text += f"\n\ndef step_{step}():\n    return {call}\n"
        save(os.path.join(folder, f"part_{first // 20}.py"), text)


def fan(folder: str, callers: int) -> None:
    """A function that makes a client, called by many handlers, one in a module."""
    save(os.path.join(folder, "common.py"), "import boto3\n\n\ndef client(name):\n    return boto3.client(name)\n")
    for number in range(callers):
        call = f'client("s3").get_object(Bucket="items", Key=event["key_{number}"])'
        text = f"from common import client\n\n\ndef lambda_handler(event, context):\n    return {call}\n"
        save(os.path.join(folder, f"caller_{number}.py"), text)


def archive(path: str, megabytes: int, entries: int, *, seed: int, distributions: int = 17) -> None:
    """A deployment package: distributions with their RECORD, most entries small, most bytes in shared objects.

    With one distribution it is a wheel as well.
    """
    chance = random.Random(seed)
    objects = 68
    native = ((megabytes << 20) - entries * 1500) // objects
    records: dict[str, list[str]] = {}
    with zipfile.ZipFile(path, "w") as target:

        def add(entry: str, content: bytes) -> None:
            info = zipfile.ZipInfo(entry, (2026, 1, 1, 0, 0, 0))
            target.writestr(info, content, zipfile.ZIP_DEFLATED)

        for number in range(entries - 2 * distributions):
            package = f"package_{number % distributions}"
            if number < objects:
                entry = f"{package}/native_{number}.cpython-313-x86_64-linux-gnu.so"
                content = b"\x7fELF" + chance.randbytes(native)
            else:
                entry = f"{package}/{chance.choice(WORDS)}/module_{number}.py"
                lines = (f"{chance.choice(WORDS)} = {chance.random()}\n" for _ in range(chance.randrange(5, 200)))
                content = "".join(lines).encode()
            add(entry, content)
            records.setdefault(package, []).append(f"{entry},,{len(content)}")
        for package, rows in sorted(records.items()):
            add(f"{package}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode())
            info = f"{package}-1.0.dist-info"
            if distributions == 1:
                add(f"{info}/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp313-cp313-linux_x86_64\n")
                rows[:] = [row.replace(",,", f",sha256={'A' * 43},") for row in rows]
                rows.extend(f"{info}/{name},," for name in ("METADATA", "WHEEL", "RECORD"))
            add(f"{info}/RECORD", "\n".join(rows).encode())


def save(path: str, text: str) -> None:
    """Write a file, and the directories above it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def made(folder: str, name: str, make: Callable[[str], None]) -> str:
    """The path of a corpus, made now if it is not there. What was left half made is not taken."""
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        make(f"{path}.partial")
        os.rename(f"{path}.partial", path)
    return path
