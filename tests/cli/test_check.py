"""`runner check` where nothing can be written, and on an export."""

from __future__ import annotations

import json
import shutil

import pytest

FILES = {
    "seeds/orders.csv": "id,price\n1,1.5\n2,123456789012.123456789012\n",
    "models/prices.sql": "{{ config(materialized='table') }} "
    "select id, cast(price as decimal(38, 12)) as price from {{ ref('orders') }}",
    "models/dear.sql": "{{ config(materialized='ephemeral') }} "
    "select * from {{ ref('prices') }} where price > 2",
    "models/other.sql": "select * from {{ ref('prices') }}",
    "checks/c.yml": """
        checks:
          - table: prices
            rules:
              - expect_column_max_to_be_between:
                  {column: price, max_value: 123456789012.123456789012}
              - expect_change_since_last_build_to_be_between: {max_change: 0}
          - table: dear
            rules: [{unique: id}]
          - table: other
            rules: [{unique: id}]
    """,
}
TOO_HIGH = """
    checks:
      - table: prices
        rules:
          - {name: high, expect_column_max_to_be_between: {column: price,
              max_value: 123456789012.123456789011}}
"""


@pytest.fixture
def built(make, cli):
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    return project


def test_a_folder_that_cannot_be_written_is_no_failure(built, cli):
    shutil.rmtree(built.root / "target")
    (built.root / "target").write_text("in the way")
    for judge in ("native", "gx"):
        outcome = cli(built, "check", "--engine", judge)
        assert outcome.exit_code == 0, outcome.stderr
        assert "warning: nothing is written to" in outcome.stderr
        assert "4 passed" in outcome.stderr


@pytest.mark.parametrize("judge", ["native", "gx"])
def test_an_export_is_checked_without_a_database(built, cli, judge):
    (built.root / "export").mkdir()
    built.write({"checks/d.yml": TOO_HIGH})
    export = ["--format", "parquet", "-o", "export/prices.parquet"]
    assert cli(built, "query", "select * from prices", *export).exit_code == 0
    built.database.unlink()
    check = ["check", "--parquet", "export", "--engine", judge]
    outcome = cli(built, *check, "--format", "json")
    assert outcome.exit_code == 1
    told = {entry["name"]: entry["status"] for entry in json.loads(outcome.stdout)}
    # what is ephemeral stands on what is there; no file is of `other`
    assert told.pop("high") == "fail"
    assert "unique_dear_id" in told and set(told.values()) == {"pass"}
    assert "3 passed, 0 warned, 1 failed, 1 not run" in outcome.stderr
    assert cli(built, *check, "--select", "other").exit_code == 2
    assert not built.database.exists()


def test_a_folder_without_a_file_is_no_export(built, cli):
    (built.root / "export").mkdir()
    outcome = cli(built, "check", "--parquet", "export")
    assert outcome.exit_code == 2
    assert "error[R217]" in outcome.stderr


def test_what_is_not_built_is_said_once(built, cli):
    built.write({"models/later.sql": "select 1 as id"})
    rules = "[{not_null: id}, {unique: id}, {expect_column_to_exist: id}]"
    built.write({"checks/late.yml": f"checks: [{{table: later, rules: {rules}}}]"})
    for judge in ("native", "gx"):
        outcome = cli(built, "check", "--engine", judge)
        assert outcome.exit_code == 2
        assert outcome.stderr.count("error[") == 1
        assert "there is no later\n" in outcome.stderr and "runner build" in outcome.stderr
    assert cli(built, "check", "--exclude", "later").exit_code == 0
