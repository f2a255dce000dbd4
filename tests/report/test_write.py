"""Answers are exact in every format."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import duckdb
import pytest

SEED = {
    "seeds/t.csv": "id,amount,note,noted_at\n"
    '1,123456789012345678901234.123456789012,"a|b, ""c""",2026-01-31 09:30:00.000001\n'
    "2,-0.000000000001,,\n",
    "seeds/t.yml": "seeds:\n  - name: t\n    config:\n      column_types:\n"
    '        amount: "decimal(38,12)"\n        noted_at: timestamp\n',
    "models/one.sql": "select * from {{ ref('t') }}",
}
QUERY = "select id, amount, note, noted_at from one order by id"
AMOUNTS = ["123456789012345678901234.123456789012", "-0.000000000001"]


@pytest.fixture
def built(make, cli):
    project = make(SEED)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    return project


def test_json_and_ndjson_give_decimals_as_text(built, cli):
    whole = json.loads(cli(built, "query", QUERY, "--format", "json").stdout)
    lines = cli(built, "query", QUERY, "--format", "ndjson").stdout.splitlines()
    assert whole == [json.loads(line) for line in lines]
    assert [row["amount"] for row in whole] == AMOUNTS
    assert whole[0]["noted_at"] == "2026-01-31T09:30:00.000001"
    assert whole[1]["note"] is None


def test_json_is_valid_and_loses_no_column_whatever_is_asked(built, cli):
    asked, expected = "select 1 as a, 2 as a", {"a": 1, "a_1": 2}
    if built.engine == "duckdb":  # SQLite has neither
        asked += ", cast('nan' as double) as b, cast('-inf' as double) as c"
        expected |= {"b": "NaN", "c": "-Infinity"}
    for name in ("json", "ndjson"):
        answer = cli(built, "query", "--native", asked, "--format", name)
        assert answer.exit_code == 0, answer.stderr
        found = json.loads(answer.stdout, parse_constant=lambda word: pytest.fail(word))
        assert (found if name == "ndjson" else found[0]) == expected


def test_csv(built, cli):
    rows = list(csv.DictReader(io.StringIO(cli(built, "query", QUERY, "--format", "csv").stdout)))
    assert [row["amount"] for row in rows] == AMOUNTS
    assert rows[0]["note"] == 'a|b, "c"'


def test_markdown_and_table(built, cli):
    shown = cli(built, "query", QUERY, "--format", "markdown").stdout.splitlines()
    assert shown[0] == "| id | amount | note | noted_at |"
    assert "a\\|b" in shown[2]
    table = cli(built, "query", QUERY).stdout
    assert all(amount in table for amount in AMOUNTS)


def test_parquet_keeps_whole_numbers_of_64_bits(built, cli, tmp_path):
    path = tmp_path / "answer.parquet"
    query = "select 9223372036854775807 as n"
    outcome = cli(built, "query", query, "--format", "parquet", "-o", str(path))
    assert outcome.exit_code == 0, outcome.stderr
    assert duckdb.sql(f"select n from '{path}'").fetchall() == [(2**63 - 1,)]


def test_parquet_keeps_sums_of_whole_numbers(built, cli, tmp_path, engine_name):
    path = tmp_path / "answer.parquet"
    query = "select sum(n) as n from (select 9007199254740993 as n) as t"
    outcome = cli(built, "query", query, "--format", "parquet", "-o", str(path))
    assert outcome.exit_code == 0, outcome.stderr
    assert duckdb.sql(f"select n from '{path}'").fetchall() == [(9007199254740993,)]


def test_parquet_keeps_decimals_decimals(built, cli, tmp_path):
    path = tmp_path / "answer.parquet"
    assert cli(built, "query", QUERY, "--format", "parquet", "-o", str(path)).exit_code == 0
    ((kind,),) = duckdb.sql(f"select distinct typeof(amount) from '{path}'").fetchall()
    assert kind == "DECIMAL(38,12)"
    found = duckdb.sql(f"select amount from '{path}' order by id").fetchall()
    assert [row[0] for row in found] == [Decimal(amount) for amount in AMOUNTS]


def test_a_query_cannot_write(built, cli):
    for statement in ("create table x as select 1 as n", "delete from t", "drop table t"):
        outcome = cli(built, "query", statement, "--native")
        assert outcome.exit_code == 3, statement
    assert len(built.rows("select id from t")) == 2


def test_a_reader_cannot_write_files_or_read_others(built, cli, engine_name):
    if engine_name == "sqlite":
        return  # SQLite has no statement that does either
    target = built.root / "stolen.csv"
    for statement in (f"copy (select 1) to '{target}'", f"select * from read_csv('{__file__}')"):
        outcome = cli(built, "query", statement)
        assert outcome.exit_code == 3, statement
    assert not target.exists()


def test_a_float_made_of_money_is_said(built, cli, engine_name):
    outcome = cli(built, "query", "select avg(amount) as mean from t")
    if engine_name == "duckdb":
        assert outcome.exit_code == 0
        assert "avg of a decimal is a double" in outcome.stderr
    else:
        assert outcome.exit_code == 3


def test_an_empty_query_is_refused(built, cli):
    assert cli(built, "query", " ; ").exit_code == 2


def test_a_query_comes_from_a_file_or_the_command_line_not_both(built, cli, tmp_path):
    file = tmp_path / "q.sql"
    file.write_text("select count(*) as n from t;\n")
    assert cli(built, "query", "-f", str(file), "--format", "csv").stdout == "n\n2\n"
    assert cli(built, "query", "select 1 as n", "-f", str(file)).exit_code == 2


def test_show_names_the_near_table(built, cli):
    assert "did you mean 'one'?" in cli(built, "show", "onee").stderr
    assert cli(built, "show", "one", "--limit", "1", "--format", "csv").stdout.count("\n") == 2
