"""Native files: which of them the runtime loads, and what it refuses the others for."""

import pytest

from lambdalint.bundle.binaries import Natives
from lambdalint.bundle.closure import Closure
from lambdalint.bundle.linking import Linker
from lambdalint.bundle.targets import Runtime, runtime
from tests.bundles.memory import merged
from tests.bundles.native import AARCH64, elf, macho, pe

X86, ARM = runtime("python3.12", "x86_64"), runtime("python3.12", "arm64")
OLD = runtime("python3.11", "x86_64")


def linker(files, *layers, target=X86, disabled=frozenset()):
    files = merged(files, *layers, version=target.version)
    return Linker(files, Natives(files), target, disabled)


def fault(data, target=X86, **others):
    """(kind, detail) of what the runtime refuses a file for; ``others`` are libraries beside it."""
    files = {"m.so": data} | {name.replace("__", "."): content for name, content in others.items()}
    found = linker(files, target=target).fault("/var/task/m.so")
    return (found.kind, found.detail) if found is not None else None


def needing(*needs, **more):
    return elf(needs=("libc.so.6", *needs), **more)


@pytest.mark.parametrize(
    ("data", "target", "expected"),
    [
        (needing(), X86, None),
        (needing(), ARM, ("machine", "x86_64")),
        (needing(machine=AARCH64), X86, ("machine", "aarch64")),
        (needing(machine=AARCH64), ARM, None),
        (needing(machine=AARCH64), Runtime("python3.12", (3, 12), ""), None),  # nobody knows on what it runs
        (macho(), X86, ("machine", "macOS")),
        (macho(), Runtime("", None, ""), ("machine", "macOS")),
        (pe(), ARM, ("machine", "Windows")),
        (b"", X86, None),
        (b"# text" * 100, X86, None),
        (elf()[:200], X86, None),  # broken: what it needs cannot be read
        (needing(versions=[("libc.so.6", "GLIBC_2.26")]), OLD, None),
        (needing(versions=[("libc.so.6", "GLIBC_2.2.5"), ("libm.so.6", "GLIBC_2.27")]), OLD, ("glibc", "2.27")),
        (needing(versions=[("libm.so.6", "GLIBC_2.34")]), X86, None),
        (needing(versions=[("libm.so.6", "GLIBC_2.35")]), X86, ("glibc", "2.35")),
        (needing(versions=[("libc.so.6", "GLIBC_PRIVATE")]), OLD, None),
        (needing(versions=[("libc.so.6", "GLIBC_2.38")]), Runtime("", None, "x86_64"), None),
        (needing("libc.musl-x86_64.so.1"), X86, ("library", "libc.musl-x86_64.so.1")),
        (needing("libGL.so.1"), X86, ("library", "libGL.so.1")),
        (needing("libjpeg.so.62"), X86, None),  # not known to be there, and not known not to be
        (needing("libGL.so.1", machine=AARCH64), X86, ("machine", "aarch64")),
    ],
)
def test_what_a_file_is_refused_for(data, target, expected):
    assert fault(data, target) == expected


def test_libraries_are_followed_where_the_loader_looks_for_them():
    module = needing("libx.so", runpath="$ORIGIN/../m.libs:${ORIGIN}/inner")
    wrong = elf(machine=AARCH64)

    def found(place, mount="function"):
        files = {"pkg/m.so": module}
        layer = {place: wrong} if mount == "layer" else {}
        files |= {place: wrong} if mount == "function" else {}
        return linker(files, layer).fault("/var/task/pkg/m.so")

    assert found("m.libs/libx.so").path == "/var/task/m.libs/libx.so"
    assert found("pkg/inner/libx.so").path == "/var/task/pkg/inner/libx.so"
    assert found("lib/libx.so").path == "/var/task/lib/libx.so"
    assert found("libx.so").path == "/var/task/libx.so"
    assert found("lib/libx.so", "layer").path == "/opt/lib/libx.so"
    assert found("elsewhere/libx.so") is None  # something else may load it, and then this one finds it loaded
    assert found("lib/libx.so.1") is None


def test_libraries_may_need_each_other():
    files = {"m.so": needing("a.so"), "a.so": needing("b.so"), "b.so": needing("a.so", "libpq.so.5")}
    found = linker(files).fault("/var/task/m.so")
    assert (found.kind, found.path, found.detail) == ("library", "/var/task/b.so", "libpq.so.5")


def test_libraries_that_nobody_knows():
    files = {
        "m.so": needing("liba.so", "libjpeg.so.62", "libssl.so.3", "libpython3.12.so.1.0"),
        "lib/liba.so": needing("libtiff.so.5", "libpython3.11.so.1.0", "libm.so.6"),
    }
    assert sorted(linker(files).unknown("/var/task/m.so")) == [
        ("/var/task/lib/liba.so", "libpython3.11.so.1.0"),
        ("/var/task/lib/liba.so", "libtiff.so.5"),
        ("/var/task/m.so", "libjpeg.so.62"),
    ]
    assert list(linker(files, target=Runtime("", None, "x86_64")).unknown("/var/task/m.so")) == []


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("m.cpython-311-x86_64-linux-gnu.so", needing(), ("abi", "cpython-311-x86_64-linux-gnu")),
        ("m.cpython-312t-x86_64-linux-gnu.so", needing(), ("abi", "cpython-312t-x86_64-linux-gnu")),
        ("m.cpython-311-aarch64-linux-gnu.so", needing(machine=AARCH64), ("machine", "aarch64")),
        ("m.cpython-312-aarch64-linux-gnu.so", b"", ("machine", "aarch64-linux-gnu")),
        ("m.cpython-312-darwin.so", macho(), ("machine", "macOS")),
        ("m.cp312-win_amd64.pyd", pe(), ("machine", "Windows")),
        ("m.pyd", b"", ("machine", "Windows")),
        ("m.pypy39-pp73-x86_64-linux-gnu.so", needing(), ("abi", "pypy39-pp73-x86_64-linux-gnu")),
        ("m.cpython-312-x86_64-linux-musl.so", needing("libc.musl-x86_64.so.1"), ("library", "libc.musl-x86_64.so.1")),
        ("m.cpython-312-x86_64-linux-musl.so", needing(), ("library", "musl")),
    ],
)
def test_what_the_importer_does_not_look_at(name, data, expected):
    files = merged({"app.py": b"import m\n", name: data}, version=(3, 12))
    found = Linker(files, Natives(files), X86, frozenset())
    (missing,) = Closure(files, X86, "app", linker=found).missing
    assert (missing.reason, missing.found) == ("foreign", f"/var/task/{name}")
    told = found.tag_fault(missing.found)
    assert (told.kind, told.detail) == expected


def missing(app, **files):
    """The modules that an entry point fails for; native ones are for another machine where their name says "arm"."""
    made = {"app.py": app.encode()}
    for name, content in files.items():
        path = name.replace("__", "/").replace("/init/", "/__init__") + (".py" if isinstance(content, str) else ".so")
        made[path] = content.encode() if isinstance(content, str) else content
    view = merged(made, version=(3, 12))
    closure = Closure(view, X86, "app", linker=Linker(view, Natives(view), X86, frozenset()))
    return [(item.name, item.reason) for item in closure.missing], list(closure.loaded)


GOOD, BAD = elf(), elf(machine=AARCH64)


def test_a_native_file_that_is_refused_fails_like_one_that_is_not_there():
    assert missing("import m", m=GOOD) == ([], ["app", "m"])
    assert missing("import m", m=BAD) == ([("m", "native")], ["app"])
    assert missing("import other", other="import m", m=BAD) == ([("m", "native")], ["app", "other"])


def test_what_catches_the_failure_goes_on():
    guarded = "try:\n    import m\nexcept ImportError:\n    import slow\n"
    assert missing(guarded, m=BAD, slow="") == ([], ["app", "slow"])
    assert missing(guarded, m=GOOD, slow="") == ([], ["app", "m"])
    assert missing(f"{guarded}import m\n", m=BAD, slow="") == ([("m", "native")], ["app", "slow"])
    assert missing("try:\n    import m\nexcept ImportError as e:\n    raise Exception from e\n", m=BAD)[0]


def test_names_of_packages_that_only_foreign_files_have():
    """``from pkg import fast``, where fast is there for another Python only."""
    foreign = {"pkg/fast.cpython-39-x86_64-linux-gnu.so": GOOD}

    def names(init, code=b"from pkg import fast\n"):
        view = merged({"app.py": code, "pkg/__init__.py": init, **foreign}, version=(3, 12))
        return [item.name for item in Closure(view, X86, "app").missing]

    assert names(b"") == ["pkg.fast"]
    assert names(b"__version__ = '1'\n") == ["pkg.fast"]
    assert names(b"fast = None\n") == []  # the name may be bound there
    assert names(b"import sys\nsys.modules['pkg.other'] = None\n", b"import pkg.fast\n") == ["pkg.fast"]
    assert names(b"", b"from pkg import slow\n") == []
