"""Facts a load makes beside the rows' own: accounts, instruments and orders first seen on them."""

from __future__ import annotations

from collections.abc import Mapping

from runner.engines.staging import Staging
from runner.ingest.batch import Append
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable


def new_accounts(
    staging: Staging, candidates: Candidates, facts: Mapping[str, FactTable]
) -> Append | None:
    """Accounts that stand on fresh rows and are not known: EXTERNAL, until declared."""
    column = candidates.shape.account_column
    if column is None:
        return None
    venue = "venue" if any(c.name == "venue" for c in candidates.columns) else "null"
    staging.run(
        f"create or replace temp table ingest_new_accounts as select {column} as account_id, "
        f"min(cast({venue} as varchar)) as venue from {candidates.table} "
        f"where {candidates.fresh} and {column} is not null group by {column}"
    )
    fact = facts["accounts"]
    known = staging.ledger(
        fact.name, fact.columns, "account_id", "select account_id from ingest_new_accounts"
    )
    return Append(
        "accounts",
        "select account_id, venue, cast(null as varchar) as trader_id, "
        "cast(null as varchar) as base_currency, 'LIVE' as account_type, 'EXTERNAL' as origin, "
        "cast(null as timestamp) as opened_at from ingest_new_accounts "
        f"where account_id not in (select account_id from {known})",
    )


def new_instruments(
    staging: Staging, candidates: Candidates, facts: Mapping[str, FactTable]
) -> Append | None:
    """Instruments whose terms a venue's symbol tells, and that are not known."""
    if not candidates.shape.makes_instruments:
        return None
    fact = facts["instruments"]
    known = staging.ledger(fact.name, fact.columns, "instrument_id")
    staging.run(
        "create or replace temp table ingest_new_instruments as "
        "select keep_symbol as symbol, min(keep_instrument_type) as instrument_type, "
        "min(keep_base_currency) as base_currency, min(keep_quote_currency) as quote_currency, "
        "min(keep_settlement_currency) as settlement_currency "
        f"from {candidates.table} where {candidates.fresh} and keep_base_currency is not null "
        f"and keep_symbol not in (select symbol from {known}) group by keep_symbol"
    )
    return Append(
        "instruments",
        "select symbol as instrument_id, symbol, instrument_type, base_currency, quote_currency, "
        "settlement_currency, cast(1 as decimal(38, 12)) as multiplier, false as is_inverse, "
        "cast(null as decimal(38, 12)) as tick_size, cast(null as decimal(38, 12)) as lot_size, "
        "false as allows_negative_price, 'EXTERNAL' as origin from ingest_new_instruments",
    )


def new_orders(
    staging: Staging, candidates: Candidates, facts: Mapping[str, FactTable]
) -> Append | None:
    """Orders that fresh fills execute and that are not known; a fill that contradicts its order is
    refused.
    """
    if candidates.shape.table != "order_fills":
        return None
    table = candidates.table
    staging.run(
        "create or replace temp table ingest_new_orders as select order_id, "
        "min(account_id) as account_id, min(venue) as venue, "
        "min(keep_exchange_order_id) as exchange_order_id, "
        "arg_min(instrument_id, (executed_at, fill_id)) as instrument_id, "
        "arg_min(side, (executed_at, fill_id)) as side, min(executed_at) as sent_at, "
        "min(side) <> max(side) or min(instrument_id) <> max(instrument_id) as is_mixed "
        f"from {table} where {candidates.fresh} group by order_id"
    )
    fact = facts["orders"]
    known = staging.ledger(
        fact.name,
        [c for c in fact.columns if c.name in ("order_id", "instrument_id", "side")],
        "order_id",
        "select order_id from ingest_new_orders",
    )
    _refuse_contradictions(staging, candidates, known)
    return Append(
        "orders",
        "select order_id, cast(null as uuid) as order_request_id, account_id, instrument_id, "
        "venue, cast(null as varchar) as client_order_id, exchange_order_id, side, "
        "cast(null as varchar) as order_type, cast(null as decimal(38, 12)) as quantity, "
        "cast(null as decimal(38, 12)) as limit_price, "
        "cast(null as decimal(38, 12)) as stop_price, cast(null as varchar) as time_in_force, "
        "cast(null as integer) as slice_number, cast(null as integer) as total_slices, "
        "'EXTERNAL' as origin, sent_at from ingest_new_orders "
        f"where order_id not in (select order_id from {known})",
    )


def _refuse_contradictions(staging: Staging, candidates: Candidates, known: str) -> None:
    """An order has one instrument and one side: a fill of another is not its fill."""
    terms = (
        f"select o.order_id, coalesce(l.side, o.side) as side, "
        f"coalesce(l.instrument_id, o.instrument_id) as instrument_id from ingest_new_orders as o "
        f"left join {known} as l on o.order_id = l.order_id "
        f"where o.is_mixed or l.side <> o.side or l.instrument_id <> o.instrument_id"
    )
    staging.run(f"create or replace temp table ingest_contradicted as {terms}")
    if not staging.rows("select 1 from ingest_contradicted limit 1"):
        return
    table = candidates.table
    staging.run(
        f"update {table} set problem = 'contradicts_order it is a ' || {table}.side || ' of ' || "
        f"{table}.instrument_id || ', and its order is a ' || c.side || ' of ' || c.instrument_id "
        f"from ingest_contradicted as c where {table}.order_id = c.order_id "
        f"and {candidates.fresh} and "
        f"({table}.side <> c.side or {table}.instrument_id <> c.instrument_id)"
    )
    staging.run(
        "delete from ingest_new_orders where order_id not in "
        f"(select order_id from {table} where {candidates.fresh})"
    )
