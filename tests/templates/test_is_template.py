"""Which files are templates, and what importing the package costs."""

import subprocess
import sys

import pytest

from lambdalint.templates import is_template

TEMPLATES = [
    ("main.tf", b""),
    ("x/main.tf.json", b""),
    ("terraform.tfvars", b""),
    ("serverless.yml", b""),
    ("a/serverless.json", b""),
    ("serverless.ts", b""),
    ("template.yaml", b""),
    (".chalice/config.json", b"{}"),
    ("api/.chalice/config.json", b"{}"),
    ("stack.yaml", b"AWSTemplateFormatVersion: '2010-09-09'\n"),
    ("stack.yml", b"Resources:\n  F:\n    Type: AWS::Lambda::Function\n"),
    ("stack.json", b'{"Resources": {"F": {"Type": "AWS::Lambda::Function"}}}'),
    ("stack.template", b"Transform: AWS::Serverless-2016-10-31\n"),
    ("cdk.out/Shop.template.json", b'{"Resources": {"F": {"Type": "AWS::IAM::Role"}}}'),
    ("cdk.out/Shop.assets.json", b'{"files": {"a": {"source": {}}}}'),
    ("utf16.yaml", "AWSTemplateFormatVersion: x".encode("utf-16")),
    ("cdk.json", b'{"app": "python3 app.py"}'),
    ("cdk.json", b'{\n  "app" : ".venv/bin/python -m shop.app",\n  "context": {}\n}'),
    ("infra/cdk.json", b'{"app": "uv run app"}'),
    ("lib/shop.ts", b'import { Function } from "aws-cdk-lib/aws-lambda"; // Runtime.PYTHON_3_12'),
    ("lib/shop.js", b'const { aws_lambda } = require("aws-cdk-lib"); // Runtime.PYTHON_3_12'),
    ("svc.yml", b"service: x\nprovider:\n  name: aws\nfunctions:\n"),
]
OTHERS = [
    ("package.json", b'{"name": "x"}'),
    ("docker-compose.yml", b"services: {}\n"),
    ("policy.json", b'{"Resource": "*", "Description": "for AWS::Lambda::Function"}'),
    ("event.json", b'{"resourceType": "AWS::EC2::Instance"}'),
    ("config.json", b"{}"),
    ("README.md", b"Type: AWS::Lambda::Function"),
    ("x.assets.json", b"{}"),
    ("main.tfstate", b"{}"),
    ("cdk.json", b'{"app": "npx ts-node --prefer-ts-exts bin/shop.ts"}'),
    ("cdk.json", b'{"app": "mvn -e -q compile exec:java", "language": "python"}'),
    ("app.py", b"Type: AWS::X"),
    ("lib/node.ts", b'import { Function } from "aws-cdk-lib/aws-lambda"; // Runtime.NODEJS_22_X'),
    ("lib/handler.ts", b"export const handler = async () => 1;"),
    ("lib/shop.d.ts", b'import { Function } from "aws-cdk-lib/aws-lambda"; // Runtime.PYTHON_3_12'),
    ("lib/shop.spec.ts", b'import { Function } from "aws-cdk-lib/aws-lambda"; // Runtime.PYTHON_3_12'),
    ("lib/shop.md", b'import { Function } from "aws-cdk-lib/aws-lambda"; // Runtime.PYTHON_3_12'),
]


@pytest.mark.parametrize(("path", "head"), TEMPLATES)
def test_templates(path, head):
    assert is_template(path, head)


@pytest.mark.parametrize(("path", "head"), OTHERS)
def test_other_files(path, head):
    assert not is_template(path, head)


def test_importing_the_package_imports_no_parser():
    script = (
        "import sys, lambdalint.templates\nprint(*[m for m in ('yaml', 'json', 'tree_sitter') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_yaml_alone_imports_no_hcl(written):
    script = (
        "import sys\n"
        "from lambdalint.templates import read_templates\n"
        "from lambdalint.tree import DirectoryTree\n"
        "import tempfile, os\n"
        "folder = tempfile.mkdtemp()\n"
        "open(os.path.join(folder, 'template.yaml'), 'w').write('Resources: {F: {Type: AWS::Lambda::Function}}')\n"
        "assert len(read_templates(DirectoryTree(folder), ['template.yaml']).functions) == 1\n"
        "print('tree_sitter' in sys.modules, 'yaml' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_what_is_only_called_template_is_no_concern(written):
    manifest = "apiVersion: v1\nkind: Namespace\n---\napiVersion: v1\nkind: Pod\n"
    assert written({"chart/template.yaml": manifest}).problems == ()


def test_a_second_document_of_a_stack_is_said(written):
    stack = "Resources:\n  F: {Type: AWS::Lambda::Function}\n---\nResources: {}\n"
    (problem,) = written({"template.yaml": stack}).problems
    assert "a second document in one file" in problem.reason
