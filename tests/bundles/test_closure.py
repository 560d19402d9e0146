"""What is loaded, in which order of precedence, and which imports fail: as the interpreter would have it."""

import subprocess
import sys
import textwrap

import pytest

from lambdalint.bundle import closure as closures
from lambdalint.bundle.closure import Closure
from lambdalint.bundle.layers import TASK, Merged, Part
from lambdalint.bundle.targets import Runtime, elsewhere, provided, removed, runtime, stdlib
from tests.bundles.memory import MemoryArtifact, merged

PYTHON_3_13 = runtime("python3.13", "x86_64")


def closure(files, *layers, start="app", target=PYTHON_3_13):
    return Closure(merged(files, *layers, version=target.version), target, start)


def missing(source, target=PYTHON_3_13, **modules):
    """The names that an entry point with this source fails for, and why."""
    files = {"app.py": textwrap.dedent(source)} | {f"{name}.py": text for name, text in modules.items()}
    return {item.name: item.reason for item in closure(files, target=target).missing}


def test_modules_are_loaded_in_their_order():
    found = closure(
        {
            "app.py": "import pkg.inner.deep\nfrom pkg import other\nfrom . import nothing\nimport json\nimport boto3\n",
            "pkg/__init__.py": "from .base import Base\n",
            "pkg/base.py": "",
            "pkg/inner/__init__.py": "",
            "pkg/inner/deep.py": "from ..sibling import thing\nfrom ...far import away\n",
            "pkg/sibling.py": "",
            "pkg/other.py": "",
            "pkg/unused.py": "",
        }
    )
    assert list(found.loaded) == ["app", "pkg", "pkg.base", "pkg.inner", "pkg.inner.deep", "pkg.sibling", "pkg.other"]
    assert list(found.outside) == ["json", "boto3"]
    assert found.missing == ()
    assert [(step.path, step.line, step.imported) for step in found.chain("pkg.sibling")] == [
        ("/var/task/app.py", 1, "pkg.inner.deep"),
        ("/var/task/pkg/inner/deep.py", 1, "pkg.sibling"),
    ]


def test_function_before_layers_before_stdlib_before_runtime():
    site = "python/lib/python3.13/site-packages"
    found = closure(
        {"app.py": "import a, b, c, boto3, graphlib, tomllib, sys\n", "a.py": ""},
        {f"{site}/a.py": "", f"{site}/b.py": "", "python/b.py": "", "python/c.py": "", "python/graphlib.py": ""},
        {"python/boto3/__init__.py": "", "python/lib/python3.12/site-packages/tomllib.py": "", "python/sys.py": ""},
    )
    states = {name: found.find(name).path for name in ("a", "b", "c", "boto3", "graphlib")}
    assert states == {
        "a": "/var/task/a.py",
        "b": f"/opt/{site}/b.py",
        "c": "/opt/python/c.py",
        "boto3": "/opt/python/boto3/__init__.py",
        "graphlib": "/opt/python/graphlib.py",
    }
    assert list(found.outside) == ["tomllib", "sys"]  # another version's directory; sys is built in


def test_a_later_layer_replaces_files_of_an_earlier_one():
    found = merged({"app.py": ""}, {"python/a.py": "1", "python/b.py": "1"}, {"python/a.py": "2"})
    assert found.read("/opt/python/a.py", 10) == b"2"
    assert found.shown("/opt/python/a.py") == "layer2.zip/python/a.py"
    assert found.shown("/opt/python/b.py") == "layer1.zip/python/b.py"


def test_namespace_packages_span_directories():
    found = closure(
        {"app.py": "from google.cloud import storage\nimport google.auth\n", "google/auth/__init__.py": ""},
        {"python/google/cloud/storage/__init__.py": ""},
    )
    assert list(found.loaded) == ["app", "google", "google.cloud", "google.cloud.storage", "google.auth"]
    assert found.missing == ()


def test_packages_that_extend_their_path():
    text = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
    found = closure(
        {"app.py": "import google.a, google.b\n", "google/__init__.py": text, "google/a.py": ""},
        {"python/google/__init__.py": text, "python/google/b.py": ""},
    )
    assert list(found.loaded) == ["app", "google", "google.a", "google.b"]


@pytest.mark.parametrize(
    ("files", "target", "reason"),
    [
        ({"x.cpython-313-x86_64-linux-gnu.so": ""}, PYTHON_3_13, None),
        ({"x.abi3.so": ""}, PYTHON_3_13, None),
        ({"x.so": ""}, PYTHON_3_13, None),
        ({"x.pyc": ""}, PYTHON_3_13, None),
        ({"x/__init__.cpython-313-x86_64-linux-gnu.so": ""}, PYTHON_3_13, None),
        ({"x.cpython-313-aarch64-linux-gnu.so": ""}, PYTHON_3_13, "foreign"),
        ({"x.cpython-313-aarch64-linux-gnu.so": ""}, runtime("python3.13", "arm64"), None),
        ({"x.cpython-313-aarch64-linux-gnu.so": ""}, runtime("python3.13"), None),
        ({"x.cpython-312-x86_64-linux-gnu.so": ""}, PYTHON_3_13, "foreign"),
        ({"x.cpython-313-darwin.so": ""}, PYTHON_3_13, "foreign"),
        ({"x.cp313-win_amd64.pyd": ""}, PYTHON_3_13, "foreign"),
        ({"__pycache__/x.cpython-313.pyc": ""}, PYTHON_3_13, "absent"),
        ({"y/x.py": ""}, PYTHON_3_13, "absent"),
        ({}, PYTHON_3_13, "absent"),
    ],
)
def test_files_that_are_modules(files, target, reason):
    found = closure({"app.py": "import x\n", **files}, target=target)
    assert [item.reason for item in found.missing] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import gone", {"gone": "absent"}),
        ("import gone.away", {"gone": "absent"}),
        ("from gone import away", {"gone": "absent"}),
        ("import asyncore", {"asyncore": "removed"}),
        ("import winreg", {"winreg": "elsewhere"}),
        ("import pkg.gone", {"pkg.gone": "submodule"}),
        ("from pkg import gone", {}),  # a name that the package may bind
        ("from pkg.gone import thing", {"pkg.gone": "submodule"}),
        ("import xml.gone, boto3.gone", {}),  # nobody lists what is in there
        ("import six.moves.urllib", {}),
        ("import bundledsix.moves.urllib", {}),  # a module that makes modules
        ("import lazy.gone", {"lazy.gone": "submodule"}),  # which provides attributes, and no modules
        ("import making.gone", {}),
        ("import gone_one\nimport gone_two", {"gone_one": "absent", "gone_two": "absent"}),
        ("try:\n import gone\nexcept ImportError:\n gone = None", {}),
        ("try:\n import gone\nexcept ModuleNotFoundError:\n import json", {}),
        ("try:\n import gone\nexcept (KeyError, ImportError):\n pass", {}),
        ("try:\n import gone\nexcept Exception:\n pass", {}),
        ("try:\n import gone\nexcept:\n pass", {}),
        ("try:\n import gone\nexcept KeyError:\n pass", {"gone": "absent"}),
        ("try:\n import gone\nfinally:\n pass", {"gone": "absent"}),
        ("try:\n import gone\nexcept ImportError:\n import fallback", {"fallback": "absent"}),
        ("try:\n import json\nexcept ImportError:\n import fallback", {}),
        (
            "try:\n import gone\nexcept ImportError as e:\n raise RuntimeError('install gone') from e",
            {"gone": "absent"},
        ),
        ("import sys\ntry:\n import gone\nexcept ImportError:\n sys.exit('install gone')", {"gone": "absent"}),
        ("try:\n import gone\nexcept ImportError as e:\n if e.name != 'gone':\n  raise", {}),
        ("try:\n import json\nexcept ImportError:\n pass\nelse:\n import gone", {"gone": "absent"}),
        ("try:\n import gone\nexcept ImportError:\n pass\nelse:\n import gone_too", {}),
        ("try:\n try:\n  import gone\n except ImportError:\n  import gone_too\nexcept ImportError:\n pass", {}),
        ("try:\n import json\n import gone\n import never\nexcept ImportError:\n pass", {}),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n import gone", {}),
        ("with open('x') as f:\n import gone", {"gone": "absent"}),
        ("def f():\n import gone", {}),
        ("class A:\n import gone", {"gone": "absent"}),
        ("class A:\n def f(self):\n  import gone", {}),
        ("if __name__ == '__main__':\n import gone", {}),
        ("for x in y:\n import gone", {}),
        ("if FLAG:\n import gone", {}),
        ("if FLAG:\n pass\nelse:\n import gone", {}),
        ("if True:\n import gone", {"gone": "absent"}),
        ("import importlib\nimportlib.import_module('gone')", {"gone": "absent"}),
        ("import importlib\nx = importlib.import_module('pkg.gone')", {"pkg.gone": "submodule"}),
        ("import importlib\nx = importlib.import_module(name)", {}),
        ("for name in ('json', 'gone'):\n    __import__(name)", {"gone": "absent"}),
        ("NEEDED = ['json', 'gone']\nfor name in NEEDED:\n    __import__(name)", {"gone": "absent"}),
        ("for name in NEEDED:\n    __import__(name)", {}),
        ("for name in ('gone',):\n    try:\n        __import__(name)\n    except ImportError:\n        pass", {}),
        ("try:\n    SETUP\nexcept NameError:\n    SETUP = False\nif not SETUP:\n    import gone", {"gone": "absent"}),
        ("try:\n    f()\nexcept NameError:\n    import gone", {}),
        ("try:\n    set\nexcept NameError:\n    from sets import Set as set", {}),
        ("__import__('gone')", {"gone": "absent"}),
        ("import importlib\nload = lambda: importlib.import_module('gone')", {}),
    ],
)
def test_failures(source, expected):
    files = {
        "pkg/__init__": "",
        "bundledsix": "",
        "lazy/__init__": "def __getattr__(name):\n    return name\n",
        "making/__init__": "import sys\nsys.modules[__name__ + '.gone'] = sys\n",
    }
    assert missing(source, **files) == expected


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("sys.version_info >= (3, 8)", True),
        ("sys.version_info < (3, 13)", False),
        ("sys.version_info[:2] == (3, 13)", True),
        ("sys.version_info[0] == 2", False),
        ("sys.version_info[1] >= 12", True),
        ("sys.version_info.major == 3", True),
        ("sys.version_info.minor < 12", False),
        ("(3, 12) <= sys.version_info", True),
        ("sys.version_info >= (3, 13, 1)", True),
        ("sys.version_info >= (3, 14, 0, 'final')", False),
        ("sys.version_info >= (3,)", True),
        ("not sys.version_info < (3, 0)", True),
        ("sys.version_info > (3, 0) and sys.platform == 'linux'", True),
        ("sys.version_info < (3, 0) or os.name == 'nt'", False),
        ("sys.version_info < (3, 0) and unknown", False),
        ("unknown or sys.version_info > (3, 0)", True),
        ("sys.platform == 'win32'", False),
        ("sys.platform != 'win32'", True),
        ("sys.platform.startswith('linux')", True),
        ("sys.platform in ('win32', 'cygwin')", False),
        ("sys.platform not in {'win32'}", True),
        ("os.name == 'posix'", True),
        ("platform.system() == 'Windows'", False),
        ("platform.machine() == 'x86_64'", True),
        ("platform.python_implementation() == 'PyPy'", False),
        ("sys.implementation.name == 'cpython'", True),
        ("six.PY2", False),
        ("PY3", True),
        ("TYPE_CHECKING", False),
        ("typing.TYPE_CHECKING", False),
        ("0", False),
        ("WINDOWS", False),
        ("unknown", None),
        ("sys.version_info >= minimum", None),
        ("sys.argv == 3", None),
    ],
)
def test_conditions_on_the_target(test, holds):
    head = "WINDOWS = sys.platform == 'win32'\n"
    found = missing(f"{head}if {test}:\n    import yes\nelse:\n    import no\n")
    assert set(found) == {True: {"yes"}, False: {"no"}, None: set()}[holds]


def test_an_unknown_target_decides_nothing():
    source = "import sys\nif sys.version_info < (3, 9):\n    import gone\nimport cgi, distutils\n"
    assert missing(source, target=Runtime()) == {}


def test_what_fails_inside_a_guarded_import_is_caught_too():
    assert (
        missing("try:\n import a\nexcept ImportError:\n a = None\n", a="import b\n", b="import gone\nimport c", c="")
        == {}
    )
    assert missing("try:\n import a\nexcept ImportError:\n a = None\nimport b", a="import b\n", b="import gone") == {
        "gone": "absent"
    }


def test_cycles_end():
    assert missing("import a", a="import b\nimport gone", b="from a import x\nimport app") == {"gone": "absent"}


def test_long_chains_need_no_recursion():
    files = {f"m{number}": f"import m{number + 1}\n" for number in range(3000)}
    found = closure({"app.py": "import m0\n", **{f"{name}.py": text for name, text in files.items()}})
    assert [item.name for item in found.missing] == ["m3000"]
    assert len(found.missing[0].chain) == 3001
    assert len(found.loaded) == 3001


def test_names_that_a_package_loads_lazily():
    package = """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from .typed import Typed
        _where: dict = {"Listed": ".listed", "Paired": (__spec__.parent, ".paired")}
        def __getattr__(name): ...
    """
    source = "from pkg import Typed, Listed, Paired, Other\n"
    files = {"app.py": source, "pkg/__init__.py": textwrap.dedent(package)}
    found = closure(files | {f"pkg/{name}.py": "" for name in ("typed", "listed", "paired", "unused")})
    assert list(found.loaded) == ["app", "pkg", "pkg.typed", "pkg.listed", "pkg.paired"]


def test_what_cannot_be_read_is_told():
    found = closure({"app.py": "import a, b, c\n", "a.py": "def (:\n", "b.py": b"\xff", "c.py": "x" * (5 << 20)})
    assert set(found.unreadable) == {"/var/task/a.py", "/var/task/b.py", "/var/task/c.py"}
    assert found.missing == ()


def test_dynamic_imports_are_told_with_their_line():
    found = closure({"app.py": "import importlib\nfor name in x:\n    importlib.import_module(name)\n"})
    assert found.dynamic == {"/var/task/app.py": 3}


def test_distutils_of_setuptools():
    assert missing("import distutils.version") == {"distutils": "removed"}
    assert missing("import distutils.version", setuptools="") == {}


def test_a_changed_path_leads_into_the_bundle():
    found = closure(
        {"app.py": "import sys\nsys.path.insert(0, 'vendor')\nimport tool\n", "vendor/tool.py": "import gone"}
    )
    assert [item.name for item in found.missing] == ["gone"]
    assert found.paths_changed == {"/var/task/app.py"}


def test_stdlib_of_the_running_interpreter():
    version = sys.version_info[:2]
    names = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    assert names - elsewhere() == {name for name in stdlib(version) - elsewhere() if not name.startswith("_")}


def test_stdlib_by_version():
    assert "tomllib" in stdlib((3, 11)) - stdlib((3, 10))
    assert "distutils" in stdlib((3, 11)) - stdlib((3, 12))
    assert {"distutils", "imp", "asyncore", "cgi", "telnetlib"} <= removed((3, 13))
    assert "cgi" not in removed((3, 12))
    assert "tomllib" in stdlib(None)
    assert provided((3, 11))["pkg_resources"] == "setuptools"
    assert "pkg_resources" not in provided((3, 12))


def test_conditions_agree_with_the_interpreter(tmp_path):
    """The running interpreter decides the same tests, on its own version."""
    tests = [
        "sys.version_info >= (3, 11)", "sys.version_info[:2] >= (3, 13)", "sys.version_info < (3, 10, 5)",
        "sys.version_info[1] % 2 == 0", "sys.implementation.name == 'cpython'", "os.name == 'posix'",
    ]  # fmt: skip
    code = "import os, sys\nprint([bool({})])".format("), bool(".join(tests))
    answers = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    target = Runtime("", sys.version_info[:2], "x86_64")
    for test, answer in zip(tests, eval(answers), strict=True):
        found = missing(f"if {test}:\n    import yes\nelse:\n    import no\n", target=target)
        assert set(found) in ({"yes"} if answer else {"no"}, set())


def test_members_that_lead_elsewhere_are_no_files():
    files = {
        "../up.py": "",
        "pkg/../../x.py": "",
        "/etc/passwd": "",
        "d/" * 3000 + "x.py": "",
        "a..b/c...py": "",
        "ok.py": "",
    }
    assert list(merged(files).files) == ["/var/task/a..b/c...py", "/var/task/ok.py"]


def test_what_several_functions_hold_is_parsed_once(monkeypatch):
    parsed = []
    real = closures.imports

    def counted(source, path, target):
        parsed.append(path.rpartition("/")[2])
        return real(source, path, target)

    monkeypatch.setattr(closures, "imports", counted)
    known = {}
    files = {"big.py": "import small\n", "small.py": "x = 1\n", "broken.py": "def (:\n"}
    for number, start in enumerate(("one", "two")):
        artifact = MemoryArtifact(files | {f"{start}.py": "import big, broken, gone\n"})
        view = Merged(Part(f"function{number}.zip", artifact, TASK), (), (3, 13))
        found = Closure(view, PYTHON_3_13, start, known=known)
        assert list(found.loaded) == [start, "big", "small", "broken"]
        assert [item.name for item in found.missing] == ["gone"]
        assert list(found.unreadable) == ["/var/task/broken.py"]
    assert sorted(parsed) == ["big.py", "broken.py", "broken.py", "one.py", "small.py"]  # two.py says the same
    Closure(merged(files), runtime("python3.12", "x86_64"), "big", known=known)
    assert parsed.count("big.py") == 2  # for another target it may say something else
