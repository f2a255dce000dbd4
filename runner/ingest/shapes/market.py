"""What the market looked like, and cash that moved without a trade."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
    Rule,
    Shape,
    amount,
    bounded,
    bounded_price,
    moment,
    positive_price,
    text,
    word,
)
from runner.ingest.shapes.terms import INSTRUMENT_RULES, INSTRUMENT_TERMS, KEPT_TERMS

# a row of prices too large is refused, and must not stop the others
_SMALL = "abs(r.bid_price) < 10000000000000 and abs(r.ask_price) < 10000000000000"

# the half of a sum has one decimal more than its parts: exact at scale 13, then rounded
_MID = (
    f"case when {_SMALL} then cast(cast(r.bid_price + r.ask_price as decimal(37, 12)) "
    "* cast(0.5 as decimal(1, 1)) as decimal(38, 12)) end"
)


def _scaled(expression: str) -> str:
    """A decimal(38,12) as the whole number of its last places."""
    return f"cast(replace(cast({expression} as varchar), '.', '') as hugeint)"


# rounded half up in whole numbers: DuckDB divides decimals as floats
_SPREAD_BPS = (
    f"case when not ({_SMALL}) then null when r.bid_price + r.ask_price > 0 then try_cast("
    f"({_scaled('r.ask_price - r.bid_price')} * 40000 + {_scaled('r.bid_price + r.ask_price')}) "
    f"// (2 * {_scaled('r.bid_price + r.ask_price')}) as integer) end"
)

TICK = Shape(
    name="tick",
    table="market_ticks",
    key="tick_id",
    fields=(
        text("symbol", required=True),
        amount("bid_price", required=True),
        amount("ask_price", required=True),
        moment("event_at", required=True),
    ),
    columns={
        "tick_id": uuid5_sql("tick", "i.instrument_id", "ingest_moment(r.event_at)"),
        "instrument_id": "i.instrument_id",
        "bid_price": "r.bid_price",
        "ask_price": "r.ask_price",
        "mid_price": _MID,
        "spread_bps": _SPREAD_BPS,
        "event_at": "r.event_at",
    },
    rules=(
        positive_price("bid_price"),
        positive_price("ask_price"),
        Rule(
            "crossed",
            "r.bid_price > r.ask_price",
            "'bid_price ' || r.bid_price_text || ' is above ask_price ' || r.ask_price_text",
        ),
        bounded_price("bid_price"),
        bounded_price("ask_price"),
    ),
    has_instrument=True,
)

READING = Shape(
    name="reading",
    table="market_readings",
    key="reading_id",
    fields=(
        word("name", "BTC_PRICE", "TOTAL_MARKET_CAP", "FEAR_GREED_INDEX", "VIX_CRYPTO",
             required=True),
        amount("value", required=True),
        moment("event_at", required=True),
    ),
    columns={
        "reading_id": uuid5_sql("reading", "r.name", "ingest_moment(r.event_at)"),
        "name": "r.name",
        "value": "r.value",
        "event_at": "r.event_at",
    },
    rules=(
        Rule(
            "out_of_range",
            "r.name = 'FEAR_GREED_INDEX' and r.value not between 0 and 100",
            "'FEAR_GREED_INDEX is ' || r.value_text || ', it must be from 0 to 100'",
        ),
        bounded("value"),
    ),
)  # fmt: skip

CASH = Shape(
    name="cash",
    table="cash_movements",
    key="movement_id",
    fields=(
        text("venue", required=True),
        text("account", required=True),
        text("movement_id", required=True),
        word("kind", "DEPOSIT", "WITHDRAWAL", "FUNDING", "INTEREST", "FEE", "TRANSFER",
             "ADJUSTMENT", required=True),
        amount("amount", required=True),
        text("currency", required=True),
        text("symbol"),
        text("reason"),
        moment("occurred_at", required=True),
        *INSTRUMENT_TERMS,
    ),
    columns={
        "movement_id": uuid5_sql("cash", "r.venue", "r.account", "r.movement_id"),
        "account_id": "r.account",
        "instrument_id": "coalesce(i.instrument_id, r.symbol)",
        "kind": "r.kind",
        "amount": "r.amount",
        "currency": "r.currency",
        "venue": "r.venue",
        "exchange_movement_id": "r.movement_id",
        "reason": "r.reason",
        "occurred_at": "r.occurred_at",
    },
    rules=(
        *INSTRUMENT_RULES,
        Rule(
            "wrong_sign",
            "(r.kind = 'DEPOSIT' and r.amount <= 0) or (r.kind = 'WITHDRAWAL' and r.amount >= 0)",
            "'amount is ' || r.amount_text || ': a DEPOSIT is above zero, a WITHDRAWAL below'",
        ),
        Rule(
            "missing_symbol",
            "r.kind = 'FUNDING' and r.symbol is null",
            "'a FUNDING payment needs the symbol it is for'",
        ),
        bounded("amount"),
    ),
    has_instrument=True,
    makes_instruments=True,
    account_column="account_id",
    keeps=KEPT_TERMS,
)  # fmt: skip

SHAPES = (TICK, READING, CASH)
