"""The life of an order: signal, request, order, event, fill."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
    Field,
    Reference,
    Rule,
    Shape,
    amount,
    integer,
    json,
    moment,
    positive,
    positive_price,
    text,
    word,
)

ORDER_TYPES = ("MARKET", "LIMIT", "STOP", "STOP_LIMIT", "STOP_LOSS", "TAKE_PROFIT")
TIMES_IN_FORCE = ("GTC", "IOC", "FOK", "DAY", "GTD", "GTX")
STATUSES = (
    "PENDING", "ACCEPTED", "PARTIAL", "FILLED", "CANCELLED", "REJECTED", "EXPIRED", "FAILED",
)  # fmt: skip
EVENT_TYPES = (
    "SUBMITTED", "APPROVED", "ACCEPTED", "EXECUTED", "FILLED", "REPLACED", "RESTATED", "CANCELLED",
    "REJECTED", "EXPIRED", "FAILED", "RECOVERED", "RETRIED", "BUSTED", "CORRECTED",
)  # fmt: skip

ORDER_ID = uuid5_sql("order", "r.venue", "r.account", "coalesce(r.order_key, r.order_id)")
REQUEST_ID = uuid5_sql("request", "r.client_request_id")
SIDE = word("side", "BUY", "SELL", required=True)


def fill_id(part: str) -> str:
    return uuid5_sql("fill", "r.venue", "r.account", part)


def order_reference(column: str = "order_id") -> Reference:
    return Reference(
        column, "orders", "order_id", "unknown_order",
        "'no order of that venue, account and order_id is known: load canonical-orders first'",
    )  # fmt: skip


def request_reference() -> Reference:
    return Reference(
        "order_request_id", "order_requests", "order_request_id", "unknown_request",
        "'no request of that client_request_id is known: load canonical-requests first'",
    )  # fmt: skip


def limit_needs_price(fields: str = "order_type") -> Rule:
    return Rule(
        "missing_price",
        f"r.{fields} <> 'MARKET' and r.limit_price is null and r.stop_price is null",
        f"'a ' || r.{fields} || ' order needs a limit_price or a stop_price'",
    )


def order_needs_owner() -> Rule:
    """An order's id is made of venue, account and its own id: all three, or it names none."""
    return Rule(
        "incomplete_order",
        "r.order_id is not null and (r.venue is null or r.account is null)",
        "'order_id is ' || r.order_id || ' without its venue and account'",
    )


ORDER_KEYS: tuple[Field, ...] = (text("order_key"),)

SIGNAL = Shape(
    name="signal",
    table="signals",
    key="signal_id",
    fields=(
        text("signal_id", required=True),
        text("cycle_id", required=True),
        text("account"),
        text("symbol", required=True),
        SIDE,
        amount("confidence", required=True),
        json("strategy_payload"),
        moment("occurred_at", required=True),
    ),
    columns={
        "signal_id": uuid5_sql("signal", "r.signal_id"),
        "cycle_id": "ingest_as_uuid('cycle', r.cycle_id)",
        "account_id": "r.account",
        "instrument_id": "i.instrument_id",
        "side": "r.side",
        "confidence": "r.confidence",
        "strategy_payload": "r.strategy_payload",
        "occurred_at": "r.occurred_at",
    },
    rules=(
        Rule(
            "out_of_range",
            "r.confidence not between 0 and 1",
            "'confidence is ' || r.confidence_text || ', it must be from 0 to 1'",
        ),
    ),
    has_instrument=True,
    account_column="account_id",
)

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
        *(positive_price(p) for p in ("limit_price", "stop_price", "stop_loss", "take_profit")),
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

ORDER = Shape(
    name="order",
    table="orders",
    key="order_id",
    fields=(
        text("venue", required=True),
        text("account", required=True),
        text("symbol", required=True),
        text("order_id", required=True),
        text("client_order_id"),
        SIDE,
        word("order_type", *ORDER_TYPES, required=True),
        amount("quantity", required=True),
        amount("limit_price"),
        amount("stop_price"),
        word("time_in_force", *TIMES_IN_FORCE),
        word("status", *STATUSES, default="'PENDING'"),
        moment("created_at", required=True),
        text("client_request_id"),
        integer("slice_number"),
        integer("total_slices"),
        moment("updated_at"),
        text("reason"),
        text("venue_status"),
        *ORDER_KEYS,
    ),
    columns={
        "order_id": ORDER_ID,
        "order_request_id": REQUEST_ID,
        "account_id": "r.account",
        "instrument_id": "i.instrument_id",
        "venue": "r.venue",
        "client_order_id": "r.client_order_id",
        "exchange_order_id": "r.order_id",
        "side": "r.side",
        "order_type": "r.order_type",
        "quantity": "r.quantity",
        "limit_price": "r.limit_price",
        "stop_price": "r.stop_price",
        "time_in_force": "r.time_in_force",
        "slice_number": "cast(r.slice_number as integer)",
        "total_slices": "cast(r.total_slices as integer)",
        # an id of our own on it means that we sent it
        "origin": "case when r.client_order_id is null and r.client_request_id is null "
        "then 'EXTERNAL' else 'INTERNAL' end",
        "sent_at": "r.created_at",
    },
    rules=(
        positive("quantity"),
        positive_price("limit_price"),
        positive_price("stop_price"),
        limit_needs_price(),
        Rule(
            "bad_slices",
            "(r.slice_number is null) <> (r.total_slices is null) or r.slice_number < 1 "
            "or r.slice_number > r.total_slices or r.total_slices > 2147483647",
            "'slice_number and total_slices must both be given, and count from 1'",
        ),
    ),
    references=(request_reference(),),
    has_instrument=True,
    account_column="account_id",
    unique=("client_order_id",),
    keeps={
        "event_status": "r.status",
        "event_venue_status": "r.venue_status",
        "event_reason": "r.reason",
        "event_at": "coalesce(r.updated_at, r.created_at)",
    },
)

EVENT = Shape(
    name="event",
    table="order_events",
    key="event_id",
    fields=(
        text("venue"),
        text("account"),
        text("order_id"),
        text("client_request_id"),
        text("event_id"),
        word("event_type", *EVENT_TYPES, required=True),
        word("status", *STATUSES),
        text("venue_status"),
        text("reason"),
        text("error_code"),
        integer("retry_attempt"),
        integer("latency_ms"),
        amount("order_quantity"),
        amount("limit_price"),
        json("data"),
        json("metadata"),
        text("actor"),
        moment("occurred_at", required=True),
        *ORDER_KEYS,
    ),
    columns={
        "event_id": uuid5_sql(
            "order_event",
            f"cast(coalesce({ORDER_ID}, {REQUEST_ID}) as varchar)",
            "coalesce(r.event_id, r.event_type || '@' || ingest_moment(r.occurred_at))",
        ),
        "order_id": ORDER_ID,
        "order_request_id": REQUEST_ID,
        "event_type": "r.event_type",
        "status": "r.status",
        "venue_status": "r.venue_status",
        "reason": "r.reason",
        "error_code": "r.error_code",
        "retry_attempt": "cast(r.retry_attempt as integer)",
        "latency_ms": "r.latency_ms",
        "order_quantity": "r.order_quantity",
        "limit_price": "r.limit_price",
        "data": "r.data",
        "metadata": "r.metadata",
        "actor": "r.actor",
        "occurred_at": "r.occurred_at",
    },
    rules=(
        order_needs_owner(),
        Rule(
            "missing_subject",
            "r.order_id is null and r.client_request_id is null",
            "'an event is about an order_id or a client_request_id, and both are empty'",
        ),
        positive("order_quantity"),
        Rule("negative", "r.retry_attempt not between 0 and 2147483647",
             "'retry_attempt is ' || r.retry_attempt_text"),
        Rule("negative", "r.latency_ms < 0", "'latency_ms is ' || r.latency_ms_text"),
    ),
    references=(order_reference(), request_reference()),
)  # fmt: skip

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
        # ids a venue gives per symbol only are qualified by the mapping
        *ORDER_KEYS,
        text("fill_key"),
        # terms of the instrument, where a venue's symbol tells them
        text("base_currency"),
        text("quote_currency"),
        text("settlement_currency"),
        word("instrument_type", "SPOT", "LINEAR", "INVERSE"),
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
        positive("quantity"),
        positive_price("price"),
        # a product has 14 digits before the point: leave room to add ten such fills up. Only a
        # magnitude is asked for, so the float costs nothing
        Rule(
            "too_large",
            "r.quantity >= 1e20 "
            "or cast(r.quantity as double) * abs(cast(r.price as double)) >= 1e13",
            "'quantity ' || r.quantity_text || ' at price ' || r.price_text || ' is 10^13 or more'",
        ),
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
    ),
    references=(
        Reference(
            "corrects_fill_id",
            "order_fills",
            "fill_id",
            "unknown_fill",
            "'the fill it corrects is not known: load it first'",
        ),
    ),
    has_instrument=True,
    makes_instruments=True,
    account_column="account_id",
    keeps={
        "symbol": "r.symbol",
        "base_currency": "r.base_currency",
        "quote_currency": "r.quote_currency",
        "settlement_currency": "coalesce(r.settlement_currency, r.quote_currency)",
        "instrument_type": "r.instrument_type",
        "exchange_order_id": "r.order_id",
    },
)

SHAPES = (SIGNAL, REQUEST, ORDER, EVENT, FILL)
