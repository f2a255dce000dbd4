"""Who trades, and what is traded: as declared, and as restated where that was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
    Field,
    Reference,
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

# what may be stated of them, when they are declared and when they are restated
_ACCOUNT_FIELDS = (
    text("account", required=True),
    text("venue"),
    text("trader_id"),
    text("base_currency"),
    word("account_type", "LIVE", "PAPER", "RECOVERY", default="'LIVE'"),
    moment("opened_at"),
)
_ACCOUNT_TERMS = {
    "venue": "r.venue",
    "trader_id": "r.trader_id",
    "base_currency": "r.base_currency",
    "account_type": "r.account_type",
    "opened_at": "r.opened_at",
}
_INSTRUMENT_FIELDS = (
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
)
RESTATED_TERMS = {
    "instrument_type": _TYPE,
    "base_currency": "r.base_currency",
    "quote_currency": "r.quote_currency",
    "settlement_currency": _SETTLEMENT,
    "multiplier": "coalesce(r.multiplier, 1)",
    "is_inverse": "r.is_inverse",
    "tick_size": "r.tick_size",
    "lot_size": "r.lot_size",
    "allows_negative_price": "coalesce(r.allows_negative_price, false)",
}
_INSTRUMENT_RULES = (
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
)
_RESTATEMENT_FIELDS = (
    text("actor"),
    text("reason", required=True),
    moment("restated_at", required=True),
)
# a restatement is deliberate: what it leaves out is not guessed
_STATED_OUTRIGHT = (
    "account_type",
    "instrument_type",
    "settlement_currency",
    "multiplier",
)
_RESTATEMENT_COLUMNS = {
    "actor": "r.actor",
    "reason": "r.reason",
    "restated_at": "r.restated_at",
}
# the latest stands, so one that is decided in a hundred years could not be overruled
_DECIDED = Rule(
    "not_yet",
    "r.restated_at > make_timestamp(epoch_us(now())) + interval 1 day",
    "'restated_at is ''' || r.restated_at_text || ''', after tomorrow: give the moment at which it "
    "was decided'",
)
_RESTATED_AGAIN = "Terms are restated once more at a later restated_at"


def _outright(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        is_outright = field.name in _STATED_OUTRIGHT
        yield replace(field, required=True, default=None) if is_outright else field


ACCOUNT = Shape(
    name="account",
    table="accounts",
    key="account_id",
    fields=_ACCOUNT_FIELDS,
    columns={"account_id": "r.account", **_ACCOUNT_TERMS, "origin": "'DECLARED'"},
    not_compared=("origin",),
    amended_by="Terms that are wrong are restated by canonical-account-restatements",
)

ACCOUNT_RESTATEMENT = Shape(
    name="account_restatement",
    table="account_restatements",
    key="restatement_id",
    fields=(*_outright(_ACCOUNT_FIELDS), *_RESTATEMENT_FIELDS),
    columns={
        "restatement_id": uuid5_sql(
            "account_restatement", "r.account", "ingest_moment(r.restated_at)"
        ),
        "account_id": "r.account",
        **_ACCOUNT_TERMS,
        **_RESTATEMENT_COLUMNS,
    },
    rules=(_DECIDED,),
    references=(
        Reference(
            "account_id", "accounts", "account_id", "unknown_account",
            "'no account ' || account_id || ' is known (letter case counts): declare it with "
            "canonical-accounts'",
        ),
    ),
    amended_by=_RESTATED_AGAIN,
)  # fmt: skip

INSTRUMENT = Shape(
    name="instrument",
    table="instruments",
    key="instrument_id",
    fields=_INSTRUMENT_FIELDS,
    columns={
        "instrument_id": "r.symbol",
        "symbol": "r.symbol",
        **RESTATED_TERMS,
        "origin": "'DECLARED'",
    },
    rules=_INSTRUMENT_RULES,
    not_compared=("origin",),
    amended_by="Terms that are wrong are restated by canonical-instrument-restatements",
    keeps={"multiplier": "r.multiplier"},
)

INSTRUMENT_RESTATEMENT = Shape(
    name="instrument_restatement",
    table="instrument_restatements",
    key="restatement_id",
    fields=(*_outright(_INSTRUMENT_FIELDS), *_RESTATEMENT_FIELDS),
    columns={
        "restatement_id": uuid5_sql(
            "instrument_restatement", "i.instrument_id", "ingest_moment(r.restated_at)"
        ),
        "instrument_id": "i.instrument_id",
        **RESTATED_TERMS,
        **_RESTATEMENT_COLUMNS,
    },
    rules=(*_INSTRUMENT_RULES, _DECIDED),
    has_instrument=True,
    amended_by=_RESTATED_AGAIN,
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

SHAPES = (ACCOUNT, INSTRUMENT, TIER, ACCOUNT_RESTATEMENT, INSTRUMENT_RESTATEMENT)
