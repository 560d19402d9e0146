"""Run commands of lambdalint under an audit hook, and write down what they did beside computing.

    python watch.py RESULT.json  < {"commands": [[directory, argument, …], …], "analysed": [directory, …]}

The result has the exit statuses, the files of which code was executed that are neither the interpreter's, nor
installed, nor lambdalint's, every event that lambdalint has no use for, what was opened and listed outside of these
files, and what was changed.
"""

import contextlib
import io
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Events that starting a process, talking to a network, or loading code or objects from data would raise.
FORBIDDEN = (
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile", "pty.", "os.kill",
    "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "nntplib.", "telnetlib.", "webbrowser.",
    "ctypes.", "marshal.", "pickle.", "code.__new__", "cpython.run_", "os.putenv", "os.unsetenv", "builtins.input",
    "shutil.unpack_archive", "winreg.", "msvcrt.",
)  # fmt: skip
LISTS = ("os.listdir", "os.scandir", "glob.", "os.walk", "os.fwalk")
CHANGES = (
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate",
    "os.utime", "os.setxattr", "os.chflags", "shutil.", "tempfile.",
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Those that may unmarshal: bytecode of the interpreter's own files, and what is frozen into it.
IMPORTERS = ("<frozen importlib._bootstrap_external>", "<frozen importlib._bootstrap>")
# What gives the constructors of lambdalint's own records the names of their fields.
RECORDS = os.path.join(ROOT, "lambdalint", "records.py")

executed, forbidden, read, changed = set(), set(), set(), set()
state = {"watching": True}


def named(path):
    """A path of an event as text; None for what is no path: a handle that is open already."""
    if isinstance(path, (str, bytes)) or hasattr(path, "__fspath__"):
        return os.path.join(os.getcwd(), os.fsdecode(path))
    return None


def hook(event, arguments):
    if not state["watching"]:
        return
    if event == "exec":
        name = getattr(arguments[0], "co_filename", "?")
        # code that was made of a string has no file: the one that made it has
        executed.add(sys._getframe(1).f_code.co_filename if name.startswith("<") else name)
    elif event == "open":
        path, _, flags = arguments
        writing = isinstance(flags, int) and flags & WRITING
        (changed if writing else read).add(named(path))
    elif event.startswith(LISTS):
        read.add(named(arguments[0] if arguments[0] is not None else "."))
    elif event.startswith(CHANGES):
        changed.update(named(item) for item in arguments[: 2 if event in ("os.rename", "os.link", "os.symlink") else 1])
    elif event.startswith(FORBIDDEN):
        maker = sys._getframe(1).f_code.co_filename
        if (event.startswith("marshal.") and maker in IMPORTERS) or (event == "code.__new__" and maker == RECORDS):
            return
        forbidden.add(f"{event} {arguments!r:.200}")


def below(path, directories):
    return any(path == item or path.startswith(item.rstrip(os.sep) + os.sep) for item in directories)


def main():
    asked = json.load(sys.stdin)
    sys.dont_write_bytecode = True
    sys.path[0] = ROOT
    sys.addaudithook(hook)
    from lambdalint import cli

    statuses = []
    for directory, *arguments in asked["commands"]:
        os.chdir(directory)
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            statuses.append(cli.main(arguments))
    state["watching"] = False
    analysed = asked["analysed"]
    interpreter = [
        os.path.realpath(item)
        for item in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.pycache_prefix, *sys.path[1:])
        if item and os.path.exists(item) and os.path.realpath(item) != os.path.realpath(ROOT)
    ]
    interpreter += [
        os.path.join(ROOT, name)
        for name in ("lambdalint", "rules", "pyproject.toml", ".pre-commit-hooks.yaml", "tests/promises/watch.py")
    ]
    loaded = {os.path.realpath(module.__file__) for module in sys.modules.values() if getattr(module, "__file__", None)}

    def own(path):
        real = os.path.realpath(path) if path is not None else ROOT
        return real == ROOT or (below(real, interpreter) and not below(real, analysed))

    result = {
        "statuses": statuses,
        "executed": sorted(path for path in executed | loaded if not path.startswith("<frozen ") and not own(path)),
        "forbidden": sorted(forbidden),
        "read": sorted(path for path in read if not own(path)),
        "changed": sorted(path for path in changed if path is not None),
    }
    with open(sys.argv[1], "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(result, file)


main()
