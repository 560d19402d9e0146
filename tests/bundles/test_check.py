"""Archives and built directories as inputs of a run: what is analysed, with what knowledge, and what is told."""

import json
import os
import shutil

import pytest

from lambdalint import cli
from tests.bundles.made import archive

APP = b"import boto3\nimport shared\n\n\ndef handler(event, context):\n    return boto3.client('s3').list_buckets()\n"
RULES = "LL001,LL002,LL101,LL401,LL501,LL601,LL701"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(capsys, *arguments, select=RULES):
    """Exit status, (code, path, line) of findings, and the report."""
    status = cli.main(["check", *arguments, "--select", select, "--output", "json", "--no-cache"])
    report = json.loads(capsys.readouterr().out)
    return status, [(item["code"], item["path"], item["line"]) for item in report["findings"]], report


def told(*more):
    return ("--runtime", "python3.13", "--arch", "arm64", *more)


def test_an_archive_is_a_deployed_function(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", APP), ("shared.py", b"import gone\n")))
    (folder / "elsewhere.py").write_text("def handler(event, context): ...\n")
    status, findings, report = check(capsys, "function.zip", *told("--handler", "app.handler"))
    assert status == 1
    assert findings == [("LL101", "function.zip/app.py", 6), ("LL501", "function.zip/shared.py", 1)]
    assert report["analysed"] == ["function.zip/app.py", "function.zip/shared.py", "function.zip"]
    assert report["findings"][1]["chain"][0]["path"] == "function.zip/app.py"


def test_the_entry_point_is_found_as_in_a_directory(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", APP), ("shared.py", b"import gone\n")))
    _, findings, report = check(capsys, "function.zip", *told())
    assert findings == [("LL101", "function.zip/app.py", 6), ("LL501", "function.zip/shared.py", 1)]
    assert report["summary"]["functions"] == 1


def test_a_handler_that_is_told_is_the_only_one(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", b"def handler(event, context): ...\n"), ("job.py", APP)))
    _, findings, report = check(capsys, "function.zip", *told("--handler", "app.handler"))
    assert (findings, report["summary"]["functions"]) == ([], 1)
    _, findings, report = check(capsys, "function.zip", *told())
    assert report["summary"]["functions"] == 2
    assert ("LL101", "function.zip/job.py", 6) in findings


def test_what_is_deployed_whole(folder, capsys):
    """A finding at an artifact itself, in an archive and in a directory, and nothing of its bytes shown."""
    (folder / "build").mkdir()
    (folder / "build" / "app.py").write_bytes(b"def handler(event, context): ...\n")
    with open(folder / "build" / "model.bin", "wb") as model:
        model.truncate(300_000_000)
    arguments = (*told("--handler", "app.handler"), "--select", "LL601")
    assert cli.main(["check", "build", *arguments]) == 1
    assert capsys.readouterr().out.startswith("build:1:1: error unzipped-over-limit (LL601)\n")
    (folder / "build" / "project").mkdir()
    os.chdir(folder / "build")
    assert cli.main(["check", ".", *arguments]) == 1
    assert capsys.readouterr().out.startswith(".:1:1: error unzipped-over-limit (LL601)\n")
    (folder / "function.zip").write_bytes(archive(("app.py", b"def other(event, context): ...\n")))
    os.chdir(folder)
    assert cli.main(["check", "function.zip", *told("--handler", "app.handler"), "--select", "LL401"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("function.zip:1:1: error handler-not-found (LL401)\n")
    assert "PK" not in out


def test_layers_come_in_their_order(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", APP)))
    (folder / "one.zip").write_bytes(archive(("python/shared.py", b"import gone\n")))
    (folder / "two").mkdir()
    (folder / "two" / "python").mkdir()
    (folder / "two" / "python" / "shared.py").write_text("import json\n")
    arguments = ("function.zip", *told("--handler", "app.handler"))

    def codes(*more):
        return [code for code, *_ in check(capsys, *arguments, *more, select="LL5")[1]]

    assert codes() == ["LL501"]
    assert codes("--layer", "one.zip") == ["LL501"]
    assert codes("--layer", "one.zip", "--layer", "two") == []
    assert codes("--layer", "two", "--layer", "one.zip") == ["LL501"]


def test_what_is_wrong_in_a_layer_is_told(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", APP)))
    (folder / "layer.zip").write_bytes(archive(("shared/__init__.py", b"")))
    arguments = ("function.zip", *told("--handler", "app.handler"), "--layer", "layer.zip")
    assert check(capsys, *arguments, select="LL508")[1] == [("LL508", "layer.zip/shared/__init__.py", 1)]


def test_a_directory_with_a_handler_is_deployed(folder, capsys):
    (folder / "build").mkdir()
    (folder / "build" / "app.py").write_bytes(APP)
    assert check(capsys, "build", select="LL5")[1] == []
    assert check(capsys, "build", *told("--handler", "app.handler"), select="LL5")[1] == [("LL501", "build/app.py", 2)]


def test_without_a_runtime_nothing_is_missing(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", APP)))
    assert check(capsys, "function.zip", "--handler", "app.handler", select="LL5")[1] == []


def test_the_handler_s_module_is_looked_for_in_the_archive(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", b"def other(event, context): ...\n")))
    for handler, text in (("app.handler", "no name handler"), ("main.handler", "no module main")):
        _, findings, report = check(capsys, "function.zip", *told("--handler", handler))
        assert findings == [("LL401", "function.zip", 1)]
        assert text.split()[-1] in report["findings"][0]["message"]


def test_another_entry_point_does_not_stand_for_the_handler_that_is_told(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("other.py", b"def handler(event, context): ...\n")))
    assert check(capsys, "function.zip", *told("--handler", "app.handler"))[1] == [("LL401", "function.zip", 1)]
    assert check(capsys, "function.zip", *told("--handler", "other.handler"))[1] == []
    assert check(capsys, "function.zip", *told())[1] == []


def test_what_the_command_line_does_not_say_is_unknown(folder, capsys):
    code = b"import os\n\n\ndef handler(event, context):\n    return os.environ['TABLE']\n"
    (folder / "function.zip").write_bytes(archive(("app.py", code)))
    _, findings, _ = check(capsys, "function.zip", *told("--handler", "app.handler"), select="ALL")
    assert findings == []


def test_old_runtimes(folder, capsys):
    (folder / "function.zip").write_bytes(
        archive(("app.py", b"match 1:\n    case 1:\n        pass\n\n\ndef handler(e, c): ...\n"))
    )
    _, findings, _ = check(capsys, "function.zip", "--runtime", "python3.8", "--handler", "app.handler")
    assert findings == [("LL701", "function.zip", 1), ("LL001", "function.zip/app.py", 1)]


def test_installed_code_is_not_judged(folder, capsys):
    files = [("app.py", b"import demo\nhandler = demo.handler\n"), ("demo/__init__.py", APP)]
    record = ("demo-1.0.dist-info/RECORD", b"demo/__init__.py,,\ndemo-1.0.dist-info/RECORD,,\n")
    (folder / "function.zip").write_bytes(archive(*files, record))
    _, _, report = check(capsys, "function.zip", *told())
    assert report["analysed"] == ["function.zip/app.py", "function.zip"]


@pytest.mark.parametrize("place", ["function.zip", "function"])
def test_installed_code_that_is_reached_is_not_judged(folder, capsys, place):
    app = b"import demo\n\n\ndef handler(event, context):\n    return demo.call()\n"
    demo = b"import boto3\n\n\ndef call():\n    return boto3.client('s3').list_buckets()\n"
    record = ("demo-1.0.dist-info/RECORD", b"demo/__init__.py,,\ndemo-1.0.dist-info/RECORD,,\n")
    files = [("app.py", app), ("demo/__init__.py", demo), record]
    (folder / "function.zip").write_bytes(archive(*files))
    for path, data in files:
        (folder / "function" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "function" / path).write_bytes(data)
    assert check(capsys, place, *told())[1] == []
    shutil.rmtree(folder / "function" / "demo-1.0.dist-info")
    (folder / "function.zip").write_bytes(archive(*files[:2]))
    assert [code for code, _, _ in check(capsys, place, *told())[1]] == ["LL101"]


@pytest.mark.parametrize("place", ["function.zip", "function"])
def test_what_is_called_of_bundled_packages_is_judged(folder, capsys, place):
    """The names of packages mean the same, whether or not a copy lies beside the handler."""
    app = b"import boto3\nimport oracledb\n\n\ndef handler(event, context):\n    boto3.client('s3')\n    oracledb.connect('x')\n"
    files = [
        ("app.py", app),
        ("boto3/__init__.py", b"def client(name): ...\n"),
        ("oracledb/__init__.py", b"def connect(name): ...\n"),
        ("boto3-1.40.0.dist-info/RECORD", b"boto3/__init__.py,,\n"),
        ("oracledb-3.0.dist-info/RECORD", b"oracledb/__init__.py,,\n"),
    ]
    (folder / "function.zip").write_bytes(archive(*files))
    for path, data in files:
        (folder / "function" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "function" / path).write_bytes(data)
    _, findings, report = check(capsys, place, *told(), select="LL101,LL102")
    assert findings == [("LL101", f"{place}/app.py", 6), ("LL102", f"{place}/app.py", 7)]
    assert report["summary"]["functions"] == 1


def test_a_template_may_say_where_modules_are(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", APP)))
    template = """\
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Orders:
            Type: AWS::Serverless::Function
            Properties:
              CodeUri: function.zip
              Handler: app.handler
              Runtime: python3.13
              Environment: {{Variables: {{{}: /var/task/src}}}}
    """
    (folder / "template.yaml").write_text(template.format("ROOT"))
    assert check(capsys, ".", select="LL501")[1] == [("LL501", "function.zip/app.py", 2)]
    (folder / "template.yaml").write_text(template.format("PYTHONPATH"))
    assert check(capsys, ".", select="LL501")[1] == []


def test_a_template_s_archive_is_judged_beside_the_source(folder, capsys):
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_bytes(APP)
    (folder / "src" / "shared.py").write_text("")
    (folder / "function.zip").write_bytes(archive(("app.py", APP), ("shared.py", b"import gone\n")))
    template = """\
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Orders:
            Type: AWS::Serverless::Function
            Properties: {{CodeUri: {}, Handler: app.handler, Runtime: python3.13}}
    """
    (folder / "template.yaml").write_text(template.format("function.zip"))
    assert check(capsys, ".")[1] == [("LL501", "function.zip/shared.py", 1), ("LL101", "src/app.py", 6)]
    (folder / "template.yaml").write_text(template.format("src"))  # what sam build takes
    assert check(capsys, ".")[1] == [("LL101", "src/app.py", 6)]


def test_layers_of_templates(folder, capsys):
    (folder / "template.yaml").write_text("""\
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Orders:
            Type: AWS::Serverless::Function
            Properties: {CodeUri: function.zip, Handler: app.handler, Runtime: python3.13, Layers: [!Ref Common]}
          Common:
            Type: AWS::Serverless::LayerVersion
            Properties: {ContentUri: common.zip}
    """)
    (folder / "function.zip").write_bytes(archive(("app.py", b"import shared, gone\n\n\ndef handler(e, c): ...\n")))
    assert check(capsys, ".", select="LL5")[1] == []  # the layer is not here
    (folder / "common.zip").write_bytes(archive(("python/shared.py", b"")))
    assert check(capsys, ".", select="LL5")[1] == [("LL501", "function.zip/app.py", 1)]


@pytest.mark.parametrize("place", [".aws-sam/build/Orders", "cdk.out/asset.0a1b2c", "build"])
def test_what_builders_make_is_an_artifact(folder, capsys, place):
    (folder / place).mkdir(parents=True)
    (folder / place / "app.py").write_bytes(APP)
    if place == "build":
        (folder / place / "boto3-1.40.dist-info").mkdir()
    base = os.path.dirname(place)
    template = folder / base / "template.yaml"
    template.write_text(f"""\
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Orders:
            Type: AWS::Serverless::Function
            Properties: {{CodeUri: {os.path.basename(place)}, Handler: app.handler, Runtime: python3.13}}
    """)
    assert check(capsys, str(template), select="LL5")[1] == [("LL501", f"{place}/app.py", 2)]


def test_what_tools_have_packed_is_judged_where_its_directory_is_named(folder, capsys):
    (folder / "serverless.yml").write_text(
        "service: shop\n"
        "provider: {name: aws, runtime: python3.13}\n"
        "layers: {common: {path: common}}\n"
        "functions: {orders: {handler: src/app.handler, layers: [!Ref CommonLambdaLayer]}}\n"
    )
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_bytes(APP)
    (folder / ".serverless").mkdir()
    (folder / ".serverless" / "shop.zip").write_bytes(archive(("src/app.py", APP)))
    (folder / ".serverless" / "common.zip").write_bytes(archive(("python/shared.py", b"import gone\n")))
    (folder / ".serverless" / "cloudformation-template-update-stack.json").write_text(
        '{"Resources": {"OrdersLambdaFunction": {"Type": "AWS::Lambda::Function", "Properties": {}}}}'
    )
    assert check(capsys, ".", select="LL5")[1] == []
    _, findings, report = check(capsys, ".serverless", select="LL5")
    assert report["summary"]["functions"] == 1
    assert findings == [("LL501", ".serverless/shop.zip/src/app.py", 2)]
    assert "gone" in report["findings"][0]["message"]


def test_archives_that_nobody_names_are_read_and_not_judged(folder, capsys):
    (folder / "old.zip").write_bytes(archive(("app.py", APP), ("broken.py", b"def (:\n")))
    (folder / "text.zip").write_bytes(b"hello\n")
    (folder / "data.zip").write_bytes(archive(("table.csv", b"1,2\n")))
    (folder / "tests").mkdir()
    (folder / "tests" / "evil.zip").write_bytes(b"hello\n")
    status, findings, report = check(capsys, ".")
    assert status == 0
    assert findings == [("LL002", "old.zip/broken.py", 1), ("LL002", "text.zip", 1)]
    assert {item["severity"] for item in report["findings"]} == {"info"}
    assert report["analysed"] == ["data.zip", "old.zip", "old.zip/app.py"]


def test_a_named_archive_that_cannot_be_read_is_a_warning(folder, capsys):
    (folder / "function.zip").write_bytes(b"hello\n")
    status, findings, report = check(capsys, "function.zip")
    assert (status, findings) == (1, [("LL002", "function.zip", 1)])
    assert report["findings"][0]["severity"] == "warning"
    assert report["findings"][0]["message"] == "not analysed: not a zip archive, or its end is missing"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--runtime", "nodejs20.x"), "--runtime takes a runtime of Python, as in python3.13"),
        (
            ("--runtime", "python3.99"),
            "--runtime takes one of the runtimes that are known here, python3.8 to python3.1",
        ),
        (("--arch", "arm"), "--arch takes x86_64 or arm64"),
        (("--handler", "handler"), "--handler takes a module and a function, as in app.handler"),
        (("--layer", "nowhere.zip"), "there is no layer 'nowhere.zip'"),
    ],
)
def test_mistakes_in_what_is_told(folder, capsys, arguments, message):
    (folder / "function.zip").write_bytes(archive(("app.py", APP)))
    assert cli.main(["check", "function.zip", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_archives_in_archives_are_listed(folder, capsys):
    inner = archive(("a.py", b""))
    (folder / "function.zip").write_bytes(archive(("app.py", APP), ("lib/a.whl", inner), ("lib/b.zip", inner)))
    _, findings, report = check(capsys, "function.zip")
    assert ("LL002", "function.zip/lib/a.whl", 1) in findings
    assert report["skipped"] == [
        {
            "path": "function.zip/lib/a.whl",
            "reason": "an archive in an archive, which is not looked into; 1 more beside it",
        }
    ]


def test_growth_over_a_kept_report(folder, capsys):
    (folder / "function.zip").write_bytes(archive(("app.py", APP)))
    assert cli.main(["bundle", "function.zip", "--output", "json:before.json"]) == 0
    (folder / "function.zip").write_bytes(archive(("app.py", APP), ("data.bin", b"x" * len(APP))))
    (folder / "lambdalint.toml").write_text("budgets = {growth = 99}\n")
    arguments = ("function.zip", *told("--handler", "app.handler"))
    assert check(capsys, *arguments, select="LL603")[1] == []
    _, findings, report = check(capsys, *arguments, "--compare", "before.json", select="LL603")
    assert findings == [("LL603", "function.zip", 1)]
    assert ": 100.0 %, with a budget of 99 %" in report["findings"][0]["message"]
    (folder / "lambdalint.toml").write_text('budgets = {growth = 100}\ncompare = "before.json"\n')
    assert check(capsys, *arguments, select="LL603")[1] == []
    (folder / "lambdalint.toml").write_text('budgets = {growth = 1}\ncompare = "gone.json"\n')
    assert cli.main(["check", *arguments]) == 2
    assert "gone.json cannot be read" in capsys.readouterr().err
