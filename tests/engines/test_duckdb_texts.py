"""Text is handed over whole and in order, whatever its length and wherever blocks end."""

from __future__ import annotations

import pytest

from runner.engines.base import open_memory
from runner.engines.duckdb import DuckDBEngine
from runner.errors import EngineError


@pytest.fixture
def memory() -> DuckDBEngine:
    engine = open_memory("duckdb")
    assert isinstance(engine, DuckDBEngine)
    return engine


def text(nth: int) -> str:
    return f"{nth}\tä€😀" + "x" * (nth % 50)


@pytest.mark.parametrize("rows", [0, 1, 9_999, 10_000, 10_001, 300_000])
def test_blocks_hold_every_row_in_order(memory: DuckDBEngine, rows: int) -> None:
    line = "concat(i, chr(9), 'ä€😀', repeat('x', i % 50), chr(10))"
    sql = f"select {line} from range({rows}) as r (i) order by (i * 7919) % 300007, i"
    expected = [text(i) for i in sorted(range(rows), key=lambda i: (i * 7919 % 300007, i))]
    found = list(memory.joined_blocks(sql, 10_000))
    assert [b.row_count for b in found] == [min(10_000, rows - at) for at in range(0, rows, 10_000)]
    assert "\n".join(b.text.decode() for b in found) == "\n".join(expected)


def test_rows_of_the_running_transaction_are_read(memory: DuckDBEngine) -> None:
    with memory.transaction():
        memory.execute("create temp table t as select 'a' as line union all select ''")
        found = list(memory.joined_blocks("select line || chr(10) from t order by line", 5))
    assert [(b.row_count, b.text) for b in found] == [(2, b"\na")]


def test_a_query_that_fails_says_why(memory: DuckDBEngine) -> None:
    sql = "select case when i < 250000 then 'a' else cast(error('no row ' || i) as text) end "
    with pytest.raises(EngineError, match="no row 250000") as caught:
        list(memory.joined_blocks(f"{sql} from range(250001) as r (i)", 10))
    assert caught.value.code == "R310"
