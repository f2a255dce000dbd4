"""Rows of quarantine as they are kept, and which of them somebody means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from runner.engines.base import Engine, Result
from runner.errors import SelectionError
from runner.ingest.functions import quoted

_LISTED = (
    "quarantine_id, source, line_number, format, reason_code, reason, recorded_at, batch_id, "
    "resolution, resolved_at, resolving_batch_id"
)
_ROWS = """
    select
        q.quarantine_id,
        q.source,
        q.line_number,
        q.format,
        q.reader,
        q.header,
        q.given_account,
        q.given_venue,
        q.given_start,
        q.given_end,
        q.given_scope,
        q.reason_code,
        q.reason,
        q.raw,
        q.recorded_at,
        q.batch_id,
        r.resolution,
        r.recorded_at as resolved_at,
        r.batch_id as resolving_batch_id
    from quarantine as q
    left join quarantine_resolutions as r on q.quarantine_id = r.quarantine_id
"""
_AMBIGUOUS_LISTED = 5


@dataclass(frozen=True)
class Selection:
    """Which rows: those that meet every condition given; the open ones, unless `resolved_too`."""

    ids: tuple[UUID, ...] = ()
    files: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    batch_id: int | None = None
    since: datetime | None = None
    resolved_too: bool = False

    @property
    def condition(self) -> str:
        """SQL over the columns of `rows`."""
        parts = ["true"] if self.resolved_too else ["resolution is null"]
        if self.ids:
            listed = ", ".join(f"cast('{i}' as uuid)" for i in self.ids)
            parts.append(f"quarantine_id in ({listed})")
        for column, words in (
            ("source", self.files),
            ("reason_code", self.reasons),
            ("format", self.formats),
        ):
            if words:
                parts.append(f"{column} in ({', '.join(map(quoted, words))})")
        if self.batch_id is not None:
            parts.append(f"batch_id = {self.batch_id}")
        if self.since is not None:
            parts.append(f"recorded_at >= timestamp '{self.since}'")
        return " and ".join(parts)


def listed(engine: Engine, selection: Selection) -> Result:
    """Rows without their text, oldest first."""
    return engine.query(
        f"with kept as ({_ROWS}) select {_LISTED} from kept where {selection.condition} "
        "order by batch_id, source, line_number, quarantine_id"
    )


def one(engine: Engine, row_id: UUID) -> Result:
    """One row with all that is kept of it."""
    return engine.query(f"{_ROWS} where q.quarantine_id = cast('{row_id}' as uuid)")


def find(engine: Engine, given: str) -> UUID:
    """The row an id, or its beginning, names. SelectionError (R206) for none, or for several."""
    rows: list[UUID] = []
    start = given.strip().lower()
    if re.fullmatch(r"[0-9a-f-]{4,36}", start):
        answer = engine.query(
            "select quarantine_id from quarantine "
            f"where starts_with(cast(quarantine_id as text), {quoted(start)}) "
            f"order by quarantine_id limit {_AMBIGUOUS_LISTED + 1}"
        )
        rows = [UUID(str(row[0])) for row in answer.rows]
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise SelectionError(
            "R206",
            f"no row of quarantine has the id '{given}'",
            mend="see `runner quarantine list --all`; four digits or more of an id are enough",
        )
    more = ", …" if len(rows) > _AMBIGUOUS_LISTED else ""
    raise SelectionError(
        "R206",
        f"several rows of quarantine have an id that begins with '{given}'",
        why=", ".join(str(row) for row in rows[:_AMBIGUOUS_LISTED]) + more,
        mend="give more of it",
    )


@dataclass(frozen=True)
class Origin:
    """What rows of one file were read as, in one load: they can be mapped together again."""

    batch_id: int
    source: str
    format: str
    reader: str | None
    header: str | None
    account: str | None
    venue: str | None
    # what the load said that a statement of them is whole about
    start: datetime | None
    end: datetime | None
    scope: str | None

    @property
    def condition(self) -> str:
        """SQL over the columns of `quarantine`."""
        texts = {
            "source": self.source,
            "format": self.format,
            "reader": self.reader,
            "header": self.header,
            "given_account": self.account,
            "given_venue": self.venue,
            "given_scope": self.scope,
        }
        moments = {"given_start": self.start, "given_end": self.end}
        said = {
            **{column: None if t is None else quoted(t) for column, t in texts.items()},
            **{column: None if m is None else f"timestamp '{m}'" for column, m in moments.items()},
        }
        return f"batch_id = {self.batch_id} and " + " and ".join(
            f"{column} is null" if literal is None else f"{column} = {literal}"
            for column, literal in said.items()
        )


@dataclass(frozen=True)
class Kept:
    """One row: `line` is its line or record number, `is_meant` whether it is to be taken."""

    quarantine_id: UUID
    line: int
    raw: str
    is_meant: bool


def origins(engine: Engine, selection: Selection) -> list[Origin]:
    """Where the rows of a selection come from, oldest first."""
    rows = engine.query(
        f"with kept as ({_ROWS}) select distinct batch_id, source, format, reader, header, "
        "given_account, given_venue, given_start, given_end, given_scope "
        f"from kept where {selection.condition} "
        "order by batch_id, source, format, header"
    ).rows
    return [Origin(*row) for row in rows]


def rows_of(engine: Engine, origin: Origin, selection: Selection) -> Iterator[Kept]:
    """Every row kept of an origin, those not meant too: some mappings number equal rows."""
    rows = engine.query(
        f"with kept as ({_ROWS}) select quarantine_id, line_number, raw, "
        f"case when {selection.condition} then 1 else 0 end as is_meant "
        f"from kept where {origin.condition} order by line_number, quarantine_id"
    ).rows
    for row_id, line, raw, is_meant in rows:
        yield Kept(UUID(str(row_id)), int(line), str(raw), bool(is_meant))
