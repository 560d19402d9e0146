"""Secrets in what is deployed: private keys, credentials, state of Terraform, variables that are passwords.

What a file holds decides, and not its name: certificates are no keys, and samples no secrets. The name decides which
files are read, so that large bundles cost little. No secret leaves this module, only where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lambdalint.bundle.distributions import Distributions
from lambdalint.bundle.layers import OPT, TASK, Merged, Part
from lambdalint.data import table
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple
from lambdalint.source.secrets import is_random, judged, stands_for_one
from lambdalint.tree import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.entries import Artifact

FILE_LIMIT = 2 << 20  # bytes of one file
READ_LIMIT = 48 << 20  # bytes of an artifact's own texts
# What follows is base64 of some length: "..." and a name in brackets are no key. Strings of JSON have \n for lines.
_KEY = regex(
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\r|\\n|[\s\"'+()])*"
    rb"(?:[A-Z][\w-]*:[^\r\n]*[\r\n]+|\s)*(?:[A-Za-z0-9+/=]|\\r|\\n|[\s\"'+\\]){120,}"
)
_CERTIFICATE = regex(rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----")
_ASSIGNED = regex(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_KEY_ID = regex(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])")
_KEY_VALUE = regex(rb"(?i)secret[\w ]*[\"']?[ \t]*[:=][ \t]*[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")
_PASSWORD = regex(
    r"(?im)^[ \t]*(?:password|[^\s=#]*_(?:authToken|password|auth))[ \t]*[=:][ \t]*(\S+)|\bpassword[ \t]+(\S+)"
)


class Leak(NamedTuple):
    """A secret: the file as it is in the artifact, the line, what it is. ``tag`` is an exemption, "" for none.

    ``owner`` is the distribution that ships it, "" for the function's own; ``sealed`` tells that a password guards it.
    """

    path: str
    line: int
    kind: str
    tag: str = ""
    owner: str = ""
    sealed: bool = False


def leaks(path: str, artifact: Artifact, role: str) -> Iterator[Leak]:
    """The secrets in an artifact, in the order of its files."""
    facts = table("secrets")["files"]
    mount = OPT if role == "layer" else TASK
    merged = Merged(Part(path, artifact, mount))
    owners = Distributions(merged).owners
    left = READ_LIMIT
    for where, file in sorted(merged.files.items()):
        shown, size = file.entry.path, file.entry.size
        owner = owners.get(where)
        kind = _kind(shown, facts)
        if not kind or (owner is not None and kind != "keys") or not 0 < size <= FILE_LIMIT or left < size:
            continue
        title = owner.name if owner is not None else _package(shown)
        if kind == "stores":
            yield Leak(shown, 1, "keys that at most a password guards", owner=title, sealed=True)
            continue
        try:
            data = merged.read(where, FILE_LIMIT)
        except Unreadable:
            continue
        if kind == "texts":
            left -= size
        for found in _of(kind, shown, data, facts):
            yield found._replace(owner=title)


def _package(path: str) -> str:
    """The package of Node.js that a file belongs to, "" for none."""
    inner = path.rpartition("node_modules/")[2] if "node_modules/" in path else ""
    parts = inner.split("/")
    return "/".join(parts[:2]) if inner.startswith("@") else parts[0]


def _kind(path: str, facts: dict[str, list[str]]) -> str:
    """What sort of file it is by its name, "" for one that is not read."""
    name = path.rpartition("/")[2]
    if name.startswith(".env.") or name == ".env":
        return "variables"
    for kind in ("variables", "stores", "state", "credentials", "keys", "texts"):
        if f"/{path}".endswith(tuple(f"/{item}" if "/" in item else item for item in facts[kind])):
            return kind
    stem = name.rpartition(".")[0]
    return "variables" if name.rpartition(".")[2] in facts["samples"] and _kind(stem, facts) == "variables" else ""


def _of(kind: str, path: str, data: bytes, facts: dict[str, list[str]]) -> Iterator[Leak]:
    if kind in ("keys", "texts"):
        found = _KEY.search(data) if b"PRIVATE KEY" in data else None
        if found is not None:
            yield Leak(path, _line(data, found.start()), "a private key")
        elif kind == "keys" and _CERTIFICATE.search(data):
            yield Leak(path, 1, "a certificate", "certificate")
    if kind in ("texts", "credentials", "variables") and not path.endswith(".py"):
        yield from _pair(path, data)
    if kind == "variables":
        sample = path.rpartition(".")[2] in facts["samples"]
        yield from _variables(path, data.decode("utf-8", "replace"), "placeholder" if sample else "")
    elif kind == "state" and b'"attributes"' in data:
        yield Leak(path, 1, "what Terraform knows of resources, their secrets included")
    elif kind == "credentials":
        text = data.decode("utf-8", "replace")
        for match in _PASSWORD.finditer(text):
            value = (match[1] or match[2]).strip("\"'")
            if len(value) > 3:
                yield Leak(
                    path, _line(text, match.start()), "a password", "placeholder" if stands_for_one(value) else ""
                )


def _pair(path: str, data: bytes) -> Iterator[Leak]:
    """An access key of AWS with its secret."""
    if not _KEY_ID.search(data):
        return
    for match in _KEY_VALUE.finditer(data):
        value = match[1].decode()
        if is_random(value):
            tag = "placeholder" if stands_for_one(value) else ""
            yield Leak(path, _line(data, match.start(1)), "an access key of AWS with its secret", tag)


def _variables(path: str, text: str, tag: str) -> Iterator[Leak]:
    for match in _ASSIGNED.finditer(text):
        value = match[2].strip("\"'")
        found = judged(match[1], value) if value else None
        if found is not None:
            yield Leak(path, _line(text, match.start(1)), f"a secret in {match[1]} ({found[0]})", tag or found[1])


def _line(text: str | bytes, at: int) -> int:
    """The line of an offset."""
    return (text.count("\n", 0, at) if isinstance(text, str) else text.count(b"\n", 0, at)) + 1
