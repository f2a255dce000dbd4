"""Rows that could not become facts: kept verbatim, each with one reason."""

from __future__ import annotations

from collections.abc import Sequence

from runner.engines.staging import Staging
from runner.ingest.batch import Append
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.formats import Format
from runner.ingest.functions import quoted, uuid5_sql
from runner.ingest.source import Source


def collect(
    staging: Staging,
    form: Format,
    sources: Sequence[Source],
    judged: Sequence[Candidates],
    fact: FactTable,
) -> Append | None:
    """Every refused row of the load into ingest_quarantine; those not kept already to append."""
    if not _any(staging, judged):
        staging.run("create or replace temp table ingest_quarantine (reason_code varchar)")
        return None
    files = ", ".join(f"({s.number}, {quoted(s.name)})" for s in sources)
    parts = ["select row_id, raw, code, reason from ingest_refused"]
    for candidates in judged:
        if not staging.rows(f"select 1 from {candidates.table} where problem is not null limit 1"):
            continue
        own = "c.raw" if candidates.has_raw and candidates is judged[0] else "s.raw"
        parts.append(
            f"select c.row_id, {own} as raw, split_part(c.problem, ' ', 1) as code, "
            f"substr(c.problem, strpos(c.problem, ' ') + 1) as reason from {candidates.table} as c "
            f"left join ingest_source as s on c.row_id = s.row_id where c.problem is not null"
        )
    identity = uuid5_sql(
        "quarantine", quoted(form.name), "f.name", "cast(r.row_id & 1099511627775 as varchar)",
        "r.reason", "r.raw",
    )  # fmt: skip
    staging.run(
        "create or replace temp table ingest_quarantine as "
        f"select {identity} as quarantine_id, f.name as source, {quoted(form.name)} as format, "
        "r.row_id & 1099511627775 as line_number, r.code as reason_code, r.reason, r.raw "
        f"from ({' union all '.join(parts)}) as r "
        f"inner join (values {files}) as f (number, name) on r.row_id >> 40 = f.number"
    )
    known = staging.ledger(
        fact.name, fact.columns, "quarantine_id", "select quarantine_id from ingest_quarantine"
    )
    return Append(
        fact.name,
        "select distinct on (quarantine_id) * from ingest_quarantine "
        f"where quarantine_id not in (select quarantine_id from {known}) order by quarantine_id",
    )


def _any(staging: Staging, judged: Sequence[Candidates]) -> bool:
    tables = [f"select 1 from {rows.table} where problem is not null" for rows in judged]
    return bool(
        staging.rows(" union all ".join(["select 1 from ingest_refused", *tables]) + " limit 1")
    )
