"""Random histories: the SQL and a plain-decimal oracle agree to the last digit."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.engines.base import Engine
from tests.models.facts import EPOCH, read, uid, write
from tests.models.harness import build, empty_ledger
from tests.oracle import Fill, Funding, Instrument, Ledger, Tick

INSTRUMENTS = [
    Instrument("BTC/USDT", "SPOT", "BTC", "USDT", "USDT"),
    Instrument("BNB/USDT", "SPOT", "BNB", "USDT", "USDT"),
    Instrument("USDT/EUR", "SPOT", "USDT", "EUR", "EUR"),
    Instrument("BTC/USDT:USDT", "LINEAR", "BTC", "USDT", "USDT", Decimal("0.0010")),
    Instrument("ETH/USDT:USDT", "LINEAR", "ETH", "USDT", "USDT"),
    Instrument("BTC/USD:BTC", "INVERSE", "BTC", "USD", "BTC", Decimal(100)),
    Instrument("BNB/USDT:USDT", "LINEAR", "BNB", "USDT", "USDT"),
]
KEYS = {
    "lot_matches": ("opening_fill_id", "closing_fill_id"),
    "order_pnl": ("order_id",),
    "order_costs": ("order_id",),
    "positions": ("account_id", "instrument_id"),
}
SECONDS = 20  # short, so that many fills share a moment


class History:
    """A random ledger: several books, each with shorts, flips, odd fees and amended fills.

    Drawn from a seed rather than value by value, which Hypothesis takes twenty times as long for;
    a failure still shrinks in length, and the seed reproduces it.
    """

    def __init__(self, seed: int, length: int) -> None:
        self.random = Random(seed)
        self.fills = [self._fill(n) for n in range(length)]
        self.fills += [self._amendment(n) for n in range(self.random.randint(0, length // 5))]
        self.ticks = [
            Tick(i.instrument_id, self._price(), at, uid("tick", i.instrument_id, at))
            for i in self.random.sample(INSTRUMENTS, self.random.randint(0, 5))
            for at in {self._moment() for _ in range(self.random.randint(0, 6))}
        ]
        self.funding = [self._funding() for _ in range(self.random.randint(0, 4))]

    def _decimal(self, low: str, high: str, places: int) -> Decimal:
        step = Decimal(1).scaleb(-places)
        return self.random.randint(int(Decimal(low) / step), int(Decimal(high) / step)) * step

    def _moment(self) -> Any:
        return EPOCH + timedelta(seconds=self.random.randint(0, SECONDS))

    def _quantity(self) -> Decimal:
        shapes = [("1", "9", 0)] * 3 + [("0.001", "50", 3)] * 2
        shapes += [("0.000000000001", "3", 12), ("1", "90000000", 4)]
        return self._decimal(*self.random.choice(shapes))

    def _price(self) -> Decimal:
        return self._decimal(*self.random.choice([("1", "12", 0), ("0.01", "99999", 8)]))

    def _fee(self) -> Decimal:
        shapes = [("0", "0", 0), ("-0.5", "0.9", 3), ("-2", "5", 12), ("-20000", "990000", 12)]
        return self._decimal(*self.random.choice(shapes))

    def _fill(self, n: int) -> Fill:
        i, account = self.random.choice(INSTRUMENTS), self.random.choice("AAB")
        side, at, fee = self.random.choice(["BUY", "SELL"]), self._moment(), self._fee()
        currencies = [i.base, i.quote, *[i.settlement] * 5, "BNB", "XYZ", "EUR"]
        return Fill(
            uid("fill", n, self.random.random()),
            uid("order", account, i.instrument_id, side, self.random.randint(0, 3)),
            account,
            i.instrument_id,
            side,
            self._quantity(),
            self._price(),
            fee,
            None if fee == 0 and self.random.random() < 0.3 else self.random.choice(currencies),
            at,
            at,
            liquidity=self.random.choice(["MAKER", "TAKER", None]),
        )

    def _amendment(self, n: int) -> Fill:
        target = self.random.choice(self.fills)
        return Fill(
            **{
                **target.__dict__,
                "fill_id": uid("amendment", n, self.random.random()),
                "quantity": self._quantity(),
                "price": self._price(),
                "kind": self.random.choice(["BUST", "CORRECTION"]),
                "corrects": target.fill_id,
                "recorded_at": target.recorded_at + timedelta(seconds=self.random.randint(0, 3)),
            }
        )

    def _funding(self) -> Funding:
        i = self.random.choice(INSTRUMENTS)
        currency = self.random.choice([i.settlement] * 4 + ["XYZ"])
        return Funding(self.random.choice("AB"), i.instrument_id, self._fee(), currency)


def assert_same(engine: Engine, table: str, expected: dict[Any, dict[str, Any]]) -> None:
    actual = read(engine, table, KEYS[table])
    assert set(actual) == set(expected), table
    for key, row in expected.items():
        found = {column: actual[key][column] for column in row}
        assert found == row, f"{table} {key}"


def assert_oracle_agrees(engine_name: str, history: History) -> None:
    facts = (INSTRUMENTS, history.fills, history.ticks, history.funding)
    expected = Ledger(*facts)
    engine = empty_ledger(engine_name)
    try:
        write(engine, *facts)
        build(engine, KEYS)
        for table in KEYS:
            assert_same(engine, table, getattr(expected, table)())
    finally:
        engine.close()


EXAMPLES = int(os.environ.get("FIFO_EXAMPLES", "15"))  # of about ten books each


@pytest.mark.parametrize("part", range(4))  # so that workers share them
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), length=st.integers(1, 120))
def test_models_agree_with_the_oracle(part: int, seed: int, length: int) -> None:
    assert_oracle_agrees("duckdb", History(seed * 4 + part, length))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), length=st.integers(1, 60))
def test_models_agree_with_the_oracle_on_sqlite(seed: int, length: int) -> None:
    assert_oracle_agrees("sqlite", History(seed, length))
