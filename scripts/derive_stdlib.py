"""Write ``lambdalint/data/stdlib.toml``, the modules of the standard library of each target's Python.

``python scripts/derive_stdlib.py`` takes them from the package stdlibs, a development dependency, which reads them from
CPython's releases; ``--check`` only says whether the file is current (exit status 1). The tests compare the result with
the running interpreter's ``sys.stdlib_module_names``.
"""

from __future__ import annotations

import datetime
import importlib
import importlib.metadata
import pathlib
import re
import sys
import textwrap

TARGET = pathlib.Path(__file__).resolve().parent.parent / "lambdalint" / "data" / "stdlib.toml"
VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
# Modules of the interpreter's own tests, which distributors leave out.
TESTING = re.compile(r"_test|_ctypes_test|_?xx|__p?hello")
# Only on other systems than Lambda's; sys.stdlib_module_names lists them on all.
ELSEWHERE = {
    "_msi", "_overlapped", "_scproxy", "_winapi", "_wmi", "msilib", "msvcrt", "nt", "winreg", "winsound",
}  # fmt: skip

HEAD = """# The modules of the standard library on Linux, by version of Python; scripts/derive_stdlib.py writes it.

source = "CPython's releases, by version {version} of https://pypi.org/project/stdlibs/ (MIT)"
as_of = {day}

# Only on other systems: an import of one fails on Lambda.
elsewhere = {elsewhere}

# In all versions; the others have these besides.
[modules]
all = {common}
"""


def modules(version: str) -> set[str]:
    """The top-level modules of one version."""
    found = importlib.import_module(f"stdlibs.py{version.replace('.', '')}").module_names
    return {name for name in found if not TESTING.match(name)}


def listed(names: set[str]) -> str:
    """A TOML array over several lines."""
    text = ", ".join(f'"{name}"' for name in sorted(names))
    return "[\n" + textwrap.fill(text, 116, initial_indent="  ", subsequent_indent="  ") + ",\n]"


def generated(day: str) -> str:
    """The text of the file."""
    found = {version: modules(version) - ELSEWHERE for version in VERSIONS}
    elsewhere = set().union(*(modules(version) & ELSEWHERE for version in VERSIONS))
    common = set.intersection(*found.values())
    version = importlib.metadata.version("stdlibs")
    text = HEAD.format(version=version, day=day, elsewhere=listed(elsewhere), common=listed(common))
    return text + "".join(f'"{name}" = {listed(names - common)}\n' for name, names in found.items())


def main() -> int:
    """Write the file, or say that it is stale."""
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    day = re.search(r"^as_of = (\S+)", old, re.MULTILINE)
    if old == generated(day[1] if day else ""):
        return 0
    if "--check" in sys.argv:
        print(f"{TARGET.name} is stale: run python scripts/derive_stdlib.py", file=sys.stderr)
        return 1
    today = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    TARGET.write_text(generated(today), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
