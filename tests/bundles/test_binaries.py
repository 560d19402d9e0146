"""Native files by what they hold: machine, needs, versions, what could be stripped; and none that breaks the reader."""

import pathlib
import subprocess
import sys
import sysconfig

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdalint.bundle.binaries import ELF, MACHO, PE, Native, Natives, Tag, kind_of, read_native, tag_of
from tests.bundles.memory import merged
from tests.bundles.native import AARCH64, elf, macho, pe, universal


def read(data):
    return read_native(lambda spans: [data[offset : offset + length] for offset, length in spans], len(data))


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_elf(wide, order):
    found = read(
        elf(
            AARCH64,
            needs=("libc.so.6", "libpq.so.5"),
            versions=(("libc.so.6", "GLIBC_2.17"), ("libc.so.6", "GLIBC_2.28"), ("libm.so.6", "GLIBC_2.29")),
            runpath="$ORIGIN/../demo.libs:/opt/lib",
            soname="libdemo.so.1",
            debug=1000,
            symbols=500,
            wide=wide,
            order=order,
        )
    )
    assert found == Native(
        kind=ELF,
        bits=64 if wide else 32,
        machine="aarch64",
        soname="libdemo.so.1",
        needs=("libc.so.6", "libpq.so.5"),
        runpath=("$ORIGIN/../demo.libs", "/opt/lib"),
        versions=(("libc.so.6", "GLIBC_2.17"), ("libc.so.6", "GLIBC_2.28"), ("libm.so.6", "GLIBC_2.29")),
        debug=1506,  # with the names of the symbols
        is_library=True,
    )
    assert found.glibc == (2, 29)


def test_versions_are_numbers():
    assert read(elf(versions=(("libc.so.6", "GLIBC_2.9"), ("libc.so.6", "GLIBC_2.17")))).glibc == (2, 17)
    assert read(elf(versions=(("libc.so.6", "GLIBC_2.2.5"), ("libx.so", "CXXABI_1.3")))).glibc == (2, 2, 5)
    assert read(elf()).glibc is None


def test_rpath_counts_where_there_is_no_runpath():
    assert read(elf(rpath="$ORIGIN")).runpath == ("$ORIGIN",)
    assert read(elf(rpath="/old", runpath="/new")).runpath == ("/new",)


def test_others():
    assert read(macho()) == Native(MACHO, 64, "aarch64")
    assert read(universal(0x01000007, 0x0100000C)) == Native(MACHO, 64, "aarch64+x86_64")
    assert read(pe()) == Native(PE, 64, "x86_64")
    assert read(b"MZ is how this text begins" + bytes(100)) is None
    assert read(b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(100)) is None  # a Java class
    assert read(b"#!/bin/sh\n") is None
    assert read(b"") is None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x7fELF\x02\x01\x01" + b"\xff" * 200, "it has more segments than the limits allow"),
        (b"\x7fELF", "its header is broken"),
        (b"\x7fELF\x07\x01\x01" + bytes(100), "its header is broken"),
        (elf()[:100], "a table of it lies beyond its end"),
        (elf(needs=("libc.so.6",)).replace(b"libc.so.6\0", b"libc.so.6!"), "a name of it lies beyond their table"),
    ],
)
def test_broken_files_have_a_problem(data, problem):
    found = read(data)
    assert found.kind == ELF
    assert found.problem == problem


@settings(max_examples=300)
@given(st.data())
def test_any_damage_is_survived(data):
    good = bytearray(elf(needs=("libc.so.6",), versions=(("libc.so.6", "GLIBC_2.17"),), debug=64, symbols=48))
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(4, len(good) - 1))
        good[where : where + 4] = data.draw(st.binary(min_size=4, max_size=4))
    found = read(bytes(good[: data.draw(st.integers(0, len(good)))]))
    assert found is None or found.kind == ELF


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_x.cpython-312-x86_64-linux-gnu.so", Tag("cpython-312-x86_64-linux-gnu", (3, 12), "", "x86_64-linux-gnu")),
        (
            "_x.cpython-313t-aarch64-linux-gnu.so",
            Tag("cpython-313t-aarch64-linux-gnu", (3, 13), "t", "aarch64-linux-gnu"),
        ),
        ("_x.cpython-39-darwin.so", Tag("cpython-39-darwin", (3, 9), "", "darwin")),
        ("_x.abi3.so", Tag("abi3")),
        ("_x.cp311-win_amd64.pyd", Tag("cp311-win_amd64")),
        ("_x.so", None),
        ("libgfortran-040039e1.so.5.0.0", None),
        ("x.py", None),
    ],
)
def test_tags_of_names(name, expected):
    assert tag_of(name) == expected


def test_files_are_told_by_what_they_hold():
    files = merged(
        {"bin/tool": elf(), "x.so": b"plain text" * 20, "y.py": elf(), "z.so.1": macho(), "small": b"\x7fELF"}
    )
    assert Natives(files).paths == ("/var/task/bin/tool", "/var/task/z.so.1")
    assert [(path, item.kind) for path, item in Natives(files).all()] == [
        ("/var/task/bin/tool", ELF),
        ("/var/task/z.so.1", MACHO),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="reads this interpreter's own modules")
def test_agrees_with_the_linker():
    """What ldd's own tools say of the extension modules of this interpreter, where they are installed."""
    folder = pathlib.Path(sysconfig.get_config_var("DESTSHARED") or "nowhere")
    files = sorted(folder.glob("*.so"))[:20]
    if not files:
        pytest.skip("this interpreter has no extension modules as files")
    try:
        subprocess.run(["readelf", "--version"], capture_output=True, check=True)
    except OSError:
        pytest.skip("readelf is not installed")
    for file in files:
        found = read(file.read_bytes())
        told = subprocess.run(["readelf", "-dVW", file], capture_output=True, text=True, check=True).stdout
        assert found.problem == ""
        assert all(f"[{name}]" in told for name in found.needs)
        assert told.count("(NEEDED)") == len(found.needs)
        versions = [line for line in told.splitlines() if "Name: GLIBC_" in line]
        assert len([name for _, name in found.versions if name.startswith("GLIBC_")]) == len(versions)


def test_kinds_need_few_bytes():
    assert [kind_of(data[:64]) for data in (elf(), macho(), pe(), b"x" * 64)] == [ELF, MACHO, PE, ""]
