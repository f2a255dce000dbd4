"""What the venue says, and what was decided about where it differs."""

from __future__ import annotations

from runner.ingest.functions import uuid5_sql
from runner.ingest.shape import (
    Field,
    Reference,
    Rule,
    Shape,
    amount,
    bounded,
    bounded_price,
    moment,
    positive,
    text,
    word,
)
from runner.ingest.shapes.balances import BALANCE_RULES
from runner.ingest.shapes.terms import SIDE, STATUSES

STATEMENT_ID = uuid5_sql(
    "statement", "r.venue", "r.account",
    "ingest_moment(r.period_start)", "ingest_moment(r.period_end)",
)  # fmt: skip

_PERIOD: tuple[Field, ...] = (
    text("venue", required=True),
    text("account", required=True),
    moment("period_start", required=True),
    moment("period_end", required=True),
)
_REFERENCE = Reference(
    "statement_id", "statements", "statement_id", "unknown_statement",
    "'no statement of that venue, account and period is known: load canonical-statements first'",
)  # fmt: skip


def _occurrence(subject: str) -> str:
    """Which of several equal ids in one file a row is: a venue may report one twice.

    Within a file, so that the same file again, or an overlapping one, has the same numbers.
    """
    return (
        "cast(row_number() over (partition by r.row_id >> 40, r.venue, r.account, "
        f"r.period_start, r.period_end, {subject} order by r.row_id) as varchar)"
    )


STATEMENT = Shape(
    name="statement",
    table="statements",
    key="statement_id",
    fields=_PERIOD,
    columns={
        "statement_id": STATEMENT_ID,
        "venue": "r.venue",
        "account_id": "r.account",
        "period_start": "r.period_start",
        "period_end": "r.period_end",
        "instrument_id": "null",
    },
    rules=(
        Rule(
            "empty_period",
            "r.period_end <= r.period_start",
            "'period_end is ' || r.period_end_text || ', not after period_start'",
        ),
    ),
    account_column="account_id",
)

STATEMENT_ORDER = Shape(
    name="statement_order",
    table="statement_orders",
    key="statement_order_id",
    fields=(
        *_PERIOD,
        text("order_id", required=True),
        text("symbol", required=True),
        SIDE,
        amount("quantity"),
        amount("filled_quantity", required=True),
        amount("average_price"),
        word("status", *STATUSES, required=True),
        text("venue_status"),
        moment("reported_at", required=True),
    ),
    columns={
        "statement_order_id": uuid5_sql(
            "statement_order", f"cast({STATEMENT_ID} as varchar)", "r.order_id",
            _occurrence("r.order_id"),
        ),
        "statement_id": STATEMENT_ID,
        "exchange_order_id": "r.order_id",
        "instrument_id": "i.instrument_id",
        "side": "r.side",
        "quantity": "r.quantity",
        "filled_quantity": "r.filled_quantity",
        "average_price": "r.average_price",
        "status": "r.status",
        "venue_status": "r.venue_status",
        "reported_at": "r.reported_at",
    },
    rules=(
        positive("quantity"),
        Rule("negative", "r.filled_quantity < 0",
             "'filled_quantity is ' || r.filled_quantity_text"),
        bounded("quantity"),
        bounded("filled_quantity"),
        bounded_price("average_price"),
    ),
    references=(_REFERENCE,),
    has_instrument=True,
)  # fmt: skip

STATEMENT_FILL = Shape(
    name="statement_fill",
    table="statement_fills",
    key="statement_fill_id",
    fields=(
        *_PERIOD,
        text("symbol", required=True),
        text("order_id", required=True),
        text("fill_id", required=True),
        SIDE,
        amount("quantity", required=True),
        amount("price", required=True),
        amount("fee_amount", required=True),
        text("fee_currency"),
        moment("executed_at", required=True),
    ),
    columns={
        "statement_fill_id": uuid5_sql(
            "statement_fill", f"cast({STATEMENT_ID} as varchar)", "r.fill_id",
            _occurrence("r.fill_id"),
        ),
        "statement_id": STATEMENT_ID,
        "exchange_order_id": "r.order_id",
        "exchange_fill_id": "r.fill_id",
        "instrument_id": "i.instrument_id",
        "side": "r.side",
        "quantity": "r.quantity",
        "price": "r.price",
        "fee_amount": "r.fee_amount",
        "fee_currency": "r.fee_currency",
        "executed_at": "r.executed_at",
        "fill_id": uuid5_sql("fill", "r.venue", "r.account", "r.fill_id"),
        "order_id": uuid5_sql("order", "r.venue", "r.account", "r.order_id"),
        "liquidity": "null",
        "raw_values": "r.raw_values",
    },
    rules=(
        positive("quantity"),
        Rule(
            "missing_fee_currency",
            "r.fee_amount <> 0 and r.fee_currency is null",
            "'fee_amount is ' || r.fee_amount_text || ' without a fee_currency'",
        ),
        bounded("quantity"),
        bounded_price("price"),
        bounded("fee_amount", 13),
    ),
    references=(_REFERENCE,),
    has_instrument=True,
    # not told by what was loaded before there were such columns
    not_compared=("fill_id", "order_id", "raw_values"),
)  # fmt: skip

STATEMENT_BALANCE = Shape(
    name="statement_balance",
    table="statement_balances",
    key="statement_balance_id",
    fields=(
        *_PERIOD,
        word("kind", "BALANCE", "POSITION", required=True),
        text("currency"),
        text("symbol"),
        amount("amount", required=True),
        moment("stated_at", required=True),
        amount("average_price"),
    ),
    columns={
        "statement_balance_id": uuid5_sql(
            "statement_balance", f"cast({STATEMENT_ID} as varchar)", "r.kind",
            "coalesce(r.currency, r.symbol)",
        ),
        "statement_id": STATEMENT_ID,
        "kind": "r.kind",
        "currency": "r.currency",
        "instrument_id": "i.instrument_id",
        "amount": "r.amount",
        "average_price": "r.average_price",
        "stated_at": "r.stated_at",
    },
    rules=BALANCE_RULES,
    references=(_REFERENCE,),
    has_instrument=True,
)  # fmt: skip

RESOLUTION = Shape(
    name="resolution",
    table="break_resolutions",
    key="resolution_id",
    fields=(
        text("break_id", required=True),
        word("action", "ACKNOWLEDGE", "ADOPT", "DISMISS", required=True),
        text("reason", required=True),
        text("actor", required=True),
        moment("occurred_at", required=True),
    ),
    columns={
        "resolution_id": uuid5_sql("resolution", "r.break_id", "ingest_moment(r.occurred_at)"),
        "break_id": "r.break_id",
        "action": "r.action",
        "reason": "r.reason",
        "actor": "r.actor",
        "occurred_at": "r.occurred_at",
    },
)

SHAPES = (STATEMENT, STATEMENT_ORDER, STATEMENT_FILL, STATEMENT_BALANCE, RESOLUTION)
