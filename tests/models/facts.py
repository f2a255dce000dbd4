"""Writes an oracle's facts into a ledger, and reads derived tables back."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from runner.engines.base import Column, Engine
from tests.oracle import Fill, Funding, Instrument, Tick

EPOCH = datetime(2026, 1, 1)


def uid(*parts: object) -> str:
    return str(uuid5(NAMESPACE_OID, ":".join(map(str, parts))))


# of the fact tables, by engine and name: to ask takes longer than to insert
_COLUMNS: dict[tuple[str, str], dict[str, Column]] = {}


def insert(engine: Engine, table: str, rows: Iterable[dict[str, Any]]) -> None:
    listed = list(rows)
    if listed:
        asked = (engine.name, table)
        if asked not in _COLUMNS:
            _COLUMNS[asked] = {c.name: c for c in engine.relations()[table].columns}
        columns = [_COLUMNS[asked][name] for name in listed[0]]
        engine.insert_rows(table, columns, [list(row.values()) for row in listed])


def write(
    engine: Engine,
    instruments: Iterable[Instrument],
    fills: list[Fill],
    ticks: Iterable[Tick] = (),
    funding: Iterable[Funding] = (),
    accounts: Mapping[str, str | None] | None = None,
    *,
    lots: Iterable[Fill] = (),
    restated: Iterable[Instrument] = (),
    batch_id: int = 1,
    known_orders: Container[str] = (),
) -> None:
    """Write the facts, and an EXTERNAL order for each new order id among the fills.

    `accounts` are those that say what currency they report in; `lots` are opening lots, of which
    a fill's order, fee and kind are left out; `restated` are instruments' terms, stated anew.
    """
    known = {"recorded_at": EPOCH, "batch_id": batch_id}
    insert(
        engine,
        "accounts",
        (
            {
                "account_id": account_id,
                "base_currency": currency,
                "account_type": "LIVE",
                "origin": "DECLARED",
                **known,
            }
            for account_id, currency in (accounts or {}).items()
        ),
    )
    insert(
        engine,
        "instruments",
        (
            {"symbol": i.instrument_id, **terms(i), "origin": "DECLARED", **known}
            for i in instruments
        ),
    )
    insert(
        engine,
        "instrument_restatements",
        (
            {
                "restatement_id": uid("restatement", batch_id, i.instrument_id),
                **terms(i),
                "reason": "read wrong",
                "restated_at": EPOCH + timedelta(seconds=batch_id),
                **known,
            }
            for i in restated
        ),
    )
    orders = {f.order_id: f for f in fills if f.order_id not in known_orders}
    insert(
        engine,
        "orders",
        (
            {
                "order_id": f.order_id,
                "account_id": f.account_id,
                "instrument_id": f.instrument_id,
                "venue": "TEST",
                "side": f.side,
                "origin": "EXTERNAL",
                "sent_at": f.executed_at,
                **known,
            }
            for f in orders.values()
        ),
    )
    insert(engine, "order_fills", ({**_fill_row(f), "batch_id": batch_id} for f in fills))
    insert(
        engine,
        "market_ticks",
        (
            {
                "tick_id": t.tick_id,
                "instrument_id": t.instrument_id,
                "bid_price": t.mid,
                "ask_price": t.mid,
                "mid_price": t.mid,
                "event_at": t.event_at,
                **known,
            }
            for t in ticks
        ),
    )
    insert(
        engine,
        "cash_movements",
        (
            {
                "movement_id": f.movement_id or uid("funding", batch_id, n),
                "account_id": f.account_id,
                "instrument_id": f.instrument_id,
                # all that is gained or lost without a fill counts alike
                "kind": ("FUNDING", "INTEREST", "FEE")[n % 3],
                "amount": f.amount,
                "currency": f.currency,
                "occurred_at": f.occurred_at,
                **known,
            }
            for n, f in enumerate(funding)
        ),
    )

    insert(
        engine,
        "opening_lots",
        (
            {
                "lot_id": lot.fill_id,
                "account_id": lot.account_id,
                "instrument_id": lot.instrument_id,
                "kind": "OPENING_BALANCE",
                "side": lot.side,
                "quantity": lot.quantity,
                "price": lot.price,
                "acquired_at": lot.executed_at,
                **known,
            }
            for lot in lots
        ),
    )


def terms(i: Instrument) -> dict[str, Any]:
    """The columns of `instruments`, and of restatements, that tell of it."""
    return {
        "instrument_id": i.instrument_id,
        "instrument_type": i.kind,
        "base_currency": i.base,
        "quote_currency": i.quote,
        "settlement_currency": i.settlement,
        "multiplier": i.multiplier,
        "is_inverse": i.kind == "INVERSE",
        "allows_negative_price": False,
    }


def _fill_row(f: Fill) -> dict[str, Any]:
    return {
        "fill_id": f.fill_id,
        "order_id": f.order_id,
        "account_id": f.account_id,
        "instrument_id": f.instrument_id,
        "venue": "TEST",
        "exchange_fill_id": f.venue_id or f.fill_id,
        "side": f.side,
        "quantity": f.quantity,
        "price": f.price,
        "fee_amount": f.fee,
        "fee_currency": f.fee_currency,
        "liquidity": f.liquidity,
        "kind": f.kind,
        "corrects_fill_id": f.corrects,
        "is_rounded": False,
        "executed_at": f.executed_at,
        "recorded_at": f.recorded_at,
    }


def read(engine: Engine, table: str, key: tuple[str, ...]) -> dict[Any, dict[str, Any]]:
    """`table` as {key: {column: value}}, a key of one column without its tuple."""
    answer = engine.query(f"select * from {table}")
    names = [column.name for column in answer.columns]
    rows = {}
    for values in answer.rows:
        row = dict(zip(names, values, strict=True))
        found = tuple(str(row[k]) for k in key)
        name = found if len(found) > 1 else found[0]
        assert name not in rows, f"{table}: {name} twice"
        rows[name] = row
    return rows
