"""What the last publish left: a fingerprint of each model, seed and check, in the database itself.

It is written in the publishing transaction, so it can never tell of something not published, and
guarded like the tables it tells of: once somebody has changed it, it is not believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from runner.build.fingerprint import Fact
from runner.engines.base import Column, Engine, Relation
from runner.sqltyping.types import INTEGER, TEXT, TIMESTAMP

NODES = "runner_nodes"
FACT = "source"  # what the state of a fact has for a materialization
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
    # digests of its SQL and of that which extends it, with the types read, once found to be exact
    exact_sql: str | None
    relation_definition: str  # as the catalogue had it when it was published
    # of its definition and all it stands on but the facts; of a fact, of what no batch tells of it
    structure: str | None
    # the last batch of facts it holds: it, and the standing tables that it was built over
    built_through: int | None


def of_fact(unique_id: str, fact: Fact, last_batch: int, now: datetime, run_id: str) -> NodeState:
    """A fact as a build found it: with how many rows, up to which batch."""
    table = unique_id.rpartition(".")[2]
    return NodeState(
        unique_id,
        table,
        fact.fingerprint,
        "",
        FACT,
        fact.row_count,
        now,
        run_id,
        None,
        "",
        fact.structure,
        last_batch,
    )


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
    Column("relation_definition", TEXT),
    Column("structure", TEXT),
    Column("built_through", INTEGER),
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


@dataclass(frozen=True)
class Catalogue:
    """What the database holds, read once."""

    relations: Mapping[str, Relation]
    guarded: frozenset[str]  # derived tables whose guard is in place


def read_catalogue(engine: Engine) -> Catalogue:
    return Catalogue(engine.relations(), engine.guarded_derived())


def read_nodes(engine: Engine, catalogue: Catalogue) -> dict[str, NodeState]:
    """Each node's state by unique id."""
    return {row[0]: NodeState(*row) for row in _rows(engine, NODES, _NODE_COLUMNS, catalogue)}


def read_checks(engine: Engine, catalogue: Catalogue) -> dict[str, CheckState]:
    """Each check's state by name."""
    return {row[0]: CheckState(*row) for row in _rows(engine, CHECKS, _CHECK_COLUMNS, catalogue)}


def _rows(
    engine: Engine, table: str, columns: Sequence[Column], catalogue: Catalogue
) -> Iterator[tuple[Any, ...]]:
    """The table's rows; none where its guard is off, or another version left it in another form."""
    names = [c.name for c in columns]
    standing = catalogue.relations.get(table)
    found = [c.name for c in standing.columns] if standing else []
    if found != names or table not in catalogue.guarded:
        return iter(())
    return engine.query(f"select {', '.join(names)} from {table}").rows


def write(engine: Engine, nodes: Iterable[NodeState], checks: Iterable[CheckState]) -> None:
    engine.empty_table(NODES, _NODE_COLUMNS)
    engine.insert_rows(NODES, _NODE_COLUMNS, [astuple(n) for n in nodes])
    engine.guard_derived(NODES)
    engine.empty_table(CHECKS, _CHECK_COLUMNS)
    engine.insert_rows(CHECKS, _CHECK_COLUMNS, [astuple(c) for c in checks])
    engine.guard_derived(CHECKS)


def built_through(engine: Engine, relation: str) -> int | None:
    """The last batch that the published `relation` holds; None where that is not known."""
    known = read_nodes(engine, read_catalogue(engine)).values()
    return next((n.built_through for n in known if n.relation == relation), None)
