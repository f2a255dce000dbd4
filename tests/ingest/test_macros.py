"""Macros that mappings share: found by name, made for a load, kept by no ledger."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import ProjectError
from runner.ingest import demo
from runner.ingest.formats import formats
from runner.scaffold import scaffold
from tests.ingest.conftest import ROOT, Ledger

MACROS = ROOT / "sql" / "ingest" / "macros"
MAPPING = """-- Cash of Acme.
--
-- shape: cash
-- reads: json
-- macros: {macros}
-- venue: acme

select
    row_id, id as movement_id, acme_kind(word) as kind, amount, 'EUR' as currency,
    moved_at as occurred_at
from acme_movements()
"""
WORDS = """-- What Acme calls things; a -- and a ';' stand in no one's way.

-- a word
create or replace temp macro acme_kind(word) as
    case word when 'in;' then 'DEPOSIT' else word end;

create or replace temp macro acme_movements() as table
    select row_id, record ->> '$.id' as id, record ->> '$.word' as word,
        record ->> '$.amount' as amount, record ->> '$.moved_at' as moved_at
    from ingest_raw;
"""
MOVEMENT = '{"id": "1", "word": "in;", "amount": "2", "moved_at": "2026-01-05T09:00:00Z"}'


def project(ledger: Ledger, words: str | None = WORDS, macros: str = "acme") -> Path:
    """Give the ledger mappings of its own; where their macros are."""
    file = ledger.folder / "ingest" / "macros" / "acme.sql"
    file.parent.mkdir(parents=True, exist_ok=True)
    (file.parent.parent / "acme-cash.sql").write_text(MAPPING.format(macros=macros))
    if words is not None:
        file.write_text(words)
    ledger.config = replace(ledger.config, ingest_path=file.parent.parent)
    return file


def refused(ledger: Ledger) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        ledger.load("acme-cash", MOVEMENT, "m.json")
    assert caught.value.code == "R282"
    assert caught.value.mend
    return caught.value


def test_a_mapping_of_ones_own_with_macros(ledger: Ledger) -> None:
    project(ledger)
    assert set(formats(ledger.config.ingest_path)) == {"acme-cash"}
    report = ledger.load("acme-cash", MOVEMENT, "m.json")
    assert report.appended["cash_movements"] == 1
    assert ledger.rows("select kind from cash_movements") == [("DEPOSIT",)]
    # a load of the same connection has its macros anew
    project(ledger, WORDS.replace("'DEPOSIT'", "'INTEREST'"))
    ledger.load("acme-cash", MOVEMENT.replace('"1"', '"2"'), "m.json")
    assert ledger.rows("select kind from cash_movements order by 1") == [
        ("DEPOSIT",),
        ("INTEREST",),
    ]


def test_a_ledger_keeps_no_macro(duck: Ledger) -> None:
    project(duck)
    duck.load("acme-cash", MOVEMENT, "m.json")
    kept = "select function_name from duckdb_functions() where not internal"
    assert duck.rows(f"{kept} and function_name = 'acme_kind'")
    assert not duck.rows(f"{kept} and database_name <> 'temp'")


@pytest.mark.parametrize(
    ("named", "mend"), [("acne", "did you mean 'acme'?"), ("acme, zzz", "restore the file")]
)
def test_macros_that_are_not_there(duck: Ledger, named: str, mend: str) -> None:
    file = project(duck, macros=named)
    error = refused(duck)
    assert named.split()[-1] in error.what
    assert error.where is not None and error.mend is not None
    assert (error.where.path.parent, error.where.line) == (file.parent.parent, 5)
    assert mend in error.mend


def test_a_mapping_that_does_not_name_its_macros(duck: Ledger) -> None:
    file = project(duck, macros="")
    with pytest.raises(ProjectError) as caught:
        duck.load("acme-cash", MOVEMENT, "m.json")
    error = caught.value
    assert error.code == "R281"
    assert error.where is not None and error.mend is not None
    assert (error.where.path, error.where.line) == (file.parent.parent / "acme-cash.sql", 11)
    assert "acme_movements" in (error.why or "")
    assert "header" in error.mend


@pytest.mark.parametrize(
    ("statement", "line", "said"),
    [
        ("-- more\n\ncreate macro acme_x(a) as a;", 3, "another statement"),
        ("create or replace temp macro other_x(a) as a;", 1, "another statement"),
        ("create or replace temp macro ingest_decimal(a) as a;", 1, "another statement"),
        ("drop table orders;", 1, "another statement"),
        ("-- more\ncreate or replace temp macro acme_x(a) as\n    nowhere(\n    a);", 3, "refuses"),
        ("create or replace temp macro acme_x(a) as\n    case a\n    els 1 end;", 3, "refuses"),
    ],
)
def test_what_a_macro_file_may_not_hold(duck: Ledger, statement: str, line: int, said: str) -> None:
    file = project(duck, f"{WORDS}\n{statement}\n")
    error = refused(duck)
    assert said in error.what
    assert error.where is not None
    first = len(WORDS.splitlines()) + 1
    assert (error.where.path, error.where.line) == (file, first + line)
    assert duck.rows("select count(*) from ledger_batches") == [(0,)]


def test_macros_of_the_name_of_the_runners_own_functions(duck: Ledger) -> None:
    file = project(duck, macros="ingest")
    file.with_name("ingest.sql").write_text(
        "create or replace temp macro ingest_decimal(a) as cast(a as double);"
    )
    assert "another statement" in refused(duck).what


def test_a_fact_seed_is_loaded_anew_by_other_macros(duck: Ledger) -> None:
    file = project(duck)
    seeds = duck.folder / "facts"
    seeds.mkdir()
    (seeds / "acme-cash.json").write_text(MOVEMENT)
    duck.config = replace(duck.config, fact_seed_paths=(seeds,))
    assert len(demo.load_fact_seeds(duck.engine, duck.config)) == 1
    assert not demo.load_fact_seeds(duck.engine, duck.config)
    file.write_text(f"{WORDS}\n-- changed\n")
    assert len(demo.load_fact_seeds(duck.engine, duck.config)) == 1


def test_a_new_project_has_the_macros(tmp_path: Path) -> None:
    scaffold(tmp_path / "mine", with_demo=False)
    made = formats(tmp_path / "mine" / "sql" / "ingest")
    assert set(made) == set(formats())
    files = {file for form in made.values() for file in form.macros}
    assert {file.name: file.read_bytes() for file in files} == {
        file.name: file.read_bytes() for file in MACROS.iterdir()
    }


@pytest.mark.parametrize("file", sorted(MACROS.glob("*.sql")), ids=lambda file: file.stem)
def test_every_macro_is_used(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    users = [form.sql for form in formats().values() if file in form.macros]
    assert users, "no mapping names it"
    for name in re.findall(r"temp macro (\w+)", text):
        assert sum(sql.count(f"{name}(") for sql in (text, *users)) > 1, f"{name} is not used"
