"""Case → what is wrong with how lambdalint took it. Everything is asked as users ask it, by the command line."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import pathlib
import random
import re
import shutil
import tempfile
import time
import unittest.mock
import zipfile
from typing import Any

import jsonschema_rs

from lambdalint import cli
from tests.fuzz.cases import Case
from tests.fuzz.variants import VARIANTS

SECONDS = 20  # CPU seconds for one command; what takes longer is a fault
FORMATS = {"check": ("text", "concise", "json", "sarif", "github"), "functions": ("text", "json"),
           "graph": ("text", "mermaid", "dot"), "bundle": ("text", "json")}  # fmt: skip
CACHED = ("check", "functions", "graph")
DAY = ("--as-of", "2026-11-21")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@functools.cache
def schema() -> Any:
    path = pathlib.Path(__file__).parent.parent / "data" / "sarif-schema-2.1.0.json"
    return jsonschema_rs.validator_for(json.loads(path.read_bytes()), validate_formats=True)


class Answer:
    """What one command said: status, outputs by format, standard error, and CPU seconds."""

    def __init__(self, arguments: tuple[str, ...], roots: list[str], how: tuple[str, ...] = ("--no-cache",)) -> None:
        command, *rest = arguments
        formats = FORMATS[command]
        with tempfile.TemporaryDirectory() as folder:
            outputs = [part for name in formats[1:] for part in ("--output", f"{name}:{folder}/{name}")]
            given = [command, *(rest or roots), "--output", formats[0], *outputs, *how, "--color", "never"]
            given += ["--select", "ALL", "--statistics", *DAY] if command == "check" else []
            out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
            began = time.process_time()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                self.status = cli.main(given)
            self.seconds = time.process_time() - began
            out.flush()
            err.flush()
            self.error = err.buffer.getvalue().decode()  # type: ignore[attr-defined]
            self.outputs = {formats[0]: out.buffer.getvalue().decode()}  # type: ignore[attr-defined]
            for name in formats[1:]:
                path = pathlib.Path(folder, name)
                if path.exists():
                    self.outputs[name] = path.read_bytes().decode()


def write(files: dict[str, bytes], folder: str) -> None:
    """Put files below a directory. One whose name is that of a directory of another is left out."""
    for name, data in files.items():
        path = pathlib.Path(folder, name)
        with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


@contextlib.contextmanager
def placed(files: dict[str, bytes]) -> Any:
    """The files in a directory of their own, which is the current one."""
    before = os.getcwd()
    folder = tempfile.mkdtemp(prefix="lambdalint-fuzz-")
    try:
        write(files, folder)
        os.chdir(folder)
        yield folder
    finally:
        os.chdir(before)
        shutil.rmtree(folder)


def faults(case: Case) -> list[str]:
    """What is wrong; nothing is what is hoped for."""
    if case.change:
        return _varied(case)
    found = []
    with placed(case.files):
        roots = sorted({name.partition("/")[0] for name in case.files if "/" in name}) or ["."]
        roots = ["."] if any("/" not in name for name in case.files) else roots
        for arguments in case.commands:
            one = Answer(arguments, roots)
            told = _refused(one) if one.status == 2 else _judged(case, one, arguments)
            for name, answer in _otherwise(arguments, roots).items():
                if (one.status, one.outputs, one.error) != (answer.status, answer.outputs, answer.error):
                    different = [item for item in one.outputs if one.outputs[item] != answer.outputs.get(item)]
                    told.append(
                        f"the run {name} differs: {one.status} {answer.status} {different} {answer.error[-300:]}"
                    )
            if one.seconds > SECONDS:
                told.append(f"took {one.seconds:.0f} CPU seconds")
            found += [f"{' '.join(arguments)}: {text}" for text in told]
    return found


def _otherwise(arguments: tuple[str, ...], roots: list[str]) -> dict[str, Answer]:
    """The answers in another order, with an empty cache, with what that has left, and of two processes."""
    found = {"in another order": Answer(arguments, roots[::-1])}
    if arguments[0] in CACHED:
        with tempfile.TemporaryDirectory() as cache, unittest.mock.patch.object(cli, "FEW", 0):
            for name in ("with an empty cache", "from the cache"):
                found[name] = Answer(arguments, roots, ("--cache-dir", cache))
    if arguments[0] == "check":
        found["of two processes"] = Answer(arguments, roots, ("--no-cache", "--jobs", "2"))
    return found


def _refused(answer: Answer) -> list[str]:
    """Status 2 is for usage and configuration only."""
    if (
        "internal error" in answer.error
        or "failed on" in answer.error
        or not answer.error.startswith("lambdalint: error: ")
    ):
        return [f"status 2: {answer.error[-500:]}{_errors(answer)}"]
    return []


def _errors(answer: Answer) -> str:
    return str(json.loads(answer.outputs["json"]).get("errors")) if answer.outputs.get("json") else ""


def _judged(case: Case, answer: Answer, arguments: tuple[str, ...]) -> list[str]:
    found = [
        f"{name}: control character"
        for name, text in answer.outputs.items()
        if name != "json" and _CONTROL.search(text)
    ]
    if re.search("internal error|Traceback|Warning: ", answer.error):
        found.append(answer.error[-500:])
    if "json" in answer.outputs:
        document = json.loads(answer.outputs["json"], parse_constant=_refuse_constant)
        if document.get("errors"):
            found.append(str(document["errors"]))
        if arguments[0] == "check":
            found += _complete(case, document, arguments)
            found += _in_place(case, document)
            reported = any(item["severity"] != "info" for item in document["findings"])
            if answer.status != reported:
                found.append(f"status {answer.status}")
            found += _formats(answer, document)
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} in JSON")


def _complete(case: Case, document: dict[str, Any], arguments: tuple[str, ...]) -> list[str]:
    """Every input is analysed or skipped, and none is both."""
    analysed, skipped = document["analysed"], [item["path"] for item in document["skipped"]]
    listed = [*analysed, *skipped]
    found = [f"{path} is listed twice" for path in sorted(set(listed)) if listed.count(path) > 1]
    found += [f"{item['path']} is skipped without a reason" for item in document["skipped"] if not item["reason"]]
    counts = document["summary"]
    if (counts["analysed"], counts["skipped"]) != (len(analysed), len(skipped)):
        found.append("the summary counts otherwise")
    if len(arguments) == 1 and not any(
        name in case.files for name in (".gitignore", "lambdalint.toml", "pyproject.toml")
    ):
        python = {
            name for name in case.files if name.endswith(".py") and os.path.isfile(name) and "cdk.out/" not in name
        }
        missing = sorted(python - set(listed))
        if len(missing) > counts["excluded"]:
            found.append(f"neither analysed nor skipped: {missing}")
    reported = {item["path"] for item in document["findings"] if item["code"] in ("LL001", "LL002")}
    found += [f"{path} is skipped and not reported" for path in sorted(set(skipped) - reported)]
    if case.valid:
        limits = ("limit", "deep", "too many", "more than", "beyond")
        found += [
            f"Python reads {item['path']}: {item['reason']}"
            for item in document["skipped"]
            if not any(word in item["reason"] for word in limits)
        ]
    return found


class Lines:
    """The files of a case as lines."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.found: dict[str, list[str] | None] = {}

    def __call__(self, path: str) -> list[str] | None:
        """The lines of a file; None where there is no such text, as of a directory, an archive or a binary."""
        if path not in self.found:
            data = self.files.get(path)
            self.found[path] = None
            if data is None and ".zip/" in path:
                top, _, name = path.partition(".zip/")
                with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(self.files[f"{top}.zip"])) as opened:
                    data = opened.read(name)
            if data is not None and b"\0" not in data[:1024] and not path.endswith(".zip"):
                self.found[path] = _LINE_END.split(data.decode("utf-8", "replace").removeprefix("\ufeff"))
        return self.found[path]


def _in_place(case: Case, document: dict[str, Any]) -> list[str]:
    """Findings lie inside the lines of files that are there."""
    lines = Lines(case.files)
    found = []
    for item in document["findings"]:
        places = [item, *item["related"], *item["chain"], *(step for chain in item["further_chains"] for step in chain)]
        # the end of a place is the column after it, and a syntax error may stand at the end of its line
        places.append({"path": item["path"], "line": item["end_line"], "column": item["end_column"] - 1})
        for place in places:
            path, line, column = place["path"], place["line"], place["column"]
            text = lines(path)
            where = f"{item['code']} at {path}:{line}:{column}"
            if line < 1 or column < 1:
                found.append(where)
            elif text is None:
                if not os.path.lexists(path) and ".zip" not in path:
                    found.append(f"{where}: no such file")
            elif line > len(text) or column > max(len(text[line - 1]) + 1, 2):
                found.append(f"{where}: beyond the file, of {len(text)} lines")
        if (item["end_line"], item["end_column"]) <= (item["line"], item["column"]):
            found.append(f"{item['code']} ends at {item['end_line']}:{item['end_column']} before it begins")
    return found


def _formats(answer: Answer, document: dict[str, Any]) -> list[str]:
    found = []
    log = json.loads(answer.outputs["sarif"], parse_constant=_refuse_constant)
    found += [f"SARIF {error.instance_path}: {error.message[:200]}" for error in schema().iter_errors(log)]
    count = len(document["findings"])
    results = log["runs"][0]["results"]
    if len(results) != count:
        found.append(f"{len(results)} results in SARIF for {count} findings")
    commands = answer.outputs["github"].splitlines()
    if not all(re.match(r"::(error|warning|notice) ", line) for line in commands):
        found.append("a line for GitHub is no command")
    if sum(bool(re.match(r"::\w+ title=[^,]*,file=", line)) for line in commands) != count:
        found.append(f"{len(commands)} commands for GitHub for {count} findings")
    concise = [
        line for line in answer.outputs["concise"].splitlines() if re.search(r":\d+:\d+: (error|warning|info) ", line)
    ]
    if len(concise) != count:
        found.append(f"{len(concise)} lines for {count} findings")
    return found


# -- changes that make no difference


def _findings(files: dict[str, bytes]) -> tuple[list[dict[str, Any]], str]:
    with placed(files):
        answer = Answer(("check",), ["."])
        if answer.status == 2:
            return [], answer.error + _errors(answer)
        document = json.loads(answer.outputs["json"])
        return document["findings"], str(document["errors"] or "")


def _varied(case: Case) -> list[str]:
    variant = VARIANTS[case.change](random.Random(0), case.files)
    before, error = _findings(case.files)
    after, later = _findings(variant.files)
    if error or later:
        return [text for text in (error, later) if "internal error" in text or "failed on" in text]
    one = sorted(_shown(item, variant.lines, variant.names, columns=variant.columns) for item in before)
    other = sorted(_shown(item, {}, ("", ""), columns=variant.columns) for item in after)
    found = [f"{case.change} loses {item}" for item in one if item not in other]
    return found + [f"{case.change} adds {item}" for item in other if item not in one]


def _shown(item: dict[str, Any], lines: Any, names: tuple[str, str], *, columns: bool) -> str:
    """A finding in one line, with its place after the change."""

    def moved(path: str, line: int) -> int:
        return int(lines.get(path, {}).get(line, line))

    message = re.sub(r"\bline (\d+)", lambda found: f"line {moved(item['path'], int(found[1]))}", item["message"])
    message = message.replace(*names) if names[0] else message
    chain = [(step["path"], moved(step["path"], step["line"]), step["function"]) for step in item["chain"]]
    column = item["column"] if columns else 0
    return f"{item['path']}:{moved(item['path'], item['line'])}:{column} {item['code']} {message} {chain}"
