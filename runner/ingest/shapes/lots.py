"""Lots that no fill opened: held before the first one, or transferred in."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
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
from runner.ingest.shapes.fills import BOUNDED_PRODUCT, BOUNDED_VALUE, SIZED
from runner.ingest.shapes.terms import SIDE

LOT = Shape(
    name="lot",
    table="opening_lots",
    key="lot_id",
    fields=(
        text("account", required=True),
        text("symbol", required=True),
        text("lot_id", required=True),
        SIDE,
        amount("quantity", required=True),
        amount("price", required=True),
        moment("acquired_at", required=True),
        text("venue"),
        word("kind", "OPENING_BALANCE", "TRANSFER_IN", default="'OPENING_BALANCE'"),
        text("reason"),
    ),
    columns={
        "lot_id": uuid5_sql("lot", "r.account", "i.instrument_id", "r.lot_id"),
        "account_id": "r.account",
        "instrument_id": "i.instrument_id",
        "venue": "r.venue",
        "kind": "r.kind",
        "side": "r.side",
        "quantity": "r.quantity",
        "price": "r.price",
        "reason": "r.reason",
        "acquired_at": "r.acquired_at",
    },
    rules=(
        positive("quantity"),
        positive_price("price"),
        bounded("quantity"),
        SIZED,
        BOUNDED_VALUE,
        BOUNDED_PRODUCT,
        bounded_price("price"),
    ),
    has_instrument=True,
    account_column="account_id",
    amended_by="A lot that was wrong is undone by a fill or a transfer against it",
)
