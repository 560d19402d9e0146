"""Generated and mutated projects, one after the other, until the time is over.

    python -m tests.fuzz --seconds 1800 --seed 20261121 [--corpus DIR]   all kinds; inputs that fail are kept in --keep
    python -m tests.fuzz --repeat FOLDER                                 judge a kept input again

The cases run in a child process, so that the end of a process is a fault like any other: of that case, after which the
next child goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import queue
import resource
import subprocess
import sys
import threading
import time
from collections import Counter

from tests.fuzz.cases import Case, case
from tests.fuzz.judge import faults, write

PATIENCE = 120  # seconds for one case, of whatever else the machine does
BATCH = 400  # cases of one child
MEMORY = 4 << 30  # bytes of address space of a child; half a GiB of it is for stacks


def work(seed: int, start: int, corpus: str) -> None:
    """The child: a line before and one after each case."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number in range(start, start + BATCH):
        print("start", number, flush=True)
        print("done", number, json.dumps(_judged(case(seed, number, corpus))), flush=True)


def _judged(item: Case) -> list[str]:
    try:
        return faults(item)
    except Exception:  # noqa: BLE001 - what a judge cannot read is a fault, too
        import traceback

        return [traceback.format_exc()]


def command(seed: int, start: int, corpus: str) -> list[str]:
    """What starts a child."""
    return [sys.executable, "-m", "tests.fuzz", "--seed", str(seed), "--child", str(start), "--corpus", corpus]


class Child:
    """A process that judges cases from a number on."""

    def __init__(self, seed: int, start: int, corpus: str) -> None:
        self.process = subprocess.Popen(
            command(seed, start, corpus), stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def line(self) -> str:
        """The next line, "" at the end of the process, or when nothing was said for too long."""
        try:
            return self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            self.process.kill()
            self.process.wait()
            return "silent"

    def stop(self) -> None:
        """End the process, if it runs."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def run(seconds: float, seed: int, corpus: str, keep: pathlib.Path, *, start: int = 0, count: int = 0) -> int:
    """Judge cases until the time is over or so many are done; how many had faults."""
    end = time.monotonic() + seconds
    number = start
    kinds: Counter[str] = Counter()
    failed = 0
    while time.monotonic() < end and (not count or number < start + count):
        child = Child(seed, number, corpus)
        running = -1
        while time.monotonic() < end and (not count or number < start + count):
            word, _, rest = child.line().partition(" ")
            if word == "start":
                running = int(rest)
                continue
            told = json.loads(rest.partition(" ")[2]) if word == "done" else None
            if told is None and running < number:
                break  # the batch is done
            if told is None:
                code = child.process.wait()
                told = [f"the process ended with {code}" if word != "silent" else f"no end after {PATIENCE} seconds"]
                word = "dead"
            item = case(seed, number, corpus)
            kinds[item.kind] += 1
            if told:
                failed += 1
                _keep(keep / f"{seed}-{number}-{item.kind}", item, told)
            number += 1
            if word == "dead":
                break
        child.stop()
    each = ", ".join(f"{kind} {kinds[kind]:,}" for kind in sorted(kinds))
    print(f"seed {seed}: {number - start:,} inputs ({each}), {failed} with faults")
    return failed


def _keep(folder: pathlib.Path, item: Case, told: list[str]) -> None:
    """Write a case down, and how to judge it again."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    write(item.files, str(folder / "files"))
    facts = {"commands": item.commands, "change": item.change, "valid": item.valid, "faults": told}
    (folder / "case.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
    print(f"{folder}: {told[0].strip().splitlines()[-1][:300]}\n  python -m tests.fuzz --repeat {folder}", flush=True)


def repeat(folder: pathlib.Path) -> int:
    """Judge a kept case again."""
    facts = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    top = folder / "files"
    files = {path.relative_to(top).as_posix(): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()}
    told = faults(Case("kept", files, tuple(map(tuple, facts["commands"])), facts["valid"], facts["change"]))
    print("\n".join(told) or "no fault")
    return len(told)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--corpus", default="", help="directory of real code that is mutated beside the fixtures")
    parser.add_argument(
        "--keep", type=pathlib.Path, default=pathlib.Path("fuzz-faults"), help="where failing inputs are written"
    )
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--repeat", type=pathlib.Path, help="folder of a kept input")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    corpus = os.path.abspath(given.corpus) if given.corpus else ""
    if given.child is not None:
        work(given.seed, given.child, corpus)
        return 0
    if given.repeat:
        return min(repeat(given.repeat), 1)
    return min(run(given.seconds, given.seed, corpus, given.keep, start=given.start), 1)


if __name__ == "__main__":
    sys.exit(main())
