"""What files of requirements and lock files pin: each kind of file, with the line, group, origin and files of a pin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdalint.bundle import pins, requirements_txt
from lambdalint.bundle.pins import File, Required
from lambdalint.model import Location
from tests.trees import MemoryTree


def read(path, text, **others):
    return pins.read(MemoryTree({path: text, **others}), path)


def told(found):
    """Name, version and line of each pin."""
    return [(item.name, item.version, item.location.line) for item in found.pins]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("requirements.txt", "requirements"),
        ("src/requirements-prod.txt", "requirements"),
        ("dev_requirements.txt", "requirements"),
        ("requirements/base.txt", "requirements"),
        ("Requirements.TXT", ""),
        ("requirements.lambda.txt", "requirements"),
        ("constraints.txt", ""),
        ("notes.txt", ""),
        ("myrequirements.txt", ""),
        ("requirements.in", ""),
        ("a/uv.lock", "uv"),
        ("poetry.lock", "poetry"),
        ("Pipfile.lock", "pipenv"),
        ("pylock.toml", "pylock"),
        ("pylock.lambda.toml", "pylock"),
        ("pylock.a.b.toml", ""),
        ("Cargo.lock", ""),
    ],
)
def test_files_are_known_by_their_names(path, kind):
    assert pins.kind(path) == kind
    assert pins.is_pinned_file(path) is bool(kind)


REQUIREMENTS = """\
# what the function needs
Flask == 2.0.1  # the web
requests[socks,Security]>=2,<3 ; python_version < "3.13"
urllib3==1.26.5 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
 my.pkg_name===1.0
django==3.2.*
new==1.0 --config-settings x=y
--index-url https://example.com/simple
-e .
-e git+https://example.com/a.git#egg=tool
tool2 @ https://example.com/tool2-1.0-py3-none-any.whl
./vendored
git+https://example.com/b@v1
both>=1,==1.5
"""


def test_a_file_of_requirements():
    found = read("src/requirements.txt", REQUIREMENTS)
    assert (found.path, found.kind, found.problem, found.included) == ("src/requirements.txt", "requirements", "", ())
    assert told(found) == [
        ("flask", "2.0.1", 2),
        ("requests", "", 3),
        ("urllib3", "1.26.5", 4),
        ("my-pkg-name", "1.0", 7),
        ("django", "", 8),
        ("new", "1.0", 9),
        ("", "", 11),
        ("tool", "", 12),
        ("tool2", "", 13),
        ("", "", 14),
        ("", "", 15),
        ("both", "1.5", 16),
    ]
    assert [item.origin for item in found.pins] == [*[""] * 6, "editable", "editable", "url", "path", "git", ""]
    requests, urllib3 = found.pins[1:3]
    assert (requests.extras, requests.marker) == (("security", "socks"), 'python_version < "3.13"')
    assert sorted(requests.specifier.split(",")) == ["<3", ">=2"]
    assert urllib3.files == (File("", "sha256:aa"), File("", "sha256:bb"))
    assert {item.groups for item in found.pins} == {("",)}
    assert {item.location.path for item in found.pins} == {"src/requirements.txt"}


def test_files_that_one_of_requirements_includes_are_read_with_it():
    found = read(
        "src/requirements.txt",
        "-r ../base.txt\n-r more.txt\nlocal==1\n",
        **{"base.txt": "-r src/more.txt\nbase==2\n", "src/more.txt": "more==3\n-r requirements.txt\n"},
    )
    assert [(item.name, item.location) for item in found.pins] == [
        ("more", Location("src/more.txt", 1)),
        ("base", Location("base.txt", 2)),
        ("local", Location("src/requirements.txt", 3)),
    ]
    assert found.included == ("base.txt", "src/more.txt")
    assert found.problem == ""


def test_constraints_say_the_version_of_what_is_asked_for_and_nothing_more():
    text = "-c constraints.txt\nOpen\nranged>=1\nown==1\nlater==1; python_version<'3'\nconditional\nlink @ https://x/y.zip\n"
    constraints = "open==5\nranged==1.9\nown==2\nunused==1\nconditional==1; python_version<'3'\nlink==1\n"
    found = read("requirements.txt", text, **{"constraints.txt": constraints})
    assert told(found) == [
        ("open", "5", 2),
        ("ranged", "1.9", 3),
        ("own", "1", 4),
        ("later", "1", 5),
        ("conditional", "", 6),
        ("link", "", 7),
    ]
    assert found.pins[0].constraint == Location("constraints.txt", 1)
    assert found.pins[2].constraint is None


@pytest.mark.parametrize(
    ("text", "names", "problem"),
    [
        ("a==1\nboto3 = 1.2\nb==2\n", ["a", "b"], "line 2: Invalid requirement: = is not a valid operator. Did you mean ==?"),
        ("-r gone.txt\nb==2\n", ["b"], "line 1: gone.txt: No such file or directory"),
        ("-r ../../other/r.txt\nb==2\n", ["b"], "line 1: ../../other/r.txt: outside of the project"),
        ("-r /etc/r.txt\nb==2\n", ["b"], "line 1: /etc/r.txt: outside of the project"),
        ("-c https://example.com/c.txt\nb==2\n", ["b"], "line 1: https://example.com/c.txt is not here"),
        ("--mystery 1\nb==2\n", ["b"], "line 1: no such option: --mystery"),
        ("a==1;" + "(" * 3000 + "\nb==2\n", ["b"], "line 1: maximum recursion depth exceeded"),
        ("a" * 5000 + "\nb==2\n", [], "cannot be read: line 1: longer than any requirement"),
        ("a==1 \\\n" * 3000, [], "cannot be read: line 2001: continued for more than 2,000 lines"),
        ("\n" * 60_000, [], "cannot be read: more than 50,000 lines"),
        (b"\xff\xfe\x00", [], "line 1: Invalid requirement: Expected package name"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(text, names, problem):
    found = read("requirements.txt", text)
    assert [item.name for item in found.pins] == names
    assert found.problem.startswith(problem)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_powershell_are_read(encoding):
    assert told(read("requirements.txt", "requests==2.0\r\nsix==1.16\r\n".encode(encoding))) == [
        ("requests", "2.0", 1),
        ("six", "1.16", 2),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (" " * 300_000 + "x", ["x"]),
        ("x[" * 1900, []),
        (("a" + " " * 900 + "\\\n") * 1900, []),
        ("a " + "--hash=sha256:a " * 10_000, ["a"]),
        ("#" * 300_000, []),
    ],
)
def test_lines_for_which_expressions_would_take_for_ever(text, names):
    assert [item.name for item in read("requirements.txt", text).pins] == names


UV = """\
version = 1
requires-python = ">=3.12"

[[package]]
name = "certifi"
version = "2024.2.2"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.example.com/certifi-2024.2.2.tar.gz", hash = "sha256:aa", size = 164886 }
wheels = [
    { url = "https://files.example.com/certifi-2024.2.2%2Blocal-py3-none-any.whl#x", hash = "sha256:bb", size = 163774 },
    { url = "https://files.example.com/certifi-2024.2.2-py2-none-any.whl" },
]

[[package]]
name = "Forked"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
resolution-markers = ["python_full_version < '3.13'"]

[[package]]
name = "forked"
version = "2.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "from-git"
version = "0.1.0"
source = { git = "https://example.com/g?rev=1#abc" }

[[package]]
name = "plugin"
version = "3.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "pytest"
version = "8.0.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "certifi" }]

[[package]]
name = "requests"
version = "2.31.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "certifi" },
    { name = "forked", version = "1.0", source = { registry = "https://pypi.org/simple" }, marker = "python_full_version < '3.13'" },
]

[package.optional-dependencies]
socks = [{ name = "plugin" }]

[[package]]
name = "service"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "requests", extra = ["socks"] },
    { name = "from-git" },
]

[package.optional-dependencies]
later = [{ name = "forked", version = "2.0" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[package.metadata]
requires-dist = [{ name = "requests", extras = ["socks"] }]

[[package]]
name = "orphan"
version = "1"
source = { registry = "https://pypi.org/simple" }
"""


def test_a_lock_of_uv():
    found = read("uv.lock", UV)
    assert (found.kind, found.problem) == ("uv", "")
    assert told(found) == [
        ("certifi", "2024.2.2", 5),
        ("forked", "1.0", 15),
        ("forked", "2.0", 21),
        ("from-git", "", 26),
        ("plugin", "3.0", 31),
        ("pytest", "8.0.0", 36),
        ("requests", "2.31.0", 42),
        ("service", "", 54),
        ("orphan", "1", 72),
    ]
    by = {f"{item.name} {item.version}".strip(): item for item in found.pins}
    assert {name: item.groups for name, item in by.items()} == {
        "certifi 2024.2.2": ("", "dev"),
        "forked 1.0": ("",),
        "forked 2.0": ("later",),
        "from-git": ("",),
        "plugin 3.0": ("",),
        "pytest 8.0.0": ("dev",),
        "requests 2.31.0": ("",),
        "service": (),
        "orphan 1": (),
    }
    assert (by["from-git"].origin, by["service"].origin, by["plugin 3.0"].origin) == ("git", "project", "")
    assert by["certifi 2024.2.2"].files == (
        File("certifi-2024.2.2.tar.gz", "sha256:aa", 164886),
        File("certifi-2024.2.2+local-py3-none-any.whl", "sha256:bb", 163774),
        File("certifi-2024.2.2-py2-none-any.whl"),
    )
    assert by["requests 2.31.0"].requires == (
        Required("certifi"),
        Required("forked", "1.0", (), "python_full_version < '3.13'"),
        Required("plugin"),
    )
    assert by["requests 2.31.0"].registry == "https://pypi.org/simple"
    assert [pins.for_development(by[name]) for name in ("pytest 8.0.0", "certifi 2024.2.2", "forked 2.0", "orphan 1")] == [
        True, False, False, False,
    ]  # fmt: skip


POETRY = """\
# This file is automatically @generated by Poetry 2.1.0 and should not be changed by hand.

[[package]]
name = "boto3"
version = "1.34.0"
description = \"\"\"
several lines
\"\"\"
optional = false
python-versions = ">=3.8"
groups = ["main", "dev"]
markers = "python_version >= \\"3.9\\""
files = [
    {file = "boto3-1.34.0-py3-none-any.whl", hash = "sha256:aa"},
]

[package.dependencies]
Jmespath = ">=0.7.1,<2.0.0"
urllib3 = [
    {version = ">=1.25", markers = "python_version < '3.10'", extras = ["socks"]},
    {version = ">=2"},
]

[[package]]
name = "moto"
version = "5.0.0"
groups = ["dev"]
markers = {dev = "python_version < '4'"}
files = []

[[package]]
name = "shared"
version = "0.1.0"
groups = ["main"]
develop = true

[package.source]
type = "directory"
url = "../shared"

[[package]]
name = "inner"
version = "1.2"
groups = ["main"]

[package.source]
type = "legacy"
url = "https://example.com/simple"
reference = "private"

[metadata]
lock-version = "2.1"
"""


def test_a_lock_of_poetry():
    found = read("poetry.lock", POETRY)
    assert told(found) == [("boto3", "1.34.0", 4), ("moto", "5.0.0", 25), ("shared", "", 32), ("inner", "1.2", 42)]
    boto3, moto, shared, inner = found.pins
    assert (boto3.groups, moto.groups) == (("", "dev"), ("dev",))
    assert (boto3.marker, moto.marker) == ('python_version >= "3.9"', "(python_version < '4')")
    assert boto3.files == (File("boto3-1.34.0-py3-none-any.whl", "sha256:aa"),)
    assert boto3.requires == (
        Required("jmespath"),
        Required("urllib3", "", ("socks",), "python_version < '3.10'"),
        Required("urllib3"),
    )
    assert (shared.origin, inner.origin, inner.registry) == ("editable", "", "https://example.com/simple")
    assert (pins.for_development(moto), pins.for_development(boto3)) == (True, False)


def test_a_lock_of_an_older_poetry():
    text = """\
[[package]]
name = "Six"
version = "1.16.0"
category = "dev"

[[package]]
name = "attrs"
version = "23.1"

[metadata.files]
Six = [{file = "six-1.16.0.tar.gz", hash = "sha256:aa"}]
"""
    six, attrs = read("poetry.lock", text).pins
    assert (six.name, six.groups, six.files) == ("six", ("dev",), (File("six-1.16.0.tar.gz", "sha256:aa"),))
    assert attrs.groups == ()
    assert (pins.for_development(six), pins.for_development(attrs)) == (True, False)


PIPFILE = """\
{
    "_meta": {
        "hash": {"sha256": "x"},
        "sources": [{"name": "pypi", "url": "https://pypi.org/simple"}]
    },
    "default": {
        "requests": {
            "extras": ["socks"],
            "hashes": ["sha256:aa"],
            "index": "pypi",
            "markers": "python_version >= '3.7'",
            "version": "==2.31.0"
        },
        "local": {
            "editable": true,
            "path": "."
        },
        "source": {
            "git": "https://example.com/s.git",
            "ref": "abc"
        },
        "any": {
            "version": "*"
        }
    },
    "develop": {
        "requests": {
            "version": "==2.31.0"
        }
    },
    "deploy": {
        "zappa": {
            "version": "==0.58.0"
        }
    }
}
"""


def test_a_lock_of_pipenv():
    found = read("Pipfile.lock", PIPFILE)
    assert [(item.name, item.version, item.location.line, item.origin, item.groups) for item in found.pins] == [
        ("requests", "2.31.0", 7, "", ("",)),
        ("local", "", 14, "editable", ("",)),
        ("source", "", 18, "git", ("",)),
        ("any", "", 22, "", ("",)),
        ("requests", "2.31.0", 27, "", ("dev",)),
        ("zappa", "0.58.0", 32, "", ("deploy",)),
    ]
    first = found.pins[0]
    assert (first.extras, first.marker, first.registry) == (("socks",), "python_version >= '3.7'", "pypi")
    assert first.files == (File("", "sha256:aa"),)


PYLOCK = """\
lock-version = "1.0"
dependency-groups = ["dev"]

[[packages]]
name = "attrs"
version = "25.1.0"
requires-python = ">=3.8"
wheels = [
  {name = "attrs-25.1.0-py3-none-any.whl", url = "https://e.com/x.whl", size = 63152, hashes = {sha256 = "aa"}},
]

[[packages]]
name = "cattrs"
version = "24.1.2"
marker = "'dev' in dependency_groups or 'more' in extras"
dependencies = [{name = "attrs"}]

[[packages]]
name = "tree"
directory = {path = ".", editable = true}

[[packages]]
name = "code"
version = "1.0"
vcs = {type = "git", url = "https://e.com/c.git", commit-id = "1"}
"""


def test_a_pylock():
    attrs, cattrs, tree, code = read("pylock.prod.toml", PYLOCK).pins
    assert (attrs.version, attrs.location.line, attrs.groups) == ("25.1.0", 5, ("",))
    assert attrs.files == (File("attrs-25.1.0-py3-none-any.whl", "sha256:aa", 63152),)
    assert (cattrs.groups, cattrs.requires, cattrs.location.line) == (("dev", "more"), (Required("attrs"),), 13)
    assert (tree.origin, tree.version, code.origin, code.version) == ("editable", "", "git", "")


def test_packages_that_are_written_in_another_way_are_found_by_their_names():
    text = 'lock-version = "1.0"\npackages = [\n  {name = "a", version = "1"},\n  {name = "b", version = "2"},\n]\n'
    assert told(read("pylock.toml", text)) == [("a", "1", 3), ("b", "2", 4)]


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("uv.lock", "[[package]]\nname = \n", "cannot be read: Invalid value (at line 2, column 8)"),
        ("uv.lock", b"\xff", "cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ("uv.lock", "a." * 200 + "b = 1", "cannot be read: a key of more than 100 parts"),
        ("uv.lock", "a = " + "[" * 5000, "nested too deeply"),
        ("Pipfile.lock", '{"default": ' + "[" * 100_000, "nested too deeply"),
        ("Pipfile.lock", "[]", "cannot be read: no object"),
        ("Pipfile.lock", "{", "cannot be read: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("Pipfile.lock", '{"default": {"a": {"version": "==1"}}, "default": {}}', "cannot be read: 'default' stands there twice"),
        ("Pipfile.lock", '{"default": ["a==1"]}', "cannot be read: 'default' is no table of packages"),
        ("poetry.lock", "package = 1\n", "cannot be read: 'package' is no list of packages"),
        ("poetry.lock", "package = []\n", ""),
        ("uv.lock", "[package]\nname = 'a'\nversion = '1'\n", "cannot be read: 'package' is no list of packages"),
        ("uv.lock", "package = ['a==1']\n", "cannot be read: 'package' is no list of packages"),
        ("pylock.toml", "[[package]]\nname = 'a'\nversion = '1'\n", "cannot be read: 'packages' is no list of packages"),
        ("poetry.lock", "[[package]]\nname = 1\nversion = [1]\ngroups = {a = 1}\nfiles = [1]\nsource = 1\n", ""),
        ("uv.lock", "[[package]]\nname = 'a'\nsource = 1\ndependencies = [1, {name = 2}]\nwheels = [{url = 1}]\n", ""),
        ("pylock.toml", "", ""),
    ],
)  # fmt: skip
def test_broken_locks_are_told_and_odd_ones_hold_nothing(path, text, problem):
    found = read(path, text)
    assert found.problem == problem
    assert not any(item.version for item in found.pins)


@pytest.mark.parametrize(
    "text",
    [
        "x = '" + "a" * 1_000_000 + "'\n[[package]]\nname = 'a'\nversion = '1'\n",
        "package = [{name = 'a', version = '1', x = '" + " " * 1_000_000 + "'}]\n",
    ],
)
def test_long_words_of_a_lock_take_no_longer_than_short_ones(text):
    assert [(pin.name, pin.version) for pin in read("uv.lock", text).pins] == [("a", "1")]


def test_a_lock_in_which_all_is_of_one_name_is_read_in_one_pass():
    """Each of 20,000 extras of a name might be one of each of 20,000 packages of that name, and is of one."""
    number = 20_000
    wanted = ", ".join(f'{{name = "a", extra = ["e{each}"]}}' for each in range(number))
    lines = ['[[package]]\nname = "own"\nsource = {virtual = "."}', f"dependencies = [{wanted}]"]
    lines += [
        f'[[package]]\nname = "a"\nversion = "{each}"\noptional-dependencies = {{e{each} = [{{name = "b"}}]}}'
        for each in range(number)
    ]
    lines.append('[[package]]\nname = "b"\nversion = "1"')
    found = read("uv.lock", "\n".join(lines)).pins
    assert len(found) == number + 2
    assert {pin.groups for pin in found[1:]} == {("",)}


def test_more_groups_than_any_project_has():
    groups = "\n".join(f'g{each} = [{{name = "a"}}]' for each in range(2500))
    packages = "\n".join(f'[[package]]\nname = "a"\nversion = "{each}"' for each in range(2500))
    text = (
        f'[[package]]\nname = "own"\nsource = {{virtual = "."}}\n[package.optional-dependencies]\n{groups}\n{packages}'
    )
    assert read("uv.lock", text).problem == "cannot be read: 2,501 groups for 2,501 packages"


FILES = {
    "requirements.txt": REQUIREMENTS,
    "uv.lock": UV,
    "poetry.lock": POETRY,
    "Pipfile.lock": PIPFILE,
    "pylock.toml": PYLOCK,
}


@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.text(max_size=6)), max_size=6),
)
def test_whatever_stands_there_it_is_read_or_the_reason_told(path, edits):
    text = FILES[path]
    for start, length, put in edits:
        at = start % (len(text) + 1)
        text = text[:at] + put + text[at + length :]
    found = read(path, text.encode("utf-8", "surrogatepass"))
    assert found.pins or found.problem or not any(word in text for word in ("version", "=="))
    for pin in found.pins:
        assert pin.location.path == path
        assert 1 <= pin.location.line <= len(text.splitlines())
        assert all(type(value) is str for value in (pin.name, pin.version, pin.specifier, pin.marker, pin.origin))
        assert all(type(value) is str for value in (*pin.extras, *pin.groups))


def test_a_file_that_is_not_there_or_too_large():
    tree = MemoryTree({"requirements.txt": "a" * (3 << 20)})
    assert pins.read(tree, "requirements.txt").problem == "larger than 2,097,152 bytes"
    assert pins.read(tree, "uv.lock").problem == "No such file or directory"


PLAIN = """\
# what the function needs
requests[Socks, security]>=2.31,<3  ; python_version < "3.14"   # for the proxy

PyYAML
  six == 1.17.0
my.pkg_name~=1.0#no comment
"""


def test_a_file_of_requirements_alone_is_read_as_pip_reads_it(monkeypatch):
    text = PLAIN.replace("#no comment", "")
    quick = list(requirements_txt.parsed(text))
    assert [item.line for item in quick] == [2, 4, 5, 6]
    monkeypatch.setattr(requirements_txt, "_plain", lambda _: None)
    assert list(requirements_txt.parsed(text)) == quick


@pytest.mark.parametrize(
    "line",
    [
        "-r base.txt",
        "a --hash=sha256:aa",
        "./libs/a",
        "a @ https://example.com/a.whl",
        "a.whl",
        "a==1 \\",
        "a==${VERSION}",
        "a==2004d",
        "a b",
        "my-pkg==1#no comment",
    ],
)
def test_what_else_a_line_may_be_is_left_to_pips_own_code(line):
    assert requirements_txt._plain(f"requests==2.32.4\n{line}\n") is None
