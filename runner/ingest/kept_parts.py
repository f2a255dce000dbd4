"""Rows refused for want of the others of their trade, of which the ledger has the trade by now.

By itself such a row is refused again however often it is mapped. It is known where the fact it is
a part of stands, and the batch of that fact keeps the row's own text as one it was made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from runner.engines.base import Engine
from runner.engines.staging import Staging, in_lists
from runner.ingest import raw_rows
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable

_INCOMPLETE = "incomplete_trade"


def mark_known(
    engine: Engine, staging: Staging, judged: Sequence[Candidates], facts: Mapping[str, FactTable]
) -> None:
    """Mark candidates refused as incomplete, whose row a standing fact was made of, as duplicates.

    EngineError (R329) where the rows of such a fact are not what was kept.
    """
    for rows in judged:
        parts = staging.rows(
            f"select c.row_id, cast(c.{rows.fact_key} as varchar), s.raw from {rows.table} as c "
            "inner join ingest_source as s on c.row_id = s.row_id "
            f"where c.problem like '{_INCOMPLETE} %' and c.{rows.fact_key} is not null"
        )
        if not parts:
            continue
        batch_of = _batches(engine, facts[rows.shape.table], [fact for _, fact, _ in parts])
        wanted: dict[int, set[str]] = defaultdict(set)
        for _, fact, raw in parts:
            if fact in batch_of:
                wanted[batch_of[fact]].add(raw)
        kept = {
            (batch_id, text)
            for batch_id, texts in wanted.items()
            for block in raw_rows.blocks(engine, batch_id)
            for _, text in block.texts()
            if text in texts
        }
        known = [row_id for row_id, fact, raw in parts if (batch_of.get(fact), raw) in kept]
        if known:
            staging.run(
                f"update {rows.table} set problem = null, is_duplicate = true "
                "where row_id in (select unnest(?::bigint[]))",
                [known],
            )


def _batches(engine: Engine, fact: FactTable, ids: Sequence[str]) -> dict[str, int]:
    """The batch of each fact that stands, by its id."""
    found: dict[str, int] = {}
    for asked in in_lists(fact.key_column, ids):
        sql = f"select {fact.key_column.name}, batch_id from {fact.name} where {asked}"
        found |= {str(value): int(batch_id) for value, batch_id in engine.query(sql).rows}
    return found
