"""What an earlier run has found in the components of a project, for those that an edit leaves as they were.

A component's outcome depends on the modules in it, on the entry points that are judged in it with their functions, and
on what is common to all: what templates declare, where imports lead, the Pythons. It is kept under a digest of all
that. It is not kept where anything else was looked at, or anything went wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lambdalint.codec import Mismatch
from lambdalint.judge import Outcome
from lambdalint.source.sites import Written
from lambdalint.tree import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lambdalint.codec import Codec
    from lambdalint.components import Component
    from lambdalint.tree import DirectoryTree

# The fields of an outcome that are kept, with their types.
_KEPT = {
    "sites": "tuple[Finding, ...]",
    "functions": "tuple[tuple[tuple[str, str], Finding], ...]",
    "modules": "tuple[Finding, ...]",
    "calls": "int",
    "resolved": "int",
    "lowered": "Mapping[tuple[str, tuple[int, int]], tuple[int, int]]",
    "verdicts": "Mapping[str, int]",
}
_WRITTEN = "tuple[tuple[tuple[str, str], tuple[str, ...], tuple[str, ...]], ...]"


class Parts:
    """Outcomes by what they depend on, and the modules that are known to parse.

    Args:
        tree: the project, which notes the digests of what it reads.
        codec: writes and reads records.
        rules: the codes of rules, by code and by name.
        kept: what `document` has given in an earlier run.

    Raises:
        Mismatch: it has given something else; also TypeError, KeyError.
    """

    def __init__(
        self, tree: DirectoryTree, codec: Codec, rules: Mapping[str, str], kept: Mapping[str, Any] | None = None
    ) -> None:
        self.tree = tree
        self.codec = codec
        self.rules = rules
        self.common = ""
        self.reused = 0
        self._old: Mapping[str, Any] = kept["outcomes"] if kept else {}
        self._parsed = frozenset(kept["parsed"] if kept else ())
        if type(self._old) is not dict:
            raise Mismatch("no outcomes")
        self._new: dict[str, Any] = {}
        self._parsing: set[str] = set()

    def begin(self, common: object) -> None:
        """Say what all outcomes depend on; its ``repr`` has to tell all of it."""
        self.common = digest(repr(common).encode("utf-8", "surrogatepass"))

    def key(self, component: Component) -> str:
        """What the outcome of a component depends on; "" where that is not known."""
        assert self.tree.seen is not None
        contents = [self.tree.seen.files.get(path, "") for path in component.modules]
        if "" in contents:
            return ""
        judged = [(node, entry.functions) for node, entry in component.entries.items()]
        told = repr((self.common, component.modules, contents, judged))
        return digest(told.encode("utf-8", "surrogatepass"))

    def known(self, key: str) -> Outcome | None:
        """The outcome under a key, None where there is none."""
        kept = self._old.get(key) if key else None
        if kept is None:
            return None
        try:
            found = {name: self.codec.read(kind, kept[name]) for name, kind in _KEPT.items()}
            written = {
                node: Written(frozenset(operations), frozenset(senders))
                for node, operations, senders in self.codec.read(_WRITTEN, kept["written"])
            }
            told = (*found["sites"], *(item for _, item in found["functions"]), *found["modules"])
            if any(self.rules.get(name) != item.code for item in told for name in (item.code, item.name)):
                return None
        except (Mismatch, KeyError, TypeError, ValueError):
            return None  # somebody else has written it
        self._new[key] = kept
        self.reused += 1
        return Outcome(**found, written=written)

    def keep(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome, if it depends on nothing but what its key tells."""
        if not key or outcome.strayed or outcome.errors or outcome.refused or outcome.failures or outcome.commented:
            return
        try:
            kept = {name: self.codec.write(kind, getattr(outcome, name)) for name, kind in _KEPT.items()}
        except Mismatch:
            return
        kept["written"] = [
            [list(node), sorted(item.operations), sorted(item.senders)] for node, item in outcome.written.items()
        ]
        self._new[key] = kept

    def unparsed(self, paths: Iterable[str]) -> list[str]:
        """Those of some modules that are not known to parse, and to hold no comment that matters."""
        found = []
        for path in paths:
            content = self.tree.content(path) if self._parsed else ""
            if content in self._parsed:
                self._parsing.add(content)
            else:
                found.append(path)
        return found

    def parses(self, paths: Iterable[str]) -> None:
        """Note that modules parse, and hold no comment that matters."""
        assert self.tree.seen is not None
        self._parsing.update(self.tree.seen.files.get(path, "") for path in paths)

    def document(self) -> dict[str, Any]:
        """What to keep, as plain data."""
        return {"outcomes": self._new, "parsed": sorted(self._parsing - {""})}
