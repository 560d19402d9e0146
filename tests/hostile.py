"""The set of hostile inputs, written once by each process that wants it, by a generator that does not ship with lambdalint."""

import atexit
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

GENERATOR = os.environ.get("LAMBDALINT_TORTURE", "")


def remove(folder):
    for path, folders, _ in os.walk(folder):
        for name in folders:
            if not os.path.islink(os.path.join(path, name)):
                os.chmod(os.path.join(path, name), 0o700)
    shutil.rmtree(folder)


@functools.cache
def generated():
    """The folder in which the set is called ``set``, and its manifest."""
    folder = tempfile.mkdtemp(prefix="lambdalint-torture-")
    atexit.register(remove, folder)
    subprocess.run([sys.executable, GENERATOR, os.path.join(folder, "set")], check=True, stdout=subprocess.DEVNULL)
    return folder, json.loads(pathlib.Path(folder, "set", "manifest.json").read_text(encoding="utf-8"))


def group(letter):
    """The directories of one group of cases, relative to the set."""
    return [case["dir"] for case in generated()[1]["cases"] if case["group"] == letter]
