"""Measure what stale bytecode costs: ``python scripts/measure_bytecode.py [REQUIREMENT …]`` (default: boto3).

Two archives are made of the same installation, dated 1980 as SAM and others write them: one with the bytecode that pip
compiles, which stale-bytecode (LL607) has to report, and one compiled again with hashes, where it has to be silent.
Both are unpacked with the dates of the archive, as Lambda does, and imported in turns by this interpreter, which may
write no bytecode, as on Lambda's read-only /var/task. Printed is the CPU time of the fastest import of each.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

RUNS = 9
DATE = (1980, 1, 1, 0, 0, 0)
DATE_SECONDS = 315_532_800
PROBE = """
import resource, sys
sys.path[:] = [sys.argv[1], *[path for path in sys.path if "site-packages" not in path]]
import app
print(resource.getrusage(resource.RUSAGE_SELF).ru_utime + resource.getrusage(resource.RUSAGE_SELF).ru_stime)
"""


def packed(folder: pathlib.Path, archive: pathlib.Path) -> None:
    """An archive of a folder with everything dated 1980."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(item for item in folder.rglob("*") if item.is_file()):
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), DATE)
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, path.read_bytes())


def unpacked(archive: pathlib.Path, folder: pathlib.Path) -> None:
    """The archive as Lambda lays it out, with its dates."""
    with zipfile.ZipFile(archive) as source:
        source.extractall(folder)
    for path in folder.rglob("*"):
        os.utime(path, (DATE_SECONDS, DATE_SECONDS))


def found(archive: pathlib.Path) -> list[str]:
    """What lambdalint says of the bytecode in an archive."""
    runtime = "python{}.{}".format(*sys.version_info)
    command = [sys.executable, "-m", "lambdalint", "check", str(archive), "--select", "LL607", "--output", "json"]
    command += ["--runtime", runtime, "--arch", "x86_64", "--handler", "app.handler", "--exit-zero", "--no-cache"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return [f"{item['severity']}: {item['message']}" for item in json.loads(done.stdout)["findings"]]


def main() -> int:
    """Measure both; 1 where lambdalint's verdict is not what the measurement says."""
    from tests.bundles.build import installed

    requirements = tuple(sys.argv[1:]) or ("boto3",)
    modules = [name.partition("[")[0].replace("-", "_") for name in requirements]
    version = "{}.{}".format(*sys.version_info)
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        shutil.copytree(installed(requirements, version, "x86_64", compile_=True), top / "build")
        code = "".join(f"import {name}\n" for name in modules)
        (top / "build" / "app.py").write_text(f"{code}\n\ndef handler(event, context):\n    return None\n")
        packed(top / "build", top / "stale.zip")
        command = [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([*command, str(top / "build")], check=False)  # some modules are for other Pythons
        packed(top / "build", top / "mended.zip")
        best: dict[str, float] = {}
        for name in ("stale", "mended"):
            unpacked(top / f"{name}.zip", top / name)
        for _ in range(RUNS):
            for name in ("stale", "mended"):
                run = [sys.executable, "-I", "-S", "-B", "-c", PROBE, str(top / name)]
                took = float(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
                best[name] = min(best.get(name, took), took)
        told = {name: found(top / f"{name}.zip") for name in ("stale", "mended")}
    for name in ("stale", "mended"):
        print(f"{name:7} {best[name]:.3f} CPU s  {'; '.join(told[name]) or 'silent'}")
    print(f"Python {version}, {' '.join(requirements)}: {best['stale'] / best['mended']:.2f} times as long")
    reported = any(item.startswith("warning") for item in told["stale"]) and not told["mended"]
    return 0 if reported and best["stale"] > best["mended"] else 1


if __name__ == "__main__":
    sys.exit(main())
