"""What is asked of a declared function."""

import datetime

from lambdalint import discover, engine
from lambdalint.settings import Settings
from lambdalint.source.declared import Deployment


def test_today_is_the_given_day_or_the_clock_s():
    assert Deployment((), (), "2024-02-29").as_of == "2024-02-29"
    before = datetime.datetime.now(datetime.timezone.utc).date()
    assert before <= datetime.date.fromisoformat(Deployment((), (), "").as_of) <= before + datetime.timedelta(days=1)


def test_a_runtime_is_judged_by_the_given_day(tmp_path):
    (tmp_path / "template.yaml").write_text(
        "Resources:\n  Old:\n    Type: AWS::Lambda::Function\n"
        "    Properties: {Handler: app.handler, Runtime: python3.9, Code: src/}\n"
    )
    project = discover.project(discover.locate([str(tmp_path)]))
    told = []
    for day in ("2025-12-14", "2025-12-15", "2027-02-01", "2027-03-03"):
        report = engine.check(project, Settings(select=("LL701",), as_of=day))
        told += [(item.severity.label, item.message) for item in report.findings if item.code == "LL701"]
    start = "python3.9 is deprecated since 2025-12-15"
    assert told == [
        ("warning", f"{start} (as of 2025-12-15)"),
        ("error", f"{start}, refused for new functions since 2027-02-01 (as of 2027-02-01)"),
        (
            "error",
            f"{start}, refused for new functions since 2027-02-01, refused for changes since 2027-03-03 (as of 2027-03-03)",
        ),
    ]
