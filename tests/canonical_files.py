"""Small files in the canonical formats: one instrument, and fills of it."""

from __future__ import annotations

INSTRUMENT = (
    "symbol,base_currency,quote_currency,settlement_currency,multiplier,is_inverse\n"
    "BTC-USDT,BTC,USDT,USDT,1,false\n"
)
FILLS_HEADER = (
    "venue,account,symbol,order_id,fill_id,side,quantity,price,fee_amount,fee_currency,liquidity,"
    "executed_at\n"
)


def fill(n: int, price: int = 100, side: str = "BUY", day: int = 1) -> str:
    """The n-th second's fill of one BTC, by an order of its own."""
    at = f"2026-03-0{day}T00:00:0{n}Z"
    return f"x,main,BTC-USDT,o{n},f{n},{side},1,{price},0.1,USDT,TAKER,{at}\n"
