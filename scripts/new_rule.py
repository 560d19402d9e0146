"""Write the skeleton of a rule: ``python scripts/new_rule.py GROUP NAME SUMMARY [--code LLNNN]``.

GROUP is the first digit of the code (1 initialise once, 2 invoke and wait, 3 retries and batches,
4 contract with the runtime, 5 loading, 6 weight, 7 configuration, 8 security). NAME says the problem
in lower-case words joined by hyphens. SUMMARY is the first line of the documentation.

It writes ``rules/llNNN_name.py`` and ``fixtures/NAME/{bad,good}/app.py``, which then want filling in.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import string
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUMMARY_LIMIT = 100  # characters

RULE = string.Template('''\
"""$code: $summary"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class $class_name(Rule):
    """$summary

    What happens on Lambda, with its cost or its failure, and how that is known.

    Triggers:
        1. [call] The call that is wrong.

    Exemptions:
        1. [guarded] What looks alike and is right, and why.

    Remedy:
        What to write instead.

    References:
        - The page that says so.
    """

    code = "$code"
    name = "$name"
    severity = Severity.WARNING
    why = "What it costs or breaks on Lambda, in one sentence."
    remedy = "What to do, in one sentence."
    wants = Wanted(operations=())

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """One finding for each site that the exemptions do not cover."""
        return ()
''')

BAD = """\
def lambda_handler(event, context):
    return None  # [call]
"""
GOOD = """\
def lambda_handler(event, context):
    return None  # [guarded]
"""


class Refused(Exception):
    """Arguments that lead to no rule. ``str()`` says why."""


def next_code(rules: pathlib.Path, group: int) -> str:
    """The code after the highest one of a group; gaps are not filled, because codes are never used again."""
    found = [int(path.name[2:5]) for path in rules.glob(f"ll{group}[0-9][0-9]_*.py")]
    number = max(found, default=group * 100) + 1
    if number // 100 != group:
        raise Refused(f"group LL{group} is full")
    return f"LL{number}"


def scaffold(root: pathlib.Path, group: int, name: str, summary: str, code: str = "") -> list[pathlib.Path]:
    """Write a rule and its fixture below ``root``.

    Args:
        root: the checkout.
        group: the first digit of the code, 1 to 8.
        name: the rule's name, in lower-case words joined by hyphens.
        summary: the first line of its documentation.
        code: a code to use instead of the next free one.

    Returns:
        The files written.

    Raises:
        Refused: a malformed argument, or a code or name that is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", name):
        raise Refused(f"a name is lower-case words joined by hyphens, not '{name}'")
    summary = summary.strip().rstrip(".") + "."
    if len(summary) > SUMMARY_LIMIT or "\n" in summary or '"' in summary or "\\" in summary:
        raise Refused(f"a summary is one line of at most {SUMMARY_LIMIT} characters, without quotes and backslashes")
    code = code or next_code(root / "rules", group)
    if not re.fullmatch(rf"LL{group}\d\d", code):
        raise Refused(f"'{code}' is no code of group LL{group}")
    module = name.replace("-", "_")
    known = [path.name for path in (root / "rules").glob("ll*.py")]
    taken = [file for file in known if file[:5] == code.lower() or file[6:-3] == module]
    if taken:
        raise Refused(f"rules/{taken[0]} is there already")
    fixture = root / "fixtures" / name
    if fixture.exists():
        raise Refused(f"fixtures/{name} is there already")
    content = {
        root / "rules" / f"{code.lower()}_{module}.py": RULE.substitute(
            code=code, name=name, summary=summary, class_name="".join(word.capitalize() for word in name.split("-"))
        ),
        fixture / "bad" / "app.py": BAD,
        fixture / "good" / "app.py": GOOD,
        fixture / "expected.txt": "",
    }
    for path, text in content.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(content)


def main(arguments: list[str] | None = None) -> int:
    """Write what the arguments ask for and name the files; 2 where they lead to no rule."""
    parser = argparse.ArgumentParser(description="Write the skeleton of a rule and of its fixture.")
    parser.add_argument("group", type=int, choices=range(1, 9), help="first digit of the code")
    parser.add_argument("name", help="the problem, in lower-case words joined by hyphens")
    parser.add_argument("summary", help="first line of the documentation")
    parser.add_argument("--code", default="", help="this code instead of the next free one")
    given = parser.parse_args(arguments)
    try:
        written = scaffold(ROOT, given.group, given.name, given.summary, given.code)
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    for path in written:
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
