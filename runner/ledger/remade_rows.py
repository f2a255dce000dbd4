"""The facts of a batch made once more of all its kept rows, as the load made them.

Where a table's facts come out with the root that was appended, they are what stood there: whatever
stands otherwise was done since, however much that is. This tells what single rows do not: events'
numbers, and accounts, instruments, orders and statements that were first seen on the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from runner.engines.base import Column, Engine
from runner.engines.staging import Staging, in_lists
from runner.ingest import batch as batches
from runner.ingest import chain, duplicates, load, raw_rows
from runner.ingest.candidates import Candidates
from runner.ingest.facts import SOURCE_ROW, FactTable
from runner.ledger import source_rows
from runner.ledger.findings import NAMED_ROWS
from runner.ledger.row_differences import Difference, Suspect, named_values, texts_of

_MOST_ROWS = 1_000_000  # of a batch, kept
_FILLED_ROWS = 20_000
_MOST_ASKED = 20_000


@dataclass(frozen=True)
class Remade:
    """Tables whose facts came out as they were appended: how many rows stand otherwise, and which
    come first. `names` are the batch's files, by number.
    """

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[Difference]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)


def remake(
    engine: Engine,
    staging: Staging,
    facts: Mapping[str, FactTable],
    mappings: Path | None,
    batch: Mapping[str, Any],
    suspects: Sequence[Suspect],
) -> Remade:
    """What is proved of each suspect; of one that is not, nothing is said.

    `staging` is the ledger before the batch. RunnerError as for `source_rows.chunks`.
    """
    found = Remade()
    kept = f"select sum(row_count) from {raw_rows.TABLE} where batch_id = {batch['batch_id']}"
    ((count,),) = engine.query(kept).rows
    if not count or count > _MOST_ROWS:
        return found
    for chunk in source_rows.at_once(engine, staging, facts, mappings, batch):
        made = _appended(engine, staging, facts, batch, chunk.made)
        for suspect in suspects:
            table = suspect.fact.name
            if table not in made or table in found.counts:
                continue
            told = batches.stamped(
                suspect.fact, made[table], batch["recorded_at"], batch["batch_id"]
            )
            key, columns = suspect.fact.key, suspect.columns
            if chain.hash_rows(staging, table, key, columns, told) == suspect.root:
                found.names.update(chunk.names)
                _compare(engine, staging, batch["batch_id"], suspect, told, found)
        if len(found.counts) == len(suspects):
            break
    return found


def _appended(
    engine: Engine,
    staging: Staging,
    facts: Mapping[str, FactTable],
    batch: Mapping[str, Any],
    made: Sequence[Candidates],
) -> dict[str, str]:
    """A staging query for each table of what the load appended to it."""
    for rows in made:
        fact = facts[rows.shape.table]
        _mark_known(engine, staging, rows, fact, batch["batch_id"])
        duplicates.mark_repeated(staging, rows, fact)
    loaded = [rows for rows in made if rows.made_of is None]
    steps = [rows for rows in made if rows.made_of is not None]
    # by what batches say of themselves: events may have been renumbered, or be gone
    before = (
        "select sum(row_count) from ledger_batch_tables "
        f"where table_name = 'order_events' and batch_id < {batch['batch_id']}"
    )
    ((last,),) = engine.query(before).rows
    return {a.table: a.sql for a in load.appends_of(staging, loaded, steps, facts, last or 0)}


def _mark_known(
    engine: Engine, staging: Staging, rows: Candidates, fact: FactTable, batch_id: int
) -> None:
    """Set apart what the ledger had before the batch: its row is kept for another fact."""
    (key,) = (c for c in rows.columns if c.name == fact.key[0])
    standing = engine.query(f"select {key.name} from {fact.name} where batch_id = {batch_id}").rows
    _fill(staging, "ingest_there", ["row_key"], standing)
    told = f"select cast({key.name} as varchar) as row_key from {rows.table} where {rows.fresh}"
    missing = [
        str(value)
        for (value,) in staging.rows(
            f"select row_key from ({told}) as told where row_key is not null "
            f"and row_key not in (select row_key from ingest_there) limit {_MOST_ASKED + 1}"
        )
    ]
    if len(missing) > _MOST_ASKED:
        return  # too much to ask for; if any of it was known, the root says so
    known: list[str] = []
    for asked in in_lists(key, missing):
        sql = f"select {key.name} from {fact.name} where batch_id < {batch_id} and {asked}"
        known += [str(value) for (value,) in engine.query(sql).rows]
    if known:
        staging.run(
            f"update {rows.table} set is_duplicate = true "
            f"where cast({key.name} as varchar) in (select unnest(?::varchar[]))",
            [known],
        )


def _compare(
    engine: Engine, staging: Staging, batch_id: int, suspect: Suspect, told: str, found: Remade
) -> None:
    table, columns = suspect.fact.name, suspect.columns
    staging.run(
        f"create or replace temp table ingest_told as select {texts_of(columns)} "
        f"from ({told}) as rows"
    )
    listed = f"select {texts_of(columns)} from {table} where batch_id = {batch_id}"
    names = [f"v_{c.name}" for c in columns]
    _fill(staging, "ingest_standing", names, engine.query(listed).rows)
    differs = " or ".join(f"s.{name} is distinct from t.{name}" for name in names)
    key = f"v_{suspect.key.name}"
    joined = (
        f"from ingest_standing as s full join ingest_told as t on s.{key} = t.{key} where {differs}"
    )
    found.counts[table] = int(staging.rows(f"select count(*) {joined}")[0][0])
    sides = ", ".join(f"{side}.{name}" for side in "st" for name in names)
    place = f"try_cast(coalesce(t.v_{SOURCE_ROW}, s.v_{SOURCE_ROW}) as bigint)"
    rows = staging.rows(
        f"select {sides} {joined} order by {place} nulls last, t.{key}, s.{key} limit {NAMED_ROWS}"
    )
    found.first[table] = list(_differences(suspect, columns, rows))


def _differences(
    suspect: Suspect, columns: Sequence[Column], rows: Iterable[Sequence[Any]]
) -> Iterator[Difference]:
    for row in rows:
        stands = named_values(columns, row[: len(columns)])
        tells = named_values(columns, row[len(columns) :])
        key = tells[suspect.key.name] or stands[suspect.key.name] or ""
        yield Difference(
            key,
            stands if stands[suspect.key.name] is not None else None,
            tells if tells[suspect.key.name] is not None else None,
        )


def _fill(
    staging: Staging, table: str, names: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    """Texts of the ledger's rows, as a staging table."""
    typed = ", ".join(f"{name} varchar" for name in names)
    staging.run(f"create or replace temp table {table} ({typed})")
    listed = ", ".join("unnest(?::varchar[])" for _ in names)
    while part := list(islice(rows, _FILLED_ROWS)):
        values = [
            [None if v is None else str(v) for v in column] for column in zip(*part, strict=True)
        ]
        staging.run(f"insert into {table} select {listed}", values)
