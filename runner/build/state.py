"""What the last publish left: a fingerprint of each model, seed and check, in the database itself.

It is written in the publishing transaction, so it can never tell of something not published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from runner.engines.base import Column, Engine
from runner.sqltyping.types import INTEGER, TEXT, TIMESTAMP

NODES = "runner_nodes"
CHECKS = "runner_checks"


@dataclass(frozen=True)
class NodeState:
    unique_id: str
    relation: str
    fingerprint: str  # of its SQL, config and everything it stands on
    definition: str  # of its own SQL and config only
    materialized: str
    row_count: int | None  # None for a view
    built_at: datetime
    run_id: str
    exact_sql: str | None  # digest of the SQL, and the types it reads, once found to be exact


@dataclass(frozen=True)
class CheckState:
    name: str
    fingerprint: str
    status: str
    failures: int
    checked_at: datetime
    run_id: str
    exact_sql: str | None  # as in NodeState


_NODE_COLUMNS = (
    Column("unique_id", TEXT),
    Column("relation", TEXT),
    Column("fingerprint", TEXT),
    Column("definition", TEXT),
    Column("materialized", TEXT),
    Column("row_count", INTEGER),
    Column("built_at", TIMESTAMP),
    Column("run_id", TEXT),
    Column("exact_sql", TEXT),
)
_CHECK_COLUMNS = (
    Column("name", TEXT),
    Column("fingerprint", TEXT),
    Column("status", TEXT),
    Column("failures", INTEGER),
    Column("checked_at", TIMESTAMP),
    Column("run_id", TEXT),
    Column("exact_sql", TEXT),
)


def read_nodes(engine: Engine) -> dict[str, NodeState]:
    return {row[0]: NodeState(*row) for row in _rows(engine, NODES, _NODE_COLUMNS)}


def read_checks(engine: Engine) -> dict[str, CheckState]:
    return {row[0]: CheckState(*row) for row in _rows(engine, CHECKS, _CHECK_COLUMNS)}


def _rows(engine: Engine, table: str, columns: Sequence[Column]) -> Iterator[tuple[Any, ...]]:
    """The table's rows; none where a runner of another version left it in another form."""
    names = [c.name for c in columns]
    standing = engine.relations().get(table)
    if standing is None or [c.name for c in standing.columns] != names:
        return iter(())
    return engine.query(f"select {', '.join(names)} from {table}").rows


def write(engine: Engine, nodes: Iterable[NodeState], checks: Iterable[CheckState]) -> None:
    engine.empty_table(NODES, _NODE_COLUMNS)
    engine.insert_rows(NODES, _NODE_COLUMNS, [astuple(n) for n in nodes])
    engine.empty_table(CHECKS, _CHECK_COLUMNS)
    engine.insert_rows(CHECKS, _CHECK_COLUMNS, [astuple(c) for c in checks])
