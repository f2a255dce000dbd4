"""Which incremental models may be extended, and from which batch of facts on.

A model whose strategy is `replace` derives from facts alone, which only grow: over a standing table
it drops the rows that new facts make stale and adds theirs. That is sound only where nothing but
facts has changed since; otherwise the model is built whole. Models of strategy `overwrite` tell the
others what has changed: they hold the rows of the latest build, and no others.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.build import state
from runner.build.fingerprint import Fact
from runner.compile.compiled import Compiled
from runner.compile.context import FRESH_PREFIX, LOST_PREFIX
from runner.engines.base import Engine, Relation

REPLACE = "replace"
OVERWRITE = "overwrite"
_BATCHES = "ledger_batches"
_BATCH_TABLES = "ledger_batch_tables"


def strategy(compiled: Compiled | None) -> str:
    """REPLACE or OVERWRITE; empty for dbt's own strategies, and for what is not incremental."""
    if compiled is None or compiled.materialized != "incremental":
        return ""
    found = str(compiled.config.get("incremental_strategy"))
    return found if found in (REPLACE, OVERWRITE) else ""


def fresh_rows(name: str) -> str:
    """The table that holds, during a build, the rows it puts into the model `name`."""
    return FRESH_PREFIX + name


def lost_rows(name: str) -> str:
    """The table that holds, during a build, the keys that the model `name` has no more."""
    return LOST_PREFIX + name


def last_batch(engine: Engine, relations: Mapping[str, Relation]) -> int:
    """The newest batch in the ledger; 0 where there is none."""
    if _BATCHES not in relations:
        return 0
    (row,) = engine.query(f"select coalesce(max(batch_id), 0) as batch_id from {_BATCHES}").rows
    return int(row[0])


def appended_unseen(
    engine: Engine,
    relations: Mapping[str, Relation],
    facts: Mapping[str, Fact],
    known: Mapping[str, state.NodeState],
) -> frozenset[str]:
    """The facts that have rows which no batch since the last publish accounts for.

    Rows appended behind the runner's back carry no batch to find them by.
    """
    then = {unique_id: known[unique_id] for unique_id in facts if unique_id in known}
    if _BATCH_TABLES not in relations or not then:
        return frozenset(facts)
    through = {n.relation: n.built_through or 0 for n in then.values()}
    appended = dict.fromkeys(through, 0)
    listed = list(
        engine.query(
            f"select table_name, batch_id, row_count from {_BATCH_TABLES} "
            f"where batch_id > {min(through.values())}"
        ).rows
    )
    # the ledger's own books are in no list: a batch is one row of one, and one of the other a table
    listed += [(_BATCH_TABLES, batch, 1) for _, batch, _ in listed]
    listed += [(_BATCHES, batch, 1) for batch in {batch for _, batch, _ in listed}]
    for table, batch, count in listed:
        if batch > through.get(table, batch):
            appended[table] += count
    return frozenset(
        unique_id
        for unique_id, fact in facts.items()
        if unique_id not in then
        or (then[unique_id].row_count or 0) + appended[then[unique_id].relation] != fact.row_count
    )
