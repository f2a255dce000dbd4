"""`check_failures`: the failing rows of the last build, kept where they can be queried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from runner.checks.results import CheckResult
from runner.engines.base import Column, Engine
from runner.report.write import unique_names
from runner.sqltyping.types import INTEGER, JSON, TEXT, TIMESTAMP

TABLE = "check_failures"
COLUMNS = (
    Column("run_id", TEXT),
    Column("check_name", TEXT),
    Column("suite", TEXT),
    Column("table_name", TEXT),
    Column("severity", TEXT),
    Column("failures", INTEGER),
    Column("declared_at", TEXT),
    Column("row_number", INTEGER),
    Column("failing_row", JSON),
    Column("recorded_at", TIMESTAMP),
)


def store(
    engine: Engine,
    run_id: str,
    results: Sequence[CheckResult],
    standing: AbstractSet[str],
    now: datetime,
) -> None:
    """Replace what the build before left by this one's failing rows, one row each, as JSON.

    The checks of the names `standing` did not run, and failed before: they keep their rows.
    """
    kept = _of_standing(engine, standing)
    engine.empty_table(TABLE, COLUMNS)
    engine.insert_rows(TABLE, COLUMNS, [*kept, *_rows(run_id, results, now)])
    engine.guard_derived(TABLE)


def kept(engine: Engine, names: AbstractSet[str]) -> dict[str, int]:
    """How many rows stand there of each of these checks that has any."""
    if not names or not _is_readable(engine):
        return {}
    counts = engine.query(f"select check_name, count(*) as kept from {TABLE} group by check_name")
    return {str(name): int(count) for name, count in counts.rows if name in names}


def forget_others(engine: Engine, standing: AbstractSet[str]) -> None:
    """Drop the rows of any check but `standing`, where none had to run.

    They are those of a build that was not published, of something since taken back.
    """
    if not _is_readable(engine):
        return
    names = {str(name) for (name,) in engine.query(f"select distinct check_name from {TABLE}").rows}
    if names <= standing:
        return
    with engine.transaction():
        store(engine, "", [], standing, datetime.min)


def _of_standing(engine: Engine, standing: AbstractSet[str]) -> list[tuple[Any, ...]]:
    if not standing or not _is_readable(engine):
        return []
    listed = ", ".join(c.name for c in COLUMNS)
    found = engine.query(f"select {listed} from {TABLE} order by check_name, row_number").rows
    return [row for row in found if row[1] in standing]


def _is_readable(engine: Engine) -> bool:
    """Whether the table is there as this version makes it."""
    relation = engine.relations().get(TABLE)
    return relation is not None and [c.name for c in relation.columns] == [c.name for c in COLUMNS]


def _rows(run_id: str, results: Iterable[CheckResult], now: datetime) -> Iterable[list[Any]]:
    encoder = json.JSONEncoder(default=_json)
    for result in results:
        if result.rows is None:
            continue
        rule = result.rule
        declared_at = str(rule.where)
        names = unique_names(result.rows.columns)
        for number, row in enumerate(result.rows.rows, start=1):
            # neither NaN nor infinity is a number in JSON
            values = (str(v) if isinstance(v, float) and not isfinite(v) else v for v in row)
            named = dict(zip(names, values, strict=True))
            yield [
                run_id,
                rule.name,
                rule.suite,
                rule.table,
                rule.severity.value,
                result.failures,
                declared_at,
                number,
                encoder.encode(named),
                now,
            ]


def _json(value: Any) -> str:
    """Decimals and times as text: JSON's numbers are floats to most who read them."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
