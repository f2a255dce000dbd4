"""What a strategy said, before risk and execution."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import Rule, Shape, amount, json, moment, text
from runner.ingest.shapes.terms import SIDE

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
