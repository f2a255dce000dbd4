"""Writes an oracle's facts into a fresh DuckDB ledger, and reads derived tables back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import duckdb

from tests.models.harness import ROOT
from tests.oracle import Fill, Funding, Instrument, Tick

EPOCH = datetime(2026, 1, 1)
_FOREIGN_KEY = re.compile(
    r",\s*constraint\s+fk_\w+\s+foreign\s+key\s*\([^)]*\)\s*references\s+\w+\s*\([^)]*\)", re.I
)


def _schema() -> str:
    parts = []
    for file in sorted((ROOT / "sql" / "migrations").glob("*.sql")):
        up = file.read_text().split("-- migrate:up")[1].split("-- migrate:down")[0]
        parts.append(_FOREIGN_KEY.sub("", re.sub(r"--[^\n]*", "", up)))
    statements = [s for p in parts for s in p.split(";") if "create table" in s]
    return ";".join(statements)


SCHEMA = _schema()


def uid(*parts: object) -> str:
    return str(uuid5(NAMESPACE_OID, ":".join(map(str, parts))))


def ledger() -> duckdb.DuckDBPyConnection:
    """An empty ledger in memory, without guards."""
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute(SCHEMA).fetchall()
    return connection


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict[str, Any]]
) -> None:
    listed = list(rows)
    if listed:
        marks = ", ".join("?" for _ in listed[0])
        connection.executemany(
            f"insert into {table} ({', '.join(listed[0])}) values ({marks})",
            [list(row.values()) for row in listed],
        )


def write(
    connection: duckdb.DuckDBPyConnection,
    instruments: list[Instrument],
    fills: list[Fill],
    ticks: Iterable[Tick] = (),
    funding: Iterable[Funding] = (),
) -> None:
    """Write the facts, and an EXTERNAL order for each order id among the fills."""
    known = {"recorded_at": EPOCH, "batch_id": 1}
    insert(
        connection,
        "instruments",
        (
            {
                "instrument_id": i.instrument_id,
                "symbol": i.instrument_id,
                "instrument_type": i.kind,
                "base_currency": i.base,
                "quote_currency": i.quote,
                "settlement_currency": i.settlement,
                "multiplier": i.multiplier,
                "is_inverse": i.kind == "INVERSE",
                "allows_negative_price": False,
                "origin": "DECLARED",
                **known,
            }
            for i in instruments
        ),
    )
    orders = {f.order_id: f for f in fills}
    insert(
        connection,
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
    insert(connection, "order_fills", (_fill_row(f) for f in fills))
    insert(
        connection,
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
        connection,
        "cash_movements",
        (
            {
                "movement_id": uid("funding", n),
                "account_id": f.account_id,
                "instrument_id": f.instrument_id,
                "kind": "FUNDING",
                "amount": f.amount,
                "currency": f.currency,
                "occurred_at": EPOCH,
                **known,
            }
            for n, f in enumerate(funding)
        ),
    )


def _fill_row(f: Fill) -> dict[str, Any]:
    return {
        "fill_id": f.fill_id,
        "order_id": f.order_id,
        "account_id": f.account_id,
        "instrument_id": f.instrument_id,
        "venue": "TEST",
        "exchange_fill_id": f.fill_id,
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
        "batch_id": 1,
    }


def read(
    connection: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...]
) -> dict[Any, dict[str, Any]]:
    """`table` as {key: {column: value}}, a key of one column without its tuple."""
    cursor = connection.execute(f"select * from {table}")
    names = [d[0] for d in cursor.description or ()]
    rows = {}
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        found = tuple(str(row[k]) for k in key)
        name = found if len(found) > 1 else found[0]
        assert name not in rows, f"{table}: {name} twice"
        rows[name] = row
    return rows
