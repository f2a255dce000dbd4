"""What became of every row: a load that cannot account for each is refused as a bug.

A source row may hold several things (an envelope of trades), and a thing may be facts of several
shapes (`item`). Each thing is one of made, duplicate or refused; each row holds a thing, or is
passed over, as the mapping leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.engines.staging import Staging
from runner.ingest.candidates import Candidates


@dataclass(frozen=True)
class Tally:
    """`read` things were met: `made` + `duplicates` + `refused`; `passed_over` rows held none."""

    read: int
    made: int
    duplicates: int
    refused: int
    passed_over: int


def count(staging: Staging, row_count: int, judged: Sequence[Candidates]) -> Tally:
    """Every thing judged, counted; `row_count` is how many rows the readers handed over.

    AssertionError where a row is counted twice, or not at all: nothing is appended then.
    """
    loaded = [rows for rows in judged if rows.made_of is None]
    rows_held = " union all ".join(f"select row_id from {rows.table}" for rows in loaded)
    named, held, whole = staging.rows(
        f"select count(row_id), count(distinct row_id), count(*) from ({rows_held}) as held"
    )[0]
    assert named == whole, f"{whole - named} mapped rows do not say which row they are of"
    (no_rows,) = staging.rows("select count(*) from ingest_refused")[0]
    passed_over = row_count - held - no_rows
    assert passed_over >= 0, f"{row_count} rows were read, and {held + no_rows} are accounted for"
    things, made, duplicates, refused = _things(staging, judged)
    assert things == made + duplicates + refused, "a row is counted twice, or not at all"
    return Tally(things + no_rows, made, duplicates, refused + no_rows, passed_over)


def _things(staging: Staging, judged: Sequence[Candidates]) -> tuple[int, int, int, int]:
    if not judged[0].has_item and len(judged) == 1:
        # a thing a candidate: no need to bring together what is of one
        states = (
            f"select problem is not null as is_refused, {judged[0].fresh} as is_fresh "
            f"from {judged[0].table}"
        )
    else:
        states = (
            "select bool_or(problem is not null) as is_refused, "
            f"bool_or({judged[0].fresh}) as is_fresh from ({_candidates(judged)}) as candidates "
            "group by row_id, item"
        )
    things, made, duplicates, refused = staging.rows(
        "select count(*), count(*) filter (not is_refused and is_fresh), "
        "count(*) filter (not is_refused and not is_fresh), count(*) filter (is_refused) "
        f"from ({states}) as states"
    )[0]
    return things, made, duplicates, refused


def _candidates(judged: Sequence[Candidates]) -> str:
    """Each candidate with the thing it is of; where the mapping does not say, a key is one."""
    return " union all ".join(
        "select row_id, "
        + ("cast(item as varchar)" if rows.has_item else f"cast({rows.fact_key} as varchar)")
        + f" as item, problem, is_duplicate from {rows.table}"
        for rows in judged
    )


def check(
    staging: Staging,
    tally: Tally,
    judged: Sequence[Candidates],
    appended: Mapping[str, int],
    quarantined: int,
) -> None:
    """Is what was counted what the ledger took? AssertionError, which takes it back, where not."""
    assert tally.refused == quarantined, (
        f"{tally.refused} rows were refused, and {quarantined} are in quarantine"
    )
    fresh: dict[str, int] = {}
    for rows in judged:
        (found,) = staging.rows(f"select count(*) from {rows.table} where {rows.fresh}")[0]
        fresh[rows.shape.table] = fresh.get(rows.shape.table, 0) + found
    for table, expected in fresh.items():
        # a load makes accounts, orders and instruments beside those its rows are
        taken = appended.get(table, 0)
        assert taken >= expected, f"{expected} facts were made for {table}, {taken} appended"
