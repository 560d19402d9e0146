"""Templates that are broken or meant to do harm: a problem with line and reason, the rest is still read."""

import pytest

from lambdalint.model import State
from lambdalint.templates.values import SIZE_LIMIT, Sizes, Templates

GOOD = "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Handler: a.b}}\n"
STACK_HEAD = "AWSTemplateFormatVersion: '2010-09-09'\n"


def reasons(found):
    return [(problem.path, problem.reason) for problem in found.problems]


def test_one_bad_template_does_not_cost_the_others(written):
    found = written(
        {"bad.yaml": "# AWS::Lambda::\n" + STACK_HEAD + "Resources: [\n", "good.yaml": GOOD, "main.tf": "resource {"}
    )
    assert [function.location.path for function in found.functions] == ["good.yaml"]
    assert ("bad.yaml", "line 4: did not find expected node content") in reasons(found)


def test_terraform_is_read_up_to_its_fault(written):
    text = 'resource "aws_lambda_function" "f" {\n  handler = "a.b"\n}\nresource "x" {\n  y = = 1\n}\n'
    found = written({"main.tf": text})
    assert [function.handler.value for function in found.functions] == ["a.b"]
    assert reasons(found) == [("main.tf", "line 5: not HCL from here on")]


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ("(", ")"), ("{", "}"), ('"${', '}"')])
def test_deep_nesting_in_terraform(written, opened, closed):
    found = written({"main.tf": "locals {\n  x = " + opened * 5000 + closed * 5000 + "\n}\n"})
    assert reasons(found) == [("main.tf", "line 2: nested deeper than 100 levels")]


@pytest.mark.parametrize(
    "name", ["template.yaml", "main.tf", "serverless.yml", ".chalice/config.json", "stack.template"]
)
def test_large_files_are_not_read(written, name):
    found = written({name: STACK_HEAD + "#" * 11_000_000})
    assert [path for path, reason in reasons(found) if "larger than" in reason] == [name]


def test_shapes_that_no_tool_would_take(written):
    text = (
        "Resources:\n  A:\n  B: x\n  C: [1]\n  D: {Type: }\n  E: {Type: {}}\n"
        "  F: {Type: AWS::Lambda::Function, Properties: }\n"
        "  G: {Type: AWS::Lambda::Function, Properties: [1]}\n"
        "  H:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Runtime: [1, 2], Timeout: -1, MemorySize: {a: b}, Layers: x, Events: 7, CodeUri: [x],\n"
        "      Architectures: [a, b], Environment: 3, Handler: {a: b}}\n"
        "  I:\n    Type: AWS::Serverless::Function\n    Properties: {Events: {A: 1, B: {Type: Nope}, C: {Type: SQS}}}\n"
    )
    found = written({"template.yaml": text})
    assert found.problems == ()
    assert [function.name for function in found.functions] == ["F", "G", "H", "I"]
    odd = found.functions[2]
    unknown = [
        name
        for name in ("runtime", "memory", "layers", "events", "code_root", "architecture", "handler")
        if getattr(odd, name).state is State.UNKNOWN
    ]
    assert unknown == ["runtime", "memory", "layers", "events", "code_root", "architecture", "handler"]
    assert odd.timeout.value == -1
    events = found.functions[3].events
    assert events.state is State.UNKNOWN
    assert [event.kind for event in events.value] == ["unknown", "sqs"]


def test_sections_of_the_wrong_kind(written):
    found = written({"template.yaml": "Resources: [1]\nGlobals: x\nParameters: 3\nMappings: []\nTransform: {a: b}\n"})
    assert found == Templates()


def test_a_service_of_the_wrong_kind(written):
    for text in (
        "",
        "x",
        "[1]",
        "functions: 1\nprovider: [aws]\n",
        "provider: {name: aws}\nfunctions: {f: [1], g: 3}\n",
    ):
        written({"serverless.yml": text})
    found = written({"serverless.yml": "[1]"})
    assert reasons(found) == [("serverless.yml", "line 1: not a mapping")]


def size(value):
    """The parts that a walk over a value would meet."""
    return Sizes().of(value)


def test_locals_that_double_without_end(written):
    lines = ['  a0 = ["x"]'] + [f"  a{n} = [local.a{n - 1}, local.a{n - 1}]" for n in range(1, 60)]
    text = (
        "locals {\n"
        + "\n".join(lines)
        + '\n}\nresource "aws_lambda_function" "f" {\n  layers = local.a59\n  handler = "a.b"\n}\n'
    )
    (function,) = written({"main.tf": text}).functions
    assert size(function.layers) <= SIZE_LIMIT
    assert function.handler.value == "a.b"


def test_texts_that_double_without_end(written):
    lines = ['  a0 = "xxxxxxxxxx"'] + [f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"' for n in range(1, 60)]
    text = "locals {\n" + "\n".join(lines) + '\n}\nresource "aws_lambda_function" "f" {\n  handler = local.a59\n}\n'
    (function,) = written({"main.tf": text}).functions
    assert function.handler.state is State.UNKNOWN
    assert size(function.handler) <= SIZE_LIMIT


def test_variables_that_double_without_end(written):
    lines = ["  a0: [x]"] + [f"  a{n}:" + f"\n    - ${{self:custom.a{n - 1}}}" * 10 for n in range(1, 15)]
    text = (
        "provider: aws\ncustom:\n"
        + "\n".join(lines)
        + "\nfunctions: {f: {handler: a.b, layers: '${self:custom.a14}'}}\n"
    )
    (function,) = written({"serverless.yml": text}).functions
    assert size(function.layers) <= SIZE_LIMIT
    assert function.handler.value == "a.b"


def test_a_service_that_refers_to_itself(written):
    text = "provider: {name: aws, a: '${self:}'}\nfunctions: {f: {handler: a.b, environment: '${self:provider}'}}\n"
    (function,) = written({"serverless.yml": text}).functions
    assert function.handler.value == "a.b"


def test_loops_beyond_reason_are_not_written_out(written):
    names = ", ".join(f"x{n}" for n in range(1000))
    inner = f"Fn::ForEach::C: [K, [{names}], {{'F${{I}}${{J}}${{K}}': {{Type: AWS::Lambda::Function}}}}]"
    text = f"Resources:\n  Fn::ForEach::A:\n  - I\n  - [{names}]\n  - Fn::ForEach::B:\n    - J\n    - [{names}]\n    - {inner}\n"
    found = written({"template.yaml": text})
    assert len(found.functions) == 1000
    assert found.functions[0].name == "Fx0${J}${K}"


def test_many_instances_end(written):
    text = 'module "m" {\n  source   = "./m"\n  for_each = toset([for n in range(200) : tostring(n)])\n}\n'
    inner = 'resource "aws_lambda_function" "f" {\n  count = 200\n}\n'
    found = written({"main.tf": text, "m/main.tf": inner})
    assert reasons(found) == [("main.tf", "more than 3,000 instances of modules and resources")]


def test_a_reader_that_fails_costs_its_input_only(written, monkeypatch):
    def broken(*arguments, **keywords):
        raise KeyError("boom")

    monkeypatch.setattr("lambdalint.templates.project.read_chalice", broken)
    found = written({".chalice/config.json": "{}", "template.yaml": GOOD})
    assert reasons(found) == [(".chalice/config.json", "the reader failed on it (KeyError: 'boom')")]
    assert [function.name for function in found.functions] == ["F"]


def test_results_do_not_depend_on_the_order_of_paths(sample, written):
    files = {"b.yaml": GOOD, "a.yaml": GOOD.replace("a.b", "c.d"), "main.tf": 'resource "aws_lambda_function" "f" {}\n'}
    assert written(files) == written(dict(reversed(files.items())))
    assert sample("terraform") == sample("terraform")
