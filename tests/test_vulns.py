"""lambdalint vulns, against a service on this machine: every kind of answer, every kind of input, every format."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys

import jsonschema_rs
import pytest

from lambdalint import cli
from lambdalint.bundle import vulnerabilities
from lambdalint.bundle.vulnerabilities import Service, Vulnerability, ask, later, merged
from tests.bundles.made import archive
from tests.bundles.test_distributions import dist
from tests.service import advisory, circling, cut, dripping, serving, silent

ROOT = pathlib.Path(__file__).parent.parent
SARIF = jsonschema_rs.validator_for(json.loads((ROOT / "tests" / "data" / "sarif-schema-2.1.0.json").read_bytes()))
FORMATS = ("text", "concise", "json", "sarif", "github")

URLLIB3 = [
    advisory("GHSA-q2q7-5pp4-w6pg", "CVE-2021-33503", fixed=["1.26.5", "1.25.12"], summary="Backtracking in URLs"),
    advisory("PYSEC-2021-108", "CVE-2021-33503", fixed=["1.26.5"], summary="Backtracking"),
]
KNOWN = {("urllib3", "1.26.4"): URLLIB3, ("six", "1.16.0"): []}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Runner:
    """Runs the command against a service that knows some answers."""

    def __init__(self, capsys):
        self.capsys = capsys
        self.timeout = "60"  # this machine may have other work to do

    def __call__(self, known, *arguments, service="pypi"):
        with serving(known) as (self.fake, pypi, osv):
            url = ("--pypi-url", pypi) if service == "pypi" else ("--service", "osv", "--osv-url", osv)
            self.address = url[-1]
            status = cli.main(["vulns", *url, "--timeout", self.timeout, *arguments])
        self.out, self.err = self.capsys.readouterr()
        return status

    def document(self, known, *arguments, service="pypi"):
        self.status = self(known, *arguments, "--output", "json", service=service)
        return json.loads(self.out)


@pytest.fixture
def run(capsys):
    return Runner(capsys)


def requirements(folder, *lines, name="requirements.txt"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def told(document):
    """What is vulnerable, clean and not audited."""
    audit = document["audit"]
    return (
        [f"{item['name']} {item['version']} {item['id']}" for item in audit["vulnerable"]],
        [f"{item['name']} {item['version']}" for item in audit["clean"]],
        [f"{item['name']} {item['version'] or ''}".strip() for item in audit["not_audited"]],
    )


# Answers


@pytest.mark.parametrize("service", ["pypi", "osv"])
def test_vulnerable_and_clean(folder, run, service):
    requirements(folder, "six==1.16.0", "urllib3==1.26.4")
    document = run.document(KNOWN, service=service)
    assert (run.status, run.err) == (1, "")
    assert told(document) == (["urllib3 1.26.4 PYSEC-2021-108"], ["six 1.16.0"], [])
    assert document["audit"]["service"] == service
    assert document["audit"]["url"] == run.address
    assert document["audit"]["complete"] is True
    assert document["audit"]["vulnerable"] == [
        {
            "name": "urllib3",
            "version": "1.26.4",
            "id": "PYSEC-2021-108",
            "aliases": ["CVE-2021-33503", "GHSA-q2q7-5pp4-w6pg"],
            "fixed_versions": ["1.26.5"],
            "summary": "Backtracking",
            "link": "https://osv.dev/vulnerability/PYSEC-2021-108",
            "places": [{"path": "requirements.txt", "line": 2, "severity": "warning", "required_by": []}],
            "accepted": None,
        }
    ]
    (finding,) = document["findings"]
    assert (finding["code"], finding["severity"], finding["path"], finding["line"]) == (
        "LL804", "warning", "requirements.txt", 2,
    )  # fmt: skip
    assert finding["message"] == (
        "urllib3 1.26.4 has a known vulnerability, PYSEC-2021-108 (CVE-2021-33503, GHSA-q2q7-5pp4-w6pg)"
    )
    assert finding["remedy"] == "fixed in 1.26.5"
    assert {agent.partition("/")[0] for agent in run.fake.agents} == {"lambdalint"}


NO_ANSWER = [
    (500, "answered with status 500", True),
    (503, "answered with status 503", True),
    (429, "answered with status 429", True),
    (403, "answered with status 403", True),
    (silent, "did not answer within 0.5 s", True),
    (dripping, "did not answer within 0.5 s", True),
    (b"<html>log in</html>", "gave an answer that cannot be read (JSONDecodeError)", True),
    (b"", "gave an answer that cannot be read (JSONDecodeError)", True),
    (b"[" * 200_000, "gave an answer that cannot be read (RecursionError)", True),
    (b"[]", "answers without a word on vulnerabilities, as a mirror may", False),
    (b'{"info": {"name": "six"}}', "answers without a word on vulnerabilities, as a mirror may", False),
    (b'{"vulnerabilities": null, "vulns": null}', "answers without a word on vulnerabilities, as a mirror may", False),
    (b'{"vulnerabilities": [{}], "vulns": [{}]}', "gave an answer that cannot be read (KeyError)", True),
    (cut, "gave an answer that cannot be read (ChunkedEncodingError)", True),
]


@pytest.mark.parametrize("service", ["pypi", "osv"])
@pytest.mark.parametrize(("answer", "reason", "failed"), NO_ANSWER)
def test_an_answer_that_is_none_is_not_clean(folder, run, service, answer, reason, failed):
    requirements(folder, "six==1.16.0", "good==1.0")
    known = {("six", "1.16.0"): answer, ("good", "1.0"): []}
    run.timeout = "0.5" if answer in (silent, dripping) else run.timeout
    document = run.document(known, service=service)
    assert told(document) == ([], ["good 1.0"], ["six 1.16.0"])
    (entry,) = document["audit"]["not_audited"]
    assert entry["reason"] == f"{service} ({run.address}) {reason}"
    assert entry["service_failed"] is failed
    assert document["audit"]["complete"] is False
    assert run.status == 0
    assert run(known, "--strict", service=service) == 2
    assert f"1 not audited, 1 of 1 since: {service} ({run.address}) {reason}" in run.err


def test_redirects_without_end(folder, run):
    requirements(folder, "six==1.16.0")
    document = run.document({("six", "1.16.0"): circling})
    assert document["audit"]["not_audited"][0]["reason"] == f"pypi ({run.address}) redirects without end"
    assert run.status == 2


@pytest.mark.parametrize(
    "rest",
    [
        b'], "next_page_token": "x"',
        b', {"id": "PYSEC-2", "schema_version": "2.0.0", "affected": []}]',
        b', {"id": "PYSEC-2"}]',
    ],
)
def test_an_answer_of_which_pip_audit_reads_a_part(folder, run, rest):
    requirements(folder, "six==1.16.0", "good==1.0")
    some = (
        b'{"vulns": [{"id": "PYSEC-1", "affected": []}, {"id": "PYSEC-3", "withdrawn": "2024-01-01T00:00:00Z"}'
        + rest
        + b"}"
    )
    document = run.document({("six", "1.16.0"): some}, service="osv")
    assert told(document) == (["six 1.16.0 PYSEC-1"], ["good 1.0"], ["six 1.16.0"])
    reason = f"osv ({run.address}) gave an answer of which a part cannot be read"
    assert document["audit"]["not_audited"][0]["reason"] == reason
    assert (run.status, run.err) == (1, "")


@pytest.mark.parametrize("service", ["pypi", "osv"])
def test_withdrawn_advisories_are_not_reported(folder, run, service):
    requirements(folder, "six==1.16.0", "both==1")
    gone = advisory("PYSEC-2020-1", withdrawn="2024-01-01T00:00:00Z")
    known = {("six", "1.16.0"): [gone], ("both", "1"): [gone, advisory("PYSEC-2020-2")]}
    assert told(run.document(known, service=service)) == (["both 1 PYSEC-2020-2"], ["six 1.16.0"], [])
    assert run.status == 1


@pytest.mark.parametrize("name", FORMATS)
def test_behind_a_mirror_nothing_is_clean(folder, run, name):
    """The index knows none of the versions, which pip-audit calls `No known vulnerabilities found`."""
    requirements(folder, "six==1.16.0", "urllib3==1.26.4")
    assert run({}, "--output", name) == 2
    assert run.err == (
        f"lambdalint: error: nothing was audited, 2 of 2 since: {run.address} does not know this version; "
        "a mirror may lack what PyPI knows: try --service osv\n"
    )
    shown = {
        "text": "Audited with pypi: 0 vulnerable, 0 clean, 2 not audited\nNothing was audited",
        "concise": f"six 1.16.0 (requirements.txt:1): not audited: {run.address} does not know this version\n",
        "json": '"clean": [],\n    "not_audited": [\n      {\n        "name": "six",',
        "sarif": f'"text": "not audited: six 1.16.0: {run.address} does not know this version"',
        "github": f"::warning title=lambdalint::2 not audited: {run.address} does not know this version: six 1.16.0",
    }
    assert shown[name] in run.out
    assert "No findings" not in run.out


@pytest.mark.parametrize("service", ["pypi", "osv"])
def test_a_service_that_fails_several_times_is_given_up(folder, run, service):
    requirements(folder, *(f"p{number}==1" for number in range(9)))
    known = {(f"p{number}", "1"): 503 for number in range(2, 9)} | {("p0", "1"): 503, ("p1", "1"): []}
    document = run.document(known, service=service)
    assert len(run.fake.asked) == 5  # one failure, one answer, three failures
    assert told(document) == ([], ["p1 1"], ["p0 1", *(f"p{number} 1" for number in range(2, 9))])
    reasons = [item["reason"] for item in document["audit"]["not_audited"]]
    failed = f"{service} ({run.address}) answered with status 503"
    assert reasons == [failed] * 4 + [f"{failed}; given up after 3 failures in a row"] * 4
    assert run.status == 0


def test_no_network(folder, capsys):
    requirements(folder, "six==1.16.0")
    with socket.socket() as taken:  # nobody listens there
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/pypi"
        assert cli.main(["vulns", "--pypi-url", address]) == 2
    out, err = capsys.readouterr()
    assert err == f"lambdalint: error: nothing was audited, 1 of 1 since: pypi ({address}) cannot be reached\n"
    assert "0 vulnerable, 0 clean, 1 not audited\nNothing was audited" in out


# Inputs


LOCKS = {
    "uv.lock": """\
[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "urllib3" }, { name = "colorama", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "urllib3"
version = "1.26.4"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "colorama"
version = "0.4"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "pytest"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
""",
    "poetry.lock": """\
[[package]]
name = "Urllib3"
version = "1.26.4"
groups = ["main"]
[[package]]
name = "colorama"
version = "0.4"
groups = ["main"]
markers = "sys_platform == 'win32'"
[[package]]
name = "pytest"
version = "1.0"
groups = ["dev"]
""",
    "Pipfile.lock": """\
{
    "default": {
        "urllib3": {
            "version": "==1.26.4"
        },
        "colorama": {
            "markers": "sys_platform == 'win32'",
            "version": "==0.4"
        }
    },
    "develop": {
        "pytest": {
            "version": "==1.0"
        }
    }
}
""",
    "pylock.toml": """\
[[packages]]
name = "urllib3"
version = "1.26.4"
[[packages]]
name = "colorama"
version = "0.4"
marker = "sys_platform == 'win32'"
[[packages]]
name = "pytest"
version = "1.0"
marker = "'dev' in dependency_groups"
""",
}


@pytest.mark.parametrize("name", LOCKS)
def test_locks(folder, run, name):
    (folder / name).write_text(LOCKS[name])
    known = {**KNOWN, ("pytest", "1.0"): [advisory("PYSEC-2022-1")], ("colorama", "0.4"): [advisory("PYSEC-2022-2")]}
    document = run.document(known)
    lines = LOCKS[name].lower().splitlines()
    assert [(item["severity"], item["function"]) for item in document["findings"]] == [
        ("warning", "urllib3 PYSEC-2021-108"),
        ("info", "pytest PYSEC-2022-1"),
    ]
    assert all(item["function"].split()[0] in lines[item["line"] - 1] for item in document["findings"])
    assert told(document)[1:] == ([], [])
    assert run.fake.asked == [("pytest", "1.0"), ("urllib3", "1.26.4")]


def test_who_requires_it_is_told_from_a_lock(folder, run):
    (folder / "uv.lock").write_text(LOCKS["uv.lock"].replace("dev = [", "dev = [{ name = 'urllib3' }, "))
    (folder / "poetry.lock").write_text(
        "".join(
            f'[[package]]\nname = "p{number}"\nversion = "1"\ndependencies = {{urllib3 = "*"}}\n' for number in range(8)
        )
        + '[[package]]\nname = "urllib3"\nversion = "1.26.4"\n'
    )
    known = {**KNOWN, ("pytest", "1.0"): []} | {(f"p{number}", "1"): [] for number in range(8)}
    places = run.document(known)["audit"]["vulnerable"][0]["places"]
    assert [(item["path"], item["required_by"]) for item in places] == [
        ("poetry.lock", [f"p{number}" for number in range(8)]),
        ("uv.lock", ["app"]),
    ]
    run(known)
    assert "  needed by app, p0, p1, p2, p3, p4 and 3 more\n  also at   uv.lock:8\n" in run.out


def test_what_is_not_pinned_or_comes_from_no_index_is_not_audited(folder, run):
    requirements(
        folder, "six==1.16.0", "boto3", "requests>=2", "django==3.2.*", "-e ../shared", "tool @ https://example.com/t.whl",
        "git+https://example.com/b@v1", "odd===what", "left==1; sys_platform == 'win32'",
    )  # fmt: skip
    document = run.document(KNOWN)
    assert {(item["name"], item["reason"]) for item in document["audit"]["not_audited"]} == {
        ("boto3", "not pinned to a version"),
        ("requests", "not pinned to a version"),
        ("django", "not pinned to a version"),
        (None, "installed from a directory, as editable"),
        ("tool", "from a URL, not from an index"),
        (None, "from version control, not from an index"),
        ("odd", "'what' is no version that can be compared"),
    }
    assert run.fake.asked == [("six", "1.16.0")]
    assert run.status == 0
    assert run(KNOWN, "--strict") == 2


def test_where_nothing_is_pinned_the_run_fails(folder, run):
    requirements(folder, "boto3", "requests>=2")
    assert run(KNOWN) == 2
    assert run.err == "lambdalint: error: nothing was audited, 2 of 2 since: not pinned to a version\n"
    assert run.fake.asked == []


def test_a_version_is_asked_for_once_and_told_at_each_place(folder, run):
    requirements(folder, "urllib3==1.26.4")
    requirements(folder, "Urllib3 == 1.26.4.0  # the same version", name="src/requirements.txt")
    requirements(folder, "six==1.16.0", "-r ../requirements.txt", name="tests/requirements.txt")
    document = run.document(KNOWN)
    assert sorted(run.fake.asked) == [("six", "1.16.0"), ("urllib3", "1.26.4")]
    assert [(item["path"], item["line"]) for item in document["findings"]] == [
        ("requirements.txt", 1),
        ("src/requirements.txt", 1),
    ]


def test_a_file_that_is_read_by_itself_and_included_is_told_once(folder, run):
    requirements(folder, "urllib3", "six==1.16.0", name="requirements/base.txt")
    requirements(folder, "-r base.txt", "-c pins.cfg", name="requirements/prod.txt")
    (folder / "requirements" / "pins.cfg").write_text("urllib3==1.26.4\n")
    document = run.document(KNOWN)
    assert told(document) == (["urllib3 1.26.4 PYSEC-2021-108"], ["six 1.16.0"], [])
    assert [(item["path"], item["line"]) for item in document["findings"]] == [("requirements/base.txt", 1)]


def function(*members):
    files = {"app.py": "def handler(event, context):\n    return 1\n"}
    for member in members:
        files |= member
    return archive(*((name, text if isinstance(text, bytes) else text.encode()) for name, text in files.items()))


def test_what_is_in_a_bundle_is_an_error_at_its_metadata(folder, run):
    (folder / "function.zip").write_bytes(function(dist("urllib3", "1.26.4", "urllib3/__init__.py")))
    for paths in (("function.zip",), ()):
        document = run.document(KNOWN, *paths)
        (finding,) = document["findings"]
        assert (finding["severity"], finding["path"]) == ("error", "function.zip/urllib3-1.26.4.dist-info/METADATA")
        text = dist("urllib3", "1.26.4")["urllib3-1.26.4.dist-info/METADATA"]
        text = text if isinstance(text, str) else text.decode()
        assert text.splitlines()[finding["line"] - 1] == "Version: 1.26.4"
        assert run.status == 1


def test_a_bundle_without_metadata_is_not_clean(folder, run):
    """Sizes are cut by deleting it, and then nothing tells which version is there."""
    files = {"requests/__init__.py": "", "yaml/__init__.py": "", "lib/__init__.py": ""}
    (folder / "function.zip").write_bytes(function(files, dist("six", "1.16.0", "six.py")))
    document = run.document(KNOWN, "function.zip")
    assert told(document) == ([], ["six 1.16.0"], ["requests", "yaml"])
    assert {item["reason"] for item in document["audit"]["not_audited"]} == {
        "in the bundle without metadata that says its version"
    }


def test_what_was_installed_from_elsewhere_is_not_what_the_index_has(folder, run):
    def installed(name, source):
        told = json.dumps(source) if source else "["
        return dist(name, "1.0", f"{name}.py") | {f"{name}-1.0.dist-info/direct_url.json": told}

    files = (
        installed("own", {"url": "file:///src", "dir_info": {}}),
        installed("forked", {"url": "https://example.com/f.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}),
        installed("wheel", {"url": "file:///w/wheel-1.0-py3-none-any.whl", "archive_info": {}}),
        installed("odd", None),
    )
    (folder / "function.zip").write_bytes(function(*files))
    document = run.document({("wheel", "1.0"): [], ("odd", "1.0"): []}, "function.zip")
    assert told(document) == ([], ["odd 1.0", "wheel 1.0"], ["forked", "own"])
    assert [item["reason"] for item in document["audit"]["not_audited"]] == [
        "from version control, not from an index",
        "from a path, not from an index",
    ]


def test_names_that_are_none_are_not_asked_for(folder, run):
    """A name is part of the address that is asked: what a lock calls `six/1.16.0/json?` is not six."""
    names = ["six/1.16.0/json?", "../../simple", "a b", "", "x\\u001b[31m", "-six", "six\\n"]
    (folder / "pylock.toml").write_text("".join(f'[[packages]]\nname = "{name}"\nversion = "1"\n' for name in names))
    assert run(KNOWN) == 2
    assert run.fake.asked == []
    assert "\x1b" not in run.out + run.err
    assert "'six/1-16-0/json?' is no name of a distribution" in run.out


@pytest.mark.parametrize("name", ["text", "concise", "github"])
def test_names_and_versions_without_end_are_cut_where_people_read_them(folder, run, name):
    (folder / "uv.lock").write_text(f'[[package]]\nname = "{"n" * 9000}!"\nversion = "{"1" * 9000}"\n')
    assert run(KNOWN, "--output", name) == 2
    assert "n" * 60 + "..." in run.out
    assert "1" * 60 + "..." in run.out
    assert len(run.out) < 1000


def test_a_run_asks_about_so_many_versions_and_says_so(folder, run, monkeypatch):
    monkeypatch.setattr(vulnerabilities, "ASKED_LIMIT", 2)
    requirements(folder, "a==1", "b==1", "c==1")
    document = run.document({(name, "1"): [] for name in "abc"})
    assert told(document) == ([], ["a 1", "b 1"], ["c 1"])
    assert document["audit"]["not_audited"][0]["reason"] == "one run asks about 2 versions at most"


def test_progress_is_told():
    steps = []
    with serving({("a", "1"): [], ("b", "1"): []}) as (_, pypi, _):
        asked = [("a", "1"), ("a", "1.0"), ("b", "1"), ("c", "what")]
        found = ask(asked, Service("pypi", pypi), lambda *step: steps.append(step))
    assert steps == [("asking pypi", 0, 2), ("asking pypi", 1, 2)]
    assert [found[key].reason for key in asked] == ["", "", "", "'what' is no version that can be compared"]


def test_directories_layers_and_artifacts_of_templates(folder, run):
    def write(base, files):
        for name, text in files.items():
            path = folder / base / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    template = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: {code}, Handler: app.handler, Runtime: python3.13, Layers: [!Ref Shared]}}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {{ContentUri: {layer}}}
"""
    (folder / "template.yaml").write_text(template.format(code="src/", layer="layer/"))
    write("src", {"app.py": "def handler(event, context): pass\n"})
    write(".aws-sam/build", {"template.yaml": template.format(code="Orders", layer="Shared")})
    write(".aws-sam/build/Orders", {"app.py": "", "requirements.txt": "left==1\n"} | dist("urllib3", "1.26.4"))
    write(".aws-sam/build/Shared/python", dist("six", "1.15.0"))
    known = {("urllib3", "1.26.4"): URLLIB3, ("six", "1.15.0"): [advisory("PYSEC-1")]}
    for paths in ((), ("template.yaml",), (".aws-sam/build",)):
        document = run.document(known, *paths)
        assert [(item["severity"], item["path"]) for item in document["findings"]] == [
            ("error", ".aws-sam/build/Orders/urllib3-1.26.4.dist-info/METADATA"),
            ("error", ".aws-sam/build/Shared/python/six-1.15.0.dist-info/METADATA"),
        ], paths
    document = run.document(known, ".aws-sam/build/Shared")
    assert [item["function"] for item in document["findings"]] == ["six PYSEC-1"]


def test_a_path_limits_what_is_asked_for(folder, run):
    requirements(folder, "six==1.16.0")
    requirements(folder, "urllib3==1.26.4", name="src/requirements.txt")
    requirements(folder, "six==1.16.0", name="deps.txt")
    (folder / ".gitignore").write_text("build/\n")
    requirements(folder, "ignored==1", name="build/requirements.txt")
    for paths, asked in (
        (("requirements.txt",), [("six", "1.16.0")]),
        (("src",), [("urllib3", "1.26.4")]),
        (("deps.txt",), [("six", "1.16.0")]),
        (("deps.txt", "src"), [("six", "1.16.0"), ("urllib3", "1.26.4")]),
        ((), [("six", "1.16.0"), ("urllib3", "1.26.4")]),
        (("--exclude", "src/"), [("six", "1.16.0")]),
        (("build",), [("ignored", "1")]),
    ):
        run(KNOWN, *paths)
        assert run.fake.asked == asked, paths


def test_a_file_that_cannot_be_read_is_told(folder, run):
    (folder / "uv.lock").write_text("[[package]]\nname = \n")
    requirements(folder, "six==1.16.0", "boto3 = 1")
    document = run.document(KNOWN)
    problem = (
        "line 2: Invalid requirement: = is not a valid operator. Did you mean ==?: "
        "Expected semicolon (after name with no version specifier) or end"
    )
    assert [(item["code"], item["path"], item["message"].partition(" (at")[0]) for item in document["findings"]] == [
        ("LL002", "requirements.txt", f"read in part: {problem}"),
        ("LL002", "uv.lock", "not analysed: cannot be read: Invalid value"),
    ]  # fmt: skip
    assert {place["path"] for item in document["audit"]["not_audited"] for place in item["places"]} == {
        "requirements.txt", "uv.lock",
    }  # fmt: skip
    assert run.status == 0
    assert run(KNOWN, "--strict") == 2
    assert run(KNOWN, "--output", "concise") == 0
    assert f"LL002) read in part: {problem}\n" in run.out
    assert f"requirements.txt:1: not audited: {problem}\n" in run.out
    run(KNOWN, "--output", "sarif")
    notes = json.loads(run.out)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    texts = [item["message"]["text"].partition(" (at")[0] for item in notes]
    assert texts == [
        "not analysed: cannot be read: Invalid value",
        f"not audited: {problem}",
        "Audited with pypi: 0 vulnerable, 1 clean, 2 not audited",
    ]


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--error-on-empty",), 2), (("--strict",), 0)])
def test_nothing_to_audit(folder, run, options, status):
    (folder / "app.py").write_text("def handler(event, context): pass\n")
    assert run({}, *options) == status
    assert run.err == (
        f"lambdalint: nothing to audit: no distribution is deployed from {folder}, and no file there pins any\n"
    )
    assert run.out == "Nothing to audit\n"


# What is accepted


def accept(folder, *entries):
    lines = [f"[[tool.lambdalint.vulns.ignore]]\n{entry}\n" for entry in entries]
    (folder / "pyproject.toml").write_text("\n".join(lines))


@pytest.mark.parametrize("name", ["PYSEC-2021-108", "CVE-2021-33503", "ghsa-q2q7-5pp4-w6pg"])
def test_a_vulnerability_is_accepted_by_any_of_its_names(folder, run, name):
    requirements(folder, "urllib3==1.26.4")
    accept(folder, f'id = "{name}"\nreason = "no URL comes from outside"\nuntil = 2027-01-01')
    document = run.document(KNOWN, "--as-of", "2027-01-01")
    assert (run.status, document["findings"]) == (0, [])
    assert document["audit"]["vulnerable"][0]["accepted"] == {
        "id": name, "reason": "no URL comes from outside", "until": "2027-01-01", "expired": False,
    }  # fmt: skip
    assert run(KNOWN, "--as-of", "2027-01-01") == 0
    assert run.out == "Audited with pypi: 0 vulnerable, 0 clean, 1 accepted as of 2027-01-01\n"


def test_what_was_accepted_for_a_time_is_reported_after_it(folder, run):
    requirements(folder, "urllib3==1.26.4")
    accept(folder, 'id = "CVE-2021-33503"\nreason = "until the upgrade"\nuntil = "2026-12-31"')
    document = run.document(KNOWN, "--as-of", "2027-01-01")
    assert run.status == 1
    assert document["findings"][0]["facts"][-1] == "the configuration accepted it until 2026-12-31: until the upgrade"
    assert document["audit"]["vulnerable"][0]["accepted"]["expired"] is True
    run(KNOWN, "--as-of", "2027-01-01")
    assert "            the configuration accepted it until 2026-12-31: until the upgrade\n" in run.out


def test_an_entry_that_nothing_has_is_told_if_that_is_certain(folder, run):
    requirements(folder, "urllib3==1.26.4", "six==1.16.0", "boto3")
    accept(folder, 'id = "CVE-1999-0001"\nreason = "x"', 'id = "PYSEC-2021-108"\nreason = "y"')
    document = run.document(KNOWN)
    (finding,) = document["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == ("LL003", "pyproject.toml", 2)
    assert finding["message"] == "vulns.ignore names CVE-1999-0001, which nothing here has"
    assert run.status == 0
    assert run.document({**KNOWN, ("six", "1.16.0"): 404})["findings"] == []
    assert run.document(KNOWN, "requirements.txt")["findings"] == []


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("ignore = [{id = 'x'}]", "'vulns' takes vulns.ignore with a reason for each"),
        ("ignore = [{reason = 'x'}]", "'vulns' takes vulns.ignore with an id for each"),
        ("ignore = [{id = 'x', reason = ' '}]", "'vulns' takes vulns.ignore with a reason for each"),
        ("ignore = ['x']", "'vulns' takes a list of tables in vulns.ignore, each with id and reason"),
        ("ignore = 'x'", "'vulns' takes a list of tables in vulns.ignore, each with id and reason"),
        (
            "ignore = [{id = 'x', reason = 'y', untill = 2027-01-01}]",
            "'vulns' takes id, reason, until in vulns.ignore, not 'untill'; did you mean 'until'?",
        ),
        ("ignore = [{id = 'x', reason = 'y', until = 'soon'}]", "'vulns' takes a date, as in 2026-11-21"),
        ("ignores = []", "'vulns' takes ignore, not 'ignores'; did you mean 'ignore'?"),
        # an analysed repository chooses neither who learns what it uses nor who says that it is clean
        ("osv-url = 'https://example.com'", "'vulns' takes ignore, not 'osv-url'"),
        ("service = 'osv'", "'vulns' takes ignore, not 'service'"),
    ],
)
def test_mistakes_in_the_configuration(folder, run, section, message):
    requirements(folder, "six==1.16.0")
    (folder / "lambdalint.toml").write_text(f"[vulns]\n{section}\n")
    assert run(KNOWN) == 2
    assert run.err == f"lambdalint: error: lambdalint.toml:1: {message}; correct it or remove it\n"
    assert run.fake.asked == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--osv-url", "https://x"), "--osv-url goes with --service osv"),
        (("--service", "osv", "--osv-url", "file:///x"), "--osv-url takes an address that starts with https://, not 'file:///x'"),
        (("--service", "nist"), "argument --service: invalid choice: 'nist'"),
        (("--timeout", "0"), "--timeout takes seconds, more than 0 and at most 600, not '0'"),
        (("--timeout", "soon"), "--timeout takes seconds, more than 0 and at most 600, not 'soon'"),
        (("--timeout", "nan"), "--timeout takes seconds, more than 0 and at most 600, not 'nan'"),
        (("nowhere.txt",), "there is no file or directory 'nowhere.txt'; check the path"),
    ],
)  # fmt: skip
def test_mistakes_on_the_command_line(folder, capsys, arguments, message):
    assert cli.main(["vulns", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"lambdalint: error: {message}")


@pytest.mark.parametrize("url", ["http://", "https://[", "http://localhost:99999/pypi", "http://a b/"])
def test_an_address_that_is_none(folder, capsys, url):
    assert cli.main(["vulns", "--pypi-url", url]) == 2
    message = "--pypi-url takes an address with a host, and a port of at most 65535"
    assert capsys.readouterr().err == f"lambdalint: error: {message}\n"


def test_standard_input_is_not_read(folder, capsys):
    assert cli.main(["vulns", "-"]) == 2
    assert capsys.readouterr().err == (
        "lambdalint: error: '-' stands for standard input, which this command does not read; name a path\n"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_the_password_of_an_address_is_told_nobody(folder, capsys, name):
    requirements(folder, "six==1.16.0", "urllib3==1.26.4", "other==1")
    with serving(KNOWN) as (_, pypi, _):
        address = pypi.removeprefix("http://")
        assert cli.main(["vulns", "--pypi-url", f"http://me:s3cret@{address}", "--output", name]) == 1
        out, err = capsys.readouterr()
        assert f"http://{address} does not know this version" in out
        assert "s3cret" not in out + err


def test_versions_of_more_digits_than_python_reads(folder, run):
    (folder / "uv.lock").write_text(f'[[package]]\nname = "long"\nversion = "{"1" * 5000}"\n')
    requirements(folder, "six==1.16.0")
    document = run.document(KNOWN)
    (entry,) = document["audit"]["not_audited"]
    assert entry["reason"] == f"'{'1' * 60}...' is no version that can be compared"
    assert told(document)[1] == ["six 1.16.0"]


@pytest.mark.parametrize(
    ("variable", "value", "scheme", "reason"),
    [
        ("REQUESTS_CA_BUNDLE", "nowhere.pem", "https", "the file that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names cannot be read"),
        ("HTTP_PROXY", "socks5://127.0.0.1:1", "http", "the address, or that of the proxy, is none that can be used"),
        ("HTTP_PROXY", "http://", "http", "the address, or that of the proxy, is none that can be used"),
    ],
)  # fmt: skip
def test_what_the_environment_says_wrongly(folder, capsys, monkeypatch, variable, value, scheme, reason):
    requirements(folder, "six==1.16.0")
    for name in ("NO_PROXY", "no_proxy", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert cli.main(["vulns", "--pypi-url", f"{scheme}://pypi.invalid/pypi"]) == 2
    where = f"pypi ({scheme}://pypi.invalid/pypi)"
    assert capsys.readouterr().err == (
        f"lambdalint: error: nothing was audited, 1 of 1 since: {where} cannot be asked: {reason}\n"
    )


def test_what_is_named_and_says_no_versions_is_told(folder, run):
    requirements(folder, "six==1.16.0")
    for name in ("requirements.in", "pyproject.toml", "README.md", "app.py"):
        (folder / name).write_text("")
    document = run.document(KNOWN, "requirements.txt", "requirements.in", "pyproject.toml", "README.md", "app.py")
    found = {item["places"][0]["path"]: item["reason"] for item in document["audit"]["not_audited"]}
    ranges = "it holds ranges, no versions; name its lock"
    assert found == {"requirements.in": ranges, "pyproject.toml": ranges, "README.md": "no file that says versions"}
    assert told(document)[1] == ["six 1.16.0"]
    assert run(KNOWN, "requirements.in") == 2
    assert run.err == f"lambdalint: error: nothing was audited, 1 of 1 since: {ranges}\n"


def test_a_file_that_is_named_and_excluded_is_not_asked_about(folder, run):
    requirements(folder, "urllib3==1.26.4", name="deps.txt")
    assert run(KNOWN, "--exclude", "deps.txt", "deps.txt") == 0
    assert run.fake.asked == []


def test_a_comment_at_the_end_of_a_requirement_with_hashes(folder, run):
    """Its first line has no room for one: what follows the backslash would be part of it."""
    hashes = [f"    --hash=sha256:{letter * 64}" for letter in "ab"]
    requirements(
        folder,
        "urllib3==1.26.4 \\", f"{hashes[0]} \\", f"{hashes[1]}  # lambdalint: ignore[LL804] -- no URL of others",
        "six==1.16.0 \\", f"{hashes[0]}  # lambdalint: ignore[LL804]",
    )  # fmt: skip
    document = run.document(KNOWN)
    assert [(item["code"], item["line"], item["message"]) for item in document["findings"]] == [
        ("LL003", 5, "this comment silences no LL804 on line 4")
    ]
    assert document["summary"]["suppressed"] == 1


def test_the_configuration_is_shown(folder, capsys):
    accept(folder, 'id = "CVE-1"\nreason = "x"\nuntil = 2027-01-01')
    assert cli.main(["config", "show"]) == 0
    shown = 'vulns = {"ignore": [{"id": "CVE-1", "reason": "x", "until": "2027-01-01"}]}  (pyproject.toml)\n'
    assert shown in capsys.readouterr().out


def test_comments_in_files_of_requirements(folder, run):
    requirements(
        folder,
        "urllib3==1.26.4  # lambdalint: ignore[LL804] -- no URL comes from outside",
        "# lambdalint: ignore[vulnerable-dependency]",
        "six==1.16.0",
        "boto3==1.0  # lambdalint: ignore[LL604] -- for `check`",
        "idna==1.0  # lambdalint: ignore[LL8040]",
    )
    known = {**KNOWN, ("boto3", "1.0"): [], ("idna", "1.0"): []}
    document = run.document(known)
    assert [(item["code"], item["line"], item["message"].partition(";")[0]) for item in document["findings"]] == [
        ("LL003", 2, "this comment silences no vulnerable-dependency on line 3"),
        ("LL004", 5, "there is no rule 'LL8040'"),
    ]
    assert document["summary"]["suppressed"] == 1
    unsure = run.document({**known, ("idna", "1.0"): 404})
    assert [item["code"] for item in unsure["findings"]] == ["LL004"]


@pytest.mark.parametrize(
    ("section", "findings"),
    [("select = ['LL1']", 1), ("ignore = ['ALL']", 1), ("ignore = ['LL8']", 1), ("ignore = ['LL804']", 0)],
)
def test_it_runs_whichever_rules_are_selected(folder, run, section, findings):
    requirements(folder, "urllib3==1.26.4")
    (folder / "lambdalint.toml").write_text(section)
    document = run.document(KNOWN)
    assert (len(document["findings"]), run.status) == (findings, findings)
    assert run.out.count('"urllib3"') == 1


def test_a_baseline_accepts_a_vulnerability_and_not_the_next_one(folder, run):
    requirements(folder, "six==1.16.0", "urllib3==1.26.4")
    assert run(KNOWN, "--write-baseline", "--baseline", "known.json") == 0
    assert "known.json accepts 1 vulnerability\n" in run.err
    rows = json.loads((folder / "known.json").read_text())["findings"]
    assert rows == [
        {"path": "requirements.txt", "rule": "vulnerable-dependency", "function": "urllib3 PYSEC-2021-108", "count": 1}
    ]
    document = run.document(KNOWN, "--baseline", "known.json")
    assert (run.status, document["findings"], document["summary"]["baselined"]) == (0, [], 1)
    more = {**KNOWN, ("six", "1.16.0"): [advisory("PYSEC-9")]}
    assert [item["function"] for item in run.document(more, "--baseline", "known.json")["findings"]] == ["six PYSEC-9"]
    clean = {**KNOWN, ("urllib3", "1.26.4"): []}
    assert run(clean, "--baseline", "known.json") == 0
    assert run.err == (
        "lambdalint: 1 entry of the baseline accepts more than is found; `lambdalint vulns --write-baseline` removes that\n"
    )


def test_check_and_vulns_share_a_baseline(folder, run, capsys):
    requirements(folder, "urllib3==1.26.4")
    (folder / "app.py").write_text(
        "import boto3\n\n\ndef lambda_handler(event, context):\n    return boto3.client('s3').list_buckets()\n"
    )
    assert cli.main(["baseline", "create"]) == 0
    capsys.readouterr()
    path = folder / "lambdalint-baseline.json"
    own = path.read_text()
    assert "client-in-handler" in own
    assert run(KNOWN, "--write-baseline") == 0
    both = path.read_text()
    assert {item["rule"] for item in json.loads(both)["findings"]} == {"client-in-handler", "vulnerable-dependency"}
    assert run(KNOWN, "--baseline", str(path)) == 0
    assert run.err == ""
    assert cli.main(["check", "--no-cache", "--baseline", str(path)]) == 0
    assert capsys.readouterr().err == ""
    assert cli.main(["baseline", "update"]) == 0
    capsys.readouterr()
    assert path.read_text() == both
    assert run({**KNOWN, ("urllib3", "1.26.4"): []}, "--write-baseline") == 0
    assert path.read_text() == own


@pytest.mark.parametrize(
    ("options", "status", "findings"),
    [
        ((), 1, 2),
        (("--fail-on", "error"), 0, 2),
        (("--fail-on", "info"), 1, 2),
        (("--exit-zero",), 0, 2),
        (("--min-severity", "warning"), 1, 1),
        (("--min-severity", "error"), 0, 0),
        (("--per-file-ignores", "requirements.txt:LL804"), 0, 1),
    ],
)
def test_levels(folder, run, options, status, findings):
    requirements(folder, "urllib3==1.26.4")
    requirements(folder, "pytest==1.0", name="requirements-dev.txt")
    document = run.document({**KNOWN, ("pytest", "1.0"): [advisory("PYSEC-1")]}, *options)
    assert (run.status, len(document["findings"])) == (status, findings)


# Output


DJANGO = [
    advisory(
        "PYSEC-2019-10", "CVE-2019-3498", fixed=["1.11.18", "2.0.10", "2.1.5"], summary="Content\x1b[31m spoofing"
    ),
    advisory("PYSEC-2019-11", summary="word " * 60),
]


def test_text(folder, run):
    requirements(folder, "six==1.16.0", "django==2.0")
    requirements(folder, "django==2.0", name="src/requirements.txt")
    known = {**KNOWN, ("django", "2.0"): DJANGO}
    assert run(known) == 1
    assert (
        run.out
        == """\
requirements.txt:2:1: warning vulnerable-dependency (LL804)
  django 2.0 has 2 known vulnerabilities

      2 | django==2.0
        | ^^^^^^^^^^^

  PYSEC-2019-10  CVE-2019-3498
  fixed in  2.0.10, 2.1.5
            Content\\x1b[31m spoofing
            https://osv.dev/vulnerability/PYSEC-2019-10
  PYSEC-2019-11
  fixed in  no later version that is known
            word word word word word word word word word word word word word
            word word word word word word word word word word word word word
            word word word word word word word word word word word word word
            word...
            https://osv.dev/vulnerability/PYSEC-2019-11
  also at   src/requirements.txt:1

vulnerable-dependency (LL804)
  why       Whoever reaches the function may use what is public about it.
  help      Upgrade to a fixed version and build anew, or accept it in
            `vulns.ignore` with a reason and an end.

Audited with pypi: 1 vulnerable, 1 clean
"""
    )
    assert run(known, "--color", "always") == 1
    assert "\x1b[1;33mwarning\x1b[0m" in run.out
    assert "\x1b[31m spoofing" not in run.out


def test_text_of_what_is_not_audited(folder, run):
    requirements(folder, *(f"p{number}" for number in range(8)), "six==1.16.0", "gone==1")
    assert run(KNOWN) == 0
    assert (
        run.out
        == f"""\
Not audited
  8: not pinned to a version
      p0 (requirements.txt:1), p1 (requirements.txt:2), p2 (requirements.txt:3),
      p3 (requirements.txt:4), p4 (requirements.txt:5), p5 (requirements.txt:6)
      and 2 more
  1: {run.address} does not know this version
      gone 1 (requirements.txt:10)

Audited with pypi: 0 vulnerable, 1 clean, 9 not audited
The audit is incomplete: what is not audited may be vulnerable.
"""
    )


def test_quiet(folder, run):
    requirements(folder, "six==1.16.0")
    assert run(KNOWN, "-q") == 0
    assert run.out == ""
    requirements(folder, "six==1.16.0", "boto3")
    assert run(KNOWN, "-q") == 0
    assert "1 not audited" in run.out


def test_concise_and_github(folder, run):
    requirements(folder, "urllib3==1.26.4", "boto3")
    assert run(KNOWN, "--output", "concise") == 1
    assert (
        run.out
        == """\
requirements.txt:1:1: warning vulnerable-dependency (LL804) urllib3 1.26.4 has a known vulnerability, PYSEC-2021-108 (CVE-2021-33503, GHSA-q2q7-5pp4-w6pg); fixed in 1.26.5
boto3 (requirements.txt:2): not audited: not pinned to a version
Audited with pypi: 1 vulnerable, 0 clean, 1 not audited
The audit is incomplete: what is not audited may be vulnerable.
"""
    )
    assert run(KNOWN, "--output", "github") == 1
    assert (
        run.out
        == """\
::warning title=vulnerable-dependency (LL804),file=requirements.txt,line=1,endLine=1,col=1,endColumn=15::urllib3 1.26.4 has a known vulnerability, PYSEC-2021-108 (CVE-2021-33503, GHSA-q2q7-5pp4-w6pg)%0ABacktracking%0Ahttps://osv.dev/vulnerability/PYSEC-2021-108%0Afixed in 1.26.5
::warning title=lambdalint::1 not audited: not pinned to a version: boto3 (requirements.txt:2)
::notice title=lambdalint::Audited with pypi: 1 vulnerable, 0 clean, 1 not audited
"""
    )


def test_sarif(folder, run):
    requirements(folder, "urllib3==1.26.4", "boto3")
    assert run(KNOWN, "--output", "sarif") == 1
    document = json.loads(run.out)
    assert [error.message for error in SARIF.iter_errors(document)] == []
    (log,) = document["runs"]
    assert log["automationDetails"] == {"id": "lambdalint-vulns/"}  # or an upload would close the alerts of `check`
    (result,) = log["results"]
    assert (result["ruleId"], result["level"]) == ("LL804", "warning")
    assert result["message"]["text"] == (
        "urllib3 1.26.4 has a known vulnerability, PYSEC-2021-108 (CVE-2021-33503, GHSA-q2q7-5pp4-w6pg). Backtracking. "
        "https://osv.dev/vulnerability/PYSEC-2021-108. fixed in 1.26.5."
    )
    (place,) = result["locations"]
    assert set(place) == {"physicalLocation"}
    (rule,) = log["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == "8.0"
    (invocation,) = log["invocations"]
    assert [item["message"]["text"] for item in invocation["toolExecutionNotifications"]] == [
        "not audited: boto3: not pinned to a version",
        "Audited with pypi: 1 vulnerable, 0 clean, 1 not audited",
    ]
    (where,) = invocation["toolExecutionNotifications"][0]["locations"]
    assert where["physicalLocation"]["artifactLocation"]["uri"] == "requirements.txt"
    assert where["physicalLocation"]["region"] == {"startLine": 2}


def test_several_outputs(folder, run):
    requirements(folder, "urllib3==1.26.4")
    assert run(KNOWN, "--output", "concise", "--output", "json:report.json", "--output", "sarif:report.sarif") == 1
    assert run.out.startswith("requirements.txt:1:1: warning")
    assert json.loads((folder / "report.json").read_text())["audit"]["asked"] == 1
    assert len(run.fake.asked) == 1


# Without a service


def test_names_of_one_vulnerability_are_put_together():
    found = merged(
        [
            Vulnerability("GHSA-1", ("CVE-1",), ("2.0",), "longer"),
            Vulnerability("CVE-2", ("GHSA-3",)),
            Vulnerability("PYSEC-1", ("CVE-1",)),
            Vulnerability("GHSA-2", ("GHSA-3", "CVE-1")),
            Vulnerability("OTHER", ()),
        ]
    )
    assert found == (
        Vulnerability("OTHER", ()),
        Vulnerability("PYSEC-1", ("CVE-1", "CVE-2", "GHSA-1", "GHSA-2", "GHSA-3"), ("2.0",), "longer"),
    )


def test_later_versions():
    assert later(["1.11.18", "2.0.10", "2.1.5"], "2.0") == ("2.0.10", "2.1.5")
    assert later(["1.0"], "2.0") == ()
    assert later(["1.0"], "what") == ("1.0",)


CANARY = "import os\nos.write(2, b'CANARY')\nraise SystemExit(3)\n"
PROGRAM = """\
import sys
started = []
def heard(event, details):
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"):
        started.append(event)
    if event == "socket.connect" and details[1][0] != "127.0.0.1":
        started.append(str(details[1]))
sys.addaudithook(heard)
from lambdalint.cli import main
status = main(sys.argv[1:])
sys.path.insert(0, "")
print("STATUS", status, started, "pip_api" in sys.modules)
"""


def test_no_program_is_started_and_nothing_of_the_working_directory_is_run(folder):
    """pip-audit asks `python -m pip` for its version when it is imported, which would run a pip.py that lies there."""
    requirements(folder, "urllib3==1.26.4")
    for name in ("pip.py", "requests.py", "pip_api.py", "pip_audit.py", "json.py", "setup.py"):
        (folder / name).write_text(CANARY)
    (folder / "run.py").write_text("")
    program = folder.parent / "program.py"
    program.write_text(PROGRAM)
    with serving(KNOWN) as (fake, pypi, _):
        done = subprocess.run(
            [sys.executable, program, "vulns", "--pypi-url", pypi],
            env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | {"PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert "CANARY" not in done.stderr
    assert done.stdout.splitlines()[-1] == "STATUS 1 [] False", done.stderr
    assert fake.asked == [("urllib3", "1.26.4")]


def test_the_shapes_are_those_of_the_services():
    """pip-audit reads them; this is what it reads, so that a change of it shows here."""
    source = pathlib.Path(pytest.importorskip("pip_audit").__file__).parent / "_service"
    assert "https://pypi.org/pypi/{spec.canonical_name}/{str(spec.version)}/json" in (source / "pypi.py").read_text()
    assert re.search(r"self\.session\.post\(\s*url=self\.osv_url,\s*data=", (source / "osv.py").read_text())
