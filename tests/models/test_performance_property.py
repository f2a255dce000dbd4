"""Random histories over some days: equity, trades and statistics agree with a decimal oracle."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.facts import EPOCH, read, write
from tests.models.harness import build, empty_ledger
from tests.models.histories import INSTRUMENTS, METHODS, History
from tests.oracle import Fill, Instrument, Ledger
from tests.oracle_performance import Performance

KEYS = {
    "daily_pnl": ("account_id", "instrument_id", "pnl_date"),
    "account_equity": ("account_id", "currency_role", "currency", "pnl_date"),
    "trades": ("account_id", "instrument_id", "trade_number"),
    "account_statistics": ("account_id", "currency_role", "currency"),
}
ACCOUNTS = 25
# An example is a build; what a nightly run makes of PNL_EXAMPLES is a third of what lots get.
EXAMPLES = max(1, int(os.environ.get("PNL_EXAMPLES", "3")) // 3)  # for each engine and method


class Week(History):
    """Fills, ticks and payments at any of four moments of some days.

    Quantities repeat, so that positions come back to flat; of most accounts all fees are known.
    """

    def _moment(self) -> datetime:
        return EPOCH + timedelta(hours=6 * self.random.randint(0, 27))

    def _quantity(self) -> Decimal:
        return (
            Decimal(self.random.randint(1, 3))
            if self.random.random() < 0.8
            else super()._quantity()
        )

    def _fill(self, account: str, i: Instrument) -> Fill:
        fill = super()._fill(account, i)
        odd = account in ("A0", "A6", "A7", "A8", "A9", "A10")
        return fill if odd else replace(fill, fee_currency=i.settlement)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), length=st.integers(5, 40))
def test_models_agree_with_the_oracle(
    engine_name: str, method: str, seed: int, length: int
) -> None:
    """`method` is that of the accounts for which the seed names none."""
    history = Week(seed, length, ACCOUNTS)
    facts = (INSTRUMENTS, history.fills, history.ticks, history.funding)
    ledger = Ledger(*facts, history.lots, history.methods, method)
    oracle = Performance(ledger, history.fills, history.reporting)
    engine = empty_ledger(engine_name)
    try:
        write(engine, *facts, history.reporting, lots=history.lots)
        build(engine, [*KEYS, "positions"], {"pnl_method": method}, history.methods)
        tables = {table: read(engine, table, key) for table, key in KEYS.items()}
        positions = read(engine, "positions", ("account_id", "instrument_id"))
    finally:
        engine.close()
    assert_same(tables["daily_pnl"], oracle.daily_pnl())
    assert_same(tables["account_equity"], oracle.account_equity())
    assert_same(tables["trades"], oracle.trade_rows())
    assert_same(tables["account_statistics"], oracle.account_statistics())
    for key, position in positions.items():
        assert_near(oracle, key, tables["daily_pnl"], position)


def assert_same(found: dict[Any, dict[str, Any]], expected: dict[Any, dict[str, Any]]) -> None:
    assert set(found) == set(expected)
    for key, row in expected.items():
        assert {column: found[key][column] for column in row} == row, key


def assert_near(
    oracle: Performance, key: tuple[str, str], days: dict[Any, Any], position: dict[str, Any]
) -> None:
    """What is unrealised is that of the lots open then, but for rounding within the bound."""
    bound = oracle.rounding_bound(key)
    rows = [row for (*of, _), row in sorted(days.items()) if tuple(of) == key]
    for row in rows:
        lots = oracle.unrealized_of_lots(key, row["pnl_date"])
        assert_within(row["unrealized_pnl"], lots, bound)
    if rows:
        assert_within(rows[-1]["equity"], position["total_pnl"], bound)


def assert_within(found: Decimal | None, expected: Decimal | None, bound: Decimal) -> None:
    if found is None or expected is None:
        assert found is expected
    else:
        assert abs(found - expected) <= bound
