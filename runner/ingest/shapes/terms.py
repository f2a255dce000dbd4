"""The words of orders, as FIX has them, and a rule that all orders keep."""

from __future__ import annotations

from collections.abc import Mapping

from runner.ingest.shape import Field, Rule, amount, bounded, positive, text, word

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


# what a venue's own symbol, or row, tells of an instrument not known yet
INSTRUMENT_TERMS: tuple[Field, ...] = (
    text("base_currency"),
    text("quote_currency"),
    text("settlement_currency"),
    word("instrument_type", "SPOT", "LINEAR", "INVERSE"),
    amount("multiplier"),
)
INSTRUMENT_RULES = (positive("multiplier"), bounded("multiplier", 13))
KEPT_TERMS: Mapping[str, str] = {
    "symbol": "r.symbol",
    "base_currency": "r.base_currency",
    "quote_currency": "r.quote_currency",
    "settlement_currency": "coalesce(r.settlement_currency, "
    "case when r.instrument_type = 'INVERSE' then r.base_currency else r.quote_currency end)",
    "instrument_type": "r.instrument_type",
    "multiplier": "r.multiplier",
}
