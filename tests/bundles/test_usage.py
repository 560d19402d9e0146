"""What nothing uses, and what should not be deployed: where lambdalint is silent because nobody can tell."""

import json

import pytest

from lambdalint import cli
from lambdalint.bundle import groups
from tests.bundles.made import archive
from tests.trees import MemoryTree

APP = b"import pricing\n\n\ndef handler(event, context):\n    return pricing.total(event)\n"
TEMPLATE = """Transform: AWS::Serverless-2016-10-31
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: function.zip, Runtime: python3.13, Handler: app.handler}
  Two:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: function.zip, Runtime: python3.13, Handler: HANDLER}
"""


def dist(name, *requires, code=b"", entry_points=b""):
    info = f"{name}-1.0.dist-info"
    lines = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {item}" for item in requires), ""]
    files = {f"{name}/__init__.py": code, f"{info}/METADATA": "\n".join(lines).encode()}
    files |= {f"{info}/entry_points.txt": entry_points} if entry_points else {}
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD")).encode()
    return files


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def check(files, *arguments, select="LL605,LL606", template=""):
        (tmp_path / "function.zip").write_bytes(archive(*files.items()))
        if template:
            (tmp_path / "template.yaml").write_text(template)
            given = (".",)
        else:
            given = ("function.zip", "--runtime", "python3.13", "--arch", "x86_64", *arguments)
        cli.main(["check", *given, "--select", select, "--output", "json", "--no-cache"])
        found = json.loads(capsys.readouterr().out)["findings"]
        return [
            (item["code"], item["severity"], item["path"].removeprefix("function.zip/"))
            for item in found
            if item["code"] != "LL002"
        ]

    return check


HANDLER = ("--handler", "app.handler")
UNUSED = ("LL606", "warning", "charting-1.0.dist-info/METADATA")


def test_what_nothing_uses(told):
    files = {"app.py": APP} | dist("pricing") | dist("charting")
    assert told(files, *HANDLER) == [UNUSED]


def test_without_an_entry_point_nothing_is_unused(told):
    assert told({"lib.py": b"import pricing\n"} | dist("pricing") | dist("charting")) == []
    assert told({"app.py": APP} | dist("pricing") | dist("charting"), "--handler", "gone.handler") == []


@pytest.mark.parametrize(
    "other",
    [
        {"jobs/nightly.py": b"def run(event, context):\n    import charting\n"},  # another handler of the archive
        {"broken.py": b"import (\n"},  # who knows what it imports
        {"fast.so": b"\x7fELF"},
        {"settings.json": b'{"backend": "charting"}'},
        {"run": b"exec charting --serve\n"},
    ],
)
def test_what_may_use_it(told, other):
    assert told({"app.py": APP} | dist("pricing") | dist("charting") | other, *HANDLER) == []


def test_tests_of_the_function_use_nothing(told):
    files = {"app.py": APP, "tests/test_app.py": b"import charting\n"} | dist("pricing") | dist("charting")
    assert told(files, *HANDLER) == [UNUSED]


def test_functions_of_one_archive_are_looked_at_together(told):
    files = {"app.py": APP} | dist("pricing") | dist("charting", code=b"def handler(event, context): ...\n")
    assert told(files, template=TEMPLATE.replace("HANDLER", "app.handler")) == [UNUSED]  # told once
    assert told(files, template=TEMPLATE.replace("HANDLER", "charting.handler")) == []


def test_extras(told):
    """An optional integration is used; what an extra for tests brings is not, nor is a linter that an extra brings."""
    for extra, expected in (("plots", []), ("test", [UNUSED])):
        files = {"app.py": APP} | dist("pricing", f"charting; extra == '{extra}'") | dist("charting")
        assert told(files, *HANDLER) == expected
    files = {"app.py": APP} | dist("pricing", "ruff; extra == 'all'") | dist("ruff")
    assert told(files, *HANDLER) == [("LL605", "warning", "ruff-1.0.dist-info/METADATA")]
    files = {"app.py": APP} | dist("pricing", "ruff") | dist("ruff")
    assert told(files, *HANDLER) == []


def test_without_an_entry_point_only_what_the_texts_do_not_name_is_for_development(told):
    stubs = dist("mypy_boto3_s3")
    expected = [("LL605", "warning", "mypy_boto3_s3-1.0.dist-info/METADATA")]
    assert told({"lib.py": b"import boto3\n"} | stubs) == expected
    assert told({"lib.py": b"from mypy_boto3_s3 import S3Client\n"} | stubs) == []


def test_plug_ins(told):
    plugin = dist("charting", entry_points=b"[pricing.views]\ncharts = charting\n")
    assert told({"app.py": APP} | dist("pricing") | plugin, *HANDLER) == [UNUSED]
    looks = b"from importlib.metadata import entry_points\nVIEWS = entry_points(group='pricing.views')\n"
    assert told({"app.py": APP} | dist("pricing", code=looks) | plugin, *HANDLER) == []


def test_what_is_for_node_is_no_junk(told):
    files = {"index.js": b"x", "node_modules/a/index.js": b"x", "node_modules/a/test/a.key": KEY}
    assert told(files, *HANDLER, select="LL608,LL802") == [("LL802", "info", "node_modules/a/test/a.key")]
    files |= {"app.py": b"def handler(event, context): ...\n"}
    assert ("LL608", "warning", "node_modules/a/index.js") in told(files, *HANDLER, select="LL608,LL802")


BODY = "MIIEpAIBAAKCAQEA7bq1hZ3m".ljust(64, "x") + "\n" + "Zz09aB/+" * 8 + "\n" + "Qw3rTy12" * 8 + "\n"
KEY = f"-----BEGIN PRIVATE KEY-----\n{BODY}-----END PRIVATE KEY-----\n".encode()


@pytest.mark.parametrize(
    ("path", "data", "lines"),
    [
        ("server.key", KEY, [1]),
        ("config/account.json", json.dumps({"a": 1, "private_key": KEY.decode()}, indent=1).encode(), [3]),
        ("keys.py", b'KEY = """\n' + KEY + b'"""\n', [2]),
        ("server.key", KEY.replace(b" PRIVATE", b" PUBLIC"), []),
        ("keys.py", b'if "-----BEGIN PRIVATE KEY-----" in text:\n    load(text)\n', []),
        ("readme.txt", b"-----BEGIN PRIVATE KEY-----\n<your key>\n-----END PRIVATE KEY-----\n", []),
        (".env", b"# local\nexport API_TOKEN='pk7Rz2Lm9QvT4xWs'\n", [2]),
        (".env", b"API_TOKEN=${API_TOKEN}\nSTAGE=prod\n", []),
        (".netrc", b"machine pypi.example.org login ci password s3cr7tV4lue\n", [1]),
        (".npmrc", b"//registry.example.org/:_authToken=${NPM_TOKEN}\n", []),
        ("state/terraform.tfstate", b'{"version": 4, "resources": []}\n', []),
    ],
)
def test_secrets(told, tmp_path, capsys, path, data, lines):
    (tmp_path / "function.zip").write_bytes(archive(("app.py", b"def handler(event, context): ...\n"), (path, data)))
    cli.main(["check", "function.zip", "--select", "LL802", "--output", "json", "--no-cache"])
    out = capsys.readouterr().out
    assert [item["line"] for item in json.loads(out)["findings"]] == lines
    assert "MIIE" not in out
    assert "pk7Rz2" not in out


def test_a_declaration_that_would_take_a_parser_long_declares_nothing():
    plain = '[dependency-groups]\ndev = ["pytest"]\n'
    assert groups.idle(MemoryTree({"pyproject.toml": plain}), "") == {"pytest": "group dev of pyproject.toml"}
    assert groups.idle(MemoryTree({"pyproject.toml": ".".join("a" * 200) + " = 1\n" + plain}), "") == {}
