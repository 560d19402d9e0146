"""One input takes at most ten seconds of CPU and 512 MiB; an archive unpacks to 1 GiB at most, whatever it says of itself."""

import json
import random
import resource
import struct
import sys
import zipfile
import zlib

import pytest

from tests.processes import LAUNCHER, environment, measured

SECONDS = 10
MEBIBYTES = 512
SENTINEL = "import boto3\n\n\ndef handler(event, context):\n    return boto3.client('s3')\n"


def bounded(folder, *arguments):
    """Exit status, the report, peak memory in MiB of a run that is killed after `SECONDS` of CPU."""
    status, output, used = measured(
        sys.executable, LAUNCHER, *arguments, "--no-cache", "--output", "json", cwd=folder, env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
    )  # fmt: skip
    return status, json.loads(output), used


def yaml_bomb():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)
    ]
    return (
        "AWSTemplateFormatVersion: 2010-09-09\n"
        + "\n".join(rows)
        + "\nResources: {F: {Type: AWS::Lambda::Function, Properties: *a11}}\n"
    )


def merge_bomb():
    rows = ["a0: &a0 {k: v}"] + [f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "AWSTemplateFormatVersion: 2010-09-09\n" + "\n".join(rows) + "\nResources: *a8\n"


def one_function(body):
    return f"import boto3\n\n\ndef handler(event, context):\n    s3 = boto3.client('s3')\n{body}"


SOURCES = {
    "ten megabytes": "x = '" + "a" * 10_000_000 + "'\n",
    "wide list": "x = [" + "1," * 150_000 + "]\n",
    "many lines": one_function("    x = 1\n" * 60_000),
    "many calls": one_function("    s3.get_object(Bucket='b', Key='k')\n" * 10_000),
    "many functions": "import boto3\n" + "".join(f"def f{n}(event):\n    boto3.client('s3')\n    return f{n + 1}(event)\n" for n in range(5_000)),
    "many handlers": "import boto3\n" + "def handler(event, context):\n    return boto3.client('s3')\n" * 5_000,
    "parentheses": "x = " + "(" * 100_000,
    "calls in calls": one_function("    " + "f(" * 190 + "s3" + ")" * 190 + "\n"),
    "chain": one_function("    s3" + ".get()" * 5_000 + "\n"),
    "additions": one_function("    x = " + " + ".join(["s3"] * 5_000) + "\n"),
    "comparisons": one_function("    x = " + " < ".join(["s3"] * 50_000) + "\n"),
    "conditions": one_function("    if s3:\n        pass\n" + "    elif s3:\n        pass\n" * 4_000),
    "nested loops": one_function("".join(f"{'    ' * (n + 1)}for x{n} in s3:\n" for n in range(19)) + "    " * 20 + "s3.get_object(Bucket='b', Key='k')\n"),
    "constants": "x = 9 ** 9 ** 9 ** 9\ny = 'a' * 10 ** 12\nz = 1 << 10 ** 12\nw = '%1000000000000d' % 1\n",
    "comments": "# lambdalint: ignore[" + "LL101, " * 100_000 + "\n" + "# lambdalint: ignore\n" * 20_000,
    "branches": one_function("".join(f"    if event['{n}']:\n        s3 = event\n    else:\n        s3 = boto3.client('s{n}')\n" for n in range(1_000)) + "    s3.get_object()\n"),
    "aliases": one_function("".join(f"    a{n} = a{n - 1}\n" if n else "    a0 = s3\n" for n in range(5_000)) + "    a4999.get_object()\n"),
}  # fmt: skip
TEMPLATES = {
    "aliases of aliases": ("template.yaml", yaml_bomb()),
    "merges of merges": ("template.yaml", merge_bomb()),
    "flow": ("template.yaml", "Resources: " + "[" * 20_000),
    "blocks": ("template.yaml", "Resources:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 2_000))),
    "objects": ("template.json", '{"Resources":' + '{"a":' * 100_000),
    "megabytes": ("template.yaml", "AWSTemplateFormatVersion: 2010-09-09\nResources:\n" + "  F: {Type: AWS::Lambda::Function}\n" * 300_000),
    "blocks of Terraform": ("main.tf", 'resource "aws_lambda_function" "f" {\n' + "a {\n" * 20_000),
    "parentheses of Terraform": ("main.tf", 'resource "aws_lambda_function" "f" {\n  handler = ' + "(" * 50_000 + ")" * 50_000 + "\n}\n"),
    "interpolations": ("serverless.yml", "service: s\nprovider: {name: aws}\ncustom:\n" + "".join(f"  a{n}: ${{self:custom.a{n - 1}}}${{self:custom.a{n - 1}}}\n" for n in range(1, 60)) + "functions: {f: {handler: '${self:custom.a59}'}}\n"),
    "locals": ("main.tf", "locals {\n" + "".join(f'  a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"\n' for n in range(1, 60)) + '}\nresource "aws_lambda_function" "f" { handler = local.a59 }\n'),
}  # fmt: skip


def assert_bounded(folder, name, *arguments):
    (folder / "sentinel.py").write_text(SENTINEL)
    status, report, peak = bounded(folder, "check", *arguments, ".")
    assert status in (0, 1)
    assert peak <= MEBIBYTES
    assert report["errors"] == []
    assert "sentinel.py" in report["analysed"]
    assert name in {*report["analysed"], *(item["path"] for item in report["skipped"])}


@pytest.mark.parametrize("kind", SOURCES)
def test_source(tmp_path, kind):
    (tmp_path / "app.py").write_text(SOURCES[kind])
    assert_bounded(tmp_path, "app.py", "--select", "ALL")


@pytest.mark.parametrize("kind", TEMPLATES)
def test_template(tmp_path, kind):
    name, text = TEMPLATES[kind]
    (tmp_path / name).write_text(text)
    assert_bounded(tmp_path, name, "--select", "ALL")


def filled(size, noise):
    """``size`` bytes, deflated, and their checksum; of equal parts that end in ``noise``, each deflated once."""
    part = bytes(min(size, 64 << 20) - len(noise)) + noise
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(size // len(part)):
        checksum = zlib.crc32(part, checksum)
    return packed * (size // len(part)) + b"\x03\x00", checksum


def pack(path, files, names, size, noise=b""):
    """An archive of ``files`` and of members of ``size`` bytes each."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with open(path, "r+b") as target:
        data = target.read()
        start = data.index(b"PK\1\2")
        end = data.index(b"PK\5\6")
        body, directory = [data[:start]], [data[start:end]]
        packed, checksum = filled(size, noise)
        offset = start
        for name in names:
            about = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, checksum, len(packed), size, len(name), 0)
            body.append(b"PK\3\4" + about + name.encode() + packed)
            directory.append(
                b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name.encode()
            )
            offset += len(body[-1])
        table = b"".join(directory)
        count = len(files) + len(names)
        target.seek(0)
        target.write(
            b"".join(body) + table + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(table), offset, 0)
        )


KINDS = ("m{}.py", "m{}.so", "m{}-1.0.dist-info/METADATA", "m{}-1.0.dist-info/RECORD", "m{}.pyc", "m{}/__init__.py")
TOLD = ("--handler", "app.handler", "--runtime", "python3.13", "--arch", "x86_64")


def archive(folder, members, size, noise=b""):
    """An archive with members of each kind that is read, and a module beside it."""
    names = [KINDS[number % len(KINDS)].format(number) for number in range(members)]
    pack(folder / "app.zip", {"app.py": "import m0\n" + SENTINEL}, names, size, noise)
    (folder / "sentinel.py").write_text(SENTINEL)


@pytest.mark.parametrize(("members", "size"), [(1, 31 * (64 << 20)), (40, 48 << 20), (20_000, 100_000)])
def test_an_archive_beyond_the_limits(tmp_path, members, size):
    """Nearly 2 GiB: it is not unpacked at all, and what lies beside it is analysed."""
    archive(tmp_path, members, size)
    status, report, peak = bounded(tmp_path, "check", "--select", "ALL", "app.zip", "sentinel.py", *TOLD)
    assert status == 1
    assert peak <= MEBIBYTES / 4
    (skipped,) = report["skipped"]
    assert (skipped["path"], skipped["reason"][:19]) == ("app.zip", "it would unpack to ")
    assert "sentinel.py" in report["analysed"]


@pytest.mark.parametrize(("members", "size"), [(6, 128 << 20), (12, 64 << 20)])
def test_an_archive_within_the_limits(tmp_path, members, size):
    """768 MiB, of which no more is unpacked than is looked at."""
    archive(tmp_path, members, size, random.Random(0).randbytes(500_000))
    for command in (["check", "--select", "ALL", "app.zip", "sentinel.py"], ["bundle", "app.zip"]):
        status, report, peak = bounded(tmp_path, *command, *TOLD)
        assert status == (1 if command[0] == "check" else 0)
        assert peak <= MEBIBYTES
        assert report.get("errors", []) == []
        if command[0] == "check":
            assert "app.zip" in report["analysed"]
            assert "m0.py" in {item["path"].rpartition("/")[2] for item in report["skipped"]}
