"""The tables of lambdalint/data: compiled modules are current, and each table says where it comes from."""

import datetime
import importlib.util
import pathlib
import sys

import pytest

from lambdalint.data import table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = pathlib.Path(__file__).parent.parent
DATA = ROOT / "lambdalint" / "data"
TABLES = sorted(path.stem for path in DATA.glob("*.toml"))


@pytest.fixture
def compiler():
    spec = importlib.util.spec_from_file_location("compile_data", ROOT / "scripts" / "compile_data.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_table_has_a_compiled_module_and_the_reverse():
    compiled = {path.stem for path in (DATA / "compiled").glob("*.py")} - {"__init__"}
    assert compiled == set(TABLES)
    assert "clients" in compiled


@pytest.mark.parametrize("name", TABLES)
def test_compiled_module_is_current(name, compiler):
    compiled = (DATA / "compiled" / f"{name}.py").read_text(encoding="utf-8")
    assert compiled == compiler.compiled(DATA / f"{name}.toml"), "run python scripts/compile_data.py"


@pytest.mark.parametrize("name", TABLES)
def test_compiled_module_holds_what_the_table_says(name, compiler):
    assert table(name) == compiler.plain(tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", TABLES)
def test_table_names_its_source_and_date(name):
    found = table(name)
    assert len(found["source"]) > 20
    assert datetime.date.fromisoformat(found["as_of"]) >= datetime.date(2025, 1, 1)


def test_check_fails_on_a_stale_module_and_a_run_mends_it(compiler, tmp_path, monkeypatch, capsys):
    (tmp_path / "compiled").mkdir()
    (tmp_path / "limits.toml").write_text("as-of = 2026-11-21\nsizes = [1, 2]\n")
    monkeypatch.setattr(compiler, "DATA", tmp_path)
    monkeypatch.setattr(sys, "argv", ["compile_data.py", "--check"])
    assert compiler.main() == 1
    assert "limits.toml" in capsys.readouterr().err
    assert not (tmp_path / "compiled" / "limits.py").exists()
    monkeypatch.setattr(sys, "argv", ["compile_data.py"])
    assert compiler.main() == 0
    module = {}
    exec((tmp_path / "compiled" / "limits.py").read_text(), module)
    assert module["TABLE"] == {"as-of": "2026-11-21", "sizes": [1, 2]}
    monkeypatch.setattr(sys, "argv", ["compile_data.py", "--check"])
    assert compiler.main() == 0
