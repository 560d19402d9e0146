"""Write ``lambdalint/data/*.toml`` as Python literals: ``python scripts/compile_data.py [--check]``."""

from __future__ import annotations

import datetime
import pathlib
import pprint
import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DATA = pathlib.Path(__file__).resolve().parent.parent / "lambdalint" / "data"


def plain(value: Any) -> Any:
    """Dates become ISO strings, so that a table needs no import."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def compiled(source: pathlib.Path) -> str:
    """The text of the module that stands for one TOML file."""
    table = plain(tomllib.loads(source.read_text(encoding="utf-8")))
    body = pprint.pformat(table, width=120, sort_dicts=False)
    head = f'"""Generated from {source.name} by scripts/compile_data.py: edit that file, not this one."""'
    return f"{head}\n\nTABLE = {body}\n"


def main() -> int:
    """Write the modules, or with --check only say which are stale (exit status 1)."""
    stale = []
    for source in sorted(DATA.glob("*.toml")):
        target = DATA / "compiled" / f"{source.stem}.py"
        text = compiled(source)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(source.name)
            if "--check" not in sys.argv:
                target.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: compiled module was stale", file=sys.stderr)
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
