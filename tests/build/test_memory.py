"""Few new facts take little memory, and where that is not enough, all there is."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from runner.engines import duckdb_memory
from runner.engines.duckdb_memory import Memory, keep_blocks

WIDE = """
    {{ config(materialized='incremental') }}
    select id, cast(amount as decimal(38, 12)) as amount
    from {{ ref('paid') }}
    where {% if is_incremental() %} id > (select max(id) from {{ this }}) and {% endif %}
        (
            select count(*)
            from (
                select repeat('x', 400) || cast(n as varchar) as word
                from range({% if is_incremental() %} 100000 {% else %} 1 {% endif %}) as numbers(n)
                order by word desc
            ) as sorted
        ) > 0
"""


def limit_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(
        "select parse_formatted_bytes(current_setting('memory_limit'))"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_little_memory_is_taken_for_few_rows_and_all_for_many():
    connection = duckdb.connect(config={"threads": "2"})
    keep_blocks(connection)
    all_of_it = limit_bytes(connection)
    memory = Memory(connection, is_set=False)
    memory.spare(120_000)
    assert limit_bytes(connection) == pytest.approx(512_000_000, rel=0.001)
    memory.spare(80_000)
    assert limit_bytes(connection) == pytest.approx(512_000_000, rel=0.001)
    memory.spare(1)
    assert limit_bytes(connection) == all_of_it
    assert not memory.use_all()
    memory.spare(0)
    assert limit_bytes(connection) == all_of_it


def test_all_memory_is_taken_once_little_was_not_enough():
    connection = duckdb.connect(config={"threads": "2"})
    all_of_it = limit_bytes(connection)
    memory = Memory(connection, is_set=False)
    memory.spare(1)
    assert memory.use_all()
    memory.spare(1)
    assert limit_bytes(connection) == all_of_it


@pytest.mark.parametrize(("config", "is_set"), [({"memory_limit": "2GB"}, True), ({}, False)])
def test_what_the_target_or_the_machine_allows_stands(config, is_set):
    # of threads so many that little for each is more than there is
    connection = duckdb.connect(config={"threads": "1000", **config})
    before = limit_bytes(connection)
    memory = Memory(connection, is_set=is_set)
    memory.spare(1)
    assert limit_bytes(connection) == before
    assert not memory.use_all()


@pytest.mark.parametrize("engine_name", ["duckdb"])
def test_a_build_that_needs_more_is_begun_again(make, cli, monkeypatch: pytest.MonkeyPatch):
    project = make({"models/wide.sql": WIDE, "seeds/paid.csv": "id,amount\n1,1.5\n"})
    assert cli(project, "build").exit_code == 0
    paid = project.root / "seeds" / "paid.csv"
    paid.write_text(paid.read_text() + "2,2.5\n")
    monkeypatch.setattr(duckdb_memory, "_BYTES_PER_THREAD", 12_000_000)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    assert "begun again with more memory" in outcome.stderr
    assert project.rows("select id, amount from wide order by id") == [
        (1, Decimal("1.5")),
        (2, Decimal("2.5")),
    ]
