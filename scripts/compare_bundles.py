"""Compare what lambdalint says of healthy bundles with what interpreters do: ``python scripts/compare_bundles.py``.

For each of some forty popular distributions a bundle is built with pip for each Python that is given (``3.12 3.13``; an
interpreter of that version has to be on PATH or among pyenv's), and its entry point imported in a process of that
interpreter, with nothing but the bundle on its path. Printed are the findings of the bundle rules and of imports that
fail, which should be none, and how well the modules that the closure names agree with those that were loaded. Bundles
for arm64 are not imported. `docs/bundles-compared.csv` is the table of a run.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# What is installed, and what an entry point imports of it.
BUNDLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("boto3",), "import boto3"),
    (("pandas",), "import pandas"),
    (("numpy",), "import numpy"),
    (("scipy",), "from scipy import stats, optimize"),
    (("pydantic",), "from pydantic import BaseModel"),
    (("cryptography",), "from cryptography.fernet import Fernet"),
    (("requests",), "import requests"),
    (("httpx",), "import httpx"),
    (("sqlalchemy", "psycopg2-binary"), "import sqlalchemy, psycopg2\nfrom sqlalchemy.dialects import postgresql"),
    (("psycopg[binary]",), "import psycopg"),
    (("pillow",), "from PIL import Image"),
    (("lxml",), "from lxml import etree"),
    (("pyarrow",), "import pyarrow.parquet"),
    (("openai",), "from openai import OpenAI"),
    (("langchain-core",), "from langchain_core.prompts import ChatPromptTemplate"),
    (("fastapi", "mangum"), "from fastapi import FastAPI\nfrom mangum import Mangum"),
    (("aws-lambda-powertools",), "from aws_lambda_powertools.event_handler import APIGatewayRestResolver"),
    (("opentelemetry-sdk",), "from opentelemetry import trace\nfrom opentelemetry.sdk.trace import TracerProvider"),
    (("google-api-python-client",), "from googleapiclient.discovery import build"),
    (("jinja2",), "import jinja2"),
    (("pyyaml",), "import yaml"),
    (("jsonschema",), "import jsonschema"),
    (("redis",), "import redis"),
    (("pymysql",), "import pymysql"),
    (("pymongo",), "import pymongo"),
    (("stripe",), "import stripe"),
    (("sentry-sdk",), "import sentry_sdk\nfrom sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration"),
    (("aws-xray-sdk",), "from aws_xray_sdk.core import patch_all"),
    (("slack-sdk",), "from slack_sdk import WebClient"),
    (("beautifulsoup4",), "from bs4 import BeautifulSoup"),
    (("orjson",), "import orjson"),
    (("scikit-learn",), "from sklearn.linear_model import LogisticRegression"),
    (("aiohttp",), "import aiohttp"),
    (("elasticsearch",), "import elasticsearch"),
    (("twilio",), "from twilio.rest import Client"),
    (("structlog", "tenacity"), "import structlog, tenacity"),
    (("polars",), "import polars"),
    (("pyjwt[crypto]",), "import jwt"),
    (("paramiko",), "import paramiko"),
    (("flask", "aws-wsgi"), "import flask, awsgi"),
    (("django",), "import django.core.handlers.wsgi"),
    (("networkx",), "import networkx"),
    (("msal",), "import msal"),
    (("datadog",), "import datadog"),
    (("python-dateutil", "pytz", "simplejson"), "import dateutil.parser, pytz, simplejson"),
    (("grpcio", "protobuf"), "import grpc\nfrom google.protobuf import message"),
    (("marshmallow", "click", "rich"), "import marshmallow, click, rich.console"),
)  # fmt: skip
PROBE = """
import sys
sys.path[:] = [sys.argv[1], *[path for path in sys.path if "site-packages" not in path]]
sys.dont_write_bytecode = True
before = set(sys.modules)
error = ""
try:
    import app
except ImportError as failed:
    error = str(failed)
import json
files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
found = sorted(file[len(sys.argv[1]) + 1:] for file in files if file.startswith(sys.argv[1] + "/"))
print(json.dumps({"error": error, "files": found}))
"""


def interpreter(version: str) -> str | None:
    """An interpreter of that version."""
    folder = pathlib.Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")) / "versions"
    found = [str(path / "bin" / "python") for path in sorted(folder.glob(f"{version}.*"))]
    return found[-1] if found else shutil.which(f"python{version}")


def really(python: str, bundle: pathlib.Path) -> tuple[str, set[str]]:
    """What fails, and which files are loaded, when the entry point is imported."""
    done = subprocess.run(
        [python, "-I", "-S", "-c", PROBE, str(bundle)], capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1], set()
    told = json.loads(done.stdout.splitlines()[-1])
    return told["error"], set(told["files"])


def ours(bundle: pathlib.Path, version: str, architecture: str) -> tuple[list[str], set[str]]:
    """The findings of the bundle rules, and the files of the closure."""
    from lambdalint import discover, engine
    from lambdalint.bundle.layers import TASK
    from lambdalint.settings import Settings

    settings = Settings(
        select=("LL401", "LL5", "LL6"), runtime=f"python{version}", arch=architecture, handler="app.handler"
    )
    project = discover.project(discover.locate([str(bundle)]), deployed=True)
    report = engine.check(project, settings)
    found = [f"{item.severity.label} {item.code}: {item.message}" for item in report.findings]
    _, (view,), _ = engine.bundles(project, settings)
    assert view.closure is not None
    modules = [view.closure.find(name) for name in view.closure.loaded]
    files = {item.path.removeprefix(f"{TASK}/") for item in modules if item is not None and item.path}
    return [*found, *report.internal_errors], files


class Row(NamedTuple):
    """One bundle: what the interpreter says, what we say, and how many modules each names."""

    python: str
    requirements: str
    error: str | None
    findings: list[str]
    loaded: int
    named: int
    both: int

    @property
    def agrees(self) -> bool:
        """Whether the verdicts are the same; without an interpreter, the bundle counts as healthy."""
        return bool(self.error) == any(text.startswith("error") for text in self.findings)


def compared(version: str, architecture: str) -> Iterator[Row]:
    """The rows of one Python."""
    from tests.bundles.build import Unavailable, installed

    python = interpreter(version) if architecture == "x86_64" else None
    platform = architecture
    if version in ("3.8", "3.9", "3.10", "3.11"):
        platform += " of Amazon Linux 2"
    name = f"{version} {architecture}"
    for requirements, code in BUNDLES:
        try:
            source = installed(requirements, version, platform)
        except Unavailable as reason:
            print(f"not built: {reason}", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            bundle = pathlib.Path(folder) / "bundle"
            shutil.copytree(source, bundle, copy_function=os.link, symlinks=True)
            (bundle / "app.py").write_text(f"{code}\n\n\ndef handler(event, context):\n    return None\n")
            error, modules = really(python, bundle) if python is not None else (None, set())
            findings, closure = ours(bundle, version, architecture)
        both = len(modules & closure)
        yield Row(name, " ".join(requirements), error, findings, len(modules), len(closure), both)


def main() -> int:
    """Compare all bundles on the Pythons of the command line, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", nargs="*", default=["3.13"], help="3.13, or 3.13:arm64 where nothing is imported")
    parser.add_argument("--table", type=pathlib.Path, help="where to write the table, as CSV")
    arguments = parser.parse_args()
    rows = []
    for item in arguments.python:
        version, _, architecture = item.partition(":")
        for row in compared(version, architecture or "x86_64"):
            rows.append(row)
            fails = {None: "not imported", "": "loads"}.get(row.error, f"fails: {row.error}")
            counts = f"loaded {row.loaded:4} named {row.named:4} both {row.both:4}"
            differs = "" if row.agrees else "  DIFFERS"
            print(f"{row.python:13} {row.requirements:38} {counts} {fails}{differs}", flush=True)
            for text in row.findings:
                print(f"      {text}")
    if arguments.table:
        with open(arguments.table, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["python", "bundle", "interpreter", "errors", "warnings", "loaded", "named", "both"])
            for row in rows:
                verdict = {None: "", "": "loads"}.get(row.error, row.error)
                errors, warnings = (
                    "; ".join(text.split(" ", 1)[1] for text in row.findings if text.startswith(level))
                    for level in ("error", "warning")
                )
                writer.writerow(
                    [row.python, row.requirements, verdict, errors, warnings, row.loaded, row.named, row.both]
                )
    differ = sum(not row.agrees for row in rows)
    loaded, named, both = (
        sum(getattr(row, field) for row in rows if row.error is not None) for field in Row._fields[4:]
    )
    print(f"verdicts that differ: {differ}; of {loaded} loaded modules {both} were named, {named - both} more were")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
