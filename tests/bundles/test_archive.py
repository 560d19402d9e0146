"""Archives by their directory: what is read, what is refused and why, and that nothing is believed."""

import contextlib
import os
import stat
import struct
import sys
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdalint.bundle.archive import Archive, BadArchive
from lambdalint.bundle.entries import Folder
from lambdalint.bundle.hazards import hazards
from lambdalint.tree import DirectoryTree, Unreadable
from tests.bundles.made import LINK, NO_DATE, Member, archive, deflated

TEXT = b"x = 1\n" * 2000


def opened(folder, data, name="a.zip"):
    (folder / name).write_bytes(data)
    tree = DirectoryTree(str(folder))
    return Archive(lambda: tree.open(name))


def refusal(folder, data):
    with pytest.raises(BadArchive) as error:
        opened(folder, data).check_headers()
    return str(error.value)


def odd(artifact):
    return [(item.kind, item.path) for item in hazards(artifact)]


def test_entries_say_what_the_directory_says(tmp_path):
    found = opened(
        tmp_path,
        archive(
            ("pkg/", b"", 0o40755),
            ("pkg/a.py", TEXT, 0o100640, NO_DATE),
            Member("b.txt", b"plain", method=0, system=0),
        ),
    )
    folder, module, text = found.entries()
    assert folder.is_directory
    assert (module.path, module.size, module.packed) == ("pkg/a.py", len(TEXT), len(deflated(TEXT)))
    assert module.mode == 0o100640
    assert module.mtime == 315_532_800  # 1980-01-01
    assert module.crc == zlib.crc32(TEXT)
    assert module.is_file
    assert text.mode == -1  # not written by Unix
    assert found.read("pkg/a.py", 1 << 20) == TEXT
    assert found.read("b.txt", 5) == b"plain"
    assert found.exists("b.txt")
    assert not found.exists("pkg/")
    assert not found.exists("pkg")
    found.check_headers()


def test_entries_agree_with_zipfile(tmp_path):
    path = tmp_path / "lambdalint.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(os.listdir(os.path.dirname(os.__file__)))[:60]:
            file = os.path.join(os.path.dirname(os.__file__), name)
            if os.path.isfile(file):
                target.write(file, f"lib/{name}")
        with target.open("lib/streamed.bin", "w", force_zip64=True) as stream:
            stream.write(TEXT)
    tree = DirectoryTree(str(tmp_path))
    found = Archive(lambda: tree.open("lambdalint.zip"))
    found.check_headers()
    with zipfile.ZipFile(path) as other:
        infos = other.infolist()
        assert len(infos) > 10
        for entry, info in zip(found.entries(), infos, strict=True):
            assert (entry.path, entry.size, entry.packed, entry.crc) == (
                info.filename, info.file_size, info.compress_size, info.CRC,
            )  # fmt: skip
            assert entry.mode == info.external_attr >> 16
            assert found.read(entry.path, 1 << 26) == other.read(info)
            middle = found.parts(entry.path, [(3, 10), (0, 2), (entry.size - 1, 100)])
            whole = other.read(info)
            assert middle == [whole[3:13], whole[:2], whole[max(entry.size - 1, 0) :]]


def test_dates_are_those_of_the_calendar(tmp_path):
    import calendar

    for year, month, day in ((1980, 1, 1), (2000, 2, 29), (2024, 12, 31), (2098, 1, 1), (2107, 12, 31)):
        date = (year - 1980) << 9 | month << 5 | day
        (entry,) = opened(tmp_path, archive(("a.py", b"", 0o100644, date))).entries()
        assert entry.mtime == calendar.timegm((year, month, day, 0, 0, 0))
    (entry,) = opened(tmp_path, archive(("a.py", b"", 0o100644, 0))).entries()
    assert entry.mtime == 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"hello\n", "not a zip archive, or its end is missing"),
        (b"\x1f\x8b" + bytes(5000), "not a zip archive, or its end is missing"),
        (archive(), "an archive without entries"),
        (archive(("a.py", TEXT))[:-10], "not a zip archive, or its end is missing"),
        (archive(("a.py", TEXT))[20:], "its directory is not where its end says"),
        (archive(("a.py", TEXT), end={"length": 1 << 30}), "its directory is not where its end says"),
        (archive(("a.py", TEXT), end={"length": 1 << 20}), "its directory is not where its end says"),
        (archive(("a.py", TEXT), end={"offset": 1 << 20}), "its directory is not where its end says"),
        (archive(("a.py", TEXT), end={"disk": 3}), "part of an archive of several volumes"),
        (archive(Member("a.py", TEXT, flags=1)), "a.py is encrypted"),
        (archive(Member("a.py", TEXT, method=97)), "a.py is compressed by an unknown method (97)"),
        (archive(Member("a.py", TEXT, directory={"version": 99})), "a.py needs version 9.9 of the format, or another volume"),
        (archive(Member("a.py", TEXT, directory={"offset": 1 << 30})), "a.py would lie beyond the end of the archive"),
        (archive(Member("a.py", TEXT, directory={"offset": 3})), "a.py would lie beyond the end of the archive"),
        (archive(Member("a.py", TEXT, header={"name": b"b.py"})), "a.py has another name in its own header"),
        (archive(Member("a.py", TEXT, directory={"size": 10})), "a.py has another size or checksum in its own header"),
        (archive(Member("a.py", TEXT, directory={"crc": 10})), "a.py has another size or checksum in its own header"),
        (archive(Member("a.py", TEXT, directory={"method": 0})), "a.py is stored and has two sizes"),
        (archive(Member("a.py", TEXT, extra=b"\1\0\xff\xff")), "a.py has an extra field that is longer than its record"),
        (archive(Member("a.py", TEXT, extra=b"\1\0\1")), "a.py has a broken extra field"),
        (archive(Member(b"\xff.py", TEXT, flags=1 << 11)), "the name \xa0.py is not the UTF-8 that it claims to be"),
        (archive(("a.py", TEXT), Member("b.py", TEXT, directory={"offset": 0})), "its members overlap, so that little data unpacks to much"),
        (archive(("a.py", bytes(150 << 20))), "it would unpack to 157,286,400 bytes, 1,028 times its size"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)  # fmt: skip
def test_refusals_have_a_reason(tmp_path, data, reason):
    assert refusal(tmp_path, data) == reason


def test_an_entry_too_many(tmp_path):
    one = archive(("a.py", b""))
    entry = one[one.index(b"PK\1\2") : one.index(b"PK\5\6")]
    body = one[: one.index(b"PK\1\2")]
    data = body + entry * 50_001
    data += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 50_001, 50_001, 50_001 * len(entry), len(body), 0)
    assert refusal(tmp_path, data) == "more than 50,000 entries"


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"crc": 1}, "its checksum in the archive is wrong"),
        ({"size": 20_000}, "it unpacks to 12,000 bytes, not to the 20,000 that the archive says"),
        ({"size": 10}, "it unpacks to more than the 10 bytes that the archive says"),
    ],
)
def test_what_is_unpacked_is_counted(tmp_path, member, reason):
    """Header and directory agree, and both lie."""
    found = opened(tmp_path, archive(Member("a.py", TEXT, header=member, directory=member)))
    with pytest.raises(Unreadable) as error:
        found.read("a.py", 1 << 20)
    assert str(error.value) == reason


def test_a_member_is_not_unpacked_beyond_the_limit(tmp_path):
    found = opened(tmp_path, archive(("a.py", bytes(50 << 20))))
    with pytest.raises(Unreadable, match="larger than 1,048,576 bytes"):
        found.read("a.py", 1 << 20)
    assert found.parts("a.py", [(5, 3)]) == [b"\0\0\0"]
    with pytest.raises(Unreadable, match="not a file of the archive"):
        found.read("b.py", 5)


def test_broken_data(tmp_path):
    data = archive(Member("a.py", b"\xff" * 50, method=0))
    data = data.replace(
        struct.pack("<H", 0) + struct.pack("<2H", 0, (2024 - 1980) << 9 | 33),
        b"\x08\0" + struct.pack("<2H", 0, (2024 - 1980) << 9 | 33),
    )
    found = opened(tmp_path, data)
    with pytest.raises(Unreadable, match="its compressed data is broken"):
        found.read("a.py", 100)


def test_work_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr("lambdalint.bundle.archive.WORK_LIMIT", 20_000)
    found = opened(tmp_path, archive(("a.py", TEXT)))
    assert found.read("a.py", 1 << 20) == TEXT
    with pytest.raises(Unreadable, match="more than 20,000 bytes were unpacked"):
        found.read("a.py", 1 << 20)


def test_an_archive_that_changes(tmp_path):
    found = opened(tmp_path, archive(("a.py", TEXT)))
    (tmp_path / "a.zip").write_bytes(archive(("a.py", TEXT), ("b.py", TEXT)))
    with pytest.raises(Unreadable, match="changed meanwhile"):
        found.read("a.py", 1 << 20)


def test_links_stay_in_the_archive(tmp_path):
    found = opened(
        tmp_path,
        archive(
            ("lib/libx.so.1", b"ELF"),
            ("lib/libx.so", b"libx.so.1", LINK),
            ("lib64", b"lib", LINK),
            ("out.py", b"/etc/passwd", LINK),
            ("up.py", b"../../etc/passwd", LINK),
            ("self", b"self", LINK),
        ),
    )
    assert found.read("lib/libx.so", 10) == b"ELF"
    assert found.read("lib64/libx.so", 10) == b"ELF"
    assert not found.exists("out.py")
    assert not found.exists("up.py")
    assert not found.exists("self")
    assert odd(found) == [("escape", "out.py"), ("escape", "up.py")]


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("../x.py", "escape"),
        ("pkg/../../x.py", "escape"),
        ("..", "escape"),
        ("/tmp/x.py", "absolute"),
        ("C:\\x.py", "absolute"),
        ("pkg\\mod.py", "backslash"),
        (".//pkg//./x.py", "unclean"),
        ("", "unclean"),
        ("a\0b.py", "nul"),
        ("d/" * 32_000 + "x.py", "long"),
        ("d" * 300 + ".py", "long"),
        ("aux.py", "portable"),
        ("x.py. ", "portable"),
    ],
)
def test_hazardous_names(tmp_path, member, kind):
    found = opened(tmp_path, archive((member, b"x = 1\n"), ("ok.py", b"")))
    assert odd(found) == [(kind, member)]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([("a.py", b"1"), ("a.py", b"2")], [("duplicate", "a.py")]),
        ([("a", b"1"), ("a/b.py", b"2")], [("clash", "a")]),
        ([("a/b", b"1"), ("a/b/c/d.py", b"2")], [("clash", "a/b")]),
        ([("Mod.py", b"1"), ("mod.py", b"2")], [("portable", "mod.py")]),
        ([("caf\u00e9.py", b"1"), ("cafe\u0301.py", b"2")], [("portable", "caf\u00e9.py")]),
        ([("x", b"", 0o010644), ("y", b"", 0o106755)], [("setuid", "y"), ("special", "x")]),
        ([("a.py", b"", 0o100600), ("d/", b"", 0o040700)], [("mode", "a.py"), ("mode", "d/")]),
        ([("dir", b"lib", LINK), ("dir/x.py", b"")], [("clash", "dir"), ("escape", "dir/x.py")]),
        ([Member(b"\x82.py", b"1")], [("encoding", "\u00e9.py")]),
        ([Member("a.py", b"1", method=14)], [("method", "a.py")]),
        ([("pkg/__init__.py", b""), ("pkg/.hidden", b""), ("pkg-1.0.dist-info/METADATA", b"")], []),
    ],
)  # fmt: skip
def test_hazards(tmp_path, members, expected):
    assert odd(opened(tmp_path, archive(*members))) == expected


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (archive(("a.py", TEXT), prefix=b"#!/bin/sh\n" * 40), "prepended"),
        (archive(("a.py", TEXT), suffix=b"J" * 1000), "appended"),
        (archive(("a.py", TEXT)) + archive(("b.py", TEXT)), "prepended"),
        (archive(("a.py", TEXT), comment=archive(("b.py", TEXT))), "prepended"),
        (archive(("a.py", TEXT), end={"count": 60_000}), "count"),
    ],
)
def test_ambiguous_archives(tmp_path, data, kind):
    assert odd(opened(tmp_path, data)) == [(kind, "")]


def test_a_comment_is_none(tmp_path):
    assert odd(opened(tmp_path, archive(("a.py", TEXT), comment=b"built by a person"))) == []


@given(st.data())
def test_any_damage_ends_in_a_reason(tmp_path_factory, data):
    good = archive(("a.py", b"x = 1\n" * 9), Member("b/c.bin", bytes(range(256)), method=0, extra=b"UT\5\0\1abcd"))
    where = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[where : where + data.draw(st.integers(1, 4))] = data.draw(st.binary(max_size=6))
    folder = tmp_path_factory.mktemp("damage")
    with contextlib.suppress(Unreadable):  # anything else is a failure
        found = opened(folder, bytes(bad))
        found.check_headers()
        hazards(found)
        for entry in found.entries():
            if entry.is_file:
                found.read(entry.path, 1 << 20)
                found.parts(entry.path, [(0, 4), (2, 900)])


def test_a_folder_is_the_same(tmp_path):
    (tmp_path / "build" / "pkg").mkdir(parents=True)
    (tmp_path / "build" / "pkg" / "a.py").write_bytes(TEXT)
    found = Folder(DirectoryTree(str(tmp_path)), "build")
    folder, module = found.entries()
    assert (folder.path, folder.is_directory, folder.size) == ("pkg/", True, 0)
    assert (module.path, module.size, module.packed, module.crc) == ("pkg/a.py", len(TEXT), None, None)
    assert stat.S_ISREG(module.mode)
    assert found.read("pkg/a.py", 1 << 20) == TEXT
    assert found.parts("pkg/a.py", [(6, 5), (len(TEXT) - 2, 100), (1 << 40, 9)]) == [b"x = 1", b"1\n", b""]
    assert found.exists("pkg/a.py")
    assert not found.exists("pkg")
    assert hazards(found) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_a_folder_s_links_are_entries(tmp_path):
    (tmp_path / "out.py").write_bytes(b"secret")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "link.py").symlink_to(tmp_path / "out.py")
    (entry,) = Folder(DirectoryTree(str(tmp_path)), "build").entries()
    assert entry.is_link
    assert not entry.is_file


def test_archives_are_read_as_directories(tmp_path):
    found = opened(tmp_path, archive(("pkg/a.py", TEXT)))
    tree = DirectoryTree(str(tmp_path))
    tree.mount("a.zip", found)
    assert tree.read("a.zip/pkg/a.py", 1 << 20) == TEXT
    assert tree.exists("a.zip/pkg/a.py")
    assert not tree.exists("a.zip/pkg/b.py")
    assert tree.exists("a.zip")
