"""Measures lambdalint beside its peers and writes RESULTS.md: see README.md.

The commands that are compared run in turn, so that what else the machine does meets both; ratios are taken pair by
pair, and their median is what is told.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import corpus

HERE = os.path.dirname(os.path.abspath(__file__))
LAMBDALINT = os.path.join(os.path.dirname(sys.executable), "lambdalint")
SEED = 20261121
SIZES = (250, 500, 1000, 2000)  # files
DEPTHS = (1250, 2500, 5000, 10000)  # calls
MEBIBYTE = 1 << 20 if sys.platform == "darwin" else 1 << 10  # in the unit of ru_maxrss

# A process's peak memory starts with that of the process that made it: a bare interpreter is smaller than all peers.
LAUNCHER = """
import os, sys, time
null = os.open(os.devnull, os.O_RDWR)
start = time.perf_counter()
actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
_, status, usage = os.wait4(process, 0)
print(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""

SEMGREP_RULE = """\
rules:
  - id: client
    languages: [python]
    message: a client
    severity: WARNING
    pattern: "def $F(...):\\n  ...\\n  boto3.client(...)"
"""
WHEEL = "package_0-1.0-cp313-cp313-linux_x86_64.whl"
# A peer checks something comparable: it follows handlers (pythaw), or looks at names and imports, or at calls.
PEERS: Mapping[str, str] = {
    "pythaw": "pythaw check .",
    "ruff": "ruff check --isolated --no-cache --select F --exit-zero .",
    "ruff, warm": "ruff check --isolated --select F --exit-zero .",
    "flake8": "flake8 --isolated --select F -j1 --exit-zero .",
    "bandit": "bandit -q -r .",
    "pylint": "pylint --rcfile=/dev/null -j1 --disable=all --enable=W0613,W0611 --recursive=y .",
    "semgrep": "semgrep scan --metrics off --disable-version-check --no-git-ignore -q --config {rule} .",
    "zipfile -l": "{python} -m zipfile -l package.zip",
    "check-wheel-contents": f"check-wheel-contents {WHEEL}",
}


class Work(NamedTuple):
    """What lambdalint is asked to do, and the ratios of CPU that it has to stay below; None where there is no target.

    ``memory`` is a limit in MiB, ``wall`` one for the ratio of elapsed time. ``command`` is what lambdalint has to
    know. With ``edits``, one file is changed before each run.
    """

    name: str
    corpus: str
    arguments: str
    peers: Mapping[str, float | None]
    memory: float = 0
    wall: float = 0
    command: str = "check"
    edits: bool = False


COLD = "check --no-cache --exit-zero ."
GROWTH = 1.1
MEDIUM = {"pythaw": 0.8, "bandit": 0.3, "flake8": 0.2, "pylint": 0.1, "ruff": None, "semgrep": None}
WORKS = (
    Work("one clean file", "one", COLD, {"pythaw": 0.5, "ruff": None, "flake8": None}, 40),
    Work("900 files, cold", "medium", COLD, MEDIUM, 80),
    Work("900 files without templates, cold", "plain", COLD, {"pythaw": None}),
    Work("5,500 files, cold", "large", COLD, {"pythaw": 0.5, "ruff": None}, 150, 0.4),
    Work("5,500 files, warm", "large", "check --exit-zero .", {"ruff, warm": 0.8}, command="clean"),
    Work("5,500 files, one edited", "large", "check --exit-zero .", {"ruff, warm": 2.0}, command="clean", edits=True),
    Work("70 MB archive, 7,000 entries", "archive", "bundle package.zip", {"zipfile -l": 1.0}, 60, command="bundle"),
    Work("12 MB wheel, 1,200 entries", "wheel", "bundle package.zip", {"check-wheel-contents": None}, command="bundle"),
    Work("10,000 calls deep", "deep", COLD, {}),
    Work("1,000 callers", "wide", COLD, {}),
)


class Sample(NamedTuple):
    """One run: CPU and elapsed seconds, peak memory in MiB, exit status."""

    cpu: float
    wall: float
    memory: float
    status: int


class Row(NamedTuple):
    """Samples of lambdalint and of a peer, pair by pair; a peer may be missing."""

    work: Work
    ours: list[Sample]
    peer: str = ""
    theirs: Sequence[Sample] = ()

    def ratio(self, field: str) -> float:
        """The median of the ratios of all pairs."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return float(statistics.median(getattr(a, field) / getattr(b, field) for a, b in pairs))


def measure(command: Sequence[str], folder: str) -> Sample:
    """Run a command in a folder, once."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LAUNCHER, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    cpu, wall, memory, status = done.stdout.split()
    return Sample(float(cpu), float(wall), int(memory) / MEBIBYTE, int(status))


class Bench:
    """Knows the commands and the corpora, and runs the comparisons."""

    def __init__(self, arguments: argparse.Namespace, folder: str) -> None:
        self.pairs: int = arguments.pairs
        self.lambdalint = shlex.split(arguments.lambdalint)
        self.peers: str = arguments.peers
        self.folder = folder
        self.missing: dict[str, None] = {}  # what was not measured, and why
        self.edits = 0
        os.makedirs(folder, exist_ok=True)
        self.rule = os.path.join(folder, "client.yml")
        with open(self.rule, "w", encoding="utf-8") as file:
            file.write(SEMGREP_RULE)

    def corpus(self, name: str) -> str:
        """The path of a generated corpus."""
        return corpus.made(self.folder, f"{name}-{SEED}", lambda path: make(name, path))

    def peer(self, name: str) -> list[str]:
        """The command of a peer; none where it is not installed."""
        command = shlex.split(PEERS[name].format(python=sys.executable, rule=self.rule))
        if os.path.isabs(command[0]):
            return command
        program = os.path.join(self.peers, command[0]) if self.peers else shutil.which(command[0]) or ""
        if not os.path.exists(program):
            self.missing[f"{command[0]} is not installed" + (f" in {self.peers}" if self.peers else "")] = None
            return []
        return [os.path.abspath(program), *command[1:]]

    def knows(self, command: str) -> bool:
        """Whether lambdalint has a command already."""
        done = subprocess.run([*self.lambdalint, command, "--help"], cwd=self.folder, capture_output=True, check=False)
        return done.returncode == 0

    def compare(self, work: Work, folder: str) -> list[Row]:
        """One work beside each peer."""
        ours = [*self.lambdalint, *work.arguments.split()]
        rows = []
        for name in work.peers:
            theirs = self.peer(name)
            if theirs:
                say(f"{work.name} beside {name}")
                pairs = [self._pair(work, ours, theirs, folder) for _ in range(self.pairs + 1)][
                    1:
                ]  # the first warms up
                rows.append(Row(work, [a for a, _ in pairs], name, [b for _, b in pairs]))
                say(f"    {median(rows[-1].ours, 'cpu'):.3f} CPU s, ratio {rows[-1].ratio('cpu'):.2f}")
        if not rows:
            say(work.name)
            rows.append(Row(work, [measure(ours, folder) for _ in range(self.pairs + 1)][1:]))
        for sample in (sample for row in rows for sample in row.ours if sample.status):
            self.missing[f"{work.name}: lambdalint ended with status {sample.status}"] = None
        return rows

    def _pair(self, work: Work, ours: list[str], theirs: list[str], folder: str) -> tuple[Sample, Sample]:
        if work.edits:
            self.edits += 1
            with open(edited(folder), "a", encoding="utf-8") as file:
                file.write(f"# edit {self.edits}\n")
        return measure(ours, folder), measure(theirs, folder)

    def growth(self, kind: str, sizes: Sequence[int]) -> list[tuple[int, Sample]]:
        """One run for each of some sizes of a kind of corpus, the median of three by CPU."""
        say(f"growth: {kind}")
        command = [*self.lambdalint, *COLD.split()]
        found = []
        for size in sizes:
            folder = self.corpus(f"{kind}-{size}")
            samples = sorted(measure(command, folder) for _ in range(3))
            found.append((size, samples[1]))
        return found


def make(name: str, path: str) -> None:
    """Generate a corpus."""
    kind, _, size = name.partition("-")
    if kind == "one":
        corpus.one_file(path)
    elif kind in ("medium", "plain"):
        corpus.Project(path, 886, seed=SEED, templates=kind == "medium").write()
    elif kind == "large":
        corpus.Project(path, 5530, seed=SEED, lines=158).write()
    elif kind == "files":
        corpus.Project(path, int(size), seed=SEED).write()
    elif kind == "deep":
        corpus.chain(path, int(size or 10_000))
    elif kind == "wide":
        corpus.fan(path, 1_000)
    elif kind == "archive":
        os.makedirs(path)
        corpus.archive(os.path.join(path, "package.zip"), 70, 7_000, seed=SEED)
    elif kind == "wheel":
        os.makedirs(path)
        corpus.archive(os.path.join(path, WHEEL), 12, 1_200, seed=SEED, distributions=1)
        shutil.copy(os.path.join(path, WHEEL), os.path.join(path, "package.zip"))


def edited(folder: str) -> str:
    """The module that is edited between runs: the first with a handler."""
    for directory, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name in ("app.py", "index.py", "lambda_function.py", "handler.py"):
                return os.path.join(directory, name)
    raise FileNotFoundError(folder)


def exponent(found: Sequence[tuple[int, Sample]], start: float) -> float:
    """The slope of a straight line through the points, in logarithms, without what starting up takes."""
    points = [(math.log(size), math.log(max(sample.cpu - start, 1e-3))) for size, sample in found]
    middle = [statistics.fmean(column) for column in zip(*points, strict=True)]
    above = sum((x - middle[0]) * (y - middle[1]) for x, y in points)
    return above / sum((x - middle[0]) ** 2 for x, _ in points)


# The report


def median(samples: Sequence[Sample], field: str) -> float:
    """The median of one figure."""
    return float(statistics.median(getattr(sample, field) for sample in samples))


def verdict(measured: float, target: float | None) -> str:
    """Two cells of a table: the target, and whether it is met."""
    return f"≤ {target:g} | {'yes' if measured <= target else '**no**'}" if target else " | "


def versions(bench: Bench, names: Sequence[str]) -> str:
    """What was measured, with versions."""
    programs = [bench.lambdalint[0], *(command[0] for name in names if (command := bench.peer(name)))]
    found = []
    for program in dict.fromkeys(programs):
        folder, name = os.path.split(program)
        ask = f"import importlib.metadata as found; print(found.version({name!r}))"
        for command in ([os.path.join(folder, "python"), "-c", ask], [program, "--version"]):
            done = subprocess.run(command, cwd=bench.folder, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                number = re.search(r"\d+\.\d[\w.]*", done.stdout)
                found.append(f"{name} {number[0]}" if number else name)
                break
    return ", ".join(found)


def report(bench: Bench, rows: Sequence[Row], growths: Mapping[str, tuple[Sequence[tuple[int, Sample]], float]]) -> str:
    """All that was measured, as Markdown."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    peers = [name for name in PEERS if any(row.peer == name for row in rows)]
    machine = f"{os.cpu_count()} cores, {platform.system()} on {platform.machine()}, Python {platform.python_version()}"
    lines = [
        "# Results",
        "",
        f"{time.strftime('%Y-%m-%d')}, {machine}, load {load} at the end. {versions(bench, peers)}.",
        f"Medians of {bench.pairs} pairs, run in turn; ratios are taken pair by pair. See README.md.",
    ]
    if rows:
        lines += ["", "| work | beside | CPU s | its CPU s | CPU ratio | target | met | wall ratio |"]
        lines += ["|---|---|--:|--:|--:|--:|---|--:|"]
    for row in rows:
        cells = [row.work.name, row.peer, f"{median(row.ours, 'cpu'):.3f}"]
        if row.peer:
            ratio, wall = row.ratio("cpu"), row.ratio("wall")
            target = f" (target {row.work.wall:g})" if row.work.wall else ""
            cells += [f"{median(row.theirs, 'cpu'):.3f}", f"{ratio:.2f}"]
            cells += [verdict(ratio, row.work.peers[row.peer]), f"{wall:.2f}{target}"]
        else:
            cells += ["", "", " | ", ""]
        lines.append(f"| {' | '.join(cells)} |")
    if rows:
        lines += ["", "| peak memory | MiB | target | met | of the peers |", "|---|--:|--:|---|---|"]
    for name in dict.fromkeys(row.work.name for row in rows):
        same = [row for row in rows if row.work.name == name]
        memory = max(sample.memory for row in same for sample in row.ours)
        theirs = ", ".join(f"{row.peer} {max(sample.memory for sample in row.theirs):.0f}" for row in same if row.peer)
        lines.append(f"| {name} | {memory:.0f} | {verdict(memory, same[0].work.memory)} | {theirs} |")
    if growths:
        lines += ["", "| growth of CPU s | | exponent | target | met |", "|---|---|--:|--:|---|"]
    for name, (found, slope) in growths.items():
        figures = ", ".join(f"{size:,}: {sample.cpu:.2f}" for size, sample in found)
        lines.append(f"| {name} | {figures} | {slope:.2f} | {verdict(slope, GROWTH)} |")
    if bench.missing:
        lines += ["", "Not measured, or not as it should be:", "", *(f"- {item}" for item in bench.missing)]
    return "\n".join(lines) + "\n"


def say(text: str) -> None:
    """Tell on standard error what is being done."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Measure lambdalint beside its peers.")
    parser.add_argument("--lambdalint", default=LAMBDALINT, metavar="COMMAND", help=f"default: {LAMBDALINT}")
    parser.add_argument("--peers", default="", metavar="BIN", help="the folder of the peers' commands (default: PATH)")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each command beside each peer (default: 5)")
    parser.add_argument("--corpora", metavar="DIR", help="keep generated corpora here (default: a temporary folder)")
    parser.add_argument("--corpus", metavar="DIR", action="append", default=[], help="measure on this folder too")
    parser.add_argument("--only", metavar="TEXT", default="", help="only works and growths whose name holds this")
    parser.add_argument("--results", default=os.path.join(HERE, "RESULTS.md"), help="- for standard output")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(arguments, arguments.corpora or temporary)
        rows = []
        for work in WORKS:
            if arguments.only not in work.name:
                continue
            if bench.knows(work.command):
                rows += bench.compare(work, bench.corpus(work.corpus))
            else:
                bench.missing[f"{work.name}: there is no `lambdalint {work.command}` yet"] = None
        for folder in arguments.corpus:
            given = Work(f"{os.path.basename(os.path.abspath(folder))} (given), cold", "", COLD, MEDIUM, 80)
            rows += bench.compare(given, folder) if arguments.only in given.name else []
        growths = {}
        for kind, sizes, name in (("files", SIZES, "files"), ("deep", DEPTHS, "depth of calls")):
            if arguments.only in f"growth: {name}":
                start = statistics.median(
                    measure([*bench.lambdalint, *COLD.split()], bench.corpus("one")).cpu for _ in range(3)
                )
                found = bench.growth(kind, sizes)
                growths[name] = (found, exponent(found, start))
        text = report(bench, rows, growths)
    if arguments.results == "-":
        sys.stdout.write(text)
    else:
        with open(arguments.results, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
