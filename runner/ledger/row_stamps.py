"""Rows by the batch and moment they carry: how many of each, and those of a batch that is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from runner.engines.base import Engine
from runner.ingest.facts import FactTable
from runner.ledger.findings import NAMED_ROWS, Finding


class Held(NamedTuple):
    """What a table holds of one batch; `recorded_at` is the batch's, None where there is none."""

    batch_id: int
    recorded_at: datetime | None
    row_count: int
    misdated_count: int


def held(engine: Engine, fact: FactTable) -> list[Held]:
    """What a table holds, batch by batch."""
    rows = engine.query(
        f"""
        select
            f.batch_id,
            b.recorded_at,
            count(*) as row_count,
            count(case when f.recorded_at <> b.recorded_at then 1 end) as misdated_count
        from {fact.name} as f
        left join ledger_batches as b on f.batch_id = b.batch_id
        group by f.batch_id, b.recorded_at
        order by f.batch_id
        """
    ).rows
    return [Held(*row) for row in rows]


def strays(engine: Engine, fact: FactTable, held: Sequence[Held]) -> Iterator[Finding]:
    """Rows of a batch that is not there."""
    for rows in held:
        if rows.recorded_at is None:
            number = rows.batch_id
            keys = named(engine, fact, f"batch_id = {number}")
            problem = f"{rows.row_count:,} rows are of batch {number}, which is not there: {keys}"
            yield Finding(None, fact.name, problem)


def misdated(engine: Engine, fact: FactTable, held: Sequence[Held]) -> Iterator[Finding]:
    """Rows that say they were recorded at another moment than their batch: these can be named."""
    for rows in held:
        if rows.misdated_count:
            number, moment = rows.batch_id, rows.recorded_at
            keys = named(
                engine, fact, f"batch_id = {number} and recorded_at <> timestamp '{moment}'"
            )
            problem = (
                f"{rows.misdated_count:,} rows were recorded at another moment than their batch: "
                f"{keys}"
            )
            yield Finding(number, fact.name, problem)


def named(engine: Engine, fact: FactTable, condition: str) -> str:
    """The keys of the first rows that meet a condition."""
    keys = ", ".join(fact.key)
    rows = engine.query(
        f"select {keys} from {fact.name} where {condition} order by {keys} limit {NAMED_ROWS + 1}"
    ).rows
    shown = [" ".join(str(v) for v in row) for row in rows]
    more = ", …" if len(shown) > NAMED_ROWS else ""
    return f"{', '.join(fact.key)} = {'; '.join(shown[:NAMED_ROWS])}{more}"
