"""lambdalint bundle: what a bundle weighs, by distribution, and what of it the entry point loads."""

import json

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
        "  distribution    unzipped      zipped  share modules  imported by",
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
    assert lines[9:] == [
        f"  function unzipped {cells[4][2]} of 262,144,000 bytes (0 %): {262_144_000 - sum(map(len, FILES.values())):,} remain",
        f"  archive {(folder / 'function.zip').stat().st_size:,} of 52,428,800 bytes: may be uploaded directly",
        f"  4 modules of the bundle are loaded at start-up, {size} bytes",
        "  more may be loaded: 1 of them imports by computed names",
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


def test_a_directory_is_deployed_where_no_template_says_more(folder, capsys):
    (folder / "build").mkdir()
    (folder / "build" / "app.py").write_bytes(APP)
    (found,) = document(capsys, "build")
    assert (found["artifact"], found["zipped"], found["unzipped"]) == ("build", None, len(APP))


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
        (("function.zip", "--output", "sarif"), "bundles can be printed as text or json, not as sarif"),
    ],
)
def test_mistakes(folder, capsys, arguments, message):
    (folder / "bad.zip").write_bytes(b"hello")
    (folder / "text.txt").write_bytes(b"hello")
    assert run(capsys, *arguments) == (2, "", f"lambdalint: error: {message}\n")
