"""What is too large for 38 digits stops the build, by name; what only seems to be does not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from runner.engines.base import Engine
from runner.errors import RunnerError
from tests.conftest import ledger_project
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
def test_a_fill_of_very_many_units_is_matched(ledger: Engine, method: str) -> None:
    """More than 10^14 of them, as of a token that is worth next to nothing."""
    fills = [
        Fill(
            uid("fill", n), uid("order", n), "A", "XXX", side, Decimal(quantity) * 10**14,
            Decimal(price).scaleb(-5), Decimal(0), None, EPOCH + timedelta(hours=n), EPOCH,
        )
        for n, (side, quantity, price) in enumerate([("BUY", 7, 1), ("SELL", 3, 2)])
    ]  # fmt: skip
    write(ledger, [BOOK], fills)
    build(ledger, ["positions"], {"pnl_method": method})
    held = ledger.query("select quantity, average_open_price, realized_gross_pnl from positions")
    assert list(held.rows) == [(4 * 10**14, Decimal("0.00001"), 3 * 10**9)]


INSTRUMENTS = """\
symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse
XBTUSDT,XBT,USDT,USDT,0.000001,false
XBTUSD,XBT,USD,XBT,1,true
"""
FILLS = """\
venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,liquidity,executed_at
bitmex,main,XBTUSDT,o1,1,BUY,1000000000,100000,0,,,2026-01-01T00:00:00Z
bitmex,main,XBTUSDT,o1,2,BUY,1000000000,100000.5,0,,,2026-01-01T00:00:01Z
bitmex,main,XBTUSDT,o1,3,BUY,1000000000,100001.25,0,,,2026-01-01T00:00:02Z
bitmex,other,XBTUSDT,o9,9,SELL,1000000000,100000.25,0,,,2026-01-01T00:00:01Z
bitmex,main,XBTUSD,o2,4,SELL,900000000,100000,0,,,2026-01-01T00:00:00Z
bitmex,main,XBTUSD,o2,5,SELL,900000000,100001,0,,,2026-01-01T00:00:01Z
"""
TICKS = """\
symbol,bid_price,ask_price,event_at
XBTUSDT,99999.5,100000.5,2025-12-31T23:59:59Z
XBTUSD,99999,100000,2025-12-31T23:59:59Z
XBTUSDT,100001.5,100002.5,2026-01-01T00:00:03Z
XBTUSDT,1,2,2026-01-01T00:05:03Z
"""
MEAN, INVERSE_MEAN = Decimal("100000.583333333333"), Decimal("100000.5")


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_many_small_contracts_are_no_large_sum(tmp_path, engine_name, cli, load, method):
    """3 * 10^9 contracts of a millionth of a coin, 300 million in money: their number times their
    price has 15 digits before the point, which would leave no room for 24 after it."""
    ledger = ledger_project(tmp_path / "ledger", engine_name)
    load(ledger, instruments=INSTRUMENTS, fills=FILLS, ticks=TICKS)
    outcome = cli(ledger, "build", "--var", f"pnl_method={method}")
    assert outcome.exit_code == 0, outcome.stderr
    engine = ledger.open(read_only=True)
    for sql, expected in (
        ("select average_open_price, quantity from positions", (MEAN, 3 * 10**9)),
        ("select average_fill_price, notional from order_costs", (MEAN, 300_001_750)),
        ("select entry_price, max_quantity from trades", (MEAN, 3 * 10**9)),
        (
            "select fill_mid, later_mid, interval_vwap from order_slippage",
            (100_000, 100_002, Decimal("100000.5")),
        ),
    ):
        of_book = "account_id = 'main' and instrument_id = 'XBTUSDT'"
        rows = engine.query(f"{sql} where {of_book}").rows
        assert list(rows) == [expected], sql
    orders = "select average_fill_price from order_costs where instrument_id = 'XBTUSD'"
    assert list(engine.query(orders).rows) == [(INVERSE_MEAN,)]
    engine.close()
