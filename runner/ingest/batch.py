"""One batch: its rows hashed, its place in the chain, and the append itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runner.engines.base import Column, Engine
from runner.engines.staging import Staging
from runner.errors import EngineError
from runner.ingest import chain
from runner.ingest.facts import SOURCE_ROW, FactTable, schema_version
from runner.ingest.functions import quoted
from runner.moments import microseconds, utc_now


@dataclass(frozen=True)
class Append:
    """Rows for one fact table: a staging query of its columns but recorded_at and batch_id.

    `source_row` may be left out of it, where no row of a file is the fact's.
    """

    table: str
    sql: str


@dataclass(frozen=True)
class Batch:
    """A batch as it was appended."""

    batch_id: int
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Origin:
    """What a batch says of itself."""

    kind: str
    source: str
    format: str | None


def append(
    engine: Engine,
    staging: Staging,
    facts: Mapping[str, FactTable],
    appends: Sequence[Append],
    origin: Origin,
    now: datetime | None,
) -> Batch | None:
    """Append all rows as one batch, inside the caller's transaction; None where there are none.

    Each table's come after those of the tables it points to, as `facts` has them. `now` (UTC) is
    when the ledger learns the facts.
    """
    for missing in (a.table for a in appends if a.table not in facts):
        raise EngineError(
            "R326",
            f"the project has no migration that makes {missing}",
            why="its migrations are older than the runner, which appends to that table",
            mend="take over the newer ones from a project that `runner init` makes, and run "
            "`runner migrate up`",
        )
    order = list(facts)
    filled = [
        a
        for a in sorted(appends, key=lambda a: order.index(a.table))
        if staging.rows(f"select 1 from ({a.sql}) as rows limit 1")
    ]
    if not filled:
        return None
    last_id, last_hash, last_moment = _last(engine)
    batch_id = last_id + 1
    moment = _moment(now, last_moment)
    rows_of = {a.table: stamped(facts[a.table], a.sql, moment, batch_id) for a in filled}
    roots = [
        chain.hash_rows(staging, t, facts[t].key, facts[t].columns, sql)
        for t, sql in rows_of.items()
    ]
    row: dict[str, Any] = {
        "batch_id": batch_id,
        "kind": origin.kind,
        "source": origin.source,
        "format": origin.format,
        "row_count": sum(root.row_count for root in roots),
        "content_hash": chain.content_hash(roots),
        "previous_hash": last_hash,
        "schema_version": schema_version(engine),
        "recorded_at": microseconds(moment),
    }
    row["chain_hash"] = chain.chain_hash(list(row.values()))
    row["recorded_at"] = moment
    _insert(engine, facts["ledger_batches"].columns, "ledger_batches", [row])
    _insert(
        engine,
        facts["ledger_batch_tables"].columns,
        "ledger_batch_tables",
        [
            {
                "batch_id": batch_id,
                "table_name": root.table,
                "row_count": root.row_count,
                "root_hash": root.root_hash,
                "recorded_at": moment,
            }
            for root in roots
        ],
    )
    rows = {}
    for table, sql in rows_of.items():
        rows[table] = staging.append(table, facts[table].columns, sql)
    for root in roots:
        assert rows[root.table] == root.row_count, f"{root.table}: {rows[root.table]} rows"
    return Batch(batch_id, rows)


def stamped(fact: FactTable, sql: str, moment: datetime, batch_id: int) -> str:
    """A staging query of a fact's rows as a batch appends them, of what its `Append` gives."""
    stamps = {
        "recorded_at": f"cast({quoted(moment.isoformat(sep=' '))} as timestamp)",
        "batch_id": f"cast({batch_id} as bigint)",
    }
    columns = ", ".join(
        f"{stamps[c.name]} as {c.name}" if c.name in stamps else c.name for c in fact.columns
    )
    if any(c.name == SOURCE_ROW for c in fact.columns):
        none = f"select cast(null as bigint) as {SOURCE_ROW} where false"
        sql = f"select * from ({sql}) as given union all by name {none}"
    return f"select {columns} from ({sql}) as rows"


def _last(engine: Engine) -> tuple[int, str | None, datetime | None]:
    sql = (
        "select batch_id, chain_hash, recorded_at from ledger_batches "
        "order by batch_id desc limit 1"
    )
    row = next(iter(engine.query(sql).rows), None)
    return (row[0], row[1], row[2]) if row else (0, None, None)


def _moment(now: datetime | None, last: datetime | None) -> datetime:
    """When the ledger learns the batch: never before the batch it follows."""
    moment = now or utc_now()
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment if now is not None or last is None else max(moment, last)


def _insert(
    engine: Engine, columns: Sequence[Column], table: str, rows: list[dict[str, Any]]
) -> None:
    engine.insert_rows(table, columns, [[row[c.name] for c in columns] for row in rows])
