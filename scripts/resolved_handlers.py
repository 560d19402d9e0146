"""Prints which share of declared handlers was found in the code of repositories.

    python scripts/resolved_handlers.py [--list] [--origin NAME] DIR…

Each directory is one repository. A handler counts where its code is in the repository: that takes a file of its
module's name that binds the name it asks for, below the directory for which the template is. Functions in other
languages, inline code, and handlers that only a deployment names are counted apart. ``--list`` prints every handler
that was not found, with the reason.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lambdalint import discover, engine
from lambdalint.functions.handlers import home, parse
from lambdalint.settings import Settings

if TYPE_CHECKING:
    from lambdalint.model import Function

FOUND = "found"
MISSED = "not found"
ELSEWHERE = "code is elsewhere"
OPEN = "handler left to the deployment"
INLINE = "inline code"
OTHER = "another language"
ORDER = (FOUND, MISSED, ELSEWHERE, OPEN, INLINE, OTHER)


class Repository:
    """The Python files of one directory, by the last name of their module, and its declared functions."""

    def __init__(self, directory: str) -> None:
        self.project = discover.project(discover.locate([directory]))
        self.functions = engine.find_functions(self.project, Settings()).functions
        self.stems: dict[str, list[str]] = {}
        for path in self.project.python:
            stem = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
            self.stems.setdefault(stem, []).append(path)

    def verdict(self, function: Function) -> str:
        """What became of a declared handler."""
        declared = function.declared
        assert declared is not None
        if function.path is not None:
            return FOUND
        runtime = declared.runtime
        if runtime.known and not str(runtime.value).startswith("python"):
            return OTHER
        if "inline_code" in declared.settings:
            return INLINE
        if not declared.handler.known:
            return OPEN
        handler = parse(function.handler)
        if handler is None:
            return OTHER if not runtime.known else MISSED
        if not runtime.known and not function.problem:
            return OTHER  # its module is there, in another language
        stem = handler.module.rpartition(".")[2]
        near = declared.location.path.rpartition("/")[0]
        scope = home(near) and f"{home(near)}/"
        near_ones = [path for path in self.stems.get(stem, ()) if path.startswith(scope)]
        here = any(self._binds(path, handler.attribute) for path in near_ones)
        return MISSED if here else ELSEWHERE

    def _binds(self, path: str, name: str) -> bool:
        with open(os.path.join(self.project.root, path), "rb") as file:
            data = file.read()
        written = re.escape(name.encode())
        pattern = rb"^(?:async[ \t]+)?(?:def[ \t]+%s\b|%s[ \t]*[:=])" % (written, written)
        return re.search(pattern, data, re.MULTILINE) is not None


def main() -> int:
    """Prints the counts of each repository and of each kind of template."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="+")
    parser.add_argument("--list", action="store_true", help="every handler that was not found")
    parser.add_argument("--origin", action="append", help="sam, cloudformation, serverless, terraform, cdk or chalice")
    arguments = parser.parse_args()
    totals: dict[str, Counter[str]] = {}
    for directory in arguments.directory:
        repository = Repository(directory)
        own: dict[str, Counter[str]] = {}
        for function in repository.functions:
            if function.declared is None or (arguments.origin and function.origin not in arguments.origin):
                continue
            verdict = repository.verdict(function)
            own.setdefault(function.origin, Counter())[verdict] += 1
            if arguments.list and verdict in (MISSED, ELSEWHERE, OPEN):
                place = function.declared.location
                reason = function.problem or function.declared.handler.reason
                where = f"{directory}/{place.path}:{place.line}"
                print(f"  {verdict}: {where} {function.origin} {function.name} {function.handler}: {reason}")
        for origin, counts in sorted(own.items()):
            print(f"{os.path.basename(directory.rstrip('/'))}: {_line(origin, counts)}")
            totals.setdefault(origin, Counter()).update(counts)
    for origin, counts in sorted(totals.items()):
        print(f"all: {_line(origin, counts)}")
    return 0


def _line(origin: str, counts: Counter[str]) -> str:
    here = counts[FOUND] + counts[MISSED]
    share = f"{counts[FOUND] / here:.3f} of {here}" if here else "none here"
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict])
    return f"{origin} {share} ({told})"


if __name__ == "__main__":
    sys.exit(main())
