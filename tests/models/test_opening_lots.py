"""Lots that no fill opened take their place in matching order, at their stated cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.models.facts import EPOCH, insert, uid, write
from tests.models.harness import build
from tests.oracle import Fill, Instrument

BOOK = Instrument("I", "SPOT", "XXX", "USD", "USD")


def bought_and_sold(ledger, method: str) -> None:
    fills = [
        Fill(
            uid("fill", n), uid("order", n), "A", "I", side, Decimal(quantity), Decimal(price),
            Decimal(fee), "USD", EPOCH + timedelta(seconds=10 + n), EPOCH,
        )
        for n, (side, quantity, price, fee) in enumerate(
            [("BUY", "10", "70", "1"), ("SELL", "15", "80", "3")]
        )
    ]  # fmt: skip
    write(ledger, [BOOK], fills)
    insert(
        ledger,
        "opening_lots",
        [
            {
                "lot_id": uid("lot"),
                "account_id": "A",
                "instrument_id": "I",
                "kind": "OPENING_BALANCE",
                "side": "BUY",
                "quantity": Decimal(10),
                "price": Decimal(40),
                "acquired_at": EPOCH,
                "recorded_at": EPOCH,
                "batch_id": 1,
            }
        ],
    )
    build(ledger, ["positions", "order_pnl", "daily_pnl"], {"pnl_method": method})


def test_they_are_closed_like_any_other(ledger) -> None:
    bought_and_sold(ledger, "fifo")
    matches = ledger.query(
        "select opening_fill_id, quantity, gross_pnl, opening_fee from lot_matches "
        "order by opened_at"
    ).rows
    assert [(str(i), int(q), int(g), f) for i, q, g, f in matches] == [
        (uid("lot"), 10, 400, Decimal(0)),
        (uid("fill", 0), 5, 50, Decimal("0.5")),
    ]
    # an order's PnL, and only orders have any
    assert [
        int(p) for (p,) in ledger.query("select realized_gross_pnl from order_pnl").rows if p
    ] == [450]
    (days,) = ledger.query("select sum(fill_count) from daily_pnl").rows
    assert days == (2,)


def test_they_are_part_of_an_average(ledger) -> None:
    bought_and_sold(ledger, "average")
    (position,) = ledger.query(
        "select quantity, average_open_price, realized_gross_pnl from positions"
    ).rows
    assert [int(v) for v in position] == [5, 55, 375]
