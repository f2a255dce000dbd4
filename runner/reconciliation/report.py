"""What a reconciliation found: the breaks, gravest and oldest first, and how much agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.engines.base import Column, Engine
from runner.sqltyping.types import TEXT

_BREAKS = """
select
    break_id, severity,
    case when is_recurring then 'RECURRING' else coalesce(resolution, 'OPEN') end as state,
    age_seconds, ledger_value, exchange_value, difference, tolerance, first_seen_at
from exchange_reconciliation
order by is_open desc, severity, age_seconds desc, break_id
"""
_SUMMARY = """
select
    venue, account_id, instrument_id, period_start, period_end, subject, stated_count,
    matched_count, differing_count, untold_count, open_count, error_count
from reconciliation_summary
order by venue, account_id, period_start, period_end, instrument_id, subject
"""
_ADJUSTMENTS = """
select break_id, side, quantity, implied_price, held_before
from opening_adjustments
order by break_id
"""


@dataclass(frozen=True)
class Table:
    """A query's answer, all of it."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Report:
    """`grave` is how many breaks of severity error are open."""

    breaks: Table
    summary: Table
    adjustments: Table
    grave: int


def read_report(engine: Engine) -> Report:
    """The published reconciliation."""
    breaks = _read(engine, _BREAKS)
    (grave,) = next(
        iter(
            engine.query(
                "select count(*) from exchange_reconciliation where is_open and severity = 'error'"
            ).rows
        )
    )
    at = [column.name for column in breaks.columns].index("age_seconds")
    aged = Table(
        tuple(Column("age", TEXT) if n == at else c for n, c in enumerate(breaks.columns)),
        [(*row[:at], age(row[at]), *row[at + 1 :]) for row in breaks.rows],
    )
    return Report(aged, _read(engine, _SUMMARY), _read(engine, _ADJUSTMENTS), int(grave))


def _read(engine: Engine, sql: str) -> Table:
    answer = engine.query(sql)
    return Table(answer.columns, list(answer.rows))


def age(seconds: int) -> str:
    """
    >>> age(59), age(3_700), age(200_000)
    ('0m', '1h01m', '2d07h')
    """
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 24:
        return f"{hours // 24}d{hours % 24:02d}h"
    return f"{hours}h{minutes % 60:02d}m" if hours else f"{minutes}m"
