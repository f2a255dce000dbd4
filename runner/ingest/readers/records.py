"""The records of a file in the staging: number, text as it stands, and fields as JSON."""

from __future__ import annotations

from runner.engines.staging import Staging
from runner.ingest.formats import Format
from runner.ingest.progress import Progress
from runner.ingest.source import Piece, Source

CHUNK_ROWS = 10_000
_CHUNK_CHARACTERS = 1 << 25  # a chunk of long records is ended before it fills the memory

Record = tuple[int, str, str | None]  # line or number, verbatim, as JSON with text for numbers


class Records:
    """A new table of a file's records, filled chunk by chunk."""

    def __init__(self, staging: Staging, source: Source, progress: Progress) -> None:
        self.table = f"ingest_records_{source.number}"
        self._staging = staging
        self._base = source.number << 40
        self._progress = progress
        self._chunk: list[Record] = []
        self._characters = 0
        staging.run(
            f"create or replace temp table {self.table} (row_id bigint, raw varchar, record json)"
        )

    def add(self, record: Record) -> None:
        """Append a record; one whose JSON is None is kept verbatim only."""
        self._chunk.append(record)
        self._characters += len(record[1])
        if len(self._chunk) == CHUNK_ROWS or self._characters > _CHUNK_CHARACTERS:
            self._write()

    def passed_over(self, characters: int) -> None:
        """A record that is not kept was met."""
        self._characters += characters

    def piece(self, form: Format, warnings: tuple[str, ...] = (), passed_over: int = 0) -> Piece:
        """What a reader answers for a file: records, or the columns the format takes of them.

        `passed_over`: rows that were read, and are not in the table.
        """
        self._write()
        if form.has_columns:
            columns = ",\n    ".join(
                f'record ->> \'$."{name}"\' as "{name}"' for name in (*form.columns, *form.optional)
            )
        else:
            columns = "record"
        return Piece(
            f"select\n    row_id,\n    {columns}\nfrom {self.table} where record is not null",
            f"select row_id, raw from {self.table}",
            f"select count(*) + {passed_over} from {self.table}",
            warnings,
        )

    def _write(self) -> None:
        chunk, base = self._chunk, self._base
        if chunk:
            self._staging.run(
                f"insert into {self.table} select unnest(?::bigint[]), unnest(?::varchar[]), "
                "cast(unnest(?::varchar[]) as json)",
                [[base + r[0] for r in chunk], [r[1] for r in chunk], [r[2] for r in chunk]],
            )
        self._progress.advanced(self._characters, len(chunk))
        self._chunk, self._characters = [], 0
