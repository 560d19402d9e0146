"""Distributions, who owns which file, and what is wrong with their metadata."""

from lambdalint.bundle.distributions import Distributions
from tests.bundles.memory import merged


def found(files, *layers):
    return Distributions(merged(files, *layers))


def dist(name, version, *files, **metadata):
    """The files of a distribution with metadata and a RECORD of ``files`` and its own."""
    folder = f"{name}-{version}.dist-info"
    texts = {f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}
    texts |= {f"{folder}/{key.replace('_', '.')}": text for key, text in metadata.items()}
    texts[f"{folder}/RECORD"] = "".join(f"{path},sha256=x,1\n" for path in (*files, *texts, f"{folder}/RECORD"))
    return dict.fromkeys(files, "") | texts


def owned(every):
    return {item.name: sorted(path.removeprefix("/var/task/") for path in files) for item, files in every.files.items()}


def test_record_tells_first():
    every = found(dist("demo", "1.0", "demo/__init__.py", "demo.libs/libx.so", "bin/demo") | {"app.py": ""})
    (item,) = every.all
    assert (item.name, item.version, item.recorded, item.problem) == ("demo", "1.0", True, "")
    assert owned(every)["demo"] == [
        "bin/demo", "demo-1.0.dist-info/METADATA", "demo-1.0.dist-info/RECORD", "demo.libs/libx.so", "demo/__init__.py",
    ]  # fmt: skip
    assert every.unowned == {"/var/task/app.py": ("/var/task/app.py",)}
    assert every.owner("/var/task/demo/__init__.py") is item
    assert every.owner("/var/task/app.py") is None


def test_record_with_quotes_scripts_and_strangers():
    files = dist("demo", "1.0", "demo.py")
    folder = "demo-1.0.dist-info"
    files[f"{folder}/RECORD"] += (
        '"demo data, all.txt",,\n../../bin/demo,,\n../../../etc/passwd,,\n/etc/shadow,,\ngone.py,,\n'
    )
    every = found(files | {"demo data, all.txt": "", "bin/demo": "", "etc/passwd": ""})
    (item,) = every.all
    assert "/var/task/demo data, all.txt" in every.files[item]
    assert "/var/task/bin/demo" in every.files[item]
    assert item.missing == ("/etc/shadow", "gone.py")


def test_what_no_record_lists_goes_to_what_is_around_it():
    every = found(
        dist("demo", "1.0", "demo/__init__.py", "demo/core.py", "single.py", "ns/one/a.py")
        | dist("other", "2.0", "ns/two/b.py")
        | {
            "demo/__pycache__/core.cpython-313.pyc": "",
            "demo/data/model.bin": "",
            "__pycache__/single.cpython-313.pyc": "",
            "__pycache__/app.cpython-313.pyc": "",
            "ns/two/c.txt": "",
            "ns/shared.txt": "",
        }
    )
    assert "demo/__pycache__/core.cpython-313.pyc" in owned(every)["demo"]
    assert "demo/data/model.bin" in owned(every)["demo"]
    assert "__pycache__/single.cpython-313.pyc" in owned(every)["demo"]
    assert "ns/two/c.txt" in owned(every)["other"]
    assert set(every.unowned) == {"/var/task/__pycache__", "/var/task/ns"}


def test_without_a_record():
    files = {
        "PyDemo-1.0.dist-info/METADATA": "Name: PyDemo\nVersion: 1.0\n",
        "PyDemo-1.0.dist-info/top_level.txt": "demo\n",
        "demo/__init__.py": "",
        "plain-1.0.dist-info/METADATA": "Name: plain\nVersion: 1.0\n",
        "plain.py": "",
        "stripped/__init__.py": "",
    }
    every = found(files)
    assert owned(every)["PyDemo"][-1] == "demo/__init__.py"
    assert "plain.py" in owned(every)["plain"]
    assert [item.recorded for item in every.all] == [False, False]
    assert set(every.unowned) == {"/var/task/stripped"}


def test_eggs():
    files = {
        "demo-1.0-py3.11.egg-info/PKG-INFO": "Metadata-Version: 1.0\nName: demo\nVersion: 1.0\n",
        "demo-1.0-py3.11.egg-info/installed-files.txt": "../demo/__init__.py\nPKG-INFO\n",
        "demo/__init__.py": "",
    }
    every = found(files)
    (item,) = every.all
    assert (item.name, item.version) == ("demo", "1.0")
    assert item.metadata.version == "1.0"
    assert "/var/task/demo/__init__.py" in every.files[item]


def test_metadata():
    metadata = (
        "Metadata-Version: 2.1\r\nName: My.Demo\r\nVersion: 1.0\r\nRequires-Dist: a>=1; python_version < '3.9'\r\n"
        "Requires-Dist: b[extra]~=2.0\r\nProvides-Extra: extra\r\nRequires-Python: >=3.8\r\n\r\nRequires-Dist: not-this\r\n"
    )
    folder = "My_Demo-1.0.dist-info"
    wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp313-cp313-manylinux_2_17_x86_64\nTag: cp313-abi3-linux_x86_64\n"
    points = "[console_scripts]\ndemo = demo.cli:main\n\n[demo.plugins]\nName: colon = demo:plugin\n"
    texts = {"METADATA": metadata, "WHEEL": wheel, "entry_points.txt": points}
    every = found({f"{folder}/{name}": text for name, text in texts.items()})
    (item,) = every.all
    assert every.named("my-demo") == every.named("MY.demo") == (item,)
    assert item.metadata.name == "My.Demo"
    assert item.metadata.requires == ("a>=1; python_version < '3.9'", "b[extra]~=2.0")
    assert item.metadata.requires_python == ">=3.8"
    assert item.metadata.extras == ("extra",)
    assert item.tags == ("cp313-cp313-manylinux_2_17_x86_64", "cp313-abi3-linux_x86_64")
    assert item.entry_points == (
        ("console_scripts", "demo", "demo.cli:main"),
        ("demo.plugins", "Name: colon", "demo:plugin"),
    )


def test_broken_metadata_is_told():
    huge = "Metadata-Version: 2.1\nName: x\nVersion: 1\n" + "Requires-Dist: a\n" * 300_000
    files = {
        "a-1.dist-info/RECORD": "",
        "b-1.dist-info/METADATA": "no header at all",
        "c-1.dist-info/METADATA": huge,
        "d-1.dist-info/METADATA": "Name: d\nVersion: 1\n",
        "d-1.dist-info/entry_points.txt": "not = in a section\n",
        "-1.dist-info/METADATA": "Name: e\nVersion: 1\n",
    }
    every = found(files)
    for item in every.all:
        _ = item.metadata, item.entry_points
    assert {item.path.rpartition("/")[2]: item.problem for item in every.all} == {
        "-1.dist-info": "-1.dist-info names no distribution",
        "a-1.dist-info": "METADATA is missing",
        "b-1.dist-info": "METADATA has no name or no version",
        "c-1.dist-info": "METADATA cannot be read: larger than 4,194,304 bytes",
        "d-1.dist-info": "entry_points.txt cannot be read",
    }


def test_layers_have_distributions_too():
    site = "python/lib/python3.13/site-packages"
    layer = {f"{site}/{path}": text for path, text in dist("demo", "2.0", "demo.py").items()}
    every = found(dist("demo", "1.0", "demo.py"), layer, {"demo-3.0.dist-info/RECORD": ""})
    assert [(item.version, item.root) for item in every.named("demo")] == [
        ("1.0", "/var/task"),
        ("2.0", f"/opt/{site}"),
    ]
    assert set(every.unowned) == {"/opt/demo-3.0.dist-info"}  # not where Python looks
