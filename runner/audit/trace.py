"""One order's whole story: every fact that bears on it and what was derived from it, in time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runner.audit import raw_payloads
from runner.audit.trace_lookups import LATER_LOOKUPS, LOOKUPS, NEAR, REQUESTS, Lookup
from runner.audit.trace_steps import STEPS, Step
from runner.engines.base import Engine
from runner.errors import SelectionError, nearest

if TYPE_CHECKING:
    from runner.ingest.raw_rows import RawRow

_NEAR_STARTS = 3  # how many shorter beginnings of an unknown id are looked for
_NEAR_LISTED = 20
_ASKED = re.compile(r"\{(\w+)\}")
_SAID = ("happened_at", "id", "batch_id", "told_as")


@dataclass(frozen=True)
class Entry:
    """One line of the story. `batch_id` and `chain_hash` are those of a fact, else None."""

    happened_at: datetime | None
    kind: str
    table: str
    id: str
    details: Mapping[str, Any]
    batch_id: int | None
    chain_hash: str | None
    rank: int

    @property
    def place(self) -> tuple[bool, datetime, int]:
        """By time; what has none stands last, and what is of one moment in order of cause."""
        return (self.happened_at is None, self.happened_at or datetime.min, self.rank)


def find_orders(engine: Engine, given: str) -> list[str]:
    """The orders that an id leads to: of an order, fill, request or signal, ours or theirs.

    What is one order's id may be another's fill: all are told. SelectionError (R206) for an id that
    nobody knows, with others that begin like it, and for a request that became no order.
    """
    for lookups in (LOOKUPS, LATER_LOOKUPS):
        if found := sorted(_found(engine, given, lookups)):
            return found
    if requests := sorted(_found(engine, given, REQUESTS)):
        raise SelectionError(
            "R206",
            f"the request {given} became no order",
            why=f"order_requests has it as {', '.join(requests)}, and no order names that",
            mend=f"""see `runner query "select * from order_requests where order_request_id = """
            f"""'{requests[0]}'"`""",
        )
    near = _near(engine, given)
    raise SelectionError(
        "R206",
        f"no order, fill, request or signal has the id '{given}'",
        mend=f"did you mean '{near}'?"
        if near
        else 'see `runner query "select order_id, client_order_id from orders"`',
    )


def _found(engine: Engine, given: str, lookups: Sequence[Lookup]) -> set[str]:
    text, uuid = _quoted(given), _uuid(given)
    present = engine.existing({lookup.table for lookup in lookups})
    found = set()
    for lookup in lookups:
        literal = uuid if lookup.is_uuid else text
        if literal is not None and lookup.table in present:
            rows = engine.query(lookup.sql.replace("{id}", literal)).rows
            found |= {str(row[0]) for row in rows}
    return found


def trace(engine: Engine, order_id: str) -> list[Entry]:
    """The story of one order, oldest first. What is not built yet is left out."""
    tables = {raw_payloads.BLOCKS, *(table for step in STEPS for table in step.tables)}
    present = engine.existing(tables)
    entries: list[Entry] = []
    known = {"order": _uuid(order_id) or "null"}
    for step in STEPS:
        asked = set(_ASKED.findall(step.sql))
        if asked <= known.keys() and present.issuperset(step.tables):
            told = list(_entries(engine, step, known))
            known |= _told(engine, step, told)
            entries += told
    rows = raw_payloads.of_facts(engine, present, [(e.table, e.id) for e in entries])
    entries = [_with_row(entry, rows.get((entry.table, entry.id))) for entry in entries]
    known_batches = _batches(engine, entries)
    entries = [
        replace(e, chain_hash=known_batches[e.batch_id]["chain_hash"])
        if e.batch_id in known_batches
        else e
        for e in entries
    ]
    return sorted(entries, key=lambda e: e.place)


def _with_row(entry: Entry, row: RawRow | None) -> Entry:
    if row is None:
        return entry
    said = {"source": f"{row.source}:{row.line}", "raw": row.text}
    return replace(entry, details={**entry.details, **said})


def _entries(engine: Engine, step: Step, known: Mapping[str, str]) -> Iterator[Entry]:
    answer = engine.query(_ASKED.sub(lambda asked: known[asked[1]], step.sql))
    for said in answer.named:
        details = {n: v for n, v in said.items() if n not in _SAID and v is not None}
        yield Entry(
            said["happened_at"],
            said.get("told_as", step.kind),
            step.tables[0],
            str(said["id"]),
            details,
            said.get("batch_id"),
            None,
            step.rank,
        )


def _told(engine: Engine, step: Step, entries: Sequence[Entry]) -> dict[str, str]:
    """What later steps may ask for."""
    if not entries:
        return {}
    if step.kind == "costs":
        return {"costed_at": f"timestamp '{entries[0].happened_at}'"}
    if step.kind != "fill":
        return {}
    ids = [f"cast('{entry.id}' as uuid)" for entry in entries]
    books = engine.query(
        "select distinct account_id, instrument_id from order_fills "
        f"where fill_id in ({', '.join(ids)}) order by account_id, instrument_id"
    ).rows
    conditions = (
        f"account_id = {_quoted(account)} and instrument_id = {_quoted(instrument)}"
        for account, instrument in books
    )
    return {
        "fills": " union all ".join(f"select {fill} as fill_id" for fill in ids),
        "books": f"({' or '.join(conditions)})",
    }


def batches(engine: Engine, entries: Sequence[Entry]) -> list[Entry]:
    """The batches that a story's facts came with, each an entry of its own, in their order."""
    return [
        Entry(
            said["recorded_at"],
            "batch",
            "ledger_batches",
            str(number),
            {n: said[n] for n in ("kind", "source", "row_count", "chain_hash")},
            number,
            said["chain_hash"],
            0,
        )
        for number, said in _batches(engine, entries).items()
    ]


def _batches(engine: Engine, entries: Sequence[Entry]) -> dict[int, Mapping[str, Any]]:
    numbers = sorted({e.batch_id for e in entries if e.batch_id is not None})
    if not numbers:
        return {}
    answer = engine.query(
        "select batch_id, kind, source, row_count, chain_hash, recorded_at from ledger_batches "
        f"where batch_id in ({', '.join(map(str, numbers))}) order by batch_id"
    )
    return {int(row["batch_id"]): row for row in answer.named}


def _near(engine: Engine, given: str) -> str | None:
    for cut in range(1, min(_NEAR_STARTS, len(given) - 1) + 1):
        start = _quoted(given[:-cut])
        alike = [
            str(row[0])
            for sql in NEAR
            for row in engine.query(
                f"{sql.replace('{start}', start)} order by id limit {_NEAR_LISTED}"
            ).rows
        ]
        if alike:
            return nearest(given, set(alike)) or min(alike)
    return None


def _uuid(text: str) -> str | None:
    """The literal of an id of the ledger's own; None for a text that is none."""
    try:
        return f"cast('{UUID(text)}' as uuid)"
    except ValueError:
        return None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
