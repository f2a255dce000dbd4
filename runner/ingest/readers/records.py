"""The records of a file in the staging: number, text as it stands, and fields as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from runner.engines.staging import Staging
from runner.ingest.formats import Format
from runner.ingest.source import Piece, Source

CHUNK_ROWS = 10_000

Record = tuple[int, str, str | None]  # line or number, verbatim, as JSON with text for numbers


def open_table(staging: Staging, source: Source) -> str:
    """A new table for a file's records; its name."""
    table = f"ingest_records_{source.number}"
    staging.run(f"create or replace temp table {table} (row_id bigint, raw varchar, record json)")
    return table


def stage(staging: Staging, source: Source, table: str, chunk: Sequence[Record]) -> None:
    """Append records; one whose JSON is None is kept verbatim only."""
    base = source.number << 40
    staging.run(
        f"insert into {table} select unnest(?::bigint[]), unnest(?::varchar[]), "
        "cast(unnest(?::varchar[]) as json)",
        [[base + r[0] for r in chunk], [r[1] for r in chunk], [r[2] for r in chunk]],
    )


def piece(form: Format, table: str, warnings: tuple[str, ...] = (), passed_over: int = 0) -> Piece:
    """What a reader answers for a file: records, or the columns the format takes of them.

    `passed_over`: rows that were read, and are not in the table.
    """
    if form.has_columns:
        columns = ",\n    ".join(
            f'record ->> \'$."{name}"\' as "{name}"' for name in (*form.columns, *form.optional)
        )
    else:
        columns = "record"
    return Piece(
        f"select\n    row_id,\n    {columns}\nfrom {table} where record is not null",
        f"select row_id, raw from {table}",
        f"select count(*) + {passed_over} from {table}",
        warnings,
    )
