"""The projects that the README points at: every mistake is found where their own READMEs say, and nothing else."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
DEMO = ROOT / "fixtures" / "demo-orders"
LOOP = ROOT / "fixtures" / "demo-loop"
GRAPHS = {"text": "txt", "mermaid": "mmd", "dot": "dot"}

# (code, file, function) of each finding
FOUND = {
    ("LL101", "src/shared/aws.py", "queues"),
    ("LL203", "src/orders/api.py", "price"),
    ("LL314", "src/orders/api.py", "price"),
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


@pytest.mark.parametrize(
    "path",
    sorted([*DEMO.rglob("*.py"), *LOOP.rglob("*.py")]),
    ids=lambda path: path.relative_to(DEMO.parent).as_posix(),
)
def test_source_compiles(path):
    compile(path.read_bytes(), path.name, "exec")


# -- demo-loop: what only code and template together show


def findings(folder, *options, code):
    report = lambdalint("check", str(LOOP / folder), "--output", "json", "--no-cache", *options, code=code)
    assert report["skipped"] == []
    return report["findings"]


def test_what_template_and_code_show_together():
    base = "fixtures/demo-loop/broken"
    found = findings("broken", code=1)
    assert [(item["code"], item["path"].removeprefix(f"{base}/"), item["line"]) for item in found] == [
        ("LL413", "src/photos/album.py", 10),
        ("LL202", "src/photos/intake.py", 16),
        ("LL307", "template.yaml", 43),
        ("LL401", "template.yaml", 65),
    ]
    assert {item["severity"] for item in found} == {"error"}
    unset, loop, unread, misspelt = found
    assert unset["message"] == (
        "environment variable PHOTO_BUCKET is read at import, and the template does not set it (it sets PHOTO_BUKET)"
    )
    assert loop["message"] == (
        "functions run each other in a loop: Intake by sqs.send_message to queue ThumbnailQueue,"
        " Thumbnails by Bucket.put_object to bucket PhotoBucket, and back to Intake"
    )
    assert loop["facts"] == [
        f"{base}/template.yaml:43 makes queue ThumbnailQueue trigger Thumbnails",
        f"{base}/template.yaml:25 makes bucket PhotoBucket trigger Intake",
    ]
    assert "Thumbnails" in unread["message"]
    assert "ReportBatchItemFailures" in unread["message"]
    assert "binds no lamda_handler" in misspelt["message"]


def test_its_readme_lists_these_lines():
    readme = (LOOP / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\S+):(\d+)` \|.*\((LL\d{3})\)", readme, re.MULTILINE)
    found = findings("broken", code=1)
    assert sorted(told) == sorted(
        (item["path"].removeprefix("fixtures/demo-loop/broken/"), str(item["line"]), item["code"]) for item in found
    )


def test_the_mended_twin_is_silent():
    assert findings("mended", code=0) == []


def test_the_twins_differ_in_the_template_alone():
    broken, mended = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*") if "__pycache__" not in path.parts}
        for folder in (LOOP / "broken", LOOP / "mended")
    )
    assert broken.keys() == mended.keys()
    assert [path.name for path in sorted(broken) if broken[path] != mended[path]] == ["template.yaml"]


def drawing(folder, name):
    command = [sys.executable, "-m", "lambdalint", "graph", f"fixtures/demo-loop/{folder}", "--output", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout


@pytest.mark.parametrize("name", sorted(GRAPHS))
@pytest.mark.parametrize("folder", ["broken", "mended"])
def test_graph(folder, name, request):
    drawn = drawing(folder, name)
    expected = LOOP / "graphs" / f"{folder}.{GRAPHS[name]}"
    if request.config.getoption("--update"):
        expected.write_text(drawn, encoding="utf-8")
    assert drawn == expected.read_text(encoding="utf-8")


def test_the_graph_in_the_readme_is_that_of_the_program():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^```mermaid\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE) == [drawing("broken", "mermaid")]
