"""Random currencies: conversions and accounts' results agree with plain fractions to the digit."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.facts import EPOCH, read, uid, write
from tests.models.harness import build, empty_ledger
from tests.oracle import Fill, Funding, Instrument, Ledger, Tick
from tests.oracle_accounts import Accounts

CURRENCIES = ["BNB", "BTC", "EUR", "IDR", "USD", "USDT", "XYZ"]
PAIRS = [*permutations(CURRENCIES[:-1], 2)]  # XYZ is charged and priced in nothing
KEYS = {
    "currency_conversions": ("source_id",),
    "account_pnl": ("account_id", "currency"),
    "account_totals": ("account_id",),
}
SECONDS = 12  # short, so that prices, fills and payments share moments
EXAMPLES = int(os.environ.get("CURRENCY_EXAMPLES", "8"))


class Market:
    """A handful of instruments, prices of some at some moments, and what is to be converted."""

    def __init__(self, seed: int, length: int) -> None:
        self.random = Random(seed)
        self.instruments = [
            self._instrument(n, *pair)
            for n, pair in enumerate(self.random.sample(PAIRS, self.random.randint(3, 12)))
        ]
        self.ticks = [
            Tick(i.instrument_id, self._price(i), at, uid("tick", i.instrument_id, at))
            for i in self.instruments
            for at in sorted({self._moment() for _ in range(self.random.choice([0, 1, 3, 5]))})
        ]
        self.fills = [self._fill(n) for n in range(length)]
        self.funding = [self._funding(n) for n in range(length // 3)]
        choices: list[str | None] = [*CURRENCIES, None]
        self.accounts = {account: self.random.choice(choices) for account in "AB"}

    def _instrument(self, n: int, base: str, quote: str) -> Instrument:
        kind = self.random.choice(["SPOT", "SPOT", "LINEAR", "INVERSE"])
        settlement = base if kind == "INVERSE" else quote
        return Instrument(f"I{n}", kind, base, quote, settlement)

    def _moment(self) -> datetime:
        return EPOCH + timedelta(seconds=self.random.randint(0, SECONDS))

    def _decimal(self, low: str, high: str, places: int) -> Decimal:
        step = Decimal(1).scaleb(-places)
        return self.random.randint(int(Decimal(low) / step), int(Decimal(high) / step)) * step

    def _price(self, i: Instrument) -> Decimal:
        shapes = [("1", "9", 0), ("0.5", "99999", 8), ("0.000000000001", "0.001", 12)]
        shapes += [("10000", "9000000", 2)] + [("0", "0", 0)] * (i.kind != "INVERSE")
        return self._decimal(*self.random.choice(shapes))

    def _amount(self) -> Decimal:
        shapes = [("-5", "5", 0), ("-2", "5", 12), ("-20000", "990000", 12), ("1", "9E+12", 3)]
        return self._decimal(*self.random.choice(shapes))

    def _fill(self, n: int) -> Fill:
        i, at = self.random.choice(self.instruments), self._moment()
        account, side = self.random.choice("AB"), self.random.choice(["BUY", "SELL"])
        currency = self.random.choice(CURRENCIES)
        fee = self._decimal("-1", "1", 12) if currency == i.base else self._amount()
        return Fill(
            uid("fill", n),
            uid("order", account, i.instrument_id, side),
            account,
            i.instrument_id,
            side,
            self._decimal("1", "9", 0),
            self._decimal("1", "12", 0),
            fee,
            currency,
            at,
            at,
        )

    def _funding(self, n: int) -> Funding:
        i, account = self.random.choice(self.instruments), self.random.choice("AB")
        currency, at = self.random.choice(CURRENCIES), self._moment()
        return Funding(account, i.instrument_id, self._amount(), currency, at, uid("paid", n))


@pytest.mark.parametrize("engine_name", ["duckdb", "sqlite"])
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), length=st.integers(1, 40))
def test_conversions_agree_with_the_oracle(engine_name: str, seed: int, length: int) -> None:
    market = Market(seed, length)
    facts = (market.instruments, market.fills, market.ticks, market.funding)
    expected = Accounts(Ledger(*facts), market.accounts)
    engine = empty_ledger(engine_name)
    try:
        write(engine, *facts, market.accounts)
        build(engine, KEYS)
        for table, key in KEYS.items():
            found, wanted = read(engine, table, key), getattr(expected, table)()
            assert set(found) == set(wanted), table
            for name, row in wanted.items():
                assert {column: found[name][column] for column in row} == row, f"{table} {name}"
    finally:
        engine.close()
