"""The hash chain: a canonical text of every fact, hashed in blocks, batches hashed one on another.

docs/ledger.md says it so that a stranger can recompute it from the tables alone; this module says
it in SQL. What it hashes is computed before the ledger takes the rows, in DuckDB, whatever the
ledger's engine: the same facts have the same hashes everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from runner.engines.base import Column
from runner.engines.staging import Staging, TextBlock
from runner.ingest import threads
from runner.ingest.functions import decimal_text
from runner.sqltyping.types import MONEY, Kind

BLOCK_ROWS = 10_000
_BACKSLASH, _TAB, _NEWLINE = "chr(92)", "chr(9)", "chr(10)"


@dataclass(frozen=True)
class Root:
    """One table's part of a batch."""

    table: str
    row_count: int
    root_hash: str


def canonical_row(columns: Sequence[Column]) -> str:
    r"""Portable SQL of a row's canonical text: values joined by tabs, NULL as \N."""
    return _row(columns, [value_text(column) for column in columns])


def canonical_line(columns: Sequence[Column]) -> str:
    """The same for a staging, with a newline at the end."""
    return _row(columns, [_staged_value(column) for column in columns], _NEWLINE)


def _row(columns: Sequence[Column], values: Sequence[str], end: str | None = None) -> str:
    """Few rows hold anything to escape: one look at all of a row's text decides which way it takes.

    `end` is SQL, too.
    """
    texts = [c.name for c in columns if c.type.kind in (Kind.TEXT, Kind.JSON)]
    plain = _joined(values, end)
    if not texts:
        return plain
    held = f"concat({', '.join(texts)})"
    special = " or ".join(f"contains({held}, {mark})" for mark in (_BACKSLASH, _TAB, _NEWLINE))
    careful = _joined(
        [
            escaped(column.name) if column.name in texts else value
            for column, value in zip(columns, values, strict=True)
        ],
        end,
    )
    return f"case when {special} then {careful} else {plain} end"


def _joined(values: Sequence[str], end: str | None) -> str:
    # concat() of all at once took half the time of a chain of ||
    joined = ", chr(9), ".join(f"coalesce({value}, '\\N')" for value in values)
    return f"concat({joined}, {end})" if end else f"concat({joined})"


def canonical_line_of(values: Sequence[str | None]) -> str:
    """The canonical text of a row whose values `value_text` has made texts of."""
    return "\t".join(map(_text, values))


def value_text(column: Column) -> str:
    """Portable SQL of a value's text, before it is escaped; null stays null."""
    name, kind = column.name, column.type.kind
    if kind is Kind.TIMESTAMP:
        return f"cast(epoch_us({name}) as varchar)"
    if kind is Kind.BOOLEAN:
        return f"case {name} when true then 't' when false then 'f' end"
    return f"cast({name} as varchar)"  # decimal(38,12) shows all 12 places; uuid is lower-case


def _staged_value(column: Column) -> str:
    if column.type == MONEY:
        return decimal_text(column.name, 12)
    return value_text(column)


def escaped(name: str) -> str:
    """SQL of a text with what would end its value or row escaped."""
    backslash = f"replace(cast({name} as varchar), {_BACKSLASH}, '\\\\')"
    return f"replace(replace({backslash}, {_TAB}, '\\t'), {_NEWLINE}, '\\n')"


def canonical_order(key: Sequence[str], columns: Sequence[Column]) -> str:
    """SQL of the order of a batch's rows: that of their key's text."""
    kinds = {c.name: c.type.kind for c in columns}
    # a uuid sorts as its text does, and faster
    return ", ".join(
        name if kinds[name] is Kind.UUID else f"cast({name} as varchar)" for name in key
    )


def hash_rows(
    staging: Staging, table: str, key: Sequence[str], columns: Sequence[Column], sql: str
) -> Root:
    """The root of the rows a staging query gives: sha256 over their ordered blocks' sha256."""
    order = canonical_order(key, columns)
    lines = f"select {canonical_line(columns)} as line from ({sql}) as rows order by {order}"
    return _root(table, staging.blocks(lines, BLOCK_ROWS))


def root(table: str, lines: Iterator[str], row_count: int) -> Root:
    """The root of the next `row_count` of the rows' texts."""

    def blocks() -> Iterator[TextBlock]:
        left = row_count
        while left and (block := list(islice(lines, min(left, BLOCK_ROWS)))):
            left -= len(block)
            yield TextBlock(len(block), "\n".join(block).encode())

    return _root(table, blocks())


def _root(table: str, blocks: Iterable[TextBlock]) -> Root:
    # Python's sha256 is several times as fast as DuckDB's, and lets other threads run meanwhile
    hashes, count = [], 0
    for row_count, digest in threads.each(_digest, blocks):
        hashes.append(digest)
        count += row_count
    return Root(table, count, hashlib.sha256("".join(hashes).encode()).hexdigest())


def _digest(block: TextBlock) -> tuple[int, str]:
    return block.row_count, hashlib.sha256(block.text).hexdigest()


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
