"""Which files are analysed, which are skipped or excluded, and what the project's root is."""

import os
import random
import socket
import sys

import pytest

from lambdalint import discover, templates
from lambdalint.discover import DATA_SUFFIXES, is_test, locate, overlay, project
from lambdalint.errors import UsageError
from lambdalint.model import Skipped
from lambdalint.tree import Unreadable

STACK = "AWSTemplateFormatVersion: '2010-09-09'\n"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(root, *paths, **contents):
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("x = 1\n")
    for path, text in contents.items():
        (root / path).write_text(text)


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def found(*paths, **options):
    return project(locate(paths), **options)


def test_python_files_and_templates_are_found_sorted(root):
    make(root, "b/z.py", "b/a.py", "a.py", "B.py", "notes.txt", "b.pyc", "setup.cfg")
    write(root, "template.yaml", "")
    write(root, "infra/main.tf", "")
    write(root, "infra/stack.yml", STACK)
    write(root, "infra/other.yml", "a: 1\n")
    write(root, "infra/stack.json", '{"Resources": {"F": {"Type": "AWS::Lambda::Function"}}}')
    write(root, "package.json", "{}")
    result = found()
    assert result.python == ("B.py", "a.py", "b/a.py", "b/z.py")
    assert result.templates == ("infra/main.tf", "infra/stack.json", "infra/stack.yml", "template.yaml")
    assert (result.skipped, result.excluded, result.only, result.root) == ((), 0, None, str(root))
    assert result.tree.read("b/a.py", 100) == b"x = 1\n"


def test_the_suffixes_of_data_files_are_those_of_templates():
    assert DATA_SUFFIXES == templates._DATA_SUFFIXES


PROGRAM = "import * as lambda from 'aws-cdk-lib/aws-lambda';\nconst runtime = lambda.Runtime.PYTHON_3_13;\n"


def test_cdk_programs_are_templates(root):
    make(root, "app.py", "infra/cdk.json")
    write(root, "tool/package.json", '{"devDependencies": {"aws-cdk-lib": "2.1.0"}}')
    for path in ("infra/lib/shop.ts", "infra/lib/made.js", "infra/lib/made.d.ts", "tool/index.mjs"):
        write(root, path, PROGRAM)
    assert found().templates == ("infra/lib/made.js", "infra/lib/shop.ts", "tool/index.mjs")
    assert found("infra/lib/shop.ts").only == ("infra/lib/shop.ts",)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("elsewhere/shop.ts", PROGRAM),  # no program's directory, and no package that uses the CDK
        ("infra/lib/web.ts", "export const handler = () => 1;\n"),
        ("infra/lib/shop.js", PROGRAM),  # compiled from what lies beside it
        ("infra/node_modules/x/shop.ts", PROGRAM),
        ("infra/test/shop.ts", PROGRAM),
        ("infra/lib/shop.test.ts", PROGRAM),
        ("infra/ignored.ts", PROGRAM),
        ("infra/cdk.out/asset.1/index.js", PROGRAM),
        ("infra/cdk.out/index.js", PROGRAM),
        ("infra/dist/index.js", PROGRAM + "// \n" * 200_000),
    ],
)
def test_other_files_in_typescript_are_no_templates(root, path, text):
    make(root, "app.py", "infra/cdk.json")
    write(root, ".gitignore", "ignored.ts\n")
    write(root, "elsewhere/package.json", '{"dependencies": {"react": "19.0.0"}}')
    write(root, "infra/lib/shop.ts", PROGRAM)
    write(root, path, text)
    result = found()
    assert (result.templates, result.skipped) == (("infra/lib/shop.ts",), ())


def test_programs_count_only_beside_python(root):
    make(root, "cdk.json")
    write(root, "shop.ts", PROGRAM)
    assert found().templates == ()


@pytest.mark.parametrize(
    "path",
    [
        ".venv/a.py",
        "venv/lib/a.py",
        "x/site-packages/a.py",
        "node_modules/x/a.py",
        ".git/a.py",
        "src/__pycache__/a.py",
        ".tox/py/a.py",
        ".aws-sam/build/F/a.py",
        ".serverless/a.py",
        ".terraform/modules/a.py",
        "cdk.out/asset.1/a.py",
        "cdk.out/a.py",
    ],
)
def test_default_excludes(root, path):
    make(root, path, "app.py")
    result = found()
    assert result.python == ("app.py",)
    assert result.excluded == 1


def test_a_virtual_environment_is_known_by_its_configuration(root):
    make(root, "my-env/pyvenv.cfg", "my-env/lib/a.py", "my-env-2/a.py")
    result = found()
    assert result.python == ("my-env-2/a.py",)
    assert result.excluded == 1


def test_build_and_dist_are_not_excluded(root):
    make(root, "build/a.py", "dist/b.py", "lib/c.py", "env/d.py")
    assert found().python == ("build/a.py", "dist/b.py", "env/d.py", "lib/c.py")


def test_installed_distributions_are_excluded_and_what_lies_beside_them_is_not(root):
    make(
        root,
        "fn/app.py",
        "fn/requests/api.py",
        "fn/six.py",
        "fn/own/x.py",
        "fn/yaml/y.py",
        "fn/odd/z.py",
        "fn/bin/run.py",
    )
    write(
        root,
        "fn/requests-2.0.dist-info/RECORD",
        "requests/api.py,sha256=x,1\n../../bin/run,,\nrequests-2.0.dist-info/RECORD,,\n",
    )
    write(root, "fn/six-1.0.dist-info/top_level.txt", "six\n")
    write(root, "fn/PyYAML-6.0.dist-info/RECORD", '"yaml/y.py",,\n')
    write(root, "fn/Odd-1.dist-info/METADATA", "")
    write(root, "fn/pika/lost_its_metadata.py", "")
    write(root, "other/pika/own.py", "")
    result = found()
    assert result.python == ("fn/app.py", "fn/bin/run.py", "fn/own/x.py", "other/pika/own.py")
    assert result.excluded == 9


def test_synthesised_templates_are_read_even_if_they_are_ignored(root):
    write(root, ".gitignore", "cdk.out/\n*.json\n")
    write(root, "cdk.out/Stack.template.json", '{"Resources": {"F": {"Type": "AWS::Lambda::Function"}}}')
    write(root, "cdk.out/assembly-X/Inner.template.json", '{"Resources": {"F": {"Type": "AWS::Lambda::Function"}}}')
    write(root, "cdk.out/asset.1/template.yaml", "")
    write(root, "cdk.out/asset.1/app.py", "")
    write(root, "cdk.out/tree.json", '{"version": "tree-0.1"}')
    result = found()
    assert result.templates == ("cdk.out/Stack.template.json", "cdk.out/assembly-X/Inner.template.json")
    assert result.python == ()


@pytest.mark.parametrize(
    ("patterns", "kept"),
    [
        ("a.py\n", ["d/b.py", "d/e/c.py"]),
        ("/a.py\n", ["d/a.py", "d/b.py", "d/e/a.py", "d/e/c.py"]),
        ("d/\n", ["a.py"]),
        ("d\n", ["a.py"]),
        ("d/e/\n", ["a.py", "d/a.py", "d/b.py"]),
        ("e/\n", ["a.py", "d/a.py", "d/b.py"]),
        ("*.py\n!b.py\n", ["d/b.py"]),
        ("d/*\n!d/b.py\n", ["a.py", "d/b.py"]),
        ("d/\n!d/b.py\n", ["a.py"]),
        ("**/e/*.py\n", ["a.py", "d/a.py", "d/b.py"]),
        ("# a.py\n\n  \n\\#x\n", ["a.py", "d/a.py", "d/b.py", "d/e/a.py", "d/e/c.py"]),
        ("[ab].py\n", ["d/e/c.py"]),
        ("?.py\n", []),
        ("a.py   \n", ["d/b.py", "d/e/c.py"]),
        ("A.PY\n", ["a.py", "d/a.py", "d/b.py", "d/e/a.py", "d/e/c.py"]),
        ("*\n!d\n!d/a.py\n", ["d/a.py"]),  # all but what is named
        ("*\n!d/\n!/d/*.py\n", ["d/a.py", "d/b.py"]),
        ("*/\n!d/\n", ["a.py", "d/a.py", "d/b.py"]),
        ("a.py\\\nb.py\n", ["a.py", "d/a.py", "d/e/a.py", "d/e/c.py"]),  # a backslash at the end makes no pattern
        ("*" + "a*" * 40 + "\n", ["a.py", "d/a.py", "d/b.py", "d/e/a.py", "d/e/c.py"]),
    ],
)
def test_gitignore(root, patterns, kept):
    make(root, "a.py", "d/a.py", "d/b.py", "d/e/a.py", "d/e/c.py")
    (root / ".gitignore").write_text(patterns)
    assert list(found().python) == kept


def test_nested_gitignore_files_apply_below_them_and_win(root):
    make(root, "a.py", "d/a.py", "d/b.py", "d/e/a.py", "f/a.py")
    write(root, ".gitignore", "a.py\n")
    write(root, "d/.gitignore", "!a.py\nb.py\n/e/\n")
    assert found().python == ("d/a.py",)


def test_gitignore_files_above_the_given_directory_apply(root):
    make(root, "s/d/a.py", "s/d/b.py", "s/d/gen/c.py")
    (root / ".git").mkdir()
    write(root, ".gitignore", "a.py\n")
    write(root, "s/.gitignore", "gen/\n")
    assert found("s/d").python == ("s/d/b.py",)
    assert found("s/d").root == str(root)


def test_a_directory_that_was_named_is_walked_although_it_is_ignored(root):
    make(root, "gen/a.py", "gen/b/c.py")
    write(root, ".gitignore", "gen/\n")
    assert found().python == ()
    assert found("gen").python == ("gen/a.py", "gen/b/c.py")
    assert found("gen/b").python == ("gen/b/c.py",)


def test_git_info_exclude_applies(root):
    make(root, "a.py", "b.py")
    write(root, ".git/info/exclude", "b.py\n")
    assert found().python == ("a.py",)
    write(root, ".gitignore", "!b.py\n")
    assert found().python == ("a.py", "b.py")


def test_patterns_of_the_configuration(root):
    make(root, "a.py", "d/a.py", "d/b.py", "v/x.py")
    result = found(exclude=("v/", "/a.py", "d/b.*"))
    assert result.python == ("d/a.py",)
    assert result.excluded == 3


def test_without_a_matching_pattern_pathspec_is_not_imported(root, monkeypatch):
    make(root, "app.py", "src/handler.py")
    write(root, ".gitignore", "*.py[cod]\n__pycache__/\n.venv/\nhandle/\n/node_modules\n!keep.txt\nap\ndocs/src/\n")
    monkeypatch.setitem(sys.modules, "pathspec", None)
    assert found().python == ("app.py", "src/handler.py")


ATOMS = ["a", "b", "ab", "*", "**", "?", "[ab]", "[!a]", "[^b]", "a*", "*b", "*.py", "*.p[yc]", "a.py", "b.pyc", ".a", "\\a", "\\*",
         "[a-c]b", "*.*", "a?b", "x y", "a\\ ", "[]a]", "c*.a.py", "*a*b*", "\\[ab]", " a", "a[", "[ab][cb]"]  # fmt: skip
NAMES = ["a", "b", "ab", "a.py", "b.pyc", ".a", "c.a.py", "x y", "a*", "aab", "acb", "a[", "*", "[ab]", " a", "a "]


def test_patterns_that_pathspec_is_not_asked_for_do_not_match():
    chance = random.Random(7)
    for _ in range(300):
        lines = tuple(
            chance.choice(["", "", "", "!", "/", "#"])
            + "/".join(chance.choices(ATOMS, k=chance.choice([1, 1, 1, 2, 3])))
            + chance.choice(["", "", "/", " "])
            for _ in range(chance.choice([1, 2, 3, 5]))
        )
        asked = discover._Ignore("", lines)
        files, directories = discover._spec(lines), discover._spec(discover._of_directories(lines))
        for _ in range(20):
            path = "/".join(chance.choices(NAMES, k=chance.choice([1, 2, 2, 3])))
            assert asked.verdict(path) == files.check_file(path).include, (lines, path)
            assert asked.verdict(f"{path}/") == directories.check_file(path).include, (lines, path)


def test_links(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "x.py"
    outside.write_text("")
    make(root, "src/real.py", "src/other.txt", "pkg/mod.py")
    for name, target in (
        ("src/again.py", "real.py"),
        ("src/text.py", "other.txt"),
        ("gone.py", "nowhere.py"),
        ("self.py", "self.py"),
        ("out.py", str(outside)),
        ("zero.py", "/dev/zero"),
        ("up", ".."),
        ("linked", "pkg"),
        ("dir.py", "pkg"),
        ("out.yml", str(outside)),
    ):
        (root / name).symlink_to(target)
    result = found()
    assert result.python == ("pkg/mod.py", "src/other.txt", "src/real.py")
    assert result.skipped == (
        Skipped("gone.py", "link that leads nowhere (No such file or directory)"),
        Skipped("out.py", "link that leads out of the project"),
        Skipped("self.py", "link that leads nowhere (Too many levels of symbolic links)"),
        Skipped("zero.py", "link that leads out of the project"),
    )


def test_a_named_link_is_reported_under_the_path_of_its_file(root):
    make(root, "src/real.py", "src/other.py")
    (root / "link.py").symlink_to("src/real.py")
    result = found("link.py")
    assert result.only == ("src/real.py",)
    assert "src/real.py" in result.python


def test_what_is_no_file_is_skipped_with_the_reason(root):
    make(root, "ok.py")
    os.mkfifo(root / "fifo.py")
    os.mkfifo(root / "fifo.txt")
    os.mkfifo(root / "template.yaml")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("sock.py")
    (root / "dir.py").mkdir()
    make(root, "dir.py/inner.py")
    result = found()
    assert result.python == ("dir.py/inner.py", "ok.py")
    assert result.skipped == tuple(
        Skipped(name, "not a regular file") for name in ("fifo.py", "sock.py", "template.yaml")
    )
    assert found("fifo.py").skipped[0] == Skipped("fifo.py", "not a regular file", named=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_directory_is_skipped_with_the_reason(root):
    make(root, "sub/a.py", "b.py")
    (root / "sub").chmod(0)
    try:
        result = found()
    finally:
        (root / "sub").chmod(0o700)
    assert result.python == ("b.py",)
    assert result.skipped == (Skipped("sub", "Permission denied"),)


def test_a_directory_that_vanishes_is_skipped_with_the_reason(root, monkeypatch):
    make(root, "sub/a.py", "b.py")
    scandir = os.scandir

    def failing(path):
        if str(path).rstrip("/").endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    assert found().skipped == (Skipped("sub", "Permission denied"),)


def test_names_of_any_bytes(root):
    name = os.fsdecode(b"a\xff\xfeb.py")
    for path in (name, "a\nb.py", "a:b.py", " .py", ".py", "-rf.py", "日本.py"):
        (root / path).write_text("")
    assert set(found().python) == {name, "a\nb.py", "a:b.py", " .py", ".py", "-rf.py", "日本.py"}


def test_deep_directories(root):
    deep = "/".join(["d"] * 400)
    os.makedirs(root / deep)
    make(root, f"{deep}/x.py")
    assert found().python == (f"{deep}/x.py",)


# Roots


def test_the_root_is_the_git_root(root, monkeypatch):
    (root / ".git").write_text("gitdir: elsewhere\n")  # a worktree or submodule
    make(root, "a/b/x.py")
    monkeypatch.chdir(root / "a")
    assert found("b").root == str(root)
    assert found("b").python == ("a/b/x.py",)


def test_the_root_is_else_the_working_directory(root):
    make(root, "a/x.py")
    assert found("a").root == str(root)
    assert found("a").python == ("a/x.py",)


def test_the_root_is_else_the_common_parent(root, monkeypatch):
    make(root, "a/b/x.py", "a/c/y.py", "e/z.py")
    monkeypatch.chdir(root / "e")
    assert found("../a/b").root == str(root / "a" / "b")
    assert found("../a/b", "../a/c").root == str(root / "a")
    assert found("../a/b", "../a/c").python == ("b/x.py", "c/y.py")


def test_a_repository_inside_another_is_not_the_root_of_both(root):
    (root / ".git").mkdir()
    make(root, "inner/.git/HEAD", "inner/a.py", "b.py")
    assert found("inner", ".").root == str(root)
    assert found("inner", ".").python == ("b.py", "inner/a.py")
    assert found("inner").root == str(root / "inner")


def test_a_path_given_twice_or_by_a_link_is_analysed_once(root):
    make(root, "a/x.py", "a/b/y.py")
    (root / "l").symlink_to("a")
    assert found("a", "./a/", "a/b", "l").python == ("a/b/y.py", "a/x.py")


def test_the_root_of_a_deleted_working_directory(root, monkeypatch):
    make(root, "a/x.py")
    (root / "gone").mkdir()
    monkeypatch.chdir(root / "gone")
    (root / "gone").rmdir()
    assert found(str(root / "a")).root == str(root / "a")


def test_a_path_that_does_not_exist(root):
    for path in ("nope", "nope/x.py", "a\0b"):
        with pytest.raises(UsageError, match="there is no file or directory"):
            found(path)


# Files


def test_a_file_limits_the_report_and_the_project_is_analysed_whole(root):
    (root / ".git").mkdir()
    make(root, "a/x.py", "b/y.py")
    write(root, "template.yaml", "")
    result = found("a/x.py")
    assert result.python == ("a/x.py", "b/y.py")
    assert result.templates == ("template.yaml",)
    assert result.only == ("a/x.py",)
    assert result.reported("a/x.py")
    assert not result.reported("b/y.py")


def test_a_file_outside_of_git_brings_the_nearest_configured_directory_or_its_own(root):
    make(root, "home/x.py", "home/svc/src/a.py", "home/svc/b.py")
    assert found("home/svc/src/a.py").python == ("home/svc/src/a.py",)
    write(root, "home/svc/pyproject.toml", "")
    assert found("home/svc/src/a.py").python == ("home/svc/b.py", "home/svc/src/a.py")


def test_files_and_directories_together(root):
    (root / ".git").mkdir()
    make(root, "a/x.py", "a/b/z.py", "c/y.py", "c/w.py")
    result = found("a", "c/y.py")
    assert result.python == ("a/b/z.py", "a/x.py", "c/w.py", "c/y.py")
    assert result.only == ("a/", "c/y.py")
    assert result.reported("a/b/z.py")
    assert not result.reported("c/w.py")
    assert found(".", "c/y.py").only is None


def test_a_named_file_is_left_out_if_the_configuration_excludes_it(root):
    make(root, "v/x.py", "a.py")
    result = found("v/x.py", "a.py", exclude=("v/",))
    assert result.python == ("a.py",)
    assert result.excluded == 1


def test_a_named_file_is_analysed_whatever_else_ignores_it(root):
    (root / ".git").mkdir()
    make(root, "venv/x.py", "venv/z.py", "gen/y.py", "gen/z.py", "a.py")
    write(root, ".gitignore", "gen/\n")
    assert found("venv/x.py", "gen/y.py").python == ("a.py", "gen/y.py", "venv/x.py")


def test_other_files_of_a_project_may_be_named(root):
    make(root, "requirements.txt", "poetry.lock", "Pipfile", "README.md", "data.bin", "stack.yml", "other.yml", "run")
    (root / "stack.yml").write_text(STACK)
    result = found(
        "requirements.txt", "poetry.lock", "Pipfile", "README.md", "data.bin", "stack.yml", "other.yml", "run"
    )
    assert result.templates == ("stack.yml",)
    assert result.skipped == tuple(
        Skipped(name, "neither Python source nor a template", named=True) for name in ("data.bin", "run")
    )


def test_templates_above_a_given_directory_are_read(root):
    (root / ".git").mkdir()
    make(root, "svc/src/fn/app.py", "svc/other/b.py")
    write(root, "svc/template.yaml", "")
    write(root, "main.tf", "")
    write(root, "svc/other/template.yaml", "")
    write(root, "svc/ignored.tf", "")
    write(root, ".gitignore", "ignored.tf\n")
    result = found("svc/src/fn")
    assert result.python == ("svc/src/fn/app.py",)
    assert result.templates == ("main.tf", "svc/template.yaml")


def test_configured_templates(root):
    make(root, "a.py")
    write(root, "deploy/odd.txt", STACK)
    assert found(templates=("deploy/odd.txt",)).templates == ("deploy/odd.txt",)
    with pytest.raises(UsageError, match=r"the configured template 'gone\.yml' does not exist; correct 'templates'"):
        found(templates=("gone.yml",))


def test_overlay(root):
    make(root, "a.py", "b.py")
    result = overlay(found(), "a.py", b"y = 2\n")
    assert result.tree.read("a.py", 100) == b"y = 2\n"
    assert result.tree.read("b.py", 100) == b"x = 1\n"
    assert result.python == ("a.py", "b.py")
    assert result.only == ("a.py",)
    with pytest.raises(Unreadable, match="larger than 3 bytes"):
        result.tree.read("a.py", 3)
    new = overlay(found(), "new/c.py", b"")
    assert new.tree.exists("new/c.py")
    assert new.python == ("a.py", "b.py", "new/c.py")
    for name in ("../x.py", "notes.txt"):
        with pytest.raises(UsageError, match="must name a Python file or a template inside"):
            overlay(found(), name, b"")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/app.py", True),
        ("a/tests/b/app.py", True),
        ("test_app.py", True),
        ("a/app_test.py", True),
        ("a/conftest.py", True),
        ("app.py", False),
        ("contests/app.py", False),
        ("integration_tests/handler.py", False),
        ("testing.py", False),
        ("latest_test.yaml", False),
        ("test/handler.py", False),
    ],
)
def test_is_test(path, expected):
    assert is_test(path) is expected
