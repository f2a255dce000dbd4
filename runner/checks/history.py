"""`check_history`: what each check came to in every build, and the trend of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from runner.checks.results import CheckResult
from runner.engines.base import Column, Engine
from runner.sqltyping.types import BOOLEAN, DOUBLE, INTEGER, TEXT, TIMESTAMP

TABLE = "check_history"
COLUMNS = (
    Column("run_id", TEXT),
    Column("check_name", TEXT),
    Column("suite", TEXT),
    Column("table_name", TEXT),
    Column("severity", TEXT),
    Column("status", TEXT),
    Column("failures", INTEGER),
    Column("considered", INTEGER),
    Column("observed", TEXT),
    Column("is_published", BOOLEAN),
    Column("seconds", DOUBLE),
    Column("recorded_at", TIMESTAMP),
)

# one row per check: its last run, the one before it, and since when it has been so
TREND = f"""
with runs as (
    select
        *,
        row_number() over (partition by check_name order by recorded_at desc, run_id) as age
    from {TABLE}
),

latest as (
    select * from runs
    where age = 1
),

earlier as (
    select * from runs
    where age = 2
),

counted as (
    select
        check_name,
        count(*) as runs,
        count(case when status <> 'pass' then 1 end) as runs_with_failures,
        max(case when status = 'pass' then recorded_at end) as last_passed_at,
        min(case when status <> 'pass' then recorded_at end) as first_failed_at
    from runs
    group by check_name
)

select
    latest.check_name,
    latest.suite,
    latest.status,
    latest.failures,
    latest.failures - earlier.failures as change,
    counted.runs,
    counted.runs_with_failures,
    counted.last_passed_at,
    counted.first_failed_at,
    latest.recorded_at
from latest
inner join counted on latest.check_name = counted.check_name
left join earlier on latest.check_name = earlier.check_name
order by
    case latest.status when 'fail' then 0 when 'warn' then 1 else 2 end,
    latest.failures desc,
    latest.check_name
"""

RUNS = f"""
select run_id, recorded_at, is_published, status, failures, considered, observed, seconds
from {TABLE}
where check_name = ?
order by recorded_at desc, run_id
"""


def ensure_table(engine: Engine) -> None:
    if not engine.has_relation(TABLE):
        engine.empty_table(TABLE, COLUMNS)
        engine.guard_history(TABLE)


def record(
    engine: Engine,
    run_id: str,
    results: Iterable[CheckResult],
    now: datetime,
    *,
    is_published: bool,
) -> None:
    """Append what was looked at in this build; a result that stands from before is not again."""
    ensure_table(engine)
    engine.insert_rows(
        TABLE,
        COLUMNS,
        [
            [
                run_id,
                r.rule.name,
                r.rule.suite,
                r.rule.table,
                r.rule.severity.value,
                r.status.value,
                r.failures,
                r.considered,
                r.observed,
                is_published,
                round(r.seconds, 6),
                now,
            ]
            for r in results
            if not r.repeated
        ],
    )
