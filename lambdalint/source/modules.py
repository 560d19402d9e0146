"""What rules see of a module that entry points run or import, whoever they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdalint.model import Location
    from lambdalint.source.credentials import Credential
    from lambdalint.source.program import Program
    from lambdalint.source.skeleton import Skeleton


class ModuleView:
    """A module, by its path."""

    def __init__(
        self,
        program: Program,
        skeleton: Skeleton,
        locate: Callable[[str, int, int, int, int], Location],
        disabled: frozenset[str],
    ) -> None:
        self.program = program
        self.skeleton = skeleton
        self.path = skeleton.path
        self._locate = locate
        self._disabled = disabled

    # For the modules of lambdalint.source that answer for it:

    def grants(self, tag: str) -> bool:
        """Whether the exemption ``tag`` is in force."""
        return tag not in self._disabled

    def span(self, span: tuple[int, int, int, int]) -> Location:
        """Where a span of lines and of columns in UTF-8 bytes, as ``ast`` counts, is."""
        return self._locate(self.path, *span)

    def scope(self, line: int) -> str:
        """The innermost definition around a line, ``<module>`` where there is none."""
        around = [item for item in self.skeleton.defs.values() if item.line <= line <= item.end_line]
        return max(around, key=lambda item: item.line).qualname if around else "<module>"

    # Questions of rules:

    def credentials(self) -> Iterator[Credential]:
        """The secret access keys of AWS that it spells out."""
        from lambdalint.source.credentials import credentials

        return credentials(self)
