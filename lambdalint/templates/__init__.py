"""Readers of deployment templates: what is deployed, on what, triggered by what.

`is_template` tells templates from other files by name and first bytes, without importing anything. CDK programs in
TypeScript and JavaScript count as templates, too; `lambdalint.functions` reads them.
`read_templates` reads them all: AWS SAM and CloudFormation, synthesised CDK output, the Serverless
Framework, Terraform and Chalice. Nothing is run, fetched, or read outside the tree.
"""

from __future__ import annotations

from collections.abc import Sequence

from lambdalint.patterns import regex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.templates.values import Templates
    from lambdalint.tree import Tree

_SERVERLESS_DATA = frozenset({"serverless.yml", "serverless.yaml", "serverless.json"})
_SERVERLESS_PROGRAMS = frozenset({"serverless.js", "serverless.cjs", "serverless.mjs", "serverless.ts"})
_STACK_NAMES = frozenset({"template.yaml", "template.yml", "template.json"})
_DATA_SUFFIXES = (".yaml", ".yml", ".json", ".template", ".cfn", ".cform")
# The command of cdk.json that runs a program in Python.
_PYTHON_PROGRAM = regex(rb'"app"\s*:\s*"[^"\n]*(?:\bpython|\.py\b|\buv run|\bpoetry run|\bpipenv run)')
# CDK programs: what imports the constructs of functions and has to do with Python, or with images of any language.
_PROGRAM_SUFFIXES = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")
_NO_PROGRAM = regex(r"\.(?:d|test|spec|stories|min|bundle)\.\w+$|(?:^|/)(?:tests?|__tests__)/")
_CONSTRUCTS = (b"aws-lambda", b"aws_lambda", b"PythonFunction")
_PYTHON = (b"PYTHON", b"ython", b"lambda_handler", b"DockerImage")
_STACK_MARKS = (
    b"AWSTemplateFormatVersion",
    b"AWS::Serverless-2016-10-31",
    b"Type: AWS::",
    b"Type: 'AWS::",
    b'Type: "AWS::',
    b'"Type": "AWS::',
    b'"Type":"AWS::',
    b'"Type" : "AWS::',
)


def is_program(path: str) -> bool:
    """Whether a file may be a CDK program in TypeScript or JavaScript, by its name."""
    return (
        path.endswith(_PROGRAM_SUFFIXES)
        and not _NO_PROGRAM.search(path)
        and path.rpartition("/")[2].lower() not in _SERVERLESS_PROGRAMS
    )


def is_template(path: str, head: bytes) -> bool:
    """Whether a file may be a deployment template; `read_templates` has the last word.

    Args:
        path: the file's path, forward slashes.
        head: its first bytes; 64 KiB are enough for any template that was seen, fewer may miss one whose
            first resource comes late.
    """
    name = path.rpartition("/")[2].lower()
    if name.endswith((".tf", ".tf.json", ".tfvars", ".tfvars.json")):
        return True
    if name in _SERVERLESS_DATA or name in _SERVERLESS_PROGRAMS or name in _STACK_NAMES:
        return True
    if name == "config.json" and path.endswith(".chalice/config.json"):
        return True
    if not name.endswith(_DATA_SUFFIXES):
        return any(mark in head for mark in _CONSTRUCTS) and any(mark in head for mark in _PYTHON) and is_program(path)
    if name == "cdk.json":
        return bool(_PYTHON_PROGRAM.search(head))
    if name.endswith(".assets.json"):
        return b'"files"' in head and b'"source"' in head
    if name.endswith((".yml", ".yaml")) and b"functions:" in head and b"provider:" in head and b"service:" in head:
        return True  # a service that is deployed with --config
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.replace(b"\0", b"")
    return b"AWS" in head and any(mark in head for mark in _STACK_MARKS)  # few files hold as much as the first


def read_templates(tree: Tree, paths: Sequence[str]) -> Templates:
    """Reads all templates of a project.

    Args:
        tree: where they are read from; files that they name (nested stacks, included files, Dockerfiles,
            asset manifests) are read from it too.
        paths: the paths for which `is_template` is true.

    Returns:
        Functions in the order of their locations. A fault in an input is in ``problems``; no exception
        leaves this function.
    """
    if not paths:
        from lambdalint.templates.values import Templates

        return Templates()
    from lambdalint.templates.project import read_project  # brings the readers

    return read_project(tree, paths)
