"""Compare what lambdalint says of healthy bundles with what interpreters do: ``python scripts/compare_bundles.py``.

For each of some forty popular distributions a bundle is built with pip for each Python that is given (``3.12 3.13``; an
interpreter of that version has to be on PATH or among pyenv's), and its entry point imported in a process of that
interpreter, with nothing but the bundle on its path. Printed are the findings of the bundle rules and of imports that
fail, which should be none, and how well the modules that the closure names agree with those that were loaded.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

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


def ours(bundle: pathlib.Path, version: str) -> tuple[list[str], set[str]]:
    """The findings of the bundle rules, and the files of the closure."""
    from lambdalint import discover, engine
    from lambdalint.bundle.closure import Closure
    from lambdalint.bundle.entries import Folder
    from lambdalint.bundle.layers import TASK, Merged, Part
    from lambdalint.bundle.targets import runtime
    from lambdalint.settings import Settings
    from lambdalint.tree import DirectoryTree

    settings = Settings(
        select=("LL401", "LL5", "LL6"), runtime=f"python{version}", arch="x86_64", handler="app.handler"
    )
    report = engine.check(discover.project(discover.locate([str(bundle)]), deployed=True), settings)
    found = [f"{item.severity.label} {item.name}: {item.message}" for item in report.findings]
    merged = Merged(Part("", Folder(DirectoryTree(str(bundle)), ""), TASK), (), runtime(f"python{version}").version)
    closure = Closure(merged, runtime(f"python{version}", "x86_64"), "app")
    modules = [closure.find(name) for name in closure.loaded]
    files = {item.path.removeprefix(f"{TASK}/") for item in modules if item is not None and item.path}
    return [*found, *report.internal_errors], files


def main() -> int:
    """Compare all bundles on the versions of the command line."""
    from tests.bundles.build import Unavailable, installed

    wrong = loaded = agreed = named = 0
    for version in sys.argv[1:] or ["3.13"]:
        python = interpreter(version)
        if python is None:
            print(f"no Python {version} here")
            continue
        platform = "x86_64 of Amazon Linux 2" if version in ("3.8", "3.9", "3.10", "3.11") else "x86_64"
        for requirements, code in BUNDLES:
            try:
                source = installed(requirements, version, platform)
            except Unavailable as reason:
                print(f"not built: {reason}")
                continue
            with tempfile.TemporaryDirectory() as folder:
                bundle = pathlib.Path(folder) / "bundle"
                shutil.copytree(source, bundle, copy_function=os.link)
                (bundle / "app.py").write_text(f"{code}\n\n\ndef handler(event, context):\n    return None\n")
                error, modules = really(python, bundle)
                findings, closure = ours(bundle, version)
            both = len(modules & closure)
            loaded, agreed, named = loaded + len(modules), agreed + both, named + len(closure)
            failing = [text for text in findings if text.startswith("error")]
            wrong += bool(failing) != bool(error)
            print(
                f"{version} {' '.join(requirements):40} loaded {len(modules):5} named {len(closure):5} both {both:5}"
                + (f"  fails: {error}" if error else "")
            )
            for text in findings:
                print(f"      {text}")
    print(f"verdicts that differ: {wrong}; of {loaded} loaded modules {agreed} were named, {named - agreed} more were")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
