"""Random histories on SQLite: the oracle's figures there too, and DuckDB's in every cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from runner.engines.base import Column, Engine, open_memory
from runner.migrate.apply import apply_statements
from runner.migrate.files import load_migrations
from runner.sqltyping.types import parse_type
from tests.models.facts import ledger, write
from tests.models.harness import ROOT, Project, load_seeds
from tests.models.test_fifo_property import INSTRUMENTS, History

Build = Callable[..., duckdb.DuckDBPyConnection]
FACTS = ("instruments", "orders", "order_fills", "market_ticks", "cash_movements")


@pytest.mark.parametrize("seed", range(6))
def test_every_derived_cell_is_the_same(build: Build, seed: int) -> None:
    history = History(seed, 60 + 20 * seed)
    connection = ledger()
    write(connection, INSTRUMENTS, history.fills, history.ticks, history.funding)
    build(connection)
    sqlite = build_on_sqlite(connection)
    try:
        for model in Project().models.values():
            if model.materialized in ("table", "view"):
                ours = rows(connection.execute(f"select * from {model.name}").fetchall())
                theirs = rows(sqlite.query(f"select * from {model.name}").rows)
                assert ours == theirs, model.name
    finally:
        sqlite.close()


def rows(found: Any) -> list[tuple[str, ...]]:
    return sorted(tuple(str(value) for value in row) for row in found)


def build_on_sqlite(facts: duckdb.DuckDBPyConnection) -> Engine:
    """The facts of a DuckDB connection copied to SQLite, and every model built there."""
    engine = open_memory("sqlite")
    for migration in load_migrations(ROOT / "sql" / "migrations"):
        apply_statements(engine, migration)
    # these ledgers have no accounts and no batches
    engine.connection.execute("pragma foreign_keys = off")  # type: ignore[attr-defined]
    project = Project(engine="sqlite")
    load_seeds(facts, project)
    for seed in project.seeds:
        described = facts.execute(f"describe {seed}").fetchall()
        engine.empty_table(seed, [Column(name, parse_type(kind)) for name, kind, *_ in described])
    for table in (*FACTS, *project.seeds):
        columns = engine.relations()[table].columns
        listed = ", ".join(c.name for c in columns)
        engine.insert_rows(
            table, columns, facts.execute(f"select {listed} from {table}").fetchall()
        )
    for model in project.order():
        sql = project.inlined(model.sql)
        if model.materialized == "table":
            engine.table_as(model.name, sql)
        elif model.materialized == "view":
            engine.view_as(model.name, sql)
    return engine
