"""Draw a real run as docs/screenshot.svg: ``python scripts/generate_screenshot.py [--check]``.

The picture in the README is what the program prints over a copy of fixtures/demo-orders in a repository
of its own, nothing else. --check compares the words of the picture with those of a fresh run and not its
bytes, which depend on the version of rich.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "screenshot.svg"
COMMAND = ("lambdalint", "check", "src/shipping/worker.py")
WIDTH = 80  # columns, what the program assumes where there is no terminal


def output() -> str:
    """What the command prints, with its colours as escape sequences."""
    inherited = {
        name: value for name, value in os.environ.items() if name != "NO_COLOR" and not name.startswith("GIT_")
    }
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "fixtures" / "demo-orders", folder, dirs_exist_ok=True)
        subprocess.run(["git", "init", "--quiet", folder], check=True, env=inherited)
        done = subprocess.run(
            [sys.executable, "-m", *COMMAND, "--no-cache", "--color", "always"],
            cwd=folder,
            env=inherited | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    if done.returncode != 1:  # it holds mistakes, so findings are what is expected
        raise SystemExit(f"{' '.join(COMMAND)} exited with {done.returncode}\n{done.stderr}")
    return done.stdout


def words(text: str) -> str:
    """A text without its white space, which a picture places by coordinates."""
    return "".join(text.split())


def drawn(svg: str) -> str:
    """The words that a picture shows, line by line, without white space."""
    texts = [element for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")]  # noqa: S314  ours
    placed = [(float(item.get("y", 0)), float(item.get("x", 0)), item.text or "") for item in texts]
    return words(" ".join(text for _, _, text in sorted(placed)))


def render(text: str) -> str:
    """The picture of what a terminal shows."""
    from rich.console import Console
    from rich.text import Text

    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text(f"$ {' '.join(COMMAND)}", style="bold"))
        console.print(Text.from_ansi(text.rstrip("\n")))
        return console.export_svg(title="lambdalint", unique_id="lambdalint")


def main() -> int:
    """Write the picture, or with --check only say whether it is stale (exit status 1)."""
    svg = render(output())
    if "--check" not in sys.argv:
        PICTURE.write_text(svg, encoding="utf-8")
        return 0
    if not PICTURE.exists() or drawn(PICTURE.read_text(encoding="utf-8")) != drawn(svg):
        print(f"{PICTURE.relative_to(ROOT)} is stale: run python scripts/generate_screenshot.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
