"""The text of rows that became facts, as it was read: compressed in blocks, found by row.

A block is up to 10,000 rows of one file, in order, a line each: the row's line (or record) number,
a tab, and its text, escaped as the hash chain escapes text. A fact's `source_row` names its row.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.engines.base import Engine
from runner.engines.staging import Staging
from runner.ingest.batch import Append
from runner.ingest.candidates import Candidates
from runner.ingest.chain import BLOCK_ROWS, escaped
from runner.ingest.readers import FILE_SHIFT

TABLE = "raw_blocks"
_LINE = (1 << FILE_SHIFT) - 1
_RANGE_ROWS = 2_000_000  # of how many rows the blocks are held in memory at once
_ZSTD_LEVEL = 1
_COLUMNS = (
    "first_row bigint, last_row bigint, source varchar, reader varchar, header varchar, "
    "row_count bigint, sha256 varchar, payload varchar"
)


@dataclass(frozen=True)
class RawRow:
    """A row as it stood in its file; `line` counts lines or records from 1."""

    source: str
    line: int
    header: str | None
    text: str


def collect(staging: Staging, judged: Sequence[Candidates]) -> Append | None:
    """The rows that fresh facts are made of, in blocks; None where there are none."""
    made = " union ".join(_rows_of(staging, rows) for rows in judged)
    staging.run(f"create or replace temp table ingest_raw_rows as {made}")
    staging.run(f"create or replace temp table ingest_raw_blocks ({_COLUMNS})")
    files = staging.rows(
        "select f.number, f.name, f.reader, f.header, min(r.row_id), max(r.row_id) "
        f"from ingest_raw_rows as r inner join ingest_files as f on r.row_id >> {FILE_SHIFT} = "
        "f.number group by all order by 1"
    )
    for number, name, reader, header, first, last in files:
        for start in range(first, last + 1, _RANGE_ROWS):
            end = min(start + _RANGE_ROWS - 1, last)
            found = [
                (*_block(number << FILE_SHIFT, lines), name, reader, header)
                for lines in staging.blocks(_lines(start, end), BLOCK_ROWS)
            ]
            if found:
                _insert(staging, found)
    if not files:
        return None
    return Append(TABLE, "select * from ingest_raw_blocks")


def _rows_of(staging: Staging, rows: Candidates) -> str:
    """The rows of a table's fresh facts, and those of the load that are of the same ones."""
    fresh = f"select row_id from {rows.table} where {rows.fresh}"
    again = f"from {rows.table} where problem is null and is_duplicate"
    if not staging.rows(f"select 1 {again} limit 1"):
        return fresh
    key = rows.shape.key
    return f"{fresh} union select row_id {again} and {key} in ({fresh.replace('row_id', key, 1)})"


def _lines(start: int, end: int) -> str:
    return (
        f"select concat(row_id & {_LINE}, chr(9), {_text()}) as line from ingest_source "
        f"where row_id between {start} and {end} "
        f"and row_id in (select row_id from ingest_raw_rows where row_id between {start} and {end})"
        " order by row_id"
    )


def _text() -> str:
    special = " or ".join(f"contains(raw, chr({code}))" for code in (92, 9, 10))
    return f"case when {special} then {escaped('raw')} else raw end"


def _block(base: int, lines: Sequence[str]) -> tuple[Any, ...]:
    import zstandard

    text = "\n".join(lines).encode()
    payload = base64.b64encode(zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(text))
    first, last = (base + int(line.partition("\t")[0]) for line in (lines[0], lines[-1]))
    return first, last, len(lines), hashlib.sha256(text).hexdigest(), payload.decode()


def _insert(staging: Staging, found: Sequence[tuple[Any, ...]]) -> None:
    names = "first_row, last_row, row_count, sha256, payload, source, reader, header"
    kinds = ("bigint", "bigint", "bigint", *(["varchar"] * 5))
    lists = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
    staging.run(
        f"insert into ingest_raw_blocks ({names}) select {lists}",
        [list(values) for values in zip(*found, strict=True)],
    )


def read(engine: Engine, wanted: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], RawRow]:
    """Rows by batch and `source_row`; those of facts appended before there were blocks are absent.

    ValueError where a block's text is not the one that was compressed.
    """
    found: dict[tuple[int, int], RawRow] = {}
    left = sorted(set(wanted))
    while left:
        batch_id, row_id = left[0]
        block = next(
            iter(
                engine.query(
                    "select last_row, source, header, sha256, payload from raw_blocks "
                    f"where batch_id = {batch_id} and first_row <= {row_id} "
                    f"and last_row >= {row_id}"
                ).rows
            ),
            None,
        )
        if block is None:
            left.pop(0)
            continue
        last, source, header, digest, payload = block
        numbers = {row & _LINE: row for batch, row in left if batch == batch_id and row <= last}
        for line, text in _rows_in(payload, digest):
            if line in numbers:
                found[batch_id, numbers[line]] = RawRow(source, line, header, text)
        left = [(b, row) for b, row in left if b != batch_id or row > last]
    return found


def _rows_in(payload: str, digest: str) -> Iterator[tuple[int, str]]:
    import zstandard

    text = zstandard.ZstdDecompressor().decompress(base64.b64decode(payload))
    if hashlib.sha256(text).hexdigest() != digest:
        raise ValueError("a block of raw rows is not what was kept")
    for line in text.decode().split("\n"):
        number, _, row = line.partition("\t")
        yield int(number), _unescaped(row)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in parts)
