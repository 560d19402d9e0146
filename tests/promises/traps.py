"""A project in which everything that could be run tells of it: it writes its name into a file beside the project."""

import json
import marshal
import os
import pickle
import zipfile

from tests.processes import ROOT

NOTE = "RAN"  # the file that tells
SHADOWS = (
    "json", "yaml", "lambdalint", "libcst", "rich", "pathspec", "argparse", "re", "ast", "tokenize", "sitecustomize",
    "usercustomize", "encodings", "zipfile", "os", "typing", "tomllib", "concurrent", "multiprocessing", "sqlite3", "hashlib",
)  # fmt: skip
HANDLER = """\
import boto3
import helper


def handler(event, context):
    return boto3.client("s3").list_buckets(), helper.helped(event)
"""
SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Direct:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.13, CodeUri: ., Layers: [!Ref Layer]}
  Packed:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.13, CodeUri: app.zip, Layers: [!Ref Layer]}
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer.zip}
"""
SERVERLESS = """\
service: s
plugins: [./trap]
provider: {name: aws, runtime: python3.13, stage: "${file(./trap.js):run}"}
functions:
  f: {handler: app.handler}
"""
TERRAFORM = """\
data "external" "x" { program = ["python3", "trap.py"] }
resource "null_resource" "n" { provisioner "local-exec" { command = "python3 trap.py" } }
resource "aws_lambda_function" "f" {
  function_name = "f"
  handler       = "app.handler"
  runtime       = "python3.13"
  filename      = "app.zip"
}
"""


class _Trap:
    def __init__(self, code):
        self.code = code

    def __reduce__(self):
        return exec, (self.code,)


def project(folder, note=None):
    """Write the project into ``folder / "project"``; what runs of it leaves a file `NOTE` in ``folder``, or ``note``."""
    top = folder / "project"
    trap = f"open({str(note or folder / NOTE)!r}, 'a').write(__file__ if '__file__' in globals() else '?')\n"
    compiled = b"\xcb\r\r\n" + bytes(12) + marshal.dumps(compile(trap, "trap.py", "exec"))
    python = {
        "app.py": trap + HANDLER,
        "helper.py": trap + "def helped(event):\n    return event\n",
        "__init__.py": trap,
        "setup.py": trap,
        "conftest.py": trap,
        "noxfile.py": trap,
        "trap.py": trap,
        "rules/__init__.py": trap,
        "rules/ll999_trap.py": trap + (ROOT / "rules" / "ll101_client_in_handler.py").read_text(),
        "stack.py": trap + "from aws_cdk import aws_lambda\nimport app\n",
        **{f"{name}.py": trap for name in SHADOWS},
    }
    other = {
        "template.yaml": SAM,
        "serverless.yml": SERVERLESS,
        "main.tf": TERRAFORM,
        "cdk.json": json.dumps({"app": "python3 stack.py"}),
        "package.json": json.dumps({"scripts": {"postinstall": "python3 trap.py"}}),
        "trap.js": "require('child_process').execSync('python3 trap.py')\n",
        "trap.pth": f"import os; {trap}",
        "setup.cfg": "[options.entry_points]\nlambdalint.rules = trap = trap\n",
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'trap'\nbackend-path = ['.']\n",
        "requirements.txt": "-e .\n./trap\n--index-url http://127.0.0.1:9/\n",
        ".pre-commit-hooks.yaml": (ROOT / ".pre-commit-hooks.yaml").read_text(),
        "trap-1.0.dist-info/entry_points.txt": "[lambdalint.rules]\ntrap = trap\n",
        "trap-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: trap\nVersion: 1.0\n",
    }
    data = {
        "__pycache__/app.cpython-312.pyc": compiled,
        "legacy.pyc": compiled,
        "model.pkl": pickle.dumps(_Trap(trap)),
        "native.so": b"\x7fELF" + bytes(60),
    }
    for name, content in {**python, **other, **data}.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    pack(top / "app.zip", {**python, **other, **data})
    pack(top / "layer.zip", {f"python/{name}": content for name, content in {**python, **data}.items()})
    os.chmod(top / "trap.py", 0o755)
    return top


def pack(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
