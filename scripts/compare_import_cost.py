"""Compare the order of import costs with the interpreter: ``python scripts/compare_import_cost.py [VERSION [EVERY]]``.

For the bundles of `compare_bundles` (built with pip, cached; each EVERYth of them) the cost that lambdalint works out
from the files is put beside what ``python -X importtime`` says of their entry points, and beside the CPU time of the
same imports, which a busy machine falsifies less: the smallest of several runs, with bytecode in place. Printed are all
three and Spearman's rank correlations.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

RUNS = 3
_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)")


def measured(python: str, bundle: pathlib.Path) -> tuple[float, float]:
    """Milliseconds for the import of the entry point, by importtime and of the CPU; (0, 0) where it fails."""
    code = f"""import sys, time
sys.path[:] = [{str(bundle)!r}, *[path for path in sys.path if "site-packages" not in path]]
start = time.process_time()
import app
print(1000 * (time.process_time() - start))"""
    told, used = [], []
    for _ in range(RUNS + 1):  # the first one writes the bytecode
        command = [python, "-I", "-S", "-X", "importtime", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            return 0, 0
        rows = [match for line in done.stderr.splitlines() if (match := _LINE.match(line))]
        told.append(next(int(match[2]) for match in rows if match[4] == "app") / 1000)
        used.append(float(done.stdout.splitlines()[-1]))
    return min(told[1:]), min(used[1:])


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, the mean of ranks where values are equal."""
    order = sorted(values)
    return [(order.index(value) + len(order) - 1 - order[::-1].index(value)) / 2 for value in values]


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's rank correlation: Pearson's of the ranks."""
    a, b = ranks(one), ranks(other)
    mean = (len(a) - 1) / 2
    top = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    return float(top / (sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b)) ** 0.5)


def main() -> int:
    """Compare all bundles for the Python of the command line."""
    from compare_bundles import BUNDLES, interpreter

    from lambdalint.bundle.entries import Folder
    from lambdalint.bundle.layers import TASK, Part
    from lambdalint.bundle.targets import runtime
    from lambdalint.bundle.views import BundleView, Shared
    from lambdalint.model import Function
    from lambdalint.tree import DirectoryTree
    from tests.bundles.build import Unavailable, installed

    version = sys.argv[1] if len(sys.argv) > 1 else "3.13"
    python = interpreter(version)
    if python is None:
        print(f"no Python {version} here")
        return 1
    platform = "x86_64 of Amazon Linux 2" if version in ("3.8", "3.9", "3.10", "3.11") else "x86_64"
    rows = []
    for requirements, code in BUNDLES[:: int(sys.argv[2]) if len(sys.argv) > 2 else 1]:
        try:
            source = installed(requirements, version, platform)
        except Unavailable as reason:
            print(f"not built: {reason}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            bundle = pathlib.Path(folder) / "bundle"
            shutil.copytree(source, bundle, copy_function=os.link)
            (bundle / "app.py").write_text(f"{code}\n\n\ndef handler(event, context):\n    return None\n")
            part = Part("", Folder(DirectoryTree(str(bundle)), ""), TASK)
            target = runtime(f"python{version}", "x86_64")
            view = BundleView(Shared(), Function("app", "app.handler", "arguments", ""), part, (), target, "app")
            cost = view.import_cost()
            told, used = measured(python, bundle)
        if cost is None or not used:
            print(f"{' '.join(requirements):40} cannot be imported here")
            continue
        rows.append((cost.units, told, used))
        shown = f"cost {cost.units:8.1f} importtime {told:7.0f} ms, CPU {used:7.0f} ms, {cost.modules:5} modules"
        print(f"{' '.join(requirements):40} {shown}", flush=True)
    units, told_, used_ = zip(*rows, strict=True)
    print(f"{len(rows)} bundles, Python {version}: Spearman's rank correlation of the cost")
    print(f"with importtime {spearman(units, told_):.3f}, with the CPU time {spearman(units, used_):.3f}")
    print(f"(of these two with each other {spearman(told_, used_):.3f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
