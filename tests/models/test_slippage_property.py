"""Random lives of orders: order_slippage and an oracle in plain fractions agree to a digit."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.execution_oracle import Execution
from tests.models.facts import read
from tests.models.harness import build, empty_ledger
from tests.models.order_histories import INSTRUMENTS, POWER, OrderHistory, write_orders

EXAMPLES = int(os.environ.get("PNL_EXAMPLES", "3"))  # on each engine, with each setting
SETTINGS = [{}, {"realized_spread_seconds": 60, "tick_max_age_seconds": 600}]


@pytest.mark.parametrize("variables", SETTINGS, ids=["defaults", "other settings"])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), length=st.integers(1, 200))
def test_order_slippage_agrees_with_the_oracle(
    engine_name: str, variables: dict[str, Any], seed: int, length: int
) -> None:
    history = OrderHistory(seed, length)
    facts = (INSTRUMENTS, history.quotes, history.orders, history.fills)
    expected = Execution(
        *facts,
        negative=[POWER],
        horizon=timedelta(seconds=variables.get("realized_spread_seconds", 300)),
        max_age=timedelta(seconds=variables.get("tick_max_age_seconds", 86_400)),
    ).order_slippage()
    ledger = empty_ledger(engine_name)
    try:
        write_orders(ledger, *facts)
        build(ledger, ["order_slippage"], variables)
        actual = read(ledger, "order_slippage", ("order_id",))
    finally:
        ledger.close()
    assert set(actual) == set(expected)
    for order_id, row in expected.items():
        found = {column: value for column, value in actual[order_id].items() if column in row}
        assert set(actual[order_id]) - set(row) == {"order_id"}
        assert found == row, {c: (found[c], row[c]) for c in row if found[c] != row[c]}
