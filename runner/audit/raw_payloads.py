"""The row that a fact of an order's story was made of, as it stood in its file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from runner.engines.base import Engine

if TYPE_CHECKING:
    from runner.ingest.raw_rows import RawRow

BLOCKS = "raw_blocks"
_KEYS = {"orders": "order_id", "order_events": "event_id", "order_fills": "fill_id"}


def of_facts(
    engine: Engine, present: Collection[str], facts: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], RawRow]:
    """Rows by table and id of a fact; a ledger of an older schema, or facts of none, have none."""
    if BLOCKS not in present:
        return {}
    places: dict[tuple[str, str], tuple[int, int]] = {}
    for table, key in _KEYS.items():
        ids = ", ".join(f"cast('{name}' as uuid)" for found, name in facts if found == table)
        if ids:
            for name, batch_id, row in engine.query(
                f"select {key}, batch_id, source_row from {table} "
                f"where {key} in ({ids}) and source_row is not null"
            ).rows:
                places[table, str(name)] = (int(batch_id), int(row))
    if not places:
        return {}
    from runner.ingest import raw_rows  # which takes a while to import

    rows = raw_rows.read(engine, places.values())
    return {fact: rows[place] for fact, place in places.items() if place in rows}
