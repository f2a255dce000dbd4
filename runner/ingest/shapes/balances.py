"""What a venue says is held: balances of currencies and positions in instruments.

No fact of a ledger is one, as what is held is worked out from fills and cash: a balance can only be
stated (stated.py).
"""

from __future__ import annotations

from runner.ingest.shape import Rule, Shape, amount, bounded, bounded_price, moment, text, word
from runner.ingest.shapes.terms import INSTRUMENT_RULES, INSTRUMENT_TERMS, KEPT_TERMS

BALANCE_RULES = (
    Rule(
        "wrong_subject",
        "(r.kind = 'BALANCE') <> (r.currency is not null) "
        "or (r.kind = 'POSITION') <> (r.symbol is not null)",
        "'a BALANCE has a currency and no symbol, a POSITION a symbol and no currency'",
    ),
    bounded_price("average_price"),
    bounded("amount"),
)

BALANCE = Shape(
    name="balance",
    table="statement_balances",
    key="statement_balance_id",
    fields=(
        text("venue", required=True),
        text("account", required=True),
        word("kind", "BALANCE", "POSITION", required=True),
        text("currency"),
        text("symbol"),
        amount("amount", required=True),
        amount("average_price"),
        # the moment it describes; what does not say is of the end the caller gives
        moment("stated_at"),
        *INSTRUMENT_TERMS,
    ),
    columns={
        "kind": "r.kind",
        "currency": "case when r.kind = 'BALANCE' then r.currency end",
        "instrument_id": "coalesce(i.instrument_id, r.symbol)",
        "amount": "r.amount",
        "average_price": "r.average_price",
    },
    rules=(
        *INSTRUMENT_RULES,
        *BALANCE_RULES,
    ),
    has_instrument=True,
    makes_instruments=True,
    keeps=KEPT_TERMS,
)
