"""The same query gives the same answer, or an error, on both engines."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from two_engines import TwoEngines, key, queries

from runner.engines.sqlite_rewrite import rewrite
from runner.errors import TranslationError
from runner.sqltyping.parsing import parse

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def engines() -> TwoEngines:
    return TwoEngines()


@pytest.mark.parametrize("sql", queries(HERE / "parity.sql"))
def test_both_engines_answer_alike(engines: TwoEngines, sql: str) -> None:
    expected, found = engines.ask_duck(sql), engines.ask_lite(sql)
    assert found.columns == expected.columns
    if parse(sql).args.get("order") is None:
        expected.rows.sort(key=key)
        found.rows.sort(key=key)
    assert found.rows == expected.rows
    kinds = [[type(cell) for cell in row] for row in found.rows]
    assert kinds == [[type(cell) for cell in row] for row in expected.rows]


@pytest.mark.parametrize("sql", queries(HERE / "errors.sql"))
def test_both_engines_raise_rather_than_round(engines: TwoEngines, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        engines.duck.execute(sql).fetchall()
    translated = rewrite(sql, engines.schema).sql
    with pytest.raises(Exception, match=r"R33[12]|overflow") as raised:
        engines.lite.execute(translated).fetchall()
    assert not isinstance(raised.value, TranslationError)
