"""One source, two engines, the same answer: every fact and derived table, cell by cell."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from runner.config import Target, load_config
from runner.engines.base import Engine, open_engine
from runner.sqltyping.types import Kind
from runner.workspace import open_workspace

# when a row was learned is the clock's business, and differs between two loads of the same file
_CLOCK = {
    "recorded_at", "first_seen_at", "applied_at",
    "root_hash", "content_hash", "chain_hash", "previous_hash",
}  # fmt: skip


@pytest.fixture(scope="module")
def built(built_demo: Callable[[str], Path]) -> Iterator[dict[str, Engine]]:
    """The demo ledger, built on each engine."""
    opened = {}
    for engine in ("duckdb", "sqlite"):
        target = Target("t", engine, built_demo(engine) / f"ledger.{engine}")
        opened[engine] = open_engine(target, read_only=True)
    yield opened
    for engine in opened.values():
        engine.close()


def _tables(engine: Engine) -> dict[str, list[str]]:
    return {
        name: [c.name for c in relation.columns if c.name not in _CLOCK]
        for name, relation in engine.relations().items()
        if not name.startswith(("runner_", "check_", "schema_version"))
    }


def _rows(engine: Engine, table: str, columns: list[str]) -> list[tuple[str, ...]]:
    listed = ", ".join(columns)
    return sorted(
        tuple(repr(value) for value in row)
        for row in engine.query(f"select {listed} from {table}").rows
    )


def test_both_engines_hold_the_same_tables(built, built_demo):
    # SQLite keeps as tables what DuckDB reads as part of a longer query
    models = open_workspace(load_config(built_demo("duckdb"))).models.values()
    inlined = {model.name for model in models if model.materialized == "ephemeral"}
    tables = {name: c for name, c in _tables(built["sqlite"]).items() if name not in inlined}
    assert _tables(built["duckdb"]) == tables
    assert {"order_fills", "positions", "lot_matches"} <= set(_tables(built["duckdb"]))


def test_every_table_is_equal_cell_by_cell(built):
    compared = 0
    for table, columns in _tables(built["duckdb"]).items():
        ours, theirs = (_rows(built[e], table, columns) for e in ("duckdb", "sqlite"))
        assert ours == theirs, table
        compared += len(ours)
    assert compared > 5_000


def test_every_column_has_the_same_type(built):
    duck, lite = (built[e].relations() for e in ("duckdb", "sqlite"))
    whole = {Kind.HUGEINT: Kind.INTEGER}  # SQLite has one integer type
    for table in _tables(built["duckdb"]):
        for ours, theirs in zip(duck[table].columns, lite[table].columns, strict=True):
            found = whole.get(ours.type.kind, ours.type.kind)
            assert (found, ours.type.scale) == (theirs.type.kind, theirs.type.scale), (table, ours)


def test_every_check_says_the_same(built):
    said = [
        sorted(built[e].query("select name, status, failures from runner_checks").rows)
        for e in ("duckdb", "sqlite")
    ]
    assert said[0] == said[1]
    assert len(said[0]) > 100


def test_money_is_readable_in_a_stock_sqlite_shell(built):
    stock = sqlite3.connect(built["sqlite"].target.path)
    try:
        for table in ("order_fills", "positions", "lot_matches", "stg_order_fills"):
            quantities = [row[0] for row in stock.execute(f"select quantity from {table}")]
            assert quantities
            for text in quantities:
                assert isinstance(text, str)
                assert text == format(Decimal(text).quantize(Decimal("1e-12")), "f")
    finally:
        stock.close()


def test_no_money_is_a_float_on_either_engine(built):
    project = open_workspace(load_config(Path(str(built["duckdb"].target.path)).parent))
    assert project.models
    for engine in built.values():
        for table in _tables(engine):
            for column in engine.relations()[table].columns:
                assert column.type.kind is not Kind.DOUBLE, (table, column.name)
