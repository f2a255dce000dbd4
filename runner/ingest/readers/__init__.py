"""Files to rows: each reader gives named text columns, or JSON records, and loses nothing.

After `read`, the staging has

    ingest_raw      row_id and the format's columns (or `record`): what the mapping selects from
    ingest_source   row_id and the row verbatim
    ingest_refused  row_id, the row verbatim, code and reason: rows that are no rows
    ingest_floats   row_id and literal of the numbers in JSON that a binary float wrote
    ingest_files    each file's number, name, reader, and header where it is a CSV

`row_id` is the file's number in the load, times 2^40, plus the line (CSV, NDJSON, FIX, XML) or the
record's number (JSON, Parquet), from 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.engines.staging import Staging
from runner.errors import InputError, Location
from runner.ingest.formats import Format
from runner.ingest.progress import FileProgress, Progress
from runner.ingest.readers import csv, fix, json, parquet, xml
from runner.ingest.source import Piece, Source

Row = tuple[int, str]  # its line or number, and its text

_READERS = {
    "csv": csv.read,
    "json": json.read,
    "parquet": parquet.read,
    "fix": fix.read,
    "xml": xml.read,
}
_KEPT = {
    "csv": csv.read_kept,
    "json": json.read_kept,
    "parquet": json.read_kept,
    "fix": fix.read_kept,
    "xml": xml.read_kept,
}
FILE_SHIFT = 40
_SHOWN = 120  # characters of a file without rows


def read(
    staging: Staging, form: Format, sources: Sequence[Source], progress: Progress
) -> tuple[int, list[str]]:
    """Read every file into the staging; how many rows, and the warnings.

    InputError where a file cannot be read.
    """
    _start(staging)
    pieces: list[Piece] = []
    sizes = [source.path.stat().st_size for source in sources]
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    progress.began(f"reading {sources[0].name}{more}", sum(sizes))
    for source, size in zip(sources, sizes, strict=True):
        if source.kind not in form.readers:
            raise InputError(
                "R273",
                f"{source.path.name} looks like {source.kind}, and {form.name} is read from "
                + " or ".join(form.readers),
                where=Location(source.path),
                mend="name the right --format, or the right file",
            )
        of_file = FileProgress(progress, size)
        pieces.append(_READERS[source.kind](staging, form, source, of_file))
        of_file.ended()
    return _stage(staging, sources, pieces)


def read_kept(
    staging: Staging, form: Format, files: Sequence[tuple[Source, str | None, Sequence[Row]]]
) -> tuple[int, list[str]]:
    """Read rows that were kept into the staging, as `read` does files.

    Of each file its source, the header of a CSV, and its rows: the line or number, and the text.
    """
    _start(staging)
    pieces = []
    for source, header, rows in files:
        if source.kind not in _KEPT:
            raise InputError(
                "R283",
                f"rows of {source.kind} cannot be read by themselves: load their file again",
                where=Location(source.path),
            )
        pieces.append(_KEPT[source.kind](staging, form, source, rows, header))
    return _stage(staging, [source for source, _, _ in files], pieces)


def _start(staging: Staging) -> None:
    staging.run(
        "create or replace temp table ingest_refused "
        "(row_id bigint, raw varchar, code varchar, reason varchar)"
    )
    staging.run("create or replace temp table ingest_floats (row_id bigint, literal varchar)")


def _stage(
    staging: Staging, sources: Sequence[Source], pieces: Sequence[Piece]
) -> tuple[int, list[str]]:
    staging.run(
        "create or replace temp table ingest_files "
        "(number bigint, name varchar, reader varchar, header varchar)"
    )
    for source, piece in zip(sources, pieces, strict=True):
        staging.run(
            "insert into ingest_files values (?, ?, ?, ?)",
            [source.number, source.name, source.kind, piece.header],
        )
    rows = "\nunion all by name\n".join(piece.rows for piece in pieces)
    verbatim = "\nunion all\n".join(piece.verbatim for piece in pieces)
    staging.run(f"create or replace temp view ingest_raw as\n{rows}")
    staging.run(f"create or replace temp view ingest_source as\n{verbatim}")
    counted = " union all ".join(
        f"select {nth} as nth, ({piece.counted}) as n" for nth, piece in enumerate(pieces)
    )
    counts = staging.rows(f"select n from ({counted}) as counts order by nth")
    warnings = [warning for piece in pieces for warning in piece.warnings]
    for source, (count,) in zip(sources, counts, strict=True):
        if not count:
            warnings.append(
                f"{source.name}: no row was found in it; it begins {_beginning(source)}"
            )
    return sum(count for (count,) in counts), warnings


def _beginning(source: Source) -> str:
    """An answer without records may say why: the start of its text, on one line."""
    text = " ".join(source.head.decode("utf-8", "replace").split())
    return f"'{text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}'"
