"""What DuckDB counts by its zone maps is what it counts by reading every row."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from runner.checks.compile import scans
from runner.checks.compiled_rule import CompiledRule
from runner.checks.count import count, counted_apart
from runner.checks.rules import Rule, RuleKind, Severity
from runner.config import Target
from runner.engines.base import Engine, open_engine
from runner.errors import Location

# the last rows are unlike all others, and alone in their part of the table
ROWS = """
    create table judged as
    select
        cast(n % 1000 as decimal(38, 12)) / 1000 as price,
        case when n % 7 = 0 then null else n % 5 end as quantity,
        'fill-' || repeat('x', n % 3) || cast(n as text) as fill_id,
        timestamp '2026-01-01' + to_seconds(n) as sent_at,
        timestamp '2026-01-01' + to_seconds(n + 1) as executed_at,
        case n % 2 when 0 then 'BUY' else 'SELL' end as side,
        n % 2 = 0 as is_buy,
        cast(n as double) as ratio
    from range(250000) as numbers (n)
"""
ODD = """
    insert into judged values
        (-1, null, '', null, timestamp '2020-01-01', 'HOLD', null, 'nan'),
        (null, -3, 'FILL', timestamp '2030-01-01', timestamp '2026-01-02', null, true, -1),
        (1000, 9, repeat('y', 90), timestamp '2026-01-01', null, 'buy', false, 1e300)
"""
CONDITIONS = {
    "price is null": 1,
    "not (price > -1)": 1,
    "not (price between 0 and 1)": 2,
    "abs(price) > 1": 1,
    "price * quantity > 8": 1,
    "coalesce(price, -5) < -1": 1,
    "quantity not in (0, 1, 2, 3, 4)": 2,
    "not (length(fill_id) between 6 and 40)": 3,
    "not starts_with(fill_id, 'fill-')": 3,
    "not regexp_matches(fill_id, '^fill-x{0,2}[0-9]+$')": 3,
    "fill_id < 'fill'": 2,
    "executed_at < sent_at": 1,
    "executed_at is null or sent_at is null": 2,
    "cast(executed_at as date) < date '2026-01-01'": 1,
    "side not in ('BUY', 'SELL')": 2,
    "side <> upper(side)": 1,
    "(side = 'BUY') <> is_buy": 0,
    "(side is null) <> (is_buy is null)": 2,
    "not (ratio >= 0 and ratio < 250000)": 3,
    "case when is_buy then quantity < 0 else price > 1 end": 2,
}


RULES = [
    CompiledRule(
        Rule(failing, RuleKind.EXPRESSION, "judged", Severity.ERROR, Location(Path("zones.yml"))),
        "judged",
        (),
        f"select * from judged where {failing}",
        aggregate=f"count(case when {failing} then 1 end)",
        condition=failing,
    )
    for failing in CONDITIONS
]


@pytest.mark.parametrize("is_kept", [False, True], ids=["in a transaction", "on disk"])
def test_conditions_are_counted_as_in_one_scan(tmp_path, is_kept):
    target = Target("zones", "duckdb", tmp_path / "zones.duckdb")
    with closing(open_engine(target)) as engine:
        with engine.transaction():
            engine.execute(ROWS)
            engine.execute(ODD)
            if not is_kept:
                assert counted(engine) == CONDITIONS
        assert counted(engine) == CONDITIONS
    with closing(open_engine(target, read_only=True)) as engine:
        assert counted(engine) == CONDITIONS


def counted(engine: Engine) -> dict[str, int]:
    """Apart, as a table of that many rows is judged; the same in one scan."""
    apart = counted_apart(engine, RULES)
    assert apart == {"judged"}
    (one_by_one,), (together,) = scans(RULES, apart), scans(RULES)
    assert (one_by_one.apart, together.apart) == (True, False)
    found = count(engine, one_by_one)
    assert found == count(engine, together)
    return dict(zip(CONDITIONS, found, strict=True))
