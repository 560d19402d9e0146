"""One escaper for whatever comes from the analysed project, before a person or a runner sees it."""

from __future__ import annotations


def safe(text: str) -> str:
    r"""``text`` on one line, with nothing in it that a terminal, pager or CI runner acts on.

    Control and format characters, directional overrides, zero-width characters, line separators,
    lone surrogates and unassigned code points become ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``. The openers of
    commands that runners look for anywhere in a line (``##[``, ``##vso[``) are broken up.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else escaped(char) for char in text)
    if "##" in text:
        text = text.replace("##[", "#\\x23[").replace("##vso[", "#\\x23vso[")
    return text


def escaped(char: str) -> str:
    """The Python escape of one character."""
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def block(text: str) -> str:
    """Lines that were made `safe` one by one, none of which a runner takes for a command."""
    return "\n".join(
        f"{line[: len(line) - len(line.lstrip())]}\\x3a{line.lstrip()[1:]}" if line.lstrip().startswith("::") else line
        for line in text.split("\n")
    )


def scalar(text: str) -> str:
    """``text`` as JSON can hold it: lone surrogates, which many readers refuse, as text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text
