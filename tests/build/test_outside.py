"""What reads a file, or another schema, is never taken for what it was when it was built last."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

PLAIN = "{{ config(materialized='table') }}\nselect * from "


@pytest.fixture
def engine_name() -> str:
    return "duckdb"  # SQLite reads neither


@pytest.fixture
def read_file(make, cli):
    project = make({"data/x.csv": "a,b\n1,10\n", "seeds/one.csv": "id\n1\n"})
    path = project.root / "data" / "x.csv"
    project.write(
        {"models/m.sql": PLAIN + f"read_csv('{path}')", "models/n.sql": PLAIN + "{{ ref('m') }}"}
    )
    assert cli(project, "build").exit_code == 0
    return project


def test_a_file_is_read_in_every_build(read_file, cli):
    read_file.write({"data/x.csv": "a,b\n2,20\n"})
    assert cli(read_file, "build").exit_code == 0
    assert read_file.rows("select a, b from m union all select a, b from n") == [(2, 20)] * 2


@pytest.mark.parametrize("arguments", [(), ("--full-refresh",)])
def test_a_files_columns_are_those_that_it_has_now(read_file, cli, arguments):
    read_file.write({"data/x.csv": "b,a\n10.5,1.75\n"})
    assert cli(read_file, "build", *arguments).exit_code == 0
    assert read_file.rows("select a, b from m union all select a, b from n") == [(1.75, 10.5)] * 2


def test_a_table_of_another_schema_is_read_in_every_build(make, cli):
    project = make({"models/m.sql": PLAIN + "raw.orders"})
    for a, b in ("1 as a", "10 as b"), ("10 as b", "1.75 as a"):
        with duckdb.connect(str(project.database)) as connection:
            connection.execute("create schema if not exists raw")
            connection.execute(f"create or replace table raw.orders as select {a}, {b}")
        assert cli(project, "build").exit_code == 0
    assert project.rows("select a, b from m") == [(Decimal("1.75"), 10)]


@pytest.mark.parametrize("materialized", ["table", "incremental"])
def test_types_that_have_one_name_here_are_not_one(make, cli, materialized):
    select = "{{ config(materialized='%s') }}\nselect * from {{ source('raw', 'o') }}"
    project = make(
        {
            "models/sources.yml": "sources: [{name: raw, tables: [{name: o}]}]",
            "models/m.sql": select % materialized,
        }
    )
    for made in (
        "[1.25::decimal(9,2)] as l, {'a': 1.5::decimal(9,1)} as s, 1.5::float as f, 1::int as i, "
        "timestamp_s '2025-01-01 10:00:00' as t",
        "[1.259::decimal(9,3)] as l, {'a': 1.55::decimal(9,2)} as s, 1.1::double as f, "
        "5000000000 as i, timestamp_ms '2025-01-01 10:00:00.75' as t",
    ):
        with duckdb.connect(str(project.database)) as connection:
            connection.execute(f"create or replace table o as select {made}")
        outcome = cli(project, "build")
        assert outcome.exit_code == 0, outcome.stderr
    assert project.rows("select l[1], s.a, f, i, microsecond(t) from m") == [
        (Decimal("1.259"), Decimal("1.55"), 1.1, 5000000000, 750000)
    ]


def test_an_age_until_today_is_worked_out_in_every_build(make, cli):
    project = make(
        {
            "seeds/s.csv": "t\n2025-01-01\n",
            "models/m.sql": "{{ config(materialized='table') }}\nselect age(t) from {{ ref('s') }}",
        }
    )
    assert cli(project, "build").exit_code == 0
    assert "1 built, 1 unchanged" in cli(project, "build").stderr
