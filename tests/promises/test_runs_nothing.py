"""Never executes or imports what it analyses; starts no process, opens no socket; reads below the given roots only.

An audit hook (PEP 578) sees every import, execution of code, process, socket, and opened file of a run in a child. It
does not see native code: `test_no_process_and_no_socket.py` asks the system about that.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.hostile import GENERATOR, generated, group
from tests.processes import ROOT, environment
from tests.promises import traps

WATCH = ROOT / "tests" / "promises" / "watch.py"
# --jobs 1: in the one process, where the hook sees everything
COMMANDS = (
    ["check", "--select", "ALL", "--output", "json", "--jobs", "1"],
    ["functions"],
    ["graph"],
    ["bundle", "--all"],
)


def watched(commands, analysed, where):
    """What the runs of `commands` did, as watch.py writes it."""
    asked = {"commands": [list(map(str, command)) for command in commands], "analysed": [str(analysed)]}
    done = subprocess.run(
        [sys.executable, WATCH, where / "watched.json"],
        input=json.dumps(asked).encode(),
        env=environment(HOME=str(where / "home")),
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads((where / "watched.json").read_text(encoding="utf-8", errors="surrogateescape"))


def assert_innocent(found, root, allowed_to_change=()):
    assert found["executed"] == []
    assert found["forbidden"] == []
    outside = [
        path for path in found["read"] if not os.path.realpath(path).startswith(f"{os.path.realpath(root)}{os.sep}")
    ]
    assert [path for path in outside if os.path.realpath(path) != os.path.realpath(root)] == []
    assert [path for path in found["changed"] if not path.startswith(tuple(allowed_to_change) or "\0")] == []


def test_traps(tmp_path):
    project = traps.project(tmp_path)
    paths = [["."], ["app.zip", "--handler", "app.handler", "--layer", "layer.zip"], ["trap.py", "template.yaml"]]
    commands = [
        [project, *command, "--no-cache", *path]
        for command in COMMANDS
        for path in paths
        if command[0] in ("check", "bundle") or len(path) < 4
    ]
    found = watched(commands, project, tmp_path)
    assert all(status in (0, 1) for status in found["statuses"])
    assert found["statuses"].count(1) == 3  # check finds the client that is made in the handler
    assert_innocent(found, project)
    assert not (tmp_path / traps.NOTE).exists()


def test_the_traps_work(tmp_path):
    """Whoever imports, unpickles or unmarshals a part of the project is noticed."""
    project = traps.project(tmp_path)
    note = tmp_path / traps.NOTE
    for code in (
        "import runpy; runpy.run_path('trap.py')",
        "import pickle; pickle.load(open('model.pkl', 'rb'))",
        "import marshal; exec(marshal.loads(open('legacy.pyc', 'rb').read()[16:]))",
    ):
        subprocess.run([sys.executable, "-I", "-c", code], cwd=project, check=True)
        assert note.exists()
        note.unlink()


def test_the_watch_sees(tmp_path):
    """What the hook is there for is in its result."""
    program = (
        "import os, pickle, socket, subprocess, sys; socket.socket().close(); subprocess.run(['true']);"
        "pickle.loads(b'cos\\nsystem\\n.'); open('/etc/hostname').close(); open('written', 'w').close();"
        "exec(compile('1', os.path.abspath('app.py'), 'exec')); sys.exit(0)"
    )
    stand_in = tmp_path / "lambdalint" / "cli.py"
    stand_in.parent.mkdir()
    (stand_in.parent / "__init__.py").touch()
    stand_in.write_text(
        f"def main(arguments):\n    try:\n        exec({program!r})\n    except SystemExit as error:\n        return error.code\n"
    )
    watch = tmp_path / "tests" / "promises" / "watch.py"
    watch.parent.mkdir(parents=True)
    watch.write_bytes(WATCH.read_bytes())
    subprocess.run(
        [sys.executable, watch, tmp_path / "result.json"], check=True,
        input=json.dumps({"commands": [[str(tmp_path), "check"]], "analysed": [str(tmp_path / "app.py")]}).encode(),
    )  # fmt: skip
    found = json.loads((tmp_path / "result.json").read_text())
    assert found["executed"] == [str(tmp_path / "app.py")]
    assert {item.split()[0] for item in found["forbidden"]} >= {
        "socket.__new__",
        "subprocess.Popen",
        "pickle.find_class",
    }
    assert found["read"] == ["/etc/hostname"]
    assert found["changed"] == [str(tmp_path / "written")]


def test_fixtures(tmp_path):
    commands = [[ROOT, *command, "--no-cache", "fixtures"] for command in COMMANDS]
    found = watched(commands, ROOT / "fixtures", tmp_path)
    assert found["statuses"] == [1, 0, 0, 0]
    assert_innocent(found, ROOT)


@pytest.mark.skipif(not GENERATOR, reason="LAMBDALINT_TORTURE does not name the generator")
@pytest.mark.parametrize("letter", "abcde")
def test_hostile_inputs(letter, tmp_path):
    folder, manifest = generated()
    top = os.path.join(folder, "set")
    commands = [[top, *command, "--no-cache", *group(letter)] for command in COMMANDS]
    if letter == "d":  # the configuration is that of the first path
        commands += [[os.path.join(top, name), "check", "--no-cache", "."] for name in group(letter)]
    found = watched(commands, top, tmp_path)
    assert set(found["statuses"]) <= {0, 1, 2}
    assert_innocent(found, top)
    assert not [
        path for path in found["read"] if manifest["canary"] in os.path.basename(path) and not os.path.exists(path)
    ]
