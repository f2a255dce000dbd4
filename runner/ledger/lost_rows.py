"""Which rows of a batch's files no fact is left of: where a missing fact can still be named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from runner.engines.base import Engine
from runner.ingest import raw_rows
from runner.ingest.facts import SOURCE_ROW, FactTable
from runner.ledger.findings import NAMED_ROWS


def named(engine: Engine, facts: Mapping[str, FactTable], table: str, batch_id: int) -> str:
    """The first of them as `FILE:LINE`; empty where rows do not tell what is missing of `table`.

    A row that repeated another of its file has no fact of its own, and is among them.
    """
    tables = [f.name for f in facts.values() if any(c.name == SOURCE_ROW for c in f.columns)]
    if table not in tables:
        return ""
    lost = islice(_lost(engine, tables, batch_id), NAMED_ROWS + 1)
    found = [f"{source}:{line}" for source, line in lost]
    more = ", …" if len(found) > NAMED_ROWS else ""
    return ", ".join(found[:NAMED_ROWS]) + more


def _lost(engine: Engine, tables: Sequence[str], batch_id: int) -> Iterator[tuple[str, int]]:
    for block in raw_rows.blocks(engine, batch_id):
        of_facts = " union all ".join(
            f"select {SOURCE_ROW} from {table} where batch_id = {batch_id} "
            f"and {SOURCE_ROW} between {block.first_row} and {block.last_row}"
            for table in tables
        )
        present = {int(row[0]) for row in engine.query(of_facts).rows}
        for row, line in block.rows():
            if row not in present:
                yield block.source, line
