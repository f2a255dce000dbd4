"""What is too large for 38 digits stops the build, by name; what only seems to be does not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from runner.engines.base import Engine
from runner.errors import RunnerError
from tests.models.facts import EPOCH, uid, write
from tests.models.harness import build
from tests.oracle import Fill, Instrument

BOOK = Instrument("XXX", "SPOT", "XXX", "USD", "USD")


def test_a_pool_worth_more_than_38_digits_is_refused(ledger: Engine) -> None:
    """The cost of an average-cost position has 24 decimals, as it is a sum of products."""
    fills = [
        Fill(
            uid("fill", n), uid("order", n), "A", "XXX", "BUY", Decimal(9 * 10**11), Decimal(11),
            Decimal(0), None, EPOCH + timedelta(hours=n), EPOCH,
        )
        for n in range(12)
    ]  # fmt: skip
    write(ledger, [BOOK], fills)
    with pytest.raises(RunnerError) as refused:
        build(ledger, ["positions", "daily_pnl"], {"pnl_method": "average"})
    assert refused.value.code in ("R312", "R331")
    assert "38" in str(refused.value)
    assert "appending a BUST" in str(refused.value.mend)


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "average"])
def test_many_small_contracts_are_no_large_sum(ledger: Engine, method: str) -> None:
    """3 * 10^9 contracts of a millionth of a coin, 300 million in money: their number times their
    price has 15 digits before the point, which would leave no room for 24 after it."""
    contract = Instrument("XBTUSDT", "LINEAR", "XBT", "USDT", "USDT", Decimal("0.000001"))
    prices = [Decimal(100_000), Decimal("100000.5"), Decimal("100001.25")]
    fills = [
        Fill(
            uid("fill", n), uid("order"), "A", "XBTUSDT", "BUY", Decimal(10**9), price,
            Decimal(0), None, EPOCH + timedelta(minutes=n), EPOCH,
        )
        for n, price in enumerate(prices)
    ]  # fmt: skip
    write(ledger, [contract], fills)
    models = ["positions", "daily_pnl", "trades", "order_costs", "book_equity"]
    build(ledger, models, {"pnl_method": method, "equity_at": "2099-01-01"})
    mean = Decimal("100000.583333333333")
    worth = Decimal("300001750")
    for sql, expected in (
        ("select average_open_price, quantity from positions", (mean, Decimal(3 * 10**9))),
        ("select average_fill_price, notional from order_costs", (mean, worth)),
        ("select entry_price, max_quantity from trades", (mean, Decimal(3 * 10**9))),
        ("select sum(notional_change), sum(change) from int_daily_activity",
         (worth, Decimal(3 * 10**9))),
    ):  # fmt: skip
        [row] = ledger.query(sql).rows
        assert row == expected, sql
