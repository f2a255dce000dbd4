"""A batch's rows as they stand against those its kept rows make, and whether that is all.

Rows are compared as the hash chain writes them, value by value. The proof puts the standing rows
right, and hashes them: where the root is the one that was appended, the differences are exactly
what was done.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from runner.engines.base import Column, Engine
from runner.engines.staging import Staging, in_lists
from runner.ingest import chain
from runner.ingest.facts import SOURCE_ROW, FactTable
from runner.ledger.source_rows import Chunk
from runner.moments import microseconds

_MOST = 1_000  # differences of a table that are looked at
_FILLED_ROWS = 20_000
_MOST_ASKED = 20_000
_ASSIGNED = ("sequence_number",)  # given by the ledger: no row of a file tells it

Texts = Mapping[str, str | None]  # column -> canonical text


@dataclass(frozen=True)
class Suspect:
    """A table of a batch whose rows are not those its root was made of.

    `columns` are those the table had when the batch was appended.
    """

    fact: FactTable
    columns: tuple[Column, ...]
    root: chain.Root
    is_short: bool  # rows are missing
    batches: frozenset[int] = frozenset()  # all whose rows of the table are suspected

    @property
    def has_source_rows(self) -> bool:
        return any(c.name == SOURCE_ROW for c in self.columns) and len(self.fact.key) == 1

    @property
    def key(self) -> Column:
        return self.fact.key_column


@dataclass(frozen=True)
class Difference:
    """One row: inserted where nothing is `told` of it, missing where nothing `stands`."""

    key: str
    stands: Texts | None
    told: Texts | None


@dataclass
class Compared:
    """What was found of one table."""

    suspect: Suspect
    differences: list[Difference] = field(default_factory=list)
    told_columns: frozenset[str] = frozenset()
    told_count: int = 0
    standing_count: int = 0
    matched_count: int = 0
    is_cut: bool = False  # there may be more differences than are here

    @property
    def is_of_rows(self) -> bool:
        """Whether the ids that rows make are, by and large, those that stand."""
        return self.matched_count * 2 >= min(self.standing_count, self.told_count)


def compare(
    engine: Engine, staging: Staging, batch: Mapping[str, Any], chunk: Chunk, compared: Compared
) -> None:
    """Add what one chunk of the batch's rows tells of a table."""
    suspect, key = compared.suspect, compared.suspect.key.name
    told = _stage_told(staging, suspect, chunk)
    if told is None:
        return
    compared.standing_count += _stage_standing(engine, staging, suspect, batch["batch_id"], chunk)
    compared.told_columns |= told
    told_count, matched = staging.rows(
        f"select count(*), count(s.v_{key}) from ingest_told as t "
        f"left join ingest_standing as s on t.v_{key} = s.v_{key}"
    )[0]
    compared.told_count += told_count
    compared.matched_count += matched
    compared.is_cut |= _leave_out_known(engine, staging, suspect, batch["batch_id"])
    left = _MOST - len(compared.differences)
    found = list(_differing(staging, suspect, sorted(told), left + 1))
    compared.is_cut |= len(found) > left
    compared.differences += found[:left]


def add_rows_of_none(engine: Engine, batch: Mapping[str, Any], compared: Compared) -> None:
    """Rows that name no row of a file, in a table whose rows all do."""
    suspect, left = compared.suspect, _MOST - len(compared.differences)
    rows = engine.query(
        f"select {texts_of(suspect.columns)} from {suspect.fact.name} "
        f"where batch_id = {batch['batch_id']} and {SOURCE_ROW} is null "
        f"order by {suspect.key.name} limit {left + 1}"
    ).rows
    found = [named_values(suspect.columns, row) for row in rows]
    compared.is_cut |= len(found) > left
    known = {difference.key for difference in compared.differences}
    for stands in found[:left]:
        key = str(stands[suspect.key.name])
        if key not in known:
            compared.differences.append(Difference(key, stands, None))


def account_for_root(engine: Engine, batch: Mapping[str, Any], compared: Compared) -> bool | None:
    """Whether the rows, put right, have the root they were appended with; None: it is not known."""
    if compared.is_cut:
        return None
    suspect = compared.suspect
    stamps = {
        "recorded_at": str(microseconds(batch["recorded_at"])),
        "batch_id": str(batch["batch_id"]),
    }
    lines: dict[str, str | None] = {}
    added = []
    for difference in compared.differences:
        if difference.told is None:
            lines[difference.key] = None
            continue
        right = {**stamps, **(difference.stands or {}), **difference.told}
        if any(c.name not in right for c in suspect.columns):
            return None
        line = chain.canonical_line_of([right[c.name] for c in suspect.columns])
        if difference.stands is None:
            added.append((difference.key, line))
        else:
            lines[difference.key] = line
    rows = engine.query(
        f"select {chain.value_text(suspect.key)} as row_key, "
        f"{chain.canonical_row(suspect.columns)} as line from {suspect.fact.name} "
        f"where batch_id = {batch['batch_id']} "
        f"order by {chain.canonical_order(suspect.fact.key, suspect.columns)}"
    ).rows
    righted = (line for _, line in heapq.merge(_righted(rows, lines), sorted(added)))
    found = chain.root(suspect.fact.name, righted, suspect.root.row_count)
    return found == suspect.root and next(righted, None) is None


def _righted(
    rows: Iterable[tuple[Any, ...]], lines: Mapping[str, str | None]
) -> Iterator[tuple[str, str]]:
    for key, line in rows:
        right = lines.get(key, line)
        if right is not None:
            yield key, right


def texts_of(columns: Sequence[Column]) -> str:
    return ", ".join(f"{chain.value_text(c)} as v_{c.name}" for c in columns)


def named_values(columns: Sequence[Column], row: Sequence[Any]) -> Texts:
    return {c.name: value for c, value in zip(columns, row, strict=True)}


def _stage_told(staging: Staging, suspect: Suspect, chunk: Chunk) -> frozenset[str] | None:
    """ingest_told: the facts that rows make, of equal ones the first; the columns they tell."""
    known = {c.name for c in suspect.columns}
    key, parts, told = suspect.key.name, [], {SOURCE_ROW}
    for rows in chunk.of(suspect.fact.name):
        columns = [c for c in rows.columns if c.name in known and c.name not in _ASSIGNED]
        told |= {c.name for c in columns}
        parts.append(
            f"select row_id, cast(row_id as varchar) as v_{SOURCE_ROW}, {texts_of(columns)} "
            f"from {rows.table} where {rows.fresh} and {key} is not null"
        )
    if not parts:
        return None
    staging.run(
        "create or replace temp table ingest_told as "
        f"select * from ({' union all by name '.join(parts)}) as rows "
        f"qualify row_number() over (partition by v_{key} order by row_id) = 1"
    )
    return frozenset(told)


def _stage_standing(
    engine: Engine, staging: Staging, suspect: Suspect, batch_id: int, chunk: Chunk
) -> int:
    """ingest_standing: the table's rows that say they are of the chunk's, or are; how many."""
    names = [f"v_{c.name}" for c in suspect.columns]
    staging.run(
        "create or replace temp table ingest_standing "
        f"({', '.join(f'{name} varchar' for name in names)})"
    )
    bounds = ["true"]
    if chunk.first is not None:
        bounds.append(f"{SOURCE_ROW} >= {chunk.first}")
    if chunk.end is not None:
        bounds.append(f"{SOURCE_ROW} < {chunk.end}")
    rows = engine.query(
        f"select {texts_of(suspect.columns)} from {suspect.fact.name} "
        f"where batch_id = {batch_id} and ({' and '.join(bounds)} or {SOURCE_ROW} is null)"
    ).rows
    listed = ", ".join("unnest(?::varchar[])" for _ in names)
    while part := list(islice(rows, _FILLED_ROWS)):
        values = [list(column) for column in zip(*part, strict=True)]
        staging.run(f"insert into ingest_standing select {listed}", values)
    # one of no row is compared where a row makes it
    key = f"v_{suspect.key.name}"
    staging.run(
        f"delete from ingest_standing where v_{SOURCE_ROW} is null "
        f"and {key} not in (select {key} from ingest_told)"
    )
    return int(staging.rows("select count(*) from ingest_standing")[0][0])


def _differing(
    staging: Staging, suspect: Suspect, told: Sequence[str], limit: int
) -> Iterator[Difference]:
    key = f"v_{suspect.key.name}"
    differs = " or ".join(f"s.v_{name} is distinct from t.v_{name}" for name in told)
    standing = ", ".join(f"s.v_{c.name}" for c in suspect.columns)
    rows = staging.rows(
        f"select s.{key}, t.{key}, {standing}, {', '.join(f't.v_{name}' for name in told)} "
        f"from ingest_standing as s full join ingest_told as t on s.{key} = t.{key} "
        f"where {differs} "
        f"order by coalesce(t.row_id, try_cast(s.v_{SOURCE_ROW} as bigint)), t.{key}, s.{key} "
        f"limit {limit}"
    )
    for stands, tells, *values in rows:
        split = len(suspect.columns)
        yield Difference(
            tells or stands,
            None if stands is None else named_values(suspect.columns, values[:split]),
            None if tells is None else dict(zip(told, values[split:], strict=True)),
        )


def _leave_out_known(engine: Engine, staging: Staging, suspect: Suspect, batch_id: int) -> bool:
    """Of what rows make and does not stand, take away what came with an earlier batch or chunk.

    True where there is too much of it to ask for all.
    """
    key = f"v_{suspect.key.name}"
    # a row that is in another suspected batch may have been moved there
    moved = ", ".join(map(str, suspect.batches - {batch_id}))
    earlier = f"batch_id <= {batch_id}" + (f" and batch_id not in ({moved})" if moved else "")
    missing = [
        str(value)
        for (value,) in staging.rows(
            f"select {key} from ingest_told where {key} not in (select {key} from ingest_standing) "
            f"order by row_id limit {_MOST_ASKED + 1}"
        )
    ]
    for asked in in_lists(suspect.key, missing[:_MOST_ASKED]):
        rows = engine.query(
            f"select {chain.value_text(suspect.key)} as row_key from {suspect.fact.name} "
            f"where {earlier} and {asked}"
        ).rows
        known = [str(row[0]) for row in rows]
        if known:
            staging.run(
                f"delete from ingest_told where {key} in (select unnest(?::varchar[]))", [known]
            )
    return len(missing) > _MOST_ASKED
