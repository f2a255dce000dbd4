"""What a load leaves to be looked at: in words, for whoever loaded it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from runner.engines.staging import Staging
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.shapes.reference import INSTRUMENT
from runner.ingest.tally import Tally
from runner.moments import utc_now

# when a fact came about, by the columns of its table
_HAPPENED = (
    "executed_at",
    "occurred_at",
    "event_at",
    "acquired_at",
    "requested_at",
    "sent_at",
)
# restatements, by the column that says whose terms they are
_RESTATED = {"account_restatements": "account_id", "instrument_restatements": "instrument_id"}
_FIRST_YEAR = 1971  # seconds read as milliseconds are of January 1970


def of(
    staging: Staging,
    loaded: Sequence[Candidates],
    facts: Mapping[str, FactTable],
    counted: Tally,
    appended: Mapping[str, int],
    now: datetime | None,
) -> list[str]:
    """Sentences about what was loaded, and about what was not. `now` is UTC."""
    found = []
    if counted.refused:
        reasons = staging.rows(
            "select reason_code, count(*) as n from ingest_quarantine group by reason_code "
            "order by n desc, reason_code"
        )
        listed = ", ".join(f"{count:,} {code}" for code, count in reasons)
        found.append(f"{counted.refused:,} rows were set aside in quarantine: {listed}")
    if counted.passed_over:
        found.append(f"{counted.passed_over:,} rows hold nothing that a ledger keeps: passed over")
    rounded = sum(
        staging.rows(f"select count(*) from {rows.table} where {rows.fresh} and has_rounding")[0][0]
        for rows in loaded
    )
    if rounded:
        found.append(f"{rounded:,} rows have values of more than 12 decimals, which were rounded")
    for rows in loaded:
        if rows.shape is not INSTRUMENT:
            continue
        unsized = f"{rows.fresh} and keep_multiplier is null and instrument_type <> 'SPOT'"
        if symbols := _listed(staging, rows.table, "instrument_id", unsized):
            found.append(
                f"contract size is taken to be 1 for {symbols}, which have no multiplier: "
                "if it is not, restate it with canonical-instrument-restatements"
            )
    if any(rows.shape.makes_instruments for rows in loaded) and appended.get("instruments"):
        unsized = "instrument_type = 'LINEAR' and multiplier is null"
        if symbols := _listed(staging, "ingest_new_instruments", "symbol", unsized):
            found.append(
                f"contract size is taken to be 1 for {symbols}: "
                "if it is not, restate it with canonical-instrument-restatements"
            )
    found += _overruled(staging, loaded, facts)
    return found + list(_odd_dates(staging, loaded, now))


def _overruled(
    staging: Staging, loaded: Sequence[Candidates], facts: Mapping[str, FactTable]
) -> Iterator[str]:
    """A sentence for restatements decided before others that the ledger has."""
    for rows in loaded:
        subject = _RESTATED.get(rows.shape.table)
        if subject is None:
            continue
        fact = facts[rows.shape.table]
        known = staging.ledger(fact.name, fact.columns, fact.key_column.name)
        later = (
            f"select 1 from {known} as later where later.{subject} = {rows.table}.{subject} "
            f"and later.restated_at > {rows.table}.restated_at"
        )
        condition = f"{rows.fresh} and exists ({later})"
        if listed := _listed(staging, rows.table, subject, condition):
            yield f"terms of {listed} stay as they are: they were restated at a later restated_at"


def first_refused(staging: Staging) -> list[str]:
    """`file:line: code: reason` of the first row of each reason, five reasons at most."""
    rows = staging.rows(
        "select arg_min(source, row_id), arg_min(line_number, row_id), reason_code, "
        "arg_min(reason, row_id) from ingest_quarantine group by reason_code "
        "order by count(*) desc, reason_code limit 5"
    )
    return [f"{source}:{line}: {code}: {reason}" for source, line, code, reason in rows]


def _odd_dates(
    staging: Staging, loaded: Sequence[Candidates], now: datetime | None
) -> Iterator[str]:
    """A sentence for the rows of each table that happened when nobody traded here, or not yet.

    Such a date is one read in a wrong unit, as a rule, or a slip; it may be right all the same.
    """
    tomorrow = (now or utc_now()) + timedelta(days=1)
    for rows in loaded:
        moment = next((c for c in _HAPPENED if c in rows.shape.columns), None)
        if moment is None:
            continue
        [(count, first, last)] = staging.rows(
            f"select count(*), min({moment}), max({moment}) from {rows.table} where {rows.fresh} "
            f"and ({moment} < timestamp '{_FIRST_YEAR}-01-01' or {moment} > timestamp '{tomorrow}')"
        )
        if count:
            yield (
                f"{count:,} {rows.shape.table} happened before {_FIRST_YEAR} or after tomorrow, "
                f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}: if that is wrong, amend them "
                "(a fill by a BUST or CORRECTION), as a fact cannot be taken back"
            )


def _listed(staging: Staging, table: str, column: str, condition: str) -> str:
    rows = staging.rows(f"select distinct {column} from {table} where {condition} order by 1")
    return ", ".join(row[0] for row in rows)
