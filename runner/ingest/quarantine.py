"""Rows that could not become facts: kept verbatim, each with one reason.

A refused row that comes again is the same row of quarantine, whatever its file is called, whichever
line it stands on and however the reason is worded: a conflict with an earlier row of the same file
is one with the ledger when the file is loaded again.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.engines.staging import Staging
from runner.ingest.batch import Append
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.fields import Defaults
from runner.ingest.formats import Format
from runner.ingest.functions import quoted, uuid5_sql
from runner.ingest.shapes.stated import Extent

# of a record that is no such thing as was looked for, what the venue says it is instead
_REASON = (
    "concat_ws(case when ends_with(r.reason, '?') then ' ' else '. ' end, r.reason, "
    "case when f.reader = 'json' and regexp_full_match(r.code, 'missing|not_an?_[a-z]+') "
    "and json_valid(r.raw) then ingest_complaint(cast(r.raw as json)) end)"
)


def collect(
    staging: Staging,
    form: Format,
    defaults: Defaults,
    judged: Sequence[Candidates],
    fact: FactTable,
) -> Append | None:
    """Every refused row of the load into ingest_quarantine; those not kept already to append."""
    if not _any(staging, judged):
        staging.run(
            "create or replace temp table ingest_quarantine "
            "(row_id bigint, reason_code varchar, reason varchar)"
        )
        return None
    parts = [
        "select row_id, raw, code, reason, cast(null as varchar) as fact, cast(null as varchar) "
        "as item, 0 as nth_shape from ingest_refused"
    ]
    for nth, candidates in enumerate(judged):
        if staging.rows(f"select 1 from {candidates.table} where problem is not null limit 1"):
            parts.append(f"select *, {nth} as nth_shape from ({_refused(candidates)}) as r")
    # a file may hold the same bad row several times: each has its line, and the n-th is the n-th
    # again when the file is
    staging.run(
        "create or replace temp table ingest_numbered as select *, cast(row_number() over ("
        "partition by row_id >> 40, code, fact, raw order by row_id, reason) as varchar) as nth "
        f"from ({' union all '.join(parts)}) as r{_ONE_AN_ITEM}"
    )
    identity = uuid5_sql(
        "quarantine", quoted(form.name), "r.code", "coalesce(r.fact, '')", "r.nth", "r.raw"
    )
    staging.run(
        "create or replace temp table ingest_quarantine as "
        f"select {identity} as quarantine_id, f.name as source, {quoted(form.name)} as format, "
        f"r.row_id & 1099511627775 as line_number, r.code as reason_code, {_REASON} as reason, "
        "r.raw, "
        f"f.reader, f.header, {_text(defaults.account)} as given_account, "
        f"{_text(defaults.venue)} as given_venue, {_extent(form)}, r.row_id "
        "from ingest_numbered as r inner join ingest_files as f on r.row_id >> 40 = f.number"
    )
    known = staging.ledger(
        fact.name, fact.columns, "quarantine_id", "select quarantine_id from ingest_quarantine"
    )
    return Append(
        fact.name,
        "select distinct on (quarantine_id) * exclude (row_id) from ingest_quarantine "
        f"where quarantine_id not in (select quarantine_id from {known}) "
        "order by quarantine_id, row_id",
    )


def _text(value: str | None) -> str:
    return f"cast({quoted(value)} as varchar)"


def _extent(form: Format) -> str:
    """What the caller said that the statement is whole about."""
    given = form.extent or Extent()
    start, end = (
        quoted(None if moment is None else str(moment)) for moment in (given.start, given.end)
    )
    return (
        f"cast({start} as timestamp) as given_start, cast({end} as timestamp) as given_end, "
        f"{_text(given.scope if form.extent else None)} as given_scope"
    )


# a thing that would have been facts of several shapes is kept once, for the first of its reasons
_ONE_AN_ITEM = (
    " where true qualify item is null or row_number() over (partition by row_id, item "
    "order by nth_shape, code, fact) = 1"
)


def _refused(candidates: Candidates) -> str:
    """The refused among a row's candidates; `fact`: the id it would have had, where it has one.

    One source row may hold several facts (an envelope of trades), each refused for itself. The
    events an order's row makes are no facts of their own: their reasons are the row's.
    """
    key = candidates.fact_key
    own = "coalesce(c.raw, s.raw)" if candidates.has_raw and candidates.made_of is None else "s.raw"
    item = "cast(c.item as varchar)" if candidates.has_item else "cast(null as varchar)"
    said = "substr(c.problem, strpos(c.problem, ' ') + 1)"
    problem = (
        f"select c.row_id, {own} as raw, split_part(c.problem, ' ', 1) as code, {said} as reason, "
        f"cast(c.{key} as varchar) as fact, {item} as item from {candidates.table} as c "
        f"left join ingest_source as s on c.row_id = s.row_id where c.problem is not null"
    )
    if candidates.made_of is None:
        return problem
    return (
        "select row_id, raw, code, string_agg(reason, '; ' order by reason) as reason, fact, "
        f"item from ({problem}) as p group by row_id, raw, code, fact, item"
    )


def _any(staging: Staging, judged: Sequence[Candidates]) -> bool:
    tables = [f"select 1 from {rows.table} where problem is not null" for rows in judged]
    return bool(
        staging.rows(" union all ".join(["select 1 from ingest_refused", *tables]) + " limit 1")
    )
