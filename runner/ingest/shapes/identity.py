"""Ids that facts of several kinds are known by, and the references made with them."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import Field, Reference, Rule, text

ORDER_ID = uuid5_sql("order", "r.venue", "r.account", "coalesce(r.order_key, r.order_id)")
REQUEST_ID = uuid5_sql("request", "r.client_request_id")
# an id a venue gives per symbol only is qualified by the mapping
ORDER_KEYS: tuple[Field, ...] = (text("order_key"),)


def order_reference(unless: str = "false") -> Reference:
    return Reference(
        "order_id", "orders", "order_id", "unknown_order",
        "'no order of that venue, account and order_id is known: load canonical-orders first'",
        unless,
    )  # fmt: skip


def request_reference() -> Reference:
    return Reference(
        "order_request_id", "order_requests", "order_request_id", "unknown_request",
        "'no request of that client_request_id is known: load canonical-requests first'",
    )  # fmt: skip


def order_needs_owner() -> Rule:
    """An order's id is made of venue, account and its own id: all three, or it names none."""
    return Rule(
        "incomplete_order",
        "r.order_id is not null and (r.venue is null or r.account is null)",
        "'order_id is ' || r.order_id || ' without its venue and account'",
    )
