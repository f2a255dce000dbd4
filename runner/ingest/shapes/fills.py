"""Executions, and later corrections and busts of them."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
    Reference,
    Rule,
    Shape,
    amount,
    bounded,
    bounded_price,
    moment,
    positive,
    positive_price,
    text,
    word,
)
from runner.ingest.shapes.identity import ORDER_ID, ORDER_KEYS
from runner.ingest.shapes.terms import INSTRUMENT_RULES, INSTRUMENT_TERMS, KEPT_TERMS, SIDE


def fill_id(part: str) -> str:
    return uuid5_sql("fill", "r.venue", "r.account", part)


# A product has 14 digits before the point: leave room to add ten such fills up. Only a magnitude is
# asked for, so the float costs nothing. An inverse contract is worth size / price, its size apart
_SIZE = "cast(r.quantity as double) * coalesce(cast(i.multiplier as double), 1)"
_PRICE = "abs(cast(r.price as double))"
_VALUE = (
    f"(case when i.is_inverse then {_SIZE} * greatest(1, 1 / nullif({_PRICE}, 0)) "
    f"else {_SIZE} * {_PRICE} end)"
)

BOUNDED_VALUE = Rule(
    "too_large",
    f"{_VALUE} >= 1e13",
    "'quantity ' || r.quantity_text || ' at price ' || r.price_text || "
    "case when i.multiplier <> 1 then ' and multiplier ' || "
    "rtrim(rtrim(cast(i.multiplier as varchar), '0'), '.') else '' end || "
    "' is 10^13 or more: are their units right?'",
)

# What a fill trades is added up without the multiplier too. A product has room for 14 digits before
# the point unless it has 12 decimals at most
_SHORT = " or ".join(
    f"(r.quantity = round(r.quantity, {left}) and r.price = round(r.price, {right}))"
    for left, right in ((0, 12), (4, 8), (8, 4), (12, 0))
)
SIZED = Rule(
    "not_positive",
    f"r.quantity > 0 and {_SIZE} < 5e-13",
    "'quantity ' || r.quantity_text || ' times multiplier ' || "
    "rtrim(rtrim(cast(i.multiplier as varchar), '0'), '.') || "
    "' is 0 at the 12 decimals that are kept'",
)
BOUNDED_PRODUCT = Rule(
    "too_large",
    f"cast(r.quantity as double) * {_PRICE} >= 1e13 and not ({_SHORT})",
    "'quantity ' || r.quantity_text || ' times price ' || r.price_text || ' is 10^13 or more, and "
    "has more than 12 decimals: are their units right?'",
)

FILL = Shape(
    name="fill",
    table="order_fills",
    key="fill_id",
    fields=(
        text("venue", required=True),
        text("account", required=True),
        text("symbol", required=True),
        text("order_id", required=True),
        text("fill_id", required=True),
        SIDE,
        amount("quantity", required=True),
        amount("price", required=True),
        amount("fee_amount", required=True),
        text("fee_currency"),
        word("liquidity", "MAKER", "TAKER"),
        moment("executed_at", required=True),
        word("kind", "TRADE", "CORRECTION", "BUST", default="'TRADE'"),
        text("corrects_fill_id"),
        *ORDER_KEYS,
        text("fill_key"),
        *INSTRUMENT_TERMS,
    ),
    columns={
        "fill_id": fill_id("coalesce(r.fill_key, r.fill_id)"),
        "order_id": ORDER_ID,
        "account_id": "r.account",
        "instrument_id": "coalesce(i.instrument_id, r.symbol)",
        "venue": "r.venue",
        "exchange_fill_id": "r.fill_id",
        "side": "r.side",
        "quantity": "r.quantity",
        "price": "r.price",
        "fee_amount": "r.fee_amount",
        "fee_currency": "r.fee_currency",
        "liquidity": "r.liquidity",
        "kind": "r.kind",
        "corrects_fill_id": fill_id("r.corrects_fill_id"),
        "is_rounded": "r.is_rounded",
        "raw_values": "r.raw_values",
        "executed_at": "r.executed_at",
    },
    rules=(
        *INSTRUMENT_RULES,
        positive("quantity"),
        positive_price("price"),
        bounded("quantity"),
        SIZED,
        BOUNDED_VALUE,
        BOUNDED_PRODUCT,
        bounded_price("price"),
        bounded("fee_amount", 13),
        Rule(
            "missing_fee_currency",
            "r.fee_amount <> 0 and r.fee_currency is null",
            "'fee_amount is ' || r.fee_amount_text || ' without a fee_currency'",
        ),
        Rule(
            "missing_corrected_fill",
            "r.kind <> 'TRADE' and r.corrects_fill_id is null",
            "'a ' || r.kind || ' needs corrects_fill_id'",
        ),
        Rule(
            "corrects_without_kind",
            "r.kind = 'TRADE' and r.corrects_fill_id is not null",
            "'corrects_fill_id is given and kind is TRADE: it must be CORRECTION or BUST'",
        ),
        # it would count for nothing, and keep the fill it is about from ever being taken
        Rule(
            "corrects_itself",
            "coalesce(r.fill_key, r.fill_id) = r.corrects_fill_id",
            "'a ' || r.kind || ' needs a fill_id of its own: it corrects ' || r.fill_id",
        ),
    ),
    references=(
        Reference(
            "corrects_fill_id",
            "order_fills",
            "fill_id",
            "unknown_fill",
            "'the fill it corrects is not known: load it first'",
            # what amends a fill of another order could never be published, nor be taken back
            alike="order_id",
            contradiction=(
                "contradicts_fill",
                "'the fill it corrects is of another order: give the order_id of that fill'",
            ),
        ),
    ),
    has_instrument=True,
    makes_instruments=True,
    makes_orders=True,
    account_column="account_id",
    amended_by="A fill that was wrong is followed by a CORRECTION or a BUST of it",
    keeps={
        **KEPT_TERMS,
        "exchange_order_id": "r.order_id",
    },
)
