"""Number → case: the files of a project, and what is asked about them. The same number and seed are the same case."""

from __future__ import annotations

import functools
import os
import pathlib
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.bundles.made import FILE, LINK, Member, archive
from tests.bundles.native import AARCH64, X86_64, elf, macho, pe, pyc
from tests.fuzz.mutations import mutated
from tests.fuzz.programs import program

ROOT = pathlib.Path(__file__).parent.parent.parent
GROUP_LIMIT = 25  # files of one project
FILE_LIMIT = 200_000
DATA = (".yaml", ".yml", ".json", ".tf", ".tfvars", ".ts", ".js", ".toml", ".txt", ".template")
# A program for the CDK, of which there is no file in the fixtures.
TYPESCRIPT = b"""\
import * as cdk from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';

export class Orders extends cdk.Stack {
  constructor(scope: cdk.App, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const queue = new sqs.Queue(this, 'Queue', { visibilityTimeout: cdk.Duration.seconds(30) });
    const handler = new lambda.Function(this, 'Handler', {
      runtime: lambda.Runtime.PYTHON_3_12,
      code: lambda.Code.fromAsset('src'),
      handler: 'app.lambda_handler',
      timeout: cdk.Duration.minutes(1),
      environment: { ...props, QUEUE: queue.queueUrl },
    });
    handler.addEventSource(new SqsEventSource(queue, { batchSize: 10 }));
  }
}
"""
HANDLER = b"""\
import boto3


def lambda_handler(event, context):
    if not event:
        return None
    client = boto3.client('sqs')
    for record in event['Records']:
        client.send_message(QueueUrl='q', MessageBody=record['body'])
    return {'statusCode': 200}
"""


class Case(NamedTuple):
    """A project. ``arguments`` follow the command; ``valid`` tells that all of its Python parses on every version.

    ``commands`` are asked one after the other; ``change`` names what must not make a difference (`variants`).
    """

    kind: str
    files: dict[str, bytes]
    commands: tuple[tuple[str, ...], ...] = (("check",),)
    valid: bool = False
    change: str = ""


@functools.cache
def projects(corpus: str = "") -> tuple[tuple[str, ...], ...]:
    """Groups of files that belong together: those of a fixture, or of a directory of the corpus."""
    found = []
    tops = [corpus] if corpus else [str(ROOT / "fixtures"), str(ROOT / "tests" / "templates" / "samples")]
    for top in tops:
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
            if corpus:
                paths = [os.path.join(folder, name) for name in sorted(names)]
            elif set(folders) & {"good", "bad"} or not names:
                continue
            else:
                paths = [os.path.join(inner, name) for inner, _, below in os.walk(folder) for name in sorted(below)]
                folders.clear()
            kept = [path for path in paths if path.endswith((".py", *DATA)) and os.path.isfile(path)]
            kept = [path for path in kept if os.path.getsize(path) <= FILE_LIMIT]
            if any(path.endswith(".py") for path in kept):
                found.append((folder, *sorted(kept)[:GROUP_LIMIT]))
    return tuple(sorted(found))


@functools.cache
def pool(suffixes: tuple[str, ...], corpus: str = "") -> tuple[str, ...]:
    """All files with such names."""
    return tuple(path for folder, *paths in projects(corpus) for path in paths if path.endswith(suffixes))


def content(path: str) -> bytes:
    return pathlib.Path(path).read_bytes()


def project(chance: random.Random, corpus: str) -> dict[str, bytes]:
    """The files of one group as they are. Something of a configuration would end the run, and is left out."""
    folder, *paths = chance.choice(projects(corpus))
    return {os.path.relpath(path, folder): content(path) for path in paths if not path.endswith("lambdalint.toml")}


def changed(chance: random.Random, files: dict[str, bytes], corpus: str) -> dict[str, bytes]:
    """Some of the files mutated."""
    files = dict(files)
    for path in chance.sample(sorted(files), min(len(files), chance.choice((1, 1, 2, 5)))):
        python = path.endswith(".py")
        others = pool((".py",) if python else DATA, corpus) or pool((".py",))
        files[path] = mutated(chance, files[path], [content(item) for item in chance.sample(others, 1)], path)
    return files


ASKED = ((("check",),), (("check",),), (("check",), ("functions",)), (("check",), ("graph",)))


def generated(chance: random.Random, corpus: str) -> Case:
    return Case("generated", program(chance), chance.choice(ASKED), valid=True)


def generated_newer(chance: random.Random, corpus: str) -> Case:
    return Case("generated-newer", program(chance, newer=True), chance.choice(ASKED))


def mutated_program(chance: random.Random, corpus: str) -> Case:
    return Case("mutated-program", changed(chance, program(chance), ""), chance.choice(ASKED))


def mutated_project(chance: random.Random, corpus: str) -> Case:
    use = corpus if chance.random() < 0.7 else ""
    return Case("mutated-project", changed(chance, project(chance, use), use), chance.choice(ASKED))


def mutated_template(chance: random.Random, corpus: str) -> Case:
    """A template alone is changed, beside code that it names; what it is called decides which reader gets it."""
    kinds = {
        ".yaml": ("template.yaml", "serverless.yml", "stack.yml"), ".yml": ("serverless.yml", "template.yml"),
        ".json": ("template.json", "cdk.json", ".chalice/config.json", "cdk.out/Stack.template.json", "serverless.json"),
        ".tf": ("main.tf", "modules/m/main.tf"), ".tfvars": ("terraform.tfvars", "main.tf"),
        ".toml": ("pyproject.toml", "lambdalint.toml"), ".txt": ("requirements.txt", ".gitignore"),
        ".ts": ("lib/stack.ts", "serverless.ts"),
    }  # fmt: skip
    use = corpus if chance.random() < 0.5 else ""
    suffix = chance.choice(sorted(kinds))
    paths = pool((suffix,), use) or pool((suffix,))
    data = content(chance.choice(paths)) if paths else TYPESCRIPT
    name = chance.choice(kinds[suffix])
    files = {"src/app.py": HANDLER, name: mutated(chance, data, [content(chance.choice(pool(DATA)))], name)}
    if suffix == ".ts":
        files["package.json"] = b'{"dependencies": {"aws-cdk-lib": "2.100.0"}}'
        files["cdk.json"] = b'{"app": "npx ts-node bin/app.ts"}'
    return Case("mutated-template", files, (("check",), ("functions",), ("graph",)))


def noise(chance: random.Random, corpus: str) -> Case:
    """Bytes that mean nothing, under every name that is read."""
    names = (
        "src/other.py", "template.yaml", "template.json", "serverless.yml", "main.tf", "cdk.json", "app.ts", "bundle.zip",
        "requirements.txt", ".gitignore", "pyproject.toml", ".chalice/config.json", "cdk.out/manifest.json", "poetry.lock",
    )  # fmt: skip
    files = {"src/app.py": HANDLER}
    for name in chance.sample(names, 4):
        size = chance.choice((0, 1, 10, 1000, 50_000))
        ascii_ = bytes(range(32, 127)) + b"\n" * 8 + b"    "
        files[name] = chance.randbytes(size) if chance.random() < 0.5 else bytes(chance.choices(ascii_, k=size))
    return Case("noise", files, (("check",), ("functions",)))


def packed(chance: random.Random) -> bytes:
    """An archive with what bundles hold, of which some is mutated, and some of what the archive says is a lie."""
    members: list[Member] = [Member("app.py", HANDLER)]
    paths = pool((".py",))
    native = (elf(X86_64, needs=("libz.so.1",)), elf(AARCH64, versions=[("libc.so.6", "GLIBC_2.99")]), macho(), pe())
    metadata = b"Metadata-Version: 2.1\nName: thing\nVersion: 1.0\nRequires-Dist: other>=1; python_version < '3.9'\n"
    wheel = b"Wheel-Version: 1.0\nTag: cp312-cp312-manylinux_2_17_x86_64\n"
    record = b"thing/__init__.py,sha256=abc,10\nthing/native.so,,\n../outside,,\n"
    code = b"import os\ntry:\n    import thing.native\nexcept ImportError:\n    native = None\n"
    kinds: list[Callable[[], Member]] = [
        lambda: Member("thing/__init__.py", code),
        lambda: Member(f"thing/{chance.choice('abc')}.py", content(chance.choice(paths))),
        lambda: Member("thing-1.0.dist-info/METADATA", metadata),
        lambda: Member("thing-1.0.dist-info/WHEEL", wheel),
        lambda: Member("thing-1.0.dist-info/RECORD", record),
        lambda: Member("thing-1.0.dist-info/top_level.txt", b"thing\n"),
        lambda: Member("thing-1.0.dist-info/entry_points.txt", b"[console_scripts]\nx = thing:main\n"),
        lambda: Member("thing/native.cpython-312-x86_64-linux-gnu.so", chance.choice(native)),
        lambda: Member("lib/libthing.so", chance.choice(native)),
        lambda: Member("thing/__pycache__/__init__.cpython-312.pyc", pyc(3531) + b"code"),
        lambda: Member("python/lib/thing.py", b"x = 1\n"),
        lambda: Member(
            chance.choice(("../a.py", "/etc/passwd", "a\\b.py", "con.py", "a\0b.py", "", "a/", "\udcff.py")).encode(
                "utf-8", "surrogateescape"
            ),
            b"x",
        ),
        lambda: Member("link", b"../../etc/passwd", mode=LINK),
        lambda: Member("requirements.txt", b"thing==1.0\n-r other.txt\n"),
        lambda: Member("inner.zip", archive(("x.py", b"x = 1\n"))),
        lambda: Member(".env", b"AWS_SECRET_ACCESS_KEY=abcdefgh\n"),
    ]
    members += [chance.choice(kinds)() for _ in range(chance.choice((1, 5, 15)))]
    for at in range(len(members)):
        member = members[at]
        if chance.random() < 0.3:
            name = member.name if isinstance(member.name, str) else ".bin"
            member = member._replace(
                data=mutated(chance, member.data, [HANDLER], name if name.endswith((".py", ".so")) else "a.txt")
            )
        if chance.random() < 0.05:
            lie = {
                chance.choice(("size", "packed", "crc", "offset", "flags", "method", "version")): chance.choice(
                    (0, 1, 77, 0xFFFF)
                )
            }
            member = member._replace(**{chance.choice(("header", "directory")): lie})
        if chance.random() < 0.05:
            member = member._replace(mode=chance.choice((FILE, LINK, 0, 0o040755, 0o010644)))
        members[at] = member
    end = (
        {chance.choice(("count", "length", "offset", "disk")): chance.choice((0, 1, 0xFFFF))}
        if chance.random() < 0.1
        else None
    )
    data = archive(*members, end=end)
    return mutated(chance, data, [data], "a.zip") if chance.random() < 0.5 else data


def mutated_archive(chance: random.Random, corpus: str) -> Case:
    told = (
        "--handler",
        "app.lambda_handler",
        "--runtime",
        f"python3.{chance.randrange(9, 15)}",
        "--arch",
        chance.choice(("x86_64", "arm64")),
    )
    files = {"function.zip": packed(chance)}
    if chance.random() < 0.3:
        files["layer.zip"] = packed(chance)
        told += ("--layer", "layer.zip")
    return Case("mutated-archive", files, (("check", "function.zip", *told), ("bundle", "function.zip", *told)))


def deployed_directory(chance: random.Random, corpus: str) -> Case:
    """The same, unpacked."""
    files = {"function/app.py": HANDLER, "function/thing-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n",
             "function/thing-1.0.dist-info/RECORD": b"thing/__init__.py,,\n", "function/thing/__init__.py": b"from . import x\n",
             "function/thing/x.so": elf(X86_64), "requirements.txt": b"thing>=1\nother\n",
             "pyproject.toml": b"[project]\nname = 'x'\nversion = '1'\ndependencies = ['thing>=1']\n[dependency-groups]\ndev = ['pytest']\n"}  # fmt: skip
    for path in chance.sample(sorted(files), chance.choice((1, 2, 4))):
        files[path] = mutated(chance, files[path], [HANDLER], path)
    told = ("--handler", "app.lambda_handler", "--runtime", "python3.12", "--arch", "x86_64")
    return Case("deployed-directory", files, (("check", "function", *told), ("bundle", "function", *told)))


def varied(chance: random.Random, corpus: str) -> Case:
    """A project, and a change that must make no difference."""
    from tests.fuzz.variants import VARIANTS

    kind = chance.random()
    files = program(chance) if kind < 0.5 else project(chance, corpus if kind < 0.8 else "")
    return Case("varied", files, change=chance.choice(sorted(VARIANTS)))


KINDS: Sequence[Callable[[random.Random, str], Case]] = (
    generated, generated, generated_newer, mutated_program, mutated_program, mutated_project, mutated_project, mutated_project,
    mutated_template, mutated_template, noise, mutated_archive, mutated_archive, deployed_directory, varied, varied,
)  # fmt: skip


def case(seed: int, number: int, corpus: str = "") -> Case:
    """The case of a number."""
    chance = random.Random(f"{seed}:{number}")
    return KINDS[number % len(KINDS)](chance, corpus)
