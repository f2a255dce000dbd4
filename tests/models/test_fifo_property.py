"""Random histories: the SQL and a plain-decimal oracle agree to the last digit."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.models.facts import EPOCH, ledger, read, uid, write
from tests.oracle import Fill, Funding, Instrument, Ledger, Tick

Build = Callable[[duckdb.DuckDBPyConnection], duckdb.DuckDBPyConnection]

INSTRUMENTS = [
    Instrument("BTC/USDT", "SPOT", "BTC", "USDT", "USDT"),
    Instrument("BNB/USDT", "SPOT", "BNB", "USDT", "USDT"),
    Instrument("USDT/EUR", "SPOT", "USDT", "EUR", "EUR"),
    Instrument("BTC/USDT:USDT", "LINEAR", "BTC", "USDT", "USDT", Decimal("0.0010")),
    Instrument("ETH/USDT:USDT", "LINEAR", "ETH", "USDT", "USDT"),
    Instrument("BTC/USD:BTC", "INVERSE", "BTC", "USD", "BTC", Decimal(100)),
    Instrument("BNB/USDT:USDT", "LINEAR", "BNB", "USDT", "USDT"),
]
COLUMNS = {
    "lot_matches": ("opening_fill_id", "closing_fill_id"),
    "order_pnl": ("order_id",),
    "order_costs": ("order_id",),
    "positions": ("account_id", "instrument_id"),
}

numbers = st.one_of(
    st.integers(1, 9).map(Decimal),
    st.decimals(Decimal("0.001"), Decimal(50), places=3),
    st.decimals(Decimal("0.000000000001"), Decimal(3), places=12),
    st.decimals(Decimal(1), Decimal(90_000_000), places=4),
)
fees = st.one_of(
    st.just(Decimal(0)),
    st.decimals(Decimal("-0.5"), Decimal("0.9"), places=3),
    st.decimals(Decimal(-2), Decimal(5), places=12),
    st.decimals(Decimal(-20_000), Decimal(99_000_000), places=12),
)
prices = st.one_of(
    st.integers(1, 12).map(Decimal), st.decimals(Decimal("0.01"), Decimal(99_999), places=8)
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Fill], list[Tick], list[Funding]]:
    traded = draw(st.lists(st.sampled_from(INSTRUMENTS), min_size=1, max_size=3, unique=True))
    fills: list[Fill] = []
    for n in range(draw(st.integers(1, 24))):
        fills.append(_fill(draw, n, draw(st.sampled_from(traded))))
    for n in range(draw(st.integers(0, 5))):
        fills.append(_amendment(draw, n, draw(st.sampled_from(fills))))
    rated = draw(st.lists(st.sampled_from(INSTRUMENTS), max_size=4, unique=True))
    ticks = [
        Tick(i.instrument_id, draw(prices), at, uid("tick", i.instrument_id, at))
        for i in rated
        for at in {EPOCH + timedelta(seconds=s) for s in draw(st.lists(st.integers(0, 9)))}
    ]
    funding = [
        Funding(
            draw(st.sampled_from("AB")),
            i.instrument_id,
            draw(fees),
            draw(st.sampled_from([i.settlement, i.settlement, i.settlement, "BNB"])),
        )
        for i in draw(st.lists(st.sampled_from(traded), max_size=3))
    ]
    return fills, ticks, funding


def _fill(draw: st.DrawFn, n: int, i: Instrument) -> Fill:
    account, side = draw(st.sampled_from("AAB")), draw(st.sampled_from(["BUY", "SELL"]))
    at = EPOCH + timedelta(seconds=draw(st.integers(0, 9)))
    fee = draw(fees)
    currencies = [i.base, i.quote, i.settlement, i.settlement, "BNB", "XYZ", "EUR"]
    currency = draw(st.sampled_from(currencies + ([None] if fee == 0 else [])))
    return Fill(
        uid("fill", n, draw(st.integers(0, 99))),
        uid("order", account, i.instrument_id, side, draw(st.integers(0, 2))),
        account,
        i.instrument_id,
        side,
        draw(numbers),
        draw(prices),
        fee,
        currency,
        at,
        at,
        liquidity=draw(st.sampled_from(["MAKER", "TAKER", None])),
    )


def _amendment(draw: st.DrawFn, n: int, target: Fill) -> Fill:
    return Fill(
        **{
            **target.__dict__,
            "fill_id": uid("amendment", n, draw(st.integers(0, 99))),
            "quantity": draw(numbers),
            "price": draw(prices),
            "kind": draw(st.sampled_from(["BUST", "CORRECTION"])),
            "corrects": target.fill_id,
            "recorded_at": target.recorded_at + timedelta(seconds=draw(st.integers(0, 3))),
        }
    )


def assert_same(
    connection: duckdb.DuckDBPyConnection, table: str, expected: dict[Any, dict[str, Any]]
) -> None:
    actual = read(connection, table, COLUMNS[table])
    assert set(actual) == set(expected), table
    for key, row in expected.items():
        found = {column: actual[key][column] for column in row}
        assert found == row, f"{table} {key}"


@pytest.mark.parametrize("part", range(4))
def test_models_agree_with_the_oracle(build: Build, part: int) -> None:
    # split so that workers share it; each example holds several books
    examples = int(os.environ.get("FIFO_EXAMPLES", "60"))

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        derandomize=examples == 60,
    )
    @given(histories())
    def agree(history: tuple[list[Fill], list[Tick], list[Funding]]) -> None:
        fills, ticks, funding = history
        expected = Ledger(INSTRUMENTS, fills, ticks, funding)
        connection = ledger()
        try:
            write(connection, INSTRUMENTS, fills, ticks, funding)
            build(connection)
            for table in COLUMNS:
                assert_same(connection, table, getattr(expected, table)())
        finally:
            connection.close()

    agree()
