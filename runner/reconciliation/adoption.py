"""What the venue states, taken over into the ledger: a fill, a correction of one, or a lot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from runner.engines.base import Engine
from runner.errors import UsageError
from runner.ingest.batch import Append
from runner.ingest.facts import FactTable
from runner.reconciliation.facts import first, made_id, one

_CORRECTED = ("QUANTITY", "PRICE", "FEE", "FEE_CURRENCY")
Row = Mapping[str, Any]


def adopted(
    engine: Engine, facts: Mapping[str, FactTable], found: Row, reason: str
) -> list[Append]:
    """The facts that settle a break as the venue has it; none where the ledger has them already.

    A missing fill gets the id it has when its own file is loaded as facts, so that it is not
    appended a second time then. UsageError (R288) for a break that the venue states no fill to.
    """
    kind = found["break_type"]
    if kind == "POSITION":
        return _lot(engine, facts, found, reason)
    if found["exchange_fill_id"] is None or kind not in ("MISSING_LOCAL", *_CORRECTED):
        raise UsageError(
            "R288",
            f"there is nothing to adopt for '{found['break_id']}'",
            why=f"of a {kind} break the venue states no fill that would settle it",
            mend="load what is missing with `runner ingest`, or use --acknowledge or --dismiss",
        )
    stated = first(
        engine,
        "select * from statement_fills where statement_id = ? and exchange_fill_id = ? "
        "and instrument_id = ? order by statement_fill_id limit 1",
        str(found["statement_id"]), found["exchange_fill_id"], found["instrument_id"],
    )  # fmt: skip
    assert stated is not None, "a break names a fill that its statement does not"
    if kind == "MISSING_LOCAL":
        return _fill(engine, facts, found, stated)
    return _correction(engine, facts, found, stated)


def _fill(engine: Engine, facts: Mapping[str, FactTable], found: Row, stated: Row) -> list[Append]:
    venue, account = found["venue"], found["account_id"]
    order = first(
        engine,
        "select order_id, side from orders where venue = ? and account_id = ? "
        "and instrument_id = ? and exchange_order_id = ?",
        venue, account, stated["instrument_id"], stated["exchange_order_id"],
    )  # fmt: skip
    made = []
    if order is not None and order["side"] != stated["side"]:
        raise UsageError(
            "R288",
            f"the venue's fill {stated['exchange_fill_id']} cannot be adopted",
            why=f"it is a {stated['side']}, and its order is a {order['side']}",
            mend="find out which is right; dismiss the break if the venue is wrong",
        )
    order_id = order and order["order_id"]
    if order_id is None:
        order_id = stated["order_id"] or made_id(
            "order", venue, account, stated["exchange_order_id"]
        )
        made.append(
            one(
                facts["orders"],
                {
                    "order_id": order_id,
                    "account_id": account,
                    "instrument_id": stated["instrument_id"],
                    "venue": venue,
                    "exchange_order_id": stated["exchange_order_id"],
                    "side": stated["side"],
                    "origin": "EXTERNAL",
                    "sent_at": stated["executed_at"],
                },
            )
        )
    fill_id = stated["fill_id"] or made_id("fill", venue, account, stated["exchange_fill_id"])
    if _has(engine, "order_fills", "fill_id", fill_id):
        return []
    return [*made, one(facts["order_fills"], _values(found, stated, fill_id, order_id))]


def _correction(
    engine: Engine, facts: Mapping[str, FactTable], found: Row, stated: Row
) -> list[Append]:
    ours = first(engine, "select * from order_fills where fill_id = ?", str(found["fill_id"]))
    assert ours is not None, "a break names a fill that the ledger has not"
    fill_id = made_id("adoption", str(found["fill_id"]), str(stated["statement_fill_id"]))
    if _has(engine, "order_fills", "fill_id", fill_id):
        return []
    values = _values(found, stated, fill_id, ours["order_id"])
    values |= {
        "kind": "CORRECTION",
        "corrects_fill_id": found["fill_id"],
        "liquidity": stated["liquidity"] or ours["liquidity"],
    }
    return [one(facts["order_fills"], values)]


def _values(found: Row, stated: Row, fill_id: Any, order_id: Any) -> dict[str, Any]:
    taken = (
        "instrument_id", "exchange_fill_id", "side", "quantity", "price", "fee_amount",
        "fee_currency", "liquidity", "raw_values", "executed_at",
    )  # fmt: skip
    return {
        **{name: stated[name] for name in taken},
        "fill_id": fill_id,
        "order_id": order_id,
        "account_id": found["account_id"],
        "venue": found["venue"],
        "kind": "TRADE",
        "is_rounded": stated["raw_values"] is not None,
    }


def _lot(engine: Engine, facts: Mapping[str, FactTable], found: Row, reason: str) -> list[Append]:
    implied = engine.has_relation("opening_adjustments") and first(
        engine, "select * from opening_adjustments where break_id = ?", found["break_id"]
    )
    if not implied or implied["implied_price"] is None:
        raise UsageError(
            "R288",
            f"there is nothing to adopt for '{found['break_id']}'",
            why="a break of a fill explains it: resolve that one"
            if not implied
            else "the venue states no average price, or none above zero fits: "
            "what the earlier fills cost is not known",
            mend="load the lot with canonical-lots, or use --acknowledge or --dismiss",
        )
    lot_id = made_id("adoption", found["break_id"], str(implied["statement_id"]))
    if _has(engine, "opening_lots", "lot_id", lot_id):
        return []
    return [
        one(
            facts["opening_lots"],
            {
                "lot_id": lot_id,
                "account_id": found["account_id"],
                "instrument_id": found["instrument_id"],
                "venue": found["venue"],
                "kind": "OPENING_BALANCE",
                "side": implied["side"],
                "quantity": implied["quantity"],
                "price": implied["implied_price"],
                "reason": reason,
                "acquired_at": implied["held_before"] - timedelta(microseconds=1),
            },
        )
    ]


def _has(engine: Engine, table: str, key: str, value: Any) -> bool:
    return first(engine, f"select 1 as one from {table} where {key} = ?", str(value)) is not None
