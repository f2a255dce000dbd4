"""Intents to trade."""

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
from runner.ingest.shapes.identity import REQUEST_ID
from runner.ingest.shapes.terms import ORDER_TYPES, SIDE, TIMES_IN_FORCE, limit_needs_price

REQUEST = Shape(
    name="request",
    table="order_requests",
    key="order_request_id",
    fields=(
        text("client_request_id", required=True),
        text("account", required=True),
        text("trader_id"),
        text("signal_id"),
        text("cycle_id"),
        text("symbol", required=True),
        SIDE,
        word("order_type", *ORDER_TYPES, required=True),
        amount("quantity", required=True),
        amount("limit_price"),
        amount("stop_price"),
        amount("stop_loss"),
        amount("take_profit"),
        word("time_in_force", *TIMES_IN_FORCE),
        moment("expires_at"),
        moment("requested_at", required=True),
    ),
    columns={
        "order_request_id": REQUEST_ID,
        "client_request_id": "r.client_request_id",
        "account_id": "r.account",
        "trader_id": "r.trader_id",
        "signal_id": uuid5_sql("signal", "r.signal_id"),
        "cycle_id": "ingest_as_uuid('cycle', r.cycle_id)",
        "instrument_id": "i.instrument_id",
        "side": "r.side",
        "order_type": "r.order_type",
        "quantity": "r.quantity",
        "limit_price": "r.limit_price",
        "stop_price": "r.stop_price",
        "stop_loss": "r.stop_loss",
        "take_profit": "r.take_profit",
        "time_in_force": "r.time_in_force",
        "expires_at": "r.expires_at",
        "requested_at": "r.requested_at",
    },
    rules=(
        positive("quantity"),
        bounded("quantity"),
        *(
            rule(price)
            for price in ("limit_price", "stop_price", "stop_loss", "take_profit")
            for rule in (positive_price, bounded_price)
        ),
        limit_needs_price(),
        Rule(
            "expires_before_request",
            "r.expires_at < r.requested_at",
            "'expires_at is ' || r.expires_at_text || ', before requested_at'",
        ),
    ),
    references=(
        Reference(
            "signal_id",
            "signals",
            "signal_id",
            "unknown_signal",
            "'no signal of that signal_id is known: load canonical-signals first'",
        ),
    ),
    has_instrument=True,
    account_column="account_id",
)
