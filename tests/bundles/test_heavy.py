"""Real bundles with what people shipped in vain, and mended: each rule on weight says what is too much in the one and
is silent on the other. For the rules on loading see `tests.bundles.test_broken`.

The threads are those of the rules' references and of people who asked why a deployment was refused or a start slow.
"""

from __future__ import annotations

import base64
import compileall
import hashlib
import json
import os
import pathlib
import py_compile
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest

from lambdalint import cli
from tests.bundles.made import FILE, NO_DATE
from tests.bundles.recipes import DATE, File, write_archive
from tests.bundles.test_broken import (
    BOTO,
    HANDLER,
    JWT,
    LXML,
    NUMPY,
    REQUESTS,
    Bundle,
    linked,
    loads,
    make,
    runs_here,
    with_file,
    without,
)

pytestmark = pytest.mark.network

HOLE = 20 << 20  # a file of more bytes is one of zeros, made by `with_zeros`
RUNNING = "{}.{}".format(*sys.version_info[:2])
OTHER = "3.13" if RUNNING != "3.13" else "3.12"


class Heavy(NamedTuple):
    """A bundle and how it is checked: ``date`` is that of all members of an archive, None for a directory."""

    bundle: Bundle
    settings: str = ""  # of the project's configuration
    date: int | None = None


def case(name, code, heavy, mended, path, *words, severity="warning"):
    heavy, mended = (item if isinstance(item, Heavy) else Heavy(item) for item in (heavy, mended))
    return pytest.param(code, heavy, mended, path, words, severity, id=f"{code}-{name}")


def with_zeros(name, size):
    """A file of that size which takes no room."""

    def change(folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with open(folder / name, "wb") as file:
            file.truncate(size)

    return change


def with_bytecode(mode):
    """Bytecode of this interpreter, as pip and compileall write it."""

    def change(folder):
        kind = getattr(py_compile.PycInvalidationMode, mode)
        assert compileall.compile_dir(folder, quiet=2, force=True, invalidation_mode=kind)

    return change


def put_project(folder):
    """What lies beside the code of a project: history, environment, caches, packages of Node.js."""
    packages = folder / ".venv" / "lib" / "python3.12" / "site-packages"
    shutil.copytree(folder / "requests", packages / "requests", copy_function=linked)
    files = {
        ".venv/pyvenv.cfg": "home = /usr/bin\nversion = 3.12.7\n",
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/config": "[core]\n\tbare = false\n",
        ".git/objects/pack/pack-1.pack": "PACK" + 120_000 * "0",
        ".mypy_cache/3.12/requests/api.data.json": json.dumps({"names": 120_000 * "0"}),
        "node_modules/serverless/package.json": '{"name": "serverless", "version": "3.39.0"}',
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def strip(folder):
    """What the remedy says."""
    program = shutil.which("strip")
    if program is None or os.uname().machine != "x86_64":
        pytest.skip("needs strip of x86_64")
    for path in folder.glob("**/*.so"):
        subprocess.run([program, "--strip-unneeded", "-o", f"{path}.new", str(path)], check=True)
        os.replace(f"{path}.new", path)  # not in place: it may be the cache's own


def private_key():
    """What looks like a key, and is none."""
    body = base64.b64encode(b"".join(hashlib.sha256(bytes([number])).digest() for number in range(20))).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----", ""])


REPORTS = Bundle(("pandas==2.2.3", "numpy==2.1.3", "sqlalchemy==2.0.36"), "import pandas, sqlalchemy.orm")
LATER = "import sqlalchemy.orm\n\n\ndef report(rows):\n    import pandas\n\n    return pandas.DataFrame(rows)"
QUERIES = Bundle(("sqlalchemy==2.0.36",), "import sqlalchemy.orm")
TABLES = REPORTS._replace(code="import pandas, numpy.testing")
TESTED = ("requests==2.32.3", "pytest==8.3.3", "types-requests==2.32.0.20241016")
STUBS = ("pyjwt==2.9.0", "mypy-boto3-s3==1.35.0")
TYPED = "from typing import TYPE_CHECKING\n\nimport jwt\n\nif TYPE_CHECKING:\n    from mypy_boto3_s3 import S3Client"
YAML = Bundle(("pyyaml==6.0.2",), "import yaml")
COMPILED = REQUESTS._replace(runtime=f"python{RUNNING}", change=with_bytecode("TIMESTAMP"))
HASHED = COMPILED._replace(change=with_bytecode("UNCHECKED_HASH"))

CASES = [
    # serverless-python-requirements#350, datadog-lambda-python#111: with layers
    case(
        "with-a-layer", "LL601", LXML._replace(layer=True, change=with_zeros("models/labels.bin", 255_000_000)),
        LXML._replace(layer=True, change=with_zeros("models/labels.bin", 150_000_000)), "",
        "function and layers would unpack to", "more than the 262,144,000 that Lambda takes", "lxml 5.3.0",
        "Remove what the function does not need, or deploy a container image", severity="error",
    ),
    # aws-sdk-pandas#1645: sizes and starts that nobody saw grow
    case(
        "unzipped", "LL603", Heavy(NUMPY, 'budgets = { unzipped = "30 MB" }'),
        Heavy(REQUESTS, 'budgets = { unzipped = "30 MB" }'), "", "more than the budget of 31,457,280", "numpy",
        "lambdalint bundle tells what takes how much", severity="error",
    ),
    case(
        "zipped", "LL603",
        Heavy(JWT._replace(change=with_zeros("fonts/noto.ttc", 24_000_000)), "budgets = { zipped = 1_000_000 }", DATE),
        Heavy(JWT, "budgets = { zipped = 1_000_000 }", DATE), "", "more than the budget of 1,000,000", severity="error",
    ),
    case(
        "modules", "LL603", Heavy(REQUESTS, "budgets = { init-modules = 20 }"),
        Heavy(REQUESTS._replace(code="def fetch(url):\n    import requests\n\n    return requests.get(url, timeout=3)"),
              "budgets = { init-modules = 20 }"),
        "", "the entry point loads", "more than the budget of 20", severity="error",
    ),
    # terraform-aws-lambda#348
    case(
        "boto3", "LL604", Heavy(BOTO, 'sdk = "runtime"'), Heavy(JWT._replace(code="import boto3, jwt"), 'sdk = "runtime"'),
        "boto3-1.35.0.dist-info", "boto3 1.35.0, botocore 1.35", "bytes, though the project's policy is the runtime's SDK",
        'Leave it out, or say sdk = "bundled"',
    ),
    case("nobody-decided", "LL604", BOTO, Heavy(BOTO, 'sdk = "bundled"'), "boto3-1.35.0.dist-info",
         "in a version that AWS chooses", severity="info"),
    # serverless-python-requirements#305: everything that the project's own environment has
    case(
        "pytest", "LL605", REQUESTS._replace(requirements=TESTED), REQUESTS, "pytest-8.3.3.dist-info",
        "pytest 8.3.3 is for development (tests) and nothing in the function uses it",
        "iniconfig, packaging and pluggy, which only it requires", "build the bundle without that",
    ),
    case(
        "stubs-of-requests", "LL605", REQUESTS._replace(requirements=TESTED), REQUESTS, "types_requests-",
        "for development (types)",
    ),
    case(
        "stubs-of-boto3", "LL605", Bundle(STUBS, TYPED), Bundle(STUBS[:1], TYPED), "mypy_boto3_s3-1.35.0.dist-info",
        "for development (types)",
    ),
    # serverless-python-requirements#350: most of the 250 MB by what was used once
    case(
        "pandas", "LL606", REPORTS._replace(code=QUERIES.code), QUERIES, "pandas-2.2.3.dist-info",
        "nothing in the function imports or requires pandas 2.2.3", "numpy, python_dateutil and pytz, which only it",
        "Take it out of what the function requires",
    ),
    # aws-lambda-builders#924, serverless#13889
    case(
        "SAM", "LL607", Heavy(COMPILED, date=NO_DATE), Heavy(HASHED, date=NO_DATE), "",
        f"have bytecode that python{RUNNING} rejects (its source is dated 1980 in the archive)",
        "bytes of source are compiled at each cold start", "--invalidation-mode unchecked-hash",
    ),
    case(
        "other-Python", "LL607", HASHED._replace(runtime=f"python{OTHER}"), HASHED, "",
        f"have bytecode that python{OTHER} rejects (of {RUNNING})", "the function's own Python version",
    ),
    # aws-cdk#22585 and #23313, serverless-python-requirements#305
    case(
        "everything-beside-the-code", "LL608", Heavy(REQUESTS._replace(change=put_project), date=DATE),
        Heavy(REQUESTS, date=DATE), "/.git/", "what is deployed holds .git (a repository's history): 3 files",
        "what is deployed holds .venv (a virtual environment)", "what is deployed holds .mypy_cache (a cache)",
        "what is deployed holds node_modules (packages of Node.js)", "Exclude it where the bundle is made",
    ),
    # imperva/aws-lambda-layer PR#3 deleted too much: the mended bundle still imports numpy.testing
    case(
        "tests-of-pandas", "LL609", TABLES,
        TABLES._replace(change=without("pandas/tests", "numpy/[!_]*/tests", "**/*.pyi")), "pandas-2.2.3.dist-info",
        "bytes of pandas 2.2.3 are of no use to the function: tests", "import the entry point from what is left",
        severity="info",
    ),
    # numpy#20101 is why files that auditwheel changed are left alone
    case(
        "PyYAML", "LL610", YAML, YAML._replace(change=strip), "yaml/_yaml.cpython-312-x86_64-linux-gnu.so",
        "native files of PyYAML 6.0.2 hold", "bytes of debug symbols", "Strip the files before zipping", severity="info",
    ),
    # aws-sdk-pandas#1645
    case(
        "seconds", "LL613", REPORTS, REPORTS._replace(code=LATER), "app.py", "the entry point loads", "times what boto3 takes",
        "pandas 2.2.3:", "SQLAlchemy 2.0.36:", "Import where it is used what few events need", severity="info",
    ),
    # off by default
    case(
        "nothing-compiled", "LL702", JWT, JWT._replace(architecture="arm64"), "",
        "the function is for x86_64, and it holds no native file", "Set the architecture to arm64", severity="info",
    ),
    case("kept-by-lxml", "LL702", JWT, LXML, "", "it holds no native file", severity="info"),
    # aws-cdk#22585: what lies in the project's directory is deployed
    case(
        "variables", "LL802", REQUESTS._replace(change=with_file(".env", "STAGE=prod\nDB_PASSWORD=kP9xQ7vLm2Zt8RwY4sBn\n")),
        REQUESTS._replace(change=with_file(".env.example", "STAGE=\nDB_PASSWORD=\n")), ".env",
        ".env is deployed and holds a secret in DB_PASSWORD", "read it from Secrets Manager", severity="error",
    ),
    case(
        "key", "LL802", REQUESTS._replace(change=with_file("signing.pem", private_key())), REQUESTS, "signing.pem",
        "signing.pem is deployed and holds a private key", "Take it out, revoke it", severity="error",
    ),
]  # fmt: skip


def archive(folder, target, date=DATE):
    def files():
        for path in sorted(item for item in folder.rglob("*") if item.is_file()):
            size = path.stat().st_size
            hole = size if size > HOLE else 0
            yield File(
                path.relative_to(folder).as_posix(), b"" if hole else path.read_bytes(), hole, FILE, date, ("", 1)
            )

    write_archive(target, files())


def given(heavy: Heavy, folder: pathlib.Path) -> list[str]:
    """The arguments that check a bundle, which is made in a folder."""
    folder.mkdir()
    function, *arguments = make(heavy.bundle, folder, zipped=False)
    if heavy.date is not None:
        archive(folder / "function", folder / "function.zip", heavy.date)
        function += ".zip"
    if heavy.settings:
        (folder / "lambdalint.toml").write_text(heavy.settings + "\n")
        arguments += ["--config", str(folder / "lambdalint.toml")]
    return [function, *arguments]


def told(arguments, rule, capsys, folder):
    """The findings of a rule, and what a person reads of them."""
    output = ["--output", f"json:{folder / 'report.json'}", "--output", "text"]
    cli.main(["check", *arguments, "--select", rule, *output, "--no-cache"])
    report = json.loads((folder / "report.json").read_text())
    assert not report["errors"]
    return report["findings"], " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("rule", "heavy", "mended", "path", "words", "severity"), CASES)
def test_what_people_shipped(rule, heavy, mended, path, words, severity, tmp_path, capsys):
    findings, text = told(given(heavy, tmp_path / "heavy"), rule, capsys, tmp_path)
    matching = [item for item in findings if path in item["path"]]
    assert [item["severity"] for item in matching[:1]] == [severity], findings
    assert [word for word in words if word not in text] == [], text
    assert told(given(mended, tmp_path / "mended"), rule, capsys, tmp_path)[0] == []
    if rule in ("LL609", "LL610") and runs_here(mended.bundle):
        assert loads(tmp_path / "mended" / "function")  # what was taken out was of no use


def test_the_architecture_is_advice_for_who_asks(tmp_path, capsys):
    arguments = given(Heavy(JWT), tmp_path / "one")
    cli.main(["check", *arguments, "--output", "json", "--no-cache"])
    assert "LL702" not in [item["code"] for item in json.loads(capsys.readouterr().out)["findings"]]


FILENAME = """\
resource "aws_lambda_function" "convert" {
  function_name = "convert"
  filename      = "${path.module}/function.zip"
  role          = aws_iam_role.convert.arn
  runtime       = "python3.12"
  handler       = "app.handler"
}
"""
BUCKET = """\
resource "aws_s3_object" "package" {
  bucket = "packages"
  key    = "convert.zip"
  source = "${path.module}/function.zip"
}

""" + FILENAME.replace(
    'filename      = "${path.module}/function.zip"',
    "s3_bucket     = aws_s3_object.package.bucket\n  s3_key        = aws_s3_object.package.key",
)


def test_an_archive_that_no_request_takes(tmp_path, capsys):
    """ffmpeg beside requests, through Terraform's ``filename`` and through a bucket."""
    given(Heavy(REQUESTS._replace(change=with_zeros("bin/ffmpeg", 76_000_000)), date=DATE), tmp_path / "one")
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "one" / "function.zip").rename(project / "function.zip")
    (project / "main.tf").write_text(FILENAME)
    (finding,), text = told([str(project)], "LL602", capsys, tmp_path)
    assert (finding["severity"], finding["line"], finding["function"]) == ("warning", 1, "aws_lambda_function.convert")
    assert finding["path"].endswith("main.tf")
    assert "more than Lambda takes in a request" in text
    assert "Store the archive in S3 and name it there" in text
    (project / "main.tf").write_text(BUCKET)
    assert told([str(project)], "LL602", capsys, tmp_path)[0] == []


COPIES = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: orders/, Handler: app.handler, Runtime: python3.12}
  Invoices:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: invoices/, Handler: app.handler, Runtime: python3.12}
"""
LAYER = (
    COPIES.replace("python3.12}", "python3.12, Layers: [!Ref Parsing]}")
    + """\
  Parsing:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: parsing/}
"""
)


def test_the_same_in_two_functions(tmp_path, capsys):
    """serverless-python-requirements#305: one installation in each of a project's packages."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("orders", "invoices"):
        given(Heavy(LXML), tmp_path / name)
        (tmp_path / name / "function").rename(project / name)
    (project / "template.yaml").write_text(COPIES)
    (finding,), text = told([str(project)], "LL612", capsys, tmp_path)
    assert (finding["severity"], finding["path"].rpartition("/")[2]) == ("info", "template.yaml")
    assert "Invoices, Orders each hold lxml 5.3.0: a layer would spare" in text
    assert "Put what they share into a layer" in text
    (project / "parsing").mkdir()
    (project / "orders").rename(project / "parsing" / "python")
    shutil.rmtree(project / "invoices")
    (project / "parsing" / "python" / "app.py").unlink()
    for name in ("orders", "invoices"):
        (project / name).mkdir()
        (project / name / "app.py").write_text(LXML.code + HANDLER)
    (project / "template.yaml").write_text(LAYER)
    assert told([str(project)], "LL612", capsys, tmp_path)[0] == []
