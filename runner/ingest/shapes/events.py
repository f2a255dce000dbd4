"""Steps in the life of an order."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
    Rule,
    Shape,
    amount,
    bounded,
    bounded_price,
    integer,
    json,
    moment,
    positive,
    text,
    word,
)
from runner.ingest.shapes.identity import (
    ORDER_ID,
    ORDER_KEYS,
    REQUEST_ID,
    order_needs_owner,
    order_reference,
    request_reference,
)
from runner.ingest.shapes.terms import INSTRUMENT_RULES, INSTRUMENT_TERMS, KEPT_TERMS, STATUSES

EVENT_TYPES = (
    "SUBMITTED", "APPROVED", "ACCEPTED", "EXECUTED", "FILLED", "REPLACED", "RESTATED", "CANCELLED",
    "REJECTED", "EXPIRED", "FAILED", "RECOVERED", "RETRIED", "BUSTED", "CORRECTED",
)  # fmt: skip

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
        # whose order it is, where a venue says so on each step
        text("symbol"),
        word("side", "BUY", "SELL"),
        *INSTRUMENT_TERMS,
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
        "retry_attempt": "try_cast(r.retry_attempt as integer)",
        "latency_ms": "r.latency_ms",
        "order_quantity": "r.order_quantity",
        "limit_price": "r.limit_price",
        "data": "r.data",
        "metadata": "r.metadata",
        "actor": "r.actor",
        "occurred_at": "r.occurred_at",
    },
    rules=(
        *INSTRUMENT_RULES,
        order_needs_owner(),
        Rule(
            "missing_subject",
            "r.order_id is null and r.client_request_id is null",
            "'an event is about an order_id or a client_request_id, and both are empty'",
        ),
        positive("order_quantity"),
        bounded("order_quantity"),
        bounded_price("limit_price"),
        Rule("negative", "r.retry_attempt not between 0 and 2147483647",
             "'retry_attempt is ' || r.retry_attempt_text"),
        Rule("negative", "r.latency_ms < 0", "'latency_ms is ' || r.latency_ms_text"),
    ),
    references=(
        order_reference("keep_symbol is not null and keep_side is not null"),
        request_reference(),
    ),
    has_instrument=True,
    makes_instruments=True,
    makes_orders=True,
    account_column="keep_account_id",
    keeps={
        **KEPT_TERMS,
        "side": "r.side",
        "exchange_order_id": "r.order_id",
        "instrument_id": "coalesce(i.instrument_id, r.symbol)",
        "venue": "r.venue",
        # a step of an order that is known names no account that is not
        "account_id": "case when r.symbol is not null then r.account end",
    },
)  # fmt: skip
