"""The words of orders, as FIX has them, and a rule that all orders keep."""

from __future__ import annotations

from runner.ingest.shape import Rule, word

ORDER_TYPES = ("MARKET", "LIMIT", "STOP", "STOP_LIMIT", "STOP_LOSS", "TAKE_PROFIT")
TIMES_IN_FORCE = ("GTC", "IOC", "FOK", "DAY", "GTD", "GTX")
STATUSES = (
    "PENDING", "ACCEPTED", "PARTIAL", "FILLED", "CANCELLED", "REJECTED", "EXPIRED", "FAILED",
)  # fmt: skip
SIDE = word("side", "BUY", "SELL", required=True)


def limit_needs_price() -> Rule:
    """Only a market order goes without a price."""
    return Rule(
        "missing_price",
        "r.order_type <> 'MARKET' and r.limit_price is null and r.stop_price is null",
        "'a ' || r.order_type || ' order needs a limit_price or a stop_price'",
    )
