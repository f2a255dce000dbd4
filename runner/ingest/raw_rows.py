"""The text of rows that became facts, as it was read: compressed in blocks, found by row.

A block is up to 10,000 rows of one file, in order, a line each: the row's line (or record) number,
a tab, and its text, escaped as the hash chain escapes text. A fact's `source_row` names its row.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.engines.base import Engine
from runner.engines.staging import Staging, TextBlock
from runner.errors import EngineError
from runner.ingest import threads
from runner.ingest.batch import Append
from runner.ingest.chain import BLOCK_ROWS, escaped
from runner.ingest.readers import FILE_SHIFT

if TYPE_CHECKING:
    from runner.ingest.candidates import Candidates

TABLE = "raw_blocks"
_LINE = (1 << FILE_SHIFT) - 1
_RANGE_ROWS = 2_000_000  # of how many rows the blocks are held in memory at once
_ZSTD_LEVEL = 1
_INSERT_ROWS = 50
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
            blocks = staging.blocks(_lines(start, end), BLOCK_ROWS)
            base = number << FILE_SHIFT
            _insert(
                staging,
                [
                    (base + first, base + last, *packed, name, reader, header)
                    for first, last, *packed in threads.each(_packed, blocks)
                ],
            )
    if not files:
        return None
    return Append(TABLE, "select * from ingest_raw_blocks")


def _rows_of(staging: Staging, rows: Candidates) -> str:
    """The rows of a table's fresh facts, and those of the load that are of the same ones."""
    fresh = f"from {rows.table} where {rows.fresh}"
    parts = [f"select row_id {fresh}"]
    if rows.has_of_rows:
        parts.append(f"select unnest(of_rows) {fresh}")
    again = f"from {rows.table} where problem is null and is_duplicate"
    if staging.rows(f"select 1 {again} limit 1"):
        key = rows.shape.key
        parts.append(f"select row_id {again} and {key} in (select {key} {fresh})")
    return " union ".join(parts)


def _lines(start: int, end: int) -> str:
    return (
        f"select concat(row_id & {_LINE}, chr(9), {_text()}, chr(10)) as line from ingest_source "
        f"where row_id between {start} and {end} "
        f"and row_id in (select row_id from ingest_raw_rows where row_id between {start} and {end})"
        " order by row_id"
    )


def _text() -> str:
    special = " or ".join(f"contains(raw, chr({code}))" for code in (92, 9, 10))
    return f"case when {special} then {escaped('raw')} else raw end"


def _packed(block: TextBlock) -> tuple[int, int, int, str, str]:
    """First and last line, how many, and the sha256 and the payload of their text."""
    import zstandard

    text = block.text
    payload = base64.b64encode(zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(text))
    first, last = (
        int(text[begins : text.index(b"\t", begins)]) for begins in (0, text.rfind(b"\n") + 1)
    )
    return first, last, block.row_count, hashlib.sha256(text).hexdigest(), payload.decode()


def _insert(staging: Staging, found: Sequence[tuple[Any, ...]]) -> None:
    names = "first_row, last_row, row_count, sha256, payload, source, reader, header"
    marks = f"({', '.join('?' * len(names.split()))})"
    for start in range(0, len(found), _INSERT_ROWS):
        rows = found[start : start + _INSERT_ROWS]
        staging.run(
            f"insert into ingest_raw_blocks ({names}) values {', '.join([marks] * len(rows))}",
            [value for row in rows for value in row],
        )


def read(engine: Engine, wanted: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], RawRow]:
    """Rows by batch and `source_row`; those of facts appended before there were blocks are absent.

    EngineError (R329) where a block's text is not the one that was compressed.
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


@dataclass(frozen=True)
class Block:
    """Rows of one file as they are kept, compressed."""

    first_row: int
    last_row: int
    source: str
    reader: str
    header: str | None
    row_count: int
    digest: str
    payload: str

    @property
    def file_number(self) -> int:
        """Its file's place in the load."""
        return self.first_row >> FILE_SHIFT

    def rows(self) -> Iterator[tuple[int, int]]:
        """Each row's `source_row` and line; none where the text is not what was kept."""
        with suppress(EngineError):
            for line, _ in self.texts():
                yield (self.first_row & ~_LINE) + line, line

    def texts(self) -> Iterator[tuple[int, str]]:
        """Each row's line and text. EngineError (R329) where they are not what was kept."""
        return _rows_in(self.payload, self.digest)


def blocks(engine: Engine, batch_id: int) -> Iterator[Block]:
    """All of a batch, in order; other queries may run between two."""
    rows = engine.query(
        f"select first_row from {TABLE} where batch_id = {batch_id} order by first_row"
    ).rows
    for (first,) in list(rows):
        (found,) = engine.query(
            "select first_row, last_row, source, reader, header, row_count, sha256, payload "
            f"from {TABLE} "
            f"where batch_id = {batch_id} and first_row = {first}"
        ).rows
        yield Block(*found)


def _rows_in(payload: str, digest: str) -> Iterator[tuple[int, str]]:
    import zstandard

    try:
        text = zstandard.ZstdDecompressor().decompress(base64.b64decode(payload))
        is_kept = hashlib.sha256(text).hexdigest() == digest
    except (ValueError, zstandard.ZstdError):  # what it holds is no base64, or not compressed
        is_kept = False
    if not is_kept:
        raise EngineError(
            "R329",
            "a block of the rows that facts were made of is not what was kept",
            why=f"its text has not the hash {digest}: {TABLE} was altered",
            mend="run `runner verify` to see what else was",
        )
    for line in text.decode().split("\n"):
        number, _, row = line.partition("\t")
        yield int(number), _unescaped(row)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in parts)
