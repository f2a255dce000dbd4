"""The hash chain: a canonical text of every fact, hashed in blocks, batches hashed one on another.

docs/ledger.md says it so that a stranger can recompute it from the tables alone; this module says
it in SQL. What it hashes is computed before the ledger takes the rows, in DuckDB, whatever the
ledger's engine: the same facts have the same hashes everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.engines.base import Column
from runner.engines.staging import Staging
from runner.sqltyping.types import Kind

BLOCK_ROWS = 10_000


@dataclass(frozen=True)
class Root:
    """One table's part of a batch."""

    table: str
    row_count: int
    root_hash: str


def canonical_value(column: Column) -> str:
    """SQL of a value's canonical text; null stays null. Text is not escaped yet."""
    name, kind = column.name, column.type.kind
    if kind is Kind.TIMESTAMP:
        return f"cast(epoch_us({name}) as varchar)"
    if kind is Kind.BOOLEAN:
        return f"case when {name} then 't' else 'f' end"
    if kind in (Kind.TEXT, Kind.JSON):
        return f"cast({name} as varchar)"
    return f"cast({name} as varchar)"  # decimal(38,12) shows all 12 places; uuid is lower-case


def canonical_row(columns: Sequence[Column]) -> str:
    r"""SQL of a row's canonical text: values joined by tabs, NULL as \N."""
    return " || chr(9) || ".join(_encoded(column) for column in columns)


def _encoded(column: Column) -> str:
    value = canonical_value(column)
    if column.type.kind is Kind.BOOLEAN:
        return f"case when {column.name} is null then '\\N' else {value} end"
    if column.type.kind in (Kind.TEXT, Kind.JSON):
        value = (
            f"case when contains({value}, chr(92)) or contains({value}, chr(9)) "
            f"or contains({value}, chr(10)) then replace(replace(replace({value}, chr(92), "
            f"'\\\\'), chr(9), '\\t'), chr(10), '\\n') else {value} end"
        )
    return f"coalesce({value}, '\\N')"


def hash_rows(
    staging: Staging, table: str, key: Sequence[str], columns: Sequence[Column], sql: str
) -> Root:
    """The root of the rows a staging query gives: sha256 over their ordered blocks' sha256."""
    order = ", ".join(f"cast({column} as varchar)" for column in key)
    uuids = {c.name for c in columns if c.type.kind in (Kind.UUID, Kind.INTEGER)}
    if set(key) <= uuids:
        order = ", ".join(key)  # a uuid sorts as its text does, and faster
    staging.run(
        "create or replace temp table ingest_lines_to_hash as "
        f"select {canonical_row(columns)} as line from ({sql}) as rows order by {order}"
    )
    blocks = staging.rows(
        "select sha256(string_agg(line, chr(10) order by rowid)), count(*) "
        f"from ingest_lines_to_hash group by rowid // {BLOCK_ROWS} order by min(rowid)"
    )
    root = hashlib.sha256("".join(block[0] for block in blocks).encode()).hexdigest()
    return Root(table, sum(block[1] for block in blocks), root)


def content_hash(roots: Sequence[Root]) -> str:
    """One hash of all of a batch's tables, in alphabetical order."""
    lines = [f"{r.table}\t{r.row_count}\t{r.root_hash}\n" for r in sorted(roots, key=_table)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _table(root: Root) -> str:
    return root.table


def chain_hash(batch: Sequence[Any]) -> str:
    """The hash that stands for a batch and, through previous_hash, for all before it.

    `batch` is the row of ledger_batches without chain_hash, in the table's order, times as epoch
    microseconds.
    """
    return hashlib.sha256("\t".join(_text(value) for value in batch).encode()).hexdigest()


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
