"""The command line: arguments → settings → command → exit status. The only place that prints or exits.

Exit status: 0 nothing at or above ``--fail-on``, 1 findings, 2 a usage, configuration or internal
error, 130 after Ctrl-C, 141 where the reader of standard output has gone.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from lambdalint import __version__
from lambdalint.errors import UsageError
from lambdalint.settings import (
    COMMAND_LINE,
    FUNCTION_FORMATS,
    GRAPH_FORMATS,
    LISTS,
    OPTIONS,
    Option,
    Settings,
    load,
    shown,
    split,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from lambdalint.baseline import Baseline
    from lambdalint.bundle.growth import Kept
    from lambdalint.bundle.vulnerabilities import Service
    from lambdalint.discover import Project
    from lambdalint.model import Report
    from lambdalint.output.view import View
    from lambdalint.parts import Parts

STACK_BYTES = 8 << 20
INTERRUPTED = 130
READER_GONE = 141
WIDTH = 80  # columns where there is no terminal
PROSE = 100  # columns that text takes at most
TABLE = 160  # columns that a table takes at most
FEW = 8  # inputs that are analysed as fast as an earlier report is found
REPEATED = frozenset({"ignores", "outputs", "names"})  # not split at commas: names and paths may hold them


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line says. The parser of one command is made if it stands first, which is most of the time.

    Raises:
        UsageError: it cannot be understood.
    """
    first = arguments[0] if arguments else ""
    if first in COMMANDS:
        text, build = COMMANDS[first]
        command = _parser(_Parser, f"lambdalint {first}", text)
        build(command)
        return command.parse_args(arguments[1:])
    top = _parser(_Parser, "lambdalint", "static analyzer and bundle linter for AWS Lambda functions in Python")
    top.add_argument("--version", action="version", version=f"lambdalint {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, prog="lambdalint")
    for name, (text, build) in COMMANDS.items():
        command = _parser(commands.add_parser, name, text, help=text)
        if name in arguments:
            build(command)
    return top.parse_args(arguments)


def _parser(
    make: Callable[..., argparse.ArgumentParser], name: str, text: str, **options: str
) -> argparse.ArgumentParser:
    # argparse would import shutil to find out the width, for every option
    description = text[0].upper() + text[1:] + "."
    return make(name, description=description, allow_abbrev=False, formatter_class=_formatter, **options)


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=_columns(PROSE) - 2)


def _check_options(command: argparse.ArgumentParser) -> None:
    _runs(command, _check)
    _paths(command)
    command.add_argument("--stdin-filename", metavar="PATH", help="the file that standard input (-) stands for")
    _options(command, [option for option in OPTIONS if option.flags])


def _functions_options(command: argparse.ArgumentParser) -> None:
    _runs(command, _functions)
    _paths(command)
    _options(command, _only("exclude", "function", "output", "color", "cache", "cache-dir"))


def _graph_options(command: argparse.ArgumentParser) -> None:
    _runs(command, _graph)
    _paths(command)
    command.add_argument(
        "--output",
        dest="formats",
        metavar="FORMAT[:PATH]",
        action="append",
        default=[],
        help="text, mermaid or dot, to standard output or PATH (repeatable)",
    )
    _options(command, _only("exclude", "function", "color", "cache", "cache-dir"))


def _bundle_options(command: argparse.ArgumentParser) -> None:
    _runs(command, _bundle)
    command.add_argument(
        "paths",
        nargs="*",
        metavar="PATH[:FUNCTION]",
        help="zip, directory or template, of which only a function if one is named (default: .)",
    )
    command.add_argument("--config", metavar="FILE", default="", help="use this configuration file")
    command.add_argument("--why", metavar="NAME", action="append", default=[], help="print the imports that lead to a "
                         "distribution or module (repeatable)")  # fmt: skip
    command.add_argument("--all", action="store_true", help="list every distribution, also the small ones, and the "
                         "table of each of several functions")  # fmt: skip
    command.add_argument("--output", dest="formats", metavar="FORMAT[:PATH]", action="append", default=[],
                         help="text or json, to standard output or PATH (repeatable)")  # fmt: skip
    _options(command, _only("exclude", "function", "runtime", "arch", "handler", "layer", "compare", "color", "cache"))


def _vulns_options(command: argparse.ArgumentParser) -> None:
    _runs(command, _vulns)
    what = "directory, zip, template, file of requirements or lock file (default: .)"
    command.add_argument("paths", nargs="*", metavar="PATH", help=what)
    command.add_argument("--config", metavar="FILE", default="", help="use this configuration file")
    # Whom to ask is for the command line alone: a repository must not choose who learns what it uses, or what is clean.
    command.add_argument("--service", choices=("pypi", "osv"), default="pypi", help="whom to ask (default: pypi)")
    command.add_argument("--pypi-url", metavar="URL", default="", help="a mirror of https://pypi.org/pypi")
    command.add_argument(
        "--osv-url", metavar="URL", default="", help="where OSV answers, for https://api.osv.dev/v1/query"
    )
    command.add_argument(
        "--timeout", metavar="SECONDS", default="15", help="how long to wait for one answer (default: 15)"
    )
    command.add_argument("--strict", action="store_true", help="exit with 2 if anything could not be audited")
    command.add_argument(
        "--write-baseline", action="store_true", help="accept the vulnerabilities of today in the baseline"
    )
    _options(command, _only("exclude", "per-file-ignores", "min-severity", "fail-on", "exit-zero", "error-on-empty",
                            "output", "baseline", "as-of", "color"))  # fmt: skip


def _rule_options(command: argparse.ArgumentParser) -> None:
    _runs(command, _rule)
    command.add_argument(
        "rule", nargs="*", metavar="NAME|CODE", help="of what to print the documentation (default: a list)"
    )
    command.add_argument("--all", action="store_true", help="print the documentation of every rule")


def _baseline_options(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True, prog=command.prog)
    for name, text in (
        ("create", "write a baseline that accepts all findings"),
        ("update", "remove what is no longer found from the baseline, and add nothing"),
    ):
        action = _parser(actions.add_parser, name, text, help=text)
        _runs(action, _baseline)
        _paths(action)
        _options(action, _only(*BASELINE_KEYS))
        if name == "create":
            _options(action, _only("function"))  # an update could not tell which entries are of other functions
            action.add_argument("--overwrite", action="store_true", help="replace a baseline that is there")


def _config_options(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True, prog=command.prog)
    text = "print every setting and where it comes from"
    show = _parser(actions.add_parser, "show", text, help=text)
    _runs(show, _config_show)
    _paths(show)
    _options(show, [option for option in OPTIONS if option.flags])


def _clean_options(command: argparse.ArgumentParser) -> None:
    _runs(command, _clean)
    _options(command, _only("cache-dir"))


BASELINE_KEYS = (
    "select", "ignore", "extend-select", "per-file-ignores", "exclude", "min-severity", "min-confidence", "baseline",
    "as-of", "cache", "cache-dir", "jobs",
)  # fmt: skip
COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "check": ("analyse the code of Lambda functions", _check_options),
    "functions": ("list what is deployed, where, and how that is known", _functions_options),
    "graph": ("draw what triggers which function and what that writes to", _graph_options),
    "bundle": ("say what a bundle weighs, and what of it is loaded", _bundle_options),
    "vulns": ("ask PyPI or OSV for known vulnerabilities of what is deployed or pinned", _vulns_options),
    "rule": ("print the documentation of rules", _rule_options),
    "baseline": ("accept the findings of today", _baseline_options),
    "config": ("inspect the configuration", _config_options),
    "clean": ("remove the cache", _clean_options),
}


def _runs(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    command.set_defaults(run=run)
    command.add_argument("-v", "--verbose", action="count", default=0, help="say more; twice: with tracebacks")
    command.add_argument("-q", "--quiet", action="store_true", help="say nothing but the result")


def _paths(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths", nargs="*", metavar="PATH", help="directory, Python file, template or zip (default: .)"
    )
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
    # little of what is made is in cycles, and looking for them as often as is usual took a tenth of the time
    gc.set_threshold(200_000, 20, 100)
    atexit.register(gc.freeze)  # nor are they looked for once more at the end, when all is freed anyway
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # what a terminal's encoding lacks is shown as an escape
            stream.reconfigure(errors="backslashreplace")
    # -v -v, -vv, -vvv
    tracebacks = arguments.count("--verbose") + sum(len(item) - 1 for item in arguments if item.strip("v") == "-") > 1
    try:
        given = parsed(arguments)
        status = _with_room(given)
        _flush()
    except UsageError as error:
        _say(f"error: {error}")
        return 2
    except BrokenPipeError:
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


def _with_room(given: argparse.Namespace) -> int:
    """Run the command. The parser of a Python before 3.12 ends the process where nesting exhausts a small stack."""
    run: Callable[[argparse.Namespace], int] = given.run
    if sys.version_info >= (3, 12) or not _has_small_stack():
        return run(given)
    import threading
    from concurrent.futures import Future

    answer: Future[int] = Future()

    def work() -> None:
        try:
            answer.set_result(run(given))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            answer.set_exception(error)

    threading.stack_size(STACK_BYTES)
    threading.Thread(target=work, daemon=True).start()  # Ctrl-C ends the wait, and the process with it
    threading.stack_size(0)
    return answer.result()


def _has_small_stack() -> bool:
    """Whether the stack of the main thread is smaller than it is by default on Linux and macOS."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    limit = resource.getrlimit(resource.RLIMIT_STACK)[0]
    return limit not in (-1, resource.RLIM_INFINITY) and limit < STACK_BYTES


def _say(text: str, *, escape: bool = True) -> None:
    """Print one message on standard error, where there is one."""
    from lambdalint.output.escape import block, safe

    try:
        print(f"lambdalint: {block(safe(text))}" if escape else text, file=sys.stderr)
    except (OSError, ValueError):
        return  # standard error is closed: there is nowhere to say it


def _write(text: str) -> None:
    if sys.stdout is not None and text:
        try:
            sys.stdout.write(text)
        except OSError as error:
            _lost(error)


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _lost(error)


def _lost(error: OSError) -> NoReturn:
    """Give up on standard output. What it still holds must not be tried again, with a complaint, at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        raise error
    raise UsageError(f"standard output cannot be written ({error.strerror})")


def _settings(arguments: argparse.Namespace, paths: list[str]) -> tuple[Settings, Any]:
    from lambdalint.discover import locate

    given = locate(paths, getattr(arguments, "layer", ()))
    config = getattr(arguments, "config", "")
    return load(given.start, given.root, _given(arguments), config), given


def _open(arguments: argparse.Namespace, *, built: bool = False, pins: bool = False) -> tuple[Settings, Project]:
    """The settings and the project that the arguments name."""
    from lambdalint import discover

    paths = list(arguments.paths)
    content = None
    name: str = getattr(arguments, "stdin_filename", None) or ""
    if "-" in paths:
        if not hasattr(arguments, "stdin_filename"):
            raise UsageError("'-' stands for standard input, which this command does not read; name a path")
        if not name or paths != ["-"]:
            raise UsageError("'-' stands alone and needs --stdin-filename PATH, the file that it stands for")
        content = sys.stdin.buffer.read() if sys.stdin is not None else b""
        paths = [name]
        if not os.path.lexists(name):
            paths = [os.path.dirname(os.path.abspath(name))]
    elif name:
        raise UsageError("--stdin-filename needs '-' as the path")
    settings, given = _settings(arguments, paths)
    project = discover.project(
        given, settings.exclude, settings.templates, deployed=bool(settings.handler), built=built, pins=pins
    )
    if content is not None:
        project = discover.overlay(project, name, content)
    return settings, project


def _analyse(settings: Settings, project: Project, arguments: argparse.Namespace) -> Report:
    from lambdalint import filters

    return filters.limited(_run("check", settings, project, arguments), settings, project)


def _run(what: str, settings: Settings, project: Project, arguments: argparse.Namespace) -> Report:
    """What a function of the engine says of a project, now or in an earlier run."""

    def run(project: Project, settings: Settings, parts: Parts | None = None) -> Report:
        from lambdalint import engine

        progress = _Progress(arguments.quiet)
        known = {"parts": parts} if parts is not None else {}
        try:
            report: Report = getattr(engine, what)(project, settings, **progress.argument(), **known)
        finally:
            progress.stop()
        return report

    if not settings.cache or len(project.python) + len(project.templates) + len(project.archives) < FEW:
        return run(project, settings)  # it takes no longer than to look for what an earlier run has left
    from lambdalint import replay

    return replay.report(what, project, settings, run, _say if arguments.verbose else _mute)


def _mute(text: str) -> None:
    """What is of interest under -v alone."""


def _check(arguments: argparse.Namespace) -> int:
    settings, project = _open(arguments)
    if arguments.verbose:
        _explain(settings, project)
    # what is wrong with a baseline is said before the work, not after
    known = _read_baseline(settings.baseline, audited=False) if settings.baseline else None
    report = _analyse(settings, project, arguments)
    if known is not None:
        report = _accepted(report, known, arguments)
    _publish("render", report, settings, project, arguments)
    return _status(report, settings, project, arguments)


def _explain(settings: Settings, project: Project) -> None:
    """What was taken for the project, for -v."""
    files = sorted(set(settings.origins.values()) - {COMMAND_LINE})
    _say(f"root {project.root}, configuration {files[0] if files else 'none'}")
    counts = f"{len(project.python):,} Python files, {len(project.templates):,} possible templates"
    _say(f"{counts}, {project.excluded:,} entries excluded, {len(project.skipped):,} skipped")


def _read_baseline(path: str, *, audited: bool) -> Baseline:
    """What a baseline accepts, of vulnerabilities or of all else: either command leaves the other's entries alone."""
    from lambdalint import baseline  # json, which it needs, is not cheap
    from lambdalint.diagnostics import VULNERABLE_DEPENDENCY

    known = baseline.read(path)
    return {key: count for key, count in known.items() if (key.rule == VULNERABLE_DEPENDENCY.name) == audited}


def _accepted(report: Report, known: Baseline, arguments: argparse.Namespace) -> Report:
    """The report without what the baseline accepts."""
    from lambdalint import baseline

    applied = baseline.apply(report.findings, known)
    if applied.stale and not arguments.quiet:
        entries, them = (
            ("1 entry", "accepts") if len(applied.stale) == 1 else (f"{len(applied.stale)} entries", "accept")
        )
        mend = "vulns --write-baseline" if arguments.run is _vulns else "baseline update"
        _say(f"{entries} of the baseline {them} more than is found; `lambdalint {mend}` removes that")
    return report._replace(findings=applied.kept, baselined=applied.accepted)


def _functions(arguments: argparse.Namespace) -> int:
    settings, project = _open(arguments)
    from lambdalint import filters

    if "output" not in _given(arguments):
        settings = settings._replace(output=())  # what the configuration says is meant for check
    for item in settings.output:
        name = item.partition(":")[0]
        if name not in FUNCTION_FORMATS:
            raise UsageError(f"functions can be printed as {' or '.join(FUNCTION_FORMATS)}, not as {name}")
    report = _run("find_functions", settings, project, arguments)
    report = filters.of_functions(report, settings)
    _publish("render_functions", report, settings, project, arguments)
    return 2 if report.internal_errors else 0


def _graph(arguments: argparse.Namespace) -> int:
    for item in arguments.formats:
        name = item.partition(":")[0]
        if name not in GRAPH_FORMATS:
            raise UsageError(f"the graph can be drawn as {', '.join(GRAPH_FORMATS)}, not as {name}")
    settings, project = _open(arguments)
    from lambdalint import filters

    settings = settings._replace(output=tuple(arguments.formats))  # what the configuration says is meant for check
    report = _run("draw", settings, project, arguments)
    report = filters.of_functions(report, settings)
    _publish("render_graph", report, settings, project, arguments)
    return 0


def _bundle(arguments: argparse.Namespace) -> int:
    for item in arguments.formats:
        if item.partition(":")[0] not in FUNCTION_FORMATS:
            raise UsageError(f"bundles can be printed as {' or '.join(FUNCTION_FORMATS)}, not as {item}")
    named = bool(arguments.paths)
    given = [_function_of(path) for path in arguments.paths]
    arguments.paths = [path for path, _ in given]
    names = [name for _, name in given if name]
    settings, project = _open(arguments, built=True)
    settings = settings._replace(output=tuple(arguments.formats), function=(*settings.function, *names))
    from lambdalint import bundles
    from lambdalint.bundle import report

    # what is wrong with a report to compare with is said before the work, not after
    since = getattr(arguments, "compare", "")  # what the configuration says is meant for check
    kept = _read_report(since) if since else ()
    progress = _Progress(arguments.quiet)
    try:
        found = bundles.bundles(project, settings, named=named, **progress.argument())
        told = report.told(found, arguments.why, kept, since)
    finally:
        progress.stop()
    _publish("render_bundles_whole" if arguments.all else "render_bundles", told, settings, project, arguments)
    return 0


def _vulns(arguments: argparse.Namespace) -> int:
    service = _service(arguments)
    settings, project = _open(arguments, built=True, pins=True)
    if arguments.verbose:
        _explain(settings, project)
    accepts = bool(settings.baseline) and not arguments.write_baseline
    known = _read_baseline(settings.baseline, audited=True) if accepts else None
    from lambdalint import filters, vulns

    progress = _Progress(arguments.quiet)
    try:
        report, audit = vulns.run(project, settings, service, **progress.argument())
    finally:
        progress.stop()
    report = filters.limited(report, settings, project._replace(only=None))  # nothing else was asked for
    if known is not None:
        report = _accepted(report, known, arguments)
    _publish("render_audit", (report, audit), settings, project, arguments)
    if arguments.write_baseline and audit.answered:
        _accept(settings, project, report, arguments)
        settings = settings._replace(exit_zero=True)
    if not audit.asked and not audit.unaudited:
        if not arguments.quiet:
            _say(f"nothing to audit: no distribution is deployed from {project.root}, and no file there pins any")
        return 2 if settings.error_on_empty else 0
    if not audit.answered or (arguments.strict and audit.unaudited):
        from lambdalint.output.audit import unaudited

        reason, items = next(unaudited(audit))
        what = f"{len(audit.unaudited)} not audited" if audit.answered else "nothing was audited"
        hint = "; a mirror may lack what PyPI knows: try --service osv" if audit.unknown else ""
        _say(f"error: {what}, {len(items)} of {len(audit.unaudited)} since: {reason}{hint}")
        return 2
    return 0 if settings.exit_zero else int(any(item.severity >= settings.fail_on for item in report.findings))


def _accept(settings: Settings, project: Project, report: Report, arguments: argparse.Namespace) -> None:
    """Write the vulnerabilities of a report into the baseline, in place of those that it has."""
    from lambdalint import baseline
    from lambdalint.diagnostics import VULNERABLE_DEPENDENCY

    path = settings.baseline or os.path.join(project.root, baseline.FILE_NAME)
    others = _read_baseline(path, audited=False) if os.path.lexists(path) else {}
    found = baseline.counted(item for item in report.findings if item.code == VULNERABLE_DEPENDENCY.code)
    _save(path, baseline.dumps({**others, **found}))
    if not arguments.quiet:
        number = sum(found.values())
        _say(f"{path} accepts {number} {'vulnerability' if number == 1 else 'vulnerabilities'}")


def _service(arguments: argparse.Namespace) -> Service:
    from lambdalint.bundle.vulnerabilities import Service

    try:
        seconds = float(arguments.timeout)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:
        raise UsageError(f"--timeout takes seconds, more than 0 and at most 600, not '{arguments.timeout}'")
    for name in ("pypi", "osv"):
        url = getattr(arguments, f"{name}_url")
        if url and not url.startswith(("https://", "http://")):
            raise UsageError(f"--{name}-url takes an address that starts with https://, not '{url}'")
        if url and not _host(url):
            raise UsageError(f"--{name}-url takes an address with a host, and a port of at most 65535")
        if url and name != arguments.service:
            raise UsageError(f"--{name}-url goes with --service {name}")
    return Service(arguments.service, getattr(arguments, f"{arguments.service}_url"), seconds)


def _host(url: str) -> str | None:
    """The host of an address, None for what is none."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        named = parts.port != 0 and not set(url) & set(" \t\r\n")  # the port is read when it is asked for
    except ValueError:
        return None
    return parts.hostname if named else None


def _read_report(path: str) -> tuple[Kept, ...]:
    from lambdalint.bundle import growth

    return growth.read(path)


def _function_of(path: str) -> tuple[str, str]:
    """A path and the name of a function of it: ``template.yaml:Orders``."""
    name, colon, function = path.rpartition(":")
    if colon and name and not os.path.lexists(path) and os.path.lexists(name):
        return name, function
    return path, ""


def _status(report: Report, settings: Settings, project: Project, arguments: argparse.Namespace) -> int:
    if report.internal_errors:
        for error in report.internal_errors:
            _say(f"internal error: {error}; please report it")
        return 2
    if not (project.python or project.templates or project.artifacts):
        if not arguments.quiet:
            left_out = f" (excluded: {project.excluded:,})" if project.excluded else ""
            places = [os.path.join(project.root, part) if part else project.root for part in project.directories]
            where = " or ".join(places) or project.root
            _say(f"nothing to analyse: no Python file or template below {where}{left_out}")
        if settings.error_on_empty:
            return 2
    if settings.exit_zero:
        return 0
    return int(any(item.severity >= settings.fail_on for item in report.findings))


def _publish(method: str, report: Any, settings: Settings, project: Project, arguments: argparse.Namespace) -> None:
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
    width = WIDTH if to_file else _columns(TABLE if arguments.run is _bundle else PROSE)
    return View(project.tree, width=width, color=color, statistics=settings.statistics, quiet=arguments.quiet)


def _columns(most: int) -> int:
    """The columns of the terminal on standard output, within what reads well."""
    try:
        if sys.stdout is not None and sys.stdout.isatty():
            return min(max(os.get_terminal_size(sys.stdout.fileno()).columns, 40), most)
    except (OSError, ValueError):
        return WIDTH
    return WIDTH


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
        # the name is known before there is such a file, so that an interrupt at any moment leaves none behind
        temporary = os.path.join(os.path.dirname(real), f".lambdalint-{os.urandom(8).hex()}")
        with open(temporary, "xb") as target:
            if os.path.exists(real):
                os.chmod(temporary, os.stat(real).st_mode & 0o777)
            target.write(data)
        os.replace(temporary, real)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path} cannot be written ({reason}); check the path and its directory") from None
    finally:
        if temporary and os.path.lexists(temporary):
            os.unlink(temporary)


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
    if known is not None:
        new.update(_read_baseline(path, audited=True))
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
        if key == "budgets":
            told = {name or "all": budget._asdict() for name, budget in value}
        if key == "vulns":
            told = {"ignore": [item._asdict() for item in value]}
        _write(f"{key} = {safe(json.dumps(told, ensure_ascii=False))}  ({safe(origin)})\n")
    return 0


def _clean(arguments: argparse.Namespace) -> int:
    from lambdalint import cache

    path = cache.directory(os.path.abspath(arguments.cache_dir) if hasattr(arguments, "cache_dir") else "")
    try:
        done = cache.Cache(path).clean() if path else cache.Cleaned(0, 0, left=False)
    except OSError as error:
        raise UsageError(f"the cache in {path} cannot be removed ({error.strerror})") from None
    if not arguments.quiet:
        results = "1 result" if done.files == 1 else f"{done.files:,} results"
        rest = "; what else lies there was left" if done.left else ""
        _say(f"removed {results}, {done.size:,} bytes, from {path}{rest}" if done.size else f"no cache in {path}{rest}")
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
