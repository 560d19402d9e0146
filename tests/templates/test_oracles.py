"""Our own templates against AWS's tools: the SAM translator says what a template means, cfn-lint whether it is one."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

from lambdalint.tree import DirectoryTree

ROOT = pathlib.Path(__file__).parent.parent.parent
FOLDERS = ("fixtures", "tests/templates/samples")
FUNCTION = b"AWS::Serverless::Function"

# What cfn-lint finds wrong in our templates.
KNOWN = {
    # Its own check, which is why ours leaves CloudFormation alone: the fixtures show that.
    "fixtures/timeout-over-source/good/plain.yaml": "E3505",
    "fixtures/too-many-layers/good/template.yaml": "E3032",
    # The runtime that Globals give an image, which is what that rule's exemption is about.
    "fixtures/deprecated-runtime/good/template.yaml": "E3685",
}
# Of runtimes that were taken out of service: true on some days, and of what rules look for.
OF_THE_DAY = ("E2531", "E2533")


def templates(mark):
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    named = [path for path in found if path.suffix in (".yaml", ".json") and path.name != "serverless.yml"]
    return [path.relative_to(ROOT).as_posix() for path in named if mark in path.read_bytes()]


@pytest.fixture(scope="module")
def comparing():
    path = ROOT / "scripts" / "compare_with_sam_translator.py"
    spec = importlib.util.spec_from_file_location("compare_with_sam_translator", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("default")  # those of the translator and of what it uses are not ours
@pytest.mark.parametrize("path", sorted({*templates(FUNCTION)} - KNOWN.keys()))
def test_the_translator_says_the_same(comparing, path):
    found = comparing.compare(DirectoryTree(str(ROOT)), path)
    assert found.differences == ()
    assert found.agreed["handler"] > 0
    # Of the condition of one sample, and of an API that is defined as a whole, each side leaves something open.
    assert found.undecided <= 4


def test_the_comparison_sees_what_differs(comparing, tmp_path):
    text = (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        "      Handler: a.b\n      Runtime: python3.13\n      Timeout: 7\n      InlineCode: x\n"
        "      Events: {E: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:eu-west-1:1:q', BatchSize: 3}}}\n"
    )
    (tmp_path / "template.yaml").write_text(text)
    tree = DirectoryTree(str(tmp_path))
    assert comparing.compare(tree, "template.yaml").differences == ()
    translated = comparing.translate(text)
    translated["Resources"]["F"]["Properties"]["Timeout"] = 8
    translated["Resources"]["FE"]["Properties"]["BatchSize"] = 4
    found = comparing.compare(tree, "template.yaml", translated)
    assert [(item.function, item.field, item.ours, item.theirs) for item in found.differences] == [
        ("F", "timeout", "7", "8"),
        ("F", "event", "('polled', 'arn:aws:sqs:eu-west-1:1:q', 'batch_size=3')", "-"),
        ("F", "event", "-", "('polled', 'arn:aws:sqs:eu-west-1:1:q', 'batch_size=4')"),
    ]


def test_cfn_lint_takes_our_templates():
    paths = sorted({*templates(FUNCTION), *templates(b"AWS::Lambda::Function"), *templates(b"AWS::CloudFormation::")})
    assert len(paths) > 15
    program = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [
        sys.executable,
        "-c",
        program,
        "--format",
        "json",
        "--ignore-checks",
        "W",
        "I",
        *OF_THE_DAY,
        "--",
        *paths,
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not run.stderr, run.stderr
    found = {(item["Filename"], item["Rule"]["Id"]): item["Message"] for item in json.loads(run.stdout)}
    assert found.keys() == {*KNOWN.items()}, found
