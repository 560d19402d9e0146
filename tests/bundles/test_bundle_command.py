"""lambdalint bundle: what a bundle weighs, by distribution, and what of it the entry point loads."""

import json
import pathlib

import pytest

from lambdalint import cli
from tests.bundles.made import archive
from tests.bundles.native import elf, pyc
from tests.bundles.test_distributions import dist

APP = b"import json\nfrom big import core\n\n\ndef handler(event, context):\n    return core.run(event)\n"


def members(files):
    return [(name, text if isinstance(text, bytes) else text.encode()) for name, text in files.items()]


FILES = (
    {"app.py": APP}
    | dist("big", "2.0", "big/__init__.py", "big/core.py", "big/extra.py", "big/tests/test_core.py", "big/_x.so")
    | dist("small", "1.0", "small.py")
    | dist("idle", "0.1", "idle/__init__.py", "idle/types.pyi")
    | {
        "big/core.py": "import small\n",
        "big/tests/test_core.py": "x = 1\n" * 50,
        "big/_x.so": elf(debug=4000),
        "idle/types.pyi": "x: int\n",
        "small.py": "import importlib\nimportlib.import_module(name)\n",
        "__pycache__/small.cpython-312.pyc": pyc(3531),
    }
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "function.zip").write_bytes(archive(*members(FILES)))
    return tmp_path


def run(capsys, *arguments):
    status = cli.main(["bundle", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def document(capsys, *arguments):
    status, out, err = run(capsys, *arguments, "--output", "json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["schema"] == 1
    return found["bundles"]


TOLD = ("--runtime", "python3.13", "--arch", "x86_64", "--handler", "app.handler")


def test_sizes_alone(folder, capsys):
    (found,) = document(capsys, "function.zip")
    assert found["unzipped"] == sum(len(text) for text in FILES.values())
    assert found["zipped"] == (folder / "function.zip").stat().st_size
    assert found["limits"] == {"unzipped": 262_144_000, "direct_upload": 52_428_800}
    assert found["remaining"] == 262_144_000 - found["unzipped"]
    assert found["loaded"] is None
    assert [item["name"] for item in found["distributions"]] == ["big", "small", "idle", None]
    assert sum(item["unzipped"] for item in found["distributions"]) == found["unzipped"]
    assert sum(item["files"] for item in found["distributions"]) == len(FILES)


def test_what_is_loaded(folder, capsys):
    (found,) = document(capsys, "function.zip", *TOLD)
    rows = {item["name"]: item for item in found["distributions"]}
    assert found["loaded"] == {
        "modules": 4,
        "bytes": sum(len(FILES[name]) for name in ("app.py", "big/__init__.py", "big/core.py", "small.py")),
        "dynamic": 1,
        "missing": [],
    }
    assert {name: item["modules"] for name, item in rows.items()} == {"big": 2, "small": 1, "idle": 0, None: 1}
    assert rows["big"]["imported_by"] is None
    assert rows["big"]["requested_by"] == {"path": "function.zip/app.py", "line": 2, "module": "big"}
    assert rows["small"]["imported_by"] == "big"
    assert rows["small"]["requested_by"]["module"] == "big.core"
    assert rows["idle"]["requested_by"] is None
    assert found["removable"] == {
        "bytecode of another Python": len(FILES["__pycache__/small.cpython-312.pyc"]),
        "debug symbols": 4000,
        "stubs": len(FILES["idle/types.pyi"]),
        "tests": len(FILES["big/tests/test_core.py"]),
    }


def test_the_table_fits_80_columns(folder, capsys):
    status, out, _ = run(capsys, "function.zip", *TOLD)
    assert status == 0
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[:3] == [
        "function.zip: python3.13, x86_64, app.handler",
        "",
        "  distribution    unzipped      zipped   share modules  imported by",
    ]
    cells = [line.split() for line in lines[3:8]]
    assert [(row[0], row[-2], row[-1]) for row in cells] == [
        ("big", "2", "app.py:2"),
        ("small", "1", "big"),
        ("idle", "%", "-"),
        ("own", "%", "1"),
        ("in", "%", "4"),
    ]
    assert cells[0][2] == f"{sum(len(text) for name, text in FILES.items() if name.startswith('big')):,}"
    assert cells[4][2] == f"{sum(map(len, FILES.values())):,}"
    assert cells[4][4:6] == ["100.0", "%"]
    size = sum(len(FILES[name]) for name in ("app.py", "big/__init__.py", "big/core.py", "small.py"))
    idle = sum(len(text) for name, text in FILES.items() if name.startswith("idle"))
    assert lines[9:] == [
        f"  function unzipped {cells[4][2]} of 262,144,000 bytes (0 %): {262_144_000 - sum(map(len, FILES.values())):,} remain",
        f"  archive {(folder / 'function.zip').stat().st_size:,} of 52,428,800 bytes: may be uploaded directly",
        f"  4 modules of the bundle are loaded at start-up, {size} bytes",
        "  more may be loaded: 1 of them imports by computed names",
        f"  not imported at start-up, {idle:,} bytes: idle",
        "  could go: debug symbols 4,000, tests 300, bytecode of another Python 21, stubs",
        "    7",
    ]


def test_why(folder, capsys):
    status, out, _ = run(capsys, "function.zip", *TOLD, "--why", "small", "--why", "idle", "--why", "json")
    assert status == 0
    assert out == (
        "function.zip: python3.13, x86_64, app.handler\n"
        "  small is imported:\n"
        "    function.zip/app.py:2  imports big.core\n"
        "    function.zip/big/core.py:1  imports small\n"
        "  idle: nothing imports it when the function starts\n"
        "  json is imported:\n"
        "    function.zip/app.py:1  imports json\n"
    )
    (found,) = document(capsys, "function.zip", *TOLD, "--why", "big")
    assert found["why"] == [
        {"name": "big", "chain": [{"path": "function.zip/app.py", "line": 2, "note": "imports big"}]}
    ]


def test_templates_and_their_functions(folder, capsys):
    (folder / "template.yaml").write_text("""\
        Transform: AWS::Serverless-2016-10-31
        Globals: {Function: {Runtime: python3.13, Handler: app.handler}}
        Resources:
          One: {Type: AWS::Serverless::Function, Properties: {CodeUri: function.zip, Layers: [!Ref Common, "arn:aws:x"]}}
          Two: {Type: AWS::Serverless::Function, Properties: {CodeUri: function.zip}}
          Source: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}
          Common: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer.zip}}
    """)
    (folder / "layer.zip").write_bytes(archive(*members(dist("extra", "3.0", "python/extra.py"))))
    found = document(capsys, ".")
    assert [item["name"] for item in found] == ["One", "Two"]
    assert found[0]["layers"] == ["layer.zip"]
    assert found[0]["layers_elsewhere"] == ["arn:aws:x"]
    assert found[0]["unzipped"] > found[1]["unzipped"]
    assert [item["name"] for item in document(capsys, "template.yaml:Two")] == ["Two"]
    assert [item["name"] for item in document(capsys, ".", "--function", "One")] == ["One"]
    status, _, err = run(capsys, "template.yaml:Tow")
    assert (status, err) == (
        2,
        "lambdalint: error: there is no function 'Tow' that is deployed from here; did you mean 'Two'?\n",
    )
    assert run(capsys, "template.yaml:x")[2].endswith("'x' that is deployed from here; there are One, Two\n")


def test_a_directory_is_deployed_where_no_template_says_more(folder, capsys):
    (folder / "build").mkdir()
    (folder / "build" / "app.py").write_bytes(APP)
    (folder / "function.zip").unlink()
    nothing = "nothing here is deployed as it stands; name a zip or a built directory, or build first"
    assert run(capsys) == (2, "", f"lambdalint: error: {nothing}\n")
    (found,) = document(capsys, "build")
    assert (found["artifact"], found["zipped"], found["unzipped"]) == ("build", None, len(APP))


def test_a_handler_that_is_not_there(folder, capsys):
    told = ("--runtime", "python3.13", "--handler", "main.handler")
    (found,) = document(capsys, "function.zip", *told)
    assert found["problem"] == "there is no module main in it, which the handler main.handler names"
    assert found["loaded"] is None
    assert f"  {found['problem']}" in run(capsys, "function.zip", *told)[1].splitlines()
    assert run(capsys, "function.zip", *told, "--why", "big")[2] == f"lambdalint: error: {found['problem']}\n"


def test_a_layer_by_itself(folder, capsys):
    files = dist("extra", "3.0", "python/extra.py") | {"python/own.py": "x = 1\n", "bin/tool": "x"}
    files = {name if name.startswith(("python", "bin")) else f"python/{name}": text for name, text in files.items()}
    files["python/extra-3.0.dist-info/RECORD"] = "extra.py,,\nextra-3.0.dist-info/RECORD,,\n"
    (folder / "layer.zip").write_bytes(archive(*members(files)))
    (found,) = document(capsys, "layer.zip")
    assert [item["name"] for item in found["distributions"]] == ["extra", None]
    assert found["own"] == [{"name": "python/own.py", "unzipped": 6}, {"name": "bin", "unzipped": 1}]
    assert cli.main(["check", "layer.zip", "--output", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["analysed"] == ["layer.zip/python/own.py", "layer.zip"]


def test_every_distribution(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    files = {}
    for number in range(40):
        files |= dist(f"demo{number:02}", "1.0", f"demo{number:02}.py")
    (tmp_path / "many.zip").write_bytes(archive(*members(files)))
    short, long = run(capsys, "many.zip")[1], run(capsys, "many.zip", "--all")[1]
    assert "15 smaller ones" in short
    assert short.count("demo") == 25
    assert long.count("demo") == 40


def several(folder):
    """Three functions of one template, of which two are x86_64 and hold the same builds."""
    (folder / "template.yaml").write_text("""\
        Transform: AWS::Serverless-2016-10-31
        Globals: {Function: {Runtime: python3.13, Handler: app.handler}}
        Resources:
          One: {Type: AWS::Serverless::Function, Properties: {CodeUri: one.zip}}
          Two: {Type: AWS::Serverless::Function, Properties: {CodeUri: two.zip}}
          Three: {Type: AWS::Serverless::Function, Properties: {CodeUri: two.zip}}
          Broken: {Type: AWS::Serverless::Function, Properties: {CodeUri: broken.zip}}
    """)
    both = dist("same", "1.0", "same.py") | dist("native", "1.0", "native.py")
    wheel = "Tag: cp313-cp313-manylinux_2_17_{}\n"
    one = both | {"app.py": APP, "native-1.0.dist-info/WHEEL": wheel.format("x86_64")} | dist("big", "1.0", "big.py")
    two = both | {"app.py": b"import same\n", "native-1.0.dist-info/WHEEL": wheel.format("aarch64")}
    (folder / "one.zip").write_bytes(archive(*members(one | {"big/__init__.py": "", "big/core.py": ""})))
    (folder / "two.zip").write_bytes(archive(*members(two)))
    (folder / "broken.zip").write_bytes(archive(("app.py", b"import gone\n")))
    return both


def test_several_functions_and_what_they_share(folder, capsys):
    both = several(folder)
    _, out, _ = run(capsys, ".")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = {line.split()[0]: line.split() for line in lines[1:5]}
    assert lines[0].split() == ["function", "unzipped", "limit", "zipped", "modules", "loaded"]
    assert list(rows) == ["One", "Three", "Two", "Broken"]  # the largest first
    assert rows["Broken"][1:] == ["12", "0.0", "%", f"{(folder / 'broken.zip').stat().st_size}", "1", "12"]
    assert [rows["Two"][-2], rows["Three"][-2], rows["One"][-2]] == ["2", "2", "3"]
    assert "  import fails in Broken: gone" in lines
    assert "in several functions" in out
    assert "One, Three, Two" in out
    assert "distribution " not in out
    assert "distribution " in run(capsys, ".", "--all")[1]
    _, out, _ = run(capsys, ".", "--output", "json")
    shared = json.loads(out)["shared"]
    size = sum(len(text) for name, text in both.items() if name.startswith("same"))
    assert [(item["name"], item["unzipped"]) for item in shared] == [("same", size)]  # native: two builds
    assert shared[0]["functions"] == ["One", "Three", "Two"]
    assert shared[0]["artifacts"] == ["one.zip", "two.zip"]
    assert shared[0]["spared"] == shared[0]["zipped"]


def test_why_of_several_functions(folder, capsys):
    several(folder)
    status, out, _ = run(capsys, ".", "--why", "same")
    assert (status, out.count("same is imported:"), out.count("same: nothing imports it")) == (0, 2, 1)
    assert "Broken" not in out
    assert run(capsys, ".", "--why", "sane")[2] == (
        "lambdalint: error: there is no distribution or module 'sane' in any of the functions; did you mean 'same'?\n"
    )


def test_what_has_changed(folder, capsys):
    arguments = ("function.zip", *TOLD)
    assert run(capsys, *arguments, "--output", "json:before.json") == (0, "", "")
    status, out, _ = run(capsys, *arguments, "--compare", "before.json")
    assert (status, out.splitlines()[-1]) == (0, "  function has not changed since before.json")
    files = {name: text for name, text in FILES.items() if not name.startswith("idle")}
    files = {name.replace("small-1.0", "small-1.1"): text for name, text in files.items()}
    files |= dist("fresh", "3.0", "fresh.py") | {"big/data.bin": b"x" * 5000, "big/core.py": "import small, fresh\n"}
    files["big-2.0.dist-info/RECORD"] += "big/data.bin,,\n"
    old = {
        name: json.loads((folder / "before.json").read_text())["bundles"][0][name] for name in ("unzipped", "zipped")
    }
    (folder / "function.zip").write_bytes(archive(*members(files)))
    _, out, _ = run(capsys, *arguments, "--compare", "before.json")
    lines = out.splitlines()
    table = [line.split() for line in lines[lines.index("") :]][-7:]
    grown = sum(map(len, files.values())) - old["unzipped"]
    fresh = sum(len(text) for name, text in files.items() if name.startswith("fresh"))
    idle = sum(len(text) for name, text in FILES.items() if name.startswith("idle"))
    assert table[0] == ["function", "since", "before.json", "before", "now", "growth", "zipped"]
    assert [row[0] for row in table[1:]] == ["big", "+", "small", "-", "in", "modules"]
    assert table[1][4] == f"+{5000 + len('big/data.bin,,') + 1 + len(', fresh'):,}"
    assert table[2][:5] == ["+", "fresh", "3.0", f"{fresh}", f"+{fresh}"]
    assert table[4][:5] == ["-", "idle", "0.1", f"{idle}", f"-{idle}"]
    assert table[5][4] == f"{grown:+,}"
    assert "small 1.0 -> 1.1" in out
    assert "modules at start-up: 4 before, 5 now" in out
    (found,) = document(capsys, *arguments, "--compare", "before.json")
    growth = found["growth"]
    assert growth["before"] == {**old, "modules": 4}
    assert growth["unzipped"] == found["unzipped"] - old["unzipped"] == grown
    assert {item["name"] for item in growth["distributions"]} == {"big", "small", "fresh", "idle"}
    assert growth["distributions"][0]["name"] == "big"
    assert growth["distributions"][-1]["after"] is None


def test_functions_that_a_report_does_not_have(folder, capsys):
    several(folder)
    run(capsys, ".", "--output", "json:before.json")
    text = (folder / "before.json").read_text()
    (folder / "before.json").write_text(text.replace('"name": "One"', '"name": "Old"'))
    _, out, _ = run(capsys, ".", "--compare", "before.json")
    assert "  One is not in before.json" in out.splitlines()
    assert "  in before.json and not here: Old" in out.splitlines()
    assert [line.split()[-1] for line in out.splitlines()[1:5]] == ["new", "0", "0", "0"]


def test_the_keys_of_the_document_are_those_of_the_documentation(folder, capsys):
    several(folder)
    run(capsys, ".", "--output", "json:before.json")
    _, out, _ = run(capsys, ".", "--output", "json", "--compare", "before.json", "--why", "same")
    first, second = out, run(capsys, ".", "--output", "json", "--compare", "before.json", "--why", "same")[1]
    assert first == second

    def keys(value, inside=""):
        if isinstance(value, dict):
            for key, item in value.items():
                if inside != "removable":
                    yield key
                yield from keys(item, key)
        for item in value if isinstance(value, list) else ():
            yield from keys(item, inside)

    page = (pathlib.Path(__file__).parents[2] / "docs" / "bundles.md").read_text(encoding="utf-8")
    for key in {*keys(json.loads(out))}:
        assert f"`{key}`" in page, key


def test_what_sam_has_built(folder, capsys):
    source = """\
        Transform: AWS::Serverless-2016-10-31
        Globals: {{Function: {{Runtime: python3.13, Handler: app.handler}}}}
        Resources:
          One: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: {0}, Layers: [!Ref Common]}}}}
          Two: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: function.zip}}}}
          Common: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: {1}}}}}
    """
    (folder / "template.yaml").write_text(source.format("src", "common"))
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_bytes(APP)
    assert [item["name"] for item in document(capsys, ".")] == ["Two"]
    built = folder / ".aws-sam" / "build"
    (built / "One").mkdir(parents=True)
    (built / "One" / "app.py").write_bytes(APP)
    (built / "Common" / "python").mkdir(parents=True)
    (built / "Common" / "python" / "big.py").write_text("core = 1\n")
    (built / "template.yaml").write_text(source.format("One", "Common").replace("function.zip", "../../function.zip"))
    found = document(capsys, ".")
    assert [(item["name"], item["artifact"], item["layers"]) for item in found] == [
        ("One", ".aws-sam/build/One", [".aws-sam/build/Common"]),
        ("Two", "function.zip", []),
    ]
    assert found[0]["loaded"]["modules"] == 2
    assert [item["name"] for item in document(capsys, "template.yaml:One")] == ["One"]
    assert [item["name"] for item in document(capsys, ".aws-sam/build/One")] == ["One"]
    assert [item["artifact"] for item in document(capsys, "src")] == ["src"]


@pytest.mark.parametrize(("each", "packed"), [("true", "orders"), ("false", "shop")])
def test_what_serverless_has_packed(folder, capsys, each, packed):
    (folder / "serverless.yml").write_text(
        "service: shop\n"
        "provider: {name: aws, runtime: python3.13}\n"
        f"package: {{individually: {each}}}\n"
        "layers: {common: {path: common}}\n"
        "functions: {orders: {handler: src/app.handler, layers: [!Ref CommonLambdaLayer]}}\n"
    )
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_bytes(APP)
    status, _, err = run(capsys, ".")
    assert status == 2
    assert err.startswith("lambdalint: error: of 1 function of the templates nothing is here as it is deployed; build")
    (folder / ".serverless").mkdir()
    (folder / ".serverless" / f"{packed}.zip").write_bytes(archive(("src/app.py", b"import json\n")))
    assert document(capsys, ".")[0]["layers_elsewhere"] == ["common"]
    (folder / ".serverless" / "common.zip").write_bytes(archive(("python/common.py", b"")))
    for named in (".", ".serverless", "serverless.yml:orders"):
        (found,) = document(capsys, named)
        assert (found["name"], found["artifact"]) == ("orders", f".serverless/{packed}.zip")
        assert (found["layers"], found["layers_elsewhere"]) == ([".serverless/common.zip"], [])
        assert found["loaded"]["modules"] == 2  # src is one, too


def test_what_terraform_has_packed(folder, capsys):
    (folder / "main.tf").write_text("""
        data "archive_file" "orders" {
          type        = "zip"
          source_dir  = "${path.module}/src"
          output_path = "${path.module}/dist/orders.zip"
        }
        resource "aws_lambda_function" "orders" {
          function_name = "orders"
          filename      = data.archive_file.orders.output_path
          handler       = "app.handler"
          runtime       = "python3.13"
          role          = "arn:aws:iam::123456789012:role/orders"
          layers        = [aws_lambda_layer_version.common.arn]
        }
        data "archive_file" "common" {
          type        = "zip"
          source_dir  = "${path.module}/common"
          output_path = "${path.module}/dist/common.zip"
        }
        resource "aws_lambda_layer_version" "common" {
          layer_name = "common"
          filename   = data.archive_file.common.output_path
        }
    """)
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_bytes(APP)
    assert run(capsys, ".")[0] == 2
    (folder / "dist").mkdir()
    (folder / "dist" / "orders.zip").write_bytes(archive(("app.py", b"import json\n")))
    (found,) = document(capsys, ".")
    assert (found["name"], found["artifact"]) == ("aws_lambda_function.orders", "dist/orders.zip")
    assert found["layers_elsewhere"] == ["aws_lambda_layer_version.common"]
    (folder / "dist" / "common.zip").write_bytes(archive(("python/common.py", b"")))
    (found,) = document(capsys, ".")
    assert (found["layers"], found["layers_elsewhere"]) == (["dist/common.zip"], [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bad.zip",), "bad.zip: not a zip archive, or its end is missing"),
        (("text.txt",), "nothing here is deployed as it stands; name a zip or a built directory, or build first"),
        (
            ("function.zip", "--why", "big"),
            "--why needs the entry point and the runtime: --handler and --runtime, or a template",
        ),
        (
            ("function.zip", *TOLD, "--why", "bigg"),
            "there is no distribution or module 'bigg' in function; did you mean 'big'?",
        ),
        (
            ("function.zip", "--compare", "nowhere.json"),
            "the kept report nowhere.json cannot be read (No such file or directory)",
        ),
        (
            ("function.zip", "--compare", "text.txt"),
            "text.txt is no report of the command bundle; write one with `lambdalint bundle --output json:FILE`",
        ),
        (("function.zip", "--output", "sarif"), "bundles can be printed as text or json, not as sarif"),
    ],
)
def test_mistakes(folder, capsys, arguments, message):
    (folder / "bad.zip").write_bytes(b"hello")
    (folder / "text.txt").write_bytes(b"hello")
    assert run(capsys, *arguments) == (2, "", f"lambdalint: error: {message}\n")
