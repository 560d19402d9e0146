"""What earlier runs leave: the output with a cache is that without one, whatever happened to the project or the cache."""

import errno
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies

from lambdalint import cache, cli, engine, model, replay, rules, settings
from lambdalint.codec import Codec, Mismatch
from lambdalint.templates import values
from lambdalint.tree import DirectoryTree, Seen

ROOT = Path(__file__).parent.parent
REPLAYED = "nothing has changed since a run"

HANDLERS = (
    "import boto3\n\n\ndef handler(event, context):\n    return boto3.client('s3').list_buckets()\n",
    "import boto3\n\nclient = boto3.client('s3')\n\n\ndef handler(event, context):\n    return client.list_buckets()\n",
    "import requests\n\n\ndef handler(event, context):\n    return requests.get('https://example.com').json()\n",
    "from helpers import load\n\n\ndef handler(event, context):\n    return load(event)\n",
    "import time\n\nseen = []\n\n\ndef handler(event, context):\n    seen.append(event)\n    time.sleep(5)\n",
    "from shared.store import save\n\n\ndef handler(event, context):\n    save(event['id'])\n",
    "import broken\n\n\ndef handler(event, context)\n    return 1\n",
    "import boto3\n\n\ndef handler(event, context):\n    boto3.client('lambda').invoke(FunctionName='x')  # lambdalint: ignore[client-in-handler]\n",
)
MODULES = (
    "import boto3\n\n\ndef load(event):\n    return boto3.resource('dynamodb').Table('t').get_item(Key=event)\n",
    "def load(event):\n    return event\n\n\ndef save(key):\n    return key\n",
    "import boto3\n\n\ndef save(key):\n    boto3.client('sns').publish(TopicArn='t', Message=key)\n",
)
CONFIGURATIONS = (
    "",
    "ignore = ['LL101']\n",
    "extend-select = ['LL102']\nmin-confidence = 'high'\n",
    "exclude = ['f1/']\n",
    "functions = ['shared/store.py:save']\n",
    "[per-file-ignores]\n'f*/app.py' = ['LL1']\n",
)


def template(draw):
    """A SAM template of some of the functions."""
    lines = ["Transform: AWS::Serverless-2016-10-31", "Resources:"]
    for number in range(draw.randint(1, 4)):
        timeout = draw.choice((3, 30, 900))
        runtime = draw.choice(("python3.13", "python3.9", "nodejs22.x"))
        lines += [
            f"  F{number}:",
            "    Type: AWS::Serverless::Function",
            f"    Properties: {{CodeUri: f{number}/, Handler: app.handler, Runtime: {runtime}, Timeout: {timeout}}}",
        ]
    return "\n".join(lines) + "\n"


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    for number in range(8):
        write(root, f"f{number}/app.py", HANDLERS[number % len(HANDLERS)])
    write(root, "f3/helpers.py", MODULES[0])
    write(root, "shared/store.py", MODULES[2])
    write(root, "template.yaml", template(random.Random(1)))
    write(root, "lambdalint.toml", "")
    return root


@pytest.fixture
def run(capsys):
    """Run a command in this process: what it prints, its status, and what it says of the cache."""

    def call(root, *arguments, command="check"):
        status = cli.main([command, str(root), *map(str, arguments), "-v"])
        told = capsys.readouterr()
        return told.out, status, told.err

    return call


def store():
    return Path(os.environ[cache.VARIABLE])


def entries():
    return sorted(path for path in store().iterdir() if len(path.name) == 64)


# The property


def edit(root, draw):
    """Change something about a project; what changed."""
    every = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py") if path.is_file())
    some = draw.choice(every) if every else "f0/app.py"
    what = draw.randrange(14)
    if what < 4:
        write(root, some, draw.choice(HANDLERS + MODULES))
    elif what == 4:
        write(root, f"f{draw.randrange(10)}/{draw.choice(('helpers', 'boto3', 'new', 'app'))}.py", draw.choice(MODULES))
    elif what == 5 and len(every) > 8:
        (root / some).unlink()
    elif what == 6:
        (root / some).rename(root / some.replace(".py", "_.py"))
    elif what == 7:
        write(root, "template.yaml", template(draw))
    elif what == 8:
        write(root, "lambdalint.toml", draw.choice(CONFIGURATIONS))
    elif what == 9:
        for path in every:
            os.utime(root / path, (draw.randrange(10**9), draw.randrange(10**9)))
    elif what == 10:
        write(root, f"f{draw.randrange(8)}/{draw.choice(('helpers', 'shared'))}/__init__.py", draw.choice(MODULES))
    elif what == 11:
        write(root, ".gitignore", draw.choice(("f2/\n", "*_.py\n", "")))
    elif what == 12:
        write(root, f"{draw.choice(('', 'f1/', 'docs/'))}README.md", str(draw.random()))
    else:
        write(root, "f5/requests-2.0.dist-info/RECORD", "requests/__init__.py,,\n")
    return what, some


@pytest.mark.parametrize(("seed", "jobs"), [(0, "1"), (1, "2"), (2, "auto")])
def test_edits_of_any_kind_give_what_a_run_without_a_cache_gives(project, run, seed, jobs):
    draw = random.Random(seed)
    replayed = 0
    history = []
    for _ in range(20):
        for output in ("json", "text"):
            expected, status, _ = run(project, "--no-cache", "--output", output, "--jobs", "1")
            found, same, said = run(project, "--output", output, "--jobs", jobs)
            assert (found, same) == (expected, status), history
            replayed += REPLAYED in said
        history.append(edit(project, draw))
    assert replayed >= 20  # the second output at least


@pytest.mark.parametrize(
    ("command", "output"),
    [("functions", "text"), ("functions", "json"), ("graph", "mermaid"), ("check", "sarif"), ("check", "github")],
)
def test_other_commands_and_formats(project, run, command, output):
    expected = run(project, "--no-cache", "--output", output, command=command)[:2]
    first = run(project, "--output", output, command=command)
    second = run(project, "--output", output, command=command)
    assert (first[:2], second[:2]) == (expected, expected)
    assert REPLAYED in second[2]
    assert REPLAYED not in first[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--function", "F0"],
        ["--min-severity", "error"],
        ["--statistics"],
        ["--fail-on", "info", "--output", "concise"],
        ["--baseline", "accepted.json"],
    ],
)
def test_what_is_shown_is_decided_anew(project, run, monkeypatch, arguments):
    monkeypatch.chdir(project)
    run(project)
    cli.main(["baseline", "create", ".", "--no-cache"])
    (project / "lambdalint-baseline.json").rename(project / "accepted.json")
    expected = run(project, "--no-cache", *arguments)[:2]
    found = run(project, *arguments)
    assert found[:2] == expected
    assert REPLAYED in found[2]


def test_files_that_are_named_limit_what_is_reported_alone(project, run):
    run(project)
    expected = run(project / "f0" / "app.py", project / "template.yaml", "--no-cache")[:2]
    first = run(project / "f0" / "app.py", project / "template.yaml")
    second = run(project / "f1" / "app.py", project / "template.yaml")
    assert first[:2] == expected
    assert REPLAYED in second[2]


# What counts


def test_a_fresh_checkout_finds_what_another_one_left(project, run, tmp_path):
    expected = run(project)[:2]
    copy = tmp_path / "elsewhere" / "checkout"
    shutil.copytree(project, copy)
    found = run(copy)
    assert found[:2] == expected
    assert REPLAYED in found[2]


def test_nobody_asks_about_other_files(project, run):
    run(project)
    write(project, "report.sarif", "{}")
    write(project, "shared/notes.md", "")
    write(project, "shared/__pycache__/store.cpython-313.pyc", "")
    assert REPLAYED in run(project)[2]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("f3/helpers/__init__.py", "def load(event):\n    return 1\n"),  # a package goes before the module
        ("f3/app.py", HANDLERS[0]),
        ("template.yaml", "Resources: {}\n"),
        (".gitignore", "f1/\n"),
        ("requests.py", "def get(url):\n    return url\n"),
    ],
)
def test_what_matters_is_seen(project, run, path, text):
    run(project)
    write(project, path, text)
    found = run(project)
    assert REPLAYED not in found[2]
    assert found[:2] == run(project, "--no-cache")[:2]


def test_links_count_by_what_they_lead_to(project, run, tmp_path):
    write(tmp_path, "outside.py", MODULES[0])
    (project / "f3" / "helpers.py").unlink()
    (project / "f3" / "helpers.py").symlink_to(project / "shared" / "store.py")
    run(project)
    assert REPLAYED in run(project)[2]
    (project / "f3" / "helpers.py").unlink()
    (project / "f3" / "helpers.py").symlink_to(tmp_path / "outside.py")
    found = run(project)
    assert REPLAYED not in found[2]
    assert found[:2] == run(project, "--no-cache")[:2]


def test_an_archive_counts_by_its_content(project, run):
    archive = Path(shutil.make_archive(str(project / "built"), "zip", project / "f0"))
    write(
        project,
        "template.yaml",
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        "      {Handler: app.handler, Runtime: python3.13, Code: built.zip}\n",
    )
    expected = run(project, "--no-cache")[:2]
    assert run(project)[:2] == expected
    os.utime(archive, (1, 1))
    found = run(project)
    assert found[:2] == expected
    assert REPLAYED in found[2]
    shutil.make_archive(str(project / "built"), "zip", project / "f3")
    found = run(project)
    assert REPLAYED not in found[2]
    assert found[:2] == run(project, "--no-cache")[:2]


def test_what_is_in_an_archive_is_shown(project, run):
    write(project, "packed/app.py", HANDLERS[0])
    shutil.make_archive(str(project / "built"), "zip", project / "packed")
    shutil.rmtree(project / "packed")
    write(
        project,
        "template.yaml",
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        "      {Handler: app.missing, Runtime: python3.13, Code: built.zip}\n",
    )
    expected = run(project, "--no-cache", "--select", "ALL")
    assert "built.zip" in expected[0]
    run(project, "--select", "ALL")
    found = run(project, "--select", "ALL")
    assert REPLAYED in found[2]
    assert found[:2] == expected[:2]


def test_a_directory_that_is_deployed_counts_with_all_that_is_in_it(project, run):
    write(project, "f0/requests-2.0.dist-info/RECORD", "requests/__init__.py,,\n")
    write(project, "f0/requests/__init__.py", "")
    run(project)
    assert REPLAYED in run(project)[2]
    write(project, "f0/node_modules/big.js", "x" * 1000)
    found = run(project)
    assert REPLAYED not in found[2]
    assert found[:2] == run(project, "--no-cache")[:2]


def test_the_day_counts_where_a_template_declares_something(project, run, monkeypatch):
    run(project)
    monkeypatch.setattr(replay, "today", lambda: "2040-01-01")
    assert REPLAYED not in run(project)[2]
    assert REPLAYED in run(project)[2]
    (project / "template.yaml").unlink()
    run(project)
    monkeypatch.setattr(replay, "today", lambda: "2041-01-01")
    assert REPLAYED in run(project)[2]


def test_another_program_does_not_count(project, run, monkeypatch, tmp_path):
    run(project)
    write(tmp_path, "more/ll999_new.txt", "no rule")
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path / "more")])
    assert REPLAYED in run(project)[2]
    before = replay._program()
    write(tmp_path, "more/deep/helper.py", "changed = 1\n")
    once = replay._program()
    write(tmp_path, "more/deep/helper.py", "changed = 2\n")
    assert len({before, once, replay._program()}) == 3
    assert REPLAYED not in run(project)[2]


def test_what_a_worker_has_seen_is_seen(project, run):
    for number in range(20):
        write(project, f"unused/m{number}.py", "x = 1\n")
    one, many = (run(project, "--jobs", jobs, "--cache-dir", project.parent / jobs) for jobs in "12")
    assert one == many
    stores = [cache.Cache(str(project.parent / jobs)) for jobs in "12"]
    names = [[path.name for path in Path(item.path).iterdir() if len(path.name) == 64] for item in stores]
    assert names[0] == names[1]
    seen = [json.loads(item.get(names[0][0]))["seen"] for item in stores]
    assert seen[0] == seen[1]
    assert {f"unused/m{number}.py" for number in range(20)} <= set(seen[0]["files"])
    write(project, "unused/m7.py", "x = 1 +\n")
    assert REPLAYED not in run(project, "--jobs", "2", "--cache-dir", project.parent / "2")[2]


def test_what_two_processes_saw_differently_is_not_kept():
    one, other = Seen(), Seen()
    one.files.update(a="1", b="2")
    other.files.update(b="3", c="4")
    one.absent["d"] = {"x"}
    other.absent["d"] = {"y"}
    one.add(other)
    assert one.files == {"a": "1", "b": "", "c": "4"}
    assert one.absent == {"d": {"x", "y"}}


def test_other_parsers_do_not_count(monkeypatch, tmp_path):
    packages = tmp_path / "site-packages"
    (packages / "libcst-1.9.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(packages)])
    before = replay._program()
    (packages / "numpy-2.0.dist-info").mkdir()
    assert replay._program() == before
    (packages / "libcst-1.9.0.dist-info").rename(packages / "libcst-1.9.1.dist-info")
    assert replay._program() != before


def test_what_no_analysis_gets_to_see(project, run, monkeypatch):
    seen = []

    def check(project, given, **options):
        seen.append((project, given))
        return model.Report()

    monkeypatch.setattr(engine, "check", check)
    run(project, "--fail-on", "info", "--output", "json", "--exit-zero", "--statistics", "--select", "LL1")
    project_, given = seen[0]
    assert {name: getattr(given, name) for name in replay.SHOWN} == {
        name: settings.Settings._field_defaults[name] for name in replay.SHOWN
    }
    assert given.select == ("LL1",)
    assert (project_.only, project_.named, project_.excluded) == (None, (), 0)


def test_a_failure_of_a_rule_is_told_each_time(project, run, monkeypatch):
    failing = model.Report(internal_errors=("rule x failed",))
    monkeypatch.setattr(engine, "check", lambda *given, **options: failing)
    assert run(project)[1] == 2
    assert run(project)[1] == 2
    assert not store().exists()


def test_what_changes_while_it_is_analysed_is_not_kept(project, run, monkeypatch):
    check = engine.check

    def meanwhile(given, *others, **options):
        given.tree.read("f0/app.py", 1000)
        write(project, "f0/app.py", HANDLERS[1])
        return check(given, *others, **options)

    monkeypatch.setattr(engine, "check", meanwhile)
    run(project)
    assert not store().exists()


def test_what_is_never_kept(project, run, capsys, monkeypatch):
    small = project / "small"
    write(small, "lambdalint.toml", "")
    write(small, "app.py", HANDLERS[0])
    shutil.rmtree(project / ".git")
    monkeypatch.chdir(small)
    run(small)  # few inputs
    run(project, "--no-cache")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(HANDLERS[0].encode())))
    assert cli.main(["check", "-", "--stdin-filename", str(project / "f0" / "app.py")]) == 1
    shutil.make_archive(str(small / "function"), "zip", project / "f0")
    run(small / "function.zip")
    assert not store().exists()


# A cache of which anything may be wrong


def test_a_cache_that_was_changed_is_none(project, run):
    expected = run(project)[:2]
    (entry,) = entries()
    whole = entry.read_bytes()
    draw = random.Random(7)
    for _ in range(200):
        data = bytearray(whole)
        kind = draw.randrange(4)
        at = draw.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at:at] = draw.randbytes(draw.randrange(1, 40))
        else:
            del data[at : at + draw.randrange(1, 400)]
        entry.write_bytes(bytes(data))
        assert cache.Cache(str(store())).get(entry.name) is None
    entry.write_bytes(whole[:-1])
    found = run(project)
    assert found[:2] == expected
    assert REPLAYED not in found[2]
    assert entry.read_bytes() == whole


def kept(content, project):
    """The report that an entry with some content gives for a project as it is."""
    tree = DirectoryTree(str(project))
    document, unchanged = replay._entry(content, tree)
    return replay._kept(document, tree) if unchanged else None


def spoilt(value, draw, depth=0):
    """A document of JSON in which one value is another one."""
    if isinstance(value, (list, dict)) and value and draw.random() < 0.9:
        copy = list(value) if isinstance(value, list) else dict(value)
        key = draw.randrange(len(copy)) if isinstance(copy, list) else draw.choice(sorted(copy))
        if isinstance(copy, list) and draw.random() < 0.1:
            del copy[key]
        else:
            copy[key] = spoilt(copy[key], draw, depth + 1)
        return copy
    return draw.choice(
        [None, True, -1, 1 << 70, 1e999, "", "../../x", "\ud800", [], [[]], {}, {"Finding": []}, {"a": 1}]
    )


def test_what_somebody_else_has_written_is_a_report_or_nothing(project, run):
    run(project)
    (entry,) = entries()
    document = json.loads(cache.Cache(str(store())).get(entry.name))
    draw = random.Random(11)
    believed = 0
    for _ in range(600):
        changed = document | {"report": spoilt(document["report"], draw), "starts": spoilt(document["starts"], draw)}
        content = json.dumps(changed).encode()
        if kept(content, project) is None:
            continue
        believed += 1
        entry.write_bytes(cache.digest(content).encode() + b"\n" + content)
        _, status, said = run(project, "--output", draw.choice(["json", "text", "sarif", "github"]))
        assert status in (0, 1), content
        assert REPLAYED in said
    assert 20 < believed < 300


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"[" * 100_000, b'{"day": ""}', b"\xff", b'{"day": "", "seen": 1}']
)
def test_what_is_no_document_is_no_report(project, run, content):
    expected = run(project)[:2]
    (entry,) = entries()
    entry.write_bytes(cache.digest(content).encode() + b"\n" + content)
    found = run(project)
    assert found[:2] == expected
    assert REPLAYED not in found[2]


def test_a_rule_that_there_is_not_cannot_be_replayed(project, run):
    run(project)
    (entry,) = entries()
    content = cache.Cache(str(store())).get(entry.name).replace(b"client-in-handler", b"no-such-rule")
    assert kept(content, project) is None


def test_what_cannot_be_an_entry(project, run, tmp_path):
    expected = run(project)[:2]
    (entry,) = entries()
    real = tmp_path / "real"
    entry.rename(real)
    for make in (lambda: entry.symlink_to(real), lambda: os.mkfifo(entry), entry.mkdir):
        make()
        found = run(project)
        assert found[:2] == expected
        assert REPLAYED not in found[2]
        entry.rmdir() if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    assert real.read_bytes()


def blocked(tmp_path, monkeypatch, kind):
    """A place where no cache can be; as root, permissions alone would not do."""
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("no directory")
    elif kind == "nowhere":
        place = Path("/proc/nothing/here")
    elif kind == "nul":
        place = Path("a\0b")
    else:
        place.mkdir()
        (place / "CACHEDIR.TAG").touch()
        number = {"full": errno.ENOSPC, "read-only": errno.EROFS}[kind]

        def refuse(*arguments):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "write" if kind == "full" else "replace", refuse)
    return place


@pytest.mark.parametrize("kind", ["file", "nowhere", "full", "read-only"])
def test_where_nothing_can_be_written_nothing_is_lost(project, run, tmp_path, monkeypatch, kind):
    place = blocked(tmp_path, monkeypatch, kind)
    expected = run(project, "--no-cache")[:2]
    for _ in range(2):
        found = run(project, "--cache-dir", place)
        assert found[:2] == expected
        assert "cannot be written" in found[2]
    assert cli.main(["check", str(project), "--cache-dir", str(place)]) == expected[1]
    if place.is_dir():
        assert [path.name for path in place.iterdir()] == ["CACHEDIR.TAG"]  # nothing half-written


def test_nobody_has_a_home(project, run, monkeypatch):
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    expected = run(project, "--no-cache")[:2]
    found = run(project)
    assert found[:2] == expected
    assert "no cache" in found[2]


def test_where_the_cache_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv(cache.VARIABLE, "given")
    assert cache.directory("/said") == "/said"
    assert cache.directory() == str(Path.cwd() / "given")
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache.directory() == "/xdg/lambdalint"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.directory() == f"{tmp_path}/.cache/lambdalint"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.directory() == f"{tmp_path}/Library/Caches/lambdalint"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache.directory() == f"{tmp_path}/lambdalint"


def test_a_repository_cannot_say_where(project, run):
    write(project, "lambdalint.toml", "cache-dir = '.cache'\n")
    assert run(project)[1] == 2
    write(project, "lambdalint.toml", "cache = false\n")
    assert run(project)[1] == 1
    assert not store().exists()


def test_the_cache_is_its_owners(project, run):
    run(project)
    assert stat.S_IMODE(store().stat().st_mode) == 0o700
    (entry,) = entries()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert (store() / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert (store() / ".gitignore").read_text() == "*\n"


def test_two_processes_on_one_cache(project, tmp_path):
    command = [sys.executable, "-m", "lambdalint", "check", str(project), "--output", "json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), cache.VARIABLE: str(tmp_path / "shared")}
    found = set()
    for _ in range(3):
        running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
        found.update((process.communicate()[0], process.returncode) for process in running)
    assert len(found) == 1
    assert [len(path.name) for path in (tmp_path / "shared").iterdir() if path.name not in cache._BESIDE] == [64]


def test_old_entries_are_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 1000)
    monkeypatch.setattr(cache, "LEFT", 700)
    kept = cache.Cache(str(tmp_path / "cache"))
    names = [cache.digest(bytes([number])) for number in range(8)]
    left = Path(kept.path) / f"{names[0]}.0123456789abcdef.tmp"
    for age, name in enumerate(names):
        kept.put(name, b"x" * 135)  # 200 bytes with the digest
        if age < 6:
            os.utime(Path(kept.path) / name, (age + 1, age + 1))
        if age == 0:
            left.touch()
            os.utime(left, (1, 1))
    (Path(kept.path) / "mine.txt").write_text("x" * 2000)
    found = [number for number, name in enumerate(names) if kept.get(name)]
    assert found == [3, 4, 5, 6, 7]  # the sixth was too much, and room was made for two more
    assert not left.exists()
    assert (Path(kept.path) / "mine.txt").exists()


def test_clean(project, run, capsys):
    run(project)
    size = sum(path.stat().st_size for path in store().iterdir())
    assert cli.main(["clean"]) == 0
    assert capsys.readouterr().err == f"lambdalint: removed 1 result, {size:,} bytes, from {store()}\n"
    assert not store().exists()
    assert cli.main(["clean", "--cache-dir", str(store())]) == 0
    assert capsys.readouterr().err == f"lambdalint: no cache in {store()}\n"


def test_clean_removes_nothing_else(project, run, capsys, tmp_path):
    run(project, "--cache-dir", project)  # of all places
    before = sorted(path.relative_to(project) for path in project.rglob("*") if path.name not in cache._BESIDE)
    kept = [path for path in before if len(path.name) != 64]
    assert len(kept) == len(before) - 1
    (project / ("0" * 64)).symlink_to(tmp_path)
    assert cli.main(["clean", "--cache-dir", str(project)]) == 0
    assert "what else lies there was left" in capsys.readouterr().err
    assert sorted(path.relative_to(project) for path in project.rglob("*")) == sorted([Path("0" * 64), *kept])


# Records and back

CODEC = Codec({name: item for name, item in {**vars(model), **vars(values)}.items() if isinstance(item, type)})
texts = strategies.text(max_size=5)
numbers = strategies.integers(0, 99)


def records(kind, *fields, **others):
    """Records with some of their fields; builds() would make up the others."""
    parts = strategies.tuples(strategies.tuples(*fields), strategies.fixed_dictionaries(others))
    return parts.map(lambda given: kind(*given[0], **given[1]))


def some(items):
    return strategies.lists(items, max_size=3).map(tuple)


locations = records(model.Location, texts, numbers, numbers, numbers, numbers)
steps = records(model.Step, locations, texts, texts)
findings = records(
    model.Finding, texts, texts, strategies.sampled_from(model.Severity), strategies.sampled_from(model.Confidence), texts,
    locations, texts, some(some(steps)), some(texts), texts, some(strategies.tuples(locations, texts)), strategies.booleans(),
)  # fmt: skip
plain = strategies.one_of(
    strategies.none(), texts, strategies.booleans(), strategies.integers(), strategies.floats(allow_nan=False)
)
states = strategies.sampled_from(model.State)
references = records(values.Reference, texts, texts, texts)
anything = strategies.deferred(
    lambda: strategies.one_of(
        plain,
        references,
        records(values.Text, some(strategies.one_of(texts, references))),
        some(held),
        some(events),
        strategies.dictionaries(texts, held, max_size=2),
    )
)
held = records(model.Value, states, anything, strategies.none() | locations, texts)
events = records(model.EventSource, texts, held, locations, strategies.dictionaries(texts, held, max_size=2))
declared = records(model.DeclaredFunction, texts, texts, locations, held, held, events=held, environment=held)
functions = records(
    model.Function, texts, texts, texts, texts, strategies.none() | texts, strategies.none() | numbers,
    declared=strategies.none() | declared,
)  # fmt: skip
nodes = records(model.GraphNode, texts, texts, texts, strategies.none() | locations, texts)
graphs = records(
    model.EventGraph, some(nodes), loops=some(some(texts)), unresolved=some(strategies.tuples(texts, texts, locations))
)
reports = records(
    model.Report, some(findings), some(records(model.Skipped, texts, texts, strategies.booleans())), some(functions),
    strategies.dictionaries(strategies.tuples(texts, texts), some(functions), max_size=2), some(texts), numbers, numbers,
    graph=graphs,
    statistics=records(model.Statistics, numbers, verdicts=strategies.dictionaries(texts, numbers)),
)  # fmt: skip


@given(reports)
def test_a_report_comes_back_as_it_was(report):
    data = json.loads(json.dumps(CODEC.write("Report", report)))
    found = CODEC.read("Report", data)
    assert found == report
    assert repr(found) == repr(report)  # 1 is True, and a Location is a tuple


def test_names_that_are_no_text_come_back():
    odd = model.Skipped("a\udc80.py", "\x00")
    assert CODEC.read("Skipped", json.loads(json.dumps(CODEC.write("Skipped", odd)))) == odd


@pytest.mark.parametrize(
    ("annotation", "value"),
    [("str", 1), ("int", True), ("Any", object()), ("tuple[str, ...]", ["a"]), ("Skipped", ("a", "b", False))],
)
def test_what_is_not_what_its_annotation_says_is_not_written(annotation, value):
    with pytest.raises(Mismatch):
        CODEC.write(annotation, value)


@pytest.mark.parametrize(
    ("annotation", "data"),
    [
        ("str", 1),
        ("int", 1.0),
        ("bool", 0),
        ("Severity", 3),
        ("Severity", [1]),
        ("State", "open"),
        ("Skipped", ["a", "b"]),
        ("Skipped", {"path": "a"}),
        ("tuple[str, str]", ["a"]),
        ("tuple[str, ...]", "ab"),
        ("Mapping[str, int]", [["a"]]),
        ("Any", [1]),
        ("Any", {"os": []}),
        ("Any", {"Report": []}),
        ("Any", {"tuple": [], "dict": []}),
        ("Any", {"dict": [[{"dict": []}, 1]]}),
    ],
)
def test_what_is_not_what_its_annotation_says_is_not_read(annotation, data):
    with pytest.raises(Mismatch):
        CODEC.read(annotation, data)


# What is left of a run when a module has changed


REUSED = "of the components are as they were"


@pytest.mark.parametrize(
    ("path", "text", "reused"),
    [
        ("f0/app.py", HANDLERS[1], True),
        ("f0/app.py", "import os\n" + HANDLERS[0], True),
        ("shared/store.py", MODULES[1], True),
        ("f2/app.py", "def handler(event, context)\n", False),  # a function less
        ("template.yaml", template(random.Random(5)), False),
        ("f8/app.py", HANDLERS[0], False),
    ],
)
def test_components_that_an_edit_leaves_as_they_were_are_not_judged_again(project, run, path, text, reused):
    run(project)
    write(project, path, text)
    for jobs in ("1", "2"):
        found = run(project, "--output", "json", "--jobs", jobs)
        alone = run(project, "--output", "json", "--no-cache")
        assert found[:2] == alone[:2]
        assert (REUSED in found[2]) == (reused and jobs == "1"), found[2]  # the second run finds all of the first one
    assert REPLAYED in run(project, "--output", "json")[2]


def test_the_component_of_an_edited_module_is_judged_again(project, run):
    def clients(output):
        return {item["path"] for item in json.loads(output)["findings"] if item["code"] == "LL101"}

    before, _, _ = run(project, "--output", "json")
    write(project, "f3/helpers.py", MODULES[1])
    after, _, said = run(project, "--output", "json")
    assert REUSED in said
    assert clients(before) - clients(after) == {"f3/helpers.py"}
    assert clients(after)


def test_a_handler_that_moves_keeps_the_others(project, run):
    run(project)
    write(project, "f1/app.py", "\n\n\n" + HANDLERS[1])  # its line is not what others depend on
    found = run(project, "--output", "json")
    assert REUSED in found[2]
    assert found[:2] == run(project, "--output", "json", "--no-cache")[:2]


def test_a_broken_module_that_is_mended_is_told_no_more(project, run):
    write(project, "f8/idle.py", "x = (\n")
    first = run(project, "--output", "json")
    assert "f8/idle.py" in first[0]
    write(project, "f8/idle.py", "x = ()\n")
    second = run(project, "--output", "json")
    assert "f8/idle.py" not in [item["path"] for item in json.loads(second[0])["skipped"]]
    write(project, "f8/idle.py", "x = (\n")
    assert run(project, "--output", "json")[0] == first[0]


def test_what_somebody_else_has_written_of_components_is_outcomes_or_nothing(project, run):
    run(project)
    (entry,) = entries()
    document = json.loads(cache.Cache(str(store())).get(entry.name))
    write(project, "f0/app.py", HANDLERS[1])
    draw = random.Random(12)
    believed = 0
    for _ in range(150):
        content = json.dumps(document | {"parts": spoilt(document["parts"], draw)}).encode()
        entry.write_bytes(cache.digest(content).encode() + b"\n" + content)
        _, status, said = run(project, "--output", draw.choice(["json", "text", "sarif", "github"]))
        assert status in (0, 1), said
        believed += REUSED in said
    assert believed > 0
