"""Days, marks and statistics at their edges, which random histories seldom meet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from runner.engines.base import Engine
from tests.models.facts import EPOCH, uid, write
from tests.oracle import Fill, Instrument, Tick

BOOK = Instrument("XXX", "LINEAR", "XXX", "USD", "USD")


def fill(n: int, side: str, price: str, after: timedelta) -> Fill:
    return Fill(
        uid("fill", n), uid("order", n), "A", "XXX", side, Decimal(1), Decimal(price), Decimal(0),
        None, EPOCH + after, EPOCH,
    )  # fmt: skip


def tick(mid: str, after: timedelta, name: str) -> Tick:
    return Tick("XXX", Decimal(mid), EPOCH + after, name)


def test_a_day_ends_with_its_last_microsecond(ledger: Engine, build: Callable[..., Engine]) -> None:
    day, least = timedelta(days=1), timedelta(microseconds=1)
    fills = [fill(1, "BUY", "10", day - least), fill(2, "BUY", "11", 2 * day)]
    ticks = [tick("12", 2 * day - least, uid("a")), tick("13", 2 * day, uid("b"))]
    write(ledger, [BOOK], fills, ticks)
    found = build(ledger, "daily_pnl").query(
        "select fill_count, position_quantity, mark_price, equity from daily_pnl"
    )
    rows = sorted(found.rows, key=lambda row: (row[2] is not None, row[2]))
    assert rows == [(1, 1, None, None), (0, 1, 12, 2), (1, 2, 13, 5)]


def test_of_two_ticks_at_one_moment_both_tables_take_the_same(
    ledger: Engine, build: Callable[..., Engine]
) -> None:
    ids = sorted(uid("tick", n) for n in range(4))
    at = timedelta(hours=2)
    mids = dict(zip(ids, ["12", "17", "13", "15"], strict=True))
    ticks = [tick(mids[i], at, i) for i in (ids[2], ids[3], ids[0], ids[1])]
    write(ledger, [BOOK], [fill(1, "BUY", "10", timedelta(hours=1))], ticks)
    build(ledger, "daily_pnl", "positions")
    (day,) = ledger.query("select mark_price, unrealized_pnl from daily_pnl").rows
    (position,) = ledger.query("select mark_price, unrealized_pnl from positions").rows
    assert day == position == (15, 5)


def test_a_trade_that_breaks_even_neither_wins_nor_loses_and_ends_a_run(
    ledger: Engine, build: Callable[..., Engine]
) -> None:
    made = [-1, 0, -2, -3, 0, 4, 5, 0, 6]
    fills = [
        fill(
            2 * n + side,
            ("BUY", "SELL")[side],
            str(100 + side * pnl),
            timedelta(hours=2 * n + side),
        )
        for n, pnl in enumerate(made)
        for side in (0, 1)
    ]
    write(ledger, [BOOK], fills)
    (row,) = (
        build(ledger, "account_statistics")
        .query(
            "select trade_count, win_count, loss_count, break_even_count, longest_winning_run, "
            "longest_losing_run, total_win, total_loss, profit_factor from account_statistics"
        )
        .rows
    )
    assert row == (9, 3, 3, 3, 2, 2, 15, -6, Decimal("2.5"))
