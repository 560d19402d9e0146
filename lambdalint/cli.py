"""The command line: arguments → settings → command → exit status. The only place that prints or exits.

Exit status: 0 nothing at or above ``--fail-on``, 1 findings, 2 a usage, configuration or internal
error, 130 after Ctrl-C, 141 where the reader of standard output has gone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from lambdalint import __version__
from lambdalint.errors import UsageError
from lambdalint.settings import FUNCTION_FORMATS, LISTS, OPTIONS, Option, Settings, load, shown, split

if TYPE_CHECKING:
    from lambdalint.discover import Project
    from lambdalint.model import Report
    from lambdalint.output.view import View

INTERRUPTED = 130
READER_GONE = 141
REPEATED = frozenset({"ignores", "outputs", "names"})  # not split at commas: names and paths may hold them


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    about = "Static analyzer and bundle linter for AWS Lambda functions in Python."
    top = _Parser(prog="lambdalint", description=about, allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"lambdalint {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    check = _command(commands, "check", "analyse the code of Lambda functions", _check)
    _paths(check)
    check.add_argument("--stdin-filename", metavar="PATH", help="take this file's content from standard input (with -)")
    _options(check, [option for option in OPTIONS if option.flags])

    functions = _command(commands, "functions", "list what is deployed, where, and how that is known", _functions)
    _paths(functions)
    _options(functions, _only("exclude", "output", "color", "cache", "cache-dir", "jobs"))

    rule = _command(commands, "rule", "print the documentation of rules", _rule)
    rule.add_argument("rule", nargs="*", metavar="NAME|CODE")
    rule.add_argument("--all", action="store_true", help="print the documentation of every rule")

    baseline = _command(commands, "baseline", "accept the findings of today", None)
    actions = baseline.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (("create", "write a baseline that accepts all findings"),
                       ("update", "remove what is no longer found from the baseline; adds nothing")):  # fmt: skip
        action = _command(actions, name, text, _baseline)
        _paths(action)
        _options(action, _only("select", "ignore", "extend-select", "per-file-ignores", "exclude", "min-severity",
                               "min-confidence", "baseline", "as-of", "cache", "cache-dir", "jobs"))  # fmt: skip
        if name == "create":
            action.add_argument("--overwrite", action="store_true", help="replace a baseline that is there")

    config = _command(commands, "config", "inspect the configuration", None)
    inspect = config.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = _command(inspect, "show", "print every setting with where it comes from", _config_show)
    _paths(show)
    _options(show, [option for option in OPTIONS if option.flags])

    clean = _command(commands, "clean", "empty the cache", _clean)
    _options(clean, _only("cache-dir"))
    return top


def _command(commands: Any, name: str, text: str, run: Callable[..., int] | None) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".",
                                                        allow_abbrev=False)  # fmt: skip
    if run is not None:
        made.set_defaults(run=run)
        made.add_argument("-v", "--verbose", action="count", default=0, help="say more; twice: with tracebacks")
        made.add_argument("-q", "--quiet", action="store_true", help="say nothing but the result")
    return made


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", metavar="PATH", help="directory, Python file or template (default: .)")
    command.add_argument("--config", metavar="FILE", default="", help="use this configuration file")


def _only(*keys: str) -> list[Option]:
    return [option for option in OPTIONS if option.key in keys]


def _options(command: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    for option in options:
        details: dict[str, Any] = {"dest": option.field, "default": argparse.SUPPRESS, "help": option.help}
        if option.kind == "flag":
            # --no-cache is the one flag that switches off
            details.update(action="store_const", const=not option.flags[0].startswith("--no-"))
        else:
            details["metavar"] = option.metavar
            if option.kind in LISTS:
                details["action"] = "append"
        command.add_argument(*option.flags, **details)


def _given(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """What the command line sets, by key of `OPTIONS`."""
    found: dict[str, Any] = {}
    for option in OPTIONS:
        if hasattr(arguments, option.field):
            value = getattr(arguments, option.field)
            if option.kind in LISTS and option.kind not in REPEATED:
                value = [part for item in value for part in split(item)]
            found[option.key] = tuple(value) if option.kind in LISTS else value
    return found


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status. ``argv`` excludes the program's name."""
    arguments = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # what a terminal's encoding lacks is shown as an escape
            stream.reconfigure(errors="backslashreplace")
    tracebacks = "-vv" in arguments or arguments.count("-v") + arguments.count("--verbose") > 1
    try:
        parsed = parser().parse_args(arguments)
        status: int = parsed.run(parsed)
        if sys.stdout is not None:
            sys.stdout.flush()
    except UsageError as error:
        _say(f"error: {error}")
        return 2
    except BrokenPipeError:
        # nobody reads on; without this the interpreter complains again when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except SystemExit as error:  # --help and --version
        return error.code if isinstance(error.code, int) else 0
    except Exception as error:  # noqa: BLE001  the last boundary: a person gets a sentence, not a traceback
        if tracebacks:
            import traceback

            _say(traceback.format_exc(), escape=False)
        _say(f"internal error: {type(error).__name__}: {error}; please report it (-vv shows where it happened)")
        return 2
    return status


def _say(text: str, *, escape: bool = True) -> None:
    """Print one message on standard error, where there is one."""
    from lambdalint.output.escape import block, safe

    try:
        print(f"lambdalint: {block(safe(text))}" if escape else text, file=sys.stderr)
    except (OSError, ValueError):
        return  # standard error is closed: there is nowhere to say it


def _write(text: str) -> None:
    if sys.stdout is not None and text:
        sys.stdout.write(text)


def _settings(arguments: argparse.Namespace, paths: list[str]) -> tuple[Settings, Any]:
    from lambdalint.discover import locate

    given = locate(paths)
    config = getattr(arguments, "config", "")
    return load(given.start, given.root, _given(arguments), config), given


def _open(arguments: argparse.Namespace) -> tuple[Settings, Project]:
    """The settings and the project that the arguments name."""
    from lambdalint import discover

    paths = list(arguments.paths)
    content = None
    name: str = getattr(arguments, "stdin_filename", None) or ""
    if "-" in paths:
        if not name or paths != ["-"]:
            raise UsageError("'-' stands alone and needs --stdin-filename PATH, the file that it stands for")
        content = sys.stdin.buffer.read() if sys.stdin is not None else b""
        paths = [name]
        if not os.path.lexists(name):
            paths = [os.path.dirname(os.path.abspath(name))]
    elif name:
        raise UsageError("--stdin-filename needs '-' as the path")
    settings, given = _settings(arguments, paths)
    project = discover.project(given, settings.exclude, settings.templates)
    if content is not None:
        project = discover.overlay(project, name, content)
    return settings, project


def _analyse(settings: Settings, project: Project, arguments: argparse.Namespace) -> Report:
    from lambdalint import engine, filters

    progress = _Progress(arguments.quiet)
    try:
        report = engine.check(project, settings, **progress.argument())
    finally:
        progress.stop()
    return filters.limited(report, settings, project)


def _check(arguments: argparse.Namespace) -> int:
    settings, project = _open(arguments)
    from lambdalint import baseline, registry

    registry.Selection(settings)  # a selector that names no rule ends the run before the work
    accepted = baseline.read(settings.baseline) if settings.baseline else None
    report = _analyse(settings, project, arguments)
    if accepted is not None:
        applied = baseline.apply(report.findings, accepted)
        report = report._replace(findings=applied.kept, baselined=applied.accepted)
        if applied.stale and not arguments.quiet:
            _say(f"{len(applied.stale)} entries of the baseline accept more than is found; "
                 "`lambdalint baseline update` removes them")  # fmt: skip
    _publish("render", report, settings, project, arguments)
    return _status(report, settings, project, arguments)


def _functions(arguments: argparse.Namespace) -> int:
    settings, project = _open(arguments)
    from lambdalint import engine

    if "output" not in _given(arguments):
        settings = settings._replace(output=())  # what the configuration says is meant for check
    for item in settings.output:
        name = item.partition(":")[0]
        if name not in FUNCTION_FORMATS:
            raise UsageError(f"functions can be printed as {' or '.join(FUNCTION_FORMATS)}, not as {name}")
    progress = _Progress(arguments.quiet)
    try:
        report = engine.find_functions(project, settings, **progress.argument())
    finally:
        progress.stop()
    _publish("render_functions", report, settings, project, arguments)
    return 2 if report.internal_errors else 0


def _status(report: Report, settings: Settings, project: Project, arguments: argparse.Namespace) -> int:
    if report.internal_errors:
        for error in report.internal_errors:
            _say(f"internal error: {error}; please report it")
        return 2
    if not project.python and not project.templates:
        if not arguments.quiet:
            _say(f"nothing to analyse: no Python file or template below {project.root}")
        if settings.error_on_empty:
            return 2
    if settings.exit_zero:
        return 0
    return int(any(item.severity >= settings.fail_on for item in report.findings))


def _publish(method: str, report: Report, settings: Settings, project: Project, arguments: argparse.Namespace) -> None:
    """Write every output that was asked for, to standard output or to files."""
    from lambdalint import output

    render = getattr(output, method)
    for item in settings.output or ("text",):
        name, _, path = item.partition(":")
        view = _view(settings, project, arguments, to_file=bool(path))
        text = render(name, report, view)
        if path:
            _save(path, text)
        else:
            _write(text)


def _view(settings: Settings, project: Project, arguments: argparse.Namespace, *, to_file: bool) -> View:
    from lambdalint.output.view import View

    color = not to_file and _colored(settings.color)
    width = 80
    if not to_file and sys.stdout is not None and sys.stdout.isatty():
        try:
            width = min(max(os.get_terminal_size(sys.stdout.fileno()).columns, 40), 100)
        except OSError:
            width = 80
    return View(project.tree, width=width, color=color, statistics=settings.statistics, quiet=arguments.quiet)


def _colored(wish: str) -> bool:
    """Whether to colour standard output. Conventions: no-color.org, force-color.org; an option beats both."""
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return os.environ["FORCE_COLOR"] not in ("0", "false")
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _save(path: str, text: str) -> None:
    """Write a file as a whole: a reader sees the old content or the new one."""
    data = text.encode("utf-8", "backslashreplace")
    temporary = ""
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # /dev/stdout, a pipe
            with open(path, "wb") as target:
                target.write(data)
            return
        real = os.path.realpath(path)
        import tempfile

        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(real), prefix=".lambdalint-")
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        os.chmod(temporary, _mode(real))
        os.replace(temporary, real)
    except (OSError, ValueError) as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path} cannot be written ({reason}); check the path and its directory") from None


def _mode(path: str) -> int:
    """The mode of the file that is replaced, else what a new one gets."""
    try:
        return os.stat(path).st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _rule(arguments: argparse.Namespace) -> int:
    from lambdalint import registry
    from lambdalint.output import docs

    selectors = ["ALL"] if arguments.all else arguments.rule
    codes = [code for selector in selectors for code in sorted(registry.resolve(selector))]
    _write("\n\n".join(docs.plain(registry.about(code)) for code in dict.fromkeys(codes)))
    for item in () if codes else registry.listed():
        _write(f"{item.code}  {item.name}{'' if item.default else '  (off by default)'}\n")
    return 0


def _baseline(arguments: argparse.Namespace) -> int:
    settings, project = _open(arguments)
    from lambdalint import baseline

    path = settings.baseline or os.path.join(project.root, baseline.FILE_NAME)
    known = None
    if arguments.action == "update":
        known = baseline.read(path)
    elif os.path.lexists(path) and not arguments.overwrite:
        raise UsageError(f"{path} is there already; `lambdalint baseline update` shrinks it, --overwrite replaces it")
    report = _analyse(settings, project, arguments)
    if report.internal_errors:
        return _status(report, settings, project, arguments)
    new = baseline.counted(report.findings) if known is None else baseline.shrunk(known, report.findings)
    _save(path, baseline.dumps(new))
    if not arguments.quiet:
        before = f" of {sum(known.values())}" if known is not None else ""
        _say(f"{path} accepts {sum(new.values())}{before} findings")
        if not settings.baseline:
            name = os.path.relpath(path, project.root).replace(os.sep, "/")
            _say(f'to use it, set baseline = "{name}" in the configuration or pass --baseline')
    return 0


def _config_show(arguments: argparse.Namespace) -> int:
    settings, _ = _settings(arguments, list(arguments.paths))
    import json

    from lambdalint.output.escape import safe

    for key, value, origin in shown(settings):
        label = getattr(value, "label", value)
        told = {pattern: list(rules) for pattern, rules in value} if key == "per-file-ignores" else label
        _write(f"{key} = {safe(json.dumps(told, ensure_ascii=False))}  ({safe(origin)})\n")
    return 0


def _clean(arguments: argparse.Namespace) -> int:
    from lambdalint import cache

    directory = _given(arguments).get("cache-dir", "")
    removed = cache.clean(directory)
    if not arguments.quiet:
        _say(f"removed {removed:,} bytes of cache")
    return 0


class _Progress:
    """Shows on a terminal what the engine is at, once it has been at it for a second."""

    def __init__(self, quiet: bool) -> None:
        self.wanted = not quiet and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.started = 0.0
        self.status: Any = None

    def argument(self) -> dict[str, Any]:
        """The keyword argument for the engine; none where nobody would see it."""
        return {"progress": self.update} if self.wanted else {}

    def update(self, stage: str, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` steps of ``stage`` are done."""
        import time

        now = time.monotonic()
        self.started = self.started or now
        if now - self.started < 1:
            return
        text = f"{stage} {done:,}/{total:,}" if total else stage
        if self.status is None:
            from rich.console import Console  # 100 ms, which no longer count here
            from rich.status import Status

            self.status = Status(text, console=Console(stderr=True, markup=False, highlight=False))
            self.status.start()
        self.status.update(text)

    def stop(self) -> None:
        """Take the indicator off the screen."""
        if self.status is not None:
            self.status.stop()


if __name__ == "__main__":
    sys.exit(main())
