"""Real bundles, built with pip for any Python and platform into a cache outside the checkout.

Nothing is built from source and nothing is imported: wheels for the target are unpacked. The cache is a directory of
``LAMBDALINT_BUNDLES``, or of the user's caches; a recipe that is in it needs no network.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PLATFORMS = {
    "x86_64": ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "arm64": ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "x86_64 of Amazon Linux 2": ("manylinux_2_26_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "arm64 of Amazon Linux 2": ("manylinux_2_26_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "musl x86_64": ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    "macOS arm64": ("macosx_11_0_arm64",),
    "Windows x86_64": ("win_amd64",),
}


class Unavailable(Exception):
    """A bundle that cannot be built here: no network, or no such wheel."""


def cache() -> pathlib.Path:
    base = os.environ.get("LAMBDALINT_BUNDLES") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lambdalint-test-bundles"
    )
    return pathlib.Path(base)


def installed(requirements: tuple[str, ...], version: str, platform: str, *, compile_: bool = False) -> pathlib.Path:
    """A directory with distributions as ``pip install --target`` leaves it.

    Raises:
        Unavailable: pip cannot install them.
    """
    key = hashlib.sha256("\n".join((*requirements, version, platform, str(compile_))).encode()).hexdigest()[:20]
    target = cache() / key
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = tempfile.mkdtemp(prefix=f".{key}-", dir=target.parent)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", staged]
    command += [
        "--retries",
        "1",
        "--timeout",
        "15",
        "--only-binary=:all:",
        "--python-version",
        version,
        "--implementation",
        "cp",
    ]
    command += ["--compile"] if compile_ else ["--no-compile"]
    for item in PLATFORMS[platform]:
        command += ["--platform", item]
    done = subprocess.run([*command, *requirements], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(staged)
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise Unavailable(f"{' '.join(requirements)} for {version}, {platform}: {last[-1][:200]}")
    try:
        os.rename(staged, target)
    except OSError:  # another process was faster
        shutil.rmtree(staged)
    return target
