"""The project that the README points at: every mistake is found where its own README says, and nothing else."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
DEMO = ROOT / "fixtures" / "demo-orders"

# (code, file, function) of each finding
FOUND = {
    ("LL101", "src/shared/aws.py", "queues"),
    ("LL203", "src/orders/api.py", "price"),
    ("LL204", "src/reports/nightly.py", "wait_for"),
    ("LL301", "src/shipping/worker.py", "lambda_handler"),
    ("LL304", "src/shipping/worker.py", "lambda_handler"),
    ("LL308", "src/shipping/worker.py", "book"),
}


def lambdalint(*arguments, code):
    command = (sys.executable, "-m", "lambdalint", *arguments)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_findings_are_those_that_its_readme_lists():
    report = lambdalint("check", str(DEMO), "--output", "json", "--no-cache", code=1)
    found = [
        (item["code"], item["path"].removeprefix("fixtures/demo-orders/"), item["function"])
        for item in report["findings"]
    ]
    assert set(found) == FOUND
    assert len(found) == len(FOUND)
    assert report["skipped"] == []
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    for row in re.findall(r"^\| `(.+?)` \|(.+)\|$", readme, re.MULTILINE):
        assert {code for code, path, _ in FOUND if path == row[0]} == set(re.findall(r"LL\d{3}", row[1]))
    assert set(re.findall(r"LL\d{3}", readme)) == {code for code, _, _ in FOUND}


def test_functions_are_those_of_the_template():
    report = lambdalint("functions", str(DEMO), "--output", "json", code=0)
    assert [(item["handler"], item["path"], item["origin"]) for item in report["functions"]] == [
        (f"{module}.lambda_handler", f"fixtures/demo-orders/src/{module.replace('.', '/')}.py", "sam")
        for module in ("orders.api", "orders.pricing", "reports.nightly", "shipping.worker")
    ]


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.py")), ids=lambda path: path.relative_to(DEMO).as_posix())
def test_source_compiles(path):
    compile(path.read_bytes(), path.name, "exec")
