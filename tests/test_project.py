"""What the documents say about the project is so."""

import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from lambdalint import registry, settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    path
    for name in ("*.md", "docs/*.md", "docs/rules/*.md", "rules/*.md", "fixtures/*/README.md")
    for path in sorted(ROOT.glob(name))
]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_inside_the_repository_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_ci_runs_the_readme_s_test_command():
    extract = re.search(
        r"^command=\$\((awk .+ README\.md)\)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE
    )
    command = subprocess.run(extract[1], shell=True, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert command in blocks("sh")
    assert command.count("\n") == 1
    assert "pip install" in command
    assert "-m pytest" in command


def test_readme_lists_the_rules():
    listed = dict(re.findall(r"^\| (LL\d{3}) \| ([a-z0-9-]+) \|", README, re.MULTILINE))
    # what a run reports of itself is told in words
    assert listed == {item.code: item.name for item in registry.listed() if not item.code.startswith("LL0")}


def test_readme_s_configuration_is_valid():
    (example,) = blocks("toml")
    section = tomllib.loads(example)["tool"]["lambdalint"]
    assert set(section) <= set(settings.FILE_KEYS)
    for key, value in section.items():
        settings.READERS[settings.BY_KEY[key].kind](value)
    for selectors in (section["extend-select"], section["ignore"], *section["per-file-ignores"].values()):
        assert all(registry.resolve(selector) for selector in selectors)


def test_readme_s_pre_commit_hooks_exist():
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    used = {hook["id"] for repo in yaml.safe_load(blocks("yaml")[0])["repos"] for hook in repo["hooks"]}
    assert used
    assert used <= hooks


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_are_pinned_and_have_no_rights_but_those_they_name(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert steps
    for step in steps:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])


def test_nothing_to_install_is_left_to_chance():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        assert re.match(r"[\w-]+>=\d", requirement), requirement


def test_security_names_the_tests_of_each_promise():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    promises, limits = text.split("## What lambdalint does not defend against")
    rows = re.findall(r"^\| \*\*(.+)\*\*.* \| (.+) \|$", promises, re.MULTILINE)
    assert len(rows) >= 12
    named = set()
    for promise, tests in rows:
        modules = re.findall(r"`((?:tests/(?:\w+/)?)?test_\w+\.py)`", tests)
        assert modules, promise
        named.update(module if "/" in module else f"tests/promises/{module}" for module in modules)
    assert all((ROOT / path).is_file() for path in named)
    assert named >= {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "promises").glob("test_*.py")}
    assert len(re.findall(r"^- \*\*", limits, re.MULTILINE)) >= 6
