"""The same id again: a duplicate where the content is the same, a conflict where it is not."""

from __future__ import annotations

from runner.engines.staging import Staging
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.functions import quoted
from runner.sqltyping.types import Kind

_ASSIGNED = ("sequence_number",)  # given by the ledger, not by the source


def compared(candidates: Candidates, fact: FactTable) -> list[str]:
    """The columns that make up a fact's content."""
    apart = {*fact.key, *candidates.shape.not_compared, *_ASSIGNED}
    return [c.name for c in candidates.columns if c.name not in apart]


def mark(staging: Staging, candidates: Candidates, fact: FactTable) -> None:
    """Find what the ledger has already, and what the load has twice."""
    _mark_known(staging, candidates, fact)
    mark_repeated(staging, candidates, fact)
    for column in candidates.shape.unique:
        _mark_taken(staging, candidates, fact, column)


def _mark_known(staging: Staging, candidates: Candidates, fact: FactTable) -> None:
    table, (key,) = candidates.table, fact.key
    known = staging.ledger(
        fact.name, fact.columns, key, f"select {key} from {table} where problem is null"
    )
    if not staging.rows(f"select 1 from {known} limit 1"):
        return
    _judge(
        staging,
        candidates,
        fact,
        f"select n.rowid as at, l.* from {table} as n inner join {known} as l "
        f"on n.{key} = l.{key} where n.problem is null and not n.is_duplicate",
        "the ledger",
    )


def mark_repeated(staging: Staging, candidates: Candidates, fact: FactTable) -> None:
    """Within a load the first row stands, in the order of files and lines."""
    table, (key,) = candidates.table, fact.key
    fresh = candidates.fresh
    staging.run(
        f"create or replace temp table ingest_twice as select {key} as twice "
        f"from {table} where {fresh} group by {key} having count(*) > 1"
    )
    if not staging.rows("select 1 from ingest_twice limit 1"):
        return
    first = (
        f"select * from {table} where {fresh} and {key} in (from ingest_twice) "
        f"qualify row_number() over (partition by {key} order by row_id, rowid) = 1"
    )
    _judge(
        staging,
        candidates,
        fact,
        f"select n.rowid as at, l.* from {table} as n inner join ("
        f"select rowid as first_at, * from ({first.replace('select *', 'select rowid, *', 1)})"
        f") as l on n.{key} = l.{key} and n.rowid <> l.first_at "
        f"where n.problem is null and not n.is_duplicate",
        "an earlier row",
    )


def _judge(
    staging: Staging, candidates: Candidates, fact: FactTable, pairs: str, standing: str
) -> None:
    """Compare each row with the one that stands; `pairs` gives `at` and the standing columns."""
    table, (key,) = candidates.table, fact.key
    columns = compared(candidates, fact)
    amended_by = candidates.shape.amended_by
    advice = quoted(f". {amended_by}" if amended_by else "")
    kinds = {c.name: c.type.kind for c in candidates.columns}
    differs = " or ".join(f"n.{c} is distinct from l.{c}" for c in columns) or "false"
    named = ", ".join(
        f"case when n.{c} is distinct from l.{c} then '{c} is ' || {_said('n', c, kinds[c])} "
        f"|| ', {standing} has ' || {_said('l', c, kinds[c])} end"
        for c in columns
    )
    staging.run(
        f"create or replace temp table ingest_judged as select n.rowid as at, case when {differs} "
        f"then 'conflict the same {key} with different content: ' || concat_ws('; ', {named}) "
        f"|| {advice} end "
        f"as problem from ({pairs}) as l inner join {table} as n on n.rowid = l.at"
    )
    staging.run(
        f"update {table} set problem = j.problem, is_duplicate = j.problem is null "
        f"from ingest_judged as j where {table}.rowid = j.at"
    )


def _said(side: str, column: str, kind: Kind) -> str:
    text = f"cast({side}.{column} as varchar)"
    if kind is Kind.DECIMAL:
        text = f"rtrim(rtrim({text}, '0'), '.')"
    return f"coalesce({text}, 'empty')"


def _mark_taken(staging: Staging, candidates: Candidates, fact: FactTable, column: str) -> None:
    """A column no two facts may share, beside the key."""
    table = candidates.table
    fresh = f"{candidates.fresh} and {column} is not null"
    if not staging.rows(f"select 1 from {table} where {fresh} limit 1"):
        return
    known = staging.ledger(
        fact.name, fact.columns, column, f"select {column} from {table} where {fresh}"
    )
    staging.run(
        f"update {table} set problem = '{column}_taken {column} is ' || {column} || "
        f"', which another of the {fact.name} has' where {fresh} and ("
        f"{column} in (select {column} from {known} where {column} is not null) or "
        f"rowid in (select rowid from (select rowid, row_number() over ("
        f"partition by {column} order by row_id, rowid) as nth from {table} "
        f"where {fresh}) where nth > 1))"
    )
