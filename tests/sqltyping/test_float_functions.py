"""The functions the lint takes for binary floats are those of DuckDB's own catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from runner.sqltyping.calls import read_call
from runner.sqltyping.exactness import check_exact
from runner.sqltyping.float_functions import NAMES
from runner.sqltyping.parsing import parse
from runner.sqltyping.types import INTEGER, MONEY

SCHEMA = {"t": {"d": MONEY, "i": INTEGER}}
ARGUMENTS = ("d", "d, d", "d, i", "i, d")
# avg has a finding of its own; entropy counts values and does not calculate with them
APART = {"avg", "entropy"}


@pytest.fixture(scope="module")
def floats() -> Iterator[set[str]]:
    """Calls on decimals that DuckDB answers with a float, by trying each function it has."""
    with duckdb.connect() as connection:
        connection.execute("create table t (d decimal(38, 12), i integer)")
        names = connection.execute(
            "select distinct function_name from duckdb_functions() where function_type in "
            "('scalar', 'aggregate', 'macro') and regexp_full_match(function_name, '[a-z]\\w*')"
        ).fetchall()
        yield {
            f"{name}({arguments})"
            for (name,) in names
            for arguments in ARGUMENTS
            if _answer(connection, f"{name}({arguments})") in ("DOUBLE", "FLOAT")
        }


def _answer(connection: duckdb.DuckDBPyConnection, call: str) -> str | None:
    try:
        row = connection.execute(f"describe select {call} from t").fetchone()
    except duckdb.Error:
        return None
    return str(row[1]) if row else None


def _name(call: str) -> str:
    found = read_call(parse(f"select {call}").selects[0])
    return found.name if found else call


def test_no_function_is_missing_or_made_up(floats: set[str]) -> None:
    assert {_name(call) for call in floats} - APART == NAMES


def test_each_is_found_of_a_decimal_and_not_of_an_explicit_double(floats: set[str]) -> None:
    for call in sorted(floats):
        name, arguments = call.rstrip(")").split("(")
        if name not in APART:
            assert len(check_exact(f"select {call} as x from t", SCHEMA)) == 1, call
            explicit = arguments.replace("d", "cast(d as double)")
            assert check_exact(f"select {name}({explicit}) as x from t", SCHEMA) == [], call
