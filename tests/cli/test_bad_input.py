"""Every kind of broken project: one clear error, the right exit status, nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time

import apsw
import duckdb
import pytest

from runner.engines import duckdb_errors, sqlite_errors
from runner.engines.commits import COMMITS
from runner.errors import EngineError

GOOD = {
    "seeds/raw.csv": "id,amount\n1,10.50\n",
    "models/one.sql": "select id, amount from {{ ref('raw') }}",
}

# files over GOOD, exit status, error code, words of the message
BROKEN = {
    "broken YAML": (
        {"models/schema.yml": "models:\n  - name: one\n   columns: []\n"},
        2, "R220", ["models/schema.yml:3"],
    ),
    "a key that stands twice": (
        {"models/schema.yml": "models:\n  - name: one\nmodels: []\n"},
        2, "R220", ["stands twice"],
    ),
    "YAML of a model that does not exist": (
        {"models/schema.yml": "models:\n  - name: onee\n"},
        2, "R226", ["did you mean 'one'?", "models/schema.yml:2"],
    ),
    "broken Jinja": (
        {"models/two.sql": "select 1\n{% if %}"},
        2, "R242", ["models/two.sql:2"],
    ),
    "an unknown name in Jinja": (
        {"models/two.sql": "select 1,\n  {{ dollars('x') }}"},
        2, "R240",
        ["models/two.sql:2", "'dollars' is undefined", "macro folder (models/macros or macros)",
         "dbt's packages are not read"],
    ),
    "an unknown ref": (
        {"models/two.sql": "select *\nfrom {{ ref('on') }}"},
        2, "R248", ["models/two.sql:2", "did you mean 'one'?"],
    ),
    "an unknown source": (
        {"models/two.sql": "select * from {{ source('ledger', 'fills') }}"},
        2, "R249", ["source('ledger', 'fills') is not declared"],
    ),
    "a missing var": (
        {"models/two.sql": "select {{ var('rate') }} as rate"},
        2, "R247", ["there is no var 'rate'"],
    ),
    "a cycle": (
        {"models/two.sql": "select * from {{ ref('three') }}",
         "models/three.sql": "select * from {{ ref('two') }}"},
        2, "R253", ["-> "],
    ),
    "an unknown materialization": (
        {"models/two.sql": "{{ config(materialized='tabel') }} select 1 as n"},
        2, "R252", ["did you mean 'table'?"],
    ),
    "an unknown incremental strategy": (
        {"models/two.sql": "{{ config(materialized='incremental', incremental_strategy='merg') }} "
         "select 1 as n"},
        2, "R254", ["models/two.sql:1", "did you mean 'merge'?"],
    ),
    "an incremental strategy without its key": (
        {"models/two.sql": "{{ config(materialized='incremental', "
         "incremental_strategy='merge') }} select 1 as n"},
        2, "R254", ["'merge' without unique_key"],
    ),
    "an empty model": ({"models/two.sql": "-- later\n"}, 2, "R251", ["models/two.sql"]),
    "a seed with a short row": (
        {"seeds/raw.csv": "id,amount\n1\n"}, 2, "R227", ["seeds/raw.csv:2"],
    ),
    "a seed with another delimiter": (
        {"seeds/raw.csv": "id;amount\n1;2,5\n"},
        2, "R227", ["seeds/raw.csv:1", "is one column: 'id;amount'", 'config: {delimiter: ";"}'],
    ),
    "two files of one name": (
        {"models/more/one.sql": "select 1 as n"}, 2, "R225", ["two files are called 'one'"],
    ),
    "an unknown check": (
        {"models/schema.yml": "models:\n  - name: one\n    columns:\n"
         "      - name: id\n        data_tests: [uniqe]\n"},
        2, "R230", ["did you mean 'unique'?"],
    ),
    "an unknown key of a check": (
        {"checks/c.yml": "checks:\n  - table: one\n    rules:\n      - uniqe: [id]\n"},
        2, "R230", ["did you mean 'unique'?", "checks/c.yml:4"],
    ),
    "a check on a table that does not exist": (
        {"checks/c.yml": "checks:\n  - table: two\n    rules:\n      - unique: [id]\n"},
        2, "R230", ["'two', which is no model, seed or source"],
    ),
    "an unknown setting": (
        {"pyproject.toml": '[tool.runner]\nnmae = "x"\n'}, 2, "R204", ["did you mean 'name'?"],
    ),
    "broken TOML": ({"pyproject.toml": "[tool.runner\n"}, 2, "R203", ["pyproject.toml:1"]),
    "a model that is not UTF-8": (
        {"models/two.sql": "select 1 as n\n-- caf\udce9"}, 2, "R232", ["models/two.sql:2"],
    ),
    "a seed that is not UTF-8": (
        {"seeds/raw.csv": "id,name\n1,caf\udce9\n"}, 2, "R232", ["seeds/raw.csv:2"],
    ),
    "a macro that is not UTF-8": (
        {"models/macros/m.sql": "{# \udce9 #}"}, 2, "R232", ["models/macros/m.sql:1"],
    ),
    "a docs file that is not UTF-8": (
        {"models/notes.md": "notes\n\n\udce9"}, 2, "R232", ["models/notes.md:3"],
    ),
    "YAML that is not UTF-8": (
        {"models/schema.yml": "models: []\n# \udce9"}, 2, "R232", ["models/schema.yml:2"],
    ),
    "a seed header that names a column twice": (
        {"seeds/raw.csv": "id,amount,id\n1,2.50,3\n"},
        2, "R227", ["two columns called 'id'", "seeds/raw.csv:1"],
    ),
    "a seed with a column of no name": (
        {"seeds/raw.csv": "id,,amount\n1,2,3\n"}, 2, "R227", ["has no name", "seeds/raw.csv:1"],
    ),
    "a seed value that is not of its declared type": (
        {"seeds/raw.csv": "id,amount\n1,2.50\n2,x\n", "models/schema.yml":
         "seeds:\n  - name: raw\n    config: {column_types: {amount: 'decimal(9,2)'}}\n"},
        2, "R227", ["'x' in column amount", "seeds/raw.csv:3"],
    ),
    "a number where dbt_project.yml has folders": (
        {"dbt_project.yml": "name: shop\nmodels: 3\n"}, 2, "R221", ["dbt_project.yml:2"],
    ),
    "a number where a suite has checks": (
        {"checks/c.yml": "suite: c\nchecks: 5\n"}, 2, "R230", ["checks/c.yml:2"],
    ),
    "a word where a check has a number": (
        {"checks/c.yml": "checks:\n  - table: one\n    rules:\n      - row_count: {min: abc}\n"},
        2, "R230", ["'abc', not a whole number", "checks/c.yml:4"],
    ),
    "a word where YAML has a list of tests": (
        {"models/schema.yml": "models:\n  - name: one\n    tests: unique\n"},
        2, "R223", ["models/schema.yml:3"],
    ),
    "a word where YAML has config": (
        {"models/schema.yml": "models:\n  - name: one\n    config: table\n"},
        2, "R223", ["models/schema.yml:3"],
    ),
    "an unknown engine": (
        {"pyproject.toml": '[tool.runner.targets.t]\nengine = "duckbd"\n'},
        2, "R204", ["did you mean 'duckdb'?", "pyproject.toml:1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_project_is_refused_before_anything_is_written(make, cli, kind):
    files, exit_code, code, words = BROKEN[kind]
    project = make({**GOOD, **files})
    outcome = cli(project, "build")
    assert outcome.exit_code == exit_code, outcome.stderr
    assert f"error[{code}]" in outcome.stderr
    for word in words:
        assert word in outcome.stderr
    assert outcome.stdout == ""
    opened = project.database.exists() and project.open(read_only=True)
    if opened:
        assert not {"raw", "one"} & set(opened.relations())
        opened.close()


@pytest.mark.parametrize("sql", ["selec 1", "select nowhere from {{ ref('raw') }}"])
def test_broken_sql_is_the_engines_refusal_at_the_model(make, cli, sql):
    project = make({**GOOD, "models/two.sql": sql})
    outcome = cli(project, "build")
    assert outcome.exit_code == 3, outcome.stderr
    assert "where: models/two.sql" in outcome.stderr
    opened = project.open(read_only=True)
    assert "one" not in opened.relations()
    opened.close()


def test_a_second_statement_in_a_model_is_refused(make, cli):
    project = make(GOOD)
    assert cli(project, "build").exit_code == 0
    project.write({"models/two.sql": "select 1 as n; drop table raw"})
    assert cli(project, "build").exit_code == 3
    assert project.rows("select id from raw") == [(1,)]


def test_a_number_too_large_is_one_clear_error(make, cli):
    column = "cast(99999999999999999999999999 as decimal(38, 12))"
    project = make({**GOOD, "models/two.sql": f"select {column} * {column} as n"})
    project.write({"models/two.sql": "{{ config(materialized='table') }}"
                   f"select n * n as n from (select {column} as n) as t"})  # fmt: skip
    outcome = cli(project, "build")
    assert outcome.exit_code == 3, outcome.stderr
    assert "two could not be built" in outcome.stderr


def test_a_ledger_without_its_folders_is_refused(make, cli):
    ledger = {
        **GOOD,
        "sql/ingest/x.sql": "select 1",
        "checks/c.yml": "checks: [{name: holds, sql: select 1 as n where 1 = 0}]\n",
    }
    outcome = cli(make(ledger), "build")
    assert outcome.exit_code == 2
    assert "R210" in outcome.stderr


def test_a_migration_or_mapping_that_is_not_utf8_is_named(make_ledger, cli):
    ledger = make_ledger()
    ledger.write({"fills.csv": "a\n1\n"})
    for file, command in (
        ("sql/ingest/canonical-fills.sql", ["ingest", "fills.csv", "--format", "canonical-fills"]),
        ("sql/migrations/0001_ledger.sql", ["build"]),
    ):
        path = ledger.root / file
        path.write_bytes(path.read_bytes() + b"\n-- caf\xe9\n")
        outcome = cli(ledger, *command)
        assert outcome.exit_code == 2, outcome.stderr
        assert "error[R232]" in outcome.stderr
        assert f"{path.name}:" in outcome.stderr


def test_a_check_that_cannot_run_is_an_error_of_its_own(make, cli):
    project = make(
        {**GOOD, "checks/c.yml": "checks:\n  - table: one\n    rules:\n      - not_null: [idd]\n"}
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 3, outcome.stderr
    assert "R311" in outcome.stderr
    assert "checks/c.yml:4" in outcome.stderr


def test_money_divided_to_a_float_is_refused(make, cli):
    project = make(
        {**GOOD, "models/two.sql": "select\n    amount / 3 as third\nfrom {{ ref('raw') }}"}
    )
    settings = project.root / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace("[tool.runner]", '[tool.runner]\nexact_money = "error"')
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 2, outcome.stderr
    assert "R260" in outcome.stderr
    assert "models/two.sql:2" in outcome.stderr


def test_words_of_a_refused_query_are_not_taken_for_a_damaged_database(make, cli):
    project = make({**GOOD, "models/one.sql": "select id as checksum, id as overflow "
                    "from {{ ref('raw') }}"})  # fmt: skip
    assert cli(project, "build").exit_code == 0
    outcome = cli(project, "query", "--native", "select corrupt from one")
    assert outcome.exit_code == 3
    assert "error[R310]" in outcome.stderr


def test_a_missing_seeds_folder_is_named_with_what_needs_it(make, cli):
    project = make(GOOD)
    (project.root / "seeds/raw.csv").unlink()
    assert "error[R248]: ref('raw') names no model or seed" in cli(project, "build").stderr
    (project.root / "seeds").rmdir()
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R224]: ref('raw') names no model, and the seeds folder is" in outcome.stderr
    assert "where: models/one.sql:1" in outcome.stderr
    assert "looked for seeds" in outcome.stderr


def test_a_misspelt_table_is_answered_with_the_near_one_built_or_not(make, cli):
    project = make(GOOD)
    for _ in range(2):
        outcome = cli(project, "show", "onne")
        assert outcome.exit_code == 2
        assert "did you mean 'one'?" in outcome.stderr
        cli(project, "build")
    project.write({"models/later.sql": "select 1 as n"})
    assert "later is not built yet" in cli(project, "show", "later").stderr
    project.database.unlink()
    assert "error[R301]" in cli(project, "show", "one").stderr
    assert not project.database.exists()


def test_a_failing_row_of_nulls_is_still_readable(make, cli):
    checked = "checks:\n  - table: two\n    rules:\n      - not_null: [n, m]\n"
    project = make({**GOOD, "models/two.sql": "select cast(null as integer) as n, "
                    "cast(null as integer) as m", "checks/c.yml": checked})  # fmt: skip
    outcome = cli(project, "build")
    assert outcome.exit_code == 1, outcome.stderr
    assert "    every column is null: n, m" in outcome.stderr.splitlines()


def test_a_missing_models_folder_is_named(make, cli):
    outcome = cli(make({}), "build")
    assert outcome.exit_code == 2
    assert "R224" in outcome.stderr


def test_outside_a_project_the_way_in_is_named(tmp_path, cli):
    outcome = cli(tmp_path, "build")
    assert outcome.exit_code == 2
    assert "runner init" in outcome.stderr


def test_a_corrupt_database_is_named_and_left_as_it_is(make, cli):
    project = make(GOOD)
    assert cli(project, "build").exit_code == 0
    whole = project.database.read_bytes()
    for damaged in (b"no database at all" * 1000, whole[: len(whole) // 2], whole[:100]):
        project.database.write_bytes(damaged)
        for command in (["build"], ["query", "select id from raw"], ["show", "raw"]):
            outcome = cli(project, *command)
            assert outcome.exit_code == 3
            assert "error[R303]" in outcome.stderr
            assert outcome.stdout == ""
        assert project.database.read_bytes() == damaged


def test_a_first_build_of_what_cannot_be_selected_leaves_no_database(make, cli):
    project = make({**GOOD, "models/two.sql": "select id from {{ ref('one') }}"})
    for selected, code in (("two", "R209"), ("state:older", "R207"), ("onee", "R206")):
        outcome = cli(project, "build", "--select", selected)
        assert outcome.exit_code == 2
        assert f"error[{code}]" in outcome.stderr
        assert not list(project.root.glob("ledger.*"))
    assert cli(project, "build", "--select", "+two").exit_code == 0


def test_an_empty_file_is_not_taken_for_a_new_database(make, cli):
    project = make(GOOD)
    project.database.touch()
    for command in (["build"], ["build", "--dry-run"], ["query", "select 1 as n"]):
        outcome = cli(project, *command)
        assert outcome.exit_code == 3
        assert "error[R303]" in outcome.stderr
        assert project.database.stat().st_size == 0
    project.database.unlink()
    assert cli(project, "build").exit_code == 0


def test_a_folder_where_the_database_should_be_is_named(make, cli):
    project = make(GOOD)
    project.database.mkdir()
    for command in (["build"], ["query", "select 1 as n"]):
        outcome = cli(project, *command)
        assert outcome.exit_code == 3
        assert f"error[R303]: ledger.{project.engine} is a folder, not a database" in outcome.stderr
        assert f"where: ledger.{project.engine}" in outcome.stderr
        assert "[tool.runner.targets.t]" in outcome.stderr


def test_a_setting_the_engine_refuses_is_told_with_its_place(make, cli, engine_name):
    if engine_name == "sqlite":
        return  # has no such settings
    for setting in ('memory_limit = "much"', 'threads = "-1"'):
        project = make(GOOD)
        settings = project.root / "pyproject.toml"
        text = settings.read_text().replace("threads = 1\n", "")
        settings.write_text(f"{text}{setting}\n")
        outcome = cli(project, "build")
        assert outcome.exit_code == 3, outcome.stderr
        assert "error[R310]: DuckDB could not open ledger.duckdb for target 't'" in outcome.stderr
        said = setting.replace('"', "")
        assert f"mend:  correct [tool.runner.targets.t]: {said}" in outcome.stderr


def test_a_native_query_reads_its_own_file_and_nothing_else(make, cli, engine_name):
    project = make(GOOD)
    assert cli(project, "build").exit_code == 0
    for sql in {
        "duckdb": ["copy (select 1) to 'v.csv'", "attach 'v.db'", "drop view one"],
        "sqlite": [
            "vacuum into 'v.db'",
            "attach 'v.db' as v",
            "pragma journal_mode = delete",
            "pragma recursive_triggers = off",
            "drop view one",
        ],
    }[engine_name]:
        outcome = cli(project, "query", "--native", sql)
        assert outcome.exit_code == 3, sql
        assert "error[R310]" in outcome.stderr, sql
        assert not list(project.root.glob("v.*")), sql
    assert project.rows("select id from one") == [(1,)]
    if engine_name == "sqlite":
        told = cli(project, "query", "--native", "pragma table_info(raw)", "--format", "csv")
        assert told.exit_code == 0
        assert "amount" in told.stdout


def test_an_unknown_command_or_target_suggests_the_near_one(make, cli):
    project = make(GOOD)
    assert "Did you mean 'build'?" in cli(project, "biuld").stderr
    # dbt's word for it
    assert "Did you mean 'build'?" in cli(project, "run").stderr
    outcome = cli(project, "build", "--target", "duck")
    assert outcome.exit_code == 2
    assert "R201" in outcome.stderr


HOLD = """
import sys, time
from pathlib import Path
from runner.config import Target
from runner.engines.base import open_engine
engine = open_engine(Target("t", sys.argv[1], Path(sys.argv[2])))
with engine.transaction():
    engine.define("create table held (id integer not null, constraint pk_held primary key (id))")
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def hold(make):
    """A project, and a function that has another process hold its database for a while."""
    project = make(GOOD)
    holders = []

    def held(seconds: float):
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, project.engine, str(project.database), str(seconds)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        holders.append(holder)
        assert holder.stdout.readline() == "held\n"
        return holder

    yield project, held
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_a_held_database_is_refused_naming_the_holder(hold, cli):
    project, held = hold
    holder = held(60)
    outcome = cli(project, "build")
    assert outcome.exit_code == 3
    assert "R302" in outcome.stderr
    assert f"PID {holder.pid}" in outcome.stderr


def test_wait_waits_for_the_holder(hold, cli):
    project, held = hold
    held(1)
    started = time.monotonic()
    outcome = cli(project, "build", "--wait", "30")
    assert outcome.exit_code == 0, outcome.stderr
    assert time.monotonic() - started > 0.3


def test_a_listing_needs_no_database_but_for_its_state(hold, cli):
    project, held = hold
    assert cli(project, "build").exit_code == 0
    holder = held(60)
    listed = cli(project, "ls")
    assert listed.exit_code == 0, listed.stderr
    assert listed.stdout.split() == ["raw", "one"]
    project.write({"models/new.sql": "select 1 as n"})
    against = ["--select", "state:new", "--state", "target"]
    assert cli(project, "ls", *against).stdout.split() == ["new"]
    outcome = cli(project, "ls", "--select", "state:new")
    if project.engine == "duckdb":  # SQLite lets others read
        assert outcome.exit_code == 3
        assert "R302" in outcome.stderr
    holder.kill()
    held(1)
    outcome = cli(project, "ls", "--select", "state:new", "--wait", "30")
    assert outcome.stdout.split() == ["new"], outcome.stderr


def test_a_query_from_a_file_is_refused_at_its_line(make, cli):
    project = make(GOOD)
    assert cli(project, "build").exit_code == 0
    project.write({"q.sql": "-- what is held\nselect\n    id,\n    amout\nfrom one\n"})
    outcome = cli(project, "query", "-f", "q.sql")
    assert outcome.exit_code == 3
    assert "where: q.sql:4" in outcome.stderr
    assert "amount" in outcome.stderr
    assert "LINE" not in outcome.stderr
    (project.root / "q.sql").write_bytes(b"select '\xe9'")
    outcome = cli(project, "query", "-f", "q.sql")
    assert outcome.exit_code == 2
    assert "error[R232]" in outcome.stderr


def test_a_query_that_sqlglot_cannot_read_says_so_once(make, cli, caplog):
    project = make(GOOD)
    assert cli(project, "build").exit_code == 0
    outcome = cli(project, "query", "explain select id from one")
    assert outcome.exit_code == (0 if project.engine == "duckdb" else 3), outcome.stderr
    assert "unsupported syntax" not in outcome.stderr + caplog.text


@pytest.mark.parametrize(("condition", "status"), [("amount > 0", 0), ("amount < 0", 1)])
def test_a_build_that_nobody_listens_to_ends_as_any(make, condition, status):
    check = f"checks:\n  - table: one\n    rules:\n      - expression: {condition}\n"
    project = make({**GOOD, "checks/c.yml": check})
    building = subprocess.Popen(
        [sys.executable, "-m", "runner", "build"], cwd=project.root, stderr=subprocess.PIPE
    )
    assert building.stderr is not None
    building.stderr.close()
    assert building.wait() == status
    engine = project.open(read_only=True)
    assert ("one" in engine.relations()) == (status == 0)
    engine.close()


def test_a_byte_order_mark_is_no_part_of_the_text(make, cli):
    mark = "\ufeff"
    project = make({name: mark + text for name, text in GOOD.items()})
    project.write({"q.sql": mark + "select id from one", "models/m.yml": mark + "models: []"})
    settings = project.root / "pyproject.toml"
    settings.write_text(mark + settings.read_text())
    assert cli(project, "build").exit_code == 0
    assert cli(project, "query", "-f", "q.sql").exit_code == 0


def test_a_date_that_does_not_exist_is_not_a_number_too_large(make, cli):
    model = "{{ config(materialized='table') }}\nselect cast('2026-13-01' as timestamp) as t"
    outcome = cli(make({**GOOD, "models/two.sql": model}), "build")
    assert outcome.exit_code == 3
    assert "R312" not in outcome.stderr
    assert "models/two.sql:2" in outcome.stderr


def test_a_model_without_a_table_is_not_asked_to_be_built(make, cli):
    project = make(
        {
            **GOOD,
            "models/inner.sql": "{{ config(materialized='ephemeral') }} select 1 as n",
            "models/off.sql": "{{ config(enabled=false) }} select 1 as n",
        }
    )
    assert cli(project, "build").exit_code == 0
    for name, words in (("inner", "inner is ephemeral"), ("off", "off is disabled")):
        outcome = cli(project, "show", name)
        assert outcome.exit_code == 2
        assert f"error[R209]: {words}" in outcome.stderr


@pytest.mark.parametrize("folder", ["O'Brien's", 'the "new" one', "año 日本"])
def test_a_folder_may_be_called_anything(make, cli, folder):
    model = (
        "{% for n in [1, 2] %}select {{ n }} as n {{ 'union all' if not loop.last }} {% endfor %}"
    )
    project = make({**GOOD, "models/two.sql": model})
    renamed = project.root.rename(project.root.with_name(folder))
    outcome = cli(renamed, "build")
    assert outcome.exit_code == 0, outcome.stderr


def test_a_ledger_without_its_migrations_is_no_plain_project(make_ledger, cli):
    project = make_ledger()
    assert cli(project, "migrate", "up").exit_code == 0
    shutil.rmtree(project.root / "sql")
    inexact = "select fill_id, price / 3 as third from {{ ref('stg_order_fills') }}"
    project.write({"models/thirds.sql": inexact})
    outcome = cli(project, "build", "--select", "thirds")
    assert outcome.exit_code == 2
    assert "error[R210]" in outcome.stderr


def test_an_interrupted_query_is_no_bug(monkeypatch, capsys):
    from runner.cli import main

    def interrupted(**_):
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(main.cli, "main", interrupted)
    monkeypatch.setattr(COMMITS, "count", 0)
    assert main.run(["ls"]) == 130
    assert "interrupted; nothing was published" in capsys.readouterr().err


def test_a_bug_after_a_build_was_published(make, cli, monkeypatch):
    def broken(*_, **__):
        raise ValueError("broken")

    project = make({"models/one.sql": "select 1 as n"})
    monkeypatch.setattr(COMMITS, "count", 0)
    monkeypatch.setattr("runner.checks.report.write_results", broken)
    outcome = cli(project, "build", "--select", "one")
    assert outcome.exit_code == 101
    assert "what it had committed by then stands" in outcome.stderr
    assert project.rows("select n from one") == [(1,)]


def test_a_unique_key_that_no_column_is(make, cli):
    project = make(
        {
            "seeds/s.csv": "order_id\n1\n",
            "models/m.sql": "{{ config(materialized='incremental', unique_key='order_di') }} "
            "select order_id from {{ ref('s') }}",
        }
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "error[R254]" in outcome.stderr
    assert "did you mean 'order_id'?" in outcome.stderr


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_pipe_is_written_to_and_a_link_followed(make, cli, form):
    project = make({"models/m.sql": "select 1 as one"})
    assert cli(project, "build").exit_code == 0
    (project.root / "real").write_text("")
    (project.root / "link").symlink_to("real")
    words = ("query", "select one from m", "--format", form, "-o")
    assert cli(project, *words, "link").exit_code == 0
    assert (project.root / "link").is_symlink()
    whole = (project.root / "real").read_bytes()
    os.mkfifo(project.root / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((project.root / "pipe").read_bytes()))
    reader.start()
    assert cli(project, *words, "pipe").exit_code == 0
    reader.join(10)
    assert (project.root / "pipe").is_fifo()
    assert len(read[0]) == len(whole)


def test_a_var_that_nothing_reads_is_refused(make_ledger, cli):
    project = make_ledger()
    refused = cli(project, "build", "--var", "pnl_methd=lifo")
    assert refused.exit_code == 2
    assert "error[R200]: nothing in the project reads a var 'pnl_methd'" in refused.stderr
    assert "did you mean 'pnl_method'?" in refused.stderr
    assert not project.database.exists()
    assert cli(project, "build", "--var", "equity=2026-01-01").exit_code == 2
    # its name is handed to a macro, which asks for the var
    known = cli(project, "build", "--dry-run", "--var", "equity_at=2026-01-01")
    assert known.exit_code == 0, known.stderr


def test_a_seed_beside_the_folder_of_seeds_is_named(make_ledger, cli):
    project = make_ledger()
    project.write(
        {
            "seeds/desks.csv": "account_id,desk\na,spot\n",
            "models/pnl/desk_pnl.sql": "select *\nfrom {{ ref('desks') }}",
        }
    )
    refused = cli(project, "build", "--dry-run")
    assert refused.exit_code == 2
    assert "error[R248]: ref('desks') names no model or seed" in refused.stderr
    assert "where: models/pnl/desk_pnl.sql:2" in refused.stderr
    assert "seeds/desks.csv is none: seeds are read from seeds/reference" in refused.stderr
    (project.root / "seeds/desks.csv").unlink()
    # the model that refers to it is not what it meant
    assert "did you mean 'desk_pnl'" not in cli(project, "build", "--dry-run").stderr


def test_dbts_tests_that_are_not_run_are_named(make_ledger, cli):
    project = make_ledger()
    project.write({"tests/none.sql": "select * from {{ ref('positions') }}"})
    said = cli(project, "build", "--dry-run").stderr
    assert "warning: tests/none.sql is not run: test-paths of dbt_project.yml does not" in said
    settings = (project.root / "dbt_project.yml").read_text()
    project.write({"dbt_project.yml": settings.replace("test-paths: []", "test-paths: [tests]")})
    assert "is not run" not in cli(project, "build", "--dry-run").stderr


def test_a_database_of_the_other_engine_is_named(make, cli):
    project = make(GOOD)
    other = "sqlite" if project.engine == "duckdb" else "duckdb"
    settings = (project.root / "pyproject.toml").read_text()
    target = f'[tool.runner.targets.o]\nengine = "{other}"\npath = "other"\n'
    project.write({"pyproject.toml": settings + target})
    assert cli(project, "build", "-t", "o").exit_code == 0
    shutil.copy(project.root / "other", project.database)
    for command in (["build"], ["query", "select id from raw"]):
        outcome = cli(project, *command)
        assert outcome.exit_code == 3
        assert "error[R303]" in outcome.stderr
        assert "mend:" in outcome.stderr
    if project.engine == "duckdb":
        assert "ledger.duckdb is a SQLite database, not a DuckDB one" in outcome.stderr
        assert "correct engine or path in [tool.runner.targets.t]" in outcome.stderr


def test_a_place_that_cannot_be_written_is_named_with_what_to_do(tmp_path, engine_name):
    # root is not kept from writing: what each says of a read-only file system
    database = tmp_path / f"ledger.{engine_name}"
    with pytest.raises(EngineError) as refused:
        if engine_name == "duckdb":
            words = f'IO Error: Cannot open file "{database}": Read-only file system'
            duckdb_errors.refuse(duckdb.IOException(words), database)
        else:
            words = "unable to open database file"
            sqlite_errors.refuse(apsw.CantOpenError(words), database)
    assert refused.value.code == "R306"
    assert refused.value.where.path == database
    assert "check who may write the" in refused.value.mend


def test_a_python_package_that_is_missing_is_no_bug(make):
    project = make(GOOD)
    without = "import sys; sys.modules['yaml'] = None; from runner.cli.main import main; main()"
    outcome = subprocess.run(
        [sys.executable, "-c", without, "build"], cwd=project.root, capture_output=True, text=True
    )
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("error[R216]: the Python module yaml is not installed\n")
    assert sys.executable in outcome.stderr


def test_a_query_is_not_told_to_use_jinja_which_it_has_not(make, cli):
    project = make(GOOD)
    assert cli(project, "build").exit_code == 0
    outcome = cli(project, "query", "select id from {{ ref('one') }}")
    assert outcome.exit_code == 3
    assert "mend:  call tables by their names: a query is SQL without Jinja" in outcome.stderr
    outcome = cli(project, "query", "select sum(amount) / 3 as third from one")
    assert "{{" not in outcome.stderr
    assert "cast both to double" in outcome.stderr


def test_an_answer_into_a_folder_that_is_not_there(make, cli):
    project = make(GOOD)
    assert cli(project, "build").exit_code == 0
    for form in ("csv", "parquet"):
        outcome = cli(project, "show", "one", "--format", form, "-o", "nowhere/one")
        assert outcome.exit_code == 3
        assert outcome.stderr.startswith("error[R306]: the system refused ")
        assert "nowhere/one: No such file" in outcome.stderr
