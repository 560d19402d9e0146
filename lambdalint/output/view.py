"""What outputs need beside the report: the sources, and how to draw."""

from __future__ import annotations

from lambdalint.patterns import regex
from lambdalint.tree import Tree, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.model import Location

BINARY = 1024  # bytes that tell a file of lines from others
EXCERPT_LIMIT = 8 << 20  # bytes of a source file that is read again for its lines
_LINE_END = regex(r"\r\n|\r|\n")


class View:
    """Gives outputs source lines, and says how wide and how colourful to draw.

    Args:
        tree: where paths of the report are read.
        width: columns to fill, in terminal cells.
        color: whether to use ANSI colours.
        statistics: whether to add the statistics of the run.
        quiet: leave out everything but the findings.
    """

    def __init__(
        self, tree: Tree, *, width: int = 80, color: bool = False, statistics: bool = False, quiet: bool = False
    ) -> None:
        self.tree = tree
        self.width = width
        self.color = color
        self.statistics = statistics
        self.quiet = quiet
        self._texts: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}

    def text(self, path: str) -> str:
        """The source as text; empty where it cannot be read, or is none. Bytes that are not UTF-8 become U+FFFD."""
        if path not in self._texts:
            try:
                data = self.tree.read(path, EXCERPT_LIMIT)
            except Unreadable:
                data = b""
            # an archive, or a native file in one
            self._texts[path] = data.decode("utf-8", "replace") if b"\0" not in data[:BINARY] else ""
        return self._texts[path]

    def line(self, path: str, number: int) -> str:
        """One line (from 1) without its end; empty where there is none."""
        if path not in self._lines:
            # not splitlines(): the parsers count neither form feeds nor U+2028 as line ends
            text = self.text(path).removeprefix("\ufeff")
            self._lines[path] = _LINE_END.split(text) if "\r" in text else text.split("\n")
        lines = self._lines[path]
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def span(self, location: Location) -> tuple[int, int, int, int]:
        """First line and column, last line and the column after it; filled in where the location has no end."""
        line, column = max(location.line, 1), max(location.column, 1)
        end_line = max(location.end_line or line, line)
        end_column = location.end_column
        if end_column < 1 or (end_line == line and end_column <= column):
            end_column = max(len(self.line(location.path, end_line)) + 1, column + 1 if end_line == line else 1)
        return line, column, end_line, end_column
