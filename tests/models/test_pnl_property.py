"""Random histories: the models and a plain-decimal oracle agree to the last digit."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.engines.base import Engine
from tests.models.facts import read, write
from tests.models.harness import build, empty_ledger
from tests.models.histories import INSTRUMENTS, METHODS, History
from tests.oracle import Ledger

KEYS = {
    "lot_matches": ("opening_fill_id", "closing_fill_id"),
    "open_lots": ("fill_id",),
    "order_pnl": ("order_id",),
    "order_costs": ("order_id",),
    "positions": ("account_id", "instrument_id"),
}
# An account is a history; a build holds many, so that ten thousand take minutes.
ACCOUNTS = 60
EXAMPLES = int(os.environ.get("PNL_EXAMPLES", "3"))  # for each engine and method
often = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def assert_same(engine: Engine, table: str, expected: dict[Any, dict[str, Any]]) -> None:
    actual = read(engine, table, KEYS[table])
    assert set(actual) == set(expected), table
    for key, row in expected.items():
        found = {column: actual[key][column] for column in row}
        assert found == row, f"{table} {key}"


@pytest.mark.parametrize("method", METHODS)
@often
@given(seed=st.integers(0, 10**9), length=st.integers(5, 40))
def test_models_agree_with_the_oracle(
    engine_name: str, method: str, seed: int, length: int
) -> None:
    """`method` is that of the accounts for which the seed names none."""
    history = History(seed, length, ACCOUNTS)
    facts = (INSTRUMENTS, history.fills, history.ticks, history.funding)
    expected = Ledger(*facts, history.lots, history.methods, method)
    engine = empty_ledger(engine_name)
    try:
        write(engine, *facts, lots=history.lots)
        build(engine, KEYS, {"pnl_method": method}, history.methods)
        for table in KEYS:
            assert_same(engine, table, getattr(expected, table)())
    finally:
        engine.close()


@often
@given(seed=st.integers(0, 10**9), length=st.integers(5, 40))
def test_methods_side_by_side(engine_name: str, seed: int, length: int) -> None:
    history = History(seed, length, ACCOUNTS)
    facts = (INSTRUMENTS, history.fills, history.ticks, history.funding)
    engine = empty_ledger(engine_name)
    try:
        write(engine, *facts, lots=history.lots)
        build(engine, ["pnl_by_method"], methods=history.methods)
        found = read(engine, "pnl_by_method", KEYS["positions"])
    finally:
        engine.close()
    for method in METHODS:
        expected = Ledger(*facts, history.lots, method=method).positions()
        assert set(found) == set(expected)
        for key, row in found.items():
            for figure in ("net_pnl", "unrealized_pnl"):
                assert row[f"{method}_{figure}"] == expected[key][figure], (method, key)
