"""`check_failures`: the failing rows of the last build, kept where they can be queried."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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


def store(engine: Engine, run_id: str, results: Sequence[CheckResult], now: datetime) -> None:
    """Replace what the build before left by this one's failing rows, one row each, as JSON."""
    engine.empty_table(TABLE, COLUMNS)
    engine.insert_rows(TABLE, COLUMNS, _rows(run_id, results, now))
    engine.guard_derived(TABLE)


def _rows(run_id: str, results: Iterable[CheckResult], now: datetime) -> Iterable[list[Any]]:
    for result in results:
        if result.rows is None:
            continue
        rule = result.rule
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
                str(rule.where),
                number,
                json.dumps(named, default=_json),
                now,
            ]


def _json(value: Any) -> str:
    """Decimals and times as text: JSON's numbers are floats to most who read them."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
