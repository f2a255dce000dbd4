"""Orders as they were sent to a venue."""

from __future__ import annotations

from runner.ingest.shape import (
    Rule,
    Shape,
    amount,
    bounded,
    bounded_price,
    integer,
    moment,
    positive,
    positive_price,
    text,
    word,
)
from runner.ingest.shapes.identity import ORDER_ID, ORDER_KEYS, REQUEST_ID, request_reference
from runner.ingest.shapes.terms import (
    INSTRUMENT_RULES,
    INSTRUMENT_TERMS,
    KEPT_TERMS,
    ORDER_TYPES,
    SIDE,
    STATUSES,
    TIMES_IN_FORCE,
    limit_needs_price,
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
        # what a statement tells of an order; the ledger's own come from its fills
        amount("filled_quantity"),
        amount("average_price"),
        *ORDER_KEYS,
        *INSTRUMENT_TERMS,
    ),
    columns={
        "order_id": ORDER_ID,
        "order_request_id": REQUEST_ID,
        "account_id": "r.account",
        "instrument_id": "coalesce(i.instrument_id, r.symbol)",
        "venue": "r.venue",
        "client_order_id": "r.client_order_id",
        "exchange_order_id": "r.order_id",
        "side": "r.side",
        "order_type": "r.order_type",
        "quantity": "r.quantity",
        "limit_price": "r.limit_price",
        "stop_price": "r.stop_price",
        "time_in_force": "r.time_in_force",
        "slice_number": "try_cast(r.slice_number as integer)",
        "total_slices": "try_cast(r.total_slices as integer)",
        # an id of our own on it means that we sent it
        "origin": "case when r.client_order_id is null and r.client_request_id is null "
        "then 'EXTERNAL' else 'INTERNAL' end",
        "sent_at": "r.created_at",
    },
    rules=(
        *INSTRUMENT_RULES,
        positive("quantity"),
        bounded("quantity"),
        *(
            rule(p)
            for p in ("limit_price", "stop_price")
            for rule in (positive_price, bounded_price)
        ),
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
    makes_instruments=True,
    account_column="account_id",
    unique=("client_order_id",),
    amended_by="What happened to an order since it was sent is an event: load canonical-events",
    keeps={
        **KEPT_TERMS,
        "event_status": "r.status",
        "event_venue_status": "r.venue_status",
        "event_reason": "r.reason",
        "event_at": "coalesce(r.updated_at, r.created_at)",
    },
)
