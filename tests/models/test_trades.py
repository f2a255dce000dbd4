"""What random histories do not reach: trades over thousands of ticks, and fees that take all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

from runner.engines.base import Engine
from tests.models.facts import EPOCH, read, uid, write
from tests.oracle import Fill, Funding, Instrument, Ledger, Tick
from tests.oracle_performance import Performance

KEY = ("account_id", "instrument_id", "trade_number")


def test_the_extremes_of_thousands_of_ticks_are_found(
    ledger: Engine, build: Callable[..., Engine]
) -> None:
    """Blocks of 32 ticks, and blocks of those: trades from one tick to all of them."""
    random = Random(5)
    instruments = [Instrument(n, "LINEAR", "XXX", "USD", "USD") for n in ("A", "B", "C")]
    ticks, fills = [], []
    for i in instruments[:2]:
        mid = Decimal(1000)
        for n in range(2500):
            mid += Decimal(random.randint(-30, 31)) / 10
            at = EPOCH + timedelta(seconds=n)
            ticks.append(Tick(i.instrument_id, mid, at, uid("tick", i.instrument_id, n)))
    for i in instruments:
        for account in range(40):
            ends = sorted(random.sample(range(-40, 2600), 2 * random.randint(1, 4)))
            for n, second in enumerate(ends[: -1 if account % 4 == 0 else None]):
                side = "BUY" if (n + account) % 2 else "SELL"
                at = EPOCH + timedelta(seconds=second)
                name = (f"{account}", i.instrument_id, n)
                fills.append(
                    Fill(
                        uid("fill", *name), uid("order", *name), name[0], name[1], side,
                        Decimal(2), Decimal(1000 + account), Decimal(0), None, at, at,
                    )
                )  # fmt: skip
    write(ledger, instruments, fills, ticks)
    found = read(build(ledger, "trades"), "trades", KEY)
    expected = Performance(Ledger(instruments, fills, ticks), fills).trade_rows()
    assert {key: (row["mae"], row["mfe"]) for key, row in found.items()} == {
        key: (row["mae"], row["mfe"]) for key, row in expected.items()
    }
    assert {row["excursion_reason"] for row in expected.values()} == {None, "NO_TICK"}


def test_a_fill_that_its_fee_takes_whole_is_part_of_no_trade(
    ledger: Engine, build: Callable[..., Engine]
) -> None:
    spot = Instrument("XXX/USD", "SPOT", "XXX", "USD", "USD")
    terms = [("BUY", "2", "0"), ("BUY", "1", "1"), ("SELL", "2", "0")]
    fills = [
        Fill(
            uid("fill", n), uid("order", n), "A", "XXX/USD", side, Decimal(quantity), Decimal(10),
            Decimal(fee), "XXX", EPOCH + timedelta(hours=n), EPOCH,
        )
        for n, (side, quantity, fee) in enumerate(terms)
    ]  # fmt: skip
    write(ledger, [spot], fills)
    ((key, trade),) = read(build(ledger, "trades"), "trades", KEY).items()
    assert key == ("A", "XXX/USD", "1")
    assert (trade["fill_count"], trade["fees"], trade["is_open"]) == (2, 0, False)


def test_funding_belongs_to_the_last_trade_opened_by_then(
    ledger: Engine, build: Callable[..., Engine]
) -> None:
    perpetual = Instrument("XXX-PERP", "LINEAR", "XXX", "USD", "USD")
    fills = [
        Fill(
            uid("fill", n), uid("order", n), "A", "XXX-PERP", side, Decimal(1), Decimal(10),
            Decimal(0), None, EPOCH + timedelta(hours=8 * n), EPOCH,
        )
        for n, side in enumerate(["BUY", "SELL", "SELL", "BUY"], start=1)
    ]  # fmt: skip
    # before any trade, in the first, after it, at the moment the second opens, after that
    paid = [
        Funding("A", "XXX-PERP", Decimal(amount), "USD", EPOCH + timedelta(hours=hour))
        for amount, hour in [(1, 7), (2, 9), (4, 20), (8, 24), (16, 90)]
    ]
    write(ledger, [perpetual], fills, funding=paid)
    found = read(build(ledger, "trades"), "trades", KEY)
    assert [int(row["funding"]) for _, row in sorted(found.items())] == [2 + 4, 8 + 16]


def test_the_payoff_ratio_of_dust_is_exact(ledger: Engine, build: Callable[..., Engine]) -> None:
    """It is of the totals: an average of few billionths has lost digits that a ratio shows.

    Totals past what can be divided so, of averages that have lost none, are in the same test.
    """
    perpetual = Instrument("XXX-PERP", "LINEAR", "XXX", "BTC", "BTC")
    # what each closed trade of an account makes
    results = {
        "dust": ["0.000000000001"] * 2 + ["0.000000000002", "-0.000000000001", "-0.000000000001",
                 "-0.000000000003"],
        "even": ["0.0000000007", "-0.0000000003", "-0.0000000004", "-0.0000000003"],
        "huge": ["4000000000000.5", "4000000000001.5", "-9000000000000", "-9000000000000",
                 "-9000000000003"],
    }  # fmt: skip
    fills = [
        Fill(
            uid("fill", account, n, side), uid("order", account, n), account, "XXX-PERP", side,
            Decimal(1), 10 + max(Decimal(pnl) * sign, Decimal(0)), Decimal(0), None,
            EPOCH + timedelta(hours=2 * n + (side == "SELL")), EPOCH,
        )
        for account, pnls in results.items()
        for n, pnl in enumerate(pnls)
        for side, sign in [("BUY", -1), ("SELL", 1)]
    ]  # fmt: skip
    write(ledger, [perpetual], fills)
    rows = (
        build(ledger, "account_statistics")
        .query("select account_id, payoff_ratio from account_statistics order by account_id")
        .rows
    )
    assert [(name, str(ratio)) for name, ratio in rows] == [
        ("dust", "0.800000000000"),  # 4/3 over 5/3; of rounded averages 1 over 2, or 0.5
        ("even", "2.100000000000"),
        ("huge", "0.444444444445"),
    ]
