"""Source in the encodings that people declare, by all of their names."""

from __future__ import annotations

import pytest

from lambdalint.source.skeleton import SourceError, encoding_of, skeleton


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf8", "utf-8"),
        ("UTF8", "utf-8"),
        ("utf_8", "utf-8"),
        ("ascii", "utf-8"),
        ("latin1", "iso8859-1"),
        ("latin-1", "iso8859-1"),
        ("L1", "iso8859-1"),
        ("windows-1252", "cp1252"),
        ("sjis", "shift_jis"),
        ("gbk", "gbk"),
    ],
)
def test_every_name_of_an_encoding_is_known(declared: str, encoding: str) -> None:
    source = f"# -*- coding: {declared} -*-\ndef handler(event, context):\n    return 'ok'\n".encode()
    assert encoding_of(source) == encoding
    assert list(skeleton(source, "app.py").defs) == ["handler"]


@pytest.mark.parametrize("declared", ["utf-7", "unicode_escape", "rot13", "idna"])
def test_encodings_that_hide_code_are_refused(declared: str) -> None:
    with pytest.raises(SourceError, match=r"none that source is written in|cannot be decoded"):
        encoding_of(f"# coding: {declared}\n".encode())
