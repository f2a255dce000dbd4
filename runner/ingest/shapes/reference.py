"""Who trades, and what is traded."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
    Rule,
    Shape,
    amount,
    boolean,
    bounded,
    json,
    moment,
    positive,
    text,
    word,
)

_SETTLEMENT = (
    "coalesce(r.settlement_currency, "
    "case when r.is_inverse then r.base_currency else r.quote_currency end)"
)
# a multiplier, or a settlement apart from the quote currency, is a derivative's
_TYPE = (
    "coalesce(r.instrument_type, case when r.is_inverse then 'INVERSE' "
    "when coalesce(r.multiplier, 1) <> 1 or r.settlement_currency <> r.quote_currency "
    "then 'LINEAR' else 'SPOT' end)"
)

ACCOUNT = Shape(
    name="account",
    table="accounts",
    key="account_id",
    fields=(
        text("account", required=True),
        text("venue"),
        text("trader_id"),
        text("base_currency"),
        word("account_type", "LIVE", "PAPER", "RECOVERY", default="'LIVE'"),
        moment("opened_at"),
    ),
    columns={
        "account_id": "r.account",
        "venue": "r.venue",
        "trader_id": "r.trader_id",
        "base_currency": "r.base_currency",
        "account_type": "r.account_type",
        "origin": "'DECLARED'",
        "opened_at": "r.opened_at",
    },
    not_compared=("origin",),
    amended_by="The terms loaded first stand",
)

INSTRUMENT = Shape(
    name="instrument",
    table="instruments",
    key="instrument_id",
    fields=(
        text("symbol", required=True),
        text("base_currency", required=True),
        text("quote_currency", required=True),
        text("settlement_currency"),
        amount("multiplier"),
        boolean("is_inverse", required=True),
        word("instrument_type", "SPOT", "LINEAR", "INVERSE"),
        amount("tick_size"),
        amount("lot_size"),
        boolean("allows_negative_price"),
    ),
    columns={
        "instrument_id": "r.symbol",
        "symbol": "r.symbol",
        "instrument_type": _TYPE,
        "base_currency": "r.base_currency",
        "quote_currency": "r.quote_currency",
        "settlement_currency": _SETTLEMENT,
        "multiplier": "coalesce(r.multiplier, 1)",
        "is_inverse": "r.is_inverse",
        "tick_size": "r.tick_size",
        "lot_size": "r.lot_size",
        "allows_negative_price": "coalesce(r.allows_negative_price, false)",
        "origin": "'DECLARED'",
    },
    rules=(
        positive("multiplier"),
        positive("tick_size"),
        positive("lot_size"),
        *(bounded(name, 13) for name in ("multiplier", "tick_size", "lot_size")),
        Rule(
            "type_contradicts_is_inverse",
            "r.is_inverse <> (r.instrument_type = 'INVERSE')",
            "'instrument_type is ' || r.instrument_type || ' and is_inverse is ' || r.is_inverse",
        ),
        Rule(
            "inverse_needs_price",
            "r.is_inverse and r.allows_negative_price",
            "'is_inverse and allows_negative_price are both true: what pays in 1 / price cannot "
            "trade at or below zero; leave allows_negative_price empty'",
        ),
        Rule(
            "same_currencies",
            "r.instrument_type = 'SPOT' and r.base_currency = r.quote_currency",
            "'base_currency and quote_currency are both ' || r.base_currency || "
            "': what is bought with itself cannot be told from its price'",
        ),
        # fees and balances in kind are of units, and so what trades by the lot is no spot pair
        Rule(
            "spot_of_several_units",
            "r.instrument_type = 'SPOT' and r.multiplier <> 1",
            "'instrument_type is SPOT and multiplier is ' || r.multiplier_text || ': a spot pair "
            "trades in units of its base currency, and a contract of several is LINEAR'",
        ),
    ),
    not_compared=("origin",),
    amended_by="The terms loaded first stand",
    keeps={"multiplier": "r.multiplier"},
)

TIER = Shape(
    name="tier_event",
    table="account_tier_events",
    key="tier_event_id",
    fields=(
        text("account", required=True),
        word("tier", "SNIPER", "HUNTER", "STRATEGIST", "ARCHITECT", required=True),
        json("gates_passed"),
        json("locked_features"),
        moment("occurred_at", required=True),
    ),
    columns={
        "tier_event_id": uuid5_sql("tier", "r.account", "ingest_moment(r.occurred_at)"),
        "account_id": "r.account",
        "tier": "r.tier",
        "gates_passed": "r.gates_passed",
        "locked_features": "r.locked_features",
        "occurred_at": "r.occurred_at",
    },
    account_column="account_id",
)

SHAPES = (ACCOUNT, INSTRUMENT, TIER)
