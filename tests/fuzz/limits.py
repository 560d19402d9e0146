"""A child process that analyses shapes one after the other and says what became of each, before it may die of one.

    python -m tests.fuzz.limits [BYTES] shape:depth,depth… …

On standard output, for each: ``shape depth `` and, when it is done, ``analysed`` or the reason why not.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading

from lambdalint import cli
from tests.fuzz.shapes import module

FOUND = "LL101"


def outcome(source: str) -> str:
    """``analysed`` where the client in the handler is reported, else why the file or the definition was left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "app.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        told = os.path.join(folder, "report.json")
        status = cli.main(
            ["check", path, "--select", "ALL", "--statistics", "--no-cache", "-q", "--output", f"json:{told}"]
        )
        with open(told, encoding="utf-8") as file:
            report = json.load(file)
    assert status in (0, 1), status
    assert not report["errors"], report["errors"]
    refused = [item["message"] for item in report["findings"] if item["code"] in {"LL001", "LL002"}]
    found = any(item["code"] == FOUND for item in report["findings"])
    assert found != bool(refused), f"{FOUND} found: {found}, refused: {refused}"
    assert not found or report["statistics"]["bodies_lowered"], "libcst was not asked"
    return "analysed" if found else refused[0]


def work(arguments: list[str]) -> None:
    """Analyse what the arguments name."""
    for argument in arguments:
        shape, _, depths = argument.partition(":")
        for depth in depths.split(","):
            print(shape, depth, end=" ", flush=True)
            print(outcome(module(shape, int(depth))), flush=True)


def main(arguments: list[str]) -> None:
    """The same, in a thread with a stack of so many bytes if the first argument says so."""
    if not arguments[0].isdecimal():
        return work(arguments)
    threading.stack_size(int(arguments[0]))
    thread = threading.Thread(target=work, args=(arguments[1:],))
    thread.start()
    return thread.join()


if __name__ == "__main__":
    main(sys.argv[1:])
